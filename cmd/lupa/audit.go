package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/lupa-dev/lupa/reconcile"
	"github.com/lupa-dev/lupa/reconcile/calendar"
	"github.com/lupa-dev/lupa/reconcile/report"
)

func (a *app) auditCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "audit", GroupID: groupMore, Args: takes(0, 0, ""),
		Short:   "Keep the log of a target no longer than needed",
		Long:    `Sees to the log of a target; "lupa history" shows it, "lupa verify" verifies it.`,
		Example: "  lupa audit prune --before 2025-01-01",
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.pruneCommand())
	return cmd
}

func (a *app) pruneCommand() *cobra.Command {
	var before string
	cmd := &cobra.Command{
		Use: "prune", Args: takes(0, 0, ""), Short: "Remove the old entries of the log",
		Long: `Removes the entries of before a day (UTC), with all that is needed to undo them, but
never that of the newest apply. On a server that is for the owner of the target. What is left is proven by its hashes as before, and a
new entry says up to where the log was pruned. Plans that were made stay good.`,
		Example: "  lupa audit prune --before 2025-01-01",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if before == "" {
				return usage("say from which day on entries stay: --before DATE")
			}
			day, err := calendar.ParseDay(before)
			if err != nil {
				return usage("--before: %w", err)
			}
			start := day.Start(time.UTC)
			if start.After(a.now) {
				return usage("--before %s is still to come", before)
			}
			return a.prune(cmd.Context(), start)
		},
	}
	cmd.Flags().StringVar(&before, "before", "", "the first day whose entries stay")
	_ = cmd.RegisterFlagCompletionFunc("before", cobra.NoFileCompletions)
	return cmd
}

func (a *app) prune(ctx context.Context, before time.Time) error {
	t, at, err := a.locate()
	if err != nil {
		return err
	}
	db, err := at.Open(ctx)
	if err != nil {
		return fail(say("target %s: %w", at.name, err))
	}
	defer db.Close()
	entry, removed, err := reconcile.Prune(ctx, db, before, a.note(ctx, t.root))
	if err != nil {
		return damaged(at.name, err)
	}
	if removed > 0 {
		a.done = say("the log was pruned")
	}
	if a.json() {
		return a.print(report.PruningJSON(entry, removed))
	}
	a.text(a.out).Pruning(entry, removed)
	return nil
}
