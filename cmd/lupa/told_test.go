package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/lupa-dev/lupa/reconcile/report"
)

// telling are the functions of this package that tell something, and which argument
// is what they tell.
var telling = map[string]int{"say": 0, "usage": 0, "progress": 0, "stage": 0, "takes": 2, "digits": 2}

// inner are files whose errors say what is wrong inside a sealed file or a target,
// byte by byte. They are for who wrote it, and stay English behind a colon.
var inner = []string{
	"reconcile/plan/members.go", "reconcile/plan/scan.go", "reconcile/plan/snapshot.go", "reconcile/fact/digest.go", "reconcile/target/back.go", "reconcile/target/memory.go",
	"reconcile/target/sqldb/write.go", "reconcile/target/sqldb/references.go", "reconcile/target/sqldb/pages.go", "reconcile/roster/rows.go", "reconcile/target/sqldb/read.go", "reconcile/target/sqldb/seal.go", "reconcile/order/order.go", "reconcile/config/overlay.go",
	"reconcile/config/assemble.go", "reconcile/roster/bundle.go", "schema/source/document.go", "schema/validate.go",
}

// everythingTold are the formats of all that the program tells, by where they stand.
func everythingTold(t *testing.T) map[string]string {
	t.Helper()
	all := make(map[string]string)
	root := os.DirFS("../..")
	err := fs.WalkDir(root, ".", func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (strings.HasPrefix(file, ".") && file != "." || strings.HasSuffix(file, "test") || file == "examples"):
			return fs.SkipDir
		case path.Ext(file) != ".go" || strings.HasSuffix(file, "_test.go"):
			return nil
		}
		src, err := fs.ReadFile(root, file)
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, src, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ours := path.Dir(file) == "cmd/lupa"
		within := slices.Contains(inner, file)
		ast.Inspect(f, func(n ast.Node) bool {
			if spec, ok := n.(*ast.ValueSpec); ok && within { // what other rooms know by its name is told
				within = !strings.HasPrefix(spec.Names[0].Name, "Err")
				defer func() { within = true }()
				ast.Inspect(spec, func(n ast.Node) bool {
					if lit, ok := n.(*ast.BasicLit); ok && !within {
						if text, err := strconv.Unquote(lit.Value); err == nil && speaking(text) {
							all[text] = file
						}
					}
					return true
				})
				return false
			}
			call, ok := n.(*ast.CallExpr)
			if within {
				return true
			}
			if !ok {
				return true
			}
			name, selected := "", ""
			switch fun := call.Fun.(type) {
			case *ast.Ident:
				name = fun.Name
			case *ast.SelectorExpr:
				name = fun.Sel.Name
				if x, ok := fun.X.(*ast.Ident); ok {
					selected = x.Name + "." + name
				}
			}
			at, tells := telling[name]
			if !ours || !tells {
				at, tells = 0, selected == "errors.New" || selected == "fmt.Errorf"
			}
			if !tells || len(call.Args) <= at {
				return true
			}
			if lit, ok := call.Args[at].(*ast.BasicLit); ok {
				if text, err := strconv.Unquote(lit.Value); err == nil && speaking(text) {
					all[text] = file
				}
			} else if id, ok := call.Args[at].(*ast.Ident); ok && id.Name == "applied" {
				all[applied] = file
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

var verbs = regexp.MustCompile(`%(?:\[(\d+)\])?[.\d]*([a-z])`)

// speaking reports whether a format has words of its own.
func speaking(format string) bool {
	return word.MatchString(strings.TrimPrefix(flags.ReplaceAllString(verbs.ReplaceAllString(format, ""), ""), "git:"))
}

var (
	word  = regexp.MustCompile(`[a-z]{2}`)
	flags = regexp.MustCompile(`^--[a-z-]+(: |$)`)
)

// verbsOf are the verbs of a format by argument.
func verbsOf(format string) map[string]string {
	of := make(map[string]string)
	next := 1
	for _, m := range verbs.FindAllStringSubmatch(format, -1) {
		if n, err := strconv.Atoi(m[1]); err == nil {
			next = n
		}
		of[strconv.Itoa(next)] = m[2]
		next++
	}
	return of
}

// TestEverythingIsToldInEveryLanguage: what the program tells, every language tells,
// with the same arguments; and nothing else.
func TestEverythingIsToldInEveryLanguage(t *testing.T) {
	all := everythingTold(t)
	if len(all) < 150 {
		t.Fatalf("only %d are found", len(all))
	}
	for _, l := range report.Languages {
		if l == "en" {
			continue
		}
		own := report.Language(l).Failures()
		for _, format := range slices.Sorted(maps.Keys(all)) {
			said, ok := own[format]
			switch {
			case !ok:
				t.Errorf("%s lacks %q (%s)", l, format, all[format])
			case !maps.Equal(verbsOf(format), verbsOf(said)):
				t.Errorf("%s: %q has other arguments than %q", l, said, format)
			}
		}
		for format := range own {
			if _, ok := all[format]; !ok {
				t.Errorf("%s has %q, which nothing says", l, format)
			}
		}
	}
}
