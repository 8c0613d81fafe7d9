package target

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/lupa-dev/lupa/reconcile/fact"
)

// Entry is one line of the log: an apply, or a removal of old lines (Pruned). It
// holds the hash of the one before, so that whoever knows the newest hash can tell
// whether anything before it was changed.
type Entry struct {
	ID       int64     `json:"id"`       // 1, 2, 3 ...
	Serial   int64     `json:"serial"`   // of the target, after the apply
	Plan     string    `json:"plan"`     // its hash
	Commit   string    `json:"commit"`   // of the tree, if known
	Actor    string    `json:"actor"`    // account that ran lupa
	Host     string    `json:"host"`     // machine it ran on
	Version  string    `json:"version"`  // of lupa
	At       time.Time `json:"at"`       // by the clock, UTC, whole seconds
	Changes  int       `json:"changes"`  // objects changed
	Previous string    `json:"previous"` // hash of the entry before; "" for the first
	Hash     string    `json:"hash"`

	// An older lupa wrote none of these, and they are no part of its hashes.
	State        string   `json:"state,omitempty"`        // digest of what lupa left there, Last
	Back         string   `json:"back,omitempty"`         // digest of the way back to what it had left before; "" where that was nothing
	Acknowledged []string `json:"acknowledged,omitempty"` // brakes that somebody passed, as typed
	Undo         int64    `json:"undo,omitempty"`         // of what the apply brought back: the first entry that was undone
	Pruned       int64    `json:"pruned,omitempty"`       // the last entry that was removed
}

// Seal is the entry that follows the last one of a log, with its hash: the
// SHA-256 of its JSON on one line without blanks, keys in the order of Entry, with
// "" for the hash itself. Text that is not UTF-8, or holds a NUL, which not every
// target can keep, has U+FFFD in its place. JSON writes <, >, &, U+2028 and U+2029
// as \u and four digits. Any other tool comes to the same:
//
//	lupa history --format json | jq -cj '.entries[0] | .hash = ""' | sha256sum
func (e Entry) Seal(id, serial int64, previous string) Entry {
	e.ID, e.Serial, e.Previous, e.Hash = id, serial, previous, ""
	e.At = e.At.UTC().Truncate(time.Second)
	for _, text := range []*string{&e.Plan, &e.Commit, &e.Actor, &e.Host, &e.Version} {
		*text = strings.ReplaceAll(strings.ToValidUTF8(*text, "\ufffd"), "\x00", "\ufffd")
	}
	data, err := json.Marshal(e)
	if err != nil {
		panic(err) // text and numbers always marshal
	}
	sum := sha256.Sum256(data)
	e.Hash = hex.EncodeToString(sum[:])
	return e
}

// Intact reports whether an entry is as it was sealed. What an older lupa wrote may
// hold text that is not UTF-8, and is sealed without it.
func (e Entry) Intact() bool {
	sealed := e.Seal(e.ID, e.Serial, e.Previous)
	same := sealed.Actor == e.Actor && sealed.Host == e.Host && sealed.Commit == e.Commit && sealed.Version == e.Version && sealed.Plan == e.Plan
	return sealed.Hash == e.Hash && (same || e.State == "")
}

// Record is an entry with the way back over it, packed; nil where there is none.
type Record struct {
	Entry
	Way []byte
}

// Audit is what a target has noted, as of one moment and as it stands there,
// whether it is sound or not.
type Audit struct {
	Lineage string
	Serial  int64
	Last    fact.Set // what lupa left there
	Records []Record // by id
	Faults  []Fault  // what is wrong with what is not in Records
}

// Auditor is a target that shows its log.
type Auditor interface {
	Audit(ctx context.Context) (*Audit, error)
}

// Fault is something that is not as lupa wrote it.
type Fault struct {
	Entry int64    `json:"entry"` // of the log; 0 for what is in none
	Code  string   `json:"code"`
	Args  []string `json:"args"`
}

