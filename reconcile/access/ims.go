package access

import (
	"slices"
	"strings"

	"github.com/lupa-dev/lupa/reconcile/fact"
)

// node is a path of an IMS section that has grants of its own.
type node struct {
	place  int32
	grants []imsGrant
}

// grantsAt reports whether a path has grants of its own.
func (i *installation) grantsAt(t *Table, place string) bool {
	return slices.ContainsFunc(i.nodes, func(n node) bool { return t.places[n.place] == place })
}

// IsPlace reports whether an id is a place in a state: a school, a unit, or any
// path of a section of IMS.
func IsPlace(s fact.Set, id string) bool {
	inst, name, _ := strings.Cut(id, "/")
	sort, rest, _ := strings.Cut(name, "/")
	switch {
	case rest == "":
		return s.Has(fact.Key{Kind: "School", ID: id})
	case sort == "unit":
		return s.Has(fact.Key{Kind: "Unit", ID: fact.ID(inst, rest)})
	}
	section, _, _ := strings.Cut(rest, "/")
	return sort == "ims" && s.Object(fact.Key{Kind: "Installation", ID: inst}).Value("system") == "ims" && slices.Contains(imsSections, section)
}

type imsGrant struct {
	group int32
	right int32
	id    string // of the ImsGrant
}

// imsSections are the content sections of IMS (R56).
var imsSections = []string{"documents", "handbook", "indicators", "processes", "reports", "risks"}

// imsPlace is the place that an ImsGrant is about.
func imsPlace(grant fact.Set) string {
	place := fact.ID(grant.At(0).Installation(), "ims/"+grant.Value("section"))
	if path := strings.Trim(grant.Value("path"), "/"); path != "" {
		place += "/" + path
	}
	return place
}

// readGrants reads the section roles of groups (R59). All grants of a path count
// together, and hide those of the paths above.
func (l *loader) readGrants() {
	at := make(map[int32]*node)
	of := make(map[*node]*installation)
	for key, o := range l.facts.Kind("ImsGrant").Objects() {
		place := l.placeOf[imsPlace(o)]
		n := at[place]
		if n == nil {
			n = &node{place: place}
			at[place], of[n] = n, l.installation(key.ID)
		}
		for _, v := range o.Values("grants") {
			groupID, flag := fact.SplitMap(v)
			group, there := l.groupOf[groupID]
			right, known := l.rightOf[flag]
			if there && known && slices.Contains(imsFlags, flag) {
				n.grants = append(n.grants, imsGrant{group, right, key.ID})
			}
		}
	}
	for place := range int32(len(l.places)) {
		if n := at[place]; n != nil {
			of[n].nodes = append(of[n].nodes, *n)
		}
	}
}

var imsFlags = []string{"viewer", "editor", "approver", "reviewer"}

// ims is what a user's groups give at every path that has grants of its own. The
// reviewer counts where that is switched on.
func (g *giver) ims() {
	for _, n := range g.p.groups {
		g.sectionRoles(n, given{by: byIms, scope: fixed, group: n})
	}
	for _, s := range g.x.groups {
		g.sectionRoles(s.n, given{by: bySubstGroup, scope: fixed, group: s.n, aux: s.from})
	}
}

func (g *giver) sectionRoles(n int32, from given) {
	places := make(map[int32][]int32)
	for _, node := range g.p.inst.nodes {
		for _, grant := range node.grants {
			if grant.group == n {
				places[grant.right] = append(places[grant.right], node.place)
			}
		}
	}
	for _, flag := range imsFlags {
		right := g.rightOf[flag]
		switch at := slices.Compact(places[right]); {
		case len(at) == 0:
		case flag == "reviewer" && !g.p.inst.reviewer:
			g.block(right, from.by, n, "R59", "reviewer", g.groups[n].id)
		default:
			from.places = at
			g.give(right, from)
		}
	}
}
