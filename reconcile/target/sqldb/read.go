package sqldb

import (
	"bytes"
	"compress/zlib"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/target"
)

// state is the row of lupa_target.
type state struct {
	lineage string
	serial  int64
	last    []byte // a set of facts, compressed
	head    string // hash of the newest entry of the log
	seal    seal
}

func pack(s fact.Set) ([]byte, error) {
	data, err := s.MarshalBinary()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	z, err := zlib.NewWriterLevel(&b, zlib.BestSpeed)
	if err != nil {
		return nil, err
	}
	_, err = z.Write(data)
	if err := errors.Join(err, z.Close()); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// aboutUnpacked is how many times longer a set is before it is packed.
const aboutUnpacked = 6

func unpack(data []byte) (fact.Set, error) {
	z, err := zlib.NewReader(bytes.NewReader(data))
	if err != nil {
		return fact.Set{}, err
	}
	raw := bytes.NewBuffer(make([]byte, 0, aboutUnpacked*len(data)))
	if _, err := raw.ReadFrom(z); err != nil {
		return fact.Set{}, err
	}
	var s fact.Set
	return s, s.UnmarshalBinary(raw.Bytes())
}

func readState(ctx context.Context, tx *session) (state, error) {
	var s state
	var digest string
	err := tx.row(ctx, selectState).Scan(&s.lineage, &s.serial, &s.last, &digest, &s.seal.facts, &s.seal.counter)
	newest, _, errLog := readEntry(ctx, tx, newestEntry)
	s.head = newest.Hash
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return s, fmt.Errorf("%w: it does not say what it is", target.ErrDamaged)
	case err != nil:
		return s, unreadable(err)
	case errLog != nil:
		return s, errLog
	case s.digest() != digest:
		return s, fmt.Errorf("%w: what lupa noted there does not match its digest", target.ErrDamaged)
	}
	return s, nil
}

// unreadable is the error of a row that could not be read. A value of another type
// than its column has is damage.
func unreadable(err error) error {
	if err == nil {
		return nil
	}
	if strings.HasPrefix(err.Error(), "sql: Scan error") { // it has no type
		return fmt.Errorf("%w: %w", target.ErrDamaged, err)
	}
	return classify(err)
}

// readSnapshot reads all, which must be what was sealed, and gives what a scope
// sees.
func readSnapshot(ctx context.Context, tx *session, view fact.Scope) (fact.Snapshot, error) {
	all, snap, err := readAll(ctx, tx, true)
	if err != nil {
		return fact.Snapshot{}, err
	}
	snap.Now, snap.Beyond = target.View(all, view)
	return snap, nil
}

// readAll reads all facts, and the rest of a snapshot. A transaction that has
// written reads what is not sealed yet.
func readAll(ctx context.Context, tx *session, sealed bool) (fact.Set, fact.Snapshot, error) {
	s, err := readState(ctx, tx)
	if err != nil {
		return fact.Set{}, fact.Snapshot{}, err
	}
	snap := fact.Snapshot{Lineage: s.lineage, Serial: s.serial}
	if snap.Last, err = unpack(s.last); err != nil {
		return fact.Set{}, snap, fmt.Errorf("%w: %w", target.ErrDamaged, err)
	}
	all, err := readFacts(ctx, tx, snap.Last)
	if err == nil && sealed {
		err = s.seal.holds(ctx, tx, all)
	}
	return all, snap, err
}

// readFacts reads the facts of all tables, which are about as many as in a set.
func readFacts(ctx context.Context, tx *session, like fact.Set) (fact.Set, error) {
	var b fact.Builder
	b.Expect(like)
	for _, t := range tables() {
		if err := readTable(ctx, tx, t, func(values []datum) { t.facts(values, &b) }); err != nil {
			return fact.Set{}, fmt.Errorf("table %s: %w", t.name, err)
		}
	}
	return b.Set(), nil
}

// readTable visits the rows of a table, in the order of its key.
func readTable(ctx context.Context, s *session, t *table, visit func([]datum)) error {
	return classify(s.kind.read(ctx, s, t, visit))
}

// selectRows asks for the rows of a table, in the order of its key.
func selectRows(ctx context.Context, s *session, t *table, visit func([]datum)) error {
	return s.rows(ctx, "SELECT "+names(t.columns())+" FROM "+t.name+" ORDER BY "+names(t.key()), visit)
}

// datum is what a column of a row holds: text, and whether there is any. The text is
// good until the next row.
type datum struct {
	text  string
	there bool
}

func datumOf(v driver.Value) datum {
	switch v := v.(type) {
	case nil:
		return datum{}
	case string:
		return datum{v, true}
	case int64:
		return datum{strconv.FormatInt(v, 10), true}
	case bool:
		return datum{strconv.Itoa(map[bool]int{true: 1}[v]), true}
	case []byte:
		return datum{string(v), true}
	}
	return datum{fmt.Sprint(v), true}
}

