package jwks_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"math/big"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/jwks"
)

// dpopEC is the key of RFC 9449 §4.1.
const dpopEC = `{"kty":"EC","x":"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",` +
	`"y":"9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA","crv":"P-256"}`

func TestThumbprint(t *testing.T) {
	t.Parallel()
	const ofRSA, ofEd = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs", "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
	tests := map[string]struct{ jwk, want string }{
		"C_7638-3-1 RFC 7638 section 3.1":        {fixedRSA, ofRSA},
		"C_7638-3-1 RFC 8037 appendix A.3":       {fixedEd, ofEd},
		"C_7638-3-1 RFC 9449 section 6.1":        {dpopEC, "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"},
		"C_7638-3-1 members that are not hashed": {`{"use":"sig","kid":"k","key_ops":["verify"],` + fixedEd[1:], ofEd},
		"C_7638-3-1 members escaped":             {strings.Replace(fixedEd, `"OKP"`, `"\u004fKP"`, 1), ofEd},
		"C_7638-7-1 zero before the exponent":    {strings.Replace(fixedRSA, `"AQAB"`, `"AAEAAQ"`, 1), ofRSA},
		"C_7638-7-1 zero before the modulus":     {withZero(t, fixedRSA), ofRSA},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k, err := jwks.ParseKey([]byte(test.jwk))
			require.NoError(t, err)
			got, err := k.Thumbprint()
			require.NoError(t, err)
			assert.Equal(t, test.want, got)
		})
	}
}

// withZero writes a zero byte before the modulus of an RSA key.
func withZero(t *testing.T, jwk string) string {
	t.Helper()
	_, rest, _ := strings.Cut(jwk, `"n":"`)
	n, _, _ := strings.Cut(rest, `"`)
	modulus, err := base64.RawURLEncoding.DecodeString(n)
	require.NoError(t, err)
	return strings.Replace(jwk, n, base64.RawURLEncoding.EncodeToString(append([]byte{0}, modulus...)), 1)
}

// Coordinates have their full length, zeros at the front included: of P-256, one
// key in a hundred and twenty-eight has one.
func TestThumbprintsAreThoseOfTheReference(t *testing.T) {
	t.Parallel()
	keys := []testKey{rsaKey("k"), edKey("k"), ecKeyOn(elliptic.P384(), "k"), ecKeyOn(elliptic.P521(), "k")}
	for range 300 {
		keys = append(keys, ecKey("k"))
	}
	for _, k := range keys {
		requireThumbprint(t, jwks.Key{ID: "other", Algorithm: "x", Public: k.public})
	}
}

func requireThumbprint(t testing.TB, k jwks.Key) {
	t.Helper()
	want, err := (&jose.JSONWebKey{Key: k.Public}).Thumbprint(crypto.SHA256)
	require.NoError(t, err)
	got, err := k.Thumbprint()
	require.NoError(t, err)
	require.Equal(t, base64.RawURLEncoding.EncodeToString(want), got)
}

func TestKeysWithoutThumbprint(t *testing.T) {
	t.Parallel()
	p224, p256 := elliptic.P224().Params(), elliptic.P256().Params()
	tests := map[string]struct {
		key  crypto.PublicKey
		want error
	}{
		"none":               {nil, jwks.ErrKeyUnsupported},
		"nil RSA":            {(*rsa.PublicKey)(nil), jwks.ErrKeyMalformed},
		"RSA of nothing":     {&rsa.PublicKey{}, jwks.ErrKeyMalformed},
		"no exponent":        {&rsa.PublicKey{N: big.NewInt(1)}, jwks.ErrKeyMalformed},
		"zero":               {&rsa.PublicKey{N: new(big.Int), E: 3}, jwks.ErrKeyMalformed},
		"negative":           {&rsa.PublicKey{N: big.NewInt(-1), E: 3}, jwks.ErrKeyMalformed},
		"nil EC":             {(*ecdsa.PublicKey)(nil), jwks.ErrKeyMalformed},
		"EC of nothing":      {&ecdsa.PublicKey{}, jwks.ErrKeyMalformed},
		"not on the curve":   {&ecdsa.PublicKey{Curve: elliptic.P256(), X: big.NewInt(1), Y: big.NewInt(1)}, jwks.ErrKeyMalformed},
		"a curve of our own": {&ecdsa.PublicKey{Curve: p256, X: p256.Gx, Y: p256.Gy}, jwks.ErrKeyMalformed},
		"another curve":      {&ecdsa.PublicKey{Curve: elliptic.P224(), X: p224.Gx, Y: p224.Gy}, jwks.ErrKeyUnsupported},
		"short Ed25519":      {make(ed25519.PublicKey, 31), jwks.ErrKeyMalformed},
		"private":            {rsaPrivate(), jwks.ErrKeyPrivate},
		"secret":             {[]byte("secret"), jwks.ErrKeySymmetric},
		"nonsense":           {5, jwks.ErrKeyUnsupported},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := jwks.Key{Public: test.key}.Thumbprint()
			require.ErrorIs(t, err, test.want)
			assert.Empty(t, got)
		})
	}
	weak := &rsa.PublicKey{N: big.NewInt(35), E: 3}
	require.ErrorIs(t, jwks.CheckKey(jwks.Key{Public: weak}), jwks.ErrKeyWeak)
	requireThumbprint(t, jwks.Key{Public: weak})
}

