package config_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lupa-dev/lupa/reconcile/config"
	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/facttest"
	"github.com/lupa-dev/lupa/reconcile/order"
	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/reconcile/policy"
	"github.com/lupa-dev/lupa/schema/source"
)

// project is a tree that declares nothing.
var project = fstest.MapFS{"lupa.yaml": {Data: []byte("apiVersion: lupa/v1\nkind: Project\nmetadata: {name: testi}\n"), Mode: 0o644}}

var march = config.Options{Now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}

// imported is an import into a tree, held to all that it promises.
func imported(t *testing.T, fsys fstest.MapFS, snap fact.Snapshot) (*config.Imported, *config.Tree) {
	t.Helper()
	before := load(t, fsys, "")
	if before.Refused() {
		t.Fatalf("the tree before: %q", found(before.Problems))
	}
	im, err := config.Import(t.Context(), fsys, before, snap, march)
	if err != nil {
		t.Fatal(err)
	}
	if len(im.Problems) > 0 {
		t.Fatalf("the tree would be refused: %v", im.Problems)
	}
	after := maps.Clone(fsys)
	folded := make(map[string]bool)
	for name := range fsys {
		folded[strings.ToLower(name)] = true
	}
	for name, data := range im.Files {
		if folded[strings.ToLower(name)] || !fs.ValidPath(name) || strings.Contains("/"+name, "/.") {
			t.Errorf("%s is there already, or no name for a file", name)
		}
		folded[strings.ToLower(name)] = true
		after[name] = &fstest.MapFile{Data: data, Mode: 0o644}
		checkFile(t, name, data)
	}
	for name, e := range im.Changed {
		if !bytes.Equal(e.Before, fsys[name].Data) || bytes.Equal(e.Before, e.After) {
			t.Errorf("%s: changed from %q", name, e.Before)
		}
		checkChanged(t, name, e)
		after[name] = &fstest.MapFile{Data: e.After, Mode: 0o644}
	}
	tree := load(t, after, "")
	if tree.Refused() {
		t.Fatalf("the files would be refused: %q\n%s", found(tree.Problems), text(im.Files))
	}
	checkPlan(t, im, before, tree, snap)
	checkKept(t, before, tree, snap)
	return im, tree
}

// checkFile: a file is canonical, and each of its documents says where its
// schema is.
func checkFile(t *testing.T, name string, data []byte) {
	t.Helper()
	if formatted, err := source.Format(data); err != nil || string(formatted) != string(data) {
		t.Errorf("%s is not canonical: %v\n%s", name, err, cmp.Diff(string(formatted), string(data)))
	}
	if len(data) > source.MaxFileBytes/8 {
		t.Errorf("%s has %d bytes", name, len(data))
	}
	schema := strings.Repeat("../", strings.Count(name, "/")) + ".lupa/lupa.schema.json\n"
	for doc := range strings.SplitSeq(string(data), "---\n") {
		if !strings.HasPrefix(doc, "# yaml-language-server: $schema="+schema) {
			t.Errorf("%s: a document without its schema:\n%.200s", name, doc)
		}
	}
}

// checkPlan: what a plan still does is said, and every object that was not
// declared is written or left.
func checkPlan(t *testing.T, im *config.Imported, before, after *config.Tree, snap fact.Snapshot) {
	t.Helper()
	installations := make(map[string]bool)
	for key := range snap.Now.Plus(before.Goal.Declared()).Objects() {
		installations[key.Installation()] = true
	}
	several := len(installations) > 1
	said, left := make(map[string]bool), make(map[string]bool)
	for _, f := range im.Notes {
		said[f.Subject] = true
	}
	for _, f := range im.Left {
		left[f.Subject] = true
	}
	for _, o := range im.Differ {
		said[o.Kind+" "+o.Name] = true
	}
	called := func(key fact.Key) string { return key.Kind + " " + fact.Called(key.ID, several) }
	declared := after.Goal.Declared()
	renamed := make(map[fact.Key]string)
	for _, step := range plan.Make(after.Goal, "", "", snap).Steps {
		root := fact.Words.Root(step.Key)
		if step.Action == order.Rename {
			renamed[fact.Key{Kind: step.Key.Kind, ID: step.From}] = step.Key.ID
		}
		old := before.Goal.Declared().Has(root) && !snap.Now.Has(root)
		if !said[called(root)] && !old && (!left[called(root)] || step.Action != order.Delete) {
			t.Errorf("a plan would %s %s\n%s", step.Action, called(step.Key), text(im.Files))
		}
	}
	objects, held := 0, fact.Words.Rename(snap.Now, renamed)
	for key := range held.Objects() {
		root := fact.Words.Root(key)
		written := declared.Has(root) && !before.Goal.Declared().Has(root)
		if written && root == key {
			objects++
		}
		if !declared.Has(root) && !left[called(root)] && !said[called(root)] {
			t.Errorf("%s is neither written nor left", called(root))
		}
		if written && left[called(root)] {
			t.Errorf("%s is written and left", called(root))
		}
		if written && !said[called(root)] {
			if diff := cmp.Diff(facttest.Describe(held.Object(key)), facttest.Describe(declared.Object(key))); diff != "" {
				t.Errorf("%s is declared as something else (-target +tree):\n%s", called(key), diff)
			}
		}
	}
	if objects != im.Objects {
		t.Errorf("%d objects were written, and %d are told", objects, im.Objects)
	}
}

