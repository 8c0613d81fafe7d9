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
	words words
	names names
	like  *table    // whose strings are known
	facts []written // in the order of their arrival
	parts []part

	last      Key
	lastKind  uint32
	lastID    uint32
	lastField uint32
	lastValue []uint32 // by the number of the field
}

// written is a fact of an object, with its strings by their numbers.
type written struct{ field, row, value, mark uint32 }

// part is facts of one object that came one after the other, up to the next part.
type part struct{ kind, id, from uint32 }

// Grow makes room for about so many objects and facts of them, with so many
// different ids and values.
func (b *Builder) Grow(objects, facts, names int) {
	b.parts, b.facts = room(b.parts, objects), room(b.facts, facts)
	b.names.strings, b.names.columns = room(b.names.strings, names), room(b.names.columns, names)
}

// room is slices.Grow, which would touch all of the room at once.
func room[T any](all []T, more int) []T {
	if cap(all)-len(all) >= more {
		return all
	}
	return append(make([]T, 0, len(all)+more), all...)
}

// Expect prepares for facts that are much the same as those of a set, as what a
// target holds is much the same as what was left there. Their strings are then
// found where they stand, and the new set shares them; of others it makes copies,
// so that what is added may be parts of something larger that does not stay.
func (b *Builder) Expect(s Set) {
	b.like = s.table()
	b.names.known, b.names.borrowed = b.like.names, true
	for _, w := range b.like.words {
		b.words.number(w, 0)
	}
	b.facts = room(b.facts, s.Len())
	b.parts = room(b.parts, s.Len()) // most tables have one fact of an object
}

// Add collects a fact. Facts of one object that come one after the other are
// cheapest, and so are objects in the order of their ids.
func (b *Builder) Add(f Fact) { b.AddMarked(f, 0) }

// AddMarked collects a fact with a number of the caller's, such as the place
// it was read from.
func (b *Builder) AddMarked(f Fact, mark uint32) {
	if len(b.facts) == 0 || f.ID != b.last.ID || f.Kind != b.last.Kind {
		b.begin(f.Key)
	}
	field := b.words.number(f.Field, b.lastField)
	for int(field) >= len(b.lastValue) {
		b.lastValue = append(b.lastValue, 0)
	}
	value := b.names.number(f.Value, b.lastValue[field], field)
	b.lastField, b.lastValue[field] = field, value
	b.facts = append(b.facts, written{field, uint32(f.Row), value, mark})
}

// begin begins a part.
func (b *Builder) begin(key Key) {
	b.last, b.lastKind = key, b.words.number(key.Kind, b.lastKind)
	b.lastID = b.names.number(key.ID, b.lastID, b.lastKind)
	b.parts = append(b.parts, part{b.lastKind, b.lastID, uint32(len(b.facts))})
}

// AddSet collects all facts of a set.
func (b *Builder) AddSet(s Set) {
	for _, f := range s.All() {
		b.Add(f)
	}
}

// Set is the set of what was collected. The Builder is spent.
func (b *Builder) Set() Set {
	s, _ := b.set(false)
	return s
}

// Marked is the set of what was collected and, parallel to it, each fact's
// mark: the smallest where a fact was added twice. The Builder is spent.
func (b *Builder) Marked() (Set, []uint32) { return b.set(true) }

// set sorts objects, which are much fewer than facts, and the facts of each.
func (b *Builder) set(marked bool) (Set, []uint32) {
	t, words, names := b.ranks()
	rows := make([]row, 0, len(b.facts))
	var marks []uint32
	if marked {
		marks = make([]uint32, 0, len(b.facts))
	}
	var object []markedRow
	parts := b.sorted(words, names)
	for i, p := range parts {
		for _, f := range b.facts[p.from:p.to] {
			object = append(object, markedRow{pack(p.kind(), p.id(), words[f.field], f.row, names[f.value]), f.mark})
		}
		if i+1 < len(parts) && parts[i+1].object == p.object {
			continue
		}
		for i, f := range sortObject(object) {
			if i > 0 && f.row == object[i-1].row {
				continue
			}
			rows = append(rows, f.row)
			if marked {
				marks = append(marks, f.mark)
			}
		}
		object = object[:0]
	}
	*b = Builder{}
	return Set{t, rows}, marks
}

// ranked is a part by the ranks of kind and id.
type ranked struct {
	object   uint64
	from, to uint32
}

