// Package config turns a tree of documents into a goal: facts at a day, and
// where each was declared.
//
//	tree, err := config.Load(ctx, fsys, config.Options{Now: time.Now()})
//	if len(tree.Problems) > 0 { ... }
//	plan.Make(tree.Goal, ...)
//
// What a kind's fields are and where they stand is read from the vocabulary;
// the only documents with code of their own are Project, GroupRule, AccessTest,
// AccessRule, Guard and Delegation, which are lupa's, and People, which is Person many times over. Files are read side by
// side and forgotten as soon as their facts are known. Rosters are read by
// package roster, and join the documents here.
//
// It judges what only documents show: names declared twice, old names claimed
// twice, spans that end before they begin. What facts show is package policy's.
package config

import (
	"context"
	"encoding/hex"
	"io/fs"
	"maps"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/lupa-dev/lupa/reconcile/access"
	"github.com/lupa-dev/lupa/reconcile/calendar"
	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/reconcile/policy"
	"github.com/lupa-dev/lupa/schema"
	"github.com/lupa-dev/lupa/schema/source"
)

// ProjectFile is the file at the root of every tree.
const ProjectFile = "lupa.yaml"

// Options say when to look and whom to tell.
type Options struct {
	Now      time.Time                    // by the clock
	At       *calendar.Moment             // instead of Now; each installation has its day by its own zone
	Progress func(of Part, done, all int) // called as the tree is read, from several goroutines; all is 0 where nobody knows
	Card     func(card string)            // called with every card that the tree speaks of, some of them again
	Cache    Cache                        // of compiled files; nil for none

	// FirmOnly asks only rules that later stages rely on. An import does so: what
	// a target holds is written as it is, and judged with the tree it is then part of.
	FirmOnly bool

	again bool // the tree was read, and is read for the facts of another day
}

// Part is a part of reading a tree.
type Part int

const (
	Files   Part = iota // of YAML
	Rosters             // all of them at once
	People              // and all other objects, as they become facts
)

func (o *Options) tell(of Part, done, all int) {
	if o.Progress != nil {
		o.Progress(of, done, all)
	}
}

// Tree is a tree, read.
type Tree struct {
	Project  Project
	Goal     *plan.Goal     // nil where a document has an error
	Problems []plan.Finding // sorted by place; warnings are in Goal too
	Silenced int            // findings that documents ask not to hear
	Files    int
	Objects  int // declared, without the records inside them
	Tests    []AccessTest

	Delegations []Delegation         // sorted by name; Goal has them too
	Guards      []string             // files that say how lupa judges changes, sorted
	NoLogins    []source.Problem     // files of logins that are missing: an author cannot be looked up
	alone       func() *access.Table // of Goal.Alone

	lists map[string]bool // what documents of People are called
	times *times          // what is in force when
}

// Refused reports whether a problem is an error.
func (t *Tree) Refused() bool {
	return slices.ContainsFunc(t.Problems, func(f plan.Finding) bool { return f.Severity == policy.Error })
}

// Project is what lupa.yaml says.
type Project struct {
	Name          string
	Target        string
	Targets       map[string]Target
	Language      string
	HorizonDays   int
	MinGroup      int    // fewer people are not counted where others read
	PseudonymKey  string // of the pseudonyms that hide cards; "" for one that the name makes; never shown
	Authoritative []string
	Ignore        []fact.Pattern
	Rosters       []string // their names
	Exports       []string // the paths of their files and directories
}

// Target is a place that holds permissions, as lupa.yaml names it.
type Target struct {
	Type    string // sqlite or postgres
	Path    string // sqlite: from the root of the tree
	DSNEnv  string // postgres: one of these
	DSNFile string
}

