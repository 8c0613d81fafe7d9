package report

import (
	"golang.org/x/text/feature/plural"
	"golang.org/x/text/message/catalog"
)

func swedishFormats() map[string]catalog.Message {
	return map[string]catalog.Message{
		"few.G01":              catalog.String("Den här planen tar rättigheter eller kortet från färre än %[1]d personer; någon måste bekräfta det."),
		"few.G03":              catalog.String("Den här planen ger nya rättigheter åt färre än %[1]d personer; någon måste bekräfta det."),
		"drift.object.changed": catalog.String("%[1]s %[2]s har ändrats för hand: %[3]s"),
		"drift.object.deleted": catalog.String("%[1]s %[2]s har tagits bort för hand"),
		"about.gain":           catalog.String("Någon får en rättighet med känsligheten hög eller kritisk."),
		"about.drift":          catalog.String("Ett av lupas objekt har ändrats för hand i målsystemet."),
		"about.AccessTest":     catalog.String("Ett fall i ett dokument av typen AccessTest är inte som väntat."),
		"about.proof":          catalog.String("Någon får något som ingen skulle få."),
		"about.more":           catalog.String("Läs mer med: lupa rules %[1]s"),
		"formats.more":         plural.Selectf(1, "", plural.One, "och en till; lupa %[2]s visar den", plural.Other, "och %[1]d till; lupa %[2]s visar dem"),
		"formats.left":         plural.Selectf(1, "", plural.One, "1 resultat, bland dem som väger minst, har utelämnats", plural.Other, "%[1]d resultat, de som väger minst, har utelämnats"),
		"formats.held":         catalog.String("Hålls tillbaka av bromsar: någon måste bekräfta den här planen."),
		"formats.root":         catalog.String("Git-arkivets översta katalog, eller trädets om det inte ligger i något arkiv."),
		"formats.skipped":      catalog.String("granskades inte här"),
	}
}