func (p ranked) kind() uint32 { return uint32(p.object >> 32) }
func (p ranked) id() uint32   { return uint32(p.object) }

// sorted is the parts in the order of their objects. They come kind by kind, in
// every file and in every table.
func (b *Builder) sorted(words, names []uint32) []ranked {
	at := make([]int, len(words)+1)
	for _, p := range b.parts {
		at[words[p.kind]+1]++
	}
	for i := range words {
		at[i+1] += at[i]
	}
	parts := make([]ranked, len(b.parts))
	for i, p := range b.parts {
		to := len(b.facts)
		if i+1 < len(b.parts) {
			to = int(b.parts[i+1].from)
		}
		kind := words[p.kind]
		parts[at[kind]] = ranked{uint64(kind)<<32 | uint64(names[p.id]), p.from, uint32(to)}
		at[kind]++
	}
	sortRuns(parts, func(a, b ranked) int { return cmp.Compare(a.object, b.object) })
	return parts
}

// markedRow is a row and its mark.
type markedRow struct {
	row
	mark uint32
}

func (a markedRow) compare(b markedRow) int {
	if c := a.row.compare(b.row); c != 0 {
		return c
	}
	return cmp.Compare(a.mark, b.mark)
}

// sortObject sorts the facts of one object: a few, and mostly in order.
func sortObject(facts []markedRow) []markedRow {
	if len(facts) > 32 {
		slices.SortFunc(facts, markedRow.compare)
		return facts
	}
	for i := 1; i < len(facts); i++ {
		f, j := facts[i], i
		for ; j > 0 && f.compare(facts[j-1]) < 0; j-- {
			facts[j] = facts[j-1]
		}
		facts[j] = f
	}
	return facts
}

// ranks is a table of all strings, and the places there of words and names by
// their numbers.
func (b *Builder) ranks() (t *table, words, names []uint32) {
	if len(b.words.strings) > math.MaxUint16 {
		panic("fact: more kinds and fields than any vocabulary has")
	}
	if b.like != nil && len(b.names.strings) == 0 && len(b.words.strings) == len(b.like.words) {
		return b.like, identity(len(b.like.words)), identity(len(b.like.names))
	}
	t = &table{}
	t.words, words = b.words.sorted()
	own, ranks := b.names.sorted(len(b.words.strings))
	if len(b.names.known) == 0 {
		t.names = own
		return t, words, ranks
	}
	all, ofKnown, ofOwn := union(b.names.known, own)
	for i, r := range ranks {
		ranks[i] = ofOwn[r]
	}
	t.names, names = all, append(ofKnown, ranks...)
	return t, words, names
}

func identity(n int) []uint32 {
	all := make([]uint32, n)
	for i := range all {
		all[i] = uint32(i)
	}
	return all
}

// ranks is strings in order, each once, and the rank of each by its number. The
// numbers come in any order, best nearly in that of their strings.
func ranks(all []string, numbers []uint32) (inOrder []string, ranks []uint32) {
	sortRuns(numbers, func(a, b uint32) int { return strings.Compare(all[a], all[b]) })
	inOrder, ranks = make([]string, 0, len(all)), make([]uint32, len(all))
	for i, n := range numbers {
		if i == 0 || all[n] != inOrder[len(inOrder)-1] {
			inOrder = append(inOrder, all[n])
		}
		ranks[n] = uint32(len(inOrder) - 1)
	}
	return inOrder, ranks
}

// words numbers kinds and fields, of which there are few, in the order of their
// arrival.
type words struct {
	strings []string
	numbers map[string]uint32
}

// number is the number of a word. What comes is often what came last, or what
// came after it the first time.
func (w *words) number(s string, last uint32) uint32 {
	for n := int(last); n < min(int(last)+2, len(w.strings)); n++ {
		if w.strings[n] == s {
			return uint32(n)
		}
	}
	n, ok := w.numbers[s]
	if !ok {
		if w.numbers == nil {
			w.numbers = make(map[string]uint32)
		}
		n = uint32(len(w.strings))
		w.strings = append(w.strings, s)
		w.numbers[s] = n
	}
	return n
}

func (w *words) sorted() (inOrder []string, rank []uint32) {
	return ranks(w.strings, identity(len(w.strings)))
}

