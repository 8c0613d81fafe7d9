package report

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/lupa-dev/lupa/reconcile/calendar"
	"github.com/lupa-dev/lupa/reconcile/order"
	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/reconcile/policy"
)

// story is a plan or a review as it is told, whatever it is then written as: the
// same parts in the same order, in the words of one language, with people as the
// reader may see them. Every text in it is harmless (Safe), and no more: who writes
// it as Markdown or HTML escapes it.
type story struct {
	Title    string
	Verdicts []verdict // the most serious first; never empty
	Counts   []count
	Widens   []string // what comes to have all schools

	Refusals []problem
	Brakes   []string

	Grave     []telling // gains of class critical and high: all of them, with all cards
	Gains     []telling // the other gains
	Losses    []telling
	Levels    []telling
	Unchanged []telling
	Templates []telling
	First     []string // of a first plan: what people will have

	Ahead   []aheadStory
	Judging []changeStory

	Findings []problem // those that are new, without the Refusals
	Known    []problem // that the base of a review had
	Objects  []changeStory
	Silenced string // "" where nothing is
	Begins   string // what begins and ends next, "" where nothing does
	Ends     string
	Until    string // until when a plan holds
	Hash     string // of a plan
}

// tone is how serious a verdict or a line is; colour goes by it, and never alone.
type tone string

const (
	toneStop  tone = "stop"  // it cannot be applied
	toneWait  tone = "wait"  // somebody has to confirm it
	toneGrave tone = "grave" // somebody gains what does harm
	toneGain  tone = "gain"
	toneLoss  tone = "loss"
	toneCalm  tone = "calm"
)

type verdict struct {
	Tone tone
	Text string
}

// count is a figure of the summary: text, for a few are not counted.
type count struct {
	Label, Figure string
	Tone          tone
}

// telling is what changes for some people in one way: they gain, lose or keep the
// rights, at each place those named there, for the reasons.
type telling struct {
	Tone   tone
	Mark   string // ! + - ~ =
	Class  string // HIGH or CRITICAL in words, else ""
	Head   string // 2 teachers gain; of a template, what they may do
	Rights []named
	At     []at
	Why    []told // why, and what was before
	Count  int    // of persons; not to be shown
}

// named is a thing with what people call it, if they call it anything.
type named struct{ Name, Title string }

// at is some places with the people there. Where People is empty they are not told;
// More is how many there are besides.
type at struct {
	Head   string // of those there: 2 teachers gain; "" where they are not told
	Places []named
	People []string
	More   int
}

// told is a sentence with its label: "why: group x gives it (R34)".
type told struct{ Text string }

// problem is a finding in words.
type problem struct {
	Severity string // in words
	Tone     tone
	Code     string
	Place    string // file:line:col, or what it is about
	Text     string
	Hints    []string
}

// changeStory is what happens to an object, or to how many that are people.
type changeStory struct {
	Tone    tone
	Mark    string // + ~ - →
	Kind    string
	Name    string // "" where Text says it all
	Text    string
	Remarks []string
	Fields  []fieldStory
}

type fieldStory struct {
	Field         string
	Before, After string   // of a field that has another value
	Added, Gone   []string // of a set
}

// aheadStory is what differs from a day on.
type aheadStory struct {
	Title     string
	Counts    string
	Grave     []telling
	Other     []telling
	Templates []telling
}

// tell makes the story of a plan or a review.
func (t *Text) tell(p *plan.Plan) *story {
	titles := t.titles(p.Titles)
	s := &story{Title: t.storyTitle(p), Verdicts: t.verdicts(p), Counts: t.figures(p), Hash: p.Hash}
	for _, c := range p.Changes {
		if len(c.Widens) > 0 {
			s.Widens = append(s.Widens, t.sentence("plan.widens", c.Kind, own(t.widened(c))))
		}
	}
	for _, b := range p.Brakes {
		s.Brakes = append(s.Brakes, t.brake(b))
	}
	s.Grave, s.Gains, s.Losses, s.Levels = t.tellings(p.Effect, titles)
	for _, line := range sameReasons(p.Unchanged) {
		s.Unchanged = append(s.Unchanged, t.keptTelling(line, titles))
	}
	s.Templates = t.templateTellings(p.Templates, titles)
	s.First = t.firstGiven(p.EffectSummary)
	t.tellFindings(s, p)
	s.Objects = t.impersonal(p.Changes, adopted(p))
	if p.Summary.Silenced > 0 {
		s.Silenced = t.sentence("silenced", p.Summary.Silenced)
	}
	if p.ValidUntil != nil && p.Since == nil {
		s.Until = t.sentence("plan.until", instant(*p.ValidUntil))
	}
	if p.Since == nil {
		s.Begins, s.Ends = t.turning("timeline.begins", firstOf(p.Begins)), t.turning("timeline.ends", firstOf(p.Ends))
		return s
	}
	for _, a := range p.Since.Ahead {
		s.Ahead = append(s.Ahead, t.tellAhead(a, p.At, titles))
	}
	s.Judging = t.impersonal(p.Since.Judging, nil)
	return s
}