// checkChanged: of a file that was there nothing goes, and it stays canonical.
func checkChanged(t *testing.T, name string, e config.Edit) {
	t.Helper()
	rest := e.After
	for _, c := range e.Before {
		i := bytes.IndexByte(rest, c)
		if i < 0 {
			t.Fatalf("%s: something went\n%s", name, cmp.Diff(string(e.Before), string(e.After)))
		}
		rest = rest[i+1:]
	}
	was, err := source.Format(e.Before)
	if err != nil || !bytes.Equal(was, e.Before) {
		return
	}
	if is, err := source.Format(e.After); err != nil || !bytes.Equal(is, e.After) {
		t.Errorf("%s is no longer canonical: %v\n%s", name, err, cmp.Diff(string(is), string(e.After)))
	}
}

// checkKept: of what was declared nothing is declared otherwise but defaults that
// the target does not have, and what is new about it is the target's. So a plan
// does what it did before, but for that.
func checkKept(t *testing.T, before, after *config.Tree, snap fact.Snapshot) {
	t.Helper()
	held := make(map[fact.Key]string)
	for _, step := range plan.Make(before.Goal, "", "", snap).Steps {
		if step.Action == order.Rename {
			held[fact.Key{Kind: step.Key.Kind, ID: step.From}] = step.Key.ID
		}
	}
	have, declared := fact.Words.Rename(snap.Now, held), before.Goal.Declared()
	now := after.Goal.Facts.Where(func(key fact.Key) bool { return declared.Has(fact.Words.Root(key)) })
	for _, f := range before.Goal.Facts.Minus(now).All() {
		field := fact.Words.Kind(f.Kind).Field(f.Field)
		if _, there := have.Index(f); there || field == nil || field.Default != f.Value {
			t.Errorf("no longer declared: %v", f)
		}
	}
	for _, f := range now.Minus(before.Goal.Facts).All() {
		_, there := have.Index(f)
		if field := fact.Words.Kind(f.Kind).Field(f.Field); !there && (field == nil || field.Default != f.Value || declared.Has(f.Key)) {
			t.Errorf("declared, and not the target's: %v", f)
		}
	}
	if diff := cmp.Diff(facttest.Describe(before.Goal.Dormant), facttest.Describe(after.Goal.Dormant.Where(func(key fact.Key) bool { return declared.Has(fact.Words.Root(key)) }))); diff != "" {
		t.Errorf("not in force (-before +after):\n%s", diff)
	}
}

func text(files map[string][]byte) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(&b, "-- %s --\n%s", name, files[name])
	}
	return b.String()
}

// lawful is a world with what documents may hold: values that the schemas allow,
// what they ask for, and of two choices one.
func lawful(choose facttest.Choose, s fact.Set) fact.Set {
	ids := make(map[fact.Key]string) // keys of records with a form of their own
	for key := range s.Objects() {
		_, own := fact.SplitNested(key.ID)
		if to := recordKeys[key.Kind+"."+own]; to != "" {
			ids[key] = strings.TrimSuffix(key.ID, own) + to
		}
	}
	var b fact.Builder
	for key, o := range s.Objects() {
		w := lawfulObject{choose: choose, world: s, key: key, kind: fact.Words.Kind(key.Kind), object: o}
		if id := ids[key]; id != "" {
			w.key.ID = id
		}
		if facts, ok := w.facts(); ok {
			for _, f := range facts {
				b.Add(f)
			}
		}
	}
	s = b.Set()
	for { // what lacks something takes with it what names it
		gone := make(map[fact.Key]bool)
		for ref := range fact.Words.Dangling(s) {
			gone[fact.Words.Root(ref.Fact.Key)] = true
		}
		before := s.Len()
		s = s.Where(func(key fact.Key) bool { return !gone[fact.Words.Root(key)] && s.Has(fact.Words.Root(key)) })
		if s.Len() == before {
			return unjudged(s)
		}
	}
}

// unjudged is a world whose policies want to hear of no error that is about what
// schools may do: that is not what is tried here.
func unjudged(s fact.Set) fact.Set {
	var b fact.Builder
	b.AddSet(s)
	for inst := range s.Kind("Installation").Objects() {
		b.Add(fact.Fact{Key: inst, Field: "multiPrimus", Value: "true"}) // E18 is firm
		key := fact.Key{Kind: "Policy", ID: fact.ID(inst.ID, "unjudged")}
		b.Add(fact.Fact{Key: key})
		for _, r := range policy.Rules {
			if r.Code[0] == 'E' && !r.Firm { // of other letters a Policy cannot speak
				of := fact.Key{Kind: "PolicySeverity", ID: fact.NestedID(key.ID, r.Code)}
				b.Add(fact.Fact{Key: of})
				b.Add(fact.Fact{Key: of, Field: "code", Value: r.Code})
				b.Add(fact.Fact{Key: of, Field: "severity", Value: "off"})
				b.Add(fact.Fact{Key: of, Field: "reason", Value: "a world of chance"})
			}
		}
	}
	return b.Set()
}

var recordKeys = map[string]string{
	"PolicySeverity.a": "W01", "PolicySeverity.b": "W02",
	"PolicyIdentifier.a": strings.Repeat("a", 64), "PolicyIdentifier.b": strings.Repeat("0", 64),
}

type lawfulObject struct {
	choose facttest.Choose
	world  fact.Set
	key    fact.Key
	kind   *fact.Kind
	object fact.Set
}

