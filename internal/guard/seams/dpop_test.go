package seams_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/dpop"
	"github.com/postern-go/postern/token/tokentest"
)

const (
	origin = "https://api.example.com"
	rm     = `, resource_metadata="https://api.example.com/.well-known/oauth-protected-resource"`
	algs   = `, algs="ES256 PS256 Ed25519 EdDSA"`

	plainBearer = `Bearer realm="api"` + rm
	plainDPoP   = `DPoP realm="api"` + algs + rm
)

var resource = scope.Resource{Realm: "api", Identifier: origin, Metadata: origin + "/.well-known/oauth-protected-resource"}

// failed is the challenge of a scheme with an error.
func failed(scheme, code, text string) string {
	line := scheme + ` realm="api", error="` + code + `", error_description="` + text + `"`
	if scheme == "DPoP" {
		line += algs
	}
	return line + rm
}

// shop is a service that takes DPoP, and a client with a bound token.
type shop struct {
	*tokentest.Issuer
	t      *testing.T
	prover *dpop.Prover
	bound  string
	setup
}

func newShop(t *testing.T, cfg dpop.Config) *shop {
	t.Helper()
	s := &shop{Issuer: tokentest.NewIssuer(t, nil), t: t}
	key, err := dpop.NewKey()
	require.NoError(t, err)
	s.prover, err = dpop.NewProver(key)
	require.NoError(t, err)
	s.bound = s.Token(s.bind())
	checker, err := dpop.New(cfg)
	require.NoError(t, err)
	settings := s.Config()
	settings.Confirmations = []token.ConfirmationChecker{checker}
	verifier, err := token.NewVerifier(settings)
	require.NoError(t, err)
	s.setup = setup{resource: resource, policy: scope.Authenticated, auth: verifier}
	return s
}

func (s *shop) bind() tokentest.Edit {
	return tokentest.Claim("cnf", map[string]string{"jkt": s.prover.Thumbprint()})
}

func (s *shop) proof(edit ...func(*dpop.Claims)) string {
	s.t.Helper()
	c := dpop.Claims{Method: "POST", URL: origin + method, Token: s.bound}
	for _, f := range edit {
		f(&c)
	}
	text, err := s.prover.Proof(c)
	require.NoError(s.t, err)
	return text
}

func (s *shop) with(proofs ...string) setup {
	with := s.setup
	with.dpop = proofs
	return with
}

// dpopAnswer is the answer that a caller gets over any transport.
type dpopAnswer struct {
	status     int
	challenges []string
	reason     string
}

var (
	admitted = dpopAnswer{}
	noCreds  = dpopAnswer{401, []string{plainBearer, plainDPoP}, "CREDENTIALS_MISSING"}
	useNonce = dpopAnswer{401, []string{plainBearer, failed("DPoP", "use_dpop_nonce", "A DPoP nonce is required")}, "USE_DPOP_NONCE"}
)

func badProof(text string) dpopAnswer {
	return dpopAnswer{401, []string{plainBearer, failed("DPoP", "invalid_dpop_proof", text)}, "INVALID_DPOP_PROOF"}
}

func badToken(text string) dpopAnswer {
	return dpopAnswer{401, []string{plainBearer, failed("DPoP", "invalid_token", text)}, "INVALID_TOKEN"}
}

func badBearer(text string) dpopAnswer {
	return dpopAnswer{401, []string{failed("Bearer", "invalid_token", text), plainDPoP}, "INVALID_TOKEN"}
}

func (want dpopAnswer) check(t *testing.T, kind scope.Transport, got reply) {
	t.Helper()
	assert.Equal(t, want.status == 0, got.admitted)
	assert.Equal(t, want.challenges, got.challenges)
	if want.status == 0 {
		require.NoError(t, got.err)
		return
	}
	if kind == scope.HTTP {
		assert.Equal(t, want.status, got.status)
		return
	}
	code := codes.Unauthenticated
	if want.status == http.StatusServiceUnavailable {
		code = codes.Unavailable
	}
	assert.Equal(t, code, status.Code(got.err))
	assert.Equal(t, want.reason, reasonOf(t, got.err))
}

