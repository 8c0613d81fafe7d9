package main

import (
	"fmt"
	"sync"
	"time"
)

// progress tells a person at a terminal how far long work is. It says nothing
// for work of less than a second, and nothing to files and pipes.
type progress struct {
	mu    sync.Mutex
	app   *app
	name  string
	on    bool
	start time.Time
	last  time.Time
	shown bool
}

func (a *app) progress(name string) *progress {
	now := time.Now()
	return &progress{app: a, name: name, on: !a.quiet && isTerminal(a.err), start: now, last: now}
}

// update is told how much is done, of how much in all.
func (p *progress) update(done, all int) {
	if !p.on {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if now.Sub(p.start) < time.Second || now.Sub(p.last) < 100*time.Millisecond {
		return
	}
	p.last, p.shown = now, true
	left := time.Duration(float64(now.Sub(p.start)) * float64(all-done) / float64(max(done, 1))).Round(time.Second)
	fmt.Fprintf(p.app.err, "\r\x1b[K%s: %d of %d, about %s left", p.name, done, all, left)
}

// done takes the line away.
func (p *progress) done() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shown {
		fmt.Fprint(p.app.err, "\r\x1b[K")
	}
}
