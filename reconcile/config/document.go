package config

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/reconcile/policy"
	"github.com/lupa-dev/lupa/schema"
	"github.com/lupa-dev/lupa/schema/source"
)

// scribe writes objects as documents: the compiler, backwards.
type scribe struct {
	facts    fact.Set
	records  map[fact.Key][]fact.Key // by the object they stand in
	several  bool                    // installations: each document names its own
	outlines map[string]outline
}

// newScribe writes objects of a set.
func newScribe(facts fact.Set, several bool) *scribe {
	s := &scribe{facts: facts, several: several, records: make(map[fact.Key][]fact.Key), outlines: make(map[string]outline)}
	for _, k := range fact.Words.Kinds {
		if k.Parent == "" {
			s.outlines[k.Name] = outlineOf(k.Name)
			continue
		}
		for key := range facts.Kind(k.Name).Objects() {
			root := fact.Words.Root(key)
			s.records[root] = append(s.records[root], key)
		}
	}
	return s
}

// outline is what a schema says about a kind that the vocabulary does not.
type outline struct {
	spec     bool            // must be there
	required map[string]bool // keys of spec
	byKey    map[string]bool // keys of spec that hold a mapping: records stand there under their keys
}

func outlineOf(kind string) outline {
	var text struct {
		Required   []string
		Properties struct {
			Spec struct {
				Required   []string
				Properties map[string]struct{ Type string }
			}
		}
	}
	data, ok := schema.Text(kind)
	if !ok || json.Unmarshal(data, &text) != nil {
		return outline{} // the schemas are tested
	}
	o := outline{spec: slices.Contains(text.Required, "spec"), required: make(map[string]bool), byKey: make(map[string]bool)}
	for _, key := range text.Properties.Spec.Required {
		o.required[key] = true
	}
	for key, property := range text.Properties.Spec.Properties {
		o.byKey[key] = property.Type == "object"
	}
	return o
}

// refusal is why an object cannot be written.
type refusal struct {
	variant string
	args    []string
}

// finding is a refusal as it is told.
func (r refusal) finding() plan.Finding {
	return plan.Finding{Code: "I01", Case: r.variant, Args: r.args, Severity: policy.Error, Pos: []source.Pos{}}
}

// document is an object as the mapping that a document is.
func (s *scribe) document(key fact.Key) (source.Node, *refusal) {
	k, o := fact.Words.Kind(key.Kind), s.facts.Object(key)
	root, meta, spec := s.head(key.Kind, key, key.Name()), source.Node{}, source.Node{}
	if why := s.fields(k, o, &spec, &meta); why != nil {
		return root, why
	}
	if why := s.nested(key, &spec); why != nil {
		return root, why
	}
	for _, e := range meta.Entries() {
		root.Put(e.Value, "metadata", e.Key)
	}
	if !spec.IsEmpty() || s.outlines[k.Name].spec {
		root.Put(spec, "spec")
	}
	return root, nil
}

// head is what every document begins with.
func (s *scribe) head(kind string, key fact.Key, name string) source.Node {
	meta := source.Mapping(source.Entry{Key: "name", Value: source.Text(name)}).Short()
	if s.several && kind != "Installation" {
		meta.Put(source.Text(key.Installation()), "installation")
	}
	return source.Mapping(source.Entry{Key: "apiVersion", Value: source.Text("lupa/v1")},
		source.Entry{Key: "kind", Value: source.Text(kind)}, source.Entry{Key: "metadata", Value: meta})
}

// line is a person as a line of People.
func (s *scribe) line(key fact.Key) (source.Node, *refusal) {
	line := source.Mapping(source.Entry{Key: "name", Value: source.Text(key.Name())})
	var spec source.Node
	if why := s.fields(fact.Words.Kind(key.Kind), s.facts.Object(key), &spec, &line); why != nil {
		return line, why
	}
	for _, e := range spec.Entries() {
		line.Put(e.Value, e.Key)
	}
	return line, nil
}

// nested puts the records of an object into its spec.
func (s *scribe) nested(root fact.Key, spec *source.Node) *refusal {
	out := s.outlines[root.Kind]
	for _, k := range fact.Words.Nested(root.Kind) {
		var list []source.Node
		for _, key := range s.records[root] {
			if key.Kind != k.Name {
				continue
			}
			record := source.Mapping().Short()
			if why := s.fields(k, s.facts.Object(key), &record, nil); why != nil {
				return why
			}
			if !out.byKey[k.In] {
				list = append(list, record)
				continue
			}
			_, own := fact.SplitNested(key.ID)
			record.Remove(k.Key)
			spec.Put(record, append(k.InPath()[:len(k.InPath()):len(k.InPath())], own)...)
		}
		if len(list) > 0 || out.required[k.In] && !out.byKey[k.In] {
			spec.Put(source.Sequence(list...), k.InPath()...)
		}
	}
	return nil
}

