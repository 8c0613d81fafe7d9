package fact

import (
	"iter"
	"slices"
	"strings"
	"sync/atomic"
)

// Set is a sorted set of facts, each once. The zero Set is empty. A Set never
// changes after it was made, and may be used from several goroutines.
type Set struct {
	t    *table
	rows []row
}

// table holds the strings of a set's rows, sorted, so that comparing numbers
// is comparing strings. It may hold more strings than the rows use.
type table struct {
	words []string // kinds and fields: few
	names []string // ids and values: many

	digested atomic.Pointer[digested]
}

// row is a fact as numbers: a = kind(16) id(32) field(16), b = row(32)
// value(32). Comparing (a, b) is comparing facts.
type row struct{ a, b uint64 }

var noStrings = new(table)

func (s Set) table() *table {
	if s.t == nil {
		return noStrings
	}
	return s.t
}

func pack(kind, id, field, n, value uint32) row {
	return row{uint64(kind)<<48 | uint64(id)<<16 | uint64(field), uint64(n)<<32 | uint64(value)}
}

func (r row) kind() uint32   { return uint32(r.a >> 48) }
func (r row) id() uint32     { return uint32(r.a >> 16) }
func (r row) field() uint32  { return uint32(r.a & 0xffff) }
func (r row) n() uint32      { return uint32(r.b >> 32) }
func (r row) value() uint32  { return uint32(r.b) }
func (r row) object() uint64 { return r.a >> 16 }

func (r row) compare(o row) int {
	switch {
	case r.a < o.a || r.a == o.a && r.b < o.b:
		return -1
	case r == o:
		return 0
	}
	return 1
}

// Of is the set of the given facts.
func Of(facts ...Fact) Set {
	var b Builder
	for _, f := range facts {
		b.Add(f)
	}
	return b.Set()
}

// Len is the number of facts.
func (s Set) Len() int { return len(s.rows) }

func (t *table) fact(r row) Fact {
	return Fact{t.key(r), t.words[r.field()], int(r.n()), t.names[r.value()]}
}

func (t *table) key(r row) Key { return Key{t.words[r.kind()], t.names[r.id()]} }

// At is the fact at a position, 0 to Len()-1.
func (s Set) At(i int) Fact { return s.t.fact(s.rows[i]) }

// All yields every fact with its position, in order.
func (s Set) All() iter.Seq2[int, Fact] {
	return func(yield func(int, Fact) bool) {
		for i, r := range s.rows {
			if !yield(i, s.t.fact(r)) {
				return
			}
		}
	}
}

// Objects yields every object with the set of its facts, in order.
func (s Set) Objects() iter.Seq2[Key, Set] {
	return func(yield func(Key, Set) bool) {
		for i := 0; i < len(s.rows); {
			end := s.objectEnd(i)
			if !yield(s.t.key(s.rows[i]), Set{s.t, s.rows[i:end]}) {
				return
			}
			i = end
		}
	}
}

// objectEnd is the position after the last fact of the object at i.
func (s Set) objectEnd(i int) int {
	o, end := s.rows[i].object(), i+1
	for end < len(s.rows) && s.rows[end].object() == o {
		end++
	}
	return end
}

// objects is how many objects the set speaks of.
func (s Set) objects() (n int) {
	for i := 0; i < len(s.rows); i = s.objectEnd(i) {
		n++
	}
	return n
}

// Kind is the part of the set that speaks of objects of one kind.
func (s Set) Kind(kind string) Set {
	k, ok := slices.BinarySearch(s.table().words, kind)
	if !ok {
		return Set{}
	}
	return s.between(uint64(k)<<48, uint64(k+1)<<48)
}

// Object is the part of the set that speaks of one object.
func (s Set) Object(key Key) Set {
	k, ok1 := slices.BinarySearch(s.table().words, key.Kind)
	id, ok2 := slices.BinarySearch(s.table().names, key.ID)
	if !ok1 || !ok2 {
		return Set{}
	}
	o := uint64(k)<<32 | uint64(id)
	return s.between(o<<16, (o+1)<<16)
}

