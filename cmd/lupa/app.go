package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/lupa-dev/lupa/reconcile/calendar"
	"github.com/lupa-dev/lupa/reconcile/config"
	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/reconcile/report"
	"github.com/lupa-dev/lupa/reconcile/target"
	"github.com/lupa-dev/lupa/reconcile/target/sqldb"
	"github.com/lupa-dev/lupa/schema"
	"github.com/lupa-dev/lupa/schema/identity"
	"github.com/lupa-dev/lupa/schema/source"
)

// app is one run: the streams, the clock, and the flags that every command has.
type app struct {
	streams
	out  *sink // the streams' own, buffered
	done *told // what has been done already, whatever happens to the output
	now  time.Time

	patience time.Duration // with a server that is silent; 0 is the usual

	dir       string
	target    string
	format    string
	colour    string
	logLevel  string
	logFormat string
	language  string
	maxBytes  string
	page      report.Page // of Markdown, that --max-bytes names
	called    string      // the project, once it is known
	at        string
	moment    *calendar.Moment // that --at names, if it is given
	quiet     bool
	superuser bool

	reveal string

	doers // of plan and apply
	audience

	caches bool   // whether compiled files are kept for the next run
	cache  *cache // of the tree, once it is found; nil for none

	running string        // the command
	writes  chan func()   // to who waits for the command, so that no file is left half written
	picture *plan.Picture // of a page: what was there when its plan was made
}

// Groups of commands in the help.
const (
	groupSee    = "see"
	groupCheck  = "check"
	groupChange = "change"
	groupMore   = "more"
)

func (a *app) commands() *cobra.Command {
	root := &cobra.Command{
		Use:   "lupa",
		Short: "Permissions of Nordic school systems, in Git",
		Long: `Lupa keeps the permissions of a school system in Git. Schools, user groups,
people and survey templates are described in YAML; lupa validates them, plans
what has to change in a target, and applies exactly that plan.`,
		Example: `  lupa init kunta && cd kunta    start a tree
  lupa plan                      what would change, for whom`,
		SilenceUsage: true, SilenceErrors: true, DisableAutoGenTag: true,
		PersistentPreRunE: a.start,
	}
	root.AddGroup(
		&cobra.Group{ID: groupSee, Title: "See:"}, &cobra.Group{ID: groupCheck, Title: "Check:"},
		&cobra.Group{ID: groupChange, Title: "Change:"}, &cobra.Group{ID: groupMore, Title: "More:"},
	)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usage("%w", err) })
	flags := root.PersistentFlags()
	flags.StringVarP(&a.dir, "directory", "C", ".", "run as if started in this directory")
	flags.StringVar(&a.target, "target", "", "target of lupa.yaml to use (LUPA_TARGET)")
	flags.StringVar(&a.format, "format", "text", "text or json, and what lupa help formats lists")
	flags.StringVar(&a.maxBytes, "max-bytes", "", "room for markdown: bytes, or github, gitlab, azure, bitbucket (default 65000)")
	flags.StringVar(&a.language, "lang", "", "language of the output: fi, sv, nb or en (LUPA_LANG; default as lupa.yaml says)")
	flags.StringVar(&a.reveal, "reveal", "", "show the names of this local CSV (key,name) beside cards, on a terminal only")
	flags.StringVar(&a.at, "at", "", "when to look: a day such as 2026-06-22, or a time (default now, in the installation)")
	flags.StringVar(&a.colour, "color", "auto", "auto, always or never (NO_COLOR, CLICOLOR_FORCE)")
	flags.StringVar(&a.logLevel, "log-level", "", "trace, debug, info, warn, error or off (LUPA_LOG; default warn)")
	flags.StringVar(&a.logFormat, "log-format", "text", "text or json")
	flags.BoolVar(&a.superuser, "allow-superuser", false, "let the role of a PostgreSQL target be a superuser")
	flags.BoolVar(&a.quiet, "quiet", false, "no progress and no hints on stderr")
	for flag, values := range map[string][]string{
		"format": {"text", "json", "jsonl", "csv", "markdown", "html", "sarif", "github", "junit"}, "max-bytes": {"github", "gitlab", "azure", "bitbucket"},
		"lang": report.Languages, "color": {"auto", "always", "never"}, "log-format": {"text", "json"},
		"log-level": {"trace", "debug", "info", "warn", "error", "off"},
	} {
		_ = root.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
	}
	_ = root.RegisterFlagCompletionFunc("target", a.completeTarget)
	_ = root.RegisterFlagCompletionFunc("reveal", cobra.FixedCompletions(nil, cobra.ShellCompDirectiveDefault))
	root.AddCommand(
		a.planCommand(), a.showCommand(), a.reviewCommand(), a.driftCommand(), a.historyCommand(), a.exportCommand(),
		a.whyCommand(), a.whoCommand(), a.accessCommand(), a.timelineCommand(), a.contactsCommand(),
		a.validateCommand(), a.fmtCommand(), a.testCommand(), a.proveCommand(), a.verifyCommand(),
		a.applyCommand(), a.undoCommand(), a.initCommand(), a.importCommand(), a.targetCommand(),
		a.codeownersCommand(), a.schemaCommand(), a.rulesCommand(), a.auditCommand(), a.versionCommand(),
	)
	root.AddCommand(topics()...)
	root.SetHelpCommand(helpCommand())
	root.DisableSuggestions = true // main makes them, on the same line
	root.SetOut(a.out)             // completion keeps what it finds now
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		if (cmd.GroupID == groupSee || cmd.GroupID == groupCheck) && cmd.Name() != "fmt" {
			cmd.RunE = a.heeding(cmd.RunE)
		}
		if cmd.Name() == "completion" {
			cmd.Args = takes(0, 0, "")
			cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
		}
	}
	root.SetHelpCommandGroupID(groupMore)
	root.SetCompletionCommandGroupID(groupMore)
	return root
}

