package jwks_test

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/jwks"
)

const oauthPlace = "/.well-known/oauth-authorization-server"

// discoveringAt edits a config to discover the keys of issuer elsewhere.
func discoveringAt(issuer, place string, plain ...string) func(*jwks.RemoteConfig) {
	return func(c *jwks.RemoteConfig) {
		c.URLs, c.Issuer, c.DiscoverAt, c.PlainHTTPHosts = nil, issuer, place, plain
	}
}

// Keys are found under another name than iss, by a document with a name that the
// operator gave, and by no other.
func TestDiscoverAt(t *testing.T) {
	t.Parallel()
	const (
		inside  = "http://keycloak:8080/realms/x"
		outside = "https://login.example.com/realms/x"
		adfs    = "http://as.example.com/adfs/services/trust"
		base    = "https://as.example.com/adfs"
	)
	at := func(base, path string) string {
		return strings.Replace(base, "/realms", oauthPlace+"/realms", 1) + path
	}
	compose := discoveringAt(outside, inside, "keycloak")
	sameHost := func(c *jwks.RemoteConfig) { compose(c); c.SameHost = true }
	tests := map[string]struct {
		edit     func(*jwks.RemoteConfig)
		place    string // of the document
		document string
		keys     string // where the keys are
		err      error
	}{
		"compose: names the issuer":         {compose, at(inside, ""), metadataOf(outside, inside+"/certs"), inside + "/certs", nil},
		"compose: names itself":             {compose, at(inside, ""), metadataOf(inside, inside+"/certs"), inside + "/certs", nil},
		"compose: keys at the issuer":       {compose, at(inside, ""), metadataOf(outside, outside+"/certs"), outside + "/certs", nil},
		"OpenID below the base":             {compose, inside + "/.well-known/openid-configuration", metadataOf(outside, inside+"/certs"), inside + "/certs", nil},
		"AD FS":                             {discoveringAt(adfs, base), base + "/.well-known/openid-configuration", metadataOf(base, base+"/keys"), base + "/keys", nil},
		"issuer without a scheme":           {discoveringAt("as.example.com", issuerURL), metadataURL, metadataOf(issuerURL, keysURL), keysURL, nil},
		"document without a scheme":         {discoveringAt("as.example.com", issuerURL), metadataURL, metadataOf("as.example.com", keysURL), keysURL, nil},
		"a template, which is a name":       {discoveringAt("https://as.example.com/{tenantid}", issuerURL), metadataURL, metadataOf("https://as.example.com/{tenantid}", keysURL), keysURL, nil},
		"SameHost":                          {sameHost, at(inside, ""), metadataOf(outside, "http://keycloak:8080/x"), "http://keycloak:8080/x", nil},
		"SameHost, keys at the issuer":      {sameHost, at(inside, ""), metadataOf(outside, outside+"/certs"), outside + "/certs", jwks.ErrCrossHost},
		"SameHost, other port":              {sameHost, at(inside, ""), metadataOf(outside, "http://keycloak/x"), "http://keycloak/x", jwks.ErrCrossHost},
		"a third issuer":                    {compose, at(inside, ""), metadataOf("https://evil.example.com", inside+"/certs"), inside + "/certs", jwks.ErrIssuerMismatch},
		"the issuer with a slash":           {compose, at(inside, ""), metadataOf(outside+"/", inside+"/certs"), inside + "/certs", jwks.ErrIssuerMismatch},
		"the base with a slash":             {compose, at(inside, ""), metadataOf(inside+"/", inside+"/certs"), inside + "/certs", jwks.ErrIssuerMismatch},
		"the base with https":               {compose, at(inside, ""), metadataOf("https://keycloak:8080/realms/x", inside+"/certs"), inside + "/certs", jwks.ErrIssuerMismatch},
		"an empty name":                     {compose, at(inside, ""), metadataOf("", inside+"/certs"), inside + "/certs", jwks.ErrIssuerMismatch},
		"a number for a name":               {compose, at(inside, ""), `{"issuer":1,"jwks_uri":"` + inside + `/certs"}`, inside + "/certs", jwks.ErrIssuerMismatch},
		"without DiscoverAt, another":       {discovering(issuerURL), metadataURL, metadataOf("", keysURL), keysURL, jwks.ErrIssuerMismatch},
		"keys on this machine":              {compose, at(inside, ""), metadataOf(outside, "http://localhost/certs"), "http://localhost/certs", jwks.ErrInsecureURL},
		"issuer here, keys on this machine": {discoveringAt("http://localhost", issuerURL), metadataURL, metadataOf(issuerURL, "http://localhost/x"), "http://localhost/x", jwks.ErrInsecureURL},
		"found here, keys on this machine":  {discoveringAt(issuerURL, "http://localhost"), "http://localhost" + oauthPlace, metadataOf(issuerURL, "http://127.0.0.1:1/x"), "http://127.0.0.1:1/x", nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, k := newServer(), ecKey("k")
			s.serve(test.place, reply{body: test.document})
			s.serve(test.keys, reply{body: setOf(k)})
			r := newRemote(t, s, test.edit)
			if test.err == nil {
				requireKey(t, r, k)
				return
			}
			requireErr(t, r, "k", test.err)
			requireErr(t, r, "k", jwks.ErrUnavailable)
			assert.Zero(t, s.count(test.keys))
		})
	}
}

