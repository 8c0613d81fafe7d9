package calendar

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestParseMoment(t *testing.T) {
	for _, s := range []string{
		"2026-06-22", "2026-03-29T04:30", "2026-03-29 04:30", "2026-03-29T04:30:15", "2026-03-29 04:30:15",
		"2026-03-29T04:30Z", "2026-03-29T04:30:15Z", "2026-03-29T04:30+02:00", "2026-03-29 04:30:15-03:30", "1921-04-30T23:00:00+01:39:49",
	} {
		if m, err := ParseMoment(s); err != nil || m.String() != s {
			t.Errorf("ParseMoment(%q) = %q, %v", s, m, err)
		}
	}
	for _, s := range []string{
		"", "tomorrow", "2026-13-01", "2026-06-22T", "2026-06-22T24:00", "2026-06-22T23:60", "2026-06-22T8:30", "2026-06-22t08:30", "2026-06-22T08:30z",
		"2026-06-22T08:30+03", "2026-06-22T08:30 Europe/Helsinki", "2026-06-22T08:30:00.5", "2026-06-22T08:30:00,5Z", "2026-06-22  08:30",
		"1899-12-31T23:00", "3000-01-01T00:00Z", "2026-06-22T23:59:60", " 2026-06-22T08:30", "2026-06-22T08:30+03:00:00:00",
	} {
		if m, err := ParseMoment(s); err == nil {
			t.Errorf("ParseMoment(%q) = %q, want an error", s, m)
		}
	}
}

// TestMomentInHelsinki: an hour that is missing or there twice is refused, and
// what the refusal says to write instead is understood.
func TestMomentInHelsinki(t *testing.T) {
	for _, c := range []struct{ moment, day, instant, refused string }{
		{"2026-06-22", "2026-06-22", "2026-06-22T09:00:00Z", ""},
		{"2026-06-22T00:00", "2026-06-22", "2026-06-21T21:00:00Z", ""},
		{"2026-06-21T21:00Z", "2026-06-22", "2026-06-21T21:00:00Z", ""},
		{"2026-06-21T20:59:59Z", "2026-06-21", "2026-06-21T20:59:59Z", ""},
		{"2026-06-22T03:00+09:00", "2026-06-21", "2026-06-21T18:00:00Z", ""},
		{"2026-03-29T02:59:59", "2026-03-29", "2026-03-29T00:59:59Z", ""},
		{"2026-03-29T03:00", "", "", "there is no 2026-03-29T03:00 in Europe/Helsinki: the clock goes from 2026-03-29 03:00:00 to 2026-03-29 04:00:00 there; write a time that there is, such as 2026-03-29T04:00:00+03:00"},
		{"2026-03-29 03:59:59", "", "", "there is no 2026-03-29 03:59:59 in Europe/Helsinki: the clock goes from 2026-03-29 03:00:00 to 2026-03-29 04:00:00 there; write a time that there is, such as 2026-03-29T04:00:00+03:00"},
		{"2026-03-29T04:00", "2026-03-29", "2026-03-29T01:00:00Z", ""},
		{"2026-10-25T02:59:59", "2026-10-25", "2026-10-24T23:59:59Z", ""},
		{"2026-10-25T03:30", "", "", "2026-10-25T03:30 comes twice in Europe/Helsinki, as the clock goes back; write 2026-10-25T03:30:00+03:00 or 2026-10-25T03:30:00+02:00"},
		{"2026-10-25T04:00", "2026-10-25", "2026-10-25T02:00:00Z", ""},
		{"2026-10-25T03:30+02:00", "2026-10-25", "2026-10-25T01:30:00Z", ""},
		{"2026-03-29T03:30+02:00", "2026-03-29", "2026-03-29T01:30:00Z", ""},
		{"1900-01-01T00:00+03:00", "", "", "1900-01-01T00:00+03:00 lies beyond the years 1900 to 2999 in Europe/Helsinki"},
	} {
		m, err := ParseMoment(c.moment)
		if err != nil {
			t.Fatal(err)
		}
		at, err := m.Instant(zone(t, "Europe/Helsinki"))
		if c.refused != "" {
			var refusal *MomentError
			if !errors.As(err, &refusal) || err.Error() != c.refused {
				t.Errorf("%s: %v, want %s", c.moment, err, c.refused)
			}
			if _, err := m.Day(zone(t, "Europe/Helsinki")); err == nil {
				t.Errorf("%s has no instant, and has a day", c.moment)
			}
			continue
		}
		day, err2 := m.Day(zone(t, "Europe/Helsinki"))
		if err != nil || err2 != nil || day.String() != c.day || at.UTC().Format(time.RFC3339) != c.instant {
			t.Errorf("%s: %s, %v, %v %v; want %s, %s", c.moment, day, at.UTC(), err, err2, c.day, c.instant)
		}
	}
}