// Load reads the tree at the root of fsys. The error is the machine's, or a
// *calendar.MomentError where a zone of the tree does not have Options.At; what
// the author has to mend is in Problems.
func Load(ctx context.Context, fsys fs.FS, opt Options) (*Tree, error) {
	paths, problems, err := source.List(fsys)
	if err != nil {
		return nil, err
	}
	l := loader{opt: opt, paths: paths, tree: &Tree{Files: len(paths), times: newTimes(fsys, opt)}}
	l.report(problems...)
	if slices.ContainsFunc(problems, func(p source.Problem) bool { return p.Code == "Y06" }) {
		return l.tree, nil // too much to read at all
	}
	read, err := l.read(ctx, fsys)
	if err != nil {
		return nil, err
	}
	l.project(read)
	if len(l.entries) > 0 {
		l.opt.tell(Rosters, 0, 0)
	}
	rosters, err := l.rosters(fsys)
	if err != nil {
		return nil, err
	}
	logins, err := l.loginFiles(fsys, read)
	if err != nil {
		return nil, err
	}
	l.cards(read, rosters)
	if err := l.join(read, rosters, logins); err != nil {
		return nil, err
	}
	l.missing()
	return l.tree, nil
}

// ReadProject reads lupa.yaml alone, for what needs to know where targets are
// and not what is declared.
func ReadProject(fsys fs.FS) (*Tree, error) {
	file := &source.File{Problems: source.Irregular(fsys, ProjectFile)}
	if len(file.Problems) == 0 {
		var err error
		if file, err = source.Read(fsys, ProjectFile); err != nil {
			return nil, err
		}
	}
	l := loader{paths: []string{ProjectFile}, tree: &Tree{Files: 1, times: newTimes(fsys, Options{})}}
	read := compile(0, file)
	l.report(read.problems...)
	l.project([]fileFacts{read})
	return l.tree, nil
}

// fileFacts is what one file declares.
type fileFacts struct {
	sha256      string
	objects     []object
	project     *Project
	projects    []place // where documents of kind Project stand
	rosters     []rosterEntry
	rostersLost bool // there are some, and the project cannot be read
	lists       []list
	rules       []groupRule
	tests       []accessTest
	delegations []delegation
	spans       []plan.List
	judges      bool // a document says how lupa judges changes
	rulings     []plan.Ruling
	access      []accessRule
	guards      []policy.Guard
	silences    []silence
	problems    []source.Problem
	lost        map[string]bool // words of documents that could not be read; allWords if nobody knows which
	numbers     []number        // of persons, wherever they stand in the text
}

// list is a document that is no object and has a name: People, GroupRule,
// AccessTest, AccessRule, Delegation, Guard.
type list struct {
	kind         string
	installation string // as written
	name         text
}

// loader is a tree being read.
type loader struct {
	opt     Options
	paths   []string
	entries []rosterEntry // of lupa.yaml
	tree    *Tree
	parser  source.Parser
}

func (l *loader) report(problems ...source.Problem) {
	l.tree.Problems = append(l.tree.Problems, plan.Problems(problems...)...)
}

// read reads every file, as many at once as there are processors. Who reads has
// many to read: a goroutine for each file would grow its stack anew each time.
func (l *loader) read(ctx context.Context, fsys fs.FS) ([]fileFacts, error) {
	read, texts := make([]fileFacts, len(l.paths)), source.Open(fsys, l.paths)
	var next, done atomic.Int32
	group, ctx := errgroup.WithContext(ctx)
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() error {
			for i := next.Add(1) - 1; int(i) < len(l.paths); i = next.Add(1) - 1 {
				if err := ctx.Err(); err != nil {
					return err
				}
				data, err := texts.Read(l.paths[i])
				if err != nil {
					return err
				}
				read[i] = l.compiled(i, l.paths[i], data)
				l.opt.tell(Files, int(done.Add(1)), len(l.paths))
			}
			return nil
		})
	}
	return read, group.Wait()
}

