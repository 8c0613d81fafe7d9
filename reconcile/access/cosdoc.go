package access

import (
	"slices"

	"github.com/lupa-dev/lupa/reconcile/fact"
)

// unitPlace is the place that a unit is.
func unitPlace(id string) string {
	return fact.ID(fact.Key{ID: id}.Installation(), "unit/"+fact.Name(id))
}

// readUnits reads the organisation tree.
func (l *loader) readUnits() {
	for key, o := range l.facts.Kind("Unit").Objects() {
		at, inst := l.placeOf[unitPlace(key.ID)], l.installation(key.ID)
		if parent := o.Value("parent"); parent == "" {
			inst.roots = append(inst.roots, at)
		} else if above, ok := l.placeOf[unitPlace(parent)]; ok {
			if inst.below == nil {
				inst.below = make(map[int32][]int32)
			}
			inst.below[above] = append(inst.below[above], at)
		}
	}
}

func (l *loader) unitsOf(ids []string) []int32 {
	units := make([]int32, 0, len(ids))
	for _, id := range ids {
		units = appendKnown(units, unitPlace(id), l.placeOf)
	}
	return units
}

// readCosDoc reads roles, profiles and who has them (R47, R48).
func (l *loader) readCosDoc() {
	for key, o := range l.facts.Kind("CosDocRole").Objects() {
		l.roles[key.ID] = &role{permissions: l.rightsOf(o.Values("permissions")), scope: o.Value("scope"),
			units: l.unitsOf(o.Values("scope.units")), withSubunits: o.Value("scope.includeSubunits") != ""}
	}
	for key, o := range l.facts.Kind("CosDocProfile").Objects() {
		l.profiles[key.ID] = o.Values("roles")
	}
	for key, o := range l.facts.Kind("CosDocAssignment").Objects() {
		e := l.extra(o.Value("person"))
		e.profiles = append(e.profiles, assignment{key.ID, o.Value("profile"), l.unitsOf(o.Values("units")), false})
	}
}

// cosdoc is what the roles in a person's profiles permit, on the units that
// their scopes cover.
func (g *giver) cosdoc() {
	for _, a := range g.x.profiles {
		for _, id := range g.profiles[a.profile] {
			r := g.roles[id]
			if r == nil {
				continue
			}
			from := given{by: byRole, scope: fixed, group: -1, aux: id, aux2: a.profile, places: g.covered(r, a.units)}
			if a.subst {
				from.by, from.aux2 = bySubstRole, a.id
			}
			for _, right := range r.permissions {
				if len(from.places) == 0 {
					g.block(right, from.by, -1, "R47", "nowhere", a.profile, id)
					continue
				}
				g.give(right, from)
			}
		}
	}
}

// covered is the units that a role reaches in an assignment: its own units,
// exactly these (R47); level 0 (R52); or those that it names.
func (g *giver) covered(r *role, own []int32) []int32 {
	switch r.scope {
	case "ownUnits":
		return sorted(own)
	case "root":
		return sorted(g.p.inst.roots)
	}
	units := slices.Clone(r.units)
	seen := make(map[int32]bool) // whoever writes a circle gets all of it, once
	for i := 0; r.withSubunits && i < len(units); i++ {
		if !seen[units[i]] {
			seen[units[i]] = true
			units = append(units, g.p.inst.below[units[i]]...)
		}
	}
	return sorted(units)
}
