package source

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// checkBytes refuses what a parser should not even see: text that is not
// UTF-8, characters that nobody can see, and more structure than is allowed.
func checkBytes(path string, data []byte) []Problem {
	if !utf8.Valid(data) {
		p := Problem{Code: "Y01", Pos: []Pos{firstInvalid(path, data)}}
		if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
			p.Case = "utf16"
		}
		return []Problem{p}
	}
	if problems := invisibleBytes(path, data); len(problems) > 0 {
		return problems
	}
	return structureLimits(path, data)
}

func firstInvalid(path string, data []byte) Pos {
	at := 0
	for at < len(data) {
		r, n := utf8.DecodeRune(data[at:])
		if r == utf8.RuneError && n == 1 {
			break
		}
		at += n
	}
	return posOf(path, data, at)
}

// posOf is the place of a byte.
func posOf(path string, data []byte, at int) Pos {
	start := bytes.LastIndexByte(data[:at], '\n') + 1
	return Pos{path, bytes.Count(data[:at], []byte("\n")) + 1, utf8.RuneCount(data[start:at]) + 1}
}

// maxReports is how many problems of one sort a file may have before the rest
// are passed over in silence: enough to see what is going on.
const maxReports = 100

func invisibleBytes(path string, data []byte) []Problem {
	var problems []Problem
	line, start := 1, 0
	for i := 0; i < len(data) && len(problems) < maxReports; {
		c := data[i]
		if c >= ' ' && c < 0x7f || c == '\t' {
			i++
			continue
		}
		if c == '\n' {
			i++
			line, start = line+1, i
			continue
		}
		r, n := utf8.DecodeRune(data[i:])
		crlf := r == '\r' && i+1 < len(data) && data[i+1] == '\n'
		bom := r == '\ufeff' && i == 0
		if Invisible(r) && !crlf && !bom {
			problems = append(problems, Problem{Code: "Y02", Args: []string{CharName(r)},
				Pos: []Pos{{path, line, utf8.RuneCount(data[start:i]) + 1}}})
		}
		if bom {
			start = n // columns count what one sees
		}
		i += n
	}
	return problems
}

// Invisible reports whether a character may stand neither in a file nor in a
// value: control characters but tab and line feed, line separators, and marks
// that take no room or turn the direction of writing.
func Invisible(r rune) bool {
	if r >= ' ' && r < 0x7f {
		return false // nearly all there are
	}
	switch r {
	case '\t', '\n':
		return false
	case '\u2028', '\u2029', '\u115f', '\u1160', '\u3164', '\uffa0', '\u034f', '\u17b4', '\u17b5':
		return true
	}
	return unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r) || r >= 0xfff0 && r <= 0xfff8 || r&0xfffe == 0xfffe
}

// CharName names a character by its number: U+202E.
func CharName(r rune) string { return fmt.Sprintf("U+%04X", r) }

// structureLimits bounds what the parser will build before it builds anything.
// Commas and colons in texts make the estimate too large, so it refuses a file
// only well above the limit; what passes is counted when it is parsed.
func structureLimits(path string, data []byte) []Problem {
	e := newEstimate()
	for i := range data {
		e.read(data, i)
		if e.nodes > MaxNodes+MaxNodes/4 {
			return []Problem{limit(posOf(path, data, i), "nodes", MaxNodes)}
		}
		if e.brackets > 1000 {
			return []Problem{limit(posOf(path, data, i), "depth", MaxDepth)}
		}
	}
	return nil
}

// tinyDocument is how many nodes a document counts for at the least: as many as
// its head has, for a parser is set up anew for every document.
const tinyDocument = 12

// estimate counts nodes without knowing text from structure: it adds up what
// each indicator would bring if it were one. Of plain lists and mappings the
// count is exact. It is too small, by no more than a third, for pairs in a flow
// sequence that also has quotes or brackets.
type estimate struct {
	nodes    int
	before   int  // nodes up to this document
	brackets int  // open on this line
	comment  bool // this line may have turned into a comment
	sequence bool // nothing since the last `[` says that this is not a flow sequence
	pair     bool // the last `{` or `,` has counted for a key and a value
}

func newEstimate() estimate { return estimate{nodes: 1} }

func (e *estimate) read(data []byte, i int) {
	switch data[i] {
	case '\n':
		e.brackets, e.comment = 0, false
	case '#':
		if i == 0 || data[i-1] <= ' ' {
			e.nodes += 2 // the parser keeps comments, and they are as dear
		}
		e.comment, e.sequence = true, false
	case '"', '\'':
		e.sequence = false
	case '[':
		e.nodes++
		e.brackets++
		e.sequence, e.pair = !e.comment, false
	case '{':
		e.nodes += 2
		e.brackets++
		e.sequence, e.pair = false, true
	case ']', '}':
		e.brackets--
		e.sequence = false
	case ',':
		e.nodes++
		if e.pair = !e.sequence; e.pair {
			e.nodes++
		}
	case ':':
		if mayIndicate(data, i) {
			if !e.pair {
				e.nodes += 2
			}
			e.pair = false
		}
	case '?':
		e.nodes += 2
	case '-', '.':
		if data[i] == '-' && (i+1 == len(data) || data[i+1] <= ' ') {
			e.nodes++
		}
		if (i == 0 || data[i-1] == '\n') && isDocumentMarker(data[i:]) {
			e.nodes = max(e.nodes, e.before+tinyDocument)
			e.before = e.nodes
		}
	}
}

// mayIndicate reports whether a colon may stand between a key and a value: it
// has no text right before or no text right after it.
func mayIndicate(data []byte, i int) bool {
	return i == 0 || i+1 == len(data) || data[i+1] <= ' ' || strings.IndexByte(" \t\n\"'[]{},:?", data[i-1]) >= 0
}

// part is the text of one document of a file.
type part struct {
	text []byte
	end  []byte // the line `...` that ends it, if one does
	line int    // lines of the file before it
}

// whole is the text with the line that ends it, contiguous in the file.
func (p part) whole() []byte { return p.text[:len(p.text)+len(p.end)] }

// split cuts a file at its document markers, which stand at the beginning of a
// line whatever surrounds them. A line `---` belongs to what follows.
func split(data []byte) []part {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	var parts []part
	start, startLine := 0, 0
	line := 0
	for at := 0; at < len(data); line++ {
		end := bytes.IndexByte(data[at:], '\n')
		if end < 0 {
			end = len(data)
		} else {
			end += at + 1
		}
		switch {
		case isMarker(data[at:end], "..."):
			parts = append(parts, part{data[start:at], data[at:end], startLine})
			start, startLine = end, line+1
		case at > start && isMarker(data[at:end], "---"):
			parts = append(parts, part{text: data[start:at], line: startLine})
			start, startLine = at, line
		}
		at = end
	}
	return append(parts, part{text: data[start:], line: startLine})
}

func isDocumentMarker(line []byte) bool { return isMarker(line, "---") || isMarker(line, "...") }

func isMarker(line []byte, marker string) bool {
	rest, ok := bytes.CutPrefix(line, []byte(marker))
	return ok && (len(rest) == 0 || rest[0] == ' ' || rest[0] == '\t' || rest[0] == '\r' || rest[0] == '\n')
}
