package reconcile_test

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lupa-dev/lupa/reconcile"
	"github.com/lupa-dev/lupa/reconcile/config"
	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/reconcile/policy"
	"github.com/lupa-dev/lupa/reconcile/target"
	"github.com/lupa-dev/lupa/reconcile/target/sqldb"
)

// TestReplay takes real histories of permissions through the engine: every
// version becomes a tree, the tree a plan, and the plan the state of an SQLite
// target, forwards, backwards and in random jumps. What a plan counts, and what
// the target holds afterwards, is held to what the version says.
func TestReplay(t *testing.T) {
	dir := os.Getenv("LUPA_TESTDATA")
	if dir == "" {
		t.Skip("skipped: LUPA_TESTDATA names no directory of real data")
	}
	collected := debug.SetGCPercent(300) // as lupa has it
	t.Cleanup(func() { debug.SetGCPercent(collected) })
	for _, name := range []string{"knative", "tektoncd", "kubeflow", "jenkins"} {
		t.Run(name, func(t *testing.T) {
			if testing.Short() && name == "jenkins" {
				t.Skip("skipped: -short, and it has two thousand people")
			}
			t.Parallel()
			h := readHistory(t, filepath.Join(dir, "org-as-code", name+".jsonl.gz"))
			r := newReplay(t)
			way, back := h.sample(), 3
			if os.Getenv("LUPA_TORTURE") != "" {
				way, back = nil, 1
				for i := range h {
					way = append(way, i)
				}
			}
			at := reader{t: t, history: h}
			start := time.Now()
			lap := func(name string, steps int) {
				t.Logf("%s: %d of %d versions in %s", name, steps, len(h), time.Since(start).Round(time.Second/10))
				start = time.Now()
			}
			for _, i := range way {
				r.to(at.version(i))
			}
			lap("forwards", len(way))
			steps := 0
			for i := len(way) - 1; i >= 0; i -= back {
				r.to(at.version(way[i]))
				steps++
			}
			lap("backwards", steps)
			jumps := rand.New(rand.NewSource(1))
			for range 6 {
				r.to(at.version(jumps.Intn(len(h))))
			}
			lap("jumps", 6)
			t.Logf("%d objects created, %d changed, %d removed; %d rights gained or lost", r.created, r.updated, r.deleted, r.effects)
			if r.effects == 0 {
				t.Error("nobody gained or lost anything")
			}
		})
	}
}

// history is what a repository changed at each commit, oldest first; the first
// adds everything.
type history []change

type change struct {
	Version  struct{ Date string }
	Add, Del [][]string
}

