package policy

import (
	"cmp"
	"maps"
	"slices"
	"strconv"

	"github.com/lupa-dev/lupa/reconcile/access"
	"github.com/lupa-dev/lupa/reconcile/fact"
)

// Guard is what documents of kind Guard say: how much a plan may do before
// somebody has to confirm it. What it does not say is as usual.
type Guard struct {
	Removals  Limit // of what goes: persons who lose a right or their card, objects of each other kind
	Gains     Limit // of persons who gain a right
	Minimum   *int  // a percentage brakes only when more than so many are affected
	Sensitive map[access.Sensitivity]Limit
	Empty     string // what becomes of a tree that declares nothing any more: Refuse or Allow
}

// Limit is how many of something are too many. Zero is not said.
type Limit struct {
	Percent int // of persons, or of objects of the kind, in the installation before
	Count   int
}

// What a Guard says of a tree that declares nothing any more.
const (
	Refuse = "refuse"
	Allow  = "allow"
)

// Strictest is what several guards say together: of each figure that any of them
// names the strictest.
func Strictest(guards ...Guard) Guard {
	var all Guard
	for _, g := range guards {
		all.Removals, all.Gains = all.Removals.and(g.Removals), all.Gains.and(g.Gains)
		if g.Minimum != nil && (all.Minimum == nil || *g.Minimum < *all.Minimum) {
			all.Minimum = g.Minimum
		}
		for class, limit := range g.Sensitive {
			if all.Sensitive == nil {
				all.Sensitive = make(map[access.Sensitivity]Limit)
			}
			all.Sensitive[class] = all.Sensitive[class].and(limit)
		}
		if all.Empty != Refuse && g.Empty != "" {
			all.Empty = g.Empty
		}
	}
	return all
}

// Stricter is a guard that lets pass what both let pass, the usual figures counted.
func Stricter(a, b Guard) Guard { return Strictest(a.usually(), b.usually()) }

func (l Limit) and(o Limit) Limit { return Limit{lower(l.Percent, o.Percent), lower(l.Count, o.Count)} }

