package report

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"regexp"
	"strings"

	"github.com/lupa-dev/lupa/reconcile/plan"
)

// Veil is what a reader may see of people. Without one, that is their cards.
//
// Pseudonyms hide cards: who knows the key can make them again, and nobody can
// read a card out of one. Two trees with different keys call the same card
// differently. Names show who has a card, to a person who has a list of them.
type Veil struct {
	key      []byte
	isPerson func(card string) bool
	names    map[string]string
	minGroup int
}

// Pseudonyms is a veil that hides cards, whatever text they stand in, and counts
// fewer than minGroup people as few, unless the reader must know.
func Pseudonyms(key string, isPerson func(card string) bool, minGroup int) *Veil {
	return &Veil{key: []byte(key), isPerson: isPerson, minGroup: minGroup}
}

// Names is a veil that says who has a card, of those that are in the list.
func Names(names map[string]string) *Veil { return &Veil{names: names} }

// hides reports whether cards are not to be seen.
func (v *Veil) hides() bool { return v != nil && v.key != nil }

// few reports whether so many people are too few to be counted where no grave right
// is spoken of.
func (v *Veil) few(people int) bool { return v.hides() && people > 0 && people < v.minGroup }

// Who is somebody by card, as the reader may see it.
func (v *Veil) Who(called string) string { return v.who(called) }

// IsPseudonym reports whether a text may be the pseudonym of a card.
func IsPseudonym(text string) bool { return aPseudonym.MatchString(text) }

var aPseudonym = regexp.MustCompile(fmt.Sprintf("^(.+:)?p-[%s]{%d}$", letters, pseudonymLength))

// who is somebody as the reader may see it: a card, or guardian/child, each with
// its installation before a colon where there are several.
func (v *Veil) who(called string) string {
	if v == nil {
		return called
	}
	guardian, child, both := strings.Cut(called, "/")
	if both {
		return v.card(guardian) + "/" + v.card(child)
	}
	return v.card(called)
}

func (v *Veil) card(called string) string {
	installation, card, several := strings.Cut(called, ":")
	if !several {
		installation, card = "", called
	}
	switch {
	case v.key != nil:
		card = v.pseudonym(card)
	case v.names[called] != "":
		return called + " (" + v.names[called] + ")"
	case v.names[card] != "":
		card += " (" + v.names[card] + ")"
	}
	if several {
		return installation + ":" + card
	}
	return card
}

// Text is a text with pseudonyms in the place of all cards in it.
func (v *Veil) Text(text string) string { return v.text(text) }

// text is a text with pseudonyms in the place of all cards in it.
func (v *Veil) text(text string) string {
	if !v.hides() {
		return text
	}
	var b strings.Builder
	end := 0
	for _, m := range plan.Mentions(text, v.isPerson) {
		b.WriteString(text[end:m.From] + v.pseudonym(m.Name))
		end = m.To
	}
	return b.String() + text[end:]
}

// letters are those of pseudonyms: no vowels, that they be no words, and no digits,
// that they be no numbers.
const letters = "bcdfghjklmnpqrstvwxz"

// pseudonymLength makes 10^13 pseudonyms: of 100,000 people no two have the same
// one, but for once in two thousand trees.
const pseudonymLength = 10

func (v *Veil) pseudonym(card string) string {
	mac := hmac.New(sha256.New, v.key)
	mac.Write([]byte(card))
	name := []byte("p-")
	for _, b := range mac.Sum(nil)[:pseudonymLength] {
		name = append(name, letters[int(b)%len(letters)])
	}
	return string(name)
}
