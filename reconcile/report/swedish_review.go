package report

import (
	"golang.org/x/text/feature/plural"
	"golang.org/x/text/message/catalog"
)

func swedishReview() map[string]catalog.Message {
	return map[string]catalog.Message{
		"review.title":         catalog.String("Granskning av %[1]s mot %[2]s (%[3]s), per %[4]s"),
		"review.first":         catalog.String("Granskning av %[1]s, som %[2]s (%[3]s) ännu inte har, per %[4]s"),
		"review.none":          catalog.String("Inga ändringar: dokumenten betyder detsamma som förut."),
		"review.ahead":         catalog.String("Från och med %[1]s"),
		"review.span":          catalog.String("Från och med %[1]s fram till %[2]s"),
		"review.known":         plural.Selectf(1, "", plural.One, "1 anmärkning fanns redan tidigare", plural.Other, "%[1]d anmärkningar fanns redan tidigare"),
		"plan.heading":         catalog.String("Plan för %[1]s i målsystemet %[2]s, per %[3]s"),
		"verdict.refused":      plural.Selectf(1, "", plural.One, "Stoppas: 1 fel", plural.Other, "Stoppas: %[1]d fel"),
		"verdict.braked":       plural.Selectf(1, "", plural.One, "Väntar på bekräftelse: 1 broms", plural.Other, "Väntar på bekräftelse: %[1]d bromsar"),
		"verdict.widens":       plural.Selectf(1, "", plural.One, "1 objekt får ALLA skolor", plural.Other, "%[1]d objekt får ALLA skolor"),
		"verdict.grave":        plural.Selectf(1, "", plural.One, "1 person får rättigheter med känsligheten HÖG eller KRITISK", plural.Other, "%[1]d personer får rättigheter med känsligheten HÖG eller KRITISK"),
		"verdict.ahead":        plural.Selectf(1, "", plural.One, "Vid 1 senare tidpunkt ändras vad personer får göra", plural.Other, "Vid %[1]d senare tidpunkter ändras vad personer får göra"),
		"few":                  catalog.String("färre än %[1]s"),
		"people":               plural.Selectf(1, "", plural.One, "1 person", plural.Other, "%[1]d personer"),
		"personal.new":         plural.Selectf(1, "", plural.One, "1 är ny", plural.Other, "%[1]d är nya"),
		"personal.old":         plural.Selectf(1, "", plural.One, "1 tas bort", plural.Other, "%[1]d tas bort"),
		"personal.is":          plural.Selectf(1, "", plural.One, "1 ändras (%[2]s)", plural.Other, "%[1]d ändras (%[2]s)"),
		"review.until":         catalog.String("Bara fram till %[1]s"),
		"review.confirm":       catalog.String("Den som verkställer bekräftar det då; lupa plan visar vad som ska skrivas."),
		"verdict.judging":      plural.Selectf(1, "", plural.One, "1 dokument ändras som säger hur lupa bedömer", plural.Other, "%[1]d dokument ändras som säger hur lupa bedömer"),
		"judging.create":       catalog.String("%[1]s %[2]s är ny och säger hur lupa bedömer ändringar"),
		"judging.update":       catalog.String("%[1]s %[2]s, som säger hur lupa bedömer ändringar, ändras"),
		"judging.delete":       catalog.String("%[1]s %[2]s, som säger hur lupa bedömer ändringar, tas bort"),
		"about.judging":        catalog.String("Ett dokument som säger hur lupa bedömer ändringar ändras självt."),
		"part.grave":           catalog.String("Nya rättigheter med känsligheten HÖG eller KRITISK"),
		"part.refusals":        catalog.String("Stoppas av"),
		"part.brakes":          catalog.String("Väntar på bekräftelse"),
		"part.ahead":           catalog.String("Längre fram"),
		"part.findings":        catalog.String("Anmärkningar"),
		"part.known":           catalog.String("Anmärkningar som fanns redan tidigare"),
		"part.objects":         catalog.String("Objekt"),
		"part.judging":         catalog.String("Hur lupa bedömer ändringar"),
		"proof.against.target": catalog.String("målsystemet %[1]s"),
		"proof.against.plan":   catalog.String("planen %[1]s"),
		"class.low":            catalog.String("låg"),
		"class.normal":         catalog.String("normal"),
		"class.high":           catalog.String("hög"),
		"class.critical":       catalog.String("kritisk"),
		"count.gain":           catalog.String("får"),
		"count.lose":           catalog.String("förlorar"),
		"count.create":         catalog.String("skapas"),
		"count.update":         catalog.String("ändras"),
		"count.rename":         catalog.String("byter namn"),
		"count.delete":         catalog.String("tas bort"),
		"count.error":          catalog.String("fel"),
		"count.warning":        catalog.String("varningar"),
	}
}
