package middleware_test

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

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

func TestRequire(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	needsRead := scope.All("read", "write")
	const expired = "The access token has expired"
	for _, row := range []struct {
		name      string
		policy    scope.Policy
		request   *http.Request
		status    int
		body      string
		challenge string
	}{
		{name: "C_6750-2.1-1 good", policy: scope.Authenticated, request: w.good(), status: 200, body: "alice"},
		{name: "good and enough", policy: needsRead, request: w.good(tokentest.Scope("write", "read")), status: 200, body: "alice"},
		{name: "C_6750-3.1-3 good and not enough", policy: needsRead, request: w.good(tokentest.Scope("read")), status: 403,
			challenge: `Bearer realm="api", error="insufficient_scope", error_description="The access token lacks a required scope", scope="read write", ` + rm},
		{name: "C_6749-3.3-6 no scope claim", policy: scope.All("read"), request: w.good(), status: 403,
			challenge: `Bearer realm="api", error="insufficient_scope", error_description="The access token lacks a required scope", scope="read", ` + rm},
		{name: "C_6750-3.1-4 none", policy: scope.Authenticated, request: request(), status: 401, challenge: plain},
		{name: "C_6750-3.1-2 expired", policy: scope.Authenticated, request: w.good(tokentest.ExpiresIn(-31 * time.Second)), status: 401, challenge: failed("invalid_token", expired)},
		{name: "C_6750-3.1-5 expired and not enough", policy: needsRead, request: w.good(tokentest.ExpiresIn(-31 * time.Second)), status: 401, challenge: failed("invalid_token", expired)},
		{name: "C_6750-3-8 hostile kid", policy: scope.Authenticated, request: w.good(tokentest.Header("kid", "x\"\r\nSet-Cookie: a=b")), status: 401, challenge: failed("invalid_token", "The access token is invalid")},
		{name: "C_9110-15.5.4-1 denied", policy: scope.Client, request: w.good(), status: 403},

		{name: "optional, good", policy: scope.Optional, request: w.good(), status: 200, body: "alice"},
		{name: "optional, none", policy: scope.Optional, request: request(), status: 200, body: "nobody"},
		{name: "optional, another scheme", policy: scope.Optional, request: request("Basic dTpw"), status: 200, body: "nobody"},
		{name: "optional, expired", policy: scope.Optional, request: w.good(tokentest.ExpiresIn(-31 * time.Second)), status: 401, challenge: failed("invalid_token", expired)},
		{name: "optional, malformed", policy: scope.Optional, request: request("Bearer"), status: 400, challenge: failed("invalid_request", "Malformed credentials")},

		{name: "public, good", policy: scope.Public, request: w.good(), status: 200, body: "nobody"},
		{name: "public, bad", policy: scope.Public, request: request("Bearer x", "Bearer y"), status: 200, body: "nobody"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			resp := serve(w.guard(row.policy), row.request)
			if row.status == 200 {
				assert.Equal(t, 200, resp.StatusCode)
				assert.Equal(t, row.body, body(t, resp))
				return
			}
			assertRefused(t, resp, row.status, nonEmpty(row.challenge)...)
		})
	}
}

