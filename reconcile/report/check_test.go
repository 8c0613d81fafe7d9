package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/lupa-dev/lupa/reconcile/access"
	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/reconcile/policy"
	"github.com/lupa-dev/lupa/schema/source"
)

// everyStage is when a plan looks.
const everyStage = policy.Documents | policy.State | policy.Plan

// held is a plan with brakes and gains of every class, in which a card stands in
// every place where one may.
func held() *plan.Plan {
	why := []plan.Reason{{Rule: "R34", Case: "group", Args: []string{"ryhma-t-1"}, Pos: []source.Pos{{File: "henkilot/t-1.yaml", Line: 4, Col: 2}, {File: "ryhmat/a.yaml", Line: 9, Col: 3}}}}
	return &plan.Plan{Project: "testi", Target: plan.Target{Name: "paikka", Serial: 7}, Hash: strings.Repeat("a", 64),
		Summary: plan.Summary{Update: 2, Gained: 2, Lost: 9, Errors: 1, Warnings: 1},
		Brakes: []plan.Brake{
			{Name: "removals", Figure: 9, Code: "G01", Case: "count", Args: []string{"9", "20", "5"}},
			{Name: "gains", Figure: 2, Code: "G03", Case: "count", Args: []string{"2", "20", "2"}},
			{Name: "sensitive.critical", Figure: 1, Code: "G04", Case: "one", Args: []string{"critical", "primus.full"}}},
		Effect: []plan.Effect{
			{Kind: "teacher", People: []string{"t-1"}, Rights: []string{"primus.full"}, Places: []string{"a"}, Sensitivity: access.Critical, Gained: true, After: why},
			{Kind: "guardian", People: []string{"t-2/t-3"}, Rights: []string{"wilma.surveys.maintain"}, Places: []string{"a", "b"}, Sensitivity: access.High, Gained: true, After: why},
			{Kind: "teacher", People: []string{"t-2"}, Rights: []string{"wilma.x"}, Places: []string{"a"}, Sensitivity: access.Normal, Gained: true, After: why},
			{Kind: "teacher", People: []string{"t-2"}, Rights: []string{"kurre.full"}, Places: []string{"a"}, Sensitivity: access.High, Before: why}},
		Findings: []plan.Finding{
			{Code: "E01", Case: "object", Severity: policy.Error, Args: []string{"Person", "t-1"}, Pos: []source.Pos{{File: "henkilot/t-2.yaml", Line: 3, Col: 4}, {File: "t-3.yaml", Line: 1, Col: 1}}, Subject: "Person t-2", Suggest: "t-2"},
			{Code: "W23", Case: "author", Severity: policy.Warning, Args: []string{"t-3"}, Pos: []source.Pos{}, Subject: "SurveyTemplate t-3-pohja"},
			{Code: "N03", Severity: policy.Note, Args: []string{"t-3", "teacher"}, Pos: []source.Pos{{File: "ä b/c:d,e%.yaml", Line: 3, Col: 4}}}},
		Drift: []plan.Change{
			{Action: "update", Kind: "Person", Name: "t-1", Fields: []plan.FieldChange{{Field: "schools", Before: []string{"a"}}, {Field: "sharing[t-2]"}}},
			{Action: "delete", Kind: "Person", Name: "t-2"},
			{Action: "update", Kind: "Person", Name: "t-3", Widens: []string{"schools"}, Fields: []plan.FieldChange{{Field: "schools"}}}},
	}
}

// ofHeld are checks of all sorts about held.
func ofHeld() map[string]Check {
	p := held()
	where := func(kind, name string) []source.Pos {
		if name == "t-2" {
			return []source.Pos{{File: "ryhmat/a.yaml", Line: 5, Col: 1}}
		}
		return nil
	}
	return map[string]Check{
		"plan":     {Command: "plan", Version: "1.2.3", Root: "kunta", Plan: p, Findings: p.Findings, Silenced: 2, Looked: everyStage},
		"drift":    {Command: "drift", Version: "1.2.3", Plan: p, Drift: true, Where: where},
		"validate": {Command: "validate", Version: "1.2.3", Findings: p.Findings, Looked: policy.Documents, Files: 3, Objects: 4},
	}
}

// veiled hides the cards of held.
var veiled = Pseudonyms("avain", func(card string) bool { return slices.Contains([]string{"t-1", "t-2", "t-3"}, card) }, 5)

