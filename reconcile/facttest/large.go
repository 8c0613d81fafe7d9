package facttest

import (
	"fmt"
	"strings"
)

// Tree is a municipality of so many people, as the files of a tree: 100 schools,
// 50 groups, people in one People document a school with two groups each, and
// an override for every hundredth.
func Tree(people int) map[string]string {
	const schools, groups = 100, 50
	files := map[string]string{
		"lupa.yaml": "apiVersion: lupa/v1\nkind: Project\nmetadata: {name: large}\n",
		"installation.yaml": `apiVersion: lupa/v1
kind: Installation
metadata: {name: large}
spec: {system: inschool, multiPrimus: true, versions: {wilma: "2.17"}}
`,
	}
	var rights strings.Builder
	rights.WriteString("apiVersion: lupa/v1\nkind: RightsCatalogue\nmetadata: {name: large}\nspec:\n  rights:\n")
	for i := range groups {
		fmt.Fprintf(&rights, "    - {key: wilma.register.r%02d.open, title: {en: Register %d}}\n", i, i)
		files[fmt.Sprintf("groups/g%02d.yaml", i)] = fmt.Sprintf(
			"apiVersion: lupa/v1\nkind: UserGroup\nmetadata: {name: g%02d}\nspec: {title: Group %d, wilma: [wilma.register.r%02[1]d.open, wilma.surveys.addSurvey]}\n", i, i, i)
	}
	files["rights.yaml"] = rights.String()
	person := 0
	for i := range schools {
		school := fmt.Sprintf("k%03d", i)
		files["schools/"+school+"/school.yaml"] = fmt.Sprintf(
			"apiVersion: lupa/v1\nkind: School\nmetadata: {name: %s}\nspec: {title: School %d, level: basic, code: \"%05d\", surveys: {enabled: true}}\n", school, i, i)
		var list, overrides strings.Builder
		fmt.Fprintf(&list, "apiVersion: lupa/v1\nkind: People\nmetadata: {name: %s}\nspec:\n  defaults: {kind: teacher, schools: [%[1]s]}\n  people:\n", school)
		for ; person < (i+1)*people/schools; person++ {
			fmt.Fprintf(&list, "    - {name: t-%07d, groups: [g%02d, g%02d]}\n", person, person%groups, (person*7+1)%groups)
			if person%100 == 0 {
				fmt.Fprintf(&overrides, "---\napiVersion: lupa/v1\nkind: PersonOverride\nmetadata: {name: t-%07d}\nspec: {person: t-%07[1]d, grant: [wilma.surveys.maintain], reason: survey owner, validTo: 2999-01-01}\n", person)
			}
		}
		files["schools/"+school+"/people.yaml"] = list.String()
		if overrides.Len() > 0 {
			files["schools/"+school+"/overrides.yaml"] = strings.TrimPrefix(overrides.String(), "---\n")
		}
	}
	return files
}
