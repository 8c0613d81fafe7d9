package access_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/lupa-dev/lupa/reconcile/access"
	"github.com/lupa-dev/lupa/reconcile/fact"
)

// cases are the numbered examples of what facts entitle to. What is given is
// written an object a line, its kind and name and then its fields: @x is the id
// of x, a field without a value is "true". What is expected is written so:
//
//	t wilma.x at a b        t may do wilma.x at a and b, and nowhere else
//	t has wilma.x wilma.y   these are all rights of t
//	h/k has nothing         so of the guardian h in the matter of the child k
//	t may copy p in a       t may not edit p
//	t has full control      t has no full control
//	t may remove h from p   t may not remove h from p
//	t wilma.x by UserGroup PersonOverride     these are among the reasons
//
// a, b and c are schools with surveys, and Wilma is 2.17, where a case does not
// say otherwise.
var cases = []struct {
	number, name  string
	given, expect string
}{
	{"T01", "rights of two groups are summed (R34)", `
		UserGroup arvi wilma=wilma.register.arviointi.open
		UserGroup oppi wilma=wilma.register.opiskelijat.open
		Person t kind=teacher schools=@a groups=@arvi,@oppi`, `
		t has wilma.register.arviointi.open wilma.register.opiskelijat.open`},
	{"T02", "groups add no schools (R35)", `
		UserGroup g wilma=wilma.students.view
		UserGroup h wilma=wilma.students.view
		Person t kind=teacher schools=@a groups=@g,@h`, `
		t wilma.students.view at a`},
	{"T03", "two schools (R36)", `
		UserGroup g wilma=wilma.students.view
		Person t kind=teacher schools=@a,@b groups=@g`, `
		t wilma.students.view at a b`},
	{"T04", "the card comes before the class (R27, R28)", pupils + `
		SchoolClass 7a school=@a studentGroups=@opp1
		CardAssignment c card=@k studentGroups=@opp2
		Person k kind=student schools=@a classes=@7a`, `
		k has wilma.opp2`},
	{"T05", "the class comes before the school (P7)", pupils + `
		School a wilma.enabled studentGroups=@opp2,@opp3
		SchoolClass 7a school=@a studentGroups=@opp1
		Person k kind=student schools=@a classes=@7a`, `
		k has wilma.opp1`},
	{"T06", "a class without group leaves the school's (R27, P7)", pupils + `
		School a wilma.enabled studentGroups=@opp2,@opp3
		SchoolClass 7b school=@a
		Person k kind=student schools=@a classes=@7b`, `
		k has wilma.opp2 wilma.opp3`},
	{"T07", "no group at any level (R15)", pupils + `
		SchoolClass 7a school=@a
		Person k kind=student schools=@a classes=@7a`, `
		k has nothing`},
	{"T08", "the student field is not the guardian's (R29)", pupils + `
		SchoolClass 7a school=@a guardianGroups=@huo
		CardAssignment c card=@k studentGroups=@opp2
		Person k kind=student schools=@a classes=@7a
		Person h kind=guardian children=@k`, `
		h/k has wilma.huo
		h/k wilma.huo at a`},
	{"T09", "a guardian by the school (R29)", pupils + `
		School a wilma.enabled guardianGroups=@huo2
		SchoolClass 7a school=@a studentGroups=@opp1
		Person k kind=student schools=@a classes=@7a
		Person h kind=guardian children=@k`, `
		h/k has wilma.huo2`},
	{"T10", "a guardian by the card (R29, P11)", pupils + `
		SchoolClass 7a school=@a guardianGroups=@huo
		CardAssignment c card=@k guardianGroups=@huo2
		Person k kind=student schools=@a classes=@7a
		Person h kind=guardian children=@k`, `
		h/k has wilma.huo2
		h has nothing`},
	{"T11", "Primus rights hold in Wilma where Wilma has them (R31, R32)", `
		Right cat/primus.print.cert key=primus.print.cert sensitivity=normal
		Right cat/primus.db.repair key=primus.db.repair primusOnly sensitivity=normal
		UserGroup g primus=primus.print.cert,primus.db.repair
		Person s kind=staff schools=@a primusAccount primusAccount.groups=@g primusAccount.homeSchools=@a`, `
		s has primus.db.repair primus.print.cert wilma.print.cert`},
	{"T12", "Wilma rights do not hold in Primus (R31)", `
		UserGroup g wilma=wilma.students.view
		Person s kind=staff schools=@a groups=@g primusAccount primusAccount.homeSchools=@a`, `
		s has wilma.students.view`},
	// R33: that they have an account is E02 of policy; here it gives nothing.
	{"T13", "a student with a Primus account", `
		UserGroup g primus=primus.students.view wilma=wilma.students.view
		Person k kind=student schools=@a primusAccount primusAccount.groups=@g`, `
		k has nothing`},
	{"T14", "a guardian with an account without groups", `
		Person k kind=student schools=@a
		Person h kind=guardian children=@k primusAccount`, `
		h/k has nothing
		h has nothing`},
	{"T15", "a tick supplements a group (R24)", `
		UserGroup g wilma=wilma.students.view
		Person t kind=teacher schools=@a groups=@g
		PersonOverride o person=@t grant=wilma.students.seeAll`, `
		t has wilma.students.seeAll wilma.students.view`},
	{"T16", "a personal revoke (R14)", `
		UserGroup g wilma=wilma.students.view
		Person t kind=teacher schools=@a groups=@g
		PersonOverride o person=@t revoke=wilma.students.view`, `
		t has nothing`},
	{"T17", "the function is off in a school (R71, R85)", `
		School a wilma.enabled
		Person t kind=teacher schools=@a,@b
		PersonOverride o person=@t grant=wilma.surveys.addSurvey`, `
		t wilma.surveys.addSurvey at b`},
	{"T18", "before 2.16 one tick gives both (R70)", `
		Installation m system=inschool multiPrimus versions=wilma=2.9
		Person t kind=teacher schools=@a
		PersonOverride o person=@t grant=wilma.surveys.legacyUse`, `
		t wilma.surveys.createTemplate at a
		t wilma.surveys.addSurvey at a`},
	{"T19", "the renamed field gives templates only (R70, R82)", `
		Installation m system=inschool multiPrimus versions=wilma=2.16
		Person t kind=teacher schools=@a
		PersonOverride o person=@t grant=wilma.surveys.createTemplate`, `
		t wilma.surveys.createTemplate at a
		t wilma.surveys.addSurvey at`},
	{"T20", "no maintainers before 2.16 (R67)", `
		Installation m system=inschool multiPrimus versions=wilma=2.15
		Person t kind=teacher schools=@a
		PersonOverride o person=@t grant=wilma.surveys.maintain`, `
		t wilma.surveys.maintain at`},
	{"T21", "no survey rights of groups before 2.17 (R87)", `
		Installation m system=inschool multiPrimus versions=wilma=2.16` + adding, `
		t wilma.surveys.addSurvey at`},
	{"T22", "survey rights of groups from 2.17 (R87, R91)", adding, `
		t wilma.surveys.addSurvey at a`},
	{"T23", "2.20 is newer than 2.17", `
		Installation m system=inschool multiPrimus versions=wilma=2.20` + adding, `
		t wilma.surveys.addSurvey at a`},
	{"T24", "a maintainer in the own school (R73, R76)", maintainerOf("t", "@a"), `
		t wilma.surveys.maintain at a`},
	{"T25", "which is no full control (R74)", maintainerOf("t", "@a"), `
		t has no full control`},
	{"T26", "a maintainer of all schools (R74)", `
		Person t kind=teacher allSchools
		PersonOverride o person=@t grant=wilma.surveys.maintain`, `
		t wilma.surveys.maintain at a b c
		t has full control`},
	{"T27", "a maintainer of every school by name", maintainerOf("t", "@a,@b,@c"), `
		t has full control`},
	{"T28", "schools that do not use the function do not count", `
		School c wilma.enabled` + maintainerOf("t", "@a,@b"), `
		t has full control`},
	{"T29", "until they do", maintainerOf("t", "@a,@b"), `
		t has no full control`},
	{"T30", "the maintainer's list narrows (R78)", `
		Person t kind=teacher schools=@a,@b surveyMaintainerSchools=@b
		PersonOverride o person=@t grant=wilma.surveys.maintain`, `
		t wilma.surveys.maintain at b`},
	{"T31", "the maintainer's list reaches beyond Koulu (R78)", listed, `
		t wilma.surveys.maintain at b c`},
	{"T32", "and leaves other rights where they are (R79)", listed + `
		PersonOverride p person=@t grant=wilma.surveys.addSurvey`, `
		t wilma.surveys.addSurvey at a`},
	{"T33", "the list is no right", `
		Person t kind=teacher schools=@a surveyMaintainerSchools=@b`, `
		t wilma.surveys.maintain at`},
	{"T34", "the list holds for a group's right too (R88)", `
		UserGroup g wilma=wilma.surveys.maintain
		Person t kind=teacher schools=@a surveyMaintainerSchools=@b groups=@g`, `
		t wilma.surveys.maintain at b`},
	{"T35", "all schools by a group beats the list (R89)", `
		UserGroup g wilma=wilma.surveys.maintainAllSchools
		Person t kind=teacher schools=@a surveyMaintainerSchools=@b groups=@g`, `
		t has full control
		t wilma.surveys.maintain at a b c`},
	{"T36", "a scope is no right", `
		Person t kind=teacher allSchools`, `
		t wilma.surveys.maintain at
		t has nothing`},
	{"T37", "all teachers of a school (R83)", `
		School a wilma.enabled surveys.enabled surveys.everyone.teachers=createTemplate
		Person t kind=teacher schools=@a,@b`, `
		t wilma.surveys.createTemplate at a`},
	{"T38", "are not its staff", `
		School a wilma.enabled surveys.enabled surveys.everyone.teachers=createTemplate
		Person s kind=staff schools=@a,@b`, `
		s wilma.surveys.createTemplate at`},
	{"T39", "all staff of a school (R86)", `
		School a wilma.enabled surveys.enabled surveys.everyone.staff=addSurvey
		Person s kind=staff schools=@a,@b`, `
		s wilma.surveys.addSurvey at a`},
	{"T40", "a group is stronger than a revoke (R93)", adding + `
		PersonOverride o person=@t revoke=wilma.surveys.addSurvey`, `
		t wilma.surveys.addSurvey at a`},
	{"T41", "a tick is not", `
		Person t kind=teacher schools=@a
		PersonOverride o person=@t grant=wilma.surveys.addSurvey revoke=wilma.surveys.addSurvey`, `
		t wilma.surveys.addSurvey at`},
	{"T42", "both are reasons", adding + `
		PersonOverride o person=@t grant=wilma.surveys.addSurvey`, `
		t wilma.surveys.addSurvey at a
		t wilma.surveys.addSurvey by UserGroup PersonOverride`},
	{"T43", "public surveys do not include others (R92)", `
		UserGroup g wilma=wilma.surveys.addPublicSurvey
		Person t kind=teacher schools=@a groups=@g`, `
		t wilma.surveys.addPublicSurvey at a
		t wilma.surveys.addSurvey at`},
	{"T44", "public surveys cannot be ticked (R92)", `
		Person t kind=teacher schools=@a
		PersonOverride o person=@t grant=wilma.surveys.addPublicSurvey`, `
		t wilma.surveys.addPublicSurvey at`},
	{"T45", "a student in a group with survey rights", `
		UserGroup g wilma=wilma.surveys.maintain,wilma.surveys.maintainAllSchools,wilma.surveys.createTemplate,wilma.surveys.addSurvey,wilma.surveys.addPublicSurvey,wilma.surveys.legacyUse
		CardAssignment c card=@k studentGroups=@g
		Person k kind=student schools=@a`, `
		k has nothing
		k has no full control`},
	// That a template begins so, TestTemplateBegins shows.
	{"T46", "a template of an author of b and a (R77, R105)", `
		Person t kind=teacher schools=@b,@a
		SurveyTemplate p author=@t school=@b holders=@t` + maintainerOf("ub", "@b") + maintainerOf("ua", "@a"), `
		t may edit p
		ub may edit p
		ua may not edit p`},
	// E17 is shown by reconcile/config, E17-a-template-without-school.txtar.
	{"T47", "a template without school", `
		Person t kind=teacher allSchools
		SurveyTemplate p author=@t holders=@t`, `
		t may not edit p
		t may not handOut p`},
	{"T48", "who edits (R97, R104, R105)", template + `
		Person x kind=teacher schools=@b`, `
		t may edit p
		ub may edit p
		ua may not edit p
		x may not edit p`},
	{"T49", "what sharing gives (R97, R100)", sharing + `
		Person x kind=teacher schools=@b
		PersonOverride ox person=@x grant=wilma.surveys.addSurvey`, `
		x may addOrdinary p in b
		x may not edit p`},
	{"T50", "only to those who add surveys at all (R100)", sharing + `
		Person x kind=teacher schools=@b`, `
		x may not addOrdinary p in b`},
	{"T51", "adding is not copying (R99)", sharing + `
		Person x kind=teacher schools=@b
		PersonOverride ox person=@x grant=wilma.surveys.addSurvey`, `
		x may not copy p in b`},
	{"T52", "those who make templates copy (R99)", sharing + `
		Person x kind=teacher schools=@b
		PersonOverride ox person=@x grant=wilma.surveys.createTemplate`, `
		x may copy p in b`},
	{"T53", "without the box no group-bound surveys (R69, R101)", sharing + `
		Person x kind=teacher schools=@b
		PersonOverride ox person=@x grant=wilma.surveys.addSurvey`, `
		x may not addGroupBound p in b`},
	{"T54", "sharing in b is for b", sharing + `
		Person x kind=teacher schools=@a
		PersonOverride ox person=@x grant=wilma.surveys.addSurvey`, `
		x may not addOrdinary p in a
		x may not addOrdinary p in b`},
	{"T55", "an own template need not be shared", template + `
		PersonOverride ot person=@t grant=wilma.surveys.addSurvey`, `
		t may addGroupBound p in b`},
	{"T56", "who changes sharing (R96, R103)", sharing, `
		ub may changeSharing p in b
		ub may not changeSharing p in a
		t may not changeSharing p in b`},
	{"T57", "a maintainer of all schools changes all sharing (R103)", template + `
		Person u kind=staff allSchools
		PersonOverride ou person=@u grant=wilma.surveys.maintain`, `
		u may changeSharing p in a
		u may changeSharing p in b
		u may changeSharing p in c`},
	{"T58", "who hands out access (R106)", template, `
		t may handOut p
		ub may handOut p
		h may not handOut p
		ua may not handOut p`},
	{"T59", "who removes whom (R111)", template, `
		t may not remove t from p
		t may remove h from p
		ub may remove t from p`},
	{"T60", "the last holder stays (R112)", template + `
		SurveyTemplate p author=@t school=@b holders=@t`, `
		ub may not remove t from p`},
	{"T61", "who transfers (R109)", template, `
		ub may transfer p
		t may not transfer p`},
	{"T62", "after a transfer (R109)", template + `
		Person new kind=teacher schools=@a
		SurveyTemplate p author=@t school=@b holders=@new`, `
		t may not edit p
		t may not handOut p
		new may edit p
		new may not handOut p
		ub may edit p
		ua may not edit p`},
	{"T63", "the function is switched off (R71)", template + `
		School b wilma.enabled`, `
		t may not edit p
		t may not handOut p`},
	// The order of versions shows in what each opens: a group's right from 2.17, a
	// tick from 2.16.
	{"T73", "2.9 is older than 2.16", versioned("2.9"), `
		t has nothing`},
	{"T73", "2.16 is older than 2.17", versioned("2.16"), `
		t has wilma.surveys.createTemplate`},
	{"T73", "2.17", versioned("2.17"), `
		t has wilma.surveys.addSurvey wilma.surveys.createTemplate`},
	{"T73", "2.20 is newer than 2.17", versioned("2.20"), `
		t has wilma.surveys.addSurvey wilma.surveys.createTemplate`},
	// On which days it is in force, TestSubstitutionByDay shows.
	{"T99", "a substitution that is in force (R42, R43)", substitution + `
		Substitution s absent=@r substitute=@t duties.groups=@rehtorit duties.overrides=wilma.surveys.maintain from=2026-06-22 to=2026-08-10 leadDays=3`, `
		t wilma.office at a
		t wilma.surveys.maintain at a
		r wilma.office at b`},
	{"T99", "a substitution that is not", substitution, `
		t has nothing`},
	// What no numbered case shows.
	{"R18", "Kurre comes with a Primus account (R18)", `
		UserGroup g primus=kurre.full
		UserGroup h wilma=kurre.full
		Person s kind=staff schools=@a primusAccount primusAccount.groups=@g primusAccount.homeSchools=@a
		Person t kind=staff schools=@a groups=@g,@h primusAccount primusAccount.groups=@h
		PersonOverride o person=@u grant=kurre.full
		Person u kind=staff schools=@a`, `
		s has kurre.full
		t has nothing
		u has nothing`},
	{"R38", "the functions are the same in all schools of an account (R38)", `
		UserGroup g primus=primus.students.view levels=basic
		School b wilma.enabled level=upperSecondary
		Person s kind=staff schools=@a primusAccount primusAccount.groups=@g primusAccount.homeSchools=@a,@b`, `
		s primus.students.view at a b
		s wilma.students.view at a`},
	{"R90", "a group for templates (R90)", `
		UserGroup g wilma=wilma.surveys.createTemplate
		Person t kind=staff schools=@a groups=@g`, `
		t has wilma.surveys.createTemplate`},
	{"R47", "a profile on own units (R47, R48)", `
		Installation m system=cosdoc` + units + `
		CosDocRole r permissions=identity.edit scope=ownUnits
		CosDocAssignment x profile=@p person=@u units=@care`, `
		u identity.edit at unit/care`},
	{"R52", "a role at level 0 (R52)", `
		Installation m system=cosdoc` + units + `
		CosDocRole r permissions=emessage.read scope=root
		CosDocAssignment x profile=@p person=@u units=@ward`, `
		u emessage.read at unit/top`},
	{"R47", "units and what is below them", `
		Installation m system=cosdoc` + units + `
		CosDocRole r permissions=password.reset scope.units=@care scope.includeSubunits
		CosDocAssignment x profile=@p person=@u units=@top`, `
		u password.reset at unit/care unit/ward`},
	{"R59", "the nearest path that has grants of its own (R59)", `
		Installation m system=ims
		UserGroup g
		UserGroup h
		Person u kind=user groups=@g
		ImsGrant i section=processes grants=@g=viewer,@g=reviewer
		ImsGrant j section=processes path=/Opetus grants=@h=editor
		ImsGrant k section=processes path=/Opetus/Lukio grants=@g=editor,@h=viewer`, `
		u viewer at ims/processes
		u editor at ims/processes/Opetus/Lukio
		u reviewer at`},
}

