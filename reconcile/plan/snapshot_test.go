package plan_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/gowebpki/jcs"

	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/facttest"
	"github.com/lupa-dev/lupa/reconcile/plan"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 999, time.FixedZone("", 2*60*60))

func take(t testing.TB, snap fact.Snapshot, project, name, version string) *plan.Snapshot {
	t.Helper()
	s, err := plan.Take(snap, project, name, version, noon)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func writeSnapshot(t testing.TB, s *plan.Snapshot) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := s.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// someSnapshot is a target that holds something that lupa did not leave there,
// lacks something that it did, and has a value in another form.
func someSnapshot(t testing.TB) (*plan.Snapshot, fact.Snapshot) {
	shared := union(facts("Installation", "m"), facts("School", "m/a", value("title", "Koulu \"ä\"\n😀")),
		facts("Person", "m/t-1", value("kind", "staff"), fact.Fact{Field: "schools", Row: 1, Value: "m/a"}, fact.Fact{Field: "schools", Row: 2, Value: "m/b"}))
	snap := fact.Snapshot{
		Lineage: "abc", Serial: 7,
		Now:    shared.Plus(facts("School", "m/b", value("title", "B"))),
		Beyond: facts("UserGroup", "m/x-1"),
		Last:   shared.Plus(facts("School", "m/b", value("title", "C"))).Plus(facts("School", "m/gone")),
	}
	return take(t, snap, "testi", "paikka", "1.2.3"), snap
}

func TestSnapshotHoldsEverything(t *testing.T) {
	taken, want := someSnapshot(t)
	got, err := plan.ReadSnapshot(writeSnapshot(t, taken))
	if err != nil {
		t.Fatal(err)
	}
	if want := (plan.Target{Name: "paikka", Lineage: "abc", Serial: 7}); got.Target != want || got.Project != "testi" || got.Version != "1.2.3" || got.Kind != "snapshot" {
		t.Errorf("read %+v", got)
	}
	if want := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC); got.Taken != want {
		t.Errorf("taken %v, want %v", got.Taken, want)
	}
	if got.Objects() != 5 {
		t.Errorf("%d objects, want 5", got.Objects())
	}
	read, err := got.Read(t.Context(), fact.Scope{Ignore: []fact.Pattern{{Kind: "UserGroup", Name: "x-*"}}})
	if diff := cmp.Diff(want, read, sets); diff != "" || err != nil {
		t.Errorf("%v (-want +read):\n%s", err, diff)
	}
	want.Now, want.Beyond = want.Now.Plus(want.Beyond), fact.Set{}
	read, err = got.Read(t.Context(), fact.Scope{})
	if diff := cmp.Diff(want, read, sets); diff != "" || err != nil {
		t.Errorf("nothing ignored: %v (-want +read):\n%s", err, diff)
	}
}

// FuzzSnapshot: whatever a target holds, a plan against its snapshot is the plan
// against it, and the file's form is the canonical one.
func FuzzSnapshot(f *testing.F) {
	for seed := range int64(8) {
		data := make([]byte, 1600)
		rand.New(rand.NewSource(seed)).Read(data)
		f.Add(data[:800], data[800:], []string{"x", "\u2028\x00\"", "</script>", "😀\ufb33", "[1]", "a=b=c", "\r\n\t", "\\u0041"}[seed])
	}
	f.Fuzz(func(t *testing.T, a, b []byte, text string) {
		if !utf8.ValidString(text) {
			t.Skip("no file may hold it")
		}
		titled := func(s fact.Set) fact.Set {
			var b fact.Builder
			for _, f := range s.All() {
				if f.Field == "title" && !strings.Contains(f.Value, "=") {
					f.Value = text
				}
				b.Add(f)
			}
			return b.Set()
		}
		goal := &plan.Goal{Project: text, Facts: facttest.World(facttest.Bytes(b)), View: fact.Scope{Ignore: []fact.Pattern{{Kind: "UserGroup", Name: "a"}}}}
		now, last := titled(facttest.World(facttest.Bytes(a))), facttest.World(facttest.Bytes(a[len(a)/2:]))
		taken := take(t, fact.Snapshot{Lineage: text, Serial: int64(len(a)), Now: now, Last: last}, text, text, text)
		file := writeSnapshot(t, taken)
		read, err := plan.ReadSnapshot(file)
		if err != nil {
			t.Fatal(err)
		}
		if again := writeSnapshot(t, read); !bytes.Equal(again, file) {
			t.Fatalf("written again:\n%s\n%s", file, again)
		}
		var hashes []string
		for _, s := range []*plan.Snapshot{taken, read} {
			snap, err := s.Read(t.Context(), goal.View)
			if err != nil {
				t.Fatal(err)
			}
			if !snap.Now.Plus(snap.Beyond).Equal(now) || !snap.Last.Equal(last) {
				t.Error("it holds something else than the target did")
			}
			hashes = append(hashes, plan.Make(goal, s.Target.Name, text, snap).Hash)
		}
		if hashes[0] != hashes[1] {
			t.Error("the plan is another")
		}
		if !bytes.HasPrefix(file, []byte(plan.SnapshotBegin)) {
			t.Errorf("it begins with %.20s", file)
		}
		canonical, err := jcs.Transform(file)
		if err != nil || string(canonical)+"\n" != string(file) {
			t.Errorf("%v: the canonical form is not what was written:\n%s", err, cmp.Diff(string(canonical), string(file)))
		}
	})
}

