package report

import (
	"golang.org/x/text/feature/plural"
	"golang.org/x/text/message/catalog"
)

// englishPage is what an HTML page says besides the story that it tells.
var englishPage = map[string]catalog.Message{
	"page.tone.stop":  catalog.String("refused"),
	"page.tone.wait":  catalog.String("needs a look"),
	"page.tone.grave": catalog.String("check this gain"),
	"page.tone.gain":  catalog.String("gain"),
	"page.tone.loss":  catalog.String("loss"),
	"page.tone.calm":  catalog.String("other"),

	"page.contents":    catalog.String("On this page"),
	"page.search":      catalog.String("Search"),
	"page.show":        catalog.String("Show"),
	"page.hits":        catalog.String("%[1]s of %[2]s shown"),
	"page.more":        plural.Selectf(1, "", plural.One, "1 more is not shown here", plural.Other, "%[1]d more are not shown here"),
	"page.left.groups": plural.Selectf(1, "", plural.One, "1 more group or role is not shown here", plural.Other, "%[1]d more groups and roles are not shown here"),
	"page.left.rights": plural.Selectf(1, "", plural.One, "1 more right is not shown here", plural.Other, "%[1]d more rights are not shown here"),
	"page.veil":        catalog.String("People stand under pseudonyms here."),
	"page.judges":      catalog.String("These documents never reach the target; they say how lupa judges."),
	"page.widening":    catalog.String("All schools"),
	"page.unmanaged":   catalog.String("Not lupa's, and kept"),

	"page.right":  catalog.String("right"),
	"page.where":  catalog.String("where"),
	"page.who":    catalog.String("who"),
	"page.field":  catalog.String("field"),
	"page.before": catalog.String("before"),
	"page.after":  catalog.String("after"),
	"page.why":    catalog.String("why"),
	"page.rule":   catalog.String("rule"),
	"page.place":  catalog.String("written in"),

	"page.groups":   catalog.String("Groups and the rights they give"),
	"page.group":    catalog.String("group"),
	"page.gives":    catalog.String("gives it"),
	"page.given":    catalog.String("gives it from now on"),
	"page.taken":    catalog.String("no longer gives it"),
	"page.people":   catalog.String("People at the schools"),
	"page.school":   catalog.String("school"),
	"page.every":    catalog.String("at every school"),
	"page.changed":  catalog.String("changes"),
	"page.teacher":  catalog.String("teachers"),
	"page.staff":    catalog.String("staff"),
	"page.student":  catalog.String("students"),
	"page.guardian": catalog.String("guardians"),

	"page.day":      catalog.String("day"),
	"page.what":     catalog.String("what happens"),
	"page.timeline": catalog.String("Days ahead"),
	"page.days":     plural.Selectf(1, "", plural.One, "Something happens on 1 day", plural.Other, "Something happens on %[1]d days"),
	"page.axis":     catalog.String("Days from %[1]s to %[2]s. Bars upwards are people who gain, bars downwards people who lose; the table below says the same."),

	"page.signoffs":  catalog.String("To sign, school by school"),
	"page.signoff":   catalog.String("What changes at %[1]s"),
	"page.read":      catalog.String("I have read what changes here."),
	"page.name":      catalog.String("Name"),
	"page.date":      catalog.String("Date"),
	"page.signature": catalog.String("Signature"),
}
