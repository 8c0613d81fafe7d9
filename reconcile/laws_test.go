package reconcile_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/lupa-dev/lupa/reconcile"
	"github.com/lupa-dev/lupa/reconcile/config"
	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/facttest"
	"github.com/lupa-dev/lupa/reconcile/order"
	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/reconcile/policy"
	"github.com/lupa-dev/lupa/reconcile/target"
	"github.com/lupa-dev/lupa/reconcile/target/sqldb"
	"github.com/lupa-dev/lupa/reconcile/target/targettest/pgtest"
)

// randomGoal is a goal in which everything that documents can say happens: some
// objects are kept elsewhere, not in force, ignored or renamed, and templates
// leave their school and holders to the target.
func randomGoal(choose facttest.Choose) *plan.Goal {
	goal := &plan.Goal{Project: "testi", Inputs: []plan.Input{}}
	all := choose(3)
	for _, k := range fact.Words.Kinds {
		if all == 0 || choose(5) > 1 {
			goal.Authoritative = append(goal.Authoritative, k.Name)
		}
		if choose(20) == 0 && k.Parent == "" {
			goal.View.Ignore = append(goal.View.Ignore, fact.Pattern{Kind: k.Name, Name: []string{"a", "c*"}[choose(2)]})
		}
	}
	world := whole(withoutHalfTemplates(facttest.World(choose)).Where(goal.View.Sees))
	var facts, dormant, initial fact.Builder
	asleep := make(map[fact.Key]bool) // records are as much in force as what they stand in
	for key, object := range world.Objects() {
		kind, root := fact.Words.Kind(key.Kind), fact.Words.Root(key)
		if _, decided := asleep[root]; !decided {
			asleep[root] = fact.Words.Kind(root.Kind).Spans != nil && choose(4) == 0
		}
		switch {
		case object.Value("external") != "" && choose(4) == 0:
			goal.External = append(goal.External, key)
			initial.AddSet(object)
			continue
		case asleep[root]:
			dormant.AddSet(object)
			continue
		}
		leave := choose(4)
		for _, f := range object.All() {
			switch field := kind.Field(f.Field); {
			case f.Field == "external":
			case field != nil && field.Initial != "" && leave > 0:
				if leave > 1 { // else the author left, and there is nobody to begin with
					initial.Add(f)
				}
			default:
				facts.Add(f)
			}
		}
	}
	for key := range world.Objects() {
		if fact.Words.Kind(key.Kind).Parent != "" {
			continue
		}
		if from := oldNames(choose, key, world, goal); len(from) > 0 {
			goal.Renames = append(goal.Renames, plan.Renaming{Key: key, From: from})
		}
	}
	goal.Facts, goal.Dormant, goal.Initial = facts.Set(), dormant.Set(), initial.Set()
	goal.Weights = unheard(world)
	for key := range goal.Facts.Kind("Installation").Objects() {
		goal.Installations = append(goal.Installations, key.ID)
	}
	return goal
}

// withoutHalfTemplates leaves out the templates that no plan may contain: those
// without school or holders.
func withoutHalfTemplates(s fact.Set) fact.Set {
	return s.Where(func(k fact.Key) bool {
		root := fact.Words.Root(k)
		template := s.Object(root)
		return root.Kind != "SurveyTemplate" || template.Value("school") != "" && template.Value("holders") != ""
	})
}

// oldNames are names that an object may have had before: those that no other
// has, or claims.
func oldNames(choose facttest.Choose, key fact.Key, world fact.Set, goal *plan.Goal) []string {
	ids := []string{"mallila", "testila"}
	if key.Kind != "Installation" {
		ids = nil
		for _, name := range []string{"a", "b", "c-1", "d.x", "e_2"} {
			ids = append(ids, fact.ID(key.Installation(), name))
		}
	}
	return slices.DeleteFunc(ids, func(id string) bool {
		claimed := slices.ContainsFunc(goal.Renames, func(r plan.Renaming) bool { return r.Key.Kind == key.Kind && slices.Contains(r.From, id) })
		return world.Has(fact.Key{Kind: key.Kind, ID: id}) || claimed || choose(3) > 0
	})
}

// seeds are so many random inputs of three worlds: what lupa left in a target,
// what others put there, and a goal.
func seeds(f *testing.F, n int) {
	if !testing.Short() {
		n *= 4
	}
	for seed := range int64(n) {
		const enough = 4500 // bytes for a world that is not cut off
		data := make([]byte, 3*enough)
		rand.New(rand.NewSource(seed)).Read(data)
		f.Add(data[:enough], data[enough:2*enough], data[2*enough:])
	}
}

