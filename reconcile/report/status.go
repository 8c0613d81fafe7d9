package report

import (
	"fmt"
	"strconv"

	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/reconcile/policy"
	"github.com/lupa-dev/lupa/reconcile/target"
)

// Validation shows what checking a tree came to.
func (t *Text) Validation(problems []plan.Finding, silenced, files, objects int, line Line) {
	t.Problems(problems, line)
	if len(problems) > 0 {
		t.printf("\n")
	}
	t.printf("%s\n", t.verdict(problems, silenced, files, objects))
}

// verdict sums up what checking a tree came to.
func (t *Text) verdict(problems []plan.Finding, silenced, files, objects int) string {
	return t.sentence("files", files) + ", " + t.sentence("objects", objects) + ": " + t.judged(problems, silenced)
}

// judged is what findings come to.
func (t *Text) judged(problems []plan.Finding, silenced int) string {
	errors, warnings := 0, 0
	for _, p := range problems {
		switch p.Severity {
		case policy.Error:
			errors++
		case policy.Warning:
			warnings++
		}
	}
	verdict := t.paint(green, t.sentence("valid"))
	if errors > 0 {
		verdict = t.paint(red, t.sentence("errors", errors))
	}
	if warnings > 0 {
		verdict += ", " + t.paint(yellow, t.sentence("warnings", warnings))
	}
	if silenced > 0 {
		verdict += ", " + t.sentence("silenced", silenced)
	}
	return verdict
}

// Status is what there is to say about a target.
type Status struct {
	Name, Type, Path string
	Made             bool // just now
	Snapshot         fact.Snapshot
	Entry            *target.Entry // of the newest apply, if there was one
}

// objects counts the objects that a person sees, by kind in the order of the
// vocabulary.
func (s Status) objects() (kinds []string, count map[string]int) {
	count = make(map[string]int)
	for _, k := range fact.Words.Kinds {
		if k.Parent != "" {
			continue
		}
		for range s.Snapshot.Now.Kind(k.Name).Objects() {
			count[k.Name]++
		}
		if count[k.Name] > 0 {
			kinds = append(kinds, k.Name)
		}
	}
	return kinds, count
}

// Status shows what a target is.
func (t *Text) Status(s Status) {
	if s.Made {
		t.printf("%s\n", t.paint(green, t.sentence("status.made", s.Name, s.Path)))
		return
	}
	rows := [][2]string{
		{t.sentence("status.target"), t.safe(s.Name)},
		{t.sentence("status.place"), s.Type + " " + t.safe(s.Path)},
		{t.sentence("status.lineage"), t.safe(s.Snapshot.Lineage)},
		{t.sentence("status.serial"), strconv.FormatInt(s.Snapshot.Serial, 10)},
	}
	if s.Entry != nil {
		rows = append(rows, [2]string{t.sentence("status.applied"), t.sentence("status.by", s.Entry.At.Format("2006-01-02 15:04 MST"), s.Entry.Actor, own(s.Entry.Plan[:min(12, len(s.Entry.Plan))]))})
	}
	kinds, count := s.objects()
	digits := 0
	for _, n := range count {
		digits = max(digits, len(strconv.Itoa(n)))
	}
	for i, kind := range kinds {
		label := ""
		if i == 0 {
			label = t.sentence("status.holds")
		}
		rows = append(rows, [2]string{label, fmt.Sprintf("%*d %s", digits, count[kind], kind)})
	}
	if len(kinds) == 0 {
		rows = append(rows, [2]string{t.sentence("status.holds"), t.sentence("empty")})
	}
	width := 0
	for _, row := range rows {
		width = max(width, columns(row[0]))
	}
	for _, row := range rows {
		t.printf("%s  %s\n", t.paint(faint, pad(row[0], width)), row[1])
	}
}

// StatusJSON is a target as scripts read it.
func StatusJSON(s Status) ([]byte, error) {
	_, count := s.objects()
	return marshal(map[string]any{
		"target":  map[string]any{"name": s.Name, "type": s.Type, "path": s.Path, "lineage": s.Snapshot.Lineage, "serial": s.Snapshot.Serial},
		"objects": count, "lastApply": s.Entry,
	})
}
