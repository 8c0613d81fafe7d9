package config

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/schema/source"
)

// home is where documents of a kind lie: {name} is the object's, {school} that
// of the school it is at home in, {cards} the register of a person.
type home struct {
	single string // where there is one object of the kind
	each   string // a file each
	crowd  string // together, where there are more than limit
	limit  int
}

var homes = map[string]home{
	"Installation":     {single: "installation.yaml", each: "installation.yaml"},
	"RightsCatalogue":  {single: "rights.yaml", each: "rights/{name}.yaml", crowd: "rights/catalogues.yaml", limit: 500},
	"School":           {each: "schools/{name}/school.yaml", crowd: "schools/schools.yaml", limit: 10_000},
	"SchoolClass":      {each: "schools/{school}/classes/{name}.yaml", crowd: "schools/{school}/classes.yaml", limit: 2000},
	"UserGroup":        {each: "groups/{name}.yaml", crowd: "groups/groups.yaml", limit: 2000},
	"Person":           {each: "people/{name}.yaml", crowd: "schools/{school}/{cards}.yaml", limit: 500},
	"PersonOverride":   {each: "overrides/{name}.yaml", crowd: "schools/{school}/overrides.yaml", limit: 500},
	"CardAssignment":   {each: "cards/{name}.yaml", crowd: "schools/{school}/cards.yaml", limit: 500},
	"SurveyTemplate":   {each: "templates/{name}.yaml", crowd: "schools/{school}/templates.yaml", limit: 500},
	"Unit":             {each: "units/{name}.yaml", crowd: "units/units.yaml", limit: 500},
	"CosDocRole":       {each: "roles/{name}.yaml", crowd: "roles/roles.yaml", limit: 500},
	"CosDocProfile":    {each: "profiles/{name}.yaml", crowd: "profiles/profiles.yaml", limit: 500},
	"CosDocAssignment": {each: "assignments/{name}.yaml", crowd: "assignments/assignments.yaml", limit: 500},
	"ImsGrant":         {each: "grants/{name}.yaml", crowd: "grants/grants.yaml", limit: 500},
	"Substitution":     {each: "substitutions/{name}.yaml", crowd: "substitutions/substitutions.yaml", limit: 500},
	"AdminTeam":        {single: "team.yaml", each: "teams/{name}.yaml", crowd: "teams/teams.yaml", limit: 500},
	"SupportContact":   {each: "contacts/{name}.yaml", crowd: "contacts/contacts.yaml", limit: 500},
	"Policy":           {single: "policy.yaml", each: "policy/{name}.yaml", crowd: "policy/policies.yaml", limit: 500},
}

func homeOf(kind string) home {
	if h, ok := homes[kind]; ok {
		return h
	}
	dir := strings.ToLower(kind)
	return home{each: dir + "/{name}.yaml", crowd: dir + "/" + dir + ".yaml", limit: 500}
}

// atHomeBy lists the fields that lead to the school an object is at home in, for
// a guardian through the first child.
var atHomeBy = map[string][]string{
	"SchoolClass": {"school"}, "Person": {"schools", "children"}, "PersonOverride": {"person"},
	"CardAssignment": {"card"}, "SurveyTemplate": {"school"},
}

// noSchool takes the place of a school's directory for who is in none, or in
// all.
const noSchool = "people/"

var registers = map[string]string{"teacher": "teachers", "staff": "staff", "student": "students", "guardian": "guardians", "user": "users"}

// What a file holds stays well below what is read.
const (
	sheetNodes = source.MaxNodes / 10
	sheetBytes = source.MaxFileBytes / 16
)

// layout lays documents out in files.
type layout struct {
	*scribe
	all   fact.Set        // with what is declared already
	taken map[string]bool // paths in lower case, for there are file systems that fold
	files map[string]bool // those of them that are files
	lists map[string]bool // names of People documents in use
	bare  bool            // lists have no defaults
	extra []page          // documents of objects that are declared already, an object each

	schools map[string]int              // by installation: too many are given no directories
	pages   map[string][]page           // documents by the path they are wished for
	done    map[string][]page           // and by the one they got
	data    map[string][]byte           // files
	wrong   map[fact.Key]refusal        // objects that cannot be written
	read    map[source.Pos]*source.File // documents by where they begin, parsed again
}

// page is a document and the objects it declares.
type page struct {
	draft source.Draft
	keys  []fact.Key
	line  int // on which it begins
}

