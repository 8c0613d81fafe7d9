package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Page is where Markdown is shown: how many bytes there is room for, and whether
// HTML is shown as what it is.
type Page struct {
	Bytes int
	Plain bool // no HTML: headings instead of blocks that open, and another marker
}

// LeastPage is the smallest page: on it there is room for what an incomplete report
// must say in its first line.
const LeastPage = 1000

var pages = map[string]Page{
	"": {Bytes: 65_000}, "github": {Bytes: 65_536}, "gitlab": {Bytes: 1_000_000}, "azure": {Bytes: 150_000}, "bitbucket": {Bytes: 32_768, Plain: true},
}

// PageOf is the page of a service, or of a number of bytes.
func PageOf(text string) (Page, error) {
	if page, ok := pages[text]; ok {
		return page, nil
	}
	n, err := strconv.Atoi(text)
	names := slices.Sorted(maps.Keys(pages))[1:]
	switch {
	case err != nil:
		return Page{}, fmt.Errorf("%.40q is neither a number of bytes nor one of %s", text, strings.Join(names, ", "))
	case n < minPage:
		return Page{}, fmt.Errorf("%d bytes are no room", n)
	}
	return Page{Bytes: n}, nil
}

// minPage is room for what every page has to say, in bytes: what it is about, that
// it is not all, and where all of it is.
const minPage = 500

// sheet is a report as Markdown before it is cut to a page: what it begins with, and
// parts of which those that stand first matter most.
type sheet struct {
	kind  string   // of the marker: review
	names []string // and what it is about
	title string
	parts []*part
	whole string   // where all of it is: a hash, or a command
	ends  []string // what else is said at the end, if all fits
}

// part is a list under a heading.
type part struct {
	title  string // "" has no heading
	folded bool   // to be opened by the reader
	lines  []line
}

// line is a line of a list, or some that stand together, each with its line feed.
type line struct {
	text  string
	count int // things told in it
	grave int // of these the gains of class high and critical
}

// add puts a line into a part.
func (p *part) add(text string) { p.lines = append(p.lines, line{text: text, count: 1}) }

func (p *part) count() (n int) {
	for _, l := range p.lines {
		n += l.count
	}
	return n
}

// incomplete is what the first line begins with where a gain of class high or
// critical is not told, in every language.
const incomplete = "INCOMPLETE"

// markdown writes what make makes, cut to a page.
func (t *Text) markdown(page Page, make func(*Text) *sheet) []byte {
	all := inEvery(t.Veil, make)
	return all[cmp.Or(t.Lang, "en")].cut(page, all)
}

// inEvery lays out a sheet in every language.
func inEvery(veil *Veil, make func(*Text) *sheet) map[Language]*laid {
	all := map[Language]*laid{}
	for _, l := range Languages {
		t := &Text{Lang: Language(l), Veil: veil}
		all[t.Lang] = lay(t, make(t))
	}
	return all
}

// laid is a sheet in a language, with the figures that say what fits.
type laid struct {
	*sheet
	t     *Text
	total int   // grave gains
	upTo  []int // bytes of the lines up to each, and no other
}

func lay(t *Text, s *sheet) *laid {
	l := &laid{sheet: s, t: t, upTo: []int{0}}
	l.parts = slices.DeleteFunc(l.parts, func(p *part) bool { return len(p.lines) == 0 })
	sum := 0
	for _, p := range l.parts {
		for _, line := range p.lines {
			sum += len(line.text)
			l.upTo = append(l.upTo, sum)
			l.total += line.grave
		}
	}
	return l
}

// cut is as much of a sheet as there is room for in every language: so what is told
// on a page does not depend on the language.
func (l *laid) cut(page Page, all map[Language]*laid) []byte {
	fits := func(text func(*laid) string) bool {
		for _, other := range all {
			if len(text(other)) > page.Bytes {
				return false
			}
		}
		return true
	}
	n := l.lines()
	for _, other := range all {
		n = min(n, other.room(page))
	}
	for ; n >= 0; n-- {
		if write := func(l *laid) string { return l.write(page, n) }; fits(write) {
			return []byte(write(l))
		}
	}
	for _, least := range []func(*laid) string{
		func(l *laid) string { return l.incomplete(0) + page.between() + l.marker(page) },
		func(l *laid) string { return l.incomplete(0) + "\n" },
		func(l *laid) string { return l.missing(0) + "\n" },
		func(*laid) string { return incomplete + "\n" },
	} {
		if fits(least) {
			return []byte(least(l))
		}
	}
	return nil
}

