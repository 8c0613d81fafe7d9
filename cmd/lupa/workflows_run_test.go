package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// scriptOf is the program of the one step of a file that has these words in it.
func scriptOf(t *testing.T, file, words string) string {
	t.Helper()
	for _, w := range workflows(t) {
		for _, s := range w.steps() {
			if w.file == file && strings.Contains(s.Run, words) {
				return s.Run
			}
		}
	}
	t.Fatalf("%s: no step says %q", file, words)
	return ""
}

// asRunner runs a script as GitHub does, with programs of the test before all others.
func asRunner(t *testing.T, script string, programs map[string]string, env ...string) (dir, said string, code int) {
	t.Helper()
	for _, need := range []string{"bash", "jq", "unzip", "iconv", "git", "sha256sum"} {
		if _, err := exec.LookPath(need); err != nil || runtime.GOOS != "linux" {
			t.Skipf("runners of GitHub are Linux and have %s", need)
		}
	}
	dir = t.TempDir()
	for _, sub := range []string{"bin", "work", "temp"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range programs {
		if err := os.WriteFile(filepath.Join(dir, "bin", name), []byte("#!/bin/bash\n"+text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	run := exec.CommandContext(t.Context(), "bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", script)
	run.Dir = filepath.Join(dir, "work")
	run.Env = append(os.Environ(), "PATH="+filepath.Join(dir, "bin")+":"+os.Getenv("PATH"), "FAKE="+dir,
		"RUNNER_TEMP="+filepath.Join(dir, "temp"), "TMPDIR="+filepath.Join(dir, "temp"),
		"GITHUB_PATH="+filepath.Join(dir, "path"), "GITHUB_STEP_SUMMARY="+filepath.Join(dir, "summary"),
		"GITHUB_OUTPUT="+filepath.Join(dir, "output"), "CI=true")
	run.Env = append(run.Env, env...)
	out, err := run.CombinedOutput()
	if exit := (*exec.ExitError)(nil); err != nil {
		var ok bool
		if exit, ok = err.(*exec.ExitError); !ok {
			t.Fatal(err)
		}
		code = exit.ExitCode()
	}
	return dir, string(out), code
}

// ghProgram answers as gh would, from the files of the test, and keeps what is sent.
const ghProgram = `
printf '%s\n' "$*" >> "$FAKE/asked"
all="$*"
while [ $# -gt 0 ]; do
  case $1 in
    --jq) jq=$2; shift ;;
    --input) input=$2; shift ;;
    --method) method=$2; shift ;;
  esac
  shift
done
if [ -n "$input" ]; then
  printf '%s\n' "$all" > "$FAKE/sent-to"
  cp "$input" "$FAKE/sent"
  exit
fi
case $all in
  *"/pulls -f state=open"*) printf '%s' "$PULLS" ;;
  *"/artifacts?name=lupa-review"*) printf '%s' "$ARTIFACTS" ;;
  *"/zip") cat "$ARCHIVE" ;;
  *"/comments?per_page=100"*) printf '%s' "$COMMENTS" | jq -c "$jq" ;;
  *) echo "unexpected: $all" >&2; exit 1 ;;
esac
`

const (
	headSHA = "00112233445566778899aabbccddeeff00112233"
	marker  = "<!-- lupa:review kunta -->"
)

// archive is a zip of files, in this order.
func archive(t *testing.T, files ...[2]string) string {
	t.Helper()
	var data bytes.Buffer
	w := zip.NewWriter(&data)
	for _, file := range files {
		f, err := w.Create(file[0])
		if err == nil {
			_, err = f.Write([]byte(file[1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return data.String()
}

// TestComment: what an artifact can make the job do that may write.
func TestComment(t *testing.T) {
	script := scriptOf(t, "starter/.github/workflows/lupa-comment.yml", "gh api")
	bot := func(id int, body string) string {
		text, _ := json.Marshal(body)
		return fmt.Sprintf(`{"id":%d,"user":{"login":"github-actions[bot]"},"body":%s}`, id, text)
	}
	const pull = `{"number":7,"head":{"sha":"` + headSHA + `","repo":{"id":1}}}`
	report := marker + "\n## 2 gain\n\n| who | what |\n"
	noReport := marker + "\n\nThe last commit has no report: see what its check says.\n"
	fork := marker + "\n\nThis comes from a fork, which may have changed what is reported, and is shown as plain text.\n\n"
	for name, c := range map[string]struct {
		from     string // repository of the head, by default this one
		pulls    string // by default one, number 7
		text     string // review.md of the artifact
		raw      string // the artifact, where it is no such archive
		size     int
		comments string
		branch   string
		to, want string // what is sent where; nothing, where to is empty
		unlike   func(sent string) string
	}{
		"first":               {text: report, to: "POST repos/o/r/issues/7/comments", want: report},
		"again":               {text: report, comments: bot(40, "else") + "," + bot(41, marker+"\r\nold"), to: "PATCH repos/o/r/issues/comments/41", want: report},
		"incomplete":          {text: "INCOMPLETE: 3\n\n" + report, comments: bot(41, "INCOMPLETE: 2\n\n"+marker+"\nold"), to: "PATCH repos/o/r/issues/comments/41", want: "INCOMPLETE: 3\n\n" + report},
		"marker far below":    {text: "a\nb\nc\nd\ne\n" + report},
		"of another project":  {text: report, comments: bot(41, "<!-- lupa:review kaupunki -->\nold"), to: "POST repos/o/r/issues/7/comments", want: report},
		"of a person":         {text: report, comments: `{"id":41,"user":{"login":"mallory"},"body":"` + marker + `\nold"}`, to: "POST repos/o/r/issues/7/comments", want: report},
		"pushed since":        {text: report, pulls: strings.Replace(pull, "0011", "ffff", 1)},
		"of another fork":     {text: report, from: "2"},
		"fork is gone":        {text: report, pulls: strings.Replace(pull, `{"id":1}`, "null", 1)},
		"two requests":        {text: report, pulls: pull + "," + strings.Replace(pull, "7", "8", 1)},
		"no request":          {text: report, pulls: " "},
		"no artifact":         {size: -1},
		"no artifact, before": {size: -1, comments: bot(41, marker+"\nold"), to: "PATCH repos/o/r/issues/comments/41", want: noReport},
		"too large":           {text: report, size: 300_000},
		"bomb":                {text: marker + "\n" + strings.Repeat("0", 50_000_000), comments: bot(41, marker+"\nold"), to: "PATCH repos/o/r/issues/comments/41", want: noReport},
		"no archive":          {raw: "MZ\x00\x01"},
		"two in one":          {raw: archive(t, [2]string{"../review.md", "x"}, [2]string{"/tmp/review.md", "x"}, [2]string{"number", "8"})},
		"no marker":           {text: "## hello\n"},
		"marker of others":    {text: "<!-- lupa:review x --> @admins -->\n"},
		"not text":            {text: marker + "\n\xff\xfe\n"},
		"branch is a program": {text: report, branch: "x\";touch${IFS}pwned;$(touch${IFS}pwned)`touch${IFS}pwned`", to: "POST repos/o/r/issues/7/comments", want: report},
		"fork": {from: "2", pulls: strings.Replace(pull, `"id":1`, `"id":2`, 1), text: marker + "\n@admins\n\n~~~\n```\r</pre>\r\n<img src=x>\n",
			to: "POST repos/o/r/issues/7/comments", want: fork + "    @admins\n    \n    ~~~\n    ```</pre>\n    <img src=x>\n"},
		"fork, incomplete": {from: "2", pulls: strings.Replace(pull, `"id":1`, `"id":2`, 1), text: "INCOMPLETE: 3\n\n" + marker + "\n\ngain\n",
			to: "POST repos/o/r/issues/7/comments", want: fork + "    INCOMPLETE: 3\n    \n    \n    gain\n"},
		"fork of many lines": {from: "2", pulls: strings.Replace(pull, `"id":1`, `"id":2`, 1), text: marker + "\n" + strings.Repeat("ä\n", 20_000),
			to: "POST repos/o/r/issues/7/comments", unlike: func(sent string) string {
				if rest, ok := strings.CutPrefix(sent, fork); !ok || len(sent) > 65_000 || !utf8.ValidString(sent) || strings.Trim(rest, "ä \n") != "" {
					return fmt.Sprintf("%d bytes, beginning %q", len(sent), sent[:min(200, len(sent))])
				}
				return ""
			}},
	} {
		t.Run(name, func(t *testing.T) {
			if c.from == "" {
				c.from = "1"
			}
			if c.pulls == "" {
				c.pulls = pull
			}
			if c.raw == "" {
				c.raw = archive(t, [2]string{"review.md", c.text})
			}
			artifacts := ""
			if c.size >= 0 {
				artifacts = fmt.Sprintf(`{"id":5,"size_in_bytes":%d,"expired":false}`, max(c.size, len(c.raw)))
			}
			zipped := filepath.Join(t.TempDir(), "review.zip")
			if err := os.WriteFile(zipped, []byte(c.raw), 0o600); err != nil {
				t.Fatal(err)
			}
			dir, said, code := asRunner(t, script, map[string]string{"gh": ghProgram},
				"PULLS=["+c.pulls+"]", "COMMENTS=["+c.comments+"]", `ARTIFACTS={"artifacts":[`+artifacts+"]}", "ARCHIVE="+zipped,
				"REPOSITORY=o/r", "REPOSITORY_ID=1", "RUN_ID=9", "HEAD_SHA="+headSHA, "HEAD_BRANCH="+c.branch, "HEAD_OWNER=mallory", "HEAD_REPOSITORY_ID="+c.from)
			if code != 0 || strings.Contains(said, "admins") || strings.Contains(said, "gain") {
				t.Errorf("exit %d, said %q", code, said)
			}
			asked, _ := os.ReadFile(filepath.Join(dir, "asked"))
			if !strings.Contains(string(asked), "head=mallory:"+c.branch+"\n") || c.size > 0 && strings.Contains(string(asked), "/zip") {
				t.Errorf("asked %q", asked)
			}
			if kept, _ := filepath.Glob(filepath.Join(dir, "temp", "*", "report")); len(kept) > 0 {
				if info, err := os.Stat(kept[0]); err != nil || info.Size() > 65_001 {
					t.Errorf("the report was unpacked whole: %v (%v)", info, err)
				}
			}
			to, _ := os.ReadFile(filepath.Join(dir, "sent-to"))
			if c.to == "" {
				if len(to) > 0 {
					t.Errorf("something was sent: %s", to)
				}
				return
			}
			if want := "api --method " + c.to + " --input comment.json\n"; string(to) != want {
				t.Errorf("sent to %q, want %q; said %q", to, want, said)
			}
			var sent struct{ Body string }
			data, err := os.ReadFile(filepath.Join(dir, "sent"))
			if err == nil {
				err = json.Unmarshal(data, &sent)
			}
			if err != nil {
				t.Fatal(err)
			}
			if c.unlike != nil {
				if what := c.unlike(sent.Body); what != "" {
					t.Error(what)
				}
			} else if diff := cmp.Diff(c.want, sent.Body); diff != "" {
				t.Errorf("the comment is not as it should be:\n%s", diff)
			}
			if _, err := os.Stat(filepath.Join(dir, "work", "pwned")); err == nil {
				t.Error("the name of the branch was run")
			}
		})
	}
}

// TestActionInstalls: which lupa the action installs, and what it refuses.
func TestActionInstalls(t *testing.T) {
	script := scriptOf(t, ".github/actions/lupa/action.yml", "go install")
	programs := map[string]string{
		"go":   `printf 'GOBIN=%s %s\n' "$GOBIN" "$*" >> "$FAKE/asked"; printf '#!/bin/sh\necho lupa "$@"\n' > "$GOBIN/lupa"; chmod +x "$GOBIN/lupa"`,
		"curl": `printf '%s\n' "$*" >> "$FAKE/asked"; while [ "$1" != --output ]; do shift; done; printf '#!/bin/sh\necho lupa "$@"\n' > "$2"`,
	}
	const sum = "b9de6f6dc0bd8b5e5a0f8b1b0d6d3d2b2f1c8e3a4f5b6c7d8e9fa0b1c2d3e4f5" // of something else
	for name, c := range map[string]struct {
		version, file, sha256 string
		beside                bool
		code                  int
		asked                 string
	}{
		"a tag":                {version: "v1.2.3", asked: "install -trimpath github.com/lupa-dev/lupa/cmd/lupa@v1.2.3"},
		"a commit":             {version: headSHA, asked: "install -trimpath github.com/lupa-dev/lupa/cmd/lupa@" + headSHA},
		"of the file":          {file: "v1.2.3\nv9.9.9\n", asked: "install -trimpath github.com/lupa-dev/lupa/cmd/lupa@v1.2.3"},
		"input beats the file": {version: "v1.2.4", file: "v1.2.3\n", asked: "@v1.2.4"},
		"of the repository":    {beside: true, asked: "install -trimpath ./cmd/lupa"},
		"none":                 {code: 1},
		"a branch":             {version: "main", code: 1},
		"a program":            {file: "v1.2.3;$(id)\n", code: 1},
		"two lines":            {version: "v1.2.3\nmain", code: 1},
		"another download":     {version: "v1.2.3", sha256: sum, code: 1, asked: "https://github.com/lupa-dev/lupa/releases/download/v1.2.3/lupa-linux-amd64"},
		"the download":         {version: "v1.2.3", sha256: fmt.Sprintf("%x", sha256.Sum256([]byte("#!/bin/sh\necho lupa \"$@\"\n"))), asked: "--proto =https"},
	} {
		t.Run(name, func(t *testing.T) {
			action := t.TempDir()
			here := filepath.Join(action, ".github", "actions", "lupa")
			for _, dir := range []string{here, filepath.Join(action, "cmd", "lupa")} {
				if err := os.MkdirAll(dir, 0o755); err != nil {
					t.Fatal(err)
				}
			}
			if c.beside {
				if err := os.WriteFile(filepath.Join(action, "cmd", "lupa", "main.go"), nil, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			file := filepath.Join(action, versionFile)
			if c.file != "" {
				if err := os.WriteFile(file, []byte(c.file), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			dir, said, code := asRunner(t, script, programs, "GITHUB_ACTION_PATH="+here, "VERSION="+c.version, "VERSION_FILE="+file, "SHA256="+c.sha256)
			asked, _ := os.ReadFile(filepath.Join(dir, "asked"))
			if code != c.code || !strings.Contains(string(asked), c.asked) || (c.asked == "") != (len(asked) == 0) {
				t.Errorf("exit %d, want %d; asked %q, want %q; said %q", code, c.code, asked, c.asked, said)
			}
			path, _ := os.ReadFile(filepath.Join(dir, "path"))
			if want := filepath.Join(dir, "temp", "lupa-bin") + "\n"; (string(path) == want) != (c.code == 0) {
				t.Errorf("on the path: %q", path)
			}
		})
	}
}

// TestActionReviews: how the review of the action ends, and what is left for the
// comment.
func TestActionReviews(t *testing.T) {
	script := scriptOf(t, ".github/actions/lupa/action.yml", "review --base")
	// The first argument behind -C DIR is the command.
	fake := `case "$3 $*" in
	  validate*) exit "$VALIDATE" ;;
	  test*) exit "$TESTS" ;;
	  review*markdown*) printf '%s|' "$@" > "$FAKE/asked"; printf "$REPORT"; exit "$REVIEW" ;;
	  review*github*) echo annotations; exit "$REVIEW" ;;
	esac`
	for name, c := range map[string]struct {
		validate, tests, review string
		report                  string
		code                    int
		author                  string
	}{
		"all well":          {"0", "0", "0", "report", 0, ""},
		"tests fail":        {"0", "1", "0", "report", 1, "dependabot[bot]"},
		"refused documents": {"3", "0", "3", "", 3, ""},
		"refused rule":      {"0", "0", "11", "report", 11, "$(touch pwned);"},
		"warnings refuse":   {"11", "0", "0", "report", 11, ""},
	} {
		t.Run(name, func(t *testing.T) {
			dir, said, code := asRunner(t, script, map[string]string{"lupa": fake}, "DIRECTORY=.", "BASE=HEAD^1", "MAX_BYTES=github", "AUTHOR="+c.author,
				"VALIDATE="+c.validate, "TESTS="+c.tests, "REVIEW="+c.review, "REPORT="+c.report)
			asked, _ := os.ReadFile(filepath.Join(dir, "asked"))
			want := "-C|.|review|--base|HEAD^1|"
			if c.author != "" {
				want += "--author|" + c.author + "|"
			}
			if want += "--format|markdown|--max-bytes|github|"; string(asked) != want {
				t.Errorf("lupa was asked %q, want %q", asked, want)
			}
			report, err := os.ReadFile(filepath.Join(dir, "temp", "lupa", "review.md"))
			summary, _ := os.ReadFile(filepath.Join(dir, "summary"))
			if code != c.code || string(report) != c.report || (err == nil) != (c.report != "") || string(summary) != c.report {
				t.Errorf("exit %d, want %d; report %q (%v), summary %q, want %q; said %q", code, c.code, report, err, summary, c.report, said)
			}
		})
	}
}

// TestApplyConfirms: what somebody types into the form reaches lupa as arguments, and
// as nothing else.
func TestApplyConfirms(t *testing.T) {
	script := "touch a-file\n" + scriptOf(t, "starter/.github/workflows/lupa-apply.yml", "lupa apply")
	for typed, want := range map[string]string{
		"":                         "apply|--expect|HASH|",
		"removals=52@1a2b3c4d5e6f": "apply|--expect|HASH|--acknowledge|removals=52@1a2b3c4d5e6f|",
		" a=1@b  c=2@d ":           "apply|--expect|HASH|--acknowledge|a=1@b|--acknowledge|c=2@d|",
		"*":                        "apply|--expect|HASH|--acknowledge|*|",
		"--auto-approve":           "apply|--expect|HASH|--acknowledge|--auto-approve|",
		`";touch${IFS}pwned;$(touch${IFS}pwned)*`: `apply|--expect|HASH|--acknowledge|";touch${IFS}pwned;$(touch${IFS}pwned)*|`,
	} {
		dir, said, code := asRunner(t, script, map[string]string{"lupa": `printf '%s|' "$@"`}, "HASH=HASH", "ACKNOWLEDGE="+typed)
		if _, err := os.Stat(filepath.Join(dir, "work", "pwned")); code != 0 || said != want || err == nil {
			t.Errorf("%q: exit %d, lupa got %q, want %q", typed, code, said, want)
		}
	}
}

// TestScheduleAppliesWhatWasAgreed: the night applies nothing over an undo, or over
// what was applied from elsewhere.
func TestScheduleAppliesWhatWasAgreed(t *testing.T) {
	script := scriptOf(t, "starter/.github/workflows/lupa-schedule.yml", "merge-base")
	// What main has, and what it has not.
	const history = `
git init --quiet . && git config user.name a && git config user.email a@b.example
git commit --quiet --allow-empty -m one && one=$(git rev-parse HEAD)
git checkout --quiet -b other && git commit --quiet --allow-empty -m other && other=$(git rev-parse HEAD)
git checkout --quiet - && git checkout --quiet -B main "$one" && git commit --quiet --allow-empty -m two && two=$(git rev-parse HEAD)
export one two other
`
	const program = `
case $1 in
  history) printf '{"entries":[%s]}' "$(eval "printf '%s' \"$ENTRY\"")" ;;
  *) printf '%s|' "$@" ;;
esac`
	for name, c := range map[string]struct {
		entry string
		code  int
	}{
		"this commit":         {`{\"commit\":\"$two\"},{}`, 0},
		"one before":          {`{\"commit\":\"$one\"}`, 0},
		"another branch":      {`{\"commit\":\"$other\"}`, 1},
		"edited files":        {`{\"commit\":\"$two-dirty\"}`, 1},
		"an undo":             {`{\"id\":2},{\"commit\":\"$two\"}`, 1},
		"a commit nobody has": {`{\"commit\":\"` + headSHA + `\"}`, 1},
		"no commit":           {`{\"commit\":\"HEAD\"}`, 1},
		"nothing yet":         {``, 1},
	} {
		_, said, code := asRunner(t, history+script, map[string]string{"lupa": program}, "HASH=HASH", "ENTRY="+c.entry)
		if applied := said == "apply|--expect|HASH|"; code != c.code && !(c.code == 1 && code != 0) || applied != (c.code == 0) {
			t.Errorf("%s: exit %d, want %d; said %q", name, code, c.code, said)
		}
	}
}

// TestScheduleWaitsForApproval: without a run of lupa apply for this very commit that
// ended well, the night applies nothing.
func TestScheduleWaitsForApproval(t *testing.T) {
	script := scriptOf(t, "starter/.github/workflows/lupa-schedule.yml", "total_count")
	for count, want := range map[string]int{"0": 1, "1": 0, "2": 0} {
		dir, said, code := asRunner(t, script, map[string]string{"gh": `printf '%s' "$*" > "$FAKE/asked"; echo "$COUNT"`},
			"COUNT="+count, "REPOSITORY=o/r", "GITHUB_SHA="+headSHA)
		asked, _ := os.ReadFile(filepath.Join(dir, "asked"))
		if code != want || string(asked) != "api repos/o/r/actions/workflows/lupa-apply.yml/runs?branch=main&status=success&head_sha="+headSHA+" --jq .total_count" {
			t.Errorf("%s runs: exit %d, want %d; asked %q, said %q", count, code, want, asked, said)
		}
	}
}

// TestAlarm: one issue, however often the night fails.
func TestAlarm(t *testing.T) {
	script := scriptOf(t, "starter/.github/workflows/lupa-schedule.yml", "gh issue")
	const gh = `case "$2" in list) printf '%s' "$ISSUES" ;; *) printf '%s|' "$@" ;; esac`
	for issues, want := range map[string]string{
		"": "issue|create|--title|lupa schedule failed|--body|",
		`{"number":3,"title":"lupa schedule failed","author":{"is_bot":false}}`:                                                                           "issue|create|",
		`{"number":4,"title":"lupa schedule failed again","author":{"is_bot":true}},{"number":5,"title":"lupa schedule failed","author":{"is_bot":true}}`: "issue|comment|5|--body|",
	} {
		_, said, code := asRunner(t, script, map[string]string{"gh": gh}, "ISSUES=["+issues+"]", "RUN=https://github.example/run/1")
		if code != 0 || !strings.HasPrefix(said, want) || !strings.Contains(said, "https://github.example/run/1") {
			t.Errorf("issues [%s]: exit %d, said %q, want %q", issues, code, said, want)
		}
	}
}

// TestSnapshotIsOfMain: of artifacts with the right name only one that main of this
// very repository left is planned against.
func TestSnapshotIsOfMain(t *testing.T) {
	script := scriptOf(t, "starter/.github/workflows/lupa-review.yml", "lupa-snapshot")
	one := func(id, size int, expired bool, branch string, repository int) string {
		return fmt.Sprintf(`{"id":%d,"size_in_bytes":%d,"expired":%v,"workflow_run":{"head_branch":%q,"head_repository_id":%d}}`, id, size, expired, branch, repository)
	}
	zipped := filepath.Join(t.TempDir(), "snapshot.zip")
	if err := os.WriteFile(zipped, []byte(archive(t, [2]string{"snapshot.json", "{}"})), 0o600); err != nil {
		t.Fatal(err)
	}
	const gh = `case "$*" in *"/zip") printf '%s' "$*" > "$FAKE/asked"; cat "$ARCHIVE" ;; *) printf '%s' "$ARTIFACTS" ;; esac`
	for name, c := range map[string]struct{ artifacts, want string }{
		"none":           {"", ""},
		"the newest":     {one(3, 9, false, "main", 1) + "," + one(4, 9, false, "main", 1) + "," + one(2, 9, false, "main", 1), "4"},
		"of a branch":    {one(3, 9, false, "main", 1) + "," + one(4, 9, false, "topic", 1), "3"},
		"main of a fork": {one(4, 9, false, "main", 2), ""},
		"expired":        {one(4, 9, true, "main", 1), ""},
		"far too large":  {one(4, 1<<40, false, "main", 1), ""},
	} {
		dir, said, code := asRunner(t, script, map[string]string{"gh": gh}, `ARTIFACTS={"artifacts":[`+c.artifacts+`]}`, "ARCHIVE="+zipped,
			"REPOSITORY=o/r", "REPOSITORY_ID=1", "MAIN=main")
		asked, _ := os.ReadFile(filepath.Join(dir, "asked"))
		kept, err := os.Stat(filepath.Join(dir, "temp", "snapshot.json"))
		if want := "api repos/o/r/actions/artifacts/" + c.want + "/zip"; code != 0 || (c.want == "") != (len(asked) == 0) || len(asked) > 0 && string(asked) != want {
			t.Errorf("%s: exit %d, asked %q, want %q; said %q", name, code, asked, want, said)
		}
		if (err == nil) != (c.want != "") || err == nil && kept.Mode().Perm() != 0o600 {
			t.Errorf("%s: the snapshot: %v (%v)", name, kept, err)
		}
	}
}

// TestPlanJob: what the job that plans tells the job that applies, and how it ends.
func TestPlanJob(t *testing.T) {
	script := scriptOf(t, "starter/.github/workflows/lupa-apply.yml", "changes=yes")
	if night := scriptOf(t, "starter/.github/workflows/lupa-schedule.yml", "changes=yes"); night != script {
		t.Errorf("the night plans in another way:\n%s", cmp.Diff(script, night))
	}
	const program = `printf '{"hash":"abc"}' > "$3"; echo shown; exit "$CODE"`
	for code, want := range map[string]string{"0": "hash=abc\nchanges=no\n", "2": "hash=abc\nchanges=yes\n", "1": "", "3": "", "4": "", "6": "", "11": "", "143": ""} {
		dir, said, got := asRunner(t, script, map[string]string{"lupa": program}, "CODE="+code)
		output, _ := os.ReadFile(filepath.Join(dir, "output"))
		summary, _ := os.ReadFile(filepath.Join(dir, "summary"))
		if (fmt.Sprint(got) == code) != (want == "" || code == "0") || (got == 0) != (want != "") || string(output) != want || string(summary) != "shown\n" {
			t.Errorf("lupa exits %s: exit %d, output %q, want %q; summary %q, said %q", code, got, output, want, summary, said)
		}
	}
}

// TestApplyJobs takes a tree through the scripts of plan, apply and the night with
// lupa itself: what one job reads from its answers, the next gets.
func TestApplyJobs(t *testing.T) {
	const setup = `
lupa init . > /dev/null && git init --quiet . && git config user.name a && git config user.email a@b.example
git add --all && git commit --quiet --message tree && lupa target init > /dev/null
export LUPA_DSN= ACKNOWLEDGE=
`
	plan := scriptOf(t, "starter/.github/workflows/lupa-apply.yml", "changes=yes")
	if slices.Contains(coming, "plan --format markdown") {
		plan = strings.ReplaceAll(plan, " --format markdown --max-bytes github", "")
	}
	apply := scriptOf(t, "starter/.github/workflows/lupa-apply.yml", "lupa apply")
	night := scriptOf(t, "starter/.github/workflows/lupa-schedule.yml", "merge-base")
	const tell = `
. "$GITHUB_OUTPUT"
export HASH=$hash
echo "changes: $changes" >&2
`
	const later = `
printf 'apiVersion: lupa/v1\nkind: UserGroup\nmetadata: {name: later}\nspec: {title: Later, audience: [teacher]}\n' > groups/later.yaml
git add --all && git commit --quiet --message later
`
	program := fmt.Sprintf("exec env %s=1 %q \"$@\"", asProgram, abs(os.Args[0]))
	_, said, code := asRunner(t, setup+plan+tell+apply+later+plan+tell+night+plan+tell, map[string]string{"lupa": program})
	if want := []string{"changes: yes", "Applied: 6 objects", "changes: yes", "Applied: 1 object", "changes: no"}; code != 0 || !inOrder(said, want) {
		t.Errorf("exit %d, want %q in this order; said\n%s", code, want, said)
	}
	// What was undone is not done again by night.
	_, said, code = asRunner(t, setup+plan+tell+apply+later+plan+tell+apply+"lupa undo 2 --out undo.json && lupa apply undo.json\n"+plan+tell+night, map[string]string{"lupa": program})
	if want := []string{"Applied: 1 object", "Applied: 1 object", "changes: yes", "not made from a commit of main"}; code != 1 || !inOrder(said, want) {
		t.Errorf("exit %d, want %q in this order; said\n%s", code, want, said)
	}
}

// inOrder reports whether a text has all parts, one behind the other.
func inOrder(text string, parts []string) bool {
	for _, part := range parts {
		_, rest, ok := strings.Cut(text, part)
		if !ok {
			return false
		}
		text = rest
	}
	return true
}
