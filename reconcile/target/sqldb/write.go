package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/order"
	"github.com/lupa-dev/lupa/reconcile/target"
)

// Begin is target.Atomic's. The transaction takes the write lock at once.
func (d *DB) Begin(ctx context.Context) (target.Tx, error) {
	sqlTx, err := d.db.BeginTx(ctx, nil)
	if err != nil {
		return nil, classify(err)
	}
	// References are tested at commit: within the transaction nobody is misled.
	if _, err := sqlTx.ExecContext(ctx, "PRAGMA defer_foreign_keys = ON"); err != nil {
		return nil, errors.Join(classify(err), sqlTx.Rollback())
	}
	x := &tx{Tx: sqlTx, tables: tables()}
	x.byKind = make(map[string][]*table)
	for _, t := range x.tables {
		x.byKind[t.kind.Name] = append(x.byKind[t.kind.Name], t)
	}
	return x, nil
}

// tx is an open transaction. Rows of objects that come or go are collected and
// written many at once, before anything else is done.
type tx struct {
	*sql.Tx
	tables  []*table
	byKind  map[string][]*table // the first of each is the table of the objects
	pending []*batch
	going   bool // the pending rows are to be deleted
	state   *state
}

// batch is rows that wait to be inserted into, or deleted from, one table.
type batch struct {
	table *table
	args  []any
	rows  int
}

// batchRows is how many rows one statement writes.
const batchRows = 200

// Read is target.Reader's.
func (x *tx) Read(ctx context.Context, view fact.Scope) (fact.Snapshot, error) {
	if err := x.flush(ctx); err != nil {
		return fact.Snapshot{}, err
	}
	return readSnapshot(ctx, x.Tx, view)
}

// Applied is target.Tx's.
func (x *tx) Applied(ctx context.Context, plan string) (target.Entry, bool, error) {
	var e target.Entry
	var at string
	err := x.QueryRowContext(ctx, `SELECT id, serial, plan, "commit", actor, host, version, at, changes, previous, hash
		FROM lupa_log WHERE plan = ? ORDER BY id DESC LIMIT 1`, plan).
		Scan(&e.ID, &e.Serial, &e.Plan, &e.Commit, &e.Actor, &e.Host, &e.Version, &at, &e.Changes, &e.Previous, &e.Hash)
	if errors.Is(err, sql.ErrNoRows) {
		return e, false, nil
	}
	if err == nil {
		e.At, err = time.Parse(time.RFC3339, at)
	}
	return e, err == nil, classify(err)
}

// Do is target.Tx's.
func (x *tx) Do(ctx context.Context, step order.Step) error {
	switch step.Action {
	case order.Create:
		return x.create(ctx, step)
	case order.Delete:
		return x.remove(ctx, step)
	}
	if err := x.flush(ctx); err != nil {
		return err
	}
	if step.Action == order.Rename {
		return x.rename(ctx, step)
	}
	return x.update(ctx, step)
}

// ownerArgs are the values of the columns that an object is known by.
func (t *table) ownerArgs(key fact.Key) []any {
	if len(t.owner) == 1 {
		return []any{key.ID}
	}
	parent, own := fact.SplitNested(key.ID)
	if t.owner[1].ref != "" {
		own = fact.ID(key.Installation(), own)
	}
	return []any{parent, own}
}

// valueArg is a value as a column holds it.
func (c column) valueArg(value string) any {
	if c.typ == "flag" {
		return 1
	}
	return value
}

// absent is what a column holds where there is no fact.
func (c column) absent() any {
	if c.typ == "flag" {
		return 0
	}
	return nil
}

// rowArgs are a fact's columns in the table of its field, after the owner's.
func (t *table) rowArgs(f fact.Fact) []any {
	value := t.own[len(t.own)-1]
	switch t.field.Shape {
	case fact.List:
		return []any{f.Row, value.valueArg(f.Value)}
	case fact.Map:
		key, val := fact.SplitMap(f.Value)
		return []any{key, value.valueArg(val)}
	}
	return []any{value.valueArg(f.Value)}
}

