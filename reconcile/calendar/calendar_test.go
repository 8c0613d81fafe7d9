package calendar

import (
	"testing"
	"time"
)

func day(t *testing.T, s string) *Day {
	t.Helper()
	if s == "" {
		return nil
	}
	d, err := ParseDay(s)
	if err != nil {
		t.Fatal(err)
	}
	return &d
}

func TestParseDay(t *testing.T) {
	for _, s := range []string{"1970-01-01", "2026-06-22", "2028-02-29", "1900-01-01", "2999-12-31"} {
		if got := day(t, s).String(); got != s {
			t.Errorf("ParseDay(%q).String() = %q", s, got)
		}
	}
	for _, s := range []string{"", "2026-6-22", "2026-06-31", "2027-02-29", "22.6.2026", "2026-06-22T00:00:00Z", "0001-01-01", "3000-01-01", " 2026-06-22"} {
		if d, err := ParseDay(s); err == nil {
			t.Errorf("ParseDay(%q) = %v, want an error", s, d)
		}
	}
}

func TestTodayIsTheInstallationsDay(t *testing.T) {
	helsinki, err := time.LoadLocation("Europe/Helsinki")
	if err != nil {
		t.Fatal(err)
	}
	late := time.Date(2026, 6, 21, 21, 30, 0, 0, time.UTC) // half past midnight in Helsinki
	if got := Today(late, helsinki).String(); got != "2026-06-22" {
		t.Errorf("in Helsinki it is %s, want 2026-06-22", got)
	}
	if got := Today(late, time.UTC).String(); got != "2026-06-21" {
		t.Errorf("in UTC it is %s, want 2026-06-21", got)
	}
}

func TestSpanIsHalfOpen(t *testing.T) {
	for _, c := range []struct {
		from, to, on string
		want         bool
	}{
		{"2026-01-07", "2026-06-01", "2026-01-06", false},
		{"2026-01-07", "2026-06-01", "2026-01-07", true},
		{"2026-01-07", "2026-06-01", "2026-05-31", true},
		{"2026-01-07", "2026-06-01", "2026-06-01", false},
		{"", "2026-06-01", "1999-01-01", true},
		{"2026-01-07", "", "2999-01-01", true},
		{"", "", "2026-01-01", true},
	} {
		s := Span{day(t, c.from), day(t, c.to)}
		if got := s.Holds(*day(t, c.on)); got != c.want {
			t.Errorf("[%s, %s) holds %s = %v, want %v", c.from, c.to, c.on, got, c.want)
		}
	}
	if d := day(t, "2026-01-07"); !(Span{d, d}).Empty() || (Span{d, nil}).Empty() {
		t.Error("a span is empty exactly where it ends no later than it begins")
	}
}

func TestNarrowKeepsTheDaysOnWhichNothingChanges(t *testing.T) {
	at := *day(t, "2026-03-01")
	var s Span
	s = s.Narrow(at, Span{day(t, "2026-01-07"), day(t, "2026-06-01")})
	s = s.Narrow(at, Span{day(t, "2026-02-01"), day(t, "2026-02-15")})
	s = s.Narrow(at, Span{day(t, "2026-04-01"), nil})
	s = s.Narrow(at, Span{nil, day(t, "2026-03-01")})
	if s.From.String() != "2026-03-01" || s.To.String() != "2026-04-01" {
		t.Errorf("got [%v, %v), want [2026-03-01, 2026-04-01)", s.From, s.To)
	}
}
