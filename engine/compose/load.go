package compose

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/docker/cli/pkg/kvfile"
	"github.com/sirupsen/logrus"
)

// envFilesVariable names the env files where no flag does, with commas between them.
const envFilesVariable = "COMPOSE_ENV_FILES"

// settings returns how the project is found and read, in docker compose's own order: each step uses what the ones before
// it found.
func (o Options) settings(more ...cli.ProjectOptionsFn) (*cli.ProjectOptions, error) {
	envFiles := o.EnvFiles
	if len(envFiles) == 0 {
		envFiles = strings.FieldsFunc(os.Getenv(envFilesVariable), func(r rune) bool { return r == ',' })
	}
	steps := []cli.ProjectOptionsFn{cli.WithOsEnv}
	if _, ok := os.LookupEnv("PWD"); !ok {
		if dir, err := os.Getwd(); err == nil {
			steps = append(steps, cli.WithEnv([]string{"PWD=" + dir}))
		}
	}
	steps = append(steps,
		cli.WithResourceLoader(elsewhere{}),
		cli.WithEnvFiles(envFiles...), cli.WithDotEnv,
		// Either may say in which folder the project is. That folder's .env counts then, too.
		cli.WithConfigFileEnv, cli.WithDefaultConfigPath,
		cli.WithEnvFiles(envFiles...), cli.WithDotEnv,
		cli.WithDefaultProfiles(o.Profiles...), cli.WithName(o.Name),
		// Files of services that were not asked for need not be there.
		cli.WithoutEnvironmentResolution, cli.WithoutLabelsResolution, cli.WithDiscardEnvFile)
	return cli.NewProjectOptions(o.Files, append(steps, more...)...)
}

// load reads the project. It returns what the library warns of and the files that it reads.
func (o Options) load(ctx context.Context) (project *types.Project, warnings, files []string, err error) {
	registerRaw()
	read := &noting{}
	warnings = logged(func() {
		var s *cli.ProjectOptions
		if s, err = o.settings(cli.WithResourceLoader(read)); err != nil {
			return
		}
		if project, err = s.LoadProject(ctx); err == nil {
			files = read.files(project, s.EnvFiles)
			project, err = o.selected(project)
		}
	})
	return project, warnings, files, err
}

// noting notes the files that a project includes or extends.
type noting struct{ paths []string }

// Accept leaves the file to the other loaders.
func (n *noting) Accept(path string) bool {
	n.paths = append(n.paths, path)
	return false
}

func (*noting) Load(context.Context, string) (string, error) { return "", errElsewhere }
func (*noting) Dir(string) string                            { return "" }

// files returns the paths of all files that say what the project is, whether they are there or not.
func (n *noting) files(p *types.Project, envFiles []string) []string {
	all := slices.Concat(p.ComposeFiles, n.paths, envFiles, []string{".env"})
	for _, s := range p.AllServices() {
		for _, env := range s.EnvFiles {
			all = append(all, env.Path)
		}
	}
	for i, path := range all {
		if !filepath.IsAbs(path) {
			all[i] = filepath.Join(p.WorkingDir, path)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// selected returns the project with the services that were asked for and those that they depend on.
func (o Options) selected(p *types.Project) (*types.Project, error) {
	all := p.AllServices()
	for _, name := range o.Services {
		if _, ok := all[name]; !ok {
			return nil, noService(name, all)
		}
	}
	p, err := p.WithServicesEnabled(o.Services...)
	if err == nil {
		how := types.IncludeDependencies
		if o.Alone {
			how = types.IgnoreDependencies
		}
		p, err = p.WithSelectedServices(o.Services, how)
	}
	if err == nil {
		p, err = p.WithoutUnnecessaryResources().WithServicesEnvironmentResolved(true)
	}
	if err == nil {
		p, err = p.WithServicesLabelsResolved(false)
	}
	return p, err
}

// logging keeps two readers from taking each other's warnings.
var logging sync.Mutex

// logged calls read and returns what it logs. compose-go tells nowhere else of a variable that is not set, or of one of
// two files that it takes.
func logged(read func()) []string {
	logging.Lock()
	defer logging.Unlock()
	log := logrus.StandardLogger()
	into := &warnings{}
	out, hooks := log.Out, log.ReplaceHooks(logrus.LevelHooks{})
	defer func() {
		log.SetOutput(out)
		log.ReplaceHooks(hooks)
	}()
	log.SetOutput(io.Discard)
	log.AddHook(into)
	read()
	return into.lines
}

// warnings is a hook that collects messages, each once.
type warnings struct {
	mu    sync.Mutex
	lines []string
}

func (*warnings) Levels() []logrus.Level { return []logrus.Level{logrus.WarnLevel} }

func (w *warnings) Fire(e *logrus.Entry) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, line := range w.lines {
		if line == e.Message {
			return nil
		}
	}
	w.lines = append(w.lines, e.Message)
	return nil
}

// registerRaw teaches the library the env files of docker run (format: raw), as docker compose does.
var registerRaw = sync.OnceFunc(func() {
	dotenv.RegisterFormat("raw", func(r io.Reader, file string, vars map[string]string, lookup func(string) (string, bool)) error {
		lines, err := kvfile.ParseFromReader(r, lookup)
		if err != nil {
			return fmt.Errorf("reading %s: %w", file, err)
		}
		for _, line := range lines {
			name, value, _ := strings.Cut(line, "=")
			vars[name] = value
		}
		return nil
	})
})

// elsewhere refuses files of a project that are on another machine. Without it they would be taken for paths.
type elsewhere struct{}

var errElsewhere = errors.New("only files of this machine are read")

func (elsewhere) Accept(path string) bool {
	for _, prefix := range []string{"oci://", "https://", "http://", "git://", "ssh://", "git@", "github.com/"} {
		if strings.HasPrefix(path, prefix) {
			return true
		}
	}
	return false
}

func (elsewhere) Load(_ context.Context, path string) (string, error) {
	return "", fmt.Errorf("%s: %w", path, errElsewhere)
}

func (elsewhere) Dir(path string) string { return path }
