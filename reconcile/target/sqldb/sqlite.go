// Package sqldb keeps the state of a target in an SQL database: relational
// tables made from the vocabulary, with foreign keys, pleasant to query by hand.
//
//	err := sqldb.Create(ctx, "state.db")
//	r, err := sqldb.OpenReader(ctx, "state.db")   // cannot write
//	db, err := sqldb.Open(ctx, "state.db")
//
// The database is one file of SQLite. It is in journal mode DELETE with
// synchronous EXTRA: after a commit returned, the data is on the disk, and so is
// the directory entry of the removed journal. (With FULL, the default, a loss of
// power after the commit can bring the journal back and undo it; WAL cannot be
// read on a read-only or full disk.)
package sqldb

import (
	"context"
	"crypto/rand"
	"database/sql"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/hashicorp/go-hclog"
	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/target"
)

//go:embed migrations/sqlite/*.sql
var migrations embed.FS

const (
	schemaVersion = 3
	versionTable  = "lupa_version"
	applicationID = 0x6c757061 // "lupa"
	busyMillis    = 5000
)

// Create makes a new target. The file is there whole or not at all, and one
// that exists is left alone: fs.ErrExist.
func Create(ctx context.Context, path string) error {
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("creating %s: %w", path, fs.ErrExist)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("%w: %w", target.ErrUnreachable, err)
	}
	dir, err := os.MkdirTemp(filepath.Dir(path), ".lupa-new-")
	if err != nil {
		return fmt.Errorf("%w: %w", target.ErrUnreachable, err)
	}
	defer os.RemoveAll(dir)
	fresh := filepath.Join(dir, "state.db")
	if err := initialise(ctx, fresh); err != nil {
		return fmt.Errorf("creating %s: %w", path, classify(err))
	}
	if err := os.Link(fresh, path); err != nil { // unlike a rename, never replaces
		return fmt.Errorf("creating %s: %w", path, err)
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

func initialise(ctx context.Context, path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	f.Close()
	db, err := open(path, "rw")
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d", applicationID)); err != nil {
		return err
	}
	if err := migrate(ctx, db, schemaVersion); err != nil {
		return err
	}
	var random [16]byte
	rand.Read(random[:])
	s := state{lineage: hex.EncodeToString(random[:])}
	if s.last, err = pack(fact.Set{}); err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "INSERT INTO lupa_target (one, lineage, serial, last, digest) VALUES (1, ?, ?, ?, ?)",
		s.lineage, s.serial, s.last, s.digest())
	return err
}

// migrate brings the tables to a version.
func migrate(ctx context.Context, db *sql.DB, version int64) error {
	files, err := fs.Sub(migrations, "migrations/sqlite")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, files,
		goose.WithTableName(versionTable), goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return err
	}
	_, err = provider.UpTo(ctx, version)
	return err
}

// Upgrade brings a target that an older lupa made to the version of this one.
// What it holds stays what it is.
func Upgrade(ctx context.Context, path string) error {
	if err := isFile(path); err != nil {
		return err
	}
	db, err := openChecked(ctx, path, "rw")
	if err != nil && !errors.Is(err, target.ErrOlder) {
		return err
	}
	if err == nil {
		return db.Close()
	}
	if db, err = open(path, "rw"); err != nil {
		return classify(err)
	}
	defer db.Close()
	if err := migrate(ctx, db, schemaVersion); err != nil {
		return classify(err)
	}
	return nil
}

// Recover plays back the journal of a write that a crash ended, so that the
// target is what it was before that write.
func Recover(ctx context.Context, path string) error {
	db, err := Open(ctx, path)
	if err != nil {
		return err
	}
	return db.Close()
}

