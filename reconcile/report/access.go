package report

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/lupa-dev/lupa/reconcile/access"
	"github.com/lupa-dev/lupa/reconcile/calendar"
	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/schema/source"
)

// AsOf is the state that was asked: a tree at a day, or what a target holds.
type AsOf struct {
	Day    string // of a tree; "" for a target
	Target string
	Serial int64
}

func (t *Text) asOf(a AsOf) string {
	if a.Day != "" {
		return t.sentence("as.tree", own(t.Lang.day(a.Day)))
	}
	return t.sentence("as.target", a.Target, own(strconv.FormatInt(a.Serial, 10)))
}

// fields are the members of a JSON object that tell which state was asked.
func (a AsOf) fields() map[string]any {
	if a.Day != "" {
		return map[string]any{"at": a.Day}
	}
	return map[string]any{"target": map[string]any{"name": a.Target, "serial": a.Serial}}
}

// Places are places where something holds. Every says that these are all schools
// there are.
type Places struct {
	Names []string
	Every bool
}

// named is what places are called, in one line.
func (t *Text) named(p Places) own {
	if p.Every && len(p.Names) > 1 {
		return own(t.sentence("places.every", len(p.Names)))
	}
	return own(strings.Join(t.allSafe(p.Names), ", "))
}

// flowing is a text that goes on in the next line, indented, where it is too long
// for one.
func (t *Text) flowing(text string, indent int) string {
	return t.wrapped(strings.Fields(text), " ", indent)
}

// Why is the answer to whether somebody has a right.
type Why struct {
	AsOf
	Person, Right, Place  string // Place "": anywhere
	Sensitivity           access.Sensitivity
	Allowed               bool
	Places                Places // where it holds, if asked for anywhere
	For, Against, Missing []plan.Reason
	Turns                 *calendar.Day // the first day ahead on which the answer is another
}

// Why shows an answer: the verdict first, then every reason with its rule and
// where it is written.
func (t *Text) Why(w Why) {
	colour := red
	if w.Allowed {
		colour = green
	}
	t.printf("%s\n", t.paint(bold, t.paint(colour, t.whyTitle(w))))
	t.printf("%s\n", t.paint(faint, t.asOf(w.AsOf)))
	if w.Place == "" && w.Allowed {
		t.printf("\n%s\n", t.flowing(t.sentence("why.places", t.named(w.Places)), 4))
	}
	if w.Allowed {
		t.reasons("", w.For)
		t.reasons("why.mind", w.Against)
	} else {
		t.reasons("why.against", w.Against)
		if len(w.Missing) > 0 {
			t.printf("\n%s\n", t.flowing(t.sentence("why.missing", t.joined(w.Missing)), 4))
		}
	}
	switch {
	case w.Turns != nil && w.Allowed:
		t.printf("\n%s\n", t.sentence("why.ends", w.Turns.String()))
	case w.Turns != nil:
		t.printf("\n%s\n", t.sentence("why.begins", w.Turns.String()))
	}
}

// whyTitle is the answer in a sentence.
func (t *Text) whyTitle(w Why) string {
	key := "why.no"
	if w.Allowed {
		key = "why.yes"
	}
	if w.Place == "" {
		key += ".anywhere"
	}
	return t.sentence(key, t.person(w.Person), own(t.right(w.Right, w.Sensitivity)), w.Place)
}

// right is a right in words: with how much harm it can do, where that is not as
// usual.
func (t *Text) right(key string, s access.Sensitivity) string {
	if s == access.Normal || s == "" {
		return t.safe(key)
	}
	return t.safe(key) + " (" + t.sentence("sensitivity."+string(s)) + ")"
}

// maxPlaces is how many places are shown of one reason. Of a right that somebody
// has in a hundred schools nobody reads the hundredth switch.
const maxPlaces = 6

// reasons shows reasons under a heading, each with its rule and its places.
func (t *Text) reasons(heading string, reasons []plan.Reason) {
	if len(reasons) == 0 {
		return
	}
	t.printf("\n")
	if heading != "" {
		t.printf("%s\n", t.paint(bold, t.sentence(heading)))
	}
	width := 0
	for _, r := range reasons {
		width = max(width, columns(r.Rule))
	}
	for _, r := range reasons {
		t.printf("  %s  %s\n", pad(r.Rule, width), t.flowing(t.reason(r), width+4))
		for i, pos := range r.Pos {
			text := t.place(pos)
			if i == maxPlaces && len(r.Pos) > maxPlaces+1 {
				text = t.sentence("more", len(r.Pos)-i)
			} else if i > maxPlaces && len(r.Pos) > maxPlaces+1 {
				break
			}
			t.printf("  %s  %s\n", pad("", width), t.paint(faint, text))
		}
	}
}