const (
	pupils = `
		UserGroup opp1 wilma=wilma.opp1
		UserGroup opp2 wilma=wilma.opp2
		UserGroup opp3 wilma=wilma.opp3
		UserGroup huo wilma=wilma.huo
		UserGroup huo2 wilma=wilma.huo2`
	adding = `
		UserGroup g wilma=wilma.surveys.addSurvey
		Person t kind=teacher schools=@a groups=@g`
	listed = `
		Person t kind=teacher schools=@a surveyMaintainerSchools=@b,@c
		PersonOverride o person=@t grant=wilma.surveys.maintain`
	units = `
		Unit top
		Unit care parent=@top
		Unit ward parent=@care
		CosDocProfile p roles=@r
		Person u kind=user units=@ward`
	substitution = `
		UserGroup rehtorit wilma=wilma.office
		Person t kind=teacher schools=@a
		Person r kind=teacher schools=@b groups=@rehtorit`
)

// template is one of the author t in b, with another holder and two maintainers.
var template = `
		Person t kind=teacher schools=@b
		Person h kind=teacher schools=@b
		SurveyTemplate p author=@t school=@b holders=@t,@h` + maintainerOf("ub", "@b") + maintainerOf("ua", "@a")

var sharing = template + `
		Sharing p/b school=@b copy ordinary`

