package report

import "golang.org/x/text/message/catalog"

// englishSystems is what rules about IMS and CosDoc say.
var englishSystems = map[string]catalog.Message{}
