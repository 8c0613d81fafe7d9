package report

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/lupa-dev/lupa/reconcile/plan"
)

// signOff is what somebody answerable for a place signs: what changes there, on one
// sheet of paper.
type signOff struct {
	Title  string // what the place is called
	Name   string
	Items  []signItem
	People string // how many are there
	Left   string
	Of     string // the plan or the commits
}

// signItem is one thing that changes: a telling in short, or a heading over some.
type signItem struct {
	Day    string // from which on, over those of a day ahead
	Tone   tone
	Mark   string
	Class  string
	Head   string
	Rights string
	Who    string
	Why    string
}

// A sheet holds so many lines of what changes, with so many columns each in the
// widest of the usual fonts; a text is cut where it is longer than a few lines.
const (
	signLines   = 45
	signColumns = 72
	signText    = 2 * signColumns
)

// signOffs are the sheets of all places where something changes, sorted by what the
// places are called.
func (t *Text) signOffs(p *plan.Plan, picture *plan.Picture) (sheets []signOff, left string) {
	titles := t.titles(p.Titles)
	places := affected(p)
	for _, place := range slices.Sorted(maps.Keys(places)) {
		is := signOff{Name: cut(Safe(place), signColumns), Title: cut(cmp.Or(titles[place], Safe(place)), signColumns), Of: t.sealed(p)}
		is.People = t.peopleAt(picture, place)
		t.fill(&is, t.signItems(p, place, places[place], titles))
		sheets = append(sheets, is)
	}
	sortedBy(t.Lang, sheets, func(s signOff) string { return s.Title })
	if more := len(sheets) - pageSignOffs; more > 0 {
		return sheets[:pageSignOffs], t.sentence("page.more", more)
	}
	return sheets, ""
}

// sealed is what is signed: one plan, or one commit.
func (t *Text) sealed(p *plan.Plan) string {
	if p.Since == nil {
		return t.sentence("plan.hash", own(p.Hash))
	}
	return cut(t.sentence("review.title", p.Project, p.Since.Revision, own(p.Since.Commit), p.At.String()), signText)
}

// affection is what an effect says of one place: now, and on days ahead, by the
// number of the day.
type affection struct {
	now       []plan.Effect
	templates []plan.TemplateEffect
	first     []plan.Count
	ahead     map[int][]plan.Effect
}

// affected are the places of which the effect of a plan speaks, each with what is
// about it.
func affected(p *plan.Plan) map[string]*affection {
	places := make(map[string]*affection)
	at := func(place string) *affection {
		if places[place] == nil {
			places[place] = &affection{ahead: make(map[int][]plan.Effect)}
		}
		return places[place]
	}
	for _, e := range p.Effect {
		for _, place := range e.Places {
			only := e
			only.Places = []string{place}
			at(place).now = append(at(place).now, only)
		}
	}
	for _, e := range p.Templates {
		for _, place := range e.Places {
			only := e
			only.Places = []string{place}
			at(place).templates = append(at(place).templates, only)
		}
	}
	for _, c := range p.EffectSummary {
		at(c.Place).first = append(at(c.Place).first, c)
	}
	if p.Since == nil {
		return places
	}
	for day, a := range p.Since.Ahead {
		for _, e := range a.Effect {
			for _, place := range e.Places {
				only := e
				only.Places = []string{place}
				at(place).ahead[day] = append(at(place).ahead[day], only)
			}
		}
	}
	return places
}

// signItems are all that changes at a place, gains of class high and critical first.
func (t *Text) signItems(p *plan.Plan, place string, is *affection, titles titled) []signItem {
	items := t.signTellings(is.now, titles)
	for _, telling := range t.templateTellings(is.templates, titles) {
		items = append(items, t.signItem(telling))
	}
	for _, line := range t.firstGiven(is.first) {
		items = append(items, signItem{Tone: toneGain, Mark: "+", Head: cut(line, signText)})
	}
	for _, day := range slices.Sorted(maps.Keys(is.ahead)) {
		for i, item := range t.signTellings(is.ahead[day], titles) {
			if i == 0 {
				item.Day = t.aheadTitle(p.Since.Ahead[day], p.At)
			}
			items = append(items, item)
		}
	}
	return items
}

func (t *Text) signTellings(effect []plan.Effect, titles titled) (items []signItem) {
	grave, gains, losses, levels := t.tellings(effect, titles)
	for _, telling := range slices.Concat(grave, gains, losses, levels) {
		items = append(items, t.signItem(telling))
	}
	return items
}

// signItem is a telling in short: the people of a grave gain as far as they fit,
// others as counted in its head.
func (t *Text) signItem(is telling) signItem {
	item := signItem{Tone: is.Tone, Mark: is.Mark, Class: is.Class, Head: cut(is.Head, signText)}
	rights := make([]string, len(is.Rights))
	for i, right := range is.Rights {
		rights[i] = cmp.Or(right.Title, right.Name)
	}
	item.Rights = cut(strings.Join(rights, ", "), signText)
	if len(is.At) > 0 {
		people := is.At[0].People
		shown := people[:min(len(people), signText/2/(pseudonymLength+4))]
		item.Who = cut(strings.Join(shown, ", "), signText)
		if more := len(people) - len(shown) + is.At[0].More; more > 0 && len(shown) > 0 {
			item.Who += " " + t.sentence("more", more)
		}
	}
	if len(is.Why) > 0 {
		item.Why = cut(is.Why[0].Text, signText)
	}
	return item
}

// halfLines is how many halves of a line an item takes at most, one of them between
// it and the next.
func (s signItem) halfLines() int {
	n := 1
	for _, text := range []string{s.Day, s.Head + "  " + s.Class + " " + s.Rights, s.Who, s.Why} {
		n += 2 * sheetLines(text)
	}
	return n
}

// sheetLines is how many lines a text takes at most. Capitals and wide letters count
// twice.
func sheetLines(text string) int {
	width := columns(text)
	for _, r := range text {
		if unicode.IsUpper(r) || strings.ContainsRune("mw@%—…", r) || r > 0x24f {
			width++
		}
	}
	return (width + signColumns - 1) / signColumns
}

// fill puts on a sheet what fits, and counts what does not.
func (t *Text) fill(sheet *signOff, items []signItem) {
	room := 2 * (signLines - 2*sheetLines(sheet.Title) - sheetLines(sheet.Name+sheet.People) - sheetLines(sheet.Of))
	for i, item := range items {
		if room -= item.halfLines(); room < 0 {
			sheet.Left = t.sentence("page.more", len(items)-i)
			return
		}
		sheet.Items = append(sheet.Items, item)
	}
}

// peopleAt is how many people are at a school, before and after, in a line.
func (t *Text) peopleAt(picture *plan.Picture, school string) string {
	if picture == nil || school == "" {
		return ""
	}
	var parts []string
	for _, h := range picture.People {
		if h.School != school {
			continue
		}
		text := t.figure(h.After, false)
		if before := t.figure(h.Before, false); before != text && !t.Veil.few(max(h.Before, h.After)-min(h.Before, h.After)) {
			text = before + " → " + text
		}
		parts = append(parts, t.sentence("page."+h.Kind)+" "+text)
	}
	return strings.Join(parts, " · ")
}
