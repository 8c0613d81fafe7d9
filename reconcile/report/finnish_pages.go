package report

import (
	"golang.org/x/text/feature/plural"
	"golang.org/x/text/message/catalog"
)

func finnishPages() map[string]catalog.Message {
	return map[string]catalog.Message{
		"page.grave":      plural.Selectf(1, "", plural.One, "Tästä on jätetty pois 1 luokkien KORKEA ja KRIITTINEN uusista oikeuksista (kaikkiaan %[2]s).", plural.Other, "Tästä on jätetty pois %[1]d luokkien KORKEA ja KRIITTINEN uusista oikeuksista (kaikkiaan %[2]s)."),
		"page.room":       catalog.String("raportti ei mahdu tähän."),
		"page.left":       catalog.String("Jätetty pois: %[1]s"),
		"page.all":        catalog.String("Kaikki näkyy komennolla %[1]s"),
		"page.base":       catalog.String("Vertailukohta on commit %[1]s. Kaikki näkyy komennolla %[2]s"),
		"page.both":       catalog.String("Commit %[1]s, vertailukohta commit %[2]s. Kaikki näkyy komennolla %[3]s"),
		"part.everywhere": catalog.String("Objektit, jotka saavat KAIKKI koulut"),
	}
}
