package plan

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/gowebpki/jcs"

	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/order"
)

// What Read tells apart.
var (
	ErrAltered = errors.New("the plan is not as lupa wrote it")
	ErrNewer   = errors.New("the plan was written by a newer lupa")
)

// MarshalJSON is the canonical form (RFC 8785) of the plan.
func (p *Plan) MarshalJSON() ([]byte, error) {
	members, err := p.members()
	if err != nil {
		return nil, err
	}
	return join(members, ""), nil
}

// members are the parts of the plan, each in canonical form. The long ones are
// written by this package, as jcs takes a minute for what takes it a second.
func (p *Plan) members() (map[string]json.RawMessage, error) {
	type bare Plan // without MarshalJSON
	rest := bare(*p)
	rest.Changes, rest.Drift = nil, nil
	data, err := json.Marshal(rest)
	if err != nil {
		return nil, err
	}
	if data, err = jcs.Transform(data); err != nil {
		return nil, err
	}
	members, err := split(data)
	if err != nil {
		return nil, err
	}
	members["changes"] = appendList(nil, p.Changes, appendChange)
	members["drift"] = appendList(nil, p.Drift, appendChange)
	members["steps"] = appendList(nil, p.Steps, appendStep)
	return members, nil
}

// seal is the plan's hash: the SHA-256 of the canonical form of all but the
// hash itself.
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

// ReadSteps is Read for an apply: it leaves out Changes and Drift, which are for
// people to look at and half of a large plan.
func ReadSteps(data []byte) (*Plan, error) { return read(data, "changes", "drift") }

func read(data []byte, without ...string) (*Plan, error) {
	body, ok := bytes.CutSuffix(data, []byte("\n"))
	members, err := split(body)
	if err != nil {
		return nil, fmt.Errorf("%w, or no plan at all: %v", ErrAltered, err)
	}
	if !ok {
		return nil, fmt.Errorf("%w: its end is missing", ErrAltered)
	}
	if !bytes.Equal(join(members, ""), body) {
		return nil, ErrAltered
	}
	var format int
	var sealed string
	if json.Unmarshal(members["format"], &format) != nil || json.Unmarshal(members["hash"], &sealed) != nil || sealed != hash(members) {
		return nil, ErrAltered
	}
	if format != Format {
		return nil, fmt.Errorf("%w: format %d", ErrNewer, format)
	}
	p, err := decode(members, without)
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrAltered, err)
	}
	return p, nil
}

// decode makes a plan of its parts; the long ones are each read by themselves,
// or not at all.
func decode(members map[string]json.RawMessage, without []string) (*Plan, error) {
	var long struct {
		changes, drift []Change
		steps          []stepJSON
	}
	for name, into := range map[string]any{"changes": &long.changes, "drift": &long.drift, "steps": &long.steps} {
		text := members[name]
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
	if err := json.Unmarshal(join(members, ""), &p); err != nil {
		return nil, err
	}
	p.Changes, p.Drift = long.changes, long.drift
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

// split takes a JSON object apart, its values as they are written.
func split(object []byte) (map[string]json.RawMessage, error) {
	var members map[string]json.RawMessage
	err := json.Unmarshal(object, &members)
	return members, err
}

// join puts an object together again, canonically but for its values, and
// without one member.
func join(members map[string]json.RawMessage, without string) []byte {
	names, size := make([]string, 0, len(members)), 2
	for name, value := range members {
		if name != without {
			names = append(names, name)
			size += len(name) + len(value) + len(`"":,`)
		}
	}
	slices.Sort(names)
	out := append(make([]byte, 0, size), '{')
	for i, name := range names {
		if i > 0 {
			out = append(out, ',')
		}
		quoted, _ := json.Marshal(name)
		out = append(append(append(out, quoted...), ':'), members[name]...)
	}
	return append(out, '}')
}

func hash(members map[string]json.RawMessage) string {
	sum := sha256.Sum256(join(members, "hash"))
	return hex.EncodeToString(sum[:])
}

// stepJSON is a step in the plan file. A fact is [field, value], where the
// field of a row of an ordered list is written field[row]; field "" says that
// the object exists.
type stepJSON struct {
	Do   order.Action `json:"do"`
	Kind string       `json:"kind"`
	ID   string       `json:"id"`
	From string       `json:"from"`
	Del  [][2]string  `json:"del"`
	Add  [][2]string  `json:"add"`
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
	return order.Step{Action: st.Do, Key: key, From: st.From, Del: del, Add: add}, err
}

func decodeFacts(key fact.Key, kind *fact.Kind, facts [][2]string) (fact.Set, error) {
	var b fact.Builder
	for _, f := range facts {
		field, row := f[0], 0
		if at, rest, ok := strings.Cut(field, "["); ok {
			n, err := strconv.Atoi(strings.TrimSuffix(rest, "]"))
			if err != nil || n < 1 {
				return fact.Set{}, fmt.Errorf("%s %s: %q is no row", key.Kind, key.ID, field)
			}
			field, row = at, n
		}
		if field != "" && kind.Field(field) == nil {
			return fact.Set{}, fmt.Errorf("%s has no field %q", key.Kind, field)
		}
		b.Add(fact.Fact{Key: key, Field: field, Row: row, Value: f[1]})
	}
	return b.Set(), nil
}
