package story

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// wrap prints text after first, in lines that are not too long. Those after the
// first line begin with hanging. A word that is longer than a line gets one of
// its own.
func wrap(out io.Writer, first, hanging, text string) {
	line, empty := first, true
	for _, word := range strings.Fields(text) {
		if utf8.RuneCountInString(line)+utf8.RuneCountInString(word) > width && !empty {
			fmt.Fprintln(out, strings.TrimRight(line, " "))
			line = hanging
		}
		line, empty = line+word+" ", false
	}
	fmt.Fprintln(out, strings.TrimRight(line, " "))
}
