package config

import (
	"context"
	"errors"
	"slices"

	"github.com/lupa-dev/lupa/reconcile/calendar"
	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/reconcile/policy"
)

// Breach is a finding about days ahead.
type Breach struct {
	plan.Finding
	Days []calendar.Span
}

// Over is what there is to say on the first day on which it is so no more.
func (b Breach) Over() plan.Finding {
	return plan.Finding{Code: "N19", Severity: policy.Note, Args: []string{b.Code, b.Args[0]}, Pos: b.Pos, Subject: b.Subject}
}

// Foresee holds the access rules of the tree against the days ahead, as far as
// lupa.yaml says, and adds what it finds to the problems of the tree and to the
// findings of its goal. A tree of which a rule of severity error is broken is
// refused, and has a goal all the same, so that a plan can be shown.
//
// It takes time where rows of rosters begin and end, for then the tree is read
// again; so it is not part of Load.
func (t *Tree) Foresee(ctx context.Context) error {
	if t.Goal == nil {
		return nil
	}
	_, until := t.Horizon()
	breaches, err := t.Ahead(ctx, until)
	if err != nil || len(breaches) == 0 {
		return err
	}
	findings := make([]plan.Finding, len(breaches))
	for i, b := range breaches {
		findings[i] = b.Finding
	}
	t.Problems = append(slices.Clone(t.Problems), findings...)
	slices.SortStableFunc(t.Problems, comparePlaces)
	t.Goal.Findings = t.Problems
	return nil
}

// Ahead is what Foresee finds, until a day or as far as rules have windows.
// Silenced findings are counted in the goal and not among them.
func (t *Tree) Ahead(ctx context.Context, until calendar.Day) ([]Breach, error) {
	w := policy.NewWatch(t.Goal.AccessRules, t.Goal.Days, until, len(t.Goal.Installations) > 1)
	until, some := w.Until()
	if !some {
		return nil, nil
	}
	days := t.stretches(until)
	for i, from := range days {
		to := until
		if i+1 < len(days) {
			to = days[i+1]
		}
		if !w.Sees(from, to) {
			continue
		}
		then := t
		if i > 0 {
			var err error
			var broken *DayError
			if then, err = t.again(ctx, from); errors.As(err, &broken) {
				w.Miss(from, to, codeOf(broken))
				continue
			} else if err != nil {
				return nil, err
			}
		}
		w.Look(then.stretch(from, to))
	}
	return t.located(w.Breaches()), nil
}

// stretches are the first days of times in which the rosters say the same.
func (t *Tree) stretches(until calendar.Day) []calendar.Day {
	first := until
	for _, day := range t.Goal.Days {
		first = min(first, day)
	}
	days := []calendar.Day{first}
	for installation, turns := range t.times.turns {
		for day := range turns {
			if t.times.days[installation] < day && day < until {
				days = append(days, day)
			}
		}
	}
	slices.Sort(days)
	return slices.Compact(days)
}

// stretch is the tree as it is looked at between two days.
func (t *Tree) stretch(from, until calendar.Day) policy.Stretch {
	s := policy.Stretch{From: from, Until: until, Facts: t.Goal.Alone(), Documents: []fact.Set{t.Goal.Facts, t.Goal.Dormant},
		Spans: make(map[fact.Key]calendar.Span, len(t.times.spans)), Table: t.alone()}
	for key, v := range t.times.spans {
		if !v.absent {
			s.Spans[key] = v.span
		}
	}
	return s
}

func codeOf(e *DayError) string {
	for _, f := range e.Problems {
		if f.Severity == policy.Error {
			return f.Code
		}
	}
	return ""
}

// located joins breaches with places, and leaves out those that nobody wants to
// hear of. A rule's own severity is that of its document.
func (t *Tree) located(found []policy.Breach) (breaches []Breach) {
	for _, b := range found {
		f := t.Goal.Locate(b.Finding)
		if b.Severity != "" {
			f.Severity = b.Severity
		}
		heard, silenced := t.Goal.Judge([]plan.Finding{f})
		t.Goal.Silenced += silenced
		for _, f := range heard {
			breaches = append(breaches, Breach{f, b.Days})
		}
	}
	return breaches
}
