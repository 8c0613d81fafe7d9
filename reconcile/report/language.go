package report

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/message/catalog"
)

// Language is one of Languages, by its short name. The empty one is English.
type Language string

// Languages are those that lupa speaks: Finnish, Swedish, Norwegian (bokmål) and
// English.
var Languages = []string{"fi", "sv", "nb", "en"}

// Speaks reports whether lupa speaks a language.
func Speaks(l Language) bool { return slices.Contains(Languages, string(l)) }

// sentences are all sentences of a language. They are made where they are asked
// for: a run speaks one language, and English where scripts read.
func (l Language) sentences() map[string]catalog.Message {
	switch l {
	case "fi":
		return finnish()
	case "sv":
		return swedish()
	case "nb":
		return norwegian()
	}
	return together(english, englishReasons, englishAnswers)
}

func (l Language) tag() language.Tag {
	if l == "" {
		return language.English
	}
	return language.Make(string(l))
}

// printer says sentences in the language.
func (l Language) printer() *message.Printer {
	b := catalog.NewBuilder(catalog.Fallback(l.tag()))
	for key, m := range l.sentences() {
		if err := b.Set(l.tag(), key, m); err != nil {
			panic(err) // the catalogues are tested
		}
	}
	return message.NewPrinter(l.tag(), message.Catalog(b))
}

// aDay is a day, or a minute of one, as scripts write it.
var aDay = regexp.MustCompile(`\b(\d{4}-\d\d-\d\d)(?: (\d\d:\d\d))?\b`)

// day is a text with the days in it as the language writes them. Swedish and English
// write them as scripts do.
func (l Language) day(text string) string {
	if !l.ownDays() {
		return text
	}
	return aDay.ReplaceAllStringFunc(text, func(found string) string {
		m := aDay.FindStringSubmatch(found)
		at, err := time.Parse(time.DateOnly, m[1])
		switch {
		case err != nil:
			return found
		case l == "nb" && m[2] != "":
			return at.Format("02.01.2006") + " kl. " + m[2]
		case l == "nb":
			return at.Format("02.01.2006")
		case m[2] != "":
			return at.Format("2.1.2006") + " klo " + strings.Replace(m[2], ":", ".", 1)
		}
		return at.Format("2.1.2006")
	})
}

func (l Language) ownDays() bool { return l == "fi" || l == "nb" }

// A day that an argument brings into a sentence is put between two marks, which no
// harmless text has, until it is known where it stands: between backquotes is what
// somebody is to type.
const dayBegins, dayEnds = "\x02", "\x03"

func (l Language) markDays(text string) string {
	if !l.ownDays() {
		return text
	}
	return aDay.ReplaceAllString(text, dayBegins+"$0"+dayEnds)
}

// sayDays writes the marked days of a sentence as they belong where they stand.
func (l Language) sayDays(sentence string) string {
	if !strings.Contains(sentence, dayBegins) {
		return sentence
	}
	var b strings.Builder
	typed := false
	for rest := sentence; ; {
		before, after, marked := strings.Cut(rest, dayBegins)
		typed = typed != (strings.Count(before, "`")%2 == 1)
		b.WriteString(before)
		if !marked {
			return b.String()
		}
		day, behind, _ := strings.Cut(after, dayEnds)
		if !typed {
			day = l.day(day)
		}
		b.WriteString(day)
		rest = behind
	}
}
