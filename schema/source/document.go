package source

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"regexp"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
	"gopkg.in/yaml.v3"
)

// Document is one YAML document: a mapping, checked.
type Document struct {
	file string
	line int // lines of the file before the document
	root *yaml.Node
}

// Value is one value of a document and its place. The zero Value stands for a
// value that is not there.
type Value struct {
	node *yaml.Node
	doc  *Document
}

// Root is the mapping that the document is.
func (d *Document) Root() Value { return Value{d.root, d} }

// Exists reports whether there is a value.
func (v Value) Exists() bool { return v.node != nil }

// Pos is where the value begins; for a value that is not there, nowhere.
func (v Value) Pos() Pos {
	if v.node == nil {
		return Pos{}
	}
	return v.doc.pos(v.node)
}

// End is where the last value inside the value begins; of a scalar, where the
// scalar does.
func (v Value) End() Pos {
	if v.node == nil {
		return Pos{}
	}
	last := v.node
	for len(last.Content) > 0 {
		last = last.Content[len(last.Content)-1]
	}
	return v.doc.pos(last)
}

func (d *Document) pos(n *yaml.Node) Pos { return Pos{d.file, d.line + n.Line, n.Column} }

// Text is a scalar as it was written, without quotes: 01234 is "01234".
func (v Value) Text() string {
	if v.node == nil {
		return ""
	}
	return v.node.Value
}

// Get is the value of a key of a mapping.
func (v Value) Get(key string) Value {
	if i := v.find(key); i >= 0 {
		return Value{v.node.Content[i+1], v.doc}
	}
	return Value{}
}

// find is where a key stands among the nodes of a mapping, -1 for nowhere.
func (v Value) find(key string) int {
	if v.IsMap() {
		for i := 0; i+1 < len(v.node.Content); i += 2 {
			if v.node.Content[i].Value == key {
				return i
			}
		}
	}
	return -1
}

// Path is Get along keys with dots between them.
func (v Value) Path(path string) Value {
	for key := range strings.SplitSeq(path, ".") {
		v = v.Get(key)
	}
	return v
}

// Key is the key of a mapping as a value, for its place.
func (v Value) Key(key string) Value {
	if i := v.find(key); i >= 0 {
		return Value{v.node.Content[i], v.doc}
	}
	return Value{}
}

// Entries yields the keys and values of a mapping in the order of the file.
func (v Value) Entries() iter.Seq2[Value, Value] {
	return func(yield func(Value, Value) bool) {
		if v.node == nil || v.node.Kind != yaml.MappingNode {
			return
		}
		for i := 0; i+1 < len(v.node.Content); i += 2 {
			if !yield(Value{v.node.Content[i], v.doc}, Value{v.node.Content[i+1], v.doc}) {
				return
			}
		}
	}
}

// Items yields the values of a sequence.
func (v Value) Items() iter.Seq2[int, Value] {
	return func(yield func(int, Value) bool) {
		if v.node == nil || v.node.Kind != yaml.SequenceNode {
			return
		}
		for i, n := range v.node.Content {
			if !yield(i, Value{n, v.doc}) {
				return
			}
		}
	}
}

// Len is the number of items of a sequence.
func (v Value) Len() int {
	if !v.IsList() {
		return 0
	}
	return len(v.node.Content)
}

// At follows a JSON pointer; the zero Value where it leads nowhere.
func (v Value) At(pointer string) Value {
	for token := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		if pointer == "" || v.node == nil {
			break
		}
		token = strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")
		if v.node.Kind == yaml.SequenceNode {
			i, err := strconv.Atoi(token)
			if err != nil || i < 0 || i >= len(v.node.Content) {
				return Value{}
			}
			v = Value{v.node.Content[i], v.doc}
			continue
		}
		v = v.Get(token)
	}
	return v
}

// IsNumber reports whether YAML takes the value for a number: one that was
// written without quotes.
func (v Value) IsNumber() bool {
	return v.node != nil && v.node.Kind == yaml.ScalarNode && (v.node.Tag == "!!int" || v.node.Tag == "!!float")
}

// Plain is the value as encoding/json would decode it, but that whole numbers
// are int64. Dates are text, and so is a number in a form that Problems speak
// of already.
func (v Value) Plain() any {
	if v.node == nil {
		return nil
	}
	switch v.node.Kind {
	case yaml.MappingNode:
		m := make(map[string]any, len(v.node.Content)/2)
		for k, val := range v.Entries() {
			m[k.node.Value] = val.Plain()
		}
		return m
	case yaml.SequenceNode:
		s := make([]any, len(v.node.Content))
		for i, item := range v.Items() {
			s[i] = item.Plain()
		}
		return s
	}
	switch v.node.Tag {
	case "!!null":
		return nil
	case "!!bool":
		return strings.EqualFold(v.node.Value, "true")
	case "!!int", "!!float":
		if !plainNumber(v.node.Value) {
			break
		}
		if i, err := strconv.ParseInt(v.node.Value, 10, 64); err == nil {
			return i
		}
		if f, err := strconv.ParseFloat(v.node.Value, 64); err == nil {
			return f
		}
	}
	return v.node.Value
}

