// Package evidence makes the texts of errors about input from outside: the
// value received, the value wanted, and the setting that would change it, in
// one bounded line of printable ASCII.
package evidence

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/internal/strict"
)

// Error is an error with the evidence alone as its text.
type Error struct {
	Kind error // what errors.Is finds
	Text string
}

func (e *Error) Error() string { return e.Text }
func (e *Error) Unwrap() error { return e.Kind }

// Errorf returns an Error that matches kind and reads as the rest says.
func Errorf(kind error, format string, args ...any) error {
	return &Error{kind, fmt.Sprintf(format, args...)}
}

// Hint returns err with a text after its own that says what may help.
func Hint(err error, text string) error { return &Error{err, err.Error() + ": " + text} }

// OneLine returns err with a text of one bounded line of printable ASCII, or nil
// for nil. The texts of certificates, DNS answers, status lines and panics are
// chosen by others, and a line break in one would forge a line of the operator's
// log.
func OneLine(err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	if shown := printable.Line(text); shown != text {
		return &Error{err, shown}
	}
	return err
}

// joined is errors.Join with a text of one line.
type joined []error

func (j joined) Unwrap() []error { return j }

func (j joined) Error() string {
	texts := make([]string, len(j))
	for i, err := range j {
		texts[i] = err.Error()
	}
	return strings.Join(texts, "; ")
}

// Join is errors.Join with "; " instead of line breaks: nil if every error is.
func Join(errs ...error) error {
	var j joined
	for _, err := range errs {
		if err != nil {
			j = append(j, err)
		}
	}
	if len(j) == 0 {
		return nil
	}
	return j
}

// FirstBytes are how many of a document's bytes an error shows.
const FirstBytes = 60

// Value is a value of a document: a string in quotes, anything else as it came.
func Value(v strict.Value) string {
	if text, ok := v.Text(); ok {
		return printable.Value(strconv.QuoteToASCII(text))
	}
	if len(v.Raw) <= FirstBytes && printable.Is(v.Raw) {
		return v.Raw
	}
	return printable.Value(v.Raw)
}
