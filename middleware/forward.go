package middleware

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/postern-go/postern/internal/outbound"
	"github.com/postern-go/postern/token"
)

// ErrBound is the error of a Forwarder for a token that is bound to its caller:
// only the caller can prove possession of the key. Get a token of the service's
// own for the call instead, by token exchange.
var ErrBound = errors.New("middleware: a token bound to its caller cannot be passed on")

// ErrSeveralAuthorizations is the error of a Forwarder for a request to one of
// its services that has more than one value of Authorization, in any spelling
// of the name: the service could not tell which caller the request is for. Find
// the code that sets the second one.
var ErrSeveralAuthorizations = errors.New("middleware: the request has more than one Authorization field")

// Forwarder is an http.RoundTripper that passes the token of a handler's caller
// on to the services named when it was made, and to no other. After redirects
// it does so only if every request that led there was for one of these
// services: a stranger must not choose the requests made in the caller's name.
// Make one by NewForwarder. Nothing in this module ever attaches a token to a
// request unless a Forwarder does.
//
// The services must be in the token's audience too, or they will refuse it.
//
// Use it with requests that carry the context of the incoming call:
//
//	client := &http.Client{Transport: forwarder, Timeout: 5 * time.Second}
//	req, err := http.NewRequestWithContext(r.Context(), "GET", url, nil)
type Forwarder struct {
	base    http.RoundTripper
	origins outbound.Origins
}

// NewForwarder returns a Forwarder for the origins, such as
// "https://photos.example.com" or "http://127.0.0.1:8081". An origin is a
// scheme, a host and an optional port, compared whole; http is for loopback
// hosts alone, since a token must not cross a network in clear (RFC 6750 §5.3).
//
// base makes the requests. Nil means a transport of the Forwarder's own, set up
// like http.DefaultTransport; bound the time of a request by its context or by
// http.Client.Timeout. It connects to "localhost" on this machine only,
// regardless of any resolver, and asks no proxy for it. A Forwarder cannot
// verify that of another base, so with one the origin http://localhost is an
// error: name 127.0.0.1 or [::1] instead. An error matches token.ErrConfig.
func NewForwarder(base http.RoundTripper, origins ...string) (*Forwarder, error) {
	listed, err := outbound.NewOrigins(origins...)
	if err != nil {
		return nil, fmt.Errorf("middleware: %w: %w", token.ErrConfig, err)
	}
	if base == nil {
		return &Forwarder{outbound.NewTransport(), listed}, nil
	}
	if err := listed.CheckForeign(); err != nil {
		return nil, fmt.Errorf("middleware: %w: %w", token.ErrConfig, err)
	}
	return &Forwarder{base, listed}, nil
}

// RoundTrip implements http.RoundTripper. A request to another origin, with a
// context that carries no verified token, with an Authorization field that the
// program has set, in any case, or that a redirect from another origin led to,
// goes out as it is. The errors are ErrBound for a token that is bound to the
// caller, ErrSeveralAuthorizations, and those of the transport. It is safe for
// concurrent use.
func (f *Forwarder) RoundTrip(req *http.Request) (*http.Response, error) {
	set, values := authorization(req.Header)
	if values > 1 && f.origins.Lists(req.URL) {
		closeBody(req)
		return nil, ErrSeveralAuthorizations
	}
	t, ok := token.FromContext(req.Context())
	if !ok || set || !f.serves(req) {
		return f.base.RoundTrip(req)
	}
	if t.Bound() {
		closeBody(req)
		return nil, ErrBound
	}
	// A RoundTripper must not modify the request; and after a redirect the
	// client copies the fields of this one to the next.
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

// authorization tells whether the program has set the field, and how many would
// be sent. net/http sends a field under its key in the map, in any spelling.
func authorization(h http.Header) (set bool, values int) {
	for name, list := range h {
		if strings.EqualFold(name, "Authorization") {
			set = true
			values += len(list)
		}
	}
	return set, values
}

// serves tells whether req is for a listed origin, and so was every request
// that was redirected here.
func (f *Forwarder) serves(req *http.Request) bool {
	for f.origins.Lists(req.URL) {
		if req.Response == nil {
			return true
		}
		if req = req.Response.Request; req == nil {
			return false
		}
	}
	return false
}

func closeBody(req *http.Request) {
	if req.Body != nil {
		_ = req.Body.Close()
	}
}
