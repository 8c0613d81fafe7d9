package main

import (
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/lupa-dev/lupa/reconcile/target/targettest/pgtest"
)

// secret is a password with everything that a connection string has to escape.
const secret = `gEheim1@:/?#[]%&='" \ä`

// secrets are forms in which a password may be seen, and the first part of it.
func secrets(password string) []string {
	return []string{password, url.QueryEscape(password), url.PathEscape(password), url.UserPassword("", password).String()[1:],
		strings.ReplaceAll(password, `"`, `\"`), fmt.Sprintf("%.6s", password)}
}

// failed runs lupa with a connection string, and checks how it fails: with one of
// two codes, in one line, and without the password, whatever the log is to show.
func failed(t *testing.T, s *subject, dsn, password string, exits []int, args ...string) string {
	t.Helper()
	var all string
	for _, format := range []string{"text", "json"} {
		cmd := s.command(append(args, "--log-level", "trace", "--log-format", format)...)
		cmd.Env = append(cmd.Env, byPatience+"=1s", "LUPA_DSN="+dsn)
		exit, said := begun(t, cmd, nil)
		if exit != exits[0] && exit != exits[len(exits)-1] {
			t.Errorf("exit %d, want one of %v: %s", exit, exits, said)
		}
		for _, form := range secrets(password) {
			if strings.Contains(said, form) {
				t.Errorf("the password is seen (%s): %s", form, said)
			}
		}
		lines := 0
		for line := range strings.Lines(said) {
			if strings.HasPrefix(line, "lupa: ") {
				lines++
			} else if !strings.Contains(line, "[") && !strings.HasPrefix(line, "{") { // of the log
				t.Errorf("besides the failure it says: %s", line)
			}
		}
		if lines != 1 || !strings.Contains(said, "nothing was applied") || strings.Contains(said, "panic") {
			t.Errorf("%d failures are told: %s", lines, said)
		}
		all += said
	}
	return all
}

// listening is a server that does with every connection what it is told.
func listening(t *testing.T, serve func(net.Conn)) (address string) {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				serve(c)
			}()
		}
	}()
	return l.Addr().String()
}

