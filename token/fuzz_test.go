package token_test

import (
	"context"
	"encoding/json"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	jsonjose "github.com/go-jose/go-jose/v4/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token"
)

// FuzzAuthenticate holds the verifier against go-jose: what postern accepts,
// go-jose accepts with the same key. And whatever comes in, there is one
// outcome, no panic, and no token in the error.
func FuzzAuthenticate(f *testing.F) {
	for _, alg := range []string{"RS256", "PS256", "ES256", "EdDSA", "Ed25519"} {
		f.Add(mint{alg: alg}.token())
	}
	for _, fault := range faults {
		m := mint{header: map[string]any{}, claims: map[string]any{}}
		fault.spoil(&m)
		f.Add(m.token())
	}
	f.Add("")
	f.Add("..")
	f.Add(`{"payload":"e30"}`)
	v := newVerifier(f, nil)
	f.Fuzz(func(t *testing.T, raw string) {
		start := time.Now()
		tok, err := v.Authenticate(context.Background(), token.Bearer(raw))
		if err != nil {
			assert.Nil(t, tok)
			assertOneOutcome(t, err)
			if len(raw) > 40 {
				assert.NotContains(t, err.Error(), raw)
			}
			assert.Less(t, time.Since(start), time.Second)
			return
		}
		assertReferenceAccepts(t, raw)
	})
}

// assertReferenceAccepts checks with go-jose what postern let in.
func assertReferenceAccepts(t *testing.T, raw string) {
	t.Helper()
	algorithms := []jose.SignatureAlgorithm{jose.RS256, jose.PS256, jose.ES256, jose.EdDSA, "Ed25519"}
	jws, err := jose.ParseSignedCompact(raw, algorithms)
	require.NoError(t, err)
	if jws.Signatures[0].Header.Algorithm == "Ed25519" {
		return // which go-jose reads but cannot verify
	}
	verified := false
	for _, key := range published() {
		payload, err := jws.Verify(key.Public)
		if err != nil {
			continue
		}
		verified = true
		var claims struct {
			Iss string `json:"iss"`
			Sub string `json:"sub"`
		}
		require.NoError(t, jsonjose.Unmarshal(payload, &claims))
		assert.Equal(t, issuer, claims.Iss)
	}
	assert.True(t, verified, "go-jose refuses what postern accepted")
}

// FuzzSigned lets the fuzzer write header and payload of tokens that are
// properly signed, so that it gets past the signature.
func FuzzSigned(f *testing.F) {
	good := encode(goodClaims(), nil)
	f.Add(`{"alg":"EdDSA","typ":"at+jwt","kid":"ed"}`, good)
	f.Add(`{"alg":"EdDSA","typ":"at+jwt","kid":"ed","b64":false}`, good)
	f.Add(`{"alg":"EdDSA","typ":"at+jwt"}`, payloadWith(`,"cnf":{}`))
	f.Add(`{"alg":"Ed25519","typ":"AT+JWT","kid":"ed"}`, payloadWith(`,"exp":1`))
	f.Add(`{"alg":"EdDSA","typ":"at+jwt","kid":"ed"}`, strings.Replace(good, `"read"`, `"a b  c"`, 1))
	v := newVerifier(f, nil)
	f.Fuzz(func(t *testing.T, header, payload string) {
		if header == "" || payload == "" {
			return
		}
		raw := mint{alg: "EdDSA", rawHeader: header, rawPayload: payload}.token()
		tok, err := v.Authenticate(context.Background(), token.Bearer(raw))
		if err != nil {
			assertOneOutcome(t, err)
			return
		}
		assertReferenceAccepts(t, raw)
		assertClaimsAgree(t, tok, payload)
	})
}

// assertClaimsAgree reads the claims of an accepted token again, naively.
func assertClaimsAgree(t *testing.T, tok *token.Token, payload string) {
	t.Helper()
	var naive map[string]any
	decoder := json.NewDecoder(strings.NewReader(payload))
	decoder.UseNumber()
	require.NoError(t, decoder.Decode(&naive))
	assert.Equal(t, naive["iss"], tok.Issuer())
	assert.Equal(t, naive["sub"], tok.Subject())
	assert.Equal(t, naive["client_id"], tok.ClientID())
	assert.Equal(t, naive["jti"], tok.ID())
	assert.NotContains(t, naive, "cnf")
	scope, _ := naive["scope"].(string)
	for _, s := range tok.Scopes() {
		assert.Contains(t, strings.Split(scope, " "), s)
	}
	exp, ok := new(big.Rat).SetString(string(naive["exp"].(json.Number)))
	require.True(t, ok)
	assert.True(t, exp.Cmp(big.NewRat(now.Unix()-30, 1)) > 0, "expired: %v", exp)
}