func reasonOf(t *testing.T, err error) string {
	t.Helper()
	for _, detail := range status.Convert(err).Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok {
			return info.GetReason()
		}
	}
	require.Fail(t, "no ErrorInfo")
	return ""
}

// The rows of RFC 9449 have one answer over every transport.
func TestDPoP(t *testing.T) {
	t.Parallel()
	const invalid, binding = "Invalid DPoP proof", "Invalid key binding"
	free := func(s *shop) string { return s.Token() }
	for name, row := range map[string]struct {
		authorization func(*shop) []string
		proofs        func(*shop) []string
		want          dpopAnswer
	}{
		"C_GRPC-11 a good proof":              {nil, nil, admitted},
		"C_9449-7.1-1 the scheme in any case": {says("dpop ", ""), nil, admitted},
		"C_9449-7.1-2 none":                   {nil, proofs(), badProof("DPoP proof required")},
		"C_9449-4.3-1 two fields":             {nil, func(s *shop) []string { return []string{s.proof(), s.proof()} }, badProof(invalid)},
		"C_9449-4.3-1 a list":                 {nil, func(s *shop) []string { return []string{s.proof() + ", " + s.proof()} }, badProof(invalid)},
		"C_9449-4.3-2 garbage":                {nil, proofs("a.b"), badProof(invalid)},
		"C_9449-4.3-2 20 kB":                  {nil, proofs(strings.Repeat("a", 20_000)), badProof(invalid)},
		"C_9449-4.3-8 another method":         {nil, edited(func(c *dpop.Claims) { c.Method = "GET" }), badProof(invalid)},
		"C_9449-4.3-8 lower case":             {nil, edited(func(c *dpop.Claims) { c.Method = "post" }), badProof(invalid)},
		"C_9449-4.3-9 a query":                {nil, edited(func(c *dpop.Claims) { c.URL += "?a=1#f" }), admitted},
		"C_9449-4.3-9b another spelling":      {nil, edited(func(c *dpop.Claims) { c.URL = "HTTPS://API.example.com:443/%73hop.v1.Orders/./List" }), admitted},
		"C_9449-4.3-9c another path":          {nil, edited(func(c *dpop.Claims) { c.URL += "/" }), badProof(invalid)},
		"C_9449-4.3-9c another scheme":        {nil, edited(func(c *dpop.Claims) { c.URL = "http://api.example.com" + method }), badProof(invalid)},
		"C_9449-4.3-9d another host":          {nil, edited(func(c *dpop.Claims) { c.URL = "https://evil.example" + method }), badProof(invalid)},
		"C_9449-4.3-11 too old":               {nil, edited(func(c *dpop.Claims) { c.IssuedAt = time.Now().Add(-2 * time.Minute) }), badProof("DPoP proof is not fresh")},
		"C_9449-4.3-11 ahead":                 {nil, edited(func(c *dpop.Claims) { c.IssuedAt = time.Now().Add(2 * time.Minute) }), badProof("DPoP proof is not fresh")},
		"C_9449-4.3-12a another token":        {nil, edited(func(c *dpop.Claims) { c.Token += "x" }), badProof(invalid)},
		"C_9449-4.3-12b another key":          {nil, stolen, badToken(binding)},
		"C_9449-7.1-3 an unbound token":       {func(s *shop) []string { return []string{"DPoP " + free(s)} }, nil, badToken(binding)},
		"C_9449-7.2-1 under Bearer":           {says("Bearer ", ""), proofs(), badBearer(binding)},
		"C_9449-7.2-1 under Bearer, a proof":  {says("Bearer ", ""), nil, badBearer(binding)},
		"C_9449-7.2-2 a stray field":          {func(s *shop) []string { return []string{"Bearer " + free(s)} }, proofs("garbage"), admitted},
		"C_9449-7.2-3 a bad token as Bearer":  {says("Bearer ", "x"), nil, badBearer("The access token is malformed")},
		"C_9449-7.1-4 no credentials":         {func(*shop) []string { return nil }, nil, noCreds},
		"C_9110-11.6.1-2 a line for each":     {func(*shop) []string { return nil }, nil, noCreds},
		"C_9068-4-6 another audience": {func(s *shop) []string {
			return []string{"DPoP " + s.Token(s.bind(), tokentest.Claim("aud", "https://other.example"))}
		}, nil, badToken("The access token is invalid")},
		"C_9449-7.2-5 both schemes": {func(s *shop) []string { return []string{"Bearer " + s.bound, "DPoP " + s.bound} }, nil, dpopAnswer{
			400, []string{failed("Bearer", "invalid_request", "More than one access token was presented"), failed("DPoP", "invalid_request", "More than one access token was presented")}, "INVALID_REQUEST",
		}},
		"another binding beside it": {func(s *shop) []string {
			return []string{"DPoP " + s.Token(tokentest.Claim("cnf", map[string]string{"jkt": s.prover.Thumbprint(), "x5t#S256": "x"}))}
		}, nil, badToken(binding)},
	} {
		for kind, call := range transports {
			t.Run(name+"/"+string(kind), func(t *testing.T) {
				t.Parallel()
				s := newShop(t, dpop.Config{})
				authorization, sent := []string{"DPoP " + s.bound}, []string{s.proof()}
				if row.authorization != nil {
					authorization = row.authorization(s)
				}
				if row.proofs != nil {
					sent = row.proofs(s)
				}
				got := call(t, s.with(sent...), authorization...)
				row.want.check(t, kind, got)
				assert.Empty(t, got.fields["Dpop-Nonce"])
				assert.Empty(t, got.credentials, "the handler sees none")
			})
		}
	}
}

