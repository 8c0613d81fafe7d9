package policy

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/lupa-dev/lupa/reconcile/access"
	"github.com/lupa-dev/lupa/reconcile/calendar"
	"github.com/lupa-dev/lupa/reconcile/fact"
)

// groupRules are about groups, cards, overrides and accounts.
var groupRules = []Rule{
	{Code: "D14", Name: "override-without-reason", Source: "contract: Policy.requireReason", When: Documents, Check: overrideWithoutReason},
	{Code: "E31", Name: "card-assignment", Source: "4.4", When: Documents, Check: cardAssignment},
	{Code: "E34", Name: "account-without-card", Source: "P8", When: Documents, Check: accountWithoutCard},
	{Code: "W01", Name: "teacher-with-account", Source: "R19", When: State, Check: teacherWithAccount},
	{Code: "W02", Name: "account-without-administration", Source: "R17", When: State, Check: accountWithoutAdministration},
	{Code: "W18", Name: "group-per-school", Source: "R37", When: State, Check: groupPerSchool},
	{Code: "W19", Name: "group-without-use", Source: "R30", When: State, Check: groupWithoutUse},
	{Code: "W20", Name: "groups-hidden", Source: "R28, P7", When: State, Check: groupsHidden},
	{Code: "W21", Name: "groups-summed", Source: "R27, P7", When: State, Check: groupsSummed},
	{Code: "W31", Name: "override-without-end", Source: "R14", When: Documents, Check: overrideWithoutEnd},
	{Code: "W33", Name: "field-limits-without-effect", Source: "P2", When: State, Check: limitsWithoutEffect},
	{Code: "W34", Name: "right-on-the-wrong-side", Source: "R31, R32", When: State, Check: rightOnTheWrongSide},
}

// switchedOn are the installations whose Policy says yes to a field.
func (p *Pass) switchedOn(field string) map[string]bool {
	on := make(map[string]bool)
	for key, policy := range p.Declared.Kind("Policy").Objects() {
		if policy.Value(field) != "" {
			on[key.Installation()] = true
		}
	}
	return on
}

// overrideWithoutReason: where the Policy asks for reasons, each override has one.
func overrideWithoutReason(p *Pass) {
	asked := p.switchedOn("requireReason")
	if len(asked) == 0 {
		return
	}
	for key, override := range p.Declared.Kind("PersonOverride").Objects() {
		if asked[key.Installation()] && override.Value("reason") == "" {
			p.find(Finding{Code: "D14", Subject: key, Facts: []fact.Fact{override.At(0)}})
		}
	}
}

// cardAssignment (4.4): an exception on the card of one student is personal data,
// so the Policy allows it or not, and it has a reason and an end. Of a Policy that
// could not be read nobody knows what it allows.
func cardAssignment(p *Pass) {
	allowed := p.switchedOn("allowStudentCards")
	for key := range p.Known.Kind("Policy").Objects() {
		allowed[key.Installation()] = true
	}
	for key, card := range p.Declared.Kind("CardAssignment").Objects() {
		if !allowed[key.Installation()] && !p.lost("allowStudentCards") {
			p.find(Finding{Code: "E31", Case: "off", Subject: key, Facts: []fact.Fact{card.At(0)}})
		}
		missing := slices.DeleteFunc([]string{"reason", "validTo"}, func(field string) bool { return card.Value(field) != "" })
		if len(missing) > 0 {
			p.find(Finding{Code: "E31", Case: "incomplete", Args: []string{strings.Join(missing, ", ")}, Subject: key, Facts: []fact.Fact{card.At(0)}})
		}
	}
}

// accountWithoutCard (P8): an account that is not linked to a card sees nobody's
// card, and an export made with it is empty without a word. Wilma's own account
// and those of vendors have no card to be linked to.
func accountWithoutCard(p *Pass) {
	for key, person := range p.accounts(true) {
		if person.Value("primusAccount.linked") == "" && !unlinked(key.Name()) {
			p.find(Finding{Code: "E34", Subject: key, Facts: factsOf(person, "primusAccount")})
		}
	}
}

// unlinked reports whether the account of somebody of this name needs no link.
func unlinked(name string) bool {
	name, _, _ = strings.Cut(name, "-")
	return name == "wilma" || name == "vendor"
}

// accounts yields the teachers and staff with a Primus account who are not kept
// elsewhere, of those declared or of those of the goal.
func (p *Pass) accounts(declared bool) iter.Seq2[fact.Key, fact.Set] {
	return p.peopleWho(declared, func(person fact.Set) bool {
		return person.Value("primusAccount") != "" && person.Value("external") == "" && employed(person)
	})
}

