package roster

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// format is one of the formats that are read.
type format struct {
	name    string
	fold    bool // words of lists are the same in any case
	sheets  []*sheet
	roles   map[string]string // kinds of cards of roles; "" makes none
	inClass []string          // roles that somebody may have in a class
	schools []string          // types of organisations that are schools
	others  []string          // columns that are like one that is read, and another
}

var oneRosterRoles = map[string]string{
	"teacher": "teacher", "student": "student",
	"guardian": "guardian", "parent": "guardian", "relative": "guardian",
	"administrator": "staff", "aide": "staff", "proctor": "staff", "counselor": "staff", "principal": "staff",
	"districtAdministrator": "staff", "siteAdministrator": "staff", "systemAdministrator": "staff", "ext:staff": "staff",
}

// sdsRoles are the roles of SDS, which takes them in any case.
var sdsRoles = map[string]string{
	"teacher": "teacher", "professor": "teacher", "lecturer": "teacher", "faculty": "teacher", "instructor": "teacher",
	"adjunct": "teacher", "substitute": "teacher",
	"student":  "student",
	"guardian": "guardian", "parent": "guardian", "relative": "guardian",
	"principal": "staff", "chair": "staff", "researcher": "staff", "affiliate": "staff", "occupationalTherapist": "staff",
	"physicalTherapist": "staff", "speechTherapist": "staff", "visionTherapist": "staff", "paraprofessional": "staff",
	"specialServices": "staff", "advisor": "staff", "proctor": "staff", "nurse": "staff", "officeStaff": "staff",
	"itAdmin": "staff", "administrator": "staff", "staff": "staff", "teacherAssistant": "staff", "aide": "staff",
	"assistant": "staff", "coach": "staff", "counselor": "staff",
	"alumni": "", "other": "",
}

// formats are those that are read, by what tells them apart: see detect.
var (
	oneRoster11 = &format{
		name: "OneRoster 1.1", roles: oneRosterRoles, schools: []string{"school"},
		inClass: []string{"administrator", "proctor", "student", "teacher"},
		sheets: []*sheet{
			{file: "orgs.csv", columns: columns("sourcedId! status name! type! identifier parentSourcedId"), row: orgRow},
			{file: "classes.csv", optional: true, columns: columns("sourcedId! status title! classType! schoolSourcedId!"), row: classRow},
			{file: "users.csv", columns: columns("sourcedId! status enabledUser! orgSourcedIds! role! agentSourcedIds dateLastModified"), row: userOfOrgsRow, grow: growUsers},
			{file: "enrollments.csv", optional: true, columns: columns("sourcedId! status classSourcedId! schoolSourcedId userSourcedId! role! beginDate endDate"), row: enrollmentRow, grow: growLinks},
		},
		others: []string{"userIds"},
	}
	oneRoster12 = &format{
		name: "OneRoster 1.2", roles: oneRosterRoles, schools: []string{"school"}, inClass: oneRoster11.inClass,
		sheets: []*sheet{
			oneRoster11.sheets[0], oneRoster11.sheets[1],
			{file: "users.csv", columns: columns("sourcedId! status enabledUser! agentSourcedIds primaryOrgSourcedId dateLastModified"), row: userRow, grow: growUsers},
			{file: "roles.csv", columns: columns("sourcedId! status userSourcedId! orgSourcedId! roleType! role! beginDate endDate"), row: roleRow, grow: growLinks},
			oneRoster11.sheets[3],
		},
		others: []string{"userIds", "resourceSourcedIds"},
	}
	sdsSchools = []string{"school", "college", "university", "campus", "adultEducation"}
	sds2       = &format{
		name: "SDS v2", fold: true, roles: sdsRoles, schools: sdsSchools, inClass: slices.Sorted(maps.Keys(sdsRoles)),
		sheets: []*sheet{
			{file: "orgs.csv", columns: columns("sourcedId! name! type! parentSourcedId"), row: sdsOrgRow},
			{file: "classes.csv", optional: true, columns: columns("sourcedId! orgSourcedId! title!"), row: sdsClassRow},
			{file: "users.csv", columns: columns("sourcedId! orgSourcedIds! role!"), row: sdsUserOfOrgsRow},
			{file: "enrollments.csv", optional: true, columns: columns("classSourcedId! userSourcedId! role!"), row: sdsEnrollmentRow},
		},
	}
	sds21 = &format{
		name: "SDS v2.1", fold: true, roles: sdsRoles, schools: sdsSchools, inClass: sds2.inClass,
		sheets: []*sheet{
			sds2.sheets[0], sds2.sheets[1],
			{file: "users.csv", columns: columns("sourcedId!"), row: sdsUserRow},
			{file: "roles.csv", columns: columns("userSourcedId! orgSourcedId! role! isPrimary roleStartDate roleEndDate"), row: sdsRoleRow},
			sds2.sheets[3],
			{file: "relationships.csv", optional: true, columns: columns("userSourcedId! relationshipUserSourcedId! relationshipRole!"), row: sdsRelationshipRow},
		},
		others: []string{"userSourcedId"},
	}
	sds1 = &format{
		name: "SDS v1", fold: true, roles: sdsRoles, inClass: sds2.inClass,
		sheets: []*sheet{
			{file: "School.csv", columns: columns("SIS ID!|Name!|Principal SIS ID"), row: sds1SchoolRow},
			{file: "Section.csv", optional: true, columns: columns("SIS ID!|School SIS ID!|Section Name!|Status"), row: sds1SectionRow},
			{file: "Student.csv", columns: columns("SIS ID!|School SIS ID!|Status"), row: sds1UserRow("student")},
			{file: "Teacher.csv", columns: columns("SIS ID!|School SIS ID!|Status"), row: sds1UserRow("teacher")},
			{file: "StudentEnrollment.csv", optional: true, columns: columns("Section SIS ID!|SIS ID!"), row: sds1EnrollmentRow("student")},
			{file: "TeacherRoster.csv", optional: true, columns: columns("Section SIS ID!|SIS ID!"), row: sds1EnrollmentRow("teacher")},
		},
		others: []string{"State ID"},
	}
)

