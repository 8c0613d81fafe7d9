package order

import (
	"maps"
	"slices"

	"github.com/lupa-dev/lupa/reconcile/fact"
)

// makeBeforeBreak is O5: of each right that somebody has before and after, and
// would lose on the way, one way to it stays until a new one is there.
func makeBeforeBreak(m *maker) {
	if !m.taking() {
		return
	}
	for _, who := range m.affected() {
		had, has := m.prover().of(who)
		for _, right := range slices.Sorted(maps.Keys(had)) {
			if len(has[right]) == 0 {
				continue
			}
			ends := fewest(had[right], m.breakers)
			if len(ends) == 0 {
				continue // one way to it stays as it is
			}
			m.hold(ends, fewest(has[right], m.makers))
		}
	}
}

// hold has what ends something wait for what makes something; on one card both
// are one step. Elsewhere they stay apart, so that cards can move in between.
func (m *maker) hold(ends, makes []int) {
	for _, i := range ends {
		for _, j := range makes {
			if n := &m.nodes[i]; n.twin == j && n.Key.Kind == "Person" {
				m.merge(i, j)
			}
			m.wait(i, j)
		}
	}
}

// affected are those who may lose a right on the way, in order.
func (m *maker) affected() []fact.Key {
	found := make(map[string]bool)
	lessened := make(map[fact.Key]bool) // objects that give less than before
	for i := range m.nodes {
		n := &m.nodes[i]
		switch field := aboutPerson[n.Key.Kind]; {
		case n.Key.Kind == "Person":
			if n.Action == Update {
				found[n.Key.ID] = true
			}
		case field != "":
			found[m.have.Object(n.Key).Value(field)] = true
			found[m.want.Object(n.Key).Value(field)] = true
		case n.Del.Len() > 0 && bears[n.Key.Kind] != nil:
			lessened[n.Key] = true
			for _, f := range n.Del.Field("grants").All() {
				group, _ := fact.SplitMap(f.Value)
				lessened[fact.Key{Kind: "UserGroup", ID: group}] = true
			}
		}
	}
	if len(lessened) > 0 {
		m.naming(lessened, found)
	}
	var all []fact.Key
	for _, id := range slices.Sorted(maps.Keys(found)) {
		if key := (fact.Key{Kind: "Person", ID: id}); m.have.Has(key) && m.want.Has(key) {
			all = append(all, key)
		}
	}
	for key, guardian := range m.have.Kind("Person").Only("children").Objects() { // who hangs on them
		if !found[key.ID] && slices.ContainsFunc(guardian.Values("children"), func(child string) bool { return found[child] }) {
			all = append(all, key)
		}
	}
	return all
}

// levels are the kinds through which a group or role reaches people, from the
// group on, each after those that it names.
var levels = []string{"CosDocProfile", "School", "SchoolClass", "CardAssignment", "Substitution", "SubstitutedProfile", "CosDocAssignment", "Person"}

// naming finds the people who name what is lessened, or name what names it.
func (m *maker) naming(lessened map[fact.Key]bool, found map[string]bool) {
	for _, kind := range levels {
		fields := fieldsNaming(kind)
		for key, o := range m.have.Kind(kind).Objects() {
			if !namesAny(o, fields, lessened) {
				continue
			}
			switch about := aboutPerson[kind]; {
			case kind == "Person":
				found[key.ID] = true
			case about != "":
				found[o.Value(about)] = true
			default:
				lessened[key] = true
			}
		}
	}
}

// fieldsNaming are the fields of a kind that bear on rights and name something, by
// the kind that they name.
func fieldsNaming(kind string) map[string]string {
	fields := make(map[string]string)
	for _, f := range fact.Words.Kind(kind).Fields {
		if f.Ref != "" && bears[kind][f.Name] != plain {
			fields[f.Name] = f.Ref
		}
	}
	return fields
}

func namesAny(o fact.Set, fields map[string]string, objects map[fact.Key]bool) bool {
	for _, f := range o.All() {
		if kind, ok := fields[f.Field]; ok && objects[fact.Key{Kind: kind, ID: f.Value}] {
			return true
		}
	}
	return false
}

