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

	"github.com/stagewatch/stagewatch/engine/tree"
	"github.com/stagewatch/stagewatch/ui/draw"
)

// openURL opens a page in the default browser. Its error does not name the page: the dashboard does.
func openURL(url string) error {
	opener := "xdg-open"
	switch runtime.GOOS {
	case "darwin":
		opener = "open"
	case "windows":
		return exec.Command("rundll32", "url.dll,FileProtocolHandler", url).Start()
	}
	if _, err := exec.LookPath(opener); err != nil {
		return fmt.Errorf("%s is not installed; open it in a browser by hand", opener)
	}
	return exec.Command(opener, url).Start()
}

// clipboard returns a function that copies inside tmux, and nil elsewhere, where the dashboard's escape sequence works.
// By default tmux ignores that sequence, but its own command also passes the text to the outer terminal.
func clipboard() func(string) error {
	if os.Getenv("TMUX") == "" {
		return nil
	}
	return func(text string) error {
		cmd := exec.Command("tmux", "load-buffer", "-w", "-")
		cmd.Stdin = strings.NewReader(text)
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("tmux: %w: %s", err, strings.TrimSpace(string(out)))
		}
		return nil
	}
}

// saveLog returns a function that writes lines to a new file in the working folder and returns its absolute path. It
// never overwrites a file.
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

// terminalWidth returns the columns of the terminal on stdout, 80 if there is none.
func terminalWidth() int {
	width, _, err := term.GetSize(int(os.Stdout.Fd()))
	if err != nil {
		return 80
	}
	return width
}

// wrapped returns a writer to f that breaks long lines if f is a terminal.
func wrapped(f *os.File) io.Writer {
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return f
	}
	return draw.Hanging(f, width)
}

// terminalColor returns the colours that the terminal can show, none if NO_COLOR is set.
func terminalColor(w io.Writer) termenv.Profile {
	if termenv.EnvNoColor() {
		return termenv.Ascii
	}
	// If CI is set, as in some people's shells, termenv takes no file for a terminal.
	f, ok := w.(*os.File)
	return termenv.NewOutput(w, termenv.WithTTY(ok && term.IsTerminal(int(f.Fd())))).Profile
}

// contextName returns the name of the context's folder.
func contextName(dir string) string {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return dir
	}
	return filepath.Base(abs)
}
