package policy

import (
	"slices"
	"strconv"
	"strings"

	"github.com/lupa-dev/lupa/reconcile/access"
	"github.com/lupa-dev/lupa/reconcile/fact"
)

// Author is who changed the documents that a plan is made of.
type Author struct {
	Login  string            // as Login has it; "" where nobody knows
	Mapped bool              // some Policy says which logins are whose
	Cards  map[string]string // by installation: the id of the person who logs in so
}

// Login is a login in the form in which they are compared: GitHub does not tell
// capitals from small letters in them, and @ is how one speaks of them.
func Login(text string) string {
	lower := func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}
	return strings.Map(lower, strings.TrimPrefix(text, "@"))
}

// selfGrant says what the author gains by the change: whoever writes the documents
// decides about everybody, and others should see where that is the writer. A
// Policy refuses it. What the target holds of a Policy counts as well, so that the
// same change cannot lift the refusal.
func selfGrant(p *Pass) {
	if p.Author.Login == "" || len(p.Changes) == 0 {
		return
	}
	if len(p.Author.Cards) == 0 {
		p.unknownAuthor()
		return
	}
	if p.First {
		return // nobody had anything of lupa's, so nobody gains
	}
	g := gains{Pass: p}
	for _, s := range p.Effect().Shifts {
		if !s.Gained || s.Level { // a higher level of a family is no Level: it is gained
			continue
		}
		for _, who := range s.People {
			if p.isAuthor(who.Person) {
				g.shift(s, who)
			}
		}
	}
	for _, s := range g.templateShifts() {
		g.templates(s)
	}
	if g.found > maxFound {
		p.find(Finding{Code: "G07", Case: "more", Args: []string{p.Author.Login, strconv.Itoa(g.found - maxFound)}, Subject: g.last, Severity: g.worst})
	}
}

// unknownAuthor says that nobody knows whose gains to look for: the check would
// be void, and nobody would notice.
func (p *Pass) unknownAuthor() {
	args := []string{p.Author.Login}
	for key := range p.Goal.Kind("Policy").Objects() {
		if g := (gains{Pass: p}); g.refuses(key.Installation()) {
			p.find(Finding{Code: "G07", Case: "unknown", Args: args, Subject: key, Facts: []fact.Fact{{Key: key}}, Severity: Error})
			return
		}
	}
	if p.Author.Mapped {
		for key, policy := range p.Goal.Kind("Policy").Objects() {
			if file := factsOf(policy, "logins"); len(file) > 0 {
				p.find(Finding{Code: "N17", Case: "card", Args: args, Subject: key, Facts: file})
				return
			}
		}
	}
	for _, kind := range []string{"Policy", "Installation"} {
		for key := range p.Goal.Kind(kind).Objects() {
			p.find(Finding{Code: "N17", Case: "file", Args: args, Subject: key, Facts: []fact.Fact{{Key: key}}})
			return
		}
	}
}

func (p *Pass) isAuthor(person string) bool {
	return p.Author.Cards[fact.Key{ID: person}.Installation()] == person
}

// gains are what the author gains.
type gains struct {
	*Pass
	found int
	worst Severity // of those not told
	last  fact.Key // whose gain was not told
	new   map[fact.Key]fact.Set
}

func (g *gains) gain(f Finding) {
	f.Severity = Warning
	if g.refuses(f.Subject.Installation()) {
		f.Severity = Error
	}
	if g.found++; g.found <= maxFound {
		g.find(f)
		return
	}
	if g.last = f.Subject; g.worst != Error {
		g.worst = f.Severity
	}
}

func (g *gains) refuses(installation string) bool {
	for _, s := range []fact.Set{g.Have, g.Last, g.Goal} {
		for key, policy := range s.Kind("Policy").Objects() {
			if key.Installation() == installation && policy.Value("selfGrant") == "refuse" {
				return true
			}
		}
	}
	return false
}

func (g *gains) shift(s access.Shift, who access.Who) {
	for _, right := range s.Rights {
		reasons := g.After().For(access.Question{Who: who, Right: right, Place: s.Places[0]})
		name := fact.Called(who.Person, g.Several)
		if who.Child != "" {
			name += "/" + fact.Name(who.Child)
		}
		g.gain(Finding{Code: "G07", Case: "right", Args: []string{g.Author.Login, name, right, firstNames(g.called(s.Places), 10)},
			Subject: fact.Key{Kind: "Person", ID: who.Person}, Facts: g.because(reasons, fact.Key{Kind: "Person", ID: who.Person})})
	}
}

// templateShifts are what the author gains with templates, whether as a whole or
// in some school: once for the same templates.
func (g *gains) templateShifts() (all []access.TemplateShift) {
	for _, s := range g.Effect().Templates {
		if !s.Gained || !slices.ContainsFunc(s.People, g.isAuthor) {
			continue
		}
		i := slices.IndexFunc(all, func(o access.TemplateShift) bool { return slices.Equal(o.Templates, s.Templates) })
		if i < 0 {
			s.Actions = slices.Clone(s.Actions)
			all = append(all, s)
			continue
		}
		for _, a := range s.Actions {
			if !slices.Contains(all[i].Actions, a) {
				all[i].Actions = append(all[i].Actions, a)
			}
		}
	}
	return all
}

func (g *gains) templates(s access.TemplateShift) {
	key := fact.Key{Kind: "SurveyTemplate", ID: s.Templates[0]}
	person := g.Author.Cards[key.Installation()]
	actions := make([]string, len(s.Actions))
	for i, a := range s.Actions {
		actions[i] = string(a)
	}
	f := Finding{Code: "G07", Case: "template", Args: []string{g.Author.Login, fact.Called(person, g.Several), strings.Join(actions, ", "), firstNames(g.called(s.Templates), 10)},
		Subject: fact.Key{Kind: "Person", ID: person}}
	if f.Facts = g.added(key); len(f.Facts) == 0 {
		f.Facts = []fact.Fact{{Key: fact.Key{Kind: "Person", ID: person}}}
	}
	g.gain(f)
}

// because are the facts that give a right: what the plan adds, else all, else the
// person, who gains by something that goes.
func (g *gains) because(reasons []access.Reason, person fact.Key) []fact.Fact {
	var all, added []fact.Fact
	for _, r := range reasons {
		for _, f := range r.Facts {
			switch {
			case slices.Contains(all, f):
			case g.isNew(f):
				added = append(added, f)
				fallthrough
			default:
				all = append(all, f)
			}
		}
	}
	switch {
	case len(added) > 0:
		return added
	case len(all) > 0:
		return all
	}
	return []fact.Fact{{Key: person}}
}

func (g *gains) isNew(f fact.Fact) bool {
	if g.new == nil {
		g.new = make(map[fact.Key]fact.Set, len(g.Changes))
		for _, c := range g.Changes {
			g.new[c.Key] = c.Add
		}
	}
	_, added := g.new[f.Key].Index(f)
	return added
}

// added are the facts that the plan adds to an object, its records included.
func (g *gains) added(root fact.Key) (facts []fact.Fact) {
	for _, c := range g.Changes {
		if c.Add.Len() > 0 && fact.Words.Root(c.Key) == root {
			facts = append(facts, c.Add.At(0))
		}
	}
	return facts
}
