package config

import (
	"testing"
	"testing/fstest"
	"time"
)

// TestCards: a tree tells every card that it speaks of, also one that is refused.
func TestCards(t *testing.T) {
	fsys := fstest.MapFS{
		"lupa.yaml": {Data: []byte("apiVersion: lupa/v1\nkind: Project\nmetadata: {name: x}\n")},
		"a.yaml": {Data: []byte(`apiVersion: lupa/v1
kind: Person
metadata: {name: t-1, previously: [t-0]}
spec: {kind: teacher, schools: [nowhere], externalIds: {primusCard: "777001", sourcedId: "Ä-5"}}
---
apiVersion: lupa/v1
kind: PersonOverride
metadata: {name: o-1}
spec: {person: t-2, rights: [x]}
---
apiVersion: lupa/v1
kind: AccessTest
metadata: {name: tests}
spec: {cases: [{person: g-1/k-1, right: x, expect: allow}, {right: x, place: p, exactly: [t-3]}]}
`)},
		"b.yaml": {Data: []byte("kind: Person\nmetadata: {name: t-9\n")},
	}
	met := make(map[string]bool)
	tree, err := Load(t.Context(), fsys, Options{Now: time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC), Card: func(card string) { met[card] = true }})
	if err != nil || !tree.Refused() {
		t.Fatalf("refused: %v, %v", tree.Refused(), err)
	}
	for _, card := range []string{"t-0", "t-1", "t-2", "t-3", "g-1", "k-1", "t-9", "777001", "ä-5"} {
		if !met[card] {
			t.Errorf("the tree does not tell %s", card)
		}
	}
	for _, other := range []string{"x", "nowhere", "tests", "o-1", "person"} {
		if met[other] {
			t.Errorf("the tree calls %s a card", other)
		}
	}
}
