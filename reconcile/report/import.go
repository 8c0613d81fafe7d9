package report

import (
	"slices"
	"strings"

	"github.com/lupa-dev/lupa/reconcile/plan"
)

// Import is what an import came to.
type Import struct {
	Created []string // paths, in the order in which they were written
	Changed []string // those of files that were there
	Objects int      // written, or said more of
	Files   int      // that they are in
	Next    string   // the command to type next

	Left    []plan.Finding // objects that could not be written
	Removed int            // of those, how many a plan would remove
	Notes   []plan.Finding // objects that a plan changes all the same
	Differ  []plan.Object  // objects that the tree declares with other values
	Rosters []string       // rosters that the new tree does not have
}

// maxFiles is how many files are named one by one; of more, only how many each
// directory got.
const maxFiles = 60

// Import shows what was written.
func (t *Text) Import(i Import) {
	t.paths(t.sentence("import.created"), i.Created)
	t.paths(t.sentence("import.changed"), i.Changed)
	if i.Objects > 0 {
		t.printf("%s\n", t.paint(green, t.sentence("import.done", i.Objects, t.sentence("files", i.Files))))
	} else if len(i.Left)+len(i.Differ) == 0 {
		t.printf("%s\n", t.sentence("import.none"))
	} else if len(i.Left) == 0 {
		t.printf("%s\n", t.sentence("import.nothing"))
	}
	if i.Next != "" && len(i.Created)+len(i.Changed) > 0 {
		t.printf("\n%s\n", t.sentence("import.next", i.Next))
	}
}

// paths shows what was done to files, a line each or a line a directory.
func (t *Text) paths(done string, paths []string) {
	if len(paths) <= maxFiles {
		for _, path := range paths {
			t.printf("%s  %s\n", done, t.safe(path))
		}
		return
	}
	var dirs []string
	count := make(map[string]int)
	for _, path := range paths {
		dir, _, below := strings.Cut(path, "/")
		if below {
			dir += "/"
		}
		if count[dir]++; count[dir] == 1 {
			dirs = append(dirs, dir)
		}
	}
	for _, dir := range dirs {
		if !strings.HasSuffix(dir, "/") {
			t.printf("%s  %s\n", done, t.safe(dir))
			continue
		}
		t.printf("%s  %s (%s)\n", done, t.safe(dir), t.sentence("files", count[dir]))
	}
}

// ImportTalk says what an import could not do, and what a plan will still show.
func (t *Text) ImportTalk(i Import) {
	t.Problems(slices.Concat(i.Left, i.Notes), nil)
	if len(i.Rosters) > 0 {
		t.printf("%s\n", t.sentence("import.rosters", t.safe(strings.Join(i.Rosters, ", "))))
	}
	if i.Removed > 0 {
		t.printf("%s\n", t.sentence("import.removed", i.Removed))
	}
	if len(i.Differ) == 0 {
		return
	}
	t.printf("%s\n", t.sentence("import.differ", len(i.Differ)))
	for n, o := range i.Differ {
		if n == maxProblems {
			t.printf("%s\n", t.sentence("more", len(i.Differ)-n))
			break
		}
		t.printf("  %s %s\n", o.Kind, t.safe(o.Name))
	}
}
