package dpop_test

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/dpop"
)

// A proof is for one URL, in whatever spelling RFC 3986 has for it, and for no other.
func TestURLs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dpop.Config{})
	for name, row := range map[string]struct {
		htu, target string
		same        bool
	}{
		"C_9449-4.3-9 queries":                      {"https://api.example.com/a?a=1", "https://api.example.com/a?b=2", true},
		"C_9449-4.3-9 a fragment":                   {"https://api.example.com/a#f", "https://api.example.com/a", true},
		"C_9449-4.3-9 a fragment with ?":            {"https://api.example.com/a#f?x/../y", "https://api.example.com/a", true},
		"C_9449-4.3-9b everything":                  {"HTTPS://API.Example.com:443/a%7eb/./c", "https://api.example.com/a~b/c", true},
		"C_9449-4.3-9b empty path":                  {"https://api.example.com", "https://api.example.com/", true},
		"C_9449-4.3-9b empty path and a query":      {"https://api.example.com?x", "https://api.example.com/", true},
		"C_9449-4.3-9b empty port":                  {"https://api.example.com:/a", "https://api.example.com/a", true},
		"C_9449-4.3-9b port of http":                {"http://api.example.com:80/a", "http://api.example.com/a", true},
		"C_9449-4.3-9b port of the call":            {"https://api.example.com/a", "https://api.example.com:443/a", true},
		"C_9449-4.3-9b case of escapes":             {"https://api.example.com/%c3%a9", "https://api.example.com/%C3%A9", true},
		"C_9449-4.3-9b unreserved":                  {"https://api.example.com/%41%2D%2e%5F%7E", "https://api.example.com/A-._~", true},
		"C_9449-4.3-9b dots":                        {"https://api.example.com/a/../b/./c/..", "https://api.example.com/b/", true},
		"C_9449-4.3-9b escaped dots":                {"https://api.example.com/a/%2E%2e/b", "https://api.example.com/b", true},
		"C_9449-4.3-9b dots above the root":         {"https://api.example.com/../../a", "https://api.example.com/a", true},
		"C_9449-4.3-9b dots over an empty one":      {"https://api.example.com/a//../b", "https://api.example.com/a/b", true},
		"C_9449-4.3-9b dots that are no segment":    {"https://api.example.com/a/.../.b/c.", "https://api.example.com/a/.../.b/c.", true},
		"characters that no URI has":                {"https://api.example.com/a|b", "https://api.example.com/a|b", true},
		"IPv6":                                      {"https://[2001:DB8::1]:443/a", "https://[2001:db8::1]/a", true},
		"IPv6 with a port":                          {"https://[::1]:8443/a", "https://[::1]:8443/a", true},
		"C_9449-4.3-9c case of the path":            {"https://api.example.com/A", "https://api.example.com/a", false},
		"C_9449-4.3-9c final slash":                 {"https://api.example.com/a/", "https://api.example.com/a", false},
		"C_9449-4.3-9c escaped slash":               {"https://api.example.com/a%2Fb", "https://api.example.com/a/b", false},
		"C_9449-4.3-9c escaped slash of the call":   {"https://api.example.com/a/b", "https://api.example.com/a%2Fb", false},
		"C_9449-4.3-9c escaped slash beside others": {"https://api.example.com/a/b%7Cc", "https://api.example.com/a%2Fb|c", false},
		"C_9449-4.3-9c two slashes":                 {"https://api.example.com/a//b", "https://api.example.com/a/b", false},
		"C_9449-4.3-9c http":                        {"http://api.example.com/a", "https://api.example.com/a", false},
		"C_9449-4.3-9c another port":                {"https://api.example.com:8443/a", "https://api.example.com/a", false},
		"C_9449-4.3-9c port of http on https":       {"https://api.example.com:80/a", "https://api.example.com/a", false},
		"escaped twice":                             {"https://api.example.com/%2561", "https://api.example.com/a", false},
		"another host":                              {"https://api.example.com.evil.example/a", "https://api.example.com/a", false},
		"a final dot":                               {"https://api.example.com./a", "https://api.example.com/a", false},
		"a user":                                    {"https://api.example.com@api.example.com/a", "https://api.example.com/a", false},
		"zeros before the port":                     {"https://api.example.com:0443/a", "https://api.example.com/a", false},
		"a port that is no number":                  {"https://api.example.com:x/a", "https://api.example.com/a", false},
		"relative":                                  {"/a", "https://api.example.com/a", false},
		"without scheme":                            {"//api.example.com/a", "https://api.example.com/a", false},
		"without host":                              {"https:///a", "https://api.example.com/a", false},
		"another scheme":                            {"ftp://api.example.com/a", "https://api.example.com/a", false},
		"a backslash":                               {`https:\\api.example.com/a`, "https://api.example.com/a", false},
		"a space":                                   {"https://api.example.com/a ", "https://api.example.com/a", false},
		"a line break":                              {"https://api.example.com/a\n", "https://api.example.com/a", false},
		"bad escapes":                               {"https://api.example.com/a%zz", "https://api.example.com/a", false},
		"cut escape":                                {"https://api.example.com/a%4", "https://api.example.com/a", false},
		"a letter that is a k in lower case":        {"https://ban\u212a.example.com/a", "https://bank.example.com/a", false},
		"the same letter in the call":               {"https://bank.example.com/a", "https://ban\u212a.example.com/a", false},
		"not ASCII":                                 {"https://api.example.com/é", "https://api.example.com/%C3%A9", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := w.presentAt(row.target, w.forged(nil, object{"htu": row.htu}))
			if row.same {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, token.ErrProof)
			assert.Contains(t, err.Error(), "htu")
		})
	}
}

// Without a URL that is known no proof is for it, and no nonce for its origin.
func TestUnknownURL(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dpop.Config{Nonces: dpop.NewLocalNonces()})
	for _, u := range []*url.URL{nil, {}, {Scheme: "https", Path: "/orders"}, {Scheme: "ftp", Host: "api.example.com", Path: "/orders"}, {Scheme: "https", Host: "api.example.com", Path: "*"}} {
		c := newCall(t, target, w.proof())
		c.request.URL = u
		_, err := w.verifier.Authenticate(t.Context(), token.Presentation{Scheme: "DPoP", Token: w.bound, Call: c})
		require.ErrorIs(t, err, token.ErrProof)
		assert.Empty(t, c.sent)
	}
}
