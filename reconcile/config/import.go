package config

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/order"
	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/reconcile/policy"
	"github.com/lupa-dev/lupa/schema/source"
)

// Imported is what a tree lacks of what a target holds, as files.
type Imported struct {
	Files   map[string][]byte // by path; none of them is there yet
	Order   []string          // their paths, so that at each the tree with all before it has no errors
	Objects int               // that they declare
	Changed map[string]Edit   // files that are there, by path
	Grown   int               // objects that the tree declared before, and of which it says more now
	Left    []plan.Finding    // objects that no document can declare, and why
	Removed int               // of those, how many a plan would remove, for lupa made them
	Notes   []plan.Finding    // objects that a plan changes, though they are declared as they are
	Differ  []plan.Object     // objects that the tree declared before, with other values

	Problems []plan.Finding // errors that the tree would have for other reasons; then there are no files
}

// Edit is a file of the tree, as it was read and with more in it.
type Edit struct{ Before, After []byte }

// Import is the pass run backwards: facts become documents. It writes what the
// target holds and the tree does not declare: objects in new files, and what
// declared objects lack in the files where they are. What the files come to is
// checked in memory before anybody writes them: together with the tree they load
// without an error but those of Options.FirmOnly's other rules, a plan changes none of the new objects but those of Notes,
// and declared objects have what they had and what was missing, nothing else.
//
// The tree must have been loaded from fsys with the same options, without
// errors.
func Import(ctx context.Context, fsys fs.FS, tree *Tree, snap fact.Snapshot, opt Options) (*Imported, error) {
	opt.Progress, opt.FirmOnly = nil, true
	im := importer{goal: tree.Goal, snap: snap, declared: tree.Goal.Declared(), left: make(map[fact.Key]plan.Finding)}
	have := im.choose()
	files, dirs, err := paths(fsys)
	if err != nil {
		return nil, err
	}
	if im.more, err = findAdditions(fsys, im.goal, have); err != nil {
		return nil, err
	}
	for {
		l := im.write(tree, files, dirs)
		if im.leaveAll(l.wrong) || !im.more.grow(l.scribe) {
			continue
		}
		loaded := tree
		if all := im.more.with(l.data); len(all) > 0 {
			if loaded, err = Load(ctx, Overlay(fsys, all), opt); err != nil {
				return nil, err
			}
		}
		switch again, problems := im.check(loaded, l); {
		case again:
		case len(problems) > 0:
			return &Imported{Problems: problems}, nil
		default:
			return im.result(l), nil
		}
	}
}

// paths are the files and directories of a tree, in lower case: there are file
// systems to which that is the same. What is neither is in the way like a file.
func paths(fsys fs.FS) (files, all map[string]bool, err error) {
	files, all = make(map[string]bool), make(map[string]bool)
	err = fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("listing files: %w", err)
		}
		all[strings.ToLower(p)] = true
		if !d.IsDir() {
			files[strings.ToLower(p)] = true
		} else if p != "." && strings.HasPrefix(d.Name(), ".") {
			return fs.SkipDir
		}
		return nil
	})
	return files, all, err
}

// importer is an import under way. What turns out to be impossible is left, and
// then what names it, until the rest is a tree.
type importer struct {
	goal     *plan.Goal
	snap     fact.Snapshot
	declared fact.Set

	candidates fact.Set // what the target holds and the tree does not declare
	want       fact.Set // what of that is written
	spelled    map[fact.Key]plan.Finding
	left       map[fact.Key]plan.Finding
	more       *additions // to what it declares
	several    bool       // installations will be in the tree: documents say which is theirs
	named      bool       // installations are spoken of: what is told says which

	bare, triedBare bool
	dormant         []fact.Key
	differ          []fact.Key
	removed         int
}