// FuzzReadSnapshot: a file of any bytes, with whatever hash it must have, is
// refused or is what was written, and then it can be planned against.
func FuzzReadSnapshot(f *testing.F) {
	taken, _ := someSnapshot(f)
	file := writeSnapshot(f, taken)
	f.Add(file)
	f.Add(write(f, everything()))
	for _, text := range hostileSnapshots {
		f.Add([]byte(text))
	}
	goal := &plan.Goal{Project: "testi", Facts: union(facts("Installation", "m"), facts("School", "m/a", value("title", "A"))),
		Renames:       []plan.Renaming{{Key: fact.Key{Kind: "School", ID: "m/a"}, From: []string{"m/b"}}},
		Authoritative: []string{"Person", "Policy"}}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, data := range [][]byte{data, sealed(data)} {
			s, err := plan.ReadSnapshot(data)
			if err != nil {
				if s != nil || !errors.Is(err, plan.ErrAltered) && !errors.Is(err, plan.ErrNewer) && !errors.Is(err, plan.ErrOther) {
					t.Errorf("%v: %v", s, err)
				}
				continue
			}
			snap, err := s.Read(t.Context(), fact.Scope{})
			if err != nil {
				t.Fatal(err)
			}
			if err := plan.Make(goal, s.Target.Name, s.Version, snap).Write(&bytes.Buffer{}); err != nil {
				t.Error(err)
			}
			if again := writeSnapshot(t, s); !bytes.Equal(again, data) && len(topLevel(data)) == len(topLevel(again)) {
				t.Errorf("written again:\n%s\n%s", data, again)
			}
		}
	})
}

// sealed gives an object the hash that it must have to be looked at, if it is
// one.
func sealed(data []byte) []byte {
	members := topLevel(data)
	if members == nil {
		return nil
	}
	delete(members, "hash")
	put := func(out *bytes.Buffer, name string, value json.RawMessage) {
		if out.Len() > 0 {
			out.WriteByte(',')
		}
		quoted, _ := json.Marshal(name)
		out.WriteString(string(quoted) + ":" + string(value))
	}
	var body bytes.Buffer
	for _, name := range slices.Sorted(maps.Keys(members)) {
		put(&body, name, members[name])
	}
	members["hash"] = json.RawMessage(fmt.Sprintf(`"%x"`, sha(append(append([]byte("{"), body.Bytes()...), '}'))))
	body.Reset()
	for _, name := range slices.Sorted(maps.Keys(members)) {
		put(&body, name, members[name])
	}
	return []byte("{" + body.String() + "}\n")
}

func topLevel(data []byte) (members map[string]json.RawMessage) {
	if json.Unmarshal(data, &members) != nil {
		return nil
	}
	return members
}

