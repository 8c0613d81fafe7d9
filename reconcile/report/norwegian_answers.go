package report

import (
	"golang.org/x/text/feature/plural"
	"golang.org/x/text/message/catalog"
)

func norwegianAnswers() map[string]catalog.Message {
	return map[string]catalog.Message{
		"as.tree":   catalog.String("per %[1]s"),
		"as.target": catalog.String("slik målsystemet %[1]s har det (løpenummer %[2]s)"),
		"and":       catalog.String("; og "),

		"places.every": catalog.String("alle skoler (%[1]d)"),

		"why.yes":          catalog.String("Ja: %[1]s har %[2]s på %[3]s"),
		"why.yes.anywhere": catalog.String("Ja: %[1]s har %[2]s"),
		"why.no":           catalog.String("Nei: %[1]s har ikke %[2]s på %[3]s"),
		"why.no.anywhere":  catalog.String("Nei: %[1]s har ikke %[2]s noe sted"),
		"why.places":       catalog.String("på %[1]s"),
		"why.against":      catalog.String("Det som står i veien"),
		"why.mind":         catalog.String("Verdt å huske på"),
		"why.missing":      catalog.String("Det som må til: %[1]s"),

		"why.ends":            catalog.String("Ikke lenger fra og med %[1]s, slik treet er nå."),
		"why.begins":          catalog.String("Fra og med %[1]s er svaret ja, slik treet er nå."),
		"who.title":           plural.Selectf(1, "", plural.One, "1 person har %[2]s på %[4]s, %[3]s", plural.Other, "%[1]d personer har %[2]s på %[4]s, %[3]s"),
		"who.title.anywhere":  plural.Selectf(1, "", plural.One, "1 person har %[2]s, %[3]s", plural.Other, "%[1]d personer har %[2]s, %[3]s"),
		"who.nobody":          catalog.String("Ingen har %[1]s på %[2]s, %[3]s"),
		"who.nobody.anywhere": catalog.String("Ingen har %[1]s, %[2]s"),
		"who.place":           catalog.String("%[2]s: %[1]d"),

		"access.title":     catalog.String("Hva %[1]s (%[2]s) kan gjøre"),
		"access.none":      catalog.String("ingenting som lupa vet om"),
		"access.childless": catalog.String("ingenting: en foresatt har rettigheter for barn, og her er det ingen"),
		"access.all":       catalog.String("Hvem som kan gjøre hva i %[1]s"),
		"access.nobody":    catalog.String("Ingen kan gjøre noe som lupa vet om."),
		"access.people":    catalog.String("personer"),
		"access.teacher":   catalog.String("lærere"),
		"access.staff":     catalog.String("ansatte"),
		"access.student":   catalog.String("elever"),
		"access.guardian":  catalog.String("foresatte"),
		"access.user":      catalog.String("brukere"),
		"access.places":    catalog.String("steder"),
		"access.who":       catalog.String("For å se hvem de er, og hvorfor: %[1]s"),
		"access.lines":     catalog.String("Alt sammen, med en linje for hver rettighet: %[1]s"),

		"kind.teacher":  catalog.String("lærer"),
		"kind.staff":    catalog.String("ansatt"),
		"kind.student":  catalog.String("elev"),
		"kind.guardian": catalog.String("foresatt"),
		"kind.user":     catalog.String("bruker"),
		"kind.person":   catalog.String("person"),

		"harm.low":      catalog.String("Lav"),
		"harm.normal":   catalog.String("Normal"),
		"harm.high":     catalog.String("HØY"),
		"harm.critical": catalog.String("KRITISK"),

		"brief.group":       catalog.String("gruppen %[1]s"),
		"brief.maintain":    catalog.String("gruppen %[1]s"),
		"brief.tick":        catalog.String("krysset av"),
		"brief.legacy":      catalog.String("den gamle avkrysningen for undersøkelser"),
		"brief.account":     catalog.String("gruppen %[1]s på Primus-kontoen"),
		"brief.teacher":     catalog.String("alle lærere på skolen"),
		"brief.staff":       catalog.String("alle ansatte på skolen"),
		"brief.card":        catalog.String("gruppen %[1]s på kortet"),
		"brief.class":       catalog.String("gruppen %[1]s på klassen"),
		"brief.school":      catalog.String("gruppen %[1]s på skolen"),
		"brief.ownUnits":    catalog.String("profilen %[1]s"),
		"brief.root":        catalog.String("profilen %[1]s"),
		"brief.units":       catalog.String("profilen %[1]s"),
		"brief.R43.group":   catalog.String("vikariatet %[1]s"),
		"brief.R43.tick":    catalog.String("vikariatet %[1]s"),
		"brief.R43.profile": catalog.String("vikariatet %[1]s"),
		"brief.R31.account": catalog.String("%[1]s fra gruppen %[2]s på Primus-kontoen"),
		"brief.R31.tick":    catalog.String("krysset av for %[1]s"),
	}
}