// TestDayThatAZoneDoesNotHave: Samoa went over the thirtieth of December 2011.
func TestDayThatAZoneDoesNotHave(t *testing.T) {
	m, err := ParseMoment("2011-12-30")
	if err != nil {
		t.Fatal(err)
	}
	_, err = m.Day(zone(t, "Pacific/Apia"))
	if want := "there is no 2011-12-30 in Pacific/Apia: after 2011-12-29 comes 2011-12-31"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	if d, err := m.Day(zone(t, "Pacific/Auckland")); err != nil || d.String() != "2011-12-30" {
		t.Errorf("elsewhere it is %v, %v", d, err)
	}
}

func TestStartOfDaysWithoutAMidnight(t *testing.T) {
	for _, c := range []struct{ zone, day, start string }{
		{"Africa/Cairo", "2023-04-28", "2023-04-28T01:00:00+03:00"},     // midnight is skipped
		{"Africa/Cairo", "2023-10-27", "2023-10-27T00:00:00+02:00"},     // the hour before it comes twice
		{"America/Havana", "2026-03-08", "2026-03-08T01:00:00-04:00"},   // skipped
		{"America/Havana", "2026-11-01", "2026-11-01T00:00:00-04:00"},   // there twice: the first
		{"Asia/Beirut", "2022-03-27", "2022-03-27T01:00:00+03:00"},      // skipped
		{"Asia/Beirut", "2022-10-30", "2022-10-30T00:00:00+02:00"},      // the hour before it comes twice
		{"Pacific/Apia", "2011-12-29", "2011-12-29T00:00:00-10:00"},     //
		{"Pacific/Apia", "2011-12-30", "2011-12-31T00:00:00+14:00"},     // no such day
		{"Pacific/Apia", "2011-12-31", "2011-12-31T00:00:00+14:00"},     //
		{"America/St_Johns", "2006-10-29", "2006-10-29T00:00:00-02:30"}, // a minute of it, an hour of the day before, and the rest
		{"Europe/Helsinki", "2026-03-29", "2026-03-29T00:00:00+02:00"},
		{"Europe/Helsinki", "1921-05-01", "1921-05-01T00:20:11+02:00"}, // when local time was given up
		{"UTC", "2026-03-29", "2026-03-29T00:00:00Z"},
	} {
		if got := day(t, c.day).Start(zone(t, c.zone)).Format(time.RFC3339); got != c.start {
			t.Errorf("%s begins in %s at %s, want %s", c.day, c.zone, got, c.start)
		}
	}
}

// zones change their clocks in every way there is: by an hour, by half of one, by
// a day, at midnight, before and after it, and by seconds.
var zones = []string{
	"Europe/Helsinki", "Europe/Oslo", "Europe/Stockholm", "Atlantic/Reykjavik", "Africa/Cairo", "Africa/Casablanca", "America/Havana", "America/St_Johns",
	"America/Asuncion", "Asia/Beirut", "Asia/Manila", "Pacific/Apia", "Pacific/Kwajalein", "Australia/Lord_Howe", "Antarctica/Troll", "Europe/Dublin", "UTC",
}

// transitions are the instants at which a zone changes its offset, found by
// looking at its clock and nothing else, and all the offsets that it ever had.
func transitions(z *time.Location) (at []time.Time, offsets []int) {
	offset := func(t time.Time) int { _, o := t.In(z).Zone(); return o }
	const step = 6 * time.Hour
	for t, end := time.Date(1900, 1, 2, 0, 0, 0, 0, time.UTC), time.Date(2060, 1, 1, 0, 0, 0, 0, time.UTC); t.Before(end); t = t.Add(step) {
		if o := offset(t); !slices.Contains(offsets, o) {
			offsets = append(offsets, o)
		}
		low, high := t, t.Add(step)
		if offset(low) == offset(high) {
			continue
		}
		for high.Sub(low) > time.Second {
			if mid := low.Add(high.Sub(low) / 2).Truncate(time.Second); offset(mid) == offset(low) {
				low = mid
			} else {
				high = mid
			}
		}
		at = append(at, high)
	}
	return at, offsets
}

// wall is what the clock of a zone shows, as UTC would show it.
func wall(t time.Time) time.Time {
	_, offset := t.Zone()
	return t.Add(time.Duration(offset) * time.Second).UTC()
}