// joined is what is needed together, in one sentence.
func (t *Text) joined(reasons []plan.Reason) own {
	parts := make([]string, len(reasons))
	for i, r := range reasons {
		parts[i] = t.reason(r) + " (" + r.Rule + ")"
	}
	return own(strings.Join(parts, t.sentence("and")))
}

// WhyJSON is an answer as scripts read it.
func WhyJSON(w Why) ([]byte, error) {
	missing := make([]map[string]any, 0, len(w.Missing))
	for _, r := range w.Missing {
		missing = append(missing, map[string]any{"code": r.Rule, "case": r.Case, "args": r.Args, "text": r.Text})
	}
	out := w.fields()
	out["question"] = map[string]any{"person": w.Person, "right": w.Right, "place": w.Place}
	out["sensitivity"], out["allowed"], out["places"] = w.Sensitivity, w.Allowed, append([]string{}, w.Places.Names...)
	if w.Turns != nil {
		out["changes"] = map[string]any{"at": w.Turns, "allowed": !w.Allowed}
	}
	out["for"], out["against"], out["missing"] = located(w.For), located(w.Against), missing
	return marshal(out)
}

// located are reasons with their places, none of which is left out.
func located(reasons []plan.Reason) []any {
	out := make([]any, 0, len(reasons))
	for _, r := range reasons {
		out = append(out, struct {
			plan.Reason
			Pos []source.Pos `json:"pos"`
		}{r, append([]source.Pos{}, r.Pos...)})
	}
	return out
}

// Who is everybody who has a right.
type Who struct {
	AsOf
	Right, Place string // Place "": anywhere
	Sensitivity  access.Sensitivity
	Schools      int      // how many there are, where all have one name only
	Holders      []Holder // by person, then place
}

// Holder is somebody who has a right at a place, and why.
type Holder struct {
	Person, Place string
	For           []plan.Reason
}

// Who shows everybody who has a right, by place: people with the same reasons
// together, and places with the same people.
func (t *Text) Who(w Who) {
	right, people := own(t.right(w.Right, w.Sensitivity)), cards(w.Holders)
	key := "who.title"
	switch {
	case people == 0 && w.Place == "":
		t.printf("%s\n", t.sentence("who.nobody.anywhere", right, own(t.asOf(w.AsOf))))
		return
	case people == 0:
		t.printf("%s\n", t.sentence("who.nobody", right, w.Place, own(t.asOf(w.AsOf))))
		return
	case w.Place == "":
		key += ".anywhere"
	}
	grave := w.Sensitivity.Grave()
	t.printf("%s\n", t.paint(bold, t.counted(key, people, grave, right, own(t.asOf(w.AsOf)), w.Place)))
	for _, b := range blocks(w.Holders) {
		t.printf("\n")
		if w.Place == "" {
			places := Places{b.places, len(b.places) == w.Schools}
			heading := string(t.named(places))
			if n := persons(b.people); grave || !t.Veil.few(n) {
				heading = t.sentence("who.place", n, own(heading))
			}
			t.printf("%s\n", t.paint(bold, t.flowing(heading, 4)))
		}
		for _, g := range b.groups {
			if grave || !t.Veil.few(persons(g.people)) {
				t.printf("  %s\n", t.wrapped(t.people(g.people), ", ", 2))
			}
			t.printf("      %s\n", t.paint(faint, t.flowing(string(t.because(worthTelling(g.reasons, nil))), 6)))
		}
	}
}

// cards counts the people among holders: a guardian once, with however many
// children.
func cards(holders []Holder) int {
	seen := make(map[string]bool)
	for _, h := range holders {
		card, _, _ := strings.Cut(h.Person, "/")
		seen[card] = true
	}
	return len(seen)
}

// block is the people who have a right at some places, the same at each.
type block struct {
	places []string
	people []string
	groups []*sameWhy
}

// sameWhy is people with the same reasons.
type sameWhy struct {
	reasons []plan.Reason
	people  []string
}