// takes checks the number of arguments; what says what they are.
func takes(least, most int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) > most && most == 0:
			return usage("%s takes no argument, not %q", cmd.CommandPath(), args[0])
		case len(args) < least || len(args) > most:
			return usage("%s takes %s", cmd.CommandPath(), say(what))
		}
		return nil
	}
}

// formats, among the annotations of a command, are those in which it prints, with
// blanks between them; where it is missing they are text and json.
const formats = "formats"

// start checks the common flags and puts the logger into the context.
func (a *app) start(cmd *cobra.Command, _ []string) error {
	a.running = cmd.Name()
	possible := strings.Fields(cmp.Or(cmd.Annotations[formats], "text json"))
	if !slices.Contains(possible, a.format) {
		last := len(possible) - 1
		list := strings.Join(possible[:last], ", ")
		if last == 0 {
			return usage("--format %s is not possible here: %s", a.format, possible[0])
		}
		return usage("--format %s is not possible here: %s or %s", a.format, list, possible[last])
	}
	if err := a.heeds(cmd); err != nil {
		return err
	}
	if !slices.Contains([]string{"auto", "always", "never"}, a.colour) {
		return usage("--color %s: auto, always or never", a.colour)
	}
	if err := a.paged(cmd); err != nil {
		return err
	}
	if cmd.Flags().Changed("at") {
		m, err := calendar.ParseMoment(a.at)
		if err != nil {
			return usage("--at: %w", err)
		}
		a.moment = &m
	}
	log, err := a.logger()
	if err != nil {
		return err
	}
	cmd.SetContext(hclog.WithContext(cmd.Context(), log))
	return nil
}

func (a *app) logger() (hclog.Logger, error) {
	level := a.logLevel
	if level == "" {
		level = os.Getenv("LUPA_LOG")
	}
	if level == "" {
		level = "warn"
	}
	if hclog.LevelFromString(level) == hclog.NoLevel {
		return nil, usage("log level %q: trace, debug, info, warn, error or off", level)
	}
	if a.logFormat != "text" && a.logFormat != "json" {
		return nil, usage("--log-format %s: text or json", a.logFormat)
	}
	return hclog.New(&hclog.LoggerOptions{Name: "lupa", Level: hclog.LevelFromString(level), Output: coverer{a},
		JSONFormat: a.logFormat == "json", Color: hclog.ColorOff}), nil
}

// json reports whether scripts read the output, refusals too, as JSON.
func (a *app) json() bool { return slices.Contains([]string{"json", "jsonl", "csv"}, a.format) }

// text writes to a stream in words.
func (a *app) text(w io.Writer) *report.Text {
	t := &report.Text{Out: w, Colour: a.colourful(w), Lang: a.spoken(), Veil: a.veil(w)}
	if isTerminal(w) {
		t.Width = width(w)
	}
	return t
}

