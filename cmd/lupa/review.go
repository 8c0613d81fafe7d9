package main

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lupa-dev/lupa/reconcile/config"
	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/reconcile/report"
)

func (a *app) reviewCommand() *cobra.Command {
	var base string
	var detailed bool
	cmd := &cobra.Command{
		Use: "review --base REV", GroupID: groupSee, Args: takes(0, 0, ""), Annotations: map[string]string{formats: planFormats},
		Short: "Show what this revision changes in effect against another",
		Long: `Compares what the tree means with what it meant at a revision of Git, on every day
until the horizon: who gains or loses what, where and why, then findings, brakes and
objects. Reads Git's objects, and needs no target and no secrets, so that it works
for whoever has the repository.

Brakes, delegations and logins are those of the base: a change cannot let itself
pass by them.`,
		Example: `  lupa review --base origin/main
  lupa review --base HEAD~1 --format markdown --max-bytes github`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if base == "" {
				return usage("say what to compare with: --base REV, such as origin/main")
			}
			if err := named(cmd, "actor", "author"); err != nil {
				return err
			}
			p, t, err := a.review(cmd.Context(), base)
			if err != nil {
				return err
			}
			if err := a.showReview(p, t.line()); err != nil {
				return err
			}
			switch {
			case p.Refused():
				return exit(exitRefused)
			case detailed && !p.Same():
				return exit(exitChanges)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&base, "base", "", "the revision to compare with: a branch, a tag or a commit")
	cmd.Flags().BoolVar(&detailed, "detailed-exitcode", false, "exit 2 when there are changes")
	_ = cmd.RegisterFlagCompletionFunc("base", cobra.FixedCompletions(nil, cobra.ShellCompDirectiveNoFileComp))
	a.doerFlags(cmd)
	return cmd
}

// showReview shows a review as a plan is shown, but in JSON and in text.
func (a *app) showReview(p *plan.Plan, line report.Line) error {
	switch a.format {
	case "json":
		return a.print(report.ReviewJSON(p))
	case "text":
		a.text(a.out).Review(p, line)
		return nil
	}
	return a.showPlan(p, "", line)
}

// review compares the tree with itself at a revision.
func (a *app) review(ctx context.Context, rev string) (*plan.Plan, *tree, error) {
	t, err := a.foreseen(ctx)
	if err != nil {
		return nil, nil, err
	}
	if err := a.inName(t); err != nil {
		return nil, nil, err
	}
	old, base, err := a.base(ctx, t, rev)
	if err != nil {
		return nil, nil, err
	}
	since := plan.Since{Revision: rev, Commit: base, Head: clean(commit(ctx, t.root)), Empty: old == nil, Ahead: []plan.Ahead{}}
	var before *plan.Goal
	if old != nil {
		if err := old.Foresee(ctx); err != nil {
			return nil, nil, fail(err)
		}
		before = old.Goal
		if since.Ahead, err = a.daysAhead(ctx, t.Tree, old); err != nil {
			return nil, nil, err
		}
	}
	if a.html() {
		a.picture = plan.PictureOf(t.Goal, plan.Held(t.Goal, before))
	}
	bar := a.progress("comparing with the base")
	defer bar.end()
	return plan.Review(t.Goal, before, version, since), t, nil
}

// clean is a commit, or nothing where the tree holds more than it.
func clean(commit string) string {
	if strings.HasSuffix(commit, "-dirty") {
		return ""
	}
	return commit
}

// base is the tree as it was at a revision; nil where there was none. One with
// errors that hide nothing is compared with all the same: a change may mend them.
func (a *app) base(ctx context.Context, t *tree, rev string) (*config.Tree, string, error) {
	fsys, commit, err := revision(ctx, t.root, rev)
	if err == nil {
		_, err = fs.Stat(fsys, config.ProjectFile)
	}
	if errors.Is(err, errNoTree) || errors.Is(err, fs.ErrNotExist) {
		fsys, err = moved(ctx, t, commit)
	}
	if err != nil || fsys == nil {
		return nil, commit, err
	}
	old, err := a.loadAt(ctx, fsys, t.fsys)
	switch {
	case err != nil:
		return nil, "", err
	case old.Goal == nil:
		return nil, "", &failure{code: exitInput, err: say("the tree had errors at %s: %w", rev, problemIn(old)), next: say("compare with a revision that is valid")}
	}
	old.Goal.Say = report.English()
	return old, commit, nil
}

// moved is the tree of the same project in another directory of a commit, where there
// is one and no other: who moves a tree does not begin a new one. Else it is nil.
func moved(ctx context.Context, t *tree, commit string) (found fs.FS, err error) {
	trees, err := repository{ctx, t.root}.elsewhereAt(commit)
	if err != nil {
		return nil, err
	}
	for _, fsys := range trees {
		other, err := config.ReadProject(fsys)
		if err != nil || other.Project.Name != t.Project.Name {
			continue
		}
		if found != nil {
			return nil, nil
		}
		found = fsys
	}
	return found, nil
}

// withExports is the tree of a revision with what registers export as it lies on the
// disk, where it is kept out of Git: then both sides have the same people.
type withExports struct {
	fs.FS
	disk    fs.FS
	exports []string
}

func (w withExports) Open(name string) (fs.File, error) {
	for _, export := range w.exports {
		if name != export && !strings.HasPrefix(name, export+"/") {
			continue
		}
		if _, err := fs.Stat(w.FS, export); errors.Is(err, fs.ErrNotExist) {
			return w.disk.Open(name)
		}
	}
	return w.FS.Open(name)
}

func (w withExports) ReadDir(name string) ([]fs.DirEntry, error) {
	dir, err := w.Open(name)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	list, ok := dir.(fs.ReadDirFile)
	if !ok {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: errors.ErrUnsupported}
	}
	entries, err := list.ReadDir(-1)
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, err
}

// loadAt reads the tree of a revision, seen at the same moment; disk is the tree as it
// is now.
func (a *app) loadAt(ctx context.Context, fsys, disk fs.FS) (*config.Tree, error) {
	bar := a.progress("reading the base")
	opt := a.options()
	opt.Progress = func(_ config.Part, done, all int) { bar.update(done, all) }
	if was, err := config.ReadProject(fsys); err == nil && len(was.Project.Exports) > 0 {
		fsys = withExports{fsys, disk, was.Project.Exports}
	}
	old, err := config.Load(ctx, fsys, opt)
	bar.end()
	if err != nil {
		return nil, unreadable(err)
	}
	return old, nil
}
