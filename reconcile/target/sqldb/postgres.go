package sqldb

import (
	"context"
	"crypto/tls"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"github.com/lupa-dev/lupa/reconcile/target"
)

// onServer is PostgreSQL. Its tables are in the schema lupa, and text is compared
// byte by byte, as facts are.
//
// A transaction that writes has the table lupa_target locked before it looks at
// anything, and sees everything as of that moment: what somebody else changes
// meanwhile, without asking for the lock, is never overwritten unseen
// (ErrOvertaken).
var onServer = &dialect{
	goose: goose.DialectPostgres, migrations: "migrations/postgres",
	beginRead: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
	numbered:  true, flags: [2]any{false, true}, text: `TEXT COLLATE "C"`, flag: "BOOLEAN NOT NULL DEFAULT false",
	insertInto: "INSERT INTO ", many: 10_000, read: selectRows, insert: copyRows, queue: sendAll, commit: commitServer,
}

// Options of a server.
type Options struct {
	// Superuser allows to work as one. Who may do everything can also do what no
	// role of lupa's needs, and is refused otherwise.
	Superuser bool
	// Patience is how long nothing may come from the server while an answer is
	// waited for; 0 is a minute.
	Patience time.Duration
}

// What a caller has to tell apart.
var (
	ErrForbidden = fmt.Errorf("%w: the role lacks a right", target.ErrUnreachable)
	ErrSuperuser = errors.New("the role of the connection is a superuser")
	ErrRole      = errors.New("the role cannot be given a duty")
	ErrNoRoles   = errors.New("a target in a file knows no roles: who may write the file may do everything")
)

// Server is a target in a database of PostgreSQL: its connection string, as a URI
// or as keywords and values.
func Server(dsn string, options Options) Place {
	if options.Patience == 0 {
		options.Patience = time.Minute
	}
	return Place{server{dsn, options}}
}

type server struct {
	dsn string
	Options
}

// settings of a session, where the connection string has none of its own: what
// waits for a lock gives up, and a session whose client is frozen or gone, or
// whose network is dead, ends and frees its lock.
var settings = map[string]string{
	"application_name":                    "lupa",
	"client_min_messages":                 "warning",
	"idle_in_transaction_session_timeout": "60s",
	"lock_timeout":                        "5s",
	"statement_timeout":                   "10min", // COPY too, whose client may be frozen
	"tcp_keepalives_count":                "3",
	"tcp_keepalives_idle":                 "30",
	"tcp_keepalives_interval":             "10",
	"tcp_user_timeout":                    "60s",
}

const connectTimeout = 10 * time.Second

// connect opens the database; everything is looked for in the schema lupa.
func (s server) connect(ctx context.Context, readOnly bool) (*sql.DB, error) {
	config, err := pgx.ParseConfig(s.dsn)
	if err != nil {
		// What is wrong with it cannot be told: the text may hold the password.
		return nil, fmt.Errorf("%w: its connection string cannot be read", target.ErrUnreachable)
	}
	for name, value := range settings {
		if _, set := config.RuntimeParams[name]; !set {
			config.RuntimeParams[name] = value
		}
	}
	config.RuntimeParams["search_path"] = "lupa"
	if readOnly {
		config.RuntimeParams["default_transaction_read_only"] = "on"
	}
	config.DefaultQueryExecMode = pgx.QueryExecModeExec
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectTimeout
	}
	dial := config.DialFunc
	config.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return patient{conn, s.Patience}, nil
	}
	var super bool
	config.AfterConnect = func(_ context.Context, conn *pgconn.PgConn) error {
		super = conn.ParameterStatus("is_superuser") == "on"
		if _, secret := conn.Conn().(*tls.Conn); !secret && !near(conn.Conn().RemoteAddr()) {
			hclog.FromContext(ctx).Warn("the connection to the target is not encrypted; sslmode=verify-full in its connection string is safe")
		}
		return nil
	}
	db := stdlib.OpenDB(*config)
	if err := db.PingContext(ctx); err != nil {
		db.Close()
		return nil, classify(err)
	}
	if super && !s.Superuser {
		db.Close()
		return nil, ErrSuperuser
	}
	return db, nil
}

// near reports whether an address is this machine's own.
func near(addr net.Addr) bool {
	tcp, ok := addr.(*net.TCPAddr)
	return !ok || tcp.IP.IsLoopback()
}

// patient is a connection that waits so long for something to come or go, and
// then breaks.
type patient struct {
	net.Conn
	patience time.Duration
}

func (p patient) Read(b []byte) (int, error)  { return p.wait(p.Conn.Read, b) }
func (p patient) Write(b []byte) (int, error) { return p.wait(p.Conn.Write, b) }

