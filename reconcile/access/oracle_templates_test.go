package access_test

import (
	"slices"

	"github.com/lupa-dev/lupa/reconcile/access"
	"github.com/lupa-dev/lupa/reconcile/fact"
)

// May is the table of 5.4: one row, one case.
func (o *oracle) May(person string, a access.Action, template, school string) bool {
	u, t, ok := o.actor(person, template)
	if !ok {
		return false
	}
	s, _ := o.find("School", school)
	switch a {
	case access.Edit:
		return o.edits(u, t)
	case access.Copy:
		return o.uses(u, t, s, createTemplate, "copy")
	case access.AddOrdinary:
		return o.uses(u, t, s, addSurvey, "ordinary")
	case access.AddGroupBound:
		return o.uses(u, t, s, addSurvey, "groupBound")
	case access.ChangeSharing:
		return o.shares(u, t, s)
	case access.HandOut:
		return o.handsOut(u, t)
	case access.Transfer: // R109
		return o.maintainsHome(u, t) || o.slip("a holder transfers") && o.edits(u, t)
	}
	return false
}

// actor is somebody who can act on templates at all: a teacher or a member of
// staff (R97, R104) whose card is kept here.
func (o *oracle) actor(person, template string) (u, t object, ok bool) {
	u, known := o.find("Person", person)
	t, there := o.find("SurveyTemplate", template)
	employee := slices.Contains([]string{"teacher", "staff"}, u.value("kind")) || o.slip("students act as holders")
	return u, t, known && there && employee && (!u.on("external") || o.slip("cards kept elsewhere act on templates"))
}

func (o *oracle) home(t object) object {
	home, _ := o.find("School", t.value("school"))
	return home
}

// maintainsHome: the function is on in the template's school, and the person maintains it.
func (o *oracle) maintainsHome(u, t object) bool {
	return o.maintains(u, o.home(t)) || o.slip("a maintainer of any school edits") && o.maintainsAnything(u)
}

func (o *oracle) maintainsAnything(u object) bool {
	return o.any("School", func(s object) bool { return o.maintains(u, s) })
}

// holds: an author who is no holder any more has nothing from it (1.5).
func (o *oracle) holdsTemplate(u, t object) bool {
	return t.has("holders", u.id) || o.slip("the author keeps access after a transfer") && t.is("author", u.id)
}

// edits: R97, R104, R105; and nothing without the function (R71).
func (o *oracle) edits(u, t object) bool {
	if !o.functionOn(o.home(t)) && !o.slip("holders edit where the function is off") {
		return false
	}
	return o.maintainsHome(u, t) || o.holdsTemplate(u, t) || o.slip("sharing lets edit") && o.sharedWith(u, t)
}

func (o *oracle) sharedWith(u, t object) bool {
	return o.any("School", func(s object) bool { return o.own(u, s) && o.shared(t, s, "ordinary") })
}

// uses: copying and adding need the right at the school, and the template: to
// edit it, or that it is shared there (R99-R101).
func (o *oracle) uses(u, t, s object, right, box string) bool {
	if o.slip("one box opens the others") {
		return o.surveyMay(u, right, s) && (o.edits(u, t) || o.own(u, s) && (o.shared(t, s, "copy") || o.shared(t, s, "ordinary") || o.shared(t, s, "groupBound")))
	}
	shared := o.shared(t, s, box)
	if o.slip("sharing in one school counts in others") {
		shared = o.any("School", func(other object) bool { return o.shared(t, other, box) })
	}
	switch {
	case o.slip("sharing gives the right itself") && o.own(u, s) && shared:
		return true
	case o.slip("who edits may use without the right") && o.edits(u, t) && o.own(u, s):
		return true
	case o.slip("own templates must be shared too"):
		return o.surveyMay(u, right, s) && o.own(u, s) && shared
	case o.slip("copying needs the right to add surveys") && box == "copy":
		right = addSurvey
	}
	return s.id != "" && o.surveyMay(u, right, s) && (o.edits(u, t) || o.own(u, s) && shared)
}

// row is what a template says about a school of its installation.
func (o *oracle) row(t, s object) (row object, ok bool) {
	row, ok = o.find("Sharing", fact.NestedID(t.id, fact.Name(s.id)))
	return row, ok && t.installation() == s.installation()
}

// shared: the box of the template's row for a school, from 2.16 on (R68), where
// the function is on.
func (o *oracle) shared(t, s object, box string) bool {
	row, ok := o.row(t, s)
	return ok && row.on(box) && o.functionOn(s) && (o.wilmaFrom(t, "2.16") || o.slip("there is sharing before 2.16"))
}

// shares: a maintainer changes sharing in own schools only (R103), of templates
// within reach.
func (o *oracle) shares(u, t, s object) bool {
	reach := o.maintainsHome(u, t) || o.holdsTemplate(u, t) && !o.slip("a holder does not reach the template to share it") ||
		o.sharedWhereMaintained(u, t)
	switch {
	case o.slip("a maintainer shares everywhere"):
		return o.maintainsAnything(u) && reach && o.functionOn(s)
	case o.slip("a maintainer shares every template"):
		return o.maintains(u, s)
	case o.slip("a holder shares") && o.holdsTemplate(u, t) && o.own(u, s) && o.functionOn(s):
		return true
	}
	return o.maintains(u, s) && reach
}

func (o *oracle) sharedWhereMaintained(u, t object) bool {
	return !o.slip("sharing gives a maintainer no reach") && o.any("School", func(s object) bool {
		_, ok := o.row(t, s)
		return ok && o.maintains(u, s)
	})
}

// handsOut: the author while holder, and maintainers; other holders do not (R106).
func (o *oracle) handsOut(u, t object) bool {
	author := t.is("author", u.id) || o.slip("every holder hands out access")
	return o.maintainsHome(u, t) || o.functionOn(o.home(t)) && author && o.holdsTemplate(u, t) ||
		o.slip("an author hands out without being a holder") && o.functionOn(o.home(t)) && t.is("author", u.id)
}

// MayRemove: not oneself (R111), and never the last (R112).
func (o *oracle) MayRemove(person, template, holder string) bool {
	u, t, ok := o.actor(person, template)
	if !ok || !o.handsOut(u, t) || !t.has("holders", holder) && !o.slip("somebody who is no holder is removed") {
		return false
	}
	others := slices.ContainsFunc(t.all("holders"), func(h string) bool { return h != holder })
	return (person != holder || o.slip("one removes oneself")) && (others || o.slip("the last holder may go"))
}

// FullControl: the scope holds every school with the function on, of which there
// is one (R74).
func (o *oracle) FullControl(person string) bool {
	p, ok := o.find("Person", person)
	if !ok || !slices.Contains([]string{"teacher", "staff"}, p.value("kind")) {
		return false
	}
	some, every := o.slip("full control of nothing"), true
	for _, s := range o.objects["School"] {
		if s.installation() == p.installation() && (o.functionOn(s) || o.slip("full control counts schools without the function")) {
			some, every = true, every && o.maintains(p, s)
		}
	}
	return some && every
}
