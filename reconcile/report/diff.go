package report

import (
	"fmt"
	"strings"

	"github.com/sergi/go-diff/diffmatchpatch"
)

// context is how many lines around a change are shown.
const context = 3

// Diff shows how a file changes, as a unified diff.
func (t *Text) Diff(file string, before, after []byte) {
	d := diffmatchpatch.New()
	d.DiffTimeout = 0
	a, b, all := d.DiffLinesToChars(string(before), string(after))
	var lines []diffLine
	for _, part := range d.DiffCharsToLines(d.DiffMain(a, b, false), all) {
		for line := range strings.Lines(part.Text) {
			lines = append(lines, diffLine{part.Type, line})
		}
	}
	t.printf("%s\n%s\n", t.paint(bold, "--- a/"+t.safe(file)), t.paint(bold, "+++ b/"+t.safe(file)))
	for from := 0; from < len(lines); {
		if lines[from].op == diffmatchpatch.DiffEqual {
			from++
			continue
		}
		to := hunkEnd(lines, from)
		t.hunk(lines, max(0, from-context), to)
		from = to
	}
}

type diffLine struct {
	op   diffmatchpatch.Operation
	text string
}

// hunkEnd is the end of the hunk whose first change is at from.
func hunkEnd(lines []diffLine, from int) int {
	last := from
	for i := from; i < len(lines) && i <= last+2*context+1; i++ {
		if lines[i].op != diffmatchpatch.DiffEqual {
			last = i
		}
	}
	return min(len(lines), last+context+1)
}

func (t *Text) hunk(lines []diffLine, from, to int) {
	start := [2]int{1, 1}
	for _, l := range lines[:from] {
		l.count(&start)
	}
	end := start
	for _, l := range lines[from:to] {
		l.count(&end)
	}
	of := func(side int) string {
		count := end[side] - start[side]
		if count == 0 { // the line before
			return fmt.Sprintf("%d,0", start[side]-1)
		}
		return fmt.Sprintf("%d,%d", start[side], count)
	}
	t.printf("%s\n", t.paint(cyan, "@@ -"+of(0)+" +"+of(1)+" @@"))
	for _, l := range lines[from:to] {
		mark, colour := " ", style("")
		switch l.op {
		case diffmatchpatch.DiffDelete:
			mark, colour = "-", red
		case diffmatchpatch.DiffInsert:
			mark, colour = "+", green
		}
		text, ended := strings.CutSuffix(l.text, "\n")
		text = mark + safeLine(text)
		if colour != "" {
			text = t.paint(colour, text)
		}
		t.printf("%s\n", text)
		if !ended {
			t.printf("\\ No newline at end of file\n")
		}
	}
}

// safeLine is a line of a file, harmless, with its tabs.
func safeLine(line string) string {
	parts := strings.Split(coverSecrets(line), "\t")
	for i := range parts {
		parts[i] = Safe(parts[i])
	}
	return strings.Join(parts, "\t")
}

func (l diffLine) count(at *[2]int) {
	if l.op != diffmatchpatch.DiffInsert {
		at[0]++
	}
	if l.op != diffmatchpatch.DiffDelete {
		at[1]++
	}
}
