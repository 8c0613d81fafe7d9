package report

import (
	"golang.org/x/text/feature/plural"
	"golang.org/x/text/message/catalog"
)

// englishPages is what a report says that is cut to a page.
var englishPages = map[string]catalog.Message{
	"page.grave": plural.Selectf(1, "", plural.One, "1 of %[2]s gains of class HIGH and CRITICAL is not told here.", plural.Other, "%[1]d of %[2]s gains of class HIGH and CRITICAL are not told here."),
	"page.room":  catalog.String("there is no room for this report here."),
	"page.left":  catalog.String("Left out here: %[1]s"),
	"page.all":   catalog.String("To see all of it: %[1]s"),
	"page.base":  catalog.String("Against commit %[1]s. To see all of it: %[2]s"),
	"page.both":  catalog.String("Commit %[1]s against commit %[2]s. To see all of it: %[3]s"),

	"part.everywhere": catalog.String("What is to have ALL schools"),
}
