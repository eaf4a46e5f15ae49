package watch

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// setting is a limit of the system on notifications.
type setting struct {
	name string
	// enough is the value to set at least.
	enough int
}

func watchSetting() setting    { return setting{"fs.inotify.max_user_watches", 524288} }
func instanceSetting() setting { return setting{"fs.inotify.max_user_instances", 1024} }

// limitNotice says why there are no notifications, and what to do about it.
func limitNotice(err error, s setting) Notice {
	if !errors.Is(err, syscall.ENOSPC) && !errors.Is(err, syscall.EMFILE) {
		return Notice{
			Code:    Limit,
			Message: fmt.Sprintf("the system refuses to report changed files (%v), so the files are compared at intervals instead", err),
		}
	}
	n := Notice{Code: Limit}
	value := "unknown"
	current, readErr := readSetting(s.name)
	if readErr == nil {
		value = strconv.Itoa(current)
	}
	n.Message = fmt.Sprintf("the system's limit %s (now %s) is reached, so the files are compared at intervals instead", s.name, value)
	n.Hint = fmt.Sprintf("Raise the limit, then start again: sudo sysctl %s=%d", s.name, max(s.enough, 2*current))
	return n
}

// readSetting reads a setting such as fs.inotify.max_user_watches.
func readSetting(name string) (int, error) {
	data, err := os.ReadFile("/proc/sys/" + strings.ReplaceAll(name, ".", "/"))
	if err != nil {
		return 0, fmt.Errorf("reading %s: %w", name, err)
	}
	return strconv.Atoi(strings.TrimSpace(string(data)))
}
