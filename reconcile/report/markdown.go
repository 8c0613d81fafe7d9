package report

import (
	"slices"
	"strconv"
	"strings"

	"github.com/lupa-dev/lupa/reconcile/calendar"
	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/reconcile/policy"
	"github.com/lupa-dev/lupa/reconcile/target"
)

// PlanMarkdown is a plan or a review as Markdown: what it comes to, what refuses it,
// the gains of class critical and high with all who gain, other gains, losses; and
// the rest for who opens it. Next is what to type to apply a plan, if that is asked
// for.
func (t *Text) PlanMarkdown(p *plan.Plan, page Page, next string) []byte {
	return t.markdown(page, func(t *Text) *sheet { return t.planSheet(p, page, next) })
}

func (t *Text) planSheet(p *plan.Plan, page Page, next string) *sheet {
	s := t.tell(p)
	sheet := &sheet{kind: "plan", names: []string{p.Project, p.Target.Name}, title: s.Title, whole: escaped(t.sentence("plan.hash", own(p.Hash)))}
	if p.Since != nil {
		sheet.kind, sheet.names, sheet.whole = "review", []string{p.Project}, t.reviewWhole(p.Since, p.At)
	}
	now := []*part{
		t.verdictPart(s), listPart(t.sentence("part.everywhere"), upTo(s.Widens, maxWidenings)),
		t.problemPart("part.refusals", upTo(s.Refusals, maxProblems), false), t.brakePart(s, p, next), t.gravePart(t.sentence("part.grave"), s.Grave),
	}
	for _, a := range s.Ahead {
		now = append(now, t.gravePart(a.Title+": "+t.sentence("part.grave"), a.Grave))
	}
	sheet.parts = append(now, t.firstPart(s),
		t.tellingPart(t.sentence("effect.gains"), false, s.Gains), t.tellingPart(t.sentence("effect.losses"), false, s.Losses),
		t.tellingPart(t.sentence("effect.levels"), true, s.Levels), t.tellingPart(t.sentence("effect.unchanged"), true, s.Unchanged),
		t.templatePart(t.sentence("effect.templates"), s.Templates))
	for _, a := range s.Ahead {
		part := t.tellingPart(a.Title+": "+a.Counts, true, a.Other)
		part.lines = append(part.lines, t.templatePart("", a.Templates).lines...)
		sheet.parts = append(sheet.parts, part)
	}
	sheet.parts = append(sheet.parts, // and of what would else leave no room for gains
		listPart(t.sentence("part.everywhere"), beyond(s.Widens, maxWidenings)), t.problemPart("part.refusals", beyond(s.Refusals, maxProblems), true),
		t.objectPart(t.sentence("part.judging"), s.Judging, page), t.problemPart("part.findings", s.Findings, true),
		t.problemPart("part.known", s.Known, true), t.objectPart(t.sentence("part.objects"), s.Objects, page),
		t.keptPart("plan.unmanaged", p.Unmanaged), t.keptPart("plan.external", p.External))
	if len(p.Drift) > 0 {
		sheet.ends = append(sheet.ends, t.sentence("plan.drift", len(p.Drift)))
	}
	for _, text := range []string{s.Silenced, s.Until, s.Begins, s.Ends} {
		if text != "" {
			sheet.ends = append(sheet.ends, text)
		}
	}
	return sheet
}

// reviewWhole says what was reviewed, for it has no hash, and how to see all of it.
func (t *Text) reviewWhole(since *plan.Since, at calendar.Day) string {
	again := "lupa review --base " + shortCommit(since.Commit) + " --at " + at.String()
	if since.Head == "" {
		return t.coded("page.base", since.Commit, again)
	}
	return t.coded("page.both", shortCommit(since.Head), since.Commit, again)
}

// coded is a sentence of lupa's own with its arguments as code.
func (t *Text) coded(key string, args ...string) string {
	stands := make([]any, len(args))
	for i := range args {
		stands[i] = own("ARGUMENT" + strconv.Itoa(i))
	}
	said := escaped(t.sentence(key, stands...))
	for i, arg := range args {
		said = strings.ReplaceAll(said, "ARGUMENT"+strconv.Itoa(i), inCode(Safe(arg)))
	}
	return said
}

