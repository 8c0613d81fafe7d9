package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lupa-dev/lupa/reconcile/config"
	"github.com/lupa-dev/lupa/reconcile/report"
	"github.com/lupa-dev/lupa/schema"
)

func (a *app) importCommand() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use: "import", GroupID: groupChange, Args: takes(0, 0, ""), Annotations: map[string]string{formats: "text"},
		Short: "Write what the target holds as YAML",
		Long: `Adds to the tree what the target holds and the tree does not declare: objects in
new files, and what declared objects lack, a right, a group or a row, where they
are declared. A plan then leaves it as it is, whether somebody put it into the
target or took it out of the tree. In files that are there nothing else changes: no
comment, no line, no order. What the tree declares otherwise stays as it is, and
the object is named.

With --out another directory gets the files. Where that holds no tree yet it
becomes one, with the settings of this tree and the same targets; rosters stay
behind, and their people are written out. Exit 1 when an
object cannot be said in YAML; all others are written, and it is named.`,
		Example: `  lupa import
  lupa import --out ../copy && lupa -C ../copy plan`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("out") && out == "" {
				return usage("--out takes the name of a directory")
			}
			return a.importInto(cmd.Context(), out)
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "write into this directory instead of the tree")
	return cmd
}

// destination is the tree that an import goes into.
type destination struct {
	*tree
	plan    []string          // the command that makes a plan there
	rosters []string          // that it does not get
	extra   map[string][]byte // the files besides documents, for where they are not there
}

func (a *app) importInto(ctx context.Context, out string) error {
	from, at, err := a.locate()
	if err != nil {
		return err
	}
	into, err := a.destination(ctx, from, at, out)
	if err != nil {
		return err
	}
	r, err := a.reader(ctx, at)
	if err != nil {
		return err
	}
	defer r.Close()
	snap, err := r.Read(ctx, into.Goal.View)
	if err != nil {
		return fail(say("target %s: %w", at.name, err))
	}
	a.isForTarget(snap)
	im, err := config.Import(ctx, into.fsys, into.Tree, snap, a.options())
	if err != nil {
		return unreadable(err)
	}
	if len(im.Problems) > 0 {
		a.text(a.err).Problems(im.Problems, into.line())
		return &failure{code: exitInput, err: say("with these files the tree would have errors"), done: count(0, 0), next: say("mend them, or import into another directory")}
	}
	said := report.Import{Objects: im.Objects + im.Grown, Files: len(im.Files) + len(im.Changed), Left: im.Left, Removed: im.Removed, Notes: im.Notes, Differ: im.Differ, Rosters: into.rosters}
	if its, err := a.where(into.tree); err != nil || its.Place != at.Place {
		said.Removed = 0 // of another target, whose plan nobody has seen
	}
	if said.Created, said.Changed, err = a.write(ctx, into, im); err != nil {
		return err
	}
	if !a.quiet {
		said.Next = typed(into.plan)
		a.text(a.err).ImportTalk(said)
	} else {
		a.text(a.err).Problems(slices.Concat(im.Left, im.Notes), nil) // no hints: what they say, nothing else does
	}
	a.text(a.out).Import(said)
	if len(im.Left) > 0 {
		return &failure{code: exitFailure, err: unwritten(len(im.Left)), done: count(len(said.Created), len(said.Changed)), next: say("see above why")}
	}
	return nil
}

func unwritten(n int) error {
	if n == 1 {
		return say("1 object could not be written")
	}
	return say("%d objects could not be written", n)
}

// count says how many files were written.
func count(created, changed int) *told {
	new, more := say("%d files were created", created), say("%d files were changed", changed)
	switch created {
	case 0:
		new = say("no file was created")
	case 1:
		new = say("1 file was created")
	}
	if changed == 1 {
		more = say("1 file was changed")
	}
	switch {
	case changed == 0:
		return new
	case created == 0:
		return more
	}
	return say("%s, %s", new, more)
}

// destination is this tree, or the one at out: read, or begun.
func (a *app) destination(ctx context.Context, from *tree, at place, out string) (*destination, error) {
	words := []string{"lupa"}
	dir := from.root
	if out != "" {
		var err error
		if dir, err = filepath.Abs(a.path(out)); err != nil {
			return nil, fail(err)
		}
		words = append(words, "-C", a.path(out))
	} else if a.dir != "." {
		words = append(words, "-C", a.dir)
	}
	words = append(words, "plan")
	if a.at != "" {
		words = append(words, "--at", a.at)
	}
	info, err := os.Stat(dir)
	switch {
	case err == nil && !info.IsDir():
		return nil, usage("--out %s: not a directory", out)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, fail(err)
	}
	if _, err := os.Lstat(filepath.Join(dir, config.ProjectFile)); err != nil {
		into, err := a.begin(ctx, from, at, dir, info != nil)
		if err != nil {
			return nil, err
		}
		into.plan = words
		return into, nil
	}
	if a.target != "" {
		words = append(words, "--target", a.target)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fail(err)
	}
	t, err := a.loadFrom(ctx, dir, root.FS())
	if err == nil {
		t, err = a.accept(t)
	}
	return &destination{tree: t, plan: words, extra: map[string][]byte{schemaFile: schema.Bundle()}}, err
}

