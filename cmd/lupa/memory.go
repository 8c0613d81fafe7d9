package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// gcPercent is how often garbage is collected: a run is short and reads much, so
// collecting less often saves a third of its time.
const gcPercent = 300

// plenty is a heap that may be mostly garbage. Beyond it at most half may be, or a
// million people would not fit where their facts do.
const plenty = 1 << 28

// frugal settles how much memory is used to save time. GOGC and GOMEMLIMIT in the
// environment still decide.
func frugal() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(plenty)
		afterCollection()
	}
}

// afterCollection raises the limit to what is in use, each time that is known: a
// limit below it would have garbage collected all the time.
func afterCollection() {
	runtime.SetFinalizer(new([64]byte), func(*[64]byte) {
		live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		metrics.Read(live)
		if live[0].Value.Kind() == metrics.KindUint64 {
			debug.SetMemoryLimit(limit(live[0].Value.Uint64()))
		}
		afterCollection()
	})
}

// limit is how large the heap may grow, by what of it was in use.
func limit(live uint64) int64 { return max(plenty, 2*int64(live)) }
