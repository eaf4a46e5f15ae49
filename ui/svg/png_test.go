package svg

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"strings"
	"testing"
)

// TestPNG draws one of everything, and looks at what has to be where.
func TestPNG(t *testing.T) {
	frame := strings.Join([]string{
		"\x1b[38;2;255;0;0m████\x1b[0m╭─╮\x1b[48;2;0;0;255m  \x1b[0m",
		"x   │ │  \x1b[1mbold\x1b[0m \x1b[2mfaint\x1b[0m \x1b[4mline\x1b[0m ▃ 日本",
	}, "\n")
	data, err := PNG(Frame(frame, Options{Title: "a <title> & more", Columns: 40}))
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	columns, lines := 40.0, 2.0
	if got, want := img.Bounds().Size(), (image.Point{int(scale * (2*margin + columns*cellW)), int(scale * (barH + margin + lines*cellH))}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	pixel := func(x, y float64) color.NRGBA {
		return color.NRGBAModel.Convert(img.At(int(x*scale), int(y*scale))).(color.NRGBA)
	}
	middle := func(column, line int) (x, y float64) {
		return at(column) + cellW/2, barH + float64(line)*cellH + cellH/2
	}
	for what, c := range map[string]struct {
		column, line int
		want         string
	}{
		"a bar": {1, 0, "#ff0000"}, "a background": {7, 0, "#0000ff"}, "nothing": {20, 0, background}, "a line down": {4, 1, foreground},
	} {
		if got, want := pixel(middle(c.column, c.line)), rgba(c.want, 1); got != want {
			t.Errorf("%s: got %v, want %v", what, got, want)
		}
	}
	if _, _, _, a := img.At(0, 0).RGBA(); a != 0 {
		t.Error("the corner of the window is not round")
	}
	inked := func(column, line int) (n int) {
		for x := at(column); x < at(column+1); x += 1.0 / scale {
			for y := barH + float64(line)*cellH; y < barH+float64(line+1)*cellH; y += 1.0 / scale {
				if pixel(x, y) != rgba(background, 1) {
					n++
				}
			}
		}
		return n
	}
	for what, column := range map[string]int{"x": 0, "bold": 9, "faint": 14, "underline": 20, "a column": 25, "a box for what the font lacks": 27} {
		if inked(column, 1) == 0 {
			t.Errorf("nothing is drawn for %s", what)
		}
	}
	if inked(2, 1) > 0 {
		t.Error("something is drawn where nothing is")
	}
	if _, err := PNG("<svg"); err == nil {
		t.Error("half a picture is none")
	}
}
