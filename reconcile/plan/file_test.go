package plan_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/gowebpki/jcs"

	"github.com/lupa-dev/lupa/reconcile/calendar"
	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/facttest"
	"github.com/lupa-dev/lupa/reconcile/order"
	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/reconcile/policy"
	"github.com/lupa-dev/lupa/schema/source"
)

var sets = cmp.Comparer(func(a, b fact.Set) bool { return a.Equal(b) })

func facts(kind, name string, more ...fact.Fact) fact.Set {
	key := fact.Key{Kind: kind, ID: name}
	all := []fact.Fact{{Key: key}}
	for _, f := range more {
		f.Key = key
		all = append(all, f)
	}
	return fact.Of(all...)
}

func value(field, text string) fact.Fact { return fact.Fact{Field: field, Value: text} }

func union(all ...fact.Set) (s fact.Set) {
	for _, one := range all {
		s = s.Plus(one)
	}
	return s
}

// everything is a plan that has something of every sort that a plan can have.
func everything() *plan.Plan {
	from, _ := calendar.ParseDay("2026-01-07")
	to, _ := calendar.ParseDay("2026-06-01")
	installation := facts("Installation", "m")
	school := func(title string) fact.Set {
		return facts("School", "m/a", value("title", title), value("code", "01234"))
	}
	person := func(schools ...string) fact.Set {
		rows := []fact.Fact{value("kind", "staff"), value("groups", "m/opet")}
		for i, s := range schools {
			rows = append(rows, fact.Fact{Field: "schools", Row: i + 1, Value: "m/" + s})
		}
		return facts("Person", "m/t-1", rows...)
	}
	policyOf := func(holders string) fact.Set {
		return facts("Policy", "m/p", value("maxHolders", holders), value("minExportRows", "oppilas="+holders), value("allowStudentCards", "true"))
	}
	opet := func(rights ...string) fact.Set {
		gives := []fact.Fact{value("title", "Opettajat")}
		for _, r := range rights {
			gives = append(gives, value("wilma", r))
		}
		return union(facts("RightsCatalogue", "m/c"), facts("Right", "m/c/wilma.b", value("key", "wilma.b"), value("title", "fi=Kakkonen")),
			facts("UserGroup", "m/opet", gives...), facts("School", "m/c", value("wilma.enabled", "true"), value("surveys.enabled", "true")),
			facts("Person", "m/t-2", value("kind", "teacher"), value("allSchools", "true"), value("groups", "m/opet")))
	}
	tick := facts("PersonOverride", "m/o", value("person", "m/t-2"), value("grant", "wilma.a"))
	old := facts("UserGroup", "m/vanha", value("title", "Ryhmä"))
	goal := &plan.Goal{
		Project: "testi", Installations: []string{"m"}, At: from, TimeZone: "Europe/Helsinki", From: begin(from), Until: begin(to),
		Facts: union(installation, school("Uusi \"koulu\"\n"), facts("School", "m/b"), person("b", "a"), policyOf("4"), facts("UserGroup", "m/uusi", value("title", "Ryhmä")), opet("wilma.a", "wilma.b"),
			facts("SurveyTemplate", "m/s", value("author", "m/t-1"), value("school", "m/c"), value("holders", "m/t-1")),
			facts("Sharing", "m/s/a", value("school", "m/a"), value("copy", "true"))),
		Guard:  policy.Guard{Removals: policy.Limit{Count: 1}},
		Begins: []fact.Key{{Kind: "PersonOverride", ID: "m/alkaa"}}, Ends: []fact.Key{{Kind: "PersonOverride", ID: "m/loppuu"}},
		Initial: facts("UserGroup", "m/muualla", value("external", "true")), External: []fact.Key{{Kind: "UserGroup", ID: "m/muualla"}},
		Renames: []plan.Renaming{{Key: fact.Key{Kind: "UserGroup", ID: "m/uusi"}, From: []string{"m/vanha"}}},
		View:    fact.Scope{Ignore: []fact.Pattern{{Kind: "UserGroup", Name: "x-*"}}},
		Inputs:  []plan.Input{{Path: "lupa.yaml", SHA256: strings.Repeat("0", 64)}},
		Findings: []plan.Finding{{Code: "W23", Case: "author", Severity: policy.Warning, Args: []string{"t-9"}, Subject: "SurveyTemplate s",
			Pos: []source.Pos{{File: "a.yaml", Line: 1, Col: 2}}, Suggest: "t-1"}},
	}
	left := union(installation, school("Vanha"), facts("School", "m/gone"), person("a", "b"), policyOf("3"), old, opet("wilma.a"), tick)
	now := union(installation, school("Käsin"), facts("School", "m/gone", value("title", "X")), person("a", "b"), policyOf("3"), old, opet("wilma.a"), tick,
		facts("School", "m/b"), facts("UserGroup", "m/muualla", value("title", "Z")), facts("UserGroup", "m/heidän"))
	return plan.Make(goal, "paikka", "1.2.3", fact.Snapshot{Lineage: "abc", Serial: 7, Now: now, Last: left})
}

