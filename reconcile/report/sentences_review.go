package report

import (
	"golang.org/x/text/feature/plural"
	"golang.org/x/text/message/catalog"
)

// englishReview is what a review says that a plan does not, and what reports say
// that are read by many.
var englishReview = map[string]catalog.Message{
	"review.title":   catalog.String("Review of %[1]s against %[2]s (%[3]s), as of %[4]s"),
	"review.first":   catalog.String("Review of %[1]s, which %[2]s (%[3]s) does not have yet, as of %[4]s"),
	"review.none":    catalog.String("No changes: the documents mean what they meant."),
	"review.ahead":   catalog.String("From %[1]s on"),
	"review.span":    catalog.String("From %[1]s to before %[2]s"),
	"review.until":   catalog.String("Only to before %[1]s"),
	"review.confirm": catalog.String("Whoever applies it confirms it then; lupa plan shows what to type."),
	"review.known":   plural.Selectf(1, "", plural.One, "1 finding was there before", plural.Other, "%[1]d findings were there before"),

	"plan.heading": catalog.String("Plan for %[1]s on target %[2]s, as of %[3]s"),

	"verdict.refused": plural.Selectf(1, "", plural.One, "Refused: 1 error", plural.Other, "Refused: %[1]d errors"),
	"verdict.braked":  plural.Selectf(1, "", plural.One, "Waits until somebody confirms it: 1 brake", plural.Other, "Waits until somebody confirms it: %[1]d brakes"),
	"verdict.widens":  plural.Selectf(1, "", plural.One, "1 object is to have ALL schools", plural.Other, "%[1]d objects are to have ALL schools"),
	"verdict.grave":   plural.Selectf(1, "", plural.One, "1 person gains a right of class HIGH or CRITICAL", plural.Other, "%[1]d people gain rights of class HIGH or CRITICAL"),
	"verdict.judging": plural.Selectf(1, "", plural.One, "1 document changes that says how lupa judges", plural.Other, "%[1]d documents change that say how lupa judges"),
	"verdict.ahead":   plural.Selectf(1, "", plural.One, "Later too: on 1 day ahead it changes what people may do", plural.Other, "Later too: on %[1]d days ahead it changes what people may do"),

	"few":          catalog.String("fewer than %[1]s"),
	"people":       plural.Selectf(1, "", plural.One, "1 person", plural.Other, "%[1]d people"),
	"personal.new": plural.Selectf(1, "", plural.One, "1 is new", plural.Other, "%[1]d are new"),
	"personal.old": plural.Selectf(1, "", plural.One, "1 goes", plural.Other, "%[1]d go"),
	"personal.is":  plural.Selectf(1, "", plural.One, "1 changes (%[2]s)", plural.Other, "%[1]d change (%[2]s)"),

	"judging.create": catalog.String("%[1]s %[2]s is new, and says how lupa judges changes"),
	"judging.update": catalog.String("%[1]s %[2]s changes, which says how lupa judges changes"),
	"judging.delete": catalog.String("%[1]s %[2]s goes, which says how lupa judges changes"),
	"about.judging":  catalog.String("A document that says how lupa judges changes is changed itself."),

	"part.grave":    catalog.String("Gains of class HIGH and CRITICAL"),
	"part.refusals": catalog.String("Refused because of"),
	"part.brakes":   catalog.String("Waits for a confirmation"),
	"part.ahead":    catalog.String("On days ahead"),
	"part.findings": catalog.String("Findings"),
	"part.known":    catalog.String("Findings that were there before"),
	"part.objects":  catalog.String("Objects"),
	"part.judging":  catalog.String("How lupa judges changes"),

	"proof.against.target": catalog.String("target %[1]s"),
	"proof.against.plan":   catalog.String("plan %[1]s"),

	"class.low":      catalog.String("low"),
	"class.normal":   catalog.String("normal"),
	"class.high":     catalog.String("high"),
	"class.critical": catalog.String("critical"),

	"count.gain":    catalog.String("gain"),
	"count.lose":    catalog.String("lose"),
	"count.create":  catalog.String("to create"),
	"count.update":  catalog.String("to change"),
	"count.rename":  catalog.String("to rename"),
	"count.delete":  catalog.String("to remove"),
	"count.error":   catalog.String("errors"),
	"count.warning": catalog.String("warnings"),
}
