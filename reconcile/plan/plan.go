package plan

import (
	"slices"
	"strconv"
	"strings"

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
	Format     int           `json:"format"`
	Kind       string        `json:"kind"`    // "plan"
	Version    string        `json:"version"` // of lupa
	Project    string        `json:"project"`
	Target     Target        `json:"target"`
	At         calendar.Day  `json:"at"`
	TimeZone   string        `json:"timeZone"`   // in which days begin
	ValidFrom  *calendar.Day `json:"validFrom"`  // on the days from here
	ValidUntil *calendar.Day `json:"validUntil"` // to the day before here, time alone changes nothing
	View       fact.Scope    `json:"view"`
	Inputs     []Input       `json:"inputs"`
	BaseDigest fact.Digest   `json:"baseDigest"` // what the target must hold, in view, before
	GoalDigest fact.Digest   `json:"goalDigest"` // and after
	Summary    Summary       `json:"summary"`
	Changes    []Change      `json:"changes"`
	Steps      []order.Step  `json:"-"`
	Drift      []Change      `json:"drift"`     // what changed behind lupa's back
	Unmanaged  []Object      `json:"unmanaged"` // not declared, never lupa's, left alone
	External   []Object      `json:"external"`  // declared as kept elsewhere, left alone
	Adopted    []Object      `json:"adopted"`   // there already as declared, lupa's from now on
	Record     bool          `json:"record"`    // what lupa left there is to be noted anew
	Findings   []Finding     `json:"findings"`
	Hash       string        `json:"hash"` // SHA-256 of the canonical form of all the rest
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
	Errors    int `json:"errors"`
	Warnings  int `json:"warnings"`
}

// Object names an object, as a person does and as facts do.
type Object struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
	ID   string `json:"id"`
}

// Change is what happens to one object, as a person sees it.
type Change struct {
	Action     string        `json:"action"` // create, update, delete, rename
	Kind       string        `json:"kind"`
	Name       string        `json:"name"`
	Previously string        `json:"previously,omitempty"` // rename: the old name
	Cause      Cause         `json:"cause,omitempty"`      // create, delete: where not simply intended
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
}

// Outcome is what an apply came to.
type Outcome struct {
	Entry   target.Entry
	Already bool // the plan was applied before: Entry says when
	Idle    bool // there was nothing to do; Entry is empty
}

// Refused reports whether a finding forbids to apply the plan.
func (p *Plan) Refused() bool { return p.Summary.Errors > 0 }

// Holds reports whether the plan may be applied on a day: one on which the
// documents say what they said on the day that it was made for.
func (p *Plan) Holds(day calendar.Day) bool {
	return calendar.Span{From: p.ValidFrom, To: p.ValidUntil}.Holds(day)
}

// Empty reports whether the plan changes no object.
func (p *Plan) Empty() bool { return len(p.Steps) == 0 }

// Make plans the way from what a target holds to the goal. Equal goals and
// snapshots make equal plans, byte for byte.
func Make(goal *Goal, targetName, version string, snap fact.Snapshot) *Plan {
	m := maker{goal: goal, have: snap.Now, last: snap.Last, beyond: snap.Beyond}
	renames := m.renames()
	if len(goal.View.Ignore) > 0 {
		m.last = m.last.Where(goal.View.Sees)
	}
	aligned := fact.Align(m.have, m.last, goal.Facts)
	m.have, m.last, m.declared = aligned[0], aligned[1], aligned[2]
	m.keep()
	changes := fact.Diff(m.have, m.want)
	left := m.want
	if len(m.kept) > 0 {
		left = m.want.Where(func(k fact.Key) bool { return !m.kept[fact.Words.Root(k)] })
	}

	p := &Plan{
		Format: Format, Kind: "plan", Version: version, Project: goal.Project,
		Target: Target{targetName, snap.Lineage, snap.Serial},
		At:     goal.At, TimeZone: goal.TimeZone, ValidFrom: goal.Steady.From, ValidUntil: goal.Steady.To,
		View: goal.View, Inputs: append([]Input{}, goal.Inputs...),
		BaseDigest: snap.Now.Digest(),
		Changes:    m.changes(changes, renames),
		Steps:      order.Steps(renames, changes),
		Drift:      m.drift(),
		Unmanaged:  m.objects(m.unmanaged), External: m.objects(m.external),
		Adopted: m.adopted(left),
		Record:  !left.Equal(m.last),
	}
	if p.GoalDigest = p.BaseDigest; !p.Empty() {
		p.GoalDigest = m.want.Digest()
	}
	p.Findings = append(append([]Finding{}, goal.Findings...), m.findings(changes)...)
	p.Summary = summarize(p)
	p.Hash = p.seal()
	return p
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

	kept      map[fact.Key]bool // objects that are not lupa's
	unmanaged []fact.Key
	external  []fact.Key
	left      []policy.Finding // values of the target that are not kept
}

