package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/lupa-dev/lupa/reconcile/calendar"
	"github.com/lupa-dev/lupa/reconcile/fact"
)

// Breach is a finding about days ahead: a rule that is broken on them, or that
// rests on little.
type Breach struct {
	Finding
	Severity Severity // "": that of the code
	Days     []calendar.Span
}

// maxGroups is how many findings a rule has at most. Places that share their days
// share a finding, and what is left shares the last one.
const maxGroups = 10

// Breaches are what Look has found.
func (w *Watch) Breaches() (all []Breach) {
	for _, x := range w.watched {
		for _, g := range x.grouped(x.gaps) {
			all = append(all, w.broken(x, g))
		}
		for _, g := range x.grouped(x.thin) {
			all = append(all, w.resting(x, g))
		}
		if len(x.unseen) > 0 {
			b := w.breach(x, group{gaps: x.unseen}, Finding{Code: "E29", Case: "unseen"})
			b.Args, b.Severity = append(b.Args[1:4], x.unseenBy), Warning
			all = append(all, b)
		}
	}
	return all
}

// group is slots that have the same days.
type group struct {
	slots []string
	gaps  []gap
}

func (x *watched) grouped(gaps map[string][]gap) []group {
	by := make(map[string]*group)
	for slot, of := range gaps {
		if len(of) == 0 {
			continue
		}
		days := daysOf(of)
		g := by[days]
		if g == nil {
			g = &group{gaps: slices.Clone(of)}
			by[days] = g
		} else {
			g.add(x, of)
		}
		g.slots = append(g.slots, slot)
	}
	groups := make([]group, 0, len(by))
	for _, g := range by {
		slices.Sort(g.slots)
		groups = append(groups, *g)
	}
	slices.SortFunc(groups, func(a, b group) int {
		return cmp.Or(cmp.Compare(a.gaps[0].from, b.gaps[0].from), slices.Compare(a.slots, b.slots))
	})
	if len(groups) > maxGroups {
		groups = append(groups[:maxGroups-1], x.together(groups[maxGroups-1:]))
	}
	for i := range groups {
		for j := range groups[i].gaps {
			g := &groups[i].gaps[j]
			g.who, g.away = once(g.who), once(g.away)
		}
	}
	return groups
}

// add adds what was found in another slot on the same days.
func (g *group) add(x *watched, gaps []gap) {
	for i := range gaps {
		g.gaps[i] = x.merge(g.gaps[i], gaps[i])
	}
}

// together is groups as one, with all days that any of them has.
func (x *watched) together(groups []group) (all group) {
	var gaps []gap
	for _, g := range groups {
		all.slots, gaps = append(all.slots, g.slots...), append(gaps, g.gaps...)
	}
	slices.Sort(all.slots)
	slices.SortStableFunc(gaps, func(a, b gap) int { return cmp.Compare(a.from, b.from) })
	for _, g := range gaps {
		if n := len(all.gaps); n > 0 && g.from < all.gaps[n-1].to {
			g.to = max(g.to, all.gaps[n-1].to)
			g.from = all.gaps[n-1].to
		}
		all.gaps = x.follow(all.gaps, []gap{g})
	}
	return all
}

// once is mentions with each person once, those first of whom it is known why.
func once(mentions []mention) []mention {
	slices.SortFunc(mentions, func(a, b mention) int {
		return cmp.Or(cmp.Compare(a.person, b.person), bothWays(a.document.ID == "", b.document.ID == ""), a.document.Compare(b.document))
	})
	mentions = slices.CompactFunc(mentions, func(a, b mention) bool { return a.person == b.person })
	slices.SortStableFunc(mentions, func(a, b mention) int { return bothWays(a.document.ID == "", b.document.ID == "") })
	return mentions
}

// bothWays puts false before true.
func bothWays(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

func daysOf(gaps []gap) string {
	var b strings.Builder
	for _, g := range gaps {
		fmt.Fprintf(&b, "%d-%d ", g.from, g.to)
	}
	return b.String()
}

// broken is a rule that is broken.
func (w *Watch) broken(x *watched, g group) Breach {
	f := Finding{Code: "E29", Case: string(x.Form)}
	if x.Form == AtLeast && worst(x, g.gaps) == 0 {
		f = Finding{Code: "E29", Case: "nobody"}
	}
	b := w.breach(x, g, f)
	b.Severity = x.Severity
	return b
}

func worst(x *watched, gaps []gap) int {
	count := gaps[0].count
	for _, g := range gaps {
		if x.Form == AtLeast {
			count = min(count, g.count)
		} else {
			count = max(count, g.count)
		}
	}
	return count
}

// resting is a rule that holds because of one person (R46).
func (w *Watch) resting(x *watched, g group) Breach {
	f := Finding{Code: "W27", Case: "one"}
	if slices.ContainsFunc(g.gaps, func(g gap) bool { return len(g.away) > 0 }) {
		f = Finding{Code: "W27", Case: "away"}
	}
	return w.breach(x, g, f)
}

// breach fills in what all these sentences are about: 1 the right or rights, 2 the
// first day and 3 the last day, 4 further days, 5 places and 6 how many more
// places, 7 the limit or the kinds of persons, 8 how many there are, 9 who. Where
// all but one are away, 8 is that one and 9 who is away.
func (w *Watch) breach(x *watched, g group, f Finding) Breach {
	b := Breach{Finding: f}
	b.Subject, b.Facts = x.Key, []fact.Fact{x.fact()}
	var more []string
	var who, away []mention
	for i, gap := range g.gaps {
		b.Days = append(b.Days, calendar.Span{From: &gap.from, To: &gap.to})
		if i > 0 && i <= maxNamed {
			more = append(more, days(gap))
		}
		who, away = append(who, gap.who...), append(away, gap.away...)
	}
	if len(g.gaps) > maxNamed+1 {
		more = append(more, "…")
	}
	var places []string
	for _, slot := range g.slots {
		if slot = cmp.Or(slot, x.Place); slot != overall {
			places = append(places, fact.Called(slot, w.several))
		}
	}
	others := ""
	if n := len(places) - maxNamed; n > 0 {
		places, others = places[:maxNamed], strconv.Itoa(n)
	}
	limit := strings.Join(x.Kinds, ", ")
	if len(x.Kinds) == 0 {
		limit = strconv.Itoa(x.Persons)
	}
	first := g.gaps[0]
	b.Args = []string{strings.Join(x.Rights, ", "), first.from.String(), (first.to - 1).String(), strings.Join(more, ", "),
		strings.Join(places, ", "), others, limit, strconv.Itoa(worst(x, g.gaps)), w.named(once(who), &b)}
	if f.Case == "away" {
		b.Args[7], b.Args[8] = b.Args[8], w.named(once(away), &b)
	}
	return b
}

// days is a time as the last day is meant by people.
func days(g gap) string {
	if g.to == g.from+1 {
		return g.from.String()
	}
	return g.from.String() + " – " + (g.to - 1).String()
}

// named is some people, each with the document that says why, which the finding
// leads to as well.
func (w *Watch) named(mentions []mention, b *Breach) string {
	var names []string
	for i, m := range mentions {
		if i == maxNamed {
			names = append(names, "…")
			break
		}
		name := fact.Called(m.person, w.several)
		if m.document.ID != "" {
			name += " (" + m.document.Kind + " " + fact.Called(m.document.ID, w.several) + ")"
			b.Facts = append(b.Facts, fact.Fact{Key: m.document})
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}
