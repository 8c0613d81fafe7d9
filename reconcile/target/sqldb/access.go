package sqldb

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/lupa-dev/lupa/reconcile/access"
	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/target"
)

// Who has what is kept in tables of its own, which are made of the others at the
// end of every apply, so that others can ask with plain SQL what otherwise only
// package access knows. Nothing that plans or applies reads the answers: they are
// as of the last apply, and what somebody changes in the other tables by hand shows
// there after the next one.
//
// The tables hold access.Shares. Its shares and sets have a number each, which stays
// with what becomes of them, so that a right more for a group is a row more, and
// not a new share for everybody in it.
var (
	personTable = &table{name: "lupa_access_person", owner: columnsOf("text", "person", "child"), own: columnsOf("integer", "share")}
	grantTable  = &table{name: "lupa_access", owner: columnsOf("integer", "share", "rights", "places")}
	rightTable  = &table{name: "lupa_access_rights", owner: append(columnsOf("integer", "rights"), columnsOf("text", `"right"`)...)}
	placeTable  = &table{name: "lupa_access_places", owner: append(columnsOf("integer", "places"), columnsOf("text", "place")...)}
)

func columnsOf(typ string, names ...string) []column {
	columns := make([]column, len(names))
	for i, name := range names {
		columns[i] = column{name: name, typ: typ}
	}
	return columns
}

// writeAccess brings the tables to who has what by these facts, which are all that
// the target holds. What is as it should be is not touched.
func (x *tx) writeAccess(ctx context.Context, facts fact.Set) error {
	w := &accessWriter{tx: x, table: access.Load(facts)}
	w.want = w.table.Shares()
	for _, pass := range []func(context.Context) error{w.readSets, w.readPeople, w.write} {
		if err := pass(ctx); err != nil {
			return err
		}
	}
	return x.flushRows(ctx)
}

// accessWriter holds what is wanted against what the tables have.
type accessWriter struct {
	*tx
	table *access.Table
	want  *access.Shares

	rights, places accessSets
	shares         map[int64][]accessGrant // as the tables have them
	people         []access.Who            // as Persons
	was            []accessShare           // by person
	gone           []access.Who            // who has no share any more
}

type accessGrant struct{ rights, places int64 }

// accessShare is the share that somebody has in the tables.
type accessShare struct {
	number int64
	there  bool
}

// accessSets are the sets of one table, of names by their numbers. What is no name
// any more has a number beyond the others.
type accessSets struct {
	table *table
	names []string
	of    map[string]int32
	have  map[int64][]int32
}

func newAccessSets(t *table, names []string) accessSets {
	s := accessSets{table: t, names: slices.Clone(names), of: make(map[string]int32, len(names)), have: make(map[int64][]int32)}
	for i, name := range names {
		s.of[name] = int32(i)
	}
	return s
}

func (s *accessSets) read(ctx context.Context, from *session) error {
	return readTable(ctx, from, s.table, func(values []datum) {
		name := values[1].text
		n, known := s.of[name]
		if !known {
			name = strings.Clone(name)
			n = int32(len(s.names))
			s.names, s.of[name] = append(s.names, name), n
		}
		set := whole(values[0])
		s.have[set] = append(s.have[set], n)
	})
}

func whole(d datum) int64 {
	n, _ := strconv.ParseInt(d.text, 10, 64)
	return n
}

func (w *accessWriter) readSets(ctx context.Context) error {
	w.rights, w.places = newAccessSets(rightTable, w.table.RightKeys()), newAccessSets(placeTable, w.table.PlaceIDs())
	if err := w.rights.read(ctx, w.session); err != nil {
		return err
	}
	if err := w.places.read(ctx, w.session); err != nil {
		return err
	}
	w.shares = make(map[int64][]accessGrant)
	return readTable(ctx, w.session, grantTable, func(values []datum) {
		share := whole(values[0])
		w.shares[share] = append(w.shares[share], accessGrant{whole(values[1]), whole(values[2])})
	})
}

// readPeople walks over who has a share in the tables and who is to have one, both
// in the order of the table.
func (w *accessWriter) readPeople(ctx context.Context) error {
	w.people = slices.AppendSeq(make([]access.Who, 0, len(w.want.Of)), w.table.Persons())
	w.was = make([]accessShare, len(w.people))
	order := make([]int, 0, len(w.people))
	for i := range w.people {
		if w.want.Of[i] >= 0 {
			order = append(order, i)
		}
	}
	byColumns := func(person, child string, b access.Who) int {
		return cmp.Or(strings.Compare(person, b.Person), strings.Compare(child, b.Child))
	}
	slices.SortFunc(order, func(a, b int) int { return byColumns(w.people[a].Person, w.people[a].Child, w.people[b]) })
	return readTable(ctx, w.session, personTable, func(values []datum) {
		person, child := values[0].text, values[1].text
		for len(order) > 0 && byColumns(person, child, w.people[order[0]]) > 0 {
			order = order[1:]
		}
		if len(order) == 0 || byColumns(person, child, w.people[order[0]]) != 0 {
			w.gone = append(w.gone, access.Who{Person: strings.Clone(person), Child: strings.Clone(child)})
			return
		}
		w.was[order[0]] = accessShare{whole(values[2]), true}
		order = order[1:]
	})
}