// substituteFirst is O12: who is away loses what is handed on after the substitute
// has it.
func substituteFirst(m *maker) {
	m.eachKind("Substitution", func(i int, n *node) {
		if n.Add.Len() == 0 {
			return
		}
		absent := m.want.Object(n.Key).Value("absent")
		groups, rights := n.Add.Values("duties.groups"), n.Add.Values("duties.overrides")
		for _, j := range m.byKey[fact.Key{Kind: "Person", ID: absent}] {
			if lost := m.nodes[j].Del.Values("groups"); slices.ContainsFunc(groups, func(g string) bool { return slices.Contains(lost, g) }) {
				m.wait(j, i)
			}
		}
		for _, o := range m.prover().had.about[absent] {
			for _, j := range m.byKey[o.At(0).Key] {
				if lost := m.nodes[j].Del.Values("grant"); slices.ContainsFunc(rights, func(r string) bool { return slices.Contains(lost, r) }) {
					m.wait(j, i)
				}
			}
		}
	})
}

// maintained is O10.
func maintained(m *maker) {
	if !m.taking() {
		return
	}
	schools := make(map[string]bool)
	for _, s := range []fact.Set{m.have, m.want} {
		for _, o := range s.Kind("Sharing").Objects() {
			schools[o.Value("school")] = true
		}
	}
	if len(schools) == 0 {
		return
	}
	had, has := m.maintainers(m.prover().had, schools), m.maintainers(m.prover().has, schools)
	for _, school := range slices.Sorted(maps.Keys(schools)) {
		stays := slices.ContainsFunc(had[school], func(w fact.Key) bool { return slices.Contains(has[school], w) })
		if stays || len(had[school]) == 0 || len(has[school]) == 0 {
			continue
		}
		next := has[school][0]
		makes := append(fewest(m.prover().has.of(next)[maintain], m.makers), m.byKey[next]...)
		for _, who := range had[school] {
			for _, p := range m.prover().had.of(who)[maintain] {
				for _, i := range append(m.breakers(p), m.byKey[who]...) {
					for _, j := range makes {
						m.wait(i, j)
					}
				}
			}
		}
	}
}

// maintainers are those who maintain surveys at each of some schools, in order:
// at those of their list, else at their own (R76, R78), or everywhere (R74, R89).
func (m *maker) maintainers(g *giving, schools map[string]bool) map[string][]fact.Key {
	out := make(map[string][]fact.Key)
	giving := make(map[string]bool)
	for key, o := range g.facts.Kind("UserGroup").Objects() {
		if rights := o.Values("wilma"); slices.Contains(rights, maintain) || slices.Contains(rights, maintainAll) {
			giving[key.ID] = true
		}
	}
	for key, card := range g.facts.Kind("Person").Objects() {
		inGroup := slices.ContainsFunc(card.Values("groups"), func(id string) bool { return giving[id] })
		if !inGroup && len(g.about[key.ID]) == 0 {
			continue
		}
		rights := g.of(key)
		if len(rights[maintain]) == 0 {
			continue
		}
		at := card.Values("surveyMaintainerSchools")
		if len(at) == 0 {
			at = card.Values("schools")
		}
		if len(at) == 0 || len(rights[maintainAll]) > 0 {
			at = slices.Collect(maps.Keys(schools))
		}
		for _, school := range at {
			if schools[school] {
				out[school] = append(out[school], key)
			}
		}
	}
	return out
}

