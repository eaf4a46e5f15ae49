package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"

	plugin "github.com/docker/cli/cli-plugins/metadata"
	"github.com/docker/cli/cli-plugins/socket"
	"github.com/docker/cli/cli/config"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/stagewatch/stagewatch/engine/dock"
	"github.com/stagewatch/stagewatch/engine/fault"
)

// pluginName is the program's name where docker finds it, as `docker stagewatch`.
const pluginName = plugin.NamePrefix + "stagewatch"

// isPlugin reports whether the program was called by a plugin's name.
func isPlugin(program string) bool { return filepath.Base(program) == pluginName }

// asPlugin has the root command do what docker was asked to have done: args are those of docker itself, with its own flags
// first. A plugin that somebody calls without docker works like the program.
func asPlugin(root *cobra.Command, args []string) error {
	if len(args) > 0 && args[0] == plugin.MetadataSubcommandName {
		root.AddCommand(metadataCommand(root))
		return nil
	}
	rest, err := takeGlobalFlags(args)
	if err != nil || len(rest) == 0 {
		return err
	}
	switch name := root.Name(); {
	case rest[0] == name:
		rest = rest[1:]
	case len(rest) > 1 && rest[1] == name && rest[0] == "help":
		rest = append(rest[2:], "--help")
	case len(rest) > 1 && rest[1] == name && (rest[0] == cobra.ShellCompRequestCmd || rest[0] == cobra.ShellCompNoDescRequestCmd):
		rest = append(rest[:1:1], rest[2:]...)
	default:
		return nil
	}
	root.Annotations = map[string]string{cobra.CommandDisplayNameAnnotation: "docker " + root.Name()}
	root.SetArgs(rest)
	// Off a terminal docker passes no signal on. It ends the connection instead.
	socket.ConnectAndWait(func() { _ = syscall.Kill(os.Getpid(), syscall.SIGTERM) })
	return nil
}

// metadataCommand returns the command by which docker learns what the plugin is.
func metadataCommand(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:    plugin.MetadataSubcommandName,
		Hidden: true,
		RunE: func(*cobra.Command, []string) error {
			return writeMetadata(os.Stdout, root.Short)
		},
	}
}

func writeMetadata(w io.Writer, short string) error {
	return json.NewEncoder(w).Encode(plugin.Metadata{SchemaVersion: "0.1.0", Vendor: "stagewatch", Version: version, ShortDescription: short})
}

// takeGlobalFlags puts docker's own flags, which come before the name of the plugin, into the variables that say the same, and
// returns the arguments behind them.
func takeGlobalFlags(args []string) ([]string, error) {
	f := pflag.NewFlagSet("docker", pflag.ContinueOnError)
	f.SetInterspersed(false)
	f.ParseErrorsAllowlist.UnknownFlags = true
	f.Bool("help", false, "")
	host, context, dir := f.StringP("host", "H", "", ""), f.StringP("context", "c", "", ""), f.String("config", "", "")
	// There is no log of ours that these would be for.
	f.BoolP("debug", "D", false, "")
	f.StringP("log-level", "l", "", "")
	tls, verify := f.Bool("tls", false, ""), f.Bool("tlsverify", false, "")
	files := map[string]*string{"ca.pem": f.String("tlscacert", "", ""), "cert.pem": f.String("tlscert", "", ""), "key.pem": f.String("tlskey", "", "")}
	if err := f.Parse(args); err != nil {
		return nil, err
	}
	if *host != "" && *context != "" {
		return nil, dock.ErrHostAndContext
	}
	certificates, err := folderOf(files)
	if err != nil {
		return nil, err
	}
	set := map[string]string{"DOCKER_HOST": *host, "DOCKER_CONTEXT": *context, "DOCKER_CONFIG": *dir, "DOCKER_CERT_PATH": certificates}
	if *tls || f.Changed("tlsverify") {
		set["DOCKER_TLS"] = "1"
	}
	if *verify {
		set["DOCKER_TLS_VERIFY"] = "1"
	}
	for name, value := range set {
		if value != "" {
			_ = os.Setenv(name, value) // its names and values can be set
		}
	}
	if *context != "" && *context != "default" {
		_ = os.Unsetenv("DOCKER_HOST") // docker's flag counts more
	}
	if *dir != "" {
		config.SetDir(*dir)
	}
	return f.Args(), nil
}

// folderOf returns the folder in which all the files are that flags name, empty where none is named. Files are told by the
// names that they must have there: there is no variable for a single one.
func folderOf(files map[string]*string) (string, error) {
	folder := ""
	for name, path := range files {
		if *path == "" {
			continue
		}
		dir := filepath.Dir(*path)
		if filepath.Base(*path) != name || cmp.Or(folder, dir) != dir {
			return "", &fault.Error{What: fmt.Sprintf("reading the TLS file %s: only ca.pem, cert.pem and key.pem of one folder are taken", *path), Hint: "Make a docker context of the files: docker context create --docker host=…,ca=…,cert=…,key=… NAME"}
		}
		folder = dir
	}
	return folder, nil
}