// inFormats is a check in all three formats, but for cases of JUnit that pass.
func inFormats(t *testing.T, c Check, v *Veil) string {
	t.Helper()
	var out strings.Builder
	text := &Text{Out: &out, Veil: v, Colour: true}
	sarif, err := text.SARIF(c)
	if err != nil {
		t.Fatal(err)
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, sarif, "", " "); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(&out, "---- sarif\n%s---- github\n", indented.String())
	text.GitHub(c)
	junit, err := text.JUnit(c)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(&out, "---- junit\n")
	for line := range strings.Lines(string(junit)) {
		if !strings.HasSuffix(line, "\"></testcase>\n") {
			out.WriteString(line)
		}
	}
	return out.String()
}

func TestGoldenFormats(t *testing.T) {
	for name, c := range ofHeld() {
		golden(t, "formats-"+name, inFormats(t, c, nil))
		golden(t, "formats-"+name+"-veiled", inFormats(t, c, veiled))
	}
	m := municipality(t)
	p := propose(t, m, tree(after))
	golden(t, "formats-whole", inFormats(t, Check{Command: "plan", Version: "1.2.3", Plan: p, Findings: p.Findings, Looked: everyStage}, nil))
}

// TestVeiledFormats: with a veil no format shows a card, in texts or in paths, and
// few people are not counted but where they gain a grave right.
func TestVeiledFormats(t *testing.T) {
	card := regexp.MustCompile(`(?i)t-[123]\b`)
	for name, c := range ofHeld() {
		if all := inFormats(t, c, nil); !card.MatchString(all) || name == "plan" && !strings.Contains(all, "2 gain") {
			t.Errorf("%s: without a veil nobody is named:\n%s", name, all)
		}
		all := inFormats(t, c, veiled)
		if found := card.FindStringIndex(all); found != nil {
			t.Errorf("%s shows a card: %s", name, all[max(0, found[0]-100):found[1]])
		}
		for _, few := range []string{"2 gain", "rights to 2 people"} {
			if strings.Contains(all, few) {
				t.Errorf("%s counts few: %s", name, few)
			}
		}
		if name == "plan" && (strings.Count(all, "1 teacher gains CRITICAL primus.full: a: p-") != 4 || !strings.Contains(all, "9 lose")) {
			t.Errorf("a grave gain, or many people, are not told:\n%s", all)
		}
	}
	results := []TestResult{{Name: "t-1", Case: "t-1 wilma.x", Want: []string{"t-2"}, Got: []string{"t-3", "t-1"}, Pos: source.Pos{File: "x/t-1.yaml", Line: 1, Col: 1}}}
	proof := Proof{Claims: []string{"wilma.x"}, Against: "target t-1", Gains: 2, Example: &Counterexample{Question: Asked{Person: "t-1", Right: "wilma.x", Place: "a"}, After: held().Effect[0].After}}
	var out strings.Builder
	text := &Text{Out: &out, Veil: veiled}
	junit, err := text.TestsJUnit(results)
	if err != nil {
		t.Fatal(err)
	}
	text.TestsGitHub(Check{}, results)
	text.ProofGitHub(Check{}, proof)
	if all := out.String() + string(junit); card.MatchString(all) || strings.Count(all, veiled.pseudonym("t-1")) < 4 {
		t.Errorf("a card is shown:\n%s", all)
	}
}

// sarifOf is what a log says, read back.
func sarifOf(t *testing.T, data []byte) sarifRun {
	t.Helper()
	var log sarifLog
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&log); err != nil || len(log.Runs) != 1 {
		t.Fatalf("%v, %d runs\n%.2000s", err, len(log.Runs), data)
	}
	return log.Runs[0]
}

// TestSARIFSchema holds logs to the schema of the standard.
func TestSARIFSchema(t *testing.T) {
	modules := os.Getenv("LUPA_NODE_MODULES")
	if modules == "" {
		t.Skip("skipped: LUPA_NODE_MODULES names no directory with the schema of SARIF")
	}
	text, err := os.ReadFile(filepath.Join(modules, "@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json"))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat = true
	if err := compiler.AddResource("sarif.json", bytes.NewReader(text)); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("sarif.json")
	if err != nil {
		t.Fatal(err)
	}
	holds := func(data []byte) error {
		var v any
		if err := json.Unmarshal(data, &v); err != nil {
			return err
		}
		return schema.Validate(v)
	}
	checks := ofHeld()
	known := asReview(checks["plan"])
	checks["known"], checks["nothing"] = known, Check{Command: "validate"}
	hostileFindings := known
	hostileFindings.Findings = nil
	for _, s := range hostile {
		hostileFindings.Findings = append(hostileFindings.Findings, plan.Finding{Code: s, Severity: policy.Severity(s), Args: []string{s}, Pos: []source.Pos{{File: s, Line: -1, Col: -1}, {File: s, Line: 1, Col: -1}}, Subject: s})
	}
	checks["hostile"] = hostileFindings
	for name, c := range checks {
		for _, v := range []*Veil{nil, veiled} {
			data, err := (&Text{Veil: v}).SARIF(c)
			if err != nil {
				t.Fatal(err)
			}
			if err := holds(data); err != nil {
				t.Errorf("%s: %v\n%s", name, err, data)
			}
			if broken := bytes.ReplaceAll(data, []byte(`"ruleId"`), []byte(`"rule"`)); name == "plan" && holds(broken) == nil {
				t.Error("the schema lets pass what is none of it")
			}
		}
	}
}

