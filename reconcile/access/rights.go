// Package access knows what facts entitle people to. For now that is the list
// of rights that exist without a catalogue.
package access

// KnownRight is a right that every installation knows.
type KnownRight struct {
	Key         string
	Sensitivity string // how much harm it can do: low, normal, high, critical
	Doc         string
}

// Known are the rights that exist without a catalogue, which may give them
// another title or sensitivity.
var Known = []KnownRight{
	{"wilma.surveys.maintain", "high", "Maintain surveys and templates (R73)."},
	{"wilma.surveys.maintainAllSchools", "critical", "Maintain surveys in every school (R89)."},
	{"wilma.surveys.createTemplate", "normal", "Make survey templates (R82)."},
	{"wilma.surveys.addSurvey", "normal", "Add surveys (R85)."},
	{"wilma.surveys.addPublicSurvey", "normal", "Add public surveys (R92)."},
	{"wilma.surveys.legacyUse", "normal", "Use surveys, before Wilma 2.16 (R70)."},
	{"primus.full", "critical", "All of Primus (P2)."},
	{"primus.seeAllFields", "high", "See every field of a register (P2)."},
	{"kurre.full", "high", "All of Kurre (R18)."},
}
