package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/muesli/termenv"
	"golang.org/x/term"

	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/tree"
	"github.com/stagewatch/stagewatch/ui/draw"
)

// shellIn returns what opens a shell in a container: the docker command, nil where there is none.
func shellIn(opts dock.Options) func(container string) *exec.Cmd {
	docker, err := exec.LookPath("docker")
	if err != nil {
		return nil
	}
	return func(container string) *exec.Cmd {
		var args []string
		if opts.Host != "" {
			args = append(args, "--host", opts.Host)
		}
		if opts.Context != "" {
			args = append(args, "--context", opts.Context)
		}
		return exec.Command(docker, append(args, "exec", "--interactive", "--tty", container, "sh")...)
	}
}

// openURL shows a page in the person's browser.
func openURL(url string) error {
	opener := "xdg-open"
	switch runtime.GOOS {
	case "darwin":
		opener = "open"
	case "windows":
		return exec.Command("rundll32", "url.dll,FileProtocolHandler", url).Start()
	}
	if _, err := exec.LookPath(opener); err != nil {
		return fmt.Errorf("opening %s: there is no %s here", url, opener)
	}
	return exec.Command(opener, url).Start()
}

// clipboard returns what copies, nil where the dashboard's own way does: tmux takes no clipboard sequence of a program
// unless it is set up to, but its own command for it, which hands the text to the terminal outside as well.
func clipboard() func(string) error {
	if os.Getenv("TMUX") == "" {
		return nil
	}
	return func(text string) error {
		cmd := exec.Command("tmux", "load-buffer", "-w", "-")
		cmd.Stdin = strings.NewReader(text)
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("handing the text to tmux: %w: %s", err, strings.TrimSpace(string(out)))
		}
		return nil
	}
}

// saveLog returns what writes lines to a new file in the working folder, and never over an old one. It returns the whole
// path, which says where that is.
func saveLog(outputs *tree.Outputs) func(name string, lines []string) (string, error) {
	return func(name string, lines []string) (string, error) {
		name = filepath.Base(name)
		ext := filepath.Ext(name)
		stem := strings.TrimSuffix(name, ext)
		for n := 1; ; n++ {
			path, err := filepath.Abs(name)
			if err != nil {
				return "", err
			}
			if n > 1 {
				path = filepath.Join(filepath.Dir(path), fmt.Sprintf("%s-%d%s", stem, n, ext))
			}
			file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
			if errors.Is(err, fs.ErrExist) {
				continue
			}
			if err != nil {
				return "", err
			}
			outputs.Add(file)
			_, err = file.WriteString(strings.Join(lines, "\n") + "\n")
			return path, errors.Join(err, file.Close())
		}
	}
}

// terminalWidth is that of the terminal behind stdout.
func terminalWidth() int {
	width, _, err := term.GetSize(int(os.Stdout.Fd()))
	if err != nil {
		return 80
	}
	return width
}

// wrapped writes to a file, on a terminal with lines broken where it ends.
func wrapped(f *os.File) io.Writer {
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return f
	}
	return draw.Hanging(f, width)
}

// terminalColor is what the terminal can show of colours, as far as nobody objects.
func terminalColor(w io.Writer) termenv.Profile {
	if termenv.EnvNoColor() {
		return termenv.Ascii
	}
	// termenv denies every terminal where CI is set, as some people's shells have it.
	f, ok := w.(*os.File)
	return termenv.NewOutput(w, termenv.WithTTY(ok && term.IsTerminal(int(f.Fd())))).Profile
}
