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

// TestTableInOrder: ids that came in their order are found by whoever asks for them
// in it, with gaps of any length, or for others in between.
func TestTableInOrder(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 8))
	for range 100 {
		var rows table[int]
		want := make(map[string]int32)
		name := func(n int) string { return fmt.Sprintf("c-%05d", n) }
		for n := 0; n < 2_000; n += 1 + rnd.IntN(3) {
			id := name(n)
			if _, found := rows.find(id); found {
				t.Fatalf("%s: found before it was there", id)
			}
			want[id] = rows.add(id, n)
		}
		if rnd.IntN(4) == 0 {
			want["b"] = rows.add("b", 0)
		}
		for n := range 2 * 2_000 {
			if n = n % 2_000; rnd.IntN(20) == 0 {
				n += rnd.IntN(2 * near)
			}
			at, known := want[name(n)]
			if got, found := rows.find(name(n)); found != known || known && got != at {
				t.Fatalf("%s: found %v at %d, want %v at %d", name(n), found, got, known, at)
			}
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
