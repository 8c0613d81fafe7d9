package report

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/reconcile/policy"
	"github.com/lupa-dev/lupa/reconcile/target"
	"github.com/lupa-dev/lupa/schema/source"
)

// TestCaret: the caret stands under the word, whatever stands before it.
func TestCaret(t *testing.T) {
	long := strings.Repeat("x", 9000) + " SANA " + strings.Repeat("y", 1000)
	for _, c := range []struct {
		name, line string
		col        int
		under      string // what the caret and the line behind it stand under
	}{
		{"plain", "name: SANA, x", 7, "SANA"},
		{"the first column", "SANA: x", 1, "SANA"},
		{"ä in one character", "nimi: Äänekoski SANA", 17, "SANA"},
		{"ä in two characters", "nimi: A\u0308a\u0308nekoski SANA", 19, "SANA"},
		{"under ä", "nimi: Äänekoski", 7, "Äänekoski"},
		{"wide characters", "名前: 学校 SANA", 8, "SANA"},
		{"under wide characters", "name: 学校, x", 7, "学校"},
		{"emoji of several characters", "a: 👩‍👩‍👧 SANA", 10, ""}, // a joiner takes part in no file; it is written out
		{"a tab", "a:\t\tSANA", 5, "SANA"},
		{"a carriage return at the end", "name: SANA\r", 7, "SANA"},
		{"an escape sequence before it", "a: \x1b[31m SANA", 10, "SANA"},
		{"ten thousand characters", long, 9002, "SANA"},
		{"wide characters without end", strings.Repeat("学", 9000) + " SANA", 9002, "SANA"},
		{"wide characters to the edge", strings.Repeat("学", 50) + " SANA", 52, "SANA"},
		{"escape sequences without end", strings.Repeat("\u202e", 200) + " SANA", 202, "SANA"},
		{"a line that fits is not cut", strings.Repeat("x", 80) + " SANA", 82, "SANA"},
		{"behind the end", "name: x", 100, ""},
		{"nowhere", "SANA", 0, "SANA"},
	} {
		for _, width := range []int{100, 40, 0} {
			var b strings.Builder
			(&Text{Out: &b, Width: width}).Problems([]plan.Finding{{Code: "E05", Severity: policy.Error, Args: []string{"x"}, Pos: []source.Pos{{File: "a", Line: 7, Col: c.col}}}},
				func(string, int) (string, bool) { return c.line, true })
			lines := strings.Split(b.String(), "\n")
			shown, caret := lines[1], lines[2]
			if w := columns(shown); w > max(width, 40) && width > 0 || w > 100 {
				t.Errorf("%s: the line is %d columns wide of %d:\n%s", c.name, w, width, b.String())
			}
			from := columns(caret[:strings.Index(caret, "^")])
			to := from + columns(strings.TrimSpace(caret[strings.Index(caret, "^"):]))
			if got := between(shown, from, to); c.under != "" && got != c.under {
				t.Errorf("%s, width %d: the caret is under %q, want %q:\n%s", c.name, width, got, c.under, b.String())
			}
			if text := strings.TrimPrefix(shown, "    7 | "); !strings.HasPrefix(text, "…") && !strings.HasPrefix(c.line, text[:1]) && text[0] != '\\' {
				t.Errorf("%s, width %d: the line begins in the middle without a sign:\n%s", c.name, width, b.String())
			}
			if c.name == "a line that fits is not cut" && width == 100 && strings.Contains(shown, "…") {
				t.Errorf("%s:\n%s", c.name, b.String())
			}
		}
	}
}

// between is the part of a text that stands in some columns.
func between(text string, from, to int) string {
	var part strings.Builder
	runes := []rune(text)
	for i := range runes {
		if at := columns(string(runes[:i])); at >= from && columns(string(runes[:i+1])) <= to && (at < to || unicode.Is(unicode.Mn, runes[i])) {
			part.WriteRune(runes[i])
		}
	}
	return part.String()
}

