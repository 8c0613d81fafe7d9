package config

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"reflect"

	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/plan"
)

// Cache keeps what files are compiled to, from one run to the next. The bytes of
// a file are read and hashed every time; what is kept is found by their hash. It
// has to give what was put there and nothing else: what it gives is believed.
// It is asked from several goroutines.
type Cache interface {
	Get(key [sha256.Size]byte) []byte // nil where nothing is kept
	Put(key [sha256.Size]byte, compiled []byte)
}

// packing names the form in which facts of a file are kept, and what the compiler
// makes of them. Who keeps them adds what else makes one lupa differ from another.
const packing = "compiled 1"

// compiled is what a file declares, from the cache if it has that. Only plain
// files are kept: of objects, without a problem.
func (l *loader) compiled(index int32, path string, data []byte) fileFacts {
	cache := l.opt.Cache
	if cache == nil {
		return compile(index, l.parser.Parse(path, data))
	}
	sum := sha256.Sum256(data)
	key := sha256.Sum256([]byte(packing + "\x00" + hex.EncodeToString(sum[:]) + "\x00" + path))
	if kept := cache.Get(key); kept != nil {
		if out, ok := unpack(kept, index); ok {
			out.sha256 = hex.EncodeToString(sum[:])
			return out
		}
	}
	out := compile(index, l.parser.Parse(path, data))
	if packed, ok := pack(&out); ok {
		cache.Put(key, packed)
	}
	return out
}

// packer writes what a file declares: numbers, and texts by their number.
type packer struct {
	texts  map[string]uint64
	table  []byte
	body   []byte
	line   int32 // of the place before
	failed bool
}

func (p *packer) number(n int) {
	p.failed = p.failed || n < 0 || n > math.MaxInt32
	p.body = binary.AppendUvarint(p.body, uint64(n))
}

func (p *packer) text(s string) {
	n, ok := p.texts[s]
	if !ok {
		n = uint64(len(p.texts))
		p.texts[s] = n
		p.table = append(binary.AppendUvarint(p.table, uint64(len(s))), s...)
	}
	p.body = binary.AppendUvarint(p.body, n)
}

// place writes a place: the column, 0 for none, and the line from the one before.
func (p *packer) place(at place) {
	p.number(int(at.col))
	if at.col > 0 {
		p.body = binary.AppendVarint(p.body, int64(at.line-p.line))
		p.line = at.line
	}
}

// pack writes a plain file. It knows some fields of what a file declares; where
// any other says something, the file is not plain.
func pack(f *fileFacts) ([]byte, bool) {
	p := packer{texts: make(map[string]uint64)}
	rest := *f
	rest.sha256, rest.lists, rest.spans, rest.objects = "", nil, nil, nil
	if !reflect.ValueOf(rest).IsZero() {
		return nil, false
	}
	p.number(len(f.lists))
	for _, l := range f.lists {
		p.text(l.kind)
		p.text(l.installation)
		p.text(l.name.word)
		p.place(l.name.at)
	}
	p.number(len(f.spans))
	for _, s := range f.spans {
		p.text(s.Kind)
		p.number(s.First)
		p.number(s.Last)
	}
	entries := 0
	for i := range f.objects {
		entries += len(f.objects[i].entries)
	}
	p.number(len(f.objects))
	p.number(entries)
	for i := range f.objects {
		p.object(&f.objects[i])
	}
	out := binary.AppendUvarint(nil, uint64(len(p.texts)))
	return append(append(out, p.table...), p.body...), !p.failed
}

func (p *packer) object(o *object) {
	rest := *o
	rest.kind, rest.name, rest.installation, rest.at, rest.instAt = nil, "", "", place{}, place{}
	rest.previously, rest.owner, rest.entries = nil, 0, nil
	p.failed = p.failed || !reflect.ValueOf(rest).IsZero()
	p.text(o.kind.Name)
	p.text(o.name)
	p.text(o.installation)
	p.place(o.at)
	p.place(o.instAt)
	p.number(o.owner)
	p.number(len(o.previously))
	for _, old := range o.previously {
		p.text(old.word)
		p.place(old.at)
	}
	p.number(len(o.entries))
	for i := range o.entries {
		e := &o.entries[i]
		p.number(fieldNumber(o.kind, e.field))
		p.number(e.row)
		p.text(e.key)
		p.text(e.value)
		p.place(e.at)
		p.place(e.also)
	}
}

