// Package policy says what may not happen: rules by code, each a row of a
// table that is carried out, documented and tested from the same place.
//
// A rule looks at facts and says what is wrong with them; it does not know
// files. Whoever asks joins its findings with the places that the facts come
// from, and lets Weights say how much each finding weighs.
//
//	findings := policy.Check(policy.Documents, policy.Pass{Declared: declared, Goal: goal})
//
// The rows stand in files by what they are about; Rules has them all, sorted by
// code. A case of testdata shows of each what it finds: before, after, and what
// is expected.
package policy

import (
	"iter"
	"slices"
	"strings"

	"github.com/lupa-dev/lupa/reconcile/access"
	"github.com/lupa-dev/lupa/reconcile/calendar"
	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/schema"
)

// Severity is how much a finding weighs.
type Severity string

const (
	Error   Severity = "error"   // nothing is applied
	Warning Severity = "warning" // for somebody to look at
	Note    Severity = "note"    // worth knowing
)

// SeverityOf is the severity that findings of a code have by themselves: W
// warns, N notes, everything else is an error.
func SeverityOf(code string) Severity {
	switch {
	case strings.HasPrefix(code, "W"), code == "G07", code == "G09": // a Policy may refuse what G07 reports
		return Warning
	case strings.HasPrefix(code, "N"):
		return Note
	}
	return Error
}

// Finding is what a rule has to say. The facts lead to the places to blame.
type Finding struct {
	Code    string
	Case    string // which sentence of the code, where it has several
	Args    []string
	Subject fact.Key
	Facts   []fact.Fact
	Suggest string

	Severity Severity // where the rule itself decides; else the code's, as weights have it
}

// Rule is one row of the table.
type Rule struct {
	Code   string
	Name   string
	Source string // the rule of the domain that it guards
	When   When
	Check  func(*Pass)

	By   string // the room that carries it out, where that is not this one: then there is no Check
	Firm bool   // later stages rely on it: it weighs the same everywhere, and nobody silences it
}

// When says what a rule needs to know.
type When int

const (
	Documents When = 1 << iota // what is declared
	State                      // what is in force and what it entitles people to; there are no errors that hide something
	Plan                       // what the target holds, and what is to change
)

// Pass is what rules look at, and where they put what they find.
type Pass struct {
	Declared fact.Set               // facts of all documents, in force or not
	Omitted  fact.Set               // what of these no document says: what omitted fields begin with
	Known    fact.Set               // objects with problems: what they are called, and what they name
	Lost     func(name string) bool // whether a name may be declared in a document that could not be read
	Goal     fact.Set               // what the target is to hold, as far as the stage knows it
	Ruled    map[fact.Key]bool      // groups that documents give which are no objects: rules for people of rosters
	Days     map[string]calendar.Day
	Several  bool // installations: what is named is named with its own
	FirmOnly bool // ask only the rules that later stages rely on

	AccessRules []AccessRule // of the documents

	// Plan alone. The plan's renames are made in all of these.
	Have    fact.Set // what the target holds
	Last    fact.Set // what lupa left there
	Beyond  fact.Set // what it holds out of view
	Changes []fact.Change
	Renamed []fact.Key        // objects that get another name
	First   bool              // nothing was ever applied to the target
	Actors  map[string]string // by installation: the id of the person in whose name changes are made
	Guard   Guard
	Bare    bool // the documents declare nothing but installations and how to judge them

	// State and Plan: who may do what before, with Have, and after, with Goal.
	// Loading them takes time, so a rule asks for them where it has to.
	Before, After func() *access.Table
	Effect        func() *access.Effect // Plan: what that changes for people

	// Plan: in whose name documents were changed, and what that person may declare.
	Author      Author
	Delegations []Delegation
	Written     func(fact.Fact) []Document // where a fact stands

	stage    When
	rules    []Rule
	findings []Finding
	people   map[bool]*fact.Alike // whether of Declared, else of Goal
}

// peopleWho yields the people, of those declared or of those of the goal, of whom
// something holds that follows from their kind and from which of their fields are
// filled, how often. It is asked once of all of whom that is the same.
func (p *Pass) peopleWho(declared bool, is func(person fact.Set) bool) iter.Seq2[fact.Key, fact.Set] {
	people := p.people[declared]
	if people == nil {
		facts := p.Goal
		if declared {
			facts = p.Declared
		}
		people = facts.Kind("Person").Alike(func(field string) bool { return field == "kind" })
		if p.people == nil {
			p.people = make(map[bool]*fact.Alike)
		}
		p.people[declared] = people
	}
	return people.Where(is)
}

