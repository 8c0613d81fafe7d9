package order

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/lupa-dev/lupa/reconcile/fact"
)

// maintain is the right to maintain surveys (R73), and maintainAll that in every
// school (R89), which includes it.
const (
	surveys     = "wilma.surveys."
	maintain    = surveys + "maintain"
	maintainAll = surveys + "maintainAllSchools"
	legacyUse   = surveys + "legacyUse"
)

func isSurvey(right string) bool { return strings.HasPrefix(right, surveys) }

// isPrimus reports whether a right is one that only a Primus account carries (R18).
func isPrimus(right string) bool {
	return strings.HasPrefix(right, "primus.") || right == "kurre.full"
}

// isAbove reports whether a path of IMS lies above another.
func isAbove(a, b string) bool {
	a, b = strings.Trim(a, "/"), strings.Trim(b, "/")
	return a != b && (a == "" || strings.HasPrefix(b, a+"/"))
}

// before reports whether a product version comes before another; an unknown one
// is as new as can be.
func before(version string, major, minor int) bool {
	if version == "" {
		return false
	}
	var v []int
	for part := range strings.SplitSeq(version, ".") {
		n, err := strconv.Atoi(part)
		if err != nil {
			return false
		}
		v = append(v, n)
	}
	return slices.Compare(v, []int{major, minor}) < 0
}

func wilma(installation fact.Set) string {
	for _, v := range installation.Values("versions") {
		if product, version := fact.SplitMap(v); product == "wilma" {
			return version
		}
	}
	return ""
}

// versions is O11.
func versions(m *maker) {
	m.eachKind("Installation", func(i int, n *node) {
		if n.Action != Update || n.Add.Field("versions").Len()+n.Del.Field("versions").Len() == 0 {
			return
		}
		had, has := wilma(m.have.Object(n.Key)), wilma(m.want.Object(n.Key))
		ours := func(kind string, visit func(j int, n *node)) {
			m.eachKind(kind, func(j int, o *node) {
				if o.Key.Installation() == n.Key.ID {
					visit(j, o)
				}
			})
		}
		if before(had, 2, 16) && !before(has, 2, 16) {
			ours("PersonOverride", func(j int, o *node) {
				switch ticks := func(right string) bool { return isSurvey(right) && right != legacyUse }; {
				case slices.ContainsFunc(o.Add.Values("grant"), ticks):
					m.wait(i, j)
				case slices.Contains(o.Del.Values("grant"), legacyUse):
					m.wait(j, i)
				}
			})
		}
		if before(had, 2, 17) && !before(has, 2, 17) {
			ours("UserGroup", func(j int, o *node) {
				if slices.ContainsFunc(o.Add.Values("wilma"), isSurvey) {
					m.wait(j, i)
				}
			})
		}
	})
}

// proof is one way in which somebody has a right: the facts that give it, and
// those of the other state that would end it.
type proof struct{ needs, ends []fact.Fact }

// proofs are all ways, by right.
type proofs map[string][]proof

func (p proofs) add(right string, ends []fact.Fact, needs ...fact.Fact) {
	p[right] = append(p[right], proof{slices.Clone(needs), ends})
}

// prover knows which facts give people their rights. It knows what package access
// does only as far as order needs it: which right hangs on which facts, not where
// it reaches.
type prover struct{ had, has *giving }

// giving is what people have beside their own cards, in one state.
type giving struct {
	facts fact.Set
	about map[string][]fact.Set  // by person: overrides, substitutions, assignments, cards
	at    map[string][]imsFact   // by group: grants
	open  map[string][]string    // by installation: schools that let everybody do something
	only  map[string][]fact.Fact // by installation and right of Primus: that Wilma does not have it
	other *giving                // the other state
}

type imsFact struct {
	place string
	fact  fact.Fact
}

func (m *maker) prover() *prover {
	if m.proofs == nil {
		m.proofs = &prover{newGiving(m.have), newGiving(m.want)}
		m.proofs.had.other, m.proofs.has.other = m.proofs.has, m.proofs.had
	}
	return m.proofs
}

