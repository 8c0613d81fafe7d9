package source

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// A list of thousands of lines that differ in their words alone
//
//	people:
//	  - {name: t-1042, groups: [opettajat]}
//	  - {name: t-1043, groups: [opettajat]}
//
// is read by the parser as far as it tells something new: of items that look
// alike, in a row, it is given the first. What it makes of that one, the others
// take with words and places of their own.
//
// Items look alike where nothing but plain words differs: texts of which YAML,
// whatever they are, makes a string and nothing else. Everything else is the
// item's shape. The parser remains the one who says what a shape means, and what
// it says is held against the words: each has to be a scalar, where it stands.
// Whatever is not clear, or wrong, is read by the parser whole.

// maxItem is how long an item may be: within that, no key is too long for YAML.
const maxItem = 1000

// item is the text of one item of a block sequence, in lines of its own, that the
// parser is given.
type item struct {
	shape  string
	indent int
	line   int // of what the parser is given, from 0
	lines  int
	words  [2]int // from and to
	row    int    // which it is in
	others int    // those that look like it, in that row
	next   int    // the first of those that come before the next item
}

// other is an item that the parser is not given.
type other struct {
	like  int32 // the item it looks like
	line  int32 // of the text, from 0
	words int32 // where they begin; there are as many
}

// word is a text that may differ; quotes are part of it.
type word struct {
	start, end int32
	col        int32 // in its line, from 0
	line       uint16
	mark       byte
}

// alike is a document being read so.
type alike struct {
	text   []byte
	items  []item
	others []other
	words  []word
	shape  []byte          // of the item read last
	unlike map[string]bool // shapes that are not what they look like
	cuts   []cut
}

// cut is where items were left out: from a line on that the parser is given, the
// lines of the text are so many more.
type cut struct{ line, more int }

// readAlike parses a document of which items look alike; nil where that does not
// help, or something is not clear.
func readAlike(text []byte) *yaml.Node {
	a := alike{text: text, unlike: make(map[string]bool)}
	for range 2 {
		reduced := a.reduce()
		if reduced == nil {
			return nil
		}
		var top yaml.Node
		if unmarshal(reduced, &top) != nil || len(top.Content) == 0 {
			return nil
		}
		known := len(a.unlike)
		r := restorer{alike: &a, text: string(text), itemAt: make(map[int]int), of: make([]*template, len(a.items)), left: len(a.others)}
		for i, it := range a.items {
			r.itemAt[it.line] = i
		}
		clear := r.node(top.Content[0])
		switch {
		case clear && len(a.unlike) == known && r.left == 0:
			return top.Content[0]
		case len(a.unlike) == known:
			return nil
		}
	}
	return nil
}

// reduce is the text without the items that look like one before them in the
// same row; nil where there are none, or more than a document may have.
func (a *alike) reduce() (reduced []byte) {
	a.items, a.others, a.words, a.cuts = a.items[:0], a.others[:0], a.words[:0], a.cuts[:0]
	byShape := make(map[string]int)
	line, row, more, kept := 0, 0, 0, 0 // kept up to a byte
	for at := 0; at < len(a.text); {
		it, end, ok := a.item(at)
		if !ok {
			at, line, row = endOfLine(a.text, at), line+1, row+1
			continue
		}
		if n := len(a.items); n > 0 && a.items[n-1].indent != it.indent {
			row++
		}
		like, known := byShape[string(a.shape)]
		switch {
		case !known || a.items[like].row != row || a.unlike[string(a.shape)]:
			it.shape, it.line, it.row, it.next = string(a.shape), line-more, row, len(a.others)
			byShape[it.shape] = len(a.items)
			a.items = append(a.items, it)
		case len(a.others)+len(a.words) > MaxNodes:
			return nil
		default:
			a.items[like].others++
			a.others = append(a.others, other{int32(like), int32(line), int32(it.words[0])})
			reduced = append(reduced, a.text[kept:at]...)
			kept = end
			if n := len(a.cuts); n == 0 || a.cuts[n-1].line < line-more {
				a.cuts = append(a.cuts, cut{line: line - more})
			}
			more += it.lines
			a.cuts[len(a.cuts)-1].more = more
		}
		at, line = end, line+it.lines
	}
	if kept == 0 {
		return nil
	}
	return append(reduced, a.text[kept:]...)
}

