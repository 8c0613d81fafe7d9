package fact

import (
	"iter"
	"path"
	"slices"
	"strings"
)

// Reference is a fact that names an object: Target, strictly or loosely.
type Reference struct {
	Index  int // the fact's position in its set
	Fact   Fact
	Target Key
	Loose  bool
	Across bool // it may lead to another installation
}

// References yields every reference of the set, in the order of its facts. A
// fact whose key and value both name objects yields two.
func (v *Vocabulary) References(s Set) iter.Seq[Reference] {
	return func(yield func(Reference) bool) {
		v.references(s, func(ref Reference, _ uint32) bool {
			ref.Fact = s.At(ref.Index)
			return yield(ref)
		})
	}
}

// Dangling yields the strict references that name no object of the set.
func (v *Vocabulary) Dangling(s Set) iter.Seq[Reference] {
	return func(yield func(Reference) bool) {
		there := v.existing(s)
		v.references(s, func(ref Reference, number uint32) bool {
			if ref.Loose || number != partOfValue && there[ref.Target.Kind][number] || number == partOfValue && s.Has(ref.Target) {
				return true
			}
			ref.Fact = s.At(ref.Index)
			return yield(ref)
		})
	}
}

// Named are the ids of the objects of one kind that something in the set names.
func (v *Vocabulary) Named(s Set, kind string) map[string]bool {
	named, met := make(map[string]bool), make([]bool, len(s.table().names))
	v.references(s, func(ref Reference, number uint32) bool {
		if ref.Target.Kind != kind || number != partOfValue && met[number] {
			return true
		}
		if named[ref.Target.ID] = true; number != partOfValue {
			met[number] = true
		}
		return true
	})
	return named
}

// existing says, for each kind that something refers to, which ids exist.
func (v *Vocabulary) existing(s Set) map[string][]bool {
	there := make(map[string][]bool)
	for _, k := range v.Kinds {
		for _, f := range k.Fields {
			if f.Ref != "" && there[f.Ref] == nil {
				ids := make([]bool, len(s.table().names))
				for _, r := range s.Kind(f.Ref).rows {
					ids[r.id()] = true
				}
				there[f.Ref] = ids
			}
		}
	}
	return there
}

// partOfValue stands for the number of a name that is only a part of a value.
const partOfValue = ^uint32(0)

// references visits every reference, but for its Fact, with the number of the
// name it refers to, until visit says false.
func (v *Vocabulary) references(s Set, visit func(ref Reference, number uint32) bool) {
	fields := v.referring(s.table())
	for i, r := range s.rows {
		of := fields[r.kind()]
		if of == nil {
			continue
		}
		f := of[r.field()]
		if f == nil {
			continue
		}
		value := s.t.names[r.value()]
		if !f.Shape.Keyed() {
			if !visit(Reference{Index: i, Target: Key{f.Ref, value}, Loose: f.Loose, Across: f.Crosses}, r.value()) {
				return
			}
			continue
		}
		key, val := SplitMap(value)
		if f.KeyRef != "" && !visit(Reference{Index: i, Target: Key{f.KeyRef, key}}, partOfValue) ||
			f.Ref != "" && !visit(Reference{Index: i, Target: Key{f.Ref, val}}, partOfValue) {
			return
		}
	}
}

// referring are the fields that name objects, by the numbers of kind and field.
func (v *Vocabulary) referring(t *table) [][]*Field {
	fields := make([][]*Field, len(t.words))
	for kindNo, kind := range t.words {
		k := v.Kind(kind)
		if k == nil {
			continue
		}
		for i := range k.Fields {
			f := &k.Fields[i]
			if no, ok := slices.BinarySearch(t.words, f.Name); ok && (f.Ref != "" || f.KeyRef != "") {
				if fields[kindNo] == nil {
					fields[kindNo] = make([]*Field, len(t.words))
				}
				fields[kindNo][no] = f
			}
		}
	}
	return fields
}

// Rename is the set with objects under other ids, and with everything that
// names them following: references, nested records, and for an Installation
// all that belongs to it.
func (v *Vocabulary) Rename(s Set, ids map[Key]string) Set {
	if len(ids) == 0 {
		return s
	}
	renamed := func(key Key) string { return v.renamed(key, ids) }
	var b Builder
	for _, f := range s.All() {
		if k := v.Kind(f.Kind); k != nil {
			f.Value = k.renamedValue(f, renamed)
		}
		f.ID = renamed(f.Key)
		b.Add(f)
	}
	return b.Set()
}

func (k *Kind) renamedValue(f Fact, renamed func(Key) string) string {
	field := k.Field(f.Field)
	switch {
	case field == nil || field.Ref == "" && field.KeyRef == "":
		return f.Value
	case !field.Shape.Keyed():
		return renamed(Key{field.Ref, f.Value})
	}
	key, val := SplitMap(f.Value)
	if field.KeyRef != "" {
		key = renamed(Key{field.KeyRef, key})
	}
	if field.Ref != "" {
		val = renamed(Key{field.Ref, val})
	}
	return JoinMap(key, val)
}

// renamed is the id under which the object is known after the renames.
func (v *Vocabulary) renamed(key Key, ids map[Key]string) string {
	if to, ok := ids[key]; ok {
		return to
	}
	if k := v.Kind(key.Kind); k != nil && k.Parent != "" {
		parent, own := SplitNested(key.ID)
		if by := k.Field(k.Key); by.Ref != "" {
			parent = v.renamed(Key{k.Parent, parent}, ids)
			own = CalledFrom(Key{ID: parent}.Installation(), v.renamed(Key{by.Ref, IDFrom(key.Installation(), own)}, ids))
			return NestedID(parent, own)
		}
		return NestedID(v.renamed(Key{k.Parent, parent}, ids), own)
	}
	if inst, name, ok := strings.Cut(key.ID, "/"); ok {
		if to, ok := ids[Key{"Installation", inst}]; ok {
			return ID(to, name)
		}
	}
	return key.ID
}

// Scope is what lupa looks at: everything but what is ignored.
type Scope struct {
	Ignore []Pattern `json:"ignore,omitempty"`
}

// Pattern is a kind and a glob for names: * any text, ? one character.
type Pattern struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
}

// Sees reports whether an object is in view. A nested record is where its
// parent is.
func (sc Scope) Sees(key Key) bool {
	if len(sc.Ignore) == 0 {
		return true
	}
	root := Words.Root(key)
	return !slices.ContainsFunc(sc.Ignore, func(p Pattern) bool {
		ok, err := path.Match(p.Name, root.Name())
		return p.Kind == root.Kind && ok && err == nil
	})
}

// Snapshot is what a target holds at one moment.
type Snapshot struct {
	Lineage string // random, given when the target was made
	Serial  int64  // how many applies it has seen
	Now     Set    // what is in view
	Beyond  Set    // what is not; only its references matter
	Last    Set    // what lupa last left there, in view or not
}