func nonEmpty(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

// The transport rows of RFC 6750 §2: what counts as credentials over HTTP.
func TestCredentials(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	good := w.Token()
	malformed := failed("invalid_request", "Malformed credentials")
	several := failed("invalid_request", "More than one access token was presented")
	for _, row := range []struct {
		name      string
		request   *http.Request
		status    int
		challenge string
	}{
		{"C_6750-2.1-2 bearer", request("bearer " + good), 200, ""},
		{"C_6750-2.1-2 BEARER", request("BEARER " + good), 200, ""},
		{"C_6750-2.1-2 bEaReR", request("bEaReR " + good), 200, ""},
		{"C_6750-2.1-3 three spaces", request("Bearer   " + good), 200, ""},
		{"C_6750-2.1-4 tab", request("Bearer\t" + good), 400, malformed},
		{"C_6750-2.1-5 comma", request("Bearer abc,def"), 400, malformed},
		{"C_6750-2.1-5 two words", request("Bearer a b"), 400, malformed},
		{"C_6750-2.1-5 quoted", request(`Bearer "abc"`), 400, malformed},
		{"C_6750-2.1-5 not ASCII", request("Bearer tök"), 400, malformed},
		{"C_6750-2.1-5 padding inside", request("Bearer ab=cd"), 400, malformed},
		{"C_6750-2.1-5 two good tokens in one value", request("Bearer " + good + ", Bearer " + good), 400, malformed},
		{"C_6750-2.1-7 scheme alone", request("Bearer"), 400, malformed},
		{"C_6750-2.1-7 scheme and a space", request("Bearer "), 400, malformed},
		{"C_6750-2.1-8 Basic", request("Basic dTpw"), 401, plain},
		{"C_6750-2.1-8 Bearerish", request("Bearerish " + good), 401, plain},
		{"C_6750-2.1-9 empty", request(""), 401, plain},
		{"C_6750-2.1-10 two good tokens", request("Bearer "+good, "Bearer "+good), 400, several},
		{"C_6750-2.1-10 good and empty", request("Bearer "+good, ""), 400, several},
		{"C_6750-2.1-11 Proxy-Authorization", withField("Proxy-Authorization", "Bearer "+good), 401, plain},
		{"C_6750-2.1-11 X-Access-Token", withField("X-Access-Token", good), 401, plain},
		{"C_6750-2.1-11 cookie", withField("Cookie", "access_token="+good), 401, plain},
		{"C_6750-2.2-1 form", form(http.MethodPost, "access_token="+good), 401, plain},
		{"C_6750-2.2-3 form in a GET", form(http.MethodGet, "access_token="+good), 401, plain},
		{"C_6750-2.3-1 query", httptest.NewRequest("GET", "/x?access_token="+good, nil), 401, plain},
		{"C_6750-2-2 header and query", withAuthorization(httptest.NewRequest("GET", "/x?access_token=x", nil), good), 200, ""},
		{"C_6750-2-2 header and form", withAuthorization(form(http.MethodPost, "access_token=x"), good), 200, ""},
		{"malformed token", request("Bearer e30.e30"), 401, failed("invalid_token", "The access token is malformed")},
		{"token beyond the size limit", request("Bearer " + strings.Repeat("a", 17<<10)), 401, failed("invalid_token", "The access token is malformed")},
		{"HEAD", withMethod(http.MethodHead), 401, plain},
		{"C_6750-3.1-4 OPTIONS", withMethod(http.MethodOptions), 401, plain},
		{"CONNECT", withMethod(http.MethodConnect), 401, plain},
		{"TRACE", withMethod(http.MethodTrace), 401, plain},
		{"C_6750-3-10 preflight", preflight(), 401, plain},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			resp := serve(w.guard(scope.Authenticated), row.request)
			if row.status == 200 {
				assert.Equal(t, "alice", body(t, resp))
				return
			}
			assertRefused(t, resp, row.status, row.challenge)
		})
	}
}

func withField(name, value string) *http.Request {
	r := request()
	r.Header.Set(name, value)
	return r
}

func withMethod(method string) *http.Request {
	return httptest.NewRequest(method, "https://api.example.com/orders", nil)
}

func withAuthorization(r *http.Request, raw string) *http.Request {
	r.Header.Set("Authorization", "Bearer "+raw)
	return r
}

func form(method, text string) *http.Request {
	r := httptest.NewRequest(method, "/orders", strings.NewReader(text))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

func preflight() *http.Request {
	r := withMethod(http.MethodOptions)
	r.Header.Set("Origin", "https://app.example.com")
	r.Header.Set("Access-Control-Request-Method", "GET")
	return r
}

// An Authenticator that breaks its contract lets nobody in, and its failures
// are never put down to the token.
func TestFaultyAuthenticator(t *testing.T) {
	t.Parallel()
	cause := errors.New("connection refused")
	for _, row := range []struct {
		name   string
		says   judge
		status int
		also   error
	}{
		{"C_6750-3.1-6 an error of another origin", says(nil, cause), 503, cause},
		{"C_6750-3.1-6 an error of another origin with a token", says(new(token.Token), cause), 503, cause},
		{"C_6750-3.1-6 a timeout", says(nil, context.DeadlineExceeded), 503, context.DeadlineExceeded},
		{"C_6750-3.1-6 keys out of reach", says(nil, token.ErrKeysUnavailable), 503, token.ErrKeysUnavailable},
		{"neither token nor error", says(nil, nil), 503, nil},
		{"a token that nobody verified", says(new(token.Token), nil), 503, nil},
		{"an error with a token", says(new(token.Token), token.ErrExpired), 401, token.ErrExpired},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			auth := middleware.New(row.says, nil)
			for _, p := range []scope.Policy{scope.Authenticated, scope.Optional, {}} {
				got, err := auth.Check(request("Bearer x"), p)
				assert.Nil(t, got)
				require.Error(t, err)
				assert.True(t, token.IsOutcome(err))
				if row.also != nil {
					assert.ErrorIs(t, err, row.also)
				}
				rec := httptest.NewRecorder()
				auth.WriteError(rec, request("Bearer x"), err)
				assert.Equal(t, row.status, rec.Code)
			}
			for _, p := range []scope.Policy{scope.Authenticated, scope.Optional} {
				resp := serve(auth.Require(p)(subject), request("Bearer x"))
				assert.Equal(t, row.status, resp.StatusCode)
			}
		})
	}
}

