package report

import "golang.org/x/text/message/catalog"

// englishChanges is what rules about changes say, and what there is to say of who
// made them.
var englishChanges = map[string]catalog.Message{
	"E13":  catalog.String("the plan takes template %[1]s from %[2]s, in whose name it is applied, and nobody can remove themselves"),
	"E13?": catalog.String("let another maintainer of %[3]s apply it: lupa plan --actor NAME"),

	"E14":  catalog.String("the plan changes with whom template %[1]s is shared in %[3]s, and %[2]s, in whose name it is applied, is not survey maintainer there"),
	"E14?": catalog.String("let a maintainer of these schools apply it: lupa plan --actor NAME; or leave their sharing as it is"),

	"E15.holders":  catalog.String("the plan changes who holds template %[1]s, and %[2]s, in whose name it is applied, is neither its author and holder nor survey maintainer of %[3]s"),
	"E15.holders?": catalog.String("let the author or a maintainer of %[3]s apply it: lupa plan --actor NAME"),
	"E15.new":      catalog.String("the plan makes template %[1]s, and %[2]s, in whose name it is applied, is neither its author nor survey maintainer of %[3]s"),
	"E15.new?":     catalog.String("let the author or a maintainer of %[3]s apply it: lupa plan --actor NAME"),

	"E16":  catalog.String("the plan transfers template %[1]s to others, and %[2]s, in whose name it is applied, is not survey maintainer of %[3]s"),
	"E16?": catalog.String("only a maintainer of the template's school transfers it: lupa plan --actor NAME"),

	"E24":       catalog.String("%[1]s loses its last survey maintainer (%[3]s), and template %[2]s is shared there: nobody could see or change that"),
	"E24?":      catalog.String("make somebody else maintainer of the school first, or end the sharing"),
	"E24.more":  catalog.String("more schools that lose their last survey maintainer while templates are shared there: %[1]s"),
	"E24.more?": catalog.String("make somebody else maintainer of these schools first, or end the sharing"),

	"G07.unknown":  catalog.String("nobody knows who %[1]s is, and the Policy refuses what authors give themselves"),
	"G07.unknown?": catalog.String("add a row with the login and the card to the file that the Policy names under logins"),
	"N17.card":     catalog.String("no file of logins says who %[1]s is, so nobody looked at what the author gains"),
	"N17.card?":    catalog.String("add a row with the login and the card to the file that the Policy names under logins"),
	"N17.file":     catalog.String("no Policy names a file of logins, so nobody knows who %[1]s is, nor looked at what the author gains"),
	"N17.file?":    catalog.String("add logins: FILE to the Policy; the file is CSV with the columns login and card"),

	"N17.missing":  catalog.String("there is no file of logins %[1]s, so plan --author cannot say who the author of a change is"),
	"N17.missing?": catalog.String("make it, a CSV file with the columns login and card, or change the path"),

	"N18":  catalog.String("the target does not know %[1]s yet, in whose name the plan is applied: templates were judged by what the plan gives"),
	"N18?": catalog.String("afterwards they are judged by what the target gives"),

	"W09.group":  catalog.String("people who no longer have %[2]s at %[3]s through group %[1]s, and keep it through %[6]s: %[4]s (%[5]s)"),
	"W09.group?": catalog.String("if they are to lose it, take it from that group, or them out of it; lupa why shows every reason"),
	"W09.other":  catalog.String("people who no longer have %[2]s at %[3]s through group %[1]s, and keep it by other means than a group (%[6]s): %[4]s (%[5]s)"),
	"W09.other?": catalog.String("if they are to lose it, look at ticks on the card and at what the school lets everybody do; lupa why shows every reason"),
	"W09.more":   catalog.String("more groups that go without effect: %[1]s"),

	"W11":  catalog.String("people who had the old tick for surveys, and with this version of Wilma can no longer add surveys: %[1]s (%[2]s)"),
	"W11?": catalog.String("the old tick is one for templates from 2.16 on; give them wilma.surveys.addSurvey in the same change"),

	"W22":      catalog.String("templates that %[1]s makes from now on belong to %[3]s, not to %[2]s: the first school counts"),
	"W22?":     catalog.String("put %[2]s first again, if only the list was to be changed"),
	"W22.more": catalog.String("more people with another first school, to which the templates they make belong: %[1]s"),

	"W35.level":       catalog.String("the groups that hid those of the next level are gone; people who gain %[3]s at %[4]s by that: %[1]s (%[2]s)"),
	"W35.level?":      catalog.String("where card or class names no group, the groups of class or school count (R28); name one if that is not meant"),
	"W35.maintainer":  catalog.String("surveyMaintainerSchools is empty now, so the schools of the card count again; people who gain %[3]s at %[4]s by that: %[1]s (%[2]s)"),
	"W35.maintainer?": catalog.String("keep the schools in the list, or take the maintainer's right away as well"),
	"W35.account":     catalog.String("the Primus account has no home school now, which means every school; people who gain %[3]s at %[4]s by that: %[1]s (%[2]s)"),
	"W35.account?":    catalog.String("name a home school, or remove the account"),
	"W35.path":        catalog.String("a path of IMS has no rights of its own now, so those of the path above count; people who gain %[3]s at %[4]s by that: %[1]s (%[2]s)"),
	"W35.path?":       catalog.String("keep an ImsGrant for the path if that is not meant"),
	"W35.more":        catalog.String("more that widens by something that is empty now: %[1]s"),

	"G07.right":     catalog.String("%[1]s, who made this change, gains %[3]s at %[4]s by it (card %[2]s)"),
	"G07.right?":    catalog.String("let somebody else make the change, or look at it with care"),
	"G07.template":  catalog.String("%[1]s, who made this change, may do more with templates by it: %[3]s, with %[4]s (card %[2]s)"),
	"G07.template?": catalog.String("let somebody else make the change, or look at it with care"),
	"G07.more":      catalog.String("more rights that %[1]s gains by this change: %[2]s"),

	"G08.none":        catalog.String("%[1]s changes %[2]s %[3]s, and no Delegation is to %[1]s"),
	"G08.none?":       catalog.String("let somebody make the change to whom it is delegated, or add the login to a Delegation"),
	"G08.deleted":     catalog.String("%[1]s removes %[2]s %[3]s; what is gone has no file, and Delegation %[5]s cannot show that it was inside"),
	"G08.deleted?":    catalog.String("a Delegation that says kinds can show it"),
	"G08.path":        catalog.String("%[1]s changes %[2]s %[3]s in %[4]s, which is not among the paths of Delegation %[5]s"),
	"G08.path?":       catalog.String("it would need %[4]s under paths"),
	"G08.kind":        catalog.String("%[1]s changes %[2]s %[3]s, and Delegation %[5]s is not for this kind"),
	"G08.kind?":       catalog.String("it would need %[4]s under kinds"),
	"G08.noSchool":    catalog.String("%[1]s changes %[2]s %[3]s, which belongs to no school, and Delegation %[5]s is for schools"),
	"G08.noSchool?":   catalog.String("it would need %[4]s under kinds"),
	"G08.allSchools":  catalog.String("%[1]s changes %[2]s %[3]s, which is about all schools, and Delegation %[5]s is for some"),
	"G08.allSchools?": catalog.String("it would need a Delegation without schools"),
	"G08.school":      catalog.String("%[1]s changes %[2]s %[3]s, which is about %[4]s, a school that Delegation %[5]s does not name"),
	"G08.school?":     catalog.String("it would need %[4]s under schools"),
	"G08.people":      catalog.String("people of other schools than Delegation %[5]s names, who may do something else (%[4]s) by what %[1]s changes (%[6]s): %[2]s (%[3]s)"),
	"G08.people?":     catalog.String("let somebody make the change whose Delegation has these schools"),
	"G08.more":        catalog.String("more of what %[1]s changes lies outside: %[2]s"),

	"D20.glob":       catalog.String("“%[1]s” is not a pattern of files"),
	"D20.glob?":      catalog.String("* is any name, ** any directories, {a,b} one of two; look for a bracket that is not closed"),
	"D20.path":       catalog.String("“%[1]s” is not counted from the root of the tree"),
	"D20.path?":      catalog.String("write it like koulut/testila/**, without / or .. at the beginning"),
	"F01.owners":     catalog.String("CODEOWNERS cannot say “%[1]s”"),
	"F01.owners?":    catalog.String("it knows *, ** and ?, and neither [] nor {} nor \\; write the pattern several times instead"),
	"F01.directory":  catalog.String("“%[1]s” is a directory, and in CODEOWNERS that means all that is in it"),
	"F01.directory?": catalog.String("write %[1]s/** if that is meant"),
	"D21.outside":    catalog.String("this path leads out of the tree"),
	"D21.outside?":   catalog.String("the file of logins must lie below lupa.yaml"),
	"F02":            catalog.String("there is no file of logins %[1]s"),
	"F02?":           catalog.String("make it, a CSV file with the columns login and card, or change the path"),
	"D21.irregular":  catalog.String("%[1]s is not a file"),
	"D21.login":      catalog.String("the login is empty, or has blanks around it"),
	"D21.twice":      catalog.String("the login %[1]s stands here twice; capitals do not matter in logins"),
	"D21.twice?":     catalog.String("keep one of the rows"),
}
