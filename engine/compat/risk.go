package compat

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/image"
	"github.com/stagewatch/stagewatch/engine/plan"
)

// Risk is a COPY that brings Python packages from a stage with one C library into a stage with the other. They run
// there only if all of them are pure Python.
type Risk struct {
	// Line is that of the COPY in the Dockerfile.
	Line int
	RiskKey
}

// RiskKey identifies a risk, whatever line it is on.
type RiskKey struct {
	// Stage is the stage that is copied from, Base the base image of the target.
	Stage     string
	StageBase string
	StageLibc Libc
	Base      string
	Libc      Libc
}

// Warning words the risk.
func (r Risk) Warning() event.Warning {
	return event.Warning{
		Code: event.CodeLibcRisk,
		Message: fmt.Sprintf("line %d copies Python packages of stage %q, installed on %s (%s), onto %s (%s)",
			r.Line, r.Stage, r.StageLibc, r.StageBase, r.Libc, r.Base),
		Hint: "Pure Python packages will run, compiled ones may not; each file is checked after the build. A stage on the final stage's own base is safe.",
	}
}

// Risks returns the risks of a plan that was not built yet, at most one for each stage that is copied from. Known
// maps the names of base images to their C libraries; of other images the name decides.
func Risks(p *plan.Plan, known map[string]Libc) []Risk {
	libcOf := func(base string) Libc {
		if l, ok := known[base]; ok {
			return l
		}
		return libcByName(base)
	}
	base := p.Base(p.Target)
	own := libcOf(base)
	if own == UnknownLibc {
		return nil
	}
	var risks []Risk
	seen := map[string]bool{}
	_, steps := image.LayerSteps(p)
	for _, k := range steps {
		s := p.Steps[k]
		from := p.StageNamed(image.CopiedFrom(s.Instruction))
		if from == "" || seen[from] {
			continue
		}
		made := libcOf(p.Base(from))
		if made == UnknownLibc || made == own || !carriesPackages(p, from, s.Expanded) {
			continue
		}
		seen[from] = true
		risks = append(risks, Risk{Line: s.Line, RiskKey: RiskKey{Stage: from, StageBase: p.Base(from), StageLibc: made, Base: base, Libc: own}})
	}
	return risks
}

var (
	virtualenv = regexp.MustCompile(`(?:-m venv|virtualenv|uv venv)\s+(?:-\S+\s+)*([^\s-][^\s;&|]*)`)
	installTo  = regexp.MustCompile(`pip[\d.]*\s+install\s.*?(?:--target|--prefix|--root|-t)[\s=]+([^\s;&|]+)`)
	installs   = regexp.MustCompile(`\bpip[\d.]*\s+install\b`)
	userFlag   = regexp.MustCompile(`pip[\d.]*\s+install\s(?:[^;&|]*\s)?--user\b`)
)

// carriesPackages reports whether a COPY copies a folder of installed Python packages: one that is named site-packages
// or dist-packages, or one that the stage's own steps install into.
func carriesPackages(p *plan.Plan, stage, instruction string) bool {
	sources := copySources(instruction)
	var folders []string
	installed := false
	workdir := "/"
	for _, s := range p.Steps {
		if !p.BasedOn(stage, s.Stage) {
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
		// A folder above site-packages contains it.
		if installed && slices.Contains([]string{"/", "/usr", "/usr/local", "/usr/local/lib"}, src) || installed && strings.HasPrefix(path.Base(src), "python3") {
			return true
		}
		return slices.ContainsFunc(folders, func(f string) bool {
			return src == f || strings.HasPrefix(src, f+"/") || strings.HasPrefix(f, strings.TrimSuffix(src, "/")+"/")
		})
	})
}

// absolute returns where a path leads from a folder.
func absolute(folder, p string) string {
	if path.IsAbs(p) {
		return path.Clean(p)
	}
	return path.Join("/", folder, p)
}

// copySources returns the sources of a COPY as absolute paths.
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