// verdictPart is what a plan comes to, and its figures.
func (t *Text) verdictPart(s *story) *part {
	var p part
	for _, v := range s.Verdicts {
		text := escaped(v.Text)
		if v.Tone == toneStop || v.Tone == toneWait || v.Tone == toneGrave {
			text = strong(v.Text)
		}
		p.add(bullet(0, text))
	}
	var labels, rule, figures strings.Builder
	for _, c := range s.Counts {
		labels.WriteString(" " + escaped(c.Label) + " |")
		rule.WriteString("---:|")
		figures.WriteString(" " + escaped(c.Figure) + " |")
	}
	if len(s.Counts) > 0 {
		p.add("\n|" + labels.String() + "\n|" + rule.String() + "\n|" + figures.String() + "\n")
	}
	return &p
}

func upTo[T any](all []T, n int) []T   { return all[:min(n, len(all))] }
func beyond[T any](all []T, n int) []T { return all[min(n, len(all)):] }

// listPart is a list of sentences that nobody should miss.
func listPart(title string, texts []string) *part {
	p := &part{title: title}
	for _, text := range texts {
		p.add(bullet(0, strong(text)))
	}
	return p
}

func (t *Text) brakePart(s *story, p *plan.Plan, next string) *part {
	part := listPart(t.sentence("part.brakes"), s.Brakes)
	if len(s.Brakes) > 0 && next != "" && !p.Refused() {
		part.lines = append(part.lines, line{text: "\n" + escaped(t.sentence("plan.confirm")) + "\n\n- " + inCode(Inert(next)) + "\n"})
	}
	return part
}

// gravePart is gains of class critical and high, by right, place and reason, with
// everybody who gains. A line tells of few enough people that much of it fits.
func (t *Text) gravePart(title string, gains []telling) *part {
	p := &part{title: title}
	for len(gains) > 0 {
		n := 1
		for n < len(gains) && gains[n].Class == gains[0].Class && slices.Equal(gains[n].Rights, gains[0].Rights) {
			n++
		}
		t.graveRight(p, gains[:n])
		gains = gains[n:]
	}
	return p
}

// graveRight is what is gained of one right. Where there is one reason for all of it,
// that stands once.
func (t *Text) graveRight(p *part, gains []telling) {
	right := namedInMarkdown(gains[0].Rights) + " (" + escaped(gains[0].Class) + ")"
	if len(gains) == 1 {
		p.lines = append(p.lines, line{text: bullet(0, right+": "+strong(gains[0].Head)+t.reasonsInMarkdown(gains[0]))})
		for _, at := range gains[0].At {
			p.people(1, t.placesInMarkdown(at.Places), at)
		}
		return
	}
	p.lines = append(p.lines, line{text: bullet(0, right)})
	var places []string
	there := make(map[string][]func())
	for _, gain := range gains {
		for _, at := range gain.At {
			place := t.placesInMarkdown(at.Places)
			if there[place] == nil {
				places = append(places, place)
			}
			there[place] = append(there[place], func() { p.people(2, strong(at.Head)+t.reasonsInMarkdown(gain), at) })
		}
	}
	for _, place := range places {
		p.lines = append(p.lines, line{text: bullet(1, place)})
		for _, tell := range there[place] {
			tell()
		}
	}
}

// maxTogether is how many people stand on a line that is shown or not.
const maxTogether = 20

// people adds everybody of a grave gain.
func (p *part) people(depth int, before string, at at) {
	for i := 0; i < len(at.People); i += maxTogether {
		some := at.People[i:min(i+maxTogether, len(at.People))]
		text := strings.Join(inCodes(some), ", ")
		if i == 0 {
			text = bullet(depth, before+": "+text)
		} else {
			text = bullet(depth, text)
		}
		p.lines = append(p.lines, line{text: text, count: len(some), grave: len(some)})
	}
}

