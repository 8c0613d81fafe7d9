package target

import (
	"context"
	"fmt"
	"sync"

	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/order"
)

// Memory is the reference target: it says what every other has to do.
type Memory struct {
	Lineage string

	turn  sync.Mutex // held by the open transaction
	mu    sync.Mutex // guards what follows
	facts fact.Set
	last  fact.Set
	log   []Entry
}

// Read is Reader's.
func (m *Memory) Read(ctx context.Context, view fact.Scope) (fact.Snapshot, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return snapshot(m.Lineage, m.log, m.facts, m.last, view), ctx.Err()
}

func snapshot(lineage string, log []Entry, facts, last fact.Set, view fact.Scope) fact.Snapshot {
	s := fact.Snapshot{Lineage: lineage}
	if n := len(log); n > 0 {
		s.Serial = log[n-1].Serial
	}
	s.Now, s.Beyond = View(facts, view)
	s.Last = last
	return s
}

// Edit changes facts behind lupa's back, as somebody at the target would.
func (m *Memory) Edit(change func(fact.Set) fact.Set) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.facts = change(m.facts)
}

// Begin is Atomic's. A second transaction is refused at once.
func (m *Memory) Begin(ctx context.Context) (Tx, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if !m.turn.TryLock() {
		return nil, ErrLocked
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return &memoryTx{target: m, facts: m.facts, last: m.last, log: m.log}, nil
}

type memoryTx struct {
	target *Memory
	facts  fact.Set
	last   fact.Set
	log    []Entry
	done   bool
}

func (tx *memoryTx) Read(ctx context.Context, view fact.Scope) (fact.Snapshot, error) {
	return snapshot(tx.target.Lineage, tx.log, tx.facts, tx.last, view), ctx.Err()
}

func (tx *memoryTx) Applied(ctx context.Context, plan string) (Entry, bool, error) {
	for _, e := range tx.log {
		if e.Plan == plan {
			return e, true, ctx.Err()
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
	var last Entry
	if n := len(tx.log); n > 0 {
		last = tx.log[n-1]
	}
	entry := note.Entry.Seal(last.ID+1, last.Serial+1, last.Hash)
	tx.target.mu.Lock()
	tx.target.facts, tx.target.last, tx.target.log = tx.facts, note.Last, append(tx.log, entry)
	tx.target.mu.Unlock()
	return entry, tx.Rollback()
}

func (tx *memoryTx) Rollback() error {
	if !tx.done {
		tx.done = true
		tx.target.turn.Unlock()
	}
	return nil
}
