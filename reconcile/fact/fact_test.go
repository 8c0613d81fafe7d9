package fact_test

import (
	"math/rand"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/facttest"
)

func seeds(f *testing.F) {
	for seed := range int64(20) {
		data := make([]byte, 600)
		rand.New(rand.NewSource(seed)).Read(data)
		f.Add(data[:300], data[300:])
	}
}

// FuzzDiffApply holds the laws that everything else rests on.
func FuzzDiffApply(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, a, b []byte) {
		have, want := facttest.World(facttest.Bytes(a)), facttest.World(facttest.Bytes(b))
		changes := fact.Diff(have, want)
		if got := have.Apply(changes...); !got.Equal(want) {
			t.Errorf("have.Apply(Diff(have, want)) differs from want:\n%s", cmp.Diff(facttest.Describe(want), facttest.Describe(got)))
		}
		for _, s := range []fact.Set{have, want} {
			if d := fact.Diff(s, s); len(d) != 0 {
				t.Errorf("Diff(x, x) has %d changes", len(d))
			}
		}
		if equal := have.Equal(want); (have.Digest() == want.Digest()) != equal || (len(changes) == 0) != equal {
			t.Errorf("equal is %v, digests equal %v, %d changes", equal, have.Digest() == want.Digest(), len(changes))
		}
		for _, c := range changes {
			if c.Del.Minus(c.Add).Len() != c.Del.Len() || c.Del.Len()+c.Add.Len() == 0 {
				t.Errorf("%v: the change does nothing, or takes and gives the same fact", c.Key)
			}
		}
	})
}

// FuzzOrder: the order in which facts arrive makes no difference.
func FuzzOrder(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, a, b []byte) {
		s := facttest.World(facttest.Bytes(a))
		var facts []fact.Fact
		for _, f := range s.All() {
			facts = append(facts, f, f)
		}
		choose := facttest.Bytes(b)
		for i := range facts {
			j := i + choose(len(facts)-i)
			facts[i], facts[j] = facts[j], facts[i]
		}
		got := fact.Of(facts...)
		if !got.Equal(s) || got.Digest() != s.Digest() {
			t.Errorf("shuffled and doubled, the set differs:\n%s", cmp.Diff(facttest.Describe(s), facttest.Describe(got)))
		}
		if !slices.IsSortedFunc(facts, fact.Fact.Compare) {
			slices.SortFunc(facts, fact.Fact.Compare)
		}
		for i, f := range got.All() {
			if f != facts[2*i] {
				t.Fatalf("fact %d is %v, want %v", i, f, facts[2*i])
			}
		}
	})
}

// FuzzBinary: the binary form is the set, and nothing else is accepted for it.
func FuzzBinary(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, a, b []byte) {
		s := facttest.World(facttest.Bytes(a))
		data, err := s.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		var back fact.Set
		if err := back.UnmarshalBinary(data); err != nil || !back.Equal(s) {
			t.Fatalf("read back: %v\n%s", err, cmp.Diff(facttest.Describe(s), facttest.Describe(back)))
		}
		choose := facttest.Bytes(b)
		at := choose(256)*256 + choose(256)
		broken := slices.Clone(data)
		broken[at%len(data)] ^= byte(1 + choose(255))
		var other fact.Set
		if err := other.UnmarshalBinary(broken); err == nil && other.Equal(s) {
			t.Errorf("byte %d altered, and read as the same set", at%len(data))
		}
		_ = other.UnmarshalBinary(b) // must not panic
	})
}

func TestSetOperations(t *testing.T) {
	key := func(s string) fact.Key { return fact.Key{Kind: "School", ID: "m/" + s} }
	a := fact.Of(fact.Fact{Key: key("a")}, fact.Fact{Key: key("b")}, fact.Fact{Key: key("b"), Field: "title", Value: "B"})
	b := fact.Of(fact.Fact{Key: key("b")}, fact.Fact{Key: key("c")})
	if got := a.Plus(b).Len(); got != 4 {
		t.Errorf("union has %d facts, want 4", got)
	}
	if got := facttest.Describe(a.Minus(b)); len(got) != 2 {
		t.Errorf("difference is %q", got)
	}
	if !a.Has(key("a")) || a.Has(key("c")) || a.Object(key("b")).Value("title") != "B" || a.Kind("Person").Len() != 0 {
		t.Error("looking up objects")
	}
	if got := a.Where(func(k fact.Key) bool { return k.Name() == "b" }); got.Len() != 2 {
		t.Errorf("where: %q", facttest.Describe(got))
	}
	var zero fact.Set
	if !zero.Equal(fact.Of()) || zero.Digest() != fact.Of().Digest() || zero.Has(key("a")) || len(fact.Diff(zero, a)) != 2 {
		t.Error("the zero set is not the empty set")
	}
	if i := a.Start(a.Object(key("b"))); a.At(i).ID != "m/b" || i != 1 {
		t.Errorf("the object starts at %d", i)
	}
}

