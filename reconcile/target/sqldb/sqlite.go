package sqldb

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/go-hclog"
	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/lupa-dev/lupa/reconcile/target"
)

const (
	applicationID = 0x6c757061 // "lupa"
	busyMillis    = 5000
	cacheKiB      = 32 << 10 // of a writer, whose indexes are written all over; SQLite's own is 2 MiB
)

// onFile is SQLite. The file is in journal mode DELETE with synchronous EXTRA:
// after a commit returned, the data is on the disk, and so is the directory entry
// of the removed journal. (With FULL, the default, a loss of power after the
// commit can bring the journal back and undo it; WAL cannot be read on a
// read-only or full disk.)
var onFile = &dialect{
	goose: goose.DialectSQLite3, migrations: "migrations/sqlite", beginRead: "BEGIN",
	flags: [2]any{0, 1}, text: "TEXT", flag: "INTEGER NOT NULL DEFAULT 0 CHECK (%s IN (0, 1))", options: " STRICT, WITHOUT ROWID",
	insertInto: "INSERT OR FAIL INTO ", prepares: true, // one that fails undoes nothing: the whole transaction is given up
	many: 200, read: readPages, counter: changes,
	commit: func(ctx context.Context, conn *sql.Conn) error { // of a new or upgraded file
		_, err := conn.ExecContext(ctx, "COMMIT")
		return classify(err)
	},
	insert: func(ctx context.Context, s *session, t *table, args []any, rows int) error {
		_, err := s.exec(ctx, s.kind.insertion(t, rows), args...)
		return err
	},
}

// File is a target in a file of SQLite.
func File(path string) Place { return Place{file(path)} }

// file is the path of a database of SQLite.
type file string

func (f file) create(ctx context.Context) error {
	path := string(f)
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("creating %s: %w", path, fs.ErrExist)
	}
	home := filepath.Dir(path)
	if err := makeHome(home); err != nil {
		return fmt.Errorf("%w: %w", target.ErrUnreachable, err)
	}
	dir, err := privateDir(home, ".lupa-new-")
	if err != nil {
		return fmt.Errorf("%w: %w", target.ErrUnreachable, err)
	}
	defer os.RemoveAll(dir)
	fresh := filepath.Join(dir, "state.db")
	if err := initialise(ctx, fresh); err != nil {
		return fmt.Errorf("creating %s: %w", path, unwritable(err))
	}
	if err := os.Link(fresh, path); err != nil { // unlike a rename, never replaces
		return fmt.Errorf("creating %s: %w", path, unwritable(err))
	}
	if err := syncDir(home); err != nil {
		return fmt.Errorf("creating %s: %w", path, unwritable(errors.Join(err, os.Remove(path))))
	}
	return nil
}

// makeHome makes the directory of a new target, if it is not there.
func makeHome(dir string) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := os.Chmod(dir, 0o700); err != nil { // whatever the umask
		return err
	}
	return syncDir(filepath.Dir(dir))
}

// privateDir makes a new directory that nobody else looks into.
func privateDir(in, name string) (string, error) {
	dir, err := os.MkdirTemp(in, name)
	if err != nil {
		return "", err
	}
	if err := os.Chmod(dir, 0o700); err != nil { // whatever the umask
		return "", errors.Join(err, os.RemoveAll(dir))
	}
	return dir, nil
}

// unwritable is the error of a target that could not be made.
func unwritable(err error) error {
	if known := classify(err); errors.Is(err, fs.ErrExist) || known != err {
		return known
	}
	return fmt.Errorf("%w: %w", target.ErrUnreachable, err)
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
	if err := errors.Join(f.Chmod(0o600), f.Close()); err != nil {
		return err
	}
	db, err := open(path, "rw")
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d", applicationID)); err != nil {
		return err
	}
	if err := onFile.migrate(ctx, db, schemaVersion); err != nil {
		return err
	}
	return onFile.christen(ctx, db)
}

