package report

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/sergi/go-diff/diffmatchpatch"

	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/order"
	"github.com/lupa-dev/lupa/reconcile/plan"
)

// maxCreated is how many new objects of one kind are shown with their fields.
// Everything that exists already and changes or goes is always shown.
const maxCreated = 50

// Plan shows a plan: what it comes to, then every object, then what to type to
// apply it. File is the plan file, if there is one.
func (t *Text) Plan(p *plan.Plan, file string, line Line) {
	t.heading(p)
	if len(p.Findings) > 0 {
		t.printf("\n")
		t.Problems(p.Findings, line)
	}
	t.widenings(p.Changes)
	t.changes(p.Changes)
	t.kept("plan.unmanaged", p.Unmanaged)
	t.kept("plan.external", p.External)
	if len(p.Adopted) > 0 {
		t.printf("\n%s\n", t.sentence("plan.adopted", len(p.Adopted)))
	} else if p.Record && p.Empty() {
		t.printf("\n%s\n", t.sentence("plan.record"))
	}
	t.next(p, file)
}

func (t *Text) heading(p *plan.Plan) {
	t.printf("%s\n", t.paint(bold, t.sentence("plan.title", p.Project, p.Target.Name, strconv.FormatInt(p.Target.Serial, 10), p.At.String())))
	if p.ValidUntil != nil {
		t.printf("%s\n", t.sentence("plan.until", p.ValidUntil.String()))
	}
	t.printf("\n")
	if p.Empty() {
		t.printf("  %s\n", t.sentence("plan.none"))
		return
	}
	var parts []string
	for _, part := range []struct {
		key   string
		count int
		style style
	}{
		{"plan.create", p.Summary.Create, green}, {"plan.update", p.Summary.Update, yellow},
		{"plan.rename", p.Summary.Rename, cyan}, {"plan.delete", p.Summary.Delete, red},
	} {
		text := t.sentence(part.key, part.count)
		if part.count > 0 {
			text = t.paint(part.style, text)
		}
		parts = append(parts, text)
	}
	t.printf("  %s\n", strings.Join(parts, " · "))
}

// next says what can be done with the plan.
func (t *Text) next(p *plan.Plan, file string) {
	t.printf("\n%s\n", t.paint(faint, t.sentence("plan.hash", own(p.Hash))))
	switch {
	case p.Refused():
		t.printf("%s\n", t.paint(alarm, t.sentence("plan.refused", p.Summary.Errors)))
	case p.Empty() && !p.Record:
	case file != "":
		t.printf("%s\n", t.sentence("plan.next.file", file))
	default:
		t.printf("%s\n", t.sentence("plan.next.hash", own(p.Hash[:12])))
	}
}

// widenings shouts where somebody is to have every school. In the target that
// is an empty field (R74), and in a diff of texts a line that goes.
func (t *Text) widenings(changes []plan.Change) {
	first := true
	for _, c := range changes {
		for _, f := range c.Fields {
			word := fact.Words.Kind(c.Kind).Field(f.Field)
			if word == nil || word.AllOf == "" || f.After != true || c.Action == string(order.Create) {
				continue
			}
			if first {
				t.printf("\n")
				first = false
			}
			t.printf("%s\n", t.paint(alarm, "! "+t.sentence("plan.widens", c.Kind, c.Name)))
		}
	}
}

func (t *Text) kept(key string, objects []plan.Object) {
	if len(objects) == 0 {
		return
	}
	t.printf("\n%s\n", t.sentence(key, len(objects)))
	for i, o := range objects {
		if i == 10 {
			t.printf("    %s\n", t.sentence("more", len(objects)-i))
			break
		}
		t.printf("    %s %s\n", o.Kind, Safe(o.Name))
	}
}

func (t *Text) changes(changes []plan.Change) {
	created := make(map[string]int)
	for i, c := range changes {
		if order.Action(c.Action) == order.Create {
			if created[c.Kind]++; created[c.Kind] > maxCreated {
				if i+1 == len(changes) || changes[i+1].Kind != c.Kind {
					t.printf("\n  %s\n", t.sentence("plan.created", created[c.Kind]-maxCreated, c.Kind))
				}
				continue
			}
		}
		t.printf("\n")
		t.change(c)
	}
}

