package policy

import (
	"crypto/sha256"
	"fmt"
	"slices"

	"github.com/lupa-dev/lupa/reconcile/fact"
)

// likelyRename points out an object that goes and one of its kind that comes
// with the same content and named by the same others: declared as `previously`,
// it would keep what hangs on it.
func likelyRename(p *Pass) {
	gone, come := map[fact.Key]bool{}, map[fact.Key]bool{}
	for _, c := range p.Changes {
		switch {
		case fact.Words.Root(c.Key) != c.Key:
		case c.Del.Len() > 0 && c.Del.At(0).Field == "":
			gone[c.Key] = true
		case c.Add.Len() > 0 && c.Add.At(0).Field == "":
			come[c.Key] = true
		}
	}
	if len(gone) == 0 || len(come) == 0 {
		return
	}
	is := signatures(p.Goal, come)
	var found []Finding
	for sign, old := range signatures(p.Have, gone) {
		if now := is[sign]; len(old) == 1 && len(now) == 1 {
			found = append(found, Finding{Code: "N01", Args: []string{now[0].Kind, fact.Called(old[0].ID, p.Several), fact.Called(now[0].ID, p.Several), old[0].Name()},
				Subject: now[0], Facts: []fact.Fact{{Key: now[0]}}})
		}
	}
	slices.SortFunc(found, func(a, b Finding) int { return a.Subject.Compare(b.Subject) })
	p.findings = append(p.findings, found...)
}

// signatures groups objects by what is said of them and who names them, their
// names and titles left out. Objects that nobody names and of which nothing is
// said are like too many others to mean anything.
func signatures(s fact.Set, of map[fact.Key]bool) map[string][]fact.Key {
	says := make(map[fact.Key][]string)
	for key := range of {
		for _, f := range s.Object(key).All() {
			if f.Field != "" && f.Field != "title" && f.Field != "externalIds" {
				says[key] = append(says[key], fmt.Sprint(f.Field, "\x00", f.Row, "\x00", f.Value))
			}
		}
	}
	for ref := range fact.Words.References(s) {
		if of[ref.Target] {
			says[ref.Target] = append(says[ref.Target], fmt.Sprint("\x00", ref.Fact.Kind, "\x00", ref.Fact.ID, "\x00", ref.Fact.Field, "\x00", ref.Fact.Row))
		}
	}
	groups := make(map[string][]fact.Key)
	for key, lines := range says {
		slices.Sort(lines)
		sum := sha256.Sum256([]byte(fmt.Sprintf("%s\x00%q", key.Kind, lines)))
		groups[string(sum[:])] = append(groups[string(sum[:])], key)
	}
	return groups
}