// TestRenameFollows: whatever named the object names it still.
func TestRenameFollows(t *testing.T) {
	before := fact.Of(
		fact.Fact{Key: fact.Key{Kind: "School", ID: "m/vanha"}},
		fact.Fact{Key: fact.Key{Kind: "Person", ID: "m/t-1"}, Field: "schools", Row: 1, Value: "m/vanha"},
		fact.Fact{Key: fact.Key{Kind: "SurveyTemplate", ID: "m/palaute"}, Field: "school", Value: "m/vanha"},
		fact.Fact{Key: fact.Key{Kind: "SurveyTemplate", ID: "m/palaute"}, Field: "author", Value: "m/t-1"},
		fact.Fact{Key: fact.Key{Kind: "Sharing", ID: "m/palaute/vanha"}, Field: "school", Value: "m/vanha"},
		fact.Fact{Key: fact.Key{Kind: "AdminTeam", ID: "m/team"}, Field: "deputies", Value: "m/t-1=m/t-2"},
		fact.Fact{Key: fact.Key{Kind: "UserGroup", ID: "m/vanha"}, Field: "title", Value: "m/vanha"},
	)
	for _, c := range []struct {
		name string
		ids  map[fact.Key]string
		want []string
	}{
		{"a school", map[fact.Key]string{{Kind: "School", ID: "m/vanha"}: "m/uusi"}, []string{
			`AdminTeam m/team · deputies · 0 · "m/t-1=m/t-2"`,
			`Person m/t-1 · schools · 1 · "m/uusi"`,
			`School m/uusi ·  · 0 · ""`,
			`Sharing m/palaute/uusi · school · 0 · "m/uusi"`,
			`SurveyTemplate m/palaute · author · 0 · "m/t-1"`,
			`SurveyTemplate m/palaute · school · 0 · "m/uusi"`,
			`UserGroup m/vanha · title · 0 · "m/vanha"`,
		}},
		{"a person, named loosely and in a map", map[fact.Key]string{{Kind: "Person", ID: "m/t-1"}: "m/t-9"}, []string{
			`AdminTeam m/team · deputies · 0 · "m/t-9=m/t-2"`,
			`Person m/t-9 · schools · 1 · "m/vanha"`,
			`School m/vanha ·  · 0 · ""`,
			`Sharing m/palaute/vanha · school · 0 · "m/vanha"`,
			`SurveyTemplate m/palaute · author · 0 · "m/t-9"`,
			`SurveyTemplate m/palaute · school · 0 · "m/vanha"`,
			`UserGroup m/vanha · title · 0 · "m/vanha"`,
		}},
		{"the installation", map[fact.Key]string{{Kind: "Installation", ID: "m"}: "n"}, []string{
			`AdminTeam n/team · deputies · 0 · "n/t-1=n/t-2"`,
			`Person n/t-1 · schools · 1 · "n/vanha"`,
			`School n/vanha ·  · 0 · ""`,
			`Sharing n/palaute/vanha · school · 0 · "n/vanha"`,
			`SurveyTemplate n/palaute · author · 0 · "n/t-1"`,
			`SurveyTemplate n/palaute · school · 0 · "n/vanha"`,
			`UserGroup n/vanha · title · 0 · "m/vanha"`,
		}},
	} {
		if diff := cmp.Diff(c.want, facttest.Describe(fact.Words.Rename(before, c.ids))); diff != "" {
			t.Errorf("%s renamed:\n%s", c.name, diff)
		}
	}
}

