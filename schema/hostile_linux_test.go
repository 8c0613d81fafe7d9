package schema

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/lupa-dev/lupa/schema/source"
)

// The contract: each refusal comes within this time and memory.
const (
	maxSeconds = 5
	maxMiB     = 512
)

// hostile is a file that is made to bring lupa down: a text once, another as
// often as it fits into 16 MiB (or as often as is said), a third once. No file
// of them is valid, and want is the key of a problem that it has.
type hostile struct {
	name, first, again, last string
	times                    int
	want                     string
}

func (h hostile) text() []byte {
	if h.again == "" { // each line one deeper than the last
		var b bytes.Buffer
		for depth := 0; b.Len()+depth+len(h.first) < source.MaxFileBytes; depth++ {
			b.WriteString(strings.Repeat(" ", depth) + h.first)
		}
		return b.Bytes()
	}
	n := h.times
	if n == 0 {
		n = (source.MaxFileBytes - len(h.first) - len(h.last)) / len(h.again)
	}
	return []byte(h.first + strings.Repeat(h.again, n) + h.last)
}

const (
	hostilePeople   = "apiVersion: lupa/v1\nkind: People\nmetadata: {name: a}\nspec:\n  people:\n"
	hostilePerson   = "apiVersion: lupa/v1\nkind: Person\nmetadata: {name: a}\nspec:\n  kind: teacher\n"
	hostileTemplate = "apiVersion: lupa/v1\nkind: SurveyTemplate\nmetadata: {name: a}\nspec:\n  author: b\n"
)

var hostiles = []hostile{
	// One indicator, over and over.
	{"brackets", "", "[", "", 0, "Y06.depth"},
	{"braces", "", "{", "", 0, "Y06.depth"},
	{"dashes", "", "- ", "", 0, "Y06.nodes"},
	{"question marks", "", "? ", "", 0, "Y06.nodes"},
	{"colons", "", ":", "", 0, "Y06.nodes"},
	{"colons with spaces", "", ": ", "", 0, "Y06.nodes"},
	{"keys without values", "", "a: ", "", 0, "Y06.nodes"},
	{"hashes", "a: b #", "#", "\n", 0, "S02"},
	{"empty comments", "", "#\n", "", 0, "Y06.nodes"},
	{"documents", "", "---\n", "", 0, "Y06.nodes"},
	{"document ends", "", "...\n", "", 0, "Y06.nodes"},
	{"unclosed documents", "", "---\na: [\n", "", 0, "Y06.nodes"},
	{"directives", "", "%A\n", "", 0, "Y08"},
	{"anchors", "", "&a ", "", 0, "Y03"},
	{"tags", "", "! ", "", 0, "Y03"},
	{"closing brackets", "# ", "]", "\n" + strings.Repeat("[", 100_000), 0, "Y06.depth"},
	{"bytes that are no UTF-8", "", "\xff", "", 0, "Y01"},
	{"control characters", "", "\x01", "", 0, "Y02"},
	{"CRLF", "a: |\r\n", "\r\n", "b", 0, "Y03"},

	// One scalar, one key, one comment.
	{"a plain scalar", "a: ", "a", "\n", 0, "S02"},
	{"a long key", "", "a", ": b\n", 0, "Y03"},
	{"a number", "a: 0.", "1", "\n", 0, "E35.number"},
	{"an alias", "a: *", "a", "\n", 0, "Y04.alias"},
	{"an escaped tag", "a: !", "%41", " b\n", 0, "Y05"},
	{"escapes", "a: \"", "\\u0041", "\"\n", 0, "S02"},
	{"invisible escapes", "a: \"", "\\u202e", "\"\n", 0, "Y02"},
	{"an open quote", "a: \"", "a\n", "", 0, "Y03"},
	{"an open single quote", "a: '", "''", "", 0, "Y03"},
	{"literal text", "a: |\n", "  aaaaaaaaaaaaa\n", "@", 0, "Y03"},
	{"blank lines", "a: |\n", "\n", "\"", 0, "Y03"},
	{"blanks", "a:", " ", "b\n", 0, "S02"},

	// As deep as it goes.
	{name: "deep mappings", first: "a:\n", want: "Y06.depth"},
	{name: "deep lists", first: "-\n", want: "Y06.depth"},
	{"dashes on a line", "", "- ", "a\n", 500_000, "Y06.depth"},
	{"lines of brackets", "", "[\n", "", 500_000, "Y06.depth"},

	// As wide as it goes: just too many nodes for the parser to see.
	{"a flow sequence", "a: [", "a,", "]\n", 0, "Y06.nodes"},
	{"a flow mapping", "a: {", "a,", "}\n", 0, "Y06.nodes"},
	{"empty sequences", "a: [", "[],", "]\n", 0, "Y06.nodes"},
	{"comments between items", "", "- a\n# c\n", "", 0, "Y06.nodes"},
	{"comments after items", "", "- a # c\n", "", 0, "Y06.nodes"},

	// As wide as it goes: what the parser still sees.
	{"a list that is too long", "a:\n", "- aaaaaaaa\n", "", 1_240_000, "Y06.nodes"},
	{"a mapping that is too long", "a: {", "aaaaaaaa,", "}\n", 620_000, "Y06.keys"},
	{"pairs in a sequence", "a: [\"{\", ", "a: b,", "]\n", 620_000, "Y06.nodes"},
	{"tagged items", "a: [", "!a aaaaaa,", "]\n", 1_240_000, "Y05"},
	{"numbers of no plain form", "a: [", "0123456,", "]\n", 990_000, "E35.number"},
	{"items and comments", "a:\n", "- aaaaaaa # c\n", "", 410_000, "S02"},
	{"keys that stand there twice", hostilePeople, "    - {name: a, name: b, name: c, name: d}\n", "", 110_000, "E35.twice"},
	{"a mapping of 10,001 keys", "a:\n", "  b: c\n", "", 10_001, "Y06.keys"},
	{"small documents", "", "--- {kind: Person, a: 1, b: 1, c: 1, d: 1, e: 1}\n", "", 49_000, "S01"},
	{"broken documents", "", "---\na: [\n", "", 49_000, "Y03"},
	{"broken documents with blank lines", "", "---\na: |\n" + strings.Repeat("\n", 300) + "@\n", "", 49_000, "Y03"},

	// What only the schemas refuse.
	{"a million numbers for names", hostilePerson + "  schools: [", "1, ", "1]\n", 990_000, "E35.number"},
	{"a million numbers after names", hostilePerson + "  schools: [" + strings.Repeat("a, ", 10_000), "1, ", "1]\n", 980_000, "E35.number"},
	{"a name a million times", hostilePerson + "  groups: [", "a, ", "a]\n", 990_000, "S08"},
	{"wrong lines", hostilePeople, "    - {kind: x, schools: [1]}\n", "", 160_000, "S04"},
	{"lines that are none", hostilePeople, "    - 1\n", "", 990_000, "S03.object"},
	{"wrong items of one person", hostilePeople + "    - {name: a}\n    - {name: b, groups: [", "true, ", "true]}\n", 980_000, "S08"},
	{"unknown keys", hostileTemplate + "  sharing: [", "{aaaaa: 1, bbbbb: 1, ccccc: 1},", "]\n", 140_000, "S01"},
	{"wrong labels", "", "---\napiVersion: lupa/v1\nkind: Person\nmetadata: {name: a, labels: {" + manyLabels(10_000) + "}}\nspec: {kind: staff}\n", "", 48, "E35.number"},
}