// renames are the renames that the target needs: those of objects that it knows
// by an old name only. What is not in force takes nobody's place. Afterwards
// everything goes by the new names. The name of an installation is part of all
// others, so it comes first.
func (m *maker) renames() []order.Step {
	var steps []order.Step
	for _, installations := range []bool{true, false} {
		ids := make(map[fact.Key]string)
		for _, r := range m.goal.Renames {
			if (r.Key.Kind == "Installation") != installations || m.have.Has(r.Key) || m.goal.Dormant.Has(r.Key) {
				continue
			}
			if from, ok := m.oldName(r); ok {
				ids[fact.Key{Kind: r.Key.Kind, ID: from}] = r.Key.ID
				steps = append(steps, order.Step{Action: order.Rename, Key: r.Key, From: from})
			}
		}
		m.have, m.last, m.beyond = fact.Words.Rename(m.have, ids), fact.Words.Rename(m.last, ids), fact.Words.Rename(m.beyond, ids)
	}
	return steps
}

// oldName is the latest old name under which the target has an object. What is
// kept elsewhere is not lupa's to rename, but for a stub.
func (m *maker) oldName(r Renaming) (string, bool) {
	external := slices.Contains(m.goal.External, r.Key)
	for _, from := range slices.Backward(r.From) {
		if old := (fact.Key{Kind: r.Key.Kind, ID: from}); m.have.Has(old) && (!external || m.isStub(old)) {
			return from, true
		}
	}
	return "", false
}

// keep completes the goal with what stays as the target has it, so that no
// later stage knows a difference between managed and unmanaged.
func (m *maker) keep() {
	m.kept = make(map[fact.Key]bool)
	external := make(map[fact.Key]bool, len(m.goal.External))
	for _, key := range m.goal.External {
		external[key] = true
	}
	for _, r := range m.goal.Renames {
		if external[r.Key] {
			for _, from := range r.From {
				external[fact.Key{Kind: r.Key.Kind, ID: from}] = true
			}
		}
	}
	var stays fact.Builder
	for key, object := range m.have.Without(m.declared).Objects() {
		root := fact.Words.Root(key)
		switch {
		case external[root]:
			if m.kept[root] || !m.isStub(root) {
				m.keepObject(root, &m.external)
				stays.AddSet(object)
			}
		case m.declared.Has(root) || m.goal.Dormant.Has(root):
			// Declared, and so ours whole: what is not declared of it goes.
		case m.last.Has(root) || slices.Contains(m.goal.Authoritative, root.Kind):
			// No longer declared, and ours: it goes.
		default:
			m.keepObject(root, &m.unmanaged)
			stays.AddSet(object)
		}
	}
	m.addStubs(&stays)
	m.addOmitted(&stays)
	m.want = m.declared.Plus(stays.Set())
}

func (m *maker) keepObject(root fact.Key, in *[]fact.Key) {
	if !m.kept[root] {
		m.kept[root] = true
		*in = append(*in, root)
	}
}

// isStub reports whether the target's object is a stub that lupa put there for
// something that is kept elsewhere.
func (m *maker) isStub(key fact.Key) bool {
	return m.last.Has(key) && m.have.Object(key).Value("external") != ""
}

// addStubs adds a stub for each object that is kept elsewhere and that the
// target does not hold, so that it can be named.
func (m *maker) addStubs(to *fact.Builder) {
	for _, key := range m.goal.External {
		if !m.kept[key] {
			to.AddSet(m.goal.Initial.Object(key))
		}
	}
}

