package reconcile_test

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand"
	"os"
	"path/filepath"
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
			for _, i := range way {
				r.to(h.at(i))
			}
			for i := len(way) - 1; i >= 0; i -= back {
				r.to(h.at(way[i]))
			}
			jumps := rand.New(rand.NewSource(1))
			for range 6 {
				r.to(h.at(jumps.Intn(len(h))))
			}
			t.Logf("%d of %d versions; %d objects created, %d changed, %d removed", len(way), len(h), r.created, r.updated, r.deleted)
		})
	}
}

// history is what a repository changed at each commit, oldest first; the first
// adds everything.
type history []struct {
	Version struct{ Date string }
	Add     [][]string `json:"+"`
	Del     [][]string `json:"-"`
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

// at is the version of a position.
func (h history) at(i int) version {
	now := make(map[string][]string)
	for _, change := range h[:i+1] {
		for _, f := range change.Del {
			delete(now, strings.Join(f, "\x00"))
		}
		for _, f := range change.Add {
			now[strings.Join(f, "\x00")] = f
		}
	}
	v := version{date: h[i].Version.Date}
	for _, key := range slices.Sorted(maps.Keys(now)) {
		v.facts = append(v.facts, now[key])
	}
	return v
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

var levels = []string{"none", "read", "triage", "write", "maintain", "admin"}

// organisationOf is what a version means for lupa: organisations are schools,
// teams are groups, logins are staff with the schools in which they have
// anything, grants are rights, and grants to one login are its override.
func organisationOf(v version) organisation {
	o := make(organisation)
	esc := fact.Escape
	login := func(org, name string, lines ...string) {
		o.say("Person", esc(name), append(lines, "kind staff", "schools "+esc(org))...)
	}
	o.say("Installation", "replay", "system inschool", "multiPrimus true")
	o.say("RightsCatalogue", "replay")
	for _, f := range v.facts {
		switch f[0] {
		case "org":
			o.say("School", esc(f[1]), "wilma.enabled true") // which is the default
		case "group":
			o.say("UserGroup", esc(f[1]+"/"+f[2]))
		case "role":
			login(f[1], f[2])
		case "member":
			login(f[1], f[3], "groups "+esc(f[1]+"/"+f[2]))
		case "grant":
			family := esc(f[1]) + "." + esc(f[4])
			right := family + "." + f[5]
			o.say("RightsCatalogue", "replay", fmt.Sprintf("right %s family %s rank %d", right, family, slices.Index(levels, f[5])))
			if f[2] == "group" {
				o.say("UserGroup", esc(f[1]+"/"+f[3]), "wilma "+right)
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

// tree writes an organisation as documents, in JSON, which is YAML too.
func (o organisation) tree(t *testing.T) fstest.MapFS {
	t.Helper()
	docs := map[string][]string{"lupa.yaml": {document(t, "Project", "replay", nil)}}
	for _, name := range slices.Sorted(maps.Keys(o)) {
		kind, name, _ := strings.Cut(name, " ")
		spec := make(map[string]any)
		if kind == "RightsCatalogue" {
			spec["rights"] = []any{}
		}
		for _, line := range slices.Sorted(maps.Keys(o[kind+" "+name])) {
			words := strings.Fields(line)
			switch words[0] {
			case "right":
				rank := slices.Index(levels, words[1][strings.LastIndexByte(words[1], '.')+1:])
				rights, _ := spec["rights"].([]any)
				spec["rights"] = append(rights, map[string]any{"key": words[1], "family": words[3], "rank": rank})
			case "schools", "groups", "wilma", "grant":
				list, _ := spec[words[0]].([]string)
				spec[words[0]] = append(list, words[1])
			case "multiPrimus":
				spec[words[0]] = true
			case "wilma.enabled":
			default:
				spec[words[0]] = words[1]
			}
		}
		file := strings.ToLower(kind) + "s.yaml"
		docs[file] = append(docs[file], document(t, kind, name, spec))
	}
	files := make(fstest.MapFS)
	for name, all := range docs {
		files[name] = &fstest.MapFile{Data: []byte(strings.Join(all, "---\n")), Mode: 0o644}
	}
	return files
}

func document(t *testing.T, kind, name string, spec map[string]any) string {
	t.Helper()
	doc := map[string]any{"apiVersion": "lupa/v1", "kind": kind, "metadata": map[string]any{"name": name}}
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
	now                       map[string]string
	created, updated, deleted int
}

func newReplay(t *testing.T) *replay {
	t.Helper()
	path := filepath.Join(t.TempDir(), "state.db")
	if err := sqldb.Create(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	db, err := sqldb.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return &replay{t: t, db: db}
}

// to brings the target to a version.
func (r *replay) to(v version) {
	r.t.Helper()
	want := organisationOf(v)
	tree, err := config.Load(r.t.Context(), want.tree(r.t), config.Options{Now: time.Unix(1_800_000_000, 0)})
	if err != nil || tree.Refused() {
		r.t.Fatalf("%s: %v %.3000v", v.date, err, tree.Problems)
	}
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
	p := propose(r.t, r.db, tree.Goal)
	if diff := cmp.Diff(summary, p.Summary); diff != "" {
		r.t.Fatalf("%s: the plan counts otherwise (-want +got):\n%s", v.date, diff)
	}
	if _, err := reconcile.Apply(r.t.Context(), p, r.db, reconcile.Run{}); err != nil {
		r.t.Fatalf("%s: %v", v.date, err)
	}
	if again := propose(r.t, r.db, tree.Goal); !again.Empty() || again.Record || len(again.Drift) > 0 {
		r.t.Fatalf("%s: planned again: %q", v.date, tell(again))
	}
	snap, err := r.db.Read(r.t.Context(), fact.Scope{})
	if err != nil {
		r.t.Fatal(err)
	}
	if diff := cmp.Diff(told, organisationIn(snap.Now).told()); diff != "" {
		r.t.Fatalf("%s: the target holds something else (-want +got):\n%s", v.date, diff)
	}
	r.now = told
	r.created, r.updated, r.deleted = r.created+summary.Create, r.updated+summary.Update, r.deleted+summary.Delete
}