// blocks are holders by place, in the order of places; of places with the same
// people for the same reasons there is one block.
func blocks(holders []Holder) []*block {
	at := make(map[string]*block)
	of := make(map[[2]string]*sameWhy)
	for _, h := range holders {
		b := at[h.Place]
		if b == nil {
			b = &block{places: []string{h.Place}}
			at[h.Place] = b
		}
		b.people = append(b.people, h.Person)
		key := [2]string{h.Place, reasonsKey(h.For)}
		g := of[key]
		if g == nil {
			g = &sameWhy{reasons: h.For}
			of[key] = g
			b.groups = append(b.groups, g)
		}
		g.people = append(g.people, h.Person)
	}
	places := make([]string, 0, len(at))
	for place := range at {
		places = append(places, place)
	}
	slices.Sort(places)
	var all []*block
	alike := make(map[string]*block)
	for _, place := range places {
		b := at[place]
		var key strings.Builder
		for _, g := range b.groups {
			key.WriteString(reasonsKey(g.reasons) + "\x03" + strings.Join(g.people, "\x01") + "\x04")
		}
		if first := alike[key.String()]; first != nil {
			first.places = append(first.places, place)
			continue
		}
		alike[key.String()] = b
		all = append(all, b)
	}
	return all
}

// WhoJSON writes everybody who has a right, as scripts read it.
func WhoJSON(to io.Writer, w Who) error {
	head := w.fields()
	head["right"], head["place"], head["sensitivity"] = w.Right, w.Place, w.Sensitivity
	next := 0
	return stream(to, head, "people", func() (any, bool) {
		if next == len(w.Holders) {
			return nil, false
		}
		h := w.Holders[next]
		next++
		return map[string]any{"person": h.Person, "place": h.Place, "for": located(h.For)}, true
	})
}

// stream writes a JSON object that ends with a long list, an item at a time.
func stream(to io.Writer, head map[string]any, list string, next func() (any, bool)) error {
	data, err := marshal(head)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(to, strings.TrimSuffix(string(data), "}\n")+`,"`+list+`":[`); err != nil {
		return err
	}
	for first := true; ; first = false {
		item, ok := next()
		if !ok {
			_, err := io.WriteString(to, "]}\n")
			return err
		}
		if !first {
			if _, err := io.WriteString(to, ","); err != nil {
				return err
			}
		}
		data, err := marshal(item)
		if err == nil {
			_, err = to.Write(data)
		}
		if err != nil {
			return err
		}
	}
}

// Access is everything that one person may do.
type Access struct {
	AsOf
	Person, Kind string
	Cards        []Card // one; of a guardian one a child
}

// Card is what may be done by a person, or by a guardian in the matter of one
// child.
type Card struct {
	Who       string
	Rights    []Held // by key
	Templates []Template
}

// Held is a right that somebody has, and why.
type Held struct {
	Right       string
	Sensitivity access.Sensitivity
	Places      Places
	For         []plan.Reason
}

// Template is what somebody may do with a survey template.
type Template struct {
	Name  string `json:"template"`
	Deeds []Deed `json:"actions"`
}

// Deed is something to do with a template, in schools where it is of one.
type Deed struct {
	Action access.Action `json:"action"`
	Places []string      `json:"places"`
}

// Access shows everything that one person may do, what can do most harm first.
func (t *Text) Access(a Access) {
	t.printf("%s, %s\n", t.paint(bold, t.sentence("access.title", t.person(a.Person), own(t.sentence("kind."+kindKey(a.Kind))))), t.asOf(a.AsOf))
	if len(a.Cards) == 0 {
		t.printf("\n%s\n", t.sentence("access.childless"))
	}
	for _, c := range a.Cards {
		if c.Who != a.Person {
			t.printf("\n%s\n", t.paint(bold, t.people([]string{c.Who})[0]))
		}
		if len(c.Rights)+len(c.Templates) == 0 {
			t.printf("\n  %s\n", t.sentence("access.none"))
		}
		t.held(c.Rights)
		t.mayWith(c.Templates)
	}
}

// held shows rights under their sensitivity, with places and why in a word.
func (t *Text) held(rights []Held) {
	rights = slices.Clone(rights)
	slices.SortStableFunc(rights, func(a, b Held) int { return b.Sensitivity.Rank() - a.Sensitivity.Rank() })
	width := 0
	for _, r := range rights {
		width = max(width, columns(t.safe(r.Right)))
	}
	width = min(width, 60)
	last := access.Sensitivity("")
	for _, r := range rights {
		if r.Sensitivity != last {
			t.printf("\n%s\n", t.harm(r.Sensitivity))
			last = r.Sensitivity
		}
		indent := 2 + width + 2
		line := "  " + pad(t.safe(r.Right), width) + "  " + t.flowing(string(t.named(r.Places)), indent)
		why := t.brief(r.For)
		if short := line + "  ()" + strings.Join(why, ", "); columns(short) <= t.width() && !strings.Contains(line, "\n") {
			line += "  " + t.paint(faint, "("+strings.Join(why, ", ")+")")
		} else {
			line += "\n" + strings.Repeat(" ", indent) + t.paint(faint, "("+t.wrapped(why, ", ", indent)+")")
		}
		t.printf("%s\n", line)
	}
}

