package main

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lupa-dev/lupa/reconcile/target/targettest/pgtest"
)

// asker asks the target with plain SQL: each row, its columns joined by |.
type asker func(query string) []string

// TestWhoBySQL: another system that asks the target with plain SQL who may open a
// register hears what lupa who says, through changes, renames and the end of
// everything.
func TestWhoBySQL(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) {
		dir := t.TempDir()
		whoBySQL(t, dir, func(query string) []string {
			db, err := sql.Open("sqlite", filepath.Join(dir, ".lupa", "state.db"))
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			var all string
			if err := db.QueryRow("SELECT coalesce(group_concat(line, char(10)), '') FROM (" + query + ")").Scan(&all); err != nil {
				t.Fatal(query, err)
			}
			return strings.FieldsFunc(all, func(r rune) bool { return r == '\n' })
		})
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		db := pgtest.Start(t).Database(t)
		t.Setenv("LUPA_DSN", db.DSN())
		t.Setenv("LUPA_TARGET", "shared")
		whoBySQL(t, t.TempDir(), func(query string) []string {
			all := []string{}
			for _, row := range db.Exec(t, "SET search_path = lupa; "+query) {
				all = append(all, row[0])
			}
			return all
		})
	})
}

// municipality is a tree of two schools, with what changes from time to time.
const municipality = `apiVersion: lupa/v1
kind: Installation
metadata: {name: INST}
spec: {system: inschool, multiPrimus: true, versions: {wilma: "2.17"}}
---
apiVersion: lupa/v1
kind: RightsCatalogue
metadata: {name: oikeudet}
spec:
  rights:
    - {key: wilma.register.tukitoimet.open, title: {en: Open the support register}}
    - {key: wilma.register.arviointi.open, title: {en: Open the assessment register}}
    - {key: wilma.lapsi.open, title: {en: See the own child}}
---
apiVersion: lupa/v1
kind: Guard
metadata: {name: jarrut}
spec: {emptyDesired: allow}
`

const inhabitants = `---
apiVersion: lupa/v1
kind: School
metadata: {name: SCHOOL}
spec: {title: Testilan koulu, level: basic, code: "00001", guardianGroups: [huoltajat]}
---
apiVersion: lupa/v1
kind: School
metadata: {name: mallila}
spec: {title: Mallilan koulu, level: basic, code: "00002", guardianGroups: [huoltajat]}
---
apiVersion: lupa/v1
kind: UserGroup
metadata: {name: opettajat}
spec: {title: Opettajat, wilma: [RIGHTS]}
---
apiVersion: lupa/v1
kind: UserGroup
metadata: {name: huoltajat}
spec: {title: Huoltajat, wilma: [wilma.lapsi.open]}
---
apiVersion: lupa/v1
kind: People
metadata: {name: vaki}
spec:
  people:
    - {name: t-1, kind: teacher, schools: [SCHOOL1], groups: [opettajat]}
    - {name: t-2, kind: teacher, schools: [mallila, SCHOOL1], groups: [opettajat]}
    - {name: o-1, kind: student, schools: [SCHOOL1]}
    - {name: o-2, kind: student, schools: [mallila]}
---
apiVersion: lupa/v1
kind: Person
metadata: {name: PERSON}
spec: {kind: guardian, children: [o-1, o-2]}
`

func whoBySQL(t *testing.T, dir string, ask asker) {
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("lupa.yaml", `apiVersion: lupa/v1
kind: Project
metadata: {name: mallila}
spec: {targets: {local: {type: sqlite, path: .lupa/state.db}, shared: {type: postgres, dsnEnv: LUPA_DSN}}}
`)
	lupa(t, dir, 0, "target", "init")
	open, both := "wilma.register.tukitoimet.open", "wilma.register.tukitoimet.open, wilma.register.arviointi.open"
	for i, c := range []struct {
		name                         string
		inst, school, rights, person string
		rows                         int // of the view
	}{
		{"the first apply", "mallila", "testila", open, "h-1", 5},
		{"a right more for a group", "mallila", "testila", both, "h-1", 8},
		{"another name for a person", "mallila", "testila", both, "h-9, previously: [h-1]", 8},
		{"another name for a school", "mallila", "uusila, previously: [testila]", both, "h-9", 8},
		{"another name for the installation", "kunta, previously: [mallila]", "uusila", both, "h-9", 8},
		{"nobody is left", "kunta", "", "", "", 0},
	} {
		name, _, _ := strings.Cut(c.school, ",")
		tree := municipality
		if c.school != "" {
			tree += inhabitants
		}
		write("kunta.yaml", strings.NewReplacer("INST", c.inst, "SCHOOL1", name, "SCHOOL", c.school, "RIGHTS", c.rights, "PERSON", c.person).Replace(tree))
		applyConfirmed(t, dir)
		if got := len(ask(`SELECT person AS line FROM who_has_what`)); got != c.rows {
			t.Errorf("%s: %d rows, want %d", c.name, got, c.rows)
		}
		inst, _, _ := strings.Cut(c.inst, ",")
		for _, right := range []string{"wilma.register.tukitoimet.open", "wilma.register.arviointi.open", "wilma.lapsi.open", "wilma.surveys.addSurvey"} {
			want := whoLive(t, dir, right)
			got := ask(fmt.Sprintf(`SELECT substr(person || coalesce(substr(child, %d), '') || '|' || substr(place, %[1]d), %d) AS line
				FROM who_has_what WHERE "right" = '%s' ORDER BY 1`, len(inst)+1, len(inst)+2, right))
			for i := range got {
				got[i] = strings.ReplaceAll(got[i], "|/", "|")
			}
			slices.Sort(got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: who has %s (-lupa who +SQL):\n%s", c.name, right, diff)
			}
		}
		if got := ask("SELECT CAST(serial AS TEXT) AS line FROM lupa_status"); !slices.Equal(got, []string{fmt.Sprint(i + 1)}) {
			t.Errorf("%s: lupa_status is at serial %q, want %d", c.name, got, i+1)
		}
	}
}

// whoLive is what lupa says of the target: person|place, sorted.
func whoLive(t *testing.T, dir, right string) []string {
	t.Helper()
	var said struct {
		People []struct{ Person, Place string }
	}
	if err := json.Unmarshal([]byte(lupa(t, dir, 0, "who", right, "--live", "--format", "json")), &said); err != nil {
		t.Fatal(err)
	}
	all := []string{}
	for _, p := range said.People {
		all = append(all, p.Person+"|"+p.Place)
	}
	slices.Sort(all)
	return all
}

// applyConfirmed applies what the tree says; all of it was meant.
func applyConfirmed(t *testing.T, dir string) {
	t.Helper()
	file := filepath.Join(dir, "plan.json")
	var p struct{ Acknowledge []string }
	if err := json.Unmarshal([]byte(lupa(t, dir, 0, "plan", "--format", "json", "--out", file)), &p); err != nil {
		t.Fatal(err)
	}
	apply := []string{"apply", file}
	for _, text := range p.Acknowledge {
		apply = append(apply, "--acknowledge", text)
	}
	lupa(t, dir, 0, apply...)
}
