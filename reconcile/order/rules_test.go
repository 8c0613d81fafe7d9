package order

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/lupa-dev/lupa/reconcile/fact"
)

// object is a fact set from "Kind id field=value field[1]=value".
func object(text string) fact.Set {
	words := strings.Fields(text)
	key := fact.Key{Kind: words[0], ID: words[1]}
	if key.Kind != "Installation" {
		key.ID = "m/" + key.ID
	}
	var b fact.Builder
	b.Add(fact.Fact{Key: key})
	for _, word := range words[2:] {
		field, value, _ := strings.Cut(word, "=")
		f := fact.Fact{Key: key, Field: field, Value: value}
		if name, row, ok := strings.Cut(field, "["); ok {
			f.Field = name
			fmt.Sscanf(row, "%d]", &f.Row)
		}
		b.Add(f)
	}
	return b.Set()
}

func state(text string) fact.Set {
	var s fact.Set
	for line := range strings.Lines(text) {
		if strings.TrimSpace(line) != "" {
			s = s.Plus(object(line))
		}
	}
	return s
}

// town is what cases have in common.
const town = `
Installation m system=inschool multiPrimus=true versions=wilma=2.17
School a wilma.enabled=true surveys.enabled=true
School b wilma.enabled=true surveys.enabled=true
`

