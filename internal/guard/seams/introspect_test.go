package seams_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/dpop"
	"github.com/postern-go/postern/token/introspect"
	"github.com/postern-go/postern/token/tokentest"
)

const asID = "https://as.example.com"

// endpoint is an introspection endpoint that knows these tokens.
type endpoint struct {
	mu     sync.Mutex
	tokens map[string]map[string]any
	status int
	header http.Header
	asked  int
}

func (e *endpoint) RoundTrip(r *http.Request) (*http.Response, error) {
	body, _ := io.ReadAll(r.Body)
	form, _ := url.ParseQuery(string(body))
	e.mu.Lock()
	defer e.mu.Unlock()
	e.asked++
	said, ok := e.tokens[form.Get("token")]
	if !ok {
		said = map[string]any{"active": false, "scope": "admin"}
	}
	text, _ := json.Marshal(said)
	return &http.Response{StatusCode: e.status, Header: e.header, Body: io.NopCloser(strings.NewReader(string(text))), Request: r}, nil
}

// revoke makes a token unknown.
func (e *endpoint) revoke(raw string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.tokens, raw)
}

// about is an answer about a good token of a user, with changes.
func about(changes map[string]any) map[string]any {
	said := map[string]any{
		"active": true, "aud": origin, "sub": "alice", "client_id": "web", "scope": "read", "exp": time.Now().Add(5 * time.Minute).Unix(),
	}
	for name, value := range changes {
		said[name] = value
	}
	return said
}

func asking(t *testing.T, e *endpoint, edits ...func(*introspect.Config)) *introspect.Authenticator {
	t.Helper()
	c := introspect.Config{
		Issuer: asID, Audience: []string{origin}, Endpoint: asID + "/introspect", Credentials: introspect.Basic("photos", "secret"),
		HTTPClient: &http.Client{Transport: e},
		Profile:    token.Profile{Users: []token.Mark{{Claim: "sub", ClientID: true, Not: true}}},
	}
	for _, edit := range edits {
		edit(&c)
	}
	a, err := introspect.New(c)
	require.NoError(t, err)
	return a
}

// expected is what a call is answered over both transports.
type expected struct {
	status    int
	challenge string // the Bearer line, or "" for none
	code      codes.Code
	reason    string
}

func (want expected) check(t *testing.T, kind scope.Transport, got reply) {
	t.Helper()
	assert.Equal(t, want.status == 200, got.admitted)
	if want.challenge != "" {
		assert.Equal(t, []string{want.challenge}, got.challenges)
	} else {
		assert.Empty(t, got.challenges)
	}
	if kind == scope.HTTP {
		assert.Equal(t, want.status, got.status)
		return
	}
	assert.Equal(t, want.code, status.Code(got.err))
	for _, detail := range status.Convert(got.err).Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok {
			assert.Equal(t, want.reason, info.Reason)
		}
	}
}

