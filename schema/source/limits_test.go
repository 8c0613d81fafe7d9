//go:build unix

package source

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// nested is a mapping so many collections deep.
func nested(depth int) string {
	return "a: " + strings.Repeat("[", depth-1) + strings.Repeat("]", depth-1)
}

func mapping(keys int) string {
	var b strings.Builder
	for i := range keys {
		fmt.Fprintf(&b, "k%d: v\n", i)
	}
	return b.String()
}

func padded(text string, size int) string { return text + "#" + strings.Repeat(".", size-len(text)-1) }

// TestLimitsOfAFile stands on both sides of each.
func TestLimitsOfAFile(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: -short, and files at the limits take ten seconds")
	}
	for _, c := range []struct {
		name string
		text func() string
		want string // no problem where empty
	}{
		{"depth 32", func() string { return nested(32) }, ""},
		{"depth 33", func() string { return nested(33) }, "Y06.depth [32] 1:35"},
		{"depth 33, in blocks", func() string {
			text := ""
			for i := range 33 {
				text += strings.Repeat(" ", i) + "a:\n"
			}
			return text + strings.Repeat(" ", 33) + "b\n"
		}, "Y06.depth [32] 33:33"},
		{"depth 33, of text in brackets", func() string { return "a: '" + strings.Repeat("[", 900) + "'\n" }, ""},
		{"10,000 keys", func() string { return mapping(10_000) }, ""},
		{"10,001 keys", func() string { return mapping(10_001) }, "Y06.keys [10000] 1:1"},
		{"10,000 keys often", func() string { return strings.Repeat("---\n"+mapping(10_000), 49) }, ""},
		{"1,000,000 nodes in blocks", func() string { return "a:\n" + strings.Repeat("- bcdefghi\n", 999_997) }, ""},
		{"1,000,001 nodes in blocks", func() string { return "a:\n" + strings.Repeat("- bcdefghi\n", 999_998) }, "Y06.nodes [1000000] 999999:3"},
		{"1,000,000 nodes in flow", func() string { return "a: [" + strings.Repeat("b, ", 999_997) + "]\n" }, ""},
		{"1,000,001 nodes in flow", func() string { return "a: [" + strings.Repeat("b, ", 999_998) + "]\n" }, "Y06.nodes [1000000] 1:2999996"},
		{"1,000,000 nodes of people", func() string {
			return "a:\n" + strings.Repeat("- {name: t-1, groups: [a, b]}\n", 142_856) + "- {b: [], c: []}\n"
		}, ""},
		{"1,000,000 nodes with a comment for every tenth", func() string {
			return "a:\n" + strings.Repeat("- b\n- b\n- b\n- b\n- b\n- b\n- b\n- b\n- b\n# c\n- b\n", 99_999)
		}, ""},
		{"1,000,002 nodes in two documents", func() string {
			return strings.Repeat("---\na:\n"+strings.Repeat("- b\n", 499_998), 2)
		}, "Y06.nodes [1000000] 999999:3"},
		{"16 MiB", func() string { return padded("a: b ", MaxFileBytes) }, ""},
		{"16 MiB of text", func() string { return "a: |\n  " + strings.Repeat("x: y, [z]\n  ", 500_000) + "\n" }, "Y06.nodes"},
		{"16 MiB of prose", func() string {
			return "a: |\n  " + strings.Repeat("A school may have many groups, and each of them some rights.\n  ", 260_000) + "\n"
		}, ""},
		{"a byte more than 16 MiB", func() string { return padded("a: b ", MaxFileBytes+1) }, "Y06.file [16 MiB] 0:0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := Parse("x.yaml", []byte(c.text()))
			got := ""
			for _, p := range file.Problems {
				got += fmt.Sprintf("%s %v %d:%d", p.Key(), p.Args, p.Pos[0].Line, p.Pos[0].Col)
			}
			if got != c.want && (len(c.want) != len("Y06.nodes") || !strings.HasPrefix(got, c.want)) {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if lost := len(file.Lost) > 0; lost != (c.want != "") {
				t.Errorf("lost: %t, of %d documents", lost, len(file.Documents))
			}
		})
	}
}

// largeFS is a tree of files that are large or many, and nowhere.
type largeFS struct {
	files int
	size  int64
}

func (f largeFS) Open(string) (fs.File, error) { return nil, fs.ErrInvalid }

