package policy

import (
	"maps"
	"slices"
	"strconv"

	"github.com/lupa-dev/lupa/reconcile/fact"
)

// guardRules are what no acknowledgement passes.
var guardRules = []Rule{
	{Code: "G06", Name: "nothing-declared", Source: "contract: Guard.emptyDesired", When: Plan, Check: nothingDeclared, Firm: true},
	{Code: "G09", Name: "guard-lets-pass", Source: "contract: Guard", By: "reconcile/plan", Firm: true},
}

// nothingDeclared: a tree that says nothing any more is more likely to be one that
// somebody emptied by mistake, or the wrong one, than one that is meant.
func nothingDeclared(p *Pass) {
	if !p.Bare || p.Guard.usually().Empty == Allow {
		return
	}
	left, first := 0, fact.Key{}
	for key := range p.Last.Objects() {
		if fact.Words.Root(key) == key && !aboutJudging[key.Kind] {
			if left == 0 {
				first = key
			}
			left++
		}
	}
	if left > 0 {
		p.find(Finding{Code: "G06", Args: []string{strconv.Itoa(left)}, Subject: fact.Key{Kind: "Installation", ID: first.Installation()}})
	}
}

// aboutJudging are the kinds of objects without which nothing else can be
// declared, or that say how it is judged. They give nobody anything.
var aboutJudging = map[string]bool{"Installation": true, "RightsCatalogue": true, "Policy": true}

// DeclaresNothing reports whether a set of facts says nothing beyond what there
// must be, or how it is to be judged.
func DeclaresNothing(declared fact.Set) bool {
	for _, k := range fact.Words.Kinds {
		root := k.Name
		for fact.Words.Kind(root).Parent != "" {
			root = fact.Words.Kind(root).Parent
		}
		if !aboutJudging[root] && declared.Kind(k.Name).Len() > 0 {
			return false
		}
	}
	return true
}

// readTooSmall (P8): what lupa left in a target and does not see there any more
// may have been removed by somebody, or the read may be incomplete. A plan made
// from such a read would put back what is there, or take it for removed.
func readTooSmall(p *Pass) {
	missing := p.Last.Without(p.Have)
	if missing.Len() == 0 {
		return
	}
	gone, left, shown := rootsByKind(missing), rootsByKind(p.Last), rootsByKind(p.Have)
	total := make(map[string]int)
	for at, n := range left {
		total[at.installation] += n
	}
	there := make(map[string]int)
	for at, n := range shown {
		there[at.installation] += n
	}
	g := p.Guard.usually()
	for _, inst := range slices.Sorted(maps.Keys(total)) {
		subject := fact.Key{Kind: "Installation", ID: inst}
		if there[inst] == 0 {
			p.find(Finding{Code: "E33", Case: "empty", Args: texts(total[inst]), Subject: subject})
			continue
		}
		for _, k := range fact.Words.Kinds {
			at := kindIn{k.Name, inst}
			n, of := gone[at], left[at]
			nobody := k.Name == "Person" && of > 0 && shown[at] == 0
			few := n <= *g.Minimum
			if nobody || !few && (n*100 >= g.Removals.Percent*of || n >= g.Removals.Count) {
				p.find(Finding{Code: "E33", Case: "shrunk", Args: append(texts(of-n, of), k.Name), Subject: subject})
			}
		}
	}
}

type kindIn struct{ kind, installation string }

// rootsByKind counts objects, without the records inside them.
func rootsByKind(s fact.Set) map[kindIn]int {
	n := make(map[kindIn]int)
	for _, k := range fact.Words.Kinds {
		if k.Parent != "" {
			continue
		}
		for inst, count := range CountObjects(s, k.Name) {
			n[kindIn{k.Name, inst}] = count
		}
	}
	return n
}

// CountObjects counts the objects of a kind, by installation.
func CountObjects(s fact.Set, kind string) map[string]int {
	n := make(map[string]int)
	last, count := "", 0
	for key := range s.Kind(kind).Objects() {
		if inst := key.Installation(); inst != last {
			n[last] += count
			last, count = inst, 0
		}
		count++
	}
	n[last] += count
	delete(n, "")
	return n
}
