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
}

// Known are the rights that exist without a catalogue, which may give them
// another title or sensitivity.
var Known = []KnownRight{
	{"wilma.surveys.maintain", High, "Maintain surveys and templates (R73)."},
	{"wilma.surveys.maintainAllSchools", Critical, "Maintain surveys in every school (R89)."},
	{"wilma.surveys.createTemplate", Normal, "Make survey templates (R82)."},
	{"wilma.surveys.addSurvey", Normal, "Add surveys (R85)."},
	{"wilma.surveys.addPublicSurvey", Normal, "Add public surveys (R92)."},
	{"wilma.surveys.legacyUse", Normal, "Use surveys, before Wilma 2.16 (R70)."},
	{"primus.full", Critical, "All of Primus (P2)."},
	{"primus.seeAllFields", High, "See every field of a register (P2)."},
	{"kurre.full", High, "All of Kurre (R18)."},
	{"identity.create", High, "CosDoc: create users of employees (R47)."},
	{"identity.edit", High, "CosDoc: edit users of employees (R47)."},
	{"password.reset", High, "CosDoc: give an employee a new password (R46)."},
	{"emessage.read", Normal, "CosDoc: read e-messages (R52)."},
	{"vendor.remoteConnect", Normal, "CosDoc: let the vendor connect (R44)."},
	{"system.owner", Normal, "CosDoc: own the system (R45)."},
	{"viewer", Normal, "IMS: see what is approved (R59)."},
	{"editor", Normal, "IMS: edit and create (R59)."},
	{"approver", High, "IMS: approve (R59)."},
	{"reviewer", Normal, "IMS: review, where that is switched on (R59)."},
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
