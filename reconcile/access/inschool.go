package access

import "slices"

func (l *loader) readSchools() {
	for key, o := range l.facts.Kind("School").Objects() {
		at, inst := l.placeOf[key.ID], l.installation(key.ID)
		s := &school{id: key.ID, wilma: o.Value("wilma.enabled") != "" || o.Value("external") != "", surveys: o.Value("surveys.enabled") != "" && o.Value("external") == ""}
		for _, right := range o.Values("surveys.everyone.teachers") {
			s.allow(&s.teachers, right)
		}
		for _, right := range o.Values("surveys.everyone.staff") {
			s.allow(&s.staff, right)
		}
		students, guardians := o.Values("studentGroups"), o.Values("guardianGroups")
		s.students, s.guardians = numbers(students, l.groupOf), numbers(guardians, l.groupOf)
		s.namesStudents, s.namesGuards = len(students) > 0, len(guardians) > 0
		l.schools[at] = s
		inst.schools = append(inst.schools, at)
		if s.wilma { // P14
			inst.open = append(inst.open, at)
			if s.surveys { // R71
				inst.surveys = append(inst.surveys, at)
			}
		}
	}
}

// allow notes what the school lets everybody do (R83, R86).
func (s *school) allow(to *[2]bool, right string) {
	switch right {
	case "createTemplate":
		to[0] = true
	case "addSurvey":
		to[1] = true
	}
}

// inschool is what a teacher or a member of staff is given: the rights of all
// groups together (R34), ticks (R24), what the Primus account gives (R22) and
// its counterparts in Wilma (R31), less what is taken away (R14).
func (g *giver) inschool() {
	for _, n := range g.p.groups {
		g.wilmaGroup(n, given{by: byGroup, group: n})
	}
	for _, s := range g.x.groups {
		g.wilmaGroup(s.n, given{by: bySubstGroup, group: s.n, aux: s.from})
	}
	for _, right := range g.x.grants {
		g.tick(right, given{by: byTick, group: -1})
	}
	for _, s := range g.x.ticks {
		g.tick(s.n, given{by: bySubstTick, group: -1, aux: s.from})
	}
	g.account()
	g.revokes(func(key string) bool { return isPrimus(key) })
	g.counterparts()
	g.revokes(func(key string) bool { return !isPrimus(key) && !isSurvey(key) })
	g.surveys()
}

// wilmaGroup gives what a group gives in Wilma; survey rights are told later.
func (g *giver) wilmaGroup(n int32, from given) {
	for _, right := range g.groups[n].wilma {
		switch key := g.rights[right]; {
		case isSurvey(key):
		case isPrimus(key):
			g.block(right, from.by, n, "R31", "reverse", g.groups[n].id)
		default:
			from.scope = own
			g.give(right, from)
		}
	}
}

// tick gives a right that is ticked on the card (R24). One of Primus holds in a
// Primus account only (R17).
func (g *giver) tick(right int32, from given) {
	switch key := g.rights[right]; {
	case isSurvey(key):
	case isPrimus(key) && !g.p.account:
		g.block(right, from.by, -1, "R17", "account")
	case isPrimus(key):
		from.scope = home
		g.give(right, from)
	default:
		from.scope = own
		g.give(right, from)
	}
}

// account gives what the groups of the Primus account give (R22). Their Wilma
// rights count only for who has the group in Wilma (R23).
func (g *giver) account() {
	if !g.p.account {
		return
	}
	for _, n := range g.p.accountGroups {
		for _, right := range g.groups[n].primus {
			if isPrimus(g.rights[right]) {
				g.give(right, given{by: byAccount, scope: home, group: n})
			} else {
				g.block(right, byAccount, n, "R32", "wilma", g.groups[n].id)
			}
		}
		for _, right := range g.groups[n].wilma {
			if !slices.Contains(g.p.groups, n) {
				g.block(right, byAccount, n, "R23", "account", g.groups[n].id)
			}
		}
	}
}

// revokes takes rights away (R14).
func (g *giver) revokes(of func(key string) bool) {
	for _, right := range g.x.revokes {
		key := g.rights[right]
		if !of(key) || !g.take(right) {
			continue
		}
		g.block(right, byTick, -1, "R14", "revoked")
		if wilma, ok := g.counterpart(g.p.inst.name, key); ok {
			g.block(g.rightOf[wilma], byTick, -1, "R14", "primus", key)
		}
	}
}

// counterparts gives in Wilma what is given in Primus (R31), where Wilma has it
// (R32).
func (g *giver) counterparts() {
	for _, e := range slices.Clone(g.given) {
		key := g.rights[e.right]
		if !isPrimus(key) {
			continue
		}
		if wilma, ok := g.counterpart(g.p.inst.name, key); ok {
			from := given{by: byPrimus, scope: own, group: e.sources[0].group, aux: key}
			if e.sources[0].by == bySubstTick {
				from.aux2 = e.sources[0].aux
			}
			g.give(g.rightOf[wilma], from)
		} else if n, ok := g.rightOf[wilma]; ok && wilma != "" {
			g.block(n, byPrimus, e.sources[0].group, "R32", "primusOnly", key)
		}
	}
}