func (s Set) between(from, to uint64) Set {
	rows := s.rows[firstAt(s.rows, from):]
	near := rows // most objects have a few facts
	if len(rows) > 64 && rows[64].a >= to {
		near = rows[:64]
	}
	return Set{s.t, rows[:firstAt(near, to)]}
}

// firstAt is where the first row stands that is not before a kind, id and field.
func firstAt(rows []row, a uint64) int {
	from, to := 0, len(rows)
	for from < to {
		if middle := int(uint(from+to) / 2); rows[middle].a < a {
			from = middle + 1
		} else {
			to = middle
		}
	}
	return from
}

// Start is the position in s of the first fact of part, which must be a part
// that Objects, Kind or Object took from s.
func (s Set) Start(part Set) int {
	if len(part.rows) == 0 {
		return 0
	}
	i, _ := slices.BinarySearchFunc(s.rows, part.rows[0], row.compare)
	return i
}

// Has reports whether the set knows the object at all.
func (s Set) Has(key Key) bool { return s.Object(key).Len() > 0 }

// Field is the part of an object's set that speaks of one field. The set must
// be of one object.
func (s Set) Field(field string) Set {
	from := 0
	for from < len(s.rows) && s.t.words[s.rows[from].field()] != field {
		from++
	}
	to := from
	for to < len(s.rows) && s.rows[to].field() == s.rows[from].field() {
		to++
	}
	return Set{s.t, s.rows[from:to]}
}

// Only is the part of the set that speaks of one field, of whatever objects.
func (s Set) Only(field string) Set {
	w, ok := slices.BinarySearch(s.table().words, field)
	if !ok {
		return Set{}
	}
	n := 0
	for _, r := range s.rows {
		if r.field() == uint32(w) {
			n++
		}
	}
	if n == 0 {
		return Set{}
	}
	rows := make([]row, 0, n)
	for _, r := range s.rows {
		if r.field() == uint32(w) {
			rows = append(rows, r)
		}
	}
	return Set{s.t, rows}
}

// Values are the values of a field of an object, in order.
func (s Set) Values(field string) []string {
	var values []string
	for _, r := range s.Field(field).rows {
		values = append(values, s.t.names[r.value()])
	}
	return values
}

// Value is the first value of a field of an object, "" where it has none.
func (s Set) Value(field string) string {
	if f := s.Field(field); len(f.rows) > 0 {
		return s.t.names[f.rows[0].value()]
	}
	return ""
}

// Equal reports whether both sets hold the same facts.
func (s Set) Equal(o Set) bool {
	if len(s.rows) != len(o.rows) {
		return false
	}
	a, b := align(s, o)
	return slices.Equal(a.rows, b.rows)
}

// Plus is the union of both sets.
func (s Set) Plus(o Set) Set {
	if len(s.rows) == 0 {
		return o
	}
	if len(o.rows) == 0 {
		return s
	}
	a, b := align(s, o)
	rows := make([]row, 0, len(a.rows)+len(b.rows))
	merge(a.rows, b.rows, func(r row, inA, inB bool) { rows = append(rows, r) })
	return Set{a.t, rows}
}

// Minus is what s holds and o does not.
func (s Set) Minus(o Set) Set {
	if len(s.rows) == 0 || len(o.rows) == 0 {
		return s
	}
	a, b := align(s, o)
	rows := make([]row, 0, len(a.rows))
	merge(a.rows, b.rows, func(r row, inA, inB bool) {
		if !inB {
			rows = append(rows, r)
		}
	})
	return Set{a.t, rows}
}

// Where is the part of the set that speaks of the objects for which keep
// holds, which is asked once an object.
func (s Set) Where(keep func(Key) bool) Set {
	rows := make([]row, 0, len(s.rows))
	for key, o := range s.Objects() {
		if keep(key) {
			rows = append(rows, o.rows...)
		}
	}
	return Set{s.t, rows}
}

