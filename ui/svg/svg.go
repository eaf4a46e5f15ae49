// Package svg draws a frame of the dashboard as a picture for a README. It uses the reader's monospaced font and fetches
// nothing.
//
// Lines and bars are drawn as shapes, because fonts differ in how far such characters reach. Text is escaped, characters
// that XML can't hold are replaced, and escape sequences other than colours and attributes are left out.
package svg

import (
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"

	"github.com/stagewatch/stagewatch/ui/draw"
)

// Options says how to draw a frame. The zero value is a dark window without a title.
type Options struct {
	// Title is written above the frame, and names the picture for screen readers.
	Title string
	// Columns is the width of the terminal. Shorter lines are filled with its background.
	Columns int
}

// The measures of the picture, in pixels.
const (
	cellW, cellH = 8.4, 18.0
	fontSize     = 14
	baseline     = 13.5 // from a line's top
	margin       = 16.0
	barH         = 34.0
)

// The default colours of the terminal.
const (
	background = "#10141a"
	chrome     = "#181e27"
	edge       = "#2a3140"
	foreground = "#d6dbe4"
	quiet      = "#7f8796"
)

// Frame draws a frame as [draw.Canvas] writes it: lines of text with SGR sequences.
func Frame(frame string, opt Options) string {
	rows := parse(frame)
	columns := opt.Columns
	for _, r := range rows {
		columns = max(columns, len(r))
	}
	w := 2*margin + float64(columns)*cellW
	h := barH + margin + float64(len(rows))*cellH
	p := &painter{}
	p.printf(`<svg xmlns="http://www.w3.org/2000/svg" width="%s" height="%s" viewBox="0 0 %s %s" role="img">`+"\n", num(w), num(h), num(w), num(h))
	if opt.Title != "" {
		p.printf("<title>%s</title>\n", escape(opt.Title))
	}
	p.window(w, h, opt.Title)
	p.printf(`<g font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="%d" fill="%s">`+"\n", fontSize, foreground)
	for i, r := range rows {
		p.row(r, barH+float64(i)*cellH)
	}
	p.printf("</g>\n</svg>\n")
	return p.out.String()
}

// painter writes the picture, left to right and top to bottom.
type painter struct{ out strings.Builder }

func (p *painter) printf(format string, args ...any) { fmt.Fprintf(&p.out, format, args...) }

// window draws the window around the frame.
func (p *painter) window(w, h float64, title string) {
	p.printf(`<rect x="0.5" y="0.5" width="%s" height="%s" rx="9" fill="%s" stroke="%s"/>`+"\n", num(w-1), num(h-1), background, edge)
	p.printf(`<path d="M1 %s V9 a8 8 0 0 1 8 -8 H%s a8 8 0 0 1 8 8 V%s Z" fill="%s"/>`+"\n", num(barH-8), num(w-9), num(barH-8), chrome)
	for i, c := range []string{"#f47c7c", "#e5b567", "#7fc98b"} {
		p.printf(`<circle cx="%d" cy="13" r="5.5" fill="%s"/>`, 19+i*19, c)
	}
	p.printf("\n")
	if title == "" {
		return
	}
	room := int((w - 180) / 7)
	p.printf(`<text x="%s" y="18" text-anchor="middle" font-family="ui-sans-serif, system-ui, sans-serif" font-size="13" fill="%s">%s</text>`+"\n", num(w/2), quiet, escape(draw.Cut(title, room)))
}

// row draws the backgrounds, then the shapes and the text, each in the longest runs of one look.
func (p *painter) row(cells []cell, top float64) {
	for x := 0; x < len(cells); {
		end := x + 1
		for end < len(cells) && cells[end].look.bg == cells[x].look.bg {
			end++
		}
		if bg := cells[x].look.bg; bg != "" {
			p.printf(`<rect x="%s" y="%s" width="%s" height="%s" fill="%s"/>`+"\n", num(at(x)), num(top), num(at(end)-at(x)), num(cellH), bg)
		}
		x = end
	}
	for x := 0; x < len(cells); {
		if n := p.shape(cells, x, top); n > 0 {
			x += n
			continue
		}
		end := p.run(cells, x)
		p.text(cells[x:end], x, top)
		x = end
	}
}

// at returns the left edge of a column.
func at(column int) float64 { return margin + float64(column)*cellW }

// run returns the end of the text that one element can hold. It ends where the look changes, at a gap, and around
// characters whose width depends on the font, so that the columns stay aligned.
func (p *painter) run(cells []cell, from int) int {
	end := from + 1
	if !cells[from].narrow() {
		for end < len(cells) && cells[end].text == "" {
			end++
		}
		return end
	}
	for ; end < len(cells); end++ {
		c := cells[end]
		if c.look != cells[from].look || !c.narrow() || c.text == " " && end+1 < len(cells) && cells[end+1].text == " " {
			break
		}
	}
	return end
}

// text draws a run without the blanks at its ends, which not every viewer keeps.
func (p *painter) text(cells []cell, column int, top float64) {
	for len(cells) > 0 && cells[0].text == " " {
		cells, column = cells[1:], column+1
	}
	for len(cells) > 0 && cells[len(cells)-1].text == " " {
		cells = cells[:len(cells)-1]
	}
	if len(cells) == 0 {
		return
	}
	var text strings.Builder
	for _, c := range cells {
		text.WriteString(c.text)
	}
	look := cells[0].look
	p.printf(`<text x="%s" y="%s" textLength="%s"`, num(at(column)), num(top+baseline), num(float64(len(cells))*cellW))
	if look.fg != "" {
		p.printf(` fill="%s"`, look.fg)
	}
	if look.bold {
		p.printf(` font-weight="bold"`)
	}
	if look.faint {
		p.printf(` opacity="0.65"`)
	}
	if look.underline {
		p.printf(` text-decoration="underline"`)
	}
	p.printf(">%s</text>\n", escape(text.String()))
}

// num formats a length with at most two decimals.
func num(f float64) string { return strconv.FormatFloat(float64(int64(f*100+0.5))/100, 'f', -1, 64) }

// escape escapes text for the content of an element.
func escape(s string) string {
	var out strings.Builder
	// It fails only if the writer does, and a strings.Builder does not.
	_ = xml.EscapeText(&out, []byte(s))
	return out.String()
}
