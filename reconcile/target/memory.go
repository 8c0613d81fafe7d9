package target

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/order"
)

// Memory is the reference target: it says what every other has to do.
type Memory struct {
	Lineage string

	turn  sync.Mutex // held by the open transaction
	mu    sync.Mutex // guards what follows
	by    Holder     // of the turn
	facts fact.Set
	last  fact.Set
	log   []Record
}

// Read is Reader's.
func (m *Memory) Read(ctx context.Context, view fact.Scope) (fact.Snapshot, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return snapshot(m.Lineage, m.log, m.facts, m.last, view), ctx.Err()
}

func snapshot(lineage string, log []Record, facts, last fact.Set, view fact.Scope) fact.Snapshot {
	s := fact.Snapshot{Lineage: lineage}
	if n := len(log); n > 0 {
		s.Serial = log[n-1].Serial
	}
	s.Now, s.Beyond = View(facts, view)
	s.Last = last
	return s
}

// Audit is Auditor's.
func (m *Memory) Audit(ctx context.Context) (*Audit, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return audit(m.Lineage, m.log, m.last), ctx.Err()
}

func audit(lineage string, log []Record, last fact.Set) *Audit {
	return &Audit{Lineage: lineage, Serial: newest(log).Serial, Last: last, Records: slices.Clone(log)}
}

// Edit changes facts behind lupa's back, as somebody at the target would.
func (m *Memory) Edit(change func(fact.Set) fact.Set) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.facts = change(m.facts)
}

// Begin is Atomic's. A second transaction is refused at once.
func (m *Memory) Begin(ctx context.Context, who Holder) (Tx, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	mine := m.turn.TryLock()
	m.mu.Lock()
	defer m.mu.Unlock()
	if !mine {
		by := m.by
		return nil, &LockedError{By: &by}
	}
	m.by = who
	return &memoryTx{target: m, facts: m.facts, last: m.last, log: m.log}, nil
}

type memoryTx struct {
	target *Memory
	facts  fact.Set
	last   fact.Set
	log    []Record
	done   bool
}

func (tx *memoryTx) Read(ctx context.Context, view fact.Scope) (fact.Snapshot, error) {
	return snapshot(tx.target.Lineage, tx.log, tx.facts, tx.last, view), ctx.Err()
}

func (tx *memoryTx) Applied(ctx context.Context, plan string) (Entry, bool, error) {
	for _, r := range tx.log {
		if r.Plan == plan {
			return r.Entry, true, ctx.Err()
		}
	}
	return Entry{}, false, ctx.Err()
}

func (tx *memoryTx) Do(ctx context.Context, step order.Step) error {
	facts, err := step.Do(tx.facts)
	if err != nil {
		return err
	}
	tx.facts = facts
	return ctx.Err()
}

func (tx *memoryTx) Commit(ctx context.Context, note Note) (Entry, error) {
	if err := ctx.Err(); err != nil {
		return Entry{}, err
	}
	for ref := range fact.Words.Dangling(tx.facts) {
		return Entry{}, fmt.Errorf("%s %s names %s %s, which is not there", ref.Fact.Kind, ref.Fact.ID, ref.Target.Kind, ref.Target.ID)
	}
	record, err := note.Seal(newest(tx.log))
	if err != nil {
		return Entry{}, err
	}
	return tx.leave(append(slices.Clip(tx.log), record), note.Last)
}

func newest(log []Record) Entry {
	if n := len(log); n > 0 {
		return log[n-1].Entry
	}
	return Entry{}
}

// leave makes everything lasting.
func (tx *memoryTx) leave(log []Record, last fact.Set) (Entry, error) {
	tx.target.mu.Lock()
	tx.target.facts, tx.target.last, tx.target.log = tx.facts, last, log
	tx.target.mu.Unlock()
	return newest(log), tx.Rollback()
}

func (tx *memoryTx) Prune(ctx context.Context, upTo int64, who Entry) (Entry, error) {
	if err := ctx.Err(); err != nil {
		return Entry{}, err
	}
	left := slices.DeleteFunc(slices.Clone(tx.log), func(r Record) bool { return r.ID <= upTo })
	return tx.leave(append(left, SealPrune(who, upTo, newest(tx.log))), tx.last)
}

func (tx *memoryTx) Audit(ctx context.Context) (*Audit, error) {
	return audit(tx.target.Lineage, tx.log, tx.last), ctx.Err()
}

func (tx *memoryTx) Rollback() error {
	if !tx.done {
		tx.done = true
		tx.target.turn.Unlock()
	}
	return nil
}
