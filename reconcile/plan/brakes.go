package plan

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/lupa-dev/lupa/reconcile/access"
	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/policy"
	"github.com/lupa-dev/lupa/schema/source"
)

// ErrBraked is why a plan is not applied whose brakes were not passed, or for
// which something was acknowledged that is not this plan's. It comes wrapped in
// what that is.
var ErrBraked = errors.New("the plan is held back by its brakes")

// Brake is something that the plan does and that somebody has to confirm.
type Brake struct {
	Name    string   `json:"name"`
	Figure  int      `json:"figure"`
	Code    string   `json:"code"`
	Case    string   `json:"case"`
	Args    []string `json:"args"`
	Message string   `json:"message"` // in English, for scripts
}

// hashDigits is how much of a plan's hash people type.
const hashDigits = 12

// Acknowledgement is somebody's word that a brake of a plan may be passed: one
// brake, with this very figure, of one plan.
type Acknowledgement struct {
	Name   string
	Figure int
	Hash   string // of the plan: at least its first 12 digits
}

func (a Acknowledgement) String() string { return fmt.Sprintf("%s=%d@%s", a.Name, a.Figure, a.Hash) }

var acknowledgement = regexp.MustCompile(`^([A-Za-z]+(?:\.[A-Za-z]+)?)=(\d{1,9})@([0-9a-f]{12,64})$`)

// ParseAcknowledgement reads an acknowledgement as it is typed:
// removals=52@1a2b3c4d5e6f.
func ParseAcknowledgement(text string) (Acknowledgement, error) {
	m := acknowledgement.FindStringSubmatch(text)
	if m == nil {
		return Acknowledgement{}, fmt.Errorf("%.100q is no acknowledgement: they look like removals=52@1a2b3c4d5e6f, and every plan shows its own", text)
	}
	figure, err := strconv.Atoi(m[2])
	return Acknowledgement{m[1], figure, m[3]}, err
}

// acknowledgements are those that pass the brakes of the plan, as they are typed.
func (p *Plan) acknowledgements() []string {
	all := make([]string, 0, len(p.Brakes))
	for _, b := range p.Brakes {
		all = append(all, Acknowledgement{b.Name, b.Figure, p.Hash[:hashDigits]}.String())
	}
	return all
}

// Pass holds what was acknowledged against the plan's brakes: all of them must be,
// and nothing else. The error is ErrBraked and says what is missing, or why an
// acknowledgement is void.
func (p *Plan) Pass(acknowledged []Acknowledgement) error {
	passed := make(map[string]bool)
	var wrong []error
	for _, a := range acknowledged {
		if why := p.void(a); why != nil {
			wrong = append(wrong, fmt.Errorf("%s is void: %w", a, why))
		}
		passed[a.Name] = true
	}
	var missing []string
	for i, b := range p.Brakes {
		if !passed[b.Name] {
			missing = append(missing, p.Acknowledge[i])
		}
	}
	if len(missing) > 0 {
		wrong = append(wrong, fmt.Errorf("nobody acknowledged %s", strings.Join(missing, ", ")))
	}
	if len(wrong) == 0 {
		return nil
	}
	all := wrong[0]
	for _, another := range wrong[1:] {
		all = fmt.Errorf("%w; %w", all, another)
	}
	return fmt.Errorf("%w: %w", ErrBraked, all)
}

// void is why an acknowledgement does not pass anything of this plan.
func (p *Plan) void(a Acknowledgement) error {
	i := slices.IndexFunc(p.Brakes, func(b Brake) bool { return b.Name == a.Name })
	switch {
	case !strings.HasPrefix(p.Hash, a.Hash):
		return fmt.Errorf("it is for another plan, this one is %s", p.Hash[:hashDigits])
	case i < 0:
		return errors.New("this plan has no brake of that name")
	case p.Brakes[i].Figure != a.Figure:
		return fmt.Errorf("the figure of this plan is %d", p.Brakes[i].Figure)
	}
	return nil
}

// acknowledged makes sure that what a file lists to be acknowledged is what its
// brakes and its hash come to: it is not part of what the hash is made of. A plan
// by an older lupa has neither.
func (p *Plan) acknowledged(listed []byte) error {
	var want []byte
	if p.Brakes != nil {
		p.Acknowledge = p.acknowledgements()
		want = appendValue(nil, p.Acknowledge)
	}
	if !bytes.Equal(listed, want) {
		return errors.New("what is to be acknowledged is not what its brakes are")
	}
	return nil
}