// compile turns the documents of a file into objects.
func compile(index int32, file *source.File) fileFacts {
	c := compiler{file: index, out: fileFacts{sha256: hex.EncodeToString(file.SHA256[:]), problems: file.Problems}}
	c.lose(file.Lost)
	c.out.numbers = numbersIn(index, file.Text)
	told := make(map[source.Pos]bool)
	twice := false // keys: which value is meant, nobody knows
	for _, p := range file.Problems {
		told[p.Pos[0]] = true
		twice = twice || p.Key() == "E35.twice"
	}
	for i, doc := range file.Documents {
		if twice {
			c.loseNames(doc.Root())
		}
		problems := schema.Validate(doc)
		c.bad = c.bad[:0]
		for _, p := range problems {
			c.bad = append(c.bad, p.Pos[0])
			if !told[p.Pos[0]] { // one word a place: the reader's goes first
				c.out.problems = append(c.out.problems, p)
			}
		}
		c.document(doc)
		c.silences(doc.Root(), lastLine(file.Documents, i))
		c.list(doc.Root(), lastLine(file.Documents, i))
		c.loseMisplaced(doc.Root(), problems)
	}
	return c.out
}

// allWords stands for every word there is.
const allWords = ""

var word = regexp.MustCompile(`[\pL\pN_][\pL\pN._-]*`)

// lose notes the words of text that could not be read. A name among them may be
// declared there, and is not called unknown.
func (c *compiler) lose(text []byte) {
	switch {
	case len(text) == 0:
		return
	case c.out.lost == nil:
		c.out.lost = make(map[string]bool)
	}
	if len(text) > 1<<20 {
		c.out.lost[allWords] = true
		return
	}
	for _, w := range word.FindAll(text, -1) {
		c.out.lost[string(w)] = true
	}
}

// join puts files and rosters together: names become ids, and objects become
// facts.
func (l *loader) join(read []fileFacts, rosters []rosterFacts, logins []loginFile) error {
	goal := &plan.Goal{}
	lost, rostersLost := make(map[string]bool), false
	for i, f := range read {
		goal.Inputs = append(goal.Inputs, plan.Input{Path: l.paths[i], SHA256: f.sha256})
		l.report(f.problems...)
		maps.Copy(lost, f.lost)
		rostersLost = rostersLost || f.rostersLost
	}
	for _, r := range rosters {
		for _, f := range r.Inputs {
			goal.Inputs = append(goal.Inputs, plan.Input(f))
		}
		rostersLost = rostersLost || r.broken()
	}
	if rostersLost {
		lost[allWords] = true // whom they would have declared nobody knows
	}
	a := assembly{loader: l, goal: goal, lost: lost, brokenRoster: rostersLost}
	if err := a.assemble(read, rosters); err != nil {
		return err
	}
	a.numbers(read, rosters)
	a.delegations(read)
	a.logins(logins)
	a.guards(read, logins)
	slices.SortFunc(goal.Inputs, func(a, b plan.Input) int { return strings.Compare(a.Path, b.Path) })
	goal.Weights = policy.WeightsOf(goal.Declared())
	goal.Guard, goal.Rulings = guardOf(read), rulingsOf(read)
	for i, f := range l.tree.Problems {
		l.tree.Problems[i].Severity = goal.Weights.Of("", f.Code)
	}
	alone := sync.OnceValue(func() *access.Table { return access.Load(goal.Alone()) })
	pass := policy.Pass{
		Declared: goal.Declared(), Omitted: goal.Initial, Known: a.broken.set, Lost: a.isLost, Goal: goal.Alone(), Days: goal.Days,
		Ruled: a.ruled, AccessRules: goal.AccessRules, FirmOnly: l.opt.FirmOnly,
		Several: len(goal.Installations) > 1, After: alone,
	}
	l.check(goal, policy.Documents, pass)
	a.testNames()
	a.ruleNames()
	a.at, a.installations, a.rostered, a.joined = nil, nil, nil, nil // facts are judged from here on
	if !slices.ContainsFunc(l.tree.Problems, hides) {
		l.check(goal, policy.State, pass)
	}
	l.tree.Problems, l.tree.Silenced = goal.Judge(oncePerDefault(l.tree.Problems))
	goal.Silenced = l.tree.Silenced
	slices.SortStableFunc(l.tree.Problems, comparePlaces)
	if slices.ContainsFunc(l.tree.Problems, hides) {
		return nil
	}
	goal.Findings = l.tree.Problems
	l.tree.Goal, l.tree.alone = goal, alone
	return nil
}

