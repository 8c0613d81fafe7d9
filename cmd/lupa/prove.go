package main

import (
	"cmp"
	"context"
	"errors"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/lupa-dev/lupa/reconcile/access"
	"github.com/lupa-dev/lupa/reconcile/calendar"
	"github.com/lupa-dev/lupa/reconcile/config"
	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/order"
	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/reconcile/report"
	"github.com/lupa-dev/lupa/schema"
	"github.com/lupa-dev/lupa/schema/source"
)

func (a *app) proveCommand() *cobra.Command {
	var claim claim
	var base string
	cmd := &cobra.Command{
		Use: "prove", GroupID: groupCheck, Args: takes(0, 0, ""), Annotations: map[string]string{formats: "text json github"},
		Short: "Prove that nobody gains a right, or show who does",
		Long: `Compares who may do what in the tree with a base, for every person, right and
place, so that a pass is a proof. The base is the target; with --base it is a
revision of Git, on every day until the horizon, or the plan in a file: then it is
proven of what that plan does. Exit 11 with the smallest counterexample where somebody gains.`,
		Example: `  lupa prove --no-new-access --base origin/main
  lupa prove --no-gain wilma.surveys.maintain --no-gain primus.full`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := named(cmd, "base"); err != nil {
				return err
			}
			if !claim.nothing && len(claim.rights) == 0 {
				return usage("say what to prove: --no-new-access, or --no-gain RIGHT")
			}
			proof, err := a.prove(cmd.Context(), claim, base)
			if err != nil {
				return err
			}
			switch {
			case a.checks():
				a.text(a.out).ProofGitHub(a.checked(report.Check{}), proof)
			case a.json():
				err = a.print(report.ProofJSON(proof))
			default:
				a.text(a.out).Proof(proof)
			}
			if err == nil && !proof.Pass() {
				return exit(exitRefused)
			}
			return err
		},
	}
	cmd.Flags().StringArrayVar(&claim.rights, "no-gain", nil, "nobody gains this right anywhere (may be given again)")
	cmd.Flags().BoolVar(&claim.nothing, "no-new-access", false, "nobody gains anything")
	cmd.Flags().StringVar(&base, "base", "", "compare with this revision of Git, or prove it of this plan file")
	completeFiles(cmd, "base")
	return cmd
}

// claim is what is to be proven.
type claim struct {
	rights  []string
	nothing bool
}

// covers reports whether a gain of a right contradicts the claim. Who had a right
// of the same family that ranks as high gains nothing new by another, unless it is
// named.
func (c claim) covers(right string, level bool) bool {
	return slices.Contains(c.rights, right) || c.nothing && !level
}

// covered are those of the rights that are gained that contradict the claim.
func (c claim) covered(rights []string, level bool) []string {
	return slices.DeleteFunc(slices.Clone(rights), func(r string) bool { return !c.covers(r, level) })
}

func (a *app) prove(ctx context.Context, c claim, base string) (report.Proof, error) {
	if base != "" {
		if info, err := os.Stat(a.path(base)); err == nil && info.Mode().IsRegular() && begins(a.path(base), "{") {
			return a.provePlan(c, base)
		}
	}
	t, err := a.valid(ctx)
	if err != nil {
		return report.Proof{}, err
	}
	if base != "" {
		return a.proveSince(ctx, c, t, base)
	}
	at, err := a.where(t)
	if err != nil {
		return report.Proof{}, err
	}
	r, err := a.reader(ctx, at)
	if err != nil {
		return report.Proof{}, err
	}
	defer r.Close()
	snap, err := r.Read(ctx, t.Goal.View)
	if err != nil {
		return report.Proof{}, fail(err)
	}
	a.isForTarget(snap)
	p := report.Proof{Claims: c.rights, Nothing: c.nothing, Against: "target " + at.name, At: t.Goal.At}
	if later := t.Boundaries(t.Horizon()); len(later) > 0 {
		p.Later = &later[0].Day
	}
	return p, a.try(&p, c, t.Goal, snap)
}

