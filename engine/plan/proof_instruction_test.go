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
		r.copy(w, &in)
	case n < 58 && i > 0:
		r.copyFrom(w, i, r.IntN(i), &in)
	case n < 62:
		in.text = fmt.Sprintf("COPY <<E %s/h\n%s %d\nE", in.makes, nonce, in.id)
	case n < 68:
		r.add(w, &in)
	case n < 72:
		dir := pick(r, "src", "a", "docs")
		in.text = fmt.Sprintf("ARG DIR=%s\nCOPY ${DIR} %s/", dir, in.makes)
		if in.needs = []string{dir}; w.args["DIR"] != "" {
			in.needs[0] = w.args["DIR"]
		}
	case n < 78:
		in.text, in.makes = pick(r, "ENV E=", "ARG E=", "LABEL l=")+fmt.Sprint(in.id), ""
	case n < 82:
		in.text = "WORKDIR " + pick(r, in.makes, fmt.Sprintf("d%d", in.id), "/")
		in.makes = ""
	case w.runs(i):
		r.run(w, i, &in)
	default:
		r.copy(w, &in)
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
	if r.chance(15) && r.patterns {
		b.WriteString("--exclude=" + pick(r, filters...) + " ")
	}
	return b.String()
}

func (r *random) copy(w world, in *instruction) {
	if r.chance(10) && r.patterns {
		in.text = fmt.Sprintf("COPY --parents %s%s %s/", r.flags(), pick(r, wide...), in.makes)
		return
	}
	sources := r.source(w, in)
	for range r.IntN(3) / 2 {
		sources += " " + r.source(w, in)
	}
	in.text = fmt.Sprintf("COPY %s%s %s", r.flags(), sources, pick(r, in.makes+"/", in.makes+"/", "/"+nonce+"/all/"))
}

func (r *random) add(w world, in *instruction) {
	src := pick(r, "data.tar", "*.tar")
	if _, ok := w.files["data.tar"]; !ok || r.chance(30) {
		src = r.source(w, in)
	} else if src == "data.tar" {
		in.needs = append(in.needs, src)
	}
	in.text = fmt.Sprintf("ADD %s%s %s/", r.flags(), src, in.makes)
}

// made is a path that the first steps of stage i fill, or one of its base.
func (r *random) made(w world, i int, in *instruction) string {
	var all []string
	for _, s := range w.stages[i].steps {
		if s.makes != "" {
			all = append(all, s.makes)
		}
	}
	p := pick(r, all...)
	in.wants = p
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
func (r *random) copyFrom(w world, i, from int, in *instruction) {
	name := stageName(w, from)
	switch r.IntN(4) {
	case 0:
		name = fmt.Sprint(from)
	case 1:
		name = strings.ToUpper(name)
	}
	in.text = fmt.Sprintf("COPY --from=%s %s%s %s/", name, r.flags(), r.made(w, from, in), in.makes)
}

// run makes a RUN that is cheap and always makes its folder, with results that depend much, little or not at
// all on what it reads.
func (r *random) run(w world, i int, in *instruction) {
	result := func(read string) string {
		return "mkdir -p " + in.makes + "; " + pick(r,
			fmt.Sprintf("cp -r %s %s/", read, in.makes),
			fmt.Sprintf("find %s | wc -l >%s/x.txt", read, in.makes),
			fmt.Sprintf("echo %d >%s/m.py", r.id(), in.makes),
			fmt.Sprintf("cat %s/* >%s/y.md", read, in.makes)) + "; true"
	}
	switch n := r.IntN(100); {
	case n < 30:
		in.text = "RUN " + result(r.made(w, i, in))
	case n < 55:
		in.text = fmt.Sprintf("RUN --mount=type=bind%s%s,target=/m %s", r.mountSource(w, in), pick(r, "", "", ",rw"), result("/m"))
	case n < 75 && i > 0:
		from := r.IntN(i)
		source := pick(r, "", ",source=/"+nonce, ",source="+path.Clean(strings.TrimRight(r.made(w, from, in), "*[]a-m")))
		in.text = fmt.Sprintf("RUN --mount=from=%s%s,target=/m%s %s", stageName(w, from), source, pick(r, "", ",rw"), result("/m"))
	case n < 85:
		in.text = "RUN --mount=type=cache,target=/c echo x >>/c/log; " + result("/etc/passwd")
	case n < 92:
		in.text = fmt.Sprintf("RUN <<E\n%s\nE", result(r.made(w, i, in)))
	default:
		in.text = fmt.Sprintf("RUN <<E\n#!/bin/sh\n%s\nE", result(r.made(w, i, in)))
	}
}

func (r *random) mountSource(w world, in *instruction) string {
	if r.chance(40) {
		return ""
	}
	dir := instruction{}
	if s := r.source(w, &dir); !strings.ContainsAny(s, "*?[") {
		in.needs = append(in.needs, dir.needs...)
		return ",source=" + s
	}
	return ""
}
