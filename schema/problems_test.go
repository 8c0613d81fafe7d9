package schema

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/lupa-dev/lupa/schema/source"
)

// problemsOf is everything that is wrong with the text of a file, as lupa finds
// it.
func problemsOf(path string, data []byte) []source.Problem {
	file := source.Parse(path, data)
	problems := file.Problems
	for _, doc := range file.Documents {
		problems = append(problems, Validate(doc)...)
	}
	return problems
}

// A wish is what a file says of itself: `# want E35.number@17` on the line of
// the problem, the column only where it matters; or, where that line can hold
// no comment, `# want 4 Y03` on the first lines.
var (
	wish      = regexp.MustCompile(`# want (.*)$`)
	wishAhead = regexp.MustCompile(`^# want (\d+) (.*)$`)
)

func wishes(data []byte) (want []string) {
	for i, line := range strings.Split(string(data), "\n") {
		line = strings.TrimSuffix(line, "\r")
		at, keys := fmt.Sprint(i+1), ""
		if m := wishAhead.FindStringSubmatch(line); m != nil {
			at, keys = m[1], m[2]
		} else if m := wish.FindStringSubmatch(line); m != nil {
			keys = m[1]
		}
		for key := range strings.FieldsSeq(keys) {
			want = append(want, at+" "+key)
		}
	}
	slices.Sort(want)
	return slices.Compact(want)
}

func found(want []string, problems []source.Problem) (got []string) {
	for _, p := range problems {
		at := fmt.Sprintf("%d %s", p.Pos[0].Line, p.Key())
		if !slices.Contains(want, at) {
			at = fmt.Sprintf("%s@%d", at, p.Pos[0].Col)
		}
		got = append(got, at)
	}
	slices.Sort(got)
	return slices.Compact(got)
}

func cases(t testing.TB) map[string][]byte {
	t.Helper()
	paths, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no cases in testdata: %v", err)
	}
	all := make(map[string][]byte)
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all[path] = data
	}
	return all
}

func TestCases(t *testing.T) {
	for path, data := range cases(t) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			want := wishes(data)
			if strings.HasPrefix(string(data), "\xff\xfe") {
				want = []string{"1 Y01.utf16@1"} // UTF-16, so nothing can be written there
			}
			if valid := strings.HasPrefix(filepath.Base(path), "valid"); valid != (len(want) == 0) {
				t.Fatalf("a case wants a problem, unless its name begins with valid; this wants %q", want)
			}
			problems := problemsOf(path, data)
			if diff := cmp.Diff(want, found(want, problems)); diff != "" {
				t.Errorf("%s (-want +got):\n%s%+v", path, diff, problems)
			}
			if valid := len(problems) == 0; valid {
				again, err := source.Format(data)
				if err != nil && !errors.Is(err, source.ErrFormat) || len(problemsOf(path, again)) > 0 {
					t.Errorf("%s, formatted: %v %v\n%s", path, err, problemsOf(path, again), again)
				}
			}
		})
	}
}

// TestEveryKeyHasACase lists the keys of report's catalogue that this room can
// give, for it may not look there.
func TestEveryKeyHasACase(t *testing.T) {
	elsewhere := map[string]string{
		"Y06.file":        "TestLimitsOfAFile in source",
		"Y06.nodes":       "TestLimitsOfAFile in source",
		"Y06.keys":        "TestLimitsOfAFile in source",
		"Y06.tree":        "TestLimitsOfATree in source",
		"Y06.files":       "TestLimitsOfATree in source",
		"Y06.directories": "TestDirectories in source",
		"Y01.path":        "TestOddPaths in source",
		"Y02.path":        "TestOddPaths in source",
		"Y07":             "TestOnlyRegularFiles in source",
		"S06":             "TestKeywordsOfNoSchemaYet",
		"S09":             "TestKeywordsOfNoSchemaYet",
	}
	all := []string{
		"Y01", "Y01.utf16", "Y02", "Y03", "Y03.tab", "Y04.alias", "Y04.anchor", "Y04.merge", "Y05",
		"Y01.path", "Y02.path", "Y06.directories", "Y06.depth", "Y06.file", "Y06.files", "Y06.keys", "Y06.nodes", "Y06.tree", "Y07", "Y08", "Y09",
		"E35.key", "E35.number", "E35.twice", "E12", "E20", "E25.responsible", "E25.section", "E27.profile", "E27.role", "E27.roles",
		"S01", "S02", "S03.array", "S03.boolean", "S03.empty", "S03.integer", "S03.object", "S03.string",
		"S04", "S05.format", "S05.maxLength", "S05.minLength", "S05.pattern",
		"S06", "S07.maximum", "S07.minimum", "S08", "S09", "S10",
	}
	tried := make(map[string]bool)
	for path, data := range cases(t) {
		for _, p := range problemsOf(path, data) {
			tried[p.Key()] = true
		}
	}
	for _, key := range all {
		if tried[key] == (elsewhere[key] != "") {
			t.Errorf("%s: in testdata %t, elsewhere %q; want it in one of both", key, tried[key], elsewhere[key])
		}
		delete(tried, key)
	}
	if len(tried) > 0 {
		t.Errorf("keys that the list above lacks: %v", slices.Sorted(maps.Keys(tried)))
	}
}

