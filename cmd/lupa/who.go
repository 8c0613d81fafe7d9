package main

import (
	"cmp"
	"slices"

	"github.com/spf13/cobra"

	"github.com/lupa-dev/lupa/reconcile/access"
	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/reconcile/report"
)

func (a *app) whoCommand() *cobra.Command {
	var at string
	var live bool
	cmd := &cobra.Command{
		Use: "who RIGHT", GroupID: groupSee, Args: takes(1, 1, "one RIGHT"),
		Short: "Show everybody who has a right",
		Long: `Shows everybody who has a right, by place, with the reasons: people with the same
reasons stand together. Guardians are shown once for each child.`,
		Example: `  lupa who wilma.surveys.maintain
  lupa who wilma.surveys.maintain --place testila --format json`,
		ValidArgsFunction: a.complete(knownRights),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := namedPlace(cmd); err != nil {
				return err
			}
			s, err := a.state(cmd.Context(), live)
			if err != nil {
				return err
			}
			place := s.place(at)
			s.right(args[0], s.in(place))
			if err := a.acceptQuestion(s); err != nil {
				return err
			}
			if !a.json() {
				s.origin = nil // too many places to show
				a.text(a.out).Who(s.who(args[0], place))
				return nil
			}
			return report.WhoJSON(a.out, s.who(args[0], place))
		},
	}
	a.placeFlag(cmd, &at)
	liveFlag(cmd, &live)
	return cmd
}

// who finds everybody who has a right at a place, or without one anywhere.
func (s *state) who(right, place string) report.Who {
	w := report.Who{AsOf: s.asOf, Right: right, Place: s.called(place), Sensitivity: s.sensitivity(right, s.in(place))}
	if !s.several() && len(s.installations) > 0 {
		w.Schools = s.schools[s.installations[0]]
	}
	add := func(q access.Question) {
		w.Holders = append(w.Holders, report.Holder{Person: plan.CalledWho(q.Who, s.several()), Place: s.called(q.Place), For: s.explain(s.table.For(q))})
	}
	if place != "" {
		for who := range s.table.Persons() {
			if q := (access.Question{Who: who, Right: right, Place: place}); s.table.Allowed(q) {
				add(q)
			}
		}
	} else {
		people, wanted := slices.Collect(s.table.Persons()), slices.Index(s.table.RightKeys(), right)
		s.table.Each(func(who, held, at int) {
			if held == wanted {
				add(access.Question{Who: people[who], Right: right, Place: s.table.PlaceIDs()[at]})
			}
		})
	}
	slices.SortStableFunc(w.Holders, func(x, y report.Holder) int {
		return cmp.Or(cmp.Compare(x.Person, y.Person), cmp.Compare(x.Place, y.Place))
	})
	return w
}
