package sqldb

import (
	"context"
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/lupa-dev/lupa/reconcile/target"
)

// The rows of a target in a file are taken from the pages of their tables. Asked for
// rows, SQLite takes ten locks and copies for each, which is most of what reading a
// target costs; asked for pages, it hands out forty rows at a time, still as of the
// transaction, from its own cache and past its own locks. How a page is laid out is
// documented (sqlite.org/fileformat2.html) and kept for as long as there is SQLite.
// A table that is not as lupa makes them, because somebody altered it by hand, is
// asked for its rows.

// layout is how the rows of a table are stored.
type layout struct {
	root   uint32  // page of the tree
	absent []datum // what a column holds in rows that are older than it
	at     map[string]int
}

// layouts are those of all tables that are stored as lupa makes them: sorted by
// their key, without a rowid, and the columns of the key first.
const layouts = `SELECT s.name, s.rootpage, c.name, coalesce(c.dflt_value, 'NULL') IN ('0', 'NULL') AND c.hidden = 0, coalesce(c.dflt_value, '') = '0'
	FROM sqlite_schema s JOIN pragma_table_list(s.name) l ON l.schema = 'main' AND l.wr JOIN pragma_table_xinfo(s.name) c
	WHERE s.type = 'table' AND (SELECT encoding FROM pragma_encoding) = 'UTF-8'
	ORDER BY s.name, c.pk = 0, c.pk, c.cid`

func (s *session) readLayouts(ctx context.Context) error {
	s.layouts = make(map[string]*layout)
	odd := make(map[string]bool)
	err := s.rows(ctx, layouts, func(values []datum) {
		name := values[0].text
		l := s.layouts[name]
		if l == nil {
			root, _ := strconv.ParseUint(values[1].text, 10, 32)
			l = &layout{root: uint32(root), at: make(map[string]int)}
			s.layouts[name] = l
		}
		if values[3].text != "1" {
			odd[name] = true
		}
		l.at[values[2].text] = len(l.absent)
		l.absent = append(l.absent, datum{})
		if values[4].text == "1" {
			l.absent[len(l.absent)-1] = datum{"0", true}
		}
	})
	for name := range odd {
		delete(s.layouts, name)
	}
	return err
}

// readPages visits the rows of a table, in the order of its key.
func readPages(ctx context.Context, s *session, t *table, visit func([]datum)) error {
	if s.layouts == nil {
		if err := s.readLayouts(ctx); err != nil {
			return err
		}
	}
	l := s.layouts[t.name]
	if l == nil {
		return selectRows(ctx, s, t, visit)
	}
	w := walk{ctx: ctx, absent: l.absent, row: make([]datum, len(l.absent))}
	columns := t.columns()
	w.values = make([]datum, len(columns))
	for _, c := range columns {
		at, ok := l.at[strings.Trim(c.name, `"`)]
		if !ok {
			return selectRows(ctx, s, t, visit) // which says what is wrong
		}
		w.wanted = append(w.wanted, at)
	}
	w.visit = visit
	return s.conn.Raw(func(conn any) (err error) {
		w.pages, err = conn.(driver.ConnPrepareContext).PrepareContext(ctx, "SELECT data FROM sqlite_dbpage WHERE pgno = ?")
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, w.pages.Close()) }()
		first, err := w.page(1)
		if err != nil {
			return err
		}
		w.usable = len(first) - int(first[20])
		w.left = int(binary.BigEndian.Uint32([]byte(first[28:32])))
		return w.tree(l.root)
	})
}

// walk goes over the tree of a table.
type walk struct {
	ctx    context.Context
	pages  driver.Stmt
	usable int // how many bytes of a page hold anything
	left   int // how many pages there may be, so that damage does not lead in circles
	absent []datum
	row    []datum // as it is stored
	wanted []int   // which columns of it make values
	values []datum
	visit  func(values []datum)
}

var errMalformed = fmt.Errorf("%w: a page of its file is malformed", target.ErrDamaged)

// page is a page as text, so that what is taken from it needs no copies.
func (w *walk) page(n uint32) (string, error) {
	if err := w.ctx.Err(); err != nil {
		return "", err
	}
	// Nobody interrupts what takes a microsecond.
	rows, err := w.pages.(driver.StmtQueryContext).QueryContext(context.Background(), []driver.NamedValue{{Ordinal: 1, Value: int64(n)}})
	if err != nil {
		return "", err
	}
	var data [1]driver.Value
	err = rows.Next(data[:])
	page, _ := data[0].([]byte)
	switch err = errors.Join(err, rows.Close()); {
	case errors.Is(err, io.EOF): // there is no such page
		return "", errMalformed
	case err == nil && len(page) < 512:
		return "", errMalformed
	}
	return string(page), err
}

