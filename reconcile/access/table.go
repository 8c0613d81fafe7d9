package access

import (
	"cmp"
	"encoding/binary"
	"maps"
	"slices"
	"strings"

	"github.com/lupa-dev/lupa/reconcile/fact"
)

// Table is who may do what in one state. It does not change once it is made.
type Table struct {
	facts   fact.Set
	rights  []string // sorted
	places  []string // sorted
	rightOf map[string]int32
	placeOf map[string]int32
	rows    []row // sorted by Who

	installations map[string]*installation
	groups        []group
	groupOf       map[string]int32
	schools       map[int32]*school // by place
	classes       map[string]*level
	cards         map[string]*level // by the student's id
	extras        map[string]*extras
	templates     map[string]*template
	catalogue     map[[2]string]Right
	families      bool // some right is of a family
}

// row is one Who: what is given, and where it reaches.
type row struct {
	who   Who
	kind  kind
	kept  bool // elsewhere: external
	inst  *installation
	level by // of a student or guardian: what names the groups
	has   *entitled
	reach *reach
}

// kind is the kind of a person, by its place in kinds.
type kind uint8

const (
	other kind = iota
	teacher
	staff
	student
	guardian
	user
)

var kinds = []string{"", "teacher", "staff", "student", "guardian", "user"}

// employed reports whether somebody is a teacher or a member of staff.
func (r *row) employed() bool { return r.kind == teacher || r.kind == staff }

// scope says where a right reaches, given the schools of whoever has it.
type scope uint8

const (
	own        scope = iota // the person's schools with Wilma (R35, R36)
	home                    // the home schools of the Primus account (P10)
	surveys                 // the person's schools with the survey function (R71)
	everyone1               // those that let everyone of the kind make templates (R83)
	everyone2               // those that let everyone of the kind add surveys (R86)
	maintained              // the maintainer's scope (R74, R76, R78)
	everywhere              // every school with the survey function (R89)
	fixed                   // places of its own: CosDoc, IMS
)

// entitled is what is given to everybody with the same groups, ticks and account.
type entitled struct {
	entries []entry        // sorted by right
	blocked []blockedRight // sorted by right
}

// entry is a right and what gives it. Its scope is the widest of its sources'.
type entry struct {
	right   int32
	scope   scope
	places  []int32 // scope fixed: the union of the sources'
	sources []given
}

// given is one thing that gives a right.
type given struct {
	by     by
	scope  scope
	group  int32   // the group, if one is named; else -1
	aux    string  // id of the substitution or role, or key of the Primus right
	aux2   string  // id of the profile, or key of the right that this one comes with
	places []int32 // scope fixed
}

// by says what it is that gives a right.
type by uint8

const (
	byGroup      by = iota // a group on the card (R34)
	bySubstGroup           // a group of somebody who is away (R43); aux: the substitution
	byTick                 // a tick on the card (R24)
	bySubstTick            // a tick of somebody who is away (R43); aux: the substitution
	byAccount              // a group of the Primus account (R22)
	byPrimus               // the same right in Primus (R31); aux: its key
	byEveryone             // a switch of the school for everybody (R83, R86)
	byCard                 // a group on the student's card (R28)
	byClass                // a group of the class (R27)
	bySchool               // a group of the school (R27)
	byIms                  // a group at a path (R59)
	byRole                 // a role in a profile (R48); aux: the role, aux2: the profile
	bySubstRole            // the same of somebody who is away; aux2: the substituted profile
	byAllSchools           // the maintainer of all schools (R89)
)

// blockedRight is what would give a right and does not.
type blockedRight struct {
	right  int32
	reason Reason // without facts
	by     by
	group  int32
}

// reach is where rights reach for everybody with the same schools.
type reach struct {
	own, home, surveys, everyone1, everyone2, maintained []int32 // places, sorted

	all, empty, listed, account, homeAll bool
	schools                              []int32 // as on the card, with those without Wilma; sorted
}