func write(t testing.TB, p *plan.Plan) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := p.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestFileHoldsEverything(t *testing.T) {
	want := everything()
	got, err := plan.Read(write(t, want))
	if diff := cmp.Diff(want, got, sets); diff != "" || err != nil {
		t.Fatalf("%v (-written +read):\n%s", err, diff)
	}
	if again := write(t, got); !bytes.Equal(again, write(t, want)) {
		t.Errorf("written again, it is\n%s", again)
	}
	steps := *want
	steps.Changes, steps.Drift, steps.Effect, steps.Unchanged, steps.Titles, steps.People = nil, nil, nil, nil, nil, nil
	if got, err = plan.ReadSteps(write(t, want)); !cmp.Equal(&steps, got, sets) || err != nil {
		t.Errorf("%v, read for an apply (-want +read):\n%s", err, cmp.Diff(&steps, got, sets))
	}
	var members map[string]any
	if err := json.Unmarshal(write(t, want), &members); err != nil {
		t.Fatal(err)
	}
	for name, v := range members {
		if list, ok := v.([]any); v == nil || ok && len(list) == 0 {
			t.Errorf("the plan has no %s, and so nothing is tried of it", name)
		}
	}
	if !slices.ContainsFunc(want.Steps, func(st order.Step) bool { return len(st.After) > 0 }) {
		t.Error("no step of the plan waits for another")
	}
	s := want.Summary
	if s.Create*s.Update*s.Delete*s.Rename*s.Unmanaged*s.Warnings == 0 {
		t.Errorf("the plan lacks something: %+v", s)
	}
}

// FuzzFile: plans of random worlds with any text in them are read back as they
// were, and their form is the canonical one.
func FuzzFile(f *testing.F) {
	for seed := range int64(8) {
		data := make([]byte, 1600)
		rand.New(rand.NewSource(seed)).Read(data)
		f.Add(data[:800], data[800:], []string{"x", "\u2028\x00\"", "</script>", "😀\ufb33", "[1]", "a=b=c", "\r\n\t", "\\u0041"}[seed])
	}
	f.Fuzz(func(t *testing.T, a, b []byte, text string) {
		if !utf8.ValidString(text) {
			t.Skip("no file and no target may hold it")
		}
		world := func(data []byte) fact.Set {
			var b fact.Builder
			for _, f := range facttest.World(facttest.Bytes(data)).All() {
				if field := fact.Words.Kind(f.Kind).Field(f.Field); field != nil && field.Type == fact.Text && field.Shape != fact.Map && f.Value == "x=y" {
					f.Value = text
				}
				b.Add(f)
			}
			return b.Set()
		}
		goal := &plan.Goal{Project: text, TimeZone: text, Facts: world(b), Authoritative: []string{"Person"}, Inputs: []plan.Input{{Path: text, SHA256: strings.Repeat("0", 64)}}}
		want := plan.Make(goal, text, text, fact.Snapshot{Lineage: text, Now: world(a), Last: world(a[len(a)/2:])})
		file := write(t, want)
		got, err := plan.Read(file)
		if diff := cmp.Diff(want, got, sets); diff != "" || err != nil {
			t.Fatalf("%v (-written +read):\n%s", err, diff)
		}
		canonical, err := jcs.Transform(file)
		if err != nil || string(canonical)+"\n" != string(file) {
			t.Errorf("%v: the canonical form is not what was written:\n%s", err, cmp.Diff(string(canonical), string(file)))
		}
	})
}

