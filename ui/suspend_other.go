//go:build !unix

package ui

// stopUntilWanted does nothing where there is no such thing.
func stopUntilWanted() error { return nil }
