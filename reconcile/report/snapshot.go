package report

import (
	"strconv"
	"time"

	"github.com/lupa-dev/lupa/reconcile/plan"
)

// maxAge is how old a snapshot may be before that has to be said aloud.
const maxAge = 24 * time.Hour

// Snapshot says what a snapshot that was written to a file is of, and what to
// type to plan against it.
func (t *Text) Snapshot(s *plan.Snapshot, next string) {
	t.printf("%s\n", t.sentence("snapshot.taken", s.Target.Name, strconv.FormatInt(s.Target.Serial, 10), own(t.minute(s.Taken)), own(t.sentence("objects", s.Objects()))))
	t.printf("%s\n", t.sentence("snapshot.next", t.typed(next)))
}

// Against says from when the snapshot is that a plan was made from.
func (t *Text) Against(s *plan.Snapshot, now time.Time) {
	t.Age(s, now)
	key := "snapshot.against"
	if s.Taken.After(now) {
		key = "snapshot.later"
	}
	t.printf("%s\n\n", t.sentence(key, s.Target.Name, own(t.minute(s.Taken)), own(t.age(now.Sub(s.Taken)))))
}

// Age shouts where a snapshot is too old to be relied on, or its age unknown.
func (t *Text) Age(s *plan.Snapshot, now time.Time) {
	switch age := now.Sub(s.Taken); {
	case age < 0:
		t.printf("%s\n", t.paint(alarm, "! "+t.sentence("snapshot.future")))
	case age > maxAge:
		t.printf("%s\n", t.paint(alarm, "! "+t.sentence("snapshot.old", own(t.age(age)))))
	}
}

// age is a time in the largest unit of which there is one, rounded down.
func (t *Text) age(d time.Duration) string {
	switch {
	case d >= 24*time.Hour:
		return t.sentence("age.days", int(d/(24*time.Hour)))
	case d >= time.Hour:
		return t.sentence("age.hours", int(d/time.Hour))
	}
	return t.sentence("age.minutes", int(d/time.Minute))
}

func (t *Text) minute(at time.Time) string {
	return t.Lang.day(at.UTC().Format("2006-01-02 15:04 MST"))
}

// SnapshotJSON is what a snapshot that was written to a file is of, without its
// facts.
func SnapshotJSON(s *plan.Snapshot) ([]byte, error) {
	return marshal(struct {
		*plan.Snapshot
		Objects int `json:"objects"`
	}{s, s.Objects()})
}
