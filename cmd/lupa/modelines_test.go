package main

import (
	"bufio"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/lupa-dev/lupa/schema/source"
)

// TestEveryDocumentNamesItsSchema holds that editors check all documents of the
// examples, of a tree that was just begun and of one that was imported: the line
// that names the schema counts for one document, and a second one in the file
// needs its own.
func TestEveryDocumentNamesItsSchema(t *testing.T) {
	begun := t.TempDir()
	if err := (&app{out: &sink{io.Discard, bufio.NewWriter(io.Discard)}, quiet: true}).writeStarter(begun); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{begun, imported(t), "../../examples"} {
		paths, problems, err := source.List(os.DirFS(dir))
		if err != nil || len(problems) > 0 || len(paths) == 0 {
			t.Fatalf("%d files in %s, %v, %v", len(paths), dir, problems, err)
		}
		for _, path := range paths {
			if strings.HasPrefix(path, "ci/") {
				continue // examples for CI are no documents
			}
			data, err := fs.ReadFile(os.DirFS(dir), path)
			if err != nil {
				t.Fatal(err)
			}
			named := schemasNamed(string(data))
			if documents := len(source.Parse(path, data).Documents); documents != len(named) {
				t.Errorf("%s: %d documents, %d parts: write one `---` between two documents, and none elsewhere", path, documents, len(named))
			}
			for i, name := range named {
				if name == "" {
					t.Errorf("%s: document %d does not name its schema", path, i+1)
					continue
				}
				file := filepath.Join(dir, filepath.Dir(path), filepath.FromSlash(name))
				if _, err := os.Stat(file); err != nil {
					t.Errorf("%s: document %d: %v", path, i+1, err)
				}
			}
		}
	}
}

// imported is a tree that was made of a target.
func imported(t *testing.T) string {
	from, dir := t.TempDir(), t.TempDir()
	if err := os.CopyFS(from, os.DirFS("../../examples/rekisteri")); err != nil {
		t.Fatal(err)
	}
	lupa(t, from, 0, "target", "init")
	lupa(t, from, 0, "apply", "--auto-approve")
	lupa(t, from, 0, "import", "--out", dir)
	return dir
}

// modeline is where yaml-language-server looks for the schema: in a comment
// before anything else of a document.
var modeline = regexp.MustCompile(`^# yaml-language-server: \$schema=(\S+)$`)

// schemasNamed are the schemas that the documents of a file name, "" for none.
func schemasNamed(text string) (named []string) {
	for document := range strings.SplitSeq(strings.TrimPrefix(text, "---\n"), "\n---\n") {
		schema := ""
		for line := range strings.SplitSeq(document, "\n") {
			if m := modeline.FindStringSubmatch(line); m != nil && schema == "" {
				schema = m[1]
			} else if line != "" && !strings.HasPrefix(line, "#") {
				break
			}
		}
		named = append(named, schema)
	}
	return named
}

func TestSchemasNamed(t *testing.T) {
	const a, b = "# yaml-language-server: $schema=a\n", "# yaml-language-server: $schema=b\n"
	for text, want := range map[string]string{
		"k: 1\n":                       "",
		a + "k: 1\n":                   "a",
		"# why\n\n" + a + "k: 1\n":     "a",
		"---\n" + a + "k: 1\n":         "a",
		"k: 1\n" + a:                   "",
		a + "k: 1\n---\nk: 2\n":        "a ",
		a + "k: 1\n---\n" + b + "k: 2": "a b",
	} {
		if got := strings.Join(schemasNamed(text), " "); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
