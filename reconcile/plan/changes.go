package plan

import (
	"slices"
	"strconv"

	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/order"
	"github.com/lupa-dev/lupa/reconcile/policy"
)

// changes gathers changes of facts by the object that a person sees.
func (m *maker) changes(all []fact.Change, renames []order.Step) []Change {
	byRoot := make(map[fact.Key][]fact.Change, len(all))
	var roots []fact.Key
	for _, c := range all {
		root := fact.Words.Root(c.Key)
		if byRoot[root] == nil {
			roots = append(roots, root)
		}
		byRoot[root] = append(byRoot[root], c)
	}
	from := make(map[fact.Key]string)
	for _, st := range renames {
		from[st.Key] = st.From
		if byRoot[st.Key] == nil {
			roots = append(roots, st.Key)
		}
	}
	place := kindOrder()
	slices.SortFunc(roots, func(a, b fact.Key) int {
		if a.Kind != b.Kind {
			return place[a.Kind] - place[b.Kind]
		}
		return a.Compare(b)
	})
	out := make([]Change, 0, len(roots))
	for _, root := range roots {
		c := m.change(root, byRoot[root])
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
	var texts []string
	for _, f2 := range s.All() {
		text := f2.Value
		if f.Type == fact.Ref && !f.Shape.Keyed() {
			text = m.name(text)
		}
		texts = append(texts, text)
	}
	switch {
	case f.Shape == fact.Sets:
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
	case f.Shape == fact.Map:
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
	case f.Shape != fact.One:
		return texts
	case f.Type == fact.Flag:
		return true
	case f.Type == fact.Count:
		if n, err := strconv.ParseInt(texts[0], 10, 64); err == nil {
			return n
		}
	}
	return texts[0]
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
