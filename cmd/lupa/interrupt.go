package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

// interrupted is the cause of a context that a signal ended.
type interrupted struct{ signal os.Signal }

func (i interrupted) Error() string { return i.told().Error() }

func (i interrupted) told() *told { return say("stopped by the signal %s", i.signal) }

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

// heed does work that changes nothing, and stops waiting for it at a signal. Reading
// heeds the context by itself, and has time to; computing does not, and is left
// alone: the process is about to end. Files are written by who waits, so none is
// left half done, and none is begun later.
func (a *app) heed(ctx context.Context, work func() error) error {
	a.writes = make(chan func())
	done := make(chan error, 1)
	go func() { done <- work() }()
	signal, late := ctx.Done(), (<-chan time.Time)(nil)
	for {
		select {
		case err := <-done:
			a.writes = nil
			return err
		case write := <-a.writes:
			write()
		case <-signal:
			signal, late = nil, time.After(grace)
		case <-late:
			return errLeft
		}
	}
}

// heeding is a command that changes nothing, and heeds signals.
func (a *app) heeding(command func(*cobra.Command, []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		return a.heed(cmd.Context(), func() error { return command(cmd, args) })
	}
}

// writeFile writes a file for one's own eyes.
func (a *app) writeFile(file string, write func(io.Writer) error) error {
	if a.writes == nil { // nobody waits
		return writeFile(a.path(file), 0o600, write)
	}
	done := make(chan error, 1)
	a.writes <- func() { done <- writeFile(a.path(file), 0o600, write) }
	return <-done
}

// grace is how long reading may take to heed a signal.
const grace = 100 * time.Millisecond

// errLeft is that a command was left alone at its work. Nobody is told so: the signal
// is why.
var errLeft error = leftAlone{}

type leftAlone struct{}

func (leftAlone) Error() string { return "left" }
