package introspect_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"context"

	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/introspect"
)

func TestRequest(t *testing.T) {
	t.Parallel()
	t.Run("C_7662-2.1-1 form", func(t *testing.T) {
		t.Parallel()
		i := &issuer{answer: always(goodAnswer(nil))}
		_, err := judge(t, authenticator(t, i), "opaque-1")
		require.NoError(t, err)
		r := i.last()
		assert.Equal(t, "POST", r.method)
		assert.Equal(t, endpoint, r.url, "no token in the URL")
		assert.Equal(t, "application/x-www-form-urlencoded", r.header.Get("Content-Type"))
		assert.Equal(t, "application/json", r.header.Get("Accept"))
		assert.Equal(t, []string{"opaque-1"}, r.form["token"])
		assert.Equal(t, []string{"access_token"}, r.form["token_type_hint"])
		assert.Len(t, r.form, 2)
	})
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(file, []byte("from-a-file\n"), 0o600))
	basic := func(s string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(s)) }
	for name, row := range map[string]struct {
		credentials introspect.Credentials
		field       string
		form        map[string]string
	}{
		"C_7662-2.1-2 basic, form-encoded": {introspect.Basic("a:b", "c d"), basic("a%3Ab:c+d"), nil},
		"C_7662-2.1-2 basic, raw":          {introspect.BasicRaw("a b", "c:d%"), basic("a b:c:d%"), nil},
		"C_7662-2.1-2 post":                {introspect.Post("a:b", "c d"), "", map[string]string{"client_id": "a:b", "client_secret": "c d"}},
		"C_7662-2.1-2 bearer, file":        {introspect.BearerFile(file), "Bearer from-a-file", nil},
		"C_7662-2.1-2 bearer, source": {introspect.BearerSource(func(context.Context) (string, error) { return "from-a-source", nil }),
			"Bearer from-a-source", nil},
		"C_7662-2.1-2 mTLS": {introspect.MTLS("photos", nil), "", map[string]string{"client_id": "photos"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := &issuer{answer: always(goodAnswer(nil))}
			a := authenticator(t, i, func(c *introspect.Config) { c.Credentials = row.credentials })
			_, err := judge(t, a, "opaque-1")
			require.NoError(t, err)
			assert.Equal(t, row.field, i.last().header.Get("Authorization"))
			assert.Len(t, i.last().form, 2+len(row.form))
			for name, value := range row.form {
				assert.Equal(t, value, i.last().form.Get(name))
			}
		})
	}
}

func TestPrivateKeyJWT(t *testing.T) {
	t.Parallel()
	ec, _ := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	_, ed, _ := ed25519.GenerateKey(rand.Reader)
	rsaKey, _ := rsa.GenerateKey(rand.Reader, 2048)
	for name, row := range map[string]struct {
		key introspect.PrivateKey
		alg string
	}{
		"C_7662-2.1-2 ECDSA":   {introspect.PrivateKey{Key: ec, KeyID: "k1"}, "ES384"},
		"C_7662-2.1-2 Ed25519": {introspect.PrivateKey{Key: ed}, "EdDSA"},
		"C_7662-2.1-2 RSA":     {introspect.PrivateKey{Key: rsaKey}, "PS256"},
		"C_7662-2.1-2 RS256":   {introspect.PrivateKey{Key: rsaKey, Algorithm: "RS256"}, "RS256"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			row.key.ClientID = "photos"
			i := &issuer{answer: always(goodAnswer(nil))}
			a := authenticator(t, i, func(c *introspect.Config) { c.Credentials = introspect.PrivateKeyJWT(row.key) })
			ids := map[any]bool{}
			for _, raw := range []string{"opaque-1", "opaque-2"} {
				_, err := judge(t, a, raw)
				require.NoError(t, err)
				assert.Equal(t, "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", i.last().form.Get("client_assertion_type"))
				jws, err := jose.ParseSigned(i.last().form.Get("client_assertion"), []jose.SignatureAlgorithm{jose.SignatureAlgorithm(row.alg)})
				require.NoError(t, err)
				payload, err := jws.Verify(row.key.Key.Public())
				require.NoError(t, err)
				assert.Equal(t, row.key.KeyID, jws.Signatures[0].Header.KeyID)
				var claims map[string]any
				require.NoError(t, json.Unmarshal(payload, &claims))
				assert.Equal(t, issuerID, claims["aud"], "the issuer, one string")
				assert.Equal(t, "photos", claims["iss"])
				assert.Equal(t, "photos", claims["sub"])
				assert.InDelta(t, time.Now().Unix(), claims["iat"], 5)
				assert.LessOrEqual(t, claims["exp"].(float64)-claims["iat"].(float64), 60.0)
				ids[claims["jti"]] = true
			}
			assert.Len(t, ids, 2, "an assertion is made for each request")
		})
	}
}

// No text shows a secret.
func TestSecretsAreNotPrinted(t *testing.T) {
	t.Parallel()
	const secret = "s3cr3t"
	i := &issuer{answer: always(answer{status: 401, body: secret})}
	for _, c := range []introspect.Credentials{introspect.Basic("photos", secret), introspect.BasicRaw("photos", secret), introspect.Post("photos", secret)} {
		a := authenticator(t, i, func(cfg *introspect.Config) { cfg.Credentials = c })
		_, err := judge(t, a, "tok-3n")
		require.ErrorIs(t, err, token.ErrUnavailable)
		status, _ := a.Status().MarshalJSON()
		for _, text := range []string{c.String(), err.Error(), string(status)} {
			assert.NotContains(t, text, secret)
			assert.NotContains(t, text, "tok-3n")
		}
		assert.True(t, strings.Contains(c.String(), "photos"))
	}
}
