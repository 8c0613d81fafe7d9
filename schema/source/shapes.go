package source

import (
	"bytes"
	"sync"

	"gopkg.in/yaml.v3"
)

// Parser reads files, several at once if need be. It remembers how documents
// looked, and of those that look like one before them (alike.go) the parser of
// YAML sees the first. What it gives is the same whatever it read before. The
// zero Parser has read nothing.
type Parser struct {
	lock   sync.RWMutex
	shapes map[string]*template // nil for one that is not what it looks like
	size   int
}

// What is remembered: documents up to maxShape bytes, until all that is remembered
// takes some maxShapes bytes of memory. In a tree where nothing is alike it would be
// of no use to remember more.
const (
	maxShape  = 8 << 10
	maxShapes = 4 << 20
	formBytes = 128
)

// rootOf is what the function of that name says of a text.
func (p *Parser) rootOf(text []byte) (*yaml.Node, error) {
	if len(text) > maxShape {
		return rootOf(text)
	}
	o := outline{text: text, shape: make([]byte, 0, len(text)), words: make([]word, 0, len(text)/8)}
	if !o.document() {
		return rootOf(text)
	}
	p.lock.RLock()
	t, known := p.shapes[string(o.shape)]
	full := p.size >= maxShapes
	p.lock.RUnlock()
	if t != nil {
		var r room
		r.make(len(t.forms), 1)
		return t.copy(string(text), o.words, 0, &r), nil
	}
	root, err := rootOf(text)
	if !known && !full && err == nil && root != nil {
		p.learn(&o, root)
	}
	return root, err
}

// document reads a whole text; it reports whether that is something to remember.
func (o *outline) document() bool {
	line := 0
	for i, ok := 0, true; i < len(o.text); {
		if o.text[i] == '\n' {
			i = o.endLine(i)
			line = i
			continue
		}
		if i, ok = o.step(i); !ok || i-line > maxItem {
			return false
		}
	}
	return true
}

// learn remembers what the parser made of a document, if that is clear: each of
// its words has to be a text of its own.
func (p *Parser) learn(o *outline, root *yaml.Node) {
	t := &template{forms: make([]form, 0, 2*len(o.words))}
	s := stretch{string(o.text), o.words, 0, bytes.Count(o.text, []byte("\n")) + 1}
	if !t.add(s, root) || t.words != len(o.words) {
		t = nil
	}
	size := len(o.shape) + formBytes
	if t != nil {
		size += formBytes * len(t.forms)
	}
	p.lock.Lock()
	defer p.lock.Unlock()
	if p.shapes == nil {
		p.shapes = make(map[string]*template)
	}
	p.shapes[string(o.shape)] = t // perhaps once more, after somebody else
	p.size += size
}
