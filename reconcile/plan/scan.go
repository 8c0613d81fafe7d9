package plan

import (
	"math"
	"strings"
	"unicode/utf8"
)

// scanner reads JSON in the form in which this package writes it, and nothing
// else. What it was asked for and did not find makes it broken, and from then on
// it finds nothing.
type scanner struct {
	rest   []byte
	broken bool

	looks bool // it makes nothing of what it reads, and so takes no memory
	place int  // in its list, of the item that is read
	items int  // of lists, so far

	words map[string]string // that came before: they come again, and are kept once
}

// expect skips text that must come next.
func (s *scanner) expect(text string) {
	if !s.has(text) {
		s.broken = true
	}
}

// has reports whether text comes next, and skips it.
func (s *scanner) has(text string) bool {
	if s.broken || len(s.rest) < len(text) || string(s.rest[:len(text)]) != text {
		return false
	}
	s.rest = s.rest[len(text):]
	return true
}

// next reports whether a list or object of which n items were read is at its
// end, and else skips the comma before the next item. A broken one is at its end.
func (s *scanner) next(end byte, n int) bool {
	switch {
	case !s.broken && len(s.rest) > 0 && s.rest[0] == end:
		s.rest = s.rest[1:]
		return true
	case n > 0:
		s.expect(",")
	}
	return s.broken
}

// string reads a string. There is one way to write it.
func (s *scanner) string() string {
	inside, size := s.inside()
	if s.looks {
		return ""
	}
	return string(unescaped(inside, size))
}

// filled reads a string that is never empty.
func (s *scanner) filled() string {
	if s.has(`""`) {
		s.broken = true
	}
	return s.string()
}

// maxWord is how long a word may be that is kept to be found again, and maxWords
// how many there are: more are no words.
const maxWord, maxWords = 64, 4096

// word reads a string that is there often, and never empty.
func (s *scanner) word() string {
	if s.has(`""`) {
		s.broken = true
	}
	inside, size := s.inside()
	if s.looks {
		return ""
	}
	return s.kept(unescaped(inside, size))
}

// kept is the string of some text, the same one for the same word.
func (s *scanner) kept(text []byte) string {
	word, ok := s.words[string(text)]
	if ok {
		return word
	}
	word = string(text)
	if len(word) <= maxWord && len(s.words) < maxWords {
		if s.words == nil {
			s.words = make(map[string]string)
		}
		s.words[word] = word
	}
	return word
}

// text reads a string that is looked at and not kept.
func (s *scanner) text() []byte { return unescaped(s.inside()) }

// inside skips a string. It returns what stands between its quotes, and how long
// the string is.
func (s *scanner) inside() (text []byte, size int) {
	raw := s.quoted()
	if s.broken {
		return nil, 0
	}
	text = raw[1 : len(raw)-1]
	size, ok := written(text)
	if !ok {
		s.broken = true
		return nil, 0
	}
	return text, size
}

// written reports whether appendString writes something so, between quotes, and
// how many bytes it then has.
func written(text []byte) (size int, ok bool) {
	size = len(text)
	ascii := true
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c < ' ':
			return 0, false
		case c >= utf8.RuneSelf:
			ascii = false
		case c == '\\':
			n := escape(text[i:])
			if n == 0 {
				return 0, false
			}
			i += n - 1
			size -= n - 1
		}
	}
	return size, ascii || utf8.Valid(text)
}

// escape is how long the escape is that text begins with; 0 when appendString
// writes no such one.
func escape(text []byte) int {
	const short, long = 2, 6
	switch {
	case len(text) < short:
	case strings.IndexByte(`"\bfnrt`, text[1]) >= 0:
		return short
	case len(text) >= long && string(text[:4]) == `\u00`:
		switch string(text[4:long]) {
		case "08", "09", "0a", "0c", "0d": // they have short ones
		default:
			if strings.IndexByte("01", text[4]) >= 0 && strings.IndexByte("0123456789abcdef", text[5]) >= 0 {
				return long
			}
		}
	}
	return 0
}

// unescaped is the text that stands between quotes in a form that appendString
// writes, and that is size bytes long.
func unescaped(text []byte, size int) []byte {
	if size == len(text) {
		return text
	}
	out := make([]byte, 0, size)
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c == '\\' {
			i++
			switch c = text[i]; c {
			case 'b':
				c = '\b'
			case 'f':
				c = '\f'
			case 'n':
				c = '\n'
			case 'r':
				c = '\r'
			case 't':
				c = '\t'
			case 'u':
				c = (text[i+3] - '0') << 4
				if low := text[i+4]; low <= '9' {
					c |= low - '0'
				} else {
					c |= low - 'a' + 10
				}
				i += 4
			}
		}
		out = append(out, c)
	}
	return out
}

// maxDigits is how many digits a number may have.
const maxDigits = 19

// number reads a number, which is a whole one.
func (s *scanner) number() int64 {
	negative := s.has("-")
	var n uint64
	digits := 0
	for ; digits < min(len(s.rest), maxDigits+1) && s.rest[digits]-'0' <= 9; digits++ {
		n = n*10 + uint64(s.rest[digits]-'0')
	}
	if s.broken || digits == 0 || digits > maxDigits || n > math.MaxInt64 || s.rest[0] == '0' && (digits > 1 || negative) {
		s.broken = true
		return 0
	}
	s.rest = s.rest[digits:]
	if negative {
		return -int64(n)
	}
	return int64(n)
}

// flag reads true or false.
func (s *scanner) flag() bool {
	if s.has("true") {
		return true
	}
	s.expect("false")
	return false
}

// maxItems is how many items the lists of a file may have, those within others
// too. A plan that fills its file has less than half of them.
const maxItems = 16 << 20

// listOf reads what appendList wrote.
func listOf[T any](s *scanner, item func(*scanner) T) []T { return listInto(s, []T{}, item) }

// listInto is listOf into a list with room.
func listInto[T any](s *scanner, list []T, item func(*scanner) T) []T {
	s.expect("[")
	for n := 0; !s.next(']', n); n++ {
		s.place = n
		one := item(s)
		if s.items++; s.items > maxItems {
			s.broken = true
		}
		if !s.looks {
			list = append(list, one)
		}
	}
	return list
}

// listOrNull is listOf where there may be no list.
func listOrNull[T any](s *scanner, item func(*scanner) T) []T {
	if s.has("null") {
		return nil
	}
	return listOf(s, item)
}

// quoted skips a string and returns it with its quotes.
func (s *scanner) quoted() []byte {
	if s.broken || len(s.rest) == 0 || s.rest[0] != '"' {
		s.broken = true
		return nil
	}
	for i := 1; i < len(s.rest); i++ {
		switch s.rest[i] {
		case '\\':
			i++
		case '"':
			raw := s.rest[:i+1]
			s.rest = s.rest[i+1:]
			return raw
		}
	}
	s.broken = true
	return nil
}

// value skips a value of any kind. That brackets match is not looked at, only
// that they are as many.
func (s *scanner) value() []byte {
	from := s.rest
	for depth := 0; len(s.rest) > 0 && !s.broken; {
		switch s.rest[0] {
		case '"':
			s.quoted()
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case ',':
			if depth == 0 {
				return from[:len(from)-len(s.rest)]
			}
		}
		if depth < 0 {
			return from[:len(from)-len(s.rest)]
		}
		s.rest = s.rest[1:]
	}
	s.broken = true
	return nil
}

// ended reports whether all was read, and nothing is left.
func (s *scanner) ended() bool { return !s.broken && len(s.rest) == 0 }