func (r *row) places(s scope, e *entry) []int32 {
	switch s {
	case own:
		return r.reach.own
	case home:
		return r.reach.home
	case surveys:
		return r.reach.surveys
	case everyone1:
		return r.reach.everyone1
	case everyone2:
		return r.reach.everyone2
	case maintained:
		return r.reach.maintained
	case everywhere:
		return r.inst.surveys
	}
	return e.places
}

// sourcePlaces is where one source of an entry reaches.
func (r *row) sourcePlaces(g *given) []int32 {
	if g.scope == fixed {
		return g.places
	}
	return r.places(g.scope, nil)
}

type installation struct {
	name     string
	system   string
	wilma    version
	reviewer bool
	schools  []int32 // all, sorted
	open     []int32 // with Wilma
	surveys  []int32 // with the survey function too
	roots    []int32 // CosDoc: units without parent
	below    map[int32][]int32
	nodes    []node // IMS: paths with grants of their own
}

type school struct {
	id            string
	wilma         bool
	surveys       bool
	teachers      [2]bool // createTemplate, addSurvey
	staff         [2]bool
	students      []int32 // groups
	guardians     []int32
	namesStudents bool // also where no such group is there
	namesGuards   bool
}

// level is one place where the groups of students and their guardians are set
// beside the school (R27, R29).
type level struct {
	students, guardians []int32
	namesS, namesG      bool // it names a group, whether or not that is there
}

type group struct {
	id     string
	wilma  []int32
	primus []int32
}

// extras is what a person has beside the own document.
type extras struct {
	grants, revokes []int32  // rights
	overrides       []string // ids of the overrides that say so
	groups          []substituted
	ticks           []substituted
	profiles        []assignment
}

// substituted is a group or right that somebody has for a person who is away.
type substituted struct {
	n    int32 // group or right
	from string
}

type assignment struct {
	id      string // of the assignment or the substituted profile
	profile string
	units   []int32
	subst   bool
}

// loader makes a Table.
type loader struct {
	*Table
	entitledBy map[string]*entitled
	reachBy    map[string]*reach
	key        []byte

	students map[string]*child
	profiles map[string][]string // roles
	roles    map[string]*role
}

// child is what a guardian needs to know of a student.
type child struct {
	schools []int32
	classes []string
	inst    *installation
	reach   *reach
}

type role struct {
	permissions  []int32
	scope        string
	units        []int32
	withSubunits bool
}

// Load makes a Table of what is in force in one state.
func Load(facts fact.Set) *Table {
	l := &loader{
		Table: &Table{facts: facts, installations: make(map[string]*installation), groupOf: make(map[string]int32),
			schools: make(map[int32]*school), classes: make(map[string]*level), cards: make(map[string]*level),
			extras: make(map[string]*extras), templates: make(map[string]*template)},
		entitledBy: make(map[string]*entitled), reachBy: make(map[string]*reach), students: make(map[string]*child),
		profiles: make(map[string][]string), roles: make(map[string]*role),
	}
	l.readInstallations()
	l.readRights()
	l.readPlaces()
	l.readGroups()
	l.readSchools()
	l.readUnits()
	l.readGrants()
	l.readLevels()
	l.readOverrides()
	l.readCosDoc()
	l.readSubstitutions()
	l.readTemplates()
	l.readPersons()
	return l.Table
}

func (l *loader) readInstallations() {
	for key, o := range l.facts.Kind("Installation").Objects() {
		inst := &installation{name: key.ID, system: cmp.Or(o.Value("system"), "inschool"), reviewer: o.Value("ims.reviewer") != "", wilma: newest}
		for _, v := range o.Values("versions") {
			if product, number := fact.SplitMap(v); product == "wilma" {
				inst.wilma = parseVersion(number)
			}
		}
		l.installations[key.ID] = inst
	}
}

