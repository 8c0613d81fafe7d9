package report

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/lupa-dev/lupa/reconcile/access"
	"github.com/lupa-dev/lupa/reconcile/order"
	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/reconcile/policy"
	"github.com/lupa-dev/lupa/schema/source"
)

// Check is what a command found, for those who show findings in a way of their
// own: as alerts (SARIF), at the lines of a pull request (GitHub), as tests (JUnit).
type Check struct {
	Command string // of lupa: validate
	Version string // of lupa
	Root    string // the directory of the tree in its repository, with slashes; "" where it is the top

	Findings []plan.Finding
	Silenced int         // findings that documents ask not to hear
	Looked   policy.When // at what the rules were asked
	Files    int         // of the tree; 0 where nobody counted
	Objects  int

	Plan  *plan.Plan                           // what it is about: its brakes and its grave gains are told
	Drift bool                                 // it is about the drift of Plan's target, and nothing else of Plan
	Where func(kind, name string) []source.Pos // where an object that drifted is declared; nil where nobody knows
}

// Codes of what is told besides findings and brakes.
const (
	codeGain  = "gain"
	codeDrift = "drift"
	codeTest  = "AccessTest"
	codeProof = "proof"

	codeJudging = "judging"
)

// notice is one thing to tell: what, how grave, and where.
type notice struct {
	code     string
	severity policy.Severity
	message  string
	hints    []string
	pos      []source.Pos // the place to mend, then others
	object   string       // what it is about, where that is one object
	same     []string     // what makes it the same wherever it stands and in whatever language
	known    bool         // there already in the base
}

// plain is the writer without colours and line breaks: the lines belong to others.
func (t *Text) plain() *Text {
	if t.say == nil {
		t.say = t.Lang.printer() // made once for both
	}
	plain := *t
	plain.Colour, plain.Width = false, 1<<30
	return &plain
}

// notices are all that there is to tell, the gravest first; among equals what holds
// a plan back, then what people gain.
func (t *Text) notices(c Check) []notice {
	var all []notice
	switch {
	case c.Drift:
		all = t.drifted(c)
	case c.Plan != nil:
		all = slices.Concat(t.brakeNotices(c.Plan), t.gains(c.Plan.Effect, ""))
		if c.Plan.Since != nil {
			all = append(all, t.laterNotices(c.Plan)...)
		}
	}
	for _, f := range c.Findings {
		all = append(all, t.notice(f))
	}
	slices.SortStableFunc(all, func(a, b notice) int { return a.rank() - b.rank() })
	return all
}

func (n notice) rank() int { return weight(plan.Finding{Severity: n.severity}) }

func (t *Text) notice(f plan.Finding) notice {
	n := notice{code: t.codeOf(f.Code), severity: f.Severity, message: t.message(f), hints: t.hints(plan.Finding{Code: f.Code, Case: f.Case, Args: f.Args, Suggest: f.Suggest}),
		pos: f.Pos, object: t.subject(f.Subject), same: []string{f.Code, f.Case, f.Subject}, known: f.Known}
	if len(f.Pos) == 0 && n.object != "" {
		n.message = n.object + ": " + n.message
	}
	if len(f.Pos) > 0 && f.Subject == "" {
		n.same = append(n.same, f.Pos[0].File)
	}
	n.same = append(n.same, coverArgs(f.Args)...)
	return n
}

// codeOf is a code as it may be shown. A plan that another lupa made may have any.
func (t *Text) codeOf(code string) string { return cmp.Or(t.safe(code), "unknown") }

func (t *Text) brakeNotices(p *plan.Plan) []notice {
	var all []notice
	for _, b := range p.Brakes {
		all = append(all, notice{code: t.codeOf(b.Code), severity: policy.Warning, message: t.brake(b), same: []string{b.Code, b.Name}})
	}
	return all
}

