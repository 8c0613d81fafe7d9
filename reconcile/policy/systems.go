package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/lupa-dev/lupa/reconcile/fact"
)

// systemRules are about IMS and CosDoc.
var systemRules = []Rule{
	{Code: "E25", Name: "ims-settings", Source: "R56, R57, R58, R59", When: Documents, Check: imsSettings, Firm: true},
	{Code: "E26", Name: "ims-grant-to-user", Source: "R59", When: Documents, Check: imsGrantToUser, Firm: true},
	{Code: "E27", Name: "cosdoc-chain", Source: "R47, R48", By: "schema", Firm: true},
	{Code: "W26", Name: "profile-for-everybody", Source: "R49", When: State, Check: profileForEverybody},
	{Code: "W29", Name: "ims-roles", Source: "R59, R64", When: State, Check: imsRoles},
}

// imsInstallations are the installations of IMS, each with its facts.
func imsInstallations(s fact.Set) map[string]fact.Set {
	ims := make(map[string]fact.Set)
	for key, inst := range s.Kind("Installation").Objects() {
		if inst.Value("system") == "ims" {
			ims[key.ID] = inst
		}
	}
	return ims
}

// imsSettings: rights in risks are never replaced below (R59), and reviewer is a
// role only where it was switched on (R58). What a schema can see, it does: the
// sections there are (R56), and one who is responsible (R57). Of an installation
// that could not be read nobody knows what is switched on.
func imsSettings(p *Pass) {
	ims := imsInstallations(p.Declared)
	for key, grant := range p.Declared.Kind("ImsGrant").Objects() {
		if grant.Value("section") == "risks" && grant.Value("recursive") != "" {
			p.find(Finding{Code: "E25", Case: "recursive", Subject: key, Facts: factsOf(grant, "recursive")})
		}
		inst, ok := ims[key.Installation()]
		if !ok || inst.Value("ims.reviewer") != "" {
			continue
		}
		reviewers := slices.DeleteFunc(factsOf(grant, "grants"), func(f fact.Fact) bool {
			_, role := fact.SplitMap(f.Value)
			return role != "reviewer"
		})
		if len(reviewers) > 0 {
			p.find(Finding{Code: "E25", Case: "reviewer", Args: []string{fact.Called(key.Installation(), p.Several)}, Subject: key, Facts: reviewers})
		}
	}
}

// grantedToUser reports whether a reference is one of a grant that leads to no
// group, and there is a person of that name: E26, not E01.
func grantedToUser(declared fact.Set, ref fact.Reference) bool {
	return ref.Fact.Kind == "ImsGrant" && ref.Fact.Field == "grants" && declared.Has(fact.Key{Kind: "Person", ID: ref.Target.ID})
}

// imsGrantToUser (R59): in IMS rights are given to groups.
func imsGrantToUser(p *Pass) {
	declared := p.Declared.Plus(p.Known)
	grants := declared.Kind("ImsGrant")
	var last fact.Reference
	for ref := range fact.Words.References(grants) {
		if ref.Target.Kind == "UserGroup" && ref.Fact.Field == "grants" && !declared.Has(ref.Target) && grantedToUser(declared, ref) && !again(&last, ref) {
			p.find(Finding{Code: "E26", Args: []string{fact.Called(ref.Target.ID, p.Several)}, Subject: ref.Fact.Key, Facts: []fact.Fact{ref.Fact}})
		}
	}
}

// profileForEverybody (R49): a profile with which identities are made or changed
// is for selected people of a unit. It may be for one of them, however few there
// are: somebody must be able to help (R46).
func profileForEverybody(p *Pass) {
	creates := make(map[string]bool)
	for key, role := range p.Goal.Kind("CosDocRole").Objects() {
		permissions := role.Values("permissions")
		creates[key.ID] = slices.Contains(permissions, "identity.create") || slices.Contains(permissions, "identity.edit")
	}
	has := make(map[string]map[string]bool) // profile, person
	for key, profile := range p.Goal.Kind("CosDocProfile").Objects() {
		if slices.ContainsFunc(profile.Values("roles"), func(id string) bool { return creates[id] }) {
			has[key.ID] = make(map[string]bool)
		}
	}
	if len(has) == 0 {
		return
	}
	for _, assignment := range p.Goal.Kind("CosDocAssignment").Objects() {
		if persons := has[assignment.Value("profile")]; persons != nil {
			persons[assignment.Value("person")] = true
		}
	}
	for _, profile := range p.Goal.Kind("SubstitutedProfile").Objects() {
		if persons := has[profile.Value("profile")]; persons != nil {
			persons[profile.Value("substitute")] = true
		}
	}
	people, units := make(map[string]int), make(map[string][]string)
	for key, person := range p.peopleWho(false, func(person fact.Set) bool { return person.Value("kind") == "user" }) {
		units[key.ID] = person.Values("units")
		for _, unit := range units[key.ID] {
			people[unit]++
		}
	}
	for _, id := range sortedKeys(has, cmp.Compare[string]) {
		p.profileIn(fact.Key{Kind: "CosDocProfile", ID: id}, has[id], people, units)
	}
}

