package order

import (
	"cmp"
	"container/heap"
	"slices"

	"github.com/lupa-dev/lupa/reconcile/fact"
)

// maker makes steps: rules cut changes into nodes and say which waits for which.
type maker struct {
	rules      []Rule
	code       int // the place in Precedence of the rule that speaks
	have, want fact.Set

	renames []Step
	nodes   []node
	edges   []edge

	byKey  map[fact.Key][]int  // nodes of an object, where anything goes
	takers map[fact.Fact][]int // nodes that take a fact that bears on what people may do
	givers map[fact.Fact][]int
	proofs *prover
}

// node is a step that has no place yet.
type node struct {
	Step
	phase phase
	twin  int // what gives in the same change, of what takes, and the other way round; -1 for none
	into  int // the twin that this one is a part of now; -1 for none
}

// edge says that a step waits for another.
type edge struct {
	first, then int32
	code        int8 // the place in Precedence of the rule that says so
}

func newMaker(rules []Rule, renames []Step, have, want fact.Set) *maker {
	both := fact.Align(have, want)
	return &maker{rules: rules, renames: renames, have: both[0], want: both[1]}
}

func (m *maker) add(st Step, p phase) int {
	m.nodes = append(m.nodes, node{Step: st, phase: p, twin: -1, into: -1})
	return len(m.nodes) - 1
}

// begin makes what rules look things up in.
func (m *maker) begin() {
	taking := slices.ContainsFunc(m.nodes, func(n node) bool { return n.Del.Len() > 0 || n.Action == Update })
	if !taking {
		return // what only comes takes nobody's right away on the way
	}
	m.byKey = make(map[fact.Key][]int, len(m.nodes))
	m.takers, m.givers = make(map[fact.Fact][]int), make(map[fact.Fact][]int)
	for i := range m.nodes {
		n := &m.nodes[i]
		m.byKey[n.Key] = append(m.byKey[n.Key], i)
		note(m.takers, n.Del, i)
		note(m.givers, n.Add, i)
	}
}

func note(in map[fact.Fact][]int, facts fact.Set, node int) {
	if facts.Len() == 0 {
		return
	}
	fields := bears[facts.At(0).Kind]
	for _, f := range facts.All() {
		if fields[f.Field] != plain {
			in[f] = append(in[f], node)
		}
	}
}

// taking reports whether anything goes or changes; where it does not, there is
// nothing that could be there too early or gone too soon.
func (m *maker) taking() bool { return m.takers != nil }

// wait has a step wait for another. Whoever became part of a step waits with it.
func (m *maker) wait(then, first int) {
	if first != then {
		m.edges = append(m.edges, edge{int32(first), int32(then), int8(m.code)})
	}
}

// merge makes one step of what takes and gives in one change.
func (m *maker) merge(a, b int) {
	if b < a {
		a, b = b, a
	}
	x, y := &m.nodes[a], &m.nodes[b]
	if x.into >= 0 || y.into >= 0 {
		return
	}
	x.Del, x.Add = x.Del.Plus(y.Del), x.Add.Plus(y.Add)
	x.phase, y.into = moves, a
}

// sorted are the steps in an order that is the same whenever the changes are.
func (m *maker) sorted() []Step {
	m.settle()
	m.openCircles()
	m.inherit()
	place := m.places()
	out := make([]Step, 0, len(m.renames)+len(m.nodes))
	renamed := make(map[fact.Key]int, len(m.renames))
	for i, st := range m.renames {
		st.After = nil
		if at, ok := renamed[installationOf(st.Key)]; ok && st.Key.Kind != "Installation" {
			st.After = []int{at}
		}
		renamed[st.Key] = i
		out = append(out, st)
	}
	at := make([]int, len(m.nodes))
	before := m.neighbours(func(e edge) (int32, int32) { return e.then, e.first })
	for _, i := range m.topological(place) {
		at[i] = len(out)
		st := m.nodes[i].Step
		st.After = m.after(out, renamed, st, before.of(i), at)
		out = append(out, st)
	}
	return out
}