// write numbers what is wanted, and writes where that differs.
func (w *accessWriter) write(ctx context.Context) error {
	follows := make(map[succession]int)
	for i, was := range w.was {
		if was.there {
			follows[succession{w.want.Of[i], was.number}]++
		}
	}
	rights := w.rights.numbers(w.want.Rights, w.between(follows, func(h access.Held) int32 { return h.Rights }, func(g accessGrant) int64 { return g.rights }))
	places := w.places.numbers(w.want.Places, w.between(follows, func(h access.Held) int32 { return h.Places }, func(g accessGrant) int64 { return g.places }))
	want := make([][]accessGrant, len(w.want.Grants))
	for i, grants := range w.want.Grants {
		for _, h := range grants {
			want[i] = append(want[i], accessGrant{rights[h.Rights], places[h.Places]})
		}
	}
	shares := number(w.shares, want, grantsKey, follows)

	for _, going := range []bool{true, false} {
		if err := w.turn(ctx, going); err != nil {
			return err
		}
		for _, pass := range []func() error{
			func() error { return w.setRows(ctx, &w.rights, rights, w.want.Rights) },
			func() error { return w.setRows(ctx, &w.places, places, w.want.Places) },
			func() error { return w.grantRows(ctx, shares, want) },
			func() error { return w.personRows(ctx, shares) },
		} {
			if err := pass(); err != nil {
				return err
			}
		}
	}
	return nil
}

// between is what the sets of shares follow on, where those shares follow on
// others: grants are paired in their order.
func (w *accessWriter) between(follows map[succession]int, want func(access.Held) int32, have func(accessGrant) int64) map[succession]int {
	sets := make(map[succession]int)
	for f, people := range follows {
		old := w.inOrder(f.have)
		for i, h := range w.want.Grants[f.want] {
			if i < len(old) {
				sets[succession{want(h), have(old[i])}] += people
			}
		}
	}
	return sets
}

// inOrder is a share of the tables, the grant with the first right first, as
// access.Shares has it.
func (w *accessWriter) inOrder(share int64) []accessGrant {
	grants := slices.Clone(w.shares[share])
	first := func(g accessGrant) int32 {
		if set := w.rights.have[g.rights]; len(set) > 0 {
			return slices.Min(set)
		}
		return 0
	}
	slices.SortStableFunc(grants, func(a, b accessGrant) int { return cmp.Compare(first(a), first(b)) })
	return grants
}

// succession is that what is wanted may take the number of what is there.
type succession struct {
	want int32
	have int64
}

// number gives a number to everything that is wanted: that of what is the same; else
// that of what it follows on, for most people, where that one is not wanted itself;
// else a new one.
func number[T any](have map[int64][]T, want [][]T, key func([]T) string, follows map[succession]int) []int64 {
	same := make(map[string]int64, len(have))
	next := int64(1)
	for n, content := range have {
		k := key(content)
		if other, twice := same[k]; !twice || n < other {
			same[k] = n
		}
		next = max(next, n+1)
	}
	numbers, given, taken := make([]int64, len(want)), make([]bool, len(want)), make(map[int64]bool)
	give := func(i int32, n int64) {
		if !given[i] && !taken[n] {
			numbers[i], given[i], taken[n] = n, true, true
		}
	}
	for i, content := range want {
		if n, ok := same[key(content)]; ok {
			give(int32(i), n)
		}
	}
	for _, f := range byPeople(follows) {
		give(f.want, f.have)
	}
	for i := range want {
		if !given[i] {
			give(int32(i), next)
			next++
		}
	}
	return numbers
}

func byPeople(follows map[succession]int) []succession {
	all := make([]succession, 0, len(follows))
	for f := range follows {
		all = append(all, f)
	}
	slices.SortFunc(all, func(a, b succession) int {
		return cmp.Or(cmp.Compare(follows[b], follows[a]), cmp.Compare(a.want, b.want), cmp.Compare(a.have, b.have))
	})
	return all
}

func (s *accessSets) numbers(want [][]int32, follows map[succession]int) []int64 {
	return number(s.have, want, setKey, follows)
}

// setKey is a set as a key, in whatever order it is told.
func setKey(set []int32) string {
	set = slices.Sorted(slices.Values(set))
	var key []byte
	for _, n := range set {
		key = binary.LittleEndian.AppendUint32(key, uint32(n))
	}
	return string(key)
}

