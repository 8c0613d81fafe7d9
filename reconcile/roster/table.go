package roster

import (
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/lupa-dev/lupa/schema/source"
)

// Table is a CSV file of the tree that is no roster: read as strictly as one, with
// columns in any order.
type Table struct {
	Path     string
	SHA256   string // of its bytes, in hexadecimal
	Rows     []Row
	Problems []source.Problem
}

// Row is a row of a Table: its cells in the order in which the columns were asked
// for, and where each stands.
type Row struct {
	Cells []string
	At    []source.Pos
}

// ReadTable reads the file at a clean path of the tree, which is there. The error
// is the machine's.
func ReadTable(fsys fs.FS, file string, columns ...string) (*Table, error) {
	r := &reading{out: &Roster{}, format: &format{}}
	t := &Table{Path: file}
	s := &sheet{file: path.Base(file), row: func(r *reading, rec *record) {
		row := Row{}
		for i := range columns {
			row.Cells = append(row.Cells, strings.Clone(rec.cell(i)))
			row.At = append(row.At, rec.pos(max(rec.at[i], 0)))
		}
		t.Rows = append(t.Rows, row)
	}}
	for _, name := range columns {
		s.columns = append(s.columns, column{name: name, required: true})
	}
	info, err := fs.Stat(fsys, file)
	if err != nil {
		return nil, fmt.Errorf("reading: %w", err)
	}
	open := func() (io.ReadCloser, error) { return fsys.Open(file) }
	b := &bundle{path: path.Dir(file), files: map[string]member{strings.ToLower(s.file): {path.Base(file), info.Size(), open}}}
	if err := r.sheet(b, s); err != nil {
		return nil, err
	}
	for i := range r.out.Problems {
		if p := &r.out.Problems[i]; p.Pos[0].Line == 0 { // of the file as a whole
			p.Pos[0].Line, p.Pos[0].Col = 1, 1
		}
	}
	if len(r.out.Inputs) > 0 {
		t.SHA256 = r.out.Inputs[0].SHA256
	}
	t.Problems = slices.Clip(r.out.Problems)
	return t, nil
}
