package plan

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/lupa-dev/lupa/reconcile/access"
	"github.com/lupa-dev/lupa/reconcile/calendar"
	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/order"
	"github.com/lupa-dev/lupa/reconcile/policy"
	"github.com/lupa-dev/lupa/reconcile/target"
	"github.com/lupa-dev/lupa/schema/source"
)

// Format is the version of the plan file that this package writes.
const Format = 1

// Plan is what will be done to a target, and what it was made from. Its JSON
// form is the plan file; the names there are relied on outside.
type Plan struct {
	Format     int          `json:"format"`
	Kind       string       `json:"kind"`    // "plan"
	Version    string       `json:"version"` // of lupa
	Project    string       `json:"project"`
	Target     Target       `json:"target"`
	At         calendar.Day `json:"at"`
	TimeZone   string       `json:"timeZone"`   // in which days begin
	ValidFrom  *time.Time   `json:"validFrom"`  // from here
	ValidUntil *time.Time   `json:"validUntil"` // to before here, time alone changes nothing
	Begins     []Object     `json:"begins"`     // at ValidUntil: documents that come into force
	Ends       []Object     `json:"ends"`       // and that are no longer
	View       fact.Scope   `json:"view"`
	Inputs     []Input      `json:"inputs"`
	BaseDigest fact.Digest  `json:"baseDigest"` // what the target must hold, in view, before
	GoalDigest fact.Digest  `json:"goalDigest"` // and after
	Summary    Summary      `json:"summary"`

	Effect        []Effect         `json:"effect"`                  // on people: gains, the most sensitive right first, then losses
	EffectSummary []Count          `json:"effectSummary,omitempty"` // at serial 0, instead
	Unchanged     []Effect         `json:"unchanged"`               // what stays though something that gave it goes
	Templates     []TemplateEffect `json:"templates"`               // with survey templates

	Changes   []Change     `json:"changes"`
	Steps     []order.Step `json:"-"`
	Drift     []Change     `json:"drift"`          // what changed behind lupa's back
	Unmanaged []Object     `json:"unmanaged"`      // not declared, never lupa's, left alone
	External  []Object     `json:"external"`       // declared as kept elsewhere, left alone
	Adopted   []Object     `json:"adopted"`        // there already as declared, lupa's from now on
	Record    bool         `json:"record"`         // what lupa left there is to be noted anew
	Undo      int64        `json:"undo,omitempty"` // of a plan that goes back: the first entry of the log that it undoes
	Findings  []Finding    `json:"findings"`
	Brakes    []Brake      `json:"brakes"` // what somebody has to confirm before it is applied
	Hash      string       `json:"hash"`   // SHA-256 of the canonical form of all the rest, with an empty Acknowledge

	Acknowledge []string `json:"acknowledge"` // what an apply must be told to pass Brakes, as it is typed

	Titles []Title  `json:"titles"` // of what the effect speaks of
	People []string `json:"people"` // cards that the text speaks of; sorted

	Since *Since `json:"-"` // of a review: what the tree is held against, instead of a target
}

// Target is the target that a plan was made for.
type Target struct {
	Name    string `json:"name"`
	Lineage string `json:"lineage"`
	Serial  int64  `json:"serial"`
}

// Summary counts objects, and findings by severity.
type Summary struct {
	Create    int `json:"create"`
	Update    int `json:"update"`
	Delete    int `json:"delete"`
	Rename    int `json:"rename"`
	Unmanaged int `json:"unmanaged"`
	Gained    int `json:"gained"` // persons
	Lost      int `json:"lost"`   // persons
	Errors    int `json:"errors"`
	Warnings  int `json:"warnings"`
	Silenced  int `json:"silenced,omitempty"` // findings that documents ask not to hear
}

// Changes is how many objects change.
func (s Summary) Changes() int { return s.Create + s.Update + s.Delete + s.Rename }

// Object names an object, as a person does and as facts do.
type Object struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
	ID   string `json:"id"`

	Everywhere []string `json:"everywhere,omitempty"` // unmanaged: lists of schools that mean every school
}

// Change is what happens to one object, as a person sees it.
type Change struct {
	Action     string        `json:"action"` // create, update, delete, rename
	Kind       string        `json:"kind"`
	Name       string        `json:"name"`
	Previously string        `json:"previously,omitempty"` // rename: the old name
	Cause      Cause         `json:"cause,omitempty"`      // create, delete: where not simply intended
	Widens     []string      `json:"widens,omitempty"`     // lists of schools that come to mean every school
	Fields     []FieldChange `json:"fields"`
}

// FieldChange is a field before and after, whole. Values are text, true or
// false, a number, a list of text, or a mapping; nil where there is none. A
// nested record is a field called by its place: sharing[testila].
type FieldChange struct {
	Field  string `json:"field"`
	Before any    `json:"before"`
	After  any    `json:"after"`
	Cause  Cause  `json:"cause,omitempty"`
	Last   any    `json:"last,omitempty"` // conflict: what lupa had left there
}

// Cause tells apart why something changes; it is empty where the documents
// changed and the target did not.
type Cause string