// proveSince compares with what the tree declared at a revision, on every day
// until the horizon on which something begins or ends in one of them. All of that
// was the tree's own: what is not declared any more is gone.
func (a *app) proveSince(ctx context.Context, c claim, t *tree, rev string) (report.Proof, error) {
	old, commit, err := a.treeAt(ctx, t, rev)
	if err != nil {
		return report.Proof{}, err
	}
	from, until := t.Horizon()
	if _, far := old.Horizon(); far > until { // who shortens the horizon hides nothing by it
		until = far
	}
	p := report.Proof{Claims: c.rights, Nothing: c.nothing, Against: rev + " (" + commit[:min(12, len(commit))] + ")", Until: &until}
	days := []calendar.Day{from}
	for _, b := range slices.Concat(t.Boundaries(from, until), old.Boundaries(from, until)) {
		days = append(days, b.Day)
	}
	slices.Sort(days)
	days = slices.Compact(days)
	bar := a.progress("comparing days")
	defer bar.end()
	for i, day := range days {
		bar.update(i, len(days))
		goal := *t.Goal
		var held fact.Set
		if goal.Facts, err = t.On(ctx, day); err == nil {
			held, err = old.On(ctx, day)
		}
		var broken *config.DayError
		switch {
		case errors.As(err, &broken):
			return p, &failure{code: exitInput, err: broken, next: say("see lupa validate --at %s", day)}
		case err != nil:
			return p, fail(err)
		}
		held = held.Plus(old.Goal.Initial)
		p.At = day
		if err := a.try(&p, c, &goal, fact.Snapshot{Now: held, Last: held}); err != nil || !p.Pass() {
			return p, err
		}
	}
	p.At = from
	return p, nil
}

// try holds a claim against what a goal makes of what is held.
func (a *app) try(p *report.Proof, c claim, goal *plan.Goal, snap fact.Snapshot) error {
	before, after, several := plan.Tables(goal, snap)
	if err := a.known(c, before, after); err != nil {
		return err
	}
	p.Gains, p.Example = smallest(c, access.Compare(before, after), before, after, several, goal.Origin)
	return nil
}

// treeAt is the tree as it was at a revision of Git, seen on the same day.
func (a *app) treeAt(ctx context.Context, t *tree, rev string) (*config.Tree, string, error) {
	fsys, commit, err := revision(ctx, t.root, rev)
	if err != nil {
		return nil, "", err
	}
	old, err := a.loadAt(ctx, fsys, t.fsys)
	switch {
	case err != nil:
		return nil, "", err
	case old.Refused():
		return nil, "", &failure{code: exitInput, err: say("the tree had errors at %s: %w", rev, problemIn(old)), next: say("compare with a revision that is valid")}
	}
	return old, commit, nil
}

// problemIn is the first error of a tree, in words.
func problemIn(t *config.Tree) error {
	for _, f := range t.Problems {
		if f.Severity == "error" && len(f.Pos) > 0 {
			return report.FindingError{Finding: f}
		}
	}
	return say("see lupa validate there")
}

// known refuses rights that no installation knows, before or after.
func (a *app) known(c claim, tables ...*access.Table) error {
	var problems []plan.Finding
	for _, right := range c.rights {
		isKnown := func(t *access.Table) bool {
			return slices.ContainsFunc(t.Installations(), func(inst string) bool { _, ok := t.Right(inst, right); return ok }) ||
				slices.ContainsFunc(t.Tallies(), func(n access.Tally) bool { return n.Right == right })
		}
		if !slices.ContainsFunc(tables, isKnown) {
			problems = append(problems, plan.Problems(source.Problem{Code: "E01", Case: "right", Args: []string{right},
				Suggest: schema.Nearest(right, slices.Values(tables[len(tables)-1].RightKeys()))})...)
		}
	}
	if len(problems) == 0 {
		return nil
	}
	return a.refuse(problems, nil, say("what was asked about is not there"), say("see the rights with: %s", a.command("access", "--all")))
}

