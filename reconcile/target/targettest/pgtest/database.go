package pgtest

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// Database is a database of one test. Its names may stand in SQL unquoted.
type Database struct {
	Name  string
	Owner string // the role of DSN: no superuser, may create schemas here

	server *Server
}

// Database makes an empty database, which goes at the end of the test with all
// its roles.
func (s *Server) Database(t testing.TB) *Database {
	t.Helper()
	name := fmt.Sprintf("lupa%d", s.names.Add(1))
	db := &Database{Name: name, Owner: name + "_owner", server: s}
	logged := s.logged()
	s.exec(t, superuser, s.role(db.Owner))
	s.exec(t, superuser, "CREATE DATABASE "+name+" OWNER "+db.Owner)
	t.Cleanup(func() {
		if s.own {
			return // the server goes as a whole
		}
		if t.Failed() {
			t.Logf("log of the PostgreSQL server:\n%s", s.log(logged))
		}
		s.exec(t, superuser, "DROP DATABASE "+name+" WITH (FORCE)")
		for _, row := range s.exec(t, superuser, "SELECT rolname FROM pg_roles WHERE starts_with(rolname, '"+name+"_')") {
			s.exec(t, superuser, "DROP ROLE "+row[0])
		}
	})
	return db
}

// DSN is the address of the database for its owner, with the password.
func (db *Database) DSN() string { return db.server.dsn(db.Owner, db.Name) }

// Superuser is the address of the database for somebody who may do everything.
func (db *Database) Superuser() string { return db.server.dsn(superuser, db.Name) }

// Role makes a role that may log in and nothing else, and gives its address of
// the database. Its name there is db.Name + "_" + name.
func (db *Database) Role(t testing.TB, name string) string {
	t.Helper()
	name = db.Name + "_" + name
	db.server.exec(t, superuser, db.server.role(name))
	return db.server.dsn(name, db.Name)
}

// Exec runs SQL as superuser and gives the rows of the last statement as text,
// NULL as the empty string.
func (db *Database) Exec(t testing.TB, sql string) [][]string {
	t.Helper()
	return db.server.exec(t, db.Name, sql)
}

// Query is Exec for SQL that may fail. It may be called from any goroutine.
func (db *Database) Query(sql string) ([][]string, error) {
	return query(db.server.dsn(superuser, db.Name), sql)
}

// Disconnect ends the backends of the database, whoever is their client. It may
// be called from any goroutine.
func (db *Database) Disconnect(t testing.TB) {
	t.Helper()
	if _, err := query(db.server.dsn(superuser, "postgres"), "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '"+db.Name+"'"); err != nil {
		t.Errorf("ending the backends of %s: %v", db.Name, err)
	}
}

func (s *Server) dsn(role, database string) string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(role, s.password), Host: fmt.Sprintf("127.0.0.1:%d", s.port),
		Path: "/" + database, RawQuery: "sslmode=disable"}
	return u.String()
}

func (s *Server) role(name string) string {
	return "CREATE ROLE " + name + " LOGIN PASSWORD '" + s.password + "'"
}

func (s *Server) exec(t testing.TB, database, sql string) [][]string {
	t.Helper()
	rows, err := query(s.dsn(superuser, database), sql)
	if err != nil {
		t.Fatalf("%s: %v", strings.ReplaceAll(sql, s.password, "..."), err)
	}
	return rows
}

func query(dsn, sql string) ([][]string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgconn.Connect(ctx, dsn)
	if err != nil {
		return nil, err
	}
	defer conn.Close(ctx)
	results, err := conn.Exec(ctx, sql).ReadAll()
	if err != nil || len(results) == 0 {
		return nil, err
	}
	var rows [][]string
	for _, row := range results[len(results)-1].Rows {
		texts := make([]string, len(row))
		for i, value := range row {
			texts[i] = string(value)
		}
		rows = append(rows, texts)
	}
	return rows, nil
}
