package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/reconcile/policy"
	"github.com/lupa-dev/lupa/schema/identity"
	"github.com/lupa-dev/lupa/schema/source"
)

// maxProblems is how many problems are shown in full: about a page or two.
const maxProblems = 30

// Line gives a line of a file of the tree, for excerpts.
type Line func(file string, line int) (string, bool)

// Problems shows what is wrong in a tree: each with its place, the line, a caret
// and what to try. Errors come first: none may be among those left out while a
// warning is shown.
func (t *Text) Problems(problems []plan.Finding, line Line) {
	problems = slices.Clone(problems)
	slices.SortStableFunc(problems, func(a, b plan.Finding) int { return weight(a) - weight(b) })
	for i, p := range problems {
		if i == maxProblems {
			t.printf("%s\n", t.sentence("more", len(problems)-i))
			return
		}
		if i > 0 {
			t.printf("\n")
		}
		t.problem(p, line)
	}
}

func weight(p plan.Finding) int {
	return slices.Index([]policy.Severity{policy.Error, policy.Warning, policy.Note}, p.Severity)
}

func (t *Text) problem(p plan.Finding, line Line) {
	colour := yellow
	switch p.Severity {
	case policy.Error:
		colour = red
	case policy.Note:
		colour = cyan
	}
	where := ""
	if len(p.Pos) > 0 {
		where = t.paint(bold, t.place(p.Pos[0])+":") + " "
	} else if p.Subject != "" {
		where = t.paint(bold, t.subject(p.Subject)+":") + " "
	}
	t.printf("%s%s %s\n", where, t.paint(colour, t.sentence(string(p.Severity))+" "+Safe(p.Code)+":"), t.message(p))
	if len(p.Pos) > 0 {
		t.excerpt(p, line, colour)
	}
	for _, hint := range t.hints(p) {
		t.printf("    %s %s\n", t.paint(cyan, "→"), hint)
	}
}

func (t *Text) place(pos source.Pos) string {
	if pos.Line == 0 {
		return t.safe(pos.File)
	}
	return fmt.Sprintf("%s:%d:%d", t.safe(pos.File), pos.Line, pos.Col)
}

func key(p plan.Finding) string {
	return source.Problem{Code: p.Code, Case: p.Case}.Key()
}

func anys(args []string) []any {
	out := make([]any, len(args))
	for i, a := range args {
		out[i] = a
	}
	return out
}

// message is what a finding says, in one sentence. Of a sentence in parts, "KEY+4"
// is said only where there is a fourth argument.
func (t *Text) message(p plan.Finding) string {
	if english[key(p)] == nil { // of a plan that another lupa made
		return t.safe(key(p))
	}
	args := t.args(p)
	message := t.sentence(key(p), anys(args)...)
	for i, arg := range args {
		part := key(p) + "+" + strconv.Itoa(i+1)
		if _, ok := english[part]; ok && arg != "" {
			message += t.sentence(part, anys(args)...)
		}
	}
	return message
}

// args are what a finding speaks of. What does not have the form of a card may be
// what somebody is called: who may not see cards does not see that.
func (t *Text) args(p plan.Finding) []string {
	args := coverArgs(p.Args)
	if t.Veil.hides() && key(p) == "S05.pattern" && strings.ContainsFunc(args[0], unicode.IsLetter) {
		args[0] = "…"
	}
	return args
}

// coverArgs covers passwords and national identity numbers among what a finding
// speaks of. Where there is a number the others are covered to the last digit: they may be what YAML makes of
// it, such as 2.013299997e+09.
func coverArgs(args []string) []string {
	covered := make([]string, len(args))
	for i, arg := range args {
		covered[i] = Unlock(arg)
	}
	if !slices.ContainsFunc(args, func(arg string) bool { return len(identity.Find(arg)) > 0 }) {
		return covered
	}
	for i, arg := range covered {
		covered[i] = strings.Map(func(r rune) rune {
			if unicode.IsDigit(r) {
				return '•'
			}
			return r
		}, identity.Cover(arg))
	}
	return covered
}

