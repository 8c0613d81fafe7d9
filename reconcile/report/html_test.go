package report

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/lupa-dev/lupa/reconcile/access"
	"github.com/lupa-dev/lupa/reconcile/calendar"
	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/reconcile/policy"
	"github.com/lupa-dev/lupa/reconcile/target"
	"github.com/lupa-dev/lupa/schema/source"
)

// card is a person's that no page may show.
const card = "kortti-0001"

func hiding(l Language) *Text {
	return &Text{Lang: l, Veil: Pseudonyms("key", func(name string) bool { return strings.HasPrefix(name, "kortti-") }, 5)}
}

func day(text string) calendar.Day {
	d, err := calendar.ParseDay(text)
	if err != nil {
		panic(err)
	}
	return d
}

// pagePlan is a plan with a text wherever one from outside may stand.
func pagePlan(x string) *plan.Plan {
	until := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	reason := []plan.Reason{{Rule: "R34", Case: "", Args: []string{x}, Pos: []source.Pos{{File: x, Line: 1, Col: 1}}}, {Rule: x, Case: x, Args: []string{x, card}}}
	effect := func(gained bool, s access.Sensitivity) plan.Effect {
		return plan.Effect{Kind: "teacher", People: []string{card, "kortti-0002/" + card}, Rights: []string{"wilma.x", x}, Places: []string{"a", x}, Sensitivity: s, Gained: gained, Before: reason, After: reason}
	}
	template := plan.TemplateEffect{Templates: []string{x}, People: []string{card}, Actions: []access.Action{access.Copy}, Places: []string{"a", x}, Gained: true, Reason: reason[0]}
	fields := []plan.FieldChange{{Field: x, Before: x, After: x + "2"}, {Field: "wilma", Before: []string{x}, After: []string{x + "3"}}, {Field: "sharing[" + x + "]", After: map[string]any{x: x}}}
	p := &plan.Plan{
		Kind: "plan", Project: x, Target: plan.Target{Name: x, Serial: 1}, At: day("2026-03-01"), TimeZone: x, ValidUntil: &until, Hash: strings.Repeat("a", 64),
		Begins: []plan.Object{{Kind: "PersonOverride", Name: card + "-" + x}}, Ends: []plan.Object{{Kind: "Person", Name: card}},
		Effect:    []plan.Effect{effect(true, "critical"), effect(true, "normal"), effect(false, "high")},
		Unchanged: []plan.Effect{effect(true, "normal")}, Templates: []plan.TemplateEffect{template},
		Changes: []plan.Change{{Action: "update", Kind: "UserGroup", Name: x, Fields: fields}, {Action: "rename", Kind: "UserGroup", Name: "g", Previously: x},
			{Action: "create", Kind: "Person", Name: card, Widens: []string{"schools"}, Fields: fields}},
		Drift:     []plan.Change{{Action: "update", Kind: "UserGroup", Name: x, Widens: []string{"schools"}, Fields: fields}},
		Unmanaged: []plan.Object{{Kind: "UserGroup", Name: x}, {Kind: "Person", Name: card}},
		Findings: []plan.Finding{{Code: "W08", Severity: policy.Warning, Args: []string{x, x, x}, Subject: "Person " + card, Pos: []source.Pos{{File: card + ".yaml", Line: 1, Col: 2}}, Suggest: x},
			{Code: "E99", Severity: policy.Error, Args: []string{x}, Subject: "Person " + card}},
		Brakes: []plan.Brake{{Name: "removals", Code: "G01", Args: []string{x, card}}},
		Titles: []plan.Title{{Kind: "School", Name: "a", Title: x}, {Kind: "Right", Name: "wilma.x", Title: x}}, People: []string{card},
	}
	p.Summary = plan.Summary{Create: 1, Update: 1, Rename: 1, Gained: 2, Lost: 2, Errors: 1, Warnings: 1}
	return p
}

func pagePicture(x string) *plan.Picture {
	return &plan.Picture{
		Gives: []plan.Giving{{Kind: "CosDocRole", Group: x, Right: x, After: true}, {Kind: "UserGroup", Group: "g", Right: "wilma.x", Before: true, After: true},
			{Kind: "UserGroup", Group: "g", Right: x, Before: true}},
		People: []plan.Headcount{{School: "", Kind: "staff", Before: 7, After: 7}, {School: "a", Kind: "teacher", Before: 3, After: 4},
			{School: "a", Kind: "staff", Before: 9, After: 3}, {School: x, Kind: "teacher", Before: 20, After: 21}},
		Titles: []plan.Title{{Kind: "School", Name: "a", Title: x}, {Kind: "UserGroup", Name: "g", Title: x}},
	}
}