func TestPlacesWithoutLine(t *testing.T) {
	for _, c := range []struct {
		finding plan.Finding
		want    string
	}{
		{plan.Finding{Pos: []source.Pos{{File: "a.yaml"}}}, "a.yaml: error E05: x stands in the list twice\n"},
		{plan.Finding{Pos: []source.Pos{{File: "a.yaml", Line: 3, Col: 4}}}, "a.yaml:3:4: error E05: x stands in the list twice\n"},
		{plan.Finding{Subject: "UserGroup g"}, "UserGroup g: error E05: x stands in the list twice\n"},
		{plan.Finding{}, "error E05: x stands in the list twice\n"},
		{plan.Finding{Pos: []source.Pos{{File: "a.yaml", Line: 3, Col: 4}, {File: "b.yaml", Line: 5, Col: 6}}, Suggest: "y"},
			"a.yaml:3:4: error E05: x stands in the list twice\n    → did you mean y?\n    → see also b.yaml:5:6\n"},
	} {
		c.finding.Code, c.finding.Severity, c.finding.Args = "E05", policy.Error, []string{"x"}
		var b strings.Builder
		(&Text{Out: &b}).Problems([]plan.Finding{c.finding}, func(string, int) (string, bool) { return "", false })
		if diff := cmp.Diff(c.want, b.String()); diff != "" {
			t.Errorf("%+v:\n%s", c.finding, diff)
		}
	}
}

// At most a page or two is shown, and no error is left out for a warning.
func TestManyProblems(t *testing.T) {
	var findings []plan.Finding
	for i := range 31 {
		findings = append(findings, plan.Finding{Code: "W23", Case: "author", Severity: policy.Warning, Args: []string{fmt.Sprint(i)}})
	}
	last := plan.Finding{Code: "E12", Severity: policy.Error}
	for n, want := range map[int]string{29: "", 30: "and one more", 31: "and 2 more"} {
		given := append(findings[:n:n], last)
		var b strings.Builder
		(&Text{Out: &b}).Problems(given, nil)
		out := b.String()
		if got := strings.Count(out, " W23:") + strings.Count(out, " E12:"); got != 30 {
			t.Errorf("%d problems: %d are shown, want 30", n+1, got)
		}
		if given[0].Code != "W23" {
			t.Error("showing problems put the caller's in another order")
		}
		if !strings.HasPrefix(out, "error E12: ") || strings.Index(out, "author 0 ") > strings.Index(out, "author 1 ") {
			t.Errorf("the error is not first, or the warnings are not in order:\n%s", out)
		}
		if end := strings.TrimSpace(out[strings.LastIndex(strings.TrimSpace(out), "\n"):]); strings.HasPrefix(end, "and") != (want != "") || want != "" && end != want {
			t.Errorf("%d problems end with %q, want %q", n+1, end, want)
		}
	}
}

// hostile are texts that would do something where they are shown as they are.
var hostile = []string{
	"x\nNo changes: the target holds what the tree declares.", "x\rNo changes", "\x1b[2J\x1b[31mx", "\u202exyz", "a\u200bb", "\u2028x", "x\x00y",
	"\x9b31m", "\xff\xfe", "%!s(MISSING) %[1]s %d", "x\u0085y", "\ufeffx", "\U000e0041",
}

// TestHostileValues: no value, name or file does anything but stand there.
func TestHostileValues(t *testing.T) {
	for _, s := range hostile {
		key := fact.Key{Kind: "School", ID: s}
		changes := []plan.Change{
			{Action: "create", Kind: "School", Name: s, Cause: plan.Drift, Fields: []plan.FieldChange{{Field: "title", After: s}, {Field: s, After: map[string]any{s: s}}}},
			{Action: "rename", Kind: "School", Name: s, Previously: s, Fields: []plan.FieldChange{{Field: "title", Before: s, After: s + "2", Cause: plan.Conflict, Last: s}}},
			{Action: "update", Kind: "UserGroup", Name: s, Fields: []plan.FieldChange{
				{Field: "wilma", Before: []string{s}, After: []string{s + "2"}}, {Field: "title", Before: s + "\n", After: s}, {Field: "schools", Before: []string{s}},
				{Field: "externalIds", Before: map[string]any{s: map[string]any{s: s}}, After: map[string]any{s: true}}}},
			{Action: "delete", Kind: "School", Name: s},
		}
		findings := []plan.Finding{{Code: "E23", Severity: policy.Error, Args: []string{s, s, s, s}, Suggest: s, Subject: s},
			{Code: "E01", Case: "object", Severity: policy.Error, Args: []string{s, s}, Suggest: s, Pos: []source.Pos{{File: s, Line: 1, Col: 2}, {File: s, Line: 3, Col: 4}}}}
		p := &plan.Plan{Project: s, Target: plan.Target{Name: s, Lineage: s}, Hash: strings.Repeat("a", 64), Changes: changes, Drift: changes, Findings: findings,
			Unmanaged: []plan.Object{{Kind: "School", Name: s}}, External: []plan.Object{{Kind: "School", Name: s}}}
		line := func(string, int) (string, bool) { return strings.ReplaceAll(s, "\n", ""), true }
		entry := target.Entry{Actor: s, Host: s, Plan: s, Hash: strings.Repeat("b", 64)}
		for _, colour := range []bool{false, true} {
			var b strings.Builder
			r := &Text{Out: &b, Colour: colour}
			r.Plan(p, s, line)
			r.Drift(p)
			r.Outcome(plan.Outcome{Entry: entry}, s)
			r.Validation(findings, 0, 1, 1, line)
			r.Status(Status{Name: s, Type: "sqlite", Path: s, Snapshot: fact.Snapshot{Lineage: s, Now: fact.Of(fact.Fact{Key: key})}, Entry: &entry})
			r.Diff(s, []byte(s), []byte(s+"2"))
			harmless(t, s, b.String(), colour)
		}
	}
}

