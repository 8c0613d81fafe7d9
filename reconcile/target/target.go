// Package target says what lupa asks of a place that holds permissions.
//
// Reading and writing are different types. Planning is handed a Reader and has
// nothing to write with. Writing happens in a transaction that reads through
// the same door, so that what a plan was made from can be checked where nobody
// can change it any more.
//
//	snap, err := t.Read(ctx, view)
//	tx, err := t.Begin(ctx)
//	err = tx.Do(ctx, step)
//	err = tx.Commit(ctx, note)
package target

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
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
)

// Reader reads a target and cannot change it.
type Reader interface {
	// Read returns what the target holds, seen through a scope, as of one moment.
	Read(ctx context.Context, view fact.Scope) (fact.Snapshot, error)
}

// Atomic is a target that takes all steps of a plan or none.
type Atomic interface {
	Reader
	// Begin waits for its turn; ErrLocked where another keeps it waiting too long.
	Begin(ctx context.Context) (Tx, error)
}

// Tx is a transaction. Nothing it does is seen by others, or survives, before
// Commit returned nil.
type Tx interface {
	Reader
	// Applied returns the entry of the log for a plan that was applied before.
	Applied(ctx context.Context, plan string) (entry Entry, ok bool, err error)
	// Do carries out a step. Tests of a reference may wait until Commit.
	Do(ctx context.Context, step order.Step) error
	// Commit writes the note and makes everything lasting.
	Commit(ctx context.Context, note Note) (Entry, error)
	// Rollback gives up. After Commit it does nothing.
	Rollback() error
}

// Note is what a transaction leaves behind besides the facts.
type Note struct {
	Last  fact.Set // what lupa leaves there, whether in view or not
	Entry Entry    // ID, Serial, Previous and Hash are the target's to fill in
}

// Entry is one line of the log of applies.
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
}

// Seal is the entry that follows the last one of a log, with its hash: the
// SHA-256 of its JSON, keys in the order of Entry, with "" for the hash itself.
func (e Entry) Seal(id, serial int64, previous string) Entry {
	e.ID, e.Serial, e.Previous, e.Hash = id, serial, previous, ""
	e.At = e.At.UTC().Truncate(time.Second)
	data, err := json.Marshal(e)
	if err != nil {
		panic(err) // text and numbers always marshal
	}
	sum := sha256.Sum256(data)
	e.Hash = hex.EncodeToString(sum[:])
	return e
}

// View splits all facts of a target into what a scope sees and what it does not.
func View(all fact.Set, view fact.Scope) (now, beyond fact.Set) {
	if len(view.Ignore) == 0 {
		return all, fact.Set{}
	}
	now = all.Where(view.Sees)
	return now, all.Minus(now)
}