// facts are the object's; not ok where it cannot be made lawful.
func (w lawfulObject) facts() (facts []fact.Fact, ok bool) {
	facts = []fact.Fact{{Key: w.key}}
	values := make(map[string][]string) // by field, as they were chosen
	for i := range w.kind.Fields {
		f := &w.kind.Fields[i]
		if !w.may(f, values) {
			continue
		}
		chosen := w.values(f)
		if len(chosen) == 0 && slices.Contains(required, w.kind.Name+"."+f.Name) ||
			len(chosen) == 0 && f.Name == "schools" && values["kind"][0] == "student" {
			if chosen = w.some(f); len(chosen) == 0 {
				return nil, false
			}
		}
		values[f.Name] = chosen
		for row, value := range chosen {
			if f.Shape != fact.List {
				row = -1
			}
			facts = append(facts, fact.Fact{Key: w.key, Field: f.Name, Row: row + 1, Value: value})
		}
	}
	return facts, true
}

// may reports whether an object may have a field beside those that it has.
func (w lawfulObject) may(f *fact.Field, values map[string][]string) bool {
	in, _, nested := strings.Cut(f.Name, ".")
	presence := w.kind.Field(in)
	switch {
	case nested && presence != nil && presence.Presence && len(values[in]) == 0,
		f.AllOf != "" && len(values[f.AllOf]) > 0,
		f.Name == "responsible.user" && len(values["responsible.group"]) > 0,
		w.kind.Name == "ImsGrant" && f.Name == "recursive" && slices.Contains(values["section"], "risks"),
		w.kind.Name == "CosDocRole" && nested && len(values["scope"]) > 0,
		f.Name == "validTo" && len(values["validFrom"]) > 0 && w.object.Value("validTo") <= values["validFrom"][0]:
		return false
	case w.kind.Name == "Person" && len(values["kind"]) > 0:
		return !slices.Contains(notFor[values["kind"][0]], in)
	}
	return true
}

var notFor = map[string][]string{
	"teacher": {"classes", "children", "units"}, "staff": {"classes", "children", "units"},
	"student":  {"children", "groups", "surveyMaintainerSchools", "allSchools", "primusAccount", "units"},
	"guardian": {"schools", "allSchools", "classes", "groups", "surveyMaintainerSchools", "primusAccount", "units"},
	"user":     {"schools", "allSchools", "classes", "children", "surveyMaintainerSchools", "primusAccount"},
}

// values are the object's, each once, and where only some are allowed, those.
func (w lawfulObject) values(f *fact.Field) []string {
	var chosen []string
	choice := allowed[w.kind.Name+"."+f.Name]
	if f.Type == fact.Right {
		choice = []string{"wilma.surveys.addSurvey"}
	}
	for _, value := range w.object.Values(f.Name) {
		switch key, _ := fact.SplitMap(value); {
		case !fits(f, value):
			continue
		case f.Name == w.kind.Key && f.Ref == "":
			_, value = fact.SplitNested(w.key.ID)
		case w.kind.Name == "Right" && f.Name == "title":
			value = map[string]string{"a": "fi", "b": "sv", "c-1": "nb", "d.x": "en", "e_2": "fi"}[key] + "=x: y"
		case len(choice) > 0 && f.Shape.Keyed():
			value = fact.JoinMap(key, choice[w.choose(len(choice))])
		case len(choice) > 0:
			value = choice[w.choose(len(choice))]
		}
		if !slices.Contains(chosen, value) {
			chosen = append(chosen, value)
		}
	}
	return chosen
}

// fits reports whether a person may be away or stand in: nobody does both (E28).
func fits(f *fact.Field, id string) bool {
	standsIn := slices.Contains([]string{"b", "d.x"}, fact.Name(id))
	return f.Name != "absent" && f.Name != "substitute" || standsIn == (f.Name == "substitute")
}

// some is a value for a field that has none.
func (w lawfulObject) some(f *fact.Field) []string {
	switch choice := allowed[w.kind.Name+"."+f.Name]; {
	case len(choice) > 0:
		return choice[:1]
	case f.Type == fact.Day:
		return []string{"2026-06-01"}
	case f.Ref == "":
		return []string{"because"}
	}
	for key := range w.world.Kind(f.Ref).Objects() {
		if key.Installation() == w.key.Installation() && fits(f, key.ID) {
			return []string{key.ID}
		}
	}
	return nil
}

// required are the fields without which a document is refused, or begins with
// something else.
var required = []string{
	"Installation.system", "SchoolClass.school", "Person.kind", "PersonOverride.person", "CardAssignment.card", "SupportContact.person",
	"SurveyTemplate.author", "SurveyTemplate.school", "SurveyTemplate.holders", "PolicySeverity.severity", "PolicySeverity.reason", "PolicyIdentifier.reason", "PolicyIdentifier.until",
	"CosDocAssignment.profile", "CosDocAssignment.person", "ImsGrant.section", "Substitution.absent", "Substitution.substitute", "Substitution.from", "Substitution.to",
	"CosDocRole.scope.units", "CosDocProfile.roles", "SubstitutedProfile.absent", "SubstitutedProfile.substitute",
}

