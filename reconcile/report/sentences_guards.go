package report

import "golang.org/x/text/message/catalog"

// englishGuards is what guards say.
var englishGuards = map[string]catalog.Message{}
