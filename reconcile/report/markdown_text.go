package report

import (
	"regexp"
	"strings"
	"unicode"
)

// escaped is a text as Markdown that shows it and does nothing else, wherever it
// stands on a line. Words of which every reader of Markdown thinks alike stand as
// they are; any other is a code span. In code nobody is notified (@name), and no
// number (#12, GH-12), commit or address becomes a link; escapes would not do, since
// GitHub and GitLab look for these in what is shown.
func escaped(text string) string {
	words := strings.FieldsFunc(text, func(r rune) bool { return r == ' ' })
	for i, word := range words {
		words[i] = escapedWord(word, i == 0)
	}
	return strings.Join(words, " ")
}

// Punctuation that may stand around a word, and means nothing there.
const (
	opening = `("'«“”‘`
	closing = `)"'»“”’,.;:?!…`
)

// listed finds what would begin an ordered list.
var listed = regexp.MustCompile(`^(\d+)([.)])`)

func escapedWord(word string, first bool) string {
	if !first && (word == "+" || word == "-") {
		return word
	}
	core := strings.TrimLeft(word, opening)
	before := word[:len(word)-len(core)]
	core = strings.TrimRight(core, closing)
	after := word[len(before)+len(core):]
	switch {
	case core == "":
		return inCode(word)
	case !calm(core):
		return before + inCode(core) + after
	case first:
		return listed.ReplaceAllString(word, `$1\$2`)
	}
	return word
}

// calm reports whether a word without its punctuation means the same in Markdown as
// it does elsewhere.
func calm(word string) bool {
	switch word = strings.Trim(word, "•"); word {
	case "", "%", "·", "→", "–": // the first is what was covered
		return true
	}
	return plainly.MatchString(word) && !hexadecimal.MatchString(word)
}

var (
	// plainly matches letters, with hyphens between them or a short number behind; or
	// a figure, a date, a time, a percentage, a version. It matches no key, card,
	// path, or name of a file.
	plainly = regexp.MustCompile(`^(?:\pL[\pL\pM]*(?:[-–’']\pL[\pL\pM]*)*\d{0,3}|\d+(?:[.,:\x{a0}\x{202f}–-]\d+)*%?)$`)
	// hexadecimal matches what may be the name of a commit.
	hexadecimal = regexp.MustCompile(`[0-9A-Fa-f]{7}`)
)

// references are the characters that a code span cannot hold, and those of tags and
// comments: there are readers that look for these before they look for code.
var references = map[rune]string{'`': "&#96;", '<': "&lt;", '>': "&gt;", '&': "&amp;"}

// inCode is a text as code.
func inCode(text string) string {
	var b strings.Builder
	for text != "" {
		i := strings.IndexFunc(text, func(r rune) bool { return references[r] != "" })
		switch {
		case i < 0:
			i = len(text)
			fallthrough
		case i > 0:
			b.WriteString(span(text[:i]))
			text = text[i:]
		default:
			b.WriteString(references[rune(text[0])])
			text = text[1:]
		}
	}
	return b.String()
}

// span is a code span; of white space alone there is none.
func span(text string) string {
	if strings.TrimFunc(text, unicode.IsSpace) == "" {
		return text
	}
	return "`" + text + "`"
}

func inCodes(texts []string) []string {
	out := make([]string, len(texts))
	for i, text := range texts {
		out[i] = inCode(text)
	}
	return out
}

// strong is a text in bold.
func strong(text string) string { return "**" + escaped(text) + "**" }

// How many columns are shown of a title, and of another text that may be long.
const (
	maxTitle = 200
	maxValue = 400
)

// markdown is what people call a thing, before its key.
func (n named) markdown() string {
	if n.Title == "" {
		return inCode(n.Name)
	}
	return strong(cut(n.Title, maxTitle)) + " " + inCode(n.Name)
}

func namedInMarkdown(all []named) string {
	parts := make([]string, len(all))
	for i, n := range all {
		parts[i] = n.markdown()
	}
	return strings.Join(parts, ", ")
}

// bullet is an item of a list, at a depth. There are readers that take four blanks
// for one, and none that needs fewer.
func bullet(depth int, text string) string { return strings.Repeat("    ", depth) + "- " + text + "\n" }

// markerWord is a word of a marker, in which nothing ends a comment.
func markerWord(name string) string {
	return unmarked.ReplaceAllStringFunc(cut(name, 100), func(s string) string { return strings.Repeat("_", len(s)) })
}

var unmarked = regexp.MustCompile(`[^a-zA-Z0-9._-]|--+`)