func (x *tx) create(ctx context.Context, step order.Step) error {
	if x.going {
		if err := x.flush(ctx); err != nil {
			return err
		}
	}
	for i, t := range x.byKind[step.Key.Kind] {
		owner := t.ownerArgs(step.Key)
		if i == 0 {
			for _, c := range t.fields {
				if f := step.Add.Field(c.field.Name); f.Len() > 0 {
					owner = append(owner, c.valueArg(f.At(0).Value))
				} else {
					owner = append(owner, c.absent())
				}
			}
			x.collect(t, owner)
			continue
		}
		for _, f := range step.Add.Field(t.field.Name).All() {
			x.collect(t, append(owner[:len(owner):len(owner)], t.rowArgs(f)...))
		}
	}
	return x.flushFull(ctx)
}

// remove deletes an object; its rows in other tables go with it.
func (x *tx) remove(ctx context.Context, step order.Step) error {
	if !x.going {
		if err := x.flush(ctx); err != nil {
			return err
		}
		x.going = true
	}
	t := x.byKind[step.Key.Kind][0]
	if n := len(x.pending); n > 0 && x.pending[n-1].table != t {
		if err := x.flush(ctx); err != nil {
			return err
		}
		x.going = true
	}
	x.collect(t, t.ownerArgs(step.Key))
	return x.flushFull(ctx)
}

func (x *tx) collect(t *table, args []any) {
	for _, b := range x.pending {
		if b.table == t {
			b.args = append(b.args, args...)
			b.rows++
			return
		}
	}
	x.pending = append(x.pending, &batch{t, args, 1})
}

// flushFull writes what is pending once some table has enough rows for a
// statement.
func (x *tx) flushFull(ctx context.Context) error {
	for _, b := range x.pending {
		if b.rows >= batchRows {
			return x.flush(ctx)
		}
	}
	return nil
}

// flush writes what is pending, in the order in which tables refer to each
// other.
func (x *tx) flush(ctx context.Context) error {
	pending, going := x.pending, x.going
	x.pending, x.going = nil, false
	for _, b := range pending {
		statement := b.insert()
		if going {
			statement = b.remove()
		}
		result, err := x.ExecContext(ctx, statement, b.args...)
		if err != nil {
			return fmt.Errorf("writing %s: %w", b.table.name, classify(err))
		}
		if n, err := result.RowsAffected(); err != nil || n != int64(b.rows) {
			return fmt.Errorf("writing %s: %d of %d rows were there", b.table.name, n, b.rows)
		}
	}
	return nil
}

func (b *batch) insert() string {
	columns := b.table.columns()
	return "INSERT INTO " + b.table.name + " (" + names(columns) + ") VALUES " + marks(len(columns), b.rows)
}

func (b *batch) remove() string {
	return "DELETE FROM " + b.table.name + " WHERE (" + names(b.table.owner) + ") IN (VALUES " + marks(len(b.table.owner), b.rows) + ")"
}

// marks is placeholders for rows of so many columns.
func marks(columns, rows int) string {
	row := "(" + strings.TrimSuffix(strings.Repeat("?, ", columns), ", ") + ")"
	return strings.TrimSuffix(strings.Repeat(row+", ", rows), ", ")
}

// update changes one field of an object.
func (x *tx) update(ctx context.Context, step order.Step) error {
	field := step.Add.Plus(step.Del).At(0).Field
	for _, t := range x.byKind[step.Key.Kind] {
		if t.field == nil {
			for _, c := range t.fields {
				if c.field.Name == field {
					return x.updateColumn(ctx, t, c, step)
				}
			}
		} else if t.field.Name == field {
			return x.updateRows(ctx, t, step)
		}
	}
	return fmt.Errorf("%s has no field %q", step.Key.Kind, field)
}

func (x *tx) updateColumn(ctx context.Context, t *table, c column, step order.Step) error {
	value := c.absent()
	if step.Add.Len() > 0 {
		value = c.valueArg(step.Add.At(0).Value)
	}
	return x.one(ctx, "UPDATE "+t.name+" SET "+c.name+" = ? WHERE "+where(t.owner), append([]any{value}, t.ownerArgs(step.Key)...)...)
}