// aboutPerson are the kinds that say something about a person, and the field that
// names the person.
var aboutPerson = map[string]string{"PersonOverride": "person", "Substitution": "substitute", "SubstitutedProfile": "substitute",
	"CosDocAssignment": "person", "CardAssignment": "card"}

func newGiving(facts fact.Set) *giving {
	g := &giving{facts: facts, about: make(map[string][]fact.Set), at: make(map[string][]imsFact), only: make(map[string][]fact.Fact), open: make(map[string][]string)}
	for key, o := range facts.Kind("School").Objects() {
		if o.Field("surveys.everyone.teachers").Len()+o.Field("surveys.everyone.staff").Len() > 0 {
			g.open[key.Installation()] = append(g.open[key.Installation()], key.ID)
		}
	}
	for key, o := range facts.Kind("Right").Objects() {
		for _, f := range o.Field("primusOnly").All() {
			right := key.Installation() + " " + o.Value("key")
			g.only[right] = append(g.only[right], f)
		}
	}
	for _, kind := range []string{"PersonOverride", "Substitution", "SubstitutedProfile", "CosDocAssignment", "CardAssignment"} {
		for _, o := range facts.Kind(kind).Objects() {
			if id := o.Value(aboutPerson[kind]); id != "" {
				g.about[id] = append(g.about[id], o)
			}
		}
	}
	for key, o := range facts.Kind("ImsGrant").Objects() {
		place := key.Installation() + "/" + o.Value("section") + "/" + strings.Trim(o.Value("path"), "/")
		for _, f := range o.Field("grants").All() {
			group, _ := fact.SplitMap(f.Value)
			g.at[group] = append(g.at[group], imsFact{place, f})
		}
	}
	return g
}

// of are the ways in which a person has rights before and after.
func (p *prover) of(person fact.Key) (had, has proofs) { return p.had.of(person), p.has.of(person) }

func (g *giving) of(key fact.Key) proofs {
	out := make(proofs)
	card := g.facts.Object(key)
	switch card.Value("kind") {
	case "student":
		g.chain(out, "", key.ID, "studentGroups")
	case "guardian":
		for _, f := range card.Field("children").All() {
			g.chain(out, f.Value+" ", f.Value, "guardianGroups", f)
		}
	default:
		g.employee(out, card, key.ID)
	}
	return out
}

func (g *giving) employee(out proofs, card fact.Set, id string) {
	bars := revoked{g.revokes(id), g.other.revokes(id)}
	for _, f := range card.Field("groups").All() {
		g.group(out, bars, f.Value, f)
	}
	if account := card.Field("primusAccount"); account.Len() > 0 {
		for _, f := range card.Field("primusAccount.groups").All() {
			for _, r := range g.facts.Object(fact.Key{Kind: "UserGroup", ID: f.Value}).Field("primus").All() {
				if isPrimus(r.Value) {
					g.primus(out, bars, r.Value, account.At(0), f, r)
				}
			}
		}
	}
	for _, school := range g.schools(card, id) {
		g.everyone(out, bars, card.Field("kind"), school)
	}
	for _, o := range g.about[id] {
		by := o.Field(aboutPerson[o.At(0).Kind]).At(0)
		switch o.At(0).Kind {
		case "PersonOverride":
			for _, f := range o.Field("grant").All() {
				g.tick(out, bars, card, by, f)
			}
		case "Substitution":
			for _, f := range o.Field("duties.overrides").All() {
				g.tick(out, bars, card, by, f)
			}
			for _, f := range o.Field("duties.groups").All() {
				g.group(out, bars, f.Value, by, f)
			}
		default:
			g.profile(out, o, by)
		}
	}
	for right, ways := range out { // what holds everywhere holds at a school too
		if general, _, at := strings.Cut(right, " "); at && isSurvey(right) {
			out[right] = append(ways, out[general]...)
		}
	}
	for _, right := range g.other.openRights(id) {
		if general, _, _ := strings.Cut(right, " "); out[right] == nil && out[general] != nil {
			out[right] = out[general]
		}
	}
	if all := out[maintainAll]; len(all) > 0 { // R89
		out[maintain] = append(out[maintain], all...)
	}
}

