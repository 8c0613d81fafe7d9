package plan

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/target"
)

// SnapshotFormat is the version of the snapshot file that this package writes.
const SnapshotFormat = 1

// MaxSnapshot is how many bytes a snapshot file may have: a quarter of a million
// people have room in it, and what is refused is refused before it takes much
// memory.
const MaxSnapshot = 32 << 20

// SnapshotBegin is how every snapshot file begins, and no plan file.
const SnapshotBegin = `{"facts":[`

// ErrTooLarge is what a snapshot of more than MaxSnapshot bytes is refused with, or a
// plan of more than MaxPlan. It comes wrapped in which of them it is and in its limit.
var ErrTooLarge = errors.New("too large")

func tooLarge(what string, limit int) error {
	return fmt.Errorf("the %s is %w: more than %d MiB", what, ErrTooLarge, limit>>20)
}

// Snapshot is what a target held at one moment. It is a target.Reader, so that a
// plan can be made where the target cannot be reached, and is the same plan. It
// says what the target is called and not where it is; its JSON form, the
// snapshot file, holds card keys.
type Snapshot struct {
	Format  int       `json:"format"`
	Kind    string    `json:"kind"`    // "snapshot"
	Version string    `json:"version"` // of lupa
	Project string    `json:"project"`
	Target  Target    `json:"target"`
	Taken   time.Time `json:"taken"` // UTC, whole seconds

	facts fact.Set // all that the target holds
	last  fact.Set // what lupa left there
}

// Take makes a snapshot of what was read from a target at an instant. It refuses
// text that no file can give back as it was.
func Take(snap fact.Snapshot, project, targetName, version string, at time.Time) (*Snapshot, error) {
	s := &Snapshot{
		Format: SnapshotFormat, Kind: "snapshot", Version: version, Project: project,
		Target: Target{targetName, snap.Lineage, snap.Serial}, Taken: at.UTC().Truncate(time.Second),
		facts: snap.Now.Plus(snap.Beyond), last: snap.Last,
	}
	for _, set := range []fact.Set{s.facts, s.last} {
		for _, f := range set.All() {
			if !utf8.ValidString(f.ID) || !utf8.ValidString(f.Value) {
				return nil, fmt.Errorf("%s %q holds text that is not UTF-8: %q", f.Kind, f.ID, f.Value)
			}
		}
	}
	return s, nil
}

// Read is target.Reader's.
func (s *Snapshot) Read(ctx context.Context, view fact.Scope) (fact.Snapshot, error) {
	snap := fact.Snapshot{Lineage: s.Target.Lineage, Serial: s.Target.Serial, Last: s.last}
	snap.Now, snap.Beyond = target.View(s.facts, view)
	return snap, ctx.Err()
}

// Objects is how many objects the target held, nested records left out.
func (s *Snapshot) Objects() int {
	n := 0
	for key := range s.facts.Objects() {
		if fact.Words.Root(key) == key {
			n++
		}
	}
	return n
}

// members are the parts of the snapshot, each in canonical form. What lupa left
// in the target is mostly what is there, so only the difference is written.
func (s *Snapshot) members() (map[string]json.RawMessage, error) {
	members, err := shortMembers(s)
	if err != nil {
		return nil, err
	}
	members["facts"] = appendObjects(nil, s.facts)
	last := append(appendObjects([]byte(`{"add":`), s.last.Minus(s.facts)), `,"del":`...)
	members["last"] = append(appendObjects(last, s.facts.Minus(s.last)), '}')
	return members, nil
}

// Write writes the snapshot file: the canonical form, with the hash of all the
// rest, and a line feed.
func (s *Snapshot) Write(w io.Writer) error {
	members, err := s.members()
	if err != nil {
		return err
	}
	members["hash"] = appendString(nil, hash(members))
	data := append(join(members), '\n')
	if len(data) > MaxSnapshot {
		return tooLarge("snapshot", MaxSnapshot)
	}
	_, err = w.Write(data)
	return err
}

// ReadSnapshot reads a snapshot file. It refuses, with ErrAltered, every file
// that is not as Write wrote it.
func ReadSnapshot(data []byte) (*Snapshot, error) {
	if len(data) > MaxSnapshot {
		return nil, tooLarge("snapshot", MaxSnapshot)
	}
	members, err := unseal(data, "snapshot", SnapshotFormat)
	if err != nil {
		return nil, err
	}
	s, err := decodeSnapshot(members)
	if err != nil {
		return nil, fmt.Errorf("the snapshot is %w: %w", ErrAltered, err)
	}
	return s, nil
}

