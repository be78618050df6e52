package seams_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

const authenticate = `Bearer realm="api", error="insufficient_user_authentication", error_description="A different or more recent authentication is required", `

// deleting is what a call needs that cannot be undone.
var deleting = scope.All("write").And(scope.ACR("A", "B")).And(scope.MaxAge(300 * time.Second))

// signedIn is an issuer, a Verifier of its tokens, and the edits of a token that
// deleting lets in.
func signedIn(t *testing.T) (*tokentest.Issuer, *token.Verifier, []tokentest.Edit) {
	t.Helper()
	issuer := tokentest.NewIssuer(t, nil)
	cfg := issuer.Config()
	cfg.Profile.Users = []token.Mark{{Claim: "user", Values: []string{"yes"}}}
	verifier, err := token.NewVerifier(cfg)
	require.NoError(t, err)
	return issuer, verifier, []tokentest.Edit{tokentest.Scope("write"), tokentest.ACR("B"), tokentest.AuthenticatedAgo(0), tokentest.ExpiresIn(time.Hour)}
}

// Both transports ask for the same, and a machine is not asked.
func TestStepUp(t *testing.T) {
	t.Parallel()
	issuer, verifier, good := signedIn(t)
	acr, age, both := `acr_values="A B"`, `max_age="300"`, `acr_values="A B", max_age="300"`
	atLeastB := scope.ACRBy("at least B", func(acr string) bool { return acr == "A" || acr == "B" || acr == "A+" }, "B")
	for name, row := range map[string]struct {
		policy    scope.Policy
		edit      tokentest.Edit
		status    int
		challenge string // of a 401
		metadata  map[string]string
	}{
		"good":                        {deleting, tokentest.Edit{}, 200, "", nil},
		"C_9470-3-1 acr":              {scope.ACR("A", "B"), tokentest.ACR("C"), 401, acr, map[string]string{"acrValues": "A B"}},
		"C_9470-3-2 age":              {scope.MaxAge(300 * time.Second), tokentest.AuthenticatedAgo(332 * time.Second), 401, age, map[string]string{"maxAge": "300"}},
		"C_9470-3-1 acr, and the age": {deleting, tokentest.ACR("C"), 401, both, map[string]string{"acrValues": "A B", "maxAge": "300"}},
		"C_9470-3-3 and scopes": {
			deleting, tokentest.Edits(tokentest.Scope("read"), tokentest.ACR("C"), tokentest.AuthenticatedAgo(time.Hour)), 401, `scope="write", ` + both,
			map[string]string{"requiredScope": "write", "acrValues": "A B", "maxAge": "300"},
		},
		"C_9470-6-1 a higher acr":            {deleting, tokentest.ACR("A+"), 401, both, nil},
		"C_9470-6-1 with a comparator":       {atLeastB, tokentest.ACR("A+"), 200, "", nil},
		"C_9470-6-2 no auth_time":            {deleting, tokentest.WithoutClaim("auth_time"), 401, both, nil},
		"C_9470-6-2 auth_time in the future": {deleting, tokentest.AuthenticatedAgo(-time.Minute), 401, both, nil},
		"C_9470-6-2 new iat, old auth_time":  {deleting, tokentest.AuthenticatedAgo(4000 * time.Second), 401, both, nil},
		"C_9470-6-2 no acr":                  {deleting, tokentest.WithoutClaim("acr"), 401, both, nil},
		"C_9068-2.2.1-1 auth_time in text":   {deleting, tokentest.Claim("auth_time", "1700000000"), 401, both, nil},
		"C_9068-2.2.1-1 not asked for":       {scope.All("write"), tokentest.Claim("auth_time", "1700000000"), 200, "", nil},
		"C_9470-6-3 a machine":               {deleting, tokentest.ClientCredentials(), 403, "", nil},
		"C_9470-6-3 a machine without acr":   {deleting, tokentest.Edits(tokentest.ClientCredentials(), tokentest.WithoutClaim("acr")), 403, "", nil},
		"C_9470-6-3 a user marked as such":   {deleting, tokentest.Claim("user", "yes"), 200, "", nil},
	} {
		for kind, call := range transports {
			t.Run(name+"/"+string(kind), func(t *testing.T) {
				t.Parallel()
				raw := issuer.Token(append(append([]tokentest.Edit{}, good...), row.edit)...)
				for range 2 { // new, and remembered
					assertStepUp(t, call(t, setup{auth: verifier, policy: row.policy}, "Bearer "+raw), kind, row.status, row.challenge, row.metadata)
				}
			})
		}
	}
}