// reasonsInMarkdown are the reasons of a telling, behind it.
func (t *Text) reasonsInMarkdown(is telling) string {
	var b strings.Builder
	for _, why := range is.Why {
		b.WriteString("; " + escaped(why.Text))
	}
	return b.String()
}

// placesInMarkdown are places by name, or how many there are.
func (t *Text) placesInMarkdown(places []named) string {
	if len(places) <= maxNamedPlaces {
		return namedInMarkdown(places)
	}
	names := make([]string, len(places))
	for i, place := range places {
		names[i] = place.Name
	}
	return escaped(t.where(names))
}

// tellingPart is what else changes for people, some of whom are named.
func (t *Text) tellingPart(title string, folded bool, tellings []telling) *part {
	p := &part{title: title, folded: folded}
	for _, is := range tellings {
		head := escaped(is.Head) + ": " + namedInMarkdown(is.Rights)
		if is.Class != "" {
			head += " (" + escaped(is.Class) + ")"
		}
		p.add(bullet(0, head))
		t.concerned(p, is, inCode)
	}
	return p
}

// templatePart is what people may do with survey templates, which Head names.
func (t *Text) templatePart(title string, tellings []telling) *part {
	p := &part{title: title, folded: true}
	for _, is := range tellings {
		p.add(bullet(0, span(is.Mark)+" "+escaped(is.Head)))
		t.concerned(p, is, escaped)
	}
	return p
}

// concerned adds who is meant, where and why: to the line of the telling, but where
// they are many.
func (t *Text) concerned(p *part, is telling, written func(string) string) {
	var b strings.Builder
	for _, at := range is.At {
		var before []string
		if len(at.Places) > 0 {
			before = append(before, t.placesInMarkdown(at.Places))
		}
		var people []string
		for _, who := range at.People {
			people = append(people, written(who))
		}
		if at.More > 0 {
			people = append(people, escaped(t.sentence("more", at.More)))
		}
		for len(people) > maxTogether {
			b.WriteString(bullet(1, strings.Join(append(before, strings.Join(people[:maxTogether], ", ")), ": ")))
			p.lines[len(p.lines)-1].text += b.String()
			b.Reset()
			p.lines = append(p.lines, line{})
			before, people = nil, people[maxTogether:]
		}
		if len(people) > 0 {
			before = append(before, strings.Join(people, ", "))
		}
		b.WriteString(bullet(1, strings.Join(before, ": ")))
	}
	for _, why := range is.Why {
		b.WriteString(bullet(1, escaped(why.Text)))
	}
	p.lines[len(p.lines)-1].text += b.String()
}

// firstPart is what people will have of a first plan. The rights there are of class
// critical and high.
func (t *Text) firstPart(s *story) *part {
	p := &part{title: t.sentence("effect.first")}
	for _, text := range s.First {
		p.lines = append(p.lines, line{text: bullet(0, escaped(text)), count: 1, grave: 1})
	}
	return p
}

func (t *Text) problemPart(key string, problems []problem, folded bool) *part {
	p := &part{title: t.sentence(key), folded: folded}
	for _, is := range problems {
		var b strings.Builder
		where := ""
		if is.Place != "" {
			where = " " + inCode(is.Place)
		}
		b.WriteString(bullet(0, strong(is.Severity+" "+is.Code)+where+": "+escaped(cut(is.Text, maxValue))))
		for _, hint := range is.Hints {
			b.WriteString(bullet(1, escaped(cut(hint, maxValue))))
		}
		p.add(b.String())
	}
	return p
}

// maxFields is how many fields of an object are shown: a page is no place for more.
const maxFields = 20

