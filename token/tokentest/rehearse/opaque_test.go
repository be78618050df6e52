package rehearse_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token/introspect"
	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/rehearse"
)

// soundOpaque is a service for opaque tokens as it should be, with a change.
func soundOpaque(change func(*introspect.Config)) rehearse.Service {
	return func(t *testing.T, issuer *tokentest.Issuer) tokentest.Target {
		us := issuer.Introspectors()[0]
		cfg := introspect.Config{
			Issuer: issuer.Identifier(), Audience: issuer.Config().Audience,
			Credentials: introspect.Basic(us.ID, us.Secret), HTTPClient: issuer.Client(),
		}
		if change != nil {
			change(&cfg)
		}
		auth, err := introspect.New(cfg)
		require.NoError(t, err)
		handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
		return tokentest.HTTPTarget(middleware.New(auth, nil).Require(scope.All("orders:read"))(handler), orders)
	}
}

func TestRehearsalsOfServicesForOpaqueTokens(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	t.Parallel()
	rehearse.TestIntrospection(t, soundOpaque(nil), ordersRead)
}

// alike are scenarios that other ones stand for.
var alike = []string{
	"questions fail", "there is no endpoint", "the service may not ask", "the service may not ask, with 400", "an error page for an answer",
	"an answer about nothing", "an answer that is a word", "an answer that is too long", "a start while no one listens",
}

// Sound services with other settings, and what a rehearsal must be told.
func TestRehearsalsOfOtherServicesForOpaqueTokens(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*introspect.Config)
		cfg    rehearse.Config
	}{
		"signed answers":               {change: func(c *introspect.Config) { c.RequireJWT, c.JWTAlgorithms = true, []string{"ES256"} }},
		"an endpoint by configuration": {change: func(c *introspect.Config) { c.Endpoint = c.Issuer + "/introspect" }},
		"stale answers": {
			change: func(c *introspect.Config) { c.StaleFor = 10 * time.Minute },
			cfg:    rehearse.Config{StaleAnswersFor: 10 * time.Minute},
		},
		"short times": {
			change: func(c *introspect.Config) { c.GoodFor, c.UnknownPerSecond = 5*time.Second, 10 },
			cfg:    rehearse.Config{AnswersFor: 5 * time.Second, AskedPerSecond: 10},
		},
		"nothing remembered of good tokens": {
			change: func(c *introspect.Config) { c.GoodFor = -1 },
			cfg:    rehearse.Config{AnswersFor: time.Nanosecond},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.cfg.Good = ordersRead.Good
			test.cfg.Skip = map[string]string{}
			for _, scenario := range introspections {
				if slices.Contains(alike, scenario) {
					test.cfg.Skip[scenario] = "settings make no difference that others do not show"
				}
			}
			rehearse.TestIntrospection(t, soundOpaque(test.change), &test.cfg)
		})
	}
}
