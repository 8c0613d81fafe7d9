package access

import (
	"cmp"
	"encoding/binary"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/lupa-dev/lupa/reconcile/fact"
)

// loader makes a Table.
type loader struct {
	*Table
	entitledBy map[string]*entitled
	reachBy    map[string]*reach
	key        []byte

	last     *installation // that was asked for last: people come sorted by theirs
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
		entitledBy: make(map[string]*entitled), reachBy: make(map[string]*reach),
		profiles: make(map[string][]string), roles: make(map[string]*role),
	}
	l.keep(new(entitled)) // what nobody has, number 0
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
	if l.last != nil && len(id) > len(l.last.name) && id[len(l.last.name)] == '/' && id[:len(l.last.name)] == l.last.name {
		return l.last
	}
	name, _, _ := strings.Cut(id, "/")
	inst := l.installations[name]
	if inst == nil {
		inst = &installation{name: name, system: "inschool", wilma: newest}
		l.installations[name] = inst
	}
	l.last = inst
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
		rank, _ := strconv.Atoi(o.Value("rank")) // without one it is the lowest
		r := Right{Key: o.Value("key"), Sensitivity: Sensitivity(cmp.Or(o.Value("sensitivity"), string(Normal))),
			PrimusOnly: o.Value("primusOnly") != "", Family: o.Value("family"), Rank: rank}
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
	for _, inst := range l.installations {
		if inst.system == "ims" {
			for _, section := range imsSections { // they are there without grants too (R56)
				l.places = append(l.places, fact.ID(inst.name, "ims/"+section))
			}
		}
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

// like is what people have of whom their own documents say the same, and other
// documents nothing.
type like struct {
	row
	child    *child   // of a student
	children []string // of a guardian
}

// readPersons makes the rows. Guardians come last: they need their children.
func (l *loader) readPersons() {
	people := l.facts.Kind("Person").Alike(func(field string) bool { return field != "externalIds" }) // they entitle to nothing
	l.rows = make([]row, 0, people.Len())
	known := make([]*like, people.Ways())
	type named struct {
		id string
		*like
	}
	var students, guardians []named
	var p person
	for n, o := range people.All() {
		p.id = o.At(0).ID
		p.inst, p.extras = l.installation(p.id), l.extras[p.id]
		is, alone := known[n], p.extras == nil && l.cards[p.id] == nil
		if !alone || is == nil || is.inst != p.inst {
			l.readPerson(&p, o)
			if is = l.likeOf(&p); alone {
				known[n] = is
			}
		}
		switch is.kind {
		case guardian:
			guardians = append(guardians, named{p.id, is})
			continue
		case student:
			students = append(students, named{p.id, is})
		}
		l.rows = append(l.rows, is.row)
		l.rows[len(l.rows)-1].who.Person = p.id
	}
	if len(guardians) == 0 {
		return
	}
	l.students = make(map[string]*child, len(students))
	for _, s := range students {
		l.students[s.id] = s.child
	}
	for _, g := range guardians {
		l.guardian(g.id, g.like)
	}
	slices.SortFunc(l.rows, func(a, b row) int { return compareWho(a.who, b.who) })
}

// likeOf is what a person has.
func (l *loader) likeOf(p *person) *like {
	is := &like{row: row{kind: p.kind, inst: p.inst}}
	switch p.kind {
	case guardian:
		is.children = slices.Clone(p.children)
	case student:
		l.student(p, is)
	default:
		is.kept, is.has, is.reach = p.external, l.entitledOf(p), l.reachOf(p)
	}
	return is
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
	*p = person{id: p.id, inst: p.inst, extras: p.extras, schools: p.schools[:0], maintains: p.maintains[:0], homes: p.homes[:0],
		groups: p.groups[:0], accountGroups: p.accountGroups[:0], classes: p.classes[:0], children: p.children[:0]}
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
