package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var hashes = regexp.MustCompile(`\b[0-9a-f]{64}\b|\b[0-9a-f]{40}\b|\b[0-9a-f]{12}\b`)

// TestExamples takes each example through the whole pass and holds its first
// plan to the one that is kept beside it.
func TestExamples(t *testing.T) {
	trees, err := filepath.Glob("../../examples/*/lupa.yaml")
	if err != nil || len(trees) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	trees = append(trees, "../../examples/reviews/tree/lupa.yaml")
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
			got = strings.ReplaceAll(strings.ReplaceAll(got, file, "plan.json"), " -C "+dir, "")
			isGolden(t, filepath.Join(source, "expected-plan.txt"), got)
			lupa(t, dir, 0, "apply", file)
			lupa(t, dir, 0, "plan", "--detailed-exitcode")
		})
	}
}

// typedIn is a command of another program as somebody types it.
func typedIn(t *testing.T, dir, command string) {
	t.Helper()
	cmd := exec.Command("sh", "-c", command)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull,
		"GIT_AUTHOR_NAME=lupa", "GIT_AUTHOR_EMAIL=lupa@example.org", "GIT_COMMITTER_NAME=lupa", "GIT_COMMITTER_EMAIL=lupa@example.org")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%s", command, err, out)
	}
}

var consoleBlock = regexp.MustCompile("(?s)(<!-- [^\n]* -->\n)?```console\n(.*?)```\n")

// TestReadme takes the tour of the README: its commands are run, one after the
// other, and what it shows below them must be what they print.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	demo := exec.Command("../../.ci/demo", os.Args[0])
	demo.Env = append(os.Environ(), asProgram+"=1")
	shown, err := demo.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, shown)
	}
	dir, commands, compared := t.TempDir(), 0, 0
	for _, block := range consoleBlock.FindAllStringSubmatch(string(readme), -1) {
		if strings.Contains(block[1], "shown by make demo") {
			if compared++; !strings.Contains(string(shown), block[2]) {
				t.Errorf("make demo does not show\n%s\nbut\n%s", block[2], shown)
			}
			continue
		}
		for said := range strings.SplitSeq("\n"+block[2], "\n$ ") {
			command, want, _ := strings.Cut(said, "\n")
			switch args := strings.Fields(command); {
			case len(args) == 2 && args[0] == "cd":
				dir = filepath.Join(dir, args[1])
			case len(args) > 1 && (args[0] == "git" || args[0] == "perl"):
				typedIn(t, dir, command)
			case len(args) > 1 && args[0] == "lupa":
				commands++
				if to := slices.Index(args, ">"); to > 0 {
					args = args[:to]
				}
				if got := lupa(t, dir, 0, args[1:]...); !strings.Contains(got, strings.TrimSpace(want)) {
					t.Errorf("%s: got\n%s\nwant\n%s", command, got, want)
				}
			}
		}
	}
	if commands < 5 || compared < 2 {
		t.Errorf("%d commands run and %d outputs compared; the README has lost its tour", commands, compared)
	}
}
