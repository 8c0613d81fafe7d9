package source

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"
)

// TestWriteQuotes: quotes stand where without them a text would be something
// else, and nowhere else. The second form is that in a flow collection.
func TestWriteQuotes(t *testing.T) {
	for _, c := range []struct{ text, block, flow string }{
		{"teachers", "teachers", "teachers"},
		{"Testilän koulu", "Testilän koulu", "Testilän koulu"},
		{"wilma.surveys.addSurvey", "wilma.surveys.addSurvey", "wilma.surveys.addSurvey"},
		{"t-1042", "t-1042", "t-1042"},
		{"01234", `"01234"`, `"01234"`},
		{"1042", `"1042"`, `"1042"`},
		{"2.20", `"2.20"`, `"2.20"`},
		{"2.17.1", "2.17.1", "2.17.1"},
		{"1e3", `"1e3"`, `"1e3"`},
		{"0x1F", `"0x1F"`, `"0x1F"`},
		{"1_000", `"1_000"`, `"1_000"`},
		{".inf", `".inf"`, `".inf"`},
		{"22:10", `"22:10"`, `"22:10"`},
		{"-5", `"-5"`, `"-5"`},
		{"yes", `"yes"`, `"yes"`},
		{"No", `"No"`, `"No"`},
		{"true", `"true"`, `"true"`},
		{"null", `"null"`, `"null"`},
		{"~", `"~"`, `"~"`},
		{"<<", `"<<"`, `"<<"`},
		{"2026-01-01", `"2026-01-01"`, `"2026-01-01"`},
		{"", `""`, `""`},
		{" a", `" a"`, `" a"`},
		{"a ", `"a "`, `"a "`},
		{"\u00a0a", "\"\u00a0a\"", "\"\u00a0a\""},
		{"a: b", `"a: b"`, `"a: b"`},
		{"a:b", "a:b", "a:b"},
		{"a:", `"a:"`, `"a:"`},
		{"a #b", `"a #b"`, `"a #b"`},
		{"a#b", "a#b", "a#b"},
		{"- a", `"- a"`, `"- a"`},
		{"-a", "-a", "-a"},
		{"../a/state.db", "../a/state.db", "../a/state.db"},
		{"...", `"..."`, `"..."`},
		{"# a", `"# a"`, `"# a"`},
		{"Lukio, Oulu", "Lukio, Oulu", `"Lukio, Oulu"`},
		{"a [b]", "a [b]", `"a [b]"`},
		{"why?", "why?", `"why?"`},
		{"two\nlines", `"two\nlines"`, `"two\nlines"`},
		{"a\tb", `"a\tb"`, `"a\tb"`},
		{`a "b" \c`, `a "b" \c`, `a "b" \c`},
		{`"b" \c`, `"\"b\" \\c"`, `"\"b\" \\c"`},
		{"it's", "it's", "it's"},
	} {
		if block, flow := quote(c.text, false), quote(c.text, true); block != c.block || flow != c.flow {
			t.Errorf("%q: %s and %s, want %s and %s", c.text, block, flow, c.block, c.flow)
		}
		checkWritten(t, c.text)
	}
}

// everywhere is a document in which a text stands in every place there is.
func everywhere(text string) Node {
	inner := Mapping(Entry{"a", Text(text)}, Entry{"b", Sequence(Text(text), Text("x")).Short()})
	if len(text) <= MaxKey && text != "a" && text != "b" {
		inner.Put(Text(text), text)
	}
	var root Node
	root.Put(Text(text), "block", "text")
	root.Put(inner.Short(), "short")
	root.Put(inner, "long", "below")
	root.Put(Sequence(Text(text), inner, inner.Short(), Sequence(Text(text)), Text("x")), "list")
	root.Put(Sequence(), "none")
	root.Put(Mapping(), "nothing")
	root.Put(Day("2026-01-07"), "day")
	root.Put(Whole("20"), "whole")
	root.Put(Bool(false), "flag")
	return root
}

// plain is a node as Value.Plain would read it.
func (n Node) plain() any {
	switch n.kind {
	case textNode:
		return n.text
	case plainNode:
		return map[string]any{"true": true, "false": false, "20": int64(20), "2026-01-07": "2026-01-07"}[n.text]
	case sequenceNode:
		list := []any{}
		for _, item := range n.items {
			list = append(list, item.plain())
		}
		return list
	}
	m := make(map[string]any)
	for _, e := range n.entries {
		m[e.Key] = e.Value.plain()
	}
	return m
}

