package dpop_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/dpop"
)

func splitDots(text string) []string { return strings.Split(text, ".") }

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// Each fault alone stands between a thief and the handler, and is answered by its
// reason. What is right in another spelling passes.
func TestFaultsOfProofs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dpop.Config{})
	_, other := newProver(t)
	good := w.proof
	header := func(o object) string { return w.forged(o, nil) }
	claim := func(name string, v any) string { return w.forged(nil, object{name: v}) }
	jwk := func(o object) string {
		h, _ := decoded(t, good())
		edit(h["jwk"].(map[string]any), o)
		return header(object{"jwk": h["jwk"]})
	}
	sum := sha256.Sum256([]byte(w.bound))
	for name, row := range map[string]struct {
		proofs []string
		want   error
	}{
		"C_9449-7.1-2 none":                    {nil, token.ErrProofMissing},
		"C_9449-4.3-1 two fields":              {[]string{good(), good()}, token.ErrProof},
		"C_9449-4.3-1 a list":                  {[]string{good() + ", " + good()}, token.ErrProof},
		"C_9449-4.3-2 empty":                   {[]string{""}, token.ErrProof},
		"C_9449-4.3-2 two parts":               {[]string{"a.b"}, token.ErrProof},
		"C_9449-4.3-2 JWE":                     {[]string{"a.b.c.d.e"}, token.ErrProof},
		"C_9449-4.3-2 JSON":                    {[]string{`{"payload":"e30"}`}, token.ErrProof},
		"C_9449-4.3-2 20 kB":                   {[]string{claim("x", strings.Repeat("x", 15000))}, token.ErrProof},
		"C_9449-4.3-2 8193 bytes":              {[]string{sized(t, w, 8193)}, token.ErrProof},
		"C_9449-4.3-2 8192 bytes":              {[]string{sized(t, w, 8192)}, nil},
		"C_9449-4.3-2 padded":                  {[]string{good() + "="}, token.ErrProof},
		"C_9449-4.3-2 payload is no object":    {[]string{signedText(t, w.key, headerOf(t, good()), `[]`)}, token.ErrProof},
		"C_9449-4.3-2 claim twice":             {[]string{signedText(t, w.key, headerOf(t, good()), twice(t, good()))}, token.ErrProof},
		"C_9449-4.3-3 no typ":                  {[]string{header(object{"typ": nil})}, token.ErrProof},
		"C_9449-4.3-3 no alg":                  {[]string{header(object{"alg": nil})}, token.ErrProof},
		"C_9449-4.3-3 no jwk":                  {[]string{header(object{"jwk": nil})}, token.ErrProof},
		"C_9449-4.3-3 no jti":                  {[]string{claim("jti", nil)}, token.ErrProof},
		"C_9449-4.3-3 no htm":                  {[]string{claim("htm", nil)}, token.ErrProof},
		"C_9449-4.3-3 no htu":                  {[]string{claim("htu", nil)}, token.ErrProof},
		"C_9449-4.3-3 no iat":                  {[]string{claim("iat", nil)}, token.ErrProof},
		"C_9449-4.3-3 no ath":                  {[]string{claim("ath", nil)}, token.ErrProof},
		"C_9449-4.3-3b iat is a string":        {[]string{claim("iat", "1800000000")}, token.ErrProof},
		"C_9449-4.3-3b iat is negative":        {[]string{claim("iat", -1)}, token.ErrProof},
		"C_9449-4.3-3b jti is empty":           {[]string{claim("jti", "")}, token.ErrProof},
		"C_9449-4.3-3b jti of 257 bytes":       {[]string{claim("jti", strings.Repeat("x", 257))}, token.ErrProof},
		"C_9449-4.3-3b jti of 256 bytes":       {[]string{claim("jti", strings.Repeat("x", 256))}, nil},
		"C_9449-4.3-3b jti is a number":        {[]string{claim("jti", 1)}, token.ErrProof},
		"C_9449-4.3-3b htm is a number":        {[]string{claim("htm", 1)}, token.ErrProof},
		"C_9449-4.3-3b htu is null":            {[]string{w.forged(nil, object{"htu": json.RawMessage("null")})}, token.ErrProof},
		"C_9449-4.3-3b ath is an array":        {[]string{claim("ath", []string{"x"})}, token.ErrProof},
		"C_9449-4.3-3b nonce is a number":      {[]string{claim("nonce", 1)}, token.ErrProof},
		"C_9449-4.3-3b nonce is empty":         {[]string{claim("nonce", "")}, token.ErrProof},
		"C_9449-4.3-4 JWT":                     {[]string{header(object{"typ": "JWT"})}, token.ErrProof},
		"C_9449-4.3-4 at+jwt":                  {[]string{header(object{"typ": "at+jwt"})}, token.ErrProof},
		"C_9449-4.3-4 upper case":              {[]string{header(object{"typ": "DPOP+JWT"})}, nil},
		"C_9449-4.3-4 media type":              {[]string{header(object{"typ": "application/dpop+jwt"})}, nil},
		"C_9449-4.3-5 none":                    {[]string{header(object{"alg": "none"})}, token.ErrProof},
		"C_9449-4.3-5 HS256":                   {[]string{header(object{"alg": "HS256", "jwk": object{"kty": "oct", "k": b64(make([]byte, 32))}})}, token.ErrProof},
		"C_9449-4.3-5 RS256, which is off":     {[]string{header(object{"alg": "RS256", "jwk": rsaJWK(2048)})}, token.ErrProof},
		"C_9449-4.3-5 of another kind of key":  {[]string{header(object{"alg": "PS256"})}, token.ErrProof},
		"C_9449-4.3-5 not that of the key":     {[]string{jwk(object{"alg": "ES384"})}, token.ErrProof},
		"C_9449-4.3-5 that of the key":         {[]string{jwk(object{"alg": "ES256"})}, nil},
		"C_9449-4.3-6 a bit flipped":           {[]string{flipped(good())}, token.ErrProof},
		"C_9449-4.3-6 the key swapped":         {[]string{header(object{"jwk": jwkOf(t, other)})}, token.ErrProof},
		"C_9449-4.3-7 private EC":              {[]string{jwk(object{"d": b64(make([]byte, 32))})}, token.ErrProof},
		"C_9449-4.3-7 private RSA":             {[]string{header(object{"alg": "PS256", "jwk": rsaJWK(2048, "p")})}, token.ErrProof},
		"C_9449-4.3-7 symmetric":               {[]string{jwk(object{"k": "AAAA"})}, token.ErrProof},
		"C_9449-4.3-7 not an object":           {[]string{header(object{"jwk": "x"})}, token.ErrProof},
		"C_9449-4.3-7b RSA 1024":               {[]string{header(object{"alg": "PS256", "jwk": rsaJWK(1024)})}, token.ErrProof},
		"C_9449-4.3-7b RSA 16384":              {[]string{header(object{"alg": "PS256", "jwk": rsaJWK(16384)})}, token.ErrProof},
		"C_9449-4.3-7b not on the curve":       {[]string{jwk(object{"x": b64(make([]byte, 32))})}, token.ErrProof},
		"C_9449-4.3-7b b64":                    {[]string{header(object{"b64": false})}, token.ErrProof},
		"C_9449-4.3-7b crit":                   {[]string{header(object{"crit": []string{"x"}, "x": 1})}, token.ErrProof},
		"C_9449-4.3-7b kid and x5c":            {[]string{header(object{"kid": 5, "x5c": []int{1}, "jku": "https://evil.example"})}, nil},
		"C_9449-4.3-8 lower case":              {[]string{claim("htm", "get")}, token.ErrProof},
		"C_9449-4.3-8 POST":                    {[]string{claim("htm", "POST")}, token.ErrProof},
		"C_9449-4.3-12a hash of another token": {[]string{good(func(c *dpop.Claims) { c.Token += "x" })}, token.ErrProof},
		"C_9449-4.3-12a padded":                {[]string{claim("ath", b64(sum[:])+"=")}, token.ErrProof},
		"C_9449-4.3-12a hex":                   {[]string{claim("ath", hex.EncodeToString(sum[:]))}, token.ErrProof},
		"good":                                 {[]string{good()}, nil},
		"a nonce that nobody asked for":        {[]string{good(func(c *dpop.Claims) { c.Nonce = "x" })}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := w.present(row.proofs...)
			if row.want == nil {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, row.want)
			assert.True(t, printable.Is(err.Error()) && len(err.Error()) <= printable.MaxLine, "%s", err)
			if row.want == token.ErrProof {
				assert.Equal(t, "proof", token.Reason(err), "%s", err)
			}
		})
	}
}

