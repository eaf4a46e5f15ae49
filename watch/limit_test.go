package watch

import "testing"

// A hint names what exists on the system.
func TestTheHintIsOfTheSystem(t *testing.T) {
	inotify := setting{"fs.inotify.max_user_watches", 524288}
	for goos, want := range map[string]string{
		"linux":  "Raise the limit, then start again: sudo sysctl fs.inotify.max_user_watches=524288",
		"darwin": "Use a stagewatch that was built on macOS, which opens no watched files, or raise the limit and start again: sudo sysctl kern.maxfilesperproc=262144",
	} {
		if got := settingOn(goos, inotify).hint(goos, 0); got != want {
			t.Errorf("%s: %q, want %q", goos, got, want)
		}
	}
}