// Without is the part of the set that speaks of objects of which o says nothing.
func (s Set) Without(o Set) Set {
	if len(o.rows) == 0 {
		return s
	}
	a, b := align(s, o)
	rows := make([]row, 0, 16)
	j := 0
	for i := 0; i < len(a.rows); {
		end := a.objectEnd(i)
		for j < len(b.rows) && b.rows[j].object() < a.rows[i].object() {
			j++
		}
		if j == len(b.rows) || b.rows[j].object() != a.rows[i].object() {
			rows = append(rows, a.rows[i:end]...)
		}
		i = end
	}
	return Set{a.t, rows}
}

// merge walks two sorted slices at once and says for each row where it stands.
func merge(a, b []row, visit func(r row, inA, inB bool)) {
	for len(a) > 0 && len(b) > 0 {
		switch a[0].compare(b[0]) {
		case -1:
			visit(a[0], true, false)
			a = a[1:]
		case 1:
			visit(b[0], false, true)
			b = b[1:]
		default:
			visit(a[0], true, true)
			a, b = a[1:], b[1:]
		}
	}
	for _, r := range a {
		visit(r, true, false)
	}
	for _, r := range b {
		visit(r, false, true)
	}
}

// Align gives sets one table of strings, so that what is done with them
// afterwards needs no copies. Tables are sorted, and a row's numbers grow with
// its strings, so the rows keep their order: nothing is sorted again.
func Align(sets ...Set) []Set {
	out := slices.Clone(sets)
	for i := 1; i < len(out); i++ {
		first, next := out[0], out[i]
		if first.table() == next.table() {
			continue
		}
		if slices.Equal(first.table().words, next.table().words) && slices.Equal(first.table().names, next.table().names) {
			out[i] = Set{first.t, next.rows} // much the same was declared and is there
			continue
		}
		words, w0, wi := union(first.table().words, next.table().words)
		names, n0, ni := union(first.table().names, next.table().names)
		t := &table{words: words, names: names}
		if len(words) == len(first.table().words) && len(names) == len(first.table().names) {
			t = first.table() // it has all that the next one has
		} else {
			for j := range out[:i] {
				out[j] = out[j].renumber(t, w0, n0)
			}
		}
		out[i] = next.renumber(t, wi, ni)
	}
	return out
}

func align(a, b Set) (Set, Set) {
	if a.t == b.t || len(a.rows) == 0 && len(b.rows) == 0 {
		return a, b
	}
	both := Align(a, b)
	return both[0], both[1]
}

func (s Set) renumber(t *table, words, names []uint32) Set {
	rows := make([]row, len(s.rows))
	for i, r := range s.rows {
		rows[i] = r.renumber(words, names)
	}
	return Set{t, rows}
}

func (r row) renumber(words, names []uint32) row {
	return pack(words[r.kind()], names[r.id()], words[r.field()], r.n(), names[r.value()])
}

// union merges two sorted slices of strings and says where each old position
// went.
func union(a, b []string) (all []string, fromA, fromB []uint32) {
	all = make([]string, 0, max(len(a), len(b)))
	fromA, fromB = make([]uint32, len(a)), make([]uint32, len(b))
	for i, j := 0, 0; i < len(a) || j < len(b); {
		c := 0
		switch {
		case i == len(a):
			c = 1
		case j == len(b):
			c = -1
		default:
			c = strings.Compare(a[i], b[j])
		}
		at := uint32(len(all))
		if c <= 0 {
			all = append(all, a[i])
			fromA[i] = at
			i++
		} else {
			all = append(all, b[j])
		}
		if c >= 0 {
			fromB[j] = at
			j++
		}
	}
	return all, fromA, fromB
}

// Index is the position of a fact in the set.
func (s Set) Index(f Fact) (int, bool) {
	return slices.BinarySearchFunc(s.rows, f, func(r row, f Fact) int { return s.t.fact(r).Compare(f) })
}
