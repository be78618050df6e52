package jwks_test

import (
	"crypto/ed25519"
	"crypto/elliptic"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/jwks"
)

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func unb64(t *testing.T, v any) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(v.(string))
	require.NoError(t, err)
	return b
}

func TestParseSetJudgesEachKey(t *testing.T) {
	t.Parallel()
	ec, ed, rsa := ecKey("k"), edKey("k"), rsaKey("k")
	x := unb64(t, ec.jwk["x"])
	flipped := append([]byte{}, x...)
	flipped[31] ^= 1
	modulus := func(bits int) string { // odd, and without small factors as far as it matters
		n := new(big.Int).Lsh(big.NewInt(1), uint(bits-1))
		for n.Add(n, big.NewInt(1)); ; n.Add(n, big.NewInt(2)) {
			if new(big.Int).GCD(nil, nil, n, primorial()).Cmp(big.NewInt(1)) == 0 {
				return b64(n.Bytes())
			}
		}
	}
	even := new(big.Int).Sub(rsaPrivate().N, big.NewInt(1))
	by3 := new(big.Int).Mul(big.NewInt(3), new(big.Int).SetBytes(unb64(t, modulus(2060))))
	tests := map[string]struct {
		key  testKey
		want error // nil: used
	}{
		"EC P-256":             {ec, nil},
		"EC P-384":             {ecKeyOn(elliptic.P384(), "k"), nil},
		"EC P-521":             {ecKeyOn(elliptic.P521(), "k"), nil},
		"Ed25519":              {ed, nil},
		"RSA":                  {rsa, nil},
		"without kid":          {ec.with("kid", nil), nil},
		"with an empty kid":    {ec.with("kid", ""), nil},
		"with unknown members": {ec.with("x-comment", map[string]any{"a": 1}).with("iat", 5), nil},

		"C_7517-4.2-1 use sig": {ec.with("use", "sig"), nil},
		"C_7517-4.2-1 use enc": {ec.with("use", "enc"), jwks.ErrKeyUse},
		"use SIG":              {ec.with("use", "SIG"), jwks.ErrKeyUse},
		"use of another type":  {ec.with("use", []string{"sig"}), jwks.ErrKeyMalformed},
		"use empty":            {ec.with("use", ""), jwks.ErrKeyMalformed},

		"key_ops verify":                             {ec.with("key_ops", []string{"verify"}), nil},
		"key_ops sign and verify":                    {ec.with("key_ops", []string{"sign", "verify"}).with("use", "sig"), nil},
		"key_ops more, no use":                       {ec.with("key_ops", []string{"verify", "deriveKey"}), nil},
		"C_7517-4.3-1 encrypt":                       {ec.with("key_ops", []string{"encrypt"}), jwks.ErrKeyUse},
		"C_7517-4.3-1 contradicts use":               {ec.with("key_ops", []string{"encrypt"}).with("use", "sig"), jwks.ErrKeyUse},
		"C_7517-4.3-1 contradicts use beside verify": {ec.with("key_ops", []string{"verify", "encrypt"}).with("use", "sig"), jwks.ErrKeyUse},
		"key_ops sign only":                          {ec.with("key_ops", []string{"sign"}), jwks.ErrKeyUse},
		"key_ops empty":                              {ec.with("key_ops", []string{}), jwks.ErrKeyUse},
		"key_ops repeated":                           {ec.with("key_ops", []string{"verify", "verify"}), jwks.ErrKeyMalformed},
		"key_ops of another type":                    {ec.with("key_ops", "verify"), jwks.ErrKeyMalformed},
		"key_ops with a number":                      {ec.with("key_ops", []any{"verify", 1}), jwks.ErrKeyMalformed},

		"C_7517-4.4-1 RSA RS512":     {rsa.with("alg", "RS512"), nil},
		"RSA PS256":                  {rsa.with("alg", "PS256"), nil},
		"EC ES256":                   {ec.with("alg", "ES256"), nil},
		"P-521 ES512":                {ecKeyOn(elliptic.P521(), "k").with("alg", "ES512"), nil},
		"Ed25519 EdDSA":              {ed.with("alg", "EdDSA"), nil},
		"C_9864-2.2-1 Ed25519":       {ed.with("alg", "Ed25519"), nil},
		"C_9864-2.2-2 Ed448":         {ed.with("alg", "Ed448"), jwks.ErrKeyAlgorithm},
		"alg of another kty":         {ec.with("alg", "RS256"), jwks.ErrKeyAlgorithm},
		"alg of another curve":       {ec.with("alg", "ES384"), jwks.ErrKeyAlgorithm},
		"alg for encryption":         {rsa.with("alg", "RSA-OAEP"), jwks.ErrKeyAlgorithm},
		"alg none":                   {rsa.with("alg", "none"), jwks.ErrKeyAlgorithm},
		"alg HS256 on an RSA key":    {rsa.with("alg", "HS256"), jwks.ErrKeyAlgorithm},
		"alg in other case":          {rsa.with("alg", "rs256"), jwks.ErrKeyAlgorithm},
		"alg of another type":        {rsa.with("alg", 256), jwks.ErrKeyMalformed},
		"kid of another type":        {rsa.with("kid", 1), jwks.ErrKeyMalformed},
		"kid longer than any header": {rsa.with("kid", strings.Repeat("k", 5000)), jwks.ErrKeyMalformed},

		"C_7517-5-1 AKP":           {testKey{id: "k", jwk: map[string]any{"kty": "AKP", "alg": "ML-DSA-44", "pub": "AA", "kid": "k"}}, jwks.ErrKeyUnsupported},
		"C_7517-5-1 Ed448":         {ed.with("crv", "Ed448"), jwks.ErrKeyUnsupported},
		"C_7517-5-1 secp256k1":     {ec.with("crv", "secp256k1"), jwks.ErrKeyUnsupported},
		"C_7517-5-1 RSA without n": {rsa.with("n", nil), jwks.ErrKeyMalformed},
		"RSA without e":            {rsa.with("e", nil), jwks.ErrKeyMalformed},
		"EC without y":             {ec.with("y", nil), jwks.ErrKeyMalformed},
		"EC without crv":           {ec.with("crv", nil), jwks.ErrKeyUnsupported},
		"without kty":              {ec.with("kty", nil), jwks.ErrKeyMalformed},
		"kty in other case":        {rsa.with("kty", "rsa"), jwks.ErrKeyUnsupported},
		"EC as RSA":                {ec.with("kty", "RSA"), jwks.ErrKeyMalformed},

		"C_7517-4.1-1 oct":                 {testKey{id: "k", jwk: map[string]any{"kty": "oct", "k": "c2VjcmV0", "kid": "k", "alg": "HS256"}}, jwks.ErrKeySymmetric},
		"C_7517-4.1-2 RSA with d":          {rsa.with("d", "AQAB"), jwks.ErrKeyPrivate},
		"C_7517-4.1-2 EC with d":           {ec.with("d", ec.jwk["x"]), jwks.ErrKeyPrivate},
		"C_7517-4.1-2 RSA with p":          {rsa.with("p", "AQAB"), jwks.ErrKeyPrivate},
		"C_7517-4.1-2 EC with k":           {ec.with("k", "AQAB"), jwks.ErrKeyPrivate},
		"C_7517-4.1-2 with oth":            {rsa.with("oth", []any{}), jwks.ErrKeyPrivate},
		"private of an unknown kty":        {testKey{id: "k", jwk: map[string]any{"kty": "AKP", "priv": "AA", "kid": "k"}}, jwks.ErrKeyPrivate},
		"private for encryption":           {rsa.with("d", "AQAB").with("use", "enc"), jwks.ErrKeyPrivate},
		"C_7517-4.7-1 malformed x5c":       {ec.with("x5c", []string{"!!"}), nil},
		"C_7517-4.7-1 x5c of another type": {ec.with("x5c", 7).with("x5t", 7).with("x5u", ":").with("x5t#S256", "!"), nil},
		"C_7517-4.7-1 x5c of another key":  {ec.with("x5c", []string{expiredCertificate}), nil},

		"C_7518-3.3-1 1024 bits":            {rsa.with("n", modulus(1024)), jwks.ErrKeyWeak},
		"C_7518-3.3-1 2047 bits":            {rsa.with("n", modulus(2047)), jwks.ErrKeyWeak},
		"C_7518-3.3-1 2048 bits":            {rsa.with("n", modulus(2048)), nil},
		"8 bits":                            {rsa.with("n", "_w"), jwks.ErrKeyWeak},
		"2047 bits behind zeros":            {rsa.with("n", b64(append(make([]byte, 100), unb64(t, modulus(2047))...))), jwks.ErrKeyWeak},
		"2048 bits behind a zero":           {rsa.with("n", b64(append([]byte{0}, rsaPrivate().N.Bytes()...))), nil},
		"C_7518-3.3-2 8192 bits":            {rsa.with("n", modulus(8192)), nil},
		"C_7518-3.3-2 8193 bits":            {rsa.with("n", modulus(8193)), jwks.ErrKeyWeak},
		"C_7518-3.3-2 16384 bits":           {rsa.with("n", modulus(16384)), jwks.ErrKeyWeak},
		"even modulus":                      {rsa.with("n", b64(even.Bytes())), jwks.ErrKeyWeak},
		"modulus divisible by 3":            {rsa.with("n", b64(by3.Bytes())), jwks.ErrKeyWeak},
		"C_7518-3.3-2 e = 1":                {rsa.with("e", "AQ"), jwks.ErrKeyWeak},
		"C_7518-3.3-2 e = 0":                {rsa.with("e", "AA"), jwks.ErrKeyWeak},
		"C_7518-3.3-2 e = 2":                {rsa.with("e", "Ag"), jwks.ErrKeyWeak},
		"C_7518-3.3-2 e = 3":                {rsa.with("e", "Aw"), nil},
		"C_7518-3.3-2 e = 65536":            {rsa.with("e", "AQAA"), jwks.ErrKeyWeak},
		"C_7518-3.3-2 e = 65539":            {rsa.with("e", "AQAD"), jwks.ErrKeyWeak},
		"C_7518-3.3-2 e = 2^31-1":           {rsa.with("e", b64([]byte{0x7f, 0xff, 0xff, 0xff})), jwks.ErrKeyWeak},
		"C_7518-3.3-2 e = 2^31+1":           {rsa.with("e", b64([]byte{0x80, 0, 0, 1})), jwks.ErrKeyWeak},
		"C_7518-3.3-2 e = 2^33":             {rsa.with("e", b64([]byte{2, 0, 0, 0, 0})), jwks.ErrKeyWeak},
		"C_7518-3.3-2 e of 2^64+3":          {rsa.with("e", b64([]byte{1, 0, 0, 0, 0, 0, 0, 0, 3})), jwks.ErrKeyWeak},
		"n with padding":                    {rsa.with("n", rsa.jwk["n"].(string)+"=="), jwks.ErrKeyMalformed},
		"n in base64":                       {rsa.with("n", "++//"), jwks.ErrKeyMalformed},
		"n with a line break":               {rsa.with("n", rsa.jwk["n"].(string)[:8]+"\n"+rsa.jwk["n"].(string)[8:]), jwks.ErrKeyMalformed},
		"n of another type":                 {rsa.with("n", 5), jwks.ErrKeyMalformed},
		"C_7518-6.2-1 x of 31 bytes":        {ec.with("x", b64(x[:31])), jwks.ErrKeyMalformed},
		"C_7518-6.2-1 x of 33 bytes":        {ec.with("x", b64(append([]byte{0}, x...))), jwks.ErrKeyMalformed},
		"C_7518-6.2-1 y of 31 bytes":        {ec.with("y", b64(unb64(t, ec.jwk["y"])[:31])), jwks.ErrKeyMalformed},
		"C_7518-6.2-1 off the curve":        {ec.with("x", b64(flipped)), jwks.ErrKeyMalformed},
		"C_7518-6.2-1 infinity":             {ec.with("x", b64(make([]byte, 32))).with("y", b64(make([]byte, 32))), jwks.ErrKeyMalformed},
		"C_7518-6.2-1 coordinates beyond p": {ec.with("x", b64(ones(32))).with("y", b64(ones(32))), jwks.ErrKeyMalformed},
		"point of another curve":            {ecKeyOn(elliptic.P384(), "k").with("crv", "P-256"), jwks.ErrKeyMalformed},
		"C_7518-6.2-1 OKP x of 31 bytes":    {ed.with("x", b64(unb64(t, ed.jwk["x"])[:31])), jwks.ErrKeyMalformed},
		"OKP x of 33 bytes":                 {ed.with("x", b64(append(unb64(t, ed.jwk["x"]), 0))), jwks.ErrKeyMalformed},
		"C_7518-6.2-1 X25519 as EdDSA":      {ed.with("crv", "X25519").with("alg", "EdDSA"), jwks.ErrKeyUnsupported},
		"an Ed25519 point anyone signs for": {ed.with("x", b64(append([]byte{1}, make([]byte, 31)...))), jwks.ErrKeyWeak},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			other := ecKey("other")
			set, err := jwks.ParseSet([]byte(setOf(test.key, other)))
			require.NoError(t, err)
			requireSame(t, other, set.Keys[len(set.Keys)-1])
			if test.want == nil {
				require.Empty(t, set.Skipped)
				require.Len(t, set.Keys, 2)
				require.Equal(t, test.key.id, set.Keys[0].ID)
				alg, _ := test.key.jwk["alg"].(string)
				require.Equal(t, alg, set.Keys[0].Algorithm)
				return
			}
			require.Len(t, set.Keys, 1)
			require.Len(t, set.Skipped, 1)
			require.Equal(t, test.want, set.Skipped[0].Reason)
		})
	}
}