// revokes are what takes rights from a person, by right.
func (g *giving) revokes(id string) map[string][]fact.Fact {
	var bars map[string][]fact.Fact
	for _, o := range g.about[id] {
		for _, f := range o.Field("revoke").All() {
			if bars == nil {
				bars = make(map[string][]fact.Fact)
			}
			bars[f.Value] = append(bars[f.Value], f)
		}
	}
	return bars
}

// revoked is what takes rights from a person, in this state and in the other.
type revoked struct{ here, there map[string][]fact.Fact }

// give notes a way to a right, unless one of the given rights is taken away.
func (r revoked) give(out proofs, right string, revocable []string, needs ...fact.Fact) {
	var ends []fact.Fact
	for _, key := range revocable {
		if len(r.here[key]) > 0 {
			return
		}
		ends = append(ends, r.there[key]...)
	}
	out.add(right, ends, needs...)
}

// tick gives a right that is ticked on the card (R24), or taken over with duties.
// One of Primus needs an account (R17).
func (g *giving) tick(out proofs, bars revoked, card fact.Set, by, f fact.Fact) {
	if isPrimus(f.Value) {
		if account := card.Field("primusAccount"); account.Len() > 0 {
			g.primus(out, bars, f.Value, account.At(0), by, f)
		}
		return
	}
	bars.give(out, f.Value, []string{f.Value}, by, f)
}

// group gives what a group gives in Wilma (R23); nothing personal takes a survey
// right of a group away (R93). In IMS it gives what it has at each path (R59).
func (g *giving) group(out proofs, bars revoked, id string, by ...fact.Fact) {
	for _, r := range g.facts.Object(fact.Key{Kind: "UserGroup", ID: id}).Field("wilma").All() {
		switch {
		case isSurvey(r.Value):
			bars.give(out, r.Value, nil, append(by, r)...)
		case !isPrimus(r.Value):
			bars.give(out, r.Value, []string{r.Value}, append(by, r)...)
		}
	}
	for _, at := range g.at[id] {
		_, flag := fact.SplitMap(at.fact.Value)
		out.add(flag+" "+at.place, nil, append(by, at.fact)...)
	}
}

// primus gives a right in Primus and the same in Wilma (R31), where Wilma has it
// (R32).
func (g *giving) primus(out proofs, bars revoked, right string, by ...fact.Fact) {
	bars.give(out, right, []string{right}, by...)
	rest, ok := strings.CutPrefix(right, "primus.")
	inst := by[0].Installation()
	if !ok || isSurvey("wilma."+rest) || len(g.only[inst+" "+right]) > 0 {
		return
	}
	ways := len(out["wilma."+rest])
	if bars.give(out, "wilma."+rest, []string{right, "wilma." + rest}, by...); len(out["wilma."+rest]) > ways {
		p := &out["wilma."+rest][ways]
		p.ends = append(p.ends, g.other.only[inst+" "+right]...)
	}
}

// everyone gives what a school lets everybody do (R83, R86), there alone.
func (g *giving) everyone(out proofs, bars revoked, kind fact.Set, school string) {
	if kind.Len() == 0 {
		return
	}
	field := map[string]string{"teacher": "surveys.everyone.teachers", "staff": "surveys.everyone.staff"}[kind.At(0).Value]
	for _, f := range g.facts.Object(fact.Key{Kind: "School", ID: school}).Field(field).All() {
		right := surveys + f.Value
		bars.give(out, right+" "+school, []string{right}, kind.At(0), f)
	}
}

// openRights are the rights that schools give a person as one of everybody, with
// the school.
func (g *giving) openRights(id string) []string {
	ways := make(proofs)
	card := g.facts.Object(fact.Key{Kind: "Person", ID: id})
	for _, school := range g.schools(card, id) {
		g.everyone(ways, revoked{}, card.Field("kind"), school)
	}
	return slices.Sorted(maps.Keys(ways))
}

