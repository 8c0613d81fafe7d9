package fact

import (
	"cmp"
	"strings"
)

// Shape says how many values a field has and what their order means.
type Shape int

const (
	One  Shape = iota // at most one value
	Many              // a set of values
	List              // values in an order that matters, rows counted from 1
	Map               // values by key; a fact's value is "key=value"
	Sets              // sets of values by key; a fact's value is "key=value", of one key as often as it has values
)

// Keyed reports whether values stand under keys.
func (s Shape) Keyed() bool { return s == Map || s == Sets }

// Type says what the values of a field are.
type Type int

const (
	Text  Type = iota
	Flag       // "true"; the fact is absent for no
	Count      // a decimal integer
	Day        // YYYY-MM-DD
	Ref        // the id of an object of kind Field.Ref
	Right      // the key of a right
)

// Kind is a word of the vocabulary for objects that a target holds.
type Kind struct {
	Name     string
	Doc      string
	Register string // where Primus keeps it, "" where it does not

	// A kind with a Parent is a record inside an object of that kind: the
	// field In of the parent's spec holds such records, told apart by Key.
	Parent string
	In     string
	Key    string

	Spans    *Span // in force only so long; nil for always
	External bool  // may be declared as kept elsewhere: external
	Fields   []Field

	in []string
}

// Span names the fields that say when an object is in force: from a day on
// until the day before another, both of which may be left open.
type Span struct {
	From, To string
	Lead     string // how many days it begins before From, "" where it cannot
	Code     string // the problem of a span without a day
	Case     string // and which sentence of it
}

// valid is the span of documents with validity; these have its fields without
// listing them.
var valid = &Span{From: "validFrom", To: "validTo", Code: "E32"}

// Field is a word of the vocabulary for what is said about an object.
type Field struct {
	Name     string // its path below spec, in facts, JSON and output
	At       string // its path in the document, where that is not spec.Name
	Shape    Shape
	Type     Type
	Item     string // Many, List: what one value is called; Map, Sets: what a key is called
	Ref      string // Type Ref: the kind whose objects are named
	KeyRef   string // Map, Sets: the kind whose objects the keys name, if any
	Crosses  bool   // may name what is in another installation: INSTALLATION:NAME
	With     string // Crosses: a plain name is of the installation of what this other field names, not of the object's
	Loose    bool   // may name what is not there (W23)
	Default  string // what an omitted field means; "" for no value
	Lenient  bool   // values that name what is not declared are left out (W23)
	Initial  string // an omitted field keeps the target's value; one the target lacks begins as this: a field, or field.field through the object that the first names
	Presence bool   // a Flag that says that the mapping of this name is there
	Either   bool   // where the value stands there may be a mapping instead, of the fields below this name
	AllOf    string // a Flag that stands for every value this other field could have; Primus spells it by leaving that field empty (R74)
	Register string // where Primus keeps it
	Doc      string

	path []string
}

// Vocabulary lists every word that facts are made of.
type Vocabulary struct {
	Kinds  []Kind
	byName map[string]*Kind
}

// Path is where the field stands: its keys from spec, or from metadata for a
// field whose At says so.
func (f *Field) Path() []string { return f.path }

// InPath is where the records of a kind stand: the keys from the parent's spec.
func (k *Kind) InPath() []string { return k.in }

func newVocabulary(kinds ...Kind) *Vocabulary {
	v := &Vocabulary{Kinds: kinds, byName: make(map[string]*Kind, len(kinds))}
	for i := range v.Kinds {
		k := &v.Kinds[i]
		if k.External {
			k.Fields = append(k.Fields, Field{Name: "external", Type: Flag,
				Doc: "Kept elsewhere: lupa knows the name and never touches the object."})
		}
		if k.Spans == valid {
			k.Fields = append(k.Fields,
				Field{Name: "validFrom", Type: Day, Doc: "First day in force."},
				Field{Name: "validTo", Type: Day, Doc: "First day no longer in force."})
		}
		if k.Parent == "" {
			k.Fields = append(k.Fields, Field{Name: "externalIds", At: "metadata.externalIds", Shape: Map, Item: "key",
				Doc: "Keys of the same object elsewhere, such as primusCard."})
		}
		k.in = strings.Split(k.In, ".")
		for j := range k.Fields {
			k.Fields[j].path = strings.Split(cmp.Or(strings.TrimPrefix(k.Fields[j].At, "metadata."), k.Fields[j].Name), ".")
		}
		v.byName[k.Name] = k
	}
	return v
}

// Kind is the word of that name, nil where there is none.
func (v *Vocabulary) Kind(name string) *Kind { return v.byName[name] }

// Nested are the kinds of the records that stand inside objects of a kind.
func (v *Vocabulary) Nested(kind string) []*Kind {
	var nested []*Kind
	for i := range v.Kinds {
		if v.Kinds[i].Parent == kind {
			nested = append(nested, &v.Kinds[i])
		}
	}
	return nested
}

// Field is the word of that name, nil where there is none.
func (k *Kind) Field(name string) *Field {
	for i := range k.Fields { // without copies: this is asked for every fact
		if k.Fields[i].Name == name {
			return &k.Fields[i]
		}
	}
	return nil
}

// Root is the object that a person sees: the key itself, or the object that a
// nested record stands in.
func (v *Vocabulary) Root(key Key) Key {
	if k := v.byName[key.Kind]; k != nil && k.Parent != "" {
		parent, _ := SplitNested(key.ID)
		return Key{k.Parent, parent}
	}
	return key
}

// NestedID is the id of a record: its parent's id and its own key.
func NestedID(parent, key string) string { return parent + "/" + key }

// SplitNested undoes NestedID.
func SplitNested(id string) (parent, key string) {
	inst, rest, _ := strings.Cut(id, "/")
	name, key, _ := strings.Cut(rest, "/")
	return ID(inst, name), key
}

// Rank is an order in which objects can be made so that nothing is named
// before it is there (O1): the position of each kind by name. Kinds that name
// each other only loosely, or themselves, do not wait.
//
// O1 lists schools before groups. A school that names groups (R27) is one
// step, so here its groups come first.
func (v *Vocabulary) Rank() map[string]int {
	rank := make(map[string]int, len(v.Kinds))
	var visit func(k *Kind)
	visit = func(k *Kind) {
		if _, done := rank[k.Name]; done {
			return
		}
		for _, ref := range k.strictRefs() {
			if ref != k.Name {
				visit(v.byName[ref])
			}
		}
		rank[k.Name] = len(rank)
	}
	for i := range v.Kinds {
		visit(&v.Kinds[i])
	}
	return rank
}

// strictRefs are the kinds that must be there before an object of this kind.
func (k *Kind) strictRefs() []string {
	var refs []string
	if k.Parent != "" {
		refs = append(refs, k.Parent)
	}
	for _, f := range k.Fields {
		if f.Ref != "" && !f.Loose {
			refs = append(refs, f.Ref)
		}
		if f.KeyRef != "" {
			refs = append(refs, f.KeyRef)
		}
	}
	return refs
}

// SplitMap is the key and the value of the value of a fact of Map or Sets.
func SplitMap(value string) (key, val string) {
	key, val, _ = strings.Cut(value, "=")
	return key, val
}

// JoinMap undoes SplitMap.
func JoinMap(key, val string) string { return key + "=" + val }
