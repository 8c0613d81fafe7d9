// Lupa keeps the permissions of Nordic school systems in Git: it validates a
// tree of YAML, plans what has to change in a target, and applies exactly that.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"os/signal"
	"regexp"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/lupa-dev/lupa/reconcile"
	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/reconcile/report"
	"github.com/lupa-dev/lupa/reconcile/target"
	"github.com/lupa-dev/lupa/schema"
	"github.com/lupa-dev/lupa/schema/identity"
)

// version is what `lupa version`, plans and the log of a target say.
const version = "0.1.0"

// Exit codes (contract); `lupa help exit-codes` explains them.
const (
	exitDone        = 0
	exitFailure     = 1
	exitChanges     = 2
	exitInput       = 3
	exitStale       = 4
	exitLocked      = 5
	exitUnreachable = 6
	exitUnknown     = 7
	exitDamaged     = 8
	exitNewer       = 9
	exitRefused     = 11
	exitUsage       = 64
	exitInterrupted = 130
	exitTerminated  = 143
)

func main() { process(time.Now()) }

// process is the process: lupa at an instant. Only progress looks at the clock
// again.
func process(now time.Time) {
	// A run is short and reads much: collecting garbage less often saves a third
	// of its time. GOGC in the environment still decides.
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	ctx, stop := interruptible(context.Background())
	defer stop()
	os.Exit(run(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr}, now))
}

const gcPercent = 300

// interrupted is the cause of a context that a signal ended.
type interrupted struct{ signal os.Signal }

func (i interrupted) Error() string { return "stopped by the signal " + i.signal.String() }

// interruptible ends the context at the first signal to stop. What is under way
// is rolled back.
func interruptible(parent context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	go func() {
		select {
		case s := <-signals:
			cancel(interrupted{s})
		case <-ctx.Done():
		}
	}()
	return ctx, func() { signal.Stop(signals); cancel(nil) }
}

// streams are where a program reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// run is the program, without a process around it.
func run(ctx context.Context, args []string, s streams, now time.Time) int {
	a := &app{streams: s, out: &sink{s.out, bufio.NewWriter(s.out)}, now: now}
	root := a.commands()
	root.SetArgs(args)
	root.SetIn(s.in)
	root.SetErr(s.err)
	err := root.ExecuteContext(ctx)
	if unwritten := a.out.Flush(); unwritten != nil {
		f := &failure{code: exitFailure, err: fmt.Errorf("writing the output: %w", unwritten), next: "see that there is room for it", done: a.done}
		if a.done == applied {
			f.code = exitDone
		}
		err = f
	}
	if err == nil {
		return exitDone
	}
	var f *failure
	if !errors.As(err, &f) {
		f = &failure{code: exitUsage, err: misspelt(root, err), next: "see lupa --help"}
	}
	if why := context.Cause(ctx); why != nil && f.code != exitDone {
		f = &failure{code: exitInterrupted, err: why, done: f.done}
		var i interrupted
		if errors.As(why, &i) && i.signal == syscall.SIGTERM {
			f.code = exitTerminated
		}
	}
	f.say(s.err)
	return f.code
}

// sink is standard output: buffered, and it remembers when something could not
// be written.
type sink struct {
	to io.Writer
	*bufio.Writer
}

var unknownCommand = regexp.MustCompile(`^unknown command "(.*)" for "`)

// misspelt adds to an error about an unknown command what may have been meant.
func misspelt(root *cobra.Command, err error) error {
	m := unknownCommand.FindStringSubmatch(err.Error())
	if m == nil {
		return err
	}
	if near := schema.Nearest(m[1], names(root)); near != "" {
		return fmt.Errorf("unknown command %q; did you mean %s?", m[1], near)
	}
	return fmt.Errorf("unknown command %q", m[1])
}

// names are the names of the commands below one.
func names(root *cobra.Command) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, cmd := range root.Commands() {
			if !yield(cmd.Name()) {
				return
			}
		}
	}
}

// failure is how a command ends when it does not end well, or ends well with
// something to tell by its exit code alone.
type failure struct {
	code int
	err  error  // nil: the output has said it
	next string // what to do next
	done string // what was done all the same; "" where nothing was
}

// applied is what app.done says after an apply.
const applied = "the plan was applied"

func (f *failure) Error() string {
	if f.err == nil {
		return fmt.Sprintf("exit %d", f.code)
	}
	return f.err.Error()
}

func (f *failure) Unwrap() error { return f.err }

// say writes one line: what failed, what is now true, what to do next.
func (f *failure) say(w io.Writer) {
	if f.err == nil {
		return
	}
	line := "lupa: " + f.err.Error()
	switch {
	case f.done != "":
		line += "; " + f.done
	case f.code != exitUsage && f.code != exitUnknown:
		line += "; nothing was applied"
	}
	if f.next != "" {
		line += "; " + f.next
	}
	fmt.Fprintln(w, identity.Cover(report.Inert(line)))
}

// exit ends a command whose output says why already.
func exit(code int) error { return &failure{code: code} }

// usage is wrong use of the command line.
func usage(format string, args ...any) error {
	return &failure{code: exitUsage, err: fmt.Errorf(format, args...), next: "see lupa --help"}
}

// fail gives an error of the machine its exit code and its advice.
func fail(err error) error {
	var f *failure
	if err == nil || errors.As(err, &f) {
		return err
	}
	for _, known := range []struct {
		err  error
		code int
		next string
	}{
		{target.ErrNoTarget, exitUnreachable, "make it with: lupa target init"},
		{target.ErrLocked, exitLocked, "try again when the other is done"},
		{target.ErrDamaged, exitDamaged, "do not write to it; restore it from a backup"},
		{target.ErrOlder, exitFailure, "bring it up to date with: lupa target status --upgrade"},
		{target.ErrNewer, exitNewer, "use the lupa that wrote it, or a newer one"},
		{target.ErrUnreachable, exitUnreachable, "see that it is there and can be written"},
		{target.ErrUnknown, exitUnknown, "apply the same plan again: that is safe"},
		{plan.ErrAltered, exitDamaged, "make the plan again with: lupa plan --out FILE"},
		{plan.ErrNewer, exitNewer, "use the lupa that wrote it, or a newer one"},
		{plan.ErrOther, exitInput, "lupa show and lupa apply take a plan, lupa plan --against takes a snapshot"},
		{reconcile.ErrStale, exitStale, "make the plan again with: lupa plan"},
		{reconcile.ErrDiverged, exitFailure, "please report this with the plan file"},
		{reconcile.ErrRefused, exitRefused, "see the findings with: lupa show"},
	} {
		if errors.Is(err, known.err) {
			return &failure{code: known.code, err: err, next: known.next}
		}
	}
	return &failure{code: exitFailure, err: err}
}