// Only the absence of credentials makes a caller anonymous. If something else
// calls a token that is there missing, that is a refusal.
func TestOptionalWithAnAuthenticatorThatFindsNothing(t *testing.T) {
	t.Parallel()
	auth := middleware.New(says(nil, token.ErrMissing), nil)
	_, err := auth.Check(request("Bearer x"), scope.Optional)
	assert.ErrorIs(t, err, token.ErrMissing)
}

func TestPanicsAreNotSwallowed(t *testing.T) {
	t.Parallel()
	auth := middleware.New(judge(func(context.Context, token.Presentation) (*token.Token, error) { panic("bug") }), nil)
	assert.PanicsWithValue(t, "bug", func() { serve(auth.Require(scope.Authenticated)(subject), request("Bearer x")) })
}

func TestCheckWritesNothingAndReturnsTheToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	got, err := w.auth.Check(w.good(tokentest.Scope("read")), scope.All("read"))
	require.NoError(t, err)
	assert.Equal(t, "alice", got.Subject())

	got, err = w.auth.Check(w.good(), scope.All("read"))
	assert.ErrorIs(t, err, token.ErrScope)
	assert.Nil(t, got, "a token that is not enough must not be used by mistake")
}

// The zero Policy refuses every call: one with a good token is denied, and any
// other is asked for one.
func TestCheckAgainstTheZeroPolicy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, row := range map[string]struct {
		request *http.Request
		want    error
	}{
		"good":    {w.good(), token.ErrDenied},
		"none":    {request(), token.ErrMissing},
		"expired": {w.good(tokentest.ExpiresIn(-31 * time.Second)), token.ErrExpired},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := w.auth.Check(row.request, scope.Policy{})
			assert.ErrorIs(t, err, row.want)
			assert.Nil(t, got)
		})
	}
}

// The Authenticator gets the context of the call, so that it stops when the
// caller goes away.
func TestContextOfTheCall(t *testing.T) {
	t.Parallel()
	auth := middleware.New(judge(func(ctx context.Context, _ token.Presentation) (*token.Token, error) {
		return nil, errors.Join(token.ErrUnavailable, ctx.Err())
	}), nil)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := auth.Check(request("Bearer x").WithContext(ctx), scope.Authenticated)
	assert.ErrorIs(t, err, context.Canceled)
	assert.ErrorIs(t, err, token.ErrUnavailable)
}

func TestIssuerDown(t *testing.T) {
	t.Parallel()
	t.Run("C_6750-3.1-6", func(t *testing.T) {
		w := newWorld(t)
		good := w.Token()
		w.GoDown()
		// The engine tries again within a second of its first failure.
		assertRefusedFor(t, serve(w.guard(scope.Authenticated), request("Bearer "+good)), 503, "1")
		w.ComeUp()
	})
}

func TestNewPanics(t *testing.T) {
	t.Parallel()
	ok := says(nil, token.ErrMissing)
	for name, f := range map[string]func(){
		"no authenticator":          func() { middleware.New(nil, nil) },
		"a nil pointer":             func() { middleware.New((*token.Verifier)(nil), nil) },
		"a nil func":                func() { middleware.New(judge(nil), nil) },
		"a name that is no field's": func() { middleware.New(ok, &middleware.Config{Hide: []string{"X Key"}}) },
		"the zero policy":           func() { middleware.New(ok, nil).Require(scope.Policy{}) },
		"no policy after And":       func() { middleware.New(ok, nil).Require(scope.User.And(scope.Policy{})) },
		"a scheme that is none":     func() { middleware.New(odd{ok}, nil) },
		"realm":                     func() { middleware.New(ok, &middleware.Config{Resource: scope.Resource{Realm: "a\r\nb"}}) },
		"C_6750-3-7 error URI":      func() { middleware.New(ok, &middleware.Config{Resource: scope.Resource{Documentation: "/relative"}}) },
		"resource metadata":         func() { middleware.New(ok, &middleware.Config{Resource: scope.Resource{Metadata: "x"}}) },
		"base URL": func() {
			middleware.New(ok, &middleware.Config{Resource: scope.Resource{BaseURLs: []string{"api.example.com"}}})
		},
		"a policy without a handler":  func() { middleware.New(ok, nil).Require(scope.Authenticated)(nil) },
		"a route without a policy":    func() { middleware.New(ok, nil).NewMux().Handle("/", scope.Policy{}, subject) },
		"a route without a handler":   func() { middleware.New(ok, nil).NewMux().Handle("/", scope.Public, nil) },
		"a route without a func":      func() { middleware.New(ok, nil).NewMux().HandleFunc("/", scope.Public, nil) },
		"a func without a policy":     func() { middleware.New(ok, nil).NewMux().HandleFunc("/", scope.Policy{}, subject) },
		"a route and the zero policy": func() { middleware.New(ok, nil).NewMux().Handle("/", scope.Public.And(scope.Policy{}), subject) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.ErrorIs(t, recovered(f), token.ErrConfig)
		})
	}
}

