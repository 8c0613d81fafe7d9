package schema

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/lupa-dev/lupa/schema/source"
)

// TestDocumentsHold compares the short way with the library, on all documents there
// are and on mutants of them, twice, for the short one remembers.
func TestDocumentsHold(t *testing.T) {
	valid, tried := 0, 0
	texts := allTexts(t)
	for range 2 {
		for _, name := range slices.Sorted(maps.Keys(texts)) {
			file := source.Parse("x.yaml", texts[name])
			for _, doc := range file.Documents {
				if _, ok := known(doc.Root(), doc.Root().Get("kind")); !ok {
					continue
				}
				whole := byKind[doc.Root().Get("kind").Text()]().whole
				wrong, holds := whole.schema.Validate(doc.Root().Plain()), whole.holds(doc.Root())
				switch {
				case holds && wrong != nil:
					t.Errorf("%s holds, and is not valid: %v\n%s", name, wrong, texts[name])
				case !holds && wrong == nil && len(file.Problems) == 0:
					t.Errorf("%s is valid and does not hold\n%s", name, texts[name])
				}
				if tried++; wrong == nil {
					valid++
				}
			}
		}
	}
	if valid < 2000 || tried-valid < 2000 {
		t.Errorf("of %d documents %d are valid; want many of both", tried, valid)
	}
}

// TestPartsOfPeople: of a line of People the library need not be asked for what
// repeats itself, nor for the name.
func TestPartsOfPeople(t *testing.T) {
	line := linesOfPeople(t)
	for key, property := range line.properties {
		if property.text != (key == "name") {
			t.Errorf("%s: a text is %v", key, property.text)
		}
	}
	if len(line.properties) < 10 {
		t.Errorf("a line has %d properties", len(line.properties))
	}
}

// TestLinesHold compares lines of People with the library, value by value.
func TestLinesHold(t *testing.T) {
	line := linesOfPeople(t)
	var whole any = map[string]any{
		"name": "t-1", "kind": "teacher", "schools": []any{"testila", "mallila"}, "allSchools": false, "classes": []any{}, "children": []any{"k-1"},
		"groups": []any{"opettajat", "sijaiset"}, "surveyMaintainerSchools": []any{"testila"}, "external": true,
		"primusAccount": map[string]any{"groups": []any{"a"}, "homeSchools": []any{"b"}, "allSchools": true, "linked": false},
		"externalIds":   map[string]any{"primusCard": "1042", "x.y": "z"},
	}
	held, tried := 0, 0
	check := func(text string) {
		t.Helper()
		valid, clean := agree(t, line, text)
		if tried++; valid {
			held++
		} else if clean && line.holds(valueOf(t, text)) {
			t.Errorf("%s: holds the second time", text)
		}
	}
	for range 2 {
		mutate(whole, func() {
			text, err := json.Marshal(whole)
			if err != nil {
				t.Fatal(err)
			}
			check(string(text))
		})
		long := "{name: a" + strings.Repeat("b", 126)
		for _, text := range []string{
			"{name: a}", "{}", "[]", "x", "{name: a, name: b}", "{kind: teacher, kind: staff}", "{name: a, kind: teacher, kind: x}", long + "c}", long + "cd}",
			"{name: ä}", "{name: 01}", "{name: 2026-06-22}", "{name: \"1\"}", "{name: 1}", "{name: true}", "{name: ~}", "{name: a, externalIds: {}}",
			"{name: a, externalIds: {primusCard: 1}}", "{name: a, groups: [\"true\", true]}", "{name: a, groups: [\"1\", 1]}", "{name: a, groups: [\"~\", ~]}",
			"{name: a, schools: [a, a], groups: [b]}", "{name: a, groups: [a, a]}", "{name: a, schools: {kind: x}}", "{NAME: a}", "{name: a, name : a}",
			"{name: a, groups: [2026-06-22, \"2026-06-22\"]}", "{name: a, kind: \"teacher\"}", "{name: a, \"kind\": 'staff'}",
			"{name: a, groups: [" + strings.Repeat("a", 120) + "]}", "{name: a, groups: [a" + strings.Repeat(", a", maxValidBytes) + "]}",
		} {
			check(text)
		}
	}
	if held < 100 || tried-held < 100 {
		t.Errorf("of %d lines %d are valid; want many of both", tried, held)
	}
}

// TestPartForgetsNothingWrong fills what is remembered with values that look alike.
func TestPartForgetsNothingWrong(t *testing.T) {
	line := linesOfPeople(t)
	holds := func(text string) bool { return line.holds(valueOf(t, text)) }
	for i := range maxValid + 10 {
		if !holds(fmt.Sprintf("{name: a, groups: [g-%d]}", i)) {
			t.Fatalf("line %d does not hold", i)
		}
	}
	if kept := len(line.properties["groups"].valid); kept != maxValid {
		t.Errorf("%d values are remembered, want %d", kept, maxValid)
	}
	if holds("{name: a, groups: [G]}") || !holds("{name: a, groups: [g-10005]}") {
		t.Error("past what is remembered, it says something else")
	}
	for _, text := range []string{"{name: a, groups: g-1}", "{name: a, groups: [[g-1]]}", "{name: a, kind: [g-1]}", "{name: a, external: 'true'}"} {
		holds("{name: a, external: true, groups: [g-1]}")
		if holds(text) {
			t.Errorf("%s holds", text)
		}
	}
}

