package plan

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/lupa-dev/lupa/reconcile/access"
	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/order"
	"github.com/lupa-dev/lupa/reconcile/policy"
	"github.com/lupa-dev/lupa/schema/source"
)

// listed is a member of the plan file that is a list, and may be a long one. The
// file is looked at before anything is made of it: who writes tens of millions of
// empty objects fills the memory of nobody.
type listed struct {
	name  string
	write func(*stream)
	look  func(*scanner) int // how many items it has
	read  func(*scanner, int)
	drop  func()
}

func listMember[T any](name string, list *[]T, write func([]byte, *T) []byte, read func(*scanner) T) listed {
	return listed{name,
		func(s *stream) {
			s.text = append(s.text, '[')
			for i := range *list {
				if i > 0 {
					s.text = append(s.text, ',')
				}
				s.text = write(s.text, &(*list)[i])
				s.flush(streamed)
			}
			s.text = append(s.text, ']')
		},
		func(s *scanner) (n int) {
			listOf(s, func(s *scanner) T { n++; return read(s) })
			return n
		},
		func(s *scanner, n int) { *list = listInto(s, make([]T, 0, n), read) },
		func() { *list = nil },
	}
}

// lists are the members of a plan that are lists.
func (p *Plan) lists() []listed {
	return []listed{
		listMember("adopted", &p.Adopted, appendObject, (*scanner).object),
		listMember("begins", &p.Begins, appendObject, (*scanner).object),
		listMember("brakes", &p.Brakes, appendBrake, (*scanner).brake),
		listMember("changes", &p.Changes, appendChange, (*scanner).change),
		listMember("drift", &p.Drift, appendChange, (*scanner).change),
		listMember("effect", &p.Effect, appendEffect, (*scanner).effect),
		listMember("effectSummary", &p.EffectSummary, appendCount, (*scanner).count),
		listMember("ends", &p.Ends, appendObject, (*scanner).object),
		listMember("external", &p.External, appendObject, (*scanner).object),
		listMember("findings", &p.Findings, appendFinding, (*scanner).finding),
		listMember("inputs", &p.Inputs, appendInput, (*scanner).input),
		listMember("steps", &p.Steps, appendStep, (*scanner).step),
		listMember("people", &p.People, appendText[string], (*scanner).filled),
		listMember("templates", &p.Templates, appendTemplate, (*scanner).template),
		listMember("titles", &p.Titles, appendTitle, (*scanner).title),
		listMember("unchanged", &p.Unchanged, appendEffect, (*scanner).effect),
		listMember("unmanaged", &p.Unmanaged, appendObject, (*scanner).object),
	}
}

// later are the lists that plans by older lupas do not have.
var later = []string{"begins", "brakes", "effect", "effectSummary", "ends", "people", "templates", "titles", "unchanged"}

// look makes sure that the lists of a plan file are as Write writes them. It says
// how many items each has, and takes no memory.
func look(lists []listed, members map[string]json.RawMessage) (sizes map[string]int, err error) {
	sizes = make(map[string]int, len(lists))
	items := 0
	for _, list := range lists {
		text, ok := members[list.name]
		if !ok && slices.Contains(later, list.name) {
			continue
		}
		s := scanner{rest: text, looks: true, items: items}
		sizes[list.name] = list.look(&s)
		if !s.ended() {
			return nil, fmt.Errorf("its %s are written otherwise", list.name)
		}
		items = s.items
	}
	return sizes, nil
}

// What follows reads what the functions whose names begin with append wrote.

func (s *scanner) change() (c Change) {
	s.expect(`{"action":`)
	c.Action = s.word()
	if s.has(`,"cause":`) {
		c.Cause = Cause(s.word())
	}
	s.expect(`,"fields":`)
	c.Fields = listOf(s, (*scanner).fieldChange)
	s.expect(`,"kind":`)
	c.Kind = s.word()
	s.expect(`,"name":`)
	c.Name = s.filled()
	if s.has(`,"previously":`) {
		c.Previously = s.filled()
	}
	if s.has(`,"widens":`) {
		c.Widens = s.names((*scanner).word)
	}
	s.expect("}")
	return c
}

func (s *scanner) fieldChange() (f FieldChange) {
	s.expect(`{"after":`)
	f.After = s.fieldValue()
	s.expect(`,"before":`)
	f.Before = s.fieldValue()
	if s.has(`,"cause":`) {
		f.Cause = Cause(s.word())
	}
	s.expect(`,"field":`)
	f.Field = s.word()
	if s.has(`,"last":`) {
		f.Last = s.fieldValue()
	}
	s.expect("}")
	return f
}

