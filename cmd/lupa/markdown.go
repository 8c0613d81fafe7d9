package main

import (
	"github.com/spf13/cobra"

	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/reconcile/report"
)

// markdown reports whether the output is Markdown, refusals too.
func (a *app) markdown() bool { return a.format == "markdown" }

// paged finds out how much room there is for Markdown.
func (a *app) paged(cmd *cobra.Command) (err error) {
	if cmd.Flags().Changed("max-bytes") && a.maxBytes == "" {
		return usage("--max-bytes is empty")
	}
	if a.page, err = report.PageOf(a.maxBytes); err != nil {
		return usage("--max-bytes: %w", err)
	}
	return nil
}

// refusal is what is wrong with the input, with the marker of the report that there
// would be else: a job then finds its comment.
func (a *app) refusal(problems []plan.Finding) []byte {
	return a.text(a.out).ProblemsMarkdown(problems, a.page, a.running, a.called, a.command("validate"), nil)
}
