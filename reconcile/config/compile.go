package config

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/schema"
	"github.com/lupa-dev/lupa/schema/source"
)

// compiler turns documents into objects. Of what does not fit its schema only
// names are read: its own, and those of what it refers to.
type compiler struct {
	file  int32
	out   fileFacts
	bad   []source.Pos // what is wrong in the document, in the order of the file
	arena []entry      // room for entries, so that each object needs no slice of its own
}

// Entries share arrays: the first of a file has leastArena of them, each next one
// twice as many, until there are mostArena. An object with more than maxEntries
// has an array of its own.
const (
	leastArena = 2 * maxEntries
	mostArena  = 4096
	maxEntries = 32
)

// room is an empty slice for the entries of an object.
func (c *compiler) room() []entry {
	if cap(c.arena)-len(c.arena) < maxEntries {
		c.arena = make([]entry, 0, min(max(leastArena, 2*cap(c.arena)), mostArena))
	}
	return c.arena[len(c.arena) : len(c.arena) : len(c.arena)+maxEntries]
}

// keep takes the room that an object used.
func (c *compiler) keep(o *object) {
	if n := len(o.entries); n <= maxEntries {
		c.arena = c.arena[:len(c.arena)+n]
		o.entries = o.entries[:n:n]
	}
}

func (c *compiler) place(v source.Value) place {
	pos := v.Pos()
	return place{c.file, int32(pos.Line), int32(pos.Col)}
}

func (c *compiler) text(v source.Value) text { return text{v.Text(), c.place(v)} }

func (c *compiler) document(doc *source.Document) {
	root := doc.Root()
	meta := root.Get("metadata")
	switch kind := fact.Words.Kind(root.Get("kind").Text()); {
	case root.Get("kind").Text() == "Project":
		c.out.projects = append(c.out.projects, c.place(root.Get("kind")))
		if len(c.bad) == 0 {
			c.project(root)
		} else if root.Path("spec.rosters").Exists() {
			c.out.rostersLost = true
		}
	case root.Get("kind").Text() == "People":
		c.people(root)
	case root.Get("kind").Text() == "GroupRule":
		c.groupRule(root)
	case root.Get("kind").Text() == "AccessTest":
		c.accessTest(root)
	case root.Get("kind").Text() == "Delegation":
		c.delegation(root)
	case root.Get("kind").Text() == "AccessRule":
		c.accessRule(root)
	case root.Get("kind").Text() == "Guard":
		c.guard(root)
	case kind == nil || kind.Parent != "" || !c.named(meta.Get("name")):
		c.loseNames(root)
	default:
		o := c.object(kind, meta.Get("name"), meta)
		o.broken = len(c.bad) > 0
		for _, old := range meta.Get("previously").Items() {
			o.previously = append(o.previously, c.text(old))
		}
		c.fill(o, fields{spec: root.Get("spec"), meta: meta})
	}
}

// named reports whether a value can be the name of something: a text with
// nothing wrong about it.
func (c *compiler) named(v source.Value) bool { return v.Text() != "" && !c.isBad(v.Pos(), v.Pos()) }

// isBad reports whether something is wrong at a place from one to another.
func (c *compiler) isBad(first, last source.Pos) bool {
	i, found := slices.BinarySearchFunc(c.bad, first, source.Pos.Compare)
	return found || i < len(c.bad) && c.bad[i].Compare(last) <= 0
}

// loseMisplaced notes what stands under unknown keys and in place of something
// else: it may be what somebody meant to declare.
func (c *compiler) loseMisplaced(v source.Value, problems []source.Problem) {
	misplaced := make(map[source.Pos]string)
	for _, p := range problems {
		if p.Code == "S01" || p.Code == "S03" {
			misplaced[p.Pos[0]] = p.Code
		}
	}
	if len(misplaced) == 0 {
		return
	}
	var walk func(v source.Value)
	walk = func(v source.Value) {
		for key, val := range v.Entries() {
			if misplaced[key.Pos()] == "S01" || misplaced[val.Pos()] == "S03" {
				c.loseNames(val)
			} else {
				walk(val)
			}
		}
		for _, item := range v.Items() {
			if misplaced[item.Pos()] == "S03" {
				c.loseNames(item)
			} else {
				walk(item)
			}
		}
	}
	walk(v)
}

// loseNames notes every text of a value that nobody knows what to make of, so
// that what it may declare is not called unknown.
func (c *compiler) loseNames(v source.Value) {
	c.lose([]byte(v.Text()))
	for key, val := range v.Entries() {
		c.lose([]byte(key.Text()))
		c.loseNames(val)
	}
	for _, item := range v.Items() {
		c.loseNames(item)
	}
}

