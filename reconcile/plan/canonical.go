package plan

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/order"
)

// What follows appends JSON in canonical form (RFC 8785): keys in order, no
// blanks, strings escaped in one way only.

func appendList[T any](to []byte, list []T, item func([]byte, *T) []byte) []byte {
	to = append(to, '[')
	for i := range list {
		if i > 0 {
			to = append(to, ',')
		}
		to = item(to, &list[i])
	}
	return append(to, ']')
}

func appendChange(to []byte, c *Change) []byte {
	to = appendString(append(to, `{"action":`...), c.Action)
	if c.Cause != "" {
		to = appendString(append(to, `,"cause":`...), string(c.Cause))
	}
	to = appendList(append(to, `,"fields":`...), c.Fields, appendField)
	to = appendString(append(to, `,"kind":`...), c.Kind)
	to = appendString(append(to, `,"name":`...), c.Name)
	if c.Previously != "" {
		to = appendString(append(to, `,"previously":`...), c.Previously)
	}
	if len(c.Widens) > 0 {
		to = appendValue(append(to, `,"widens":`...), c.Widens)
	}
	return append(to, '}')
}

func appendField(to []byte, f *FieldChange) []byte {
	to = appendValue(append(to, `{"after":`...), f.After)
	to = appendValue(append(to, `,"before":`...), f.Before)
	if f.Cause != "" {
		to = appendString(append(to, `,"cause":`...), string(f.Cause))
	}
	to = appendString(append(to, `,"field":`...), f.Field)
	if f.Last != nil {
		to = appendValue(append(to, `,"last":`...), f.Last)
	}
	return append(to, '}')
}

func appendObject(to []byte, o *Object) []byte {
	to = append(to, '{')
	if len(o.Everywhere) > 0 {
		to = append(appendValue(append(to, `"everywhere":`...), o.Everywhere), ',')
	}
	to = appendString(append(to, `"id":`...), o.ID)
	to = appendString(append(to, `,"kind":`...), o.Kind)
	to = appendString(append(to, `,"name":`...), o.Name)
	return append(to, '}')
}

func appendInput(to []byte, in *Input) []byte {
	to = appendString(append(to, `{"path":`...), in.Path)
	to = appendString(append(to, `,"sha256":`...), in.SHA256)
	return append(to, '}')
}

func appendFinding(to []byte, f *Finding) []byte {
	to = appendOrNull(append(to, `{"args":`...), f.Args, appendText)
	if f.Case != "" {
		to = appendString(append(to, `,"case":`...), f.Case)
	}
	to = appendString(append(to, `,"code":`...), f.Code)
	if f.Hint != "" {
		to = appendString(append(to, `,"hint":`...), f.Hint)
	}
	to = appendString(append(to, `,"message":`...), f.Message)
	to = appendOrNull(append(to, `,"pos":`...), f.Pos, appendPos)
	to = appendString(append(to, `,"severity":`...), string(f.Severity))
	to = appendString(append(to, `,"subject":`...), f.Subject)
	if f.Suggest != "" {
		to = appendString(append(to, `,"suggest":`...), f.Suggest)
	}
	return append(to, '}')
}

func appendBrake(to []byte, b *Brake) []byte {
	to = appendOrNull(append(to, `{"args":`...), b.Args, appendText)
	to = appendString(append(to, `,"case":`...), b.Case)
	to = appendString(append(to, `,"code":`...), b.Code)
	to = appendInt(append(to, `,"figure":`...), &b.Figure)
	to = appendString(append(to, `,"message":`...), b.Message)
	to = appendString(append(to, `,"name":`...), b.Name)
	return append(to, '}')
}

// appendOrNull is appendList where no list is not an empty one.
func appendOrNull[T any](to []byte, list []T, item func([]byte, *T) []byte) []byte {
	if list == nil {
		return append(to, "null"...)
	}
	return appendList(to, list, item)
}

func appendText[S ~string](to []byte, s *S) []byte { return appendString(to, string(*s)) }

