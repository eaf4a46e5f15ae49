package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/stagewatch/stagewatch/engine/config"
	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/story"
)

// bye writes at the end of a session what it did and what is left of it. clean says that everything else was removed
// from the engine.
func bye(w io.Writer, s *story.Story, cfg config.Config, record string, clean bool) {
	last := s.Current()
	if last == nil {
		return
	}
	var lines []string
	if !cfg.Once {
		lines = append(lines, did(s, last))
	}
	if clean {
		lines = append(lines, kept(s, cfg))
	}
	if record != "" {
		lines = append(lines, "Recorded in "+record+". Play it again with: stagewatch replay "+record)
	}
	fmt.Fprintln(w, strings.Join(lines, "\n"))
}

// did returns what was built and served: "12 builds in 14m 03s, 10 of them served at http://127.0.0.1:8080; the cache saved
// 4m 12s."
func did(s *story.Story, last *story.Build) string {
	served, url := 0, ""
	for _, b := range s.Builds {
		if b.Served {
			served++
		}
	}
	if s.Serving != nil {
		url = " at " + s.Serving.URL
	}
	text := human.Count(last.Number, "build") + " in " + draw.Millis(s.Last.Sub(s.Builds[0].Start).Milliseconds())
	switch {
	case served == 0:
		text += ", none served"
	case last.Number == 1:
		text += ", served" + url
	default:
		text += fmt.Sprintf(", %d of them served%s", served, url)
	}
	if s.Saved > 0 {
		text += "; the cache saved " + draw.Millis(s.Saved)
	}
	return text + "."
}

func kept(s *story.Story, cfg config.Config) string {
	built := false
	for _, b := range s.Builds {
		built = built || b.State == story.Built
	}
	var kept []string
	if built && len(cfg.Tags) > 0 {
		kept = append(kept, "the image "+strings.Join(cfg.Tags, ", "))
	}
	if volumes := cfg.VolumeNames(); built && len(volumes) > 0 {
		kept = append(kept, "the volume "+strings.Join(volumes, ", "))
	}
	switch {
	case !built && cfg.Once:
		return "No image was built."
	case cfg.Once && len(kept) == 0:
		return "The image was removed. To keep it, name it with -t."
	case cfg.Once:
		return "Kept: " + strings.Join(kept, "; ") + "."
	case len(kept) == 0:
		return "Nothing is left on the engine but the build cache."
	}
	return "Kept: " + strings.Join(kept, "; ") + ". Nothing else is left on the engine but the build cache."
}
