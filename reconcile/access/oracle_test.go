package access_test

import (
	"slices"
	"strconv"
	"strings"

	"github.com/lupa-dev/lupa/reconcile/access"
	"github.com/lupa-dev/lupa/reconcile/fact"
)

// oracle answers by the rules as they are written, one small function a rule,
// from the objects as they are written. It is slow and remembers nothing. What
// the package is worth is that its Table answers the same.
//
// A mistake is the name of a rule that is read wrongly on purpose (mistakes_test.go).
type oracle struct {
	objects map[string][]object // by kind
	mistake string
}

// object is an object with the values of its fields, rows in order.
type object struct {
	id     string
	fields []field
}

type field struct {
	name   string
	values []string
}

func newOracle(facts fact.Set) *oracle {
	o := &oracle{objects: make(map[string][]object)}
	for key, set := range facts.Objects() {
		obj := object{id: key.ID}
		for _, f := range set.All() {
			if n := len(obj.fields); n == 0 || obj.fields[n-1].name != f.Field {
				obj.fields = append(obj.fields, field{name: f.Field})
			}
			of := &obj.fields[len(obj.fields)-1]
			of.values = append(of.values, f.Value)
		}
		o.objects[key.Kind] = append(o.objects[key.Kind], obj)
	}
	return o
}

func (o *oracle) slip(mistake string) bool { return mistake == o.mistake }

// find is the object of an id, and whether there is one.
func (o *oracle) find(kind, id string) (object, bool) {
	for _, obj := range o.objects[kind] {
		if obj.id == id {
			return obj, true
		}
	}
	return object{}, false
}

// found are those of the named objects that are there.
func (o *oracle) found(kind string, ids []string) []object {
	var there []object
	for _, id := range ids {
		if obj, ok := o.find(kind, id); ok {
			there = append(there, obj)
		}
	}
	return there
}

// any reports whether some object of a kind is so.
func (o *oracle) any(kind string, is func(object) bool) bool {
	return slices.ContainsFunc(o.objects[kind], is)
}

// all are the values of a field.
func (obj object) all(name string) []string {
	for _, f := range obj.fields {
		if f.name == name {
			return f.values
		}
	}
	return nil
}

func (obj object) value(field string) string {
	if v := obj.all(field); len(v) > 0 {
		return v[0]
	}
	return ""
}

func (obj object) on(field string) bool           { return obj.value(field) == "true" }
func (obj object) has(field, value string) bool   { return slices.Contains(obj.all(field), value) }
func (obj object) filled(field string) bool       { return len(obj.all(field)) > 0 }
func (obj object) is(field string, v string) bool { return obj.value(field) == v }

func installationOf(id string) string { return fact.Key{ID: id}.Installation() }

func (obj object) installation() string { return installationOf(obj.id) }

// Allowed answers a question; without a place it is yes when any place is.
func (o *oracle) Allowed(q access.Question) bool {
	if q.Place != "" {
		return o.allowedAt(q.Who, q.Right, q.Place)
	}
	return slices.ContainsFunc(o.places(), func(place string) bool { return o.allowedAt(q.Who, q.Right, place) })
}

