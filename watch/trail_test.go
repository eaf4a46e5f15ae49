package watch

import (
	"os"
	"path/filepath"
	"testing"
)

// TestAnExtraFileIsWatchedThroughLinks: whatever links a name leads through, a save of the target is reported by that
// name, and so is every link that is changed afterwards.
func TestAnExtraFileIsWatchedThroughLinks(t *testing.T) {
	for _, test := range []struct {
		name string
		// links are created in a folder with ctx/, ctx/docker/ and out/, each with a file "dev" and a file "other".
		links  [][2]string
		extra  string
		target string // the file that a save writes
		// relinked is the link that is changed to lead to to; retarget is the file that a save writes then.
		relinked, to, retarget string
	}{
		{"a link in the context", [][2]string{{"docker/dev", "ctx/Dockerfile"}}, "ctx/Dockerfile", "ctx/docker/dev", "ctx/Dockerfile", "docker/other", "ctx/docker/other"},
		{"a link to outside", [][2]string{{"../out/dev", "ctx/Dockerfile"}}, "ctx/Dockerfile", "out/dev", "ctx/Dockerfile", "../out/other", "out/other"},
		{"an absolute link", [][2]string{{"ROOT/out/dev", "ctx/Dockerfile"}}, "ctx/Dockerfile", "out/dev", "ctx/Dockerfile", "ROOT/ctx/docker/dev", "ctx/docker/dev"},
		{"a chain", [][2]string{{"../out/second", "ctx/Dockerfile"}, {"third", "out/second"}, {"dev", "out/third"}}, "ctx/Dockerfile", "out/dev", "out/third", "other", "out/other"},
		{"a linked folder", [][2]string{{"../out", "ctx/linked"}}, "ctx/linked/dev", "out/dev", "ctx/linked", "docker", "ctx/docker/dev"},
		{"a linked folder elsewhere", [][2]string{{"out", "current"}}, "current/dev", "out/dev", "current", "ctx/docker", "ctx/docker/dev"},
		{"through the folder above of a linked one", [][2]string{{"../out/deep", "ctx/linked"}}, "ctx/linked/back/dev", "out/dev", "ctx/linked", "docker", "ctx/docker/dev"},
		{"a link to what is not there yet", [][2]string{{"../out/late", "ctx/Dockerfile"}}, "ctx/Dockerfile", "out/late", "ctx/Dockerfile", "docker/dev", "ctx/docker/dev"},
	} {
		t.Run(test.name, func(t *testing.T) {
			both(t, func(t *testing.T, opts Options) {
				top := t.TempDir()
				for _, dir := range []string{"ctx/docker", "out/deep", "ctx/docker/back"} {
					must(t, os.MkdirAll(filepath.Join(top, dir), 0o755))
				}
				must(t, os.Symlink("..", filepath.Join(top, "out/deep/back")))
				must(t, os.Remove(filepath.Join(top, "ctx/docker/back")))
				must(t, os.Symlink(".", filepath.Join(top, "ctx/docker/back")))
				for _, dir := range []string{"ctx", "ctx/docker", "out"} {
					write(t, top, dir+"/dev", "one")
					write(t, top, dir+"/other", "one")
				}
				link := func(target, name string) {
					if rest, ok := cutRoot(target); ok {
						target = filepath.Join(top, rest)
					}
					must(t, os.Symlink(target, filepath.Join(top, name+".new")))
					must(t, os.Rename(filepath.Join(top, name+".new"), filepath.Join(top, name)))
				}
				for _, l := range test.links {
					link(l[0], l[1])
				}
				opts.Extra = []string{filepath.Join(top, test.extra)}
				root := filepath.Join(top, "ctx")
				want, err := filepath.Rel(root, opts.Extra[0])
				must(t, err)
				if !filepath.IsLocal(want) {
					want = opts.Extra[0]
				}
				w := open(t, root, opts)
				write(t, top, test.target, "two, in place")
				await(t, w, want)
				write(t, top, test.target+".new", "three, by renaming")
				must(t, os.Rename(filepath.Join(top, test.target+".new"), filepath.Join(top, test.target)))
				await(t, w, want)
				link(test.to, test.relinked)
				await(t, w, want)
				write(t, top, test.retarget, "four")
				await(t, w, want)
			})
		})
	}
}

func cutRoot(target string) (string, bool) {
	const root = "ROOT/"
	if len(target) > len(root) && target[:len(root)] == root {
		return target[len(root):], true
	}
	return "", false
}

// TestAnExtraFileWhoseFolderIsReplaced: the folder is outside of the tree, so the system reports nothing.
func TestAnExtraFileWhoseFolderIsReplaced(t *testing.T) {
	both(t, func(t *testing.T, opts Options) {
		top := t.TempDir()
		write(t, top, "ctx/app.py", "")
		write(t, top, "out/docker/Dockerfile", "one")
		write(t, top, "out/new/Dockerfile", "another")
		opts.Extra = []string{filepath.Join(top, "out/docker/Dockerfile")}
		w := open(t, filepath.Join(top, "ctx"), opts)
		must(t, os.Rename(filepath.Join(top, "out/docker"), filepath.Join(top, "out/old")))
		must(t, os.Rename(filepath.Join(top, "out/new"), filepath.Join(top, "out/docker")))
		await(t, w, opts.Extra[0])
		write(t, top, "out/docker/Dockerfile", "watched as before")
		await(t, w, opts.Extra[0])
	})
}

// TestARootThatIsALink changes the link to another folder, replaces it by a folder, and makes it a link again.
func TestARootThatIsALink(t *testing.T) {
	both(t, func(t *testing.T, opts Options) {
		top := t.TempDir()
		for _, dir := range []string{"one", "two", "three"} {
			write(t, top, dir+"/sub/app.py", dir)
		}
		root := filepath.Join(top, "ctx")
		must(t, os.Symlink("one", root))
		w := open(t, root, opts)
		write(t, top, "one/sub/app.py", "watched")
		await(t, w, "sub/app.py")

		must(t, os.Symlink("two", root+".new"))
		must(t, os.Rename(root+".new", root))
		awaitNotice(t, w, RootReplaced)
		awaitRescan(t, w)
		write(t, top, "two/sub/app.py", "watched too")
		await(t, w, "sub/app.py")

		must(t, os.Remove(root))
		must(t, os.Rename(filepath.Join(top, "three"), root))
		awaitReplaced(t, w)
		write(t, top, "ctx/sub/app.py", "watched as well")
		await(t, w, "sub/app.py")

		must(t, os.Rename(root, filepath.Join(top, "three")))
		must(t, os.Symlink("one", root))
		awaitReplaced(t, w)
		write(t, top, "one/sub/app.py", "watched again")
		await(t, w, "sub/app.py")
	})
}

// awaitReplaced waits until the watcher has found another root, whether or not there was none for a moment.
func awaitReplaced(t *testing.T, w *Watcher) {
	t.Helper()
	for n := range w.Notices() {
		if n.Code == RootReplaced || n.Code == RootBack {
			break
		}
	}
	awaitRescan(t, w)
}
