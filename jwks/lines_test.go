package jwks_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/jwks"
)

// hostile is a text that forges a line of a log, moves the cursor of a terminal
// and fills a disk.
var hostile = "x\nlevel=INFO msg=allowed \x1b[2J\u2028\u00e9\xff\x00" + strings.Repeat("long", 4000)

// longestText is of a URL.
const longestText = 2048

// assertLines asserts that every text in value is one bounded line of printable
// ASCII, for any type of value, so that a new field is judged too.
func assertLines(t *testing.T, what string, value any) {
	t.Helper()
	if err, ok := value.(error); ok {
		assert.True(t, printable.Is(err.Error()) && len(err.Error()) <= printable.MaxLine, "%s: %q", what, err.Error())
		return
	}
	switch v := reflect.ValueOf(value); v.Kind() {
	case reflect.String:
		assert.True(t, printable.Is(v.String()) && v.Len() <= longestText, "%s: %q", what, v.String())
	case reflect.Slice:
		for i := range v.Len() {
			assertLines(t, what, v.Index(i).Interface())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() && v.Type() != reflect.TypeFor[time.Time]() {
				assertLines(t, what+"."+v.Type().Field(i).Name, v.Field(i).Interface())
			}
		}
	}
}

// watching is a Trace whose hooks judge all that they are told.
func watching(t *testing.T) *jwks.Trace {
	trace := &jwks.Trace{}
	v := reflect.ValueOf(trace).Elem()
	for i := range v.NumField() {
		name := "Trace." + v.Type().Field(i).Name
		v.Field(i).Set(reflect.MakeFunc(v.Field(i).Type(), func(args []reflect.Value) []reflect.Value {
			for _, a := range args {
				assertLines(t, name, a.Interface())
			}
			return nil
		}))
	}
	return trace
}

func TestEveryTextIsOneLine(t *testing.T) {
	t.Parallel()
	for name, arrange := range hostileSources() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer()
			c := jwks.RemoteConfig{URLs: []string{keysURL}, HTTPClient: &http.Client{Transport: s}, Trace: watching(t)}
			arrange(t, s, &c)
			r, err := jwks.NewRemote(c)
			if err != nil {
				require.ErrorIs(t, err, jwks.ErrConfig)
				assertLines(t, "NewRemote", err)
				return
			}
			for _, kid := range []string{"", "bad", hostile} {
				_, err := r.Keys(t.Context(), kid)
				if err != nil {
					assertLines(t, "Keys", err)
				}
			}
			assertLines(t, "Status", r.Status())
			text, err := json.Marshal(r.Status())
			require.NoError(t, err)
			assert.True(t, printable.Is(string(text)), "%q", text)
		})
	}
}

type arrangement func(*testing.T, *server, *jwks.RemoteConfig)

func hostileSources() map[string]arrangement {
	all := map[string]arrangement{}
	for name, r := range hostileReplies() {
		all["key set: "+name] = func(_ *testing.T, s *server, _ *jwks.RemoteConfig) { s.serve(keysURL, r) }
		all["metadata: "+name] = func(_ *testing.T, s *server, c *jwks.RemoteConfig) {
			discovering(issuerURL)(c)
			s.serve(metadataURL, r)
		}
		all["three places: "+name] = func(_ *testing.T, s *server, c *jwks.RemoteConfig) {
			c.URLs = []string{keysURL, keysURL + "/2", keysURL + "/3"}
			for _, u := range c.URLs {
				s.serve(u, r)
			}
		}
	}
	for name, edit := range hostileConfigs() {
		all["config: "+name] = func(_ *testing.T, s *server, c *jwks.RemoteConfig) {
			s.publish(ecKey("k"))
			edit(c)
		}
	}
	for name, url := range hostileServers {
		all["sockets: "+name] = func(t *testing.T, _ *server, c *jwks.RemoteConfig) {
			c.HTTPClient, c.URLs = nil, []string{url(t)}
		}
	}
	return all
}

func hostileReplies() map[string]reply {
	good := ecKey("k")
	return map[string]reply{
		"error":            {err: errors.New(hostile)},
		"joined errors":    {err: errors.Join(errDown, errors.New(hostile), errDown)},
		"DNS":              {err: &net.DNSError{Err: hostile, Name: hostile, Server: hostile}},
		"deadline":         {err: fmt.Errorf("%s: %w", hostile, context.DeadlineExceeded)},
		"certificate":      {err: x509.HostnameError{Certificate: &x509.Certificate{DNSNames: []string{hostile}}, Host: hostile}},
		"redirect":         {status: 302, header: map[string]string{"Location": hostile}},
		"redirect to host": {status: 302, header: map[string]string{"Location": "https://" + strings.Repeat("h", 9000) + "\u00e9/"}},
		"content encoding": {header: map[string]string{"Content-Encoding": hostile}},
		"content type":     {body: "<", header: map[string]string{"Content-Type": hostile}},
		"body":             {body: hostile},
		"strange headers":  {body: setOf(good), header: map[string]string{"ETag": hostile, "Cache-Control": hostile, "Age": hostile}},
		"kid":              {body: setOf(good.with("kid", hostile[:40]), good)},
		"unused kid":       {body: setOf(good, good.with("kid", hostile[:40]).with("use", hostile), good.with("kid", "bad").with("use", strings.Repeat("\x7f", 200)).with("key_ops", []string{hostile}))},
		"no usable key": {body: setOf(good.with("kty", hostile), good.with("crv", hostile), good.with("x", hostile), good.with("kid", 5),
			good.with("kid", hostile[:40]).with("use", hostile[:40]), good.with("key_ops", []string{hostile[:40]}))},
		"issuer":            {body: metadataOf(hostile, keysURL)},
		"issuer no text":    {body: `{"issuer":["` + strings.Repeat("\u00e9", 900) + `"]}`},
		"jwks_uri":          {body: metadataOf(issuerURL, hostile)},
		"jwks_uri of a URL": {body: metadataOf(issuerURL, "https://as.example.com/\u2028?\u00e9")},
		"long jwks_uri":     {body: metadataOf(issuerURL, "https://as.example.com/"+strings.Repeat("k", 2020))},
	}
}

