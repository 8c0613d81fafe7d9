package schema

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lupa-dev/lupa/schema/source"
)

// What an editor makes of the schemas with yaml-language-server: the verdict
// that lupa gives, and each description in the place where it helps.

// apart are the documents of which the server and lupa do not think alike, and
// why nothing can be done about it.
var apart = map[string]string{
	"testdata/E35-key.yaml:11":                        noText,
	"testdata/E35-key.yaml:17":                        noText,
	"testdata/E35-key.yaml:23":                        noText,
	"testdata/E35-key.yaml:30":                        noText,
	"testdata/Y02-bidi.yaml":                          unseen,
	"testdata/Y02-carriage-return.yaml":               unseen,
	"testdata/Y02-control.yaml":                       unseen,
	"testdata/Y02-delete.yaml":                        unseen,
	"testdata/Y02-escaped.yaml":                       unseen,
	"testdata/Y02-line-separator.yaml":                unseen,
	"testdata/Y02-next-line.yaml":                     unseen,
	"testdata/Y02-zero-width.yaml":                    unseen,
	"testdata/Y04-alias.yaml":                         copied,
	"testdata/Y04-merge.yaml":                         copied,
	"testdata/Y06-depth-that-the-parser-refuses.yaml": "a schema cannot say how deep a list may be",
	"testdata/Y08-directives.yaml":                    directives,
	"testdata/Y08-directives.yaml:2":                  directives,
}

const (
	unseen     = "the server passes over characters that nobody sees, in comments too"
	copied     = "a schema is shown what an alias leads to, and the server has no more than a remark"
	noText     = "the server leaves out keys that are no text"
	directives = "a schema is not shown what stands before a document"
)

// elsewhere are problems that the server may mark on another line than lupa.
var elsewhere = map[string]string{
	"S08": "the server marks the whole list, lupa the text that is in it twice",
	"Y03": "where a text ceases to be YAML is a matter of opinion",
}

// TestEditorAgrees opens every document at hand in the server, which is to mark
// something in it exactly where lupa has a problem. Examples and the starter
// tree find the schema by their modelines, the others by a setting.
func TestEditorAgrees(t *testing.T) {
	dir := t.TempDir()
	s := startLanguageServer(t, map[string]string{writeBundle(t, dir): "/cases/**"})
	texts := allTexts(t)
	maps.Copy(texts, starter(t))
	uris, files := make(map[string]string), make(map[string]string)
	for name, data := range texts {
		uris[name] = fmt.Sprintf("file:///cases/%d.yaml", len(uris))
		if strings.HasPrefix(name, "examples/") {
			uris[name] = fileURI(t, "../"+name)
		} else if file, ok := strings.CutPrefix(name, "starter/"); ok {
			uris[name] = fileURI(t, filepath.Join(dir, file)) // which need not be there
		}
		files[uris[name]] = string(data)
	}
	s.diagnose(files)

	c := comparison{t: t, apart: maps.Clone(apart), elsewhere: make(map[string]int)}
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		c.file(name, texts[name], s.found[uris[name]])
	}
	for name := range c.apart {
		t.Errorf("%s: is listed, and not at hand", name)
	}
	for key := range elsewhere {
		if c.elsewhere[key] == 0 {
			t.Errorf("%s: is listed, and always on the line where lupa has it", key)
		}
	}
	if c.unjudged == 0 {
		t.Error("the server has nothing against files without a document: let them be compared")
	}
	t.Logf("%d documents, %d of them with problems; of %d that have one, it is on another line in %v", c.documents, c.invalid, c.single, c.elsewhere)
}

// comparison is what was found in the documents so far.
type comparison struct {
	t         *testing.T
	apart     map[string]string // not met yet
	elsewhere map[string]int    // met, by key
	documents int
	invalid   int
	single    int // have one problem, which both see
	unjudged  int // no documents, for lupa
}

// file compares the documents of a file one by one: what stands between two
// lines of dashes.
func (c *comparison) file(name string, data []byte, diagnostics []diagnostic) {
	file, all := source.Parse(name, data), problemsOf(name, data)
	lines := strings.Split(string(data), "\n")
	for from, to := 1, 0; from <= len(lines); from = to {
		for to = from + 1; to <= len(lines) && !dashes(lines[to-1]); to++ {
		}
		within := func(line int) bool { return from <= line && line < to || line == 0 && from == 1 }
		var problems []source.Problem
		for _, p := range all {
			if within(p.Pos[0].Line) {
				problems = append(problems, p)
			}
		}
		var marked []diagnostic
		for _, d := range diagnostics {
			if within(d.Range.Start.Line+1) && d.Severity == isError {
				marked = append(marked, d)
			}
		}
		// An empty file is an error to the server. lupa passes over what holds no
		// document, and nothing in a schema can say so.
		if len(problems) == 0 && !slices.ContainsFunc(file.Documents, func(d *source.Document) bool { return within(d.Root().Pos().Line) }) {
			c.unjudged += min(1, len(marked))
			continue
		}
		part := name
		if from > 1 {
			part = fmt.Sprintf("%s:%d", name, from)
		}
		c.document(part, problems, marked)
	}
}