func maintainerOf(name, schools string) string {
	return fmt.Sprintf(`
		Person %s kind=teacher schools=%s
		PersonOverride o%[1]s person=@%[1]s grant=wilma.surveys.maintain`, name, schools)
}

func versioned(version string) string {
	return fmt.Sprintf(`
		Installation m system=inschool multiPrimus versions=wilma=%s
		UserGroup g wilma=wilma.surveys.addSurvey
		Person t kind=teacher schools=@a groups=@g
		PersonOverride o person=@t grant=wilma.surveys.createTemplate`, version)
}

const usual = `
		Installation m system=inschool multiPrimus versions=wilma=2.17
		School a wilma.enabled surveys.enabled
		School b wilma.enabled surveys.enabled
		School c wilma.enabled surveys.enabled`

// factsOf reads what is given. An object that is given twice is as the last says.
func factsOf(given string) fact.Set {
	objects := make(map[fact.Key][]fact.Fact)
	for line := range strings.Lines(usual + given) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		key := fact.Key{Kind: words[0], ID: "m/" + words[1]}
		if words[0] == "Installation" {
			key.ID = words[1]
		}
		facts := []fact.Fact{{Key: key}}
		for _, word := range words[2:] {
			field, list, valued := strings.Cut(word, "=")
			if !valued {
				list = "true"
			}
			for i, value := range strings.Split(list, ",") {
				f := fact.Fact{Key: key, Field: field, Value: strings.ReplaceAll(value, "@", "m/")}
				if field == "schools" {
					f.Row = i + 1
				}
				facts = append(facts, f)
			}
		}
		objects[key] = facts
	}
	var b fact.Builder
	for _, facts := range objects {
		for _, f := range facts {
			b.Add(f)
		}
	}
	return b.Set()
}