// hints is what to try.
func (t *Text) hints(p plan.Finding) []string {
	var hints []string
	if p.Suggest != "" {
		hints = append(hints, t.sentence("suggest", p.Suggest))
	}
	if _, ok := english[key(p)+"?"]; ok {
		hints = append(hints, t.sentence(key(p)+"?", anys(t.args(p))...))
	}
	if len(p.Pos) > 1 {
		hints = append(hints, t.sentence("also", t.place(p.Pos[1])))
	}
	return hints
}

// maxLine is how long a line may be, in bytes, to be shown at all: all of it is
// looked at for what nobody should read.
const maxLine = 64 << 10

// excerpt shows the line and a caret under the place. A long line is cut around
// it.
func (t *Text) excerpt(p plan.Finding, line Line, colour style) {
	pos := p.Pos[0]
	if line == nil || pos.Line == 0 || t.Veil.hides() { // comments may name people
		return
	}
	text, ok := line(pos.File, pos.Line)
	if !ok || len(text) > maxLine {
		return
	}
	runes := []rune(strings.TrimRight(coverSecrets(text), "\r\n"))
	at := min(max(pos.Col-1, 0), len(runes))
	room := t.width() - 12
	from := max(0, at-room)
	before, after := t.beforeCaret(runes[from:at]), t.safe(string(runes[at:min(len(runes), at+room+1)]))
	if from > 0 || columns(before+after) > room && columns(before) > room*2/3 {
		for columns(before) > room/2 {
			from++
			before = t.beforeCaret(runes[from:at])
		}
		before = "…" + before
	}
	shown := cut(before+after, room)
	number := fmt.Sprintf("%5d", pos.Line)
	t.printf("%s %s\n", t.paint(faint, number+" |"), shown)
	t.printf("%s %s%s\n", t.paint(faint, strings.Repeat(" ", len(number))+" |"), strings.Repeat(" ", columns(before)), t.paint(colour, "^"+strings.Repeat("~", t.wordLength(after, p.Args)-1)))
}

func (t *Text) beforeCaret(runes []rune) string {
	return t.safe(strings.ReplaceAll(string(runes), "\t", " "))
}

// wordLength is how many columns of a text the caret underlines: what the
// problem speaks of, else the first word.
func (t *Text) wordLength(text string, args []string) int {
	longest := 0
	for _, arg := range args {
		if strings.HasPrefix(text, t.safe(arg)) {
			longest = max(longest, columns(t.safe(arg)))
		}
	}
	if longest > 0 {
		return min(longest, 40)
	}
	n := strings.IndexAny(text, " ,:]}#")
	if n < 0 {
		n = len(text)
	}
	return max(1, min(columns(text[:n]), 40))
}

// Say puts a finding into words, for scripts: in English, with what nobody should
// read covered.
func Say(f plan.Finding) plan.Finding { return new(Text).said(f) }

// said is Say, with the catalogue made once for many.
func (t *Text) said(f plan.Finding) plan.Finding {
	f.Message, f.Hint = t.message(f), strings.Join(t.hints(f), "; ")
	args := make([]string, 0, len(f.Args))
	for _, arg := range coverArgs(f.Args) {
		args = append(args, cover(arg))
	}
	f.Args, f.Suggest, f.Subject = args, identity.Cover(f.Suggest), identity.Cover(f.Subject)
	f.Pos = slices.Clone(f.Pos) // of the tree, which finds its lines by them
	for i := range f.Pos {
		f.Pos[i].File = identity.Cover(f.Pos[i].File)
	}
	return f
}

// ProblemsJSON is the problems of a tree as JSON, with a line feed, and how many
// more its documents silence.
func ProblemsJSON(problems []plan.Finding, silenced int) ([]byte, error) {
	said := make([]plan.Finding, 0, len(problems))
	t := new(Text)
	for _, p := range problems {
		if p = t.said(p); p.Pos == nil {
			p.Pos = []source.Pos{}
		}
		said = append(said, p)
	}
	return marshal(map[string]any{"problems": said, "silenced": silenced})
}

func marshal(v any) ([]byte, error) {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return shown([]byte(b.String())), err
}

// shown is JSON, on one line with a line feed, in which every character can be
// seen and does nothing where it is shown.
func shown(line []byte) []byte {
	body := string(bytes.TrimSuffix(line, []byte("\n")))
	if isInert(body) {
		return line
	}
	return append([]byte(Inert(body)), '\n')
}
