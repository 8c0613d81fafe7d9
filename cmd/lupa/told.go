package main

import (
	"fmt"
	"strings"
)

// told is what lupa itself has to tell, as English says it; package report has it in
// the other languages. It is an error, and a hint is told in the same way.
type told struct {
	format string
	args   []any
}

// say tells something: a format as fmt.Errorf has them, which is also the key of its
// translations, so that it stands there whole.
func say(format string, args ...any) *told { return &told{format, args} }

func (t *told) Error() string { return fmt.Errorf(t.format, t.args...).Error() }

// Format is what is told before it is in words.
func (t *told) Format() (format string, args []any) { return t.format, t.args }

func (t *told) Unwrap() []error {
	var inside []error
	for _, arg := range t.args {
		if err, ok := arg.(error); ok && strings.Contains(t.format, "%w") {
			inside = append(inside, err)
		}
	}
	return inside
}

// typeIt is a hint that is a command to type, and nothing else.
func typeIt(command string) *told {
	if command == "" {
		return nil
	}
	return say("%s", command)
}