func hostileConfigs() map[string]func(*jwks.RemoteConfig) {
	snapshot := func(issuer, url, jwks any) []byte {
		b, err := json.Marshal(map[string]any{"postern_jwks_snapshot": 1, "issuer": issuer, "url": url, "jwks": jwks, "fetched": time.Now(), "lifetime": 60})
		if err != nil {
			panic(err)
		}
		return b
	}
	return map[string]func(*jwks.RemoteConfig){
		"issuer":            func(c *jwks.RemoteConfig) { c.URLs, c.Issuer = nil, hostile },
		"issuer and URLs":   func(c *jwks.RemoteConfig) { c.Issuer = hostile },
		"URLs":              func(c *jwks.RemoteConfig) { c.URLs = []string{hostile} },
		"URL with password": func(c *jwks.RemoteConfig) { c.URLs = []string{"https://\u00e9:p@as.example.com/\u00e9"} },
		"allowed host":      func(c *jwks.RemoteConfig) { c.HTTPClient, c.AllowHosts = nil, []string{hostile} },
		"plain host":        func(c *jwks.RemoteConfig) { c.PlainHTTPHosts = []string{hostile} },
		"place":             func(c *jwks.RemoteConfig) { c.URLs, c.Issuer, c.DiscoverAt = nil, issuerURL, hostile },
		"issuer and place":  func(c *jwks.RemoteConfig) { c.URLs, c.Issuer, c.DiscoverAt = nil, hostile, issuerURL },
		"proxy":             func(c *jwks.RemoteConfig) { c.HTTPClient, c.Proxy = nil, "http://"+hostile },
		"token file":        func(c *jwks.RemoteConfig) { c.TokenFile = hostile },
		"token file, path":  func(c *jwks.RemoteConfig) { c.TokenFile = strings.ReplaceAll(hostile, "\x00", "") },
		"several": func(c *jwks.RemoteConfig) {
			c.URLs, c.Issuer, c.FetchTimeout, c.StaleFor, c.MaxLifetime, c.RefetchInterval = nil, strings.Repeat("\x7f", 200), 1, 1<<60, 1<<60, 1
		},
		"snapshot":        func(c *jwks.RemoteConfig) { c.Snapshot = []byte(hostile) },
		"snapshot issuer": func(c *jwks.RemoteConfig) { c.Snapshot = snapshot(hostile, keysURL, nil) },
		"snapshot URL":    func(c *jwks.RemoteConfig) { c.Snapshot = snapshot("", hostile, nil) },
		"snapshot types":  func(c *jwks.RemoteConfig) { c.Snapshot = snapshot([]string{hostile}, hostile, hostile) },
		"snapshot keys": func(c *jwks.RemoteConfig) {
			c.Snapshot = snapshot("", keysURL, map[string]any{"keys": []any{ecKey("k").with("kid", hostile).jwk}})
		},
		"panic of a transport": func(c *jwks.RemoteConfig) {
			c.HTTPClient = &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) { panic(hostile) })}
		},
		"panic of jitter": func(c *jwks.RemoteConfig) { c.Jitter = func() float64 { panic(errors.New(hostile)) } },
		"status text": func(c *jwks.RemoteConfig) {
			c.HTTPClient = &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
				return &http.Response{Status: hostile, StatusCode: 599, Body: http.NoBody, Request: r}, nil
			})}
		},
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// hostileServers start listeners on loopback, and return their URLs.
var hostileServers = map[string]func(*testing.T) string{
	"certificate names": func(t *testing.T) string {
		server := httptest.NewUnstartedServer(nil)
		server.Config.ErrorLog = log.New(io.Discard, "", 0)
		server.TLS = &tls.Config{Certificates: []tls.Certificate{certificateFor(t, "x\nlevel=INFO msg=allowed \x1b[2J", strings.Repeat("y", 5000))}}
		server.StartTLS()
		t.Cleanup(server.Close)
		return strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
	},
	"header":      func(t *testing.T) string { return answering(t, "HTTP/1.1 200 OK\r\nno colon \x1b[2J\xff\r\n\r\n") },
	"status line": func(t *testing.T) string { return answering(t, "HTTP/1.1 2\x1b[2J0 \xff\r\n\r\n") },
	"protocol":    func(t *testing.T) string { return answering(t, "\x1b[2J\xffgarbage\r\n\r\n") },
	"reason": func(t *testing.T) string {
		return answering(t, "HTTP/1.1 599 \x1b[2J\xff\r\nContent-Length: 0\r\n\r\n")
	},
	"location": func(t *testing.T) string {
		return answering(t, "HTTP/1.1 302 Found\r\nLocation: https://\xff\xfe.example/\r\nContent-Length: 0\r\n\r\n")
	},
}

func answering(t *testing.T, answer string) (url string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = c.Read(make([]byte, 4096))
			_, _ = io.WriteString(c, answer)
			_ = c.Close()
		}
	}()
	return "http://" + l.Addr().String() + "/keys"
}

func certificateFor(t *testing.T, names ...string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: names,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}
