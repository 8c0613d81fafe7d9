package report

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/lupa-dev/lupa/reconcile/access"
	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/order"
	"github.com/lupa-dev/lupa/reconcile/policy"
)

// Code is what there is to say about one code: a rule of the domain, or a
// problem that lupa finds.
type Code struct {
	Code  string `json:"code"`
	Class string `json:"class"` // of a rule as access says; of a problem its severity, or import
	Text  string `json:"text"`  // one sentence; of a problem the first of Cases

	Source string   `json:"source,omitempty"` // of a rule: where it is said
	Words  []string `json:"words,omitempty"`  // of a rule: kinds and fields that speak of it
	Checks []string `json:"checks,omitempty"` // of a rule: problems that watch over it

	Cases []Case   `json:"cases,omitempty"` // of a problem: all that it may say
	About string   `json:"about,omitempty"` // of a problem: what one has to know besides
	Rules []string `json:"rules,omitempty"` // of a problem: what it watches over
}

// Case is a sentence of a problem, with dots for what it speaks of, and what to
// try.
type Case struct {
	Text string `json:"text"`
	Hint string `json:"hint,omitempty"`
}

// classImport is the class of what lupa import says about a target; how much
// that weighs depends on the case.
const classImport = "import"

// classOrder is the class of what the order of a plan's steps promises, and
// classBrake that of what holds a plan back until somebody confirms it.
const (
	classOrder = "order"
	classBrake = "brake"
)

// Codes are all codes: the rules of the domain in their order, those of the order
// of steps, then problems.
func Codes() []Code {
	problems := problemCodes()
	words := wordsOf()
	var codes []Code
	for _, r := range access.Rules {
		c := Code{Code: r.Code, Class: string(r.Class), Text: r.Doc, Source: r.Source, Words: words[r.Code]}
		for _, p := range problems {
			if slices.Contains(p.Rules, r.Code) {
				c.Checks = append(c.Checks, p.Code)
			}
		}
		codes = append(codes, c)
	}
	for _, r := range order.Rules {
		codes = append(codes, Code{Code: r.Code, Class: classOrder, Text: r.Doc})
	}
	return append(codes, problems...)
}

// aSentence is the key of a sentence about a problem: one about a rule, R or P,
// says why somebody has a right.
var aSentence = regexp.MustCompile(`^([A-OQS-Z]\d\d)(\.\w+)?$`)

// problemCodes are the codes of the catalogue. The rules that a problem watches
// over are those that its row in the table of policy names, or its sentences.
func problemCodes() []Code {
	var codes []Code
	var t Text
	for _, key := range slices.Sorted(maps.Keys(english)) {
		m := aSentence.FindStringSubmatch(key)
		if m == nil {
			continue
		}
		if len(codes) == 0 || codes[len(codes)-1].Code != m[1] {
			codes = append(codes, Code{Code: m[1], Class: problemClass(m[1])})
		}
		c := &codes[len(codes)-1]
		c.Cases = append(c.Cases, t.caseOf(key))
	}
	for i := range codes {
		c := &codes[i]
		c.Text = c.Cases[0].Text
		c.Rules = guarded(*c)
		if about := "rules." + c.Code; english[about] != nil {
			c.About = t.sentence(about)
		}
	}
	return codes
}

func problemClass(code string) string {
	switch {
	case strings.HasPrefix(code, "I"):
		return classImport
	case code >= "G01" && code <= "G05":
		return classBrake
	}
	return string(policy.SeverityOf(code))
}

// anything stands for what a sentence speaks of.
const anything = "…"

// maxArgs is how many arguments a sentence has at most, as a test says.
const maxArgs = 9

func (t *Text) caseOf(key string) Case {
	args := make([]any, maxArgs)
	for i := range args {
		args[i] = anything
	}
	c := Case{Text: t.sentence(key, slices.Clone(args)...)}
	for i := range args {
		if part := key + "+" + strconv.Itoa(i+1); english[part] != nil {
			c.Text += t.sentence(part, slices.Clone(args)...)
		}
	}
	if english[key+"?"] == nil {
		return c
	}
	if hint := t.sentence(key+"?", args...); hint != anything {
		c.Hint = hint
	}
	return c
}

func guarded(c Code) []string {
	var text strings.Builder
	for _, r := range policy.Rules {
		if r.Code == c.Code {
			text.WriteString(r.Source)
		}
	}
	for _, s := range c.Cases {
		text.WriteString(" " + s.Text + " " + s.Hint)
	}
	codes := cited(text.String())
	slices.SortFunc(codes, byNumber)
	return slices.Compact(codes)
}

