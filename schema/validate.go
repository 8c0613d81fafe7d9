package schema

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/agext/levenshtein"
	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/lupa-dev/lupa/schema/source"
)

// Validate holds a document against the schema of its kind and returns what is
// wrong with it, in the order of the file.
func Validate(doc *source.Document) []source.Problem {
	root := doc.Root()
	kind := root.Get("kind")
	if problem, ok := known(root, kind); !ok {
		return []source.Problem{problem}
	}
	v := validation{root: root, schema: byKind[kind.Text()]()}
	if v.schema.whole.holds(root) {
		return nil
	}
	v.check(v.schema.whole.schema, v.plain(), "")
	slices.SortFunc(v.problems, source.Problem.Compare)
	return v.problems
}

// known reports whether there is a schema for the document, and if not, why.
func known(root, kind source.Value) (source.Problem, bool) {
	if !kind.Exists() {
		return source.Problem{Code: "S02", Args: []string{"kind"}, Pos: []source.Pos{root.Pos()}}, false
	}
	if kind.Text() == "" { // of a mapping or a list, too
		variant := "empty"
		if kind.IsMap() || kind.IsList() {
			variant = "string"
		}
		return source.Problem{Code: "S03", Case: variant, Args: []string{"kind"}, Pos: []source.Pos{kind.Pos()}}, false
	}
	if byKind[kind.Text()] == nil {
		return source.Problem{Code: "S10", Args: []string{kind.Text()}, Pos: []source.Pos{kind.Pos()},
			Suggest: Nearest(kind.Text(), slices.Values(Kinds()))}, false
	}
	return source.Problem{}, true
}

// Nearest is the candidate that text most likely was meant to be, "" where none
// comes near.
func Nearest(text string, candidates iter.Seq[string]) string {
	best, limit := "", max(1, (len(text)+1)/3)+1
	for c := range candidates {
		if len(c)-len(text) > limit || len(text)-len(c) > limit {
			continue
		}
		d := distance(strings.ToLower(text), strings.ToLower(c))
		if d < limit || d == limit && best != "" && c < best {
			best, limit = c, d
		}
	}
	return best
}

// distance is how many letters differ; letters that changed places count once.
func distance(a, b string) int {
	d := levenshtein.Distance(a, b, nil)
	if d == 2 && slices.Equal(slices.Sorted(slices.Values([]rune(a))), slices.Sorted(slices.Values([]rune(b)))) {
		return 1
	}
	return d
}

// validation is one document being held against its schema.
type validation struct {
	root     source.Value
	schema   *kindSchema
	problems []source.Problem
}

// plain is the document as JSON. Of People, the lines are checked and left out, one
// by one: most of them hold.
func (v *validation) plain() any {
	lines := v.root.Path("spec.people")
	if v.schema.line == nil || !lines.IsList() {
		return v.root.Plain()
	}
	for i, line := range lines.Items() {
		if v.full() {
			break
		}
		if !v.schema.line.holds(line) {
			v.check(v.schema.line.schema, line.Plain(), "/spec/people/"+strconv.Itoa(i))
		}
	}
	return v.root.PlainWithout(lines)
}

// maxProblems is how many problems a document may have before the rest are
// passed over in silence: a million would take their time and memory, and
// nobody reads on.
const maxProblems = 1000

func (v *validation) full() bool { return len(v.problems) >= maxProblems }

// check holds a value against a schema; at is where in the document it stands.
func (v *validation) check(s *jsonschema.Schema, value any, at string) {
	most := longest(value)
	for from := 0; most > pieceItems && from < most; from += pieceItems {
		if errs := invalid(s, piece(value, from)); len(errs) > 0 {
			for _, e := range errs {
				e.InstanceLocation = inWhole(value, e.InstanceLocation, from)
			}
			v.report(errs, at)
			return
		}
	}
	v.report(invalid(s, value), at)
}

