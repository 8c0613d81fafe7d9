package report

import (
	"maps"
	"slices"
	"strconv"
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
	if line.Gained && (line.Widens || line.grave()) {
		mark, colour = "!", alarm
	}
	t.printf("  %s\n", t.paint(colour, mark+" "+t.headline(verb, line)))
	t.whom(line, line.grave())
	t.why(line.Effect)
}

// grave reports whether a line must be told whole, whoever reads it.
func (line *effectLine) grave() bool { return line.Gained && line.Sensitivity.Grave() }

// counted is a sentence that begins with a number of people; where they are too
// few to be counted, it says fewer than how many.
func (t *Text) counted(key string, people int, grave bool, more ...any) string {
	args := func(people int) []any { return append([]any{people}, more...) }
	if grave || !t.Veil.few(people) {
		return t.sentence(key, args(people)...)
	}
	return t.sentence("few", own(t.sentence(key, args(t.Veil.minGroup)...)))
}

// figure is a number of people in a table.
func (t *Text) figure(people int, grave bool) string {
	if !grave && t.Veil.few(people) {
		return "<" + strconv.Itoa(t.Veil.minGroup)
	}
	return strconv.Itoa(people)
}

// headline says how many gain, lose or keep which rights.
func (t *Text) headline(verb string, line *effectLine) string {
	words := strings.Fields(t.counted(verb+kindKey(line.Kind), persons(line.People), line.grave()))
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
	if !line.grave() && t.Veil.few(persons(line.People)) {
		t.printf("      %s\n", t.where(line.Places))
		return
	}
	if all || len(line.People) <= maxNamed+1 {
		t.everybody(line)
		return
	}
	t.printf("      %s: %s\n", t.where(line.Places), t.wrapped(t.some(line.People), ", ", 8))
}

// everybody names everyone at every place; places with the same people stand
// together.
func (t *Text) everybody(line *effectLine) {
	for _, group := range line.samePeople() {
		where := t.where(group.places)
		if len(group.places) <= maxNamedPlaces {
			where = t.wrapped(safe(group.places), ", ", 8)
		}
		t.printf("      %s: %s\n", where, t.wrapped(t.people(group.people), ", ", 8))
	}
}

// shared are places with the people there.
type shared struct{ places, people []string }

// samePeople are the places of a line, those with the same people together.
func (line *effectLine) samePeople() []shared {
	var groups []shared
	of := make(map[string]int)
	for _, place := range line.Places {
		slices.Sort(line.at[place])
		key := strings.Join(line.at[place], "\x00")
		i, ok := of[key]
		if !ok {
			i, of[key] = len(groups), len(groups)
			groups = append(groups, shared{people: line.at[place]})
		}
		groups[i].places = append(groups[i].places, place)
	}
	return groups
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

// person is somebody as the reader may see them, for a sentence to show.
func (t *Text) person(called string) any {
	if t.Veil != nil && !t.Veil.hides() {
		return own(Safe(t.Veil.who(called))) // with a name, which is text and no card
	}
	return t.Veil.who(called)
}

// people are people as the reader may see them.
func (t *Text) people(called []string) []string {
	out := make([]string, len(called))
	for i, who := range called {
		out[i] = Safe(t.Veil.who(who))
	}
	return out
}

// who is some of the people, or, where they are too few to be told, fewer than how
// many.
func (t *Text) who(people []string) []string {
	if t.Veil.few(persons(people)) {
		return []string{t.counted("people", persons(people), false)}
	}
	return t.some(people)
}

// some is a few of many people, and how many more there are.
func (t *Text) some(people []string) []string {
	if len(people) <= maxNamed+1 {
		return t.people(people)
	}
	return append(t.people(people[:maxNamed]), t.sentence("more", len(people)-maxNamed))
}

func (t *Text) why(e plan.Effect) {
	if !e.Gained {
		t.reasonLine("effect.had", worthTelling(e.Before, e.After))
		t.reasonLine("effect.now", e.After)
		return
	}
	t.reasonLine("effect.why", worthTelling(e.After, e.Before))
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

// worthTelling leaves out what goes without saying, that a right reaches the schools
// of whoever has it, unless the other side says that it did not.
func worthTelling(reasons, other []plan.Reason) []plan.Reason {
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
		parts[i] = t.reason(r) + " (" + Inert(r.Rule) + ")"
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
		words := strings.Fields(t.sentence(key, own(strings.Join(t.allSafe(e.Templates), ", ")), own(strings.Join(actions, ", ")+where)))
		t.printf("  %s\n", t.paint(colour, mark+" "+t.wrapped(words, " ", 6)))
		t.printf("      %s\n", t.wrapped(t.who(e.People), ", ", 8))
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
		t.reasonLine("effect.still", worthTelling(line.After, nil))
		t.reasonLine("effect.had", worthTelling(line.Before, nil))
	}
}

// first shows what people will have when nothing was there before: rights of
// class high and critical, and how much else.
func (t *Text) first(counts []plan.Count) {
	if len(counts) == 0 {
		return
	}
	lines, other := firstRights(counts)
	t.printf("\n%s\n", t.paint(bold, t.sentence("effect.first")))
	for _, l := range lines {
		t.printf("  %s %s: %s\n", t.paint(red, t.sentence("sensitivity."+string(l.sensitivity))), Safe(l.right), t.sentence("effect.count", l.most, own(t.where(l.places))))
	}
	if other > 0 {
		t.printf("  %s\n", t.sentence("effect.other", other))
	}
}

// firstRight is a right that people will have, where, and how many at most in one
// place.
type firstRight struct {
	right       string
	sensitivity access.Sensitivity
	places      []string
	most        int
}

// firstRights are the rights of class critical and high, and how many others there
// are.
func firstRights(counts []plan.Count) (lines []*firstRight, other int) {
	of := make(map[string]*firstRight)
	for _, c := range counts {
		key := c.Right + " " + string(c.Sensitivity)
		l := of[key]
		if l == nil {
			l = &firstRight{right: c.Right, sensitivity: c.Sensitivity}
			of[key] = l
			lines = append(lines, l)
		}
		l.places, l.most = append(l.places, c.Place), max(l.most, c.People)
	}
	slices.SortStableFunc(lines, func(a, b *firstRight) int { return b.sensitivity.Rank() - a.sensitivity.Rank() })
	all := len(lines)
	lines = slices.DeleteFunc(lines, func(l *firstRight) bool { return !l.sensitivity.Grave() })
	return lines, all - len(lines)
}
