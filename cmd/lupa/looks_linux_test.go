package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/spf13/cobra"
)

// looks are the commands that only look, each with how it is run. They write
// neither into the tree, but for its cache, nor into the target, and start nothing
// but git where --base asks for it.
var looks = map[string][]string{
	"audit":         {"audit"},
	"history":       {"history", "history 1", "history --format json"},
	"undo":          {"undo 2", "undo 2 --format json"},
	"verify":        {"verify", "verify --format json"},
	"access":        {"access --all --format jsonl", "access t-1042"},
	"codeowners":    {"codeowners"},
	"completion":    {"completion"},
	"contacts":      {"contacts", "contacts --format csv"},
	"drift":         {"drift", "drift --format json", "drift --format sarif"},
	"export":        {"export"},
	"fmt":           {"fmt --check --diff"},
	"help":          {"help", "help plan"},
	"plan":          {"plan", "plan --format json", "plan --format github", "plan --at 2027-02-01"},
	"prove":         {"prove --no-new-access", "prove --no-gain primus.full --base HEAD"},
	"review":        {"review --base HEAD", "review --base HEAD --format json", "review --base HEAD --at 2027-02-01"},
	"rules":         {"rules", "rules R33"},
	"schema":        {"schema", "schema School"},
	"show":          {"show plan.json", "show plan.json --format json"},
	"target":        {"target"},
	"target status": {"target status", "target status --format json"},
	"test":          {"test"},
	"timeline":      {"timeline"},
	"validate":      {"validate", "validate --format json", "validate --format sarif", "validate --format junit"},
	"version":       {"version"},
	"who":           {"who wilma.surveys.addSurvey"},
	"why":           {"why t-1042 wilma.surveys.addSurvey"},
}

// changes are the commands that write, besides those that look unless a flag
// such as --out or --upgrade says otherwise.
var changes = []string{"apply", "audit prune", "import", "init", "target grant", "target init"}

// TestEveryCommandLooksOrChanges: a new command has to say what it is.
func TestEveryCommandLooksOrChanges(t *testing.T) {
	var all []string
	var visit func(cmd *cobra.Command)
	visit = func(cmd *cobra.Command) {
		for _, c := range cmd.Commands() {
			name := strings.TrimPrefix(c.CommandPath(), "lupa ")
			if c.Runnable() && !strings.HasPrefix(name, "completion ") {
				all = append(all, name)
			}
			visit(c)
		}
	}
	a := &app{out: &sink{}}
	root := a.commands()
	root.InitDefaultHelpCmd()
	visit(root)
	var known []string
	for name := range looks {
		known = append(known, name)
	}
	known = append(known, changes...)
	for _, name := range all {
		if !slices.Contains(known, name) {
			t.Errorf("lupa %s is neither among those that look nor among those that change", name)
		}
	}
	for _, name := range known {
		if !slices.Contains(all, name) {
			t.Errorf("there is no lupa %s", name)
		}
	}
}

// lookedAt is a tree with Git, a target that somebody edited by hand, and a plan.
func lookedAt(t *testing.T) string {
	t.Helper()
	dir := openDir(t)
	if err := os.CopyFS(dir, os.DirFS(abs("../../examples/mallila"))); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(dir, ".lupa")); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"init", "-q"}, {"add", "-A"}, {"-c", "user.name=k", "-c", "user.email=k@example.org", "commit", "-qm", "x"}} {
		if out, err := exec.Command("git", append([]string{"-C", dir}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v: %s", args, err, out)
		}
	}
	lupa(t, dir, exitDone, "target", "init")
	lupa(t, dir, exitDone, "apply", "--auto-approve")
	handEdit(t, dir, "UPDATE user_group SET title = 'x' WHERE id = 'mallila/opettajat'")
	lupa(t, dir, exitDone, "apply", "--auto-approve")
	handEdit(t, dir, "UPDATE user_group SET title = 'Ope' WHERE id = 'mallila/opettajat'")
	lupa(t, dir, exitDone, "plan", "--out", "plan.json")
	return dir
}

