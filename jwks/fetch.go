package jwks

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/postern-go/postern/internal/printable"
)

const (
	acceptSet      = "application/jwk-set+json, application/json" // RFC 7517 §8.5
	acceptMetadata = "application/json"
	maxValidator   = 1024 // bytes of an ETag worth sending back
)

// fetcher makes single HTTP exchanges, each within its limits.
type fetcher struct {
	client  *http.Client
	own     bool // the transport is one of this package
	timeout time.Duration
	now     func() time.Time
	trace   *hooks
}

// query is one thing to fetch.
type query struct {
	document     string // for errors: metadata or key set
	url, accept  string
	limit        int64 // bytes of the body
	etag         string
	lastModified string
	revalidate   bool // caches on the way are to ask the issuer
}

// staysHere reports whether the query does not leave this machine.
func (q *query) staysHere() bool {
	u, err := url.Parse(q.url)
	return err == nil && isLoopbackHost(u.Hostname())
}

// answer is a 200 with its body, or a 304 to a query that had a validator.
type answer struct {
	status int
	header http.Header
	body   []byte
	asked  time.Time // when the query was sent: the issuer's word is no younger
}

func (a answer) notModified() bool { return a.status == http.StatusNotModified }

// statusError is an answer that is neither.
type statusError struct {
	text string
	wait time.Duration // Retry-After
}

func (e *statusError) Error() string        { return e.text }
func (e *statusError) Is(target error) bool { return target == ErrStatus }

func (e *statusError) retryAfter() time.Duration { return e.wait }

// delayed is an error after which the server asked to be left alone.
type delayed interface {
	error
	retryAfter() time.Duration
}

func (f *fetcher) get(ctx context.Context, q query) (answer, error) {
	f.trace.fetchStart(q.url)
	a := answer{asked: f.now()}
	ctx, cancel := context.WithTimeout(ctx, f.timeout)
	defer cancel()
	err := hideContext(ctx, f.exchange(ctx, q, &a))
	if err != nil && a.status == 0 {
		err = f.unreachable(&q, err)
	}
	err = inOneLine(q.about(err))
	f.trace.fetchDone(FetchDone{
		URL: q.url, Status: a.status, Bytes: len(a.body), Duration: f.now().Sub(a.asked), Err: err,
	})
	return a, err
}

// hideContext replaces the context errors in err: a caller who finds one would
// take it for a deadline of his own.
func hideContext(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return because(ErrTimeout, "no full answer in time (see RemoteConfig.FetchTimeout): %v", err)
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

func (f *fetcher) exchange(ctx context.Context, q query, a *answer) error {
	request, err := q.request(ctx)
	if err != nil {
		return err
	}
	response, err := f.client.Do(request)
	if err != nil {
		return plain(err)
	}
	defer response.Body.Close()
	a.status, a.header = response.StatusCode, response.Header
	if err := f.check(q, response); err != nil || a.notModified() {
		return err
	}
	a.body, err = readAtMost(response.Body, q.limit)
	return err
}

func (q *query) request(ctx context.Context) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, q.url, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", q.accept)
	// Said aloud, so that the transport does not unpack behind our back.
	request.Header.Set("Accept-Encoding", "identity")
	request.Header.Set("User-Agent", "postern")
	if q.revalidate {
		request.Header.Set("Cache-Control", "no-cache") // RFC 9111 §5.2.1.4
	}
	if q.etag != "" {
		request.Header.Set("If-None-Match", q.etag)
	}
	if q.lastModified != "" {
		request.Header.Set("If-Modified-Since", q.lastModified)
	}
	return request, nil
}

func (q *query) conditional() bool { return q.etag != "" || q.lastModified != "" }

func (f *fetcher) check(q query, response *http.Response) error {
	switch code := response.StatusCode; {
	case code == http.StatusNotModified && q.conditional():
		return nil
	case code == http.StatusTooManyRequests, code == http.StatusServiceUnavailable:
		return &statusError{wrongStatus(response), retryAfter(response.Header, f.now())}
	case code != http.StatusOK:
		return &statusError{text: wrongStatus(response)}
	}
	if encoding := response.Header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		return because(ErrEncoding, "content encoding is %s, want none", printable.Value(encoding))
	}
	return nil
}

func readAtMost(body io.Reader, limit int64) ([]byte, error) {
	read, err := io.ReadAll(io.LimitReader(body, limit+1))
	switch {
	case err != nil:
		return nil, err
	case int64(len(read)) > limit:
		return nil, because(ErrTooLarge, "the answer has more than %d bytes", limit)
	}
	return read, nil
}
