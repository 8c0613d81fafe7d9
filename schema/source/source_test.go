package source

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"
)

// one is the only document of a text without problems.
func one(t testing.TB, text string) Value {
	t.Helper()
	file := Parse("x.yaml", []byte(text))
	if len(file.Problems) > 0 || len(file.Documents) != 1 {
		t.Fatalf("%d documents, problems %+v in\n%s", len(file.Documents), file.Problems, text)
	}
	return file.Documents[0].Root()
}

func TestDocumentsOfAFile(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"one", "a: 1\n", "map[a:1]"},
		{"one, begun", "--- # why\na: 1\n", "map[a:1]"},
		{"several", "a: 1\n---\nb: 2\n---\nc: 3\n", "map[a:1] map[b:2] map[c:3]"},
		{"ended", "a: 1\n...\n# between\n---\nb: 2\n...\n", "map[a:1] map[b:2]"},
		{"ended and not begun", "a: 1\n...\nb: 2\n", "map[a:1] map[b:2]"},
		{"empty ones between", "---\n---\n# only this\n--- \n---\na: 1\n---\n", "map[a:1]"},
		{"nothing", "", ""},
		{"only comments", "# a\n\n# b\n", ""},
		{"on the line of the marker", "--- {a: 1}\n--- {b: 2}\n", "map[a:1] map[b:2]"},
		{"a tab after the marker", "---\t# x\na: 1\n", "map[a:1]"},
		{"without a line feed at the end", "a: 1\n---", "map[a:1]"},
		{"CRLF", "a: 1\r\n---\r\nb: |\r\n  c\r\n  d\r\n", "map[a:1] map[b:c\nd\n]"},
		{"a byte order mark", "\ufeff---\na: 1\n", "map[a:1]"},
		{"a marker in literal text", "a: |\n  x\n  ---\n  ...\n  y\n", "map[a:x\n---\n...\ny\n]"},
		{"a marker in quotes", "a: \"x\n  ---\n  y\"\n", "map[a:x --- y]"},
		{"what only begins like a marker", "a: x\n ---\n", "map[a:x ---]"},
		{"explicit keys", "? a\n: 1\n? b\n", "map[a:1 b:<nil>]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := Parse("x.yaml", []byte(c.text))
			var got []string
			for _, doc := range file.Documents {
				got = append(got, fmt.Sprint(doc.Root().Plain()))
			}
			if strings.Join(got, " ") != c.want || len(file.Problems) > 0 || len(file.Lost) > 0 {
				t.Errorf("%q: got %q, problems %v, lost %q; want %q", c.text, got, file.Problems, file.Lost, c.want)
			}
		})
	}
}

// TestWhatIsNotReadIsLost holds that a text is either among the documents or
// said to be lost, so that nobody takes what it declares for removed.
func TestWhatIsNotReadIsLost(t *testing.T) {
	for _, c := range []struct {
		name, text string
		documents  int
		lost       string
	}{
		{"a broken document among others", "a: 1\n---\nb: [\n---\nc: 3\n", 2, "---\nb: [\n"},
		{"an alias", "a: 1\n---\nb: &x 1\nc: *x\n", 1, "---\nb: &x 1\nc: *x\n"},
		{"an anchor alone", "b: &x 1\n", 1, ""},
		{"text after a document", "{a: 1}\nb: 2\n", 0, "{a: 1}\nb: 2\n"},
		{"an invisible character", "a: 1\n---\nb: \u200b\n", 0, "a: 1\n---\nb: \u200b\n"},
		{"a directive", "%YAML 1.2\n---\na: 1\n", 1, "%YAML 1.2\n"},
		{"so many problems that reading stops", strings.Repeat("--- [\n", maxReports) + "---\na: 1\n", 0, strings.Repeat("--- [\n", maxReports) + "---\na: 1\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := Parse("x.yaml", []byte(c.text))
			if len(file.Documents) != c.documents || string(file.Lost) != c.lost || len(file.Problems) == 0 {
				t.Errorf("%d documents, lost %q, problems %v; want %d and %q", len(file.Documents), file.Lost, file.Problems, c.documents, c.lost)
			}
		})
	}
}

