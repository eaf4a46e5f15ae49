package svg

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/gofont/gomonobold"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
)

// scale is how many pixels of a PNG are one of the SVG, so that text is sharp on any screen.
const scale = 2

// PNG returns a picture of [Frame] as a PNG. Text is in Go's own monospaced font; a character that it lacks is a box.
func PNG(picture string) ([]byte, error) {
	c := &raster{}
	if err := c.fonts(); err != nil {
		return nil, err
	}
	for d := xml.NewDecoder(strings.NewReader(picture)); ; {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("reading the picture: %w", err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			c.begin(t)
		case xml.CharData:
			if c.in == "text" {
				c.text(string(t))
			}
		case xml.EndElement:
			c.in = ""
		}
	}
	var out bytes.Buffer
	err := png.Encode(&out, c.img)
	return out.Bytes(), err
}

// raster draws the elements that [Frame] writes, and knows no others.
type raster struct {
	img           *image.RGBA
	regular, bold font.Face
	// in is the element that is open, and has are its attributes.
	in  string
	has map[string]string
}

func (c *raster) fonts() (err error) {
	for _, f := range []struct {
		face *font.Face
		ttf  []byte
	}{{&c.regular, gomono.TTF}, {&c.bold, gomonobold.TTF}} {
		parsed, failed := opentype.Parse(f.ttf)
		if failed != nil {
			return fmt.Errorf("reading the font: %w", failed)
		}
		if *f.face, err = opentype.NewFace(parsed, &opentype.FaceOptions{Size: fontSize * scale, DPI: 72, Hinting: font.HintingFull}); err != nil {
			return fmt.Errorf("reading the font: %w", err)
		}
	}
	return nil
}

// num returns an attribute as a number, 0 where it is missing.
func (c *raster) num(name string) float32 {
	n, _ := strconv.ParseFloat(c.has[name], 32) // num wrote it
	return float32(n)
}

func (c *raster) begin(e xml.StartElement) {
	c.in, c.has = e.Name.Local, map[string]string{}
	for _, a := range e.Attr {
		c.has[a.Name.Local] = a.Value
	}
	x, y, w, h := c.num("x"), c.num("y"), c.num("width"), c.num("height")
	switch c.in {
	case "svg":
		c.img = image.NewRGBA(image.Rect(0, 0, int(w*scale), int(h*scale)))
	case "rect":
		r := c.num("rx")
		if stroke := c.has["stroke"]; stroke != "" {
			c.fill(stroke, 1, rounded(x-.5, y-.5, w+1, h+1, r+.5))
			x, y, w, h, r = x+.5, y+.5, w-1, h-1, r-.5
		}
		c.fill(c.has["fill"], 1, rounded(x, y, w, h, r))
	case "circle":
		r := c.num("r")
		c.fill(c.has["fill"], 1, rounded(c.num("cx")-r, c.num("cy")-r, 2*r, 2*r, r))
	case "path":
		pts := points(c.has["d"])
		if c.has["fill"] != "none" {
			c.fill(c.has["fill"], 1, pts)
			return
		}
		half := c.num("stroke-width") / 2
		for _, line := range pts {
			for i := range line[1:] {
				c.fill(c.has["stroke"], 1, segment(line[i], line[i+1], half))
			}
		}
	}
}

// alike are characters of the dashboard that the font lacks, with those that it has in their place.
var alike = map[rune]rune{'✓': '√', '✗': '×', '▾': '▼', '▸': '►', '◂': '◄', '▴': '▲', '◌': '○', '◐': '●', '▶': '►'}

// text draws a text, each character in its column.
func (c *raster) text(s string) {
	ink := rgba(c.has["fill"], 1)
	if c.has["opacity"] != "" {
		ink = rgba(c.has["fill"], c.num("opacity"))
	}
	face := c.regular
	if c.has["font-weight"] == "bold" {
		face = c.bold
	}
	x, y, runes := c.num("x"), c.num("y"), []rune(s)
	step := float32(cellW)
	if n := c.num("textLength"); n > 0 && len(runes) > 0 {
		step = n / float32(len(runes))
	}
	if c.has["text-anchor"] == "middle" {
		x -= step * float32(len(runes)) / 2
	}
	d := font.Drawer{Dst: c.img, Src: image.NewUniform(ink), Face: face}
	for i, r := range runes {
		d.Dot = fixed.Point26_6{X: fixed.Int26_6((x + float32(i)*step) * scale * 64), Y: fixed.Int26_6(y * scale * 64)}
		if like, lacks := alike[r]; lacks {
			r = like
		}
		d.DrawString(string(r))
	}
	if c.has["text-decoration"] == "underline" {
		c.fill(c.has["fill"], 1, rounded(x, y+1.5, step*float32(len(runes)), 1, 0))
	}
}

