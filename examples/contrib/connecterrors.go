package contrib

import (
	"errors"
	"maps"
	"net/http"

	"connectrpc.com/connect"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
)

// ConnectInProtocol is Connect with refusals in the protocol of the caller.
// Clients of Connect take the code of an answer from its HTTP status, but show
// the fields of one in their own protocol alone: choose this where a client has
// to read the challenge, such as the scope that is missing. The fields are header
// fields, not metadata of the error: net/http sends no WWW-Authenticate in a
// trailer.
func ConnectInProtocol(auth *middleware.Middleware) http.Handler {
	mux := http.NewServeMux()
	mux.Handle(Greet, connectGuard(auth, scope.All("orders:read"))(connect.NewUnaryHandler(Greet, greet)))
	mux.Handle(Watch, connectGuard(auth, scope.All("orders:read"))(connect.NewServerStreamHandler(Watch, watch)))
	return mux
}

// connectGuard is Require for Connect handlers.
func connectGuard(auth *middleware.Middleware, p scope.Policy) func(http.Handler) http.Handler {
	errorWriter := connect.NewErrorWriter()
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			refusal := &refusal{fields: http.Header{}}
			admitted, done := auth.Admit(refusal, r, p)
			defer done()
			if admitted == nil {
				refusal.fields.Del("Content-Length")
				maps.Copy(w.Header(), refusal.fields)
				_ = errorWriter.Write(w, r, refusal.asError()) // the caller may be gone
				return
			}
			maps.Copy(w.Header(), refusal.fields) // what a check sends with success
			next.ServeHTTP(w, admitted)
		})
	}
}

// refusal takes an answer of the guard, to give it in another form.
type refusal struct {
	fields http.Header
	status int
}

func (f *refusal) Header() http.Header         { return f.fields }
func (f *refusal) WriteHeader(status int)      { f.status = status }
func (f *refusal) Write(b []byte) (int, error) { return len(b), nil }

func (f *refusal) asError() error {
	code := connect.CodeUnauthenticated
	switch f.status {
	case http.StatusForbidden:
		code = connect.CodePermissionDenied
	case http.StatusServiceUnavailable:
		code = connect.CodeUnavailable
	}
	return connect.NewError(code, errors.New(http.StatusText(f.status)))
}
