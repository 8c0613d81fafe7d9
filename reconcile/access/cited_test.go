package access

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestEffectIsCited: a rule that decides who may do what is carried out
// somewhere, and some test is about it. What carries it out says so, by a
// comment that names the rule or by a literal that is its code; docs and
// sentences that mention it do not count, nor do ranges such as R1-R9.
func TestEffectIsCited(t *testing.T) {
	carriedOut, tested := make(map[string]bool), make(map[string]bool)
	root := os.DirFS("../..")
	files := 0
	for _, dir := range []string{"cmd", "schema", "reconcile"} {
		err := fs.WalkDir(root, dir, func(file string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || slices.Contains(aboutTheTable, file) {
				return err
			}
			test := strings.HasSuffix(file, "_test.go") || strings.Contains(file, "/testdata/")
			code := strings.HasSuffix(file, ".go") && strings.HasPrefix(file, "reconcile/") && !test
			if !test && !code {
				return nil
			}
			files++
			text, err := fs.ReadFile(root, file)
			switch {
			case err != nil:
				return err
			case test:
				name(tested, string(text))
				return nil
			}
			return citations(carriedOut, file, text)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if files < 100 {
		t.Fatalf("only %d files were found", files)
	}
	var uncited, untested []string
	for _, r := range Rules {
		if r.Class == ClassEffect && !carriedOut[r.Code] {
			uncited = append(uncited, r.Code)
		}
		if r.Class == ClassEffect && !tested[r.Code] {
			untested = append(untested, r.Code)
		}
	}
	if len(uncited)+len(untested) > 0 {
		t.Errorf("rules that decide who may do what\ncited nowhere under reconcile (%d): %s\nnamed in no test (%d): %s",
			len(uncited), strings.Join(uncited, " "), len(untested), strings.Join(untested, " "))
	}
}

// aboutTheTable are the files that list rules or show the list, and so name
// them without being about them.
var aboutTheTable = []string{
	"reconcile/access/rules.go", "reconcile/access/rules_test.go", "reconcile/access/cited_test.go",
	"reconcile/report/rules.go", "reconcile/report/rules_test.go",
	"cmd/lupa/testdata/script/rules.txtar",
}

// aRule is a rule named by itself, and not the end of a range.
var aRule = regexp.MustCompile(`(?:^|[^\w-])([RP]\d+)\b(-?)`)

// name notes the rules that a text names.
func name(rules map[string]bool, text string) {
	for _, m := range aRule.FindAllStringSubmatch(text, -1) {
		if m[2] == "" {
			rules[m[1]] = true
		}
	}
}

var aLiteral = regexp.MustCompile(`^"[RP]\d+"$`)

// citations notes the rules that Go code cites.
func citations(rules map[string]bool, file string, text []byte) error {
	f, err := parser.ParseFile(token.NewFileSet(), file, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	for _, group := range f.Comments {
		name(rules, group.Text())
	}
	ast.Inspect(f, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && aLiteral.MatchString(lit.Value) {
			name(rules, strings.Trim(lit.Value, `"`))
		}
		return true
	})
	return nil
}

func TestNamedRules(t *testing.T) {
	for text, want := range map[string]string{
		"the group is common (R37)": "R37",
		"R34, R35 and P7.":          "P7 R34 R35",
		"R99-R102":                  "",
		"SHA-R1 xR2 R3x":            "",
		"T32 (R79)":                 "R79",
	} {
		rules := make(map[string]bool)
		name(rules, text)
		var got []string
		for code := range rules {
			got = append(got, code)
		}
		slices.Sort(got)
		if strings.Join(got, " ") != want {
			t.Errorf("%q names %q, want %q", text, got, want)
		}
	}
}