// sized is a proof of n bytes. Not every payload has a header of a length that
// base64url can have.
func sized(t *testing.T, w *world, n int) string {
	t.Helper()
	for more := range 4 {
		header := object{"x": strings.Repeat("x", more)}
		pad := (n - len(w.forged(header, object{"x": ""}))) * 3 / 4
		for ; ; pad++ {
			text := w.forged(header, object{"x": strings.Repeat("x", pad)})
			if len(text) == n {
				return text
			}
			if len(text) > n {
				break
			}
		}
	}
	require.Fail(t, "no proof has this length")
	return ""
}

func headerOf(t testing.TB, text string) string { return partOf(t, text, 0) }

func payloadOf(t testing.TB, text string) string { return partOf(t, text, 1) }

func partOf(t testing.TB, text string, i int) string {
	t.Helper()
	part, err := base64.RawURLEncoding.DecodeString(splitDots(text)[i])
	require.NoError(t, err)
	return string(part)
}

// twice are the claims of a proof with jti repeated.
func twice(t *testing.T, text string) string {
	t.Helper()
	return strings.TrimSuffix(payloadOf(t, text), "}") + `,"jti":"again"}`
}

func flipped(text string) string {
	parts := splitDots(text)
	signature, _ := base64.RawURLEncoding.DecodeString(parts[2])
	signature[5] ^= 1
	return parts[0] + "." + parts[1] + "." + b64(signature)
}

