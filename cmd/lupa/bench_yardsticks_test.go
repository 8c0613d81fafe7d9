package main

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"database/sql"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"
	"gopkg.in/yaml.v3"

	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/lupa-dev/lupa/schema"
)

// yardsticks are programs that do a part of the work of a plan that finds nothing
// to do, as simply as it can be done. They take the directory of a tree and the
// address of its target.
//
// The floor reads and hashes the input and scans the state: nothing can take less.
//
// The bare plan makes a plan with the same libraries: it reads, hashes, parses,
// validates and decodes the documents, compiles them to rows, sorts these, scans
// the same rows from the state, and merges. It knows only the fields of the
// generated trees, and has no positions, no messages, no origins, no days, no
// rules, no brakes and no effect.
var yardsticks = map[string]func(args []string) int{
	floorAction: func(args []string) int { return yardstick(args, floor) },
	bareAction:  func(args []string) int { return yardstick(args, barePlan) },
}

func yardstick(args []string, do func(dir, dsn string) error) int {
	debug.SetGCPercent(gcPercent)
	if err := do(args[0], args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return exitFailure
	}
	return exitDone
}

func floor(dir, dsn string) error {
	err := eachInput(dir, func(string, []byte) error { return nil })
	if err != nil {
		return err
	}
	state, err := openState(dsn)
	if err != nil {
		return err
	}
	defer state.Close()
	tables, err := state.tables()
	for _, table := range tables {
		err = errors.Join(err, state.scan("SELECT * FROM "+state.prefix+table, func([]sql.RawBytes) {}))
	}
	return err
}

// eachInput reads and hashes the files of a tree.
func eachInput(dir string, visit func(path string, data []byte) error) error {
	root := os.DirFS(dir)
	return fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && strings.HasPrefix(d.Name(), ".") && path != ".":
			return fs.SkipDir
		case d.IsDir():
			return nil
		}
		data, err := os.ReadFile(filepath.Join(dir, path))
		if err != nil {
			return err
		}
		_ = sha256.Sum256(data)
		return visit(path, data)
	})
}

// bareState is the database of a target.
type bareState struct {
	*sql.DB
	prefix string // of tables
	list   string // SQL that lists them
}

func openState(dsn string) (*bareState, error) {
	if strings.HasPrefix(dsn, "postgres:") {
		db, err := sql.Open("pgx", dsn)
		return &bareState{db, "lupa.", "SELECT table_name FROM information_schema.tables WHERE table_schema = 'lupa' AND table_type = 'BASE TABLE'"}, err
	}
	db, err := sql.Open("sqlite", "file:"+dsn+"?mode=ro")
	return &bareState{db, "", "SELECT name FROM sqlite_master WHERE type = 'table'"}, err
}

// tables are those that hold facts, and the one that holds what was left there.
func (s *bareState) tables() (names []string, err error) {
	err = s.scan(s.list, func(row []sql.RawBytes) {
		if name := string(row[0]); name == "lupa_target" || !strings.HasPrefix(name, "lupa_") {
			names = append(names, name)
		}
	})
	return names, err
}