// installation is that of an object; what was never declared is as new as can be.
func (l *loader) installation(id string) *installation {
	name, _, _ := strings.Cut(id, "/")
	inst := l.installations[name]
	if inst == nil {
		inst = &installation{name: name, system: "inschool", wilma: newest}
		l.installations[name] = inst
	}
	return inst
}

// readRights numbers every key that somebody may have: those that facts give,
// their counterparts, and the catalogue's.
func (l *loader) readRights() {
	keys := make(map[string]bool)
	l.catalogue = make(map[[2]string]Right)
	for _, k := range Known {
		keys[k.Key] = true
	}
	for key, o := range l.facts.Kind("Right").Objects() {
		r := Right{Key: o.Value("key"), Sensitivity: Sensitivity(cmp.Or(o.Value("sensitivity"), string(Normal))),
			PrimusOnly: o.Value("primusOnly") != "", Family: o.Value("family"), Rank: atoi(o.Value("rank"))}
		l.catalogue[[2]string{key.Installation(), r.Key}] = r
		l.families = l.families || r.Family != ""
		keys[r.Key] = true
	}
	for kind, fields := range givingFields {
		for _, f := range l.facts.Kind(kind).All() {
			if slices.Contains(fields, f.Field) {
				keys[f.Value] = true
			}
		}
	}
	for key := range maps.Clone(keys) {
		if rest, ok := strings.CutPrefix(key, "primus."); ok {
			keys["wilma."+rest] = true
		}
	}
	l.rights = slices.Sorted(maps.Keys(keys))
	l.rightOf = make(map[string]int32, len(l.rights))
	for i, key := range l.rights {
		l.rightOf[key] = int32(i)
	}
}

// givingFields are the fields that name rights.
var givingFields = map[string][]string{
	"UserGroup":      {"wilma", "primus"},
	"PersonOverride": {"grant", "revoke"},
	"CosDocRole":     {"permissions"},
	"Substitution":   {"duties.overrides"},
}

// readPlaces numbers schools, units and paths.
func (l *loader) readPlaces() {
	for key := range l.facts.Kind("School").Objects() {
		l.places = append(l.places, key.ID)
	}
	for key := range l.facts.Kind("Unit").Objects() {
		l.places = append(l.places, unitPlace(key.ID))
	}
	for _, o := range l.facts.Kind("ImsGrant").Objects() {
		l.places = append(l.places, imsPlace(o))
	}
	slices.Sort(l.places)
	l.places = slices.Compact(l.places)
	l.placeOf = make(map[string]int32, len(l.places))
	for i, id := range l.places {
		l.placeOf[id] = int32(i)
	}
}

func (l *loader) readGroups() {
	for key, o := range l.facts.Kind("UserGroup").Objects() {
		l.groupOf[key.ID] = int32(len(l.groups))
		l.groups = append(l.groups, group{id: key.ID, wilma: l.rightsOf(o.Values("wilma")), primus: l.rightsOf(o.Values("primus"))})
	}
}

func (l *loader) rightsOf(keys []string) []int32 {
	rights := make([]int32, 0, len(keys))
	for _, key := range keys {
		rights = append(rights, l.rightOf[key])
	}
	return rights
}

// numbers are the numbers of those ids that are known.
func numbers(ids []string, of map[string]int32) []int32 {
	list := make([]int32, 0, len(ids))
	for _, id := range ids {
		if n, ok := of[id]; ok {
			list = append(list, n)
		}
	}
	return list
}

