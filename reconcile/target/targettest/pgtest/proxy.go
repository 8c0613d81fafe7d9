package pgtest

import (
	"fmt"
	"net"
	"net/url"
	"sync"
	"testing"
)

// Way is a direction on the line.
type Way int

const (
	Up   Way = iota // from the client to the server
	Down            // from the server to the client
)

// Proxy stands between clients and a server. It forwards every byte, until a
// fault strikes. A connection that only asks to cancel another one, as pgx opens
// it when a context ends, is forwarded and else passed over: it is not counted and
// meets no fault.
type Proxy struct {
	db     *Database
	listen net.Listener
	done   sync.WaitGroup

	mu      sync.Mutex
	links   []*link
	last    *link // of those that opened
	opened  int
	refuses bool
	armed   *strike
	struck  bool
}

// strike is a fault and when it is due: after so many bytes, or at the answer to
// a COMMIT.
type strike struct {
	fault  Fault
	way    Way
	after  int64
	commit bool
}

// Fault is what befalls a connection. While it does, nothing is forwarded on it.
type Fault func(*link)

// The faults: the line is hung up in an orderly way (FIN), reset (RST), or stays
// open while nothing passes any more. In each case both sides see the same, and
// no further byte goes either way.
var (
	Hangup Fault = (*link).hangup
	Reset  Fault = (*link).reset
	Freeze Fault = (*link).freeze
)

// Run calls do, and forwards what comes after it is done. It is called by another
// goroutine than the test's, so it must not call t.Fatal.
func Run(do func()) Fault { return func(*link) { do() } }

// Then is one fault after the other.
func Then(first, second Fault) Fault {
	return func(l *link) {
		first(l)
		second(l)
	}
}

// Proxy puts a proxy in front of the database's server, until the end of the test.
func (db *Database) Proxy(t testing.TB) *Proxy {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{db: db, listen: l}
	p.done.Go(p.accept)
	t.Cleanup(func() {
		_ = l.Close()
		p.mu.Lock()
		p.refuses = true
		for _, l := range p.links {
			l.close()
		}
		p.mu.Unlock()
		p.done.Wait()
	})
	return p
}

// DSN is the address of the database through the proxy, for its owner.
func (p *Proxy) DSN() string { return p.Through(p.db.DSN()) }

// Through is a DSN of the database, led through the proxy.
func (p *Proxy) Through(dsn string) string {
	u, err := url.Parse(dsn)
	if err != nil {
		panic(fmt.Sprintf("no DSN of this package: %v", err))
	}
	u.Host = p.listen.Addr().String()
	return u.String()
}

// At arms a fault: it strikes once, on the first connection on which exactly
// after bytes have gone that way; with 0, on the next one whose client says
// something. Of what the other side answers to the last of these bytes nothing passes before. It
// takes the place of a fault that has not struck yet.
func (p *Proxy) At(way Way, after int64, fault Fault) {
	p.arm(&strike{fault: fault, way: way, after: after})
}

// LoseCommit arms a fault that strikes once, on the first connection whose client
// sends a statement that begins with COMMIT, be it as a query or prepared: the
// server gets it and answers, no byte of the answer is forwarded, and when it is
// complete, so that the server has committed, the fault strikes. It too takes the
// place of a fault that has not struck yet.
func (p *Proxy) LoseCommit(fault Fault) {
	p.arm(&strike{fault: fault, commit: true})
}

func (p *Proxy) arm(s *strike) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.armed, p.struck = s, false
}

// Struck tells whether the fault armed last has struck.
func (p *Proxy) Struck() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.struck
}

// Refuse says whether new connections are reset at once. Open ones stay.
func (p *Proxy) Refuse(refuse bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refuses = refuse
}

// Bytes is how much was forwarded on the connection opened last. The message by
// which a client says that it leaves is not counted: the client may be gone before
// it is read.
func (p *Proxy) Bytes() (up, down int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.last == nil {
		return 0, 0
	}
	return p.last.said.Load(), p.last.count[Down].Load()
}

// Statements is how many statements clients have had run so far, on all connections.
// Rows that a COPY sends are of the one.
func (p *Proxy) Statements() (all int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range p.links {
		all += l.asked.orders.Load()
	}
	return all
}

// Connections is on how many connections a client has said something.
func (p *Proxy) Connections() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.opened
}

func (p *Proxy) accept() {
	for {
		c, err := p.listen.Accept()
		if err != nil {
			return // closed at the end of the test
		}
		client := c.(*net.TCPConn)
		s, err := net.Dial("tcp4", fmt.Sprintf("127.0.0.1:%d", p.db.server.port))
		if err != nil {
			abort(client)
			continue
		}
		p.connect(client, s.(*net.TCPConn))
	}
}

func (p *Proxy) connect(client, server *net.TCPConn) {
	l := &link{proxy: p, from: [2]*net.TCPConn{Up: client, Down: server}}
	p.mu.Lock()
	refused := p.refuses
	if !refused {
		p.links = append(p.links, l)
	}
	p.mu.Unlock()
	if refused {
		abort(client)
		abort(server)
		return
	}
	var both sync.WaitGroup
	both.Go(func() { l.pump(Up) })
	both.Go(func() { l.pump(Down) })
	p.done.Go(func() {
		both.Wait()
		if l.state != frozen {
			l.close()
		}
	})
}

// take gives the armed fault to the connection that comes to where it is due.
func (p *Proxy) take(due func(*strike) bool) *strike {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.armed
	if s == nil || !due(s) {
		return nil
	}
	p.armed = nil
	return s
}
