package access

import (
	"iter"
	"maps"
	"slices"
	"strings"
)

// Sensitivity is how much harm a right can do.
type Sensitivity string

const (
	Low      Sensitivity = "low"
	Normal   Sensitivity = "normal"
	High     Sensitivity = "high"
	Critical Sensitivity = "critical"
)

// Grave reports whether a gain is never left unnamed: class high or critical.
func (s Sensitivity) Grave() bool { return s == High || s == Critical }

// Rank orders sensitivities, the most harmful highest.
func (s Sensitivity) Rank() int { return slices.Index([]Sensitivity{Low, Normal, High, Critical}, s) }

// KnownRight is a right that every installation knows.
type KnownRight struct {
	Key         string
	Sensitivity Sensitivity
	Doc         string
	System      string // the product that it belongs to: inschool, ims, cosdoc
}

// Known are the rights that exist without a catalogue, which may give them
// another title or sensitivity.
var Known = []KnownRight{
	{"wilma.surveys.maintain", "high", "Maintain surveys and templates (R73).", "inschool"},
	{"wilma.surveys.maintainAllSchools", "critical", "Maintain surveys in every school (R89).", "inschool"},
	{"wilma.surveys.createTemplate", "normal", "Make survey templates (R82).", "inschool"},
	{"wilma.surveys.addSurvey", "normal", "Add surveys (R85).", "inschool"},
	{"wilma.surveys.addPublicSurvey", "normal", "Add public surveys (R92).", "inschool"},
	{"wilma.surveys.legacyUse", "normal", "Use surveys, before Wilma 2.16 (R70).", "inschool"},
	{"primus.full", "critical", "All of Primus (P2).", "inschool"},
	{"primus.seeAllFields", "high", "See every field of a register (P2).", "inschool"},
	{"kurre.full", "high", "All of Kurre (R18).", "inschool"},
	{"identity.create", "high", "Create identities (R47).", "cosdoc"},
	{"identity.edit", "high", "Edit identities (R47).", "cosdoc"},
	{"password.reset", "high", "Find or make a password for somebody (R46).", "cosdoc"},
	{"emessage.read", "normal", "Read e-messages (R52).", "cosdoc"},
	{"vendor.remoteConnect", "normal", "Arrange the vendor's remote connection (R44).", "cosdoc"},
	{"system.owner", "normal", "System responsibility (systemansvar, R42).", "cosdoc"},
	{"viewer", "normal", "See the latest approved version (katsoja, R59).", "ims"},
	{"editor", "normal", "See, edit and create (muokkaaja, R59).", "ims"},
	{"approver", "high", "Approve (hyväksyjä, R59).", "ims"},
	{"reviewer", "normal", "Review (tarkastaja), where that is switched on.", "ims"},
}

// Right is a right as one installation knows it.
type Right struct {
	Key         string
	Sensitivity Sensitivity
	PrimusOnly  bool   // it has no counterpart in Wilma (R32)
	Family      string // rights of one family are levels of one thing
	Rank        int
}

const surveyRights = "wilma.surveys."

// The survey rights, by number in a table.
const (
	maintain       = surveyRights + "maintain"
	maintainAll    = surveyRights + "maintainAllSchools"
	createTemplate = surveyRights + "createTemplate"
	addSurvey      = surveyRights + "addSurvey"
	addPublic      = surveyRights + "addPublicSurvey"
	legacyUse      = surveyRights + "legacyUse"
)

// isSurvey reports whether a right is one of the survey function's, which have a
// scope of their own (R74-R79).
func isSurvey(key string) bool {
	switch key {
	case maintain, maintainAll, createTemplate, addSurvey, addPublic, legacyUse:
		return true
	}
	return false
}

// isPrimus reports whether a right is one that only a Primus account carries;
// Kurre's come with it (R18).
func isPrimus(key string) bool { return strings.HasPrefix(key, "primus.") || key == "kurre.full" }

// counterpart is the right to do the same thing in Wilma (R31), if there is one
// (R32). Survey rights are given in Wilma alone (R72).
func (t *Table) counterpart(installation, key string) (string, bool) {
	rest, ok := strings.CutPrefix(key, "primus.")
	if !ok || isSurvey("wilma."+rest) {
		return "", false
	}
	r, ok := t.catalogue[[2]string{installation, key}]
	return "wilma." + rest, !ok || !r.PrimusOnly
}

// Right is a right as an installation knows it: from its catalogue, known
// everywhere, or the counterpart in Wilma of one that is (R31).
func (t *Table) Right(installation, key string) (Right, bool) {
	if r, ok := t.catalogue[[2]string{installation, key}]; ok {
		return r, true
	}
	for _, k := range Known {
		if k.Key == key {
			return Right{Key: key, Sensitivity: k.Sensitivity}, true
		}
	}
	if rest, ok := strings.CutPrefix(key, "wilma."); ok {
		if r, ok := t.catalogue[[2]string{installation, "primus." + rest}]; ok && !r.PrimusOnly {
			return Right{Key: key, Sensitivity: r.Sensitivity}, true
		}
		if key == "wilma.full" || key == "wilma.seeAllFields" {
			r, _ := t.Right(installation, "primus."+rest)
			return Right{Key: key, Sensitivity: r.Sensitivity}, !r.PrimusOnly
		}
	}
	return Right{Key: key, Sensitivity: Normal}, false
}

// Installations are the names of the installations, sorted.
func (t *Table) Installations() []string { return slices.Sorted(maps.Keys(t.installations)) }

// KnownKeys yields the keys of the rights that an installation knows.
func (t *Table) KnownKeys(installation string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, key := range t.rights {
			if _, ok := t.Right(installation, key); ok && !yield(key) {
				return
			}
		}
	}
}
