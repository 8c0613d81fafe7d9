package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// cost is what a run of a program took; what is not known is 0.
type cost struct {
	CPU, Wall time.Duration
	Server    time.Duration // CPU of the database server meanwhile
	Peak      int64         // bytes
	Allocs    int64
	Bytes     int64 // allocated
}

// byCost in the environment names the file that a process writes its memory to, as
// a cost.
const byCost = "LUPA_TEST_COST"

func tellCost() {
	file := os.Getenv(byCost)
	if file == "" {
		return
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	data, err := json.Marshal(cost{Peak: peakOf("self"), Allocs: int64(m.Mallocs), Bytes: int64(m.TotalAlloc)})
	if err == nil {
		err = os.WriteFile(file, data, 0o600)
	}
	if err != nil {
		panic(err)
	}
}

// peakOf is the most memory that a process has had, 0 where the system does not say.
func peakOf(pid string) int64 {
	status, _ := os.ReadFile("/proc/" + pid + "/status")
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	kib, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	n, _ := strconv.ParseInt(kib, 10, 64)
	return n << 10
}

// measure runs a command to its end. One that is no copy of this binary cannot say
// how much memory it had, and is looked at meanwhile.
func measure(cmd *exec.Cmd, server func() time.Duration) (cost, error) {
	dir, err := os.MkdirTemp("", "lupa-cost-")
	if err != nil {
		return cost{}, err
	}
	defer os.RemoveAll(dir)
	told := filepath.Join(dir, "cost")
	cmd.Env = append(cmd.Env, byCost+"="+told)
	var said bytes.Buffer
	cmd.Stderr = &said
	before, begin := server(), time.Now()
	if err := cmd.Start(); err != nil {
		return cost{}, err
	}
	seen, ended := make(chan int64), make(chan struct{})
	go func() { seen <- lookAt(cmd, ended) }()
	err = cmd.Wait()
	wall := time.Since(begin)
	close(ended)
	c := cost{Peak: <-seen}
	if err != nil {
		return c, fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args[1:], " "), err, said.String())
	}
	if data, err := os.ReadFile(told); err == nil {
		if err := json.Unmarshal(data, &c); err != nil {
			return c, err
		}
	}
	c.Wall, c.CPU, c.Server = wall, cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime(), server()-before
	return c, nil
}