func dashes(line string) bool { return line == "---" || strings.HasPrefix(line, "--- ") }

func (c *comparison) document(name string, problems []source.Problem, marked []diagnostic) {
	c.documents++
	c.invalid += min(1, len(problems))
	agree := (len(problems) == 0) == (len(marked) == 0)
	if why, listed := apart[name]; listed {
		delete(c.apart, name)
		if agree {
			c.t.Errorf("%s: the server thinks like lupa, though %q", name, why)
		}
		return
	}
	if !agree {
		c.t.Errorf("%s: lupa finds %+v, the server %+v", name, problems, marked)
	}
	if len(problems) != 1 || !agree {
		return
	}
	c.single++
	line := problems[0].Pos[0].Line
	if slices.ContainsFunc(marked, func(d diagnostic) bool { return d.Range.Start.Line+1 == line }) {
		return
	}
	if c.elsewhere[problems[0].Code]++; elsewhere[problems[0].Code] == "" {
		c.t.Errorf("%s: lupa finds %+v, the server has it on another line: %+v", name, problems, marked)
	}
}

// TestEditorReadsScalarsAlike asks about what YAML has many ways of writing, in
// the places where they matter.
func TestEditorReadsScalarsAlike(t *testing.T) {
	s := startLanguageServer(t, map[string]string{writeBundle(t, t.TempDir()): "/cases/**"})
	texts, files := make(map[string][]byte), make(map[string]string)
	for kind, lines := range map[string][]string{
		"School":         {"title: %s", "level: %s", "external: %s", "studentGroups: [%s]"},
		"Policy":         {"maxHolders: %s", "selfGrant: %s"},
		"PersonOverride": {"validFrom: %s"},
	} {
		for _, line := range lines {
			for _, scalar := range scalars {
				texts[fmt.Sprintf(line, scalar)] = holding(kind, fmt.Sprintf(line, scalar))
			}
		}
	}
	for _, scalar := range scalars {
		line := fmt.Sprintf("labels: {%s: a}", scalar)
		texts[line] = fmt.Appendf(nil, "apiVersion: lupa/v1\nkind: School\nmetadata:\n  name: a\n  labels:\n    %s: a\n", scalar)
	}
	uris := make(map[string]string)
	for name, data := range texts {
		uris[name] = fmt.Sprintf("file:///cases/%d.yaml", len(uris))
		files[uris[name]] = string(data)
	}
	s.diagnose(files)
	reasons := make(map[string]string)
	for _, row := range apartInScalars {
		for _, scalar := range row.scalars {
			reasons[fmt.Sprintf(row.line, scalar)] = row.why
		}
	}
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		problems, marked := problemsOf(name, texts[name]), s.found[uris[name]]
		isWrong := slices.ContainsFunc(marked, func(d diagnostic) bool { return d.Severity == isError })
		agree := (len(problems) == 0) == !isWrong
		if why := reasons[name]; agree != (why == "") {
			t.Errorf("%s: lupa finds %+v, the server %+v, and %q is said of it", name, problems, marked, why)
		}
		delete(reasons, name)
	}
	if len(reasons) > 0 {
		t.Errorf("listed, and not tried: %v", reasons)
	}
	t.Logf("%d scalars in their places", len(texts))
}