// hostileSnapshots are files with something in them that no target holds, but
// with every reason to be read: sealed makes their hash right.
var hostileSnapshots = map[string]string{
	"nothing in it":                     `{}`,
	"no facts":                          snapshotOf(`null`, `{"add":[],"del":[]}`),
	"facts that are an object":          snapshotOf(`{}`, `{"add":[],"del":[]}`),
	"no last":                           snapshotOf(`[]`, `null`),
	"a kind that nobody knows":          snapshotOf(`[["Shoe","m/a",[["",""]]]]`, `{"add":[],"del":[]}`),
	"a field that nobody knows":         snapshotOf(`[["School","m/a",[["shoeSize","45"]]]]`, `{"add":[],"del":[]}`),
	"a row of what has none":            snapshotOf(`[["School","m/a",[["title[1]","A"]]]]`, `{"add":[],"del":[]}`),
	"the row before the first":          snapshotOf(`[["Person","m/a",[["schools[0]","m/a"]]]]`, `{"add":[],"del":[]}`),
	"a row of the object":               snapshotOf(`[["Person","m/a",[["[1]",""]]]]`, `{"add":[],"del":[]}`),
	"a row written otherwise":           snapshotOf(`[["Person","m/a",[["schools[01]","m/a"]]]]`, `{"add":[],"del":[]}`),
	"a row with something behind it":    snapshotOf(`[["Person","m/a",[["schools[1]x","m/a"]]]]`, `{"add":[],"del":[]}`),
	"a row that is too large":           snapshotOf(`[["Person","m/a",[["schools[4294967296]","m/a"]]]]`, `{"add":[],"del":[]}`),
	"a fact twice":                      snapshotOf(`[["School","m/a",[["",""],["",""]]]]`, `{"add":[],"del":[]}`),
	"facts turned round":                snapshotOf(`[["School","m/a",[["title","A"],["",""]]]]`, `{"add":[],"del":[]}`),
	"an object twice":                   snapshotOf(`[["School","m/a",[["",""]]],["School","m/a",[["title","A"]]]]`, `{"add":[],"del":[]}`),
	"objects turned round":              snapshotOf(`[["School","m/b",[["",""]]],["School","m/a",[["",""]]]]`, `{"add":[],"del":[]}`),
	"an object without facts":           snapshotOf(`[["School","m/a",[]]]`, `{"add":[],"del":[]}`),
	"a fact of three":                   snapshotOf(`[["School","m/a",[["title","A","B"]]]]`, `{"add":[],"del":[]}`),
	"a number":                          snapshotOf(`[["School","m/a",[["title",1]]]]`, `{"add":[],"del":[]}`),
	"a text written otherwise":          snapshotOf(`[["School","m/a",[["title","\u0041"]]]]`, `{"add":[],"del":[]}`),
	"half a character":                  snapshotOf(`[["School","m/a",[["title","\ud800"]]]]`, `{"add":[],"del":[]}`),
	"a list that does not end":          snapshotOf(`[["School","m/a",[["",""]]]`, `{"add":[],"del":[]}`),
	"left and there, as if it were new": snapshotOf(`[["School","m/a",[["",""]]]]`, `{"add":[["School","m/a",[["",""]]]],"del":[]}`),
	"gone, and never there":             snapshotOf(`[]`, `{"add":[],"del":[["School","m/a",[["",""]]]]}`),
	"a day that is none":                strings.Replace(snapshotOf(`[]`, `{"add":[],"del":[]}`), "2026-11-24", "2026-13-24", 1),
	"another time zone":                 strings.Replace(snapshotOf(`[]`, `{"add":[],"del":[]}`), "00Z", "00+02:00", 1),
	"an instant within a second":        strings.Replace(snapshotOf(`[]`, `{"add":[],"del":[]}`), "00Z", "00.5Z", 1),
}

func snapshotOf(facts, last string) string {
	return `{"facts":` + facts + `,"format":1,"kind":"snapshot","last":` + last +
		`,"project":"p","taken":"2026-11-24T12:00:00Z","target":{"lineage":"l","name":"n","serial":1},"version":"1"}`
}

func TestHostileSnapshots(t *testing.T) {
	if s, err := plan.ReadSnapshot(sealed([]byte(snapshotOf(`[["School","m/a",[["",""]]]]`, `{"add":[],"del":[]}`)))); err != nil || s.Objects() != 1 {
		t.Fatalf("what is right is refused: %v", err)
	}
	for name, text := range hostileSnapshots {
		data := sealed([]byte(text))
		if data == nil {
			data = []byte(text + "\n")
		}
		if s, err := plan.ReadSnapshot(data); !errors.Is(err, plan.ErrAltered) || s != nil {
			t.Errorf("%s: %v, want %v", name, err, plan.ErrAltered)
		}
	}
}

