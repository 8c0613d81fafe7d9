package main

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/lupa-dev/lupa/reconcile/config"
	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/reconcile/report"
	"github.com/lupa-dev/lupa/schema"
)

// audience is who reads what a run says: in which language, and what they may see
// of people.
type audience struct {
	of     *config.Project // of the first tree that was read, or of a plan where there is none
	looked bool            // for a project, in vain or not
	cards  map[string]bool // that trees and plans speak of
	people []func(card string) bool
	names  map[string]string // of --reveal
}

// public are the formats that are made to be published: people have pseudonyms in
// them, wherever lupa runs.
var public = []string{"markdown", "html", "github", "sarif", "junit"}

// inCI reports whether a machine runs lupa, whose log others read.
func inCI() bool { return !slices.Contains([]string{"", "0", "false"}, os.Getenv("CI")) }

// hides reports whether cards are hidden on a stream. What is told beside JSON ends
// in a log, and has none either.
func (a *app) hides(w io.Writer) bool {
	if slices.Contains(public, a.format) {
		return true
	}
	return inCI() && (a.format == "text" || w != io.Writer(a.out))
}

// veil is what may be seen of people on a stream.
func (a *app) veil(w io.Writer) *report.Veil {
	switch {
	case a.hides(w):
		p := a.read()
		return report.Pseudonyms(pseudonymKey(p), a.isPerson, cmp.Or(p.MinGroup, 5))
	case a.names != nil:
		return report.Names(a.names)
	}
	return nil
}

// pseudonymKey is what pseudonyms are made with. One that is made of the project's
// name keeps pseudonyms apart from those of other trees, and hides no card from
// who knows the name and tries all cards.
func pseudonymKey(p *config.Project) string {
	if p.PseudonymKey != "" {
		return p.PseudonymKey
	}
	mac := hmac.New(sha256.New, []byte("lupa pseudonyms"))
	mac.Write([]byte(p.Name))
	return string(mac.Sum(nil))
}

// read is the project whose reader this is: of the tree that was read, else of the
// one that lupa runs in.
func (a *app) read() *config.Project {
	if a.of == nil && !a.looked {
		a.looked = true
		if _, fsys, err := a.open(); err == nil {
			if t, err := config.ReadProject(fsys); err == nil {
				a.of = &t.Project
			}
		}
	}
	if a.of == nil {
		return &config.Project{}
	}
	return a.of
}

// isFor tells the audience of the settings of a tree, if it is the first.
func (a *app) isFor(t *config.Tree) {
	if a.of == nil && t.Project.Name != "" {
		a.of = &t.Project
	}
}

// meets is told of every card that a tree speaks of, where cards are hidden.
func (a *app) meets() func(card string) {
	if a.cards == nil {
		a.cards = make(map[string]bool)
	}
	if !a.hides(a.err) {
		return nil
	}
	return func(card string) { a.cards[card] = true }
}

// isForTarget tells the audience of the people that a target holds, or lupa left
// there.
func (a *app) isForTarget(s fact.Snapshot) {
	if !a.hides(a.err) {
		return
	}
	a.people = append(a.people, plan.IsPerson(s.Now, s.Last))
}

// isForPlan tells the audience of a plan: its people, and its project where lupa
// runs in no tree of that name.
func (a *app) isForPlan(p *plan.Plan) {
	if p == nil {
		return
	}
	if a.read().Name != p.Project {
		a.of = &config.Project{Name: p.Project, Language: a.read().Language}
	}
	if met := a.meets(); met != nil {
		p.Cards(met)
	}
}

// asked tells the audience of people who are not there and were asked about.
func (a *app) asked(problems []plan.Finding) {
	met := a.meets()
	if met == nil {
		return
	}
	for _, p := range problems {
		if p.Code != "E01" || !slices.Contains(p.Args, "Person") && !slices.Contains([]string{"which", "guardian", "child", "childless"}, p.Case) {
			continue
		}
		for _, arg := range p.Args {
			if arg == "Person" {
				continue // the kind
			}
			for _, name := range strings.FieldsFunc(arg, func(r rune) bool { return strings.ContainsRune("/:, ", r) }) {
				met(strings.ToLower(name))
			}
		}
	}
}

// isPerson reports whether a name is a card that the run has met. Where nothing was
// read before something has to be said, such as of a misspelt flag, the tree is.
func (a *app) isPerson(name string) bool {
	if a.cards == nil {
		a.meetTree()
	}
	return a.cards[name] || slices.ContainsFunc(a.people, func(is func(string) bool) bool { return is(name) })
}