// pages are pages of all kinds with a text wherever one from outside may stand.
func pagesOf(t *testing.T, r *Text, x string) map[string]string {
	t.Helper()
	p := pagePlan(x)
	review := pagePlan(x)
	until := day("2026-08-01")
	review.Kind, review.Since = "review", &plan.Since{Revision: x, Commit: strings.Repeat("b", 40), Judging: []plan.Change{{Action: "create", Kind: "Guard", Name: x}},
		Ahead: []plan.Ahead{{From: day("2026-06-01"), Until: &until, Gained: 12, Lost: 1, Effect: p.Effect, Templates: p.Templates}}}
	first := pagePlan(x)
	first.Effect, first.EffectSummary = nil, []plan.Count{{Right: x, Place: x, People: 3, Sensitivity: "high"}, {Right: "r", Place: "a", People: 3, Sensitivity: "normal"}}
	entry := target.Entry{ID: 1, Serial: 1, Actor: x, Host: x, Plan: strings.Repeat("c", 64), Commit: x, Acknowledged: []string{x}}
	log := Log{Name: x, Audit: &target.Audit{Records: []target.Record{{Entry: entry}}}}
	turns := day("2026-09-01")
	timeline := Timeline{Project: x, From: day("2026-03-01"), Until: until, Days: []TimelineDay{{At: day("2026-06-01"), Begins: p.Begins, Ends: p.Ends, Joins: 1, Leaves: 9, Gained: 9,
		Effect: p.Effect, Unchanged: p.Unchanged, Templates: p.Templates, Findings: p.Findings}, {At: day("2026-06-02"), Unknown: true, Findings: p.Findings}}}
	why := Why{AsOf: AsOf{Day: "2026-03-01"}, Person: card, Right: x, Sensitivity: "high", Allowed: true, Places: Places{Names: []string{x}}, For: p.Effect[0].After, Against: p.Effect[0].Before, Turns: &turns}
	no := Why{AsOf: AsOf{Target: x, Serial: 3}, Person: card, Right: x, Place: x, Against: p.Effect[0].Before, Missing: p.Effect[0].Before}
	all := make(map[string]string)
	add := func(name string, page []byte, err error) {
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all[name] = string(page)
	}
	for name, make := range map[string]func() ([]byte, error){
		"plan": func() ([]byte, error) { return r.HTML(p, pagePicture(x)) }, "show": func() ([]byte, error) { return r.HTML(p, nil) },
		"review": func() ([]byte, error) { return r.HTML(review, pagePicture(x)) }, "first": func() ([]byte, error) { return r.HTML(first, nil) },
		"drift": func() ([]byte, error) { return r.DriftHTML(p) }, "no drift": func() ([]byte, error) { return r.DriftHTML(&plan.Plan{Project: x}) },
		"history": func() ([]byte, error) { return r.HistoryHTML(log) }, "no history": func() ([]byte, error) { return r.HistoryHTML(Log{Name: x, Audit: &target.Audit{}}) },
		"past":     func() ([]byte, error) { return r.PastHTML(Past{Name: x, Entry: entry, Kept: true, Changes: p.Changes}) },
		"timeline": func() ([]byte, error) { return r.TimelineHTML(timeline) }, "no timeline": func() ([]byte, error) { return r.TimelineHTML(Timeline{Project: x}) },
		"why": func() ([]byte, error) { return r.WhyHTML(why) }, "why not": func() ([]byte, error) { return r.WhyHTML(no) },
	} {
		page, err := make()
		add(name, page, err)
	}
	return all
}

// elements are what a browser makes of a page, without the text: elements with their
// attributes, and the values of those that do something.
func elements(t *testing.T, page string) (all []string) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		if n.Type == html.CommentNode {
			all = append(all, "<!-- -->")
		}
		if n.Type != html.ElementNode {
			continue
		}
		is := n.Data
		for _, a := range n.Attr {
			is += " " + a.Key
			if a.Key != "class" && a.Key != "content" && a.Key != "aria-label" && !strings.HasPrefix(n.Data, "l") && n.Data != "text" {
				is += "=" + a.Val
			}
			if a.Key == "style" || strings.HasPrefix(a.Key, "on") || a.Key != "aria-label" && strings.Contains(a.Val, "//") || strings.HasPrefix(a.Val, "javascript") || a.Key == "src" {
				t.Errorf("an attribute %s=%q", a.Key, a.Val)
			}
		}
		all = append(all, is)
	}
	slices.Sort(all) // what is sorted by name stands elsewhere with another one
	return all
}

