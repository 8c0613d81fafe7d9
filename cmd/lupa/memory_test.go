package main

import "testing"

// TestLimit: a small heap may be mostly garbage, of a large one at most half.
func TestLimit(t *testing.T) {
	for live, want := range map[uint64]int64{0: plenty, 100 << 20: plenty, 1 << 30: 2 << 30, 5 << 30: 10 << 30} {
		if got := limit(live); got != want {
			t.Errorf("%d in use: %d, want %d", live, got, want)
		}
	}
}
