// Package report makes words: sentences of codes, text and JSON of problems,
// plans and outcomes. It is the only package that speaks to people, and what it
// says is a function of what it is given: same input, same bytes.
//
//	r := report.Text{Out: os.Stdout, Colour: true, Width: 100}
//	r.Plan(p, "plan.json", nil)
//
// Values come from outside and are shown harmless: control characters and
// invisible marks are written as what they are (\u202e), and what looks like a
// secret or a national identity number is covered.
package report

import (
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/rivo/uniseg"
	"golang.org/x/text/message"
	"golang.org/x/text/unicode/norm"

	"github.com/lupa-dev/lupa/schema/identity"
	"github.com/lupa-dev/lupa/schema/source"
)

// Text writes for people at a terminal, or for a file that people read.
type Text struct {
	Out    io.Writer
	Colour bool
	Width  int // columns; 0 means 100
	Lang   Language
	Veil   *Veil // what is shown of people; nil: their cards

	say *message.Printer
}

// own is text that lupa made itself, such as a hash: it is shown even where it
// looks like an identity number.
type own string

// sentence is the sentence of a key. Arguments from outside are made harmless.
func (t *Text) sentence(key string, args ...any) string {
	if t.say == nil {
		t.say = t.Lang.printer()
	}
	for i, arg := range args {
		switch text := arg.(type) {
		case string:
			args[i] = t.Lang.markDays(t.safe(text))
		case own:
			args[i] = Inert(string(text))
		}
	}
	// A plan that another lupa made may have keys that nobody here knows.
	return t.Lang.sayDays(t.say.Sprintf(message.Key(key, strings.ReplaceAll(Inert(key), "%", "%%")), args...))
}

// safe is a text from outside, as it may be shown: harmless, with the people in it
// as the reader may see them.
func (t *Text) safe(text string) string { return Safe(t.Veil.text(text)) }

// typed is a command to type. Who may not see cards has to put them in.
func (t *Text) typed(command string) own { return own(Inert(t.Veil.text(command))) }

// Safe is a text from outside, as the reader may see it.
func (t *Text) Safe(text string) string { return t.safe(text) }

// number is a number as the language writes it.
func (t *Text) number(n int) string {
	if t.say == nil {
		t.say = t.Lang.printer()
	}
	return t.say.Sprintf("%d", n)
}

func (t *Text) allSafe(texts []string) []string {
	out := make([]string, len(texts))
	for i, text := range texts {
		out[i] = t.safe(text)
	}
	return out
}

func (t *Text) printf(format string, args ...any) { fmt.Fprintf(t.Out, format, args...) }

func (t *Text) width() int {
	if t.Width <= 0 {
		return 100
	}
	return max(t.Width, 40)
}

// style is a colour or weight of a terminal.
type style string

const (
	bold   style = "1"
	faint  style = "2"
	red    style = "31"
	green  style = "32"
	yellow style = "33"
	cyan   style = "36"
	alarm  style = "1;31"
)

func (t *Text) paint(s style, text string) string {
	if !t.Colour || text == "" {
		return text
	}
	return "\x1b[" + string(s) + "m" + text + "\x1b[0m"
}

// Safe is a text that is shown as it is and does nothing else: on one line,
// without control and invisible characters, without identity numbers.
func Safe(text string) string { return cover(Inert(text)) }

// Inert is a text with its control and invisible characters written out, as JSON
// writes them: of JSON on one line it is the same JSON. So is what makes a line of
// a log a command to GitHub or Azure: a word that begins with ::, and ##[ or
// ##vso[ wherever it stands.
func Inert(text string) string {
	if isInert(text) {
		return text
	}
	var b strings.Builder
	before := ' '
	for i, r := range text {
		switch {
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == utf8.RuneError || source.Invisible(r) || commands(text[i:], before):
			for _, unit := range utf16.Encode([]rune{r}) {
				fmt.Fprintf(&b, `\u%04x`, unit)
			}
		default:
			b.WriteRune(r)
		}
		before = r
	}
	return b.String()
}

func isInert(text string) bool {
	before := ' '
	for i, r := range text {
		switch {
		case r == ':' || r == '#':
			if commands(text[i:], before) {
				return false
			}
		case r >= ' ' && r < 0x7f:
		case r == '\n' || r == '\t' || r == utf8.RuneError || source.Invisible(r):
			return false
		}
		before = r
	}
	return true
}

