package tokentest_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

// guarded is a service as it should be.
func guarded(tb testing.TB, cfg token.Config, policy scope.Policy) http.Handler {
	tb.Helper()
	verifier, err := token.NewVerifier(cfg)
	require.NoError(tb, err)
	return middleware.New(verifier, nil).Require(policy)(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNoContent)
	}))
}

func orders() *http.Request { return httptest.NewRequest(http.MethodGet, "/orders", nil) }

func TestRefusalsOfSoundServices(t *testing.T) {
	t.Parallel()
	for name, algorithm := range map[string]string{"RS256": "RS256", "PS256": "PS256", "ES256": "ES256", "EdDSA": "EdDSA", "Ed25519": "Ed25519"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			issuer := tokentest.NewIssuer(t, &tokentest.Options{Algorithms: []string{algorithm, "ES384"}})
			service := guarded(t, issuer.Config(), scope.All("orders:read", "orders:list"))
			tokentest.TestRefusals(t, issuer, tokentest.HTTPTarget(service, orders), &tokentest.RefusalConfig{
				Scopes: []string{"orders:read", "orders:list"},
			})
		})
	}
}
