package main

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lupa-dev/lupa/reconcile/access"
	"github.com/lupa-dev/lupa/reconcile/calendar"
	"github.com/lupa-dev/lupa/reconcile/config"
	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/reconcile/report"
	"github.com/lupa-dev/lupa/schema/source"
)

func (a *app) testCommand() *cobra.Command {
	return &cobra.Command{
		Use: "test", GroupID: groupCheck, Args: takes(0, 0, ""), Annotations: map[string]string{formats: "text json github junit"},
		Short: "Run the AccessTest documents of the tree",
		Long: `Holds what AccessTest documents expect against what the tree entitles people to,
each on the day that it names. Needs no target. Exit 1 when a case is not as
expected.`,
		Example: `  lupa test
  lupa test --format junit > access.xml`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			t, err := a.clear(cmd.Context())
			if err != nil {
				return err
			}
			results, err := a.runTests(cmd.Context(), t)
			if err != nil {
				return err
			}
			switch a.format {
			case "json":
				err = a.print(report.TestsJSON(results))
			case "junit":
				err = a.print(a.text(a.out).TestsJUnit(results))
			case "github":
				a.text(a.out).TestsGitHub(a.checked(report.Check{}), results)
			default:
				a.text(a.out).Tests(results)
			}
			if err == nil && slices.ContainsFunc(results, func(r report.TestResult) bool { return !r.OK }) {
				return exit(exitFailure)
			}
			return err
		},
	}
}

// runTests runs all cases, in the order of the documents. What cases name and is
// not there is told all at once.
func (a *app) runTests(ctx context.Context, t *tree) ([]report.TestResult, error) {
	results := []report.TestResult{}
	states := make(map[calendar.Day]*state)
	var problems []source.Problem
	for _, test := range t.Tests {
		day := t.Goal.At
		if test.At != nil {
			day = *test.At
		}
		s := states[day]
		if s == nil {
			var err error
			if s, err = stateOn(ctx, t, day); err != nil {
				return nil, err
			}
			states[day] = s
		}
		for _, c := range test.Cases {
			s.problems = nil
			result := s.try(test, c)
			for _, p := range s.problems {
				p.Pos = []source.Pos{c.Pos}
				problems = append(problems, p)
			}
			results = append(results, result)
		}
	}
	if len(problems) == 0 {
		return results, nil
	}
	return nil, a.refuse(plan.Problems(problems...), t.line(), say("tests name what is not there"), say("mend them and try again: %s", a.command("test")))
}

// stateOn is what the tree declares for a day.
func stateOn(ctx context.Context, t *tree, day calendar.Day) (*state, error) {
	if day == t.Goal.At {
		s := declared(t)
		s.lenient = true
		return s, nil
	}
	facts, err := t.On(ctx, day)
	var broken *config.DayError
	switch {
	case errors.As(err, &broken):
		return nil, &failure{code: exitInput, err: say("%w, which a test looks at", broken), next: say("see lupa validate --at %s", day)}
	case err != nil:
		return nil, fail(err)
	}
	s := newState(facts.Plus(t.Goal.Initial), &t.Project)
	s.lenient = true
	return s, nil
}

// try holds one case against the state of its day.
func (s *state) try(test config.AccessTest, c config.AccessCase) report.TestResult {
	named := func(name string) string { // a plain name is of the document's own installation
		if s.several() && name != "" && !strings.Contains(name, ":") {
			return test.Installation + ":" + name
		}
		return name
	}
	r := report.TestResult{Name: test.Name, Case: strings.Join(strings.Fields(c.Person+" "+c.Right+" "+c.Place), " "), Pos: c.Pos}
	place := s.place(named(c.Place))
	in := []string{test.Installation}
	if place != "" {
		in = s.in(place)
	}
	s.right(c.Right, in)
	if c.Exactly == nil {
		who, _ := s.one(named(c.Person))
		r.Want, r.Got = []string{c.Expect}, []string{"deny"}
		if s.table.Allowed(access.Question{Who: who, Right: c.Right, Place: place}) {
			r.Got = []string{"allow"}
		}
	} else {
		r.Want, r.Got = []string{}, []string{}
		for _, name := range c.Exactly {
			if who, ok := s.one(named(name)); ok {
				r.Want = append(r.Want, plan.CalledWho(who, s.several()))
			}
		}
		for who := range s.table.Persons() {
			if q := (access.Question{Who: who, Right: c.Right, Place: place}); s.table.Allowed(q) && slices.Contains(in, installationOf(who)) {
				r.Got = append(r.Got, plan.CalledWho(who, s.several()))
			}
		}
		slices.Sort(r.Want)
		r.Want = slices.Compact(r.Want)
		slices.Sort(r.Got)
	}
	r.OK = slices.Equal(r.Want, r.Got)
	return r
}

// installationOf is where the card of somebody is.
func installationOf(w access.Who) string {
	inst, _, _ := strings.Cut(w.Person, "/")
	return inst
}
