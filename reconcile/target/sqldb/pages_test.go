package sqldb

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/target"
)

// TestPages: rows that are taken from pages are those that SQLite tells, whatever they
// hold and however the table came to be what it is.
func TestPages(t *testing.T) {
	texts := func(r *rand.Rand) any {
		switch r.IntN(12) {
		case 0:
			return nil
		case 1:
			return r.Int64() - r.Int64()
		case 2:
			return r.IntN(5) - 2
		case 3:
			return 1 << r.IntN(62)
		case 4:
			return r.NormFloat64()
		case 5:
			return strings.Repeat("pitkä ", r.IntN(2500)) // goes on in other pages
		case 6:
			return []byte{0, 1, byte(r.IntN(256))}
		case 7:
			return ""
		}
		return fmt.Sprintf("mallila/t-%d", r.IntN(1e6))
	}
	for seed := range uint64(12) {
		r := rand.New(rand.NewPCG(seed, 0))
		path := filepath.Join(t.TempDir(), "pages.db")
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		db, err := open(path, "rw")
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		run := func(statement string, args ...any) {
			t.Helper()
			if _, err := db.ExecContext(t.Context(), statement, args...); err != nil {
				t.Fatalf("%s: %v", statement, err)
			}
		}
		run(fmt.Sprintf("PRAGMA page_size = %d; PRAGMA auto_vacuum = %d", 512<<r.IntN(5), r.IntN(2)))
		run("CREATE TABLE plain (a, b, k, l, PRIMARY KEY (k, l)) WITHOUT ROWID")
		run("CREATE TABLE rowid (a, b, k, l, PRIMARY KEY (k, l))")
		run("CREATE TABLE made (a, b, k, l, c AS (a || 'x'), PRIMARY KEY (k, l)) WITHOUT ROWID")
		names := []string{"plain", "rowid", "made"}
		fill := func(columns string, n int) {
			run("BEGIN")
			for i := range n {
				for _, name := range names {
					run("INSERT INTO "+name+" (k, l, "+columns+") VALUES (?, ?, ?, ?)", fmt.Sprint(r.IntN(1000), " ", i, columns), r.IntN(9), texts(r), texts(r))
				}
			}
			run("COMMIT")
		}
		fill("a, b", r.IntN(600))
		for i, added := range []string{"d", "e DEFAULT 0", "f NOT NULL DEFAULT 0"} {
			for _, name := range names {
				run("ALTER TABLE " + name + " ADD COLUMN " + added)
				run("DELETE FROM "+name+" WHERE k LIKE ?", fmt.Sprint(i, "%"))
			}
		}
		fill("d, e", r.IntN(100))
		if seed%3 == 0 { // of these a row that lacks it holds more than none or 0
			run("ALTER TABLE plain ADD COLUMN g DEFAULT 'x'")
			run("ALTER TABLE rowid ADD COLUMN g; ALTER TABLE made ADD COLUMN g")
		}
		run("BEGIN")
		run("UPDATE plain SET a = 'not committed' WHERE k LIKE '7%'")
		run("ROLLBACK")
		s, err := begin(t.Context(), db, onFile, "BEGIN")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.exec(t.Context(), "UPDATE plain SET b = k || 'not committed' WHERE k LIKE '8%'"); err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			table := &table{name: name, owner: columnsOf("text", "k", "l"), fields: columnsOf("text", "f", "a", "b", "e", "d")}
			if seed%3 == 0 {
				table.fields = columnsOf("text", "f", "g", "a")
			}
			var got, want [][]datum
			collect := func(into *[][]datum) func([]datum) {
				return func(row []datum) { *into = append(*into, append([]datum(nil), row...)) }
			}
			if err := readPages(t.Context(), s, table, collect(&got)); err != nil {
				t.Fatal(err)
			}
			if err := selectRows(t.Context(), s, table, collect(&want)); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("seed %d, %s: %d rows from pages, %d by SQLite, and they differ", seed, name, len(got), len(want))
			}
		}
		if taken := s.layouts["plain"] != nil; taken != (seed%3 != 0) || s.layouts["rowid"] != nil || s.layouts["made"] != nil {
			t.Errorf("seed %d: taken from pages: %v", seed, s.layouts)
		}
		if err := s.Rollback(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestMalformedPages: whatever a page holds, reading it comes to an end, and what it
// cannot be is damage.
func TestMalformedPages(t *testing.T) {
	path := fresh(t)
	fill(t, path, teachers(300))
	exec(t, path, "UPDATE person SET kind = hex(zeroblob(3000)) WHERE id LIKE '%7'")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 1))
	damaged := 0
	const times = 400
	for i := range times {
		data := bytes.Clone(whole)
		for range 1 + i%4 {
			page := 1 + r.IntN(len(data)/4096-1)
			data[page*4096+r.IntN([]int{16, 64, 4096}[r.IntN(3)])] = byte(r.IntN(256))
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		db, err := open(path, "ro")
		if err != nil {
			t.Fatal(err)
		}
		s, err := begin(t.Context(), db, onFile, "BEGIN")
		if err == nil {
			_, err = readFacts(t.Context(), s, fact.Set{})
			_ = s.Rollback()
		}
		if err != nil && !errors.Is(err, target.ErrDamaged) {
			t.Errorf("%v, want %v", err, target.ErrDamaged)
		}
		if err != nil {
			damaged++
		}
		db.Close()
	}
	if damaged < times/10 {
		t.Errorf("%d of %d damages were noticed: too few to tell anything", damaged, times)
	}
}

// TestCircles: a tree that leads back into itself, again and again, is damage.
func TestCircles(t *testing.T) {
	path := fresh(t)
	fill(t, path, teachers(2000))
	db, err := open(path, "rw")
	if err != nil {
		t.Fatal(err)
	}
	var root int
	err = db.QueryRowContext(t.Context(), "SELECT rootpage FROM sqlite_schema WHERE name = 'person'").Scan(&root)
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	page := data[(root-1)*4096 : root*4096]
	cells := int(binary.BigEndian.Uint16(page[3:]))
	if page[0] != inner || cells < 3 {
		t.Fatalf("the tree is too small: type %d, %d cells", page[0], cells)
	}
	for i := range cells {
		binary.BigEndian.PutUint32(page[binary.BigEndian.Uint16(page[12+2*i:]):], uint32(root))
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readAt(t.Context(), path); !errors.Is(err, target.ErrDamaged) {
		t.Errorf("%v, want %v", err, target.ErrDamaged)
	}
}

// TestCutRows: a row of which the end is missing is malformed, wherever it is cut.
func TestCutRows(t *testing.T) {
	w := walk{usable: 512, left: 10, row: make([]datum, 2)}
	const row = "\x03\x0f\x13" + "m" + "xyz" // a text of one byte, and one of three
	const short = "\x07" + row
	if _, err := w.payload(short); err != nil || !w.decode(row) {
		t.Fatalf("a whole row is refused: %v", err)
	}
	for n := range len(row) {
		if w.decode(row[:n]) {
			t.Errorf("cut after %d bytes, a row is taken", n)
		}
	}
	long := "\x84\x58" + strings.Repeat("x", 92) + "next" // 600 bytes, of which another page has the rest
	for _, cell := range []string{short, long} {
		for n := range len(cell) {
			if _, err := w.payload(cell[:n]); !errors.Is(err, target.ErrDamaged) {
				t.Errorf("cut after %d bytes of %d: %v", n, len(cell), err)
			}
		}
	}
}
