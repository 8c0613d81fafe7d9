package main

import (
	"cmp"
	"crypto/rand"
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lupa-dev/lupa/reconcile/config"
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
	err := say("there is no code %q", name)
	related := slices.DeleteFunc(slices.Clone(known), func(code string) bool { return !strings.HasPrefix(strings.ToUpper(name), code[:1]) })
	if near := cmp.Or(schema.Nearest(name, slices.Values(related)), schema.Nearest(name, slices.Values(known))); near != "" {
		err = say("%w; did you mean %s?", err, near)
	}
	return report.Code{}, &failure{code: exitInput, err: err, next: say("see them all with: lupa rules")}
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

// versionFile says which lupa the jobs of a tree install: a tag, a pseudo-version
// of Go or a whole commit, never a branch, which would be another tomorrow.
const versionFile = ".lupa-version"

// pinned is what may stand in it. The action has the same expression.
var pinned = regexp.MustCompile(`^(v[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?|[0-9a-f]{40})$`)

// installed is the version as which Go can install this very lupa, if there is one:
// what was built from files nobody else has, has none.
func installed() (string, bool) {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Path != "github.com/lupa-dev/lupa" {
		return "", false
	}
	return info.Main.Version, pinned.MatchString(info.Main.Version)
}

//go:embed all:starter
var starter embed.FS

func (a *app) initCommand() *cobra.Command {
	return &cobra.Command{
		Use: "init [DIR]", GroupID: groupChange, Args: takes(0, 1, "one DIR at most"),
		Annotations: map[string]string{formats: "text"},
		Short:       "Start a tree",
		Long: `Writes a small tree that is valid, with schemas for editors and, in .github,
workflows for GitHub: they review pull requests, apply what is merged once somebody
approved it, and look every night; lupa-apply.yml says how to set them up. All of
them install the lupa that .lupa-version names. A file that is there already is kept
as it is.`,
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
	if this, ok := installed(); ok {
		files[versionFile] = []byte(this + "\n")
	}
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
	files[config.ProjectFile] = withPseudonymKey(files[config.ProjectFile])
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		full := filepath.Join(dir, filepath.FromSlash(name))
		if _, err := os.Lstat(full); err == nil {
			fmt.Fprintf(a.out, "%s  %s\n", a.text(a.out).Told(say("kept   ")), name)
			continue
		}
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			return fail(err)
		}
		if err := writeFile(full, 0o644, func(w io.Writer) error { _, err := w.Write(files[name]); return err }); err != nil {
			return fail(err)
		}
		a.done = say("files were created")
		fmt.Fprintf(a.out, "%s  %s\n", a.text(a.out).Told(say("created")), name)
	}
	if !a.quiet {
		fmt.Fprintf(a.out, "\n%s\n", a.text(a.out).Told(say("Next: lupa validate, lupa target init, lupa plan")))
		if _, err := os.Lstat(filepath.Join(dir, versionFile)); err != nil {
			fmt.Fprintf(a.out, "%s\n", a.text(a.out).Told(say("For the workflows, write the tag or commit of lupa that they are to install into %s", versionFile)))
		}
	}
	return nil
}

// withPseudonymKey adds to a lupa.yaml, which ends with its settings, a key that
// nobody guesses.
func withPseudonymKey(project []byte) []byte {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // it never fails
	for i, b := range key {
		key[i] = "abcdefghijkmnopqrstuvwxyzABCDEFG"[b%32] // letters alone look like no number
	}
	return fmt.Appendf(project, "  # Pseudonyms of people are made with this (lupa help privacy).\n  pseudonymKey: %s\n", key)
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
		{Use: "targets", Short: "Where a target may be, and who may do what there", Long: targetsHelp},
		{Use: "formats", Short: "What can be printed in which format", Long: formatsHelp},
		{Use: "cache", Short: "What is kept to be faster the next time", Long: cacheHelp},
		{Use: "privacy", Short: "What is shown of people, where and to whom", Long: privacyHelp},
	}
}

const exitCodesHelp = `  0  done, or nothing to do
  1  another failure, nothing was applied
  2  there are changes (plan and review with --detailed-exitcode; drift always)
  3  the input was refused
  4  stale: the target is not what the plan was made from, or is past the
     expected head of its log
  5  the target is locked by another
  6  the target cannot be reached or written, nothing was applied
  7  the outcome is not known; the same plan again is safe
  8  a target, its log or a plan is damaged or was altered
  9  the target is newer than this lupa
 11  refused by a rule, a guard or a proof; an apply that a brake holds back
 64  wrong usage
130  interrupted (143: terminated), nothing was applied`

const environmentHelp = `  LUPA_TARGET      the target to use; --target comes first
  LUPA_LANG        the language of the output: fi, sv, nb or en; --lang comes first,
                   and then what lupa.yaml says
  CI               with any value but 0 or false: text has pseudonyms, as a job's
                   log is read by others (see lupa help privacy)
  LUPA_LOG         level of the log on stderr; --log-level comes first
  NO_COLOR         no colour
  CLICOLOR_FORCE   colour even where the output is no terminal`