// names numbers ids and values: those that are known by their places, the others
// in the order of their arrival. There are many and most come once, so there is no
// map of all: a string that came long ago may get another number, and ranks make
// them one again.
type names struct {
	known    []string // sorted
	borrowed bool     // what is not known is copied
	strings  []string // the others; their numbers follow those of the known
	columns  []uint16 // of each of these: the number of the kind or field that it came with
	recent   []recent // in the place that the string's hash gives it
	missed   int      // strings that were not there, since it has this size
}

// recent is a string that came not long ago. Most that share its place do not share
// its hash: they are told apart without a look at the string.
type recent struct{ hash, number uint32 } // 1 + its number, 0 for none

const maxRecent = 1 << 14 // a power of 4

// is reports whether a number is that of a string.
func (in *names) is(n uint32, s string) bool {
	if int(n) < len(in.known) {
		return in.known[n] == s
	}
	n -= uint32(len(in.known))
	return int(n) < len(in.strings) && in.strings[n] == s
}

// number is a number of a string of a column, which is likely to be one from
// before, or to stand after it.
func (in *names) number(s string, before, column uint32) uint32 {
	if in.is(before, s) {
		return before
	}
	if next := before + 1; int(next) < len(in.known) && in.known[next] == s {
		return next
	}
	if in.missed >= len(in.recent) && len(in.recent) < maxRecent {
		in.recent, in.missed = make([]recent, max(16, 4*len(in.recent))), 0
	}
	h := hash(s)
	at := &in.recent[h&uint32(len(in.recent)-1)]
	if at.hash == h && at.number > 0 && in.is(at.number-1, s) {
		return at.number - 1
	}
	in.missed++
	n, known := search(in.known, s, int(before))
	if !known {
		n = len(in.known) + len(in.strings)
		if in.borrowed {
			s = strings.Clone(s)
		}
		in.strings, in.columns = append(in.strings, s), append(in.columns, uint16(column))
	}
	*at = recent{h, uint32(n) + 1}
	return uint32(n)
}

// sorted is the strings that were not known in order, each once, and their ranks.
// What came in one column, such as the ids of a kind, is mostly in order already.
func (in *names) sorted(columns int) (inOrder []string, rank []uint32) {
	at := make([]int, columns+1)
	for _, c := range in.columns {
		at[c+1]++
	}
	for i := range columns {
		at[i+1] += at[i]
	}
	numbers := make([]uint32, len(in.strings))
	for i, c := range in.columns {
		numbers[at[c]] = uint32(i)
		at[c]++
	}
	return ranks(in.strings, numbers)
}

// hash is of the end of a string: names differ there.
func hash(s string) uint32 {
	h := uint32(len(s))
	for i := max(0, len(s)-8); i < len(s); i++ {
		h = (h ^ uint32(s[i])) * 16777619
	}
	return h ^ h>>15
}

// search finds a string that is likely to stand a little after a place.
func search(all []string, s string, after int) (int, bool) {
	if after >= len(all) || all[after] > s {
		after = 0
	}
	step := 1
	for after+step < len(all) && all[after+step] < s {
		after, step = after+step, 2*step
	}
	n, found := slices.BinarySearch(all[after:min(after+step+1, len(all))], s)
	return after + n, found
}

// perRun is how long runs have to be for it to be worth while to merge them.
const perRun = 8

// sortRuns sorts what comes as sorted runs, one after the other: objects come file
// by file and table by table.
func sortRuns[T any](all []T, compare func(a, b T) int) {
	starts := []int{0}
	for i := 1; i < len(all); i++ {
		if compare(all[i-1], all[i]) > 0 {
			starts = append(starts, i)
		}
	}
	if len(starts) > 1+len(all)/perRun {
		slices.SortFunc(all, compare)
	} else if len(starts) > 1 {
		sortStarting(all, make([]T, len(all)), starts, compare)
	}
}

// sortStarting sorts runs that begin at starts, of which the first is where all
// begins: each half, and then both. What short runs there are is merged first.
func sortStarting[T any](all, room []T, starts []int, compare func(a, b T) int) {
	if len(starts) == 1 {
		return
	}
	half, _ := slices.BinarySearch(starts[1:len(starts)-1], starts[0]+len(all)/2)
	middle := starts[half+1] - starts[0]
	sortStarting(all[:middle], room[:middle], starts[:half+1], compare)
	sortStarting(all[middle:], room[middle:], starts[half+1:], compare)
	from, _ := slices.BinarySearchFunc(all[:middle], all[middle], compare) // before it all is in place
	mergeRuns(room[from:], all[from:middle], all[middle:], compare)
	copy(all[from:], room[from:])
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
