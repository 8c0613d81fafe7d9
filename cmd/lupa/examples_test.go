package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var hashes = regexp.MustCompile(`\b[0-9a-f]{64}\b|\b[0-9a-f]{12}\b`)

// TestExamples takes each example through the whole pass and holds its first
// plan to the one that is kept beside it.
func TestExamples(t *testing.T) {
	trees, err := filepath.Glob("../../examples/*/lupa.yaml")
	if err != nil || len(trees) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	for _, tree := range trees {
		source := filepath.Dir(tree)
		t.Run(filepath.Base(source), func(t *testing.T) {
			dir := t.TempDir()
			if err := os.CopyFS(dir, os.DirFS(source)); err != nil {
				t.Fatal(err)
			}
			if err := os.RemoveAll(filepath.Join(dir, ".lupa")); err != nil {
				t.Fatal(err)
			}
			lupa(t, dir, 0, "validate")
			lupa(t, dir, 0, "fmt", "--check")
			lupa(t, dir, 0, "target", "init")
			file := filepath.Join(dir, "plan.json")
			got := hashes.ReplaceAllString(lupa(t, dir, 0, "plan", "--out", file), "HASH")
			got = strings.ReplaceAll(got, file, "plan.json")
			golden := filepath.Join(source, "expected-plan.txt")
			if os.Getenv("UPDATE_GOLDEN") != "" {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("the plan is not the expected one:\n%s", diff)
			}
			lupa(t, dir, 0, "apply", file)
			lupa(t, dir, 0, "plan", "--detailed-exitcode")
		})
	}
}
