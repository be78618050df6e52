package jwks

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/internal/strict"
)

// fault is an error of this package with the evidence as its text: what was
// seen, what was wanted, and the field that would change it.
type fault struct {
	kind error // what errors.Is finds
	text string
}

func (f *fault) Error() string { return f.text }
func (f *fault) Unwrap() error { return f.kind }

// because returns an error that matches kind and reads as the rest says.
func because(kind error, format string, args ...any) error {
	return &fault{kind, fmt.Sprintf(format, args...)}
}

// line is an error whose text is one bounded line of printable ASCII. The texts
// of certificates, DNS answers, status lines and panics are chosen by others, and
// a line break in one would forge a line of the operator's log.
type line struct {
	error
	text string
}

func (l *line) Error() string { return l.text }
func (l *line) Unwrap() error { return l.error }

// inOneLine returns err with such a text, or nil for nil.
func inOneLine(err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	if shown := printable.Line(text); shown != text {
		return &line{err, shown}
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

// joinAll is errors.Join with such a text.
func joinAll(errs ...error) error {
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

// unavailable is err for callers of Keys.
func unavailable(err error) error { return inOneLine(fmt.Errorf("%w: %w", ErrUnavailable, err)) }

// about says which document err is about. It is nil for nil.
func (q *query) about(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s %s: %w", q.document, q.url, err)
}

// shown is a value of a document: a string in quotes, anything else as it came.
func shown(v strict.Value) string {
	if text, ok := v.Text(); ok {
		return printable.Value(strconv.QuoteToASCII(text))
	}
	if len(v.Raw) <= firstBytes && printable.Is(v.Raw) {
		return v.Raw
	}
	return printable.Value(v.Raw)
}

// firstBytes are how many of an answer an error shows.
const firstBytes = 60

// looks says what an answer is that is not the document that was asked for.
func (a *answer) looks() string {
	body := "the body is empty"
	if len(a.body) > 0 {
		body = "the body begins " + printable.Value(string(a.body[:min(len(a.body), firstBytes)]))
	}
	if media := a.header.Get("Content-Type"); media != "" {
		return "content type is " + printable.Value(media) + ", " + body
	}
	return body
}

// wrongStatus is the text of an answer with another status than 200. Of the
// target of a redirect it says the host only: the rest may hold secrets.
func wrongStatus(response *http.Response) string {
	text := fmt.Sprintf("status is %d", response.StatusCode)
	if location := response.Header.Get("Location"); location != "" && response.StatusCode/100 == 3 {
		to, err := response.Location()
		if err != nil {
			return text + " to an unreadable place, want 200: redirects are not followed"
		}
		return text + " to host " + printable.Value(to.Host) + ", want 200: redirects are not followed"
	}
	return text + ", want 200"
}
