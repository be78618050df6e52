package moving_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"connectrpc.com/authn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

// connectCall is the start of a call by gRPC, with these Authorization fields.
func connectCall(authorization ...string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/greet.v1.GreetService/Greet", nil)
	r.Header.Set("Content-Type", "application/grpc")
	r.Header["Authorization"] = authorization
	return r
}

// The comparison says of connectrpc/authn, which leaves the token to a function
// of the service, that it answers in the protocol of the call, reads the first of
// two Authorization fields, and leaves the field there for the handler.
func TestAuthn(t *testing.T) {
	t.Parallel()
	issuer := newIssuer(t)
	verifier := newVerifier(t, issuer)
	var seen http.Header
	handler := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen = r.Header })
	byAuthn := authn.NewMiddleware(func(ctx context.Context, r *http.Request) (any, error) {
		raw, _ := authn.BearerToken(r)
		verified, err := verifier.Authenticate(ctx, token.Bearer(raw))
		if err != nil {
			return nil, authn.Errorf("refused")
		}
		return verified, nil
	}).Wrap(handler)
	byPostern := postern(t, issuer)(handler)
	good := "Bearer " + issuer.Token(tokentest.Scope(right))

	w := httptest.NewRecorder()
	byAuthn.ServeHTTP(w, connectCall("Bearer x"))
	assert.Equal(t, []any{200, "16"}, []any{w.Code, w.Header().Get("Grpc-Status")})
	w = httptest.NewRecorder()
	byPostern.ServeHTTP(w, connectCall("Bearer x"))
	assert.Equal(t, []any{401, ""}, []any{w.Code, w.Header().Get("Grpc-Status")})

	byAuthn.ServeHTTP(httptest.NewRecorder(), connectCall(good, "Bearer x"))
	require.NotNil(t, seen)
	assert.Contains(t, seen, "Authorization")

	seen = nil
	byPostern.ServeHTTP(httptest.NewRecorder(), connectCall(good, "Bearer x"))
	require.Nil(t, seen)
	byPostern.ServeHTTP(httptest.NewRecorder(), connectCall(good))
	assert.NotContains(t, seen, "Authorization")
}
