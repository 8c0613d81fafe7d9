package report

import (
	"golang.org/x/text/message/catalog"

	"github.com/lupa-dev/lupa/reconcile/plan"
)

// englishReasons is what there is to say about why somebody may do something, by
// rule and case. A reason never names who is asked about, so that it can be told
// of many at once.
var englishReasons = map[string]catalog.Message{
	// What gives a right.
	"R34.group":    catalog.String("group %[1]s gives it"),
	"R88.group":    catalog.String("group %[1]s gives it"),
	"R89.group":    catalog.String("group %[1]s gives it, in all schools that use surveys"),
	"R90.group":    catalog.String("group %[1]s gives it"),
	"R91.group":    catalog.String("group %[1]s gives it"),
	"R92.group":    catalog.String("group %[1]s gives it"),
	"R89.maintain": catalog.String("group %[1]s makes maintainer in all schools that use surveys"),
	"R24.tick":     catalog.String("ticked on the card"),
	"R73.tick":     catalog.String("ticked on the card"),
	"R82.tick":     catalog.String("ticked on the card"),
	"R85.tick":     catalog.String("ticked on the card"),
	"R70.tick":     catalog.String("ticked on the card"),
	"R70.legacy":   catalog.String("the old tick for surveys gives it before Wilma 2.16"),
	"R43.group":    catalog.String("substitution %[1]s lends group %[2]s"),
	"R43.tick":     catalog.String("substitution %[1]s lends it"),
	"R43.profile":  catalog.String("substitution %[1]s lends a profile with role %[2]s"),
	"R22.account":  catalog.String("group %[1]s of the Primus account gives it"),
	"R31.account":  catalog.String("%[1]s from group %[2]s of the Primus account implies it"),
	"R43.implied":  catalog.String("%[2]s, lent by substitution %[1]s, implies it"),
	"R31.tick":     catalog.String("%[1]s, ticked for the Primus account, implies it"),
	"R83.teacher":  catalog.String("the school lets every teacher make templates"),
	"R83.staff":    catalog.String("the school lets all staff make templates"),
	"R86.teacher":  catalog.String("the school lets every teacher add surveys"),
	"R86.staff":    catalog.String("the school lets all staff add surveys"),
	"R28.card":     catalog.String("group %[1]s on the student's card gives it"),
	"P7.class":     catalog.String("group %[1]s of the class gives it"),
	"R27.school":   catalog.String("group %[1]s of the school gives it"),
	"R29.card":     catalog.String("guardian group %[1]s on the child's card gives it"),
	"R29.class":    catalog.String("guardian group %[1]s of the child's class gives it"),
	"R29.school":   catalog.String("guardian group %[1]s of the child's school gives it"),
	"R59.group":    catalog.String("group %[1]s has the role there"),
	"R48.ownUnits": catalog.String("role %[2]s in profile %[1]s, on the units of the assignment"),
	"R48.root":     catalog.String("role %[2]s in profile %[1]s, at level 0"),
	"R48.units":    catalog.String("role %[2]s in profile %[1]s, on the units that the role names"),

	// What makes it reach.
	"R36.own":        catalog.String("a school of the card"),
	"R76.own":        catalog.String("maintainer in the schools of the card"),
	"R74.all":        catalog.String("the card has all schools"),
	"R74.empty":      catalog.String("the field Koulu is empty, which means all schools"),
	"R35.student":    catalog.String("the student's school"),
	"R35.child":      catalog.String("the child's school"),
	"P10.home":       catalog.String("a home school of the Primus account"),
	"P10.everywhere": catalog.String("the Primus account has no home school, which means all schools"),
	"R78.listed":     catalog.String("a school that surveyMaintainerSchools names"),
	"R71.on":         catalog.String("surveys are on there"),

	// What widens though something was taken out.
	"R74.emptied": catalog.String("the last school went: an empty Koulu means ALL schools"),
	"R78.emptied": catalog.String("the last row of surveyMaintainerSchools went: the schools of the card count again"),
	"P10.emptied": catalog.String("the last home school went: the account reaches ALL schools"),
	"R59.emptied": catalog.String("the path's own rights went: those of the path above count"),
	"R14.lifted":  catalog.String("it is no longer taken away from the person"),
	"P7.emptied":  catalog.String("the last group of the level before went: the next level counts"),

	// What stands in the way.
	"R23.absent":       catalog.String("not there"),
	"R36.noPlace":      catalog.String("the place is not there"),
	"R36.unknown":      catalog.String("there is no such place or right"),
	"R14.revoked":      catalog.String("taken away from the person"),
	"R14.primus":       catalog.String("%[1]s is taken away from the person, and with it what it implies"),
	"P7.hidden":        catalog.String("group %[1]s would give it, and the level before names groups, which hide it"),
	"R59.nearest":      catalog.String("%[1]s has rights of its own, and none of them gives this to the person's groups"),
	"R59.none":         catalog.String("nobody has rights at %[1]s or above"),
	"R93.stronger":     catalog.String("taken away from the person, to no effect: group %[1]s is stronger"),
	"R31.reverse":      catalog.String("group %[1]s lists it in Wilma, and a Wilma right is none in Primus"),
	"R32.wilma":        catalog.String("group %[1]s lists it in Primus, and it is no Primus right"),
	"R32.primusOnly":   catalog.String("%[1]s is there, and works in Primus alone"),
	"R23.account":      catalog.String("group %[1]s is the Primus account's, and its Wilma rights count only for a card that has it in Wilma"),
	"R17.account":      catalog.String("ticked, and there is no Primus account"),
	"R67.version":      catalog.String("it exists from Wilma %[1]s on"),
	"R87.version":      catalog.String("group %[1]s lists it, and groups give survey rights from Wilma %[2]s on"),
	"R70.renamed":      catalog.String("this right ended with Wilma %[1]s, and gives nothing now"),
	"R89.onlyGroup":    catalog.String("only a group can give this"),
	"R72.kind":         catalog.String("group %[1]s lists it, and survey rights are for teachers and staff"),
	"R24.kind":         catalog.String("an override names this %[1]s, and ticks are on the cards of teachers and staff"),
	"R59.reviewer":     catalog.String("group %[1]s has the role, and reviewers are not switched on"),
	"R47.nowhere":      catalog.String("role %[2]s in profile %[1]s covers no unit here"),
	"R47.elsewhere":    catalog.String("the person has it in other places"),
	"R35.elsewhere":    catalog.String("not a school of the card, and groups do not widen that"),
	"R35.nowhere":      catalog.String("given, and there is no place where it holds"),
	"R35.noSchool":     catalog.String("the place is no school of this installation"),
	"P10.elsewhere":    catalog.String("not a home school of the Primus account"),
	"P14.off":          catalog.String("Wilma is not in use there"),
	"R71.off":          catalog.String("surveys are off there"),
	"R78.others":       catalog.String("surveyMaintainerSchools names other schools, and overrides those of the card"),
	"R83.notEverybody": catalog.String("the school does not let everybody make templates"),
	"R86.notEverybody": catalog.String("the school does not let everybody add surveys"),

	// What to bear in mind.
	"R30.external": catalog.String("group %[1]s is kept elsewhere: lupa does not know what it gives"),
	"R38.level":    catalog.String("group %[1]s is meant for other school levels than %[2]s"),
	"R59.above":    catalog.String("no rights are set at that path: those of %[1]s count"),
	"P8.unlinked":  catalog.String("the Primus account is linked to no card, and sees no cards of persons"),
	"P2.full":      catalog.String("primus.full opens all of Primus; lupa counts it as a right of its own"),

	// What would be needed.
	"R34.need":         catalog.String("a group with %[1]s, or a tick on the card"),
	"R14.need":         catalog.String("that it is no longer taken away"),
	"R22.need":         catalog.String("a group of the Primus account with %[1]s"),
	"R17.need":         catalog.String("a Primus account"),
	"R27.need":         catalog.String("a group with %[1]s on card, class or school"),
	"R28.need":         catalog.String("a group with %[1]s on the card, whose groups hide those of class and school"),
	"P7.need":          catalog.String("a group with %[1]s on the card or the class, whose groups hide those of the school"),
	"R29.need":         catalog.String("a guardian group with %[1]s on the child's card, class or school"),
	"R33.never":        catalog.String("nothing would do: students and guardians never have Primus rights"),
	"R30.installation": catalog.String("nothing would do: the place belongs to another installation"),
	"R72.never":        catalog.String("nothing would do: survey rights are for teachers and staff"),
	"R23.never":        catalog.String("nothing would do: a user of another product has no rights here"),
	"R70.never":        catalog.String("nothing would do: this right ended with Wilma 2.16"),
	"R70.need":         catalog.String("the old tick for surveys, or Wilma 2.16"),
	"R67.need":         catalog.String("Wilma %[1]s"),
	"R87.need":         catalog.String("Wilma %[1]s"),
	"R89.need":         catalog.String("a group with %[1]s"),
	"R72.tickOrGroup":  catalog.String("a group with %[1]s, or a tick on the card"),
	"R59.need":         catalog.String("a group that is %[1]s at the nearest path with grants"),
	"R48.need":         catalog.String("a profile with a role that permits %[1]s there"),
	"R47.need":         catalog.String("the place among those that it covers"),
	"R36.need":         catalog.String("the school on the card"),
	"R36.anywhere":     catalog.String("a school where it can hold"),
	"P10.need":         catalog.String("the school among the account's home schools"),
	"P14.need":         catalog.String("Wilma in use there"),
	"R71.need":         catalog.String("the survey function switched on there"),
	"R78.need":         catalog.String("the school in surveyMaintainerSchools"),

	// Survey templates.
	"R104.holder":    catalog.String("holder of the template"),
	"R106.author":    catalog.String("author and holder of the template"),
	"R73.maintainer": catalog.String("maintainer of the template's school"),
	"R103.shared":    catalog.String("the template is shared in a school that the person maintains"),
	"R99.shared":     catalog.String("shared for copying, and may make templates"),
	"R100.shared":    catalog.String("shared for ordinary surveys, and may add surveys"),
	"R101.shared":    catalog.String("shared for group-bound surveys, and may add surveys"),
}

// English puts findings, reasons and brakes into words for scripts.
func English() plan.Speaker {
	t := &Text{}
	return plan.Speaker{Finding: t.said, Reason: t.reason, Brake: t.brake}
}

// reason is a reason in words.
func (t *Text) reason(r plan.Reason) string {
	args := make([]any, len(r.Args))
	for i, arg := range r.Args {
		args[i] = arg
	}
	return t.sentence(r.Rule+"."+r.Case, args...)
}
