package source

import (
	"bytes"
	"fmt"
	"unicode"
	"unicode/utf8"
)

// checkBytes refuses what a parser should not even see: text that is not
// UTF-8, characters that nobody can see, and more structure than is allowed.
func checkBytes(path string, data []byte) []Problem {
	if !utf8.Valid(data) {
		return []Problem{{Code: "Y01", Args: []string{encodingName(data)}, Pos: []Pos{firstInvalid(path, data)}}}
	}
	if problems := invisibleBytes(path, data); len(problems) > 0 {
		return problems
	}
	return structureLimits(path, data)
}

func encodingName(data []byte) string {
	for bom, name := range map[string]string{"\xff\xfe": "UTF-16", "\xfe\xff": "UTF-16"} {
		if bytes.HasPrefix(data, []byte(bom)) {
			return name
		}
	}
	return ""
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
// Counting is rough on purpose, it does not know text from structure: a node
// of YAML needs at least half an indicator, so few indicators mean few nodes,
// and a file that might have more is parsed and counted exactly unless it has
// so many that counting would cost too much.
func structureLimits(path string, data []byte) []Problem {
	indicators, brackets, deepest := 0, 0, 0
	for i, c := range data {
		switch c {
		case '[', '{':
			indicators++
			brackets++
			if brackets > deepest {
				deepest = brackets
			}
		case ']', '}':
			brackets--
		case ',', '\n', ':', '?':
			indicators++
		case '-':
			if i+1 == len(data) || data[i+1] <= ' ' {
				indicators++
			}
		}
		if indicators > 3*MaxNodes/2 {
			return []Problem{limit(posOf(path, data, i), "nodes", MaxNodes)}
		}
		if deepest > 1000 {
			return []Problem{limit(posOf(path, data, i), "depth", MaxDepth)}
		}
	}
	return nil
}

// part is the text of one document of a file.
type part struct {
	text []byte
	line int // lines of the file before it
}

// split cuts a file at its document markers, which stand at the beginning of a
// line whatever surrounds them. The marker line belongs to what follows.
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
		if at > start && isMarker(data[at:end], "---") || isMarker(data[at:end], "...") {
			parts = append(parts, part{data[start:at], startLine})
			start, startLine = at, line
			if data[at] == '.' {
				start, startLine = end, line+1
			}
		}
		at = end
	}
	return append(parts, part{data[start:], startLine})
}

func isMarker(line []byte, marker string) bool {
	rest, ok := bytes.CutPrefix(line, []byte(marker))
	return ok && (len(rest) == 0 || rest[0] == ' ' || rest[0] == '\t' || rest[0] == '\r' || rest[0] == '\n')
}