func (t *Text) storyTitle(p *plan.Plan) string {
	if p.Since == nil {
		return t.sentence("plan.heading", p.Project, p.Target.Name, p.At.String())
	}
	key := "review.title"
	if p.Since.Empty {
		key = "review.first"
	}
	return t.sentence(key, p.Project, p.Since.Revision, own(shortCommit(p.Since.Commit)), p.At.String())
}

func shortCommit(commit string) string { return commit[:min(12, len(commit))] }

// verdicts say what a plan comes to, the most serious first.
func (t *Text) verdicts(p *plan.Plan) []verdict {
	var all []verdict
	add := func(tone tone, text string) { all = append(all, verdict{tone, text}) }
	if p.Summary.Errors > 0 {
		add(toneStop, t.sentence("verdict.refused", p.Summary.Errors))
	}
	if len(p.Brakes) > 0 {
		add(toneWait, t.sentence("verdict.braked", len(p.Brakes)))
	}
	widen := 0
	for _, c := range p.Changes {
		if len(c.Widens) > 0 {
			widen++
		}
	}
	if widen > 0 {
		add(toneGrave, t.sentence("verdict.widens", widen))
	}
	if n := gravely(p); n > 0 {
		add(toneGrave, t.sentence("verdict.grave", n))
	}
	if p.Since != nil && len(p.Since.Judging) > 0 {
		add(toneWait, t.sentence("verdict.judging", len(p.Since.Judging)))
	}
	switch {
	case p.Summary.Gained+p.Summary.Lost > 0:
		is := toneGain
		if p.Summary.Gained == 0 {
			is = toneLoss
		}
		add(is, t.peopleLine(p))
	case len(p.EffectSummary) > 0:
		add(toneGain, t.sentence("effect.first"))
	case len(p.Effect)+len(p.Templates) > 0:
		add(toneCalm, t.sentence("effect.lesser"))
	case p.Since != nil && p.Same():
		add(toneCalm, t.sentence("review.none"))
	case p.Empty() && p.Since == nil:
		add(toneCalm, t.sentence("plan.none"))
	default:
		add(toneCalm, t.sentence("effect.none"))
	}
	if later := laterDays(p); later > 0 {
		add(toneGain, t.sentence("verdict.ahead", later))
	}
	return all
}

// laterDays is on how many days ahead something differs that does not yet.
func laterDays(p *plan.Plan) int {
	days := make(map[calendar.Day]bool)
	if p.Since != nil {
		for _, a := range p.Since.Ahead {
			if a.From > p.At {
				days[a.From] = true
			}
		}
	}
	return len(days)
}

// peopleLine says how many gain and lose.
func (t *Text) peopleLine(p *plan.Plan) string {
	return t.sentence("effect.people", own(t.counted("effect.gained", p.Summary.Gained, false)), own(t.counted("effect.lost", p.Summary.Lost, false)))
}

// gravely is how many people gain a right of class high or critical, now or later.
func gravely(p *plan.Plan) int {
	effect := slices.Clone(p.Effect)
	if p.Since != nil {
		for _, a := range p.Since.Ahead {
			effect = append(effect, a.Effect...)
		}
	}
	var people []string
	for _, e := range effect {
		if e.Gained && !e.Level && e.Sensitivity.Grave() {
			people = append(people, e.People...)
		}
	}
	return persons(people)
}

