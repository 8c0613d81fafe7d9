package policy

import (
	"maps"
	"slices"

	"github.com/lupa-dev/lupa/reconcile/access"
	"github.com/lupa-dev/lupa/reconcile/fact"
)

// acting is somebody in whose name templates are changed.
type acting struct {
	*Pass
	actor string
	table *access.Table // what the actor may do to templates; knows of nobody else
}

// changedTemplate is a template whose own fields or sharing the plan changes.
type changedTemplate struct {
	key        fact.Key
	have, want fact.Set
	sharing    []fact.Key // records that come, go or change
}

// actors (R103, R106, R109, R111): Wilma lets an account do to a template only
// what its rights allow, so the whole plan is held against them before anything
// is written. Without an actor nobody's limits are known.
func actors(p *Pass) {
	changed := p.changedTemplates()
	for _, inst := range slices.Sorted(maps.Keys(p.Actors)) {
		templates := changed[inst]
		if len(templates) == 0 {
			continue
		}
		a := p.acting(p.Actors[inst])
		for _, t := range templates {
			a.template(t)
		}
	}
}

// changedTemplates are those that go on existing, by installation.
func (p *Pass) changedTemplates() map[string][]*changedTemplate {
	all := make(map[string][]*changedTemplate)
	by := make(map[fact.Key]*changedTemplate)
	for _, c := range p.Changes {
		root := fact.Words.Root(c.Key)
		if root.Kind != "SurveyTemplate" || !p.Goal.Has(root) {
			continue
		}
		t := by[root]
		if t == nil {
			t = &changedTemplate{key: root, have: p.Have.Object(root), want: p.Goal.Object(root)}
			by[root] = t
			all[root.Installation()] = append(all[root.Installation()], t)
		}
		if c.Key.Kind == "Sharing" {
			t.sharing = append(t.sharing, c.Key)
		}
	}
	return all
}

// acting finds what an actor may do, by what the target says of it: else an actor
// could lift itself by the very plan. Only one that the target does not know yet
// is judged by what the plan gives it, which is said.
func (p *Pass) acting(actor string) acting {
	key := fact.Key{Kind: "Person", ID: actor}
	now := p.Have.Plus(p.Beyond)
	if !now.Has(key) {
		now = p.Goal.Plus(p.Beyond)
		p.find(Finding{Code: "N18", Args: []string{fact.Called(actor, p.Several)}, Subject: key, Facts: []fact.Fact{{Key: key}}})
	}
	return acting{p, actor, access.Load(p.placesOf(now).Plus(now.Where(func(k fact.Key) bool {
		switch k.Kind {
		case "Installation", "School", "SchoolClass", "CardAssignment":
			return false
		case "Person":
			return k.ID == actor
		}
		return true
	})))}
}

// placesOf are schools as they are and as they will be together, for a plan may
// switch surveys on and share there, or end sharing and switch them off (O8): what
// the actor may do does not come from there. Versions are those to come (O11).
func (p *Pass) placesOf(now fact.Set) fact.Set {
	schools := now.Kind("School").Plus(p.Goal.Kind("School"))
	installations := p.Goal.Kind("Installation")
	return schools.Plus(installations).Plus(now.Kind("Installation").Without(installations))
}

// maintains reports whether a school is in the actor's scope as maintainer.
func (a acting) maintains(school string) bool {
	return a.table.Allowed(access.Question{Who: access.Who{Person: a.actor}, Right: maintain, Place: school})
}

func (a acting) template(t *changedTemplate) {
	was, is := t.have.Values("holders"), t.want.Values("holders")
	missing := func(from, in []string) []string {
		return slices.DeleteFunc(slices.Clone(from), func(id string) bool { return slices.Contains(in, id) })
	}
	removed, added := missing(was, is), missing(is, was)
	author := t.have.Value("author")
	args := []string{fact.Called(t.key.ID, a.Several), fact.Called(a.actor, a.Several), fact.Called(t.want.Value("school"), a.Several)}
	f := Finding{Args: args, Subject: t.key, Facts: t.blame()}
	switch {
	case t.have.Len() == 0:
		a.newTemplate(t, f, is)
	case slices.Contains(removed, a.actor): // another has to apply the plan, and is then judged
		f.Code = "E13"
		a.find(f)
	case len(added) > 0 && (slices.Contains(removed, author) || len(removed) == len(was)):
		if !a.table.May(a.actor, access.Transfer, t.key.ID, "") {
			f.Code = "E16"
			a.find(f)
		}
	case len(added)+len(removed) > 0 && !a.table.May(a.actor, access.HandOut, t.key.ID, ""):
		f.Code, f.Case = "E15", "holders"
		a.find(f)
	}
	a.sharing(t, is)
}

// newTemplate: the author makes a template, or a maintainer of its school; who
// made it cannot leave it to others alone (R111).
func (a acting) newTemplate(t *changedTemplate, f Finding, holders []string) {
	switch author := t.want.Value("author"); {
	case a.maintains(t.want.Value("school")):
	case author != a.actor:
		f.Code, f.Case = "E15", "new"
		a.find(f)
	case !slices.Contains(holders, a.actor):
		f.Code = "E13"
		a.find(f)
	}
}

// blame is where the holders of a template stand.
func (t *changedTemplate) blame() []fact.Fact {
	if holders := t.want.Field("holders"); holders.Len() > 0 {
		return []fact.Fact{holders.At(0)}
	}
	return []fact.Fact{{Key: t.key}}
}

// sharing (R103): the schools of which the actor may not change what they share,
// in one finding.
func (a acting) sharing(t *changedTemplate, holders []string) {
	var beyond []string
	var blame []fact.Fact
	for _, key := range t.sharing {
		sharing := a.Goal.Object(key)
		stays := sharing.Len() > 0
		if !stays {
			sharing = a.Have.Object(key)
		}
		school := sharing.Value("school")
		if a.mayShare(t, school, holders) {
			continue
		}
		beyond = append(beyond, school)
		if stays && len(blame) == 0 {
			blame = append(blame, fact.Fact{Key: key})
		}
	}
	if len(beyond) == 0 {
		return
	}
	if len(blame) == 0 {
		blame = append(blame, fact.Fact{Key: t.key})
	}
	a.find(Finding{Code: "E14", Args: []string{fact.Called(t.key.ID, a.Several), fact.Called(a.actor, a.Several), firstNames(a.called(beyond), 5)}, Subject: t.key, Facts: blame})
}

func (a acting) mayShare(t *changedTemplate, school string, holders []string) bool {
	if t.have.Len() > 0 {
		return a.table.May(a.actor, access.ChangeSharing, t.key.ID, school)
	}
	return a.maintains(school) && (a.maintains(t.want.Value("school")) || slices.Contains(holders, a.actor))
}