func TestCases(t *testing.T) {
	for _, c := range cases {
		t.Run(c.number+" "+c.name, func(t *testing.T) {
			w := newWorld(factsOf(c.given))
			expected := 0
			for line := range strings.Lines(c.expect) {
				if line = strings.TrimSpace(line); line == "" {
					continue
				}
				expected++
				w.expect(t, "by the rules", w.rules, line)
				w.expect(t, "by the table", access.Load(w.facts), line)
			}
			if expected == 0 {
				t.Error("nothing is expected")
			}
			if text := w.difference(); text != "" {
				t.Error(text)
			}
		})
	}
}

// expect reads one line of what is expected, and asks.
func (w *world) expect(t *testing.T, by string, a answers, line string) {
	t.Helper()
	words := strings.Fields(line)
	person, child, guardian := strings.Cut(words[0], "/")
	q := question{Question: access.Question{Who: access.Who{Person: "m/" + person}}}
	if _, ok := w.rules.find("Person", q.Person); !ok {
		t.Fatalf("nobody is %s", q.Person)
	}
	if guardian {
		q.Child = "m/" + child
	}
	switch verb := words[1]; {
	case verb == "has" && words[len(words)-1] == "control":
		q.action = fullControl
		w.expectAnswer(t, by, a, q, words[2] != "no", line)
	case verb == "has":
		want := slices.DeleteFunc(words[2:], func(word string) bool { return word == "nothing" })
		got := w.rightsOf(a, q)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %s has %q, want %q", by, words[0], got, want)
		}
	case verb == "may":
		want := words[2] != "not"
		if !want {
			words = slices.Delete(words, 2, 3)
		}
		q.action, q.template = access.Action(words[2]), "m/"+words[3]
		if len(words) > 5 {
			q.school = "m/" + words[5]
		}
		if q.action == removeHolder {
			q.template, q.school = q.school, q.template
		}
		w.expectAnswer(t, by, a, q, want, line)
	case words[2] == "at":
		q.Right = verb
		got := w.placesOf(a, q)
		if !slices.Equal(got, words[3:]) {
			t.Errorf("%s: %s may do %s at %q, want %q", by, words[0], verb, got, words[3:])
		}
	case words[2] == "by":
		q.Right = verb
		expectReasons(t, a, q, words[3:])
	default:
		t.Fatalf("what is %q?", line)
	}
}

