package policy

import (
	"slices"
	"strconv"
	"strings"

	"github.com/lupa-dev/lupa/reconcile/access"
	"github.com/lupa-dev/lupa/reconcile/fact"
)

// changeRules look at what a plan changes, and in whose name.
var changeRules = []Rule{
	{Code: "E13", Name: "actor-leaves-holders", Source: "R111", When: Plan, Check: actors},
	{Code: "E14", Name: "sharing-beyond-actor", Source: "R103", By: "reconcile/policy, with E13"},
	{Code: "E15", Name: "holders-beyond-actor", Source: "R106", By: "reconcile/policy, with E13"},
	{Code: "E16", Name: "transfer-beyond-actor", Source: "R109", By: "reconcile/policy, with E13"},
	{Code: "E24", Name: "last-maintainer", Source: "R96", When: Plan, Check: lastMaintainer},
	{Code: "E33", Name: "read-too-small", Source: "P8", When: Plan, Check: readTooSmall},
	{Code: "G07", Name: "self-grant", Source: "contract: Policy.selfGrant", When: Plan, Check: selfGrant, Firm: true},
	{Code: "G08", Name: "outside-delegation", Source: "contract: Delegation", When: Plan, Check: outsideDelegation, Firm: true},
	{Code: "N17", Name: "author-unknown", Source: "contract: Policy.logins", By: "reconcile/policy, with G07"},
	{Code: "N18", Name: "actor-not-there-yet", Source: "R103, R106", By: "reconcile/policy, with E13"},
	{Code: "W09", Name: "still-effective", Source: "R34, R93", When: Plan, Check: stillEffective},
	{Code: "W11", Name: "upgrade-trap", Source: "R70", When: Plan, Check: upgradeTrap},
	{Code: "W22", Name: "home-school-by-order", Source: "R77", When: Plan, Check: homeSchoolByOrder},
	{Code: "W35", Name: "widened-by-fallback", Source: "R28, R78, R59", When: Plan, Check: widenedByFallback},
}

// maxFound is how many findings of one sort are told one by one; the last one
// says how many more there are.
const maxFound = 20

// firstNames are the first of some names in one line, with a sign that there are
// more.
func firstNames(names []string, most int) string {
	if len(names) > most {
		names = append(slices.Clone(names[:most]), "…")
	}
	return strings.Join(names, ", ")
}

