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
	"regexp"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/lupa-dev/lupa/reconcile"
	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/reconcile/target"
	"github.com/lupa-dev/lupa/reconcile/target/sqldb"
	"github.com/lupa-dev/lupa/schema"
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

func main() { os.Exit(process(time.Now(), 0)) }

// process is the process: lupa at an instant, with so much patience for a server
// (0 for the usual). Only progress looks at the clock again.
func process(now time.Time, patience time.Duration) (exit int) {
	frugal()
	sturdy()
	ctx, stop := interruptible(context.Background())
	defer stop()
	a := app{streams: streams{os.Stdin, os.Stdout, os.Stderr}, now: now, patience: patience, caches: true}
	exit = a.run(ctx, os.Args[1:])
	if ctx.Err() == nil {
		a.cache.save()
	}
	return exit
}

// streams are where a program reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// run is the program, without a process around it.
func run(ctx context.Context, args []string, s streams, now time.Time) int {
	a := app{streams: s, now: now}
	return a.run(ctx, args)
}

func (a *app) run(ctx context.Context, args []string) int {
	a.out = &sink{a.streams.out, bufio.NewWriter(a.streams.out)}
	root := a.commands()
	root.SetArgs(args)
	root.SetIn(a.in)
	root.SetErr(a.err)
	err := root.ExecuteContext(ctx)
	var unwritten error
	switch {
	case !errors.Is(err, errLeft):
		unwritten = a.out.Flush()
	case isTerminal(a.err): // it may still be at it, and has left the line of its progress
		fmt.Fprint(a.err, "\r\x1b[K")
	}
	if unwritten != nil {
		f := &failure{code: exitFailure, err: say("writing the output: %w", unwritten), next: say("see that there is room for it"), done: a.done}
		if a.done != nil && a.done.format == applied {
			f.code = exitDone
		}
		err = f
	}
	if err == nil {
		return exitDone
	}
	var f *failure
	if !errors.As(err, &f) {
		f = &failure{code: exitUsage, err: misspelt(root, err), next: say("see lupa --help")}
	}
	if f.done == nil {
		f.done = a.done
	}
	if why := context.Cause(ctx); why != nil && f.code != exitDone && f.code != exitUnknown {
		f = &failure{code: exitInterrupted, err: why, done: f.done}
		var i interrupted
		if errors.As(why, &i) {
			f.err = i.told()
			if i.signal == syscall.SIGTERM {
				f.code = exitTerminated
			}
		}
	}
	a.complain(f)
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
		return say("unknown command %q; did you mean %s?", m[1], near)
	}
	return say("unknown command %q", m[1])
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
	err  error // nil: the output has said it
	next *told // what to do next
	done *told // what was done all the same; nil where nothing was
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

// complain writes one line: what failed, what is now true, what to do next.
func (a *app) complain(f *failure) {
	if f.err == nil {
		return
	}
	t := a.text(a.err)
	line := "lupa: " + t.Told(f.err)
	switch {
	case f.done != nil:
		line += "; " + t.Told(f.done)
	case f.code != exitUsage && f.code != exitUnknown:
		line += "; " + t.Told(say("nothing was applied"))
	}
	if f.next != nil {
		line += "; " + t.Told(f.next)
	}
	fmt.Fprintln(a.err, a.shown(line))
}

// exit ends a command whose output says why already.
func exit(code int) error { return &failure{code: code} }

// usage is wrong use of the command line.
func usage(format string, args ...any) error {
	return &failure{code: exitUsage, err: say(format, args...), next: say("see lupa --help")}
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
		next *told
	}{
		{target.ErrNoTarget, exitUnreachable, say("make it with: lupa target init")},
		{target.ErrLocked, exitLocked, say("try again when the other is done")},
		{target.ErrDamaged, exitDamaged, say("do not write to it; restore it from a backup")},
		{target.ErrOlder, exitFailure, say("bring it up to date with: lupa target init --upgrade")},
		{target.ErrNewer, exitNewer, say("use the lupa that wrote it, or a newer one")},
		{sqldb.ErrForbidden, exitUnreachable, say("the owner of the target gives what a duty needs: lupa target grant (see lupa help targets)")},
		{target.ErrUnreachable, exitUnreachable, say("see that it is there and can be written")},
		{target.ErrUnknown, exitUnknown, say("apply the same plan again: that is safe")},
		{plan.ErrAltered, exitDamaged, say("make the plan again with: lupa plan --out FILE")},
		{plan.ErrNewer, exitNewer, say("use the lupa that wrote it, or a newer one")},
		{plan.ErrOther, exitInput, say("lupa show and lupa apply take a plan, lupa plan --against takes a snapshot")},
		{target.ErrOvertaken, exitStale, say("make the plan again with: lupa plan")},
		{sqldb.ErrSuperuser, exitRefused, say("work as a role of its own (see lupa help targets), or allow it with --allow-superuser")},
		{reconcile.ErrStale, exitStale, say("make the plan again with: lupa plan")},
		{reconcile.ErrDiverged, exitFailure, say("please report this with the plan file")},
		{reconcile.ErrRefused, exitRefused, say("see the findings with: %s", "lupa plan")},
	} {
		if errors.Is(err, known.err) {
			return &failure{code: known.code, err: err, next: known.next}
		}
	}
	return &failure{code: exitFailure, err: err}
}
