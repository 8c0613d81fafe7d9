package config

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/schema/source"
)

// addition is one thing that a target holds of a declared object and on which
// its documents are silent: a value, a mapping, a record inside the object.
type addition struct {
	key   fact.Key    // the object, or a record inside it
	field *fact.Field // nil for a record that comes whole
	add   []fact.Fact
	del   []fact.Fact // defaults of which they take the place
}

// additions are found once, and then tried until the rest is good.
type additions struct {
	fsys    fs.FS
	goal    *plan.Goal
	want    fact.Set                // the facts of the goal; both share their strings
	have    fact.Set                // what the target holds
	records map[fact.Key][]fact.Key // that the target holds, by the object they stand in
	files   map[string]*opened
	all     []*grown
	by      map[fact.Key]*grown
}

// opened is a file of the tree, read again for the places of its values.
type opened struct {
	path  string
	data  []byte
	file  *source.File
	names map[source.Pos]declaration
	grown []*grown
	at    map[[2]int]*grown // by document, and line of People or -1

	after []byte // as it would be
	again *source.File
}

// declaration is where an object is declared: a document, or a line of People.
type declaration struct {
	doc, line int
	root      source.Value
	from      fields
}

// grown is a declared object that gets more. What is sound has passed a check;
// what is on trial is in the next one.
type grown struct {
	declaration
	key   fact.Key
	file  *opened // nil where only a roster speaks of it: then it gets a document
	sound []addition
	trial []addition
	later [][]addition
}

