package sqldb

import (
	"bytes"
	"compress/zlib"
	"context"
	"crypto/sha256"
	"database/sql"
	"database/sql/driver"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
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
}

// digest seals what lupa knows about the target, the newest entry of the log
// included, so that damage to it does not go unseen.
func (s state) digest() string {
	last := sha256.Sum256(s.last)
	sum := sha256.Sum256(fmt.Appendf(nil, "lupa target 1\n%s\n%d\n%x\n%s\n", s.lineage, s.serial, last, s.head))
	return hex.EncodeToString(sum[:])
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

func unpack(data []byte) (fact.Set, error) {
	z, err := zlib.NewReader(bytes.NewReader(data))
	if err != nil {
		return fact.Set{}, err
	}
	raw, err := io.ReadAll(z)
	if err != nil {
		return fact.Set{}, err
	}
	var s fact.Set
	return s, s.UnmarshalBinary(raw)
}

func readState(ctx context.Context, tx *sql.Tx) (state, error) {
	var s state
	var digest string
	err := tx.QueryRowContext(ctx, "SELECT lineage, serial, last, digest FROM lupa_target").Scan(&s.lineage, &s.serial, &s.last, &digest)
	newest, _, errLog := readEntry(ctx, tx, "ORDER BY id DESC LIMIT 1")
	s.head = newest.Hash
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return s, fmt.Errorf("%w: it does not say what it is", target.ErrDamaged)
	case err != nil:
		return s, classify(err)
	case errLog != nil:
		return s, errLog
	case s.digest() != digest:
		return s, fmt.Errorf("%w: what lupa noted there does not match its digest", target.ErrDamaged)
	}
	return s, nil
}

// session is a transaction, and the connection that it is on.
type session struct {
	*sql.Tx
	conn *sql.Conn
}

func begin(ctx context.Context, db *sql.DB, options *sql.TxOptions) (*session, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, classify(err)
	}
	tx, err := conn.BeginTx(ctx, options)
	if err != nil {
		return nil, classify(errors.Join(err, conn.Close()))
	}
	return &session{tx, conn}, nil
}

// end gives the connection back after the transaction ended.
func (s *session) end(err error) error {
	if closing := s.conn.Close(); !errors.Is(closing, sql.ErrConnDone) {
		err = errors.Join(err, closing)
	}
	return err
}

// Rollback gives up. After a commit it does nothing.
func (s *session) Rollback() error {
	err := s.Tx.Rollback()
	if errors.Is(err, sql.ErrTxDone) {
		err = nil
	}
	return s.end(err)
}

// rows visits the rows of a query. It asks the driver itself: a target is read
// in hundreds of thousands of rows, and a third of the time would go into
// handing them on. The values are good until visit returns.
func (s *session) rows(ctx context.Context, query string, visit func(values []driver.Value)) error {
	return s.conn.Raw(func(conn any) (err error) {
		rows, err := conn.(driver.QueryerContext).QueryContext(ctx, query, nil)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		values := make([]driver.Value, len(rows.Columns()))
		for n := 0; ; n++ {
			switch err := rows.Next(values); {
			case err == io.EOF:
				return nil
			case err != nil:
				return err
			case n%1000 == 0 && ctx.Err() != nil:
				return ctx.Err()
			}
			visit(values)
		}
	})
}

func readSnapshot(ctx context.Context, tx *session, view fact.Scope) (fact.Snapshot, error) {
	s, err := readState(ctx, tx.Tx)
	if err != nil {
		return fact.Snapshot{}, err
	}
	snap := fact.Snapshot{Lineage: s.lineage, Serial: s.serial}
	if snap.Last, err = unpack(s.last); err != nil {
		return snap, fmt.Errorf("%w: %w", target.ErrDamaged, err)
	}
	var b fact.Builder
	b.Expect(snap.Last)
	for _, t := range tables() {
		query := "SELECT " + names(t.columns()) + " FROM " + t.name + " ORDER BY " + names(t.key())
		if err := tx.rows(ctx, query, func(values []driver.Value) { t.facts(values, &b) }); err != nil {
			return snap, fmt.Errorf("table %s: %w", t.name, classify(err))
		}
	}
	snap.Now, snap.Beyond = target.View(b.Set(), view)
	return snap, nil
}

// text is a value as text, and whether there is one.
func text(v driver.Value) (string, bool) {
	switch v := v.(type) {
	case nil:
		return "", false
	case string:
		return v, true
	case int64:
		return strconv.FormatInt(v, 10), true
	case []byte:
		return string(v), true
	}
	return fmt.Sprint(v), true
}

// facts adds the facts of one row.
func (t *table) facts(values []driver.Value, to *fact.Builder) {
	n := len(t.owner)
	key := fact.Key{Kind: t.kind.Name}
	key.ID, _ = text(values[0])
	own := ""
	if n == 2 {
		own, _ = text(values[1])
		name := own
		if t.owner[1].ref != "" {
			name = fact.CalledFrom(fact.Key{ID: key.ID}.Installation(), own)
		}
		key.ID = fact.NestedID(key.ID, name)
	}
	if t.field != nil {
		f := fact.Fact{Key: key, Field: t.field.Name}
		f.Value, _ = text(values[len(values)-1])
		switch at, _ := text(values[n]); t.field.Shape {
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
		switch v, there := text(values[n+i]); {
		case !there || c.typ == "flag" && v == "0":
		case c.typ == "flag":
			to.Add(fact.Fact{Key: key, Field: c.field.Name, Value: "true"})
		default:
			to.Add(fact.Fact{Key: key, Field: c.field.Name, Value: v})
		}
	}
}

// Newest is the newest entry of the target's log; nil where there is none. The
// whole log is read, and an entry that was altered is found.
func (r *Reader) Newest(ctx context.Context) (*target.Entry, error) {
	rows, err := r.db.QueryContext(ctx, selectEntry+"ORDER BY id")
	if err != nil {
		return nil, classify(err)
	}
	defer rows.Close()
	var newest *target.Entry
	for rows.Next() {
		e, err := scanEntry(rows.Scan)
		if err != nil {
			return nil, err
		}
		before := target.Entry{}
		if newest != nil {
			before = *newest
		}
		if e.Previous != before.Hash || e.ID != before.ID+1 {
			return nil, fmt.Errorf("%w: what stood before log entry %d is gone", target.ErrDamaged, e.ID)
		}
		newest = &e
	}
	return newest, classify(rows.Err())
}

const selectEntry = `SELECT id, serial, plan, "commit", actor, host, version, at, changes, previous, hash FROM lupa_log `

// readEntry reads one entry of the log.
func readEntry(ctx context.Context, tx *sql.Tx, which string, args ...any) (e target.Entry, ok bool, err error) {
	e, err = scanEntry(tx.QueryRowContext(ctx, selectEntry+which, args...).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return e, false, nil
	}
	return e, err == nil, err
}

// scanEntry reads an entry and holds it against its hash.
func scanEntry(scan func(into ...any) error) (e target.Entry, err error) {
	var at string
	switch err := scan(&e.ID, &e.Serial, &e.Plan, &e.Commit, &e.Actor, &e.Host, &e.Version, &at, &e.Changes, &e.Previous, &e.Hash); {
	case errors.Is(err, sql.ErrNoRows):
		return e, err
	case err != nil:
		return e, classify(err)
	}
	if e.At, err = time.Parse(time.RFC3339, at); err != nil || e.Seal(e.ID, e.Serial, e.Previous).Hash != e.Hash {
		return e, fmt.Errorf("%w: log entry %d was altered", target.ErrDamaged, e.ID)
	}
	return e, nil
}
