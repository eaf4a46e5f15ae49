package compat

import (
	"path"
	"slices"
	"strings"

	"github.com/stagewatch/stagewatch/engine/image"
)

// Libc is a family of C libraries. A program compiled for one family rarely runs on the other.
type Libc string

// The families.
const (
	Glibc       Libc = "glibc"
	Musl        Libc = "musl"
	UnknownLibc Libc = ""
)

// LibcOf returns the family of a base image's C library, [UnknownLibc] where the files have none or both.
func LibcOf(base image.Tree) Libc {
	var found []Libc
	for p := range base {
		switch name := path.Base(p); {
		case strings.HasPrefix(name, "ld-musl-") && !slices.Contains(found, Musl):
			found = append(found, Musl)
		case name == "libc.so.6" && !slices.Contains(found, Glibc):
			found = append(found, Glibc)
		}
	}
	if len(found) != 1 {
		return UnknownLibc
	}
	return found[0]
}

// Parts of image names that say which C library the image has. The official images of languages are based on Debian
// unless their tag says alpine.
var (
	glibcNames = []string{"debian", "ubuntu", "slim", "bookworm", "bullseye", "buster", "trixie", "jammy", "noble", "focal", "fedora", "centos",
		"rockylinux", "almalinux", "ubi8", "ubi9", "ubi10", "amazonlinux", "oraclelinux", "distroless", "wolfi", "chainguard", "archlinux", "opensuse", "photon"}
	languageImages = []string{"python", "node", "golang", "rust", "ruby", "php", "perl", "openjdk", "eclipse-temurin", "maven", "gradle", "gcc", "buildpack-deps"}
)

// libcByName guesses the family from the name of a base image.
func libcByName(ref string) Libc {
	ref, _, _ = strings.Cut(strings.ToLower(ref), "@")
	if strings.Contains(ref, "alpine") || strings.Contains(ref, "musl") {
		return Musl
	}
	if slices.ContainsFunc(glibcNames, func(d string) bool { return strings.Contains(ref, d) }) {
		return Glibc
	}
	name, _, _ := strings.Cut(path.Base(ref), ":")
	if slices.Contains(languageImages, name) {
		return Glibc
	}
	return UnknownLibc
}