// columns reads a list of columns; ! marks those that must be there.
func columns(list string) (all []column) {
	sep := " "
	if strings.Contains(list, "|") {
		sep = "|"
	}
	for name := range strings.SplitSeq(list, sep) {
		bare, required := strings.CutSuffix(name, "!")
		all = append(all, column{bare, required})
	}
	return all
}

// bundle reads the files of a bundle, in the order in which they name each other.
func (r *reading) bundle(fsys fs.FS, at string, delta bool) error {
	b, done, err := r.openBundle(fsys, at)
	if err != nil || b == nil {
		return errors.Join(err, done())
	}
	r.delta = delta
	r.bundles++
	return errors.Join(r.sheets(b), done())
}

func (r *reading) sheets(b *bundle) error {
	manifest, err := r.manifest(b)
	if err != nil || len(r.out.Problems) > 0 {
		return err
	}
	format, err := r.detect(b, manifest)
	if err != nil || format == nil {
		return err
	}
	switch {
	case r.format != nil && format != r.format:
		r.whole(b.path, "C09", "format", format.name, r.format.name)
		return nil
	case r.delta && format.fold:
		r.whole(b.path, "C09", "sds", format.name)
		return nil
	}
	r.format, r.out.Format = format, format.name
	for _, s := range format.sheets {
		name := strings.ToLower(s.file)
		switch mode := manifest["file."+strings.TrimSuffix(name, ".csv")]; {
		case mode == "delta" && !r.delta:
			r.whole(b.where(name), "C09", "delta", s.file)
		case mode == "bulk" && r.delta:
			r.whole(b.where(name), "C09", "bulk", s.file)
		case mode == "absent" && b.has(name):
			r.whole(b.where(name), "C01", "absent", s.file)
		case !b.has(name) && (mode == "bulk" || mode == "delta" || !s.optional && !r.delta):
			r.whole(b.path, "C01", "file", s.file, format.name)
		}
	}
	for _, s := range format.sheets {
		r.undated = 0
		if err := r.sheet(b, s); err != nil {
			return err
		}
		if s.file == "users.csv" && !format.fold && !r.delta && r.undated == 0 && manifest["file.users"] == "" && len(r.out.Problems) == 0 {
			r.whole(b.where("users.csv"), "C09", "dated", s.file) // by the standard this is a delta
		}
	}
	return nil
}

