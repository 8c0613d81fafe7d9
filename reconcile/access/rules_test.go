package access

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

// TestRules: the table is whole and in order, and each rule is one sentence.
func TestRules(t *testing.T) {
	var want []string
	for n := 1; n <= 112; n++ {
		want = append(want, "R"+strconv.Itoa(n))
	}
	for n := 1; n <= 14; n++ {
		want = append(want, "P"+strconv.Itoa(n))
	}
	seen := make(map[string]string)
	var got []string
	for _, r := range Rules {
		got = append(got, r.Code)
		if !slices.Contains([]Class{ClassEffect, ClassShape, ClassGuard, ClassHabit}, r.Class) {
			t.Errorf("%s: class %q", r.Code, r.Class)
		}
		first := []rune(r.Doc + " ")[0]
		if !unicode.IsUpper(first) || !strings.HasSuffix(r.Doc, ".") || strings.Contains(r.Doc, ". ") || strings.TrimSpace(r.Doc) != r.Doc {
			t.Errorf("%s is not one sentence: %q", r.Code, r.Doc)
		}
		if document, topic, ok := strings.Cut(r.Source, ": "); r.Code[0] == 'R' && (!ok || document == "" || topic == "") || r.Source == "" {
			t.Errorf("%s: source %q has no document or no topic", r.Code, r.Source)
		}
		if other := seen[r.Doc]; other != "" {
			t.Errorf("%s and %s say the same", other, r.Code)
		}
		seen[r.Doc] = r.Code
	}
	if !slices.Equal(got, want) {
		t.Errorf("rules are %v, want %v", got, want)
	}
}

// TestRulesWithoutCheck: information and working habits, for which nobody is to
// look for a check, and what the documents meet by their form, are a decision,
// and change by one.
func TestRulesWithoutCheck(t *testing.T) {
	for _, c := range []struct {
		class Class
		want  string
	}{
		{ClassHabit, "R1 R2 R11 R12 R16 R39 R40 R41 R45 R50 R51 R53 R61 R63 R65 R66 R94 R108 R110 P4 P5 P6 P9 P12 P13"},
		{ClassShape, "R6 R8 R10 R13 R21 R25 R26 R54 R55 R58 R60 R72 R84 P1 P3"},
	} {
		var got []string
		for _, r := range Rules {
			if r.Class == c.class {
				got = append(got, r.Code)
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %s\nwant %s", c.class, strings.Join(got, " "), c.want)
		}
	}
}