// teacherWithAccount (R19): Wilma is enough for teachers.
func teacherWithAccount(p *Pass) {
	for key, person := range p.accounts(false) {
		if person.Value("kind") == "teacher" {
			p.find(Finding{Code: "W01", Subject: key, Facts: factsOf(person, "primusAccount")})
		}
	}
}

// accountWithoutAdministration (R17): accounts are for those who need Primus. A
// group shows that somebody does, on the account or on the card, if it gives a
// right in Primus and is not meant for others than staff alone.
func accountWithoutAdministration(p *Pass) {
	administrative := make(map[string]bool)
	for key, group := range p.Goal.Kind("UserGroup").Objects() {
		audience := group.Values("audience")
		administrative[key.ID] = group.Value("external") != "" ||
			slices.ContainsFunc(group.Values("primus"), isPrimus) && (len(audience) == 0 || slices.Contains(audience, "staff"))
	}
	for key, person := range p.accounts(false) {
		groups := slices.Concat(person.Values("groups"), person.Values("primusAccount.groups"))
		if !slices.ContainsFunc(groups, func(id string) bool { return administrative[id] }) {
			p.find(Finding{Code: "W02", Subject: key, Facts: factsOf(person, "primusAccount")})
		}
	}
}

// isPrimus reports whether a right is one that only a Primus account carries.
func isPrimus(key string) bool { return strings.HasPrefix(key, "primus.") || key == "kurre.full" }

// rightsOf are what catalogues say of rights.
type rightsOf struct{ table *access.Table }

func (p *Pass) rights(facts fact.Set) rightsOf {
	return rightsOf{access.Load(facts.Kind("Installation").Plus(facts.Kind("Right")))}
}

// primusOnly reports whether a right, or the one in Primus whose counterpart it is
// called like, works in Primus alone (R32).
func (r rightsOf) primusOnly(installation, key string) bool {
	if right, _ := r.table.Right(installation, key); right.PrimusOnly {
		return true
	}
	rest, ok := strings.CutPrefix(key, "wilma.")
	right, _ := r.table.Right(installation, "primus."+rest)
	return ok && right.PrimusOnly
}

// counterpart is the right to do the same in Wilma, "" where there is none (R31).
// Survey rights are given in Wilma alone (R72).
func (r rightsOf) counterpart(installation, key string) string {
	rest, ok := strings.CutPrefix(key, "primus.")
	survey := strings.HasPrefix(rest, "surveys.") && slices.ContainsFunc(access.Known, func(k access.KnownRight) bool { return k.Key == "wilma."+rest })
	if !ok || survey || r.primusOnly(installation, key) {
		return ""
	}
	return "wilma." + rest
}

// rightOnTheWrongSide (R31, R32): a right of Primus in a list of Wilma gives
// nothing, nor does any other right in a list of Primus; and what a group gives in
// Primus need not be given in Wilma once more, unless somebody has the group on
// the card and not on an account.
func rightOnTheWrongSide(p *Pass) {
	rights := p.rights(p.Goal)
	twice := make(map[fact.Key][]fact.Fact)
	var order []fact.Key
	for key, group := range p.Goal.Kind("UserGroup").Objects() {
		inst := key.Installation()
		in := group.Field("primus")
		if in.Len() == 0 && group.Value("wilma") == "" {
			continue
		}
		given := make(map[string]bool, in.Len())
		var inPrimus, inWilma []fact.Fact
		for _, f := range in.All() {
			if given[rights.counterpart(inst, f.Value)] = true; !isPrimus(f.Value) {
				inPrimus = append(inPrimus, f)
			}
		}
		for _, f := range group.Field("wilma").All() {
			switch {
			case isPrimus(f.Value) || rights.primusOnly(inst, f.Value):
				inWilma = append(inWilma, f)
			case given[f.Value]:
				twice[key] = append(twice[key], f)
			}
		}
		p.findRights("wilma", key, inWilma)
		p.findRights("primus", key, inPrimus)
		if len(twice[key]) > 0 {
			order = append(order, key)
		}
	}
	if len(order) == 0 {
		return
	}
	needed := p.onCardsAlone()
	for _, key := range order {
		if !needed[key.ID] {
			p.findRights("twice", key, twice[key])
		}
	}
}

func (p *Pass) findRights(variant string, group fact.Key, facts []fact.Fact) {
	if len(facts) > 0 {
		p.find(Finding{Code: "W34", Case: variant, Args: []string{strings.Join(values(facts), ", ")}, Subject: group, Facts: facts})
	}
}

func values(facts []fact.Fact) []string {
	all := make([]string, len(facts))
	for i, f := range facts {
		all[i] = f.Value
	}
	return all
}