// manifest reads manifest.csv: properties and their values.
func (r *reading) manifest(b *bundle) (map[string]string, error) {
	properties := make(map[string]string)
	s := &sheet{file: "manifest.csv", columns: columns("propertyName! value!"), row: func(r *reading, rec *record) {
		name, value := r.texts.keep(rec.cell(0)), r.texts.keep(rec.cell(1))
		properties[name] = value
		if strings.HasPrefix(name, "file.") && !slices.Contains(modes, value) {
			rec.enum(1, modes)
		}
		if name == "oneroster.version" && !slices.Contains(versions, value) {
			rec.enum(1, versions)
		}
	}}
	return properties, r.alone(b, s)
}

var (
	modes    = []string{"absent", "bulk", "delta"}
	versions = []string{"1.1", "1.2"}
)

// detect finds out which format a bundle has: by its manifest, or by the names
// of its files and the columns of its users.
func (r *reading) detect(b *bundle, manifest map[string]string) (*format, error) {
	switch manifest["oneroster.version"] {
	case "1.1":
		return oneRoster11, nil
	case "1.2":
		return oneRoster12, nil
	}
	switch {
	case b.has("school.csv") && b.has("student.csv") && b.has("orgs.csv") && b.has("users.csv"):
		r.whole(b.path, "C01", "both") // whose people would be left out nobody can know
		return nil, nil
	case b.has("school.csv") && b.has("student.csv"):
		return sds1, nil
	case r.delta && r.format != nil:
		return r.format, nil // a delta may be any of its files
	case !b.has("users.csv") || !b.has("orgs.csv"):
		r.whole(b.path, "C01", "unknown")
		return nil, nil
	}
	users, err := r.peek(b, "users.csv")
	if err != nil {
		return nil, err
	}
	enabled, role := slices.Contains(users, "enabledUser"), slices.Contains(users, "role")
	switch {
	case enabled && role:
		return oneRoster11, nil
	case enabled:
		return oneRoster12, nil
	case role:
		return sds2, nil
	case b.has("roles.csv"):
		if roles, err := r.peek(b, "roles.csv"); err != nil || slices.Contains(roles, "roleType") {
			return oneRoster12, err
		}
		return sds21, nil
	}
	if !slices.Contains(users, "sourcedId") { // what is wrong with that is all that can be said
		return nil, r.alone(b, &sheet{file: "users.csv", columns: columns("sourcedId!"), row: func(*reading, *record) {}})
	}
	return oneRoster11, nil // whatever is missing will be said
}

// alone reads a file that belongs to no format, or comes before one is known.
func (r *reading) alone(b *bundle, s *sheet) error {
	was := r.format
	r.format = &format{}
	err := r.sheet(b, s)
	r.format = was
	return err
}

// peek reads the header of a file; a problem with it is told when it is read.
func (r *reading) peek(b *bundle, name string) ([]string, error) {
	f, err := b.files[name].open()
	if err != nil {
		return nil, r.broken(b.where(name), err)
	}
	defer f.Close()
	in := newRows(newText(f))
	err = in.next()
	var wrong *csv.ParseError
	var flawed *flaw
	if err == nil || err == io.EOF || errors.As(err, &wrong) || errors.As(err, &flawed) {
		return in.all(), nil
	}
	return nil, r.broken(b.where(name), err)
}

// status says what a row is about: in a bulk, rows should say nothing; in a
// delta they must.
func (r *reading) status(rec *record, column int) (gone bool) {
	switch status := rec.cell(column); {
	case status == "active", status == "" && !r.delta:
		return false
	case status == "tobedeleted", status == "inactive":
		return true
	case status == "":
		rec.problem(column, "C05", "empty")
	default:
		rec.enum(column, []string{"active", "tobedeleted"})
	}
	return false
}

// upsert puts a row into its table: a delta replaces what is there, a bulk has
// each id once.
func upsert[T any](rec *record, t *table[T], id string, row T, at func(T) Place) int32 {
	i, there := t.find(id)
	switch {
	case !there:
		i = t.add(rec.texts.keep(id), row)
	case rec.delta:
		t.rows[i] = row
	default:
		first := at(t.rows[i])
		rec.problem(0, "C07", "", fmt.Sprint(first.Line))
	}
	return i
}

func orgRow(r *reading, rec *record) {
	id, ok := r.key(rec, 0)
	if !ok {
		return
	}
	o := org{title: r.plain(rec.cell(2)), parent: r.texts.keep(rec.cell(5)), gone: r.status(rec, 1), at: rec.place(0)}
	rec.orgType(3, &o)
	if code := rec.cell(4); schoolCode.MatchString(code) {
		o.code = r.texts.keep(code)
	}
	upsert(rec, &r.orgs, id, o, func(o org) Place { return o.at })
}

