package main

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"
)

// workflow is what the tests ask of a workflow of GitHub, or of an action.
type workflow struct {
	file        string
	text        string
	On          any            `yaml:"on"`
	Permissions map[string]any `yaml:"permissions"`
	Concurrency map[string]any `yaml:"concurrency"`
	Jobs        map[string]job `yaml:"jobs"`
	Runs        struct {
		Steps []step `yaml:"steps"`
	} `yaml:"runs"`
}

type job struct {
	If          string         `yaml:"if"`
	Permissions map[string]any `yaml:"permissions"`
	Concurrency map[string]any `yaml:"concurrency"`
	Environment string         `yaml:"environment"`
	Needs       any            `yaml:"needs"`
	Timeout     int            `yaml:"timeout-minutes"`
	Steps       []step         `yaml:"steps"`
}

type step struct {
	Uses string         `yaml:"uses"`
	Run  string         `yaml:"run"`
	With map[string]any `yaml:"with"`
	Env  map[string]any `yaml:"env"`
}

// workflows reads all there are: of this repository, and of the tree that init writes.
func workflows(t *testing.T) []workflow {
	t.Helper()
	var all []workflow
	for _, pattern := range []string{
		"../../.github/workflows/*", "../../.github/actions/*/*",
		"starter/.github/workflows/*", "starter/.github/actions/*/*",
	} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: no files (%v)", pattern, err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			w := workflow{file: strings.TrimPrefix(filepath.ToSlash(file), "../../"), text: string(data)}
			if err := yaml.Unmarshal(data, &w); err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			all = append(all, w)
		}
	}
	return all
}

// steps are all steps of a workflow or an action.
func (w workflow) steps() []step {
	all := slices.Clone(w.Runs.Steps)
	for _, name := range slices.Sorted(maps.Keys(w.Jobs)) {
		all = append(all, w.Jobs[name].Steps...)
	}
	return all
}

// events are what a workflow runs for.
func (w workflow) events() []string {
	switch on := w.On.(type) {
	case string:
		return []string{on}
	case map[string]any:
		return slices.Sorted(maps.Keys(on))
	}
	return nil
}

// foreign is an action of others as it must be named: whole commit, and behind it
// the version that it is.
var foreign = regexp.MustCompile(`^\s*(- )?uses: [\w.-]+/[\w./-]+@[0-9a-f]{40}  # v\d+\.\d+\.\d+$`)

// TestWorkflowsPinned: what runs here tomorrow is what was read today.
func TestWorkflowsPinned(t *testing.T) {
	for _, w := range workflows(t) {
		for i, line := range strings.Split(w.text, "\n") {
			if regexp.MustCompile(`^\s*(- )?uses:`).MatchString(line) && !strings.HasSuffix(line, "uses: ./.github/actions/lupa") && !foreign.MatchString(line) {
				t.Errorf("%s:%d: not pinned: %s", w.file, i+1, line)
			}
		}
		// Written another way, a step would escape the lines above.
		used := 0
		for _, s := range w.steps() {
			if s.Uses != "" {
				used++
			}
		}
		if lines := strings.Count(w.text, "uses: "); used != lines {
			t.Errorf("%s: %d steps use actions, on %d lines", w.file, used, lines)
		}
	}
}

// granted is all that any job may do; "" is for the whole file.
var granted = map[string]map[string]string{
	".github/workflows/ci.yml":                    {"": "contents: read"},
	"starter/.github/workflows/lupa-review.yml":   {"": "contents: read", "snapshot-plan": "actions: read, contents: read"},
	"starter/.github/workflows/lupa-comment.yml":  {"": "", "comment": "actions: read, pull-requests: write"},
	"starter/.github/workflows/lupa-apply.yml":    {"": "contents: read"},
	"starter/.github/workflows/lupa-schedule.yml": {"": "contents: read", "apply": "actions: read, contents: read", "alarm": "issues: write"},
}

