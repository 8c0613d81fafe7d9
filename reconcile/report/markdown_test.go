package report

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	gmtext "github.com/yuin/goldmark/text"

	"github.com/lupa-dev/lupa/reconcile/access"
	"github.com/lupa-dev/lupa/reconcile/calendar"
	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/reconcile/policy"
	"github.com/lupa-dev/lupa/schema/source"
)

// living are texts that mean something in some Markdown, or to who shows it.
var living = []string{
	"", " ", "\t", "a", "Testilän koulu", "t-1042", "wilma.surveys.maintain", "koulut/testila/a.yaml:12:3",
	"@root", "x@y.example", "(@root)", "#12", "GH-12", "PROJ-123", "!12", "%3", "$4", "~label", "&epic", "owner/repo#1", "deadbeef", "a deadbeefcafe b",
	"www.example.org", "https://example.org/x", "mailto:a@b.example", "example.org", "<https://example.org>", "[a](https://b.example)", "![a](b)", "[a][b]", "[a]: b", "[//]: # (lupa:plan x)",
	"# a", "## a", "- a", "+ a", "* a", "1. a", "1) a", "12.", "> a", "---", "***", "___", "===", "```", "~~~", "``` a", "    a", "| a | b |", "|---|", ":---:", "*a*", "**a**", "_a_", "__a__", "~~a~~", "`a`", "``", "`", "a`b", "`` ` ``", "\\`", "`\\",
	"<b>", "</details>", "<!--", "-->", "<!-- lupa:plan x -->", "<!-- lupa:review x y -->", "<details><summary>", "<script>alert(1)</script>", "<?x?>", "<![CDATA[x]]>", "&amp;", "&#64;x", "&lt;b&gt;",
	":smile:", "- [ ] a", "[x]", "[^1]", "[^1]: a", "/close", "a\n\n# b", "a\r# b", "\u202eabc", "a\u200bb", "\xff", "$x$", "$$", "{{x}}", "{% x %}", "::: a", "::a::", "a  b", "a\\", "\\", "*", "_", "+", "-", "=", "%", "1", "1.5", "2026-06-22", "12:30", "010190-123A", "a (b) \"c\" 'd' e, f; g: h. i! j?",
	"%s%d%!x", "combining Z̴̢̛̜", "INCOMPLETE: 0 of 0", strings.Repeat("ä", 1000), "ARGUMENT0",
}

// parsed is Markdown as GitHub reads it.
func parsed(text string) (ast.Node, []byte) {
	src := []byte(text)
	return goldmark.New(goldmark.WithExtensions(extension.GFM, extension.Footnote)).Parser().Parse(gmtext.NewReader(src)), src
}

// outline is the kinds of the nodes of a document, but texts, code and bold; shown
// is its texts, and outside those that are not code.
func outline(text string) (kinds []string, shown, outside string) {
	doc, src := parsed(text)
	var all, bare strings.Builder
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			if n.Type() == ast.TypeBlock {
				all.WriteString(" ")
				bare.WriteString(" ")
			}
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Text:
			is := n.Value(src)
			if _, code := n.Parent().(*ast.CodeSpan); !code {
				is = []byte(unescaped(string(is)))
				bare.Write(is)
			} else {
				bare.WriteString("•")
			}
			all.Write(is)
			if n.SoftLineBreak() {
				all.WriteString(" ")
			}
		case *ast.CodeSpan, *ast.Emphasis:
		default:
			kinds = append(kinds, n.Kind().String())
		}
		return ast.WalkContinue, nil
	})
	return kinds, all.String(), bare.String()
}

// unescaped is a text with the character references and escapes resolved that are
// used here. Others would be a mistake, and are left.
func unescaped(text string) string {
	return strings.NewReplacer("&#96;", "`", "&lt;", "<", "&gt;", ">", "&amp;", "&", `\.`, ".", `\)`, ")").Replace(text)
}

func blanks(text string) string { return strings.Join(strings.Fields(text), " ") }

