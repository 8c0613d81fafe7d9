package target

import (
	"bytes"
	"cmp"
	"compress/zlib"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/order"
)

// Back is the way back over one apply: from what lupa left there to what it had
// left before. It is as large as the difference between the two.
type Back struct {
	Renames []Rename
	Gone    fact.Set // what was there before and is no longer, under the new names
	Come    fact.Set // what is there and was not before
	Others  fact.Set // the objects among them that were not lupa's, by their new names: a fact each, that they exist
}

// Rename is an object that got another id. Installations come first, as their
// names are part of all others.
type Rename struct{ Kind, From, To string }

// Renames are those among the steps of a plan.
func Renames(steps []order.Step) []Rename {
	var all []Rename
	for _, step := range steps {
		if step.Action == order.Rename {
			all = append(all, Rename{step.Key.Kind, step.From, step.Key.ID})
		}
	}
	slices.SortStableFunc(all, func(a, b Rename) int { return cmp.Compare(a.rank(), b.rank()) })
	return all
}

func (r Rename) rank() int {
	if r.Kind == "Installation" {
		return 0
	}
	return 1
}

// Follow is a set after renames.
func Follow(s fact.Set, renames []Rename) fact.Set {
	ids := make(map[fact.Key]string)
	for _, r := range renames {
		if key := (fact.Key{Kind: r.Kind, ID: r.From}); r.rank() == 0 {
			s = fact.Words.Rename(s, map[fact.Key]string{key: r.To})
		} else {
			ids[key] = r.To
		}
	}
	return fact.Words.Rename(s, ids)
}

// Unfollow is a set before renames.
func Unfollow(s fact.Set, renames []Rename) fact.Set {
	ids := make(map[fact.Key]string)
	for _, r := range renames {
		if r.rank() > 0 {
			ids[fact.Key{Kind: r.Kind, ID: r.To}] = r.From
		}
	}
	s = fact.Words.Rename(s, ids)
	for _, r := range slices.Backward(renames) {
		if r.rank() == 0 {
			s = fact.Words.Rename(s, map[fact.Key]string{{Kind: r.Kind, ID: r.To}: r.From})
		}
	}
	return s
}

// WayBack is the way back over an apply that made these renames. It leads from last,
// what lupa leaves there, to what was before: what it had left, and those objects of
// others that it took over or removed. now is what is in view afterwards. It is nil
// where there was nothing before.
func WayBack(before fact.Snapshot, last, now fact.Set, renames []Rename) *Back {
	left, had := Follow(before.Last, renames), Follow(before.Now, renames)
	if !Unfollow(left, renames).Equal(before.Last) {
		// Two objects became one, of which one was gone from the target. Which was
		// which no rename tells, so that back it goes by what comes and goes.
		renames, left, had = nil, before.Last, before.Now
	}
	others := had.Without(left).Where(func(k fact.Key) bool {
		root := fact.Words.Root(k)
		return !left.Has(root) && (last.Has(root) || !now.Has(root))
	})
	if left.Len()+others.Len() == 0 {
		return nil
	}
	all := left.Plus(others)
	b := &Back{Renames: renames, Gone: all.Minus(last), Come: last.Minus(all)}
	var marks fact.Builder
	for key := range others.Objects() {
		marks.Add(fact.Fact{Key: fact.Words.Root(key)})
	}
	b.Others = marks.Set()
	return b
}

// From goes back: to what lupa had left there before it left after, and to what
// others had there that it took over or removed.
func (b *Back) From(after fact.Set) (last, others fact.Set) {
	if b == nil {
		return fact.Set{}, fact.Set{}
	}
	all := after.Minus(b.Come).Plus(b.Gone)
	if b.Others.Len() > 0 {
		others = all.Where(func(k fact.Key) bool { return b.Others.Has(fact.Words.Root(k)) })
		all = all.Minus(others)
	}
	return Unfollow(all, b.Renames), Unfollow(others, b.Renames)
}

const backHeader = "lupa back 1\n"

// canonical is the way back as bytes, the same bytes for the same way: a header
// line, and renames, Gone, Come and Others, each with its length before it. A rename
// is a fact of its old name: its place in the order and the new name.
func (b *Back) canonical() ([]byte, error) {
	var renames fact.Builder
	for i, r := range b.Renames {
		renames.Add(fact.Fact{Key: fact.Key{Kind: r.Kind, ID: r.From}, Row: i + 1, Value: r.To})
	}
	out := []byte(backHeader)
	for _, set := range []fact.Set{renames.Set(), b.Gone, b.Come, b.Others} {
		data, err := set.MarshalBinary()
		if err != nil {
			return nil, err
		}
		out = append(binary.AppendUvarint(out, uint64(len(data))), data...)
	}
	return out, nil
}

// Pack is the way back as a target keeps it, compressed, and the digest that
// seals it: the SHA-256 of what Pack compressed.
func (b *Back) Pack() (data []byte, digest string, err error) {
	if b == nil {
		return nil, "", nil
	}
	raw, err := b.canonical()
	if err != nil {
		return nil, "", err
	}
	var out bytes.Buffer
	z := zlib.NewWriter(&out)
	_, err = z.Write(raw)
	if err := errors.Join(err, z.Close()); err != nil {
		return nil, "", err
	}
	sum := sha256.Sum256(raw)
	return out.Bytes(), hex.EncodeToString(sum[:]), nil
}

// maxBack is how many bytes a way back may have: several times those of all facts
// of a million people.
const maxBack = 256 << 20

var errBack = errors.New("it is not the way back that was sealed")

// UnpackBack reads what Pack made, and nothing but what has the digest.
func UnpackBack(data []byte, digest string) (*Back, error) {
	if len(data) == 0 && digest == "" {
		return nil, nil
	}
	z, err := zlib.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errBack, err)
	}
	raw, err := io.ReadAll(io.LimitReader(z, maxBack))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errBack, err)
	}
	if sum := sha256.Sum256(raw); hex.EncodeToString(sum[:]) != digest {
		return nil, errBack
	}
	return parseBack(raw)
}

func parseBack(raw []byte) (*Back, error) {
	rest, ok := bytes.CutPrefix(raw, []byte(backHeader))
	if !ok {
		return nil, errBack
	}
	var sets [4]fact.Set
	for i := range sets {
		length, n := binary.Uvarint(rest)
		if n <= 0 || length > uint64(len(rest)-n) {
			return nil, errBack
		}
		if err := sets[i].UnmarshalBinary(rest[n : n+int(length)]); err != nil {
			return nil, fmt.Errorf("%w: %w", errBack, err)
		}
		rest = rest[n+int(length):]
	}
	b := &Back{Gone: sets[1], Come: sets[2], Others: sets[3]}
	facts := make([]fact.Fact, 0, sets[0].Len())
	for _, f := range sets[0].All() {
		facts = append(facts, f)
	}
	slices.SortFunc(facts, func(a, b fact.Fact) int { return cmp.Compare(a.Row, b.Row) })
	for _, f := range facts {
		b.Renames = append(b.Renames, Rename{f.Kind, f.ID, f.Value})
	}
	return b, nil
}
