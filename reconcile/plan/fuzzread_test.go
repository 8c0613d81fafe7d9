package plan_test

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"

	"github.com/lupa-dev/lupa/reconcile/plan"
)

// FuzzReadPlan: no file brings the readers of plans down, with the right hash
// neither: what stands after HASH gets it. What is read is written again as it was.
func FuzzReadPlan(f *testing.F) {
	p := everything()
	f.Add(string(write(f, p)))
	p.Brakes, p.Acknowledge = []plan.Brake{}, []string{} // else what is to be acknowledged depends on the hash
	file := string(write(f, p))
	at := strings.Index(file, `"hash":"`)
	sealed := file[:at] + "HASH" + file[at+len(`"hash":"`)+64+len(`",`):]
	f.Add(sealed)
	f.Add(strings.Replace(sealed, `"steps":[`, `"steps":[{},`, 1))
	for _, text := range []string{`\u000b`, `\u0008`, `\b`, `\/`, `\u000B`, `\u0041`, `\"\\\f\n\r\t`, `\u001f`, `\u0020`, "\x7f", "\ufffd", "\xff"} {
		for _, around := range []string{`"title":"`, `"id":"`, `"before":"`, `["title","`} {
			f.Add(strings.Replace(sealed, around, around+text, 1))
		}
	}
	for _, number := range []string{"-0", "00", "1.0", "1e1", "9223372036854775807", "9223372036854775808"} {
		f.Add(strings.Replace(sealed, `"before":3`, `"before":`+number, 1))
	}
	f.Fuzz(func(t *testing.T, text string) {
		if before, after, ok := strings.Cut(text, "HASH"); ok {
			sum := sha256.Sum256([]byte(before + strings.TrimSuffix(after, "\n")))
			text = before + fmt.Sprintf(`"hash":"%x",`, sum) + after
		}
		p, err := plan.Read([]byte(text))
		if (p == nil) == (err == nil) {
			t.Errorf("%v, %v", p, err)
		}
		if err == nil {
			if again := write(t, p); string(again) != text && len(topLevel([]byte(text))) == len(topLevel(again)) {
				t.Errorf("written again:\n%s\n%s", text, again)
			}
		}
		if steps, err := plan.ReadSteps([]byte(text)); (steps == nil) == (err == nil) {
			t.Errorf("%v, %v", steps, err)
		}
	})
}
