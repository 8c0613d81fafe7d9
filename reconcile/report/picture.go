package report

import (
	"cmp"
	"slices"
	"strings"

	"github.com/lupa-dev/lupa/reconcile/plan"
)

// A picture shows so many rows and columns: those that change, then those with the
// most in them.
const (
	maxGroups = 40
	maxRights = 24
)

// matrix is which groups give which rights, as a picture: a row for each group, a
// column for each right.
type matrix struct {
	Rights []named
	Rows   []matrixRow
	Left   []string
}

type matrixRow struct {
	Kind string
	named
	Cells []gives
}

// changes reports whether a group gives something else than before.
func (r matrixRow) changes() bool {
	return slices.ContainsFunc(r.Cells, func(g gives) bool { return g == givesNow || g == givesNone })
}

// gives is how it is with a group and a right: after a change, and because of it.
type gives string

const (
	givesIt   gives = "gives"
	givesNow  gives = "given" // and did not before
	givesNone gives = "taken" // and did before
)

// matrix is nil where no group gives anything.
func (t *Text) matrix(p *plan.Picture) *matrix {
	if len(p.Gives) == 0 {
		return nil
	}
	group := func(g plan.Giving) string { return g.Kind + " " + g.Group }
	groups, fewer := chosen(p.Gives, group, maxGroups)
	rights, less := chosen(p.Gives, func(g plan.Giving) string { return g.Right }, maxRights)
	titles := t.titles(p.Titles)
	m := &matrix{}
	column := make(map[string]int)
	for i, right := range rights {
		column[right] = i
		m.Rights = append(m.Rights, titles.of([]string{right})[0])
	}
	row := make(map[string]int)
	for i, name := range groups {
		kind, name, _ := strings.Cut(name, " ")
		row[groups[i]] = i
		m.Rows = append(m.Rows, matrixRow{Kind: kind, named: titles.of([]string{name})[0], Cells: make([]gives, len(rights))})
	}
	for _, g := range p.Gives {
		i, shown := row[group(g)]
		j, known := column[g.Right]
		if !shown || !known {
			continue
		}
		switch {
		case g.Before && g.After:
			m.Rows[i].Cells[j] = givesIt
		case g.After:
			m.Rows[i].Cells[j] = givesNow
		default:
			m.Rows[i].Cells[j] = givesNone
		}
	}
	sortedBy(t.Lang, m.Rows, func(r matrixRow) string { return cmp.Or(r.Title, r.Name) })
	slices.SortStableFunc(m.Rows, func(a, b matrixRow) int { return cmp.Compare(flag(b.changes()), flag(a.changes())) })
	if fewer > 0 {
		m.Left = append(m.Left, t.sentence("page.left.groups", fewer))
	}
	if less > 0 {
		m.Left = append(m.Left, t.sentence("page.left.rights", less))
	}
	return m
}

// chosen are the rows or columns to show, those that change first, and how many are
// left out.
func chosen(all []plan.Giving, of func(plan.Giving) string, most int) ([]string, int) {
	changes, has := make(map[string]int), make(map[string]int)
	var names []string
	for _, g := range all {
		name := of(g)
		if has[name] == 0 {
			names = append(names, name)
		}
		has[name]++
		if g.Before != g.After {
			changes[name]++
		}
	}
	slices.SortStableFunc(names, func(a, b string) int {
		return cmp.Or(changes[b]-changes[a], has[b]-has[a], strings.Compare(a, b))
	})
	shown, more := names[:min(most, len(names))], max(0, len(names)-most)
	slices.SortFunc(shown, func(a, b string) int {
		return cmp.Or(cmp.Compare(flag(changes[b] > 0), flag(changes[a] > 0)), strings.Compare(a, b))
	})
	return shown, more
}

// crowd is how many people are at which school, a column for each kind.
type crowd struct {
	Kinds []string
	Rows  []crowdRow
}

type crowdRow struct {
	named
	Cells   []crowdCell
	changed bool
	people  int
}

// crowdCell is how many there are, and were, where that is not the same.
type crowdCell struct {
	Mark        string // + - ~, "" where nothing changes
	Before, Now string
	Heat        int // 0 to 4: few or many, of those at any school
}

// headcount is the part of a page that counts people at schools.
func (t *Text) headcount(p *plan.Picture) section {
	kinds, most := crowdKinds(p.People)
	if len(kinds) == 0 {
		return section{}
	}
	c := &crowd{}
	for _, kind := range kinds {
		c.Kinds = append(c.Kinds, t.sentence("page."+kind))
	}
	titles, rows := t.titles(p.Titles), make(map[string]int)
	for _, h := range p.People {
		i, ok := rows[h.School]
		if !ok {
			i = len(c.Rows)
			rows[h.School] = i
			is := crowdRow{named: titles.of([]string{h.School})[0], Cells: make([]crowdCell, len(kinds))}
			if h.School == "" {
				is.named = named{Name: t.sentence("page.every")}
			}
			for j := range is.Cells {
				is.Cells[j] = crowdCell{Now: "0"}
			}
			c.Rows = append(c.Rows, is)
		}
		row := &c.Rows[i]
		row.changed, row.people = row.changed || h.Before != h.After, row.people+h.After
		row.Cells[slices.Index(kinds, h.Kind)] = t.crowdCell(h, most)
	}
	slices.SortStableFunc(c.Rows, func(a, b crowdRow) int {
		return cmp.Or(cmp.Compare(flag(b.changed), flag(a.changed)), b.people-a.people)
	})
	more := len(c.Rows) - pageRows
	c.Rows = c.Rows[:min(pageRows, len(c.Rows))]
	sortedBy(t.Lang, c.Rows, func(r crowdRow) string { return cmp.Or(r.Title, r.Name) })
	return t.left(section{Crowd: c}, more)
}

// crowdKinds are the kinds of people that there are, and how many of each at most
// at one school.
func crowdKinds(all []plan.Headcount) (kinds []string, most map[string]int) {
	most = make(map[string]int)
	for _, h := range all {
		most[h.Kind] = max(most[h.Kind], h.Before, h.After)
	}
	for _, kind := range []string{"teacher", "staff", "student", "guardian"} {
		if most[kind] > 0 {
			kinds = append(kinds, kind)
		}
	}
	return kinds, most
}

func (t *Text) crowdCell(h plan.Headcount, most map[string]int) crowdCell {
	cell := crowdCell{Now: t.figure(h.After, false), Heat: (4*h.After + most[h.Kind] - 1) / most[h.Kind]}
	if t.Veil.few(h.After) {
		cell.Heat = 0
	}
	if h.Before == h.After {
		return cell
	}
	cell.Before = t.figure(h.Before, false)
	switch {
	case t.Veil.few(max(h.Before, h.After) - min(h.Before, h.After)): // the difference would count them
		cell.Mark, cell.Before = "~", ""
	case cell.Before == cell.Now: // both are too few to tell them apart
		cell.Mark, cell.Before = "~", ""
	case h.After > h.Before:
		cell.Mark = "+"
	default:
		cell.Mark = "-"
	}
	return cell
}
