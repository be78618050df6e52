package mcppostern

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// fault is why a body cannot be decided about. Any good token gets to know it.
type fault struct {
	err    error // matches token.ErrRequest
	status int
	body   string // of the answer, fixed
}

// Faults of bodies.
var (
	tooLarge   = newFault(http.StatusRequestEntityTooLarge, -32600, "The message is too large")
	unreadable = newFault(http.StatusBadRequest, -32600, "The request body could not be read")
	malformed  = newFault(http.StatusBadRequest, -32700, "The request body is not a JSON-RPC message with one meaning")
)

func newFault(status, code int, text string) *fault {
	return &fault{
		err: fmt.Errorf("%w: %s", token.ErrRequest, text), status: status,
		body: fmt.Sprintf(`{"jsonrpc":"2.0","id":null,"error":{"code":%d,"message":%q}}`, code, text),
	}
}

// policy refuses any good token for the fault, and anything else as usual.
func (f *fault) policy(why error) scope.Policy {
	return scope.Authenticated.And(scope.Func("readable message", func(*token.Token) error {
		return fmt.Errorf("%w: %w", f.err, why)
	}))
}

// write answers a good token.
func (f *fault) write(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(f.status)
	_, _ = io.WriteString(w, f.body) // the caller may be gone
}

// enough is what is allocated before any of a body is there.
const enough = 64 << 10

// readBody reads the body of r, and replays it to who reads r next.
func readBody(w http.ResponseWriter, r *http.Request, limit int64) (string, *fault, error) {
	if r.ContentLength > limit {
		return "", tooLarge, fmt.Errorf("%d bytes, want at most %d (StreamableHTTPOptions.MaxRequestBodyBytes)", r.ContentLength, limit)
	}
	if r.Body == nil {
		r.Body = http.NoBody
	}
	var b bytes.Buffer
	b.Grow(int(min(max(r.ContentLength, 0), enough)) + bytes.MinRead)
	original := r.Body
	_, err := b.ReadFrom(http.MaxBytesReader(w, original, limit))
	r.Body = replayed{bytes.NewReader(b.Bytes()), original}
	var over *http.MaxBytesError
	switch {
	case err == nil:
		return b.String(), nil, nil
	case errors.As(err, &over):
		return "", tooLarge, fmt.Errorf("more than %d bytes (StreamableHTTPOptions.MaxRequestBodyBytes)", limit)
	default:
		return "", unreadable, errors.New("reading it failed")
	}
}

// replayed is a body that was read before.
type replayed struct {
	io.Reader
	io.Closer
}
