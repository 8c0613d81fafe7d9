package roster

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestTable: rows are found by their ids as a map finds them, whatever order ids
// are added and asked for in, and whether there was room for them or not.
func TestTable(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		var rows table[int]
		want := make(map[string]int32)
		ids := 1 + rnd.IntN(300)
		if rnd.IntN(2) == 0 {
			rows.grow(rnd.IntN(ids), true)
		}
		for n := range 2 * ids {
			id := fmt.Sprint("c-", rnd.IntN(ids))
			at, known := want[id]
			if got, found := rows.find(id); found != known || known && got != at {
				t.Fatalf("%s: found %v at %d, want %v at %d", id, found, got, known, at)
			}
			switch {
			case rnd.IntN(8) == 0:
				rows.add("", n) // a row without an id
			case !known:
				want[id] = rows.add(id, n)
				if rows.rows[want[id]] != n {
					t.Fatalf("%s: stands for %d, want %d", id, rows.rows[want[id]], n)
				}
			}
			if rnd.IntN(50) == 0 {
				rows.grow(rnd.IntN(ids), true)
			}
		}
		if _, found := rows.find(""); found {
			t.Fatal("a row without an id is found by it")
		}
	}
}

// TestTexts: what is kept is what was given, and stays so.
func TestTexts(t *testing.T) {
	var kept texts
	var got, want []string
	rnd := rand.New(rand.NewPCG(5, 6))
	for i := range 20_000 {
		text := fmt.Sprintf("%0*d", rnd.IntN(20), i)
		if i%5_000 == 0 {
			text = fmt.Sprintf("%*d", 2*pieceBytes, i)
		}
		got, want = append(got, kept.keep(text)), append(want, text)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("%d: kept %q, want %q", i, got[i], want[i])
		}
	}
}