func (c *compiler) object(kind *fact.Kind, name, meta source.Value) *object {
	inst := meta.Get("installation")
	c.out.objects = append(c.out.objects, object{kind: kind, name: name.Text(), at: c.place(name),
		installation: inst.Text(), instAt: c.place(inst)})
	return &c.out.objects[len(c.out.objects)-1]
}

// people makes a Person of every line. A field that stands in the line takes
// the place of the default's.
func (c *compiler) people(root source.Value) {
	spec, meta := root.Get("spec"), root.Get("metadata")
	lines, defaults := spec.Get("people"), spec.Get("defaults")
	if name := meta.Get("name"); c.named(name) {
		c.out.lists = append(c.out.lists, list{"People", meta.Get("installation").Text(), c.text(name)})
	}
	person := fact.Words.Kind("Person")
	c.out.objects = slices.Grow(c.out.objects, lines.Len())
	outside := func(p source.Pos) bool { return p.Compare(lines.Pos()) <= 0 || p.Compare(lines.End()) > 0 }
	broken := slices.ContainsFunc(c.bad, outside)
	for _, line := range lines.Items() {
		if !c.named(line.Get("name")) {
			c.loseNames(line)
			continue
		}
		o := c.object(person, line.Get("name"), meta)
		o.broken = broken || c.isBad(line.Pos(), line.End())
		c.fill(o, fields{spec: line, defaults: defaults, meta: line})
	}
}

// fields is where the values of an object stand.
type fields struct {
	spec     source.Value
	defaults source.Value // of People
	meta     source.Value // holds externalIds
}

// value is a field's value, and whether it is a default's.
func (f fields) value(of *fact.Field) (source.Value, bool) {
	path := of.Path()
	if of.At != "" {
		return below(f.meta, path), false
	}
	if own := f.spec.Get(path[0]); own.Exists() || !f.defaults.Exists() {
		return below(own, path[1:]), false
	}
	if v := below(f.defaults, path); v.Exists() && !f.displaced(of) {
		return v, true
	}
	return source.Value{}, false
}

// displaced reports whether a line says in another way what the default of a
// field would say: schools and allSchools are one choice.
func (f fields) displaced(of *fact.Field) bool {
	for _, other := range alternatives[of.Name] {
		if v := f.spec.Get(other); v.Exists() && v.Plain() != false {
			return true
		}
	}
	return false
}

// alternatives lists, for fields of Person, those of which only one makes sense.
var alternatives = func() map[string][]string {
	either := make(map[string][]string)
	for _, f := range fact.Words.Kind("Person").Fields {
		if f.AllOf != "" {
			either[f.Name] = append(either[f.Name], f.AllOf)
			either[f.AllOf] = append(either[f.AllOf], f.Name)
		}
	}
	return either
}()

func below(v source.Value, path []string) source.Value {
	for _, key := range path {
		v = v.Get(key)
	}
	return v
}

// fill reads the fields of an object, and the records inside it.
func (c *compiler) fill(o *object, from fields) {
	self := len(c.out.objects) - 1 // o moves when records are appended
	o.entries = c.room()
	for i := range o.kind.Fields {
		c.field(o, &o.kind.Fields[i], from)
	}
	c.keep(o)
	for _, nested := range fact.Words.Nested(o.kind.Name) {
		records := below(from.spec, nested.InPath())
		for _, rec := range records.Items() {
			c.record(self, nested, rec.Get(nested.Key), rec)
		}
		for key, rec := range records.Entries() {
			c.record(self, nested, key, rec)
		}
	}
}

// record is a nested record: a mapping in a list, or under its key.
func (c *compiler) record(parent int, kind *fact.Kind, key, spec source.Value) {
	broken := c.out.objects[parent].broken
	if broken && !c.named(key) {
		c.loseNames(spec)
		return
	}
	c.out.objects = append(c.out.objects, object{kind: kind, name: key.Text(), at: c.place(key), owner: parent + 1, broken: broken})
	o := &c.out.objects[len(c.out.objects)-1]
	for i := range kind.Fields {
		f := &kind.Fields[i]
		if f.Name == kind.Key {
			o.entries = append(o.entries, entry{field: f, value: key.Text(), at: c.place(key)})
			continue
		}
		c.field(o, f, fields{spec: spec})
	}
}

