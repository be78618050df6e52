package fetch_test

import (
	"crypto/x509"
	"net"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/internal/fetch"
)

func TestUnreachableHostsNameTheField(t *testing.T) {
	t.Setenv("HTTPS_PROXY", "") // not parallel: variables belong to the process
	t.Setenv("https_proxy", "http://user:secret@proxy.example:3128")
	unresolved := &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "as.example.com", IsNotFound: true}}
	tests := map[string]struct {
		url  string
		err  error
		own  bool
		want string
	}{
		"name":                  {documentURL, unresolved, true, "https_proxy is set, but proxies of the environment are not used (see Config.Proxy)"},
		"connection":            {documentURL, &net.OpError{Op: "dial", Err: errDown}, true, "https_proxy is set"},
		"silence":               {documentURL, fetch.ErrTimeout, true, "https_proxy is set"},
		"own client of service": {documentURL, unresolved, false, ""},
		"this machine":          {"http://localhost/keys", unresolved, true, ""},
		"refused address":       {documentURL, &net.OpError{Op: "dial", Err: fetch.ErrBlockedAddress}, true, ""},
		"broken connection":     {documentURL, &net.OpError{Op: "read", Err: errDown}, true, ""},
		"authority":             {documentURL, x509.UnknownAuthorityError{}, true, "(see Config.RootCAs)"},
		"authority, client":     {documentURL, x509.UnknownAuthorityError{}, false, "(see Config.HTTPClient)"},
		"other host":            {documentURL, x509.HostnameError{Certificate: &x509.Certificate{}, Host: "x"}, true, "see Config.RootCAs)"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			err := fetch.Unreachable(test.url, test.own, test.err)
			require.ErrorIs(t, err, test.err)
			assert.NotContains(t, err.Error(), "secret")
			if test.want == "" {
				assert.Equal(t, test.err, err)
			}
			assert.ErrorContains(t, err, test.want)
		})
	}
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "ALL_PROXY", "All_Proxy", "HTTPS_PROXY"} {
		assert.Equal(t, name, fetch.ProxyIn([]string{"HTTPS_PROXY=", "NO_PROXY=x", "PROXY=y", name + "=http://x"}))
	}
	assert.Empty(t, fetch.ProxyIn([]string{"HTTPS_PROXY=", "NO_PROXY=x", "HTTPS_PROXY"}))
}

// The names of targets are resolved as those of everything else in the process.
func TestTargetsAreResolvedByTheDefaultResolver(t *testing.T) {
	before := net.DefaultResolver // not parallel: it belongs to the process
	t.Cleanup(func() { net.DefaultResolver = before })
	net.DefaultResolver = resolvingTo("127.0.0.1")
	proxy := newEgress(t, "127.0.0.1:1", 0, false)
	_, err := byProxy(t, fetch.Config{Proxy: proxy.URL}, nil, "http://as.example.invalid/")
	require.ErrorIs(t, err, fetch.ErrBlockedAddress)
	assert.Empty(t, proxy.seen())
}
