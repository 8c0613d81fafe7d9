// Package pgtest gives tests a real PostgreSQL server, databases on it, and a
// line to it that breaks where the test says.
//
//	db := pgtest.Start(t).Database(t)       // the server is shared, the database is the test's own
//	target, err := sqldb.Open(ctx, db.DSN())
//	proxy := db.Proxy(t)
//	proxy.At(pgtest.Down, 100, pgtest.Reset) // the client gets 100 bytes, and then no more
//
// The server is made by initdb in a temporary directory and listens on the
// loopback alone. It is gone when the test binary is, however that ended. Where
// no PostgreSQL is installed the test is skipped; with LUPA_POSTGRES=required
// it fails.
package pgtest

import (
	"bufio"
	"crypto/rand"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const superuser = "postgres"

// Server is a running PostgreSQL server.
type Server struct {
	dir      string // holds the data and the log
	port     int
	password string // of every role
	own      bool
	names    atomic.Int64

	mu      sync.Mutex // one order to the guard at a time
	guard   *exec.Cmd
	orders  io.WriteCloser
	answers *bufio.Reader
}

// Mode says how a server is stopped.
type Mode string

const (
	Fast      Mode = "fast"      // transactions are rolled back, clients are told
	Immediate Mode = "immediate" // as in a crash: recovery is for the next start
)

// errNoServer is an installation without PostgreSQL, unlike one whose server
// does not start.
var errNoServer = errors.New("no PostgreSQL server is installed")

var shared = sync.OnceValues(start)

// Start gives the server that all tests of the binary share; the first call
// starts it. Nobody may stop it.
func Start(t testing.TB) *Server {
	t.Helper()
	s, err := shared()
	available(t, err)
	return s
}

// Own starts a server for one test, which may stop it.
func Own(t testing.TB) *Server {
	t.Helper()
	s, err := start()
	available(t, err)
	s.own = true
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("log of the PostgreSQL server:\n%s", s.log(0))
		}
		s.leave()
	})
	return s
}

func available(t testing.TB, err error) {
	t.Helper()
	switch {
	case err == nil:
	case errors.Is(err, errNoServer) && os.Getenv("LUPA_POSTGRES") != "required":
		t.Skipf("skipped: %v", err)
	default:
		t.Fatal(err)
	}
}

// Stop stops a server that the test has for itself.
func (s *Server) Stop(t testing.TB, mode Mode) {
	t.Helper()
	if !s.own {
		t.Fatal("other tests use this server as well: take pgtest.Own")
	}
	if err := s.order("stop " + string(mode)); err != nil {
		t.Fatal(err)
	}
}

// Restart stops the server, if it runs, and starts it again on the same port.
func (s *Server) Restart(t testing.TB, mode Mode) {
	t.Helper()
	if s.running() {
		s.Stop(t, mode)
	}
	from := s.logged()
	err := s.order(fmt.Sprintf("start %d", s.port))
	for try := 0; err != nil && s.portTaken(from) && try < 20; try++ { // by somebody's outgoing connection
		<-time.After(100 * time.Millisecond)
		err = s.order(fmt.Sprintf("start %d", s.port))
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (s *Server) running() bool {
	_, err := os.Stat(filepath.Join(s.dir, "data", "postmaster.pid"))
	return err == nil
}

// guard.sh makes the server and removes it when its input ends, which the kernel
// sees to even where the test binary is killed.
//
//go:embed guard.sh
var guardScript string

const settings = `
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 60
fsync = off
full_page_writes = off
synchronous_commit = on
autovacuum = off
shared_buffers = 16MB
lc_messages = 'C'
log_line_prefix = '%m [%p] %u@%d '
`

func start() (*Server, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "lupa-pgtest-")
	if err != nil {
		return nil, err
	}
	s := &Server{dir: dir, password: rand.Text()}
	if err := s.begin(bin); err != nil {
		text := s.log(0)
		s.leave()
		_ = os.RemoveAll(dir) // where not even the guard was there to do it
		return nil, fmt.Errorf("starting PostgreSQL of %s: %w\n%s", bin, err, text)
	}
	return s, nil
}

func (s *Server) begin(bin string) error {
	for name, text := range map[string]string{"password": s.password, "settings": settings, "log": ""} {
		if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	command := []string{"sh", "-c", guardScript, "guard", bin, s.dir}
	if os.Getuid() == 0 { // which initdb refuses
		uid, gid, err := giveAway(s.dir, superuser)
		if err != nil {
			return err
		}
		// Unlike runuser it does not stay in front, where an interrupt would reach it.
		command = append([]string{"setpriv", "--reuid=" + uid, "--regid=" + gid, "--init-groups", "--"}, command...)
	}
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	defer log.Close()
	guard := exec.Command(command[0], command[1:]...)
	guard.Dir, guard.Stderr = s.dir, log
	guard.Env = append(slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "PG") }), "LC_ALL=C")
	if s.orders, err = guard.StdinPipe(); err != nil {
		return err
	}
	answers, err := guard.StdoutPipe()
	if err != nil {
		return err
	}
	if err := guard.Start(); err != nil {
		return err
	}
	s.guard, s.answers = guard, bufio.NewReader(answers)
	if err := s.answer("initdb"); err != nil {
		return err
	}
	return s.firstPort()
}

