// Package schema says what a document may look like, one JSON Schema a kind.
//
// The schemas in v1 are written by hand, in draft 2020-12, for two sorts of
// reader. lupa checks every document against the schema of its kind; an editor
// shows their descriptions to whoever writes YAML. A document that passes may
// be as short as this:
//
//	apiVersion: lupa/v1
//	kind: SchoolClass
//	metadata: {name: testila-9a}
//	spec: {school: testila}
//
// What passes has known keys, values of the right type and texts of the right
// form. Nothing more is promised: whether a name leads anywhere, whether a
// right exists and whether two fields go together is judged where all documents
// are seen at once.
//
// The files in v1 share common.schema.json. Nobody outside has to follow that
// reference: Text and Bundle give schemas that stand alone.
package schema

import (
	"bytes"
	"embed"
	"encoding/json"
	"slices"
)

// The bundle lies beside these files, is made from them and is not embedded.
//
//go:embed v1/common.schema.json v1/[A-Z]*.schema.json
var files embed.FS

// base is where the ids of all schemas begin. Nothing is ever fetched there.
const base = "https://github.com/lupa-dev/lupa/schema/v1/"

// Kinds lists the kinds of documents in the order in which somebody who writes
// a tree meets them.
func Kinds() []string {
	return []string{
		"Project",
		"Installation",
		"RightsCatalogue",
		"School",
		"SchoolClass",
		"UserGroup",
		"Person",
		"People",
		"GroupRule",
		"PersonOverride",
		"CardAssignment",
		"SurveyTemplate",
		"Unit",
		"CosDocRole",
		"CosDocProfile",
		"CosDocAssignment",
		"ImsGrant",
		"Substitution",
		"SupportContact",
		"AdminTeam",
		"Policy",
		"Delegation",
		"AccessTest",
		"AccessRule",
		"Guard",
	}
}

// Text is the schema of one kind as JSON that refers to nothing outside itself.
// There is none where the kind is unknown.
func Text(kind string) ([]byte, bool) {
	if !slices.Contains(Kinds(), kind) {
		return nil, false
	}
	top, defs := read(kind)
	_, common := read("common")
	return write(append(top, member{"$defs", object(append(defs, common...))})), true
}

// Bundle is one schema for documents of every kind. Editors need it: they
// choose the schema by file and see the kind only afterwards. It is oneOf and
// not if and then, under which editors show no descriptions.
func Bundle() []byte {
	var choices []json.RawMessage
	var kinds, defs []member
	for _, kind := range Kinds() {
		top, own := read(kind)
		top = slices.DeleteFunc(top, func(m member) bool { return m.name == "$schema" || m.name == "$id" })
		choices = append(choices, object([]member{{"$ref", quote("#/$defs/" + kind)}}))
		kinds = append(kinds, member{kind, object(top)})
		defs = append(defs, own...)
	}
	_, common := read("common")
	return write([]member{
		{"$schema", quote("https://json-schema.org/draft/2020-12/schema")},
		{"$id", quote(base + "lupa.schema.json")},
		{"title", quote("lupa")},
		{"description", quote("Any document of a lupa tree; its kind says which.")},
		{"oneOf", marshal(choices)},
		{"$defs", object(slices.Concat(kinds, defs, common))},
	})
}

// member is one key of a JSON object. Maps would forget the order in which the
// files were written.
type member struct {
	name  string
	value json.RawMessage
}

// read is a file of v1 in two parts: its definitions, and all other members.
// No two files define the same name, so the definitions of several may lie in
// one place, and a reference to another file becomes one within the same.
func read(name string) (top, defs []member) {
	file, err := files.ReadFile("v1/" + name + ".schema.json")
	if err != nil {
		panic(err) // embedded above
	}
	file = bytes.ReplaceAll(file, []byte(`"common.schema.json#`), []byte(`"#`))
	for _, m := range members(file) {
		if m.name == "$defs" {
			defs = members(m.value)
		} else {
			top = append(top, m)
		}
	}
	return top, defs
}

func members(value json.RawMessage) []member {
	var all []member
	in := json.NewDecoder(bytes.NewReader(value))
	token(in) // the brace
	for in.More() {
		m := member{name: token(in).(string)}
		if err := in.Decode(&m.value); err != nil {
			panic(err) // embedded, and parsed by every test
		}
		all = append(all, m)
	}
	return all
}

func token(in *json.Decoder) json.Token {
	t, err := in.Token()
	if err != nil {
		panic(err) // as above
	}
	return t
}

func object(all []member) json.RawMessage {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range all {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(quote(m.name))
		b.WriteByte(':')
		b.Write(m.value)
	}
	b.WriteByte('}')
	return b.Bytes()
}

func quote(s string) json.RawMessage { return marshal(s) }

func marshal(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings, and JSON that was read above
	}
	return b
}

func write(all []member) []byte {
	var b bytes.Buffer
	if err := json.Indent(&b, object(all), "", "  "); err != nil {
		panic(err) // as in marshal
	}
	b.WriteByte('\n')
	return b.Bytes()
}
