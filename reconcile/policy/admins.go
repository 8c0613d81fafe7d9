package policy

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/lupa-dev/lupa/reconcile/fact"
)

// adminRules are about those who look after an installation, and those who stand in.
var adminRules = []Rule{
	{Code: "E28", Name: "substitution", Source: "R43", When: Documents, Check: substitutions, Firm: true},
	{Code: "E29", Name: "access-rule", Source: "R44, R46", By: "reconcile/config", Firm: true},
	{Code: "W24", Name: "deputies", Source: "R3, R4, R5, R6, R7", When: State, Check: deputies},
	{Code: "W25", Name: "contacts", Source: "R9", When: State, Check: contacts},
	{Code: "W27", Name: "coverage", Source: "R46", When: State, Check: coverage},
	{Code: "W28", Name: "substitute-too-early-or-late", Source: "R42", When: State, Check: leads},
	{Code: "W30", Name: "team-of-one", Source: "R62", When: State, Check: teamOfOne},
}

// coverage (R46): those who are to help with passwords are of use where everybody
// knows who they are. On which days help rests on one person, Watch says.
func coverage(p *Pass) {
	for i := range p.AccessRules {
		if r := &p.AccessRules[i]; r.coverage() && !r.Announced {
			p.find(Finding{Code: "W27", Case: "unannounced", Args: []string{r.Rights[0]}, Subject: r.Key, Facts: []fact.Fact{r.fact()}})
		}
	}
}

// mainUsers are the roles that must not be empty and should have deputies (R3, R4,
// R7); a support person needs none (R5).
var mainUsers = []string{"content", "technical"}

// teams are the documents of kind AdminTeam by installation, which together say
// who looks after it.
func (p *Pass) teams() map[string][]fact.Set {
	teams := make(map[string][]fact.Set)
	for key, team := range p.Goal.Kind("AdminTeam").Objects() {
		teams[key.Installation()] = append(teams[key.Installation()], team)
	}
	return teams
}

// deputies (R3-R7): each main-user role has somebody, and each main user a deputy
// who is somebody else. The roles are those of InSchool; deputies are of use
// everywhere.
func deputies(p *Pass) {
	for inst, teams := range ordered(p.teams()) {
		deputy := make(map[string]string)
		there := make(map[string]bool)
		for _, team := range teams {
			for _, f := range team.All() {
				there[f.Field] = true
				if f.Field != "deputies" {
					continue
				}
				person, by := fact.SplitMap(f.Value)
				if person == by {
					p.find(Finding{Code: "W24", Case: "self", Args: []string{fact.Called(person, p.Several)}, Subject: f.Key, Facts: []fact.Fact{f}})
				}
				deputy[person] = by
			}
		}
		for _, role := range mainUsers {
			if !there[role] && p.system(inst) == "inschool" {
				p.find(Finding{Code: "W24", Case: role, Subject: teams[0].At(0).Key, Facts: []fact.Fact{teams[0].At(0)}})
			}
		}
		told := make(map[string]bool) // one person may have both roles (R6)
		for _, team := range teams {
			for _, f := range team.All() {
				if slices.Contains(mainUsers, f.Field) && deputy[f.Value] == "" && !told[f.Value] {
					told[f.Value] = true
					p.find(Finding{Code: "W24", Case: "deputy", Args: []string{fact.Called(f.Value, p.Several)}, Subject: f.Key, Facts: []fact.Fact{f}})
				}
			}
		}
	}
}

// ordered goes through a map by its keys.
func ordered[V any](m map[string]V) func(func(string, V) bool) {
	return func(yield func(string, V) bool) {
		for _, key := range slices.Sorted(maps.Keys(m)) {
			if !yield(key, m[key]) {
				return
			}
		}
	}
}

func (p *Pass) system(installation string) string {
	return systemOf(p.Goal, installation)
}

func systemOf(facts fact.Set, installation string) string {
	if s := facts.Object(fact.Key{Kind: "Installation", ID: installation}).Value("system"); s != "" {
		return s
	}
	return "inschool"
}

