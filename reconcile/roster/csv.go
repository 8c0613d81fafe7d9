package roster

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/lupa-dev/lupa/reconcile/calendar"
	"github.com/lupa-dev/lupa/schema"
	"github.com/lupa-dev/lupa/schema/source"
)

// sheet is what a format says of one of its files.
type sheet struct {
	file     string
	optional bool
	columns  []column // those that are read
	row      func(*reading, *record)
	grow     func(r *reading, rows int) // makes room for about so many rows
}

// column is a column that is read.
type column struct {
	name     string
	required bool
}

// record is a row of a file being read.
type record struct {
	*reading
	sheet *sheet
	path  string
	file  int32
	size  int64 // of the file
	in    *rows
	at    []int // where each column of the sheet stands, -1 for nowhere
}

// cell is the value of a column of the sheet.
func (rec *record) cell(column int) string {
	if i := rec.at[column]; i >= 0 {
		return rec.in.cell(i)
	}
	return ""
}

// pos is where a cell stands.
func (rec *record) pos(i int) source.Pos {
	line, col := rec.in.pos(i)
	return source.Pos{File: rec.path, Line: line, Col: col}
}

// place is where the cell of a column stands, for what is made of it.
func (rec *record) place(column int) Place {
	pos := rec.pos(max(rec.at[column], 0))
	return Place{rec.file, int32(pos.Line), int32(pos.Col)}
}

// problem is something wrong with a cell. Its first word is the column's name.
func (rec *record) problem(column int, code, variant string, args ...string) {
	rec.suggest(column, code, variant, "", args...)
}

func (rec *record) suggest(column int, code, variant, suggest string, args ...string) {
	args = append([]string{rec.sheet.columns[column].name}, args...)
	rec.reading.problem(source.Problem{Code: code, Case: variant, Args: args, Pos: []source.Pos{rec.pos(max(rec.at[column], 0))}, Suggest: suggest})
}

// sheet reads one file, row by row.
func (r *reading) sheet(b *bundle, s *sheet) error {
	name := strings.ToLower(s.file)
	if !b.has(name) {
		return nil
	}
	f, err := b.files[name].open()
	if err != nil {
		return r.broken(b.where(name), err)
	}
	defer f.Close()
	from := newText(f)
	rec := &record{reading: r, sheet: s, path: b.where(name), file: int32(len(r.out.Files)), size: b.files[name].size, in: newRows(from)}
	r.rows.clear()
	rows, err := rec.read(from)
	if err != nil {
		return err
	}
	if rows == 0 && !r.full() && !r.told(rec.path) {
		r.whole(rec.path, "C01", "empty")
	}
	r.twice(rec)
	r.out.Files = append(r.out.Files, rec.path)
	if !b.zip {
		r.out.Inputs = append(r.out.Inputs, Input{rec.path, from.digest()})
	}
	return nil
}

// rowIDs are the ids of rows that nothing else names, and where they stand.
type rowIDs struct {
	text []byte // all ids
	rows []rowID
}

type rowID struct{ from, to, line, col int32 }

func (r *rowIDs) clear() { r.text, r.rows = r.text[:0], r.rows[:0] }

// grow makes room for so many more, which are about as long as those before.
func (r *rowIDs) grow(rows int) {
	r.text = room(r.text, rows*len(r.text)/max(len(r.rows), 1))
	r.rows = room(r.rows, rows)
}

func (r *rowIDs) add(id string, at Place) {
	from := int32(len(r.text))
	r.text = append(r.text, id...)
	r.rows = append(r.rows, rowID{from, int32(len(r.text)), at.Line, at.Col})
}

func (r *rowIDs) compare(a, b rowID) int {
	return bytes.Compare(r.text[a.from:a.to], r.text[b.from:b.to])
}