// lower is the lower of two figures of which either may not be said.
func lower(a, b int) int {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// usually is the guard with the usual figures where it says nothing.
func (g Guard) usually() Guard {
	fill := func(l, usual Limit) Limit {
		return Limit{cmp.Or(l.Percent, usual.Percent), cmp.Or(l.Count, usual.Count)}
	}
	g.Removals, g.Gains = fill(g.Removals, Limit{10, 50}), fill(g.Gains, Limit{10, 50})
	if g.Minimum == nil {
		three := 3
		g.Minimum = &three
	}
	sensitive := maps.Clone(g.Sensitive)
	if sensitive == nil {
		sensitive = make(map[access.Sensitivity]Limit)
	}
	sensitive[access.Critical] = fill(sensitive[access.Critical], Limit{0, 1})
	g.Sensitive = sensitive
	g.Empty = cmp.Or(g.Empty, Refuse)
	return g
}

// Watches reports whether gains of a class of rights are counted by themselves.
func (g Guard) Watches(class access.Sensitivity) bool {
	_, ok := g.usually().Sensitive[class]
	return ok
}

// Share is how many of something are affected, in one installation.
type Share struct {
	Affected int
	Before   int // how many there were
	Gone     int // how many of those are removed
	After    int // how many there will be, if any are removed
}

// Shares are shares by installation.
type Shares map[string]Share

// Figures are what a plan does, counted for its brakes.
type Figures struct {
	Removals  map[string]Shares // by kind; of kind Person those who lose a right or the card
	Gains     Shares            // persons
	Sensitive map[access.Sensitivity]Sensitive
	Unheld    []access.Question // rights high and critical that everybody loses at a place, the gravest first
	Several   bool              // installations: what is named is named with its own
}

// Sensitive is who gains rights of one class, and which.
type Sensitive struct {
	Shares
	Rights []string
}

// Brake is something that a plan does and that somebody has to confirm.
type Brake struct {
	Name   string // removals, removals.KIND, gains, sensitive.CLASS, holders
	Figure int    // how many: persons, objects, or rights at places
	Code   string
	Case   string
	Args   []string
}

// Brakes are the brakes that a plan's figures trip, in the order of their codes.
// What goes to nothing always brakes, however few there were.
func Brakes(g Guard, f Figures) []Brake {
	g = g.usually()
	var all []Brake
	trip := func(name, code string, limit Limit, shares Shares, subject ...string) {
		t, ok := tripped(limit, *g.Minimum, shares, f.Several)
		if !ok {
			return
		}
		if len(subject) == 2 && len(t.Args) > 3 {
			t.Args = slices.Delete(t.Args, 2, 3) // a sentence says no more than six things: not the percentage reached
		}
		all = append(all, Brake{Name: name, Figure: shares.affected(), Code: code, Case: t.Case, Args: append(subject, t.Args...)})
	}
	trip("removals", "G01", g.Removals, f.Removals["Person"])
	for _, kind := range slices.Sorted(maps.Keys(f.Removals)) {
		if kind != "Person" {
			trip("removals."+kind, "G02", g.Removals, f.Removals[kind], kind)
		}
	}
	trip("gains", "G03", g.Gains, f.Gains)
	for _, class := range []access.Sensitivity{access.Critical, access.High, access.Normal, access.Low} {
		if limit, ok := g.Sensitive[class]; ok {
			trip("sensitive."+string(class), "G04", limit, f.Sensitive[class].Shares, string(class), few(f.Sensitive[class].Rights))
		}
	}
	if len(f.Unheld) > 0 {
		all = append(all, unheld(f))
	}
	return all
}

func (s Shares) affected() (n int) {
	for _, share := range s {
		n += share.Affected
	}
	return n
}

// tripping is which sentence says why a limit is reached.
type tripping struct {
	Case string
	Args []string
}

// tripped reports whether a limit is reached: in one installation by its share,
// or by the count of all. Of several reasons the gravest is told: that nothing is
// left, then the largest share, then the count.
func tripped(limit Limit, minimum int, shares Shares, several bool) (t tripping, ok bool) {
	affected, worst := shares.affected(), -1.0
	if affected == 0 {
		return t, false
	}
	if limit.Count > 0 && affected >= limit.Count {
		before := 0
		for _, s := range shares {
			before += s.Before
		}
		t, ok = tripping{"count", texts(affected, before, limit.Count)}, true
	}
	in := ""
	if several {
		in = "In"
	}
	for _, inst := range slices.Sorted(maps.Keys(shares)) {
		s := shares[inst]
		if limit.Percent == 0 || s.Affected <= minimum || s.Affected*100 < limit.Percent*s.Before {
			continue
		}
		if part := float64(s.Affected) / float64(max(s.Before, 1)); part > worst {
			worst, ok = part, true
			t = tripping{"share" + in, append(texts(s.Affected, s.Before, s.Affected*100/max(s.Before, 1), limit.Percent), inst)}
		}
	}
	for _, inst := range slices.Sorted(maps.Keys(shares)) {
		if s := shares[inst]; s.Gone > 0 && s.After == 0 {
			return tripping{"all" + in, append(texts(s.Gone), inst)}, true
		}
	}
	if ok && affected == 1 {
		t = tripping{"one", t.Args[:2]}
	}
	return t, ok
}

// unheld is the brake for rights that nobody has any longer.
func unheld(f Figures) Brake {
	first, n := f.Unheld[0], len(f.Unheld)
	b := Brake{Name: "holders", Figure: n, Code: "G05", Case: "one", Args: []string{first.Right, fact.Called(first.Place, f.Several)}}
	if n > 1 {
		b.Case, b.Args = "more", append(b.Args, strconv.Itoa(n-1))
	}
	return b
}

func texts(numbers ...int) []string {
	out := make([]string, len(numbers))
	for i, n := range numbers {
		out[i] = strconv.Itoa(n)
	}
	return out
}
