package jws_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/internal/jws"
	"github.com/postern-go/postern/internal/publickey"
	"github.com/postern-go/postern/internal/rejection"
	"github.com/postern-go/postern/jwks"
)

// selfSigned is an object whose header is format with the JWK of the key in it.
func selfSigned(t *testing.T, key *ecdsa.PrivateKey, format string) string {
	t.Helper()
	jwk, ok := publickey.JWK(&key.PublicKey)
	require.True(t, ok)
	encode := base64.RawURLEncoding.EncodeToString
	input := encode(fmt.Appendf(nil, format, jwk)) + "." + encode([]byte(`{"a":1}`))
	digest := sha256.Sum256([]byte(input))
	r, s, err := ecdsa.Sign(rand.Reader, key, digest[:])
	require.NoError(t, err)
	var both [64]byte
	r.FillBytes(both[:32])
	s.FillBytes(both[32:])
	return input + "." + encode(both[:])
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	return key
}

const plain = `{"typ":"x+jwt","alg":"ES256","jwk":%s}`

func newSelfVerifier() *jws.SelfVerifier {
	return jws.NewSelfVerifier(jws.Settings{Algorithms: []string{"ES256", "ES384"}, Types: []string{"x+jwt"}})
}

// An object passes by the key that it brings along, and by nothing else in it.
func TestSelfSigned(t *testing.T) {
	t.Parallel()
	key, v := newKey(t), newSelfVerifier()
	for name, row := range map[string]struct {
		header string
		want   error
	}{
		"good":               {plain, nil},
		"kid of any kind":    {`{"kid":[],"x5c":{},"jku":"https://evil.example","typ":"x+jwt","alg":"ES256","jwk":%s}`, nil},
		"no typ":             {`{"alg":"ES256","jwk":%s}`, rejection.Type},
		"another typ":        {`{"typ":"JWT","alg":"ES256","jwk":%s}`, rejection.Type},
		"no alg":             {`{"typ":"x+jwt","jwk":%s}`, rejection.Algorithm},
		"alg of another key": {`{"typ":"x+jwt","alg":"ES384","jwk":%s}`, rejection.Algorithm},
		"alg that is off":    {`{"typ":"x+jwt","alg":"ES512","jwk":%s}`, rejection.Algorithm},
		"crit":               {`{"crit":[],"typ":"x+jwt","alg":"ES256","jwk":%s}`, rejection.Critical},
		"b64":                {`{"b64":true,"typ":"x+jwt","alg":"ES256","jwk":%s}`, rejection.Critical},
		"cty":                {`{"cty":"JWT","typ":"x+jwt","alg":"ES256","jwk":%s}`, rejection.Malformed},
		"no jwk":             {`{"typ":"x+jwt","alg":"ES256","jwks":%s}`, rejection.UnknownKey},
		"jwk in a list":      {`{"typ":"x+jwt","alg":"ES256","jwk":[%s]}`, rejection.UnknownKey},
		"jwk twice":          {`{"typ":"x+jwt","alg":"ES256","jwk":{},"jwk":%s}`, rejection.Malformed},
		"cut":                {`{"typ":"x+jwt","alg":"ES256","jwk":%s`, rejection.Malformed},
	} {
		got, err := v.Verify(selfSigned(t, key, row.header))
		require.ErrorIs(t, err, row.want, name)
		if row.want == nil {
			want, err := jwks.Key{Public: &key.PublicKey}.Thumbprint()
			require.NoError(t, err)
			assert.Equal(t, want, got.Thumbprint)
			assert.Equal(t, `{"a":1}`, got.Payload)
		}
	}
	other := newKey(t)
	mine, theirs := selfSigned(t, key, plain), selfSigned(t, other, plain)
	_, err := v.Verify(mine[:len(mine)-86] + theirs[len(theirs)-86:])
	require.ErrorIs(t, err, rejection.Signature)
}

// The text of an error about a key has nothing of a private one.
func TestPrivateKeyInAHeader(t *testing.T) {
	t.Parallel()
	_, err := newSelfVerifier().Verify(selfSigned(t, newKey(t), `{"typ":"x+jwt","alg":"ES256","jwk":{"kty":"EC","d":"c2VjcmV0","a":%s}}`))
	require.ErrorIs(t, err, rejection.UnknownKey)
	require.ErrorIs(t, err, jwks.ErrKeyPrivate)
	assert.NotContains(t, err.Error(), "c2VjcmV0")
}

// A key that is remembered is checked like a new one, and belongs to its text alone.
func TestKnownKeys(t *testing.T) {
	t.Parallel()
	key, v := newKey(t), newSelfVerifier()
	verify := func(text string) error {
		signed, err := v.Verify(text)
		if err == nil {
			v.Remember(&signed)
		}
		return err
	}
	_, err := v.Verify(selfSigned(t, key, plain))
	require.NoError(t, err)
	assert.Zero(t, v.Known(), "nothing is remembered unasked")
	for range 3 {
		require.NoError(t, verify(selfSigned(t, key, plain)))
		assert.Equal(t, 1, v.Known())
	}
	require.ErrorIs(t, verify(selfSigned(t, key, `{"typ":"x+jwt","alg":"ES384","jwk":%s}`)), rejection.Algorithm)
	forged, good := selfSigned(t, newKey(t), plain), selfSigned(t, key, plain)
	require.ErrorIs(t, verify(good[:len(good)-86]+forged[len(forged)-86:]), rejection.Signature)
	require.NoError(t, verify(selfSigned(t, newKey(t), plain)))
	assert.Equal(t, 2, v.Known())

	v.Fill(jws.MaxKnown + 10)
	assert.Equal(t, jws.MaxKnown, v.Known())
	for range 2 {
		require.NoError(t, verify(selfSigned(t, key, plain)))
	}
	assert.Equal(t, jws.MaxKnown, v.Known())
}

// A key that names an algorithm verifies that one only (RFC 7517 §4.4).
func TestAlgorithmOfTheKey(t *testing.T) {
	t.Parallel()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	jwk, _ := publickey.JWK(&key.PublicKey)
	v := jws.NewSelfVerifier(jws.Settings{Algorithms: []string{"RS256", "PS256"}, Types: []string{"x+jwt"}})
	for alg, want := range map[string]error{"PS256": nil, "RS256": rejection.Algorithm} {
		encode := base64.RawURLEncoding.EncodeToString
		header := `{"typ":"x+jwt","alg":"PS256","jwk":` + jwk[:len(jwk)-1] + `,"alg":"` + alg + `"}}`
		input := encode([]byte(header)) + "." + encode([]byte(`{}`))
		digest := sha256.Sum256([]byte(input))
		signature, err := rsa.SignPSS(rand.Reader, key, crypto.SHA256, digest[:], &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
		require.NoError(t, err)
		_, err = v.Verify(input + "." + encode(signature))
		require.ErrorIs(t, err, want)
	}
}
