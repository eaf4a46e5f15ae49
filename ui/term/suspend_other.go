//go:build !unix

package term

// stopUntilContinued does nothing on a system that cannot suspend.
func stopUntilContinued() error { return nil }
