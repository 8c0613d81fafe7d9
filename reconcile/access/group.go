package access

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// told is a Shift and how it is sorted.
type told struct {
	Shift
	Kept bool
	sort sort
}

// group joins what is told of the same people for the same reasons: first over
// rights of one sensitivity, then over places.
func (c *comparer) group() []told {
	type groupKey struct {
		before, after int32
		sort          sort
		place         int32
		kind          kind
		people        string
		sensitivity   Sensitivity
	}
	type wideKey struct {
		groupKey
		rights string
	}
	keys := make([]shiftKey, 0, len(c.shifts))
	for key := range c.shifts {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b shiftKey) int {
		return cmp.Or(cmp.Compare(a.sort, b.sort), cmp.Compare(a.right, b.right), cmp.Compare(a.place, b.place), cmp.Compare(a.before, b.before), cmp.Compare(a.after, b.after),
			cmp.Compare(a.kind, b.kind), strings.Compare(a.inst.name, b.inst.name))
	})
	lists := peopleNumbers{of: make(map[string]string)}
	byPlace := make(map[groupKey]*told)
	var order []groupKey
	for _, key := range keys {
		people := c.shifts[key].people
		g := groupKey{key.before, key.after, key.sort, key.place, key.kind, lists.number(people), c.sensitivity(key)}
		s := byPlace[g]
		if s == nil {
			s = &told{Shift: c.newShift(key, g.sensitivity), Kept: key.sort == kept, sort: key.sort}
			s.People = people
			byPlace[g] = s
			order = append(order, g)
		}
		s.Rights = append(s.Rights, c.rights[key.right])
	}
	wide := make(map[wideKey]*told)
	var all []*told
	for _, g := range order {
		s := byPlace[g]
		key := wideKey{g, strings.Join(s.Rights, "\x00")}
		key.place = 0
		if first := wide[key]; first != nil {
			first.Places = append(first.Places, s.Places...)
			continue
		}
		wide[key] = s
		all = append(all, s)
	}
	out := make([]told, len(all))
	for i, s := range all {
		slices.Sort(s.Places)
		out[i] = *s
	}
	slices.SortStableFunc(out, compareTold)
	return out
}

// compareTold puts what may harm most first: gains before losses, the sensitive
// before the rest, what widens before what was meant, many people before few.
func compareTold(a, b told) int {
	rank := func(s told) int {
		switch s.sort {
		case gain, widening:
			return 0
		case loss:
			return 1
		case gainLevel:
			return 2
		case lossLevel:
			return 3
		}
		return 4
	}
	return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(b.Sensitivity.Rank(), a.Sensitivity.Rank()), cmp.Compare(b.sort, a.sort),
		cmp.Compare(len(b.People), len(a.People)), slices.Compare(a.Rights, b.Rights), slices.Compare(a.Places, b.Places),
		slices.CompareFunc(a.People, b.People, compareWho))
}

// peopleNumbers gives equal lists of people one name.
type peopleNumbers struct {
	of  map[string]string
	key []byte
}

func (p *peopleNumbers) number(people []Who) string {
	p.key = p.key[:0]
	for _, w := range people {
		p.key = append(append(append(append(p.key, w.Person...), 0), w.Child...), 1)
	}
	return p.find()
}

// named is number for people by their ids.
func (p *peopleNumbers) named(people []string) string {
	p.key = p.key[:0]
	for _, id := range people {
		p.key = append(append(p.key, id...), 0)
	}
	return p.find()
}

func (p *peopleNumbers) find() string {
	if name, ok := p.of[string(p.key)]; ok {
		return name
	}
	name := strconv.Itoa(len(p.of))
	p.of[string(p.key)] = name
	return name
}

func (c *comparer) newShift(key shiftKey, s Sensitivity) Shift {
	return Shift{Kind: kinds[key.kind], Places: []string{c.places[key.place]}, Sensitivity: s,
		Gained: key.sort == gain || key.sort == widening || key.sort == gainLevel, Level: key.sort == gainLevel || key.sort == lossLevel,
		Widens: key.sort == widening, Before: c.reasons[key.before], After: c.reasons[key.after]}
}

// sensitivity is how sensitive a right is, before or after, whichever is more.
func (c *comparer) sensitivity(key shiftKey) Sensitivity {
	name := key.inst.name
	a, _ := c.a.Right(name, c.rights[key.right])
	b, _ := c.b.Right(name, c.rights[key.right])
	if a.Sensitivity.Rank() > b.Sensitivity.Rank() {
		return a.Sensitivity
	}
	return b.Sensitivity
}
