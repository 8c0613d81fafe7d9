package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lupa-dev/lupa/reconcile/report"
	"github.com/lupa-dev/lupa/reconcile/target"
)

func (a *app) verifyCommand() *cobra.Command {
	var expect string
	cmd := &cobra.Command{
		Use: "verify", GroupID: groupCheck, Args: takes(0, 0, ""),
		Short: "Verify that a target's log is as lupa wrote it",
		Long: `Holds the whole log of a target against itself and against what lupa left there:
an entry that was altered, removed or moved is found, and exit 8 says so; so is
damage to what the target holds, and a view who_has_what that does not follow from
it (lupa target status --recover writes it anew). What others changed by hand is
drift, and none of this. Who can
write to the target could write the whole log anew. Against that keep its head, which
every apply prints, where others have it, and ask for it with --expect-head: then
exit 4 means that something was applied since, and 8 that the log was rewritten.`,
		Example: `  lupa verify
  lupa verify --expect-head 1a2b3c4d5e6f`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("expect-head") {
				if err := digits("expect-head", "a log's head", &expect); err != nil {
					return err
				}
			}
			l, state, err := a.verified(cmd.Context())
			if err != nil {
				return err
			}
			faults := l.Verify()
			if len(faults) == 0 {
				faults = l.Retrace()
			}
			if a.json() {
				err = a.print(report.VerificationJSON(l, faults))
			} else {
				a.text(a.out).Verification(l, faults, a.command("drift"))
			}
			switch {
			case err != nil:
				return err
			case len(faults) > 0:
				return damaged(l.Name, &target.FaultsError{Faults: faults})
			case state != nil:
				return fail(say("target %s: %w", l.Name, state))
			}
			return expectedHead(l, expect)
		},
	}
	cmd.Flags().StringVar(&expect, "expect-head", "", "the head that the log had, or has (at least its first 12 digits)")
	_ = cmd.RegisterFlagCompletionFunc("expect-head", cobra.NoFileCompletions)
	return cmd
}

// verified is the log of the target, and what is wrong with the rest of it.
func (a *app) verified(ctx context.Context) (l report.Log, state, err error) {
	_, at, err := a.locate()
	if err != nil {
		return l, nil, err
	}
	if l, err = a.logOf(ctx, at); err != nil {
		return l, nil, err
	}
	r, err := a.reader(ctx, at)
	if err != nil {
		return l, nil, err
	}
	defer r.Close()
	return l, r.Check(ctx), nil
}

// digits makes sure that a flag is at least the first 12 digits of a hash.
func digits(flag, what string, hash *string) error {
	*hash = strings.ToLower(*hash)
	if len(*hash) < 12 || len(*hash) > 64 || strings.Trim(*hash, "0123456789abcdef") != "" {
		return usage("--%s takes at least the first 12 digits of %s", flag, say(what))
	}
	return nil
}

// expectedHead refuses a log whose head is another. Any head that it ever had is in
// it, or was pruned.
func expectedHead(l report.Log, hash string) error {
	if hash == "" {
		return nil
	}
	newer := 0
	for i := len(l.Records) - 1; i >= 0; i, newer = i-1, newer+1 {
		if strings.HasPrefix(l.Records[i].Hash, hash) {
			break
		}
	}
	switch pruned := l.Pruned(); {
	case newer == 0 && len(l.Records) > 0:
		return nil
	case newer < len(l.Records):
		return &failure{code: exitStale, err: say("the log goes on after %s, by %d", hash, newer), next: say("see them with: lupa history")}
	case pruned > 0 && strings.HasPrefix(l.Records[0].Previous, hash):
		return &failure{code: exitStale, err: say("%s is entry %d, the last that was pruned: the log has %d entries newer than that", hash, pruned, newer), next: say("see them with: lupa history")}
	case pruned > 0:
		return &failure{code: exitDamaged, err: say("%s is not in the log: it was pruned with entry %d or before, or the log was rewritten", hash, pruned),
			next: say("expect a head of after the prune")}
	}
	return &failure{code: exitDamaged, err: say("%s is not in the log: the log was rewritten or cut, or it is of another target", hash),
		next: say("do not write to it; restore it from a backup")}
}