// alive finds what is more than text to GitHub or GitLab, though Markdown thinks
// nothing of it.
var alive = regexp.MustCompile(`(?i)[@#!%$~&^]\w|\bgh-\d|[a-z]-\d|[0-9a-f]{7}|www\.|://|\w\.[a-z]|:[a-z]\w*:|\[|\]|\*|_|\|`)

// FuzzEscaped: whatever a text is, it stands in Markdown as text and nothing else,
// and all of it.
func FuzzEscaped(f *testing.F) {
	for _, text := range living {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		safe := strings.TrimSpace(Safe(text))
		n := named{Name: safe}
		if n.Title = cut(safe, maxTitle); safe == "" {
			return
		}
		for _, c := range []struct {
			name, markdown, want string
			kinds                []string
		}{
			{"an item", bullet(0, escaped(safe)), safe, []string{"Document", "List", "ListItem", "TextBlock"}},
			{"in bold", bullet(0, strong(safe)+": x"), safe + ": x", []string{"Document", "List", "ListItem", "TextBlock"}},
			{"with a title", bullet(0, n.markdown()+" x"), n.Title + " " + safe + " x", []string{"Document", "List", "ListItem", "TextBlock"}},
			{"code", bullet(0, inCode(safe)+", "+inCode(safe)), safe + ", " + safe, []string{"Document", "List", "ListItem", "TextBlock"}},
			{"a heading", "## " + escaped(safe) + "\n\nx\n", safe + " x", []string{"Document", "Heading", "Paragraph"}},
			{"folded", "<details><summary>x</summary>\n\n" + bullet(0, "x") + bullet(1, escaped(safe)) + "\n</details>\n", "x " + safe,
				[]string{"Document", "HTMLBlock", "List", "ListItem", "TextBlock", "List", "ListItem", "TextBlock", "HTMLBlock"}},
		} {
			kinds, shown, outside := outline(c.markdown)
			if !slices.Equal(kinds, c.kinds) {
				t.Errorf("%s: %q is written as %q: %v", c.name, text, c.markdown, kinds)
			}
			if got, want := blanks(shown), blanks(c.want); got != want {
				t.Errorf("%s: %q is written as %q and shown as %q, want %q", c.name, text, c.markdown, got, want)
			}
			if found := alive.FindString(outside); found != "" {
				t.Errorf("%s: %q is written as %q, in which %q is alive", c.name, text, c.markdown, found)
			}
			if strings.Contains(strings.TrimPrefix(c.markdown, "<details>"), "<!--") || strings.Contains(c.markdown, "-->") {
				t.Errorf("%s: %q has a comment: %q", c.name, text, c.markdown)
			}
		}
	})
}