// open opens the file with one connection, so that settings hold.
func open(path, mode string) (*sql.DB, error) {
	query := url.Values{"mode": {mode}, "_txlock": {"immediate"}, "_pragma": {
		fmt.Sprintf("busy_timeout(%d)", busyMillis), "foreign_keys(1)", "secure_delete(1)", "synchronous(EXTRA)", "trusted_schema(0)",
	}}
	if mode == "ro" {
		query["_pragma"] = append(query["_pragma"], "query_only(1)")
	} else {
		query["_pragma"] = append(query["_pragma"], "journal_mode(DELETE)")
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", OmitHost: true, Path: abs, RawQuery: query.Encode()}).String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

// Reader is a target that is only read: the database is opened so that it
// cannot be written.
type Reader struct {
	db   *sql.DB
	copy string // the directory of a private copy, if one was needed
}

// OpenReader opens a target for reading.
func OpenReader(ctx context.Context, path string) (*Reader, error) {
	if err := isFile(path); err != nil {
		return nil, err
	}
	r := new(Reader)
	var err error
	if r.db, err = openChecked(ctx, path, "ro"); err == nil {
		return r, nil
	}
	if !needsRecovery(err) {
		return nil, err
	}
	// A crash left a journal that only a writer may play back. Reading must
	// not change the target, so the two files are copied and played back there.
	hclog.FromContext(ctx).Warn("target was left in the middle of a write; reading a recovered copy")
	if r.copy, err = copyTarget(path); err != nil {
		return nil, err
	}
	if r.db, err = openChecked(ctx, filepath.Join(r.copy, "state.db"), "rw"); err != nil {
		os.RemoveAll(r.copy)
		return nil, err
	}
	return r, nil
}

func copyTarget(path string) (dir string, err error) {
	if dir, err = os.MkdirTemp("", "lupa-read-"); err != nil {
		return "", err
	}
	for _, suffix := range []string{"-journal", ""} {
		if err := copyFile(filepath.Join(dir, "state.db"+suffix), path+suffix); err != nil {
			os.RemoveAll(dir)
			return "", fmt.Errorf("copying target: %w", err)
		}
	}
	return dir, nil
}

func copyFile(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
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
	tx, err := begin(ctx, r.db, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return fact.Snapshot{}, err
	}
	defer tx.Rollback()
	return readSnapshot(ctx, tx, view)
}

// DB is a target that is read and written.
type DB struct{ db *sql.DB }

// Open opens a target for writing.
func Open(ctx context.Context, path string) (*DB, error) {
	if err := isFile(path); err != nil {
		return nil, err
	}
	db, err := openChecked(ctx, path, "rw")
	if err != nil {
		return nil, err
	}
	return &DB{db}, nil
}

// Close ends writing.
func (d *DB) Close() error { return d.db.Close() }

// Read is target.Reader's.
func (d *DB) Read(ctx context.Context, view fact.Scope) (fact.Snapshot, error) {
	r := Reader{db: d.db}
	return r.Read(ctx, view)
}

// isFile refuses what is no file of its own: links and devices could lead
// anywhere.
func isFile(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: there is no %s", target.ErrNoTarget, path)
	case err != nil:
		return fmt.Errorf("%w: %w", target.ErrUnreachable, err)
	case !info.Mode().IsRegular():
		return fmt.Errorf("%w: %s is not a regular file", target.ErrUnreachable, path)
	}
	return nil
}

// openChecked opens a database and makes sure that it is one of lupa's, of a
// version that this lupa knows.
func openChecked(ctx context.Context, path, mode string) (*sql.DB, error) {
	db, err := open(path, mode)
	if err != nil {
		return nil, classify(err)
	}
	if err := checkIdentity(ctx, db, path); err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}

func checkIdentity(ctx context.Context, db *sql.DB, path string) error {
	var id int64
	if err := db.QueryRowContext(ctx, "PRAGMA application_id").Scan(&id); err != nil {
		return classify(err)
	}
	if id != applicationID {
		return fmt.Errorf("%w: %s is no target of lupa", target.ErrDamaged, path)
	}
	var version int64
	if err := db.QueryRowContext(ctx, "SELECT coalesce(max(version_id), 0) FROM "+versionTable).Scan(&version); err != nil {
		return classify(err)
	}
	if version < 1 {
		return fmt.Errorf("%w: it does not say of which version it is", target.ErrDamaged)
	}
	if version > schemaVersion {
		return fmt.Errorf("%w: version %d, this lupa knows %d", target.ErrNewer, version, schemaVersion)
	}
	if version < schemaVersion {
		return fmt.Errorf("%w: version %d of %d", target.ErrOlder, version, schemaVersion)
	}
	return nil
}

// classify says which of the errors of package target an error is.
func classify(err error) error {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return err
	}
	kind := target.ErrUnreachable
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		kind = target.ErrLocked
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_SCHEMA, sqlite3.SQLITE_MISMATCH:
		kind = target.ErrDamaged
	case sqlite3.SQLITE_CONSTRAINT:
		return err
	}
	return fmt.Errorf("%w: %w", kind, err)
}

func needsRecovery(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && (e.Code() == sqlite3.SQLITE_READONLY_ROLLBACK || e.Code() == sqlite3.SQLITE_READONLY_RECOVERY ||
		strings.Contains(e.Error(), "READONLY_ROLLBACK"))
}