// maxMappings is how deep mappings lie in each other in a value of a field: a
// nested record has fields that are mappings.
const maxMappings = 2

func (s *scanner) fieldValue() any { return s.valueWithin(maxMappings) }

func (s *scanner) valueWithin(mappings int) any {
	if s.broken || len(s.rest) == 0 {
		s.broken = true
		return nil
	}
	switch s.rest[0] {
	case 'n':
		s.expect("null")
		return nil
	case 't', 'f':
		return s.flag()
	case '"':
		return s.string()
	case '[':
		return s.valueTexts()
	case '{':
		if mappings > 0 {
			return s.mapping(mappings)
		}
	default:
		return s.number()
	}
	s.broken = true
	return nil
}

// valueTexts is the list that a field has as its value. At most one text of a set
// is empty, and it is the first.
func (s *scanner) valueTexts() any {
	texts := listOf(s, func(s *scanner) string {
		if s.place > 0 {
			return s.filled()
		}
		return s.string()
	})
	if s.looks {
		return nil
	}
	return texts
}

func (s *scanner) mapping(depth int) any {
	var values map[string]any
	if !s.looks {
		values = make(map[string]any)
	}
	var last []byte
	s.expect("{")
	for n := 0; !s.next('}', n); n++ {
		key := s.text()
		s.expect(":")
		value := s.valueWithin(depth - 1)
		if n > 0 && compareUTF16(last, key) >= 0 {
			s.broken = true
		}
		if s.items++; s.items > maxItems {
			s.broken = true
		}
		if last = key; !s.looks {
			values[string(key)] = value
		}
	}
	if s.looks {
		return nil
	}
	return values
}

// compareUTF16 compares texts by their UTF-16 code units: as their bytes, but that
// what lies beyond 16 bits begins with surrogates, before U+E000 and all behind it.
func compareUTF16(a, b []byte) int {
	for len(a) > 0 && len(b) > 0 {
		x, n := utf8.DecodeRune(a)
		y, m := utf8.DecodeRune(b)
		if x != y {
			const beyond, behind = 0x10000, 0xe000
			if x >= behind && y >= behind && (x >= beyond) != (y >= beyond) {
				x, y = y, x
			}
			return int(x) - int(y)
		}
		a, b = a[n:], b[m:]
	}
	return len(a) - len(b)
}

func (s *scanner) object() (o Object) {
	s.expect("{")
	if s.has(`"everywhere":`) {
		o.Everywhere = s.names((*scanner).word)
		s.expect(",")
	}
	s.expect(`"id":`)
	o.ID = s.filled()
	s.expect(`,"kind":`)
	o.Kind = s.word()
	s.expect(`,"name":`)
	o.Name = s.filled()
	s.expect("}")
	return o
}

func (s *scanner) brake() (b Brake) {
	if s.place >= maxBrakes {
		s.broken = true
	}
	s.expect(`{"args":`)
	b.Args = listOrNull(s, (*scanner).arg)
	s.expect(`,"case":`)
	b.Case = s.string()
	s.expect(`,"code":`)
	b.Code = s.word()
	s.expect(`,"figure":`)
	b.Figure = int(s.number())
	s.expect(`,"message":`)
	b.Message = s.string()
	s.expect(`,"name":`)
	b.Name = s.word()
	s.expect("}")
	return b
}

// maxBrakes is how many brakes a plan may trip: there is one for the removals of
// each kind, and a few more.
const maxBrakes = 1000

func (s *scanner) effect() (e Effect) {
	s.expect(`{"after":`)
	e.After = listOf(s, (*scanner).reason)
	s.expect(`,"before":`)
	e.Before = listOf(s, (*scanner).reason)
	s.expect(`,"gained":`)
	e.Gained = s.flag()
	s.expect(`,"kind":`)
	e.Kind = s.word()
	e.Level = s.has(`,"level":true`)
	s.expect(`,"people":`)
	e.People = s.names((*scanner).filled)
	s.expect(`,"places":`)
	e.Places = s.names((*scanner).word)
	s.expect(`,"rights":`)
	e.Rights = s.names((*scanner).word)
	s.expect(`,"sensitivity":`)
	e.Sensitivity = access.Sensitivity(s.word())
	e.Widens = s.has(`,"widens":true`)
	s.expect("}")
	return e
}

