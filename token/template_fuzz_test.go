package token_test

import (
	"net/url"
	"path"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token"
)

// FuzzTemplate: what a template matches is the template with one plain segment
// in the place of its variable, which leads to the same host and to no other
// path than it says.
func FuzzTemplate(f *testing.F) {
	for _, tmpl := range []string{entra, "https://a.example/{x}", "https://{x}/y", "https://a.example/{x}/{y}", "https://a.example:1/x{y}", "http://[::1]:8/{x}/", "{"} {
		for _, iss := range []string{tenant(acme), tenant(".."), "https://a.example/1", "https://a.example/%2e%2e", "https://a.example/{x}", ""} {
			f.Add(tmpl, iss)
		}
	}
	f.Fuzz(func(t *testing.T, tmpl, iss string) {
		made := token.Template{Issuer: tmpl, AnyValue: true, Config: token.Config{Audience: []string{audience}, Keys: published()}}
		cfg := token.ResolverConfig{Templates: []token.Template{made}}
		value, ok := made.Value(iss)
		if err := cfg.Validate(); err != nil {
			require.ErrorIs(t, err, token.ErrConfig)
			assertOneLine(t, err.Error())
			require.False(t, ok)
			return
		}
		begin, rest, _ := strings.Cut(tmpl, "{")
		_, end, _ := strings.Cut(rest, "}")
		require.Equal(t, ok, begin+value+end == iss && value != "")
		if !ok {
			return
		}
		require.Regexp(t, `^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$`, value)
		u, err := url.Parse(iss)
		require.NoError(t, err)
		base, err := url.Parse(begin)
		require.NoError(t, err)
		require.Equal(t, base.Host, u.Host)
		require.Equal(t, base.Scheme, u.Scheme)
		require.Nil(t, u.User)
		require.Empty(t, u.RawQuery+u.Fragment+u.RawPath)
		require.Equal(t, path.Clean(u.Path), strings.TrimSuffix(u.Path, "/"))
	})
}

// FuzzResolverIssuer: a stranger's iss is resolved only if it has one spelling
// as a URL.
func FuzzResolverIssuer(f *testing.F) {
	for _, iss := range []string{issuer, "https://a.example/../b", "https://u@a.example", "http://127.0.0.1:8/x", "https://a.example/%61", "https://[::1", "x"} {
		f.Add(iss)
	}
	f.Fuzz(func(t *testing.T, iss string) {
		d := newDirectory(nil)
		raw := b64([]byte(`{"alg":"ES256"}`)) + "." + b64([]byte(encode(map[string]any{"iss": iss}, nil))) + ".AAAA"
		_, err := authenticate(newResolver(t, d, nil), raw)
		require.ErrorIs(t, err, token.ErrInvalid)
		assertOneLine(t, err.Error())
		for asked := range d.calls {
			u, err := url.Parse(asked)
			require.NoError(t, err)
			require.Equal(t, asked, u.String())
			require.LessOrEqual(t, len(asked), 512)
			require.True(t, u.Host != "" && u.User == nil && u.RawQuery == "" && u.Fragment == "" && !u.ForceQuery)
			require.Equal(t, path.Clean("/"+u.Path), "/"+strings.Trim(u.Path, "/"))
		}
	})
}
