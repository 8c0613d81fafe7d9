package source

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
)

// likeDocuments are documents that are remembered, each with one that looks like it.
var likeDocuments = [][2]string{
	{"kind: School\nmetadata: {name: testila}\n", "kind: Person\nmetadata: {name: t-1042.x}\n"},
	{"a: b\n", "ä: Äänekosken koulu 2\n"},
	{"a: {b: Ä, c: [d, e]} \n", "a: {bb: ccc, ä: [öö 1, eee]} \n"},
	{"---\na: \"b\"\nc: 'd'\n...\n", "---\naa: \"ää: [\"\nc: '# å'\n...\n"},
	{"a:\r\n  b: c\r\n  d:\r\n  e: 1\r\n", "aa:\r\n  bb: cc\r\n  dd:\r\n  ee: 1\r\n"},
	{"a:\n  - b: c\n    d: [e,\n      k: g]\n\n  - h\n", "aa:\n  - ä: ccc\n    dd: [e e e,\n      ff: å]\n\n  - hh\n"},
	{"a: 2026-01-01\nb: 01\nc: {x: null, y: ~}\n", "z: 2026-01-01\ny: 01\nx: {z: null, y: ~}\n"},
}

func TestDocumentsAlike(t *testing.T) {
	for _, pair := range likeDocuments {
		p := new(Parser)
		for _, text := range pair {
			sameFile(t, []byte(text), p.Parse("x.yaml", []byte(text)))
		}
		if strings.Contains(pair[0], "~") {
			continue // no shape is made of that
		}
		if len(p.shapes) != 1 || slices.Contains(slices.Collect(maps.Values(p.shapes)), nil) {
			t.Errorf("%d shapes of\n%s\n%s", len(p.shapes), pair[0], pair[1])
		}
	}
}

// TestDocumentsUnlike is what looks alike, or nearly so, and is not.
func TestDocumentsUnlike(t *testing.T) {
	for _, pair := range [][2]string{
		{"a: b\n  c\n", "d: e\n  ff\n"},
		{"a: b\n", "a: true\n"},
		{"a: b\nc: d\n", "a: b\na: d\n"},
		{"a: \"b\"\n", "a: \"\"\n"},
		{"a: b c\n", "a: b : c\n"},
		{"a: b\nc: {d: e}\n", strings.Repeat("a", 1100) + ": b\nc: {d: e}\n"},
		{"a: {b: c, d: e}\n", "a: {b: " + strings.Repeat("c", 990) + ", d: e}\n"},
		{"{a: b}\nc: d\n", "{e: f}\ng: h\n"},
		{"[a]: b\n", "[c]: d\n"},
		{"a: b:c\n", "a: bb:cc\n"},
		{"", "a: b\n"},
		{"a\n", "b\n"},
		{"a: [b\n", "a: [c\n"},
	} {
		p := new(Parser)
		for _, text := range []string{pair[0], pair[1], pair[0], pair[1]} {
			sameFile(t, []byte(text), p.Parse("x.yaml", []byte(text)))
		}
	}
}

// documentTexts are texts to change, of documents and of files with several.
func documentTexts(t testing.TB) []string {
	texts := slices.Clone(lookAlike)
	for _, pair := range likeDocuments {
		texts = append(texts, pair[0], pair[1], pair[0]+"---\n"+pair[1])
	}
	all := examples(t)
	for _, path := range slices.Sorted(maps.Keys(all)) {
		if data := all[path]; len(data) < 4000 {
			texts = append(texts, string(data))
		}
	}
	return texts
}

// renamed changes letters of a text, so that it looks as before, more or less.
func renamed(random *rand.Rand, data []byte) []byte {
	out := make([]byte, 0, len(data))
	for _, b := range data {
		switch isLetter := b|0x20 >= 'a' && b|0x20 <= 'z'; {
		case isLetter && random.IntN(4) == 0:
			out = append(out, []string{"a", "nn", "y", "ä", "N", "é1", "t-1"}[random.IntN(7)]...)
		default:
			out = append(out, b)
		}
	}
	return out
}

// TestDocumentsMutated reads changed texts, in any order and several at once, with
// one Parser for all.
func TestDocumentsMutated(t *testing.T) {
	texts := documentTexts(t)
	rounds := 20_000
	if testing.Short() {
		rounds = 2_000
	}
	p := new(Parser)
	var readers sync.WaitGroup
	for seed := range uint64(2) {
		readers.Go(func() {
			random := rand.New(rand.NewPCG(3, seed))
			for range rounds / 2 {
				data := []byte(texts[random.IntN(len(texts))])
				if random.IntN(2) == 0 {
					data = mutated(random, data)
				}
				data = renamed(random, data)
				got, want := p.Parse("x.yaml", data), parse("x.yaml", data, &spent{whole: true})
				if d := difference(got, want); d != "" {
					t.Errorf("%s in\n%s", d, data)
					return
				}
			}
		})
	}
	readers.Wait()
	alike := 0
	for _, shape := range p.shapes {
		if shape != nil {
			alike++
		}
	}
	if alike < 50 {
		t.Errorf("only %d shapes in %d texts", alike, rounds)
	}
}

// TestShapesAreBounded reads documents of which each looks like none before it.
func TestShapesAreBounded(t *testing.T) {
	p := new(Parser)
	for i := range 30_000 {
		text := []byte(fmt.Sprintf("a%s: {n: %d, b: [%d]}\n", strings.Repeat(".", i%50), i, i*i))
		sameFile(t, text, p.Parse("x.yaml", text))
	}
	if p.size > maxShapes+1000 || p.size < maxShapes/2 {
		t.Errorf("remembers %d shapes of %d bytes, of %d", len(p.shapes), p.size, maxShapes)
	}
}

func FuzzDocuments(f *testing.F) {
	for _, text := range documentTexts(f) {
		f.Add([]byte(text), uint64(1))
	}
	f.Fuzz(func(t *testing.T, data []byte, seed uint64) {
		p := new(Parser)
		random := rand.New(rand.NewPCG(seed, 4))
		for range 3 {
			sameFile(t, data, p.Parse("x.yaml", data))
			data = renamed(random, data)
		}
	})
}
