package plan

import (
	"slices"
	"strings"

	"github.com/lupa-dev/lupa/reconcile/access"
	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/schema/source"
)

// Effect is a change of effective access that is the same for everybody it
// names: each of People gains, or loses, each of Rights at each of Places, for
// the same reasons.
type Effect struct {
	Kind        string             `json:"kind"`   // of the people: teacher, staff, student, guardian, user
	People      []string           `json:"people"` // cards; a guardian as guardian/child
	Rights      []string           `json:"rights"`
	Places      []string           `json:"places"`
	Sensitivity access.Sensitivity `json:"sensitivity"`
	Gained      bool               `json:"gained"`
	Level       bool               `json:"level,omitempty"`  // a change of level within a family of rights: neither gained nor lost
	Widens      bool               `json:"widens,omitempty"` // gained because something was taken out
	Before      []Reason           `json:"before"`
	After       []Reason           `json:"after"`
}

// Reason is a rule that was applied: by code, and in words.
type Reason struct {
	Rule string       `json:"rule"`
	Case string       `json:"case,omitempty"`
	Args []string     `json:"args"`
	Text string       `json:"text"` // in English, for scripts
	Pos  []source.Pos `json:"pos"`  // of what the people in question have in common
}

// TemplateEffect is what changes for people with survey templates.
type TemplateEffect struct {
	Templates []string        `json:"templates"`
	People    []string        `json:"people"`
	Actions   []access.Action `json:"actions"`
	Places    []string        `json:"places"`
	Gained    bool            `json:"gained"`
	Reason    Reason          `json:"reason"`
}

// Count is how many people have a right at a place.
type Count struct {
	Right  string `json:"right"`
	Place  string `json:"place"`
	People int    `json:"people"`

	Sensitivity access.Sensitivity `json:"sensitivity"`
}

// Speaker puts findings and reasons into words.
type Speaker struct {
	Finding func(Finding) Finding
	Reason  func(Reason) string
	Brake   func(Brake) string
}

// effect fills in what the plan means for people. At serial 0 nobody had
// anything from lupa: then it is counted what people will have, and nothing is
// compared.
func (m *maker) effect(p *Plan) *access.Effect {
	p.Effect, p.Unchanged, p.Templates = []Effect{}, []Effect{}, []TemplateEffect{}
	if p.Empty() {
		return nil
	}
	if p.Target.Serial == 0 {
		p.EffectSummary = counts(m.tableAfter(), m.several)
		return nil
	}
	e := m.compared()
	w := wording{several: m.several, say: m.goal.Say.Reason, origin: m.goal.Origin}
	p.Effect, p.Unchanged, p.Templates = w.effects(e.Shifts), w.effects(e.Kept), w.templates(e.Templates)
	p.Summary.Gained, p.Summary.Lost = e.Gained, e.Lost
	return e
}

// before and after are all that the target holds and is to hold, out of view too:
// what is in view may name it.
func (m *maker) before() fact.Set { return m.have.Plus(m.beyond) }
func (m *maker) after() fact.Set  { return m.want.Plus(m.beyond) }

// Tables is who may do what before and after a plan for what a snapshot holds, and
// whether several installations are spoken of.
func Tables(goal *Goal, snap fact.Snapshot) (before, after *access.Table, several bool) {
	m, _ := begin(goal, snap)
	return m.tableBefore(), m.tableAfter(), m.several
}

// counts is how many people have each right at each place.
func counts(t *access.Table, several bool) []Count {
	var all []Count
	for _, c := range t.Counts() {
		right, _ := t.Right(fact.Key{ID: c.Place}.Installation(), c.Right)
		all = append(all, Count{c.Right, fact.Called(c.Place, several), c.People, right.Sensitivity})
	}
	return all
}

// Effects is what a comparison found, in the words of a plan: what people gain
// and lose, and what stays though something that gave it goes.
func Effects(e *access.Effect, several bool, say func(Reason) string, origin func(fact.Fact) []source.Pos) (effect, unchanged []Effect, templates []TemplateEffect) {
	w := wording{several, say, origin}
	return w.effects(e.Shifts), w.effects(e.Kept), w.templates(e.Templates)
}

// CalledWho is what a person calls somebody: the card, and for a guardian that
// of the child behind it.
func CalledWho(w access.Who, several bool) string {
	if w.Child == "" {
		return fact.Called(w.Person, several)
	}
	return fact.Called(w.Person, several) + "/" + fact.Name(w.Child)
}

// wording turns ids into what people call them, and reasons into words.
type wording struct {
	several bool
	say     func(Reason) string
	origin  func(fact.Fact) []source.Pos // of what holds after; nil where nobody knows
}

