package config

import (
	"strconv"

	"github.com/lupa-dev/lupa/reconcile/access"
	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/policy"
	"github.com/lupa-dev/lupa/schema/source"
)

// guard reads a document of kind Guard. It belongs to the whole tree, so that
// what a plan may do is not said where what it does is.
func (c *compiler) guard(root source.Value) {
	name, spec := root.Path("metadata.name"), root.Get("spec")
	if c.named(name) {
		c.out.lists = append(c.out.lists, list{"Guard", "", c.text(name)})
	}
	if len(c.bad) > 0 {
		return
	}
	g := policy.Guard{Removals: limit(spec.Get("removals")), Gains: limit(spec.Get("gains")), Empty: spec.Get("emptyDesired").Text()}
	if minimum := spec.Get("minimum"); minimum.Exists() {
		n := wholeNumber(minimum)
		g.Minimum = &n
	}
	for class, l := range spec.Get("sensitive").Entries() {
		if g.Sensitive == nil {
			g.Sensitive = make(map[access.Sensitivity]policy.Limit)
		}
		g.Sensitive[access.Sensitivity(class.Text())] = limit(l)
	}
	c.out.guards = append(c.out.guards, g)
}

func limit(v source.Value) policy.Limit {
	return policy.Limit{Percent: wholeNumber(v.Get("percent")), Count: wholeNumber(v.Get("count"))}
}

// wholeNumber is a whole number that its schema has looked at, for which 3.0 is one as
// well; 0 where there is none.
func wholeNumber(v source.Value) int {
	if !v.Exists() {
		return 0
	}
	n, _ := strconv.Atoi(scalar(&fact.Field{Type: fact.Count}, v))
	return n
}

// guardOf is what all documents of kind Guard say together.
func guardOf(read []fileFacts) policy.Guard {
	var all []policy.Guard
	for _, f := range read {
		all = append(all, f.guards...)
	}
	return policy.Strictest(all...)
}