// places are the schools, the units, and the paths that a grant names.
func (o *oracle) places() []string {
	var all []string
	for _, s := range o.objects["School"] {
		all = append(all, s.id)
	}
	for _, u := range o.objects["Unit"] {
		all = append(all, unitPlace(u.id))
	}
	for _, inst := range o.objects["Installation"] { // R56: the content sections are there, with grants or without
		if inst.value("system") == "ims" {
			for _, section := range []string{"documents", "handbook", "indicators", "processes", "reports", "risks"} {
				all = append(all, inst.id+"/ims/"+section)
			}
		}
	}
	for _, g := range o.objects["ImsGrant"] {
		all = append(all, g.installation()+"/ims/"+g.value("section")+strings.TrimSuffix(path(g), "/"))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func unitPlace(id string) string { return installationOf(id) + "/unit/" + fact.Name(id) }

func (o *oracle) allowedAt(who access.Who, right, place string) bool {
	p, ok := o.find("Person", who.Person)
	inst, _ := o.find("Installation", p.installation())
	if !ok || installationOf(place) != inst.id && !o.slip("a right reaches other installations") {
		return false
	}
	if p.is("kind", "guardian") {
		return o.guardianMay(p, who.Child, right, place)
	}
	if who.Child != "" {
		return false
	}
	switch p.value("kind") {
	case "teacher", "staff":
		school, ok := o.find("School", place)
		return ok && o.employeeMay(p, right, school)
	case "student":
		return o.pupilMay(p, "studentGroups", right, place)
	case "user":
		switch inst.value("system") {
		case "ims":
			return o.imsMay(p, right, place)
		case "cosdoc":
			return o.cosdocMay(p, right, place)
		}
	}
	return false
}

// employeeMay: teachers and staff. Survey rights have rules and a reach of their own (1.5).
func (o *oracle) employeeMay(p object, right string, school object) bool {
	switch {
	case isSurvey(right):
		return o.surveyMay(p, right, school)
	case isPrimus(right):
		return o.hasPrimus(p, right) && o.reachesInPrimus(p, school) &&
			(inWilma(school) || !o.slip("a Primus right stops where Wilma is off"))
	default:
		return o.hasWilma(p, right) && o.reachesInWilma(p, right, school)
	}
}

func isSurvey(right string) bool { return strings.HasPrefix(right, "wilma.surveys.") }

func isPrimus(right string) bool {
	return strings.HasPrefix(right, "primus.") || right == "kurre.full"
}

// inWilma: a school is used in Wilma by its switch; of one that is kept elsewhere
// nothing is known, and it counts as used.
func inWilma(school object) bool { return school.on("wilma.enabled") || school.on("external") }

// hasWilma: what the groups give, what is ticked and what Primus implies, less
// what is taken away (R34, R24, R31, R14).
func (o *oracle) hasWilma(p object, right string) bool {
	revoked := o.revoked(p, right)
	given := o.wilmaGroupGives(p, right)
	ticked := o.ticked(p, right)
	implied := o.impliedByPrimus(p, right)
	switch {
	case o.slip("a revoke is ignored"):
		revoked = false
	case o.slip("a revoke does not touch ticks") && ticked, o.slip("a revoke does not touch what Primus implies") && implied:
		return true
	case o.slip("ticks are ignored"):
		ticked = false
	case o.slip("a revoke in Primus takes the Wilma right from groups too") && o.revoked(p, strings.Replace(right, "wilma.", "primus.", 1)):
		return false
	}
	return (given || ticked || implied) && !revoked
}

// reachesInWilma: the person's schools, never the group's (R35), where Wilma is used.
func (o *oracle) reachesInWilma(p object, right string, school object) bool {
	if o.slip("a group reaches every school") && o.wilmaGroupGives(p, right) {
		return inWilma(school)
	}
	if o.slip("what Primus implies reaches the home schools") && o.impliedByPrimus(p, right) && o.reachesInPrimus(p, school) {
		return inWilma(school)
	}
	return o.own(p, school) && (inWilma(school) || o.slip("a Wilma right reaches schools without Wilma"))
}

// own: R36, R74. An empty list is every school, but not on a card kept elsewhere.
func (o *oracle) own(p, school object) bool {
	if p.installation() != school.installation() {
		return false
	}
	switch {
	case o.slip("an empty Koulu is no school") && !p.on("allSchools"):
		return p.has("schools", school.id)
	case o.slip("a card kept elsewhere without schools is everywhere") && !p.filled("schools"):
		return true
	case o.slip("allSchools is ignored") && p.on("external"):
		return p.has("schools", school.id)
	case o.slip("only the first school counts") && p.filled("schools"):
		return p.is("schools", school.id)
	case o.slip("an empty Koulu because no listed school is there"):
		return p.on("allSchools") || p.has("schools", school.id) || len(o.found("School", p.all("schools"))) == 0 && !p.on("external")
	}
	everywhere := p.on("allSchools") || !p.filled("schools") && !p.on("external")
	return everywhere || p.has("schools", school.id)
}

// groups: those of the card (R23), and those that a substitute has for a while.
func (o *oracle) groups(p object) []object {
	ids := slices.Clone(p.all("groups"))
	for _, s := range o.objects["Substitution"] {
		if s.is("substitute", p.id) && !o.slip("the groups of a substitution are ignored") ||
			s.is("absent", p.id) && o.slip("the absent person gets the duties") {
			ids = append(ids, s.all("duties.groups")...)
		}
	}
	if o.slip("only the first group counts") {
		ids = ids[:min(len(ids), 1)]
	}
	groups := o.found("UserGroup", ids)
	if o.slip("a substitution brings groups of other installations") {
		return groups
	}
	return slices.DeleteFunc(groups, func(g object) bool { return g.installation() != p.installation() }) // 5.2
}

// wilmaGroupGives: rights of several groups are summed (R34).
func (o *oracle) wilmaGroupGives(p object, right string) bool {
	groups := o.groups(p)
	if o.slip("the Wilma tab of an account's groups counts") && p.on("primusAccount") {
		groups = append(groups, o.found("UserGroup", p.all("primusAccount.groups"))...)
	}
	return slices.ContainsFunc(groups, func(g object) bool { return o.wilmaTab(g, right) })
}

// wilmaTab: a key counts in the list where it belongs.
func (o *oracle) wilmaTab(group object, right string) bool {
	if o.slip("a primus list gives Wilma rights") && group.has("primus", right) {
		return true
	}
	return group.has("wilma", right) && !isPrimus(right)
}

// primusTab is the same of the other list.
func (o *oracle) primusTab(group object, right string) bool {
	if o.slip("a wilma list gives Primus rights") && group.has("wilma", right) {
		return true
	}
	if o.slip("primus.full stands for every Primus right") && group.has("primus", "primus.full") {
		return true
	}
	return group.has("primus", right) && isPrimus(right)
}

// ticked: R24, R14, and the ticks that a substitute has for a while.
func (o *oracle) ticked(p object, right string) bool {
	return o.any("PersonOverride", func(v object) bool { return v.is("person", p.id) && v.has("grant", right) }) ||
		o.any("Substitution", func(s object) bool {
			return s.is("substitute", p.id) && s.has("duties.overrides", right) && !o.slip("the ticks of a substitution are ignored")
		})
}

func (o *oracle) revoked(p object, right string) bool {
	return o.any("PersonOverride", func(v object) bool { return v.is("person", p.id) && v.has("revoke", right) })
}

// hasPrimus: the groups of the account (R22), or a tick, and always an account.
func (o *oracle) hasPrimus(p object, right string) bool {
	account := p.on("primusAccount")
	groups := o.found("UserGroup", p.all("primusAccount.groups"))
	if o.slip("the card's groups open Primus") {
		groups = append(groups, o.groups(p)...)
	}
	given := account && slices.ContainsFunc(groups, func(g object) bool { return o.primusTab(g, right) })
	ticked := o.ticked(p, right) && (account || o.slip("a granted Primus right needs no account"))
	if o.slip("Wilma rights hold in Primus") && account && o.wilmaGroupGives(p, strings.Replace(right, "primus.", "wilma.", 1)) {
		given = true
	}
	return (given || ticked) && (!o.revoked(p, right) || o.slip("a Primus right cannot be revoked"))
}

// reachesInPrimus: the home schools of the account; without any it is the main
// user's and reaches every school (P10).
func (o *oracle) reachesInPrimus(p, school object) bool {
	if o.slip("a Primus right reaches the own schools") {
		return o.own(p, school)
	}
	if o.slip("an account without home schools reaches none") {
		return p.has("primusAccount.homeSchools", school.id)
	}
	return p.on("primusAccount.allSchools") || !p.filled("primusAccount.homeSchools") || p.has("primusAccount.homeSchools", school.id)
}

// impliedByPrimus: a right in Primus holds in Wilma too (R31), unless Wilma has
// no such function (R32). Survey rights, which are asked for elsewhere, never come
// this way.
func (o *oracle) impliedByPrimus(p object, right string) bool {
	function, ok := strings.CutPrefix(right, "wilma.")
	if !ok || o.slip("Primus implies nothing") {
		return false
	}
	same := "primus." + function
	if o.slip("a granted Primus right implies nothing") && !o.accountGives(p, same) {
		return false
	}
	if o.slip("a revoke in Primus leaves what it implied") && o.accountGives(p, same) && !o.primusOnly(p, same) {
		return true
	}
	return o.hasPrimus(p, same) && !o.primusOnly(p, same)
}

func (o *oracle) accountGives(p object, right string) bool {
	return p.on("primusAccount") && slices.ContainsFunc(o.found("UserGroup", p.all("primusAccount.groups")), func(g object) bool { return o.primusTab(g, right) })
}

// primusOnly: what the catalogue of the installation says (R32).
func (o *oracle) primusOnly(p object, right string) bool {
	return !o.slip("primusOnly is ignored") && o.any("Right", func(r object) bool {
		return r.is("key", right) && r.on("primusOnly") && (r.installation() == p.installation() || o.slip("a catalogue counts in other installations"))
	})
}

// guardianMay: a guardian is asked about one child at a time (P11).
func (o *oracle) guardianMay(p object, id, right, place string) bool {
	if o.slip("a guardian's rights are summed over children") {
		return p.has("children", id) && slices.ContainsFunc(o.found("Person", p.all("children")), func(child object) bool {
			return child.is("kind", "student") && o.pupilMay(child, "guardianGroups", right, place)
		})
	}
	child, ok := o.find("Person", id)
	if !ok || !p.has("children", id) && !o.slip("a child that is not listed counts") {
		return false
	}
	field := "guardianGroups"
	if o.slip("a guardian has the groups of the student field") {
		field = "studentGroups"
	}
	return (child.is("kind", "student") || o.slip("any card can be a child")) && o.pupilMay(child, field, right, place)
}

// pupilMay: what the groups of a student's card, classes or schools give, in the
// student's schools. Rights in Wilma alone (R33), and none about surveys (T45).
func (o *oracle) pupilMay(student object, field, right, place string) bool {
	school, ok := o.find("School", place)
	if !ok || isPrimus(right) || isSurvey(right) && !o.slip("students and guardians have survey rights") {
		return false
	}
	if o.slip("a student without school is everywhere") && !student.filled("schools") {
		return o.pupilGroupGives(student, field, right)
	}
	given := o.pupilGroupGives(student, field, right)
	if o.slip("a grant acts for students") && o.ticked(student, right) {
		given = true
	}
	if o.slip("a revoke acts for students") && o.revoked(student, right) {
		given = false
	}
	if o.slip("Primus implies rights of students") && o.impliedByPrimus(student, right) {
		given = true
	}
	return given && student.has("schools", school.id) && (inWilma(school) || o.slip("students reach schools without Wilma"))
}

func (o *oracle) pupilGroupGives(student object, field, right string) bool {
	groups := o.found("UserGroup", o.pupilGroups(student, field))
	if o.slip("a student's own group list counts") {
		groups = append(groups, o.groups(student)...)
	}
	return slices.ContainsFunc(groups, func(g object) bool { return o.wilmaTab(g, right) })
}

// pupilGroups: card, then classes, then schools: the first level that names a
// group is used alone (R28, P7); within a level groups are summed.
func (o *oracle) pupilGroups(student object, field string) []string {
	var levels [][]string
	if !o.slip("the card level is ignored") {
		levels = append(levels, o.cardGroups(student, field))
	}
	if !o.slip("the class level is ignored") {
		levels = append(levels, named(field, o.found("SchoolClass", student.all("classes"))))
	}
	if !o.slip("the school level is ignored") {
		levels = append(levels, named(field, o.found("School", student.all("schools"))))
	}
	switch {
	case o.slip("the levels of a student are summed"):
		return slices.Concat(levels...)
	case o.slip("the school comes before the class"):
		levels[1], levels[2] = levels[2], levels[1]
	case o.slip("only the first class counts"):
		levels[1] = named(field, o.found("SchoolClass", student.all("classes")[:min(1, len(student.all("classes")))]))
	case o.slip("only the first school of a student counts"):
		levels[2] = named(field, o.found("School", student.all("schools")[:min(1, len(student.all("schools")))]))
	case o.slip("an empty field on a filled card hides") && o.cardNames(student):
		return levels[0]
	}
	for _, groups := range levels {
		if o.slip("a group that is not there names nothing") && len(o.found("UserGroup", groups)) == 0 {
			continue
		}
		if len(groups) > 0 {
			return groups
		}
	}
	return nil
}

// cardGroups are those of all assignments to a card, together.
func (o *oracle) cardGroups(student object, field string) []string {
	var cards []object
	for _, c := range o.objects["CardAssignment"] {
		if c.is("card", student.id) && !(o.slip("only the first card assignment counts") && len(cards) > 0) {
			cards = append(cards, c)
		}
	}
	return named(field, cards)
}

func (o *oracle) cardNames(student object) bool {
	return len(o.cardGroups(student, "studentGroups"))+len(o.cardGroups(student, "guardianGroups")) > 0
}

func named(field string, objects []object) []string {
	var ids []string
	for _, obj := range objects {
		ids = append(ids, obj.all(field)...)
	}
	return ids
}

const (
	maintain       = "wilma.surveys.maintain"
	maintainAll    = "wilma.surveys.maintainAllSchools"
	createTemplate = "wilma.surveys.createTemplate"
	addSurvey      = "wilma.surveys.addSurvey"
	addPublic      = "wilma.surveys.addPublicSurvey"
	legacyUse      = "wilma.surveys.legacyUse"
)

// surveyMay: what the versions open (R67, R87), where the function is on (R71).
func (o *oracle) surveyMay(p object, right string, school object) bool {
	if !o.functionOn(school) {
		return false
	}
	if !o.wilmaFrom(school, "2.16") && !o.slip("maintainers and ticks hold before 2.16") {
		return o.legacyMay(p, right) && o.own(p, school)
	}
	switch right {
	case createTemplate, addSurvey:
		return o.basicMay(p, right, school)
	case addPublic:
		given := o.surveyGroupGives(p, right) || o.slip("public surveys can be ticked") && o.ticked(p, right)
		return given && o.own(p, school)
	case maintain:
		return o.maintains(p, school)
	case maintainAll:
		return o.maintainsAll(p) && (o.own(p, school) || !o.slip("maintainAllSchools reaches the own schools"))
	case legacyUse:
		return o.slip("legacyUse holds from 2.16") && o.ticked(p, right) && o.own(p, school)
	}
	return false
}

// functionOn: R71; of a school kept elsewhere nothing is known, and it is off.
func (o *oracle) functionOn(school object) bool {
	return (school.on("surveys.enabled") || o.slip("the survey function is on everywhere")) &&
		(!school.on("external") || o.slip("the survey function is on in schools kept elsewhere")) &&
		(inWilma(school) || o.slip("survey rights reach schools without Wilma"))
}

// wilmaFrom reports whether Wilma is of a version or a newer one. Versions are
// compared as numbers, one by one; no version is the newest.
func (o *oracle) wilmaFrom(in object, version string) bool {
	inst, _ := o.find("Installation", in.installation())
	for _, v := range inst.all("versions") {
		if product, own := fact.SplitMap(v); product == "wilma" {
			if o.slip("versions are compared as text") {
				return own >= version
			}
			return compareVersions(own, version) >= 0
		}
	}
	return !o.slip("no version is the oldest")
}

func compareVersions(a, b string) int {
	var va, vb []int
	for _, n := range strings.Split(a, ".") {
		i, _ := strconv.Atoi(n)
		va = append(va, i)
	}
	for _, n := range strings.Split(b, ".") {
		i, _ := strconv.Atoi(n)
		vb = append(vb, i)
	}
	return slices.Compare(va, vb)
}

// legacyMay: before 2.16 there was one tick, which gave templates and surveys (R70).
func (o *oracle) legacyMay(p object, right string) bool {
	if !slices.Contains([]string{legacyUse, createTemplate, addSurvey}, right) || o.slip("legacyUse gives templates only") && right == addSurvey {
		return false
	}
	revoked := o.revoked(p, legacyUse) && !o.slip("a revoke of legacyUse leaves what it gave") ||
		o.revoked(p, right) && !o.slip("what legacyUse gives is not revoked by itself")
	ticked := o.ticked(p, legacyUse) || o.slip("legacyUse comes by groups") && o.wilmaGroupGives(p, legacyUse)
	return ticked && !revoked
}

// basicMay: the flags of the school and the ticks, less what is revoked (R82-R86);
// then groups, which nothing personal can undo (R93).
func (o *oracle) basicMay(p object, right string, school object) bool {
	revoked := o.revoked(p, right)
	if o.slip("a revoke touches survey rights of groups") && revoked {
		return false
	}
	everyone := o.everyone(p, right, school)
	if o.slip("what a school gives to all is not revoked") && everyone && o.own(p, school) {
		return true
	}
	if o.slip("ticks of survey rights are ignored") {
		return o.own(p, school) && (everyone && !revoked || o.surveyGroupGives(p, right))
	}
	given := (everyone || o.ticked(p, right)) && !revoked || o.surveyGroupGives(p, right) ||
		o.slip("a maintainer creates and adds") && o.maintains(p, school) ||
		o.slip("survey rights come by way of Primus") && o.impliedByPrimus(p, right) ||
		o.slip("public surveys include ordinary ones") && right == addSurvey && o.surveyGroupGives(p, addPublic) ||
		o.slip("legacyUse still adds surveys from 2.16") && right == addSurvey && o.ticked(p, legacyUse)
	if o.slip("the maintainer's list narrows other rights") && p.filled("surveyMaintainerSchools") {
		return given && p.has("surveyMaintainerSchools", school.id)
	}
	if o.slip("a school's flag reaches people of other schools") && everyone {
		return true
	}
	return given && o.own(p, school)
}

// everyone: R83, R86; teachers and staff have flags of their own.
func (o *oracle) everyone(p object, right string, school object) bool {
	list := map[string]string{"teacher": "surveys.everyone.teachers", "staff": "surveys.everyone.staff"}[p.value("kind")]
	if o.slip("staff have what all teachers have") {
		list = "surveys.everyone.teachers"
	}
	_, short, _ := strings.Cut(right, "wilma.surveys.")
	if o.slip("a flag of one school opens the others") {
		return o.any("School", func(s object) bool { return o.own(p, s) && o.functionOn(s) && s.has(list, short) })
	}
	if o.slip("the flags of schools are ignored") {
		return false
	}
	return school.has(list, short)
}

// surveyGroupGives: groups have survey rights from 2.17 on (R87).
func (o *oracle) surveyGroupGives(p object, right string) bool {
	if !o.wilmaFrom(p, "2.17") && !o.slip("groups have survey rights from 2.16") || o.slip("groups have no survey rights") {
		return false
	}
	return o.wilmaGroupGives(p, right)
}

func (o *oracle) maintainsAll(p object) bool {
	return o.surveyGroupGives(p, maintainAll) || o.slip("maintainAllSchools can be ticked") && o.ticked(p, maintainAll)
}

// maintains: a tick (R73) or a group (R88) within the scope, or a group for all schools (R89).
func (o *oracle) maintains(p, school object) bool {
	if p.installation() != school.installation() || !o.functionOn(school) || !o.wilmaFrom(p, "2.16") && !o.slip("maintainers and ticks hold before 2.16") {
		return false
	}
	if o.maintainsAll(p) && !o.slip("maintainAllSchools does not maintain") && !o.slip("maintainAllSchools reaches the own schools") &&
		!(o.slip("the maintainer's list limits maintainAllSchools") && p.filled("surveyMaintainerSchools")) {
		return true
	}
	revoked := o.revoked(p, maintain)
	given := o.ticked(p, maintain) && !revoked || o.surveyGroupGives(p, maintain)
	switch {
	case o.slip("a revoke touches a group's maintainer") && revoked,
		o.slip("a maintainer's tick is ignored") && !o.surveyGroupGives(p, maintain):
		given = false
	case o.slip("a maintainer's tick is not revoked") && o.ticked(p, maintain),
		o.slip("the maintainer's list is a right") && p.has("surveyMaintainerSchools", school.id),
		o.slip("allSchools is a right") && p.on("allSchools"):
		given = true
	}
	return given && o.maintainerScope(p, school)
}

// maintainerScope: a filled list overrides the own schools (R78); it is no right itself.
func (o *oracle) maintainerScope(p, school object) bool {
	listed := p.has("surveyMaintainerSchools", school.id)
	switch {
	case o.slip("the maintainer's list is ignored"):
		return o.own(p, school)
	case o.slip("the maintainer's list adds to Koulu"):
		return listed || o.own(p, school)
	case o.slip("the maintainer's list narrows Koulu") && p.filled("surveyMaintainerSchools"):
		return listed && o.own(p, school)
	case o.slip("a list of schools that are not there is empty") && len(o.found("School", p.all("surveyMaintainerSchools"))) == 0:
		return o.own(p, school)
	case o.slip("the maintainer's list does not reach beyond a group") && o.surveyGroupGives(p, maintain):
		return o.own(p, school)
	case p.filled("surveyMaintainerSchools"):
		return listed
	}
	return o.own(p, school)
}