// settle lets edges speak of the nodes that are left, each edge once and by the
// rule that comes first in Precedence.
func (m *maker) settle() {
	at := func(i int32) int32 {
		if into := m.nodes[i].into; into >= 0 {
			return int32(into)
		}
		return i
	}
	for i := range m.edges {
		e := &m.edges[i]
		e.first, e.then = at(e.first), at(e.then)
	}
	m.edges = slices.DeleteFunc(m.edges, func(e edge) bool { return e.first == e.then })
	compare := func(a, b edge) int {
		return cmp.Or(int(a.then-b.then), int(a.first-b.first), int(a.code-b.code))
	}
	slices.SortFunc(m.edges, compare)
	m.edges = slices.CompactFunc(m.edges, func(a, b edge) bool { return a.then == b.then && a.first == b.first })
}

// adjacent are the neighbours of nodes in a graph, in one slice.
type adjacent struct {
	start []int32
	to    []int32
}

func (a *adjacent) of(i int) []int32 { return a.to[a.start[i]:a.start[i+1]] }

func (m *maker) neighbours(ends func(edge) (from, to int32)) *adjacent {
	a := &adjacent{start: make([]int32, len(m.nodes)+1), to: make([]int32, len(m.edges))}
	for _, e := range m.edges {
		from, _ := ends(e)
		a.start[from+1]++
	}
	for i := range m.nodes {
		a.start[i+1] += a.start[i]
	}
	next := slices.Clone(a.start)
	for _, e := range m.edges {
		from, to := ends(e)
		a.to[next[from]] = to
		next[from]++
	}
	return a
}

func forward(e edge) (from, to int32) { return e.first, e.then }

// openCircles lets rules give way until no steps wait for each other: within
// each circle, all that the rule says that comes last in Precedence.
func (m *maker) openCircles() {
	for {
		circle := m.circles()
		if circle == nil {
			return
		}
		inside := func(e edge) bool { return circle[e.first] > 0 && circle[e.first] == circle[e.then] }
		weakest := make(map[int]int8)
		for _, e := range m.edges {
			if inside(e) {
				weakest[circle[e.first]] = max(weakest[circle[e.first]], e.code)
			}
		}
		m.edges = slices.DeleteFunc(m.edges, func(e edge) bool { return inside(e) && e.code == weakest[circle[e.first]] })
	}
}

// circles gives nodes that wait for each other the same number, above 0; nil
// where there are none (Tarjan's strongly connected components).
func (m *maker) circles() []int {
	next := m.neighbours(forward)
	if m.acyclic(next) {
		return nil
	}
	number, low := make([]int, len(m.nodes)), make([]int, len(m.nodes))
	circle := make([]int, len(m.nodes))
	on := make([]bool, len(m.nodes))
	var stack []int
	count, found := 0, 0
	var visit func(i int)
	visit = func(i int) {
		count++
		number[i], low[i] = count, count
		stack, on[i] = append(stack, i), true
		for _, j := range next.of(i) {
			if number[j] == 0 {
				visit(int(j))
				low[i] = min(low[i], low[j])
			} else if on[j] {
				low[i] = min(low[i], number[j])
			}
		}
		if low[i] != number[i] {
			return
		}
		from := len(stack) - 1
		for stack[from] != i {
			from--
		}
		if len(stack)-from > 1 {
			found++
		}
		for _, j := range stack[from:] {
			on[j] = false
			if len(stack)-from > 1 {
				circle[j] = found
			}
		}
		stack = stack[:from]
	}
	for i := range m.nodes {
		if number[i] == 0 {
			visit(i)
		}
	}
	return circle
}

func (m *maker) acyclic(next *adjacent) bool { return len(m.anyOrder(next)) == m.alive() }

func (m *maker) alive() int {
	n := 0
	for i := range m.nodes {
		if m.nodes[i].into < 0 {
			n++
		}
	}
	return n
}

// inherit moves steps between phases: what takes away but waits for something to
// come is a move, and what something waits for comes no later than that.
func (m *maker) inherit() {
	next := m.neighbours(forward)
	walk := m.anyOrder(next)
	for _, i := range walk {
		for _, j := range next.of(i) {
			if n := &m.nodes[j]; n.phase <= closes && m.nodes[i].phase > closes {
				n.phase = moves
			}
		}
	}
	for _, i := range slices.Backward(walk) {
		for _, j := range next.of(i) {
			m.nodes[i].phase = min(m.nodes[i].phase, m.nodes[j].phase)
		}
	}
}

