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

func (a *app) timelineCommand() *cobra.Command {
	var until string
	cmd := &cobra.Command{
		Use: "timeline", GroupID: groupSee, Args: takes(0, 0, ""), Annotations: map[string]string{formats: "text json markdown html"},
		Short: "Show what begins and ends when, and for whom",
		Long: `Goes through the days ahead on which something begins or ends, and shows what
that means for people, as if the tree stayed as it is. Looks as far as
horizonDays of lupa.yaml says. Needs no target.`,
		Example: `  lupa timeline --until 2027-01-31
  lupa timeline --format json | jq '.boundaries[] | {at, gained, lost}'`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			t, err := a.valid(cmd.Context())
			if err != nil {
				return err
			}
			from, last := t.Horizon()
			if cmd.Flags().Changed("until") {
				if last, err = calendar.ParseDay(until); err != nil {
					return usage("--until: %w", err)
				}
				if last <= from {
					return usage("--until %s: the timeline begins on %s", last, from)
				}
			}
			timeline, err := a.ahead(cmd.Context(), t, from, last)
			if err != nil {
				return err
			}
			switch {
			case a.markdown():
				return a.print(a.text(a.out).TimelineMarkdown(timeline, a.page, a.command("timeline")), nil)
			case a.html():
				return a.print(a.text(a.out).TimelineHTML(timeline))
			case a.json():
				return a.print(report.TimelineJSON(timeline))
			}
			a.text(a.out).Timeline(timeline)
			return nil
		},
	}
	cmd.Flags().StringVar(&until, "until", "", "the first day not looked at (default as far as horizonDays says)")
	return cmd
}

// ahead goes through the days on which something changes, and compares each with
// the time before.
func (a *app) ahead(ctx context.Context, t *tree, from, until calendar.Day) (report.Timeline, error) {
	line := report.Timeline{Project: t.Project.Name, From: from, Until: until, Days: []report.TimelineDay{}}
	several := len(t.Goal.Installations) > 1
	state := func(day calendar.Day) (*access.Table, error) {
		facts, err := t.On(ctx, day)
		if err != nil {
			return nil, err
		}
		return access.Load(facts.Plus(t.Goal.Initial)), nil
	}
	before, err := state(from)
	if err != nil {
		return line, fail(err)
	}
	boundaries := t.Boundaries(from, until)
	breaches, err := t.Ahead(ctx, until)
	if err != nil {
		return line, fail(err)
	}
	findings := breachesBy(breaches)
	boundaries = withDays(boundaries, findings, from, until)
	bar := a.progress("looking ahead")
	defer bar.end()
	for i, b := range boundaries {
		bar.update(i, len(boundaries))
		day := report.TimelineDay{At: b.Day, Begins: called(b.Begins, several), Ends: called(b.Ends, several), Joins: b.Joins, Leaves: b.Leaves, Findings: append([]plan.Finding{}, findings[b.Day]...)}
		after, err := state(b.Day)
		var broken *config.DayError
		switch {
		case errors.As(err, &broken): // nobody knows who may do what from here on
			day.Findings, day.Unknown = broken.Problems, true
			line.Days = append(line.Days, day)
			continue
		case err != nil:
			return line, fail(err)
		}
		e := access.Compare(before, after)
		day.Gained, day.Lost = e.Gained, e.Lost
		day.Effect, day.Unchanged, day.Templates = plan.Effects(e, several, report.English().Reason, t.Goal.Origin)
		line.Days = append(line.Days, day)
		before = after
	}
	return line, nil
}

// breachesBy are the findings about access rules by the day on which each begins,
// and a note on the day on which it ends.
func breachesBy(breaches []config.Breach) map[calendar.Day][]plan.Finding {
	on, say := make(map[calendar.Day][]plan.Finding), report.English().Finding
	for _, b := range breaches {
		for _, span := range b.Days {
			on[*span.From] = append(on[*span.From], say(b.Finding))
			on[*span.To] = append(on[*span.To], say(b.Over()))
		}
	}
	return on
}

// withDays adds days to boundaries on which nothing begins or ends but a rule.
func withDays(boundaries []config.Boundary, findings map[calendar.Day][]plan.Finding, from, until calendar.Day) []config.Boundary {
	for day := range findings {
		if from < day && day < until && !slices.ContainsFunc(boundaries, func(b config.Boundary) bool { return b.Day == day }) {
			boundaries = append(boundaries, config.Boundary{Day: day})
		}
	}
	slices.SortFunc(boundaries, func(a, b config.Boundary) int { return int(a.Day) - int(b.Day) })
	return boundaries
}

func called(keys []fact.Key, several bool) []plan.Object {
	objects := make([]plan.Object, len(keys))
	for i, key := range keys {
		objects[i] = plan.Object{Kind: key.Kind, Name: fact.Called(key.ID, several), ID: key.ID}
	}
	return objects
}
