// Package reconcile is the engine: it proposes plans and carries them out.
//
//	p, err := reconcile.Propose(ctx, goal, "local", version, reader)
//	outcome, err := reconcile.Apply(ctx, p, target, reconcile.Run{Entry: who})
//
// Proposing only reads. Applying is one transaction: the target is read inside
// it and must be what the plan was made from; then the plan's steps are done
// and nothing else; then the target must be what the plan promised. Anything
// else rolls back, and the target is as it was.
package reconcile

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/reconcile/target"
)

// What a caller has to tell apart.
var (
	ErrStale    = errors.New("the target is not what the plan was made from")
	ErrDiverged = errors.New("the target would not be what the plan promised")
	ErrRefused  = errors.New("the plan was refused by a rule")
	ErrOtherDay = errors.New("other documents are in force than those the plan was made of")
)

// Propose makes a plan for a target that is only read.
func Propose(ctx context.Context, goal *plan.Goal, name, version string, from target.Reader) (*plan.Plan, error) {
	snap, err := from.Read(ctx, goal.View)
	if err != nil {
		return nil, fmt.Errorf("reading target: %w", err)
	}
	hclog.FromContext(ctx).Debug("target read", "target", name, "serial", snap.Serial, "facts", snap.Now.Len())
	return plan.Make(goal, name, version, snap), nil
}

// Run is what an apply is told besides the plan.
type Run struct {
	Entry target.Entry // for the log: who, where, when by the clock, with which lupa
	At    time.Time    // the instant at which the plan must hold; zero: at any

	// Acknowledged is what somebody typed to pass the plan's brakes.
	Acknowledged []plan.Acknowledgement

	Progress func(done, steps int) // if not nil, called after each step
}

// Apply carries out a plan, whole or not at all. A plan that was applied before
// is left at that, whatever happened since (T107). One whose brakes were not all
// acknowledged, and nothing else, is refused with plan.ErrBraked.
func Apply(ctx context.Context, p *plan.Plan, to target.Atomic, run Run) (plan.Outcome, error) {
	if p.Refused() {
		return plan.Outcome{}, ErrRefused
	}
	tx, err := to.Begin(ctx, target.Holder{Actor: run.Entry.Actor, Host: run.Entry.Host, Plan: p.Hash, Since: run.Entry.At})
	if err != nil {
		return plan.Outcome{}, fmt.Errorf("opening target: %w", err)
	}
	defer tx.Rollback()
	if entry, ok, err := tx.Applied(ctx, p.Hash); err != nil || ok {
		return before(ctx, tx, entry, err)
	}
	if err := p.Pass(run.Acknowledged); err != nil {
		return plan.Outcome{}, err
	}
	if !run.At.IsZero() && !p.Holds(run.At) {
		return plan.Outcome{}, fmt.Errorf("%w: it was made for %s", ErrOtherDay, p.At)
	}
	before, err := check(ctx, p, tx)
	if err != nil {
		return plan.Outcome{}, err
	}
	if p.Empty() && !p.Record {
		return plan.Outcome{Idle: true}, nil
	}
	for i, step := range p.Steps {
		if err := ctx.Err(); err != nil {
			return plan.Outcome{}, err
		}
		if err := tx.Do(ctx, step); err != nil {
			return plan.Outcome{}, because(ctx, p, tx, to, fmt.Errorf("step %d of %d: %w", i+1, len(p.Steps), err))
		}
		if run.Progress != nil {
			run.Progress(i+1, len(p.Steps))
		}
	}
	after, err := tx.Read(ctx, p.View)
	if err != nil {
		return plan.Outcome{}, fmt.Errorf("reading target: %w", err)
	}
	if after.Now.Digest() != p.GoalDigest {
		return plan.Outcome{}, because(ctx, p, tx, to, ErrDiverged)
	}
	note := target.Note{Last: last(p, before, after), Entry: run.Entry}
	note.Back = target.WayBack(before, note.Last, after.Now, target.Renames(p.Steps))
	note.Entry.Plan, note.Entry.Changes, note.Entry.Undo = p.Hash, p.Summary.Changes(), p.Undo
	for _, a := range run.Acknowledged {
		note.Entry.Acknowledged = append(note.Entry.Acknowledged, a.String())
	}
	entry, err := tx.Commit(ctx, note)
	if err != nil {
		return plan.Outcome{}, because(ctx, p, tx, to, fmt.Errorf("committing: %w", err))
	}
	hclog.FromContext(ctx).Debug("plan applied", "plan", p.Hash, "serial", entry.Serial, "steps", len(p.Steps))
	return plan.Outcome{Entry: entry}, nil
}

// before is the outcome of a plan that was applied before.
func before(ctx context.Context, tx target.Tx, entry target.Entry, err error) (plan.Outcome, error) {
	if err != nil {
		return plan.Outcome{}, err
	}
	audit, err := tx.Audit(ctx)
	if err != nil {
		return plan.Outcome{}, fmt.Errorf("reading the log: %w", err)
	}
	return plan.Outcome{Entry: entry, Already: true, Since: int(audit.Serial - entry.Serial)}, nil
}

// check holds the target against what the plan was made from.
func check(ctx context.Context, p *plan.Plan, tx target.Tx) (fact.Snapshot, error) {
	before, err := tx.Read(ctx, p.View)
	switch {
	case err != nil:
		return before, fmt.Errorf("reading target: %w", err)
	case before.Lineage != p.Target.Lineage:
		return before, fmt.Errorf("%w: it is another target, with lineage %s", ErrStale, before.Lineage)
	case before.Serial != p.Target.Serial:
		return before, fmt.Errorf("%w: the plan is for serial %d, the target is at %d", ErrStale, p.Target.Serial, before.Serial)
	case before.Now.Digest() != p.BaseDigest:
		return before, fmt.Errorf("%w: somebody changed it by hand", ErrStale)
	}
	return before, nil
}

// because looks for the cause of an error that the target has no name for. Somebody
// who does not wait for the lock may have changed, unseen by the transaction, what
// constraints speak of or what a removal takes along.
func because(ctx context.Context, p *plan.Plan, tx target.Tx, to target.Atomic, err error) error {
	named := []error{target.ErrUnreachable, target.ErrLocked, target.ErrDamaged, target.ErrUnknown, target.ErrOvertaken, context.Canceled}
	if slices.ContainsFunc(named, func(known error) bool { return errors.Is(err, known) }) || tx.Rollback() != nil {
		return err
	}
	now, unread := to.Read(ctx, p.View)
	if unread == nil && (now.Serial != p.Target.Serial || now.Now.Digest() != p.BaseDigest) {
		return fmt.Errorf("%w: somebody changed it at the same time (%w)", ErrStale, err)
	}
	return err
}

// last is what lupa leaves in the target: what is in view and not somebody
// else's, and beyond the view what it had left there before.
func last(p *plan.Plan, before, after fact.Snapshot) fact.Set {
	foreign := make(map[fact.Key]bool)
	for _, o := range slices.Concat(p.Unmanaged, p.External) {
		foreign[fact.Key{Kind: o.Kind, ID: o.ID}] = true
	}
	ours := after.Now
	if len(foreign) > 0 {
		ours = ours.Where(func(k fact.Key) bool { return !foreign[fact.Words.Root(k)] })
	}
	if len(p.View.Ignore) == 0 {
		return ours
	}
	beyond := before.Last.Where(func(k fact.Key) bool { return !p.View.Sees(k) })
	return ours.Plus(target.Follow(beyond, target.Renames(p.Steps)))
}