var hostileNames = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' onclick=alert(1) x='`, `</style></script></title><b>`, `--><!--`, `]]><svg onload=alert(1)>`,
	`javascript:alert(1)`, `{{.}} ${x} &lt;b&gt; &#60;b&#62;`, "\u202ex\u200b", "x\ny\x00\x1b[31m", "<a href=http://x.example>", "`</textarea>`",
}

// TestHostilePages: whatever names and titles are, a page has the elements that it
// has with harmless ones.
func TestHostilePages(t *testing.T) {
	want := pagesOf(t, hiding(""), "harmless")
	for _, text := range hostileNames {
		for name, page := range pagesOf(t, hiding(""), text) {
			if diff := cmp.Diff(elements(t, want[name]), elements(t, page)); diff != "" {
				t.Errorf("%s with %.50q has other elements:\n%.2000s", name, text, diff)
			}
		}
	}
}

// TestPagesHidePeople: no card stands in any page, in any language, and a page
// without a veil is none.
func TestPagesHidePeople(t *testing.T) {
	for _, l := range Languages {
		for name, page := range pagesOf(t, hiding(Language(l)), "x") {
			if at := strings.Index(page, "kortti-"); at >= 0 {
				t.Errorf("%s in %s shows a card: ...%s...", name, l, page[max(0, at-200):at+20])
			}
			if !strings.Contains(page, `<html lang="`+l+`">`) {
				t.Errorf("%s does not say that it is in %s", name, l)
			}
		}
	}
	for _, r := range []*Text{{}, {Veil: Names(map[string]string{card: "Name"})}} {
		if page, err := r.HTML(pagePlan("x"), nil); !errors.Is(err, ErrUnveiled) || page != nil {
			t.Errorf("a page without pseudonyms: %v", err)
		}
	}
}

var (
	inPolicy = regexp.MustCompile(`sha256-[A-Za-z0-9+/=]+`)
	inStyle  = regexp.MustCompile(`(?s)<style>(.*?)</style>`)
	inScript = regexp.MustCompile(`(?s)<script>(.*?)</script>`)
)

// TestPagePolicy: a page lets in its own style and script, by what they are, and
// refers to nothing outside.
func TestPagePolicy(t *testing.T) {
	for name, page := range pagesOf(t, hiding(""), "harmless") {
		root, err := html.Parse(strings.NewReader(page))
		if err != nil {
			t.Fatal(err)
		}
		policy := ""
		for n := range root.Descendants() {
			if n.Data == "meta" && len(n.Attr) > 1 && n.Attr[0].Val == "Content-Security-Policy" {
				policy = n.Attr[1].Val
			}
		}
		var want []string
		for _, found := range []*regexp.Regexp{inStyle, inScript} {
			all := found.FindAllStringSubmatch(page, -1)
			if len(all) != 1 {
				t.Fatalf("%s has %d of %s", name, len(all), found)
			}
			want = append(want, sourceHash(all[0][1]))
		}
		if diff := cmp.Diff(want, inPolicy.FindAllString(policy, -1)); diff != "" || !strings.HasPrefix(policy, "default-src 'none'; ") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s has the policy %s\n%s", name, policy, diff)
		}
		if at := regexp.MustCompile(`https?://|//[a-z]|url\(|@import`).FindString(page); at != "" {
			t.Errorf("%s refers to something outside: %s", name, at)
		}
	}
}

