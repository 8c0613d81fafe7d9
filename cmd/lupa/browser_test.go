package main

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/reconcile/report"
)

// The picture in the README, and the page that it was taken of.
const (
	pictureFile = "../../.github/images/plan.png"
	pictureHash = "../../.github/images/plan.sha256"
)

// edited is examples/mallila, applied, and then edited as make demo edits it; seen on
// a day that stays the same.
func edited(t *testing.T) (dir string, on []string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "mallila")
	if err := os.CopyFS(dir, os.DirFS("../../examples/mallila")); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(dir, ".lupa")); err != nil {
		t.Fatal(err)
	}
	on = []string{"--at", "2026-03-02"}
	lupa(t, dir, exitDone, "target", "init")
	lupa(t, dir, exitDone, append([]string{"plan", "--out", "first.json"}, on...)...)
	lupa(t, dir, exitDone, append([]string{"apply", "first.json"}, on...)...)
	for _, edit := range [][3]string{
		{"koulut/testila/opettajat.yaml", "    - {name: t-1052,", "    - {name: t-1053}\n    - {name: t-1052,"},
		{"koulut/testila/opettajat.yaml", "schools: [testila, suopuro]", "allSchools: true"},
		{"ryhmat/luokanopettajat.yaml", "  wilma:\n", "  wilma:\n    - wilma.surveys.addSurvey\n"},
		{"ryhmat/luokanopettajat.yaml", "title: Luokanopettajat\n", "title: Luokanopettajat 1–6\n"},
	} {
		file := filepath.Join(dir, edit[0])
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text := strings.Replace(string(data), edit[1], edit[2], 1)
		if text == string(data) {
			t.Fatalf("%s has no %q", edit[0], edit[1])
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir, on
}

// TestPicture: the picture in the README is of the page that lupa makes now.
func TestPicture(t *testing.T) {
	dir, on := edited(t)
	page := lupa(t, dir, exitDone, append([]string{"plan", "--format", "html"}, on...)...)
	got := pageHash(page)
	want, err := os.ReadFile(pictureHash)
	if err != nil {
		t.Fatal(err)
	}
	if os.Getenv("UPDATE_GOLDEN") == "" && strings.TrimSpace(string(want)) != got {
		t.Errorf("the page is another one than in %s; with Chromium UPDATE_GOLDEN=1 takes the picture anew", pictureFile)
	}
	if info, err := os.Stat(pictureFile); err != nil || info.Size() < 10_000 {
		t.Errorf("the picture: %v", err)
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil || !strings.Contains(string(readme), "(.github/images/plan.png)") {
		t.Errorf("the README does not show the picture: %v", err)
	}
}

// pageHash is the hash of a page, whatever the plan's is: a new target has a lineage
// of its own.
func pageHash(page string) string {
	return fmt.Sprintf("%x", sha256.Sum256([]byte(hashes.ReplaceAllString(page, "HASH"))))
}

// TestBrowser opens pages of all commands in Chromium: without a network, with and
// without script, filtered, looked at by axe in light and dark, and printed.
func TestBrowser(t *testing.T) {
	missing := ""
	if os.Getenv("LUPA_NODE_MODULES") == "" {
		missing = "LUPA_NODE_MODULES names no directory with playwright-core"
	} else if _, err := os.Stat(filepath.Join(os.Getenv("LUPA_NODE_MODULES"), "playwright-core")); err != nil {
		missing = "there is no playwright-core in LUPA_NODE_MODULES"
	} else if _, err := exec.LookPath("chromium"); err != nil && os.Getenv("LUPA_CHROMIUM_PATH") == "" {
		missing = "there is no chromium"
	}
	switch {
	case missing != "" && os.Getenv("LUPA_CHROMIUM") == "required":
		t.Fatal(missing)
	case missing != "":
		t.Skip("skipped: " + missing)
	}
	dir, on := edited(t)
	var files []string
	write := func(name, page string) {
		file := filepath.Join(dir, name+".html")
		if err := os.WriteFile(file, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	page := lupa(t, dir, exitDone, append([]string{"plan", "--format", "html"}, on...)...)
	write("plan", page)
	for name, args := range map[string][]string{
		"timeline": append([]string{"timeline"}, on...), "drift": append([]string{"drift"}, on...), "history": {"history"},
		"why": append([]string{"why", "t-1051", "wilma.surveys.addSurvey", "--place", "haukilampi"}, on...),
	} {
		write(name, lupa(t, dir, exitDone, append(args, "--format", "html")...))
	}
	write("crowded", crowded(t))
	run := exec.Command("node", "../../.ci/browser.mjs")
	run.Env = append(os.Environ(), "XDG_CACHE_HOME="+t.TempDir()) // a browser has one
	update := os.Getenv("UPDATE_GOLDEN") != ""
	if update {
		run.Args = append(run.Args, "--picture", pictureFile)
	}
	run.Args = append(run.Args, files...)
	if out, err := run.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if update {
		if err := os.WriteFile(pictureHash, []byte(pageHash(page)+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// crowded is a page with names that mean to do something, with long ones, and with
// more to sign than a sheet holds.
func crowded(t *testing.T) string {
	t.Helper()
	p := &plan.Plan{Kind: "plan", Project: "<script>alert(1)</script>", Hash: strings.Repeat("a", 64), Summary: plan.Summary{Gained: 60}}
	for i, wide := range []string{strings.Repeat("W", 300), strings.Repeat("ä ", 150), strings.Repeat("漢", 200), `"><img src=x onerror=alert(1)>`, strings.Repeat("@% ", 100)} {
		place := fmt.Sprintf("%s%d", wide, i)
		for n := range 30 {
			e := plan.Effect{Kind: "teacher", Rights: []string{fmt.Sprintf("%s.%d", wide, n)}, Places: []string{place, "a"}, Gained: n%3 != 0, Sensitivity: "normal",
				After: []plan.Reason{{Rule: "R34", Case: "", Args: []string{wide}}}}
			for card := range 4 * (n + 1) {
				e.People = append(e.People, fmt.Sprintf("t-%d", card))
			}
			if n == 1 {
				e.Sensitivity = "critical"
			}
			p.Effect = append(p.Effect, e)
		}
		p.Titles = append(p.Titles, plan.Title{Kind: "School", Name: place, Title: wide})
		p.Changes = append(p.Changes, plan.Change{Action: "update", Kind: "UserGroup", Name: wide, Fields: []plan.FieldChange{{Field: wide, Before: wide, After: "x"}}})
	}
	r := &report.Text{Veil: report.Pseudonyms("key", func(string) bool { return false }, 5)}
	page, err := r.HTML(p, nil)
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}
