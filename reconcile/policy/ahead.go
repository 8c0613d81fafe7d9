package policy

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/lupa-dev/lupa/reconcile/access"
	"github.com/lupa-dev/lupa/reconcile/calendar"
	"github.com/lupa-dev/lupa/reconcile/fact"
)

// Stretch is a time in which the rosters say the same, so that nothing but
// documents begins and ends.
type Stretch struct {
	From, Until calendar.Day
	Facts       fact.Set                   // in force on the first day
	Documents   []fact.Set                 // all that is declared, in force or not, in parts
	Spans       map[fact.Key]calendar.Span // of every document that is in force at some time, leadDays included
	Table       *access.Table              // of Facts
}

// Watch holds access rules against the days ahead, stretch by stretch.
//
// Of most people every day is the same: they are counted once, on the first day of
// a stretch. Who is named by a document that begins or ends is counted once for
// each of the days between which nothing about that person changes, all in one
// table: there, each such time is a person of its own. So it takes as long as
// there are documents, and not as long as there are people times days.
type Watch struct {
	watched []*watched
	several bool // installations
}

// watched is one rule and what was found about it.
type watched struct {
	*AccessRule
	from, to calendar.Day // when it is looked at
	prefix   string       // of the ids of its installation
	gaps     map[string][]gap
	thin     map[string][]gap // coverage that rests on one person
	unseen   []gap            // days of which nobody knows
	unseenBy string           // for this error

	// In the stretch that is looked at.
	at    string // the place of the rule as the table knows it
	held  [][]string
	slots map[string]*tally
	last  map[string][]string // who counted on the last day of the stretch before
}

// tally is who counts for a rule in one slot.
type tally struct {
	still []string // who counts on every day, the first few of them
	count int      // and how many these are
	moves []presence
}

// presence is somebody who counts on some days. Who is away would count, were it
// not for a Substitution.
type presence struct {
	who      string
	from, to calendar.Day
	away     bool
}

// gap is days on which a rule is broken.
type gap struct {
	from, to calendar.Day // half-open
	count    int          // persons, when it is worst
	who      []mention    // by whom
	away     []mention    // thin: who would help as well
}

// mention is a person and the document that changes something about that person,
// if there is one.
type mention struct {
	person   string
	document fact.Key
}

// maxNamed is how many people or places a finding names.
const maxNamed = 5

// NewWatch is for rules that are looked at from today on, which each installation
// has of its own, until a day.
func NewWatch(rules []AccessRule, today map[string]calendar.Day, until calendar.Day, several bool) *Watch {
	w := &Watch{several: several}
	for i := range rules {
		r := &rules[i]
		x := &watched{AccessRule: r, prefix: r.Key.Installation() + "/", gaps: make(map[string][]gap), thin: make(map[string][]gap), held: make([][]string, len(r.Rights))}
		if x.from, x.to = r.days(today[r.Key.Installation()], until); x.from < x.to {
			w.watched = append(w.watched, x)
		}
	}
	return w
}

// Until is the first day on which no rule is looked at any more, if there are any.
func (w *Watch) Until() (until calendar.Day, some bool) {
	for _, x := range w.watched {
		if !some || x.to > until {
			until, some = x.to, true
		}
	}
	return until, some
}

// Sees reports whether a rule is looked at between two days.
func (w *Watch) Sees(from, until calendar.Day) bool { return len(w.during(from, until)) > 0 }

func (w *Watch) during(from, until calendar.Day) (active []*watched) {
	for _, x := range w.watched {
		if x.from < until && from < x.to {
			active = append(active, x)
		}
	}
	return active
}

// Miss says that nobody knows what holds between two days, because of an error
// that the tree has then.
func (w *Watch) Miss(from, until calendar.Day, code string) {
	for _, x := range w.during(from, until) {
		first, to := max(from, x.from), min(until, x.to)
		x.unseen, x.unseenBy = x.follow(x.unseen, []gap{{from: first, to: to}}), cmp.Or(x.unseenBy, code)
	}
}

