package image

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/plan"
)

// LibcRisk looks at a plan before it is built: Python packages that one stage installs on glibc and the target
// copies onto musl, or the other way round, run only where all of them are pure Python. It returns one warning for
// each such stage. The families of base images that are known by now are in known, by the images' names; of the
// others the name has to tell.
func LibcRisk(p *plan.Plan, known map[string]Libc) []event.Warning {
	family := func(stage string) Libc {
		base := p.Base(stage)
		if l, ok := known[base]; ok {
			return l
		}
		return libcByName(base)
	}
	own := family(p.Target)
	if own == UnknownLibc {
		return nil
	}
	var out []event.Warning
	warned := map[string]bool{}
	_, steps := chain(p)
	for _, k := range steps {
		s := p.Steps[k]
		from := p.StageNamed(copiedFrom(s.Instruction))
		if from == "" || warned[from] {
			continue
		}
		made := family(from)
		if made == UnknownLibc || made == own || !carriesPackages(p, from, s.Expanded) {
			continue
		}
		warned[from] = true
		out = append(out, event.Warning{
			Code: "libc-risk",
			Message: fmt.Sprintf("line %d copies Python packages of stage %q, installed on %s (%s), onto %s (%s)",
				s.Line, from, made, p.Base(from), own, p.Base(p.Target)),
			Hint: "Pure Python packages run; compiled ones may not. After the build each file is checked. A stage on the final stage's own base is safe.",
		})
	}
	return out
}

var (
	virtualenv = regexp.MustCompile(`(?:-m venv|virtualenv|uv venv)\s+(?:-\S+\s+)*([^\s-][^\s;&|]*)`)
	installTo  = regexp.MustCompile(`pip[\d.]*\s+install\s.*?(?:--target|--prefix|--root|-t)[\s=]+([^\s;&|]+)`)
	installs   = regexp.MustCompile(`\bpip[\d.]*\s+install\b`)
	userFlag   = regexp.MustCompile(`pip[\d.]*\s+install\s(?:[^;&|]*\s)?--user\b`)
)

// carriesPackages tells whether a COPY takes a folder of installed Python packages: site-packages by name, or what
// the stage's own steps made one.
func carriesPackages(p *plan.Plan, stage, instruction string) bool {
	sources := copySources(instruction)
	var folders []string
	installed := false
	workdir := "/"
	for _, s := range p.Steps {
		if !leadsTo(p, s.Stage, stage) {
			continue
		}
		if to, ok := strings.CutPrefix(s.Expanded, "WORKDIR "); ok {
			workdir = absolute(workdir, to)
		}
		if !strings.HasPrefix(s.Expanded, "RUN") {
			continue
		}
		for _, m := range append(virtualenv.FindAllStringSubmatch(s.Expanded, -1), installTo.FindAllStringSubmatch(s.Expanded, -1)...) {
			folders = append(folders, absolute(workdir, strings.Trim(m[1], `"'`)))
		}
		if userFlag.MatchString(s.Expanded) {
			folders = append(folders, "/root/.local")
		}
		installed = installed || installs.MatchString(s.Expanded)
	}
	return slices.ContainsFunc(sources, func(src string) bool {
		if strings.Contains(src, "site-packages") || strings.Contains(src, "dist-packages") {
			return true
		}
		// Without the folder of packages in its name, what is above it will do.
		if installed && slices.Contains([]string{"/", "/usr", "/usr/local", "/usr/local/lib"}, src) || installed && strings.HasPrefix(path.Base(src), "python3") {
			return true
		}
		return slices.ContainsFunc(folders, func(f string) bool {
			return src == f || strings.HasPrefix(src, f+"/") || strings.HasPrefix(f, strings.TrimSuffix(src, "/")+"/")
		})
	})
}

// absolute is where a path leads from a folder.
func absolute(folder, p string) string {
	if path.IsAbs(p) {
		return path.Clean(p)
	}
	return path.Join("/", folder, p)
}

// leadsTo tells whether a stage is the one named, or one that it stands on.
func leadsTo(p *plan.Plan, stage, named string) bool {
	for range p.Stages {
		if stage == named {
			return true
		}
		i := slices.IndexFunc(p.Stages, func(s plan.Stage) bool { return s.Name == named })
		if i < 0 {
			return false
		}
		named = p.Stages[i].Base
	}
	return false
}

// copySources are the sources of a COPY, absolute.
func copySources(instruction string) []string {
	var words []string
	for _, f := range strings.Fields(strings.NewReplacer("[", " ", "]", " ", `"`, " ", ",", " ").Replace(instruction))[1:] {
		if !strings.HasPrefix(f, "--") {
			words = append(words, path.Clean("/"+f))
		}
	}
	if len(words) < 2 {
		return nil
	}
	return words[:len(words)-1]
}

// distributions and languages name base images by the C library that they bring. The official images of languages
// stand on Debian where their tag does not say alpine.
var (
	distributions = []string{"debian", "ubuntu", "slim", "bookworm", "bullseye", "buster", "trixie", "jammy", "noble", "focal", "fedora", "centos",
		"rockylinux", "almalinux", "ubi8", "ubi9", "ubi10", "amazonlinux", "oraclelinux", "distroless", "wolfi", "chainguard", "archlinux", "opensuse", "photon"}
	languages = []string{"python", "node", "golang", "rust", "ruby", "php", "perl", "openjdk", "eclipse-temurin", "maven", "gradle", "gcc", "buildpack-deps"}
)

// libcByName guesses the family of a base image out of its name.
func libcByName(ref string) Libc {
	ref, _, _ = strings.Cut(strings.ToLower(ref), "@")
	if strings.Contains(ref, "alpine") || strings.Contains(ref, "musl") {
		return Musl
	}
	if slices.ContainsFunc(distributions, func(d string) bool { return strings.Contains(ref, d) }) {
		return Glibc
	}
	name, _, _ := strings.Cut(path.Base(ref), ":")
	if slices.Contains(languages, name) {
		return Glibc
	}
	return UnknownLibc
}
