package sqldb

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/order"
	"github.com/lupa-dev/lupa/reconcile/target"
)

// Begin is target.Atomic's. The transaction takes the write lock at once.
func (d *DB) Begin(ctx context.Context, who target.Holder) (target.Tx, error) {
	s, err := d.turn(ctx, d.db, who)
	if err != nil {
		return nil, err
	}
	return newTx(s), nil
}

func newTx(s *session) *tx {
	x := &tx{session: s, tables: tables(), byKind: make(map[string][]*table)}
	for _, t := range x.tables {
		x.byKind[t.kind.Name] = append(x.byKind[t.kind.Name], t)
	}
	return x
}

// tx is an open transaction. Rows of objects that come or go are collected and
// written many at once, and so are single statements where the dialect has a
// queue; at the latest before anything else is done.
type tx struct {
	*session
	tables  []*table
	byKind  map[string][]*table // the first of each is the table of the objects
	pending []*batch
	dry     bool // nothing is collected but the count of what would be
	differs int
	going   bool // the pending rows are to be deleted
	waiting []statement
	stepped bool      // a step was done
	all     *fact.Set // everything that is there, as it was last read; nil after a step
}

// batch is rows that wait to be inserted into, or deleted from, one table.
type batch struct {
	table *table
	args  []any
	rows  int
}

// statement is one that must change exactly one row.
type statement struct {
	text string
	args []any
}

// maxWaiting is how many statements wait at most.
const maxWaiting = 1000

// manyGone is how many objects one statement deletes.
const manyGone = 200

// Read is target.Reader's.
func (x *tx) Read(ctx context.Context, view fact.Scope) (fact.Snapshot, error) {
	if err := x.flush(ctx); err != nil {
		return fact.Snapshot{}, err
	}
	all, snap, err := readAll(ctx, x.session, !x.stepped)
	if err != nil {
		return fact.Snapshot{}, err
	}
	x.all = &all
	snap.Now, snap.Beyond = target.View(all, view)
	return snap, nil
}

// Applied is target.Tx's.
func (x *tx) Applied(ctx context.Context, plan string) (target.Entry, bool, error) {
	return readEntry(ctx, x.session, "WHERE plan = ? ORDER BY id DESC LIMIT 1", plan)
}

