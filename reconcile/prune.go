package reconcile

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/lupa-dev/lupa/reconcile/target"
)

// Prune removes the entries of a target's log that were made before an instant, but
// for the newest apply, and says in the log that it did. What is left can be proven
// still. A log that is not sound is left alone: what is wrong with it would be gone
// with it. The entry is empty where there was nothing to remove.
func Prune(ctx context.Context, to target.Atomic, before time.Time, who target.Entry) (entry target.Entry, removed int, err error) {
	tx, err := to.Begin(ctx, target.Holder{Actor: who.Actor, Host: who.Host, Since: who.At})
	if err != nil {
		return entry, 0, fmt.Errorf("opening target: %w", err)
	}
	defer tx.Rollback()
	audit, err := tx.Audit(ctx)
	if err != nil {
		return entry, 0, fmt.Errorf("reading the log: %w", err)
	}
	if err := audit.Sound(); err != nil {
		return entry, 0, err
	}
	upTo := audit.Prunable(before)
	if upTo == 0 {
		return entry, 0, nil
	}
	for _, r := range audit.Records {
		if r.ID <= upTo {
			removed++
		}
	}
	if entry, err = tx.Prune(ctx, upTo, who); err != nil {
		return entry, 0, fmt.Errorf("pruning the log: %w", err)
	}
	hclog.FromContext(ctx).Debug("log pruned", "entries", removed, "up to", upTo)
	return entry, removed, nil
}