// objectPart is what happens to objects. Of those for which a page has no room, however
// little else is on it, nothing is written: there may be very many.
func (t *Text) objectPart(title string, objects []changeStory, page Page) *part {
	p := &part{title: title, folded: true}
	written := 0
	for _, o := range objects {
		if written > page.Bytes {
			p.add("")
			continue
		}
		head := span(o.Mark) + " " + escaped(o.Text)
		if o.Text == "" {
			head = span(o.Mark) + " " + escaped(o.Kind) + " " + inCode(o.Name)
		}
		if len(o.Remarks) > 0 {
			head += " (" + escaped(strings.Join(o.Remarks, ", ")) + ")"
		}
		text := bullet(0, head)
		for i, f := range o.Fields {
			if i == maxFields {
				text += bullet(1, escaped(t.sentence("more", len(o.Fields)-i)))
				break
			}
			text += bullet(1, inCode(f.Field)+": "+f.inMarkdown())
		}
		written += len(text)
		p.add(text)
	}
	return p
}

// inMarkdown is what happens to a field.
func (f fieldStory) inMarkdown() string {
	var parts []string
	for _, v := range f.Added {
		parts = append(parts, "+ "+inCode(cut(v, maxValue)))
	}
	for _, v := range f.Gone {
		parts = append(parts, "- "+inCode(cut(v, maxValue)))
	}
	before, after := escaped(cut(f.Before, maxValue)), escaped(cut(f.After, maxValue))
	switch {
	case before != "" && after != "":
		parts = append(parts, before+" → "+after)
	case before != "":
		parts = append(parts, "- "+before)
	case after != "":
		parts = append(parts, after)
	}
	return strings.Join(parts, ", ")
}

// DriftMarkdown is what changed in a target behind lupa's back, as Markdown.
func (t *Text) DriftMarkdown(p *plan.Plan, page Page, again string) []byte {
	return t.markdown(page, func(t *Text) *sheet {
		serial := strconv.FormatInt(p.Target.Serial, 10)
		s := &sheet{kind: "drift", names: []string{p.Project, p.Target.Name}, title: t.sentence("drift.none", p.Target.Name, serial)}
		if len(p.Drift) > 0 {
			s.title = strings.TrimSuffix(t.sentence("drift.title", p.Target.Name, serial), ":")
			s.ends = []string{t.sentence("drift.next")}
		}
		var widens []string
		for _, c := range p.Drift {
			if len(c.Widens) > 0 {
				widens = append(widens, t.sentence("drift.widens", c.Kind, own(t.widened(c))))
			}
		}
		objects := t.objectPart(t.sentence("part.objects"), t.impersonal(p.Drift, nil), page)
		objects.folded = false
		s.parts = []*part{listPart("", widens), objects, t.keptPart("plan.unmanaged", p.Unmanaged)}
		return s.seen(t, again)
	})
}

// seen says with which command all of a report is seen.
func (s *sheet) seen(t *Text, again string) *sheet {
	s.whole = t.coded("page.all", again)
	return s
}

// keptPart is objects that stay as they are.
func (t *Text) keptPart(key string, objects []plan.Object) *part {
	p := &part{title: strings.TrimSuffix(t.sentence(key, len(objects)), ":"), folded: true}
	for _, o := range objects {
		text := escaped(o.Kind) + " " + inCode(t.shownName(o.Kind, o.Name))
		if len(o.Everywhere) > 0 {
			text += " " + strong(t.sentence("plan.everywhere"))
		}
		p.add(bullet(0, text))
	}
	return p
}

// TimelineMarkdown is a timeline as Markdown, a part for each day.
func (t *Text) TimelineMarkdown(l Timeline, page Page, again string) []byte {
	return t.markdown(page, func(t *Text) *sheet {
		s := &sheet{kind: "timeline", names: []string{l.Project}, title: t.sentence("timeline.title", l.Project, l.From.String(), l.Until.String())}
		if len(l.Days) == 0 {
			s.parts = append(s.parts, listPart("", []string{t.sentence("timeline.none")}))
		}
		for _, day := range l.Days {
			s.parts = append(s.parts, t.dayPart(day))
		}
		return s.seen(t, again)
	})
}

