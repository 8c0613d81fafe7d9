// Package plan is where what should be meets what is.
//
// A Goal is what the documents say at one day. Make holds it against what a
// target holds and returns a Plan: the changes, in an order that is safe after
// every step, with everything a person needs to judge them and everything an
// apply needs to be sure that the target is still the one that was looked at.
// A Plan is a value and a file; apply does exactly its steps.
//
// The planner reads no file and no clock. It does not carry anything out; that
// is package reconcile.
package plan

import (
	"time"

	"github.com/lupa-dev/lupa/reconcile/calendar"
	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/policy"
	"github.com/lupa-dev/lupa/schema/source"
)

// Goal is what a tree declares, at one day.
type Goal struct {
	Project       string
	Installations []string // their names, sorted

	Facts    fact.Set // of the documents in force
	Dormant  fact.Set // of the documents that are declared and not in force
	Initial  fact.Set // what holds only where the target has nothing in its place
	External []fact.Key
	Renames  []Renaming

	// Of a goal that goes back (Undo).
	Undone   int64    // the first entry of the log that is undone
	Released fact.Set // objects that are to be like this, and are others' again

	View          fact.Scope
	Authoritative []string // kinds of which nothing undeclared is kept

	At       calendar.Day
	TimeZone string     // in which At is today: that of the first installation
	From     *time.Time // from here
	Until    *time.Time // to before here, the same documents are in force
	Inputs   []Input

	Begins, Ends []fact.Key // documents, at Until; sorted

	Days    map[string]calendar.Day // the day to look at, by installation
	Weights policy.Weights          // of findings
	Actor   string                  // who is to make the changes, instead of whom the Policy names; a name

	Author      string                       // who changed the documents: a login, "" where nobody knows
	Logins      map[string]map[string]string // by installation whose Policy has a file of them: persons by login
	Delegations []policy.Delegation
	Lists       []List              // documents that declare what goes by another kind, sorted by file and line
	AccessRules []policy.AccessRule // sorted by key
	Guard       policy.Guard        // what the brakes are, as usual where it says nothing

	Rulings []Ruling // documents that say how lupa judges, and reach no target; sorted

	Silences []Silence // in force, sorted by file and line
	Silenced int       // findings of the documents that they took out

	Findings []Finding                    // of the documents
	Origin   func(fact.Fact) []source.Pos // where a fact was declared
	Say      Speaker                      // puts into words; where it is empty nothing is
}

// Renaming is an object and the names it had before.
type Renaming struct {
	Key  fact.Key
	From []string // ids, the latest last
}

// Ruling is a document that says how lupa judges changes, with what it says by key.
type Ruling struct {
	Kind, Name string
	Says       map[string]any // values as in FieldChange
}

// Input is a file that the goal was read from.
type Input struct {
	Path   string `json:"path"`
	SHA256 string `json:"sha256"`
}

// Declared is all that the documents say, whether in force or not.
func (g *Goal) Declared() fact.Set { return g.Facts.Plus(g.Dormant).Plus(g.Initial) }

// Alone is what a target that holds nothing else would hold: the documents in
// force, with what they begin with.
func (g *Goal) Alone() fact.Set { return g.Facts.Plus(g.Initial) }

// bare reports whether the documents declare nothing but installations and how to
// judge them.
func (g *Goal) bare() bool { return len(g.External) == 0 && policy.DeclaresNothing(g.Declared()) }

// Problems are findings of documents that never became facts.
func Problems(problems ...source.Problem) []Finding {
	out := make([]Finding, 0, len(problems))
	for _, p := range problems {
		out = append(out, Finding{Code: p.Code, Case: p.Case, Severity: policy.SeverityOf(p.Code), Args: append([]string{}, p.Args...), Pos: p.Pos, Suggest: p.Suggest})
	}
	return out
}
