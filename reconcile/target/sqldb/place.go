// Package sqldb keeps the state of a target in an SQL database: relational
// tables made from the vocabulary, with foreign keys, pleasant to query by hand.
//
//	place := sqldb.File("state.db") // or sqldb.Server(dsn, sqldb.Options{})
//	err := place.Create(ctx)
//	r, err := place.OpenReader(ctx) // cannot write
//	db, err := place.Open(ctx)
//
// The database is one file of SQLite, or a schema called lupa in a database of
// PostgreSQL. What is read and written is one code path; what differs between
// the two stands in sqlite.go and postgres.go.
package sqldb

import (
	"context"
	"crypto/rand"
	"database/sql"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/pressly/goose/v3"

	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/target"
)

//go:embed migrations/sqlite/*.sql migrations/postgres/*.sql
var migrations embed.FS

const (
	schemaVersion = 6
	versionTable  = "lupa_version"
)

// Place is where a target is. The zero value is nowhere.
type Place struct{ where }

// where is a file or a server.
type where interface {
	create(ctx context.Context) error
	upgrade(ctx context.Context) (backup string, err error)
	recover(ctx context.Context) error
	open(ctx context.Context) (*DB, error)
	openReader(ctx context.Context) (*Reader, error)
	grant(ctx context.Context, duty Duty, role string) error
}

// Duty is what a role of a server does with a target.
type Duty string

// The duties. Who plans only reads; who applies writes, but can change neither
// the log of what was done nor the tables themselves; who reads sees the views
// that other systems ask. Making, upgrading and pruning is for the owner.
const (
	Planning Duty = "plan"
	Applying Duty = "apply"
	Reading  Duty = "read"
	Nothing  Duty = "none"
)

// Create makes a new target, whole or not at all. One that exists is left alone:
// fs.ErrExist.
func (p Place) Create(ctx context.Context) error { return p.create(ctx) }

// Upgrade brings a target that an older lupa made to the version of this one.
// What it holds stays what it is. Of a file that is changed a copy is kept, at the
// path that is returned; of a server it is the server's business.
func (p Place) Upgrade(ctx context.Context) (backup string, err error) { return p.upgrade(ctx) }

// Grant gives a role of the server what a duty needs, and takes everything else
// from it that it had on the target. It is for the owner; it goes on to hold
// after an upgrade.
func (p Place) Grant(ctx context.Context, duty Duty, role string) error {
	return p.grant(ctx, duty, role)
}

// Recover undoes what a crash interrupted, so that the target is what it was
// before that, and says anew who has what where that does not follow from it.
func (p Place) Recover(ctx context.Context) error { return p.recover(ctx) }

// Open opens a target for writing.
func (p Place) Open(ctx context.Context) (*DB, error) { return p.open(ctx) }

// OpenReader opens a target for reading; it cannot be written through that.
func (p Place) OpenReader(ctx context.Context) (*Reader, error) { return p.openReader(ctx) }

// Reader is a target that is only read.
type Reader struct {
	db   *sql.DB
	kind *dialect
	copy string // the directory of a private copy, if one was needed
}

// Close ends reading.
func (r *Reader) Close() error {
	err := r.db.Close()
	if r.copy != "" {
		err = errors.Join(err, os.RemoveAll(r.copy))
	}
	return err
}

// Read is target.Reader's.
func (r *Reader) Read(ctx context.Context, view fact.Scope) (fact.Snapshot, error) {
	s, err := begin(ctx, r.db, r.kind, r.kind.beginRead)
	if err != nil {
		return fact.Snapshot{}, err
	}
	defer s.Rollback()
	return readSnapshot(ctx, s, view)
}

// DB is a target that is read and written.
type DB struct {
	db   *sql.DB
	kind *dialect
	turn func(ctx context.Context, db *sql.DB, who target.Holder) (*session, error) // waits for the lock
}

// Close ends writing.
func (d *DB) Close() error { return d.db.Close() }

// Read is target.Reader's.
func (d *DB) Read(ctx context.Context, view fact.Scope) (fact.Snapshot, error) {
	r := Reader{db: d.db, kind: d.kind}
	return r.Read(ctx, view)
}

// Audit is target.Auditor's.
func (d *DB) Audit(ctx context.Context) (*target.Audit, error) {
	r := Reader{db: d.db, kind: d.kind}
	return r.Audit(ctx)
}

