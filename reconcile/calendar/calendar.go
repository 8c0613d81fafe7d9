// Package calendar knows days: what is in force from when to when, in the
// time zone of an installation.
//
// Everything in lupa that has validity has it by whole days, and spans are
// half-open: a grant to 2026-06-01 does not hold on the first of June. When a
// day begins is the installation's business, never the machine's; that is the
// one place where this package meets a clock, and the clock is handed in.
package calendar

import (
	"fmt"
	"time"
	_ "time/tzdata" // an installation's zone must be known on every machine
)

// Day is a calendar day, as days since 1970-01-01. The zero Day is that day;
// where no day is meant, say so beside it (Span does).
type Day int32

const layout = "2006-01-02"

// ParseDay reads YYYY-MM-DD, years 1900 to 2999, and refuses days that do not exist.
func ParseDay(s string) (Day, error) {
	t, err := time.Parse(layout, s)
	if err != nil || t.Format(layout) != s || t.Year() < 1900 || t.Year() > 2999 {
		return 0, fmt.Errorf("%q is not a day of the form 2026-06-22", s)
	}
	return Day(t.Unix() / 86400), nil
}

// Today is the day that it is in a zone at an instant.
func Today(now time.Time, zone *time.Location) Day {
	y, m, d := now.In(zone).Date()
	return Day(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// Start is the first instant of the day in a zone. Where the clock goes over
// midnight the day begins later, and where it goes back over midnight the day
// begins the first time. A day that the zone does not have begins and ends where
// the next one begins.
func (d Day) Start(zone *time.Location) time.Time {
	midnight := time.Unix(int64(d)*86400, 0)
	for p := range around(midnight, zone) {
		at := midnight.Add(-p.offset)
		if at.Before(p.from) {
			at = p.from
		}
		if at.Before(p.to) {
			return at.In(zone)
		}
	}
	return midnight.In(zone) // not reached: the last period ends after the day does
}

// Noon is twelve hours into the day: an instant that lies in the same day in
// every zone up to twelve hours away.
func (d Day) Noon(zone *time.Location) time.Time { return d.Start(zone).Add(12 * time.Hour) }

// first is the first day that can be written.
var first = Day(time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC).Unix() / 86400)

// Before is so many days earlier, but no day of a year before 1900.
func (d Day) Before(days int) Day {
	if days > int(d-first) {
		return first
	}
	return d - Day(days)
}

// String is the day as YYYY-MM-DD.
func (d Day) String() string { return time.Unix(int64(d)*86400, 0).UTC().Format(layout) }

// MarshalText is String, for JSON.
func (d Day) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText is ParseDay, for JSON.
func (d *Day) UnmarshalText(text []byte) (err error) {
	*d, err = ParseDay(string(text))
	return err
}

// Span is the days from From until the day before To; nil is open.
type Span struct{ From, To *Day }

// Holds reports whether the day is in the span.
func (s Span) Holds(d Day) bool {
	return (s.From == nil || *s.From <= d) && (s.To == nil || d < *s.To)
}

// Empty reports whether no day is in the span.
func (s Span) Empty() bool { return s.From != nil && s.To != nil && *s.From >= *s.To }

// Narrow is the span s with its ends drawn in to the nearest boundary of other
// on either side of d: the days around d on which other does not change.
func (s Span) Narrow(d Day, other Span) Span {
	for _, b := range []*Day{other.From, other.To} {
		switch {
		case b == nil:
		case *b <= d && (s.From == nil || *s.From < *b):
			s.From = b
		case *b > d && (s.To == nil || *s.To > *b):
			s.To = b
		}
	}
	return s
}
