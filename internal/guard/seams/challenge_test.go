package seams_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/postern-go/postern/grpcauth"
	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

const (
	atRoot     = `, resource_metadata="https://api.example.com/.well-known/oauth-protected-resource/mcp"`
	lineStart  = `Bearer realm="api"`
	expired    = `, error="invalid_token", error_description="The access token has expired"`
	lacksScope = `, error="insufficient_scope", error_description="The access token lacks a required scope"`
)

// helpful is a resource that tells clients all it can.
var helpful = scope.Resource{Identifier: "https://api.example.com/mcp", PublishesMetadata: true, ChallengeScopes: true, RepeatGranted: true}

// What challenges name of the rule, over both transports.
func TestHelpfulChallenges(t *testing.T) {
	t.Parallel()
	bare := helpful
	bare.ChallengeScopes, bare.RepeatGranted = false, false
	sent := map[string]struct {
		edits  []tokentest.Edit
		raw    string // instead of a token
		status int
		code   codes.Code
	}{
		"nothing":   {raw: "-", status: 401, code: codes.Unauthenticated},
		"malformed": {raw: "a b", status: 400, code: codes.Unauthenticated},
		"expired":   {edits: []tokentest.Edit{tokentest.ExpiresIn(-time.Hour)}, status: 401, code: codes.Unauthenticated},
		"short":     {edits: []tokentest.Edit{tokentest.Scope("files:read", "email", "offline_access")}, status: 403, code: codes.PermissionDenied},
		"enough":    {edits: []tokentest.Edit{tokentest.Scope("files:write", "user:profile")}, status: 200},
	}
	write := scope.All("files:write", "user:profile")
	const malformed = `, error="invalid_request", error_description="Malformed credentials"`
	for name, row := range map[string]struct {
		resource scope.Resource
		policy   scope.Policy
		sent     string
		want     string // "" if the call goes through
	}{
		"C_MCP-3 C_9728-5.1-1 no token":                {helpful, write, "nothing", lineStart + `, scope="files:write user:profile"` + atRoot},
		"C_MCP-3 C_MCP-5 an expired token":             {helpful, write, "expired", lineStart + expired + `, scope="files:write user:profile"` + atRoot},
		"C_MCP-5 malformed credentials":                {helpful, write, "malformed", lineStart + malformed + atRoot},
		"C_MCP-6 C_MCP-5 C_MCP-8 granted are repeated": {helpful, write, "short", lineStart + lacksScope + `, scope="files:write user:profile files:read email"` + atRoot},
		"enough":                                 {helpful, write, "enough", ""},
		"C_9728-5.1-1 by default, no token":      {bare, write, "nothing", lineStart + atRoot},
		"by default, an expired token":           {bare, write, "expired", lineStart + expired + atRoot},
		"C_MCP-6 by default, every scope needed": {bare, write, "short", lineStart + lacksScope + `, scope="files:write user:profile"` + atRoot},
		"no scope to name":                       {helpful, scope.Authenticated, "nothing", lineStart + atRoot},
		"an unknown route":                       {helpful, scope.Policy{}, "nothing", lineStart + atRoot},
		"alternatives":                           {helpful, scope.User.Or(scope.All("b")).Or(scope.All("c")), "nothing", lineStart + `, scope="b"` + atRoot},
		"optional":                               {helpful, scope.Optional, "expired", lineStart + expired + atRoot},
		"C_MCP-8 never offline access":           {helpful, scope.All("a", "offline_access"), "nothing", lineStart + `, scope="a"` + atRoot},
		"C_MCP-8 not after an expired token":     {helpful, scope.All("offline_access"), "expired", lineStart + expired + atRoot},
		"C_MCP-8 not for lack of it":             {bare, scope.All("offline_access", "x"), "enough", lineStart + lacksScope + `, scope="x"` + atRoot},
		"a scope full of special characters":     {helpful, scope.All(`a'b,c=<d>&%22!`), "nothing", lineStart + `, scope="a'b,c=<d>&%22!"` + atRoot},
		"a rule that names no writable scope": {helpful, scope.Func("odd", func(*token.Token) error { return &token.ScopeError{Need: []string{`a"b`}} }), "short",
			lineStart + lacksScope + atRoot},
		"a rule of the application": {helpful, scope.Func("own", func(*token.Token) error { return &token.ScopeError{Need: []string{"own"}} }), "short",
			lineStart + lacksScope + `, scope="own"` + atRoot},
	} {
		for kind, call := range transports {
			if kind == scope.HTTP && row.policy.IsZero() {
				continue // see the test of a Mux
			}
			t.Run(name+"/"+string(kind), func(t *testing.T) {
				t.Parallel()
				issuer := tokentest.NewIssuer(t, nil)
				verifier, err := token.NewVerifier(issuer.Config())
				require.NoError(t, err)
				caller := sent[row.sent]
				var fields []string
				switch caller.raw {
				case "":
					fields = []string{"Bearer " + issuer.Token(caller.edits...)}
				case "-":
				default:
					fields = []string{"Bearer " + caller.raw}
				}
				got := call(t, setup{auth: verifier, policy: row.policy, resource: row.resource}, fields...)
				assert.Equal(t, row.want == "", got.admitted)
				if row.want != "" {
					assert.Equal(t, []string{row.want}, got.challenges)
				}
				if row.want == "" || row.sent == "enough" {
					return
				}
				if kind == scope.HTTP {
					assert.Equal(t, caller.status, got.status)
				} else {
					assert.Equal(t, caller.code, status.Code(got.err))
				}
			})
		}
	}
}

