package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/postern-go/postern/internal/evidence"
	"github.com/postern-go/postern/internal/printable"
)

// maxForm is longer than any form with one token and the credentials of a client.
const maxForm = 128 << 10

// Target says which document to ask for, and where.
type Target struct {
	Document string // what errors call it: "metadata", "key set"
	URL      string
	Accept   string // media types, as in the field of that name
	Limit    int64  // bytes of the body
}

// About says which document err is about. It is nil for nil.
func (t Target) About(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s %s: %w", t.Document, t.URL, err)
}

// Query is a GET. With a validator (RFC 9111 §4.3.1) it is a conditional one.
type Query struct {
	Target
	ETag, LastModified string
	Revalidate         bool // caches on the way are to ask the server
}

// Form is the body of a POST, with the credentials of the client.
type Form struct {
	Values        url.Values
	Authorization string // the field of that name, or ""
	Refusal       int    // a status beside 200 with a body to read, or 0
}

// Answer is a 200 or the Refusal of a Form with its body, or a 304 to a Query with a
// validator. Beside
// an error it has the part that arrived.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
	Asked  time.Time // when the request was sent, the earliest that the answer can date from
}

// NotModified reports whether the server confirmed what the caller has.
func (a *Answer) NotModified() bool { return a.Status == http.StatusNotModified }

// Looks describes an answer that is not the document that was asked for.
func (a *Answer) Looks() string {
	body := "the body is empty"
	if len(a.Body) > 0 {
		body = "the body begins " + printable.Value(string(a.Body[:min(len(a.Body), evidence.FirstBytes)]))
	}
	if media := a.Header.Get("Content-Type"); media != "" {
		return "content type is " + printable.Value(media) + ", " + body
	}
	return body
}

// Get fetches a document. It blocks until the answer arrives, the timeout
// passes or ctx ends. The text of an error is one bounded line of printable
// ASCII.
func (c *Client) Get(ctx context.Context, q Query) (Answer, error) {
	header := http.Header{}
	if q.Revalidate {
		header.Set("Cache-Control", "no-cache") // RFC 9111 §5.2.1.4
	}
	if q.ETag != "" {
		header.Set("If-None-Match", q.ETag)
	}
	if q.LastModified != "" {
		header.Set("If-Modified-Since", q.LastModified)
	}
	return c.send(ctx, q.Target, message{method: http.MethodGet, header: header, conditional: q.ETag != "" || q.LastModified != ""})
}

// Post sends a form, with the limits and the errors of Get. It is sent once: a
// server may have acted on a form although its answer got lost. Nothing of the
// form becomes part of an error.
func (c *Client) Post(ctx context.Context, t Target, f Form) (Answer, error) {
	header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	if f.Authorization != "" {
		header.Set("Authorization", f.Authorization)
	}
	body := f.Values.Encode()
	if len(body) > maxForm {
		return Answer{}, t.About(evidence.Errorf(ErrTooLarge, "the form has %d bytes, want at most %d", len(body), maxForm))
	}
	return c.send(ctx, t, message{method: http.MethodPost, header: header, body: body, refusal: f.Refusal})
}

// message is what the two methods send differently.
type message struct {
	method, body string
	header       http.Header
	conditional  bool
	refusal      int
}

func (c *Client) send(ctx context.Context, t Target, m message) (Answer, error) {
	if c.config.Hooks.Start != nil {
		c.config.Hooks.Start(t.URL)
	}
	a := Answer{Asked: c.Now()}
	ctx, cancel := context.WithTimeout(ctx, c.config.FetchTimeout)
	defer cancel()
	err := c.hideContext(ctx, c.exchange(ctx, t, m, &a))
	if a.Status == 0 {
		err = c.unreachable(t, err)
	}
	err = evidence.OneLine(t.About(err))
	if c.config.Hooks.Done != nil {
		c.config.Hooks.Done(Done{t.URL, a.Status, len(a.Body), c.Now().Sub(a.Asked), err})
	}
	return a, err
}

// hideContext replaces the context errors in err: a caller who finds one would
// take it for their own deadline.
func (c *Client) hideContext(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return evidence.Errorf(ErrTimeout, "no full answer in time (see %s): %v", c.setting("FetchTimeout"), err)
	}
	return err
}

// plain is err without the URL that http.Client puts before it.
func plain(err error) error {
	var asked *url.Error
	if errors.As(err, &asked) {
		return asked.Err
	}
	return err
}

func (c *Client) exchange(ctx context.Context, t Target, m message, a *Answer) error {
	request, err := t.request(ctx, m)
	if err != nil {
		return err
	}
	if m.method == http.MethodGet { // a form has credentials of its own
		if err := c.authorize(request); err != nil {
			return err
		}
	}
	response, err := c.http.Do(request)
	if err != nil {
		return plain(err)
	}
	defer response.Body.Close()
	a.Status, a.Header = response.StatusCode, response.Header
	if err := c.check(m, response); err != nil || a.NotModified() {
		return err
	}
	a.Body, err = readAtMost(response.Body, t.Limit)
	return err
}

func (t Target) request(ctx context.Context, m message) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, m.method, t.URL, strings.NewReader(m.body))
	if err != nil {
		return nil, err
	}
	request.GetBody = nil // a transport sends a form a second time only if it can get it again
	request.Header = m.header
	request.Header.Set("Accept", t.Accept)
	// Set explicitly so that the transport does not decompress transparently.
	request.Header.Set("Accept-Encoding", "identity")
	request.Header.Set("User-Agent", "postern")
	return request, nil
}

func (c *Client) check(m message, response *http.Response) error {
	switch code := response.StatusCode; {
	case code == http.StatusNotModified && m.conditional:
		return nil
	case code != http.StatusOK && code != m.refusal:
		return c.wrongStatus(response)
	}
	if encoding := response.Header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		return evidence.Errorf(ErrEncoding, "content encoding is %s, want none", printable.Value(encoding))
	}
	return nil
}

func readAtMost(body io.Reader, limit int64) ([]byte, error) {
	read, err := io.ReadAll(io.LimitReader(body, limit+1))
	switch {
	case err != nil:
		return nil, err
	case int64(len(read)) > limit:
		return nil, evidence.Errorf(ErrTooLarge, "the answer has more than %d bytes", limit)
	}
	return read, nil
}