func (v *validation) report(errs []*jsonschema.ValidationError, at string) {
	for i, e := range errs {
		if v.full() {
			break
		}
		if i > 0 && keyword(errs[i-1]) == "format" && errs[i-1].InstanceLocation == e.InstanceLocation {
			continue // the pattern beside a format says the same to those who assert no formats
		}
		v.problem(e, v.schema.parent(e.AbsoluteKeywordLocation), at+e.InstanceLocation)
	}
}

// invalid is what is wrong with a value, in an order of its own: the library
// goes by the order of its maps.
func invalid(s *jsonschema.Schema, value any) []*jsonschema.ValidationError {
	err := s.Validate(value)
	if err == nil {
		return nil
	}
	var invalid *jsonschema.ValidationError
	if !errors.As(err, &invalid) {
		panic(err) // an endless schema or a value that is no JSON: both are ours
	}
	all := leaves(nil, invalid)
	for _, e := range all {
		// The library writes its pointers as parts of a URL.
		if pointer, err := url.PathUnescape(e.InstanceLocation); err == nil {
			e.InstanceLocation = pointer
		}
	}
	slices.SortFunc(all, func(a, b *jsonschema.ValidationError) int {
		return cmp.Or(strings.Compare(a.InstanceLocation, b.InstanceLocation), strings.Compare(a.KeywordLocation, b.KeywordLocation))
	})
	return all
}

// leaves are the errors at the ends of the tree. They have words that nothing
// may depend on; what a problem needs is taken from the schema and the document.
func leaves(to []*jsonschema.ValidationError, e *jsonschema.ValidationError) []*jsonschema.ValidationError {
	if len(e.Causes) == 0 {
		return append(to, e)
	}
	causes := e.Causes
	if keyword(e) == "oneOf" {
		causes = []*jsonschema.ValidationError{likelyBranch(causes)}
	}
	for _, cause := range causes {
		to = leaves(to, cause)
	}
	return to
}

func keyword(e *jsonschema.ValidationError) string {
	return e.KeywordLocation[strings.LastIndexByte(e.KeywordLocation, '/')+1:]
}

// likelyBranch is the alternative that the author meant: the one that is of the
// right type and whose fixed words are right, and of those the one with the
// least wrong.
func likelyBranch(branches []*jsonschema.ValidationError) *jsonschema.ValidationError {
	at := branches[0].InstanceLocation
	var weight func(e *jsonschema.ValidationError) int
	weight = func(e *jsonschema.ValidationError) int {
		if len(e.Causes) == 0 {
			if keyword(e) == "const" || keyword(e) == "type" && e.InstanceLocation == at {
				return 100
			}
			return 1
		}
		sum := 0
		for _, c := range e.Causes {
			sum += weight(c)
		}
		return sum
	}
	return slices.MinFunc(branches, func(a, b *jsonschema.ValidationError) int {
		return 1000*(weight(a)-weight(b)) + strings.Compare(a.KeywordLocation, b.KeywordLocation)
	})
}

func (v *validation) add(code, variant string, pos source.Pos, suggest string, args ...string) {
	v.problems = append(v.problems, source.Problem{Code: code, Case: variant, Args: args, Pos: []source.Pos{pos}, Suggest: suggest})
}