// addOmitted adds the fields that documents leave to the target: with its
// values where it has any, else with those that they begin with.
func (m *maker) addOmitted(to *fact.Builder) {
	for _, k := range fact.Words.Kinds {
		for i := range k.Fields {
			f := &k.Fields[i]
			if f.Initial == "" {
				continue
			}
			for key, object := range m.declared.Kind(k.Name).Objects() {
				if object.Field(f.Name).Len() > 0 {
					continue
				}
				if now := m.have.Object(key).Field(f.Name); now.Len() > 0 {
					m.keepValues(f, now, to)
				} else {
					to.AddSet(m.goal.Initial.Object(key).Field(f.Name))
				}
			}
		}
	}
}

// keepValues keeps the target's values of an omitted field. Of a lenient field,
// those that name somebody who leaves are left out (W23).
func (m *maker) keepValues(f *fact.Field, values fact.Set, to *fact.Builder) {
	for _, v := range values.All() {
		named := fact.Key{Kind: f.Ref, ID: v.Value}
		if !f.Lenient || m.declared.Has(named) || m.kept[named] || m.goal.Initial.Has(named) {
			to.Add(v)
			continue
		}
		m.left = append(m.left, policy.Finding{Code: "W23", Case: f.Name, Args: []string{named.Name()}, Subject: v.Key, Facts: []fact.Fact{v}})
	}
}

