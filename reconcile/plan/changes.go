package plan

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/order"
	"github.com/lupa-dev/lupa/reconcile/policy"
)

// changes gathers changes of facts by the object that a person sees.
func (m *maker) changes(all []fact.Change, renames []order.Step) []Change {
	type part struct {
		root fact.Key
		at   int // in all; -1 of a rename: what is renamed changes, even if nothing is said of it
	}
	parts := make([]part, 0, len(all)+len(renames))
	from := make(map[fact.Key]string)
	for _, st := range renames {
		from[st.Key] = st.From
		parts = append(parts, part{st.Key, -1})
	}
	for i, c := range all {
		parts = append(parts, part{fact.Words.Root(c.Key), i})
	}
	place := kindOrder()
	slices.SortFunc(parts, func(a, b part) int {
		if a.root.Kind != b.root.Kind {
			return place[a.root.Kind] - place[b.root.Kind]
		}
		return cmp.Or(strings.Compare(a.root.ID, b.root.ID), a.at-b.at)
	})
	out := make([]Change, 0, len(parts))
	var changed []fact.Change
	for i := 0; i < len(parts); {
		root := parts[i].root
		for changed = changed[:0]; i < len(parts) && parts[i].root == root; i++ {
			if parts[i].at >= 0 {
				changed = append(changed, all[parts[i].at])
			}
		}
		c := m.change(root, changed)
		if old, ok := from[root]; ok {
			c.Action, c.Previously = string(order.Rename), m.name(old)
		}
		out = append(out, c)
	}
	return out
}

func kindOrder() map[string]int {
	place := make(map[string]int, len(fact.Words.Kinds))
	for i, k := range fact.Words.Kinds {
		place[k.Name] = i
	}
	return place
}

// change is one object's change, field by field, nested records after fields.
func (m *maker) change(root fact.Key, parts []fact.Change) Change {
	have, want, last := m.around(root, parts)
	c := Change{Action: string(order.Update), Kind: root.Kind, Name: m.name(root.ID), Fields: []FieldChange{}}
	switch {
	case have.Len() == 0:
		c.Action = string(order.Create)
		c.Cause = cause(last, have, want)
	case want.Len() == 0:
		c.Action = string(order.Delete)
		if last.Len() > 0 && !last.Equal(have) {
			c.Cause = Conflict
		}
	}
	c.Widens = policy.Widens(have, want)
	for i := range fact.Words.Kind(root.Kind).Fields {
		f := &fact.Words.Kind(root.Kind).Fields[i]
		was, is, left := have.Field(f.Name), want.Field(f.Name), last.Field(f.Name)
		if was.Equal(is) {
			continue
		}
		fc := FieldChange{Field: f.Name, Before: m.value(was, f), After: m.value(is, f)}
		if c.Action == string(order.Update) && last.Len() > 0 {
			if fc.Cause = cause(left, was, is); fc.Cause == Conflict {
				fc.Last = m.value(left, f)
			}
		}
		c.Fields = append(c.Fields, fc)
	}
	for _, part := range parts {
		if part.Key != root {
			c.Fields = append(c.Fields, m.record(part.Key))
		}
	}
	return c
}

// around is the object before, after, and as lupa left it. An object that comes
// or goes is its change.
func (m *maker) around(root fact.Key, parts []fact.Change) (have, want, last fact.Set) {
	for _, part := range parts {
		if part.Key == root && (whole(part.Add) || whole(part.Del)) {
			return part.Del, part.Add, m.last.Object(root)
		}
	}
	return m.have.Object(root), m.want.Object(root), m.last.Object(root)
}

// whole reports whether a change's facts are all of an object.
func whole(s fact.Set) bool { return s.Len() > 0 && s.At(0).Field == "" }

// record is the change of a nested record, as one field of its parent.
func (m *maker) record(key fact.Key) FieldChange {
	kind := fact.Words.Kind(key.Kind)
	_, own := fact.SplitNested(key.ID)
	have, want, last := m.have.Object(key), m.want.Object(key), m.last.Object(key)
	fc := FieldChange{Field: kind.In + "[" + own + "]", Before: m.recordValue(have, kind), After: m.recordValue(want, kind)}
	if m.last.Has(fact.Words.Root(key)) {
		if fc.Cause = cause(last, have, want); fc.Cause == Conflict {
			fc.Last = m.recordValue(last, kind)
		}
	}
	return fc
}

// cause tells why something goes from have to want, when lupa had left last.
func cause(last, have, want fact.Set) Cause {
	switch {
	case last.Equal(have):
		return ""
	case last.Equal(want):
		return Drift
	}
	return Conflict
}

// value is what a field holds, as JSON has it.
func (m *maker) value(s fact.Set, f *fact.Field) any {
	if s.Len() == 0 {
		if f.Type == fact.Flag {
			return false
		}
		return nil
	}
	if f.Shape == fact.One {
		return m.oneValue(s.At(0).Value, f)
	}
	texts := make([]string, 0, s.Len())
	for _, f2 := range s.All() {
		text := f2.Value
		if f.Type == fact.Ref && !f.Shape.Keyed() {
			text = m.name(text)
		}
		texts = append(texts, text)
	}
	switch f.Shape {
	case fact.Sets:
		sets := make(map[string]any)
		for _, text := range texts {
			k, v := fact.SplitMap(text)
			if f.KeyRef != "" {
				k = m.name(k)
			}
			list, _ := sets[k].([]string)
			sets[k] = append(list, v)
		}
		return sets
	case fact.Map:
		values := make(map[string]any, len(texts))
		for _, text := range texts {
			k, v := fact.SplitMap(text)
			if f.KeyRef != "" {
				k = m.name(k)
			}
			if f.Ref != "" {
				v = m.name(v)
			}
			values[k] = v
		}
		return values
	}
	return texts
}

// oneValue is value of a field that has one.
func (m *maker) oneValue(text string, f *fact.Field) any {
	switch f.Type {
	case fact.Ref:
		return m.name(text)
	case fact.Flag:
		return true
	case fact.Count:
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return n
		}
	}
	return text
}

func (m *maker) recordValue(object fact.Set, kind *fact.Kind) any {
	if object.Len() == 0 {
		return nil
	}
	fields := make(map[string]any)
	for i := range kind.Fields {
		f := &kind.Fields[i]
		if s := object.Field(f.Name); s.Len() > 0 && f.Name != kind.Key {
			fields[f.Name] = m.value(s, f)
		}
	}
	return fields
}
