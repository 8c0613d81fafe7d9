package pgtest

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Keep keeps what the database holds under a name, for Restore. Nobody may be
// connected to it.
func (db *Database) Keep(t testing.TB, name string) {
	t.Helper()
	kept := db.Name + "_" + name
	db.server.exec(t, superuser, "CREATE DATABASE "+kept+" TEMPLATE "+db.Name)
	t.Cleanup(func() { db.server.exec(t, superuser, "DROP DATABASE "+kept+" WITH (FORCE)") })
}

// Restore makes the database what it was at Keep.
func (db *Database) Restore(t testing.TB, name string) {
	t.Helper()
	db.server.exec(t, superuser, "DROP DATABASE "+db.Name+" WITH (FORCE)")
	db.server.exec(t, superuser, "CREATE DATABASE "+db.Name+" OWNER "+db.Owner+" TEMPLATE "+db.Name+"_"+name)
	db.server.exec(t, superuser, "CHECKPOINT") // not in the time of who comes next
}

// Spent is how much processor time all processes of the server have had so far, in
// ticks of a hundredth of a second; 0 where the system has no /proc.
func (s *Server) Spent() time.Duration {
	first, err := os.ReadFile(filepath.Join(s.dir, "data", "postmaster.pid"))
	if err != nil {
		return 0
	}
	postmaster, _, _ := strings.Cut(string(first), "\n")
	ticks := 0
	processes, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range processes {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		fields := strings.Fields(string(stat)[strings.LastIndexByte(string(stat), ')')+1:]) // from the third on: state, parent
		own := path == fmt.Sprintf("/proc/%s/stat", postmaster)
		if len(fields) < 15 || !own && fields[1] != postmaster {
			continue
		}
		times := fields[11:13] // of the process itself
		if own {
			times = fields[11:15] // and of its children that have ended
		}
		for _, t := range times {
			n, _ := strconv.Atoi(t)
			ticks += n
		}
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}
