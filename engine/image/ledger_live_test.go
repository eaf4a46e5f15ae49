package image

import (
	"archive/tar"
	"context"
	"errors"
	"io"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/google/go-cmp/cmp"

	"github.com/stagewatch/stagewatch/engine/event"
)

const wasteful = `FROM python:3.9-slim AS build
WORKDIR /work
COPY big.txt sub/ ./
RUN mkdir -p /opt/keep /var/lib/apt/lists /root/.cache/pip/x && head -c 300000 /dev/zero >/opt/first && ln /opt/first /opt/second && ln -s first /opt/link \
 && head -c 50000 /dev/zero >/var/lib/apt/lists/list && head -c 70000 /dev/zero >/root/.cache/pip/x/y
RUN rm /opt/first && head -c 1000 /dev/zero >/opt/keep/a && head -c 4000 /dev/zero >big.txt
RUN rm -rf /var/lib/apt/lists/*
RUN chown root:root /opt/second && chmod 600 /opt/keep/a
RUN ln /opt/second /opt/third
RUN rm -f /nothing/there

FROM python:3.9-alpine
WORKDIR /app
COPY --from=build /opt /opt
COPY --from=build /work/*.txt /app/
COPY --from=0 --chown=1:1 /work/one /app/one
COPY own.txt .
RUN cp /etc/os-release /copied && apk --version >/dev/null 2>&1; true
`

func TestLayersAreThoseThatDockerSaves(t *testing.T) {
	s := newStages(t)
	s.Write("Dockerfile", wasteful)
	s.Write("big.txt", strings.Repeat("big ", 5000))
	s.Write("sub/one", "one")
	s.Write("sub/two", "two two")
	s.Write("own.txt", "own")
	s.read(func(before, after *Stage, _ Open) error {
		s.compareWithSave(before)
		s.compareWithSave(after)
		for _, st := range []*Stage{before, after} {
			got := st.Files().bytes()
			for _, p := range ofContainers {
				got -= st.Files()[p].bytes()
			}
			if want := s.exported(st.Image); got != want {
				t.Errorf("stage %s: its files have %d bytes, and exported they have %d", st.Plan.Target, got, want)
			}
		}
		l := Account(before, after)
		addsUp(t, before, after, l)
		known := map[string]bool{}
		stacksUp(t, before, before.Listing().Files(known))
		stacksUp(t, after, after.Listing().Files(known))
		if again := after.Listing().Files(known); !again.Layers[1].Known || again.Layers[1].Folders != nil {
			t.Errorf("sent again: %+v", again.Layers[1])
		}
		return nil
	})
}

// stacksUp checks that the layers of a listing, put on top of each other, are the stage.
func stacksUp(t *testing.T, st *Stage, files event.StageFiles) {
	t.Helper()
	got := map[string]int64{}
	for i, l := range files.Layers {
		for _, p := range l.Gone {
			delete(got, p)
		}
		for _, f := range l.Folders {
			for name, bytes := range f.Files {
				got[path.Join(f.Path, name)] = bytes
			}
		}
		if i > 0 && st.Size.Layers[st.Plan.BaseLayers+i-1].Bytes != l.Bytes || (i == 0) != (l.Step == event.StepID{}) {
			t.Errorf("layer %d of stage %s: %d bytes of step %+v", i, files.Stage, l.Bytes, l.Step)
		}
	}
	want := map[string]int64{}
	for p, f := range st.Files() {
		if f.Mode.IsDir() {
			continue
		}
		want[p] = f.bytes()
		if p == "/opt/second" {
			// Its bytes were counted at the first of two hard links, which is deleted.
			want[p] = got[p]
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("stage %s, -want +got:\n%.2000s", files.Stage, diff)
	}
}

func addsUp(t *testing.T, before, after *Stage, l event.Ledger) {
	t.Helper()
	if got := l.BaseAfter.Bytes + sumOf(l.Carried) + sumOf(l.Own); got != after.Size.Bytes {
		t.Errorf("base, carried and own are %d bytes, the stage %d", got, after.Size.Bytes)
	}
	if got := sumOf(l.Left) + l.Taken; got != before.Size.Bytes {
		t.Errorf("left and taken are %d bytes, the stage %d", got, before.Size.Bytes)
	}
	if got := l.SavedByBase + l.SavedByCopy; got != before.Size.Bytes-after.Size.Bytes {
		t.Errorf("saved %d bytes, the stages differ by %d", got, before.Size.Bytes-after.Size.Bytes)
	}
	for _, st := range []*Stage{before, after} {
		var lost int64
		for _, w := range l.Wasted {
			if w.Stage == st.Plan.Target && w.Reason != event.FreedNothing {
				lost += w.Bytes
			}
		}
		if want := st.Size.Bytes - st.Files().bytes() - st.links(); lost != want {
			t.Errorf("stage %s: %d bytes wasted, and %d are not in its files", st.Plan.Target, lost, want)
		}
	}
}

// ofContainers are files that the engine replaces when it creates a container.
var ofContainers = []string{"/etc/hosts", "/etc/hostname", "/etc/resolv.conf"}

// exported sums the files of a container's file system except those in ofContainers.
func (s *stages) exported(image string) (n int64) {
	s.t.Helper()
	c, err := s.Engine.Client.ContainerCreate(s.t.Context(), &container.Config{Image: image, Cmd: []string{"true"}, Labels: s.Session.Labels()}, nil, nil, nil, "")
	if err != nil {
		s.t.Fatal(err)
	}
	r, err := s.Engine.Client.ContainerExport(s.t.Context(), c.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	defer r.Close()
	for t := tar.NewReader(r); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return n
		}
		if err != nil {
			s.t.Fatal(err)
		}
		if !slices.Contains(ofContainers, path.Join("/", h.Name)) {
			n += h.Size
		}
	}
}