// takeFirst is O13. What takes and what gives meet in an object: who comes to
// name it gets what it gives, so that waits for what it stops giving; and what it
// comes to give waits for those who stop naming it.
func takeFirst(m *maker) {
	if !m.taking() {
		return
	}
	at := make(map[fact.Key]*meeting)
	meet := func(key fact.Key) *meeting {
		if at[key] == nil {
			at[key] = &meeting{}
		}
		return at[key]
	}
	for i := range m.nodes {
		n := &m.nodes[i]
		if n.into >= 0 || !n.bears() {
			continue
		}
		own := meet(n.Key)
		own.note(i, n.phase)
		if field := aboutPerson[n.Key.Kind]; field != "" {
			meet(fact.Key{Kind: "Person", ID: m.state(n).Object(n.Key).Value(field)}).note(i, n.phase)
		}
		for _, f := range n.Del.Plus(n.Add).Field("grants").All() {
			group, _ := fact.SplitMap(f.Value)
			meet(fact.Key{Kind: "UserGroup", ID: group}).note(i, n.phase)
		}
	}
	for i := range m.nodes {
		n := &m.nodes[i]
		if n.into >= 0 || !n.bears() || n.Key.Kind == "SurveyTemplate" || n.Key.Kind == "Sharing" {
			continue
		}
		fields := fieldsNaming(n.Key.Kind)
		for _, f := range n.Add.All() {
			if o := at[fact.Key{Kind: fields[f.Field], ID: f.Value}]; o != nil {
				o.comes = append(o.comes, i)
			}
		}
		for _, f := range n.Del.All() {
			if o := at[fact.Key{Kind: fields[f.Field], ID: f.Value}]; o != nil {
				o.goes = append(o.goes, i)
			}
		}
	}
	m.meetEverywhere(meet)
	for key, o := range at {
		o.wait(m, key.Kind == "Person")
	}
}

// meetEverywhere lets schools and cards that mean every school meet (R74): a new
// school is one of them.
func (m *maker) meetEverywhere(meet func(fact.Key) *meeting) {
	every := func(n *node) *meeting { return meet(fact.Key{Kind: "every School", ID: n.Key.Installation()}) }
	m.eachKind("Person", func(i int, n *node) {
		if !n.bears() {
			return
		}
		had, has := meansAll(m.have.Object(n.Key)), meansAll(m.want.Object(n.Key))
		if had && n.phase <= moves {
			every(n).goes = append(every(n).goes, i)
		}
		if has && n.phase >= moves {
			every(n).comes = append(every(n).comes, i)
		}
	})
	m.eachKind("School", func(i int, n *node) {
		if n.bears() {
			every(n).note(i, n.phase)
		}
	})
}

// meansAll reports whether a card or its account reaches every school.
func meansAll(card fact.Set) bool {
	return card.Len() > 0 && (card.Value("schools") == "" || card.Value("primusAccount") != "" && card.Value("primusAccount.homeSchools") == "")
}

// meeting is what gives and takes through one object: steps of its own, and steps
// of what comes to name it or stops doing so.
type meeting struct{ takes, gives, comes, goes []int }

func (o *meeting) note(i int, p phase) {
	if p <= moves {
		o.takes = append(o.takes, i)
	}
	if p >= moves {
		o.gives = append(o.gives, i)
	}
}

// wait says so. All that is about one person meets there, whatever it names.
func (o *meeting) wait(m *maker, person bool) {
	pairs := []struct{ then, first []int }{{o.comes, o.takes}, {o.gives, o.goes}}
	if person {
		pairs = append(pairs, struct{ then, first []int }{o.gives, o.takes})
	}
	for _, pair := range pairs {
		for _, i := range pair.then {
			for _, j := range pair.first {
				if m.nodes[i].phase > m.nodes[j].phase || m.nodes[i].phase == moves && m.nodes[j].phase == moves && m.nodes[i].Key.Kind != m.nodes[j].Key.Kind {
					m.wait(i, j)
				}
			}
		}
	}
}

// bears reports whether a step bears on what people may do.
func (n *node) bears() bool {
	if n.Action != Update {
		return true
	}
	fields := bears[n.Key.Kind]
	for _, s := range []fact.Set{n.Del, n.Add} {
		for _, f := range s.All() {
			if fields[f.Field] != plain {
				return true
			}
		}
	}
	return false
}

// state is the state that a step speaks of.
func (m *maker) state(n *node) fact.Set {
	if n.Action == Delete {
		return m.have
	}
	return m.want
}
