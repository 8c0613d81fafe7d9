package report

import (
	"strconv"
	"strings"

	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/reconcile/policy"
	"github.com/lupa-dev/lupa/schema/source"
)

// maxAnnotations is how many annotations of a kind GitHub shows of a step.
const maxAnnotations = 10

// maxAnnotation is how long the text of one may be, in columns: nobody reads on.
const maxAnnotation = 4000

// GitHub shows what a command found as commands to a runner of GitHub Actions,
// which puts them at the lines of a pull request. Plain lines for the log follow:
// the verdict, and all gains of class high and critical.
func (t *Text) GitHub(c Check) {
	t = t.plain()
	all := t.notices(c)
	t.annotate(c, all)
	switch {
	case c.Drift:
		t.driftVerdict(c.Plan)
	case c.Plan != nil:
		t.planVerdict(c.Plan, all)
	}
	if c.Files > 0 {
		t.printf("%s, %s: ", t.sentence("files", c.Files), t.sentence("objects", c.Objects))
	}
	if !c.Drift {
		t.printf("%s\n", t.judged(c.Findings, c.Silenced))
	}
}

// kinds are the kinds of annotations, the gravest first.
var kinds = []struct {
	command  string
	severity policy.Severity
}{{"error", policy.Error}, {"warning", policy.Warning}, {"notice", policy.Note}}

// annotate writes annotations. Of a kind of which there are too many, the last
// says how many more.
func (t *Text) annotate(c Check, all []notice) {
	for _, kind := range kinds {
		var these []notice
		for _, n := range all {
			if n.severity == kind.severity || kind.severity == policy.Warning && n.rank() < 0 {
				these = append(these, n)
			}
		}
		for i, n := range these {
			if len(these) > maxAnnotations && i == maxAnnotations-1 {
				t.command(kind.command, "", source.Pos{}, "lupa "+c.Command, t.sentence("formats.more", len(these)-i, c.Command))
				break
			}
			t.annotation(kind.command, c.Root, n)
		}
	}
}

func (t *Text) annotation(command, root string, n notice) {
	lines := append([]string{n.message}, n.hints...)
	if len(n.pos) == 0 {
		t.command(command, "", source.Pos{}, title(n.code), strings.Join(lines, "\n"))
		return
	}
	if len(n.pos) > 1 {
		lines = append(lines, t.sentence("also", own(t.spot(root, n.pos[1]))))
	}
	name, whole := t.file(n.pos[0].File)
	at := source.Pos{}
	if whole {
		at = n.pos[0]
	}
	t.command(command, inRepository(root, name), at, title(n.code), strings.Join(lines, "\n"))
}

// command writes a command to the runner, on a line of its own.
func (t *Text) command(command, file string, at source.Pos, title, message string) {
	var properties []string
	if file != "" {
		properties = append(properties, "file="+escapeProperty(Inert(file)))
	}
	if at.Line > 0 {
		properties = append(properties, "line="+strconv.Itoa(at.Line), "col="+strconv.Itoa(at.Col))
	}
	properties = append(properties, "title="+escapeProperty(title))
	if len(message) > maxAnnotation {
		message = cut(message, maxAnnotation)
	}
	t.printf("::%s %s::%s\n", command, strings.Join(properties, ","), escapeData(message))
}

// What a runner reads between the parts of a command is escaped in them.
var (
	data     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	property = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

func escapeData(text string) string     { return data.Replace(text) }
func escapeProperty(text string) string { return property.Replace(text) }

// planVerdict says what a plan comes to.
func (t *Text) planVerdict(p *plan.Plan, all []notice) {
	switch {
	case p.Since != nil:
		t.printf("%s\n", t.storyTitle(p))
	case p.Target.Name != "":
		t.printf("%s\n", t.sentence("plan.title", p.Project, p.Target.Name, strconv.FormatInt(p.Target.Serial, 10), p.At.String()))
	}
	switch {
	case p.Since != nil && p.Same():
		t.printf("  %s\n", t.sentence("review.none"))
	case p.Empty() && p.Summary.Changes() == 0 && p.Since == nil:
		t.printf("  %s\n", t.sentence("plan.none"))
	default:
		t.printf("  %s\n", strings.Join([]string{t.sentence("plan.create", p.Summary.Create), t.sentence("plan.update", p.Summary.Update),
			t.sentence("plan.rename", p.Summary.Rename), t.sentence("plan.delete", p.Summary.Delete)}, " · "))
	}
	if p.Summary.Gained+p.Summary.Lost > 0 {
		t.printf("  %s\n", t.peopleLine(p))
	}
	for _, n := range all {
		if n.code == codeGain {
			t.printf("  ! %s\n", n.message)
		}
	}
	if len(p.Brakes) > 0 {
		t.printf("  %s\n", t.sentence("formats.held"))
	}
	if p.Refused() {
		t.printf("  %s\n", t.sentence("plan.refused", p.Summary.Errors))
	}
}

func (t *Text) driftVerdict(p *plan.Plan) {
	key := "drift.none"
	if len(p.Drift) > 0 {
		key = "drift.title"
	}
	t.printf("%s\n", t.sentence(key, p.Target.Name, strconv.FormatInt(p.Target.Serial, 10)))
	for _, d := range p.Drift {
		t.printf("  %s\n", t.subject(d.Kind+" "+d.Name))
	}
}

// TestsGitHub shows the cases that are not as expected as commands to a runner of
// GitHub Actions, and how many are.
func (t *Text) TestsGitHub(c Check, results []TestResult) {
	t = t.plain()
	var all []notice
	for _, r := range results {
		if !r.OK {
			all = append(all, notice{code: codeTest, severity: policy.Error, message: t.sentence("tests.case", r.Name, r.Case), hints: t.difference(r), pos: []source.Pos{r.Pos}})
		}
	}
	t.annotate(c, all)
	if len(results) == 0 {
		t.printf("%s\n", t.sentence("tests.none"))
		return
	}
	line := t.sentence("tests.as", len(results)-len(all))
	if len(all) > 0 {
		line += ", " + t.sentence("tests.failures", len(all))
	}
	t.printf("%s\n", line)
}

// ProofGitHub shows that a claim holds, or as a command to a runner of GitHub
// Actions one case in which it does not.
func (t *Text) ProofGitHub(c Check, p Proof) {
	t = t.plain()
	if p.Pass() {
		t.Proof(p)
		return
	}
	n := notice{code: codeProof, severity: policy.Error, message: t.counterexample(p.Example)}
	for _, r := range p.Example.After {
		n.hints = append(n.hints, t.sentence("effect.why", t.because([]plan.Reason{r})))
		n.pos = append(n.pos, r.Pos...)
	}
	t.annotate(c, []notice{n})
	p.Until = nil
	t.printf("%s\n", t.sentence("proof.fail", t.claim(p), t.against(p), t.proofDays(p)))
	if p.Gains > 1 {
		t.printf("  %s\n", t.sentence("proof.more", p.Gains-1))
	}
}
