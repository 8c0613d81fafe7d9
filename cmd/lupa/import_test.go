package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lupa-dev/lupa/reconcile/config"
)

// TestImportStopsHalfWay: what was written by then is said, is whole, and is a
// tree that the next import goes on with.
func TestImportStopsHalfWay(t *testing.T) {
	files := map[string][]byte{"a.yaml": []byte("a"), "b/c.yaml": []byte("c"), "d.yaml": []byte("d")}
	edits := map[string]config.Edit{"x.yaml": {Before: []byte("x"), After: []byte("xx")}, "y.yaml": {Before: []byte("y"), After: []byte("yy")}}
	for name, c := range map[string]struct {
		spoil   func(dir string, cancel func()) error
		written []string
		say     string
	}{
		"a file where a directory would be": {
			func(dir string, _ func()) error { return os.WriteFile(filepath.Join(dir, "b"), nil, 0o644) },
			[]string{"lupa.yaml", "a.yaml", "b"}, "; 2 files were created; import again",
		},
		"a file that came in between": {
			func(dir string, _ func()) error { return os.WriteFile(filepath.Join(dir, "d.yaml"), nil, 0o644) },
			[]string{"d.yaml"}, "d.yaml was made while lupa looked; no file was created; import again",
		},
		"a file that was changed in between": {
			func(dir string, _ func()) error {
				return os.WriteFile(filepath.Join(dir, "y.yaml"), []byte("Y"), 0o644)
			},
			nil, "y.yaml was changed while lupa looked; no file was created; import again",
		},
		"a file that went in between": {
			func(dir string, _ func()) error { return os.Remove(filepath.Join(dir, "x.yaml")) },
			nil, "no file was created; import again",
		},
		"interrupted": {func(_ string, cancel func()) error { cancel(); return nil }, nil, "; no file was created; import again"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			ctx, cancel := context.WithCancel(t.Context())
			for name, e := range edits {
				if err := os.WriteFile(filepath.Join(dir, name), e.Before, 0o640); err != nil {
					t.Fatal(err)
				}
			}
			if err := c.spoil(dir, cancel); err != nil {
				t.Fatal(err)
			}
			var out, errs bytes.Buffer
			a := &app{streams: streams{strings.NewReader(""), &out, &errs}, out: &sink{&out, bufio.NewWriter(&out)}}
			into := &destination{tree: &tree{root: dir}, extra: map[string][]byte{config.ProjectFile: []byte("p")}}
			_, _, err := a.write(ctx, into, &config.Imported{Files: files, Changed: edits})
			var f *failure
			if !errors.As(err, &f) || f.code != exitFailure {
				t.Fatal(err)
			}
			a.complain(f)
			if !strings.Contains(errs.String(), c.say) {
				t.Errorf("said %q, want %q", errs.String(), c.say)
			}
			for _, name := range []string{"lupa.yaml", "a.yaml", "b", "b/c.yaml", "d.yaml"} {
				_, err := os.Lstat(filepath.Join(dir, name))
				if want := strings.Contains(" "+strings.Join(c.written, " ")+" ", " "+name+" "); (err == nil) != want {
					t.Errorf("%s is there: %v, want %v", name, err == nil, want)
				}
			}
			for name, e := range edits {
				if data, err := os.ReadFile(filepath.Join(dir, name)); err == nil && bytes.Equal(data, e.After) {
					t.Errorf("%s was changed", name)
				}
			}
		})
	}
}

// TestImportSettings: a new tree has the settings of the one whose target it was
// made of, and finds the same targets; rosters stay where they are.
func TestImportSettings(t *testing.T) {
	first := filepath.Join(t.TempDir(), "first")
	lupa(t, t.TempDir(), 0, "init", first)
	elsewhere := filepath.Join(t.TempDir(), "x.db")
	project := `apiVersion: lupa/v1
kind: Project
metadata: {name: kunta, labels: {a: "yes"}}
spec:
  targets:
    test: {type: sqlite, path: data/test.db}
    far: {type: sqlite, path: ` + elsewhere + `}
    shared: {type: postgres, dsnEnv: LUPA_DSN}
    file: {type: postgres, dsnFile: /run/dsn}
  language: fi
  horizonDays: 30
  minGroup: 7
  authoritative: {kinds: [UserGroup]}
  ignore:
    - {kind: UserGroup, name: "old-*"}
`
	if err := os.WriteFile(filepath.Join(first, "lupa.yaml"), []byte(project), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(first, "data"), 0o755); err != nil {
		t.Fatal(err)
	}
	lupa(t, first, 0, "target", "init", "--target", "test")
	lupa(t, first, 0, "apply", "--auto-approve", "--target", "test")
	second := filepath.Join(filepath.Dir(first), "deep", "second")
	lupa(t, first, 0, "import", "--target", "test", "--out", second)
	got, err := os.ReadFile(filepath.Join(second, "lupa.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	want := `# yaml-language-server: $schema=.lupa/lupa.schema.json
apiVersion: lupa/v1
kind: Project
metadata: {name: kunta, labels: {a: "yes"}}
spec:
  target: test
  targets:
    far: {type: sqlite, path: ` + elsewhere + `}
    file: {type: postgres, dsnFile: /run/dsn}
    shared: {type: postgres, dsnEnv: LUPA_DSN}
    test: {type: sqlite, path: ../../first/data/test.db}
  language: fi
  horizonDays: 30
  minGroup: 7
  authoritative: {kinds: [UserGroup]}
  ignore: [{kind: UserGroup, name: old-*}]
`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if out := lupa(t, second, 0, "plan", "--detailed-exitcode"); !strings.Contains(out, "on target test") {
		t.Error(out)
	}
}