func fieldNumber(kind *fact.Kind, field *fact.Field) int {
	for i := range kind.Fields {
		if &kind.Fields[i] == field {
			return i
		}
	}
	return -1
}

// unpacker reads what packer wrote. Of bytes that it did not, too, it makes
// nothing that does not fit together, nor much more than there are bytes.
type unpacker struct {
	rest   []byte
	texts  []string
	file   int32
	line   int32
	failed bool
}

func (u *unpacker) fail() int {
	u.failed, u.rest = true, nil
	return 0
}

func (u *unpacker) number() int {
	n, size := binary.Uvarint(u.rest)
	if size <= 0 || n > math.MaxInt32 {
		return u.fail()
	}
	u.rest = u.rest[size:]
	return int(n)
}

// count is how many things follow of which each takes so many bytes at the least.
func (u *unpacker) count(size int) int {
	n := u.number()
	if n > len(u.rest)/size {
		return u.fail()
	}
	return n
}

func (u *unpacker) text() string {
	n := u.number()
	if n >= len(u.texts) {
		u.fail()
		return ""
	}
	return u.texts[n]
}

// place is a place of the file; one without a column is nowhere in it.
func (u *unpacker) place() place {
	col := u.number()
	if col == 0 {
		return place{file: u.file}
	}
	more, size := binary.Varint(u.rest)
	line := int64(u.line) + more
	if size <= 0 || more < -math.MaxInt32 || more > math.MaxInt32 || line < 0 || line > math.MaxInt32 {
		u.fail()
		return place{}
	}
	u.rest, u.line = u.rest[size:], int32(line)
	return place{u.file, u.line, int32(col)}
}

// table reads the texts.
func (u *unpacker) table() {
	n := u.count(1)
	u.texts = make([]string, 0, n)
	all := string(u.rest)
	for range n {
		size := u.number()
		if size > len(u.rest) {
			u.fail()
			return
		}
		at := len(all) - len(u.rest)
		u.texts = append(u.texts, all[at:at+size])
		u.rest = u.rest[size:]
	}
}

// The least that a list, a span, an object and an entry take.
const leastList, leastSpan, leastObject, leastEntry = 4, 3, 8, 6

func unpack(data []byte, file int32) (out fileFacts, ok bool) {
	u := unpacker{rest: data, file: file}
	u.table()
	for range u.count(leastList) {
		out.lists = append(out.lists, list{u.text(), u.text(), text{u.text(), u.place()}})
	}
	for range u.count(leastSpan) {
		out.spans = append(out.spans, plan.List{Kind: u.text(), First: u.number(), Last: u.number()})
	}
	out.objects = make([]object, u.count(leastObject))
	entries := make([]entry, 0, u.count(leastEntry))
	for i := range out.objects {
		if entries = u.object(&out.objects[i], i, entries); u.failed {
			break
		}
	}
	if u.failed || len(u.rest) > 0 {
		return fileFacts{}, false
	}
	return out, true
}

// object reads the object at a position, and adds its entries to those that are
// there.
func (u *unpacker) object(o *object, at int, entries []entry) []entry {
	o.kind = fact.Words.Kind(u.text())
	o.name, o.installation, o.at, o.instAt, o.owner = u.text(), u.text(), u.place(), u.place(), u.number()
	if o.kind == nil || o.owner > at {
		u.fail()
		return entries
	}
	if o.owner > 0 {
		o.instAt = place{} // a record has none
	}
	for range u.count(2) {
		o.previously = append(o.previously, text{u.text(), u.place()})
	}
	from, n := len(entries), u.count(leastEntry)
	if n > cap(entries)-from {
		u.fail()
		return entries
	}
	for range n {
		field := u.number()
		if field >= len(o.kind.Fields) {
			u.fail()
			break
		}
		e := entry{field: &o.kind.Fields[field], row: u.number(), key: u.text(), value: u.text(), at: u.place(), also: u.place()}
		if e.also.col == 0 {
			e.also = place{}
		}
		entries = append(entries, e)
	}
	o.entries = entries[from:len(entries):len(entries)]
	return entries
}
