package image

import (
	"os"
	"syscall"
)

// maxRSS returns the most memory that a process used, in KiB.
func maxRSS(p *os.ProcessState) int64 { return p.SysUsage().(*syscall.Rusage).Maxrss }
