package report

import (
	"golang.org/x/text/feature/plural"
	"golang.org/x/text/message/catalog"
)

func finnishReview() map[string]catalog.Message {
	return map[string]catalog.Message{
		"review.title":         catalog.String("%[1]s: katselmus, vertailukohta %[2]s (%[3]s), tilanne %[4]s"),
		"review.first":         catalog.String("%[1]s: katselmus, tilanne %[4]s; versiossa %[2]s (%[3]s) puuta ei vielä ole"),
		"review.none":          catalog.String("Ei muutoksia: dokumentit tarkoittavat samaa kuin ennenkin."),
		"review.ahead":         catalog.String("%[1]s alkaen"),
		"review.span":          catalog.String("%[1]s alkaen (ei enää %[2]s)"),
		"review.known":         plural.Selectf(1, "", plural.One, "1 havainto oli jo ennestään", plural.Other, "%[1]d havaintoa oli jo ennestään"),
		"plan.heading":         catalog.String("%[1]s: suunnitelma kohdejärjestelmälle %[2]s, tilanne %[3]s"),
		"verdict.refused":      plural.Selectf(1, "", plural.One, "Hylätty: 1 virhe", plural.Other, "Hylätty: %[1]d virhettä"),
		"verdict.braked":       plural.Selectf(1, "", plural.One, "Odottaa vahvistusta: 1 jarru", plural.Other, "Odottaa vahvistusta: %[1]d jarrua"),
		"verdict.widens":       plural.Selectf(1, "", plural.One, "1 objekti saa KAIKKI koulut", plural.Other, "%[1]d objektia saa KAIKKI koulut"),
		"verdict.grave":        plural.Selectf(1, "", plural.One, "1 henkilö saa oikeuden, jonka luokka on KORKEA tai KRIITTINEN", plural.Other, "%[1]d henkilöä saa oikeuden, jonka luokka on KORKEA tai KRIITTINEN"),
		"verdict.ahead":        plural.Selectf(1, "", plural.One, "Oikeudet muuttuvat myös 1 tulevana päivänä", plural.Other, "Oikeudet muuttuvat myös %[1]d tulevana päivänä"),
		"few":                  catalog.String("alle %[1]s"),
		"people":               plural.Selectf(1, "", plural.One, "1 henkilö", plural.Other, "%[1]d henkilöä"),
		"personal.new":         plural.Selectf(1, "", plural.One, "1 uusi", plural.Other, "%[1]d uutta"),
		"personal.old":         plural.Selectf(1, "", plural.One, "1 poistuu", plural.Other, "%[1]d poistuu"),
		"personal.is":          plural.Selectf(1, "", plural.One, "1 muuttuu (%[2]s)", plural.Other, "%[1]d muuttuu (%[2]s)"),
		"review.until":         catalog.String("Vain väliaikaisesti (ei enää %[1]s)"),
		"review.confirm":       catalog.String("Vahvistuksen antaa se, joka toteuttaa muutoksen; lupa plan näyttää, mitä silloin kirjoitetaan."),
		"verdict.judging":      plural.Selectf(1, "", plural.One, "Muuttuu 1 dokumentti, joka sanoo, miten lupa arvioi", plural.Other, "Muuttuu %[1]d dokumenttia, jotka sanovat, miten lupa arvioi"),
		"judging.create":       catalog.String("%[1]s %[2]s on uusi ja sanoo, miten lupa arvioi muutoksia"),
		"judging.update":       catalog.String("%[1]s %[2]s muuttuu, ja se sanoo, miten lupa arvioi muutoksia"),
		"judging.delete":       catalog.String("%[1]s %[2]s poistuu, ja se on sanonut, miten lupa arvioi muutoksia"),
		"about.judging":        catalog.String("Dokumentti, joka sanoo, miten lupa arvioi muutoksia, muuttuu itse."),
		"part.grave":           catalog.String("Luokkien KORKEA ja KRIITTINEN uudet oikeudet"),
		"part.refusals":        catalog.String("Hylkäyksen syyt"),
		"part.brakes":          catalog.String("Odottaa vahvistusta"),
		"part.ahead":           catalog.String("Tulevina päivinä"),
		"part.findings":        catalog.String("Havainnot"),
		"part.known":           catalog.String("Jo ennestään olleet havainnot"),
		"part.objects":         catalog.String("Objektit"),
		"part.judging":         catalog.String("Miten lupa arvioi muutoksia"),
		"proof.against.target": catalog.String("kohdejärjestelmä %[1]s"),
		"proof.against.plan":   catalog.String("suunnitelma %[1]s"),
		"class.low":            catalog.String("matala"),
		"class.normal":         catalog.String("tavallinen"),
		"class.high":           catalog.String("korkea"),
		"class.critical":       catalog.String("kriittinen"),
		"count.gain":           catalog.String("saa oikeuksia"),
		"count.lose":           catalog.String("menettää oikeuksia"),
		"count.create":         catalog.String("luodaan"),
		"count.update":         catalog.String("muutetaan"),
		"count.rename":         catalog.String("nimetään uudelleen"),
		"count.delete":         catalog.String("poistetaan"),
		"count.error":          catalog.String("virheitä"),
		"count.warning":        catalog.String("varoituksia"),
	}
}
