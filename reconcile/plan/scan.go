package plan

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
)

// scanner reads JSON in the form in which this package writes it, and nothing
// else. What it was asked for and did not find makes it broken, and from then on
// it finds nothing.
type scanner struct {
	rest   []byte
	broken bool
}

// expect skips text that must come next.
func (s *scanner) expect(text string) {
	rest, ok := bytes.CutPrefix(s.rest, []byte(text))
	if !ok {
		s.broken = true
	}
	if s.broken {
		return
	}
	s.rest = rest
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
	raw := s.quoted()
	if s.broken {
		return ""
	}
	if inside := raw[1 : len(raw)-1]; plainText(inside) {
		return string(inside)
	}
	var text string
	if json.Unmarshal(raw, &text) != nil || !bytes.Equal(appendString(nil, text), raw) {
		s.broken = true
		return ""
	}
	return text
}

func plainText(text []byte) bool {
	for _, c := range text {
		if c < ' ' || c == '\\' {
			return false
		}
	}
	return utf8.Valid(text)
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
