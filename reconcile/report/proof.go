package report

import (
	"strings"

	"github.com/lupa-dev/lupa/reconcile/access"
	"github.com/lupa-dev/lupa/reconcile/calendar"
	"github.com/lupa-dev/lupa/reconcile/plan"
)

// Proof is what became of the claim that nobody gains certain rights, or anything.
type Proof struct {
	Claims  []string      // rights
	Nothing bool          // nobody gains anything
	Against string        // what it was compared with
	At      calendar.Day  // looked at: where it does not hold, the first such day
	Until   *calendar.Day // every day from At to before here; nil for one day
	Later   *calendar.Day // when something begins or ends that was not looked at, if anything does
	Gains   int           // that contradict it: of a person, a right and a place
	Example *Counterexample
}

// Pass reports whether the claim holds.
func (p Proof) Pass() bool { return p.Example == nil }

// Asked is what a counterexample is about: a right at a place, or an action on a
// survey template.
type Asked struct {
	Person   string        `json:"person"`
	Right    string        `json:"right,omitempty"`
	Place    string        `json:"place,omitempty"`
	Template string        `json:"template,omitempty"`
	Action   access.Action `json:"action,omitempty"`
}

// Counterexample is one gain, with the reasons before and after.
type Counterexample struct {
	Question Asked `json:"question"`
	Gained   bool  `json:"gained"`

	Sensitivity access.Sensitivity `json:"sensitivity,omitempty"`

	Before []plan.Reason `json:"before"`
	After  []plan.Reason `json:"after"`
}

// ProofJSON is a proof as scripts read it.
func ProofJSON(p Proof) ([]byte, error) {
	out := map[string]any{"format": plan.Format, "kind": "proof", "pass": p.Pass(), "against": p.Against, "at": p.At, "gains": p.Gains}
	if p.Until != nil {
		out["until"] = p.Until
	}
	if !p.Pass() {
		out["counterexample"] = p.Example
	}
	return marshal(out)
}

// Proof shows that a claim holds, or one case in which it does not.
func (t *Text) Proof(p Proof) {
	claim := t.sentence("proof.nothing")
	if !p.Nothing {
		claim = t.sentence("proof.rights", strings.Join(p.Claims, ", "))
	}
	if p.Pass() {
		t.printf("%s\n", t.paint(green, t.sentence("proof.pass", own(claim), p.Against, t.proofDays(p))))
		if p.Later != nil {
			t.printf("%s\n", t.sentence("proof.later", p.Later.String()))
		}
		return
	}
	p.Until = nil
	t.printf("%s\n", t.paint(alarm, t.sentence("proof.fail", own(claim), p.Against, t.proofDays(p))))
	q := p.Example.Question
	switch {
	case q.Template != "" && q.Place != "":
		t.printf("  %s\n", t.sentence("proof.templateIn", q.Person, own(t.sentence("action."+string(q.Action))), q.Template, q.Place))
	case q.Template != "":
		t.printf("  %s\n", t.sentence("proof.template", q.Person, own(t.sentence("action."+string(q.Action))), q.Template))
	case q.Person == "":
		t.printf("  %s\n", t.sentence("proof.somebody", q.Right, q.Place))
	default:
		right := Safe(q.Right)
		if p.Example.Sensitivity.Grave() {
			right = t.sentence("sensitivity."+string(p.Example.Sensitivity)) + " " + right
		}
		t.printf("  %s\n", t.sentence("proof.gain", q.Person, own(right), q.Place))
	}
	for _, r := range p.Example.After {
		t.printf("    %s\n", t.placed("effect.why", r))
	}
	for _, r := range p.Example.Before {
		t.printf("    %s\n", t.placed("effect.before", r))
	}
	if p.Gains > 1 {
		t.printf("  %s\n", t.sentence("proof.more", p.Gains-1))
	}
}

// proofDays says which days were looked at.
func (t *Text) proofDays(p Proof) own {
	if p.Until != nil {
		return own(t.sentence("proof.days", p.At.String(), p.Until.String()))
	}
	return own(t.sentence("proof.day", p.At.String()))
}

// placed is a reason in words, with where it comes from.
func (t *Text) placed(key string, r plan.Reason) string {
	line := t.sentence(key, t.because([]plan.Reason{r}))
	var places []string
	for _, pos := range r.Pos {
		places = append(places, place(pos))
	}
	if len(places) > 0 {
		line += "  " + t.paint(faint, strings.Join(places, ", "))
	}
	return line
}
