package tokentest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
)

// Target makes one call to the service under test with an attacker's
// credentials, and returns the answer. Calls should otherwise satisfy the
// service: with the good token they succeed. The same Target is called many
// times, by the refusal suite one call after the other, by rehearsals
// concurrently.
//
// HTTPTarget makes a Target of an http.Handler, and package
// grpcauth/grpcauthtest one of a gRPC method.
type Target func(ctx context.Context, c Credentials) Answer

// Credentials are what a call carries besides its own request.
type Credentials struct {
	// Authorization are the values of the Authorization field, or of the
	// metadata key authorization. There may be none, one or several, and they
	// may contain any bytes.
	Authorization []string
	// Fields are further header fields or metadata, such as DPoP with a proof.
	Fields http.Header
	// Certificate is that of the client in the TLS handshake, or nil if it has none.
	Certificate *Certificate
	// Query are parameters to add to the query of the request URL.
	Query url.Values
}

// HTTPTarget makes a Target of a handler, without a server and a socket. The
// certificate of a client is in http.Request.TLS, without a handshake.
// request makes a fresh request for each call, without credentials; nil means
// GET of "/". The request must be one that the handler answers with success
// when its caller may make it, since a status below 400 counts as admitted: a
// redirect to a page for signing in as well, which tells an API client nothing.
func HTTPTarget(handler http.Handler, request func() *http.Request) Target {
	if request == nil {
		request = func() *http.Request { return httptest.NewRequest(http.MethodGet, "/", nil) }
	}
	return func(ctx context.Context, c Credentials) Answer {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, c.present(request().WithContext(ctx)))
		result := w.Result()
		return Answer{
			Admitted:   result.StatusCode < http.StatusBadRequest,
			Status:     result.StatusCode,
			Challenge:  result.Header.Values("WWW-Authenticate"),
			RetryAfter: result.Header.Get("Retry-After"),
			Nonce:      result.Header.Get("DPoP-Nonce"),
		}
	}
}

// present puts c into a request. Header values are set as they are: a handler
// must not rely on the server in front of it to refuse bad ones.
func (c Credentials) present(r *http.Request) *http.Request {
	for name, values := range c.Fields {
		r.Header[http.CanonicalHeaderKey(name)] = values
	}
	if c.Authorization != nil {
		r.Header["Authorization"] = c.Authorization
	}
	if c.Certificate != nil {
		r.TLS = c.Certificate.connection(r.TLS)
	}
	if len(c.Query) > 0 {
		q := r.URL.Query()
		for name, values := range c.Query {
			q[name] = values
		}
		r.URL.RawQuery = q.Encode()
		r.RequestURI = r.URL.RequestURI()
	}
	return r
}
