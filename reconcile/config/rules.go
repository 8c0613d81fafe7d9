package config

import (
	"iter"
	"maps"
	"slices"

	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/roster"
	"github.com/lupa-dev/lupa/schema"
	"github.com/lupa-dev/lupa/schema/source"
)

// groupRule is a document of kind GroupRule: groups for people of rosters.
type groupRule struct {
	name         text
	installation string // as written
	instAt       place
	kind         string
	school       text
	class        text
	role         text
	groups       []text

	matched bool
}

func (c *compiler) groupRule(root source.Value) {
	meta, spec := root.Get("metadata"), root.Get("spec")
	name, inst, match := meta.Get("name"), meta.Get("installation"), spec.Get("match")
	if c.named(name) {
		c.out.lists = append(c.out.lists, list{"GroupRule", inst.Text(), c.text(name)})
	}
	if len(c.bad) > 0 {
		return
	}
	r := groupRule{name: c.text(name), installation: inst.Text(), instAt: c.place(inst), kind: match.Get("kind").Text(),
		school: c.text(match.Get("school")), class: c.text(match.Get("class")), role: c.text(match.Get("role"))}
	for _, group := range spec.Get("groups").Items() {
		r.groups = append(r.groups, c.text(group))
	}
	c.out.rules = append(c.out.rules, r)
}

// carryOut gives the people of rosters the groups that rules have for them. For
// students and guardians these stand at their class or school: on a card they
// would hide what class and school say (R28).
func (a *assembly) carryOut(read []fileFacts) {
	told := make(map[place]bool)
	a.ruled = make(map[fact.Key]bool)
	forCards := grants{make(map[reach][]*grant), make(map[grantKey]*grant)}
	var all []*groupRule
	classes := make(map[*object][]string) // with groups by a rule, for these kinds
	for i := range read {
		for k := range read[i].rules {
			r := &read[i].rules[k]
			asked := &object{kind: ruleKind, name: r.name.word, at: r.name.at, installation: r.installation, instAt: r.instAt}
			inst, ok := a.installationOf(asked, told)
			if !ok || !a.knownToRule(inst, r) {
				continue
			}
			r.installation = inst
			all = append(all, r)
			if r.kind == "student" || r.kind == "guardian" {
				for _, class := range a.atPlaces(r) {
					classes[class] = append(classes[class], r.kind)
				}
			} else {
				forCards.add(r)
			}
		}
	}
	a.unhide(all, classes)
	if len(forCards.all) > 0 {
		for _, j := range a.joined {
			j.onCards(forCards)
		}
	}
	for _, r := range all {
		if !r.matched && !a.brokenRoster {
			a.report(source.Problem{Code: "N05", Args: []string{r.name.word}, Pos: []source.Pos{r.name.at.pos(a.paths)},
				Suggest: schema.Nearest(r.role.word, maps.Keys(a.roles(r)))})
		}
	}
}

// roles are the roles that rosters have for people of the kind of a rule, if it
// names one itself that they do not have.
func (a *assembly) roles(r *groupRule) map[string]bool {
	roles := make(map[string]bool)
	if r.role.word == "" {
		return roles
	}
	for _, j := range a.joined {
		for i := range j.People {
			for _, m := range j.on(i) {
				if m.Kind == r.kind || m.Kind == "" && j.people[i].kind == r.kind {
					roles[m.Role] = true
				}
			}
		}
	}
	delete(roles, r.role.word)
	return roles
}

var ruleKind = &fact.Kind{Name: "GroupRule"}

// knownToRule checks what a rule names.
func (a *assembly) knownToRule(inst string, r *groupRule) bool {
	school, class := a.known(inst, "School", r.school), a.known(inst, "SchoolClass", r.class)
	good := school && class
	for _, group := range r.groups {
		good = a.known(inst, "UserGroup", group) && good
		a.ruled[fact.Key{Kind: "UserGroup", ID: fact.ID(inst, group.word)}] = true
	}
	if (r.kind == "student" || r.kind == "guardian") && r.role.word != "" && r.role.word != r.kind {
		a.problem("D12", "", []place{r.role.at}, r.kind)
		return false
	}
	return good
}

// maxSuggestions bounds the unknown names for which the nearest known one is
// looked for, as package policy does.
const maxSuggestions = 50

// known reports whether a name leads to an object, and tells where it does not.
func (a *assembly) known(inst, kind string, name text) bool {
	if o, _ := a.lookUp(kind, inst, name.word); o != nil || name.word == "" {
		return true
	}
	if a.isLost(name.word) {
		return false
	}
	p := source.Problem{Code: "E01", Case: "object", Args: []string{kind, name.word}, Pos: []source.Pos{name.at.pos(a.paths)}}
	if a.unknown++; a.unknown <= maxSuggestions {
		p.Suggest = schema.Nearest(name.word, a.namesOf(inst, kind))
	}
	a.report(p)
	return false
}