// commands reports whether a text begins with what commands a runner. GitHub cuts
// off white space before it looks, and what is shown may be wrapped before a word.
func commands(text string, before rune) bool {
	return strings.HasPrefix(text, "::") && unicode.IsSpace(before) || strings.HasPrefix(text, "##[") || strings.HasPrefix(text, "##vso[")
}

var (
	// dated finds what has the shape of a Nordic identity number: a birth
	// date with three or four characters behind it, or eleven digits in a row;
	// but not the last arc of an OID, which a full stop precedes.
	dated = regexp.MustCompile(`(^|[^.\p{L}\p{N}])(\d{6}(?:\d{2})?(?:[-+−–A-Fa-fU-Yu-y]?\d{3}[0-9A-Za-zÄä]|\d{4,5}))\b`)
	// secret finds the value of a key that sounds like one, up to a comma, a
	// brace or a comment behind it, and a password in the address of a server.
	secret = regexp.MustCompile(`(?i)([\w.-]*(?:passw|salasana|secret|token|dsn|pseudonymkey)[\w.-]*["']?\s*[:=]\s*)("[^"]*"|'[^']*'|(?:[^\s,}#]|[,}#]+[^\s,}#]|\s+[^\s#])+)|(://[^:/\s]*:)(\S+)(@)`)
	// password finds that password wherever it stands, and one of a connection
	// string of keywords and values.
	password = regexp.MustCompile(`(?i)(:/{1,2}[^:/\s]*:)(\S+)(@)|(\bpassword\s*=\s*)(\S+)`)
)

// cover replaces what nobody should read by dots of the same length: the numbers
// of persons, and all that has the shape of one, for one that is misspelt is
// somebody's still.
func cover(text string) string {
	text = Unlock(identity.Cover(text))
	if strings.ContainsAny(text, "0123456789") {
		text = dated.ReplaceAllStringFunc(text, func(found string) string {
			m := dated.FindStringSubmatch(found)
			if !birthDate(m[2]) {
				return found
			}
			return m[1] + dots(m[2])
		})
	}
	return text
}

// Unlock covers the password in what looks like the address of a server, for one
// may be typed where a name belongs.
func Unlock(text string) string {
	if !strings.ContainsAny(text, "@=") {
		return text
	}
	return password.ReplaceAllStringFunc(text, func(found string) string {
		m := password.FindStringSubmatch(found)
		return m[1] + dots(m[2]) + m[3] + m[4] + dots(m[5])
	})
}

// coverSecrets is cover for a line of a file, where keys tell what a value is.
func coverSecrets(line string) string {
	line = secret.ReplaceAllStringFunc(line, func(found string) string {
		m := secret.FindStringSubmatch(found)
		return m[1] + dots(m[2]) + m[3] + dots(m[4]) + m[5]
	})
	return cover(line)
}

// birthDate reports whether the digits at the beginning can be a day of birth,
// day or year first, with what the Nordic countries add to day and month.
func birthDate(text string) bool {
	day := func(s string) bool { n, _ := strconv.Atoi(s); return n%40 >= 1 && n%40 <= 31 || n > 60 && n <= 91 }
	month := func(s string) bool { n, _ := strconv.Atoi(s); return n%40 >= 1 && n%40 <= 12 }
	if len(text) >= 12 && (text[:2] == "18" || text[:2] == "19" || text[:2] == "20") && month(text[4:6]) && day(text[6:8]) {
		return true
	}
	return month(text[2:4]) && (day(text[:2]) || day(text[4:6]))
}

func dots(text string) string { return strings.Repeat(identity.Mask, utf8.RuneCountInString(text)) }

// columns is how many columns of a terminal a text takes.
func columns(text string) int { return uniseg.StringWidth(norm.NFC.String(text)) }

// pad fills a text with blanks to a width.
func pad(text string, width int) string {
	return text + strings.Repeat(" ", max(0, width-columns(text)))
}

// cut shortens a text to a width.
func cut(text string, width int) string {
	if columns(text) <= width {
		return text
	}
	var b strings.Builder
	used := 0
	state := -1
	for len(text) > 0 {
		var cluster string
		var w int
		cluster, text, w, state = uniseg.FirstGraphemeClusterInString(text, state)
		if used += w; used > width-1 {
			break
		}
		b.WriteString(cluster)
	}
	return b.String() + "…"
}