// findAdditions finds what the documents of declared objects lack. What is not in
// force, kept elsewhere or renamed is left as it is.
func findAdditions(fsys fs.FS, goal *plan.Goal, have fact.Set) (*additions, error) {
	aligned := fact.Align(goal.Facts, have)
	a := &additions{fsys: fsys, goal: goal, want: aligned[0], have: aligned[1], files: make(map[string]*opened), by: make(map[fact.Key]*grown)}
	seen := make(map[fact.Key]bool)
	for _, r := range goal.Renames {
		seen[r.Key] = true
	}
	for _, change := range fact.Diff(a.want, a.have) {
		root := fact.Words.Root(change.Key)
		if seen[root] || !goal.Facts.Has(root) || !have.Has(root) || have.Object(root).Value("external") != "" {
			continue
		}
		seen[root] = true
		if a.records == nil {
			a.records = newScribe(have, false).records
		}
		if err := a.find(root); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// find finds what the document of an object lacks.
func (a *additions) find(root fact.Key) error {
	g := &grown{key: root}
	at := a.goal.Origin(fact.Fact{Key: root})[0]
	switch {
	case source.IsYAML(at.File):
		file, err := a.open(at.File)
		if err != nil || file == nil {
			return err
		}
		g.file = file
		g.declaration = file.names[at]
		if !g.root.Exists() {
			return nil
		}
	case !isNamed(root):
		return nil
	}
	g.trial = a.look(root, g.from)
	if len(g.trial) == 0 {
		return nil
	}
	a.all = append(a.all, g)
	a.by[root] = g
	if g.file != nil {
		g.file.grown = append(g.file.grown, g)
		g.file.at[[2]int{g.doc, g.line}] = g
	}
	return nil
}

// open reads a file again. It is nil for what cannot be replaced: a link.
func (a *additions) open(path string) (*opened, error) {
	if f, ok := a.files[path]; ok {
		return f, nil
	}
	a.files[path] = nil
	info, err := fs.Lstat(a.fsys, path)
	if err == nil && !info.Mode().IsRegular() {
		return nil, nil
	}
	data, err := fs.ReadFile(a.fsys, path)
	if err != nil {
		return nil, fmt.Errorf("reading: %w", err)
	}
	sum := sha256.Sum256(data)
	if !slices.Contains(a.goal.Inputs, plan.Input{Path: path, SHA256: hex.EncodeToString(sum[:])}) {
		return nil, fmt.Errorf("reading: %s was changed in between", path)
	}
	f := &opened{path: path, data: data, file: source.Parse(path, data), names: make(map[source.Pos]declaration), at: make(map[[2]int]*grown)}
	for i, doc := range f.file.Documents {
		root := doc.Root()
		if root.Get("kind").Text() != "People" {
			f.names[root.Path("metadata.name").Pos()] = declaration{i, -1, root, fields{spec: root.Get("spec"), meta: root.Get("metadata")}}
			continue
		}
		for k, line := range root.Path("spec.people").Items() {
			f.names[line.Get("name").Pos()] = declaration{i, k, line, fields{spec: line, defaults: root.Path("spec.defaults"), meta: line}}
		}
	}
	a.files[path] = f
	return f, nil
}

// look finds what an object lacks, or a record.
func (a *additions) look(key fact.Key, from fields) (found []addition) {
	kind := fact.Words.Kind(key.Kind)
	l := looker{goal: a.goal, key: key, kind: kind, want: a.want.Object(key), have: a.have.Object(key), from: from}
	for i := range kind.Fields {
		found = append(found, l.field(&kind.Fields[i])...)
	}
	for _, nested := range fact.Words.Nested(kind.Name) {
		for _, rec := range a.records[key] {
			switch {
			case rec.Kind != nested.Name:
			case a.goal.Facts.Has(rec):
				found = append(found, a.look(rec, fields{spec: from.record(rec)})...)
			default:
				found = append(found, addition{key: rec, add: append(facts(a.have.Object(rec)), defaults(rec, a.have.Object(rec))...)})
			}
		}
	}
	return found
}

// defaults are what a new record says by silence, for it cannot say that there is
// nothing.
func defaults(key fact.Key, o fact.Set) (list []fact.Fact) {
	for _, f := range fact.Words.Kind(key.Kind).Fields {
		if f.Default != "" && f.Type != fact.Flag && o.Field(f.Name).Len() == 0 {
			list = append(list, fact.Fact{Key: key, Field: f.Name, Value: f.Default})
		}
	}
	return list
}

// record is a record inside an object.
func (f fields) record(key fact.Key) source.Value {
	kind := fact.Words.Kind(key.Kind)
	_, own := fact.SplitNested(key.ID)
	all, by := below(f.spec, kind.InPath()), kind.Field(kind.Key)
	for _, item := range all.Items() {
		called := item.Get(kind.Key).Text()
		if by.Crosses {
			called = fact.CalledFrom(key.Installation(), fact.ID(resolve(key.Installation(), item.Get(by.With).Text(), called)))
		}
		if called == own {
			return item
		}
	}
	return all.Get(own)
}

func facts(s fact.Set) (list []fact.Fact) {
	for _, f := range s.All() {
		list = append(list, f)
	}
	return list
}

// looker compares one object, or record, with what its document says.
type looker struct {
	goal       *plan.Goal
	key        fact.Key
	kind       *fact.Kind
	want, have fact.Set
	from       fields
}

// field finds what is missing of a field. What a document says otherwise is not
// missing, nor what stands in another place: in a roster, or as the other of two
// choices. Where silence keeps the target's value, nothing has to be said.
func (l *looker) field(f *fact.Field) []addition {
	said, byDefault := l.from.value(f)
	in, _, nested := strings.Cut(f.Name, ".")
	if p := l.kind.Field(in); nested && p != nil && p.Presence && (l.want.Value(in) == "" || l.have.Value(in) == "") {
		return nil // the mapping comes whole, or not
	}
	switch {
	case f.Name == l.kind.Key, f.Initial != "" && !said.Exists(), l.otherwise(f), l.rostered(f):
		return nil
	case f.Shape == fact.One:
		return l.one(f, said)
	case f.Shape == fact.List:
		return l.list(f, byDefault || said.Exists())
	}
	return l.values(f, said, byDefault)
}

// otherwise reports whether documents make the other of two choices: allSchools
// or schools (E03).
func (l *looker) otherwise(f *fact.Field) bool {
	return slices.ContainsFunc(l.kind.Fields, func(g fact.Field) bool {
		return (g.AllOf == f.Name || f.AllOf == g.Name) && l.want.Field(g.Name).Len() > 0
	})
}

// rostered reports whether a field has values from a row: there the roster has
// the last word.
func (l *looker) rostered(f *fact.Field) bool {
	if f.Shape.Keyed() {
		return false
	}
	for _, v := range l.want.Field(f.Name).All() {
		if v.Value != f.Default && !source.IsYAML(l.goal.Origin(v)[0].File) {
			return true
		}
	}
	return false
}

func (l *looker) one(f *fact.Field, said source.Value) []addition {
	want, have := l.want.Field(f.Name), l.have.Field(f.Name)
	more := addition{key: l.key, field: f, add: facts(have), del: facts(want)}
	switch {
	case said.Exists() || have.Equal(want) || have.Len() > 1:
		return nil
	case have.Len() == 0 && f.Type != fact.Flag:
		return nil // a document cannot say that there is no value
	case f.Presence:
		for i := range l.kind.Fields {
			if g := &l.kind.Fields[i]; strings.HasPrefix(g.Name, f.Name+".") {
				more.add = append(more.add, facts(l.have.Field(g.Name))...)
			}
		}
	}
	return []addition{more}
}

// list finds the tail of a list whose beginning is declared.
func (l *looker) list(f *fact.Field, said bool) []addition {
	want, have := l.want.Field(f.Name), l.have.Field(f.Name)
	if have.Len() <= want.Len() || want.Len() > 0 && !said {
		return nil
	}
	for i, v := range have.All() {
		if v.Row != i+1 || i < want.Len() && want.At(i) != v {
			return nil
		}
	}
	return []addition{{key: l.key, field: f, add: facts(have.Minus(want))}}
}

// values finds what is missing of a set, or the keys that are missing of a map.
// What a document names and that counts for nothing, for it is not there (W23),
// it names all the same.
func (l *looker) values(f *fact.Field, said source.Value, byDefault bool) (found []addition) {
	named := make(map[string]bool)
	for _, item := range said.Items() {
		if f.Crosses {
			named[fact.ID(resolve(l.key.Installation(), l.from.spec.Get(f.With).Text(), item.Text()))] = true
		} else {
			named[item.Text()] = true
		}
	}
	for key := range said.Entries() {
		named[key.Text()] = f.Shape == fact.Map // a set under a key may get more
	}
	for _, v := range l.want.Field(f.Name).All() {
		key, _ := fact.SplitMap(v.Value)
		named[key] = named[key] || f.Shape == fact.Map
	}
	for _, v := range l.have.Field(f.Name).Minus(l.want).All() {
		word := v.Value
		if f.Shape == fact.Map {
			word, _ = fact.SplitMap(word)
		}
		if named[word] || !f.Crosses && (f.Ref != "" || f.KeyRef != "") && named[fact.Name(word)] {
			continue
		}
		found = append(found, addition{key: l.key, field: f, add: []fact.Fact{v}})
	}
	return found
}

// active are the additions of an object that are in this round.
func (g *grown) active() []addition { return slices.Concat(g.sound, g.trial) }

// next puts on trial what waits.
func (g *grown) next() {
	g.trial = nil
	for len(g.trial) == 0 && len(g.later) > 0 {
		last := len(g.later) - 1
		g.trial, g.later = g.later[last], g.later[:last]
	}
}

// doubt takes back half of what is on trial, or the last of it, or, where it
// turns out not to be sound, all. It reports whether there was any.
func (g *grown) doubt() bool {
	switch n := len(g.trial); {
	case n > 1:
		g.later = append(g.later, g.trial[n/2:])
		g.trial = g.trial[:n/2]
	case n == 1:
		g.next()
	case len(g.sound) > 0:
		g.sound, g.later = nil, nil
	default:
		return false
	}
	return true
}

// doubt doubts some objects, once each.
func (a *additions) doubt(some map[*grown]bool) (any bool) {
	for g := range some {
		any = g.doubt() || any
	}
	return any
}

// everyone is who has something that could be doubted.
func (a *additions) everyone() map[*grown]bool {
	everyone := make(map[*grown]bool)
	for _, g := range a.all {
		if len(g.trial) > 0 {
			everyone[g] = true
		}
	}
	if len(everyone) == 0 {
		for _, g := range a.all {
			everyone[g] = true
		}
	}
	return everyone
}

// keepNamed takes out what names something that will not be there.
func (a *additions) keepNamed(all fact.Set) {
	dangles := func(more addition) bool {
		for ref := range fact.Words.References(fact.Of(more.add...)) {
			if !ref.Loose && !all.Has(ref.Target) {
				return true
			}
		}
		return false
	}
	for _, g := range a.all {
		g.sound, g.trial = slices.DeleteFunc(g.sound, dangles), slices.DeleteFunc(g.trial, dangles)
		for i := range g.later {
			g.later[i] = slices.DeleteFunc(g.later[i], dangles)
		}
		if len(g.trial) == 0 {
			g.next()
		}
	}
}

// grow makes the files as they would be. It reports false where something could
// not be added; that is taken back.
func (a *additions) grow(s *scribe) bool {
	doubted := make(map[*grown]bool)
	for _, f := range a.files {
		if f == nil {
			continue
		}
		f.after, f.again = nil, nil
		var some []*grown
		for _, g := range f.grown {
			if len(g.active()) > 0 {
				some = append(some, g)
			}
		}
		if len(some) == 0 {
			continue
		}
		bad := make(map[*grown]bool)
		if f.after = f.grow(s, some, bad); len(bad) == 0 && f.after == nil {
			for _, g := range some {
				bad[g] = true // each alone can be added to, and not all
			}
		}
		for g := range bad {
			doubted[g] = true
		}
	}
	a.doubt(doubted)
	return len(doubted) == 0
}

// grow is the file with what some objects get. Where that cannot be, it finds the
// objects that are to blame, by halves.
func (f *opened) grow(s *scribe, some []*grown, bad map[*grown]bool) []byte {
	var growths []source.Growth
	refused := false
	for _, g := range some {
		own, ok := g.growths(s)
		if !ok {
			bad[g], refused = true, true
		}
		growths = append(growths, own...)
	}
	if refused {
		return nil
	}
	after, err := f.file.Grow(f.data, growths...)
	if err == nil {
		return after
	}
	if len(some) == 1 {
		bad[some[0]] = true
		return nil
	}
	f.grow(s, some[:len(some)/2], bad)
	f.grow(s, some[len(some)/2:], bad)
	return nil
}

// growths are what an object's document gets, and the records in it.
func (g *grown) growths(s *scribe) ([]source.Growth, bool) {
	p := pen{scribe: s, g: g, based: make(map[string]bool), records: make(map[fact.Key]*source.Node)}
	if !p.write() {
		return nil, false
	}
	by := p.meta
	if g.line < 0 {
		by = source.Mapping()
		if !p.meta.IsEmpty() {
			by.Put(p.meta, "metadata")
		}
		if !p.spec.IsEmpty() {
			by.Put(p.spec, "spec")
		}
	} else {
		by.Merge(p.spec)
	}
	growths := []source.Growth{{At: g.root, By: by}}
	for _, key := range p.order {
		growths = append(growths, source.Growth{At: g.from.record(key), By: *p.records[key]})
	}
	return growths, true
}

// document is what an object gets that only a roster speaks of: a document,
// which joins the row by its name.
func (g *grown) document(s *scribe) (source.Node, bool) {
	p := pen{scribe: s, g: g}
	if !p.write() {
		return source.Node{}, false
	}
	root := s.head(g.key.Kind, g.key, g.key.Name())
	for _, e := range p.meta.Entries() {
		root.Put(e.Value, "metadata", e.Key)
	}
	if !p.spec.IsEmpty() || s.outlines[g.key.Kind].spec {
		root.Put(p.spec, "spec")
	}
	return root, true
}

// documents are those of all objects that only rosters speak of.
func (a *additions) documents(s *scribe) (pages []page) {
	for _, g := range a.all {
		for g.file == nil && len(g.active()) > 0 {
			if root, ok := g.document(s); ok {
				pages = append(pages, page{draft: source.Draft{Root: root}, keys: []fact.Key{g.key}})
				break
			}
			g.doubt()
		}
	}
	slices.SortStableFunc(pages, func(x, y page) int { return natural(x.keys[0].ID, y.keys[0].ID) })
	return pages
}

// with is new files and those that are there, as they would be.
func (a *additions) with(files map[string][]byte) map[string][]byte {
	all := maps.Clone(files)
	for path, e := range a.edits() {
		all[path] = e.After
	}
	return all
}

func (a *additions) edits() map[string]Edit {
	edits := make(map[string]Edit)
	for path, f := range a.files {
		if f != nil && f.after != nil {
			edits[path] = Edit{f.data, f.after}
		}
	}
	return edits
}

// grown is how many objects get something.
func (a *additions) grown() (n int) {
	for _, g := range a.all {
		if len(g.active()) > 0 {
			n++
		}
	}
	return n
}

// pen writes the additions of one object.
type pen struct {
	*scribe
	g          *grown
	meta, spec source.Node
	based      map[string]bool // keys that stand in the defaults, and now in the line too
	records    map[fact.Key]*source.Node
	order      []fact.Key // of records
}

// write writes field by field; it reports whether all can be written.
func (p *pen) write() bool {
	active := p.g.active()
	for len(active) > 0 {
		key, field, n := active[0].key, active[0].field, 1
		for field != nil && n < len(active) && active[n].key == key && active[n].field == field {
			n++
		}
		var b fact.Builder
		for _, more := range active[:n] {
			for _, f := range more.add {
				b.Add(f)
			}
		}
		kind := fact.Words.Kind(key.Kind)
		var why *refusal
		if field == nil {
			why = p.record(kind, key, b.Set())
		} else {
			why = p.field(kind, key, field, b.Set())
		}
		if why != nil {
			return false
		}
		active = active[n:]
	}
	return true
}

// record writes a record that comes whole.
func (p *pen) record(kind *fact.Kind, key fact.Key, o fact.Set) *refusal {
	record := source.Mapping().Short()
	if why := p.fields(kind, o, &record, nil); why != nil {
		return why
	}
	var more source.Node
	if _, own := fact.SplitNested(key.ID); p.outlines[kind.Parent].byKey[kind.In] {
		record.Remove(kind.Key)
		more.Put(record, append(kind.InPath()[:len(kind.InPath()):len(kind.InPath())], own)...)
	} else {
		more.Put(source.Sequence(record), kind.InPath()...)
	}
	p.spec.Merge(more)
	return nil
}

// field writes what is missing of a field. What a default says besides, the line
// says from now on for itself.
func (p *pen) field(kind *fact.Kind, key fact.Key, f *fact.Field, missing fact.Set) *refusal {
	value, why := p.missing(kind, f, missing)
	if why != nil {
		return why
	}
	var more source.Node
	more.Put(value, f.Path()...)
	to := &p.spec
	switch {
	case key != p.g.key:
		if to = p.records[key]; to == nil {
			to = &source.Node{}
			p.records[key] = to
			p.order = append(p.order, key)
		}
	case strings.HasPrefix(f.At, "metadata."):
		to = &p.meta
	default:
		first := f.Path()[0]
		if _, byDefault := p.g.from.value(f); byDefault && !p.based[first] {
			p.based[first] = true
			if v := p.g.from.defaults.Get(first); v.Exists() {
				to.Put(copied(v), first)
			}
		}
	}
	to.Merge(more)
	return nil
}

// missing is the value for the missing facts of a field.
func (p *pen) missing(kind *fact.Kind, f *fact.Field, missing fact.Set) (source.Node, *refusal) {
	switch {
	case f.Presence:
		var in source.Node
		for i := range kind.Fields {
			g := &kind.Fields[i]
			if !strings.HasPrefix(g.Name, f.Name+".") {
				continue
			}
			value, there, why := p.value(kind, g, missing)
			if why != nil {
				return in, why
			}
			if there {
				in.Put(value, g.Path()[1:]...)
			}
		}
		return in, nil
	case missing.Len() == 0:
		return source.Bool(false), nil
	}
	value, _, why := p.value(kind, f, missing)
	return value, why
}

// suspected is the object that a problem is about, if it got something.
func (a *additions) suspected(p plan.Finding, l *layout) *grown {
	for _, pos := range p.Pos {
		if g := a.suspect(pos, l); g != nil && len(g.active()) > 0 {
			return g
		}
	}
	return nil
}

// suspect is the object at a place of a file as it would be, if it got something.
func (a *additions) suspect(pos source.Pos, l *layout) *grown {
	f := a.files[pos.File]
	if f == nil || f.after == nil {
		keys, _ := l.at(pos)
		for _, key := range keys {
			if g := a.by[key]; g != nil {
				return g
			}
		}
		return nil
	}
	if f.again == nil {
		f.again = source.Parse(f.path, f.after)
	}
	docs := f.again.Documents
	i := len(docs) - 1
	for i >= 0 && docs[i].Root().Pos().Compare(pos) > 0 {
		i--
	}
	if i < 0 {
		return nil
	}
	if g := f.at[[2]int{i, -1}]; g != nil {
		return g
	}
	for k, line := range docs[i].Root().Path("spec.people").Items() {
		if line.Pos().Compare(pos) <= 0 && pos.Compare(line.End()) <= 0 {
			return f.at[[2]int{i, k}]
		}
	}
	return nil
}

// judge holds the facts of a tree against those that were to come. It reports
// whether all is as it should be and nothing waits to be tried.
func (a *additions) judge(after *plan.Goal, isNew func(fact.Key) bool) (done bool) {
	var add, del fact.Builder
	some := false
	for _, g := range a.all {
		for _, more := range g.active() {
			some = true
			for _, f := range more.add {
				add.Add(f)
			}
			for _, f := range more.del {
				del.Add(f)
			}
		}
	}
	if !some {
		return true
	}
	own := func(s fact.Set) fact.Set {
		return s.Where(func(key fact.Key) bool { return !isNew(fact.Words.Root(key)) })
	}
	doubted := make(map[*grown]bool)
	facts, expected := own(after.Facts), a.goal.Facts.Minus(del.Set()).Plus(add.Set())
	dormant := own(after.Dormant)
	for _, wrong := range []fact.Set{expected.Minus(facts), facts.Minus(expected), dormant.Minus(a.goal.Dormant), a.goal.Dormant.Minus(dormant), own(after.Initial).Minus(a.goal.Initial)} {
		for _, f := range wrong.All() {
			a.accuse(f, doubted)
		}
	}
	if len(doubted) > 0 {
		a.doubt(doubted)
		return false
	}
	done = true
	for _, g := range a.all {
		g.sound = g.active()
		g.next()
		done = done && len(g.trial) == 0
	}
	return done
}

// accuse finds who may have brought about that a fact is there, or not: its
// object, else what that names, else anybody. Where the target has the fact, and
// it is there because what it names is declared by now, all is well (W23).
func (a *additions) accuse(f fact.Fact, doubted map[*grown]bool) {
	root := fact.Words.Root(f.Key)
	kind := fact.Words.Kind(f.Kind)
	object := a.have.Object(f.Key)
	if field := kind.Field(f.Field); field != nil {
		_, held := object.Index(f)
		if field.Lenient && held || field.Initial != "" && object.Field(f.Field).Len() > 0 {
			return
		}
	}
	found := false
	try := func(key fact.Key) {
		if g := a.by[key]; g != nil && len(g.active()) > 0 {
			doubted[g], found = true, true
		}
	}
	try(root)
	if !found {
		for ref := range fact.Words.References(a.goal.Facts.Object(f.Key)) {
			try(ref.Target)
		}
	}
	if !found {
		for g := range a.everyone() {
			doubted[g] = true
		}
	}
}