// begin is a new tree with the settings of another. Nothing is written yet.
func (a *app) begin(ctx context.Context, from *tree, at place, dir string, there bool) (*destination, error) {
	if root, inside := enclosing(dir); inside {
		return nil, usage("--out %s lies in the tree at %s, where all would be declared twice; choose a directory outside of it", dir, root)
	}
	project, err := config.CopyProject(from.fsys, from.Project, at.name, func(path string) string {
		if filepath.IsAbs(path) {
			return path
		}
		path = filepath.Join(from.root, filepath.FromSlash(path))
		if relative, err := filepath.Rel(dir, path); err == nil {
			return relative
		}
		return path // on another drive
	})
	if err != nil {
		return nil, fail(err)
	}
	var base fs.FS
	if there {
		root, err := os.OpenRoot(dir)
		if err != nil {
			return nil, fail(err)
		}
		base = root.FS()
	}
	t, err := a.loadFrom(ctx, dir, config.Overlay(base, map[string][]byte{config.ProjectFile: project}))
	if err == nil {
		t, err = a.accept(t)
	}
	if err != nil {
		return nil, err
	}
	into := &destination{tree: t, rosters: from.Project.Rosters, extra: map[string][]byte{config.ProjectFile: project, schemaFile: schema.Bundle()}}
	for _, name := range []string{".editorconfig", ".gitignore"} {
		if into.extra[name], err = starter.ReadFile("starter/" + name); err != nil {
			return nil, fail(err)
		}
	}
	return into, nil
}

// enclosing is a tree above a directory that would read its files. Hidden
// directories are not read.
func enclosing(dir string) (root string, ok bool) {
	for at := dir; at != filepath.Dir(at); at = filepath.Dir(at) {
		if strings.HasPrefix(filepath.Base(at), ".") {
			return "", false
		}
		if _, err := os.Lstat(filepath.Join(filepath.Dir(at), config.ProjectFile)); err == nil {
			return filepath.Dir(at), true
		}
	}
	return "", false
}

// write writes what an import came to. Files that are not there go first: what is
// interrupted can be gone on with. A file that gets more must be as it was read.
func (a *app) write(ctx context.Context, into *destination, im *config.Imported) (created, changed []string, err error) {
	all := into.files(im.Files)
	names, changes := ordered(all, im.Order), slices.Sorted(maps.Keys(im.Changed))
	for _, name := range names {
		if _, err := os.Lstat(into.file(name)); err == nil {
			return nil, nil, &failure{code: exitFailure, err: say("%s was made while lupa looked", name), done: count(0, 0), next: say("import again")}
		}
	}
	for _, name := range changes {
		if _, err := into.asRead(name, im.Changed[name].Before); err != nil {
			return nil, nil, &failure{code: exitFailure, err: err, done: count(0, 0), next: say("import again")}
		}
	}
	bar := a.progress("writing files")
	defer bar.end()
	for i, name := range slices.Concat(names, changes) {
		err := ctx.Err()
		if err == nil && i < len(names) {
			err = into.create(name, all[name])
		} else if err == nil {
			err = into.change(name, im.Changed[name])
		}
		if err != nil {
			return nil, nil, &failure{code: exitFailure, err: say("writing %s: %w", name, err), done: count(min(i, len(names)), max(i-len(names), 0)), next: say("import again: what is there stays")}
		}
		bar.update(i+1, len(names)+len(changes))
	}
	a.done = count(len(names), len(changes))
	return names, changes, nil
}

// files are the new ones with those besides documents; of these, what is there is
// kept.
func (d *destination) files(documents map[string][]byte) map[string][]byte {
	all := make(map[string][]byte)
	maps.Copy(all, documents)
	if len(documents) == 0 && d.extra[config.ProjectFile] == nil {
		return all // nothing is new
	}
	for name, data := range d.extra {
		if _, err := os.Lstat(d.file(name)); err != nil {
			all[name] = data
		}
	}
	return all
}

// ordered are the paths of files: lupa.yaml first, for with that there is a tree,
// then what is no document, then the documents in their order. What is interrupted
// is a valid tree.
func ordered(all map[string][]byte, documents []string) []string {
	place := map[string]int{config.ProjectFile: -1}
	for i, name := range documents {
		place[name] = i + 1
	}
	return slices.SortedFunc(maps.Keys(all), func(a, b string) int {
		return cmp.Or(cmp.Compare(place[a], place[b]), strings.Compare(a, b))
	})
}

func (t *tree) create(name string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(t.file(name)), 0o755); err != nil {
		return err
	}
	return writeFile(t.file(name), 0o644, func(w io.Writer) error { _, err := w.Write(data); return err })
}

// change writes a file that is there, with the permissions that it has. It looks
// once more, with the new file ready, whether the old one is as it was read.
func (t *tree) change(name string, e config.Edit) error {
	info, err := t.asRead(name, e.Before)
	if err != nil {
		return err
	}
	return writeFile(t.file(name), info.Mode().Perm(), func(w io.Writer) error {
		if _, err := w.Write(e.After); err != nil {
			return err
		}
		_, err := t.asRead(name, e.Before)
		return err
	})
}

// asRead makes sure that a file is as it was read.
func (t *tree) asRead(name string, data []byte) (fs.FileInfo, error) {
	info, err := os.Lstat(t.file(name))
	if err != nil {
		return nil, err
	}
	now, err := os.ReadFile(t.file(name))
	if err == nil && !bytes.Equal(now, data) {
		err = say("%s was changed while lupa looked", name)
	}
	return info, err
}

// file is where a file of the tree is.
func (t *tree) file(name string) string { return filepath.Join(t.root, filepath.FromSlash(name)) }
