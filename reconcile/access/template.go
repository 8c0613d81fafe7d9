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
	return t.mayIn(t.row(Who{Person: person}), a, t.templates[template], school)
}

func (t *Table) mayIn(r *row, a Action, tpl *template, school string) bool {
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

// TemplateShift is the same change for everybody it names: each of People may
// newly, or may no longer, do each of Actions with each of Templates.
type TemplateShift struct {
	Templates []string // ids, sorted
	Actions   []Action
	Places    []string // schools, where the actions are of one
	People    []string // ids, sorted
	Gained    bool
	Reason    Reason // what gives it, or gave it
}

// templateChange is one action on one template that somebody gains or loses.
type templateChange struct {
	template string
	action   Action
	place    string
	gained   bool
	reason   string // rule and case
}

// compareTemplates finds what everybody gains and loses with every template that
// is somehow theirs. Who has the same as before is looked at for the templates that
// changed; those who have the same as each other, and hold no template, are looked
// at once.
func (c *comparer) compareTemplates() []TemplateShift {
	ids, changed := c.templateIDs()
	if len(ids) == 0 {
		return nil
	}
	near := c.templatesNear(ids)
	people := make(map[templateChange][]string)
	known := make(map[pair][]templateChange)
	c.eachPair(func(x, y *row) {
		if (x == nil || !x.employed()) && (y == nil || !y.employed()) {
			return
		}
		same := x != nil && y != nil && c.same(x, y)
		if same && len(changed) == 0 {
			return
		}
		person := personOf(x, y)
		own := near.held[person]
		key := pairOf(x, y)
		found, ok := known[key]
		if !ok || len(own) > 0 {
			found = nil
			for _, id := range near.to(c, x, y, own) {
				if !same || changed[id] {
					found = c.templateChanges(found, x, y, id)
				}
			}
			if len(own) == 0 {
				known[key] = found
			}
		}
		for _, change := range found {
			people[change] = append(people[change], person)
		}
	})
	return joinTemplateShifts(people)
}

// templateIDs are the templates of both states, and those that changed.
func (c *comparer) templateIDs() (ids []string, changed map[string]bool) {
	for _, t := range []*Table{c.a, c.b} {
		for id := range t.templates {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	changed = make(map[string]bool)
	for _, id := range ids {
		if c.a.state(id) != c.b.state(id) {
			changed[id] = true
		}
	}
	return ids, changed
}

// nearTemplates are templates by what lets somebody do anything with them: holding
// them, or a right of surveys in a school that they are at home or shared in (R96 to
// R106). Most people have nothing to do with most templates.
type nearTemplates struct {
	held map[string][]string // by person: as holder or author
	at   [2]map[int32][]string
}

func (c *comparer) templatesNear(ids []string) nearTemplates {
	near := nearTemplates{held: make(map[string][]string)}
	for i, t := range []*Table{c.a, c.b} {
		near.at[i] = make(map[int32][]string)
		for _, id := range ids {
			tpl := t.templates[id]
			if tpl == nil {
				continue
			}
			for _, person := range append([]string{tpl.author}, tpl.holders...) {
				near.held[person] = append(near.held[person], id)
			}
			near.at[i][tpl.school] = append(near.at[i][tpl.school], id)
			for at := range tpl.sharing {
				if at != tpl.school {
					near.at[i][at] = append(near.at[i][at], id)
				}
			}
		}
	}
	return near
}

// to are the templates with which somebody may have been able, or be able, to do
// something.
func (near nearTemplates) to(c *comparer, x, y *row, own []string) []string {
	ids := slices.Clone(own)
	for i, r := range []*row{x, y} {
		if r == nil {
			continue
		}
		t := []*Table{c.a, c.b}[i]
		for _, right := range templateRights {
			if e := t.entry(r, right); e != nil {
				for _, at := range r.places(e.scope, e) {
					ids = append(ids, near.at[i][at]...)
				}
			}
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// templateRights are the rights by which people do anything with templates.
var templateRights = []string{maintain, createTemplate, addSurvey}

func personOf(x, y *row) string {
	if y != nil {
		return y.who.Person
	}
	return x.who.Person
}

// templateChanges is what one person gains and loses with one template.
func (c *comparer) templateChanges(found []templateChange, x, y *row, id string) []templateChange {
	note := func(t *Table, r *row, a Action, place string, gained bool) {
		reason := t.mayReason(r, a, t.templates[id], place)
		found = append(found, templateChange{id, a, place, gained, reason.Rule + "." + reason.Case})
	}
	may := func(t *Table, r *row, a Action, place string) bool {
		return t.mayIn(r, a, t.templates[id], place)
	}
	places := c.templatePlaces(x, y, id)
	for _, a := range Actions {
		at := places
		if !a.InSchool() {
			at = []string{""}
		}
		for _, place := range at {
			switch had, has := may(c.a, x, a, place), may(c.b, y, a, place); {
			case had && !has:
				note(c.a, x, a, place, false)
			case has && !had:
				note(c.b, y, a, place, true)
			}
		}
	}
	return found
}

// templatePlaces are the schools in which somebody may do anything with surveys,
// before or after.
func (c *comparer) templatePlaces(x, y *row, id string) []string {
	var places []string
	inst := (fact.Key{ID: id}).Installation()
	add := func(t *Table, r *row) {
		if r == nil || r.inst.name != inst {
			return
		}
		for _, right := range templateRights {
			if e := t.entry(r, right); e != nil {
				for _, at := range r.places(e.scope, e) {
					places = append(places, t.places[at])
				}
			}
		}
	}
	add(c.a, x)
	add(c.b, y)
	slices.Sort(places)
	return slices.Compact(places)
}

// joinTemplateShifts tells together what is the same for the same people: actions
// on one template in one school, then schools, then templates.
func joinTemplateShifts(people map[templateChange][]string) []TemplateShift {
	changes := make([]templateChange, 0, len(people))
	for change := range people {
		changes = append(changes, change)
	}
	slices.SortFunc(changes, func(a, b templateChange) int {
		gains := func(c templateChange) int {
			if c.gained {
				return 0
			}
			return 1
		}
		return cmp.Or(gains(a)-gains(b), strings.Compare(a.template, b.template), strings.Compare(a.place, b.place),
			cmp.Compare(slices.Index(Actions, a.action), slices.Index(Actions, b.action)), strings.Compare(a.reason, b.reason))
	})
	lists := peopleNumbers{of: make(map[string]string)}
	join := func(all []*TemplateShift, key func(*TemplateShift) string, into func(first, s *TemplateShift)) []*TemplateShift {
		first := make(map[string]*TemplateShift)
		var out []*TemplateShift
		for _, s := range all {
			k := key(s)
			if f := first[k]; f != nil {
				into(f, s)
				continue
			}
			first[k] = s
			out = append(out, s)
		}
		return out
	}
	who := make(map[*TemplateShift]string)
	var all []*TemplateShift
	for _, change := range changes {
		rule, variant, _ := strings.Cut(change.reason, ".")
		s := &TemplateShift{Templates: []string{change.template}, Actions: []Action{change.action}, People: people[change], Gained: change.gained, Reason: Reason{Rule: rule, Case: variant}}
		if change.place != "" {
			s.Places = []string{change.place}
		}
		who[s] = lists.named(s.People)
		all = append(all, s)
	}
	same := func(s *TemplateShift) string {
		return strconv.FormatBool(s.Gained) + "\x00" + s.Reason.Rule + s.Reason.Case + "\x00" + who[s] + "\x00"
	}
	actions := func(s *TemplateShift) string {
		names := make([]string, len(s.Actions))
		for i, a := range s.Actions {
			names[i] = string(a)
		}
		return strings.Join(names, "\x01") + "\x00"
	}
	places := func(s *TemplateShift) string { return strings.Join(s.Places, "\x01") + "\x00" }
	all = join(all, func(s *TemplateShift) string { return same(s) + s.Templates[0] + "\x00" + places(s) },
		func(first, s *TemplateShift) { first.Actions = append(first.Actions, s.Actions...) })
	all = join(all, func(s *TemplateShift) string {
		return same(s) + s.Templates[0] + "\x00" + actions(s) + strconv.FormatBool(len(s.Places) > 0)
	}, func(first, s *TemplateShift) { first.Places = append(first.Places, s.Places...) })
	all = join(all, func(s *TemplateShift) string { return same(s) + actions(s) + places(s) },
		func(first, s *TemplateShift) { first.Templates = append(first.Templates, s.Templates...) })
	out := make([]TemplateShift, len(all))
	for i, s := range all {
		out[i] = *s
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
