package report

import (
	"encoding/xml"
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
		t.printf("%s %s %s\n", t.paint(bold, place(r.Pos)+":"), t.paint(red, "✗"), t.sentence("tests.case", r.Name, r.Case))
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

// The elements and attributes of JUnit's XML that every reader of it knows; where
// a case stands is said in the text of its failure. Nothing here is measured in
// time, for the same results give the same bytes.
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Errors   int         `xml:"errors,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Name    string        `xml:"name,attr"`
		Class   string        `xml:"classname,attr"`
		Failure *junitFailure `xml:"failure"`
	}
	junitFailure struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr"`
		Text    string `xml:",chardata"`
	}
)

// TestsJUnit is the results as JUnit's XML, a suite for each document, with a line
// feed. Results of one document stand together.
func TestsJUnit(results []TestResult) ([]byte, error) {
	var t Text
	all := junitSuites{Name: "lupa test"}
	for i, r := range results {
		if i == 0 || r.Name != results[i-1].Name {
			all.Suites = append(all.Suites, junitSuite{Name: Safe(r.Name)})
		}
		suite := &all.Suites[len(all.Suites)-1]
		is := junitCase{Name: Safe(r.Case), Class: suite.Name}
		if !r.OK {
			message := strings.Join(t.difference(r), "; ")
			is.Failure = &junitFailure{Message: message, Type: "AccessTest", Text: place(r.Pos) + ": " + message}
			suite.Failures++
			all.Failures++
		}
		suite.Cases = append(suite.Cases, is)
		suite.Tests++
		all.Tests++
	}
	text, err := xml.MarshalIndent(all, "", "  ")
	return append(append([]byte(xml.Header), text...), '\n'), err
}