// UnmarshalJSON is needed as no tag can say that a member is called "-".
func (c *change) UnmarshalJSON(data []byte) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil {
		return err
	}
	for name, into := range map[string]any{"version": &c.Version, "+": &c.Add, "-": &c.Del} {
		if err := json.Unmarshal(members[name], into); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// version is what a repository says at one commit.
type version struct {
	date  string
	facts [][]string
}

func readHistory(t *testing.T, path string) history {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	unzipped, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var h history
	for in := json.NewDecoder(unzipped); ; {
		h = slices.Grow(h, 1)[:len(h)+1]
		if err := in.Decode(&h[len(h)-1]); err == io.EOF {
			h = h[:len(h)-1]
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if len(h) < 100 {
		t.Fatalf("%d versions", len(h))
	}
	return h
}

// reader walks along a history, one change after the other in both directions.
type reader struct {
	t       *testing.T
	history history
	read    int                 // how many changes are behind it
	now     map[string][]string // the facts that they leave
}

// version is the version of a position.
func (r *reader) version(i int) version {
	r.t.Helper()
	if r.now == nil {
		r.now = make(map[string][]string)
	}
	for ; r.read <= i; r.read++ {
		r.take(r.history[r.read].Del, r.history[r.read].Add)
	}
	for ; r.read > i+1; r.read-- {
		r.take(r.history[r.read-1].Add, r.history[r.read-1].Del)
	}
	v := version{date: r.history[i].Version.Date}
	for _, key := range slices.Sorted(maps.Keys(r.now)) {
		v.facts = append(v.facts, r.now[key])
	}
	return v
}

// take takes facts away and puts others in. A history in which that is not
// possible would be another on the way back.
func (r *reader) take(away, in [][]string) {
	r.t.Helper()
	for _, f := range away {
		key := strings.Join(f, "\x00")
		if r.now[key] == nil {
			r.t.Fatalf("%q is not there to be taken away", f)
		}
		delete(r.now, key)
	}
	for _, f := range in {
		key := strings.Join(f, "\x00")
		if r.now[key] != nil {
			r.t.Fatalf("%q is there twice", f)
		}
		r.now[key] = f
	}
}

// sample is the positions of some versions from all over a history, and of those
// on both sides of its largest changes and of each that made or ended an
// organisation.
func (h history) sample() []int {
	wanted := map[int]bool{0: true, len(h) - 1: true}
	for i := range 16 {
		wanted[i*len(h)/16] = true
	}
	size := func(i int) int { return len(h[i].Add) + len(h[i].Del) }
	bySize := make([]int, 0, len(h))
	for i := 1; i < len(h); i++ {
		bySize = append(bySize, i)
		if slices.ContainsFunc(slices.Concat(h[i].Add, h[i].Del), func(f []string) bool { return f[0] == "org" }) {
			wanted[i-1], wanted[i] = true, true
		}
	}
	slices.SortFunc(bySize, func(a, b int) int { return size(b) - size(a) })
	for _, i := range bySize[:3] {
		wanted[i-1], wanted[i] = true, true
	}
	return slices.Sorted(maps.Keys(wanted))
}

// An organisation is a set of objects by kind and name, each a sorted set of
// lines "field value". It is made of a version, and of what a target holds.
type organisation map[string]map[string]bool

func (o organisation) say(kind, name string, lines ...string) {
	object := o[kind+" "+name]
	if object == nil {
		object = make(map[string]bool)
		o[kind+" "+name] = object
	}
	for _, line := range lines {
		object[line] = true
	}
}

// told is an object in one text.
func (o organisation) told() map[string]string {
	told := make(map[string]string, len(o))
	for name, lines := range o {
		told[name] = strings.Join(slices.Sorted(maps.Keys(lines)), "\n")
	}
	return told
}

// original is the beginning of the line that keeps an object's key as it was
// outside.
const original = "externalIds source="

var levels = []string{"none", "read", "triage", "write", "maintain", "admin"}

// organisationOf is what a version means for lupa: organisations are schools,
// teams are groups, logins are staff with the schools in which they have
// anything, grants are rights, and grants to one login are its override. Of keys
// from outside, which are escaped, the original stays in externalIds.
func organisationOf(v version) organisation {
	o := make(organisation)
	esc := fact.Escape
	login := func(org, name string, lines ...string) {
		o.say("Person", esc(name), append(lines, original+name, "kind staff", "schools "+esc(org))...)
	}
	group := func(name string, lines ...string) {
		o.say("UserGroup", esc(name), append(lines, original+name)...)
	}
	o.say("Installation", "replay", "system inschool", "multiPrimus true")
	o.say("RightsCatalogue", "replay")
	for _, f := range v.facts {
		switch f[0] {
		case "org":
			o.say("School", esc(f[1]), original+f[1], "wilma.enabled true") // which is the default
		case "group":
			group(f[1] + "/" + f[2])
		case "role":
			login(f[1], f[2])
		case "member":
			login(f[1], f[3], "groups "+esc(f[1]+"/"+f[2]))
		case "grant":
			family := esc(f[1]) + "." + esc(f[4])
			right := family + "." + f[5]
			o.say("RightsCatalogue", "replay", fmt.Sprintf("right %s family %s rank %d", right, family, slices.Index(levels, f[5])))
			if f[2] == "group" {
				group(f[1]+"/"+f[3], "wilma "+right)
			} else {
				login(f[1], f[3])
				o.say("PersonOverride", esc(f[3]), "person "+esc(f[3]), "grant "+right)
			}
		}
	}
	return o
}

// organisationIn is what a target holds.
func organisationIn(s fact.Set) organisation {
	o := make(organisation)
	for key, object := range s.Objects() {
		if key.Kind == "Right" {
			o.say("RightsCatalogue", "replay", fmt.Sprintf("right %s family %s rank %s", object.Value("key"), object.Value("family"), object.Value("rank")))
			continue
		}
		o.say(key.Kind, key.Name())
		for _, f := range object.All() {
			switch f.Field {
			case "", "timeZone":
			case "schools", "groups", "person":
				o.say(key.Kind, key.Name(), f.Field+" "+fact.Name(f.Value))
			default:
				o.say(key.Kind, key.Name(), f.Field+" "+f.Value)
			}
		}
	}
	return o
}

// tree writes an organisation as documents, in JSON, which is YAML too. People
// are lines of one document. Objects that had another name say which.
func (o organisation) tree(t *testing.T, previously map[string]string) fstest.MapFS {
	t.Helper()
	docs := map[string][]string{"lupa.yaml": {document(t, "Project", "replay", nil, nil)}}
	var people []any
	for _, key := range slices.Sorted(maps.Keys(o)) {
		kind, name, _ := strings.Cut(key, " ")
		meta, spec := o.document(key)
		if old, ok := previously[key]; ok {
			meta["previously"] = []string{old}
		}
		if kind == "Person" {
			spec["name"] = name
			maps.Copy(spec, meta)
			people = append(people, spec)
			continue
		}
		file := strings.ToLower(kind) + "s.yaml"
		docs[file] = append(docs[file], document(t, kind, name, meta, spec))
	}
	if len(people) > 0 {
		docs["people.yaml"] = []string{document(t, "People", "all", nil, map[string]any{"defaults": map[string]any{"kind": "staff"}, "people": people})}
	}
	files := make(fstest.MapFS)
	for name, all := range docs {
		files[name] = &fstest.MapFile{Data: []byte(strings.Join(all, "---\n")), Mode: 0o644}
	}
	return files
}

// document is what an object's document says besides its name.
func (o organisation) document(key string) (meta, spec map[string]any) {
	meta, spec = make(map[string]any), make(map[string]any)
	if strings.HasPrefix(key, "RightsCatalogue ") {
		spec["rights"] = []any{}
	}
	for _, line := range slices.Sorted(maps.Keys(o[key])) {
		if key, ok := strings.CutPrefix(line, original); ok {
			meta["externalIds"] = map[string]string{"source": key}
			continue
		}
		words := strings.Fields(line)
		switch words[0] {
		case "right":
			rank := slices.Index(levels, words[1][strings.LastIndexByte(words[1], '.')+1:])
			spec["rights"] = append(spec["rights"].([]any), map[string]any{"key": words[1], "family": words[3], "rank": rank})
		case "schools", "groups", "wilma", "grant":
			list, _ := spec[words[0]].([]string)
			spec[words[0]] = append(list, words[1])
		case "multiPrimus":
			spec[words[0]] = true
		case "wilma.enabled":
		case "kind": // is the default for people
		default:
			spec[words[0]] = words[1]
		}
	}
	return meta, spec
}

func document(t *testing.T, kind, name string, meta, spec map[string]any) string {
	t.Helper()
	metadata := map[string]any{"name": name}
	maps.Copy(metadata, meta)
	doc := map[string]any{"apiVersion": "lupa/v1", "kind": kind, "metadata": metadata}
	if len(spec) > 0 {
		doc["spec"] = spec
	}
	text, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return string(text) + "\n"
}

// replay is a target on its way through a history.
type replay struct {
	t                         *testing.T
	db                        *sqldb.DB
	date                      string // of the version that it is brought to
	now                       map[string]string
	before                    *plan.Goal // that was applied last
	holds                     holdings
	created, updated, deleted int
	effects                   int // rights gained and lost
}

// holdings are what everybody may do: by person, "right school".
type holdings map[string]map[string]bool

// holds is read off an organisation without the engine: the rights of groups, and
// of the own override, in each of the person's schools.
func (o organisation) holds() holdings {
	values := func(key, field string) []string {
		var list []string
		for line := range o[key] {
			if value, ok := strings.CutPrefix(line, field+" "); ok {
				list = append(list, value)
			}
		}
		return list
	}
	h := make(holdings)
	for key := range o {
		name, ok := strings.CutPrefix(key, "Person ")
		if !ok {
			continue
		}
		rights := values("PersonOverride "+name, "grant")
		for _, group := range values(key, "groups") {
			rights = append(rights, values("UserGroup "+group, "wilma")...)
		}
		h[name] = make(map[string]bool)
		for _, school := range values(key, "schools") {
			for _, right := range rights {
				h[name][right+" "+school] = true
			}
		}
	}
	return h
}

// effectBetween is what is gained and lost, and by how many; a right of whose
// family one keeps another, or had one that ranks as high, is a change of level.
func effectBetween(before, after holdings) (effect map[string]bool, gained, lost int) {
	effect = make(map[string]bool)
	one := func(name, sign string, had, has map[string]bool, level func(held, right int) bool) (counts bool) {
		for what := range has {
			if had[what] {
				continue
			}
			effect[name+" "+sign+what] = true
			right, school, _ := strings.Cut(what, " ")
			dot := strings.LastIndexByte(right, '.')
			sameFamily := false
			for rank, l := range levels {
				sameFamily = sameFamily || had[right[:dot+1]+l+" "+school] && level(rank, slices.Index(levels, right[dot+1:]))
			}
			counts = counts || !sameFamily
		}
		return counts
	}
	for name := range maps.Collect(func(yield func(string, bool) bool) {
		for _, h := range []holdings{before, after} {
			for name := range h {
				if !yield(name, true) {
					return
				}
			}
		}
	}) {
		if one(name, "+", before[name], after[name], func(held, right int) bool { return held >= right }) {
			gained++
		}
		if one(name, "-", after[name], before[name], func(int, int) bool { return true }) {
			lost++
		}
	}
	return effect, gained, lost
}

// effectOf is what a plan says of it, right by right; nothing twice.
func effectOf(t *testing.T, p *plan.Plan) map[string]bool {
	t.Helper()
	effect := make(map[string]bool)
	for _, e := range p.Effect {
		sign := "-"
		if e.Gained {
			sign = "+"
		}
		for _, person := range e.People {
			for _, right := range e.Rights {
				for _, place := range e.Places {
					line := person + " " + sign + right + " " + place
					if effect[line] {
						t.Fatalf("told twice: %s", line)
					}
					effect[line] = true
				}
			}
		}
	}
	return effect
}

func newReplay(t *testing.T) *replay {
	t.Helper()
	path := filepath.Join(t.TempDir(), "state.db")
	if err := sqldb.File(path).Create(t.Context()); err != nil {
		t.Fatal(err)
	}
	db, err := sqldb.File(path).Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return &replay{t: t, db: db}
}

// to brings the target to a version.
func (r *replay) to(v version) {
	r.t.Helper()
	r.date = v.date
	want := organisationOf(v)
	goal := r.goal(want, nil)
	told := want.told()
	summary := plan.Summary{}
	for name, text := range told {
		if was, ok := r.now[name]; !ok {
			summary.Create++
		} else if was != text {
			summary.Update++
		}
	}
	for name := range r.now {
		if _, ok := told[name]; !ok {
			summary.Delete++
		}
	}
	p := propose(r.t, r.db, goal)
	holds := want.holds()
	effect := make(map[string]bool)
	if r.now != nil { // the first plan has no effect
		effect, summary.Gained, summary.Lost = effectBetween(r.holds, holds)
	}
	summary.Warnings = p.Summary.Warnings // real organisations have flaws, such as what is given twice (W08)
	if diff := cmp.Diff(summary, p.Summary); diff != "" {
		r.t.Fatalf("%s: the plan counts otherwise (-want +got):\n%s", v.date, diff)
	}
	if diff := cmp.Diff(effect, effectOf(r.t, p)); diff != "" {
		r.t.Fatalf("%s: the plan has another effect (-want +got):\n%s", v.date, diff)
	}
	r.reviewed(p, goal)
	r.holds = holds
	r.effects += len(effect)
	r.apply(p, goal, told)
	r.created, r.updated, r.deleted = r.created+summary.Create, r.updated+summary.Update, r.deleted+summary.Delete
}

// reviewed: against the version that was applied, a review without a target tells
// what the plan for that target does.
func (r *replay) reviewed(p *plan.Plan, goal *plan.Goal) {
	r.t.Helper()
	is := plan.Review(goal, r.before, "", plan.Since{Empty: r.before == nil, Ahead: []plan.Ahead{}})
	r.before = goal
	type told struct {
		Summary           plan.Summary
		Effect, Unchanged []plan.Effect
		First             []plan.Count
		Templates         []plan.TemplateEffect
		Changes           []plan.Change
		Brakes            []plan.Brake
		Titles            []plan.Title
		People            []string
	}
	tell := func(p *plan.Plan) told {
		return told{p.Summary, p.Effect, p.Unchanged, p.EffectSummary, p.Templates, p.Changes, p.Brakes, p.Titles, p.People}
	}
	if diff := cmp.Diff(tell(p), tell(is)); diff != "" {
		r.t.Fatalf("%s: a review tells something else (-plan +review):\n%.3000s", r.date, diff)
	}
	if is.Same() != p.Empty() {
		r.t.Fatalf("%s: the review finds nothing: %v; the plan: %v", r.date, is.Same(), p.Empty())
	}
}

// goal is what the tree of an organisation declares.
func (r *replay) goal(o organisation, previously map[string]string) *plan.Goal {
	r.t.Helper()
	tree, err := config.Load(r.t.Context(), o.tree(r.t, previously), config.Options{Now: time.Unix(1_800_000_000, 0), FirmOnly: true})
	if err != nil || tree.Refused() {
		r.t.Fatalf("%s: %v %.3000v", r.date, err, tree.Problems)
	}
	tree.Goal.Guard.Empty = policy.Allow // some began with nothing
	return tree.Goal
}

// apply carries a plan out. A second plan is empty then, and the target holds
// what it was told.
func (r *replay) apply(p *plan.Plan, goal *plan.Goal, told map[string]string) {
	r.t.Helper()
	if _, err := reconcile.Apply(r.t.Context(), p, r.db, confirming(p)); err != nil {
		r.t.Fatalf("%s: %v", r.date, err)
	}
	held := remembering{Reader: r.db}
	if again := propose(r.t, &held, goal); !again.Empty() || again.Record || len(again.Drift) > 0 {
		r.t.Fatalf("%s: planned again: %q", r.date, tell(again))
	}
	if diff := cmp.Diff(told, organisationIn(held.snap.Now).told()); diff != "" {
		r.t.Fatalf("%s: the target holds something else (-want +got):\n%s", r.date, diff)
	}
	r.now = told
}

// remembering keeps what was read last.
type remembering struct {
	target.Reader
	snap fact.Snapshot
}

func (r *remembering) Read(ctx context.Context, view fact.Scope) (snap fact.Snapshot, err error) {
	r.snap, err = r.Reader.Read(ctx, view)
	return r.snap, err
}