func (f largeFS) ReadDir(string) ([]fs.DirEntry, error) {
	entries := make([]fs.DirEntry, f.files)
	for i := range entries {
		entries[i] = fs.FileInfoToDirEntry(largeFile{fmt.Sprintf("%06d.yaml", i), f.size, 0})
	}
	return entries, nil
}

func (f largeFS) Stat(name string) (fs.FileInfo, error) {
	if name == "." {
		return largeFile{name, 0, fs.ModeDir}, nil
	}
	return largeFile{path.Base(name), f.size, 0}, nil
}

type largeFile struct {
	name string
	size int64
	mode fs.FileMode
}

func (f largeFile) Name() string       { return f.name }
func (f largeFile) Size() int64        { return f.size }
func (f largeFile) Mode() fs.FileMode  { return f.mode }
func (f largeFile) ModTime() time.Time { return time.Time{} }
func (f largeFile) IsDir() bool        { return f.mode.IsDir() }
func (f largeFile) Sys() any           { return nil }

func TestLimitsOfATree(t *testing.T) {
	for _, c := range []struct {
		name string
		tree largeFS
		want string
	}{
		{"100,000 files", largeFS{MaxFiles, 1}, ""},
		{"100,001 files", largeFS{MaxFiles + 1, 1}, "Y06.files [100000] 100000.yaml"},
		{"a million files", largeFS{1_000_000, 1}, "Y06.files [100000] 100000.yaml"},
		{"2 GiB", largeFS{128, MaxTreeBytes / 128}, ""},
		{"more than 2 GiB", largeFS{129, MaxTreeBytes / 128}, "Y06.tree [2 GiB] 000128.yaml"},
		{"files that wrap around", largeFS{3, 1<<63 - 1}, "Y06.tree [2 GiB] 000000.yaml"},
	} {
		_, problems, err := List(c.tree)
		got := ""
		for _, p := range problems {
			got += fmt.Sprintf("%s %v %s", p.Key(), p.Args, p.Pos[0].File)
		}
		if got != c.want || err != nil {
			t.Errorf("%s: got %q and %v, want %q", c.name, got, err, c.want)
		}
	}
}

// TestDirectories stands on both sides of the limit.
func TestDirectories(t *testing.T) {
	for depth, want := range map[int]int{MaxDirectories: 0, MaxDirectories + 1: 1, 2000: 1} {
		paths, problems, err := List(fstest.MapFS{strings.Repeat("d/", depth) + "a.yaml": {}, "z.yaml": {}})
		if err != nil || len(problems) != want || want == 0 && len(paths) != 2 || want == 1 && problems[0].Key() != "Y06.directories" {
			t.Errorf("%d directories: %v, %v, %v", depth, paths, problems, err)
		}
	}
}

// TestOddPaths: a path that would do something where it is shown is refused.
func TestOddPaths(t *testing.T) {
	for name, want := range map[string]string{
		"a\nb.yaml": "Y02.path [U+000A]", "\x1b[31m/a.yml": "Y02.path [U+001B]", "a\u202e.yaml": "Y02.path [U+202E]", "\xff.yaml": "Y01.path []", "a\tb/c.yaml": "Y02.path [U+0009]",
		"a\nb.txt": "", "ä 漢.yaml": "", "::a.yaml": "", "\ufffd.yaml": "",
	} {
		_, problems, err := List(oddFS{name})
		got := ""
		for _, p := range problems {
			got += fmt.Sprintf("%s %v", p.Key(), p.Args)
		}
		if got != want || err != nil {
			t.Errorf("%q: %q, %v; want %q", name, got, err, want)
		}
	}
}

// oddFS is a tree with one file, whose name may be none.
type oddFS struct{ name string }

func (f oddFS) Open(string) (fs.File, error) { return nil, fs.ErrInvalid }

func (f oddFS) ReadDir(string) ([]fs.DirEntry, error) {
	return []fs.DirEntry{fs.FileInfoToDirEntry(largeFile{f.name, 1, 0})}, nil
}

func (f oddFS) Stat(name string) (fs.FileInfo, error) {
	if name == "." {
		return largeFile{name, 0, fs.ModeDir}, nil
	}
	return largeFile{name, 1, 0}, nil
}

