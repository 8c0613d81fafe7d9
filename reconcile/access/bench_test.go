package access_test

import (
	"fmt"
	"testing"

	"github.com/lupa-dev/lupa/reconcile/access"
	"github.com/lupa-dev/lupa/reconcile/fact"
)

// large is a municipality of so many teachers: 100 schools, 50 groups of ten
// rights each, two groups and one school a person, an override for every
// hundredth.
func large(people int) fact.Set {
	const schools, groups, rights = 100, 50, 10
	var b fact.Builder
	b.Grow(people, 5*people, people)
	add := func(kind, id string, facts ...fact.Fact) {
		key := fact.Key{Kind: kind, ID: id}
		b.Add(fact.Fact{Key: key})
		for _, f := range facts {
			f.Key = key
			b.Add(f)
		}
	}
	is := func(field, value string) fact.Fact { return fact.Fact{Field: field, Value: value} }
	add("Installation", "m", is("system", "inschool"), is("multiPrimus", "true"), is("versions", "wilma=2.17"))
	school := func(i int) string { return fmt.Sprintf("m/k%03d", i%schools) }
	group := func(i int) string { return fmt.Sprintf("m/g%02d", i%groups) }
	for i := range schools {
		add("School", school(i), is("wilma.enabled", "true"), is("surveys.enabled", "true"))
	}
	for i := range groups {
		gives := []fact.Fact{is("wilma", "wilma.surveys.addSurvey")}
		for j := range rights - 1 {
			gives = append(gives, is("wilma", fmt.Sprintf("wilma.register.r%03d.open", i*5+j)))
		}
		add("UserGroup", group(i), gives...)
	}
	for i := range people {
		id := fmt.Sprintf("m/t-%07d", i)
		add("Person", id, is("kind", "teacher"), fact.Fact{Field: "schools", Row: 1, Value: school(i / 7)}, is("groups", group(i)), is("groups", group(i*7+i/50+1)))
		if i%100 == 0 {
			add("PersonOverride", id, is("person", id), is("grant", "wilma.surveys.maintain"))
		}
	}
	return b.Set()
}

func BenchmarkLoad(b *testing.B) {
	facts := large(100_000)
	for b.Loop() {
		access.Load(facts)
	}
}

// BenchmarkAll enumerates every right of 100,000 people.
func BenchmarkAll(b *testing.B) {
	t := access.Load(large(100_000))
	n := 0
	for b.Loop() {
		n = 0
		for range t.All() {
			n++
		}
	}
	b.ReportMetric(float64(n), "rights")
}

func BenchmarkAllowed(b *testing.B) {
	t := access.Load(large(100_000))
	q := access.Question{Who: access.Who{Person: "m/t-0054321"}, Right: "wilma.surveys.addSurvey", Place: "m/k060"}
	if !t.Allowed(q) {
		for got := range t.Of(q.Who) {
			b.Log(got)
		}
		b.Fatal("the question is not what it is meant to be")
	}
	for b.Loop() {
		t.Allowed(q)
	}
}

func BenchmarkWhy(b *testing.B) {
	t := access.Load(large(100_000))
	q := access.Question{Who: access.Who{Person: "m/t-0054321"}, Right: "wilma.surveys.addSurvey", Place: "m/k060"}
	for b.Loop() {
		t.Why(q)
	}
}

// BenchmarkCompare compares two states of 100,000 people of whom one in a
// hundred has another group.
func BenchmarkCompare(b *testing.B) {
	for _, c := range []struct {
		name  string
		every int
	}{{"one in a hundred changed", 100}, {"everybody changed", 1}} {
		b.Run(c.name, func(b *testing.B) {
			before := large(100_000)
			var changed fact.Builder
			n := 0
			for _, f := range before.All() {
				if f.Kind == "Person" && f.Field == "" {
					n++
				}
				if f.Kind == "Person" && f.Field == "groups" && n%c.every == 0 {
					f.Value = "m/g" + fmt.Sprintf("%02d", (n+3)%50)
				}
				changed.Add(f)
			}
			x, y := access.Load(before), access.Load(changed.Set())
			b.ResetTimer()
			for b.Loop() {
				access.Compare(x, y)
			}
		})
	}
}
