package report

import (
	"maps"
	"slices"
	"strings"

	"github.com/lupa-dev/lupa/reconcile/access"
	"github.com/lupa-dev/lupa/reconcile/plan"
)

// maxNamed is how many people are named where a gain is neither high nor
// critical, or is a loss; those of class high and critical are always all named.
const maxNamed = 8

// maxNamedPlaces is how many places are named rather than counted.
const maxNamedPlaces = 20

// Effect shows what changes for people: gains, the most sensitive right first,
// then losses, then what stays though something that gave it goes.
func (t *Text) Effect(effect, unchanged []plan.Effect, templates []plan.TemplateEffect) {
	lines := sameReasons(effect)
	for _, part := range []struct {
		key     string
		belongs func(plan.Effect) bool
	}{
		{"effect.gains", func(e plan.Effect) bool { return e.Gained && !e.Level }},
		{"effect.losses", func(e plan.Effect) bool { return !e.Gained && !e.Level }},
		{"effect.levels", func(e plan.Effect) bool { return e.Level }},
	} {
		first := true
		for _, line := range lines {
			if !part.belongs(line.Effect) {
				continue
			}
			if first {
				t.printf("\n%s\n", t.paint(bold, t.sentence(part.key)))
				first = false
			}
			t.effect(line)
		}
	}
	t.templates(templates)
	t.unchanged(unchanged)
}

// effectLine is what is told in one go: the same rights and reasons, for people
// each at places of their own.
type effectLine struct {
	plan.Effect
	at map[string][]string // people by place
}

// sameReasons joins effects that differ in people and places only.
func sameReasons(effect []plan.Effect) []*effectLine {
	var lines []*effectLine
	of := make(map[string]*effectLine)
	for _, e := range effect {
		key := strings.Join(append([]string{e.Kind, string(e.Sensitivity), flag(e.Gained), flag(e.Level), flag(e.Widens), reasonsKey(e.Before), reasonsKey(e.After)}, e.Rights...), "\x00")
		line := of[key]
		if line == nil {
			line = &effectLine{Effect: e, at: make(map[string][]string)}
			line.People, line.Places = nil, nil
			of[key] = line
			lines = append(lines, line)
		}
		for _, place := range e.Places {
			line.at[place] = append(line.at[place], e.People...)
		}
		line.People = append(line.People, e.People...)
	}
	for _, line := range lines {
		slices.Sort(line.People)
		line.People = slices.Compact(line.People)
		line.Places = slices.Sorted(maps.Keys(line.at))
	}
	return lines
}

func flag(b bool) string {
	if b {
		return "1"
	}
	return ""
}

func reasonsKey(reasons []plan.Reason) string {
	var b strings.Builder
	for _, r := range reasons {
		b.WriteString(r.Rule + "\x01" + r.Case + "\x01" + strings.Join(r.Args, "\x01") + "\x02")
	}
	return b.String()
}

// effect shows one line of the effect: how many, where, what; who; and why.
func (t *Text) effect(line *effectLine) {
	mark, verb, colour := "-", "effect.lose.", yellow
	if line.Gained {
		mark, verb, colour = "+", "effect.gain.", green
	}
	if line.Gained && (line.Widens || line.Sensitivity.Grave()) {
		mark, colour = "!", alarm
	}
	t.printf("  %s\n", t.paint(colour, mark+" "+t.headline(verb, line)))
	t.whom(line, line.Gained && line.Sensitivity.Grave())
	t.why(line.Effect)
}

// headline says how many gain, lose or keep which rights.
func (t *Text) headline(verb string, line *effectLine) string {
	words := strings.Fields(t.sentence(verb+kindKey(line.Kind), persons(line.People)))
	if line.Sensitivity.Grave() {
		words = append(words, t.sentence("sensitivity."+string(line.Sensitivity)))
	}
	for i, right := range safe(line.Rights) {
		if i < len(line.Rights)-1 {
			right += ","
		}
		words = append(words, right)
	}
	return t.wrapped(words, " ", 6)
}

// persons counts people: a guardian counts once, with however many children.
func persons(people []string) int {
	seen := make(map[string]bool, len(people))
	for _, p := range people {
		card, _, _ := strings.Cut(p, "/")
		seen[card] = true
	}
	return len(seen)
}

// whom says who, and where: everyone where they are few or all must be named,
// else some of them.
func (t *Text) whom(line *effectLine, all bool) {
	if all || len(line.People) <= maxNamed+1 {
		t.everybody(line)
		return
	}
	t.printf("      %s: %s\n", t.where(line.Places), t.wrapped(t.some(line.People), ", ", 8))
}

// everybody names everyone at every place; places with the same people stand
// together.
func (t *Text) everybody(line *effectLine) {
	var order []string
	places := make(map[string][]string)
	for _, place := range line.Places {
		slices.Sort(line.at[place])
		people := strings.Join(line.at[place], "\x00")
		if places[people] == nil {
			order = append(order, people)
		}
		places[people] = append(places[people], place)
	}
	for _, people := range order {
		where := t.where(places[people])
		if len(places[people]) <= maxNamedPlaces {
			where = t.wrapped(safe(places[people]), ", ", 8)
		}
		t.printf("      %s: %s\n", where, t.wrapped(safe(strings.Split(people, "\x00")), ", ", 8))
	}
}

func kindKey(kind string) string {
	if slices.Contains([]string{"teacher", "staff", "student", "guardian", "user"}, kind) {
		return kind
	}
	return "person"
}