// start brings a target to hold one world, left there by lupa, in which others
// put some objects of a second world in place of or beside lupa's.
func start(t *testing.T, to target.Atomic, first, others []byte) {
	t.Helper()
	goal := &plan.Goal{Facts: withoutHalfTemplates(facttest.World(facttest.Bytes(first)))}
	goal.Weights = unheard(goal.Facts)
	applied(t, to, propose(t, to, goal))
	choose := facttest.Bytes(others)
	theirs := facttest.World(choose).Where(func(fact.Key) bool { return choose(4) == 0 })
	byHand(t, to, whole(theirs.Plus(goal.Facts.Without(theirs))))
}

// unheard are weights by which no rule refuses what a world of chance means by
// chance, such as who its actor is; what later stages rely on is heard all the same.
func unheard(world fact.Set) policy.Weights {
	w := make(policy.Weights)
	for inst := range world.Kind("Installation").Objects() {
		for _, r := range policy.Rules {
			if policy.SeverityOf(r.Code) == policy.Error && !r.Firm {
				w[policy.Weighed{Installation: inst.ID, Code: r.Code}] = policy.Off
			}
		}
	}
	return w
}

// whole is a set without what names objects that are not there.
func whole(s fact.Set) fact.Set {
	for {
		var bad fact.Builder
		for ref := range fact.Words.Dangling(s) {
			bad.Add(ref.Fact)
		}
		left := s.Minus(bad.Set())
		left = left.Where(func(k fact.Key) bool {
			root := fact.Words.Root(k)
			return left.Has(root) && left.Object(k).At(0).Field == "" && (k == root || left.Object(k).Value(fact.Words.Kind(k.Kind).Key) != "")
		})
		if left.Len() == s.Len() {
			return s
		}
		s = left
	}
}

// withoutReferences is what a target holds without the references for which a
// plan was refused (E23).
func withoutReferences(s fact.Set, p *plan.Plan) fact.Set {
	named := make(map[string]bool)
	for _, f := range p.Findings {
		if f.Code == "E23" {
			named[strings.Join(f.Args, " ")] = true
		}
	}
	var bad fact.Builder
	for ref := range fact.Words.References(s) {
		if named[strings.Join([]string{ref.Target.Kind, ref.Target.Name(), ref.Fact.Kind, ref.Fact.Name()}, " ")] {
			bad.Add(ref.Fact)
		}
	}
	return whole(s.Minus(bad.Set()))
}

// settle proposes a plan, makes sure that nothing of it is written if it is
// refused, and takes the references away that stood in its way.
func settle(t *testing.T, to target.Atomic, goal *plan.Goal) *plan.Plan {
	t.Helper()
	p := propose(t, to, goal)
	if p.Refused() {
		refused(t, to, p)
		byHand(t, to, withoutReferences(read(t, to).Now, p))
		if p = propose(t, to, goal); p.Refused() {
			refused(t, to, p)
		}
	}
	return p
}

// FuzzConverges: a plan is either refused and writes nothing, or its apply
// leaves what is declared and what is not lupa's, and nothing to do.
func FuzzConverges(f *testing.F) {
	seeds(f, 20)
	f.Fuzz(func(t *testing.T, first, others, second []byte) {
		m := &target.Memory{Lineage: "test"}
		start(t, m, first, others)
		goal := randomGoal(facttest.Bytes(second))
		p := settle(t, m, goal)
		if p.Refused() {
			return
		}
		before := read(t, m)
		braked(t, p, goal, before.Now)
		applied(t, m, p)
		after := read(t, m)
		holds(t, goal, p, before, after)
		if again := propose(t, m, goal); !again.Empty() || again.Record || len(again.Drift) > 0 {
			t.Errorf("planned again: %q, record %v, after %q", tell(again), again.Record, tell(p))
		}
	})
}

// holds compares what a target holds with what a goal says, object by object
// and without any of the planner's ways.
func holds(t *testing.T, goal *plan.Goal, p *plan.Plan, before, after fact.Snapshot) {
	t.Helper()
	kept := make(map[fact.Key]bool)
	for _, o := range slices.Concat(p.Unmanaged, p.External) {
		kept[fact.Key{Kind: o.Kind, ID: o.ID}] = true
	}
	was := renamed(before.Now, p.Steps)
	for key, object := range after.Now.Objects() {
		root := fact.Words.Root(key)
		if kept[root] || !goal.View.Sees(root) {
			if !object.Equal(was.Object(key)) {
				t.Errorf("%v is not lupa's and was changed:\n%s", key, cmp.Diff(facttest.Describe(was.Object(key)), facttest.Describe(object)))
			}
			if after.Last.Has(key) && goal.View.Sees(root) {
				t.Errorf("%v is not lupa's and is noted as if it were", key)
			}
			continue
		}
		for _, f := range object.Minus(goal.Facts).All() {
			_, initial := goal.Initial.Index(f)
			_, stayed := was.Index(f)
			field := fact.Words.Kind(f.Kind).Field(f.Field)
			if left := field != nil && field.Initial != "" && goal.Facts.Object(key).Field(f.Field).Len() == 0; !initial && !(left && stayed) {
				t.Errorf("%v is neither declared nor left to the target", f)
			}
		}
		if !after.Last.Object(key).Equal(object) {
			t.Errorf("%v is lupa's and is not noted as it is", key)
		}
	}
	for _, f := range goal.Facts.Minus(after.Now).All() {
		t.Errorf("%v is declared and not there", f)
	}
	for key := range was.Minus(after.Now).Objects() {
		if root := fact.Words.Root(key); kept[root] || !goal.View.Sees(root) {
			t.Errorf("%v is not lupa's, and something of it went", key)
		}
	}
}