// TestPageHeadings: one h1, no level left out, ids once, labels that lead somewhere,
// headings of tables with a scope.
func TestPageHeadings(t *testing.T) {
	for name, page := range pagesOf(t, hiding(""), "harmless") {
		root, err := html.Parse(strings.NewReader(page))
		if err != nil {
			t.Fatal(err)
		}
		level, firsts, ids := 0, 0, make(map[string]bool)
		var wanted []string
		for n := range root.Descendants() {
			if n.Type != html.ElementNode {
				continue
			}
			if len(n.Data) == 2 && n.Data[0] == 'h' && n.Data != "hr" {
				at := int(n.Data[1] - '0')
				if at > level+1 {
					t.Errorf("%s: an h%d comes after an h%d", name, at, level)
				}
				if level = at; at == 1 {
					firsts++
				}
			}
			scope := false
			for _, a := range n.Attr {
				switch a.Key {
				case "id":
					if ids[a.Val] {
						t.Errorf("%s has two of the id %s", name, a.Val)
					}
					ids[a.Val] = true
				case "aria-labelledby", "for":
					wanted = append(wanted, strings.Fields(a.Val)...)
				case "href":
					wanted = append(wanted, strings.TrimPrefix(a.Val, "#"))
				case "scope":
					scope = true
				}
			}
			if n.Data == "th" && !scope {
				t.Errorf("%s has a heading of a table without a scope", name)
			}
		}
		if firsts != 1 {
			t.Errorf("%s has %d headings h1", name, firsts)
		}
		for _, id := range wanted {
			if !ids[id] {
				t.Errorf("%s has nothing with the id %s", name, id)
			}
		}
	}
}

// TestGoldenPage holds what stands in a page to a file, without style and script.
func TestGoldenPage(t *testing.T) {
	page := pagesOf(t, hiding(""), "x<y")["review"]
	page = inStyle.ReplaceAllString(page, "<style>...</style>")
	page = regexp.MustCompile(`sha256-.*?&#39;`).ReplaceAllString(inScript.ReplaceAllString(page, "<script>...</script>"), "SHA&#39;")
	golden(t, "page", page)
	again := pagesOf(t, hiding(""), "x<y")["review"]
	if first := pagesOf(t, hiding(""), "x<y")["review"]; first != again {
		t.Error("the same plan makes two pages")
	}
}

