package plan

import (
	"slices"

	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/order"
	"github.com/lupa-dev/lupa/reconcile/policy"
)

// renames are the renames that the target needs: those of objects that it knows
// by an old name only. What is not in force takes nobody's place. Afterwards
// everything goes by the new names. The name of an installation is part of all
// others, so it comes first.
func (m *maker) renames() []order.Step {
	var steps []order.Step
	for _, installations := range []bool{true, false} {
		ids := make(map[fact.Key]string)
		for _, r := range m.goal.Renames {
			if (r.Key.Kind == "Installation") != installations || m.have.Has(r.Key) || m.goal.Dormant.Has(r.Key) {
				continue
			}
			if from, ok := m.oldName(r); ok {
				ids[fact.Key{Kind: r.Key.Kind, ID: from}] = r.Key.ID
				steps = append(steps, order.Step{Action: order.Rename, Key: r.Key, From: from})
				m.renamed = append(m.renamed, r.Key)
			}
		}
		m.have, m.last, m.beyond = fact.Words.Rename(m.have, ids), fact.Words.Rename(m.last, ids), fact.Words.Rename(m.beyond, ids)
	}
	return steps
}

// oldName is the latest old name under which the target has an object. What is
// kept elsewhere is not lupa's to rename, but for a stub.
func (m *maker) oldName(r Renaming) (string, bool) {
	external := slices.Contains(m.goal.External, r.Key)
	for _, from := range slices.Backward(r.From) {
		if old := (fact.Key{Kind: r.Key.Kind, ID: from}); m.have.Has(old) && (!external || m.isStub(old)) {
			return from, true
		}
	}
	return "", false
}

// keep completes the goal with what stays as the target has it, so that no
// later stage knows a difference between managed and unmanaged.
func (m *maker) keep() {
	m.kept = make(map[fact.Key]bool)
	external := make(map[fact.Key]bool, len(m.goal.External))
	for _, key := range m.goal.External {
		external[key] = true
	}
	for _, r := range m.goal.Renames {
		if external[r.Key] {
			for _, from := range r.From {
				external[fact.Key{Kind: r.Key.Kind, ID: from}] = true
			}
		}
	}
	var stays fact.Builder
	for key, object := range m.have.Without(m.declared).Objects() {
		root := fact.Words.Root(key)
		switch {
		case m.goal.Released.Has(root):
			// What becomes of it, Released says.
		case external[root]:
			if m.kept[root] || !m.isStub(root) {
				m.keepObject(root, &m.external)
				stays.AddSet(object)
			}
		case m.declared.Has(root) || m.goal.Dormant.Has(root):
			// Declared, and so ours whole: what is not declared of it goes.
		case m.last.Has(root) || slices.Contains(m.goal.Authoritative, root.Kind):
			// No longer declared, and ours: it goes.
		default:
			m.keepObject(root, &m.unmanaged)
			stays.AddSet(object)
		}
	}
	for key, object := range m.goal.Released.Objects() {
		m.keepObject(fact.Words.Root(key), &m.unmanaged)
		stays.AddSet(object)
	}
	m.addStubs(&stays)
	m.addOmitted(&stays)
	m.want = m.declared.Plus(stays.Set())
}

func (m *maker) keepObject(root fact.Key, in *[]fact.Key) {
	if !m.kept[root] {
		m.kept[root] = true
		*in = append(*in, root)
	}
}

// isStub reports whether the target's object is a stub that lupa put there for
// something that is kept elsewhere. Once somebody puts more into it, it is theirs.
func (m *maker) isStub(key fact.Key) bool {
	return m.last.Has(key) && m.have.Object(key).Value("external") != "" && m.have.Object(key).Equal(m.last.Object(key))
}

// addStubs adds a stub for each object that is kept elsewhere and that the
// target does not hold, so that it can be named.
func (m *maker) addStubs(to *fact.Builder) {
	for _, key := range m.goal.External {
		if !m.kept[key] {
			to.AddSet(m.goal.Initial.Object(key))
		}
	}
}

// addOmitted adds the fields that documents leave to the target: with its
// values where it has any, else with those that they begin with.
func (m *maker) addOmitted(to *fact.Builder) {
	for _, k := range fact.Words.Kinds {
		for i := range k.Fields {
			f := &k.Fields[i]
			if f.Initial == "" {
				continue
			}
			for key, object := range m.declared.Kind(k.Name).Objects() {
				if object.Field(f.Name).Len() > 0 {
					continue
				}
				if now := m.have.Object(key).Field(f.Name); now.Len() > 0 {
					m.keepValues(f, now, to)
				} else {
					to.AddSet(m.goal.Initial.Object(key).Field(f.Name))
				}
			}
		}
	}
}

// keepValues keeps the target's values of an omitted field. Of a lenient field,
// those that name somebody who leaves are left out (W23).
func (m *maker) keepValues(f *fact.Field, values fact.Set, to *fact.Builder) {
	for _, v := range values.All() {
		named := fact.Key{Kind: f.Ref, ID: v.Value}
		if !f.Lenient || m.declared.Has(named) || m.kept[named] || m.goal.Initial.Has(named) {
			to.Add(v)
			continue
		}
		m.left = append(m.left, policy.Finding{Code: "W23", Case: f.Name, Args: []string{named.Name()}, Subject: v.Key, Facts: []fact.Fact{v}})
	}
}
