package report

import (
	"golang.org/x/text/feature/plural"
	"golang.org/x/text/message/catalog"
)

func swedishPages() map[string]catalog.Message {
	return map[string]catalog.Message{
		"page.grave":      plural.Selectf(1, "", plural.One, "1 av %[2]s nya rättigheter med känsligheten HÖG eller KRITISK visas inte här.", plural.Other, "%[1]d av %[2]s nya rättigheter med känsligheten HÖG eller KRITISK visas inte här."),
		"page.room":       catalog.String("rapporten ryms inte här."),
		"page.left":       catalog.String("Utelämnat här: %[1]s"),
		"page.all":        catalog.String("Allt visas med %[1]s"),
		"page.base":       catalog.String("Mot commit %[1]s. Allt visas med %[2]s"),
		"page.both":       catalog.String("Commit %[1]s mot commit %[2]s. Allt visas med %[3]s"),
		"part.everywhere": catalog.String("Vad som får ALLA skolor"),
	}
}
