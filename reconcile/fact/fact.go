// Package fact holds the one shape in which lupa compares everything: a
// sorted set of facts.
//
// A fact says one thing about one object:
//
//	Person  mallila/t-1042  schools  row 1  mallila/testila
//
// Documents compile into facts, targets are read as facts, and between the
// two a plan is set algebra: what is to be done is [Diff] of what is and what
// should be. Nothing in this package knows what a school or a survey is; the
// words are listed once, in [Words], and what they entitle people to is the
// business of package access.
//
// A [Set] is a value: it never changes, and it carries the strings that its
// facts use. Inside, a fact is two machine words, so that a million people
// (some five million facts) fit on a laptop and are compared by one walk.
package fact

import (
	"cmp"
	"strings"
)

// Key names an object: a kind of the vocabulary and an id in it.
//
// An id is "installation/name", or "installation/parent/key" for a record
// that stands inside another object; an Installation's id is its name. A key
// that names an object is what the installation calls it (CalledFrom).
type Key struct{ Kind, ID string }

// Fact is one statement about one object.
//
// Field "" states that the object exists. Row counts from 1 in fields whose
// order matters (R77) and is 0 everywhere else. The value is text in the form
// that the field's type has in YAML; a reference is the id of what it names.
type Fact struct {
	Key
	Field string
	Row   int
	Value string
}

// Installation is the name of the installation the object belongs to.
func (k Key) Installation() string {
	inst, _, _ := strings.Cut(k.ID, "/")
	return inst
}

// Name is the id without its installation: the name that a person wrote.
func (k Key) Name() string { return Name(k.ID) }

// Name is an id without its installation.
func Name(id string) string {
	if _, name, ok := strings.Cut(id, "/"); ok {
		return name
	}
	return id
}

// Called is what a person calls an object by its id: its name, and where there
// are several installations, INSTALLATION:NAME.
func Called(id string, several bool) string {
	if inst, name, ok := strings.Cut(id, "/"); ok && several {
		return inst + ":" + name
	}
	return Name(id)
}

// CalledFrom is what an object of an installation calls another by its id: by
// its name, and what is in another installation INSTALLATION:NAME.
func CalledFrom(installation, id string) string {
	return Called(id, Key{ID: id}.Installation() != installation)
}

// IDFrom undoes CalledFrom.
func IDFrom(installation, called string) string {
	if other, name, ok := strings.Cut(called, ":"); ok {
		return ID(other, name)
	}
	return ID(installation, called)
}

// ID is the id of the object called name in an installation.
func ID(installation, name string) string { return installation + "/" + name }

// MaxName is how many characters a name may have.
const MaxName = 128

// Escape makes a name of a key from outside, valid as a name or not: each byte
// outside [a-z0-9.-], and a full stop or hyphen at either end, becomes _ and two
// hexadecimal digits. Different keys make different names. A name of more than
// MaxName characters cannot be used.
func Escape(key string) string {
	plain := func(i int) bool {
		c := key[i]
		return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || (c == '.' || c == '-') && i > 0 && i < len(key)-1
	}
	i := 0
	for i < len(key) && plain(i) {
		i++
	}
	if i == len(key) {
		return key
	}
	name := []byte(key[:i])
	for ; i < len(key); i++ {
		if plain(i) {
			name = append(name, key[i])
		} else {
			name = append(name, '_', hexDigits[key[i]>>4], hexDigits[key[i]&15])
		}
	}
	return string(name)
}

const hexDigits = "0123456789abcdef"

// IsName reports whether a text can be the name of an object: lower-case letters,
// digits, full stops, hyphens and underscores, with a letter or digit at the end
// and no full stop or hyphen at the beginning.
func IsName(text string) bool {
	if text == "" || len(text) > MaxName || strings.ContainsRune(".-", rune(text[0])) || len(text) > 1 && strings.ContainsRune("._-", rune(text[len(text)-1])) {
		return false
	}
	for i := range len(text) {
		if c := text[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '.' && c != '_' && c != '-' {
			return false
		}
	}
	return true
}

// Compare orders keys as sets do: by kind, then by id, byte by byte.
func (k Key) Compare(o Key) int {
	return cmp.Or(strings.Compare(k.Kind, o.Kind), strings.Compare(k.ID, o.ID))
}

// Compare orders facts as sets do.
func (f Fact) Compare(g Fact) int {
	return cmp.Or(f.Key.Compare(g.Key), strings.Compare(f.Field, g.Field),
		cmp.Compare(f.Row, g.Row), strings.Compare(f.Value, g.Value))
}