// places orders steps by phase and then as O1 says; it decides where no rule does.
func (m *maker) places() []int {
	rank := fact.Words.Rank()
	phased := m.phased()
	order := make([]uint64, len(m.nodes))
	for i := range m.nodes {
		n := &m.nodes[i]
		kind := rank[n.Key.Kind]
		if n.Action == Delete { // after what comes and changes, and the other way round
			kind = 2*len(rank) - kind
		}
		if phased {
			kind += int(n.phase) << 8
		}
		order[i] = uint64(kind)<<32 | uint64(i)
	}
	slices.Sort(order)
	place := make([]int, len(m.nodes))
	for at, i := range order {
		place[uint32(i)] = at
	}
	return place
}

// topological is every node after those it waits for, and else by place.
func (m *maker) topological(place []int) []int { return m.walk(m.neighbours(forward), place) }

// walk takes, again and again, the first by place of the nodes that wait for
// nothing any more.
func (m *maker) walk(next *adjacent, place []int) []int {
	waits := make([]int32, len(m.nodes))
	for _, j := range next.to {
		waits[j]++
	}
	ready := &byPlace{place: place}
	for i := range m.nodes {
		if waits[i] == 0 && m.nodes[i].into < 0 {
			ready.nodes = append(ready.nodes, i)
		}
	}
	heap.Init(ready)
	out := make([]int, 0, len(m.nodes))
	for ready.Len() > 0 {
		i := heap.Pop(ready).(int)
		out = append(out, i)
		for _, j := range next.of(i) {
			if waits[j]--; waits[j] == 0 {
				heap.Push(ready, int(j))
			}
		}
	}
	return out
}

// anyOrder is every node after those it waits for; those of a circle are left out.
func (m *maker) anyOrder(next *adjacent) []int {
	waits := make([]int32, len(m.nodes))
	for _, j := range next.to {
		waits[j]++
	}
	out := make([]int, 0, len(m.nodes))
	for i := range m.nodes {
		if waits[i] == 0 && m.nodes[i].into < 0 {
			out = append(out, i)
		}
	}
	for at := 0; at < len(out); at++ {
		for _, j := range next.of(out[at]) {
			if waits[j]--; waits[j] == 0 {
				out = append(out, int(j))
			}
		}
	}
	return out
}

// byPlace is a heap of nodes.
type byPlace struct {
	nodes []int
	place []int
}

func (h *byPlace) Len() int           { return len(h.nodes) }
func (h *byPlace) Less(i, j int) bool { return h.place[h.nodes[i]] < h.place[h.nodes[j]] }
func (h *byPlace) Swap(i, j int)      { h.nodes[i], h.nodes[j] = h.nodes[j], h.nodes[i] }
func (h *byPlace) Push(x any)         { h.nodes = append(h.nodes, x.(int)) }
func (h *byPlace) Pop() any {
	last := len(h.nodes) - 1
	i := h.nodes[last]
	h.nodes = h.nodes[:last]
	return i
}

// fewEnough bounds the lists that are looked through for what is implied.
const fewEnough = 64

// after is what a step waits for, without what those wait for themselves.
func (m *maker) after(done []Step, renamed map[fact.Key]int, st Step, first []int32, at []int) []int {
	after := afterRenames(renamed, st)
	for _, i := range first {
		after = append(after, at[i])
	}
	if len(after) < 2 {
		return after
	}
	slices.Sort(after)
	after = slices.Compact(after)
	if len(after) > fewEnough {
		return after
	}
	return slices.DeleteFunc(slices.Clone(after), func(i int) bool {
		return slices.ContainsFunc(after, func(j int) bool { return j > i && len(done[j].After) <= fewEnough && slices.Contains(done[j].After, i) })
	})
}

// afterRenames are the renames, by what they give its name, of what a step speaks
// of: the object, the installation whose name is part of every other, and what the
// step names.
func afterRenames(renamed map[fact.Key]int, st Step) []int {
	if len(renamed) == 0 {
		return nil
	}
	var after []int
	add := func(key fact.Key) {
		if i, ok := renamed[key]; ok {
			after = append(after, i)
		}
	}
	add(fact.Words.Root(st.Key))
	add(installationOf(st.Key))
	for _, facts := range []fact.Set{st.Add, st.Del} {
		for ref := range fact.Words.References(facts) {
			add(ref.Target)
			add(installationOf(ref.Target))
		}
	}
	return after
}

func installationOf(key fact.Key) fact.Key {
	return fact.Key{Kind: "Installation", ID: key.Installation()}
}
