package report

import "golang.org/x/text/message/catalog"

// englishSystems is what rules about IMS and CosDoc say.
var englishSystems = map[string]catalog.Message{
	"E25.section":      catalog.String("IMS has no section %[1]s; there are %[2]s (R56)"),
	"E25.responsible":  catalog.String("one is responsible for reviews: a user or a group (R57)"),
	"E25.responsible?": catalog.String("name either user or group, not both"),
	"E25.recursive":    catalog.String("in risks IMS cannot replace the rights of everything below (R59)"),
	"E25.recursive?":   catalog.String("remove recursive, and declare a grant for each part that needs one"),
	"E25.reviewer":     catalog.String("reviewer (tarkastaja) is not switched on in %[1]s"),
	"E25.reviewer?":    catalog.String("say ims: {reviewer: true} in the Installation if IMS has it switched on; else take reviewer out"),
	"E26":              catalog.String("%[1]s is a person; in IMS rights are given to groups (R59)"),
	"E26?":             catalog.String("name a group, and put the person into it"),
	"E27.profile":      catalog.String("the assignment has no profile; persons get roles through profiles (R48)"),
	"E27.profile?":     catalog.String("add profile"),
	"E27.role":         catalog.String("a role is not given to a person directly: it is put into a profile, and the profile is assigned (R48)"),
	"E27.role?":        catalog.String("declare a CosDocProfile with the role, and name it here under profile"),
	"E27.roles":        catalog.String("a profile has at least one role (R48)"),
	"E27.roles?":       catalog.String("name its roles; who is to have none needs no profile"),
	"W26.all":          catalog.String("everybody of a unit has this profile, with which identities are made or changed: %[1]s (R49)"),
	"W26.all?":         catalog.String("assign it to selected people"),
	"W26.many":         catalog.String("more than %[2]s %% of a unit have this profile, with which identities are made or changed: %[1]s (R49)"),
	"W26.many?":        catalog.String("take it from some of them, or raise maxAssigneesPercent"),
	"W29.blind":        catalog.String("%[1]s may approve here and not see what: none of the roles in IMS includes another (R59)"),
	"W29.blind?":       catalog.String("add viewer"),
	"W29.own":          catalog.String("%[1]s may edit and approve here: nobody else need look at what they write (R59)"),
	"W29.own?":         catalog.String("let one group edit and another approve"),
	"W29.section":      catalog.String("nobody approves in the section %[1]s (R59)"),
	"W29.section?":     catalog.String("give a group approver, here or in a part of the section"),
	"W29.interval":     catalog.String("processes at %[1]s have no review interval (R64)"),
	"W29.interval?":    catalog.String("add reviewIntervalMonths, here or at a part above"),
}
