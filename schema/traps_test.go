package schema

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lupa-dev/lupa/schema/source"
)

// What yaml.v3 and jsonschema v5 do to those who trust them, and that it does
// not happen here. What a file can show is in testdata.

func keysOf(problems []source.Problem) []string {
	var keys []string
	for _, p := range problems {
		keys = append(keys, p.Key())
	}
	return keys
}

// holding is a valid document but for the one line.
func holding(kind, line string) []byte {
	spec := map[string]string{
		"School":         "",
		"Person":         "  kind: staff\n",
		"PersonOverride": "  person: a\n",
		"Installation":   "  system: inschool\n",
		"Policy":         "  requireReason: true\n",
	}
	return fmt.Appendf(nil, "apiVersion: lupa/v1\nkind: %s\nmetadata: {name: a}\nspec:\n%s  %s\n", kind, spec[kind], line)
}

func TestNumbersWhereTextBelongsAreShownAsYAMLReadsThem(t *testing.T) {
	for text, decoded := range map[string]string{
		"01234": "668", "08888": "8888", "091": "91", "2.20": "2.2", "1_000": "1000", "0o17": "15", "0x1F": "31", "0b11": "3",
		"1e3": "1000", ".5": "0.5", "+1": "1", "1.": "1", ".inf": "+Inf", "-.INF": "-Inf", ".nan": "NaN", "42": "42", "-0": "0",
		"123456789012345678901234567890": "1.2345678901234568e+29", "1e400": "+Inf", "-1E400": "-Inf",
	} {
		problems := problemsOf("x.yaml", holding("School", "title: "+text))
		if len(problems) != 1 || problems[0].Key() != "E35.number" || !slices.Equal(problems[0].Args, []string{text, decoded}) {
			t.Errorf("%s: got %+v, want E35.number and %s", text, problems, decoded)
		}
		for _, quoted := range []string{"'" + text + "'", `"` + text + `"`} {
			data := holding("School", "title: "+quoted)
			if problems := problemsOf("x.yaml", data); len(problems) > 0 {
				t.Errorf("%s: %+v", quoted, problems)
				continue
			}
			if got := source.Parse("x.yaml", data).Documents[0].Root().At("/spec/title").Plain(); got != text {
				t.Errorf("%s: became %v", quoted, got)
			}
		}
	}
}

