package report

import "golang.org/x/text/message/catalog"

// englishChanges is what rules about changes say.
var englishChanges = map[string]catalog.Message{}
