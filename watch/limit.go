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
	// enough is what to set at least.
	enough int
}

func watchSetting() setting    { return setting{"fs.inotify.max_user_watches", 524288} }
func instanceSetting() setting { return setting{"fs.inotify.max_user_instances", 1024} }

// limitNotice puts into words why there are no notifications, and what to do about it.
func limitNotice(err error, s setting) Notice {
	if !errors.Is(err, syscall.ENOSPC) && !errors.Is(err, syscall.EMFILE) {
		return Notice{
			Code:    Limit,
			Message: fmt.Sprintf("the system gives no notice of changed files (%v): comparing the files at intervals instead", err),
		}
	}
	n := Notice{Code: Limit}
	value := "unknown"
	current, readErr := readSetting(s.name)
	if readErr == nil {
		value = strconv.Itoa(current)
	}
	n.Message = fmt.Sprintf("the limit %s (now %s) is used up: comparing the files at intervals instead", s.name, value)
	n.Hint = fmt.Sprintf("raise it, then start again: sudo sysctl %s=%d", s.name, max(s.enough, 2*current))
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