// lineOf is the line of the text that a line is which the parser was given; both
// from 0.
func (a *alike) lineOf(line int) int {
	i, found := slices.BinarySearchFunc(a.cuts, line, func(c cut, line int) int { return cmp.Compare(c.line, line) })
	if found {
		i++
	}
	if i == 0 {
		return line
	}
	return line + a.cuts[i-1].more
}

func endOfLine(text []byte, at int) int {
	if n := bytes.IndexByte(text[at:], '\n'); n >= 0 {
		return at + n + 1
	}
	return len(text)
}

// Bytes of which items are made. All others may begin something that is more
// than a word in a list or mapping: a comment, a block of text, an anchor, a tag.
const (
	foreign byte = iota
	letter
	inWord // from the second byte on
	blank
	opens
	closes
	between
	quotes
	carriage
)

var bytesOf = func() (c [256]byte) {
	for b := range c {
		switch {
		case b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z':
			c[b] = letter
		case b >= '0' && b <= '9':
			c[b] = inWord
		}
	}
	for class, text := range map[byte]string{inWord: "._-/@+", blank: " ", opens: "[{", closes: "]}", between: ",:", quotes: `"'`, carriage: "\r"} {
		for i := range len(text) {
			c[text[i]] = class
		}
	}
	return c
}()

// Marks of words in shapes.
const (
	plainMark = 0x01 + iota
	doubleMark
	singleMark
)

// item reads the item that begins in a line, to where it ends. Its shape is in
// a.shape.
func (a *alike) item(at int) (it item, end int, ok bool) {
	text := a.text
	it.indent = spaces(text[at:])
	dash := at + it.indent
	if dash+1 >= len(text) || text[dash] != '-' || text[dash+1] > ' ' {
		return it, 0, false
	}
	a.shape = append(a.shape[:0], text[at:dash]...)
	words := len(a.words)
	for i, line, depth := dash, at, 0; i-at <= maxItem && depth >= 0; {
		if i == len(text) || text[i] == '\n' {
			it.lines++
			line = min(i+1, len(text))
			goesOn, clear := continues(text[line:], it.indent)
			if !goesOn && clear && depth == 0 {
				it.words = [2]int{words, len(a.words)}
				return it, line, true
			}
			if !goesOn || !clear {
				break
			}
			a.shape = append(a.shape, '\n')
			i = line
			continue
		}
		from, mark := i, byte(0)
		switch i++; bytesOf[text[from]] {
		case letter, inWord:
			i, mark = wordAt(text, from)
		case quotes:
			if i, mark = quotedAt(text, from); mark == 0 {
				depth = -1
			}
		case opens:
			depth++
		case closes:
			depth--
		case blank, between:
		case carriage:
			if i == len(text) || text[i] != '\n' {
				depth = -1
			}
		default:
			depth = -1
		}
		if mark == 0 {
			a.shape = append(a.shape, text[from:i]...)
			continue
		}
		a.shape = append(a.shape, mark)
		a.words = append(a.words, word{int32(from), int32(i), int32(from - line), uint16(it.lines), mark})
	}
	a.words = a.words[:words]
	return it, 0, false
}

func spaces(text []byte) int {
	n := 0
	for n < len(text) && text[n] == ' ' {
		n++
	}
	return n
}

// continues reports whether an item goes on in the line that rest begins with.
// After blank lines and comments that is not clear.
func continues(rest []byte, indent int) (goesOn, clear bool) {
	for i := 0; i < len(rest); i = endOfLine(rest, i) {
		if i > maxItem {
			return false, false
		}
		n := spaces(rest[i:])
		if i+n == len(rest) {
			break
		}
		switch rest[i+n] {
		case '\t':
			return false, false
		case '\r', '\n', '#':
			continue
		}
		return n > indent, n <= indent || i == 0
	}
	return false, true
}