func (t *Text) change(c plan.Change) {
	symbol, colour := "~", yellow
	switch order.Action(c.Action) {
	case order.Create:
		symbol, colour = "+", green
	case order.Delete:
		symbol, colour = "-", red
	case order.Rename:
		symbol, colour = "→", cyan
	}
	line := fmt.Sprintf("  %s %s %s", t.paint(colour, symbol), c.Kind, t.paint(bold, Safe(c.Name)))
	var remarks []string
	if c.Previously != "" {
		remarks = append(remarks, t.sentence("plan.was", c.Previously))
	}
	if c.Cause != "" {
		if order.Action(c.Action) == order.Create {
			remarks = append(remarks, t.sentence("cause.deleted"))
		} else {
			remarks = append(remarks, t.sentence("cause.changed"))
		}
	}
	if len(remarks) > 0 {
		line += "  " + t.paint(faint, "("+strings.Join(remarks, ", ")+")")
	}
	t.printf("%s\n", line)
	if order.Action(c.Action) == order.Delete {
		return
	}
	width := 0
	for _, f := range c.Fields {
		width = max(width, columns(Safe(f.Field)))
	}
	for _, f := range c.Fields {
		t.field(f, min(width, 60), order.Action(c.Action) == order.Create)
	}
}

// field shows one field: its value when the object is new, else before and
// after, or what is added to and taken from a set.
func (t *Text) field(f plan.FieldChange, width int, created bool) {
	text := ""
	switch {
	case created:
		text = t.value(f.After)
	case isText(f.Before) && isText(f.After) && strings.Contains(f.Before.(string)+f.After.(string), "\n"):
		t.printf("      %s%s\n", Safe(f.Field), t.cause(f))
		t.lines(f.Before.(string), f.After.(string))
		return
	case isText(f.Before) && isText(f.After):
		before, after := t.highlight(f.Before.(string), f.After.(string))
		text = before + " → " + after
	case isSet(f):
		text = t.setChange(f)
	default:
		text = t.value(f.Before) + " → " + t.value(f.After)
	}
	t.printf("      %s  %s%s\n", pad(Safe(f.Field), width), text, t.cause(f))
}

func (t *Text) cause(f plan.FieldChange) string {
	switch f.Cause {
	case plan.Drift:
		return "  " + t.paint(yellow, "("+t.sentence("cause.drift")+")")
	case plan.Conflict:
		return "  " + t.paint(yellow, "("+t.sentence("cause.conflict", t.value(f.Last))+")")
	}
	return ""
}

func isText(v any) bool {
	_, ok := v.(string)
	return ok
}

// isSet reports whether a change is best told by what is added and taken: it is
// of a list of values, and not only their order changes.
func isSet(f plan.FieldChange) bool {
	_, before := f.Before.([]string)
	_, after := f.After.([]string)
	return (before || after) && f.Field != "schools"
}

func (t *Text) setChange(f plan.FieldChange) string {
	before, _ := f.Before.([]string)
	after, _ := f.After.([]string)
	var parts []string
	for _, v := range after {
		if !slices.Contains(before, v) {
			parts = append(parts, t.paint(green, "+ "+Safe(v)))
		}
	}
	for _, v := range before {
		if !slices.Contains(after, v) {
			parts = append(parts, t.paint(red, "- "+Safe(v)))
		}
	}
	return strings.Join(parts, "  ")
}

// value is a value in words.
func (t *Text) value(v any) string {
	switch v := v.(type) {
	case []string:
		return Safe(strings.Join(v, ", "))
	case nil:
		return t.paint(faint, t.sentence("empty"))
	case bool:
		if v {
			return t.sentence("yes")
		}
		return t.sentence("no")
	case string:
		return Safe(v)
	case map[string]any:
		return t.mapping(v)
	}
	return fmt.Sprint(v)
}

// mapping is a mapping in words: the keys that are true, and key value.
func (t *Text) mapping(m map[string]any) string {
	parts := make([]string, 0, len(m))
	for _, k := range slices.Sorted(maps.Keys(m)) {
		switch v := m[k].(type) {
		case bool:
			parts = append(parts, Safe(k))
		case map[string]any:
			parts = append(parts, Safe(k)+" ("+t.value(v)+")")
		default:
			parts = append(parts, Safe(k)+" "+t.value(v))
		}
	}
	if len(parts) == 0 {
		return t.sentence("yes")
	}
	return strings.Join(parts, ", ")
}