// TestAlteredByte: whatever byte of a plan file is another, it is found.
func TestAlteredByte(t *testing.T) {
	file := write(t, everything())
	for i, was := range file {
		for _, b := range []byte{was ^ 1, was ^ 0x20, ' ', '0'} {
			if b == was {
				continue
			}
			file[i] = b
			if p, err := plan.Read(file); !errors.Is(err, plan.ErrAltered) || p != nil {
				t.Fatalf("byte %d is %q instead of %q: %v, want %v\n%s", i, b, was, err, plan.ErrAltered, around(file, i))
			}
		}
		file[i] = was
	}
}

func around(file []byte, i int) string {
	return string(file[max(0, i-40):min(len(file), i+40)])
}

func TestAlteredFile(t *testing.T) {
	file := string(write(t, everything()))
	body := strings.TrimSuffix(file, "\n")
	var members map[string]json.RawMessage
	if err := json.Unmarshal([]byte(body), &members); err != nil {
		t.Fatal(err)
	}
	var reversed []string
	for _, name := range slices.Backward(slices.Sorted(maps.Keys(members))) {
		reversed = append(reversed, `"`+name+`":`+string(members[name]))
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, []byte(body), "", "  "); err != nil {
		t.Fatal(err)
	}
	acknowledge := `"acknowledge":` + string(members["acknowledge"])
	first := acknowledge[strings.IndexByte(acknowledge, '[')+1 : strings.IndexByte(acknowledge, ',')]
	for name, text := range map[string]string{
		"empty":                              "",
		"a line feed":                        "\n",
		"without its line feed":              body,
		"with another line feed":             file + "\n",
		"with CRLF":                          body + "\r\n",
		"with a byte order mark":             "\ufeff" + file,
		"with something behind it":           body + "{}\n",
		"twice":                              body + body + "\n",
		"indented":                           indented.String() + "\n",
		"with keys turned round":             "{" + strings.Join(reversed, ",") + "}\n",
		"with a key twice":                   strings.Replace(body, `{"acknowledge":`, `{"acknowledge":[],"acknowledge":`, 1) + "\n",
		"with a key of its own":              strings.Replace(body, `{"acknowledge":`, `{"a":1,"acknowledge":`, 1) + "\n",
		"with nothing to acknowledge":        strings.Replace(body, acknowledge, `"acknowledge":[]`, 1) + "\n",
		"without what is to acknowledge":     strings.Replace(body, acknowledge+",", "", 1) + "\n",
		"with less to acknowledge":           strings.Replace(body, acknowledge, `"acknowledge":[`+strings.SplitN(acknowledge, ",", 2)[1], 1) + "\n",
		"with the same twice":                strings.Replace(body, acknowledge, strings.Replace(acknowledge, "[", "["+first+",", 1), 1) + "\n",
		"with blanks in what to acknowledge": strings.Replace(body, acknowledge, strings.Replace(acknowledge, ",", ", ", 1), 1) + "\n",
		"without its hash":                   strings.Replace(body, `"hash":`, `"hasch":`, 1) + "\n",
		"another JSON":                       "[]\n",
		"null":                               "null\n",
		"no JSON":                            "plan\n",
	} {
		if p, err := plan.Read([]byte(text)); !errors.Is(err, plan.ErrAltered) || p != nil {
			t.Errorf("%s: %v, want %v", name, err, plan.ErrAltered)
		}
	}
	for n := range len(file) {
		if p, err := plan.Read([]byte(file[:n])); !errors.Is(err, plan.ErrAltered) || p != nil {
			t.Fatalf("cut off after %d bytes: %v, want %v", n, err, plan.ErrAltered)
		}
	}
}

