package fetch_test

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/internal/fetch"
)

// egress is a forward proxy on loopback. It connects everyone to one server, and
// remembers what it was asked.
type egress struct {
	*httptest.Server
	to     string // the address of the server
	status int    // of its answer to CONNECT, or 0
	mu     sync.Mutex
	asked  []string
	auth   []string
}

func newEgress(t *testing.T, to string, status int, tls bool) *egress {
	t.Helper()
	e := &egress{to: to, status: status}
	e.Server = httptest.NewUnstartedServer(e)
	e.Config.ErrorLog = log.New(io.Discard, "", 0) // handshakes are meant to fail here
	e.EnableHTTP2 = true                           // a client that asks for it in TLS gets it
	if tls {
		e.StartTLS()
	} else {
		e.Start()
	}
	t.Cleanup(e.Close)
	return e
}

func (e *egress) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	e.asked = append(e.asked, r.Method+" "+r.RequestURI)
	e.auth = append(e.auth, r.Header.Get("Proxy-Authorization"))
	e.mu.Unlock()
	switch {
	case e.status != 0:
		w.WriteHeader(e.status)
	case r.Method == http.MethodConnect:
		e.tunnel(w)
	default:
		_, _ = io.WriteString(w, "by proxy "+r.Header.Get("Authorization"))
	}
}

func (e *egress) tunnel(w http.ResponseWriter) {
	out, err := net.Dial("tcp", e.to)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	in, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	_, _ = io.WriteString(in, "HTTP/1.1 200 OK\r\n\r\n")
	go func() {
		defer out.Close()
		_, _ = io.Copy(out, in)
	}()
	go func() {
		defer in.Close()
		_, _ = io.Copy(in, out)
	}()
}

func (e *egress) seen() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]string{}, e.asked...)
}

// targetServer starts a server with the certificate of httptest, which is for
// example.com, and returns its address and the authority to trust.
func targetServer(t *testing.T) (address string, roots *x509.CertPool) {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "from "+r.Host)
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	roots = x509.NewCertPool()
	roots.AddCert(server.Certificate())
	return server.Listener.Addr().String(), roots
}

// unknownNames is a resolver that knows no name.
func unknownNames() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) { return nil, errDown }}
}

// byProxy fetches a URL by a proxy.
func byProxy(t *testing.T, c fetch.Config, resolver *net.Resolver, url string) (string, error) {
	t.Helper()
	c.FetchTimeout, c.Settings = 5*time.Second, "Config"
	transport := fetch.NewTransport(c, resolver)
	response, err := (&http.Client{Transport: transport, Timeout: 10 * time.Second}).Get(url)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return string(body), nil
}

func TestProxy(t *testing.T) {
	t.Parallel()
	address, roots := targetServer(t)
	for name, tls := range map[string]bool{"http": false, "https": true} {
		t.Run(name+" proxy, https target", func(t *testing.T) {
			t.Parallel()
			proxy := newEgress(t, address, 0, tls)
			url := strings.Replace(proxy.URL, "://", "://user:secret@", 1)
			body, err := byProxy(t, fetch.Config{Proxy: url, RootCAs: roots}, unknownNames(), "https://example.com/keys")
			require.NoError(t, err)
			assert.Equal(t, "from example.com", body)
			assert.Equal(t, []string{"CONNECT example.com:443"}, proxy.seen())
			assert.Equal(t, []string{"Basic dXNlcjpzZWNyZXQ="}, proxy.auth)
		})
	}
	t.Run("http target", func(t *testing.T) {
		t.Parallel()
		proxy := newEgress(t, address, 0, false)
		body, err := byProxy(t, fetch.Config{Proxy: proxy.URL}, resolvingTo("10.0.0.1"), "http://keycloak:8080/keys")
		require.NoError(t, err)
		assert.Equal(t, "by proxy ", body)
		assert.Equal(t, []string{"GET http://keycloak:8080/keys"}, proxy.seen())
	})
	t.Run("the proxy cannot stand in for the target", func(t *testing.T) {
		t.Parallel()
		proxy := newEgress(t, address, 0, false)
		_, err := byProxy(t, fetch.Config{Proxy: proxy.URL}, unknownNames(), "https://example.com/keys")
		var stranger x509.UnknownAuthorityError
		require.ErrorAs(t, err, &stranger)
	})
	t.Run("settings that were not validated send nothing", func(t *testing.T) {
		t.Parallel()
		_, err := byProxy(t, fetch.Config{Proxy: "ftp://x:secret@y", RootCAs: roots, AllowHosts: []string{"127.0.0.1"}}, nil, "https://"+address)
		require.Error(t, err)
		assert.NotContains(t, err.Error(), "secret")
	})
}