// profileIn holds the people who have a profile against those of their home units.
func (p *Pass) profileIn(key fact.Key, has map[string]bool, people map[string]int, units map[string][]string) {
	profile := p.Goal.Object(key)
	assigned := make(map[string]int)
	for person := range has {
		for _, unit := range units[person] {
			assigned[unit]++
		}
	}
	percent, err := strconv.Atoi(profile.Value("maxAssigneesPercent"))
	var all, many []string
	for _, unit := range sortedKeys(assigned, cmp.Compare[string]) {
		n, of := assigned[unit], people[unit]
		told := fmt.Sprintf("%s %d/%d", fact.Called(unit, p.Several), n, of)
		switch {
		case n > 1 && n == of:
			all = append(all, told)
		case err == nil && n*100 > percent*of && (n > 1 || percent == 0):
			many = append(many, told)
		}
	}
	blame := append(factsOf(profile, "maxAssigneesPercent"), profile.At(0))[:1]
	if len(all) > 0 {
		p.find(Finding{Code: "W26", Case: "all", Args: []string{few(all)}, Subject: key, Facts: blame})
	}
	if len(many) > 0 {
		p.find(Finding{Code: "W26", Case: "many", Args: []string{few(many), profile.Value("maxAssigneesPercent")}, Subject: key, Facts: blame})
	}
}

// imsPart is a part of a section of IMS.
type imsPart struct{ installation, section, path string }

func partOf(key fact.Key, grant fact.Set) imsPart {
	return imsPart{key.Installation(), grant.Value("section"), cmp.Or(grant.Value("path"), "/")}
}

// above is the part around a part, if it is not the whole section.
func (at imsPart) above() (imsPart, bool) {
	if at.path == "/" {
		return at, false
	}
	at.path = cmp.Or(at.path[:strings.LastIndexByte(at.path, '/')], "/")
	return at, true
}

// imsRoles (R59, R64): who approves sees what it is and did not write it, each
// section in use has somebody who approves, and processes are reviewed in cycles.
// Several grants of one part hold together.
func imsRoles(p *Pass) {
	type granted struct {
		imsPart
		group string
	}
	flags := make(map[granted]map[string]bool)
	approved, reviewed := make(map[imsPart]bool), make(map[imsPart]bool) // approved: whole sections
	ims := imsInstallations(p.Goal)
	for key, grant := range p.Goal.Kind("ImsGrant").Objects() {
		at := partOf(key, grant)
		for _, f := range factsOf(grant, "grants") {
			group, flag := fact.SplitMap(f.Value)
			if flags[granted{at, group}] == nil {
				flags[granted{at, group}] = make(map[string]bool)
			}
			flags[granted{at, group}][flag] = true
			if flag == "approver" {
				approved[imsPart{at.installation, at.section, "/"}] = true
			}
		}
		reviewed[at] = reviewed[at] || grant.Value("reviewIntervalMonths") != ""
	}
	told := make(map[imsPart]bool)
	for key, grant := range p.Goal.Kind("ImsGrant").Objects() {
		if _, ok := ims[key.Installation()]; !ok {
			continue
		}
		at := partOf(key, grant)
		blind := p.approvers(grant, func(group string) bool {
			has := flags[granted{at, group}]
			return !has["viewer"] && !has["editor"]
		})
		if len(blind) > 0 {
			p.find(Finding{Code: "W29", Case: "blind", Args: []string{p.groupsOf(blind)}, Subject: key, Facts: blind})
		}
		own := p.approvers(grant, func(group string) bool { return flags[granted{at, group}]["editor"] })
		if len(own) > 0 {
			p.find(Finding{Code: "W29", Case: "own", Args: []string{p.groupsOf(own)}, Subject: key, Facts: own})
		}
		if section := (imsPart{at.installation, at.section, "/"}); !approved[section] {
			approved[section] = true // told once
			p.find(Finding{Code: "W29", Case: "section", Args: []string{at.section}, Subject: key, Facts: factsOf(grant, "section")})
		}
		if at.section == "processes" && !told[at] && !anyAbove(at, reviewed) {
			told[at] = true
			p.find(Finding{Code: "W29", Case: "interval", Args: []string{at.path}, Subject: key, Facts: []fact.Fact{grant.At(0)}})
		}
	}
}

// approvers are the facts by which a grant lets groups approve that are so.
func (p *Pass) approvers(grant fact.Set, so func(group string) bool) []fact.Fact {
	return slices.DeleteFunc(factsOf(grant, "grants"), func(f fact.Fact) bool {
		group, flag := fact.SplitMap(f.Value)
		return flag != "approver" || !so(group)
	})
}

func (p *Pass) groupsOf(grants []fact.Fact) string {
	var ids []string
	for _, f := range grants {
		group, _ := fact.SplitMap(f.Value)
		ids = append(ids, group)
	}
	return few(p.called(ids))
}

// anyAbove reports whether something holds for a part or one around it.
func anyAbove(at imsPart, holds map[imsPart]bool) bool {
	for more := true; more; at, more = at.above() {
		if holds[at] {
			return true
		}
	}
	return false
}
