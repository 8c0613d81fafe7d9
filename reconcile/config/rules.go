package config

import (
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
	forCards := make(map[card][]*groupRule) // by kind of card, installation and school, "" for any
	var all []*groupRule
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
				a.atPlaces(r)
			} else {
				at := card{r.kind, inst, r.school.word}
				forCards[at] = append(forCards[at], r)
			}
		}
	}
	if len(forCards) > 0 {
		for _, j := range a.joined {
			j.onCards(forCards)
		}
	}
	for _, r := range all {
		if !r.matched && !a.brokenRoster {
			a.problem("N05", "", []place{r.name.at}, r.name.word)
		}
	}
}

var ruleKind = &fact.Kind{Name: "GroupRule"}

// knownToRule checks what a rule names.
func (a *assembly) knownToRule(inst string, r *groupRule) bool {
	school, class := a.known(inst, "School", r.school), a.known(inst, "SchoolClass", r.class)
	good := school && class
	for _, group := range r.groups {
		good = a.known(inst, "UserGroup", group) && good
	}
	if (r.kind == "student" || r.kind == "guardian") && r.role.word != "" && r.role.word != r.kind {
		a.problem("D12", "", []place{r.role.at}, r.kind)
		return false
	}
	return good
}

// known reports whether a name leads to an object, and tells where it does not.
func (a *assembly) known(inst, kind string, name text) bool {
	if name.word == "" || a.at[fact.Key{Kind: kind, ID: a.id(inst, name.word)}] != nil {
		return true
	}
	if !a.isLost(name.word) {
		candidates := func(yield func(string) bool) {
			for key := range maps.Keys(a.at) {
				if key.Kind == kind && key.Installation() == inst && !yield(key.Name()) {
					return
				}
			}
		}
		a.report(source.Problem{Code: "E01", Case: "object", Args: []string{kind, name.word}, Pos: []source.Pos{name.at.pos(a.paths)},
			Suggest: schema.Nearest(name.word, candidates)})
	}
	return false
}

// atPlaces carries out a rule for students or guardians: at its class, else at
// its school, else at every school that a roster knows.
func (a *assembly) atPlaces(r *groupRule) {
	field := r.kind + "Groups"
	give := func(o *object) {
		r.matched = true
		a.give(o, field, r)
	}
	school := a.at[fact.Key{Kind: "School", ID: a.id(r.installation, r.school.word)}]
	switch {
	case r.class.word != "":
		class := a.at[fact.Key{Kind: "SchoolClass", ID: a.id(r.installation, r.class.word)}]
		if of := class.entry("school"); r.school.word == "" || of != nil && of.value == r.school.word {
			give(class)
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

// onCards carries out the rules for teachers and staff: one of their memberships
// must be all that the rule names.
func (j *joinedRoster) onCards(rules map[card][]*groupRule) {
	for i, o := range j.people {
		if o.absent {
			continue
		}
		f := o.kind.Field("groups")
		var done []*groupRule
		try := func(school string, m roster.Membership) {
			for _, r := range rules[card{j.kinds[i], j.installation, school}] {
				if r.role.word != "" && r.role.word != m.Role || r.class.word != "" && (m.Class < 0 || j.classes[m.Class].name != r.class.word) || slices.Contains(done, r) {
					continue
				}
				done, r.matched = append(done, r), true
				for _, group := range r.groups {
					o.entries = append(o.entries, entry{field: f, value: group.word, at: group.at, also: o.row})
				}
			}
		}
		for _, m := range j.on[i] {
			try("", m)
			if m.School >= 0 {
				try(j.schools[m.School].name, m)
			}
		}
	}
}
