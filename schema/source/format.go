package source

import (
	"bytes"
	"errors"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// ErrFormat says that a text is valid but cannot be brought into canonical form
// without risking a comment or a value; the text should be left as it is.
var ErrFormat = errors.New("cannot be formatted without risk to its comments")

// Format is the canonical form of a file without problems: two spaces a level,
// lists one level below their key, one space after `:`, `-` and `,`, two before
// a comment at the end of a line, at most one blank line in a row, `---`
// between documents and nowhere else. The order of keys, the quotes, and the
// choice between block and flow stay the author's. A flow collection stays on
// one line where it was on one or fits in 100 columns.
//
// Before it returns, Format checks that every value and every comment is still
// there. The result of Format is its own canonical form.
func Format(data []byte) ([]byte, error) {
	out, err := format(data)
	if err != nil {
		return nil, err
	}
	again, err := format(out)
	if err != nil || !bytes.Equal(again, out) || !sameContent(data, out) {
		return nil, ErrFormat
	}
	return out, nil
}

const lineWidth = 100

var (
	anyComment  = regexp.MustCompile(`^#`)
	itemComment = regexp.MustCompile(`^# ?- `) // an item that was taken out of a list
)

func format(data []byte) ([]byte, error) {
	var out []string
	documents := 0
	for _, p := range split(data) {
		var top yaml.Node
		if err := unmarshal(p.whole(), &top); err != nil {
			return nil, err
		}
		if bytes.Contains(p.end, []byte("#")) {
			return nil, ErrFormat // a comment on a line that goes
		}
		r := reader{lines: strings.Split(strings.ReplaceAll(string(p.text), "\r\n", "\n"), "\n")}
		var lines []string
		if isMarker(p.text, "---") {
			marker := r.mark("---")
			lines = append(marker.before, strings.TrimSpace(marker.after))
		}
		if len(top.Content) > 0 && !isEmpty(top.Content[0]) {
			if documents++; documents > 1 {
				out = append(trimBlank(out), "---")
			}
			lines = append(lines, r.block(top.Content[0], -1)...)
		}
		lines = append(lines, r.trivia()...)
		if r.failed || r.row < len(r.lines) {
			return nil, ErrFormat
		}
		if lines = trimBlank(lines); documents == 0 && len(out) > 0 {
			out = append(out, "")
		}
		out = append(out, lines...)
	}
	if out = trimBlank(out); len(out) == 0 {
		return nil, nil
	}
	return []byte(strings.Join(out, "\n") + "\n"), nil
}

func isEmpty(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.Tag == "!!null" && n.Value == ""
}

func trimBlank(lines []string) []string {
	for len(lines) > 0 && lines[0] == "" {
		lines = lines[1:]
	}
	for len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// reader reads the tokens of one document in their order, and the comments and
// blank lines between them, and gives them back as lines of the new text. What
// the tokens are it knows from the nodes; a token that is not where it must be
// makes it fail.
type reader struct {
	lines    []string
	row, col int    // how far it is read; col counts bytes
	end      [2]int // row and col after the last token
	failed   bool
}

// tok is one token: a scalar or an indicator.
type tok struct {
	before []string // comments and blank lines that stand before it
	text   []string // its lines, without indentation
	after  string   // the comment at the end of its last line, with two spaces
	row    int      // where it began
}

// line is the token and its comment, for a token of one line.
func (t tok) line() string { return t.text[0] + t.after }

func (r *reader) rest() string {
	if r.row >= len(r.lines) {
		return ""
	}
	return r.lines[r.row][r.col:]
}

func (r *reader) nextLine() { r.row, r.col = r.row+1, 0 }

// trivia reads comments and blank lines up to the next token. Of several blank
// lines in a row it gives one.
func (r *reader) trivia() []string {
	var lines []string
	for r.row < len(r.lines) {
		rest := strings.TrimLeft(r.rest(), " \t")
		switch {
		case strings.HasPrefix(rest, "#"):
			lines = append(lines, strings.TrimRight(rest, " \t"))
		case rest != "":
			r.col = len(r.lines[r.row]) - len(rest)
			return lines
		case r.col == 0 && (len(lines) == 0 || lines[len(lines)-1] != ""):
			lines = append(lines, "")
		}
		r.nextLine()
	}
	return lines
}

// token reads the trivia and a token, for whose text it asks take.
func (r *reader) token(take func() []string) tok {
	t := tok{before: r.trivia(), row: r.row}
	if t.text = take(); len(t.text) == 0 {
		r.failed = true
		t.text = []string{""}
	}
	r.end = [2]int{r.row, r.col}
	if rest := strings.TrimLeft(r.rest(), " \t"); strings.HasPrefix(rest, "#") {
		t.after = "  " + strings.TrimRight(rest, " \t")
		r.nextLine()
	} else if rest == "" && r.row < len(r.lines) {
		r.nextLine()
	}
	return t
}

// mark reads an indicator.
func (r *reader) mark(indicator string) tok {
	return r.token(func() []string {
		if !strings.HasPrefix(r.rest(), indicator) {
			return nil
		}
		r.col += len(indicator)
		return []string{indicator}
	})
}

// at reports whether the next token, on this line, is the indicator.
func (r *reader) at(indicator string) bool {
	return strings.HasPrefix(strings.TrimLeft(r.rest(), " \t"), indicator)
}

// block gives a node as lines, with the comments behind it that are indented
// more than what it stands in.
func (r *reader) block(n *yaml.Node, outer int) []string {
	switch {
	case r.failed:
		return nil
	case n.Kind == yaml.ScalarNode:
		t := r.scalar(n)
		t.text[len(t.text)-1] += t.after
		return append(t.before, t.text...)
	case n.Style&yaml.FlowStyle != 0 || len(n.Content) == 0:
		return r.flow(n).lines()
	}
	var lines []string
	if n.Kind == yaml.SequenceNode {
		for _, item := range n.Content {
			dash := r.mark("-")
			lines = append(lines, dash.before...)
			lines = append(lines, r.below(dash.text[0], dash.after, item, n.Column-1, true)...)
		}
		if n.Column-1 == outer {
			return append(lines, r.trailing(outer-1, itemComment)...)
		}
		return append(lines, r.trailing(outer, anyComment)...)
	}
	for i := 0; i+1 < len(n.Content) && !r.failed; i += 2 {
		key := r.scalar(n.Content[i])
		colon := r.mark(":")
		if len(key.text) > 1 || key.after != "" || len(colon.before) > 0 {
			r.failed = true // a key over several lines
		}
		lines = append(lines, key.before...)
		lines = append(lines, r.below(key.text[0]+":", colon.after, n.Content[i+1], n.Column-1, false)...)
	}
	return append(lines, r.trailing(outer, anyComment)...)
}

// trailing reads comments of a form on lines of their own, as long as they are
// indented more than a column.
func (r *reader) trailing(outer int, form *regexp.Regexp) []string {
	if r.col > 0 {
		return nil
	}
	var lines []string
	blank := false
	for row := r.row; row < len(r.lines); row++ {
		text := strings.TrimLeft(r.lines[row], " \t")
		switch {
		case text == "":
			blank = true
			continue
		case !form.MatchString(text) || len(r.lines[row])-len(text) <= outer:
			return lines
		}
		if blank {
			lines = append(lines, "")
			blank = false
		}
		lines = append(lines, strings.TrimRight(text, " \t"))
		r.row = row + 1
	}
	return lines
}

// below gives `head` and the node that belongs to it: on the same line where
// that can be, else one level below. Column is that of the head.
func (r *reader) below(head, comment string, n *yaml.Node, column int, dash bool) []string {
	if isEmpty(n) {
		return []string{head + comment}
	}
	block := n.Kind != yaml.ScalarNode && n.Style&yaml.FlowStyle == 0 && len(n.Content) > 0
	lines := r.block(n, column)
	for !dash && block && len(lines) > 0 && lines[0] == "" {
		lines = lines[1:]
	}
	if len(lines) == 0 {
		r.failed = true
		return nil
	}
	sameLine := comment == "" && lines[0] != "" && lines[0][0] != '#' && (dash || !block)
	if sameLine {
		return append([]string{head + " " + lines[0]}, indented(lines[1:])...)
	}
	return append([]string{head + comment}, indented(lines)...)
}

func indented(lines []string) []string {
	for i, line := range lines {
		if line != "" {
			lines[i] = "  " + line
		}
	}
	return lines
}

func (r *reader) scalar(n *yaml.Node) tok {
	return r.token(func() []string {
		switch {
		case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
			return r.blockScalar()
		case n.Style&yaml.DoubleQuotedStyle != 0:
			return r.quoted('"')
		case n.Style&yaml.SingleQuotedStyle != 0:
			return r.quoted('\'')
		}
		return r.plain(n.Value)
	})
}

// quoted reads a quoted scalar, which may go on over several lines.
func (r *reader) quoted(quote byte) []string {
	var lines []string
	if !strings.HasPrefix(r.rest(), string(quote)) {
		return nil
	}
	for from := 1; r.row < len(r.lines); from = 0 {
		rest := r.rest()
		if end := closing(rest, from, quote); end > 0 {
			r.col += end
			return append(lines, rest[:end])
		}
		lines = append(lines, strings.TrimRight(rest, " \t"))
		r.nextLine()
		r.col = len(r.rest()) - len(strings.TrimLeft(r.rest(), " \t"))
	}
	return nil
}

// closing is the position after the closing quote, 0 where there is none.
func closing(text string, from int, quote byte) int {
	for i := from; i < len(text); i++ {
		switch {
		case quote == '"' && text[i] == '\\':
			i++
		case text[i] != quote:
		case quote == '\'' && strings.HasPrefix(text[i+1:], "'"):
			i++
		default:
			return i + 1
		}
	}
	return 0
}

// plain reads an unquoted scalar, which may go on over several lines.
func (r *reader) plain(value string) []string {
	var lines []string
	for _, paragraph := range strings.SplitAfter(value, "\n") {
		for strings.TrimSpace(paragraph) != "" {
			rest := strings.TrimRight(r.rest(), " \t")
			if text := strings.TrimSuffix(paragraph, "\n"); strings.HasPrefix(rest, text) {
				lines = append(lines, text)
				r.col += len(text)
				break
			}
			if rest == "" || !strings.HasPrefix(paragraph, rest) {
				return nil
			}
			lines = append(lines, rest)
			paragraph = strings.TrimLeft(paragraph[len(rest):], " ")
			r.continueLine()
		}
		if strings.HasSuffix(paragraph, "\n") {
			lines = append(lines, "")
			if r.rest() == "" {
				r.continueLine()
			}
		}
	}
	return lines
}

// continueLine goes on to the text of the next line that has any.
func (r *reader) continueLine() {
	for r.nextLine(); r.row < len(r.lines); r.nextLine() {
		if text := strings.TrimLeft(r.rest(), " \t"); text != "" {
			r.col = len(r.rest()) - len(text)
			return
		}
	}
}

// blockScalar reads literal or folded text. Its indentation must be the one
// that YAML finds by itself.
func (r *reader) blockScalar() []string {
	header := strings.TrimRight(r.rest(), " \t")
	if strings.ContainsAny(strings.SplitN(header, "#", 2)[0], "0123456789") {
		return nil
	}
	header, comment, _ := strings.Cut(header, "#")
	lines := []string{strings.TrimSpace(header)}
	if comment != "" {
		lines[0] += "  #" + comment
	}
	r.nextLine()
	own := -1
	for ; r.row < len(r.lines); r.nextLine() {
		line := r.lines[r.row]
		text := strings.TrimLeft(line, " ")
		if own < 0 && text != "" {
			own = len(line) - len(text)
		}
		if text != "" && len(line)-len(text) < own {
			break
		}
		if own >= 0 && len(line) > own {
			text = line[own:]
		}
		lines = append(lines, text)
	}
	for !strings.Contains(header, "+") && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1] // blank lines at the end are not the text's
		r.row--
	}
	if r.row--; r.row >= 0 && r.row < len(r.lines) { // back to the end of the text
		r.col = len(r.lines[r.row])
	}
	return lines
}