// namesOf are the names of the objects of a kind in an installation.
func (a *assembly) namesOf(inst, kind string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, o := range a.at[kind] {
			if o.key.Installation() == inst && !yield(o.key.Name()) {
				return
			}
		}
	}
}

// atPlaces carries out a rule for students or guardians: at its class, else at
// its school, else at every school that a roster knows. It says at which classes
// it left groups.
func (a *assembly) atPlaces(r *groupRule) (classes []*object) {
	field := r.kind + "Groups"
	give := func(o *object) {
		r.matched = true
		a.give(o, field, r)
	}
	school, _ := a.lookUp("School", r.installation, r.school.word)
	switch {
	case r.class.word != "":
		class, _ := a.lookUp("SchoolClass", r.installation, r.class.word)
		if of := class.entry("school"); r.school.word == "" || of != nil && of.value == r.school.word {
			give(class)
			classes = append(classes, class)
		}
	case r.school.word != "":
		give(school)
	default:
		for _, j := range a.joined {
			if j.installation == r.installation {
				for _, o := range j.schools {
					give(o)
				}
			}
		}
	}
	return classes
}

// unhide gives classes that have groups by a rule those of wider rules as well:
// at the school they would no longer be looked at (P7).
func (a *assembly) unhide(rules []*groupRule, classes map[*object][]string) {
	for class, kinds := range classes {
		school := class.entry("school")
		for _, r := range rules {
			if slices.Contains(kinds, r.kind) && r.class.word == "" && r.installation == class.key.Installation() &&
				(r.school.word == "" || school != nil && school.value == r.school.word) {
				a.give(class, r.kind+"Groups", r)
			}
		}
	}
}

// give adds the groups of a rule to a field.
func (a *assembly) give(o *object, field string, r *groupRule) {
	f := o.kind.Field(field)
	for _, group := range r.groups {
		if !slices.ContainsFunc(o.entries, func(e entry) bool { return e.field == f && e.value == group.word }) {
			o.entries = append(o.entries, entry{field: f, value: group.word, at: group.at, also: o.row})
		}
	}
}

// grants are what rules give to cards.
type grants struct {
	at  map[reach][]*grant
	all map[grantKey]*grant
}

// reach is a kind of row in a place; school and class may be "" for any.
type reach struct{ kind, installation, school, class string }

// grant is a group for who is in a place, with a role or with any. There is one
// of it, however many rules say so.
type grant struct {
	grantKey
	at place
	by []*groupRule
}

type grantKey struct {
	reach
	role, group string
}

func (g grants) add(r *groupRule) {
	at := reach{r.kind, r.installation, r.school.word, r.class.word}
	for _, group := range r.groups {
		key := grantKey{at, r.role.word, group.word}
		if g.all[key] == nil {
			g.all[key] = &grant{grantKey: key, at: group.at}
			g.at[at] = append(g.at[at], g.all[key])
		}
		g.all[key].by = append(g.all[key].by, r)
	}
}

// onCards carries out the rules for teachers and staff: one of their rows must
// be all that the rule names. Who leads one school and teaches in another is
// staff in the first and a teacher in the second, whatever the card is.
func (j *joinedRoster) onCards(rules grants) {
	given := make(map[string]int) // group: the last person who got it
	f := fact.Words.Kind("Person").Field("groups")
	for i := range j.people {
		p := &j.people[i]
		if p.absent || p.kind != "teacher" && p.kind != "staff" {
			continue
		}
		to, row := &p.groups, j.place(j.People[i].At)
		if p.declared != nil {
			to = &p.declared.entries
		}
		for _, m := range j.on(i) {
			if m.Kind == "" && m.School >= 0 && !slices.Contains(j.atSchool(i), m.School) {
				continue // of a class, at a school that the card does not have
			}
			j.each(i, m, func(at reach) {
				for _, g := range rules.at[at] {
					if g.role != "" && g.role != m.Role {
						continue
					}
					for _, r := range g.by {
						r.matched = true
					}
					g.by = nil
					if given[g.group] != i+1 {
						given[g.group] = i + 1
						*to = append(*to, entry{field: f, value: g.group, at: g.at, also: row})
					}
				}
			})
		}
	}
}

// each visits the reaches that a row lies in: its class and its school, and any.
func (j *joinedRoster) each(person int, m roster.Membership, visit func(reach)) {
	at := reach{kind: m.Kind, installation: j.installation}
	if at.kind == "" { // of a class
		at.kind = j.people[person].kind
	}
	visit(at)
	if m.Class >= 0 {
		at.class = j.classes[m.Class].name
		visit(at)
	}
	if m.School < 0 {
		return
	}
	if at.school = j.schools[m.School].name; m.Class >= 0 {
		visit(at)
	}
	at.class = ""
	visit(at)
}