// FaultsError is ErrDamaged, with all that is wrong.
type FaultsError struct{ Faults []Fault }

func (e *FaultsError) Error() string {
	f := e.Faults[0]
	return fmt.Sprintf("%v: %s (log entry %d), and %d faults more", ErrDamaged, f.Code, f.Entry, len(e.Faults)-1)
}

func (e *FaultsError) Unwrap() error { return ErrDamaged }

// What can be wrong. Arguments are numbers.
const (
	Altered   = "altered"   // the entry is not what was sealed
	Missing   = "missing"   // entries from args[0] to args[1] are gone
	Order     = "order"     // the entry does not follow the one before
	Beginning = "beginning" // what stood before the entry is gone, and nobody pruned it: entries up to args[0] were
	Counting  = "serial"    // the entry has serial args[0] where args[1] is due; or the target has args[0], its newest entry args[1]
	Way       = "way"       // the way back over the entry is not what was sealed
	State     = "state"     // what lupa left there is not what the entry sealed
	Sealed    = "digest"    // what lupa noted of the target does not match its digest
	Unread    = "last"      // what lupa left there cannot be read
)

// Newest is the newest entry of an apply; nil where there is none.
func (a *Audit) Newest() *Entry {
	for i := range slices.Backward(a.Records) {
		if e := &a.Records[i].Entry; e.Pruned == 0 {
			return e
		}
	}
	return nil
}

// Head is the hash of the newest entry, "" where there is none.
func (a *Audit) Head() string {
	if len(a.Records) == 0 {
		return ""
	}
	return a.Records[len(a.Records)-1].Hash
}

// Pruned is the last entry that was removed, by what the log says; 0 for none.
func (a *Audit) Pruned() int64 {
	last := int64(0)
	for _, r := range a.Records {
		last = max(last, r.Pruned)
	}
	return last
}

// Verify finds everything that is not as lupa wrote it. That nothing is found says
// nothing of somebody who wrote the whole log anew, with new hashes: against that
// helps who knows the newest hash from elsewhere.
//
// Every way back is held against its seal, and the newest state against what is
// there; that the one leads to the states before is Retrace's to see.
func (a *Audit) Verify() []Fault {
	faults := slices.Clone(a.Faults)
	found := func(entry int64, code string, args ...int64) {
		f := Fault{Entry: entry, Code: code, Args: []string{}}
		for _, n := range args {
			f.Args = append(f.Args, strconv.FormatInt(n, 10))
		}
		faults = append(faults, f)
	}
	before := Entry{ID: a.Pruned()}
	for i, r := range a.Records {
		first := i == 0
		switch {
		case !r.Intact():
			found(r.ID, Altered)
		case first && (r.ID != before.ID+1 || (r.ID == 1) != (r.Previous == "")):
			found(r.ID, Beginning, before.ID)
		case !first && r.ID != before.ID+1:
			found(r.ID, Missing, before.ID+1, r.ID-1)
		case !first && r.Previous != before.Hash:
			found(r.ID, Order)
		default:
			due := before.Serial + 1
			if r.Pruned > 0 {
				due = before.Serial
			}
			if r.Serial != due && (!first || r.ID == 1) {
				found(r.ID, Counting, r.Serial, due)
			}
		}
		if _, err := UnpackBack(r.Way, r.Back); err != nil {
			found(r.ID, Way)
		}
		before = r.Entry
	}
	if len(a.Records) == 0 {
		before = Entry{}
	}
	if before.Serial != a.Serial {
		found(0, Counting, a.Serial, before.Serial)
	}
	unread := slices.ContainsFunc(a.Faults, func(f Fault) bool { return f.Code == Unread })
	if before.State != "" && !unread && a.Last.Digest().String() != before.State {
		found(before.ID, State)
	}
	return faults
}

