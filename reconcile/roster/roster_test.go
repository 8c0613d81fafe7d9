package roster_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"github.com/lupa-dev/lupa/reconcile/calendar"
	"github.com/lupa-dev/lupa/reconcile/roster"
	"github.com/lupa-dev/lupa/schema/source"
)

// bundle11 and bundle12 say the same in OneRoster 1.1 and 1.2 (T110).
var bundle11 = map[string]string{
	"orgs.csv": `sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId
M,,,Mallila,district,,
S1,,,Testilän koulu,school,01234,M
S2,,,"Haukilampi, koulu",school,,M
S2-d,,,Kielet,department,,S2
`,
	"classes.csv": `sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods
9A,,,9 A,"9",k,,homeroom,,S1,sy,,,
RUO,,,Ruotsi,"9",k,,scheduled,,S1,sy,,,
`,
	"users.csv": `sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,givenName,familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades,password
T-1,,,true,"S1,S2",teacher,aino,"{LDAP:aino},{Fed:aino@example.test}",Aino,Aalto,,,aino@example.test,040,041,,,salainen
T-2,,,true,S2-d,teacher,b,,Bo,Berg,,,,,,,,
R-1,,,true,S1,administrator,c,,Cia,Ceder,,,,,,,,
O-1,,,true,S1,student,d,,Didi,D,,,,,,"V-1,V-2",9,
V-1,,,true,S1,parent,e,,E,E,,,,,,,,
V-2,,,true,S1,guardian,f,,F,F,,,,,,,,
X-1,,,false,S1,teacher,g,,G,G,,,,,,,,
`,
	"enrollments.csv": `sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate
e1,,,9A,S1,O-1,student,,2025-08-01,2026-06-01
e2,,,RUO,S1,T-1,teacher,true,,
`,
}

var bundle12 = map[string]string{
	"orgs.csv":    bundle11["orgs.csv"],
	"classes.csv": bundle11["classes.csv"],
	"users.csv": `sourcedId,status,dateLastModified,enabledUser,username,userIds,givenName,familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades,password,userMasterIdentifier,resourceSourcedIds,preferredGivenName,preferredMiddleName,preferredFamilyName,primaryOrgSourcedId,pronouns
T-1,,,true,aino,"{LDAP:aino},{Fed:aino@example.test}",Aino,Aalto,,,aino@example.test,040,041,,,salainen,,,,,,,
T-2,,,true,b,,Bo,Berg,,,,,,,,,,,,,,,
R-1,,,true,c,,Cia,Ceder,,,,,,,,,,,,,,,
O-1,,,true,d,,Didi,D,,,,,,"V-1,V-2",9,,,,,,,,
V-1,,,true,e,,E,E,,,,,,,,,,,,,,,
V-2,,,true,f,,F,F,,,,,,,,,,,,,,,
X-1,,,false,g,,G,G,,,,,,,,,,,,,,,
`,
	"roles.csv": `sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId,userProfileSourcedId
r1,,,T-1,secondary,teacher,,,S2,
r2,,,T-1,primary,teacher,,,S1,
r3,,,T-2,primary,teacher,,,S2-d,
r4,,,R-1,primary,principal,,,S1,
r5,,,O-1,primary,student,,,S1,
r6,,,V-1,primary,parent,,,S1,
r7,,,V-2,primary,guardian,,,S1,
r8,,,X-1,primary,teacher,,,S1,
`,
	"enrollments.csv": bundle11["enrollments.csv"],
	"userProfiles.csv": `sourcedId,status,dateLastModified,userSourcedId,profileType,vendorId,applicationId,description,credentialType,username,password
p1,,,T-1,x,y,,,password,aino,salainen
`,
}

// with is a bundle with some files changed; "" removes one.
func with(bundle map[string]string, changes ...string) map[string]string {
	out := maps.Clone(bundle)
	for i := 0; i+1 < len(changes); i += 2 {
		if out[changes[i]] = changes[i+1]; changes[i+1] == "" {
			delete(out, changes[i])
		}
	}
	return out
}

// replaced is a bundle with a text in a file replaced.
func replaced(t *testing.T, bundle map[string]string, file, old, new string) map[string]string {
	t.Helper()
	if !strings.Contains(bundle[file], old) {
		t.Fatalf("%s holds no %q", file, old)
	}
	return with(bundle, file, strings.Replace(bundle[file], old, new, 1))
}

func directory(dir string, files map[string]string) fstest.MapFS {
	fsys := make(fstest.MapFS)
	for name, text := range files {
		fsys[dir+"/"+name] = &fstest.MapFile{Data: []byte(text), Mode: 0o644}
	}
	return fsys
}

