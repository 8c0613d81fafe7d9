package main

import (
	"context"

	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/reconcile/target"
)

// html reports whether the output is a page.
func (a *app) html() bool { return a.format == "html" }

// watch looks at what a plan is made from: a page shows more of it than its changes.
func (a *app) watch(goal *plan.Goal, r target.Reader) target.Reader {
	if !a.html() {
		return r
	}
	return watcher{r, func(snap fact.Snapshot) { a.picture = plan.PictureOf(goal, snap) }}
}

// watcher is a reader that tells what it read.
type watcher struct {
	target.Reader
	tell func(fact.Snapshot)
}

func (w watcher) Read(ctx context.Context, view fact.Scope) (fact.Snapshot, error) {
	snap, err := w.Reader.Read(ctx, view)
	if err == nil {
		w.tell(snap)
	}
	return snap, err
}
