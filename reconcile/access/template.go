package access

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/lupa-dev/lupa/reconcile/fact"
)

// template is a survey template.
type template struct {
	id, author string
	school     int32 // -1 where it has none
	holders    []string
	sharing    map[int32]sharing
}

type sharing struct{ copy, ordinary, groupBound bool }

func (l *loader) readTemplates() {
	for key, o := range l.facts.Kind("SurveyTemplate").Objects() {
		tpl := &template{id: key.ID, author: o.Value("author"), school: -1, holders: o.Values("holders"), sharing: make(map[int32]sharing)}
		if at, ok := l.placeOf[o.Value("school")]; ok {
			tpl.school = at
		}
		l.templates[key.ID] = tpl
	}
	for key, o := range l.facts.Kind("Sharing").Objects() {
		parent, _ := fact.SplitNested(key.ID)
		tpl := l.templates[parent]
		if at, ok := l.placeOf[o.Value("school")]; ok && tpl != nil {
			tpl.sharing[at] = sharing{o.Value("copy") != "", o.Value("ordinary") != "", o.Value("groupBound") != ""}
		}
	}
}

// Action is what somebody does to a survey template.
type Action string

// The actions on templates. Edit is to edit it and to see all surveys made from
// it; the next three are in a school; ChangeSharing is of a school's sharing.
const (
	Edit          Action = "edit"
	Copy          Action = "copy"
	AddOrdinary   Action = "addOrdinary"
	AddGroupBound Action = "addGroupBound" // bound to the group of an assessment book (R69)
	ChangeSharing Action = "changeSharing"
	HandOut       Action = "handOut"
	Transfer      Action = "transfer"
)

// Actions are all actions, the most far-reaching first.
var Actions = []Action{Transfer, HandOut, Edit, ChangeSharing, Copy, AddOrdinary, AddGroupBound}

// InSchool reports whether an action is asked for a school; the others are of
// the template as a whole.
func (a Action) InSchool() bool {
	return slices.Contains([]Action{Copy, AddOrdinary, AddGroupBound, ChangeSharing}, a)
}

// May reports whether a person may do something to a template, in a school where
// the action is of one.
func (t *Table) May(person string, a Action, template, school string) bool {
	r, tpl := t.row(Who{Person: person}), t.templates[template]
	if r == nil || tpl == nil || r.kept || !r.employed() || r.inst.system != "inschool" {
		return false
	}
	at, known := t.placeOf[school]
	if a.InSchool() && !known {
		return false
	}
	return t.may(r, a, tpl, at)
}

func (t *Table) may(r *row, a Action, tpl *template, at int32) bool {
	on := tpl.school >= 0 && holds(t.homeOf(tpl).surveys, tpl.school) // R71
	maintains := t.inScope(r, maintain, tpl.school)
	holder := slices.Contains(tpl.holders, r.who.Person)
	edit := on && (maintains || holder) // R97, R104, R105
	use := func(right string, shared bool) bool {
		return t.inScope(r, right, at) && (edit || shared && holds(r.reach.own, at))
	}
	switch a {
	case Edit:
		return edit
	case Copy: // R99
		return use(createTemplate, t.shared(tpl, at).copy)
	case AddOrdinary: // R100
		return use(addSurvey, t.shared(tpl, at).ordinary)
	case AddGroupBound: // R101
		return use(addSurvey, t.shared(tpl, at).groupBound)
	case ChangeSharing: // R96, R103
		return t.inScope(r, maintain, at) && (maintains || holder || t.sharedWithin(r, tpl))
	case HandOut: // R106
		return on && (maintains || holder && tpl.author == r.who.Person)
	case Transfer: // R109
		return on && maintains
	}
	return false
}

// shared is what a school may do with a template. Sharing is of Wilma 2.16 (R68)
// and of schools with the survey function.
func (t *Table) shared(tpl *template, at int32) sharing {
	if inst := t.homeOf(tpl); inst.wilma.before(2, 16) || !holds(inst.surveys, at) {
		return sharing{}
	}
	return tpl.sharing[at]
}

func (t *Table) homeOf(tpl *template) *installation {
	name, _, _ := strings.Cut(tpl.id, "/")
	return cmp.Or(t.installations[name], &installation{wilma: newest})
}

// sharedWithin reports whether a template is shared in a school that somebody
// maintains.
func (t *Table) sharedWithin(r *row, tpl *template) bool {
	for at := range tpl.sharing {
		if t.inScope(r, maintain, at) {
			return true
		}
	}
	return false
}

func (t *Table) inScope(r *row, right string, at int32) bool {
	e := t.entry(r, right)
	return e != nil && holds(r.places(e.scope, e), at)
}

// MayRemove reports whether a person may take a template from one who holds it:
// never from oneself, and never from the last (R111, R112).
func (t *Table) MayRemove(person, template, holder string) bool {
	tpl := t.templates[template]
	return t.May(person, HandOut, template, "") && person != holder && slices.Contains(tpl.holders, holder) && len(tpl.holders) > 1
}

// TemplateShift is what changes for people with one survey template.
type TemplateShift struct {
	Template string
	Actions  []Action
	Places   []string // schools, where the actions are of one
	People   []string
	Gained   bool
	Reason   Reason // what gives it, or gave it
}