// where names a few places, or counts many.
func (t *Text) where(places []string) string {
	if len(places) <= 4 {
		return strings.Join(safe(places), ", ")
	}
	if slices.ContainsFunc(places, func(p string) bool { return strings.Contains(p, "/") }) {
		return t.sentence("effect.places", len(places))
	}
	return t.sentence("effect.schools", len(places))
}

// some is a few of many people, and how many more there are.
func (t *Text) some(people []string) []string {
	if len(people) <= maxNamed+1 {
		return safe(people)
	}
	return append(safe(people[:maxNamed]), t.sentence("more", len(people)-maxNamed))
}

func (t *Text) why(e plan.Effect) {
	if !e.Gained {
		t.reasonLine("effect.had", telling(e.Before, e.After))
		t.reasonLine("effect.now", e.After)
		return
	}
	t.reasonLine("effect.why", telling(e.After, e.Before))
	if !absent(e.Before) {
		t.reasonLine("effect.before", e.Before)
	}
}

func (t *Text) reasonLine(key string, reasons []plan.Reason) {
	if len(reasons) > 0 {
		words := strings.Fields(t.sentence(key, t.because(reasons)))
		t.printf("      %s\n", t.paint(faint, t.wrapped(words, " ", 8)))
	}
}

// telling leaves out what goes without saying, that a right reaches the schools
// of whoever has it, unless the other side says that it did not.
func telling(reasons, other []plan.Reason) []plan.Reason {
	if len(reasons) > 0 && reasons[0].Case == "emptied" { // that says where it reaches
		return slices.DeleteFunc(slices.Clone(reasons), func(r plan.Reason) bool { return r.Case != "emptied" && aboutPlaces(r) })
	}
	if !absent(other) && slices.ContainsFunc(other, aboutPlaces) {
		return reasons
	}
	return slices.DeleteFunc(slices.Clone(reasons), func(r plan.Reason) bool {
		return r.Rule == "R35" || r.Rule == "R36" || r.Rule == "R71"
	})
}

// aboutPlaces reports whether a reason says where a right reaches.
func aboutPlaces(r plan.Reason) bool {
	return slices.Contains([]string{"R35", "R36", "R71", "R74", "R76", "R78", "P10", "P14"}, r.Rule)
}

// absent reports whether the reason is only that somebody or a place was not
// there, which the gain says already.
func absent(reasons []plan.Reason) bool {
	return len(reasons) == 1 && (reasons[0].Case == "absent" || reasons[0].Case == "noPlace")
}

// because is reasons in one line, each with its rule.
func (t *Text) because(reasons []plan.Reason) own {
	parts := make([]string, len(reasons))
	for i, r := range reasons {
		parts[i] = t.reason(r) + " (" + r.Rule + ")"
	}
	return own(strings.Join(parts, "; "))
}

func (t *Text) templates(templates []plan.TemplateEffect) {
	if len(templates) == 0 {
		return
	}
	t.printf("\n%s\n", t.paint(bold, t.sentence("effect.templates")))
	for _, e := range templates {
		mark, key, colour := "-", "effect.template.lose", yellow
		if e.Gained {
			mark, key, colour = "+", "effect.template.gain", green
		}
		actions := make([]string, len(e.Actions))
		for i, a := range e.Actions {
			actions[i] = t.sentence("action." + string(a))
		}
		where := ""
		if len(e.Places) > 0 {
			where = " (" + t.where(e.Places) + ")"
		}
		words := strings.Fields(t.sentence(key, own(strings.Join(safe(e.Templates), ", ")), own(strings.Join(actions, ", ")+where)))
		t.printf("  %s\n", t.paint(colour, mark+" "+t.wrapped(words, " ", 6)))
		t.printf("      %s\n", t.wrapped(t.some(e.People), ", ", 8))
		if e.Gained {
			t.reasonLine("effect.why", []plan.Reason{e.Reason})
		} else {
			t.reasonLine("effect.had", []plan.Reason{e.Reason})
		}
	}
}

// unchanged shows what stays: whoever took something away may think that it is
// gone.
func (t *Text) unchanged(unchanged []plan.Effect) {
	for i, line := range sameReasons(unchanged) {
		if i == 0 {
			t.printf("\n%s\n", t.paint(bold, t.sentence("effect.unchanged")))
		}
		t.printf("  = %s\n", t.headline("effect.keep.", line))
		t.whom(line, false)
		t.reasonLine("effect.still", telling(line.After, nil))
		t.reasonLine("effect.had", telling(line.Before, nil))
	}
}

// first shows what people will have when nothing was there before: rights of
// class high and critical, and how much else.
func (t *Text) first(counts []plan.Count) {
	if len(counts) == 0 {
		return
	}
	type line struct {
		right       string
		sensitivity access.Sensitivity
		places      []string
		most        int
	}
	var lines []*line
	of := make(map[string]*line)
	for _, c := range counts {
		key := c.Right + " " + string(c.Sensitivity)
		l := of[key]
		if l == nil {
			l = &line{right: c.Right, sensitivity: c.Sensitivity}
			of[key] = l
			lines = append(lines, l)
		}
		l.places, l.most = append(l.places, c.Place), max(l.most, c.People)
	}
	slices.SortStableFunc(lines, func(a, b *line) int { return b.sensitivity.Rank() - a.sensitivity.Rank() })
	t.printf("\n%s\n", t.paint(bold, t.sentence("effect.first")))
	other := 0
	for _, l := range lines {
		if !l.sensitivity.Grave() {
			other++
			continue
		}
		t.printf("  %s %s: %s\n", t.paint(red, t.sentence("sensitivity."+string(l.sensitivity))), Safe(l.right), t.sentence("effect.count", l.most, t.where(l.places)))
	}
	if other > 0 {
		t.printf("  %s\n", t.sentence("effect.other", other))
	}
}
