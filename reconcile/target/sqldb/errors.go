package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/lupa-dev/lupa/reconcile/target"
)

// classify says which of the errors of package target an error is.
func classify(err error) error {
	var file *sqlite.Error
	var server *pgconn.PgError
	var connecting *pgconn.ConnectError
	var network net.Error
	switch {
	case err == nil:
		return nil
	case named(err):
		return err // it was told already
	case errors.As(err, &file):
		if kind := fileError(file.Code()); kind != nil {
			return fmt.Errorf("%w: %w", kind, err)
		}
	case errors.As(err, &connecting):
		// Where a password was not escaped, a part of it is taken for the name of the
		// database: only the cause is told, which names the host.
		return fmt.Errorf("%w: %w", target.ErrUnreachable, last(connecting.Unwrap()))
	case errors.As(err, &server):
		if kind := serverError(server.Code); kind != nil {
			return fmt.Errorf("%w: %w", kind, err)
		}
	case errors.As(err, &network), errors.Is(err, driver.ErrBadConn),
		errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed):
		return fmt.Errorf("%w: %w", target.ErrUnreachable, err)
	}
	return err
}

// last is the last of several errors, such as those of trying with TLS and without.
func last(err error) error {
	if several, ok := err.(interface{ Unwrap() []error }); ok {
		if all := several.Unwrap(); len(all) > 0 {
			return last(all[len(all)-1])
		}
	}
	return err
}

// classify says which of the errors of package target an error of a statement is.
// One without a name, after which the driver has given up the connection, is of a
// server that speaks no PostgreSQL, or nonsense.
func (s *session) classify(err error) error {
	if err = classify(err); err == nil || named(err) || !s.lost() {
		return err
	}
	return fmt.Errorf("%w: %w", target.ErrUnreachable, err)
}

func named(err error) bool {
	return slices.ContainsFunc([]error{target.ErrUnreachable, target.ErrLocked, target.ErrDamaged, target.ErrOvertaken, sql.ErrNoRows, context.Canceled},
		func(known error) bool { return errors.Is(err, known) })
}

// fileError is what a code of SQLite means; nil for what is none of the target's
// own errors.
func fileError(code int) error {
	switch code & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return target.ErrLocked
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_SCHEMA, sqlite3.SQLITE_MISMATCH,
		sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_FORMAT:
		return target.ErrDamaged
	case sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_NOMEM:
		return nil
	}
	return target.ErrUnreachable
}

// serverErrors is what the codes of PostgreSQL mean, by their beginnings, the
// longer before the shorter.
var serverErrors = []struct {
	begin string
	kind  error
}{
	{"55P03", target.ErrLocked}, // lock_not_available
	{"40", target.ErrOvertaken}, // could not serialize, deadlock
	{"42501", ErrForbidden},     // insufficient_privilege
	{"42", target.ErrDamaged},   // a table or column is not there
	{"XX", target.ErrDamaged},   // corrupted data or index
	{"22", nil},                 // a value that does not fit
	{"23", nil},                 // constraints
	{"", target.ErrUnreachable}, // connection, authentication, resources, shutdown
}

func serverError(code string) error {
	for _, known := range serverErrors {
		if strings.HasPrefix(code, known.begin) {
			return known.kind
		}
	}
	return nil
}