// firstPort starts the server on a port that is free. Between the look and the
// start somebody else can take it.
func (s *Server) firstPort() error {
	for try := 0; ; try++ {
		l, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			return err
		}
		s.port = l.Addr().(*net.TCPAddr).Port
		if err := l.Close(); err != nil {
			return err
		}
		from := s.logged()
		err = s.order(fmt.Sprintf("start %d", s.port))
		if err == nil || try == 5 || !s.portTaken(from) {
			return err
		}
	}
}

// portTaken tells whether the server did not start because of its port.
func (s *Server) portTaken(from int64) bool {
	return strings.Contains(s.log(from), "Address already in use")
}

// order has the guard do something, and waits until it is done.
func (s *Server) order(order string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := fmt.Fprintln(s.orders, order); err != nil {
		return fmt.Errorf("%s: %w", order, err)
	}
	return s.answer(order)
}

func (s *Server) answer(order string) error {
	switch answer, err := s.answers.ReadString('\n'); {
	case err != nil:
		return fmt.Errorf("%s: %w", order, err)
	case answer != "done\n":
		return fmt.Errorf("%s: the server's log has more", order)
	}
	return nil
}

// leave has the guard stop the server and remove its directory.
func (s *Server) leave() {
	if s.guard != nil {
		_ = s.orders.Close()
		_ = s.guard.Wait()
	}
}

// logged is how much the server has written so far.
func (s *Server) logged() int64 {
	info, err := os.Stat(filepath.Join(s.dir, "log"))
	if err != nil {
		return 0
	}
	return info.Size()
}

// log is what the server wrote from an offset on, the end of it where that is much.
func (s *Server) log(from int64) string {
	const much = 32 << 10
	text, err := os.ReadFile(filepath.Join(s.dir, "log"))
	if err != nil {
		return err.Error()
	}
	return string(text[min(max(from, int64(len(text)-much)), int64(len(text))):])
}

// binaries finds the directory of initdb, pg_ctl and postgres: on the PATH, else
// the newest where Debian keeps them.
func binaries() (string, error) {
	if runtime.GOOS == "windows" {
		return "", fmt.Errorf("%w (this package needs sh)", errNoServer)
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path), nil
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return "", fmt.Errorf("%w: initdb is neither on the PATH nor in /usr/lib/postgresql", errNoServer)
	}
	version := func(path string) int {
		n, _ := strconv.Atoi(strings.Split(path, "/")[4])
		return n
	}
	return filepath.Dir(slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) })), nil
}

// giveAway makes a directory and its files those of another user, and gives the ids.
func giveAway(dir, name string) (uid, gid string, err error) {
	u, err := user.Lookup(name)
	if err != nil {
		return "", "", fmt.Errorf("initdb cannot be run as root: %w", err)
	}
	owner, err := strconv.Atoi(u.Uid)
	if err != nil {
		return "", "", err
	}
	group, err := strconv.Atoi(u.Gid)
	if err != nil {
		return "", "", err
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		return "", "", err
	}
	for _, path := range append(files, dir) {
		if err := os.Chown(path, owner, group); err != nil {
			return "", "", err
		}
	}
	return u.Uid, u.Gid, nil
}
