package report

import (
	"golang.org/x/text/feature/plural"
	"golang.org/x/text/message/catalog"
)

// englishLog is what there is to say of a target's log.
var englishLog = map[string]catalog.Message{
	"log.altered":         catalog.String("log entry %[1]s was altered"),
	"log.missing":         catalog.String("before log entry %[1]s, entries %[2]s to %[3]s are gone"),
	"log.order":           catalog.String("log entry %[1]s does not follow the one before it"),
	"log.beginning":       catalog.String("what stood before log entry %[1]s is gone, and the log says that entries up to %[2]s were pruned"),
	"log.beginning.whole": catalog.String("what stood before log entry %[1]s is gone, and nobody pruned it"),
	"log.serial":          catalog.String("log entry %[1]s has serial %[2]s, and %[3]s is due"),
	"log.serial.target":   catalog.String("the target is at serial %[2]s, and its newest log entry at %[3]s"),
	"log.way":             catalog.String("the way back over log entry %[1]s was altered"),
	"log.state":           catalog.String("what lupa left there is not what log entry %[1]s says"),
	"log.digest":          catalog.String("what lupa noted there does not match its digest: the end of the log, or what it says of the target, was altered"),
	"log.last":            catalog.String("what lupa left there cannot be read"),

	"verify.sound":   plural.Selectf(1, "", plural.One, "The log of target %[2]s is as lupa wrote it: 1 entry", plural.Other, "The log of target %[2]s is as lupa wrote it: %[1]d entries"),
	"verify.empty":   catalog.String("The log of target %[1]s is as lupa made it: nothing was applied yet"),
	"verify.hand":    catalog.String("What others changed there by hand: %[1]s"),
	"verify.faults":  catalog.String("The log of target %[1]s is NOT as lupa wrote it:"),
	"verify.pruned":  catalog.String("log entries up to %[1]s were pruned"),
	"verify.since":   catalog.String("since %[1]s"),
	"verify.head":    catalog.String("head %[1]s"),
	"history.title":  plural.Selectf(1, "", plural.One, "Log of target %[2]s: 1 entry", plural.Other, "Log of target %[2]s: %[1]d entries"),
	"history.none":   catalog.String("Log of target %[1]s: nothing was applied yet"),
	"history.pruned": catalog.String("Entries up to %[1]s were pruned."),
	"history.more":   catalog.String("What an apply changed: %[1]s"),

	"history.id":      catalog.String("id"),
	"history.serial":  catalog.String("serial"),
	"history.at":      catalog.String("at"),
	"history.by":      catalog.String("by"),
	"history.commit":  catalog.String("commit"),
	"history.plan":    catalog.String("plan"),
	"history.changes": catalog.String("changes"),
	"history.undo":    catalog.String("undo of %[1]s"),
	"history.prune":   catalog.String("pruned up to %[1]s"),
	"history.passed":  catalog.String("acknowledged %[1]s"),

	"past.title": catalog.String("Log entry %[1]s of target %[2]s"),
	"past.none":  catalog.String("No object that is lupa's changed by it."),
	"past.prune": catalog.String("No apply: log entries up to %[1]s were removed."),
	"past.old":   catalog.String("An older lupa wrote this entry, or one since: what it changed was not kept."),
	"past.later": plural.Selectf(1, "", plural.One, "To go back to before it, and the 1 apply since: %[2]s", plural.Other, "To go back to before it, and the %[1]d applies since: %[2]s"),
	"past.last":  catalog.String("To go back to before it: %[1]s"),

	"plan.undo":   catalog.String("goes back to before log entry %[1]s"),
	"plan.undone": catalog.String("No changes: the target holds what lupa had left then."),
	"plan.revert": catalog.String("What this takes back and the tree declares is to be reverted in Git too, else the next apply brings it back."),

	"prune.none": catalog.String("Nothing to prune: no entry that may go is older."),
	"prune.done": plural.Selectf(1, "", plural.One, "Pruned: 1 log entry, up to %[2]s.", plural.Other, "Pruned: %[1]d log entries, up to %[2]s."),
}