// reseal changes a plan file and gives it the hash that it then must have.
func reseal(t *testing.T, file []byte, change func(members map[string]any)) []byte {
	t.Helper()
	var members map[string]any
	if err := json.Unmarshal(file, &members); err != nil {
		t.Fatal(err)
	}
	change(members)
	delete(members, "hash")
	brakes, isPlan := members["brakes"].([]any)
	if isPlan {
		members["acknowledge"] = []string{}
	}
	hash := hex.EncodeToString(sha(canonical(t, members)))
	members["hash"] = hash
	var acknowledge []string
	for _, b := range brakes {
		brake := b.(map[string]any)
		acknowledge = append(acknowledge, fmt.Sprintf("%s=%v@%s", brake["name"], brake["figure"], hash[:12]))
	}
	if isPlan {
		members["acknowledge"] = acknowledge
	}
	return append(canonical(t, members), '\n')
}

func sha(data []byte) []byte {
	sum := sha256.Sum256(data)
	return sum[:]
}

func canonical(t *testing.T, v any) []byte {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if data, err = jcs.Transform(data); err != nil {
		t.Fatal(err)
	}
	return data
}

// The hash is what the format says, so that others can check it: SHA-256 of the
// canonical form of all the rest, as if nothing were to be acknowledged.
func TestHash(t *testing.T) {
	p := everything()
	if got := reseal(t, write(t, p), func(map[string]any) {}); string(got) != string(write(t, p)) {
		t.Errorf("the hash is not that of the canonical form without it:\n%s", cmp.Diff(string(write(t, p)), string(got)))
	}
}

