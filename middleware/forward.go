package middleware

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/postern-go/postern/token"
)

// ErrBound is the error of a Forwarder for a token that is bound to its
// caller: only the caller can prove to hold the key that goes with it. Get a
// token of the service's own for the call instead, by token exchange.
var ErrBound = errors.New("middleware: a token bound to its caller cannot be passed on")

// Forwarder is an http.RoundTripper that passes the token of the caller on
// whose behalf a handler works on to the services named when it was made, and
// to nobody else, after redirects too. Make one by NewForwarder. Nothing in
// this module ever attaches a token to a request unless a Forwarder does.
//
// The services must be in the token's audience too, or they will refuse it.
//
// Use it with requests that carry the context of the incoming call:
//
//	client := &http.Client{Transport: forwarder, Timeout: 5 * time.Second}
//	req, err := http.NewRequestWithContext(r.Context(), "GET", url, nil)
type Forwarder struct {
	base    http.RoundTripper
	origins map[origin]struct{}
}

// NewForwarder returns a Forwarder for the origins, such as
// "https://photos.example.com" or "http://127.0.0.1:8081". An origin is a
// scheme, a host and an optional port, compared whole; http is for loopback
// hosts alone, since a token must not cross a network in clear (RFC 6750 §5.3).
//
// base makes the requests. Nil means a transport of the Forwarder's own, set
// up like http.DefaultTransport; bound the time of a request by its context or
// by http.Client.Timeout. An error matches token.ErrConfig.
func NewForwarder(base http.RoundTripper, origins ...string) (*Forwarder, error) {
	if len(origins) == 0 {
		return nil, fmt.Errorf("middleware: %w: a Forwarder needs an origin to forward to", token.ErrConfig)
	}
	f := &Forwarder{base: base, origins: map[origin]struct{}{}}
	if base == nil {
		f.base = ownTransport()
	}
	for _, text := range origins {
		o, err := parseOrigin(text)
		if err != nil {
			return nil, err
		}
		f.origins[o] = struct{}{}
	}
	return f, nil
}

// RoundTrip implements http.RoundTripper. A request to another origin, with a
// context that carries no verified token, or with an Authorization field that
// the program has set, goes out as it is. The error for a token that is bound
// to the caller is ErrBound. It is safe for concurrent use.
func (f *Forwarder) RoundTrip(req *http.Request) (*http.Response, error) {
	t, ok := token.FromContext(req.Context())
	if _, set := req.Header["Authorization"]; !ok || set || !f.serves(req) {
		return f.base.RoundTrip(req)
	}
	if t.Bound() {
		closeBody(req)
		return nil, ErrBound
	}
	// A RoundTripper must not modify the request; and the client copies the
	// fields of this one to wherever it is redirected.
	out := req.Clone(req.Context())
	if out.Header == nil {
		out.Header = http.Header{}
	}
	out.Header["Authorization"] = []string{"Bearer " + t.Raw()}
	return f.base.RoundTrip(out)
}

// CloseIdleConnections closes the idle connections of the transport beneath,
// for http.Client.CloseIdleConnections.
func (f *Forwarder) CloseIdleConnections() {
	if c, ok := f.base.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

func (f *Forwarder) serves(req *http.Request) bool {
	_, ok := f.origins[originOf(req.URL)]
	return ok
}

func closeBody(req *http.Request) {
	if req.Body != nil {
		_ = req.Body.Close()
	}
}

// ownTransport is not shared with the rest of the program, which may change
// http.DefaultTransport at any time.
func ownTransport() http.RoundTripper {
	if t, ok := http.DefaultTransport.(*http.Transport); ok {
		return t.Clone()
	}
	return &http.Transport{Proxy: http.ProxyFromEnvironment}
}
