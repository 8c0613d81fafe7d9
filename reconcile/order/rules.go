package order

import (
	"slices"

	"github.com/lupa-dev/lupa/reconcile/fact"
)

// Rule is a constraint on the order in which changes are applied.
type Rule struct {
	Code string
	Doc  string // what lupa does
	By   string // the package that carries it out, where that is not this one alone

	cut    func(k *fact.Kind, f *fact.Field, b bearing) manner // how a change of a field becomes steps
	wait   func(m *maker)                                      // which steps wait for which
	phased bool                                                // steps come in phases where no step waits for another
}

// Rules are O1 to O16. A rule without a cut or a wait is carried out elsewhere.
var Rules = []Rule{
	{Code: "O1", Doc: "An object comes after what it names and goes after everything that names it; an object that turns to somebody else goes before it comes again.",
		wait: namedFirst},
	{Code: "O2", Doc: "A survey template is passed on in two steps: the new holders come, then the old ones go.",
		cut: of("SurveyTemplate", apart, "holders")},
	{Code: "O3", Doc: "The list of holders of a survey template is never empty: no holder goes before those who come have come.",
		wait: holdersStay},
	{Code: "O4", Doc: "No plan takes a template from the account that applies it; another maintainer's account has to.", By: "policy"},
	{Code: "O5", Doc: "Whatever a right that somebody keeps hangs on goes only when that has come on which it will hang: a tick, a group, a group's rights, a substitution. A card that changes groups in one go does so in one step.",
		wait: makeBeforeBreak},
	{Code: "O6", Doc: "Rows of an ordered list are set in place, then appended, then deleted from the highest, and no list is empty on the way. What else decides on a person's rights and changes on the same card does so in the same step.",
		cut: func(k *fact.Kind, f *fact.Field, b bearing) manner {
			if f.Shape == fact.List {
				return rows
			}
			return whole
		}, wait: rowByRow},
	{Code: "O7", Doc: "The list of schools of a survey maintainer is written before the right is given, by whatever gives it, and goes after the right.",
		cut: of("Person", alone, "surveyMaintainerSchools"), wait: listAndRight},
	{Code: "O8", Doc: "The survey function of a school is switched on before rights and sharing there come, and off after those that go are gone.",
		cut: of("School", alone, "surveys.enabled"), wait: surveySwitch},
	{Code: "O9", Doc: "A survey template is shared before the holders go whom that replaces.", wait: sharedFirst},
	{Code: "O10", Doc: "Where templates are shared, the last survey maintainers of a school go only after new ones have come.", wait: maintained},
	{Code: "O11", Doc: "Ticks that Wilma 2.16 asks for come before the installation says 2.16, and the tick that it replaces goes afterwards; survey rights of groups come after it says 2.17. Whether the target has that version is not looked at here.",
		By: "policy", wait: versions},
	{Code: "O12", Doc: "A substitution is in force from its lead days to its end, as the day of the plan says; what the absent person loses goes after the substitute has it.",
		By: "config", wait: substituteFirst},
	{Code: "O13", Doc: "What takes away comes first and waits for nothing but what other rules ask for; what gives comes last. A step that fails stops those that wait for it and no others.",
		cut: func(k *fact.Kind, f *fact.Field, b bearing) manner {
			switch b {
			case adds, removes, person:
				return apart
			case hiding:
				return alone
			}
			return whole
		}, wait: takeFirst, phased: true},
	{Code: "O14", Doc: "A recursive replacement of rights in IMS comes after the grants above its path and before those below.", wait: recursive},
	{Code: "O15", Doc: "The acting account's limits are held against the whole plan before anything is written.", By: "policy"},
	{Code: "O16", Doc: "After an apply the target is read again, and anything but what the plan promised is an error.", By: "reconcile"},
}

// Precedence says which rule is kept where rules contradict each other: the one
// named first. O1 and O6 cannot give way, as a target would refuse the steps; O3
// says what a system does by itself (R112). Above all others that promise something
// to people stands what they keep (O5), and below all what they might have too
// early (O13), but for the rights of maintainers (O7).
var Precedence = []string{"O1", "O6", "O3", "O14", "O7", "O11", "O5", "O12", "O10", "O9", "O8", "O13"}

// of is a cut of certain fields.
func of(kind string, how manner, fields ...string) func(*fact.Kind, *fact.Field, bearing) manner {
	return func(k *fact.Kind, f *fact.Field, b bearing) manner {
		if k.Name == kind && slices.Contains(fields, f.Name) {
			return how
		}
		return whole
	}
}