// compareTemplates finds what changes with templates that change themselves, or
// whose schools switch the survey function.
func compareTemplates(before, after *Table) []TemplateShift {
	ids := make([]string, 0, len(before.templates)+len(after.templates))
	for id := range before.templates {
		ids = append(ids, id)
	}
	for id := range after.templates {
		if before.templates[id] == nil {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	var out []TemplateShift
	for _, id := range ids {
		if a, b := before.state(id), after.state(id); a != b {
			out = append(out, compareTemplate(before, after, id)...)
		}
	}
	return out
}

// state is all that decides about a template and is not about people.
func (t *Table) state(id string) string {
	tpl := t.templates[id]
	if tpl == nil {
		return ""
	}
	var b strings.Builder
	inst := t.homeOf(tpl)
	add := func(parts ...string) { b.WriteString(strings.Join(parts, "\x00") + "\x01") }
	on := func(at int32) string { return strconv.FormatBool(at >= 0 && holds(inst.surveys, at)) }
	add(tpl.author, t.id(tpl.school), on(tpl.school), strconv.FormatBool(inst.wilma.before(2, 16)))
	add(tpl.holders...)
	places := make([]int32, 0, len(tpl.sharing))
	for at := range tpl.sharing {
		places = append(places, at)
	}
	slices.Sort(places)
	for _, at := range places {
		s := tpl.sharing[at]
		add(t.id(at), on(at), strconv.FormatBool(s.copy), strconv.FormatBool(s.ordinary), strconv.FormatBool(s.groupBound))
	}
	return b.String()
}

func compareTemplate(before, after *Table, id string) []TemplateShift {
	type groupKey struct {
		action Action
		place  string
		gained bool
		reason string
	}
	groups := make(map[groupKey]*TemplateShift)
	note := func(t *Table, r *row, a Action, place string, gained bool) {
		reason := t.mayReason(r, a, t.templates[id], place)
		key := groupKey{a, place, gained, reason.Rule + reason.Case}
		g := groups[key]
		if g == nil {
			g = &TemplateShift{Template: id, Actions: []Action{a}, Gained: gained, Reason: reason}
			if place != "" {
				g.Places = []string{place}
			}
			groups[key] = g
		}
		g.People = append(g.People, r.who.Person)
	}
	places := templatePlaces(id, before, after)
	inst := (fact.Key{ID: id}).Installation()
	for _, who := range bothPersons(before, after, inst) {
		x, y := before.row(Who{Person: who}), after.row(Who{Person: who})
		for _, a := range Actions {
			at := places
			if !a.InSchool() {
				at = []string{""}
			}
			for _, place := range at {
				had, has := before.May(who, a, id, place), after.May(who, a, id, place)
				switch {
				case had && !has:
					note(before, x, a, place, false)
				case has && !had:
					note(after, y, a, place, true)
				}
			}
		}
	}
	return joinTemplateShifts(groups)
}

func joinTemplateShifts[K comparable](groups map[K]*TemplateShift) []TemplateShift {
	var all []*TemplateShift
	for _, g := range groups {
		all = append(all, g)
	}
	order := func(a, b *TemplateShift) int {
		gains := func(s *TemplateShift) int {
			if s.Gained {
				return 0
			}
			return 1
		}
		return cmp.Or(gains(a)-gains(b), cmp.Compare(slices.Index(Actions, a.Actions[0]), slices.Index(Actions, b.Actions[0])),
			slices.Compare(a.Places, b.Places), strings.Compare(a.Reason.Rule+a.Reason.Case, b.Reason.Rule+b.Reason.Case), slices.Compare(a.People, b.People))
	}
	slices.SortFunc(all, order)
	var out []TemplateShift
	for _, s := range all {
		joined := false
		for i := range out {
			o := &out[i]
			if o.Gained != s.Gained || !o.Reason.same(s.Reason) || !slices.Equal(o.People, s.People) {
				continue
			}
			switch {
			case slices.Equal(o.Places, s.Places):
				o.Actions, joined = append(o.Actions, s.Actions...), true
			case slices.Equal(o.Actions, s.Actions) && len(o.Places) > 0 && len(s.Places) > 0:
				o.Places, joined = append(o.Places, s.Places...), true
			}
			if joined {
				break
			}
		}
		if !joined {
			out = append(out, *s)
		}
	}
	return out
}

// templatePlaces are the schools that a template is shared in, before or after.
func templatePlaces(id string, tables ...*Table) []string {
	var places []string
	for _, t := range tables {
		if tpl := t.templates[id]; tpl != nil {
			for at := range tpl.sharing {
				places = append(places, t.id(at))
			}
			if tpl.school >= 0 {
				places = append(places, t.id(tpl.school))
			}
		}
	}
	slices.Sort(places)
	return slices.Compact(places)
}

// bothPersons are the ids of the teachers and staff of an installation.
func bothPersons(before, after *Table, inst string) []string {
	var ids []string
	for _, t := range []*Table{before, after} {
		for i := range t.rows {
			if r := &t.rows[i]; r.employed() && r.inst.name == inst {
				ids = append(ids, r.who.Person)
			}
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// mayReason is why somebody may do something to a template.
func (t *Table) mayReason(r *row, a Action, tpl *template, place string) Reason {
	holder := slices.Contains(tpl.holders, r.who.Person)
	switch {
	case a != HandOut && holder && a != Transfer:
		return Reason{Rule: "R104", Case: "holder"}
	case a == HandOut && holder && tpl.author == r.who.Person:
		return Reason{Rule: "R106", Case: "author"}
	case t.inScope(r, maintain, tpl.school):
		return Reason{Rule: "R73", Case: "maintainer"}
	case a == ChangeSharing:
		return Reason{Rule: "R103", Case: "shared"}
	case a == Copy:
		return Reason{Rule: "R99", Case: "shared"}
	case a == AddGroupBound:
		return Reason{Rule: "R101", Case: "shared"}
	}
	return Reason{Rule: "R100", Case: "shared"}
}
