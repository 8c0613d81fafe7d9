package report

import (
	"golang.org/x/text/feature/plural"
	"golang.org/x/text/message/catalog"
)

func norwegianReview() map[string]catalog.Message {
	return map[string]catalog.Message{
		"review.title":         catalog.String("Gjennomgang av %[1]s mot %[2]s (%[3]s), per %[4]s"),
		"review.first":         catalog.String("Gjennomgang av %[1]s, som %[2]s (%[3]s) ikke har ennå, per %[4]s"),
		"review.none":          catalog.String("Ingen endringer: dokumentene betyr det samme som før."),
		"review.ahead":         catalog.String("Fra og med %[1]s"),
		"review.span":          catalog.String("Fra og med %[1]s frem til %[2]s"),
		"review.known":         plural.Selectf(1, "", plural.One, "1 funn var der fra før", plural.Other, "%[1]d funn var der fra før"),
		"plan.heading":         catalog.String("Plan for %[1]s i målsystemet %[2]s, per %[3]s"),
		"verdict.refused":      plural.Selectf(1, "", plural.One, "Avvist: 1 feil", plural.Other, "Avvist: %[1]d feil"),
		"verdict.braked":       plural.Selectf(1, "", plural.One, "Venter på at noen bekrefter: 1 brems", plural.Other, "Venter på at noen bekrefter: %[1]d bremser"),
		"verdict.widens":       plural.Selectf(1, "", plural.One, "1 objekt får ALLE skoler", plural.Other, "%[1]d objekter får ALLE skoler"),
		"verdict.grave":        plural.Selectf(1, "", plural.One, "1 person får en rettighet av klassen HØY eller KRITISK", plural.Other, "%[1]d personer får rettigheter av klassen HØY eller KRITISK"),
		"verdict.ahead":        plural.Selectf(1, "", plural.One, "Hva noen kan gjøre, endres også senere: på 1 tidspunkt", plural.Other, "Hva noen kan gjøre, endres også senere: på %[1]d tidspunkter"),
		"few":                  catalog.String("færre enn %[1]s"),
		"people":               plural.Selectf(1, "", plural.One, "1 person", plural.Other, "%[1]d personer"),
		"personal.new":         plural.Selectf(1, "", plural.One, "1 er ny", plural.Other, "%[1]d er nye"),
		"personal.old":         plural.Selectf(1, "", plural.One, "1 fjernes", plural.Other, "%[1]d fjernes"),
		"personal.is":          plural.Selectf(1, "", plural.One, "1 endres (%[2]s)", plural.Other, "%[1]d endres (%[2]s)"),
		"review.until":         catalog.String("Bare frem til %[1]s"),
		"review.confirm":       catalog.String("Den som gjennomfører endringen, bekrefter det da; lupa plan viser hva som skal skrives."),
		"verdict.judging":      plural.Selectf(1, "", plural.One, "1 dokument endres som sier hvordan lupa vurderer", plural.Other, "%[1]d dokumenter endres som sier hvordan lupa vurderer"),
		"judging.create":       catalog.String("%[1]s %[2]s er ny og sier hvordan lupa vurderer endringer"),
		"judging.update":       catalog.String("%[1]s %[2]s, som sier hvordan lupa vurderer endringer, endres"),
		"judging.delete":       catalog.String("%[1]s %[2]s, som sier hvordan lupa vurderer endringer, fjernes"),
		"about.judging":        catalog.String("Et dokument som sier hvordan lupa vurderer endringer, endres selv."),
		"part.grave":           catalog.String("Nye rettigheter av klassen HØY og KRITISK"),
		"part.refusals":        catalog.String("Avvist på grunn av dette"),
		"part.brakes":          catalog.String("Venter på bekreftelse"),
		"part.ahead":           catalog.String("Dagene fremover"),
		"part.findings":        catalog.String("Funn"),
		"part.known":           catalog.String("Funn som var der fra før"),
		"part.objects":         catalog.String("Objekter"),
		"part.judging":         catalog.String("Hvordan lupa vurderer endringer"),
		"proof.against.target": catalog.String("målsystemet %[1]s"),
		"proof.against.plan":   catalog.String("planen %[1]s"),
		"class.low":            catalog.String("lav"),
		"class.normal":         catalog.String("normal"),
		"class.high":           catalog.String("høy"),
		"class.critical":       catalog.String("kritisk"),
		"count.gain":           catalog.String("får"),
		"count.lose":           catalog.String("mister"),
		"count.create":         catalog.String("opprettes"),
		"count.update":         catalog.String("endres"),
		"count.rename":         catalog.String("får nytt navn"),
		"count.delete":         catalog.String("fjernes"),
		"count.error":          catalog.String("feil"),
		"count.warning":        catalog.String("advarsler"),
	}
}
