package middleware

import (
	"crypto/x509"
	"net/http"
	"net/url"

	"github.com/postern-go/postern/internal/guard"
	"github.com/postern-go/postern/token"
)

// call is a call with a token. It becomes the context that tells inner guards
// about this one.
type call struct {
	guard.PassContext
	m        *Middleware
	r        *http.Request
	response guard.Response
}

// release gives up the call, and returns the place for this guard's pass, or
// nil if the Authenticator was not asked.
func (c *call) release() *guard.PassContext {
	if c == nil {
		return nil
	}
	c.r = nil
	return &c.PassContext
}

// respond sends the fields that the Authenticator asked for.
func (c *call) respond(h http.Header) {
	if c != nil {
		setFields(h, c.response)
	}
}

// Respond implements token.Call.
func (c *call) Respond(f token.Field) bool { return c.response.Add(f) }

// Request implements token.Call. It is empty once the handler runs: the context
// of a handler may outlive its request.
func (c *call) Request() token.Request {
	if c.r == nil {
		return token.Request{}
	}
	return token.Request{Method: c.r.Method, URL: c.m.target(c.r), DPoP: c.DPoP, Certificates: certificates(c.r)}
}

// target is the URL as the caller addressed it.
func (m *Middleware) target(r *http.Request) *url.URL {
	u := &url.URL{Host: r.Host, Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery}
	u.Scheme = "http"
	if r.TLS != nil {
		u.Scheme = "https"
	}
	prefix := m.bases.Apply(u)
	u.Path = prefix + u.Path
	if u.RawPath != "" {
		u.RawPath = prefix + u.RawPath
	}
	return u
}

// certificates is the client's chain as the TLS connection has it. Fields in
// which proxies pass certificates on are not looked at (RFC 9440 §4).
func certificates(r *http.Request) []*x509.Certificate {
	if r.TLS == nil {
		return nil
	}
	return r.TLS.PeerCertificates
}