// Rules are all rules, by code.
var Rules = sorted(integrityRules, groupRules, surveyRules, systemRules, changeRules, adminRules, guardRules)

func sorted(tables ...[]Rule) []Rule {
	all := slices.Concat(tables...)
	slices.SortFunc(all, func(a, b Rule) int { return strings.Compare(a.Code, b.Code) })
	return all
}

// RuleOf is the row of a code.
func RuleOf(code string) (Rule, bool) { return ruleOf(Rules, code) }

func ruleOf(rules []Rule, code string) (Rule, bool) {
	i, ok := slices.BinarySearchFunc(rules, code, func(r Rule, code string) int { return strings.Compare(r.Code, code) })
	if !ok {
		return Rule{}, false
	}
	return rules[i], true
}

// integrityRules are those that facts have to meet to mean anything.
var integrityRules = []Rule{
	{Code: "D07", Name: "field-of-other-kind", Source: "R27, R29, R33", When: Documents, Check: fieldOfOtherKind, Firm: true},
	{Code: "E01", Name: "unknown-reference", Source: "R30", When: Documents, Check: unknownReference, Firm: true},
	{Code: "E02", Name: "account-of-student", Source: "R33", When: Documents, Check: accountOfStudent, Firm: true},
	{Code: "E03", Name: "schools", Source: "R36, R74", When: Documents, Check: schools, Firm: true},
	{Code: "E05", Name: "doubled-in-list", Source: "R77", When: Documents, Check: doubledInList, Firm: true},
	{Code: "E12", Name: "template-without-holders", Source: "R112", When: Plan, Check: templateWithoutHolders, Firm: true},
	{Code: "E17", Name: "template-without-school", Source: "R77", When: Documents | Plan, Check: templateWithoutSchool, Firm: true},
	{Code: "E23", Name: "still-referenced", Source: "R30", When: Plan, Check: stillReferenced, Firm: true},
	{Code: "E30", Name: "national-identifier", Source: "4.3", By: "schema/identity", Firm: true},
	{Code: "E32", Name: "span", Source: "R14", By: "reconcile/config", Firm: true},
	{Code: "E35", Name: "text-read-as-something-else", Source: "R67", By: "schema/source, schema", Firm: true},
	{Code: "N01", Name: "likely-rename", Source: "R30", When: Plan, Check: likelyRename},
	{Code: "N02", Name: "account-everywhere", Source: "R74", When: Documents, Check: accountEverywhere},
	{Code: "N03", Name: "person-of-other-kind", Source: "R27, R28", When: Documents, Check: personOfOtherKind},
	{Code: "W32", Name: "identifier-shape", Source: "4.3", By: "schema/identity"},
	{Code: "N11", Name: "weight-without-effect", Source: "contract: Policy.severities", When: Documents, Check: weights},
}

// Check asks every rule that can be asked at this stage.
func Check(stage When, p Pass) []Finding {
	p.stage, p.rules = stage, Rules
	for _, r := range Rules {
		if r.When&stage != 0 && (r.Firm || !p.FirmOnly) {
			r.Check(&p)
		}
	}
	return p.findings
}

func (p *Pass) find(f Finding) { p.findings = append(p.findings, f) }

func (p *Pass) lost(name string) bool { return p.Lost != nil && p.Lost(name) }

// maxSuggestions bounds the findings that come with a suggestion: looking for
// the nearest of many names takes time, and nobody reads the hundredth.
const maxSuggestions = 50

func (p *Pass) nearest(name string, candidates iter.Seq[string]) string {
	if len(p.findings) >= maxSuggestions {
		return ""
	}
	return schema.Nearest(name, candidates)
}

// nearestObject is what a reference may have meant. Card keys are all alike: of
// them none is nearer than another.
func (p *Pass) nearestObject(declared fact.Set, target fact.Key) string {
	if target.Kind == "Person" {
		return ""
	}
	return p.nearest(target.Name(), namesOf(declared, target.Kind, target.Installation()))
}