func (w wording) effects(shifts []access.Shift) []Effect {
	out := make([]Effect, 0, len(shifts))
	for _, s := range shifts {
		e := Effect{Kind: s.Kind, Rights: s.Rights, Places: w.names(s.Places), Sensitivity: s.Sensitivity, Gained: s.Gained, Level: s.Level, Widens: s.Widens,
			Before: w.reasons(s.Before, nil), After: w.reasons(s.After, w.origin), People: make([]string, len(s.People))}
		for i, who := range s.People {
			e.People[i] = CalledWho(who, w.several)
		}
		out = append(out, e)
	}
	return out
}

func (w wording) templates(shifts []access.TemplateShift) []TemplateEffect {
	out := make([]TemplateEffect, 0, len(shifts))
	for _, s := range shifts {
		out = append(out, TemplateEffect{w.names(s.Templates), w.names(s.People), s.Actions, w.names(s.Places), s.Gained, w.reasons([]access.Reason{s.Reason}, nil)[0]})
	}
	return out
}

func (w wording) names(ids []string) []string {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = w.name(id)
	}
	return names
}

// name is what a person calls an id; other text stays as it is. Ids have a
// slash, and neither keys of rights nor versions have one.
func (w wording) name(text string) string {
	if strings.Contains(text, "/") {
		return fact.Called(text, w.several)
	}
	return text
}

func (w wording) reasons(list []access.Reason, origin func(fact.Fact) []source.Pos) []Reason {
	out := make([]Reason, 0, len(list))
	for _, r := range list {
		reason := Reason{Rule: r.Rule, Case: r.Case, Args: w.names(r.Args), Pos: []source.Pos{}}
		if w.say != nil {
			reason.Text = w.say(reason)
		}
		for _, f := range r.Facts {
			if origin == nil {
				break
			}
			for _, pos := range origin(f) {
				if !slices.Contains(reason.Pos, pos) {
					reason.Pos = append(reason.Pos, pos)
				}
			}
		}
		out = append(out, reason)
	}
	return out
}

// Explain is reasons in the words of a plan, with the places that their facts
// come from.
func Explain(list []access.Reason, several bool, say func(Reason) string, origin func(fact.Fact) []source.Pos) []Reason {
	return wording{several: several, say: say}.reasons(list, origin)
}

// What follows appends the above in canonical form.

func appendEffect(to []byte, e *Effect) []byte {
	to = appendList(append(to, `{"after":`...), e.After, appendReason)
	to = appendList(append(to, `,"before":`...), e.Before, appendReason)
	to = append(to, `,"gained":`...)
	to = appendValue(to, e.Gained)
	to = appendString(append(to, `,"kind":`...), e.Kind)
	if e.Level {
		to = append(to, `,"level":true`...)
	}
	to = appendValue(append(to, `,"people":`...), e.People)
	to = appendValue(append(to, `,"places":`...), e.Places)
	to = appendValue(append(to, `,"rights":`...), e.Rights)
	to = appendString(append(to, `,"sensitivity":`...), string(e.Sensitivity))
	if e.Widens {
		to = append(to, `,"widens":true`...)
	}
	return append(to, '}')
}

func appendTemplate(to []byte, t *TemplateEffect) []byte {
	to = appendOrNull(append(to, `{"actions":`...), t.Actions, appendText)
	to = append(to, `,"gained":`...)
	to = appendValue(to, t.Gained)
	to = appendValue(append(to, `,"people":`...), t.People)
	to = appendValue(append(to, `,"places":`...), t.Places)
	to = appendReason(append(to, `,"reason":`...), &t.Reason)
	to = appendValue(append(to, `,"templates":`...), t.Templates)
	return append(to, '}')
}

func appendReason(to []byte, r *Reason) []byte {
	to = appendValue(append(to, `{"args":`...), r.Args)
	if r.Case != "" {
		to = appendString(append(to, `,"case":`...), r.Case)
	}
	to = appendList(append(to, `,"pos":`...), r.Pos, appendPos)
	to = appendString(append(to, `,"rule":`...), r.Rule)
	return append(appendString(append(to, `,"text":`...), r.Text), '}')
}

func appendCount(to []byte, c *Count) []byte {
	to = appendValue(append(to, `{"people":`...), int64(c.People))
	to = appendString(append(to, `,"place":`...), c.Place)
	to = appendString(append(to, `,"right":`...), c.Right)
	to = appendString(append(to, `,"sensitivity":`...), string(c.Sensitivity))
	return append(to, '}')
}

func appendTitle(to []byte, t *Title) []byte {
	to = appendString(append(to, `{"kind":`...), t.Kind)
	if t.Language != "" {
		to = appendString(append(to, `,"language":`...), t.Language)
	}
	to = appendString(append(to, `,"name":`...), t.Name)
	return append(appendString(append(to, `,"title":`...), t.Title), '}')
}

func appendPos(to []byte, p *source.Pos) []byte {
	to = appendValue(append(to, `{"col":`...), int64(p.Col))
	to = appendString(append(to, `,"file":`...), p.File)
	to = appendValue(append(to, `,"line":`...), int64(p.Line))
	return append(to, '}')
}