func (a *app) meetTree() {
	if _, fsys, err := a.open(); err == nil {
		opt := a.options()
		opt.At = nil // a day that a zone does not have is no reason to show cards
		if t, err := config.Load(context.Background(), fsys, opt); err == nil {
			a.isFor(t)
		}
	}
}

// spoken is the language of the output: of the flag, the environment or the tree.
func (a *app) spoken() report.Language {
	return report.Language(cmp.Or(a.language, os.Getenv("LUPA_LANG"), a.read().Language, "en"))
}

// speaks refuses a language that lupa does not speak.
func speaks(from, language string) error {
	if language == "" || report.Speaks(report.Language(language)) {
		return nil
	}
	if near := schema.Nearest(language, slices.Values(report.Languages)); near != "" {
		return usage("%s %s: fi, sv, nb or en; did you mean %s?", from, language, near)
	}
	return usage("%s %s: fi, sv, nb or en", from, language)
}

// heeds checks who is to read: the language, and whether names may be shown.
func (a *app) heeds(cmd *cobra.Command) error {
	if err := speaks("--lang", a.language); err != nil {
		return err
	}
	if a.language == "" {
		if err := speaks("LUPA_LANG", os.Getenv("LUPA_LANG")); err != nil {
			return err
		}
	}
	if cmd.Flags().Changed("reveal") {
		return a.revealed(a.reveal)
	}
	return nil
}

// maxNames is how large a file of --reveal may be, in bytes.
const maxNames = 64 << 20

// revealed reads the names that --reveal asks for. They are shown to a person alone,
// at a terminal.
func (a *app) revealed(file string) error {
	names, err := a.readNames(file)
	if err != nil {
		return err
	}
	if a.format != "text" || inCI() || !isTerminal(a.out) || !isTerminal(a.err) {
		if !a.quiet {
			fmt.Fprintln(a.err, a.text(a.err).Told(say("names are shown in text on a terminal only: cards stay as they are")))
		}
		return nil
	}
	a.names = names
	return nil
}

// readNames reads a CSV with the columns key and name. What is wrong is said
// without what stands there.
func (a *app) readNames(file string) (map[string]string, error) {
	path := a.path(file)
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, usage("--reveal %s: not a regular file", file)
	}
	data, err := readFile(path, maxNames)
	if err != nil {
		var at *fs.PathError
		if errors.As(err, &at) {
			err = at.Err
		}
		return nil, usage("--reveal %s: %w", file, err)
	}
	bad := func(line int, what error) error {
		return &failure{code: exitInput, err: say("%s:%d: %w", file, line, what)}
	}
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(data), "\ufeff")))
	r.FieldsPerRecord = -1
	names := make(map[string]string)
	for first := true; ; first = false {
		row, err := r.Read()
		if err == io.EOF && !first {
			return names, nil
		}
		var wrong *csv.ParseError
		if errors.As(err, &wrong) {
			return nil, bad(wrong.Line, errNoCSV)
		}
		line := 1
		if err == nil {
			line, _ = r.FieldPos(0)
		}
		switch {
		case first && (err != nil || !slices.Equal(row, []string{"key", "name"})):
			return nil, bad(line, errNoHeader)
		case first:
		case len(row) != 2:
			return nil, bad(line, errNotTwo)
		case !utf8.ValidString(row[0] + row[1]):
			return nil, bad(line, errNoText)
		default:
			names[strings.ToLower(row[0])] = row[1]
		}
	}
}

// What can be wrong with a file of names.
var (
	errNoCSV    = errors.New("this is no CSV: a quote is missing, or one too many")
	errNoHeader = errors.New("the first line is not key,name")
	errNotTwo   = errors.New("a line has a key and a name")
	errNoText   = errors.New("this is not UTF-8")
)

// coverer covers the numbers of persons in what is logged, and where others read it
// their cards, an entry at a time. It makes it harmless: an entry stays on its line.
type coverer struct{ app *app }

func (c coverer) Write(entry []byte) (int, error) {
	text := c.app.shown(strings.TrimSuffix(string(entry), "\n"))
	_, err := io.WriteString(c.app.err, text+"\n")
	return len(entry), err
}

// shown is a line for stderr as it may be shown.
func (a *app) shown(line string) string {
	return report.Unlock(string(covered([]byte(report.Inert(a.veil(a.err).Text(line))))))
}
