package report

import (
	"encoding/csv"
	"strconv"
	"strings"

	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/reconcile/policy"
)

// Contact is who is to be reported to a vendor's register, by card key.
type Contact struct {
	Register  string   `json:"register"` // "" where nobody says which
	Person    string   `json:"person"`
	Roles     []string `json:"roles"`
	Levels    []string `json:"levels"`
	Bulletins bool     `json:"bulletins"`
	Declared  bool     `json:"declared"` // false: no SupportContact names the person
}

// Contacts are contacts as people call them; of one register, if one is named.
func Contacts(all []policy.Contact, register string, several bool) []Contact {
	named := []Contact{}
	for _, c := range all {
		if register == "" || c.Register == register {
			named = append(named, Contact{c.Register, fact.Called(c.Person, several), c.Roles, append([]string{}, c.Levels...), c.Bulletins, c.Declared})
		}
	}
	return named
}

// ContactsJSON is contacts as scripts read them.
func ContactsJSON(contacts []Contact) ([]byte, error) {
	return marshal(map[string]any{"format": plan.Format, "kind": "contacts", "contacts": contacts})
}

// contactHeader is the first line of the CSV, and does not change.
var contactHeader = []string{"register", "person", "roles", "levels", "bulletins", "declared"}

// ContactsCSV is contacts as a table (RFC 4180) with lists blank-separated. No cell
// is a formula to a spreadsheet.
func ContactsCSV(contacts []Contact) ([]byte, error) {
	var b strings.Builder
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	lines := [][]string{contactHeader}
	for _, c := range contacts {
		line := []string{c.Register, c.Person, strings.Join(c.Roles, " "), strings.Join(c.Levels, " "), strconv.FormatBool(c.Bulletins), strconv.FormatBool(c.Declared)}
		for i, cell := range line {
			line[i] = inertCell(Inert(cell))
		}
		lines = append(lines, line)
	}
	err := w.WriteAll(lines)
	return []byte(b.String()), err
}

// inertCell puts an apostrophe before a cell that a spreadsheet may take for a
// formula: one that begins so, also after blanks and quotes, and in the wide forms
// that Excel takes for the same.
func inertCell(cell string) string {
	if strings.ContainsAny(cell, "\t\r\n") || strings.IndexAny(strings.TrimLeft(cell, " \"'\u00a0"), "=+-@|%\uff1d\uff0b\uff0d\uff20") == 0 {
		return "'" + cell
	}
	return cell
}

// Contacts shows contacts in a table, and how many are missing.
func (t *Text) Contacts(contacts []Contact) {
	if len(contacts) == 0 {
		t.printf("%s\n", t.sentence("contacts.none"))
		return
	}
	rows := [][]string{{t.sentence("contacts.register"), t.sentence("contacts.person"), t.sentence("contacts.roles"), t.sentence("contacts.levels"), t.sentence("contacts.bulletins"), ""}}
	missing := 0
	for _, c := range contacts {
		bulletins, note := t.sentence("contacts.no"), ""
		if c.Bulletins {
			bulletins = t.sentence("contacts.yes")
		}
		if !c.Declared {
			bulletins, note = "", t.sentence("contacts.missing")
			missing++
		}
		rows = append(rows, []string{t.safe(c.Register), t.people([]string{c.Person})[0], strings.Join(c.Roles, ", "), t.safe(strings.Join(c.Levels, ", ")), bulletins, note})
	}
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], columns(cell))
		}
	}
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			line.WriteString(pad(cell, widths[i]+2))
		}
		t.printf("%s\n", strings.TrimRight(line.String(), " "))
	}
	if missing > 0 {
		t.printf("\n%s\n", t.sentence("contacts.gaps", missing))
	}
}