// unknownReference: what a document names is declared, and every right is one
// that is known everywhere or listed in a catalogue.
func unknownReference(p *Pass) {
	declared := p.Declared.Plus(p.Known)
	var last fact.Reference
	for ref := range fact.Words.Dangling(declared) {
		if p.lost(ref.Target.Name()) || again(&last, ref) || grantedToUser(declared, ref) {
			continue
		}
		f := Finding{Code: "E01", Case: "object", Args: []string{ref.Target.Kind, fact.Called(ref.Target.ID, p.Several)}, Subject: ref.Fact.Key, Facts: []fact.Fact{ref.Fact}}
		inst := ref.Target.Installation()
		if ref.Across && !declared.Has(fact.Key{Kind: "Installation", ID: inst}) {
			if p.lost(inst) {
				continue
			}
			f.Args = []string{"Installation", inst}
			f.Suggest = p.nearest(inst, installationsOf(declared))
			p.find(f)
			continue
		}
		f.Suggest = p.nearestObject(declared, ref.Target)
		if f.Suggest != "" && inst != ref.Fact.Installation() {
			f.Suggest = inst + ":" + f.Suggest
		}
		switch other, ok := elsewhere(declared, ref.Target); {
		case ok && ref.Across:
			f.Suggest = other + ":" + ref.Target.Name()
		case ok:
			f.Case, f.Args = "elsewhere", []string{ref.Target.Kind, ref.Target.Name(), ref.Target.Installation(), other}
		}
		p.find(f)
	}
	rights := knownRights(declared)
	for _, k := range fact.Words.Kinds {
		for _, f := range k.Fields {
			if f.Type == fact.Right {
				p.unknownRights(declared, k.Name, f.Name, rights)
			}
		}
	}
}

// again reports whether a field names what it named last: a key of a set has a
// fact for each of its values.
func again(last *fact.Reference, ref fact.Reference) bool {
	before := *last
	*last = ref
	return before.Fact.Key == ref.Fact.Key && before.Fact.Field == ref.Fact.Field && before.Target == ref.Target && ref.Fact.Row == 0
}

// installationsOf are the names of the installations.
func installationsOf(s fact.Set) iter.Seq[string] {
	return func(yield func(string) bool) {
		for key := range s.Kind("Installation").Objects() {
			if !yield(key.ID) {
				return
			}
		}
	}
}

// elsewhere is another installation that has what a reference names.
func elsewhere(s fact.Set, target fact.Key) (installation string, ok bool) {
	for key := range s.Kind("Installation").Objects() {
		if s.Has(fact.Key{Kind: target.Kind, ID: fact.ID(key.ID, target.Name())}) {
			return key.ID, true
		}
	}
	return "", false
}

func (p *Pass) unknownRights(declared fact.Set, kind, field string, known map[fact.Key]bool) {
	for _, f := range declared.Kind(kind).All() {
		if f.Field != field || p.lost(f.Value) || known[fact.Key{ID: f.Value}] || known[fact.Key{Kind: f.Installation(), ID: f.Value}] {
			continue
		}
		candidates := func(yield func(string) bool) {
			for right := range known {
				if (right.Kind == "" || right.Kind == f.Installation()) && !yield(right.ID) {
					return
				}
			}
		}
		p.find(Finding{Code: "E01", Case: "right", Args: []string{f.Value}, Subject: f.Key, Facts: []fact.Fact{f},
			Suggest: p.nearest(f.Value, candidates)})
	}
}

// knownRights are right keys by installation; Kind "" for those of everywhere.
func knownRights(s fact.Set) map[fact.Key]bool {
	known := make(map[fact.Key]bool)
	for _, r := range access.Known {
		known[fact.Key{ID: r.Key}] = true
	}
	for key, right := range s.Kind("Right").Objects() {
		known[fact.Key{Kind: key.Installation(), ID: right.Value("key")}] = true
	}
	return known
}

// namesOf are the names of the objects of a kind in an installation.
func namesOf(s fact.Set, kind, inst string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for key := range s.Kind(kind).Objects() {
			if key.Installation() == inst && !yield(key.Name()) {
				return
			}
		}
	}
}