// flow is a flow collection, or a scalar in one.
type flow struct {
	open, end tok
	items     []flowItem
	tail      [2]int // row and col after the last item, without its comma
}

type flowItem struct {
	key   *tok // nil in a sequence
	value flow // open alone for a scalar; nothing for a key without a value
	comma tok
}

func (r *reader) flow(n *yaml.Node) flow {
	if n.Kind == yaml.ScalarNode {
		return flow{open: r.scalar(n)}
	}
	open, end, step := "[", "]", 1
	if n.Kind == yaml.MappingNode {
		open, end, step = "{", "}", 2
	}
	f := flow{open: r.mark(open)}
	f.tail = r.end
	for i := 0; i < len(n.Content) && !r.failed; i += step {
		var item flowItem
		if step == 2 {
			key := r.scalar(n.Content[i])
			item.key = &key
		}
		if val := n.Content[i+step-1]; step == 1 {
			item.value = r.flow(val)
		} else if !isEmpty(val) || r.at(":") {
			colon := r.mark(":")
			item.key.text[len(item.key.text)-1] += ":"
			r.failed = r.failed || len(colon.before) > 0 || colon.after != ""
			if !isEmpty(val) {
				item.value = r.flow(val)
			}
		}
		f.tail = r.end
		peek := *r
		if comma := peek.mark(","); !peek.failed {
			*r, item.comma = peek, comma
		} else if i+step < len(n.Content) {
			r.failed = true
		}
		f.items = append(f.items, item)
	}
	f.end = r.mark(end)
	return f
}

