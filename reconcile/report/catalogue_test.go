package report

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/reconcile/policy"
	"github.com/lupa-dev/lupa/schema/source"
)

var (
	code = regexp.MustCompile(`"([CDEFGINSWY]\d\d)"`)
	// withCase is a code and its case, as they stand where a problem is made.
	withCase = regexp.MustCompile(`(?:Code: |add\(|problem\()"([A-Z]\d\d)", (?:Case: )?"(\w*)"`)
	inKey    = regexp.MustCompile(`^[A-Z]\d\d`)
	numbered = regexp.MustCompile(`%\[(\d)\]`)
)

// sources are the Go files, without tests, that may make problems.
func sources(t *testing.T) map[string]string {
	t.Helper()
	files := make(map[string]string)
	root := os.DirFS("../..")
	for _, dir := range []string{"schema", "reconcile", "cmd"} {
		err := fs.WalkDir(root, dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.HasPrefix(path, "reconcile/report/") {
				return err
			}
			data, err := fs.ReadFile(root, path)
			files[path] = string(data)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(files) < 20 {
		t.Fatalf("%d files", len(files))
	}
	return files
}

// TestEveryCodeHasASentence: what the sources can say, the catalogue can put in
// words; and of what it can put in words, all can be said.
func TestEveryCodeHasASentence(t *testing.T) {
	said := make(map[string]bool)
	codes := make(map[string]bool)
	for path, text := range sources(t) {
		for line := range strings.Lines(text) {
			line, _, _ = strings.Cut(line, "//")
			for _, m := range code.FindAllStringSubmatch(line, -1) {
				codes[m[1]] = true
			}
			for _, m := range withCase.FindAllStringSubmatch(line, -1) {
				key := source.Problem{Code: m[1], Case: m[2]}.Key()
				if english[key] == nil && englishReasons[key] == nil {
					t.Errorf("%s says %s, and there is no sentence for it: %s", path, key, strings.TrimSpace(line))
				}
				said[key] = true
			}
		}
	}
	for c := range codes {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(english)), func(key string) bool { return key == c || strings.HasPrefix(key, c+".") }) {
			t.Errorf("there is no sentence for %s", c)
		}
	}
	for _, r := range policy.Rules {
		codes[r.Code] = true
	}
	comments, err := os.ReadFile("../../schema/v1/lupa.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`"\$comment": "\w+: (\w+)"`).FindAllSubmatch(comments, -1) {
		codes[string(m[1])] = true
	}
	for key := range english {
		if c := inKey.FindString(key); c != "" && !codes[c] {
			t.Errorf("nothing says %s", key)
		}
	}
	if len(said) < 30 || len(codes) < 30 {
		t.Errorf("only %d sentences and %d codes were found in the sources", len(said), len(codes))
	}
}

// TestSentences: every sentence takes its arguments, and so does its hint.
func TestSentences(t *testing.T) {
	var r Text
	for key := range english {
		for n := highest(t, key); n <= maxArgs; n++ {
			args := make([]any, n)
			for i := range args {
				args[i] = "arg" + strconv.Itoa(i+1)
			}
			if counts[key] {
				args = append([]any{7}, args[min(1, n):]...)
			}
			if got := r.sentence(key, args...); strings.Contains(got, "%!") {
				t.Errorf("%s with %d arguments: %q", key, n, got)
			}
		}
		if problem, ok := strings.CutSuffix(key, "?"); ok && english[problem] == nil {
			t.Errorf("%s is a hint for nothing", key)
		}
		if whole, _, ok := strings.Cut(key, "+"); ok && english[whole] == nil {
			t.Errorf("%s is a part of nothing", key)
		}
	}
	for key := range counts {
		if one, many := r.sentence(key, 1, "x", "y", "z"), r.sentence(key, 2, "x", "y", "z"); strings.Contains(strings.ReplaceAll(one+many, "%!(EXTRA", ""), "%!") || one == many {
			t.Errorf("%s: one is %q, many are %q", key, one, many)
		}
	}
	if got := r.sentence("S05.pattern?", "%[1]s", "100 %", "x"); got != "100 %" {
		t.Errorf("an argument with %% in it: %q", got)
	}
}

// counts are the sentences whose first argument is a number.
var counts = func() map[string]bool {
	counts := make(map[string]bool)
	for _, m := range regexp.MustCompile(`(?m)^\t"([^"]+)": *(?:plural\.|.*%\[1\]d)`).FindAllStringSubmatch(catalogueText(), -1) {
		counts[m[1]] = true
	}
	return counts
}()

// highest is the number of arguments that a sentence speaks of, as its source
// says.
func highest(t *testing.T, key string) int {
	t.Helper()
	catalogue := catalogues(t)
	n := 0
	for line := range strings.Lines(catalogue) {
		if strings.HasPrefix(strings.TrimSpace(line), strconv.Quote(key)+":") {
			for _, m := range numbered.FindAllStringSubmatch(line, -1) {
				n = max(n, int(m[1][0]-'0'))
			}
		}
	}
	return n
}

// catalogues is the text of all catalogues.
func catalogues(t *testing.T) string {
	t.Helper()
	text := catalogueText()
	if len(counts) < 50 {
		t.Fatalf("only %d sentences count", len(counts))
	}
	return text
}

func catalogueText() string {
	files, _ := filepath.Glob("sentences_*.go")
	var all strings.Builder
	for _, file := range append(files, "catalogue.go", "answers.go", "reasons.go") {
		text, _ := os.ReadFile(file) // what is missing is missed in the tests
		all.Write(text)
	}
	return all.String()
}

// TestNoSentenceTwice: no key stands in two catalogues, or one would be lost.
func TestNoSentenceTwice(t *testing.T) {
	seen := make(map[string]bool)
	for _, m := range regexp.MustCompile(`(?m)^\t"([^"]+)": *catalog\.|^\t"([^"]+)": *plural\.`).FindAllStringSubmatch(catalogues(t), -1) {
		if key := m[1] + m[2]; seen[key] {
			t.Errorf("%s stands in two catalogues", key)
		} else {
			seen[key] = true
		}
	}
	if len(seen) < 100 {
		t.Errorf("only %d sentences were found", len(seen))
	}
}

func TestUnknownSentence(t *testing.T) {
	var r Text
	got := r.message(plan.Finding{Code: "E99", Args: []string{"x"}})
	if !strings.Contains(got, "E99") {
		t.Errorf("a code without sentence is told as %q", got)
	}
}

// TestFiguresOfBrakes: figures are written as elsewhere on the page, and what is
// called like a number is none.
func TestFiguresOfBrakes(t *testing.T) {
	text := &Text{}
	got := text.brake(plan.Brake{Code: "G03", Case: "shareIn", Figure: 2402, Args: []string{"2402", "50402", "4.8", "3", "2024"}})
	want := "This plan gives new rights to 2,402 people of 2024, where there were 50,402 before (4.8 %); from 3 % on somebody has to confirm that."
	if got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}