// onCardsAlone are the groups that somebody has on the card, or as a substitute,
// and not on a Primus account.
func (p *Pass) onCardsAlone() map[string]bool {
	alone := make(map[string]bool)
	for _, f := range p.Goal.Kind("Substitution").All() {
		if f.Field == "duties.groups" {
			alone[f.Value] = true
		}
	}
	for _, person := range p.Goal.Kind("Person").Objects() {
		groups := person.Field("groups")
		if groups.Len() == 0 {
			continue
		}
		account := person.Values("primusAccount.groups")
		for _, f := range groups.All() {
			if !slices.Contains(account, f.Value) {
				alone[f.Value] = true
			}
		}
	}
	return alone
}

// unlimited are the rights beside which a group's limits for fields mean nothing.
var unlimited = []string{"primus.full", "primus.seeAllFields"}

// limitsWithoutEffect (P2): what a group denies in fields is open to whoever has
// all of Primus or sees all fields, by the same group or by another of the account.
func limitsWithoutEffect(p *Pass) {
	limits, opens := make(map[string]fact.Fact), make(map[string]fact.Fact)
	for key, group := range p.Goal.Kind("UserGroup").Objects() {
		for _, f := range factsOf(group, "primus") {
			if slices.Contains(unlimited, f.Value) {
				opens[key.ID] = f
			}
		}
		for _, field := range []string{"primusFields.deny", "primusFields.seeOnly"} {
			if facts := group.Field(field); facts.Len() > 0 {
				limits[key.ID] = facts.At(0)
				break
			}
		}
		limit, limited := limits[key.ID]
		if open, ok := opens[key.ID]; ok && limited {
			p.find(Finding{Code: "W33", Case: "group", Args: []string{open.Value}, Subject: key, Facts: []fact.Fact{limit, open}})
			delete(limits, key.ID) // told
		}
	}
	if len(limits) == 0 || len(opens) == 0 {
		return
	}
	type pair struct{ limited, open string }
	who := make(map[pair][]string)
	for key, person := range p.accounts(false) {
		groups := person.Values("primusAccount.groups")
		for _, open := range groups {
			if _, ok := opens[open]; !ok {
				continue
			}
			for _, limited := range groups {
				if _, ok := limits[limited]; ok {
					who[pair{limited, open}] = append(who[pair{limited, open}], key.ID)
				}
			}
		}
	}
	for _, both := range sortedKeys(who, func(a, b pair) int {
		return cmp.Or(strings.Compare(a.limited, b.limited), strings.Compare(a.open, b.open))
	}) {
		limit, open := limits[both.limited], opens[both.open]
		p.find(Finding{Code: "W33", Case: "account", Args: []string{fact.Called(both.limited, p.Several), few(p.called(who[both])), open.Value, fact.Called(both.open, p.Several)},
			Subject: limit.Key, Facts: []fact.Fact{limit, open}})
	}
}

func sortedKeys[K comparable, V any](m map[K]V, compare func(a, b K) int) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, compare)
	return keys
}

// overrideWithoutEnd (R14): an override is an exception, so it has an end, is not
// older than a year, and does not lie about long after it.
func overrideWithoutEnd(p *Pass) {
	type days struct{ today, yearAgo, monthAgo string } // ISO days sort as text
	of := make(map[string]days)
	for key, override := range p.Declared.Kind("PersonOverride").Objects() {
		inst := key.Installation()
		if of[inst] == (days{}) {
			of[inst] = days{p.Days[inst].String(), yearBefore(p.Days[inst]), p.Days[inst].Before(30).String()}
		}
		day := of[inst]
		from, to := override.Value("validFrom"), override.Value("validTo")
		f := Finding{Code: "W31", Subject: key, Facts: []fact.Fact{override.At(0)}}
		switch {
		case to != "" && to < day.monthAgo:
			f.Case, f.Args, f.Facts = "ended", []string{to}, factsOf(override, "validTo")
		case to == "":
			f.Case = "endless"
		case from != "" && from < day.yearAgo && to > day.today:
			f.Case, f.Args, f.Facts = "old", []string{from}, factsOf(override, "validFrom")
		default:
			continue
		}
		p.find(f)
	}
}

// yearBefore is the same day of the year before, as text.
func yearBefore(d calendar.Day) string {
	day := d.String()
	year, _ := strconv.Atoi(day[:4])
	return fmt.Sprintf("%04d%s", year-1, day[4:])
}