// readLevels reads the groups that students and guardians have by class and card.
func (l *loader) readLevels() {
	add := func(to map[string]*level, id string, o fact.Set) {
		at := to[id]
		if at == nil {
			at = &level{}
			to[id] = at
		}
		students, guardians := o.Values("studentGroups"), o.Values("guardianGroups")
		at.students = append(at.students, numbers(students, l.groupOf)...)
		at.guardians = append(at.guardians, numbers(guardians, l.groupOf)...)
		at.namesS, at.namesG = at.namesS || len(students) > 0, at.namesG || len(guardians) > 0
	}
	for key, o := range l.facts.Kind("SchoolClass").Objects() {
		add(l.classes, key.ID, o)
	}
	for _, o := range l.facts.Kind("CardAssignment").Objects() {
		add(l.cards, o.Value("card"), o)
	}
}

func (l *loader) extra(person string) *extras {
	e := l.extras[person]
	if e == nil {
		e = &extras{}
		l.extras[person] = e
	}
	return e
}

// readOverrides reads ticks and what is taken away (R14, R24).
func (l *loader) readOverrides() {
	for key, o := range l.facts.Kind("PersonOverride").Objects() {
		e := l.extra(o.Value("person"))
		e.overrides = append(e.overrides, key.ID)
		e.grants = append(e.grants, l.rightsOf(o.Values("grant"))...)
		e.revokes = append(e.revokes, l.rightsOf(o.Values("revoke"))...)
	}
}

// readSubstitutions gives the duties of who is away to the substitute (R43), as
// long as a Substitution is in force, which begins before the absence (R42).
func (l *loader) readSubstitutions() {
	for key, o := range l.facts.Kind("Substitution").Objects() {
		substitute := fact.Key{Kind: "Person", ID: o.Value("substitute")}
		elsewhere := func(group string) bool { return (fact.Key{ID: group}).Installation() != substitute.Installation() }
		groups := numbers(slices.DeleteFunc(o.Values("duties.groups"), elsewhere), l.groupOf) // a group is of one installation (R30)
		rights := l.rightsOf(o.Values("duties.overrides"))
		e := l.extra(substitute.ID)
		for _, g := range groups {
			e.groups = append(e.groups, substituted{g, key.ID})
		}
		for _, r := range rights {
			e.ticks = append(e.ticks, substituted{r, key.ID})
		}
	}
	for key, o := range l.facts.Kind("SubstitutedProfile").Objects() {
		e := l.extra(o.Value("substitute"))
		e.profiles = append(e.profiles, assignment{key.ID, o.Value("profile"), l.unitsOf(o.Values("units")), true})
	}
}

// person is a Person as its facts say.
type person struct {
	id                               string
	kind                             kind
	external, all, account, homesAll bool
	schools, maintains, homes        []int32
	namesSchools, namesMaintains     bool
	namesHomes                       bool
	groups, accountGroups            []int32
	classes, children                []string
	extras                           *extras
	inst                             *installation
}

// readPersons makes the rows. Guardians come last: they need their children.
func (l *loader) readPersons() {
	persons := l.facts.Kind("Person")
	l.rows = make([]row, 0, persons.Len()/5)
	var guardians []person
	var p person
	for key, o := range persons.Objects() {
		p = person{id: key.ID, schools: p.schools[:0], maintains: p.maintains[:0], homes: p.homes[:0],
			groups: p.groups[:0], accountGroups: p.accountGroups[:0], classes: p.classes[:0], children: p.children[:0]}
		l.readPerson(&p, o)
		switch p.kind {
		case guardian:
			if len(p.children) > 0 {
				guardians = append(guardians, person{id: p.id, kind: p.kind, children: slices.Clone(p.children), inst: p.inst})
			}
			continue
		case student:
			l.student(&p)
		default:
			l.rows = append(l.rows, row{who: Who{Person: p.id}, kind: p.kind, kept: p.external, inst: p.inst, has: l.entitledOf(&p), reach: l.reachOf(&p)})
		}
	}
	for i := range guardians {
		l.guardian(&guardians[i])
	}
	if len(guardians) > 0 {
		slices.SortFunc(l.rows, func(a, b row) int { return compareWho(a.who, b.who) })
	}
}

