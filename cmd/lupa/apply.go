package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/lupa-dev/lupa/reconcile"
	"github.com/lupa-dev/lupa/reconcile/calendar"
	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/reconcile/report"
)

func (a *app) applyCommand() *cobra.Command {
	var approve bool
	var expect string
	var acknowledged []string
	cmd := &cobra.Command{
		Use: "apply [PLANFILE]", GroupID: groupChange, Args: takes(0, 1, "one PLANFILE at most"),
		Short: "Carry out a plan, whole or not at all",
		Long: `Carries out a saved plan, or makes a plan, shows it and asks. The target must be
what the plan was made from, and is afterwards what the plan promised; else
nothing is changed. A plan that was applied already changes nothing.

A plan that does more than its guard lets pass is held back by its brakes. It is
applied when somebody acknowledges each of them, as the plan shows it: with its
figure, and the beginning of the plan's hash.`,
		Example: `  lupa plan --out plan.json && lupa apply plan.json
  lupa apply --expect 1a2b3c4d5e6f    only if the plan is the one that was reviewed
  lupa apply plan.json --acknowledge 'removals=52@1a2b3c4d5e6f'`,
		RunE: func(cmd *cobra.Command, files []string) error {
			ctx := cmd.Context()
			if err := named(cmd, "actor", "author"); err != nil {
				return err
			}
			passes, err := passing(acknowledged)
			if err != nil {
				return err
			}
			var p *plan.Plan
			var t *tree
			if len(files) == 1 {
				if err := notSaved(cmd); err != nil {
					return err
				}
				p, t, err = a.savedPlan(files[0])
			} else {
				err = a.heed(ctx, func() (err error) { p, t, err = a.propose(ctx); return err })
			}
			if err != nil {
				return err
			}
			if cmd.Flags().Changed("expect") {
				if err := expected(p, expect); err != nil {
					return err
				}
			}
			if len(files) == 0 {
				if err := a.approved(ctx, p, t, passes, approve || expect != ""); err != nil {
					return err
				}
			}
			return a.heldBack(a.apply(ctx, p, t, passes), p, files...)
		},
	}
	cmd.Flags().BoolVar(&approve, "auto-approve", false, "do not ask")
	cmd.Flags().StringVar(&expect, "expect", "", "apply only the plan with this hash (at least its first 12 digits)")
	a.doerFlags(cmd)
	cmd.Flags().StringArrayVar(&acknowledged, "acknowledge", nil, "pass a brake of this plan, as the plan shows it: NAME=FIGURE@HASH (again for each)")
	return cmd
}

// passing are the acknowledgements of the command line.
func passing(texts []string) ([]plan.Acknowledgement, error) {
	var all []plan.Acknowledgement
	for _, text := range texts {
		a, err := plan.ParseAcknowledgement(text)
		if err != nil {
			return nil, usage("--acknowledge: %w", err)
		}
		all = append(all, a)
	}
	return all, nil
}

// heldBack shows how a plan is confirmed that was held back by its brakes, and
// where the findings are of one that a rule refused.
func (a *app) heldBack(err error, p *plan.Plan, files ...string) error {
	switch {
	case errors.Is(err, reconcile.ErrRefused) && len(files) > 0:
		return &failure{code: exitRefused, err: reconcile.ErrRefused, next: say("see the findings with: %s", a.command("show", files[0]))}
	case !errors.Is(err, plan.ErrBraked):
		return err
	}
	again := a.next(p)
	if len(files) > 0 {
		again = a.again(p, files[0])
	}
	next := typeIt(again)
	if len(p.Acknowledge) > 0 {
		next = say("see what it does with: lupa show or lupa plan; if all of it is meant: %s", again)
	}
	return &failure{code: exitRefused, err: err, next: next}
}

// savedPlan reads a plan file and the lupa.yaml that it belongs to. The rest of
// the tree does not matter: the plan says what to do.
func (a *app) savedPlan(file string) (*plan.Plan, *tree, error) {
	p, err := a.readPlan(file, plan.ReadSteps)
	if err != nil {
		return nil, nil, err
	}
	t, err := a.project()
	switch {
	case err != nil:
		return nil, nil, err
	case t.Project.Name != p.Project:
		return nil, nil, &failure{code: exitStale, err: say("the plan is for project %s, this is %s", p.Project, t.Project.Name)}
	case a.target != "" && a.target != p.Target.Name:
		return nil, nil, usage("the plan is for target %s, not %s", p.Target.Name, a.target)
	}
	a.target = p.Target.Name
	return p, t, nil
}

