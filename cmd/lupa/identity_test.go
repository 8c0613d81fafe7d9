package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/lupa-dev/lupa/schema/identity"
)

// secretNumbers are numbers of nobody who lives, written in many ways, and their
// digits.
var secretNumbers = []struct{ written, escaped, digits string }{
	{"131052-308t", `131052-308t`, "131052308"},
	{"131052-308T", `\u0031\u00331052-308T`, "131052308"},
	{"640823–3234", `640823\u20133234`, "6408233234"},
	{"02013299997", `020132\x399997`, "02013299997"},
	{"1.2.246.562.24.00987654321", `1.2.246.562.24.0098765432\u0031`, "00987654321"},
	{"010190-999K", `010190-\u0039\u00399K`, "010190999"}, // a shape
}

// TestNumbersAreShownNowhere puts the number of a person wherever one can stand,
// beside mistakes of all sorts, and looks for four digits of it in a row in all
// that every command says, in words and for scripts, and in the log.
func TestNumbersAreShownNowhere(t *testing.T) {
	project := "apiVersion: lupa/v1\nkind: Project\nmetadata: {name: x}\n"
	installation := "apiVersion: lupa/v1\nkind: Installation\nmetadata: {name: x}\nspec: {system: inschool}\n"
	head := "apiVersion: lupa/v1\nkind: UserGroup\nmetadata: {name: a}\n"
	register := map[string]string{
		"lupa.yaml":       project + "spec: {rosters: [{name: sis, format: oneroster, path: roster}]}\n",
		"roster/orgs.csv": "sourcedId,name,type\nS1,Testila,school\n",
	}
	for name, files := range map[string]map[string]string{
		"value":             {"a.yaml": head + "spec: {title: \"%\"}\n"},
		"bare value":        {"a.yaml": head + "spec: {title: %, wilma: %}\n"},
		"escaped":           {"a.yaml": head + "spec: {title: \"$\", titel: \"$\", wilma: [\"$\"]}\n"},
		"over two lines":    {"a.yaml": head + "spec: {titel: \"131052-\\\n    308T\"}\n"},
		"key":               {"a.yaml": head + "spec:\n  %: x\n  \"%\": [\n"},
		"twice a key":       {"a.yaml": head + "spec:\n  \"%\": x\n  \"%\": y\n"},
		"comment":           {"a.yaml": head + "# %\nspec: {titel: x} # %\n"},
		"name":              {"a.yaml": "apiVersion: lupa/v1\nkind: Person\nmetadata: {name: t-%}\nspec: {kind: teacher, groups: [%]}\n", "b.yaml": "apiVersion: lupa/v1\nkind: Person\nmetadata: {name: t-%}\n"},
		"kind and version":  {"a.yaml": "apiVersion: %\nkind: %\nmetadata: {name: %, installation: %, previously: [%], labels: {%: %}}\nspec: %\n"},
		"file":              {"%.yaml": head + "spec: {titel: 2.20}\n---\n[\n", "%/%/%.yaml": head},
		"broken":            {"a.yaml": "%: [\n% }\n*%\n", "b.yaml": "x: *%\n", "c.yaml": "\t- &% %\n", "d.yaml": "a: \xff %\n", "e.yaml": "a: !% %\u200b\n", "f.yaml": "% %\n", "%.yml": "- %\n"},
		"a link":            {"a.yaml": head},
		"days and zones":    {"a.yaml": "apiVersion: lupa/v1\nkind: PersonOverride\nmetadata: {name: o}\nspec: {person: %, grant: [%], validTo: %, validFrom: 2026-12-24, reason: %}\n", "installation.yaml": strings.Replace(installation, "inschool", "inschool, timeZone: %", 1)},
		"project":           {"lupa.yaml": strings.Replace(project, "name: x", "name: x, labels: {a: %}", 1) + "spec: {target: %, language: %, targets: {%: {type: %, path: %}}, ignore: [{kind: %, name: %}]}\n"},
		"no roster":         {"lupa.yaml": project + "spec: {rosters: [{name: %, format: oneroster, path: roster/%, installation: %}]}\n"},
		"unformatted":       {"a.yaml": head + "spec:   {title:   \"%\"}   # %\n"},
		"ids of a roster":   {"lupa.yaml": register["lupa.yaml"], "roster/orgs.csv": register["roster/orgs.csv"], "roster/users.csv": "sourcedId,enabledUser,orgSourcedIds,role\n%,true,S1,teacher\n"},
		"a broken roster":   {"lupa.yaml": register["lupa.yaml"], "roster/orgs.csv": register["roster/orgs.csv"], "roster/users.csv": "sourcedId,enabledUser,orgSourcedIds,role,%\n%,%,%,%\n%,true,S1,%\n"},
		"roster and cards":  {"lupa.yaml": register["lupa.yaml"], "roster/orgs.csv": register["roster/orgs.csv"], "roster/users.csv": "sourcedId,enabledUser,orgSourcedIds,role\n%,true,S1,teacher\n", "a.yaml": "apiVersion: lupa/v1\nkind: Person\nmetadata: {name: a, externalIds: {sourcedId: \"%\"}}\nspec: {kind: student}\n---\napiVersion: lupa/v1\nkind: Person\nmetadata: {name: b, externalIds: {primusCard: \"%\"}}\n"},
		"tests and rules":   {"a.yaml": "apiVersion: lupa/v1\nkind: AccessTest\nmetadata: {name: %}\nspec: {at: %, cases: [{person: %, right: %, place: %, expect: allow}]}\n---\napiVersion: lupa/v1\nkind: GroupRule\nmetadata: {name: r}\nspec: {match: {kind: teacher, school: %}, groups: [%]}\n"},
		"beside secrets":    {"a.yaml": head + "spec: {password: %, title: %} # % % %\n"},
		"a very long line":  {"a.yaml": head + "spec: {title: " + strings.Repeat("x", 300) + ", titel: % " + strings.Repeat("% ", 40) + "}\n"},
		"in several kinds":  {"a.yaml": "apiVersion: lupa/v1\nkind: School\nmetadata: {name: \"%\"}\nspec: {code: %, title: {fi: %}}\n---\napiVersion: lupa/v1\nkind: SurveyTemplate\nmetadata: {name: s}\nspec: {author: %, holders: [%, %], sharing: [{school: %, ordinary: true}]}\n"},
		"a key of a person": {"a.yaml": "apiVersion: lupa/v1\nkind: People\nmetadata: {name: %}\nspec: {defaults: {kind: %}, people: [{name: %, groups: [%]}, {name: %}]}\n"},
	} {
		for n, number := range secretNumbers {
			t.Run(fmt.Sprintf("%s/%d", name, n), func(t *testing.T) {
				dir := t.TempDir()
				all := map[string]string{"lupa.yaml": project, "installation.yaml": installation}
				for file, text := range files {
					all[file] = text
				}
				for file, text := range all {
					fill := strings.NewReplacer("%", number.written, "$", number.escaped)
					path := filepath.Join(dir, filepath.FromSlash(fill.Replace(file)))
					if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
						t.Fatal(err)
					}
					if err := os.WriteFile(path, []byte(fill.Replace(text)), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				if name == "a link" {
					if err := os.Symlink("/etc/passwd", filepath.Join(dir, number.written+".yaml")); err != nil {
						t.Fatal(err)
					}
				}
				for i, args := range commandsAbout(number.written, filepath.Join(dir, "x", number.written)) {
					var out bytes.Buffer
					format := []string{"text", "json"}[i%2]
					run(t.Context(), append([]string{"-C", dir, "--log-level", "trace", "--log-format", format}, args...), streams{strings.NewReader(""), &out, &out}, today)
					said := strings.ReplaceAll(out.String(), dir, "DIR")
					lookForDigits(t, number.digits, strings.Join(args, " "), instant.ReplaceAllString(said, "NOW"))
					if i >= 6 && n > 0 {
						break // the others find the same tree
					}
				}
			})
		}
	}
}

// instant is when a line was logged.
var instant = regexp.MustCompile(`\d{4}-\d\d-\d\dT[\d:.]+`)

// commandsAbout are commands that name a number, or read the tree. The first are
// those that say most about it.
func commandsAbout(number, other string) [][]string {
	return [][]string{
		{"validate"}, {"plan", "--format", "json"}, {"fmt", "--check", "--diff"}, {"validate", "--format", "json"}, {"plan"}, {"import"}, {"test", "--format", "json"},
		{"fmt", "--check"}, {"test"}, {"why", number, number}, {"why", number, "wilma.x", "--format", "json", "--place", number}, {"who", number}, {"access", "--all", "--format", "jsonl"},
		{"apply"}, {"apply", number + ".json"}, {"import", "--out", other}, {"timeline"}, {"prove", "--no-new-access", "--base", number}, {"review", "--base", number}, {"plan", "--against", number}, {"plan", "--at", number},
		{number}, {"rules", number}, {"schema", number}, {"show", number}, {"--target", number, "drift"}, {"-C", number, "plan"},
	}
}

// lookForDigits looks for four digits of a number in a row, as they are and in
// numbers that YAML made of them.
func lookForDigits(t *testing.T, digits, command, said string) {
	t.Helper()
	if len(said) == 0 && !strings.HasPrefix(command, "fmt") {
		t.Errorf("lupa %s says nothing", command)
	}
	plain := strings.NewReplacer("-", "", "–", "", ".", "").Replace(said)
	for i := range len(digits) - 3 {
		for _, text := range []string{said, plain} {
			if at := strings.Index(text, digits[i:i+4]); at >= 0 {
				t.Errorf("lupa %s shows %s: %q", command, digits[i:i+4], text[max(0, at-60):min(len(text), at+60)])
				return
			}
		}
	}
	if left := identity.Find(said); len(left) > 0 {
		t.Errorf("lupa %s shows a number: %+v", command, left)
	}
}

// TestLogIsCovered: what is logged is covered too, in words and as JSON.
func TestLogIsCovered(t *testing.T) {
	for _, format := range []string{"text", "json"} {
		var out bytes.Buffer
		a := &app{streams: streams{nil, nil, &out}, logLevel: "trace", logFormat: format}
		log, err := a.logger()
		if err != nil {
			t.Fatal(err)
		}
		log.Warn("read", "target", "t-131052-308t")
		if got := out.String(); !strings.Contains(got, "t-•••••••••••") || strings.Contains(got, "308t") {
			t.Errorf("logged as %q", got)
		}
	}
}
