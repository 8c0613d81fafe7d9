package plan

import (
	"encoding/json"
	"testing"
	"unicode/utf8"

	"github.com/gowebpki/jcs"
)

// FuzzCanonical holds the writer of this package against the one of jcs, which
// is slow and whose whole purpose it is.
func FuzzCanonical(f *testing.F) {
	for _, s := range []string{
		"", "a", `"\/`, "\x00\x01\b\t\n\v\f\r\x1b\x1f\x7f", "Äänekoski", "\u2028\u2029\u0085\u00a0\ufeff\u202e\u200d",
		"😀", "€", "\ufb33", "\u0080", "\xff\xfe", "a\xc3", "\xed\xa0\x80", "\ufffd", "<script>&amp;", "1e400", "null",
	} {
		f.Add(s, "x", "\U0001F600", "\ufb33", int64(1))
		f.Add("x", s, "€", "\r", int64(-1))
	}
	f.Fuzz(func(t *testing.T, s, k1, k2, k3 string, n int64) {
		n %= 1 << 53 // JSON numbers are exact up to there
		m := map[string]any{"k": s}
		for _, k := range []string{k1, k2, k3} {
			if utf8.ValidString(k) { // two that are not might become the same
				m[k] = []string{k, s}
			}
		}
		for _, v := range []any{nil, true, false, n, s, []string{s, k1}, []string{}, m, map[string]any{"record": m, "flag": true}} {
			plain, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			want, err := jcs.Transform(append(append([]byte(`{"v":`), plain...), '}'))
			if err != nil {
				t.Fatal(err)
			}
			got := append(appendValue([]byte(`{"v":`), v), '}')
			if string(got) != string(want) {
				t.Errorf("%#v\n got %s\nwant %s", v, got, want)
			}
		}
	})
}
