package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/stdlib"
)

// session is a transaction, on a connection of its own. It is begun and ended by
// statements: a signal ends what is under way and not the transaction as such, so
// that what a COMMIT came to is always heard out.
type session struct {
	conn *sql.Conn
	kind *dialect
	over bool
	seen map[string]*sql.Stmt // statements that were run; prepared from the second time on
	free func()               // gives back what goes with the lock, as long as it is there; may be nil

	layouts map[string]*layout // of tables, once they were asked for

	// filling is that the database does not look up references; the target was empty.
	filling bool

	// finish commits, where more than a statement is needed; may be nil.
	finish func(ctx context.Context) error
}

func begin(ctx context.Context, db *sql.DB, kind *dialect, statement string) (*session, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, classify(err)
	}
	if _, err := conn.ExecContext(ctx, statement); err != nil {
		return nil, classify(errors.Join(err, conn.Close()))
	}
	return &session{conn: conn, kind: kind, seen: make(map[string]*sql.Stmt)}, nil
}

// commit makes everything lasting, whatever signals come.
func (s *session) commit(ctx context.Context) error {
	s.unlock()
	var err error
	if ctx = context.WithoutCancel(ctx); s.finish != nil {
		err = s.finish(ctx)
	} else {
		err = s.kind.commit(ctx, s.conn)
	}
	if err == nil {
		s.end(true)
	}
	return err
}

// Rollback gives up. After a commit it does nothing.
func (s *session) Rollback() error {
	if s.over {
		return nil
	}
	s.unlock()
	// One that fails leaves nothing behind either: the connection is closed.
	_, err := s.conn.ExecContext(context.Background(), "ROLLBACK")
	s.end(err == nil)
	return nil
}

// end gives the connection back, or closes it where it is no good any more. Its
// statements go first: SQLite's are pointers into a connection.
func (s *session) end(good bool) {
	s.over = true
	for _, ready := range s.seen {
		if ready != nil {
			_ = ready.Close()
		}
	}
	if !good {
		_ = s.conn.Raw(func(any) error { return driver.ErrBadConn })
	}
	_ = s.conn.Close()
}

func (s *session) unlock() {
	if s.free != nil {
		s.free()
	}
	s.free = nil
}

// sql is a statement with the placeholders of the dialect.
func (d *dialect) sql(statement string) string {
	if !d.numbered {
		return statement
	}
	var b strings.Builder
	n := 0
	for i := range len(statement) {
		if statement[i] != '?' {
			b.WriteByte(statement[i])
			continue
		}
		n++
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(n))
	}
	return b.String()
}

func (s *session) exec(ctx context.Context, statement string, args ...any) (int64, error) {
	run := s.conn.ExecContext
	if s.kind.prepares {
		run = s.prepared
	}
	result, err := run(ctx, s.kind.sql(statement), args...)
	if err != nil {
		return 0, s.classify(err)
	}
	return result.RowsAffected()
}

func (s *session) prepared(ctx context.Context, statement string, args ...any) (sql.Result, error) {
	ready, again := s.seen[statement]
	switch {
	case ready != nil:
		return ready.ExecContext(ctx, args...)
	case !again:
		s.seen[statement] = nil
		return s.conn.ExecContext(ctx, statement, args...)
	}
	ready, err := s.conn.PrepareContext(ctx, statement)
	if err != nil {
		return nil, err
	}
	s.seen[statement] = ready
	return ready.ExecContext(ctx, args...)
}

func (s *session) row(ctx context.Context, query string, args ...any) row {
	return row{s, s.conn.QueryRowContext(ctx, s.kind.sql(query), args...)}
}

// row is one row of a query.
type row struct {
	session *session
	row     *sql.Row
}

// Scan is sql.Row's; its errors are classified.
func (r row) Scan(into ...any) error { return r.session.classify(r.row.Scan(into...)) }

// lost reports whether the driver has given up the connection.
func (s *session) lost() bool {
	closed := false
	err := s.conn.Raw(func(conn any) error {
		server, ok := conn.(*stdlib.Conn)
		closed = ok && server.Conn().IsClosed()
		return nil
	})
	return closed || errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone)
}

// rows visits the rows of a query. It asks the driver itself: a target is read
// in hundreds of thousands of rows, and a third of the time would go into
// handing them on. The values are good until visit returns.
func (s *session) rows(ctx context.Context, query string, visit func([]datum)) error {
	return s.classify(s.conn.Raw(func(conn any) (err error) {
		rows, err := conn.(driver.QueryerContext).QueryContext(ctx, query, nil)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		values := make([]driver.Value, len(rows.Columns()))
		data := make([]datum, len(values))
		for n := 0; ; n++ {
			switch err := rows.Next(values); {
			case err == io.EOF:
				return nil
			case err != nil:
				return err
			case n%1000 == 0 && ctx.Err() != nil:
				return ctx.Err()
			}
			for i, v := range values {
				data[i] = datumOf(v)
			}
			visit(data)
		}
	}))
}