// gains are the gains of rights of class high and critical, each with everybody who
// gains: they are shown whatever is hidden or left out else.
func (t *Text) gains(effect []plan.Effect, when string) []notice {
	var all []notice
	for _, line := range sameReasons(effect) {
		if !line.Gained || !line.Sensitivity.Grave() {
			continue
		}
		n := notice{code: codeGain, severity: policy.Note, message: when + t.headline("effect.gain.", line) + ": " + t.everyone(line)}
		if line.Sensitivity == access.Critical {
			n.severity = policy.Warning
		}
		if why := worthTelling(line.After, line.Before); len(why) > 0 {
			n.hints = []string{t.sentence("effect.why", t.because(why))}
		}
		for _, r := range line.After {
			for _, pos := range r.Pos {
				if !slices.Contains(n.pos, pos) {
					n.pos = append(n.pos, pos)
				}
			}
		}
		n.same = slices.Concat([]string{codeGain, when, line.Kind}, line.Rights, line.Places, line.People)
		all = append(all, n)
	}
	slices.SortStableFunc(all, func(a, b notice) int { return a.rank() - b.rank() })
	return all
}

// laterNotices are grave gains on days ahead, and the documents that change how lupa
// judges.
func (t *Text) laterNotices(p *plan.Plan) []notice {
	var all []notice
	for _, a := range p.Since.Ahead {
		if a.From > p.At {
			all = append(all, t.gains(a.Effect, t.aheadTitle(a, p.At)+": ")...)
		}
	}
	for _, c := range p.Since.Judging {
		all = append(all, notice{code: codeJudging, severity: policy.Warning, message: t.sentence("judging."+c.Action, c.Kind, c.Name), same: []string{codeJudging, c.Kind, c.Name}})
	}
	return all
}

// everyone is who has something where; places with the same people stand together.
func (t *Text) everyone(line *effectLine) string {
	groups := line.samePeople()
	parts := make([]string, len(groups))
	for i, g := range groups {
		parts[i] = strings.Join(safe(g.places), ", ") + ": " + strings.Join(t.people(slices.Compact(g.people)), ", ")
	}
	return strings.Join(parts, "; ")
}

// drifted are the objects that were changed by hand, those first that have every
// school now.
func (t *Text) drifted(c Check) []notice {
	drift := slices.Clone(c.Plan.Drift)
	slices.SortStableFunc(drift, func(a, b plan.Change) int { return len(b.Widens) - len(a.Widens) })
	all := make([]notice, 0, len(drift))
	for _, d := range drift {
		n := notice{code: codeDrift, severity: policy.Warning, object: t.subject(d.Kind + " " + d.Name), same: []string{codeDrift, d.Kind, d.Name}}
		fields := make([]string, len(d.Fields))
		for i, f := range d.Fields {
			fields[i] = f.Field
		}
		key := "drift.object.changed"
		if order.Action(d.Action) == order.Delete {
			key = "drift.object.deleted"
		}
		n.message = t.sentence(key, d.Kind, d.Name, strings.Join(fields, ", "))
		if len(d.Widens) > 0 {
			n.message = t.sentence("drift.widens", d.Kind, d.Name) + "; " + n.message
		}
		if c.Where != nil {
			n.pos = c.Where(d.Kind, d.Name)
		}
		all = append(all, n)
	}
	return all
}

// projectFile is what every tree has at its root. What has no place of its own is
// shown there, for GitHub refuses alerts without one.
const projectFile = "lupa.yaml"

// file is the path of a file as it may be shown. Where the path itself names
// somebody, or holds a number of a person, that is the directory around: a link to
// it leads less far, and a pseudonym would lead nowhere.
func (t *Text) file(name string) (shown string, whole bool) {
	for shown = name; cover(t.Veil.text(shown)) != shown; {
		if shown = path.Dir(shown); shown == "." || shown == "/" {
			return projectFile, false
		}
	}
	return cmp.Or(shown, projectFile), shown == name && name != ""
}

// spot is a place as it may be shown, as seen from where the tree lies at root.
func (t *Text) spot(root string, pos source.Pos) string {
	name, whole := t.file(pos.File)
	if !whole {
		pos = source.Pos{}
	}
	pos.File = inRepository(root, name)
	return t.place(pos)
}

// inRepository is a path of the tree as seen from the top of its repository.
func inRepository(root, name string) string {
	if root == "" {
		return name
	}
	return root + "/" + name
}

// title is a code with the name of its rule.
func title(code string) string {
	if r, ok := policy.RuleOf(code); ok {
		return code + " " + r.Name
	}
	if name := brakeNames[code]; name != "" {
		return code + " " + name
	}
	return code
}

// brakeNames are what brakes are called; they are rows of no table of rules.
var brakeNames = map[string]string{"G01": "removals", "G02": "removals-of-a-kind", "G03": "gains", "G04": "sensitive", "G05": "last-holder"}