// schoolCode is what a national code looks like; other identifiers are none.
var schoolCode = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z._-]*$`)

var oneRosterOrgs = []string{"department", "school", "district", "local", "state", "national"}

// orgType reads the type of an organisation. SDS lets customers have types of
// their own.
func (rec *record) orgType(column int, o *org) {
	is := rec.cell(column)
	if !rec.format.fold && !slices.Contains(oneRosterOrgs, is) && !strings.HasPrefix(is, "ext:") {
		rec.enum(column, oneRosterOrgs)
	}
	among := func(types []string) bool {
		return slices.ContainsFunc(types, func(t string) bool { return is == t || rec.format.fold && strings.EqualFold(is, t) })
	}
	o.isSchool, o.isPart = among(rec.format.schools), among(parts)
}

// parts are the types of organisations that are parts of a school.
var parts = []string{"department", "division", "program"}

func sdsOrgRow(r *reading, rec *record) {
	id, ok := r.key(rec, 0)
	if !ok {
		return
	}
	o := org{title: r.plain(rec.cell(1)), parent: r.texts.keep(rec.cell(3)), at: rec.place(0)}
	rec.orgType(2, &o)
	upsert(rec, &r.orgs, id, o, func(o org) Place { return o.at })
}

func classRow(r *reading, rec *record) {
	is := rec.cell(3)
	if is != "homeroom" && is != "scheduled" && !strings.HasPrefix(is, "ext:") {
		rec.enum(3, []string{"homeroom", "scheduled"})
	}
	r.class(rec, class{title: r.plain(rec.cell(2)), homeroom: is == "homeroom", gone: r.status(rec, 1)}, 4)
}

func sdsClassRow(r *reading, rec *record) {
	r.class(rec, class{title: r.plain(rec.cell(2)), homeroom: true}, 1)
}

func (r *reading) class(rec *record, c class, school int) {
	id, ok := r.key(rec, 0)
	if !ok {
		return
	}
	if !c.gone {
		c.org, _ = r.org(rec, school)
	}
	c.at = rec.place(0)
	upsert(rec, &r.classes, id, c, func(c class) Place { return c.at })
}

// org finds the organisation that a cell names.
func (r *reading) org(rec *record, column int) (int32, bool) {
	return find(rec, &r.orgs, column, rec.cell(column))
}

// likeID is what ids look like and what people are called does not: something
// else may stand in a row that has slipped.
var likeID = regexp.MustCompile(`^[0-9A-Za-z._-]*[0-9][0-9A-Za-z._-]*$`)

func find[T any](rec *record, t *table[T], column int, id string) (int32, bool) {
	i, ok := t.find(id)
	switch {
	case ok:
	case id == "":
		rec.problem(column, "C05", "empty")
	case rec.partial: // it may stand where nobody could read on
	case likeID.MatchString(id):
		rec.problem(column, "C06", "", shown(id))
	default:
		rec.problem(column, "C06", "other")
	}
	return i, ok
}

// user reads what all formats say of a user.
func (r *reading) user(rec *record, gone bool) (int32, bool) {
	id, ok := r.key(rec, 0)
	if !ok {
		return 0, false
	}
	u := user{gone: gone, at: rec.place(0), home: -1, since: r.bundles}
	return upsert(rec, &r.users, id, u, func(u user) Place { return u.at }), true
}

func (r *reading) oneRosterUser(rec *record, agents int) (int32, bool) {
	gone := r.status(rec, 1)
	enabled := true
	if !gone {
		enabled = rec.flag(2, true)
	}
	i, ok := r.user(rec, gone || !enabled)
	if ok && !gone {
		for _, other := range rec.list(agents) {
			r.agents = append(r.agents, agent{user: i, key: r.texts.keep(other), at: rec.place(agents), since: r.bundles})
		}
	}
	return i, ok && !gone
}

// dated counts the rows that say when they changed, which those of a bulk must
// not.
func (r *reading) dated(rec *record, column int) {
	if rec.cell(1) == "" || rec.cell(column) == "" {
		r.undated++
	}
}

func userRow(r *reading, rec *record) {
	r.dated(rec, 5)
	i, ok := r.oneRosterUser(rec, 3)
	if home := rec.cell(4); ok && home != "" {
		if o, known := find(rec, &r.orgs, 4, home); known {
			r.users.rows[i].home = o
		}
	}
}

func userOfOrgsRow(r *reading, rec *record) {
	r.dated(rec, 6)
	if i, ok := r.oneRosterUser(rec, 5); ok {
		r.rolesInOrgs(rec, i, 3, 4)
	}
}

func sdsUserOfOrgsRow(r *reading, rec *record) {
	if i, ok := r.user(rec, false); ok {
		r.rolesInOrgs(rec, i, 1, 2)
	}
}

func sdsUserRow(r *reading, rec *record) { r.user(rec, false) }

// rolesInOrgs is a user with one role in all of its organisations.
func (r *reading) rolesInOrgs(rec *record, user int32, orgs, column int) {
	is, ok := rec.role(column)
	if !ok {
		return
	}
	ids := rec.list(orgs)
	for n, id := range ids {
		if o, ok := find(rec, &r.orgs, orgs, id); ok {
			r.links.add("", link{user: user, org: o, class: -1, terms: r.terms.number(is), at: rec.place(column), order: int32(n), ofUser: true, since: r.bundles})
		}
	}
	if len(ids) == 0 {
		rec.problem(orgs, "C05", "empty")
	}
}

// role reads a role, and says what kind of card it makes.
func (rec *record) role(column int) (is Terms, ok bool) {
	word := rec.cell(column)
	if rec.format.fold {
		word = rec.format.spelt(word)
	}
	kind, ok := rec.roles[word]
	if !ok {
		kind, ok = rec.format.roles[word]
	}
	switch {
	case ok:
		return Terms{Role: rec.word(word), Kind: kind}, true
	case strings.HasPrefix(word, "ext:"):
		rec.problem(column, "C05", "role", shown(word))
	default:
		rec.like(column, "role", slices.Sorted(maps.Keys(rec.format.roles)))
	}
	return is, false
}

// spelt is a role of SDS as its list of roles has it.
func (f *format) spelt(role string) string {
	if _, ok := f.roles[role]; ok {
		return role
	}
	for known := range f.roles {
		if strings.EqualFold(known, role) {
			return known
		}
	}
	return role
}

func roleRow(r *reading, rec *record) {
	gone := r.status(rec, 1)
	id, ok := r.key(rec, 0)
	if !ok {
		return
	}
	l := link{class: -1, gone: gone}
	if !gone {
		u, ok1 := find(rec, &r.users, 2, rec.cell(2))
		o, ok2 := find(rec, &r.orgs, 3, rec.cell(3))
		sort := rec.cell(4)
		if sort != "primary" && sort != "secondary" {
			rec.enum(4, []string{"primary", "secondary"})
		}
		is, ok3 := rec.role(5)
		is.Primary, is.Span = sort == "primary", rec.span(6, 7)
		if !ok1 || !ok2 || !ok3 {
			return
		}
		l.user, l.org, l.terms = u, o, r.terms.number(is)
	}
	r.linkRow(rec, "role ", id, l)
}

func sdsRoleRow(r *reading, rec *record) {
	u, ok1 := find(rec, &r.users, 0, rec.cell(0))
	o, ok2 := find(rec, &r.orgs, 1, rec.cell(1))
	is, ok3 := rec.role(2)
	is.Primary, is.Span = rec.flag(3, false), rec.span(4, 5)
	if ok1 && ok2 && ok3 {
		r.linkRow(rec, "", "", link{user: u, org: o, class: -1, terms: r.terms.number(is)})
	}
}

// linkRow keeps a row that puts a user somewhere, under what it is and its id where
// rows can change later.
func (r *reading) linkRow(rec *record, is, id string, l link) {
	l.at = rec.place(0)
	if !r.deltas || id == "" {
		if id != "" {
			r.rows.add(id, l.at)
		}
		r.links.add("", l)
		return
	}
	upsert(rec, &r.links, is+id, l, func(l link) Place { return l.at })
}

func enrollmentRow(r *reading, rec *record) {
	gone := r.status(rec, 1)
	id, ok := r.key(rec, 0)
	if !ok {
		return
	}
	l := link{org: -1, gone: gone}
	if !gone {
		var is Terms
		if l, is, ok = r.enrollment(rec, 2, 4, 5); !ok {
			return
		}
		if rec.cell(3) != "" {
			r.org(rec, 3)
		}
		is.Span = rec.span(6, 7)
		l.terms = r.terms.number(is)
	}
	r.linkRow(rec, "enrollment ", id, l)
}

func sdsEnrollmentRow(r *reading, rec *record) {
	if l, is, ok := r.enrollment(rec, 0, 1, 2); ok {
		l.terms = r.terms.number(is)
		r.linkRow(rec, "", "", l)
	}
}

func (r *reading) enrollment(rec *record, class, user, column int) (l link, is Terms, ok bool) {
	c, ok1 := find(rec, &r.classes, class, rec.cell(class))
	u, ok2 := find(rec, &r.users, user, rec.cell(user))
	word, ok3 := rec.cell(column), true
	if rec.format.fold {
		word = rec.format.spelt(word)
	}
	if _, own := rec.roles[word]; !own && !slices.Contains(rec.format.inClass, word) && !strings.HasPrefix(word, "ext:") {
		rec.enum(column, rec.format.inClass)
		ok3 = false
	}
	if ok3 {
		is.Role = rec.word(word)
	}
	return link{user: u, org: -1, class: c}, is, ok1 && ok2 && ok3
}

// sdsRelations are what somebody can be to a user.
var sdsRelations = []string{"parent", "relative", "aide", "doctor", "guardian", "child", "administrator", "other"}

func sdsRelationshipRow(r *reading, rec *record) {
	child, ok1 := find(rec, &r.users, 0, rec.cell(0))
	_, ok2 := find(rec, &r.users, 1, rec.cell(1))
	is := strings.ToLower(rec.cell(2))
	if !slices.Contains(sdsRelations, is) {
		rec.enum(2, sdsRelations)
		return
	}
	if ok1 && ok2 && sdsRoles[is] == "guardian" {
		r.agents = append(r.agents, agent{user: child, key: r.texts.keep(rec.cell(1)), at: rec.place(1), since: r.bundles, bare: true})
	}
}

func growUsers(r *reading, rows int) { r.users.grow(rows, true) }

func growLinks(r *reading, rows int) {
	r.links.grow(rows, r.deltas)
	r.rows.grow(rows)
}

// sds1Active reports whether a row of SDS v1 holds: its status is empty or
// Active.
func sds1Active(rec *record, column int) bool {
	status := rec.cell(column)
	return status == "" || strings.EqualFold(status, "active")
}

func sds1SchoolRow(r *reading, rec *record) {
	id, ok := r.key(rec, 0)
	if !ok {
		return
	}
	i := upsert(rec, &r.orgs, id, org{title: r.plain(rec.cell(1)), isSchool: true, at: rec.place(0)}, func(o org) Place { return o.at })
	if head := rec.cell(2); head != "" {
		r.heads = append(r.heads, headship{i, r.texts.keep(head), rec.place(2)})
	}
}

func sds1SectionRow(r *reading, rec *record) {
	r.class(rec, class{title: r.plain(rec.cell(2)), homeroom: true, gone: !sds1Active(rec, 3)}, 1)
}

// sds1UserRow reads students or teachers. Who is at several schools has a row
// for each.
func sds1UserRow(kind string) func(*reading, *record) {
	return func(r *reading, rec *record) {
		id, ok := r.key(rec, 0)
		if !ok {
			return
		}
		o, ok := r.org(rec, 1)
		if !ok {
			return
		}
		i, there := r.users.find(id)
		if there && r.users.rows[i].at.File != rec.file {
			rec.problem(0, "C07", "", fmt.Sprint(r.users.rows[i].at.Line))
			return
		}
		if !there {
			i = r.users.add(r.texts.keep(id), user{at: rec.place(0), home: -1})
		}
		if sds1Active(rec, 2) {
			r.links.add("", link{user: i, org: o, class: -1, terms: r.terms.number(Terms{Role: kind, Kind: kind}), at: rec.place(0)})
		}
	}
}

func sds1EnrollmentRow(as string) func(*reading, *record) {
	return func(r *reading, rec *record) {
		c, ok1 := find(rec, &r.classes, 0, rec.cell(0))
		u, ok2 := find(rec, &r.users, 1, rec.cell(1))
		if ok1 && ok2 {
			r.links.add("", link{user: u, org: -1, class: c, terms: r.terms.number(Terms{Role: as}), at: rec.place(0)})
		}
	}
}