func TestFileOfAnotherLupa(t *testing.T) {
	file := write(t, everything())
	for name, c := range map[string]struct {
		change func(members map[string]any)
		want   error
	}{
		"a newer format":                                         {func(m map[string]any) { m["format"] = 2 }, plan.ErrNewer},
		"a format that never was":                                {func(m map[string]any) { m["format"] = 0 }, plan.ErrNewer},
		"no format":                                              {func(m map[string]any) { delete(m, "format") }, plan.ErrAltered},
		"a format that is no number":                             {func(m map[string]any) { m["format"] = "1" }, plan.ErrAltered},
		"a kind that nobody knows":                               {func(m map[string]any) { step(m)["kind"] = "Broom" }, plan.ErrAltered},
		"a field that nobody knows":                              {func(m map[string]any) { step(m)["add"] = []any{[]any{"shoeSize", "45"}} }, plan.ErrAltered},
		"a row that is none":                                     {func(m map[string]any) { step(m)["add"] = []any{[]any{"title[x]", "45"}} }, plan.ErrAltered},
		"the row before the first":                               {func(m map[string]any) { step(m)["add"] = []any{[]any{"title[0]", "45"}} }, plan.ErrAltered},
		"a step that waits for itself":                           {func(m map[string]any) { step(m)["after"] = []any{1} }, plan.ErrAltered},
		"a step that waits for none":                             {func(m map[string]any) { step(m)["after"] = []any{-1} }, plan.ErrAltered},
		"a field more, as a later lupa of this format may write": {func(m map[string]any) { m["weather"] = []any{} }, nil},
	} {
		if _, err := plan.Read(reseal(t, file, c.change)); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func step(members map[string]any) map[string]any {
	return members["steps"].([]any)[1].(map[string]any)
}

// TestFrozenFile: a plan file that was written once is read for ever. It holds
// what everything was then, when plans had no effect yet.
func TestFrozenFile(t *testing.T) {
	data, err := os.ReadFile("testdata/format1.plan.json")
	if err != nil {
		t.Fatal(err)
	}
	got, err := plan.Read(data)
	if err != nil {
		t.Fatal(err)
	}
	from, _ := calendar.ParseDay("2026-01-07")
	until, _ := calendar.ParseDay("2026-06-01")
	key := func(kind, id string) fact.Key { return fact.Key{Kind: kind, ID: id} }
	set := func(kind, id string, row int, field, text string) fact.Set {
		return fact.Of(fact.Fact{Key: key(kind, id), Field: field, Row: row, Value: text})
	}
	want := &plan.Plan{
		Format: 1, Kind: "plan", Version: "1.2.3", Project: "testi", Target: plan.Target{Name: "paikka", Lineage: "abc", Serial: 7},
		At: from, TimeZone: "Europe/Helsinki", ValidFrom: begin(from), ValidUntil: begin(until),
		View:       fact.Scope{Ignore: []fact.Pattern{{Kind: "UserGroup", Name: "x-*"}}},
		Inputs:     []plan.Input{{Path: "lupa.yaml", SHA256: strings.Repeat("0", 64)}},
		BaseDigest: digest(t, "cd2c9f4aa1c970ffa9f97916ca51bc673c4513432d0986e256d94ae0bee120c6"),
		GoalDigest: digest(t, "83f93a35f37bdabe30c0ddcd92b2fafb369e1baccd2014a3d796b464c7b1d4b1"),
		Summary:    plan.Summary{Create: 1, Update: 3, Delete: 1, Rename: 1, Unmanaged: 1, Warnings: 1},
		Changes: []plan.Change{
			{Action: "update", Kind: "School", Name: "a", Fields: []plan.FieldChange{
				{Field: "title", Before: "Käsin", After: "Uusi \"koulu\"\n", Cause: plan.Conflict, Last: "Vanha"}}},
			{Action: "delete", Kind: "School", Name: "gone", Cause: plan.Conflict, Fields: []plan.FieldChange{{Field: "title", Before: "X"}}},
			{Action: "rename", Kind: "UserGroup", Name: "uusi", Previously: "vanha", Fields: []plan.FieldChange{}},
			{Action: "update", Kind: "Person", Name: "t-1", Fields: []plan.FieldChange{
				{Field: "schools", Before: []string{"a", "b"}, After: []string{"b", "a"}}}},
			{Action: "create", Kind: "SurveyTemplate", Name: "s", Fields: []plan.FieldChange{
				{Field: "author", After: "t-1"}, {Field: "school", After: "a"}, {Field: "holders", After: []string{"t-1"}},
				{Field: "sharing[a]", After: map[string]any{"copy": true}}}},
			{Action: "update", Kind: "Policy", Name: "p", Fields: []plan.FieldChange{
				{Field: "maxHolders", Before: int64(3), After: int64(4)},
				{Field: "minExportRows", Before: map[string]any{"oppilas": "3"}, After: map[string]any{"oppilas": "4"}}}},
		},
		Steps: []order.Step{
			{Action: order.Rename, Key: key("UserGroup", "m/uusi"), From: "m/vanha"},
			{Action: order.Update, Key: key("School", "m/a"), Del: set("School", "m/a", 0, "title", "Käsin"), Add: set("School", "m/a", 0, "title", "Uusi \"koulu\"\n")},
			{Action: order.Update, Key: key("Person", "m/t-1"), Del: set("Person", "m/t-1", 1, "schools", "m/a"), Add: set("Person", "m/t-1", 1, "schools", "m/b")},
			{Action: order.Update, Key: key("Person", "m/t-1"), Del: set("Person", "m/t-1", 2, "schools", "m/b"), Add: set("Person", "m/t-1", 2, "schools", "m/a")},
			{Action: order.Create, Key: key("SurveyTemplate", "m/s"), Add: facts("SurveyTemplate", "m/s", value("author", "m/t-1"), value("school", "m/a"), value("holders", "m/t-1"))},
			{Action: order.Create, Key: key("Sharing", "m/s/a"), Add: facts("Sharing", "m/s/a", value("school", "m/a"), value("copy", "true"))},
			{Action: order.Update, Key: key("Policy", "m/p"), Del: set("Policy", "m/p", 0, "maxHolders", "3"), Add: set("Policy", "m/p", 0, "maxHolders", "4")},
			{Action: order.Update, Key: key("Policy", "m/p"), Del: set("Policy", "m/p", 0, "minExportRows", "oppilas=3"), Add: set("Policy", "m/p", 0, "minExportRows", "oppilas=4")},
			{Action: order.Delete, Key: key("School", "m/gone"), Del: facts("School", "m/gone", value("title", "X"))},
		},
		Drift: []plan.Change{
			{Action: "update", Kind: "School", Name: "a", Fields: []plan.FieldChange{{Field: "title", Before: "Vanha", After: "Käsin"}}},
			{Action: "update", Kind: "School", Name: "gone", Fields: []plan.FieldChange{{Field: "title", After: "X"}}},
		},
		Unmanaged: []plan.Object{{Kind: "UserGroup", Name: "heidän", ID: "m/heidän"}},
		External:  []plan.Object{{Kind: "UserGroup", Name: "muualla", ID: "m/muualla"}},
		Adopted:   []plan.Object{{Kind: "School", Name: "b", ID: "m/b"}},
		Record:    true,
		Findings: []plan.Finding{{Code: "W23", Case: "author", Severity: policy.Warning, Args: []string{"t-9"},
			Pos: []source.Pos{{File: "a.yaml", Line: 1, Col: 2}}, Subject: "SurveyTemplate s", Suggest: "t-1",
			Message: "the author t-9 is not declared any more", Hint: "did you mean t-1?"}},
		Hash: "648a051befe512a83c0ca94598dee14203ce0e05f44b6f1cbcc0c6a792e8b2c0",
	}
	if diff := cmp.Diff(want, got, sets); diff != "" {
		t.Errorf("the frozen plan is read otherwise (-want +got):\n%s", diff)
	}
}

// TestFrozenEffect: so is a plan with its effect, and written again it is the same
// bytes.
func TestFrozenEffect(t *testing.T) {
	data, err := os.ReadFile("testdata/format1-effect.plan.json")
	if err != nil {
		t.Fatal(err)
	}
	got, err := plan.Read(data)
	if err != nil {
		t.Fatal(err)
	}
	effect := []plan.Effect{
		{Kind: "teacher", People: []string{"t-2"}, Rights: []string{"wilma.b"}, Places: []string{"c"}, Sensitivity: "normal", Gained: true, Before: []plan.Reason{},
			After: []plan.Reason{{Rule: "R34", Case: "group", Args: []string{"opet"}, Pos: []source.Pos{}}, {Rule: "R74", Case: "all", Args: []string{}, Pos: []source.Pos{}}}},
	}
	if diff := cmp.Diff(effect, got.Effect); diff != "" {
		t.Errorf("the effect of the frozen plan is read otherwise (-want +got):\n%s", diff)
	}
	if len(got.Unchanged) != 1 || len(got.Templates) != 2 || got.Summary.Gained != 1 || got.Summary.Lost != 0 {
		t.Errorf("the frozen plan is read as %+v, %+v, %+v", got.Unchanged, got.Templates, got.Summary)
	}
	if again := write(t, got); !bytes.Equal(again, data) {
		t.Errorf("the frozen plan is written otherwise:\n%s", cmp.Diff(string(data), string(again)))
	}
}

// begin is when a day begins in an installation of the tests.
func begin(d calendar.Day) *time.Time {
	at := d.Start(time.FixedZone("", 2*60*60))
	return &at
}

func digest(t *testing.T, text string) (d fact.Digest) {
	t.Helper()
	if err := d.UnmarshalText([]byte(text)); err != nil {
		t.Fatal(err)
	}
	return d
}
