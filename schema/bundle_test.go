package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v5"
)

const bundleFile = "v1/lupa.schema.json"

func TestBundleIsTheCommittedFile(t *testing.T) {
	got := Bundle()
	if os.Getenv("UPDATE_GOLDEN") == "1" {
		if err := os.WriteFile(bundleFile, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(bundleFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s is not what Bundle makes; run this test with UPDATE_GOLDEN=1 (-committed +made):\n%s", bundleFile, diff)
	}
}

func TestKindsAreTheFiles(t *testing.T) {
	var want []string
	for _, name := range fileNames(t) {
		if name != "common" {
			want = append(want, name)
		}
	}
	got := slices.Sorted(slices.Values(Kinds()))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Kinds does not list the files of v1 (-files +Kinds):\n%s", diff)
	}
}

func TestTextOfWhatIsNoKind(t *testing.T) {
	for _, name := range []string{"", "common", "lupa", "person", "../v1/Person"} {
		if text, ok := Text(name); ok || text != nil {
			t.Errorf("Text(%q) = %d bytes, %t; want none", name, len(text), ok)
		}
	}
}

// TestDefinitionsHaveOneHome guards what read relies on: the definitions of all
// files can lie in one place.
func TestDefinitionsHaveOneHome(t *testing.T) {
	home := make(map[string]string)
	for _, kind := range Kinds() {
		home[kind] = "the kinds"
	}
	for _, name := range fileNames(t) {
		_, defs := read(name)
		for _, def := range defs {
			if first, taken := home[def.name]; taken {
				t.Errorf("%s: %q is defined in %s already", name, def.name, first)
			}
			home[def.name] = name
		}
	}
}

func TestEverySchemaCompiles(t *testing.T) {
	t.Run("files", func(t *testing.T) {
		c := compiler(t)
		for _, name := range fileNames(t) {
			add(t, c, name, fileText(t, name))
		}
		for _, name := range fileNames(t) {
			if _, err := c.Compile(base + name + ".schema.json"); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
	for name, text := range standAlone(t) {
		t.Run(name, func(t *testing.T) {
			c := compiler(t)
			add(t, c, name, text)
			if _, err := c.Compile(base + name + ".schema.json"); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestExamplesAndDefaultsAreValid holds every value that an editor may offer to
// the schema it stands in.
func TestExamplesAndDefaultsAreValid(t *testing.T) {
	seen := 0
	for name, text := range standAlone(t) {
		c := compiler(t)
		add(t, c, name, text)
		walk(t, decode(t, text), "", func(at string, node map[string]any) {
			values, _ := node["examples"].([]any)
			if value, ok := node["default"]; ok {
				values = append(values, value)
			}
			if len(values) == 0 {
				return
			}
			s, err := c.Compile(base + name + ".schema.json#" + at)
			if err != nil {
				t.Fatalf("%s#%s: %v", name, at, err)
			}
			for _, value := range values {
				seen++
				if err := s.Validate(value); err != nil {
					t.Errorf("%s#%s: %v: %v", name, at, value, err)
				}
			}
		})
	}
	if seen == 0 {
		t.Fatal("no examples found")
	}
}

func TestEveryKindHasItsHead(t *testing.T) {
	for _, kind := range Kinds() {
		s := decode(t, fileText(t, kind))
		properties := s["properties"].(map[string]any)
		spec := properties["spec"].(map[string]any)
		required := []any{"apiVersion", "kind", "metadata"}
		if spec["required"] != nil || spec["oneOf"] != nil {
			required = append(required, "spec")
		}
		got := map[string]any{
			"$schema":    s["$schema"],
			"$id":        s["$id"],
			"title":      s["title"],
			"required":   s["required"],
			"apiVersion": properties["apiVersion"].(map[string]any)["const"],
			"kind":       properties["kind"].(map[string]any)["const"],
			"properties": slices.Sorted(maps.Keys(properties)),
		}
		want := map[string]any{
			"$schema":    "https://json-schema.org/draft/2020-12/schema",
			"$id":        "https://github.com/lupa-dev/lupa/schema/v1/" + kind + ".schema.json",
			"title":      kind,
			"required":   required,
			"apiVersion": "lupa/v1",
			"kind":       kind,
			"properties": []string{"apiVersion", "kind", "metadata", "spec"},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", kind, diff)
		}
	}
}

// TestEveryObjectIsClosed holds that no key is let through unread: an object
// lists its keys and admits no other, or says what each key and value must be.
func TestEveryObjectIsClosed(t *testing.T) {
	for name, text := range standAlone(t) {
		walk(t, decode(t, text), "", func(at string, node map[string]any) {
			_, lists := node["properties"]
			_, limits := node["propertyNames"]
			switch rest := node["additionalProperties"].(type) {
			case bool:
				if rest || !lists || limits {
					t.Errorf("%s#%s: admits keys that it does not list", name, at)
				}
			case map[string]any:
				if lists || !limits {
					t.Errorf("%s#%s: a map says what its keys are, and lists none", name, at)
				}
			default:
				if lists || limits || node["type"] == "object" {
					t.Errorf("%s#%s: an object that is not closed", name, at)
				}
			}
		})
	}
}

func TestEverythingIsDescribed(t *testing.T) {
	for name, text := range standAlone(t) {
		whole := decode(t, text)
		described := func(at string, node map[string]any) {
			for node["description"] == nil {
				ref, ok := node["$ref"].(string)
				if !ok {
					t.Errorf("%s#%s: has no description", name, at)
					return
				}
				node = follow(t, whole, ref)
			}
			if err := sentence(node["description"].(string)); err != nil {
				t.Errorf("%s#%s: %v", name, at, err)
			}
		}
		walk(t, whole, "", func(at string, node map[string]any) {
			for _, group := range []string{"properties", "$defs"} {
				parts, _ := node[group].(map[string]any)
				for key, part := range parts {
					described(at+"/"+group+"/"+key, part.(map[string]any))
				}
			}
		})
		described("", whole)
	}
}

// sentence checks what can be checked of a description without reading it.
func sentence(s string) error {
	first, _ := utf8.DecodeRuneInString(s)
	switch {
	case !unicode.IsUpper(first) && !strings.HasPrefix(s, "lupa "):
		return fmt.Errorf("%q begins without a capital", s)
	case !strings.HasSuffix(s, ".") || strings.HasSuffix(s, " ."):
		return fmt.Errorf("%q ends without a full stop", s)
	case strings.Contains(s, "  ") || strings.ContainsAny(s, "\n\t`"):
		return fmt.Errorf("%q is not plain text", s)
	}
	return nil
}

// walk visits a schema and all schemas in it; at is a JSON pointer.
func walk(t *testing.T, node map[string]any, at string, visit func(at string, node map[string]any)) {
	t.Helper()
	visit(at, node)
	for key, value := range node {
		switch key {
		case "properties", "$defs":
			for name, part := range value.(map[string]any) {
				walk(t, part.(map[string]any), at+"/"+key+"/"+name, visit)
			}
		case "oneOf":
			for i, part := range value.([]any) {
				walk(t, part.(map[string]any), fmt.Sprintf("%s/%s/%d", at, key, i), visit)
			}
		case "items", "propertyNames", "additionalProperties":
			if part, ok := value.(map[string]any); ok {
				walk(t, part, at+"/"+key, visit)
			}
		case "$schema", "$id", "$ref", "$comment", "title", "description", "default", "examples",
			"type", "const", "enum", "required", "pattern", "format", "minLength", "maxLength",
			"minimum", "maximum", "minItems", "uniqueItems", "writeOnly":
		default:
			t.Fatalf("%s: the tests do not know the keyword %q", at, key)
		}
	}
}

func follow(t *testing.T, whole map[string]any, ref string) map[string]any {
	t.Helper()
	def, ok := strings.CutPrefix(ref, "#/$defs/")
	if !ok {
		t.Fatalf("%q leads out of the schema", ref)
	}
	node, ok := whole["$defs"].(map[string]any)[def].(map[string]any)
	if !ok {
		t.Fatalf("%q leads nowhere", ref)
	}
	return node
}

// standAlone are the schemas that lupa gives away, by file name.
func standAlone(t *testing.T) map[string][]byte {
	t.Helper()
	all := map[string][]byte{"lupa": Bundle()}
	for _, kind := range Kinds() {
		text, ok := Text(kind)
		if !ok {
			t.Fatalf("no text of %s", kind)
		}
		all[kind] = text
	}
	return all
}

func fileNames(t *testing.T) []string {
	t.Helper()
	paths, err := fs.Glob(files, "v1/*.schema.json")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no files in v1: %v", err)
	}
	var names []string
	for _, p := range paths {
		names = append(names, strings.TrimSuffix(path.Base(p), ".schema.json"))
	}
	return names
}

func fileText(t *testing.T, name string) []byte {
	t.Helper()
	text, err := files.ReadFile("v1/" + name + ".schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func decode(t *testing.T, text []byte) map[string]any {
	t.Helper()
	var node map[string]any
	if err := json.Unmarshal(text, &node); err != nil {
		t.Fatal(err)
	}
	return node
}

func compiler(t *testing.T) *jsonschema.Compiler {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.Draft = jsonschema.Draft2020
	c.AssertFormat = true
	c.LoadURL = func(url string) (io.ReadCloser, error) { // nil would read files
		return nil, fmt.Errorf("%s is not at hand", url)
	}
	return c
}

func add(t *testing.T, c *jsonschema.Compiler, name string, text []byte) {
	t.Helper()
	if err := c.AddResource(base+name+".schema.json", bytes.NewReader(text)); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}