func (t *Text) figures(p *plan.Plan) []count {
	var all []count
	for _, c := range []struct {
		key   string
		n     int
		of    tone
		few   bool
		shown bool
	}{
		{"count.gain", p.Summary.Gained, toneGain, t.Veil.few(p.Summary.Gained), len(p.EffectSummary) == 0},
		{"count.lose", p.Summary.Lost, toneLoss, t.Veil.few(p.Summary.Lost), len(p.EffectSummary) == 0},
		{"count.create", p.Summary.Create, toneCalm, false, true},
		{"count.update", p.Summary.Update, toneCalm, false, true},
		{"count.rename", p.Summary.Rename, toneCalm, false, p.Summary.Rename > 0},
		{"count.delete", p.Summary.Delete, toneCalm, false, true},
		{"count.error", p.Summary.Errors, toneStop, false, p.Summary.Errors > 0},
		{"count.warning", p.Summary.Warnings, toneCalm, false, true},
	} {
		figure := strconv.Itoa(c.n)
		if c.few {
			figure = t.sentence("few", own(strconv.Itoa(t.Veil.minGroup)))
		}
		if c.shown {
			all = append(all, count{t.sentence(c.key), figure, c.of})
		}
	}
	return all
}

// titled finds what people call a thing, by its name.
type titled map[string]string

// titles are the titles in the language, or in one there is.
func (t *Text) titles(all []plan.Title) titled {
	titles := make(titled)
	rank := make(map[string]int)
	for _, title := range all {
		r := 1
		switch title.Language {
		case string(cmp.Or(t.Lang, "en")):
			r = 4
		case "":
			r = 3
		case "en":
			r = 2
		}
		if r > rank[title.Name] {
			rank[title.Name], titles[title.Name] = r, t.safe(title.Title)
		}
	}
	return titles
}

func (titles titled) of(names []string) []named {
	out := make([]named, len(names))
	for i, name := range names {
		out[i] = named{Safe(name), titles[name]}
		if out[i].Title == out[i].Name {
			out[i].Title = ""
		}
	}
	return out
}

// tellings are what people gain and lose, the most sensitive right first.
func (t *Text) tellings(effect []plan.Effect, titles titled) (grave, gains, losses, levels []telling) {
	for _, line := range sameReasons(effect) {
		is := telling{Tone: toneLoss, Mark: "-", Count: persons(line.People), Rights: titles.of(line.Rights)}
		verb := "effect.lose."
		if line.Gained {
			is.Tone, is.Mark, verb = toneGain, "+", "effect.gain."
		}
		if line.Gained && (line.Widens || line.grave()) {
			is.Tone, is.Mark = toneGrave, "!"
		}
		if line.Sensitivity.Grave() {
			is.Class = t.sentence("sensitivity." + string(line.Sensitivity))
		}
		verb += kindKey(line.Kind)
		is.Head, is.At = uncolon(t.counted(verb, is.Count, line.grave())), t.told(line, verb, titles)
		is.Why = t.whyTold(line.Effect)
		switch {
		case line.Level:
			is.Tone, is.Mark = toneCalm, "~"
			levels = append(levels, is)
		case line.grave():
			grave = append(grave, is)
		case line.Gained:
			gains = append(gains, is)
		default:
			losses = append(losses, is)
		}
	}
	return grave, gains, losses, levels
}

// keptTelling is what people keep though something that gave it goes.
func (t *Text) keptTelling(line *effectLine, titles titled) telling {
	is := telling{Tone: toneCalm, Mark: "=", Count: persons(line.People), Rights: titles.of(line.Rights)}
	verb := "effect.keep." + kindKey(line.Kind)
	is.Head, is.At = uncolon(t.counted(verb, is.Count, false)), t.told(line, verb, titles)
	is.Why = t.because2("effect.still", worthTelling(line.After, nil), "effect.had", worthTelling(line.Before, nil))
	return is
}

// told says who is meant at which places: everybody of a grave gain, else some, or
// nobody where they are too few.
func (t *Text) told(line *effectLine, verb string, titles titled) []at {
	if !line.grave() && t.Veil.few(persons(line.People)) {
		return []at{{Places: titles.of(line.Places)}}
	}
	var out []at
	for _, group := range line.samePeople() {
		is := at{Head: uncolon(t.counted(verb, persons(group.people), line.grave())), Places: titles.of(group.places), People: t.people(group.people)}
		if n := len(is.People); !line.grave() && n > maxNamed+1 {
			is.People, is.More = is.People[:maxNamed], n-maxNamed
		}
		out = append(out, is)
	}
	return out
}

// firstGiven say what people will have of the first plan.
func (t *Text) firstGiven(counts []plan.Count) []string {
	lines, other := firstRights(counts)
	var out []string
	for _, l := range lines {
		out = append(out, t.sentence("sensitivity."+string(l.sensitivity))+" "+Safe(l.right)+": "+t.sentence("effect.count", l.most, own(t.where(l.places))))
	}
	if other > 0 {
		out = append(out, t.sentence("effect.other", other))
	}
	return out
}