// A fingerprint is the same wherever a finding stands and in whatever language,
// and no two results of a run have the same.
func TestFingerprints(t *testing.T) {
	same := plan.Finding{Code: "E05", Severity: policy.Error, Args: []string{"x"}, Pos: []source.Pos{{File: "a.yaml", Line: 3, Col: 4}}}
	of := func(text *Text, findings ...plan.Finding) []string {
		data, err := text.SARIF(Check{Findings: findings})
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, r := range sarifOf(t, data).Results {
			all = append(all, r.Fingerprints["primaryLocationLineHash"])
		}
		return all
	}
	want := of(new(Text), same)[0]
	moved := same
	moved.Pos = []source.Pos{{File: "a.yaml", Line: 30, Col: 4}}
	for _, l := range []Language{"fi", "en"} {
		if got := of(&Text{Lang: l}, moved)[0]; got != want {
			t.Errorf("%s: moved it is %s, was %s", l, got, want)
		}
	}
	day := plan.Finding{Code: "E05", Severity: policy.Error, Args: []string{"2026-05-06"}}
	if en, fi := of(&Text{Lang: "en"}, day), of(&Text{Lang: "fi"}, day); en[0] != fi[0] {
		t.Errorf("English %s, Finnish %s", en, fi)
	}
	for _, change := range []func(*plan.Finding){
		func(f *plan.Finding) { f.Code = "E17" }, func(f *plan.Finding) { f.Case = "x" }, func(f *plan.Finding) { f.Args = []string{"y"} },
		func(f *plan.Finding) { f.Subject = "School x" }, func(f *plan.Finding) { f.Pos = []source.Pos{{File: "b.yaml"}} }} {
		other := same
		change(&other)
		if got := of(new(Text), other)[0]; got == want {
			t.Errorf("%+v is the same as %+v", other, same)
		}
	}
	if got := of(new(Text), same, moved, same); len(slices.Compact(slices.Sorted(slices.Values(got)))) != 3 {
		t.Errorf("three results have %s", got)
	}
	// Who guesses a card must not find it in a hash of it.
	person := plan.Finding{Code: "E05", Severity: policy.Error, Args: []string{"t-1"}}
	if open, hidden := of(new(Text), person), of(&Text{Veil: veiled}, person); open[0] == hidden[0] {
		t.Errorf("%s is a hash of a card", hidden)
	}
}

// TestSARIFLimits: of too many results those are left out that weigh least, and
// that is said.
func TestSARIFLimits(t *testing.T) {
	findings := make([]plan.Finding, maxResults+7)
	for i := range findings {
		findings[i] = plan.Finding{Code: "W23", Case: "author", Severity: policy.Warning, Args: []string{fmt.Sprint(i)}}
	}
	findings[len(findings)-1] = plan.Finding{Code: "E05", Severity: policy.Error, Args: []string{"last"}}
	data, err := new(Text).SARIF(Check{Findings: findings})
	if err != nil {
		t.Fatal(err)
	}
	run := sarifOf(t, data)
	notes := run.Invocations[0].Notifications
	if len(run.Results) != maxResults || run.Results[0].RuleID != "E05" || len(notes) != 1 || !strings.HasPrefix(notes[0].Message.Text, "7 results") {
		t.Errorf("%d results, the first %+v, %+v", len(run.Results), run.Results[0], notes)
	}
}

// asReview is what a review would find whose base has the findings E01 too.
func asReview(c Check) Check {
	review := *c.Plan
	review.Since = &plan.Since{Revision: "main"}
	c.Plan, c.Findings = &review, slices.Clone(c.Findings)
	for i, f := range c.Findings {
		c.Findings[i].Known = f.Code == "E01"
	}
	return c
}