// cases are what rules are for: from one state to another, and what must come
// before what, in words of short. Each rule that this package carries out has one
// that fails without it.
var cases = []struct {
	name, rule string
	both       string // in both states
	have, want string
	order      [][2]string // a step that holds the first comes before, or is waited for by, one that holds the second
	steps      int         // how many, where that matters
	rights     bool        // what people may do stays within before and after
}{
	{"O1 a group before its member, a member gone before the group", "O1", town,
		"UserGroup z\nPerson t kind=teacher schools[1]=m/a groups=m/z", "UserGroup y\nPerson t kind=teacher schools[1]=m/a groups=m/y",
		[][2]string{{"create UserGroup m/y", "+groups=m/y"}, {"-groups=m/z", "delete UserGroup m/z"}}, 0, true},
	{"T64 the new holder, then not the old", "O2", town + "Person t kind=teacher schools[1]=m/a\nPerson u kind=teacher schools[1]=m/a",
		"SurveyTemplate p school=m/a holders=m/t", "SurveyTemplate p school=m/a holders=m/u", [][2]string{{"+holders=m/u", "-holders=m/t"}}, 2, true},
	{"R112 no holder goes before another has come", "O3", town + "Person t kind=teacher schools[1]=m/a\nPerson u kind=teacher schools[1]=m/a",
		"SurveyTemplate p school=m/a holders=m/t", "SurveyTemplate p school=m/a holders=m/u", [][2]string{{"+holders=m/u", "-holders=m/t"}}, 0, true},
	{"T74 from a tick to a group", "O5", town + "Person t kind=teacher schools[1]=m/a groups=m/g",
		"UserGroup g\nPersonOverride o person=m/t grant=wilma.surveys.addSurvey", "UserGroup g wilma=wilma.surveys.addSurvey",
		[][2]string{{"+wilma=wilma.surveys.addSurvey", "delete PersonOverride"}}, 0, true},
	{"T69 rows", "O6", town + "School c wilma.enabled=true", "Person t kind=teacher schools[1]=m/a schools[2]=m/b schools[3]=m/c", "Person t kind=teacher schools[1]=m/b",
		[][2]string{{"+schools[1]=m/b", "-schools[3]=m/c"}, {"-schools[3]=m/c", "-schools[2]=m/b"}}, 3, true},
	{"T75 the list of a maintainer before the tick", "O7", town + "UserGroup g", "Person t kind=teacher schools[1]=m/a",
		"Person t kind=teacher schools[1]=m/a surveyMaintainerSchools=m/b\nPersonOverride o person=m/t grant=wilma.surveys.maintain",
		[][2]string{{"+surveyMaintainerSchools", "create PersonOverride"}}, 0, true},
	{"T75 before the group on the same card", "O7", town + "UserGroup g wilma=wilma.surveys.maintain", "Person t kind=teacher schools[1]=m/a",
		"Person t kind=teacher schools[1]=m/a surveyMaintainerSchools=m/b groups=m/g", [][2]string{{"+surveyMaintainerSchools", "+groups"}}, 2, true},
	{"T75 before the right of the group", "O7", town, "UserGroup g\nPerson t kind=teacher schools[1]=m/a groups=m/g",
		"UserGroup g wilma=wilma.surveys.maintain\nPerson t kind=teacher schools[1]=m/a groups=m/g surveyMaintainerSchools=m/b",
		[][2]string{{"+surveyMaintainerSchools", "+wilma=wilma.surveys.maintain"}}, 0, true},
	{"T76 the right, then the list", "O7", town, "Person t kind=teacher schools[1]=m/a surveyMaintainerSchools=m/b\nPersonOverride o person=m/t grant=wilma.surveys.maintain",
		"Person t kind=teacher schools[1]=m/a", [][2]string{{"delete PersonOverride", "-surveyMaintainerSchools"}}, 0, true},
	{"the switch on, then rights and sharing", "O8", "Installation m system=inschool versions=wilma=2.17\nPerson t kind=teacher schools[1]=m/a\nSurveyTemplate p school=m/a holders=m/t",
		"School a wilma.enabled=true", "School a wilma.enabled=true surveys.enabled=true surveys.everyone.teachers=addSurvey\nSharing p/a school=m/a copy=true",
		[][2]string{{"+surveys.enabled", "+surveys.everyone"}, {"+surveys.enabled", "create Sharing"}}, 0, true},
	{"the switch on, then who comes into a group of surveys", "O8", "Installation m system=inschool versions=wilma=2.17\nUserGroup g wilma=wilma.surveys.maintain",
		"School a wilma.enabled=true\nPerson t kind=teacher schools[1]=m/a", "School a wilma.enabled=true surveys.enabled=true\nPerson t kind=teacher schools[1]=m/a groups=m/g",
		[][2]string{{"+surveys.enabled", "+groups=m/g"}}, 0, true},
	{"rights and sharing away, then the switch", "O8", "Installation m system=inschool versions=wilma=2.17\nPerson t kind=teacher schools[1]=m/a\nSurveyTemplate p school=m/a holders=m/t",
		"School a wilma.enabled=true surveys.enabled=true surveys.everyone.teachers=addSurvey\nSharing p/a school=m/a copy=true", "School a wilma.enabled=true",
		[][2]string{{"-surveys.everyone", "-surveys.enabled"}, {"delete Sharing", "-surveys.enabled"}}, 0, true},
	{"shared, then taken from its holder", "O9", town + "Person t kind=teacher schools[1]=m/a\nPerson u kind=teacher schools[1]=m/a",
		"SurveyTemplate p school=m/a holders=m/t holders=m/u", "SurveyTemplate p school=m/a holders=m/t\nSharing p/a school=m/a copy=true",
		[][2]string{{"create Sharing", "-holders=m/u"}}, 0, true},
	{"a new maintainer before the last goes", "O10", town + "Person t kind=teacher schools[1]=m/a\nPerson u kind=teacher schools[1]=m/a\nSurveyTemplate p school=m/a holders=m/t\nSharing p/a school=m/a copy=true",
		"PersonOverride o person=m/t grant=wilma.surveys.maintain", "PersonOverride n person=m/u grant=wilma.surveys.maintain",
		[][2]string{{"create PersonOverride m/n", "delete PersonOverride m/o"}}, 0, true},
	{"ticks before 2.16, the old tick after", "O11", "School a wilma.enabled=true surveys.enabled=true\nPerson t kind=teacher schools[1]=m/a",
		"Installation m system=inschool versions=wilma=2.15\nPersonOverride o person=m/t grant=wilma.surveys.legacyUse",
		"Installation m system=inschool versions=wilma=2.16\nPersonOverride n person=m/t grant=wilma.surveys.addSurvey grant=wilma.surveys.createTemplate",
		[][2]string{{"create PersonOverride m/n", "+versions"}, {"+versions", "delete PersonOverride m/o"}}, 0, true},
	{"2.17 before rights of groups", "O11", "School a wilma.enabled=true surveys.enabled=true",
		"Installation m system=inschool versions=wilma=2.16\nUserGroup g", "Installation m system=inschool versions=wilma=2.17\nUserGroup g wilma=wilma.surveys.addSurvey",
		[][2]string{{"+versions", "+wilma=wilma.surveys.addSurvey"}}, 0, true},
	{"the substitute has it before who is away loses it", "O12", town + "UserGroup g wilma=wilma.x\nPerson u kind=teacher schools[1]=m/a",
		"Person t kind=teacher schools[1]=m/a groups=m/g", "Person t kind=teacher schools[1]=m/a\nSubstitution s absent=m/t substitute=m/u duties.groups=m/g",
		[][2]string{{"create Substitution", "-groups"}}, 0, true},
	{"what a group loses before who comes into it", "O13", town, "UserGroup g wilma=wilma.x\nPerson t kind=teacher schools[1]=m/a",
		"UserGroup g wilma=wilma.y\nPerson t kind=teacher schools[1]=m/a groups=m/g", [][2]string{{"-wilma=wilma.x", "+groups"}}, 0, true},
	{"who leaves a group before what it gets", "O13", town, "UserGroup g\nPerson t kind=teacher schools[1]=m/a groups=m/g",
		"UserGroup g wilma=wilma.y\nPerson t kind=teacher schools[1]=m/a", [][2]string{{"-groups", "+wilma=wilma.y"}}, 0, true},
	{"recursive after above and before below", "O14", "Installation m system=ims\nUserGroup g", "",
		"ImsGrant a section=processes path=/x/y/z grants=m/g=viewer\nImsGrant b section=processes path=/x/y recursive=true grants=m/g=viewer\nImsGrant c section=processes path=/x grants=m/g=viewer",
		[][2]string{{"create ImsGrant m/c", "create ImsGrant m/b"}, {"create ImsGrant m/b", "create ImsGrant m/a"}}, 0, true},
}