func renamed(s fact.Set, steps []order.Step) fact.Set {
	for _, st := range steps {
		if st.Action == order.Rename {
			s = fact.Words.Rename(s, map[fact.Key]string{{Kind: st.Key.Kind, ID: st.From}: st.Key.ID})
		}
	}
	return s
}

// FuzzSamePlan: the same goal and target make the same bytes, and what a plan
// file says is what was planned.
func FuzzSamePlan(f *testing.F) {
	seeds(f, 8)
	f.Fuzz(func(t *testing.T, first, others, second []byte) {
		m := &target.Memory{Lineage: "test"}
		start(t, m, first, others)
		goal := randomGoal(facttest.Bytes(second))
		settle(t, m, goal)
		var files [2]strings.Builder
		for i := range files {
			if err := propose(t, m, randomGoal(facttest.Bytes(second))).Write(&files[i]); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(files[0].String(), files[1].String()); diff != "" {
			t.Errorf("the same goal twice:\n%s", diff)
		}
		p, err := plan.Read([]byte(files[0].String()))
		if err != nil {
			t.Fatal(err)
		}
		want := propose(t, m, goal)
		sets := cmp.Comparer(func(a, b fact.Set) bool { return a.Equal(b) })
		if diff := cmp.Diff(want, p, sets); diff != "" {
			t.Errorf("read back from a file (-written +read):\n%s", diff)
		}
		if p.Refused() {
			return
		}
		fromFile := &target.Memory{Lineage: "test"}
		start(t, fromFile, first, others)
		settle(t, fromFile, goal)
		applied(t, m, want)
		applied(t, fromFile, p)
		if a, b := read(t, m), read(t, fromFile); !a.Now.Equal(b.Now) || !a.Last.Equal(b.Last) {
			t.Error("a plan from a file leads elsewhere than the plan itself")
		}
	})
}

// FuzzSQLiteIsMemory: both kinds of target hold the same and are planned alike.
func FuzzSQLiteIsMemory(f *testing.F) {
	seeds(f, 4)
	f.Fuzz(func(t *testing.T, first, others, second []byte) { isMemory(t, freshSQLite(t), first, others, second) })
}

// TestServerIsMemory: so does PostgreSQL.
func TestServerIsMemory(t *testing.T) {
	server := pgtest.Start(t)
	tries := int64(6)
	if os.Getenv("LUPA_TORTURE") != "" {
		tries = 300
	}
	for seed := range tries {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			place := sqldb.Server(server.Database(t).DSN(), sqldb.Options{})
			if err := place.Create(t.Context()); err != nil {
				t.Fatal(err)
			}
			db, err := place.Open(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			var worlds [3][]byte
			r := rand.New(rand.NewSource(seed))
			for i := range worlds {
				worlds[i] = make([]byte, 4500)
				r.Read(worlds[i])
			}
			isMemory(t, db, worlds[0], worlds[1], worlds[2])
		})
	}
}

// isMemory holds a fresh target against the reference.
func isMemory(t *testing.T, db target.Atomic, first, others, second []byte) {
	t.Helper()
	m := new(target.Memory)
	m.Lineage = read(t, db).Lineage
	start(t, m, first, others)
	start(t, db, first, others)
	goal := randomGoal(facttest.Bytes(second))
	var files []string
	for _, to := range []target.Atomic{m, db} {
		p := settle(t, to, goal)
		var file strings.Builder
		if err := p.Write(&file); err != nil {
			t.Fatal(err)
		}
		files = append(files, file.String())
		if !p.Refused() {
			applied(t, to, p)
		}
	}
	if files[0] != files[1] {
		t.Errorf("memory and the database are planned differently:\n%s\n%s", files[0], files[1])
	}
	if diff := cmp.Diff(facttest.Describe(read(t, m).Now), facttest.Describe(read(t, db).Now)); diff != "" {
		t.Errorf("they hold different facts (-memory +database):\n%s", diff)
	}
	if !read(t, m).Last.Equal(read(t, db).Last) {
		t.Error("they note different facts as lupa's")
	}
}

