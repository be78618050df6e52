package photosvc

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
)

// skies are hues of the sky from dawn to dusk.
var skies = []int{18, 35, 190, 205, 220, 260, 330}

// paint makes a small landscape out of a title, always the same one, so that
// the example needs no picture files. Nothing of the title gets into it.
func paint(title string) []byte {
	h := fnv.New64a()
	_, _ = h.Write([]byte(title)) // a hash never fails to write
	brush := rand.New(rand.NewPCG(h.Sum64(), 1))
	sky := skies[brush.IntN(len(skies))] + brush.IntN(15)
	var b bytes.Buffer
	b.WriteString(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 200" width="320" height="200">`)
	fmt.Fprintf(&b, `<defs><linearGradient id="s" x2="0" y2="1"><stop stop-color="hsl(%d,65%%,62%%)"/>`+
		`<stop offset="1" stop-color="hsl(%d,75%%,84%%)"/></linearGradient></defs>`, sky, (sky+45)%360)
	b.WriteString(`<rect width="320" height="200" fill="url(#s)"/>`)
	fmt.Fprintf(&b, `<circle cx="%d" cy="%d" r="%d" fill="hsl(45,95%%,88%%)"/>`, 50+brush.IntN(220), 40+brush.IntN(50), 14+brush.IntN(16))
	for i := range 3 {
		paintHill(&b, brush, 90+brush.IntN(80), i)
	}
	b.WriteString(`</svg>`)
	return b.Bytes()
}

// paintHill paints one range of hills, the nearer the darker.
func paintHill(b *bytes.Buffer, brush *rand.Rand, hue, i int) {
	y := 105 + 28*i
	fmt.Fprintf(b, `<path d="M0 %d C %d %d %d %d 320 %d V200 H0 Z" fill="hsl(%d,32%%,%d%%)"/>`,
		y+brush.IntN(20), 60+brush.IntN(60), y-60+brush.IntN(50), 170+brush.IntN(90), y+brush.IntN(50),
		y-20+brush.IntN(40), hue, 52-14*i)
}