// short is what a step does, in the words of cases.
func short(st Step) string {
	words := []string{string(st.Action), st.Key.Kind, st.Key.ID}
	if st.Action != Update {
		return strings.Join(words, " ")
	}
	for sign, s := range map[string]fact.Set{"-": st.Del, "+": st.Add} {
		for _, f := range s.All() {
			row := ""
			if f.Row > 0 {
				row = fmt.Sprintf("[%d]", f.Row)
			}
			words = append(words, sign+f.Field+row+"="+f.Value)
		}
	}
	slices.Sort(words)
	return strings.Join(words, " ")
}

// wrong is what is wrong with the way of a case under some rules.
func wrong(rules []Rule, i int) (found []string) {
	c := cases[i]
	have, want := state(c.both+"\n"+c.have), state(c.both+"\n"+c.want)
	done := steps(rules, nil, have, want)
	at := func(what string) int {
		return slices.IndexFunc(done, func(st Step) bool { return strings.Contains(short(st), what) })
	}
	for _, pair := range c.order {
		first, then := at(pair[0]), at(pair[1])
		if first < 0 || then < 0 || first > then || first < then && !waits(done, then, first) {
			found = append(found, fmt.Sprintf("%q is step %d and %q step %d, which waits for %v", pair[0], first, pair[1], then, after(done, then)))
		}
	}
	if c.steps > 0 && len(done) != c.steps {
		found = append(found, fmt.Sprintf("%d steps, want %d", len(done), c.steps))
	}
	for _, b := range breaches(have, want, done, c.rights) {
		found = append(found, b.String())
	}
	return found
}

func after(steps []Step, i int) []int {
	if i < 0 {
		return nil
	}
	return steps[i].After
}

// waits reports whether a step waits for another, itself or through others.
func waits(steps []Step, then, first int) bool {
	return slices.ContainsFunc(steps[then].After, func(i int) bool { return i == first || waits(steps, i, first) })
}

func TestCases(t *testing.T) {
	for i, c := range cases {
		for _, w := range wrong(Rules, i) {
			t.Errorf("%s: %s", c.name, w)
		}
	}
}

// TestEveryRuleIsNeeded: a rule that this package carries out has a case that fails
// without it, and the table is that of the domain, in order.
func TestEveryRuleIsNeeded(t *testing.T) {
	for i, r := range Rules {
		if want := fmt.Sprintf("O%d", i+1); r.Code != want || r.Doc == "" {
			t.Errorf("rule %d is %s, want %s with a doc", i, r.Code, want)
		}
		ours := r.cut != nil || r.wait != nil || r.phased
		if !ours && r.By == "" {
			t.Errorf("%s is carried out by nobody", r.Code)
		}
		if (r.wait != nil) != slices.Contains(Precedence, r.Code) {
			t.Errorf("%s says which steps wait and has no place in Precedence, or the other way round", r.Code)
		}
		if !ours {
			continue
		}
		without := slices.Delete(slices.Clone(Rules), i, i+1)
		if !slices.ContainsFunc(casesOf(r.Code), func(c int) bool { return len(wrong(without, c)) > 0 }) {
			t.Errorf("no case fails without %s", r.Code)
		}
	}
}

func casesOf(code string) (own []int) {
	for i, c := range cases {
		if c.rule == code {
			own = append(own, i)
		}
	}
	return own
}

// TestSkipped: a step that fails stops those that wait for it, and what has
// nothing to do with it goes on: a person who left loses the rights all the same (O13).
func TestSkipped(t *testing.T) {
	have := state(town + "UserGroup g wilma=wilma.x\nPerson t kind=teacher schools[1]=m/a groups=m/g\nPersonOverride o person=m/t grant=wilma.y")
	want := state(town + "UserGroup g wilma=wilma.x\nUserGroup n\nPerson u kind=teacher schools[1]=m/a groups=m/n\nPersonOverride q person=m/u grant=wilma.y")
	steps := Steps(nil, have, want)
	at := func(what string) int {
		return slices.IndexFunc(steps, func(st Step) bool { return short(st) == what })
	}
	skipped := Skipped(steps, at("create UserGroup m/n"))
	if want := []int{at("create Person m/u"), at("create PersonOverride m/q")}; !slices.Equal(skipped, want) {
		t.Errorf("%v are skipped, want %v of\n%s", skipped, want, tell(have, steps))
	}
	for _, gone := range []string{"delete Person m/t", "delete PersonOverride m/o"} {
		if i := at(gone); i < 0 || slices.Contains(skipped, i) {
			t.Errorf("%s is step %d and is skipped", gone, i)
		}
	}
	if got := Skipped(steps); got != nil {
		t.Errorf("nothing failed, and %v are skipped", got)
	}
}