const targetsHelp = `A target holds what lupa has written, and the log of it. lupa.yaml names it:

  targets:
    local:  {type: sqlite, path: .lupa/state.db}      a file; the default
    shared: {type: postgres, dsnEnv: LUPA_DSN}        a schema lupa in a database
    other:  {type: postgres, dsnFile: /run/lupa.dsn}

The connection string, such as postgres://ROLE:PASSWORD@HOST/DATABASE, stands in an
environment variable or a file, never in lupa.yaml, and is never shown.

On a server, each job has a role of its own, made by its administrator:

  CREATE ROLE lupa_owner LOGIN PASSWORD '...';   makes and upgrades the target
  CREATE ROLE lupa_ci LOGIN PASSWORD '...';      plans
  CREATE ROLE lupa_deploy LOGIN PASSWORD '...';  applies
  CREATE DATABASE lupa OWNER lupa_owner;

and as lupa_owner:

  lupa target init
  lupa target grant plan lupa_ci
  lupa target grant apply lupa_deploy

Another system that asks who has what (SELECT * FROM lupa.who_has_what) needs the duty
read; none takes everything away again. Who applies cannot prune the log: the owner can.

A superuser is refused, unless --allow-superuser is said. PostgreSQL 12 is the
oldest that has what lupa needs.

One apply at a time: another waits five seconds, and then says who has the lock
since when (exit 5). The lock ends with the process that has it, and on a server
with a session whose network is gone, or that does nothing for a minute (ten, where it
stopped in the middle of a statement).`

const formatsHelp = `  text    for people, on a terminal or in a file
  json    for scripts: validate, plan, show, review, apply, drift, export, target,
          rules, version, why, who, access, test, prove, timeline, history, verify, undo,
          audit prune
  markdown  for a comment on a pull request: plan, show, review, drift, why, history,
          timeline, validate. --max-bytes says how long it may be; below 1000
          bytes there is room for little more than that it is INCOMPLETE.
          What is left out is counted. Where that is a gain of class HIGH or CRITICAL,
          the first line begins with INCOMPLETE and says how many, and of which plan;
          else it is a marker, <!-- lupa:plan PROJECT TARGET -->, by which a job finds
          its comment again (in every case it is there once)
  html    one file for a browser, with no need of a network or a script: plan, show,
          review, drift, why, history, timeline. A plan has a sheet to sign for each
          school, on one page of A4 where it is printed; show knows of no groups and
          people but those that change. Of very much a page counts the rest, but never
          of gains of class high or critical. A tree that is refused makes no page
  jsonl   a line of JSON for each right of a person at a place: access
  csv     a table: contacts
  sarif   alerts of code scanning (SARIF 2.1.0), each at its line: validate, plan,
          show, review, drift
  github  at the lines of a pull request, by commands to a runner of GitHub
          Actions, ten of a kind: validate, plan, show,
          review, drift, test, prove
  junit   tests of a build, each rule or AccessTest case one: validate, plan, show,
          review, test

In sarif, github and junit, what is wrong with the input comes in the same format,
and gains of rights of class high and critical are always told. Paths begin at the
top of the Git repository. Nothing is written but to standard output.

Texts in JSON are English; codes and arguments stand beside them. JSON, plan
files and snapshots hold card keys and are to be kept like personal data.

A snapshot (export) is JSON in any format: "kind":"snapshot", what the target is
called and when it was taken, every fact that it holds, how what lupa left there
differs ("last"), and a hash of all that. lupa plan --against prints what lupa
plan prints, with the snapshot's age: in text above the plan, with JSON on stderr.`

const cacheHelp = `What the files of a tree were compiled to is kept in .lupa/cache of the tree, so that
the next command compiles only what was changed. Every file is still read whole each
time; what is kept counts for exactly these bytes and this lupa.

It can be removed at any time, and never changes what lupa says: it is sealed with a
key in the user's own cache directory (lupa/cache.key, made when it is first wanted),
so that nobody can put one into a tree by way of Git. Without that directory nothing
is kept. It holds cards, as the state does: it is for the user alone, and keeps itself
out of Git. A job that wants it again needs both, the directory and the key.`

const privacyHelp = `Lupa knows people by the keys of their cards, and has no names.

markdown, html, github, sarif and junit, which are made to be published, have
pseudonyms in the place of cards, such as p-bcdfghjklm; with CI set, so has text, and
all that lupa says on stderr. Lines of files are not shown there, for comments may
name people. Fewer people than minGroup of lupa.yaml (5) are told as "fewer than 5",
and not named; who gains a right of class high or critical is always told. JSON, CSV,
plan files, snapshots and CODEOWNERS have cards as they are: keep them where those
may read them who may read the tree.

A person has the same pseudonym in every run of a tree, and another in other trees.
Pseudonyms are made with pseudonymKey of lupa.yaml, which lupa init writes. Without
it they are made with the project's name: then whoever knows what cards look like,
such as t-1042, can try them all, and find out whose pseudonyms are whose. Who can
read the key can do so too. A new key makes new pseudonyms. lupa show has those of the tree
that it runs in, if the plan is of its project, and elsewhere those of the project's name.

In the tree, why and access take a pseudonym for the card: lupa access p-bcdfghjklm.

--reveal FILE shows names beside cards, from a local CSV with the line key,name and then a
line for each card: in text, on a terminal, and never with CI set. Keep that file out
of the tree.`
