package identity

import "strings"

// find finds the numbers in a text of one byte a character. Places are those of
// the text that it was made of.
func (p plain) find() []Match {
	var all []Match
	for i := 0; i < len(p.text); {
		if !isDigit(p.text[i]) {
			i++
			continue
		}
		end := i + p.digits(i)
		m, ok := p.match(i, end)
		if i = end; !ok {
			continue
		}
		i = max(i, m.End)
		if p.at != nil {
			m.Start, m.End = int(p.at[m.Start]), int(p.at[m.End])
		}
		all = append(all, m)
	}
	return all
}

// digits is how many digits follow in a row.
func (p plain) digits(from int) int {
	i := from
	for i < len(p.text) && isDigit(p.text[i]) {
		i++
	}
	return i - from
}

// match looks at the digits from one place to another, and, where letters that
// are escaped may stand right before, at those behind the escape.
func (p plain) match(from, end int) (Match, bool) {
	if m, ok := p.number(from, end, p.beside(from)); ok {
		return m, true
	}
	for start := from; start < from+3 && start < end; start++ { // _5f131052: the escape is _5f
		if esc := start - 3; esc >= 0 && p.text[esc] == '_' && isHex(p.text[esc+1]) && p.text[esc+1] > '1' && isHex(p.text[esc+2]) {
			if m, ok := p.number(start, end, nothing); ok && m.Certain {
				return m, true
			}
		}
	}
	return Match{}, false
}

// neighbour is what stands beside a number, on one side.
type neighbour int

const (
	nothing neighbour = iota // or nothing that matters
	aWord                    // letters
	aDot                     // and a digit behind it
	aCode                    // a digit, or letters with a digit behind them
)

// beside is what stands before a place.
func (p plain) beside(i int) neighbour {
	if i >= 2 && p.text[i-1] == '.' && isDigit(p.text[i-2]) {
		return aDot
	}
	at := i
	for at > 0 && isLetter(p.text[at-1]) {
		at--
	}
	return besideWord(i-at, at > 0 && isDigit(p.text[at-1]))
}

// behind is what stands at a place.
func (p plain) behind(i int) neighbour {
	if i+1 < len(p.text) && p.text[i] == '.' && isDigit(p.text[i+1]) {
		return aDot
	}
	at := i
	for at < len(p.text) && isLetter(p.text[at]) {
		at++
	}
	return besideWord(at-i, at < len(p.text) && isDigit(p.text[at]))
}

func besideWord(letters int, digit bool) neighbour {
	switch {
	case digit:
		return aCode
	case letters > 0:
		return aWord
	}
	return nothing
}

// allowed reports whether a number may stand between such neighbours.
func (p plain) allowed(f finding, w written, before neighbour, end int) bool {
	for _, n := range []neighbour{before, p.behind(end)} {
		if n == aCode || n == aWord && !f.certain || n == aDot && w.sign == 0 {
			return false
		}
	}
	return true
}

// number is the number that begins with a row of digits, which are all that
// stand there.
func (p plain) number(start, end int, before neighbour) (Match, bool) {
	if n := end - start; n < headDigits || n > maxBare {
		return Match{}, false
	}
	if before == aDot && end-start == 11 && strings.HasSuffix(p.text[:start], learners) {
		from := start - len(learners)
		whole := p.allowed(finding{certain: true}, written{}, p.beside(from), end)
		return Match{from, end, Oppijanumero, true}, whole
	}
	w := written{head: p.text[start:end]}
	if end-start < minBare {
		w, end = p.rest(w, end)
	}
	var best Match
	for _, look := range looks {
		if look.head != len(w.head) || look.tail != len(w.tail) || strings.IndexByte(look.signs, w.sign) < 0 || best.Kind != "" && best.Certain {
			continue
		}
		f := look.at(w)
		if f.kind == "" || best.Kind != "" && !f.certain {
			continue
		}
		if p.allowed(f, w, before, end) && !p.inUUID(start, end) {
			best = Match{start, end, f.kind, f.certain}
		}
	}
	return best, best.Kind != ""
}

// learners is the arc under which Finland numbers learners; all others below
// 1.2.246.562 are none of a person's.
const learners = "1.2.246.562.24."

// Numbers without a separator have so many digits.
const minBare, maxBare = 10, 12

// rest reads what follows a date: a separator or century sign and up to five
// digits, or three and a letter.
func (p plain) rest(w written, at int) (written, int) {
	if at == len(p.text) {
		return w, at
	}
	sign, n := p.unescaped(at)
	i := at + n
	end := i + min(p.digits(i), 6)
	w.sign, w.tail = upper(sign), p.text[i:end]
	if end-i == 3 && end < len(p.text) {
		if c, n := p.unescaped(end); isLetter(c) {
			return written{w.head, w.sign, w.tail + string([]byte{upper(c)})}, end + n
		}
	}
	return w, end
}

// inUUID reports whether a place lies in a UUID, whose digits come by chance and
// are many where a register has them for ids.
func (p plain) inUUID(start, end int) bool {
	for from := max(0, end-len(aUUID)); from <= start && from+len(aUUID) <= len(p.text); from++ {
		if isUUID(p.text[from : from+len(aUUID)]) {
			return true
		}
	}
	return false
}

const aUUID = "00000000-0000-0000-0000-000000000000"

func isUUID(text string) bool {
	for i := range len(aUUID) {
		if (aUUID[i] == '-') != (text[i] == '-') || text[i] != '-' && !isHex(text[i]|0x20) {
			return false
		}
	}
	return true
}
