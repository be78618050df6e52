package jwks_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"math/big"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/jwks"
)

// A key is judged alike whether it is read from a set or made by hand.
func TestCheckKeyAgreesWithParseSet(t *testing.T) {
	t.Parallel()
	numbers := func(n, e *big.Int) testKey {
		return newKey("k", &rsa.PublicKey{N: n, E: int(e.Int64())})
	}
	good := rsaPrivate().N
	bits := func(n uint) *big.Int { return new(big.Int).SetBit(good, int(n)-1, 1) }
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	require.NoError(t, err)
	m := primorial()
	roca := new(big.Int).Exp(big.NewInt(65537), big.NewInt(99), m)
	roca.Add(roca, new(big.Int).Mul(m, new(big.Int).Lsh(big.NewInt(12345), 1840)))
	for name, c := range map[string]struct {
		key  testKey
		alg  string
		want error
	}{
		"RSA":                       {rsaKey("k"), "", nil},
		"RSA for PS512":             {rsaKey("k"), "PS512", nil},
		"RSA for ES256":             {rsaKey("k"), "ES256", jwks.ErrKeyAlgorithm},
		"RSA for encryption":        {rsaKey("k"), "RSA-OAEP", jwks.ErrKeyAlgorithm},
		"C_7518-3.3-1 1024 bits":    {newKey("k", small.Public()), "", jwks.ErrKeyWeak},
		"C_7518-3.3-1 8193 bits":    {numbers(bits(8193), big.NewInt(3)), "", jwks.ErrKeyWeak},
		"C_7518-3.3-2 exponent 1":   {numbers(good, big.NewInt(1)), "", jwks.ErrKeyWeak},
		"C_7518-3.3-2 even":         {numbers(good, big.NewInt(65536)), "", jwks.ErrKeyWeak},
		"C_7518-3.3-2 3":            {numbers(good, big.NewInt(3)), "", nil},
		"C_7518-3.3-2 65539":        {numbers(good, big.NewInt(65539)), "", jwks.ErrKeyWeak},
		"C_7518-3.3-2 2^31-1":       {numbers(good, big.NewInt(1<<31-1)), "", jwks.ErrKeyWeak},
		"a small factor":            {numbers(new(big.Int).Mul(good, big.NewInt(3)), big.NewInt(3)), "", jwks.ErrKeyWeak},
		"ROCA":                      {numbers(roca, big.NewInt(65537)), "", jwks.ErrKeyWeak},
		"P-256":                     {ecKey("k"), "ES256", nil},
		"P-384":                     {ecKeyOn(elliptic.P384(), "k"), "ES384", nil},
		"P-521":                     {ecKeyOn(elliptic.P521(), "k"), "ES512", nil},
		"P-256 for ES384":           {ecKey("k"), "ES384", jwks.ErrKeyAlgorithm},
		"Ed25519":                   {edKey("k"), "Ed25519", nil},
		"Ed25519 for EdDSA":         {edKey("k"), "EdDSA", nil},
		"Ed25519 for RS256":         {edKey("k"), "RS256", jwks.ErrKeyAlgorithm},
		"a point of small order":    {newKey("k", make(ed25519.PublicKey, 32)), "", jwks.ErrKeyWeak},
		"a point of small order, 1": {newKey("k", append(ed25519.PublicKey{1}, make([]byte, 31)...)), "", jwks.ErrKeyWeak},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := jwks.CheckKey(jwks.Key{ID: "k", Algorithm: c.alg, Public: c.key.public})
			require.ErrorIs(t, err, c.want)
			fromSet := c.key
			if c.alg != "" {
				fromSet = fromSet.with("alg", c.alg)
			}
			require.ErrorIs(t, judge(t, fromSet), c.want)
		})
	}
}

