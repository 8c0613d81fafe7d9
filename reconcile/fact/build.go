package fact

import (
	"cmp"
	"math"
	"slices"
)

// Builder collects facts in any order and makes a Set of them. The zero
// Builder is ready.
type Builder struct {
	words, names interner
	rows         []row
	marks        []uint32
	last         Key
	lastKind     uint32
	lastID       uint32
}

// Grow makes room for about so many objects.
func (b *Builder) Grow(objects int) {
	b.rows = slices.Grow(b.rows, 5*objects)
	b.marks = slices.Grow(b.marks, 5*objects)
	if b.names.numbers == nil {
		b.names.numbers = make(map[string]uint32, objects)
	}
}

// Add collects a fact. Facts of one object that come one after the other are
// cheapest.
func (b *Builder) Add(f Fact) { b.AddMarked(f, 0) }

// AddMarked collects a fact with a number of the caller's, such as the place
// it was read from.
func (b *Builder) AddMarked(f Fact, mark uint32) {
	if len(b.rows) == 0 || f.Key != b.last {
		b.last, b.lastKind, b.lastID = f.Key, b.words.number(f.Kind), b.names.number(f.ID)
	}
	b.rows = append(b.rows, pack(b.lastKind, b.lastID, b.words.number(f.Field), uint32(f.Row), b.names.number(f.Value)))
	b.marks = append(b.marks, mark)
}

// AddSet collects all facts of a set.
func (b *Builder) AddSet(s Set) {
	for _, f := range s.All() {
		b.Add(f)
	}
}

// Set is the set of what was collected. The Builder is spent.
func (b *Builder) Set() Set {
	s, _ := b.take()
	if !slices.IsSortedFunc(s.rows, row.compare) {
		slices.SortFunc(s.rows, row.compare)
	}
	s.rows = slices.Compact(s.rows)
	return s
}

// Marked is the set of what was collected and, parallel to it, each fact's
// mark: the smallest where a fact was added twice. The Builder is spent.
func (b *Builder) Marked() (Set, []uint32) {
	type marked struct {
		row
		mark uint32
	}
	s, marks := b.take()
	all := make([]marked, len(s.rows))
	for i, r := range s.rows {
		all[i] = marked{r, marks[i]}
	}
	slices.SortFunc(all, func(a, b marked) int {
		return cmp.Or(a.compare(b.row), cmp.Compare(a.mark, b.mark))
	})
	all = slices.CompactFunc(all, func(a, b marked) bool { return a.row == b.row })
	for i, m := range all {
		s.rows[i], marks[i] = m.row, m.mark
	}
	s.rows = s.rows[:len(all)]
	return s, marks[:len(all)]
}

// take is the rows with their final numbers, not yet in order, and their marks.
func (b *Builder) take() (Set, []uint32) {
	if len(b.words.strings) > math.MaxUint16 {
		panic("fact: more kinds and fields than any vocabulary has")
	}
	t := &table{}
	var words, names []uint32
	t.words, words = b.words.sorted()
	t.names, names = b.names.sorted()
	s := Set{t, b.rows}
	for i, r := range s.rows {
		s.rows[i] = r.renumber(words, names)
	}
	marks := b.marks
	*b = Builder{}
	return s, marks
}

// interner numbers strings in the order of their arrival.
type interner struct {
	numbers map[string]uint32
	strings []string
}

func (in *interner) number(s string) uint32 {
	n, ok := in.numbers[s]
	if !ok {
		if in.numbers == nil {
			in.numbers = make(map[string]uint32)
		}
		n = uint32(len(in.strings))
		in.numbers[s] = n
		in.strings = append(in.strings, s)
	}
	return n
}

// sorted is the strings in order, and the rank of each by its old number.
func (in *interner) sorted() (strings []string, rank []uint32) {
	strings = slices.Clone(in.strings)
	if !slices.IsSorted(strings) {
		slices.Sort(strings)
	}
	rank = make([]uint32, len(strings))
	for i, s := range strings {
		rank[in.numbers[s]] = uint32(i)
	}
	return strings, rank
}