// groupWithoutUse (R30): a group is there for somebody, and gives something. Of
// what is kept elsewhere nobody knows; nor where a tree has no people at all, who
// has its groups.
func groupWithoutUse(p *Pass) {
	used, people := fact.Words.Named(p.Declared, "UserGroup"), make(map[string]bool)
	for key := range p.Declared.Kind("Installation").Objects() {
		people[key.ID] = hasPeople(p.Declared, key.ID)
	}
	ims, granted := imsInstallations(p.Goal), make(map[string]bool)
	for _, f := range p.Goal.Kind("ImsGrant").All() {
		switch f.Field {
		case "grants":
			group, _ := fact.SplitMap(f.Value)
			granted[group] = true
		case "responsible.group":
			granted[f.Value] = true
		}
	}
	for key, group := range p.Goal.Kind("UserGroup").Objects() {
		if group.Value("external") != "" {
			continue
		}
		if !used[key.ID] && !p.Ruled[key] && people[key.Installation()] {
			p.find(Finding{Code: "W19", Case: "unused", Subject: key, Facts: []fact.Fact{group.At(0)}})
			continue
		}
		gives := group.Value("wilma") != "" || group.Value("primus") != ""
		if _, ok := ims[key.Installation()]; ok {
			gives = granted[key.ID]
		}
		if !gives {
			p.find(Finding{Code: "W19", Case: "empty", Subject: key, Facts: []fact.Fact{group.At(0)}})
		}
	}
}

// hasPeople reports whether a tree has people of an installation.
func hasPeople(s fact.Set, installation string) bool {
	for key := range s.Kind("Person").Objects() {
		if key.Installation() == installation {
			return true
		}
	}
	return false
}

// groupPerSchool (R37): groups are common to all schools. Groups are near-identical
// if they give the same and are called the same once the name of a school is taken
// out, from the name or from the title; a group that is called so without a school
// is the common one already.
func groupPerSchool(p *Pass) {
	schools := make(map[string]bool) // "installation/words of a name"
	for key, school := range p.Goal.Kind("School").Objects() {
		for _, text := range []string{key.Name(), school.Value("title")} {
			if w := words(text); len(w) > 0 {
				schools[fact.ID(key.Installation(), strings.Join(w, " "))] = true
			}
		}
	}
	if len(schools) == 0 {
		return
	}
	told := make(map[fact.Key]bool)
	for _, field := range []string{"", "title"} {
		var alike []*alikeGroups
		of := make(map[string]*alikeGroups)
		for key, group := range p.Goal.Kind("UserGroup").Objects() {
			text := key.Name()
			if field != "" {
				text = group.Value(field)
			}
			gives := givenBy(group)
			if told[key] || gives == "" || text == "" {
				continue
			}
			rest, ofSchool := withoutSchool(words(text), key.Installation(), schools)
			sign := key.Installation() + "\x00" + rest + "\x00" + gives
			if of[sign] == nil {
				of[sign] = new(alikeGroups)
				alike = append(alike, of[sign])
			}
			of[sign].add(key, ofSchool)
		}
		for _, a := range alike {
			if len(a.ofSchools) == 0 || len(a.ofSchools)+len(a.common) < 2 {
				continue
			}
			for _, key := range slices.Concat(a.ofSchools, a.common) {
				told[key] = true
			}
			p.findAlike(a)
		}
	}
}

// alikeGroups are groups that differ by a school's name.
type alikeGroups struct{ ofSchools, common []fact.Key }

func (a *alikeGroups) add(key fact.Key, ofSchool bool) {
	if ofSchool {
		a.ofSchools = append(a.ofSchools, key)
	} else {
		a.common = append(a.common, key)
	}
}

func (p *Pass) findAlike(a *alikeGroups) {
	var ids []string
	var facts []fact.Fact
	for _, key := range a.ofSchools {
		ids = append(ids, key.ID)
		if len(facts) < maxNames {
			facts = append(facts, fact.Fact{Key: key})
		}
	}
	f := Finding{Code: "W18", Case: "schools", Args: []string{few(p.called(ids))}, Subject: a.ofSchools[0], Facts: facts}
	if len(a.common) > 0 {
		f.Case, f.Args = "common", append(f.Args, fact.Called(a.common[0].ID, p.Several))
		f.Facts = append(f.Facts, fact.Fact{Key: a.common[0]})
	}
	p.find(f)
}

// givenBy is what a group gives, in one text; "" where that is nothing.
func givenBy(group fact.Set) string {
	var b strings.Builder
	for _, f := range group.All() {
		switch f.Field {
		case "wilma", "primus", "primusFields.deny", "primusFields.seeOnly":
			fmt.Fprintf(&b, "%s=%s\x00", f.Field, f.Value)
		}
	}
	return b.String()
}

func words(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// withoutSchool is a name without the longest run of words that is a school's.
func withoutSchool(words []string, installation string, schools map[string]bool) (rest string, ok bool) {
	for n := len(words); n > 0; n-- {
		for i := range len(words) - n + 1 {
			if schools[fact.ID(installation, strings.Join(words[i:i+n], " "))] {
				return strings.Join(slices.Concat(words[:i], words[i+n:]), " "), true
			}
		}
	}
	return strings.Join(words, " "), false
}