// next is another page of the tree.
func (w *walk) next(n uint32) (string, error) {
	if w.left--; w.left < 0 || n <= 1 {
		return "", errMalformed
	}
	page, err := w.page(n)
	if err == nil && len(page) < w.usable {
		err = errMalformed
	}
	return page, err
}

const (
	inner = 0x02 // a page of an index, as tables without rowid are, with others below
	leaf  = 0x0a
)

func (w *walk) tree(n uint32) error {
	page, err := w.next(n)
	if err != nil {
		return err
	}
	page = page[:w.usable]
	cells := 8
	if page[0] == inner {
		cells = 12
	}
	count := int(short(page[3:]))
	if page[0] != inner && page[0] != leaf || cells+2*count > len(page) {
		return errMalformed
	}
	for i := range count {
		at := int(short(page[cells+2*i:]))
		if at < cells+2*count || at+4 > len(page) {
			return errMalformed
		}
		cell := page[at:]
		if page[0] == inner {
			if err := w.tree(long(cell)); err != nil {
				return err
			}
			cell = cell[4:]
		}
		payload, err := w.payload(cell)
		if err != nil {
			return err
		}
		if !w.decode(payload) {
			return errMalformed
		}
		for i, at := range w.wanted {
			w.values[i] = w.row[at]
		}
		w.visit(w.values)
	}
	if page[0] == inner {
		return w.tree(long(page[8:]))
	}
	return nil
}

// payload is a row as it is stored. One that is too long for its page goes on in
// others.
func (w *walk) payload(cell string) (string, error) {
	size, cell, ok := varint(cell)
	if !ok || size > math.MaxInt32 {
		return "", errMalformed
	}
	length, here := int(size), int(size)
	if most, least := (w.usable-12)*64/255-23, (w.usable-12)*32/255-23; length > most {
		if here = least + (length-least)%(w.usable-4); here > most {
			here = least
		}
		if len(cell) < here+4 {
			return "", errMalformed
		}
		all := []byte(cell[:here])
		for n := long(cell[here:]); len(all) < length; {
			page, err := w.next(n)
			if err != nil {
				return "", err
			}
			n = long(page)
			all = append(all, page[4:4+min(w.usable-4, length-len(all))]...)
		}
		return string(all), nil
	}
	if len(cell) < here {
		return "", errMalformed
	}
	return cell[:here], nil
}

// decode takes a row apart, into w.row.
func (w *walk) decode(payload string) bool {
	size, types, ok := varint(payload)
	if !ok || size > uint64(len(payload)) || int(size) < len(payload)-len(types) {
		return false
	}
	types, body := payload[len(payload)-len(types):size], payload[size:]
	for i := range w.row {
		if types == "" { // the column was added since
			w.row[i] = w.absent[i]
			continue
		}
		var kind uint64
		if kind, types, ok = varint(types); !ok {
			return false
		}
		n := uint64(0)
		switch {
		case kind >= 12:
			n = (kind - 12) / 2
		case kind < 8:
			n = uint64([8]uint8{0, 1, 2, 3, 4, 6, 8, 8}[kind])
		case kind > 9: // not used
			return false
		}
		if n > uint64(len(body)) {
			return false
		}
		w.row[i], body = decodeOne(kind, body[:n]), body[n:]
	}
	return true
}

// decodeOne is a value of a stored type.
func decodeOne(kind uint64, raw string) datum {
	switch {
	case kind == 0:
		return datum{}
	case kind >= 12:
		return datum{raw, true}
	case kind >= 8: // 0 and 1
		return datum{strconv.Itoa(int(kind - 8)), true}
	}
	var n int64
	for i := range len(raw) {
		if i == 0 {
			n = int64(int8(raw[0]))
			continue
		}
		n = n<<8 | int64(raw[i])
	}
	if kind == 7 {
		return datum{fmt.Sprint(math.Float64frombits(uint64(n))), true}
	}
	return datum{strconv.FormatInt(n, 10), true}
}

func short(s string) uint16 { return uint16(s[0])<<8 | uint16(s[1]) }
func long(s string) uint32  { return uint32(short(s))<<16 | uint32(short(s[2:])) }

// varint is a number of SQLite's: seven bits a byte, the highest first, and eight in
// a ninth.
func varint(s string) (n uint64, rest string, ok bool) {
	for i := range min(len(s), 9) {
		if i == 8 {
			return n<<8 | uint64(s[i]), s[9:], true
		}
		n = n<<7 | uint64(s[i]&0x7f)
		if s[i] < 0x80 {
			return n, s[i+1:], true
		}
	}
	return 0, "", false
}