func (t *Text) dayPart(day TimelineDay) *part {
	p := &part{title: t.safe(day.At.String())}
	say := func(text string) {
		if text != "" {
			p.add(bullet(0, escaped(text)))
		}
	}
	say(t.turning("timeline.begins", firstOf(day.Begins)))
	say(t.turning("timeline.ends", firstOf(day.Ends)))
	if day.Joins > 0 {
		say(t.sentence("timeline.joins", day.Joins))
	}
	if day.Leaves > 0 {
		say(t.sentence("timeline.leaves", day.Leaves))
	}
	p.lines = append(p.lines, t.problemPart("part.findings", t.problemsTold(day.Findings), false).lines...)
	if day.Unknown {
		return p
	}
	if len(day.Effect)+len(day.Templates) == 0 {
		say(t.sentence("effect.none"))
	}
	grave, gains, losses, levels := t.tellings(day.Effect, nil)
	var kept []telling
	for _, line := range sameReasons(day.Unchanged) {
		kept = append(kept, t.keptTelling(line, nil))
	}
	for _, more := range []*part{
		t.gravePart("", grave), t.tellingPart("", false, slices.Concat(gains, losses, levels, kept)), t.templatePart("", t.templateTellings(day.Templates, nil)),
	} {
		p.lines = append(p.lines, more.lines...)
	}
	return p
}

// problemsTold are findings in words, errors first.
func (t *Text) problemsTold(findings []plan.Finding) []problem {
	findings = slices.Clone(findings)
	slices.SortStableFunc(findings, func(a, b plan.Finding) int { return weight(a) - weight(b) })
	told := make([]problem, len(findings))
	for i, f := range findings {
		told[i] = t.problemTold(f)
	}
	return told
}

// ProblemsMarkdown is what is wrong with what a command was given, as Markdown: kind
// and project are those of the report that there would be else, so that a job finds
// its comment. Verdict sums it up, and may be missing.
func (t *Text) ProblemsMarkdown(problems []plan.Finding, page Page, kind, project, again string, verdict func(*Text) string) []byte {
	return t.markdown(page, func(t *Text) *sheet {
		s := &sheet{kind: kind, names: []string{project}}
		if verdict != nil {
			s.title = verdict(t)
		} else {
			errors := 0
			for _, f := range problems {
				if f.Severity == policy.Error {
					errors++
				}
			}
			s.title = t.sentence("verdict.refused", errors)
		}
		s.parts = []*part{t.problemPart("part.findings", t.problemsTold(problems), false)}
		return s.seen(t, again)
	})
}

// ValidationMarkdown is what checking a tree came to, as Markdown.
func (t *Text) ValidationMarkdown(problems []plan.Finding, silenced, files, objects int, page Page, project, again string) []byte {
	return t.ProblemsMarkdown(problems, page, "validate", project, again, func(t *Text) string {
		return t.verdict(problems, silenced, files, objects)
	})
}

// HistoryMarkdown is the log of a target as Markdown, the newest entry first.
func (t *Text) HistoryMarkdown(l Log, page Page, project, again string) []byte {
	return t.markdown(page, func(t *Text) *sheet {
		s := &sheet{kind: "history", names: []string{project, l.Name}, title: t.sentence("history.title", len(l.Records), l.Name)}
		if len(l.Records) == 0 {
			s.title = t.sentence("history.none", l.Name)
		}
		p := &part{}
		for _, e := range l.entries() {
			p.add(bullet(0, t.entryInMarkdown(e, false)))
		}
		s.parts = []*part{p}
		if l.Pruned() > 0 {
			s.ends = []string{t.sentence("history.pruned", strconv.FormatInt(l.Pruned(), 10))}
		}
		return s.seen(t, again)
	})
}

