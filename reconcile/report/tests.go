package report

import (
	"slices"
	"strings"

	"github.com/lupa-dev/lupa/schema/source"
)

// TestResult is what became of one case of an AccessTest. Want and Got are allow
// or deny, or the people who have a right.
type TestResult struct {
	Name      string // of the document
	Case      string // what the case asks, in a few words
	OK        bool
	Want, Got []string
	Pos       source.Pos
}

// Tests shows the cases that are not as expected, and how many are.
func (t *Text) Tests(results []TestResult) {
	if len(results) == 0 {
		t.printf("%s\n", t.sentence("tests.none"))
		return
	}
	failed := 0
	for _, r := range results {
		if r.OK {
			continue
		}
		failed++
		t.printf("%s %s %s\n", t.paint(bold, t.place(r.Pos)+":"), t.paint(red, "✗"), t.sentence("tests.case", r.Name, r.Case))
		for _, line := range t.difference(r) {
			t.printf("    %s\n", line)
		}
		t.printf("\n")
	}
	line := t.paint(green, t.sentence("tests.as", len(results)-failed))
	if failed > 0 {
		line += ", " + t.paint(red, t.sentence("tests.failures", failed))
	}
	t.printf("%s\n", line)
}

// difference is what a case wants and does not get, and the other way round. Of
// many people only those are named who make the difference.
func (t *Text) difference(r TestResult) []string {
	if len(r.Want) <= 1 && len(r.Got) <= 1 {
		return []string{t.sentence("tests.want", own(t.names(r.Want)), own(t.names(r.Got)))}
	}
	var lines []string
	if lacks := without(r.Want, r.Got); len(lacks) > 0 {
		lines = append(lines, t.sentence("tests.lacks", own(t.names(lacks))))
	}
	if extra := without(r.Got, r.Want); len(extra) > 0 {
		lines = append(lines, t.sentence("tests.extra", own(t.names(extra))))
	}
	return lines
}

// names is a list of names, the first of many.
func (t *Text) names(names []string) string {
	if len(names) == 0 {
		return t.sentence("empty")
	}
	for _, name := range names {
		if name == "allow" || name == "deny" { // said of a single case
			return name
		}
	}
	return strings.Join(t.some(names), ", ")
}

// without is the names that are not among others, sorted.
func without(names, others []string) []string {
	among := make(map[string]bool, len(others))
	for _, name := range others {
		among[name] = true
	}
	left := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return among[name] })
	slices.Sort(left)
	return left
}

// TestsJSON is the results as JSON, with a line feed.
func TestsJSON(results []TestResult) ([]byte, error) {
	type result struct {
		Name string       `json:"name"`
		Case string       `json:"case"`
		OK   bool         `json:"ok"`
		Want []string     `json:"want"`
		Got  []string     `json:"got"`
		Pos  []source.Pos `json:"pos"`
	}
	cases := make([]result, 0, len(results))
	for _, r := range results {
		cases = append(cases, result{r.Name, r.Case, r.OK, append([]string{}, r.Want...), append([]string{}, r.Got...), []source.Pos{r.Pos}})
	}
	return marshal(map[string]any{"cases": cases})
}
