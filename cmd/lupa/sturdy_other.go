//go:build !unix

package main

// sturdy has nothing to set here.
func sturdy() {}
