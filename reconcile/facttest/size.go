package facttest

import (
	"bufio"
	"bytes"
	"fmt"
	"iter"
	"math"
)

// Size is how large a municipality is, and whether its people come from People
// documents, one a school, or from a roster. In People documents everybody has two
// groups; every hundredth person has an override. The first of a school who has
// one maintains its surveys.
type Size struct {
	People, Schools, Groups int

	Templates int  // of a school with a maintainer, each shared with two other such schools
	Classes   int  // of a school, where the people come from a roster
	Roster    bool // they do
	Edited    bool // the tree a day later: something else is said of every hundredth
}

// Grown is a municipality of so many people as it is where it has grown: from
// 1,000 to 1,000,000 people the schools grow with the square root of the people,
// from 100 to 3,000, the groups with the cube root, from 50 to 500, and the
// templates with the schools. A class has some twenty students.
func Grown(people int, roster bool) Size {
	thousands := float64(people) / 1000
	schools := min(int(100*math.Sqrt(thousands)), 3000)
	return Size{
		People: people, Schools: schools, Groups: 2 * int(25*math.Cbrt(thousands)+1e-9), Templates: 1,
		Classes: max(1, people/schools/25), Roster: roster,
	}
}

// Files are the paths of a tree of that size, in no special order but always the
// same, each with what writes the file. No text is kept: a million people need
// no more room than a thousand.
func (s Size) Files() iter.Seq2[string, func(*bufio.Writer)] {
	return func(yield func(string, func(*bufio.Writer)) bool) {
		for _, part := range []iter.Seq2[string, func(*bufio.Writer)]{s.settings, s.groups, s.schools, s.roster} {
			for path, write := range part {
				if !yield(path, write) {
					return
				}
			}
		}
	}
}

// texts is Files in memory.
func (s Size) texts() map[string]string {
	files := make(map[string]string)
	for path, write := range s.Files() {
		var text bytes.Buffer
		w := bufio.NewWriter(&text)
		write(w)
		w.Flush()
		files[path] = text.String()
	}
	return files
}

// Tree is a municipality of so many people, as the files of a tree: 100 schools
// and 50 groups, however many they are, and no templates.
func Tree(people int) map[string]string {
	return Size{People: people, Schools: 100, Groups: 50}.texts()
}

// Register is a municipality of so many people as a tree with a roster: 100
// schools with 20 classes each, 50 groups and no templates.
func Register(people int) map[string]string {
	return Size{People: people, Schools: 100, Groups: 50, Classes: 20, Roster: true}.texts()
}

const head = "apiVersion: lupa/v1\nkind: "

func (s Size) settings(yield func(string, func(*bufio.Writer)) bool) {
	_ = yield("lupa.yaml", func(w *bufio.Writer) {
		w.WriteString(head + "Project\nmetadata: {name: large}\nspec:\n  target: local\n  targets:\n" +
			"    local: {type: sqlite, path: .lupa/state.db}\n    shared: {type: postgres, dsnEnv: LUPA_DSN}\n")
		if s.Roster {
			w.WriteString("  rosters:\n    - {name: sis, format: oneroster, path: roster}\n")
		}
	}) &&
		yield("installation.yaml", func(w *bufio.Writer) {
			w.WriteString(head + "Installation\nmetadata: {name: large}\nspec: {system: inschool, multiPrimus: true, versions: {wilma: \"2.17\"}}\n")
		}) &&
		yield("rights.yaml", func(w *bufio.Writer) {
			w.WriteString(head + "RightsCatalogue\nmetadata: {name: large}\nspec:\n  rights:\n")
			for i := range s.Groups {
				fmt.Fprintf(w, "    - {key: wilma.register.r%02d.open, title: {en: Register %d}}\n", i, i)
			}
		})
}

func (s Size) groups(yield func(string, func(*bufio.Writer)) bool) {
	for i := range s.Groups {
		if !yield(fmt.Sprintf("groups/g%02d.yaml", i), func(w *bufio.Writer) {
			fmt.Fprintf(w, head+"UserGroup\nmetadata: {name: g%02d}\nspec: {title: Group %d, wilma: [wilma.register.r%02[1]d.open, wilma.surveys.addSurvey]}\n", i, i)
		}) {
			return
		}
	}
}

