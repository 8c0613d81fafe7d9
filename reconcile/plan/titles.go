package plan

import (
	"cmp"
	"slices"
	"strings"

	"github.com/lupa-dev/lupa/reconcile/fact"
)

// Title is what people call something that a plan speaks of.
type Title struct {
	Kind     string `json:"kind"` // Right: Name is its key
	Name     string `json:"name"` // of a unit as a place unit/NAME
	Language string `json:"language,omitempty"`
	Title    string `json:"title"`
}

// entitledKinds are the kinds whose titles help who reads of a plan's effect.
var entitledKinds = []string{"School", "UserGroup", "Unit", "SurveyTemplate", "Right"}

// titles are those of places, rights, groups and templates that the effect of a
// plan speaks of, as they are after it, or before.
func (m *maker) titles(p *Plan) []Title {
	said := m.saidOf(p)
	known := make(map[[3]string]bool)
	titles := []Title{}
	for _, facts := range []fact.Set{m.want, m.have} {
		for _, kind := range entitledKinds {
			for key, object := range facts.Kind(kind).Objects() {
				for _, t := range m.titlesOf(key, object) {
					if is := [3]string{t.Kind, t.Name, t.Language}; said[t.Name] && !known[is] {
						known[is] = true
						titles = append(titles, t)
					}
				}
			}
		}
	}
	slices.SortFunc(titles, func(a, b Title) int {
		return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.Name, b.Name), strings.Compare(a.Language, b.Language))
	})
	return titles
}

func (m *maker) titlesOf(key fact.Key, object fact.Set) []Title {
	name := m.name(key.ID)
	switch key.Kind {
	case "Right":
		name = object.Value("key")
	case "Unit":
		name = m.name(fact.ID(key.Installation(), "unit/"+fact.Name(key.ID)))
	}
	var titles []Title
	for _, title := range object.Values("title") {
		language := ""
		if key.Kind == "Right" {
			language, title = fact.SplitMap(title)
		}
		titles = append(titles, Title{key.Kind, name, language, title})
	}
	return titles
}

// saidOf are the names of which a plan's effect speaks.
func (m *maker) saidOf(p *Plan) map[string]bool {
	said := make(map[string]bool)
	all := func(names []string) {
		for _, name := range names {
			said[name] = true
		}
	}
	reasons := func(reasons []Reason) {
		for _, r := range reasons {
			all(r.Args)
		}
	}
	effect, templates := p.effects()
	for _, e := range effect {
		all(e.Rights)
		all(e.Places)
		reasons(e.Before)
		reasons(e.After)
	}
	for _, e := range templates {
		all(e.Templates)
		all(e.Places)
		all(e.Reason.Args)
	}
	for _, c := range p.EffectSummary {
		said[c.Right], said[c.Place] = true, true
	}
	return said
}

// effects are all that a plan or a review tells of people, of whatever day.
func (p *Plan) effects() (effect []Effect, templates []TemplateEffect) {
	effect, templates = slices.Concat(p.Effect, p.Unchanged), slices.Clone(p.Templates)
	if p.Since != nil {
		for _, a := range p.Since.Ahead {
			effect, templates = append(effect, a.Effect...), append(templates, a.Templates...)
		}
	}
	return effect, templates
}

// people are the cards that the text of a plan speaks of, but for those of its
// effect and of the objects that are people: whoever shows it to others has to know
// what to hide.
func (m *maker) people(p *Plan) []string {
	isPerson := IsPerson(m.have, m.want, m.declared)
	said, nobody := make(map[string]bool), make(map[string]bool)
	look := func(texts ...string) {
		for _, text := range texts {
			if nobody[text] || said[text] { // groups and schools are spoken of again and again
				continue
			}
			mentions := Mentions(text, isPerson)
			for _, mention := range mentions {
				said[mention.Name] = true
			}
			if len(mentions) == 0 {
				nobody[text] = true
			}
		}
	}
	for _, f := range p.Findings {
		look(f.Args...)
		look(f.Subject)
		for _, pos := range f.Pos {
			look(pos.File)
		}
	}
	for _, b := range p.Brakes {
		look(b.Args...)
	}
	effect, templates := p.effects()
	for _, e := range effect {
		for _, r := range slices.Concat(e.Before, e.After) {
			look(r.Args...)
		}
	}
	for _, e := range templates {
		look(e.Reason.Args...)
	}
	for _, objects := range [][]Object{p.Begins, p.Ends, p.Unmanaged, p.External, p.Adopted} {
		for _, o := range objects {
			look(o.Name)
		}
	}
	changes := slices.Concat(p.Changes, p.Drift)
	if p.Since != nil {
		changes = append(changes, p.Since.Judging...)
	}
	for _, c := range changes {
		look(c.Name, c.Previously)
		for _, f := range c.Fields {
			look(f.Field)
			lookIn(f.Before, look)
			lookIn(f.After, look)
			lookIn(f.Last, look)
		}
	}
	for _, in := range p.Inputs {
		look(in.Path)
	}
	names := make([]string, 0, len(said))
	for name := range said {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// lookIn looks at all texts in a value of a field.
func lookIn(value any, look func(...string)) {
	switch v := value.(type) {
	case string:
		look(v)
	case []string:
		look(v...)
	case map[string]any:
		for key, inside := range v {
			look(key)
			lookIn(inside, look)
		}
	}
}

// IsPerson tells whether a name is a person's, in any of the sets and in whatever
// installation.
func IsPerson(sets ...fact.Set) func(name string) bool {
	type within struct {
		facts         fact.Set
		installations []string
	}
	var all []within
	for i, facts := range sets {
		people := facts.Kind("Person")
		if slices.ContainsFunc(sets[:i], facts.Equal) {
			continue // as they mostly are, before and after
		}
		seen := make(map[string]bool)
		w := within{facts: people}
		for key := range facts.Kind("Installation").Objects() {
			seen[key.ID] = true
		}
		if len(seen) == 0 { // a part of a target
			for key := range people.Objects() {
				seen[key.Installation()] = true
			}
		}
		for inst := range seen {
			w.installations = append(w.installations, fact.Key{ID: inst}.Installation())
		}
		all = append(all, w)
	}
	return func(name string) bool {
		for _, w := range all {
			for _, inst := range w.installations {
				if w.facts.Has(fact.Key{Kind: "Person", ID: fact.ID(inst, name)}) {
					return true
				}
			}
		}
		return false
	}
}