// namedFirst is O1.
func namedFirst(m *maker) {
	made, gone := make(map[fact.Key]int), make(map[fact.Key]int)
	for i := range m.nodes {
		switch n := &m.nodes[i]; n.Action {
		case Create:
			made[n.Key] = i
		case Delete:
			gone[n.Key] = i
		}
	}
	for i := range m.nodes {
		n := &m.nodes[i]
		if parent := fact.Words.Root(n.Key); parent != n.Key {
			if at, ok := made[parent]; ok {
				m.wait(i, at)
			}
			if at, ok := gone[parent]; ok && n.Action == Delete {
				m.wait(at, i)
			}
		}
		if at, ok := gone[n.Key]; ok && n.Action == Create {
			m.wait(i, at)
		}
		if at, ok := gone[n.Key]; ok && n.Action == Update {
			m.wait(at, i)
		}
		eachRef(n.Add, made, func(at int) { m.wait(i, at) })
		eachRef(n.Del, gone, func(at int) { m.wait(at, i) })
	}
}

// eachRef visits the nodes of what facts name strictly.
func eachRef(facts fact.Set, nodes map[fact.Key]int, visit func(at int)) {
	if len(nodes) == 0 || facts.Len() == 0 {
		return
	}
	k := fact.Words.Kind(facts.At(0).Kind)
	for _, f := range facts.All() {
		if f.Field == "" {
			continue
		}
		field := k.Field(f.Field)
		if field == nil || field.Loose || field.Ref == "" && field.KeyRef == "" {
			continue
		}
		see := func(kind, id string) {
			if at, ok := nodes[fact.Key{Kind: kind, ID: id}]; ok && kind != "" {
				visit(at)
			}
		}
		if !field.Shape.Keyed() {
			see(field.Ref, f.Value)
			continue
		}
		key, value := fact.SplitMap(f.Value)
		see(field.KeyRef, key)
		see(field.Ref, value)
	}
}

// eachKind visits the nodes of objects of a kind.
func (m *maker) eachKind(kind string, visit func(i int, n *node)) {
	for i := range m.nodes {
		if n := &m.nodes[i]; n.Key.Kind == kind && n.into < 0 {
			visit(i, n)
		}
	}
}

// holdersStay is O3.
func holdersStay(m *maker) {
	m.eachKind("SurveyTemplate", func(i int, n *node) {
		if n.Action == Update && n.Del.Field("holders").Len() > 0 && n.twin >= 0 && m.nodes[n.twin].into < 0 {
			m.wait(i, n.twin)
		}
	})
}

// rowByRow is O6: the rows of a list in the order in which they were cut.
func rowByRow(m *maker) {
	m.eachKind("Person", func(i int, n *node) {
		if i > 0 && isRow(n) && m.nodes[i-1].Key == n.Key && isRow(&m.nodes[i-1]) {
			m.wait(i, i-1)
		}
	})
}

func isRow(n *node) bool {
	return n.Action == Update && n.Add.Len() <= 1 && n.Del.Len() <= 1 && n.Add.Field("schools").Len()+n.Del.Field("schools").Len() == n.Add.Len()+n.Del.Len()
}

// listAndRight is O7.
func listAndRight(m *maker) {
	if !m.taking() {
		return
	}
	m.eachKind("Person", func(i int, n *node) {
		if n.Action != Update || n.Add.Field("surveyMaintainerSchools").Len()+n.Del.Field("surveyMaintainerSchools").Len() == 0 {
			return
		}
		had, has := m.prover().of(n.Key)
		switch before, after := had[maintain], has[maintain]; {
		case len(before) == 0:
			for _, p := range after {
				for _, at := range m.makers(p) {
					m.wait(at, i)
				}
			}
		case len(after) == 0:
			for _, p := range before {
				for _, at := range m.breakers(p) {
					m.wait(i, at)
				}
			}
		}
	})
}

