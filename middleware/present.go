package middleware

import (
	"crypto/x509"
	"net"
	"net/http"
	"net/netip"
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
		c.Responded = c.Responded.And(c.response.Without(c.Responded)) // for a gRPC server behind this guard
		if _, nonce := c.response["DPoP-Nonce"]; nonce && len(h["Cache-Control"]) == 0 {
			h["Cache-Control"] = []string{"no-store"} // RFC 9449 §8.2
		}
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
	peer, unix := peerOf(c.r)
	return token.Request{
		Method:       c.r.Method,
		URL:          c.m.target(c.r),
		DPoP:         c.DPoP,
		Certificates: certificates(c.r),
		Peer:         peer,
		UnixSocket:   unix,
		Fields:       c.r.Header,
	}
}

// target is the URL as the caller addressed it, or nil if that cannot be told.
func (m *Middleware) target(r *http.Request) *url.URL {
	sent := asSent(r)
	u := &url.URL{Host: r.Host, Path: sent.Path, RawPath: sent.RawPath, RawQuery: sent.RawQuery}
	u.Scheme = "http"
	if r.TLS != nil {
		u.Scheme = "https"
	}
	prefix, known := m.bases.Apply(u)
	if !known || u.Path == "*" || prefix != "" && (guard.Climbs(sent.RawPath) || guard.Climbs(sent.Path)) { // no place below the prefix
		return nil
	}
	if u.RawPath != "" {
		u.RawPath = (&url.URL{Path: prefix}).EscapedPath() + u.RawPath
	}
	u.Path = prefix + u.Path
	return u
}

// asSent is the URL of the request line, whatever a router has made of it since,
// as http.StripPrefix does. A request that no server has received has none, and
// CONNECT has a host in its place unless it names a path (RFC 8441 §4).
func asSent(r *http.Request) *url.URL {
	if r.RequestURI == "" || r.Method == http.MethodConnect && r.RequestURI[0] != '/' {
		return r.URL
	}
	sent, err := url.ParseRequestURI(r.RequestURI)
	if err != nil {
		return r.URL
	}
	return sent
}

// peerOf is the other end of the connection.
func peerOf(r *http.Request) (peer netip.Addr, unix bool) {
	if local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok && local.Network() == "unix" {
		return netip.Addr{}, true
	}
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}, false
	}
	return at.Addr().Unmap(), false
}

// certificates is the client's chain as the TLS connection has it. Fields in
// which proxies pass certificates on are not looked at (RFC 9440 §4).
func certificates(r *http.Request) []*x509.Certificate {
	if r.TLS == nil {
		return nil
	}
	return r.TLS.PeerCertificates
}