// madePlan is a plan with something of everything in it. Name is how things are
// called from outside; no card is named twice where something grave is gained.
func madePlan(r *rand.Rand, name func() string) (p *plan.Plan, grave []string) {
	some := func(n int) int { return r.IntN(n) }
	names := func(n int) []string {
		out := make([]string, 1+some(n))
		for i := range out {
			out[i] = name()
		}
		return out
	}
	cards := 0
	reasons := func() []plan.Reason {
		return []plan.Reason{{Rule: "R34", Case: "group", Args: []string{[]string{"a", "b", name()}[some(3)]}}}
	}
	effect := func(n int) (effects []plan.Effect) {
		for range some(n) {
			e := plan.Effect{Kind: []string{"teacher", "student", "user"}[some(3)], Rights: names(2), Places: names(3), Gained: some(3) > 0,
				Sensitivity: []access.Sensitivity{access.Normal, access.High, access.Critical}[some(3)], Widens: some(5) == 0, After: reasons(), Before: reasons()}
			if some(2) == 0 && len(effects) > 0 { // the same right for another reason
				e.Rights, e.Places, e.Sensitivity = effects[0].Rights, effects[0].Places, effects[0].Sensitivity
			}
			for range 1 + some([]int{2, 70}[some(2)]) {
				cards++
				card := fmt.Sprintf("c-%05d", cards)
				e.People = append(e.People, card)
				if e.Gained && e.Sensitivity.Grave() {
					grave = append(grave, card)
				}
			}
			effects = append(effects, e)
		}
		return effects
	}
	p = &plan.Plan{Kind: "plan", Project: "mallila", Target: plan.Target{Name: "local", Serial: 1}, Hash: strings.Repeat("0123456789abcdef", 4), At: 20000, Effect: effect(12)}
	p.Summary = plan.Summary{Gained: 3, Lost: 2, Create: 1, Errors: some(3), Warnings: 1}
	for range some(8) {
		action := []string{"create", "update", "delete", "rename"}[some(4)]
		p.Changes = append(p.Changes, plan.Change{Action: action, Kind: "UserGroup", Name: name(), Widens: []string{"schools"}[:some(2)],
			Fields: []plan.FieldChange{{Field: name(), Before: name(), After: name()}, {Field: "wilma", Before: names(3), After: names(3)}}})
	}
	for range some(60) {
		p.Findings = append(p.Findings, plan.Finding{Code: "E12", Severity: []policy.Severity{policy.Error, policy.Warning, policy.Note}[some(3)], Known: some(2) == 0,
			Args: names(3), Subject: "UserGroup " + name(), Pos: []source.Pos{{File: name(), Line: 3, Col: 4}}})
	}
	for range some(3) {
		p.Templates = append(p.Templates, plan.TemplateEffect{Templates: names(2), People: names(12), Actions: []access.Action{"copy"}, Places: names(2), Gained: some(2) == 0, Reason: reasons()[0]})
	}
	for _, e := range p.Effect {
		for _, right := range e.Rights {
			p.Titles = append(p.Titles, plan.Title{Kind: "Right", Name: right, Language: "en", Title: name()})
		}
	}
	if some(2) == 0 {
		p.Kind, p.Hash, p.Since = "review", "", &plan.Since{Revision: "main", Commit: strings.Repeat("5ca1ab1e", 5)}
		for i := range some(4) {
			p.Since.Ahead = append(p.Since.Ahead, plan.Ahead{From: calendar.Day(20001 + i), Gained: 1, Effect: effect(4)})
		}
	}
	return p, grave
}

func calmName(r *rand.Rand) func() string {
	return func() string { return "nimi" + strconv.Itoa(r.IntN(500)) }
}

// madePlans is how many plans are made up.
const madePlans = 100

var notTold = regexp.MustCompile(`^INCOMPLETE: (\d+) of (\d+) gains`)

// TestBudget: a page is never longer than there is room for, in any language; all
// who gain a right of class high or critical are named on it, or its first line says
// how many are not, and of which plan; and whoever is named is in all languages.
func TestBudget(t *testing.T) {
	cutGrave, cutOther := 0, 0
	for seed := range uint64(madePlans) {
		r := rand.New(rand.NewPCG(seed, 7))
		p, grave := madePlan(r, calmName(r))
		all := inEvery(nil, func(t *Text) *sheet { return t.planSheet(p, Page{Bytes: 1 << 30}, "lupa apply") })
		page := Page{Plain: seed%5 == 0}
		page.Bytes = 1 << 30
		full := string(all["en"].cut(page, all))
		for _, card := range grave {
			if strings.Count(full, "`"+card+"`") < 1 {
				t.Fatalf("seed %d: %s is not told:\n%s", seed, card, full)
			}
		}
		if strings.Contains(full, incomplete) || strings.Contains(full, "Left out here") {
			t.Fatalf("seed %d: all of it is not all:\n%s", seed, full)
		}
		for bytes := 0; bytes < len(full)+500; bytes += 1 + r.IntN(1+len(full)/5) {
			page.Bytes = bytes
			first := ""
			if seed%10 == 0 {
				alone := string((&Text{Lang: "en"}).PlanMarkdown(p, page, "lupa apply"))
				if diff := cmp.Diff(string(all["en"].cut(page, all)), alone); diff != "" {
					t.Fatalf("seed %d: a page of %d bytes is another when it is made alone:\n%s", seed, bytes, diff)
				}
			}
			for _, l := range Languages {
				got := string(all[Language(l)].cut(page, all))
				if len(got) > bytes {
					t.Fatalf("seed %d, %s: %d bytes, and there is room for %d:\n%s", seed, l, len(got), bytes, got)
				}
				said := strings.Join(saidCards.FindAllString(got, -1), " ")
				if l == Languages[0] {
					first = said
				}
				if said != first {
					t.Fatalf("seed %d, %d bytes: others are named in %s than in %s\n%s", seed, bytes, l, Languages[0], cmp.Diff(first, said))
				}
				if l == "en" && bytes >= LeastPage {
					checkTold(t, p, grave, got)
					if strings.HasPrefix(got, incomplete) {
						cutGrave++
					} else if len(got) < len(full) {
						cutOther++
					}
				}
			}
		}
	}
	if cutGrave < 100 || cutOther < 100 {
		t.Errorf("only %d pages without a grave gain, and %d without something else", cutGrave, cutOther)
	}
}