// instant is when the plan must hold: now, or at the moment of --at. The zero time
// stands for the very day that the plan was made for.
func (a *app) instant(p *plan.Plan) (time.Time, error) {
	zone, err := time.LoadLocation(p.TimeZone)
	if err != nil {
		return time.Time{}, fail(err)
	}
	if a.moment == nil {
		return a.now, nil
	}
	at, err := a.moment.Instant(zone)
	switch {
	case err != nil:
		return time.Time{}, usage("--at: %w", err)
	case a.moment.IsDay() && calendar.Today(at, zone) == p.At:
		return time.Time{}, nil
	}
	return at, nil
}

// expected refuses a plan that is not the one that was reviewed.
func expected(p *plan.Plan, hash string) error {
	if err := digits("expect", "a plan's hash", &hash); err != nil {
		return err
	}
	if !strings.HasPrefix(p.Hash, hash) {
		return &failure{code: exitStale, err: say("the plan is %s, not the expected %s", p.Hash[:12], hash), next: say("review the plan again with: lupa plan")}
	}
	return nil
}

// approved shows the plan and makes sure that somebody wants it.
func (a *app) approved(ctx context.Context, p *plan.Plan, t *tree, passes []plan.Acknowledgement, already bool) error {
	if !a.json() {
		a.text(a.out).Plan(p, "", t.line())
	}
	if err := a.out.Flush(); err != nil {
		return err
	}
	if p.Refused() {
		return &failure{code: exitRefused, err: say("the plan is refused by its findings")}
	}
	if err := p.Pass(passes); err != nil {
		return a.heldBack(err, p)
	}
	switch {
	case already || p.Empty():
		return nil
	case a.json() || !isTerminal(a.in) || !isTerminal(a.out):
		return usage("nobody is there to approve the plan: say --auto-approve, --expect HASH, or apply a saved plan")
	case !a.confirm(ctx, say("Apply this plan? Only yes will do:")):
		return &failure{code: exitFailure, err: say("the plan was not approved")}
	}
	return nil
}

func (a *app) apply(ctx context.Context, p *plan.Plan, t *tree, passes []plan.Acknowledgement) error {
	at, err := a.where(t)
	if err != nil {
		return err
	}
	db, err := at.Open(ctx)
	if err != nil {
		return fail(say("target %s: %w", at.name, err))
	}
	defer db.Close()
	when, err := a.instant(p)
	if err != nil {
		return err
	}
	entry := a.note(ctx, t.root)
	if entry.Commit != "" && !t.holds(p.Inputs) {
		entry.Commit = "" // the plan was made of another revision, and which one it does not say
	}
	bar := a.progress("reading the target")
	outcome, err := reconcile.Apply(ctx, p, db, reconcile.Run{Entry: entry, At: when, Acknowledged: passes, Progress: bar.applying})
	bar.end()
	if errors.Is(err, reconcile.ErrOtherDay) {
		return &failure{code: exitStale, err: err, next: say("make the plan again with: lupa plan; or apply it as of that day with --at %s", p.At)}
	}
	if err != nil {
		return fail(err)
	}
	a.done = say(applied)
	if a.json() {
		return a.print(report.OutcomeJSON(outcome, p))
	}
	a.text(a.out).Outcome(outcome, at.name)
	return nil
}

// holds reports whether the tree has the files that a plan was made of, as they
// were then.
func (t *tree) holds(inputs []plan.Input) bool {
	for _, in := range inputs {
		if sum, err := t.sum(in.Path); err != nil || sum != in.SHA256 {
			return false
		}
	}
	return len(inputs) > 0
}

// sum is the SHA-256 of a file. Those of rosters are large.
func (t *tree) sum(path string) (string, error) {
	f, err := t.fsys.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", err
	}
	return fmt.Sprintf("%x", sum.Sum(nil)), nil
}