var scalars = []string{
	"0", "7", "-1", "+1", "-0", "00", "01234", "017", "09", "7.0", "7.5", ".5", "5.", "2.10", "1.2.3", "1e3", "1E3", "1e400", "-1e400", "1e", "1e4e4",
	"0x1F", "0x", "0o17", "0o8", "0b11", "0b2", "1_000", "1_", "0_0", "1,000", "2147483647", "2147483648", "99999999999999999999",
	".inf", "-.Inf", "+.INF", ".nan", ".NaN", "Infinity", "NaN", "~", "null", "Null", "NULL", "nULL", "", "''", `""`, `"null"`,
	"true", "True", "TRUE", "tRUE", "false", `"true"`, "yes", "No", "on", "OFF", "y", "n",
	"2026-06-01", "2026-6-1", "2026-02-29", "2028-02-29", "2100-02-29", "2000-02-29", "2026-02-30", "2026-06-31", "2026-13-01", "0000-02-29",
	"2026-06-01T00:00:00Z", "2026-06-01 10:00:00", `"2026-06-01"`, "20260601", "12:30:45", "12:30",
	"report", "Report", `" report"`, "report ", "basic", "a.", "å", "a b", "a#b", "a #b", "#b", "a:", ":a", "-a", "?a", "-", "?", "<<", "=", "@a", "%a", "`a`", "|", ">-",
	"!a", "!!str 7", `!!int "7"`, `!!bool "true"`, "&a b", "*a", "*", "[]", "{}", "[a]", "{a: b}", "a: b", "- a", `"a`, "'a", `"a" b`, `"\x41"`, `"\u202e"`, `"\0"`, "\ta", "a\tb",
}

// apartInScalars are the places of which the server and lupa do not think
// alike, and why nothing can be done about it.
var apartInScalars = []struct {
	why, line string
	scalars   []string
}{
	{oldNumbers, "title: %s", []string{"0b11", "1_000", "1_", "0_0"}},
	{oldNumbers, "labels: {%s: a}", []string{"0b11", "1_000", "1_", "0_0"}},
	{oldNumbers, "studentGroups: [%s]", []string{"0b11", "1_000", "0_0"}},
	{oddNumbers, "maxHolders: %s", []string{"+1", "01234", "017", "09", "5.", "1e3", "1E3", "0x1F", "0o17"}},
	{datedKeys, "labels: {%s: a}", []string{"2026-06-01", "2026-6-1", "2028-02-29", "2000-02-29", "0000-02-29", "2026-06-01T00:00:00Z", "2026-06-01 10:00:00"}},
	{unseen, "title: %s", []string{`"\u202e"`, `"\0"`}},
	{unseen, "labels: {%s: a}", []string{`"\u202e"`, `"\0"`}},
	{copied, "labels: {%s: a}", []string{"<<", "&a b"}},
	{copied, "title: %s", []string{"&a b", "*a"}},
	{copied, "level: %s", []string{"&a b", "*a"}},
	{copied, "studentGroups: [%s]", []string{"&a b", "*a"}},
	{tags, "title: %s", []string{"!!str 7"}},
	{tags, "labels: {%s: a}", []string{"!!str 7"}},
	{tags, "studentGroups: [%s]", []string{"!!str 7"}},
	{tags, "external: %s", []string{`!!bool "true"`}},
	{tags, "maxHolders: %s", []string{`!!int "7"`}},
}

const (
	oldNumbers = "numbers to YAML 1.1 are text to YAML 1.2, as the server reads it"
	oddNumbers = "a schema is shown a number, not how it was written"
	datedKeys  = "a schema is shown a key, not what YAML 1.1 would make of it"
	tags       = "a schema is shown the value that a tag makes, not the tag"
)

// editor is a server with a directory in which a schema lies.
type editor struct {
	*languageServer
	dir   string
	whole map[string]any // the schema
}

const modeline = "# yaml-language-server: $schema=.lupa/lupa.schema.json\n"

func openEditor(t *testing.T) editor {
	dir := t.TempDir()
	writeBundle(t, dir)
	return editor{startLanguageServer(t, nil), dir, decode(t, Bundle())}
}

// completions are the texts that explain what may be written at the caret.
func (e editor) completions(text string) map[string]string {
	e.t.Helper()
	var answer struct {
		Items []struct {
			Label         string
			Documentation json.RawMessage // a text, or one in an object
		}
	}
	e.askAt("textDocument/completion", fileURI(e.t, e.dir), text, &answer)
	all := make(map[string]string)
	for _, item := range answer.Items {
		var doc string
		var marked struct{ Value string }
		if json.Unmarshal(item.Documentation, &doc) != nil && json.Unmarshal(item.Documentation, &marked) == nil {
			doc = marked.Value
		}
		if _, again := all[item.Label]; !again {
			all[item.Label] = doc
		}
	}
	return all
}

// at follows a path through properties, and references on the way.
func (e editor) at(kind, path string) map[string]any {
	e.t.Helper()
	node := follow(e.t, e.whole, "#/$defs/"+kind)
	for name := range strings.FieldsSeq(path) {
		next := node["properties"]
		if name == "[]" {
			next = map[string]any{name: node["items"]}
		}
		properties, _ := next.(map[string]any)
		if node, _ = properties[name].(map[string]any); node == nil {
			e.t.Fatalf("%s: no %s in the schema", kind, path)
		}
		node = e.resolved(node)
	}
	return node
}