func (f file) upgrade(ctx context.Context) (backup string, err error) {
	path := string(f)
	if _, err := f.peek(os.O_RDWR); err != nil {
		return "", err
	}
	db, err := openChecked(ctx, path, "rw")
	if err != nil && !errors.Is(err, target.ErrOlder) {
		return "", err
	}
	older := err != nil
	if older {
		if db, err = open(path, "rw"); err != nil {
			return "", classify(err)
		}
	}
	defer db.Close()
	if older {
		version, err := versionOf(ctx, db)
		if err != nil {
			return "", err
		}
		backup = fmt.Sprintf("%s.v%d", path, version)
		if err := copyInto(ctx, db, backup); err != nil {
			return "", fmt.Errorf("keeping a copy: %w", err)
		}
	}
	return backup, onFile.upgrade(ctx, db, older, "BEGIN IMMEDIATE")
}

// copyInto writes a copy of a database to a new file, onto the disk and whole. One
// that is there from an earlier try is replaced.
func copyInto(ctx context.Context, db *sql.DB, path string) (err error) {
	fresh, err := os.CreateTemp(filepath.Dir(path), ".lupa-copy-") // mode 0600
	if err != nil {
		return fmt.Errorf("%w: %w", target.ErrUnreachable, err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(fresh.Name())
		}
	}()
	if _, err := db.ExecContext(ctx, "VACUUM INTO ?", fresh.Name()); err != nil {
		return classify(errors.Join(err, fresh.Close()))
	}
	if err := errors.Join(fresh.Sync(), fresh.Close()); err != nil {
		return fmt.Errorf("%w: %w", target.ErrUnreachable, err)
	}
	if err := os.Rename(fresh.Name(), path); err != nil {
		return fmt.Errorf("%w: %w", target.ErrUnreachable, err)
	}
	return syncDir(filepath.Dir(path))
}

func (f file) grant(context.Context, Duty, string) error { return ErrNoRoles }

// recover plays back the journal of a write that a crash ended.
func (f file) recover(ctx context.Context) error {
	db, err := f.open(ctx)
	if err != nil {
		return err
	}
	return errors.Join(db.mend(ctx, "BEGIN IMMEDIATE"), db.Close())
}

