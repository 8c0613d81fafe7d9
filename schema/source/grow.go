package source

import (
	"bytes"
	"cmp"
	"errors"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// Growth is what a list or mapping of a file gets: items of By behind its own,
// entries behind its own, and where it has a key already, what By has below that.
type Growth struct {
	At Value
	By Node
}

// ErrGrow says that a file cannot be added to without risk to what is there.
var ErrGrow = errors.New("cannot be added to without risk to what is there")

// Grow is the text of a file with more in it: data, of which file is what Parse
// read, with bytes put in between and none taken away. A list on one line stays
// on it, a list of lines gets lines of the same indentation, and the lines end as
// those before them do. A canonical file stays canonical (Format).
//
// Before it returns, Grow checks that a parser finds in the text what was there
// and what was to come, and nothing else.
func (f *File) Grow(data []byte, growths ...Growth) ([]byte, error) {
	g := grower{more: make(map[*yaml.Node]*increase), sheets: make(map[*Document]*sheet)}
	if len(f.Problems) > 0 {
		return nil, ErrGrow
	}
	for _, growth := range growths {
		if !g.collect(growth.At, growth.By) {
			return nil, ErrGrow
		}
	}
	g.cut(f, data)
	for _, in := range g.order {
		if !g.splice(in) {
			return nil, ErrGrow
		}
	}
	out := g.apply(data)
	if again := Parse(f.Path, out); !g.isGrown(f, again) {
		return nil, ErrGrow
	}
	return out, nil
}

// grower adds to one file.
type grower struct {
	more    map[*yaml.Node]*increase
	order   []*increase
	sheets  map[*Document]*sheet
	splices []splice
}

// increase is what one list or mapping gets for its own.
type increase struct {
	doc  *Document
	node *yaml.Node
	by   Node
}

// sheet is the text of one document in its file.
type sheet struct {
	data   []byte
	lines  []string // without their ends
	starts []int    // where each begins in the file, and where the last ends
}

// splice is text that comes into the file at a byte. Of two at the same place
// the inner one goes first; it is the one whose node begins later.
type splice struct {
	at   int
	text string
	node *yaml.Node
}

// collect notes which nodes get what. Not so where something else stands in the
// place of a list or mapping.
func (g *grower) collect(v Value, by Node) bool {
	switch {
	case v.IsList() && by.kind == sequenceNode:
		g.increase(v).Merge(by)
		return true
	case !v.IsMap() || by.kind != mappingNode:
		return false
	}
	for _, e := range by.entries {
		if old := v.Get(e.Key); !old.Exists() {
			g.increase(v).Merge(Mapping(e))
		} else if !g.collect(old, e.Value) {
			return false
		}
	}
	return true
}

func (g *grower) increase(v Value) *Node {
	in := g.more[v.node]
	if in == nil {
		in = &increase{doc: v.doc, node: v.node}
		if v.IsList() {
			in.by = Sequence()
		}
		g.more[v.node] = in
		g.order = append(g.order, in)
	}
	return &in.by
}

// cut gives each document that grows its lines.
func (g *grower) cut(f *File, data []byte) {
	wanted := make(map[int]*Document)
	for _, in := range g.order {
		wanted[in.doc.line] = in.doc
	}
	at := len(data) - len(bytes.TrimPrefix(data, []byte("\ufeff")))
	for _, p := range split(data) {
		if doc := wanted[p.line]; doc != nil {
			s := &sheet{data: data}
			start := at
			for line := range bytes.Lines(p.text) {
				s.lines = append(s.lines, strings.TrimSuffix(strings.TrimSuffix(string(line), "\n"), "\r"))
				s.starts = append(s.starts, start)
				start += len(line)
			}
			s.starts = append(s.starts, start)
			g.sheets[doc] = s
			delete(wanted, p.line) // of what is empty, a document has the same line
		}
		at += len(p.text) + len(p.end)
	}
}

// splice finds where an increase goes, and its text.
func (g *grower) splice(in *increase) bool {
	s, n := g.sheets[in.doc], in.node
	switch {
	case in.by.IsEmpty():
		return true
	case s == nil || n.Line > len(s.lines):
		return false
	case n.Style&yaml.FlowStyle != 0 || len(n.Content) == 0:
		return g.spliceFlow(s, in)
	}
	return g.spliceBlock(s, in)
}

// reader reads from where a node begins.
func (s *sheet) reader(n *yaml.Node) *reader {
	r := &reader{lines: s.lines, row: n.Line - 1}
	left := n.Column - 1
	for i := range s.lines[r.row] {
		if left == 0 {
			r.col = i
			break
		}
		left--
	}
	r.failed = left > 0
	return r
}

// spliceFlow adds to a collection in brackets: on the line, or a line each where
// its last item has one.
func (g *grower) spliceFlow(s *sheet, in *increase) bool {
	r := s.reader(in.node)
	f := r.flow(in.node)
	if r.failed || len(f.end.text) == 0 {
		return false
	}
	parts := in.by.flowParts()
	tail := s.starts[f.tail[0]] + f.tail[1]
	row := f.tail[0]
	comma := len(f.items) > 0 && len(f.items[len(f.items)-1].comma.text) > 0
	if comma {
		row = f.items[len(f.items)-1].comma.row
	}
	if row == r.end[0] {
		text := strings.Join(parts, ", ")
		if len(f.items) > 0 {
			text = ", " + text
		}
		g.splices = append(g.splices, splice{tail, text, in.node})
		return true
	}
	indent := leading(s.lines[r.end[0]]) + "  "
	if len(f.items) > 0 {
		indent = leading(s.lines[f.tail[0]])
		if !comma {
			g.splices = append(g.splices, splice{tail, ",", in.node})
		}
	}
	text := ""
	for _, part := range parts {
		text += indent + part + ",\n"
	}
	g.insertLines(s, row+1, text, in.node)
	return true
}

func leading(line string) string { return line[:len(line)-len(strings.TrimLeft(line, " \t"))] }

// spliceBlock adds lines behind the last one of a collection, and behind the
// comments after it that are indented more.
func (g *grower) spliceBlock(s *sheet, in *increase) bool {
	n, column := in.node, in.node.Column-1
	last := n.Content[len(n.Content)-1]
	if endsInNothing(last) {
		return false
	}
	var w writer
	if n.Kind == yaml.SequenceNode {
		r := s.reader(last)
		r.block(last, column)
		if r.failed || isEmpty(last) {
			return false
		}
		items := slices.Clone(in.by.items)
		for i := range items {
			items[i].short = last.Kind == yaml.ScalarNode || last.Style&yaml.FlowStyle != 0 // like the one before
		}
		w.list(items, column)
		return g.insertLines(s, s.afterComments(r.end[0]+1, column), w.String(), n)
	}
	r := s.reader(n.Content[len(n.Content)-2])
	r.scalar(n.Content[len(n.Content)-2])
	r.mark(":")
	if !isEmpty(last) {
		r.block(last, column)
	}
	if r.failed {
		return false
	}
	w.entries(in.by.entries, column)
	return g.insertLines(s, s.afterComments(r.end[0]+1, column), w.String(), n)
}

// endsInNothing reports whether the last text of a node is a block of no lines:
// what stands behind it could be taken for its first.
func endsInNothing(n *yaml.Node) bool {
	for len(n.Content) > 0 {
		n = n.Content[len(n.Content)-1]
	}
	return n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 && strings.TrimSpace(n.Value) == ""
}

// afterComments is the row after comments that are indented more than a column.
func (s *sheet) afterComments(row, column int) int {
	end := row
	for ; row < len(s.lines); row++ {
		indent := len(leading(s.lines[row]))
		switch {
		case indent == len(s.lines[row]):
		case s.lines[row][indent] != '#' || indent <= column:
			return end
		default:
			end = row + 1
		}
	}
	return end
}

// insertLines puts lines before a row. They end as the line before them does; the
// last line of a file may have no end, and then keeps none.
func (g *grower) insertLines(s *sheet, row int, text string, n *yaml.Node) bool {
	at := s.starts[row]
	before := s.data[:at]
	ended := bytes.HasSuffix(before, []byte("\n"))
	if !ended {
		text = "\n" + strings.TrimSuffix(text, "\n")
		before = s.data[:s.starts[row-1]]
	}
	if bytes.HasSuffix(before, []byte("\r\n")) {
		text = strings.ReplaceAll(text, "\n", "\r\n")
	}
	g.splices = append(g.splices, splice{at, text, n})
	return true
}

func (g *grower) apply(data []byte) []byte {
	slices.SortStableFunc(g.splices, func(a, b splice) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(b.node.Line, a.node.Line), cmp.Compare(b.node.Column, a.node.Column))
	})
	var out []byte
	at := 0
	for _, s := range g.splices {
		out = append(append(out, data[at:s.at]...), s.text...)
		at = s.at
	}
	return append(out, data[at:]...)
}

