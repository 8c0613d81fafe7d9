package access

import "github.com/lupa-dev/lupa/reconcile/fact"

// Table is who may do what in one state. It does not change once it is made.
type Table struct {
	facts   fact.Set
	rights  []string // sorted
	places  []string // sorted
	rightOf map[string]int32
	placeOf map[string]int32
	rows    []row // sorted by Who

	entitled []*entitled // by number

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
	own           scope = iota // the person's schools with Wilma (R35, R36)
	home                       // the home schools of the Primus account (P10)
	surveys                    // the person's schools with the survey function (R71)
	everyoneMakes              // those that let everyone of the kind make templates (R83)
	everyoneAdds               // those that let everyone of the kind add surveys (R86)
	maintained                 // the maintainer's scope (R74, R76, R78)
	everywhere                 // every school with the survey function (R89)
	fixed                      // places of its own: CosDoc, IMS
)

// entitled is what is given to everybody with the same groups, ticks and account.
type entitled struct {
	number  int32
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
	own, home, surveys, everyoneMakes, everyoneAdds, maintained []int32 // places, sorted

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
	case everyoneMakes:
		return r.reach.everyoneMakes
	case everyoneAdds:
		return r.reach.everyoneAdds
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