func (p patient) wait(do func([]byte) (int, error), b []byte) (int, error) {
	over := time.AfterFunc(p.patience, func() { _ = p.Conn.SetDeadline(time.Unix(1, 0)) })
	defer over.Stop()
	return do(b)
}

// checked connects, and makes sure that there is a target of a version that this
// lupa knows.
func (s server) checked(ctx context.Context, readOnly bool) (*sql.DB, error) {
	db, err := s.connect(ctx, readOnly)
	if err != nil {
		return nil, err
	}
	if err = s.check(ctx, db); err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}

func (s server) check(ctx context.Context, db *sql.DB) error {
	switch there, err := exists(ctx, db); {
	case err != nil && !named(err): // the first that it is asked
		return fmt.Errorf("%w: %w", target.ErrUnreachable, err)
	case err != nil:
		return err
	case !there:
		return fmt.Errorf("%w: the database has no schema lupa", target.ErrNoTarget)
	}
	return checkVersion(ctx, db)
}

// exists reports whether a target was made, or begun. One whose schema the role may
// not look into is ErrForbidden.
func exists(ctx context.Context, db *sql.DB) (bool, error) {
	var there, open bool
	err := db.QueryRowContext(ctx, `SELECT count(*) > 0, coalesce(bool_and(has_schema_privilege(n.oid, 'USAGE')), true)
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = 'lupa' AND c.relname = 'lupa_version'`).Scan(&there, &open)
	if err == nil && !open {
		return false, fmt.Errorf("%w: USAGE on the schema lupa", ErrForbidden)
	}
	return there, classify(err)
}

func (s server) create(ctx context.Context) error {
	return s.alone(ctx, func(db *sql.DB) error {
		switch christened, err := isChristened(ctx, db); {
		case err != nil:
			return err
		case christened:
			return fs.ErrExist
		}
		if _, err := db.ExecContext(ctx, "CREATE SCHEMA IF NOT EXISTS lupa"); err != nil {
			return classify(err)
		}
		if err := onServer.migrate(ctx, db, schemaVersion); err != nil {
			return classify(err)
		}
		return classify(onServer.christen(ctx, db))
	})
}

// isChristened reports whether a target was made to its end: its own row comes last.
func isChristened(ctx context.Context, db *sql.DB) (bool, error) {
	var there bool
	err := db.QueryRowContext(ctx, "SELECT to_regclass('lupa.lupa_target') IS NOT NULL").Scan(&there)
	if err == nil && there {
		err = db.QueryRowContext(ctx, "SELECT count(*) > 0 FROM lupa_target").Scan(&there)
	}
	return there, classify(err)
}

// locked begins a transaction that has the lock.
const locked = "BEGIN ISOLATION LEVEL REPEATABLE READ; LOCK TABLE lupa_target IN EXCLUSIVE MODE"

func (s server) upgrade(ctx context.Context) (backup string, err error) {
	return "", s.alone(ctx, func(db *sql.DB) error {
		err := s.check(ctx, db)
		older := errors.Is(err, target.ErrOlder)
		if err != nil && !older {
			return err
		}
		return onServer.upgrade(ctx, db, older, locked)
	})
}

// alone runs something while nobody else makes or upgrades a target there. The
// lock is that of a session, and ends with it.
func (s server) alone(ctx context.Context, run func(*sql.DB) error) error {
	db, err := s.connect(ctx, false)
	if err != nil {
		return err
	}
	defer db.Close()
	conn, err := db.Conn(ctx)
	if err != nil {
		return classify(err)
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock($1)", int64(applicationID)); err != nil {
		return classify(err)
	}
	return run(db)
}

// nothing is what every duty begins with: a role (%s) may look into the schema of
// the target's owner (%o).
var nothing = []string{
	"REVOKE ALL ON ALL TABLES IN SCHEMA lupa FROM %s",
	"ALTER DEFAULT PRIVILEGES FOR ROLE %o IN SCHEMA lupa REVOKE ALL ON TABLES FROM %s",
	"GRANT USAGE ON SCHEMA lupa TO %s",
}

// duties is what each duty may do besides, table by table where it is not the
// same for all. Views are tables to GRANT.
var duties = map[Duty][]string{
	Planning: {"GRANT SELECT ON ALL TABLES IN SCHEMA lupa TO %s", "ALTER DEFAULT PRIVILEGES FOR ROLE %o IN SCHEMA lupa GRANT SELECT ON TABLES TO %s"},
	Applying: {
		"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA lupa TO %s",
		"ALTER DEFAULT PRIVILEGES FOR ROLE %o IN SCHEMA lupa GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO %s",
		"REVOKE INSERT, UPDATE, DELETE ON lupa_version FROM %s",
		"REVOKE INSERT, DELETE ON lupa_target FROM %s",
		"REVOKE UPDATE, DELETE ON lupa_log FROM %s",
	},
	Reading: {},
	Nothing: {"REVOKE USAGE ON SCHEMA lupa FROM %s"},
}

