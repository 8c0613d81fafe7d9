package roster_test

import (
	"testing"
	"testing/fstest"

	"github.com/lupa-dev/lupa/reconcile/roster"
)

// FuzzRead: whatever stands in the files, reading ends, and people are where
// the slices that they point into have something.
func FuzzRead(f *testing.F) {
	for _, bundle := range []map[string]string{bundle11, bundle12} {
		f.Add([]byte(bundle["orgs.csv"]), []byte(bundle["classes.csv"]), []byte(bundle["users.csv"]), []byte(bundle["roles.csv"]), []byte(bundle["enrollments.csv"]))
	}
	f.Add([]byte("sourcedId,name,type,parentSourcedId\n1,a,school,1\n"), []byte("sourcedId,orgSourcedId,title\nc,1,x\n"), []byte("sourcedId\nu\nv\n"),
		[]byte("userSourcedId,orgSourcedId,role,isPrimary,roleStartDate,roleEndDate\nu,1,Student,TRUE,,\n"), []byte("classSourcedId,userSourcedId,role\nc,u,student\n"))
	f.Fuzz(func(t *testing.T, orgs, classes, users, roles, enrollments []byte) {
		fsys := make(fstest.MapFS)
		for name, data := range map[string][]byte{"orgs": orgs, "classes": classes, "users": users, "roles": roles, "enrollments": enrollments} {
			if len(data) > 0 {
				fsys["r/"+name+".csv"] = &fstest.MapFile{Data: data, Mode: 0o644}
			}
		}
		r, err := roster.Read(fsys, roster.Source{Path: "r"})
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range r.Problems {
			if p.Pos[0].File == "" || p.Pos[0].Line > 0 && p.Pos[0].Col < 1 {
				t.Errorf("%v", p)
			}
		}
		for _, p := range r.People {
			for _, m := range p.Memberships {
				if m.School >= int32(len(r.Schools)) || m.Class >= int32(len(r.Classes)) {
					t.Errorf("%v", m)
				}
			}
			for _, c := range p.Children {
				if int(c) >= len(r.People) {
					t.Errorf("child %d of %d", c, len(r.People))
				}
			}
		}
	})
}

// FuzzZip: no zip brings lupa down.
func FuzzZip(f *testing.F) {
	f.Add([]byte("PK\x05\x06" + string(make([]byte, 18))))
	f.Add(zipped(f, bundle12))
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := roster.Read(fstest.MapFS{"r.zip": {Data: data, Mode: 0o644}}, roster.Source{Path: "r.zip"}); err != nil {
			t.Fatal(err)
		}
	})
}