func (c *compiler) field(o *object, f *fact.Field, from fields) {
	v, byDefault := from.value(f)
	origin := func(at source.Value) (place, place) {
		if byDefault { // the default is the place to mend
			return c.place(at), o.at
		}
		return c.place(at), place{}
	}
	add := func(e entry, at source.Value) {
		if o.broken && (f.Ref == "" && f.KeyRef == "" && f.Type != fact.Right || !c.named(at)) {
			return
		}
		e.field = f
		e.at, e.also = origin(at)
		o.entries = append(o.entries, e)
	}
	switch {
	case f.Presence:
		if v.Exists() {
			add(entry{value: "true"}, v)
		}
	case !v.Exists():
		if f.Default != "" && mappingThere(o, f) {
			o.entries = append(o.entries, entry{field: f, value: f.Default, at: o.at})
		}
	case f.Shape == fact.Map:
		for key, val := range v.Entries() {
			if !o.broken || c.named(val) {
				add(entry{key: key.Text(), value: scalar(f, val)}, key)
			}
		}
	case f.Shape == fact.Sets:
		for key, values := range v.Entries() {
			for _, val := range values.Items() {
				if !o.broken || c.named(val) {
					add(entry{key: key.Text(), value: scalar(f, val)}, key)
				}
			}
		}
	case f.Shape != fact.One:
		row := 0
		for _, item := range v.Items() {
			if f.Shape == fact.List {
				row++
			}
			add(entry{row: row, value: item.Text()}, item)
		}
	case f.Type == fact.Flag:
		if v.Plain() == true {
			add(entry{value: "true"}, v)
		}
	case f.Either && v.IsMap(): // its fields speak for themselves
	default:
		add(entry{value: scalar(f, v)}, v)
	}
}

// scalar is a value as facts have it: text as it was written, and a whole
// number in one way, for 3.0 is one as well.
func scalar(f *fact.Field, v source.Value) string {
	if f.Type != fact.Count {
		return v.Text()
	}
	if n, ok := v.Plain().(float64); ok {
		return strconv.FormatInt(int64(n), 10)
	}
	return fmt.Sprint(v.Plain())
}

// mappingThere reports whether the mapping that a field stands in is there, if
// being there means something of its own; only then has the field a default.
func mappingThere(o *object, f *fact.Field) bool {
	in, _, nested := strings.Cut(f.Name, ".")
	presence := o.kind.Field(in)
	if !nested || presence == nil || !presence.Presence {
		return true
	}
	return slices.ContainsFunc(o.entries, func(e entry) bool { return e.field == presence })
}

// project reads lupa.yaml.
func (c *compiler) project(root source.Value) {
	spec := root.Get("spec")
	p := &Project{Name: root.Path("metadata.name").Text(), Target: "local", Language: "en", HorizonDays: 400, MinGroup: 5,
		PseudonymKey: spec.Get("pseudonymKey").Text(), Targets: make(map[string]Target)}
	if v := spec.Get("target"); v.Exists() {
		p.Target = v.Text()
	}
	if v := spec.Get("language"); v.Exists() {
		p.Language = v.Text()
	}
	if n, err := strconv.Atoi(spec.Get("horizonDays").Text()); err == nil {
		p.HorizonDays = n
	}
	if n, err := strconv.Atoi(spec.Get("minGroup").Text()); err == nil {
		p.MinGroup = n
	}
	for name, t := range spec.Get("targets").Entries() {
		p.Targets[name.Text()] = Target{Type: t.Get("type").Text(), Path: t.Get("path").Text(),
			DSNEnv: t.Get("dsnEnv").Text(), DSNFile: t.Get("dsnFile").Text()}
	}
	for _, kind := range spec.Path("authoritative.kinds").Items() {
		p.Authoritative = append(p.Authoritative, kind.Text())
	}
	for _, v := range spec.Get("ignore").Items() {
		p.Ignore = append(p.Ignore, fact.Pattern{Kind: v.Get("kind").Text(), Name: v.Get("name").Text()})
	}
	for _, v := range spec.Get("rosters").Items() {
		r := c.roster(v)
		c.out.rosters = append(c.out.rosters, r)
		p.Rosters, p.Exports = append(p.Rosters, r.name.word), append(append(p.Exports, r.Path), r.Deltas...)
	}
	if p.Targets[p.Target].Type == "" && p.Target != "local" {
		c.out.problems = append(c.out.problems, source.Problem{Code: "D10", Args: []string{p.Target}, Pos: []source.Pos{spec.Get("target").Pos()},
			Suggest: schema.Nearest(p.Target, maps.Keys(p.Targets))})
	}
	c.out.project = p
}
