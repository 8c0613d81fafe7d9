package main

import (
	"github.com/spf13/cobra"

	"github.com/lupa-dev/lupa/reconcile/policy"
	"github.com/lupa-dev/lupa/reconcile/report"
)

func (a *app) contactsCommand() *cobra.Command {
	var register string
	cmd := &cobra.Command{
		Use: "contacts", GroupID: groupSee, Args: takes(0, 0, ""), Annotations: map[string]string{formats: "text json csv"},
		Short: "Show who is to be reported to which vendor's register",
		Long: `Lists those whom the support of a vendor may guide: everybody whom a
SupportContact names, and who is missing there though an AdminTeam or a group of
rectors or school secretaries has them. People stand there by card key; lists in
CSV are separated by blanks. Needs no target.`,
		Example: `  lupa contacts --register visma
  lupa contacts --format csv > contacts.csv`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := named(cmd, "register"); err != nil {
				return err
			}
			t, err := a.valid(cmd.Context())
			if err != nil {
				return err
			}
			contacts := report.Contacts(policy.Contacts(t.Goal.Alone()), register, len(t.Goal.Installations) > 1)
			switch a.format {
			case "json":
				return a.print(report.ContactsJSON(contacts))
			case "csv":
				return a.print(report.ContactsCSV(contacts))
			}
			a.text(a.out).Contacts(contacts)
			return nil
		},
	}
	cmd.Flags().StringVar(&register, "register", "", "only this register, as SupportContact documents call it")
	return cmd
}