// A new login is to lose no scopes either, for clients that ask for those named alone.
func TestStepUpRepeatsGranted(t *testing.T) {
	t.Parallel()
	issuer, verifier, good := signedIn(t)
	const asks, both = `scope="write`, `", acr_values="A B", max_age="300"`
	own := scope.Func("own", func(*token.Token) error { return &token.StepUpError{Need: []string{"own"}} })
	for name, row := range map[string]struct {
		repeat bool
		policy scope.Policy
		edit   tokentest.Edit
		want   string
	}{
		"C_MCP-6 C_9470-3-3 repeated":       {true, deleting, tokentest.Edits(tokentest.Scope("read", "email"), tokentest.ACR("C")), asks + " read email" + both},
		"C_9470-3-3 by default":             {false, deleting, tokentest.Edits(tokentest.Scope("read", "email"), tokentest.ACR("C")), asks + both},
		"scopes that are not short":         {true, deleting, tokentest.ACR("C"), `acr_values="A B", max_age="300"`},
		"of the application, no token":      {true, own, tokentest.Scope("read"), `scope="own"`},
		"of the application, beside a rule": {true, own.And(scope.ACR("B")), tokentest.Scope("read"), `scope="own read", acr_values="B"`},
	} {
		for kind, call := range transports {
			t.Run(name+"/"+string(kind), func(t *testing.T) {
				t.Parallel()
				raw := issuer.Token(append(append([]tokentest.Edit{}, good...), row.edit)...)
				got := call(t, setup{auth: verifier, policy: row.policy, resource: scope.Resource{RepeatGranted: row.repeat}}, "Bearer "+raw)
				assert.Equal(t, []string{authenticate + row.want}, got.challenges)
			})
		}
	}
}

func assertStepUp(t *testing.T, got reply, kind scope.Transport, wanted int, challenge string, metadata map[string]string) {
	t.Helper()
	code := map[int]codes.Code{200: codes.OK, 401: codes.Unauthenticated, 403: codes.PermissionDenied}[wanted]
	require.Equal(t, wanted == 200, got.admitted)
	if challenge != "" {
		assert.Equal(t, []string{authenticate + challenge}, got.challenges)
	} else {
		assert.Empty(t, got.challenges)
	}
	if kind == scope.HTTP {
		assert.Equal(t, wanted, got.status)
		return
	}
	assert.Equal(t, code, status.Code(got.err))
	if metadata != nil {
		info, ok := status.Convert(got.err).Details()[0].(*errdetails.ErrorInfo)
		require.True(t, ok)
		assert.Equal(t, "INSUFFICIENT_USER_AUTHENTICATION", info.GetReason())
		assert.Equal(t, metadata, info.GetMetadata())
	}
}

// A token that is remembered gets older all the same.
func TestNoAgeIsRemembered(t *testing.T) {
	t.Parallel()
	for kind, call := range transports {
		t.Run("C_9470-6-2 "+string(kind), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				issuer, verifier, good := signedIn(t)
				var last scope.Decision
				note := func(_ context.Context, d scope.Decision) { last = d }
				s := setup{auth: verifier, policy: deleting, trace: &scope.Trace{Allowed: note, Refused: note}}
				raw := "Bearer " + issuer.Token(good...)
				for i := range 3 { // at 0, 150 and 300 seconds
					require.True(t, call(t, s, raw).admitted, last.Err)
					assert.Equal(t, i > 0, last.Remembered)
					time.Sleep(150 * time.Second)
				}
				got := call(t, s, raw)
				assert.True(t, last.Remembered)
				assertStepUp(t, got, kind, 401, `acr_values="A B", max_age="300"`, nil)
				assert.True(t, call(t, s, "Bearer "+issuer.Token(good...)).admitted, "after a new login")
			})
		})
	}
}

// A stream that has begun goes on as the login of its user gets older, and ends with
// its token. It can look for itself.
func TestStreamThatBeganWithAFreshLogin(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		issuer, verifier, good := signedIn(t)
		raw := issuer.Token(good...)
		carrying := &sent{}
		ctx := grpc.NewContextWithServerTransportStream(incoming(t, setup{}, []string{"Bearer " + raw}), carrying)
		err := setup{auth: verifier, policy: deleting}.interceptor().Stream(nil, &stream{sent: carrying, ctx: ctx}, &grpc.StreamServerInfo{FullMethod: method}, func(_ any, ss grpc.ServerStream) error {
			caller, _ := token.FromContext(ss.Context())
			assert.True(t, caller.AuthenticatedWithin(300*time.Second))
			time.Sleep(10 * time.Minute)
			assert.False(t, caller.AuthenticatedWithin(300*time.Second))
			return ss.Context().Err()
		})
		require.NoError(t, err)
	})
}
