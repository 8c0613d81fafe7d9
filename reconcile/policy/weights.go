package policy

import (
	"strings"

	"github.com/lupa-dev/lupa/reconcile/fact"
)

// Weights say how much findings weigh in one tree: by themselves as SeverityOf
// says, unless a Policy says otherwise for its installation.
type Weights map[Weighed]Severity

// Weighed is a code in an installation.
type Weighed struct{ Installation, Code string }

// Off is the weight of a finding that nobody wants to hear of.
const Off Severity = "off"

// WeightsOf are the weights that the documents of kind Policy give.
func WeightsOf(facts fact.Set) Weights {
	w := make(Weights)
	for key, o := range facts.Kind("PolicySeverity").Objects() {
		if r, ok := RuleOf(o.Value("code")); ok && !r.Firm {
			w[Weighed{key.Installation(), r.Code}] = Severity(o.Value("severity"))
		}
	}
	return w
}

// Of is how much a finding of a code weighs in an installation. Where nobody
// knows the installation, the heaviest weight that any Policy gives it counts.
func (w Weights) Of(installation, code string) Severity {
	if s, ok := w[Weighed{installation, code}]; ok {
		return s
	}
	if installation != "" {
		return SeverityOf(code)
	}
	heaviest, found := Off, false
	for of, s := range w {
		if of.Code == code {
			found = true
			if rank(s) > rank(heaviest) {
				heaviest = s
			}
		}
	}
	if !found {
		return SeverityOf(code)
	}
	return heaviest
}

func rank(s Severity) int {
	return strings.Index("off note warning error", string(s))
}

// weights: what a Policy weighs differently is a code that there is, and none
// that later stages rely on. Such an entry has no effect, which is no reason to
// refuse a tree: a target may hold it.
func weights(p *Pass) {
	for key, o := range p.Declared.Kind("PolicySeverity").Objects() {
		code := o.Value("code")
		switch r, ok := ruleOf(p.rules, code); {
		case !ok:
			p.find(Finding{Code: "N11", Case: "unknown", Args: []string{code}, Subject: key, Facts: factsOf(o, "code")})
		case r.Firm:
			p.find(Finding{Code: "N11", Case: "firm", Args: []string{code}, Subject: key, Facts: factsOf(o, "code")})
		}
	}
}
