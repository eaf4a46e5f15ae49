package run

import (
	"strings"

	"github.com/containerd/errdefs"

	"github.com/stagewatch/stagewatch/engine/fault"
)

// explainStart takes the runtime's stack of causes off a failed start.
func explainStart(what string, err error) error {
	const process = "starting container process caused: "
	text := err.Error()
	for _, marker := range []string{"unable to start container process: ", process, "OCI runtime create failed: ", "Error response from daemon: "} {
		if _, cause, found := strings.Cut(text, marker); found {
			text = cause
			break
		}
	}
	text = strings.TrimSuffix(strings.TrimSpace(text), ": unknown")
	text = strings.TrimPrefix(text, "error during container init: ")
	hint := ""
	switch {
	case strings.Contains(text, "port is already allocated"), strings.Contains(text, "address already in use"):
		hint = "Something else holds that port of the engine's machine: docker ps tells which container, if it is one."
	case strings.Contains(text, "unable to find user"), strings.Contains(text, "unable to find group"):
		hint = "The final stage has nobody of the name in USER: add the user there, or write its number."
	case strings.Contains(text, "is not a directory"), strings.Contains(text, "not a directory"):
		hint = "Is WORKDIR, or a volume's path, a file in the final stage?"
	case strings.Contains(text, "executable file not found"), strings.Contains(text, "no such file or directory"):
		hint = "Is the command of CMD or ENTRYPOINT in the final stage? A script also needs the shell that its first line names."
	case strings.Contains(text, "exec format error"):
		hint = "The command is for another platform, or a script without a #! line."
	case strings.Contains(text, "permission denied"):
		hint = "Is the command executable? RUN chmod +x, or COPY --chmod=755."
	case errdefs.IsNotFound(err):
		hint = "Was the image or the network removed?"
	}
	return &fault.Error{What: what, Hint: hint, Err: startError{text, err}}
}

// startError is a cause in fewer words than the engine's.
type startError struct {
	text string
	err  error
}

func (e startError) Error() string { return e.text }
func (e startError) Unwrap() error { return e.err }
