package target

import (
	"crypto/sha256"
	"encoding/hex"
	"math/rand"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/facttest"
)

// TestSealIsFrozen: what was sealed once is sealed the same for ever, or every log
// that is there would seem altered. The texts are written out here, as another tool
// would write them.
func TestSealIsFrozen(t *testing.T) {
	at := time.Date(2026, 3, 1, 13, 0, 0, 999, time.FixedZone("", 3600))
	for name, c := range map[string]struct {
		entry Entry
		text  string
	}{
		"of an older lupa": {Entry{Plan: "aa", Commit: "c0", Actor: "kim", Host: "kone", Version: "0.1.0", At: at, Changes: 3},
			`{"id":2,"serial":1,"plan":"aa","commit":"c0","actor":"kim","host":"kone","version":"0.1.0","at":"2026-03-01T12:00:00Z","changes":3,"previous":"ff","hash":""}`},
		"with all": {Entry{At: at, State: "01", Back: "02", Acknowledged: []string{"gains=3@1a2b3c4d5e6f", "x=1@1a2b3c4d5e6f"}, Undo: 4, Pruned: 5},
			`{"id":2,"serial":1,"plan":"","commit":"","actor":"","host":"","version":"","at":"2026-03-01T12:00:00Z","changes":0,"previous":"ff","hash":"","state":"01","back":"02","acknowledged":["gains=3@1a2b3c4d5e6f","x=1@1a2b3c4d5e6f"],"undo":4,"pruned":5}`},
		"hostile": {Entry{Actor: "<b>&\xff\x00\u2028", Host: "\"\\\x1b\x7f\b\f\n\r\tä\U0001f600", At: at},
			`{"id":2,"serial":1,"plan":"","commit":"","actor":"\u003cb\u003e\u0026` + "\ufffd\ufffd" + `\u2028","host":"\"\\\u001b` + "\x7f" + `\b\f\n\r\tä` + "\U0001f600" + `","version":"","at":"2026-03-01T12:00:00Z","changes":0,"previous":"ff","hash":""}`},
	} {
		sum := sha256.Sum256([]byte(c.text))
		sealed := c.entry.Seal(2, 1, "ff")
		if got, want := sealed.Hash, hex.EncodeToString(sum[:]); got != want {
			t.Errorf("%s: sealed as %s, want %s", name, got, want)
		}
		if !sealed.Intact() {
			t.Errorf("%s: not intact", name)
		}
		for what, alter := range map[string]func(*Entry){
			"id": func(e *Entry) { e.ID++ }, "serial": func(e *Entry) { e.Serial++ }, "plan": func(e *Entry) { e.Plan += "x" },
			"commit": func(e *Entry) { e.Commit += "x" }, "actor": func(e *Entry) { e.Actor += "x" }, "host": func(e *Entry) { e.Host += "x" },
			"version": func(e *Entry) { e.Version += "x" }, "at": func(e *Entry) { e.At = e.At.Add(time.Second) }, "changes": func(e *Entry) { e.Changes++ },
			"previous": func(e *Entry) { e.Previous += "0" }, "hash": func(e *Entry) { e.Hash = e.Previous }, "state": func(e *Entry) { e.State += "0" },
			"back": func(e *Entry) { e.Back += "0" }, "acknowledged": func(e *Entry) { e.Acknowledged = append(e.Acknowledged, "x") },
			"undo": func(e *Entry) { e.Undo++ }, "pruned": func(e *Entry) { e.Pruned++ },
		} {
			altered := sealed
			alter(&altered)
			if altered.Intact() {
				t.Errorf("%s: another %s is not noticed", name, what)
			}
		}
	}
	sealed := Entry{Actor: "a\xffb", State: "01"}.Seal(1, 1, "")
	sealed.Actor = "a\xfeb"
	if sealed.Intact() {
		t.Error("text that is not UTF-8 takes the place of what was sealed")
	}
}

// TestRetrace: a way that was sealed and leads elsewhere is one that lupa got wrong.
func TestRetrace(t *testing.T) {
	school := func(names ...string) fact.Set {
		var b fact.Builder
		for _, name := range names {
			b.Add(fact.Fact{Key: fact.Key{Kind: "School", ID: "m/" + name}})
		}
		return b.Set()
	}
	left := []fact.Set{school("a"), school("a", "b"), school("b"), school("c")}
	for wrong := range len(left) + 1 { // the last is none
		a := &Audit{}
		var before fact.Set
		for i, last := range left {
			from := before
			if i == wrong {
				from = from.Plus(school("x"))
			}
			r, err := Note{Last: last, Back: WayBack(fact.Snapshot{Last: from, Now: from}, last, last, nil)}.Seal(newest(a.Records))
			if err != nil {
				t.Fatal(err)
			}
			a.Records, a.Last, a.Serial, before = append(a.Records, r), last, r.Serial, last
		}
		if faults := a.Verify(); len(faults) > 0 {
			t.Fatal(faults)
		}
		var want []Fault
		if wrong > 0 && wrong < len(left) {
			want = []Fault{{Entry: int64(wrong), Code: State, Args: []string{}}}
		}
		if diff := cmp.Diff(want, a.Retrace()); diff != "" {
			t.Errorf("entry %d leads elsewhere:\n%s", wrong+1, diff)
		}
		if _, err := a.Before(int64(wrong) + 1); (err == nil) == (want != nil) && wrong < len(left) {
			t.Errorf("going back to before entry %d: %v", wrong+1, err)
		}
	}
}

