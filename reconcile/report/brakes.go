package report

import (
	"strconv"
	"strings"

	"github.com/lupa-dev/lupa/reconcile/access"
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
		t.printf("  %s\n    %s\n", t.sentence("plan.confirm"), t.typed(next))
	}
}

// brake is a brake in words, without the figure where that would count few people,
// but for gains of grave rights. What G04 names first is a class of rights.
func (t *Text) brake(b plan.Brake) string {
	if few := "few." + b.Code; english[few] != nil && t.Veil.few(b.Figure) {
		return t.sentence(few, t.Veil.minGroup)
	}
	args := anys(b.Args)
	if b.Code == "G04" && len(b.Args) > 0 && access.Sensitivity(b.Args[0]).Rank() > 0 {
		args[0] = own(t.sentence("class." + b.Args[0]))
	}
	figures := len(args)
	if strings.HasSuffix(b.Case, "In") {
		figures-- // the last is a name
	}
	for i := range figures {
		if n, err := strconv.Atoi(b.Args[i]); err == nil {
			args[i] = own(t.number(n))
		}
	}
	return t.sentence(b.Code+"."+b.Case, args...)
}
