package report

import (
	"strings"

	"github.com/lupa-dev/lupa/reconcile/plan"
)

// brakes says what somebody has to confirm, and how: whoever copies the command
// has read why. Of a plan that is refused nothing can be confirmed.
func (t *Text) brakes(p *plan.Plan, next string) {
	if len(p.Brakes) == 0 {
		return
	}
	t.printf("\n%s\n", t.paint(alarm, t.sentence("plan.brakes")))
	for _, b := range p.Brakes {
		t.printf("  %s\n", t.paint(alarm, "! "+t.wrapped(strings.Fields(t.brake(b)), " ", 4)))
	}
	if next != "" && !p.Refused() {
		t.printf("  %s\n    %s\n", t.sentence("plan.confirm"), Inert(next))
	}
}

// brake is a brake in words.
func (t *Text) brake(b plan.Brake) string { return t.sentence(b.Code+"."+b.Case, anys(b.Args)...) }
