package seams_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/grpcauth"
	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

// One handler tells about both guards of a service, and whether it can work.
func TestHealthHandler(t *testing.T) {
	t.Parallel()
	issuer := tokentest.NewIssuer(t, nil)
	verifier, err := token.NewVerifier(issuer.Config())
	require.NoError(t, err)
	resource := scope.Resource{Identifier: "https://api.example.com"}
	trace := &scope.Trace{Allowed: func(context.Context, scope.Decision) {}}
	mux := middleware.New(verifier, &middleware.Config{Resource: resource}).NewMux()
	mux.Handle("GET /b", scope.All("read"), http.NotFoundHandler())
	mux.Handle("GET /a", scope.AnyOf("badges", "admin"), http.NotFoundHandler())
	rpc := grpcauth.New(verifier, grpcauth.Policies{"/s/B": scope.Public, "/s/A": scope.User},
		&grpcauth.Config{Resource: resource, Rehearsal: true, Trace: trace})
	health := middleware.HealthHandler(mux.Posture, nil, rpc.Posture)

	type answer struct {
		Ready  bool
		Guards []scope.Posture
	}
	ask := func(method string) (*http.Response, answer) {
		resp, text := answerOf(health, method)
		var a answer
		if text != "" {
			require.NoError(t, json.Unmarshal([]byte(text), &a))
		}
		assert.Equal(t, "no-store", resp.Header.Get("Cache-Control"))
		return resp, a
	}
	resp, a := ask(http.MethodGet)
	assert.Equal(t, http.StatusServiceUnavailable, resp.StatusCode, "no keys are held yet")
	assert.False(t, a.Ready)
	require.NoError(t, verifier.Ready(t.Context()))
	resp, a = ask(http.MethodGet)
	assert.Equal(t, http.StatusOK, resp.StatusCode)
	assert.Equal(t, "application/json", resp.Header.Get("Content-Type"))
	assert.True(t, a.Ready)
	require.Len(t, a.Guards, 2)
	assert.NotEmpty(t, a.Guards[0].Issuers[0].Keys)
	for i := range a.Guards {
		a.Guards[i] = a.Guards[i].Settings()
	}
	issuers := token.Postures(verifier)
	issuers[0].Keys = nil
	never := scope.AnyOf("badges", "admin").NeverMet(verifier).Error()
	assert.Equal(t, []scope.Posture{
		{Transport: scope.HTTP, Resource: "https://api.example.com", Issuers: issuers, Rules: []scope.RulePosture{
			{Route: "GET /b", Policy: "all(read)"}, {Route: "GET /a", Policy: "any badges(admin)", NeverMet: never},
		}},
		{Transport: scope.GRPC, Resource: "https://api.example.com", Rehearsal: true, Issuers: issuers, Rules: []scope.RulePosture{
			{Route: "/s/A", Policy: "user"}, {Route: "/s/B", Policy: "public"},
		}},
	}, a.Guards)

	resp, a = ask(http.MethodHead)
	assert.Equal(t, http.StatusOK, resp.StatusCode)
	assert.Empty(t, a.Guards)
	resp, _ = answerOf(health, http.MethodPost)
	assert.Equal(t, http.StatusMethodNotAllowed, resp.StatusCode)
	assert.Equal(t, "GET, HEAD", resp.Header.Get("Allow"))
	_, text := answerOf(middleware.HealthHandler(), http.MethodGet)
	assert.JSONEq(t, `{"ready":true,"guards":[]}`, text)
}

func answerOf(h http.Handler, method string) (*http.Response, string) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, "/", nil))
	return w.Result(), w.Body.String()
}
