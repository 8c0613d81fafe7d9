package report

import (
	"golang.org/x/text/feature/plural"
	"golang.org/x/text/message/catalog"
)

// swedishAnswers is englishAnswers in Swedish.
func swedishAnswers() map[string]catalog.Message {
	return map[string]catalog.Message{
		"as.tree":   catalog.String("per %[1]s"),
		"as.target": catalog.String("enligt målsystemet %[1]s (löpnummer %[2]s)"),
		"and":       catalog.String("; och "),

		"places.every": catalog.String("alla skolor (%[1]d)"),

		"why.yes":          catalog.String("Ja: %[1]s har %[2]s vid %[3]s"),
		"why.yes.anywhere": catalog.String("Ja: %[1]s har %[2]s"),
		"why.no":           catalog.String("Nej: %[1]s har inte %[2]s vid %[3]s"),
		"why.no.anywhere":  catalog.String("Nej: %[1]s har inte %[2]s någonstans"),
		"why.places":       catalog.String("vid %[1]s"),
		"why.against":      catalog.String("Vad som står i vägen"),
		"why.mind":         catalog.String("Att tänka på"),
		"why.missing":      catalog.String("Skulle behöva: %[1]s"),

		"why.ends":            catalog.String("Inte längre från och med %[1]s, så som trädet ser ut nu."),
		"why.begins":          catalog.String("Från och med %[1]s är svaret Ja, så som trädet ser ut nu."),
		"who.title":           plural.Selectf(1, "", plural.One, "1 person har %[2]s vid %[4]s, %[3]s", plural.Other, "%[1]d personer har %[2]s vid %[4]s, %[3]s"),
		"who.title.anywhere":  plural.Selectf(1, "", plural.One, "1 person har %[2]s, %[3]s", plural.Other, "%[1]d personer har %[2]s, %[3]s"),
		"who.nobody":          catalog.String("Ingen har %[1]s vid %[2]s, %[3]s"),
		"who.nobody.anywhere": catalog.String("Ingen har %[1]s, %[2]s"),
		"who.place":           catalog.String("%[2]s: %[1]d"),

		"access.title":     catalog.String("Vad %[1]s (%[2]s) får göra"),
		"access.none":      catalog.String("inget som lupa känner till"),
		"access.childless": catalog.String("inget: en vårdnadshavare har rättigheter för barn, och här finns inga"),
		"access.all":       catalog.String("Vem som får göra vad i %[1]s"),
		"access.nobody":    catalog.String("Ingen får göra något som lupa känner till."),
		"access.people":    catalog.String("personer"),
		"access.teacher":   catalog.String("lärare"),
		"access.staff":     catalog.String("personal"),
		"access.student":   catalog.String("elever"),
		"access.guardian":  catalog.String("vårdnadshavare"),
		"access.user":      catalog.String("användare"),
		"access.places":    catalog.String("platser"),
		"access.who":       catalog.String("För att se vilka de är och varför: %[1]s"),
		"access.lines":     catalog.String("För att se allt, en rad för varje: %[1]s"),

		"kind.teacher":  catalog.String("lärare"),
		"kind.staff":    catalog.String("personal"),
		"kind.student":  catalog.String("elev"),
		"kind.guardian": catalog.String("vårdnadshavare"),
		"kind.user":     catalog.String("användare"),
		"kind.person":   catalog.String("person"),

		"harm.low":      catalog.String("Låg"),
		"harm.normal":   catalog.String("Normal"),
		"harm.high":     catalog.String("HÖG"),
		"harm.critical": catalog.String("KRITISK"),

		"brief.group":       catalog.String("gruppen %[1]s"),
		"brief.maintain":    catalog.String("gruppen %[1]s"),
		"brief.tick":        catalog.String("kryss på kortet"),
		"brief.legacy":      catalog.String("det gamla krysset för enkäter"),
		"brief.account":     catalog.String("Primus-kontots grupp %[1]s"),
		"brief.teacher":     catalog.String("alla lärare i skolan"),
		"brief.staff":       catalog.String("hela personalen i skolan"),
		"brief.card":        catalog.String("kortets grupp %[1]s"),
		"brief.class":       catalog.String("klassens grupp %[1]s"),
		"brief.school":      catalog.String("skolans grupp %[1]s"),
		"brief.ownUnits":    catalog.String("profilen %[1]s"),
		"brief.root":        catalog.String("profilen %[1]s"),
		"brief.units":       catalog.String("profilen %[1]s"),
		"brief.R43.group":   catalog.String("vikariatet %[1]s"),
		"brief.R43.tick":    catalog.String("vikariatet %[1]s"),
		"brief.R43.profile": catalog.String("vikariatet %[1]s"),
		"brief.R31.account": catalog.String("%[1]s genom Primus-kontots grupp %[2]s"),
		"brief.R31.tick":    catalog.String("kryss för %[1]s"),
	}
}
