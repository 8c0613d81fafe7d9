package schema

import (
	"strconv"
	"strings"
)

// pieceItems is how many items of a list are held against a schema at once. Of
// a list of a million wrong items the library would make a million errors, a
// kilobyte each; a piece of it that is wrong says enough.
const pieceItems = 10_000

// piece is a value with its long lists cut to the items from the given one on.
// The first piece holds all other items too; later ones only the first of each
// list, as the rest is known to be right.
func piece(value any, from int) any {
	switch at := value.(type) {
	case map[string]any:
		cut := make(map[string]any, len(at))
		for key, val := range at {
			cut[key] = piece(val, from)
		}
		return cut
	case []any:
		first, end := window(len(at), from)
		cut := make([]any, 0, end-first)
		for _, item := range at[first:end] {
			cut = append(cut, piece(item, from))
		}
		return cut
	}
	return value
}

// window is which items of a list of n are in a piece.
func window(n, from int) (first, end int) {
	switch {
	case n > pieceItems:
		first = min(from, n-pieceItems)
		return first, first + pieceItems
	case from > 0:
		return 0, min(n, 1)
	}
	return 0, n
}

// inWhole turns a pointer into a piece into one into the whole value.
func inWhole(value any, pointer string, from int) string {
	tokens := strings.Split(pointer, "/")
	for i, token := range tokens[1:] {
		switch at := value.(type) {
		case map[string]any:
			value = at[unescape(token)]
		case []any:
			n, err := strconv.Atoi(token)
			if err != nil {
				return pointer
			}
			first, _ := window(len(at), from)
			value, tokens[i+1] = at[n+first], strconv.Itoa(n+first)
		}
	}
	return strings.Join(tokens, "/")
}

// longest is the length of the longest list in a value.
func longest(value any) int {
	most := 0
	switch at := value.(type) {
	case map[string]any:
		for _, val := range at {
			most = max(most, longest(val))
		}
	case []any:
		most = len(at)
		for _, item := range at {
			most = max(most, longest(item))
		}
	}
	return most
}