var allowed = map[string][]string{
	"Installation.system": {"inschool", "ims", "cosdoc"}, "Installation.versions": {"2.17", "2"}, "Installation.municipalityCode": {"091"}, "Installation.timeZone": {"Europe/Helsinki", "Europe/Oslo"},
	"Right.sensitivity": {"low", "normal"}, "Right.family": {"a.b"},
	"School.level": {"basic", "no"}, "School.code": {"01234", "1e3"}, "School.municipalityCode": {"0301"},
	"School.surveys.everyone.teachers": {"addSurvey"}, "School.surveys.everyone.staff": {"createTemplate"},
	"UserGroup.audience": {"teacher"}, "UserGroup.levels": {"basic"}, "Person.kind": {"teacher", "staff", "student", "guardian", "user"},
	"CosDocRole.scope": {"ownUnits", "root"}, "ImsGrant.section": {"risks", "processes"}, "ImsGrant.path": {"/", "/Opetus", "/Opetus/Arviointi: luokat"},
	"ImsGrant.grants": {"viewer", "approver"}, "Substitution.from": {"2026-01-07"}, "Substitution.to": {"2026-06-01"},
	"SupportContact.levels": {"basic"}, "Policy.selfGrant": {"refuse"}, "Policy.logins": {"logins.csv"}, "PolicySeverity.severity": {"off"},
}

func seeded(seed uint64) facttest.Choose {
	r := rand.New(rand.NewPCG(seed, 1))
	return r.IntN
}

// TestImportWorlds takes random worlds, as they are and with values that schemas
// allow: all of them become trees, and of the second most objects do.
func TestImportWorlds(t *testing.T) {
	worlds := uint64(40)
	if testing.Short() {
		worlds = 10
	}
	written, held := make(map[string]int), make(map[string]int)
	for seed := range worlds {
		choose := seeded(seed)
		world := facttest.World(choose)
		imported(t, project, fact.Snapshot{Now: world})
		world = lawful(choose, world)
		_, tree := imported(t, project, fact.Snapshot{Now: world, Last: world})
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
		for _, k := range fact.Words.Kinds {
			for key := range world.Kind(k.Name).Objects() {
				held[k.Name]++
				if tree.Goal.Declared().Has(key) {
					written[k.Name]++
				}
			}
		}
	}
	for _, k := range fact.Words.Kinds {
		t.Logf("%s: %d of %d written", k.Name, written[k.Name], held[k.Name])
		if written[k.Name] < held[k.Name]*9/10 || written[k.Name] == 0 {
			t.Errorf("few of %s were written: see which values the schema allows", k.Name)
		}
	}
}

func FuzzImport(f *testing.F) {
	for n := range 20 {
		data := make([]byte, 40*n)
		r := rand.New(rand.NewPCG(uint64(n), 2))
		for i := range data {
			data[i] = byte(r.Uint32())
		}
		f.Add(data, n%2 == 0)
	}
	f.Fuzz(func(t *testing.T, data []byte, legal bool) {
		choose := facttest.Bytes(data)
		world := facttest.World(choose)
		if legal {
			world = lawful(choose, world)
		}
		imported(t, project, fact.Snapshot{Now: world})
	})
}

