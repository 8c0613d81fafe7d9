package targettest_test

import (
	"testing"

	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/order"
	"github.com/lupa-dev/lupa/reconcile/target"
	"github.com/lupa-dev/lupa/reconcile/target/targettest"
)

func TestMemory(t *testing.T) {
	targettest.Run(t, func(t *testing.T) targettest.Fixture {
		m := &target.Memory{Lineage: "memory"}
		return targettest.Fixture{Target: m, Other: m, Edit: func(t *testing.T, steps ...order.Step) {
			m.Edit(func(s fact.Set) fact.Set {
				for _, st := range steps {
					var err error
					if s, err = st.Do(s); err != nil {
						t.Fatal(err)
					}
				}
				return s
			})
		}}
	})
}
