package middleware_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// presented is what an Authenticator gets to see of a request.
func presented(cfg *middleware.Config, r *http.Request) token.Presentation {
	var seen token.Presentation
	auth := middleware.New(judge(func(_ context.Context, p token.Presentation) (*token.Token, error) {
		seen = p
		return nil, token.ErrInvalid
	}), cfg)
	_, _ = auth.Check(r, scope.Authenticated)
	return seen
}

func TestPresentation(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(http.MethodPut, "/orders/a%2Fb?x=1", nil)
	r.Host = "api.example.com"
	r.Header["Authorization"] = []string{"bearer abc"}
	r.Header.Add("DPoP", "proof 1")
	r.Header.Add("dpop", "proof 2")
	leaf := &x509.Certificate{}
	r.TLS = &tls.ConnectionState{PeerCertificates: []*x509.Certificate{leaf}}

	p := presented(nil, r)
	assert.Equal(t, "Bearer", p.Scheme)
	assert.Equal(t, "abc", p.Token)
	assert.Equal(t, http.MethodPut, p.Request().Method)
	assert.Equal(t, "https://api.example.com/orders/a%2Fb?x=1", p.Request().URL.String())
	assert.Equal(t, []string{"proof 1", "proof 2"}, p.Request().DPoP)
	assert.Equal(t, []*x509.Certificate{leaf}, p.Request().Certificates)
}

func TestPresentation_URL(t *testing.T) {
	t.Parallel()
	forwarded := func(r *http.Request) *http.Request {
		r.Header.Set("Forwarded", "host=evil.example;proto=https")
		r.Header.Set("X-Forwarded-Host", "evil.example")
		r.Header.Set("X-Forwarded-Proto", "https")
		r.Header.Set("X-Forwarded-Prefix", "/evil")
		return r
	}
	for _, row := range []struct {
		name    string
		base    []string
		request *http.Request
		want    string
	}{
		{"as the connection shows", nil, bearing("http://orders.internal/a?b=c"), "http://orders.internal/a?b=c"},
		{"C_9449-4.3-9d forwarded fields are not looked at", nil, forwarded(bearing("http://orders.internal/a")), "http://orders.internal/a"},
		{"C_9449-4.3-9d a base URL", []string{"https://api.example.com"}, forwarded(bearing("http://orders.internal/a?b=c")), "https://api.example.com/a?b=c"},
		{"a base URL with a path", []string{"https://api.example.com/v1/"}, bearing("http://orders.internal/a"), "https://api.example.com/v1/a"},
		{"a base URL and an escaped path", []string{"https://api.example.com/v1"}, bearing("http://orders.internal/a%2Fb"), "https://api.example.com/v1/a%2Fb"},
		{"the base URL of the host", []string{"https://api.example.com/v1", "https://b.example.com"}, bearing("http://B.example.com/a"), "https://b.example.com/a"},
		{"the base URL of the host with its port", []string{"https://api.example.com/v1", "https://b.example.com"}, bearing("http://b.example.com:443/a"), "https://b.example.com/a"},
		{"the base URL with a port", []string{"https://api.example.com", "https://b.example.com:443", "http://b.example.com:80"}, bearing("http://b.example.com/a"), "https://b.example.com:443/a"},
		{"the base URL of the port", []string{"https://b.example.com", "http://b.example.com:8080"}, bearing("http://b.example.com:8080/a"), "http://b.example.com:8080/a"},
		{"the base URL of plain HTTP", []string{"https://b.example.com", "http://b.example.com"}, bearing("http://b.example.com:80/a"), "http://b.example.com/a"},
		{"a base URL with an escape and an escaped path", []string{"https://api.example.com/%C3%A9"}, bearing("http://orders.internal/a%2Fb"), "https://api.example.com/%C3%A9/a%2Fb"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, row.want, presented(&middleware.Config{Resource: scope.Resource{BaseURLs: row.base}}, row.request).Request().URL.String())
		})
	}
}

// Of several names of a service, none counts for a call that names another: the
// caller would choose which one, and so which proof passes.
func TestPresentation_URLOfAnUnknownHost(t *testing.T) {
	t.Parallel()
	bases := &middleware.Config{Resource: scope.Resource{BaseURLs: []string{"https://a.example.com", "https://b.example.com"}}}
	for _, host := range []string{"c.example.com", "b.example.com.", "b.example.com:80", "b.example.com:8443", "", "xb.example.com"} {
		r := bearing("/a")
		r.Host = host
		assert.Nil(t, presented(bases, r).Request().URL, host)
	}
}

func bearing(target string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, target, nil)
	r.Header.Set("Authorization", "Bearer x")
	return r
}

// A certificate comes from the TLS connection and nowhere else.
func TestCertificateFields(t *testing.T) {
	t.Parallel()
	t.Run("C_8705-3-2", func(t *testing.T) {
		r := bearing("/a")
		for _, name := range []string{"X-Client-Cert", "Client-Cert", "X-Forwarded-Client-Cert", "X-SSL-Cert"} {
			r.Header.Set(name, "-----BEGIN CERTIFICATE-----")
		}
		assert.Empty(t, presented(nil, r).Request().Certificates)
	})
}

// The context of a handler may outlive the request, and then keeps nothing of
// it. What an Authenticator asks too late is not answered.
func TestRequestOfACallThatIsHandedOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	good := w.verified(t)
	var seen token.Presentation
	auth := middleware.New(judge(func(_ context.Context, p token.Presentation) (*token.Token, error) {
		seen = p
		assert.Equal(t, "/orders", p.Request().URL.Path)
		return good, nil
	}), nil)
	serve(auth.Require(scope.Authenticated)(subject), bearing("/orders"))
	assert.Equal(t, token.Request{}, seen.Request())
}
