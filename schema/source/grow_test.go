package source

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestGrow shows where things go.
func TestGrow(t *testing.T) {
	short := func(items ...string) Node {
		n := Sequence().Short()
		for _, item := range items {
			n.Append(Text(item))
		}
		return n
	}
	groups := Mapping(Entry{"groups", short("c")})
	record := Mapping(Entry{"school", Text("b")}, Entry{"copy", Bool(true)}).Short()
	for name, c := range map[string]struct {
		text, at string
		by       Node
		want     string
	}{
		"a list on a line":              {"a: [x, y] # why\nb: 1\n", "/a", short("c"), "a: [x, y, c] # why\nb: 1\n"},
		"a comma at the end":            {"a: [x, ]\n", "/a", short("c"), "a: [x, c, ]\n"},
		"quotes, and what needs them":   {"a: ['x', \"y]\"]\n", "/a", short("yes", "p, q"), "a: ['x', \"y]\", \"yes\", \"p, q\"]\n"},
		"an empty list":                 {"a: []\nb: 1", "/a", short("c"), "a: [c]\nb: 1"},
		"an empty list with a space":    {"a: [ ]\n", "/a", short("c"), "a: [c ]\n"},
		"a mapping on a line":           {"- {name: t-1} # she\n- {name: t-2}\n", "", Mapping(), ""},
		"a list of lines":               {"a:\n  - x  # one\n  - y  # two\n\nb: 1\n", "/a", short("c", "d"), "a:\n  - x  # one\n  - y  # two\n  - c\n  - d\n\nb: 1\n"},
		"a list at the column of a key": {"a:\n- x\nb: 1\n", "/a", short("c"), "a:\n- x\n- c\nb: 1\n"},
		"comments after a list":         {"a:\n  - x\n  # - y\nb: 1\n", "/a", short("c"), "a:\n  - x\n  - c\n  # - y\nb: 1\n"},
		"a comment inside the last":     {"a:\n  - school: x\n    copy: true\n    # of it\n  # of the list\nb: 1\n", "/a", Sequence(record), "a:\n  - school: x\n    copy: true\n    # of it\n  - school: b\n    copy: true\n  # of the list\nb: 1\n"},
		"records on a line":             {"a:\n  - {school: x}\n", "/a", Sequence(record), "a:\n  - {school: x}\n  - {school: b, copy: true}\n"},
		"no line end":                   {"a:\n  - x", "/a", short("c"), "a:\n  - x\n  - c"},
		"line ends of Windows":          {"a:\r\n  - x\r\nb: 1\r\n", "/a", short("c", "d"), "a:\r\n  - x\r\n  - c\r\n  - d\r\nb: 1\r\n"},
		"no line end, of Windows":       {"a:\r\n  - x", "/a", short("c"), "a:\r\n  - x\r\n  - c"},
		"a byte order mark":             {"\ufeffa: [x]\n", "/a", short("c"), "\ufeffa: [x, c]\n"},
		"wide characters before":        {"ä: {ö: [x]}\n", "/ä/ö", short("ü"), "ä: {ö: [x, ü]}\n"},
		"several lines in brackets":     {"a: [\n  x,  # one\n  y,  # two\n]\n", "/a", short("c", "d"), "a: [\n  x,  # one\n  y,  # two\n  c,\n  d,\n]\n"},
		"the last without a comma":      {"a: [\n  x,\n  y  # two\n]\n", "/a", short("c"), "a: [\n  x,\n  y,  # two\n  c,\n]\n"},
		"the bracket beside the last":   {"a: [x,\n  y]\n", "/a", short("c"), "a: [x,\n  y, c]\n"},
		"brackets with only a comment":  {"a: [\n  # nobody\n]\n", "/a", short("c"), "a: [\n  c,\n  # nobody\n]\n"},
		"a new key":                     {"a:\n  b: 1  # one\n  # more to come\nd: 1\n", "/a", groups, "a:\n  b: 1  # one\n  groups: [c]\n  # more to come\nd: 1\n"},
		"a new key after a list":        {"a:\n  b:\n    - x\n    # - y\nd: 1\n", "/a", groups, "a:\n  b:\n    - x\n    # - y\n  groups: [c]\nd: 1\n"},
		"a new key after a text":        {"a:\n  b: |\n    # no comment\n\n  # one\nd: 1\n", "/a", groups, "a:\n  b: |\n    # no comment\n  groups: [c]\n\n  # one\nd: 1\n"},
		"a new mapping":                 {"a: 1\n---\nb: 1\n...\n", "", Mapping(Entry{"spec", groups}), "a: 1\nspec:\n  groups: [c]\n---\nb: 1\n...\n"},
		"what is there is gone into":    {"spec: {}\nmeta: {x: [a]}\n", "", Mapping(Entry{"spec", groups}, Entry{"meta", Mapping(Entry{"x", short("b")}, Entry{"z", Text("")})}), "spec: {groups: [c]}\nmeta: {x: [a, b], z: \"\"}\n"},
		"inner before outer":            {"a:\n  b:\n    - - x", "", Mapping(Entry{"a", Mapping(Entry{"b", Sequence(short("v"))}, Entry{"c", Text("z")})}, Entry{"d", Text("z")}), "a:\n  b:\n    - - x\n    - [v]\n  c: z\nd: z"},
		"too long for one line":         {"a:\n  b: 1\n", "/a", Mapping(Entry{"c", short(strings.Repeat("x", 60), strings.Repeat("y", 60))}), "a:\n  b: 1\n  c:\n    - " + strings.Repeat("x", 60) + "\n    - " + strings.Repeat("y", 60) + "\n"},
	} {
		t.Run(name, func(t *testing.T) {
			file := Parse("x.yaml", []byte(c.text))
			if c.want == "" { // a line of a list
				file = Parse("x.yaml", []byte("p:\n"+c.text))
				got, err := file.Grow([]byte("p:\n"+c.text), Growth{file.Documents[0].Root().At("/p/0"), groups})
				if diff := cmp.Diff("p:\n- {name: t-1, groups: [c]} # she\n- {name: t-2}\n", string(got)); diff != "" || err != nil {
					t.Errorf("%v (-want +got):\n%s", err, diff)
				}
				return
			}
			got, err := file.Grow([]byte(c.text), Growth{file.Documents[0].Root().At(c.at), c.by})
			if diff := cmp.Diff(c.want, string(got)); diff != "" || err != nil {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
}

// TestGrowRefuses: what cannot be added to without risk is refused.
func TestGrowRefuses(t *testing.T) {
	more := Mapping(Entry{"x", Text("y")})
	for name, text := range map[string]string{
		"a text in the place of a mapping": "a: b\n",
		"nothing in the place of one":      "a:\n",
		"a list in the place of one":       "a: []\n",
		"a text that would get a line end": "a:\n  b: |\n    text",
		"indentation that is said":         "a:\n  b: |2\n    text\n",
		"a file with problems":             "a: {b: 1, b: 2}\n",
	} {
		t.Run(name, func(t *testing.T) {
			file := Parse("x.yaml", []byte(text))
			out, err := file.Grow([]byte(text), Growth{file.Documents[0].Root().Get("a"), more})
			if !errors.Is(err, ErrGrow) || out != nil {
				t.Errorf("%v: %q", err, out)
			}
		})
	}
}

func FuzzGrow(f *testing.F) {
	for _, text := range []string{
		"a: [x, y]\nb: {c: d}\n", "a:\n  - x\n  - b: c\n    d: [e]\n  # - f\n", "a:\r\n- x\r\n# b\r\n---\r\nb: |\r\n  c\r\n",
		"a: [\n  x,  # y\n  {b: c}\n]\nd:\n  - - e\n    - f\n", "\ufeffa: {}\nb: []\n", "a:\n  b:\n    c:\n      - d", "a: 'x''y'\nb: \"\\\"\"\nc: >\n  t\n\n\n# e\n",
	} {
		f.Add([]byte(text), uint64(1))
	}
	f.Fuzz(func(t *testing.T, data []byte, seed uint64) { checkGrow(t, data, seed) })
}

// TestGrowReal grows real files, and the cases of the YAML test suite.
func TestGrowReal(t *testing.T) {
	grown := 0
	for _, c := range yamlTestSuite(t) {
		for seed := range uint64(3) {
			grown += checkGrow(t, []byte(c.YAML), seed)
		}
	}
	files, err := filepath.Glob("../../examples/mallila/*/*/*.yaml")
	more, err2 := filepath.Glob("../../examples/*/*.yaml")
	if err != nil || err2 != nil || len(files) < 10 || len(more) < 10 {
		t.Fatal(err, err2, len(files), len(more))
	}
	for _, name := range append(files, more...) {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for seed := range uint64(3) {
			grown += checkGrow(t, data, seed)
			grown += checkGrow(t, bytes.ReplaceAll(data, []byte("\n"), []byte("\r\n")), seed)
		}
	}
	if grown < 250 {
		t.Errorf("only %d texts were added to", grown)
	}
}

// checkGrow adds something somewhere and holds what Grow promises: the values
// are those from before and what came, every line is there, and what was
// canonical is canonical.
func checkGrow(t *testing.T, data []byte, seed uint64) int {
	r := rand.New(rand.NewPCG(seed, 7))
	file := Parse("x.yaml", data)
	if len(file.Problems) > 0 || len(file.Documents) == 0 {
		return 0
	}
	var growths []Growth
	var want []any
	for _, doc := range file.Documents {
		want = append(want, chooseGrowth(r, doc.Root(), &growths))
	}
	canonical, err := Format(data)
	isCanonical := err == nil && bytes.Equal(canonical, data)
	out, err := file.Grow(data, growths...)
	if err != nil {
		if last := data[len(data)-1]; isCanonical && last == '\n' && !bytes.ContainsAny(data, "|>") && !slices.ContainsFunc(want, holdsNothing) {
			t.Errorf("seed %d: refused: %q", seed, data)
		}
		return 0
	}
	var got []any
	for _, doc := range Parse("x.yaml", out).Documents {
		got = append(got, doc.Root().Plain())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("seed %d (-want +got):\n%s\n%q\n%q", seed, diff, data, out)
	}
	checkLines(t, string(data), string(out), len(growths))
	if isCanonical {
		if again, err := Format(out); err != nil || !bytes.Equal(again, out) {
			t.Errorf("seed %d: no longer canonical: %v\n%s\n%s", seed, err, data, cmp.Diff(string(again), string(out)))
		}
	}
	return min(len(growths), 1)
}

// holdsNothing reports whether a value has an empty one inside, of which nobody
// can say where it ends. No document of lupa does.
func holdsNothing(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case []any:
		return slices.ContainsFunc(v, holdsNothing)
	case map[string]any:
		for _, val := range v {
			if holdsNothing(val) {
				return true
			}
		}
	}
	return false
}

// chooseGrowth takes some collections below a value, and says what the value
// will be.
func chooseGrowth(r *rand.Rand, v Value, to *[]Growth) any {
	switch {
	case v.IsList():
		list := []any{}
		for _, item := range v.Items() {
			list = append(list, chooseGrowth(r, item, to))
		}
		if r.IntN(3) == 0 {
			n := Sequence()
			for range 1 + r.IntN(2) {
				item, plain := chooseNode(r, 2)
				n.Append(item)
				list = append(list, plain)
			}
			*to = append(*to, Growth{v, n})
		}
		return list
	case v.IsMap():
		m := make(map[string]any)
		for key, val := range v.Entries() {
			m[key.Text()] = chooseGrowth(r, val, to)
		}
		if key := "new key"; r.IntN(3) == 0 && !v.Get(key).Exists() {
			n, plain := chooseNode(r, 2)
			m[key] = plain
			*to = append(*to, Growth{v, Mapping(Entry{key, n})})
		}
		return m
	}
	return v.Plain()
}

func chooseNode(r *rand.Rand, depth int) (Node, any) {
	texts := []string{"x", "yes", "a b", "#", "p, q]", "- z", "", "two\nlines", strings.Repeat("long ", 20), "ä: ö", "2026-01-01"}
	text := texts[r.IntN(len(texts))]
	switch n := r.IntN(5); {
	case n == 0:
		return Bool(true), true
	case n == 1:
		return Whole("12"), int64(12)
	case n == 2 || depth == 0:
		return Text(text), text
	case n == 3:
		list, plain := Sequence().Short(), []any{}
		for range r.IntN(4) {
			item, p := chooseNode(r, 0)
			list.Append(item)
			plain = append(plain, p)
		}
		return list, plain
	}
	m, plain := Mapping().Short(), make(map[string]any)
	for _, key := range []string{"k", "0", text}[:r.IntN(3)] {
		n, p := chooseNode(r, depth-1)
		m.Put(n, key)
		plain[key] = p
	}
	return m, plain
}

// checkLines: every old line is there, in order; a line on which something was
// added has all of the old one, and there are not more such lines than additions.
func checkLines(t *testing.T, before, after string, additions int) {
	t.Helper()
	old, changed := strings.Split(before, "\n"), 0
	for _, line := range strings.Split(after, "\n") {
		switch {
		case len(old) == 0:
		case strings.TrimSuffix(line, "\r") == strings.TrimSuffix(old[0], "\r"):
			old = old[1:]
		case len(line) > len(old[0]) && contains(line, old[0]) && strings.TrimSpace(old[0]) != "" && leading(line) == leading(old[0]):
			old = old[1:]
			changed++
		}
	}
	if len(old) > 0 || changed > 2*additions {
		t.Fatalf("lines are missing, from %q; %d changed\n%q\n%q", old, changed, before, after)
	}
}

// contains reports whether a line has all characters of another, in order.
func contains(line, all string) bool {
	for _, c := range line {
		if rest, ok := strings.CutPrefix(all, string(c)); ok {
			all = rest
		}
	}
	return all == ""
}

func FuzzMerge(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 3))
		a, before := chooseNode(r, 3)
		text, err := json.Marshal(before)
		if err != nil {
			t.Fatal(err)
		}
		var root, more Node
		root.Put(a, "a")
		more.Put(Text("x"), "b", "c")
		root.Merge(more)
		v := Parse("x.yaml", Write(Draft{Root: root})).Documents[0].Root()
		again, err := json.Marshal(v.Get("a").Plain())
		if err != nil || string(again) != string(text) || v.Path("b.c").Text() != "x" {
			t.Errorf("%s %s %v", text, again, err)
		}
	})
}