func TestSafe(t *testing.T) {
	for text, want := range map[string]string{
		"a\nb\tc\r": `a\nb\tc\u000d`, "\x1b[31m": `\u001b[31m`, "\xff": `\ufffd`, "\u202ea\u200b": `\u202ea\u200b`, "\U000e0041": `\udb40\udc41`, "Ä 学 €": "Ä 学 €", "": "",
	} {
		if got := Safe(text); got != want {
			t.Errorf("Safe(%q) = %s, want %s", text, got, want)
		}
	}
}

func harmless(t *testing.T, value, out string, colour bool) {
	t.Helper()
	if colour {
		out = withoutColour(out)
	}
	for i, line := range strings.Split(out, "\n") {
		for _, r := range line {
			if unicode.IsControl(r) || source.Invisible(r) || r == unicode.ReplacementChar {
				t.Fatalf("of %q, %q reaches the terminal in line %d: %q", value, r, i, line)
			}
		}
		if strings.HasPrefix(line, "No changes") {
			t.Errorf("%q makes a line of its own: %q", value, line)
		}
		if strings.Contains(line, "%!") && !strings.Contains(value, "%!") {
			t.Errorf("%q: %q", value, line)
		}
	}
}

// withoutColour takes out the sequences that paint writes, and no others.
func withoutColour(out string) string {
	pairs := []string{"\x1b[0m", ""}
	for _, s := range []style{bold, faint, red, green, yellow, cyan, alarm} {
		pairs = append(pairs, "\x1b["+string(s)+"m", "")
	}
	return strings.NewReplacer(pairs...).Replace(out)
}

// Lines of files may hold secrets, where keys tell them.
func TestSecretsAreCovered(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{`dsn: postgres://u:pw@h/db`, `dsn: ••••••••••••••••••••`},
		{`dsn: "postgres://u:p w@h"`, `dsn: ••••••••••••••••••••`},
		{`    path: postgres://u:p@ss@h/db`, `    path: postgres://u:••••@h/db`},
		{`url: redis://:hunter2@h`, `url: redis://:•••••••@h`},
		{`password: x`, `password: •`},
		{`Salasana: kissa`, `Salasana: •••••`},
		{`{password: x, name: y}`, `{password: •, name: y}`},
		{`{"token": "a, b}", "name": "y"}`, `{"token": •••••••, "name": "y"}`},
		{`password: a,b}c#d # why`, `password: ••••••• # why`},
		{`db_password = two words  # why`, `db_password = •••••••••  # why`},
		{`client-secret: 'x y'`, `client-secret: •••••`},
		{`title: Salasanat ja tunnukset`, `title: Salasanat ja tunnukset`},
		{`wilma: [wilma.passwordReset]`, `wilma: [wilma.passwordReset]`},
		{`person: 010190-123A # x`, `person: ••••••••••• # x`},
	} {
		if got := coverSecrets(c.line); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.line, got, c.want)
		}
	}
	var b strings.Builder
	(&Text{Out: &b}).Problems([]plan.Finding{{Code: "S01", Severity: policy.Error, Args: []string{"dsn", ""}, Pos: []source.Pos{{File: "a", Line: 1, Col: 1}}}},
		func(string, int) (string, bool) { return "dsn: postgres://u:pw@h", true })
	if strings.Contains(b.String(), "pw") {
		t.Errorf("a problem's line shows the secret:\n%s", b.String())
	}
}

