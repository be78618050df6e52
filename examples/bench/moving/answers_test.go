package moving_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/examples/bench/moving"
	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token/tokentest"
)

func postern(t *testing.T, i *tokentest.Issuer) moving.Guard {
	t.Helper()
	return middleware.New(newVerifier(t, i), nil).Require(scope.All(right))
}

func guardOf(old moving.Old) func(*testing.T, *tokentest.Issuer) moving.Guard {
	return func(t *testing.T, i *tokentest.Issuer) moving.Guard {
		t.Helper()
		guard, err := old(t.Context(), settings(i))
		require.NoError(t, err)
		return guard
	}
}

// The page has these answers.
func TestAnswersChange(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		guard                func(*testing.T, *tokentest.Issuer) moving.Guard
		missing, bad, outage int
		challenges, body     bool // of the answer to a bad token
	}{
		"v2":      {guardOf(moving.Auth0V2), 400, 401, 401, false, true},
		"v3":      {guardOf(moving.Auth0V3), 401, 401, 401, true, true},
		"postern": {postern, 401, 401, 503, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			issuer := newIssuer(t)
			handler := row.guard(t, issuer)(http.NotFoundHandler())
			call := func(raw string) *httptest.ResponseRecorder {
				r := httptest.NewRequest(http.MethodGet, "/orders", nil)
				if raw != "" {
					r.Header.Set("Authorization", "Bearer "+raw)
				}
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, r)
				return w
			}
			issuer.GoDown()
			assert.Equal(t, row.outage, call(issuer.Token(tokentest.Scope(right))).Code)
			assert.Equal(t, row.missing, call("").Code)
			bad := call("a.b.c")
			assert.Equal(t, row.bad, bad.Code)
			assert.Equal(t, row.challenges, bad.Header().Get("WWW-Authenticate") != "")
			assert.Equal(t, row.body, bad.Body.Len() > 0)
		})
	}
}
