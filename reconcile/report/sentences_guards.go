package report

import "golang.org/x/text/message/catalog"

// englishGuards is what guards say.
var englishGuards = map[string]catalog.Message{
	"G01.all":     catalog.String("This plan removes every card that is there: %[1]s."),
	"G01.allIn":   catalog.String("This plan removes every card of %[2]s: %[1]s."),
	"G01.one":     catalog.String("This plan takes rights or the card from 1 of %[2]s people."),
	"G01.share":   catalog.String("This plan takes rights or the card from %[1]s of %[2]s people (%[3]s %%); from %[4]s %% on somebody has to confirm that."),
	"G01.shareIn": catalog.String("This plan takes rights or the card from %[1]s of %[2]s people of %[5]s (%[3]s %%); from %[4]s %% on somebody has to confirm that."),
	"G01.count":   catalog.String("This plan takes rights or the card from %[1]s of %[2]s people; from %[3]s people on somebody has to confirm that."),
	"G02.all":     catalog.String("This plan removes every %[1]s that is there: %[2]s."),
	"G02.allIn":   catalog.String("This plan removes every %[1]s of %[3]s: %[2]s."),
	"G02.one":     catalog.String("This plan removes 1 of %[3]s objects of kind %[1]s."),
	"G02.share":   catalog.String("This plan removes %[2]s of %[3]s objects of kind %[1]s (%[4]s %%); from %[5]s %% on somebody has to confirm that."),
	"G02.shareIn": catalog.String("This plan removes %[2]s of %[3]s objects of kind %[1]s of %[6]s (%[4]s %%); from %[5]s %% on somebody has to confirm that."),
	"G02.count":   catalog.String("This plan removes %[2]s of %[3]s objects of kind %[1]s; from %[4]s on somebody has to confirm that."),
	"G03.one":     catalog.String("This plan gives new rights to 1 person; before there were %[2]s people."),
	"G03.share":   catalog.String("This plan gives new rights to %[1]s people, where there were %[2]s before (%[3]s %%); from %[4]s %% on somebody has to confirm that."),
	"G03.shareIn": catalog.String("This plan gives new rights to %[1]s people of %[5]s, where there were %[2]s before (%[3]s %%); from %[4]s %% on somebody has to confirm that."),
	"G03.count":   catalog.String("This plan gives new rights to %[1]s people, where there were %[2]s before; from %[3]s people on somebody has to confirm that."),
	"G04.one":     catalog.String("This plan gives a %[1]s right to 1 person: %[2]s."),
	"G04.share":   catalog.String("This plan gives a %[1]s right to %[3]s people, where there were %[4]s before: %[2]s; from %[5]s %% on somebody has to confirm that."),
	"G04.shareIn": catalog.String("This plan gives a %[1]s right to %[3]s people, where %[6]s had %[4]s before: %[2]s; from %[5]s %% on somebody has to confirm that."),
	"G04.count":   catalog.String("This plan gives a %[1]s right to %[3]s people: %[2]s."),
	"G05.one":     catalog.String("After this plan nobody has %[1]s at %[2]s any longer."),
	"G05.more":    catalog.String("After this plan nobody has %[1]s at %[2]s any longer, and so with %[3]s more rights or places."),

	"G09":         catalog.String("a Guard of this tree lets pass what the usual figures would hold back: %[1]s, %[2]s"),
	"G09?":        catalog.String("see that it was so before this change, or that who made it may loosen the Guard"),
	"G06":         catalog.String("nothing is declared any more, and lupa left %[1]s objects in the target that would all go"),
	"G06?":        catalog.String("see that this is the right directory and that nobody emptied it by mistake; if it is meant, a document of kind Guard with emptyDesired: allow lets it pass"),
	"E33.empty":   catalog.String("the target shows none of the %[1]s objects that lupa left there: the read may be incomplete"),
	"E33.empty?":  catalog.String("see that this is the right target and that it is whole; if they were really removed, a Policy with severities: {E33: {severity: warning, reason: ...}} lets lupa put them back"),
	"E33.shrunk":  catalog.String("the target shows %[1]s of %[2]s %[3]s that lupa left there: the read may be incomplete"),
	"E33.shrunk?": catalog.String("see that the target is whole; if they were really removed, a Policy with severities: {E33: {severity: warning, reason: ...}} lets lupa put them back"),

	"plan.brakes":  catalog.String("Brakes: somebody has to confirm this plan"),
	"plan.held":    catalog.String("Held back by brakes: somebody has to confirm this plan (below)"),
	"plan.confirm": catalog.String("If all of this is meant, this confirms and applies exactly this plan:"),
	"plan.braked":  catalog.String("Somebody has to confirm this plan: what and how stands above, under Brakes."),
}