func permissions(p map[string]any) string {
	var all []string
	for what, how := range p {
		all = append(all, fmt.Sprintf("%s: %v", what, how))
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

func TestWorkflowPermissions(t *testing.T) {
	seen := 0
	for _, w := range workflows(t) {
		if len(w.Jobs) == 0 {
			continue // an action
		}
		seen++
		want, ok := granted[w.file]
		if !ok {
			t.Errorf("%s: nothing says what it may do", w.file)
		}
		if got := permissions(w.Permissions); w.Permissions == nil || got != want[""] {
			t.Errorf("%s: may %q, want %q", w.file, got, want[""])
		}
		for name, j := range w.Jobs {
			limit, own := want[name]
			if got := permissions(j.Permissions); own != (j.Permissions != nil) || got != limit {
				t.Errorf("%s: job %s may %q, want %q", w.file, name, got, limit)
			}
		}
	}
	if seen != len(granted) {
		t.Errorf("%d workflows, %d in the table", seen, len(granted))
	}
}

// TestWorkflowsTrustNobody: no text of others becomes a part of a program, and no
// password is where texts of others are worked on.
func TestWorkflowsTrustNobody(t *testing.T) {
	for _, w := range workflows(t) {
		events := w.events()
		if len(w.Jobs) > 0 && len(events) == 0 {
			t.Errorf("%s: runs for nothing", w.file)
		}
		if slices.Contains(events, "pull_request_target") {
			t.Errorf("%s: pull_request_target gives pull requests the passwords", w.file)
		}
		for _, s := range w.steps() {
			if strings.Contains(s.Run, "${{") || s.With["script"] != nil {
				t.Errorf("%s: an expression or a text stands in a program: %s%v", w.file, s.Run, s.With["script"])
			}
			if strings.HasPrefix(s.Uses, "actions/checkout@") && s.With["persist-credentials"] != false {
				t.Errorf("%s: checkout leaves its token behind", w.file)
			}
			if strings.HasPrefix(s.Uses, "actions/checkout@") && s.With["ref"] != nil {
				t.Errorf("%s: checkout gets %v", w.file, s.With["ref"])
			}
			if slices.Contains(events, "workflow_run") && s.Uses != "" {
				t.Errorf("%s: beside what pull requests left, %s is used", w.file, s.Uses)
			}
		}
		for name, j := range w.Jobs {
			if j.Timeout < 1 || j.Timeout > 30 {
				t.Errorf("%s: job %s may take %d minutes", w.file, name, j.Timeout)
			}
			for _, s := range j.Steps {
				secret := strings.Contains(fmt.Sprint(s.Env, s.With), "secrets.")
				if secret && !strings.Contains(j.If, "github.ref == 'refs/heads/main'") && j.Needs == nil {
					t.Errorf("%s: job %s has a secret on other branches than main", w.file, name)
				}
				if secret && (j.Environment == "" || slices.Contains(events, "pull_request") || slices.Contains(events, "workflow_run")) {
					t.Errorf("%s: job %s has a secret and no environment that guards it", w.file, name)
				}
			}
		}
		if strings.Count(w.text, "secrets.") != strings.Count(w.text, "LUPA_DSN: ${{ secrets.LUPA_DSN }}\n") {
			t.Errorf("%s: a secret is used otherwise than as LUPA_DSN", w.file)
		}
	}
}

// TestWorkflowsKeepCards: what is uploaded can be read by everybody who can read the
// repository. The report has pseudonyms; the snapshot has card keys, and is uploaded
// where somebody said so.
func TestWorkflowsKeepCards(t *testing.T) {
	var uploads []string
	for _, w := range workflows(t) {
		for name, j := range w.Jobs {
			for _, s := range j.Steps {
				if !strings.HasPrefix(s.Uses, "actions/upload-artifact@") {
					continue
				}
				file := filepath.Base(fmt.Sprint(s.With["path"]))
				uploads = append(uploads, file)
				chosen := strings.Contains(j.If, "vars.LUPA_SNAPSHOT == 'yes' && github.event.repository.private")
				if file != "review.md" && !chosen {
					t.Errorf("%s: job %s uploads %s", w.file, name, file)
				}
				if days, ok := s.With["retention-days"].(uint64); !ok || days > 2 {
					t.Errorf("%s: job %s keeps %s for %v days", w.file, name, file, s.With["retention-days"])
				}
			}
		}
	}
	slices.Sort(uploads)
	if !slices.Equal(uploads, []string{"review.md", "snapshot.json"}) {
		t.Errorf("uploaded: %v", uploads)
	}
}

// TestWorkflowsWithHistory: where revisions are compared, they are there.
func TestWorkflowsWithHistory(t *testing.T) {
	compared := 0
	for _, w := range workflows(t) {
		for name, j := range w.Jobs {
			whole := false
			for _, s := range j.Steps {
				if strings.HasPrefix(s.Uses, "actions/checkout@") {
					whole = fmt.Sprint(s.With["fetch-depth"]) == "0"
				}
				if s.With["command"] == "review" || strings.Contains(s.Run, "merge-base") || strings.Contains(s.Run, "--base") {
					if compared++; !whole {
						t.Errorf("%s: job %s compares revisions in a shallow clone", w.file, name)
					}
				}
			}
		}
	}
	if compared < 2 {
		t.Errorf("%d jobs compare revisions", compared)
	}
}

// TestWorkflowsTakeTurns: two runs that work on the same do not do so at once.
func TestWorkflowsTakeTurns(t *testing.T) {
	for _, w := range workflows(t) {
		for name, j := range w.Jobs {
			group, stops := j.Concurrency["group"], j.Concurrency["cancel-in-progress"]
			if group == nil {
				group, stops = w.Concurrency["group"], w.Concurrency["cancel-in-progress"]
			}
			var runs strings.Builder
			for _, s := range j.Steps {
				runs.WriteString(s.Run)
			}
			applies := strings.Contains(runs.String(), "lupa apply --")
			events := w.events()
			if (applies || !slices.Equal(events, []string{"push", "workflow_dispatch"})) && group == nil {
				t.Errorf("%s: job %s has no concurrency group", w.file, name)
			}
			if (applies || slices.Contains(events, "workflow_run")) && stops != false {
				t.Errorf("%s: job %s may be stopped in the middle", w.file, name)
			}
		}
	}
}

var (
	cronOf     = regexp.MustCompile(`(?m)^\s*- cron: "(.*)"$`)
	crontabOf  = regexp.MustCompile(`(?m)^(\d+ \d+) `)
	calendarOf = regexp.MustCompile(`(?m)^OnCalendar=\*-\*-\* (\d\d):(\d\d) (\S+)$`)
)

// TestSchedules: nothing runs in the hours that a change of the clocks skips or
// repeats: 03 in Helsinki, 02 in Oslo and Stockholm.
func TestSchedules(t *testing.T) {
	seen := 0
	for _, w := range workflows(t) {
		for _, m := range cronOf.FindAllStringSubmatch(w.text, -1) {
			seen++
			field := strings.Fields(m[1])
			minute, err1 := strconv.Atoi(field[0])
			hour, err2 := strconv.Atoi(field[1])
			if err1 != nil || err2 != nil {
				t.Fatalf("%s: cron %q is not once a day", w.file, m[1])
			}
			for _, zone := range []string{"Europe/Helsinki", "Europe/Stockholm", "Europe/Oslo"} {
				if at, bad := nearChange(t, hour, minute, time.UTC, zone); bad {
					t.Errorf("%s: cron %q is %s", w.file, m[1], at)
				}
			}
		}
	}
	for file, pattern := range map[string]*regexp.Regexp{"cron/lupa": crontabOf, "systemd/lupa-apply.timer": calendarOf} {
		m := pattern.FindStringSubmatch(example(t, file))
		if m == nil {
			t.Errorf("%s: no time", file)
			continue
		}
		seen++
		hour, minute := 0, 0
		if pattern == crontabOf {
			_, err := fmt.Sscanf(m[1], "%d %d", &minute, &hour)
			if err != nil {
				t.Fatal(err)
			}
		} else if _, err := fmt.Sscanf(m[1]+" "+m[2], "%d %d", &hour, &minute); err != nil {
			t.Fatal(err)
		}
		if hour == 2 || hour == 3 || hour*60+minute != 4*60+30 {
			t.Errorf("%s: at %02d:%02d", file, hour, minute)
		}
	}
	if seen != 3 {
		t.Errorf("%d schedules", seen)
	}
}

// nearChange is a day of a year on which a time of a clock is in an hour of a zone
// that a change of the clocks skips or repeats.
func nearChange(t *testing.T, hour, minute int, clock *time.Location, zone string) (time.Time, bool) {
	t.Helper()
	local, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	for day := range 366 {
		at := time.Date(2026, 1, 1+day, hour, minute, 0, 0, clock).In(local)
		if at.Hour() == 2 || at.Hour() == 3 {
			return at, true
		}
	}
	return time.Time{}, false
}

func example(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile("../../examples/ci/" + file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestActionTwice: the action that init writes is the one of this repository, and it
// takes the versions that init writes.
func TestActionTwice(t *testing.T) {
	own, err1 := os.ReadFile("../../.github/actions/lupa/action.yml")
	written, err2 := os.ReadFile("starter/.github/actions/lupa/action.yml")
	if err1 != nil || err2 != nil || string(own) != string(written) {
		t.Errorf(".github/actions/lupa/action.yml and the starter tree's differ (%v, %v): copy the first to the second", err1, err2)
	}
	if !strings.Contains(string(own), "pinned='"+pinned.String()+"'\n") {
		t.Errorf("the action takes other versions than %s", pinned)
	}
	for version, want := range map[string]bool{
		"v1.2.3": true, "v1.2.3-rc.1": true, "v0.0.0-20261124120000-0123456789ab": true, strings.Repeat("a1", 20): true,
		"": false, "(devel)": false, "main": false, "latest": false, "v1": false, "v1.2.3+dirty": false, "0123456789ab": false,
		"v1.2.3\nv1.2.4": false, "v1.2.3;id": false, "v1.2.3-$(id)": false, "v1.2.3 ": false,
	} {
		if got := pinned.MatchString(version); got != want {
			t.Errorf("%q: pinned %v, want %v", version, got, want)
		}
	}
}

// coming are commands, flags and formats that workflows use and this lupa has not
// yet; whoever brings one takes it off.
var coming = []string{}

// spoken is a command of lupa where a shell looks for commands.
var spoken = regexp.MustCompile(`(?m)(?:^|[;&|({]|\bif |\bthen |/bin/|lupa )[ \t]*lupa((?:[ \t]+(?:"[^"\n]*"|[^\s;&|)<>"]+))+)`)

// TestWorkflowsSpeakLupa: the commands and flags that workflows and examples use are
// there.
func TestWorkflowsSpeakLupa(t *testing.T) {
	texts := make(map[string]string)
	for _, w := range workflows(t) {
		for _, s := range w.steps() {
			texts[w.file] += strings.ReplaceAll(s.Run, `"${review[@]}"`, `lupa review --author "$AUTHOR"`) + "\n"
		}
	}
	for _, file := range examplesOfCI(t) {
		if filepath.Ext(file) != ".md" {
			texts[file] = example(t, file)
		}
	}
	hooks, err := os.ReadFile("../../.pre-commit-hooks.yaml")
	if err != nil {
		t.Fatal(err)
	}
	texts["hooks"] = string(hooks)
	root := (&app{}).commands()
	missing, said := make(map[string]bool), make(map[string]int)
	for file, text := range texts {
		text = regexp.MustCompile(`(?m)^\s*#.*$`).ReplaceAllString(text, "")
		text = regexp.MustCompile(`(?m)^\s*(- (?:entry: )?|entry: |Exec\w+=/usr/local/bin/|30 4 \* \* \* lupa )`).ReplaceAllString(text, "")
		for _, m := range spoken.FindAllStringSubmatch(text, -1) {
			args := strings.Fields(m[1])
			for i := range args {
				args[i] = strings.Trim(args[i], `"'`)
			}
			said[file]++
			for _, gone := range unknown(root, args) {
				missing[gone] = true
				if !slices.Contains(coming, gone) {
					t.Errorf("%s: lupa%s: there is no %s", file, m[1], gone)
				}
			}
		}
	}
	for _, what := range coming {
		if !missing[what] {
			t.Errorf("%s is here now, or nobody uses it: take it off the list of what is coming", what)
		}
	}
	for _, file := range []string{"hooks", "gitlab-ci.yml", "cron/lupa", "systemd/lupa-apply.service", ".github/actions/lupa/action.yml", "starter/.github/workflows/lupa-apply.yml", "starter/.github/workflows/lupa-schedule.yml", "starter/.github/workflows/lupa-review.yml"} {
		if said[file] == 0 {
			t.Errorf("%s: no command of lupa was found", file)
		}
	}
}

// unknown are the parts of a command that lupa does not have.
func unknown(root *cobra.Command, args []string) (all []string) {
	var words []string
	for i := 0; i < len(args); i++ {
		switch arg := args[i]; {
		case arg == "-C":
			i++
		case !strings.HasPrefix(arg, "-"):
			words = append(words, arg)
		case len(words) == 0 && root.PersistentFlags().Lookup(strings.TrimLeft(arg, "-")) == nil:
			all = append(all, arg)
		}
	}
	cmd, _, err := root.Find(words[:1])
	if err != nil || cmd == root {
		cmd = &cobra.Command{Use: words[0]}
		root.AddCommand(cmd)
		defer root.RemoveCommand(cmd)
		all = append(all, words[0])
	}
	for i, arg := range args {
		flag, isFlag := strings.CutPrefix(arg, "--")
		known := cmd.Flags().Lookup(flag) != nil || cmd.InheritedFlags().Lookup(flag) != nil
		switch {
		case !isFlag || slices.Contains(all, arg):
		case !known && flag == "max-bytes":
			all = append(all, arg)
		case !known:
			all = append(all, words[0]+" "+arg)
		case flag == "format" && !slices.Contains(strings.Fields(prints(cmd)), args[i+1]):
			all = append(all, words[0]+" --format "+args[i+1])
		}
	}
	return all
}

// prints are the formats of a command.
func prints(cmd *cobra.Command) string {
	if of, ok := cmd.Annotations[formats]; ok {
		return of
	}
	return "text json"
}

// examplesOfCI are the files of examples/ci, which is no tree: TestExamples, which
// looks for lupa.yaml, leaves it to the tests here.
func examplesOfCI(t *testing.T) []string {
	t.Helper()
	var files []string
	err := fs.WalkDir(os.DirFS("../../examples/ci"), ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, path)
		}
		return err
	})
	if err != nil || len(files) < 5 {
		t.Fatalf("examples/ci: %d files (%v)", len(files), err)
	}
	return files
}

// TestExamplesOfCI: they can be read, and their README names each.
func TestExamplesOfCI(t *testing.T) {
	readme := example(t, "README.md")
	for _, file := range examplesOfCI(t) {
		var content map[string]any
		if ext := filepath.Ext(file); ext == ".yml" || ext == ".yaml" {
			if err := yaml.Unmarshal([]byte(example(t, file)), &content); err != nil || len(content) == 0 {
				t.Errorf("%s: %v", file, err)
			}
		}
		dir, _, _ := strings.Cut(file, "/")
		if file != "README.md" && !strings.Contains(readme, "("+file+")") && !strings.Contains(readme, "("+dir+")") {
			t.Errorf("README.md does not speak of %s", file)
		}
	}
	var hooks []struct{ ID string }
	data, err := os.ReadFile("../../.pre-commit-hooks.yaml")
	if err == nil {
		err = yaml.Unmarshal(data, &hooks)
	}
	if err != nil || len(hooks) != 2 {
		t.Fatalf("hooks: %v (%v)", hooks, err)
	}
	for _, hook := range hooks {
		if !strings.Contains(example(t, "pre-commit/.pre-commit-config.yaml"), "- id: "+hook.ID+"\n") {
			t.Errorf("no example uses the hook %s", hook.ID)
		}
	}
}