// layOut writes all objects of the set but the records inside others.
func (l *layout) layOut() {
	l.pages, l.done = make(map[string][]page), make(map[string][]page)
	l.data, l.wrong = make(map[string][]byte), make(map[fact.Key]refusal)
	l.read, l.schools = make(map[source.Pos]*source.File), make(map[string]int)
	for key := range l.facts.Kind("School").Objects() {
		l.schools[key.Installation()]++
	}
	people := make(map[string][]fact.Key)
	for _, k := range fact.Words.Kinds {
		if k.Parent != "" {
			continue
		}
		for key, where := range l.places(&k) {
			if k.Name == "Person" && !where.alone {
				people[where.path] = append(people[where.path], key)
				continue
			}
			root, why := l.document(key)
			if why != nil {
				l.wrong[key] = *why
				continue
			}
			l.pages[where.path] = append(l.pages[where.path], page{draft: source.Draft{Root: root}, keys: []fact.Key{key}})
		}
	}
	for _, at := range slices.Sorted(maps.Keys(people)) {
		l.people(at, people[at])
	}
	l.more()
	for _, at := range slices.Sorted(maps.Keys(l.pages)) {
		l.sheets(at, l.pages[at])
	}
}

// more finds places for documents that come beside what declares the same
// objects.
func (l *layout) more() {
	count := make(map[[2]string]int) // by kind and installation
	for _, p := range l.extra {
		count[[2]string{p.keys[0].Kind, p.keys[0].Installation()}]++
	}
	for _, p := range l.extra {
		key := p.keys[0]
		h := homeOf(key.Kind)
		form := h.each
		if h.limit > 0 && count[[2]string{key.Kind, key.Installation()}] > h.limit {
			form = h.crowd
		}
		at := l.path(key, form)
		l.pages[at] = append(l.pages[at], p)
	}
}

type spot struct {
	path  string
	alone bool
}

// places says for every object of a kind where it goes, in the order of names.
func (l *layout) places(k *fact.Kind) func(yield func(fact.Key, spot) bool) {
	h := homeOf(k.Name)
	own := func(key fact.Key) bool { return k.Name != "Person" || hasPresent(k, l.facts.Object(key)) }
	count := make(map[string]int) // by installation
	var keys []fact.Key
	for key := range l.facts.Kind(k.Name).Objects() {
		keys = append(keys, key)
		if own(key) {
			count[key.Installation()]++
		}
	}
	slices.SortStableFunc(keys, func(a, b fact.Key) int { return natural(a.ID, b.ID) })
	return func(yield func(fact.Key, spot) bool) {
		for _, key := range keys {
			s := spot{h.each, true}
			switch n := count[key.Installation()]; {
			case !own(key), h.limit > 0 && n > h.limit:
				s = spot{h.crowd, false}
			case n == 1 && h.single != "":
				s.path = h.single
			}
			s.path = l.path(key, s.path)
			if !yield(key, s) {
				return
			}
		}
	}
}

// hasPresent reports whether an object has a mapping of its own inside, as a
// person with a Primus account has: that reads better in a file than in a line.
func hasPresent(k *fact.Kind, o fact.Set) bool {
	return slices.ContainsFunc(k.Fields, func(f fact.Field) bool { return f.Presence && o.Value(f.Name) != "" })
}

// path fills in the words of a path.
func (l *layout) path(key fact.Key, form string) string {
	if strings.Contains(form, "{school}") {
		school, ok := l.school(key)
		if !ok || l.schools[key.Installation()] > homes["School"].limit {
			form = strings.Replace(form, "schools/{school}/", noSchool, 1)
		}
		form = strings.Replace(form, "{school}", fileName(school), 1)
	}
	cards := cmp.Or(registers[l.all.Object(key).Value("kind")], "others")
	form = strings.Replace(form, "{cards}", cards, 1)
	form = strings.Replace(form, "{name}", fileName(key.Name()), 1)
	if l.several {
		form = fileName(key.Installation()) + "/" + form
	}
	return form
}

// school is the name of the school that an object is at home in.
func (l *layout) school(key fact.Key) (string, bool) {
	for range 4 { // an override of a guardian: person, child, school
		next := fact.Key{}
		for _, field := range atHomeBy[key.Kind] {
			if id := l.all.Object(key).Value(field); id != "" {
				next = fact.Key{Kind: fact.Words.Kind(key.Kind).Field(field).Ref, ID: id}
				break
			}
		}
		if next.Kind == "School" {
			return next.Name(), true
		}
		key = next
	}
	return "", false
}

