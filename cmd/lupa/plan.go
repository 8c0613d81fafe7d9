package main

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lupa-dev/lupa/reconcile"
	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/reconcile/report"
)

func (a *app) planCommand() *cobra.Command {
	var out, against string
	var detailed bool
	cmd := &cobra.Command{
		Use: "plan", GroupID: groupSee, Args: takes(0, 0, ""), Annotations: map[string]string{formats: planFormats},
		Short: "Show what would change in the target",
		Long: `Reads the tree and the target, and shows what an apply would change. Nothing is
written but the plan file, if one is asked for, and the cache (lupa help cache).`,
		Example: `  lupa plan
  lupa plan --out plan.json && lupa apply plan.json
  lupa plan --against snapshot.json    without the target`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := named(cmd, "out", "against", "actor", "author"); err != nil {
				return err
			}
			p, t, err := a.proposeAgainst(cmd.Context(), against)
			if err != nil {
				return err
			}
			if out != "" {
				if err := a.savePlan(p, out); err != nil {
					return err
				}
			}
			next := a.next(p)
			if out != "" {
				next = a.again(p, out)
			}
			if err := a.showPlan(p, next, t.line()); err != nil {
				return err
			}
			switch {
			case p.Refused():
				return exit(exitRefused)
			case detailed && !p.Empty():
				return exit(exitChanges)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "write the plan to this file, for apply")
	cmd.Flags().StringVar(&against, "against", "", "plan against this snapshot, made by export, and open no target")
	cmd.Flags().BoolVar(&detailed, "detailed-exitcode", false, "exit 2 when there are changes")
	completeFiles(cmd, "out", "against")
	a.doerFlags(cmd)
	return cmd
}

// propose reads tree and target and makes the plan.
func (a *app) propose(ctx context.Context) (*plan.Plan, *tree, error) {
	t, err := a.foreseen(ctx)
	if err != nil {
		return nil, nil, err
	}
	at, err := a.where(t)
	if err != nil {
		return nil, nil, err
	}
	r, err := a.reader(ctx, at)
	if err != nil {
		return nil, nil, err
	}
	defer r.Close()
	if err := a.inName(t); err != nil {
		return nil, nil, err
	}
	bar := a.progress("comparing with the target")
	p, err := reconcile.Propose(ctx, t.Goal, at.name, version, a.watch(t.Goal, r))
	bar.end()
	a.isForPlan(p)
	return p, t, fail(err)
}

func (a *app) showPlan(p *plan.Plan, next string, line report.Line) error {
	switch {
	case a.checks():
		return a.check(ofPlan(p))
	case a.markdown():
		return a.print(a.text(a.out).PlanMarkdown(p, a.page, next), nil)
	case a.html():
		return a.print(a.text(a.out).HTML(p, a.picture))
	case a.json():
		return a.print(report.PlanJSON(p))
	}
	a.text(a.out).Plan(p, next, line)
	return nil
}

// next is the command that makes a plan anew and applies it if it is the same.
func (a *app) next(p *plan.Plan) string {
	args := append(a.doers.flags(), "--expect", p.Hash[:12])
	if a.target != "" {
		args = append([]string{"--target", a.target}, args...)
	}
	return a.again(p, args...)
}

// savePlan writes a plan file. It replaces another one, and nothing else.
func (a *app) savePlan(p *plan.Plan, file string) error {
	if info, err := os.Lstat(a.path(file)); err == nil && info.Mode().IsRegular() &&
		(!begins(a.path(file), "{") || begins(a.path(file), plan.SnapshotBegin)) {
		return usage("%s is there and is no plan; it was left as it is", file)
	}
	err := a.writeFile(file, p.Write)
	if err == nil || errors.Is(err, errInPlace) {
		a.done = say("the plan file was written")
	}
	if err != nil {
		return &failure{code: exitFailure, err: say("writing the plan: %w", err), next: say("see that the directory is there and can be written")}
	}
	return nil
}

// begins reports whether a file begins with a text, as far as it goes.
func begins(file, text string) bool {
	f, err := os.Open(file)
	if err != nil {
		return false
	}
	defer f.Close()
	start := make([]byte, len(text))
	n, _ := io.ReadFull(f, start)
	return strings.HasPrefix(text, string(start[:n]))
}

func (a *app) showCommand() *cobra.Command {
	return &cobra.Command{
		Use: "show PLANFILE", GroupID: groupSee, Args: takes(1, 1, "one PLANFILE"), Annotations: map[string]string{formats: planFormats},
		Short: "Show a saved plan",
		Example: `  lupa show plan.json
  lupa show plan.json --format json | jq .summary`,
		RunE: func(_ *cobra.Command, files []string) error {
			p, err := a.readPlan(files[0], plan.Read)
			if err != nil {
				return err
			}
			return a.showPlan(p, a.again(p, files[0]), nil)
		},
	}
}

func (a *app) readPlan(file string, read func([]byte) (*plan.Plan, error)) (*plan.Plan, error) {
	data, err := readFile(a.path(file), plan.MaxPlan)
	if err != nil {
		return nil, &failure{code: exitInput, err: say("reading the plan: %w", err)}
	}
	p, err := read(data)
	switch {
	case errors.Is(err, plan.ErrTooLarge):
		return nil, &failure{code: exitInput, err: say("%s: %w", file, err), next: say("make the plan again with: lupa plan --out FILE")}
	case err != nil:
		return nil, fail(say("%s: %w", file, err))
	}
	a.isForPlan(p)
	return p, nil
}

func (a *app) driftCommand() *cobra.Command {
	return &cobra.Command{
		Use: "drift", GroupID: groupSee, Args: takes(0, 0, ""), Annotations: map[string]string{formats: "text json markdown html sarif github"},
		Short: "Show what changed in the target behind lupa's back",
		Long: `Shows what somebody changed in lupa's objects since the last apply. Exit 2 when
there is drift.`,
		Example: `  lupa drift
  lupa drift --format json | jq '.drift | length'`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, t, err := a.propose(cmd.Context())
			if err != nil {
				return err
			}
			switch {
			case a.checks():
				err = a.check(report.Check{Plan: p, Drift: true, Where: t.declaredAt})
			case a.markdown():
				err = a.print(a.text(a.out).DriftMarkdown(p, a.page, a.command("drift")), nil)
			case a.html():
				err = a.print(a.text(a.out).DriftHTML(p))
			case a.json():
				err = a.print(report.DriftJSON(p))
			default:
				a.text(a.out).Drift(p)
			}
			if err == nil && len(p.Drift) > 0 {
				return exit(exitChanges)
			}
			return err
		},
	}
}
