package report

import (
	"golang.org/x/text/feature/plural"
	"golang.org/x/text/message/catalog"
)

// finnishAnswers is englishAnswers in Finnish.
func finnishAnswers() map[string]catalog.Message {
	return map[string]catalog.Message{
		"as.tree":   catalog.String("tilanne %[1]s"),
		"as.target": catalog.String("kohdejärjestelmän %[1]s mukaan (järjestysnumero %[2]s)"),
		"and":       catalog.String("; ja "),

		"places.every": catalog.String("jokainen koulu (%[1]d)"),

		"why.yes":          catalog.String("Kyllä: henkilöllä %[1]s on oikeus %[2]s paikassa %[3]s"),
		"why.yes.anywhere": catalog.String("Kyllä: henkilöllä %[1]s on oikeus %[2]s"),
		"why.no":           catalog.String("Ei: henkilöllä %[1]s ei ole oikeutta %[2]s paikassa %[3]s"),
		"why.no.anywhere":  catalog.String("Ei: henkilöllä %[1]s ei ole oikeutta %[2]s missään"),
		"why.places":       catalog.String("missä: %[1]s"),
		"why.against":      catalog.String("Mikä on esteenä"),
		"why.mind":         catalog.String("Muista myös"),
		"why.missing":      catalog.String("Tarvittaisiin: %[1]s"),

		"why.ends":            catalog.String("Ei enää %[1]s alkaen, jos puu pysyy tällaisena."),
		"why.begins":          catalog.String("%[1]s alkaen vastaus on Kyllä, jos puu pysyy tällaisena."),
		"who.title":           plural.Selectf(1, "", plural.One, "1 henkilöllä on oikeus %[2]s paikassa %[4]s, %[3]s", plural.Other, "%[1]d henkilöllä on oikeus %[2]s paikassa %[4]s, %[3]s"),
		"who.title.anywhere":  plural.Selectf(1, "", plural.One, "1 henkilöllä on oikeus %[2]s, %[3]s", plural.Other, "%[1]d henkilöllä on oikeus %[2]s, %[3]s"),
		"who.nobody":          catalog.String("Kenelläkään ei ole oikeutta %[1]s paikassa %[2]s, %[3]s"),
		"who.nobody.anywhere": catalog.String("Kenelläkään ei ole oikeutta %[1]s, %[2]s"),
		"who.place":           catalog.String("%[2]s: %[1]d"),

		"access.title":     catalog.String("Mitä %[1]s (%[2]s) saa tehdä"),
		"access.none":      catalog.String("ei mitään, minkä lupa tuntee"),
		"access.childless": catalog.String("ei mitään: huoltajan oikeudet koskevat lapsia, eikä heitä täällä ole"),
		"access.all":       catalog.String("Kuka saa tehdä mitä: %[1]s"),
		"access.nobody":    catalog.String("Kukaan ei saa tehdä mitään, minkä lupa tuntee."),
		"access.people":    catalog.String("henkilöitä"),
		"access.teacher":   catalog.String("opettajia"),
		"access.staff":     catalog.String("henkilökuntaa"),
		"access.student":   catalog.String("opiskelijoita"),
		"access.guardian":  catalog.String("huoltajia"),
		"access.user":      catalog.String("käyttäjiä"),
		"access.places":    catalog.String("paikkoja"),
		"access.who":       catalog.String("Keitä he ovat ja miksi, näkyy komennolla: %[1]s"),
		"access.lines":     catalog.String("Kaiken rivi riviltä saa komennolla: %[1]s"),

		"kind.teacher":  catalog.String("opettaja"),
		"kind.staff":    catalog.String("henkilökunta"),
		"kind.student":  catalog.String("opiskelija"),
		"kind.guardian": catalog.String("huoltaja"),
		"kind.user":     catalog.String("käyttäjä"),
		"kind.person":   catalog.String("henkilö"),

		"harm.low":      catalog.String("Matala"),
		"harm.normal":   catalog.String("Tavallinen"),
		"harm.high":     catalog.String("KORKEA"),
		"harm.critical": catalog.String("KRIITTINEN"),

		// What gives a right, in a word.
		"brief.group":       catalog.String("ryhmä %[1]s"),
		"brief.maintain":    catalog.String("ryhmä %[1]s"),
		"brief.tick":        catalog.String("rastittu"),
		"brief.legacy":      catalog.String("kyselyjen vanha rasti"),
		"brief.account":     catalog.String("Primus-tunnuksen ryhmä %[1]s"),
		"brief.teacher":     catalog.String("koulun kaikki opettajat"),
		"brief.staff":       catalog.String("koulun koko henkilökunta"),
		"brief.card":        catalog.String("kortin ryhmä %[1]s"),
		"brief.class":       catalog.String("luokan ryhmä %[1]s"),
		"brief.school":      catalog.String("koulun ryhmä %[1]s"),
		"brief.ownUnits":    catalog.String("profiili %[1]s"),
		"brief.root":        catalog.String("profiili %[1]s"),
		"brief.units":       catalog.String("profiili %[1]s"),
		"brief.R43.group":   catalog.String("sijaisuus %[1]s"),
		"brief.R43.tick":    catalog.String("sijaisuus %[1]s"),
		"brief.R43.profile": catalog.String("sijaisuus %[1]s"),
		"brief.R31.account": catalog.String("%[1]s, Primus-tunnuksen ryhmä %[2]s"),
		"brief.R31.tick":    catalog.String("%[1]s rastittu"),
	}
}
