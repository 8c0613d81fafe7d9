package report

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/lupa-dev/lupa/reconcile/access"
	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/order"
	"github.com/lupa-dev/lupa/schema"
)

// referenceFile lies beside the schemas, where people look for it; it is made
// here, as the tables that it is made of are reconcile's.
const referenceFile = "../../schema/README.md"

func TestReferenceIsTheCommittedFile(t *testing.T) {
	got := reference(t)
	if os.Getenv("UPDATE_GOLDEN") == "1" {
		if err := os.WriteFile(referenceFile, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(referenceFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("%s is not what the tables make; run this test with UPDATE_GOLDEN=1 (-committed +made):\n%s", referenceFile, diff)
	}
}

var (
	aLink    = regexp.MustCompile(`\]\(#([^)]+)\)`)
	aHeading = regexp.MustCompile(`(?m)^#+ (.+)$`)
	anID     = regexp.MustCompile(`<a id="([^"]+)">`)
)

// TestReferenceLeadsSomewhere: every link within the reference has its place,
// every kind and rule is there, and every row has the columns of its table.
func TestReferenceLeadsSomewhere(t *testing.T) {
	text := reference(t)
	places := make(map[string]bool)
	for _, m := range aHeading.FindAllStringSubmatch(text, -1) {
		places[slug(m[1])] = true
	}
	for _, m := range anID.FindAllStringSubmatch(text, -1) {
		places[m[1]] = true
	}
	links := aLink.FindAllStringSubmatch(text, -1)
	for _, m := range links {
		if !places[m[1]] {
			t.Errorf("a link leads to #%s, and there is no such place", m[1])
		}
	}
	for _, k := range fact.Words.Kinds {
		if !places[slug(k.Name)] {
			t.Errorf("kind %s is missing", k.Name)
		}
	}
	for _, r := range access.Rules {
		if !places[slug(r.Code)] {
			t.Errorf("rule %s is missing", r.Code)
		}
	}
	for _, r := range order.Rules {
		if !places[slug(r.Code)] {
			t.Errorf("rule %s is missing", r.Code)
		}
	}
	if len(links) < 100 {
		t.Errorf("only %d links", len(links))
	}
	columns := 0
	for line := range strings.Lines(text) {
		n := strings.Count(line, "|") - strings.Count(line, `\|`)
		if columns > 0 && n > 0 && n != columns {
			t.Errorf("%d bars, and %d in the row above: %s", n, columns, line)
		}
		columns = n
	}
}

const referenceHead = `# Reference

What can stand in a tree: kinds of documents with their keys, the rights that lupa
knows, and the rules it works by. All of it is made from the tables that lupa itself
works with; ` + "`make golden`" + ` writes it anew.

- [Documents](#documents): what all have in common, and the kinds
- [Known rights](#known-rights)
- [Rules](#rules), cited as R28 or P7 everywhere
- [Order](#order): what is promised about the order of a plan's steps, cited as O5

The schemas themselves lie in [v1](v1); ` + "`lupa schema KIND`" + ` prints one that stands
alone, and ` + "`lupa rules CODE`" + ` tells all about a rule or a problem.
`

// reference is schema/README.md.
func reference(t *testing.T) string {
	var b strings.Builder
	b.WriteString(referenceHead)
	documents(t, &b)
	for _, k := range fact.Words.Kinds {
		kindSection(&b, k)
	}
	b.WriteString("\n## Known rights\n\nThese exist in every installation; a [RightsCatalogue](#rightscatalogue) adds others, and may give these another\ntitle or sensitivity.\n\n")
	rows := [][]string{{"right", "sensitivity", "meaning"}}
	for _, r := range access.Known {
		rows = append(rows, []string{mono(r.Key), string(r.Sensitivity), linked(r.Doc)})
	}
	table(&b, rows)
	rulesSection(&b)
	return b.String()
}

// documents says what all documents have in common, lists the kinds, and tells
// of those that are no objects of a target.
func documents(t *testing.T, b *strings.Builder) {
	b.WriteString("\n## Documents\n\nEvery document is a mapping of `apiVersion: lupa/v1`, `kind`, `metadata` and `spec`. Under `metadata` stand:\n\n")
	rows := [][]string{{"key", "meaning"}}
	for _, p := range of(t, "School").at("metadata").properties() {
		rows = append(rows, []string{mono(p.name), linked(p.description())})
	}
	table(b, rows)
	b.WriteString("\nThe kinds:\n\n")
	rows = [][]string{{"kind", "what it is"}}
	var others []string
	for _, kind := range schema.Kinds() {
		if word := fact.Words.Kind(kind); word != nil {
			rows = append(rows, []string{linkTo(kind), linked(word.Doc)})
			continue
		}
		others = append(others, kind)
		rows = append(rows, []string{linkTo(kind), linked(of(t, kind).description())})
	}
	table(b, rows)
	b.WriteString("\nKeys below stand under `spec`; a dot leads into a mapping. The order of a set means nothing, that of a\nlist does.\n")
	for _, kind := range others {
		whole := of(t, kind)
		fmt.Fprintf(b, "\n### %s\n\n%s\n\n", kind, linked(whole.description()))
		rows := [][]string{{"key", "meaning"}}
		for _, p := range whole.at("spec").choices() {
			rows = append(rows, []string{mono(p.name), linked(p.description())})
			if kind == "AccessRule" { // what is in them is what there is to say
				for _, in := range p.properties() {
					rows = append(rows, []string{mono(p.name + "." + in.name), linked(in.description())})
				}
			}
		}
		table(b, rows)
	}
}

// kindSection tells of one kind of object.
func kindSection(b *strings.Builder, k fact.Kind) {
	fmt.Fprintf(b, "\n### %s\n\n%s", k.Name, linked(k.Doc))
	if k.Parent != "" {
		fmt.Fprintf(b, " Stands under %s of %s, told apart by %s.", mono(k.In), linkTo(k.Parent), mono(k.Key))
	}
	if k.Register != "" {
		fmt.Fprintf(b, " In the product: %s.", k.Register)
	}
	b.WriteString("\n\n")
	rows := [][]string{{"key", "value", "meaning", "in the product"}}
	for _, f := range k.Fields {
		if strings.HasPrefix(f.At, "metadata.") {
			continue // told once, of all documents
		}
		meaning := linked(f.Doc)
		if f.Default != "" {
			meaning += " Without it: " + mono(f.Default) + "."
		}
		rows = append(rows, []string{mono(cmp.Or(f.At, f.Name)), valueOf(k, f), meaning, f.Register})
	}
	for _, nested := range fact.Words.Nested(k.Name) {
		value := "set of " + linkTo(nested.Name)
		if _, keyed := records(nested); keyed {
			value = linkTo(nested.Name) + " by " + mono(nested.Key)
		}
		rows = append(rows, []string{mono(nested.In), value, linked(nested.Doc), nested.Register})
	}
	table(b, rows)
}

// valueOf says what a field may hold.
func valueOf(k fact.Kind, f fact.Field) string {
	if f.Presence {
		return "mapping"
	}
	one := map[fact.Type]string{
		fact.Flag: "`true` or `false`", fact.Count: "number", fact.Day: "day",
		fact.Ref: linkTo(f.Ref), fact.Right: "[right](#known-rights)",
	}[f.Type]
	if f.Type == fact.Text {
		one = cmp.Or(choices(k, f), "text")
	}
	by := strings.ReplaceAll(f.Item, "_", " ")
	if f.KeyRef != "" {
		by = linkTo(f.KeyRef)
	}
	switch f.Shape {
	case fact.One:
		return one
	case fact.Many:
		return "set of " + one
	case fact.List:
		return "list of " + one
	case fact.Map:
		return one + " by " + by
	}
	return "set of " + one + ", by " + by
}

// records is the schema of a record inside an object, and whether its key is
// written as the key of a mapping.
func records(k *fact.Kind) (record node, keyed bool) {
	text, ok := schema.Text(k.Parent)
	if !ok {
		return node{}, false
	}
	field := whole(text).at("spec").at(strings.Split(k.In, ".")...)
	if items := field.member("items"); items != nil {
		return node{value: items, defs: field.defs}, false
	}
	return node{value: field.member("additionalProperties"), defs: field.defs}, true
}

// choices are the words that the schema allows for a field of text, where it
// lists them.
func choices(k fact.Kind, f fact.Field) string {
	var at node
	if k.Parent != "" {
		at, _ = records(&k)
	} else if text, ok := schema.Text(k.Name); ok {
		at = whole(text).at("spec")
	}
	at = at.at(f.Path()...)
	if f.Shape == fact.Many || f.Shape == fact.List {
		at = node{value: at.member("items"), defs: at.defs}
	}
	var words []string
	for _, word := range at.words() {
		words = append(words, mono(word))
	}
	return strings.Join(words, ", ")
}

// rulesSection tells of the rules, those of one document in one table.
func rulesSection(b *strings.Builder) {
	b.WriteString("\n## Rules\n\nWhat the products do and their vendors advise. The class of a rule says what comes of it:\n\n")
	var t Text
	rows := [][]string{{"class", "such a rule"}}
	for _, c := range []access.Class{access.ClassEffect, access.ClassShape, access.ClassGuard, access.ClassHabit} {
		rows = append(rows, []string{string(c), t.sentence("rules." + string(c))})
	}
	table(b, rows)
	rows = nil
	last := ""
	for _, r := range access.Rules {
		document, topic, _ := strings.Cut(r.Source, ": ")
		if strings.HasPrefix(r.Code, "P") {
			document, topic = "Other public pages", r.Source
		}
		if document != last {
			table(b, rows)
			fmt.Fprintf(b, "\n### %s\n\n", document)
			rows, last = [][]string{{"rule", "class", "what it says", "topic"}}, document
		}
		rows = append(rows, []string{fmt.Sprintf(`<a id="%s"></a>%s`, slug(r.Code), r.Code), string(r.Class), linked(r.Doc), topic})
	}
	table(b, rows)
	b.WriteString("\n## Order\n\nThe steps of a plan come in an order that is safe after every step, and say which steps they wait for.\n\n")
	rows = [][]string{{"rule", "what lupa does"}}
	for _, r := range order.Rules {
		rows = append(rows, []string{fmt.Sprintf(`<a id="%s"></a>%s`, slug(r.Code), r.Code), linked(r.Doc)})
	}
	table(b, rows)
}

// table writes rows as a table of Markdown; the first names the columns. A
// column with nothing in it is left out.
func table(b *strings.Builder, rows [][]string) {
	if len(rows) == 0 {
		return
	}
	var used []int
	for i := range rows[0] {
		if slices.ContainsFunc(rows[1:], func(row []string) bool { return row[i] != "" }) {
			used = append(used, i)
		}
	}
	for n, row := range rows {
		for _, i := range used {
			b.WriteString("| " + strings.ReplaceAll(row[i], "|", `\|`) + " ")
		}
		b.WriteString("|\n")
		if n == 0 {
			b.WriteString(strings.Repeat("|---", len(used)) + "|\n")
		}
	}
}

func mono(text string) string { return "`" + text + "`" }

func linkTo(heading string) string { return "[" + heading + "](#" + slug(heading) + ")" }

var notInSlug = regexp.MustCompile(`[^\p{L}\p{N}_ -]`)

// slug is what a heading is called in a link to it.
func slug(heading string) string {
	return strings.ReplaceAll(notInSlug.ReplaceAllString(strings.ToLower(heading), ""), " ", "-")
}

var aCode = regexp.MustCompile(`\b[RP]\d+\b`)

// linked is a text with a link for each rule that it cites.
func linked(text string) string {
	return aCode.ReplaceAllStringFunc(text, func(found string) string {
		if slices.ContainsFunc(access.Rules, func(r access.Rule) bool { return r.Code == found }) {
			return linkTo(found)
		}
		return found
	})
}

// node is a place in a JSON Schema.
type node struct {
	name  string
	value json.RawMessage
	defs  map[string]json.RawMessage
}

func of(t *testing.T, kind string) node {
	t.Helper()
	text, ok := schema.Text(kind)
	if !ok {
		t.Fatalf("kind %s has no schema", kind)
	}
	return whole(text)
}

func whole(text []byte) node {
	n := node{value: text}
	n.defs = n.members("$defs")
	return n
}

// members are those of a member of the node that is an object; those of what
// it refers to where it has none itself.
func (n node) members(name string) map[string]json.RawMessage {
	var inside map[string]json.RawMessage
	_ = json.Unmarshal(n.member(name), &inside)
	return inside
}

func (n node) member(name string) json.RawMessage {
	var all map[string]json.RawMessage
	if json.Unmarshal(n.value, &all) != nil {
		return nil
	}
	var ref string
	if all[name] == nil && json.Unmarshal(all["$ref"], &ref) == nil {
		return node{value: n.defs[strings.TrimPrefix(ref, "#/$defs/")], defs: n.defs}.member(name)
	}
	return all[name]
}

// at is the schema of what stands at keys below the node.
func (n node) at(keys ...string) node {
	for _, key := range keys {
		n = node{key, n.members("properties")[key], n.defs}
	}
	return n
}

// choices are the properties of the node, or of each of those of which it is one.
func (n node) choices() []node {
	var forms []json.RawMessage
	_ = json.Unmarshal(n.member("oneOf"), &forms)
	all := n.properties()
	for _, form := range forms {
		for _, p := range (node{value: form, defs: n.defs}).properties() {
			if !slices.ContainsFunc(all, func(have node) bool { return have.name == p.name }) {
				all = append(all, p)
			}
		}
	}
	return all
}

// properties are the schemas of all keys, in the order of the file.
func (n node) properties() []node {
	var all []node
	in := json.NewDecoder(bytes.NewReader(n.member("properties")))
	_, _ = in.Token() // the brace
	for in.More() {
		name, _ := in.Token()
		p := node{name: fmt.Sprint(name), defs: n.defs}
		if in.Decode(&p.value) != nil {
			break
		}
		all = append(all, p)
	}
	return all
}

func (n node) description() string {
	var text string
	_ = json.Unmarshal(n.member("description"), &text)
	return text
}

// words are the values of an enum.
func (n node) words() []string {
	var words []string
	_ = json.Unmarshal(n.member("enum"), &words)
	return words
}