// smallest is how many gains contradict a claim, and the one that says it best:
// of the most sensitive right, for the fewest reasons.
func smallest(c claim, e *access.Effect, before, after *access.Table, several bool, origin func(fact.Fact) []source.Pos) (int, *report.Counterexample) {
	gains := 0
	var best *access.Shift
	var right string
	for i := range e.Shifts {
		s := &e.Shifts[i]
		covered := c.covered(s.Rights, s.Level)
		if !s.Gained || len(covered) == 0 {
			continue
		}
		gains += len(covered) * len(s.People) * len(s.Places)
		if best == nil || cmp.Or(cmp.Compare(best.Sensitivity.Rank(), s.Sensitivity.Rank()), cmp.Compare(len(s.After), len(best.After))) < 0 {
			best, right = s, covered[0]
		}
	}
	if best != nil {
		q := access.Question{Who: best.People[0], Right: right, Place: best.Places[0]}
		say := report.English().Reason
		widened := best.After[:min(1, len(best.After))]
		if !best.Widens {
			widened = nil
		}
		return gains, &report.Counterexample{
			Question: report.Asked{Person: plan.CalledWho(q.Who, several), Right: right, Place: fact.Called(q.Place, several)}, Gained: true,
			Sensitivity: best.Sensitivity,
			Before:      plan.Explain(before.Why(q).Against, several, say, nil),
			After:       plan.Explain(slices.Concat(widened, after.Why(q).For), several, say, origin),
		}
	}
	if !c.nothing {
		return 0, nil
	}
	_, _, templates := plan.Effects(e, several, report.English().Reason, origin)
	return templateGain(templates)
}

// templateGain is how many gains with survey templates there are, and the first.
func templateGain(templates []plan.TemplateEffect) (gains int, first *report.Counterexample) {
	for _, e := range templates {
		if !e.Gained {
			continue
		}
		gains += len(e.People) * len(e.Actions) * len(e.Templates) * max(1, len(e.Places))
		if first == nil {
			asked := report.Asked{Person: e.People[0], Template: e.Templates[0], Action: e.Actions[0]}
			if len(e.Places) > 0 {
				asked.Place = e.Places[0]
			}
			first = &report.Counterexample{Question: asked, Gained: true, Before: []plan.Reason{}, After: []plan.Reason{e.Reason}}
		}
	}
	return gains, first
}

// provePlan proves it of what a plan does: its effect is complete.
func (a *app) provePlan(c claim, file string) (report.Proof, error) {
	p, err := a.readPlan(file, plan.Read)
	if err != nil {
		return report.Proof{}, err
	}
	proof := report.Proof{Claims: c.rights, Nothing: c.nothing, Against: "plan " + p.Hash[:12], At: p.At}
	if p.Target.Serial == 0 {
		proof.Gains, proof.Example = firstGain(c, p)
		return proof, nil
	}
	for _, e := range p.Effect {
		covered := c.covered(e.Rights, e.Level)
		if !e.Gained || len(covered) == 0 {
			continue
		}
		proof.Gains += len(covered) * len(e.People) * len(e.Places)
		if x := proof.Example; x == nil || len(e.After) < len(x.After) && e.Sensitivity == x.Sensitivity {
			proof.Example = &report.Counterexample{Question: report.Asked{Person: e.People[0], Right: covered[0], Place: e.Places[0]}, Gained: true, Sensitivity: e.Sensitivity, Before: e.Before, After: e.After}
		}
	}
	if c.nothing && proof.Example == nil { // as in smallest: rights say more than templates
		proof.Gains, proof.Example = templateGain(p.Templates)
	}
	return proof, nil
}

// firstGain is the counterexample in the first plan of a target: it counts what
// people will have, and what it makes tells who.
func firstGain(c claim, p *plan.Plan) (int, *report.Counterexample) {
	var made fact.Builder
	for _, step := range p.Steps {
		if step.Action == order.Create || step.Action == order.Update {
			made.AddSet(step.Add)
		}
	}
	t := access.Load(made.Set())
	several := len(t.Installations()) > 1
	gains := 0
	var first *plan.Count
	for i := range p.EffectSummary {
		n := &p.EffectSummary[i]
		if !c.covers(n.Right, false) {
			continue
		}
		gains += n.People
		if first == nil || n.Sensitivity.Rank() > first.Sensitivity.Rank() {
			first = n
		}
	}
	if first == nil {
		return 0, nil
	}
	example := &report.Counterexample{Question: report.Asked{Right: first.Right, Place: first.Place}, Gained: true, Sensitivity: first.Sensitivity, Before: []plan.Reason{}, After: []plan.Reason{}}
	for q := range t.All() {
		if q.Right == first.Right && fact.Called(q.Place, several) == first.Place {
			example.Question.Person = plan.CalledWho(q.Who, several)
			example.After = plan.Explain(t.Why(q).For, several, report.English().Reason, nil)
			break
		}
	}
	return gains, example
}
