package middleware_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

// line is where its caller stands.
func line() string {
	_, file, n, _ := runtime.Caller(1)
	return fmt.Sprintf("%s:%d", file, n)
}

// A route that cannot be registered is named with the line of the program that
// asked for it, and so is the one that stands in its way.
func TestRegistrationErrors(t *testing.T) {
	t.Parallel()
	m := newWorld(t).auth.NewMux()
	first := line()
	m.Handle("GET /orders/{id}", scope.Public, subject) // the line after first
	m.Handle("GET api.example.com/a", scope.Public, subject)
	for name, row := range map[string]struct {
		pattern  string
		policy   scope.Policy
		handler  http.Handler
		contains []string
	}{
		"the same":            {"GET /orders/{id}", scope.Public, subject, []string{`"GET /orders/{id}"`, "registered already"}},
		"the same, renamed":   {"GET /orders/{name}", scope.Public, subject, []string{`"GET /orders/{id}"`, `"GET /orders/{name}"`, "conflicts with route"}},
		"overlapping":         {"GET /{kind}/7", scope.Public, subject, []string{`"GET /orders/{id}"`, `"GET /{kind}/7"`, "conflicts with route"}},
		"the same host":       {"GET API.example.com./a", scope.Public, subject, []string{`"GET api.example.com/a"`, "registered already"}},
		"not a pattern":       {"GET orders", scope.Public, subject, []string{`"GET orders"`, "cannot be registered"}},
		"a hostile pattern":   {"GET /{\n", scope.Public, subject, []string{"cannot be registered"}},
		"without a policy":    {"/x", scope.Policy{}, subject, []string{`"/x"`, "no policy"}},
		"without a handler":   {"/x", scope.Public, nil, []string{`"/x"`, "nil handler"}},
		"with nothing at all": {"", scope.Policy{}, nil, []string{`""`, "no policy"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var here string
			err := recovered(func() { here = line(); m.Handle(row.pattern, row.policy, row.handler) })
			require.ErrorIs(t, err, token.ErrConfig)
			assert.ErrorContains(t, err, here)
			assert.NotContains(t, err.Error(), "\n")
			for _, text := range row.contains {
				assert.ErrorContains(t, err, text)
			}
		})
	}
	assert.Contains(t, recovered(func() { m.Handle("GET /orders/{id}", scope.Public, subject) }).Error(), plusOne(first))
	assert.Contains(t, recovered(func() { m.HandleFunc("GET /orders/{id}", scope.Public, subject) }).Error(), line())
	assert.Contains(t, recovered(func() { m.HandleFunc("GET /f", scope.Public, nil) }).Error(), line())
	assert.Len(t, m.Routes(), 2)
}

// plusOne is the line after a line.
func plusOne(where string) string {
	n := 0
	i := len(where) - 1
	for scale := 1; where[i] != ':'; i, scale = i-1, scale*10 {
		n += int(where[i]-'0') * scale
	}
	return fmt.Sprintf("%s:%d", where[:i], n+1)
}

// A caller cannot choose by the spelling of a host which routes apply to it.
func TestHostsInAnySpelling(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.auth.NewMux()
	m.Handle("/", scope.Public, subject)
	m.Handle("admin.example.com/", scope.All("admin"), subject)
	m.Handle("GET Api.Example.Com./", scope.All("admin"), subject)
	m.Handle("[fe80::a]/", scope.All("admin"), subject)
	for host, status := range map[string]int{
		"admin.example.com":       401,
		"ADMIN.example.com":       401,
		"admin.example.com.":      401,
		"Admin.Example.Com.":      401,
		"admin.example.com:8443":  401,
		"ADMIN.example.com.:8443": 401,
		"api.example.com":         401,
		"API.EXAMPLE.COM.:80":     401,
		"[fe80::a]":               401,
		"[FE80::A]":               401,
		"admin.example.com..":     401,

		"example.com":           200,
		"xadmin.example.com":    200,
		"admin.example.com.net": 200,
		"\u212admin":            200,
		".":                     200,
		"":                      200,
		":80":                   200,
	} {
		t.Run(host, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(http.MethodGet, "/x", nil)
			r.Host = host
			assert.Equal(t, status, serve(m, r).StatusCode)
			assert.Equal(t, host, r.Host, "what is around the Mux keeps its request")
		})
	}
	assert.Equal(t, "GET api.example.com/", m.Routes()[2].Pattern)
}