func (w *world) expectAnswer(t *testing.T, by string, a answers, q question, want bool, line string) {
	t.Helper()
	if got := q.ask(a); got != want {
		t.Errorf("%s: %s? got %v, want %v", by, line, got, want)
	}
}

func (w *world) rightsOf(a answers, q question) []string {
	rights := []string{}
	for _, q.Right = range slices.Concat(w.rights, w.unheard) {
		if q.ask(a) {
			rights = append(rights, q.Right)
		}
	}
	slices.Sort(rights)
	return rights
}

func (w *world) placesOf(a answers, q question) []string {
	places := []string{}
	for _, q.Place = range w.places {
		if q.ask(a) {
			places = append(places, fact.Name(q.Place))
		}
	}
	return places
}

// expectReasons: facts of each of these kinds are among those that speak for it.
func expectReasons(t *testing.T, a answers, q question, kinds []string) {
	t.Helper()
	table, ok := a.(*access.Table)
	if !ok {
		return // the rules give no reasons
	}
	var got []string
	reasons := table.Why(q.Question).For
	for _, r := range reasons {
		for _, f := range r.Facts {
			got = append(got, f.Kind)
		}
	}
	for _, kind := range kinds {
		if !slices.Contains(got, kind) {
			t.Errorf("%v: no %s among the reasons %v", q, kind, reasons)
		}
	}
	if len(reasons) < len(kinds) {
		t.Errorf("%v: %d reasons, want %d: %v", q, len(reasons), len(kinds), reasons)
	}
}

// TestEveryCaseIsThere: T01 to T63, T73 and T99 of the list of cases are what
// access answers for.
func TestEveryCaseIsThere(t *testing.T) {
	want := []string{"T73", "T99"}
	for i := range 63 {
		want = append(want, fmt.Sprintf("T%02d", i+1))
	}
	var got []string
	for _, c := range cases {
		if c.number[0] == 'T' {
			got = append(got, c.number)
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if got = slices.Compact(got); !slices.Equal(got, want) {
		t.Errorf("got cases %q, want %q", got, want)
	}
}
