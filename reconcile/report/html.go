package report

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"errors"
	"html/template"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"

	"github.com/lupa-dev/lupa/reconcile/plan"
)

// ErrUnveiled is why a page is not made that would show whose cards are whose: a
// page is sent around, so it hides people always.
var ErrUnveiled = errors.New("an HTML page shows people under pseudonyms alone")

// page is an HTML page: one file that needs nothing else, and no script to be read.
// What it says is in the words of one language; the template escapes it.
type page struct {
	Lang     string
	Title    string
	Verdicts []verdict
	Figures  []count
	Parts    []section
	SignOffs []signOff
	Left     string // of the sign-offs
	Foot     []string

	Policy string
	Style  template.CSS
	Script template.JS
}

// section is a part of a page. It has whichever of these there are.
type section struct {
	ID, Title string
	Intro     []string
	Axis      *axis
	Matrix    *matrix
	Crowd     *crowd
	Table     *grid
	Tellings  []telling
	Problems  []problem
	Objects   []changeStory
	Days      []aheadStory
	Left      string // what is not shown
}

// grid is rows below a heading. The first cell of a row says what the row is.
type grid struct {
	Caption string
	Head    []string
	Rows    [][]string
	Figures map[int]bool // columns of numbers
}

// Of what can be very much a page shows so much, and counts the rest. Gains of class
// high and critical, refusals and brakes are all shown.
const (
	pageTellings = 200
	pageObjects  = 300
	pageProblems = 300
	pageRows     = 200
	pageSignOffs = 300
)

// HTML is a plan or a review as a page; picture may be nil where nobody knows what
// else there is.
func (t *Text) HTML(p *plan.Plan, picture *plan.Picture) ([]byte, error) {
	s := t.tell(p)
	to := &page{Title: s.Title, Verdicts: s.Verdicts, Figures: s.Counts}
	to.lines("part.refusals", t, problems(s.Refusals, 0))
	to.lines("part.brakes", t, section{Intro: s.Brakes})
	to.lines("page.widening", t, section{Intro: s.Widens})
	to.lines("part.grave", t, section{Tellings: s.Grave})
	for _, of := range []struct {
		key      string
		tellings []telling
	}{{"effect.gains", s.Gains}, {"effect.losses", s.Losses}, {"effect.levels", s.Levels}, {"effect.unchanged", s.Unchanged}, {"effect.templates", s.Templates}} {
		to.lines(of.key, t, t.someTellings(of.tellings))
	}
	to.lines("effect.first", t, section{Intro: s.First})
	if s.Ahead != nil || s.Until != "" {
		to.lines("page.timeline", t, t.aheadPart(p, s))
	}
	if picture != nil {
		to.lines("page.groups", t, section{Matrix: t.matrix(picture)})
		to.lines("page.people", t, t.headcount(picture))
	}
	to.lines("part.findings", t, t.left(problems(s.Findings, pageProblems), len(s.Findings)-pageProblems))
	to.lines("part.known", t, t.left(problems(s.Known, pageProblems), len(s.Known)-pageProblems))
	to.lines("part.objects", t, t.objects(s.Objects))
	judging := t.objects(s.Judging)
	judging.Intro = []string{t.sentence("page.judges")}
	if len(s.Judging) > 0 {
		to.lines("part.judging", t, judging)
	}
	to.SignOffs, to.Left = t.signOffs(p, picture)
	if s.Silenced != "" {
		to.Foot = append(to.Foot, s.Silenced)
	}
	to.Foot = append(to.Foot, t.mark(p))
	return t.render(to)
}

// mark is by which a plan or a review is known.
func (t *Text) mark(p *plan.Plan) string {
	if p.Since == nil {
		return t.sentence("plan.hash", own(p.Hash))
	}
	return t.sentence("review.title", p.Project, p.Since.Revision, own(p.Since.Commit), p.At.String())
}

// lines adds a part, if there is anything in it.
func (to *page) lines(key string, t *Text, is section) {
	if len(is.Intro)+len(is.Tellings)+len(is.Problems)+len(is.Objects)+len(is.Days) == 0 && is.Axis == nil && is.Matrix == nil && is.Crowd == nil && is.Table == nil {
		return
	}
	is.ID, is.Title = strings.ReplaceAll(key, ".", "-"), uncolon(t.sentence(key))
	to.Parts = append(to.Parts, is)
}

// uncolon is a sentence as a heading: without the colon that a list would need.
func uncolon(text string) string { return strings.TrimRight(text, ":") }

func problems(all []problem, most int) section {
	if most > 0 {
		all = all[:min(most, len(all))]
	}
	return section{Problems: all}
}

func (t *Text) someTellings(all []telling) section {
	return t.left(section{Tellings: all[:min(pageTellings, len(all))]}, len(all)-pageTellings)
}