// Retrace goes all ways back, as far as they were kept, and finds the first that does
// not lead to what lupa had left then. Verify must have found nothing. It takes as long
// as there are entries and facts.
func (a *Audit) Retrace() []Fault {
	last := a.Last
	for i := len(a.Records) - 1; i > 0 && a.Records[i].State != ""; i-- {
		r, before := a.Records[i], a.Records[i-1]
		if r.Pruned > 0 {
			continue
		}
		back, err := UnpackBack(r.Way, r.Back)
		if err != nil {
			return []Fault{{Entry: r.ID, Code: Way, Args: []string{}}}
		}
		last, _ = back.From(last)
		if before.State != "" && last.Digest().String() != before.State {
			return []Fault{{Entry: before.ID, Code: State, Args: []string{}}}
		}
	}
	return nil
}

// Sound is a FaultsError where Verify finds anything.
func (a *Audit) Sound() error {
	if faults := a.Verify(); len(faults) > 0 {
		return &FaultsError{faults}
	}
	return nil
}

// What Before refuses.
var (
	ErrNoEntry  = errors.New("there is no such entry")
	ErrNotApply = errors.New("the entry is of no apply")
	ErrPruned   = errors.New("the entry was pruned")
	ErrTooOld   = errors.New("an older lupa wrote the entry, and kept no way back over it")
)

// Past is what was before an apply.
type Past struct {
	Entry  Entry    // of that apply
	Later  int      // applies since
	Last   fact.Set // what lupa had left there
	Others fact.Set // objects that others had there, and that lupa took over or removed since
	Names  []Rename // what objects of then are called now, under what their installation was called then
}

// Then is a set of now under the names of then.
func (p *Past) Then(now fact.Set) fact.Set {
	ids := make(map[fact.Key]string)
	for _, r := range p.Names {
		if to := (fact.Key{Kind: r.Kind, ID: r.To}); r.rank() == 0 {
			now = fact.Words.Rename(now, map[fact.Key]string{to: r.From})
		} else {
			ids[to] = r.From
		}
	}
	return fact.Words.Rename(now, ids)
}

// Before goes back to before the apply with an id. Verify must have found nothing.
func (a *Audit) Before(id int64) (*Past, error) {
	at := slices.IndexFunc(a.Records, func(r Record) bool { return r.ID == id })
	switch {
	case at < 0 && id >= 1 && id <= a.Pruned():
		return nil, ErrPruned
	case at < 0:
		return nil, ErrNoEntry
	case a.Records[at].Pruned > 0:
		return nil, ErrNotApply
	}
	p := &Past{Entry: a.Records[at].Entry, Last: a.Last}
	for _, r := range a.Records[at+1:] {
		if r.Pruned == 0 {
			p.Later++
		}
	}
	var names names
	for i := len(a.Records) - 1; i >= at; i-- {
		r := a.Records[i]
		if r.Pruned > 0 {
			continue
		}
		if r.State == "" {
			return nil, fmt.Errorf("%w: entry %d", ErrTooOld, r.ID)
		}
		back, err := UnpackBack(r.Way, r.Back)
		if err != nil {
			return nil, fmt.Errorf("%w: log entry %d: %w", ErrDamaged, r.ID, err)
		}
		last, others := back.From(p.Last)
		if back != nil {
			// What others had, and lupa did not take over only now, goes by the names
			// of then too. What was lupa's then is in last.
			p.Others = Unfollow(p.Others, back.Renames)
			names.back(back.Renames)
		}
		mine := func(k fact.Key) bool { root := fact.Words.Root(k); return !last.Has(root) && !others.Has(root) }
		p.Last, p.Others = last, others.Plus(p.Others.Where(mine))
	}
	p.Names = names.all()
	if at > 0 {
		if want := a.Records[at-1].State; want != "" && p.Last.Digest().String() != want {
			return nil, fmt.Errorf("%w: the way back to before log entry %d leads elsewhere", ErrDamaged, id)
		}
	}
	return p, nil
}