// problem says what a keyword of a schema finds wrong with the value at a place.
func (v *validation) problem(e *jsonschema.ValidationError, s map[string]any, pointer string) {
	value := v.root.At(pointer)
	parent, last := path.Split(pointer)
	name := unescape(last)
	if parent = strings.TrimSuffix(parent, "/"); v.root.At(parent).IsList() {
		name = unescape(path.Base(parent)) + "[]" // an item has no name of its own
	}
	if strings.Contains(e.KeywordLocation, "/propertyNames/") {
		value = v.key(pointer)
	}
	keyword, shown := keyword(e), value.Text()
	if s["writeOnly"] == true { // nobody is to read it
		shown = "..."
	}
	if code, variant, ok := ruleOf(s, keyword); ok {
		at, allowed := v.keyPos(pointer), []string(nil)
		if keyword == "enum" {
			at, allowed = value.Pos(), list(s[keyword])
		}
		v.add(code, variant, at, Nearest(value.Text(), slices.Values(allowed)), value.Text(), strings.Join(allowed, ", "))
		return
	}
	switch keyword {
	case "additionalProperties":
		v.unknownKeys(value, s, name)
	case "required":
		v.missingKeys(value, s, v.keyPos(pointer))
	case "type":
		v.wrongType(value, s["type"], name)
	case "const":
		v.add("S04", "", value.Pos(), "", value.Text(), fmt.Sprint(s["const"]))
	case "enum":
		allowed := list(s["enum"])
		v.add("S04", "", value.Pos(), Nearest(value.Text(), slices.Values(allowed)), value.Text(), strings.Join(allowed, ", "))
	case "pattern", "format", "minLength", "maxLength":
		v.add("S05", keyword, value.Pos(), "", shown, description(s), fmt.Sprint(s[keyword]))
	case "minItems":
		v.add("S06", "", v.keyPos(pointer), "", name)
	case "minimum", "maximum":
		v.add("S07", keyword, value.Pos(), "", value.Text(), fmt.Sprint(s[keyword]))
	case "uniqueItems":
		v.twice(value)
	default:
		v.add("S09", "", v.keyPos(pointer), "", name)
	}
}

// ruleOf is the rule of the domain that a schema carries out by a keyword, as its
// comment says: "minItems: E12", or of several "required profile: E27.profile;
// additionalProperties role: E27.role".
func ruleOf(s map[string]any, keyword string) (code, variant string, ok bool) {
	comment, _ := s["$comment"].(string)
	for part := range strings.SplitSeq(comment, "; ") {
		if rule, found := strings.CutPrefix(part, keyword+": "); found {
			code, variant, _ = strings.Cut(rule, ".")
			return code, variant, true
		}
	}
	return "", "", false
}

func (v *validation) unknownKeys(value source.Value, s map[string]any, name string) {
	properties, _ := s["properties"].(map[string]any)
	for key := range value.Entries() {
		if v.full() {
			return
		}
		if properties[key.Text()] != nil {
			continue
		}
		if code, variant, ok := ruleOf(s, "additionalProperties "+key.Text()); ok {
			v.add(code, variant, key.Pos(), "", key.Text())
			continue
		}
		v.add("S01", "", key.Pos(), Nearest(key.Text(), maps.Keys(properties)), key.Text(), name)
	}
}

// missingKeys names the keys that are missing; one whose place a key took that
// breaks the same rule is not missed as well.
func (v *validation) missingKeys(value source.Value, s map[string]any, at source.Pos) {
	for _, key := range list(s["required"]) {
		if value.Get(key).Exists() {
			continue
		}
		code, variant, ok := ruleOf(s, "required "+key)
		if !ok {
			v.add("S02", "", at, "", key)
			continue
		}
		instead := false
		for other := range value.Entries() {
			of, _, found := ruleOf(s, "additionalProperties "+other.Text())
			instead = instead || found && of == code
		}
		if !instead {
			v.add(code, variant, at, "", key)
		}
	}
}

func (v *validation) wrongType(value source.Value, want any, name string) {
	expected := fmt.Sprint(want)
	switch {
	case expected == "string" && value.IsNumber():
		v.add("E35", "number", value.Pos(), "", value.Text(), source.Decoded(value.Text()))
	case value.Plain() == nil:
		v.add("S03", "empty", value.Pos(), "", name)
	default:
		v.add("S03", expected, value.Pos(), "", name)
	}
}

// twice names each text of a list that stood there before.
func (v *validation) twice(value source.Value) {
	seen := make(map[string]source.Pos)
	for _, item := range value.Items() {
		if v.full() {
			return
		}
		if item.IsMap() || item.IsList() {
			continue
		}
		if before, ok := seen[item.Text()]; ok {
			v.add("S08", "", item.Pos(), "", item.Text())
			last := &v.problems[len(v.problems)-1]
			last.Pos = append(last.Pos, before)
			continue
		}
		seen[item.Text()] = item.Pos()
	}
}

