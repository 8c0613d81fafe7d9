package report

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sergi/go-diff/diffmatchpatch"

	"github.com/lupa-dev/lupa/reconcile/order"
	"github.com/lupa-dev/lupa/reconcile/plan"
)

// maxCreated is how many new objects of one kind are shown with their fields.
// Everything that exists already and changes or goes is always shown.
const maxCreated = 50

// Plan shows a plan: what it comes to, then every object, then what to type to
// apply it, if that is asked for.
func (t *Text) Plan(p *plan.Plan, next string, line Line) {
	t.heading(p)
	t.heldBack(p)
	t.widenings("plan.widens", p.Changes)
	t.Effect(p.Effect, p.Unchanged, p.Templates)
	t.first(p.EffectSummary)
	t.brakes(p, next)
	if len(p.Findings) > 0 {
		t.printf("\n")
		t.Problems(p.Findings, line)
	}
	if p.Summary.Silenced > 0 {
		t.printf("\n%s\n", t.paint(faint, t.sentence("silenced", p.Summary.Silenced)))
	}
	if !p.Empty() {
		t.printf("\n%s\n", t.paint(bold, t.sentence("plan.objects")))
	}
	foreign := adopted(p)
	t.changes(p.Changes, foreign)
	t.kept("plan.unmanaged", p.Unmanaged)
	t.kept("plan.external", p.External)
	unchanged := slices.DeleteFunc(slices.Clone(p.Adopted), func(o plan.Object) bool { return foreign[o.Kind+" "+o.Name] })
	t.kept("plan.adopted", unchanged)
	if p.Record && p.Empty() && len(p.Adopted) == 0 {
		t.printf("\n%s\n", t.sentence("plan.record"))
	}
	if len(p.Drift) > 0 {
		t.printf("\n%s\n", t.paint(yellow, t.sentence("plan.drift", len(p.Drift))))
	}
	t.next(p, next)
}

// adopted are the objects that change and were not lupa's so far.
func adopted(p *plan.Plan) map[string]bool {
	changed := make(map[string]bool, len(p.Changes))
	for _, c := range p.Changes {
		changed[c.Kind+" "+c.Name] = true
	}
	foreign := make(map[string]bool)
	for _, o := range p.Adopted {
		if name := o.Kind + " " + o.Name; changed[name] {
			foreign[name] = true
		}
	}
	return foreign
}

func (t *Text) heading(p *plan.Plan) {
	t.printf("%s\n", t.paint(bold, t.sentence("plan.title", p.Project, p.Target.Name, strconv.FormatInt(p.Target.Serial, 10), p.At.String())))
	if p.Undo > 0 {
		t.printf("%s\n", t.sentence("plan.undo", strconv.FormatInt(p.Undo, 10)))
	}
	if p.ValidUntil != nil {
		t.printf("%s\n", t.sentence("plan.until", instant(*p.ValidUntil)))
		t.turns("timeline.begins", firstOf(p.Begins))
		t.turns("timeline.ends", firstOf(p.Ends))
	}
	t.printf("\n")
	if p.Empty() {
		key := "plan.none"
		if p.Undo > 0 {
			key = "plan.undone"
		}
		t.printf("  %s\n", t.sentence(key))
		return
	}
	t.objectCounts(p)
	t.peopleCounts(p)
}