// lines is the collection on one line where that can be, else one item a line.
func (f flow) lines() []string {
	lead := f.open.before
	f.open.before = nil
	if text, ok := f.oneLine(); ok && (f.open.row == f.end.row || len(text) <= lineWidth) {
		return append(lead, text+f.end.after)
	}
	lines := append(lead, f.open.line())
	for _, item := range f.items {
		lines = append(lines, indented(item.lines())...)
	}
	lines = append(lines, indented(withoutBlank(f.end.before))...)
	return append(lines, f.end.line())
}

func (it flowItem) lines() []string {
	lines := it.value.lines0()
	if it.key != nil {
		text := it.key.text[0]
		if len(lines) > 0 {
			text += " " + lines[0]
			lines = lines[1:]
		}
		lines = append(append(withoutBlank(it.key.before), text), lines...)
	}
	lines[len(lines)-1] += "," + it.comma.after
	return lines
}

// lines0 is lines, and for a scalar its text.
func (f flow) lines0() []string {
	switch {
	case len(f.end.text) > 0:
		return f.lines()
	case len(f.open.text) > 0:
		return append(withoutBlank(f.open.before), f.open.text...)
	}
	return nil
}

func withoutBlank(lines []string) []string {
	return slices.DeleteFunc(lines, func(line string) bool { return line == "" })
}