func (t *Text) whyTold(e plan.Effect) []told {
	if !e.Gained {
		return t.because2("effect.had", worthTelling(e.Before, e.After), "effect.now", e.After)
	}
	before := e.Before
	if absent(before) {
		before = nil
	}
	return t.because2("effect.why", worthTelling(e.After, e.Before), "effect.before", before)
}

func (t *Text) because2(first string, reasons []plan.Reason, second string, others []plan.Reason) []told {
	var out []told
	if len(reasons) > 0 {
		out = append(out, told{t.sentence(first, t.because(reasons))})
	}
	if len(others) > 0 {
		out = append(out, told{t.sentence(second, t.because(others))})
	}
	return out
}

func (t *Text) templateTellings(templates []plan.TemplateEffect, titles titled) []telling {
	var out []telling
	for _, e := range templates {
		is := telling{Tone: toneLoss, Mark: "-", Count: persons(e.People), Rights: titles.of(t.allSafe(e.Templates))}
		key, why := "effect.template.lose", "effect.had"
		if e.Gained {
			is.Tone, is.Mark, key, why = toneGain, "+", "effect.template.gain", "effect.why"
		}
		actions := make([]string, len(e.Actions))
		for i, a := range e.Actions {
			actions[i] = t.sentence("action." + string(a))
		}
		is.Head = t.sentence(key, own(strings.Join(t.allSafe(e.Templates), ", ")), own(strings.Join(actions, ", ")))
		where := at{Places: titles.of(e.Places), People: t.who(e.People)}
		is.At, is.Why = []at{where}, t.because2(why, []plan.Reason{e.Reason}, "", nil)
		out = append(out, is)
	}
	return out
}

func (t *Text) tellAhead(a plan.Ahead, today calendar.Day, titles titled) aheadStory {
	s := aheadStory{Title: t.aheadTitle(a, today), Counts: t.aheadCounts(a)}
	grave, gains, losses, levels := t.tellings(a.Effect, titles)
	s.Grave, s.Other, s.Templates = grave, slices.Concat(gains, losses, levels), t.templateTellings(a.Templates, titles)
	return s
}

// aheadTitle says from when to when. What begins on the day itself is told as of today
// already: of that there is only its end to tell.
func (t *Text) aheadTitle(a plan.Ahead, today calendar.Day) string {
	if a.Until != nil && a.From == today {
		return t.sentence("review.until", a.Until.String())
	}
	if a.Until != nil {
		return t.sentence("review.span", a.From.String(), a.Until.String())
	}
	return t.sentence("review.ahead", a.From.String())
}

func (t *Text) aheadCounts(a plan.Ahead) string {
	return t.sentence("effect.people", own(t.counted("effect.gained", a.Gained, false)), own(t.counted("effect.lost", a.Lost, false)))
}

func (t *Text) tellFindings(s *story, p *plan.Plan) {
	findings := slices.Clone(p.Findings)
	slices.SortStableFunc(findings, func(a, b plan.Finding) int { return weight(a) - weight(b) })
	for _, f := range findings {
		is := t.problemTold(f)
		switch {
		case f.Severity == policy.Error:
			s.Refusals = append(s.Refusals, is)
		case f.Known:
			s.Known = append(s.Known, is)
		default:
			s.Findings = append(s.Findings, is)
		}
	}
}

func (t *Text) problemTold(f plan.Finding) problem {
	is := problem{Severity: t.sentence(string(f.Severity)), Tone: toneCalm, Code: f.Code, Text: t.message(f), Hints: t.hints(f)}
	switch f.Severity {
	case policy.Error:
		is.Tone = toneStop
	case policy.Warning:
		is.Tone = toneWait
	}
	switch {
	case len(f.Pos) > 0:
		is.Place = t.place(f.Pos[0])
	case f.Subject != "":
		is.Place = t.subject(f.Subject)
	}
	return is
}

// subject is what a finding is about: a kind, and a name.
func (t *Text) subject(subject string) string {
	kind, name, _ := strings.Cut(subject, " ")
	return strings.TrimSpace(Safe(kind) + " " + t.shownName(kind, name))
}

// shownName is the name of an object as the reader may see it.
func (t *Text) shownName(kind, name string) string {
	if kind == "Person" {
		return Safe(t.Veil.who(name))
	}
	return t.safe(name)
}

