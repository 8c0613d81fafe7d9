package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/lupa-dev/lupa/"

// lines is the order of the house: a package imports only packages of lines
// above its own.
var lines = [][]string{
	{"schema/source", "schema/identity", "reconcile/fact", "reconcile/calendar"},
	{"schema", "reconcile/access", "reconcile/order", "reconcile/facttest"},
	{"reconcile/policy", "reconcile/target", "reconcile/roster"},
	{"reconcile/plan", "reconcile/target/sqldb", "reconcile/target/targettest", "reconcile/target/targettest/pgtest"},
	{"reconcile", "reconcile/config", "reconcile/report"},
	{"cmd/lupa"},
}

// doors lists, for each library, the packages that may import it; tests may use
// what they like.
var doors = map[string][]string{
	"gopkg.in/yaml.v3":                      {"schema/source"},
	"github.com/goccy/go-yaml":              {"schema/source"},
	"github.com/santhosh-tekuri/jsonschema": {"schema"},
	"github.com/agext/levenshtein":          {"schema"},
	"github.com/gowebpki/jcs":               {"reconcile/plan"},
	"github.com/sergi/go-diff":              {"reconcile/report"},
	"github.com/rivo/uniseg":                {"reconcile/report"},
	"golang.org/x/text":                     {"reconcile/report"},
	"golang.org/x/sync":                     {"reconcile/config"},
	"github.com/bmatcuk/doublestar":         {"reconcile/config"},
	"modernc.org/sqlite":                    {"reconcile/target/sqldb"},
	"github.com/jackc/pgx":                  {"reconcile/target/sqldb", "reconcile/target/targettest/pgtest"},
	"github.com/pressly/goose":              {"reconcile/target/sqldb"},
	"github.com/hashicorp/go-hclog":         {"cmd/lupa", "reconcile", "reconcile/target/sqldb"}, // and hclog.New: cmd/lupa alone
	"github.com/spf13/cobra":                {"cmd/lupa"},
	"github.com/mattn/go-isatty":            {"cmd/lupa"},
	"golang.org/x/term":                     {"cmd/lupa"},
	"github.com/google/go-cmp":              {"reconcile/target/targettest"},
}

// loud are the packages of the upper lines that do I/O; the others do none, read
// no clock and do not log.
var loud = []string{"schema/source", "reconcile/target/sqldb", "reconcile/target/targettest/pgtest"}

// noisy is what they cannot have: packages of the standard library, with all
// below them but the quiet, and calls.
var (
	noisy = []string{"os", "net", "log", "syscall", "database/sql", "io/ioutil"}
	quiet = []string{"net/url"}
)

var calls = map[string]bool{"time.Now": true, "time.Since": true, "time.Until": true, "time.Sleep": true, "hclog.New": true, "hclog.Default": true, "hclog.L": true}

// topLevel is all that may lie at the top of the repository.
var topLevel = []string{"cmd", "schema", "reconcile", "examples", "go.mod", "go.sum", "Makefile", "README.md", "LICENSE"}

func TestImportOrder(t *testing.T) {
	place := make(map[string]int)
	for i, line := range lines {
		for _, pkg := range line {
			place[pkg] = i
		}
	}
	seen := make(map[string]bool)
	eachFile(t, func(pkg, file string, test bool, imports, called []string) {
		seen[pkg] = true
		own, ok := place[pkg]
		if !ok {
			t.Errorf("%s: package %s has no place in the house", file, pkg)
			return
		}
		for _, path := range imports {
			other, inside := strings.CutPrefix(path, module)
			switch {
			case inside && strings.HasPrefix(pkg, "schema") && strings.HasPrefix(other, "reconcile"):
				t.Errorf("%s: schema imports %s", file, other)
			case inside && !test && place[other] >= own:
				t.Errorf("%s: %s imports %s, which stands on no line above", file, pkg, other)
			case !inside && !test:
				throughDoor(t, file, pkg, path)
			}
			below := func(name string) bool { return path == name || strings.HasPrefix(path, name+"/") }
			if !test && own < place["reconcile"] && !slices.Contains(loud, pkg) && slices.ContainsFunc(noisy, below) && !slices.Contains(quiet, path) {
				t.Errorf("%s: %s does I/O: %s", file, pkg, path)
			}
		}
		for _, call := range called {
			if !test && pkg != "cmd/lupa" && calls[call] {
				t.Errorf("%s: %s is for cmd/lupa alone", file, call)
			}
		}
	})
	for pkg := range place {
		if !seen[pkg] {
			t.Errorf("the house has a room %s, and there is no such package", pkg)
		}
	}
}

func throughDoor(t *testing.T, file, pkg, path string) {
	if first, _, _ := strings.Cut(path, "/"); !strings.Contains(first, ".") {
		return // the standard library
	}
	for library, allowed := range doors {
		if path == library || strings.HasPrefix(path, library+"/") {
			if !slices.Contains(allowed, pkg) {
				t.Errorf("%s: %s is used by %s only", file, library, strings.Join(allowed, " and "))
			}
			return
		}
	}
	t.Errorf("%s: %s has no door in the house", file, path)
}

func eachFile(t *testing.T, visit func(pkg, file string, test bool, imports, called []string)) {
	root := os.DirFS("../..")
	for _, dir := range []string{"cmd", "schema", "reconcile"} {
		err := fs.WalkDir(root, dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(path) != ".go" {
				return err
			}
			src, err := fs.ReadFile(root, path)
			if err != nil {
				return err
			}
			f, err := parser.ParseFile(token.NewFileSet(), path, src, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			var imports []string
			for _, spec := range f.Imports {
				name, err := strconv.Unquote(spec.Path.Value)
				if err != nil {
					return err
				}
				imports = append(imports, name)
			}
			var called []string
			ast.Inspect(f, func(n ast.Node) bool {
				if sel, ok := n.(*ast.SelectorExpr); ok {
					if pkg, ok := sel.X.(*ast.Ident); ok {
						called = append(called, pkg.Name+"."+sel.Sel.Name)
					}
				}
				return true
			})
			visit(filepath.ToSlash(filepath.Dir(path)), path, strings.HasSuffix(path, "_test.go"), imports, called)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestTopLevel(t *testing.T) {
	entries, err := os.ReadDir("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		built := slices.Contains([]string{".test", ".prof"}, filepath.Ext(e.Name())) || e.Name() == "bin"
		if name := e.Name(); !strings.HasPrefix(name, ".") && !built && !slices.Contains(topLevel, name) {
			t.Errorf("%s has no place at the top level", name)
		}
	}
}
