package roster

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// Read lets encoding/csv read a text.
func (t *text) Read(p []byte) (int, error) {
	if err := t.more(); err != nil {
		return 0, err
	}
	n := copy(p, t.rest[:t.right])
	t.rest, t.right = t.rest[n:], t.right-n
	return n, nil
}

// byBook is how encoding/csv alone reads rows: cells and where they stand, and at
// last what went wrong.
func byBook(from *text) (rows []string) {
	in := csv.NewReader(from)
	for {
		cells, err := in.Read()
		var wrong *csv.ParseError
		switch {
		case err == io.EOF:
			return append(rows, "end")
		case errors.Is(err, csv.ErrFieldCount):
			rows = append(rows, "width")
		case errors.As(err, &wrong):
			return append(rows, fmt.Sprint(wrong.StartLine, wrong.Line, wrong.Column, wrong.Err, from.wrong))
		case err != nil:
			return append(rows, fmt.Sprint(err, from.wrong))
		}
		for i, cell := range cells {
			line, col := in.FieldPos(i)
			for j := i - 1; j >= 0; j-- {
				if other, _ := in.FieldPos(j); other != line {
					break
				}
				col -= len(cells[j]) - utf8.RuneCountInString(cells[j])
			}
			rows = append(rows, fmt.Sprintf("%d:%d %q", line, col, cell))
		}
		rows = append(rows, fmt.Sprint("row; wrong so far: ", from.wrong))
	}
}

// byRows is how rows are read here.
func byRows(from *text) (all []string) {
	in := newRows(from)
	for {
		err := in.next()
		var wrong *csv.ParseError
		switch {
		case err == io.EOF:
			return append(all, "end")
		case err == errWidth:
			all = append(all, "width")
		case errors.As(err, &wrong):
			return append(all, fmt.Sprint(wrong.StartLine, wrong.Line, wrong.Column, wrong.Err, from.wrong))
		case err != nil:
			return append(all, fmt.Sprint(err, from.wrong))
		}
		for i, cell := range in.cells {
			line, col := in.pos(i)
			all = append(all, fmt.Sprintf("%d:%d %q", line, col, cell))
		}
		all = append(all, fmt.Sprint("row; wrong so far: ", from.wrong))
	}
}

// sameRows holds rows against encoding/csv, on a text that comes in parts: whole,
// in halves, or byte by byte; and with an error of the machine at its end.
func sameRows(t *testing.T, data []byte) {
	t.Helper()
	for name, from := range map[string]func() io.Reader{
		"whole":    func() io.Reader { return bytes.NewReader(data) },
		"halves":   func() io.Reader { return iotest.HalfReader(bytes.NewReader(data)) },
		"bytes":    func() io.Reader { return iotest.OneByteReader(bytes.NewReader(data)) },
		"with end": func() io.Reader { return iotest.DataErrReader(bytes.NewReader(data)) },
		"broken": func() io.Reader {
			return io.MultiReader(bytes.NewReader(data), iotest.ErrReader(errors.New("the disk is gone")))
		},
	} {
		if diff := cmp.Diff(byBook(newText(from())), byRows(newText(from()))); diff != "" {
			t.Fatalf("%s: %q (-encoding/csv +rows):\n%s", name, data, diff)
		}
	}
}

// TestRowsAsByBook: rows are those of encoding/csv, with the same errors in the
// same places, on random texts and on real ones.
func TestRowsAsByBook(t *testing.T) {
	words := []string{",", ",", ",", "\n", "\n", "\"", "\"", "\r\n", "a", "ää", "\"b\"", "\"c,d\"", " ", "\t", "", "\"\"", "\"e\"\"f\"", "\"g\nh\"", "\x01", "\xff", "\r", "\ufeff", strings.Repeat("x", 5000)}
	rnd := rand.New(rand.NewPCG(1, 2))
	hard, plain := 0, 0
	for range 2_000 {
		var b strings.Builder
		most := len(words)
		if rnd.IntN(4) > 0 {
			most -= 6 // without what is wrong or long
		}
		for range rnd.IntN(24) {
			b.WriteString(words[rnd.IntN(most)])
		}
		sameRows(t, []byte(b.String()))
		for in := newRows(newText(strings.NewReader(b.String()))); in.next() == nil; {
			if in.plain {
				plain++
			} else {
				hard++
			}
		}
	}
	if plain < 500 || hard < 150 {
		t.Errorf("%d plain rows and %d others", plain, hard)
	}
	dir := os.Getenv("LUPA_TESTDATA")
	if dir == "" {
		return
	}
	data, err := os.ReadFile(filepath.Join(dir, "bad", "csv-cases.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(data) {
		var c struct{ CSV string }
		if err := json.Unmarshal(line, &c); err != nil {
			t.Fatal(err)
		}
		sameRows(t, []byte(c.CSV))
	}
}

// FuzzRows is the same on whatever comes.
func FuzzRows(f *testing.F) {
	f.Add([]byte("a,b\n\"c\",d\r\n\"e\"\"\",\"f\ng\"\n\nh,\"i\"j\n"))
	f.Fuzz(sameRows)
}
