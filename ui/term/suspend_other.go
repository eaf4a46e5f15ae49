//go:build !unix

package term

import "os"

// stopUntilContinued does nothing on a system that cannot suspend.
func stopUntilContinued() error { return nil }

// sizeChanges does nothing on a system that reports no change of the terminal's size.
func sizeChanges() (<-chan os.Signal, func()) { return nil, func() {} }