// Done is what the apply with an id came to: what lupa had left there before, with
// what it took over or removed of others, what it left then, and its renames. Verify
// must have found nothing.
func (a *Audit) Done(id int64) (before, after fact.Set, renames []Rename, err error) {
	if _, err := a.Before(id); err != nil {
		return fact.Set{}, fact.Set{}, nil, err
	}
	after = a.Last
	at := slices.IndexFunc(a.Records, func(r Record) bool { return r.ID == id })
	next := slices.IndexFunc(a.Records[at+1:], func(r Record) bool { return r.Pruned == 0 })
	if next >= 0 {
		later, err := a.Before(a.Records[at+1+next].ID)
		if err != nil {
			return fact.Set{}, fact.Set{}, nil, err
		}
		after = later.Last
	}
	own := a.Records[at]
	back, err := UnpackBack(own.Way, own.Back)
	if err != nil || back == nil {
		return fact.Set{}, after, nil, err
	}
	last, others := back.From(after)
	return Follow(last.Plus(others), back.Renames), after, back.Renames, nil
}

// Entry is the one with an id; the zero Entry where there is none.
func (a *Audit) Entry(id int64) Entry {
	for _, r := range a.Records {
		if r.ID == id {
			return r.Entry
		}
	}
	return Entry{}
}

// names are what objects of then are called now. The newest renames are met first.
type names struct {
	installations map[string]string   // names of now by those of then
	own           map[fact.Key]string // the same of all others, without their installation
}

// back goes back over the renames of one apply.
func (n *names) back(renames []Rename) {
	if n.own == nil {
		n.installations, n.own = make(map[string]string), make(map[fact.Key]string)
	}
	called := make(map[fact.Key]bool) // by the installation's name of then and their own of now
	for then, now := range n.own {
		called[fact.Key{Kind: then.Kind, ID: fact.ID(then.Installation(), now)}] = true
	}
	moved := make(map[fact.Key]string)
	for _, r := range renames {
		to := fact.Key{Kind: r.Kind, ID: r.To}
		switch now, known := n.own[to]; {
		case r.rank() == 0:
		case known:
			moved[fact.Key{Kind: r.Kind, ID: r.From}] = now
			delete(n.own, to)
		case !called[to]: // else it went since, and another has its name
			moved[fact.Key{Kind: r.Kind, ID: r.From}] = to.Name()
		}
	}
	maps.Copy(n.own, moved)
	for _, r := range slices.Backward(renames) {
		if r.rank() == 0 {
			n.backInstallation(r)
		}
	}
}

func (n *names) backInstallation(r Rename) {
	n.installations[r.From] = r.To
	if now, known := n.installations[r.To]; known {
		n.installations[r.From] = now
		delete(n.installations, r.To)
	}
	own := make(map[fact.Key]string, len(n.own))
	for then, now := range n.own {
		if then.Installation() == r.To {
			then.ID = fact.ID(r.From, then.Name())
		}
		own[then] = now
	}
	n.own = own
}

// all are the renames from then to now: of objects under the name that their
// installation had then.
func (n *names) all() []Rename {
	var all []Rename
	for then, now := range n.installations {
		all = append(all, Rename{"Installation", then, now})
	}
	for then, now := range n.own {
		all = append(all, Rename{then.Kind, then.ID, fact.ID(then.Installation(), now)})
	}
	slices.SortFunc(all, func(a, b Rename) int {
		return cmp.Or(cmp.Compare(a.rank(), b.rank()), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.From, b.From))
	})
	return slices.DeleteFunc(all, func(r Rename) bool { return r.From == r.To })
}

// Prunable is the last entry that goes where all go that were made before an
// instant; 0 where none does. The newest apply stays, and so does all since, as the
// target is what it left.
func (a *Audit) Prunable(before time.Time) int64 {
	newest := a.Newest()
	last := int64(0)
	for _, r := range a.Records {
		if !r.At.Before(before) || newest == nil || r.ID >= newest.ID {
			break
		}
		last = r.ID
	}
	return last
}
