package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"slices"

	"github.com/spf13/cobra"

	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/report"
	"github.com/lupa-dev/lupa/reconcile/target/sqldb"
)

func (a *app) targetCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "target", GroupID: groupChange, Args: takes(0, 0, ""),
		Short: "Create and describe a target",
		Long:  `A target holds the permissions that lupa writes. Nothing but "target init" ever makes one.`,
		Example: `  lupa target init
  lupa target status --format json`,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.targetInitCommand(), a.statusCommand(), a.grantCommand())
	return cmd
}

func (a *app) targetInitCommand() *cobra.Command {
	var upgrade bool
	cmd := &cobra.Command{
		Use: "init", Args: takes(0, 0, ""), Short: "Make a new, empty target",
		Long: `Makes a new, empty target: a file, or a schema called lupa in a database of
PostgreSQL. With --upgrade a target that an older lupa made is brought up to date;
of a file a copy as it was is kept beside it.`,
		Example: "  lupa target init\n  lupa target init --target test\n  lupa target init --upgrade",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if upgrade {
				return a.mend(cmd.Context(), false, true)
			}
			return a.targetInit(cmd.Context())
		},
	}
	cmd.Flags().BoolVar(&upgrade, "upgrade", false, "bring a target that an older lupa made up to date")
	return cmd
}

func (a *app) statusCommand() *cobra.Command {
	var upgrade, recover bool
	cmd := &cobra.Command{
		Use: "status", Args: takes(0, 0, ""), Short: "Describe a target",
		Long: `Describes a target. It is only read, unless a write that a crash interrupted is to
be undone with --recover, or an older target to be brought up to date with --upgrade.`,
		Example: "  lupa target status\n  lupa target status --format json",
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.mend(cmd.Context(), recover, upgrade) },
	}
	cmd.Flags().BoolVar(&upgrade, "upgrade", false, "bring a target that an older lupa made up to date")
	cmd.Flags().BoolVar(&recover, "recover", false, "undo a write that a crash interrupted")
	return cmd
}

// mend recovers and upgrades a target where that is wanted, and describes it.
func (a *app) mend(ctx context.Context, recover, upgrade bool) error {
	t, at, err := a.locate()
	if err != nil {
		return err
	}
	if recover {
		if err := at.Recover(ctx); err != nil {
			return fail(say("target %s: %w", at.name, err))
		}
	}
	if upgrade {
		backup, err := at.Upgrade(ctx)
		if err != nil {
			return fail(say("target %s: %w", at.name, err))
		}
		if backup != "" && !a.quiet {
			fmt.Fprintln(a.err, a.shown(a.text(a.err).Told(say("As it was before, the target is kept in %s", t.relative(backup)))))
		}
	}
	return a.describe(ctx, at, false)
}

func (a *app) grantCommand() *cobra.Command {
	return &cobra.Command{
		Use: "grant DUTY ROLE", Args: takes(2, 2, "a duty, plan, apply, read or none, and a role of the server"), Short: "Give a role of the server what a duty needs",
		Long: `Gives a role of a PostgreSQL server what it needs on the target, and no more:

  plan    reads everything, writes nothing
  apply   plans and applies; it cannot change the log of what was done
  read    asks the views lupa.who_has_what and lupa.lupa_status, for other systems
  none    nothing any more

The owner of the target runs this; the role must be there already. What a role had
on the target before is taken from it. See also: lupa help targets`,
		Example: "  lupa target grant plan lupa_ci\n  lupa target grant apply lupa_deploy",
		RunE: func(cmd *cobra.Command, args []string) error {
			duty := sqldb.Duty(args[0])
			if !slices.Contains([]sqldb.Duty{sqldb.Planning, sqldb.Applying, sqldb.Reading, sqldb.Nothing}, duty) {
				return usage("%q is no duty: plan, apply, read or none", args[0])
			}
			_, at, err := a.locate()
			if err != nil {
				return err
			}
			switch err := at.Grant(cmd.Context(), duty, args[1]); {
			case errors.Is(err, sqldb.ErrNoRoles):
				return usage("target %s: %w", at.name, err)
			case err != nil:
				return fail(say("target %s: %w", at.name, err))
			}
			fmt.Fprintln(a.out, report.Safe(a.text(a.out).Told(say("Role %s may %s on target %s.", args[1], duty, at.name))))
			return nil
		},
		ValidArgs: []string{"plan", "apply", "read", "none"},
	}
}

// locate finds the target; lupa.yaml is all that is needed for that.
func (a *app) locate() (*tree, place, error) {
	t, err := a.project()
	if err != nil {
		return nil, place{}, err
	}
	at, err := a.where(t)
	return t, at, err
}

func (a *app) targetInit(ctx context.Context) error {
	t, at, err := a.locate()
	if err != nil {
		return err
	}
	err = at.Create(ctx)
	switch {
	case errors.Is(err, fs.ErrExist):
		return &failure{code: exitFailure, err: say("target %s exists already and was left as it is", at.name), next: say("look at it with: lupa target status")}
	case err != nil:
		return fail(err)
	}
	a.done = say("the target was made")
	if at.kind == "sqlite" && !a.quiet && wouldTakeIn(ctx, t.root, at.shown) {
		fmt.Fprintln(a.err, a.shown(a.text(a.err).Told(say("Git would take in %s, which will hold personal data: name it in .gitignore", at.shown))))
	}
	return a.describe(ctx, at, true)
}

// wouldTakeIn reports whether git add would add a file of a tree. Without git, or
// outside of its repositories, nothing would.
func wouldTakeIn(ctx context.Context, root, path string) bool {
	var exit *exec.ExitError
	err := gitCommand(ctx, root, "check-ignore", "--quiet", "--", path).Run()
	return errors.As(err, &exit) && exit.ExitCode() == 1
}

func (a *app) describe(ctx context.Context, at place, made bool) error {
	r, err := a.reader(ctx, at)
	if err != nil {
		return err
	}
	defer r.Close()
	snap, err := r.Read(ctx, fact.Scope{})
	if err != nil {
		return fail(say("target %s: %w", at.name, err))
	}
	status := report.Status{Name: at.name, Type: at.kind, Path: at.shown, Made: made, Snapshot: snap}
	audit, err := r.Audit(ctx)
	if err != nil {
		return fail(say("target %s: %w", at.name, err))
	}
	if err := sound(report.Log{Name: at.name, Audit: audit}); err != nil {
		return err
	}
	status.Entry = audit.Newest()
	if a.json() {
		return a.print(report.StatusJSON(status))
	}
	a.text(a.out).Status(status)
	return nil
}
