package config

import (
	"testing"
	"testing/fstest"

	"github.com/lupa-dev/lupa/reconcile/fact"
)

// TestHomes: every kind has a place, one that was added later too, and no place
// is left of a kind that is gone.
func TestHomes(t *testing.T) {
	for kind, h := range homes {
		if k := fact.Words.Kind(kind); k == nil || k.Parent != "" {
			t.Errorf("%s has a home and is no kind of objects", kind)
		}
		if (h.limit > 0) != (h.crowd != "") || h.each == "" {
			t.Errorf("%s: %+v", kind, h)
		}
	}
	if got, want := homeOf("StudyPlan"), (home{each: "studyplan/{name}.yaml", crowd: "studyplan/studyplan.yaml", limit: 500}); got != want {
		t.Errorf("a new kind: %+v, want %+v", got, want)
	}
	for kind, fields := range atHomeBy {
		for _, name := range fields {
			if f := fact.Words.Kind(kind).Field(name); f == nil || f.Ref == "" {
				t.Errorf("%s.%s leads nowhere", kind, name)
			}
		}
	}
}

func TestFileName(t *testing.T) {
	for name, want := range map[string]string{
		"testila": "testila", "con": "con_", "nul.x": "nul_.x", "com1": "com1_", "com1.a.b": "com1_.a.b", "lpt10": "lpt10", "a.con": "a.con", "_": "_",
	} {
		if got := fileName(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

func TestOverlay(t *testing.T) {
	base := fstest.MapFS{"a/b.yaml": {Data: []byte("old")}, "c.yaml": {Data: []byte("old")}, "d/e.yaml": {Data: []byte("old")}}
	files := map[string][]byte{"a/x.yaml": []byte("new"), "a/y/z.yaml": []byte("new"), "c.yaml": []byte("newer"), "f/g.yaml": nil}
	if err := fstest.TestFS(Overlay(base, files), "a/b.yaml", "a/x.yaml", "a/y/z.yaml", "c.yaml", "d/e.yaml", "f/g.yaml"); err != nil {
		t.Error(err)
	}
	if err := fstest.TestFS(Overlay(nil, files), "a/x.yaml", "a/y/z.yaml", "c.yaml", "f/g.yaml"); err != nil {
		t.Error(err)
	}
}