// Tokens that the issuer is asked about meet the same policies and answers as JWTs.
func TestIntrospection(t *testing.T) {
	t.Parallel()
	invalid := func(text string) expected {
		return expected{401, failed("Bearer", "invalid_token", text), codes.Unauthenticated, "INVALID_TOKEN"}
	}
	good := expected{200, "", codes.OK, ""}
	unavailable := expected{503, "", codes.Unavailable, "INTROSPECTION_UNAVAILABLE"}
	for name, row := range map[string]struct {
		said   map[string]any // nil: the token is not known
		status int
		policy scope.Policy
		want   expected
	}{
		"C_7662-2.2-4 good":           {about(nil), 200, scope.All("read").And(scope.User), good},
		"C_7662-2.2-2 inactive":       {nil, 200, scope.Authenticated, invalid("The access token is not active")},
		"C_7662-2.2-3 expired":        {about(map[string]any{"exp": 1}), 200, scope.Authenticated, invalid("The access token has expired")},
		"C_7662-2.2-3 other audience": {about(map[string]any{"aud": "x"}), 200, scope.Authenticated, invalid("The access token is invalid")},
		"C_7662-2.2-1 active 1":       {about(map[string]any{"active": 1}), 200, scope.Authenticated, unavailable},
		"C_7662-2.3-1 401":            {about(nil), 401, scope.Authenticated, unavailable},
		"C_7662-2.3-1 403":            {about(nil), 403, scope.Authenticated, unavailable},
		"C_7662-2.3-2 500":            {about(nil), 500, scope.Authenticated, unavailable},
		"no scope": {about(nil), 200, scope.All("write"), expected{403, `Bearer realm="api", error="insufficient_scope", error_description="The access token lacks a required scope", scope="write"` + rm,
			codes.PermissionDenied, "INSUFFICIENT_SCOPE"}},
		"C_9396-9.2-1 a detail": {about(map[string]any{"authorization_details": []any{map[string]any{"type": "payment"}}}), 200,
			scope.HasDetail(scope.Detail{Type: "payment"}), good},
		"C_9396-9.2-1 no detail": {about(map[string]any{"authorization_details": []any{map[string]any{"type": "other"}}}), 200,
			scope.HasDetail(scope.Detail{Type: "payment"}), expected{403,
				`Bearer realm="api", error="insufficient_scope", error_description="The access token lacks a required authorization detail"` + rm,
				codes.PermissionDenied, "INSUFFICIENT_SCOPE"}},
		"a client": {about(map[string]any{"sub": "web"}), 200, scope.User, expected{403, "", codes.PermissionDenied, "ACCESS_DENIED"}},
	} {
		for kind, call := range transports {
			t.Run(name+"/"+string(kind), func(t *testing.T) {
				t.Parallel()
				e := &endpoint{tokens: map[string]map[string]any{}, status: row.status}
				if row.said != nil {
					e.tokens["opaque-1"] = row.said
				}
				var told scope.Decision
				got := call(t, setup{auth: asking(t, e), policy: row.policy, resource: resource, trace: &scope.Trace{
					Allowed: func(_ context.Context, d scope.Decision) { told = d }, Refused: func(_ context.Context, d scope.Decision) { told = d },
				}}, "Bearer opaque-1")
				row.want.check(t, kind, got)
				assert.Equal(t, 1, e.asked)
				assert.Equal(t, row.want.status == 200, told.Err == nil)
			})
		}
	}
}

// A policy with Fresh refuses a revoked token at once, where another lets it in for
// a while.
func TestFreshOverTransports(t *testing.T) {
	t.Parallel()
	for kind, call := range transports {
		t.Run("C_7662-4-3 fresh/"+string(kind), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				e := &endpoint{tokens: map[string]map[string]any{"opaque-1": about(nil)}, status: 200}
				auth := asking(t, e)
				plain := setup{auth: auth, policy: scope.All("read"), resource: resource}
				fresh := setup{auth: auth, policy: scope.All("read").And(scope.Fresh), resource: resource}
				either := setup{auth: auth, policy: scope.Fresh.Or(scope.All("admin")), resource: resource}
				assert.True(t, call(t, plain, "Bearer opaque-1").admitted)
				assert.True(t, call(t, plain, "Bearer opaque-1").admitted)
				assert.Equal(t, 1, e.asked)
				assert.True(t, call(t, fresh, "Bearer opaque-1").admitted)
				assert.True(t, call(t, either, "Bearer opaque-1").admitted)
				assert.Equal(t, 3, e.asked)
				e.revoke("opaque-1")
				assert.True(t, call(t, plain, "Bearer opaque-1").admitted, "for 30 seconds")
				assert.False(t, call(t, fresh, "Bearer opaque-1").admitted)
				assert.False(t, call(t, plain, "Bearer opaque-1").admitted, "the answer counts for all")
			})
		})
	}
}

// A JWT that a signature proves is never fresh, and is denied.
func TestFreshRefusesJWTs(t *testing.T) {
	t.Parallel()
	issuer := tokentest.NewIssuer(t, nil)
	verifier, err := token.NewVerifier(issuer.Config())
	require.NoError(t, err)
	for kind, call := range transports {
		got := call(t, setup{auth: verifier, policy: scope.Fresh, resource: resource}, "Bearer "+issuer.Token())
		expected{403, "", codes.PermissionDenied, "ACCESS_DENIED"}.check(t, kind, got)
	}
}

