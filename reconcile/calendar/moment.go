package calendar

import (
	"fmt"
	"iter"
	"strings"
	"time"
)

// Moment is when to look, as a person writes it: a day, a time by the clock of
// whatever zone it is asked about, or an instant that says itself what it is.
type Moment struct {
	text string
	form form
	time time.Time // in UTC what the clock shows, but for an instant
}

type form int

const (
	ofDay form = iota
	ofClock
	ofInstant
)

// On is a day as a Moment.
func On(d Day) Moment { return Moment{d.String(), ofDay, time.Unix(int64(d)*86400, 0).UTC()} }

// instantLayouts are the ends of a text that says which instant it means. Old
// offsets have seconds.
var instantLayouts = []string{"Z", "-07:00", "-07:00:00"}

// ParseMoment reads 2026-06-22, 2026-03-29T04:30, 2026-03-29T04:30:00 and both of
// these with Z or an offset behind them; a blank may stand for the T.
func ParseMoment(s string) (Moment, error) {
	if d, err := ParseDay(s); err == nil {
		return On(d), nil
	}
	for _, clock := range []string{"T15:04", "T15:04:05", " 15:04", " 15:04:05"} {
		if t, ok := parse(layout+clock, s); ok {
			return Moment{s, ofClock, t}, nil
		}
		for _, offset := range instantLayouts {
			if t, ok := parse(layout+clock+offset, s); ok {
				return Moment{s, ofInstant, t}, nil
			}
		}
	}
	return Moment{}, fmt.Errorf("%q is neither a day such as 2026-06-22 nor a time such as 2026-06-22T08:30, 2026-06-22T08:30+03:00 or 2026-06-22T05:30Z", s)
}

// parse is time.Parse without its leniency: what it reads must be what stands
// there.
func parse(layout, s string) (time.Time, bool) {
	t, err := time.Parse(layout, s)
	if err != nil || t.Format(layout) != s || !inRange(t) {
		return time.Time{}, false
	}
	return t, true
}

func inRange(t time.Time) bool { return t.Year() >= 1900 && t.Year() <= 2999 }

// String is the moment as it was written.
func (m Moment) String() string { return m.text }

// IsDay reports whether the moment is a day as a whole.
func (m Moment) IsDay() bool { return m.form == ofDay }

// MomentError is a moment that a zone does not have, or has twice.
type MomentError struct {
	Moment Moment
	Zone   string
	why    string
}

func (e *MomentError) Error() string { return e.why }

// Day is the day that it is in a zone at the moment. The error is a *MomentError.
func (m Moment) Day(zone *time.Location) (Day, error) {
	at, err := m.Instant(zone)
	return Today(at, zone), err
}

// Instant is the moment as an instant; of a day it is noon. A time that the clock
// of the zone skips or shows twice is refused: which of two hours is meant, nobody
// but the author knows. The error is a *MomentError.
func (m Moment) Instant(zone *time.Location) (time.Time, error) {
	refuse := func(format string, args ...any) (time.Time, error) {
		return time.Time{}, &MomentError{m, zone.String(), fmt.Sprintf(format, args...)}
	}
	switch m.form {
	case ofInstant:
		if !inRange(m.time.In(zone)) {
			return refuse("%s lies beyond the years 1900 to 2999 in %s", m.text, zone)
		}
		return m.time.In(zone), nil
	case ofDay:
		d := Today(m.time, time.UTC)
		if start := d.Start(zone); Today(start, zone) != d {
			return refuse("there is no %s in %s: after %s comes %s", m.text, zone, Today(start.Add(-1), zone), Today(start, zone))
		}
		return d.Noon(zone), nil
	}
	switch readings := Readings(m.time, zone); len(readings) {
	case 1:
		return readings[0], nil
	case 0:
		before, after := gap(m.time, zone)
		return refuse("there is no %s in %s: the clock goes from %s to %s there; write a time that there is, such as %s",
			m.text, zone, clock(before), clock(after), Written(after))
	default:
		written := make([]string, len(readings))
		for i, r := range readings {
			written[i] = Written(r)
		}
		return refuse("%s comes twice in %s, as the clock goes back; write %s", m.text, zone, strings.Join(written, " or "))
	}
}

// Readings are the instants at which the clock of a zone shows a time, in their
// order. The time is given as what UTC would show. Each is found and proven by
// going there and back; time.ParseInLocation would choose one in silence.
func Readings(wall time.Time, zone *time.Location) []time.Time {
	var readings []time.Time
	for p := range around(wall, zone) {
		at := wall.Add(-p.offset).In(zone)
		if at.Format(shown) == wall.Format(shown) && !at.Before(p.from) && at.Before(p.to) {
			readings = append(readings, at)
		}
	}
	return readings
}

const shown = layout + "T15:04:05"

// gap is what the clock shows when it jumps over a time, and what it shows then.
func gap(wall time.Time, zone *time.Location) (before, after time.Time) {
	var offset time.Duration
	for p := range around(wall, zone) {
		if at := wall.Add(-p.offset); at.Before(p.from) {
			return p.from.In(time.FixedZone("", int(offset/time.Second))), p.from.In(zone)
		}
		offset = p.offset
	}
	return wall, wall // not reached: the time was skipped between two of them
}

// clock is what a clock shows.
func clock(t time.Time) string { return t.Format("2006-01-02 15:04:05") }

// Written is an instant as ParseMoment reads it, with the offset that it has.
func Written(t time.Time) string {
	if _, offset := t.Zone(); offset%60 != 0 {
		return t.Format(shown + "-07:00:00")
	}
	return t.Format(shown + "-07:00")
}

// period is a time in which a zone has one offset.
type period struct {
	from, to time.Time
	offset   time.Duration
}

// farthest is more than any zone ever was away from UTC.
const farthest = 30 * time.Hour

// around are the periods of a zone in which its clock can show what UTC shows at
// an instant.
func around(instant time.Time, zone *time.Location) iter.Seq[period] {
	return func(yield func(period) bool) {
		end := instant.Add(farthest)
		for at := instant.Add(-farthest); at.Before(end); {
			_, offset := at.In(zone).Zone()
			from, to := at.In(zone).ZoneBounds()
			if from.IsZero() || from.Before(at) {
				from = at
			}
			if to.IsZero() || to.After(end) {
				to = end
			}
			if !yield(period{from, to, time.Duration(offset) * time.Second}) {
				return
			}
			at = to
		}
	}
}