// open opens the file with one connection, so that settings hold.
func open(path, mode string) (*sql.DB, error) {
	query := url.Values{"mode": {mode}, "_txlock": {"immediate"}, "_pragma": {
		fmt.Sprintf("busy_timeout(%d)", busyMillis), "foreign_keys(1)", "secure_delete(1)", "synchronous(EXTRA)", "trusted_schema(0)",
	}}
	if mode == "ro" {
		query["_pragma"] = append(query["_pragma"], "query_only(1)")
	} else {
		query["_pragma"] = append(query["_pragma"], "journal_mode(DELETE)", fmt.Sprintf("cache_size(-%d)", cacheKiB))
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

// maxCopies is how often a target is copied that changes meanwhile.
const maxCopies = 3

func (f file) openReader(ctx context.Context) (*Reader, error) {
	path := string(f)
	for range maxCopies {
		wal, err := f.peek(os.O_RDONLY)
		if err != nil {
			return nil, err
		}
		if !wal {
			db, err := openChecked(ctx, path, "ro")
			if err == nil {
				return &Reader{db: db, kind: onFile}, nil
			}
			if !needsRecovery(err) {
				return nil, err
			}
		}
		// A crash left a journal that only a writer may play back, or somebody set
		// the file to keep a log, which is not read without writing beside it.
		// Reading must not change the target, so what there is is copied, and
		// played back there.
		if wal {
			hclog.FromContext(ctx).Warn("target was set to keep a log beside it; reading a copy")
		} else {
			hclog.FromContext(ctx).Warn("target was left in the middle of a write; reading a recovered copy")
		}
		switch r, err := f.readCopy(ctx); {
		case errors.Is(err, errMoving):
		default:
			return r, err
		}
	}
	return nil, fmt.Errorf("%w: it is being written", target.ErrLocked)
}

// readCopy opens a copy of the target.
func (f file) readCopy(ctx context.Context) (*Reader, error) {
	dir, err := copyTarget(string(f))
	if err != nil {
		return nil, err
	}
	db, err := openChecked(ctx, filepath.Join(dir, "state.db"), "rw")
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return &Reader{db: db, kind: onFile, copy: dir}, nil
}

// errMoving is that files changed while they were copied.
var errMoving = errors.New("it changed meanwhile")

// copyTarget copies the file and what a write leaves beside it, all as of one
// moment: a journal that is played back into the file of a later time would
// make a state that never was.
func copyTarget(path string) (dir string, err error) {
	if dir, err = privateDir("", "lupa-read-"); err != nil {
		return "", fmt.Errorf("copying target: %w", err)
	}
	defer func() {
		if err != nil {
			os.RemoveAll(dir)
			dir = ""
		}
	}()
	before := traces(path)
	for _, suffix := range beside {
		err := copyFile(filepath.Join(dir, "state.db"+suffix), path+suffix)
		if err != nil && !(suffix != "" && errors.Is(err, fs.ErrNotExist)) {
			return dir, fmt.Errorf("copying target: %w", err)
		}
	}
	if traces(path) != before {
		return dir, errMoving
	}
	return dir, nil
}

// beside is what is read of a target: a journal, a log, and the file itself.
var beside = [...]string{"-journal", "-wal", ""}

// trace tells whether a file was changed.
type trace struct {
	size, changed int64
}

func traces(path string) (all [len(beside)]trace) {
	for i, suffix := range beside {
		if info, err := os.Lstat(path + suffix); err == nil {
			all[i] = trace{info.Size(), info.ModTime().UnixNano()}
		}
	}
	return all
}

// peek looks at the first bytes of the file before SQLite does, which would play
// back journals into files that are not lupa's; wal is whether the file keeps a
// log beside it. A file that another connection of this process has open must not
// be peeked at: closing it again takes away the locks of that connection.
//
// Who wants to write opens it to write: SQLite makes do with reading, and would
// say only after many steps that it may not write.
func (f file) peek(how int) (wal bool, err error) {
	if err := isFile(string(f)); err != nil {
		return false, err
	}
	file, err := os.OpenFile(string(f), how, 0)
	if err != nil {
		return false, fmt.Errorf("%w: %w", target.ErrUnreachable, err)
	}
	defer file.Close()
	var head [100]byte
	switch _, err := io.ReadFull(file, head[:]); {
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return false, fmt.Errorf("%w: %s is too short", target.ErrDamaged, f)
	case err != nil:
		return false, fmt.Errorf("%w: %w", target.ErrUnreachable, err)
	}
	write, read := head[18], head[19]
	switch {
	case !bytes.HasPrefix(head[:], []byte("SQLite format 3\x00")) || binary.BigEndian.Uint32(head[68:]) != applicationID:
		return false, fmt.Errorf("%w: %s is no target of lupa", target.ErrDamaged, f)
	case write != read || write < 1 || write > 2:
		return false, fmt.Errorf("%w: its header contradicts itself", target.ErrDamaged)
	}
	return write == 2, nil
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

func (f file) open(ctx context.Context) (*DB, error) {
	was, err := os.Lstat(string(f))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %w", target.ErrUnreachable, err)
	}
	if _, err := f.peek(os.O_RDWR); err != nil {
		return nil, err
	}
	db, err := openChecked(ctx, string(f), "rw")
	if err != nil {
		return nil, err
	}
	return &DB{db: db, kind: onFile, turn: func(ctx context.Context, db *sql.DB, who target.Holder) (*session, error) {
		return f.turn(ctx, db, was, who)
	}}, nil
}

// turn takes the write lock of the file, which ends with the process that has
// it. Who has it is told in a file beside it, that counts as long as the lock is
// taken.
func (f file) turn(ctx context.Context, db *sql.DB, was fs.FileInfo, who target.Holder) (*session, error) {
	s, err := beginFile(ctx, db)
	if errors.Is(err, target.ErrLocked) {
		return nil, &target.LockedError{By: f.holder()}
	}
	if err != nil {
		return nil, err
	}
	before, err := changes(ctx, s)
	if err == nil {
		err = f.isStill(was)
	}
	if err != nil {
		return nil, errors.Join(err, s.Rollback())
	}
	s.finish = func(ctx context.Context) error { return f.finish(ctx, s, was, before) }
	s.free = func() { _ = os.Remove(f.holderFile()) }
	if err := f.tell(who); err != nil {
		hclog.FromContext(ctx).Debug("others will not see who has the lock", "error", err)
	}
	return s, nil
}

// beginFile begins a transaction that has the lock. One that finds the target empty
// is begun anew without the foreign keys of SQLite, which cannot be let go of later
// on; Commit looks after them then (sound).
func beginFile(ctx context.Context, db *sql.DB) (*session, error) {
	for _, filling := range []bool{false, true} {
		setting := map[bool]string{false: "ON", true: "OFF"}[filling]
		s, err := begin(ctx, db, onFile, "PRAGMA foreign_keys = "+setting+"; BEGIN IMMEDIATE")
		if err != nil {
			return nil, err
		}
		s.filling = filling
		empty, err := s.isEmpty(ctx)
		if err == nil && empty == filling {
			return s, nil
		}
		if err = errors.Join(err, s.Rollback()); err != nil {
			return nil, err
		}
	}
	return nil, target.ErrLocked // another one filled it in between
}

// isStill makes sure that the file that was opened is the one at the path: what is
// written into another one is written into nothing.
func (f file) isStill(was fs.FileInfo) error {
	if now, err := os.Lstat(string(f)); err != nil || !os.SameFile(was, now) {
		return fmt.Errorf("%w: its file was removed or replaced meanwhile", target.ErrUnreachable)
	}
	return nil
}

// finish commits. Where that fails, the answer of SQLite does not say what is
// true: the change is in place from when the journal is removed, and what comes
// after that can fail as well. So the connection is given up, and another one
// looks. After a sync that failed nobody knows what is on the disk, whatever can
// be read; it is not tried again.
func (f file) finish(ctx context.Context, s *session, was fs.FileInfo, before uint32) error {
	if err := f.isStill(was); err != nil {
		return err
	}
	_, err := s.conn.ExecContext(ctx, "COMMIT")
	switch {
	case err == nil && f.isStill(was) == nil:
		return nil
	case err == nil:
		return fmt.Errorf("%w: its file was removed or replaced meanwhile", target.ErrUnknown)
	case refused(err):
		return classify(err)
	}
	s.end(false)
	if now, errLook := f.count(ctx); unsynced(err) || errLook != nil || now != before {
		return fmt.Errorf("%w: %w", target.ErrUnknown, err)
	}
	return fmt.Errorf("%w: %w", target.ErrUnreachable, err)
}

// refused reports whether a COMMIT was not begun, because of a reference or of
// somebody who reads.
func refused(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && slices.Contains([]int{sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_BUSY}, e.Code()&0xff)
}

func unsynced(err error) bool {
	var e *sqlite.Error
	return !errors.As(err, &e) || slices.Contains([]int{sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_DIR_FSYNC}, e.Code())
}

// count is how often the file was written, by a look at it alone.
func (f file) count(ctx context.Context) (uint32, error) {
	db, err := openChecked(ctx, string(f), "ro")
	if err != nil {
		return 0, err
	}
	defer db.Close()
	s, err := begin(ctx, db, onFile, onFile.beginRead)
	if err != nil {
		return 0, err
	}
	defer s.Rollback()
	return changes(ctx, s)
}

func (f file) holderFile() string { return string(f) + "-holder" }

// tell says to others who has the lock. That it fails is no reason not to go on.
func (f file) tell(who target.Holder) error {
	data, err := json.Marshal(who)
	if err != nil {
		return err
	}
	_ = os.Remove(f.holderFile()) // of a process that died
	note, err := os.OpenFile(f.holderFile(), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = note.Write(data)
	return errors.Join(err, note.Chmod(0o600), note.Close())
}

// holder is who has the lock, if that was told.
func (f file) holder() *target.Holder {
	if isFile(f.holderFile()) != nil {
		return nil
	}
	note, err := os.Open(f.holderFile())
	if err != nil {
		return nil
	}
	defer note.Close()
	var who target.Holder
	if json.NewDecoder(io.LimitReader(note, 4096)).Decode(&who) != nil {
		return nil
	}
	return &who
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

// openChecked opens a database of lupa's and makes sure that it is of a version
// that this lupa knows.
func openChecked(ctx context.Context, path, mode string) (*sql.DB, error) {
	db, err := open(path, mode)
	if err != nil {
		return nil, classify(err)
	}
	if err := checkVersion(ctx, db); err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}

func needsRecovery(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && (e.Code() == sqlite3.SQLITE_READONLY_ROLLBACK || e.Code() == sqlite3.SQLITE_READONLY_RECOVERY ||
		strings.Contains(e.Error(), "READONLY_ROLLBACK"))
}
