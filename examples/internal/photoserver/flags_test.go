package photoserver

import (
	"flag"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

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
		"no mode":                 {"-issuer", "https://a", "-audience", "x", "-dpop", "yes"},
		"a nonce of no proof":     {"-issuer", "https://a", "-audience", "x", "-dpop-nonce"},
		"no base URL":             {"-issuer", "https://a", "-audience", "x", "-base-url", "photos.example"},
		"something left over":     {"-issuer", "https://a", "-audience", "x", "y"},
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
	for _, name := range []string{"-listen", "-grpc-listen", "-issuer", "-audience", "-jwks", "-settings"} {
		assert.Contains(t, told.String(), name)
	}
}