// choose finds what the tree does not declare. What it declares under a new name
// is declared. It returns what the target holds, under new names.
func (im *importer) choose() fact.Set {
	have, olds := im.snap.Now, make(map[fact.Key]fact.Key)
	for _, r := range im.goal.Renames {
		for _, from := range r.From {
			olds[fact.Key{Kind: r.Key.Kind, ID: from}] = r.Key
		}
	}
	if len(olds) > 0 {
		ids := make(map[fact.Key]string)
		for _, step := range plan.Make(im.goal, "", "", im.snap).Steps {
			if step.Action == order.Rename {
				ids[fact.Key{Kind: step.Key.Kind, ID: step.From}] = step.Key.ID
			}
		}
		have = fact.Words.Rename(have, ids)
	}
	im.candidates = have.Where(func(key fact.Key) bool { return !im.declared.Has(fact.Words.Root(key)) })
	installations := make(map[string]bool)
	for _, s := range []fact.Set{have, im.declared} {
		for key := range s.Objects() {
			installations[key.Installation()] = true
		}
	}
	im.named = len(installations) > 1
	for key := range im.candidates.Objects() {
		root := fact.Words.Root(key)
		now, renamed := olds[root]
		switch {
		case root != key:
			if !im.candidates.Has(root) {
				im.leave(root, refusal{"value", nil})
			}
		case !isNamed(key):
			im.leave(key, refusal{"name", nil})
		case renamed:
			im.leave(key, refusal{"renamed", []string{now.Name()}})
		}
	}
	return have
}

// isNamed reports whether a document can give an object its id.
func isNamed(key fact.Key) bool {
	if key.Kind == "Installation" {
		return fact.IsName(key.ID)
	}
	return fact.IsName(key.Name()) && fact.IsName(key.Installation()) && fact.ID(key.Installation(), key.Name()) == key.ID
}

// leave says why an object is not written; the first reason counts.
func (im *importer) leave(key fact.Key, why refusal) { im.leaveFor(key, why.finding()) }

func (im *importer) leaveFor(key fact.Key, f plan.Finding) {
	if _, done := im.left[key]; !done {
		im.left[key] = f
	}
}

// leaveAll reports whether there was something to leave.
func (im *importer) leaveAll(why map[fact.Key]refusal) bool {
	for key, r := range why {
		im.leave(key, r)
	}
	return len(why) > 0
}

// close leaves what names something that is not there, or is left.
func (im *importer) close() {
	for {
		before := len(im.left)
		im.want = im.candidates.Where(func(key fact.Key) bool {
			_, left := im.left[fact.Words.Root(key)]
			return !left
		})
		all := im.want.Plus(im.declared)
		known := make(map[string]bool)
		for key := range all.Kind("Installation").Objects() {
			known[key.ID] = true
		}
		im.several = len(known) > 1
		for key := range im.want.Objects() {
			if inst := key.Installation(); !known[inst] {
				im.leave(fact.Words.Root(key), refusal{"reference", []string{"Installation", inst}})
			}
		}
		for ref := range fact.Words.Dangling(all) {
			if root := fact.Words.Root(ref.Fact.Key); im.want.Has(root) {
				im.leave(root, refusal{"reference", []string{ref.Target.Kind, fact.Called(ref.Target.ID, im.named)}})
			}
		}
		if len(im.left) == before {
			return
		}
	}
}

// spell adds what documents cannot leave open and what means the same: an empty
// Koulu is every school (R74), and a field without a value has its default.
func (im *importer) spell() {
	im.spelled = make(map[fact.Key]plan.Finding)
	var b fact.Builder
	add := func(key fact.Key, f *fact.Field, value, variant, word string) {
		b.Add(fact.Fact{Key: key, Field: f.Name, Value: value})
		said := note("I02", variant, word, f.Name, value)
		if variant == "everywhere" {
			said.Severity = policy.Warning
		}
		im.spelled[fact.Words.Root(key)] = said
	}
	for key, o := range im.want.Objects() {
		k := fact.Words.Kind(key.Kind)
		wide := policy.Widens(fact.Set{}, o)
		for i := range k.Fields {
			f := &k.Fields[i]
			switch {
			case o.Field(f.Name).Len() > 0:
			case slices.Contains(wide, f.AllOf) && len(f.Path()) == 1:
				add(key, f, "true", "everywhere", f.AllOf)
			case f.Default != "" && f.Type != fact.Flag && f.Shape == fact.One && inPresent(k, f, o):
				add(key, f, f.Default, "default", f.Name)
			}
		}
	}
	im.want = im.want.Plus(b.Set())
}

