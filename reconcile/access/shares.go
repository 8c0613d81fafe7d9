package access

import (
	"encoding/binary"
	"slices"
)

// Shares is what everybody may do, told once for all who may do the same at the
// same places, however they came by it. Sets of rights and of places are told
// once each: people who differ in one school do not repeat the rights, and people
// who differ in one right do not repeat three thousand schools. So it is no longer
// than the Table is large.
type Shares struct {
	Rights [][]int32 // sets of rights: positions in RightKeys, sorted
	Places [][]int32 // sets of places: positions in PlaceIDs, sorted; none is empty
	Grants [][]Held  // by share: together everything, each right in one of them
	Of     []int32   // by position in Persons: the share, -1 where nothing is allowed
}

// Held is that each right of one set is had at each place of another: positions
// in Shares.Rights and Shares.Places.
type Held struct{ Rights, Places int32 }

// Shares groups everybody by what they may do. Sets and shares are in the order in
// which the first of Persons needs them.
func (t *Table) Shares() *Shares {
	type given struct {
		has   *entitled
		reach *reach
		inst  *installation // for where its maintainers reach
	}
	s := &sharer{of: make(map[string]int32), rights: newSets(), places: newSets()}
	known := make(map[given]int32)
	s.Of = make([]int32, len(t.rows))
	for i := range t.rows {
		r := &t.rows[i]
		key := given{r.has, r.reach, r.inst}
		share, ok := known[key]
		if !ok {
			share = s.share(r)
			known[key] = share
		}
		s.Of[i] = share
	}
	s.Rights, s.Places = s.rights.all, s.places.all
	return &s.Shares
}

type sharer struct {
	Shares
	rights, places sets
	of             map[string]int32 // share by its grants
	key            []byte
}

// share is the share of one Who, rights with the same places in one grant, the
// grant with the first right first.
func (s *sharer) share(r *row) int32 {
	var at []int32 // the places of each grant
	var rights [][]int32
	for i := range r.has.entries {
		e := &r.has.entries[i]
		places := r.places(e.scope, e)
		if len(places) == 0 {
			continue
		}
		set := s.places.number(places)
		n := slices.Index(at, set)
		if n < 0 {
			n, at, rights = len(at), append(at, set), append(rights, nil)
		}
		rights[n] = append(rights[n], e.right)
	}
	if len(at) == 0 {
		return -1
	}
	grants := make([]Held, len(at))
	s.key = s.key[:0]
	for i := range at {
		grants[i] = Held{s.rights.number(rights[i]), at[i]}
		s.key = binary.AppendUvarint(binary.AppendUvarint(s.key, uint64(grants[i].Rights)), uint64(grants[i].Places))
	}
	share, ok := s.of[string(s.key)]
	if !ok {
		share = int32(len(s.Grants))
		s.of[string(s.key)] = share
		s.Grants = append(s.Grants, grants)
	}
	return share
}

// sets numbers sorted lists, none of them empty, by what is in them. A list that is
// the very same as one before is not looked through again: what reaches all schools
// is one list for everybody.
type sets struct {
	all  [][]int32
	of   map[string]int32
	seen map[span]int32
	key  []byte
}

type span struct {
	first *int32
	len   int
}

func newSets() sets { return sets{of: make(map[string]int32), seen: make(map[span]int32)} }

func (s *sets) number(list []int32) int32 {
	at := span{&list[0], len(list)}
	n, ok := s.seen[at]
	if ok {
		return n
	}
	s.key = s.key[:0]
	for _, n := range list {
		s.key = binary.LittleEndian.AppendUint32(s.key, uint32(n))
	}
	if n, ok = s.of[string(s.key)]; !ok {
		n = int32(len(s.all))
		s.of[string(s.key)] = n
		s.all = append(s.all, list)
	}
	s.seen[at] = n
	return n
}
