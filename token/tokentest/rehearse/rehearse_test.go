package rehearse_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/jwks"
	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/rehearse"
)

func newVerifier(t *testing.T, cfg token.Config) *token.Verifier {
	t.Helper()
	v, err := token.NewVerifier(cfg)
	require.NoError(t, err)
	return v
}

func orders() *http.Request { return httptest.NewRequest(http.MethodGet, "/orders", nil) }

// sound is a service as it should be.
func sound(t *testing.T, issuer *tokentest.Issuer) tokentest.Target {
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	guard := middleware.New(newVerifier(t, issuer.Config()), nil).Require(scope.All("orders:read"))
	return tokentest.HTTPTarget(guard(handler), orders)
}

var ordersRead = &rehearse.Config{Good: []tokentest.Edit{tokentest.Scope("orders:read")}}

func TestRehearsalsOfASoundService(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	t.Parallel()
	rehearse.TestRotation(t, sound, ordersRead)
	rehearse.TestOutage(t, sound, ordersRead)
}

// Sound services with other settings, and what a rehearsal must be told.
func TestRehearsalsOfOtherServices(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	t.Parallel()
	for name, test := range map[string]struct {
		cfg     rehearse.Config
		prepare func(*tokentest.Issuer)
		remote  func(*jwks.RemoteConfig)
	}{
		"an issuer that says no-store": {
			cfg: rehearse.Config{Lifetime: time.Minute, Issuer: tokentest.Options{CacheControl: "no-store"}},
		},
		"an issuer that says nothing": {
			cfg:     rehearse.Config{Lifetime: 15 * time.Minute, Every: 30 * time.Second},
			prepare: func(i *tokentest.Issuer) { i.SetHeader("Cache-Control", "") },
		},
		"keys that live for a day": {
			cfg: rehearse.Config{Lifetime: 24 * time.Hour, StaleFor: 36 * time.Hour, Every: time.Hour},
			remote: func(c *jwks.RemoteConfig) {
				c.StaleFor = 36 * time.Hour
			},
		},
		"keys that are never stale": {
			cfg:    rehearse.Config{StaleFor: -1},
			remote: func(c *jwks.RemoteConfig) { c.StaleFor = -1 },
		},
		"short times": {
			cfg: rehearse.Config{StaleFor: 30 * time.Minute, RefetchInterval: 5 * time.Second, Patience: 5 * time.Second},
			remote: func(c *jwks.RemoteConfig) {
				c.StaleFor, c.RefetchInterval, c.FetchTimeout = 30*time.Minute, 5*time.Second, time.Second
			},
		},
		"calls once a minute": {cfg: rehearse.Config{Every: time.Minute}},
		"tokens that live for an hour": {
			cfg: rehearse.Config{Issuer: tokentest.Options{Lifetime: time.Hour}},
		},
		"tokens that live for seconds": {
			cfg: rehearse.Config{Issuer: tokentest.Options{Lifetime: 20 * time.Second}},
		},
		"another issuer": {
			cfg: rehearse.Config{Issuer: tokentest.Options{
				Identifier: "https://login.test/tenant", Algorithms: []string{"EdDSA", "ES256"}, Discovery: tokentest.DiscoverOpenID,
			}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := flaw{config: func(issuer *tokentest.Issuer, c *jwks.RemoteConfig) {
				if test.prepare != nil {
					test.prepare(issuer)
				}
				if test.remote != nil {
					test.remote(c)
				}
			}}
			test.cfg.Good = ordersRead.Good
			if test.cfg.Every == 0 && test.cfg.Lifetime == 0 {
				test.cfg.Every = 30 * time.Second // to have fewer calls
			}
			test.cfg.Skip = allBut(func(scenario string) bool {
				return !slices.Contains(similar, scenario) && (scenario != lasting[0] || test.cfg.StaleFor != 0)
			})
			synctest.Test(t, func(t *testing.T) {
				results := slices.Concat(rehearse.RunRotation(t, f.service, &test.cfg), rehearse.RunOutage(t, f.service, &test.cfg))
				assert.Equal(t, scenarios, namesOf(results))
				for _, r := range results {
					assert.NoError(t, r.Err(), r.String())
				}
			})
		})
	}
}

// similar are scenarios to which settings make no difference that others do not
// show.
var similar = slices.Concat(troubles[2:4], troubles[5:])

func namesOf(results []rehearse.Result) (names []string) {
	for _, r := range results {
		names = append(names, r.Name)
	}
	return names
}