func zipped(t testing.TB, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(files[name])); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func read(t *testing.T, files map[string]string) *roster.Roster {
	t.Helper()
	r, err := roster.Read(directory("r", files), roster.Source{Path: "r"})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// told is a roster on a day in words, without places.
func told(t *testing.T, r *roster.Roster, day string) []string {
	t.Helper()
	for _, p := range r.Problems {
		t.Errorf("%v %s %q", p.Pos, p.Key(), p.Args)
	}
	at, err := calendar.ParseDay(day)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	say := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	for _, s := range r.Schools {
		say("school %s %q %s", s.Key, s.Title, s.Code)
	}
	for _, c := range r.Classes {
		say("class %s %q of %s", c.Key, c.Title, r.Schools[c.School].Key)
	}
	for _, p := range r.People {
		if len(p.Memberships) == 0 {
			continue // disabled, or to be deleted: nobody
		}
		on := p.On(at)
		kind := roster.Kind(on)
		line := fmt.Sprintf("%s %s at", kind, p.Key)
		for _, s := range r.SchoolsOf(kind, on) {
			line += " " + r.Schools[s].Key
		}
		for _, m := range on {
			if m.Class >= 0 {
				line += fmt.Sprintf(" in %s as %s", r.Classes[m.Class].Key, m.Role)
			}
		}
		for _, c := range p.Children {
			line += " of " + r.People[c].Key
		}
		lines = append(lines, line)
	}
	return lines
}

var meant = []string{
	`school S1 "Testilän koulu" 01234`,
	`school S2 "Haukilampi, koulu" `,
	`class 9A "9 A" of S1`,
	`teacher T-1 at S1 S2`,
	`teacher T-2 at S2`,
	`staff R-1 at S1`,
	`student O-1 at S1 in 9A as student`,
	`guardian V-1 at S1 of O-1`,
	`guardian V-2 at S1 of O-1`,
}

// TestOneRoster (T110): both versions, as a directory and as a zip, mean the
// same people at the same schools.
func TestOneRoster(t *testing.T) {
	for want, files := range map[string]map[string]string{"OneRoster 1.1": bundle11, "OneRoster 1.2": bundle12} {
		r := read(t, files)
		if r.Format != want {
			t.Errorf("got %s, want %s", r.Format, want)
		}
		if diff := cmp.Diff(meant, told(t, r, "2026-03-01")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", want, diff)
		}
		fsys := fstest.MapFS{"x/roster.zip": {Data: zipped(t, files), Mode: 0o644}}
		r, err := roster.Read(fsys, roster.Source{Path: "x/roster.zip"})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(meant, told(t, r, "2026-03-01")); diff != "" {
			t.Errorf("%s, zipped (-want +got):\n%s", want, diff)
		}
	}
}

// TestTraps are the ways in which exports differ and mean the same (4.1).
func TestTraps(t *testing.T) {
	reordered := func(file string) string { // columns from right to left
		var out strings.Builder
		for line := range strings.Lines(bundle12[file]) {
			cells := strings.Split(strings.TrimSuffix(line, "\n"), ",")
			slices.Reverse(cells)
			out.WriteString(strings.Join(cells, ",") + "\n")
		}
		return out.String()
	}
	widened := func(file, header, cell string) string { // a column more
		var out strings.Builder
		for i, line := range strings.Split(strings.TrimSuffix(bundle11[file], "\n"), "\n") {
			more := cell
			if i == 0 {
				more = header
			}
			out.WriteString(line + "," + more + "\n")
		}
		return out.String()
	}
	crlf := maps.Clone(bundle11)
	for name, text := range crlf {
		crlf[name] = strings.ReplaceAll(text, "\n", "\r\n")
	}
	for name, files := range map[string]map[string]string{
		"a byte order mark":               with(bundle11, "users.csv", "\ufeff"+bundle11["users.csv"]),
		"CRLF":                            crlf,
		"no line end at the end":          with(bundle11, "orgs.csv", strings.TrimSuffix(bundle11["orgs.csv"], "\n")),
		"columns in another order":        with(bundle12, "roles.csv", reordered("roles.csv")),
		"a metadata column":               with(bundle11, "users.csv", widened("users.csv", "metadata.sotu", "1")),
		"rows that say active":            replaced(t, bundle11, "users.csv", "T-1,,", "T-1,active,2026-01-01T00:00:00Z"),
		"rows to be deleted":              with(bundle11, "users.csv", bundle11["users.csv"]+"Y-1,tobedeleted,2026-01-01,true,S1,teacher,g,,G,G,,,,,,,,\n"),
		"a file in capitals":              with(bundle11, "orgs.csv", "", "Orgs.CSV", bundle11["orgs.csv"]),
		"a manifest":                      with(bundle11, "manifest.csv", "propertyName,value\nmanifest.version,1.0\noneroster.version,1.1\nfile.orgs,bulk\nfile.users,bulk\nfile.demographics,absent\n"),
		"other files, whatever they hold": with(bundle11, "demographics.csv", "\xff\xfe\x00", "readme.txt", "x"),
		"a blank row":                     with(bundle11, "orgs.csv", bundle11["orgs.csv"]+"\n"),
		"an agent who is not there":       replaced(t, bundle11, "users.csv", `"V-1,V-2"`, `"V-1,V-2,V-3"`),
		"a parent who names the child":    replaced(t, with(bundle11, "users.csv", strings.Replace(bundle11["users.csv"], `"V-1,V-2"`, "V-1", 1)), "users.csv", "F,F,,,,,,,,", "F,F,,,,,,O-1,,"),
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(meant, told(t, read(t, files), "2026-03-01")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestEndDatesAreExclusive: on the day of endDate an enrollment holds no more.
func TestEndDatesAreExclusive(t *testing.T) {
	files := replaced(t, bundle12, "roles.csv", "r1,,,T-1,secondary,teacher,,", "r1,,,T-1,secondary,teacher,2026-01-01,2026-02-01")
	for day, want := range map[string][2]string{
		"2025-07-31": {"teacher T-1 at S1", "student O-1 at S1"},
		"2025-08-01": {"teacher T-1 at S1", "student O-1 at S1 in 9A as student"},
		"2025-12-31": {"teacher T-1 at S1", "student O-1 at S1 in 9A as student"},
		"2026-01-01": {"teacher T-1 at S1 S2", "student O-1 at S1 in 9A as student"},
		"2026-01-31": {"teacher T-1 at S1 S2", "student O-1 at S1 in 9A as student"},
		"2026-02-01": {"teacher T-1 at S1", "student O-1 at S1 in 9A as student"},
		"2026-05-31": {"teacher T-1 at S1", "student O-1 at S1 in 9A as student"},
		"2026-06-01": {"teacher T-1 at S1", "student O-1 at S1"},
	} {
		lines := told(t, read(t, files), day)
		if got := [2]string{lines[3], lines[6]}; got != want {
			t.Errorf("%s: got %q, want %q", day, got, want)
		}
	}
}

// TestCaseOfIds: ids that differ in case alone are two.
func TestCaseOfIds(t *testing.T) {
	files := with(bundle11, "users.csv", bundle11["users.csv"]+"t-1,,,true,S2,teacher,h,,H,H,,,,,,,,\n")
	lines := told(t, read(t, files), "2026-03-01")
	if !slices.Contains(lines, "teacher t-1 at S2") || !slices.Contains(lines, "teacher T-1 at S1 S2") {
		t.Errorf("got %q", lines)
	}
}

// TestDeltas: changes are applied to a bulk, one after the other.
func TestDeltas(t *testing.T) {
	fsys := directory("bulk", bundle12)
	maps.Copy(fsys, directory("d1", map[string]string{
		"manifest.csv": "propertyName,value\noneroster.version,1.2\nfile.users,delta\nfile.roles,delta\nfile.enrollments,delta\n",
		"users.csv": `sourcedId,status,dateLastModified,enabledUser,username,agentSourcedIds
O-1,active,2026-02-01,true,d,V-2
T-2,tobedeleted,2026-02-01,true,b,
N-1,active,2026-02-01,true,n,
`,
		"roles.csv": `sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId
r1,tobedeleted,2026-02-01,,,,,,
r4,active,2026-02-01,R-1,primary,teacher,,,S2
n1,active,2026-02-01,N-1,primary,teacher,,,S1
`,
		"enrollments.csv": `sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role
e1,tobedeleted,2026-02-01,,,,
`,
	}))
	maps.Copy(fsys, directory("d2", map[string]string{
		"users.csv": "sourcedId,status,dateLastModified,enabledUser,username\nN-1,tobedeleted,2026-02-02,true,n\n",
	}))
	r, err := roster.Read(fsys, roster.Source{Path: "bulk", Deltas: []string{"d1", "d2"}})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		`school S1 "Testilän koulu" 01234`,
		`school S2 "Haukilampi, koulu" `,
		`class 9A "9 A" of S1`,
		`teacher T-1 at S1`,
		`teacher R-1 at S2`,
		`student O-1 at S1`,
		`guardian V-1 at S1`,
		`guardian V-2 at S1 of O-1`,
	}
	if diff := cmp.Diff(want, told(t, r, "2026-03-01")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	// Of OneRoster 1.1, whose users say all of themselves in one row, a later
	// row takes the place of the first.
	fsys = directory("bulk", bundle11)
	maps.Copy(fsys, directory("d1", map[string]string{"users.csv": `sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,agentSourcedIds
T-1,active,2026-02-01,true,S2,aide,aino,
O-1,active,2026-02-01,true,S1,student,d,
`, "enrollments.csv": `sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role
e2,tobedeleted,2026-02-01,,,,
e3,active,2026-02-01,9A,S1,T-2,teacher
e1,active,2026-02-01,9A,S1,O-1,student
`}))
	if r, err = roster.Read(fsys, roster.Source{Path: "bulk", Deltas: []string{"d1"}}); err != nil {
		t.Fatal(err)
	}
	lines := told(t, r, "2026-03-01")
	for _, want := range []string{"staff T-1 at S2", "teacher T-2 at S2 in 9A as teacher", "student O-1 at S1 in 9A as student", "guardian V-1 at S1"} {
		if !slices.Contains(lines, want) {
			t.Errorf("no %q in %q", want, lines)
		}
	}
}

// TestDeltaOfEnrollments: a row finds the row that it changes, and no other.
func TestDeltaOfEnrollments(t *testing.T) {
	fsys := directory("bulk", bundle11)
	maps.Copy(fsys, directory("d1", map[string]string{"enrollments.csv": `sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role
e2,tobedeleted,2026-02-01,,,,
e1,active,2026-02-01,9A,S1,T-2,teacher
`}))
	r, err := roster.Read(fsys, roster.Source{Path: "bulk", Deltas: []string{"d1"}})
	if err != nil {
		t.Fatal(err)
	}
	want := slices.Clone(meant)
	want[4], want[6] = "teacher T-2 at S2 in 9A as teacher", "student O-1 at S1"
	if diff := cmp.Diff(want, told(t, r, "2026-03-01")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestRolesOfOnesOwn: lupa.yaml may say what kind of card a role makes.
func TestRolesOfOnesOwn(t *testing.T) {
	files := replaced(t, bundle12, "roles.csv", "primary,principal", "primary,ext:ohjaaja")
	r, err := roster.Read(directory("r", files), roster.Source{Path: "r", Roles: map[string]string{"ext:ohjaaja": "staff"}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(meant, told(t, r, "2026-03-01")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestProblems: what is wrong is told with file, row and column, all at once,
// and nothing of a person's other columns is among the words.
func TestProblems(t *testing.T) {
	wrong := func(file, old, new string) map[string]string { return replaced(t, bundle12, file, old, new) }
	row := func(file, text string) map[string]string { return with(bundle12, file, bundle12[file]+text+"\n") }
	manifest := func(lines string) map[string]string {
		return with(bundle12, "manifest.csv", "propertyName,value\n"+lines)
	}
	for name, c := range map[string]struct {
		files map[string]string
		want  []string
	}{
		"a file missing":                 {with(bundle12, "users.csv", ""), []string{`r:0:0 C01.unknown []`}},
		"roles missing":                  {with(bundle12, "roles.csv", ""), []string{`r:0:0 C01.file ["roles.csv" "OneRoster 1.2"]`}},
		"nothing at all":                 {map[string]string{"x": ""}, []string{`r:0:0 C01.unknown []`}},
		"no rows":                        {with(bundle12, "roles.csv", "sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId\n"), []string{`r/roles.csv:0:0 C01.empty []`}},
		"an empty file":                  {with(bundle12, "classes.csv", ""), nil},
		"a header in another case":       {wrong("users.csv", "sourcedId,", "SourcedId,"), []string{`r/users.csv:1:1 C04.unknown ["SourcedId"] → sourcedId`}},
		"an optional column misspelt":    {wrong("enrollments.csv", ",endDate", ",endDat"), []string{`r/enrollments.csv:1:103 C04.unknown ["endDat"] → endDate`}},
		"a column missing":               {wrong("roles.csv", "userSourcedId", "x"), []string{`r/roles.csv:1:1 C04.missing ["userSourcedId"]`}},
		"semicolons":                     {with(bundle12, "orgs.csv", strings.ReplaceAll(bundle12["orgs.csv"], ",", ";")), []string{`r/orgs.csv:1:1 C04.separator [";"]`}},
		"a column twice":                 {wrong("roles.csv", "beginDate", "role"), []string{`r/roles.csv:1:63 C04.twice ["role"]`}},
		"a role in another case":         {wrong("roles.csv", "primary,principal", "primary,Principal"), []string{`r/roles.csv:5:18 C05.role ["role" "Principal"] → principal`}},
		"a role nobody knows":            {wrong("roles.csv", "primary,principal", "primary,ext:ohjaaja"), []string{`r/roles.csv:5:18 C05.role ["role" "ext:ohjaaja"]`}},
		"a type of role":                 {wrong("roles.csv", "r1,,,T-1,secondary", "r1,,,T-1,first"), []string{`r/roles.csv:2:10 C05.enumother ["roleType" "primary, secondary"]`}},
		"a type of organisation":         {wrong("orgs.csv", "koulu\",school", "koulu\",School"), []string{`r/orgs.csv:4:26 C05.enum ["type" "School" "department, school, district, local, state, national"] → school`}},
		"a type of class":                {wrong("classes.csv", "homeroom", "Homeroom"), []string{`r/classes.csv:2:17 C05.enum ["classType" "Homeroom" "homeroom, scheduled"] → homeroom`}},
		"a role in a class":              {wrong("enrollments.csv", "T-1,teacher", "T-1,Teacher"), []string{`r/enrollments.csv:3:17 C05.enum ["role" "Teacher" "administrator, proctor, student, teacher"] → teacher`}},
		"yes for true":                   {wrong("users.csv", "X-1,,,false", "X-1,,,no"), []string{`r/users.csv:8:7 C05.enumother ["enabledUser" "true, false"]`}},
		"a day":                          {wrong("enrollments.csv", "2026-06-01", "1.6.2026"), []string{`r/enrollments.csv:2:36 C05.day ["endDate"]`}},
		"an end before the beginning":    {wrong("enrollments.csv", "2026-06-01", "2025-08-01"), []string{`r/enrollments.csv:2:36 C05.span ["endDate" "2025-08-01" "2025-08-01"]`}},
		"an id that is empty":            {wrong("users.csv", "T-2,", ","), []string{`r/roles.csv:4:6 C06 ["userSourcedId" "T-2"]`, `r/users.csv:3:1 C05.empty ["sourcedId"]`}},
		"an id that is too long":         {row("users.csv", strings.Repeat("Ä", 22)+",,,true,z,,,,,,,,,,,,,,,,,,"), []string{`r/users.csv:9:1 C05.long ["sourcedId" "128"]`}},
		"an id twice":                    {row("users.csv", "T-1,,,true,z,,,,,,,,,,,,,,,,,,"), []string{`r/users.csv:9:1 C07 ["sourcedId" "2"]`}},
		"a role twice":                   {row("roles.csv", "r1,,,T-2,primary,teacher,,,S1,"), []string{`r/roles.csv:10:1 C07 ["sourcedId" "2"]`}},
		"an enrollment twice":            {row("enrollments.csv", "e2,,,9A,S1,T-1,teacher,,,"), []string{`r/enrollments.csv:4:1 C07 ["sourcedId" "3"]`}},
		"an id with blanks":              {row("users.csv", " T-9,,,true,z,,,,,,,,,,,,,,,,,,"), []string{`r/users.csv:9:1 C05.blank ["sourcedId"]`}},
		"an id nobody can see":           {row("users.csv", "T\u200b-9,,,true,z,,,,,,,,,,,,,,,,,,"), []string{`r/users.csv:9:1 C05.blank ["sourcedId"]`}},
		"a parent nobody knows":          {wrong("orgs.csv", "Kielet,department,,S2", "Kielet,department,,S9"), []string{`r/orgs.csv:5:1 C06 ["parentSourcedId" "S9"]`}},
		"an enrollment at no school":     {row("enrollments.csv", "e9,,,9A,S9,T-1,teacher,,,"), []string{`r/enrollments.csv:4:9 C06 ["schoolSourcedId" "S9"]`}},
		"no header, but a person":        {with(bundle12, "users.csv", "Aino,Aino,aino@example.test,aino@example.test\n"), []string{`r/users.csv:1:1 C04.missing ["enabledUser"]`, `r/users.csv:1:1 C04.missing ["sourcedId"]`}},
		"every row says when it changed": {with(bundle12, "users.csv", strings.NewReplacer(",,,true", ",active,2026-01-01T00:00:00Z,true", ",,,false", ",active,2026-01-01T00:00:00Z,false").Replace(bundle12["users.csv"])), []string{`r/users.csv:0:0 C09.dated ["users.csv"]`}},
		"a user nobody knows":            {row("roles.csv", "r9,,,T-9,primary,teacher,,,S1,"), []string{`r/roles.csv:10:6 C06 ["userSourcedId" "T-9"]`}},
		"an organisation nobody knows":   {row("roles.csv", "r9,,,T-1,primary,teacher,,,S9,"), []string{`r/roles.csv:10:28 C06 ["orgSourcedId" "S9"]`}},
		"a class nobody knows":           {row("enrollments.csv", "e9,,,8A,S1,T-1,teacher,,,"), []string{`r/enrollments.csv:4:6 C06 ["classSourcedId" "8A"]`}},
		"a class of no school":           {row("classes.csv", "8A,,,8 A,8,k,,homeroom,,S9,sy,,,"), []string{`r/classes.csv:4:25 C06 ["schoolSourcedId" "S9"]`}},
		"userIds without quotes":         {wrong("users.csv", `"{LDAP:aino},{Fed:aino@example.test}"`, `{LDAP:aino},{Fed:aino@example.test}`), []string{`r/users.csv:2:109 C03.count ["24" "23"]`}},
		"a row too short":                {row("roles.csv", "r9,,,T-1"), []string{`r/roles.csv:10:6 C03.count ["4" "10"]`}},
		"a quote inside a value":         {wrong("orgs.csv", "Kielet", `Ki"elet`), []string{`r/orgs.csv:5:10 C03.quote []`}},
		"a quote that stays open":        {wrong("orgs.csv", `"Haukilampi, koulu"`, `"Haukilampi, koulu`), []string{`r/orgs.csv:4:1 C03.open []`}},
		"Latin-1":                        {wrong("orgs.csv", "Testilän", "Testil\xe4n"), []string{`r/orgs.csv:3:12 C02.utf8 []`}},
		"two exports":                    {with(bundle12, "School.csv", "SIS ID,Name\n1,K\n", "Student.csv", "SIS ID,School SIS ID\n2,1\n"), []string{`r:0:0 C01.both []`}},
		"UTF-16":                         {with(bundle12, "orgs.csv", asUTF16(bundle12["orgs.csv"])), []string{`r/orgs.csv:1:1 C02.utf16 []`}},
		"a zero byte":                    {wrong("orgs.csv", "Kielet", "Kie\x00let"), []string{`r/orgs.csv:5:11 C02.control []`}},
		"a carriage return in a value":   {wrong("orgs.csv", `"Haukilampi, koulu"`, "\"Haukilampi,\r\n koulu\""), []string{`r/orgs.csv:4:18 C02.return []`}},
		"a carriage return alone":        {wrong("orgs.csv", "Kielet", "Kie\rlet"), []string{`r/orgs.csv:5:11 C02.return []`}},
		"a row without end":              {wrong("orgs.csv", "Kielet", `"`+strings.Repeat("x", 1<<20)), []string{`r/orgs.csv:5:1048577 C02.row ["1 MiB"]`}},
		"a delta in place of the whole":  {manifest("oneroster.version,1.2\nfile.users,delta\n"), []string{`r/users.csv:0:0 C09.delta ["users.csv"]`}},
		"another version":                {manifest("oneroster.version,2.0\n"), []string{`r/manifest.csv:2:19 C05.enumother ["value" "1.1, 1.2"]`}},
		"a mode nobody knows":            {manifest("file.users,Bulk\n"), []string{`r/manifest.csv:2:12 C05.enum ["value" "Bulk" "absent, bulk, delta"] → bulk`}},
		"a file said to be absent":       {manifest("oneroster.version,1.2\nfile.roles,absent\n"), []string{`r/roles.csv:0:0 C01.absent ["roles.csv"]`}},
		"a file said to be there":        {with(manifest("oneroster.version,1.2\nfile.classes,bulk\nfile.enrollments,absent\n"), "classes.csv", "", "enrollments.csv", ""), []string{`r:0:0 C01.file ["classes.csv" "OneRoster 1.2"]`}},
		"two of one name":                {with(bundle12, "ORGS.csv", "x"), []string{`r:0:0 C08.twice ["orgs.csv"]`}},
		"several at once": {with(bundle12, "roles.csv", bundle12["roles.csv"]+"r9,x,,T-9,p,q,z,z,S9,\n"), []string{
			`r/roles.csv:10:11 C05.enumother ["roleType" "primary, secondary"]`,
			`r/roles.csv:10:13 C05.roleother ["role"]`, `r/roles.csv:10:15 C05.day ["beginDate"]`, `r/roles.csv:10:17 C05.day ["endDate"]`, `r/roles.csv:10:19 C06 ["orgSourcedId" "S9"]`,
			`r/roles.csv:10:4 C05.enumother ["status" "active, tobedeleted"]`, `r/roles.csv:10:7 C06 ["userSourcedId" "T-9"]`,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			r := read(t, c.files)
			var got []string
			for _, p := range r.Problems {
				line := fmt.Sprintf("%s:%d:%d %s %q", p.Pos[0].File, p.Pos[0].Line, p.Pos[0].Col, p.Key(), p.Args)
				if p.Suggest != "" {
					line += " → " + p.Suggest
				}
				got = append(got, line)
			}
			slices.Sort(got)
			if name == "an empty file" { // not among the files: a bundle without classes
				if len(got) != 2 {
					t.Errorf("got %q", got)
				}
				return
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestUnreadableUsers: where nobody can tell the format, as the columns of the users
// cannot be read, that is all that is said.
func TestUnreadableUsers(t *testing.T) {
	bundle := map[string]string{
		"orgs.csv":        "sourcedId,name,type\n1,K,school\n",
		"users.csv":       "sourcedId,orgSourcedIds,role\nu,1,teacher\n",
		"classes.csv":     "sourcedId,orgSourcedId,title\nc,1,C\n",
		"enrollments.csv": "classSourcedId,userSourcedId,role\nc,u,teacher\n",
	}
	if r := read(t, bundle); r.Format != "SDS v2" || len(r.Problems) > 0 {
		t.Fatalf("%s: %+v", r.Format, r.Problems)
	}
	for text, want := range map[string]string{
		"": "C01.empty", asUTF16(bundle["users.csv"]): "C02.utf16", strings.ReplaceAll(bundle["users.csv"], ",", ";"): "C04.separator",
		"id,role2\nu,teacher\n": "C04.missing",
	} {
		files := maps.Clone(bundle)
		files["users.csv"] = text
		r, err := roster.Read(directory("r", files), roster.Source{Path: "r"})
		if err != nil || len(r.Problems) != 1 || r.Problems[0].Key() != want {
			t.Errorf("%.20q: %v, %+v; want %s", text, err, r, want)
		}
	}
}

func asUTF16(text string) string {
	out := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(text)) {
		out = append(out, byte(u), byte(u>>8))
	}
	return string(out)
}

// TestNothingElseIsRead: names, addresses and passwords never leave the file.
func TestNothingElseIsRead(t *testing.T) {
	for _, files := range []map[string]string{bundle11, bundle12} {
		data, err := json.Marshal(read(t, files))
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{"salainen", "aino", "Aino", "Aalto", "040", "041", "LDAP", "Berg"} {
			if bytes.Contains(data, []byte(secret)) {
				t.Errorf("%s was read", secret)
			}
		}
	}
}

// TestZips: what no student register makes is refused.
func TestZips(t *testing.T) {
	entry := func(h zip.FileHeader, text string) []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		w, err := z.CreateHeader(&h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	good := zipped(t, bundle12)
	link := zip.FileHeader{Name: "orgs.csv"}
	link.SetMode(fs.ModeSymlink | 0o777)
	many := make(map[string]string)
	for i := range 1001 {
		many[fmt.Sprintf("f%d.csv", i)] = ""
	}
	flipped := bytes.Clone(good)
	at := bytes.Index(flipped, []byte("orgs.csv")) + len("orgs.csv") + 20
	flipped[at] ^= 0xff
	understated := entry(zip.FileHeader{Name: "orgs.csv", Method: zip.Deflate}, strings.Repeat("a,b\n", 1<<20))
	copy(understated[len(understated)-22-len("orgs.csv")-46+24:], []byte{16, 0, 0, 0}) // the size in the directory
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"out of the zip":           {zipped(t, map[string]string{"../orgs.csv": "x"}), "C08.outside"},
		"an absolute path":         {zipped(t, map[string]string{"/etc/orgs.csv": "x"}), "C08.outside"},
		"a path of Windows":        {zipped(t, map[string]string{`..\orgs.csv`: "x"}), "C08.outside"},
		"a drive of Windows":       {zipped(t, map[string]string{`C:\orgs.csv`: "x"}), "C08.outside"},
		"a folder":                 {zipped(t, map[string]string{"export/orgs.csv": "x"}), "C08.folder"},
		"a link":                   {entry(link, "/etc/passwd"), "C08.irregular"},
		"encrypted":                {entry(zip.FileHeader{Name: "orgs.csv", Flags: 1}, "x"), "C08.locked"},
		"a bomb":                   {entry(zip.FileHeader{Name: "orgs.csv", Method: zip.Deflate}, strings.Repeat("\x00", 100<<20)), "C08.bomb"},
		"a bomb that says nothing": {understated, "C08.damaged"},
		"too many":                 {zipped(t, many), "C08.entries"},
		"two of one name":          {zipped(t, map[string]string{"orgs.csv": "x", "Orgs.csv": "x"}), "C08.twice"},
		"no zip":                   {[]byte("PK\x03\x04 not really"), "C08.damaged"},
		"a byte changed":           {flipped, "C08.damaged"},
		"cut short":                {good[:len(good)/2], "C08.damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := roster.Read(fstest.MapFS{"r.zip": {Data: c.data, Mode: 0o644}}, roster.Source{Path: "r.zip"})
			if err != nil {
				t.Fatal(err)
			}
			if len(r.Problems) == 0 {
				t.Fatalf("read: %d people", len(r.People))
			}
			if got := r.Problems[0].Key(); got != c.want && !(c.want == "C08.damaged" && strings.HasPrefix(got, "C0")) {
				t.Errorf("got %s %q, want %s", got, r.Problems[0].Args, c.want)
			}
		})
	}
	r, err := roster.Read(fstest.MapFS{"r.zip": {Data: zipped(t, with(bundle12, "__MACOSX/._orgs.csv", "x", "readme.txt", "x")), Mode: 0o644}}, roster.Source{Path: "r.zip"})
	if err != nil || len(r.Problems) > 0 {
		t.Errorf("what macOS adds to a zip: %v %v", err, r.Problems)
	}
}

// TestPlaces: where a roster cannot lie.
func TestPlaces(t *testing.T) {
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	outside := t.TempDir()
	for _, err := range []error{
		os.Mkdir(filepath.Join(dir, "linked"), 0o755), os.WriteFile(filepath.Join(dir, "x.csv"), []byte("x"), 0o644),
		os.WriteFile(filepath.Join(outside, "orgs.csv"), []byte("x"), 0o644),
		os.Symlink(filepath.Join(outside, "orgs.csv"), filepath.Join(dir, "linked", "orgs.csv")),
		os.Symlink(outside, filepath.Join(dir, "out")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for path, want := range map[string]string{
		"../r": "C01.outside", "/etc": "C01.outside", "none": "C01.missing", "x.csv": "C01.kind",
		"out": "C01.outside", "linked": "C01.irregular",
	} {
		r, err := roster.Read(root.FS(), roster.Source{Path: path})
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		if len(r.Problems) == 0 || r.Problems[0].Key() != want {
			t.Errorf("%s: got %v, want %s", path, r.Problems, want)
		}
	}
}

func testdata(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("LUPA_TESTDATA")
	if dir == "" {
		t.Skip("skipped: LUPA_TESTDATA names no directory of real data")
	}
	return dir
}

// TestSDS loads Microsoft's samples, and counts what is in them by other means.
func TestSDS(t *testing.T) {
	dir := testdata(t)
	for name, c := range map[string]struct {
		format, day string
		kinds       map[string]int
		says        []string
	}{
		"SDS_Format-100_Users": {"SDS v1", "2026-11-22", map[string]int{"student": lines(t, dir, "SDS_Format-100_Users/Student.csv"), "teacher": lines(t, dir, "SDS_Format-100_Users/Teacher.csv")},
			[]string{`school 10001 "Contoso High School" `, `class 11001 "Math - Algebra 1" of 10001`}},
		"SDS_v2": {"SDS v2", "2026-11-22", map[string]int{"student": 22, "teacher": 5, "staff": 2},
			[]string{`school 10001 "Contoso Middle School" `, `teacher 14011 at 10003 in 11003 as professor`, `staff 14008 at 10002 in 11002 as staff`, `student 13022 at 10003 in 11004 as student`}},
		"SDS_v2.1": {"SDS v2.1", "2021-10-01", map[string]int{"student": 4, "teacher": 2, "guardian": 2},
			[]string{`school 110001 "College of Engineering" `, `teacher 114006 at 110001 in 112001 as professor`, `teacher 114007 at 110003 in 112002 as teacher`, `guardian 114002 at of 114001 of 114003`, `guardian 114005 at of 114004`}},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := roster.Read(os.DirFS(filepath.Join(dir, "schools", "sds")), roster.Source{Path: name})
			if err != nil {
				t.Fatal(err)
			}
			if r.Format != c.format {
				t.Errorf("got %s, want %s", r.Format, c.format)
			}
			all := told(t, r, c.day)
			kinds := make(map[string]int)
			for _, line := range all {
				if kind, _, _ := strings.Cut(line, " "); slices.Contains(roster.Kinds, kind) {
					kinds[kind]++
				}
			}
			if diff := cmp.Diff(c.kinds, kinds); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			for _, want := range c.says {
				if !slices.Contains(all, want) {
					t.Errorf("no %q in\n%s", want, strings.Join(all, "\n"))
				}
			}
		})
	}
}

// lines counts the rows of a file, without its header.
func lines(t *testing.T, dir, file string) int {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "schools", "sds", file))
	if err != nil {
		t.Fatal(err)
	}
	return len(strings.Split(strings.TrimSpace(string(data)), "\n")) - 1
}

// TestCSV holds real cases of CSV against what they mean. Each stands in the
// place of orgs.csv: what must be refused is refused for its form, before a
// missing column can be told.
func TestCSV(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(testdata(t), "bad", "csv-cases.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(data)) {
		var c struct {
			Name string
			CSV  string
			Rows json.RawMessage
		}
		if err := json.Unmarshal([]byte(line), &c); err != nil {
			t.Fatal(err)
		}
		n++
		r := read(t, with(bundle12, "orgs.csv", c.CSV))
		form := slices.ContainsFunc(r.Problems, func(p source.Problem) bool { return formal.MatchString(p.Code) && p.Pos[0].File == "r/orgs.csv" })
		if refused := string(c.Rows) == "null"; refused && len(r.Problems) == 0 {
			t.Errorf("%s: read, though it must be refused", c.Name)
		} else if !refused && form {
			t.Errorf("%s: refused for its form: %v", c.Name, r.Problems)
		}
	}
	if n != 37 {
		t.Errorf("%d cases", n)
	}
}

var formal = regexp.MustCompile(`^C0[23]$`)

// TestOrderOfRows: rows come in no order, so they say the same in every one.
func TestOrderOfRows(t *testing.T) {
	upside := func(file string) string {
		lines := strings.Split(strings.TrimSuffix(bundle12[file], "\n"), "\n")
		slices.Reverse(lines[1:])
		return strings.Join(lines, "\n") + "\n"
	}
	more := "r9,,,R-1,secondary,aide,,,S2,\nr10,,,R-1,secondary,principal,,,S2,\n"
	files := with(bundle12, "roles.csv", bundle12["roles.csv"]+more)
	turned := with(bundle12, "roles.csv", upside("roles.csv")+more, "enrollments.csv", upside("enrollments.csv"))
	if diff := cmp.Diff(told(t, read(t, files), "2026-03-01"), told(t, read(t, turned), "2026-03-01")); diff != "" {
		t.Errorf("(-as exported +turned):\n%s", diff)
	}
}

// TestWhoIsWhat: a card has the schools of its own kind of role, and what somebody
// is above all schools makes no card.
func TestWhoIsWhat(t *testing.T) {
	deep := "d0,,,Jaos,department,,S2\n"
	for i := range 50 {
		deep += fmt.Sprintf("d%d,,,Jaos,department,,d%d\n", i+1, i)
	}
	deep += "c1,,,Kehä,department,,c2\nc2,,,Kehä,department,,c1\n"
	files := with(bundle12, "orgs.csv", bundle12["orgs.csv"]+deep, "users.csv", strings.ReplaceAll(bundle12["users.csv"], "V-1,V-2", "V-1,V-2,T-2"),
		"roles.csv", `sourcedId,userSourcedId,roleType,role,orgSourcedId
r1,T-1,primary,teacher,S1
r2,T-1,secondary,guardian,S2
r3,T-1,secondary,student,S2
r4,T-2,primary,teacher,M
r5,T-2,primary,parent,S1
r6,R-1,primary,teacher,d50
r7,O-1,primary,student,S1
r8,V-1,primary,teacher,c1
`)
	lines := told(t, read(t, files), "2026-03-01")
	for _, want := range []string{"teacher T-1 at S1", "guardian T-2 at S1 of O-1", "teacher R-1 at S2", " V-1 at"} {
		if !slices.Contains(lines, want) {
			t.Errorf("no %q in\n%s", want, strings.Join(lines, "\n"))
		}
	}
}

// TestRelationships: SDS lists whom to call, and not all of them are guardians.
func TestRelationships(t *testing.T) {
	files := map[string]string{
		"orgs.csv": "sourcedId,name,type\ns,S,school\n", "users.csv": "sourcedId,username\nkid,k\nmum,m\ndoc,d\n",
		"roles.csv":         "userSourcedId,orgSourcedId,role\nkid,s,student\n",
		"relationships.csv": "userSourcedId,relationshipUserSourcedId,relationshipRole\nkid,mum,Parent\nkid,doc,doctor\n",
	}
	lines := told(t, read(t, files), "2026-03-01")
	if want := []string{`school s "S" `, "student kid at s", "guardian mum at of kid"}; !slices.Equal(lines, want) {
		t.Errorf("got %q, want %q", lines, want)
	}
	files["relationships.csv"] += "kid,doc,neighbour\n"
	if r := read(t, files); len(r.Problems) != 1 || r.Problems[0].Key() != "C05.enumother" {
		t.Errorf("got %v", r.Problems)
	}
}