func (s *bareState) scan(query string, visit func([]sql.RawBytes)) error {
	rows, err := s.Query(query)
	if err != nil {
		return fmt.Errorf("%s: %w", query, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	values, into := make([]sql.RawBytes, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		visit(values)
	}
	return rows.Err()
}

// bareRow is a row of a table: the object, and the rest of it.
type bareRow struct{ table, id, value string }

func (r bareRow) compare(o bareRow) int {
	return cmp.Or(strings.Compare(r.table, o.table), strings.Compare(r.id, o.id), strings.Compare(r.value, o.value))
}

// bareColumns are what the bare plan compares: the object, and the other columns.
var bareColumns = map[string]string{
	"person": "id, kind", "person_groups": "person, user_group", "person_schools": "person, school", "person_classes": "person, school_class",
	"person_override": "id, person, reason, valid_to", "person_override_grant": "person_override, right_key",
	"school": "id, title, level, code", "school_class": "id, school",
	"user_group": "id, title", "user_group_wilma": "user_group, right_key", "rights_catalogue_rights": "rights_catalogue, key",
	"survey_template": "id, title, author, school", "survey_template_holders": "survey_template, person", "survey_template_sharing": "survey_template, school",
}

func barePlan(dir, dsn string) error {
	plan := &bare{schemas: make(map[string]*jsonschema.Schema), roster: bareRoster{groups: make(map[string][]string), schools: make(map[string]string)}}
	if err := eachInput(dir, plan.read); err != nil {
		return err
	}
	if err := plan.join(); err != nil {
		return err
	}
	slices.SortFunc(plan.rows, bareRow.compare)
	state, err := openState(dsn)
	if err != nil {
		return err
	}
	defer state.Close()
	var held []bareRow
	for table, columns := range bareColumns {
		err := state.scan("SELECT "+columns+" FROM "+state.prefix+table, func(row []sql.RawBytes) {
			value := string(row[1])
			for _, more := range row[2:] {
				value += "|" + string(more)
			}
			held = append(held, bareRow{table, string(row[0]), value})
		})
		if err != nil {
			return err
		}
	}
	err = state.scan("SELECT last FROM "+state.prefix+"lupa_target", func([]sql.RawBytes) {})
	if err != nil {
		return err
	}
	slices.SortFunc(held, bareRow.compare)
	if less, more := unlike(plan.rows, held); less+more > 0 || len(held) == 0 {
		return fmt.Errorf("the bare plan of a tree that was applied has %d rows too few and %d too many, of %d", less, more, len(held))
	}
	return nil
}

// unlike merges two sorted lists, and counts what only one of them has.
func unlike(a, b []bareRow) (onlyB, onlyA int) {
	for len(a) > 0 && len(b) > 0 {
		switch c := a[0].compare(b[0]); {
		case c < 0:
			a, onlyA = a[1:], onlyA+1
		case c > 0:
			b, onlyB = b[1:], onlyB+1
		default:
			a, b = a[1:], b[1:]
		}
	}
	return onlyB + len(b), onlyA + len(a)
}

// bare is what a bare plan has read.
type bare struct {
	rows    []bareRow
	schemas map[string]*jsonschema.Schema
	files   map[string][]byte // of the roster
	roster  bareRoster
}

// bareRoster is what the documents say about the people of a roster.
type bareRoster struct {
	groups  map[string][]string // by kind, by kind/school or by kind//role
	schools map[string]string   // the level, which the roster does not know
}

// bareObject is a mapping of a document. What is not there is empty.
type bareObject map[string]any

func (o bareObject) text(key string) string {
	text, _ := o[key].(string)
	return text
}

func (o bareObject) object(key string) bareObject {
	object, _ := o[key].(map[string]any)
	return object
}

func (o bareObject) objects(key string) (all []bareObject) {
	list, _ := o[key].([]any)
	for _, item := range list {
		object, _ := item.(map[string]any)
		all = append(all, object)
	}
	return all
}

// texts is a list of texts, else another one.
func (o bareObject) texts(key string, otherwise []string) (all []string) {
	list, there := o[key].([]any)
	if !there {
		return otherwise
	}
	for _, item := range list {
		text, _ := item.(string)
		all = append(all, text)
	}
	return all
}

func (b *bare) read(path string, data []byte) error {
	if strings.HasPrefix(path, "roster/") {
		if b.files == nil {
			b.files = make(map[string][]byte)
		}
		b.files[path] = data
		return nil
	}
	in := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var node yaml.Node
		err := in.Decode(&node)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		value := asJSON(&node)
		plain, _ := value.(map[string]any)
		doc := bareObject(plain)
		if err := b.validate(doc.text("kind"), value); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		b.compile(doc)
	}
}

func (b *bare) validate(kind string, value any) error {
	s := b.schemas[kind]
	if s == nil {
		text, _ := schema.Text(kind)
		c := jsonschema.NewCompiler()
		c.Draft, c.AssertFormat = jsonschema.Draft2020, true
		if err := c.AddResource(kind+".json", bytes.NewReader(text)); err != nil {
			return err
		}
		var err error
		if s, err = c.Compile(kind + ".json"); err != nil {
			return err
		}
		b.schemas[kind] = s
	}
	return s.Validate(value)
}

func asJSON(node *yaml.Node) any {
	switch node.Kind {
	case yaml.DocumentNode:
		return asJSON(node.Content[0])
	case yaml.MappingNode:
		m := make(map[string]any, len(node.Content)/2)
		for i := 0; i < len(node.Content); i += 2 {
			m[node.Content[i].Value] = asJSON(node.Content[i+1])
		}
		return m
	case yaml.SequenceNode:
		list := make([]any, len(node.Content))
		for i, item := range node.Content {
			list[i] = asJSON(item)
		}
		return list
	}
	if node.Tag == "!!bool" {
		value, _ := strconv.ParseBool(node.Value)
		return value
	}
	return node.Value
}

func (b *bare) add(table, name string, values ...string) {
	b.rows = append(b.rows, bareRow{table, "large/" + name, strings.Join(values, "|")})
}

// each adds a row a value; those that are names get the installation's.
func (b *bare) each(table, name, before string, values []string) {
	for _, value := range values {
		b.add(table, name, before+value)
	}
}

const inst = "large/"

func (b *bare) compile(doc bareObject) {
	name, spec := doc.object("metadata").text("name"), doc.object("spec")
	switch doc.text("kind") {
	case "RightsCatalogue":
		for _, right := range spec.objects("rights") {
			b.add("rights_catalogue_rights", name, right.text("key"))
		}
	case "UserGroup":
		b.add("user_group", name, spec.text("title"))
		b.each("user_group_wilma", name, "", spec.texts("wilma", nil))
	case "School":
		b.roster.schools[name] = spec.text("level")
		b.add("school", name, spec.text("title"), spec.text("level"), spec.text("code"))
	case "People":
		defaults := spec.object("defaults")
		kind, schools, groups := defaults.text("kind"), defaults.texts("schools", nil), defaults.texts("groups", nil)
		for _, line := range spec.objects("people") {
			b.person(line.text("name"), cmp.Or(line.text("kind"), kind), line.texts("schools", schools), line.texts("groups", groups))
		}
	case "PersonOverride":
		b.add("person_override", name, inst+spec.text("person"), spec.text("reason"), spec.text("validTo"))
		b.each("person_override_grant", name, "", spec.texts("grant", nil))
	case "SurveyTemplate":
		b.add("survey_template", name, spec.text("title"), inst+spec.text("author"), inst+spec.text("school"))
		b.each("survey_template_holders", name, inst, spec.texts("holders", nil))
		for _, shared := range spec.objects("sharing") {
			b.add("survey_template_sharing", name, inst+shared.text("school"))
		}
	case "GroupRule":
		rule := spec.object("match")
		match := rule.text("kind")
		if rule.text("school") != "" || rule.text("role") != "" {
			match += "/" + rule.text("school") + "/" + rule.text("role")
		}
		b.roster.groups[match] = append(b.roster.groups[match], spec.texts("groups", nil)...)
	}
}

func (b *bare) person(name, kind string, schools, groups []string) {
	b.add("person", name, kind)
	b.each("person_schools", name, inst, schools)
	b.each("person_groups", name, inst, groups)
}

// join reads the roster. Of a table of it the columns are where the header has them.
func (b *bare) join() error {
	if b.files == nil {
		return nil
	}
	enrolled := make(map[string]string)
	err := b.table("enrollments", []string{"userSourcedId", "classSourcedId"}, func(row []string) { enrolled[row[0]] = row[1] })
	if err != nil {
		return err
	}
	users := make(map[string]bool)
	if err := b.table("users", []string{"sourcedId"}, func(row []string) { users[row[0]] = true }); err != nil {
		return err
	}
	if err := b.table("classes", []string{"sourcedId", "schoolSourcedId"}, func(row []string) { b.add("school_class", row[0], inst+row[1]) }); err != nil {
		return err
	}
	if err := b.table("orgs", []string{"sourcedId", "type"}, func(row []string) {
		if row[1] == "school" && b.roster.schools[row[0]] == "" {
			b.add("school", row[0], "", "", "")
		}
	}); err != nil {
		return err
	}
	return b.table("roles", []string{"userSourcedId", "role", "orgSourcedId"}, func(row []string) {
		person, kind, school := row[0], row[1], row[2]
		if !users[person] {
			return
		}
		if kind == "principal" {
			kind = "staff"
		}
		var groups []string
		if kind != "student" { // whose groups are those of the school
			groups = slices.Concat(b.roster.groups[kind], b.roster.groups[kind+"/"+school+"/"], b.roster.groups[kind+"//"+row[1]])
		}
		b.person(person, kind, []string{school}, groups)
		if class := enrolled[person]; class != "" {
			b.add("person_classes", person, inst+class)
		}
	})
}

func (b *bare) table(name string, columns []string, visit func([]string)) error {
	in := csv.NewReader(bytes.NewReader(b.files["roster/"+name+".csv"]))
	in.ReuseRecord = true
	header, err := in.Read()
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	at := make([]int, len(columns))
	for i, column := range columns {
		if at[i] = slices.Index(header, column); at[i] < 0 {
			return fmt.Errorf("%s has no column %s", name, column)
		}
	}
	row := make([]string, len(columns))
	for {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		for i := range at {
			row[i] = record[at[i]]
		}
		visit(row)
	}
}