// views are what other systems may read.
var views = []string{"who_has_what", "lupa_status"}

func (s server) grant(ctx context.Context, duty Duty, role string) error {
	work, known := duties[duty]
	if !known {
		return fmt.Errorf("%s is no duty", duty)
	}
	if duty == Reading {
		for _, view := range views {
			work = append(work, "GRANT SELECT ON "+view+" TO %s")
		}
	}
	return s.alone(ctx, func(db *sql.DB) error {
		if err := s.check(ctx, db); err != nil {
			return err
		}
		var exists, super bool
		var owner string
		err := db.QueryRowContext(ctx, `SELECT r.rolname IS NOT NULL, coalesce(r.rolsuper, false), pg_get_userbyid(c.relowner)
			FROM pg_class c LEFT JOIN pg_roles r ON r.rolname = $1 WHERE c.oid = 'lupa_target'::regclass`, role).Scan(&exists, &super, &owner)
		switch {
		case err != nil:
			return classify(err)
		case !exists:
			return fmt.Errorf("%w: there is no role %s", ErrRole, role)
		case super:
			return fmt.Errorf("%w: %s is a superuser, who may do everything anyway", ErrRole, role)
		case owner == role:
			return fmt.Errorf("%w: %s is the owner of the target, who may do everything with it", ErrRole, role)
		}
		statements := slices.Concat([]string{"BEGIN"}, nothing, work, []string{"COMMIT"})
		names := strings.NewReplacer("%s", pgx.Identifier{role}.Sanitize(), "%o", pgx.Identifier{owner}.Sanitize())
		_, err = db.ExecContext(ctx, names.Replace(strings.Join(statements, "; ")))
		return classify(err)
	})
}

// recover has little to do: the server undoes by itself what did not come to its
// end.
func (s server) recover(ctx context.Context) error {
	db, err := s.open(ctx)
	if err != nil {
		return err
	}
	return errors.Join(db.mend(ctx, locked), db.Close())
}

func (s server) openReader(ctx context.Context) (*Reader, error) {
	db, err := s.checked(ctx, true)
	if err != nil {
		return nil, err
	}
	return &Reader{db: db, kind: onServer}, nil
}

func (s server) open(ctx context.Context) (*DB, error) {
	db, err := s.checked(ctx, false)
	if err != nil {
		return nil, err
	}
	return &DB{db: db, kind: onServer, turn: turn}, nil
}

// turn takes the lock. Locking a table does not begin to look at anything, so that
// what the transaction sees is what the one before left.
func turn(ctx context.Context, db *sql.DB, who target.Holder) (*session, error) {
	s, err := begin(ctx, db, onServer, "BEGIN ISOLATION LEVEL REPEATABLE READ; SET application_name = "+literal(badge(who)))
	if err != nil {
		return nil, err
	}
	for _, prepare := range []func(context.Context) error{s.lock, s.takesWrites, s.mayWrite, s.lasting} {
		if err := prepare(ctx); err != nil {
			_ = s.Rollback()
			if errors.Is(err, target.ErrLocked) {
				err = &target.LockedError{By: holder(ctx, db)}
			}
			return nil, err
		}
	}
	return s, nil
}

func (s *session) lock(ctx context.Context) error {
	_, err := s.exec(ctx, "LOCK TABLE lupa_target IN EXCLUSIVE MODE")
	return err
}

// takesWrites tells where nothing can be written, be it by somebody's will.
func (s *session) takesWrites(ctx context.Context) error {
	var never bool
	if err := s.row(ctx, "SELECT current_setting('transaction_read_only')::bool").Scan(&never); err != nil {
		return classify(err)
	}
	if never {
		return fmt.Errorf("%w: the server takes no writes (default_transaction_read_only)", target.ErrUnreachable)
	}
	return nil
}

