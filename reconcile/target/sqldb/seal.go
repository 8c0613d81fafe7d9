package sqldb

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"fmt"

	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/target"
)

// A seal tells damage from a change by hand. That somebody changes rows by SQL is
// legal: it is drift, and the next plan deals with it. A bit that flipped on the
// disk is not, and nobody may take it for somebody's will.
//
// SQLite has no checksums, but counts in the header of the file the transactions
// that wrote. With each commit lupa notes the digest of all facts and the count
// as it is after that commit. Where the count is the noted one when the facts are
// read, nobody wrote since, and they must have that digest, else they are
// damaged. Where it is another one, somebody else wrote, and the facts are theirs
// until lupa writes again; damage in that time is found by SQLite itself, or not
// at all. The header holds the count twice, so that a bit of the count that flips
// is no change by hand either.
//
// A server looks after its pages itself; there only the digest is noted.
type seal struct {
	facts   string        // digest; "" before the first seal of a target that is older than seals
	counter sql.NullInt64 // of the file
}

// digest covers what lupa knows about the target, the newest entry of the log
// included, so that damage to it does not go unseen.
func (s state) digest() string {
	last := sha256.Sum256(s.last)
	text := fmt.Sprintf("lupa target 1\n%s\n%d\n%x\n%s\n", s.lineage, s.serial, last, s.head)
	if s.seal != (seal{}) {
		text += fmt.Sprintf("%s\n%d\n", s.seal.facts, s.seal.counter.Int64)
	}
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// close seals the facts that the transaction leaves, which has written already or
// does so before it ends.
func (s *state) close(ctx context.Context, tx *session, facts fact.Digest) error {
	s.seal = seal{facts: facts.String()}
	if tx.kind.counter == nil {
		return nil
	}
	before, err := tx.kind.counter(ctx, tx)
	s.seal.counter = sql.NullInt64{Int64: int64(before + 1), Valid: true}
	return err
}

// holds makes sure that facts are not damaged, where that can be known.
func (s seal) holds(ctx context.Context, tx *session, facts fact.Set) error {
	if tx.kind.counter == nil {
		return nil
	}
	counter, err := tx.kind.counter(ctx, tx)
	switch {
	case err != nil:
		return err
	case !s.counter.Valid || s.counter.Int64 != int64(counter):
		return nil // somebody else wrote
	case facts.Digest().String() != s.facts:
		return fmt.Errorf("%w: what it holds is not what was written there", target.ErrDamaged)
	}
	return nil
}

// changes is how often the file was written, by its header. Within a transaction
// that writes it is the count of before: it goes up with the commit.
func changes(ctx context.Context, tx *session) (uint32, error) {
	var once, twice []byte
	err := tx.row(ctx, "SELECT substr(data, 25, 4), substr(data, 93, 4) FROM sqlite_dbpage WHERE pgno = 1").Scan(&once, &twice)
	switch {
	case err != nil:
		return 0, classify(err)
	case len(once) != 4 || string(once) != string(twice):
		return 0, fmt.Errorf("%w: its header contradicts itself", target.ErrDamaged)
	}
	return binary.BigEndian.Uint32(once), nil
}