// accountOfStudent (R33): students and guardians never have a Primus account, and
// nobody gives one of them a right that only an account carries. A group may: of
// it they have its Wilma rights alone.
func accountOfStudent(p *Pass) {
	for key, person := range p.peopleWho(true, func(person fact.Set) bool {
		kind := person.Value("kind")
		return (kind == "student" || kind == "guardian") && person.Field("primusAccount").Len() > 0
	}) {
		p.find(Finding{Code: "E02", Args: []string{person.Value("kind")}, Subject: key, Facts: factsOf(person, "primusAccount")})
	}
	rights := p.rights(p.Declared)
	for key, override := range p.Declared.Kind("PersonOverride").Objects() {
		kind := p.Declared.Object(fact.Key{Kind: "Person", ID: override.Value("person")}).Value("kind")
		if kind != "student" && kind != "guardian" {
			continue
		}
		for _, f := range factsOf(override, "grant") {
			if rights.primusOnly(key.Installation(), f.Value) || isPrimus(f.Value) {
				p.find(Finding{Code: "E02", Case: "right", Args: []string{kind, f.Value}, Subject: key, Facts: []fact.Fact{f}})
			}
		}
	}
}

// schools (R36, R74): an empty Koulu means every school, so nobody has one by
// accident. Guardians have their schools through their children, and users of
// IMS and CosDoc have none.
func schools(p *Pass) {
	both := func(person fact.Set) bool {
		return person.Value("primusAccount.homeSchools") != "" && person.Value("primusAccount.allSchools") != ""
	}
	for key, person := range p.peopleWho(true, func(person fact.Set) bool {
		kind := person.Value("kind")
		return kind != "guardian" && kind != "user" && person.Value("external") == "" &&
			(both(person) || (person.Value("schools") != "") == (person.Value("allSchools") != ""))
	}) {
		switch list, all := person.Value("schools") != "", person.Value("allSchools") != ""; {
		case list && all:
			p.find(Finding{Code: "E03", Case: "both", Args: []string{"schools"}, Subject: key, Facts: factsOf(person, "allSchools")})
		case !list && !all:
			p.find(Finding{Code: "E03", Case: "neither", Subject: key, Facts: []fact.Fact{person.At(0)}})
		}
		if both(person) {
			p.find(Finding{Code: "E03", Case: "both", Args: []string{"homeSchools"}, Subject: key, Facts: factsOf(person, "primusAccount.allSchools")})
		}
	}
}

// Widens lists the lists of schools of an object that did not mean every school
// and do so now: in the target that is an empty field (R74), and in a diff of
// texts a line that goes.
func Widens(have, want fact.Set) (fields []string) {
	if want.Len() == 0 {
		return nil
	}
	for _, f := range fact.Words.Kind(want.At(0).Kind).Fields {
		if f.AllOf != "" && everywhere(want, f) && !everywhere(have, f) {
			fields = append(fields, f.AllOf)
		}
	}
	return fields
}

// everywhere reports whether a list of schools of an object means every school,
// because the object says so or because the list is empty. Students, guardians
// and users have no Koulu field that could, and a stub says only what it says.
func everywhere(object fact.Set, all fact.Field) bool {
	if kind := object.Value("kind"); object.Len() == 0 || kind == "student" || kind == "guardian" || kind == "user" {
		return false
	}
	if in, _, nested := strings.Cut(all.Name, "."); nested && object.Value(in) == "" {
		return false
	}
	return object.Value(all.Name) != "" || object.Value(all.AllOf) == "" && object.Value("external") == ""
}

// accountEverywhere: a Primus account without a home school reaches every
// school, as the main user's does (R74); who means that can say so.
func accountEverywhere(p *Pass) {
	for key, person := range p.peopleWho(true, func(person fact.Set) bool {
		kind := person.Value("kind")
		return kind != "student" && kind != "guardian" && kind != "user" && // E02, D07
			person.Value("primusAccount") != "" && person.Value("primusAccount.homeSchools") == "" && person.Value("primusAccount.allSchools") == ""
	}) {
		p.find(Finding{Code: "N02", Subject: key, Facts: factsOf(person, "primusAccount")})
	}
}

func factsOf(object fact.Set, field string) (facts []fact.Fact) {
	for _, f := range object.All() {
		if f.Field == field {
			facts = append(facts, f)
		}
	}
	return facts
}