var saidCards = regexp.MustCompile("`c-\\d{5}`")

// checkTold: all are named who gain what is grave, or the first line says how many
// are not.
func checkTold(t *testing.T, p *plan.Plan, grave []string, got string) {
	t.Helper()
	missing := 0
	for _, card := range grave {
		if !strings.Contains(got, "`"+card+"`") {
			missing++
		}
	}
	first, rest, _ := strings.Cut(got, "\n")
	marker := "lupa:plan mallila local"
	hash := p.Hash
	if p.Since != nil {
		marker, hash = "lupa:review mallila", p.Since.Commit
	}
	m := notTold.FindStringSubmatch(first)
	switch {
	case !strings.Contains(got, marker) || strings.Count(got, marker) != 1:
		t.Fatalf("no marker, or two:\n%s", got)
	case missing == 0 && m == nil && strings.Contains(first, marker):
	case missing == 0:
		t.Fatalf("all are named, and the first line says otherwise:\n%s", got)
	case m == nil || !strings.Contains(first, hash):
		t.Fatalf("%d of %d are not named, and the first line says nothing of it:\n%s", missing, len(grave), got)
	case !strings.HasPrefix(strings.TrimSpace(rest), "<!-- "+marker) && !strings.HasPrefix(rest, "\n[//]: # ("+marker):
		t.Fatalf("the marker is not on the second line:\n%s", got)
	}
	if m != nil { // a card may be at several places, on a line each
		if n, _ := strconv.Atoi(m[1]); n < missing {
			t.Fatalf("%s: %d are missing", first, missing)
		}
	}
}

// TestHostileNames: whatever things are called, the Markdown of a plan is built the
// same; and there is one marker in it.
func TestHostileNames(t *testing.T) {
	english := &Text{Lang: "en"}
	english.sentence("valid") // makes the catalogue, once
	for seed := range uint64(madePlans) {
		for _, plain := range []bool{false, true} {
			page := Page{Bytes: 1 << 30, Plain: plain}
			write := func(called func(i int) string) string {
				i := 0
				p, _ := madePlan(rand.New(rand.NewPCG(seed, 11)), func() string { i++; return called(i) })
				said := &Text{Lang: "en", say: english.say}
				return lay(said, said.planSheet(p, page, "")).write(page, 1<<30)
			}
			calm := write(func(i int) string { return fmt.Sprintf("nimi%d", i) })
			var usable []string // as names
			for _, text := range living {
				if strings.TrimSpace(text) != "" {
					usable = append(usable, text)
				}
			}
			wild := write(func(i int) string { return fmt.Sprintf("%s %d", usable[(i+int(seed))%len(usable)], i) })
			want, _, _ := outline(calm)
			got, _, _ := outline(wild)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("seed %d: the names build something else:\n%s\n%s", seed, diff, wild)
			}
			for _, kind := range []string{"Link", "AutoLink", "Image", "RawHTML", "FencedCodeBlock", "CodeBlock", "Blockquote", "ThematicBreak", "TaskCheckBox", "FootnoteLink"} {
				if slices.Contains(got, kind) {
					t.Fatalf("seed %d: there is a %s:\n%s", seed, kind, wild)
				}
			}
			if plain && strings.Contains(wild, "<") {
				t.Fatalf("seed %d: HTML where none is shown:\n%s", seed, wild)
			}
		}
	}
}