// key is the key whose value the pointer leads to.
func (v *validation) key(pointer string) source.Value {
	i := max(strings.LastIndexByte(pointer, '/'), 0)
	return v.root.At(pointer[:i]).Key(unescape(strings.TrimPrefix(pointer[i:], "/")))
}

// keyPos is the place of that key, for a problem with the value as a whole; of
// the value itself where it has no key.
func (v *validation) keyPos(pointer string) source.Pos {
	if key := v.key(pointer); key.Exists() {
		return key.Pos()
	}
	return v.root.At(pointer).Pos()
}

func unescape(token string) string {
	return strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")
}

func list(v any) []string {
	items, _ := v.([]any)
	texts := make([]string, len(items))
	for i, item := range items {
		texts[i] = fmt.Sprint(item)
	}
	return texts
}

func description(s map[string]any) string {
	text, _ := s["description"].(string)
	return text
}

// kindSchema is the schema of one kind: compiled, and as it was written.
type kindSchema struct {
	whole *part
	line  *part // of People
	text  any
}

// parent is the schema in which the keyword at a location stands.
func (k *kindSchema) parent(location string) map[string]any {
	_, pointer, _ := strings.Cut(location, "#")
	pointer = pointer[:strings.LastIndexByte(pointer, '/')]
	v := k.text
	for token := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		switch at := v.(type) {
		case map[string]any:
			if pointer != "" {
				v = at[unescape(token)]
			}
		case []any:
			i, _ := strconv.Atoi(token)
			v = at[i]
		}
	}
	m, _ := v.(map[string]any)
	return m
}

// byKind compiles a schema when it is first asked for.
var byKind = func() map[string]func() *kindSchema {
	m := make(map[string]func() *kindSchema)
	for _, kind := range Kinds() {
		m[kind] = sync.OnceValue(func() *kindSchema { return compile(kind) })
	}
	return m
}()

// compile panics on a broken schema: they are embedded, and tested.
func compile(kind string) *kindSchema {
	text, _ := Text(kind)
	k := new(kindSchema)
	if err := json.Unmarshal(text, &k.text); err != nil {
		panic(err)
	}
	k.text = inlined(k.text, k.text)
	delete(k.text.(map[string]any), "$defs") // nothing refers to them any more
	text, err := json.Marshal(k.text)
	if err != nil {
		panic(err)
	}
	c := jsonschema.NewCompiler()
	c.Draft = jsonschema.Draft2020
	c.AssertFormat = true
	c.LoadURL = func(url string) (io.ReadCloser, error) {
		return nil, fmt.Errorf("%s: a schema refers to nothing outside", url)
	}
	url := base + kind + ".schema.json"
	if err := c.AddResource(url, bytes.NewReader(text)); err != nil {
		panic(err)
	}
	k.whole = newPart(c.MustCompile(url), k.text)
	if kind == "People" {
		k.line = k.whole.properties["spec"].properties["people"].items
	}
	return k
}

// inlined is a schema with every reference replaced by what it leads to. It
// means the same but for descriptions, and validates twice as fast: the library enters a reference
// with a dozen allocations, and a line of People has ten.
func inlined(v, root any) any {
	switch at := v.(type) {
	case []any:
		for i, item := range at {
			at[i] = inlined(item, root)
		}
	case map[string]any:
		out := make(map[string]any, len(at))
		if ref, ok := at["$ref"].(string); ok {
			target := root
			for token := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
				target = target.(map[string]any)[token]
			}
			maps.Copy(out, inlined(target, root).(map[string]any))
		}
		_, formed := out["pattern"] // and what a text must look like is told there
		for key, value := range at {
			if key == "$ref" || key == "description" && formed {
				continue
			}
			out[key] = inlined(value, root)
		}
		return out
	}
	return v
}
