package report

import (
	"golang.org/x/text/feature/plural"
	"golang.org/x/text/message/catalog"
)

func finnishFormats() map[string]catalog.Message {
	return map[string]catalog.Message{
		"few.G01":              catalog.String("Tämä suunnitelma poistaa oikeuksia tai kortin alle %[1]d henkilöltä; jonkun on vahvistettava se."),
		"few.G03":              catalog.String("Tämä suunnitelma antaa uusia oikeuksia alle %[1]d henkilölle; jonkun on vahvistettava se."),
		"drift.object.changed": catalog.String("Objektia %[1]s %[2]s on muutettu käsin: %[3]s"),
		"drift.object.deleted": catalog.String("Objekti %[1]s %[2]s on poistettu käsin"),
		"about.gain":           catalog.String("Joku saa oikeuden, jonka luokka on korkea tai kriittinen."),
		"about.drift":          catalog.String("Lupan hallinnassa olevaa objektia on muutettu kohdejärjestelmässä käsin."),
		"about.AccessTest":     catalog.String("Dokumentissa AccessTest on tapaus, joka ei ole odotusten mukainen."),
		"about.proof":          catalog.String("Joku saa jotakin, mitä kenenkään ei pitänyt saada."),
		"about.more":           catalog.String("Lisätietoja saa komennolla lupa rules %[1]s."),
		"formats.more":         plural.Selectf(1, "", plural.One, "ja vielä 1; sen näyttää lupa %[2]s", plural.Other, "ja vielä %[1]d; ne näyttää lupa %[2]s"),
		"formats.left":         plural.Selectf(1, "", plural.One, "1 tulos, vähiten painava, on jätetty pois", plural.Other, "%[1]d vähiten painavaa tulosta on jätetty pois"),
		"formats.held":         catalog.String("Jarrujen pysäyttämä: jonkun on vahvistettava tämä suunnitelma."),
		"formats.root":         catalog.String("Git-tietovaraston ylin hakemisto tai, jos tietovarastoa ei ole, puun juuri."),
		"formats.skipped":      catalog.String("ei tarkasteltu tässä"),
	}
}