func says(scheme, more string) func(*shop) []string {
	return func(s *shop) []string { return []string{scheme + s.bound[len(more):]} }
}

func proofs(list ...string) func(*shop) []string {
	return func(*shop) []string { return list }
}

func edited(edit func(*dpop.Claims)) func(*shop) []string {
	return func(s *shop) []string { return []string{s.proof(edit)} }
}

func stolen(s *shop) []string {
	thief := *s
	key, err := dpop.NewKey()
	require.NoError(s.t, err)
	thief.prover, err = dpop.NewProver(key)
	require.NoError(s.t, err)
	return []string{thief.proof()}
}

// A proof is good once, whatever transport it comes over.
func TestReplayOverTransports(t *testing.T) {
	t.Parallel()
	for kind, call := range transports {
		t.Run("C_9449-11.1-1 "+string(kind), func(t *testing.T) {
			t.Parallel()
			s := newShop(t, dpop.Config{})
			with := s.with(s.proof())
			admitted.check(t, kind, call(t, with, "DPoP "+s.bound))
			for again, repeat := range transports {
				badProof("DPoP proof already used").check(t, again, repeat(t, with, "DPoP "+s.bound))
			}
		})
	}
}

// A service that demands nonces offers one with each dpopAnswer, and the next in time.
func TestNonceOverTransports(t *testing.T) {
	t.Parallel()
	for kind, call := range transports {
		t.Run("C_9449-4.3-10 C_9449-9-1 "+string(kind), func(t *testing.T) {
			t.Parallel()
			s := newShop(t, dpop.Config{Nonces: dpop.NewLocalNonces()})
			got := call(t, s.with(s.proof()), "DPoP "+s.bound)
			useNonce.check(t, kind, got)
			require.Len(t, got.fields["Dpop-Nonce"], 1)
			nonce := got.fields["Dpop-Nonce"][0]
			with := func(c *dpop.Claims) { c.Nonce = nonce }
			got = call(t, s.with(s.proof(with)), "DPoP "+s.bound)
			admitted.check(t, kind, got)
			assert.Empty(t, got.fields["Dpop-Nonce"])
			got = call(t, s.with("garbage"), "DPoP "+s.bound)
			badProof("Invalid DPoP proof").check(t, kind, got)
			assert.Len(t, got.fields["Dpop-Nonce"], 1)
		})
		t.Run("C_9449-9-2 "+string(kind), func(t *testing.T) {
			t.Parallel()
			ahead := time.Now()
			s := newShop(t, dpop.Config{Nonces: dpop.NewLocalNonces(), Time: func() time.Time { return ahead }})
			got := call(t, s.with(s.proof()), "DPoP "+s.bound)
			nonce := got.fields["Dpop-Nonce"][0]
			ahead = ahead.Add(61 * time.Second)
			got = call(t, s.with(s.proof(func(c *dpop.Claims) { c.Nonce, c.IssuedAt = nonce, ahead })), "DPoP "+s.bound)
			admitted.check(t, kind, got)
			assert.Len(t, got.fields["Dpop-Nonce"], 1)
			if kind == scope.HTTP {
				assert.Equal(t, []string{"no-store"}, got.fields["Cache-Control"])
			}
		})
	}
}

