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
	s, err := begin(ctx, d.db, nil)
	if err != nil {
		return nil, err
	}
	x := &tx{session: s, tables: tables(), byKind: make(map[string][]*table)}
	for _, t := range x.tables {
		x.byKind[t.kind.Name] = append(x.byKind[t.kind.Name], t)
	}
	return x, nil
}

// tx is an open transaction. Rows of objects that come or go are collected and
// written many at once, at the latest before anything else is done.
type tx struct {
	*session
	tables  []*table
	byKind  map[string][]*table // the first of each is the table of the objects
	pending []*batch
	going   bool // the pending rows are to be deleted
}

// batch is rows that wait to be inserted into, or deleted from, one table.
type batch struct {
	table *table
	args  []any
	rows  int
	full  *sql.Stmt // inserts batchRows rows
}

// batchRows is how many rows one statement writes.
const batchRows = 200

// Read is target.Reader's.
func (x *tx) Read(ctx context.Context, view fact.Scope) (fact.Snapshot, error) {
	if err := x.flush(ctx); err != nil {
		return fact.Snapshot{}, err
	}
	return readSnapshot(ctx, x.session, view)
}

// Applied is target.Tx's.
func (x *tx) Applied(ctx context.Context, plan string) (target.Entry, bool, error) {
	return readEntry(ctx, x.Tx, "WHERE plan = ? ORDER BY id DESC LIMIT 1", plan)
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
		own = fact.IDFrom(key.Installation(), own)
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
	case fact.Map, fact.Sets:
		key, val := fact.SplitMap(f.Value)
		return []any{key, value.valueArg(val)}
	}
	return []any{value.valueArg(f.Value)}
}

func (x *tx) create(ctx context.Context, step order.Step) error {
	if err := x.turn(ctx, false); err != nil {
		return err
	}
	for i, t := range x.byKind[step.Key.Kind] {
		args := t.ownerArgs(step.Key)
		if i == 0 {
			for _, c := range t.fields {
				if f := step.Add.Field(c.field.Name); f.Len() > 0 {
					args = append(args, c.valueArg(f.At(0).Value))
				} else {
					args = append(args, c.absent())
				}
			}
			if err := x.collect(ctx, t, args); err != nil {
				return err
			}
			continue
		}
		for _, f := range step.Add.Field(t.field.Name).All() {
			if err := x.collect(ctx, t, append(args[:len(args):len(args)], t.rowArgs(f)...)); err != nil {
				return err
			}
		}
	}
	return nil
}

// remove deletes an object; its rows in other tables go with it.
func (x *tx) remove(ctx context.Context, step order.Step) error {
	if err := x.turn(ctx, true); err != nil {
		return err
	}
	t := x.byKind[step.Key.Kind][0]
	if len(x.pending) > 0 && x.pending[0].table != t { // in the order of the steps: a parent takes its records along
		if err := x.flush(ctx); err != nil {
			return err
		}
		x.going = true
	}
	return x.collect(ctx, t, t.ownerArgs(step.Key))
}

// turn writes what is pending if it is of the other sort.
func (x *tx) turn(ctx context.Context, going bool) error {
	if x.going == going {
		return nil
	}
	err := x.flush(ctx)
	x.going = going
	return err
}

// collect adds a row to the batch of its table, and writes the batch when it
// is full.
func (x *tx) collect(ctx context.Context, t *table, args []any) error {
	var b *batch
	for _, p := range x.pending {
		if p.table == t {
			b = p
		}
	}
	if b == nil {
		b = &batch{table: t}
		x.pending = append(x.pending, b)
	}
	b.args = append(b.args, args...)
	if b.rows++; b.rows < batchRows {
		return nil
	}
	if b.full == nil {
		var err error
		if b.full, err = x.PrepareContext(ctx, b.statement(x.going)); err != nil {
			return classify(err)
		}
	}
	return b.write(func() (sql.Result, error) { return b.full.ExecContext(ctx, b.args...) })
}

// flush writes what is pending.
func (x *tx) flush(ctx context.Context) error {
	for _, b := range x.pending {
		if b.rows > 0 {
			if err := b.write(func() (sql.Result, error) { return x.ExecContext(ctx, b.statement(x.going), b.args...) }); err != nil {
				return err
			}
		}
		if b.full != nil {
			b.full.Close()
		}
	}
	x.pending, x.going = nil, false
	return nil
}

func (b *batch) write(exec func() (sql.Result, error)) error {
	result, err := exec()
	if err != nil {
		return fmt.Errorf("writing %s: %w", b.table.name, classify(err))
	}
	if n, err := result.RowsAffected(); err != nil || n != int64(b.rows) {
		return fmt.Errorf("writing %s: %d of %d rows were there", b.table.name, n, b.rows)
	}
	b.args, b.rows = b.args[:0], 0
	return nil
}

// statement writes the rows of the batch. An insert that fails undoes nothing:
// the whole transaction is given up.
func (b *batch) statement(going bool) string {
	columns := b.table.columns()
	if going {
		return "DELETE FROM " + b.table.name + " WHERE (" + names(b.table.owner) + ") IN (VALUES " + marks(len(b.table.owner), b.rows) + ")"
	}
	return "INSERT OR FAIL INTO " + b.table.name + " (" + names(columns) + ") VALUES " + marks(len(columns), b.rows)
}

// marks is placeholders for rows of so many columns.
func marks(columns, rows int) string {
	row := "(" + strings.TrimSuffix(strings.Repeat("?, ", columns), ", ") + ")"
	return strings.TrimSuffix(strings.Repeat(row+", ", rows), ", ")
}

// update changes fields of an object.
func (x *tx) update(ctx context.Context, step order.Step) error {
	done := ""
	for _, f := range step.Add.Plus(step.Del).All() {
		if f.Field == done {
			continue
		}
		done = f.Field
		part := order.Step{Key: step.Key, Add: step.Add.Field(f.Field), Del: step.Del.Field(f.Field)}
		if err := x.updateField(ctx, f.Field, part); err != nil {
			return err
		}
	}
	return nil
}

func (x *tx) updateField(ctx context.Context, field string, step order.Step) error {
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
	place := len(t.key()) - len(owner) // how many columns tell rows of one object apart
	at := func(f fact.Fact) (key [2]any) {
		copy(key[:], t.rowArgs(f)[:place])
		return key
	}
	add := make(map[[2]any]fact.Fact)
	for _, f := range step.Add.All() {
		add[at(f)] = f
	}
	for _, f := range step.Del.All() {
		args := append(owner[:len(owner):len(owner)], t.rowArgs(f)[:place]...)
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
		b := batch{table: t, rows: 1}
		if err := x.one(ctx, b.statement(false), args...); err != nil {
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
	if err := x.end(x.Tx.Commit()); err != nil {
		return target.Entry{}, classify(err)
	}
	return e, nil
}