// C_7662-mix-1: who judges a token is told by its shape. What one refuses, no other is
// asked about.
func TestRouting(t *testing.T) {
	t.Parallel()
	issuer := tokentest.NewIssuer(t, &tokentest.Options{Audience: []string{origin}})
	verifier, err := token.NewVerifier(issuer.Config())
	require.NoError(t, err)
	for name, row := range map[string]struct {
		raw    string
		status int
		asked  int
	}{
		"C_7662-mix-1 good JWT":     {issuer.Token(), 200, 0},
		"C_7662-mix-1 expired JWT":  {issuer.Token(tokentest.Claim("exp", 1)), 401, 0},
		"C_7662-mix-1 foreign JWT":  {issuer.Token(tokentest.Claim("iss", "https://other.example")), 401, 0},
		"C_7662-mix-1 good opaque":  {"opaque-1", 200, 1},
		"C_7662-mix-1 bad opaque":   {"opaque-2", 401, 1},
		"C_7662-mix-1 encrypted":    {"eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..a.b.c", 401, 0},
		"C_7662-mix-1 opaque, dots": {"a.b.c", 401, 1},
	} {
		for kind, call := range transports {
			t.Run(name+"/"+string(kind), func(t *testing.T) {
				t.Parallel()
				e := &endpoint{tokens: map[string]map[string]any{"opaque-1": about(nil)}, status: 200}
				router, err := token.NewRouter(token.RouterConfig{JWT: verifier, Opaque: asking(t, e)})
				require.NoError(t, err)
				got := call(t, setup{auth: router, policy: scope.Authenticated, resource: resource}, "Bearer "+row.raw)
				assert.Equal(t, row.status == 200, got.admitted)
				assert.Equal(t, row.asked, e.asked)
			})
		}
	}
}

// Opaque tokens bound to a key need a proof, remembered or not, and a proof counts once for
// both verdicts about a JWT that is introspected as well.
func TestIntrospectedDPoP(t *testing.T) {
	t.Parallel()
	s := newShop(t, dpop.Config{})
	checker, err := dpop.New(dpop.Config{})
	require.NoError(t, err)
	confirmations := func(c *introspect.Config) { c.Confirmations = []token.ConfirmationChecker{checker} }
	cnf := map[string]any{"cnf": map[string]string{"jkt": s.prover.Thumbprint()}, "token_type": "DPoP"}
	for kind, call := range transports {
		t.Run("C_9449-6.2-1/"+string(kind), func(t *testing.T) {
			t.Parallel()
			const raw = "opaque-1"
			e := &endpoint{tokens: map[string]map[string]any{raw: about(cnf)}, status: 200}
			service := setup{auth: asking(t, e, confirmations), policy: scope.Authenticated, resource: resource}
			proof := func() []string { return []string{s.proof(func(c *dpop.Claims) { c.Token = raw })} }
			for range 2 {
				service.dpop = proof()
				assert.True(t, call(t, service, "DPoP "+raw).admitted)
				assert.False(t, call(t, service, "DPoP "+raw).admitted, "a replay")
				service.dpop = proof()
				assert.False(t, call(t, service, "Bearer "+raw).admitted)
				service.dpop = nil
				assert.False(t, call(t, service, "DPoP "+raw).admitted)
			}
			assert.Equal(t, 1, e.asked)
		})
	}
}

// A JWT that must be introspected as well needs one proof for both verdicts, and a thief
// without the key gets neither.
func TestAlsoIntrospectedDPoP(t *testing.T) {
	t.Parallel()
	for kind, call := range transports {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			s := newShop(t, dpop.Config{})
			checker, err := dpop.New(dpop.Config{})
			require.NoError(t, err)
			settings := s.Config(origin)
			settings.Confirmations = []token.ConfirmationChecker{checker}
			verifier, err := token.NewVerifier(settings)
			require.NoError(t, err)
			s.bound = s.Token(s.bind(), tokentest.Audience(origin))
			e := &endpoint{tokens: map[string]map[string]any{s.bound: about(map[string]any{
				"cnf": map[string]string{"jkt": s.prover.Thumbprint()}, "sub": claim(t, s.bound, "sub"), "client_id": claim(t, s.bound, "client_id"),
			})}, status: 200}
			auth := asking(t, e, func(c *introspect.Config) { c.Issuer, c.Confirmations = s.Identifier(), settings.Confirmations })
			router, err := token.NewRouter(token.RouterConfig{JWT: verifier, Opaque: auth, AlsoIntrospect: func(*token.Token) bool { return true }})
			require.NoError(t, err)
			service := setup{auth: router, policy: scope.Fresh, resource: resource, dpop: []string{s.proof()}}
			assert.True(t, call(t, service, "DPoP "+s.bound).admitted)
			assert.False(t, call(t, service, "DPoP "+s.bound).admitted, "a replay")
			service.dpop = []string{s.proof()}
			e.revoke(s.bound)
			assert.False(t, call(t, service, "DPoP "+s.bound).admitted)
		})
	}
}

// claim is a claim of a JWT that has not been verified.
func claim(t *testing.T, raw, name string) (value string) {
	t.Helper()
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(raw, ".")[1])
	require.NoError(t, err)
	var claims map[string]any
	require.NoError(t, json.Unmarshal(payload, &claims))
	value, _ = claims[name].(string)
	return value
}
