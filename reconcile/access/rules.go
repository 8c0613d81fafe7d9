package access

// Class says what a rule of the domain asks of a program.
type Class string

const (
	ClassEffect Class = "effect" // decides who may do what: rights are computed by it
	ClassShape  Class = "shape"  // met by what documents can say
	ClassGuard  Class = "guard"  // constraints and warnings watch over it
	ClassHabit  Class = "habit"  // information or a working habit: for people
)

// Rule is a rule of the domain: what one of the products does, or what its
// vendor advises.
type Rule struct {
	Code   string
	Class  Class
	Doc    string // what it says, in one sentence
	Source string // where it is said
}

// The documents that the rules come from. R67 to R112 speak of Wilma 2.16 and
// later.
const (
	docRoles   = "Visma InSchool, Pääkäyttäjän rooli: "
	docGroups  = "Visma InSchool, Käyttäjäryhmät ja käyttöoikeudet: "
	docSummer  = "DIPS Front, Tips til deg som er systemansvarlig og superbruker: "
	docIMS     = "Arter IMS, Mitä IMS-pääkäyttäjän tehtäviin kuuluu?: "
	docSurveys = "Visma InSchool, Kyselytoiminnon käyttöoikeudet: "
	docHelp    = "help.starsoft.fi, "
)

