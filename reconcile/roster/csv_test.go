package roster

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// otherwise are the cases that are read in another way than they say, and why.
var otherwise = map[string]string{
	"all-empty":            "a row without a character is no row",
	"empty-one-column":     "a row without a character is no row",
	"newlines_crlf":        "the text has no CRLF where the rows have one",
	"location_coordinates": "the rows are not those of the text",
	"header-no-rows":       "the header is a row here",
	// What the wrong header is, nobody can say who does not know the right one.
	"bad-header-wrong-header": "told where the columns are looked for: C04",
}

// TestRowsOfCSV reads real cases of CSV: the rows are those that they mean, and
// what must be refused is refused.
func TestRowsOfCSV(t *testing.T) {
	dir := os.Getenv("LUPA_TESTDATA")
	if dir == "" {
		t.Skip("skipped: LUPA_TESTDATA names no directory of real data")
	}
	data, err := os.ReadFile(filepath.Join(dir, "bad", "csv-cases.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	n, apart := 0, 0
	for line := range strings.Lines(string(data)) {
		var c struct {
			Name, CSV string
			Rows      json.RawMessage
		}
		if err := json.Unmarshal([]byte(line), &c); err != nil {
			t.Fatal(err)
		}
		n++
		rows, err := csv.NewReader(newText(strings.NewReader(c.CSV))).ReadAll()
		same := err == nil && cmp.Equal(wanted(t, c.Rows, rows), rows) || err != nil && string(c.Rows) == "null"
		if otherwise[c.Name] != "" {
			apart++
			if same {
				t.Errorf("%s: is listed, and read as it says", c.Name)
			}
			continue
		}
		if !same {
			t.Errorf("%s: got %q %v, want %s", c.Name, rows, err, c.Rows)
		}
	}
	if n != 37 || apart != len(otherwise) {
		t.Errorf("%d cases, %d of them apart", n, apart)
	}
}

// wanted are the rows of a case, whose values stand in lists or under the names
// in the header.
func wanted(t *testing.T, said json.RawMessage, got [][]string) (rows [][]string) {
	t.Helper()
	if json.Unmarshal(said, &rows) == nil {
		return rows
	}
	var named []map[string]string
	if err := json.Unmarshal(said, &named); err != nil || len(got) == 0 {
		return nil
	}
	rows = append(make([][]string, 0), got[0])
	for _, values := range named {
		var row []string
		for _, name := range got[0] {
			row = append(row, values[name])
		}
		rows = append(rows, row)
	}
	return rows
}
