package fact

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// Builder collects facts in any order and makes a Set of them. The zero
// Builder is ready.
type Builder struct {
	words, ids, values interner
	rows               []row // id and value by their numbers in ids and values
	marks              []uint32
	last               Key
	lastKind           uint32
	lastID             uint32
}

// Grow makes room for about so many objects.
func (b *Builder) Grow(objects int) {
	b.rows = slices.Grow(b.rows, 5*objects)
	b.marks = slices.Grow(b.marks, 5*objects)
	if b.ids.numbers == nil {
		b.ids.numbers = make(map[string]uint32, objects)
	}
}

// Expect prepares for facts that are much the same as those of a set, as what a
// target holds is much the same as what was left there. Their strings are then
// found where they stand, and the new set shares them.
func (b *Builder) Expect(s Set) {
	b.ids.known, b.values.known = s.table().names, s.table().names
	b.rows, b.marks = slices.Grow(b.rows, s.Len()), slices.Grow(b.marks, s.Len())
}

// Add collects a fact. Facts of one object that come one after the other are
// cheapest, and so are objects in the order of their ids.
func (b *Builder) Add(f Fact) { b.AddMarked(f, 0) }

// AddMarked collects a fact with a number of the caller's, such as the place
// it was read from.
func (b *Builder) AddMarked(f Fact, mark uint32) {
	if len(b.rows) == 0 || f.Key != b.last {
		b.last, b.lastKind, b.lastID = f.Key, b.words.number(f.Kind), b.ids.number(f.ID)
	}
	b.rows = append(b.rows, pack(b.lastKind, b.lastID, b.words.number(f.Field), uint32(f.Row), b.values.number(f.Value)))
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
	s.rows = slices.Compact(sortRuns(s.rows, row.compare))
	return s
}

// marked is a row and its mark.
type marked struct {
	row
	mark uint32
}

func (a marked) compare(b marked) int {
	if c := a.row.compare(b.row); c != 0 {
		return c
	}
	return cmp.Compare(a.mark, b.mark)
}

// Marked is the set of what was collected and, parallel to it, each fact's
// mark: the smallest where a fact was added twice. The Builder is spent.
func (b *Builder) Marked() (Set, []uint32) {
	s, marks := b.take()
	all := make([]marked, len(s.rows))
	for i, r := range s.rows {
		all[i] = marked{r, marks[i]}
	}
	all = sortRuns(all, marked.compare)
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
	var words []uint32
	t.words, words = b.words.sorted()
	ids, values := b.names(t)
	s := Set{t, b.rows}
	for i, r := range s.rows {
		s.rows[i] = pack(words[r.kind()], ids[r.id()], words[r.field()], r.n(), values[r.value()])
	}
	marks := b.marks
	*b = Builder{}
	return s, marks
}

// names puts ids and values into one table, and gives their places there.
func (b *Builder) names(t *table) (ids, values []uint32) {
	if known := b.ids.known; len(known) > 0 && len(b.ids.strings) == 0 && len(b.values.strings) == 0 {
		t.names = known
		ids = make([]uint32, len(known))
		for i := range ids {
			ids[i] = uint32(i)
		}
		return ids, ids
	}
	allIDs, ids := b.ids.sorted()
	allValues, values := b.values.sorted()
	all, fromIDs, fromValues := union(allIDs, allValues)
	t.names = all
	for i, n := range ids {
		ids[i] = fromIDs[n]
	}
	for i, n := range values {
		values[i] = fromValues[n]
	}
	return ids, values
}

// interner numbers strings: those that are known by their places, the others in
// the order of their arrival. What comes is often what came last, or what stands
// after it, and is then found without a look into the map.
type interner struct {
	known   []string // sorted
	numbers map[string]uint32
	strings []string // the others; their numbers follow those of the known
	last    uint32
}

// at is the string with a number, "" where there is none.
func (in *interner) at(n uint32) string {
	if int(n) < len(in.known) {
		return in.known[n]
	}
	if n -= uint32(len(in.known)); int(n) < len(in.strings) {
		return in.strings[n]
	}
	return ""
}

func (in *interner) number(s string) uint32 {
	for n := in.last; n < in.last+2 && s != ""; n++ {
		if in.at(n) == s {
			in.last = n
			return n
		}
	}
	n, ok := in.numbers[s]
	if !ok {
		if in.numbers == nil {
			in.numbers = make(map[string]uint32)
		}
		if i, found := slices.BinarySearch(in.known, s); found {
			n = uint32(i)
		} else {
			n = uint32(len(in.known) + len(in.strings))
			in.strings = append(in.strings, s)
		}
		in.numbers[s] = n
	}
	in.last = n
	return n
}

// sorted is the strings in order, and the rank of each by its old number.
func (in *interner) sorted() (inOrder []string, rank []uint32) {
	type numbered struct {
		text   string
		number uint32
	}
	all := make([]numbered, len(in.known)+len(in.strings))
	for i := range all {
		all[i] = numbered{in.at(uint32(i)), uint32(i)}
	}
	all = sortRuns(all, func(a, b numbered) int { return strings.Compare(a.text, b.text) })
	inOrder, rank = make([]string, len(all)), make([]uint32, len(all))
	for i, s := range all {
		inOrder[i], rank[s.number] = s.text, uint32(i)
	}
	return inOrder, rank
}

// maxRun is how far a value may be from its place and yet be moved there one by
// one: an object has about as many facts.
const maxRun = 16

// sortRuns sorts what comes as a few sorted runs, a little disordered inside:
// facts come object by object, and objects file by file or table by table. It
// may use all as its own and gives back the sorted slice.
func sortRuns[T any](all []T, compare func(a, b T) int) []T {
	for i := 1; i < len(all); i++ {
		v, j := all[i], i
		if compare(all[i-1], v) <= 0 {
			continue
		}
		for j > 0 && i-j < maxRun && compare(all[j-1], v) > 0 {
			j--
		}
		if j == 0 || compare(all[j-1], v) <= 0 {
			copy(all[j+1:i+1], all[j:i])
			all[j] = v
		}
	}
	var starts []int
	for i := range all {
		if i == 0 || compare(all[i-1], all[i]) > 0 {
			starts = append(starts, i)
		}
	}
	if len(starts) > len(all)/maxRun {
		slices.SortFunc(all, compare)
		return all
	}
	for into := make([]T, len(all)*min(len(starts)-1, 1)); len(starts) > 1; all, into = into, all {
		var merged []int
		for k := 0; k < len(starts); k += 2 {
			merged = append(merged, starts[k])
			middle, end := len(all), len(all)
			if k+1 < len(starts) {
				middle = starts[k+1]
			}
			if k+2 < len(starts) {
				end = starts[k+2]
			}
			mergeRuns(into[starts[k]:end], all[starts[k]:middle], all[middle:end], compare)
		}
		starts = merged
	}
	return all
}

// mergeRuns merges two sorted runs; of equal values those of a come first.
func mergeRuns[T any](into, a, b []T, compare func(a, b T) int) {
	for i := range into {
		if len(b) == 0 || len(a) > 0 && compare(a[0], b[0]) <= 0 {
			into[i], a = a[0], a[1:]
		} else {
			into[i], b = b[0], b[1:]
		}
	}
}