// What is no public key is told apart, and nothing that is not whole panics.
func TestCheckKeyRefuses(t *testing.T) {
	t.Parallel()
	off := ecKey("k").public.(*ecdsa.PublicKey)
	off = &ecdsa.PublicKey{Curve: off.Curve, X: off.X, Y: new(big.Int).Add(off.Y, big.NewInt(1))}
	p224, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	require.NoError(t, err)
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	for name, c := range map[string]struct {
		key  crypto.PublicKey
		want error
	}{
		"nil":                          {nil, jwks.ErrKeyUnsupported},
		"a string":                     {"key", jwks.ErrKeyUnsupported},
		"a certificate":                {&x509.Certificate{}, jwks.ErrKeyUnsupported},
		"a struct":                     {rsa.PublicKey{}, jwks.ErrKeyUnsupported},
		"C_7517-4.1-2 RSA private":     {rsaPrivate(), jwks.ErrKeyPrivate},
		"C_7517-4.1-2 EC private":      {p224, jwks.ErrKeyPrivate},
		"C_7517-4.1-2 Ed25519 private": {ed, jwks.ErrKeyPrivate},
		"a secret":                     {[]byte("secret"), jwks.ErrKeySymmetric},
		"P-224":                        {p224.Public(), jwks.ErrKeyUnsupported},
		"a curve of one's own":         {&ecdsa.PublicKey{Curve: &elliptic.CurveParams{Name: "P-256"}, X: off.X, Y: off.Y}, jwks.ErrKeyMalformed},
		"off its curve":                {off, jwks.ErrKeyMalformed},
		"EC, nil":                      {(*ecdsa.PublicKey)(nil), jwks.ErrKeyMalformed},
		"EC, empty":                    {&ecdsa.PublicKey{}, jwks.ErrKeyMalformed},
		"EC, no curve":                 {&ecdsa.PublicKey{X: off.X, Y: off.Y}, jwks.ErrKeyMalformed},
		"EC, no point":                 {&ecdsa.PublicKey{Curve: elliptic.P256()}, jwks.ErrKeyMalformed},
		"EC, half a point":             {&ecdsa.PublicKey{Curve: elliptic.P256(), X: off.X}, jwks.ErrKeyMalformed},
		"EC, the other half":           {&ecdsa.PublicKey{Curve: elliptic.P256(), Y: off.Y}, jwks.ErrKeyMalformed},
		"EC, negative":                 {&ecdsa.PublicKey{Curve: elliptic.P256(), X: big.NewInt(-1), Y: off.Y}, jwks.ErrKeyMalformed},
		"RSA, nil":                     {(*rsa.PublicKey)(nil), jwks.ErrKeyMalformed},
		"RSA, empty":                   {&rsa.PublicKey{}, jwks.ErrKeyMalformed},
		"RSA, zero":                    {&rsa.PublicKey{N: new(big.Int), E: 3}, jwks.ErrKeyMalformed},
		"RSA, negative":                {&rsa.PublicKey{N: new(big.Int).Neg(rsaPrivate().N), E: 3}, jwks.ErrKeyMalformed},
		"Ed25519, nil":                 {ed25519.PublicKey(nil), jwks.ErrKeyMalformed},
		"Ed25519, short":               {ed25519.PublicKey(make([]byte, 31)), jwks.ErrKeyMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := jwks.CheckKey(jwks.Key{Public: c.key})
			require.ErrorIs(t, err, c.want)
			assert.NotContains(t, err.Error(), "secret")
		})
	}
}

func TestDiscovers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		cfg  jwks.RemoteConfig
		want string
	}{
		"discovered":         {jwks.RemoteConfig{Issuer: issuerURL}, issuerURL},
		"discovered, slash":  {jwks.RemoteConfig{Issuer: issuerURL + "/"}, issuerURL + "/"},
		"URLs":               {jwks.RemoteConfig{URLs: []string{keysURL}}, ""},
		"URLs and an issuer": {jwks.RemoteConfig{Issuer: issuerURL, URLs: []string{keysURL}}, ""},
	} {
		r, err := jwks.NewRemote(c.cfg)
		require.NoError(t, err, name)
		assert.Equal(t, c.want, r.Discovers(), name)
	}
	assert.Empty(t, (*jwks.Remote)(nil).Discovers())
}

// Keys without a kid are the answer for any, and a kid that one of
// them has is a name again.
func TestC_7517_4_5_4_StaticWithoutKids(t *testing.T) {
	t.Parallel()
	a, b := jwks.Key{Public: edKey("").public}, jwks.Key{Public: edKey("").public}
	named := jwks.Key{ID: "c", Public: edKey("").public}
	for name, c := range map[string]struct {
		source jwks.Static
		kid    string
		want   []jwks.Key
	}{
		"one":               {jwks.Static{a}, "x", []jwks.Key{a}},
		"two":               {jwks.Static{a, b}, "x", []jwks.Key{a, b}},
		"no kid asked for":  {jwks.Static{a, b}, "", []jwks.Key{a, b}},
		"one of them named": {jwks.Static{a, named, b}, "x", nil},
		"the one named":     {jwks.Static{a, named, b}, "c", []jwks.Key{named}},
		"none":              {jwks.Static{}, "x", nil},
	} {
		got, err := c.source.Keys(t.Context(), c.kid)
		assert.Equal(t, c.want, got, name)
		if c.want == nil {
			require.ErrorIs(t, err, jwks.ErrNotFound, name)
		}
	}
}
