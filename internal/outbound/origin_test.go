package outbound_test

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/internal/outbound"
)

func TestOrigin(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"https://api.example.com":          "https://api.example.com",
		"HTTPS://API.example.com:443/a?b":  "https://api.example.com",
		"https://api.example.com:8443/":    "https://api.example.com:8443",
		"http://127.0.0.1:80":              "http://127.0.0.1",
		"http://[::1]:81/a":                "http://[::1]:81",
		"https://[::1]:443":                "https://[::1]",
		"https://u:p@api.example.com:/a#b": "https://api.example.com",
	} {
		u, err := url.Parse(text)
		require.NoError(t, err)
		assert.Equal(t, want, outbound.OriginOf(u).String(), text)
	}
}

func TestOrigins(t *testing.T) {
	t.Parallel()
	_, err := outbound.NewOrigins()
	assert.Error(t, err)
	for _, bad := range []string{"", "api.example.com", "https://", "https://a/b", "http://a.example", "ftp://127.0.0.1", "https://\u00e9.example"} {
		_, err := outbound.NewOrigins("https://good.example", bad)
		assert.Error(t, err, bad)
	}
	all, err := outbound.NewOrigins("https://a.example", "http://127.0.0.1:81")
	require.NoError(t, err)
	assert.NoError(t, all.CheckForeign())
	for text, want := range map[string]bool{
		"https://a.example/x": true, "https://A.example:443/": true, "http://127.0.0.1:81": true,
		"http://a.example/": false, "https://a.example:444/": false, "https://b.example/": false, "https://\u017f.example": false,
	} {
		u, err := url.Parse(text)
		require.NoError(t, err)
		assert.Equal(t, want, all.Lists(u), text)
	}
	all, err = outbound.NewOrigins("http://LOCALHOST:81")
	require.NoError(t, err)
	assert.Error(t, all.CheckForeign())
}
