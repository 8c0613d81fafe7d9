package main

import (
	"context"
	"iter"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lupa-dev/lupa/reconcile/access"
	"github.com/lupa-dev/lupa/reconcile/config"
	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/reconcile/report"
	"github.com/lupa-dev/lupa/schema"
	"github.com/lupa-dev/lupa/schema/source"
)

// state is what questions are asked about: what a tree declares for a day, or
// what a target holds.
type state struct {
	tree          *tree // nil for a target
	table         *access.Table
	facts         fact.Set
	lenient       bool // names were checked before: who is not there on the day has nothing
	installations []string
	schools       map[string]int               // of an installation
	origin        func(fact.Fact) []source.Pos // nil for a target
	asOf          report.AsOf
	project       *config.Project
	say           func(plan.Reason) string
	problems      []source.Problem // of what was asked
}

// state reads the tree, or the target whole. Neither is opened for writing.
func (a *app) state(ctx context.Context, live bool) (*state, error) {
	if live {
		return a.liveState(ctx)
	}
	t, err := a.clear(ctx)
	if err != nil {
		return nil, err
	}
	return declared(t), nil
}

// declared is what a valid tree declares.
func declared(t *tree) *state {
	s := newState(t.Goal.Alone(), &t.Project)
	s.tree, s.origin, s.asOf.Day = t, t.Goal.Origin, t.Goal.At.String()
	return s
}

func (a *app) liveState(ctx context.Context) (*state, error) {
	t, at, snap, err := a.whole(ctx)
	if err != nil {
		return nil, err
	}
	s := newState(snap.Now, &t.Project)
	s.asOf.Target, s.asOf.Serial = at.name, snap.Serial
	return s, nil
}

func newState(facts fact.Set, project *config.Project) *state {
	s := &state{table: access.Load(facts), facts: facts, project: project, schools: make(map[string]int), say: report.English().Reason}
	s.installations = s.table.Installations()
	for _, id := range s.table.PlaceIDs() {
		if isSchool(id) {
			s.schools[fact.Key{ID: id}.Installation()]++
		}
	}
	return s
}

// isSchool reports whether a place is a school: units and sections are below
// something.
func isSchool(place string) bool { return !strings.Contains(fact.Name(place), "/") }

// several reports whether names need their installation.
func (s *state) several() bool { return len(s.installations) > 1 }

func (s *state) called(id string) string { return fact.Called(id, s.several()) }

func (s *state) problem(variant string, args ...string) {
	s.problems = append(s.problems, source.Problem{Code: "E01", Case: variant, Args: args})
}

// suggest says what the last problem may have meant.
func (s *state) suggest(name string, candidates iter.Seq[string]) {
	s.problems[len(s.problems)-1].Suggest = schema.Nearest(name, candidates)
}

// id is the id of what is called so. There is no guessing among installations:
// where there are several, which one is part of the name.
func (s *state) id(kind, name string, there func(id string) bool) (string, bool) {
	inst, rest, ok := strings.Cut(name, ":")
	switch {
	case ok && slices.Contains(s.installations, inst):
		return fact.ID(inst, rest), true
	case ok:
		s.problem("object", "Installation", inst)
		s.suggest(inst, slices.Values(s.installations))
		return "", false
	case len(s.installations) == 1:
		return fact.ID(s.installations[0], name), true
	case len(s.installations) == 0:
		s.problem("object", kind, name)
		return "", false
	}
	var in, all []string
	for _, inst := range s.installations {
		all = append(all, inst+":"+name)
		if there(fact.ID(inst, name)) {
			in = append(in, inst+":"+name)
		}
	}
	if len(in) == 0 {
		in = all
	}
	s.problem("which", name, listed(in))
	return "", false
}

// listed is a list of names in one line, not without end.
func listed(names []string) string {
	if len(names) > 10 {
		names = append(slices.Clone(names[:10]), "...")
	}
	return strings.Join(names, ", ")
}

