package fact

import "slices"

// Change is what has to happen to one object: the facts that go and the facts
// that come. An object that goes or comes whole has its Field "" among them.
type Change struct {
	Key Key
	Del Set
	Add Set
}

// Diff is what turns have into want, object by object, in one walk over both:
// have.Apply(Diff(have, want)) equals want.
func Diff(have, want Set) []Change {
	have, want = align(have, want)
	var changes []Change
	i, j := 0, 0
	for i < len(have.rows) || j < len(want.rows) {
		if i < len(have.rows) && j < len(want.rows) && have.rows[i] == want.rows[j] {
			i, j = i+1, j+1 // most of what a target holds is as it is to be
			continue
		}
		var del, add []row
		switch {
		case j == len(want.rows) || i < len(have.rows) && have.rows[i].object() < want.rows[j].object():
			end := have.objectEnd(i)
			del, i = have.rows[i:end], end
		case i == len(have.rows) || want.rows[j].object() < have.rows[i].object():
			end := want.objectEnd(j)
			add, j = want.rows[j:end], end
		default:
			iEnd, jEnd := have.objectEnd(i), want.objectEnd(j)
			if slices.Equal(have.rows[i:iEnd], want.rows[j:jEnd]) {
				i, j = iEnd, jEnd
				continue
			}
			del, add = difference(have.rows[i:iEnd], want.rows[j:jEnd])
			i, j = iEnd, jEnd
		}
		switch {
		case len(del) > 0:
			changes = append(changes, Change{have.t.key(del[0]), Set{have.t, del}, Set{want.t, add}})
		case len(add) > 0:
			changes = append(changes, Change{want.t.key(add[0]), Set{}, Set{want.t, add}})
		}
	}
	return changes
}

func difference(have, want []row) (del, add []row) {
	merge(have, want, func(r row, inHave, inWant bool) {
		switch {
		case !inWant:
			del = append(del, r)
		case !inHave:
			add = append(add, r)
		}
	})
	return del, add
}

// Apply is the set after the changes. Facts to remove that are not there, and
// facts to add that are, make no difference.
func (s Set) Apply(changes ...Change) Set {
	var del, add Builder
	for _, c := range changes {
		del.AddSet(c.Del)
		add.AddSet(c.Add)
	}
	return s.Minus(del.Set()).Plus(add.Set())
}
