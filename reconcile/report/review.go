package report

import (
	"github.com/lupa-dev/lupa/reconcile/plan"
)

// Review shows what a tree changes in effect against another revision of it.
func (t *Text) Review(p *plan.Plan, line Line) {
	t.printf("%s\n\n", t.paint(bold, t.storyTitle(p)))
	t.objectCounts(p)
	t.peopleCounts(p)
	t.heldBack(p)
	t.widenings("plan.widens", p.Changes)
	t.Effect(p.Effect, p.Unchanged, p.Templates)
	t.first(p.EffectSummary)
	t.ahead(p)
	t.brakes(p, "")
	if len(p.Brakes) > 0 {
		t.printf("  %s\n", t.sentence("review.confirm"))
	}
	t.newProblems(p, line)
	if p.Summary.Silenced > 0 {
		t.printf("\n%s\n", t.paint(faint, t.sentence("silenced", p.Summary.Silenced)))
	}
	if len(p.Since.Judging) > 0 {
		t.printf("\n%s\n", t.paint(yellow, t.sentence("part.judging")))
		t.changes(p.Since.Judging, nil)
	}
	if len(p.Changes) > 0 {
		t.printf("\n%s\n", t.paint(bold, t.sentence("plan.objects")))
		t.changes(p.Changes, nil)
	}
	if p.Refused() {
		t.printf("\n%s\n", t.paint(alarm, t.sentence("verdict.refused", p.Summary.Errors)))
	}
}

// ahead shows what differs on days ahead.
func (t *Text) ahead(p *plan.Plan) {
	for _, a := range p.Since.Ahead {
		t.printf("\n%s\n", t.paint(bold, t.aheadTitle(a, p.At)))
		t.printf("  %s\n", t.aheadCounts(a))
		t.Effect(a.Effect, nil, a.Templates)
	}
}

// newProblems shows the findings that the base does not have, and errors in any case.
func (t *Text) newProblems(p *plan.Plan, line Line) {
	var fresh []plan.Finding
	for _, f := range p.Findings {
		if !f.Known || f.Severity == "error" {
			fresh = append(fresh, f)
		}
	}
	if len(fresh) > 0 {
		t.printf("\n")
		t.Problems(fresh, line)
	}
	if known := len(p.Findings) - len(fresh); known > 0 {
		t.printf("\n%s\n", t.paint(faint, t.sentence("review.known", known)))
	}
}

// ReviewJSON is a review as scripts read it.
func ReviewJSON(p *plan.Plan) ([]byte, error) {
	data, err := p.ReviewJSON()
	return shown(append(data, '\n')), err
}
