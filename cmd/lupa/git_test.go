package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/lupa-dev/lupa/reconcile/config"
	"github.com/lupa-dev/lupa/schema/source"
)

// git runs git in a directory, by nobody's settings but those of the test.
func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=joku", "-c", "user.email=joku@example.test", "-c", "protocol.file.allow=always", "-c", "commit.gpgSign=false"}, args...)...)
	cmd.Env = append(slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "GIT_") }),
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %q: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// committed makes a repository of files, all in one commit.
func committed(t *testing.T, files map[string]string) string {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Fatal("these tests need git, as prove --base does")
	}
	t.Setenv("GIT_CONFIG_NOSYSTEM", "1")
	t.Setenv("GIT_CONFIG_GLOBAL", os.DevNull)
	dir := t.TempDir()
	git(t, dir, "init", "--quiet", "--initial-branch", "main")
	write(t, dir, files)
	commitAll(t, dir, "first")
	return dir
}

func commitAll(t *testing.T, dir, message string) string {
	t.Helper()
	git(t, dir, "add", "--all")
	git(t, dir, "commit", "--quiet", "--message", message)
	return git(t, dir, "rev-parse", "HEAD")
}

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		name = filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
}

// readAt reads the tree of a directory at a revision.
func readAt(t *testing.T, root, rev string) *config.Tree {
	t.Helper()
	fsys, _, err := revision(t.Context(), root, rev)
	if err != nil {
		t.Fatal(err)
	}
	return readTree(t, fsys)
}

