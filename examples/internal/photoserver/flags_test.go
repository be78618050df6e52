package photoserver

import (
	"flag"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/settings"
)

var photoservice = Program{Name: "photoservice"}

// The flags of the service itself; those of issuers have tests of their own.
func TestParse(t *testing.T) {
	t.Parallel()
	o, err := photoservice.Parse(strings.Fields("-issuer https://a -audience https://photos -grpc-listen="), io.Discard)
	require.NoError(t, err)
	assert.Equal(t, "127.0.0.1:8080", o.listen)
	assert.Empty(t, o.grpcListen)
	assert.Equal(t, []settings.Issuer{{Config: token.Config{Issuer: "https://a", Audience: []string{"https://photos"}}}}, o.settings.Issuers)
}

// The resource stands for the audience of issuers without one.
func TestParseResource(t *testing.T) {
	t.Parallel()
	o, err := photoservice.Parse(strings.Fields("-issuer https://a -resource https://photos -metadata -issuer https://b -audience https://photos -audience x"), io.Discard)
	require.NoError(t, err)
	assert.Equal(t, scope.Resource{Realm: "photos", Identifier: "https://photos", PublishesMetadata: true}, o.resource)
	assert.Equal(t, []string{"https://photos"}, o.settings.Issuers[0].Config.Audience)
	assert.Equal(t, []string{"https://photos", "x"}, o.settings.Issuers[1].Config.Audience)
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{
		"nothing":                 {},
		"no audience":             {"-issuer", "https://a"},
		"no issuer":               {"-audience", "x"},
		"second without audience": {"-issuer", "https://a", "-audience", "x", "-issuer", "https://b"},
		"first without audience":  {"-issuer", "https://a", "-issuer", "https://b", "-audience", "x"},
		"same issuer twice":       {"-issuer", "https://a", "-audience", "x", "-issuer", "https://a", "-audience", "y"},
		"empty issuer":            {"-issuer", "", "-audience", "x"},
		"no such file":            {"-settings", "/nonexistent"},
		"empty audience":          {"-issuer", "https://a", "-audience", ""},
		"unknown flag":            {"-issuer", "https://a", "-audience", "x", "-insecure"},
		"metadata of nothing":     {"-issuer", "https://a", "-audience", "x", "-metadata"},
		"metadata by http":        {"-issuer", "https://a", "-resource", "http://photos.example", "-metadata"},
		"resource that is no URI": {"-issuer", "https://a", "-resource", "photos"},
		"something left over":     {"-issuer", "https://a", "-audience", "x", "y"},
		"no way to take proofs":   {"-issuer", "https://a", "-audience", "x", "-dpop", "yes"},
		"nonces without proofs":   {"-issuer", "https://a", "-audience", "x", "-dpop-nonce"},
		"a key without nonces":    {"-issuer", "https://a", "-audience", "x", "-dpop", "accept", "-dpop-nonce-keys", "f"},
		"base without a host":     {"-issuer", "https://a", "-audience", "x", "-base-url", "/photos"},
		"no certificates":         {"-issuer", "https://a", "-audience", "x", "-mtls"},
		"half a certificate":      {"-issuer", "https://a", "-audience", "x", "-tls-cert", "f"},
		"a field of no proxy":     {"-issuer", "https://a", "-audience", "x", "-mtls", "-client-cert-header", "xfcc"},
		"a proxy and no field":    {"-issuer", "https://a", "-audience", "x", "-mtls", "-tls-cert", "f", "-tls-key", "f", "-trusted-proxy", "10.0.0.0/8"},
		"proxies everywhere":      {"-issuer", "https://a", "-audience", "x", "-mtls", "-client-cert-header", "xfcc", "-trusted-proxy", "0.0.0.0/0"},
		"no network":              {"-issuer", "https://a", "-audience", "x", "-mtls", "-client-cert-header", "xfcc", "-trusted-proxy", "10.0.0.1"},
		"no such format":          {"-issuer", "https://a", "-audience", "x", "-mtls", "-client-cert-header", "der", "-trusted-proxy", "10.0.0.0/8"},
		"a field and no mtls":     {"-issuer", "https://a", "-audience", "x", "-client-cert-header", "xfcc", "-trusted-proxy", "10.0.0.0/8"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var told strings.Builder
			_, err := photoservice.Parse(args, &told)
			assert.Error(t, err)
			assert.NotEmpty(t, told.String(), "whoever typed it is told what is wrong")
		})
	}
}

func TestParseHelp(t *testing.T) {
	t.Parallel()
	var told strings.Builder
	_, err := photoservice.Parse([]string{"-h"}, &told)
	assert.ErrorIs(t, err, flag.ErrHelp)
	for _, name := range []string{"-listen", "-grpc-listen", "-issuer", "-audience", "-jwks", "-settings", "-dpop", "-mtls", "-introspect", "-opaque"} {
		assert.Contains(t, told.String(), name)
	}
}
