package main

import (
	"bufio"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lupa-dev/lupa/reconcile/target/targettest/pgtest"
)

// peers are programs of others that plan the same people: where they are installed,
// a plan that finds nothing to do is measured. At home they are in other things, and
// say less of what a change means; what they take shows what is usual.
var peers = []struct {
	name  string
	sizes []int // unless a run is of the peers, with one size of its own
	why   string
	run   func(t *table, b *testing.B, program string, people int)
}{
	{"terraform", []int{1000, 4000}, "it takes long, and where a resource is made for_each person of a file, the square of that: there it is a quarter of them", (*table).terraform},
	{"ldap2pg", []int{1000, 10000}, "it commits each statement, so that filling the server takes long", (*table).ldap2pg},
}

func (t *table) measurePeers(b *testing.B) {
	for _, peer := range peers {
		program, found := atHand(peer.name)
		if !found {
			t.note("skipped: %s (not installed)", peer.name)
			continue
		}
		all := peer.sizes
		if own := sizes(b); len(own) == 1 && strings.Contains(flag.Lookup("test.bench").Value.String(), "peers") {
			all = own
		} else {
			t.note("%s is run for %s people and no more, as %s; SIZE=N BENCH=peers tries N", peer.name, thousands(all[len(all)-1]), peer.why)
		}
		for _, people := range all {
			b.Run(fmt.Sprintf("%s/%d", peer.name, people), func(b *testing.B) { peer.run(t, b, program, people) })
		}
	}
}

// atHand finds a program on the PATH or where go install puts it.
func atHand(name string) (string, bool) {
	if path, err := exec.LookPath(name); err == nil {
		return path, true
	}
	for _, setting := range []string{"GOBIN", "GOPATH"} {
		dir, err := exec.Command("go", "env", setting).Output()
		if bin := strings.TrimSpace(string(dir)); err == nil && bin != "" {
			if setting == "GOPATH" {
				bin = filepath.Join(filepath.SplitList(bin)[0], "bin")
			}
			if path, err := exec.LookPath(filepath.Join(bin, name)); err == nil {
				return path, true
			}
		}
	}
	return "", false
}

func writeText(b *testing.B, path string, content func(*bufio.Writer)) {
	if err := writeWith(path, content); err != nil {
		b.Fatal(err)
	}
}

// terraform holds a resource a person, with the provider that is built in and the
// state in a file, which is written here: to fill it takes Terraform a minute for
// 1,000 people. Resources are either written out or made for each person of a file.
func (t *table) terraform(b *testing.B, program string, people int) {
	for _, form := range []struct {
		from   string
		people int
		main   string // or "" for resources that are written out
	}{
		{"blocks", people, ""},
		{"for_each", people / 4, "locals {\n  people = yamldecode(file(\"${path.module}/people.yaml\"))\n}\n\n" +
			"resource \"terraform_data\" \"person\" {\n  for_each = local.people\n  input    = each.value\n}\n"},
	} {
		b.Run(form.from, func(b *testing.B) {
			dir := b.TempDir()
			file := func(name string, content func(*bufio.Writer)) { writeText(b, filepath.Join(dir, name), content) }
			each := func(w *bufio.Writer, between, line string) {
				for p := range form.people {
					if p > 0 {
						w.WriteString(between)
					}
					fmt.Fprintf(w, line, p, fmt.Sprintf("k%03d g%02d g%02d", p%100, p%50, (p*7+1)%50))
				}
			}
			file("none.tfrc", func(*bufio.Writer) {})
			const instance = `"schema_version": 0, "attributes": {"id": "%[1]d", "input": {"value": %[2]q, "type": "string"}, "output": {"value": %[2]q, "type": "string"}, "triggers_replace": null}, "sensitive_attributes": []}`
			const resource = `{"mode": "managed", "type": "terraform_data", "provider": "provider[\"terraform.io/builtin/terraform\"]", "name": `
			file("terraform.tfstate", func(w *bufio.Writer) {
				w.WriteString(`{"version": 4, "terraform_version": "1.4.0", "serial": 1, "lineage": "00000000-0000-4000-8000-000000000000", "outputs": {}, "resources": [`)
				if form.main == "" {
					each(w, ",\n", resource+`"t-%07[1]d", "instances": [{`+instance+`]}`)
				} else {
					w.WriteString(resource + `"person", "instances": [`)
					each(w, ",\n", `{"index_key": "t-%07[1]d", `+instance)
					w.WriteString("]}")
				}
				w.WriteString("]}\n")
			})
			if form.main == "" {
				file("main.tf.json", func(w *bufio.Writer) {
					w.WriteString(`{"resource": {"terraform_data": {`)
					each(w, ",\n", `"t-%07d": {"input": %q}`)
					w.WriteString("}}}\n")
				})
			} else {
				file("main.tf", func(w *bufio.Writer) { w.WriteString(form.main) })
				file("people.yaml", func(w *bufio.Writer) { each(w, "", "t-%07d: %s\n") })
			}
			command := func(args ...string) *exec.Cmd {
				cmd := exec.Command(program, append([]string{"-chdir=" + dir}, args...)...)
				cmd.Env = append(os.Environ(), "TF_CLI_CONFIG_FILE="+filepath.Join(dir, "none.tfrc"), "CHECKPOINT_DISABLE=1")
				return cmd
			}
			must(b, command("init", "-input=false", "-no-color"))
			t.run(b, row{people: form.people, from: form.from, target: "file", action: "terraform plan"}, func() *exec.Cmd {
				return command("plan", "-input=false", "-no-color", "-detailed-exitcode") // 0: nothing to do
			})
		})
	}
}

// ldap2pg holds a role a person, a member of two others, on a server of its own.
func (t *table) ldap2pg(b *testing.B, program string, people int) {
	server := pgtest.Own(b)
	at, err := url.Parse(server.Database(b).Superuser())
	if err != nil {
		b.Fatal(err)
	}
	dir := b.TempDir()
	file := filepath.Join(dir, "ldap2pg.yml")
	writeText(b, file, func(w *bufio.Writer) {
		w.WriteString("version: 6\npostgres:\n  roles_blacklist_query: [postgres, 'pg_*', 'lupa*']\nrules:\n- roles:\n")
		for g := range 50 {
			fmt.Fprintf(w, "  - {name: g%02d, options: NOLOGIN}\n", g)
		}
		for p := range people {
			fmt.Fprintf(w, "  - {name: t-%07d, options: LOGIN, parents: [g%02d, g%02d]}\n", p, p%50, (p*7+1)%50)
		}
	})
	if err := os.Chmod(file, 0o600); err != nil {
		b.Fatal(err)
	}
	password, _ := at.User.Password()
	command := func(args ...string) *exec.Cmd {
		cmd := exec.Command(program, append([]string{"--config", file}, args...)...)
		cmd.Env = append(os.Environ(), "PGHOST="+at.Hostname(), "PGPORT="+at.Port(), "PGUSER="+at.User.Username(), "PGPASSWORD="+password,
			"PGDATABASE=postgres", "PGSSLMODE=disable")
		return cmd
	}
	must(b, command("--real"))
	t.runBeside(b, row{people: people, from: "yaml", target: onPostgres, action: "ldap2pg"}, server.Spent, func() *exec.Cmd {
		return command("--check") // 1: there is something to do
	})
}