// Every line of a challenge names the scopes, whichever scheme was used.
func TestChallengeScopesOfSchemes(t *testing.T) {
	t.Parallel()
	auth := twoSchemes{func(context.Context, token.Presentation) (*token.Token, error) { return nil, token.ErrExpired }}
	for kind, call := range transports {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			s := setup{auth: auth, policy: scope.All("read"), resource: scope.Resource{Realm: "orders", ChallengeScopes: true}}
			const asks = `, scope="read"`
			assert.Equal(t, []string{bearerLine + asks, `Proof realm="orders"` + asks + `, algs="ES256"`}, call(t, s).challenges)
			assert.Equal(t, []string{bearerLine + expired + asks, `Proof realm="orders"` + asks + `, algs="ES256"`}, call(t, s, "Bearer x").challenges)
			s.resource.ChallengeScopes = false
			assert.Equal(t, []string{bearerLine, proofLine}, call(t, s).challenges, "nothing stays from a call before")
		})
	}
}

// A call that outlives its token is refused as one that begins with an expired
// token is.
func TestChallengeScopesOfExpiredCalls(t *testing.T) {
	t.Parallel()
	for _, kind := range []scope.Transport{"unary", "stream"} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				issuer := tokentest.NewIssuer(t, nil)
				verifier, err := token.NewVerifier(issuer.Config())
				require.NoError(t, err)
				i := grpcauth.New(verifier, grpcauth.Policies{method: scope.All("read")}, &grpcauth.Config{Resource: helpful})
				s := &sent{header: metadata.MD{}, trailer: metadata.MD{}}
				ctx := grpc.NewContextWithServerTransportStream(incoming(t, setup{}, []string{"Bearer " + issuer.Token(tokentest.Scope("read"))}), s)
				if kind == "unary" {
					_, err = i.Unary(ctx, nil, &grpc.UnaryServerInfo{FullMethod: method}, func(ctx context.Context, _ any) (any, error) {
						<-ctx.Done()
						return nil, ctx.Err()
					})
				} else {
					err = i.Stream(nil, &stream{sent: s, ctx: ctx}, &grpc.StreamServerInfo{FullMethod: method}, func(_ any, ss grpc.ServerStream) error {
						<-ss.Context().Done()
						return ss.Context().Err()
					})
				}
				assert.Equal(t, codes.Unauthenticated, status.Code(err))
				assert.Equal(t, []string{lineStart + expired + `, scope="read"` + atRoot}, s.trailer["www-authenticate"])
			})
		})
	}
}

// Check and Admit leave the answer to WriteError, which names the scopes too.
func TestChallengeScopesOfCheck(t *testing.T) {
	t.Parallel()
	m := middleware.New(twoSchemes{}, &middleware.Config{Resource: scope.Resource{ChallengeScopes: true}})
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	_, err := m.Check(r, scope.All("read"))
	require.ErrorIs(t, err, token.ErrMissing)
	checked, admitted := httptest.NewRecorder(), httptest.NewRecorder()
	m.WriteError(checked, r, err)
	_, done := m.Admit(admitted, r, scope.All("read"))
	done()
	want := []string{`Bearer realm="api", scope="read"`, `Proof realm="api", scope="read", algs="ES256"`}
	assert.Equal(t, want, checked.Header()["Www-Authenticate"])
	assert.Equal(t, want, admitted.Header()["Www-Authenticate"])

	plain := middleware.New(twoSchemes{}, nil)
	_, bare := plain.Check(r, scope.All("read"))
	assert.Equal(t, bare.Error(), err.Error(), "operators read the same")
	assert.Same(t, bare, errors.Unwrap(err), "without the option the error is as it was")
}

// Granted scopes are bounded, those needed are not, and hostile ones are left out.
func TestRepeatGrantedIsBounded(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("n", 1500)
	granted := []string{"a", `q"`, "é", "", strings.Repeat("g", 1010), strings.Repeat("h", 20), "0123456789", "z", "y"}
	held, err := token.Vouched("x", token.VouchedClaims{
		Issuer: "https://as.example.com", Audience: []string{"x"}, Subject: "alice", Scopes: granted, Expiry: time.Now().Add(time.Hour),
	})
	require.NoError(t, err)
	auth := judge(func(context.Context, token.Presentation) (*token.Token, error) { return held, nil })
	for kind, call := range transports {
		got := call(t, setup{auth: auth, policy: scope.All(long, "a"), resource: scope.Resource{RepeatGranted: true}}, "Bearer x")
		require.Len(t, got.challenges, 1, kind)
		// With their spaces these are 1024 bytes.
		assert.True(t, strings.HasSuffix(got.challenges[0], `scope="`+long+" a "+granted[4]+` 0123456789 z"`), kind)
	}
}
