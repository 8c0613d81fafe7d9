package access_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/lupa-dev/lupa/reconcile/access"
	"github.com/lupa-dev/lupa/reconcile/facttest"
)

// TestMistakesAreFound reads each rule wrongly once, as somebody might, and
// demands that the worlds of TestTableAgainstRules show it. A mistake that is not
// found says that the worlds do not provoke the rule.
func TestMistakesAreFound(t *testing.T) {
	mistakes := mistakesOfOracle(t)
	if len(mistakes) < 40 {
		t.Fatalf("only %d mistakes: %q", len(mistakes), mistakes)
	}
	const worlds = 2000 // as many as are compared with -short
	seen := make(map[string]int)
	for seed := range worlds {
		w := newWorld(facttest.Municipality(seeded(seed)))
		table := access.Load(w.facts)
		questions := slices.Concat(w.questions(), w.actions())
		got := make([]bool, len(questions))
		for i, q := range questions {
			got[i] = q.ask(table)
		}
		mistakes = slices.DeleteFunc(mistakes, func(mistake string) bool {
			wrong := &oracle{w.rules.objects, mistake}
			for i, q := range questions {
				if q.ask(wrong) != got[i] {
					seen[mistake] = seed
					return true
				}
			}
			return false
		})
		if len(mistakes) == 0 {
			break
		}
	}
	latest := 0
	for mistake, seed := range seen {
		if latest = max(latest, seed); seed > worlds/4 {
			t.Logf("rarely seen, first in world %d: %s", seed, mistake)
		}
	}
	t.Logf("%d mistakes are found, the last in world %d", len(seen), latest)
	for _, mistake := range mistakes {
		t.Errorf("no world shows that it is wrong that %s", mistake)
	}
}

// mistakesOfOracle are those that its source knows, so that none is left out.
func mistakesOfOracle(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, file := range []string{"oracle_test.go", "oracle_systems_test.go", "oracle_templates_test.go"} {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		named := regexp.MustCompile(`slip\("([^"]*)"\)`).FindAllStringSubmatch(string(src), -1)
		if want := strings.Count(string(src), "o.slip("); len(named) != want || want == 0 {
			t.Fatalf("%s: %d of %d mistakes have a name", file, len(named), want)
		}
		for _, m := range named {
			all = append(all, m[1])
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