func (t *Text) objects(all []changeStory) section {
	return t.left(section{Objects: all[:min(pageObjects, len(all))]}, len(all)-pageObjects)
}

// left says how many are not shown.
func (t *Text) left(is section, more int) section {
	if more > 0 {
		is.Left = t.sentence("page.more", more)
	}
	return is
}

// DriftHTML is the drift of a target as a page.
func (t *Text) DriftHTML(p *plan.Plan) ([]byte, error) {
	is, key := toneWait, "drift.title"
	if len(p.Drift) == 0 {
		is, key = toneCalm, "drift.none"
	}
	said := uncolon(t.sentence(key, p.Target.Name, strconv.FormatInt(p.Target.Serial, 10)))
	to := &page{Title: t.safe(p.Project), Verdicts: []verdict{{is, said}}}
	var widens []string
	for _, c := range p.Drift {
		if len(c.Widens) > 0 {
			widens = append(widens, t.sentence("drift.widens", c.Kind, own(t.widened(c))))
		}
	}
	to.lines("page.widening", t, section{Intro: widens})
	to.lines("part.objects", t, t.objects(t.impersonal(p.Drift, nil)))
	var unmanaged []changeStory
	for _, o := range p.Unmanaged {
		if !t.Veil.hides() || !slices.Contains(personal, o.Kind) {
			unmanaged = append(unmanaged, changeStory{Tone: toneCalm, Mark: "=", Kind: o.Kind, Name: t.shownName(o.Kind, o.Name)})
		}
	}
	to.lines("page.unmanaged", t, t.objects(unmanaged))
	return t.render(to)
}

// WhyHTML is the answer to a question as a page.
func (t *Text) WhyHTML(w Why) ([]byte, error) {
	is, key := toneLoss, "why.no"
	if w.Allowed {
		is, key = toneGain, "why.yes"
	}
	if w.Place == "" {
		key += ".anywhere"
	}
	to := &page{Title: t.asOf(w.AsOf), Verdicts: []verdict{{is, t.sentence(key, own(Safe(t.Veil.who(w.Person))), own(t.right(w.Right, w.Sensitivity)), w.Place)}}}
	if w.Turns != nil {
		turns := "why.begins"
		if w.Allowed {
			turns = "why.ends"
		}
		to.Verdicts = append(to.Verdicts, verdict{toneCalm, t.sentence(turns, w.Turns.String())})
	}
	if w.Allowed && w.Place == "" {
		to.lines("access.places", t, section{Intro: []string{string(t.named(w.Places))}})
	}
	against := "why.against"
	if w.Allowed {
		against = "why.mind"
	}
	to.lines("page.why", t, t.reasonTable("page.why", w.For))
	to.lines(against, t, t.reasonTable(against, w.Against))
	if !w.Allowed && len(w.Missing) > 0 {
		to.Foot = append(to.Foot, t.sentence("why.missing", t.joined(w.Missing)))
	}
	return t.render(to)
}

func (t *Text) reasonTable(caption string, reasons []plan.Reason) section {
	if len(reasons) == 0 {
		return section{}
	}
	all := &grid{Caption: t.sentence(caption), Head: t.heads("page.rule", "page.why", "page.place")}
	for _, r := range reasons {
		var places []string
		for _, pos := range r.Pos[:min(maxPlaces, len(r.Pos))] {
			places = append(places, t.place(pos))
		}
		if more := len(r.Pos) - len(places); more > 0 {
			places = append(places, t.sentence("more", more))
		}
		all.Rows = append(all.Rows, []string{Safe(r.Rule), t.reason(r), strings.Join(places, ", ")})
	}
	return section{Table: all}
}

func (t *Text) heads(keys ...string) []string {
	heads := make([]string, len(keys))
	for i, key := range keys {
		heads[i] = t.sentence(key)
	}
	return heads
}

// HistoryHTML is the log of a target as a page.
func (t *Text) HistoryHTML(l Log) ([]byte, error) {
	if len(l.Records) == 0 {
		return t.render(&page{Title: t.safe(l.Name), Verdicts: []verdict{{toneCalm, t.sentence("history.none", l.Name)}}})
	}
	said := uncolon(t.sentence("history.title", len(l.Records), l.Name))
	to := &page{Title: t.safe(l.Name), Verdicts: []verdict{{toneCalm, said}}}
	log := &grid{Caption: said, Figures: map[int]bool{0: true, 1: true, 6: true},
		Head: append(t.heads("history.id", "history.serial", "history.at", "history.by", "history.commit", "history.plan", "history.changes"), "")}
	for _, e := range l.entries() {
		hash, changes := short(e.Plan, 12), strconv.Itoa(e.Changes)
		if e.Pruned > 0 {
			hash, changes = "", ""
		}
		log.Rows = append(log.Rows, []string{strconv.FormatInt(e.ID, 10), strconv.FormatInt(e.Serial, 10), t.minute(e.At),
			t.safe(e.Actor + "@" + e.Host), revision(e.Commit), hash, changes, t.remarks(e)})
	}
	all := len(log.Rows)
	log.Rows = log.Rows[:min(pageObjects, all)]
	to.lines("history.changes", t, t.left(section{Table: log}, all-pageObjects))
	if l.Pruned() > 0 {
		to.Foot = append(to.Foot, t.sentence("history.pruned", strconv.FormatInt(l.Pruned(), 10)))
	}
	return t.render(to)
}