// odd is an Authenticator of a scheme that cannot stand in a challenge.
type odd struct{ judge }

func (odd) Schemes() []token.Scheme { return []token.Scheme{{Name: "a b"}} }

func recovered(f func()) (err error) {
	defer func() { err, _ = recover().(error) }()
	f()
	return nil
}

func TestConfigValidate(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		cfg *middleware.Config
		err error
	}{
		"nil":                    {nil, nil},
		"zero":                   {&middleware.Config{}, nil},
		"full":                   {&middleware.Config{Resource: scope.Resource{Realm: "orders", Documentation: "https://x.example/e", Metadata: metadataURL, BaseURLs: []string{"https://x.example/base/"}}, Trace: &scope.Trace{}}, nil},
		"hide":                   {&middleware.Config{Hide: []string{"X-Api-Key", "x_own.key", "AZaz09"}}, nil},
		"keep":                   {&middleware.Config{KeepCredentials: true}, nil},
		"hide and keep":          {&middleware.Config{KeepCredentials: true, Hide: []string{"X-Api-Key"}}, token.ErrConfig},
		"hide nothing":           {&middleware.Config{Hide: []string{""}}, token.ErrConfig},
		"hide a line":            {&middleware.Config{Hide: []string{"X-Api-Key\r\n"}}, token.ErrConfig},
		"hide another letter":    {&middleware.Config{Hide: []string{"X-Ap\u00ed-Key"}}, token.ErrConfig},
		"base with a port":       {&middleware.Config{Resource: scope.Resource{BaseURLs: []string{"http://127.0.0.1:8080"}}}, nil},
		"base without scheme":    {&middleware.Config{Resource: scope.Resource{BaseURLs: []string{"//x.example"}}}, token.ErrConfig},
		"base of another scheme": {&middleware.Config{Resource: scope.Resource{BaseURLs: []string{"ftp://x.example"}}}, token.ErrConfig},
		"base without host":      {&middleware.Config{Resource: scope.Resource{BaseURLs: []string{"https:///x"}}}, token.ErrConfig},
		"base with a query":      {&middleware.Config{Resource: scope.Resource{BaseURLs: []string{"https://x.example?a"}}}, token.ErrConfig},
		"base with a bare ?":     {&middleware.Config{Resource: scope.Resource{BaseURLs: []string{"https://x.example/?"}}}, token.ErrConfig},
		"base with a fragment":   {&middleware.Config{Resource: scope.Resource{BaseURLs: []string{"https://x.example/#a"}}}, token.ErrConfig},
		"base with a user":       {&middleware.Config{Resource: scope.Resource{BaseURLs: []string{"https://u@x.example"}}}, token.ErrConfig},
		"base that is no URL":    {&middleware.Config{Resource: scope.Resource{BaseURLs: []string{"https://x.example/%zz"}}}, token.ErrConfig},
		"base with escapes":      {&middleware.Config{Resource: scope.Resource{BaseURLs: []string{"https://x.example/a%2Fb"}}}, token.ErrConfig},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.ErrorIs(t, row.cfg.Validate(), row.err)
		})
	}
}

// New copies its settings.
func TestConfigIsCopied(t *testing.T) {
	t.Parallel()
	cfg := &middleware.Config{Resource: scope.Resource{Realm: "orders"}, Trace: &scope.Trace{}, Hide: []string{"X-Own"}}
	auth := middleware.New(says(nil, token.ErrMissing), cfg)
	cfg.Resource.Realm = "changed"
	cfg.Hide[0] = "X-Changed"
	r := request()
	r.Header.Set("X-Own", "secret")
	r.Header.Set("X-Changed", "1")
	var seen http.Header
	serve(auth.Require(scope.Public)(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen = r.Header })), r)
	assert.Equal(t, "1", seen.Get("X-Changed"))
	assert.NotContains(t, seen, "X-Own")
	cfg.Trace.Refused = func(context.Context, scope.Decision) { t.Error("called") }
	assertRefused(t, serve(auth.Require(scope.Authenticated)(subject), request()), 401, `Bearer realm="orders"`)
}
