package source

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"testing"
)

func TestFormat(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"indentation and spaces", "kind:   School\nmetadata:\n      name:   testila\n      labels:\n      - a\n      -   b\n",
			"kind: School\nmetadata:\n  name: testila\n  labels:\n    - a\n    - b\n"},
		{"comments stay", "# head\n\n\n# second\nkind: School # at the end\n# between\nspec:   # on a key\n      # inside\n      title: x\n\n\n\n      level: basic\n# last\n",
			"# head\n\n# second\nkind: School  # at the end\n# between\nspec:  # on a key\n  # inside\n  title: x\n\n  level: basic\n# last\n"},
		{"several documents", "---\na: 1\n---   # why\nb: 2\n\n\n---\n# only a comment\n", "a: 1\n---\n# why\nb: 2\n# only a comment\n"},
		{"flow stays on its line", "spec: {match:   {kind: teacher,school: testila},groups: [ a,b , c ]}\n", "spec: {match: {kind: teacher, school: testila}, groups: [a, b, c]}\n"},
		{"flow over lines is joined", "groups: [a,\n   b,\n  c,\n]\n", "groups: [a, b, c]\n"},
		{"flow with comments", "groups: [a, # first\n  # second\n  b\n  ]\n", "groups: [\n    a,  # first\n    # second\n    b,\n  ]\n"},
		{"lists of mappings", "people:\n-   name: a\n    kind: teacher\n-\n  name: b\n- # why\n  name: c\n", "people:\n  - name: a\n    kind: teacher\n  - name: b\n  -  # why\n    name: c\n"},
		{"quotes stay", "a: \"01234\"\nb: 'it''s'\nc: \"say \\\"x\\\" # no comment\"\n\"d\" : e\n", "a: \"01234\"\nb: 'it''s'\nc: \"say \\\"x\\\" # no comment\"\n\"d\": e\n"},
		{"literal text", "a: |\n      one\n        two\n\n\n      three\n\nb: >-   # why\n   folded\n   text\n", "a: |\n  one\n    two\n\n\n  three\n\nb: >-  # why\n  folded\n  text\n"},
		{"plain text over lines", "a: one\n    two\n\n    three\nb: x\n", "a: one\n  two\n\n  three\nb: x\n"},
		{"empty values", "a:\nb: {}\nc: []\nd:\n\n  e: ~\n", "a:\nb: {}\nc: []\nd:\n  e: ~\n"},
		{"CRLF and BOM", "\ufeffa: 1\r\nb: 2\r\n", "a: 1\nb: 2\n"},
		{"only a comment", "# nothing here\n\n", "# nothing here\n"},
		{"nothing", "\n\n", ""},
		{"spaces at the end", "a: b   \nc: d\t\n\ne:   \n  - f  \n", "a: b\nc: d\n\ne:\n  - f\n"},
		{"no line feed at the end", "a: b", "a: b\n"},
		{"comments take the place of what follows", "a:\n# margin\n  b: c\n      # deep\n  d: e\n", "a:\n  # margin\n  b: c\n  # deep\n  d: e\n"},
		{"comments behind the last stay with it", "a:\n    b:\n      - c\n      # - d\n\n      # e\n    # f\ng: h\n", "a:\n  b:\n    - c\n    # - d\n\n    # e\n  # f\ng: h\n"},
		{"an item taken out of a list below its key", "a:\n- b\n# - c\n# d\ne: f\n", "a:\n  - b\n  # - c\n# d\ne: f\n"},
		{"a list taken out behind a mapping", "a:\n  b: c\n# - d\ne: f\n", "a:\n  b: c\n# - d\ne: f\n"},
		{"a comment behind a list in a list", "- - a\n  # b\n# c\n- d\n", "- - a\n  # b\n# c\n- d\n"},
		{"comments between items", "a:\n  - b # y\n  # z\n\n  - c\n# w\n", "a:\n  - b  # y\n  # z\n\n  - c\n# w\n"},
		{"a comment on the line of the marker", "--- # why\na: b\n", "# why\na: b\n"},
		{"a document of comments between others", "a: b\n---\n# x\n---\n# y\nc: d\n", "a: b\n# x\n---\n# y\nc: d\n"},
		{"a line of dots", "a: b\n...\nc: d\n...\n", "a: b\n---\nc: d\n"},
		{"flow over lines that is too long for one", "a: {bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb: ccccccccccccccccccccc,\n ddddddddddddddddddddddddddddddddd: [e, f]}\n",
			"a: {\n    bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb: ccccccccccccccccccccc,\n    ddddddddddddddddddddddddddddddddd: [e, f],\n  }\n"},
		{"flow on a line of its own", "a:\n  [b,\n   c]\nd:\n  {e: f} # g\n", "a: [b, c]\nd: {e: f}  # g\n"},
		{"an empty flow with a comment", "a: [ # none\n]\nb: { }\n", "a: [  # none\n  ]\nb: {}\n"},
		{"flow in flow with a comment", "a: {b: [\n # x\n c]}\n", "a: {\n    b: [\n      # x\n      c,\n    ],\n  }\n"},
		{"flow with quotes", "a: {\"b\":c,'d' : \"e, f\"}\n", "a: {\"b\": c, 'd': \"e, f\"}\n"},
		{"flow at the top", "{a: b, # x\n c: d}\n", "{\n  a: b,  # x\n  c: d,\n}\n"},
		{"quoted text over lines", "a: \"b\n     c\"\nd: 'e\n\n  f'\n", "a: \"b\n  c\"\nd: 'e\n\n  f'\n"},
		{"literal text that keeps its end", "a: |+\n    b\n\n\nc: d\n", "a: |+\n  b\n\n\nc: d\n"},
		{"literal text with a marker", "a: |\n    ---\n    # no comment\n", "a: |\n  ---\n  # no comment\n"},
		{"literal text with CRLF", "a: |\r\n   b\r\n    c\r\n", "a: |\n  b\n   c\n"},
		{"a value below its key", "a:\n  \"b\"\nc:   # d\n  e\n", "a: \"b\"\nc:  # d\n  e\n"},
		{"letters of other lengths", "ä:   ö # å\n\"😀\" : [ é ]\n", "ä: ö  # å\n\"😀\": [é]\n"},
		{"what only looks like a comment", "a: b#c\nd: \"e # f\"\ng: 'h # i' # j\n", "a: b#c\nd: \"e # f\"\ng: 'h # i'  # j\n"},
		{"nested lists", "a:\n- - x\n  - y\n-\n  - z\n", "a:\n  - - x\n    - y\n  - - z\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Format([]byte(c.in))
			if err != nil {
				raw, e := format([]byte(c.in))
				t.Fatalf("%v (%v):\n%s", err, e, raw)
			}
			if string(got) != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// TestFormatLeavesAlone has what Format would rather not touch, and what it
// cannot read.
func TestFormatLeavesAlone(t *testing.T) {
	for _, c := range []struct{ name, text string }{
		{"a said indentation", "a: |2\n    b\n"},
		{"an explicit key", "? a\n: b\n"},
		{"a comment after a line of dots", "a: b\n... # why\n"},
		{"a tag", "a: !!str b\n"},
		{"an anchor", "a: &x b\n"},
		{"an empty value in flow, with a colon", "a: {b: , c}\n"},
	} {
		if out, err := Format([]byte(c.text)); !errors.Is(err, ErrFormat) || out != nil {
			t.Errorf("%s: %v, %q", c.name, err, out)
		}
	}
	for _, text := range []string{"a: [\n", "{a: b}\nc: d\n", "a: b\n... c\n", "a: b\n\tc: d\n"} {
		if out, err := Format([]byte(text)); err == nil || errors.Is(err, ErrFormat) || out != nil {
			t.Errorf("%q: %v, %q; want the parser's error", text, err, out)
		}
	}
}

// examples are the files of the examples, which are in canonical form.
func examples(t testing.TB) map[string][]byte {
	t.Helper()
	tree := os.DirFS("../../examples")
	paths, problems, err := List(tree)
	if err != nil || len(problems) > 0 || len(paths) < 50 {
		t.Fatalf("%d examples, %v, %v", len(paths), problems, err)
	}
	all := make(map[string][]byte)
	for _, path := range paths {
		if all[path], err = fs.ReadFile(tree, path); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func TestExamplesAreFormatted(t *testing.T) {
	for path, data := range examples(t) {
		out, err := Format(data)
		if err != nil || !bytes.Equal(out, data) {
			t.Errorf("%s: %v, it becomes\n%s", path, err, out)
		}
		// And they become so again out of other hands.
		for name, other := range map[string][]byte{
			"CRLF":          bytes.ReplaceAll(data, []byte("\n"), []byte("\r\n")),
			"wider":         bytes.ReplaceAll(data, []byte("\n  "), []byte("\n    ")),
			"blank lines":   append(append([]byte("\n\n"), data...), "\n\n"...),
			"with a marker": append([]byte("---\n"), data...),
		} {
			if name == "wider" && bytes.Contains(data, []byte("\n  - ")) {
				continue // what stands under an item moves too
			}
			if out, err := Format(other); err != nil || !bytes.Equal(out, data) {
				t.Errorf("%s, %s: %v, it becomes\n%s", path, name, err, out)
			}
		}
	}
}