// updateRows deletes, changes and adds rows of a field. A row of a list, and a
// key of a map, that both sides have is changed in place.
func (x *tx) updateRows(ctx context.Context, t *table, step order.Step) error {
	owner := t.ownerArgs(step.Key)
	at := func(f fact.Fact) any { return t.rowArgs(f)[0] }
	add := make(map[any]fact.Fact)
	for _, f := range step.Add.All() {
		add[at(f)] = f
	}
	for _, f := range step.Del.All() {
		args := append(owner[:len(owner):len(owner)], at(f))
		changed, ok := add[at(f)]
		if !ok {
			if err := x.one(ctx, "DELETE FROM "+t.name+" WHERE "+where(t.key()), args...); err != nil {
				return err
			}
			continue
		}
		delete(add, at(f))
		value := t.own[len(t.own)-1]
		if err := x.one(ctx, "UPDATE "+t.name+" SET "+value.name+" = ? WHERE "+where(t.key()),
			append([]any{t.rowArgs(changed)[1]}, args...)...); err != nil {
			return err
		}
	}
	for _, f := range step.Add.All() {
		if _, ok := add[at(f)]; !ok {
			continue
		}
		args := append(owner[:len(owner):len(owner)], t.rowArgs(f)...)
		b := batch{t, args, 1}
		if err := x.one(ctx, b.insert(), args...); err != nil {
			return err
		}
	}
	return nil
}

func where(columns []column) string {
	parts := make([]string, len(columns))
	for i, c := range columns {
		parts[i] = c.name + " = ?"
	}
	return strings.Join(parts, " AND ")
}

// one runs a statement that must change exactly one row.
func (x *tx) one(ctx context.Context, statement string, args ...any) error {
	result, err := x.ExecContext(ctx, statement, args...)
	if err != nil {
		return classify(err)
	}
	if n, err := result.RowsAffected(); err != nil || n != 1 {
		return fmt.Errorf("%d rows changed where one should: %w", n, errors.Join(err, errNotAsPlanned))
	}
	return nil
}

var errNotAsPlanned = errors.New("the object is not as it was")

// rename gives an object another id, everywhere where it is named. For an
// installation that is every id that begins with its name.
func (x *tx) rename(ctx context.Context, step order.Step) error {
	own := x.byKind[step.Key.Kind][0]
	if err := x.one(ctx, "UPDATE "+own.name+" SET id = ? WHERE id = ?", step.Key.ID, step.From); err != nil {
		return err
	}
	for _, t := range x.tables {
		for _, c := range t.columns() {
			var err error
			switch {
			case c.ref == step.Key.Kind:
				_, err = x.ExecContext(ctx, "UPDATE "+t.name+" SET "+c.name+" = ? WHERE "+c.name+" = ?", step.Key.ID, step.From)
			case step.Key.Kind == "Installation" && (c.ref != "" || c.name == "id"):
				_, err = x.ExecContext(ctx, "UPDATE "+t.name+" SET "+c.name+" = ? || substr("+c.name+", ?) WHERE "+c.name+" >= ? AND "+c.name+" < ?",
					step.Key.ID, len(step.From)+1, step.From+"/", step.From+"0")
			}
			if err != nil {
				return classify(err)
			}
		}
	}
	return nil
}

// Commit is target.Tx's.
func (x *tx) Commit(ctx context.Context, note target.Note) (target.Entry, error) {
	if err := x.flush(ctx); err != nil {
		return target.Entry{}, err
	}
	s, err := readState(ctx, x.Tx)
	if err != nil {
		return target.Entry{}, err
	}
	var last int64
	if err := x.QueryRowContext(ctx, "SELECT coalesce(max(id), 0) FROM lupa_log").Scan(&last); err != nil {
		return target.Entry{}, classify(err)
	}
	e := note.Entry.Seal(last+1, s.serial+1, s.head)
	if _, err := x.ExecContext(ctx, `INSERT INTO lupa_log (id, serial, plan, "commit", actor, host, version, at, changes, previous, hash)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		e.ID, e.Serial, e.Plan, e.Commit, e.Actor, e.Host, e.Version, e.At.Format(time.RFC3339), e.Changes, e.Previous, e.Hash); err != nil {
		return target.Entry{}, classify(err)
	}
	s.serial, s.head = e.Serial, e.Hash
	if s.last, err = pack(note.Last); err != nil {
		return target.Entry{}, err
	}
	if _, err := x.ExecContext(ctx, "UPDATE lupa_target SET serial = ?, last = ?, digest = ?", s.serial, s.last, s.digest()); err != nil {
		return target.Entry{}, classify(err)
	}
	if err := ctx.Err(); err != nil {
		return target.Entry{}, err
	}
	if err := x.Tx.Commit(); err != nil {
		return target.Entry{}, classify(err)
	}
	return e, nil
}

// Rollback is target.Tx's.
func (x *tx) Rollback() error {
	if err := x.Tx.Rollback(); !errors.Is(err, sql.ErrTxDone) {
		return err
	}
	return nil
}