func (a *app) colourful(w io.Writer) bool {
	force := os.Getenv("CLICOLOR_FORCE")
	switch {
	case a.colour != "auto":
		return a.colour == "always"
	case os.Getenv("NO_COLOR") != "":
		return false
	case force != "" && force != "0":
		return true
	case os.Getenv("TERM") == "dumb":
		return false
	}
	return isTerminal(w)
}

// width is how many columns a terminal has, 0 where it does not tell.
func width(w io.Writer) int {
	if s, ok := w.(*sink); ok {
		w = s.to
	}
	columns, _, err := term.GetSize(int(w.(*os.File).Fd()))
	if err != nil {
		return 0
	}
	return columns
}

func isTerminal(stream any) bool {
	if s, ok := stream.(*sink); ok {
		stream = s.to
	}
	f, ok := stream.(*os.File)
	return ok && isatty.IsTerminal(f.Fd())
}

// print writes JSON to stdout.
func (a *app) print(data []byte, err error) error {
	if err != nil {
		return fail(err)
	}
	_, err = a.out.Write(data)
	return err // main knows: it flushes
}

// again is the command that applies a plan: to the same tree, on the same day, with
// all that has to be acknowledged.
func (a *app) again(p *plan.Plan, args ...string) string {
	words := []string{"apply"}
	switch zone, err := time.LoadLocation(p.TimeZone); {
	case a.at != "": // as it was given: elsewhere it may be another day
		words = append(words, "--at", a.at)
	case err == nil && p.At != calendar.Today(a.now, zone):
		words = append(words, "--at", p.At.String())
	}
	words = append(words, args...)
	for _, text := range p.Acknowledge {
		words = append(words, "--acknowledge", text)
	}
	return a.command(words...)
}

// command is a command line for the same tree, to be typed into a shell.
func (a *app) command(args ...string) string {
	words := []string{"lupa"}
	if a.dir != "." {
		words = append(words, "-C", a.dir)
	}
	return typed(append(words, args...))
}

// typed is a command as one types it.
func typed(words []string) string {
	for i, word := range words {
		if !plainWord.MatchString(word) {
			words[i] = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
		}
	}
	return strings.Join(words, " ")
}

// plainWord is a word that means itself to every shell.
var plainWord = regexp.MustCompile(`^[\pL\pN._/:+,@%-]+$`)

// path is where a file named on the command line is: as -C says.
func (a *app) path(file string) string {
	if filepath.IsAbs(file) {
		return file
	}
	return filepath.Join(a.dir, file)
}

// tree is a tree that was found and read.
type tree struct {
	*config.Tree
	root string
	fsys fs.FS
}

// findRoot walks up to the directory that holds lupa.yaml.
func (a *app) findRoot() (string, error) {
	dir, err := filepath.Abs(a.dir)
	if err != nil {
		return "", fail(err)
	}
	switch info, err := os.Stat(dir); {
	case err != nil && !absent(err):
		return "", unreadable(err)
	case err != nil || !info.IsDir():
		return "", usage("-C %s: not a directory", a.dir)
	}
	for at := dir; ; at = filepath.Dir(at) {
		switch _, err := os.Lstat(filepath.Join(at, config.ProjectFile)); {
		case err == nil:
			return at, nil
		case !absent(err): // what lies above is not what is meant
			return "", unreadable(err)
		}
		if at == filepath.Dir(at) {
			return "", &failure{code: exitInput, err: say("there is no %s in %s or above", config.ProjectFile, a.dir), next: say("start a tree with: lupa init")}
		}
	}
}