type brokenStore struct{}

func (brokenStore) Use(context.Context, [32]byte, time.Duration) (bool, error) {
	return false, errors.New("down")
}

// A store that is down is no fault of the caller's.
func TestStoreDownOverTransports(t *testing.T) {
	t.Parallel()
	for kind, call := range transports {
		t.Run("C_9449-11.1-2 "+string(kind), func(t *testing.T) {
			t.Parallel()
			s := newShop(t, dpop.Config{Store: brokenStore{}})
			got := call(t, s.with(s.proof()), "DPoP "+s.bound)
			dpopAnswer{503, nil, "REPLAY_STORE_UNAVAILABLE"}.check(t, kind, got)
			if kind == scope.HTTP {
				assert.Equal(t, []string{"5"}, got.fields["Retry-After"])
			}
		})
	}
}

// Where DPoP is required, challenges name nothing else.
func TestRequiredOverTransports(t *testing.T) {
	t.Parallel()
	for kind, call := range transports {
		t.Run("C_9449-7.1-5 "+string(kind), func(t *testing.T) {
			t.Parallel()
			s := newShop(t, dpop.Config{Required: true})
			dpopAnswer{401, []string{plainDPoP}, "CREDENTIALS_MISSING"}.check(t, kind, call(t, s.setup))
			binding := dpopAnswer{401, []string{failed("DPoP", "invalid_token", "Invalid key binding")}, "INVALID_TOKEN"}
			binding.check(t, kind, call(t, s.setup, "Bearer "+s.Token()))
			binding.check(t, kind, call(t, s.with(s.proof()), "Bearer "+s.bound))
			admitted.check(t, kind, call(t, s.with(s.proof()), "DPoP "+s.bound))
		})
	}
}

// An inner guard judges the proof of a call once more. It is no replay there, and is
// one in the next call.
func TestNestedGuards(t *testing.T) {
	t.Parallel()
	t.Run("http", func(t *testing.T) {
		s := newShop(t, dpop.Config{})
		guard := middleware.New(s.auth, &middleware.Config{Resource: resource}).Require(scope.Authenticated)
		calls := 0
		handler := guard(guard(guard(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { calls++ }))))
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, origin+method, nil)
		r.Header = http.Header{"Authorization": {"DPoP " + s.bound}, "Dpop": {s.proof()}}
		for _, want := range []int{200, 401} {
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			assert.Equal(t, want, w.Code)
		}
		assert.Equal(t, 1, calls)
	})
	t.Run("grpc", func(t *testing.T) {
		s := newShop(t, dpop.Config{})
		guard, info := s.interceptor(), &grpc.UnaryServerInfo{FullMethod: method}
		with := s.with(s.proof())
		call := func() error {
			_, err := guard.Unary(incoming(t, with, []string{"DPoP " + s.bound}), nil, info, func(ctx context.Context, _ any) (any, error) {
				return guard.Unary(ctx, nil, info, func(context.Context, any) (any, error) { return nil, nil })
			})
			return err
		}
		require.NoError(t, call())
		assert.Equal(t, "INVALID_DPOP_PROOF", reasonOf(t, call()))
	})
}

