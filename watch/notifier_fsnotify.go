//go:build !(darwin && cgo)

package watch

import "github.com/fsnotify/fsnotify"

// newNotifier opens the system's notifications. The buffer lets fsnotify empty the system's own, bounded queue while a
// new folder is listed.
func newNotifier() (notifier, error) {
	fw, err := fsnotify.NewBufferedWatcher(1024)
	if err != nil {
		return notifier{}, err
	}
	return notifier{add: fw.Add, remove: fw.Remove, events: fw.Events, errors: fw.Errors, close: fw.Close}, nil
}
