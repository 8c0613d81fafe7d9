package fact

import (
	"encoding/binary"
	"hash/maphash"
	"iter"
	"slices"
)

// Alike is the objects of a set, where those of which the same is said are told
// together: a hundred thousand people differ in a few hundred ways.
type Alike struct {
	set    Set
	starts []int32 // of each object in set, and behind the last one its end
	of     []int32 // what is said of each object, numbered in the order in which it comes
	first  []int32 // of each of these the first object
}

// Alike finds which objects are alike: those of one kind that have the same facts.
// Of the fields for which counts is false it is enough that both have them as
// often, filled or empty; where counts is nil, all count.
func (s Set) Alike(counts func(field string) bool) *Alike {
	seed := maphash.MakeSeed()
	return s.alike(counts, func(said []byte) uint64 { return maphash.Bytes(seed, said) })
}

// alike finds them by a hash of what is said of each. Where others have the same
// hash, an object stands under the next that is free.
func (s Set) alike(counts func(field string) bool, hash func(said []byte) uint64) *Alike {
	objects := s.objects()
	a := &Alike{set: s, starts: make([]int32, 1, objects+1), of: make([]int32, 0, objects)}
	counted := make([]bool, len(s.table().words))
	for i, field := range s.table().words {
		counted[i] = counts == nil || counts(field)
	}
	const filled, empty = 0, 1
	nameless := len(s.table().names) > 0 && s.table().names[0] == ""
	value := func(r row) uint64 {
		switch {
		case counted[r.field()]:
			return r.b
		case nameless && r.value() == 0:
			return empty
		}
		return filled
	}
	same := func(x, y row) bool { return x.kind() == y.kind() && x.field() == y.field() && value(x) == value(y) }
	numbers := make(map[uint64]int32)
	var said []byte
	for i := 0; i < len(s.rows); {
		end := s.objectEnd(i)
		said = said[:0]
		for _, r := range s.rows[i:end] {
			said = binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint16(said, uint16(r.field())), value(r))
		}
		h := hash(said)
		n, known := numbers[h]
		for known && !slices.EqualFunc(s.rows[i:end], a.rows(a.first[n]), same) {
			h++
			n, known = numbers[h]
		}
		if !known {
			n = int32(len(a.first))
			numbers[h], a.first = n, append(a.first, int32(len(a.of)))
		}
		a.of = append(a.of, n)
		i = end
		a.starts = append(a.starts, int32(i))
	}
	return a
}

// Len is how many objects there are.
func (a *Alike) Len() int { return len(a.of) }

// Ways is in how many ways the objects differ.
func (a *Alike) Ways() int { return len(a.first) }

// All yields every object in order, with the number of what is said of it.
func (a *Alike) All() iter.Seq2[int, Set] {
	return func(yield func(int, Set) bool) {
		for i, n := range a.of {
			if !yield(int(n), a.object(int32(i))) {
				return
			}
		}
	}
}

// Where yields the objects for which is holds, in order. It is asked once of those
// that are alike.
func (a *Alike) Where(is func(object Set) bool) iter.Seq2[Key, Set] {
	return func(yield func(Key, Set) bool) {
		holds, any := make([]bool, len(a.first)), false
		for n, i := range a.first {
			holds[n] = is(a.object(i))
			any = any || holds[n]
		}
		if !any {
			return
		}
		for i, n := range a.of {
			if o := a.object(int32(i)); holds[n] && !yield(o.At(0).Key, o) {
				return
			}
		}
	}
}

func (a *Alike) object(i int32) Set { return Set{a.set.t, a.rows(i)} }

func (a *Alike) rows(i int32) []row { return a.set.rows[a.starts[i]:a.starts[i+1]] }