func grantsKey(grants []accessGrant) string {
	grants = slices.SortedFunc(slices.Values(grants), compareGrants)
	var key []byte
	for _, g := range grants {
		key = binary.AppendVarint(binary.AppendVarint(key, g.rights), g.places)
	}
	return string(key)
}

func compareGrants(a, b accessGrant) int {
	return cmp.Or(cmp.Compare(a.rights, b.rights), cmp.Compare(a.places, b.places))
}

// The rows that go, when it is their turn, and then those that come.

func (w *accessWriter) setRows(ctx context.Context, s *accessSets, numbers []int64, want [][]int32) error {
	return differing(s.have, numbers, want, cmp.Compare[int32], w.going, func(set int64, n int32) error {
		return w.collect(ctx, s.table, []any{set, s.names[n]})
	})
}

func (w *accessWriter) grantRows(ctx context.Context, numbers []int64, want [][]accessGrant) error {
	return differing(w.shares, numbers, want, compareGrants, w.going, func(share int64, g accessGrant) error {
		return w.collect(ctx, grantTable, []any{share, g.rights, g.places})
	})
}

// differing visits what the numbered contents lose, or what they win.
func differing[T any](have map[int64][]T, numbers []int64, want [][]T, compare func(a, b T) int, going bool, visit func(n int64, member T) error) error {
	wanted := make(map[int64][]T, len(numbers))
	for i, n := range numbers {
		wanted[n] = want[i]
	}
	from, to := wanted, have
	if going {
		from, to = have, wanted
	}
	for _, n := range slices.Sorted(maps.Keys(from)) {
		kept := slices.SortedFunc(slices.Values(to[n]), compare)
		for _, member := range from[n] {
			if _, stays := slices.BinarySearchFunc(kept, member, compare); stays {
				continue
			}
			if err := visit(n, member); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *accessWriter) personRows(ctx context.Context, shares []int64) error {
	if w.going {
		for _, who := range w.gone {
			if err := w.collect(ctx, personTable, []any{who.Person, who.Child}); err != nil {
				return err
			}
		}
	}
	for i, who := range w.people {
		share := w.want.Of[i]
		if share < 0 || w.was[i] == (accessShare{shares[share], true}) || w.going && !w.was[i].there {
			continue
		}
		row := []any{who.Person, who.Child, shares[share]}
		if w.going {
			row = row[:2]
		}
		if err := w.collect(ctx, personTable, row); err != nil {
			return err
		}
	}
	return nil
}

// fillAccess writes who has what where an upgrade of the tables, or one that ended
// half-way, left nothing of it.
func fillAccess(ctx context.Context, db *sql.DB, kind *dialect, lock string) error {
	s, err := begin(ctx, db, kind, lock)
	if err != nil {
		return err
	}
	defer s.Rollback()
	snap, err := readSnapshot(ctx, s, fact.Scope{})
	if err != nil {
		return err
	}
	x := newTx(s)
	if err := x.writeAccess(ctx, snap.Now); err != nil {
		return err
	}
	return s.commit(ctx)
}

// errAccess is that the tables do not say who has what by the facts beside them.
var errAccess = fmt.Errorf("%w: its view who_has_what does not follow from what it holds", target.ErrDamaged)

// Check reads all that the target holds, and holds the tables of who has what
// against it. Where somebody changed facts by hand since, those are as of before.
func (r *Reader) Check(ctx context.Context) error {
	s, err := begin(ctx, r.db, r.kind, r.kind.beginRead)
	if err != nil {
		return err
	}
	defer s.Rollback()
	state, err := readState(ctx, s)
	if err != nil {
		return err
	}
	all, _, err := readAll(ctx, s, true)
	if err != nil || all.Digest().String() != state.seal.facts {
		return err
	}
	x := newTx(s)
	x.dry = true
	if err := x.writeAccess(ctx, all); err != nil {
		return err
	}
	if x.differs > 0 {
		return errAccess
	}
	return nil
}

// mend writes who has what anew where it does not follow from the facts.
func (d *DB) mend(ctx context.Context, lock string) error {
	r := Reader{db: d.db, kind: d.kind}
	if err := r.Check(ctx); !errors.Is(err, errAccess) {
		return err
	}
	if err := fillAccess(ctx, d.db, d.kind, lock); err != nil {
		return err
	}
	return d.kind.seal(ctx, d.db)
}

// lacksAccess reports whether there are people, and nothing on who has what.
func lacksAccess(ctx context.Context, db *sql.DB) (lacks bool, err error) {
	err = db.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM person) AND NOT EXISTS (SELECT 1 FROM lupa_access_person)").Scan(&lacks)
	return lacks, classify(err)
}