// brakes are the brakes that the plan trips. What people gain and lose was
// compared already, but for a first plan: there gains do not brake, and losses
// can only be where the target holds something that goes or changes. What the usual
// figures would hold back and a Guard lets pass is said: the same change may have
// loosened it.
func (m *maker) brakes(first bool, changes []fact.Change, effect *access.Effect) (out []Brake, passed []Finding) {
	takes := slices.ContainsFunc(changes, func(c fact.Change) bool { return c.Del.Len() > 0 })
	if effect == nil && takes {
		effect = access.Compare(m.tableBefore(), m.tableAfter())
	}
	if effect == nil {
		effect = &access.Effect{}
	}
	f := policy.Figures{Several: m.several, Removals: m.removals(changes, effect.Losing), Unheld: m.unheld(effect.Shifts)}
	if !first {
		f.Gains = shares(effect.Gaining, m.persons)
		f.Sensitive = m.sensitive(effect.Shifts)
	}
	out = []Brake{}
	for _, b := range policy.Brakes(m.goal.Guard, f) {
		brake := Brake{b.Name, b.Figure, b.Code, b.Case, append([]string{}, b.Args...), ""}
		if m.goal.Say.Brake != nil {
			brake.Message = m.goal.Say.Brake(brake)
		}
		out = append(out, brake)
	}
	for _, b := range policy.Brakes(policy.Guard{}, f) {
		if slices.ContainsFunc(out, func(held Brake) bool { return held.Name == b.Name }) {
			continue
		}
		f := Finding{Code: "G09", Severity: policy.Warning, Args: []string{b.Name, strconv.Itoa(b.Figure)}, Pos: []source.Pos{}, Subject: "Guard"}
		if m.goal.Say.Finding != nil {
			f = m.goal.Say.Finding(f)
		}
		passed = append(passed, f)
	}
	return out, passed
}

// persons are the cards that the target holds, by installation.
func (m *maker) persons() map[string]int { return policy.CountObjects(m.have, "Person") }

// removals counts what goes: objects that are no longer declared, by kind, and of
// kind Person also those who lose a right. What is declared and no longer in force
// comes to its end as somebody wrote it down, and renames take nothing away.
func (m *maker) removals(changes []fact.Change, losing []string) map[string]policy.Shares {
	gone := make(map[string]map[string]int)
	people := make(map[string]bool, len(losing))
	for _, id := range losing {
		people[id] = true
	}
	for _, c := range changes {
		if c.Add.Len() > 0 || !whole(c.Del) || fact.Words.Root(c.Key) != c.Key || m.goal.Dormant.Has(c.Key) {
			continue
		}
		if gone[c.Key.Kind] == nil {
			gone[c.Key.Kind] = make(map[string]int)
		}
		gone[c.Key.Kind][c.Key.Installation()]++
		if c.Key.Kind == "Person" {
			people[c.Key.ID] = true
		}
	}
	all := make(map[string]policy.Shares)
	for kind, byInst := range gone {
		before, after := policy.CountObjects(m.have, kind), policy.CountObjects(m.want, kind)
		all[kind] = make(policy.Shares)
		for inst, n := range byInst {
			all[kind][inst] = policy.Share{Affected: n, Before: before[inst], Gone: n, After: after[inst]}
		}
	}
	if len(people) > 0 {
		cards := all["Person"]
		all["Person"] = shares(slices.Collect(maps.Keys(people)), m.persons)
		for inst, s := range all["Person"] {
			s.Gone, s.After = cards[inst].Gone, cards[inst].After
			all["Person"][inst] = s
		}
	}
	return all
}

// shares counts people by installation; before is asked for where there are any.
func shares(people []string, before func() map[string]int) policy.Shares {
	if len(people) == 0 {
		return nil
	}
	there, all := before(), make(policy.Shares)
	for _, id := range people {
		inst := fact.Key{ID: id}.Installation()
		s := all[inst]
		s.Affected, s.Before = s.Affected+1, there[inst]
		all[inst] = s
	}
	return all
}

// sensitive counts who gains rights of the classes that the guard watches.
func (m *maker) sensitive(shifts []access.Shift) map[access.Sensitivity]policy.Sensitive {
	gaining := make(map[access.Sensitivity]map[string]bool)
	rights := make(map[access.Sensitivity]map[string]bool)
	for _, s := range shifts {
		class := s.Sensitivity
		if !s.Gained || s.Level || !m.goal.Guard.Watches(class) {
			continue
		}
		if gaining[class] == nil {
			gaining[class], rights[class] = make(map[string]bool), make(map[string]bool)
		}
		for _, who := range s.People {
			gaining[class][who.Person] = true
		}
		for _, right := range s.Rights {
			rights[class][right] = true
		}
	}
	all := make(map[access.Sensitivity]policy.Sensitive)
	for class, people := range gaining {
		all[class] = policy.Sensitive{Shares: shares(slices.Collect(maps.Keys(people)), m.persons), Rights: slices.Sorted(maps.Keys(rights[class]))}
	}
	return all
}

// unheld are the rights of class high and critical that all lose who had them at
// a place, and nobody else has there. Whoever keeps another right of the family
// has another level of the same, and has not lost it. A place that goes counts
// too: whoever had a right there has it no longer.
func (m *maker) unheld(shifts []access.Shift) []access.Question {
	class := make(map[access.Question]access.Sensitivity)
	keeps := make(map[access.Question]bool)
	for _, s := range shifts {
		if s.Gained || !s.Sensitivity.Grave() {
			continue
		}
		for _, right := range s.Rights {
			for _, place := range s.Places {
				q := access.Question{Right: right, Place: place}
				if s.Level {
					keeps[q] = true
				} else {
					class[q] = s.Sensitivity
				}
			}
		}
	}
	maps.DeleteFunc(class, func(q access.Question, _ access.Sensitivity) bool { return keeps[q] })
	if len(class) == 0 {
		return nil
	}
	asked := slices.SortedFunc(maps.Keys(class), func(a, b access.Question) int {
		if by := class[b].Rank() - class[a].Rank(); by != 0 {
			return by
		}
		if by := strings.Compare(a.Right, b.Right); by != 0 {
			return by
		}
		return strings.Compare(a.Place, b.Place)
	})
	return m.tableAfter().Unheld(asked)
}
