package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/lupa-dev/lupa/schema/source"
)

// cases are results of every sort.
func cases() []TestResult {
	var many []string
	for i := range 25 {
		many = append(many, fmt.Sprintf("t-%d", 1000+i))
	}
	at := func(line int) source.Pos { return source.Pos{File: "kokeet/kyselyt.yaml", Line: line, Col: 7} }
	return []TestResult{
		{"kyselyt", "t-1042 wilma.surveys.addSurvey testila", true, []string{"allow"}, []string{"allow"}, at(7)},
		{"kyselyt", "t-1041 wilma.surveys.maintain testila", false, []string{"deny"}, []string{"allow"}, at(8)},
		{"kyselyt", "wilma.surveys.maintain", false, nil, []string{"t-1"}, at(9)},
		{"tuki", "wilma.surveys.maintain testila", false, []string{"t-3", "t-1", "t-2"}, []string{"t-1", "t-4"}, at(20)},
		{"tuki", "wilma.messages.send", false, []string{"t-1000"}, many, at(21)},
		{"tuki", "wilma.forms.fill", true, nil, nil, at(22)},
	}
}

func TestTests(t *testing.T) {
	var out strings.Builder
	text := Text{Out: &out}
	text.Tests(cases())
	out.WriteString("----\n")
	text.Tests(cases()[:1])
	out.WriteString("----\n")
	text.Tests(nil)
	data, err := TestsJSON(cases())
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(&out, "----\n%s", data)
	if data, err = new(Text).TestsJUnit(cases()); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(&out, "----\n%s", data)
	golden(t, "tests", out.String())
}

func TestTestsJSONHasNoNull(t *testing.T) {
	for _, results := range [][]TestResult{nil, {{}}} {
		data, err := TestsJSON(results)
		if err != nil || !json.Valid(data) || bytes.Contains(data, []byte("null")) {
			t.Errorf("%s, %v", data, err)
		}
	}
}

// hostileXML are texts that are to do nothing in XML.
var hostileXML = []string{
	`"/><testcase name="x"/>`, "]]>", "<![CDATA[", "<!-- -->", "&amp;", "&#0;", "\x00\x01", "\ufffe\uffff", "a\nb\r\tc", "äö ß 🐺", "\ud7ff\U0010ffff", "\v\f",
}

// FuzzTestsJUnit: whatever a case is called, the XML is one document that has as
// many suites, cases and failures as it says, and no character that XML lacks.
func FuzzTestsJUnit(f *testing.F) {
	for _, s := range append(hostileXML, hostile...) {
		f.Add(s, s, s, false)
	}
	f.Fuzz(func(t *testing.T, name, asked, person string, ok bool) {
		results := []TestResult{
			{Name: name, Case: asked, OK: ok, Want: []string{person}, Got: []string{"t-1", asked}, Pos: source.Pos{File: name, Line: 1, Col: 2}},
			{Name: name, Case: "b", Want: []string{person}, Pos: source.Pos{File: person}},
			{Name: name + "2", Case: "c", OK: true},
		}
		data, err := new(Text).TestsJUnit(results)
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]int{"testsuites": 1, "testsuite": 2, "testcase": 3, "failure": 1}
		if !ok {
			want["failure"]++
		}
		got := make(map[string]int)
		for in := xml.NewDecoder(bytes.NewReader(data)); ; {
			token, err := in.Token()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("%v in\n%s", err, data)
			}
			if e, ok := token.(xml.StartElement); ok {
				got[e.Name.Local]++
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("(-want +got):\n%s\n%s", diff, data)
		}
		if !utf8.Valid(data) || bytes.ContainsFunc(data, func(r rune) bool { return r != '\n' && source.Invisible(r) }) {
			t.Fatalf("invisible characters in\n%q", data)
		}
		var parsed junitSuites
		if err := xml.Unmarshal(data, &parsed); err != nil || parsed.Tests != 3 || parsed.Failures != want["failure"] || parsed.Suites[0].Tests != 2 || parsed.Suites[0].Failures != want["failure"] {
			t.Fatalf("%+v, %v", parsed, err)
		}
	})
}