// harm is a sensitivity as a heading.
func (t *Text) harm(s access.Sensitivity) string {
	colour := bold
	if s.Grave() {
		colour = alarm
	}
	return t.paint(colour, t.sentence("harm."+string(cmp.Or(s, access.Normal))))
}

// brief is what gives a right, in a word each. That it reaches the schools of
// whoever has it goes without saying.
func (t *Text) brief(reasons []plan.Reason) []string {
	var words []string
	for _, r := range reasons {
		key := "brief." + r.Rule + "." + r.Case
		if _, ok := englishAnswers[key]; !ok {
			key = "brief." + r.Case
		}
		if _, ok := englishAnswers[key]; !ok {
			continue
		}
		if word := t.sentence(key, anys(r.Args)...); !slices.Contains(words, word) {
			words = append(words, word)
		}
	}
	return words
}

// mayWith shows what may be done with survey templates.
func (t *Text) mayWith(templates []Template) {
	if len(templates) == 0 {
		return
	}
	t.printf("\n%s\n", t.paint(bold, t.sentence("effect.templates")))
	width := 0
	for _, tpl := range templates {
		width = max(width, columns(t.safe(tpl.Name)))
	}
	width = min(width, 60)
	for _, tpl := range templates {
		var deeds []string
		for _, d := range tpl.Deeds {
			deed := t.sentence("action." + string(d.Action))
			if len(d.Places) > 0 {
				deed += " (" + t.where(d.Places) + ")"
			}
			deeds = append(deeds, deed)
		}
		t.printf("  %s  %s\n", pad(t.safe(tpl.Name), width), t.wrapped(deeds, ", ", 2+width+2))
	}
}

// AccessJSON is everything that one person may do, as scripts read it.
func AccessJSON(a Access) ([]byte, error) {
	rights, templates := []any{}, []any{}
	for _, c := range a.Cards {
		for _, r := range c.Rights {
			rights = append(rights, map[string]any{"person": c.Who, "right": r.Right, "sensitivity": r.Sensitivity, "places": r.Places.Names, "for": located(r.For)})
		}
		for _, tpl := range c.Templates {
			templates = append(templates, tpl)
		}
	}
	out := a.fields()
	out["format"], out["kind"], out["person"], out["card"] = plan.Format, "access", a.Person, a.Kind
	out["rights"], out["templates"] = rights, templates
	return marshal(out)
}

// Summary is how many people have which rights.
type Summary struct {
	AsOf
	Project string
	Parts   []Part // an installation each
}

// Part is the rights that people have in one installation.
type Part struct {
	Installation string
	Rights       []Count
}

// Count is how many people have a right.
type Count struct {
	access.Tally
	Sensitivity access.Sensitivity
}

// Summary shows how many people have which rights, what can do most harm first,
// and what to type to see who they are.
func (t *Text) Summary(s Summary, who, lines string) {
	t.printf("%s, %s\n", t.paint(bold, t.sentence("access.all", s.Project)), t.asOf(s.AsOf))
	rights := 0
	for _, p := range s.Parts {
		if len(s.Parts) > 1 && len(p.Rights) > 0 {
			t.printf("\n%s:", t.paint(bold, t.safe(p.Installation)))
		}
		rights += len(p.Rights)
		t.counts(p.Rights)
	}
	if rights == 0 {
		t.printf("\n%s\n", t.sentence("access.nobody"))
		return
	}
	t.printf("\n%s\n", t.sentence("access.who", t.typed(who)))
	t.printf("%s\n", t.sentence("access.lines", t.typed(lines)))
}

