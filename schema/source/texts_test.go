package source_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/lupa-dev/lupa/schema/source"
)

// subTree opens directories of a map, and counts them.
type subTree struct {
	fstest.MapFS
	opened, closed *atomic.Int32
}

func (s subTree) Sub(dir string) (fs.FS, error) {
	if dir == "closed" {
		return nil, fs.ErrPermission
	}
	s.opened.Add(1)
	sub, err := s.MapFS.Sub(dir)
	return subDirectory{sub, s.closed}, err
}

type subDirectory struct {
	fs.FS
	closed *atomic.Int32
}

func (s subDirectory) Close() error { s.closed.Add(1); return nil }

// TestTexts: whoever reads, each file has its own text, and each directory is
// opened once and closed.
func TestTexts(t *testing.T) {
	files := fstest.MapFS{}
	var paths []string
	for _, p := range []string{"a.yaml", "b/a.yaml", "b/b.yaml", "b/c/a.yaml", "b/d.yaml", "closed/a.yaml", "d/a.yaml"} {
		files[p] = &fstest.MapFile{Data: []byte("text of " + p)}
		paths = append(paths, p)
	}
	tree := subTree{files, new(atomic.Int32), new(atomic.Int32)}
	texts := source.Open(tree, paths)
	var readers sync.WaitGroup
	for _, p := range paths {
		readers.Go(func() {
			if data, err := texts.Read(p); err != nil || string(data) != "text of "+p {
				t.Errorf("%s: %q, %v", p, data, err)
			}
		})
	}
	readers.Wait()
	if opened, closed := tree.opened.Load(), tree.closed.Load(); opened != 3 || closed != 3 {
		t.Errorf("%d directories opened and %d closed, want 3", opened, closed)
	}
}

// rootTree is a directory of the disk.
type rootTree struct {
	fs.FS
	root *os.Root
}

func (r rootTree) Sub(dir string) (fs.FS, error) {
	root, err := r.root.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return rootTree{root.FS(), root}, nil
}

func (r rootTree) Close() error { return r.root.Close() }

// TestTextsInsideTheTree: a link to another directory of the tree is followed. One
// that leads out is not, also where it took the place of something else after the
// files were listed.
func TestTextsInsideTheTree(t *testing.T) {
	dir := t.TempDir()
	out := t.TempDir()
	tree := filepath.Join(dir, "tree")
	must := func(errs ...error) {
		t.Helper()
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
	}
	write := func(at, p string) error {
		return errors.Join(os.MkdirAll(filepath.Dir(filepath.Join(at, p)), 0o755), os.WriteFile(filepath.Join(at, p), []byte("text of "+p), 0o644))
	}
	for _, p := range []string{"a/a.yaml", "b/b.yaml", "b/later.yaml", "c/secret.yaml", "d/d.yaml"} {
		must(write(tree, p))
	}
	must(write(out, "secret.yaml"), os.Symlink("../a/a.yaml", filepath.Join(tree, "b", "link.yaml")))
	root, err := os.OpenRoot(tree)
	must(err)
	defer root.Close()
	fsys := rootTree{root.FS(), root}
	paths, problems, err := source.List(fsys)
	if must(err); len(problems) > 0 {
		t.Fatal(problems)
	}
	must(os.Remove(filepath.Join(tree, "b", "later.yaml")), os.Symlink(filepath.Join(out, "secret.yaml"), filepath.Join(tree, "b", "later.yaml")))
	must(os.RemoveAll(filepath.Join(tree, "c")), os.Symlink(out, filepath.Join(tree, "c")))
	got, texts := make(map[string]string), source.Open(fsys, paths)
	for _, p := range paths {
		if data, err := texts.Read(p); err != nil {
			got[p] = "refused"
		} else {
			got[p] = string(data)
		}
	}
	want := map[string]string{"a/a.yaml": "text of a/a.yaml", "b/b.yaml": "text of b/b.yaml", "b/later.yaml": "refused", "b/link.yaml": "text of a/a.yaml",
		"c/secret.yaml": "refused", "d/d.yaml": "text of d/d.yaml"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
