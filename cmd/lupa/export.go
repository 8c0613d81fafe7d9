package main

import (
	"context"
	"errors"
	"os"

	"github.com/spf13/cobra"

	"github.com/lupa-dev/lupa/reconcile"
	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/reconcile/report"
)

func (a *app) exportCommand() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use: "export", GroupID: groupSee, Args: takes(0, 0, ""),
		Short: "Keep what the target holds in a file, to plan against",
		Long: `Writes what the target holds now as a dated snapshot. "plan --against" makes the
same plan of it as of the target, where nobody may or can reach the target. It
holds no address, account or password; it holds card keys, so keep it like a plan.`,
		Example: `  lupa export --out snapshot.json
  lupa export | jq -r '.facts[] | .[0]' | sort | uniq -c    what there is of each kind`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := named(cmd, "out"); err != nil {
				return err
			}
			s, err := a.take(cmd.Context())
			if err != nil {
				return err
			}
			if out == "" {
				return fail(s.Write(a.out))
			}
			if err := a.saveSnapshot(s, out); err != nil {
				return err
			}
			if a.json() {
				return a.print(report.SnapshotJSON(s))
			}
			a.text(a.out).Snapshot(s, a.command("plan", "--against", out))
			return nil
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "write the snapshot to this file (default standard output)")
	completeFiles(cmd, "out")
	return cmd
}

// named refuses flags that are there and name no file.
func named(cmd *cobra.Command, flags ...string) error {
	for _, name := range flags {
		if f := cmd.Flags().Lookup(name); f.Changed && f.Value.String() == "" {
			return usage("--%s is empty", name)
		}
	}
	return nil
}

func completeFiles(cmd *cobra.Command, flags ...string) {
	for _, name := range flags {
		_ = cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(nil, cobra.ShellCompDirectiveDefault))
	}
}

// take reads the target whole. What the tree ignores is in a snapshot too: it is
// left out of view when a plan is made.
func (a *app) take(ctx context.Context) (*plan.Snapshot, error) {
	t, at, snap, err := a.whole(ctx)
	if err != nil {
		return nil, err
	}
	s, err := plan.Take(snap, t.Project.Name, at.name, version, a.now)
	if err != nil {
		return nil, fail(say("target %s: %w", at.name, err))
	}
	return s, nil
}

// whole reads all that the target holds, whatever the tree ignores.
func (a *app) whole(ctx context.Context) (*tree, place, fact.Snapshot, error) {
	t, at, err := a.locate()
	if err != nil {
		return nil, at, fact.Snapshot{}, err
	}
	r, err := a.reader(ctx, at)
	if err != nil {
		return nil, at, fact.Snapshot{}, err
	}
	defer r.Close()
	snap, err := r.Read(ctx, fact.Scope{})
	if err != nil {
		return nil, at, snap, fail(say("target %s: %w", at.name, err))
	}
	a.isForTarget(snap)
	return t, at, snap, nil
}

// saveSnapshot writes a snapshot file. It replaces another one, and nothing else.
func (a *app) saveSnapshot(s *plan.Snapshot, file string) error {
	if info, err := os.Lstat(a.path(file)); err == nil && info.Mode().IsRegular() && !begins(a.path(file), plan.SnapshotBegin) {
		return usage("%s is there and is no snapshot; it was left as it is", file)
	}
	err := a.writeFile(file, s.Write)
	if err == nil || errors.Is(err, errInPlace) {
		a.done = say("the snapshot was written")
	}
	switch {
	case errors.Is(err, plan.ErrTooLarge):
		return fail(err)
	case err != nil:
		return &failure{code: exitFailure, err: say("writing the snapshot: %w", err), next: say("see that the directory is there and can be written")}
	}
	return nil
}

// proposeAgainst makes the plan from a snapshot, if one is named, and else from
// the target.
func (a *app) proposeAgainst(ctx context.Context, file string) (*plan.Plan, *tree, error) {
	if file == "" {
		return a.propose(ctx)
	}
	s, err := a.readSnapshot(file)
	if err != nil {
		return nil, nil, err
	}
	t, err := a.foreseen(ctx)
	switch {
	case err != nil:
		return nil, nil, err
	case t.Project.Name != s.Project:
		return nil, nil, &failure{code: exitStale, err: say("the snapshot is for project %s, this is %s", s.Project, t.Project.Name)}
	case a.target != "" && a.target != s.Target.Name:
		return nil, nil, usage("the snapshot is of target %s, not %s", s.Target.Name, a.target)
	case s.Target.Name != usual(t):
		a.target = s.Target.Name // what to type next names it
	}
	if err := a.inName(t); err != nil {
		return nil, nil, err
	}
	bar := a.progress("comparing with the target")
	p, err := reconcile.Propose(ctx, t.Goal, s.Target.Name, version, a.watch(t.Goal, s))
	bar.end()
	if err != nil {
		return nil, nil, fail(err)
	}
	a.isForPlan(p)
	if a.json() || a.checks() {
		a.text(a.err).Age(s, a.now) // stdout is the plan, whatever it was made from
	} else {
		a.text(a.out).Against(s, a.now)
	}
	return p, t, nil
}

func (a *app) readSnapshot(file string) (*plan.Snapshot, error) {
	unreadable := func(err error) error {
		return &failure{code: exitInput, err: say("reading the snapshot: %w", err)}
	}
	data, err := readFile(a.path(file), plan.MaxSnapshot)
	if err != nil {
		return nil, unreadable(err)
	}
	s, err := plan.ReadSnapshot(data)
	if err == nil {
		return s, nil
	}
	switch err = say("%s: %w", file, err); {
	case errors.Is(err, plan.ErrTooLarge):
		return nil, unreadable(err)
	case errors.Is(err, plan.ErrAltered):
		return nil, &failure{code: exitDamaged, err: err, next: say("take it again with: lupa export --out FILE")}
	}
	return nil, fail(err)
}
