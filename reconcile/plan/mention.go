package plan

import (
	"strings"

	"github.com/lupa-dev/lupa/reconcile/fact"
)

// maxParts is how many parts of a word may belong to one name.
const maxParts = 40

// Mention is where a text names something: from one byte to before another.
type Mention struct {
	From, To int
	Name     string
}

// Mentions are where a text names what is known: as a word, or as a part of one that ends at a hyphen, a
// full stop or an underscore, such as the card in the name of an override. They
// do not overlap. Names are lower-case; the text need not be, and may have the key
// from outside that a name was made of.
func Mentions(text string, known func(name string) bool) []Mention {
	var found []Mention
	for from := 0; from < len(text); {
		if !inName(text[from]) {
			from++
			continue
		}
		to := from
		for to < len(text) && inName(text[to]) {
			to++
		}
		found = mentionsIn(found, text, from, to, known)
		from = to
	}
	return found
}

// mentionsIn looks through one word: for the longest name at its beginning, then
// behind that.
func mentionsIn(found []Mention, text string, from, to int, known func(string) bool) []Mention {
	for from < to {
		ends := make([]int, 0, maxParts)
		for at := from; at < to && len(ends) < maxParts; at++ {
			if at+1 == to || !joins(text[at]) && joins(text[at+1]) || joins(text[at]) && !joins(text[at+1]) {
				ends = append(ends, at+1)
			}
		}
		next := ends[0]
		for i := len(ends) - 1; i >= 0; i-- {
			name := strings.ToLower(text[from:ends[i]])
			is := known(name)
			if escaped := fact.Escape(text[from:ends[i]]); !is && escaped != name {
				name, is = escaped, known(escaped)
			}
			if is {
				found = append(found, Mention{from, ends[i], name})
				next = ends[i]
				break
			}
		}
		from = next
	}
	return found
}

func joins(b byte) bool { return b == '-' || b == '.' || b == '_' }

func inName(b byte) bool {
	return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9' || joins(b)
}