// compareWho is comparing what String gives, without making it.
func compareWho(a, b Who) int {
	n := min(len(a.Person), len(b.Person))
	if c := strings.Compare(a.Person[:n], b.Person[:n]); c != 0 {
		return c
	}
	switch {
	case len(a.Person) > n:
		return -compareTail(b, a.Person[n:])
	case len(b.Person) > n:
		return compareTail(a, b.Person[n:])
	}
	return strings.Compare(a.Child, b.Child)
}

// compareTail compares what follows the person's id in String, a slash and the
// child or nothing, with the rest of a longer id, in which no slash stands.
func compareTail(w Who, rest string) int {
	if w.Child == "" || rest[0] > '/' {
		return -1
	}
	return 1
}

func (l *loader) readPerson(p *person, o fact.Set) {
	p.inst, p.extras = l.installation(p.id), l.extras[p.id]
	for _, f := range o.All() {
		switch f.Field {
		case "kind":
			p.kind = kind(max(0, slices.Index(kinds, f.Value)))
		case "external":
			p.external = true
		case "allSchools":
			p.all = true
		case "schools":
			p.namesSchools = true
			p.schools = appendKnown(p.schools, f.Value, l.placeOf)
		case "surveyMaintainerSchools":
			p.namesMaintains = true
			p.maintains = appendKnown(p.maintains, f.Value, l.placeOf)
		case "groups":
			p.groups = appendKnown(p.groups, f.Value, l.groupOf)
		case "classes":
			p.classes = append(p.classes, f.Value)
		case "children":
			p.children = append(p.children, f.Value)
		case "primusAccount":
			p.account = true
		case "primusAccount.groups":
			p.accountGroups = appendKnown(p.accountGroups, f.Value, l.groupOf)
		case "primusAccount.homeSchools":
			p.namesHomes = true
			p.homes = appendKnown(p.homes, f.Value, l.placeOf)
		case "primusAccount.allSchools":
			p.homesAll = true
		}
	}
}

func appendKnown(list []int32, id string, of map[string]int32) []int32 {
	if n, ok := of[id]; ok {
		return append(list, n)
	}
	return list
}

// begin starts the key of what is looked for, and list puts a list into it.
func (l *loader) begin(parts ...string) {
	l.key = l.key[:0]
	for _, part := range parts {
		l.key = append(append(l.key, part...), 0)
	}
}

func (l *loader) list(numbers []int32) {
	l.key = binary.AppendUvarint(l.key, uint64(len(numbers)))
	for _, n := range numbers {
		l.key = binary.AppendUvarint(l.key, uint64(n))
	}
}

func (l *loader) flags(flags ...bool) {
	for _, f := range flags {
		if f {
			l.key = append(l.key, 1)
		} else {
			l.key = append(l.key, 0)
		}
	}
}

func (l *loader) substituted(all []substituted) {
	l.key = binary.AppendUvarint(l.key, uint64(len(all)))
	for _, s := range all {
		l.key = append(append(binary.AppendUvarint(l.key, uint64(s.n)), s.from...), 0)
	}
}

// entitledOf is what a teacher, a member of staff or a user is given.
func (l *loader) entitledOf(p *person) *entitled {
	x := p.extras
	if x == nil {
		x = &noExtras
	}
	l.begin(p.inst.name, kinds[p.kind])
	l.list(p.groups)
	l.flags(p.account)
	l.list(p.accountGroups)
	l.list(x.grants)
	l.list(x.revokes)
	l.substituted(x.groups)
	l.substituted(x.ticks)
	for _, a := range x.profiles {
		l.key = append(append(l.key, a.id...), 0)
	}
	if has, ok := l.entitledBy[string(l.key)]; ok {
		return has
	}
	key := string(l.key)
	g := giver{loader: l, p: p, x: x}
	switch {
	case p.kind == user && p.inst.system == "ims":
		g.ims()
	case p.kind == user && p.inst.system == "cosdoc":
		g.cosdoc()
	case (p.kind == teacher || p.kind == staff) && p.inst.system == "inschool":
		g.inschool()
	}
	has := g.entitled()
	l.entitledBy[key] = has
	return has
}