// absent reports whether an error says that there is no such file.
func absent(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

// open finds the tree and opens its directory; nothing outside can be read.
func (a *app) open() (root string, fsys fs.FS, err error) {
	if root, err = a.findRoot(); err != nil {
		return "", nil, err
	}
	dir, err := openRoot(root)
	if err != nil {
		return "", nil, fail(err)
	}
	if a.caches && a.cache == nil {
		a.cache = openCache(root)
	}
	return root, dir, nil
}

// load reads the tree, whatever is wrong with it.
func (a *app) load(ctx context.Context) (*tree, error) {
	root, fsys, err := a.open()
	if err != nil {
		return nil, err
	}
	return a.loadFrom(ctx, root, fsys)
}

// options say when to look.
func (a *app) options() config.Options {
	opt := config.Options{Now: a.now, At: a.moment, Card: a.meets()}
	if a.cache != nil {
		opt.Cache = a.cache
	}
	return opt
}

// loadFrom reads the tree of a directory.
func (a *app) loadFrom(ctx context.Context, root string, fsys fs.FS) (*tree, error) {
	opt := a.options()
	bar := a.progress("reading files")
	opt.Progress = bar.reading
	t, err := config.Load(ctx, fsys, opt)
	bar.end()
	if err != nil {
		return nil, unreadable(err)
	}
	hclog.FromContext(ctx).Debug("tree read", "files", t.Files, "objects", t.Objects, "problems", len(t.Problems))
	a.isFor(t)
	a.called = t.Project.Name
	return &tree{t, root, fsys}, nil
}

// unreadable is what is said where a file or directory of the tree cannot be
// read, or where its zone does not have the moment to look at.
func unreadable(err error) error {
	var moment *calendar.MomentError
	if errors.As(err, &moment) {
		return usage("--at: %w", moment)
	}
	var at *fs.PathError
	if errors.As(err, &at) {
		return &failure{code: exitFailure, err: say("reading the tree: %s: %w", at.Path, at.Err), next: say("see that you may read it")}
	}
	return fail(err)
}

// project reads lupa.yaml alone.
func (a *app) project() (*tree, error) {
	root, fsys, err := a.open()
	if err != nil {
		return nil, err
	}
	t, err := config.ReadProject(fsys)
	if err != nil {
		return nil, unreadable(err)
	}
	a.isFor(t)
	a.called = t.Project.Name
	return a.accept(&tree{t, root, fsys})
}

// valid reads the tree and refuses one with errors.
func (a *app) valid(ctx context.Context) (*tree, error) {
	t, err := a.load(ctx)
	if err != nil {
		return nil, err
	}
	return a.accept(t)
}

// foreseen is valid, with what the access rules of the tree say of the days ahead:
// for what shows a plan, which they may refuse.
func (a *app) foreseen(ctx context.Context) (*tree, error) {
	t, err := a.valid(ctx)
	if err != nil {
		return nil, err
	}
	if err := t.Foresee(ctx); err != nil {
		return nil, fail(err)
	}
	return t, nil
}

// clear reads the tree for a question: errors that do not hide what it entitles
// people to are shown, and the question is answered all the same. That a revoke
// has no effect (E10) is best seen by asking.
func (a *app) clear(ctx context.Context) (*tree, error) {
	t, err := a.load(ctx)
	if err != nil {
		return nil, err
	}
	if t.Goal == nil {
		return a.accept(t)
	}
	if t.Refused() && !a.quiet {
		a.text(a.err).Problems(t.Problems, t.line())
	}
	return t, nil
}

// accept refuses a tree with errors, and shows them.
func (a *app) accept(t *tree) (*tree, error) {
	if !t.Refused() {
		return t, nil
	}
	return nil, a.refuse(t.Problems, t.line(), say("the tree has errors"), say("mend them and check with: lupa validate"))
}

// refuse shows what is wrong with the input, and fails.
func (a *app) refuse(problems []plan.Finding, line report.Line, what, next *told) error {
	a.asked(problems)
	switch {
	case a.markdown():
		if err := a.print(a.refusal(problems), nil); err != nil {
			return err
		}
	case a.checks():
		if err := a.check(report.Check{Findings: problems}); err != nil {
			return err
		}
	case a.json():
		if err := a.print(report.ProblemsJSON(problems, 0)); err != nil {
			return err
		}
	default: // of which there is no page
		a.text(a.err).Problems(problems, line)
	}
	return &failure{code: exitInput, err: what, next: next}
}

// line gives lines of the tree's documents, each file read once. A line of a
// roster is about a person, and is nobody's to see.
func (t *tree) line() report.Line {
	files := make(map[string][][]byte)
	return func(file string, line int) (string, bool) {
		if !source.IsYAML(file) || line < 1 {
			return "", false
		}
		lines, ok := files[file]
		if !ok {
			if data, readable := t.text(file); readable { // a number may go on in the next line
				lines = bytes.Split(bytes.TrimPrefix(covered(data), []byte("\ufeff")), []byte("\n"))
			}
			files[file] = lines
		}
		if line > len(lines) {
			return "", false
		}
		return strings.ToValidUTF8(string(lines[line-1]), "\ufffd"), true
	}
}

// text is what stands in a file of the tree, if it is one that may be read.
func (t *tree) text(file string) ([]byte, bool) {
	if len(source.Irregular(t.fsys, file)) > 0 {
		return nil, false
	}
	f, err := t.fsys.Open(file)
	if err != nil {
		return nil, false
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, source.MaxFileBytes+1))
	return data, err == nil && len(data) <= source.MaxFileBytes
}

