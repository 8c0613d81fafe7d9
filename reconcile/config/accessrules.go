package config

import (
	"slices"
	"strconv"

	"github.com/lupa-dev/lupa/reconcile/access"
	"github.com/lupa-dev/lupa/reconcile/calendar"
	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/policy"
	"github.com/lupa-dev/lupa/schema"
	"github.com/lupa-dev/lupa/schema/source"
)

// accessRule is a document of kind AccessRule before names are looked up.
type accessRule struct {
	policy.AccessRule
	name         text
	installation string // as written
	instAt       place
	rights       []text
	place        text
}

func (c *compiler) accessRule(root source.Value) {
	meta, spec := root.Get("metadata"), root.Get("spec")
	name, inst := meta.Get("name"), meta.Get("installation")
	if c.named(name) {
		c.out.lists = append(c.out.lists, list{"AccessRule", inst.Text(), c.text(name)})
	}
	if len(c.bad) > 0 {
		return
	}
	r := accessRule{name: c.text(name), installation: inst.Text(), instAt: c.place(inst)}
	r.Severity = policy.Error
	if severity := spec.Get("severity").Text(); severity != "" {
		r.Severity = policy.Severity(severity)
	}
	for _, form := range policy.AccessForms {
		if v := spec.Get(string(form)); v.Exists() {
			r.Form = form
			if !c.accessForm(&r, v) {
				return
			}
		}
	}
	c.out.access = append(c.out.access, r)
}

// accessForm reads what a rule asks for, and reports whether it makes sense.
func (c *compiler) accessForm(r *accessRule, v source.Value) bool {
	r.Persons, _ = strconv.Atoi(scalar(&fact.Field{Type: fact.Count}, v.Get("persons")))
	r.Per, r.place = v.Get("per").Text(), c.text(v.Get("place"))
	announced := v.Get("announced")
	r.Announces, r.Announced = announced.Exists(), announced.Plain() == true
	for _, kind := range v.Get("kinds").Items() {
		r.Kinds = append(r.Kinds, kind.Text())
	}
	if right := v.Get("right"); right.Exists() {
		r.rights = append(r.rights, c.text(right))
	}
	for _, right := range v.Get("rights").Items() {
		r.rights = append(r.rights, c.text(right))
	}
	window := v.Get("window")
	if !window.Exists() {
		return true
	}
	for _, end := range []struct {
		key string
		to  **calendar.Day
	}{{"from", &r.Window.From}, {"to", &r.Window.To}} {
		at := window.Get(end.key)
		day, err := calendar.ParseDay(at.Text())
		if err != nil {
			c.out.problems = append(c.out.problems, source.Problem{Code: "D09", Args: []string{at.Text()}, Pos: []source.Pos{at.Pos()}})
			return false
		}
		*end.to = &day
	}
	if r.Window.Empty() {
		c.out.problems = append(c.out.problems, source.Problem{Code: "E32", Case: "window", Args: []string{r.Window.To.String(), r.Window.From.String()}, Pos: []source.Pos{window.Get("to").Pos()}})
		return false
	}
	return true
}

var accessRuleKind = &fact.Kind{Name: "AccessRule"}

// accessRules gives the goal its rules, each with its installation.
func (a *assembly) accessRules(read []fileFacts) {
	told := make(map[place]bool)
	seen := make(map[fact.Key]bool)
	for i := range read {
		for _, r := range read[i].access {
			asked := &object{kind: accessRuleKind, name: r.name.word, at: r.name.at, installation: r.installation, instAt: r.instAt}
			inst, ok := a.installationOf(asked, told)
			if !ok {
				continue
			}
			r.Key = fact.Key{Kind: "AccessRule", ID: fact.ID(inst, r.name.word)}
			if seen[r.Key] { // D02
				continue
			}
			seen[r.Key] = true
			for _, right := range r.rights {
				r.Rights = append(r.Rights, right.word)
			}
			if r.place.word != "" {
				r.Place = fact.ID(inst, r.place.word)
			}
			a.own.add(fact.Fact{Key: r.Key}, origin{at: r.name.at})
			a.invariants = append(a.invariants, r)
			a.goal.AccessRules = append(a.goal.AccessRules, r.AccessRule)
		}
	}
	slices.SortFunc(a.goal.AccessRules, func(x, y policy.AccessRule) int { return x.Key.Compare(y.Key) })
}

// ruleNames finds names in rules that nothing is called: a rule about nothing
// would hold, and guard nothing.
func (a *assembly) ruleNames() {
	if len(a.invariants) == 0 {
		return
	}
	declared := a.goal.Declared()
	rights := access.Load(declared.Kind("Installation").Plus(declared.Kind("Right")))
	unknown := func(at text, variant, suggest string) {
		if !a.isLost(at.word) {
			a.report(source.Problem{Code: "E01", Case: variant, Args: []string{at.word}, Pos: []source.Pos{at.at.pos(a.paths)}, Suggest: suggest})
		}
	}
	for _, r := range a.invariants {
		inst := r.Key.Installation()
		for _, right := range r.rights {
			if _, ok := rights.Right(inst, right.word); !ok {
				unknown(right, "right", schema.Nearest(right.word, rights.KnownKeys(inst)))
			}
		}
		if r.Place != "" && !access.IsPlace(declared, r.Place) && a.find(fact.Key{Kind: "School", ID: r.Place}) == nil {
			unknown(r.place, "place", schema.Nearest(fact.Name(r.Place), namesIn(declared, "School", inst)))
		}
	}
}