func (l *loader) check(goal *plan.Goal, stage policy.When, pass policy.Pass) {
	for _, f := range policy.Check(stage, pass) {
		l.tree.Problems = append(l.tree.Problems, goal.Locate(f))
	}
}

// hides reports whether a problem may hide what the tree entitles people to, so
// that whatever were said of that would be a mere consequence.
func hides(f plan.Finding) bool {
	r, ok := policy.RuleOf(f.Code)
	return f.Severity == policy.Error && (!ok || r.Firm)
}

// oncePerDefault keeps one of the findings that every line of People has for the
// same default.
func oncePerDefault(findings []plan.Finding) []plan.Finding {
	type mistake struct {
		code, args string
		at         source.Pos
	}
	seen := make(map[mistake]bool)
	return slices.DeleteFunc(findings, func(f plan.Finding) bool {
		if len(f.Pos) < 2 {
			return false
		}
		m := mistake{f.Code + "." + f.Case, strings.Join(f.Args, "\x00"), f.Pos[0]}
		twice := seen[m]
		seen[m] = true
		return twice
	})
}

func comparePlaces(a, b plan.Finding) int {
	return source.Problem{Code: a.Code, Case: a.Case, Args: a.Args, Pos: a.Pos}.Compare(
		source.Problem{Code: b.Code, Case: b.Case, Args: b.Args, Pos: b.Pos})
}

// project finds the one Project of the tree.
func (l *loader) project(read []fileFacts) {
	found := false
	for i, f := range read {
		for n, at := range f.projects {
			switch {
			case l.paths[i] != ProjectFile:
				l.report(source.Problem{Code: "D06", Case: "elsewhere", Pos: []source.Pos{at.pos(l.paths)}})
			case n > 0:
				l.report(source.Problem{Code: "D06", Case: "twice", Pos: []source.Pos{at.pos(l.paths), f.projects[0].pos(l.paths)}})
			default:
				found = true
				if f.project != nil {
					l.tree.Project, l.entries = *f.project, f.rosters
				}
			}
		}
	}
	if !found && !l.tree.Refused() {
		l.report(source.Problem{Code: "D06", Case: "missing", Pos: []source.Pos{{File: ProjectFile, Line: 1, Col: 1}}})
	}
}

// place is a place in a file by its number; 0 is nowhere.
type place struct{ file, line, col int32 }

func (p place) pos(paths []string) source.Pos {
	return source.Pos{File: paths[p.file], Line: int(p.line), Col: int(p.col)}
}

// object is one declared object, or a record inside one, before names are ids.
type object struct {
	kind         *fact.Kind
	name         string
	installation string // as written; "" for the only one
	at           place  // of the name
	instAt       place
	previously   []text
	owner        int // of a record: 1 + the position of its object in the file
	entries      []entry
	broken       bool          // it has problems: only its name and what it names count
	absent       bool          // a person of a roster without a school: as if it were not declared
	row          place         // where a roster speaks of it
	person       *rosterPerson // whose row it is, of a person that no document declares
	key          fact.Key      // once the installation is known
}

// text is a word and its place.
type text struct {
	word string
	at   place
}

// entry is one value of a field.
type entry struct {
	field    *fact.Field
	row      int
	key      string // in a Map
	value    string
	at, also place // also: the line of People for which a default at holds
}
