package main

import (
	"github.com/spf13/cobra"

	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/reconcile/report"
	"github.com/lupa-dev/lupa/schema/identity"
)

// doers are in whose name a plan is applied, and who wrote what it is made of.
type doers struct{ actor, author string }

// flags are the flags that say so.
func (d doers) flags() (args []string) {
	if d.actor != "" {
		args = append(args, "--actor", d.actor)
	}
	if d.author != "" {
		args = append(args, "--author", d.author)
	}
	return args
}

// doerFlags adds --actor and --author.
func (a *app) doerFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&a.actor, "actor", "", "the person in whose name templates are changed (default: whom the Policy names)")
	cmd.Flags().StringVar(&a.author, "author", "", "the login of who changed the documents, to say what they gain and hold them to their delegations")
	_ = cmd.RegisterFlagCompletionFunc("actor", func(cmd *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
		return a.completions(cmd, begun, askable)
	})
	_ = cmd.RegisterFlagCompletionFunc("author", cobra.FixedCompletions(nil, cobra.ShellCompDirectiveNoFileComp))
}

// inName tells a tree who acts and who wrote it, and readies it to be planned. A
// person whom nothing declares is a slip of the pen.
func (a *app) inName(t *tree) error {
	t.Goal.Say = report.English()
	t.Goal.Actor, t.Goal.Author = a.actor, a.author
	if len(identity.Find(a.author)) > 0 {
		return usage("--author takes a login, and this is a national identity number")
	}
	if a.author != "" && len(t.NoLogins) > 0 {
		return a.refuse(plan.Problems(t.NoLogins...), t.line(), say("nobody can say who the author is"), say("mend the Policy, or add the file"))
	}
	if a.actor == "" {
		return nil
	}
	s := declared(t)
	who, ok := s.person(a.actor)
	if ok && who.Child != "" {
		s.problem("object", "Person", a.actor)
	}
	return a.acceptQuestion(s)
}

// notSaved refuses --actor and --author beside a saved plan, which was made
// without them or with others.
func notSaved(cmd *cobra.Command) error {
	for _, name := range []string{"actor", "author"} {
		if cmd.Flags().Changed(name) {
			return usage("--%s is for making a plan, and this one is made: give it to lupa plan", name)
		}
	}
	return nil
}
