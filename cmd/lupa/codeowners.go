package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lupa-dev/lupa/reconcile/config"
	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/schema/source"
)

// ownersHeading begins every file that codeowners writes.
const ownersHeading = "# Made by lupa codeowners from the documents of kind Delegation: change those."

func (a *app) codeownersCommand() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use: "codeowners", GroupID: groupMore, Args: takes(0, 0, ""), Annotations: map[string]string{formats: "text"},
		Short: "Write the CODEOWNERS file that goes with the delegations",
		Long: `Writes, for every pattern of files that a Delegation names, who may change them,
as a CODEOWNERS file says it: the last pattern that fits a file counts. The files
that guard, such as lupa.yaml and those with delegations, come last and belong to
who has a Delegation without limits. Kinds and schools are for plan --author to
watch over: CODEOWNERS knows files alone.`,
		Example: `  lupa codeowners
  lupa codeowners --out .github/CODEOWNERS`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := named(cmd, "out"); err != nil {
				return err
			}
			t, err := a.valid(cmd.Context())
			if err != nil {
				return err
			}
			text, problems, err := a.owners(cmd.Context(), t)
			switch {
			case err != nil:
				return err
			case len(problems) > 0:
				return a.refuse(plan.Problems(problems...), t.line(), say("CODEOWNERS cannot say what is delegated"), say("mend the paths of these delegations"))
			case out == "":
				_, err := io.WriteString(a.out, text)
				return err
			}
			return a.saveOwners(text, out)
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "write it to this file (default standard output)")
	completeFiles(cmd, "out")
	return cmd
}

// saveOwners writes the file. It replaces one that it wrote, and nothing else.
func (a *app) saveOwners(text, file string) error {
	if info, err := os.Lstat(a.path(file)); err == nil && info.Mode().IsRegular() && (info.Size() < int64(len(ownersHeading)) || !begins(a.path(file), ownersHeading)) {
		return usage("%s is there and was not made by lupa; it was left as it is", file)
	}
	err := writeFile(a.path(file), 0o644, func(w io.Writer) error { _, err := io.WriteString(w, text); return err })
	if err != nil {
		return &failure{code: exitFailure, err: say("writing %s: %w", file, err), next: say("see that the directory is there and can be written")}
	}
	a.done = say("the file was written")
	return nil
}

// owners is the text of the file. Patterns in it count from the root of the
// repository, where the tree need not begin.
func (a *app) owners(ctx context.Context, t *tree) (string, []source.Problem, error) {
	files, _, err := source.List(t.fsys)
	if err != nil {
		return "", nil, unreadable(err)
	}
	files = append(files, t.Guards...)
	slices.Sort(files)
	o := ownership{delegations: t.Delegations, files: slices.Compact(files), prefix: "/" + treePrefix(ctx, t.root)}
	if problems := o.unsayable(t.fsys); len(problems) > 0 {
		return "", problems, nil
	}
	return o.text(t.Guards), nil, nil
}

// treePrefix is where the tree begins in its repository: "" at its root, or where
// there is none, else a path that ends with a slash.
func treePrefix(ctx context.Context, root string) string {
	prefix, err := repository{ctx, root}.ask("rev-parse", "--show-prefix")
	if err != nil {
		return ""
	}
	return filepath.ToSlash(prefix)
}

// ownership is who may change which files, as delegations have it.
type ownership struct {
	delegations []config.Delegation
	files       []string // of the tree, sorted
	prefix      string
}

// ownedGlob is a line of the file before it is one.
type ownedGlob struct {
	glob   string
	owners []string
}

// unsayable finds what CODEOWNERS cannot say: ranges, choices and escapes, and a
// directory by its name, which there stands for all that is in it.
func (o *ownership) unsayable(fsys fs.FS) (problems []source.Problem) {
	for _, d := range o.delegations {
		for i, glob := range d.Paths {
			p := source.Problem{Code: "F01", Case: "owners", Args: []string{glob}, Pos: []source.Pos{d.Globs[i]}}
			switch last := glob[strings.LastIndexByte(glob, '/')+1:]; {
			case strings.ContainsAny(glob, "[]{}\\!#\t") || strings.Contains(glob, "***"):
				problems = append(problems, p)
			case strings.Trim(last, "*") != "" && o.namesDirectory(fsys, d.Delegation.Covers, glob):
				p.Case = "directory"
				problems = append(problems, p)
			}
		}
	}
	return problems
}

// namesDirectory reports whether a glob that ends with a name is that of a
// directory.
func (o *ownership) namesDirectory(fsys fs.FS, covers func(string) bool, glob string) bool {
	if !strings.ContainsAny(glob, "*?") {
		info, err := fs.Stat(fsys, glob)
		return err == nil && info.IsDir()
	}
	for _, file := range o.files {
		for dir := file; strings.Contains(dir, "/"); {
			if dir = dir[:strings.LastIndexByte(dir, '/')]; covers(dir) && config.Glob(glob, dir) {
				return true
			}
		}
	}
	return false
}