func TestValue(t *testing.T) {
	root := one(t, "a: {b: [x, {c: 01x}, ~], \"d/e~f\": y, \"1\": z}\n\"\": nought\n")
	for _, c := range []struct {
		name string
		got  Value
		want string // text and place, or that there is none
	}{
		{"the root", root.At(""), "map 1:1"},
		{"a mapping", root.At("/a"), "map 1:4"},
		{"a list", root.At("/a/b"), "list of 3 1:8"},
		{"an item", root.At("/a/b/0"), "x 1:9"},
		{"a key of an item", root.At("/a/b/1/c"), "01x 1:16"},
		{"null", root.At("/a/b/2"), "~ 1:22"},
		{"an escaped key", root.At("/a/d~1e~0f"), "y 1:35"},
		{"a key that looks like an index", root.At("/a/1"), "z 1:43"},
		{"the empty key", root.At("/"), "nought 2:5"},
		{"past the end", root.At("/a/b/3"), "none"},
		{"before the start", root.At("/a/b/-1"), "none"},
		{"no index", root.At("/a/b/x"), "none"},
		{"below a scalar", root.At("/a/b/0/x"), "none"},
		{"below nothing", root.At("/x/y/z"), "none"},
		{"Get", root.Get("a").Get("b"), "list of 3 1:8"},
		{"Get of what is not there", root.Get("b"), "none"},
		{"Get of a list", root.Path("a.b").Get("0"), "none"},
		{"Path", root.Path("a.1"), "z 1:43"},
		{"Path that breaks off", root.Path("x.y"), "none"},
		{"Key", root.Get("a").Key("b"), "b 1:5"},
		{"Key of what is not there", root.Get("a").Key("x"), "none"},
		{"the zero Value", Value{}.At("/a").Get("b").Path("c.d").Key("e"), "none"},
	} {
		got := "none"
		switch v := c.got; {
		case v.IsMap():
			got = "map"
		case v.IsList():
			got = fmt.Sprintf("list of %d", v.Len())
		case v.Exists():
			got = v.Text()
		}
		if pos := c.got.Pos(); c.got.Exists() {
			got += fmt.Sprintf(" %d:%d", pos.Line, pos.Col)
		} else if pos != (Pos{}) || c.got.Text() != "" || c.got.Plain() != nil || c.got.Len() != 0 {
			t.Errorf("%s: what is not there has %v, %q", c.name, pos, c.got.Text())
		}
		if got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

// TestPositions counts columns in characters, as people and editors do, and
// lines from the beginning of the file.
func TestPositions(t *testing.T) {
	for _, c := range []struct {
		name, text, pointer string
		document, line, col int
	}{
		{"a letter of two bytes before", "ä: [ö, é]\n", "/ä/1", 0, 1, 8},
		{"a letter of four bytes before", "a: ['😀', b]\n", "/a/1", 0, 1, 10},
		{"a decomposed letter before", "a: [a\u0308, b]\n", "/a/1", 0, 1, 9},
		{"a byte order mark before", "\ufeffa: b\n", "/a", 0, 1, 4},
		{"CRLF", "a: b\r\nc:\r\n  d: e\r\n", "/c/d", 0, 3, 6},
		{"the second document", "a: b\n---\n# c\nd: e\n", "/d", 1, 4, 4},
		{"a document that begins on the marker", "a: b\n--- {d: e}\n", "/d", 1, 2, 9},
		{"after an end", "a: b\n...\n\n---\nd: e\n", "/d", 1, 5, 4},
		{"a value on the next line", "a:\n  b\n", "/a", 0, 2, 3},
		{"literal text", "a: |\n  b\n", "/a", 0, 1, 4},
		{"a list below its key", "a:\n- b\n- c\n", "/a/1", 0, 3, 3},
		{"after literal text with a marker", "a: |\n  ---\n  b\nc: d\n", "/c", 0, 4, 4},
	} {
		file := Parse("x.yaml", []byte(c.text))
		if len(file.Problems) > 0 || len(file.Documents) <= c.document {
			t.Fatalf("%s: %+v", c.name, file)
		}
		got := file.Documents[c.document].Root().At(c.pointer).Pos()
		if want := (Pos{"x.yaml", c.line, c.col}); got != want {
			t.Errorf("%s: %q: got %v, want %v", c.name, c.text, got, want)
		}
	}
}

// TestSyntaxErrors has texts of which yaml.v3 alone names another line than the
// one to mend.
func TestSyntaxErrors(t *testing.T) {
	better := 0
	for _, c := range []struct {
		name, text string
		line       int
	}{
		{"a colon in text", "a: b\nc:\n  d: e: f\n", 3},
		{"a bracket left open", "a:\n  b: [c, d\n  e: f\n", 3},
		{"a dash left out", "a:\n  - b: c\n  - b: d\n  b: e\n", 4},
		{"too little indentation", "a:\n    b: c\n  d: e\n", 3},
		{"a key without a colon", "a: b\nc: d\ne\nf: g\n", 3},
		{"a tab", "a:\n  b: c\n\td: e\n", 3},
		{"a quote left open", "a: b\nc: \"d\ne: f\n", 2},
		{"text after a quote", "a: b\nc: 'd' e\n", 2},
		{"a second document without a marker", "{a: b}\n\nc: d\n", 3},
		{"text after the end", "a: b\n---\n  c: d\n e: f\n", 4},
		{"a brace too many", "a: b\nc: {d: e}}\n", 2},
		{"a percent sign", "a: b\nc: %d\n", 2},
	} {
		file := Parse("x.yaml", []byte(c.text))
		if len(file.Problems) != 1 || file.Problems[0].Code != "Y03" || file.Problems[0].Pos[0].Line != c.line {
			t.Errorf("%s: got %+v, want Y03 in line %d of\n%s", c.name, file.Problems, c.line, c.text)
		}
		var node yaml.Node
		if err := yaml.Unmarshal([]byte(c.text), &node); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("line %d:", c.line)) {
			better++
		}
	}
	if better == 0 {
		t.Error("yaml.v3 knew every line; what is the second parser for?")
	}
}

// TestSecondOpinionIsBounded would take minutes if the second parser were given
// every text.
func TestSecondOpinionIsBounded(t *testing.T) {
	spent := new(spent)
	for _, c := range []struct {
		name, text string
		want       bool
	}{
		{"a text", "a: [", true},
		{"a line of collections", strings.Repeat("[", 300), false},
		{"blank lines", "a: |\n" + strings.Repeat("\n", 1000) + "\"", false},
		{"tabs", "a: \"" + strings.Repeat("\t", 1000), false},
		{"a large text", "a: [\n" + strings.Repeat("# b\n", maxOpinion/4), false},
		{"a text after a large one", "a: [", false},
	} {
		if _, _, ok := secondOpinion([]byte(c.text), spent); ok != c.want {
			t.Errorf("%s: asked %t, want %t", c.name, ok, c.want)
		}
	}
}

// TestEstimate holds that the nodes of a text are never many more than were
// estimated before the parser saw it, and exactly so many in plain trees.
func TestEstimate(t *testing.T) {
	for text, exact := range map[string]bool{
		"a: b\nc: d\n":                               true,
		"- a\n- b\n- c\n":                            true,
		"a:\n  - b: c\n    d: e\n  - f:\n":           true,
		"- {name: a, groups: [b, c]}\n- {name: d}\n": true,
		"a: [b, c, d]\n":                             true,
		"{a, b, c}\n":                                true,
		"? a\n? b\n":                                 true,
		"- - - a\n":                                  true,
		"[a: b, c: d]\n":                             true,
		"\"a:b,c\": 12:30\n":                         false,
		"- 'a'\n- [\"a\", 'b']\n":                    false,
		"[\"{\", a: b, c: d, e: f, g: h, i: j, k: l, m: n, o: p]\n": false,
		"{\"[\" : a, b, c, d, e, f, g, h, i}\n":                     false,
		"{a: b # [\n , c, d, e, f, g, h}\n":                         false,
		"{\"x [ \", b, c, d, e, \"f\", g}\n":                        false,
		"a: |\n  [\n  {\nb: {c, d, e, f}\n":                         false,
		"{a: {b, c}, d: [e, {f}], g, [h]: i, {j: k}: l}\n":          false,
		"- !a b\n- &c d\n- # e\n":                                   false,
		"a\n...\nb\n...\nc\n":                                       false,
		"":                                                          false,
	} {
		estimated, real := estimated([]byte(text)), 0
		for _, p := range split([]byte(text)) {
			var node yaml.Node
			if err := yaml.Unmarshal(p.text, &node); err != nil {
				t.Fatalf("%v in %q", err, text)
			}
			real += count(&node) - 1 // the document itself is none
		}
		if 3*estimated < 2*real || exact && estimated != real {
			t.Errorf("estimated %d, there are %d in %q", estimated, real, text)
		}
	}
}

func estimated(data []byte) int {
	e := newEstimate()
	for i := range data {
		e.read(data, i)
	}
	return e.nodes
}

func count(n *yaml.Node) int {
	nodes := 1
	for _, child := range n.Content {
		nodes += count(child)
	}
	return nodes
}

func TestPlain(t *testing.T) {
	for text, want := range map[string]any{
		"1": int64(1), "-1": int64(-1), "1.50": 1.5, "true": true, "FALSE": false, "null": nil, "~": nil, "": nil,
		"01": "01", "1e3": "1e3", ".inf": ".inf", ".nan": ".nan", "0x1F": "0x1F", "1_000": "1_000", "1234567890123456": "1234567890123456",
		"2026-06-22": "2026-06-22", "2026-06-22T10:00:00Z": "2026-06-22T10:00:00Z", "no": "no", "22:10": "22:10", "=": "=", "<<": "<<",
		`"1"`: "1", "'true'": "true", `"~"`: "~", "[]": []any{}, "{}": map[string]any{}, "[1, {b: [x]}]": []any{int64(1), map[string]any{"b": []any{"x"}}},
	} {
		file := Parse("x.yaml", []byte("a: "+text+"\n"))
		if len(file.Documents) != 1 {
			t.Errorf("%s: %+v", text, file.Problems)
			continue
		}
		if diff := cmp.Diff(want, file.Documents[0].Root().Get("a").Plain()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

func TestCanonicalIsTheSameWherePlainIs(t *testing.T) {
	texts := []string{"a", "'a'", "\"a\"", "1", "\"1\"", "01", "~", "null", "[a]", "[a ]", "[[a]]", "[a, b]", "{a: b}", "{a: [b]}", "{a: b, c: d}", "[a, [b]]", "[]", "{}", "\"[a]\"", "'!!str\"a\"'"}
	plain := make(map[string][]string)
	for _, text := range texts {
		v := one(t, "k: "+strings.Replace(text, "01", "\"01\"", 1)+"\n").Get("k")
		plain[v.Canonical()] = append(plain[v.Canonical()], fmt.Sprintf("%#v", v.Plain()))
	}
	for canonical, values := range plain {
		if slices.Sort(values); len(slices.Compact(values)) != 1 {
			t.Errorf("%s stands for %v", canonical, values)
		}
	}
	if len(plain) != len(texts)-3 {
		t.Errorf("%d texts for %d values that differ", len(plain), len(texts)-3)
	}
}
