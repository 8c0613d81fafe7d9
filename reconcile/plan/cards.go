package plan

import (
	"slices"
	"strings"
)

// Cards tells every card that a plan speaks of, some again: whoever shows the plan
// to others has to know what to hide.
func (p *Plan) Cards(met func(card string)) {
	tell := func(names ...string) {
		for _, called := range names {
			for _, name := range strings.Split(called, "/") { // guardian/child
				if _, plain, several := strings.Cut(name, ":"); several {
					name = plain
				}
				met(name)
			}
		}
	}
	tell(p.People...)
	effects, templates := slices.Concat(p.Effect, p.Unchanged), p.Templates
	changes := slices.Concat(p.Changes, p.Drift)
	if p.Since != nil {
		changes = append(changes, p.Since.Judging...)
		for _, a := range p.Since.Ahead {
			effects, templates = append(effects, a.Effect...), append(templates[:len(templates):len(templates)], a.Templates...)
		}
	}
	for _, e := range effects {
		tell(e.People...)
	}
	for _, e := range templates {
		tell(e.People...)
	}
	for _, objects := range [][]Object{p.Begins, p.Ends, p.Unmanaged, p.External, p.Adopted} {
		for _, o := range objects {
			if o.Kind == "Person" {
				tell(o.Name)
			}
		}
	}
	for _, c := range changes {
		if c.Kind == "Person" {
			tell(c.Name)
			if c.Previously != "" {
				tell(c.Previously)
			}
		}
	}
}
