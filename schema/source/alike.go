package source

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

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
//
// In the same way whole documents look alike, in one file or in many: those are
// remembered (shapes.go).

// maxItem is how long an item may be, and a line of a document that is remembered:
// within that, no key is too long for YAML.
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
	col, width int32 // in its line, from 0; in characters
	line       uint16
	mark       byte
}

// outline is how a text looks, as far as it was read.
type outline struct {
	text  []byte
	shape []byte
	words []word
	begin int    // of the line, less the bytes in it that are no characters of their own
	line  uint16 // of the item or document, from 0
}

// alike is a document being read so.
type alike struct {
	outline
	items  []item
	others []other
	unlike map[string]bool // shapes that are not what they look like
	cuts   []cut
}

// cut is where items were left out: from a line on that the parser is given, the
// lines of the text are so many more.
type cut struct{ line, more int }

// readAlike parses a document of which items look alike; nil where that does not
// help, or something is not clear.
func readAlike(text []byte, parse func([]byte) (*yaml.Node, error)) *yaml.Node {
	a := alike{outline: outline{text: text}, unlike: make(map[string]bool)}
	for range 2 {
		reduced := a.reduce()
		if reduced == nil {
			return nil
		}
		root, err := parse(reduced)
		if err != nil || root == nil {
			return nil
		}
		known := len(a.unlike)
		r := restorer{alike: &a, text: string(text), itemAt: make(map[int]int), of: make([]*template, len(a.items)), left: len(a.others)}
		for i, it := range a.items {
			r.itemAt[it.line] = i
		}
		clear := r.node(root)
		switch {
		case clear && len(a.unlike) == known && r.left == 0:
			return root
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
		case b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= utf8.RuneSelf: // all that YAML takes for more is refused before
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
	a.shape, a.begin, a.line = append(a.shape[:0], text[at:dash]...), at, 0
	words := len(a.words)
	for i, depth := dash, 0; i-at <= maxItem && depth >= 0; {
		if i == len(text) || text[i] == '\n' {
			it.lines++
			next := min(i+1, len(text))
			goesOn, clear := continues(text[next:], it.indent)
			if !goesOn && clear && depth == 0 {
				it.words = [2]int{words, len(a.words)}
				return it, next, true
			}
			if !goesOn || !clear {
				break
			}
			i = a.endLine(i)
			continue
		}
		switch bytesOf[text[i]] {
		case opens:
			depth++
		case closes:
			depth--
		}
		if i, ok = a.step(i); !ok {
			break
		}
	}
	a.words = a.words[:words]
	return it, 0, false
}

// step adds to the shape what begins at a byte, to where it ends; not ok if it is
// nothing that shapes are made of.
func (o *outline) step(from int) (end int, ok bool) {
	text, mark := o.text, byte(0)
	switch end = from + 1; bytesOf[text[from]] {
	case letter, inWord:
		end, mark = wordAt(text, from)
	case quotes:
		if end, mark = quotedAt(text, from); mark == 0 {
			return end, false
		}
	case opens, closes, blank, between:
		o.shape = append(o.shape, text[from])
		return end, true
	case carriage:
		o.shape = append(o.shape, '\r')
		return end, end == len(text) || text[end] == '\n'
	default:
		return end, false
	}
	width := utf8.RuneCount(text[from:end])
	if mark == 0 {
		o.shape = append(o.shape, text[from:end]...)
	} else {
		o.shape = append(o.shape, mark)
		o.words = append(o.words, word{int32(from), int32(end), int32(from - o.begin), int32(width), o.line, mark})
	}
	o.begin += end - from - width
	return end, true
}

// endLine adds the end of a line.
func (o *outline) endLine(at int) (next int) {
	o.shape = append(o.shape, '\n')
	o.begin, o.line = at+1, o.line+1
	return at + 1
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
	if i == 0 || bytesOf[text[i-1]] != blank && bytesOf[text[i-1]] != opens && text[i-1] != ',' {
		return i, 0
	}
	for end = i + 1; end < len(text) && text[end] >= ' ' && text[end] != 0x7f && text[end] != '\\'; end++ {
		if text[end] == text[i] {
			if end+1 < len(text) && text[end+1] == text[i] {
				break // two quotes stand for one
			}
			return end + 1, mark
		}
	}
	return i, 0
}

// template is what the parser made of the first of items, or documents, that look
// alike.
type template struct {
	in    *yaml.Node // the sequence that it is in
	forms []form     // the item itself first
	words int        // those that are texts of their own
}

// form is one node of a template.
type form struct {
	kind     yaml.Kind
	style    yaml.Style
	tag      string
	value    string
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
	room   room
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
				r.room.make(len(t.forms), min(r.left, 256))
				content = append(content, t.copy(r.text, r.words[o.words:], int(o.line), &r.room))
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
	words := r.words[it.words[0]:it.words[1]]
	if r.of[i] != nil || !t.add(stretch{r.text, words, it.line, it.lines}, n) {
		return false
	}
	r.of[i] = t
	if it.others > 0 && t.words != len(words) {
		r.unlike[it.shape] = true
		t.forms = nil
	}
	r.size += it.others * len(t.forms)
	return r.size <= MaxNodes
}

// stretch is where an item or a document stands.
type stretch struct {
	text  string // in which the words are
	words []word
	line  int // of what the parser was given, from 0
	lines int
}

// add adds a node and those below it; it reports whether they are all in the
// stretch, where its words let them begin.
func (t *template) add(s stretch, n *yaml.Node) bool {
	f := form{kind: n.Kind, style: n.Style, tag: n.Tag, value: n.Value, is: -1, beside: -1, line: n.Line - 1 - s.line, column: n.Column - 1}
	if f.line < 0 || f.line >= s.lines || n.Kind == yaml.AliasNode || n.Anchor != "" {
		return false
	}
	after, _ := slices.BinarySearchFunc(s.words, f, func(w word, f form) int {
		return cmp.Or(cmp.Compare(int(w.line), f.line), cmp.Compare(int(w.col), f.column+1))
	})
	if after > 0 && int(s.words[after-1].line) == f.line {
		f.beside = after - 1
		w := s.words[f.beside]
		f.column -= int(w.col)
		if f.behind = f.column > 0; f.behind {
			f.column -= int(w.width)
		}
		if f.column < 0 {
			return false // it begins inside a word
		}
		if f.column == 0 && !f.behind && n.Kind == yaml.ScalarNode && w.isText(s.text, n) {
			f.is = f.beside
			t.words++
		}
	}
	number := len(t.forms)
	t.forms = append(t.forms, f)
	for _, child := range n.Content {
		t.forms[number].children = append(t.forms[number].children, len(t.forms))
		if !t.add(s, child) {
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

func (w word) value(text string) string {
	if w.mark == plainMark {
		return text[w.start:w.end]
	}
	return text[w.start+1 : w.end-1]
}

// room is where nodes and what they contain have their place, many at once.
type room struct {
	nodes []yaml.Node
	links []*yaml.Node
}

// make makes room for so many nodes, if it is not there, and for those of more
// items that may follow.
func (r *room) make(nodes, items int) {
	if len(r.nodes) < nodes {
		r.nodes, r.links = make([]yaml.Node, nodes*items), make([]*yaml.Node, nodes*items)
	}
}

// copy makes another item, or document, of a template, in a room that is large enough.
func (t *template) copy(text string, words []word, line int, room *room) *yaml.Node {
	nodes := room.nodes[:len(t.forms)]
	room.nodes = room.nodes[len(t.forms):]
	for i := range nodes {
		f, n := &t.forms[i], &nodes[i]
		n.Kind, n.Style, n.Tag, n.Value = f.kind, f.style, f.tag, f.value
		n.Line, n.Column = line+f.line+1, f.column+1
		if f.beside >= 0 {
			w := &words[f.beside]
			n.Column += int(w.col)
			if f.behind {
				n.Column += int(w.width)
			}
			if f.is >= 0 {
				n.Value = w.value(text)
			}
		}
		if many := len(f.children); many > 0 {
			n.Content, room.links = room.links[:many:many], room.links[many:]
			for j, child := range f.children {
				n.Content[j] = &nodes[child]
			}
		}
	}
	return &nodes[0]
}