func TestParseKey(t *testing.T) {
	t.Parallel()
	good := ecKey("k")
	tests := map[string]struct {
		jwk  string
		want error // nil: the key
		text string
	}{
		"good":          {good.json(), nil, ""},
		"spaces around": {" \n" + good.json() + "\t", nil, ""},
		"the longest":   {good.json() + strings.Repeat(" ", 512<<10-len(good.json())), nil, ""},
		"private":       {good.with("d", "AA").json(), jwks.ErrKeyPrivate, "jwks: private key published"},
		"symmetric":     {`{"kty":"oct","k":"c2VjcmV0"}`, jwks.ErrKeySymmetric, "jwks: symmetric key published"},
		"weak":          {rsaKey("k").with("e", "AQ").json(), jwks.ErrKeyWeak, "jwks: weak key: e is outside of the odd numbers from 3 to 65537"},
		"encryption":    {good.with("use", "enc").json(), jwks.ErrKeyUse, `jwks: key is not for verifying: use is "enc"`},
		"algorithm":     {good.with("alg", "RS256").json(), jwks.ErrKeyAlgorithm, `jwks: key is for another algorithm: alg is "RS256", kty is "EC"`},
		"curve":         {good.with("crv", "secp256k1").json(), jwks.ErrKeyUnsupported, `jwks: unsupported key type or curve: kty is "EC", crv is "secp256k1"`},
		"repeated":      {`{"kty":"EC",` + good.json()[1:], jwks.ErrKeyMalformed, "jwks: malformed key: no JSON object with distinct members"},
		"trailing":      {good.json() + "{}", jwks.ErrKeyMalformed, "jwks: malformed key: no JSON object with distinct members"},
		"a set":         {setOf(good), jwks.ErrKeyMalformed, "jwks: malformed key: kty is absent"},
		"an array":      {"[" + good.json() + "]", jwks.ErrKeyMalformed, "jwks: malformed key"},
		"null":          {"null", jwks.ErrKeyMalformed, "jwks: malformed key"},
		"nothing":       {"", jwks.ErrKeyMalformed, "jwks: malformed key"},
		"no UTF-8":      {good.with("x5t", "?").json()[:20] + "\xff", jwks.ErrKeyMalformed, "jwks: malformed key"},
		"hostile":       {good.with("kty", hostile).json(), jwks.ErrKeyMalformed, "jwks: malformed key"},
		"too large":     {good.json() + strings.Repeat(" ", 512<<10-len(good.json())+1), jwks.ErrTooLarge, "jwks: a key has at most 524288 bytes"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k, err := jwks.ParseKey([]byte(test.jwk))
			if test.want == nil {
				require.NoError(t, err)
				requireSame(t, good, k)
				return
			}
			require.ErrorIs(t, err, test.want)
			assert.Zero(t, k)
			assert.True(t, strings.HasPrefix(err.Error(), test.text), err)
			assert.True(t, printable.Is(err.Error()) && len(err.Error()) <= printable.MaxLine, err)
		})
	}
}
