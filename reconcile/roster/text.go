package roster

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"io"
	"unicode/utf8"
)

// maxRowBytes is how long a row may be. A longer one has a quote too many.
const maxRowBytes = 1 << 20

// text is a file as CSV may be: UTF-8 without a byte order mark, lines that end
// with LF or CRLF, no other control characters. It is given on unchanged, part by
// part, up to the first byte that is not so; wrong says what that is. It also adds
// up what the digest of the file needs.
type text struct {
	from   io.Reader
	sum    hash.Hash
	wrong  *flaw
	rest   []byte // read, not yet given on
	right  int    // so many bytes of it are right
	buf    []byte
	err    error // of from
	begun  bool
	line   int // of the next byte, from 1
	col    int // in characters, from 1
	quoted bool
	row    int // bytes of the row so far
}

// ordinary are the bytes with which nothing can be wrong and nothing begins.
var ordinary = func() (is [256]bool) {
	for c := ' '; c < 0x7f; c++ {
		is[c] = c != '"'
	}
	return is
}()

// eachByte times a byte is a word of eight of it.
const eachByte = 0x0101010101010101

// allOrdinary reports whether eight bytes are ordinary. The highest bit of a byte
// of the word is set where that byte is not, or one before it.
func allOrdinary(b []byte) bool {
	w := binary.LittleEndian.Uint64(b)
	quote := w ^ '"'*eachByte // 0 where a quote is
	return (w|(w+eachByte)|(w-' '*eachByte)|(quote-eachByte))&(0x80*eachByte) == 0
}

// flaw is what is wrong with a text, and where.
type flaw struct {
	variant   string // of C02
	line, col int
}

func (f *flaw) Error() string { return "the text is not what CSV can be" }

func newText(from io.Reader) *text {
	return &text{from: from, sum: sha256.New(), buf: make([]byte, 64<<10), line: 1, col: 1}
}

// digest is the SHA-256 of all bytes, once they were read.
func (t *text) digest() string { return hex.EncodeToString(t.sum.Sum(nil)) }

// next is the next part, never an empty one.
func (t *text) next() (string, error) {
	if err := t.more(); err != nil {
		return "", err
	}
	part := string(t.rest[:t.right])
	t.rest, t.right = t.rest[t.right:], 0
	return part, nil
}

// more reads on until there is something right to give on.
func (t *text) more() error {
	for t.right == 0 {
		switch {
		case t.wrong != nil:
			return t.wrong
		case t.err != nil:
			return t.err
		}
		t.fill()
		if t.begun || t.begin() {
			t.check()
		}
	}
	return nil
}

// fill reads on, behind what is left.
func (t *text) fill() {
	left := copy(t.buf, t.rest)
	n, err := t.from.Read(t.buf[left:])
	t.sum.Write(t.buf[left : left+n])
	t.rest, t.err = t.buf[:left+n], err
}

// begin looks for a byte order mark, once there is enough to see one: that of
// UTF-8 is passed over.
func (t *text) begin() bool {
	if len(t.rest) < len(utf8Mark) && t.err == nil {
		return false
	}
	t.begun = true
	t.rest = bytes.TrimPrefix(t.rest, utf8Mark)
	for _, mark := range utf16Marks {
		if bytes.HasPrefix(t.rest, mark) {
			t.wrong = &flaw{"utf16", 1, 1}
			return false
		}
	}
	return true
}

var (
	utf8Mark   = []byte("\ufeff")
	utf16Marks = [][]byte{{0xff, 0xfe}, {0xfe, 0xff}}
)

// check finds how many bytes of the rest are right. A character that is not
// whole yet waits for its end.
func (t *text) check() {
	i := 0
	for i < len(t.rest) && t.wrong == nil {
		if begin := i; ordinary[t.rest[i]] {
			run := t.rest[:min(len(t.rest), i+maxRowBytes-t.row)]
			for i+8 <= len(run) && allOrdinary(run[i:]) {
				i += 8
			}
			for i < len(run) && ordinary[run[i]] {
				i++
			}
			if t.col, t.row = t.col+i-begin, t.row+i-begin; i > begin {
				continue
			}
		}
		n := t.character(t.rest[i:])
		if n == 0 {
			break
		}
		i += n
	}
	t.right = i
}

// character is how long the first character of some text is: 0 where it is
// wrong, or not whole yet.
func (t *text) character(in []byte) int {
	size := 1
	switch c := in[0]; {
	case c >= ' ' && c < 0x7f:
		if c == '"' {
			t.quoted = !t.quoted
		}
	case c == '\n':
		t.line, t.col = t.line+1, 0
		if !t.quoted {
			t.row = 0
		}
	case c == '\t':
	case c == '\r':
		if len(in) == 1 && t.err == nil {
			return 0
		}
		if t.quoted || len(in) == 1 || in[1] != '\n' {
			return t.fail("return")
		}
	case c < utf8.RuneSelf:
		return t.fail("control")
	default:
		if !utf8.FullRune(in) && t.err == nil {
			return 0
		}
		r, n := utf8.DecodeRune(in)
		if r == utf8.RuneError && n == 1 {
			return t.fail("utf8")
		}
		size = n
	}
	t.col++
	if t.row += size; t.row > maxRowBytes {
		return t.fail("row")
	}
	return size
}

func (t *text) fail(variant string) int {
	t.wrong = &flaw{variant, t.line, t.col}
	return 0
}