// TestImportExample: the example, applied and imported, is the example again,
// but for what has other forms.
func TestImportExample(t *testing.T) {
	held := applied(t, load(t, example(t), "2026-11-24").Goal)
	im, tree := imported(t, project, fact.Snapshot{Now: held, Last: held})
	if len(im.Left) > 0 {
		t.Errorf("left: %v", im.Left)
	}
	if diff := cmp.Diff(facttest.Describe(held), facttest.Describe(tree.Goal.Declared())); diff != "" {
		t.Errorf("(-example +imported):\n%s", diff)
	}
	golden := "testdata/import/mallila.txt"
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(golden, []byte(text(im.Files)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), text(im.Files)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestImportInOrder: files are written so that after each of them the tree is
// valid; what is interrupted can be gone on with.
func TestImportInOrder(t *testing.T) {
	for name, from := range map[string]fstest.MapFS{"mallila": example(t), "a roster": treeOf(register)} {
		held := applied(t, load(t, from, "2026-03-01").Goal)
		im, _ := imported(t, project, fact.Snapshot{Now: held, Last: held})
		if len(im.Order) != len(im.Files) {
			t.Fatalf("%s: %d files in order, of %d", name, len(im.Order), len(im.Files))
		}
		so := maps.Clone(project)
		for _, path := range im.Order {
			so[path] = &fstest.MapFile{Data: im.Files[path], Mode: 0o644}
			if tree := load(t, so, "2026-03-01"); tree.Refused() {
				t.Fatalf("%s, after %s: %v", name, path, problems(tree))
			}
		}
	}
}

// applied is what a target holds once a goal was applied to it.
func applied(t *testing.T, goal *plan.Goal) fact.Set {
	t.Helper()
	var s fact.Set
	for _, step := range plan.Make(goal, "", "", fact.Snapshot{}).Steps {
		var err error
		if s, err = step.Do(s); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func example(t *testing.T) fstest.MapFS {
	t.Helper()
	fsys := make(fstest.MapFS)
	root := os.DirFS("../../examples/mallila")
	err := fs.WalkDir(root, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(p) != ".yaml" {
			return err
		}
		data, err := fs.ReadFile(root, p)
		fsys[p] = &fstest.MapFile{Data: data, Mode: 0o644}
		return err
	})
	if err != nil || len(fsys) < 50 {
		t.Fatal(err, len(fsys))
	}
	return fsys
}

// TestImportNaughtyStrings puts real texts that have broken programs into a
// target: each is written and read back, or said to be what no file may hold.
func TestImportNaughtyStrings(t *testing.T) {
	dir := os.Getenv("LUPA_TESTDATA")
	if dir == "" {
		t.Skip("skipped: LUPA_TESTDATA names no directory of real data")
	}
	data, err := os.ReadFile(filepath.Join(dir, "bad", "naughty-strings.json"))
	if err != nil {
		t.Fatal(err)
	}
	var naughty []string
	if err := json.Unmarshal(data, &naughty); err != nil || len(naughty) < 500 {
		t.Fatal(err, len(naughty))
	}
	naughty = append(naughty, "\xff", "\u202e", "a\x00b")
	var b fact.Builder
	b.AddSet(load(t, treeOf(base), "").Goal.Facts)
	refused := 0
	for i, text := range naughty {
		key := fact.Key{Kind: "School", ID: fmt.Sprintf("m/s%d", i)}
		b.Add(fact.Fact{Key: key})
		b.Add(fact.Fact{Key: key, Field: "wilma.enabled", Value: "true"})
		b.Add(fact.Fact{Key: key, Field: "title", Value: text})
		b.Add(fact.Fact{Key: key, Field: "externalIds", Value: "x=" + text})
		if _, bad := source.Unwritable(text); bad || text == "" {
			refused++
		}
		b.Add(fact.Fact{Key: fact.Key{Kind: "UserGroup", ID: "m/" + text}}) // as a name
	}
	im, _ := imported(t, project, fact.Snapshot{Now: b.Set()})
	schools := 0
	for _, f := range im.Left {
		if strings.HasPrefix(f.Subject, "School") {
			schools++
		}
	}
	if schools != refused || refused < 10 {
		t.Errorf("%d schools are left, want %d", schools, refused)
	}
}

// TestImportLeaves: what no document can declare is left, with the reason, and
// all else is written.
func TestImportLeaves(t *testing.T) {
	for name, c := range map[string]struct {
		add  string // facts: kind id field row value
		left string
	}{
		"a name that no document may have":         {"School m/Testila", "I01.name School Testila"},
		"an id without installation":               {"School alone", "I01.name School alone"},
		"an installation that is not there":        {"School n/a\nSchool n/a wilma.enabled 0 true", "I01.reference School n:a"},
		"an invisible character":                   {"School m/a\nSchool m/a wilma.enabled 0 true\nSchool m/a title 0 a\u202eb", "I01.text School a"},
		"a gap in an ordered list (R77)":           {"Person m/p\nPerson m/p kind 0 staff\nPerson m/p schools 2 m/testila", "I01.value Person p"},
		"schools and allSchools (E03)":             {"Person m/p\nPerson m/p kind 0 staff\nPerson m/p schools 1 m/testila\nPerson m/p allSchools 0 true", "E03.both Person p"},
		"a student without a school (E03)":         {"Person m/p\nPerson m/p kind 0 student", "E03.neither Person p"},
		"a kind that is none":                      {"Person m/p\nPerson m/p kind 0 robot\nPerson m/p schools 1 m/testila", "S04 Person p"},
		"a span that ends before it begins (E32)":  {"PersonOverride m/o\nPersonOverride m/o person 0 m/t-1\nPersonOverride m/o validFrom 0 2026-03-01\nPersonOverride m/o validTo 0 2026-02-01", "E32 PersonOverride o"},
		"a right that nobody knows (E01)":          {"UserGroup m/g\nUserGroup m/g wilma 0 wilma.gone", "E01.right UserGroup g"},
		"a template without holders (R112)":        {"SurveyTemplate m/s\nSurveyTemplate m/s author 0 m/t-1\nSurveyTemplate m/s school 0 m/testila", "I01.omitted SurveyTemplate s"},
		"a key that is too long for YAML":          {"School m/a\nSchool m/a wilma.enabled 0 true\nSchool m/a externalIds 0 x" + strings.Repeat("y", 1100) + "=1", "I01.key School a"},
		"a number that is none":                    {"Policy m/p\nPolicy m/p maxHolders 0 0x3", "S03.integer Policy p"},
		"a Primus field without an account":        {"Person m/p\nPerson m/p kind 0 staff\nPerson m/p schools 1 m/testila\nPerson m/p primusAccount.linked 0 true", "I01.value Person p"},
		"a scope that is a word and units at once": {"Unit m/u\nCosDocRole m/r\nCosDocRole m/r permissions 0 identity.edit\nCosDocRole m/r scope 0 root\nCosDocRole m/r scope.units 0 m/u", "I01.value CosDocRole r"},
		"a permission that nobody knows (E01)":     {"CosDocRole m/r\nCosDocRole m/r permissions 0 identity.eat\nCosDocRole m/r scope 0 root", "E01.right CosDocRole r"},
		"a right in IMS that is none":              {"ImsGrant m/i\nImsGrant m/i section 0 risks\nImsGrant m/i path 0 /\nImsGrant m/i grants 0 m/opettajat=all", "S04 ImsGrant i"},
		"a substitution without end":               {"Substitution m/s\nSubstitution m/s absent 0 m/t-1\nSubstitution m/s substitute 0 m/t-1\nSubstitution m/s from 0 2026-01-07", "S02 Substitution s"},
		"what names something that is left": {"UserGroup m/G\nPerson m/p\nPerson m/p kind 0 staff\nPerson m/p schools 1 m/testila\nPerson m/p groups 0 m/G\nPersonOverride m/o\nPersonOverride m/o person 0 m/p",
			"I01.name UserGroup G, I01.reference Person p, I01.reference PersonOverride o"},
		"something of another installation": {"Installation n\nInstallation n system 0 inschool\nInstallation n timeZone 0 Europe/Oslo\nSchoolClass n/c\nSchoolClass n/c school 0 m/testila", "I01.reference SchoolClass n:c"},
		"a student with groups, among others": {"Person m/k-1\nPerson m/k-1 kind 0 student\nPerson m/k-1 schools 1 m/testila\nPerson m/k-1 groups 0 m/opettajat\n" +
			"Person m/k-2\nPerson m/k-2 kind 0 student\nPerson m/k-2 schools 1 m/testila\nPerson m/k-2 groups 0 m/opettajat\n" +
			"Person m/k-3\nPerson m/k-3 kind 0 student\nPerson m/k-3 schools 1 m/testila", "D07 Person k-1, D07 Person k-2"},
	} {
		t.Run(name, func(t *testing.T) {
			var b fact.Builder
			b.AddSet(load(t, treeOf(base), "").Goal.Facts)
			for line := range strings.Lines(c.add) {
				words := append(strings.SplitN(strings.TrimSuffix(line, "\n"), " ", 5), "", "", "")
				row := 0
				fmt.Sscan(words[3], &row)
				b.Add(fact.Fact{Key: fact.Key{Kind: words[0], ID: words[1]}, Field: words[2], Row: row, Value: words[4]})
			}
			im, _ := imported(t, project, fact.Snapshot{Now: b.Set()})
			var left []string
			for _, f := range im.Left {
				left = append(left, source.Problem{Code: f.Code, Case: f.Case}.Key()+" "+f.Subject)
				if f.Severity != policy.Error || len(f.Pos) > 0 {
					t.Errorf("%+v", f)
				}
			}
			if diff := cmp.Diff(c.left, strings.Join(left, ", ")); diff != "" {
				t.Errorf("left (-want +got):\n%s", diff)
			}
		})
	}
}

// TestImportMissing: a tree that lacks some of its files gets back what they
// declared, and nothing else is written.
func TestImportMissing(t *testing.T) {
	worlds, tried := uint64(4), 0
	for seed := range worlds {
		choose := seeded(seed)
		world := lawful(choose, facttest.World(choose))
		snap := fact.Snapshot{Now: world, Last: world}
		im, _ := imported(t, project, snap)
		whole := maps.Clone(project)
		for name, data := range im.Files {
			whole[name] = &fstest.MapFile{Data: data, Mode: 0o644}
		}
		for _, name := range slices.Sorted(maps.Keys(im.Files)) {
			if choose(3) > 0 {
				continue
			}
			part := maps.Clone(whole)
			delete(part, name)
			if choose(4) == 0 { // something else has taken its place
				part[name] = &fstest.MapFile{Data: []byte("# nothing\n"), Mode: 0o644}
			}
			if load(t, part, "").Refused() {
				continue // what is left names what is gone
			}
			tried++
			again, _ := imported(t, part, snap)
			if len(again.Left) > 0 || again.Objects == 0 {
				t.Errorf("without %s: %d objects, left %v", name, again.Objects, again.Left)
			}
			if t.Failed() {
				t.Fatalf("seed %d, without %s", seed, name)
			}
		}
	}
	if tried < 15 {
		t.Errorf("only %d trees were tried", tried)
	}
}

// TestImportIntoTree: what the tree declares in any way, or ignores, stays out.
func TestImportIntoTree(t *testing.T) {
	fsys := treeOf(base)
	fsys["lupa.yaml"] = &fstest.MapFile{Mode: 0o644, Data: []byte("apiVersion: lupa/v1\nkind: Project\nmetadata: {name: testi}\nspec: {ignore: [{kind: UserGroup, name: \"vanha-*\"}]}\n")}
	fsys["own.yaml"] = &fstest.MapFile{Mode: 0o644, Data: []byte(`# mine
apiVersion: lupa/v1
kind: UserGroup
metadata: {name: muualla}
spec: {external: true}
---
apiVersion: lupa/v1
kind: UserGroup
metadata: {name: uusi, previously: [ensin, entinen]}
---
apiVersion: lupa/v1
kind: PersonOverride
metadata: {name: sitten}
spec: {person: t-1, validFrom: 2027-01-01}
---
apiVersion: lupa/v1
kind: People
metadata: {name: testila-teachers}
spec: {people: []}
`)}
	fsys["Groups/Ope.yaml"] = &fstest.MapFile{Mode: 0o644, Data: []byte("# nothing\n")}
	fsys["overrides"] = &fstest.MapFile{Mode: 0o644, Data: []byte("a file")}
	var b fact.Builder
	object := func(kind, name string, fields ...string) {
		key := fact.Key{Kind: kind, ID: "m/" + name}
		b.Add(fact.Fact{Key: key})
		for i := 0; i < len(fields); i += 2 {
			row := 0
			if fields[i] == "schools" {
				row = 1
			}
			b.Add(fact.Fact{Key: key, Field: fields[i], Row: row, Value: fields[i+1]})
		}
	}
	goal := load(t, treeOf(base), "").Goal
	b.AddSet(goal.Facts)
	object("UserGroup", "muualla", "title", "theirs")
	object("UserGroup", "entinen")
	object("UserGroup", "ensin")
	object("UserGroup", "ope")
	object("UserGroup", "opettajat", "title", "changed")
	object("PersonOverride", "sitten", "person", "m/t-1")
	object("PersonOverride", "nyt", "person", "m/t-1", "grant", "wilma.surveys.addSurvey", "validTo", "2026-03-02")
	object("PersonOverride", "ohi", "person", "m/t-1", "validTo", "2026-03-01")
	object("Person", "t-2", "kind", "teacher", "schools", "m/testila", "groups", "m/entinen")
	object("Person", "t-10", "kind", "teacher", "schools", "m/testila", "groups", "m/vanha-a")
	object("Person", "t-11", "kind", "teacher")
	object("SchoolClass", "con", "school", "m/testila")
	held := b.Set()
	beyond := fact.Of(fact.Fact{Key: fact.Key{Kind: "UserGroup", ID: "m/vanha-a"}})
	im, _ := imported(t, fsys, fact.Snapshot{Now: held, Beyond: beyond, Last: goal.Facts})
	want := `-- groups/ope-2.yaml --
# yaml-language-server: $schema=../.lupa/lupa.schema.json
apiVersion: lupa/v1
kind: UserGroup
metadata: {name: ope}
-- overrides-2/nyt.yaml --
# yaml-language-server: $schema=../.lupa/lupa.schema.json
apiVersion: lupa/v1
kind: PersonOverride
metadata: {name: nyt}
spec:
  person: t-1
  grant: [wilma.surveys.addSurvey]
  validTo: 2026-03-02
-- overrides-2/ohi.yaml --
# yaml-language-server: $schema=../.lupa/lupa.schema.json
apiVersion: lupa/v1
kind: PersonOverride
metadata: {name: ohi}
spec:
  person: t-1
  validTo: 2026-03-01
-- people/teachers.yaml --
# yaml-language-server: $schema=../.lupa/lupa.schema.json
apiVersion: lupa/v1
kind: People
metadata: {name: teachers}
spec:
  defaults: {kind: teacher}
  people:
    - {name: t-11, allSchools: true}
-- schools/testila/classes/con_.yaml --
# yaml-language-server: $schema=../../../.lupa/lupa.schema.json
apiVersion: lupa/v1
kind: SchoolClass
metadata: {name: con}
spec:
  school: testila
-- schools/testila/teachers.yaml --
# yaml-language-server: $schema=../../.lupa/lupa.schema.json
apiVersion: lupa/v1
kind: People
metadata: {name: testila-teachers-2}
spec:
  defaults: {kind: teacher, schools: [testila]}
  people:
    - {name: t-2, groups: [uusi]}
`
	if diff := cmp.Diff(want, text(im.Files)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if got, want := string(im.Changed["base.yaml"].After), strings.Replace(base["base.yaml"], "{name: opettajat}\n", "{name: opettajat}\nspec:\n  title: changed\n", 1); got != want || len(im.Changed) > 1 || im.Grown != 1 {
		t.Errorf("changed %v:\n%s", slices.Collect(maps.Keys(im.Changed)), got)
	}
	var told []string
	for _, f := range slices.Concat(im.Left, im.Notes) {
		told = append(told, fmt.Sprintf("%s %s %q", source.Problem{Code: f.Code, Case: f.Case}.Key(), f.Subject, f.Args))
	}
	for _, o := range im.Differ {
		told = append(told, "differs "+o.Kind+" "+o.Name)
	}
	if diff := cmp.Diff([]string{
		`I01.renamed UserGroup ensin ["uusi"]`,
		`I01.reference Person t-10 ["UserGroup" "vanha-a"]`,
		`I02.everywhere Person t-11 ["schools" "allSchools" "true"]`,
		`I03 PersonOverride ohi ["2026-03-01"]`,
		"differs PersonOverride sitten", "differs UserGroup uusi",
	}, told); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
}

// TestImportSecondInstallation: documents that do not say which installation is
// theirs stay right.
func TestImportSecondInstallation(t *testing.T) {
	goal := load(t, treeOf(base), "").Goal
	second := fact.Words.Rename(goal.Facts, map[fact.Key]string{{Kind: "Installation", ID: "m"}: "toinen"})
	held := goal.Facts.Plus(second)
	im, _ := imported(t, treeOf(base), fact.Snapshot{Now: held})
	if len(im.Files) > 0 || len(im.Left) != 5 || im.Left[0].Case != "installation" || im.Left[0].Subject != "Installation toinen" {
		t.Errorf("%v\n%s", im.Left, text(im.Files))
	}
	im, _ = imported(t, project, fact.Snapshot{Now: held})
	if got, want := slices.Sorted(maps.Keys(im.Files)), []string{
		"m/groups/opettajat.yaml", "m/installation.yaml", "m/schools/mallila/school.yaml", "m/schools/testila/school.yaml", "m/schools/testila/teachers.yaml",
		"toinen/groups/opettajat.yaml", "toinen/installation.yaml", "toinen/schools/mallila/school.yaml", "toinen/schools/testila/school.yaml", "toinen/schools/testila/teachers.yaml",
	}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if got := string(im.Files["toinen/groups/opettajat.yaml"]); !strings.Contains(got, "metadata: {name: opettajat, installation: toinen}") {
		t.Error(got)
	}
}

// TestImportCrowds: what is too much for a file or a directory is split, and what
// too many have in common is still said once.
func TestImportCrowds(t *testing.T) {
	var b fact.Builder
	b.AddSet(load(t, treeOf(base), "").Goal.Facts)
	const people = 16_000
	for i := range people {
		key := fact.Key{Kind: "Person", ID: fmt.Sprintf("m/s-%d", i)}
		b.Add(fact.Fact{Key: key})
		b.Add(fact.Fact{Key: key, Field: "kind", Value: "staff"})
		b.Add(fact.Fact{Key: key, Field: "schools", Row: 1, Value: "m/mallila"})
		b.Add(fact.Fact{Key: key, Field: "groups", Value: "m/opettajat"})
		b.Add(fact.Fact{Key: key, Field: "externalIds", Value: fmt.Sprintf("primusCard=%05d", i)})
		if i%20 == 0 { // more accounts than there are to be files
			b.Add(fact.Fact{Key: key, Field: "primusAccount", Value: "true"})
			b.Add(fact.Fact{Key: key, Field: "primusAccount.homeSchools", Value: "m/mallila"})
			override := fact.Key{Kind: "PersonOverride", ID: fmt.Sprintf("m/o-%d", i)}
			b.Add(fact.Fact{Key: override})
			b.Add(fact.Fact{Key: override, Field: "person", Value: key.ID})
		}
	}
	im, _ := imported(t, project, fact.Snapshot{Now: b.Set()})
	names := slices.Sorted(maps.Keys(im.Files))
	if !slices.Contains(names, "schools/mallila/overrides.yaml") || !slices.Contains(names, "schools/mallila/staff-2.yaml") || len(names) > 15 {
		t.Errorf("%d files: %q", len(names), names)
	}
	first, _, _ := strings.Cut(string(im.Files["schools/mallila/staff.yaml"]), "s-4,")
	want := `# yaml-language-server: $schema=../../.lupa/lupa.schema.json
apiVersion: lupa/v1
kind: People
metadata: {name: mallila-staff}
spec:
  defaults: {kind: staff, schools: [mallila], groups: [opettajat]}
  people:
    - name: s-0
      externalIds: {primusCard: "00000"}
      primusAccount:
        homeSchools: [mallila]
        linked: false
    - {name: s-1, externalIds: {primusCard: "00001"}}
    - {name: s-2, externalIds: {primusCard: "00002"}}
    - {name: s-3, externalIds: {primusCard: "00003"}}
    - {name: `
	if diff := cmp.Diff(want, first); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestImportDefaults: who differs from what most have in common says so.
func TestImportDefaults(t *testing.T) {
	var b fact.Builder
	b.AddSet(load(t, treeOf(base), "").Goal.Facts)
	for name, person := range map[string]string{"s-1": "testila opettajat", "s-2": "testila opettajat", "s-3": "testila", "s-4": "testila,mallila opettajat", "s-5": "testila opettajat", "s-6": " opettajat"} {
		key := fact.Key{Kind: "Person", ID: "m/" + name}
		b.Add(fact.Fact{Key: key})
		b.Add(fact.Fact{Key: key, Field: "kind", Value: "staff"})
		schools, group, grouped := strings.Cut(person, " ")
		for i, school := range strings.FieldsFunc(schools, func(r rune) bool { return r == ',' }) {
			b.Add(fact.Fact{Key: key, Field: "schools", Row: i + 1, Value: "m/" + school})
		}
		if schools == "" {
			b.Add(fact.Fact{Key: key, Field: "allSchools", Value: "true"})
		}
		if grouped {
			b.Add(fact.Fact{Key: key, Field: "groups", Value: "m/" + group})
		}
	}
	im, _ := imported(t, project, fact.Snapshot{Now: b.Set()})
	_, got, _ := strings.Cut(string(im.Files["schools/testila/staff.yaml"]), "spec:\n")
	want := `  defaults: {kind: staff, schools: [testila], groups: [opettajat]}
  people:
    - {name: s-1}
    - {name: s-2}
    - {name: s-3, groups: []}
    - {name: s-4, schools: [testila, mallila]}
    - {name: s-5}
`
	if diff := cmp.Diff(want, got); diff != "" || len(im.Left) > 0 {
		t.Errorf("left %v (-want +got):\n%s", im.Left, diff)
	}
	if _, got, _ := strings.Cut(string(im.Files["people/staff.yaml"]), "people:\n"); got != "    - {name: s-6, allSchools: true, groups: [opettajat]}\n" {
		t.Error(got)
	}
}

// TestImportRefused: where the tree would have errors for other reasons, there
// are no files.
func TestImportRefused(t *testing.T) {
	held := load(t, treeOf(base), "").Goal.Facts
	tree := load(t, project, "")
	broken := fstest.MapFS{"lupa.yaml": project["lupa.yaml"], "x.yaml": {Data: []byte("kind: UserGroup\n"), Mode: 0o644}}
	im, err := config.Import(t.Context(), broken, tree, fact.Snapshot{Now: held}, march)
	if err != nil || len(im.Problems) == 0 || len(im.Files) > 0 {
		t.Errorf("%v: %+v", err, im)
	}
}

func TestNaturalOrder(t *testing.T) {
	var b fact.Builder
	b.AddSet(load(t, treeOf(base), "").Goal.Facts)
	names := []string{"a", "t-2", "t-09", "t-9", "t-10", "t-10a", "t-10b", "t-11", "t-100", "t1-2", "t1-10"}
	for _, name := range names {
		key := fact.Key{Kind: "Person", ID: "m/" + name}
		b.Add(fact.Fact{Key: key})
		b.Add(fact.Fact{Key: key, Field: "kind", Value: "staff"})
		b.Add(fact.Fact{Key: key, Field: "schools", Row: 1, Value: "m/testila"})
	}
	im, _ := imported(t, project, fact.Snapshot{Now: b.Set()})
	var got []string
	for line := range strings.Lines(string(im.Files["schools/testila/staff.yaml"])) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "- {name: "); ok {
			got = append(got, strings.TrimSuffix(name, "}"))
		}
	}
	if diff := cmp.Diff(names, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