const (
	Drift    Cause = "drift"    // the target changed behind lupa's back and is put right
	Conflict Cause = "conflict" // documents and target both changed, each in its own way
)

// Finding is a rule's finding with the places to look at.
type Finding struct {
	Code     string          `json:"code"`
	Case     string          `json:"case,omitempty"`
	Severity policy.Severity `json:"severity"`
	Args     []string        `json:"args"`
	Pos      []source.Pos    `json:"pos"`
	Subject  string          `json:"subject"` // "UserGroup opettajat"
	Suggest  string          `json:"suggest,omitempty"`
	Message  string          `json:"message"` // in English, for scripts
	Hint     string          `json:"hint,omitempty"`
	Known    bool            `json:"known,omitempty"` // of a review: the base has it too
}

// Outcome is what an apply came to.
type Outcome struct {
	Entry   target.Entry
	Already bool // the plan was applied before: Entry says when
	Since   int  // and so many applies came after it
	Idle    bool // there was nothing to do; Entry is empty
}

// Refused reports whether a finding forbids to apply the plan.
func (p *Plan) Refused() bool { return p.Summary.Errors > 0 }

// Holds reports whether the plan may be applied at an instant: one at which the
// documents say what they said on the day that it was made for.
func (p *Plan) Holds(at time.Time) bool {
	return (p.ValidFrom == nil || !at.Before(*p.ValidFrom)) && (p.ValidUntil == nil || at.Before(*p.ValidUntil))
}

// Empty reports whether the plan changes no object.
func (p *Plan) Empty() bool { return len(p.Steps) == 0 }

// Make plans the way from what a target holds to the goal. Equal goals and
// snapshots make equal plans, byte for byte.
func Make(goal *Goal, targetName, version string, snap fact.Snapshot) *Plan {
	return propose(goal, targetName, version, snap, nil)
}

func propose(goal *Goal, targetName, version string, snap fact.Snapshot, since *Since) *Plan {
	m, renames := begin(goal, snap)
	changes := fact.Diff(m.have, m.want)
	left := m.want
	if len(m.kept) > 0 {
		left = m.want.Where(func(k fact.Key) bool { return !m.kept[fact.Words.Root(k)] })
	}

	p := &Plan{
		Format: Format, Kind: "plan", Version: version, Project: goal.Project, Since: since,
		Target: Target{targetName, snap.Lineage, snap.Serial},
		At:     goal.At, TimeZone: goal.TimeZone, ValidFrom: goal.From, ValidUntil: goal.Until,
		View: goal.View, Inputs: append([]Input{}, goal.Inputs...),
		BaseDigest: snap.Now.Digest(),
		Changes:    m.changes(changes, renames),
		Steps:      order.Steps(renames, m.have, m.want),
		Drift:      m.drift(),
		Unmanaged:  m.everywhere(m.objects(m.unmanaged)), External: m.objects(m.external),
		Adopted: m.adopted(left),
		Record:  !left.Equal(m.last), Undo: goal.Undone,
	}
	if p.GoalDigest = p.BaseDigest; !p.Empty() {
		p.GoalDigest = m.want.Digest()
	}
	found, silenced := goal.Judge(m.findings(changes, snap))
	p.Findings = append(append([]Finding{}, goal.Findings...), found...)
	for i, f := range p.Findings {
		if goal.Say.Finding != nil {
			p.Findings[i] = goal.Say.Finding(f)
		}
	}
	p.Begins, p.Ends = m.objects(goal.Begins), m.objects(goal.Ends)
	p.Summary = summarize(p)
	p.Summary.Silenced = goal.Silenced + silenced
	var passed []Finding
	p.Brakes, passed = m.brakes(snap.Serial == 0, changes, m.effect(p))
	p.Findings = append(p.Findings, passed...)
	p.Summary.Warnings += len(passed)
	p.Titles, p.People = m.titles(p), m.people(p)
	p.Hash = p.seal()
	p.Acknowledge = p.acknowledgements()
	return p
}

// begin holds a goal against a snapshot: renames are made, and what is nobody's to
// change is copied into what the target is to hold.
func begin(goal *Goal, snap fact.Snapshot) (*maker, []order.Step) {
	m := &maker{goal: goal, have: snap.Now, last: snap.Last, beyond: snap.Beyond}
	renames := m.renames()
	if len(goal.View.Ignore) > 0 {
		m.last = m.last.Where(goal.View.Sees)
	}
	aligned := fact.Align(m.have, m.last, goal.Facts)
	m.have, m.last, m.declared = aligned[0], aligned[1], aligned[2]
	m.keep()
	m.several = m.severalInstallations()
	m.tableBefore = sync.OnceValue(func() *access.Table { return access.Load(m.before()) })
	m.tableAfter = sync.OnceValue(func() *access.Table { return access.Load(m.after()) })
	m.compared = sync.OnceValue(func() *access.Effect { return access.Compare(m.tableBefore(), m.tableAfter()) })
	return m, renames
}

