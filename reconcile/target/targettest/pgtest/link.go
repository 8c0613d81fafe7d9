package pgtest

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
)

// link is one connection of a client with its twin to the server.
type link struct {
	proxy   *Proxy
	from    [2]*net.TCPConn // where the bytes of a way come from
	count   [2]atomic.Int64
	said    atomic.Int64 // what went up, without the farewell
	cancels atomic.Bool  // it only asks to cancel another one

	asked    asked    // of the pump that goes up
	answered answered // of the pump that goes down

	// Forwarding holds mu for reading, a fault for writing: when one strikes, no
	// byte is on its way.
	mu      sync.RWMutex
	state   state
	lost    *strike // due at the answer to a COMMIT; until then nothing goes down
	awaited int     // which answer that is
}

type state int

const (
	open   state = iota
	cut          // what comes is thrown away
	frozen       // nobody listens
)

// pump forwards one way until the sender ends.
func (l *link) pump(way Way) {
	buf := make([]byte, 32<<10)
	for first := true; ; first = false {
		n, err := l.from[way].Read(buf)
		if first && way == Up && n > 0 {
			l.opens(buf[:n])
		}
		if !l.forward(way, buf[:n]) {
			return
		}
		if err != nil {
			l.ended(way, err)
			return
		}
	}
}

// opens sees the first that a client says.
func (l *link) opens(p []byte) {
	if isCancel(p) {
		l.cancels.Store(true)
		return
	}
	l.proxy.mu.Lock()
	l.proxy.last = l
	l.proxy.opened++
	l.proxy.mu.Unlock()
	l.strike(l.take(func(s *strike) bool { return !s.commit && s.after == 0 }))
}

// take gives the armed fault, if it is due.
func (l *link) take(due func(*strike) bool) *strike {
	if l.cancels.Load() {
		return nil
	}
	return l.proxy.take(due)
}

// ended passes the end of a way on as what it was.
func (l *link) ended(way Way, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.state != open:
	case err == io.EOF:
		_ = l.from[1-way].CloseWrite()
	default:
		l.reset()
	}
}

// forward passes bytes on, up to where a fault is due, lets that strike, and goes
// on. It tells whether the line is worth listening to.
func (l *link) forward(way Way, p []byte) bool {
	for len(p) > 0 {
		n := int64(len(p))
		s := l.take(func(s *strike) bool {
			left := s.after - l.count[way].Load()
			due := !s.commit && s.way == way && 0 < left && left <= n
			if due {
				n = left
			}
			return due
		})
		if way == Up {
			l.notice(p[:n])
		}
		if s != nil { // no answer to these bytes passes before it struck
			l.mu.Lock()
			l.pass(way, p[:n])
			l.befall(s)
			l.mu.Unlock()
		} else {
			l.mu.RLock()
			s = l.pass(way, p[:n])
			l.mu.RUnlock()
			l.strike(s)
		}
		p = p[n:]
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.state != frozen
}

// notice looks for a COMMIT in what is about to go up: its answer may be lost.
func (l *link) notice(p []byte) {
	if !l.asked.read(p) {
		return
	}
	if s := l.take(func(s *strike) bool { return s.commit }); s != nil {
		l.mu.Lock()
		l.lost, l.awaited = s, l.asked.awaited
		l.mu.Unlock()
	}
}

// pass writes bytes to the other side, if it is to get any, and gives the strike
// that is due after them. A write that fails is found by the pump that reads there.
func (l *link) pass(way Way, p []byte) *strike {
	if way == Down {
		l.answered.read(p)
	}
	switch {
	case l.state != open:
		return nil
	case way == Down && l.lost != nil:
		if l.answered.count < l.awaited {
			return nil
		}
		return l.lost
	}
	l.count[way].Add(int64(len(p)))
	if way == Up {
		l.said.Add(int64(len(p) - l.asked.farewell))
	}
	_, _ = l.from[1-way].Write(p)
	return nil
}

// strike lets a fault befall the connection, if there is one.
func (l *link) strike(s *strike) {
	if s != nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.befall(s)
	}
}

func (l *link) befall(s *strike) {
	if l.state != open {
		return
	}
	l.lost = nil
	l.proxy.mu.Lock()
	l.proxy.struck = true
	l.proxy.mu.Unlock()
	s.fault(l)
}

func (l *link) hangup() {
	l.state = cut
	_ = l.from[Up].CloseWrite()
	_ = l.from[Down].CloseWrite()
}

func (l *link) reset() {
	l.state = cut
	abort(l.from[Up])
	abort(l.from[Down])
}

func (l *link) freeze() { l.state = frozen }

func (l *link) close() {
	_ = l.from[Up].Close()
	_ = l.from[Down].Close()
}

// abort closes a connection so that the other side sees a reset.
func abort(c *net.TCPConn) {
	_ = c.SetLinger(0)
	_ = c.Close()
}
