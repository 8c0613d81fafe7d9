package order

import (
	"slices"
	"strings"

	"github.com/lupa-dev/lupa/reconcile/fact"
)

// phase is when a step comes where no step that it waits for says otherwise. What
// takes away is first, and what gives is last (O13).
type phase int

const (
	takes   phase = iota // people may do less than before
	closes               // a school's surveys are switched off (O8)
	makes                // what nobody has yet: a group without members
	hides                // an empty list is filled that hides another (R28, R78)
	moves                // both at once
	reveals              // such a list is emptied
	opens                // a school's surveys are switched on (O8)
	gives                // people may do more
)

// bearing is how a field bears on what people may do.
type bearing int

const (
	plain   bearing = iota // not at all
	adds                   // each value gives something
	held                   // each value is somebody who holds the object (O2)
	removes                // each value takes something away
	hinge                  // other fields mean something else with it
	hiding                 // while it has values, another field is not looked at
	person                 // whom or what the object is about: with another it is another object
)

// bears lists the fields that bear on what people may do.
var bears = map[string]map[string]bearing{
	"Installation": {"system": hinge, "versions": hinge, "ims.reviewer": adds},
	"Right":        {"primusOnly": removes},
	"School": {"external": hinge, "wilma.enabled": adds, "surveys.enabled": adds, "surveys.everyone.teachers": adds,
		"surveys.everyone.staff": adds, "studentGroups": adds, "guardianGroups": adds},
	"SchoolClass": {"studentGroups": hiding, "guardianGroups": hiding},
	"UserGroup":   {"primus": adds, "wilma": adds},
	"Person": {"kind": hinge, "external": hinge, "schools": hinge, "allSchools": hinge, "classes": hinge, "children": adds, "groups": adds,
		"surveyMaintainerSchools": hiding, "primusAccount": adds, "primusAccount.groups": adds,
		"primusAccount.homeSchools": hinge, "primusAccount.allSchools": hinge},
	"PersonOverride":     {"person": person, "grant": adds, "revoke": removes},
	"CardAssignment":     {"card": person, "studentGroups": hiding, "guardianGroups": hiding},
	"SurveyTemplate":     {"holders": held},
	"Sharing":            {"copy": adds, "ordinary": adds, "groupBound": adds, "auto": adds},
	"Unit":               {"parent": hinge},
	"CosDocRole":         {"permissions": adds, "scope": hinge, "scope.units": adds, "scope.includeSubunits": adds},
	"CosDocProfile":      {"roles": adds},
	"CosDocAssignment":   {"profile": hinge, "person": person, "units": adds},
	"ImsGrant":           {"section": person, "path": person, "grants": adds},
	"Substitution":       {"substitute": hinge, "duties.groups": adds, "duties.overrides": adds},
	"SubstitutedProfile": {"profile": hinge, "substitute": person, "units": adds},
}

// manner is how a change of a field becomes steps.
type manner int

const (
	whole manner = iota // with all that bears on what people may do, in one step
	apart               // what takes away and what gives are steps of their own
	alone               // a step of its own
	rows                // a step a row
)

// manner is what the rules say about a field of a kind.
func (m *maker) manner(k *fact.Kind, f *fact.Field) manner {
	for i := range m.rules {
		if cut := m.rules[i].cut; cut != nil {
			if how := cut(k, f, bears[k.Name][f.Name]); how != whole {
				return how
			}
		}
	}
	return whole
}

// cut makes steps of a change.
func (m *maker) cut(c fact.Change) {
	switch {
	case exists(c.Add):
		m.add(Step{Action: Create, Key: c.Key, Add: c.Add}, m.createPhase(c))
	case exists(c.Del):
		c.Del = m.strip(c.Key, c.Del)
		m.add(Step{Action: Delete, Key: c.Key, Del: c.Del}, m.deletePhase(c.Key, c.Del))
	default:
		m.cutUpdate(c)
	}
}

// strip takes from an object that goes what gives rights, where what takes rights
// away goes with it and would not outlast it: from a card that others limit and that
// they name, so that they go before (O1), and from an override that grants and revokes.
func (m *maker) strip(key fact.Key, object fact.Set) (rest fact.Set) {
	card := key.Kind == "Person" && m.phased() && m.limits(key.ID)
	both := key.Kind == "PersonOverride" && m.phased() && hasAny(object, adds) && hasAny(object, removes)
	if !card && !both {
		return object
	}
	var d delta
	for _, f := range object.All() {
		switch field, _, _ := strings.Cut(f.Field, "."); field {
		case "grant", "groups", "classes", "children", "primusAccount":
			d.del = append(d.del, f)
		}
	}
	if d.empty() {
		return object
	}
	m.add(d.step(key), takes)
	return object.Minus(fact.Of(d.del...))
}