// TestLargePage: a page of a very large plan stays small, and says what it leaves
// out; but gains of class high and critical are all there, with all their people.
func TestLargePage(t *testing.T) {
	p, picture := pagePlan("x"), &plan.Picture{}
	p.Effect = nil
	for i := range 3000 {
		place := fmt.Sprintf("s-%04d", i%1000)
		e := plan.Effect{Kind: "teacher", People: []string{fmt.Sprintf("kortti-%05d", i)}, Rights: []string{"wilma.x"}, Places: []string{place}, Sensitivity: "normal", Gained: i%2 == 0,
			After: []plan.Reason{{Rule: "R34", Args: []string{fmt.Sprintf("g-%d", i)}}}}
		if i < 100 {
			e.Sensitivity, e.Gained = "critical", true
		}
		p.Effect = append(p.Effect, e)
		p.Changes = append(p.Changes, plan.Change{Action: "create", Kind: "School", Name: fmt.Sprintf("k-%d", i)})
		p.Findings = append(p.Findings, plan.Finding{Code: "W08", Severity: policy.Warning, Args: []string{"a", "b", "c"}})
		picture.People = append(picture.People, plan.Headcount{School: place, Kind: "student", Before: 100, After: 100 + i%2})
	}
	for group := range 500 {
		for right := range 300 {
			picture.Gives = append(picture.Gives, plan.Giving{Kind: "UserGroup", Group: fmt.Sprintf("g-%03d", group), Right: fmt.Sprintf("r.%03d", right), Before: group != 7 || right != 9, After: true})
		}
	}
	r := hiding("")
	started := time.Now()
	page, err := r.HTML(p, picture)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d bytes in %s", len(page), time.Since(started))
	if len(page) > 1_500_000 {
		t.Errorf("the page has %d bytes", len(page))
	}
	for i := range 100 {
		if name := r.Veil.who(fmt.Sprintf("kortti-%05d", i)); !bytes.Contains(page, []byte(name)) {
			t.Errorf("nothing says that %d gains what is critical", i)
		}
	}
	for _, want := range []string{"460 more groups and roles are not shown here", "276 more rights are not shown here", "800 more are not shown here", "702 more are not shown here", ">g-007<", `class="given"`} {
		if !bytes.Contains(page, []byte(want)) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

// TestFewOnPages: counts of few people are not told, but of grave gains.
func TestFewOnPages(t *testing.T) {
	picture := pagePicture("x")
	r := hiding("")
	cells := r.headcount(picture).Crowd
	var got []string
	for _, row := range cells.Rows {
		for _, c := range row.Cells {
			got = append(got, row.Name+" "+c.Mark+c.Before+">"+c.Now)
		}
	}
	slices.Sort(got)
	want := []string{"a -9><5", "a ~><5", "at every school >0", "at every school >7", "x >0", "x ~>21"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got, want := r.peopleAt(picture, "a"), "teachers <5 · staff 9 → <5"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestMatrix: what changes stands first and is marked; the rest follows.
func TestMatrix(t *testing.T) {
	p := &plan.Picture{Titles: []plan.Title{{Kind: "UserGroup", Name: "z", Title: "Åland"}}}
	add := func(group, right string, before, after bool) {
		p.Gives = append(p.Gives, plan.Giving{Kind: "UserGroup", Group: group, Right: right, Before: before, After: after})
	}
	add("a", "r.1", true, true)
	add("b", "r.2", true, false)
	add("z", "r.1", true, true)
	add("z", "r.3", false, true)
	m := hiding("sv").matrix(p)
	var got []string
	for _, right := range m.Rights {
		got = append(got, right.Name)
	}
	for _, row := range m.Rows {
		got = append(got, fmt.Sprint(row.Title, row.Name, row.Cells))
	}
	want := []string{"r.2", "r.3", "r.1", "b[taken  ]", "Ålandz[ given gives]", "a[  gives]"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestCollation: each language sorts as its readers do.
func TestCollation(t *testing.T) {
	for l, want := range map[Language]string{
		"fi": "Aho Zeus Åland Äänekoski Öja", "sv": "Aho Zeus Åland Äänekoski Öja", "nb": "Aho Zeus Ærø Øya Ås", "en": "Aho Åland Öja Zeus", "": "Aho Åland Öja Zeus",
	} {
		all := strings.Fields(want)
		slices.Reverse(all)
		sortedBy(l, all, func(s string) string { return s })
		if got := strings.Join(all, " "); got != want {
			t.Errorf("%s: got %s, want %s", l, got, want)
		}
	}
	numbered := []string{"Koulu 10", "Koulu 9"}
	if sortedBy("fi", numbered, func(s string) string { return s }); numbered[0] != "Koulu 9" {
		t.Errorf("got %v", numbered)
	}
}

// TestSignOffs: each place that an effect touches has a sheet, sorted as the
// language sorts; grave gains stand first; what does not fit is counted.
func TestSignOffs(t *testing.T) {
	p := pagePlan("x")
	p.Titles = []plan.Title{{Kind: "School", Name: "a", Title: "Öjan koulu"}, {Kind: "School", Name: "x", Title: "Åbo skola"}}
	r := hiding("")
	sheets, left := r.signOffs(p, nil)
	var got []string
	for _, s := range sheets {
		got = append(got, s.Title)
	}
	if diff := cmp.Diff([]string{"Åbo skola", "Öjan koulu"}, got); diff != "" || left != "" {
		t.Error(diff, left)
	}
	if first := sheets[0].Items[0]; first.Mark != "!" || first.Class != "CRITICAL" || !strings.Contains(first.Who, r.Veil.who(card)) {
		t.Errorf("first stands %+v", first)
	}
	for i := range 50 {
		p.Effect = append(p.Effect, plan.Effect{Kind: "staff", People: []string{card}, Rights: []string{fmt.Sprintf("r.%d", i)}, Places: []string{"a"}, Gained: true, Sensitivity: "normal"})
	}
	sheets, _ = r.signOffs(p, nil)
	shown := len(sheets[1].Items)
	if want := fmt.Sprintf("%d more are not shown here", 54-shown); sheets[1].Left != want || shown < 5 {
		t.Errorf("%d items, and it says %q, want %q", shown, sheets[1].Left, want)
	}
}

// TestPageSentences: what a page says of itself is in the catalogue.
func TestPageSentences(t *testing.T) {
	template, err := pageFiles.ReadFile("page/page.html")
	if err != nil {
		t.Fatal(err)
	}
	used := regexp.MustCompile(`say "([\w.]+)"`).FindAllSubmatch(template, -1)
	if len(used) < 20 {
		t.Fatalf("only %d sentences were found", len(used))
	}
	for _, m := range used {
		if english[string(m[1])] == nil && englishReasons[string(m[1])] == nil {
			t.Errorf("there is no sentence %s", m[1])
		}
	}
	for _, is := range []tone{toneStop, toneWait, toneGrave, toneGain, toneLoss, toneCalm} {
		if englishPage["page.tone."+string(is)] == nil {
			t.Errorf("there is no word for the tone %s", is)
		}
	}
}
