package identity

import (
	"strconv"
	"strings"
)

// written is a number as it stands there: a date or all of it, then, where it has
// one, a separator or century sign and what follows.
type written struct {
	head string
	sign byte // 0 where the number has none
	tail string
}

// finding is what a number is, if anything.
type finding struct {
	kind    Kind
	certain bool
}

// looks are the shapes that a number may have, and what finds out whether it is
// one. The first that is certain decides, else the first.
var looks = []struct {
	head  int
	signs string
	tail  int
	at    func(written) finding
}{
	{6, "-", 4, cpr},
	{6, allSigns, 4, hetu},
	{6, "-+", 4, personnummer},
	{6, "-", 4, kennitala},
	{6, "- ", 5, fodselsnummer},
	{8, "-+", 4, longPersonnummer},
	{10, bare, 0, personnummer},
	{10, bare, 0, kennitala},
	{10, bare, 0, cpr},
	{11, bare, 0, fodselsnummer},
	{12, bare, 0, longPersonnummer},
}

const bare = "\x00"

// Century signs of a henkilötunnus beside `+` for the 1800s and `-`; new ones are
// legal since 2023.
const (
	signs1900s = "YXWVU"
	signs2000s = "ABCDEF"
	allSigns   = "-+" + signs1900s + signs2000s
)

const checks = "0123456789ABCDEFHJKLMNPRSTUVWXY"

// hetu (FI): the date and the individual number in one, modulo 31, give the check
// character; the century sign is not in it. Individual numbers begin with 002, and
// from 900 on they are given for a while, in hospitals.
func hetu(w written) finding {
	century := 1900
	switch {
	case w.sign == '+':
		century = 1800
	case strings.IndexByte(signs2000s, w.sign) >= 0:
		century = 2000
	}
	if !allDigits(w.tail[:3]) || !isDate(century+number(w.head[4:]), number(w.head[2:4]), number(w.head[:2])) {
		return finding{}
	}
	individual, check := number(w.tail[:3]), w.tail[3]
	if check == aWithDots && (individual == 1 || individual == 2) {
		return finding{Placeholder, true} // as Kurre writes for who has none; the date is that of birth
	}
	return finding{Henkilotunnus, individual >= 2 && check == checks[number(w.head+w.tail[:3])%31]}
}

// fodselsnummer (NO): two check digits. From 2032 on the first leaves a rest of up
// to three as well, and such numbers may be in test data today. A date with 40
// added to its day is a D-nummer, to its month an H-nummer, 80 a synthetic number.
// An FH-nummer has no date, and that it has these check digits is not sure.
func fodselsnummer(w written) finding {
	n := w.head + w.tail
	rest, rest2 := sum(n, 3, 7, 6, 1, 8, 9, 4, 5, 2, 1)%11, sum(n, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)%11
	if n[0] >= '8' {
		if w.sign == 0 && rest == 0 && rest2 == 0 {
			return finding{FHNummer, false}
		}
		return finding{}
	}
	if rest > 3 || rest2 != 0 {
		return finding{}
	}
	kind, day, month := Fodselsnummer, number(n[:2]), number(n[2:4])
	switch {
	case month > 80:
		kind, month = Synthetic, month-80
	case month > 40:
		kind, month = HNummer, month-40
	}
	if day > 40 {
		kind, day = DNummer, day-40
	}
	if !isDate(anyCentury(number(n[4:6])), month, day) {
		return finding{}
	}
	return finding{kind, true}
}

// personnummer (SE): year first, a Luhn digit last. A day with 60 added makes it a
// samordningsnummer. Without a separator ten digits are too often something else
// to be sure.
func personnummer(w written) finding {
	n := w.head + w.tail
	if !allDigits(n) {
		return finding{}
	}
	kind, day := Personnummer, number(n[4:6])
	if day > 60 {
		kind, day = Samordningsnummer, day-60
	}
	fits, company := luhn(n), isCompany(n)
	if !isDate(anyCentury(number(n[:2])), number(n[2:4]), day) || !fits && (w.sign == 0 || company) {
		return finding{}
	}
	return finding{kind, fits && w.sign != 0 && !company}
}

// longPersonnummer is one with its century before it. Where the Luhn digit does
// not fit it is more likely a day and a time.
func longPersonnummer(w written) finding {
	century := number(w.head[:2])
	if century < 18 || century > 20 || len(w.tail) > 0 && !allDigits(w.tail) || !luhn(w.head[2:]+w.tail) {
		return finding{}
	}
	f := personnummer(written{w.head[2:], w.sign, w.tail})
	if day := number(w.head[6:8]); !isDate(number(w.head[:4]), number(w.head[4:6]), day-60*(day/61)) {
		return finding{}
	}
	return f
}

// cpr (DK): a date and four digits. Numbers given since 2007 need not have the old
// check, so that none is ever certain; without a separator those that lack it are
// passed over, for the date alone fits one number in 27.
func cpr(w written) finding {
	n := w.head + w.tail
	if !allDigits(n) || !isDate(anyCentury(number(n[4:6])), number(n[2:4]), number(n[:2])) || w.sign == 0 && sum(n, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)%11 != 0 {
		return finding{}
	}
	return finding{CPR, false}
}

// kennitala (IS): a check digit, then the century. Companies have one too, with 40
// added to the day: they are no persons.
func kennitala(w written) finding {
	n := w.head + w.tail
	if !allDigits(n) || !isIcelandic(n) || !isDate(centuries[n[9]]+number(n[4:6]), number(n[2:4]), number(n[:2])) {
		return finding{}
	}
	return finding{Kennitala, w.sign != 0}
}

// centuries are the last digits of a kennitala.
var centuries = map[byte]int{'8': 1800, '9': 1900, '0': 2000}

func isIcelandic(n string) bool {
	return centuries[n[9]] != 0 && sum(n, 3, 2, 7, 6, 5, 4, 3, 2, 1)%11 == 0
}

// isCompany reports whether ten digits are the kennitala of a company.
func isCompany(n string) bool {
	return isIcelandic(n) && isDate(centuries[n[9]]+number(n[4:6]), number(n[2:4]), number(n[:2])-40)
}

// sum is a weighted sum of digits.
func sum(digits string, weights ...int) (total int) {
	for i, w := range weights {
		total += w * int(digits[i]-'0')
	}
	return total
}

// luhn reports whether the last of ten digits fits the others.
func luhn(digits string) bool {
	total := 0
	for i := range len(digits) {
		d := int(digits[i]-'0') * (2 - i%2)
		total += d/10 + d%10
	}
	return total%10 == 0
}

func allDigits(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return r < '0' || r > '9' }) < 0
}

func number(digits string) int {
	n, _ := strconv.Atoi(digits)
	return n
}

// anyCentury is a year with two digits: leap years fall alike in the 1900s and the
// 2000s, but for the first, and 2000 was one.
func anyCentury(year int) int { return 2000 + year }

func isDate(year, month, day int) bool {
	if month < 1 || month > 12 || day < 1 {
		return false
	}
	days := [...]int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}[month-1]
	if month == 2 && year%4 == 0 && (year%100 != 0 || year%400 == 0) {
		days = 29
	}
	return day <= days
}