func TestBaselineState(t *testing.T) {
	c := ofHeld()["plan"]
	for _, r := range sarifOf(t, must(new(Text).SARIF(c))).Results {
		if r.BaselineState != "" {
			t.Errorf("without a base: %+v", r)
		}
	}
	c = asReview(c)
	for _, r := range sarifOf(t, must(new(Text).SARIF(c))).Results {
		if (r.BaselineState == "unchanged") != (r.RuleID == "E01") || r.BaselineState == "" {
			t.Errorf("%+v", r)
		}
	}
}

func must(data []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return data
}

// annotation is a command as lupa writes them.
var annotation = regexp.MustCompile(`^::(error|warning|notice) (?:file=([^:,]+),)?(?:line=(\d+),col=-?\d+,)?title=([^:,]+)::(.*)$`)

// bare is what is escaped in commands, and is not; 25, 0D and so on stand for one
// character each.
var bare = regexp.MustCompile(`\r|\n|%(?:$|[^023]|0[^DA]|2[^5C]|3[^A]|[023]$)`)

// TestAnnotations: of each kind there are ten at most, and the last says how many
// more there are.
func TestAnnotations(t *testing.T) {
	for n, want := range map[int]string{9: "", 10: "", 11: "and 2 more", 300: "and 291 more"} {
		var findings []plan.Finding
		for i := range n {
			findings = append(findings, plan.Finding{Code: "W23", Case: "author", Severity: policy.Warning, Args: []string{fmt.Sprint(i)}}, plan.Finding{Code: "E05", Severity: policy.Error, Args: []string{fmt.Sprint(i)}})
		}
		var out strings.Builder
		(&Text{Out: &out}).GitHub(Check{Command: "validate", Findings: findings, Files: 1})
		of := make(map[string][]string)
		for line := range strings.Lines(out.String()) {
			if m := annotation.FindStringSubmatch(strings.TrimSuffix(line, "\n")); m != nil {
				of[m[1]] = append(of[m[1]], m[5])
			}
		}
		for _, kind := range []string{"error", "warning"} {
			all := of[kind]
			if len(all) != min(n, 10) || !strings.HasPrefix(all[len(all)-1], want) || want == "" && strings.HasPrefix(all[len(all)-1], "and ") {
				t.Errorf("%d of kind %s: %d are told, the last is %q", n, kind, len(all), all[len(all)-1])
			}
		}
	}
}

// FuzzFormats: whatever a plan holds, the commands to a runner are lupa's own, what
// they say is what was to be said, and the other formats can be read and have every
// error.
func FuzzFormats(f *testing.F) {
	for _, s := range append(hostileXML, hostile...) {
		f.Add(s, s, s, 3)
	}
	for _, s := range []string{"::error::x", "x\n::error::x", "x ::set-output name=a::x", "%0A::error::x", "##[error]x", "a,line=3::x", "t-1", "a/t-1/b", "//x/y", "http://x", "[a](b)", "010190-123A", "", "t-1\n::stop-commands::x"} {
		f.Add(s, "a.yaml", s, 1)
		f.Add(s, s, "Person x", -1)
	}
	f.Fuzz(func(t *testing.T, value, file, name string, line int) {
		p := held()
		p.Project, p.Target.Name, p.Effect[0].People, p.Effect[1].Places = value, name, []string{name}, []string{value}
		p.Effect[0].After = []plan.Reason{{Rule: value, Case: name, Args: []string{file}}}
		p.Brakes[0].Args, p.Brakes[1].Code, p.Drift[0].Name, p.Drift[1].Fields = []string{value, value, value}, name, name, []plan.FieldChange{{Field: value}}
		pos := []source.Pos{{File: file, Line: line, Col: line}, {File: value, Line: 1, Col: 2}}
		p.Findings = []plan.Finding{
			{Code: "E01", Case: "object", Severity: policy.Error, Args: []string{value, name}, Pos: pos, Subject: name, Suggest: value},
			{Code: value, Severity: policy.Error, Args: []string{value}, Pos: pos[:1]},
			{Code: name, Case: value, Severity: policy.Severity(value)},
		}
		for _, drift := range []bool{false, true} {
			c := Check{Command: "plan", Version: "1.2.3", Root: "kunta", Plan: p, Drift: drift, Looked: everyStage}
			if !drift {
				c.Findings = p.Findings
			}
			for _, v := range []*Veil{nil, veiled} {
				var out strings.Builder
				text := &Text{Out: &out, Veil: v}
				text.GitHub(c)
				checkCommands(t, out.String())
				run := sarifOf(t, must(text.SARIF(c)))
				if errors := slices.DeleteFunc(run.Results, func(r sarifResult) bool { return r.Level != "error" }); !drift && len(errors) != 2 {
					t.Fatalf("%d errors: %+v", len(errors), errors)
				}
				junit := must(text.JUnit(c))
				if !utf8.Valid(junit) || bytes.ContainsFunc(junit, func(r rune) bool { return r != '\n' && source.Invisible(r) }) {
					t.Fatalf("%q", junit)
				}
				readXML(t, junit)
			}
		}
	})
}

