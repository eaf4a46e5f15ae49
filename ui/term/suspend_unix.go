//go:build unix

package term

import (
	"os"
	"os/signal"
	"syscall"
)

// stopUntilContinued stops the program's group, as the terminal's own ctrl+z does.
func stopUntilContinued() error {
	continued := make(chan os.Signal, 1)
	signal.Notify(continued, syscall.SIGCONT)
	defer signal.Stop(continued)
	if err := syscall.Kill(0, syscall.SIGTSTP); err != nil {
		return err
	}
	<-continued
	return nil
}

// sizeChanges returns a channel that receives when the terminal's size has changed, and what ends that.
func sizeChanges() (<-chan os.Signal, func()) {
	changed := make(chan os.Signal, 1)
	signal.Notify(changed, syscall.SIGWINCH)
	return changed, func() { signal.Stop(changed) }
}