// openDir is a directory that every user may look into.
func openDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "lupa-test-")
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.IsDir() {
				return os.Chmod(path, 0o755)
			}
			return nil
		})
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// TestLooking runs all that only looks. The tree and the target are the same
// before and after, with their times. No file is opened to be written, none made,
// renamed or removed, and no process started. And somebody who may write nowhere
// in the tree is told the same.
func TestLooking(t *testing.T) {
	t.Parallel()
	strace(t)
	dir := lookedAt(t)
	for path, d := range walk(t, dir) {
		mode := fs.FileMode(0o444)
		if d.IsDir() {
			mode = 0o555
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	bound := unprivileged(t)
	before := stateOf(t, dir)
	for name, lines := range looks {
		if testing.Short() {
			lines = lines[:1]
		}
		for _, line := range lines {
			exit, want := watch(t, dir, line)
			cmd := bound(program(dir, strings.Fields(line)...))
			cmd.Env = append(cmd.Env, "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*")
			var got bytes.Buffer
			cmd.Stdout = &got
			if now, said := ended(t, cmd); now != exit || got.String() != want {
				t.Errorf("%s: exit %d without rights, %d with: %s", line, now, exit, said)
			}
		}
		if after := stateOf(t, dir); after != before {
			t.Fatalf("%s has changed something\n%s\n%s", name, before, after)
		}
	}
}

// stateOf is all that is in a directory, with contents and times.
func stateOf(t *testing.T, dir string) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		fmt.Fprintln(&all, path, info.Mode(), info.ModTime().UnixNano())
		if !info.Mode().IsRegular() {
			return nil
		}
		data, err := os.ReadFile(path)
		fmt.Fprintf(&all, "%x\n", sha256.Sum256(data))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

func walk(t *testing.T, dir string) map[string]fs.DirEntry {
	t.Helper()
	all := make(map[string]fs.DirEntry)
	if err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		all[path] = d
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

// nobody is the user of processes without rights, where the tests run as root,
// whom permissions do not bind.
const nobody = 65534

// unprivileged makes commands run as a user who is bound by permissions.
func unprivileged(t *testing.T) func(*exec.Cmd) *exec.Cmd {
	t.Helper()
	if os.Geteuid() != 0 {
		return func(cmd *exec.Cmd) *exec.Cmd { return cmd }
	}
	path := filepath.Join(openDir(t), "lupa") // the program lies where only root may look
	data, err := os.ReadFile(os.Args[0])
	if err == nil {
		err = os.WriteFile(path, data, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	return func(cmd *exec.Cmd) *exec.Cmd {
		cmd.Path, cmd.Dir = path, "/"
		cmd.Env = append(cmd.Env, "HOME=/nonexistent")
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		return cmd
	}
}

// watched are the calls that open, make, change or remove files, and start
// processes.
const watched = "execve,open,openat,openat2,creat,mkdir,mkdirat,unlink,unlinkat,rename,renameat,renameat2,link,linkat,symlink,symlinkat," +
	"chmod,fchmod,fchmodat,truncate,ftruncate,utimensat,pwrite64"

// watch looks over the shoulder of a command that only looks.
func watch(t *testing.T, dir, line string) (exit int, out string) {
	t.Helper()
	log := filepath.Join(t.TempDir(), "calls")
	cmd := traced(t, program(dir, strings.Fields(line)...), "-f", "--seccomp-bpf", "-o", log, "-e", "trace="+watched)
	var stdout bytes.Buffer
	cmd.Stdout = &stdout
	exit, said := ended(t, cmd)
	if exit > exitInput {
		t.Errorf("%s: exit %d: %s", line, exit, said)
	}
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	started := 0
	mayAskGit := strings.Contains(line, "--base") || line == "codeowners"
	for call := range strings.Lines(string(text)) {
		switch {
		case strings.Contains(call, "execve("):
			if started++; started > 1 && !(mayAskGit && gitCall.MatchString(call)) {
				t.Errorf("%s starts a process: %s", line, call)
			}
		case writing.MatchString(call) && !strings.Contains(call, `"/dev/null"`):
			t.Errorf("%s: %s", line, call)
		}
	}
	if started == 0 {
		t.Fatalf("%s: nothing was traced: %s", line, text)
	}
	return exit, stdout.String()
}

var (
	gitCall = regexp.MustCompile(`execve\("[^"]*/git[^"/]*",`)
	writing = regexp.MustCompile(`O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|(creat|mkdir|mkdirat|unlink|unlinkat|rename\w*|link\w*|symlink\w*|f?chmod\w*|f?truncate|utimensat|pwrite64)\(`)
)