// entryInMarkdown is an entry of a log on one line.
func (t *Text) entryInMarkdown(e target.Entry, whole bool) string {
	digits := 12
	if whole {
		digits = len(e.Plan) + len(e.Commit)
	}
	changes := ""
	if e.Pruned == 0 {
		changes = strconv.Itoa(e.Changes)
	}
	parts := []string{"**" + strconv.FormatInt(e.ID, 10) + "**", t.safe(t.minute(e.At))}
	for _, row := range [][2]string{
		{"history.serial", strconv.FormatInt(e.Serial, 10)}, {"history.by", cut(t.safe(e.Actor+"@"+e.Host), maxValue)},
		{"history.commit", short(e.Commit, digits)}, {"history.plan", short(e.Plan, digits)}, {"history.changes", changes},
	} {
		if row[1] != "" && (row[0] != "history.plan" || e.Pruned == 0) {
			parts = append(parts, escaped(t.sentence(row[0]))+" "+inCode(row[1]))
		}
	}
	if remarks := t.remarks(e); remarks != "" {
		parts = append(parts, escaped(cut(remarks, maxValue)))
	}
	return strings.Join(parts, ", ")
}

// PastMarkdown is what an apply changed, as Markdown.
func (t *Text) PastMarkdown(p Past, page Page, project, next string) []byte {
	return t.markdown(page, func(t *Text) *sheet {
		e := p.Entry
		s := &sheet{kind: "history", names: []string{project, p.Name, strconv.FormatInt(e.ID, 10)}, title: t.sentence("past.title", strconv.FormatInt(e.ID, 10), p.Name)}
		entry := &part{}
		entry.add(bullet(0, t.entryInMarkdown(e, true)))
		objects := t.objectPart(t.sentence("part.objects"), t.impersonal(p.Changes, nil), page)
		objects.folded = false
		s.parts = []*part{entry, objects}
		switch {
		case e.Pruned > 0:
			s.ends = []string{t.sentence("past.prune", strconv.FormatInt(e.Pruned, 10))}
		case !p.Kept:
			s.ends = []string{t.sentence("past.old")}
		case len(p.Changes) == 0:
			s.ends = []string{t.sentence("past.none")}
		case e.Serial == 1:
		case p.Later == 0:
			s.whole = t.coded("past.last", next)
		default:
			s.whole = strings.ReplaceAll(escaped(t.sentence("past.later", p.Later, own("ARGUMENT0"))), "ARGUMENT0", inCode(Safe(next)))
		}
		return s
	})
}

// WhyMarkdown is the answer to whether somebody has a right, as Markdown.
func (t *Text) WhyMarkdown(w Why, page Page) []byte {
	return t.markdown(page, func(t *Text) *sheet {
		s := &sheet{title: t.whyTitle(w)}
		about := &part{}
		about.add(bullet(0, escaped(t.asOf(w.AsOf))))
		if w.Place == "" && w.Allowed {
			about.add(bullet(0, escaped(cut(t.sentence("why.places", t.named(w.Places)), 10*maxValue))))
		}
		against := "why.against"
		if w.Allowed {
			against = "why.mind"
		}
		s.parts = []*part{about, t.reasonPart("", w.For), t.reasonPart(against, w.Against)}
		if !w.Allowed && len(w.Missing) > 0 {
			s.parts = append(s.parts, listPart("", []string{t.sentence("why.missing", t.joined(w.Missing))}))
		}
		switch {
		case w.Turns != nil && w.Allowed:
			about.add(bullet(0, escaped(t.sentence("why.ends", w.Turns.String()))))
		case w.Turns != nil:
			about.add(bullet(0, escaped(t.sentence("why.begins", w.Turns.String()))))
		}
		return s
	})
}

// reasonPart is reasons, each with its rule and its places.
func (t *Text) reasonPart(key string, reasons []plan.Reason) *part {
	p := &part{}
	if key != "" {
		p.title = t.sentence(key)
	}
	for _, r := range reasons {
		var places []string
		for i, pos := range r.Pos {
			if i == maxPlaces {
				places = append(places, escaped(t.sentence("more", len(r.Pos)-i)))
				break
			}
			places = append(places, inCode(t.place(pos)))
		}
		text := bullet(0, "**"+escaped(r.Rule)+"** "+escaped(t.reason(r)))
		if len(places) > 0 {
			text += bullet(1, strings.Join(places, ", "))
		}
		p.add(text)
	}
	return p
}
