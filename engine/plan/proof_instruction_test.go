package plan_test

import (
	"fmt"
	"path"
	"strings"
)

// instruction makes one for the end of stage i.
func (r *random) instruction(w world, i int) instruction {
	in := instruction{id: r.id()}
	in.makes = fmt.Sprintf("/%s/d%d", nonce, in.id)
	n := r.IntN(100)
	switch {
	case n < 40:
		in.text = r.copy(w, in.makes)
	case n < 58 && i > 0:
		in.text = r.copyFrom(w, i, r.IntN(i), in.makes)
	case n < 62:
		in.text = fmt.Sprintf("COPY <<E %s/h\n%s %d\nE", in.makes, nonce, in.id)
	case n < 68:
		in.text = r.add(w, in.makes)
	case n < 72:
		in.text = fmt.Sprintf("ARG DIR=%s\nCOPY ${DIR} %s/", pick(r, "src", "a", "docs"), in.makes)
	case n < 78:
		in.text, in.makes = pick(r, "ENV E=", "ARG E=", "LABEL l=")+fmt.Sprint(in.id), ""
	case n < 82:
		in.text = "WORKDIR " + pick(r, in.makes, fmt.Sprintf("d%d", in.id), "/")
		in.makes = ""
	case w.runs(i):
		in.text = r.run(w, i, in.makes)
	default:
		in.text = r.copy(w, in.makes)
	}
	return in
}

// flags are options that COPY and ADD know.
func (r *random) flags() string {
	var b strings.Builder
	if r.chance(8) {
		b.WriteString("--chmod=" + pick(r, "755", "600") + " ")
	}
	if r.chance(8) {
		b.WriteString("--chown=" + pick(r, "1000:1000", "7") + " ")
	}
	if r.chance(10) {
		b.WriteString("--link ")
	}
	if r.chance(15) {
		b.WriteString("--exclude=" + pick(r, filters...) + " ")
	}
	return b.String()
}

func (r *random) copy(w world, to string) string {
	if r.chance(10) {
		return fmt.Sprintf("COPY --parents %s%s %s/", r.flags(), pick(r, wide...), to)
	}
	sources := r.source(w)
	for range r.IntN(3) / 2 {
		sources += " " + r.source(w)
	}
	return fmt.Sprintf("COPY %s%s %s", r.flags(), sources, pick(r, to+"/", to+"/", "/"+nonce+"/all/"))
}

func (r *random) add(w world, to string) string {
	src := r.source(w)
	if _, ok := w.files["data.tar"]; ok && r.chance(70) {
		src = pick(r, "data.tar", "*.tar")
	}
	return fmt.Sprintf("ADD %s%s %s/", r.flags(), src, to)
}

// made is a path that the first steps of stage i fill, or one of its base.
func (r *random) made(w world, i int) string {
	var all []string
	for _, s := range w.stages[i].steps {
		if s.makes != "" {
			all = append(all, s.makes)
		}
	}
	p := pick(r, all...)
	switch n := r.IntN(10); {
	case n == 0 && p != "/"+nonce:
		return p + "/*"
	case n == 1:
		return path.Dir(p) + "/./" + path.Base(p)
	case n == 2 && p != "/"+nonce:
		return p + "/[a-m]*"
	}
	return p
}

// copyFrom copies from one stage to stage i.
func (r *random) copyFrom(w world, i, from int, to string) string {
	name := stageName(w, from)
	switch r.IntN(4) {
	case 0:
		name = fmt.Sprint(from)
	case 1:
		name = strings.ToUpper(name)
	}
	return fmt.Sprintf("COPY --from=%s %s%s %s/", name, r.flags(), r.made(w, from), to)
}

// run makes a RUN that is cheap and always makes its folder, with results that depend much, little or not at
// all on what it reads.
func (r *random) run(w world, i int, to string) string {
	result := func(read string) string {
		return pick(r,
			fmt.Sprintf("mkdir -p %s; cp -r %s %s/ || true", to, read, to),
			fmt.Sprintf("mkdir -p %s; find %s | wc -l >%s/x.txt", to, read, to),
			fmt.Sprintf("mkdir -p %s; echo %d >%s/m.py", to, r.id(), to),
			fmt.Sprintf("mkdir -p %s; cat %s/* 2>/dev/null >%s/y.md || true", to, read, to))
	}
	switch n := r.IntN(100); {
	case n < 30:
		return "RUN " + result(r.made(w, i))
	case n < 55:
		return fmt.Sprintf("RUN --mount=type=bind%s%s,target=/m %s", r.mountSource(w), pick(r, "", "", ",rw"), result("/m"))
	case n < 75 && i > 0:
		from := r.IntN(i)
		source := pick(r, "", ",source=/"+nonce, ",source="+path.Clean(strings.TrimRight(r.made(w, from), "*[]a-m")))
		return fmt.Sprintf("RUN --mount=from=%s%s,target=/m%s %s", stageName(w, from), source, pick(r, "", ",rw"), result("/m"))
	case n < 85:
		return "RUN --mount=type=cache,target=/c echo x >>/c/log; " + result("/etc/passwd")
	case n < 92:
		return fmt.Sprintf("RUN <<E\n%s\nE", result(r.made(w, i)))
	}
	return fmt.Sprintf("RUN <<E\n#!/bin/sh\n%s\nE", result(r.made(w, i)))
}

func (r *random) mountSource(w world) string {
	if r.chance(40) {
		return ""
	}
	if s := r.source(w); !strings.ContainsAny(s, "*?[") {
		return ",source=" + s
	}
	return ",source=src"
}