func note(code, variant string, args ...string) plan.Finding {
	return plan.Finding{Code: code, Case: variant, Args: args, Severity: policy.Note, Pos: []source.Pos{}}
}

// write lays out what can be written as far as is known.
func (im *importer) write(tree *Tree, files, all map[string]bool) *layout {
	im.close()
	im.spell()
	l := &layout{scribe: newScribe(im.want, im.several), all: im.want.Plus(im.declared), bare: im.bare,
		files: maps.Clone(files), taken: maps.Clone(all), lists: make(map[string]bool)}
	maps.Copy(l.lists, tree.lists)
	im.more.keepNamed(l.all)
	l.extra = im.more.documents(l.scribe)
	l.layOut()
	return l
}

// check holds the tree as it would be against the target. Either all is well, or
// something is left and it has to be tried again, or there are errors that have
// nothing to do with the objects.
func (im *importer) check(loaded *Tree, l *layout) (again bool, problems []plan.Finding) {
	if loaded.Refused() {
		return im.blame(loaded.Problems, l)
	}
	if im.bare { // who could not be told apart by the lines is left: now with defaults
		im.bare = false
		return true, nil
	}
	before := len(im.left)
	declared := loaded.Goal.Declared()
	for _, s := range []fact.Set{im.want.Minus(declared), declared.Minus(im.want)} {
		for _, f := range s.All() {
			if root := fact.Words.Root(f.Key); im.want.Has(root) {
				im.leave(root, refusal{"value", nil})
			}
		}
	}
	im.plan(loaded.Goal)
	if len(im.left) > before {
		return true, nil
	}
	return !im.more.judge(loaded.Goal, im.want.Has), nil
}

// plan finds what a plan would still do.
func (im *importer) plan(goal *plan.Goal) {
	im.dormant, im.differ, im.removed = nil, nil, 0
	seen := make(map[fact.Key]bool)
	for _, step := range plan.Make(goal, "", "", im.snap).Steps {
		root := fact.Words.Root(step.Key)
		if seen[root] {
			continue
		}
		seen[root] = true
		_, left := im.left[root]
		_, spelled := im.spelled[root]
		switch {
		case im.want.Has(root) && goal.Dormant.Has(root):
			im.dormant = append(im.dormant, root)
		case im.want.Has(root) && !spelled:
			im.leave(root, refusal{"value", nil})
		case im.declared.Has(root) && im.snap.Now.Has(root) || step.Action == order.Rename:
			im.differ = append(im.differ, root)
		case left && step.Action == order.Delete:
			im.removed++
		}
	}
}

// blame leaves the objects that make the tree have errors. Where a default is to
// blame, nobody knows whose: then lists are written without.
func (im *importer) blame(problems []plan.Finding, l *layout) (again bool, rest []plan.Finding) {
	if im.leaveInstallations(problems, l) {
		return true, nil
	}
	before := len(im.left)
	bare := false
	doubted := make(map[*grown]bool)
	for _, p := range problems {
		if p.Severity != policy.Error {
			continue
		}
		rest = append(rest, p)
		if g := im.more.suspected(p, l); g != nil {
			doubted[g] = true
			continue
		}
		for _, pos := range p.Pos {
			keys, whole := l.at(pos)
			if len(keys) == 0 {
				continue
			}
			if whole && !im.triedBare {
				bare = true
				break
			}
			p.Pos = []source.Pos{}
			for _, key := range keys {
				im.leaveFor(key, p)
			}
			break
		}
	}
	doubts := im.more.doubt(doubted)
	if len(im.left) == before && !bare {
		return doubts || im.more.doubt(im.more.everyone()), rest
	}
	im.bare = im.bare && len(im.left) > before || bare
	im.triedBare = im.triedBare || bare
	return true, nil
}

// leaveInstallations leaves the installations that the tree does not know, where
// with them its own documents would have to say to which they belong.
func (im *importer) leaveInstallations(problems []plan.Finding, l *layout) bool {
	before := len(im.left)
	if slices.ContainsFunc(problems, func(p plan.Finding) bool { return p.Code == "D05" && l.done[p.Pos[0].File] == nil }) {
		for key := range im.want.Kind("Installation").Objects() {
			im.leave(key, refusal{"installation", nil})
		}
	}
	return len(im.left) > before
}

