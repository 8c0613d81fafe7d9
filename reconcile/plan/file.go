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
	"strconv"
	"strings"

	"github.com/gowebpki/jcs"

	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/order"
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
	return join(members), nil
}

// members are the parts of the plan, each in canonical form. The long ones are
// written by this package, as jcs takes a minute for what takes it a second.
func (p *Plan) members() (map[string]json.RawMessage, error) {
	type bare Plan // without MarshalJSON
	rest := bare(*p)
	rest.Changes, rest.Drift, rest.Effect, rest.Unchanged, rest.EffectSummary = nil, nil, nil, nil, nil
	members, err := shortMembers(rest)
	if err != nil {
		return nil, err
	}
	if p.Brakes == nil { // of a plan by an older lupa
		delete(members, "brakes")
		delete(members, "acknowledge")
	}
	members["changes"] = appendList(nil, p.Changes, appendChange)
	members["drift"] = appendList(nil, p.Drift, appendChange)
	members["effect"] = appendList(nil, p.Effect, appendEffect)
	if len(p.EffectSummary) > 0 {
		members["effectSummary"] = appendList(nil, p.EffectSummary, appendCount)
	}
	members["unchanged"] = appendList(nil, p.Unchanged, appendEffect)
	members["steps"] = appendList(nil, p.Steps, appendStep)
	return members, nil
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
	return hash(members)
}

// Write writes the plan file: the canonical form and a line feed.
func (p *Plan) Write(w io.Writer) error {
	data, err := p.MarshalJSON()
	if err != nil {
		return err
	}
	_, err = w.Write(append(data, '\n'))
	return err
}

// Read reads a plan file. It refuses, with ErrAltered, every file that is not
// byte for byte what Write wrote.
func Read(data []byte) (*Plan, error) { return read(data) }

// ReadSteps is Read for an apply: it leaves out Changes, Drift and Effect, which
// are for people to look at and half of a large plan.
func ReadSteps(data []byte) (*Plan, error) {
	return read(data, "changes", "drift", "effect", "unchanged", "effectSummary")
}

func read(data []byte, without ...string) (*Plan, error) {
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
		if json.Unmarshal(members[name], into) != nil {
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

// decode makes a plan of its parts; the long ones are each read by themselves,
// or not at all.
func decode(members map[string]json.RawMessage, without []string) (*Plan, error) {
	var long struct {
		changes, drift    []Change
		effect, unchanged []Effect
		summary           []Count
		steps             []stepJSON
	}
	for name, into := range map[string]any{"changes": &long.changes, "drift": &long.drift, "effect": &long.effect,
		"unchanged": &long.unchanged, "effectSummary": &long.summary, "steps": &long.steps} {
		text, ok := members[name]
		if !ok {
			continue // of a plan by an older lupa
		}
		delete(members, name)
		if slices.Contains(without, name) {
			continue
		}
		if err := json.Unmarshal(text, into); err != nil {
			return nil, err
		}
	}
	type bare Plan
	var p bare
	if err := json.Unmarshal(join(members), &p); err != nil {
		return nil, err
	}
	p.Changes, p.Drift, p.Effect, p.Unchanged, p.EffectSummary = long.changes, long.drift, long.effect, long.unchanged, long.summary
	for _, c := range slices.Concat(p.Changes, p.Drift) {
		for i, f := range c.Fields {
			c.Fields[i].Before, c.Fields[i].After, c.Fields[i].Last = plain(f.Before), plain(f.After), plain(f.Last)
		}
	}
	for _, st := range long.steps {
		step, err := st.decode()
		if err != nil {
			return nil, err
		}
		for _, first := range step.After {
			if first < 0 || first >= len(p.Steps) {
				return nil, fmt.Errorf("step %d waits for step %d, which is not before it", len(p.Steps), first)
			}
		}
		p.Steps = append(p.Steps, step)
	}
	return (*Plan)(&p), nil
}

// plain is a value of a field with the types that value gives it.
func plain(v any) any {
	switch v := v.(type) {
	case float64:
		return int64(v) // a count, and there are no others
	case []any:
		texts := make([]string, len(v))
		for i, item := range v {
			texts[i] = fmt.Sprint(item)
		}
		return texts
	case map[string]any:
		for key, inside := range v {
			v[key] = plain(inside)
		}
	}
	return v
}

// maxMembers is how many members an object has that is split: files have few,
// and whoever wants to fill the memory with names is refused before.
const maxMembers = 100

// split takes a JSON object apart that is written canonically, but for its
// values, which may be anything that has balanced brackets. The values are parts
// of the object and not copied: there may be much in them.
func split(object []byte) (map[string]json.RawMessage, error) {
	s := scanner{rest: object}
	members := make(map[string]json.RawMessage)
	s.expect("{")
	for last := ""; !s.next('}', len(members)); {
		name := s.string()
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

// stepJSON is a step in the plan file. A fact is [field, value], where the
// field of a row of an ordered list is written field[row]; field "" says that
// the object exists. After is the places of steps that come before, from 0; a plan
// by an older lupa does not say.
type stepJSON struct {
	Do    order.Action `json:"do"`
	Kind  string       `json:"kind"`
	ID    string       `json:"id"`
	From  string       `json:"from"`
	Del   [][2]string  `json:"del"`
	Add   [][2]string  `json:"add"`
	After []int        `json:"after"`
}

func (st stepJSON) decode() (order.Step, error) {
	key := fact.Key{Kind: st.Kind, ID: st.ID}
	kind := fact.Words.Kind(st.Kind)
	if kind == nil {
		return order.Step{}, fmt.Errorf("unknown kind %q", st.Kind)
	}
	del, err := decodeFacts(key, kind, st.Del)
	if err != nil {
		return order.Step{}, err
	}
	add, err := decodeFacts(key, kind, st.Add)
	return order.Step{Action: st.Do, Key: key, From: st.From, Del: del, Add: add, After: st.After}, err
}

func decodeFacts(key fact.Key, kind *fact.Kind, facts [][2]string) (fact.Set, error) {
	var b fact.Builder
	for _, f := range facts {
		decoded, err := decodeFact(key, kind, f[0], f[1])
		if err != nil {
			return fact.Set{}, err
		}
		b.Add(decoded)
	}
	return b.Set(), nil
}

// decodeFact is the fact that a file writes as [field, value] or, for a row of an
// ordered list, [field[row], value].
func decodeFact(key fact.Key, kind *fact.Kind, field, value string) (fact.Fact, error) {
	row := 0
	if at, rest, ok := strings.Cut(field, "["); ok {
		n, err := strconv.ParseUint(strings.TrimSuffix(rest, "]"), 10, 32)
		if err != nil || n < 1 {
			return fact.Fact{}, fmt.Errorf("%s %s: %q is no row", key.Kind, key.ID, field)
		}
		field, row = at, int(n)
	}
	if (field != "" || row > 0) && kind.Field(field) == nil {
		return fact.Fact{}, fmt.Errorf("%s has no field %q", key.Kind, field)
	}
	return fact.Fact{Key: key, Field: field, Row: row, Value: value}, nil
}
