package report

import (
	"encoding/xml"
	"maps"
	"slices"
	"strings"

	"github.com/lupa-dev/lupa/reconcile/policy"
)

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
		Skipped  int         `xml:"skipped,attr,omitempty"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Name    string        `xml:"name,attr"`
		Class   string        `xml:"classname,attr"`
		Skipped *junitSkipped `xml:"skipped"`
		Failure *junitFailure `xml:"failure"`
		Out     string        `xml:"system-out,omitempty"`
	}
	junitSkipped struct {
		Message string `xml:"message,attr"`
	}
	junitFailure struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr"`
		Text    string `xml:",chardata"`
	}
)

// add puts a case into the suite of its class, which is the last or a new one.
func (s *junitSuites) add(c junitCase) {
	if len(s.Suites) == 0 || s.Suites[len(s.Suites)-1].Name != c.Class {
		s.Suites = append(s.Suites, junitSuite{Name: c.Class})
	}
	suite := &s.Suites[len(s.Suites)-1]
	suite.Cases = append(suite.Cases, c)
	suite.Tests++
	s.Tests++
	switch {
	case c.Failure != nil:
		suite.Failures++
		s.Failures++
	case c.Skipped != nil:
		suite.Skipped++
	}
}

func (s *junitSuites) bytes() ([]byte, error) {
	text, err := xml.MarshalIndent(s, "", "  ")
	return append(append([]byte(xml.Header), text...), '\n'), err
}

// TestsJUnit is the results as JUnit's XML, a suite for each document, with a line
// feed. Results of one document stand together.
func (t *Text) TestsJUnit(results []TestResult) ([]byte, error) {
	t = t.plain()
	all := junitSuites{Name: "lupa test"}
	for _, r := range results {
		is := junitCase{Name: t.safe(r.Case), Class: t.safe(r.Name)}
		if !r.OK {
			message := strings.Join(t.difference(r), "; ")
			is.Failure = &junitFailure{Message: message, Type: codeTest, Text: t.spot("", r.Pos) + ": " + message}
		}
		all.add(is)
	}
	return all.bytes()
}

// JUnit is what a command found as JUnit's XML, with a line feed: each code is a
// case, in a suite by what it looks at and how much it weighs. An error fails it, a
// warning is its output, and what nobody looked at is skipped.
func (t *Text) JUnit(c Check) ([]byte, error) {
	t = t.plain()
	found := make(map[string][]notice)
	for _, n := range t.notices(c) {
		found[n.code] = append(found[n.code], n)
	}
	all := junitSuites{Name: "lupa " + c.Command}
	for _, r := range junitRules(c.Plan != nil) {
		is := t.junitCase(r, found[r.code])
		if len(found[r.code]) == 0 && r.when != 0 && r.when&c.Looked == 0 {
			is.Skipped = &junitSkipped{t.sentence("formats.skipped")}
		}
		delete(found, r.code)
		all.add(is)
	}
	for _, code := range slices.Sorted(maps.Keys(found)) { // of a plan that another lupa made
		all.add(t.junitCase(junitRule{code: code, suite: "other"}, found[code]))
	}
	return all.bytes()
}

// junitRule is a code that is a case, the suite in which it is one, and when it is
// looked at.
type junitRule struct {
	code, suite string
	when        policy.When // 0: always
	brake       bool
}

// junitRules are all cases: what files may be, rules by the stage at which they are
// asked first and by what they weigh, and of a plan its brakes and its gains.
func junitRules(ofPlan bool) []junitRule {
	var rules []junitRule
	for _, key := range slices.Sorted(maps.Keys(english)) {
		m := aSentence.FindStringSubmatch(key)
		if m == nil || len(rules) > 0 && rules[len(rules)-1].code == m[1] {
			continue
		}
		class := problemClass(m[1])
		if _, ok := policy.RuleOf(m[1]); !ok && class != classBrake && class != classImport {
			rules = append(rules, junitRule{code: m[1], suite: "files"})
		}
	}
	for _, stage := range []struct {
		when policy.When
		name string
	}{{policy.Documents, "documents"}, {policy.State, "state"}, {policy.Plan, "plan"}} {
		for _, severity := range []policy.Severity{policy.Error, policy.Warning, policy.Note} {
			for _, r := range policy.Rules {
				when := asked(r)
				if when&-when == stage.when && policy.SeverityOf(r.Code) == severity {
					rules = append(rules, junitRule{code: r.Code, suite: stage.name + "/" + string(severity), when: when})
				}
			}
		}
	}
	if ofPlan {
		for _, code := range slices.Sorted(maps.Keys(brakeNames)) {
			rules = append(rules, junitRule{code: code, suite: "brakes", brake: true})
		}
		rules = append(rules, junitRule{code: codeGain, suite: "effect"})
	}
	return rules
}

// asked is when a rule is asked. One that another room carries out is asked where
// that room works.
func asked(r policy.Rule) policy.When {
	switch {
	case r.When != 0:
		return r.When
	case r.Code == "E29": // of the days ahead
		return policy.State
	case strings.HasPrefix(r.By, "reconcile/policy") || strings.HasPrefix(r.By, "reconcile/plan"):
		return policy.Plan
	}
	return policy.Documents
}

// junitCase is the case of a code with what was found.
func (t *Text) junitCase(r junitRule, found []notice) junitCase {
	is := junitCase{Name: title(r.code), Class: r.suite}
	var failures, rest []string
	for _, n := range found {
		if n.severity == policy.Error || r.brake {
			failures = append(failures, t.noticeLine(n))
		} else {
			rest = append(rest, t.noticeLine(n))
		}
	}
	if len(failures) > 0 {
		is.Failure = &junitFailure{Message: found[0].message, Type: r.code, Text: t.firstLines(failures)}
	}
	is.Out = t.firstLines(rest)
	if r.code == codeGain { // of which none is left out
		is.Out = strings.Join(rest, "\n")
	}
	return is
}

// noticeLine is a notice on one line, with its place.
func (t *Text) noticeLine(n notice) string {
	line := strings.Join(append([]string{n.message}, n.hints...), "; ")
	if len(n.pos) > 0 {
		line = t.spot("", n.pos[0]) + ": " + line
	}
	if len(n.pos) > 1 {
		line += "; " + t.sentence("also", own(t.spot("", n.pos[1])))
	}
	return line
}

// firstLines are the first of many lines, and how many more there are.
func (t *Text) firstLines(lines []string) string {
	if len(lines) > maxProblems+1 {
		lines = append(lines[:maxProblems:maxProblems], t.sentence("more", len(lines)-maxProblems))
	}
	return strings.Join(lines, "\n")
}
