package sqldb

import (
	"context"
	crand "crypto/rand"
	"errors"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/target"
)

func readAt(ctx context.Context, path string) (fact.Snapshot, error) {
	r, err := File(path).OpenReader(ctx)
	if err != nil {
		return fact.Snapshot{}, err
	}
	defer r.Close()
	return r.Read(ctx, fact.Scope{})
}

// small makes a filled target of small pages, so that all of it can be damaged,
// one bit after the other.
func small(t *testing.T) (path string, want fact.Snapshot) {
	t.Helper()
	path = fresh(t)
	fill(t, path, world())
	exec(t, path, "PRAGMA page_size = 512; VACUUM")
	fill(t, path, fact.Of(fact.Fact{Key: fact.Key{Kind: "School", ID: "mallila/uusi"}})) // seals it again
	want, err := readAt(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	return path, want
}

// TestSeal: what somebody changes by SQL is read as it is; the same change made
// below SQLite is damage.
func TestSeal(t *testing.T) {
	for name, statements := range map[string][]string{
		"a change":             {"UPDATE school SET title = 'x'"},
		"many":                 {"UPDATE school SET title = 'x'", "DELETE FROM survey_template_holders", "UPDATE school SET title = 'y'"},
		"a vacuum":             {"VACUUM"},
		"other pages":          {"PRAGMA page_size = 8192; VACUUM"},
		"a log beside it":      {"PRAGMA journal_mode = WAL; UPDATE school SET title = 'x'"},
		"a log, taken back":    {"PRAGMA journal_mode = WAL; UPDATE school SET title = 'x'; PRAGMA journal_mode = DELETE"},
		"another way to write": {"PRAGMA journal_mode = TRUNCATE; UPDATE school SET title = 'x'"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := fresh(t)
			fill(t, path, world())
			for _, statement := range statements {
				exec(t, path, statement)
			}
			if _, err := readAt(t.Context(), path); err != nil {
				t.Fatal(err)
			}
			tampered(t, path, true) // it is somebody else's now
			snap, err := readAt(t.Context(), path)
			if err != nil {
				t.Errorf("another change by hand: %v", err)
			}
			fill(t, path, fact.Of(fact.Fact{Key: fact.Key{Kind: "School", ID: "mallila/uusi"}}))
			if after, err := readAt(t.Context(), path); err != nil || after.Now.Len() != snap.Now.Len()+1 {
				t.Errorf("%d facts and one more are %d (%v)", snap.Now.Len(), after.Now.Len(), err)
			}
			tampered(t, path, false)
			if _, err := readAt(t.Context(), path); !errors.Is(err, target.ErrDamaged) {
				t.Errorf("facts changed below SQLite: %v, want %v", err, target.ErrDamaged)
			}
		})
	}
}

// tampered changes a fact, counted as a change or not.
func tampered(t *testing.T, path string, counted bool) {
	t.Helper()
	head := make([]byte, 100)
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.ReadAt(head, 0); err != nil {
		t.Fatal(err)
	}
	exec(t, path, "UPDATE user_group SET title = coalesce(title, '') || '!'")
	if counted {
		return
	}
	for _, at := range []int64{24, 92} {
		if _, err := f.WriteAt(head[at:at+4], at); err != nil {
			t.Fatal(err)
		}
	}
}

