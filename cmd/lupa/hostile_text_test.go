package main

import (
	"bytes"
	"database/sql"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"
	"golang.org/x/net/html"

	"github.com/lupa-dev/lupa/schema"
	"github.com/lupa-dev/lupa/schema/source"
)

// hostileText is a text that is made to do something where it is shown.
type hostileText struct {
	name, text string
	written    string // how it stands between double quotes in YAML, where that is not how JSON has it
}

// mark is what no other text of the tests holds.
const mark = "zqx"

// visible are texts that a document may hold. They have to come out as they are
// where programs read, and harmless where people do.
var visible = []hostileText{
	{name: "a line of its own", text: "x\nNo changes: " + mark},
	{name: "a command to GitHub", text: "::warning::" + mark},
	{name: "a command on a line of its own", text: "x\n::set-output name=a::" + mark},
	{name: "a command after blanks", text: "a long text that goes on and on until the line is full \t ::error file=a::" + mark},
	{name: "a command to Azure", text: "x ##vso[task.setvariable variable=a]" + mark + " ##[error]" + mark},
	{name: "a fence", text: "```\n# " + mark + "\n~~~"},
	{name: "a script", text: "<script>alert(1)</script>]]>--><img src=x onerror=y> &amp; " + mark},
	{name: "a formula", text: "=HYPERLINK(\"http://x.example\";\"" + mark + "\")"},
	{name: "a formula with plus", text: "+cmd|' /C calc'!A0 " + mark},
	{name: "a formula with minus", text: "-1+1 " + mark},
	{name: "a formula with at", text: "@SUM(1+1) " + mark},
	{name: "a tab and a formula", text: "\t=1+1 " + mark},
	{name: "a line feed for servers", text: "%0a%0d::warning::" + mark + "%0a::x"},
	{name: "an expression", text: "${{ secrets.X }} $(id) `id` {{.}} %s%n%!d(x) " + mark},
	{name: "a path", text: "../../../../etc/passwd/" + mark},
	{name: "a device", text: "con"},
	{name: "nothing", text: "nul"},
	{name: "YAML", text: "*a &b !c {d: [e]} # --- " + mark},
	{name: "another document", text: "x\n---\nkind: " + mark},
	{name: "a flag", text: "--help " + mark},
	{name: "combining marks", text: "Z̴̢̛̜͍̞̗̈́̀̓a̶̘̓l̸̰͝g̷̬̈o " + mark},
	{name: "a long word", text: strings.Repeat("ä", 3000) + mark},
	{name: "quotes", text: `"'\" \u0041 \` + mark},
}

// unseen are texts that no document may hold, but a target, a command line, an
// environment or the name of a file may.
var unseen = []hostileText{
	{name: "a colour", text: "\x1b[31m" + mark},
	{name: "a title of the window", text: "\x1b]0;" + mark + "\a"},
	{name: "a link", text: "\x1b]8;;http://x.example\x1b\\" + mark + "\x1b]8;;\x1b\\"},
	{name: "the clipboard", text: "\x1b]52;c;enF4\a" + mark},
	{name: "C1", text: "\u009b31m" + mark + "\u009d0;\u0085"},
	{name: "a line that is written over", text: "x\rNo changes: " + mark},
	{name: "backspaces", text: "x\b\b\bNo changes: " + mark},
	{name: "a bell", text: mark + "\a"},
	{name: "right to left", text: "x\u202e\u2066" + mark + "\u2069\u200f"},
	{name: "no width", text: "x\u200b\u200d\ufeff" + mark + "\u00ad\u2060"},
	{name: "tags", text: mark + "\U000e0041\U000e007f"},
	{name: "line separators", text: "x\u2028::warning::" + mark + "\u2029No changes: " + mark},
	{name: "no character", text: mark + "\ufffe\uffff\U0001fffe"},
	{name: "vertical", text: "x\v::warning::" + mark + "\f::y"},
	{name: "delete", text: mark + "\x7f"},
	{name: "half a surrogate", text: mark + "\xed\xa0\x80", written: mark + `\ud800`},
	{name: "another half", text: mark + "\xed\xb0\x80", written: mark + `\udc00x`},
	{name: "overlong", text: mark + "\xc0\xaf\xe0\x80\xaf", written: mark + "\xc0\xaf\xe0\x80\xaf"},
	{name: "no UTF-8", text: "\xff\xfe" + mark + "\x9b31m", written: "\xff" + mark + "\x9b31m"},
	{name: "zero", text: mark + "\x00x", written: mark + `\0x`},
}

var hostileTexts = slices.Concat(visible, unseen)

// harmless says what of an output is not, by its format. A new format is a row.
var harmless = map[string]func(out string) error{
	"text": func(out string) error {
		for line := range strings.Lines(out) {
			if strings.Contains(line, "##vso[") || strings.Contains(line, "##[") {
				return fmt.Errorf("a command to Azure: %q", line)
			}
		}
		return nil
	},
	"json": isJSON,
	"jsonl": func(out string) error {
		if strings.HasPrefix(out, `{"problems"`) {
			return isJSON(out)
		}
		for line := range strings.Lines(out) {
			if err := json.Unmarshal([]byte(line), &struct{ Person, Right, Place string }{}); err != nil {
				return err
			}
		}
		return nil
	},
	"markdown": onlyText,
	"csv": func(out string) error {
		if !strings.HasPrefix(out, "register,") {
			return isJSON(out)
		}
		rows, err := csv.NewReader(strings.NewReader(strings.ReplaceAll(out, "\r\n", "\n"))).ReadAll()
		for _, cell := range slices.Concat(rows...) {
			if strings.IndexAny(cell, "=+-@\t\r") == 0 {
				return fmt.Errorf("a formula: %q", cell)
			}
		}
		return err
	},
	"sarif": func(out string) error {
		var log struct{ Version string }
		if out == "" {
			return nil
		}
		if err := json.Unmarshal([]byte(out), &log); err != nil || log.Version != "2.1.0" {
			return fmt.Errorf("no SARIF 2.1.0: %v", err)
		}
		return nil
	},
	"github": func(out string) error {
		for line := range strings.Lines(out) {
			if strings.HasPrefix(line, "::") != annotation.MatchString(line) || strings.Contains(line, "##[") {
				return fmt.Errorf("a command that is not lupa's: %q", line)
			}
		}
		return nil
	},
	"html": func(out string) error {
		root, err := html.Parse(strings.NewReader(out))
		if err != nil || out == "" { // what is refused is said on stderr
			return err
		}
		scripts := 0
		for n := range root.Descendants() {
			if n.Type != html.ElementNode {
				continue
			}
			if slices.Contains([]string{"img", "iframe", "object", "embed", "base", "form", "link"}, n.Data) {
				return fmt.Errorf("an element %s", n.Data)
			}
			if n.Data == "script" || n.Data == "style" {
				scripts++
			}
			for _, a := range n.Attr {
				if a.Key == "style" || a.Key == "src" || strings.HasPrefix(a.Key, "on") || a.Key == "href" && !strings.HasPrefix(a.Val, "#") {
					return fmt.Errorf("an attribute %s=%q of %s", a.Key, a.Val, n.Data)
				}
			}
		}
		if scripts != 2 {
			return fmt.Errorf("%d scripts and styles", scripts)
		}
		return nil
	},
	"junit": func(out string) error {
		if out != "" && !strings.HasPrefix(out, xml.Header) {
			return errors.New("no XML")
		}
		d := xml.NewDecoder(strings.NewReader(out))
		for {
			if _, err := d.Token(); err == io.EOF {
				return nil
			} else if err != nil {
				return err
			}
		}
	},
}

// onlyText reports what in Markdown is more than text, but for what lupa builds.
func onlyText(out string) error {
	src := []byte(out)
	doc := goldmark.New(goldmark.WithExtensions(extension.GFM, extension.Footnote)).Parser().Parse(text.NewReader(src))
	return ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Link, *ast.AutoLink, *ast.Image, *ast.RawHTML, *ast.CodeBlock, *ast.FencedCodeBlock, *ast.Blockquote, *ast.ThematicBreak:
			return ast.WalkStop, fmt.Errorf("a %s", n.Kind())
		case *ast.HTMLBlock:
			for i := range n.Lines().Len() {
				at := n.Lines().At(i)
				if line := string(at.Value(src)); !builtByLupa.MatchString(line) {
					return ast.WalkStop, fmt.Errorf("HTML: %q", line)
				}
			}
		}
		return ast.WalkContinue, nil
	})
}

var builtByLupa = regexp.MustCompile(`^(?:<details><summary>[^<>]*</summary>|</details>|<!-- lupa:[a-z]+(?: [\w.-]+)* -->)\n$`)

// annotation is a command to a runner of GitHub Actions as lupa writes them, on a
// line of its own.
var annotation = regexp.MustCompile(`^::(error|warning|notice) (file=[^:,]+,)?(line=\d+,col=\d+,)?title=([A-Z]\d\d [a-z-]+|[A-Z]\d\d|lupa [a-z]+|gain|judging|drift|proof|AccessTest)::[^\r\n]*\n$`)

// isJSON reports what is wrong with JSON. In formats for scripts problems are said in
// it; all else that stops a command is said on stderr alone.
func isJSON(out string) error {
	if out == "" {
		return nil
	}
	return json.Unmarshal([]byte(out), new(any))
}

// checkHarmless holds what a command said against what no output may hold.
func checkHarmless(t *testing.T, command []string, format, out string) {
	t.Helper()
	wrong := func(what, line string) {
		t.Helper()
		t.Errorf("lupa %q: %s: %.300q", command, what, line)
	}
	for _, r := range strings.ReplaceAll(out, "\r\n", "\n") {
		if r != '\n' && (r == '\t' && !slices.Contains(command, "--diff") || r == utf8.RuneError && !strings.Contains(out, "\ufffd") || source.Invisible(r)) {
			wrong(source.CharName(r), out[max(0, strings.IndexRune(out, r)-100):])
			break
		}
	}
	if !utf8.ValidString(out) {
		wrong("no UTF-8", out)
	}
	for line := range strings.Lines(out) {
		if format == "github" && annotation.MatchString(line) {
			continue
		}
		line = strings.TrimLeftFunc(line, func(r rune) bool { return unicode.IsSpace(r) || r == '|' })
		for _, begin := range []string{"::", "No changes: " + mark, "# " + mark, "kind: " + mark} {
			if strings.HasPrefix(line, begin) {
				wrong("a line of its own", line)
			}
		}
	}
	if err := harmless[format](out); err != nil {
		wrong(err.Error(), out)
	}
}

// arguments are what a command is called with so that it does something. A new
// command is a row.
var arguments = map[string][]string{
	"plan": {"--out", "plan.json"}, "show": {"plan.json"}, "drift": {}, "export": {"--out", "snapshot.json"},
	"why": {"m:t-1", "wilma.a", "--place", "m:k1", "--live"}, "who": {"wilma.a", "--live"}, "access": {"m:t-1", "--live"}, "timeline": {}, "contacts": {},
	"validate": {}, "fmt": {"--check", "--diff"}, "test": {}, "prove": {"--no-new-access"},
	"review": {"--base", "HEAD"},
	"apply":  {"plan.json"}, "init": {"kept"}, "import": {"--out", "imported"}, "target init": {}, "target status": {}, "target grant": {"read", "reader"},
	"history": {}, "verify": {}, "undo": {"1"}, "audit": nil, "audit prune": {"--before", "2020-01-01"},
	"codeowners": {}, "schema": {"School"}, "rules": {"R28"}, "version": {},
	"target": nil, "completion": nil, "help": nil, "exit-codes": nil, "environment": nil, "formats": nil, "targets": nil, "privacy": nil, "cache": nil, // pages of the help
	"completion bash": nil, "completion fish": nil, "completion zsh": nil, "completion powershell": nil, // programs, and not lupa's
}

// more are other ways to call commands about what was put in.
var more = [][]string{
	{"plan"}, {"plan", "--against", "snapshot.json"}, {"access", "--all", "--live"}, {"access", "--all"}, {"who", "wilma.a"}, {"why", "m:t-3", "wilma.surveys.maintain"},
	{"access", "m:t-1"}, {"validate", "--log-level", "trace"}, {"plan", "--log-level", "trace", "--log-format", "json"},
}

// everyCommand is what every command is called with, in every format that it has.
func everyCommand(t *testing.T, yield func(cmd *cobra.Command, args []string, format string)) {
	t.Helper()
	known := make(map[string]*cobra.Command)
	var walk func(cmd *cobra.Command, path []string)
	walk = func(cmd *cobra.Command, path []string) {
		for _, sub := range cmd.Commands() {
			at := append(slices.Clone(path), sub.Name())
			known[strings.Join(at, " ")] = sub
			walk(sub, at)
		}
	}
	root := (&app{out: &sink{}}).commands()
	walk(root, nil)
	call := func(name string, args []string) {
		cmd := known[name]
		list := cmd.Annotations[formats]
		if list == "" {
			list = "text json"
		}
		for _, format := range strings.Fields(list) {
			if harmless[format] == nil {
				t.Fatalf("nobody says what is harmless in the format %s", format)
			}
			yield(cmd, slices.Concat(strings.Fields(name), args), format)
		}
	}
	for _, name := range writersFirst(known) {
		args, ok := arguments[name]
		if !ok {
			t.Fatalf("nobody says how %s is called", name)
		}
		if args != nil {
			call(name, args)
		}
	}
	for _, args := range more {
		call(args[0], args[1:])
	}
}

// writersFirst is commands with those first that write what others read.
func writersFirst(known map[string]*cobra.Command) []string {
	var names []string
	for name := range known {
		names = append(names, name)
	}
	slices.Sort(names)
	first := []string{"export", "plan"}
	return append(first, slices.DeleteFunc(names, func(n string) bool { return slices.Contains(first, n) })...)
}

// hostileTree is a tree with a document of every kind, and as it is in Git: what is
// hostile is put in later, so that a review finds all of it new.
func hostileTree(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "a", "b", "tree") // whatever climbs out of it stays in a temporary directory
	if err := os.CopyFS(dir, os.DirFS("testdata/hostile")); err != nil {
		t.Fatal(err)
	}
	git(t, dir, "init", "--quiet")
	commitAll(t, dir, "harmless")
	return dir
}

func synchronised(t *testing.T, dir string) {
	t.Helper()
	lupa(t, dir, exitDone, "target", "init")
	lupa(t, dir, exitDone, "apply", "--auto-approve")
}

// said runs lupa and holds what it says against what no output may hold.
func said(t *testing.T, dir string, args []string, format string) (code int, out string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = run(t.Context(), append([]string{"-C", dir}, args...), streams{strings.NewReader(""), &stdout, &stderr}, today)
	checkHarmless(t, args, format, stdout.String())
	logged := "text"
	checkHarmless(t, args, logged, strings.ReplaceAll(stderr.String(), "\t", " "))
	return code, stdout.String()
}

// everything calls every command, and every format of it.
func everything(t *testing.T, dir string, skip ...string) (outputs map[string]string) {
	t.Helper()
	return everythingAbout(t, dir, "", skip...)
}

// everythingAbout is everything about names with a text behind them.
func everythingAbout(t *testing.T, dir, behind string, skip ...string) (outputs map[string]string) {
	t.Helper()
	outputs = make(map[string]string)
	everyCommand(t, func(_ *cobra.Command, args []string, format string) {
		if slices.Contains(skip, args[0]) {
			return
		}
		full := append(slices.Clone(args), "--format", format)
		for i, arg := range full {
			if slices.Contains([]string{"m:t-1", "m:k1", "wilma.a"}, arg) {
				full[i] += behind
			}
		}
		_, out := said(t, dir, full, format)
		outputs[strings.Join(full, " ")] = out
	})
	return outputs
}

// few are some of many in a test that is to be short: each nth from the given one.
func few[T any](all []T, n, from int) []T {
	if tortured() {
		return all
	}
	if testing.Short() {
		n *= 3
	}
	var some []T
	for i := from % min(n, len(all)); i < len(all); i += n {
		some = append(some, all[i])
	}
	return some
}

// freeText are places of documents where the schemas let stand what one likes.
type freeText struct {
	root   map[string]any
	fill   func(place string) (string, bool) // what stands there; false: what stood there
	places map[string]bool                   // that were found
}

// in fills the places of a value. at is the place: Kind/spec/title.
func (f *freeText) in(node map[string]any, value any, at string) any {
	if ref, ok := node["$ref"].(string); ok {
		value = f.in(f.root["$defs"].(map[string]any)[ref[strings.LastIndexByte(ref, '/')+1:]].(map[string]any), value, at)
	}
	for _, word := range []string{"oneOf", "anyOf", "allOf"} {
		branches, _ := node[word].([]any)
		for _, branch := range branches {
			value = f.in(branch.(map[string]any), value, at)
		}
	}
	switch is := value.(type) {
	case nil, string:
		if f.isFree(node) {
			f.places[at] = true
			if text, ok := f.fill(at); ok {
				return text
			}
		}
	case []any:
		if items, ok := node["items"].(map[string]any); ok && len(is) > 0 {
			is[len(is)-1] = f.in(items, is[len(is)-1], at+"/-")
		}
	case map[string]any:
		f.object(node, is, at)
	}
	return value
}

func (f *freeText) isFree(node map[string]any) bool {
	for _, word := range []string{"pattern", "enum", "const", "format"} {
		if node[word] != nil {
			return false
		}
	}
	return node["type"] == "string"
}

func (f *freeText) object(node, value map[string]any, at string) {
	properties, _ := node["properties"].(map[string]any)
	for _, name := range sortedKeys(properties) {
		if filled := f.in(properties[name].(map[string]any), value[name], at+"/"+name); filled != nil {
			value[name] = filled
		} else if isWords(f.root, properties[name].(map[string]any)) {
			value[name] = f.in(properties[name].(map[string]any), map[string]any{"a": "b"}, at+"/"+name)
		}
	}
	more, _ := node["additionalProperties"].(map[string]any)
	keys, _ := node["propertyNames"].(map[string]any)
	for _, name := range sortedKeys(value) {
		if more == nil || properties[name] != nil {
			continue
		}
		value[name] = f.in(more, value[name], at+"/*")
		if key, ok := f.in(keys, nil, at+"/key").(string); ok && keys != nil {
			value[key] = value[name]
		}
		break
	}
}

// isWords reports whether a property is a mapping of words of one's own.
func isWords(root, node map[string]any) bool {
	ref, _ := node["$ref"].(string)
	return ref == "#/$defs/labels" || ref == "#/$defs/annotations"
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// bound are places where a text means something to lupa, so that not every one is
// right there; each is filled by itself.
var bound = []string{
	"AccessRule/spec/atLeast/place", "AccessRule/spec/atMost/place", "AccessTest/spec/cases/-/place", "Delegation/spec/paths/-", "GroupRule/spec/match/role",
	"Installation/spec/timeZone", "Policy/spec/logins", "Project/spec/ignore/-/name", "Project/spec/rosters/-/deltas/-", "Project/spec/rosters/-/path",
	"Project/spec/targets/*/dsnFile", "Project/spec/targets/*/path",
}

// unplanned are places whose text no plan holds.
var unplanned = []string{"/labels/", "/annotations/", "AccessRule/", "AccessTest/", "Delegation/", "GroupRule/", "Guard/", "Project/", "People/metadata"}

// fillTree writes the tree anew with other texts in it, and gives all places.
func fillTree(t *testing.T, dir string, fill func(place string) (hostileText, bool)) (places []string) {
	t.Helper()
	found := make(map[string]bool)
	for _, name := range []string{"lupa.yaml", "tree.yaml"} {
		data, err := os.ReadFile(filepath.Join("testdata/hostile", name))
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		for _, doc := range source.Parse(name, data).Documents {
			kind := doc.Root().Get("kind").Text()
			text, _ := schema.Text(kind)
			f := freeText{places: found}
			literal := make(map[string]string)
			f.fill = func(place string) (string, bool) {
				h, ok := fill(place)
				if h.written != "" {
					stand := fmt.Sprintf("STAND-IN-%d", len(literal))
					literal[stand] = h.written
					return stand, ok
				}
				return h.text, ok
			}
			if err := json.Unmarshal(text, &f.root); err != nil {
				t.Fatal(err)
			}
			filled := f.in(f.root, doc.Root().Plain(), kind)
			out.WriteString("---\n")
			e := json.NewEncoder(&out)
			e.SetEscapeHTML(false)
			if err := e.Encode(filled); err != nil {
				t.Fatal(err)
			}
			for stand, written := range literal {
				whole := bytes.ReplaceAll(out.Bytes(), []byte(stand), []byte(written))
				out.Reset()
				out.Write(whole)
			}
		}
		if err := os.WriteFile(filepath.Join(dir, name), out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return sortedPlaces(found)
}

func sortedPlaces(found map[string]bool) []string {
	places := make([]string, 0, len(found))
	for place := range found {
		places = append(places, place)
	}
	slices.Sort(places)
	return places
}

// TestHostileDocuments puts hostile texts into every place of a document where the
// schemas let stand what one likes: what a document may hold comes out whole and
// harmless everywhere, what it may not is refused.
func TestHostileDocuments(t *testing.T) {
	places := fillTree(t, hostileTree(t), func(string) (hostileText, bool) { return hostileText{}, false })
	if len(places) < 100 {
		t.Errorf("only %d places: %q", len(places), places)
	}
	for i, h := range few(visible, 16, 1) {
		t.Run(h.name, func(t *testing.T) {
			dir := hostileTree(t)
			lupa(t, dir, exitDone, "target", "init")
			want := make(map[string]string)
			fillTree(t, dir, func(place string) (hostileText, bool) {
				if slices.Contains(bound, place) {
					return hostileText{}, false
				}
				h := visible[(slices.Index(places, place)+i*7)%len(visible)]
				if strings.HasSuffix(place, "/key") && len(h.text) > 1000 {
					h = visible[0] // YAML has no longer keys
				}
				want[place] = h.text
				return h, true
			})
			if code, out := said(t, dir, []string{"validate"}, "text"); code != exitDone {
				t.Fatalf("exit %d: what has to be other than one likes belongs into bound\n%.3000s", code, out)
			}
			outputs := everything(t, dir, "apply", "import")
			checkPlanned(t, outputs["plan --out plan.json --format json"], want)
			lupa(t, dir, exitDone, "apply", "--auto-approve")
			everything(t, dir)
		})
	}
	for _, h := range few(unseen, 10, 2) {
		t.Run(h.name, func(t *testing.T) {
			dir := hostileTree(t)
			fillTree(t, dir, func(string) (hostileText, bool) { return h, true })
			everyCommand(t, func(_ *cobra.Command, args []string, format string) {
				if !slices.Contains([]string{"validate", "plan", "fmt"}, args[0]) {
					return
				}
				if code, _ := said(t, dir, append(args, "--format", format), format); code != exitInput {
					t.Errorf("lupa %q: exit %d, want %d", args, code, exitInput)
				}
			})
		})
	}
	for i, place := range bound {
		for _, h := range few(hostileTexts, len(hostileTexts), 13*i) {
			t.Run(place+"/"+h.name, func(t *testing.T) {
				dir := hostileTree(t)
				fillTree(t, dir, func(at string) (hostileText, bool) { return h, at == place })
				everything(t, dir, "schema", "rules", "version", "init", "why", "who", "access", "prove", "drift", "test", "import", "apply", "show")
			})
		}
	}
}

// checkPlanned looks for the texts of documents in a plan, where each stands whole.
func checkPlanned(t *testing.T, plan string, want map[string]string) {
	t.Helper()
	var decoded any
	if err := json.Unmarshal([]byte(plan), &decoded); err != nil {
		t.Fatal(err)
	}
	found := make(map[string]bool)
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case string:
			found[v] = true
		case []any:
			for _, item := range v {
				walk(item)
			}
		case map[string]any:
			for key, item := range v {
				found[key] = true
				walk(item)
			}
		}
	}
	walk(decoded)
	for place, text := range want {
		if !found[text] && !slices.ContainsFunc(unplanned, func(part string) bool { return strings.Contains(place, part) }) {
			t.Errorf("the plan has not what stands at %s: %.200q", place, text)
		}
	}
}

// columns of a target that hold text.
const (
	valueColumns = `NOT (c.pk > 0 OR f."from" IS NOT NULL) AND m.name NOT LIKE 'lupa_%'`
	nameColumns  = `(c.pk > 0 OR f."from" IS NOT NULL) AND m.name NOT LIKE 'lupa_%' AND NOT (m.name LIKE 'installation%' AND c.name IN ('id', 'installation'))` // ids begin with that of the installation
	logColumns   = `m.name = 'lupa_log' AND c.name IN ('commit', 'actor', 'host', 'version') OR m.name = 'lupa_target' AND c.name = 'lineage'`
)

// TestHostileTarget puts hostile texts behind lupa's back into every column of text
// of a target: into those that hold what one likes, into names too, into the log.
func TestHostileTarget(t *testing.T) {
	skip := []string{"schema", "rules", "version", "init", "validate", "fmt", "test", "contacts", "codeowners"}
	try := func(t *testing.T, columns, text, behind string, skip ...string) (dir string, outputs map[string]string) {
		dir = hostileTree(t)
		synchronised(t, dir)
		if n := overwrite(t, filepath.Join(dir, ".lupa", "state.db"), columns, text); n < 5 {
			t.Fatalf("only %d columns were changed", n)
		}
		return dir, everythingAbout(t, dir, behind, skip...)
	}
	for _, h := range few(hostileTexts, 17, 3) {
		t.Run(h.name, func(t *testing.T) {
			text := strings.ToValidUTF8(h.text, "\ufffd")
			dir, outputs := try(t, valueColumns, h.text, "", skip...)
			if utf8.ValidString(h.text) {
				checkPlanned(t, outputs["drift --format json"], map[string]string{"Unit/spec/title": "x" + text})
			}
			if _, err := os.Stat(filepath.Join(dir, "imported")); err == nil {
				checkImported(t, filepath.Join(dir, "imported"))
			}
			dir, outputs = try(t, nameColumns, h.text, h.text, skip...)
			if who := outputs["who wilma.a"+h.text+" --live --format json"]; utf8.ValidString(h.text) && !strings.Contains(who, `"people":[{`) {
				t.Errorf("nobody was asked about: %.300q", who)
			}
			if _, err := os.Stat(filepath.Join(dir, "imported")); err == nil {
				checkImported(t, filepath.Join(dir, "imported"))
			}
			try(t, logColumns, h.text, "", append(skip, "access", "who", "why", "prove", "timeline", "import", "apply")...)
		})
	}
}

// checkImported: what an import wrote is read back without a mistake in its form.
func checkImported(t *testing.T, dir string) {
	t.Helper()
	fsys := os.DirFS(dir)
	paths, problems, err := source.List(fsys)
	if err != nil || len(problems) > 0 || len(paths) == 0 {
		t.Fatal(len(paths), problems, err)
	}
	for _, path := range paths {
		file, err := source.Read(fsys, path)
		if err != nil || len(file.Problems) > 0 {
			t.Errorf("%s: %v %v", path, file.Problems, err)
		}
	}
}

// overwrite puts a text behind those that some columns of a database hold.
func overwrite(t *testing.T, file, columns, text string) (changed int) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=foreign_keys(0)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query(`SELECT DISTINCT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c
		LEFT JOIN pragma_foreign_key_list(m.name) f ON f."from" = c.name WHERE m.type = 'table' AND c.type = 'TEXT' AND (` + columns + `)`)
	if err != nil {
		t.Fatal(err)
	}
	var statements []string
	for rows.Next() {
		var table, column string
		if err := rows.Scan(&table, &column); err != nil {
			t.Fatal(err)
		}
		statements = append(statements, fmt.Sprintf(`UPDATE "%s" SET "%s" = CAST(CAST(coalesce("%[2]s", '') AS BLOB) || ? AS TEXT)`, table, column))
	}
	rows.Close()
	for _, statement := range statements {
		result, err := db.Exec(statement, []byte(text))
		if err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
		if n, _ := result.RowsAffected(); n > 0 {
			changed++
		}
	}
	return changed
}

// TestHostileArguments puts hostile texts into every flag and argument of every
// command, and into the environment.
func TestHostileArguments(t *testing.T) {
	dir := hostileTree(t)
	synchronised(t, dir)
	t.Chdir(dir) // what a flag sends elsewhere stays in a temporary directory
	n := 0
	try := func(args []string, format string, at int) {
		t.Helper()
		for range max(1, len(hostileTexts)/17) {
			h := hostileTexts[n%len(hostileTexts)]
			n++
			with := slices.Clone(args)
			with[at] = strings.ReplaceAll(with[at], mark, h.text)
			said(t, dir, append(with, "--log-level", "trace"), format)
		}
	}
	everyCommand(t, func(cmd *cobra.Command, args []string, format string) {
		for i := len(strings.Fields(cmd.CommandPath())) - 1; i < len(args); i++ {
			with := slices.Clone(args)
			with[i] = mark
			try(append(with, "--format", format), format, i)
		}
		if format != "text" && !tortured() {
			return
		}
		cmd.InheritedFlags()
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if f.Value.Type() == "bool" || f.Name == "log-level" {
				return
			}
			try(append(slices.Clone(args), "--format", format, "--"+f.Name+"="+mark), format, len(args)+2)
		})
		try(append(slices.Clone(args), "--format", format, "--"+mark), format, len(args)+2)
	})
	if n < 200 {
		t.Errorf("only %d command lines", n)
	}
	for _, h := range hostileTexts {
		for _, command := range []string{"", "help", "target", "completion"} {
			said(t, dir, append(strings.Fields(command), h.text), "text")
		}
		if strings.ContainsRune(h.text, 0) {
			continue // no environment has it
		}
		for _, name := range []string{"LUPA_TARGET", "LUPA_LOG"} {
			t.Setenv(name, h.text)
			said(t, dir, []string{"plan"}, "text")
			t.Setenv(name, "")
		}
	}
}

// TestHostileFiles gives hostile names to files and directories of the tree, with
// and without mistakes in them.
func TestHostileFiles(t *testing.T) {
	group := "apiVersion: lupa/v1\nkind: UserGroup\nmetadata: {name: h, installation: m}\nspec: {wilma: [wilma.a]}\n"
	for i, h := range few(hostileTexts, 12, 1) {
		name := strings.Map(func(r rune) rune {
			if r == 0 || r == '/' {
				return '_'
			}
			return r
		}, h.text)
		if h.written != "" && !strings.Contains(h.written, `\`) {
			name = h.text // not the characters that Map makes of no character
		}
		if len(name) > 240 {
			name = name[len(name)-240:]
		}
		t.Run(h.name, func(t *testing.T) {
			dir := hostileTree(t)
			lupa(t, dir, exitDone, "target", "init")
			delegation := "apiVersion: lupa/v1\nkind: Delegation\nmetadata: {name: h}\nspec: {to: [login-b], paths: [\"**/a.yaml\", \"x/**\", \"**/*e.yaml\"]}\n"
			for file, text := range map[string]string{name + ".yaml": group, name + "/a.yaml": delegation} {
				file = filepath.Join(dir, file)
				if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			skip := []string{"schema", "rules", "version", "init", "import", "apply", "why", "who", "access", "prove", "test"}
			everything(t, dir, skip...)
			if err := os.WriteFile(filepath.Join(dir, name, "a.yaml"), []byte("kind: x\n"), 0o644); err != nil {
				t.Fatal(err)
			}
			if i%3 == 0 {
				everything(t, dir, skip...)
			}
		})
	}
}

// TestHostileRosters puts hostile texts into cells, headers and names of columns of
// rosters.
func TestHostileRosters(t *testing.T) {
	for i, h := range few(hostileTexts, 14, 0) {
		t.Run(h.name, func(t *testing.T) {
			cell := `"` + strings.ReplaceAll(h.text, `"`, `""`) + `"`
			for n, files := range []map[string]string{
				{"users.csv": "sourcedId,enabledUser,orgSourcedIds,role\n" + cell + ",true,K1,teacher\n"},
				{"users.csv": "sourcedId,enabledUser,orgSourcedIds,role\nR1,true,K1," + cell + "\n"},
				{"users.csv": "sourcedId,enabledUser,orgSourcedIds,role\nR1," + cell + "," + cell + ",teacher\n"},
				{"users.csv": cell + ",sourcedId,enabledUser,orgSourcedIds,role\nx,R1,true,K1,teacher\n"},
				{"orgs.csv": "sourcedId,name,type\n" + cell + "," + cell + ",school\n", "users.csv": "sourcedId,enabledUser,orgSourcedIds,role\nR1,true," + cell + ",teacher\n"},
				{"orgs.csv": "sourcedId,name,type\nK1," + cell + "," + cell + "\n"},
			} {
				dir := hostileTree(t)
				lupa(t, dir, exitDone, "target", "init")
				for name, text := range files {
					if err := os.WriteFile(filepath.Join(dir, "roster", name), []byte(text), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				for k, args := range [][]string{{"validate"}, {"plan"}, {"access", "--all"}, {"timeline"}, {"who", "wilma.a"}} {
					if format := []string{"text", "json"}[(i+n+k)%2]; k < 2 || tortured() || (n+k)%2 == 0 {
						said(t, dir, append(args, "--format", format), format)
					}
				}
			}
		})
	}
}
