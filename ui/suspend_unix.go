//go:build unix

package ui

import (
	"os"
	"os/signal"
	"syscall"
)

// stopUntilWanted stops the program's group, as the terminal's own ctrl+z does.
func stopUntilWanted() error {
	wanted := make(chan os.Signal, 1)
	signal.Notify(wanted, syscall.SIGCONT)
	defer signal.Stop(wanted)
	if err := syscall.Kill(0, syscall.SIGTSTP); err != nil {
		return err
	}
	<-wanted
	return nil
}
