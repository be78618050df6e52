package middleware

import (
	"crypto/x509"
	"net/http"
	"net/url"

	"github.com/postern-go/postern/token"
)

// complete adds to scheme, token and proofs what else the caller presented,
// apart from how HTTP carried it.
func (m *Middleware) complete(p token.Presentation, r *http.Request) token.Presentation {
	p.Method = r.Method
	p.URL = m.target(r)
	p.Certificates = certificates(r)
	return p
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