// newReach is where the rights of a teacher or a member of staff reach.
func (l *loader) newReach(p *person) *reach {
	r := &reach{all: p.all, account: p.account}
	if p.kind != teacher && p.kind != staff {
		return r
	}
	r.empty = !p.namesSchools && !p.all && !p.external
	switch {
	case r.all, r.empty: // R74: an empty field Koulu means every school
		r.schools, r.own, r.surveys = p.inst.schools, p.inst.open, p.inst.surveys
	default:
		r.schools = sorted(p.schools)
		r.own = intersect(r.schools, func(at int32) bool { return l.schools[at].wilma })
		r.surveys = intersect(r.own, func(at int32) bool { return l.schools[at].surveys })
	}
	flag := func(n int) func(int32) bool {
		return func(at int32) bool {
			if p.kind == teacher {
				return l.schools[at].teachers[n]
			}
			return l.schools[at].staff[n]
		}
	}
	r.everyoneMakes, r.everyoneAdds = intersect(r.surveys, flag(0)), intersect(r.surveys, flag(1))
	r.maintained = r.surveys
	// R78: a filled list overrides the person's schools, for maintainers alone (R79).
	if r.listed = p.namesMaintains; r.listed {
		r.maintained = intersect(sorted(p.maintains), func(at int32) bool { return l.schools[at].wilma && l.schools[at].surveys })
	}
	if r.homeAll = p.homesAll || !p.namesHomes; r.account {
		r.home = sorted(p.homes)
		if r.homeAll { // P10: the main user's account
			r.home = p.inst.schools
		}
	}
	return r
}

// student adds a student, who has what groups give and nothing by default that
// lupa knows of (R15), and whose groups are those of the first of card, class and
// school that names any (R28, P7).
func (l *loader) student(p *person, is *like) {
	s := &child{schools: sorted(p.schools), classes: slices.Clone(p.classes), inst: p.inst, reach: l.studentReach(p)}
	groups, by := l.chain(p.id, s, false)
	is.child, is.level, is.has, is.reach = s, by, l.groupsOnly(p.inst, student, groups, by), s.reach
}

// guardian adds a guardian, once for each child: the same chain, on the fields
// for guardians (R29), never summed over children: rights are those of the role in
// use (P11).
func (l *loader) guardian(id string, is *like) {
	for _, child := range is.children {
		r := is.row
		r.who, r.has, r.reach = Who{id, child}, l.entitled[0], new(reach)
		if s := l.students[child]; s != nil { // else nothing hangs on its card
			groups, by := l.chain(child, s, true)
			r.inst, r.level, r.has, r.reach = s.inst, by, l.groupsOnly(s.inst, guardian, groups, by), s.reach
		}
		l.rows = append(l.rows, r)
	}
}

// chain is the groups of a student or of the guardians, and the level that
// names them. Several classes count together, and so do several schools.
func (l *loader) chain(id string, s *child, guardian bool) ([]int32, by) {
	if card := l.cards[id]; card != nil {
		if groups, names := card.of(guardian); names {
			return groups, byCard
		}
	}
	var groups []int32
	named := false
	for _, class := range s.classes {
		if c := l.classes[class]; c != nil {
			more, names := c.of(guardian)
			groups, named = append(groups, more...), named || names
		}
	}
	if named {
		return groups, byClass
	}
	for _, at := range s.schools {
		groups = append(groups, l.schools[at].groupsOf(guardian)...)
	}
	return groups, bySchool
}

func (c *level) of(guardian bool) (groups []int32, names bool) {
	if guardian {
		return c.guardians, c.namesG
	}
	return c.students, c.namesS
}

func (s *school) groupsOf(guardian bool) []int32 {
	if guardian {
		return s.guardians
	}
	return s.students
}

// groupsOnly is what students and guardians are given: Wilma rights of groups
// (R33), and never those of the survey function, which are of teachers and staff
// (R72).
func (l *loader) groupsOnly(inst *installation, kind kind, groups []int32, from by) *entitled {
	l.begin(inst.name, kinds[kind], string('a'+rune(from)))
	l.list(groups)
	if has, ok := l.entitledBy[string(l.key)]; ok {
		return has
	}
	key := string(l.key)
	g := giver{loader: l, p: &person{inst: inst, kind: kind}, x: &noExtras}
	for _, n := range groups {
		g.wilmaGroup(n, given{by: from, group: n})
		for _, right := range l.groups[n].wilma {
			if isSurvey(l.rights[right]) {
				g.block(right, from, n, "R72", "kind", l.groups[n].id)
			}
		}
	}
	has := l.keep(g.entitled())
	l.entitledBy[key] = has
	return has
}

func (l *loader) studentReach(p *person) *reach {
	l.begin(p.inst.name, kinds[p.kind])
	l.list(p.schools)
	if r, ok := l.reachBy[string(l.key)]; ok {
		return r
	}
	r := &reach{schools: sorted(p.schools)}
	r.own = intersect(r.schools, func(at int32) bool { return l.schools[at].wilma })
	l.reachBy[string(l.key)] = r
	return r
}