// surveySwitch is O8.
func surveySwitch(m *maker) {
	switched := make(map[string]int)
	m.eachKind("School", func(i int, n *node) {
		if n.Action == Update && n.Add.Field("surveys.enabled").Len()+n.Del.Field("surveys.enabled").Len() > 0 {
			switched[n.Key.ID] = i
		}
	})
	if len(switched) == 0 {
		return
	}
	in := func(school string, i int) {
		at, ok := switched[school]
		if !ok {
			return
		}
		on := m.nodes[at].Add.Field("surveys.enabled").Len() > 0
		switch n := &m.nodes[i]; {
		case on && n.phase >= moves:
			m.wait(i, at)
		case !on && n.phase <= moves:
			m.wait(at, i)
		}
	}
	m.eachKind("School", func(i int, n *node) {
		if hasPrefixField(n, "surveys.everyone") {
			in(n.Key.ID, i)
		}
	})
	m.eachKind("Sharing", func(i int, n *node) { in(m.either(n.Key).Value("school"), i) })
	m.eachKind("SurveyTemplate", func(i int, n *node) {
		if n.Action != Update {
			in(m.either(n.Key).Value("school"), i)
		}
	})
	m.ticksAt(in)
}

// ticksAt are the survey rights of people at schools that are switched, those that
// come or that go: ticks, and groups that people come into or leave.
func (m *maker) ticksAt(in func(school string, i int)) {
	m.eachKind("PersonOverride", func(i int, n *node) {
		if n.phase == moves || !speaksOfSurveys(n.Add) && !speaksOfSurveys(n.Del) {
			return
		}
		who := m.either(fact.Key{Kind: "Person", ID: m.state(n).Object(n.Key).Value("person")})
		for _, school := range append(who.Values("schools"), who.Values("surveyMaintainerSchools")...) {
			in(school, i)
		}
	})
	m.eachKind("Person", func(i int, n *node) {
		if n.phase == moves || !m.groupsOfSurveys(n) {
			return
		}
		who := m.either(n.Key)
		for _, school := range append(who.Values("schools"), who.Values("surveyMaintainerSchools")...) {
			in(school, i)
		}
	})
}

// groupsOfSurveys reports whether somebody comes into, or leaves, a group that gives
// survey rights.
func (m *maker) groupsOfSurveys(n *node) bool {
	for _, group := range append(n.Add.Values("groups"), n.Del.Values("groups")...) {
		if slices.ContainsFunc(m.either(fact.Key{Kind: "UserGroup", ID: group}).Values("wilma"), isSurvey) {
			return true
		}
	}
	return false
}

func speaksOfSurveys(facts fact.Set) bool {
	return slices.ContainsFunc(facts.Values("grant"), isSurvey)
}

func hasPrefixField(n *node, prefix string) bool {
	for _, s := range []fact.Set{n.Add, n.Del} {
		for _, f := range s.All() {
			if len(f.Field) > len(prefix) && f.Field[:len(prefix)] == prefix {
				return true
			}
		}
	}
	return false
}

// either is an object as it will be, or as it was where it will not be.
func (m *maker) either(key fact.Key) fact.Set {
	if o := m.want.Object(key); o.Len() > 0 {
		return o
	}
	return m.have.Object(key)
}

// sharedFirst is O9.
func sharedFirst(m *maker) {
	shared := make(map[string][]int)
	m.eachKind("Sharing", func(i int, n *node) {
		if n.Add.Len() > 0 {
			template, _ := fact.SplitNested(n.Key.ID)
			shared[template] = append(shared[template], i)
		}
	})
	m.eachKind("SurveyTemplate", func(i int, n *node) {
		if n.Action == Update && n.Del.Field("holders").Len() > 0 {
			for _, at := range shared[n.Key.ID] {
				m.wait(i, at)
			}
		}
	})
}

// recursive is O14. Installation, section and path tell what is above what.
func recursive(m *maker) {
	type at struct{ inst, section string }
	written := make(map[at][]int)
	any := false
	m.eachKind("ImsGrant", func(i int, n *node) {
		if n.Action == Delete {
			return
		}
		o := m.want.Object(n.Key)
		any = any || o.Value("recursive") != ""
		where := at{n.Key.Installation(), o.Value("section")}
		written[where] = append(written[where], i)
	})
	if !any {
		return
	}
	for _, nodes := range written {
		for _, i := range nodes {
			o := m.want.Object(m.nodes[i].Key)
			if o.Value("recursive") == "" {
				continue
			}
			for _, j := range nodes {
				switch other := m.want.Object(m.nodes[j].Key); {
				case isAbove(other.Value("path"), o.Value("path")):
					m.wait(i, j)
				case isAbove(o.Value("path"), other.Value("path")):
					m.wait(j, i)
				}
			}
		}
	}
}
