package schema

import (
	"slices"
	"sync"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/lupa-dev/lupa/schema/source"
)

// part is a part of a schema that knows how much documents repeat each other. A
// closed object that only says what its properties are is valid where it has those
// that are required, no other, and a valid value in each; a list, where each of its
// items is valid; a text, where it has the length and the pattern. What says more is
// asked of the library, and a value that was valid once is not asked about again.
type part struct {
	schema     *jsonschema.Schema
	properties map[string]*part // of a closed object
	items      *part            // of a list
	text       bool

	lock  sync.RWMutex
	valid map[string]bool // canonical values, of all else
}

// maxValid and maxValidBytes bound what a part remembers.
const (
	maxValid      = 10_000
	maxValidBytes = 512
)

// newPart takes a schema, and how it is written without references.
func newPart(schema *jsonschema.Schema, written any) *part {
	p := &part{schema: schema}
	says, _ := written.(map[string]any)
	switch is := says["type"]; {
	case is == "object" && says["additionalProperties"] == false && onlySays(says, "properties", "required", "additionalProperties"):
		p.properties = make(map[string]*part, len(schema.Properties))
		for key, property := range schema.Properties {
			p.properties[key] = newPart(property, says["properties"].(map[string]any)[key])
		}
	case is == "array" && says["items"] != nil && onlySays(says, "items"):
		p.items = newPart(schema.Items2020, says["items"])
	case is == "string" && onlySays(says, "pattern", "minLength", "maxLength"):
		p.text = true
	}
	return p
}

// onlySays reports whether nothing but these keywords, the type and what is said to
// readers stands in a schema.
func onlySays(schema map[string]any, keywords ...string) bool {
	for keyword := range schema {
		switch keyword {
		case "$schema", "$id", "$comment", "title", "description", "examples", "default", "type":
		default:
			if !slices.Contains(keywords, keyword) {
				return false
			}
		}
	}
	return true
}

// holds reports that a value is valid; where it says no, nobody knows yet.
func (p *part) holds(v source.Value) bool {
	switch {
	case p.properties != nil:
		return v.IsMap() && p.objectHolds(v)
	case p.items != nil:
		if !v.IsList() {
			return false
		}
		for _, item := range v.Items() {
			if !p.items.holds(item) {
				return false
			}
		}
		return true
	case p.text:
		text, ok := v.Plain().(string)
		length := utf8.RuneCountInString(text)
		return ok && (p.schema.Pattern == nil || p.schema.Pattern.MatchString(text)) &&
			length >= p.schema.MinLength && (p.schema.MaxLength < 0 || length <= p.schema.MaxLength)
	}
	if nodes := pieceItems; !fits(v, &nodes) {
		return false // of a list of a million wrong items the library would say a million things
	}
	var room [maxValidBytes]byte
	known := v.AppendCanonical(room[:0])
	p.lock.RLock()
	valid := p.valid[string(known)]
	p.lock.RUnlock()
	if valid || p.schema.Validate(v.Plain()) != nil {
		return valid
	}
	p.lock.Lock()
	defer p.lock.Unlock()
	if p.valid == nil {
		p.valid = make(map[string]bool)
	}
	if len(p.valid) < maxValid && len(known) <= maxValidBytes {
		p.valid[string(known)] = true
	}
	return true
}

// fits takes the nodes of a value from so many; it reports whether there are no more.
func fits(v source.Value, nodes *int) bool {
	*nodes--
	for _, item := range v.Items() {
		if *nodes < 0 || !fits(item, nodes) {
			return false
		}
	}
	for _, value := range v.Entries() {
		if *nodes < 0 || !fits(value, nodes) {
			return false
		}
	}
	return *nodes >= 0
}

// objectHolds wants every value of a key that is there twice valid, though the
// library sees the last.
func (p *part) objectHolds(v source.Value) bool {
	for key, value := range v.Entries() {
		if property := p.properties[key.Text()]; property == nil || !property.holds(value) {
			return false
		}
	}
	for _, key := range p.schema.Required {
		if !v.Get(key).Exists() {
			return false
		}
	}
	return true
}
