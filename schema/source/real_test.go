package source

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// broken is a file that an administrator committed broken, with the lines that
// were mended afterwards (not all of them had to be) and why it is none.
type broken struct {
	Path        string   `json:"path"`
	Why         string   `json:"why"`
	MendedLines [][2]int `json:"mended_lines"`
	Text        string   `json:"text"`
}

func brokenFiles(t *testing.T) (all []broken) {
	t.Helper()
	for _, name := range []string{"broken-knative.jsonl.gz", "broken-tektoncd.jsonl.gz"} {
		f, err := os.Open(testdata(t, "bad", name))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		unzipped, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(unzipped)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			var b broken
			if err := json.Unmarshal(lines.Bytes(), &b); err != nil {
				t.Fatal(err)
			}
			all = append(all, b)
		}
		if err := lines.Err(); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// mistakes are the lines at which the mistake may be shown.
func (b broken) mistakes(t *testing.T) [][2]int {
	m := regexp.MustCompile(`^line (\d+):`).FindStringSubmatch(b.Why)
	if m == nil {
		t.Fatalf("no line in %q", b.Why)
	}
	line, _ := strconv.Atoi(m[1])
	return append(b.MendedLines, [2]int{line, line})
}

// TestBrokenFiles holds that a real mistake is shown within a line of where it
// was mended, and that nothing else is called one.
func TestBrokenFiles(t *testing.T) {
	files := brokenFiles(t)
	if len(files) != 15 {
		t.Fatalf("%d files, want 15", len(files))
	}
	for i, b := range files {
		problems := Parse(b.Path, []byte(b.Text)).Problems
		if len(problems) == 0 {
			t.Errorf("%d: %s: accepted, in spite of %s", i, b.Path, b.Why)
		}
		for _, p := range problems {
			line := p.Pos[0].Line
			near := func(r [2]int) bool { return r[0]-1 <= line && line <= r[1]+1 }
			if !slices.ContainsFunc(b.mistakes(t), near) {
				t.Errorf("%d: %s: %+v, want it at %s (mended at %v)", i, b.Path, p, b.Why, b.MendedLines)
			}
		}
	}
}

// lenient are the invalid texts of the suite that yaml.v3 reads. Each can mean
// only one thing, so that nobody is misled.
var lenient = map[string]string{
	"9C9N": "a flow sequence goes on at the margin",
	"DK95": "a quoted text goes on after a tab",
	"HRE5": `\' in double quotes`,
	"QB6E": "a quoted text goes on at the margin",
	"S98Z": "text of blank lines alone, one deeper than the next",
	"SU5Z": "a comment right after a quote",
	"X4QW": "a comment right after >",
}

func TestYAMLTestSuiteRefused(t *testing.T) {
	refused, accepted := 0, 0
	for _, c := range yamlTestSuite(t) {
		if !c.Error {
			continue
		}
		name, _, _ := strings.Cut(c.ID, "/")
		switch problems := Parse(c.ID, []byte(c.YAML)).Problems; {
		case len(problems) > 0:
			refused++
		case lenient[name] == "":
			t.Errorf("%s is accepted:\n%s", c.ID, c.YAML)
		default:
			accepted++
		}
	}
	if refused != 87 || accepted != 7 {
		t.Errorf("%d refused and %d accepted, want 87 and 7", refused, accepted)
	}
}

// TestNaughtyStrings puts each string wherever a text can stand. What is
// accepted is kept as it is; what is quoted is refused for nothing but
// characters that nobody sees.
func TestNaughtyStrings(t *testing.T) {
	data, err := os.ReadFile(testdata(t, "bad", "naughty-strings.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	if err := json.Unmarshal(data, &all); err != nil || len(all) < 500 {
		t.Fatalf("%d strings, %v", len(all), err)
	}
	accepted := make(map[string]int)
	check := func(where, text, want string, value func(root Value) string, only ...string) {
		t.Helper()
		checkFormat(t, []byte(text))
		file := Parse("x.yaml", []byte(text))
		for _, p := range file.Problems {
			if only != nil && !slices.Contains(only, p.Key()) {
				t.Errorf("%s: %q is refused: %+v", where, text, p)
			}
		}
		if len(file.Problems) > 0 || len(file.Documents) != 1 {
			return
		}
		accepted[where]++
		if got := value(file.Documents[0].Root()); got != want {
			t.Errorf("%s: %q became %q", where, text, got)
		}
	}
	valueOf := func(root Value) string { return root.Get("a").Text() }
	keyOf := func(root Value) (key string) {
		for k := range root.Entries() {
			key = k.Text()
		}
		return key
	}
	for _, s := range all {
		quoted, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		check("in double quotes", fmt.Sprintf("a: %s\n", quoted), s, valueOf, "Y02")
		check("as a key", fmt.Sprintf("%s: b\n", quoted), s, keyOf, "Y02")
		check("in flow", fmt.Sprintf("{a: %s, b: [%s]}\n", quoted, quoted), s, valueOf, "Y02")
		if strings.ContainsAny(s, "\n\r") {
			continue
		}
		check("in single quotes", fmt.Sprintf("a: '%s'\n", strings.ReplaceAll(s, "'", "''")), s, valueOf, "Y02")
		check("in a comment", fmt.Sprintf("# %s\na: b # %s\n", s, s), "b", valueOf, "Y02")
		if s != "" && s == strings.TrimSpace(s) {
			check("in literal text", fmt.Sprintf("a: |-\n  %s\n", s), s, valueOf, "Y02")
		}
		plain := s
		if strings.ContainsAny(s, "'\"[]{}#&*!|>%:,?") || s != strings.TrimSpace(s) {
			plain = ""
		}
		check("plain", fmt.Sprintf("a: %s\n", s), plain, func(root Value) string {
			if plain == "" { // an indicator makes something else of it
				return ""
			}
			return valueOf(root)
		})
		check("as a plain key", fmt.Sprintf("%s: b\n", s), "", func(Value) string { return "" })
	}
	for where, n := range accepted {
		if n < 200 {
			t.Errorf("only %d strings are accepted %s", n, where)
		}
	}
	t.Logf("accepted: %v of %d", accepted, len(all))
}
