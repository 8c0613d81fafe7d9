package main

import (
	"cmp"
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lupa-dev/lupa/reconcile/report"
	"github.com/lupa-dev/lupa/schema"
)

func (a *app) schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use: "schema [KIND]", GroupID: groupMore, Args: takes(0, 1, "one KIND at most"), ValidArgs: schema.Kinds(),
		Short: "Print the JSON Schema of a kind, or of all for an editor",
		Example: `  lupa schema UserGroup
  lupa schema > .lupa/lupa.schema.json`,
		RunE: func(_ *cobra.Command, kinds []string) error {
			if len(kinds) == 0 {
				return a.print(schema.Bundle(), nil)
			}
			text, ok := schema.Text(kinds[0])
			if !ok {
				near := schema.Nearest(kinds[0], slices.Values(schema.Kinds()))
				if near == "" {
					return usage("there is no kind %q", kinds[0])
				}
				return usage("there is no kind %q; did you mean %s?", kinds[0], near)
			}
			return a.print(text, nil)
		},
	}
}

func (a *app) rulesCommand() *cobra.Command {
	return &cobra.Command{
		Use: "rules [CODE]", GroupID: groupMore, Args: takes(0, 1, "one CODE at most"),
		Short: "Explain a rule or the code of a problem, or list them all",
		Long: `Lists the rules of the domain (R and P: what the products do and their vendors
advise) and the codes of problems, or tells all about one. A rule has a class:
effect decides who may do what, shape is met by what documents can say, guard is
watched over by constraints and warnings, habit is for people.`,
		Example: `  lupa rules
  lupa rules R28`,
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			var known []string
			if len(args) == 0 {
				for _, c := range report.Codes() {
					known = append(known, c.Code+"\t"+c.Text)
				}
			}
			return known, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			codes := report.Codes()
			if len(args) == 1 {
				c, err := findCode(codes, args[0])
				if err != nil {
					return err
				}
				codes = []report.Code{c}
			}
			switch {
			case a.json():
				return a.print(report.CodesJSON(codes))
			case len(args) == 1:
				a.text(a.out).Code(codes[0])
			default:
				a.text(a.out).Codes(codes)
			}
			return nil
		},
	}
}

// findCode is the code of that name.
func findCode(codes []report.Code, name string) (report.Code, error) {
	known := make([]string, len(codes))
	for i, c := range codes {
		known[i] = c.Code
	}
	if i := slices.Index(known, name); i >= 0 {
		return codes[i], nil
	}
	err := fmt.Errorf("there is no code %q", name)
	related := slices.DeleteFunc(slices.Clone(known), func(code string) bool { return !strings.HasPrefix(strings.ToUpper(name), code[:1]) })
	if near := cmp.Or(schema.Nearest(name, slices.Values(related)), schema.Nearest(name, slices.Values(known))); near != "" {
		err = fmt.Errorf("%w; did you mean %s?", err, near)
	}
	return report.Code{}, &failure{code: exitInput, err: err, next: "see them all with: lupa rules"}
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", GroupID: groupMore, Args: takes(0, 0, ""), Short: "Print the version",
		Example: "  lupa version\n  lupa version --format json",
		RunE: func(*cobra.Command, []string) error {
			if a.json() {
				data, err := json.Marshal(map[string]string{"version": version, "go": runtime.Version()})
				return a.print(append(data, '\n'), err)
			}
			_, err := fmt.Fprintf(a.out, "lupa %s (%s)\n", version, runtime.Version())
			return fail(err)
		},
	}
}

// schemaFile is where the modelines of documents look for their schema.
const schemaFile = ".lupa/lupa.schema.json"

//go:embed all:starter
var starter embed.FS