// TestAlteredSnapshot: whatever byte of a snapshot file is another, it is found.
func TestAlteredSnapshot(t *testing.T) {
	taken, _ := someSnapshot(t)
	file := writeSnapshot(t, taken)
	for i, was := range file {
		for _, b := range []byte{was ^ 1, was ^ 0x20, ' ', '0'} {
			if b == was {
				continue
			}
			file[i] = b
			if s, err := plan.ReadSnapshot(file); !errors.Is(err, plan.ErrAltered) || s != nil {
				t.Fatalf("byte %d is %q instead of %q: %v, want %v\n%s", i, b, was, err, plan.ErrAltered, around(file, i))
			}
		}
		file[i] = was
		if s, err := plan.ReadSnapshot(file[:i]); !errors.Is(err, plan.ErrAltered) || s != nil {
			t.Fatalf("cut off after %d bytes: %v, want %v", i, err, plan.ErrAltered)
		}
	}
	for name, c := range map[string]struct {
		change func(members map[string]any)
		want   error
	}{
		"a newer format": {func(m map[string]any) { m["format"] = 2 }, plan.ErrNewer},
		"no format":      {func(m map[string]any) { delete(m, "format") }, plan.ErrAltered},
		"another kind":   {func(m map[string]any) { m["kind"] = "plan" }, plan.ErrOther},
		"a field more, as a later lupa of this format may write": {func(m map[string]any) { m["note"] = []any{} }, nil},
	} {
		if _, err := plan.ReadSnapshot(reseal(t, file, c.change)); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func TestOneFileForTheOther(t *testing.T) {
	taken, _ := someSnapshot(t)
	if _, err := plan.Read(writeSnapshot(t, taken)); !errors.Is(err, plan.ErrOther) || !strings.Contains(err.Error(), "a snapshot, not a plan") {
		t.Errorf("a snapshot as a plan: %v", err)
	}
	if _, err := plan.ReadSnapshot(write(t, everything())); !errors.Is(err, plan.ErrOther) || !strings.Contains(err.Error(), "a plan, not a snapshot") {
		t.Errorf("a plan as a snapshot: %v", err)
	}
}

// TestImpossibleSnapshot: what no file could give back makes none.
func TestImpossibleSnapshot(t *testing.T) {
	broken := facts("School", "m/a", value("title", "\xff"))
	for name, snap := range map[string]fact.Snapshot{"now": {Now: broken}, "beyond": {Beyond: broken}, "last": {Last: broken}, "an id": {Now: facts("School", "m/\xff")}} {
		if s, err := plan.Take(snap, "p", "n", "1", noon); err == nil || s != nil {
			t.Errorf("%s: it is taken", name)
		}
	}
	var b bytes.Buffer
	large := take(t, fact.Snapshot{Now: facts("School", "m/a", value("title", strings.Repeat("x", plan.MaxSnapshot)))}, "p", "n", "1")
	if err := large.Write(&b); !errors.Is(err, plan.ErrTooLarge) || b.Len() > 0 {
		t.Errorf("%v, and %d bytes are written; want %v", err, b.Len(), plan.ErrTooLarge)
	}
	if _, err := plan.ReadSnapshot(make([]byte, plan.MaxSnapshot+1)); !errors.Is(err, plan.ErrTooLarge) {
		t.Errorf("read: %v, want %v", err, plan.ErrTooLarge)
	}
}

// TestFrozenSnapshot: a snapshot file that was written once is read for ever.
func TestFrozenSnapshot(t *testing.T) {
	taken, want := someSnapshot(t)
	data, err := os.ReadFile("testdata/format1.snapshot.json")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(data), string(writeSnapshot(t, taken))); diff != "" {
		t.Errorf("it is written otherwise (-frozen +written):\n%s", diff)
	}
	s, err := plan.ReadSnapshot(data)
	if err != nil {
		t.Fatal(err)
	}
	read, err := s.Read(t.Context(), fact.Scope{})
	if err != nil || !read.Now.Equal(want.Now.Plus(want.Beyond)) || !read.Last.Equal(want.Last) {
		t.Errorf("it is read otherwise: %v", err)
	}
}

// TestSnapshotRefusesWhatNoFileHolds: text that is no UTF-8 could not be given
// back as it was.
func TestSnapshotRefusesWhatNoFileHolds(t *testing.T) {
	held := fact.Of(fact.Fact{Key: fact.Key{Kind: "School", ID: "m/a"}}, fact.Fact{Key: fact.Key{Kind: "School", ID: "m/a"}, Field: "title", Value: "Testil\xe4"})
	for _, snap := range []fact.Snapshot{{Now: held}, {Beyond: held}, {Last: held}} {
		if s, err := plan.Take(snap, "p", "local", "0", time.Unix(1_800_000_000, 0)); err == nil {
			t.Errorf("taken: %v", s)
		}
	}
}
