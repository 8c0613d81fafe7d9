package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/lupa-dev/lupa/reconcile/facttest"
)

// cachedTree is a tree of 200 people whose lupa keeps compiled files, and a way to
// run it for a user by their directory of caches.
func cachedTree(t *testing.T) (dir string, lupa func(home string, args ...string) (out string, code int)) {
	t.Helper()
	dir = largeTree(t, 200)
	if err := os.Mkdir(filepath.Join(dir, ".lupa"), 0o700); err != nil {
		t.Fatal(err)
	}
	return dir, func(home string, args ...string) (string, int) {
		t.Helper()
		cmd := program(dir, args...)
		cmd.Env = append(cmd.Env, "XDG_CACHE_HOME="+home, "HOME="+home, "LocalAppData="+home)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if exit, ok := err.(*exec.ExitError); err != nil && !ok {
			t.Fatal(err)
		} else if ok {
			return string(out) + stderr.String(), exit.ExitCode()
		}
		return string(out) + stderr.String(), 0
	}
}

var allRights = []string{"access", "--all", "--format", "jsonl"}

// TestCacheIsMade: it is kept by the first run, private, and no more than the last
// run used.
func TestCacheIsMade(t *testing.T) {
	dir, lupa := cachedTree(t)
	home := t.TempDir()
	before, code := lupa(filepath.Join(home, "missing", "home"), allRights...)
	if code != 0 || strings.Count(before, "\n") < 200 {
		t.Fatal(code, before)
	}
	file := filepath.Join(dir, cacheFile)
	if _, err := os.Lstat(filepath.Dir(file)); err == nil {
		t.Error("kept for a user without a home")
	}
	for range 3 {
		if out, code := lupa(home, allRights...); code != 0 || out != before {
			t.Fatalf("%d: other rights", code)
		}
	}
	for path, mode := range map[string]os.FileMode{file: 0o600, filepath.Dir(file): 0o700 | os.ModeDir, filepath.Join(home, "lupa", "cache.key"): 0o600, filepath.Join(home, "lupa"): 0o700 | os.ModeDir} {
		if info, err := os.Lstat(path); err != nil || info.Mode() != mode {
			t.Errorf("%s: %v, %v", path, info, err)
		}
	}
	first, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for name := range facttest.Tree(200) { // half of the schools close
		if strings.HasSuffix(name, "people.yaml") {
			if err := os.Remove(filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "new.yaml"), []byte("apiVersion: lupa/v1\nkind: UserGroup\nmetadata: {name: new}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	lupa(home, "validate")
	if last, err := os.ReadFile(file); err != nil || len(last) >= len(first) || !bytes.Contains(last, []byte("g07")) {
		t.Errorf("%d bytes are kept of a smaller tree, %d before, and not what was used; %v", len(last), len(first), err)
	}
}

// TestCacheIsNotBelieved: whatever lies in the place of the cache, lupa says what
// the files say.
func TestCacheIsNotBelieved(t *testing.T) {
	dir, lupa := cachedTree(t)
	home := t.TempDir()
	want, code := lupa(home, allRights...)
	if code != 0 {
		t.Fatal(want)
	}
	file := filepath.Join(dir, cacheFile)
	kept, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	card := []byte("t-0000001")
	if !bytes.Contains(kept, card) || !strings.Contains(want, string(card)) {
		t.Fatal("the cache does not hold a card")
	}
	for name, text := range map[string][]byte{
		"forged":    bytes.ReplaceAll(kept, card, []byte("t-0000009")),
		"truncated": kept[:len(kept)/2],
		"short":     kept[:7],
		"empty":     {},
		"longer":    append(bytes.Clone(kept), 0),
		"other":     bytes.Repeat([]byte("a"), 1000),
	} {
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if out, _ := lupa(home, allRights...); out != want {
			t.Errorf("%s: other rights", name)
		}
		if now, err := os.ReadFile(file); err != nil || !bytes.Equal(now, kept) {
			t.Errorf("%s: the cache is not made anew: %v", name, err)
		}
	}
	if out, _ := lupa(t.TempDir(), allRights...); out != want {
		t.Error("another user sees other rights")
	}
	if now, err := os.ReadFile(file); err != nil || bytes.Equal(now, kept) {
		t.Errorf("what somebody else sealed counted: %v", err)
	}
}

// TestCacheSeesChanges: what is kept of a file does not outlive its bytes, and
// what is wrong with a tree has the same place on every run.
func TestCacheSeesChanges(t *testing.T) {
	dir, lupa := cachedTree(t)
	home := t.TempDir()
	if out, code := lupa(home, "validate"); code != 0 {
		t.Fatal(out)
	}
	if err := os.Remove(filepath.Join(dir, "groups", "g01.yaml")); err != nil {
		t.Fatal(err)
	}
	want, code := lupa(t.TempDir(), "validate", "--format", "json")
	if code != exitInput || strings.Count(want, "people.yaml") < 3 {
		t.Fatal(code, want)
	}
	for range 2 {
		if out, code := lupa(home, "validate", "--format", "json"); code != exitInput || out != want {
			t.Errorf("%d, %s\ninstead of\n%s", code, out, want)
		}
	}
	path := filepath.Join(dir, "groups", "g01.yaml")
	if err := os.WriteFile(path, []byte("apiVersion: lupa/v1\nkind: UserGroup\nmetadata: {name: g01}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, code := lupa(home, "validate"); code != 0 {
		t.Error(out)
	}
}

// TestCacheInTheWay: where nothing can be kept, nothing is, and nothing is said.
func TestCacheInTheWay(t *testing.T) {
	for name, lay := range map[string]func(dir, home string) error{
		"a file for the directory":  func(dir, _ string) error { return os.WriteFile(filepath.Join(dir, cacheDir), nil, 0o600) },
		"a link for the directory":  func(dir, home string) error { return os.Symlink(home, filepath.Join(dir, cacheDir)) },
		"a link in the tree":        func(dir, _ string) error { return os.Symlink("../groups", filepath.Join(dir, cacheDir)) },
		"a directory for the cache": func(dir, _ string) error { return os.MkdirAll(filepath.Join(dir, cacheFile, "x"), 0o700) },
		"one that is being written": func(dir, _ string) error { return os.MkdirAll(filepath.Join(dir, cacheNew), 0o700) },
		"a key that others read": func(_, home string) error {
			if err := os.Mkdir(filepath.Join(home, "lupa"), 0o700); err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(home, "lupa", "cache.key"), make([]byte, 32), 0o644)
		},
		"a link for the directory of the state": func(dir, _ string) error {
			if err := os.Remove(filepath.Join(dir, ".lupa")); err != nil {
				return err
			}
			return os.Symlink("groups", filepath.Join(dir, ".lupa"))
		},
	} {
		dir, lupa := cachedTree(t)
		home := t.TempDir()
		if err := lay(dir, home); err != nil {
			t.Fatal(name, err)
		}
		for range 2 {
			if out, code := lupa(home, "validate"); code != 0 || strings.Contains(out, "cache") {
				t.Errorf("%s: %d, %s", name, code, out)
			}
		}
		for _, path := range []string{filepath.Join(dir, "groups", "compiled"), filepath.Join(dir, "groups", "cache", "compiled"), filepath.Join(home, "compiled"), filepath.Join(dir, cacheFile)} {
			if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
				t.Errorf("%s: kept in %s", name, path)
			}
		}
	}
}

// TestCacheOfManyAtOnce: lupas that run side by side, while somebody removes the
// cache.
func TestCacheOfManyAtOnce(t *testing.T) {
	dir, lupa := cachedTree(t)
	home := t.TempDir()
	want, _ := lupa(home, allRights...)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 3 {
				if err := os.RemoveAll(filepath.Join(dir, cacheDir)); err != nil && !os.IsExist(err) {
					t.Log(err) // another one has made a file in it
				}
				if out, _ := lupa(home, allRights...); out != want {
					t.Error("other rights")
				}
			}
		})
	}
	all.Wait()
	if left, _ := filepath.Glob(filepath.Join(dir, cacheDir, "*.new")); len(left) > 0 {
		t.Error(left)
	}
}
