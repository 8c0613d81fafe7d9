package identity

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// plain is a text with one byte for each character: ASCII is itself, and of
// everything else only what the finder asks for is kept.
type plain struct {
	text string
	at   []int32 // where each begins in the text it was made of, and where that ends; nil: at the same place
}

// Characters that are not ASCII.
const (
	aWithDots byte = 0xc4 // Ä of placeholders
	letter    byte = 0xff
	other     byte = 0xfe
)

// next is the next line from a place on that may hold a number: from and to. It
// reads as little as it can of all others, which are nearly all there are.
func next(text string, from int) (start, end int) {
	for i := from; i < len(text); {
		c := text[i]
		switch class[c] {
		case dull:
			i++
			continue
		case digit:
			run := i
			for i < len(text) && isDigit(text[i]) {
				i++
			}
			if i-run < headDigits || !goesOn(text[i:], i-run) {
				continue
			}
		case backslash:
			if i++; i == len(text) || strings.IndexByte("xuU0\r\n", text[i]) < 0 {
				i = min(i+1, len(text))
				continue
			}
		case foreign:
			if r, n := utf8.DecodeRuneInString(text[i:]); !mayCount(r) {
				i += n
				continue
			}
		}
		return from + strings.LastIndexByte(text[from:min(i, len(text))], '\n') + 1, endOfLine(text, i)
	}
	return len(text), len(text)
}

// goesOn reports whether what follows so many digits may belong to a number with
// them.
func goesOn(rest string, digits int) bool {
	switch {
	case digits >= minBare:
		return true
	case rest == "":
		return false
	case rest[0] == ' ': // of the Norwegian, between two rows of digits
		return len(rest) > 1 && class[rest[1]] != dull
	}
	return rest[0] >= utf8.RuneSelf || rest[0] == '_' || rest[0] == '\\' || strings.IndexByte(allSigns, upper(rest[0])) >= 0
}