// TestEveryTransition: around every change of every clock, a time has exactly the
// readings that trying out every offset of the zone finds; it is refused unless
// it has one; and what a refusal says to write is read as what it is.
func TestEveryTransition(t *testing.T) {
	written := regexp.MustCompile(`\S+T\S+[+-]\d\d:\d\d(:\d\d)?`)
	missing, twice := 0, 0
	for _, name := range zones {
		z := zone(t, name)
		at, offsets := transitions(z)
		for _, change := range at {
			for _, k := range []time.Duration{-25 * time.Hour, -7200, -3600, -1800, -60, -1, 0, 1, 60, 1799, 1800, 3599, 3600, 7200, 25 * time.Hour} {
				if k > -time.Hour && k < time.Hour {
					k *= time.Second
				}
				for _, w := range []time.Time{wall(change.Add(k).In(z)), wall(change.Add(-1).In(z)).Truncate(time.Second).Add(time.Second + k)} {
					var want []time.Time
					for _, o := range offsets {
						if r := w.Add(-time.Duration(o) * time.Second).In(z); wall(r).Equal(w) {
							want = append(want, r)
						}
					}
					slices.SortFunc(want, time.Time.Compare)
					got := Readings(w, z)
					if !slices.EqualFunc(got, want, time.Time.Equal) {
						t.Fatalf("%s shows %s at %v, want %v", name, w, got, want)
					}
					m, err := ParseMoment(w.Format(shown))
					if err != nil {
						t.Fatal(err)
					}
					instant, err := m.Instant(z)
					var refusal *MomentError
					switch {
					case (err == nil) != (len(want) == 1), err != nil && !errors.As(err, &refusal):
						t.Fatalf("%s in %s: %v, with the readings %v", m, name, err, want)
					case err == nil:
						if !instant.Equal(want[0]) {
							t.Fatalf("%s in %s is %v, want %v", m, name, instant, want[0])
						}
						continue
					}
					texts := written.FindAllString(refusal.Error(), -1)
					if len(texts) != max(1, len(want)) {
						t.Fatalf("%v says to write %q; the readings are %v", refusal, texts, want)
					}
					for i, text := range texts {
						back, err := ParseMoment(strings.TrimSuffix(text, ","))
						if err != nil {
							t.Fatalf("%v says to write %s: %v", refusal, text, err)
						}
						instant, err := back.Instant(z)
						if err != nil || len(want) > 0 && !instant.Equal(want[i]) {
							t.Fatalf("%v says to write %s, which is %v, %v", refusal, text, instant, err)
						}
					}
					if len(want) == 0 {
						missing++
					} else {
						twice++
					}
				}
			}
		}
	}
	if missing < 1000 || twice < 1000 {
		t.Errorf("only %d missing and %d double times were tried", missing, twice)
	}
}

// TestStartIsTheFirstInstant: no instant of the two days before is of the day, and
// the next one is.
func TestStartIsTheFirstInstant(t *testing.T) {
	for _, name := range zones {
		z := zone(t, name)
		at, _ := transitions(z)
		for _, change := range at {
			for d := Today(change, z) - 1; d <= Today(change, z)+1; d++ {
				start := d.Start(z)
				if Today(start, z) < d {
					t.Fatalf("%s in %s begins on %s", d, name, start)
				}
				for before := start.Add(-1); start.Sub(before) < 50*time.Hour; before = before.Add(-10 * time.Minute) {
					if Today(before, z) >= d {
						t.Fatalf("%s in %s begins at %s, and %s is there already", d, name, start, before)
					}
				}
			}
		}
	}
}

func FuzzParseMoment(f *testing.F) {
	for _, s := range []string{"2026-06-22", "2026-03-29T03:30", "2026-10-25 03:30:00", "2011-12-30T12:00", "2026-06-22T08:30+23:59", "1900-01-01T00:00Z"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		m, err := ParseMoment(s)
		if err != nil {
			return
		}
		for _, name := range []string{"Europe/Helsinki", "Pacific/Apia"} {
			z := zone(t, name)
			at, err := m.Instant(z)
			if err != nil {
				continue
			}
			d, err := m.Day(z)
			if err != nil || d != Today(at, z) {
				t.Fatalf("%s in %s: %v, %v; but it is %s", s, name, d, err, at)
			}
			if back, err := ParseDay(d.String()); err != nil || back != d {
				t.Fatalf("%s in %s is on %s, which nobody can read: %v", s, name, d, err)
			}
			again, err := ParseMoment(Written(at))
			if err != nil {
				t.Fatal(err)
			}
			if same, err := again.Instant(z); err != nil || !same.Equal(at.Truncate(time.Second)) {
				t.Fatalf("%s in %s is written %s, which is %s, %v", s, name, Written(at), same, err)
			}
		}
	})
}