// TestEveryBit: whatever single bit of the file flips, what is read is what was
// there, or an error says that it is not; and nothing crashes or hangs.
func TestEveryBit(t *testing.T) {
	path, want := small(t)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	bits, step, header := len(data)*8, len(data)*8/250, 8
	switch {
	case os.Getenv("LUPA_TORTURE") != "":
		step, header = 8, 1 // one of each byte
	case testing.Short():
		step, header = step*10, 40
	}
	positions := make(chan int)
	go func() {
		defer close(positions)
		for bit := 0; bit < 100*8; bit += header {
			positions <- bit + rand.Intn(header)
		}
		for at := 100 * 8; at < bits-step; at += step {
			positions <- at + rand.Intn(step)
		}
	}()
	var mu sync.Mutex
	found := make(map[string]int)
	var all sync.WaitGroup
	for worker := range 2 {
		copied := filepath.Join(t.TempDir(), fmt.Sprint(worker, ".db"))
		all.Go(func() {
			for bit := range positions {
				flipped := append([]byte(nil), data...)
				flipped[bit/8] ^= 1 << (bit % 8)
				if err := os.WriteFile(copied, flipped, 0o600); err != nil {
					t.Error(err)
				}
				what := judge(t, copied, want)
				if what == "" {
					t.Errorf("bit %d of byte %d flipped: other facts are read", bit%8, bit/8)
				}
				mu.Lock()
				found[what]++
				mu.Unlock()
			}
		})
	}
	all.Wait()
	t.Logf("%d bytes: %v", len(data), found)
	if found["damaged"] == 0 || found["harmless"] == 0 {
		t.Error("nothing was damaged, or everything")
	}
}

// judge says what became of a damaged target; "" where it is none of what may be.
func judge(t *testing.T, path string, want fact.Snapshot) string {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	got, err := readAt(ctx, path)
	switch {
	case err == nil && got.Now.Equal(want.Now) && got.Last.Equal(want.Last) && got.Lineage == want.Lineage && got.Serial == want.Serial:
		return "harmless"
	case errors.Is(err, target.ErrDamaged):
		return "damaged"
	case errors.Is(err, target.ErrNewer):
		return "newer" // the number of its version
	case errors.Is(err, target.ErrOlder):
		return "older"
	}
	t.Logf("%d facts, serial %d, %v", got.Now.Len(), got.Serial, err)
	return ""
}

// TestDamagedPages: pages that are zero, swapped, doubled, of before, or cut off.
func TestDamagedPages(t *testing.T) {
	path, want := small(t)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const page = 512
	pages := len(data) / page
	if err := File(path).Recover(t.Context()); err != nil {
		t.Fatal(err)
	}
	tries := 12
	if os.Getenv("LUPA_TORTURE") != "" {
		tries = 5_000
	}
	found := make(map[string]int)
	for range tries {
		one, other := rand.Intn(pages), rand.Intn(pages)
		for name, damage := range map[string]func(d []byte) []byte{
			"zero": func(d []byte) []byte { clear(d[one*page:][:page]); return d },
			"swapped": func(d []byte) []byte {
				copy(d[one*page:][:page], data[other*page:])
				copy(d[other*page:][:page], data[one*page:])
				return d
			},
			"doubled": func(d []byte) []byte { copy(d[one*page:][:page], data[other*page:][:page]); return d },
			"cut":     func(d []byte) []byte { return d[:one*page+rand.Intn(page)] },
			"random":  func(d []byte) []byte { crand.Read(d[one*page:][:page]); return d },
		} {
			damaged := damage(append([]byte(nil), data...))
			if err := os.WriteFile(path, damaged, 0o600); err != nil {
				t.Fatal(err)
			}
			what := judge(t, path, want)
			if what == "" {
				t.Errorf("pages %d and %d, %s: other facts are read", one, other, name)
			}
			found[what]++
			if what == "damaged" {
				unchangedBy(t, path, damaged)
			}
		}
	}
	t.Logf("%d pages: %v", pages, found)
}

// unchangedBy: who wants to write a damaged target leaves it as it is.
func unchangedBy(t *testing.T, path string, data []byte) {
	t.Helper()
	db, err := File(path).Open(t.Context())
	if err == nil {
		defer db.Close()
		var begun target.Tx
		if begun, err = db.Begin(t.Context(), target.Holder{}); err == nil {
			_, err = begun.Read(t.Context(), fact.Scope{})
			begun.Rollback()
		}
	}
	if err == nil {
		t.Error("a damaged target can be written")
	}
	if after, err := os.ReadFile(path); err != nil || string(after) != string(data) {
		t.Errorf("a damaged target was changed (%v)", err)
	}
}
