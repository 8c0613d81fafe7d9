package pgtest

import (
	"errors"
	"fmt"
	"testing"
)

// verdict is a test that only notes how it ends.
type verdict struct {
	testing.TB
	word string
}

func (v *verdict) Helper()              {}
func (v *verdict) Skipf(string, ...any) { v.word = "skipped" }
func (v *verdict) Fatal(...any)         { v.word = "failed" }

// A server that is there and does not start must not be passed over.
func TestAvailable(t *testing.T) {
	absent := fmt.Errorf("%w: nowhere", errNoServer)
	for _, c := range []struct {
		err       error
		env, want string
	}{
		{nil, "", ""},
		{nil, "required", ""},
		{absent, "", "skipped"},
		{absent, "required", "failed"},
		{errors.New("initdb: not done"), "", "failed"},
	} {
		t.Setenv("LUPA_POSTGRES", c.env)
		v := &verdict{}
		if available(v, c.err); v.word != c.want {
			t.Errorf("%v with LUPA_POSTGRES=%q: %q, want %q", c.err, c.env, v.word, c.want)
		}
	}
}
