package main

import (
	"os"
	"path/filepath"
	"slices"

	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/reconcile/policy"
	"github.com/lupa-dev/lupa/reconcile/report"
	"github.com/lupa-dev/lupa/schema/source"
)

// Formats of a plan, and of what was found in a tree. Junit is for what can fail case
// by case.
const (
	planFormats  = "text json markdown html sarif github junit"
	checkFormats = "text json markdown sarif github junit"
)

// checks reports whether the output is for a build that shows findings in a way of
// its own.
func (a *app) checks() bool { return slices.Contains([]string{"sarif", "github", "junit"}, a.format) }

// check prints what the command found in the format of a build.
func (a *app) check(c report.Check) error {
	c = a.checked(c)
	switch a.format {
	case "sarif":
		return a.print(a.text(a.out).SARIF(c))
	case "junit":
		return a.print(a.text(a.out).JUnit(c))
	}
	a.text(a.out).GitHub(c)
	return nil
}

// checked is what the command found, with what is the same for all commands.
func (a *app) checked(c report.Check) report.Check {
	c.Command, c.Version, c.Root = a.running, version, a.inRepository()
	return c
}

// ofPlan is what a plan found.
func ofPlan(p *plan.Plan) report.Check {
	return report.Check{Plan: p, Findings: p.Findings, Silenced: p.Summary.Silenced, Looked: policy.Documents | policy.State | policy.Plan}
}

// inRepository is where the tree lies in the repository around it, with slashes; ""
// where it is its top, or there is none. A build names files from there.
func (a *app) inRepository() string {
	root, err := a.findRoot()
	if err != nil {
		return "" // a plan that is shown needs no tree
	}
	for at := root; ; at = filepath.Dir(at) {
		if _, err := os.Lstat(filepath.Join(at, ".git")); err == nil {
			if inside, err := filepath.Rel(at, root); err == nil && inside != "." {
				return filepath.ToSlash(inside)
			}
			return ""
		}
		if at == filepath.Dir(at) {
			return ""
		}
	}
}

// declaredAt is where an object is declared, by what a plan calls it.
func (t *tree) declaredAt(kind, called string) []source.Pos {
	for _, inst := range t.Goal.Installations {
		id := fact.IDFrom(inst, called)
		if kind == "Installation" {
			id = called
		}
		if pos := t.Goal.Origin(fact.Fact{Key: fact.Key{Kind: kind, ID: id}}); len(pos) > 0 {
			return pos[:1]
		}
	}
	return nil
}