func TestOneSpelling(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]string{
		"AZ.example.com": "az.example.com", "az.example.com": "az.example.com", "a.:80": "a:80", "[::A]:1": "[::a]:1",
		"": "", ".": ".", ".:80": ".:80", ":.": ":.",
	} {
		assert.Equal(t, want, middleware.OneSpelling(host), host)
	}
}

// Every spelling of a host comes down to one.
func FuzzHost(f *testing.F) {
	for _, seed := range []string{"", ".", "a.", "A.:80", "[::A]:1", "a..:", ":.", "\u212a.", "a.:b.:c."} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, host string) {
		one := middleware.OneSpelling(host)
		if again := middleware.OneSpelling(one); again != one {
			t.Errorf("%q: first %q, then %q", host, one, again)
		}
		if upper := middleware.OneSpelling(strings.ToUpper(one)); isASCII(host) && upper != one {
			t.Errorf("%q: %q, and %q in upper case", host, one, upper)
		}
		if len(one) > len(host) || !strings.EqualFold(strings.ReplaceAll(one, ".", ""), strings.ReplaceAll(host, ".", "")) {
			t.Errorf("%q became %q", host, one)
		}
	})
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= 0x80 })
}

// Letters beyond ASCII have a lower case within it, which is another host.
func TestHostsBeyondASCII(t *testing.T) {
	t.Parallel()
	m := newWorld(t).auth.NewMux()
	m.Handle("kiosk.example.com/", scope.Public, subject)
	r := httptest.NewRequest(http.MethodGet, "/x", nil)
	r.Host = "\u212aiosk.example.com"
	assert.Equal(t, 401, serve(m, r).StatusCode)
}

func TestAuditOfRoutesThatCanBeServed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	assert.NoError(t, w.auth.NewMux().Audit())
	assert.NoError(t, newMux(w).Audit())
}

// A rule about users can be met only where the profile tells users apart, and
// one about roles only where it says which claim has them.
func TestAuditOfRulesThatAreNeverMet(t *testing.T) {
	t.Parallel()
	issuer := tokentest.NewIssuer(t, nil)
	for name, row := range map[string]struct {
		users  []token.Mark
		policy scope.Policy
		met    bool
	}{
		"users are marked":          {[]token.Mark{{Claim: "sub", ClientID: true, Not: true}}, scope.User, true},
		"users are not":             {nil, scope.All("a").And(scope.User), false},
		"clients need no mark":      {nil, scope.Client, true},
		"both a user and a client":  {[]token.Mark{{Claim: "sub", ClientID: true, Not: true}}, scope.User.And(scope.Client), false},
		"no rule about the subject": {nil, scope.All("a"), true},
		"users are an alternative":  {nil, scope.All("a").Or(scope.User), true},
		"neither alternative":       {nil, scope.User.Or(scope.AllOf("roles", "admin")), false},
		"roles are nowhere":         {nil, scope.All("a").And(scope.AllOf("roles", "admin")), false},
		"groups are in a claim":     {nil, scope.AnyOf("groups", "staff"), true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := issuer.Config()
			cfg.Profile.Users = row.users
			cfg.Profile.Sets = map[string][]token.Source{"groups": {{Claim: "groups"}}}
			verifier, err := token.NewVerifier(cfg)
			require.NoError(t, err)
			mux := middleware.New(verifier, nil).NewMux()
			mux.Handle("GET /ok", scope.Authenticated, subject)
			mux.Handle("GET /x", row.policy, subject)
			err = mux.Audit()
			if row.met {
				assert.NoError(t, err)
				return
			}
			assert.ErrorIs(t, err, token.ErrConfig)
			assert.Contains(t, err.Error(), `"GET /x"`)
		})
	}
}