func summarize(p *Plan) Summary {
	s := Summary{Unmanaged: len(p.Unmanaged)}
	for _, c := range p.Changes {
		switch order.Action(c.Action) {
		case order.Create:
			s.Create++
		case order.Update:
			s.Update++
		case order.Delete:
			s.Delete++
		case order.Rename:
			s.Rename++
		}
	}
	for _, f := range p.Findings {
		switch f.Severity {
		case policy.Error:
			s.Errors++
		case policy.Warning:
			s.Warnings++
		}
	}
	return s
}

// maker is a plan in the making.
type maker struct {
	goal   *Goal
	have   fact.Set // what the target holds, under the new names
	last   fact.Set // what lupa left there, in view, under the new names
	beyond fact.Set // what the target holds out of view, under the new names
	want   fact.Set // what it is to hold

	declared fact.Set // the goal's facts

	renamed   []fact.Key
	kept      map[fact.Key]bool // objects that are not lupa's
	unmanaged []fact.Key
	external  []fact.Key
	left      []policy.Finding // values of the target that are not kept

	several bool // installations: names are told with theirs

	tableBefore, tableAfter func() *access.Table // who may do what, loaded where it is asked for
	compared                func() *access.Effect
}

// drift is what happened to lupa's objects since it left them.
func (m *maker) drift() []Change {
	ours := slices.DeleteFunc(fact.Diff(m.last, m.have), func(c fact.Change) bool {
		return !m.last.Has(fact.Words.Root(c.Key))
	})
	d := maker{goal: m.goal, have: m.last, want: m.have, last: m.last, several: m.several}
	return d.changes(ours, nil)
}

// adopted are the objects that are there already and become lupa's.
func (m *maker) adopted(left fact.Set) []Object {
	var keys []fact.Key
	for key := range left.Without(m.last).Objects() {
		if fact.Words.Root(key) == key && m.have.Has(key) {
			keys = append(keys, key)
		}
	}
	return m.objects(keys)
}

// everywhere marks the objects that reach every school.
func (m *maker) everywhere(objects []Object) []Object {
	for i, o := range objects {
		objects[i].Everywhere = policy.Widens(fact.Set{}, m.have.Object(fact.Key{Kind: o.Kind, ID: o.ID}))
	}
	return objects
}

func (m *maker) objects(keys []fact.Key) []Object {
	objects := make([]Object, 0, len(keys))
	for _, key := range keys {
		objects = append(objects, Object{Kind: key.Kind, Name: m.name(key.ID), ID: key.ID})
	}
	return objects
}

func (m *maker) name(id string) string { return fact.Called(id, m.several) }

// severalInstallations reports whether the plan speaks of more than one.
func (m *maker) severalInstallations() bool {
	seen := make(map[string]bool)
	for _, s := range []fact.Set{m.want, m.have, m.last} {
		for key := range s.Kind("Installation").Objects() {
			seen[key.ID] = true
		}
	}
	for _, key := range slices.Concat(m.unmanaged, m.external) {
		seen[key.Installation()] = true
	}
	return len(seen) > 1
}

func (m *maker) findings(changes []fact.Change, snap fact.Snapshot) []Finding {
	var out []Finding
	for _, f := range slices.Concat(m.left, policy.Check(policy.Plan, policy.Pass{
		Declared: m.goal.Facts, Goal: m.want, Days: m.goal.Days, Several: m.several,
		Have: m.have, Last: m.last, Beyond: m.beyond, Changes: changes, Renamed: m.renamed, First: snap.Serial == 0, Actors: m.actors(),
		Before: m.tableBefore, After: m.tableAfter, Effect: m.compared,
		Guard: m.goal.Guard, Bare: m.goal.bare(),
		Author: m.goal.author(), Delegations: m.goal.Delegations, Written: m.goal.written,
	})) {
		located := m.goal.Locate(f)
		located.Subject = f.Subject.Kind + " " + m.name(f.Subject.ID)
		out = append(out, located)
	}
	return out
}

// actors are the persons in whose name changes are made, by installation: whom the
// Goal names, else whom the Policy does.
func (m *maker) actors() map[string]string {
	actors := make(map[string]string)
	for key, o := range m.declared.Kind("Policy").Objects() {
		if actor := o.Value("actor"); actor != "" {
			actors[key.Installation()] = actor
		}
	}
	if m.goal.Actor == "" {
		return actors
	}
	for _, inst := range m.goal.Installations {
		if own, name, ok := strings.Cut(m.goal.Actor, ":"); !ok {
			actors[inst] = fact.ID(inst, m.goal.Actor)
		} else if own == inst {
			actors[inst] = fact.ID(inst, name)
		}
	}
	return actors
}

// Locate joins a finding with the places of its facts.
func (g *Goal) Locate(f policy.Finding) Finding {
	out := Finding{Code: f.Code, Case: f.Case, Severity: cmp.Or(f.Severity, g.Weights.Of(f.Subject.Installation(), f.Code)), Args: append([]string{}, f.Args...), Suggest: f.Suggest,
		Subject: f.Subject.Kind + " " + fact.Called(f.Subject.ID, len(g.Installations) > 1), Pos: []source.Pos{}}
	if g.Origin != nil {
		for _, from := range f.Facts {
			out.Pos = append(out.Pos, g.Origin(from)...)
		}
	}
	return out
}
