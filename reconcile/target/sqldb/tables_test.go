package sqldb

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestMigrationMakesTheVocabulary holds the SQL that users run, which never
// changes once it was released, to the vocabulary that the code runs on.
func TestMigrationMakesTheVocabulary(t *testing.T) {
	const file = "migrations/sqlite/00002_tables.sql"
	want := "-- +goose Up\n\n" + statements(tables())
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(string(got), "\n")); diff != "" {
		t.Errorf("%s is not what the vocabulary says:\n%s", file, diff)
	}
}