// isGrown reports whether a file holds what it held and what came, in order.
func (g *grower) isGrown(before, after *File) bool {
	if len(after.Problems) > 0 || len(after.Documents) != len(before.Documents) {
		return false
	}
	for i, doc := range before.Documents {
		if !g.holds(doc.root, after.Documents[i].root) {
			return false
		}
	}
	return true
}

func (g *grower) holds(old, now *yaml.Node) bool {
	var by Node
	if in := g.more[old]; in != nil {
		by = in.by
	}
	n := len(old.Content)
	if now.Kind != old.Kind || now.Tag != old.Tag || now.Value != old.Value || now.Style != old.Style ||
		len(now.Content) != n+len(by.items)+2*len(by.entries) {
		return false
	}
	for i, child := range old.Content {
		if !g.holds(child, now.Content[i]) {
			return false
		}
	}
	return by.equals(now.Content[n:])
}

// equals reports whether a parser read these nodes of what the list or mapping
// holds.
func (n Node) equals(nodes []*yaml.Node) bool {
	if len(nodes) != len(n.items)+2*len(n.entries) {
		return false
	}
	for i, item := range n.items {
		if !item.equal(nodes[i]) {
			return false
		}
	}
	for i, e := range n.entries {
		if !Text(e.Key).equal(nodes[2*i]) || !e.Value.equal(nodes[2*i+1]) {
			return false
		}
	}
	return true
}

func (n Node) equal(o *yaml.Node) bool {
	switch n.kind {
	case textNode:
		return o.Kind == yaml.ScalarNode && o.Tag == "!!str" && o.Value == n.text
	case plainNode:
		return o.Kind == yaml.ScalarNode && o.Tag != "!!str" && o.Value == n.text
	case sequenceNode:
		return o.Kind == yaml.SequenceNode && n.equals(o.Content)
	}
	return o.Kind == yaml.MappingNode && n.equals(o.Content)
}
