package report

import (
	"strings"

	"github.com/lupa-dev/lupa/reconcile/calendar"
	"github.com/lupa-dev/lupa/reconcile/plan"
)

// Timeline is what begins and ends in a time ahead.
type Timeline struct {
	Project string
	From    calendar.Day
	Until   calendar.Day // no longer looked at
	Days    []TimelineDay
}

// TimelineDay is a day on which something begins or ends, and what that means for
// people.
type TimelineDay struct {
	At        calendar.Day          `json:"at"`
	Begins    []plan.Object         `json:"begins"`
	Ends      []plan.Object         `json:"ends"` // in force for the last time on the day before
	Joins     int                   `json:"joins,omitempty"`
	Leaves    int                   `json:"leaves,omitempty"` // people of rosters with a membership that begins, and that ends
	Gained    int                   `json:"gained"`
	Lost      int                   `json:"lost"` // persons
	Effect    []plan.Effect         `json:"effect"`
	Unchanged []plan.Effect         `json:"unchanged"`
	Templates []plan.TemplateEffect `json:"templates"`
	Findings  []plan.Finding        `json:"findings"` // errors that the tree has on that day, and access rules that begin or cease to be broken
	Unknown   bool                  `json:"-"`        // nobody knows who may do what, because of such errors
}

// TimelineJSON is a timeline as scripts read it.
func TimelineJSON(l Timeline) ([]byte, error) {
	return marshal(map[string]any{"format": plan.Format, "kind": "timeline", "project": l.Project, "from": l.From, "until": l.Until, "boundaries": l.Days})
}

// Timeline shows what begins and ends, day by day, and for whom that matters.
func (t *Text) Timeline(l Timeline) {
	t.printf("%s\n", t.paint(bold, t.sentence("timeline.title", l.Project, l.From.String(), l.Until.String())))
	if len(l.Days) == 0 {
		t.printf("\n  %s\n", t.sentence("timeline.none"))
	}
	for _, day := range l.Days {
		t.printf("\n%s\n", t.paint(bold, t.Lang.day(day.At.String())))
		t.turns("timeline.begins", day.Begins)
		t.turns("timeline.ends", day.Ends)
		if day.Joins > 0 {
			t.printf("  %s\n", t.counted("timeline.joins", day.Joins, false))
		}
		if day.Leaves > 0 {
			t.printf("  %s\n", t.counted("timeline.leaves", day.Leaves, false))
		}
		if len(day.Findings) > 0 {
			t.Problems(day.Findings, nil)
		}
		if day.Unknown {
			continue
		}
		if len(day.Effect)+len(day.Templates) == 0 {
			t.printf("  %s\n", t.sentence("effect.none"))
		}
		t.Effect(day.Effect, day.Unchanged, day.Templates)
	}
}

func (t *Text) turns(key string, objects []plan.Object) {
	if line := t.turning(key, objects); line != "" {
		t.printf("  %s\n", t.wrapped(strings.Fields(line), " ", 4))
	}
}
