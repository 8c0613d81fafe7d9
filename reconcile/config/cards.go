package config

import (
	"regexp"
	"slices"
	"strings"

	"github.com/lupa-dev/lupa/reconcile/fact"
)

// cards tells Options.Card every card that the tree speaks of: those that documents
// and rosters declare, those that they name and nobody declares, and the keys from
// outside that stand for them. A tree that is refused speaks of them too.
func (l *loader) cards(read []fileFacts, rosters []rosterFacts) {
	if l.opt.Card == nil {
		return
	}
	for i := range read {
		for j := range read[i].objects {
			l.cardsOf(&read[i].objects[j])
		}
		for _, test := range read[i].tests {
			for _, c := range test.cases {
				l.card(c.person.word)
				for _, person := range c.exactly {
					l.card(person.word)
				}
			}
		}
		for word := range read[i].lost {
			if len(word) >= 3 && strings.ContainsAny(word, "0123456789") { // it may be one: nobody can read what it is
				l.card(word)
			}
		}
	}
	for i := range rosters {
		for _, p := range rosters[i].People {
			l.card(p.Key)
		}
	}
}

// missing tells of those that problems say are not there, or may have been meant.
func (l *loader) missing() {
	if l.opt.Card == nil {
		return
	}
	for _, p := range l.tree.Problems {
		args := p.Args
		switch {
		case p.Code == "C06":
			args = args[1:] // behind the column
		case !slices.Contains(args, "Person"):
			continue
		}
		for _, arg := range append(slices.Clone(args), p.Suggest) {
			if arg != "Person" {
				l.card(arg)
			}
		}
	}
}

func (l *loader) cardsOf(o *object) {
	person := o.kind.Name == "Person"
	if person {
		l.card(o.name)
		for _, old := range o.previously {
			l.card(old.word)
		}
	}
	for _, e := range o.entries {
		if e.field.Ref == "Person" || person && e.field.Name == "externalIds" && !yearly.MatchString(e.value) {
			l.card(e.value)
		}
		if e.field.KeyRef == "Person" {
			l.card(e.key)
		}
	}
}

// yearly is a key from outside that days and figures are full of: it is told from
// them by nobody.
var yearly = regexp.MustCompile(`^\d{1,4}$`)

// card tells of one that is called so: by itself, as that of a guardian and a child,
// or behind its installation; and as it is called inside, where it comes from
// outside.
func (l *loader) card(called string) {
	for _, word := range strings.Split(called, "/") {
		if _, name, several := strings.Cut(word, ":"); several {
			word = name
		}
		if word == "" {
			continue
		}
		l.opt.Card(strings.ToLower(word))
		if inside := fact.Escape(word); inside != strings.ToLower(word) {
			l.opt.Card(inside)
		}
	}
}