// names reads names of which none stands beside itself.
func (s *scanner) names(read func(*scanner) string) []string {
	var last []byte
	return listOf(s, func(s *scanner) string {
		from := s.rest
		name := read(s)
		raw := from[:len(from)-len(s.rest)]
		if bytes.Equal(raw, last) {
			s.broken = true
		}
		last = raw
		return name
	})
}

// maxArgs is how many things a sentence may speak of: none speaks of as many.
const maxArgs = 20

// arg reads one of the things that a sentence speaks of.
func (s *scanner) arg() string {
	if s.place >= maxArgs {
		s.broken = true
	}
	return s.string()
}

func (s *scanner) reason() (r Reason) {
	s.expect(`{"args":`)
	r.Args = listOf(s, (*scanner).arg)
	if s.has(`,"case":`) {
		r.Case = s.word()
	}
	s.expect(`,"pos":`)
	r.Pos = listOf(s, (*scanner).pos)
	s.expect(`,"rule":`)
	r.Rule = s.word()
	s.expect(`,"text":`)
	r.Text = s.string()
	s.expect("}")
	return r
}

func (s *scanner) count() (c Count) {
	s.expect(`{"people":`)
	c.People = int(s.number())
	s.expect(`,"place":`)
	c.Place = s.word()
	s.expect(`,"right":`)
	c.Right = s.word()
	s.expect(`,"sensitivity":`)
	c.Sensitivity = access.Sensitivity(s.word())
	s.expect("}")
	return c
}

func (s *scanner) title() (t Title) {
	s.expect(`{"kind":`)
	t.Kind = s.word()
	if s.has(`,"language":`) {
		t.Language = s.word()
	}
	s.expect(`,"name":`)
	t.Name = s.filled()
	s.expect(`,"title":`)
	t.Title = s.filled()
	s.expect("}")
	return t
}

func (s *scanner) pos() (p source.Pos) {
	s.expect(`{"col":`)
	p.Col = int(s.number())
	s.expect(`,"file":`)
	p.File = s.word()
	s.expect(`,"line":`)
	p.Line = int(s.number())
	s.expect("}")
	return p
}

func (s *scanner) finding() (f Finding) {
	s.expect(`{"args":`)
	f.Args = listOrNull(s, (*scanner).arg)
	if s.has(`,"case":`) {
		f.Case = s.word()
	}
	s.expect(`,"code":`)
	f.Code = s.word()
	if s.has(`,"hint":`) {
		f.Hint = s.filled()
	}
	s.expect(`,"message":`)
	f.Message = s.string()
	s.expect(`,"pos":`)
	f.Pos = listOrNull(s, (*scanner).pos)
	s.expect(`,"severity":`)
	f.Severity = policy.Severity(s.word())
	s.expect(`,"subject":`)
	f.Subject = s.string()
	if s.has(`,"suggest":`) {
		f.Suggest = s.filled()
	}
	s.expect("}")
	return f
}

// hashLength is how many digits a SHA-256 has.
const hashLength = 64

func (s *scanner) input() (in Input) {
	s.expect(`{"path":`)
	in.Path = s.string()
	s.expect(`,"sha256":`)
	from := len(s.rest)
	in.SHA256 = s.string()
	if from-len(s.rest) != hashLength+len(`""`) {
		s.broken = true
	}
	s.expect("}")
	return in
}

func (s *scanner) template() (t TemplateEffect) {
	s.expect(`{"actions":`)
	t.Actions = listOrNull(s, func(s *scanner) access.Action { return access.Action(s.word()) })
	s.expect(`,"gained":`)
	t.Gained = s.flag()
	s.expect(`,"people":`)
	t.People = listOf(s, (*scanner).filled)
	s.expect(`,"places":`)
	t.Places = listOf(s, (*scanner).word)
	s.expect(`,"reason":`)
	t.Reason = s.reason()
	s.expect(`,"templates":`)
	t.Templates = listOf(s, (*scanner).filled)
	s.expect("}")
	return t
}

