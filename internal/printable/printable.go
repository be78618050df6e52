// Package printable makes text from outside fit for one line of a log:
// printable ASCII, so that it cannot forge another line, and bounded, so that
// it cannot fill a disk. Certificates, DNS answers, documents of an issuer and
// errors of the user's own code all end up in error texts.
package printable

import (
	"strconv"
	"strings"
)

// MaxLine is the most bytes that Line returns, the mark of a cut included.
const MaxLine = 600

// maxValue is the most bytes that Value shows of a value.
const maxValue = 120

const cut = "..."

// Is reports whether text is printable ASCII. It is true for "".
func Is(text string) bool {
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return false
		}
	}
	return true
}

// Line returns text as one bounded line of printable ASCII. Line breaks become
// "; ", and any other byte that does not print becomes an escape sequence as in
// a Go string. Text that is printable and at most MaxLine bytes long is
// returned as it is, without an allocation.
func Line(text string) string {
	if len(text) <= MaxLine && Is(text) {
		return text
	}
	var b strings.Builder
	for i, line := range strings.FieldsFunc(clip(text, MaxLine), func(r rune) bool { return r == '\n' || r == '\r' }) {
		if i > 0 {
			b.WriteString("; ")
		}
		quoted := strconv.QuoteToASCII(line)
		b.WriteString(strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(quoted[1 : len(quoted)-1]))
	}
	return shorten(b.String(), len(text) > MaxLine)
}

// Value returns a hostile value as an error text shows it: a JSON string, array
// or object as it was received, anything else quoted, and cut after 120 bytes.
// It is "" for "".
func Value(value string) string {
	if value == "" {
		return ""
	}
	more := ""
	if len(value) > maxValue {
		value, more = value[:maxValue], cut
	}
	if !strings.ContainsRune(`"[{`, rune(value[0])) || !Is(value) {
		value = strconv.QuoteToASCII(value)
	}
	return value + more
}

func shorten(text string, always bool) string {
	if len(text) > MaxLine-len(cut) && (always || len(text) > MaxLine) {
		return text[:MaxLine-len(cut)] + cut
	}
	if always {
		return text + cut
	}
	return text
}

func clip(text string, most int) string { return text[:min(len(text), most)] }
