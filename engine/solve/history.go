package solve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	controlapi "github.com/moby/buildkit/api/services/control"

	"github.com/stagewatch/stagewatch/engine/dock"
)

// keptRecords is how many of our builds stay in an engine's build history. An engine keeps and lists the newest 50 of
// all: without a bound, one session would push out what the user built.
const keptRecords = 10

// Frontend attributes in a record of the history. The first is where buildx looks for a name.
const (
	recordName  = "build-arg:BUILDKIT_BUILD_NAME"
	recordLabel = "label:" + dock.Label
)

// Record is what the engine's build history says of a build. A Record without a name keeps the build out of the history.
type Record struct {
	// Name is what a list of the history shows.
	Name string
	// Session is the id of the session that builds.
	Session string
}

// attrs returns the record as the history has it.
func (r Record) attrs() map[string]string {
	if r.Name == "" {
		return nil
	}
	name := strings.Map(func(c rune) rune {
		if !unicode.IsGraphic(c) {
			return unicode.ReplacementChar
		}
		return c
	}, strings.ToValidUTF8(r.Name, string(unicode.ReplacementChar)))
	return map[string]string{recordName: name, recordLabel: r.Session}
}

// TrimHistory removes from the engine's build history all but the newest records of our builds, whichever session made
// them, or of those that one session made. Engines before 23.0 keep no history, and return an error.
func (b *Builder) TrimHistory(ctx context.Context, session string) error {
	ours, err := b.records(ctx, session)
	if err != nil {
		return fmt.Errorf("reading the build history: %w", Plain(err))
	}
	slices.SortFunc(ours, func(x, y *controlapi.BuildHistoryRecord) int {
		return y.CreatedAt.AsTime().Compare(x.CreatedAt.AsTime())
	})
	var errs []error
	for _, r := range ours[min(keptRecords, len(ours)):] {
		if _, err := b.client.ControlClient().UpdateBuildHistory(ctx, &controlapi.UpdateBuildHistoryRequest{Ref: r.Ref, Delete: true}); err != nil {
			errs = append(errs, fmt.Errorf("removing record %s of the build history: %w", r.Ref, Plain(err)))
		}
	}
	return errors.Join(errs...)
}

// records returns the records of our builds, or of one session's, that have ended and that nobody has pinned.
func (b *Builder) records(ctx context.Context, session string) ([]*controlapi.BuildHistoryRecord, error) {
	history, err := b.client.ControlClient().ListenBuildHistory(ctx, &controlapi.BuildHistoryRequest{EarlyExit: true})
	if err != nil {
		return nil, err
	}
	var ours []*controlapi.BuildHistoryRecord
	for {
		e, err := history.Recv()
		if errors.Is(err, io.EOF) {
			return ours, nil
		}
		if err != nil {
			return nil, err
		}
		r := e.Record
		if e.Type != controlapi.BuildHistoryEventType_COMPLETE || r == nil || r.Pinned {
			continue
		}
		by, labelled := r.FrontendAttrs[recordLabel]
		if _, named := r.FrontendAttrs[recordName]; named && labelled && (session == "" || by == session) {
			ours = append(ours, r)
		}
	}
}