// point is a place in the picture.
type point struct{ x, y float32 }

// fill fills closed lines.
func (c *raster) fill(paint string, opacity float32, lines [][]point) {
	within := image.Rectangle{Min: c.img.Bounds().Max}
	for _, line := range lines {
		for _, p := range line {
			x, y := int(p.x*scale), int(p.y*scale)
			within.Min.X, within.Min.Y = min(within.Min.X, x-1), min(within.Min.Y, y-1)
			within.Max.X, within.Max.Y = max(within.Max.X, x+2), max(within.Max.Y, y+2)
		}
	}
	within = within.Intersect(c.img.Bounds())
	z := vector.NewRasterizer(within.Dx(), within.Dy())
	left, top := float32(within.Min.X), float32(within.Min.Y)
	for _, line := range lines {
		for i, p := range line {
			if i == 0 {
				z.MoveTo(p.x*scale-left, p.y*scale-top)
			} else {
				z.LineTo(p.x*scale-left, p.y*scale-top)
			}
		}
		z.ClosePath()
	}
	z.Draw(c.img, within, image.NewUniform(rgba(paint, opacity)), image.Point{})
}

// rgba returns a colour, the default one of text for none.
func rgba(hex string, opacity float32) color.NRGBA {
	if hex == "" {
		hex = foreground
	}
	n, _ := strconv.ParseUint(strings.TrimPrefix(hex, "#"), 16, 32) // a constant, or what look has
	return color.NRGBA{uint8(n >> 16), uint8(n >> 8), uint8(n), uint8(opacity * 255)}
}

// rounded returns the outline of a rectangle.
func rounded(x, y, w, h, r float32) [][]point {
	if r <= 0 {
		return [][]point{{{x, y}, {x + w, y}, {x + w, y + h}, {x, y + h}}}
	}
	var out []point
	for _, q := range [][3]point{
		{{x, y + r}, {x, y}, {x + r, y}}, {{x + w - r, y}, {x + w, y}, {x + w, y + r}},
		{{x + w, y + h - r}, {x + w, y + h}, {x + w - r, y + h}}, {{x + r, y + h}, {x, y + h}, {x, y + h - r}},
	} {
		out = append(out, curve(q[0], q[1], q[2])...)
	}
	return [][]point{out}
}

// curve returns points of a quarter of a circle around a corner, or of what is as near to one as an eye can tell.
func curve(from, corner, to point) (out []point) {
	const steps = 12
	// The weight of a rational curve that is the circle.
	const weight = 0.70710677
	for i := range steps + 1 {
		t := float32(i) / steps
		a, b, c := (1-t)*(1-t), 2*t*(1-t)*weight, t*t
		sum := a + b + c
		out = append(out, point{(a*from.x + b*corner.x + c*to.x) / sum, (a*from.y + b*corner.y + c*to.y) / sum})
	}
	return out
}

// segment returns a line of a width as a rectangle around it.
func segment(a, b point, half float32) [][]point {
	if a.x == b.x {
		return [][]point{{{a.x - half, a.y}, {a.x + half, a.y}, {a.x + half, b.y}, {a.x - half, b.y}}}
	}
	// Lines are level, or the short pieces of a curve.
	dy := half
	if b.y != a.y {
		dy = half * 1.2
	}
	return [][]point{{{a.x, a.y - dy}, {b.x, b.y - dy}, {b.x, b.y + dy}, {a.x, a.y + dy}}}
}

var part = regexp.MustCompile(`[A-Za-z]|-?[0-9.]+`)

// points returns the lines of a path's commands, of which there are those that stroke and window write.
func points(d string) (lines [][]point) {
	parts := part.FindAllString(d, -1)
	next := func() float32 {
		n, _ := strconv.ParseFloat(parts[0], 32)
		parts = parts[1:]
		return float32(n)
	}
	var at point
	to := func(p ...point) {
		last := len(lines) - 1
		lines[last] = append(lines[last], p...)
		at = p[len(p)-1]
	}
	level := false
	for len(parts) > 0 {
		command := parts[0]
		parts = parts[1:]
		switch command {
		case "M":
			at = point{next(), next()}
			lines = append(lines, []point{at})
		case "H":
			level = true
			to(point{next(), at.y})
		case "V":
			level = false
			to(point{at.x, next()})
		case "Q":
			corner := point{next(), next()}
			to(curve(at, corner, point{next(), next()})...)
		case "a":
			parts = parts[5:] // a quarter of a circle, whatever its radius is said to be
			end := point{at.x + next(), at.y + next()}
			corner := point{at.x, end.y}
			if level {
				corner = point{end.x, at.y}
			}
			to(curve(at, corner, end)...)
		}
	}
	return lines
}
