package image

import (
	"path"
	"slices"
	"strings"
)

// The groups of files that are left behind, or compared.
const (
	kindSystem   = "base OS"
	kindToolset  = "language toolchain"
	kindPackages = "python packages"
	kindManager  = "package manager caches and lists"
	kindPip      = "pip cache"
	kindBytecode = "__pycache__"
	kindSources  = "sources"
	kindOther    = "other"
	// kindLost are bytes of layers that no file of the image has, and Links what the targets of links count for.
	kindLost = "overwritten or deleted later"
	Links    = "links"
)

// kindOf returns the group of a path. Base and source say whether the path came with the base image or was copied from
// the build context.
func kindOf(p string, base, source bool) string {
	switch {
	case strings.Contains(p, "/__pycache__/") || strings.HasSuffix(p, ".pyc"):
		return kindBytecode
	case strings.Contains(p, "/.cache/pip/"):
		return kindPip
	case within(p, managerFolders) || strings.Contains(p, "/.cache/") || strings.Contains(p, "/.npm/"):
		return kindManager
	case source:
		return kindSources
	case IsPythonPackage(p):
		return kindPackages
	case isToolchain(p):
		return kindToolset
	case base || within(p, systemFolders):
		return kindSystem
	}
	return kindOther
}

// managerFolders hold what package managers download and need not keep.
var managerFolders = []string{"/var/lib/apt/lists", "/var/cache/apt", "/var/cache/apk", "/etc/apk/cache", "/var/cache/dnf", "/var/cache/yum",
	"/var/cache/debconf", "/var/lib/dnf/history", "/var/log/apt", "/usr/local/share/.cache"}

// systemFolders hold what packages of the operating system install.
var systemFolders = []string{"/etc", "/lib", "/lib64", "/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/lib", "/usr/share", "/usr/libexec", "/var"}

// toolchainFolders hold compilers, headers and languages with their libraries.
var toolchainFolders = []string{"/usr/include", "/usr/local/include", "/usr/lib/gcc", "/usr/libexec/gcc", "/usr/local/go", "/usr/lib/go", "/usr/lib/jvm",
	"/opt/java", "/usr/local/cargo", "/usr/local/rustup", "/root/.cargo", "/root/.rustup", "/usr/local/lib/node_modules", "/usr/lib/node_modules",
	"/usr/lib/llvm"}

// toolchainPrograms are the beginnings of the names of compilers and interpreters.
var toolchainPrograms = []string{"python", "pip", "idle", "pydoc", "2to3", "wheel", "node", "npm", "npx", "yarn", "gcc", "g++", "cpp", "c++", "cc", "clang",
	"ld", "as", "ar", "make", "cmake", "rustc", "cargo", "x86_64-linux-gnu-", "aarch64-linux-gnu-", "perl", "ruby", "gem", "java"}

func isToolchain(p string) bool {
	if within(p, toolchainFolders) {
		return true
	}
	for rest := range strings.SplitSeq(p, "/") {
		if strings.HasPrefix(rest, "python3") || strings.HasPrefix(rest, "libpython") {
			return true
		}
	}
	if base := path.Base(path.Dir(p)); base != "bin" && base != "sbin" {
		return false
	}
	name := path.Base(p)
	return slices.ContainsFunc(toolchainPrograms, func(program string) bool {
		rest, ok := strings.CutPrefix(name, program)
		return ok && (rest == "" || strings.HasSuffix(program, "-") || strings.ContainsRune("-.0123456789", rune(rest[0])))
	})
}

// IsPythonPackage reports whether a path is in a folder that Python's package managers install into.
func IsPythonPackage(p string) bool {
	return strings.Contains(p, "/site-packages/") || strings.Contains(p, "/dist-packages/")
}

func within(p string, folders []string) bool {
	return slices.ContainsFunc(folders, func(folder string) bool {
		return p == folder || strings.HasPrefix(p, folder+"/")
	})
}