func appendStep(to []byte, st *order.Step) []byte {
	to = append(to, '{')
	if st.Add.Len() > 0 {
		to = append(appendFacts(append(to, `"add":`...), st.Add), ',')
	}
	if len(st.After) > 0 {
		to = append(appendList(append(to, `"after":`...), st.After, appendInt), ',')
	}
	if st.Del.Len() > 0 {
		to = append(appendFacts(append(to, `"del":`...), st.Del), ',')
	}
	to = appendString(append(to, `"do":`...), string(st.Action))
	if st.From != "" {
		to = appendString(append(to, `,"from":`...), st.From)
	}
	to = appendString(append(to, `,"id":`...), st.Key.ID)
	to = appendString(append(to, `,"kind":`...), st.Key.Kind)
	return append(to, '}')
}

func appendInt(to []byte, n *int) []byte { return strconv.AppendInt(to, int64(*n), 10) }

func appendFacts(to []byte, s fact.Set) []byte {
	to = append(to, '[')
	for i, f := range s.All() {
		if i > 0 {
			to = append(to, ',')
		}
		to = appendFact(to, f)
	}
	return append(to, ']')
}

func appendFact(to []byte, f fact.Fact) []byte {
	to = append(to, `["`...)
	to = append(to, f.Field...) // a word of the vocabulary: nothing to escape
	if f.Row > 0 {
		to = append(strconv.AppendInt(append(to, '['), int64(f.Row), 10), ']')
	}
	return append(appendString(append(to, `",`...), f.Value), ']')
}

// appendObjects appends whole sets, as [kind, id, facts] for each object.
func appendObjects(to []byte, s fact.Set) []byte {
	to = append(to, '[')
	first := true
	for key, object := range s.Objects() {
		if !first {
			to = append(to, ',')
		}
		first = false
		to = appendString(append(to, '['), key.Kind)
		to = appendString(append(to, ','), key.ID)
		to = append(appendFacts(append(to, ','), object), ']')
	}
	return append(to, ']')
}

func appendValue(to []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(to, "null"...)
	case bool:
		return strconv.AppendBool(to, v)
	case int64:
		return strconv.AppendInt(to, v, 10)
	case string:
		return appendString(to, v)
	case []string:
		return appendList(to, v, appendText)
	case map[string]any:
		return appendMap(to, v)
	}
	panic(fmt.Sprintf("plan: a value of type %T", v)) // value makes no other
}

func appendMap(to []byte, m map[string]any) []byte {
	to = append(to, '{')
	if len(m) == 1 { // as most are: there is nothing to sort
		for key, value := range m {
			to = appendValue(append(appendString(to, key), ':'), value)
		}
		return append(to, '}')
	}
	for i, key := range slices.SortedFunc(maps.Keys(m), byUTF16) {
		if i > 0 {
			to = append(to, ',')
		}
		to = appendValue(append(appendString(to, key), ':'), m[key])
	}
	return append(to, '}')
}

// byUTF16 orders keys as RFC 8785 wants them, by their UTF-16 code units.
func byUTF16(a, b string) int {
	return slices.Compare(utf16.Encode([]rune(a)), utf16.Encode([]rune(b)))
}

// appendString appends a JSON string. Text that is not UTF-8 becomes U+FFFD.
func appendString(to []byte, s string) []byte {
	const hexDigits = "0123456789abcdef"
	to = append(to, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		n := 1
		if c >= utf8.RuneSelf {
			var r rune
			if r, n = utf8.DecodeRuneInString(s[i:]); r != utf8.RuneError || n > 1 {
				i += n
				continue
			}
		}
		to = append(to, s[from:i]...)
		switch c {
		case '"', '\\':
			to = append(to, '\\', c)
		case '\b':
			to = append(to, `\b`...)
		case '\t':
			to = append(to, `\t`...)
		case '\n':
			to = append(to, `\n`...)
		case '\f':
			to = append(to, `\f`...)
		case '\r':
			to = append(to, `\r`...)
		default:
			if c < ' ' {
				to = append(to, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
			} else {
				to = append(to, "\ufffd"...)
			}
		}
		i += n
		from = i
	}
	return append(append(to, s[from:]...), '"')
}
