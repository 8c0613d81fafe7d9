package main

import (
	"slices"

	"github.com/spf13/cobra"

	"github.com/lupa-dev/lupa/reconcile/access"
	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/reconcile/report"
)

func (a *app) accessCommand() *cobra.Command {
	var all, live bool
	cmd := &cobra.Command{
		Use: "access PERSON | --all", GroupID: groupSee, Args: takes(0, 1, "one PERSON, or --all"), Annotations: map[string]string{formats: "text json jsonl"},
		Short: "Show what one person may do, or how many may do what",
		Long: `Shows everything that one person may do, where and why; of a guardian, for each
child, or as GUARDIAN/CHILD for one. With --all, how many people have which rights;
with --format jsonl every right of everybody, one line each, sorted.`,
		Example: `  lupa access t-1042
  lupa access --all --format jsonl | jq -r .right | sort | uniq -c`,
		ValidArgsFunction: a.complete(askable),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case all && len(args) > 0:
				return usage("access takes a PERSON or --all, not both")
			case !all && len(args) == 0:
				return usage("access takes a PERSON, or --all")
			}
			s, err := a.state(cmd.Context(), live)
			if err != nil {
				return err
			}
			if all {
				return a.accessOfAll(s, live)
			}
			return a.accessOf(s, args[0])
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "of everybody")
	liveFlag(cmd, &live)
	return cmd
}

func (a *app) accessOf(s *state, name string) error {
	who, _ := s.person(name)
	if err := a.acceptQuestion(s); err != nil {
		return err
	}
	if a.format == "jsonl" {
		return report.AccessLines(a.out, s.table, s.several(), s.whole(who))
	}
	found := s.access(who)
	if a.json() {
		return a.print(report.AccessJSON(found))
	}
	a.text(a.out).Access(found)
	return nil
}

func (a *app) accessOfAll(s *state, live bool) error {
	people := slices.Collect(s.table.Persons())
	switch a.format {
	case "jsonl":
		return report.AccessLines(a.out, s.table, s.several(), people)
	case "json":
		return report.AccessAllJSON(a.out, s.table, s.several(), people, s.asOf)
	}
	var more []string
	if live {
		more = []string{"--live"}
	}
	a.text(a.out).Summary(s.summary(), a.command(append([]string{"who", "RIGHT"}, more...)...), a.command(append([]string{"access", "--all", "--format", "jsonl"}, more...)...))
	return nil
}

// whole is somebody, and of a guardian without a child everybody that is.
func (s *state) whole(who access.Who) []access.Who {
	if who.Child != "" || s.table.KindOf(who) != "guardian" {
		return []access.Who{who}
	}
	var all []access.Who
	for _, child := range s.table.Children(who.Person) {
		all = append(all, access.Who{Person: who.Person, Child: child})
	}
	return all
}

// access is everything that somebody may do.
func (s *state) access(who access.Who) report.Access {
	found := report.Access{AsOf: s.asOf, Person: plan.CalledWho(who, s.several()), Kind: s.table.KindOf(who)}
	for _, w := range s.whole(who) {
		found.Cards = append(found.Cards, report.Card{Who: plan.CalledWho(w, s.several()), Rights: s.held(w), Templates: s.templates(w)})
	}
	return found
}

func (s *state) held(who access.Who) []report.Held {
	var rights []report.Held
	var places [][]string
	for q := range s.table.Of(who) {
		if n := len(rights); n == 0 || rights[n-1].Right != q.Right {
			reasons := s.table.For(access.Question{Who: who, Right: q.Right})
			rights = append(rights, report.Held{Right: q.Right, Sensitivity: s.sensitivity(q.Right, s.in(who.Person)), For: s.explain(reasons)})
			places = append(places, nil)
		}
		places[len(places)-1] = append(places[len(places)-1], q.Place)
	}
	for i := range rights {
		rights[i].Places = s.where(places[i])
	}
	return rights
}

// templates is what somebody may do with survey templates.
func (s *state) templates(who access.Who) []report.Template {
	if kind := s.table.KindOf(who); kind != "teacher" && kind != "staff" {
		return nil
	}
	inst := fact.Key{ID: who.Person}.Installation()
	var schools []string
	for _, id := range s.table.PlaceIDs() {
		if isSchool(id) && (fact.Key{ID: id}).Installation() == inst {
			schools = append(schools, id)
		}
	}
	var all []report.Template
	for key := range s.facts.Kind("SurveyTemplate").Objects() {
		if key.Installation() != inst {
			continue
		}
		if deeds := s.deeds(who.Person, key.ID, schools); len(deeds) > 0 {
			all = append(all, report.Template{Name: s.called(key.ID), Deeds: deeds})
		}
	}
	return all
}

func (s *state) deeds(person, template string, schools []string) []report.Deed {
	var deeds []report.Deed
	for _, action := range access.Actions {
		d := report.Deed{Action: action, Places: []string{}}
		if !action.InSchool() {
			if s.table.May(person, action, template, "") {
				deeds = append(deeds, d)
			}
			continue
		}
		for _, school := range schools {
			if s.table.May(person, action, template, school) {
				d.Places = append(d.Places, s.called(school))
			}
		}
		if len(d.Places) > 0 {
			deeds = append(deeds, d)
		}
	}
	return deeds
}

// summary is how many people have which rights, by installation.
func (s *state) summary() report.Summary {
	sum := report.Summary{AsOf: s.asOf, Project: s.project.Name}
	for _, c := range s.table.Tallies() {
		if n := len(sum.Parts); n == 0 || sum.Parts[n-1].Installation != c.Installation {
			sum.Parts = append(sum.Parts, report.Part{Installation: c.Installation})
		}
		part := &sum.Parts[len(sum.Parts)-1]
		part.Rights = append(part.Rights, report.Count{Tally: c, Sensitivity: s.sensitivity(c.Right, s.in(c.Installation))})
	}
	return sum
}
