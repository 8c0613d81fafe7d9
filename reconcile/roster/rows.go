package roster

import (
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

// rows takes a text apart: rows of cells, as encoding/csv does it, which reads
// every row that is not plain. A plain row is one line, of cells without quotes
// or with one around each; those are nearly all, and are cut where they stand.
type rows struct {
	from  *text
	left  string // of the text, not yet taken
	line  string // taken, for encoding/csv to read
	err   error  // behind it
	lines int    // begun so far
	bytes int64  // read so far
	width int    // how many cells a row has, which the first one says

	plain bool        // the row is
	text  string      // of a plain row
	at    []int       // where in it each cell begins, and one more would
	other []string    // the cells of one that is not
	rest  *csv.Reader // which reads it
	begin int         // the line on which the row begins
}

func newRows(from *text) *rows {
	r := &rows{from: from}
	r.rest = csv.NewReader(behind{r})
	r.rest.FieldsPerRecord, r.rest.ReuseRecord = -1, true
	return r
}

// errWidth is a row with more or fewer cells than the first.
var errWidth = errors.New("wrong number of cells")

// next reads a row, into cells that hold until the one after it is read.
func (r *rows) next() error {
	line, err := r.take()
	for err == nil && lineEnd(line) == len(line) {
		line, err = r.take() // an empty line is no row
	}
	if err == io.EOF {
		return err
	}
	r.begin = r.lines
	if r.plain = err == nil && r.cut(line[:len(line)-lineEnd(line)]); !r.plain {
		r.line, r.err = line, err
		if r.other, err = r.rest.Read(); err != nil {
			return r.placed(err)
		}
	}
	if r.width == 0 {
		r.width = r.count()
	}
	if r.count() != r.width {
		return errWidth
	}
	return nil
}

// count is how many cells the row has.
func (r *rows) count() int {
	if r.plain {
		return len(r.at) - 1
	}
	return len(r.other)
}

// cell is one of them. It holds until the next row is read.
func (r *rows) cell(i int) string {
	if !r.plain {
		return r.other[i]
	}
	cell := r.text[r.at[i] : r.at[i+1]-1]
	if cell != "" && cell[0] == '"' {
		return cell[1 : len(cell)-1]
	}
	return cell
}

// cells yields all of them.
func (r *rows) cells(yield func(int, string) bool) {
	for i := range r.count() {
		if !yield(i, r.cell(i)) {
			return
		}
	}
}

// all is a slice of them.
func (r *rows) all() []string {
	all := make([]string, 0, r.count())
	for _, cell := range r.cells {
		all = append(all, cell)
	}
	return all
}

// placed is an error of encoding/csv, which counts only the lines that it gets.
func (r *rows) placed(err error) error {
	var wrong *csv.ParseError
	if errors.As(err, &wrong) {
		shift := r.begin - wrong.StartLine
		wrong.StartLine, wrong.Line = wrong.StartLine+shift, wrong.Line+shift
	}
	return err
}

// take is the next line of the text, with its end unless it is the last. Other
// than at the end of the text, an error may come with the part before it.
func (r *rows) take() (line string, err error) {
	for {
		if end := strings.IndexByte(r.left, '\n'); end >= 0 {
			line, r.left = line+r.left[:end+1], r.left[end+1:]
			break
		}
		line += r.left
		if r.left, err = r.from.next(); err != nil {
			break
		}
	}
	r.lines++
	r.bytes += int64(len(line))
	if err == io.EOF && line != "" {
		err = nil
	}
	return line, err
}

// lineEnd is how much of a line is its end.
func lineEnd(line string) int {
	switch {
	case strings.HasSuffix(line, "\r\n"):
		return 2
	case strings.HasSuffix(line, "\n"):
		return 1
	}
	return 0
}

// cut finds the cells of a line, if it is plain.
func (r *rows) cut(line string) bool {
	r.text, r.at = line, append(r.at[:0], 0)
	for i := 0; i < len(line); i++ {
		switch line[i] {
		case ',':
			r.at = append(r.at, i+1)
		case '"':
			end := strings.IndexByte(line[i+1:], '"')
			if end < 0 || i > r.at[len(r.at)-1] {
				return false
			}
			if i += end + 1; i+1 < len(line) && line[i+1] != ',' {
				return false
			}
		}
	}
	r.at = append(r.at, len(line)+1)
	return true
}

// pos is where a cell stands. The column is counted in characters.
func (r *rows) pos(i int) (line, col int) {
	if r.plain {
		return r.begin, 1 + utf8.RuneCountInString(r.text[:r.at[i]])
	}
	first, _ := r.rest.FieldPos(0)
	line, col = r.rest.FieldPos(i)
	for j := i - 1; j >= 0; j-- {
		if other, _ := r.rest.FieldPos(j); other != line {
			break
		}
		col -= len(r.other[j]) - utf8.RuneCountInString(r.other[j])
	}
	return r.begin + line - first, col
}

// behind gives encoding/csv the line that was taken and the lines after it, one
// at a time, so that it never has more than it needs for a row.
type behind struct{ *rows }

func (b behind) Read(p []byte) (int, error) {
	if b.line == "" && b.err == nil {
		b.line, b.err = b.take()
	}
	if b.line == "" {
		return 0, b.err
	}
	n := copy(p, b.line)
	b.line = b.line[n:]
	return n, nil
}