// TestOrderMeansNothing: files that are listed, documents that stand and keys
// that are written in another order are the same plan, but for the digests of
// the files.
func TestOrderMeansNothing(t *testing.T) {
	const tree = `UserGroup g {title: G, wilma: [wilma.y, wilma.x], primusFields: {deny: [K1], seeOnly: [K2]}}
UserGroup h < old, older {external: true}
Person t-2 {kind: staff, schools: [b, a], groups: [g, h], primusAccount: {linked: false, groups: [g]}}
SurveyTemplate p {author: t-2, sharing: [{school: a, copy: true}, {school: b}]}
SurveyTemplate q {author: gone, school: a, holders: [t-2, t-1]}
AdminTeam k {content: [t-2, t-1], deputies: {t-1: t-2, t-2: t-1}}
Policy l {minExportRows: {y: 1, x: 2}, severities: {W03: {severity: error, reason: x}, W01: {reason: y, severity: warning}}}
PersonOverride o {person: t-1, grant: [wilma.y, wilma.x], validTo: 2026-04-01}`
	m, _ := municipality(t)
	m.Edit(func(s fact.Set) fact.Set { return edited(t, s, "+ UserGroup old\n+ School a title=X\n+ School z") })
	files := treeOf(t, base+tree)
	load := func(fsys fstest.MapFS) *plan.Plan {
		t.Helper()
		loaded, err := config.Load(t.Context(), fsys, config.Options{FirmOnly: true})
		if err != nil || loaded.Refused() {
			t.Fatal(err, loaded.Problems)
		}
		return propose(t, m, loaded.Goal)
	}
	want := load(files)
	if got := load(maps.Clone(files)); got.Hash != want.Hash {
		t.Errorf("the same files: %s and %s", got.Hash, want.Hash)
	}
	r := rand.New(rand.NewSource(1))
	for i := range 20 {
		fsys := fstest.MapFS{"lupa.yaml": files["lupa.yaml"]}
		var docs []string
		for name, file := range files {
			if name != "lupa.yaml" {
				docs = append(docs, turned(string(file.Data), r))
			}
		}
		r.Shuffle(len(docs), func(i, j int) { docs[i], docs[j] = docs[j], docs[i] })
		cut := r.Intn(len(docs))
		fsys["z.yaml"] = &fstest.MapFile{Data: []byte(strings.Join(docs[:cut], "---\n")), Mode: 0o644}
		fsys["b/a.yml"] = &fstest.MapFile{Data: []byte(strings.Join(docs[cut:], "---\n")), Mode: 0o644}
		got := load(fsys)
		for _, p := range []*plan.Plan{got, want} {
			p.Inputs, p.Hash = nil, ""
			for i := range p.Findings {
				p.Findings[i].Pos = nil // and by places they are sorted
			}
			for _, e := range slices.Concat(p.Effect, p.Unchanged) {
				for i := range e.After {
					e.After[i].Pos = nil
				}
			}
			slices.SortFunc(p.Findings, func(a, b plan.Finding) int { return strings.Compare(a.Code, b.Code) })
		}
		a, errA := want.MarshalJSON()
		b, errB := got.MarshalJSON()
		if diff := cmp.Diff(string(a), string(b)); diff != "" || errA != nil || errB != nil {
			t.Fatalf("time %d: %v %v\n%s\n%s", i, errA, errB, diff, strings.Join(docs, "---\n"))
		}
	}
	if want.Summary.Create == 0 || want.Summary.Update == 0 || want.Summary.Warnings == 0 || want.ValidUntil == nil {
		t.Errorf("the plan says too little to tell: %+v", want.Summary)
	}
}

// turned is a document with its lines in another order: kind, metadata and spec
// are a line each.
func turned(doc string, r *rand.Rand) string {
	lines := strings.SplitAfter(strings.TrimSuffix(doc, "\n"), "\n")
	lines[len(lines)-1] += "\n"
	r.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
	return strings.Join(lines, "")
}

// A denied plan stays denied when it is read from a file.
func TestRefusedFromAFile(t *testing.T) {
	m, _ := municipality(t)
	p := propose(t, m, goalOf(t, base+"SurveyTemplate p {author: gone, school: a}", ""))
	var file strings.Builder
	if err := p.Write(&file); err != nil {
		t.Fatal(err)
	}
	back, err := plan.Read([]byte(file.String()))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := reconcile.Apply(t.Context(), back, m, confirming(back)); !errors.Is(err, reconcile.ErrRefused) {
		t.Errorf("applying %q: %v, want %v", tell(back), err, reconcile.ErrRefused)
	}
}
