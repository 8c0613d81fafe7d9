package source

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// testdata is the directory of real data, or skips the test where there is none.
func testdata(t testing.TB, path ...string) string {
	t.Helper()
	dir := os.Getenv("LUPA_TESTDATA")
	if dir == "" {
		t.Skip("skipped: LUPA_TESTDATA names no directory of real data")
	}
	return filepath.Join(append([]string{dir}, path...)...)
}

type suiteCase struct {
	ID    string `json:"id"`
	YAML  string `json:"yaml"`
	Error bool   `json:"error"`
}

func yamlTestSuite(t testing.TB) []suiteCase {
	f, err := os.Open(testdata(t, "bad", "yaml-test-suite.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var cases []suiteCase
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var c suiteCase
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		cases = append(cases, c)
	}
	if len(cases) < 400 {
		t.Fatalf("only %d cases", len(cases))
	}
	return cases
}

// checkFormat holds what Format promises of any text that has no problems.
func checkFormat(t *testing.T, data []byte) {
	file := Parse("x.yaml", data)
	for _, p := range file.Problems {
		if len(p.Pos) == 0 || p.Pos[0].Line < 0 || p.Code == "" {
			t.Errorf("a problem without code or place: %+v", p)
		}
	}
	if len(file.Problems) > 0 {
		return
	}
	out, err := Format(data)
	if errors.Is(err, ErrFormat) {
		return
	}
	if err != nil {
		t.Fatalf("%v in\n%q", err, data)
	}
	if again, err := Format(out); err != nil || !bytes.Equal(again, out) {
		t.Fatalf("not idempotent: %v\n%q\n%q", err, out, again)
	}
	if after := Parse("x.yaml", out); len(after.Problems) > 0 || len(after.Documents) != len(file.Documents) {
		t.Fatalf("formatted, it has problems: %v\n%q", after.Problems, out)
	}
}

func TestYAMLTestSuite(t *testing.T) {
	unformatted := 0
	for _, c := range yamlTestSuite(t) {
		checkFormat(t, []byte(c.YAML))
		file := Parse(c.ID, []byte(c.YAML))
		if len(file.Problems) == 0 {
			if _, err := Format([]byte(c.YAML)); err != nil {
				t.Logf("%s: %v\n%s", c.ID, err, c.YAML)
				unformatted++
			}
		}
	}
	t.Logf("%d valid cases are left unformatted", unformatted)
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"a: 1\n", "a: [b, {c: d}] # e\n", "- - x\n  - |\n    y\n", "? a\n: b\n", "---\n# c\n...\n%YAML 1.2\n---\na: &x 1\nb: *x\n", "a: !!str 1\n! b: 'c\n\n d'\n", "\"a\\u202eb\": \"\\x00\"\n", "<<: {a: 01}\n2.20: ~\n",
	} {
		f.Add([]byte(s))
	}
	for _, data := range examples(f) {
		f.Add(data)
	}
	cases, err := filepath.Glob("../testdata/*.yaml")
	if err != nil || len(cases) == 0 {
		f.Fatalf("no cases: %v", err)
	}
	for _, path := range cases {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) { checkFormat(t, data) })
}