// step reads a step. A fact is [field, value], where the field of a row of an
// ordered list is written field[row]; field "" says that the object exists. After
// is the places of steps that come before, from 0; a plan by an older lupa does not
// say.
func (s *scanner) step() (st order.Step) {
	place := s.place
	var add, del facts
	s.expect("{")
	if s.has(`"add":`) {
		add = s.facts()
		s.expect(",")
	}
	if s.has(`"after":`) {
		st.After = listOf(s, func(s *scanner) int {
			first := s.number()
			if first < 0 || first >= int64(place) {
				s.broken = true
			}
			return int(first)
		})
		s.expect(",")
	}
	if s.has(`"del":`) {
		del = s.facts()
		s.expect(",")
	}
	s.expect(`"do":`)
	st.Action = order.Action(s.word())
	if s.has(`,"from":`) {
		st.From = s.filled()
	}
	s.expect(`,"id":`)
	st.Key.ID = s.filled()
	s.expect(`,"kind":`)
	kind := fact.Words.Kind(s.kept(s.text()))
	s.expect("}")
	if s.broken || kind == nil || !add.of(kind) || !del.of(kind) {
		s.broken = true
		return order.Step{}
	}
	st.Key.Kind = kind.Name
	st.Add, st.Del = add.set(st.Key), del.set(st.Key)
	return st
}

// facts are facts of one object, of which is not yet known which one it is.
type facts struct {
	all    []fact.Fact
	fields []string // each once
	often  []string // those that have several values
}

// maxFields is how many fields an object may be said to have: no kind has as many.
const maxFields = 100

func (s *scanner) facts() (read facts) {
	var last fact.Fact
	var lastValue []byte
	n := 0
	s.expect("[")
	for ; !s.next(']', n); n++ {
		var f fact.Fact
		s.expect("[")
		f.Field, f.Row = s.fieldName()
		s.expect(",")
		value := s.text()
		s.expect("]")
		if n > 0 && (last.Compare(f) > 0 || last.Compare(f) == 0 && slices.Compare(lastValue, value) >= 0) {
			s.broken = true
		}
		if n == 0 || f.Field != last.Field {
			read.fields = append(read.fields, f.Field)
		} else if k := len(read.often); k == 0 || read.often[k-1] != f.Field {
			read.often = append(read.often, f.Field)
		}
		if s.items++; s.items > maxItems || len(read.fields) > maxFields {
			s.broken = true
		}
		last, lastValue = f, value
		if !s.looks {
			f.Value = string(value)
			read.all = append(read.all, f)
		}
	}
	if n == 0 {
		s.broken = true
	}
	return read
}

// fieldName reads the field of a fact and its row.
func (s *scanner) fieldName() (field string, row int) {
	text := s.text()
	if at := slices.Index(text, '['); at >= 0 {
		in := scanner{rest: text[at+1:]}
		row = int(in.number())
		in.expect("]")
		if !in.ended() || row < 1 || row > 1<<32-1 {
			s.broken = true
		}
		if text = text[:at]; at == 0 {
			s.broken = true
		}
	}
	return s.kept(text), row
}

// of reports whether facts may be an object's of a kind: it has their fields, and
// each has as many values as it may.
func (f facts) of(kind *fact.Kind) bool {
	return !slices.ContainsFunc(f.fields, func(name string) bool { return name != "" && kind.Field(name) == nil }) &&
		!slices.ContainsFunc(f.often, func(name string) bool { return name == "" || kind.Field(name).Shape == fact.One })
}

func (f facts) set(key fact.Key) fact.Set {
	var b fact.Builder
	for _, one := range f.all {
		one.Key = key
		b.Add(one)
	}
	return b.Set()
}

// optional are the members of a plan that are written only where they say something.
var optional = []string{"undo"}

// readHead reads the members of a file that are no lists into head: all must be
// there but the optional. Members that this lupa does not know must be JSON and are
// left alone.
func readHead(members map[string]json.RawMessage, head any, most int, lists []string) error {
	known, err := shortMembers(head)
	if err != nil {
		return err
	}
	size := 0
	for name, value := range members {
		if slices.Contains(lists, name) {
			continue
		} else if _, ok := known[name]; ok || slices.Contains(optional, name) {
			known[name] = value
			size += len(value)
		} else if !json.Valid(value) {
			return fmt.Errorf("its %.20s is no JSON", name)
		}
	}
	if size > most {
		return errors.New("it says too much about itself")
	}
	return json.Unmarshal(join(known), head)
}

// sameHead makes sure that the members that were read into head are as they are
// written.
func sameHead(members map[string]json.RawMessage, head any, lists []string) error {
	again, err := shortMembers(head)
	if err != nil {
		return err
	}
	for name := range again {
		if !slices.Contains(lists, name) && !bytes.Equal(members[name], again[name]) {
			return fmt.Errorf("its %s is written otherwise", name)
		}
	}
	for _, name := range optional {
		if _, ok := members[name]; ok && again[name] == nil {
			return fmt.Errorf("its %s says nothing", name)
		}
	}
	return nil
}
