package report

import (
	"golang.org/x/text/feature/plural"
	"golang.org/x/text/message/catalog"
)

// englishAnswers is what is said when somebody asks who may do what.
var englishAnswers = map[string]catalog.Message{
	"as.tree":   catalog.String("as of %[1]s"),
	"as.target": catalog.String("as target %[1]s holds it (serial %[2]s)"),
	"and":       catalog.String("; and "),

	"places.every": catalog.String("every school (%[1]d)"),

	"why.yes":          catalog.String("Yes: %[1]s has %[2]s at %[3]s"),
	"why.yes.anywhere": catalog.String("Yes: %[1]s has %[2]s"),
	"why.no":           catalog.String("No: %[1]s does not have %[2]s at %[3]s"),
	"why.no.anywhere":  catalog.String("No: %[1]s does not have %[2]s anywhere"),
	"why.places":       catalog.String("at %[1]s"),
	"why.against":      catalog.String("What stands in the way"),
	"why.mind":         catalog.String("To bear in mind"),
	"why.missing":      catalog.String("Would need: %[1]s"),

	"why.ends":            catalog.String("No longer from %[1]s on, as the tree stands."),
	"why.begins":          catalog.String("From %[1]s on the answer is Yes, as the tree stands."),
	"who.title":           plural.Selectf(1, "", plural.One, "1 person has %[2]s at %[4]s, %[3]s", plural.Other, "%[1]d people have %[2]s at %[4]s, %[3]s"),
	"who.title.anywhere":  plural.Selectf(1, "", plural.One, "1 person has %[2]s, %[3]s", plural.Other, "%[1]d people have %[2]s, %[3]s"),
	"who.nobody":          catalog.String("Nobody has %[1]s at %[2]s, %[3]s"),
	"who.nobody.anywhere": catalog.String("Nobody has %[1]s, %[2]s"),
	"who.place":           catalog.String("%[2]s: %[1]d"),

	"access.title":     catalog.String("What %[1]s (%[2]s) may do"),
	"access.none":      catalog.String("nothing that lupa knows of"),
	"access.childless": catalog.String("nothing: a guardian has rights for children, and there are none here"),
	"access.all":       catalog.String("Who may do what in %[1]s"),
	"access.nobody":    catalog.String("Nobody may do anything that lupa knows of."),
	"access.people":    catalog.String("people"),
	"access.teacher":   catalog.String("teachers"),
	"access.staff":     catalog.String("staff"),
	"access.student":   catalog.String("students"),
	"access.guardian":  catalog.String("guardians"),
	"access.user":      catalog.String("users"),
	"access.places":    catalog.String("places"),
	"access.who":       catalog.String("To see who they are, and why: %[1]s"),
	"access.lines":     catalog.String("For all of it, a line each: %[1]s"),

	"kind.teacher":  catalog.String("teacher"),
	"kind.staff":    catalog.String("staff"),
	"kind.student":  catalog.String("student"),
	"kind.guardian": catalog.String("guardian"),
	"kind.user":     catalog.String("user"),
	"kind.person":   catalog.String("person"),

	"harm.low":      catalog.String("Low"),
	"harm.normal":   catalog.String("Normal"),
	"harm.high":     catalog.String("HIGH"),
	"harm.critical": catalog.String("CRITICAL"),

	// What gives a right, in a word; by case, and where a rule has another word
	// by rule and case.
	"brief.group":       catalog.String("group %[1]s"),
	"brief.maintain":    catalog.String("group %[1]s"),
	"brief.tick":        catalog.String("ticked"),
	"brief.legacy":      catalog.String("the old tick for surveys"),
	"brief.account":     catalog.String("group %[1]s of the Primus account"),
	"brief.teacher":     catalog.String("every teacher of the school"),
	"brief.staff":       catalog.String("all staff of the school"),
	"brief.card":        catalog.String("group %[1]s of the card"),
	"brief.class":       catalog.String("group %[1]s of the class"),
	"brief.school":      catalog.String("group %[1]s of the school"),
	"brief.ownUnits":    catalog.String("profile %[1]s"),
	"brief.root":        catalog.String("profile %[1]s"),
	"brief.units":       catalog.String("profile %[1]s"),
	"brief.R43.group":   catalog.String("substitution %[1]s"),
	"brief.R43.tick":    catalog.String("substitution %[1]s"),
	"brief.R43.profile": catalog.String("substitution %[1]s"),
	"brief.R31.account": catalog.String("%[1]s of group %[2]s of the Primus account"),
	"brief.R31.tick":    catalog.String("%[1]s ticked"),
}
