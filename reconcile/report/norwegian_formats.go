package report

import (
	"golang.org/x/text/feature/plural"
	"golang.org/x/text/message/catalog"
)

func norwegianFormats() map[string]catalog.Message {
	return map[string]catalog.Message{
		"few.G01":              catalog.String("Denne planen tar rettigheter eller kortet fra færre enn %[1]d personer; noen må bekrefte det."),
		"few.G03":              catalog.String("Denne planen gir nye rettigheter til færre enn %[1]d personer; noen må bekrefte det."),
		"drift.object.changed": catalog.String("%[1]s %[2]s er endret for hånd: %[3]s"),
		"drift.object.deleted": catalog.String("%[1]s %[2]s er fjernet for hånd"),
		"about.gain":           catalog.String("Noen får en rettighet av klassen høy eller kritisk."),
		"about.drift":          catalog.String("Et objekt som er lupas, er endret i målsystemet for hånd."),
		"about.AccessTest":     catalog.String("Et tilfelle i en AccessTest er ikke som ventet."),
		"about.proof":          catalog.String("Noen får noe som ingen skulle få."),
		"about.more":           catalog.String("lupa rules %[1]s forteller mer."),
		"formats.more":         plural.Selectf(1, "", plural.One, "og 1 til; lupa %[2]s viser det", plural.Other, "og %[1]d til; lupa %[2]s viser dem"),
		"formats.left":         plural.Selectf(1, "", plural.One, "1 resultat er utelatt, et av dem som veier minst", plural.Other, "%[1]d resultater er utelatt, blant dem som veier minst"),
		"formats.held":         catalog.String("Holdt igjen av bremser: noen må bekrefte denne planen."),
		"formats.root":         catalog.String("Den øverste mappen i Git-depotet, eller i treet der det ikke finnes noe depot."),
		"formats.skipped":      catalog.String("dette ble ikke sett på"),
	}
}
