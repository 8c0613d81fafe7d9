package main

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// reviewed are the files that hold what a review of each of the pull requests in
// examples/reviews says, and how it is asked.
var reviewed = []struct {
	file string
	args []string
}{
	{"review.txt", []string{"--lang", "en"}},
	{"review.fi.txt", []string{"--lang", "fi"}},
	{"review.en.md", []string{"--lang", "en", "--format", "markdown"}},
	{"review.fi.md", []string{"--lang", "fi", "--format", "markdown"}},
	{"review.sv.md", []string{"--lang", "sv", "--format", "markdown"}},
	{"review.nb.md", []string{"--lang", "nb", "--format", "markdown"}},
}

// TestReviews takes the pull requests of examples/reviews through lupa review.
func TestReviews(t *testing.T) {
	patches, err := filepath.Glob("../../examples/reviews/*/change.patch")
	if err != nil || len(patches) != 5 {
		t.Fatalf("%d pull requests, want 5: %v", len(patches), err)
	}
	dir := townInGit(t)
	for _, patch := range patches {
		kept := filepath.Dir(patch)
		name := filepath.Base(kept)
		t.Run(name, func(t *testing.T) {
			git(t, dir, "checkout", "--quiet", "-b", name, "main")
			git(t, dir, "apply", "--index", abs(patch))
			lupa(t, dir, 0, "validate")
			lupa(t, dir, 0, "fmt", "--check")
			wantTests := 0
			if name == "school-merger" { // it has slips, and tests find them
				wantTests = 1
			}
			lupa(t, dir, wantTests, "test")
			for _, r := range reviewed {
				ask := append([]string{"review", "--base", "main"}, r.args...)
				got := lupa(t, dir, 0, ask...)
				if again := lupa(t, dir, exitChanges, append(ask, "--detailed-exitcode")...); again != got {
					t.Errorf("%s: asked again, it says\n%s", r.file, cmp.Diff(got, again))
				}
				isGolden(t, filepath.Join(kept, r.file), hashes.ReplaceAllString(got, "HASH"))
			}
			git(t, dir, "commit", "--quiet", "--message", name)
		})
	}
}

// townInGit is the tree of examples/reviews in a repository of its own, which is
// not touched by the settings of whoever runs the test.
func townInGit(t *testing.T) string {
	t.Helper()
	dir := committed(t, map[string]string{"README": "beside"})
	if err := os.CopyFS(dir, os.DirFS("../../examples/reviews/tree")); err != nil {
		t.Fatal(err)
	}
	for _, made := range []string{".lupa", "expected-plan.txt"} {
		if err := os.RemoveAll(filepath.Join(dir, made)); err != nil {
			t.Fatal(err)
		}
	}
	commitAll(t, dir, "as it is")
	return dir
}

// isGolden holds an output to what is kept in a file.
func isGolden(t *testing.T, file, got string) {
	t.Helper()
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s is not what it was (-want +got):\n%s", filepath.Base(file), diff)
	}
}

// TestReviewsAreKept: beside a patch lie the outputs that the test compares, and
// no others that nobody looks at.
func TestReviewsAreKept(t *testing.T) {
	want := []string{"change.patch"}
	for _, r := range reviewed {
		want = append(want, r.file)
	}
	patches, _ := filepath.Glob("../../examples/reviews/*/change.patch")
	for _, patch := range patches {
		for _, file := range want {
			if _, err := os.Stat(filepath.Join(filepath.Dir(patch), file)); errors.Is(err, fs.ErrNotExist) {
				t.Errorf("there is no %s beside %s", file, patch)
			}
		}
		if entries, err := os.ReadDir(filepath.Dir(patch)); err != nil || len(entries) != len(want) {
			t.Errorf("%d files beside %s, want %d: %v", len(entries), patch, len(want), err)
		}
	}
}

// TestReviewsReadme types the commands of the README.
func TestReviewsReadme(t *testing.T) {
	readme, err := os.ReadFile("../../examples/reviews/README.md")
	if err != nil {
		t.Fatal(err)
	}
	dir, bin := t.TempDir(), t.TempDir()
	if err := os.Symlink(abs("../../examples"), filepath.Join(dir, "examples")); err != nil {
		t.Skip("skipped: no links here: ", err)
	}
	program := "#!/bin/sh\n" + asProgram + "=1 exec '" + os.Args[0] + "' \"$@\"\n"
	if err := os.WriteFile(filepath.Join(bin, "lupa"), []byte(program), 0o755); err != nil {
		t.Fatal(err)
	}
	block := consoleBlock.FindStringSubmatch(string(readme))
	if block == nil {
		t.Fatal("the README has no commands")
	}
	commands := regexp.MustCompile(`(?m)^\$ `).ReplaceAllString(block[2], "")
	run := func(script string) (string, error) {
		cmd := exec.Command("sh", "-e", "-c", script)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull,
			"GIT_AUTHOR_NAME=joku", "GIT_AUTHOR_EMAIL=joku@example.test", "GIT_COMMITTER_NAME=joku", "GIT_COMMITTER_EMAIL=joku@example.test")
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	got, err := run(commands)
	if err != nil {
		t.Fatalf("%v\n%s", err, got)
	}
	want, err := os.ReadFile("../../examples/reviews/school-merger/review.txt")
	if err != nil {
		t.Fatal(err)
	}
	_, want2, _ := strings.Cut(string(want), "\n") // the first line names the revision
	if !strings.Contains(hashes.ReplaceAllString(got, "HASH"), want2) {
		t.Errorf("the commands of the README show something else:\n%s", got)
	}
	if out, err := run("lupa -C lehtorinne test"); err == nil || strings.Count(out, "✗") != 3 {
		t.Errorf("the tests of the merger: %v\n%s", err, out)
	}
}