// oneLine is the collection on one line, if no comment stands in the way.
func (f flow) oneLine() (text string, ok bool) {
	if len(f.end.text) == 0 {
		return strings.Join(f.open.text, " "), len(f.open.text) < 2 && f.open.quiet()
	}
	ok = f.open.quiet() && len(withoutBlank(f.end.before)) == 0
	parts := make([]string, 0, len(f.items))
	for _, item := range f.items {
		part, quiet := "", item.comma.quiet()
		if len(item.value.open.text) > 0 {
			var one bool
			part, one = item.value.oneLine()
			quiet = quiet && one && item.value.end.after == ""
		}
		if item.key != nil {
			quiet = quiet && item.key.quiet() && len(item.key.text) == 1
			part = strings.TrimSuffix(item.key.text[0]+" "+part, " ")
		}
		parts = append(parts, part)
		ok = ok && quiet
	}
	return f.open.text[0] + strings.Join(parts, ", ") + f.end.text[0], ok
}

// quiet reports whether the token has no comment.
func (t tok) quiet() bool { return t.after == "" && len(withoutBlank(slices.Clone(t.before))) == 0 }

// sameContent reports whether two texts decode to the same values, and whether
// every comment of the first is in the second.
func sameContent(a, b []byte) bool {
	values, comments := content(a)
	values2, comments2 := content(b)
	for text, n := range comments {
		if comments2[text] < n {
			return false
		}
	}
	return reflect.DeepEqual(values, values2)
}

// content is the values of a text and how often, at the least, it holds each
// comment: as often as a line begins with it, and once if the parser found it.
func content(data []byte) (values []any, comments map[string]int) {
	comments = make(map[string]int)
	for _, p := range split(data) {
		var top yaml.Node
		if unmarshal(p.text, &top) != nil {
			continue
		}
		if len(top.Content) > 0 && !isEmpty(top.Content[0]) {
			values = append(values, Value{top.Content[0], nil}.Plain())
		}
		for line := range bytes.Lines(p.text) {
			if text := strings.TrimSpace(string(line)); strings.HasPrefix(text, "#") {
				comments[text]++
			}
		}
		for _, text := range appendComments(nil, &top) {
			comments[text] = max(comments[text], 1)
		}
	}
	return values, comments
}

func appendComments(to []string, n *yaml.Node) []string {
	for _, c := range []string{n.HeadComment, n.LineComment, n.FootComment} {
		for line := range strings.Lines(c) {
			if line = strings.TrimSpace(line); line != "" {
				to = append(to, line)
			}
		}
	}
	for _, child := range n.Content {
		to = appendComments(to, child)
	}
	return to
}