// What the operator is told names the place, and both names that were wanted.
func TestDiscoverAtIsReported(t *testing.T) {
	t.Parallel()
	s, k := newServer(), ecKey("k")
	s.publish(k)
	s.serve(metadataURL, reply{body: metadataOf("https://evil.example.com", keysURL)})
	var found []jwks.Discovered
	edit := func(c *jwks.RemoteConfig) {
		discoveringAt("acme\n", issuerURL)(c)
		c.Trace = &jwks.Trace{Discovered: func(d jwks.Discovered) { found = append(found, d) }}
	}
	r := newRemote(t, s, edit)
	requireErr(t, r, "k", jwks.ErrUnavailable)
	require.ErrorContains(t, r.Status().LastError,
		`issuer is "https://evil.example.com", want "acme\n" (see RemoteConfig.Issuer) or "https://as.example.com" (see RemoteConfig.DiscoverAt)`)
	assert.Empty(t, found)

	s.serve(metadataURL, reply{body: metadataOf(issuerURL, keysURL)})
	r = newRemote(t, s, edit)
	requireKey(t, r, k)
	assert.Equal(t, []jwks.Discovered{{Issuer: "acme", DiscoverAt: issuerURL, URL: keysURL}}, found)
	assert.Equal(t, "acme\n", r.Discovers())
	assert.Equal(t, issuerURL, r.Status().DiscoverAt)
}

// A snapshot of keys that were found elsewhere is not believed: the operator may
// have had a reason to move.
func TestSnapshotOfAnotherPlace(t *testing.T) {
	t.Parallel()
	s, k := newServer(), ecKey("k")
	s.publish(k)
	s.serve(metadataURL, reply{body: metadataOf(issuerURL, keysURL)})
	s.serve("http://keycloak"+oauthPlace, reply{body: metadataOf(issuerURL, "http://keycloak/keys")})
	s.serve("http://keycloak/keys", reply{body: setOf(k)})
	edits := map[string]func(*jwks.RemoteConfig){
		"at the issuer": discovering(issuerURL), "at itself": discoveringAt(issuerURL, issuerURL), "inside": discoveringAt(issuerURL, "http://keycloak", "keycloak"),
	}
	for from, edit := range edits {
		r := newRemote(t, s, edit)
		requireKey(t, r, k)
		raw, err := r.Snapshot()
		require.NoError(t, err)
		for to, edit := range edits {
			_, err := started(t, newServer(), raw, edit)
			assert.Equal(t, from == to, err == nil, "%s, then %s: %v", from, to, err)
		}
		_, err = started(t, newServer(), raw, func(c *jwks.RemoteConfig) { edit(c); c.PlainHTTPHosts, c.DiscoverAt = nil, issuerURL })
		assert.Equal(t, from == "at itself", err == nil, "no keys over http without leave")
	}
}

// http is for hosts that the operator has named, also if metadata names the URL.
func TestPlainHTTPHosts(t *testing.T) {
	t.Parallel()
	for uri, want := range map[string]bool{
		"http://keycloak/keys": true, "http://keycloak:8080/keys": true, "http://KeyCloak./keys": true, "http://10.0.0.7:1/keys": true, keysURL: true,
		"http://x.keycloak/keys": false, "http://cloak/keys": false, "http://keycloak.evil.example/keys": false, "http://keycloak@evil.example/keys": false,
		"http://evil.example/keycloak": false, "http://10.0.0.70/keys": false, "ftp://keycloak/keys": false, "http://as.example.com/keys": false,
		"http://%EF%BD%8Beycloak/keys": false, "http://localhost/keys": false,
	} {
		t.Run(uri, func(t *testing.T) {
			t.Parallel()
			s, k := newServer(), ecKey("k")
			s.serve(metadataURL, reply{body: metadataOf(issuerURL, uri)})
			s.serve(uri, reply{body: setOf(k)})
			r := newRemote(t, s, func(c *jwks.RemoteConfig) {
				discovering(issuerURL)(c)
				c.PlainHTTPHosts = []string{"keycloak", "10.0.0.7"}
			})
			if want {
				requireKey(t, r, k)
				return
			}
			requireErr(t, r, "k", jwks.ErrInsecureURL)
			assert.Equal(t, 1, s.count())
		})
	}
	t.Run("no redirect to it either", func(t *testing.T) {
		t.Parallel()
		s := newServer()
		s.serve("http://keycloak/keys", reply{status: 307, header: map[string]string{"Location": "http://keycloak/other"}})
		r := newRemote(t, s, func(c *jwks.RemoteConfig) {
			c.URLs, c.PlainHTTPHosts = []string{"http://keycloak/keys"}, []string{"keycloak"}
		})
		requireErr(t, r, "k", jwks.ErrStatus)
		assert.Equal(t, 1, s.count())
	})
}