func (a *app) initCommand() *cobra.Command {
	return &cobra.Command{
		Use: "init [DIR]", GroupID: groupChange, Args: takes(0, 1, "one DIR at most"),
		Annotations: map[string]string{formats: "text"},
		Short:       "Start a tree",
		Long: `Writes a small tree that is valid, with schemas for editors. A file that is there
already is kept as it is.`,
		Example: `  lupa init kunta
  lupa init && lupa validate`,
		RunE: func(_ *cobra.Command, dirs []string) error {
			dir := a.dir
			if len(dirs) == 1 {
				dir = a.path(dirs[0])
			}
			whole, err := filepath.Abs(dir)
			if err != nil {
				return fail(err)
			}
			if root, inside := enclosing(whole); inside {
				return usage("%s lies in the tree at %s; choose a directory outside of it", dir, root)
			}
			return a.writeStarter(dir)
		},
	}
}

// writeStarter copies the starter tree, under the names that embedding forbids.
func (a *app) writeStarter(dir string) error {
	files := map[string][]byte{schemaFile: schema.Bundle()}
	err := fs.WalkDir(starter, "starter", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := starter.ReadFile(path)
		files[strings.TrimPrefix(path, "starter/")] = data
		return err
	})
	if err != nil {
		return fail(err)
	}
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		full := filepath.Join(dir, filepath.FromSlash(name))
		if _, err := os.Lstat(full); err == nil {
			fmt.Fprintf(a.out, "kept     %s\n", name)
			continue
		}
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			return fail(err)
		}
		if err := writeFile(full, 0o644, func(w io.Writer) error { _, err := w.Write(files[name]); return err }); err != nil {
			return fail(err)
		}
		a.done = "files were created"
		fmt.Fprintf(a.out, "created  %s\n", name)
	}
	if !a.quiet {
		fmt.Fprintf(a.out, "\nNext: lupa validate, lupa target init, lupa plan\n")
	}
	return nil
}

// helpCommand is cobra's, but that a topic nobody knows is wrong usage.
func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use: "help [COMMAND]", GroupID: groupMore, Short: "Explain a command or a topic",
		Example: "  lupa help plan\n  lupa help exit-codes",
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			at, _, err := cmd.Root().Find(args)
			if err != nil {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return slices.Collect(names(at)), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			at, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return usage("there is no help for %q", strings.Join(args, " "))
			}
			return at.Help()
		},
	}
}

// topics are pages of the help that no command has.
func topics() []*cobra.Command {
	return []*cobra.Command{
		{Use: "exit-codes", Short: "What the exit codes mean", Long: exitCodesHelp},
		{Use: "environment", Short: "Which environment variables are read", Long: environmentHelp},
		{Use: "formats", Short: "What can be printed in which format", Long: formatsHelp},
	}
}

const exitCodesHelp = `  0  done, or nothing to do
  1  another failure, nothing was applied
  2  there are changes (plan with --detailed-exitcode; drift always)
  3  the input was refused
  4  stale: the target is not what the plan was made from
  5  the target is locked by another
  6  the target cannot be reached or written, nothing was applied
  7  the outcome is not known; the same plan again is safe
  8  a target or plan is damaged or was altered
  9  the target is newer than this lupa
 11  refused by a rule, a guard or a proof; an apply that a brake holds back
 64  wrong usage
130  interrupted (143: terminated), nothing was applied`

const environmentHelp = `  LUPA_TARGET      the target to use; --target comes first
  LUPA_LOG         level of the log on stderr; --log-level comes first
  NO_COLOR         no colour
  CLICOLOR_FORCE   colour even where the output is no terminal`

const formatsHelp = `  text   for people, on a terminal or in a file
  json   for scripts: validate, plan, show, apply, drift, export, target, rules,
         version, why, who, access, test, prove, timeline
  jsonl  a line of JSON for each right of a person at a place: access
  junit  for CI: test

Texts in JSON are English; codes and arguments stand beside them. JSON, plan
files and snapshots hold card keys and are to be kept like personal data.

A snapshot (export) is JSON in any format: "kind":"snapshot", what the target is
called and when it was taken, every fact that it holds, how what lupa left there
differs ("last"), and a hash of all that. lupa plan --against prints what lupa
plan prints, with the snapshot's age: in text above the plan, with JSON on stderr.`