// checkWritten holds what Write promises of a text.
func checkWritten(t *testing.T, text string) {
	t.Helper()
	root := everywhere(text)
	data := Write(Draft{Comment: "first", Root: root}, Draft{Comment: "second", Root: root})
	file := Parse("x.yaml", data)
	if _, bad := Unwritable(text); bad {
		if len(file.Problems) == 0 {
			t.Fatalf("%q is called unwritable, and read without a problem", text)
		}
		return
	}
	if len(file.Problems) > 0 || len(file.Documents) != 2 {
		t.Fatalf("%q: %d documents, %v in\n%s", text, len(file.Documents), file.Problems, data)
	}
	for _, doc := range file.Documents {
		if diff := cmp.Diff(root.plain(), doc.Root().Plain()); diff != "" {
			t.Fatalf("%q is read as something else (-want +got):\n%s\n%s", text, diff, data)
		}
	}
	formatted, err := Format(data)
	if err != nil || !bytes.Equal(formatted, data) {
		t.Fatalf("%q: %v: not canonical (-formatted +written):\n%s", text, err, cmp.Diff(string(formatted), string(data)))
	}
}

// TestWriteLayout shows every shape, and what becomes of it where it is too
// long for one line.
func TestWriteLayout(t *testing.T) {
	long := func(n Node) Node { return Sequence(n, Text(strings.Repeat("x", 100))).Short() }
	var root Node
	root.Put(Text("lupa/v1"), "apiVersion")
	root.Put(Mapping(Entry{"name", Text("a")}, Entry{"externalIds", Mapping(Entry{"primusCard", Text("01")})}).Short(), "metadata")
	root.Put(Bool(true), "spec", "surveys", "enabled")
	root.Put(Sequence(Text("a"), Text("b")).Short(), "spec", "surveys", "teachers")
	root.Put(long(Text("a")), "spec", "groups")
	root.Put(Sequence(
		Mapping(Entry{"name", Text("t-1")}, Entry{"groups", Sequence(Text("a")).Short()}).Short(),
		Mapping(Entry{"name", Text("t-2")}, Entry{"groups", long(Text("a"))}).Short(),
	), "spec", "people")
	const want = `# one
apiVersion: lupa/v1
metadata: {name: a, externalIds: {primusCard: "01"}}
spec:
  surveys:
    enabled: true
    teachers: [a, b]
  groups:
    - a
    - LONG
  people:
    - {name: t-1, groups: [a]}
    - name: t-2
      groups:
        - a
        - LONG
---
a: {}
`
	got := Write(Draft{"one", root}, Draft{"", Mapping(Entry{"a", Mapping()})})
	if diff := cmp.Diff(strings.ReplaceAll(want, "LONG", strings.Repeat("x", 100)), string(got)); diff != "" {
		t.Error(diff)
	}
	if formatted, err := Format(got); err != nil || !bytes.Equal(formatted, got) {
		t.Errorf("not canonical: %v\n%s", err, cmp.Diff(string(formatted), string(got)))
	}
	var count func(n *yaml.Node) int
	count = func(n *yaml.Node) int {
		sum := 1
		for _, child := range n.Content {
			sum += count(child)
		}
		return sum
	}
	if got, want := root.Count(), count(Parse("x.yaml", got).Documents[0].root); got != want {
		t.Errorf("%d nodes are counted, the parser makes %d", got, want)
	}
}

// TestWriteNaughtyStrings takes real texts that have broken programs.
func TestWriteNaughtyStrings(t *testing.T) {
	data, err := os.ReadFile(testdata(t, "bad", "naughty-strings.json"))
	if err != nil {
		t.Fatal(err)
	}
	var naughty []string
	if err := json.Unmarshal(data, &naughty); err != nil || len(naughty) < 500 {
		t.Fatal(err, len(naughty))
	}
	refused := 0
	for _, text := range naughty {
		checkWritten(t, text)
		if _, bad := Unwritable(text); bad {
			refused++
		}
	}
	t.Logf("%d of %d may stand in no file", refused, len(naughty))
}

func FuzzWrite(f *testing.F) {
	for _, text := range []string{"", "a", "01", " #", "a: b", "{", "\u2028", "\xff", "-", "---", "...", "a\n\nb ", "? x", "!x", "0.", "+.5", "2026-1-1 1:2:3", "\u3000", "é\u0301", "=", "0b1", "-.", "-.x", ".x"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) { checkWritten(t, text) })
}

// FuzzWriteRead takes every text that a valid file holds: it can be written.
func FuzzWriteRead(f *testing.F) {
	for _, data := range examples(f) {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file := Parse("x.yaml", data)
		if len(file.Problems) > 0 {
			return
		}
		var texts func(v Value)
		texts = func(v Value) {
			if utf8.RuneCountInString(v.Text()) > 0 {
				if p, bad := Unwritable(v.Text()); bad {
					t.Fatalf("%q was read and is called unwritable: %v", v.Text(), p)
				}
				checkWritten(t, v.Text())
			}
			for _, val := range v.Entries() {
				texts(val)
			}
			for _, item := range v.Items() {
				texts(item)
			}
		}
		for _, doc := range file.Documents {
			texts(doc.Root())
		}
	})
}
