package seams_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// staleNonce is an error with a challenge of its own.
type staleNonce struct{}

func (staleNonce) Error() string { return "the nonce is stale" }
func (staleNonce) Unwrap() error { return token.ErrInvalid }
func (staleNonce) Challenge() (code, description string) {
	return "use_dpop_nonce", "A DPoP nonce is required"
}

// nonces lets in "good", and hands back the next nonce with success and with
// refusal.
func nonces(good *token.Token) twoSchemes {
	return twoSchemes{func(_ context.Context, p token.Presentation) (*token.Token, error) {
		if !p.Respond("DPoP-Nonce", "first") || !p.Respond("DPoP-Nonce", "next") {
			return nil, errors.New("there is no way to respond")
		}
		if p.Respond("Set-Cookie", "a=b") {
			return nil, errors.New("any field can be set")
		}
		if p.Token != "good" {
			return nil, staleNonce{}
		}
		return good, nil
	}}
}

// An Authenticator sends fields with its response, whatever it decides, and an
// error tells its own code and sentence.
func TestResponseFields(t *testing.T) {
	t.Parallel()
	const wrong = `, error="use_dpop_nonce", error_description="A DPoP nonce is required"`
	for name, row := range map[string]struct {
		sent   string
		policy scope.Policy
		want   []string // challenges
		reason string
	}{
		"success":         {"Proof good", scope.Authenticated, nil, ""},
		"refused":         {"Proof stale", scope.Authenticated, []string{bearerLine, `Proof realm="orders"` + wrong + `, algs="ES256"`}, "USE_DPOP_NONCE"},
		"refused, Bearer": {"Bearer stale", scope.Optional, []string{`Bearer realm="orders"` + wrong, proofLine}, "USE_DPOP_NONCE"},
		"not good enough": {"Proof good", scope.All("write"), []string{bearerLine,
			`Proof realm="orders", error="insufficient_scope", error_description="The access token lacks a required scope", scope="write", algs="ES256"`}, "INSUFFICIENT_SCOPE"},
	} {
		for kind, call := range transports {
			t.Run(name+"/"+string(kind), func(t *testing.T) {
				t.Parallel()
				got := call(t, setup{resource: scope.Resource{Realm: "orders"}, policy: row.policy, auth: nonces(verified(t))}, row.sent)
				assert.Equal(t, row.want == nil, got.admitted)
				assert.Equal(t, row.want, got.challenges)
				assert.Equal(t, []string{"next"}, got.fields[http.CanonicalHeaderKey("DPoP-Nonce")])
				assert.NotContains(t, got.fields, "Set-Cookie")
				if kind == scope.HTTP || row.want == nil {
					return
				}
				st := status.Convert(got.err)
				require.Len(t, st.Details(), 1)
				assert.Equal(t, row.reason, st.Details()[0].(*errdetails.ErrorInfo).GetReason())
				if row.reason == "USE_DPOP_NONCE" {
					assert.Equal(t, codes.Unauthenticated, st.Code())
					assert.Equal(t, "A DPoP nonce is required", st.Message())
				}
			})
		}
	}
}

// A handler that checks for itself answers with the fields, also by an error
// that it has wrapped.
func TestResponseFieldsOfCheck(t *testing.T) {
	t.Parallel()
	auth := middleware.New(nonces(verified(t)), nil)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/orders", nil)
	r.Header.Set("Authorization", "Proof stale")
	_, err := auth.Check(r, scope.Authenticated)
	require.ErrorIs(t, err, token.ErrInvalid)
	assert.Equal(t, "the nonce is stale", err.Error())
	w := httptest.NewRecorder()
	auth.WriteError(w, r, fmt.Errorf("orders: %w", err))
	assert.Equal(t, http.StatusUnauthorized, w.Code)
	assert.Equal(t, "next", w.Header().Get("DPoP-Nonce"))
}
