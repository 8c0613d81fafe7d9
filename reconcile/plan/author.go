package plan

import (
	"cmp"
	"slices"
	"strings"

	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/policy"
	"github.com/lupa-dev/lupa/schema/source"
)

// List is a document whose contents go by another kind than its own: People, and
// a GroupRule.
type List struct {
	Kind        string
	File        string
	First, Last int // lines of the document
}

// author is who changed the documents, with the cards that logins lead to.
func (g *Goal) author() policy.Author {
	a := policy.Author{Login: policy.Login(g.Author), Mapped: len(g.Logins) > 0, Cards: make(map[string]string)}
	for inst, logins := range g.Logins {
		if card, ok := logins[a.Login]; ok && a.Login != "" {
			a.Cards[inst] = card
		}
	}
	return a
}

// written is where a fact was declared: the document itself first.
func (g *Goal) written(f fact.Fact) []policy.Document {
	if g.Origin == nil {
		return nil
	}
	var documents []policy.Document
	for _, pos := range g.Origin(f) {
		documents = append(documents, policy.Document{File: pos.File, Kind: g.listAt(pos)})
	}
	return documents
}

// listAt is the kind of the list in which a place is, "" for none.
func (g *Goal) listAt(at source.Pos) string {
	i, _ := slices.BinarySearchFunc(g.Lists, at, func(l List, at source.Pos) int {
		return cmp.Or(strings.Compare(l.File, at.File), cmp.Compare(l.First, at.Line+1))
	})
	if i--; i >= 0 && g.Lists[i].File == at.File && at.Line <= g.Lists[i].Last {
		return g.Lists[i].Kind
	}
	return ""
}
