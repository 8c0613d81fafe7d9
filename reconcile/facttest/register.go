package facttest

import (
	"bufio"
	"fmt"
)

// roster is the export of a student register, and a rule for each sort of people
// and for the teachers of some schools: one in ten teaches, one in fifty is a
// principal, and the others are students of one of their school's classes.
func (s Size) roster(yield func(string, func(*bufio.Writer)) bool) {
	_ = !s.Roster || yield("rules.yaml", s.rules) &&
		yield("roster/orgs.csv", s.orgs) && yield("roster/classes.csv", s.homerooms) && yield("roster/users.csv", s.users) &&
		yield("roster/roles.csv", s.roles) && yield("roster/enrollments.csv", s.enrollments)
}

const rules = head + `GroupRule
metadata: {name: teachers}
spec: {match: {kind: teacher}, groups: [g00, g01]}
---
` + head + `GroupRule
metadata: {name: staff}
spec: {match: {kind: staff, role: principal}, groups: [g02]}
---
` + head + `GroupRule
metadata: {name: students}
spec: {match: {kind: student}, groups: [g03]}
`

func (s Size) rules(w *bufio.Writer) {
	w.WriteString(rules)
	for i := 4; i < s.Groups; i++ {
		fmt.Fprintf(w, "---\n"+head+"GroupRule\nmetadata: {name: teachers-%02d}\nspec: {match: {kind: teacher, school: k%03d}, groups: [g%02[1]d]}\n", i, i%s.Schools)
	}
}

// at is where the register has a person: the school, the number there, and the
// role. A student who moved is in the class of that number of the next school.
func (s Size) at(person int) (school, number int, role string) {
	school, number, role = person%s.Schools, person/s.Schools, "student"
	switch {
	case number%10 == 1:
		role = "teacher"
	case number%50 == 2:
		role = "principal"
	case s.Edited && person%88 == 57: // one in 88 of those who are students is one in a hundred
		school = (school + 1) % s.Schools
	}
	return school, number, role
}

func (s Size) orgs(w *bufio.Writer) {
	w.WriteString("sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId\nlarge,,,Large,district,,\n")
	for i := range s.Schools {
		fmt.Fprintf(w, "k%03d,,,School %d,school,%05d,large\n", i, i, i)
	}
}

func (s Size) homerooms(w *bufio.Writer) {
	w.WriteString("sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods\n")
	for i := range s.Schools {
		for c := range s.Classes {
			fmt.Fprintf(w, "k%03d-%02d,,,%d A,%d,course,,homeroom,,k%03[1]d,year,,,\n", i, c, c, c)
		}
	}
}

func (s Size) users(w *bufio.Writer) {
	w.WriteString("sourcedId,status,dateLastModified,enabledUser,username,userIds,givenName,familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades,password,userMasterIdentifier,resourceSourcedIds,preferredGivenName,preferredMiddleName,preferredFamilyName,primaryOrgSourcedId,pronouns\n")
	for p := range s.People {
		fmt.Fprintf(w, "%s,,,true,user%d,\"{LDAP:u%d},{Fed:u%[2]d@example.test}\",Given%[2]d,Family%[2]d,,,u%[2]d@example.test,,,,,,,,,,,,\n", s.called(p), p, p)
	}
}

func (s Size) roles(w *bufio.Writer) {
	w.WriteString("sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId,userProfileSourcedId\n")
	for p := range s.People {
		school, _, role := s.at(p)
		fmt.Fprintf(w, "r%07d,,,%s,primary,%s,,,k%03d,\n", p, s.called(p), role, school)
	}
}

func (s Size) enrollments(w *bufio.Writer) {
	w.WriteString("sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate\n")
	for p := range s.People {
		if school, number, role := s.at(p); role == "student" {
			fmt.Fprintf(w, "e%07d,,,k%03d-%02d,k%03[2]d,%[4]s,student,,2025-08-01,2035-06-01\n", p, school, number%s.Classes, s.called(p))
		}
	}
}