// The proxy resolves names itself, so that its requests are judged before it is
// asked.
func TestTargetsOfAProxyAreGuarded(t *testing.T) {
	t.Parallel()
	refused := map[string]*net.Resolver{ // by URL
		"https://127.0.0.1/": nil, "https://[::1]/": nil, "https://[::ffff:127.0.0.1]/": nil, "https://0.0.0.0/": nil,
		"http://localhost/": unknownNames(), "http://LocalHost./": unknownNames(), "https://localhost/": nil, "https://x.LocalHost./": unknownNames(),
		"https://169.254.169.254/latest": nil, "http://169.254.169.254/latest": nil, "https://169.254.169.254./": nil, "https://[fd00:ec2::254]/": nil,
		"https://[fe80::1%25eth0]/": nil, "https://[64:ff9b::a9fe:a9fe]/": nil,
		"https://2852039166/": unknownNames(), "https://0xA9FEA9FE/": unknownNames(), "https://169.254.43518/": unknownNames(),
		"https://0251.0376.0251.0376/": unknownNames(), "https://0x7f.1/": unknownNames(), "https://127.1./": unknownNames(), "https://127.1../": unknownNames(),
		"https://0x/": unknownNames(), "https://a.0x7f/": unknownNames(),
		"https://here.example.com/": resolvingTo("127.0.0.1"), "https://metadata.example.com/": resolvingTo("169.254.169.254"),
		"http://multicast.example.com/": resolvingTo("224.0.0.1"),
		"http://second.example.com/":    resolvingTo("8.8.8.8", "100.100.100.200"), "https://third.example.com/": resolvingTo("8.8.8.8", "8.8.4.4", "198.18.0.1"),
	}
	proxy := newEgress(t, "127.0.0.1:1", 0, false)
	for url, resolver := range refused {
		t.Run(url, func(t *testing.T) {
			t.Parallel()
			_, err := byProxy(t, fetch.Config{Proxy: proxy.URL, Named: []string{url}}, resolver, url)
			require.ErrorIs(t, err, fetch.ErrBlockedAddress)
			if strings.Contains(strings.ToLower(url), "localhost") {
				assert.ErrorContains(t, err, "(see Config.Proxy)", "judged by its name")
			}
		})
	}
	t.Cleanup(func() { assert.Empty(t, proxy.seen(), "the proxy was asked") })
}

func TestTargetsThatAProxyIsAskedFor(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		url      string
		resolver *net.Resolver
		allowed  []string
	}{
		"name unknown here":   {"http://as.example.com/", unknownNames(), nil},
		"private name":        {"http://as.example.com/", resolvingTo("10.1.2.3"), nil},
		"public name":         {"http://as.example.com/", resolvingTo("8.8.8.8"), nil},
		"address":             {"http://10.1.2.3/", nil, nil},
		"name with a number":  {"http://as1.0xide/", unknownNames(), nil},
		"name like a number":  {"http://10.example/", unknownNames(), nil},
		"name like hex":       {"http://as.cafe/", unknownNames(), nil},
		"allowed name":        {"http://as.example.com/", resolvingTo("127.0.0.1"), []string{"AS.example.com."}},
		"allowed address":     {"http://169.254.1.1/", nil, []string{"169.254.1.1"}},
		"allowed number":      {"http://2852039166/", nil, []string{"2852039166"}},
		"silent name servers": {"http://as.example.com/", silentNames(), nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			proxy := newEgress(t, "127.0.0.1:1", 0, false)
			_, err := byProxy(t, fetch.Config{Proxy: proxy.URL, AllowHosts: test.allowed}, test.resolver, test.url)
			require.NoError(t, err)
			assert.Equal(t, []string{"GET " + test.url}, proxy.seen())
		})
	}
}

// silentNames is a resolver whose servers do not answer.
func silentNames() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}}
}

// A proxy is named by the operator, and may be where the operator says, but not
// where a name server says.
func TestAddressOfAProxyIsGuarded(t *testing.T) {
	t.Parallel()
	proxy := newEgress(t, "127.0.0.1:1", 0, false)
	port := proxy.URL[strings.LastIndex(proxy.URL, ":"):]
	for host, resolver := range map[string]*net.Resolver{
		"169.254.169.254": nil, "100.100.100.200": nil, "metadata.example.com": resolvingTo("169.254.169.254"), "evil.example.com": resolvingTo("127.0.0.1"),
	} {
		_, err := byProxy(t, fetch.Config{Proxy: "http://" + host + port, Named: []string{"http://localhost"}}, resolver, "http://8.8.8.8/")
		require.ErrorIs(t, err, fetch.ErrBlockedAddress, host)
	}
	_, err := byProxy(t, fetch.Config{Proxy: "http://proxy.internal" + port, AllowHosts: []string{"proxy.internal"}}, resolvingTo("127.0.0.1"), "http://8.8.8.8/")
	require.NoError(t, err)
}

