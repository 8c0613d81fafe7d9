package plan

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/gowebpki/jcs"
)

// What readers of lupa's files tell apart. They come wrapped in what sort of
// file it is.
var (
	ErrAltered = errors.New("not as lupa wrote it")
	ErrNewer   = errors.New("written by a newer lupa")
	ErrOther   = errors.New("this is another sort of file")
)

// MarshalJSON is the canonical form (RFC 8785) of the plan.
func (p *Plan) MarshalJSON() ([]byte, error) {
	members, err := p.members()
	if err != nil {
		return nil, err
	}
	return members.join()
}

// member writes one member of a plan in canonical form.
type member func(*stream)

type members map[string]member

// members are the parts of the plan. The lists are written by this package, as jcs
// takes a minute for what takes it a second, and as they are asked for: all of them
// are several times as large as the plan.
func (p *Plan) members() (members, error) {
	rest := *p
	for _, list := range rest.lists() {
		list.drop()
	}
	type bare Plan // without MarshalJSON
	short, err := shortMembers(bare(rest))
	if err != nil {
		return nil, err
	}
	members := make(members)
	for name, text := range short {
		members[name] = ready(text)
	}
	for _, list := range p.lists() {
		members[list.name] = list.write
	}
	if len(p.EffectSummary) == 0 {
		delete(members, "effectSummary")
	}
	if p.Brakes == nil { // of a plan by an older lupa
		delete(members, "brakes")
		delete(members, "acknowledge")
	}
	if p.Titles == nil {
		delete(members, "titles")
	}
	if p.People == nil {
		delete(members, "people")
	}
	return members, nil
}

// ready is a member that is written already.
func ready(text []byte) member { return func(s *stream) { s.text = append(s.text, text...) } }

// stream is what is written and not yet passed on.
type stream struct {
	to   io.Writer
	text []byte
	err  error
}

// streamed is how much is passed on at once.
const streamed = 64 << 10

// flush passes on what is written, if it is as much as that.
func (s *stream) flush(least int) {
	if len(s.text) < least || s.err != nil {
		return
	}
	_, s.err = s.to.Write(s.text)
	s.text = s.text[:0]
}

// write writes the object that has the members.
func (m members) write(w io.Writer) error {
	s := stream{to: w}
	before := byte('{')
	for _, name := range slices.Sorted(maps.Keys(m)) {
		s.text = append(appendString(append(s.text, before), name), ':')
		m[name](&s)
		before = ','
	}
	s.text = append(s.text, '}')
	s.flush(0)
	return s.err
}

func (m members) join() ([]byte, error) {
	var out bytes.Buffer
	err := m.write(&out)
	return out.Bytes(), err
}

// shortMembers are the members of an object, each in canonical form.
func shortMembers(object any) (map[string]json.RawMessage, error) {
	data, err := json.Marshal(object)
	if err != nil {
		return nil, err
	}
	if data, err = jcs.Transform(data); err != nil {
		return nil, err
	}
	return split(data)
}

// seal is the plan's hash: the SHA-256 of the canonical form of all but the
// hash itself, with nothing to acknowledge. What there is to acknowledge has the
// hash in it, and follows from that and the brakes.
func (p *Plan) seal() string {
	members, err := p.members()
	if err != nil {
		panic(fmt.Sprintf("plan: %v", err)) // everything in a plan has a JSON form
	}
	delete(members, "hash")
	if members["acknowledge"] != nil {
		members["acknowledge"] = ready([]byte("[]"))
	}
	sum := sha256.New()
	members.write(sum) // a hash takes everything
	return hex.EncodeToString(sum.Sum(nil))
}

// MaxPlan is how many bytes a plan file may have: four times what a plan takes that
// changes a hundred thousand people at once.
const MaxPlan = 256 << 20

// Write writes the plan file: the canonical form and a line feed. What it wrote
// before an error is no plan.
func (p *Plan) Write(w io.Writer) error {
	members, err := p.members()
	if err != nil {
		return err
	}
	to := &within{w, MaxPlan - 1}
	if err := members.write(to); err != nil {
		return err
	}
	_, err = w.Write([]byte("\n"))
	return err
}

// within writes as many bytes as a plan may have.
type within struct {
	io.Writer
	left int
}

func (w *within) Write(data []byte) (int, error) {
	if w.left -= len(data); w.left < 0 {
		return 0, tooLarge("plan", MaxPlan)
	}
	return w.Writer.Write(data)
}

// Read reads a plan file. It refuses, with ErrAltered, every file that is not
// byte for byte what Write wrote.
func Read(data []byte) (*Plan, error) { return read(data) }

// ReadSteps is Read for an apply: it leaves out Changes, Drift and Effect, which
// are for people to look at and half of a large plan.
func ReadSteps(data []byte) (*Plan, error) {
	return read(data, "changes", "drift", "effect", "unchanged", "effectSummary", "titles", "people")
}

