package config

import (
	"cmp"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/reconcile/policy"
	"github.com/lupa-dev/lupa/reconcile/roster"
	"github.com/lupa-dev/lupa/schema"
	"github.com/lupa-dev/lupa/schema/identity"
	"github.com/lupa-dev/lupa/schema/source"
)

// Delegation is a document of that kind, and where it stands.
type Delegation struct {
	policy.Delegation
	Pos   source.Pos   // of the name
	Globs []source.Pos // of its paths
}

// delegation is a Delegation before names are ids.
type delegation struct {
	name    text
	to      []string
	paths   []text
	kinds   []string
	schools []text
}

func (c *compiler) delegation(root source.Value) {
	name, spec := root.Path("metadata.name"), root.Get("spec")
	if c.named(name) {
		c.out.lists = append(c.out.lists, list{"Delegation", "", c.text(name)})
	}
	if len(c.bad) > 0 {
		return
	}
	d := delegation{name: c.text(name)}
	for _, to := range spec.Get("to").Items() {
		d.to = append(d.to, to.Text())
	}
	for _, glob := range spec.Get("paths").Items() {
		if variant := wrongGlob(glob.Text()); variant != "" {
			c.out.problems = append(c.out.problems, source.Problem{Code: "D20", Case: variant, Args: []string{glob.Text()}, Pos: []source.Pos{glob.Pos()}})
			continue
		}
		d.paths = append(d.paths, c.text(glob))
	}
	for _, kind := range spec.Get("kinds").Items() {
		if !slices.Contains(schema.Kinds(), kind.Text()) {
			c.out.problems = append(c.out.problems, source.Problem{Code: "S10", Args: []string{kind.Text()}, Pos: []source.Pos{kind.Pos()},
				Suggest: schema.Nearest(kind.Text(), slices.Values(schema.Kinds()))})
		}
		d.kinds = append(d.kinds, kind.Text())
	}
	for _, school := range spec.Get("schools").Items() {
		d.schools = append(d.schools, c.text(school))
	}
	c.out.delegations = append(c.out.delegations, d)
}

// wrongGlob says what is wrong with a glob of files: they are counted from the
// root of the tree, and no file lies above it.
func wrongGlob(glob string) string {
	steps := strings.Split(glob, "/")
	switch {
	case !doublestar.ValidatePattern(glob):
		return "glob"
	case steps[0] == "" || slices.Contains(steps, "..") || slices.Contains(steps, "."):
		return "path"
	}
	return ""
}

// covers reports whether a file is among those of globs.
func covers(globs []string) func(file string) bool {
	return func(file string) bool {
		return slices.ContainsFunc(globs, func(glob string) bool { return Glob(glob, file) })
	}
}

// delegations gives the goal the delegations, and checks the schools that they
// name.
func (a *assembly) delegations(read []fileFacts) {
	for i := range read {
		for _, d := range read[i].delegations {
			is := Delegation{Delegation: policy.Delegation{Name: d.name.word, To: d.to, Kinds: d.kinds}, Pos: d.name.at.pos(a.paths)}
			for _, glob := range d.paths {
				is.Paths = append(is.Paths, glob.word)
				is.Globs = append(is.Globs, glob.at.pos(a.paths))
			}
			is.Covers = covers(is.Paths)
			for _, school := range d.schools {
				if id, ok := a.school(school); ok {
					is.Schools = append(is.Schools, id)
				}
			}
			a.tree.Delegations = append(a.tree.Delegations, is)
		}
		for _, l := range read[i].spans {
			l.File = a.paths[i]
			a.goal.Lists = append(a.goal.Lists, l)
		}
	}
	slices.SortFunc(a.tree.Delegations, func(x, y Delegation) int {
		return cmp.Or(strings.Compare(x.Name, y.Name), x.Pos.Compare(y.Pos))
	})
	slices.SortFunc(a.goal.Lists, func(x, y plan.List) int {
		return cmp.Or(strings.Compare(x.File, y.File), cmp.Compare(x.First, y.First))
	})
	for _, d := range a.tree.Delegations {
		a.goal.Delegations = append(a.goal.Delegations, d.Delegation)
	}
}

// school is the id of a school that a document of no installation names.
func (a *assembly) school(name text) (id string, ok bool) {
	inst, plain, said := strings.Cut(name.word, ":")
	switch {
	case said:
		name.word = plain
		if a.installations[inst] == nil {
			if !a.isLost(inst) {
				a.problem("E01", "object", []place{name.at}, "Installation", inst)
			}
			return "", false
		}
	case len(a.installations) > 1:
		var all []string
		for _, inst := range a.goal.Installations {
			all = append(all, inst+":"+name.word)
		}
		a.problem("E01", "which", []place{name.at}, name.word, strings.Join(all, ", "))
		return "", false
	case len(a.installations) == 0:
		return "", false // told already
	default:
		inst = a.goal.Installations[0]
	}
	return fact.ID(inst, name.word), a.known(inst, "School", name)
}

// loginFile is the file of logins that a Policy names.
type loginFile struct {
	policy *object
	at     place
	*roster.Table
}

