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
	data, err := p.encode()
	if err != nil {
		return nil, err
	}
	return jcs.Transform(data)
}

// encode is the plan as JSON, not yet canonical.
func (p *Plan) encode() ([]byte, error) {
	type bare Plan // without MarshalJSON
	steps := make([]stepJSON, len(p.Steps))
	for i, st := range p.Steps {
		steps[i] = encodeStep(st)
	}
	return json.Marshal(struct {
		*bare
		Steps []stepJSON `json:"steps"`
	}{(*bare)(p), steps})
}

// seal is the plan's hash: the SHA-256 of the canonical form of all but the
// hash itself.
func (p *Plan) seal() string {
	data, err := p.MarshalJSON()
	if err != nil {
		panic(fmt.Sprintf("plan: %v", err)) // everything in a plan has a JSON form
	}
	members, err := split(data)
	if err != nil {
		panic(fmt.Sprintf("plan: %v", err))
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
func Read(data []byte) (*Plan, error) {
	body, ok := bytes.CutSuffix(data, []byte("\n"))
	members, err := split(body)
	if err != nil || !ok {
		return nil, fmt.Errorf("%w: %v", ErrAltered, err)
	}
	if !bytes.Equal(join(members, ""), body) {
		return nil, ErrAltered
	}
	var head struct {
		Format int    `json:"format"`
		Hash   string `json:"hash"`
	}
	if err := json.Unmarshal(body, &head); err != nil || head.Hash != hash(members) {
		return nil, ErrAltered
	}
	if head.Format != Format {
		return nil, fmt.Errorf("%w: format %d", ErrNewer, head.Format)
	}
	type bare Plan
	var p struct {
		*bare
		Steps []stepJSON `json:"steps"`
	}
	p.bare = new(bare)
	if err := json.Unmarshal(body, &p); err != nil {
		return nil, fmt.Errorf("%w: %v", ErrAltered, err)
	}
	out := (*Plan)(p.bare)
	for _, st := range p.Steps {
		step, err := st.decode()
		if err != nil {
			return nil, fmt.Errorf("%w: %v", ErrAltered, err)
		}
		out.Steps = append(out.Steps, step)
	}
	return out, nil
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
	names := make([]string, 0, len(members))
	for name := range members {
		if name != without {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	out := []byte{'{'}
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

// stepJSON is a step in the plan file. Facts are [field, value] or, in ordered
// fields, [field, row, value]; field "" says that the object exists.
type stepJSON struct {
	Do   order.Action `json:"do"`
	Kind string       `json:"kind"`
	ID   string       `json:"id"`
	From string       `json:"from,omitempty"`
	Del  []factJSON   `json:"del,omitempty"`
	Add  []factJSON   `json:"add,omitempty"`
}

type factJSON []any

func encodeStep(st order.Step) stepJSON {
	return stepJSON{st.Action, st.Key.Kind, st.Key.ID, st.From, encodeFacts(st.Del), encodeFacts(st.Add)}
}

func encodeFacts(s fact.Set) []factJSON {
	facts := make([]factJSON, 0, s.Len())
	for _, f := range s.All() {
		if f.Row > 0 {
			facts = append(facts, factJSON{f.Field, f.Row, f.Value})
		} else {
			facts = append(facts, factJSON{f.Field, f.Value})
		}
	}
	return facts
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

func decodeFacts(key fact.Key, kind *fact.Kind, facts []factJSON) (fact.Set, error) {
	var b fact.Builder
	for _, f := range facts {
		decoded := fact.Fact{Key: key}
		row := 0.0
		ok := len(f) == 2 || len(f) == 3
		if ok {
			decoded.Field, ok = f[0].(string)
		}
		if ok && len(f) == 3 {
			row, ok = f[1].(float64)
		}
		if ok {
			decoded.Value, ok = f[len(f)-1].(string)
		}
		if !ok || decoded.Field != "" && kind.Field(decoded.Field) == nil {
			return fact.Set{}, fmt.Errorf("%s %s: %v is no fact", key.Kind, key.ID, f)
		}
		decoded.Row = int(row)
		b.Add(decoded)
	}
	return b.Set(), nil
}