// wordAt reads what can be one unquoted scalar, or the beginning of one. Mark is
// that of a word, if it is one.
func wordAt(text []byte, i int) (end int, mark byte) {
	from, plain := i, bytesOf[text[i]] == letter
	for i++; i < len(text); i++ {
		switch class := bytesOf[text[i]]; {
		case class == letter || class == inWord:
			continue
		case i+1 == len(text):
		case text[i] == ' ' && plain && (bytesOf[text[i+1]] == letter || text[i+1]-'0' < 10):
			continue
		case text[i] == ':' && (bytesOf[text[i+1]] == letter || bytesOf[text[i+1]] == inWord):
			plain = false
			continue
		}
		break
	}
	if plain && !meansMore(text[from:i]) {
		return i, plainMark
	}
	return i, 0
}

// meansMore reports whether a word may be something else than text to somebody
// who reads YAML, of whatever version.
func meansMore(word []byte) bool {
	if len(word) > 5 || bytes.IndexByte([]byte("tTfFnNyYoOiI"), word[0]) < 0 {
		return false
	}
	for _, w := range [...]string{"true", "false", "null", "yes", "no", "on", "off", "y", "n", "t", "f", "inf", "nan"} {
		if len(w) == len(word) && strings.EqualFold(w, string(word)) {
			return true
		}
	}
	return false
}

// quotedAt reads a text in quotes in which nothing is escaped.
func quotedAt(text []byte, i int) (end int, mark byte) {
	mark = doubleMark
	if text[i] == '\'' {
		mark = singleMark
	}
	if bytesOf[text[i-1]] != blank && bytesOf[text[i-1]] != opens && text[i-1] != ',' { // an item begins with its dash
		return i, 0
	}
	for end = i + 1; end < len(text) && text[end] >= ' ' && text[end] < 0x7f && text[end] != '\\'; end++ {
		if text[end] == text[i] {
			if end+1 < len(text) && text[end+1] == text[i] {
				break // two quotes stand for one
			}
			return end + 1, mark
		}
	}
	return i, 0
}

// template is what the parser made of the first of items that look alike.
type template struct {
	in    *yaml.Node // the sequence that it is in
	forms []form     // the item itself first
}

// form is one node of a template.
type form struct {
	node     yaml.Node
	is       int   // the word that it is, -1 for none
	beside   int   // the word that it begins with or stands after, in its line; -1 for none
	column   int   // from the beginning of that word, or from its end, or of the line
	behind   bool  // from its end
	line     int   // of the item
	children []int // by number
}

// restorer gives the nodes that the parser made their places in the text, and
// adds those that it was not asked for.
type restorer struct {
	*alike
	text   string
	itemAt map[int]int // which item begins in a line that the parser is given
	of     []*template // of the items
	left   int         // others that are not there yet
	size   int         // nodes of all others
	nodes  []yaml.Node // room
}

// node reports whether all below a node is as it looked, or, where a.unlike has
// grown, is clear at least.
func (r *restorer) node(n *yaml.Node) bool {
	if n.Line < 1 {
		return false
	}
	isList := n.Kind == yaml.SequenceNode && n.Style&yaml.FlowStyle == 0
	content := n.Content
	if isList {
		content = nil
	}
	for _, child := range n.Content {
		i, is := r.itemAt[child.Line-1]
		is = is && isList && r.items[i].indent == n.Column-1
		if is && !r.learn(i, n, child) || !r.node(child) {
			return false
		}
		if isList {
			content = append(content, child)
		}
		for _, o := range r.after(i, is) {
			t := r.of[o.like]
			if t == nil || t.in != n {
				return false
			}
			if len(t.forms) > 0 {
				content = append(content, r.copy(t, o))
			}
			r.left--
		}
	}
	n.Content = content
	n.Line = r.lineOf(n.Line-1) + 1
	return true
}