// twice finds rows that share an id, in a file whose rows nothing names. They
// mostly come in the order of their ids.
func (r *reading) twice(rec *record) {
	rows := r.rows.rows
	if !slices.IsSortedFunc(rows, r.rows.compare) {
		slices.SortStableFunc(rows, r.rows.compare)
	}
	for i := 1; i < len(rows); i++ {
		if first, next := rows[i-1], rows[i]; r.rows.compare(first, next) == 0 {
			r.problem(source.Problem{Code: "C07", Args: []string{rec.sheet.columns[0].name, fmt.Sprint(first.line)},
				Pos: []source.Pos{{File: rec.path, Line: int(next.line), Col: int(next.col)}}})
		}
	}
}

// told reports whether something is wrong with a file already.
func (r *reading) told(path string) bool {
	return slices.ContainsFunc(r.out.Problems, func(p source.Problem) bool { return p.Pos[0].File == path })
}

// sample is how many rows are read before one knows how many there will be.
const sample = 256

// read reads the header and the rows, and counts these.
func (rec *record) read(from *text) (rows int, err error) {
	for first := true; !rec.full(); {
		err = rec.in.next()
		switch {
		case err == io.EOF:
			return rows, nil
		case err == errWidth:
			rows++
			rec.count()
			continue
		case err != nil:
			return rows, rec.unreadable(from, err)
		}
		if first {
			if first = false; !rec.header() {
				return rows, nil
			}
			continue
		}
		if rows++; rows == sample && rec.sheet.grow != nil {
			all := min(rec.size, maxBundleBytes) * sample / rec.in.bytes
			rec.sheet.grow(rec.reading, int(all+all/16)) // one too few would have all copied
		}
		rec.sheet.row(rec.reading, rec)
	}
	return rows, nil
}

// count tells of a row with too few or too many columns.
func (rec *record) count() {
	rec.reading.problem(source.Problem{Code: "C03", Case: "count",
		Args: []string{strconv.Itoa(rec.in.count()), strconv.Itoa(rec.in.width)}, Pos: []source.Pos{rec.pos(rec.in.count() - 1)}})
}

// unreadable tells why a file cannot be read on.
func (rec *record) unreadable(from *text, err error) error {
	at := source.Pos{File: rec.path}
	var wrong *csv.ParseError
	switch {
	case from.wrong != nil && from.wrong.variant != "row":
		at.Line, at.Col = from.wrong.line, from.wrong.col
		rec.reading.problem(source.Problem{Code: "C02", Case: from.wrong.variant, Pos: []source.Pos{at}})
	case from.wrong != nil:
		at.Line, at.Col = from.wrong.line, from.wrong.col
		rec.reading.problem(source.Problem{Code: "C02", Case: "row", Args: []string{strconv.Itoa(maxRowBytes>>20) + " MiB"}, Pos: []source.Pos{at}})
	case errors.As(err, &wrong) && wrong.Line > wrong.StartLine:
		at.Line, at.Col = wrong.StartLine, 1
		rec.reading.problem(source.Problem{Code: "C03", Case: "open", Pos: []source.Pos{at}})
	case errors.As(err, &wrong):
		at.Line, at.Col = wrong.Line, wrong.Column
		rec.reading.problem(source.Problem{Code: "C03", Case: "quote", Pos: []source.Pos{at}})
	default:
		return rec.broken(rec.path, err)
	}
	return nil
}

// broken is a file that cannot be read: a damaged zip is a problem of whoever
// made it, all else is the machine's.
func (r *reading) broken(path string, err error) error {
	if damaged(err) {
		r.whole(path, "C08", "damaged")
		return nil
	}
	return fmt.Errorf("reading %s: %w", path, err)
}

