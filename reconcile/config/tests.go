package config

import (
	"cmp"
	"iter"
	"slices"
	"strings"

	"github.com/lupa-dev/lupa/reconcile/access"
	"github.com/lupa-dev/lupa/reconcile/calendar"
	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/schema"
	"github.com/lupa-dev/lupa/schema/source"
)

// AccessTest is a document of that kind: what the tree is expected to entitle
// people to. Whom and what its cases name is not looked up here.
type AccessTest struct {
	Name         string
	Installation string
	Pos          source.Pos    // of the name
	At           *calendar.Day // nil: the day to look at
	Cases        []AccessCase
}

// AccessCase is one expectation: of a Person, or of all with a Right. Names are as
// they are written: in a tree with several installations they may be
// INSTALLATION:NAME, and are of the document's own where they are not.
type AccessCase struct {
	Person  string // "g-1/k-2" for a guardian in the matter of a child; "" with Exactly
	Right   string
	Place   string   // "" for any
	Expect  string   // allow or deny; "" with Exactly
	Exactly []string // as written; empty and not nil for nobody
	Pos     source.Pos
}

// accessTest is an AccessTest before places are positions.
type accessTest struct {
	name         text
	installation string // as written
	instAt       place
	at           *calendar.Day
	cases        []accessCase
}

type accessCase struct {
	AccessCase
	at                   place
	person, right, place text
	exactly              []text
}

func (c *compiler) accessTest(root source.Value) {
	meta, spec := root.Get("metadata"), root.Get("spec")
	name, inst := meta.Get("name"), meta.Get("installation")
	if c.named(name) {
		c.out.lists = append(c.out.lists, list{"AccessTest", inst.Text(), c.text(name)})
	}
	if len(c.bad) > 0 {
		return
	}
	t := accessTest{name: c.text(name), installation: inst.Text(), instAt: c.place(inst)}
	if at := spec.Get("at"); at.Exists() {
		day, err := calendar.ParseDay(at.Text())
		if err != nil {
			c.out.problems = append(c.out.problems, source.Problem{Code: "D09", Args: []string{at.Text()}, Pos: []source.Pos{at.Pos()}})
			return
		}
		t.at = &day
	}
	for _, v := range spec.Get("cases").Items() {
		t.cases = append(t.cases, c.accessCase(v))
	}
	c.out.tests = append(c.out.tests, t)
}

func (c *compiler) accessCase(v source.Value) accessCase {
	is := accessCase{at: c.place(v)}
	is.person, is.right, is.place = c.text(v.Get("person")), c.text(v.Get("right")), c.text(v.Get("place"))
	is.Person, is.Right, is.Place, is.Expect = is.person.word, is.right.word, is.place.word, v.Get("expect").Text()
	if exactly := v.Get("exactly"); exactly.Exists() {
		is.Exactly = make([]string, 0, exactly.Len())
		for _, person := range exactly.Items() {
			is.Exactly = append(is.Exactly, person.Text())
			is.exactly = append(is.exactly, c.text(person))
		}
	}
	return is
}

var testKind = &fact.Kind{Name: "AccessTest"}

// accessTests gives the tree its tests, each with its installation.
func (a *assembly) accessTests(read []fileFacts) {
	told := make(map[place]bool)
	for i := range read {
		for _, t := range read[i].tests {
			asked := &object{kind: testKind, name: t.name.word, at: t.name.at, installation: t.installation, instAt: t.instAt}
			inst, ok := a.installationOf(asked, told)
			if !ok {
				continue
			}
			test := AccessTest{Name: t.name.word, Installation: inst, Pos: t.name.at.pos(a.paths), At: t.at}
			for _, c := range t.cases {
				a.tested = append(a.tested, testedCase{c, inst})
				c.Pos = c.at.pos(a.paths)
				test.Cases = append(test.Cases, c.AccessCase)
			}
			a.tree.Tests = append(a.tree.Tests, test)
		}
	}
	slices.SortFunc(a.tree.Tests, func(x, y AccessTest) int {
		return cmp.Or(cmp.Compare(x.Installation, y.Installation), cmp.Compare(x.Name, y.Name), x.Pos.Compare(y.Pos))
	})
}

// testedCase is a case and the installation of its document.
type testedCase struct {
	accessCase
	installation string
}

// testNames finds names in tests that nothing is called: an answer about them
// would be a No that nobody meant. Whether somebody is there on the day is the
// test's own business.
func (a *assembly) testNames() {
	if len(a.tested) == 0 {
		return
	}
	declared := a.goal.Declared()
	rights := access.Load(declared.Kind("Installation").Plus(declared.Kind("Right")))
	unknown := func(at text, variant string, suggest string, args ...string) {
		if !a.isLost(at.word) {
			a.report(source.Problem{Code: "E01", Case: variant, Args: args, Pos: []source.Pos{at.at.pos(a.paths)}, Suggest: suggest})
		}
	}
	id := func(c testedCase, name string) string {
		if inst, rest, ok := strings.Cut(name, ":"); ok {
			return fact.ID(inst, rest)
		}
		return fact.ID(c.installation, name)
	}
	for _, c := range a.tested {
		for _, person := range append([]text{c.person}, c.exactly...) {
			card, child, _ := strings.Cut(person.word, "/")
			for _, name := range []string{card, child} {
				if name != "" && a.find(fact.Key{Kind: "Person", ID: id(c, name)}) == nil && !a.isLost(name) {
					unknown(person, "object", "", "Person", name)
				}
			}
			a.testGuardian(declared, person, card, child, id(c, card), id(c, child))
		}
		in := c.installation
		if c.place.word != "" {
			place := id(c, c.place.word)
			if in = (fact.Key{ID: place}).Installation(); !access.IsPlace(declared, place) && a.find(fact.Key{Kind: "School", ID: place}) == nil {
				unknown(c.place, "place", schema.Nearest(fact.Name(place), namesIn(declared, "School", in)), c.place.word)
			}
		}
		if _, ok := rights.Right(in, c.right.word); !ok {
			unknown(c.right, "right", schema.Nearest(c.right.word, rights.KnownKeys(in)), c.right.word)
		}
	}
}

// namesIn are the names of the objects of a kind in an installation.
func namesIn(s fact.Set, kind, inst string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for key := range s.Kind(kind).Objects() {
			if key.Installation() == inst && !yield(key.Name()) {
				return
			}
		}
	}
}

// testGuardian finds guardians in tests who are not asked about for a child of
// theirs (R29). Of who is not in force nothing is known.
func (a *assembly) testGuardian(declared fact.Set, at text, card, child, cardID, childID string) {
	guardian := declared.Object(fact.Key{Kind: "Person", ID: cardID})
	children := guardian.Values("children")
	names := make([]string, len(children))
	for i, id := range children {
		names[i] = fact.Name(id)
	}
	report := func(variant string, args ...string) {
		a.report(source.Problem{Code: "E01", Case: variant, Args: args, Pos: []source.Pos{at.at.pos(a.paths)}})
	}
	switch {
	case guardian.Value("kind") != "guardian" && (child == "" || guardian.Len() == 0):
	case len(children) == 0 && child != "":
		report("childless", card)
	case len(children) > 0 && child == "":
		for i, name := range names {
			names[i] = card + "/" + name
		}
		report("guardian", card, strings.Join(names, ", "))
	case len(children) > 0 && !slices.Contains(children, childID):
		report("child", card, child, strings.Join(names, ", "))
	}
}
