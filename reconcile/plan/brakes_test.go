package plan_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/lupa-dev/lupa/reconcile/plan"
)

func acknowledged(t *testing.T, texts ...string) (all []plan.Acknowledgement) {
	t.Helper()
	for _, text := range texts {
		a, err := plan.ParseAcknowledgement(text)
		if err != nil || a.String() != text {
			t.Fatalf("%q is read as %v, %v", text, a, err)
		}
		all = append(all, a)
	}
	return all
}

// TestPass: all that a plan lists passes its brakes, nothing less does, and nothing
// that is not in the list.
func TestPass(t *testing.T) {
	p := everything()
	if len(p.Brakes) < 2 || len(p.Brakes) != len(p.Acknowledge) {
		t.Fatalf("the plan has the brakes %v", p.Acknowledge)
	}
	all := p.Acknowledge
	for chosen := range 1 << len(all) {
		var some []string
		for i, text := range all {
			if chosen&(1<<i) != 0 {
				some = append(some, text)
			}
		}
		err := p.Pass(acknowledged(t, some...))
		switch {
		case (err == nil) != (len(some) == len(all)), err != nil && !errors.Is(err, plan.ErrBraked):
			t.Errorf("of %v %v was acknowledged: %v", all, some, err)
		case err != nil:
			for _, text := range all {
				if strings.Contains(err.Error(), text) == slices.Contains(some, text) {
					t.Errorf("of %v %v was acknowledged: %v", all, some, err)
				}
			}
		}
	}
	figure, hash, _ := strings.Cut(all[0], "@")
	for what, text := range map[string]string{
		"another figure":                  strings.Replace(figure, "=", "=1", 1) + "@" + hash,
		"another plan":                    figure + "@" + strings.Repeat("0", 12),
		"as many digits, the first alike": figure + "@" + hash + "g",
	} {
		a, err := plan.ParseAcknowledgement(text)
		if err != nil {
			continue
		}
		if err := p.Pass(append(acknowledged(t, all[1:]...), a)); !errors.Is(err, plan.ErrBraked) {
			t.Errorf("%s, %s: %v", what, text, err)
		}
		if err := p.Pass(append(acknowledged(t, all...), a)); !errors.Is(err, plan.ErrBraked) {
			t.Errorf("%s beside all that is needed, %s: %v", what, text, err)
		}
	}
	if err := p.Pass(append(acknowledged(t, all...), acknowledged(t, "gains=7@"+hash)...)); !errors.Is(err, plan.ErrBraked) || !strings.Contains(err.Error(), "gains=7@"+hash) {
		t.Errorf("a brake that the plan does not have: %v", err)
	}
	if err := p.Pass(append(acknowledged(t, all...), acknowledged(t, all...)...)); err != nil {
		t.Errorf("acknowledged twice: %v", err)
	}
	whole := strings.Replace(strings.Join(all, " "), hash, p.Hash, -1)
	if err := p.Pass(acknowledged(t, strings.Fields(whole)...)); err != nil {
		t.Errorf("with the whole hash: %v", err)
	}
}

// TestOlderPlan: a plan by a lupa that knew no brakes is read, and has none.
func TestOlderPlan(t *testing.T) {
	old := write(t, everything())
	var p *plan.Plan
	var err error
	if p, err = plan.Read(old); err != nil || p.Brakes == nil {
		t.Fatal(err, p)
	}
	p.Brakes, p.Acknowledge = nil, nil
	if _, err := plan.Read(write(t, p)); !errors.Is(err, plan.ErrAltered) {
		t.Errorf("a plan whose brakes somebody took out: %v", err)
	}
}

func TestParseAcknowledgement(t *testing.T) {
	for _, text := range []string{"", "removals", "removals=52", "=52@1a2b3c4d5e6f", "removals=@1a2b3c4d5e6f", "removals=-1@1a2b3c4d5e6f", "removals=52@1a2b3c4d5e6",
		"removals=52@1A2B3C4D5E6F", "removals=52@1a2b3c4d5e6g", " removals=52@1a2b3c4d5e6f", "removals=52@1a2b3c4d5e6f ", "removals=9999999999@1a2b3c4d5e6f",
		"removals=52@1a2b3c4d5e6f,gains=1@1a2b3c4d5e6f", "all", "removals=52@" + strings.Repeat("0", 65)} {
		if a, err := plan.ParseAcknowledgement(text); err == nil {
			t.Errorf("%q is read as %v", text, a)
		}
	}
}