// Look looks at a stretch. Stretches come in their order.
func (w *Watch) Look(s Stretch) {
	active := w.during(s.From, s.Until)
	if len(active) == 0 {
		return
	}
	for _, x := range active {
		x.slots = make(map[string]*tally)
		x.at, _ = s.Table.PlaceOf(x.Place)
		for _, slot := range x.required(s.Facts) {
			x.slots[slot] = new(tally)
		}
	}
	changing := courses(s)
	s.count(active, s.Table, func(x *watched, who string, slots []string) {
		if changing[who] != nil {
			return
		}
		for _, slot := range slots {
			t := x.tally(slot)
			if t.count++; len(t.still) <= maxNamed {
				t.still = append(t.still, who)
			}
		}
	})
	if len(changing) > 0 {
		s.count(active, access.Load(s.apart(changing)), func(x *watched, variant string, slots []string) {
			who, n, ok := strings.Cut(variant, variantMark)
			if !ok {
				return // a child, there for its guardian's sake
			}
			number, _ := strconv.Atoi(n)
			c := changing[who]
			p := presence{who: who, from: c.cuts[number], to: c.end(number, s.Until)}
			p.away = x.Form == AtLeast && c.isAway(p.from)
			for _, slot := range slots {
				x.tally(slot).moves = append(x.tally(slot).moves, p)
			}
		})
	}
	for _, x := range active {
		x.judge(s, changing)
	}
}

func (x *watched) tally(slot string) *tally {
	t := x.slots[slot]
	if t == nil {
		t = new(tally)
		x.slots[slot] = t
	}
	return t
}

// count goes through everybody who has a right that rules ask about, and says for
// which slots of which rules that person counts.
func (s *Stretch) count(active []*watched, t *access.Table, visit func(x *watched, who string, slots []string)) {
	rights, places := t.RightKeys(), t.PlaceIDs()
	type use struct {
		x     *watched
		right int
	}
	asked := make([][]use, len(rights))
	for _, x := range active {
		for i, right := range x.Rights {
			if n, ok := slices.BinarySearch(rights, right); ok {
				asked[n] = append(asked[n], use{x, i})
			}
		}
	}
	persons := slices.Collect(t.Persons())
	current := ""
	var holds []*watched
	flush := func() {
		for _, x := range holds {
			for i, places := range x.held { // of a guardian, by child
				slices.Sort(places)
				x.held[i] = slices.Compact(places)
			}
			if slots := x.AccessRule.slots(x.held, func() string { return s.kind(current) }, x.at); len(slots) > 0 {
				visit(x, current, slots)
			}
			for i := range x.held {
				x.held[i] = x.held[i][:0]
			}
		}
		holds = holds[:0]
	}
	t.Each(func(who, right, place int) {
		if len(asked[right]) == 0 {
			return
		}
		if person := persons[who].Person; person != current {
			flush()
			current = person
		}
		for _, u := range asked[right] {
			if strings.HasPrefix(current, u.x.prefix) {
				if !slices.Contains(holds, u.x) {
					holds = append(holds, u.x)
				}
				u.x.held[u.right] = append(u.x.held[u.right], places[place])
			}
		}
	})
	flush()
}

func (s *Stretch) kind(person string) string {
	id, _, _ := strings.Cut(person, variantMark)
	return s.Facts.Object(fact.Key{Kind: "Person", ID: id}).Value("kind")
}

// judge finds the days of a stretch on which a rule is broken, in each slot.
func (x *watched) judge(s Stretch, changing map[string]*course) {
	from, to := max(s.From, x.from), min(s.Until, x.to)
	last := make(map[string][]string)
	for slot, t := range x.slots {
		t.moves = joined(t.moves, from, to)
		gaps, thin := x.sweep(t, from, to)
		for i := range gaps {
			gaps[i].who = x.causes(t, gaps[i], from, changing)
			if x.Form == AtLeast && gaps[i].from == from {
				gaps[i].who = append(t.missing(x.last[slot]), gaps[i].who...)
			}
		}
		for i := range thin {
			thin[i].who, thin[i].away = t.present(thin[i]), t.away(thin[i], changing)
		}
		x.gaps[slot], x.thin[slot] = x.follow(x.gaps[slot], gaps), x.follow(x.thin[slot], thin)
		if x.Form == AtLeast {
			last[slot] = t.on(to - 1)
		}
	}
	x.last, x.slots = last, nil
}