// A service that lets no one in proves nothing about its keys.
func TestRehearsalsOfAClosedService(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, r := range rehearse.RunRotation(t, sound, nil) { // without the scope
			require.Len(t, r.Violations, 1, r.String())
			assert.ErrorIs(t, r.Err(), rehearse.ErrRefused)
			assert.Equal(t, http.StatusForbidden, r.Violations[0].Answer.Status)
			assert.Zero(t, r.Simulated)
		}
	})
}

func TestViolationsTellWhatHappened(t *testing.T) {
	t.Parallel()
	f := flaw{source: incurious}
	results := runOnly(t, f.service, []finding{{scenario: "a key that signs at once"}, {scenario: "connections are refused"}})
	rotation := results["a key that signs at once"]
	require.GreaterOrEqual(t, len(rotation.Violations), 2, rotation.String())
	v := rotation.Violations[0]
	assert.Equal(t, "a key that signs at once", v.Scenario)
	assert.Equal(t, "a new key signs", v.Phase)
	assert.Equal(t, 5*time.Minute, v.At)
	assert.Equal(t, v.At, v.Until)
	assert.Equal(t, 20, v.Count)
	assert.Equal(t, "a new token by es256-2", v.Sent)
	assert.Equal(t, http.StatusUnauthorized, v.Answer.Status)
	assert.ErrorIs(t, v, rehearse.ErrRefused)
	for _, part := range []string{v.Scenario, v.Phase, "00:05:00", v.Sent, "401 invalid_token", v.Err.Error(), "20 times"} {
		assert.Contains(t, v.Error(), part)
	}
	again := rotation.Violations[1]
	assert.Equal(t, "tokens by the old key expire", again.Phase)
	assert.Less(t, again.At, again.Until)
	assert.Less(t, again.Until, again.At+5*time.Minute, "the key set lives no longer")

	assert.Contains(t, rotation.String(), "FAILED 20 times")
	assert.Contains(t, results["connections are refused"].String(), "FAILED 4 times", "one call in ten seconds of the first half minute")
	assert.Contains(t, results["requests hang"].String(), "nothing to be found")
	assert.Empty(t, results["requests hang"].Violations)
}

func TestRotationsOutsideOfABubblePanics(t *testing.T) {
	t.Parallel()
	assert.Panics(t, func() { rehearse.RunRotation(t, sound, nil) })
	assert.Panics(t, func() { rehearse.RunOutage(t, sound, nil) })
	assert.Panics(t, func() { rehearse.RunIntrospection(t, sound, nil) })
}

// The answers with which a service may abstain, and those with which it may not.
func TestAnswersDuringAnOutage(t *testing.T) {
	t.Parallel()
	answer := func(status int, retryAfter string) func(http.Handler) http.Handler {
		return func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				seen := httptest.NewRecorder()
				next.ServeHTTP(seen, r)
				for name, values := range seen.Header() {
					w.Header()[name] = values
				}
				if seen.Code == http.StatusServiceUnavailable {
					w.Header().Set("Retry-After", retryAfter)
					w.WriteHeader(status)
					return
				}
				w.WriteHeader(seen.Code)
			})
		}
	}
	const down = "a start while connections are refused"
	for name, test := range map[string]struct {
		status     int
		retryAfter string
		err        error
	}{
		"seconds":                 {503, "5", nil},
		"a date":                  {503, "Fri, 31 Dec 1999 23:59:59 GMT", nil},
		"neither":                 {503, "soon", rehearse.ErrAnswer},
		"less than nothing":       {503, "-1", rehearse.ErrAnswer},
		"another error":           {500, "5", rehearse.ErrAnswer},
		"the token is bad":        {401, "5", rehearse.ErrBlamed},
		"the caller may not":      {403, "5", rehearse.ErrBlamed},
		"the caller asks wrongly": {400, "5", rehearse.ErrBlamed},
		"come in":                 {204, "5", rehearse.ErrKeyTrusted},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := flaw{handler: answer(test.status, test.retryAfter)}
			err := runOnly(t, f.service, []finding{{scenario: down}})[down].Err()
			assert.ErrorIs(t, err, test.err)
		})
	}
}

// The examples are of a sound service.
func TestRehearsalOfTheExample(t *testing.T) {
	t.Parallel()
	rehearse.TestRotation(t, ordersService, &rehearse.Config{
		Good: []tokentest.Edit{tokentest.Audience("https://orders.example.com"), tokentest.Scope("orders:read")},
		Skip: allBut(func(scenario string) bool { return scenario == "a key announced ahead" }),
	})
}