// person is who is called so: a card, or a guardian and a child. Card keys are
// all alike, so that nothing is suggested for one.
func (s *state) person(name string) (access.Who, bool) {
	card, child, forChild := strings.Cut(name, "/")
	card, child = s.unveiled(card), s.unveiled(child)
	has := func(id string) bool { return s.lenient || s.facts.Has(fact.Key{Kind: "Person", ID: id}) }
	id, ok := s.id("Person", card, has)
	switch {
	case !ok:
		return access.Who{}, false
	case !has(id):
		s.problem("object", "Person", card)
		s.suggest(s.called(id), s.persons((fact.Key{ID: id}).Installation()))
		return access.Who{}, false
	case !forChild:
		return access.Who{Person: id}, true
	}
	who := access.Who{Person: id, Child: fact.ID(fact.Key{ID: id}.Installation(), child)}
	if s.lenient {
		return who, true
	}
	children := s.facts.Object(fact.Key{Kind: "Person", ID: id}).Values("children")
	switch {
	case len(children) == 0:
		s.problem("childless", card)
	case !slices.Contains(children, who.Child):
		for i, c := range children {
			children[i] = fact.Name(c)
		}
		s.problem("child", card, child, listed(children))
	default:
		return who, true
	}
	return access.Who{}, false
}

// unveiled is the card that a pseudonym stands for, of a report that somebody read:
// who has the tree may ask about whom it speaks of. Any other text stays as it is.
func (s *state) unveiled(card string) string {
	if !report.IsPseudonym(card) {
		return card
	}
	veil := report.Pseudonyms(pseudonymKey(s.project), nil, 0)
	for _, inst := range s.installations {
		for called := range s.persons(inst) {
			if veil.Who(called) == card {
				return called
			}
		}
	}
	return card
}

// persons are what the people of an installation are called.
func (s *state) persons(inst string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for key := range s.facts.Kind("Person").Objects() {
			if key.Installation() == inst && !yield(s.called(key.ID)) {
				return
			}
		}
	}
}

// one is person, but that a guardian is asked about for one child (R29).
func (s *state) one(name string) (access.Who, bool) {
	who, ok := s.person(name)
	if !ok || who.Child != "" || s.table.KindOf(who) != "guardian" {
		return who, ok
	}
	var asks []string
	for _, child := range s.table.Children(who.Person) {
		asks = append(asks, plan.CalledWho(access.Who{Person: who.Person, Child: child}, s.several()))
	}
	if len(asks) == 0 {
		s.problem("childless", name)
	} else {
		s.problem("guardian", name, listed(asks))
	}
	return who, false
}

// in is the installation that an id is in, or where there is none all.
func (s *state) in(id string) []string {
	if id == "" {
		return s.installations
	}
	return []string{fact.Key{ID: id}.Installation()}
}

// right reports whether one of some installations knows a right: it is in a
// catalogue, or somebody has it all the same, as may be in a target. Otherwise
// the answer is not No: it is most likely a slip of the pen.
func (s *state) right(key string, installations []string) bool {
	for _, inst := range installations {
		if _, ok := s.table.Right(inst, key); ok {
			return true
		}
	}
	held := func(c access.Tally) bool { return c.Right == key && slices.Contains(installations, c.Installation) }
	if slices.ContainsFunc(s.table.Tallies(), held) {
		return true
	}
	s.problem("right", key)
	s.suggest(key, s.rights(installations))
	return false
}

// rights are the keys that installations know, each once.
func (s *state) rights(installations []string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, key := range s.table.RightKeys() {
			known := func(inst string) bool { _, ok := s.table.Right(inst, key); return ok }
			if slices.ContainsFunc(installations, known) && !yield(key) {
				return
			}
		}
	}
}

// place is the id of a place, "" for anywhere.
func (s *state) place(name string) string {
	if name == "" {
		return ""
	}
	name = strings.TrimRight(name, "/")
	id, ok := s.id("School", name, s.table.IsPlace)
	if !ok || s.table.IsPlace(id) {
		return id
	}
	s.problem("place", s.called(id))
	s.suggest(s.called(id), s.places(s.in(id)))
	return ""
}

