package openapipostern

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/postern-go/postern/token"
)

const (
	maxLine  = 600 // bytes of an error
	maxValue = 120 // bytes of a value in an error
)

// finding is one thing wrong with a document or with its use.
type finding struct {
	text  string
	cause error // may be nil
}

func (f finding) Error() string { return "openapipostern: " + f.text }

func (f finding) Unwrap() []error {
	if f.cause == nil {
		return []error{token.ErrConfig}
	}
	return []error{token.ErrConfig, f.cause}
}

// wrong is a finding in one line. A place is where in the document, or "".
func wrong(place, format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	if place != "" {
		text = place + ": " + text
	}
	return finding{text: line(text)}
}

// because is wrong with the error of something else, whose text may be hostile.
func because(place string, cause error) error {
	f := finding{line(cause.Error()), cause}
	if place != "" {
		f.text = line(place + ": " + f.text)
	}
	return f
}

// quoted is a name or value of the document as errors show it.
func quoted(value string) string {
	more := ""
	if len(value) > maxValue {
		value, more = value[:maxValue], "..."
	}
	return strconv.QuoteToASCII(value) + more
}

// line makes text one bounded line of printable ASCII, so that a document can
// forge no other line of a log.
func line(text string) string {
	more := ""
	if len(text) > maxLine {
		text, more = text[:maxLine], "..."
	}
	escaped := strconv.QuoteToASCII(text)
	return strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(escaped[1:len(escaped)-1]) + more
}