// personal are the kinds of which an object is about one person, or about few.
var personal = []string{"Person", "PersonOverride", "CardAssignment", "CosDocAssignment", "Substitution", "SupportContact"}

// impersonal tells what happens to objects one by one, but where cards are hidden
// those about single people together.
func (t *Text) impersonal(changes []plan.Change, foreign map[string]bool) []changeStory {
	var out []changeStory
	for i, c := range changes {
		switch {
		case !t.Veil.hides() || !slices.Contains(personal, c.Kind):
			out = append(out, t.changeTold(c, foreign[c.Kind+" "+c.Name]))
		case i == 0 || changes[i-1].Kind != c.Kind:
			out = append(out, t.together(c.Kind, changes)...)
		}
	}
	return out
}

// together counts what happens to the objects of a kind.
func (t *Text) together(kind string, changes []plan.Change) []changeStory {
	created, deleted, changed := 0, 0, 0
	fields := make(map[string]bool)
	for _, c := range changes {
		switch {
		case c.Kind != kind:
		case order.Action(c.Action) == order.Create:
			created++
		case order.Action(c.Action) == order.Delete:
			deleted++
		default:
			changed++
			for _, f := range c.Fields {
				for _, text := range t.impersonalField(f) {
					fields[text] = true
				}
			}
		}
	}
	var out []changeStory
	add := func(n int, mark, key string, is tone, more ...any) {
		if n > 0 {
			out = append(out, changeStory{Tone: is, Mark: mark, Kind: kind, Text: kind + ": " + t.counted(key, n, false, more...)})
		}
	}
	add(created, "+", "personal.new", toneGain)
	add(changed, "~", "personal.is", toneCalm, own(strings.Join(slices.Sorted(maps.Keys(fields)), ", ")))
	add(deleted, "-", "personal.old", toneLoss)
	return out
}

// givingFields are fields whose values name nobody: groups, rights and schools.
var givingFields = []string{"groups", "schools", "classes", "primusAccount.groups", "primusAccount.homeSchools", "surveyMaintainerSchools", "units",
	"grant", "revoke", "studentGroups", "guardianGroups", "duties.groups", "duties.overrides"}

// impersonalField is a field of somebody that changes, with the values that come
// and go where these name nobody.
func (t *Text) impersonalField(f plan.FieldChange) []string {
	name, _, _ := strings.Cut(f.Field, "[")
	name = t.safe(name)
	before, _ := f.Before.([]string)
	after, _ := f.After.([]string)
	if !slices.Contains(givingFields, f.Field) || len(before)+len(after) == 0 {
		return []string{name}
	}
	var out []string
	for _, value := range without(after, before) {
		out = append(out, name+" + "+t.safe(value))
	}
	for _, value := range without(before, after) {
		out = append(out, name+" - "+t.safe(value))
	}
	if len(out) == 0 { // another order
		return []string{name}
	}
	return out
}

// changeTold is what happens to one object.
func (t *Text) changeTold(c plan.Change, foreign bool) changeStory {
	is := changeStory{Tone: toneCalm, Mark: "~", Kind: c.Kind, Name: t.shownName(c.Kind, c.Name), Remarks: t.changeRemarks(c, foreign)}
	switch order.Action(c.Action) {
	case order.Create:
		is.Tone, is.Mark = toneGain, "+"
	case order.Delete:
		is.Tone, is.Mark = toneLoss, "-"
	case order.Rename:
		is.Mark = "→"
	}
	plain := &Text{Lang: t.Lang, Veil: t.Veil, say: t.say}
	for _, f := range c.Fields {
		field := fieldStory{Field: t.safe(f.Field)}
		if isSet(f) {
			before, _ := f.Before.([]string)
			after, _ := f.After.([]string)
			field.Added, field.Gone = t.allSafe(without(after, before)), t.allSafe(without(before, after))
		} else {
			if f.Before != nil {
				field.Before = plain.value(f.Before)
			}
			if f.After != nil {
				field.After = plain.value(f.After)
			}
		}
		is.Fields = append(is.Fields, field)
	}
	return is
}

// turning is what begins or ends next, in a sentence.
func (t *Text) turning(key string, objects []plan.Object) string {
	names := make([]string, len(objects))
	for i, o := range objects {
		names[i] = strings.TrimSpace(o.Kind + " " + t.shownName(o.Kind, o.Name))
	}
	if len(names) == 0 {
		return ""
	}
	return t.sentence(key, own(strings.Join(names, ", ")))
}