// What a caller can send, or a router has done, does not move the URL that a proof
// must be for.
func TestTargetOverHTTP(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		htm, htu string
		bases    []string
		edit     func(*http.Request)
		want     int
	}{
		"C_9449-4.3-9e below StripPrefix":       {"GET", "https://api.example.com/v1/orders", nil, nil, 200},
		"C_9449-4.3-9e what it left":            {"GET", "https://api.example.com/orders", nil, nil, 401},
		"C_9449-4.3-9d forwarded host":          {"GET", "https://evil.example/v1/orders", nil, forwarded, 401},
		"C_9449-4.3-8 method override":          {"GET", "https://api.example.com/v1/orders", nil, forwarded, 200},
		"C_9449-4.3-8 the overriding method":    {"POST", "https://api.example.com/v1/orders", nil, forwarded, 401},
		"a base URL with a path":                {"GET", "https://example.com/api/v1/orders", []string{"https://example.com/api/"}, nil, 200},
		"below it, out of it":                   {"GET", "https://example.com/other", []string{"https://example.com/api"}, sentAs("/../other"), 401},
		"below it, out of it, escaped":          {"GET", "https://example.com/other", []string{"https://example.com/api"}, sentAs("/%2e%2E/other"), 401},
		"below it, out of it, later":            {"GET", "https://example.com/other", []string{"https://example.com/api"}, sentAs("/a%2Fb/./../../other"), 401},
		"below it, out of it and back":          {"GET", "https://example.com/api/other", []string{"https://example.com/api"}, sentAs("/../api/other"), 401},
		"below it, with dots":                   {"GET", "https://example.com/api/other", []string{"https://example.com/api"}, sentAs("/a/./../other"), 200},
		"below it, with more dots":              {"GET", "https://example.com/api/.../..b", []string{"https://example.com/api"}, sentAs("/.../..b"), 200},
		"without a path, out of nothing":        {"GET", "https://example.com/other", []string{"https://example.com"}, sentAs("/../other"), 200},
		"two hosts, a letter beyond ASCII":      {"GET", "https://bank.example.com/v1/orders", []string{"https://bank.example.com", "https://example.org"}, at("ban\u212a.example.com"), 401},
		"two hosts, in capitals":                {"GET", "https://bank.example.com/v1/orders", []string{"https://bank.example.com", "https://example.org"}, at("BANK.example.com"), 200},
		"the second of two":                     {"GET", "https://api.example.com/v1/orders", []string{"https://example.com", "https://api.example.com"}, nil, 200},
		"the other of two":                      {"GET", "https://example.com/v1/orders", []string{"https://example.com", "https://api.example.com"}, nil, 401},
		"the first of two, another host":        {"GET", "https://example.com/v1/orders", []string{"https://example.com", "https://example.org"}, nil, 401},
		"another host, which is that of a call": {"GET", "https://api.example.com/v1/orders", []string{"https://example.com", "https://example.org"}, nil, 401},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, dpop.Config{})
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "https://api.example.com/v1/orders?x=1", nil)
			r.Header = http.Header{"Authorization": {"DPoP " + s.bound}, "Dpop": {s.proof(func(c *dpop.Claims) { c.Method, c.URL = row.htm, row.htu })}}
			if row.edit != nil {
				row.edit(r)
			}
			guard := middleware.New(s.auth, &middleware.Config{Resource: scope.Resource{BaseURLs: row.bases}}).Require(scope.Authenticated)
			w := httptest.NewRecorder()
			http.StripPrefix("/v1", guard(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))).ServeHTTP(w, r)
			assert.Equal(t, row.want, w.Code)
		})
	}
}

// sentAs is a request line that no client normalized.
func sentAs(path string) func(*http.Request) {
	return func(r *http.Request) { r.RequestURI = path }
}

func at(host string) func(*http.Request) { return func(r *http.Request) { r.Host = host } }

func forwarded(r *http.Request) {
	r.Header.Set("X-Forwarded-Host", "evil.example")
	r.Header.Set("Forwarded", "host=evil.example;proto=https")
	r.Header.Set("Origin", "https://evil.example")
	r.Header.Set("X-HTTP-Method-Override", "POST")
}
