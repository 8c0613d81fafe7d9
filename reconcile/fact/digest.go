package fact

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
)

// Digest identifies the content of a Set: equal digests mean equal sets. It is
// the SHA-256 of the set's binary form.
type Digest [sha256.Size]byte

// String is the digest in lower-case hexadecimal, 64 characters.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// MarshalText is String, for JSON.
func (d Digest) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (d *Digest) UnmarshalText(text []byte) error {
	raw, err := hex.DecodeString(string(text))
	if err != nil || len(raw) != len(d) {
		return errors.New("a digest is 64 hexadecimal digits")
	}
	copy(d[:], raw)
	return nil
}

// Digest is the set's digest. A target and a plan ask for that of the same facts,
// one after the other: the one asked for last is kept with the strings.
func (s Set) Digest() Digest {
	if len(s.rows) == 0 {
		return sha256.Sum256(s.marshal(nil, keep))
	}
	if last := s.t.digested.Load(); last != nil && len(last.rows) == len(s.rows) && &last.rows[0] == &s.rows[0] {
		return last.digest
	}
	h, d := sha256.New(), &digested{rows: s.rows}
	rest := s.marshal(make([]byte, 0, chunk+chunk/8), func(part []byte) []byte {
		h.Write(part)
		return part[:0]
	})
	h.Write(rest)
	h.Sum(d.digest[:0])
	s.t.digested.Store(d)
	return d.digest
}

// digested is the digest of rows of a table.
type digested struct {
	rows   []row
	digest Digest
}

// chunk is how much of a binary form is digested at once.
const chunk = 32 << 10

// maxText bounds how long all strings of a set are together: a million people
// have a quarter of that. Strings that repeat each other's beginnings could
// otherwise unpack to the square of their bytes.
const maxText = 256 << 20

const binaryHeader = "lupa facts 1\n"

// MarshalBinary is the set as bytes, the same bytes for equal sets whatever
// their origin: a header line; the kinds and fields, then the ids and values,
// each a count and the sorted strings with their common beginnings left out;
// then the objects, each as kind, id, number of facts and, for each fact,
// field, row and value. All numbers are unsigned varints.
func (s Set) MarshalBinary() ([]byte, error) {
	return s.marshal(make([]byte, 0, 64+8*len(s.rows)), keep), nil
}

func keep(out []byte) []byte { return out }

// marshal appends the binary form to out. When there is more than a chunk in it,
// full may take it away.
func (s Set) marshal(out []byte, full func(out []byte) []byte) []byte {
	s = s.compact()
	out = append(out, binaryHeader...)
	out = appendStrings(out, s.table().words, full)
	out = appendStrings(out, s.table().names, full)
	for i := 0; i < len(s.rows); {
		if len(out) > chunk {
			out = full(out)
		}
		end := s.objectEnd(i)
		out = binary.AppendUvarint(out, uint64(s.rows[i].kind()))
		out = binary.AppendUvarint(out, uint64(s.rows[i].id()))
		out = binary.AppendUvarint(out, uint64(end-i))
		for ; i < end; i++ {
			out = binary.AppendUvarint(out, uint64(s.rows[i].field()))
			out = binary.AppendUvarint(out, uint64(s.rows[i].n()))
			out = binary.AppendUvarint(out, uint64(s.rows[i].value()))
		}
	}
	return out
}

// compact drops the strings that no row uses.
func (s Set) compact() Set {
	t := s.table()
	words, names := make([]uint32, len(t.words)), make([]uint32, len(t.names))
	for _, r := range s.rows {
		words[r.kind()], words[r.field()] = 1, 1
		names[r.id()], names[r.value()] = 1, 1
	}
	if !slices.Contains(words, 0) && !slices.Contains(names, 0) {
		return Set{t, s.rows}
	}
	used := &table{words: keepUsed(t.words, words), names: keepUsed(t.names, names)}
	return s.renumber(used, words, names)
}

// keepUsed is the strings whose number is 1; numbers become their new places.
func keepUsed(all []string, numbers []uint32) []string {
	var used []string
	for i, n := range numbers {
		if n == 1 {
			numbers[i] = uint32(len(used))
			used = append(used, all[i])
		}
	}
	return used
}

func appendStrings(out []byte, all []string, full func([]byte) []byte) []byte {
	out = binary.AppendUvarint(out, uint64(len(all)))
	last := ""
	for _, s := range all {
		if len(out) > chunk {
			out = full(out)
		}
		n := 0
		for n < len(last) && n < len(s) && last[n] == s[n] {
			n++
		}
		out = binary.AppendUvarint(out, uint64(n))
		out = binary.AppendUvarint(out, uint64(len(s)-n))
		out = append(out, s[n:]...)
		last = s
	}
	return out
}

// bytesOfFact is about how long a fact is in binary form.
const bytesOfFact = 5

// UnmarshalBinary reads what MarshalBinary wrote and refuses everything else.
func (s *Set) UnmarshalBinary(data []byte) error {
	rest, ok := bytes.CutPrefix(data, []byte(binaryHeader))
	if !ok {
		return errors.New("not a set of facts, or of another version")
	}
	d := decoder{rest: rest}
	t := &table{words: d.strings(), names: d.strings()}
	rows := make([]row, 0, len(d.rest)/bytesOfFact)
	for len(d.rest) > 0 && !d.broken {
		kind, id := d.number(len(t.words)), d.number(len(t.names))
		for n := d.number(len(data) + 1); n > 0 && !d.broken; n-- {
			rows = append(rows, pack(kind, id, d.number(len(t.words)), d.number(1<<32-1), d.number(len(t.names))))
		}
	}
	read := Set{t, rows}
	if d.broken || !ascending(t.words) || !ascending(t.names) || !slices.IsSortedFunc(rows, strictly) || read.compact().t != t {
		return errors.New("a set of facts, but damaged")
	}
	*s = read
	return nil
}

func ascending(all []string) bool {
	return slices.IsSortedFunc(all, func(a, b string) int { return cmp.Or(strings.Compare(a, b), -1) })
}

// strictly is compare, with equal rows out of order.
func strictly(a, b row) int { return cmp.Or(a.compare(b), -1) }

type decoder struct {
	rest   []byte
	broken bool
}

// number reads a number below limit.
func (d *decoder) number(limit int) uint32 {
	v, n := binary.Uvarint(d.rest)
	if n <= 0 || v >= uint64(limit) || n > 1 && d.rest[n-1] == 0 { // there is one way to write a number
		d.broken = true
		return 0
	}
	d.rest = d.rest[n:]
	return uint32(v)
}

// pieceBytes is how much memory strings share.
const pieceBytes = 64 << 10

func (d *decoder) strings() []string {
	n := d.number(len(d.rest)) // every string takes a byte at the least
	all := make([]string, 0, n)
	var piece strings.Builder
	last, total := "", 0
	for ; n > 0 && !d.broken; n-- {
		common, own := d.number(len(last)+1), d.number(len(d.rest)+1)
		if d.broken || int(own) > len(d.rest) || total+int(common) > maxText {
			d.broken = true
			break
		}
		size := int(common) + int(own)
		if piece.Cap()-piece.Len() < size {
			piece = strings.Builder{}
			piece.Grow(max(size, min(pieceBytes, len(d.rest))))
		}
		begin := piece.Len()
		piece.WriteString(last[:common])
		piece.Write(d.rest[:own])
		d.rest, last, total = d.rest[own:], piece.String()[begin:], total+size
		all = append(all, last)
	}
	return all
}
