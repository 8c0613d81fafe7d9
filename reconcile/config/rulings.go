package config

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/schema/source"
)

// rulingKinds are the kinds of documents that say how lupa judges, and of which a
// target never hears: nothing but a review shows that one changed.
var rulingKinds = []string{"Project", "AccessRule", "AccessTest", "Guard", "Delegation"}

// ruling is what such a document says, whatever its layout.
func ruling(kind string, root source.Value) plan.Ruling {
	r := plan.Ruling{Kind: kind, Name: root.Path("metadata.name").Text(), Says: make(map[string]any)}
	for key, value := range root.Get("spec").Entries() {
		if key.Text() != "pseudonymKey" { // nobody is shown that, and nothing is judged by it
			r.Says[key.Text()] = shownValue(value.Plain())
		}
	}
	return r
}

// shownValue is a plain value as plans show values: lists are of text.
func shownValue(value any) any {
	switch v := value.(type) {
	case []any:
		list := make([]string, len(v))
		for i, item := range v {
			list[i] = oneLine(item)
		}
		return list
	case map[string]any:
		shown := make(map[string]any, len(v))
		for key, inside := range v {
			shown[key] = shownValue(inside)
		}
		return shown
	case bool:
		return oneLine(v) // that it is false is worth telling
	}
	return value
}

// oneLine is a value as one writes it on one line.
func oneLine(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case []any, map[string]any:
		if data, err := json.Marshal(v); err == nil {
			return string(data)
		}
	}
	return fmt.Sprint(value)
}

func rulingsOf(read []fileFacts) []plan.Ruling {
	var all []plan.Ruling
	for _, f := range read {
		all = append(all, f.rulings...)
	}
	slices.SortFunc(all, func(a, b plan.Ruling) int {
		return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.Name, b.Name))
	})
	return all
}
