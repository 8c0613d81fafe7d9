package pgtest

import (
	"bytes"
	"encoding/binary"
	"regexp"
	"sync/atomic"
)

// frames cuts a stream of PostgreSQL's protocol (version 3, without TLS) into
// messages: a byte for the kind, but for the client's first, and a length that
// counts itself.
type frames struct {
	rest    []byte
	untyped bool // the next message has no kind
}

func (f *frames) each(p []byte, visit func(kind byte, body []byte)) {
	f.rest = append(f.rest, p...)
	for {
		head := 5
		if f.untyped {
			head = 4
		}
		if len(f.rest) < head {
			return
		}
		end := head - 4 + int(binary.BigEndian.Uint32(f.rest[head-4:]))
		if end < head || len(f.rest) < end {
			return
		}
		kind := f.rest[0]
		if f.untyped {
			kind = 0
		}
		visit(kind, f.rest[head:end])
		f.rest, f.untyped = f.rest[end:], false
	}
}

// asked is what a client has sent.
type asked struct {
	frames
	began      bool
	farewell   int          // bytes of the last read that say that the client leaves
	syncs      int          // messages that the server answers with ReadyForQuery
	orders     atomic.Int64 // statements that the server was to run
	awaited    int          // which of these answers says that the last COMMIT is done
	statements map[string]bool
	portals    map[string]bool
}

// isCancel tells whether a client opens with a CancelRequest.
func isCancel(p []byte) bool {
	return len(p) >= 8 && binary.BigEndian.Uint32(p[4:]) == 80877102
}

var commit = regexp.MustCompile(`(?i)(^|;)\s*commit\b`)

// read tells whether a COMMIT is sent with these bytes.
func (a *asked) read(p []byte) (commits bool) {
	if !a.began {
		a.began, a.untyped = true, true
		a.statements, a.portals = make(map[string]bool), make(map[string]bool)
	}
	a.farewell = 0
	a.each(p, func(kind byte, body []byte) {
		first, rest, _ := bytes.Cut(body, []byte{0})
		second, _, _ := bytes.Cut(rest, []byte{0})
		switch kind {
		case 'Q': // SQL
			a.syncs++
			a.orders.Add(1)
			if commit.Match(first) {
				commits, a.awaited = true, a.syncs
			}
		case 'P': // Parse: statement, SQL
			a.statements[string(first)] = commit.Match(second)
		case 'B': // Bind: portal, statement
			a.portals[string(first)] = a.statements[string(second)]
		case 'E': // Execute: portal
			a.orders.Add(1)
			if a.portals[string(first)] {
				commits, a.awaited = true, a.syncs+1
			}
		case 'S', 'F': // Sync, FunctionCall
			a.syncs++
		case 'X': // Terminate
			a.farewell = 5 + len(body)
		}
	})
	return commits
}

// answered counts how often the server was ready, after the first time.
type answered struct {
	frames
	begun bool
	count int
}

func (a *answered) read(p []byte) {
	a.each(p, func(kind byte, _ []byte) {
		switch {
		case kind != 'Z': // ReadyForQuery
		case a.begun:
			a.count++
		default:
			a.begun = true
		}
	})
}