var noExtras extras

// giver collects what one sort of person is given.
type giver struct {
	*loader
	p       *person
	x       *extras
	given   []entry // each with one source
	blocked []blockedRight
}

func (g *giver) give(right int32, from given) {
	g.given = append(g.given, entry{right: right, scope: from.scope, places: from.places, sources: []given{from}})
}

// take removes a right from what is given, and reports whether it was there.
func (g *giver) take(right int32, of func(given) bool) bool {
	n := len(g.given)
	g.given = slices.DeleteFunc(g.given, func(e entry) bool { return e.right == right && of(e.sources[0]) })
	return len(g.given) < n
}

func (g *giver) block(right int32, by by, group int32, rule, variant string, args ...string) {
	g.blocked = append(g.blocked, blockedRight{right, Reason{Rule: rule, Case: variant, Args: args}, by, group})
}

// entitled sums up (R34): each right once, with everything that gives it.
func (g *giver) entitled() *entitled {
	slices.SortStableFunc(g.given, func(a, b entry) int { return cmp.Compare(a.right, b.right) })
	slices.SortStableFunc(g.blocked, func(a, b blockedRight) int { return cmp.Compare(a.right, b.right) })
	has := &entitled{blocked: g.blocked}
	for _, e := range g.given {
		if n := len(has.entries); n > 0 && has.entries[n-1].right == e.right {
			has.entries[n-1].merge(e)
		} else {
			has.entries = append(has.entries, e)
		}
	}
	return has
}

func (e *entry) merge(other entry) {
	if slices.ContainsFunc(e.sources, other.sources[0].same) {
		return
	}
	e.sources = append(e.sources, other.sources...)
	if e.scope == fixed {
		e.places = union(e.places, other.places)
	} else {
		e.scope = wider(e.scope, other.scope)
	}
}

func (g given) same(other given) bool {
	return g.by == other.by && g.scope == other.scope && g.group == other.group && g.aux == other.aux && g.aux2 == other.aux2 && slices.Equal(g.places, other.places)
}

// wider is the scope that includes the other. Scopes of one right are ordered:
// switches of schools open part of the person's schools (R83), and the
// maintainer of all schools reaches beyond any list (R89).
func wider(a, b scope) scope {
	rank := func(s scope) int {
		switch s {
		case everyone1, everyone2:
			return 0
		case everywhere:
			return 2
		}
		return 1
	}
	if rank(b) > rank(a) {
		return b
	}
	return a
}

// union is both sorted lists in one.
func union(a, b []int32) []int32 {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

// sorted is a copy of a list of numbers in order, each once.
func sorted(list []int32) []int32 {
	out := slices.Clone(list)
	slices.Sort(out)
	return slices.Compact(out)
}

func intersect(a []int32, keep func(int32) bool) []int32 {
	var out []int32
	for _, n := range a {
		if keep(n) {
			out = append(out, n)
		}
	}
	return out
}

// reachOf is where the rights of a person reach.
func (l *loader) reachOf(p *person) *reach {
	l.begin(p.inst.name, kinds[p.kind])
	l.list(p.schools)
	l.list(p.maintains)
	l.list(p.homes)
	l.flags(p.external, p.all, p.account, p.homesAll, p.namesSchools, p.namesMaintains, p.namesHomes)
	if r, ok := l.reachBy[string(l.key)]; ok {
		return r
	}
	r := l.newReach(p)
	l.reachBy[string(l.key)] = r
	return r
}

func atoi(s string) int {
	n := 0
	for _, c := range s {
		if c < '0' || c > '9' {
			return 0
		}
		n = n*10 + int(c-'0')
	}
	return n
}