// What has the shape of a national identity number is covered wherever it
// stands; codes, days, OIDs and hashes are not.
func TestIdentityNumbersAreCovered(t *testing.T) {
	for _, s := range []string{
		"010190-123A", "010190+123A", "010190A123B", "010190a123b", "19900101-1234", "900101-1234", "9001011234", "199001011234", "01019012345", "010190–1234",
		"41019012345", "01419012345", "01819012345", "900161-1234", "199001611234", "1.2.246.562.24.00000000001", "311290-123A", "200112-1234", "20011231-1234",
	} {
		for _, in := range []string{"%s", "person %s is", "(%s)", "x=%s;", "person/%s", "\"%s\""} {
			text := fmt.Sprintf(in, s)
			if got := Safe(text); strings.Contains(got, s) || columns(got) != columns(text) {
				t.Errorf("%q is shown as %q", text, got)
			}
		}
	}
	for _, s := range []string{
		"01234", "09123", "12345", "123456", "t-1042", "1042", "77310", "2026-06-22", "2026-03-01 12:00 UTC", "1.2.246.562.10.12345678901",
		"0204819-8", strings.Repeat("0123456789abcdef", 4), "Äänekoski", "wilma.register.r01.open", "a.yaml:123456:7", "2.17", "1234567",
		"123456-7890", "999999-9999", "000000-0000", "320132-1234", "201313-1234", "19991332-1234", "19991232-1234", "21991231-1234",
	} {
		if got := Safe(s); got != s {
			t.Errorf("%q is shown as %q", s, got)
		}
	}
	var b strings.Builder
	for _, r := range []*Text{{Out: &b}, {Out: &b, Colour: true}} {
		p := &plan.Plan{Hash: "12345678901a" + strings.Repeat("0", 52), Record: true, Changes: []plan.Change{{Action: "update", Kind: "School", Name: "a", Fields: []plan.FieldChange{
			{Field: "title", Before: "010190-123A", After: "010190-123B"}, {Field: "code", Before: "x 010190-123A\n", After: "y 010190-123A\n"}}}}}
		r.Plan(p, "lupa apply --expect 12345678901a", nil)
	}
	if strings.Contains(b.String(), "010190") || strings.Contains(b.String(), "123B") {
		t.Errorf("a change shows an identity number:\n%s", b.String())
	}
	if !strings.Contains(b.String(), "--expect 12345678901a") {
		t.Errorf("a hash is taken for an identity number:\n%s", b.String())
	}
}