func (l *laid) lines() int { return len(l.upTo) - 1 }

// room is how many lines there may be room for at most: write says whether there is.
func (l *laid) room(page Page) int {
	i, _ := slices.BinarySearch(l.upTo, page.Bytes+1)
	return max(0, i-1)
}

// write writes the first n lines.
func (l *laid) write(page Page, n int) string {
	var b strings.Builder
	grave, left := 0, []string(nil)
	for _, p := range l.parts {
		shown := min(n, len(p.lines))
		n -= shown
		cut := &part{title: p.title, folded: p.folded, lines: p.lines[:shown]}
		for _, line := range cut.lines {
			grave += line.grave
		}
		rest := p.count() - cut.count()
		if shown > 0 {
			l.writePart(&b, page, cut, p.count(), rest)
		}
		if rest > 0 {
			left = append(left, fmt.Sprintf("%s (%d)", cmp.Or(p.title, l.title), rest))
		}
	}
	return l.head(page, grave) + b.String() + l.foot(left)
}

func (l *laid) writePart(b *strings.Builder, page Page, p *part, all, rest int) {
	folded := p.folded && !page.Plain
	switch {
	case folded:
		fmt.Fprintf(b, "<details><summary>%s (%d)</summary>\n\n", inHTML(p.title), all)
	case p.title != "":
		fmt.Fprintf(b, "### %s\n\n", escaped(p.title))
	}
	for _, line := range p.lines {
		b.WriteString(line.text)
	}
	if rest > 0 {
		b.WriteString(bullet(0, escaped(l.t.sentence("more", rest))))
	}
	b.WriteString("\n")
	if folded {
		b.WriteString("</details>\n\n")
	}
}

// inHTML is a text between tags. It is lupa's own: a title of a part.
func inHTML(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
}

// head is what a page begins with: the marker by which a job finds its comment, and
// before it what is missing.
func (l *laid) head(page Page, grave int) string {
	title := ""
	if l.title != "" {
		title = "## " + escaped(l.title) + "\n\n"
	}
	if grave == l.total {
		return l.marker(page) + title
	}
	return l.incomplete(grave) + page.between() + l.marker(page) + title
}

// between stands between a paragraph and a marker, which ends none where no HTML is
// shown.
func (p Page) between() string {
	if p.Plain {
		return "\n\n"
	}
	return "\n"
}

func (l *laid) incomplete(grave int) string {
	return strings.TrimSpace(l.missing(grave) + " " + l.whole)
}

// missing says how many grave gains are not told.
func (l *laid) missing(grave int) string {
	missing := l.t.sentence("page.grave", l.total-grave, own(l.t.number(l.total)))
	if l.total == 0 {
		missing = l.t.sentence("page.room")
	}
	return incomplete + ": " + escaped(missing)
}

// marker is the line that a job knows its comment by, and no reader sees.
func (l *laid) marker(page Page) string {
	if l.kind == "" {
		return ""
	}
	words := []string{"lupa:" + l.kind}
	for _, name := range l.names {
		if name != "" {
			words = append(words, markerWord(name))
		}
	}
	if page.Plain {
		return "[//]: # (" + strings.Join(words, " ") + ")\n\n"
	}
	return "<!-- " + strings.Join(words, " ") + " -->\n\n"
}

// foot is what a page ends with: what of it was left out, and where it is.
func (l *laid) foot(left []string) string {
	var b strings.Builder
	if len(left) > 0 {
		fmt.Fprintf(&b, "%s\n\n", strong(l.t.sentence("page.left", own(strings.Join(left, ", ")))))
	} else {
		for _, text := range l.ends {
			fmt.Fprintf(&b, "%s\n\n", escaped(text))
		}
	}
	if l.whole != "" {
		b.WriteString(l.whole + "\n")
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}
