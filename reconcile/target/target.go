// Package target says what lupa asks of a place that holds permissions.
//
// Reading and writing are different types. Planning is handed a Reader and has
// nothing to write with. Writing happens in a transaction that reads through
// the same door, so that what a plan was made from can be checked where nobody
// can change it any more.
//
//	snap, err := t.Read(ctx, view)
//	tx, err := t.Begin(ctx, holder)
//	err = tx.Do(ctx, step)
//	err = tx.Commit(ctx, note)
package target

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/order"
)

// What a caller has to tell apart. They come wrapped in what was being done.
var (
	ErrNoTarget    = errors.New("the target does not exist")
	ErrUnreachable = errors.New("the target cannot be reached or written")
	ErrLocked      = errors.New("the target is locked by another")
	ErrDamaged     = errors.New("the target is damaged or was altered")
	ErrNewer       = errors.New("the target is newer than this lupa")
	ErrOlder       = errors.New("the target was made by an older lupa")
	ErrUnknown     = errors.New("it is not known whether the target took the changes")
	ErrOvertaken   = errors.New("somebody else changed the target at the same time")
)

// Holder is who has the lock of a target, for others to see who wait for it.
type Holder struct {
	Actor string    `json:"actor"` // account that runs lupa
	Host  string    `json:"host"`
	Plan  string    `json:"plan"` // hash of what is applied; "" where something else is done
	Since time.Time `json:"since"`
}

// LockedError is ErrLocked, with whoever holds the lock if that is known.
type LockedError struct{ By *Holder }

func (e *LockedError) Error() string {
	if e.By == nil {
		return ErrLocked.Error()
	}
	text := fmt.Sprintf("%v: %s on %s has it since %s", ErrLocked, e.By.Actor, e.By.Host, e.By.Since.UTC().Format("2006-01-02 15:04:05 MST"))
	if e.By.Plan != "" {
		text += fmt.Sprintf(", for plan %.12s", e.By.Plan)
	}
	return text
}

func (e *LockedError) Unwrap() error { return ErrLocked }

// Reader reads a target and cannot change it.
type Reader interface {
	// Read returns what the target holds, seen through a scope, as of one moment.
	Read(ctx context.Context, view fact.Scope) (fact.Snapshot, error)
}

// Atomic is a target that takes all steps of a plan or none.
type Atomic interface {
	Reader
	// Begin waits for its turn; LockedError where another keeps it waiting too long.
	// Others see who has the turn, and it ends with the process that has it.
	Begin(ctx context.Context, who Holder) (Tx, error)
}

// Tx is a transaction. Nothing it does is seen by others, or survives, before
// Commit returned nil.
type Tx interface {
	Reader
	Auditor
	// Applied returns the entry of the log for a plan that was applied before.
	Applied(ctx context.Context, plan string) (entry Entry, ok bool, err error)
	// Do carries out a step. Tests of a reference may wait until Commit.
	Do(ctx context.Context, step order.Step) error
	// Commit writes the note and makes everything lasting.
	Commit(ctx context.Context, note Note) (Entry, error)
	// Prune removes the entries of the log up to an id, writes an entry that says
	// so, and makes that lasting. Serial and facts stay as they are.
	Prune(ctx context.Context, upTo int64, who Entry) (Entry, error)
	// Rollback gives up. After Commit it does nothing.
	Rollback() error
}

// Note is what a transaction leaves behind besides the facts.
type Note struct {
	Last  fact.Set // what lupa leaves there, whether in view or not
	Back  *Back    // the way back to what it had left before; nil where that was nothing
	Entry Entry    // ID, Serial, Previous, Hash, State and Back are the target's to fill in
}

// Seal is the record of a note, that follows the last one of a log.
func (n Note) Seal(last Entry) (Record, error) {
	way, digest, err := n.Back.Pack()
	if err != nil {
		return Record{}, err
	}
	e := n.Entry
	e.State, e.Back, e.Pruned = n.Last.Digest().String(), digest, 0
	return Record{e.Seal(last.ID+1, last.Serial+1, last.Hash), way}, nil
}

// SealPrune is the record of a removal of the entries up to an id.
func SealPrune(who Entry, upTo int64, last Entry) Record {
	who.Plan, who.Changes, who.State, who.Back, who.Acknowledged, who.Undo, who.Pruned = "", 0, last.State, "", nil, 0, upTo
	return Record{Entry: who.Seal(last.ID+1, last.Serial, last.Hash)}
}

// View splits all facts of a target into what a scope sees and what it does not.
func View(all fact.Set, view fact.Scope) (now, beyond fact.Set) {
	if len(view.Ignore) == 0 {
		return all, fact.Set{}
	}
	now = all.Where(view.Sees)
	return now, all.Minus(now)
}