// text is the file: first what belongs to main users, then every pattern from the
// general to the special, then files for which these together would say something
// else than the delegations do, then the files that guard.
func (o *ownership) text(guards []string) string {
	var b strings.Builder
	fmt.Fprintln(&b, ownersHeading)
	fmt.Fprintln(&b, "# The last pattern that fits a file counts, so each names all who may change what it fits.")
	lines := o.globs()
	for _, l := range lines {
		fmt.Fprintln(&b, o.line(l))
	}
	for _, d := range o.delegations {
		if len(d.Paths) == 0 && !d.Unlimited() {
			fmt.Fprintf(&b, "# Delegation %s names no paths: it owns no files, and lupa plan --author watches over it.\n", d.Name)
		}
	}
	if exceptions := o.exceptions(lines); len(exceptions) > 0 {
		fmt.Fprintln(&b, "\n# Files that fit several patterns, none of which is part of another.")
		for _, l := range exceptions {
			fmt.Fprintln(&b, o.line(ownedGlob{literal(l.glob), l.owners}))
		}
	}
	fmt.Fprintln(&b, "\n# Files that say how lupa judges changes.")
	main := o.mainUsers()
	for _, file := range guards {
		if len(main) == 0 {
			fmt.Fprintf(&b, "# %s: nobody has a Delegation without limits\n", o.prefix+file)
			continue
		}
		fmt.Fprintln(&b, o.line(ownedGlob{literal(file), main}))
	}
	if len(main) > 0 {
		fmt.Fprintln(&b, "\n# What runs with the passwords of those who plan and apply.")
		fmt.Fprintln(&b, strings.Join(append([]string{"/.github/"}, main...), " "))
		fmt.Fprintln(&b, o.line(ownedGlob{".lupa-version", main}))
	}
	return b.String()
}

// literal is a file as a pattern. What CODEOWNERS cannot say is any one character
// there: the pattern may fit another file too, and always fits this one.
func literal(file string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("[]{}\\!#*", r) {
			return '?'
		}
		return r
	}, file)
}

func (o *ownership) line(l ownedGlob) string {
	return strings.Join(append([]string{strings.ReplaceAll(o.prefix+l.glob, " ", `\ `)}, l.owners...), " ")
}

// mainUsers are those who have a delegation without limits.
func (o *ownership) mainUsers() []string {
	var all []string
	for _, d := range o.delegations {
		if d.Unlimited() {
			all = append(all, d.To...)
		}
	}
	return owners(all)
}

// owners are logins as CODEOWNERS has them, each once, sorted.
func owners(logins []string) []string {
	all := make([]string, 0, len(logins))
	for _, login := range logins {
		if !strings.Contains(login, "@") {
			login = "@" + login
		}
		all = append(all, login)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// globs are the patterns of all delegations with all to whom they belong: those of
// a pattern that fits whatever this one does may change it too.
func (o *ownership) globs() []ownedGlob {
	logins := make(map[string][]string)
	for _, d := range o.delegations {
		if d.Unlimited() {
			logins["**"] = append(logins["**"], d.To...)
		}
		for _, glob := range d.Paths {
			logins[glob] = append(logins[glob], d.To...)
		}
	}
	globs := slices.SortedFunc(maps.Keys(logins), general)
	lines := make([]ownedGlob, 0, len(globs))
	for _, glob := range globs {
		var all []string
		for _, wider := range globs {
			if wider == glob || contains(wider, glob) {
				all = append(all, logins[wider]...)
			}
		}
		lines = append(lines, ownedGlob{glob, owners(all)})
	}
	return lines
}

// general orders globs so that one that fits all that another does comes first.
func general(a, b string) int {
	return cmp.Or(cmp.Compare(fixed(a), fixed(b)), -cmp.Compare(strings.Count(a, "**"), strings.Count(b, "**")),
		cmp.Compare(strings.Count(a, "/"), strings.Count(b, "/")), cmp.Compare(len(strings.Trim(a, "*?/")), len(strings.Trim(b, "*?/"))), strings.Compare(a, b))
}

// fixed is how many directories a glob names before anything that varies.
func fixed(glob string) int {
	before, _, _ := strings.Cut(glob, "*")
	before, _, _ = strings.Cut(before, "?")
	return strings.Count(before, "/")
}

// contains reports whether a glob fits what another does, as far as samples of it
// show. Files of which they show too much are found by exceptions.
func contains(wider, glob string) bool {
	for _, stars := range []string{"\x01", "\x01/\x02", "\x01/\x02/\x03.yaml"} {
		for _, star := range []string{"\x01", "\x04.yaml", "\x04\x05"} {
			sample := strings.ReplaceAll(glob, "**", "\x06")
			sample = strings.NewReplacer("*", star, "?", "\x07").Replace(sample)
			if !config.Glob(wider, strings.ReplaceAll(sample, "\x06", stars)) {
				return false
			}
		}
	}
	return true
}

// exceptions are the files of the tree that the last fitting pattern would give to
// others than the delegations do.
func (o *ownership) exceptions(lines []ownedGlob) (all []ownedGlob) {
	for _, file := range o.files {
		var logins, said []string
		for _, d := range o.delegations {
			if d.Unlimited() || len(d.Paths) > 0 && d.Covers(file) {
				logins = append(logins, d.To...)
			}
		}
		for _, l := range lines {
			if config.Glob(l.glob, file) {
				said = l.owners
			}
		}
		if want := owners(logins); !slices.Equal(want, said) {
			all = append(all, ownedGlob{file, want})
		}
	}
	return all
}