// after are the others that come right after an item, if it is one.
func (r *restorer) after(i int, is bool) []other {
	switch {
	case !is:
		return nil
	case i+1 == len(r.items):
		return r.others[r.items[i].next:]
	}
	return r.others[r.items[i].next:r.items[i+1].next]
}

// learn makes a template of an item. It has to be alone in its lines, and each of
// its words a text of its own; where one is not, the item is unlike itself.
func (r *restorer) learn(i int, in, n *yaml.Node) bool {
	it := &r.items[i]
	t := &template{in: in}
	if r.of[i] != nil || !r.form(t, it, n) {
		return false
	}
	r.of[i] = t
	words := 0
	for _, f := range t.forms {
		if f.is >= 0 {
			words++
		}
	}
	if it.others > 0 && words != it.words[1]-it.words[0] {
		r.unlike[it.shape] = true
		t.forms = nil
	}
	r.size += it.others * len(t.forms)
	return r.size <= MaxNodes
}

// form adds a node and those below it to a template.
func (r *restorer) form(t *template, it *item, n *yaml.Node) bool {
	f := form{node: yaml.Node{Kind: n.Kind, Style: n.Style, Tag: n.Tag, Value: n.Value}, is: -1, beside: -1,
		line: n.Line - 1 - it.line, column: n.Column - 1}
	if f.line < 0 || f.line >= it.lines || n.Kind == yaml.AliasNode || n.Anchor != "" {
		return false
	}
	words := r.words[it.words[0]:it.words[1]]
	for i, w := range words {
		if int(w.line) == f.line && int(w.col) < n.Column {
			f.beside = i
		}
	}
	if f.beside >= 0 {
		w := words[f.beside]
		f.column -= int(w.col)
		if f.behind = f.column > 0; f.behind {
			f.column -= w.len()
		}
		if f.column == 0 && !f.behind && n.Kind == yaml.ScalarNode && w.isText(r.text, n) {
			f.is = f.beside
		}
		if f.column < 0 {
			return false // it begins inside a word
		}
	}
	number := len(t.forms)
	t.forms = append(t.forms, f)
	for _, child := range n.Content {
		t.forms[number].children = append(t.forms[number].children, len(t.forms))
		if !r.form(t, it, child) {
			return false
		}
	}
	return true
}

// styles are what the parser says of words.
var styles = [...]yaml.Style{plainMark: 0, doubleMark: yaml.DoubleQuotedStyle, singleMark: yaml.SingleQuotedStyle}

// isText reports whether a node is the text that a word looks like.
func (w word) isText(text string, n *yaml.Node) bool {
	return n.Tag == "!!str" && n.Style == styles[w.mark] && n.Value == w.value(text)
}

func (w word) len() int { return int(w.end - w.start) }

func (w word) value(text string) string {
	if w.mark == plainMark {
		return text[w.start:w.end]
	}
	return text[w.start+1 : w.end-1]
}

// copy makes another item of a template.
func (r *restorer) copy(t *template, o other) *yaml.Node {
	if cap(r.nodes)-len(r.nodes) < len(t.forms) {
		r.nodes = make([]yaml.Node, 0, len(t.forms)*min(r.left, 256))
	}
	nodes := r.nodes[len(r.nodes) : len(r.nodes)+len(t.forms)]
	r.nodes = r.nodes[:len(r.nodes)+len(t.forms)]
	for i := range nodes {
		f, n := &t.forms[i], &nodes[i]
		*n = f.node
		n.Line, n.Column = int(o.line)+f.line+1, f.column+1
		if f.beside >= 0 {
			w := &r.words[int(o.words)+f.beside]
			n.Column += int(w.col)
			if f.behind {
				n.Column += w.len()
			}
			if f.is >= 0 {
				n.Value = w.value(r.text)
			}
		}
		if len(f.children) > 0 {
			n.Content = make([]*yaml.Node, len(f.children))
			for j, child := range f.children {
				n.Content[j] = &nodes[child]
			}
		}
	}
	return &nodes[0]
}