func TestDanglingNamesWhatIsNotThere(t *testing.T) {
	s := fact.Of(
		fact.Fact{Key: fact.Key{Kind: "School", ID: "m/a"}},
		fact.Fact{Key: fact.Key{Kind: "Person", ID: "m/t-1"}},
		fact.Fact{Key: fact.Key{Kind: "Person", ID: "m/t-1"}, Field: "schools", Row: 1, Value: "m/a"},
		fact.Fact{Key: fact.Key{Kind: "Person", ID: "m/t-1"}, Field: "groups", Value: "m/a"}, // a school is no group
		fact.Fact{Key: fact.Key{Kind: "SurveyTemplate", ID: "m/p"}, Field: "author", Value: "m/gone"},
		fact.Fact{Key: fact.Key{Kind: "AdminTeam", ID: "m/team"}, Field: "deputies", Value: "m/t-1=m/t-2"},
	)
	var got []string
	for ref := range fact.Words.Dangling(s) {
		got = append(got, ref.Fact.ID+" "+ref.Fact.Field+" "+ref.Target.Kind+" "+ref.Target.ID)
	}
	want := []string{"m/team deputies Person m/t-2", "m/t-1 groups UserGroup m/a"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestScope(t *testing.T) {
	sc := fact.Scope{Ignore: []fact.Pattern{{Kind: "UserGroup", Name: "vanha-*"}, {Kind: "SurveyTemplate", Name: "x"}}}
	for key, want := range map[fact.Key]bool{
		{Kind: "UserGroup", ID: "m/vanha-opet"}: false,
		{Kind: "UserGroup", ID: "m/uusi"}:       true,
		{Kind: "School", ID: "m/vanha-koulu"}:   true,
		{Kind: "Sharing", ID: "m/x/testila"}:    false,
		{Kind: "Sharing", ID: "m/y/testila"}:    true,
	} {
		if got := sc.Sees(key); got != want {
			t.Errorf("%v in view: %v, want %v", key, got, want)
		}
	}
}

// TestVocabulary holds what the generic code takes for granted of every word.
func TestVocabulary(t *testing.T) {
	rank := fact.Words.Rank()
	for _, k := range fact.Words.Kinds {
		if k.Doc == "" || k.Name == "" {
			t.Errorf("kind %q has no name or doc", k.Name)
		}
		if k.Parent != "" && (fact.Words.Kind(k.Parent) == nil || k.Field(k.Key) == nil || k.In == "" || rank[k.Parent] >= rank[k.Name]) {
			t.Errorf("kind %s does not stand properly in %s", k.Name, k.Parent)
		}
		seen := map[string]bool{}
		for _, f := range k.Fields {
			if seen[f.Name] || f.Name == "" || f.Doc == "" {
				t.Errorf("%s.%s: doubled, nameless or without doc", k.Name, f.Name)
			}
			seen[f.Name] = true
			if (f.Shape == fact.One) != (f.Item == "") {
				t.Errorf("%s.%s: exactly fields of several values name their item", k.Name, f.Name)
			}
			if (f.Type == fact.Ref) != (f.Ref != "") || f.Ref != "" && fact.Words.Kind(f.Ref) == nil {
				t.Errorf("%s.%s: refers to %q", k.Name, f.Name, f.Ref)
			}
			if f.Ref != "" && f.Ref != k.Name && !f.Loose && rank[f.Ref] >= rank[k.Name] {
				t.Errorf("%s.%s: made before the %s that it names", k.Name, f.Name, f.Ref)
			}
			if f.Initial != "" && f.Default != "" || f.Shape.Keyed() && (f.Type == fact.Flag || f.Crosses) || strings.Contains(f.Name, "=") {
				t.Errorf("%s.%s: a combination that nothing handles", k.Name, f.Name)
			}
		}
	}
}

func TestEscape(t *testing.T) {
	for key, want := range map[string]string{
		"":            "",
		"t-1042":      "t-1042",
		"T-1042":      "_54-1042",
		"a_b":         "a_5fb",
		"-a.":         "_2da_2e",
		"knative/Doc": "knative_2f_44oc",
		"ä":           "_c3_a4",
		"a.b-c":       "a.b-c",
	} {
		if got := fact.Escape(key); got != want {
			t.Errorf("%q: got %q, want %q", key, got, want)
		}
	}
}

// TestIsName holds IsName to the form that the schemas give names.
func TestIsName(t *testing.T) {
	form := regexp.MustCompile(`^[a-z0-9_]([a-z0-9._-]*[a-z0-9])?$`)
	texts := []string{"", strings.Repeat("a", fact.MaxName), strings.Repeat("a", fact.MaxName+1), "a\n"}
	for range 4 {
		for _, text := range texts[:min(len(texts), 5000)] {
			for _, c := range []string{"a", "0", "_", ".", "-", "A", "ä", "/"} {
				texts = append(texts, text+c)
			}
		}
	}
	for _, text := range texts {
		if got, want := fact.IsName(text), form.MatchString(text) && len(text) <= fact.MaxName; got != want {
			t.Fatalf("%q: %v, want %v", text, got, want)
		}
	}
}