func read(data []byte, without ...string) (*Plan, error) {
	if len(data) > MaxPlan {
		return nil, tooLarge("plan", MaxPlan)
	}
	members, err := unseal(data, "plan", Format)
	if err != nil {
		return nil, err
	}
	listed := members["acknowledge"]
	p, err := decode(members, without)
	if err == nil {
		err = p.acknowledged(listed)
	}
	if err != nil {
		return nil, fmt.Errorf("the plan is %w: %w", ErrAltered, err)
	}
	return p, nil
}

// unseal takes a file of one kind and format apart, after it made sure that
// its hash is that of all the rest.
func unseal(data []byte, kind string, format int) (map[string]json.RawMessage, error) {
	altered := fmt.Errorf("the %s is %w", kind, ErrAltered)
	body, ok := bytes.CutSuffix(data, []byte("\n"))
	if !ok {
		return nil, fmt.Errorf("%w, or no %s at all: its end is missing", altered, kind)
	}
	members, err := split(body)
	if err != nil {
		return nil, fmt.Errorf("%w, or no %s at all: %w", altered, kind, err)
	}
	var is struct {
		format     int
		hash, kind string
	}
	for name, into := range map[string]any{"format": &is.format, "hash": &is.hash, "kind": &is.kind} {
		if len(members[name]) > maxName || json.Unmarshal(members[name], into) != nil {
			return nil, fmt.Errorf("%w, or no %s at all", altered, kind)
		}
	}
	switch {
	case is.hash != hash(members):
		return nil, altered
	case is.kind != kind:
		return nil, fmt.Errorf("%w: a %.20s, not a %s", ErrOther, is.kind, kind)
	case is.format != format:
		return nil, fmt.Errorf("the %s was %w: format %d", kind, ErrNewer, is.format)
	}
	return members, nil
}

// maxPlanHead is how many bytes the members of a plan may have that are no lists.
const maxPlanHead = 1 << 20

// decode makes a plan of its parts: all are looked at, and then read, but for lists
// that are to be left out.
func decode(members map[string]json.RawMessage, without []string) (*Plan, error) {
	var p Plan
	lists := p.lists()
	sizes, err := look(lists, members)
	if err != nil {
		return nil, err
	}
	names := []string{"acknowledge"} // what it must be follows from the rest
	for _, list := range lists {
		names = append(names, list.name)
	}
	type bare Plan
	if err := readHead(members, (*bare)(&p), maxPlanHead, names); err != nil {
		return nil, err
	}
	if _, ok := members["effect"]; !ok {
		names = append(names, "summary") // it said less before plans had an effect
	}
	if err := sameHead(members, (*bare)(&p), names); err != nil {
		return nil, err
	}
	words := make(map[string]string)
	for _, list := range lists {
		if n, ok := sizes[list.name]; ok && !slices.Contains(without, list.name) {
			list.read(&scanner{rest: members[list.name], words: words}, n)
		}
	}
	return &p, nil
}

// maxMembers is how many members an object has that is split, and maxName how long
// their names are: files have few, and whoever wants to fill the memory with names
// is refused before.
const maxMembers, maxName = 100, 100

// split takes a JSON object apart that is written canonically, but for its
// values, which may be anything that has balanced brackets. The values are parts
// of the object and not copied: there may be much in them.
func split(object []byte) (map[string]json.RawMessage, error) {
	s := scanner{rest: object}
	members := make(map[string]json.RawMessage)
	s.expect("{")
	for last := ""; !s.next('}', len(members)); {
		name := s.name()
		s.expect(":")
		if len(members) > 0 && name <= last || len(members) == maxMembers {
			s.broken = true
		}
		if s.broken {
			break
		}
		members[name], last = s.value(), name
	}
	if s.broken || len(s.rest) > 0 {
		return nil, errors.New("no JSON in the form in which lupa writes it")
	}
	return members, nil
}

// name reads the name of a member.
func (s *scanner) name() string {
	inside, size := s.inside()
	if len(inside) > maxName {
		s.broken = true
		return ""
	}
	return string(unescaped(inside, size))
}

// join puts an object together again.
func join(members map[string]json.RawMessage) []byte {
	size := 2
	for name, value := range members {
		size += len(name) + len(value) + len(`"":,`)
	}
	out := bytes.NewBuffer(make([]byte, 0, size))
	joinTo(out, members, "") // a buffer takes everything
	return out.Bytes()
}

// joinTo writes an object without one member.
func joinTo(w io.Writer, members map[string]json.RawMessage, without string) error {
	before := []byte("{")
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if name == without {
			continue
		}
		_, err := w.Write(append(appendString(before, name), ':'))
		if err == nil {
			_, err = w.Write(members[name])
		}
		if err != nil {
			return err
		}
		before = []byte(",")
	}
	_, err := w.Write([]byte("}"))
	return err
}

// hash is that of a plan or snapshot: of all but the hash itself, and of a plan as
// if nothing were to be acknowledged.
func hash(members map[string]json.RawMessage) string {
	if members["acknowledge"] != nil {
		members = maps.Clone(members)
		members["acknowledge"] = json.RawMessage("[]")
	}
	sum := sha256.New()
	joinTo(sum, members, "hash") // a hash takes everything
	return hex.EncodeToString(sum.Sum(nil))
}
