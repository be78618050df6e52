package tokentest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token/tokentest"
)

var everyAlgorithm = []string{
	"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519",
}

// The signatures are made with the standard library alone. Another
// implementation must accept them under the keys as published.
func TestTokenVerifiesElsewhere(t *testing.T) {
	t.Parallel()
	issuer := tokentest.NewIssuer(t, &tokentest.Options{Algorithms: everyAlgorithm})
	var set jose.JSONWebKeySet
	require.NoError(t, json.Unmarshal([]byte(get(t, issuer, issuer.KeysURL())), &set))
	require.Len(t, set.Keys, len(everyAlgorithm))

	for _, algorithm := range everyAlgorithm {
		t.Run(algorithm, func(t *testing.T) {
			t.Parallel()
			raw := issuer.Token(tokentest.Algorithm(algorithm))
			if algorithm == "Ed25519" {
				t.Skip("go-jose does not verify this name; the verifier of package token does")
			}
			jws, err := jose.ParseSigned(raw, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(algorithm)})
			require.NoError(t, err)
			keys := set.Key(jws.Signatures[0].Header.KeyID)
			require.Len(t, keys, 1)
			payload, err := jws.Verify(keys[0])
			require.NoError(t, err)
			assert.Contains(t, string(payload), `"iss":"https://issuer.test"`)
		})
	}
}

func get(t *testing.T, issuer *tokentest.Issuer, url string) string {
	t.Helper()
	response, err := issuer.Client().Get(url)
	require.NoError(t, err)
	defer response.Body.Close()
	require.Equal(t, http.StatusOK, response.StatusCode)
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return string(body)
}

func segments(t *testing.T, raw string) []string {
	t.Helper()
	parts := strings.Split(raw, ".")
	require.Len(t, parts, 3)
	return parts
}
