package report

import (
	"golang.org/x/text/feature/plural"
	"golang.org/x/text/message/catalog"
)

func norwegianPages() map[string]catalog.Message {
	return map[string]catalog.Message{
		"page.grave":      plural.Selectf(1, "", plural.One, "1 av %[2]s nye rettigheter av klassen HØY og KRITISK er ikke med her.", plural.Other, "%[1]d av %[2]s nye rettigheter av klassen HØY og KRITISK er ikke med her."),
		"page.room":       catalog.String("det er ikke plass til rapporten her."),
		"page.left":       catalog.String("Utelatt her: %[1]s"),
		"page.all":        catalog.String("Alt vises med %[1]s"),
		"page.base":       catalog.String("Mot commit %[1]s. Alt vises med %[2]s"),
		"page.both":       catalog.String("Commit %[1]s mot commit %[2]s. Alt vises med %[3]s"),
		"part.everywhere": catalog.String("Hva som får ALLE skoler"),
	}
}
