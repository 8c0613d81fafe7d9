package report

import (
	"strconv"
	"strings"

	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/reconcile/target"
)

// Log is the log of a target, by the target's name.
type Log struct {
	Name string
	*target.Audit
}

func (l Log) target() plan.Target {
	return plan.Target{Name: l.Name, Lineage: l.Lineage, Serial: l.Serial}
}

// entries are all entries, the newest first.
func (l Log) entries() []target.Entry {
	all := make([]target.Entry, 0, len(l.Records))
	for i := range l.Records {
		all = append(all, l.Records[len(l.Records)-1-i].Entry)
	}
	return all
}

// Fault is what is wrong with a target's log, in words.
func Fault(f target.Fault) string { return (&Text{}).fault(f) }

func (t *Text) fault(f target.Fault) string {
	key := "log." + f.Code
	if f.Entry == 0 && f.Code == target.Counting {
		key += ".target"
	}
	if f.Code == target.Beginning && f.Args[0] == "0" {
		key += ".whole"
	}
	args := []any{strconv.FormatInt(f.Entry, 10)}
	for _, arg := range f.Args {
		args = append(args, arg)
	}
	return t.sentence(key, args...)
}

// short is the beginning of a hash.
func short(hash string, digits int) string { return Safe(hash[:min(digits, len(hash))]) }

// revision is a commit in short, with what it is marked by.
func revision(commit string) string {
	hash, mark, _ := strings.Cut(commit, "-")
	if mark != "" {
		mark = "-" + Safe(mark)
	}
	return short(hash, 8) + mark
}

// maxWho is how many columns an account and its machine take at most.
const maxWho = 40

// History shows the log, the newest entry first.
func (t *Text) History(l Log, next string) {
	if len(l.Records) == 0 {
		t.printf("%s\n", t.sentence("history.none", l.Name))
		return
	}
	t.printf("%s\n\n", t.paint(bold, t.sentence("history.title", len(l.Records), l.Name)))
	var head []string
	for _, key := range []string{"id", "serial", "at", "by", "commit", "plan", "changes"} {
		head = append(head, t.sentence("history."+key))
	}
	rows := [][]string{append(head, "")}
	for _, e := range l.entries() {
		commit := own("")
		if e.Commit != "" {
			commit = own(revision(e.Commit))
		}
		plan, changes := short(e.Plan, 12), strconv.Itoa(e.Changes)
		if e.Pruned > 0 {
			plan, changes = "", ""
		}
		rows = append(rows, []string{strconv.FormatInt(e.ID, 10), strconv.FormatInt(e.Serial, 10), t.minute(e.At), cut(t.safe(e.Actor+"@"+e.Host), maxWho),
			string(commit), plan, changes, t.remarks(e)})
	}
	t.table(rows, map[int]bool{0: true, 1: true, 6: true})
	if l.Pruned() > 0 {
		t.printf("\n%s\n", t.sentence("history.pruned", strconv.FormatInt(l.Pruned(), 10)))
	}
	if next != "" {
		t.printf("\n%s\n", t.sentence("history.more", t.typed(next)))
	}
}

// remarks are what is special about an entry.
func (t *Text) remarks(e target.Entry) string {
	var all []string
	if e.Undo > 0 {
		all = append(all, t.sentence("history.undo", strconv.FormatInt(e.Undo, 10)))
	}
	if e.Pruned > 0 {
		all = append(all, t.sentence("history.prune", strconv.FormatInt(e.Pruned, 10)))
	}
	if len(e.Acknowledged) > 0 {
		all = append(all, t.sentence("history.passed", t.typed(strings.Join(e.Acknowledged, " "))))
	}
	return strings.Join(all, ", ")
}

// table writes rows in columns, the first row as their heading; what is right is
// aligned to the right.
func (t *Text) table(rows [][]string, right map[int]bool) {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], columns(cell))
		}
	}
	for n, row := range rows {
		var b strings.Builder
		for i, cell := range row {
			if right[i] {
				cell = strings.Repeat(" ", widths[i]-columns(cell)) + cell
			}
			b.WriteString("  " + pad(cell, widths[i]))
		}
		line := strings.TrimRight(b.String(), " ")
		if n == 0 {
			line = t.paint(faint, line)
		}
		t.printf("%s\n", line)
	}
}

// HistoryJSON is the log as scripts read it, the newest entry first.
func HistoryJSON(l Log) ([]byte, error) {
	return marshal(map[string]any{"format": plan.Format, "kind": "history", "target": l.target(), "pruned": l.Pruned(), "entries": l.entries()})
}

