package sqldb

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/lupa-dev/lupa/reconcile/fact"
)

// errDangling is that a row belongs to, or names, what is not there.
var errDangling = errors.New("a reference leads nowhere")

// sound holds everything that is there against what the foreign keys demand: that
// each row belongs to an object that is there, and that each reference leads to
// one, but for the loose ones. An empty target is filled without the database
// looking up every reference as it comes, which is half of the work; this walk over
// what was read back comes to the same, row by row (TestSound).
func sound(all fact.Set) error {
	for ref := range fact.Words.Dangling(all) {
		return fmt.Errorf("%w: from %s %s, %s, to %s %s", errDangling, ref.Fact.Kind, ref.Fact.ID, ref.Fact.Field, ref.Target.Kind, ref.Target.ID)
	}
	for key, object := range all.Objects() {
		if object.At(0).Field != "" {
			return fmt.Errorf("%w: rows of %s %s, which is not there", errDangling, key.Kind, key.ID)
		}
		if root := fact.Words.Root(key); root != key && !all.Has(root) {
			return fmt.Errorf("%w: %s %s belongs to %s %s", errDangling, key.Kind, key.ID, root.Kind, root.ID)
		}
	}
	return nil
}

// isEmpty reports whether there are no facts at all.
func (s *session) isEmpty(ctx context.Context) (empty bool, err error) {
	var none []string
	for _, t := range tables() {
		none = append(none, "NOT EXISTS (SELECT 1 FROM "+t.name+")")
	}
	err = s.row(ctx, "SELECT "+strings.Join(none, " AND ")).Scan(&empty)
	return empty, unreadable(err)
}