// fields puts the fields of an object where they stand.
func (s *scribe) fields(k *fact.Kind, o fact.Set, spec, meta *source.Node) *refusal {
	for i := range k.Fields {
		f := &k.Fields[i]
		value, there, why := s.value(k, f, o)
		switch {
		case why != nil:
			return why
		case there && strings.HasPrefix(f.At, "metadata."):
			meta.Put(value, f.Path()...)
		case there:
			spec.Put(value, f.Path()...)
		}
	}
	return nil
}

// value is what a document says for a field, if it says anything: a default is
// what it means by silence.
func (s *scribe) value(k *fact.Kind, f *fact.Field, o fact.Set) (n source.Node, there bool, why *refusal) {
	facts := o.Field(f.Name)
	switch {
	case facts.Len() == 0:
		switch {
		case f.Initial != "":
			return n, false, &refusal{"omitted", []string{f.Name}}
		case f.Type == fact.Flag && f.Default == "true" && inPresent(k, f, o):
			return source.Bool(false), true, nil
		case (f.Shape == fact.Many || f.Shape == fact.List) && len(f.Path()) == 1:
			return source.Sequence(), s.outlines[k.Name].required[f.Name], nil
		case f.Shape.Keyed() && len(f.Path()) == 1:
			return source.Mapping().Short(), s.outlines[k.Name].required[f.Name], nil
		}
		return n, false, nil
	case f.Presence:
		return source.Mapping(), true, nil
	case f.Shape == fact.One && f.Default == facts.At(0).Value && inPresent(k, f, o):
		return n, false, nil
	}
	n = source.Sequence().Short()
	if f.Shape.Keyed() {
		n = source.Mapping().Short()
	}
	from := plainIn(f, o)
	for _, v := range facts.All() {
		key, value := "", v.Value
		if f.Shape.Keyed() {
			key, value = fact.SplitMap(v.Value)
			if key, why = mapKey(f, from, key); why != nil {
				return n, false, why
			}
		}
		item, why := scalarNode(f, from, value)
		if why != nil {
			return n, false, why
		}
		switch f.Shape {
		case fact.One:
			return item, true, nil
		case fact.Map:
			n.Put(item, key)
		case fact.Sets:
			var more source.Node
			more.Put(source.Sequence(item).Short(), key)
			n.Merge(more)
		default:
			n.Append(item)
		}
	}
	return n, true, nil
}

// inPresent reports whether the mapping that a field stands in is there, where
// that says something of its own.
func inPresent(k *fact.Kind, f *fact.Field, o fact.Set) bool {
	in, _, nested := strings.Cut(f.Name, ".")
	presence := k.Field(in)
	return !nested || presence == nil || !presence.Presence || o.Value(in) != ""
}

// plainIn is the installation whose objects a field of an object can name plainly;
// "" where nobody knows, and every name has to say its own.
func plainIn(f *fact.Field, o fact.Set) string {
	key := o.At(0).Key
	if f.With != "" {
		key = fact.Key{ID: o.Value(f.With)}
	}
	return key.Installation()
}

// scalarNode is one value of a field: ids as names, and the rest as it is.
func scalarNode(f *fact.Field, from, value string) (source.Node, *refusal) {
	if why := writable(f, value); why != nil {
		return source.Node{}, why
	}
	switch {
	case f.Type == fact.Ref:
		if f.Crosses {
			return source.Text(fact.CalledFrom(from, value)), nil
		}
		name, why := nameOf(f.Ref, from, value)
		return source.Text(name), why
	case f.Type == fact.Flag && value == "true":
		return source.Bool(true), nil
	case f.Type == fact.Day:
		return source.Day(value), nil
	case f.Type == fact.Count:
		return source.Whole(value), nil
	}
	return source.Text(value), nil
}

func mapKey(f *fact.Field, from, key string) (string, *refusal) {
	if why := writable(f, key); why != nil {
		return "", why
	}
	if len(key) > source.MaxKey {
		return "", &refusal{"key", []string{f.Name}}
	}
	if f.KeyRef != "" {
		return nameOf(f.KeyRef, from, key)
	}
	return key, nil
}

// nameOf is the name by which a document can call an object: one of its own
// installation.
func nameOf(kind, from, id string) (string, *refusal) {
	name := fact.Name(id)
	if fact.ID(from, name) != id {
		return "", &refusal{"reference", []string{kind, fact.Called(id, true)}}
	}
	return name, nil
}

// writable finds what no file may hold.
func writable(f *fact.Field, text string) *refusal {
	switch p, bad := source.Unwritable(text); {
	case !bad:
		return nil
	case len(p.Args) > 0:
		return &refusal{"text", []string{f.Name, p.Args[0]}}
	}
	return &refusal{"bytes", []string{f.Name}}
}