func ones(n int) []byte { return []byte(strings.Repeat("\xff", n)) }

func primorial() *big.Int {
	product := big.NewInt(1)
	for p := int64(2); p < 170; p++ {
		if big.NewInt(p).ProbablyPrime(10) {
			product.Mul(product, big.NewInt(p))
		}
	}
	return product
}

func TestParseSetRawKeys(t *testing.T) {
	t.Parallel()
	k := ecKey("k")
	good := k.json()
	tests := map[string]struct {
		element string
		want    error
	}{
		"repeated member":              {`{"kid":"x",` + good[1:], jwks.ErrKeyMalformed},
		"repeated, escaped":            {`{"\u006bty":"oct",` + good[1:], jwks.ErrKeyMalformed},
		"repeated inside a member":     {`{"ext":{"a":1,"a":2},` + good[1:], jwks.ErrKeyMalformed},
		"other case is another":        {`{"KTY":"oct","D":"x","Use":"enc",` + good[1:], nil},
		"escaped name":                 {strings.Replace(good, `"kty"`, `"\u006bty"`, 1), nil},
		"null counts as absent":        {`{"use":null,"alg":null,"key_ops":null,"d":null,"x5c":null,` + good[1:], nil},
		"deep":                         {`{"ext":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `,` + good[1:], jwks.ErrKeyMalformed},
		"lone surrogate":               {`{"ext":"\ud800",` + good[1:], jwks.ErrKeyMalformed},
		"null":                         {`null`, jwks.ErrKeyMalformed},
		"string":                       {`"key"`, jwks.ErrKeyMalformed},
		"array":                        {`[` + good + `]`, jwks.ErrKeyMalformed},
		"empty object":                 {`{}`, jwks.ErrKeyMalformed},
		"number":                       {`1e999`, jwks.ErrKeyMalformed},
		"white space around":           {" \t\r\n" + good + "\n ", nil},
		"kid that is too long to cite": {`{"kid":"` + strings.Repeat("é", 1000) + `","kty":"oct"}`, jwks.ErrKeySymmetric},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			other := ecKey("other")
			set, err := jwks.ParseSet([]byte(rawSet(other.json(), test.element)))
			require.NoError(t, err)
			requireSame(t, other, set.Keys[0])
			if test.want == nil {
				require.Len(t, set.Keys, 2)
				requireSame(t, k, set.Keys[1])
				return
			}
			require.Len(t, set.Keys, 1)
			require.Equal(t, test.want, set.Skipped[0].Reason)
			require.LessOrEqual(t, len(set.Skipped[0].ID), 128)
		})
	}
}

func TestParseSetRefuses(t *testing.T) {
	t.Parallel()
	good := setOf(ecKey("k"))
	tests := map[string]string{
		"empty":                        ``,
		"C_7517-5-2 empty object":      `{}`,
		"C_7517-5-2 keys null":         `{"keys":null}`,
		"C_7517-5-2 array":             `[]`,
		"C_7517-5-2 HTML":              `<html></html>`,
		"keys is an object":            `{"keys":{}}`,
		"keys is a string":             `{"keys":"[]"}`,
		"error object":                 `{"error":"server_error"}`,
		"other case":                   `{"Keys":[]}`,
		"null":                         `null`,
		"a lone key":                   ecKey("k").json(),
		"trailing value":               good + `{}`,
		"trailing byte":                good + "x",
		"byte order mark":              "\ufeff" + good,
		"NUL":                          good + "\x00",
		"invalid UTF-8":                `{"a":"` + "\xff" + `",` + good[1:],
		"invalid UTF-8 in a name":      `{"` + "\xff" + `":1,` + good[1:],
		"keys twice":                   `{"keys":[],` + good[1:],
		"keys twice, escaped":          `{"\u006beys":[],` + good[1:],
		"another member twice":         `{"a":1,"a":2,` + good[1:],
		"a repetition inside another":  `{"a":{"b":1,"b":2},` + good[1:],
		"another member nested deep":   `{"a":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `,` + good[1:],
		"comma after the last element": `{"keys":[` + ecKey("k").json() + `,]}`,
		"no comma between elements":    `{"keys":[` + ecKey("k").json() + ecKey("k").json() + `]}`,
		"comma after the last member":  good[:len(good)-1] + `,}`,
		"single quotes":                `{'keys':[]}`,
		"truncated":                    good[:len(good)-1],
	}
	for name, body := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set, err := jwks.ParseSet([]byte(body))
			require.ErrorIs(t, err, jwks.ErrSet)
			require.Zero(t, set)
		})
	}
	t.Run("too large", func(t *testing.T) {
		t.Parallel()
		_, err := jwks.ParseSet([]byte(good + strings.Repeat(" ", 512<<10-len(good)+1)))
		require.ErrorIs(t, err, jwks.ErrTooLarge)
		_, err = jwks.ParseSet([]byte(good + strings.Repeat(" ", 512<<10-len(good))))
		require.NoError(t, err)
	})
}

func TestParseSetLimits(t *testing.T) {
	t.Parallel()
	k := ecKey("k").json()
	repeat := func(element string, n int) []byte {
		return []byte(rawSet(strings.Split(strings.Repeat(element+"\n", n-1)+element, "\n")...))
	}
	t.Run("100 keys are used", func(t *testing.T) {
		t.Parallel()
		set, err := jwks.ParseSet(repeat(k, 103))
		require.NoError(t, err)
		require.Len(t, set.Keys, 100)
		require.Len(t, set.Skipped, 3)
		require.Equal(t, jwks.Skipped{ID: "k", Reason: jwks.ErrKeyLimit}, set.Skipped[2])
	})
	t.Run("what is skipped takes no place", func(t *testing.T) {
		t.Parallel()
		set, err := jwks.ParseSet([]byte(strings.Replace(string(repeat(`{"kty":"oct"}`, 500)), "]", ","+k+"]", 1)))
		require.NoError(t, err)
		require.Len(t, set.Keys, 1)
		require.Len(t, set.Skipped, 500)
	})
	t.Run("what is reported is bounded", func(t *testing.T) {
		t.Parallel()
		set, err := jwks.ParseSet(repeat("1", 200_000))
		require.NoError(t, err)
		require.LessOrEqual(t, len(set.Skipped), 1001)
		require.Equal(t, jwks.ErrKeyLimit, set.Skipped[len(set.Skipped)-1].Reason)
	})
}

func TestC_7517_5_1(t *testing.T) {
	t.Parallel()
	good := ecKey("good")
	set, err := jwks.ParseSet([]byte(rawSet(
		`{"kty":"AKP","alg":"ML-DSA-44","kid":"akp","pub":"AA"}`,
		`{"kty":"OKP","crv":"Ed448","kid":"ed448","x":"AA"}`,
		ecKey("koblitz").with("crv", "secp256k1").json(),
		`{"kty":"RSA","kid":"rsa","e":"AQAB"}`,
		good.json(),
	)))
	require.NoError(t, err)
	require.Len(t, set.Keys, 1, "C_7517-5-1")
	requireSame(t, good, set.Keys[0])
	require.Equal(t, []jwks.Skipped{
		{ID: "akp", Reason: jwks.ErrKeyUnsupported}, {ID: "ed448", Reason: jwks.ErrKeyUnsupported},
		{ID: "koblitz", Reason: jwks.ErrKeyUnsupported}, {ID: "rsa", Reason: jwks.ErrKeyMalformed},
	}, withoutDetail(set.Skipped))
}

func TestC_7517_4_5(t *testing.T) {
	t.Parallel()
	s := newServer()
	first, second, other, nameless := ecKey("k1"), rsaKey("k1"), ecKey("k2"), ecKey("").with("kid", nil)
	s.publish(first, other, nameless, second)
	r := newRemote(t, s, nil)
	t.Run("C_7517-4.5-1 keys that share a kid", func(t *testing.T) {
		keys, err := r.Keys(t.Context(), "k1")
		require.NoError(t, err)
		require.Len(t, keys, 2)
		requireSame(t, first, keys[0])
		requireSame(t, second, keys[1])
	})
	t.Run("C_7517-4.5-3 without a kid all are candidates", func(t *testing.T) {
		keys, err := r.Keys(t.Context(), "")
		require.NoError(t, err)
		require.Len(t, keys, 4)
	})
	t.Run("C_7517-4.5-4 a key without kid is none for a kid", func(t *testing.T) {
		requireErr(t, r, "a", jwks.ErrNotFound)
	})
}

// Each point of the table really is one that anyone can sign for: with the
// signature R = the key, or the neutral element, and S = 0, some message
// verifies.
func TestSmallOrderPointsAreForgeable(t *testing.T) {
	t.Parallel()
	for _, y := range []string{
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	} {
		for _, sign := range []byte{0, 0x80} {
			point, err := hex.DecodeString(y)
			require.NoError(t, err)
			point[31] |= sign
			assert.True(t, forgeable(point), y)
			k := edKey("k").with("x", b64(point))
			set, err := jwks.ParseSet([]byte(setOf(k)))
			require.NoError(t, err)
			assert.Equal(t, []jwks.Skipped{{ID: "k", Reason: jwks.ErrKeyWeak}}, withoutDetail(set.Skipped), y)
		}
	}
	assert.False(t, forgeable(unb64(t, edKey("k").jwk["x"])))
}

func forgeable(public ed25519.PublicKey) bool {
	signature := make([]byte, 64)
	signature[0] = 1 // R is the neutral element
	for i := range 200 {
		if ed25519.Verify(public, fmt.Append(nil, i), signature) {
			return true
		}
	}
	return false
}

// A modulus made as RSALib made them is found, and one that is a power of 65537
// modulo each prime but not of one and the same power is not.
func TestROCA(t *testing.T) {
	t.Parallel()
	m := primorial()
	power := new(big.Int).Exp(big.NewInt(65537), big.NewInt(123_456_789_012), m)
	roca := new(big.Int).Add(new(big.Int).Mul(m, new(big.Int).Lsh(big.NewInt(12345), 1840)), power)
	require.Equal(t, jwks.ErrKeyWeak, judge(t, rsaKey("k").with("n", b64(roca.Bytes()))))

	other := new(big.Int).Exp(big.NewInt(65537), big.NewInt(5), m)
	part := new(big.Int).Mul(big.NewInt(167), big.NewInt(163))
	mixed := chinese(power, new(big.Int).Div(m, part), other, part)
	honest := new(big.Int).Add(new(big.Int).Mul(m, new(big.Int).Lsh(big.NewInt(12345), 1840)), mixed)
	require.NoError(t, judge(t, rsaKey("k").with("n", b64(honest.Bytes()))))
}

// chinese is the number that is a modulo m and b modulo n.
func chinese(a, m, b, n *big.Int) *big.Int {
	step := new(big.Int).ModInverse(m, n)
	step.Mul(step, new(big.Int).Sub(b, a)).Mod(step, n)
	return step.Mul(step, m).Add(step, new(big.Int).Mod(a, m))
}

func judge(t *testing.T, k testKey) error {
	t.Helper()
	set, err := jwks.ParseSet([]byte(setOf(k)))
	require.NoError(t, err)
	if len(set.Skipped) > 0 {
		return set.Skipped[0].Reason
	}
	return nil
}

// expiredCertificate is one of 2001, of some key, self-signed.
const expiredCertificate = "MIHtMIGToAMCAQICAQEwCgYIKoZIzj0EAwIwADAeFw0wMTAxMDEwMDAwMDBaFw0wMjAxMDEwMDAwMDBaMAAwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQJYGzE7Cpoik7dSwdlvG3mPlwxCUMPltIAt44DmZPe6Ev+34KlLgkjsa+KmLRwubJCXNZhNPyXUDmsbULWrk8cMAoGCCqGSM49BAMCA0kAMEYCIQDu2bcQB4UzarZEYy1Qc+Nsw4g7LbfSw6mJB8SKF+rIXAIhAN5En1fMB7ppEmnuwrJOcFzJoGqRN3IGIGf0RZyjdQQ7"