func TestProxyThatFails(t *testing.T) {
	t.Parallel()
	down, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, down.Close())
	forbidding := newEgress(t, "127.0.0.1:1", http.StatusForbidden, false)
	unauthorized := newEgress(t, "127.0.0.1:1", http.StatusProxyAuthRequired, false)
	other := newEgress(t, "127.0.0.1:1", http.StatusAccepted, false)
	foreign := newEgress(t, "127.0.0.1:1", 0, true)
	tests := map[string]struct {
		proxy, url string
		err        error
		text       string
	}{
		"down":                    {"http://" + down.Addr().String(), "https://8.8.8.8/", fetch.ErrProxy, "by proxy \"http://" + down.Addr().String() + "\" (see Config.Proxy): "},
		"down, http":              {"http://" + down.Addr().String(), "http://8.8.8.8/", fetch.ErrProxy, "(see Config.Proxy): "},
		"forbids":                 {forbidding.URL, "https://8.8.8.8/", fetch.ErrProxy, "CONNECT was answered with status 403, want 200"},
		"wants a password":        {unauthorized.URL, "https://8.8.8.8/", fetch.ErrProxy, "CONNECT was answered with status 407, want 200"},
		"other success":           {other.URL, "https://8.8.8.8/", fetch.ErrProxy, "CONNECT was answered with status 202, want 200"},
		"forbids, http":           {forbidding.URL, "http://8.8.8.8/", fetch.ErrStatus, "status is 403, want 200"},
		"of an unknown authority": {foreign.URL, "https://8.8.8.8/", fetch.ErrProxy, "see Config.RootCAs"},
		"refused address":         {forbidding.URL, "https://127.0.0.1/", fetch.ErrBlockedAddress, "127.0.0.1"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			proxy := strings.Replace(test.proxy, "://", "://user:secret@", 1)
			c := fetch.New(fetch.Config{Proxy: proxy, FetchTimeout: 5 * time.Second, Settings: "Config", Now: time.Now})
			_, err := c.Get(t.Context(), fetch.Query{Target: fetch.Target{Document: "answer", URL: test.url, Limit: 64}})
			require.ErrorIs(t, err, test.err)
			require.ErrorContains(t, err, test.text)
			assert.NotContains(t, err.Error(), "secret")
			assert.NotContains(t, err.Error(), "user")
		})
	}
}

func TestErrorsSayThatAProxyWasAsked(t *testing.T) {
	t.Parallel()
	const proxy = "http://user:secret@proxy.example:3128"
	for err, want := range map[error]bool{ // whether the proxy is to blame
		&net.OpError{Op: "proxyconnect", Err: errDown}: true, &net.OpError{Op: "proxyconnect", Err: fetch.ErrBlockedAddress}: true,
		&net.OpError{Op: "dial", Err: errDown}: false, io.EOF: false, fetch.ErrTimeout: false,
	} {
		got := fetch.ByProxy(proxy, err)
		require.ErrorIs(t, got, err)
		assert.Equal(t, want, errors.Is(got, fetch.ErrProxy), got)
		assert.Equal(t, `by proxy "http://proxy.example:3128" (see Config.Proxy): `+err.Error(), got.Error())
	}
	for _, err := range []error{fetch.ErrBlockedAddress, fetch.ErrTokenFile} { // it was not
		assert.Equal(t, err, fetch.ByProxy(proxy, err))
	}
}

func TestShownProxy(t *testing.T) {
	t.Parallel()
	longest := "http://" + strings.Repeat("x", 2048-len("http://"))
	for raw, want := range map[string]string{
		"": "", "http://user:secret@proxy.example:3128": "http://proxy.example:3128", "https://proxy.example/": "https://proxy.example",
		"socks5://user:secret@proxy.example": "", "http://user:secret@proxy.example\n": "",
		"http://user:secret@proxy.example:x": "", "http://[::1": "", longest: longest, longest + "x": "",
	} {
		assert.Equal(t, want, fetch.ShownProxy(raw), raw)
	}
}
