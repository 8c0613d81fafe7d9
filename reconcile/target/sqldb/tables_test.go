package sqldb

import (
	"context"
	"database/sql"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestMigrationsMakeTheVocabulary holds the SQL that users run, which never
// changes once it was released, to the vocabulary that the code runs on. What
// the vocabulary has and the tables lack goes into a new migration.
func TestMigrationsMakeTheVocabulary(t *testing.T) {
	migrated := definitions(t, func(ctx context.Context, db *sql.DB) error { return onFile.migrate(ctx, db, schemaVersion) })
	maps.DeleteFunc(migrated, func(name string, _ []string) bool {
		return strings.Contains(name, "lupa_") || strings.HasPrefix(name, "sqlite_")
	})
	direct := definitions(t, func(ctx context.Context, db *sql.DB) error {
		_, err := db.ExecContext(ctx, onFile.statements(tables()))
		return err
	})
	if diff := cmp.Diff(direct, migrated); diff != "" {
		t.Errorf("the migrations do not make what the vocabulary says (-vocabulary +migrations):\n%s", diff)
	}
	if len(direct) < 50 {
		t.Errorf("only %d tables and indexes were compared", len(direct))
	}
}

// definitions are the tables and indexes of a new database by name, each as the
// parts of its definition in an order that does not depend on when a column was
// added.
func definitions(t *testing.T, fill func(context.Context, *sql.DB) error) map[string][]string {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(t.TempDir(), "a.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := fill(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	rows, err := db.QueryContext(t.Context(), "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND type <> 'view'")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	all := make(map[string][]string)
	for rows.Next() {
		var name, text string
		if err := rows.Scan(&name, &text); err != nil {
			t.Fatal(err)
		}
		all[name] = parts(text)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// parts splits a definition at the commas and brackets of its outer list.
func parts(text string) (parts []string) {
	depth, from := 0, 0
	for i, r := range text {
		switch {
		case r == '(':
			depth++
		case r == ')':
			depth--
		}
		if depth == 1 && (r == '(' || r == ',') || depth == 0 && r == ')' {
			parts = append(parts, strings.TrimSpace(text[from:i]))
			from = i + 1
		}
	}
	parts = append(parts, strings.TrimSpace(text[from:]))
	slices.Sort(parts)
	return parts
}