// withTokenFile edits a config to send that token.
func withTokenFile(t *testing.T, token string, edit func(*jwks.RemoteConfig)) (file string, with func(*jwks.RemoteConfig)) {
	file = filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(file, []byte(token), 0o600))
	return file, func(c *jwks.RemoteConfig) {
		edit(c)
		c.TokenFile = file
	}
}

// The token goes to those whom the operator has named, and to no server that a
// document or a redirect names.
func TestTokenFileIsForTheNamed(t *testing.T) {
	t.Parallel()
	const foreign = "https://evil.example.com/keys"
	tests := map[string]struct {
		edit func(*jwks.RemoteConfig)
		uri  string
		with []string // the URLs that get it
	}{
		"URLs":                         {func(c *jwks.RemoteConfig) { c.URLs = []string{issuerURL + "/none", keysURL} }, "", []string{issuerURL + "/none", keysURL}},
		"URLs, issuer elsewhere":       {func(c *jwks.RemoteConfig) { c.Issuer, c.URLs = "https://x.example", []string{keysURL} }, "", []string{keysURL}},
		"issuer":                       {discovering(issuerURL), keysURL, []string{metadataURL, keysURL}},
		"issuer, keys elsewhere":       {discovering(issuerURL), foreign, []string{metadataURL}},
		"issuer, keys on another port": {discovering(issuerURL), issuerURL + ":8443/keys", []string{metadataURL}},
		"issuer, keys over http":       {func(c *jwks.RemoteConfig) { discovering(issuerURL)(c); c.PlainHTTPHosts = []string{"as.example.com"} }, "http://as.example.com:443/keys", []string{metadataURL}},
		"DiscoverAt":                   {discoveringAt("https://x.example", issuerURL), keysURL, []string{metadataURL, keysURL}},
		"DiscoverAt, keys at issuer":   {discoveringAt("https://x.example", issuerURL), "https://x.example/keys", []string{metadataURL}},
		"named over http":              {discoveringAt("https://x.example", "http://keycloak", "keycloak"), "http://keycloak/keys", []string{"http://keycloak" + oauthPlace, "http://keycloak/keys"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, k := newServer(), ecKey("k")
			s.publish(k)
			for _, place := range []string{metadataURL, "http://keycloak" + oauthPlace} {
				issuer := map[bool]string{true: "http://keycloak", false: issuerURL}[place != metadataURL]
				s.serve(place, reply{body: metadataOf(issuer, test.uri)})
			}
			s.serve(test.uri, reply{body: setOf(k)})
			_, edit := withTokenFile(t, "secret\n", test.edit)
			requireKey(t, newRemote(t, s, edit), k)
			var with []string
			for _, r := range s.seen() {
				if r.header.Get("Authorization") != "" {
					assert.Equal(t, []string{"Bearer secret"}, r.header.Values("Authorization"))
					with = append(with, r.url)
				}
			}
			assert.Equal(t, test.with, with)
		})
	}
	t.Run("redirect", func(t *testing.T) {
		t.Parallel()
		s := newServer()
		s.serve(keysURL, reply{status: 302, header: map[string]string{"Location": foreign}})
		_, edit := withTokenFile(t, "secret", func(*jwks.RemoteConfig) {})
		requireErr(t, newRemote(t, s, edit), "k", jwks.ErrStatus)
		assert.Equal(t, 1, s.count())
	})
}

// A token file that is of no use is an outage and no verdict, says which setting
// it is about, and takes no key from those who have one.
func TestTokenFileOfNoUse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, k := newServer(), ecKey("k")
		s.publish(k)
		file, edit := withTokenFile(t, "secret", func(*jwks.RemoteConfig) {})
		r := newRemote(t, s, edit)
		requireKey(t, r, k)
		time.Sleep(time.Hour)
		for _, content := range []string{"", "secret secret"} {
			require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
			requireKey(t, r, k)
			synctest.Wait()
			require.ErrorIs(t, r.Status().LastError, jwks.ErrTokenFile)
			require.ErrorContains(t, r.Status().LastError, "(see RemoteConfig.TokenFile)")
			assert.NotContains(t, r.Status().LastError.Error(), "secret")
			fresh := newRemote(t, s, edit)
			requireErr(t, fresh, "k", jwks.ErrUnavailable)
			requireErr(t, fresh, "k", jwks.ErrTokenFile)
		}
		assert.Equal(t, 1, s.count(), "no request without the token")

		require.NoError(t, os.WriteFile(file, []byte("rotated"), 0o600))
		time.Sleep(time.Hour)
		requireKey(t, r, k)
		assert.Equal(t, "Bearer rotated", s.last().header.Get("Authorization"))
	})
}

