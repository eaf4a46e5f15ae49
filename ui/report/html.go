package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"

	"github.com/stagewatch/stagewatch/engine/event"
	"github.com/stagewatch/stagewatch/engine/human"
	"github.com/stagewatch/stagewatch/ui/draw"
	"github.com/stagewatch/stagewatch/ui/story"
)

//go:embed page.html
var pageText string

// page escapes its values by context.
var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"bytes": human.Bytes, "millis": millis, "join": func(s []string) string { return strings.Join(s, ", ") },
	"result": result, "ran": ran, "hit": hit, "served": served, "skipWhat": skipWhat,
	"stepWord": stepWord, "origin": origin, "wasteText": wasteText, "stepTime": stepTime, "percent": func(f float64) string { return fmt.Sprintf("%.1f", f) },
	"share": func(part, whole int64) float64 { return share(part, whole) },
	"good":  func(b *story.Build) bool { return b.State == story.Built && b.Mishap == "" },
	"bad":   func(b *story.Build) bool { return b.State == story.Failed || b.Mishap != "" },
}).Parse(pageText))

// pageView is what the page shows.
type pageView struct {
	*Report
	Gain, Cache string
	Picture     template.HTML
	Stages      []sizedStage
	Sides       []side
	Basis       []string
	Difference  string
	Compared    *comparison
	Wastes      []event.Waste
}

// HTML writes the report as one page that fetches nothing. picture is an SVG of package svg, empty for none.
func (r *Report) HTML(w io.Writer, picture string) error {
	v := pageView{
		Report: r, Cache: r.cacheLine(), Stages: r.stages(), Sides: r.sides(), Basis: r.basis(),
		Difference: r.difference(), Compared: r.comparison(), Wastes: r.wastes(),
		// Package svg has escaped it.
		Picture: template.HTML(picture),
	}
	if r.Sized != nil {
		v.Gain = draw.Percent(r.Sized.Sizes.Before.Bytes, r.Sized.Sizes.After.Bytes)
	}
	if err := page.Execute(w, v); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}