// resolved is a schema with what its reference leads to; its own words come first.
func (e editor) resolved(node map[string]any) map[string]any {
	ref, ok := node["$ref"].(string)
	if !ok {
		return node
	}
	all := maps.Clone(e.resolved(follow(e.t, e.whole, ref)))
	maps.Copy(all, node)
	delete(all, "$ref")
	return all
}

// keys are the keys of an object with their descriptions.
func (e editor) keys(kind, path string) map[string]string {
	e.t.Helper()
	all := make(map[string]string)
	add := func(object map[string]any) {
		properties, _ := object["properties"].(map[string]any)
		for key, node := range properties {
			all[key] = description(e.resolved(node.(map[string]any)))
		}
	}
	add(e.at(kind, path))
	for _, form := range e.forms(kind, path) {
		add(form)
	}
	if len(all) == 0 {
		e.t.Fatalf("%s: no keys at %q", kind, path)
	}
	return all
}

// forms are the forms of an object that has one of several.
func (e editor) forms(kind, path string) (all []map[string]any) {
	choices, _ := e.at(kind, path)["oneOf"].([]any)
	for _, form := range choices {
		all = append(all, e.resolved(form.(map[string]any)))
	}
	return all
}

func without(all map[string]string, keys ...string) map[string]string {
	rest := maps.Clone(all)
	for _, key := range keys {
		delete(rest, key)
	}
	return rest
}

