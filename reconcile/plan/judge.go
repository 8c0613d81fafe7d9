package plan

import (
	"cmp"
	"slices"
	"strings"

	"github.com/lupa-dev/lupa/reconcile/policy"
	"github.com/lupa-dev/lupa/schema/source"
)

// Silence is a document that asks not to hear a finding about itself: until a
// day, for a reason. It concerns findings whose first place is in the document.
type Silence struct {
	Code        string
	File        string
	First, Last int // lines of the document
}

// Judge says how much findings weigh, and takes out those that are silenced and
// those that nobody wants to hear of. It counts the silenced.
func (g *Goal) Judge(findings []Finding) (heard []Finding, silenced int) {
	return slices.DeleteFunc(findings, func(f Finding) bool {
		raised := f.Severity == policy.Error && policy.SeverityOf(f.Code) != policy.Error // by a Policy, over the document's head
		if r, ok := policy.RuleOf(f.Code); !raised && (!ok || !r.Firm) {
			if g.silences(f) {
				silenced++
				return true
			}
		}
		return f.Severity == policy.Off
	}), silenced
}

func (g *Goal) silences(f Finding) bool {
	if len(f.Pos) == 0 {
		return false
	}
	at := f.Pos[0]
	i, _ := slices.BinarySearchFunc(g.Silences, at, func(s Silence, at source.Pos) int {
		return cmp.Or(strings.Compare(s.File, at.File), cmp.Compare(s.First, at.Line+1))
	})
	for i--; i >= 0 && g.Silences[i].File == at.File && at.Line <= g.Silences[i].Last; i-- {
		if g.Silences[i].Code == f.Code {
			return true
		}
	}
	return false
}
