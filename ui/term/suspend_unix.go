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
