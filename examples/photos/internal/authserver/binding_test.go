package authserver_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token/tokentest"
)

// A client that proves to have a key gets tokens that are bound to it.
func TestBoundTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	kit := tokentest.NewIssuer(t, nil)
	for _, algorithm := range []string{"ES256", "PS256", "EdDSA"} {
		key := kit.ForeignKey(algorithm, "")
		resp, body := w.post(ownToken(), proved(kit.Proof(key, "POST", w.issuer+"/token", "")))
		require.Equal(t, http.StatusOK, resp.StatusCode, algorithm)
		assert.Equal(t, "DPoP", body["token_type"])
		_, payload := claims(t, body["access_token"].(string))
		assert.Equal(t, map[string]any{"jkt": key.Thumbprint()}, payload["cnf"])
	}
}

func proved(proofs ...string) func(*http.Request) {
	return func(r *http.Request) { r.Header["Dpop"] = proofs }
}

// A proof that is not a good one gets no token, and no bearer token either.
func TestProofsAreChecked(t *testing.T) {
	t.Parallel()
	kit := tokentest.NewIssuer(t, nil)
	key, other := kit.ForeignKey("ES256", ""), kit.ForeignKey("ES256", "")
	at := func(d time.Duration) tokentest.Edit { return tokentest.IssuedAt(time.Now().Add(d)) }
	for name, proofs := range map[string]func(url string) []string{
		"empty": func(string) []string { return []string{""} },
		"two": func(url string) []string {
			return []string{kit.Proof(key, "POST", url, ""), kit.Proof(key, "POST", url, "")}
		},
		"another method":   func(url string) []string { return []string{kit.Proof(key, "GET", url, "")} },
		"another URL":      func(url string) []string { return []string{kit.Proof(key, "POST", url+"x", "")} },
		"another type":     func(url string) []string { return []string{kit.Proof(key, "POST", url, "", tokentest.Type("JWT"))} },
		"old":              func(url string) []string { return []string{kit.Proof(key, "POST", url, "", at(-2*time.Minute))} },
		"of the next hour": func(url string) []string { return []string{kit.Proof(key, "POST", url, "", at(time.Hour))} },
		"without a name": func(url string) []string {
			return []string{kit.Proof(key, "POST", url, "", tokentest.WithoutClaim("jti"))}
		},
		"without a key": func(url string) []string {
			return []string{kit.Proof(key, "POST", url, "", tokentest.WithoutHeader("jwk"))}
		},
		"by another key": func(url string) []string { return []string{kit.Proof(key, "POST", url, "", tokentest.Key(other))} },
		"not signed": func(url string) []string {
			return []string{kit.Proof(key, "POST", url, "", tokentest.Header("alg", "none"))}
		},
		"not JSON":           func(url string) []string { return []string{kit.Proof(key, "POST", url, "", tokentest.RawPayload("x"))} },
		"by an unknown kind": func(url string) []string { return []string{kit.Proof(kit.ForeignKey("ES384", ""), "POST", url, "")} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			resp, body := w.post(ownToken(), proved(proofs(w.issuer+"/token")...))
			assert.Equal(t, http.StatusBadRequest, resp.StatusCode)
			assert.Equal(t, "invalid_dpop_proof", body["error"])
			assert.NotContains(t, body, "access_token")
		})
	}
	t.Run("used before", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		proof := kit.Proof(key, "POST", w.issuer+"/token", "")
		resp, _ := w.post(ownToken(), proved(proof))
		require.Equal(t, http.StatusOK, resp.StatusCode)
		resp, body := w.post(ownToken(), proved(proof))
		assert.Equal(t, http.StatusBadRequest, resp.StatusCode)
		assert.Equal(t, "invalid_dpop_proof", body["error"])
	})
}
