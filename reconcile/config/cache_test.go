package config

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io/fs"
	"math/rand/v2"
	"os"
	"path"
	"reflect"
	"slices"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/lupa-dev/lupa/reconcile/facttest"
	"github.com/lupa-dev/lupa/schema/source"
)

// shelf is a cache.
type shelf struct {
	mu   sync.Mutex
	kept map[[sha256.Size]byte][]byte
	hits int
}

func (m *shelf) Get(key [sha256.Size]byte) []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.kept[key] != nil {
		m.hits++
	}
	return m.kept[key]
}

func (m *shelf) Put(key [sha256.Size]byte, data []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.kept[key] = data
}

// exampleTrees are the directories of all trees below the examples, and those of
// cases with problems.
func exampleTrees(t *testing.T) map[string]fs.FS {
	t.Helper()
	all := os.DirFS("../..")
	trees := make(map[string]fs.FS)
	err := fs.WalkDir(all, ".", func(p string, d fs.DirEntry, err error) error {
		if err == nil && path.Base(p) == ProjectFile {
			trees[path.Dir(p)], err = fs.Sub(all, path.Dir(p))
		}
		return err
	})
	if err != nil || len(trees) < 5 {
		t.Fatal(len(trees), err)
	}
	trees["large"] = mapTree(facttest.Tree(1000))
	broken := mapTree(facttest.Tree(1000)) // what is wrong is in files that are not
	delete(broken, "groups/g01.yaml")
	broken["again.yaml"] = broken["groups/g02.yaml"]
	trees["broken"] = broken
	return trees
}

func mapTree(files map[string]string) fstest.MapFS {
	fsys := make(fstest.MapFS)
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text), Mode: 0o644}
	}
	return fsys
}

// TestPackIsUndone: what is kept of a file is what it was compiled to, whichever
// number the file has now.
func TestPackIsUndone(t *testing.T) {
	packed, objects := 0, 0
	for name, tree := range exampleTrees(t) {
		paths, _, err := source.List(tree)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range paths {
			data, err := fs.ReadFile(tree, p)
			if err != nil {
				t.Fatal(err)
			}
			before := compile(0, source.Parse(p, data))
			kept, ok := pack(&before)
			if !ok {
				continue
			}
			packed, objects = packed+1, objects+len(before.objects)
			want := compile(3, source.Parse(p, data))
			got, ok := unpack(kept, 3)
			if want.sha256 = ""; !ok || !reflect.DeepEqual(evened(got), evened(want)) {
				t.Fatalf("%s/%s: %v\n%+v\ninstead of\n%+v", name, p, ok, got, want)
			}
		}
	}
	t.Logf("%d files, %d objects", packed, objects)
	if packed < 100 || objects < 2000 {
		t.Errorf("only %d files with %d objects are kept", packed, objects)
	}
}

// evened has no lists that are empty and there.
func evened(f fileFacts) fileFacts {
	f.objects = slices.Clone(f.objects)
	for i := range f.objects {
		if len(f.objects[i].entries) == 0 {
			f.objects[i].entries = nil
		}
	}
	if len(f.objects) == 0 {
		f.objects = nil
	}
	return f
}

// TestCacheChangesNothing loads every tree without a cache, with an empty one, and
// with what that kept.
func TestCacheChangesNothing(t *testing.T) {
	hits := 0
	for name, tree := range exampleTrees(t) {
		load := func(cache Cache) *Tree {
			got, err := Load(context.Background(), tree, Options{Now: time.Unix(1_800_000_000, 0), Cache: cache})
			if err != nil {
				t.Fatal(name, err)
			}
			return got
		}
		cache := &shelf{kept: make(map[[sha256.Size]byte][]byte)}
		want := load(nil)
		for range 2 {
			sameTree(t, name, load(cache), want)
		}
		hits += cache.hits
	}
	if hits < 100 {
		t.Errorf("%d files came from a cache", hits)
	}
}