// devices are the names that Windows keeps for itself, with any ending.
var devices = func() map[string]bool {
	names := map[string]bool{"con": true, "prn": true, "aux": true, "nul": true}
	for i := range 10 {
		names[fmt.Sprintf("com%d", i)], names[fmt.Sprintf("lpt%d", i)] = true, true
	}
	return names
}()

// fileName is a name as that of a file or directory.
func fileName(name string) string {
	base, rest, dotted := strings.Cut(name, ".")
	switch {
	case !devices[base]:
		return name
	case dotted:
		return base + "_." + rest
	}
	return base + "_"
}

// natural orders names as people do: t-9 before t-10.
func natural(a, b string) int {
	for i := 0; i < len(a) && i < len(b); i++ {
		m, n := digits(a[i:]), digits(b[i:])
		if m > 0 && n > 0 && (i == 0 || digits(a[i-1:]) == 0) {
			x, y := strings.TrimLeft(a[i:i+m], "0"), strings.TrimLeft(b[i:i+n], "0")
			if c := cmp.Or(cmp.Compare(len(x), len(y)), strings.Compare(x, y)); c != 0 {
				return c
			}
		}
		if a[i] != b[i] {
			return cmp.Compare(a[i], b[i])
		}
	}
	return cmp.Compare(len(a), len(b))
}

// digits is how many digits a text begins with.
func digits(text string) int {
	n := 0
	for n < len(text) && text[n] >= '0' && text[n] <= '9' {
		n++
	}
	return n
}

// people makes documents of People for one path.
func (l *layout) people(at string, keys []fact.Key) {
	defaults, by := l.defaults(keys)
	var lines []source.Node
	var named []fact.Key
	nodes, size := 0, 0
	flush := func() {
		if len(lines) > 0 {
			l.pages[at] = append(l.pages[at], page{draft: source.Draft{Root: l.list(at, named[0], defaults, lines)}, keys: named})
		}
		lines, named, nodes, size = nil, nil, 0, 0
	}
	for _, key := range keys {
		line, why := l.line(key)
		if why != nil {
			l.wrong[key] = *why
			continue
		}
		l.omit(key, &line, by)
		n, s := line.Count(), line.Size()
		if nodes+n > sheetNodes*3/4 || size+s > sheetBytes*3/4 {
			flush()
		}
		lines, named = append(lines, line.Short()), append(named, key)
		nodes, size = nodes+n, size+s
	}
	flush()
}

// list is a document of People under a name that is free.
func (l *layout) list(at string, first fact.Key, defaults source.Node, lines []source.Node) source.Node {
	name := strings.TrimSuffix(path.Base(at), ".yaml")
	if school, ok := l.school(first); ok && !strings.Contains(at, noSchool) {
		name = school[:min(len(school), fact.MaxName-20)] + "-" + name
	}
	name = numbered(name, "", func(name string) bool { return !l.lists[name] })
	l.lists[name] = true
	root := l.head("People", first, name)
	if !defaults.IsEmpty() {
		root.Put(defaults, "spec", "defaults")
	}
	root.Put(source.Sequence(lines...), "spec", "people")
	return root
}

// numbered is the first of name, name-2, name-3 ... that is free.
func numbered(name, ending string, free func(string) bool) string {
	for i, at := 1, name+ending; ; at = fmt.Sprintf("%s-%d%s", name, i, ending) {
		if free(at) {
			return at
		}
		i++
	}
}

// defaults are the lists and the kind that most persons of a document share,
// as nodes and by field.
func (l *layout) defaults(keys []fact.Key) (source.Node, map[string]string) {
	defaults, by := source.Mapping().Short(), make(map[string]string)
	if l.bare {
		return defaults, by
	}
	k := fact.Words.Kind("Person")
	for i := range k.Fields {
		f := &k.Fields[i]
		if f.At != "" || len(f.Path()) > 1 || f.Name != "kind" && f.Shape != fact.Many && f.Shape != fact.List {
			continue
		}
		count, best := make(map[string]int), ""
		example := make(map[string]fact.Key)
		for _, key := range keys {
			values := joined(l.facts.Object(key), f)
			if count[values]++; count[values] > count[best] {
				best = values
			}
			example[values] = key
		}
		if best == "" || 2*count[best] <= len(keys) || count[best] < 2 && f.Name != "kind" && f.Name != "schools" {
			continue
		}
		value, there, why := l.value(k, f, l.facts.Object(example[best]))
		if why == nil && there {
			defaults.Put(value, f.Name)
			by[f.Name] = best
		}
	}
	return defaults, by
}

// joined is all values of a field as one text, to compare.
func joined(o fact.Set, f *fact.Field) string { return strings.Join(o.Values(f.Name), "\x00") }

