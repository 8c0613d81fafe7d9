package report

import (
	"slices"
	"strings"
	"testing"

	"github.com/lupa-dev/lupa/reconcile/access"
	"github.com/lupa-dev/lupa/reconcile/policy"
)

// TestCodes: every rule and every problem that can be found is listed once, in
// an order that people expect, and what refers to another code finds it.
func TestCodes(t *testing.T) {
	codes := Codes()
	at := make(map[string]int)
	for i, c := range codes {
		if _, twice := at[c.Code]; twice {
			t.Errorf("%s is listed twice", c.Code)
		}
		at[c.Code] = i
		if c.Text == "" || c.Class == "" || strings.Contains(c.Text, "%!") {
			t.Errorf("%s: class %q, text %q", c.Code, c.Class, c.Text)
		}
		for _, s := range c.Cases {
			if strings.Contains(s.Text+s.Hint, "%!") {
				t.Errorf("%s: %q, hint %q", c.Code, s.Text, s.Hint)
			}
		}
	}
	for _, c := range codes {
		for _, other := range slices.Concat(c.Checks, c.Rules) {
			i, ok := at[other]
			if !ok || !slices.Contains(slices.Concat(codes[i].Checks, codes[i].Rules), c.Code) {
				t.Errorf("%s refers to %s, which does not refer back", c.Code, other)
			}
		}
	}
	for _, r := range policy.Rules {
		if _, ok := at[r.Code]; !ok {
			t.Errorf("%s is not listed", r.Code)
		}
	}
	if at["R2"] > at["R10"] || at["R112"] > at["P1"] || at["P13"] > at["O1"] || at["O2"] > at["O10"] || at["O16"] > at["E01"] || at["E03"] > at["E12"] {
		t.Error("codes are not in order")
	}
}

// TestCode holds what comes from several tables to what is known of them.
func TestCode(t *testing.T) {
	codes := Codes()
	find := func(code string) Code {
		i := slices.IndexFunc(codes, func(c Code) bool { return c.Code == code })
		if i < 0 {
			t.Fatalf("there is no %s", code)
		}
		return codes[i]
	}
	if c := find("R33"); !slices.Equal(c.Checks, []string{"D07", "E02"}) || c.Class != "effect" {
		t.Errorf("R33: %+v", c)
	}
	if c := find("R100"); !slices.Contains(c.Words, "Sharing") || !slices.Contains(c.Words, "Sharing.ordinary") {
		t.Errorf("R100 stands in a range of words: %+v", c)
	}
	if c := find("E03"); !slices.Equal(c.Rules, []string{"R36", "R74"}) || c.Class != "error" || len(c.Cases) != 2 || c.Cases[0].Hint == "" {
		t.Errorf("E03: %+v", c)
	}
	if c := find("N03"); c.Class != "note" {
		t.Errorf("N03: %+v", c)
	}
	if c := find("W23"); c.Class != "warning" {
		t.Errorf("W23: %+v", c)
	}
	if c := find("S05"); slices.ContainsFunc(c.Cases, func(s Case) bool { return s.Hint == anything }) {
		t.Errorf("S05 has a hint that says nothing: %+v", c)
	}
}

func TestCited(t *testing.T) {
	for text, want := range map[string]string{
		"groups (R37)":        "R37",
		"R8-R10, R54 and P7":  "R8 R9 R10 R54 P7",
		"R99-102":             "R99 R100 R101 R102",
		"R5-R3":               "R5",
		"SHA-256, E01, ROOT1": "",
	} {
		if got := strings.Join(cited(text), " "); got != want {
			t.Errorf("%q cites %q, want %q", text, got, want)
		}
	}
}

// TestRulesKeepWithinTheWidth: no line is wider than the terminal.
func TestRulesKeepWithinTheWidth(t *testing.T) {
	for _, width := range []int{50, 80, 100, 200} {
		for _, colour := range []bool{false, true} {
			var b strings.Builder
			text := Text{Out: &b, Width: width, Colour: colour}
			text.Codes(Codes())
			for _, c := range Codes() {
				text.Code(c)
			}
			for line := range strings.Lines(b.String()) {
				if plain := escapes.ReplaceAllString(strings.TrimSuffix(line, "\n"), ""); columns(plain) > width || strings.HasSuffix(plain, " ") {
					t.Errorf("width %d: %q takes %d columns, or ends in a blank", width, plain, columns(plain))
				}
			}
		}
	}
}

// TestDoes: of every class there is something to say, and a rule that nobody
// watches over is not said to be watched.
func TestDoes(t *testing.T) {
	for _, r := range access.Rules {
		for _, c := range []Code{{Class: string(r.Class)}, {Class: string(r.Class), Checks: []string{"E01"}}} {
			if english[does(c)] == nil {
				t.Errorf("%s: no sentence for %s", r.Code, does(c))
			}
		}
	}
	if guard := string(access.ClassGuard); does(Code{Class: guard}) == does(Code{Class: guard, Checks: []string{"E01"}}) {
		t.Error("a guard without checks is said to be watched")
	}
}