// lookAt is the most memory that a command of others was seen with.
func lookAt(cmd *exec.Cmd, ended chan struct{}) (most int64) {
	if cmd.Path == os.Args[0] {
		return 0
	}
	for {
		most = max(most, peakOf(strconv.Itoa(cmd.Process.Pid)))
		select {
		case <-ended:
			return most
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// median is the cost in the middle, for each of its parts.
func median(all []cost) cost {
	return cost{
		CPU: middle(all, func(c cost) time.Duration { return c.CPU }), Wall: middle(all, func(c cost) time.Duration { return c.Wall }),
		Server: middle(all, func(c cost) time.Duration { return c.Server }), Peak: middle(all, func(c cost) int64 { return c.Peak }),
		Allocs: middle(all, func(c cost) int64 { return c.Allocs }), Bytes: middle(all, func(c cost) int64 { return c.Bytes }),
	}
}

func middle[T ~int64](all []cost, of func(cost) T) T {
	values := make([]T, len(all))
	for i, c := range all {
		values[i] = of(c)
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// report adds a cost to the line of a Go benchmark.
func (c cost) report(b *testing.B) {
	b.ReportAllocs() // those that follow, not this binary's
	b.ReportMetric(c.CPU.Seconds(), "cpu-s/op")
	b.ReportMetric(float64(c.Peak)/(1<<20), "peak-MiB")
	b.ReportMetric(float64(c.Allocs), "allocs/op")
	b.ReportMetric(float64(c.Bytes), "B/op")
	if c.Server > 0 {
		b.ReportMetric(c.Server.Seconds(), "server-cpu-s/op")
	}
}

// row is a line of the table.
type row struct {
	people               int
	from, target, action string
	cost
}

// table is the rows that a run of the benchmarks has measured, and what it has to
// say about them.
type table struct {
	rows    []row
	startup time.Duration // what it takes to do nothing
	notes   []string
}

func (t *table) add(r row) {
	t.rows = append(t.rows, r)
	if r.action == startupAction {
		t.startup = r.CPU
	}
	fmt.Fprintf(os.Stderr, "bench: %7s %-6s %-8s %-20s %6.2f s CPU\n", thousands(r.people), r.from, r.target, r.action, r.CPU.Seconds())
	_ = t.save() // what there is, should the rest be interrupted
}

// save writes the table where somebody wants it.
func (t *table) save() error {
	if file := os.Getenv(benchTable); file != "" {
		return os.WriteFile(file, []byte(t.text()), 0o644)
	}
	return nil
}

func (t *table) note(format string, args ...any) {
	note := fmt.Sprintf(format, args...)
	if !slices.Contains(t.notes, note) {
		t.notes = append(t.notes, note)
		fmt.Fprintln(os.Stderr, "bench: "+note)
	}
}

// find is the row of the same tree, or of another size of it, for another action.
func (t *table) find(like row, people int, target, action string) (row, bool) {
	i := slices.IndexFunc(t.rows, func(r row) bool {
		return r.people == people && r.from == like.from && r.target == target && r.action == action
	})
	if i < 0 {
		return row{}, false
	}
	return t.rows[i], true
}

const (
	floorAction   = "floor"
	bareAction    = "bare plan"
	startupAction = "version"
	noTarget      = "-"
)

// text is the table, as wide as it must be, and as Markdown has it.
func (t *table) text() string {
	cells := [][]string{{"people", "from", "target", "command", "CPU s", "wall s", "server s", "MiB", "allocs", "alloc MiB", "floor", "bare", "growth"}}
	for _, r := range t.rows {
		cells = append(cells, []string{
			thousands(r.people), r.from, r.target, r.action, seconds(r.CPU), seconds(r.Wall), seconds(r.Server),
			mebibytes(r.Peak), thousands(int(r.Allocs)), mebibytes(r.Bytes), t.ratio(r, floorAction), t.ratio(r, bareAction), t.growth(r),
		})
	}
	widths := make([]int, len(cells[0]))
	for _, line := range cells {
		for i, cell := range line {
			widths[i] = max(widths[i], len(cell))
		}
	}
	var text strings.Builder
	for n, line := range cells {
		for i, cell := range line {
			if named := i >= 1 && i <= 3; named {
				fmt.Fprintf(&text, "| %-*s ", widths[i], cell)
			} else {
				fmt.Fprintf(&text, "| %*s ", widths[i], cell)
			}
		}
		text.WriteString("|\n")
		for i := range line {
			if n > 0 {
				continue
			}
			if named := i >= 1 && i <= 3; named {
				fmt.Fprintf(&text, "|-%s-", strings.Repeat("-", widths[i]))
			} else {
				fmt.Fprintf(&text, "|-%s:", strings.Repeat("-", widths[i]))
			}
		}
		if n == 0 {
			text.WriteString("|\n")
		}
	}
	text.WriteByte('\n')
	for _, note := range t.notes {
		text.WriteString("- " + note + "\n")
	}
	return text.String()
}

// ratio is the CPU of a row in that of a yardstick. What needs no target is held
// against those on SQLite.
func (t *table) ratio(r row, action string) string {
	target := r.target
	if target == noTarget {
		target = onSQLite
	}
	by, found := t.find(r, r.people, target, action)
	if !found || r.action == startupAction || by.CPU == 0 {
		return ""
	}
	return fmt.Sprintf("%.1f", r.CPU.Seconds()/by.CPU.Seconds())
}

// growth is the exponent by which a command grew since the size before: 1 is in
// proportion to the people. What it takes to start is no part of it.
func (t *table) growth(r row) string {
	smaller := 0
	for _, other := range t.rows {
		if other.people > smaller && other.people < r.people && other.from == r.from && other.target == r.target && other.action == r.action {
			smaller = other.people
		}
	}
	before, found := t.find(r, smaller, r.target, r.action)
	least := (before.CPU - t.startup).Seconds()
	if !found || least < 0.005 || r.CPU <= t.startup {
		return ""
	}
	return fmt.Sprintf("%.2f", math.Log((r.CPU-t.startup).Seconds()/least)/math.Log(float64(r.people)/float64(smaller)))
}

func seconds(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return fmt.Sprintf("%.3f", d.Seconds())
}

func mebibytes(n int64) string {
	if n == 0 {
		return ""
	}
	return thousands(int((n + 1<<19) >> 20))
}

func thousands(n int) string {
	if n == 0 {
		return ""
	}
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