// places are the names of the places in installations.
func (s *state) places(installations []string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, id := range s.table.PlaceIDs() {
			if slices.Contains(installations, fact.Key{ID: id}.Installation()) && !yield(s.called(id)) {
				return
			}
		}
	}
}

// sensitivity is how much harm a right can do: where installations differ, the
// most.
func (s *state) sensitivity(key string, installations []string) access.Sensitivity {
	most := access.Low
	for i, inst := range installations {
		if r, _ := s.table.Right(inst, key); i == 0 || r.Sensitivity.Rank() > most.Rank() {
			most = r.Sensitivity
		}
	}
	return most
}

// where is what places are called. Every school is said so.
func (s *state) where(ids []string) report.Places {
	p := report.Places{Names: make([]string, len(ids))}
	schools := 0
	for i, id := range ids {
		p.Names[i] = s.called(id)
		if isSchool(id) {
			schools++
		}
	}
	p.Every = len(ids) > 0 && schools == len(ids) && schools == s.schools[fact.Key{ID: ids[0]}.Installation()]
	return p
}

// explain is reasons in words, with where they are written.
func (s *state) explain(reasons []access.Reason) []plan.Reason {
	return plan.Explain(reasons, s.several(), s.say, s.origin)
}

// accept refuses a question with something in it that is not there, and says
// all that is.
func (a *app) acceptQuestion(s *state) error {
	if len(s.problems) == 0 {
		return nil
	}
	return a.refuse(plan.Problems(s.problems...), nil, say("what was asked about is not there"), say("see what is with: %s", a.command("access", "--all")))
}

// placeFlag adds --place, and --school, which is the same.
func (a *app) placeFlag(cmd *cobra.Command, place *string) {
	cmd.Flags().StringVar(place, "place", "", "a school, unit/NAME or ims/SECTION/PATH (default anywhere)")
	cmd.Flags().StringVar(place, "school", "", "the same as --place")
	cmd.MarkFlagsMutuallyExclusive("place", "school")
	for _, flag := range []string{"place", "school"} {
		_ = cmd.RegisterFlagCompletionFunc(flag, func(cmd *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
			return a.completions(cmd, begun, func(s *state) iter.Seq[string] { return s.places(s.installations) })
		})
	}
}

// namedPlace refuses a flag for a place that names none.
func namedPlace(cmd *cobra.Command) error {
	for _, name := range []string{"place", "school"} {
		if f := cmd.Flags().Lookup(name); f.Changed && f.Value.String() == "" {
			return usage("--%s takes a place", name)
		}
	}
	return nil
}

func liveFlag(cmd *cobra.Command, live *bool) {
	cmd.Flags().BoolVar(live, "live", false, "ask what the target holds now, and not what the tree declares")
}

// complete completes arguments, one kind of name after the other.
func (a *app) complete(args ...func(*state) iter.Seq[string]) cobra.CompletionFunc {
	return func(cmd *cobra.Command, given []string, begun string) ([]string, cobra.ShellCompDirective) {
		if len(given) >= len(args) {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return a.completions(cmd, begun, args[len(given)])
	}
}

// maxCompletions is how many names a shell is given to choose from.
const maxCompletions = 500

func (a *app) completions(cmd *cobra.Command, begun string, names func(*state) iter.Seq[string]) ([]string, cobra.ShellCompDirective) {
	a.quiet = true
	t, err := a.load(cmd.Context())
	if err != nil || t.Refused() {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var found []string
	for name := range names(declared(t)) {
		if strings.HasPrefix(name, begun) && len(found) < maxCompletions {
			found = append(found, name)
		}
	}
	return found, cobra.ShellCompDirectiveNoFileComp
}

// The lists that arguments are completed from.

func knownRights(s *state) iter.Seq[string] { return s.rights(s.installations) }

func askable(s *state) iter.Seq[string] {
	return func(yield func(string) bool) {
		for w := range s.table.Persons() {
			if !yield(plan.CalledWho(w, s.several())) {
				return
			}
		}
	}
}