func readTree(t *testing.T, fsys fs.FS) *config.Tree {
	t.Helper()
	tree, err := config.Load(t.Context(), fsys, config.Options{Now: today})
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func group(name string) string {
	return "apiVersion: lupa/v1\nkind: UserGroup\nmetadata: {name: " + name + "}\n"
}

// smallTree is a tree whose files have names that are easily misread.
var smallTree = map[string]string{
	"lupa.yaml":             "apiVersion: lupa/v1\nkind: Project\nmetadata: {name: pieni}\n",
	"asennus.yaml":          "apiVersion: lupa/v1\nkind: Installation\nmetadata: {name: m}\nspec: {system: inschool}\n",
	"uusi $(rivi).yaml":     group("rivi"),
	"äö, ß/\"lainaus\".yml": group("lainaus"),
	"a/b.yaml":              group("a.b"),
	"a-b.yaml":              group("a-b"),
	"sarkain /:(x)*.yaml":   group("sarkain"),
	"-x/--help.yaml":        group("x"),
	".piilo/a.yaml":         "[",
	"muu.txt":               "not YAML",
}

// TestRevisionIsTheTreeOnTheDisk: read from Git or from the disk, a tree is the
// same, wherever in its repository it lies, with what is wrong in it.
func TestRevisionIsTheTreeOnTheDisk(t *testing.T) {
	large := strings.Repeat("# x\n", source.MaxFileBytes/4) + group("suuri")
	for name, files := range map[string]map[string]string{
		"small":                    smallTree,
		"a mistake":                {"lupa.yaml": smallTree["lupa.yaml"], "väärä\n.yaml": "kind: [\n"},
		"a file that is too large": {"lupa.yaml": smallTree["lupa.yaml"], "asennus.yaml": smallTree["asennus.yaml"], "suuri.yaml": large},
		"a name that is no text":   {"lupa.yaml": smallTree["lupa.yaml"], "asennus.yaml": smallTree["asennus.yaml"], "\xe4.yaml": group("a")},
	} {
		belows := []string{"", "kunta", "kunnat ja\nkaupungit/mallila/-"}
		if len(files["suuri.yaml"]) > 0 || testing.Short() {
			belows = belows[2:]
		}
		for _, below := range belows {
			t.Run(name+" in "+fmt.Sprintf("%q", below), func(t *testing.T) {
				inside := map[string]string{"README": "beside"}
				for file, text := range files {
					inside[filepath.Join(below, file)] = text
				}
				dir := committed(t, inside)
				root := filepath.Join(dir, below)
				onDisk, inGit := readTree(t, os.DirFS(root)), readAt(t, root, "HEAD")
				same(t, onDisk, inGit)
				if name == "small" && inGit.Objects != 7 {
					t.Errorf("%d objects, want 7: %+v", inGit.Objects, inGit.Problems)
				}
				// What is on the disk now does not matter.
				for file := range files {
					if err := os.Remove(filepath.Join(root, file)); err != nil {
						t.Fatal(err)
					}
				}
				same(t, onDisk, readAt(t, root, "main"))
			})
		}
	}
	for _, example := range []string{"mallila", "rekisteri"} {
		t.Run(example, func(t *testing.T) {
			dir := committed(t, map[string]string{"README": "beside"})
			root := filepath.Join(dir, example)
			if err := os.CopyFS(root, os.DirFS("../../examples/"+example)); err != nil {
				t.Fatal(err)
			}
			commitAll(t, dir, "second")
			if tree := readAt(t, root, "HEAD"); tree.Refused() || tree.Objects == 0 {
				t.Errorf("%+v", tree.Problems)
			}
			same(t, readTree(t, os.DirFS(root)), readAt(t, root, "HEAD"))
		})
	}
}

func same(t *testing.T, want, got *config.Tree) {
	t.Helper()
	if diff := cmp.Diff(want.Problems, got.Problems); diff != "" {
		t.Errorf("problems (-disk +git):\n%s", diff)
	}
	if want.Files != got.Files || want.Objects != got.Objects || (want.Goal == nil) != (got.Goal == nil) {
		t.Fatalf("%d files and %d objects from the disk, %d and %d from Git", want.Files, want.Objects, got.Files, got.Objects)
	}
	if want.Goal == nil {
		return
	}
	if diff := cmp.Diff(want.Goal.Inputs, got.Goal.Inputs); diff != "" {
		t.Errorf("files (-disk +git):\n%s", diff)
	}
	if !want.Goal.Facts.Equal(got.Goal.Facts) || !want.Goal.Dormant.Equal(got.Goal.Dormant) {
		t.Error("the facts differ")
	}
}

func TestRevisionIsAFileSystem(t *testing.T) {
	files := map[string]string{"a.csv": "rivi", "b/c/d.yaml": "d", "b/e": "", "ä\n/ö": "x"}
	dir := committed(t, files)
	fsys, _, err := revision(t.Context(), dir, "HEAD")
	if err != nil {
		t.Fatal(err)
	}
	if err := fstest.TestFS(fsys, "a.csv", "b/c/d.yaml", "b/e", "ä\n/ö"); err != nil {
		t.Error(err)
	}
	files["a.csv"] = strings.Repeat("rivi\n", source.MaxFileBytes/4) // read by a process of its own
	write(t, dir, files)
	commitAll(t, dir, "second")
	if fsys, _, err = revision(t.Context(), dir, "HEAD"); err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for i := range 5 {
		group.Go(func() {
			for name, want := range files {
				if got, err := fs.ReadFile(fsys, name); err != nil || string(got) != want {
					t.Errorf("%s, read the %dth time: %d bytes, %v", name, i, len(got), err)
				}
			}
		})
	}
	group.Wait()
	f, err := fsys.Open("a.csv") // and not read to its end
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(f, make([]byte, 100)); err != nil || f.Close() != nil {
		t.Error(err)
	}
}

// TestRevisionIsWhatGitKeeps: no attribute, filter, replacement or link changes
// what is read.
func TestRevisionIsWhatGitKeeps(t *testing.T) {
	const pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12\n"
	dir := committed(t, map[string]string{
		".gitattributes": "*.yaml export-ignore\n*.csv export-subst ident\n",
		"a.yaml":         "a", "r.csv": "$Id$ $Format:%H$\n", "lfs.csv": pointer,
	})
	first := git(t, dir, "rev-parse", "HEAD")
	if err := errors.Join(os.Symlink("a.yaml", filepath.Join(dir, "link.yaml")), os.Symlink("/etc", filepath.Join(dir, "etc"))); err != nil {
		t.Skip("skipped: no links here: ", err)
	}
	write(t, dir, map[string]string{"a.yaml": "another"})
	other := committed(t, map[string]string{"z.yaml": "of the submodule"})
	git(t, dir, "submodule", "--quiet", "add", other, "sub")
	second := commitAll(t, dir, "second")
	git(t, dir, "replace", first, second)
	for rev, want := range map[string]map[string]string{
		first:  {".gitattributes": "", "a.yaml": "a", "r.csv": "$Id$ $Format:%H$\n", "lfs.csv": pointer},
		second: {".gitattributes": "", ".gitmodules": "", "a.yaml": "another", "r.csv": "$Id$ $Format:%H$\n", "lfs.csv": pointer},
	} {
		fsys, commit, err := revision(t.Context(), dir, rev)
		if err != nil || commit != rev {
			t.Fatal(commit, err)
		}
		got := make(map[string]string)
		err = fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			data, err := fs.ReadFile(fsys, name)
			if got[name] = string(data); strings.HasPrefix(name, ".") {
				got[name] = ""
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", rev, diff)
		}
	}
}

func TestNamesOfRevisions(t *testing.T) {
	dir := committed(t, smallTree)
	first := git(t, dir, "rev-parse", "HEAD")
	write(t, dir, map[string]string{"uusi.yaml": group("uusi")})
	second := commitAll(t, dir, "the second: uusi")
	git(t, dir, "tag", "--annotate", "--message", "x", "v1", first)
	git(t, dir, "branch", "haara/ä", first)
	for rev, want := range map[string]string{
		"HEAD": second, "main": second, "HEAD~1": first, "HEAD^": first, "v1": first, "haara/ä": first, first[:10]: first, second: second,
		"refs/heads/main": second, "@{0}": second, ":/the second": second,
	} {
		if _, got, err := revision(t.Context(), dir, rev); err != nil || got != want {
			t.Errorf("%s is %s, %v; want %s", rev, got, err, want)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, rev := range []string{
		"", " ", "-", "--", "-h", "--help", "--all", "--branches=main", "--tags", "--git-dir", "--output=x", "-C", "--not HEAD", "^HEAD", "HEAD^@", "HEAD~1..HEAD", "HEAD HEAD", "HEAD\nHEAD", "HEAD\x00",
		"HEAD:lupa.yaml", "HEAD^{tree}", "HEAD:", ":lupa.yaml", "HEAD^{/nowhere}", "nowhere", "origin/main", strings.Repeat("0", 40), strings.Repeat("a", 64),
		"$(touch x)", "`touch x`", "; touch x", "\xff", "\u202e", strings.Repeat("x", 100_000),
	} {
		_, _, err := revision(t.Context(), dir, rev)
		if f := new(failure); !errors.As(err, &f) || f.code != exitUsage || f.next == nil {
			t.Errorf("%.40q: %v, want wrong usage", rev, err)
		}
	}
	if after, err := os.ReadDir(dir); err != nil || len(after) != len(entries) {
		t.Errorf("a name of a revision left something behind: %v, %v", after, err)
	}
}

// TestRevisionSaysWhatToDo: where git refuses, there is one thing to try next.
func TestRevisionSaysWhatToDo(t *testing.T) {
	dir := committed(t, smallTree)
	first := git(t, dir, "rev-parse", "HEAD")
	write(t, dir, map[string]string{"kunta/lupa.yaml": smallTree["lupa.yaml"]})
	commitAll(t, dir, "second")
	shallow := filepath.Join(t.TempDir(), "clone")
	git(t, dir, "clone", "--quiet", "--depth", "1", "file://"+dir, shallow)
	for _, c := range []struct {
		name, root, rev string
		set             [2]string
		code            int
		said            string
	}{
		{"a shallow clone", shallow, "HEAD~1", [2]string{}, exitUsage, "fetch-depth: 0"},
		{"a shallow clone, by commit", shallow, first, [2]string{}, exitUsage, "fetch-depth: 0"},
		{"a directory that is new", filepath.Join(dir, "kunta"), first, [2]string{}, exitInput, "has no directory kunta"},
		{"no repository", t.TempDir(), "HEAD", [2]string{}, exitInput, "in no Git repository"},
		{"somebody else's repository", dir, "HEAD", [2]string{"GIT_TEST_ASSUME_DIFFERENT_OWNER", "1"}, exitInput, "git config --global --add safe.directory " + dir},
		{"no git", dir, "HEAD", [2]string{"PATH", t.TempDir()}, exitFailure, "install it"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.set[0] != "" {
				t.Setenv(c.set[0], c.set[1])
			}
			_, _, err := revision(t.Context(), c.root, c.rev)
			f := new(failure)
			if !errors.As(err, &f) {
				t.Fatalf("%v", err)
			}
			var said bytes.Buffer
			(&app{streams: streams{err: &said}}).complain(f)
			if f.code != c.code || !strings.Contains(said.String(), c.said) {
				t.Errorf("exit %d, want %d: %s", f.code, c.code, said.String())
			}
		})
	}
}

// TestRevisionInAHook: git tells its hooks where to look, and that is not always
// where the tree lies.
func TestRevisionInAHook(t *testing.T) {
	dir := committed(t, smallTree)
	other := committed(t, map[string]string{"lupa.yaml": "kind: ["})
	want := git(t, dir, "rev-parse", "HEAD")
	for name, value := range map[string]string{
		"GIT_DIR": filepath.Join(other, ".git"), "GIT_WORK_TREE": other, "GIT_INDEX_FILE": filepath.Join(other, ".git/index"), "GIT_PREFIX": "kunta/",
		"GIT_OBJECT_DIRECTORY": filepath.Join(other, ".git/objects"), "GIT_COMMON_DIR": filepath.Join(other, ".git"), "GIT_NAMESPACE": "x", "LC_ALL": "fi_FI.UTF-8",
	} {
		t.Setenv(name, value)
	}
	fsys, got, err := revision(t.Context(), dir, "HEAD")
	if err != nil || got != want {
		t.Fatalf("%s, %v; want %s", got, err, want)
	}
	if tree := readTree(t, fsys); tree.Refused() || tree.Objects != 7 {
		t.Errorf("%d objects, %+v", tree.Objects, tree.Problems)
	}
	if got := commit(t.Context(), dir); got != want {
		t.Errorf("the commit of the tree is %s, want %s", got, want)
	}
}

// FuzzEntriesOfGit: whatever names a damaged or a hostile repository has, finding
// the files of a tree ends.
func FuzzEntriesOfGit(f *testing.F) {
	for _, names := range [][]string{{"a.yaml", "b/c.yaml"}, {"", ".", "..", "/", "//"}, {"a", "a/b", "a/b/c"}, {"a.yaml", "a.yaml/b.yaml"}, {"../x.yaml", "a/../b.yaml", "a//b.yaml", "/etc/x.yaml", "./x.yaml"}} {
		var entries strings.Builder
		for _, name := range names {
			fmt.Fprintf(&entries, "100644 blob %s       7\t%s\x00", strings.Repeat("a", 40), name)
		}
		f.Add([]byte(entries.String()))
	}
	f.Add([]byte("120000 blob aa 7\ta\x00160000 commit aa -\tb\x00100644 blob aa -\tc\x00"))
	f.Fuzz(func(t *testing.T, entries []byte) {
		g := &gitFiles{repository: repository{ctx: t.Context()}, files: make(map[string]gitFile), dirs: map[string][]fs.DirEntry{".": nil}}
		if err := g.lines(bufio.NewReader(bytes.NewReader(entries))); err != nil {
			return
		}
		paths, _, err := source.List(g)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			if info, err := g.Stat(path); err != nil || !info.Mode().IsRegular() {
				t.Fatalf("%q is no file", path)
			}
		}
	})
}

func TestRevisionEndsWithItsContext(t *testing.T) {
	dir := committed(t, smallTree)
	ctx, cancel := context.WithCancel(t.Context())
	fsys, _, err := revision(ctx, dir, "HEAD")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fs.ReadFile(fsys, "lupa.yaml"); err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := fs.ReadFile(fsys, "a-b.yaml"); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end: %v", err)
	}
	if _, _, err := revision(ctx, dir, "HEAD"); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end: %v", err)
	}
}