// called is what people call ids, each once and sorted.
func (p *Pass) called(ids []string) []string {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = fact.Called(id, p.Several)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// cards are the people behind a shift: guardians once, with however many children.
func cards(people []access.Who) []string {
	ids := make([]string, len(people))
	for i, who := range people {
		ids[i] = who.Person
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// touched are the objects that the plan changes; a record counts as its object.
func (p *Pass) touched() map[fact.Key]bool {
	touched := make(map[fact.Key]bool, len(p.Changes))
	for _, c := range p.Changes {
		touched[fact.Words.Root(c.Key)] = true
	}
	return touched
}

// lastMaintainer (R96): sharing is seen and changed by maintainers alone. E19
// says that nobody declared maintains a school where something is shared; here
// the plan takes the last one away, declared or not, and the template may be one
// of those that nobody declares.
func lastMaintainer(p *Pass) {
	sharing := p.Goal.Kind("Sharing").Plus(p.Beyond.Kind("Sharing")) // what is ignored is shared all the same
	if len(p.Changes) == 0 || sharing.Len() == 0 {
		return
	}
	shared := make(map[string]fact.Key) // by school: the first sharing
	for key, o := range sharing.Objects() {
		if school := o.Value("school"); shared[school] == (fact.Key{}) && p.usesSharing(school) {
			shared[school] = key
		}
	}
	if len(shared) == 0 {
		return
	}
	before, after := maintained(p.Before()), maintained(p.After())
	var bare []string
	for school := range shared {
		if before[school] && !after[school] {
			bare = append(bare, school)
		}
	}
	slices.Sort(bare)
	for i, school := range bare {
		key := fact.Key{Kind: "School", ID: school}
		if i == maxFound {
			p.find(Finding{Code: "E24", Case: "more", Args: []string{strconv.Itoa(len(bare) - i)}, Subject: key, Facts: []fact.Fact{{Key: key}}})
			return
		}
		who, blame := p.wereMaintainers(school)
		template, _ := fact.SplitNested(shared[school].ID)
		p.find(Finding{Code: "E24", Args: []string{fact.Called(school, p.Several), fact.Called(template, p.Several), firstNames(who, 5)}, Subject: key,
			Facts: append(blame, fact.Fact{Key: key})})
	}
}

// usesSharing reports whether sharing means something in a school: its survey
// function is on, and Wilma knows sharing (R68).
func (p *Pass) usesSharing(school string) bool {
	key := fact.Key{Kind: "School", ID: school}
	return p.Goal.Object(key).Value("surveys.enabled") == "true" && !before(wilmaOf(p.Goal, key.Installation()), 2, 16)
}

func maintained(t *access.Table) map[string]bool {
	schools := make(map[string]bool)
	for _, c := range t.Counts() {
		if c.Right == maintain {
			schools[c.Place] = true
		}
	}
	return schools
}

// wereMaintainers are those who maintain a school no longer, and the documents of
// those who are still there.
func (p *Pass) wereMaintainers(school string) (names []string, blame []fact.Fact) {
	var ids []string
	for _, s := range p.Effect().Shifts {
		if !s.Gained && slices.Contains(s.Rights, maintain) && slices.Contains(s.Places, school) {
			ids = append(ids, cards(s.People)...)
		}
	}
	slices.Sort(ids)
	for _, id := range slices.Compact(ids) {
		if key := (fact.Key{Kind: "Person", ID: id}); len(blame) == 0 && p.Goal.Has(key) {
			blame = append(blame, fact.Fact{Key: key})
		}
	}
	return p.called(ids), blame
}

// wilmaOf is the version of Wilma in an installation, "" where none is said.
func wilmaOf(s fact.Set, installation string) string {
	for _, pair := range s.Object(fact.Key{Kind: "Installation", ID: installation}).Values("versions") {
		if product, version := fact.SplitMap(pair); product == "wilma" {
			return version
		}
	}
	return ""
}

// before compares versions number by number (T73); where none is said it is the
// newest.
func before(version string, major, minor int) bool {
	if version == "" {
		return false
	}
	parts := strings.Split(version, ".")
	number := func(i int) int {
		if i >= len(parts) {
			return 0
		}
		n, _ := strconv.Atoi(parts[i])
		return n
	}
	return number(0) < major || number(0) == major && number(1) < minor
}

// upgradeTrap (R70): from Wilma 2.16 on the old tick for surveys is one for
// templates alone. Who could add surveys by it needs the new tick too.
func upgradeTrap(p *Pass) {
	for key, o := range p.Goal.Kind("Installation").Objects() {
		if !before(wilmaOf(p.Have, key.ID), 2, 16) || before(wilmaOf(p.Goal, key.ID), 2, 16) {
			continue
		}
		var left []string
		for who := range p.Before().Persons() {
			if (fact.Key{ID: who.Person}).Installation() == key.ID && p.Before().Allowed(access.Question{Who: who, Right: legacyUse}) &&
				p.Goal.Has(fact.Key{Kind: "Person", ID: who.Person}) && !p.After().Allowed(access.Question{Who: who, Right: addSurvey}) {
				left = append(left, who.Person)
			}
		}
		if len(left) > 0 {
			p.find(Finding{Code: "W11", Args: []string{strconv.Itoa(len(left)), firstNames(p.called(left), 10)}, Subject: key, Facts: factsOf(o, "versions")})
		}
	}
}

// homeSchoolByOrder (R77): a template belongs to the first school of whoever
// makes it.
func homeSchoolByOrder(p *Pass) {
	found, last := 0, fact.Key{}
	for _, c := range p.Changes {
		if c.Key.Kind != "Person" {
			continue
		}
		have, want := p.Have.Object(c.Key), p.Goal.Object(c.Key)
		was, is := have.Values("schools"), want.Values("schools")
		if kind := want.Value("kind"); kind != "teacher" && kind != "staff" || len(was) == 0 || len(is) == 0 || was[0] == is[0] || !slices.Contains(is, was[0]) {
			continue
		}
		last = c.Key
		if found++; found <= maxFound {
			p.find(Finding{Code: "W22", Args: []string{fact.Called(c.Key.ID, p.Several), fact.Called(was[0], p.Several), fact.Called(is[0], p.Several)},
				Subject: c.Key, Facts: []fact.Fact{want.Field("schools").At(0)}})
		}
	}
	if found > maxFound {
		p.find(Finding{Code: "W22", Case: "more", Args: []string{strconv.Itoa(found - maxFound)}, Subject: last})
	}
}

// survival is a group that somebody no longer has a right through, and what gives
// it all the same.
type survival struct{ gone, via, variant string }

// stillEffective (R34, R93): who loses a group keeps what something else gave
// before already. What comes in its place by the same plan was meant to.
func stillEffective(p *Pass) {
	if p.First || len(p.Changes) == 0 {
		return
	}
	found := make(map[survival]*access.Shift)
	var order []survival
	for _, s := range p.Effect().Kept {
		for _, key := range survivals(s, p.Several) {
			all := found[key]
			if all == nil {
				all = &access.Shift{}
				found[key] = all
				order = append(order, key)
			}
			all.People, all.Rights, all.Places = append(all.People, s.People...), append(all.Rights, s.Rights...), append(all.Places, s.Places...)
		}
	}
	for i, key := range order {
		if i == maxFound {
			p.find(Finding{Code: "W09", Case: "more", Args: []string{strconv.Itoa(len(order) - i)}, Subject: fact.Key{Kind: "UserGroup", ID: key.gone}})
			return
		}
		s := found[key]
		slices.Sort(s.Rights)
		rights, people := slices.Compact(s.Rights), cards(s.People)
		group := fact.Key{Kind: "UserGroup", ID: key.gone}
		blame := fact.Fact{Key: group}
		if !p.Goal.Has(group) {
			blame = fact.Fact{Key: fact.Key{Kind: "Person", ID: people[0]}}
		}
		p.find(Finding{Code: "W09", Case: key.variant, Args: []string{fact.Called(key.gone, p.Several), firstNames(rights, 5), firstNames(p.called(s.Places), 5),
			strconv.Itoa(len(people)), firstNames(p.called(people), 3), key.via}, Subject: group, Facts: []fact.Fact{blame}})
	}
}

// survivals are the groups that go in a shift of what is kept, each with what
// stays of what there was.
func survivals(s access.Shift, several bool) (all []survival) {
	in := func(list []access.Reason, r access.Reason) bool {
		return slices.ContainsFunc(list, func(o access.Reason) bool {
			return o.Rule == r.Rule && o.Case == r.Case && slices.Equal(o.Args, r.Args)
		})
	}
	var groups, rules []string
	for _, r := range s.After {
		if r.Reaches() || !in(s.Before, r) {
			continue
		}
		if group := groupOf(r); group != "" {
			groups = append(groups, fact.Called(group, several))
		} else {
			rules = append(rules, r.Rule)
		}
	}
	for _, r := range s.Before {
		group := groupOf(r)
		switch {
		case r.Reaches() || group == "" || in(s.After, r):
		case len(groups) > 0:
			all = append(all, survival{group, firstNames(groups, 5), "group"})
		case len(rules) > 0:
			all = append(all, survival{group, firstNames(rules, 5), "other"})
		}
	}
	return all
}

// groupOf is the group that gives a right, "" where it is something else.
func groupOf(r access.Reason) string {
	switch r.Case {
	case "group", "account", "card", "class", "school", "maintain":
		if n := len(r.Args); n > 0 {
			return r.Args[n-1]
		}
	}
	return ""
}

// fallbacks are what makes a right wider though something was taken out: the
// field that is empty now lets another count. Taking back what was taken away
// from a person (R14) and saying allSchools (R74) are meant.
var fallbacks = map[string]string{"P7": "level", "R78": "maintainer", "P10": "account", "R59": "path"}

// widenedByFallback (R28, R78): behind an empty field stands a wider one.
func widenedByFallback(p *Pass) {
	if p.First || len(p.Changes) == 0 {
		return
	}
	type widening struct{ rule, people string }
	found := make(map[widening]*access.Shift)
	var order []widening
	for _, s := range p.Effect().Shifts {
		if !s.Widens || len(s.After) == 0 || fallbacks[s.After[0].Rule] == "" {
			continue
		}
		key := widening{s.After[0].Rule, strings.Join(cards(s.People), " ")}
		if all := found[key]; all != nil {
			all.Rights, all.Places = append(all.Rights, s.Rights...), append(all.Places, s.Places...)
			continue
		}
		s.Rights, s.Places = slices.Clone(s.Rights), slices.Clone(s.Places)
		found[key] = &s
		order = append(order, key)
	}
	touched := p.touched()
	for i, key := range order {
		if i == maxFound {
			p.find(Finding{Code: "W35", Case: "more", Args: []string{strconv.Itoa(len(order) - i)}, Subject: fact.Key{Kind: "Person", ID: cards(found[key].People)[0]}})
			return
		}
		s := found[key]
		slices.Sort(s.Rights)
		people := cards(s.People)
		subject := fact.Key{Kind: "Person", ID: people[0]}
		p.find(Finding{Code: "W35", Case: fallbacks[key.rule], Args: []string{strconv.Itoa(len(people)), firstNames(p.called(people), 3),
			firstNames(slices.Compact(s.Rights), 5), firstNames(p.called(s.Places), 5)}, Subject: subject, Facts: p.emptied(touched, s.People[0], s.After)})
	}
}

// emptied is where a level or list was that is empty now: the class that the plan
// changes, the path above that counts instead, else the person.
func (p *Pass) emptied(touched map[fact.Key]bool, who access.Who, now []access.Reason) []fact.Fact {
	student := who.Person
	if who.Child != "" {
		student = who.Child
	}
	key := fact.Key{Kind: "Person", ID: student}
	for _, class := range p.Goal.Object(key).Values("classes") {
		if at := (fact.Key{Kind: "SchoolClass", ID: class}); touched[at] {
			return []fact.Fact{{Key: at}}
		}
	}
	if now[0].Rule == "R59" {
		for _, r := range now {
			for _, f := range r.Facts {
				if f.Kind == "ImsGrant" {
					return []fact.Fact{f}
				}
			}
		}
	}
	return []fact.Fact{{Key: key}}
}
