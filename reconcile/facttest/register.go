package facttest

import (
	"fmt"
	"strings"
)

// Register is a municipality of so many people as a tree with a roster: 100
// schools with 20 classes each, of which one in ten people teaches, one in
// fifty is staff, and the others are students; and a rule for each sort.
func Register(people int) map[string]string {
	const schools, classes = 100, 20
	files := Tree(0)
	for name := range files {
		if strings.HasPrefix(name, "schools/") {
			delete(files, name)
		}
	}
	files["lupa.yaml"] += "spec:\n  rosters:\n    - {name: sis, format: oneroster, path: roster}\n"
	files["rules.yaml"] = `apiVersion: lupa/v1
kind: GroupRule
metadata: {name: teachers}
spec: {match: {kind: teacher}, groups: [g00, g01]}
---
apiVersion: lupa/v1
kind: GroupRule
metadata: {name: staff}
spec: {match: {kind: staff, role: principal}, groups: [g02]}
---
apiVersion: lupa/v1
kind: GroupRule
metadata: {name: students}
spec: {match: {kind: student}, groups: [g03]}
`
	var orgs, homerooms, users, roles, enrollments strings.Builder
	orgs.WriteString("sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId\nlarge,,,Large,district,,\n")
	homerooms.WriteString("sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods\n")
	users.WriteString("sourcedId,status,dateLastModified,enabledUser,username,userIds,givenName,familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades,password,userMasterIdentifier,resourceSourcedIds,preferredGivenName,preferredMiddleName,preferredFamilyName,primaryOrgSourcedId,pronouns\n")
	roles.WriteString("sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId,userProfileSourcedId\n")
	enrollments.WriteString("sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate\n")
	for i := range schools {
		fmt.Fprintf(&orgs, "k%03d,,,School %d,school,%05d,large\n", i, i, i)
		for c := range classes {
			fmt.Fprintf(&homerooms, "k%03d-%02d,,,%d A,%d,course,,homeroom,,k%03[1]d,year,,,\n", i, c, c, c)
		}
	}
	for p := range people {
		id, school, role := fmt.Sprintf("c-%07d", p), p%schools, "student"
		switch {
		case p/schools%10 == 1:
			role = "teacher"
		case p/schools%50 == 2:
			role = "principal"
		}
		fmt.Fprintf(&users, "%s,,,true,user%d,\"{LDAP:u%d},{Fed:u%[2]d@example.test}\",Given%[2]d,Family%[2]d,,,u%[2]d@example.test,,,,,,,,,,,,\n", id, p, p)
		fmt.Fprintf(&roles, "r%07d,,,%s,primary,%s,,,k%03d,\n", p, id, role, school)
		if role == "student" {
			fmt.Fprintf(&enrollments, "e%07d,,,k%03d-%02d,k%03[2]d,%[4]s,student,,2025-08-01,2035-06-01\n", p, school, p/schools%classes, id)
		}
	}
	for name, b := range map[string]*strings.Builder{"orgs": &orgs, "classes": &homerooms, "users": &users, "roles": &roles, "enrollments": &enrollments} {
		files["roster/"+name+".csv"] = b.String()
	}
	return files
}