// PlainWithout is Plain, with one value that stands somewhere inside emptied:
// a list without items.
func (v Value) PlainWithout(list Value) any {
	switch {
	case v.node == list.node:
		return []any{}
	case !v.IsMap():
		return v.Plain()
	}
	m := make(map[string]any, len(v.node.Content)/2)
	for k, val := range v.Entries() {
		m[k.node.Value] = val.PlainWithout(list)
	}
	return m
}

// Canonical is a text that two values share only where Plain gives the same for
// both.
func (v Value) Canonical() string { return string(v.AppendCanonical(nil)) }

// AppendCanonical adds that text to another.
func (v Value) AppendCanonical(to []byte) []byte {
	switch {
	case v.node == nil:
		return to
	case v.node.Kind == yaml.ScalarNode:
		return strconv.AppendQuote(append(to, v.node.Tag...), v.node.Value)
	}
	to = append(to, byte('0'+v.node.Kind), '[')
	for _, child := range v.node.Content {
		to = append(Value{child, v.doc}.AppendCanonical(to), ' ')
	}
	return append(to, ']')
}

// IsMap reports whether the value is a mapping.
func (v Value) IsMap() bool { return v.node != nil && v.node.Kind == yaml.MappingNode }

// IsList reports whether the value is a sequence.
func (v Value) IsList() bool { return v.node != nil && v.node.Kind == yaml.SequenceNode }

// plainForm is a number in a form that means the same to everybody.
var plainForm = regexp.MustCompile(`^-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,15})?$`)

func plainNumber(text string) bool { return len(text) <= 32 && plainForm.MatchString(text) }

// parsePart reads one document. It is nil where there is none, or none that
// can be read on.
func parsePart(path string, p part, spent *spent) (*Document, []Problem) {
	if pos, ok := directive(path, p); ok {
		return nil, []Problem{{Code: "Y08", Pos: []Pos{pos}}}
	}
	read := rootOf // every byte
	if !spent.whole {
		read = spent.parser.rootOf
		before := *spent
		if root := readAlike(p.whole(), read); root != nil {
			if d, problems := checked(path, p, spent, root); d != nil && len(problems) == 0 {
				return d, nil
			}
		}
		*spent = before // what is wrong is found in the whole
	}
	root, err := read(p.whole())
	if err != nil {
		return nil, []Problem{syntaxProblem(path, p, spent, err)}
	}
	if root == nil {
		return nil, nil
	}
	return checked(path, p, spent, root)
}

// checked is a document without what YAML allows and lupa does not.
func checked(path string, p part, spent *spent, root *yaml.Node) (*Document, []Problem) {
	d := &Document{file: path, line: p.line, root: root}
	c := checker{doc: d, nodes: &spent.nodes}
	if bytes.IndexByte(p.text, '!') >= 0 {
		c.lines = bytes.Split(p.text, []byte("\n"))
	}
	c.walk(d.root, 1)
	if d.root.Kind == yaml.ScalarNode && d.root.Tag == "!!null" && d.root.Value == "" {
		return nil, c.problems
	}
	if d.root.Kind != yaml.MappingNode {
		return nil, append(c.problems, Problem{Code: "Y09", Pos: []Pos{d.pos(d.root)}})
	}
	if c.unreadable {
		return nil, c.problems
	}
	return d, c.problems
}

// rootOf is what a document is, nil where there is none.
func rootOf(text []byte) (*yaml.Node, error) {
	var top yaml.Node
	if err := unmarshal(text, &top); err != nil || len(top.Content) == 0 {
		return nil, err
	}
	return top.Content[0], nil
}

// unmarshal parses one document, and takes a panic of the parser for an error:
// the text is from outside, and no text may bring lupa down. What stands after
// the document must be read too, for the parser by itself stops where the
// document can end: of `{a: b}` and a line `c: d` it would forget the second.
func unmarshal(text []byte, into *yaml.Node) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	in := yaml.NewDecoder(bytes.NewReader(text))
	if err := in.Decode(into); err != nil {
		return ignoreEOF(err)
	}
	var more yaml.Node
	if err := in.Decode(&more); err != nil {
		return ignoreEOF(err)
	}
	return errors.New("a second document begins without a line `---`")
}

func ignoreEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// directive finds a %YAML or %TAG line, which only stands before a document.
func directive(path string, p part) (Pos, bool) {
	line := p.line
	for text := range bytes.Lines(p.text) {
		line++
		trimmed := bytes.TrimSpace(text)
		if len(text) > 0 && text[0] == '%' {
			return Pos{path, line, 1}, true
		}
		if len(trimmed) > 0 && trimmed[0] != '#' {
			break
		}
	}
	return Pos{}, false
}

var (
	yamlLine  = regexp.MustCompile(`line (\d+): `)
	noAnchor  = regexp.MustCompile(`^unknown anchor '(.*)' referenced$`)
	tooNested = regexp.MustCompile(`^exceeded max depth of `)
)

// syntaxProblem says where a text stops being YAML. yaml.v3 often names a line
// before the mistake, so a second parser is asked where that is safe.
func syntaxProblem(path string, p part, spent *spent, err error) Problem {
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	pos := Pos{path, p.line + 1, 1}
	if m := yamlLine.FindStringSubmatch(message); m != nil {
		n, _ := strconv.Atoi(m[1])
		pos.Line = p.line + n
		message = strings.Replace(message, m[0], "", 1)
	}
	if m := noAnchor.FindStringSubmatch(message); m != nil {
		at := posOf(path, p.text, aliasIn(p.text, m[1]))
		return Problem{Code: "Y04", Case: "alias", Args: m[1:], Pos: []Pos{{path, p.line + at.Line, at.Col}}}
	}
	if tooNested.MatchString(message) {
		return limit(pos, "depth", MaxDepth)
	}
	if line, col, ok := secondOpinion(p.whole(), spent); ok {
		pos.Line, pos.Col = p.line+line, col
	}
	variant := ""
	if tabbed(p, pos) {
		variant = "tab"
	}
	return Problem{Code: "Y03", Case: variant, Args: []string{message}, Pos: []Pos{pos}}
}

// tabbed reports whether the line of a place is indented by tabs, or the one
// before it. The lines are not kept: a file may have sixteen million.
func tabbed(p part, pos Pos) bool {
	line := p.line
	for text := range bytes.Lines(p.text) {
		if line++; line > pos.Line {
			break
		}
		indent := text[:len(text)-len(bytes.TrimLeft(text, " \t"))]
		if line >= pos.Line-1 && bytes.IndexByte(indent, '\t') >= 0 {
			return true
		}
	}
	return false
}

// aliasIn finds an alias, of which the parser does not say where it stands.
func aliasIn(text []byte, name string) int {
	alias := []byte("*" + name)
	for at := 0; ; at++ {
		next := bytes.Index(text[at:], alias)
		if next < 0 {
			return 0
		}
		at += next
		if at == 0 || bytes.IndexByte([]byte(" \t\n[{,"), text[at-1]) >= 0 {
			return at
		}
	}
}

// maxOpinion is how much text of one file the second parser is given. It takes
// time by the square of the text and more, a second for this much.
const maxOpinion = 1 << 17

func secondOpinion(text []byte, spent *spent) (line, col int, ok bool) {
	if spent.opinion += len(text); spent.opinion > maxOpinion || slow(text) {
		return 0, 0, false
	}
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	_, err := parser.ParseBytes(text, 0)
	var at interface{ GetToken() *token.Token }
	if !errors.As(err, &at) || at.GetToken() == nil || at.GetToken().Position == nil {
		return 0, 0, false
	}
	pos := at.GetToken().Position
	return pos.Line, max(pos.Column, 1), pos.Line > 0
}

// slow finds what the second parser would need minutes for: a line that opens
// very many collections, many blank lines in a row, and many tabs.
func slow(text []byte) bool {
	blank, tabs := 0, 0
	for line := range bytes.Lines(text) {
		opened := 0
		for _, indicator := range []string{"- ", "? ", ": ", "[", "{"} {
			opened += bytes.Count(line, []byte(indicator))
		}
		if blank++; len(bytes.TrimSpace(line)) > 0 {
			blank = 0
		}
		tabs += bytes.Count(line, []byte("\t"))
		if opened > 200 || blank > 20 || tabs > 200 {
			return true
		}
	}
	return false
}

// checker walks the nodes of one document and refuses what YAML allows and
// lupa does not.
type checker struct {
	doc        *Document
	nodes      *int
	lines      [][]byte // of the text, where it has exclamation marks
	line       int      // the line that runes holds
	runes      []rune
	unreadable bool // so bad that reading on would mislead
	problems   []Problem
}

func (c *checker) add(code, variant string, n *yaml.Node, args ...string) {
	c.report(Problem{Code: code, Case: variant, Args: args, Pos: []Pos{c.doc.pos(n)}})
}

// report notes a problem, once: a mapping begins where its first key does, and
// what is wrong there would be said of both.
func (c *checker) report(p Problem) {
	if n := len(c.problems); n < maxReports && (n == 0 || c.problems[n-1].Compare(p) != 0) {
		c.problems = append(c.problems, p)
	}
}

