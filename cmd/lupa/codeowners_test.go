package main

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/lupa-dev/lupa/reconcile/config"
	"github.com/lupa-dev/lupa/reconcile/policy"
)

// gitHub reads a CODEOWNERS file as GitHub's documentation has it: patterns are
// those of gitignore, the last that fits a file counts, one that ends with a name
// fits what lies in a directory of that name too, but for a star at the end, which
// fits files of that directory alone.
func gitHub(t *testing.T, text, file string) []string {
	t.Helper()
	var owners []string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		words := strings.Fields(strings.ReplaceAll(line, `\ `, "\x00"))
		if gitHubFits(t, strings.ReplaceAll(words[0], "\x00", " "), "/"+file) {
			owners = words[1:]
		}
	}
	return owners
}

func gitHubFits(t *testing.T, pattern, file string) bool {
	t.Helper()
	if strings.ContainsAny(pattern, `[]{}!\`) || !strings.HasPrefix(pattern, "/") {
		t.Fatalf("GitHub does not read %q as it is meant", pattern)
	}
	var re strings.Builder
	re.WriteString("^")
	for rest := pattern; rest != ""; {
		switch {
		case rest == "/**":
			re.WriteString("/.+")
			rest = ""
		case strings.HasPrefix(rest, "/**/"):
			re.WriteString("/(?:.+/)?")
			rest = rest[len("/**/"):]
		case rest[0] == '*':
			re.WriteString("[^/]*")
			rest = strings.TrimLeft(rest, "*")
		case rest[0] == '?':
			re.WriteString("[^/]")
			rest = rest[1:]
		default:
			re.WriteString(regexp.QuoteMeta(rest[:1]))
			rest = rest[1:]
		}
	}
	if !strings.HasSuffix(pattern, "/*") && !strings.HasSuffix(pattern, "/**") {
		re.WriteString("(?:/.*)?")
	}
	return regexp.MustCompile(re.String() + "$").MatchString(file)
}

func delegated(glob string, to ...string) config.Delegation {
	d := config.Delegation{Delegation: policy.Delegation{Name: glob, To: to}}
	if glob != "" {
		d.Paths = []string{glob}
		d.Covers = func(file string) bool { return config.Glob(glob, file) }
		d.Globs = append(d.Globs, d.Pos)
	}
	return d
}

// TestOwnersAreTheDelegates: for every file of a tree, GitHub reads as its owners
// all to whom it is delegated, whatever patterns lie across each other.
func TestOwnersAreTheDelegates(t *testing.T) {
	files := []string{
		"lupa.yaml", "a/one.yaml", "a/two.yaml", "a/b/one.yaml", "a/b/two.yaml", "a/b/c/one.yaml", "b/one.yaml", "b/c/two.yaml", "my school/one.yaml",
	}
	globs := []string{
		"", "**", "a/**", "a/b/**", "a/*", "*/one.yaml", "**/one.yaml", "a/**/one.yaml", "**/c/**", "a/b/one.yaml", "?/c/*.yaml", "a/*/*.yaml", "my school/**", "**/*.yaml", "*",
	}
	fsys := make(fstest.MapFS)
	for _, file := range files {
		fsys[file] = &fstest.MapFile{}
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		var all []config.Delegation
		for i := range 1 + random.IntN(5) {
			all = append(all, delegated(globs[random.IntN(len(globs))], fmt.Sprintf("p%d", i)))
		}
		o := ownership{delegations: all, files: files, prefix: "/"}
		if problems := o.unsayable(fsys); len(problems) > 0 {
			t.Fatalf("cannot be said: %v", problems)
		}
		text := o.text(nil)
		for _, file := range files {
			var want []string
			for _, d := range all {
				if len(d.Paths) == 0 || d.Covers(file) {
					want = append(want, "@"+d.To[0])
				}
			}
			slices.Sort(want)
			if got := gitHub(t, text, file); !slices.Equal(got, want) {
				t.Fatalf("%s belongs to %v, want %v, in:\n%s", file, got, want, text)
			}
		}
	}
}

// TestGuardsComeLast: a delegate of a directory does not own what guards there.
func TestGuardsComeLast(t *testing.T) {
	o := ownership{delegations: []config.Delegation{delegated("", "main"), delegated("a/**", "x")}, files: []string{"a/policy.yaml"}, prefix: "/"}
	if got := gitHub(t, o.text([]string{"a/policy.yaml"}), "a/policy.yaml"); !slices.Equal(got, []string{"@main"}) {
		t.Errorf("the owners are %v", got)
	}
}
