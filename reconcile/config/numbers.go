package config

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/lupa-dev/lupa/reconcile/calendar"
	"github.com/lupa-dev/lupa/schema/identity"
)

// number is a national number of a person, or what has the shape of one, and where
// it stands. It does not hold the value, which nobody is told (domain 4.3).
type number struct {
	kind    identity.Kind
	certain bool
	sha256  string
	at      place
}

func (n number) code() string {
	if n.certain {
		return "E30"
	}
	return "W32"
}

// maxNumbers is how many numbers of one code are told of a file one by one.
const maxNumbers = 100

// numbersIn finds the numbers in a file: values, keys, comments, and what is no
// YAML at all. A scalar with escapes is read as YAML would.
func numbersIn(file int32, text []byte) []number {
	var all []number
	line, col, last := int32(1), int32(1), 0
	if bytes.HasPrefix(text, []byte("\ufeff")) {
		last = len("\ufeff") // columns count what one sees
	}
	for _, m := range identity.Find(string(text)) {
		passed := text[last:m.Start]
		if n := bytes.Count(passed, []byte("\n")); n > 0 {
			line, col = line+int32(n), 1
			passed = passed[bytes.LastIndexByte(passed, '\n')+1:]
		}
		col += int32(utf8.RuneCount(passed))
		last = m.Start
		all = append(all, number{m.Kind, m.Certain, identity.Hash(string(text[m.Start:m.End])), place{file, line, col}})
	}
	return all
}

// allowance is what an entry of Policy.identifiers says: until a day, a value is
// known to be no number of a person.
type allowance struct {
	at       place
	ended    bool
	matching bool
}

// numbers reports the numbers that stand where none may: in files, in their names
// and those of directories, and in the keys and titles of rosters, which become
// names. In rosters what has only the shape of a number is passed over, for they
// are full of long numbers.
//
// A tree with a number that is certain has no goal, so none gets from it into a
// plan, a snapshot or a target. What is not certain may, and so may what is on the
// allow-list or was in the target before: JSON and plan files are not searched.
func (a *assembly) numbers(read []fileFacts, rosters []rosterFacts) {
	if a.opt.again {
		return // judged on the day that the tree was asked for
	}
	allowed := a.allowances(read)
	for i := range read {
		a.tellNumbers("", a.refused(read[i].numbers, allowed))
	}
	a.tellNumbers("name", a.refused(a.numbersInNames(), allowed))
	for i := range rosters {
		a.tellNumbers("row", a.refused(numbersInRows(&rosters[i]), allowed))
	}
	var idle []*allowance
	for _, entries := range allowed {
		idle = append(idle, entries...)
	}
	for _, e := range idle {
		switch {
		case e.ended:
			a.problem("N09", "ended", []place{e.at})
		case !e.matching && !a.brokenRoster:
			a.problem("N09", "unused", []place{e.at})
		}
	}
}

// allowances are the entries of the allow-lists of all policies, by checksum. The
// day that counts is that of the policy's installation.
func (a *assembly) allowances(read []fileFacts) map[string][]*allowance {
	allowed := make(map[string][]*allowance)
	for i := range read {
		for j := range read[i].objects {
			o := &read[i].objects[j]
			if o.kind.Name != "PolicyIdentifier" || o.broken || o.key.ID == "" {
				continue
			}
			if e := o.entry("until"); e != nil {
				until, err := calendar.ParseDay(e.value)
				allowed[o.name] = append(allowed[o.name], &allowance{at: o.at, ended: err != nil || until <= a.days[o.key.Installation()]})
			}
		}
	}
	return allowed
}

// refused are the numbers that no allow-list names.
func (a *assembly) refused(numbers []number, allowed map[string][]*allowance) []number {
	var left []number
	for _, n := range numbers {
		known := false
		for _, e := range allowed[n.sha256] {
			e.matching = true
			known = known || !e.ended
		}
		if !known {
			left = append(left, n)
		}
	}
	return left
}

// tellNumbers reports numbers of one file or of all names, of each code so many
// and how many more there are.
func (a *assembly) tellNumbers(where string, numbers []number) {
	slices.SortStableFunc(numbers, func(x, y number) int { return strings.Compare(x.code(), y.code()) })
	told := make(map[string]int)
	for i, n := range numbers {
		code := n.code()
		if told[code]++; told[code] <= maxNumbers {
			a.problem(code, where, []place{n.at}, string(n.kind))
		} else if i+1 == len(numbers) || numbers[i+1].code() != code {
			a.problem(code, "more", []place{{file: n.at.file}}, strconv.Itoa(told[code]-maxNumbers))
		}
	}
}

// numbersInNames finds the numbers in the names of files and of the directories
// that they lie in, each directory once.
func (a *assembly) numbersInNames() []number {
	var all []number
	seen := make(map[string]bool)
	for i, file := range a.paths {
		for _, m := range identity.Find(file) {
			name := file
			if n := strings.IndexByte(file[m.End:], '/'); n >= 0 {
				name = file[:m.End+n]
			}
			if key := name + "\x00" + strconv.Itoa(m.Start); !seen[key] {
				seen[key] = true
				all = append(all, number{m.Kind, m.Certain, identity.Hash(file[m.Start:m.End]), place{file: int32(i)}})
			}
		}
	}
	return all
}

// numbersInRows finds the numbers in what a roster makes names, ids and titles of.
func numbersInRows(r *rosterFacts) []number {
	var all []number
	look := func(at place, texts ...string) {
		for _, text := range texts {
			for _, m := range identity.Find(text) {
				if m.Certain {
					all = append(all, number{m.Kind, true, identity.Hash(text[m.Start:m.End]), at})
				}
			}
		}
	}
	for i := range r.Schools {
		s := &r.Schools[i]
		look(r.place(s.At), s.Key, s.Title)
	}
	for i := range r.Classes {
		c := &r.Classes[i]
		look(r.place(c.At), c.Key, c.Title)
	}
	for i := range r.People {
		look(r.place(r.People[i].At), r.People[i].Key)
	}
	slices.SortStableFunc(all, func(x, y number) int { return cmp.Compare(x.at.file, y.at.file) })
	return all
}