// TestHostileInput measures each file in a process of its own: this program,
// told by the environment to read that file and say what it found.
func TestHostileInput(t *testing.T) {
	if name := os.Getenv("LUPA_HOSTILE"); name != "" {
		readHostile(t, name)
		return
	}
	if testing.Short() {
		t.Skip("skipped: -short, and files of 16 MiB take a minute")
	}
	slowest, largest := 0.0, int64(0)
	for _, h := range hostiles {
		t.Run(h.name, func(t *testing.T) {
			seconds, mib, keys := measure(t, h.name)
			t.Logf("%.2f s, %d MiB, %s", seconds, mib, keys)
			if seconds > maxSeconds || mib > maxMiB {
				t.Errorf("%.2f s and %d MiB; the contract allows %d s and %d MiB", seconds, mib, maxSeconds, maxMiB)
			}
			if !slices.Contains(keys, h.want) {
				t.Errorf("problems %s, want %s", keys, h.want)
			}
			slowest, largest = max(slowest, seconds), max(largest, mib)
		})
	}
	t.Logf("at the most %.2f s and %d MiB", slowest, largest)
}

// measure has a process read a file, and gives its time and memory and the keys
// of the problems. The time is that on the clock, or of the processors where
// the process had to wait for others.
func measure(t *testing.T, name string) (seconds float64, mib int64, keys []string) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestHostileInput$")
	cmd.Env = append(os.Environ(), "LUPA_HOSTILE="+name)
	out, err := cmd.CombinedOutput()
	if err == nil {
		_, err = fmt.Sscan(string(out), &seconds, &mib)
	}
	if err != nil {
		t.Fatalf("%v\n%.2000s", err, out)
	}
	seconds = min(seconds, (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds())
	line, _, _ := strings.Cut(string(out), "\n")
	return seconds, mib >> 10, strings.Fields(line)[2:]
}

// peak is the most memory that this process had, in KiB. What the system says of a
// child that ended counts what its parent had before it became another program.
func peak(t *testing.T) (kib int64) {
	status, err := os.ReadFile("/proc/self/status")
	_, rest, found := strings.Cut(string(status), "VmHWM:")
	if err == nil && found {
		_, err = fmt.Sscan(rest, &kib)
	}
	if err != nil || kib == 0 {
		t.Fatal("/proc/self/status does not tell the peak", err)
	}
	return kib
}

// readHostile is the process that is measured. It reads the file as lupa does
// and says how long that took and which problems there are.
func readHostile(t *testing.T, name string) {
	for _, h := range hostiles {
		if h.name != name {
			continue
		}
		tree := fstest.MapFS{"x.yaml": {Data: h.text()}}
		start := time.Now()
		file, err := source.Read(tree, "x.yaml")
		if err != nil {
			t.Fatal(err)
		}
		problems := file.Problems
		for _, doc := range file.Documents {
			problems = append(problems, Validate(doc)...)
		}
		fmt.Printf("%.3f %d", time.Since(start).Seconds(), peak(t))
		seen := make(map[string]bool)
		for _, p := range problems {
			if !seen[p.Key()] {
				fmt.Printf(" %s", p.Key())
			}
			seen[p.Key()] = true
		}
		fmt.Println()
	}
}