// counts is a table of rights: how many people of each kind have them, in how
// many places.
func (t *Text) counts(rights []Count) {
	if len(rights) == 0 {
		return
	}
	rights = slices.Clone(rights)
	slices.SortStableFunc(rights, func(a, b Count) int { return b.Sensitivity.Rank() - a.Sensitivity.Rank() })
	kinds := slices.DeleteFunc([]string{"teacher", "staff", "student", "guardian", "user"}, func(kind string) bool {
		return !slices.ContainsFunc(rights, func(c Count) bool { return c.Kinds[kind] > 0 })
	})
	first, heads := 0, []string{t.sentence("access.people")}
	for _, kind := range kinds {
		heads = append(heads, t.sentence("access."+kind))
	}
	heads = append(heads, t.sentence("access.places"))
	for _, c := range rights {
		first = max(first, columns(t.safe(c.Right)))
	}
	first = min(first, 60)
	row := func(name string, cells []string) {
		line := "  " + pad(name, first)
		for i, cell := range cells {
			line += strings.Repeat(" ", 2+max(0, columns(heads[i])-columns(cell))) + cell
		}
		t.printf("%s\n", line)
	}
	t.printf("\n")
	row("", heads)
	last := access.Sensitivity("")
	for _, c := range rights {
		if c.Sensitivity != last {
			t.printf("%s\n", t.harm(c.Sensitivity))
			last = c.Sensitivity
		}
		cells := []string{t.figure(c.People, c.Sensitivity.Grave())}
		for _, kind := range kinds {
			cell := "-"
			if n := c.Kinds[kind]; n > 0 {
				cell = t.figure(n, c.Sensitivity.Grave())
			}
			cells = append(cells, cell)
		}
		row(t.safe(c.Right), append(cells, strconv.Itoa(c.Places)))
	}
}

// AccessLines writes everything that people may do, a JSON object a line, sorted
// by person, right and place as they are called.
func AccessLines(to io.Writer, t *access.Table, several bool, people []access.Who) error {
	b := bufio.NewWriterSize(to, lineBuffer)
	err := eachLine(t, several, people, func(line []byte) error {
		_, err := b.Write(append(line, '\n'))
		return err
	})
	return cmp.Or(err, b.Flush())
}

// AccessAllJSON writes everything that people may do as one document.
func AccessAllJSON(to io.Writer, t *access.Table, several bool, people []access.Who, of AsOf) error {
	head := of.fields()
	head["format"], head["kind"] = plan.Format, "access"
	data, err := marshal(head)
	if err != nil {
		return err
	}
	b := bufio.NewWriterSize(to, lineBuffer)
	_, _ = b.WriteString(strings.TrimSuffix(string(data), "}\n") + `,"access":[`) // b remembers errors
	before := "\n"
	err = eachLine(t, several, people, func(line []byte) error {
		_, _ = b.WriteString(before)
		before = ",\n"
		_, err := b.Write(line)
		return err
	})
	_, _ = b.WriteString("]}\n")
	return cmp.Or(err, b.Flush())
}

// lineBuffer is how much is written at once: a few writes a second, not a
// hundred thousand.
const lineBuffer = 1 << 18

// eachLine yields everything that people may do as JSON objects. There are
// millions of them: nothing is made for each but its bytes.
func eachLine(t *access.Table, several bool, people []access.Who, yield func([]byte) error) error {
	type called struct {
		name string
		who  access.Who
	}
	order := make([]called, len(people))
	for i, w := range people {
		order[i] = called{plan.CalledWho(w, several), w}
	}
	// With a colon in the place of a slash, names are in another order than ids.
	slices.SortFunc(order, func(a, b called) int { return strings.Compare(a.name, b.name) })
	var line []byte
	for _, p := range order {
		line = append(appendText(append(line[:0], `{"person":`...), p.name), `,"right":`...)
		person := len(line)
		for q := range t.Of(p.who) {
			line = append(appendText(line[:person], q.Right), `,"place":`...)
			if err := yield(append(appendPlace(line, q.Place, several), '}')); err != nil {
				return err
			}
		}
	}
	return nil
}

// appendPlace appends what a place is called.
func appendPlace(to []byte, id string, several bool) []byte {
	if !several {
		return appendText(to, fact.Name(id))
	}
	return appendText(to, fact.Called(id, true))
}

// appendText appends a text as JSON has it, so that it can be shown.
func appendText(to []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '#' {
			var b strings.Builder
			e := json.NewEncoder(&b)
			e.SetEscapeHTML(false)
			_ = e.Encode(text) // text always has a form
			return append(to, bytes.TrimSuffix(shown([]byte(b.String())), []byte("\n"))...)
		}
	}
	return append(append(append(to, '"'), text...), '"')
}