func checkCommands(t *testing.T, out string) {
	t.Helper()
	for line := range strings.Lines(out) {
		line = strings.TrimSuffix(line, "\n")
		switch own := annotation.FindStringSubmatch(line); {
		case own != nil:
			if bare.MatchString(own[5] + own[4] + own[2]) {
				t.Fatalf("%q is not escaped", line)
			}
		case strings.HasPrefix(strings.TrimSpace(line), "::"):
			t.Fatalf("a command: %q", line)
		}
		if strings.Contains(line, "##[") || strings.ContainsFunc(line, source.Invisible) || !utf8.ValidString(line) {
			t.Fatalf("%q", line)
		}
	}
}

func readXML(t *testing.T, data []byte) {
	t.Helper()
	for in := xml.NewDecoder(bytes.NewReader(data)); ; {
		if _, err := in.Token(); err == io.EOF {
			return
		} else if err != nil {
			t.Fatalf("%v in\n%s", err, data)
		}
	}
}

// TestJUnit: every rule is a case, which fails for errors alone, or is skipped where
// nobody looked.
func TestJUnit(t *testing.T) {
	read := func(c Check) map[string]junitCase {
		var all junitSuites
		if err := xml.Unmarshal(must(new(Text).JUnit(c)), &all); err != nil {
			t.Fatal(err)
		}
		cases := make(map[string]junitCase)
		counted := 0
		for _, s := range all.Suites {
			counted += s.Tests
			for _, is := range s.Cases {
				code, _, _ := strings.Cut(is.Name, " ")
				cases[code] = is
			}
		}
		if counted != all.Tests || counted != len(cases) {
			t.Errorf("%d tests, in suites %d, by code %d", all.Tests, counted, len(cases))
		}
		return cases
	}
	checks := ofHeld()
	ofPlan, ofTree := read(checks["plan"]), read(checks["validate"])
	for _, r := range policy.Rules {
		for name, cases := range map[string]map[string]junitCase{"plan": ofPlan, "validate": ofTree} {
			is, ok := cases[r.Code]
			if !ok {
				t.Errorf("%s: %s is no case", name, r.Code)
			}
			if failed := is.Failure != nil; failed != (r.Code == "E01") {
				t.Errorf("%s: %s has failed: %v", name, r.Code, failed)
			}
			if said := is.Out != ""; said != (r.Code == "W23" || r.Code == "N03") {
				t.Errorf("%s: %s has said %q", name, r.Code, is.Out)
			}
			looked := name == "plan" || asked(r)&policy.Documents != 0 || is.Out != ""
			if looked == (is.Skipped != nil) {
				t.Errorf("%s: %s is skipped: %v", name, r.Code, is.Skipped)
			}
		}
	}
	for code, want := range map[string]bool{"G01": true, "G02": false, "G03": true, "G04": true, "G05": false} {
		if is, ok := ofPlan[code]; !ok || (is.Failure != nil) != want {
			t.Errorf("brake %s: %+v", code, is)
		}
		if _, ok := ofTree[code]; ok {
			t.Errorf("a tree has a brake %s", code)
		}
	}
	if out := ofPlan[codeGain].Out; strings.Count(out, " gains ") != 2 {
		t.Errorf("gains: %s", out)
	}
}

// The path of a file is shown as it is, or its directory, where it names somebody.
func TestFiles(t *testing.T) {
	for name, want := range map[string]string{
		"a/b.yaml": "a/b.yaml", "henkilot/t-1.yaml": "henkilot", "t-1/a/b.yaml": "lupa.yaml", "x/a-t-2/b.yaml": "x", "t-3.yaml": "lupa.yaml", "": "lupa.yaml",
		"a/010190-123A.yaml": "a", "/t-1": "lupa.yaml",
	} {
		if got, whole := (&Text{Veil: veiled}).file(name); got != want || whole != (got == name) {
			t.Errorf("%q is shown as %q, whole: %v; want %q", name, got, whole, want)
		}
	}
	for name, want := range map[string]string{"ä b/c:d.yaml": "%C3%A4%20b/c%3Ad.yaml", "a%b": "a%25b", "a\nb": "a%0Ab", "\xff": "%FF"} {
		if got := escapePath(name); got != want {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
	}
}
