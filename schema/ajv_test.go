package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/lupa-dev/lupa/schema/source"
)

// judged is a document and what lupa thinks of it.
type judged struct {
	name  string
	doc   *source.Document
	valid bool
}

// TestAjvAgrees asks a second implementation of JSON Schema about every document
// at hand, each by the schema of its kind and all by the bundle.
func TestAjvAgrees(t *testing.T) {
	modules := os.Getenv("LUPA_NODE_MODULES")
	if modules == "" {
		t.Skip("skipped: LUPA_NODE_MODULES names no directory with ajv")
	}
	all := allDocuments(t)
	valid := 0
	var input bytes.Buffer
	for _, d := range all {
		if d.valid {
			valid++
		}
		line, err := json.Marshal(map[string]any{"kind": d.doc.Root().Get("kind").Text(), "value": d.doc.Root().Plain()})
		if err != nil {
			t.Fatalf("%s: %v", d.name, err)
		}
		input.Write(append(line, '\n'))
	}
	t.Logf("%d documents, %d of them valid", len(all), valid)
	for _, mode := range [][]string{{"v1"}, {"--bundle", "v1"}} {
		t.Run(strings.Join(mode, " "), func(t *testing.T) {
			cmd := exec.Command("node", append([]string{"../.ci/ajv.mjs"}, mode...)...)
			cmd.Stdin = bytes.NewReader(input.Bytes())
			var stderr strings.Builder
			cmd.Stderr = &stderr
			out, err := cmd.Output()
			if err != nil {
				t.Fatalf("%v\n%s", err, stderr.String())
			}
			lines := strings.Split(strings.TrimSpace(string(out)), "\n")
			if len(lines) != len(all) {
				t.Fatalf("%d answers to %d documents", len(lines), len(all))
			}
			for i, line := range lines {
				if want := fmt.Sprintf(`{"valid":%t}`, all[i].valid); line != want {
					t.Errorf("%s: ajv says %s, lupa %v of %v", all[i].name, line, Validate(all[i].doc), all[i].doc.Root().Plain())
				}
			}
		})
	}
}

func allDocuments(t *testing.T) (all []judged) {
	for name, data := range allTexts(t) {
		all = append(all, judge(name, data)...)
	}
	slices.SortFunc(all, func(a, b judged) int { return strings.Compare(a.name, b.name) })
	return all
}

func judge(name string, data []byte) (all []judged) {
	for i, doc := range source.Parse(name, data).Documents {
		all = append(all, judged{fmt.Sprintf("%s, document %d", name, i+1), doc, len(Validate(doc)) == 0})
	}
	return all
}

// allTexts are the files of all examples and cases, and mutants of them, by name.
func allTexts(t *testing.T) map[string][]byte {
	t.Helper()
	texts := examples(t)
	maps.Copy(texts, cases(t))
	archives, err := filepath.Glob("../reconcile/config/testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range archives {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range archive.Files {
			if filepath.Ext(f.Name) != ".yaml" {
				continue
			}
			texts[path+"/"+f.Name] = f.Data
		}
	}
	var all []judged
	for name, data := range texts {
		all = append(all, judge(name, data)...)
	}
	slices.SortFunc(all, func(a, b judged) int { return strings.Compare(a.name, b.name) })
	maps.Copy(texts, mutants(t, all))
	return texts
}

// examples are the YAML files of ../examples, but those that other programs read.
func examples(t testing.TB) map[string][]byte {
	t.Helper()
	tree := os.DirFS("../examples")
	paths, problems, err := source.List(tree)
	if err != nil || len(problems) > 0 || len(paths) < 50 {
		t.Fatalf("%d examples, %v, %v", len(paths), problems, err)
	}
	all := make(map[string][]byte)
	for _, path := range paths {
		if strings.HasPrefix(path, "ci/") {
			continue
		}
		data, err := fs.ReadFile(tree, path)
		if err != nil {
			t.Fatal(err)
		}
		all["examples/"+path] = data
	}
	return all
}

// mutants are the largest valid document of each kind with one value after the
// other taken away or made something else. JSON is YAML too, and each value has
// a line of its own.
func mutants(t testing.TB, all []judged) map[string][]byte {
	t.Helper()
	mutants := make(map[string][]byte)
	for kind, text := range largest(t, all) {
		var whole any
		if err := json.Unmarshal([]byte(text), &whole); err != nil {
			t.Fatal(err)
		}
		n := 0
		mutate(whole, func() {
			text, err := json.MarshalIndent(whole, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			n++
			mutants[fmt.Sprintf("mutant %d of %s", n, kind)] = text
		})
	}
	return mutants
}

// largest is the largest valid document of each kind, as JSON.
func largest(t testing.TB, all []judged) map[string]string {
	t.Helper()
	largest := make(map[string]string)
	for _, d := range all {
		text, err := json.Marshal(d.doc.Root().Plain())
		if err != nil {
			t.Fatal(err)
		}
		if kind := d.doc.Root().Get("kind").Text(); d.valid && len(text) > len(largest[kind]) && len(text) < 4000 {
			largest[kind] = string(text)
		}
	}
	if len(largest) != len(Kinds()) {
		t.Fatalf("valid documents of %d kinds, want %d: %v", len(largest), len(Kinds()), slices.Sorted(maps.Keys(largest)))
	}
	return largest
}

// mutate changes each value in a tree, one at a time, and tells of each change
// while it lasts.
func mutate(value any, changed func()) {
	instead := []any{nil, true, "true", 7, 0.5, -1, "", "x", "x y", "2026-02-30", "ä", []any{}, []any{"x", "x"}, map[string]any{}, map[string]any{"x": "y"}}
	switch at := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(at)) {
			was := at[key]
			mutate(was, changed)
			for _, other := range instead {
				at[key] = other
				changed()
			}
			delete(at, key)
			changed()
			at[strings.ToUpper(key)] = was
			changed()
			delete(at, strings.ToUpper(key))
			at[key] = was
		}
	case []any:
		for i, was := range at {
			mutate(was, changed)
			for _, other := range instead {
				at[i] = other
				changed()
			}
			at[i] = was
		}
	}
}
