package report

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"testing"

	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/reconcile/target"
)

// said is a format with its arguments, as the program has them.
type said struct {
	format string
	args   []any
}

func (s said) Error() string                  { return fmt.Errorf(s.format, s.args...).Error() }
func (s said) Format() (string, []any)        { return s.format, s.args }
func joined(format string, args ...any) error { return fmt.Errorf(format, args...) }
func spoken(format string, args ...any) error { return said{format, args} }
func finnishly(err error) string              { return (&Text{Lang: "fi"}).Told(err) }

// TestTold: an error is told in the language as far as it was made here, whatever
// room made it; the rest stays as it is.
func TestTold(t *testing.T) {
	system := &fs.PathError{Op: "open", Path: "x", Err: errors.New("permission denied")}
	for _, c := range []struct {
		err  error
		want string
	}{
		{target.ErrLocked, "toinen on lukinnut kohdejärjestelmän"},
		{joined("%w: there is no %s", target.ErrNoTarget, "a: b"), "kohdejärjestelmää ei ole: a: b puuttuu"},
		{joined("%w: %w", target.ErrUnreachable, system), "kohdejärjestelmään ei saada yhteyttä tai siihen ei voi kirjoittaa: open x: permission denied"},
		{joined("reading target: %w", joined("%w: version %d of %d", target.ErrOlder, 1, 3)), "luettaessa kohdejärjestelmää: kohdejärjestelmän teki vanhempi lupa: versio 1, kun uusin on 3"},
		{spoken("target %s: %w", "paikallinen", target.ErrLocked), "kohdejärjestelmä paikallinen: toinen on lukinnut kohdejärjestelmän"},
		{spoken("%s takes %s", "lupa who", spoken("one RIGHT")), "lupa who: tarvitaan yksi RIGHT"},
		{spoken("--at: %w", joined("%q is not a day of the form 2026-06-22", "x%s")), `--at: "x%s" ei ole päivä muodossa 2026-06-22`},
		{joined("%w", plan.ErrBraked), "jarrut pidättävät suunnitelmaa"},
		{errors.New("100% of it: %w"), "100% of it: %w"},
		{errors.New(""), ""},
		{system, "open x: permission denied"},
	} {
		if got := finnishly(c.err); got != c.want {
			t.Errorf("%v:\n got %s\nwant %s", c.err, got, c.want)
		}
		if got := new(Text).Told(c.err); got != c.err.Error() {
			t.Errorf("English says %q, and the error %q", got, c.err)
		}
	}
}

// TestFailuresAreShort: they stand on one line, begin and end as an error does, and
// type commands as they are.
func TestFailuresAreShort(t *testing.T) {
	for _, l := range Languages {
		for english, text := range Language(l).Failures() {
			if strings.TrimSpace(text) == "" || strings.ContainsAny(text, "\n\t") || strings.HasSuffix(text, ".") != strings.HasSuffix(english, ".") {
				t.Errorf("%s: %q: %q", l, english, text)
			}
			for _, command := range typedWords.FindAllString(english, -1) {
				if !strings.Contains(text, command) {
					t.Errorf("%s: %q does not say %q", l, text, command)
				}
			}
		}
	}
}

// typedWords are commands and flags among words.
var typedWords = regexp.MustCompile(`--[a-z-]+|lupa (?:init|plan|show|apply|verify|history|validate|export|rules|help|target \w+)`)