// limits reports whether something takes rights from a person.
func (m *maker) limits(id string) bool {
	return slices.ContainsFunc(m.prover().had.about[id], func(o fact.Set) bool {
		return o.At(0).Kind == "CardAssignment" || o.Field("revoke").Len() > 0
	})
}

// phased reports whether steps come in phases.
func (m *maker) phased() bool {
	return slices.ContainsFunc(m.rules, func(r Rule) bool { return r.phased })
}

// exists reports whether the facts of an object say that it exists.
func exists(s fact.Set) bool { return s.Len() > 0 && s.At(0).Field == "" }

// inert are the kinds of which an object means nothing until others name it.
var inert = map[string]bool{"Installation": true, "RightsCatalogue": true, "SchoolClass": true, "UserGroup": true,
	"Unit": true, "CosDocRole": true, "CosDocProfile": true}

func (m *maker) createPhase(c fact.Change) phase {
	switch {
	case inert[c.Key.Kind]:
		return makes
	case c.Key.Kind == "CardAssignment": // R28
		return hides
	case hasAny(c.Add, removes) && hasAny(c.Add, adds):
		return moves
	case hasAny(c.Add, removes):
		return takes
	}
	return gives
}

func (m *maker) deletePhase(key fact.Key, del fact.Set) phase {
	switch {
	case key.Kind == "CardAssignment":
		return reveals
	case hasAny(del, removes) && hasAny(del, adds):
		return moves
	case hasAny(del, removes):
		return gives
	}
	return takes
}

func hasAny(object fact.Set, b bearing) bool {
	kind := object.At(0).Kind
	if kind != "PersonOverride" && kind != "Right" {
		return b == adds // no other kind takes anything away
	}
	fields := bears[kind]
	for _, f := range object.All() {
		if f.Field != "" && fields[f.Field] == b {
			return true
		}
	}
	return false
}

// split is a change of an object by what becomes of it.
type split struct {
	hinges     map[string]bool // what changes, by what belongs together
	take, give delta
	all        delta // of all that bears on what people may do
}

// delta is what goes and what comes.
type delta struct{ del, add []fact.Fact }

func (d delta) empty() bool { return len(d.del)+len(d.add) == 0 }

func (d *delta) plus(o delta) {
	d.del, d.add = append(d.del, o.del...), append(d.add, o.add...)
}

func (d delta) step(key fact.Key) Step {
	return Step{Action: Update, Key: key, Del: fact.Of(d.del...), Add: fact.Of(d.add...)}
}

// cutUpdate makes steps of a change within an object.
func (m *maker) cutUpdate(c fact.Change) {
	kind := fact.Words.Kind(c.Key.Kind)
	changed := m.fields(kind, c)
	for i := range kind.Fields {
		f := &kind.Fields[i]
		if _, ok := changed[f.Name]; ok && bears[kind.Name][f.Name] == person && m.manner(kind, f) != whole {
			m.replace(c.Key)
			return
		}
	}
	var s split
	s.hinges = make(map[string]bool)
	var lists, switches []string
	for i := range kind.Fields {
		f := &kind.Fields[i]
		d, ok := changed[f.Name]
		if !ok {
			continue
		}
		b, how := bears[kind.Name][f.Name], m.manner(kind, f)
		switch {
		case b == plain:
			m.add(d.step(c.Key), plainPhase(d))
			continue
		case b == hinge || b == person:
			s.hinges[axis(f.Name)] = true
		case b == hiding && how == alone:
			lists = append(lists, f.Name)
		case how == alone:
			switches = append(switches, f.Name)
		case (b == adds || b == held) && how == apart:
			s.take.del, s.give.add = append(s.take.del, d.del...), append(s.give.add, d.add...)
		case b == removes && how == apart:
			s.take.add, s.give.del = append(s.take.add, d.add...), append(s.give.del, d.del...)
		default:
			s.hinges[f.Name] = true
		}
		s.all.plus(d)
	}
	switch {
	case s.all.empty():
	case len(s.hinges) == 0:
		m.additive(c.Key, s)
		for _, f := range lists {
			m.list(c.Key, f, changed[f])
		}
		for _, f := range switches {
			m.add(changed[f].step(c.Key), switchPhase(changed[f]))
		}
	case len(s.hinges) == 1 && len(lists) == 0 && len(changed["schools"].add)+len(changed["schools"].del) == len(s.all.add)+len(s.all.del) &&
		m.manner(kind, kind.Field("schools")) == rows && m.have.Object(c.Key).Value("kind") != "student": // whose groups may hang on each row (R27)
		m.rows(c.Key, changed["schools"])
	default:
		m.add(s.all.step(c.Key), m.hingePhase(c.Key))
	}
}