func (c *checker) walk(n *yaml.Node, depth int) {
	if *c.nodes++; *c.nodes > MaxNodes {
		if !c.unreadable {
			c.problems = append(c.problems, limit(c.doc.pos(n), "nodes", MaxNodes))
		}
		c.unreadable = true
		return
	}
	switch {
	case n.Kind == yaml.AliasNode:
		c.add("Y04", "alias", n, n.Value)
		c.unreadable = true
		return
	case n.Anchor != "":
		c.add("Y04", "anchor", n, n.Anchor)
	}
	if n.Style&yaml.TaggedStyle != 0 || c.beginsTagged(n) {
		c.add("Y05", "", n)
	}
	if n.Kind == yaml.ScalarNode {
		c.scalar(n)
		return
	}
	if depth > MaxDepth {
		if !c.unreadable {
			c.problems = append(c.problems, limit(c.doc.pos(n), "depth", MaxDepth))
		}
		c.unreadable = true
		return
	}
	if n.Kind == yaml.MappingNode {
		c.keys(n)
	}
	for _, child := range n.Content {
		c.walk(child, depth+1)
	}
}

// beginsTagged finds the tag "!", which the parser drops without a trace.
func (c *checker) beginsTagged(n *yaml.Node) bool {
	if c.lines == nil || n.Line > len(c.lines) {
		return false
	}
	if c.line != n.Line { // nodes come line by line
		c.line, c.runes = n.Line, []rune(string(c.lines[n.Line-1]))
	}
	return n.Column <= len(c.runes) && c.runes[n.Column-1] == '!'
}

func (c *checker) keys(n *yaml.Node) {
	if len(n.Content)/2 > MaxMappingKeys {
		c.problems = append(c.problems, limit(c.doc.pos(n), "keys", MaxMappingKeys))
		c.unreadable = true
		return
	}
	var seen map[string]*yaml.Node // only where it pays
	if len(n.Content) > 16 {
		seen = make(map[string]*yaml.Node, len(n.Content)/2)
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		before := seen[key.Value]
		for j := 0; seen == nil && j < i && before == nil; j += 2 {
			if n.Content[j].Value == key.Value {
				before = n.Content[j]
			}
		}
		switch {
		case key.Kind != yaml.ScalarNode || key.Tag == "!!null":
			c.add("E35", "key", key)
			c.unreadable = true
		case key.Tag == "!!merge":
			c.add("Y04", "merge", key)
			c.unreadable = true
		case key.Tag != "!!str" && !oddNumber(key): // an odd number is told that anyway
			c.add("E35", "key", key)
		case before != nil:
			c.report(Problem{Code: "E35", Case: "twice", Args: []string{key.Value},
				Pos: []Pos{c.doc.pos(key), c.doc.pos(before)}})
		}
		if seen != nil && before == nil {
			seen[key.Value] = key
		}
	}
}

func (c *checker) scalar(n *yaml.Node) {
	for _, r := range n.Value {
		if Invisible(r) {
			c.add("Y02", "", n, CharName(r))
			break
		}
	}
	if _, ok := infinite(n.Value); ok && n.Style == 0 && n.Tag == "!!str" {
		n.Tag = "!!float" // text to the parser, and a number to everybody else
	}
	if len(c.problems) < maxReports && oddNumber(n) {
		c.add("E35", "number", n, clip(n.Value), clip(Decoded(n.Value))) // to decode is dear
	}
}

// oddNumber reports whether a scalar is a number in a form that not everybody
// reads alike.
func oddNumber(n *yaml.Node) bool {
	return (n.Tag == "!!int" || n.Tag == "!!float") && !plainNumber(n.Value)
}

// infinite is what becomes of a number that is too large for any type: 1e400.
func infinite(text string) (float64, bool) {
	if text == "" || text[0] > '9' || strings.ContainsAny(text, "xX") {
		return 0, false
	}
	f, err := strconv.ParseFloat(text, 64)
	return f, errors.Is(err, strconv.ErrRange)
}

// clip cuts a number that is too long to be read by anybody.
func clip(number string) string {
	if len(number) > 60 {
		return number[:60] + "..."
	}
	return number
}

// Decoded is what YAML makes of an unquoted scalar: 668 of 01234.
func Decoded(text string) string {
	switch i, err := strconv.Atoi(text); {
	case err == nil && plainNumber(text):
		return strconv.Itoa(i) // what most numbers are, without a parser
	case len(text) > 1000:
		return text // no two parsers agree
	}
	if f, ok := infinite(text); ok {
		return fmt.Sprint(f)
	}
	var v any
	if err := yaml.Unmarshal([]byte(text), &v); err != nil {
		return ""
	}
	return fmt.Sprint(v)
}
