package plan_test

import (
	"testing"

	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/reconcile/policy"
	"github.com/lupa-dev/lupa/schema/source"
)

// TestJudge: a silence takes out what is found in its own document, of its own
// code, and nothing that later stages rely on.
func TestJudge(t *testing.T) {
	goal := plan.Goal{Silences: []plan.Silence{
		{Code: "W01", File: "a.yaml", First: 2, Last: 9}, {Code: "W14", File: "a.yaml", First: 2, Last: 9},
		{Code: "E01", File: "a.yaml", First: 2, Last: 9},
		{Code: "W01", File: "b.yaml", First: 1, Last: 4}, {Code: "W14", File: "b.yaml", First: 8, Last: 1 << 30},
	}}
	for _, c := range []struct {
		name, code, file string
		line             int
		silent           bool
	}{
		{"first line", "W01", "a.yaml", 2, true},
		{"last line", "W14", "a.yaml", 9, true},
		{"before the document", "W01", "a.yaml", 1, false},
		{"after it", "W01", "a.yaml", 10, false},
		{"another code", "W02", "a.yaml", 5, false},
		{"what later stages rely on", "E01", "a.yaml", 5, false},
		{"another document of the file", "W01", "b.yaml", 9, false},
		{"the last document", "W14", "b.yaml", 9000, true},
		{"between documents", "W14", "b.yaml", 6, false},
		{"another file", "W01", "c.yaml", 3, false},
		{"no place", "W01", "", 0, false},
	} {
		f := plan.Finding{Code: c.code, Severity: policy.SeverityOf(c.code)}
		if c.file != "" {
			f.Pos = []source.Pos{{File: c.file, Line: c.line, Col: 1}, {File: "a.yaml", Line: 3, Col: 1}}
		}
		heard, silenced := goal.Judge([]plan.Finding{f})
		if (silenced == 1) != c.silent || len(heard)+silenced != 1 {
			t.Errorf("%s: silenced %d, heard %v", c.name, silenced, heard)
		}
	}
	made := plan.Finding{Code: "W01", Severity: policy.Error, Pos: []source.Pos{{File: "a.yaml", Line: 5, Col: 1}}}
	if heard, _ := goal.Judge([]plan.Finding{made}); len(heard) != 1 {
		t.Errorf("what a Policy makes an error is silenced by a document")
	}
	if heard, silenced := goal.Judge([]plan.Finding{{Code: "W01", Severity: policy.Off}}); len(heard)+silenced > 0 {
		t.Errorf("off: heard %v, silenced %d", heard, silenced)
	}
}

// TestWeights: a Policy weighs findings of its own installation; where nobody
// knows the installation the heaviest counts.
func TestWeights(t *testing.T) {
	weight := func(inst, code, severity string) []fact.Fact {
		key := fact.Key{Kind: "PolicySeverity", ID: inst + "/p/" + code}
		return []fact.Fact{{Key: key}, {Key: key, Field: "code", Value: code}, {Key: key, Field: "severity", Value: severity}}
	}
	var facts []fact.Fact
	for _, w := range [][3]string{{"m", "W01", "error"}, {"n", "W01", "off"}, {"m", "E01", "off"}, {"m", "W99", "error"}, {"n", "W02", "off"}} {
		facts = append(facts, weight(w[0], w[1], w[2])...)
	}
	w := policy.WeightsOf(fact.Of(facts...))
	for _, c := range []struct {
		inst, code string
		want       policy.Severity
	}{
		{"m", "W01", policy.Error}, {"n", "W01", policy.Off}, {"o", "W01", policy.Warning}, {"", "W01", policy.Error},
		{"", "W02", policy.Off}, {"m", "E01", policy.Error}, {"m", "E10", policy.Error}, {"m", "N02", policy.Note}, {"", "W03", policy.Warning},
	} {
		if got := w.Of(c.inst, c.code); got != c.want {
			t.Errorf("%s in %q weighs %s, want %s", c.code, c.inst, got, c.want)
		}
	}
}
