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
	Against string        // what it was compared with: target NAME, plan HASH, or a revision
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

// against is what a proof was made against, in words.
func (t *Text) against(p Proof) own {
	what, name, ok := strings.Cut(p.Against, " ")
	if ok && (what == "target" || what == "plan") {
		return own(t.sentence("proof.against."+what, name))
	}
	return own(t.safe(p.Against))
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
	claim := t.claim(p)
	if p.Pass() {
		t.printf("%s\n", t.paint(green, t.sentence("proof.pass", claim, t.against(p), t.proofDays(p))))
		if p.Later != nil {
			t.printf("%s\n", t.sentence("proof.later", p.Later.String()))
		}
		return
	}
	p.Until = nil
	t.printf("%s\n", t.paint(alarm, t.sentence("proof.fail", claim, t.against(p), t.proofDays(p))))
	t.printf("  %s\n", t.counterexample(p.Example))
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

// claim is what was to be proven.
func (t *Text) claim(p Proof) own {
	if p.Nothing {
		return own(t.sentence("proof.nothing"))
	}
	return own(t.sentence("proof.rights", strings.Join(p.Claims, ", ")))
}

// counterexample is a gain that was not to be.
func (t *Text) counterexample(e *Counterexample) string {
	q := e.Question
	switch {
	case q.Template != "" && q.Place != "":
		return t.sentence("proof.templateIn", t.person(q.Person), own(t.sentence("action."+string(q.Action))), q.Template, q.Place)
	case q.Template != "":
		return t.sentence("proof.template", t.person(q.Person), own(t.sentence("action."+string(q.Action))), q.Template)
	case q.Person == "", t.Veil.hides() && !e.Sensitivity.Grave(): // one person is few
		return t.sentence("proof.somebody", q.Right, q.Place)
	}
	right := t.safe(q.Right)
	if e.Sensitivity.Grave() {
		right = t.sentence("sensitivity."+string(e.Sensitivity)) + " " + right
	}
	return t.sentence("proof.gain", t.person(q.Person), own(right), q.Place)
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
		places = append(places, t.place(pos))
	}
	if len(places) > 0 {
		line += "  " + t.paint(faint, strings.Join(places, ", "))
	}
	return line
}