// TestUnreachable: a target on a server that cannot be reached, for whatever
// reason, is one line and exit 6, and the password is nowhere.
func TestUnreachable(t *testing.T) {
	t.Parallel()
	s := pgtest.Start(t)
	db := s.Database(t)
	real, err := url.Parse(db.DSN())
	if err != nil {
		t.Fatal(err)
	}
	host, port := real.Hostname(), real.Port()
	role := db.Name + "_special"
	db.Role(t, "special")
	db.Exec(t, "ALTER ROLE "+role+" PASSWORD '"+strings.ReplaceAll(secret, "'", "''")+"'")
	dsn := func(user, password, address, database, more string) string {
		u := url.URL{Scheme: "postgres", User: url.UserPassword(user, password), Host: address, Path: "/" + database, RawQuery: "connect_timeout=1" + more}
		return u.String()
	}
	closed, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	refused := closed.Addr().String()
	silent := listening(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	random := listening(t, func(c net.Conn) { _, _ = io.CopyN(c, rand.Reader, 1<<16) })
	web := listening(t, func(c net.Conn) {
		_, _ = c.Read(make([]byte, 1024))
		_, _ = io.WriteString(c, "HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\n\r\n<h1>Bad Request</h1>\r\n")
	})
	huge := listening(t, func(c net.Conn) {
		_, _ = c.Read(make([]byte, 1024))
		_, _ = c.Write([]byte{'R', 0x7f, 0xff, 0xff, 0xff, 0})
		_, _ = io.Copy(io.Discard, c)
	})
	quoted := strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(secret)
	for name, c := range map[string]string{
		"wrong password":           dsn(db.Owner, secret, real.Host, db.Name, "&sslmode=disable"),
		"wrong password, keywords": fmt.Sprintf("host=%s port=%s user=%s dbname=%s sslmode=disable password='%s'", host, port, db.Owner, db.Name, quoted),
		"wrong password, prefer":   dsn(db.Owner, secret, real.Host, db.Name, ""),
		"unknown role":             dsn("nobody", secret, real.Host, db.Name, "&sslmode=disable"),
		"unknown database":         dsn(role, secret, real.Host, "nowhere", "&sslmode=disable"),
		"no target":                dsn(role, secret, real.Host, db.Name, "&sslmode=disable"),
		"refused":                  dsn(role, secret, refused, db.Name, ""),
		"two hosts":                dsn(role, secret, refused+","+refused, db.Name, ""),
		"unknown host":             dsn(role, secret, "no-such-host.invalid", db.Name, ""),
		"silent":                   dsn(role, secret, silent, db.Name, "&sslmode=disable"),
		"silent, TLS":              dsn(role, secret, silent, db.Name, "&sslmode=require"),
		"no TLS there":             dsn(role, secret, real.Host, db.Name, "&sslmode=verify-full"),
		"random bytes":             dsn(role, secret, random, db.Name, "&sslmode=disable"),
		"random bytes, TLS":        dsn(role, secret, random, db.Name, "&sslmode=require"),
		"a web server":             dsn(role, secret, web, db.Name, "&sslmode=disable"),
		"a web server, TLS":        dsn(role, secret, web, db.Name, "&sslmode=require"),
		"a message without end":    dsn(role, secret, huge, db.Name, "&sslmode=disable"),
		"no port":                  "postgres://u:" + url.PathEscape(secret) + "@" + host + ":port/db",
		"no escapes":               "postgres://u:" + secret + "@" + host + "/db",
		"no escape of a slash":     "postgres://u:77/" + secret[:6] + "@" + host + "/db",
		"no end of a quote":        "host=" + host + " password='" + secret,
		"no quotes":                "host=" + host + " password=" + secret,
		"no sslmode":               dsn(role, secret, real.Host, db.Name, "&sslmode="+url.QueryEscape(secret)),
		"no setting":               dsn(role, "x", real.Host, db.Name, "&password="+url.QueryEscape(secret)+"&no_such_setting=1&sslmode=disable"),
		"a setting of no sense":    dsn(role, secret, real.Host, db.Name, "&statement_timeout=soon&sslmode=disable"),
		"a certificate":            dsn(role, secret, real.Host, db.Name, "&sslcert="+url.QueryEscape(secret)+"&sslkey=/nowhere&sslpassword="+url.QueryEscape(secret)),
		"a service":                dsn(role, secret, real.Host, db.Name, "&service="+url.QueryEscape(secret)),
		"a socket":                 fmt.Sprintf("host=/nowhere password='%s'", quoted),
		"another scheme":           "mysql://u:" + url.PathEscape(secret) + "@" + host + "/db",
		"the password alone":       secret,
		"a line break":             "postgres://u:" + secret + "\n@" + host + "/db",
	} {
		t.Run(name, func(t *testing.T) {
			at := &subject{dir: littleTree(t)}
			begin := time.Now()
			failed(t, at, c, secret, []int{exitUnreachable}, "target", "status")
			if took := time.Since(begin); took > 15*time.Second {
				t.Errorf("it took %s", took)
			}
		})
	}
	t.Run("in a file", func(t *testing.T) {
		at := &subject{dir: littleTree(t)}
		putFiles(t, at.dir, map[string]string{
			"lupa.yaml": "apiVersion: lupa/v1\nkind: Project\nmetadata: {name: small}\nspec: {target: shared, targets: {shared: {type: postgres, dsnFile: dsn}}}\n",
		})
		file := filepath.Join(at.dir, "dsn")
		for _, text := range []string{"", "\n", dsn(db.Owner, secret, real.Host, db.Name, "&sslmode=disable") + "\n", "postgres://u:" + secret + "@" + host, secret, "\x00" + secret} {
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			failed(t, at, "", secret, []int{exitUnreachable}, "target", "status")
		}
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		failed(t, at, "", secret, []int{exitUnreachable}, "target", "status")
		if err := os.Mkdir(file, 0o700); err != nil {
			t.Fatal(err)
		}
		failed(t, at, "", secret, []int{exitUnreachable}, "target", "status")
	})
	// The password itself is right.
	at := &subject{dir: littleTree(t)}
	said := failed(t, at, dsn(role, secret, real.Host, db.Name, "&sslmode=disable"), secret, []int{exitUnreachable}, "target", "status")
	if !strings.Contains(said, "no schema lupa") {
		t.Errorf("with the right password: %s", said)
	}
}