func (im *importer) result(l *layout) *Imported {
	out := &Imported{Files: l.data, Order: l.order(), Removed: im.removed, Changed: im.more.edits(), Grown: im.more.grown()}
	for key := range im.want.Objects() {
		if fact.Words.Root(key) == key {
			out.Objects++
		}
	}
	out.Left = im.told(im.left)
	notes := im.spelled
	for _, key := range im.dormant {
		notes[key] = note("I03", "", im.goal.At.String())
	}
	out.Notes = im.told(notes)
	slices.SortFunc(im.differ, fact.Key.Compare)
	for _, key := range im.differ {
		out.Differ = append(out.Differ, plan.Object{Kind: key.Kind, Name: fact.Called(key.ID, im.named), ID: key.ID})
	}
	return out
}

// told are findings in the order of the vocabulary, with what they are about.
func (im *importer) told(findings map[fact.Key]plan.Finding) []plan.Finding {
	rank := make(map[string]int)
	for i, k := range fact.Words.Kinds {
		rank[k.Name] = i
	}
	keys := slices.SortedFunc(maps.Keys(findings), func(a, b fact.Key) int {
		if c := rank[a.Kind] - rank[b.Kind]; c != 0 {
			return c
		}
		return natural(a.ID, b.ID)
	})
	var told []plan.Finding
	for _, key := range keys {
		f := findings[key]
		f.Subject = key.Kind + " " + fact.Called(key.ID, im.named)
		told = append(told, f)
	}
	return told
}

// errNoProject is for a tree whose lupa.yaml was replaced while it was read.
var errNoProject = errors.New(ProjectFile + " holds no document of kind Project")

// CopyProject is the lupa.yaml of a new tree that has the settings of another and
// knows the same targets, one of them by default. Rosters stay: they belong to
// the files beside them. The path of a target is as relative tells it.
func CopyProject(fsys fs.FS, p Project, target string, relative func(path string) string) ([]byte, error) {
	file, err := source.Read(fsys, ProjectFile)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(file.Documents, func(d *source.Document) bool { return d.Root().Get("kind").Text() == "Project" })
	if i < 0 {
		return nil, errNoProject
	}
	old := file.Documents[i].Root()
	var root, spec, targets source.Node
	spec.Put(source.Text(target), "target")
	for key, v := range old.Get("spec").Entries() {
		if key.Text() != "rosters" && key.Text() != "target" {
			spec.Put(copied(v), key.Text())
		}
	}
	known := maps.Clone(p.Targets)
	if known[target].Type == "" {
		known[target] = Target{Type: "sqlite", Path: ".lupa/state.db"} // what a tree has that names none
	}
	for _, name := range slices.Sorted(maps.Keys(known)) {
		t := copied(old.Path("spec.targets").Get(name))
		if known[name].Type == "sqlite" {
			t = source.Mapping(source.Entry{Key: "type", Value: source.Text("sqlite")},
				source.Entry{Key: "path", Value: source.Text(filepath.ToSlash(relative(known[name].Path)))})
		}
		targets.Put(t.Short(), name)
	}
	spec.Put(targets, "targets")
	for key, v := range old.Entries() {
		root.Put(copied(v), key.Text())
	}
	root.Put(spec, "spec")
	return source.Write(source.Draft{Comment: "yaml-language-server: $schema=.lupa/lupa.schema.json", Root: root}), nil
}

// copied is a value as it can be written again.
func copied(v source.Value) source.Node {
	var n source.Node
	switch plain := v.Plain().(type) {
	case map[string]any:
		for key, val := range v.Entries() {
			n.Put(copied(val), key.Text())
		}
		return n.Short()
	case []any:
		n = source.Sequence()
		for _, item := range v.Items() {
			n.Append(copied(item).Short())
		}
		return n.Short()
	case bool:
		return source.Bool(plain)
	case int64:
		return source.Whole(v.Text())
	}
	return source.Text(v.Text())
}
