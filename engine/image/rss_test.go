package image

import (
	"os"
	"syscall"
)

// maxRSS is the most memory that a process took, in KiB.
func maxRSS(p *os.ProcessState) int64 { return p.SysUsage().(*syscall.Rusage).Maxrss }