// hingePhase is when a step comes that changes what other fields mean. A newer
// version opens what an older one keeps closed (R67, R87).
func (m *maker) hingePhase(key fact.Key) phase {
	if key.Kind != "Installation" {
		return moves
	}
	had, has := wilma(m.have.Object(key)), wilma(m.want.Object(key))
	switch gate := func(v string) []bool { return []bool{before(v, 2, 16), before(v, 2, 17)} }; {
	case slices.Equal(gate(had), gate(has)):
		return moves
	case gate(had)[0] && !gate(has)[0], gate(had)[1] && !gate(has)[1]:
		return opens
	}
	return closes
}

// plainPhase is when a step comes that bears on nobody's rights. What only takes
// a name away comes early, so that what is named can go.
func plainPhase(d delta) phase {
	if len(d.del) > 0 {
		return takes
	}
	return gives
}

func switchPhase(d delta) phase {
	if len(d.add) > 0 {
		return opens
	}
	return closes
}

// axis is what a hinge belongs to: a list of schools and the flag that stands for
// every school are one thing.
func axis(field string) string {
	return strings.Replace(strings.Replace(field, "allSchools", "schools", 1), "homeSchools", "schools", 1)
}

// fields are the changes of an object field by field. What stands in a part that
// comes or goes, such as a Primus account, does so with it: an account without
// its home schools would reach every school (P10).
func (m *maker) fields(kind *fact.Kind, c fact.Change) map[string]delta {
	changed := make(map[string]delta)
	for _, f := range c.Del.All() {
		d := changed[f.Field]
		d.del = append(d.del, f)
		changed[f.Field] = d
	}
	for _, f := range c.Add.All() {
		d := changed[f.Field]
		d.add = append(d.add, f)
		changed[f.Field] = d
	}
	for _, f := range kind.Fields {
		d, ok := changed[f.Name]
		if !f.Presence || !ok {
			continue
		}
		for _, inside := range kind.Fields {
			if strings.HasPrefix(inside.Name, f.Name+".") {
				d.plus(changed[inside.Name])
				delete(changed, inside.Name)
			}
		}
		changed[f.Name] = d
	}
	return changed
}

// additive cuts what only gives and takes, value by value, in two: what goes can
// go at once, and what comes can wait (O13).
func (m *maker) additive(key fact.Key, s split) {
	take, give := -1, -1
	if !s.take.empty() {
		take = m.add(s.take.step(key), takes)
	}
	if !s.give.empty() {
		give = m.add(s.give.step(key), gives)
	}
	if take >= 0 && give >= 0 {
		m.nodes[take].twin, m.nodes[give].twin = give, take
	}
}

// list cuts a list of which an empty one means another list: it is filled and
// emptied in one step, and never empty in between.
func (m *maker) list(key fact.Key, field string, d delta) {
	had, has := m.have.Object(key).Field(field).Len(), m.want.Object(key).Field(field).Len()
	switch {
	case had == 0:
		m.add(d.step(key), hides)
	case has == 0:
		m.add(d.step(key), reveals)
	default:
		m.add(d.step(key), moves)
	}
}

// replace cuts a change of whom an object is about: it goes from one, and comes to
// the other.
func (m *maker) replace(key fact.Key) {
	had, has := m.have.Object(key), m.want.Object(key)
	had = m.strip(key, had)
	m.add(Step{Action: Delete, Key: key, Del: had}, m.deletePhase(key, had))
	m.add(Step{Action: Create, Key: key, Add: has}, m.createPhase(fact.Change{Key: key, Add: has}))
}

// rows turns an ordered list into another (O6): rows that both have are set in
// place, rows that only the new one has are appended, and surplus rows go from
// the highest. As long as both lists have a row, no list in between is empty
// (R74: an empty Koulu means every school).
func (m *maker) rows(key fact.Key, d delta) {
	old := make(map[int]fact.Fact, len(d.del))
	for _, f := range d.del {
		old[f.Row] = f
	}
	for _, f := range d.add {
		var row delta
		row.add = []fact.Fact{f}
		if was, ok := old[f.Row]; ok {
			row.del = []fact.Fact{was}
			delete(old, f.Row)
		}
		m.add(row.step(key), moves)
	}
	for _, f := range slices.Backward(d.del) {
		if _, surplus := old[f.Row]; surplus {
			m.add(Step{Action: Update, Key: key, Del: fact.Of(f)}, moves)
		}
	}
}