// header finds the columns that are read. Other columns may stand there too,
// in whatever order; but not what looks like one that is missing.
func (rec *record) header() bool {
	good := true
	names := rec.in.all()
	fail := func(i int, variant, suggest string, args ...string) {
		good = false
		rec.reading.problem(source.Problem{Code: "C04", Case: variant, Args: args, Pos: []source.Pos{rec.pos(i)}, Suggest: suggest})
	}
	for _, sep := range []string{";", "\t"} {
		if len(names) == 1 && strings.Contains(names[0], sep) {
			if fail(0, "separator", "", sep); sep == "\t" {
				rec.out.Problems[len(rec.out.Problems)-1].Args[0] = "tab"
			}
			return false
		}
	}
	seen := make(map[string]bool, len(names))
	for i, name := range names {
		if seen[name] && slices.ContainsFunc(rec.sheet.columns, func(c column) bool { return c.name == name }) {
			fail(i, "twice", "", name)
		}
		seen[name] = true
	}
	for _, c := range rec.sheet.columns {
		at := slices.Index(names, c.name)
		rec.at = append(rec.at, at)
		if at >= 0 {
			continue
		}
		if i := slices.IndexFunc(names, func(name string) bool { return rec.nearly(name, c.name) }); i >= 0 {
			fail(i, "unknown", c.name, names[i])
		} else if c.required {
			fail(0, "missing", "", c.name)
		}
	}
	return good
}

// nearly reports whether a column that nobody reads was meant to be one.
func (rec *record) nearly(name, wanted string) bool {
	if slices.ContainsFunc(rec.sheet.columns, func(c column) bool { return c.name == name }) || slices.Contains(rec.format.others, name) {
		return false
	}
	if strings.EqualFold(strings.TrimSpace(name), wanted) {
		return true
	}
	longer := len(name) - len(wanted)
	return len(wanted) > 5 && longer >= -2 && longer <= 2 && schema.Nearest(name, slices.Values([]string{wanted})) != ""
}

// flag reads true or false; nothing is what the format leaves out.
func (rec *record) flag(column int, otherwise bool) bool {
	text := rec.cell(column)
	if rec.format.fold {
		text = strings.ToLower(text)
	}
	switch text {
	case "true":
		return true
	case "false":
		return false
	case "":
		return otherwise
	}
	rec.enum(column, []string{"true", "false"})
	return otherwise
}

// enum tells of a value that is none of the possible. It is shown only where it
// is like one of them: in a row that has slipped by a column, anything may stand
// here.
func (rec *record) enum(column int, possible []string) {
	rec.like(column, "enum", possible, strings.Join(possible, ", "))
}

func (rec *record) like(column int, variant string, possible []string, args ...string) {
	text := rec.cell(column)
	near := schema.Nearest(text, slices.Values(possible))
	if near == "" {
		rec.suggest(column, "C05", variant+"other", "", args...)
		return
	}
	rec.suggest(column, "C05", variant, near, append([]string{shown(text)}, args...)...)
}

// shown is a value of a list of known words, cut where it is none at all.
func shown(text string) string {
	if r := []rune(text); len(r) > 40 {
		return string(r[:40]) + "..."
	}
	return text
}

// span reads the days on which a row holds. The last is exclusive.
func (rec *record) span(from, to int) calendar.Span {
	s := calendar.Span{From: rec.day(from), To: rec.day(to)}
	if s.Empty() {
		rec.problem(to, "C05", "span", s.To.String(), s.From.String())
	}
	return s
}

func (rec *record) day(column int) *calendar.Day {
	text := rec.cell(column)
	if text == "" {
		return nil
	}
	if d, ok := rec.days[text]; ok {
		return d
	}
	d, err := calendar.ParseDay(text)
	if err != nil {
		rec.problem(column, "C05", "day")
		return nil
	}
	rec.days[strings.Clone(text)] = &d
	return &d
}

// list reads ids with commas between them.
func (rec *record) list(column int) []string {
	var ids []string
	for id := range strings.SplitSeq(rec.cell(column), ",") {
		if id = strings.TrimSpace(id); id != "" {
			ids = append(ids, id)
		}
	}
	return ids
}
