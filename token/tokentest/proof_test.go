package tokentest_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/dpop"
	"github.com/postern-go/postern/token/tokentest"
)

const ordersURL = "https://api.example.com/orders"

// proofs is a service that takes DPoP.
func proofs(t *testing.T, issuer *tokentest.Issuer, settings dpop.Config) *token.Verifier {
	t.Helper()
	checker, err := dpop.New(settings)
	require.NoError(t, err)
	cfg := issuer.Config()
	cfg.Confirmations = []token.ConfirmationChecker{checker}
	return newVerifier(t, cfg)
}

// presented is a token with a proof for GET of ordersURL.
func presented(t *testing.T, raw, proof string) token.Presentation {
	t.Helper()
	at, err := url.Parse(ordersURL)
	require.NoError(t, err)
	return token.Presentation{Scheme: "DPoP", Token: raw, Call: token.Request{Method: "GET", URL: at, DPoP: []string{proof}}}
}

// A proof is good without edits, and each edit makes the fault that it names.
func TestProof(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		issuer := tokentest.NewIssuer(t, nil)
		v := proofs(t, issuer, dpop.Config{Algorithms: []string{"ES256", "EdDSA", "PS256"}})
		own, other := issuer.ForeignKey("ES256", "own"), issuer.ForeignKey("ES256", "")
		raw := issuer.Token(tokentest.BoundTo(own))
		for name, c := range map[string]struct {
			proof string
			want  error
		}{
			"good":                {issuer.Proof(own, "GET", ordersURL, raw), nil},
			"with a nonce":        {issuer.Proof(own, "GET", ordersURL, raw, tokentest.Nonce("any")), nil},
			"another method":      {issuer.Proof(own, "PUT", ordersURL, raw), token.ErrProof},
			"another URL":         {issuer.Proof(own, "GET", ordersURL+"/1", raw), token.ErrProof},
			"another token":       {issuer.Proof(own, "GET", ordersURL, issuer.Token()), token.ErrProof},
			"no token":            {issuer.Proof(own, "GET", ordersURL, ""), token.ErrProof},
			"another key":         {issuer.Proof(other, "GET", ordersURL, raw), token.ErrBinding},
			"signed by another":   {issuer.Proof(own, "GET", ordersURL, raw, tokentest.Key(other)), token.ErrProof},
			"no key":              {issuer.Proof(own, "GET", ordersURL, raw, tokentest.WithoutHeader("jwk")), token.ErrProof},
			"another type":        {issuer.Proof(own, "GET", ordersURL, raw, tokentest.Type("JWT")), token.ErrProof},
			"a claim less":        {issuer.Proof(own, "GET", ordersURL, raw, tokentest.WithoutClaim("jti")), token.ErrProof},
			"older":               {issuer.Proof(own, "GET", ordersURL, raw, tokentest.IssuedAt(time.Now().Add(-time.Hour))), token.ErrProofStale},
			"another algorithm":   {issuer.Proof(own, "GET", ordersURL, raw, tokentest.Algorithm("ES384")), token.ErrProof},
			"of text":             {issuer.Proof(own, "GET", ordersURL, raw, tokentest.RawPayload("{")), token.ErrProof},
			"of other signatures": {issuer.Proof(own, "GET", ordersURL, raw, tokentest.Signature(func(s []byte) []byte { return s[1:] })), token.ErrProof},
		} {
			_, err := v.Authenticate(t.Context(), presented(t, raw, c.proof))
			assert.ErrorIs(t, err, c.want, name)
		}
	})
}

// Keys of every kind can be bound to, and a binding leaves others alone.
func TestBoundTo(t *testing.T) {
	t.Parallel()
	issuer := tokentest.NewIssuer(t, nil)
	v := proofs(t, issuer, dpop.Config{Algorithms: []string{"RS256", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"}})
	for _, algorithm := range []string{"RS256", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"} {
		key := issuer.ForeignKey(algorithm, "")
		raw := issuer.Token(tokentest.BoundTo(key))
		_, err := v.Authenticate(t.Context(), presented(t, raw, issuer.Proof(key, "GET", ordersURL, raw)))
		assert.NoError(t, err, algorithm)
	}

	key := issuer.ForeignKey("ES256", "")
	for _, before := range []any{map[string]string{"x5t#S256": "x"}, json.RawMessage(`{"x5t#S256":"x"}`)} {
		raw := issuer.Token(tokentest.Claim("cnf", before), tokentest.BoundTo(key))
		payload := decoded(t, strings.Split(raw, ".")[1])
		assert.Contains(t, payload, `"cnf":{"jkt":"`+key.Thumbprint()+`","x5t#S256":"x"}`)
	}
	raw := issuer.Token(tokentest.Claim("cnf", "text"), tokentest.BoundTo(key))
	assert.Contains(t, decoded(t, strings.Split(raw, ".")[1]), `"cnf":{"jkt":"`+key.Thumbprint()+`"}`)
}

// A proof has the members of RFC 9449 §4.2 and no other.
func TestMembersOfProofs(t *testing.T) {
	t.Parallel()
	issuer := tokentest.NewIssuer(t, nil)
	key := issuer.ForeignKey("EdDSA", "id")
	header := map[string]any{}
	proof := issuer.Proof(key, "POST", "https://server.example.com/token", "")
	require.NoError(t, json.Unmarshal([]byte(decoded(t, strings.Split(proof, ".")[0])), &header))
	assert.Equal(t, "dpop+jwt", header["typ"])
	assert.Equal(t, "EdDSA", header["alg"])
	jwk, _ := header["jwk"].(map[string]any)
	assert.Equal(t, []any{"OKP", "Ed25519"}, []any{jwk["kty"], jwk["crv"]})
	assert.Len(t, jwk, 3, "the public key and nothing else")
	assert.Len(t, header, 3)
	claims := map[string]any{}
	require.NoError(t, json.Unmarshal([]byte(decoded(t, strings.Split(proof, ".")[1])), &claims))
	assert.Len(t, claims, 4, "jti, htm, htu and iat: there is no token and no nonce")
}

// A nonce of a service reaches the test, with refusal and with success.
func TestNonceOfAnswers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		issuer := tokentest.NewIssuer(t, nil)
		v := proofs(t, issuer, dpop.Config{Nonces: dpop.NewLocalNonces()})
		guard := middleware.New(v, &middleware.Config{Resource: scope.Resource{BaseURLs: []string{"https://api.example.com"}}})
		call := tokentest.HTTPTarget(guard.Require(scope.Authenticated)(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})),
			func() *http.Request { return httptest.NewRequest(http.MethodGet, "/orders", nil) })
		key := issuer.ForeignKey("ES256", "")
		raw := issuer.Token(tokentest.BoundTo(key))
		present := func(edits ...tokentest.Edit) tokentest.Answer {
			return call(t.Context(), tokentest.Credentials{
				Authorization: []string{"DPoP " + raw},
				Fields:        http.Header{"DPoP": {issuer.Proof(key, "GET", ordersURL, raw, edits...)}},
			})
		}
		first := present()
		assert.Equal(t, "use_dpop_nonce", first.ErrorCode())
		require.NotEmpty(t, first.Nonce)
		second := present(tokentest.Nonce(first.Nonce))
		assert.True(t, second.Admitted)
		assert.Empty(t, second.Nonce, "the nonce is new")
		time.Sleep(90 * time.Second)
		third := present(tokentest.Nonce(first.Nonce))
		assert.True(t, third.Admitted)
		assert.NotEmpty(t, third.Nonce, "the next one is due")
	})
}