// Verification shows whether a log is as lupa wrote it, and its head; byHand is the
// command that looks for what others changed.
func (t *Text) Verification(l Log, faults []target.Fault, byHand string) {
	switch {
	case len(faults) > 0:
		t.printf("%s\n", t.paint(alarm, t.sentence("verify.faults", l.Name)))
		for _, f := range faults {
			t.printf("  %s\n", t.fault(f))
		}
	case len(l.Records) == 0:
		t.printf("%s\n", t.paint(green, t.sentence("verify.empty", l.Name)))
		return
	default:
		t.printf("%s\n", t.paint(green, t.sentence("verify.sound", len(l.Records), l.Name)))
		t.printf("%s\n", t.sentence("verify.since", own(t.minute(l.Records[0].At))))
	}
	if l.Pruned() > 0 {
		t.printf("%s\n", t.sentence("verify.pruned", strconv.FormatInt(l.Pruned(), 10)))
	}
	if l.Head() != "" {
		t.printf("%s\n", t.sentence("verify.head", own(l.Head())))
	}
	t.printf("%s\n", t.sentence("verify.hand", t.typed(byHand)))
}

// faultJSON is a fault with what it means.
type faultJSON struct {
	target.Fault
	Message string `json:"message"`
}

// VerificationJSON is that as scripts read it.
func VerificationJSON(l Log, faults []target.Fault) ([]byte, error) {
	told := make([]faultJSON, 0, len(faults))
	for _, f := range faults {
		told = append(told, faultJSON{f, Fault(f)})
	}
	out := map[string]any{"format": plan.Format, "kind": "verify", "target": l.target(), "sound": len(faults) == 0,
		"entries": len(l.Records), "pruned": l.Pruned(), "head": l.Head(), "faults": told}
	if len(l.Records) > 0 {
		out["since"] = l.Records[0].At
	}
	return marshal(out)
}

// Past is an entry of a log and what changed by it.
type Past struct {
	Name    string // of the target
	Entry   target.Entry
	Later   int  // applies since
	Kept    bool // it is known what changed
	Changes []plan.Change
	Left    fact.Snapshot // what lupa left there then, and before
}

// Past shows what an apply changed, and how to go back.
func (t *Text) Past(p Past, next string) {
	e := p.Entry
	t.printf("%s\n", t.paint(bold, t.sentence("past.title", strconv.FormatInt(e.ID, 10), p.Name)))
	rows := [][2]string{
		{"history.serial", strconv.FormatInt(e.Serial, 10)}, {"history.at", t.minute(e.At)}, {"history.by", t.safe(e.Actor + "@" + e.Host)},
		{"history.commit", short(e.Commit, len(e.Commit))}, {"history.plan", short(e.Plan, len(e.Plan))},
	}
	width := 0
	for _, row := range rows {
		width = max(width, columns(t.sentence(row[0])))
	}
	for _, row := range rows {
		if row[1] != "" {
			t.printf("  %s  %s\n", t.paint(faint, pad(t.sentence(row[0]), width)), row[1])
		}
	}
	if remarks := t.remarks(e); remarks != "" {
		t.printf("  %s\n", remarks)
	}
	switch {
	case e.Pruned > 0:
		t.printf("\n%s\n", t.sentence("past.prune", strconv.FormatInt(e.Pruned, 10)))
		return
	case !p.Kept:
		t.printf("\n%s\n", t.sentence("past.old"))
		return
	case len(p.Changes) == 0:
		t.printf("\n%s\n", t.sentence("past.none"))
	}
	t.changes(p.Changes, nil)
	switch {
	case e.Serial == 1: // before it there was nothing, which no plan goes back to
	case p.Later == 0:
		t.printf("\n%s\n", t.sentence("past.last", t.typed(next)))
	default:
		t.printf("\n%s\n", t.sentence("past.later", p.Later, t.typed(next)))
	}
}

// PastJSON is that as scripts read it.
func PastJSON(p Past) ([]byte, error) {
	out := map[string]any{"format": plan.Format, "kind": "past", "entry": p.Entry}
	if p.Kept {
		out["changes"] = p.Changes
	}
	return marshal(out)
}

// Pruning shows what a removal of old entries came to.
func (t *Text) Pruning(e target.Entry, removed int) {
	if removed == 0 {
		t.printf("%s\n", t.sentence("prune.none"))
		return
	}
	t.printf("%s\n", t.paint(green, t.sentence("prune.done", removed, strconv.FormatInt(e.Pruned, 10))))
	t.printf("%s\n", t.sentence("verify.head", own(e.Hash)))
}

// PruningJSON is that as scripts read it.
func PruningJSON(e target.Entry, removed int) ([]byte, error) {
	out := map[string]any{"format": plan.Format, "kind": "prune", "removed": removed}
	if removed > 0 {
		out["entry"] = e
	}
	return marshal(out)
}