func (s Size) schools(yield func(string, func(*bufio.Writer)) bool) {
	for i := range s.Schools {
		dir, overrides := fmt.Sprintf("schools/k%03d/", i), s.maintainer(i) != ""
		templates := overrides && s.Templates > 0
		for _, file := range []struct {
			name  string
			there bool
			write func(*bufio.Writer, int)
		}{{"school", !s.Roster || s.Templates > 0, s.school}, {"people", !s.Roster, s.people}, {"overrides", overrides, s.overrides}, {"templates", templates, s.templates}} {
			if file.there && !yield(dir+file.name+".yaml", func(w *bufio.Writer) { file.write(w, i) }) {
				return
			}
		}
	}
}

func (s Size) school(w *bufio.Writer, i int) {
	fmt.Fprintf(w, head+"School\nmetadata: {name: k%03d}\nspec: {title: School %d, level: basic, code: \"%05d\", surveys: {enabled: true}}\n", i, i, i)
}

func (s Size) people(w *bufio.Writer, i int) {
	fmt.Fprintf(w, head+"People\nmetadata: {name: k%03d}\nspec:\n  defaults: {kind: teacher, schools: [k%03[1]d]}\n  people:\n", i)
	for p := s.first(i); p < s.first(i+1); p++ {
		second := p*7 + 1
		if s.Edited && p%100 == 57 {
			second += 2 // an even number of groups has the first and the second differ either way
		}
		fmt.Fprintf(w, "    - {name: t-%07d, groups: [g%02d, g%02d]}\n", p, p%s.Groups, second%s.Groups)
	}
}

// first is the first person of a school that has them in YAML.
func (s Size) first(school int) int { return school * s.People / s.Schools }

// special are the people of a school who have overrides: every hundredth. Of a
// roster they are every tenth of its teachers.
func (s Size) special(school int) iter.Seq[int] {
	return func(yield func(int) bool) {
		p, end, step := (s.first(school)+99)/100*100, s.first(school+1), 100
		if s.Roster {
			p, end, step = school+s.Schools*(1+10*((10-school%10)%10)), s.People, s.Schools*100
		}
		for ; p < end; p += step {
			if !yield(p) {
				return
			}
		}
	}
}

func (s Size) overrides(w *bufio.Writer, i int) {
	rights, reason := "wilma.surveys.maintain, wilma.surveys.createTemplate", "survey owner"
	for p := range s.special(i) {
		if reason != "survey owner" {
			w.WriteString("---\n")
		}
		fmt.Fprintf(w, head+"PersonOverride\nmetadata: {name: %s}\nspec: {person: %[1]s, grant: [%[2]s], reason: %[3]s, validTo: 2999-01-01}\n", s.called(p), rights, reason)
		rights, reason = fmt.Sprintf("wilma.register.r%02d.open", (p+2)%s.Groups), "looks after the register"
	}
}

// Maintainer is the name of somebody who maintains surveys.
func (s Size) Maintainer() string { return s.maintainer(0) }

// maintainer is the first of a school who has an override, "" where nobody has.
func (s Size) maintainer(school int) string {
	for p := range s.special(school) {
		return s.called(p)
	}
	return ""
}

func (s Size) called(person int) string {
	if s.Roster {
		return fmt.Sprintf("c-%07d", person)
	}
	return fmt.Sprintf("t-%07d", person)
}

// templates are those that the maintainer of a school has made.
func (s Size) templates(w *bufio.Writer, i int) {
	author := s.maintainer(i)
	for t := range s.Templates {
		if t > 0 {
			w.WriteString("---\n")
		}
		fmt.Fprintf(w, head+"SurveyTemplate\nmetadata: {name: k%03d-%d}\nspec:\n  title: Survey %[2]d\n  author: %s\n  school: k%03[1]d\n  holders: [%[3]s]\n  sharing:\n", i, t, author)
		for shared, other := 0, i; shared < 3 && other < i+s.Schools; other++ {
			if at := other % s.Schools; s.maintainer(at) != "" {
				fmt.Fprintf(w, "    - {school: k%03d, ordinary: true, copy: true}\n", at)
				shared++
			}
		}
	}
}