func sameTree(t *testing.T, name string, got, want *Tree) {
	t.Helper()
	if !reflect.DeepEqual(got.Problems, want.Problems) || got.Objects != want.Objects || got.Silenced != want.Silenced || !slices.Equal(got.Guards, want.Guards) {
		t.Fatalf("%s: %d objects, %v instead of %d, %v", name, got.Objects, got.Problems, want.Objects, want.Problems)
	}
	if (got.Goal == nil) != (want.Goal == nil) {
		t.Fatalf("%s: a goal: %v, %v", name, got.Goal != nil, want.Goal != nil)
	}
	if want.Goal == nil {
		return
	}
	g, w := got.Goal, want.Goal
	if !g.Facts.Equal(w.Facts) || !g.Dormant.Equal(w.Dormant) || !g.Initial.Equal(w.Initial) || !reflect.DeepEqual(g.Inputs, w.Inputs) ||
		!reflect.DeepEqual(g.Renames, w.Renames) || !reflect.DeepEqual(g.Guard, w.Guard) || !reflect.DeepEqual(g.Until, w.Until) {
		t.Fatalf("%s: another goal", name)
	}
	for _, f := range w.Facts.All() {
		if !slices.Equal(g.Origin(f), w.Origin(f)) {
			t.Fatalf("%s: %v is at %v, not at %v", name, f, g.Origin(f), w.Origin(f))
		}
	}
}

// TestCacheIsOfTheBytes: another byte, another place, and nothing that was kept
// counts.
func TestCacheIsOfTheBytes(t *testing.T) {
	cache := &shelf{kept: make(map[[sha256.Size]byte][]byte)}
	load := func(name, text string) string {
		l := loader{opt: Options{Cache: cache}}
		out := l.compiled(0, name, []byte(text))
		return out.objects[0].name
	}
	text := "apiVersion: lupa/v1\nkind: School\nmetadata: {name: testila}\nspec: {title: T, level: basic, code: \"00001\"}\n"
	for range 2 {
		load("a.yaml", text)
	}
	if cache.hits != 1 {
		t.Errorf("%d hits", cache.hits)
	}
	if got := load("a.yaml", string(bytes.ReplaceAll([]byte(text), []byte("testila"), []byte("mallila")))); got != "mallila" || cache.hits != 1 {
		t.Errorf("%s, %d hits", got, cache.hits)
	}
	if load("b.yaml", text); cache.hits != 1 {
		t.Errorf("%d hits of another file", cache.hits)
	}
	for key := range cache.kept {
		cache.kept[key] = cache.kept[key][:10] // and what cannot be read is compiled anew
	}
	if got := load("a.yaml", text); got != "testila" {
		t.Error(got)
	}
}

// packedExample is a file that is kept, with every sort of thing in it.
func packedExample(t testing.TB) []byte {
	out := compile(0, source.Parse("a.yaml", []byte(`apiVersion: lupa/v1
kind: People
metadata: {name: testila}
spec:
  defaults: {kind: teacher, schools: [testila]}
  people:
    - {name: t-1, groups: [a, b]}
    - {name: t-2, groups: [a], externalIds: {primusCard: "2"}, primusAccount: {groups: [c]}}
---
apiVersion: lupa/v1
kind: SurveyTemplate
metadata: {name: kurssipalaute, previously: [palaute], installation: x}
spec: {title: K, author: t-1, school: testila, holders: [t-1], sharing: [{school: mallila, copy: true}]}
`)))
	data, ok := pack(&out)
	if !ok || len(out.objects) != 4 {
		t.Fatalf("not kept: %+v", out)
	}
	return data
}

// TestUnpackHostile changes bytes at random: whatever they are, nothing panics, and
// what comes out fits together.
func TestUnpackHostile(t *testing.T) {
	good := packedExample(t)
	random := rand.New(rand.NewPCG(1, 2))
	refused := 0
	for range 50_000 {
		data := bytes.Clone(good)
		for range 1 + random.IntN(4) {
			data[random.IntN(len(data))] = byte(random.IntN(256))
		}
		data = data[:len(data)-random.IntN(2)*random.IntN(len(data))]
		if !checkUnpack(t, data) {
			refused++
		}
	}
	if refused < 5_000 {
		t.Errorf("%d were refused", refused)
	}
}

func checkUnpack(t testing.TB, data []byte) bool {
	out, ok := unpack(data, 1)
	if len(out.objects) > len(data) {
		t.Fatalf("%d objects of %d bytes", len(out.objects), len(data))
	}
	for i, o := range out.objects {
		if o.kind == nil || o.owner > i {
			t.Fatalf("object %d: %+v", i, o)
		}
		for _, e := range o.entries {
			if e.field == nil || fieldNumber(o.kind, e.field) < 0 {
				t.Fatalf("object %d: %+v", i, e)
			}
		}
	}
	return ok
}

func FuzzUnpack(f *testing.F) {
	f.Add(packedExample(f))
	f.Fuzz(func(t *testing.T, data []byte) { checkUnpack(t, data) })
}
