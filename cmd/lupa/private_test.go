package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestNothingPrivateIsKept: what an export says of people besides who is what and
// where stands nowhere afterwards, neither on the screen nor in a file.
func TestNothingPrivateIsKept(t *testing.T) {
	dir, second := t.TempDir(), filepath.Join(t.TempDir(), "second")
	if err := os.CopyFS(dir, os.DirFS("../../examples/rekisteri")); err != nil {
		t.Fatal(err)
	}
	users := filepath.Join(dir, "roster", "users.csv")
	data, err := os.ReadFile(users)
	if err != nil {
		t.Fatal(err)
	}
	// Names and an address in their columns, and a password in the right one.
	data = bytes.ReplaceAll(data, []byte(",-,-,,,,,,"), []byte(",Aino,Salanimi,,,aino@salaa.example,,,"))
	if err := os.WriteFile(users, data, 0o644); err != nil {
		t.Fatal(err)
	}
	private := []string{"Salanimi", "salaa.example", "LDAP", "u-1043"}
	for _, word := range private {
		if !bytes.Contains(data, []byte(word)) {
			t.Fatalf("the export holds no %s", word)
		}
	}
	var said strings.Builder
	for _, args := range [][]string{
		{"validate"}, {"target", "init"}, {"plan", "--out", "plan.json"}, {"show", "plan.json"}, {"apply", "plan.json"}, {"plan", "--format", "json"},
		{"drift"}, {"export", "--out", "snapshot.json"}, {"import", "--out", second},
	} {
		said.WriteString(lupa(t, dir, 0, args...))
	}
	look := func(where string, text []byte) {
		for _, word := range private {
			if bytes.Contains(text, []byte(word)) {
				t.Errorf("%s holds %s", where, word)
			}
		}
	}
	look("the output", []byte(said.String()))
	files := 0
	for _, root := range []string{dir, second} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || path == users {
				return err
			}
			files++
			text, err := os.ReadFile(path)
			look(path, text)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if files < 30 {
		t.Errorf("only %d files were looked at", files)
	}
}