func rsaJWK(size int, private ...string) object {
	n := new(big.Int).Lsh(big.NewInt(1), uint(size-1))
	n.Add(n, big.NewInt(12345))
	o := object{"kty": "RSA", "n": b64(n.Bytes()), "e": "AQAB"}
	for _, name := range private {
		o[name] = "AQAB"
	}
	return o
}

func jwkOf(t *testing.T, p *dpop.Prover) any {
	t.Helper()
	text, err := p.Proof(dpop.Claims{})
	require.NoError(t, err)
	h, _ := decoded(t, text)
	return h["jwk"]
}

// The claims iat of a proof are held against the clock, to the second.
func TestTimeOfProofs(t *testing.T) {
	t.Parallel()
	usual := newWorld(t, dpop.Config{Store: older(t)})
	for name, row := range map[string]struct {
		iat  any
		want error
	}{
		"C_9449-4.3-11 as old as may be":   {epoch - 60, nil},
		"C_9449-4.3-11 older":              {epoch - 61, token.ErrProofStale},
		"C_9449-4.3-11 as far ahead":       {epoch + 30, nil},
		"C_9449-4.3-11 further":            {epoch + 31, token.ErrProofStale},
		"C_9449-4.3-11 further by a bit":   {json.RawMessage("1800000030.5"), token.ErrProofStale},
		"C_9449-4.3-11 older by a bit":     {json.RawMessage("1799999939.5"), token.ErrProofStale},
		"C_9449-4.3-11 a fraction is fine": {json.RawMessage("1799999999.5"), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := usual.present(usual.forged(nil, object{"iat": row.iat}))
			require.ErrorIs(t, err, row.want)
		})
	}
	w := newWorld(t, dpop.Config{MaxAge: 5 * time.Second, MaxAhead: -1, Store: older(t)})
	for iat, want := range map[int]error{epoch - 5: nil, epoch - 6: token.ErrProofStale, epoch: nil, epoch + 1: token.ErrProofStale} {
		_, err := w.present(w.forged(nil, object{"iat": iat}))
		require.ErrorIs(t, err, want)
	}
}