// objectCounts says how many objects change.
func (t *Text) objectCounts(p *plan.Plan) {
	if p.Since != nil && p.Same() {
		t.printf("  %s\n", t.sentence("review.none"))
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

// peopleCounts says for how many people that matters.
func (t *Text) peopleCounts(p *plan.Plan) {
	switch {
	case p.Target.Serial == 0 && p.Since == nil || p.Since != nil && p.Since.Empty:
	case p.Summary.Gained+p.Summary.Lost == 0 && len(p.Effect)+len(p.Templates) > 0:
		t.printf("  %s\n", t.sentence("effect.lesser"))
	case p.Summary.Gained+p.Summary.Lost == 0:
		t.printf("  %s\n", t.sentence("effect.none"))
	default:
		line := t.peopleLine(p)
		if p.Summary.Gained > 0 {
			line = t.paint(alarm, line)
		}
		t.printf("  %s\n", line)
	}
}

// heldBack says at the top that a plan waits: what brakes stands below its effect.
func (t *Text) heldBack(p *plan.Plan) {
	if len(p.Brakes) > 0 {
		t.printf("  %s\n", t.paint(alarm, t.sentence("plan.held")))
	}
}

// firstOf are the first few objects: the rest is lupa timeline's to show.
func firstOf(objects []plan.Object) []plan.Object {
	if len(objects) > 5 {
		return append(slices.Clone(objects[:5]), plan.Object{Name: "..."})
	}
	return objects
}

// instant is the day, or the minute where no day begins there.
func instant(at time.Time) string {
	if h, m, s := at.Clock(); h+m+s == 0 {
		return at.Format("2006-01-02")
	}
	return at.Format("2006-01-02 15:04")
}

// next says what can be done with the plan.
func (t *Text) next(p *plan.Plan, next string) {
	t.printf("\n%s\n", t.paint(faint, t.sentence("plan.hash", own(p.Hash))))
	switch {
	case p.Refused():
		t.printf("%s\n", t.paint(alarm, t.sentence("plan.refused", p.Summary.Errors)))
	case len(p.Brakes) > 0:
		t.printf("%s\n", t.paint(alarm, t.sentence("plan.braked")))
	case next != "" && (!p.Empty() || p.Record):
		t.printf("%s\n", t.sentence("plan.next", t.typed(next)))
	}
	if p.Undo > 0 && (!p.Empty() || p.Record) {
		t.printf("%s\n", t.paint(yellow, t.sentence("plan.revert")))
	}
}

// maxWidenings is how many objects that come to have every school are named.
const maxWidenings = 20

// widenings shouts where somebody is to have every school. In the target that
// is an empty field (R74), and in a diff of texts a line that goes.
func (t *Text) widenings(key string, changes []plan.Change) {
	n := 0
	for _, c := range changes {
		if len(c.Widens) == 0 {
			continue
		}
		if n++; n > maxWidenings {
			continue
		}
		if n == 1 {
			t.printf("\n")
		}
		t.printf("%s\n", t.paint(alarm, "! "+t.sentence(key, c.Kind, own(t.widened(c)))))
	}
	if n > maxWidenings {
		t.printf("%s\n", t.paint(alarm, "! "+t.sentence("more", n-maxWidenings)))
	}
}

// widened is the name of what comes to have every school, and in what.
func (t *Text) widened(c plan.Change) string {
	name := t.shownName(c.Kind, c.Name)
	for _, field := range c.Widens {
		if in, _, nested := strings.Cut(field, "."); nested && len(c.Widens) > 1 {
			name += " + " + in
		} else if nested {
			name += " " + in
		}
	}
	return name
}

func (t *Text) kept(key string, objects []plan.Object) {
	if len(objects) == 0 {
		return
	}
	t.printf("\n%s\n", t.sentence(key, len(objects)))
	objects = slices.Clone(objects) // those that reach furthest first
	slices.SortStableFunc(objects, func(a, b plan.Object) int { return len(b.Everywhere) - len(a.Everywhere) })
	for i, o := range objects {
		if i == 10 {
			t.printf("    %s\n", t.sentence("more", len(objects)-i))
			break
		}
		mark := ""
		if len(o.Everywhere) > 0 {
			mark = "  " + t.paint(alarm, "! "+t.sentence("plan.everywhere"))
		}
		t.printf("    %s %s%s\n", o.Kind, t.shownName(o.Kind, o.Name), mark)
	}
}

func (t *Text) changes(changes []plan.Change, foreign map[string]bool) {
	created := 0
	for i, c := range changes {
		if t.Veil.hides() && slices.Contains(personal, c.Kind) {
			t.gathered(i, changes)
			continue
		}
		if order.Action(c.Action) == order.Create {
			created++
		}
		if order.Action(c.Action) != order.Create || created <= maxCreated {
			t.printf("\n")
			t.change(c, foreign[c.Kind+" "+c.Name])
		}
		if i+1 == len(changes) || changes[i+1].Kind != c.Kind {
			if created > maxCreated {
				t.printf("\n  %s\n", t.sentence("plan.created", created-maxCreated, c.Kind))
			}
			created = 0
		}
	}
}

// gathered shows, at the first of them, how many objects that are about people
// change.
func (t *Text) gathered(i int, changes []plan.Change) {
	if i > 0 && changes[i-1].Kind == changes[i].Kind {
		return
	}
	t.printf("\n")
	for _, line := range t.together(changes[i].Kind, changes) {
		t.printf("  %s %s\n", line.Mark, line.Text)
	}
}

func (t *Text) change(c plan.Change, foreign bool) {
	symbol, colour := "~", yellow
	switch order.Action(c.Action) {
	case order.Create:
		symbol, colour = "+", green
	case order.Delete:
		symbol, colour = "-", red
	case order.Rename:
		symbol, colour = "→", cyan
	}
	line := fmt.Sprintf("  %s %s %s", t.paint(colour, symbol), c.Kind, t.paint(bold, t.shownName(c.Kind, c.Name)))
	if remarks := t.changeRemarks(c, foreign); len(remarks) > 0 {
		line += "  " + t.paint(faint, "("+strings.Join(remarks, ", ")+")")
	}
	t.printf("%s\n", line)
	width := 0
	for _, f := range c.Fields {
		width = max(width, columns(t.safe(f.Field)))
	}
	for _, f := range c.Fields {
		switch order.Action(c.Action) {
		case order.Create:
			t.whole(f, f.After, min(width, 60))
		case order.Delete:
			t.whole(f, f.Before, min(width, 60))
		default:
			t.field(f, min(width, 60))
		}
	}
}

// changeRemarks are what else there is to say about a change.
func (t *Text) changeRemarks(c plan.Change, foreign bool) (remarks []string) {
	if c.Previously != "" {
		remarks = append(remarks, t.sentence("plan.was", own(t.shownName(c.Kind, c.Previously))))
	}
	if foreign {
		remarks = append(remarks, t.sentence("plan.foreign"))
	}
	if c.Cause != "" {
		if order.Action(c.Action) == order.Create {
			remarks = append(remarks, t.sentence("cause.deleted"))
		} else {
			remarks = append(remarks, t.sentence("cause.changed"))
		}
	}
	return remarks
}

// whole shows a field of an object that comes or goes.
func (t *Text) whole(f plan.FieldChange, value any, width int) {
	text := ""
	if list, ok := value.([]string); ok {
		text = t.wrapped(t.allSafe(list), ", ", 6+width+2)
	} else {
		text = t.value(value)
	}
	t.printf("      %s  %s%s\n", pad(t.safe(f.Field), width), text, t.cause(f))
}

// field shows one field before and after, or what is added to and taken from a
// set.
func (t *Text) field(f plan.FieldChange, width int) {
	text := ""
	switch indent := 6 + width + 2; {
	case isText(f.Before) && isText(f.After) && strings.Contains(f.Before.(string)+f.After.(string), "\n"):
		t.printf("      %s%s\n", t.safe(f.Field), t.cause(f))
		t.lines(f.Before.(string), f.After.(string))
		return
	case isText(f.Before) && isText(f.After):
		before, after := t.highlight(f.Before.(string), f.After.(string))
		text = before + " → " + after
	case isSet(f):
		text = t.wrapped(t.setChange(f), "  ", indent)
	default:
		text = t.value(f.Before) + " → " + t.value(f.After)
	}
	t.printf("      %s  %s%s\n", pad(t.safe(f.Field), width), text, t.cause(f))
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

func (t *Text) setChange(f plan.FieldChange) []string {
	before, _ := f.Before.([]string)
	after, _ := f.After.([]string)
	var parts []string
	for _, v := range after {
		if !slices.Contains(before, v) {
			parts = append(parts, t.paint(green, "+ "+t.safe(v)))
		}
	}
	for _, v := range before {
		if !slices.Contains(after, v) {
			parts = append(parts, t.paint(red, "- "+t.safe(v)))
		}
	}
	return parts
}

func safe(texts []string) []string {
	out := make([]string, len(texts))
	for i, text := range texts {
		out[i] = Safe(text)
	}
	return out
}

// wrapped joins texts, and goes on in the next line, indented, where they are
// too many for one.
func (t *Text) wrapped(texts []string, between string, indent int) string {
	var b strings.Builder
	at := indent
	for i, text := range texts {
		width := columns(escapes.ReplaceAllString(text, "")) + len(between)
		switch {
		case i == 0:
		case at+width > t.width():
			b.WriteString(strings.TrimRight(between, " ") + "\n" + strings.Repeat(" ", indent))
			at = indent
		default:
			b.WriteString(between)
		}
		b.WriteString(text)
		at += width
	}
	return b.String()
}

// escapes are what paint adds to a text.
var escapes = regexp.MustCompile("\x1b\\[[0-9;]*m")

// value is a value in words.
func (t *Text) value(v any) string {
	switch v := v.(type) {
	case []string:
		return strings.Join(t.allSafe(v), ", ")
	case nil:
		return t.paint(faint, t.sentence("empty"))
	case bool:
		if v {
			return t.sentence("yes")
		}
		return t.sentence("no")
	case string:
		return t.Lang.day(t.safe(v))
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
			parts = append(parts, t.safe(k))
		case map[string]any, []string:
			parts = append(parts, t.safe(k)+" ("+t.value(v)+")")
		default:
			parts = append(parts, t.safe(k)+": "+t.value(v))
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
		return t.safe(before), t.safe(after)
	}
	d := diffmatchpatch.New()
	d.DiffTimeout = 0 // a deadline would make the output depend on the machine
	var b, a strings.Builder
	for _, part := range d.DiffCleanupSemantic(d.DiffMain(t.safe(before), t.safe(after), false)) {
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
			t.printf("        %s\n", t.paint(colour, mark+" "+t.safe(strings.TrimRight(line, "\n"))))
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
		t.widenings("drift.widens", p.Drift)
		t.changes(p.Drift, nil)
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
		if o.Since > 0 {
			t.printf("%s\n", t.sentence("apply.since", o.Since))
		}
	default:
		t.printf("%s\n", t.paint(green, t.sentence("apply.done", o.Entry.Changes)))
		t.printf("%s\n", t.sentence("apply.serial", name, serial))
		t.printf("%s\n", t.sentence("verify.head", own(o.Entry.Hash)))
	}
}

// PlanJSON is a plan as scripts read it: the plan file, but for escapes of
// characters that nobody sees.
func PlanJSON(p *plan.Plan) ([]byte, error) {
	data, err := p.MarshalJSON()
	return shown(append(data, '\n')), err
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