// doubledInList (R77): an ordered list names nothing twice.
func doubledInList(p *Pass) {
	for _, k := range fact.Words.Kinds {
		for _, f := range k.Fields {
			if f.Shape != fact.List {
				continue
			}
			for key, values := range p.Declared.Kind(k.Name).Only(f.Name).Objects() {
				if values.Len() > 1 {
					p.doubled(key, values)
				}
			}
		}
	}
}

func (p *Pass) doubled(key fact.Key, values fact.Set) {
	seen := make(map[string]fact.Fact, values.Len())
	for _, f := range values.All() {
		if first, twice := seen[f.Value]; twice {
			p.find(Finding{Code: "E05", Args: []string{fact.Name(f.Value)}, Subject: key, Facts: []fact.Fact{f, first}})
			continue
		}
		seen[f.Value] = f
	}
}

// templateWithoutSchool (R77): a template has a home school, its own or its
// author's first.
func templateWithoutSchool(p *Pass) {
	for key, template := range p.Goal.Kind("SurveyTemplate").Objects() {
		if template.Value("school") != "" || !p.Declared.Has(key) { // others' are theirs to mend
			continue
		}
		author := fact.Key{Kind: "Person", ID: template.Value("author")}
		if p.stage == Plan || p.Declared.Has(author) {
			p.find(Finding{Code: "E17", Args: []string{author.Name()}, Subject: key, Facts: []fact.Fact{template.At(0)}})
		}
	}
}

// templateWithoutHolders (R112): the list is never empty.
func templateWithoutHolders(p *Pass) {
	for key, template := range p.Goal.Kind("SurveyTemplate").Objects() {
		if template.Value("holders") == "" && p.Declared.Has(key) {
			p.find(Finding{Code: "E12", Subject: key, Facts: []fact.Fact{template.At(0)}})
		}
	}
}

// stillReferenced (R30): nothing goes while something that stays names it.
func stillReferenced(p *Pass) {
	var last fact.Reference
	for ref := range fact.Words.Dangling(p.Goal.Plus(p.Beyond)) {
		if again(&last, ref) {
			continue
		}
		p.find(Finding{Code: "E23", Args: []string{ref.Target.Kind, fact.Called(ref.Target.ID, p.Several), ref.Fact.Kind, fact.Called(ref.Fact.ID, p.Several)},
			Subject: ref.Target, Facts: []fact.Fact{ref.Fact}})
	}
}

// fieldOfOtherKind: students have schools and classes, guardians have children,
// and the groups of both are set at card, class and school (R27, R29). Users of
// IMS and CosDoc have groups or units, and nothing of a school.
func fieldOfOtherKind(p *Pass) {
	for key, person := range p.peopleWho(true, func(person fact.Set) bool {
		for _, field := range notFor[person.Value("kind")] {
			if person.Field(field).Len() > 0 {
				return true
			}
		}
		return false
	}) {
		kind := person.Value("kind")
		last := ""
		for _, f := range person.All() {
			if f.Field != last && slices.Contains(notFor[kind], f.Field) {
				p.find(Finding{Code: "D07", Args: []string{kind, f.Field}, Subject: key, Facts: []fact.Fact{f}})
			}
			last = f.Field
		}
	}
}

// personOfOtherKind: guardians have students for children, and groups on a card
// of one's own are for students (R27, R28).
func personOfOtherKind(p *Pass) {
	for _, field := range []struct{ kind, name string }{{"Person", "children"}, {"CardAssignment", "card"}} {
		for _, f := range p.Declared.Kind(field.kind).Only(field.name).All() {
			kind := p.Declared.Object(fact.Key{Kind: "Person", ID: f.Value}).Value("kind")
			if kind != "" && kind != "student" {
				p.find(Finding{Code: "N03", Args: []string{fact.Name(f.Value), kind}, Subject: f.Key, Facts: []fact.Fact{f}})
			}
		}
	}
}

// notFor are the fields that a kind of person does not have; a Primus account
// of a student or guardian is E02's.
var notFor = map[string][]string{
	"teacher":  {"classes", "children", "units"},
	"staff":    {"classes", "children", "units"},
	"student":  {"children", "groups", "surveyMaintainerSchools", "allSchools", "units"},
	"guardian": {"schools", "allSchools", "classes", "groups", "surveyMaintainerSchools", "units"},
	"user":     {"schools", "allSchools", "classes", "children", "surveyMaintainerSchools", "primusAccount"},
}