// facts adds the facts of one row.
func (t *table) facts(values []datum, to *fact.Builder) {
	n := len(t.owner)
	key := fact.Key{Kind: t.kind.Name}
	key.ID = values[0].text
	own := ""
	if n == 2 {
		own = values[1].text
		name := own
		if t.owner[1].ref != "" {
			name = fact.CalledFrom(fact.Key{ID: key.ID}.Installation(), own)
		}
		key.ID = fact.NestedID(key.ID, name)
	}
	if t.field != nil {
		f := fact.Fact{Key: key, Field: t.field.Name}
		f.Value = values[len(values)-1].text
		switch at := values[n].text; t.field.Shape {
		case fact.List:
			f.Row, _ = strconv.Atoi(at)
		case fact.Map, fact.Sets:
			f.Value = fact.JoinMap(at, f.Value)
		}
		to.Add(f)
		return
	}
	to.Add(fact.Fact{Key: key})
	if n == 2 {
		to.Add(fact.Fact{Key: key, Field: t.owner[1].field.Name, Value: own})
	}
	for i, c := range t.fields {
		switch v := values[n+i]; {
		case !v.there || c.typ == "flag" && v.text == "0":
		case c.typ == "flag":
			to.Add(fact.Fact{Key: key, Field: c.field.Name, Value: "true"})
		default:
			to.Add(fact.Fact{Key: key, Field: c.field.Name, Value: v.text})
		}
	}
}

// Audit is target.Auditor's.
func (r *Reader) Audit(ctx context.Context) (*target.Audit, error) {
	s, err := begin(ctx, r.db, r.kind, r.kind.beginRead)
	if err != nil {
		return nil, err
	}
	defer s.Rollback()
	return readAudit(ctx, s)
}

// readAudit reads what the target noted, and refuses nothing: what is wrong there
// is for others to find, all at once.
func readAudit(ctx context.Context, tx *session) (*target.Audit, error) {
	var s state
	var digest string
	a := &target.Audit{}
	switch err := tx.row(ctx, selectState).Scan(&s.lineage, &s.serial, &s.last, &digest, &s.seal.facts, &s.seal.counter); {
	case errors.Is(err, sql.ErrNoRows):
		a.Faults = append(a.Faults, target.Fault{Code: target.Sealed, Args: []string{}})
	case err != nil:
		return nil, classify(err)
	}
	var err error
	if a.Records, err = readLog(ctx, tx); err != nil {
		return nil, err
	}
	a.Lineage, a.Serial, s.head = s.lineage, s.serial, a.Head()
	if s.digest() != digest && len(a.Faults) == 0 {
		a.Faults = append(a.Faults, target.Fault{Code: target.Sealed, Args: []string{}})
	}
	if a.Last, err = unpack(s.last); err != nil {
		a.Faults = append(a.Faults, target.Fault{Code: target.Unread, Args: []string{}})
	}
	return a, nil
}

// readLog reads all entries as they are, altered or not.
func readLog(ctx context.Context, tx *session) ([]target.Record, error) {
	rows, err := tx.conn.QueryContext(ctx, "SELECT "+entryColumns+", way FROM lupa_log ORDER BY id")
	if err != nil {
		return nil, classify(err)
	}
	defer rows.Close()
	var all []target.Record
	for rows.Next() {
		var r target.Record
		if r.Entry, err = scanEntry(func(into ...any) error { return rows.Scan(append(into, &r.Way)...) }); err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, classify(rows.Err())
}

const (
	newestEntry  = "ORDER BY id DESC LIMIT 1"
	selectState  = "SELECT lineage, serial, last, digest, coalesce(facts, ''), counter FROM lupa_target"
	entryColumns = `id, serial, plan, "commit", actor, host, version, at, changes, previous, hash, state, back, acknowledged, undo, pruned`
)

// readEntry reads one entry of the log, and refuses one that was altered.
func readEntry(ctx context.Context, tx *session, which string, args ...any) (e target.Entry, ok bool, err error) {
	e, err = scanEntry(tx.row(ctx, "SELECT "+entryColumns+" FROM lupa_log "+which, args...).Scan)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return e, false, nil
	case err != nil:
		return e, false, err
	case !e.Intact():
		return e, false, fmt.Errorf("%w: log entry %d was altered", target.ErrDamaged, e.ID)
	}
	return e, true, nil
}

// scanEntry reads an entry as it is.
func scanEntry(scan func(into ...any) error) (e target.Entry, err error) {
	var at, acknowledged string
	switch err := scan(&e.ID, &e.Serial, &e.Plan, &e.Commit, &e.Actor, &e.Host, &e.Version, &at, &e.Changes, &e.Previous, &e.Hash,
		&e.State, &e.Back, &acknowledged, &e.Undo, &e.Pruned); {
	case errors.Is(err, sql.ErrNoRows):
		return e, err
	case err != nil:
		return e, unreadable(err)
	}
	if acknowledged != "" {
		e.Acknowledged = strings.Split(acknowledged, " ")
	}
	// What is no time, or written in another way, is none that was sealed.
	if e.At, err = time.Parse(time.RFC3339, at); err != nil || e.At.Format(time.RFC3339) != at {
		e.At = time.Time{}
	}
	return e, nil
}
