package schema

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lupa-dev/lupa/schema/source"
)

// TestLinesOfPeopleAreSimple holds the schema to what lineSchema relies on. Who
// needs another keyword there must teach holds to know it.
func TestLinesOfPeopleAreSimple(t *testing.T) {
	text := byKind["People"]().text.(map[string]any)
	items := text["properties"].(map[string]any)["spec"].(map[string]any)["properties"].(map[string]any)["people"].(map[string]any)["items"]
	line := text["$defs"].(map[string]any)["line"].(map[string]any)
	if diff := cmp.Diff(line, items); diff != "" {
		t.Errorf("the items of spec.people are not $defs/line (-line +items):\n%s", diff)
	}
	want := []string{"additionalProperties", "description", "properties", "required", "title", "type"}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(line))); diff != "" {
		t.Errorf("keywords of a line (-want +got):\n%s", diff)
	}
	if line["type"] != "object" || line["additionalProperties"] != false {
		t.Errorf("a line has type %v and additionalProperties %v", line["type"], line["additionalProperties"])
	}
	name := line["properties"].(map[string]any)["name"].(map[string]any)
	want = []string{"description", "examples", "maxLength", "pattern", "type"}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(name))); diff != "" || name["type"] != "string" {
		t.Errorf("keywords of name, of type %v (-want +got):\n%s", name["type"], diff)
	}
}

// TestHoldsIsWhatTheSchemaSays compares the short way with the long one, twice,
// for the short one remembers.
func TestHoldsIsWhatTheSchemaSays(t *testing.T) {
	line := byKind["People"]().line
	var whole any = map[string]any{
		"name": "t-1", "kind": "teacher", "schools": []any{"testila", "mallila"}, "allSchools": false, "classes": []any{}, "children": []any{"k-1"},
		"groups": []any{"opettajat", "sijaiset"}, "surveyMaintainerSchools": []any{"testila"}, "external": true,
		"primusAccount": map[string]any{"groups": []any{"a"}, "homeSchools": []any{"b"}, "allSchools": true, "linked": false},
		"externalIds":   map[string]any{"primusCard": "1042", "x.y": "z"},
	}
	held, tried := 0, 0
	check := func(text string) {
		t.Helper()
		file := source.Parse("x.yaml", []byte("line: "+text+"\n"))
		if len(file.Documents) != 1 {
			t.Fatalf("%s: %v", text, file.Problems)
		}
		value := file.Documents[0].Root().Get("line")
		valid := line.whole.Validate(value.Plain()) == nil
		if got := line.holds(value); got && !valid {
			t.Errorf("%s: holds, but is not valid", text)
		} else if !got && valid && len(file.Problems) == 0 {
			t.Errorf("%s: valid, but does not hold", text)
		}
		if tried++; valid {
			held++
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
		long := "{name: a"
		for range 126 {
			long += "b"
		}
		for _, text := range []string{
			"{name: a}", "{}", "[]", "x", "{name: a, name: b}", "{kind: teacher, kind: staff}", "{name: a, kind: teacher, kind: x}", long + "c}", long + "cd}",
			"{name: ä}", "{name: 01}", "{name: 2026-06-22}", "{name: \"1\"}", "{name: 1}", "{name: true}", "{name: ~}", "{name: a, externalIds: {}}",
			"{name: a, externalIds: {primusCard: 1}}", "{name: a, groups: [\"true\", true]}", "{name: a, groups: [\"1\", 1]}", "{name: a, groups: [\"~\", ~]}",
			"{name: a, schools: [a, a], groups: [b]}", "{name: a, groups: [a, a]}", "{name: a, schools: {kind: x}}", "{NAME: a}", "{name: a, name : a}",
			"{name: a, groups: [2026-06-22, \"2026-06-22\"]}", "{name: a, kind: \"teacher\"}", "{name: a, \"kind\": 'staff'}",
		} {
			check(text)
		}
	}
	if held < 100 || tried-held < 100 {
		t.Errorf("of %d lines %d are valid; want many of both", tried, held)
	}
}

// TestHoldsForgetsNothingWrong fills what lineSchema remembers with values that
// look alike.
func TestHoldsForgetsNothingWrong(t *testing.T) {
	line := &lineSchema{whole: byKind["People"]().line.whole}
	holds := func(text string) bool {
		return line.holds(source.Parse("x.yaml", []byte("line: "+text+"\n")).Documents[0].Root().Get("line"))
	}
	for i := range maxValid + 10 {
		if !holds(fmt.Sprintf("{name: a, groups: [g-%d]}", i)) {
			t.Fatalf("line %d does not hold", i)
		}
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
