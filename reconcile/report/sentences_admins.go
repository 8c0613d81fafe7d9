package report

import "golang.org/x/text/message/catalog"

// englishAdmins is what rules about administrators and substitutes say.
var englishAdmins = map[string]catalog.Message{}
