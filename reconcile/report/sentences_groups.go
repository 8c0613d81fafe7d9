package report

import "golang.org/x/text/message/catalog"

// englishGroups is what rules about groups, cards, overrides and accounts say.
var englishGroups = map[string]catalog.Message{}
