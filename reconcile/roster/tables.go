package roster

import (
	"hash/maphash"
	"slices"
	"strings"
)

// table is rows by their ids. Files often name the rows of another in its order,
// so that the next is found without a look into the index; and often the rows of a
// file come in the order of their ids, so that a new one is known to be new. Where
// both are so there is no index: it is made when it is first needed.
type table[T any] struct {
	rows    []T
	ids     []string // parallel to rows as far as it goes, "" for a row without one
	highest string   // of all ids
	mixed   bool     // they do not come in their order
	byID    index
	last    int32
}

// near is how far behind the last row found one is looked for without the index.
const near = 128

func (t *table[T]) find(id string) (int32, bool) {
	if id > t.highest || id == "" {
		return 0, false
	}
	for i := t.last; i < t.last+2 && int(i) < len(t.ids); i++ {
		if t.ids[i] == id {
			t.last = i
			return i, true
		}
	}
	if ahead := t.ids[t.last:min(int(t.last)+near, len(t.ids))]; !t.mixed && id > ahead[0] && id <= ahead[len(ahead)-1] {
		if n, ok := slices.BinarySearch(ahead, id); ok {
			t.last += int32(n)
			return t.last, true
		}
		return 0, false
	}
	i, ok := t.byID.find(t.ids, id)
	if ok {
		t.last = i
	}
	return i, ok
}

func (t *table[T]) add(id string, row T) int32 {
	i := int32(len(t.rows))
	t.rows = append(t.rows, row)
	if id != "" {
		without := int(i) - len(t.ids)
		t.ids = append(append(t.ids, make([]string, without)...), id)
		t.mixed = t.mixed || without > 0 || id <= t.highest
		t.highest = max(t.highest, id)
	}
	return i
}

// grow makes room for so many rows more.
func (t *table[T]) grow(rows int, ids bool) {
	t.rows = room(t.rows, rows)
	if ids {
		t.ids = room(t.ids, rows)
	}
}

// room is slices.Grow, which would touch all of the room at once.
func room[T any](all []T, more int) []T {
	if cap(all)-len(all) >= more {
		return all
	}
	return append(make([]T, 0, len(all)+more), all...)
}

// index finds ids in a slice that grows. It holds their places and nothing else, so
// that those of a million people are small.
type index struct {
	slots []int32 // 1 + a place, 0 for none; a power of two, at most half of them taken
	known int     // so many ids of the slice are in it
	seed  maphash.Seed
}

// slot is where an id is, or would be.
func (x *index) slot(ids []string, id string) int {
	last := len(x.slots) - 1
	i := int(maphash.String(x.seed, id)) & last
	for x.slots[i] > 0 && ids[x.slots[i]-1] != id {
		i = (i + 1) & last
	}
	return i
}

// find finds an id; of two that are the same the last.
func (x *index) find(ids []string, id string) (int32, bool) {
	if 2*len(ids) > len(x.slots) {
		x.slots, x.known, x.seed = make([]int32, sizeFor(cap(ids))), 0, maphash.MakeSeed()
	}
	for ; x.known < len(ids); x.known++ {
		if ids[x.known] != "" {
			x.slots[x.slot(ids, ids[x.known])] = int32(x.known) + 1
		}
	}
	at := x.slots[x.slot(ids, id)]
	return at - 1, at > 0
}

// sizeFor is how many slots so many ids need.
func sizeFor(ids int) int {
	size := 64
	for size < 2*ids {
		size *= 2
	}
	return size
}

// texts keeps texts, many in one piece of memory.
type texts struct{ room strings.Builder }

// pieceBytes is how much memory texts share.
const pieceBytes = 64 << 10

// keep is the same text, without what it is a part of.
func (t *texts) keep(text string) string {
	if t.room.Cap()-t.room.Len() < len(text) {
		t.room = strings.Builder{}
		t.room.Grow(max(pieceBytes, len(text)))
	}
	from := t.room.Len()
	t.room.WriteString(text)
	return t.room.String()[from:]
}