// mayWrite looks for rights that are missing, before anything is written.
func (s *session) mayWrite(ctx context.Context) error {
	var missing string
	var count int
	err := s.row(ctx, `SELECT coalesce(min(p.privilege || ' on ' || c.relname), ''), count(*)
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		CROSS JOIN (VALUES ('SELECT'), ('INSERT'), ('UPDATE'), ('DELETE')) p (privilege)
		WHERE n.nspname = 'lupa' AND c.relkind = 'r' AND NOT has_table_privilege(c.oid, p.privilege)
		AND NOT (c.relname = 'lupa_version' AND p.privilege <> 'SELECT')
		AND NOT (c.relname = 'lupa_target' AND p.privilege IN ('INSERT', 'DELETE'))
		AND NOT (c.relname = 'lupa_log' AND p.privilege IN ('UPDATE', 'DELETE'))`).Scan(&missing, &count)
	switch {
	case err != nil:
		return classify(err)
	case count > 1:
		return fmt.Errorf("%w: %s, and %d more", ErrForbidden, missing, count-1)
	case count > 0:
		return fmt.Errorf("%w: %s", ErrForbidden, missing)
	}
	return nil
}

// lasting makes sure that a COMMIT that is answered is on the disk.
func (s *session) lasting(ctx context.Context) error {
	_, err := s.exec(ctx, "SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'")
	return err
}

// badge is who has the lock, as the name of the application, which everybody may
// see. PostgreSQL keeps 63 bytes of it.
func badge(who target.Holder) string {
	plan := "-"
	if who.Plan != "" {
		plan = fmt.Sprintf("%.12s", who.Plan)
	}
	return fmt.Sprintf("lupa %s %s %s@%s", plan, who.Since.UTC().Format(time.RFC3339), who.Actor, who.Host)
}

func readBadge(text string) *target.Holder {
	words := strings.SplitN(text, " ", 4)
	if len(words) < 4 || words[0] != "lupa" {
		return nil
	}
	since, err := time.Parse(time.RFC3339, words[2])
	if err != nil {
		return nil
	}
	who := &target.Holder{Since: since, Plan: strings.TrimPrefix(words[1], "-")}
	who.Actor, who.Host, _ = strings.Cut(words[3], "@")
	return who
}

// holder is who has the lock, if it is a lupa.
func holder(ctx context.Context, db *sql.DB) *target.Holder {
	var text string
	err := db.QueryRowContext(ctx, `SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
		WHERE l.relation = 'lupa_target'::regclass AND l.mode = 'ExclusiveLock' AND l.granted`).Scan(&text)
	if err != nil {
		return nil
	}
	return readBadge(text)
}

// literal is a text as SQL has it.
func literal(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// fewRows is how many rows are rather inserted than copied.
const fewRows = 20

func copyRows(ctx context.Context, s *session, t *table, args []any, rows int) error {
	if rows <= fewRows {
		_, err := s.exec(ctx, s.kind.insertion(t, rows), args...)
		return err
	}
	columns := t.columns()
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = strings.Trim(c.name, `"`)
	}
	next := 0
	source := pgx.CopyFromFunc(func() ([]any, error) {
		if next == rows {
			return nil, nil
		}
		next++
		return args[(next-1)*len(columns) : next*len(columns)], nil
	})
	return s.classify(s.conn.Raw(func(conn any) error {
		_, err := conn.(*stdlib.Conn).Conn().CopyFrom(ctx, pgx.Identifier{t.name}, names, source)
		return err
	}))
}

// sendAll sends statements in one go, and looks at what each did.
func sendAll(ctx context.Context, s *session, waiting []statement) error {
	return s.classify(s.conn.Raw(func(conn any) (err error) {
		var batch pgx.Batch
		for _, w := range waiting {
			batch.Queue(s.kind.sql(w.text), w.args...)
		}
		results := conn.(*stdlib.Conn).Conn().SendBatch(ctx, &batch)
		defer func() { err = errors.Join(err, results.Close()) }()
		for range waiting {
			tag, err := results.Exec()
			if err != nil {
				return err
			}
			if err := onlyOne(tag.RowsAffected()); err != nil {
				return err
			}
		}
		return nil
	}))
}

// commitServer commits. Where the server answers that it did not do it, it did
// not; where no answer comes, nobody knows. What references lead nowhere is told
// before.
func commitServer(ctx context.Context, conn *sql.Conn) error {
	if _, err := conn.ExecContext(ctx, "SET CONSTRAINTS ALL IMMEDIATE"); err != nil {
		return classify(err)
	}
	var done string
	err := conn.Raw(func(conn any) error {
		tag, err := conn.(*stdlib.Conn).Conn().Exec(ctx, "COMMIT")
		done = tag.String()
		return err
	})
	var server *pgconn.PgError
	switch {
	case err == nil && done == "COMMIT":
		return nil
	case err == nil:
		return fmt.Errorf("%w: the server undid it", target.ErrOvertaken)
	case errors.As(err, &server) && server.Severity == "ERROR":
		return classify(err)
	}
	return fmt.Errorf("%w: %w", target.ErrUnknown, err)
}