// endOfLine is the end of the line that goes on at a place. One that ends with a
// backslash goes on in the next, as in a quoted scalar.
func endOfLine(text string, at int) int {
	for from := max(0, at-2); ; { // the backslash may be what was found
		n := strings.IndexByte(text[at:], '\n')
		if n < 0 {
			return len(text)
		}
		line := text[from : at+n]
		if at += n + 1; !strings.HasSuffix(strings.TrimSuffix(line, "\r"), `\`) {
			return at
		}
		from = at
	}
}

// class tells apart what next has to look at: digits, backslashes, and what may
// begin a digit or a character without room. Letters of Europe never do, nor do
// bytes that begin nothing.
var class = func() (c [256]byte) {
	for i := range c {
		switch {
		case isDigit(byte(i)):
			c[i] = digit
		case i == '\\':
			c[i] = backslash
		case i == 0xc2 || i >= 0xd8:
			c[i] = foreign
		}
	}
	return c
}()

const (
	dull byte = iota
	digit
	backslash
	foreign
)

// headDigits is with how many digits every number begins.
const headDigits = 6

// mayCount reports whether a character may be a digit, or be passed over.
func mayCount(r rune) bool {
	switch {
	case r < 0x600:
		return r == '\u00ad'
	case r >= 0x2010 && r < 0x2028, r >= 0x2e80 && r < 0xa600, r >= 0xac00 && r < 0xfe00: // dashes and quotes; Chinese, Japanese, Korean
		return false
	}
	return unicode.Is(unicode.Nd, r) || passedOver(r)
}

// passedOver reports whether a character takes no room, so that a reader sees
// what stands around it as one.
func passedOver(r rune) bool { return unicode.Is(unicode.Cf, r) }

// plainly is a text made plain, which most are.
func plainly(text string) plain {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf || text[i] == '\\' {
			return normalise(text)
		}
	}
	return plain{text: text}
}

func normalise(text string) plain {
	p := plain{at: make([]int32, 0, len(text)+1)}
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); {
		c, n := text[i], 1
		if c >= utf8.RuneSelf || c == '\\' {
			var r rune
			r, n = decode(text[i:])
			switch c = simple(r); {
			case r < 0: // nothing
				i += n
				continue
			case r == '\u0308' && len(out) > 0 && upper(out[len(out)-1]) == 'A':
				out[len(out)-1] = aWithDots
				i += n
				continue
			}
		}
		out = append(out, c)
		p.at = append(p.at, int32(i))
		i += n
	}
	p.at = append(p.at, int32(len(text)))
	p.text = string(out)
	return p
}

// decode reads one character with its escapes; -1 for what is passed over.
func decode(text string) (r rune, n int) {
	switch {
	case text[0] == '\\':
		return escaped(text)
	case text[0] < utf8.RuneSelf:
		return rune(text[0]), 1
	}
	r, n = utf8.DecodeRuneInString(text)
	switch {
	case r == utf8.RuneError && n == 1 && (text[0] == 0xc4 || text[0] == 0xe4):
		return 'Ä', 1 // a file in Latin-1
	case r >= 0 && passedOver(r):
		return -1, n
	}
	return r, n
}

// escaped reads an escape of a double-quoted scalar. Elsewhere a backslash is
// one, and reading too much into it does no harm.
func escaped(text string) (r rune, n int) {
	if len(text) == 1 {
		return '\\', 1
	}
	switch c := text[1]; c {
	case 'x', 'u', 'U':
		digits := 2
		switch c {
		case 'u':
			digits = 4
		case 'U':
			digits = 8
		}
		if len(text) < 2+digits {
			return '\\', 1
		}
		v, err := strconv.ParseUint(text[2:2+digits], 16, 32)
		switch r := rune(v); {
		case err != nil || v > unicode.MaxRune:
			return '\\', 1
		case passedOver(r):
			return -1, 2 + digits
		default:
			return r, 2 + digits
		}
	case '\n', '\r': // the line goes on, without what indents the next
		rest := strings.TrimLeft(strings.TrimPrefix(text[1:], "\r"), "\n")
		return -1, len(text) - len(strings.TrimLeft(rest, " \t"))
	case '0', 'a', 'b', 't', 'n', 'v', 'f', 'r', 'e', 'N', '_', 'L', 'P', ' ', '"', '/', '\\':
		return 0, 2 // which one does not matter: none is in a number
	}
	return '\\', 1
}

// simple is the byte that stands for a character.
func simple(r rune) byte {
	switch {
	case r < 0:
		return other
	case r < utf8.RuneSelf:
		return byte(r)
	case r >= '\uff01' && r <= '\uff5e': // the wide forms of ASCII
		return byte(r - '\uff01' + '!')
	case r == 'Ä' || r == 'ä':
		return aWithDots
	case r == '\u2212' || unicode.Is(unicode.Pd, r):
		return '-'
	case unicode.Is(unicode.Nd, r):
		return '0' + digitValue(r)
	case unicode.IsLetter(r):
		return letter
	}
	return other
}

// digitValue is what a decimal digit is worth: scripts have theirs in rows of
// ten, from zero on.
func digitValue(r rune) byte {
	for _, in := range unicode.Nd.R16 {
		if uint16(r) <= in.Hi && r <= 0xffff {
			return byte((uint16(r) - in.Lo) % 10)
		}
	}
	for _, in := range unicode.Nd.R32 {
		if uint32(r) <= in.Hi {
			return byte((uint32(r) - in.Lo) % 10)
		}
	}
	return 0
}

func upper(c byte) byte {
	if c >= 'a' && c <= 'z' {
		return c - 'a' + 'A'
	}
	return c
}

func isDigit(c byte) bool { return c-'0' < 10 }

func isLetter(c byte) bool {
	c = upper(c)
	return c >= 'A' && c <= 'Z' || c == aWithDots || c == letter
}

func isHex(c byte) bool { return isDigit(c) || c >= 'a' && c <= 'f' }

// unescaped reads the character at a place, with the escape that names of objects
// have for what may not stand in them: _2b for a plus. A small letter, a digit or
// a hyphen is never escaped, so the beginning of a number is not.
func (p plain) unescaped(i int) (c byte, n int) {
	var raw []byte
	for j := i; len(raw) < utf8.UTFMax && j+2 < len(p.text) && p.text[j] == '_' && isHex(p.text[j+1]) && isHex(p.text[j+2]); j += 3 {
		v, _ := strconv.ParseUint(p.text[j+1:j+3], 16, 8)
		if raw = append(raw, byte(v)); utf8.FullRune(raw) {
			break
		}
	}
	if len(raw) == 0 {
		return p.text[i], 1
	}
	r, size := utf8.DecodeRune(raw)
	if r == utf8.RuneError {
		return p.text[i], 1
	}
	return simple(r), 3 * size
}