// drift is what happened to lupa's objects since it left them.
func (m *maker) drift() []Change {
	ours := slices.DeleteFunc(fact.Diff(m.last, m.have), func(c fact.Change) bool {
		return !m.last.Has(fact.Words.Root(c.Key))
	})
	d := maker{goal: m.goal, have: m.last, want: m.have, last: m.last}
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

func (m *maker) objects(keys []fact.Key) []Object {
	objects := make([]Object, 0, len(keys))
	for _, key := range keys {
		objects = append(objects, Object{key.Kind, m.name(key.ID), key.ID})
	}
	return objects
}

// name is what a person calls an object: with its installation where there are
// several.
func (m *maker) name(id string) string {
	inst, name, ok := strings.Cut(id, "/")
	if !ok || len(m.goal.Installations) < 2 {
		return fact.Name(id)
	}
	return inst + ":" + name
}

func (m *maker) findings(changes []fact.Change) []Finding {
	var out []Finding
	for _, f := range slices.Concat(m.left, policy.Check(policy.Plan, policy.Pass{
		Declared: m.goal.Facts, Goal: m.want, Have: m.have, Beyond: m.beyond, Changes: changes,
	})) {
		out = append(out, m.goal.Locate(f))
	}
	return out
}

// Locate joins a finding with the places of its facts.
func (g *Goal) Locate(f policy.Finding) Finding {
	out := Finding{Code: f.Code, Case: f.Case, Severity: policy.SeverityOf(f.Code), Args: append([]string{}, f.Args...), Suggest: f.Suggest,
		Subject: f.Subject.Kind + " " + f.Subject.Name(), Pos: []source.Pos{}}
	if g.Origin != nil {
		for _, from := range f.Facts {
			out.Pos = append(out.Pos, g.Origin(from)...)
		}
	}
	return out
}

// changes gathers changes of facts by the object that a person sees.
func (m *maker) changes(all []fact.Change, renames []order.Step) []Change {
	byRoot := make(map[fact.Key][]fact.Change, len(all))
	var roots []fact.Key
	for _, c := range all {
		root := fact.Words.Root(c.Key)
		if byRoot[root] == nil {
			roots = append(roots, root)
		}
		byRoot[root] = append(byRoot[root], c)
	}
	from := make(map[fact.Key]string)
	for _, st := range renames {
		from[st.Key] = st.From
		if byRoot[st.Key] == nil {
			roots = append(roots, st.Key)
		}
	}
	place := kindOrder()
	slices.SortFunc(roots, func(a, b fact.Key) int {
		if a.Kind != b.Kind {
			return place[a.Kind] - place[b.Kind]
		}
		return a.Compare(b)
	})
	out := make([]Change, 0, len(roots))
	for _, root := range roots {
		c := m.change(root, byRoot[root])
		if old, ok := from[root]; ok {
			c.Action, c.Previously = string(order.Rename), fact.Name(old)
		}
		out = append(out, c)
	}
	return out
}

func kindOrder() map[string]int {
	place := make(map[string]int, len(fact.Words.Kinds))
	for i, k := range fact.Words.Kinds {
		place[k.Name] = i
	}
	return place
}

// change is one object's change, field by field, nested records after fields.
func (m *maker) change(root fact.Key, parts []fact.Change) Change {
	have, want, last := m.around(root, parts)
	c := Change{Action: string(order.Update), Kind: root.Kind, Name: m.name(root.ID), Fields: []FieldChange{}}
	switch {
	case have.Len() == 0:
		c.Action = string(order.Create)
		c.Cause = cause(last, have, want)
	case want.Len() == 0:
		c.Action = string(order.Delete)
		if last.Len() > 0 && !last.Equal(have) {
			c.Cause = Conflict
		}
	}
	for i := range fact.Words.Kind(root.Kind).Fields {
		f := &fact.Words.Kind(root.Kind).Fields[i]
		was, is, left := have.Field(f.Name), want.Field(f.Name), last.Field(f.Name)
		if was.Equal(is) {
			continue
		}
		fc := FieldChange{Field: f.Name, Before: value(was, f), After: value(is, f)}
		if c.Action == string(order.Update) && last.Len() > 0 {
			if fc.Cause = cause(left, was, is); fc.Cause == Conflict {
				fc.Last = value(left, f)
			}
		}
		c.Fields = append(c.Fields, fc)
	}
	for _, part := range parts {
		if part.Key != root {
			c.Fields = append(c.Fields, m.record(part.Key))
		}
	}
	return c
}

// around is the object before, after, and as lupa left it. An object that comes
// or goes is its change.
func (m *maker) around(root fact.Key, parts []fact.Change) (have, want, last fact.Set) {
	for _, part := range parts {
		if part.Key == root && (whole(part.Add) || whole(part.Del)) {
			return part.Del, part.Add, m.last.Object(root)
		}
	}
	return m.have.Object(root), m.want.Object(root), m.last.Object(root)
}

// whole reports whether a change's facts are all of an object.
func whole(s fact.Set) bool { return s.Len() > 0 && s.At(0).Field == "" }

// record is the change of a nested record, as one field of its parent.
func (m *maker) record(key fact.Key) FieldChange {
	kind := fact.Words.Kind(key.Kind)
	_, own := fact.SplitNested(key.ID)
	have, want, last := m.have.Object(key), m.want.Object(key), m.last.Object(key)
	fc := FieldChange{Field: kind.In + "[" + own + "]", Before: recordValue(have, kind), After: recordValue(want, kind)}
	if m.last.Has(fact.Words.Root(key)) {
		if fc.Cause = cause(last, have, want); fc.Cause == Conflict {
			fc.Last = recordValue(last, kind)
		}
	}
	return fc
}

// cause tells why something goes from have to want, when lupa had left last.
func cause(last, have, want fact.Set) Cause {
	switch {
	case last.Equal(have):
		return ""
	case last.Equal(want):
		return Drift
	}
	return Conflict
}

// value is what a field holds, as JSON has it.
func value(s fact.Set, f *fact.Field) any {
	if s.Len() == 0 {
		if f.Type == fact.Flag {
			return false
		}
		return nil
	}
	var texts []string
	for _, f2 := range s.All() {
		text := f2.Value
		if f.Type == fact.Ref && f.Shape != fact.Map {
			text = fact.Name(text)
		}
		texts = append(texts, text)
	}
	switch {
	case f.Shape == fact.Map:
		m := make(map[string]any, len(texts))
		for _, text := range texts {
			k, v := fact.SplitMap(text)
			if f.KeyRef != "" {
				k = fact.Name(k)
			}
			if f.Ref != "" {
				v = fact.Name(v)
			}
			m[k] = v
		}
		return m
	case f.Shape != fact.One:
		return texts
	case f.Type == fact.Flag:
		return true
	case f.Type == fact.Count:
		if n, err := strconv.ParseInt(texts[0], 10, 64); err == nil {
			return n
		}
	}
	return texts[0]
}

func recordValue(object fact.Set, kind *fact.Kind) any {
	if object.Len() == 0 {
		return nil
	}
	m := make(map[string]any)
	for i := range kind.Fields {
		f := &kind.Fields[i]
		if s := object.Field(f.Name); s.Len() > 0 && f.Name != kind.Key {
			m[f.Name] = value(s, f)
		}
	}
	return m
}
