package sqldb

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/lupa-dev/lupa/reconcile/fact"
)

// table is one table of the database. Each kind has a table of its objects, a
// row each, with the fields that have at most one value; each other field has a
// table of its values.
type table struct {
	name   string
	kind   *fact.Kind
	field  *fact.Field // nil for the table of the kind's objects
	owner  []column    // what the object is known by
	own    []column    // in the table of a field: row or key, and value
	fields []column    // in the table of objects: the fields
}

// column is one column. A reference holds the id of what it names.
type column struct {
	name  string
	field *fact.Field // the field whose value it holds, if any
	ref   string      // the kind whose objects it names
	loose bool        // without a foreign key
	typ   string      // text, flag, integer
}

// tables is the database as the vocabulary has it: a table after those that it
// refers to.
func tables() []*table {
	rank := fact.Words.Rank()
	byRank := make([]*fact.Kind, len(rank))
	for i := range fact.Words.Kinds {
		k := &fact.Words.Kinds[i]
		byRank[rank[k.Name]] = k
	}
	var all []*table
	for _, k := range byRank {
		objects := &table{name: tableName(k), kind: k, owner: ownerColumns(k)}
		all = append(all, objects)
		for i := range k.Fields {
			f := &k.Fields[i]
			switch {
			case f.Name == k.Key: // stands in the primary key
			case f.Shape == fact.One:
				objects.fields = append(objects.fields, fieldColumn(snake(f.Name), f))
			default:
				all = append(all, fieldTable(objects, f))
			}
		}
	}
	return all
}

func tableName(k *fact.Kind) string {
	if k.Parent != "" {
		return snake(k.Parent) + "_" + snake(k.In)
	}
	return snake(k.Name)
}

// ownerColumns are the columns of the primary key of a kind's table.
func ownerColumns(k *fact.Kind) []column {
	if k.Parent == "" {
		return []column{{name: "id", typ: "text"}}
	}
	return []column{{name: snake(k.Parent), ref: k.Parent, typ: "text"}, fieldColumn(snake(k.Key), k.Field(k.Key))}
}

func fieldColumn(name string, f *fact.Field) column {
	if slices.Contains(reserved, name) {
		name = `"` + name + `"`
	}
	c := column{name: name, field: f, ref: f.Ref, loose: f.Loose, typ: "text"}
	switch f.Type {
	case fact.Flag:
		c.typ = "flag"
	case fact.Count:
		c.typ = "integer"
	}
	return c
}

// reserved are the names of columns that are words of SQL.
var reserved = []string{"from", "to"}

func fieldTable(objects *table, f *fact.Field) *table {
	t := &table{name: objects.name + "_" + snake(f.Name), kind: objects.kind, field: f, owner: objects.owner}
	if objects.kind.Parent == "" {
		t.owner = []column{{name: objects.name, ref: objects.kind.Name, typ: "text"}}
	}
	value := fieldColumn(f.Item, f)
	switch f.Shape {
	case fact.List:
		t.own = []column{{name: "row", typ: "integer"}, value}
	case fact.Map, fact.Sets:
		value.name = "value"
		t.own = []column{{name: f.Item, ref: f.KeyRef, typ: "text"}, value}
	default:
		t.own = []column{value}
	}
	return t
}

// key is the columns of the table's primary key.
func (t *table) key() []column {
	switch {
	case t.field == nil:
		return t.owner
	case t.field.Shape == fact.Sets:
		return append(t.owner[:len(t.owner):len(t.owner)], t.own...)
	default:
		return append(t.owner[:len(t.owner):len(t.owner)], t.own[0])
	}
}

// columns is all columns of the table, in order.
func (t *table) columns() []column {
	return append(append(t.owner[:len(t.owner):len(t.owner)], t.own...), t.fields...)
}

// snake writes surveyMaintainerSchools and surveys.enabled as SQL does.
func snake(name string) string {
	var b strings.Builder
	for i, r := range name {
		switch {
		case r == '.':
			b.WriteByte('_')
		case unicode.IsUpper(r):
			if i > 0 {
				b.WriteByte('_')
			}
			b.WriteRune(unicode.ToLower(r))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// statements is the SQL that makes the tables and their indexes.
func (d *dialect) statements(all []*table) string {
	var b strings.Builder
	for _, t := range all {
		t.create(&b, d)
	}
	return b.String()
}

func (t *table) create(b *strings.Builder, d *dialect) {
	doc := t.kind.Doc
	if t.field != nil {
		doc = t.field.Doc
	}
	fmt.Fprintf(b, "-- %s\nCREATE TABLE %s (\n", doc, t.name)
	for _, c := range t.columns() {
		fmt.Fprintf(b, "  %s,\n", c.definition(t, d))
	}
	fmt.Fprintf(b, "  PRIMARY KEY (%s)", names(t.key()))
	if t.field != nil && t.kind.Parent != "" {
		fmt.Fprintf(b, ",\n  FOREIGN KEY (%s) REFERENCES %s (%[1]s) ON DELETE CASCADE"+deferred, names(t.owner), tableName(t.kind))
	}
	b.WriteString("\n)" + d.options + ";\n")
	for _, c := range t.columns() {
		if c.ref != "" && !c.loose && c.name != t.key()[0].name {
			fmt.Fprintf(b, "CREATE INDEX %s_by_%s ON %[1]s (%[2]s);\n", t.name, c.name)
		}
	}
	b.WriteString("\n")
}

func (c column) definition(t *table, d *dialect) string {
	def := c.name + " " + d.text
	switch c.typ {
	case "flag":
		return c.name + " " + strings.ReplaceAll(d.flag, "%s", c.name)
	case "integer":
		def = c.name + " INTEGER"
	}
	isOwner := len(t.owner) > 0 && c.name == t.owner[0].name
	if t.field != nil || isOwner || c.name == t.key()[len(t.key())-1].name {
		def += " NOT NULL"
	}
	if c.ref != "" && !c.loose && !(t.field != nil && t.kind.Parent != "" && isOwner) {
		def += " REFERENCES " + tableName(fact.Words.Kind(c.ref)) + " (id)"
		if isOwner {
			def += " ON DELETE CASCADE"
		}
		def += deferred
	}
	return def
}

// deferred has references tested at commit: within a transaction nobody is
// misled, a rename passes through states in which they dangle, and inserts are
// a third faster.
const deferred = " DEFERRABLE INITIALLY DEFERRED"

func names(columns []column) string {
	all := make([]string, len(columns))
	for i, c := range columns {
		all[i] = c.name
	}
	return strings.Join(all, ", ")
}
