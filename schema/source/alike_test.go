package source

import (
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// sameAsWhole holds Parse to what it says of a text when the parser is given
// every byte of it, and tells whether it was not.
func sameAsWhole(t testing.TB, data []byte) bool {
	t.Helper()
	sameFile(t, data, Parse("x.yaml", data))
	for _, p := range split(data) {
		if len(Parse("x.yaml", data).Problems) == 0 && readAlike(p.whole(), rootOf) != nil {
			return true
		}
	}
	return false
}

// sameFile holds what was read of a text to what the parser says of every byte.
func sameFile(t testing.TB, data []byte, got *File) {
	t.Helper()
	if d := difference(got, parse("x.yaml", data, &spent{whole: true})); d != "" {
		t.Fatalf("%s in\n%s", d, data)
	}
}

// difference says where two readings of a file differ, "" if nowhere.
func difference(got, want *File) string {
	if !slices.EqualFunc(got.Problems, want.Problems, func(a, b Problem) bool { return a.Compare(b) == 0 }) {
		return fmt.Sprintf("%v instead of %v", got.Problems, want.Problems)
	}
	if string(got.Lost) != string(want.Lost) || len(got.Documents) != len(want.Documents) {
		return fmt.Sprintf("%d documents, lost %q, instead of %d and %q", len(got.Documents), got.Lost, len(want.Documents), want.Lost)
	}
	for i, doc := range got.Documents {
		if other := want.Documents[i]; doc.line != other.line || sameNodes(doc.root, other.root) != "" {
			return fmt.Sprintf("document %d: %s", i, sameNodes(doc.root, other.root))
		}
	}
	return ""
}

// sameNodes says where two trees differ, "" if nowhere.
func sameNodes(a, b *yaml.Node) string {
	if a.Kind != b.Kind || a.Tag != b.Tag || a.Style != b.Style || a.Value != b.Value || a.Anchor != b.Anchor ||
		a.Line != b.Line || a.Column != b.Column || len(a.Content) != len(b.Content) {
		return fmt.Sprintf("%d:%d %d %d %s %q with %d instead of %d:%d %d %d %s %q with %d", a.Line, a.Column, a.Kind, a.Style, a.Tag, a.Value, len(a.Content),
			b.Line, b.Column, b.Kind, b.Style, b.Tag, b.Value, len(b.Content))
	}
	for i := range a.Content {
		if s := sameNodes(a.Content[i], b.Content[i]); s != "" {
			return s
		}
	}
	return ""
}

// lookAlike are texts with items that look alike.
var lookAlike = []string{
	"a:\n  - {name: t-1, groups: [x]}\n  - {name: t-22, groups: [yy]}\n  - {name: t-333, groups: [zzz]}\nb: c\n",
	"a:\n- name: t-1\n  groups:\n    - x\n- name: t-22\n  groups:\n    - yy\n- name: t-333\n  groups:\n    - zzz\nb: c\n",
	"a:\n  - {name: \"1\", validTo: 2020-01-01, x: 'a b'}\n  - {name: \"2: \", validTo: 2020-01-01, x: ' '}\n\n  # c\n  - {name: \"#\", validTo: 2020-01-01, x: ''}\n",
	"a:\n- a\n- bb\n- null\n- ccc\n- - a\n- - b\n- - c\n  - d\n- - e\n  - f\n",
	"a:\r\n  - {n: x y, m: [a, b: c]}\r\n  - {n: xx yy zz, m: [aa, bb: cc]}\r\n  - {n: x, m: [a, b: c]}",
	"---\na:\n  - |\n    - x: a\n    - x: b\n  - b\nc: >-\n  - a\n  - b\n---\na:\n - b: c\n - d: e\n...\n",
	"a:\n  - name: a\n    at:\n      here: {x: [], y: {}}\n    n: 1\n  - name: bb\n    at:\n      here: {x: [], y: {}}\n    n: 1\n  - name: bb\n    at:\n      there: {x: [], y: {}}\n    n: 1\n",
}

func TestAlike(t *testing.T) {
	for i, text := range lookAlike {
		if !sameAsWhole(t, []byte(text)) {
			t.Errorf("%d: nothing looks alike", i)
		}
	}
}

// TestUnlike is what looks alike and is not.
func TestUnlike(t *testing.T) {
	for _, text := range []string{
		"a:\n  - b: [c,\n  - b: [d,\n  - e]\n",                             // a bracket stays open
		"a:\n  - {b: c, b: d}\n  - {e: f, g: h}\n  - {b: c, b: d}\n",       // a key is there twice
		"a:\n  - {b: c, d: e}\n  - {b: c, b: e}\n",                         // in one of them
		"a:\n  - b\n  - c\n    d\n  - e\n\n    f\n",                        // a text goes on
		"a:\n  - b\n  - c\n\n    d\n",                                      // after a blank line
		"a:\n  - b: c\n  - b: d\n\n    e: f\n",                             //
		"a:\n  - b: c\n  - d: e\n  # x\n    f: g\n",                        // after a comment
		"a: |\n  - b\n  - c\n  - d\nb: \"\n  - b\n  - c\n  - d\"\n",        // a text of many lines
		"a: [\n  - b,\n  - c,\n  - d]\n",                                   //
		"a:\n  - b # x\n  - c # x\n  - &x d\n  - &x e\n  - *x\n  - *x\n",   // what an item is not made of
		"a:\n  - b\n  - true\n  - No\n  - nULL\n  - .inf\n  - 1e3\n - x\n", // words that mean more
		"a:\n  - b-c d\n  - e:f g\n  - h:i j\n  - k/l: m\n  - b\"c\"\n  - d\"e\"\n",
		"a:\n  - b\n  - c\n  -\n    d\n  -\n    e\n  -\n  -\n  - b:\n  - c:\n  - {d}\n  - {e}\n  - {d: }\n  - {e: }\n",
		"a:\n  - b\n  - true\n  - c\n  - No\n  - nULL\n  - d: e\n  - d: ~\n  - d: null\n", // words that mean more
		"a:\n  - b:c d\n  - b:c e\n  - b: 1 d\n  - b: 1 e\n",                              // texts of which the words are a part
		"a:\n  - b\n  - c\nd: |\n  - b\n  - c\ne:\n  - \"f\n  - g\n  - h\"\n",             // in no list at all
		"a:\n  - {b: c}\n  - d\n  - {e: f}\n\n    # x\n",
		"a:\n  - {b: c}\n  - d\n  - e\n\n    f\n  - {g: h}\n",
		"a:\n  - b: c\n  - [d]\n  - b: e\n\n    f: g\n",
		"a:\n  - b: c\n  - [d]\n  - b: e\n  # x\n    f: g\n",
		"a:\n  - [b, c\n  - [d, e\n]\n",
		"a:\n  - [b\n  - [d\n  ]\n",
		"a:\n - b:\n  - c\n  - d\n - e:\n  - f\n  - g\n",
		"a:\n  - {b: c}\n  - {b: d}\ne:\n  - {b: f}\n  - {b: g}\n",
		"a:\n  - b\n  - c\n - d\n - e\n",
		"a: {b: c, d: [\n  - e,\n  - f ]}\n",
		"a:\n  - {b: c}\n  - {b: dd}\n  - e\n  - {b: fff}\n  - gg\n  - {b: hhhh, i: j}\n  - {b: k}\nl: m\n",
		"a:\n  - b: c: d\n  - e: f: g\n",
		"a:\n  - b: - c\n  - d: - e\n",
		"a:\n  - \"b\": \"c\"\n  - \"b\"\": \"c\"\n  - \"d\\\"\": \"e\"\n  - 'f''': 'g'\n  - 'h': 'i'\n",
		"a:\n  - b\n  - c\n - d\n",
		"a:\n  - b\n  - c\n   - d\n",
		"- b\n- c\n--- d\n- e\n- f\n",
		"a:\n  - {b: " + strings.Repeat("c", 300) + "}\n  - {b: " + strings.Repeat("c", 1020) + "}\n  - {" + strings.Repeat("c", 1030) + ": b}\n",
	} {
		sameAsWhole(t, []byte(text))
	}
}

// TestAlikeMutated changes texts, byte by byte and line by line.
func TestAlikeMutated(t *testing.T) {
	texts := slices.Clone(lookAlike)
	all := examples(t)
	for _, path := range slices.Sorted(maps.Keys(all)) {
		if data := all[path]; sameAsWhole(t, data) && len(data) < 4000 {
			texts = append(texts, string(data))
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	rounds, used := 10_000, 0
	if testing.Short() {
		rounds = 2_000
	}
	for range rounds {
		data := []byte(texts[random.IntN(len(texts))])
		for range 1 + random.IntN(3) {
			data = mutated(random, data)
		}
		if sameAsWhole(t, data) {
			used++
		}
	}
	if used < rounds/10 {
		t.Errorf("in %d of %d texts items looked alike", used, rounds)
	}
}

func mutated(random *rand.Rand, data []byte) []byte {
	lines := slices.Collect(strings.Lines(string(data)))
	if len(lines) == 0 {
		return data
	}
	at := random.IntN(len(lines))
	switch line := lines[at]; random.IntN(6) {
	case 0:
		lines = slices.Insert(lines, at, line)
	case 1:
		lines[at] = lines[random.IntN(len(lines))]
	case 2:
		lines = slices.Delete(lines, at, at+1)
	case 3:
		lines[at] = " " + line
	default:
		i := random.IntN(len(line))
		with := []string{"", "a", "x-1", "1", " ", "  ", ": ", ":", ",", "[", "]", "{", "}", "\"", "'", "#", " #", "- ", "-", "\n", "\r\n", "|", "&a ", "*a", "!", "? ", "~", "null", "true", "\t", "ä", "---\n", "\\", "."}
		lines[at] = line[:i] + with[random.IntN(len(with))] + line[i+random.IntN(2):]
	}
	return []byte(strings.Join(lines, ""))
}

// TestAlikeRealFiles reads every file of the data there is.
func TestAlikeRealFiles(t *testing.T) {
	used := 0
	err := filepath.WalkDir(testdata(t), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || !IsYAML(path) {
			return err
		}
		data, err := os.ReadFile(path)
		if err == nil && len(data) < 1<<20 && sameAsWhole(t, data) {
			used++
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("in %d files items look alike", used)
	for _, c := range yamlTestSuite(t) {
		sameAsWhole(t, []byte(c.YAML))
	}
}

func FuzzAlike(f *testing.F) {
	for _, text := range lookAlike {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) { sameAsWhole(t, data) })
}