// highlight marks what differs between two texts of one line.
func (t *Text) highlight(before, after string) (string, string) {
	if !t.Colour || len(before)+len(after) > 1000 {
		return Safe(before), Safe(after)
	}
	d := diffmatchpatch.New()
	d.DiffTimeout = 0 // a deadline would make the output depend on the machine
	var b, a strings.Builder
	for _, part := range d.DiffCleanupSemantic(d.DiffMain(Safe(before), Safe(after), false)) {
		text := part.Text
		switch part.Type {
		case diffmatchpatch.DiffDelete:
			b.WriteString(t.paint(red, text))
		case diffmatchpatch.DiffInsert:
			a.WriteString(t.paint(green, text))
		default:
			b.WriteString(text)
			a.WriteString(text)
		}
	}
	return b.String(), a.String()
}

// lines shows how a text of several lines changes, line by line.
func (t *Text) lines(before, after string) {
	d := diffmatchpatch.New()
	d.DiffTimeout = 0
	a, b, all := d.DiffLinesToChars(before, after)
	for _, part := range d.DiffCharsToLines(d.DiffMain(a, b, false), all) {
		mark, colour := " ", faint
		switch part.Type {
		case diffmatchpatch.DiffDelete:
			mark, colour = "-", red
		case diffmatchpatch.DiffInsert:
			mark, colour = "+", green
		}
		for line := range strings.Lines(part.Text) {
			t.printf("        %s\n", t.paint(colour, mark+" "+Safe(strings.TrimRight(line, "\n"))))
		}
	}
}

// Drift shows what changed in a target since lupa left it.
func (t *Text) Drift(p *plan.Plan) {
	serial := strconv.FormatInt(p.Target.Serial, 10)
	if len(p.Drift) == 0 {
		t.printf("%s\n", t.sentence("drift.none", p.Target.Name, serial))
	} else {
		t.printf("%s\n", t.paint(bold, t.sentence("drift.title", p.Target.Name, serial)))
		t.changes(p.Drift)
	}
	t.kept("plan.unmanaged", p.Unmanaged)
	if len(p.Drift) > 0 {
		t.printf("\n%s\n", t.sentence("drift.next"))
	}
}

// Outcome shows what an apply came to.
func (t *Text) Outcome(o plan.Outcome, name string) {
	serial := strconv.FormatInt(o.Entry.Serial, 10)
	switch {
	case o.Idle:
		t.printf("%s\n", t.sentence("apply.idle"))
	case o.Already:
		t.printf("%s\n", t.sentence("apply.already", o.Entry.At.Format("2006-01-02 15:04 MST"), serial))
	default:
		t.printf("%s\n", t.paint(green, t.sentence("apply.done", o.Entry.Changes)))
		t.printf("%s\n", t.sentence("apply.serial", name, serial, own(o.Entry.Hash)))
	}
}

// PlanJSON is a plan as scripts read it: the plan file, with a message in each
// finding.
func PlanJSON(p *plan.Plan) ([]byte, error) {
	data, err := p.MarshalJSON()
	if err != nil {
		return nil, err
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil {
		return nil, err
	}
	if members["findings"], err = marshal(findingsJSON(p.Findings)); err != nil {
		return nil, err
	}
	return marshal(members)
}

// DriftJSON is the drift of a target as scripts read it.
func DriftJSON(p *plan.Plan) ([]byte, error) {
	return marshal(map[string]any{"format": plan.Format, "kind": "drift", "target": p.Target, "drift": p.Drift, "unmanaged": p.Unmanaged})
}

// OutcomeJSON is the outcome of an apply as scripts read it.
func OutcomeJSON(o plan.Outcome, p *plan.Plan) ([]byte, error) {
	out := map[string]any{"format": plan.Format, "kind": "apply", "plan": p.Hash, "target": p.Target,
		"applied": !o.Idle && !o.Already, "already": o.Already}
	if !o.Idle {
		out["entry"] = o.Entry
	}
	return marshal(out)
}