func TestEditorCompletes(t *testing.T) {
	e := openEditor(t)
	const head = modeline + "apiVersion: lupa/v1\n"
	kinds := make(map[string]string)
	for _, kind := range Kinds() {
		kinds[kind] = description(e.at(kind, "kind"))
	}
	sensitivity := make(map[string]string)
	for _, word := range list(e.at("RightsCatalogue", "spec rights [] sensitivity")["enum"]) {
		sensitivity[word] = description(e.at("RightsCatalogue", "spec rights [] sensitivity"))
	}
	school, line := e.keys("School", "spec"), e.keys("People", "spec people []")
	for _, c := range []struct {
		name, text string
		want       map[string]string
	}{
		{"kinds", head + "kind: ‸\n", kinds},
		{"the next key", head + "kind: School\nmetadata: {name: a}\nspec:\n  code: a\n  ‸\n", without(school, "code")},
		{"keys of a key", head + "kind: School\nmetadata: {name: a}\nspec:\n  surveys:\n    ‸\n", e.keys("School", "spec surveys")},
		{"words", head + "kind: RightsCatalogue\nmetadata: {name: a}\nspec:\n  rights:\n    - key: a\n      sensitivity: ‸\n", sensitivity},
		{"a line of People", head + "kind: People\nmetadata: {name: a}\nspec:\n  people:\n    - name: a\n      ‸\n", without(line, "name")},
		{"a line in braces", head + "kind: People\nmetadata: {name: a}\nspec:\n  people:\n    - {name: a, s‸}\n", without(line, "name")},
		{"the second document", head + "kind: School\nmetadata: {name: a}\n---\n" + head + "kind: School\nmetadata: {name: a}\nspec:\n  code: a\n  ‸\n", without(school, "code")},
	} {
		if diff := cmp.Diff(c.want, e.completions(c.text)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}

	top := e.completions(modeline + "‸")
	for _, key := range []string{"apiVersion", "kind", "metadata", "spec"} {
		if top[key] == "" {
			t.Errorf("%s: is not offered in an empty document, with a description; this is: %v", key, slices.Sorted(maps.Keys(top)))
		}
	}
	for _, kind := range Kinds() {
		if doc := description(e.at(kind, "")); !strings.HasPrefix(top[kind], doc) {
			t.Errorf("an empty document may become a %s: got %q, want %q", kind, top[kind], doc)
		}
		// Under an empty spec the server adds the keys of kinds whose names go on
		// where this one ends, SchoolClass for School: it thinks of a word half typed.
		want, got := e.keys(kind, "spec"), e.completions(head+"kind: "+kind+"\nmetadata: {name: a}\nspec:\n  ‸\n")
		for _, form := range e.forms(kind, "spec") {
			title, _ := form["title"].(string)
			delete(got, title) // offered whole, with what it must have
		}
		for _, other := range Kinds() {
			delete(got, "object("+other+")")
			if other != kind && strings.HasPrefix(other, kind) {
				got = without(got, slices.Collect(maps.Keys(without(e.keys(other, "spec"), slices.Collect(maps.Keys(want))...)))...)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("the spec of a %s (-want +got):\n%s", kind, diff)
		}
	}
}

// TestEditorExplains points at every key of the largest document of each kind.
func TestEditorExplains(t *testing.T) {
	e := openEditor(t)
	asked := 0
	for kind, text := range largest(t, allDocuments(t)) {
		var whole any
		if err := json.Unmarshal([]byte(text), &whole); err != nil {
			t.Fatal(err)
		}
		indented, err := json.MarshalIndent(whole, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.SplitAfter(modeline+string(indented), "\n")
		e.explained(source.Parse("a", []byte(modeline+string(indented))).Documents[0].Root(), e.at(kind, ""), func(key source.Value, want string) {
			asked++
			at := key.Pos()
			line := lines[at.Line-1]
			lines[at.Line-1] = line[:at.Col] + "‸" + line[at.Col:]
			var hover struct{ Contents struct{ Value string } }
			e.askAt("textDocument/hover", fileURI(t, e.dir), strings.Join(lines, ""), &hover)
			lines[at.Line-1] = line
			// The server writes Markdown, so it has LUPA\_TARGET. What has one of several
			// forms it explains by the form that it has.
			got := strings.ReplaceAll(hover.Contents.Value, `\`, "")
			ofForm := slices.ContainsFunc(e.forms(kind, "spec"), func(form map[string]any) bool {
				return key.Text() == "spec" && strings.Contains(got, description(form))
			})
			if !strings.Contains(got, want) && !ofForm {
				t.Errorf("%s, %s: want %q, got %q", kind, key.Text(), want, hover.Contents.Value)
			}
		})
	}
	if asked < 100 {
		t.Errorf("%d keys, fewer than there are", asked)
	}
	t.Logf("%d keys", asked)
}

// explained goes through the keys of a value that a schema describes. Those of
// maps are the author's own.
func (e editor) explained(value source.Value, node map[string]any, visit func(key source.Value, description string)) {
	e.t.Helper()
	node = e.resolved(node)
	if choices, ok := node["oneOf"].([]any); ok {
		node = e.chosen(value, choices)
	}
	if items, ok := node["items"].(map[string]any); ok {
		for _, item := range value.Items() {
			e.explained(item, items, visit)
		}
	}
	properties, _ := node["properties"].(map[string]any)
	for key, inner := range value.Entries() {
		next, ok := properties[key.Text()].(map[string]any)
		if ok {
			visit(key, description(e.resolved(next)))
		} else if next, ok = node["additionalProperties"].(map[string]any); !ok {
			e.t.Fatalf("%s: is not in the schema", key.Text())
		}
		e.explained(inner, next, visit)
	}
}

// chosen is the alternative that has all keys of a value.
func (e editor) chosen(value source.Value, choices []any) map[string]any {
	e.t.Helper()
	for _, choice := range choices {
		node := e.resolved(choice.(map[string]any))
		properties, _ := node["properties"].(map[string]any) // none: the choice is a text
		all := true
		for key := range value.Entries() {
			all = all && properties[key.Text()] != nil
		}
		if all {
			return node
		}
	}
	e.t.Fatalf("no alternative for %v", value.Plain())
	return nil
}

// writeBundle puts the schema for editors where lupa init does, and returns its
// URI.
func writeBundle(t *testing.T, dir string) string {
	t.Helper()
	file := filepath.Join(dir, ".lupa", "lupa.schema.json")
	if err := os.Mkdir(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, Bundle(), 0o644); err != nil {
		t.Fatal(err)
	}
	return fileURI(t, file)
}

func fileURI(t *testing.T, file string) string {
	t.Helper()
	file, err := filepath.Abs(file)
	if err != nil {
		t.Fatal(err)
	}
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(file)}).String()
}

// starter are the YAML files that lupa init writes.
func starter(t *testing.T) map[string][]byte {
	t.Helper()
	tree := os.DirFS("../cmd/lupa/starter")
	paths, problems, err := source.List(tree)
	if err != nil || len(problems) > 0 || len(paths) < 5 {
		t.Fatalf("%d files to start from, %v, %v", len(paths), problems, err)
	}
	all := make(map[string][]byte)
	for _, path := range paths {
		data, err := fs.ReadFile(tree, path)
		if err != nil {
			t.Fatal(err)
		}
		all["starter/"+path] = data
	}
	return all
}
