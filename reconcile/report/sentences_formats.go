package report

import (
	"golang.org/x/text/feature/plural"
	"golang.org/x/text/message/catalog"
)

// englishFormats is what the formats for other programs say: SARIF, GitHub, JUnit.
var englishFormats = map[string]catalog.Message{
	"few.G01": catalog.String("This plan takes rights or the card from fewer than %[1]d people; somebody has to confirm that."),
	"few.G03": catalog.String("This plan gives new rights to fewer than %[1]d people; somebody has to confirm that."),

	"drift.object.changed": catalog.String("%[1]s %[2]s was changed by hand: %[3]s"),
	"drift.object.deleted": catalog.String("%[1]s %[2]s was removed by hand"),

	"about.gain":       catalog.String("Somebody gains a right of class high or critical."),
	"about.drift":      catalog.String("An object of lupa's was changed in the target by hand."),
	"about.AccessTest": catalog.String("A case of an AccessTest is not as expected."),
	"about.proof":      catalog.String("Somebody gains what nobody was to gain."),
	"about.more":       catalog.String("lupa rules %[1]s tells more."),

	"formats.more":    plural.Selectf(1, "", plural.One, "and 1 more; lupa %[2]s shows it", plural.Other, "and %[1]d more; lupa %[2]s shows them"),
	"formats.left":    plural.Selectf(1, "", plural.One, "1 result is left out, of those that weigh least", plural.Other, "%[1]d results are left out, of those that weigh least"),
	"formats.held":    catalog.String("Held back by brakes: somebody has to confirm this plan."),
	"formats.root":    catalog.String("The top of the Git repository, or of the tree where there is none."),
	"formats.skipped": catalog.String("not looked at here"),
}
