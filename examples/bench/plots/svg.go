package main

import (
	"fmt"
	"html"
	"math"
	"slices"
	"strings"
)

// point is a measurement: how much there was of something, and the time in
// microseconds.
type point struct{ x, y float64 }

// line is points that belong together.
type line struct {
	label  string
	points []point
}

// canvas is a picture with logarithmic axes.
type canvas struct {
	title, xLabel, yLabel string
	lines                 []line
}

// Where the area of the plot is, in a picture of width by height.
const (
	width, height            = 760, 440
	left, right, top, bottom = 80, 540, 50, 370
	legendX                  = right + 20
)

// colors can be told apart by those who see no red or green (Okabe and Ito).
var colors = []string{"#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#999999", "#000000"}

func (c canvas) svg() string {
	x, y := c.axes()
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" font-family="sans-serif" font-size="13">`+"\n", width, height)
	fmt.Fprintf(&b, "<title>%s</title>\n<rect width=\"%d\" height=\"%d\" fill=\"white\"/>\n", html.EscapeString(c.title), width, height)
	text(&b, width/2, 25, "middle", `font-size="16"`, c.title)
	x.drawX(&b, c.xLabel)
	y.drawY(&b, c.yLabel)
	for i, l := range c.lines {
		l.draw(&b, colors[i%len(colors)], x, y)
		l.legend(&b, colors[i%len(colors)], top+10+22*i)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

func (c canvas) axes() (x, y axis) {
	var xs, ys []float64
	for _, l := range c.lines {
		for _, p := range l.points {
			xs, ys = append(xs, p.x), append(ys, p.y)
		}
	}
	return newAxis(xs, left, right), newAxis(ys, bottom, top)
}

// axis maps the values between two powers of ten to positions.
type axis struct {
	low, high int // exponents
	from, to  float64
}

func newAxis(values []float64, from, to float64) axis {
	a := axis{from: from, to: to, high: 1}
	if len(values) > 0 {
		a.low = int(math.Floor(math.Log10(slices.Min(values))))
		a.high = max(int(math.Ceil(math.Log10(slices.Max(values)))), a.low+1)
	}
	return a
}

func (a axis) at(value float64) float64 {
	return a.from + (a.to-a.from)*(math.Log10(value)-float64(a.low))/float64(a.high-a.low)
}

func (a axis) drawX(b *strings.Builder, label string) {
	for e := a.low; e <= a.high; e++ {
		at := a.at(math.Pow10(e))
		rule(b, at, top, at, bottom)
		text(b, at, bottom+20, "middle", "", power(e))
	}
	text(b, (left+right)/2, bottom+45, "middle", "", label)
}

func (a axis) drawY(b *strings.Builder, label string) {
	for e := a.low; e <= a.high; e++ {
		at := a.at(math.Pow10(e))
		rule(b, left, at, right, at)
		text(b, left-8, at+4, "end", "", power(e))
	}
	const middle = (top + bottom) / 2
	text(b, 22, middle, "middle", fmt.Sprintf(`transform="rotate(-90 22 %d)"`, middle), label)
}

// power writes a power of ten as people do.
func power(e int) string {
	if e < 0 {
		return fmt.Sprintf("%.*f", -e, math.Pow10(e))
	}
	if e > 3 {
		return fmt.Sprintf("%d 000", int(math.Pow10(e-3)))
	}
	return fmt.Sprint(int(math.Pow10(e)))
}

func (l line) draw(b *strings.Builder, color string, x, y axis) {
	var path []string
	for _, p := range l.points {
		path = append(path, fmt.Sprintf("%.1f,%.1f", x.at(p.x), y.at(p.y)))
	}
	fmt.Fprintf(b, `<polyline fill="none" stroke="%s" stroke-width="2" points="%s"/>`+"\n", color, strings.Join(path, " "))
	for _, p := range l.points {
		fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="3.5" fill="%s"/>`+"\n", x.at(p.x), y.at(p.y), color)
	}
}

func (l line) legend(b *strings.Builder, color string, y int) {
	fmt.Fprintf(b, `<line x1="%d" y1="%d" x2="%d" y2="%d" stroke="%s" stroke-width="3"/>`+"\n", legendX, y, legendX+24, y, color)
	text(b, legendX+32, float64(y)+4, "start", "", l.label)
}

func rule(b *strings.Builder, x1, y1, x2, y2 float64) {
	fmt.Fprintf(b, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="#dddddd"/>`+"\n", x1, y1, x2, y2)
}

func text(b *strings.Builder, x, y float64, anchor, attributes, content string) {
	fmt.Fprintf(b, `<text x="%.1f" y="%.1f" text-anchor="%s" %s>%s</text>`+"\n", x, y, anchor, attributes, html.EscapeString(content))
}