// omit takes out of a line what the defaults say, and says where they do not
// hold.
func (l *layout) omit(key fact.Key, line *source.Node, by map[string]string) {
	o := l.facts.Object(key)
	for i, k := 0, fact.Words.Kind("Person"); i < len(k.Fields); i++ {
		f := &k.Fields[i]
		byDefault, ok := by[f.Name]
		switch values := joined(o, f); {
		case !ok:
		case values != "" && values == byDefault && !displacedBy(o, f):
			line.Remove(f.Name)
		case values == "" && !displacedBy(o, f):
			line.Put(source.Sequence(), f.Name)
		}
	}
}

// displacedBy reports whether a person has another field that takes the place of
// a default: allSchools that of schools.
func displacedBy(o fact.Set, f *fact.Field) bool {
	return slices.ContainsFunc(alternatives[f.Name], func(other string) bool { return o.Value(other) != "" })
}

// sheets puts the documents for one path into files there, as many as it takes.
func (l *layout) sheets(at string, pages []page) {
	for len(pages) > 0 {
		n, nodes, size := 0, 0, 0
		for n < len(pages) {
			root := &pages[n].draft.Root
			nodes, size = nodes+root.Count()+12, size+root.Size()
			if n > 0 && (nodes > sheetNodes || size > sheetBytes) {
				break
			}
			n++
		}
		l.sheet(l.free(at), pages[:n:n])
		pages = pages[n:]
	}
}

func (l *layout) sheet(at string, pages []page) {
	comment := "yaml-language-server: $schema=" + strings.Repeat("../", strings.Count(at, "/")) + ".lupa/lupa.schema.json"
	drafts := make([]source.Draft, len(pages))
	for i := range pages {
		pages[i].draft.Comment = comment
		drafts[i] = pages[i].draft
	}
	data, line, i := source.Write(drafts...), 1, 0
	pages[0].line = 1
	for text := range bytes.Lines(data) {
		if line++; string(text) == "---\n" {
			i++
			pages[i].line = line
		}
	}
	l.data[at], l.done[at] = data, pages
}

// free is a path that nothing has, as near as can be to the one wished for.
func (l *layout) free(at string) string {
	for dir := path.Dir(at); dir != "."; dir = path.Dir(dir) {
		if l.files[strings.ToLower(dir)] { // a file where the directory would be
			at = numbered(strings.TrimSuffix(dir, ".yaml"), "", func(name string) bool { return !l.files[strings.ToLower(name)] }) + strings.TrimPrefix(at, dir)
		}
	}
	at = numbered(strings.TrimSuffix(at, ".yaml"), ".yaml", func(name string) bool { return !l.taken[strings.ToLower(name)] })
	l.taken[at], l.files[at] = true, true
	return at
}

// order is the paths of all files, those of objects that others name first, and
// of persons those whose children others are last.
func (l *layout) order() []string {
	rank := fact.Words.Rank()
	place := make(map[string]int, len(l.data))
	for at, pages := range l.done {
		for _, p := range pages {
			for _, key := range p.keys {
				own := 2 * rank[key.Kind]
				if l.facts.Object(key).Value("children") != "" {
					own++
				}
				place[at] = max(place[at], own)
			}
		}
	}
	return slices.SortedFunc(maps.Keys(l.data), func(a, b string) int {
		return cmp.Or(cmp.Compare(place[a], place[b]), strings.Compare(a, b))
	})
}

// at finds the objects that a place of a file is about: those of its document,
// or the person of its line. whole says that it is a document of several.
func (l *layout) at(pos source.Pos) (keys []fact.Key, whole bool) {
	pages := l.done[pos.File]
	i, found := slices.BinarySearchFunc(pages, pos.Line, func(p page, line int) int { return cmp.Compare(p.line, line) })
	if !found {
		i--
	}
	if i < 0 || i >= len(pages) {
		return nil, false
	}
	keys = pages[i].keys
	if len(keys) < 2 {
		return keys, false
	}
	begin := source.Pos{File: pos.File, Line: pages[i].line}
	file := l.read[begin]
	if file == nil {
		file = source.Parse(pos.File, source.Write(pages[i].draft))
		l.read[begin] = file
	}
	if len(file.Documents) != 1 {
		return keys, true
	}
	pos.Line -= pages[i].line - 1
	for n, line := range file.Documents[0].Root().Path("spec.people").Items() {
		if n < len(keys) && line.Pos().Compare(pos) <= 0 && pos.Compare(line.End()) <= 0 {
			return keys[n : n+1], false
		}
	}
	return keys, true
}
