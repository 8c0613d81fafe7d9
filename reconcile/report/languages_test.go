package report

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// translated are the languages whose catalogues are whole.
var translated = []Language{"fi", "sv", "nb"}

// TestLanguages: every language has every sentence, and none that English lacks;
// each speaks of what the English one speaks of.
func TestLanguages(t *testing.T) {
	all := Language("en").sentences()
	for _, l := range translated {
		t.Run(string(l), func(t *testing.T) {
			own := l.sentences()
			for _, key := range slices.Sorted(maps.Keys(all)) {
				if own[key] == nil {
					t.Errorf("%s is missing", key)
				}
			}
			for key := range own {
				if all[key] == nil {
					t.Errorf("%s is no sentence of English", key)
				}
			}
			here, there := &Text{Lang: l}, &Text{}
			for key := range all {
				for _, n := range []any{1, 2, "x"} {
					if counts[key] != (n != "x") {
						continue
					}
					got, want := spokenOf(here, key, n), spokenOf(there, key, n)
					if !slices.Equal(got, want) {
						t.Errorf("%s (%v) speaks of %v, and English of %v", key, n, got, want)
					}
				}
			}
		})
	}
}

var argument = regexp.MustCompile(`<(\d)>`)

// spokenOf are the arguments that a sentence shows, sorted, each once.
func spokenOf(t *Text, key string, first any) []string {
	args := make([]any, maxArgs)
	for i := range args {
		args[i] = "<" + string(rune('1'+i)) + ">"
	}
	if first != "x" {
		args[0] = first
	}
	said := t.sentence(key, args...)
	if strings.Contains(said, "%!(") && !strings.Contains(said, "EXTRA") {
		return []string{said}
	}
	said, _, _ = strings.Cut(said, "%!(EXTRA")
	var shown []string
	for _, m := range argument.FindAllStringSubmatch(said, -1) {
		shown = append(shown, m[1])
	}
	slices.Sort(shown)
	return slices.Compact(shown)
}
