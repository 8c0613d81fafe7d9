package main

import (
	"fmt"
	"sync"
	"time"

	"github.com/lupa-dev/lupa/reconcile/config"
)

// progress tells a person at a terminal how far long work is, stage by stage. It
// says nothing for work of less than a second, and nothing to files and pipes.
type progress struct {
	mu    sync.Mutex
	app   *app
	on    bool
	start time.Time   // of the work
	last  time.Time   // that something was shown
	alive *time.Timer // shows a stage that does not count
	shown bool

	name      string // of the stage
	begun     time.Time
	done, all int // all is 0 where nobody counts
}

func (a *app) progress(name string) *progress {
	p := &progress{app: a, on: !a.quiet && isTerminal(a.err), start: time.Now()}
	if p.on {
		p.alive = time.AfterFunc(silence, p.show)
	}
	p.stage(name)
	return p
}

// silence is how long nothing is said, and pause how long until more is.
const (
	silence = time.Second
	pause   = 100 * time.Millisecond
)

// stage begins the next part of the work.
func (p *progress) stage(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.name != name {
		p.name, p.begun, p.done, p.all = name, time.Now(), 0, 0
		p.tell()
	}
}

// update is told how much of the stage is done, of how much in all.
func (p *progress) update(done, all int) {
	if !p.on {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done, p.all = max(p.done, done), all
	p.tell()
}

func (p *progress) show() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tell()
}

// tell shows where the work is, if it is long and nothing was shown just now.
func (p *progress) tell() {
	now := time.Now()
	if !p.on || now.Sub(p.start) < silence || now.Sub(p.last) < pause {
		return
	}
	p.last, p.shown = now, true
	what := say(p.name)
	if p.done > 0 && p.all > 0 {
		left := time.Duration(float64(now.Sub(p.begun)) * float64(p.all-p.done) / float64(p.done)).Round(time.Second)
		what = say("%s: %d of %d, about %s left", what, p.done, p.all, left)
	}
	fmt.Fprintf(p.app.err, "\r\x1b[K%s", p.app.text(p.app.err).Told(what))
}

// end takes the line away.
func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.on {
		p.alive.Stop()
		p.on = false
	}
	if p.shown {
		fmt.Fprint(p.app.err, "\r\x1b[K")
	}
}

// reading tells of a tree that is read.
func (p *progress) reading(part config.Part, done, all int) {
	switch part {
	case config.Files:
		p.stage("reading files")
	case config.Rosters:
		p.stage("reading rosters")
	case config.People:
		p.stage("putting people and permissions together")
	}
	p.update(done, all)
}

// applying tells of a plan that is carried out.
func (p *progress) applying(done, steps int) {
	p.stage("writing rows")
	if p.update(done, steps); done == steps {
		p.stage("checking what was written")
	}
}
