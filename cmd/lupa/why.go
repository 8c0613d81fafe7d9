package main

import (
	"context"
	"errors"
	"slices"

	"github.com/spf13/cobra"

	"github.com/lupa-dev/lupa/reconcile/access"
	"github.com/lupa-dev/lupa/reconcile/calendar"
	"github.com/lupa-dev/lupa/reconcile/config"
	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/reconcile/report"
)

func (a *app) whyCommand() *cobra.Command {
	var at string
	var live bool
	cmd := &cobra.Command{
		Use: "why PERSON RIGHT", GroupID: groupSee, Args: takes(2, 2, "a PERSON and a RIGHT"), Annotations: map[string]string{formats: "text json markdown html"},
		Short: "Explain why somebody has a right, or not",
		Long: `Answers Yes or No and gives every reason, each with the rule behind it and the
file and line that say so; for a No also what would be needed. A guardian is asked
about as GUARDIAN/CHILD. Exit 0 for Yes and for No.`,
		Example: `  lupa why t-1042 wilma.surveys.addSurvey --place testila
  lupa why t-1042 wilma.surveys.addSurvey --live    as the target is now`,
		ValidArgsFunction: a.complete(askable, knownRights),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := namedPlace(cmd); err != nil {
				return err
			}
			s, err := a.state(cmd.Context(), live)
			if err != nil {
				return err
			}
			who, _ := s.one(args[0])
			q := access.Question{Who: who, Right: args[1], Place: s.place(at)}
			s.right(q.Right, s.in(who.Person))
			if err := a.acceptQuestion(s); err != nil {
				return err
			}
			w := s.why(q)
			if w.Turns, err = s.turns(cmd.Context(), q); err != nil {
				return err
			}
			switch {
			case a.markdown():
				return a.print(a.text(a.out).WhyMarkdown(w, a.page), nil)
			case a.html():
				return a.print(a.text(a.out).WhyHTML(w))
			case a.json():
				return a.print(report.WhyJSON(w))
			}
			a.text(a.out).Why(w)
			return nil
		},
	}
	a.placeFlag(cmd, &at)
	liveFlag(cmd, &live)
	return cmd
}

// why answers a question; one that names no place, with all places where it
// holds and what is written about each.
func (s *state) why(q access.Question) report.Why {
	v := s.table.Why(q)
	var ids []string
	var there []access.Reason
	for held := range s.table.Of(q.Who) {
		if held.Right == q.Right && q.Place == "" {
			ids = append(ids, held.Place)
			there = append(there, s.table.For(held)...)
		}
	}
	for i := range v.For {
		v.For[i].Facts = append(factsOf(v.For[i], there), v.For[i].Facts...)
	}
	return report.Why{AsOf: s.asOf, Person: plan.CalledWho(q.Who, s.several()), Right: q.Right, Place: s.called(q.Place), Allowed: v.Allowed,
		Sensitivity: s.sensitivity(q.Right, s.in(q.Person)), Places: s.where(ids),
		For: s.explain(v.For), Against: s.explain(v.Against), Missing: s.explain(v.Missing)}
}

// factsOf is what the same reasons elsewhere are about, place after place.
func factsOf(reason access.Reason, elsewhere []access.Reason) (facts []fact.Fact) {
	for _, r := range elsewhere {
		if r.Rule == reason.Rule && r.Case == reason.Case && slices.Equal(r.Args, reason.Args) {
			facts = append(facts, r.Facts...)
		}
	}
	return facts
}

// maxTurns is how many days ahead are looked at for another answer.
const maxTurns = 60

// turns is the first day ahead on which the tree gives another answer, nil where
// there is none until the horizon. A day on which the tree has errors has none.
func (s *state) turns(ctx context.Context, q access.Question) (*calendar.Day, error) {
	if s.tree == nil {
		return nil, nil
	}
	now := s.table.Allowed(q)
	days := s.tree.Boundaries(s.tree.Horizon())
	for _, b := range days[:min(maxTurns, len(days))] {
		facts, err := s.tree.On(ctx, b.Day)
		var broken *config.DayError
		switch {
		case errors.As(err, &broken):
			return nil, nil
		case err != nil:
			return nil, fail(err)
		}
		if access.Load(facts.Plus(s.tree.Goal.Initial)).Allowed(q) != now {
			return &b.Day, nil
		}
	}
	return nil, nil
}