func TestNumbersStayNumbersWhereTheyBelong(t *testing.T) {
	for text, want := range map[string][]string{
		"3": nil, "2147483647": nil, "3.0": nil, "\"3\"": {"S03.integer"}, "3.5": {"S03.integer"}, "0": {"S07.minimum"}, "-1": {"S07.minimum"},
		"2147483648": {"S07.maximum"}, "999999999999999": {"S07.maximum"}, "1e1000000": {"E35.number", "S03.integer"}, "-1E+999999999": {"E35.number", "S03.integer"},
		".nan": {"E35.number", "S03.integer"}, ".inf": {"E35.number", "S03.integer"}, "03": {"E35.number", "S03.integer"},
	} {
		got := keysOf(problemsOf("x.yaml", holding("Policy", "maxHolders: "+text)))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

func TestDatesStayText(t *testing.T) {
	for text, want := range map[string][]string{
		"2026-06-22": nil, `"2026-06-22"`: nil, "2100-02-29": {"S05.format"}, "\"\"": {"S05.format"}, "2024-02-29": nil, "2026-02-29": {"S05.format"}, "2026-6-2": {"S05.format"},
		"2026-06-22T10:00:00Z": {"S05.format"}, "2026-06-22 10:00:00": {"S05.format"}, "20260622": {"E35.number"}, "tomorrow": {"S05.format"},
	} {
		data := holding("PersonOverride", "validFrom: "+text)
		if diff := cmp.Diff(want, keysOf(problemsOf("x.yaml", data))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
		value := source.Parse("x.yaml", data).Documents[0].Root().At("/spec/validFrom")
		if got := value.Text(); got != strings.Trim(text, `"`) {
			t.Errorf("%s: became %s", text, got)
		}
	}
	if problems := problemsOf("x.yaml", holding("School", "title: 2026-06-22")); len(problems) > 0 {
		t.Errorf("a date is text too: %+v", problems)
	}
}

// TestThePatternOfADayKnowsTheCalendar holds the pattern, which is there for
// those who do not assert formats, against the calendar of the standard library.
func TestThePatternOfADayKnowsTheCalendar(t *testing.T) {
	day := follow(t, decode(t, Bundle()), "#/$defs/day")
	pattern := regexp.MustCompile(day["pattern"].(string))
	for _, year := range []int{0, 1, 4, 99, 100, 400, 1582, 1896, 1900, 1999, 2000, 2004, 2024, 2026, 2096, 2100, 2200, 2400, 9996, 9999} {
		for month := range 20 {
			for d := range 40 {
				text := fmt.Sprintf("%04d-%02d-%02d", year, month, d)
				_, err := time.Parse(time.DateOnly, text)
				if pattern.MatchString(text) != (err == nil) {
					t.Errorf("%s: the pattern says %t, the calendar %v", text, err != nil, err)
				}
			}
		}
	}
}

func TestYesAndNoAreTextAndNoAnswer(t *testing.T) {
	for _, text := range []string{"no", "No", "NO", "yes", "on", "ON", "off", "y", "n", "ei", `"false"`} {
		if got := keysOf(problemsOf("x.yaml", holding("School", "title: "+text))); got != nil {
			t.Errorf("title: %s: %v", text, got)
		}
		if got := keysOf(problemsOf("x.yaml", holding("School", "external: "+text))); !slices.Equal(got, []string{"S03.boolean"}) {
			t.Errorf("external: %s: %v, want S03.boolean", text, got)
		}
	}
	for _, text := range []string{"true", "True", "FALSE"} {
		if got := keysOf(problemsOf("x.yaml", holding("School", "external: "+text))); got != nil {
			t.Errorf("external: %s: %v", text, got)
		}
		if got := keysOf(problemsOf("x.yaml", holding("School", "title: "+text))); !slices.Equal(got, []string{"S03.string"}) {
			t.Errorf("title: %s: %v, want S03.string", text, got)
		}
	}
}

// TestProblemsComeInOneOrder looks for the maps in which the library keeps what
// it validates.
func TestProblemsComeInOneOrder(t *testing.T) {
	for _, path := range []string{"testdata/S03-wrong-type.yaml", "testdata/S04-not-among-the-possible.yaml", "testdata/S01-unknown-key.yaml"} {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		want := problemsOf(path, data)
		for range 50 {
			if diff := cmp.Diff(want, problemsOf(path, data)); diff != "" {
				t.Fatalf("%s (-first +later):\n%s", path, diff)
			}
		}
	}
	// More than are told: which ones must not depend on it either.
	lines := people(2 * maxProblems)
	lines = bytes.ReplaceAll(lines, []byte("groups"), []byte("kind: x, external: no, group"))
	want := problemsOf("x.yaml", lines)
	if len(want) < maxProblems || len(want) > 2*maxProblems {
		t.Fatalf("%d problems", len(want))
	}
	for range 10 {
		if diff := cmp.Diff(want, problemsOf("x.yaml", lines)); diff != "" {
			t.Fatalf("(-first +later):\n%s", diff)
		}
	}
}

func TestKeysThatAreNoTextStopNothing(t *testing.T) {
	for _, key := range []string{"2026-06-22", "1", "1.5", "true", "0x1F"} {
		got := keysOf(problemsOf("x.yaml", holding("Person", key+": x\n  allSchools: no")))
		if len(got) != 3 || !strings.HasPrefix(got[0], "E35.") || got[1] != "S01" || got[2] != "S03.boolean" {
			t.Errorf("%s: got %v, want that the key is no text, is unknown, and the line below", key, got)
		}
	}
}

// TestLongListsAreHeldInPieces plants what is wrong where one piece ends and
// the next begins.
func TestLongListsAreHeldInPieces(t *testing.T) {
	const n = 2*pieceItems + 5
	for _, wrong := range []int{0, 1, pieceItems - 1, pieceItems, 2*pieceItems - 1, 2 * pieceItems, n - 1} {
		var b strings.Builder
		for i := range n {
			item := fmt.Sprintf("g-%d", i)
			if i == wrong {
				item = "G"
			}
			fmt.Fprintf(&b, "\n    - %s", item)
		}
		problems := problemsOf("x.yaml", holding("Person", "schools: [a, B]\n  groups:"+b.String()))
		want := []string{"6 S05.pattern@16", fmt.Sprintf("%d S05.pattern@7", 8+wrong)}
		if wrong >= pieceItems {
			want = want[:1] // the first piece that is wrong says enough
		}
		slices.Sort(want)
		if diff := cmp.Diff(want, found(nil, problems)); diff != "" {
			t.Errorf("item %d (-want +got):\n%s", wrong, diff)
		}
		problems = problemsOf("x.yaml", holding("Person", "schools: [a]\n  groups:"+b.String()))
		want = []string{fmt.Sprintf("%d S05.pattern@7", 8+wrong)}
		if diff := cmp.Diff(want, found(nil, problems)); diff != "" {
			t.Errorf("item %d alone (-want +got):\n%s", wrong, diff)
		}
	}
	items := strings.ReplaceAll(manyLabels(n), ": 1", "")
	problems := problemsOf("x.yaml", holding("Person", "groups: ["+items+"k00003]"))
	if got := keysOf(problems); !slices.Equal(got, []string{"S08"}) {
		t.Errorf("a name that stands there again, two pieces on: %v", got)
	}
	if got := problemsOf("x.yaml", holding("Person", "groups: ["+items+"]")); len(got) > 0 {
		t.Errorf("a long list that is right: %v", got)
	}
}

// TestManyKeysTakeLittleTime would fail if keys were decoded one by one against
// all before them.
func TestManyKeysTakeLittleTime(t *testing.T) {
	data := []byte("apiVersion: lupa/v1\nkind: Person\nmetadata: {name: a, labels: {" + strings.ReplaceAll(manyLabels(source.MaxMappingKeys), ": 1", ": x") + "}}\nspec: {kind: staff}\n")
	data = bytes.Repeat(append(data, "---\n"...), 10)
	start := time.Now()
	if problems := problemsOf("x.yaml", data); len(problems) > 0 {
		t.Fatal(problems)
	}
	if took := time.Since(start); took > 4*time.Second {
		t.Errorf("100,000 keys took %s", took)
	}
}

func manyLabels(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "k%05d: 1, ", i)
	}
	return b.String()
}

// TestBillionLaughsIsRefusedUnheard holds that no alias is ever followed.
func TestBillionLaughsIsRefusedUnheard(t *testing.T) {
	var b strings.Builder
	b.WriteString("a0: &a0 [lol]\n")
	for i := range 60 {
		fmt.Fprintf(&b, "a%d: &a%d [%s*a%d]\n", i+1, i+1, strings.Repeat(fmt.Sprintf("*a%d, ", i), 9), i)
	}
	start := time.Now()
	problems := problemsOf("x.yaml", []byte(b.String()))
	if took := time.Since(start); took > time.Second {
		t.Errorf("it took %s", took)
	}
	if got := keysOf(problems); !slices.Contains(got, "Y04.alias") {
		t.Errorf("%v", got)
	}
}
