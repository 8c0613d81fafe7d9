package config

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/lupa-dev/lupa/reconcile/calendar"
	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/reconcile/policy"
	"github.com/lupa-dev/lupa/schema/source"
)

// silencePrefix begins the annotations by which a document asks not to hear a
// finding about itself:
//
//	lupa/silence.W14: '2026-12-31 until the new term'
const silencePrefix = "lupa/silence."

// silence is such an annotation, for the lines of its document.
type silence struct {
	code        string
	until       calendar.Day // the first day on which the finding is heard again
	first, last int32        // lines
	at          place
}

// silences reads the annotations of a document that goes on until a line.
func (c *compiler) silences(root source.Value, last int) {
	for key, v := range root.Path("metadata.annotations").Entries() {
		code, ok := strings.CutPrefix(key.Text(), silencePrefix)
		if !ok || c.isBad(key.Pos(), v.Pos()) {
			continue
		}
		bad := func(variant string, args ...string) {
			c.out.problems = append(c.out.problems, source.Problem{Code: "D13", Case: variant, Args: args, Pos: []source.Pos{key.Pos()}})
		}
		day, reason, _ := strings.Cut(v.Text(), " ")
		until, err := calendar.ParseDay(day)
		switch r, known := policy.RuleOf(code); {
		case strings.HasPrefix(code, "G"): // brakes are passed plan by plan
			bad("firm", code)
		case !known:
			bad("unknown", code)
		case r.Firm:
			bad("firm", code)
		case err != nil || strings.TrimSpace(reason) == "":
			bad("form")
		default:
			c.out.silences = append(c.out.silences, silence{code, until, int32(root.Pos().Line), int32(last), c.place(key)})
		}
	}
}

// lastLine is the last line that belongs to a document of a file.
func lastLine(documents []*source.Document, i int) int {
	if i+1 < len(documents) {
		return documents[i+1].Root().Pos().Line - 1
	}
	return math.MaxInt32
}

// silences gives the goal those that are in force, and tells of the others.
func (a *assembly) silences(read []fileFacts) {
	for i := range read {
		for _, s := range read[i].silences {
			if s.until <= a.goal.At {
				a.problem("N10", "", []place{s.at}, s.code, s.until.String())
				continue
			}
			a.goal.Silences = append(a.goal.Silences, plan.Silence{Code: s.code, File: a.paths[i], First: int(s.first), Last: int(s.last)})
		}
	}
	slices.SortFunc(a.goal.Silences, func(x, y plan.Silence) int {
		return cmp.Or(strings.Compare(x.File, y.File), cmp.Compare(x.First, y.First), strings.Compare(x.Code, y.Code))
	})
}