// PastHTML is what an apply changed, as a page.
func (t *Text) PastHTML(p Past) ([]byte, error) {
	e := p.Entry
	to := &page{Title: t.sentence("past.title", strconv.FormatInt(e.ID, 10), p.Name)}
	said := t.sentence("objects", len(p.Changes))
	switch {
	case e.Pruned > 0:
		said = t.sentence("past.prune", strconv.FormatInt(e.Pruned, 10))
	case !p.Kept:
		said = t.sentence("past.old")
	case len(p.Changes) == 0:
		said = t.sentence("past.none")
	}
	to.Verdicts = []verdict{{toneCalm, said}}
	for _, row := range [][2]string{{"history.at", t.minute(e.At)}, {"history.by", t.safe(e.Actor + "@" + e.Host)}, {"history.serial", strconv.FormatInt(e.Serial, 10)},
		{"history.commit", short(e.Commit, 12)}, {"history.plan", short(e.Plan, 12)}} {
		if row[1] != "" {
			to.Figures = append(to.Figures, count{t.sentence(row[0]), row[1], toneCalm})
		}
	}
	to.lines("part.objects", t, t.objects(t.impersonal(p.Changes, nil)))
	if remarks := t.remarks(e); remarks != "" {
		to.Foot = append(to.Foot, remarks)
	}
	return t.render(to)
}

//go:embed page
var pageFiles embed.FS

// render writes a page. Its policy lets in the one style and the one script that
// stand in it, and nothing else.
func (t *Text) render(to *page) ([]byte, error) {
	if !t.Veil.hides() {
		return nil, ErrUnveiled
	}
	style, script := t.asset("page.css"), t.asset("page.js")
	to.Lang, to.Style, to.Script = t.Lang.tag().String(), template.CSS(style), template.JS(script)
	to.Policy = "default-src 'none'; style-src '" + sourceHash(style) + "'; script-src '" + sourceHash(script) + "'; img-src data:; base-uri 'none'; form-action 'none'"
	to.Foot = append(to.Foot, t.sentence("page.veil"))
	made, err := template.New("page.html").Funcs(template.FuncMap{
		"say":  func(key string, args ...any) string { return t.sentence(key, args...) },
		"hits": func() string { return t.sentence("page.hits", own("{n}"), own("{all}")) },
		"add":  func(a, b int) int { return a + b },
	}).ParseFS(pageFiles, "page/page.html")
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = made.Execute(&out, to)
	return out.Bytes(), err
}

// asset is one of the files that pages are made of.
func (t *Text) asset(name string) string {
	data, err := pageFiles.ReadFile("page/" + name)
	if err != nil {
		panic(err) // they are built in
	}
	return string(data)
}

// sourceHash is by which a policy knows a style or a script.
func sourceHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// Tones are those of the items on a page, for the filter, the most serious first.
func (to *page) Tones() []tone {
	found := make(map[tone]bool)
	for _, p := range to.Parts {
		for _, is := range p.Tellings {
			found[is.Tone] = true
		}
		for _, is := range p.Problems {
			found[is.Tone] = true
		}
		for _, is := range p.Objects {
			found[is.Tone] = true
		}
		for _, day := range p.Days {
			for _, is := range slices.Concat(day.Grave, day.Other, day.Templates) {
				found[is.Tone] = true
			}
		}
	}
	var all []tone
	for _, is := range []tone{toneStop, toneWait, toneGrave, toneGain, toneLoss, toneCalm} {
		if found[is] {
			all = append(all, is)
		}
	}
	return all
}

// sortedBy sorts by what people call things, as the language sorts. Bokmål is
// sorted as nynorsk is, which knows where æ, ø and å stand.
func sortedBy[T any](l Language, all []T, called func(T) string) {
	tag := l.tag()
	if l == "nb" {
		tag = language.MustParse("nn")
	}
	c := collate.New(tag, collate.Numeric)
	slices.SortStableFunc(all, func(a, b T) int { return c.CompareString(called(a), called(b)) })
}