// TestWhatWasWastedIsNamed goes through the losses of the Dockerfile above.
func TestWhatWasWastedIsNamed(t *testing.T) {
	s := newStages(t)
	s.Write("Dockerfile", wasteful)
	s.Write("big.txt", strings.Repeat("big ", 5000))
	s.Write("sub/one", "one")
	s.Write("own.txt", "own")
	s.read(func(before, after *Stage, _ Open) error {
		l := Account(before, after)
		for _, want := range []struct {
			reason       string
			line, lostTo int
			bytes        int64
		}{
			{event.OverwrittenLater, 3, 6, 20_000},
			{event.OverwrittenLater, 6, 8, 1000},
			{event.DeletedLater, 4, 7, 50_000},
			{event.Rewritten, 8, 0, 300_000},
			{event.Rewritten, 9, 0, 300_000},
			{event.FreedNothing, 10, 0, 0},
		} {
			if want.reason == event.Rewritten && s.store.Basis() == Blocks {
				// The containerd store leaves a file that did not change out of the layer.
				continue
			}
			if !slices.ContainsFunc(l.Wasted, func(w event.Waste) bool {
				return w.Reason == want.reason && w.Line == want.line && w.LostLine == want.lostTo && w.Bytes == want.bytes
			}) {
				t.Errorf("no %+v in %+v", want, l.Wasted)
			}
		}
		return nil
	})
}

// TestStagesOfEveryShapeAddUp: from scratch, on another stage, with a copy out of an image, alone.
func TestStagesOfEveryShapeAddUp(t *testing.T) {
	for name, dockerfile := range map[string]string{
		"scratch":     "FROM python:3.9-alpine AS build\nCOPY a /a\nFROM scratch\nCOPY --from=build /a /bin/busybox /\n",
		"on a stage":  "FROM python:3.9-alpine AS base\nRUN echo x >/x\nFROM base AS build\nRUN echo y >/y\nFROM base\nWORKDIR /x/../tmp\nCOPY --from=build --link /y /y\n",
		"of an image": "FROM python:3.9-alpine AS build\nFROM scratch\nCOPY --from=python:3.9-slim /etc/os-release /\nCOPY --from=build /etc/os-release /other\n",
	} {
		t.Run(name, func(t *testing.T) {
			s := newStages(t)
			s.Write("Dockerfile", dockerfile)
			s.Write("a", "a")
			s.read(func(before, after *Stage, _ Open) error {
				s.compareWithSave(after)
				l := Account(before, after)
				addsUp(t, before, after, l)
				if len(l.Carried) == 0 || l.Taken == 0 {
					t.Errorf("got %+v", l)
				}
				return nil
			})
		})
	}
	t.Run("alone", func(t *testing.T) {
		s := newStages(t)
		s.Write("Dockerfile", "FROM python:3.9-alpine\nCOPY a /a\n")
		s.Write("a", "a")
		src := s.build("")
		err := s.reader.Read(t.Context(), s.contexts(), []Source{src}, func(st []*Stage, open Open) error {
			l := Account(nil, st[0])
			if l.BaseAfter.Bytes+sumOf(l.Own) != st[0].Size.Bytes || sumOf(l.Own) != 1 || len(l.Left) > 0 {
				t.Errorf("got %+v", l)
			}
			data, err := open("/a")
			if string(data) != "a" {
				t.Errorf("/a is %q", data)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestReadingIsCanceledAtOnce(t *testing.T) {
	s := newStages(t)
	s.Sample("python-app")
	after := s.build("")
	sources := []Source{s.build(after.Plan.Before()), after}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(30*time.Millisecond, cancel)
	contexts, read := s.contexts(), make(chan error, 1)
	go func() {
		read <- s.reader.Read(ctx, contexts, sources, func([]*Stage, Open) error {
			<-ctx.Done()
			return ctx.Err()
		})
	}()
	select {
	case err := <-read:
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	case <-time.After(time.Minute):
		t.Fatal("it goes on")
	}
	if err := s.reader.Read(t.Context(), s.contexts(), []Source{after}, func([]*Stage, Open) error { return nil }); err != nil {
		t.Errorf("the reading after it: %v", err)
	}
}
