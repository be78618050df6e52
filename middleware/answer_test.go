package middleware_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// Fields that spoke of a body must not speak of none.
func TestWriteErrorRemovesWhatSpokeOfAnotherAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rec := httptest.NewRecorder()
	for name, value := range map[string]string{
		"Content-Type": "text/html", "Content-Length": "42", "Content-Encoding": "gzip", "Etag": `"1"`,
		"Last-Modified": "Mon, 02 Jan 2006 15:04:05 GMT", "Cache-Control": "public, max-age=3600",
		"WWW-Authenticate": "Basic", "Retry-After": "1",
	} {
		rec.Header().Set(name, value)
	}
	w.auth.WriteError(rec, request(), token.ErrDenied)
	assertRefused(t, rec.Result(), http.StatusForbidden)
}

func TestWriteErrorKeepsOtherFields(t *testing.T) {
	t.Parallel()
	rec := httptest.NewRecorder()
	rec.Header().Set("Access-Control-Allow-Origin", "https://app.example.com")
	newWorld(t).auth.WriteError(rec, request(), token.ErrMissing)
	assert.Equal(t, "https://app.example.com", rec.Header().Get("Access-Control-Allow-Origin"))
}

// A caller is told the true time where it is known.
func TestWriteErrorTellsWhenToComeBack(t *testing.T) {
	t.Parallel()
	auth := middleware.New(says(nil, comeBack(90*time.Second)), nil)
	resp := serve(auth.Require(scope.Authenticated)(subject), request("Bearer x"))
	assert.Equal(t, http.StatusServiceUnavailable, resp.StatusCode)
	assert.Equal(t, []string{"90"}, resp.Header["Retry-After"])
}

// comeBack is an error that knows when its cause may be over.
type comeBack time.Duration

func (comeBack) Error() string               { return "out of reach" }
func (c comeBack) RetryAfter() time.Duration { return time.Duration(c) }

func TestWriteErrorOfNil(t *testing.T) {
	t.Parallel()
	rec := httptest.NewRecorder()
	newWorld(t).auth.WriteError(rec, request(), nil)
	assertRefused(t, rec.Result(), http.StatusServiceUnavailable)
}

// Whoever wraps the ResponseWriter may edit header values in place. That must
// not change what later callers are told.
func TestAnswersAreNotShared(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rec := httptest.NewRecorder()
	w.guard(scope.Authenticated).ServeHTTP(rec, request())
	rec.Header()["Www-Authenticate"][0] = "Basic"
	assertRefused(t, serve(w.guard(scope.Authenticated), request()), http.StatusUnauthorized, plain)
}