func decodeSnapshot(members map[string]json.RawMessage) (*Snapshot, error) {
	s, err := decodeHead(members)
	if err != nil {
		return nil, err
	}
	in := scanner{rest: members["facts"]}
	if s.facts, err = in.objects(); err != nil {
		return nil, err
	}
	after := scanner{rest: members["last"]}
	after.expect(`{"add":`)
	add, err := after.objects()
	if err != nil {
		return nil, err
	}
	after.expect(`,"del":`)
	del, err := after.objects()
	if err != nil {
		return nil, err
	}
	after.expect("}")
	if in.broken || len(in.rest) > 0 || after.broken || len(after.rest) > 0 {
		return nil, errNoList
	}
	s.last = s.facts.Minus(del).Plus(add)
	if s.last.Len() != s.facts.Len()-del.Len()+add.Len() {
		return nil, errors.New("what lupa left there does not fit to what is there")
	}
	return s, nil
}

// maxHead is how many bytes the members besides the facts may have.
const maxHead = 64 << 10

// decodeHead is a snapshot without its facts. Members that this lupa does not
// know must be JSON and are left alone.
func decodeHead(members map[string]json.RawMessage) (*Snapshot, error) {
	var s Snapshot
	lists := []string{"facts", "last"}
	if err := readHead(members, &s, maxHead, lists); err != nil {
		return nil, err
	}
	s.Taken = s.Taken.UTC().Truncate(time.Second)
	return &s, sameHead(members, s, lists)
}

var errNoList = errors.New("there is no list of facts where one must be")

// objects reads what appendObjects wrote.
func (s *scanner) objects() (fact.Set, error) {
	var b fact.Builder
	var last fact.Fact
	s.expect("[")
	for n := 0; !s.next(']', n); n++ {
		s.expect("[")
		key := fact.Key{Kind: s.string()}
		s.expect(",")
		key.ID = s.string()
		s.expect(",[")
		kind := fact.Words.Kind(key.Kind)
		if s.broken || kind == nil {
			return fact.Set{}, fmt.Errorf("unknown kind %q", key.Kind)
		}
		facts := 0
		for ; !s.next(']', facts); facts++ {
			f, err := s.fact(key, kind)
			switch {
			case err != nil:
				return fact.Set{}, err
			case n+facts > 0 && last.Compare(f) >= 0, facts == 0 && n > 0 && last.Key == key:
				return fact.Set{}, fmt.Errorf("%s %s is out of order", key.Kind, key.ID)
			}
			b.Add(f)
			last = f
		}
		s.expect("]")
		if facts == 0 {
			s.broken = true
		}
	}
	if s.broken {
		return fact.Set{}, errNoList
	}
	return b.Set(), nil
}

// fact reads what appendFact wrote.
func (s *scanner) fact(key fact.Key, kind *fact.Kind) (fact.Fact, error) {
	s.expect("[")
	field := s.string()
	s.expect(",")
	value := s.string()
	s.expect("]")
	if s.broken {
		return fact.Fact{}, errNoList
	}
	f, err := decodeFact(key, kind, field, value)
	if err != nil {
		return f, err
	}
	if word := kind.Field(f.Field); f.Row > 0 && (word.Shape != fact.List || field != fmt.Sprintf("%s[%d]", f.Field, f.Row)) {
		return f, fmt.Errorf("%s has no field %q", key.Kind, field)
	}
	return f, nil
}

// decodeFact is the fact that a file writes as [field, value] or, for a row of an
// ordered list, [field[row], value].
func decodeFact(key fact.Key, kind *fact.Kind, field, value string) (fact.Fact, error) {
	row := 0
	if at, rest, ok := strings.Cut(field, "["); ok {
		n, err := strconv.ParseUint(strings.TrimSuffix(rest, "]"), 10, 32)
		if err != nil || n < 1 {
			return fact.Fact{}, fmt.Errorf("%s %s: %q is no row", key.Kind, key.ID, field)
		}
		field, row = at, int(n)
	}
	if (field != "" || row > 0) && kind.Field(field) == nil {
		return fact.Fact{}, fmt.Errorf("%s has no field %q", key.Kind, field)
	}
	return fact.Fact{Key: key, Field: field, Row: row, Value: value}, nil
}