// TestNames: renames of several applies come to what objects of the first are called
// after the last.
func TestNames(t *testing.T) {
	g := func(from, to string) Rename { return Rename{"UserGroup", from, to} }
	inst := func(from, to string) Rename { return Rename{"Installation", from, to} }
	for name, c := range map[string]struct {
		applies [][]Rename // in their order
		want    []Rename
	}{
		"none":                     {nil, nil},
		"one":                      {[][]Rename{{g("m/a", "m/b")}}, []Rename{g("m/a", "m/b")}},
		"twice":                    {[][]Rename{{g("m/a", "m/b")}, {g("m/b", "m/c")}}, []Rename{g("m/a", "m/c")}},
		"and back":                 {[][]Rename{{g("m/a", "m/b")}, {g("m/b", "m/a")}}, nil},
		"a name that became free":  {[][]Rename{{g("m/a", "m/b")}, {g("m/c", "m/a")}}, []Rename{g("m/a", "m/b"), g("m/c", "m/a")}},
		"swapped":                  {[][]Rename{{g("m/a", "m/b"), g("m/b", "m/a")}}, []Rename{g("m/a", "m/b"), g("m/b", "m/a")}},
		"one that went since":      {[][]Rename{{g("m/a", "m/b")}, {g("m/c", "m/b")}}, []Rename{g("m/c", "m/b")}},
		"an installation":          {[][]Rename{{inst("m", "n")}}, []Rename{inst("m", "n")}},
		"an installation, twice":   {[][]Rename{{inst("m", "n")}, {inst("n", "o")}}, []Rename{inst("m", "o")}},
		"within one, after":        {[][]Rename{{inst("m", "n")}, {g("n/a", "n/b")}}, []Rename{inst("m", "n"), g("m/a", "m/b")}},
		"within one, before":       {[][]Rename{{g("m/a", "m/b")}, {inst("m", "n")}}, []Rename{inst("m", "n"), g("m/a", "m/b")}},
		"within one, at once":      {[][]Rename{{inst("m", "n"), g("n/a", "n/b")}}, []Rename{inst("m", "n"), g("m/a", "m/b")}},
		"the same of another kind": {[][]Rename{{g("m/a", "m/b")}, {{"School", "m/b", "m/c"}}}, []Rename{{"School", "m/b", "m/c"}, g("m/a", "m/b")}},
	} {
		var n names
		for i := len(c.applies) - 1; i >= 0; i-- {
			n.back(c.applies[i])
		}
		if diff := cmp.Diff(c.want, n.all(), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// FuzzBack: a way back leads back, is read as it was packed, and as nothing else.
func FuzzBack(f *testing.F) {
	for seed := range int64(12) {
		data := make([]byte, 3000)
		rand.New(rand.NewSource(seed)).Read(data)
		f.Add(data[:1000], data[1000:2000], data[2000:])
	}
	f.Fuzz(func(t *testing.T, a, b, c []byte) {
		_, _ = parseBack(a) // must not panic, nor with the right beginning
		_, _ = parseBack(append([]byte(backHeader), a...))
		_, _ = UnpackBack(a, "00")
		choose := facttest.Bytes(c)
		some := func(s fact.Set) fact.Set {
			chosen := make(map[fact.Key]bool)
			for key := range s.Objects() {
				if root := fact.Words.Root(key); root == key {
					chosen[root] = choose(3) > 0
				}
			}
			return s.Where(func(k fact.Key) bool { return chosen[fact.Words.Root(k)] })
		}
		now, after := facttest.World(facttest.Bytes(a)), facttest.World(facttest.Bytes(b))
		before := fact.Snapshot{Now: now, Last: some(now)}
		after = some(after)
		var renames []Rename
		for key := range before.Last.Kind("UserGroup").Objects() {
			if to := fact.ID(key.Installation(), "toinen"); len(renames) == 0 && choose(2) > 0 {
				renames = append(renames, Rename{"UserGroup", key.ID, to})
			}
		}
		way := WayBack(before, after, after, renames)
		data, digest, err := way.Pack()
		if err != nil {
			t.Fatal(err)
		}
		read, err := UnpackBack(data, digest)
		if err != nil {
			t.Fatal(err)
		}
		last, others := read.From(after)
		if !last.Equal(before.Last) {
			t.Errorf("what lupa had left:\n%s", cmp.Diff(facttest.Describe(before.Last), facttest.Describe(last)))
		}
		for key, object := range others.Objects() {
			if root := fact.Words.Root(key); before.Last.Has(root) || !object.Equal(now.Object(key)) {
				t.Errorf("%v was not others', or not so", key)
			}
		}
		if len(data) == 0 {
			return
		}
		data[choose(len(data))] ^= byte(1 + choose(255))
		if other, err := UnpackBack(data, digest); err == nil {
			if l, o := other.From(after); !l.Equal(last) || !o.Equal(others) {
				t.Error("an altered way back was read as another")
			}
		}
	})
}