// TestJSONShapes holds what scripts read to the contract, key by key.
func TestJSONShapes(t *testing.T) {
	m := municipality(t)
	files := tree(after)
	p := propose(t, m, files)
	var file strings.Builder
	if shown, err := PlanJSON(p); err != nil || p.Write(&file) != nil || file.String() != string(shown) {
		t.Errorf("%v: a plan is shown as\n%s\nand its file is\n%s", err, shown, file.String())
	}
	refused := tree(strings.Replace(after, "t-9", "t-1\n  holders: [t-8]", 1))
	for name, c := range map[string]struct {
		data []byte
		err  error
		want string
	}{
		"problems": shape(ProblemsJSON(load(t, refused).Problems, 0))(`problems problems.code problems.severity problems.message problems.args
			problems.pos problems.pos.file problems.pos.line problems.pos.col problems.subject problems.hint problems.case silenced`),
		// Only at serial 0: effectSummary (a script shows it).
		// Beyond the contract: summary.silenced, brakes, version, timeZone, validFrom, view, unmanaged, external, adopted, record; cause, widens and last of changes; case and suggest of findings;
		// kind, sensitivity, level and widens of effect, unchanged, templates.
		"plan": shape(PlanJSON(p))(`format kind version project target target.name target.lineage target.serial at timeZone validFrom validUntil begins ends ends.kind ends.name ends.id view hash baseDigest goalDigest
			inputs inputs.path inputs.sha256 summary summary.create summary.update summary.delete summary.rename summary.unmanaged summary.gained summary.lost summary.errors summary.warnings summary.silenced
			effect effect.after effect.after.args effect.after.case effect.after.pos effect.after.pos.file effect.after.pos.line effect.after.pos.col effect.after.rule effect.after.text effect.before effect.before.args effect.before.case effect.before.pos effect.before.rule effect.before.text effect.gained effect.kind effect.people effect.places effect.rights effect.sensitivity
			unchanged templates templates.templates templates.people templates.actions templates.places templates.gained templates.reason templates.reason.rule templates.reason.case templates.reason.pos templates.reason.args templates.reason.text
			changes changes.action changes.kind changes.name changes.previously changes.widens changes.cause changes.fields
			changes.fields.field changes.fields.before changes.fields.after changes.fields.cause changes.fields.last
			steps steps.do steps.kind steps.id steps.from steps.del steps.add steps.after
			drift drift.action drift.kind drift.name drift.fields drift.fields.field drift.fields.before drift.fields.after
			unmanaged unmanaged.kind unmanaged.name unmanaged.id unmanaged.everywhere external external.kind external.name external.id adopted adopted.kind adopted.name adopted.id record brakes acknowledge
			people titles titles.kind titles.language titles.name titles.title
			findings findings.code findings.severity findings.message findings.args findings.pos findings.pos.file findings.pos.line findings.pos.col findings.subject findings.hint findings.case`),
		"drift": shape(DriftJSON(p))(`format kind target target.name target.lineage target.serial
			drift drift.action drift.kind drift.name drift.fields drift.fields.field drift.fields.before drift.fields.after unmanaged unmanaged.kind unmanaged.name unmanaged.id unmanaged.everywhere`),
		"apply": shape(OutcomeJSON(apply(t, m, p), p))(`format kind plan target target.name target.lineage target.serial applied already
			entry entry.id entry.serial entry.plan entry.commit entry.actor entry.host entry.version entry.at entry.changes entry.previous entry.hash entry.state entry.back`),
		"idle":   shape(OutcomeJSON(plan.Outcome{Idle: true}, p))(`format kind plan target target.name target.lineage target.serial applied already`),
		"status": shape(StatusJSON(Status{Entry: &target.Entry{}}))(`target target.name target.type target.path target.lineage target.serial objects lastApply lastApply.id lastApply.serial lastApply.plan lastApply.commit lastApply.actor lastApply.host lastApply.version lastApply.at lastApply.changes lastApply.previous lastApply.hash`),
	} {
		var v any
		if err := json.Unmarshal(c.data, &v); err != nil || c.err != nil {
			t.Fatalf("%s: %v %v\n%s", name, c.err, err, c.data)
		}
		keys := make(map[string]bool)
		collect(v, "", keys)
		var got []string
		for key := range keys {
			got = append(got, key)
		}
		slices.Sort(got)
		want := strings.Fields(c.want)
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-contract +got):\n%s", name, diff)
		}
		if !strings.HasSuffix(string(c.data), "}\n") {
			t.Errorf("%s: not one line feed at the end:\n%s", name, c.data)
		}
	}
}

type shaped = struct {
	data []byte
	err  error
	want string
}

func shape(data []byte, err error) func(want string) shaped {
	return func(want string) shaped { return shaped{data, err, want} }
}

// collect gathers the keys of objects, in lists or not, but not those that are
// names: below fields' values, objects and view.
func collect(v any, path string, keys map[string]bool) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			collect(item, path, keys)
		}
	case map[string]any:
		for _, values := range []string{"before", "after", "last", "objects", "view"} {
			if path == values || strings.HasSuffix(path, ".fields."+values) {
				return
			}
		}
		for key, inside := range v {
			at := strings.TrimPrefix(path+"."+key, ".")
			keys[at] = true
			collect(inside, at, keys)
		}
	}
}

// Lists are lists in JSON, also where nothing is in them: [] and never null.
func TestJSONHasNoNullLists(t *testing.T) {
	problems, err := ProblemsJSON([]plan.Finding{{Code: "E12", Severity: policy.Error}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if escaped, err := ProblemsJSON([]plan.Finding{{Code: "E01", Case: "right", Args: []string{"<a&b>"}}}, 0); err != nil || !strings.Contains(string(escaped), "<a&b>") {
		t.Errorf("%v: %s", err, escaped)
	}
	none, err := ProblemsJSON(nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	empty := plan.Make(&plan.Goal{}, "paikka", "test", fact.Snapshot{})
	data, err := PlanJSON(empty)
	if err != nil {
		t.Fatal(err)
	}
	drift, err := DriftJSON(empty)
	if err != nil {
		t.Fatal(err)
	}
	for _, out := range []string{string(problems), string(none), strings.NewReplacer(`"validFrom":null`, "", `"validUntil":null`, "").Replace(string(data)), string(drift)} {
		if strings.Contains(out, "null") {
			t.Errorf("%s", out)
		}
	}
}