// Do is target.Tx's.
func (x *tx) Do(ctx context.Context, step order.Step) error {
	x.stepped, x.all = true, nil
	switch step.Action {
	case order.Create:
		return x.create(ctx, step)
	case order.Delete:
		return x.remove(ctx, step)
	}
	if err := x.flushRows(ctx); err != nil {
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

// value is a value as a column holds it.
func (d *dialect) value(c column, value string) any {
	switch c.typ {
	case "flag":
		return d.flags[1]
	case "integer":
		if n, err := strconv.ParseInt(value, 10, 64); err == nil {
			return n
		}
	}
	return value
}

// absent is what a column holds where there is no fact.
func (d *dialect) absent(c column) any {
	if c.typ == "flag" {
		return d.flags[0]
	}
	return nil
}

// rowArgs are a fact's columns in the table of its field, after the owner's.
func (d *dialect) rowArgs(t *table, f fact.Fact) []any {
	value := t.own[len(t.own)-1]
	switch t.field.Shape {
	case fact.List:
		return []any{int64(f.Row), d.value(value, f.Value)}
	case fact.Map, fact.Sets:
		key, val := fact.SplitMap(f.Value)
		return []any{key, d.value(value, val)}
	}
	return []any{d.value(value, f.Value)}
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
					args = append(args, x.kind.value(c, f.At(0).Value))
				} else {
					args = append(args, x.kind.absent(c))
				}
			}
			if err := x.collect(ctx, t, args); err != nil {
				return err
			}
			continue
		}
		for _, f := range step.Add.Field(t.field.Name).All() {
			if err := x.collect(ctx, t, append(args[:len(args):len(args)], x.kind.rowArgs(t, f)...)); err != nil {
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
	if err := x.flushQueue(ctx); err != nil {
		return err
	}
	if x.going == going {
		return nil
	}
	err := x.flushRows(ctx)
	x.going = going
	return err
}

// collect adds a row to the batch of its table, and writes the batch when it
// is full.
func (x *tx) collect(ctx context.Context, t *table, args []any) error {
	if x.dry {
		x.differs++
		return nil
	}
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
	b.rows++
	if x.going && b.rows >= manyGone || b.rows >= x.kind.many {
		return x.write(ctx, b)
	}
	return nil
}

// flush writes what is pending and what waits.
func (x *tx) flush(ctx context.Context) error {
	if err := x.flushRows(ctx); err != nil {
		return err
	}
	return x.flushQueue(ctx)
}

func (x *tx) flushRows(ctx context.Context) error {
	for _, b := range x.pending {
		if b.rows == 0 {
			continue
		}
		if err := x.write(ctx, b); err != nil {
			return err
		}
	}
	x.pending, x.going = nil, false
	return nil
}

func (x *tx) flushQueue(ctx context.Context) error {
	if len(x.waiting) == 0 {
		return nil
	}
	waiting := x.waiting
	x.waiting = x.waiting[:0]
	return x.kind.queue(ctx, x.session, waiting)
}

// write writes the rows of a batch.
func (x *tx) write(ctx context.Context, b *batch) error {
	var err error
	if x.going {
		n := int64(0)
		n, err = x.exec(ctx, b.table.deletion(b.rows), b.args...)
		if err == nil && n != int64(b.rows) {
			err = fmt.Errorf("%d of %d rows were there", n, b.rows)
		}
	} else {
		err = x.kind.insert(ctx, x.session, b.table, b.args, b.rows)
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", b.table.name, err)
	}
	b.args, b.rows = b.args[:0], 0
	return nil
}

func (t *table) deletion(rows int) string {
	return "DELETE FROM " + t.name + " WHERE (" + names(t.owner) + ") IN (VALUES " + marks(t.owner, rows) + ")"
}

func (d *dialect) insertion(t *table, rows int) string {
	return d.insertInto + t.name + " (" + names(t.columns()) + ") VALUES " + marks(t.columns(), rows)
}

// marks is placeholders for rows of so many columns.
func marks(columns []column, rows int) string {
	all := make([]string, len(columns))
	for i, c := range columns {
		if all[i] = "?"; c.typ == "integer" { // in a list of values PostgreSQL takes all for text
			all[i] = "CAST(? AS BIGINT)"
		}
	}
	row := "(" + strings.Join(all, ", ") + ")"
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
	value := x.kind.absent(c)
	if step.Add.Len() > 0 {
		value = x.kind.value(c, step.Add.At(0).Value)
	}
	return x.one(ctx, "UPDATE "+t.name+" SET "+c.name+" = ? WHERE "+matching(t.owner), append([]any{value}, t.ownerArgs(step.Key)...)...)
}

// updateRows deletes, changes and adds rows of a field. A row of a list, and a
// key of a map, that both sides have is changed in place.
func (x *tx) updateRows(ctx context.Context, t *table, step order.Step) error {
	owner := t.ownerArgs(step.Key)
	place := len(t.key()) - len(owner) // how many columns tell rows of one object apart
	at := func(f fact.Fact) (key [2]any) {
		copy(key[:], x.kind.rowArgs(t, f)[:place])
		return key
	}
	add := make(map[[2]any]fact.Fact)
	for _, f := range step.Add.All() {
		add[at(f)] = f
	}
	for _, f := range step.Del.All() {
		args := append(owner[:len(owner):len(owner)], x.kind.rowArgs(t, f)[:place]...)
		changed, ok := add[at(f)]
		if !ok {
			if err := x.one(ctx, "DELETE FROM "+t.name+" WHERE "+matching(t.key()), args...); err != nil {
				return err
			}
			continue
		}
		delete(add, at(f))
		value := t.own[len(t.own)-1]
		if err := x.one(ctx, "UPDATE "+t.name+" SET "+value.name+" = ? WHERE "+matching(t.key()),
			append([]any{x.kind.rowArgs(t, changed)[1]}, args...)...); err != nil {
			return err
		}
	}
	for _, f := range step.Add.All() {
		if _, ok := add[at(f)]; !ok {
			continue
		}
		args := append(owner[:len(owner):len(owner)], x.kind.rowArgs(t, f)...)
		if err := x.one(ctx, x.kind.insertion(t, 1), args...); err != nil {
			return err
		}
	}
	return nil
}

func matching(columns []column) string {
	parts := make([]string, len(columns))
	for i, c := range columns {
		parts[i] = c.name + " = ?"
	}
	return strings.Join(parts, " AND ")
}

// one runs a statement that must change exactly one row, now or with others.
func (x *tx) one(ctx context.Context, text string, args ...any) error {
	if x.kind.queue != nil {
		x.waiting = append(x.waiting, statement{text, args})
		if len(x.waiting) < maxWaiting {
			return nil
		}
		return x.flushQueue(ctx)
	}
	n, err := x.exec(ctx, text, args...)
	if err != nil {
		return err
	}
	return onlyOne(n)
}

func onlyOne(rows int64) error {
	if rows != 1 {
		return fmt.Errorf("%d rows changed where one should: %w", rows, errNotAsPlanned)
	}
	return nil
}

var errNotAsPlanned = errors.New("the object is not as it was")

// rename gives an object another id, everywhere where it is named. For an
// installation that is every id that begins with its name.
func (x *tx) rename(ctx context.Context, step order.Step) error {
	if err := x.flushQueue(ctx); err != nil {
		return err
	}
	own := x.byKind[step.Key.Kind][0]
	if err := x.one(ctx, "UPDATE "+own.name+" SET id = ? WHERE id = ?", step.Key.ID, step.From); err != nil {
		return err
	}
	for _, t := range x.tables {
		for _, c := range t.columns() {
			var err error
			switch {
			case c.ref == step.Key.Kind:
				_, err = x.exec(ctx, "UPDATE "+t.name+" SET "+c.name+" = ? WHERE "+c.name+" = ?", step.Key.ID, step.From)
			case step.Key.Kind == "Installation" && (c.ref != "" || c.name == "id"):
				_, err = x.exec(ctx, "UPDATE "+t.name+" SET "+c.name+" = ? || substr("+c.name+", ?) WHERE "+c.name+" >= ? AND "+c.name+" < ?",
					step.Key.ID, len(step.From)+1, step.From+"/", step.From+"0")
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// Commit is target.Tx's.
func (x *tx) Commit(ctx context.Context, note target.Note) (target.Entry, error) {
	if err := x.readAgain(ctx); err != nil {
		return target.Entry{}, err
	}
	if x.filling {
		if err := sound(*x.all); err != nil {
			return target.Entry{}, err
		}
	}
	if err := x.writeAccess(ctx, *x.all); err != nil {
		return target.Entry{}, err
	}
	s, err := readState(ctx, x.session)
	if err != nil {
		return target.Entry{}, err
	}
	last, _, err := readEntry(ctx, x.session, newestEntry)
	if err != nil {
		return target.Entry{}, err
	}
	record, err := note.Seal(last)
	if err != nil {
		return target.Entry{}, err
	}
	if s.last, err = pack(note.Last); err != nil {
		return target.Entry{}, err
	}
	return x.leave(ctx, s, record)
}

// readAgain makes sure that what is there was read after the last step.
func (x *tx) readAgain(ctx context.Context) error {
	if x.all != nil {
		return nil
	}
	_, err := x.Read(ctx, fact.Scope{})
	return err
}

// leave adds an entry to the log, seals what was read last, and makes everything
// lasting.
func (x *tx) leave(ctx context.Context, s state, r target.Record) (target.Entry, error) {
	if _, err := x.exec(ctx, "INSERT INTO lupa_log ("+entryColumns+", way) VALUES "+marks(make([]column, 17), 1),
		r.ID, r.Serial, r.Plan, r.Commit, r.Actor, r.Host, r.Version, r.At.Format(time.RFC3339), r.Changes, r.Previous, r.Hash,
		r.State, r.Back, strings.Join(r.Acknowledged, " "), r.Undo, r.Pruned, r.Way); err != nil {
		return target.Entry{}, err
	}
	before := s.serial
	s.serial, s.head = r.Serial, r.Hash
	if err := s.close(ctx, x.session, x.all.Digest()); err != nil {
		return target.Entry{}, err
	}
	if n, err := x.exec(ctx, "UPDATE lupa_target SET serial = ?, last = ?, facts = ?, counter = ?, digest = ? WHERE serial = ?",
		s.serial, s.last, s.seal.facts, s.seal.counter, s.digest(), before); err != nil {
		return target.Entry{}, err
	} else if err := onlyOne(n); err != nil {
		return target.Entry{}, err
	}
	if err := ctx.Err(); err != nil {
		return target.Entry{}, err
	}
	if err := x.commit(ctx); err != nil {
		return target.Entry{}, err
	}
	return r.Entry, nil
}

// Prune is target.Tx's.
func (x *tx) Prune(ctx context.Context, upTo int64, who target.Entry) (target.Entry, error) {
	if err := x.readAgain(ctx); err != nil {
		return target.Entry{}, err
	}
	s, err := readState(ctx, x.session)
	if err != nil {
		return target.Entry{}, err
	}
	last, _, err := readEntry(ctx, x.session, newestEntry)
	if err != nil {
		return target.Entry{}, err
	}
	if _, err := x.exec(ctx, "DELETE FROM lupa_log WHERE id <= ?", upTo); err != nil {
		return target.Entry{}, err
	}
	return x.leave(ctx, s, target.SealPrune(who, upTo, last))
}

// Audit is target.Auditor's.
func (x *tx) Audit(ctx context.Context) (*target.Audit, error) { return readAudit(ctx, x.session) }