// schools are those of a card, or all that let everybody do something (R74).
func (g *giving) schools(card fact.Set, id string) []string {
	if own := card.Values("schools"); len(own) > 0 {
		return own
	}
	return g.open[fact.Key{ID: id}.Installation()]
}

// profile gives what the roles of a profile permit (R48), on the units that they
// reach.
func (g *giving) profile(out proofs, o fact.Set, by fact.Fact) {
	profile := o.Field("profile")
	if profile.Len() == 0 {
		return
	}
	for _, role := range g.facts.Object(fact.Key{Kind: "CosDocProfile", ID: profile.At(0).Value}).Field("roles").All() {
		r := g.facts.Object(fact.Key{Kind: "CosDocRole", ID: role.Value})
		units := r.Field("scope.units")
		if r.Value("scope") == "ownUnits" {
			units = o.Field("units")
		}
		for _, permission := range r.Field("permissions").All() {
			if r.Value("scope") == "root" {
				out.add(permission.Value, nil, by, profile.At(0), role, permission)
			}
			for _, unit := range units.All() {
				out.add(permission.Value+" "+unit.Value, nil, by, profile.At(0), role, permission, unit)
			}
		}
	}
}

// chain is what a student has, or the guardians: groups of the card, else of the
// classes, else of the schools (R28, P7).
func (g *giving) chain(out proofs, prefix, student, field string, by ...fact.Fact) {
	found := false
	var ends []fact.Fact // what hides this level in the other state
	level := func(o fact.Set, by ...fact.Fact) {
		for _, f := range o.Field(field).All() {
			found = true
			for _, r := range g.facts.Object(fact.Key{Kind: "UserGroup", ID: f.Value}).Field("wilma").All() {
				out.add(prefix+r.Value, ends, append(by[:len(by):len(by)], f, r)...)
			}
		}
	}
	for _, o := range g.about[student] {
		if o.At(0).Kind == "CardAssignment" {
			level(o, append(by[:len(by):len(by)], o.Field("card").At(0))...)
		}
	}
	ends = g.other.hiding(student, field)
	card := g.facts.Object(fact.Key{Kind: "Person", ID: student})
	for _, next := range []struct{ field, kind string }{{"classes", "SchoolClass"}, {"schools", "School"}} {
		if found {
			return
		}
		for _, f := range card.Field(next.field).All() {
			level(g.facts.Object(fact.Key{Kind: next.kind, ID: f.Value}), append(by[:len(by):len(by)], f)...)
		}
		for _, class := range g.other.facts.Object(fact.Key{Kind: "Person", ID: student}).Values("classes") {
			for _, f := range g.other.facts.Object(fact.Key{Kind: "SchoolClass", ID: class}).Field(field).All() {
				ends = append(ends, f)
			}
		}
	}
}

// hiding are the groups on a student's own card, which hide all others (R28).
func (g *giving) hiding(student, field string) (facts []fact.Fact) {
	for _, o := range g.about[student] {
		if o.At(0).Kind == "CardAssignment" {
			for _, f := range o.Field(field).All() {
				facts = append(facts, f)
			}
		}
	}
	return facts
}

// makers are the steps that bring about a way to a right that there will be.
func (m *maker) makers(p proof) []int { return m.touching(p, m.givers, m.takers) }

// breakers are the steps that end a way to a right that there was.
func (m *maker) breakers(p proof) []int { return m.touching(p, m.takers, m.givers) }

func (m *maker) touching(p proof, needs, ends map[fact.Fact][]int) []int {
	var nodes []int
	for _, f := range p.needs {
		nodes = append(nodes, needs[f]...)
	}
	for _, f := range p.ends {
		nodes = append(nodes, ends[f]...)
	}
	slices.Sort(nodes)
	return slices.Compact(nodes)
}

// fewest is the list of the fewest steps, the first of several.
func fewest(ways []proof, steps func(proof) []int) []int {
	best := steps(ways[0])
	for _, p := range ways[1:] {
		if nodes := steps(p); len(nodes) < len(best) {
			best = nodes
		}
	}
	return best
}