// joined is presences within a time, with those joined that follow each other.
func joined(moves []presence, from, to calendar.Day) []presence {
	slices.SortFunc(moves, func(a, b presence) int {
		return cmp.Or(strings.Compare(a.who, b.who), cmp.Compare(a.from, b.from))
	})
	var out []presence
	for _, p := range moves {
		p.from, p.to = max(p.from, from), min(p.to, to)
		if p.from >= p.to {
			continue
		}
		if n := len(out) - 1; n >= 0 && out[n].who == p.who && out[n].to == p.from && out[n].away == p.away {
			out[n].to = p.to
			continue
		}
		out = append(out, p)
	}
	return out
}

// sweep goes through the days on which somebody comes or goes.
func (x *watched) sweep(t *tally, from, to calendar.Day) (gaps, thin []gap) {
	turns := map[calendar.Day]int{from: 0}
	for _, p := range t.moves {
		if p.away {
			continue
		}
		turns[p.from]++
		if p.to < to {
			turns[p.to]--
		}
	}
	days := make([]calendar.Day, 0, len(turns))
	for day := range turns {
		days = append(days, day)
	}
	slices.Sort(days)
	count := t.count
	for i, day := range days {
		end := to
		if i+1 < len(days) {
			end = days[i+1]
		}
		count += turns[day]
		switch g := (gap{from: day, to: end, count: count}); {
		case x.broken(count):
			gaps = x.follow(gaps, []gap{g})
		case count == 1 && x.coverage():
			thin = x.follow(thin, []gap{g})
		}
	}
	return gaps, thin
}

// follow puts gaps behind others, joined to the last where they follow it at once.
func (x *watched) follow(gaps, more []gap) []gap {
	for _, g := range more {
		n := len(gaps) - 1
		if n < 0 || gaps[n].to != g.from {
			gaps = append(gaps, g)
			continue
		}
		gaps[n] = x.merge(gaps[n], g)
	}
	return gaps
}

// merge is two gaps as one: on the days from the first to the last, with the worst
// of both.
func (x *watched) merge(a, b gap) gap {
	a.to = max(a.to, b.to)
	if x.Form == AtLeast {
		a.count = min(a.count, b.count)
	} else {
		a.count = max(a.count, b.count)
	}
	a.who, a.away = slices.Concat(a.who, b.who), slices.Concat(a.away, b.away)
	return a
}

// causes is who drops out, for a rule that wants people, and else who has what
// nobody or not so many should: first those about whom something changes.
func (x *watched) causes(t *tally, g gap, from calendar.Day, changing map[string]*course) []mention {
	if x.Form == AtLeast {
		var out []mention
		for _, p := range t.moves {
			if !p.away && g.from <= p.to && p.to < g.to {
				out = append(out, mention{p.who, changing[p.who].document(p.to)})
			}
		}
		return append(out, t.away(g, changing)...)
	}
	var out, others []mention
	for _, p := range t.moves {
		if p.from >= g.to || p.to <= g.from {
			continue
		}
		if document := changing[p.who].document(p.from); p.from > from && document != (fact.Key{}) {
			out = append(out, mention{p.who, document})
		} else {
			others = append(others, mention{person: p.who})
		}
	}
	for _, who := range t.still {
		others = append(others, mention{person: who})
	}
	return append(out, others...)
}

// away is who is away in a gap and would count.
func (t *tally) away(g gap, changing map[string]*course) (out []mention) {
	for _, p := range t.moves {
		if p.away && p.from < g.to && g.from < p.to {
			out = append(out, mention{p.who, changing[p.who].absence(max(p.from, g.from))})
		}
	}
	return out
}

// present is who counts in a gap.
func (t *tally) present(g gap) (out []mention) {
	for _, who := range t.still {
		out = append(out, mention{person: who})
	}
	for _, p := range t.moves {
		if !p.away && p.from < g.to && g.from < p.to {
			out = append(out, mention{person: p.who})
		}
	}
	return out
}

// on is who counts on a day, some of them.
func (t *tally) on(day calendar.Day) []string {
	out := slices.Clone(t.still)
	for _, p := range t.moves {
		if !p.away && p.from <= day && day < p.to {
			out = append(out, p.who)
		}
	}
	return out
}

// missing are those who counted before and are nowhere to be seen: rows of a
// roster have ended.
func (t *tally) missing(before []string) (out []mention) {
	if t.count > len(t.still) {
		return nil // not all who are still there have been noted
	}
	for _, who := range before {
		if !slices.Contains(t.still, who) && !slices.ContainsFunc(t.moves, func(p presence) bool { return p.who == who }) {
			out = append(out, mention{person: who})
		}
	}
	return out
}
