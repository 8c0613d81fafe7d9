package main

import (
	"context"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/lupa-dev/lupa/reconcile"
	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/reconcile/report"
)

func (a *app) undoCommand() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use: "undo ID", GroupID: groupChange, Args: takes(1, 1, "one ID of lupa history"),
		Short: "Plan to go back to before an apply",
		Long: `Makes a plan that brings lupa's objects back to what lupa had left before an apply:
it undoes that one and all since. Nothing is written but the plan file; "lupa apply"
carries it out, and it is judged like any plan, with its effect on people, its guard
and its brakes. An undo is an apply too, and can be undone.

Objects that were renamed get their names back, and keep what hangs on them. Objects
that lupa took over from others are theirs again, as they were. What others made or
changed by hand is treated as in any plan. The tree still declares what is undone:
revert it in Git too, else the next apply brings it back.`,
		Example: `  lupa undo 12
  lupa undo 12 --out undo.json && lupa apply undo.json`,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := named(cmd, "out", "actor", "author"); err != nil {
				return err
			}
			id, err := entryID(args[0])
			if err != nil {
				return err
			}
			p, err := a.undo(cmd.Context(), id)
			if err != nil {
				return err
			}
			if out != "" {
				if err := a.savePlan(p, out); err != nil {
					return err
				}
			}
			if err := a.showPlan(p, a.nextUndo(p, id, out), nil); err != nil {
				return err
			}
			if p.Refused() {
				return exit(exitRefused)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "write the plan to this file, for apply")
	completeFiles(cmd, "out")
	a.doerFlags(cmd)
	return cmd
}

// nextUndo is the command that carries out the plan: a plan without a file is made
// again, for apply alone would make one of the tree.
func (a *app) nextUndo(p *plan.Plan, id int64, out string) string {
	if out != "" {
		return a.again(p, out)
	}
	const file = "undo.json"
	args := append([]string{"undo", strconv.FormatInt(id, 10), "--out", file}, a.doers.flags()...)
	if a.target != "" {
		args = append(args, "--target", a.target)
	}
	return a.command(args...) + " && " + a.again(p, file)
}

// undo makes the plan to go back to before an entry of the log.
func (a *app) undo(ctx context.Context, id int64) (*plan.Plan, error) {
	t, err := a.valid(ctx)
	if err != nil {
		return nil, err
	}
	at, err := a.where(t)
	if err != nil {
		return nil, err
	}
	r, err := a.reader(ctx, at)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	if err := a.inName(t); err != nil {
		return nil, err
	}
	audit, err := r.Audit(ctx)
	if err != nil {
		return nil, fail(say("target %s: %w", at.name, err))
	}
	l := report.Log{Name: at.name, Audit: audit}
	if err := sound(l); err != nil {
		return nil, err
	}
	past, err := l.Before(id)
	if err != nil {
		return nil, noEntry(id, err)
	}
	bar := a.progress("comparing with the target")
	p, err := reconcile.Propose(ctx, t.Goal.Undo(past), at.name, version, r)
	bar.end()
	a.isForPlan(p)
	if err == nil && p.Target.Serial != audit.Serial {
		return nil, &failure{code: exitStale, err: say("somebody applied a plan at the same time"), next: say("see it with: lupa history")}
	}
	return p, fail(err)
}