// TestKeywordsOfNoSchemaYet holds that a schema may use keywords that none uses
// today, and that what it refuses is then refused, in words if few.
func TestKeywordsOfNoSchemaYet(t *testing.T) {
	text := `{"properties": {"a": {"minItems": 1}, "b": {"multipleOf": 2}, "c": {"oneOf": [{"type": "string"}, {"minLength": 1}]}}}`
	v := validation{
		root:   source.Parse("x.yaml", []byte("a: []\nb: 3\nc: d\n")).Documents[0].Root(),
		schema: &kindSchema{whole: &part{schema: jsonschema.MustCompileString("x.json", text)}, text: decode(t, []byte(text))},
	}
	v.check(v.schema.whole.schema, v.plain(), "")
	want := []string{"1 S06@1", "2 S09@1", "3 S09@1"}
	if diff := cmp.Diff(want, found(nil, v.problems)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestWordsOfProblems holds the arguments that sentences are made of, where the
// place is not all that matters.
func TestWordsOfProblems(t *testing.T) {
	head := "apiVersion: lupa/v1\nkind: %s\nmetadata: {name: a}\n"
	for _, c := range []struct{ kind, spec, want string }{
		{"School", "spec: {code: 01234}", `E35.number ["01234" "668"] ""`},
		{"School", "spec: {municipalityCode: 091}", `E35.number ["091" "91"] ""`},
		{"Installation", "spec: {system: inschool, versions: {wilma: 2.20}}", `E35.number ["2.20" "2.2"] ""`},
		{"School", "spec: {external: no}", `S03.boolean ["external"] ""`},
		{"Person", "spec: {kind: teachr}", `S04 ["teachr" "teacher, staff, student, guardian, user"] "teacher"`},
		{"Person", "spec: {kind: staff, alSchools: true}", `S01 ["alSchools" "spec"] "allSchools"`},
		{"Person", "spec: {kind: staff, zzz: true}", `S01 ["zzz" "spec"] ""`},
		{"PersonOverride", "spec: {}", `S02 ["person"] ""`},
		{"SchoolClas", "spec: {}", `S10 ["SchoolClas"] "SchoolClass"`},
		{"School", "spec: {surveys: {everyone: {staff: [maintain]}}}", `E20 ["maintain" "createTemplate, addSurvey"] ""`},
		{"School", "spec: {title: \"\\u202e\"}", `Y02 ["U+202E"] ""`},
		{"School", "spec: {level: &x a}", `Y04.anchor ["x"] ""`},
		{"Policy", "spec: {maxHolders: 0}", `S07.minimum ["0" "1"] ""`},
		{"Person", "spec: {kind: staff, groups: [a, a]}", `S08 ["a"] ""`},
		{"SurveyTemplate", "spec: {author: a, holders: []}", `E12 ["" ""] ""`},
		{"Person", "spec: {kind: staff, schools: []}\nspec: {}", `E35.twice ["spec"] ""`},
	} {
		problems := problemsOf("x.yaml", fmt.Appendf(nil, head+"%s\n", c.kind, c.spec))
		if len(problems) == 0 {
			t.Errorf("%s: no problem, want %s", c.spec, c.want)
			continue
		}
		p := problems[0]
		if got := fmt.Sprintf("%s %q %q", p.Key(), p.Args, p.Suggest); got != c.want {
			t.Errorf("%s: got %s, want %s", c.spec, got, c.want)
		}
	}
}
