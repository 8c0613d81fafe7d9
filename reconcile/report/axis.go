package report

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/lupa-dev/lupa/reconcile/calendar"
	"github.com/lupa-dev/lupa/reconcile/plan"
)

// axis is a time ahead as a drawing: a line of days, upwards from it who gains,
// downwards who loses. All figures are of the drawing's own units.
type axis struct {
	Title, About string
	From, Until  string
	Marks        []axisMark
	Line, Height int
}

// The drawing: its size, where its line lies below what is above it, and how long a
// bar is at most. The names of days stand in rows, so that neighbours do not cover
// each other.
const (
	axisWidth, axisLeft, axisRight = 720, 12, 708
	axisTop, axisBar               = 28, 56
	axisRows, axisRowHeight        = 3, 15
	axisLabelWidth                 = 74
)

// axisMark is a day on the axis.
type axisMark struct {
	X, Up, Down int    // the ends of the bars; 0 where there is none
	Label       string // of a day that finds room for it
	LabelX      int
	LabelY      int
}

// event is a day on which something happens.
type event struct {
	day          calendar.Day
	gained, lost int
	what         []string
}

// axis draws events, the earliest first.
func (t *Text) axis(from, until calendar.Day, events []event) *axis {
	if len(events) == 0 || until <= from {
		return nil
	}
	a := &axis{Title: t.sentence("page.timeline"), From: t.Lang.day(from.String()), Until: t.Lang.day(until.String())}
	a.About = t.sentence("page.axis", from.String(), until.String())
	most, tall := 10, 0 // one or two people are no tall bar, and nobody is none
	for _, e := range events {
		if most = max(most, e.gained, e.lost); e.gained+e.lost > 0 {
			tall = axisBar
		}
	}
	a.Line = axisTop + tall
	a.Height = a.Line + tall + 14
	ends := make([]int, axisRows) // of the last label in each row
	for _, e := range events {
		x := axisLeft + int(float64(axisRight-axisLeft)*float64(e.day-from)/float64(until-from))
		m := axisMark{X: min(max(x, axisLeft), axisRight)}
		if e.gained > 0 {
			m.Up = a.Line - t.bar(e.gained, most)
		}
		if e.lost > 0 {
			m.Down = a.Line + t.bar(e.lost, most)
		}
		left := min(max(m.X-axisLabelWidth/2, 0), axisWidth-axisLabelWidth)
		for row, end := range ends {
			if left >= end && e.day < until { // the end is named above
				ends[row] = left + axisLabelWidth
				m.Label, m.LabelX, m.LabelY = t.Lang.day(e.day.String()), left+axisLabelWidth/2, a.Line+tall+8+axisRowHeight*(row+1)
				a.Height = max(a.Height, m.LabelY+6)
				break
			}
		}
		a.Marks = append(a.Marks, m)
	}
	return a
}

// bar is how long the bar of so many people is; few are all alike.
func (t *Text) bar(people, most int) int {
	if t.Veil.few(people) {
		people = t.Veil.minGroup - 1
		most = max(most, people)
	}
	return 8 + int((axisBar-8)*math.Log1p(float64(people))/math.Log1p(float64(most)))
}

// Width, Left and Right are the same for all.
func (a *axis) Width() int { return axisWidth }
func (a *axis) Left() int  { return axisLeft }
func (a *axis) Right() int { return axisRight }

// eventTable says in rows what an axis draws.
func (t *Text) eventTable(events []event) *grid {
	days := &grid{Caption: t.sentence("page.timeline"), Figures: map[int]bool{1: true, 2: true},
		Head: t.heads("page.day", "count.gain", "count.lose", "page.what")}
	for _, e := range events {
		days.Rows = append(days.Rows, []string{t.Lang.day(e.day.String()), t.figure(e.gained, false), t.figure(e.lost, false), strings.Join(e.what, "; ")})
	}
	return days
}

// aheadPart is what a plan or a review says of the days ahead.
func (t *Text) aheadPart(p *plan.Plan, s *story) section {
	if p.Since == nil {
		return t.untilPart(p, s)
	}
	var events []event
	until := p.At
	for _, a := range p.Since.Ahead {
		events = append(events, event{day: a.From, gained: a.Gained, lost: a.Lost})
		if until = max(until, a.From); a.Until != nil {
			until = max(until, *a.Until)
		}
	}
	if len(events) == 0 {
		return section{}
	}
	rows := t.eventTable(events)
	for i, day := range s.Ahead {
		rows.Rows[i][3] = day.Title
	}
	return section{Axis: t.axis(p.At, until, events), Table: rows, Days: s.Ahead}
}

// untilPart says until when a plan holds, and what happens then.
func (t *Text) untilPart(p *plan.Plan, s *story) section {
	is := section{Intro: []string{s.Until}}
	zone, err := time.LoadLocation(p.TimeZone)
	if err != nil { // a plan of a machine that knows more zones
		zone = time.UTC
	}
	day := calendar.Today(*p.ValidUntil, zone)
	for _, line := range []string{s.Begins, s.Ends} {
		if line != "" {
			is.Intro = append(is.Intro, line)
		}
	}
	is.Axis = t.axis(p.At, day, []event{{day: day}})
	return is
}

// TimelineHTML is a time ahead as a page.
func (t *Text) TimelineHTML(l Timeline) ([]byte, error) {
	to := &page{Title: t.sentence("timeline.title", l.Project, l.From.String(), l.Until.String())}
	if len(l.Days) == 0 {
		to.Verdicts = []verdict{{toneCalm, t.sentence("timeline.none")}}
		return t.render(to)
	}
	to.Verdicts = []verdict{{toneCalm, t.sentence("page.days", len(l.Days))}}
	var events []event
	for _, day := range l.Days {
		e := event{day: day.At, gained: day.Gained, lost: day.Lost}
		for _, line := range []string{t.turning("timeline.begins", day.Begins), t.turning("timeline.ends", day.Ends)} {
			if line != "" {
				e.what = append(e.what, line)
			}
		}
		events = append(events, e)
	}
	to.lines("page.timeline", t, section{Axis: t.axis(l.From, l.Until, events), Table: t.eventTable(events)})
	for i, day := range l.Days {
		to.Parts = append(to.Parts, t.dayTold(i, day))
	}
	return t.render(to)
}

// dayTold is what a day of a timeline means for people.
func (t *Text) dayTold(i int, day TimelineDay) section {
	is := section{ID: "day-" + strconv.Itoa(i+1), Title: t.Lang.day(day.At.String())}
	if day.Joins > 0 {
		is.Intro = append(is.Intro, t.counted("timeline.joins", day.Joins, false))
	}
	if day.Leaves > 0 {
		is.Intro = append(is.Intro, t.counted("timeline.leaves", day.Leaves, false))
	}
	for _, f := range day.Findings {
		is.Problems = append(is.Problems, t.problemTold(f))
	}
	if day.Unknown {
		return is
	}
	grave, gains, losses, levels := t.tellings(day.Effect, nil)
	other := slices.Concat(gains, losses, levels)
	for _, line := range sameReasons(day.Unchanged) {
		other = append(other, t.keptTelling(line, nil))
	}
	other = append(other, t.templateTellings(day.Templates, nil)...)
	is.Tellings = append(grave, other[:min(pageTellings, len(other))]...)
	if len(is.Tellings) == 0 {
		is.Intro = append(is.Intro, t.sentence("effect.none"))
	}
	return t.left(is, len(other)-pageTellings)
}
