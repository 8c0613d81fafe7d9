package source

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// Node is a value to be written: text, a day, a whole number, a flag, a list, or
// a mapping in the order of its entries. The zero Node is an empty mapping.
type Node struct {
	kind    nodeKind
	text    string
	items   []Node
	entries []Entry
	short   bool
}

// Entry is a key of a mapping and its value.
type Entry struct {
	Key   string
	Value Node
}

type nodeKind int

const (
	mappingNode nodeKind = iota
	sequenceNode
	textNode
	plainNode // stands without quotes
)

// Text is a text, which is in quotes where YAML would read something else.
func Text(text string) Node { return Node{kind: textNode, text: text} }

// Day is a day, which stands as it is; what does not look like one is a text.
func Day(text string) Node { return likely(text, dayForm) }

// Whole is a whole number; what does not look like one is a text.
func Whole(text string) Node { return likely(text, wholeForm) }

var (
	dayForm   = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`)
	wholeForm = regexp.MustCompile(`^(0|-?[1-9][0-9]{0,14})$`)
)

func likely(text string, form *regexp.Regexp) Node {
	if form.MatchString(text) {
		return Node{kind: plainNode, text: text}
	}
	return Text(text)
}

// Bool is a flag.
func Bool(yes bool) Node {
	if yes {
		return Node{kind: plainNode, text: "true"}
	}
	return Node{kind: plainNode, text: "false"}
}

// Sequence is a list.
func Sequence(items ...Node) Node { return Node{kind: sequenceNode, items: items} }

// Mapping is keys and values in their order; a key stands in it once.
func Mapping(entries ...Entry) Node { return Node{entries: entries} }

// Short is the list or mapping on one line, where it fits there.
func (n Node) Short() Node {
	n.short = true
	return n
}

// IsEmpty reports whether a list or mapping holds nothing.
func (n Node) IsEmpty() bool {
	return n.kind == mappingNode && len(n.entries) == 0 || n.kind == sequenceNode && len(n.items) == 0
}

// Put sets the value at a path of keys below a mapping, and makes the mappings
// on the way.
func (n *Node) Put(value Node, path ...string) {
	i := slices.IndexFunc(n.entries, func(e Entry) bool { return e.Key == path[0] })
	if i < 0 {
		i = len(n.entries)
		n.entries = append(n.entries, Entry{Key: path[0]})
	}
	if len(path) == 1 {
		n.entries[i].Value = value
		return
	}
	n.entries[i].Value.Put(value, path[1:]...)
}

// Remove takes a key out of a mapping.
func (n *Node) Remove(key string) {
	n.entries = slices.DeleteFunc(n.entries, func(e Entry) bool { return e.Key == key })
}

// Append adds a value to a list.
func (n *Node) Append(item Node) { n.items = append(n.items, item) }

// Merge adds to a list the items of another, and to a mapping the entries of
// another, at every depth. What is neither stays as it is.
func (n *Node) Merge(more Node) {
	n.items = append(n.items, more.items...)
	for _, e := range more.entries {
		if i := slices.IndexFunc(n.entries, func(own Entry) bool { return own.Key == e.Key }); i >= 0 {
			n.entries[i].Value.Merge(e.Value)
		} else {
			n.entries = append(n.entries, e)
		}
	}
}

// Entries are the keys and values of a mapping.
func (n Node) Entries() []Entry { return n.entries }

// Count is how many nodes a parser makes of the value, as MaxNodes counts them.
func (n Node) Count() int {
	count := 1
	for _, item := range n.items {
		count += item.Count()
	}
	for _, e := range n.entries {
		count += 1 + e.Value.Count()
	}
	return count
}

// Size is about how many bytes the value takes in a file.
func (n Node) Size() int {
	size := len(n.text) + 2
	for _, item := range n.items {
		size += 2 + item.Size()
	}
	for _, e := range n.entries {
		size += len(e.Key) + 2 + e.Value.Size()
	}
	return size
}

// Draft is a document to be written: a mapping with a comment before it.
type Draft struct {
	Comment string // one line, without its #
	Root    Node
}

// Write is the text of a file with these documents. It is its own canonical
// form (Format), and what Parse reads in it is what the nodes hold, as long as
// Unwritable finds nothing in their texts and keys.
func Write(documents ...Draft) []byte {
	var w writer
	for i, d := range documents {
		if i > 0 {
			w.WriteString("---\n")
		}
		if d.Comment != "" {
			w.WriteString("# " + d.Comment + "\n")
		}
		w.entries(d.Root.entries, 0)
	}
	return w.Bytes()
}

// MaxKey is how many bytes a key may have: behind more, YAML does not look for a
// colon.
const MaxKey = 1000

// Unwritable finds the first thing in a text that no file may hold. It is a
// Problem without a place.
func Unwritable(text string) (Problem, bool) {
	if !utf8.ValidString(text) {
		return Problem{Code: "Y01"}, true
	}
	for _, r := range text {
		if Invisible(r) {
			return Problem{Code: "Y02", Args: []string{CharName(r)}}, true
		}
	}
	return Problem{}, false
}

type writer struct{ bytes.Buffer }

func (w *writer) indent(columns int) { w.WriteString(strings.Repeat(" ", columns)) }

// entries writes a mapping, an entry a line, in block style.
func (w *writer) entries(entries []Entry, column int) {
	for _, e := range entries {
		w.indent(column)
		w.entry(e, column)
	}
}

// entry writes one entry, from where its key is to stand.
func (w *writer) entry(e Entry, column int) {
	key := quote(e.Key, false) + ":"
	w.WriteString(key)
	switch room := column + utf8.RuneCountInString(key) + 1; {
	case w.line(e.Value, room):
	case e.Value.kind == mappingNode:
		w.WriteByte('\n')
		w.entries(e.Value.entries, column+2)
	default:
		w.WriteByte('\n')
		w.list(e.Value.items, column+2)
	}
}

func (w *writer) list(items []Node, column int) {
	for _, item := range items {
		w.indent(column)
		w.WriteByte('-')
		switch {
		case w.line(item, column+2):
		case item.kind == mappingNode: // the first key stands beside the dash
			w.WriteByte(' ')
			w.entry(item.entries[0], column+2)
			w.entries(item.entries[1:], column+2)
		default: // a list in a list
			w.WriteString(" " + item.flow() + "\n")
		}
	}
}

// line ends a line with a value, if it can stand there: a scalar, what is empty,
// and what is short and fits. Before it are so many columns.
func (w *writer) line(n Node, columns int) bool {
	var text string
	switch {
	case n.kind == textNode:
		text = quote(n.text, false)
	case n.kind == plainNode:
		text = n.text
	case n.IsEmpty():
		text = n.flow()
	case !n.short:
		return false
	default:
		if text = n.flow(); columns+utf8.RuneCountInString(text) > lineWidth {
			return false
		}
	}
	w.WriteByte(' ')
	w.WriteString(text)
	w.WriteByte('\n')
	return true
}

// flow is the value on one line.
func (n Node) flow() string {
	switch n.kind {
	case textNode:
		return quote(n.text, true)
	case plainNode:
		return n.text
	case sequenceNode:
		return "[" + strings.Join(n.flowParts(), ", ") + "]"
	}
	return "{" + strings.Join(n.flowParts(), ", ") + "}"
}

// flowParts are the items or entries of a list or mapping on one line.
func (n Node) flowParts() (parts []string) {
	for _, item := range n.items {
		parts = append(parts, item.flow())
	}
	for _, e := range n.entries {
		parts = append(parts, quote(e.Key, true)+": "+e.Value.flow())
	}
	return parts
}

// quote is a text as it stands in a file: in double quotes where without them it
// would be something else, to this reader or to an older one.
func quote(text string, inFlow bool) string {
	if isPlain(text, inFlow) {
		return text
	}
	return `"` + escapes.Replace(text) + `"`
}

var escapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\t", `\t`)

// isPlain reports whether a text can stand without quotes.
func isPlain(text string, inFlow bool) bool {
	switch {
	case text == "" || text != strings.TrimSpace(text):
		return false
	case strings.ContainsRune("-?:,[]{}#&*!|>'\"%@`~=<.", rune(text[0])) && !harmless.MatchString(text):
		return false
	case strings.Contains(text, ": ") || strings.HasSuffix(text, ":") || strings.Contains(text, " #"):
		return false
	case inFlow && strings.ContainsAny(text, ",[]{}?"):
		return false
	}
	for _, r := range text {
		if r != ' ' && unicode.IsSpace(r) {
			return false
		}
	}
	return !olderWords[strings.ToLower(text)] && !sexagesimal.MatchString(text) && readAsText(text)
}

// readAsText reports whether YAML takes an unquoted scalar for text.
func readAsText(text string) bool {
	n := yaml.Node{Kind: yaml.ScalarNode, Value: text}
	return n.ShortTag() == "!!str"
}

var (
	// harmless is a text whose first character is no indicator after all.
	harmless = regexp.MustCompile(`^(\.\.?/|[.-]\pL)`)
	// olderWords are flags to readers of YAML 1.1.
	olderWords = map[string]bool{"y": true, "n": true, "yes": true, "no": true, "on": true, "off": true}
	// sexagesimal are numbers to them: 22:10.
	sexagesimal = regexp.MustCompile(`^[-+]?[0-9][0-9_]*(:[0-9]+)+(\.[0-9_]*)?$`)
)
