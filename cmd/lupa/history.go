package main

import (
	"context"
	"errors"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/reconcile/report"
	"github.com/lupa-dev/lupa/reconcile/target"
)

func (a *app) historyCommand() *cobra.Command {
	return &cobra.Command{
		Use: "history [ID]", GroupID: groupSee, Args: takes(0, 1, "one ID at most"), Annotations: map[string]string{formats: "text json markdown html"},
		Short: "Show what was applied to a target, when and by whom",
		Long: `Shows the log of a target, the newest entry first: each apply with its plan, the
commit it was made from, who ran it and where, and which brakes were acknowledged.
With an ID it shows what that apply changed in lupa's objects.`,
		Example: `  lupa history
  lupa history 12
  lupa history --format json | jq '.entries[] | select(.acknowledged)'`,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return a.history(cmd.Context())
			}
			id, err := entryID(args[0])
			if err != nil {
				return err
			}
			return a.past(cmd.Context(), id)
		},
	}
}

// entryID is the id of an entry of the log, as it is typed.
func entryID(text string) (int64, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 1 {
		return 0, usage("%.40q is no ID: an ID is a number of lupa history", text)
	}
	return id, nil
}

// log reads the log of the target, sound or not.
func (a *app) log(ctx context.Context) (report.Log, error) {
	_, at, err := a.locate()
	if err != nil {
		return report.Log{}, err
	}
	return a.logOf(ctx, at)
}

func (a *app) logOf(ctx context.Context, at place) (report.Log, error) {
	r, err := a.reader(ctx, at)
	if err != nil {
		return report.Log{}, err
	}
	defer r.Close()
	audit, err := r.Audit(ctx)
	if err != nil {
		return report.Log{}, fail(say("target %s: %w", at.name, err))
	}
	return report.Log{Name: at.name, Audit: audit}, nil
}

// sound refuses a log that is not as lupa wrote it.
func sound(l report.Log) error { return damaged(l.Name, l.Sound()) }

// damaged says what is wrong with a target where an error is that of faults.
func damaged(name string, err error) error {
	var faults *target.FaultsError
	if !errors.As(err, &faults) {
		return fail(err)
	}
	f := &failure{code: exitDamaged, err: say("target %s: %w: %s", name, target.ErrDamaged, report.FaultError{Fault: faults.Faults[0]}),
		next: say("see all of it with: lupa verify; do not write to it; restore it from a backup")}
	if more := len(faults.Faults) - 1; more > 0 {
		f.err = say("%w, and %d more", f.err, more)
	}
	return f
}

func (a *app) history(ctx context.Context) error {
	l, err := a.log(ctx)
	if err != nil {
		return err
	}
	switch {
	case a.markdown():
		err = a.print(a.text(a.out).HistoryMarkdown(l, a.page, a.called, a.command("history")), nil)
	case a.html():
		err = a.print(a.text(a.out).HistoryHTML(l))
	case a.json():
		err = a.print(report.HistoryJSON(l))
	default:
		next := ""
		if e := l.Newest(); e != nil && !a.quiet {
			next = a.command("history", strconv.FormatInt(e.ID, 10))
		}
		a.text(a.out).History(l, next)
	}
	if err != nil {
		return err
	}
	return sound(l) // what is there is worth seeing all the same
}

// past shows what an apply changed.
func (a *app) past(ctx context.Context, id int64) error {
	l, err := a.log(ctx)
	if err != nil {
		return err
	}
	if err := sound(l); err != nil {
		return err
	}
	p, err := pastOf(l, id)
	if err != nil {
		return err
	}
	a.isForTarget(p.Left)
	undo := a.command("undo", strconv.FormatInt(id, 10))
	switch {
	case a.markdown():
		return a.print(a.text(a.out).PastMarkdown(p, a.page, a.called, undo), nil)
	case a.html():
		return a.print(a.text(a.out).PastHTML(p))
	case a.json():
		return a.print(report.PastJSON(p))
	}
	a.text(a.out).Past(p, undo)
	return nil
}

// pastOf is an entry of a log with what changed by it: what lupa had left before,
// and what it left then.
func pastOf(l report.Log, id int64) (report.Past, error) {
	p := report.Past{Name: l.Name}
	past, err := l.Before(id)
	switch {
	case errors.Is(err, target.ErrNotApply), errors.Is(err, target.ErrTooOld):
		p.Entry = l.Entry(id)
		return p, nil
	case err != nil:
		return p, noEntry(id, err)
	}
	p.Entry, p.Later, p.Kept = past.Entry, past.Later, true
	before, after, renames, err := l.Done(id)
	if err != nil {
		return p, fail(err)
	}
	p.Changes, p.Left = plan.Compare(before, after, renames), fact.Snapshot{Now: after, Last: before}
	return p, nil
}

// noEntry says why one cannot go back to before an entry.
func noEntry(id int64, err error) error {
	f := &failure{code: exitInput, err: say("log entry %d: %w", id, err), next: say("see what there is with: lupa history")}
	if errors.Is(err, target.ErrDamaged) {
		f.code, f.next = exitDamaged, say("see what is wrong with: lupa verify")
	}
	return f
}
