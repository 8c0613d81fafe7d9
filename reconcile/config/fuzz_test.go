package config_test

import (
	"bytes"
	"os"
	"testing"
	"testing/fstest"
	"time"

	"github.com/lupa-dev/lupa/reconcile/config"
)

// FuzzLoad: whatever stands in the files of a tree, loading it ends, and what is
// wrong is the author's to mend and never an error of the machine. A zero byte
// begins the next file.
func FuzzLoad(f *testing.F) {
	names := []string{"lupa.yaml", "a.yaml", "b/c.yaml", "roster/orgs.csv", "roster/users.csv", "roster/roles.csv", "logins.csv"}
	var hostile [][]byte
	for _, name := range []string{"lupa.yaml", "tree.yaml"} {
		data, err := os.ReadFile("../../cmd/lupa/testdata/hostile/" + name)
		if err != nil {
			f.Fatal(err)
		}
		hostile = append(hostile, data)
	}
	f.Add(bytes.Join(append(hostile, nil, []byte("sourcedId,name,type\nK1,a,school\n"), []byte("sourcedId,enabledUser,orgSourcedIds,role\nR1,true,K1,teacher\n")), []byte{0}))
	f.Add([]byte("apiVersion: lupa/v1\nkind: Project\nmetadata: {name: x}\n\x00apiVersion: lupa/v1\nkind: Installation\nmetadata: {name: m}\nspec: {system: inschool}\n---\napiVersion: lupa/v1\nkind: Policy\nmetadata: {name: p}\nspec: {logins: logins.csv}\n\x00\x00\x00\x00\x00login,card\na,b\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		fsys := make(fstest.MapFS)
		for i, text := range bytes.SplitN(data, []byte{0}, len(names)) {
			fsys[names[i]] = &fstest.MapFile{Data: text, Mode: 0o644}
		}
		tree, err := config.Load(t.Context(), fsys, config.Options{Now: time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)})
		if err != nil {
			t.Fatal(err)
		}
		if (tree.Goal == nil) && !tree.Refused() {
			t.Error("there is no goal, and nothing is wrong")
		}
		if _, err := config.ReadProject(fsys); err != nil {
			t.Fatal(err)
		}
	})
}
