package watch

import (
	"errors"
	"fmt"
	"os"
	"runtime"
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

func watchSetting() setting {
	return settingOn(runtime.GOOS, setting{"fs.inotify.max_user_watches", 524288})
}
func instanceSetting() setting {
	return settingOn(runtime.GOOS, setting{"fs.inotify.max_user_instances", 1024})
}

// settingOn returns the setting that counts on a system: where there is no inotify, each watched file is opened.
func settingOn(goos string, linux setting) setting {
	if goos == "linux" {
		return linux
	}
	return setting{"kern.maxfilesperproc", 262144}
}

// limitNotice says why there are no notifications, and what to do about it.
func limitNotice(err error, s setting) Notice {
	if !errors.Is(err, syscall.ENOSPC) && !errors.Is(err, syscall.EMFILE) {
		return Notice{
			Code:    Limit,
			Message: fmt.Sprintf("the system refuses to report changed files (%v), so the files are compared at intervals instead", err),
		}
	}
	n := Notice{Code: Limit}
	value := ""
	current, readErr := readSetting(s.name)
	if readErr == nil {
		value = fmt.Sprintf(" (now %d)", current)
	}
	n.Message = fmt.Sprintf("the system's limit %s%s is reached, so the files are compared at intervals instead", s.name, value)
	n.Hint = s.hint(runtime.GOOS, current)
	return n
}

// hint says how to get along with the limit, of which current is the value, 0 if it is unknown.
func (s setting) hint(goos string, current int) string {
	raise := fmt.Sprintf("sudo sysctl %s=%d", s.name, max(s.enough, 2*current))
	if goos == "darwin" {
		return "Use a stagewatch that was built on macOS, which opens no watched files, or raise the limit and start again: " + raise
	}
	return "Raise the limit, then start again: " + raise
}

// readSetting reads a setting such as fs.inotify.max_user_watches.
func readSetting(name string) (int, error) {
	data, err := os.ReadFile("/proc/sys/" + strings.ReplaceAll(name, ".", "/"))
	if err != nil {
		return 0, fmt.Errorf("reading %s: %w", name, err)
	}
	return strconv.Atoi(strings.TrimSpace(string(data)))
}