// teamOfOne (R62): the administrators of IMS are a group, not one person.
func teamOfOne(p *Pass) {
	for inst, teams := range ordered(p.teams()) {
		if p.system(inst) != "ims" {
			continue
		}
		members := make(map[string]bool)
		for _, team := range teams {
			for person := range membersOf(team) {
				members[person] = true
			}
		}
		if len(members) == 1 {
			p.find(Finding{Code: "W30", Args: []string{fact.Called(slices.Collect(maps.Keys(members))[0], p.Several)}, Subject: teams[0].At(0).Key, Facts: []fact.Fact{teams[0].At(0)}})
		}
	}
}

// membersOf are the persons of a team with their roles.
func membersOf(team fact.Set) map[string][]string {
	members := make(map[string][]string)
	for _, f := range team.All() {
		switch f.Field {
		case "content", "technical", "support":
			members[f.Value] = append(members[f.Value], f.Field)
		case "deputies":
			_, by := fact.SplitMap(f.Value)
			if !slices.Contains(members[by], "deputy") {
				members[by] = append(members[by], "deputy")
			}
		}
	}
	return members
}

// office are groups by whose name or title one knows that rectors or secretaries
// of schools are in them, for R9 speaks of these and no register says who they are.
// Those who stand in for rectors (apulaisrehtori) are not among them.
var office = regexp.MustCompile(`(?i)koulusihteer|opintosihteer|skol\pL*sekre|(^|[^\pL])(rehtor|rektor|principal|headteacher|school[ _-]?secretar)`)

// officeGroups are the groups of rectors and secretaries in installations of
// InSchool that speak of support at all: with contacts or a team.
func officeGroups(facts fact.Set) map[string]bool {
	speaks := make(map[string]bool)
	for _, kind := range []string{"SupportContact", "AdminTeam"} {
		for key := range facts.Kind(kind).Objects() {
			speaks[key.Installation()] = systemOf(facts, key.Installation()) == "inschool"
		}
	}
	groups := make(map[string]bool)
	if len(speaks) == 0 {
		return groups
	}
	for key, group := range facts.Kind("UserGroup").Objects() {
		if speaks[key.Installation()] && (office.MatchString(key.Name()) || office.MatchString(group.Value("title"))) {
			groups[key.ID] = true
		}
	}
	return groups
}

// inGroups visits those who are employed and in one of some groups, in Wilma or by
// their Primus account.
func inGroups(facts fact.Set, groups map[string]bool, visit func(person fact.Fact)) {
	if len(groups) == 0 {
		return
	}
	for _, f := range facts.Kind("Person").All() {
		if (f.Field == "groups" || f.Field == "primusAccount.groups") && groups[f.Value] {
			visit(f)
		}
	}
}

// contacts (R9): rectors and secretaries ask the vendor's support, which guides
// only those whom the customer register names.
func contacts(p *Pass) {
	groups := officeGroups(p.Goal)
	known := make(map[string]bool)
	for _, contact := range p.Goal.Kind("SupportContact").Objects() {
		known[contact.Value("person")] = true
	}
	missing := make(map[string][]string) // by group
	told := make(map[string]bool)
	inGroups(p.Goal, groups, func(f fact.Fact) {
		if !known[f.ID] && !told[f.ID] {
			told[f.ID] = true
			missing[f.Value] = append(missing[f.Value], fact.Called(f.ID, p.Several))
		}
	})
	for group, people := range ordered(missing) {
		others := ""
		if n := len(people) - maxNamed; n > 0 {
			people, others = people[:maxNamed], strconv.Itoa(n)
		}
		key := fact.Key{Kind: "UserGroup", ID: group}
		p.find(Finding{Code: "W25", Args: []string{fact.Called(group, p.Several), strings.Join(people, ", "), others}, Subject: key, Facts: []fact.Fact{{Key: key}}})
	}
}