// Rules are all rules of the domain in the order of their numbers: R1 to R112
// from the vendors' guides that lupa was made for, P1 to P13 from other public
// pages of theirs. Comments all over the code cite them.
var Rules = []Rule{
	{"R1", ClassHabit, "The programs can do much and each customer shapes them, so their use has to be planned as a whole.", docRoles + "introduction"},
	{"R2", ClassHabit, "Besides upkeep and guidance, a content main user may also have information management and its planning as a task.", docRoles + "introduction"},
	{"R3", ClassGuard, "It works well to have a content main user, who knows the program and how schools work, plans and guides its use, maintains it and trains others.", docRoles + "content main user (sisällöllinen pääkäyttäjä)"},
	{"R4", ClassGuard, "It works well to have a technical main user, who keeps servers running and settings right, and answers for updates and backups.", docRoles + "technical main user (tekninen pääkäyttäjä)"},
	{"R5", ClassGuard, "It works well to have a support person, on whom users can call, and who helps to keep up and improve what they work with.", docRoles + "support person (tukihenkilö)"},
	{"R6", ClassShape, "The same person may be main user and support person in any combination.", docRoles + "several roles, deputies"},
	{"R7", ClassGuard, "Somebody should be ready to stand in for each main user.", docRoles + "several roles, deputies"},
	{"R8", ClassShape, "For reasons of security the vendor's support guides nobody but those whom the organisation or the school has named.", docRoles + "other contacts (muut yhteyshenkilöt)"},
	{"R9", ClassGuard, "People who often contact support and are neither main users nor support persons, such as principals and school secretaries, should be in the vendor's customer register too.", docRoles + "other contacts (muut yhteyshenkilöt)"},
	{"R10", ClassShape, "Contacts in the customer register also get the vendor's news and training bulletins for their school level, unless something else was agreed.", docRoles + "other contacts (muut yhteyshenkilöt)"},
	{"R11", ClassHabit, "What each role has to do in detail stands in an attachment, which this table does not draw on.", docRoles + "attachment"},

	{"R12", ClassHabit, "What an occupation, such as teacher or counsellor, sees and changes is for the institution to settle, separately for each function.", docGroups + "introduction"},
	{"R13", ClassShape, "User groups are the usual way to give people rights.", docGroups + "introduction"},
	{"R14", ClassEffect, "One person can be given a right, or lose one, apart from what the groups say.", docGroups + "introduction"},
	{"R15", ClassEffect, "Students and guardians can do very little by default, and groups add to that.", docGroups + "introduction"},
	{"R16", ClassHabit, "Example sets of rights bind nobody: in a small municipality one person has more tasks, and so needs more rights.", docGroups + "introduction"},
	{"R17", ClassGuard, "Only those who cannot do without Primus get a Primus account: typically secretaries, principals, other administration and IT support.", docGroups + "Primus users"},
	{"R18", ClassEffect, "Rights in Kurre come with the Primus account, which is also the login to Kurre.", docGroups + "Primus users"},
	{"R19", ClassGuard, "A teacher's work can as a rule be done in Wilma, without a Primus account.", docGroups + "Primus users"},
	{"R20", ClassGuard, "To log in to Wilma one needs an account or a key code, made for everybody who has to.", docGroups + "Wilma users"},
	{"R21", ClassShape, "One group can serve both for Primus and for Wilma.", docGroups + "groups in general"},
	{"R22", ClassEffect, "A Primus user's groups are those of the account: the field Tunnuksen ryhmä in the register Käyttäjätunnukset.", docGroups + "where groups are set"},
	{"R23", ClassEffect, "A Wilma user's groups are those of the person's card, in whichever register that lies: the field Käyttäjäryhmä Wilmassa.", docGroups + "where groups are set"},
	{"R24", ClassEffect, "Tick fields on the card of a teacher or a member of staff add to what their Wilma groups give.", docGroups + "where groups are set"},
	{"R25", ClassShape, "The Wilma groups of teachers stand in the teacher register (Opettajarekisteri).", docGroups + "where groups are set"},
	{"R26", ClassShape, "The Wilma groups of staff stand in the staff register (Henkilökuntarekisteri).", docGroups + "where groups are set"},
	{"R27", ClassEffect, "Groups of students can be set for all of a school, for those of a class, or for single students.", docGroups + "where groups are set, students"},
	{"R28", ClassEffect, "Where a student's own card names a group, only the card counts, and the groups of class and school give nothing.", docGroups + "where groups are set, students"},
	{"R29", ClassEffect, "Groups of guardians are set in the same three registers as those of students, in fields of their own (Huoltajan käyttäjäryhmä Wilmassa).", docGroups + "where groups are set, guardians"},
	{"R30", ClassGuard, "Only groups of the register Käyttäjäryhmät can be chosen; it has those for Primus and those for Wilma.", docGroups + "register of groups"},
	{"R31", ClassEffect, "Whoever may do something in Primus may do the same in Wilma.", docGroups + "Primus and Wilma"},
	{"R32", ClassEffect, "Wilma can do less than Primus, so a right to what exists in Primus alone gives nothing in Wilma.", docGroups + "Primus and Wilma"},
	{"R33", ClassEffect, "Students and guardians never have a Primus account; whatever rights they have are rights in Wilma.", docGroups + "Primus and Wilma"},
	{"R34", ClassEffect, "The rights of somebody in several groups add up.", docGroups + "several groups"},
	{"R35", ClassEffect, "Which students a person sees depends on the person's schools, and a group does not limit it: one sees those of one's own schools only.", docGroups + "groups and schools"},
	{"R36", ClassEffect, "The schools of a teacher or a member of staff are those in the field Koulu of the card.", docGroups + "groups and schools"},
	{"R37", ClassGuard, "Where several schools share a multiPrimus, groups should be common to them, so that one job has the same rights in each.", docGroups + "multiPrimus"},
	{"R38", ClassEffect, "In Primus a user sees only what belongs to the own school and the own pupils, while the functions that are allowed are the same in all schools of one level in the municipality.", docGroups + "multiPrimus"},

	{"R39", ClassHabit, "People who usually help may be away in summer, which is to be prepared for.", docSummer + "introduction"},
	{"R40", ClassHabit, "The vendor's support is there in summer as at other times, Monday to Friday from 8 to 16, through the case system or by phone.", docSummer + "support in summer"},
	{"R41", ClassHabit, "Whoever is locked out of the case system, or needs a new password for it, has to phone; users of CosDoc can help themselves with a page of common questions.", docSummer + "support in summer"},
	{"R42", ClassEffect, "Whoever takes system responsibility over the summer must have been given the access for it by then.", docSummer + "before the summer"},
	{"R43", ClassEffect, "Somebody who takes over a leader's tasks for the holidays must get the access that these need.", docSummer + "before the summer"},
	{"R44", ClassGuard, "More than one person in the organisation must be able to open the connection through which the vendor helps from afar.", docSummer + "before the summer"},
	{"R45", ClassHabit, "Changing passwords and access for the system owner is work that the vendor bills by the hour, outside the support agreement.", docSummer + "forgotten passwords"},
	{"R46", ClassGuard, "Throughout the summer there should be somebody who can find or renew employees' passwords, and employees should know who it is.", docSummer + "forgotten passwords"},
	{"R47", ClassEffect, "A CosDoc role can give the right to create or edit identities in the holder's own units.", docSummer + "forgotten passwords, CosDoc"},
	{"R48", ClassEffect, "A CosDoc role reaches people as part of a profile, which is assigned to those who are chosen.", docSummer + "forgotten passwords, CosDoc"},
	{"R49", ClassGuard, "Editing identities should be left to some employees and not given to all.", docSummer + "forgotten passwords, CosDoc"},
	{"R50", ClassHabit, "With such a profile in place, nobody with a system owner's access has to be there all summer.", docSummer + "forgotten passwords, CosDoc"},
	{"R51", ClassHabit, "Help that others ask for with tasks of the system owner may be billed.", docSummer + "cost of help"},
	{"R52", ClassEffect, "Somebody who is not system owner can be allowed to read e-messages from above, at level 0 of the organisation.", docSummer + "e-messages, CosDoc"},
	{"R53", ClassHabit, "Agree with those who are to help what they will do, and train them for it.", docSummer + "advice for the holidays"},
	{"R54", ClassShape, "The vendor is to be told who will use its case system, and how to reach them.", docSummer + "advice for the holidays"},

	{"R55", ClassShape, "IMS main users hold administrator rights; they also write content or share out that work, guide users and talk to the vendor.", docIMS + "introduction"},
	{"R56", ClassGuard, "IMS has a section for its upkeep, with languages and settings, and six for content: processes, documents, risks, indicators, reports and handbook.", docIMS + "sections"},
	{"R57", ClassGuard, "The section settings of IMS let an administrator archive processes, documents and folders, delete processes and approved documents, add intermediate processes, set review intervals, run mass operations, and change the responsible user or group.", docIMS + "processes and documents"},
	{"R58", ClassShape, "Users, groups and their rights are managed in the upkeep section (Ylläpito) of IMS.", docIMS + "users and rights"},
	{"R59", ClassEffect, "Rights in a section of IMS are generally those of a viewer, an editor and an approver.", docIMS + "users and rights"},
	{"R60", ClassShape, "IMS has no groups of its own making: each customer names them and gathers its users in them.", docIMS + "users and rights"},
	{"R61", ClassHabit, "Before processes are described it has to be clear who can do it, what for, which descriptions there are, how far new ones go, and by when.", docIMS + "before describing processes"},
	{"R62", ClassGuard, "Development work in IMS should be shared out and given time windows, in large organisations with a working group.", docIMS + "sharing responsibility"},
	{"R63", ClassHabit, "IMS is best taken into use section by section.", docIMS + "sharing responsibility"},
	{"R64", ClassGuard, "Keeping content up to date at regular intervals should be the task of process owners or line managers.", docIMS + "sharing responsibility"},
	{"R65", ClassHabit, "People take to IMS when they take part in describing their work, are trained, find instructions easily, agree on where documents go, and meet it in onboarding and on the intranet.", docIMS + "advice on engagement"},
	{"R66", ClassHabit, "The vendor's knowledge bank helps users of IMS, as do its customer service and technical support.", docIMS + "knowledge bank"},

	{"R67", ClassEffect, "What R68 to R112 say of surveys holds from Wilma 2.16 on.", docSurveys + "introduction"},
	{"R68", ClassEffect, "From Wilma 2.16 on a survey template can be shared with several users, a whole institution or, in a multiPrimus, several of them, and surveys can have maintainers.", docSurveys + "introduction"},
	{"R69", ClassEffect, "Surveys can be aimed at the students of one assessment book, which makes them group-bound; those from an older Wilma count as ordinary, and ordinary ones can be added as ever, for any audience.", docSurveys + "introduction"},
	{"R70", ClassEffect, "With 2.16 the field that allowed the use of surveys became the right to make templates and no more; to go on adding surveys, a user needs the tick for that as well.", docSurveys + "change of fields in 2.16"},
	{"R71", ClassEffect, "A school uses surveys once its field Kyselytoiminto käytössä is ticked.", docSurveys + "rights in Primus"},
	{"R72", ClassShape, "Maintaining surveys, making templates and adding surveys are three rights, given on a teacher's or staff card or through a group.", docSurveys + "rights in Primus"},
	{"R73", ClassEffect, "The tick Kyselyjen ylläpitäjä Wilmassa makes a teacher or a member of staff a maintainer, who manages surveys and templates.", docSurveys + "maintainers"},
	{"R74", ClassEffect, "In a multiPrimus, full control of all templates and surveys takes a maintainer whose Koulu is empty or names every school that uses surveys.", docSurveys + "maintainers, multiPrimus"},
	{"R75", ClassGuard, "An empty Koulu is the best choice for somebody who maintains surveys for a whole multiPrimus.", docSurveys + "maintainers, multiPrimus"},
	{"R76", ClassEffect, "In a multiPrimus a school may have a maintainer of its own, who manages the templates of the own schools and the surveys made from them, and no others.", docSurveys + "maintainers, multiPrimus"},
	{"R77", ClassEffect, "A template belongs to a school: the first in the Koulu of whoever made it.", docSurveys + "maintainers, multiPrimus"},
	{"R78", ClassEffect, "Where the field Kyselyjen ylläpitäjä kouluissa is filled, a maintainer maintains just the schools it names, whatever Koulu says.", docSurveys + "maintainers, multiPrimus"},
	{"R79", ClassEffect, "Naming schools for survey maintenance leaves Koulu alone, and with it all else that depends on Koulu.", docSurveys + "maintainers, multiPrimus"},
	{"R80", ClassGuard, "Maintainers answer for how templates are shared, within a school and across schools.", docSurveys + "maintainers"},
	{"R81", ClassGuard, "Few people should be maintainers; the others get the rights to make templates or add surveys.", docSurveys + "maintainers"},
	{"R82", ClassEffect, "The tick Oikeus laatia uusia kyselypohjia lets one teacher or member of staff make templates.", docSurveys + "making templates"},
	{"R83", ClassEffect, "A school can let all its teachers make templates, and with another field all its staff.", docSurveys + "making templates"},
	{"R84", ClassShape, "As before, the right to edit one template can be given to single users, in Wilma.", docSurveys + "making templates"},
	{"R85", ClassEffect, "The tick Oikeus lisätä uusia kyselyjä lets one teacher or member of staff add surveys.", docSurveys + "adding surveys"},
	{"R86", ClassEffect, "A school can let all its teachers add surveys, and with another field all its staff.", docSurveys + "adding surveys"},
	{"R87", ClassEffect, "From Wilma 2.17 on survey rights can come through groups too, in the module Kyselyt on the tab Wilman oikeudet.", docSurveys + "groups"},
	{"R88", ClassEffect, "A group can make its members maintainers, in the schools of their Koulu or of Kyselyjen ylläpitäjä kouluissa.", docSurveys + "groups"},
	{"R89", ClassEffect, "A group can make its members maintainers in every school of the multiPrimus, whichever schools their cards name.", docSurveys + "groups"},
	{"R90", ClassEffect, "A group can let its members make templates.", docSurveys + "groups"},
	{"R91", ClassEffect, "A group can let its members add surveys, from templates that exist.", docSurveys + "groups"},
	{"R92", ClassEffect, "A group can let its members add public surveys, for which no card has a tick.", docSurveys + "groups"},
	{"R93", ClassEffect, "What a group gives in surveys is stronger than the ticks of a card, so nothing said of the person takes it away.", docSurveys + "groups"},
	{"R94", ClassHabit, "How far people other than its author may use a template is set in Wilma, one template at a time.", docSurveys + "sharing and personal access"},
	{"R95", ClassGuard, "The function Oikeudet gives single people access to a template; it should be used sparingly, as templates can be shared since 2.16.", docSurveys + "sharing and personal access"},
	{"R96", ClassEffect, "The tab Yhteiskäyttö, on which a template is shared, is there for maintainers only.", docSurveys + "sharing"},
	{"R97", ClassEffect, "All teachers and staff of a school can use a template that is shared there, but only its author and maintainers edit it or reach the surveys that others made from it.", docSurveys + "sharing"},
	{"R98", ClassGuard, "A shared template should give personal access to nobody who does not really have to edit and manage it.", docSurveys + "sharing"},
	{"R99", ClassEffect, "Sharing can allow, school by school, that those with the right to make templates copy this one.", docSurveys + "sharing, settings for each school"},
	{"R100", ClassEffect, "Sharing can allow, school by school, that those with the right to add surveys add ordinary ones from this template.", docSurveys + "sharing, settings for each school"},
	{"R101", ClassEffect, "Sharing can allow, school by school, that those with the right to add surveys add group-bound ones from this template.", docSurveys + "sharing, settings for each school"},
	{"R102", ClassGuard, "Besides, a template can be set to make group-bound surveys by itself.", docSurveys + "sharing, settings for each school"},
	{"R103", ClassEffect, "A maintainer sets the sharing of a template for the own schools only; doing it for all at once takes a maintainer whose Koulu is empty or names them all.", docSurveys + "sharing, settings for each school"},
	{"R104", ClassEffect, "Whoever has personal access to a template manages it and the surveys made from it, together with the others who have.", docSurveys + "personal access"},
	{"R105", ClassEffect, "Unless somebody says otherwise, a new template is in the hands of its author and of the maintainers, and of nobody else.", docSurveys + "personal access"},
	{"R106", ClassEffect, "Its author and maintainers may give others personal access to a template.", docSurveys + "personal access"},
	{"R107", ClassGuard, "For wide use a template should be shared; personal access is for the few cases that need it.", docSurveys + "personal access"},
	{"R108", ClassHabit, "Personal access is added in Wilma at the link Oikeudet of a template: search for people, tick them, and add them.", docSurveys + "adding access"},
	{"R109", ClassEffect, "A maintainer can pass a template on to another user: the new one gets access first, and only then does the old one lose it.", docSurveys + "adding access"},
	{"R110", ClassHabit, "Personal access is removed in Wilma at the link Oikeudet of a template: tick people, and remove them.", docSurveys + "removing access"},
	{"R111", ClassEffect, "Users cannot remove their own access to a template.", docSurveys + "removing access"},
	{"R112", ClassEffect, "The last access to a template cannot be removed.", docSurveys + "removing access"},

	{"P1", ClassShape, "The card of a group opens registers of Primus and functions in them; for each field the field editor then lets the group change it, only see it, or neither.", docHelp + "node/1370 (sv): field editor"},
	{"P2", ClassGuard, "Limits of the field editor do nothing for a group with full rights to Primus, nor in a register of which the group may see, or change, all fields.", docHelp + "node/1370 (sv): field editor"},
	{"P3", ClassShape, "On its Wilma tab, too, a group opens registers, each with the operations that are allowed in it.", docHelp + "node/9626: support documents"},
	{"P4", ClassHabit, "For a pupil's support documents a group's right is not enough: it takes one of the pupil's teachers, the class teacher, or whoever is responsible for the document.", docHelp + "node/9626: support documents"},
	{"P5", ClassHabit, "Groups also tie people to forms and printouts, and nobody sees a register form that names no group; besides, the interface of Wilma that one is in decides: the teachers', the students' or the guardians'.", docHelp + "node/15412 and node/15414: forms and printouts"},
	{"P6", ClassHabit, "Who sees and who edits a student memo is set memo by memo, and not by group.", docHelp + "node/14672: student memos"},
	{"P7", ClassEffect, "A student has the groups of the card, else of the class, else of the school: the first level that names any counts alone.", docHelp + "node/10782: groups of students"},
	{"P8", ClassGuard, "Every Primus account is linked to a person's card, but for Wilma's own and the vendor's; without the link it sees no cards of people, and exports made with it lack them silently.", docHelp + "node/20207, node/20208 (sv): linked accounts"},
	{"P9", ClassHabit, "A teacher with a linked Primus account sees in it only the students of the own classes and groups.", docHelp + "node/20207, node/20208 (sv): linked accounts"},
	{"P10", ClassEffect, "A Primus account without a home school, with full rights, is the main user's; a home school limits what an account reaches.", docHelp + "node/15112: main user, and a public integration"},
	{"P11", ClassEffect, "One Wilma login may have several roles, such as teacher and guardian of each child, and the rights are those of the role in use.", docHelp + "node/8988 and node/15414: roles of a login"},
	{"P12", ClassHabit, "Rights are spread: general ones stand with the school, individual ones on the cards of teachers and staff, and some depend on how a teacher is tied to the student.", "help.inschool.fi, lesson notes and workplace learning"},
	{"P13", ClassHabit, "Wilma keeps nothing itself and shows what Primus registers hold; only of the sharing and the holders of survey templates, which are set in Wilma, is no register known.", docHelp + "node/11047: Wilma and Primus"},
	{"P14", ClassEffect, "Wilma works in a school only where its card says that Wilma may be used, which in a multiPrimus tells schools apart.", docHelp + "node/1546 and node/1548: Koulun tiedot, Oikeus käyttää Wilmaa"},
}