// covered is a text without the numbers of persons.
func covered(data []byte) []byte { return []byte(identity.Cover(string(data))) }

// place is a target of lupa.yaml, with what is needed to open it.
type place struct {
	sqldb.Place
	name  string
	kind  string // sqlite or postgres
	shown string // where it is, without anything secret
}

// usual is the target that is used where no flag names one: by environment or
// lupa.yaml.
func usual(t *tree) string { return cmp.Or(os.Getenv("LUPA_TARGET"), t.Project.Target) }

// where finds the target to use.
func (a *app) where(t *tree) (place, error) {
	name := cmp.Or(a.target, usual(t))
	known, ok := t.Project.Targets[name]
	if !ok && name == "local" {
		known, ok = config.Target{Type: "sqlite", Path: ".lupa/state.db"}, true
	}
	switch {
	case !ok:
		err := say("lupa.yaml has no target %q", name)
		if near := schema.Nearest(name, maps.Keys(t.Project.Targets)); near != "" {
			err = say("%w; did you mean %s?", err, near)
		}
		return place{}, &failure{code: exitUsage, err: err}
	case known.Type == "postgres":
		return a.server(t, name, known)
	}
	path := filepath.FromSlash(known.Path)
	if !filepath.IsAbs(path) {
		path = filepath.Join(t.root, path)
	}
	return place{sqldb.File(path), name, known.Type, t.relative(path)}, nil
}

// relative is a path as seen from the root of the tree.
func (t *tree) relative(path string) string {
	if from, err := filepath.Rel(t.root, path); err == nil {
		path = from
	}
	return filepath.ToSlash(path)
}

// server is a target on a server, whose connection string stands where lupa.yaml
// says, and is shown nowhere.
func (a *app) server(t *tree, name string, known config.Target) (place, error) {
	dsn, from := os.Getenv(known.DSNEnv), known.DSNEnv
	if known.DSNFile != "" {
		from = known.DSNFile
		text, err := readSecret(t.root, known.DSNFile)
		if err != nil {
			return place{}, &failure{code: exitUnreachable, err: say("target %s: reading its connection string: %w", name, err)}
		}
		dsn = text
	}
	if dsn == "" {
		return place{}, &failure{code: exitUnreachable, err: say("target %s: %s holds no connection string", name, from),
			next: say("it is like postgres://ROLE@HOST/DATABASE")}
	}
	return place{sqldb.Server(dsn, sqldb.Options{Superuser: a.superuser, Patience: a.patience}), name, known.Type, from}, nil
}

// reader opens a target that is only read.
func (a *app) reader(ctx context.Context, at place) (*sqldb.Reader, error) {
	r, err := at.OpenReader(ctx)
	if err != nil {
		return nil, fail(say("target %s: %w", at.name, err))
	}
	return r, nil
}

// note is what the log of a target is told about an apply.
func (a *app) note(ctx context.Context, root string) target.Entry {
	host, _ := os.Hostname()
	return target.Entry{Actor: account(), Host: host, Version: version, Commit: commit(ctx, root), At: a.now}
}

// confirm asks a person at a terminal, who may interrupt instead.
func (a *app) confirm(ctx context.Context, question *told) bool {
	fmt.Fprintf(a.out, "\n%s ", a.text(a.out).Told(question))
	if err := a.out.Flush(); err != nil {
		return false
	}
	answers := make(chan string, 1)
	from := bufio.NewReader(a.in)
	go func() {
		answer, _ := from.ReadString('\n')
		answers <- answer
	}()
	select {
	case answer := <-answers:
		return strings.TrimSpace(answer) == "yes"
	case <-ctx.Done():
		fmt.Fprintln(a.out)
		return false
	}
}

func (a *app) completeTarget(_ *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	t, err := a.project()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return slices.Sorted(maps.Keys(t.Project.Targets)), cobra.ShellCompDirectiveNoFileComp
}