// TestPartAsksOfNothingLong: what is long is left to who cuts it in pieces.
func TestPartAsksOfNothingLong(t *testing.T) {
	line := linesOfPeople(t)
	for items, want := range map[int]bool{pieceItems - 1: true, pieceItems: false} {
		var groups strings.Builder
		for i := range items {
			fmt.Fprintf(&groups, "g%d, ", i)
		}
		if got := line.holds(valueOf(t, "{name: a, groups: ["+groups.String()+"]}")); got != want {
			t.Errorf("%d groups: %v, want %v", items, got, want)
		}
	}
}

// TestPartKeywords compares parts with the library, schema by schema: one that
// takes a keyword for nothing would find valid what is not.
func TestPartKeywords(t *testing.T) {
	values := []string{"a", "ab", "abc", "ä", "äöå", "''", "1", "0", "2.5", "true", "~", "2026-06-22", "[]", "[a]", "[a, b]", "[a, a]", "[1, 1]",
		"{}", "{a: b}", "{a: b, c: d}", "{b: a}", "{a: 1}", "[[a]]", "[{a: b}]", "{a: b, a: 1}", "{a: 1, a: b}", "{b: 1, a: b}", "{a: [b]}"}
	const a = `"properties": {"a": {"type": "string", "pattern": "^[ab]"}}, "additionalProperties": false`
	held := 0
	for _, text := range []string{
		`{"type": "string"}`, `{"type": "string", "minLength": 2}`, `{"type": "string", "maxLength": 2}`, `{"type": "string", "format": "date"}`,
		`{"type": "string", "pattern": "^a"}`, `{"type": "string", "pattern": "^a", "minLength": 2}`, `{"type": "string", "pattern": "a", "maxLength": 2}`,
		`{"type": "string", "pattern": "^a", "enum": ["ab"]}`, `{"type": "string", "pattern": "^a", "not": {"const": "a"}}`, `{"pattern": "^a"}`,
		`{"type": "array", "items": {"type": "string"}}`, `{"type": "array", "items": {"type": "string"}, "minItems": 1}`, `{"type": "array"}`, `{"items": {"type": "string"}}`,
		`{"type": "array", "items": {"type": "string"}, "maxItems": 1}`, `{"type": "array", "items": {"type": "string"}, "uniqueItems": true}`,
		`{"type": "array", "items": {"type": "string"}, "contains": {"const": "b"}}`, `{"type": "array", "items": {"type": "object", ` + a + `}}`,
		`{"type": "object", ` + a + `}`, `{"type": "object", ` + a + `, "required": ["a"]}`, `{"type": "object", ` + a + `, "minProperties": 1}`, `{` + a + `}`,
		`{"type": "object", ` + a + `, "oneOf": [{"required": ["a"]}]}`, `{"type": "object", ` + a + `, "propertyNames": {"const": "b"}}`,
		`{"type": ["object", "string"], ` + a + `}`, `{"type": "object", "properties": {"a": {"type": "string"}}}`, `{"type": "object", "additionalProperties": {"type": "string"}}`,
		`{"type": "object", "properties": {"a": {"type": "string"}, "b": true}, "additionalProperties": false}`, `{"type": "object", "additionalProperties": false}`, `true`, `{}`, `false`,
	} {
		var says any
		if err := json.Unmarshal([]byte(text), &says); err != nil {
			t.Fatal(err)
		}
		p := newPart(compiled(t, text), says)
		for range 2 {
			for _, value := range values {
				if valid, _ := agree(t, p, value); valid {
					held++
				}
			}
		}
	}
	if held < 100 {
		t.Errorf("only %d values hold", held)
	}
}

// linesOfPeople are the lines of People, with nothing remembered.
func linesOfPeople(t *testing.T) *part {
	t.Helper()
	p := compile("People")
	return p.line
}

// agree holds a part against the library: it finds valid what is valid, but for what
// was wrong before there was a value.
func agree(t *testing.T, p *part, text string) (valid, clean bool) {
	t.Helper()
	file := source.Parse("x.yaml", []byte("v: "+text+"\n"))
	if len(file.Documents) != 1 {
		t.Fatalf("%s: %v", text, file.Problems)
	}
	v := file.Documents[0].Root().Get("v")
	valid, clean = p.schema.Validate(v.Plain()) == nil, len(file.Problems) == 0
	if got := p.holds(v); got && !valid {
		t.Errorf("%s: holds by %s, but is not valid", text, p.schema)
	} else if !got && valid && clean {
		t.Errorf("%s: valid by %s, but does not hold", text, p.schema)
	}
	return valid, clean
}

func compiled(t *testing.T, text string) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat = true
	if err := c.AddResource("x.json", strings.NewReader(text)); err != nil {
		t.Fatal(err)
	}
	return c.MustCompile("x.json")
}

func valueOf(t *testing.T, text string) source.Value {
	t.Helper()
	return source.Parse("x.yaml", []byte("v: "+text+"\n")).Documents[0].Root().Get("v")
}