// TestOnlyRegularFiles lists a tree with everything that may lie in one, through
// the same door as the program.
func TestOnlyRegularFiles(t *testing.T) {
	outside := t.TempDir()
	dir := t.TempDir()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	write := func(dir, name string) {
		must(os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
		must(os.WriteFile(filepath.Join(dir, name), []byte("a: b\n"), 0o644))
	}
	write(outside, "secret.yaml")
	for _, name := range []string{"a.yaml", "b.yml", "sub/c.yaml", "sub/deeper/d.yaml", "dir.yaml/e.yaml", "UPPER.YAML", "f.yaml.bak", "g.json", "ä.yaml", "h i.yaml",
		".hidden.yaml", ".hidden/a.yaml", "sub/.git/a.yaml", ".lupa/state.yaml"} {
		write(dir, name)
	}
	must(os.Symlink("a.yaml", filepath.Join(dir, "link-inside.yaml")))
	must(os.Symlink(filepath.Join(outside, "secret.yaml"), filepath.Join(dir, "link-out.yaml")))
	must(os.Symlink("../"+filepath.Base(outside)+"/secret.yaml", filepath.Join(dir, "link-up.yaml")))
	must(os.Symlink("loop.yaml", filepath.Join(dir, "loop.yaml")))
	must(os.Symlink("loop2.yaml", filepath.Join(dir, "loop1.yaml")))
	must(os.Symlink("loop1.yaml", filepath.Join(dir, "loop2.yaml")))
	must(os.Symlink("nowhere", filepath.Join(dir, "dangling.yaml")))
	must(os.Symlink("/dev/zero", filepath.Join(dir, "zero.yaml")))
	must(os.Symlink("sub", filepath.Join(dir, "link-to-directory.yaml")))
	must(os.Symlink(outside, filepath.Join(dir, "linked-directory")))
	must(os.Symlink("..", filepath.Join(dir, "sub", "up")))
	must(syscall.Mkfifo(filepath.Join(dir, "fifo.yaml"), 0o644))
	root, err := os.OpenRoot(dir)
	must(err)
	defer root.Close()

	paths, problems, err := List(root.FS())
	must(err)
	want := []string{"a.yaml", "b.yml", "dir.yaml/e.yaml", "h i.yaml", "link-inside.yaml", "sub/c.yaml", "sub/deeper/d.yaml", "ä.yaml"}
	if diff := cmp.Diff(want, paths); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	var refused []string
	for _, p := range problems {
		if p.Key() != "Y07" || p.Pos[0].Line != 0 || !slices.Equal(p.Args, []string{p.Pos[0].File}) {
			t.Errorf("%+v, want Y07 of the file", p)
		}
		refused = append(refused, p.Pos[0].File)
	}
	want = []string{"dangling.yaml", "fifo.yaml", "link-out.yaml", "link-to-directory.yaml", "link-up.yaml", "loop.yaml", "loop1.yaml", "loop2.yaml", "zero.yaml"}
	if diff := cmp.Diff(want, refused); diff != "" {
		t.Errorf("refused (-want +got):\n%s", diff)
	}
	for _, name := range paths {
		if file, err := Read(root.FS(), name); err != nil || len(file.Documents) != 1 {
			t.Errorf("%s: %+v, %v", name, file, err)
		}
	}
	for _, name := range []string{"link-out.yaml", "link-up.yaml", "loop.yaml", "nothing.yaml"} {
		if file, err := Read(root.FS(), name); err == nil {
			t.Errorf("%s is read: %+v", name, file)
		}
	}
}

// TestReadStopsAtTheLimit reads a file that has no end.
func TestReadStopsAtTheLimit(t *testing.T) {
	file, err := Read(os.DirFS("/dev"), "zero")
	if err != nil || len(file.Problems) != 1 || file.Problems[0].Key() != "Y06.file" {
		t.Errorf("%v, %v; want Y06.file", file.Problems, err)
	}
}

// TestListIsSorted holds that layout never changes the meaning, as far as names
// of files go.
func TestListIsSorted(t *testing.T) {
	tree := fstest.MapFS{"b.yaml": {}, "a/b.yaml": {}, "a.yaml": {}, "a-b.yaml": {}, "Z.yaml": {}}
	paths, problems, err := List(tree)
	if err != nil || len(problems) > 0 || !slices.IsSorted(paths) || len(paths) != len(tree) {
		t.Errorf("%q, %v, %v", paths, problems, err)
	}
}
