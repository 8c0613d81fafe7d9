package policy

import (
	"slices"
	"strconv"
	"strings"

	"github.com/lupa-dev/lupa/reconcile/calendar"
	"github.com/lupa-dev/lupa/reconcile/fact"
)

// course is what changes about one person in a stretch.
type course struct {
	cuts     []calendar.Day // the first day of each time in which nothing changes
	parts    []part
	absences []absence
	children []string
}

// part is what a document, or a record inside one, says about a person.
type part struct {
	facts fact.Set
	field string // that names the person
	root  fact.Key
	span  calendar.Span
}

type absence struct {
	span calendar.Span
	root fact.Key
}

// variantMark stands between the id of a person and the number of a time. No name
// has it.
const variantMark = "@"

// partFields are the kinds that say something about a person, and where.
var partFields = []struct{ kind, field string }{
	{"PersonOverride", "person"}, {"CardAssignment", "card"}, {"CosDocAssignment", "person"},
	{"Substitution", "substitute"}, {"SubstitutedProfile", "substitute"},
}

// turnsWithin are the ends of a span that lie between two days.
func turnsWithin(s calendar.Span, from, until calendar.Day) (days []calendar.Day) {
	for _, day := range []*calendar.Day{s.From, s.To} {
		if day != nil && from < *day && *day < until {
			days = append(days, *day)
		}
	}
	return days
}

func overlaps(s calendar.Span, from, until calendar.Day) bool {
	return (s.From == nil || *s.From < until) && (s.To == nil || from < *s.To)
}

// courses are the people about whom a document says something for a part of the
// stretch, those who are away in it, and guardians of such students.
func courses(s Stretch) map[string]*course {
	parts := make(map[string][]part)
	changing := make(map[string]*course)
	of := func(person string) *course {
		c := changing[person]
		if c == nil {
			c = &course{cuts: []calendar.Day{s.From}}
			changing[person] = c
		}
		return c
	}
	for _, declared := range s.Documents {
		for _, f := range partFields {
			for key, o := range declared.Kind(f.kind).Objects() {
				root := fact.Words.Root(key)
				span, ok := s.Spans[root]
				if !ok || !overlaps(span, s.From, s.Until) {
					continue
				}
				person := o.Value(f.field)
				parts[person] = append(parts[person], part{o, f.field, root, span})
				if turns := turnsWithin(span, s.From, s.Until); len(turns) > 0 {
					c := of(person)
					c.cuts = append(c.cuts, turns...)
				}
				if away, ok := absent(declared, root); ok && o.Value("absent") != "" && overlaps(away, s.From, s.Until) {
					c := of(o.Value("absent"))
					c.cuts = append(c.cuts, turnsWithin(away, s.From, s.Until)...)
					c.absences = append(c.absences, absence{away, root})
				}
			}
		}
	}
	s.guardians(changing, of)
	for person, c := range changing {
		c.parts = parts[person]
		o := s.Facts.Object(fact.Key{Kind: "Person", ID: person})
		c.children = o.Values("children")
		for _, child := range c.children {
			if changing[child] == nil { // as it is on every day
				changing[person].parts = append(changing[person].parts, parts[child]...)
			}
		}
	}
	for _, c := range changing {
		for _, child := range c.children {
			if of := changing[child]; of != nil {
				c.cuts = append(c.cuts, of.cuts...)
				c.parts = append(c.parts, of.parts...)
			}
		}
	}
	for _, c := range changing {
		slices.Sort(c.cuts)
		c.cuts = slices.Compact(c.cuts)
	}
	return changing
}

// absent is when somebody is away, of a Substitution.
func absent(declared fact.Set, root fact.Key) (calendar.Span, bool) {
	if root.Kind != "Substitution" {
		return calendar.Span{}, false
	}
	o := declared.Object(root)
	from, errFrom := calendar.ParseDay(o.Value("from"))
	to, errTo := calendar.ParseDay(o.Value("to"))
	return calendar.Span{From: &from, To: &to}, errFrom == nil && errTo == nil
}

// guardians adds the guardians of students whose cards change.
func (s *Stretch) guardians(changing map[string]*course, of func(string) *course) {
	students := make(map[string]bool)
	for person := range changing {
		if s.kind(person) == "student" {
			students[person] = true
		}
	}
	if len(students) == 0 {
		return
	}
	for _, f := range s.Facts.Kind("Person").All() {
		if f.Field == "children" && students[f.Value] {
			of(f.ID)
		}
	}
}

// end is the first day after one of the times.
func (c *course) end(number int, until calendar.Day) calendar.Day {
	if number+1 < len(c.cuts) {
		return c.cuts[number+1]
	}
	return until
}

func (c *course) isAway(day calendar.Day) bool {
	return slices.ContainsFunc(c.absences, func(a absence) bool { return a.span.Holds(day) })
}

// absence is the document by which the person is away on a day.
func (c *course) absence(day calendar.Day) fact.Key {
	for _, a := range c.absences {
		if a.span.Holds(day) {
			return a.root
		}
	}
	return fact.Key{}
}

// document is one that begins or ends on a day, of those about the person.
func (c *course) document(day calendar.Day) fact.Key {
	is := func(d *calendar.Day) bool { return d != nil && *d == day }
	for _, a := range c.absences {
		if is(a.span.From) {
			return a.root
		}
	}
	for _, p := range c.parts {
		if is(p.span.To) || is(p.span.From) {
			return p.root
		}
	}
	return fact.Key{}
}

// variant is the person at a day, as a person of its own.
func (c *course) variant(id string, day calendar.Day) string {
	n, found := slices.BinarySearch(c.cuts, day)
	if !found {
		n--
	}
	return id + variantMark + strconv.Itoa(n)
}

// apart is a state with the people about whom something changes, each once for
// every time, and with nobody else.
func (s *Stretch) apart(changing map[string]*course) fact.Set {
	var b fact.Builder
	for _, k := range fact.Words.Kinds {
		if k.Name != "Person" && fact.Words.Kind(fact.Words.Root(fact.Key{Kind: k.Name}).Kind).Spans == nil {
			b.AddSet(s.Facts.Kind(k.Name))
		}
	}
	for person, c := range changing {
		for _, day := range c.cuts {
			s.then(&b, changing, person, day)
		}
		for _, child := range c.children {
			if changing[child] == nil {
				b.AddSet(s.Facts.Object(fact.Key{Kind: "Person", ID: child}))
			}
		}
		for _, p := range c.parts {
			if child := p.facts.Value(p.field); changing[child] == nil && p.span.Holds(s.From) {
				b.AddSet(p.facts)
			}
		}
	}
	return b.Set()
}

// then adds a person as of a day.
func (s *Stretch) then(b *fact.Builder, changing map[string]*course, person string, day calendar.Day) {
	c := changing[person]
	id := c.variant(person, day)
	suffix := strings.TrimPrefix(id, person)
	for _, f := range s.Facts.Object(fact.Key{Kind: "Person", ID: person}).All() {
		f.ID = id
		if child := changing[f.Value]; f.Field == "children" && child != nil {
			f.Value = child.variant(f.Value, day)
		}
		b.Add(f)
	}
	for _, p := range c.parts {
		if !p.span.Holds(day) || p.facts.Value(p.field) != person {
			continue
		}
		for _, f := range p.facts.All() {
			f.ID += suffix
			if f.Field == p.field {
				f.Value = id
			}
			b.Add(f)
		}
	}
}
