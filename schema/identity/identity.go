// Package identity finds the national numbers of persons in text: Finnish
// henkilötunnus and oppijanumero, Norwegian fødselsnummer, Swedish personnummer,
// Danish CPR, Icelandic kennitala, and what stands in for them. A repository of
// permissions is read by many and forgets nothing, so none may stand there.
//
//	for _, m := range identity.Find(text) {
//		... text[m.Start:m.End] is a m.Kind, and m.Certain says how sure that is
//	}
//
// A number whose check fits is certain, and so is one that has none and can be
// nothing else. What only has the shape of a number is not: it may be an example
// or a misspelt number, and it may be the number of an invoice. Numbers of
// organisations, schools and municipalities are none of a person's.
//
// Nothing here says what the value is: Cover hides it, Hash is what an allow-list
// may name it by.
//
// It does not know files, and it does not look into what is encoded in another
// way than YAML does it.
package identity

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode/utf8"
)

// Kind is what a number is called where it is in use.
type Kind string

// The kinds of numbers.
const (
	Henkilotunnus     Kind = "henkilötunnus"
	Placeholder       Kind = "henkilötunnus (placeholder)" // of somebody whose number is not known
	Oppijanumero      Kind = "oppijanumero"
	Fodselsnummer     Kind = "fødselsnummer"
	DNummer           Kind = "D-nummer"
	HNummer           Kind = "H-nummer"
	FHNummer          Kind = "FH-nummer"
	Synthetic         Kind = "fødselsnummer (synthetic)" // of a test register
	Personnummer      Kind = "personnummer"
	Samordningsnummer Kind = "samordningsnummer"
	CPR               Kind = "CPR-nummer"
	Kennitala         Kind = "kennitala"
)

// Match is a number that stands in a text, from byte Start to before byte End.
type Match struct {
	Start, End int
	Kind       Kind
	Certain    bool
}

// Find finds the numbers in a text, in their order. Two do not overlap.
//
// Digits of every script count as digits, every dash as a hyphen, small letters
// as capitals; the escapes of a quoted scalar in YAML (\u0031) and those of names
// (_2b) as what they stand for. The text need not be UTF-8.
//
// What stands beside a number may show that it is none, but a word glued on does
// not: t-131052-308T, hetu_131052-308T and t131052-308T all hold one. A digit
// right beside makes it part of a longer number, and letters with a digit behind
// them part of a checksum or a code. A dot and a digit make a number without a
// separator part of an OID, a version or a decimal. What is not certain has no
// letter beside it at all.
func Find(text string) []Match {
	var all []Match
	for start, end := next(text, 0); start < len(text); start, end = next(text, end) {
		for _, m := range plainly(text[start:end]).find() {
			m.Start, m.End = start+m.Start, start+m.End
			all = append(all, m)
		}
	}
	return all
}

// Cover is a text with a dot in place of every character of a number. Lines stay
// as long as they are, so that columns still count.
func Cover(text string) string {
	// What was hidden was a neighbour, and the next number may show only now.
	for {
		found := Find(text)
		if len(found) == 0 {
			return text
		}
		var b strings.Builder
		b.Grow(len(text))
		last := 0
		for _, m := range found {
			b.WriteString(text[last:m.Start])
			mask(&b, text[m.Start:m.End])
			last = m.End
		}
		b.WriteString(text[last:])
		text = b.String()
	}
}

// Mask is what stands in place of a character.
const Mask = "•"

func mask(b *strings.Builder, value string) {
	for _, r := range value {
		switch r {
		case '\n', '\r': // a number may go on after an escaped line feed
			b.WriteRune(r)
		default:
			b.WriteString(Mask)
		}
	}
}

// Hash is the SHA-256 of a number as Find reads it: with its separator or century
// sign, letters as capitals, every dash a hyphen, digits from 0 to 9, in UTF-8 and
// without a line feed. An oppijanumero is the whole OID. It is what
//
//	printf %s '131052-308T' | sha256sum
//
// prints, in lower-case hexadecimal.
func Hash(value string) string {
	t := normalise(value)
	var b strings.Builder
	for i := 0; i < len(t.text); {
		c, n := t.unescaped(i)
		i += n
		switch c {
		case aWithDots:
			b.WriteRune('Ä')
		case letter, other:
			b.WriteRune(utf8.RuneError) // in no number
		default:
			b.WriteByte(upper(c))
		}
	}
	sum := sha256.Sum256([]byte(b.String()))
	return hex.EncodeToString(sum[:])
}
