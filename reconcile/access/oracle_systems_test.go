package access_test

import (
	"slices"
	"strings"

	"github.com/lupa-dev/lupa/reconcile/fact"
)

// imsMay: the grants at the nearest path, for any group of the user (5.4, R59).
func (o *oracle) imsMay(user object, right, place string) bool {
	inst, _ := o.find("Installation", user.installation())
	if right == "reviewer" && !inst.on("ims.reviewer") && !o.slip("there are reviewers without the switch") {
		return false
	}
	if !slices.Contains([]string{"viewer", "editor", "approver", "reviewer"}, right) {
		return false
	}
	below, ok := strings.CutPrefix(place, user.installation()+"/ims/")
	if !ok {
		return false
	}
	section, at, _ := strings.Cut(below, "/")
	return slices.ContainsFunc(o.nearest(user.installation(), section, "/"+at), func(grant object) bool {
		return o.grantGives(user, grant, right)
	})
}

func (o *oracle) grantGives(user, grant object, right string) bool {
	if o.slip("who is responsible may edit") && right == "editor" && grant.is("responsible.user", user.id) {
		return true
	}
	return slices.ContainsFunc(o.groups(user), func(g object) bool {
		return grant.has("grants", fact.JoinMap(g.id, right)) ||
			o.slip("an approver views") && right == "viewer" && grant.has("grants", fact.JoinMap(g.id, "approver")) ||
			o.slip("an editor views") && right == "viewer" && grant.has("grants", fact.JoinMap(g.id, "editor"))
	})
}

// nearest are all grants at the longest path that is at or above a place and
// that any grant of the section names, be it for other groups.
func (o *oracle) nearest(inst, section, at string) []object {
	var above []object
	for _, g := range o.objects["ImsGrant"] {
		if g.installation() == inst && (g.is("section", section) || o.slip("a grant counts in every section")) && o.holds(path(g), at) {
			above = append(above, g)
		}
	}
	longest := ""
	for _, g := range above {
		if len(path(g)) > len(longest) {
			longest = path(g)
		}
	}
	if o.slip("only grants at the very place count") {
		longest = at
	}
	var grants []object
	for _, g := range above {
		if path(g) == longest && !(o.slip("one grant of a path counts") && len(grants) > 0) ||
			o.slip("grants further up count beside nearer ones") || o.slip("a recursive grant counts beside nearer ones") && g.on("recursive") {
			grants = append(grants, g)
		}
	}
	return grants
}

// holds reports whether a path is the other or above it, by whole segments.
func (o *oracle) holds(path, at string) bool {
	if o.slip("a path is above what begins like it") {
		return strings.HasPrefix(at, path)
	}
	return path == at || strings.HasPrefix(at, strings.TrimSuffix(path, "/")+"/")
}

// path is where a grant stands; the whole section where it does not say.
func path(grant object) string {
	if p := grant.value("path"); p != "" {
		return p
	}
	return "/"
}

// cosdocMay: an assignment of a profile with a role that has the permission and
// covers the unit (R47, R48); a substitute has some for a while.
func (o *oracle) cosdocMay(user object, right, place string) bool {
	if !strings.HasPrefix(place, user.installation()+"/unit/") {
		return false
	}
	unit, ok := o.find("Unit", fact.ID(user.installation(), strings.TrimPrefix(place, user.installation()+"/unit/")))
	if !ok {
		return false
	}
	assigned := func(assignment object) bool { return o.profileGives(user, assignment, right, unit) }
	return o.any("CosDocAssignment", func(a object) bool { return a.is("person", user.id) && assigned(a) }) ||
		o.any("SubstitutedProfile", func(s object) bool {
			if o.slip("a substituted profile goes to the absent") {
				return s.is("absent", user.id) && assigned(s)
			}
			return s.is("substitute", user.id) && assigned(s) && !o.slip("a substituted profile is ignored")
		})
}

func (o *oracle) profileGives(user, assignment object, right string, unit object) bool {
	units := assignment.all("units")
	if o.slip("own units are the home units") {
		units = user.all("units")
	}
	for _, profile := range o.found("CosDocProfile", []string{assignment.value("profile")}) {
		roles := o.found("CosDocRole", profile.all("roles"))
		if o.slip("only the first role of a profile counts") {
			roles = roles[:min(len(roles), 1)]
		}
		if slices.ContainsFunc(roles, func(r object) bool { return r.has("permissions", right) && o.covers(r, units, unit) }) {
			return true
		}
	}
	return false
}

// covers: exact own units, unless the role says which units (1.3); the root is
// level 0, the top of the tree (R52).
func (o *oracle) covers(role object, units []string, unit object) bool {
	if o.slip("every scope covers everything") {
		return true
	}
	switch role.value("scope") {
	case "ownUnits":
		if o.slip("own units have all below them") {
			return o.below(unit, units)
		}
		return slices.Contains(units, unit.id) || o.slip("own units are everywhere without units") && len(units) == 0
	case "root":
		_, hasParent := o.find("Unit", unit.value("parent"))
		return !unit.filled("parent") || o.slip("root covers everything") || o.slip("a unit whose parent is not there is the root") && !hasParent
	}
	if (role.on("scope.includeSubunits") || o.slip("subunits are always included")) && !o.slip("subunits are never included") {
		return o.below(unit, role.all("scope.units"))
	}
	if o.slip("named units are met with the own ones") && !slices.Contains(units, unit.id) {
		return false
	}
	return role.has("scope.units", unit.id)
}

// below reports whether a unit is one of some units or anywhere below one. A
// tree that bites its own tail is walked as often as there are units.
func (o *oracle) below(unit object, units []string) bool {
	for range len(o.objects["Unit"]) + 1 {
		if slices.Contains(units, unit.id) {
			return true
		}
		parent, ok := o.find("Unit", unit.value("parent"))
		if !ok {
			return false
		}
		if o.slip("subunits go down one step") {
			return slices.Contains(units, parent.id)
		}
		unit = parent
	}
	return false
}