// loginFiles reads the files of logins.
func (l *loader) loginFiles(fsys fs.FS, read []fileFacts) (all []loginFile, err error) {
	for i := range read {
		for j := range read[i].objects {
			o := &read[i].objects[j]
			if o.kind.Name != "Policy" || o.broken || o.entry("logins") == nil {
				continue
			}
			e := o.entry("logins")
			table, err := l.logins(fsys, e)
			if err != nil {
				return nil, err
			}
			if table != nil {
				all = append(all, loginFile{o, e.at, table})
			}
		}
	}
	return all, nil
}

// logins reads one, if it is there: a file of the tree. One that is missing is
// only noted, for a tree that was imported has none: it is needed when somebody
// says who the author is.
func (l *loader) logins(fsys fs.FS, e *entry) (*roster.Table, error) {
	file := path.Clean(e.value)
	info, err := fs.Stat(fsys, file)
	variant := ""
	switch {
	case !fs.ValidPath(file):
		variant = "outside"
	case errors.Is(err, fs.ErrNotExist):
		at := e.at.pos(l.paths)
		l.tree.NoLogins = append(l.tree.NoLogins, source.Problem{Code: "F02", Args: []string{e.value}, Pos: []source.Pos{at}})
		l.report(source.Problem{Code: "N17", Case: "missing", Args: []string{e.value}, Pos: []source.Pos{at}})
		return nil, nil
	case err != nil: // a link that leads out of the tree
		variant = "outside"
	case !info.Mode().IsRegular():
		variant = "irregular"
	}
	if variant != "" {
		l.report(source.Problem{Code: "D21", Case: variant, Args: []string{e.value}, Pos: []source.Pos{e.at.pos(l.paths)}})
		return nil, nil
	}
	table, err := roster.ReadTable(fsys, file, "login", "card")
	if err != nil {
		return nil, err
	}
	l.report(table.Problems...)
	return table, nil
}

// logins joins logins with cards, each installation's by its own Policy.
func (a *assembly) logins(files []loginFile) {
	a.goal.Logins = make(map[string]map[string]string)
	for _, f := range files {
		if !slices.ContainsFunc(a.goal.Inputs, func(in plan.Input) bool { return in.Path == f.Path }) {
			a.goal.Inputs = append(a.goal.Inputs, plan.Input{Path: f.Path, SHA256: f.SHA256})
		}
		inst := f.policy.key.Installation()
		if inst == "" {
			continue // told already
		}
		if a.goal.Logins[inst] == nil {
			a.goal.Logins[inst] = make(map[string]string)
		}
		first := make(map[string]source.Pos)
		for _, row := range f.Rows {
			a.login(inst, row, first)
		}
	}
}

func (a *assembly) login(inst string, row roster.Row, first map[string]source.Pos) {
	login, card := policy.Login(row.Cells[0]), row.Cells[1]
	report := func(column int, p source.Problem) {
		p.Pos = append([]source.Pos{row.At[column]}, p.Pos...)
		a.report(p)
	}
	key := fact.Key{Kind: "Person", ID: fact.ID(inst, card)}
	before, twice := first[login]
	for column, cell := range row.Cells[:2] {
		for _, m := range identity.Find(cell) {
			if m.Certain {
				report(column, source.Problem{Code: "E30", Args: []string{string(m.Kind)}})
				return
			}
		}
	}
	switch {
	case login == "" || strings.TrimSpace(login) != login:
		report(0, source.Problem{Code: "D21", Case: "login"})
	case twice:
		report(0, source.Problem{Code: "D21", Case: "twice", Args: []string{login}, Pos: []source.Pos{before}})
	case a.find(key) == nil && !a.isLost(card):
		report(1, source.Problem{Code: "E01", Case: "object", Args: []string{"Person", card}})
	default:
		a.goal.Logins[inst][login] = key.ID
	}
	if !twice {
		first[login] = row.At[0]
	}
}

// list notes where a document stands whose contents go by another kind, and
// whether it is one that guards.
func (c *compiler) list(root source.Value, last int) {
	kind := root.Get("kind").Text()
	if kind == "People" || kind == "GroupRule" {
		c.out.spans = append(c.out.spans, plan.List{Kind: kind, First: root.Pos().Line, Last: last})
	}
	c.out.judges = c.out.judges || slices.Contains(guardKinds, kind)
	if slices.Contains(rulingKinds, kind) {
		c.out.rulings = append(c.out.rulings, ruling(kind, root))
	}
}

// guardKinds are kinds of documents that say how lupa judges changes.
var guardKinds = []string{"Project", "Policy", "Delegation", "Guard", "AccessRule"}

// guards gives the tree the files that guard: with these documents, and those of
// logins.
func (a *assembly) guards(read []fileFacts, logins []loginFile) {
	for i := range read {
		if read[i].judges {
			a.tree.Guards = append(a.tree.Guards, a.paths[i])
		}
	}
	for _, f := range logins {
		a.tree.Guards = append(a.tree.Guards, f.Path)
	}
	slices.Sort(a.tree.Guards)
	a.tree.Guards = slices.Compact(a.tree.Guards)
}

// Glob reports whether a glob, as delegations have them, fits a file.
func Glob(glob, file string) bool { return doublestar.MatchUnvalidated(glob, file) }
