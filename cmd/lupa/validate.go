package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/reconcile/policy"
	"github.com/lupa-dev/lupa/reconcile/report"
	"github.com/lupa-dev/lupa/schema/source"
)

func (a *app) validateCommand() *cobra.Command {
	return &cobra.Command{
		Use: "validate", GroupID: groupCheck, Args: takes(0, 0, ""), Annotations: map[string]string{formats: checkFormats},
		Short: "Check all files of the tree",
		Long: `Shows all problems of all files at once, each with its place and what to try. It
needs no target. Exit 3 when a problem is an error; 11 when nothing is wrong but
that an AccessRule is broken on days ahead.`,
		Example: `  lupa validate
  lupa validate --format json | jq -r '.problems[].message'
  lupa validate --format sarif > lupa.sarif`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			t, err := a.load(cmd.Context())
			if err != nil {
				return err
			}
			wrong := t.Refused() // by its documents, and not by what they come to
			if err := t.Foresee(cmd.Context()); err != nil {
				return fail(err)
			}
			switch {
			case a.checks():
				looked := policy.Documents
				if t.Goal != nil {
					looked |= policy.State
				}
				err = a.check(report.Check{Findings: t.Problems, Silenced: t.Silenced, Looked: looked, Files: t.Files, Objects: t.Objects})
			case a.markdown():
				err = a.print(a.text(a.out).ValidationMarkdown(t.Problems, t.Silenced, t.Files, t.Objects, a.page, t.Project.Name, a.command("validate")), nil)
			case a.json():
				err = a.print(report.ProblemsJSON(t.Problems, t.Silenced))
			default:
				a.text(a.out).Validation(t.Problems, t.Silenced, t.Files, t.Objects, t.line())
			}
			switch {
			case err != nil || !t.Refused():
				return err
			case wrong:
				return exit(exitInput)
			}
			return exit(exitRefused)
		},
	}
}

func (a *app) fmtCommand() *cobra.Command {
	var check, diff bool
	cmd := &cobra.Command{
		Use: "fmt", GroupID: groupCheck, Args: takes(0, 0, ""), Annotations: map[string]string{formats: "text"},
		Short: "Bring all files into canonical form",
		Long: `Writes every file of the tree in one form: indentation, spaces, blank lines,
document markers. Comments, quotes and the order of keys stay. A file for which
that cannot be done without risk is left alone and named.`,
		Example: `  lupa fmt
  lupa fmt --check --diff`,
		RunE: func(_ *cobra.Command, _ []string) error {
			root, err := a.findRoot()
			if err != nil {
				return err
			}
			f := formatter{app: a, root: root, check: check, diff: diff}
			return f.run()
		},
	}
	cmd.Flags().BoolVar(&check, "check", false, "write nothing; exit 1 when a file differs")
	cmd.Flags().BoolVar(&diff, "diff", false, "show what changes")
	return cmd
}

// formatter formats the files of a tree.
type formatter struct {
	*app
	root        string
	check, diff bool
	differ      int
}

func (f *formatter) run() error {
	dir, err := os.OpenRoot(f.root)
	if err != nil {
		return fail(err)
	}
	defer dir.Close()
	paths, problems, err := source.List(dir.FS())
	if err != nil {
		return unreadable(err)
	}
	bar := f.progress("reading files")
	defer bar.end()
	for i, path := range paths {
		bar.update(i, len(paths))
		found, err := f.file(dir.FS(), path)
		if err != nil {
			return err
		}
		problems = append(problems, found...)
	}
	if len(problems) > 0 {
		t := &tree{root: f.root, fsys: dir.FS()}
		f.text(f.err).Problems(plan.Problems(problems...), t.line())
		return &failure{code: exitInput, err: say("files with problems were left as they are"), next: say("mend them and format again")}
	}
	if f.check && f.differ > 0 {
		return exit(exitFailure)
	}
	return nil
}

func (f *formatter) file(fsys fs.FS, path string) ([]source.Problem, error) {
	parsed, err := source.Read(fsys, path)
	switch {
	case err != nil:
		return nil, unreadable(err)
	case len(parsed.Problems) > 0:
		return parsed.Problems, nil
	}
	data := parsed.Text
	formatted, err := source.Format(data)
	if errors.Is(err, source.ErrFormat) {
		if !f.quiet {
			fmt.Fprintln(f.err, f.shown("lupa: "+f.text(f.err).Told(say("%s: %w; it was left as it is", path, err))))
		}
		return nil, nil
	}
	if err != nil {
		return nil, fail(err)
	}
	if bytes.Equal(data, formatted) {
		return nil, nil
	}
	f.differ++
	if f.diff {
		f.text(f.out).Diff(path, covered(data), covered(formatted))
	} else {
		fmt.Fprintln(f.out, f.text(f.out).Safe(path))
	}
	if f.check {
		return nil, nil
	}
	f.done = say("files were formatted")
	full := filepath.Join(f.root, filepath.FromSlash(path))
	info, err := os.Stat(full)
	if err != nil {
		return nil, fail(err)
	}
	return nil, fail(writeFile(full, info.Mode().Perm(), func(w io.Writer) error {
		_, err := w.Write(formatted)
		return err
	}))
}