// dialect is what tells one kind of database from another.
type dialect struct {
	goose      goose.Dialect
	migrations string // directory
	beginRead  string // the statement
	numbered   bool   // placeholders are $1, $2 instead of ?
	flags      [2]any // what stands for false and true
	text       string // type of text that is compared byte by byte
	flag       string // type and default of a flag
	options    string // behind a table's definition
	insertInto string
	prepares   bool // a statement that comes again is prepared

	// read visits the rows of a table in the order of its key.
	read func(ctx context.Context, s *session, t *table, visit func([]datum)) error
	// insert adds rows to a table; args are their columns, row by row.
	insert func(ctx context.Context, s *session, t *table, args []any, rows int) error
	// many is from how many rows on insert is asked; fewer wait.
	many int
	// queue has single statements wait and go out many at once.
	queue func(ctx context.Context, s *session, waiting []statement) error
	// counter is how often the database was written, where it is one that counts.
	counter func(ctx context.Context, s *session) (uint32, error)
	// commit makes everything lasting, or says what became of it.
	commit func(ctx context.Context, conn *sql.Conn) error
}

// migrate brings the tables to a version.
func (d *dialect) migrate(ctx context.Context, db *sql.DB, version int64) error {
	files, err := fs.Sub(migrations, d.migrations)
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(d.goose, db, files,
		goose.WithTableName(versionTable), goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return err
	}
	_, err = provider.UpTo(ctx, version)
	return err
}

// upgrade brings the tables of an older target to this version, and has who has
// what written there. A target of this version has that already, unless its upgrade
// ended half-way.
func (d *dialect) upgrade(ctx context.Context, db *sql.DB, older bool, lock string) error {
	if older {
		if err := d.migrate(ctx, db, schemaVersion); err != nil {
			return classify(err)
		}
	} else if lacks, err := lacksAccess(ctx, db); err != nil || !lacks {
		return err
	}
	if err := fillAccess(ctx, db, d, lock); err != nil {
		return err
	}
	return classify(d.seal(ctx, db))
}

// christen gives a new target its lineage.
func (d *dialect) christen(ctx context.Context, db *sql.DB) error {
	var random [16]byte
	rand.Read(random[:])
	s := state{lineage: hex.EncodeToString(random[:])}
	tx, err := begin(ctx, db, d, "BEGIN")
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if s.last, err = pack(fact.Set{}); err != nil {
		return err
	}
	if err := s.close(ctx, tx, fact.Set{}.Digest()); err != nil {
		return err
	}
	if _, err := tx.exec(ctx, "INSERT INTO lupa_target (one, lineage, serial, last, facts, counter, digest) VALUES (1, ?, ?, ?, ?, ?, ?)",
		s.lineage, s.serial, s.last, s.seal.facts, s.seal.counter, s.digest()); err != nil {
		return err
	}
	return tx.commit(ctx)
}

// seal seals a target as it is: of one that an older lupa made, nothing more is
// known.
func (d *dialect) seal(ctx context.Context, db *sql.DB) error {
	tx, err := begin(ctx, db, d, "BEGIN")
	if err != nil {
		return err
	}
	defer tx.Rollback()
	s, err := readState(ctx, tx)
	if err != nil {
		return err
	}
	all, err := readFacts(ctx, tx, fact.Set{})
	if err != nil {
		return err
	}
	if err := s.close(ctx, tx, all.Digest()); err != nil {
		return err
	}
	if _, err := tx.exec(ctx, "UPDATE lupa_target SET facts = ?, counter = ?, digest = ?", s.seal.facts, s.seal.counter, s.digest()); err != nil {
		return err
	}
	return tx.commit(ctx)
}

func versionOf(ctx context.Context, db *sql.DB) (version int64, err error) {
	err = db.QueryRowContext(ctx, "SELECT coalesce(max(version_id), 0) FROM "+versionTable).Scan(&version)
	return version, unreadable(err)
}

// checkVersion makes sure that a database is of a version that this lupa knows.
func checkVersion(ctx context.Context, db *sql.DB) error {
	version, err := versionOf(ctx, db)
	switch {
	case err != nil:
		return err
	case version < 1:
		return fmt.Errorf("%w: it does not say of which version it is", target.ErrDamaged)
	case version > schemaVersion:
		return fmt.Errorf("%w: version %d, this lupa knows %d", target.ErrNewer, version, schemaVersion)
	case version < schemaVersion:
		return fmt.Errorf("%w: version %d of %d", target.ErrOlder, version, schemaVersion)
	}
	return nil
}