// tunnel is a proxy on loopback that connects everyone to one server, and tells
// what it was asked for.
func tunnel(t *testing.T, to string) (url string, asked <-chan string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	requests := make(chan string, 10)
	server := &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests <- r.Method + " " + r.RequestURI + r.Header.Get("Authorization")
		out, err := net.Dial("tcp", to)
		if err != nil {
			return
		}
		in, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		_, _ = io.WriteString(in, "HTTP/1.1 200 OK\r\n\r\n")
		go func() { _, _ = io.Copy(out, in); _ = out.Close() }()
		go func() { _, _ = io.Copy(in, out); _ = in.Close() }()
	})}
	go func() { _ = server.Serve(l) }()
	return "http://" + l.Addr().String(), requests
}

func TestRemoteByProxy(t *testing.T) {
	t.Parallel()
	k := ecKey("k")
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer secret" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = io.WriteString(w, setOf(k))
	}))
	t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	proxy, asked := tunnel(t, server.Listener.Addr().String())
	_, edit := withTokenFile(t, "secret", func(c *jwks.RemoteConfig) {
		c.URLs, c.HTTPClient, c.RootCAs = []string{"https://example.com/keys"}, nil, roots
		c.Proxy = strings.Replace(proxy, "://", "://user:hidden@", 1)
	})
	r := newRemote(t, nil, edit)
	requireKey(t, r, k)
	assert.Equal(t, "CONNECT example.com:443", <-asked, "without the token")
	assert.Equal(t, proxy, r.Status().Proxy)

	for _, url := range []string{"https://169.254.169.254/keys", "http://keycloak.localhost.:1/keys", "https://2852039166/keys"} {
		r := newRemote(t, nil, func(c *jwks.RemoteConfig) {
			edit(c)
			c.URLs, c.PlainHTTPHosts = []string{url}, []string{"keycloak.localhost"}
		})
		requireErr(t, r, "k", jwks.ErrBlockedAddress)
		requireErr(t, r, "k", jwks.ErrUnavailable)
	}
	assert.Empty(t, asked)
}

// A proxy that is down is an outage.
func TestProxyIsDown(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	r := newRemote(t, nil, func(c *jwks.RemoteConfig) {
		c.URLs, c.HTTPClient, c.Proxy = []string{"https://8.8.8.8/keys"}, nil, "http://user:hidden@"+l.Addr().String()
	})
	_, err = r.Keys(context.Background(), "k")
	require.ErrorIs(t, err, jwks.ErrUnavailable)
	require.ErrorIs(t, err, jwks.ErrProxy)
	require.ErrorContains(t, err, "(see RemoteConfig.Proxy)")
	assert.NotContains(t, err.Error(), "hidden")
}

// What changes whom the keys are believed from is in the status, and the password
// of the proxy is nowhere.
func TestSettingsOfNetworksAreShown(t *testing.T) {
	t.Parallel()
	c := jwks.RemoteConfig{
		Issuer: issuerURL, DiscoverAt: "http://keycloak", PlainHTTPHosts: []string{"keycloak"}, AllowHosts: []string{"keycloak"},
		Proxy: "http://user:hidden@proxy:3128",
	}
	r, err := jwks.NewRemote(c)
	require.NoError(t, err)
	c.PlainHTTPHosts[0] = "evil.example" // the Remote has its own
	text, err := json.Marshal(r.Status())
	require.NoError(t, err)
	assert.JSONEq(t, `{"state": "empty", "issuer": "https://as.example.com", "key_ids": [], "discover_at": "http://keycloak",
		"plain_http_hosts": ["keycloak"], "allow_hosts": ["keycloak"], "proxy": "http://proxy:3128"}`, string(text))
	r.Status().PlainHTTPHosts[0] = "x"
	assert.Equal(t, []string{"keycloak"}, r.Status().PlainHTTPHosts)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		for _, value := range []any{c, &c, struct{ C jwks.RemoteConfig }{c}, r, r.Status()} {
			printed := fmt.Sprintf(verb, value)
			assert.NotContains(t, printed, "hidden")
			assert.NotContains(t, printed, fmt.Sprintf("%x", "hidden"))
		}
	}
	assert.Contains(t, fmt.Sprintf("%+v", c), "Proxy:http://proxy:3128")
	assert.Equal(t, "http://user:hidden@proxy:3128", c.Proxy)
}
