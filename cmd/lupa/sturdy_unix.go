//go:build unix

package main

import (
	"os/signal"
	"runtime/debug"
	"syscall"
)

// sturdy sets how the process ends. One that crashes, for want of memory for one,
// ends by a signal: the 2 that it would exit with says that there are changes. It
// leaves no image of its memory, where personal data is. A reader of the output
// that is gone, and a file that may not grow, are errors as any other, and do not
// kill an apply.
func sturdy() {
	debug.SetTraceback("crash")
	_ = syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{})
	signal.Ignore(syscall.SIGPIPE, syscall.SIGXFSZ)
}