func TestPageOf(t *testing.T) {
	for _, c := range []struct {
		text string
		want Page
		err  string
	}{
		{"", Page{Bytes: 65_000}, ""}, {"github", Page{Bytes: 65_536}, ""}, {"gitlab", Page{Bytes: 1_000_000}, ""}, {"azure", Page{Bytes: 150_000}, ""},
		{"bitbucket", Page{Bytes: 32_768, Plain: true}, ""}, {"1000", Page{Bytes: 1000}, ""},
		{"999", Page{Bytes: 999}, ""}, {"-1", Page{}, "are no room"}, {"GitHub", Page{}, "neither a number of bytes nor one of azure, bitbucket, github, gitlab"},
		{"1e6", Page{}, "neither"}, {"99999999999999999999", Page{}, "neither"},
	} {
		got, err := PageOf(c.text)
		if got != c.want || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%q: %+v, %v; want %+v, %s", c.text, got, err, c.want, c.err)
		}
	}
}

// Of many rights of one kind each is said once, then where, why and who.
func TestGraveGainsAreGrouped(t *testing.T) {
	because := func(group string) []plan.Reason {
		return []plan.Reason{{Rule: "R34", Case: "group", Args: []string{group}}}
	}
	gain := func(kind, place, group string, people ...string) plan.Effect {
		return plan.Effect{Kind: kind, Gained: true, Sensitivity: access.High, Rights: []string{"wilma.x"}, Places: []string{place}, People: people, After: because(group)}
	}
	p := &plan.Plan{Project: "p", Hash: "h", Titles: []plan.Title{{Kind: "Right", Name: "wilma.x", Language: "en", Title: "Open it"}, {Kind: "School", Name: "a", Title: "A school"}},
		Effect: []plan.Effect{gain("teacher", "a", "g", "t-1"), gain("staff", "a", "h", "t-2", "t-3"), gain("teacher", "b", "g", "t-4")}}
	got := string((&Text{}).PlanMarkdown(p, Page{Bytes: 65_000}, ""))
	want := "### Gains of class HIGH and CRITICAL\n\n- **Open it** `wilma.x` (HIGH)\n" +
		"    - **A school** `a`\n        - **1 teacher gains**; why: group g gives it (R34): `t-1`\n        - **2 members of staff gain**; why: group h gives it (R34): `t-2`, `t-3`\n" +
		"    - `b`\n        - **1 teacher gains**; why: group g gives it (R34): `t-4`\n\n"
	if !strings.Contains(got, want) {
		t.Errorf("want\n%s\nin\n%s", want, got)
	}
}

// TestGoldenMarkdown holds the Markdown of a plan with everything in it to a file: as
// services show it that know HTML, and as one that does not.
func TestGoldenMarkdown(t *testing.T) {
	m := municipality(t)
	files := tree(after)
	p := propose(t, m, files)
	var b strings.Builder
	for _, page := range []Page{pages["github"], {Bytes: 1500}, {Bytes: 1000, Plain: true}} {
		b.Write((&Text{}).PlanMarkdown(p, page, "lupa apply plan.json"))
		b.WriteString("\n=====\n")
	}
	b.Write((&Text{}).DriftMarkdown(p, pages["bitbucket"], "lupa drift"))
	b.WriteString("\n=====\n")
	veil := Pseudonyms("key", func(card string) bool { return strings.HasPrefix(card, "t-") }, 5)
	review := plan.Review(load(t, files).Goal, load(t, tree(before)).Goal, "test", plan.Since{Revision: "main", Commit: strings.Repeat("5ca1ab1e", 5)})
	b.Write((&Text{Veil: veil}).PlanMarkdown(review, pages["github"], ""))
	golden(t, "markdown", b.String())
}
