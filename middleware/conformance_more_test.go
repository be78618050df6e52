package middleware_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

// Rows of the checklist that no other test is about.

// A route may be for fewer than the whole server is: a rule about aud that
// answers ErrAudience.
func TestAudienceOfARoute(t *testing.T) {
	t.Parallel()
	const narrow = "https://api.example.com/v2"
	w := newWorld(t)
	cfg := w.Config("https://api.example.com", narrow)
	verifier, err := token.NewVerifier(cfg)
	require.NoError(t, err)
	auth := middleware.New(verifier, &middleware.Config{Resource: scope.Resource{Metadata: metadataURL}})
	forV2 := scope.Authenticated.And(scope.Claims("aud v2", func(c struct {
		Audience audiences `json:"aud"`
	}) error {
		if !slices.Contains(c.Audience, narrow) {
			return token.ErrAudience
		}
		return nil
	}))
	handler := auth.Require(forV2)(subject)

	t.Run("C_8707-2-3 for the server", func(t *testing.T) {
		t.Parallel()
		resp := serve(handler, w.good(tokentest.Audience("https://api.example.com")))
		assertRefused(t, resp, http.StatusUnauthorized, failed("invalid_token", "The access token is invalid"))
	})
	for name, edit := range map[string]tokentest.Edit{
		"C_8707-2-3 for the route":              tokentest.Audience(narrow),
		"C_8707-2-3 for the route among others": tokentest.Audience("x", narrow),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, http.StatusOK, serve(handler, w.good(edit)).StatusCode)
		})
	}
}

// audiences is an aud claim of either shape.
type audiences []string

func (a *audiences) UnmarshalJSON(text []byte) error {
	if len(text) > 1 && text[0] == '"' {
		*a = []string{string(text[1 : len(text)-1])}
		return nil
	}
	return json.Unmarshal(text, (*[]string)(a))
}

// Whatever a token says of roles, a scope that is asked for must be in scope.
func TestRolesGrantNoScope(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, edit := range map[string]tokentest.Edit{
		"C_9068-4-7 roles":        tokentest.Claim("roles", []string{"admin", "read"}),
		"C_9068-4-7 groups":       tokentest.Claim("groups", []string{"admin", "read"}),
		"C_9068-4-7 entitlements": tokentest.Claim("entitlements", []string{"read"}),
		"C_9068-4-7 permissions":  tokentest.Claim("permissions", []string{"read"}),
		"C_9068-4-7 scp":          tokentest.Claim("scp", []string{"read"}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assertRefused(t, serve(w.guard(scope.All("read")), w.good(edit)), http.StatusForbidden,
				`Bearer realm="api", error="insufficient_scope", error_description="The access token lacks a required scope", scope="read", `+rm)
		})
	}
}

// The fields of HTTP message signatures, and the fields in which proxies pass
// certificates on, reach the handler as they came.
func TestOtherFieldsAreLeftAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	sent := http.Header{
		"Signature":       {"sig1=:AAAA:"},
		"Signature-Input": {`sig1=("@method");created=1`},
		"Content-Digest":  {"sha-256=:AAAA:"},
		"Client-Cert":     {":AAAA:"},
	}
	r := w.good()
	for name, values := range sent {
		r.Header[name] = slices.Clone(values)
	}
	var seen http.Header
	handler := w.auth.Require(anybody)(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen = r.Header.Clone() }))
	require.Equal(t, http.StatusOK, serve(handler, r).StatusCode)
	t.Run("C_OUT-9421-1 signatures", func(t *testing.T) {
		for name, values := range sent {
			assert.Equal(t, values, seen[name], name)
		}
	})
}
