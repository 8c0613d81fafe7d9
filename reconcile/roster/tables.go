package roster

import (
	"hash/maphash"
	"slices"
	"strings"
)

// table is rows by their ids. Files often name the rows of another in its order,
// so that the next is found without a look into the index.
type table[T any] struct {
	rows []T
	ids  []string // parallel to rows as far as it goes, "" for a row without one
	byID index
	last int32
}

func (t *table[T]) find(id string) (int32, bool) {
	for i := t.last; i < t.last+2 && int(i) < len(t.ids); i++ {
		if t.ids[i] == id && id != "" {
			t.last = i
			return i, true
		}
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
		t.ids = append(append(t.ids, make([]string, int(i)-len(t.ids))...), id)
		t.byID.add(t.ids, i)
	}
	return i
}

// grow makes room for so many rows more.
func (t *table[T]) grow(rows int, ids bool) {
	t.rows = slices.Grow(t.rows, rows)
	if ids {
		t.ids = slices.Grow(t.ids, rows)
		t.byID.grow(t.ids, len(t.ids)+rows)
	}
}

// index finds ids in a slice. It holds their places and nothing else, so that
// those of a million people are small.
type index struct {
	slots []int32 // 1 + a place, 0 for none; a power of two, at most half of them taken
	taken int
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

func (x *index) find(ids []string, id string) (int32, bool) {
	if x.taken == 0 || id == "" {
		return 0, false
	}
	at := x.slots[x.slot(ids, id)]
	return at - 1, at > 0
}

// add adds the id at a place; of two that are the same the last is found.
func (x *index) add(ids []string, at int32) {
	x.grow(ids[:at], x.taken+1)
	i := x.slot(ids, ids[at])
	if x.slots[i] == 0 {
		x.taken++
	}
	x.slots[i] = at + 1
}

// grow makes room for so many ids in all.
func (x *index) grow(ids []string, total int) {
	if 2*total <= len(x.slots) {
		return
	}
	size := 64
	for size < 2*total {
		size *= 2
	}
	x.slots, x.taken, x.seed = make([]int32, size), 0, maphash.MakeSeed()
	for at, id := range ids {
		if id != "" {
			x.add(ids, int32(at))
		}
	}
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