// wordsOf lists, for each rule, the kinds and fields whose docs cite it.
func wordsOf() map[string][]string {
	words := make(map[string][]string)
	add := func(doc, word string) {
		for _, code := range cited(doc) {
			words[code] = append(words[code], word)
		}
	}
	for _, k := range fact.Words.Kinds {
		add(k.Doc, k.Name)
		for _, f := range k.Fields {
			add(f.Doc, k.Name+"."+f.Name)
		}
	}
	return words
}

var aCitation = regexp.MustCompile(`\b([RP])(\d{1,3})(?:-[RP]?(\d{1,3}))?\b`)

// cited are the rules that a text cites: R28, or R3-R7 for five of them.
func cited(text string) []string {
	var codes []string
	for _, m := range aCitation.FindAllStringSubmatch(text, -1) {
		from, _ := strconv.Atoi(m[2])
		to, _ := strconv.Atoi(m[3])
		for n := from; n <= max(from, to); n++ {
			codes = append(codes, m[1]+strconv.Itoa(n))
		}
	}
	return codes
}

// byNumber puts R2 before R10.
func byNumber(a, b string) int {
	if a[:1] != b[:1] || len(a) == len(b) {
		return strings.Compare(a, b)
	}
	return len(a) - len(b)
}

// Codes shows codes as a list.
func (t *Text) Codes(codes []Code) {
	wide, classes := 0, 0
	for _, c := range codes {
		wide, classes = max(wide, columns(c.Code)), max(classes, columns(c.Class))
	}
	for i, c := range codes {
		if i > 0 && c.Code[0] != codes[i-1].Code[0] {
			t.printf("\n")
		}
		words := strings.Fields(c.Text)
		if len(c.Cases) > 1 {
			words = append(words, t.paint(faint, t.sentence("rules.cases", strconv.Itoa(len(c.Cases)))))
		}
		t.printf("%s  %s  %s\n", t.paint(bold, pad(c.Code, wide)), t.paint(classStyle(c.Class), pad(c.Class, classes)),
			t.wrapped(words, " ", wide+classes+4))
	}
}

// classStyle is how a class is painted: a problem as the problems themselves.
func classStyle(class string) style {
	switch class {
	case string(policy.Error):
		return red
	case string(policy.Warning):
		return yellow
	case string(policy.Note):
		return cyan
	case string(access.ClassEffect):
		return green
	}
	return faint
}

// Code shows all about one code.
func (t *Text) Code(c Code) {
	t.printf("%s  %s\n\n", t.paint(bold, c.Code), t.paint(classStyle(c.Class), c.Class))
	if len(c.Cases) == 0 {
		t.printf("  %s\n", t.wrapped(strings.Fields(c.Text), " ", 2))
	}
	for _, s := range c.Cases {
		t.printf("  %s\n", t.wrapped(strings.Fields(s.Text), " ", 2))
		if s.Hint != "" {
			t.printf("    %s %s\n", t.paint(cyan, "→"), t.wrapped(strings.Fields(s.Hint), " ", 6))
		}
	}
	if c.About != "" {
		t.printf("\n  %s\n", t.wrapped(strings.Fields(c.About), " ", 2))
	}
	rows := t.aboutCode(c)
	if len(rows) == 0 {
		return
	}
	width := 0
	for _, row := range rows {
		width = max(width, columns(row.label))
	}
	t.printf("\n")
	for _, row := range rows {
		t.printf("  %s  %s\n", t.paint(faint, pad(row.label, width)), t.wrapped(row.texts, row.between, width+4))
	}
}

// aboutRow is a label and what belongs to it, to be joined.
type aboutRow struct {
	label   string
	texts   []string
	between string
}

// aboutCode is what there is to say about a code beside its sentence.
func (t *Text) aboutCode(c Code) []aboutRow {
	var rows []aboutRow
	if c.Source != "" {
		rows = append(rows,
			aboutRow{t.sentence("rules.source"), strings.Fields(c.Source), " "},
			aboutRow{t.sentence("rules.lupa"), strings.Fields(t.sentence(does(c))), " "})
	}
	for _, list := range []aboutRow{
		{t.sentence("rules.words"), c.Words, ", "},
		{t.sentence("rules.checks"), c.Checks, ", "},
		{t.sentence("rules.rules"), c.Rules, ", "},
	} {
		if len(list.texts) > 0 {
			rows = append(rows, list)
		}
	}
	return rows
}

// does is the key of what lupa does with a rule.
func does(c Code) string {
	key := "rules." + c.Class
	if c.Class == string(access.ClassGuard) && len(c.Checks) == 0 {
		key += ".none" // promised by its class, and not there yet
	}
	return key
}

// CodesJSON is codes as scripts read them.
func CodesJSON(codes []Code) ([]byte, error) {
	return marshal(map[string]any{"rules": codes})
}
