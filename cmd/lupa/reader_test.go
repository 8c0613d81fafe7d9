package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/lupa-dev/lupa/reconcile/config"
	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/schema/source"
)

// ran is what a run wrote, and how it ended.
type ran struct {
	exit     int
	out, err string
}

func lupaIn(t *testing.T, dir string, args ...string) ran {
	t.Helper()
	var out, errs bytes.Buffer
	exit := run(t.Context(), append([]string{"-C", dir}, args...), streams{strings.NewReader(""), &out, &errs}, today)
	return ran{exit, out.String(), errs.String()}
}

// unmistakable is a card that nobody takes for anything else.
const unmistakable = "zz-kortti-"

// marked is a copy of an example whose cards are unmistakable, in files and in their
// names; with one of the cards in a comment of every document.
func marked(t *testing.T, example string) (dir string, cards []string) {
	t.Helper()
	from := os.DirFS("../../examples/" + example)
	known := make(map[string]bool)
	tree, err := config.Load(t.Context(), from, config.Options{Now: today, Card: func(card string) { known[card] = true }})
	if err != nil {
		t.Fatal(err)
	}
	names := make([]string, 0, len(known))
	for name := range known {
		names = append(names, name)
	}
	slices.Sort(names)
	mark := func(text string) string {
		var b strings.Builder
		end := 0
		for _, m := range plan.Mentions(text, func(name string) bool { return known[name] }) {
			card := fmt.Sprintf("%s%04d", unmistakable, slices.Index(names, m.Name)+1)
			b.WriteString(text[end:m.From] + card)
			end = m.To
		}
		return b.String() + text[end:]
	}
	dir = t.TempDir()
	err = fs.WalkDir(from, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || strings.HasPrefix(path, ".lupa") {
			return err
		}
		to := filepath.Join(dir, filepath.FromSlash(mark(path)))
		if d.IsDir() {
			return os.MkdirAll(to, 0o755)
		}
		data, err := fs.ReadFile(from, path)
		if err != nil {
			return err
		}
		text := mark(string(data))
		if source.IsYAML(path) {
			text += "# " + unmistakable + "0001\n"
		}
		return os.WriteFile(to, []byte(text), 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
	for key := range tree.Goal.Facts.Kind("Person").Objects() {
		cards = append(cards, mark(key.Name()))
	}
	if slices.Sort(cards); len(cards) < 5 {
		t.Fatalf("%s has no more cards than %v", example, cards)
	}
	return dir, cards
}

// leaves are the commands that do something, by what is typed.
func leaves(cmd *cobra.Command) map[string]*cobra.Command {
	all := make(map[string]*cobra.Command)
	for _, c := range cmd.Commands() {
		if c.RunE != nil || c.Run != nil {
			all[strings.TrimPrefix(c.CommandPath(), "lupa ")] = c
		}
		for path, below := range leaves(c) {
			all[path] = below
		}
	}
	return all
}

// TestNoCardInPublic runs every command in every format that is published, and as
// text in CI, on trees that are sound, changed by hand and wrong.
func TestNoCardInPublic(t *testing.T) {
	for _, example := range []string{"mallila", "rekisteri"} {
		t.Run(example, func(t *testing.T) { noCardInPublic(t, example) })
	}
}

func noCardInPublic(t *testing.T, example string) {
	dir, cards := marked(t, example)
	card, nobody := cards[0], unmistakable+"9999"
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	gitInit(t, dir)
	for _, args := range [][]string{{"target", "init"}, {"plan", "--out", "first.json"}, {"apply", "first.json"}} {
		if r := lupaIn(t, dir, args...); r.exit != 0 {
			t.Fatalf("lupa %v: %d %s", args, r.exit, r.err)
		}
	}
	handEdit(t, dir, "DELETE FROM person_groups WHERE person IN (SELECT person FROM person_groups LIMIT 3)")
	write("more.yaml", "apiVersion: lupa/v1\nkind: AccessTest\nmetadata: {name: "+card+"-tests}\nspec:\n  cases:\n    - {person: "+card+", right: wilma.surveys.maintain, expect: allow}\n    - {person: "+cards[1]+", right: wilma.surveys.maintain, expect: allow}\n")
	for _, file := range files(t, dir, card) {
		if strings.HasSuffix(file, ".yaml") && filepath.Base(file) != "more.yaml" && file != filepath.Join(dir, "lupa.yaml") {
			_ = os.Remove(file) // somebody goes
			break
		}
	}
	lupaIn(t, dir, "plan", "--out", "plan.json")
	calls := map[string][][]string{
		"plan": {{}, {"--actor", card}, {"--actor", nobody}, {card}, {"--no-such-" + card}}, "show": {{"plan.json"}, {"first.json"}, {card + ".json"}}, "drift": {{}},
		"history": {{}, {"1"}, {card}}, "export": {{"--out", "snapshot.json"}},
		"why": {{card, "wilma.surveys.maintain"}, {nobody, "wilma.surveys.maintain"}, {card, card}, {card}}, "who": {{"wilma.surveys.maintain"}, {card}},
		"access": {{card}, {"--all"}, {nobody}, {card, "--all"}}, "timeline": {{}}, "contacts": {{}},
		"validate": {{}}, "fmt": {{"--check", "--diff"}, {"--check"}}, "test": {{}}, "prove": {{"--no-new-access"}, {"--no-new-access", "--base", "HEAD"}, {"--no-new-access", "--base", "first.json"}, {"--no-gain", card}},
		"verify": {{}, {"--expect-head", card}}, "apply": {{"first.json"}, {}, {"--auto-approve"}, {"--acknowledge", card}}, "undo": {{"1"}}, "init": {{"../" + card}}, "import": {{"--out", filepath.Join(t.TempDir(), card)}, {}},
		"target": {{}}, "target init": {{}}, "target status": {{}}, "target grant": {{"plan", card}, {card, "plan"}}, "codeowners": {{}}, "schema": {{card}}, "rules": {{card}},
		"audit": {{}}, "audit prune": {{"--before", card}, {"--before", "2020-01-01"}}, "version": {{}}, "help": {{card}}, "review": {{"--base", "HEAD"}, {"--base", card}},
		"completion": nil, "completion bash": nil, "completion zsh": nil, "completion fish": nil, "completion powershell": nil,
		"exit-codes": nil, "environment": nil, "targets": nil, "formats": nil, "privacy": nil, "cache": nil,
	}
	look := func(state string) {
		a := &app{streams: streams{strings.NewReader(""), &bytes.Buffer{}, &bytes.Buffer{}}}
		a.out = &sink{}
		all := leaves(a.commands())
		for _, path := range slices.Sorted(maps.Keys(all)) {
			cmd := all[path]
			argLists, ok := calls[path]
			if !ok {
				t.Errorf("lupa %s is not tried here", path)
			}
			for _, given := range argLists {
				for _, format := range append([]string{"text", "json"}, public...) {
					if format != "text" && format != "json" && !slices.Contains(strings.Fields(cmd.Annotations[formats]), format) {
						continue
					}
					t.Setenv("CI", map[bool]string{true: "true"}[format == "text" || format == "json"])
					args := append(append(strings.Fields(path), "--format", format, "--log-level", "info"), given...)
					r := lupaIn(t, dir, args...)
					if format == "json" {
						r.out = "" // is for who may see cards
					}
					if i := strings.Index(r.out+r.err, unmistakable); i >= 0 {
						t.Errorf("%s: lupa %s shows a card: %.200s", state, strings.Join(args, " "), (r.out + r.err)[max(0, i-80):])
					}
				}
			}
		}
	}
	look("sound")
	write("wrong.yaml", "apiVersion: lupa/v1\nkind: PersonOverride\nmetadata: {name: "+nobody+"-x}\nspec:\n  person: "+nobody+"\n  reason: for "+card+"\n  rights: [no.such.right]\n---\nkind: [ "+unmistakable+"8888\n")
	look("refused")
}

// files are the files of a tree that speak of a card.
func files(t *testing.T, dir, card string) (all []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, []byte("name: "+card)) {
			all = append(all, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func gitInit(t *testing.T, dir string) {
	t.Helper()
	for _, args := range [][]string{{"init", "-q"}, {"add", "-A"}, {"-c", "user.name=x", "-c", "user.email=x@x.example", "commit", "-qm", "x"}} {
		if out, err := gitCommand(t.Context(), dir, args...).CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v %s", args, err, out)
		}
	}
}

var pseudonym = regexp.MustCompile(`p-[a-z]{10}`)

// TestPseudonyms: they are the same in every run of a tree, others in another tree,
// and JSON has cards.
func TestPseudonyms(t *testing.T) {
	dir, cards := marked(t, "mallila")
	t.Setenv("CI", "1")
	ask := func(args ...string) string {
		return lupaIn(t, dir, append([]string{"access", cards[0]}, args...)...).out
	}
	first := pseudonym.FindString(ask())
	if first == "" || first != pseudonym.FindString(ask()) || first != pseudonym.FindString(lupaIn(t, dir, "why", cards[0], "wilma.surveys.maintain").out) {
		t.Errorf("pseudonyms change from run to run: %q", first)
	}
	if out := ask("--format", "json"); !strings.Contains(out, cards[0]) {
		t.Errorf("JSON has no cards: %.200s", out)
	}
	project := filepath.Join(dir, config.ProjectFile)
	data, err := os.ReadFile(project)
	if err != nil {
		t.Fatal(err)
	}
	const key = "correct horse battery"
	for i, text := range []string{
		strings.Replace(string(data), "spec:\n", "spec:\n  pseudonymKey: "+key+"\n", 1),
		regexp.MustCompile(`name: [a-z]+`).ReplaceAllString(string(data), "name: another"),
	} {
		if err := os.WriteFile(project, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		out := ask()
		if other := pseudonym.FindString(out); other == "" || other == first {
			t.Errorf("%d: another tree has the same pseudonyms, or none: %s", i, out)
		}
		if strings.Contains(out+ask("--format", "json"), key) {
			t.Error("the key is shown")
		}
	}
	for _, off := range []string{"", "0", "false"} {
		t.Setenv("CI", off)
		if out := ask(); !strings.Contains(out, cards[0]) {
			t.Errorf("CI=%q hides cards: %.200s", off, out)
		}
	}
}

// TestFewAreNotCounted: fewer than minGroup people are told as fewer, unless the
// right is grave; then all are told.
func TestFewAreNotCounted(t *testing.T) {
	dir, _ := marked(t, "mallila")
	t.Setenv("CI", "true")
	if out := lupaIn(t, dir, "access", "--all").out; !strings.Contains(out, "<5") {
		t.Errorf("few people are counted:\n%s", out)
	}
	if out := lupaIn(t, dir, "who", "wilma.surveys.maintain").out; !pseudonym.MatchString(out) {
		t.Errorf("who has a grave right is not told:\n%s", out)
	}
	t.Setenv("CI", "")
	if out := lupaIn(t, dir, "access", "--all").out; strings.Contains(out, "<5") {
		t.Errorf("few people are not counted for who works there:\n%s", out)
	}
}

// TestNamesNeedATerminal: names come from a file, to a person at a terminal alone.
func TestNamesNeedATerminal(t *testing.T) {
	dir, cards := marked(t, "mallila")
	file := filepath.Join(t.TempDir(), "names.csv")
	const name = "Salanimi"
	try := func(csv string, exit int, said string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(csv), 0o600); err != nil {
			t.Fatal(err)
		}
		r := lupaIn(t, dir, "access", cards[0], "--reveal", file)
		if r.exit != exit || !strings.Contains(r.err, said) || strings.Contains(r.out+r.err, name) {
			t.Errorf("%q: exit %d, want %d and %q:\n%s%s", csv, r.exit, exit, said, r.out, r.err)
		}
	}
	try("\ufeffkey,name\r\n"+cards[0]+",\""+name+", Aino\"\r\n", 0, "on a terminal only")
	try("key,name\n"+cards[0]+",\"a\n"+name+"\n", exitInput, file+":")
	try("name,key\n"+name+",x\n", exitInput, file+":1: the first line is not key,name")
	try("key,name\nx,"+name+"\n"+name+"\n", exitInput, file+":3: a line has a key and a name")
	try("key,name\nx,"+name+"\xff\n", exitInput, file+":2: this is not UTF-8")
	try("", exitInput, file+":1:")
	for _, no := range []string{dir, "/dev/null", filepath.Join(dir, "nowhere.csv")} {
		if r := lupaIn(t, dir, "version", "--reveal", no); r.exit != exitUsage {
			t.Errorf("--reveal %s: exit %d: %s", no, r.exit, r.err)
		}
	}
}

// TestLanguageOfTheReader: the flag comes before the environment, and that before
// the tree; what scripts read and what a plan is do not depend on it.
func TestLanguageOfTheReader(t *testing.T) {
	dir, _ := marked(t, "mallila") // language: fi
	lupaIn(t, dir, "target", "init")
	told := func(env string, args ...string) string {
		t.Helper()
		t.Setenv("LUPA_LANG", env)
		r := lupaIn(t, dir, append([]string{"plan"}, args...)...)
		if r.exit != 0 {
			t.Fatalf("%s %v: %s", env, args, r.err)
		}
		return r.out
	}
	fi, sv, nb, en := told("", "--lang", "fi"), told("", "--lang", "sv"), told("", "--lang", "nb"), told("", "--lang", "en")
	if all := []string{fi, sv, nb, en}; len(slices.Compact(slices.Sorted(slices.Values(all)))) != 4 {
		t.Error("two languages say the same")
	}
	if told("") != fi || told("sv") != sv || told("sv", "--lang", "nb") != nb {
		t.Error("the flag does not come before the environment, or that not before the tree")
	}
	for _, format := range [][]string{{"plan", "--format", "json"}, {"validate", "--format", "json"}, {"drift", "--format", "json"}} {
		t.Setenv("LUPA_LANG", "fi")
		finnish := lupaIn(t, dir, format...).out
		t.Setenv("LUPA_LANG", "en")
		if english := lupaIn(t, dir, format...).out; english != finnish || english == "" {
			t.Errorf("lupa %v depends on the language", format)
		}
	}
	hashOf := func(out string) string { return hashes.FindString(out) }
	if h := hashOf(en); h == "" || h != hashOf(fi) || h != hashOf(sv) || h != hashOf(nb) {
		t.Error("a plan's hash depends on the language")
	}
	t.Setenv("LUPA_LANG", "xx")
	if r := lupaIn(t, dir, "plan"); r.exit != exitUsage || !strings.Contains(r.err, "LUPA_LANG xx") {
		t.Errorf("exit %d: %s", r.exit, r.err)
	}
	if r := lupaIn(t, dir, "plan", "--lang", "sw"); r.exit != exitUsage || !strings.Contains(r.err, "sv?") {
		t.Errorf("exit %d: %s", r.exit, r.err)
	}
}

// TestPseudonymKeyIsNotShown: init makes another one for every tree, and nothing
// prints it.
func TestPseudonymKeyIsNotShown(t *testing.T) {
	var keys []string
	for range 2 {
		dir := t.TempDir()
		if r := lupaIn(t, dir, "init"); r.exit != 0 {
			t.Fatal(r.err)
		}
		project := filepath.Join(dir, config.ProjectFile)
		data, err := os.ReadFile(project)
		if err != nil {
			t.Fatal(err)
		}
		m := regexp.MustCompile(`pseudonymKey: ([A-Za-z]{32})\n`).FindSubmatch(data)
		if m == nil || slices.Contains(keys, string(m[1])) {
			t.Fatalf("init made no key of its own: %s", data)
		}
		keys = append(keys, string(m[1]))
		if r := lupaIn(t, dir, "fmt", "--check"); r.exit != 0 {
			t.Error("the starter tree is not as fmt leaves it")
		}
		for _, key := range []string{string(m[1]), "toosecret", string(m[1]) + "\n  pseudonymKey: " + string(m[1]), strings.Repeat(string(m[1]), 8)} {
			text := strings.Replace(string(data), string(m[1]), "   "+key, 1)
			if err := os.WriteFile(project, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			for _, args := range [][]string{{"validate"}, {"validate", "--format", "json"}, {"fmt", "--check", "--diff"}, {"plan"}, {"target", "init"}} {
				r := lupaIn(t, dir, args...)
				if strings.Contains(r.out+r.err, firstWord(key)) {
					t.Errorf("lupa %v shows the key:\n%s%s", args, r.out, r.err)
				}
			}
		}
	}
}

// firstWord is the first word of a text.
func firstWord(text string) string { return strings.Fields(text)[0] }

// TestWhoIsMeant: who reads a pseudonym in a report and has the tree can ask about it.
func TestWhoIsMeant(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../../examples/mallila")); err != nil {
		t.Fatal(err)
	}
	page := lupa(t, dir, exitDone, "why", "t-1051", "wilma.surveys.addSurvey", "--format", "markdown")
	pseudonym := regexp.MustCompile(`p-[a-z]{10}`).FindString(page)
	if pseudonym == "" || strings.Contains(page, "t-1051") {
		t.Fatalf("no pseudonym, or the card itself:\n%s", page)
	}
	if got := lupa(t, dir, exitDone, "why", pseudonym, "wilma.surveys.addSurvey"); !strings.Contains(got, "t-1051 has wilma.surveys.addSurvey") {
		t.Errorf("asked about %s: %s", pseudonym, got)
	}
	lupa(t, dir, exitInput, "why", "p-bcdfghjklm", "wilma.surveys.addSurvey")
}