// older is a store that takes proofs from before its time.
func older(t *testing.T) *dpop.MemoryStore {
	t.Helper()
	store, err := dpop.NewMemoryStore(&dpop.MemoryStoreConfig{AcceptProofsBeforeStart: true})
	require.NoError(t, err)
	return store
}

// A token is good with its own key alone, and a Bearer token is none of this
// scheme's.
func TestBinding(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dpop.Config{})
	_, thief := newProver(t)
	stolen, err := thief.Proof(dpop.Claims{Method: "GET", URL: target, Token: w.bound, IssuedAt: w.clock.now()})
	require.NoError(t, err)
	free := w.Token()
	for name, row := range map[string]struct {
		scheme, token string
		proofs        []string
		want          error
	}{
		"C_9449-4.3-12b another key":                    {"DPoP", w.bound, []string{stolen}, token.ErrBinding},
		"C_9449-7.1-1 lower case":                       {"dpop", w.bound, []string{w.proof()}, nil},
		"C_9449-7.1-3 unbound":                          {"DPoP", free, []string{w.proof(func(c *dpop.Claims) { c.Token = free })}, token.ErrBinding},
		"C_9449-7.2-1 bound under Bearer":               {"Bearer", w.bound, nil, token.ErrBinding},
		"C_9449-7.2-1 bound under Bearer with a proof":  {"Bearer", w.bound, []string{w.proof()}, token.ErrBinding},
		"C_9449-7.2-2 unbound under Bearer and garbage": {"Bearer", free, []string{"garbage", "x"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := w.verifier.Authenticate(t.Context(), token.Presentation{Scheme: row.scheme, Token: row.token, Call: newCall(t, target, row.proofs...)})
			require.ErrorIs(t, err, row.want)
		})
	}
}

// The example of RFC 9449 §7.1 passes with a clock of its time.
func TestExampleOfTheRFC(t *testing.T) {
	t.Parallel()
	const (
		access = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"
		proof  = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA"
		jkt    = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
	)
	then := time.Unix(1562262618, 0)
	now := func() time.Time { return then }
	checker, err := dpop.New(dpop.Config{Time: now})
	require.NoError(t, err)
	opaque, err := token.Vouched(access, token.VouchedClaims{
		Issuer: "https://server.example.com", Audience: []string{"https://resource.example.org"}, Expiry: then.Add(time.Hour),
		Confirmation: map[string]string{"jkt": jkt}, Time: now,
	})
	require.NoError(t, err)
	c := newCall(t, "https://resource.example.org/protectedresource", proof)
	p := token.Presentation{Scheme: "DPoP", Token: access, Call: c}
	t.Run("C_7638-3-1 C_9449-4.3-12a", func(t *testing.T) {
		require.NoError(t, checker.Check(t.Context(), opaque, p))
		require.ErrorIs(t, checker.Check(t.Context(), opaque, p), token.ErrReplay)
	})
}

// Keys of every kind make proofs that pass, where the service lists their algorithm.
func TestAlgorithms(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dpop.Config{Algorithms: []string{"ES256", "ES384", "ES512", "EdDSA", "PS256"}})
	for name, key := range keys(t) {
		prover, err := dpop.NewProver(key)
		require.NoError(t, err)
		assert.Equal(t, name, prover.Algorithm())
		w.prover, w.bound = prover, w.Token(bind(prover))
		_, err = w.present(w.proof())
		require.NoError(t, err, name)
	}
	w.use(dpop.Config{Algorithms: []string{"ES384"}})
	_, w.prover = newProver(t)
	w.bound = w.Token(bind(w.prover))
	_, err := w.present(w.proof())
	require.ErrorIs(t, err, token.ErrProof, "ES256")
}

// keys are one of each kind, by the algorithm they sign with.
func keys(t testing.TB) map[string]crypto.Signer {
	t.Helper()
	of := map[string]crypto.Signer{}
	for name, curve := range map[string]elliptic.Curve{"ES256": elliptic.P256(), "ES384": elliptic.P384(), "ES512": elliptic.P521()} {
		key, err := ecdsa.GenerateKey(curve, rand.Reader)
		require.NoError(t, err)
		of[name] = key
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	of["PS256"] = key
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	of["EdDSA"] = edwards
	return of
}
