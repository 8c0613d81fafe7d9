package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

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
	cmd.AddCommand(
		&cobra.Command{
			Use: "init", Args: takes(0, 0, ""), Short: "Make a new, empty target",
			Example: "  lupa target init\n  lupa target init --target test",
			RunE:    func(cmd *cobra.Command, _ []string) error { return a.targetInit(cmd.Context()) },
		},
		a.statusCommand(),
	)
	return cmd
}

func (a *app) statusCommand() *cobra.Command {
	var upgrade, recover bool
	cmd := &cobra.Command{
		Use: "status", Args: takes(0, 0, ""), Short: "Describe a target",
		Long: `Describes a target. It is only read, unless a write that a crash interrupted is to
be undone with --recover, or an older target to be brought up to date with --upgrade.`,
		Example: "  lupa target status\n  lupa target status --format json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			t, at, err := a.locate()
			if err != nil {
				return err
			}
			for _, mend := range []struct {
				wanted bool
				how    func(context.Context, string) error
			}{{recover, sqldb.Recover}, {upgrade, sqldb.Upgrade}} {
				if !mend.wanted {
					continue
				}
				if err := mend.how(cmd.Context(), at.path); err != nil {
					return fail(fmt.Errorf("target %s: %w", at.name, err))
				}
			}
			return a.describe(cmd.Context(), t, at, false)
		},
	}
	cmd.Flags().BoolVar(&upgrade, "upgrade", false, "bring a target that an older lupa made up to date")
	cmd.Flags().BoolVar(&recover, "recover", false, "undo a write that a crash interrupted")
	return cmd
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
	err = sqldb.Create(ctx, at.path)
	switch {
	case errors.Is(err, fs.ErrExist):
		return &failure{code: exitFailure, err: fmt.Errorf("target %s exists already and was left as it is", at.name), next: "look at it with: lupa target status"}
	case err != nil:
		return fail(err)
	}
	a.done = "the target was made"
	return a.describe(ctx, t, at, true)
}

func (a *app) describe(ctx context.Context, t *tree, at place, made bool) error {
	r, err := a.reader(ctx, at)
	if err != nil {
		return err
	}
	defer r.Close()
	snap, err := r.Read(ctx, fact.Scope{})
	if err != nil {
		return fail(fmt.Errorf("target %s: %w", at.name, err))
	}
	path, err := filepath.Rel(t.root, at.path)
	if err != nil {
		path = at.path
	}
	status := report.Status{Name: at.name, Type: "sqlite", Path: filepath.ToSlash(path), Made: made, Snapshot: snap}
	if status.Entry, err = r.Newest(ctx); err != nil {
		return fail(err)
	}
	if a.json() {
		return a.print(report.StatusJSON(status))
	}
	a.text(a.out).Status(status)
	return nil
}
