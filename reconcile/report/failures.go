package report

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/reconcile/target"
)

// Failures are what the program and the rooms below say when something fails, by
// how English says it: formats as fmt.Errorf has them. Of English there is nothing
// to look up.
func (l Language) Failures() map[string]string {
	switch l {
	case "fi":
		return failuresFinnish
	case "sv":
		return failuresSwedish
	case "nb":
		return failuresNorwegian
	}
	return nil
}

// FaultError is a fault of a target as an error, which Told says in words.
type FaultError struct{ target.Fault }

func (f FaultError) Error() string { return Fault(f.Fault) }

// FindingError is a finding as an error, with its place if it has one.
type FindingError struct{ plan.Finding }

func (f FindingError) Error() string { return new(Text).Told(f) }

// Told is an error in the language. What the operating system, git or a server said
// stays as it is.
func (t *Text) Told(err error) string {
	switch e := err.(type) {
	case interface{ Format() (string, []any) }:
		return t.formatted(e.Format())
	case FaultError:
		return t.fault(e.Fault)
	case FindingError:
		if len(e.Pos) > 0 {
			return fmt.Sprintf("%s:%d: %s", t.safe(e.Pos[0].File), e.Pos[0].Line, t.message(e.Finding))
		}
		return t.message(e.Finding)
	}
	all := t.Lang.Failures()
	if all == nil {
		return err.Error()
	}
	return t.recognised(err, all)
}

// formatted is a format of the program in the language, with its arguments.
func (t *Text) formatted(format string, args []any) string {
	if said, ok := t.Lang.Failures()[format]; ok {
		format = said
	}
	told := make([]any, len(args))
	for i, arg := range args {
		switch is := arg.(type) {
		case error:
			told[i] = t.Told(is)
		case fmt.Stringer:
			if told[i] = is.String(); !strings.Contains(format, "--at ") { // which is to be typed
				told[i] = t.Lang.day(is.String())
			}
		default:
			told[i] = arg
		}
	}
	return fmt.Sprintf(wrapping.ReplaceAllString(format, "%${1}s"), told...)
}

// wrapping is the verb of fmt.Errorf that fmt.Sprintf does not know.
var wrapping = regexp.MustCompile(`%(\[\d+\])?w`)

// inside stands in a text for an error that is part of it.
const inside = "\x00"

// recognised finds what an error of another room was made of, and says that in the
// language: by the whole of its text, or by a format that fits around what it wraps.
func (t *Text) recognised(err error, all map[string]string) string {
	text := err.Error()
	if said, ok := all[text]; ok {
		return said
	}
	var parts []string
	frame := ""
	for _, part := range wrapped(err) {
		if before, after, found := strings.Cut(text, part.Error()); found && part.Error() != "" {
			frame += before + inside
			text = after
			parts = append(parts, t.Told(part))
		}
	}
	frame += text
	for _, format := range slices.SortedFunc(maps.Keys(all), longer) {
		if shown, ok := refit(format, all[format], frame, parts); ok {
			return shown
		}
	}
	for _, part := range parts {
		frame = strings.Replace(frame, inside, part, 1)
	}
	return frame
}

// longer orders formats so that the one that says most comes first.
func longer(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) }

// wrapped are the errors that an error wraps.
func wrapped(err error) []error {
	switch e := err.(type) {
	case interface{ Unwrap() []error }:
		return e.Unwrap()
	case interface{ Unwrap() error }:
		if in := e.Unwrap(); in != nil {
			return []error{in}
		}
	}
	return nil
}

// verb is a verb of a format, such as %s, %[2]d or %.40q.
var verb = regexp.MustCompile(`%(?:\[(\d+)\])?[.\d]*([swvqdx])`)

// refit says in the language what a format made in English, if it made this.
func refit(format, said, frame string, parts []string) (string, bool) {
	var pattern strings.Builder
	end := 0
	for _, at := range verb.FindAllStringSubmatchIndex(format, -1) {
		pattern.WriteString(regexp.QuoteMeta(format[end:at[0]]))
		if format[at[4]:at[5]] == "w" {
			pattern.WriteString("(" + inside + ")")
		} else {
			pattern.WriteString("([^" + inside + "]*?)")
		}
		end = at[1]
	}
	if strings.Trim(pattern.String()+format[end:], "() :,"+inside) == "" {
		return "", false // a format of verbs alone says nothing of its own
	}
	m := regexp.MustCompile(`(?s)\A` + pattern.String() + regexp.QuoteMeta(format[end:]) + `\z`).FindStringSubmatch(frame)
	if m == nil {
		return "", false
	}
	args := make([]any, len(m)-1)
	for i, arg := range m[1:] {
		if arg == inside && len(parts) > 0 {
			arg, parts = parts[0], parts[1:]
		}
		args[i] = arg
	}
	return fmt.Sprintf(verb.ReplaceAllStringFunc(said, asText), args...), true
}

// asText is a verb of a format for a text that it has made already.
func asText(v string) string {
	if m := verb.FindStringSubmatch(v); m[1] != "" {
		return "%[" + m[1] + "]s"
	}
	return "%s"
}
