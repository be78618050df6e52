package rehearse

import (
	"cmp"
	"testing"
	"testing/synctest"

	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/internal/verdict"
)

// Service makes the service under test as it goes into production, but for its
// issuer, which is the one given: with token.Config from Issuer.Config, or
// jwks.RemoteConfig with Issuer.Client. It is called once for each scenario, in
// a bubble of testing/synctest, with the T of that bubble. It must not fail
// because the issuer is down: some scenarios begin with that.
//
// A bubble demands of a service that it uses no network. Every goroutine that
// it starts besides its calls has to end by t.Cleanup or with t.Context, and
// calls end when their context does. No goroutine may wait for a sync.Mutex
// while its holder waits for the issuer: time stands still then, and the test
// hangs. Package jwks does none of that.
type Service func(t *testing.T, issuer *tokentest.Issuer) tokentest.Target

// TestRotation simulates changes of the issuer's keys, and fails if the service
// rejects a valid token or accepts one that is no longer valid. In each
// scenario the issuer does one thing: it announces a key, lets it sign and
// retires the old one; signs with a key at once; publishes another key under
// the same id; withdraws one that has leaked. Some clients call with good and
// bad tokens all the while, and one of them floods the service with ids of keys
// that are not published, which must cost the issuer no more than the budget
// for them.
//
// Each scenario is a subtest with an issuer and a service of its own; hours pass
// within a second. With -v it logs a table of what happened. cfg may be nil.
// It must not be called in a bubble of testing/synctest, where there are no
// subtests; RunRotation is for that.
//
// Services over HTTP take part through HTTPTarget and those over gRPC through
// grpcauthtest.Serve and grpcauthtest.Target. All else that they talk to has to
// be in memory.
func TestRotation(t *testing.T, service Service, cfg *Config) {
	t.Helper()
	rehearse(t, rotationScenarios(), service, cfg)
}

// TestOutage simulates outages of the issuer: connections are refused, requests
// fail, are throttled or hang, or the key set is garbage. It fails if the
// service, while it may use the keys that it holds, refuses a good token; if it
// blames tokens for the outage, with 401 instead of 503 and Retry-After, or
// UNAVAILABLE over gRPC; if it goes on to use keys longer than it may; if it
// does not recover in time; or if it ever accepts a bad token. In some
// scenarios the service starts while the issuer is down.
//
// For the rest see TestRotation. RunOutage is the variant for use in a bubble.
func TestOutage(t *testing.T, service Service, cfg *Config) {
	t.Helper()
	rehearse(t, outageScenarios(), service, cfg)
}

// TestIntrospection simulates what happens to a service that asks its issuer
// about opaque tokens (RFC 7662), or to one that takes such tokens beside JWTs.
// Tokens are revoked, one or all at once, also during an outage; the endpoint is
// down, throttled, slow or answers garbage; the secret of the service is
// changed; strangers invent tokens. It fails if a revoked token lives for longer
// than Config.AnswersFor; if a token is let in that the issuer was not asked
// about, or is blamed because it could not be; if the issuer is asked about one
// token by many callers, or again and again during an outage; or if the service
// does not recover in time.
//
// The service asks at Issuer.IntrospectionURL, with credentials from
// Issuer.Introspectors. For the rest see TestRotation. RunIntrospection is the
// variant for use in a bubble.
func TestIntrospection(t *testing.T, service Service, cfg *Config) {
	t.Helper()
	rehearse(t, introspectionScenarios(), service, cfg)
}

// RunRotation does the same as TestRotation, one scenario after the other in the
// bubble of its caller, and returns a Result of each instead of failing the
// test. Only if cfg is wrong does it fail the test, with an error that matches
// token.ErrConfig or ErrSkip. It panics outside of a bubble of
// testing/synctest, where it would take hours.
func RunRotation(t *testing.T, service Service, cfg *Config) []Result {
	t.Helper()
	return runAll(t, rotationScenarios(), service, cfg)
}

// RunOutage is to TestOutage what RunRotation is to TestRotation.
func RunOutage(t *testing.T, service Service, cfg *Config) []Result {
	t.Helper()
	return runAll(t, outageScenarios(), service, cfg)
}

// RunIntrospection is to TestIntrospection what RunRotation is to TestRotation.
func RunIntrospection(t *testing.T, service Service, cfg *Config) []Result {
	t.Helper()
	return runAll(t, introspectionScenarios(), service, cfg)
}

func rehearse(t *testing.T, scenarios []scenario, service Service, cfg *Config) {
	t.Helper()
	c := checked(t, cfg)
	for _, sc := range scenarios {
		t.Run(sc.name, func(t *testing.T) {
			if reason, ok := c.Skip[sc.name]; ok {
				t.Skip(cmp.Or(reason, verdict.WithoutReason))
			}
			synctest.Test(t, func(t *testing.T) { sc.simulate(t, service, c).log(t) })
		})
	}
}

func runAll(t *testing.T, scenarios []scenario, service Service, cfg *Config) (results []Result) {
	t.Helper()
	c := checked(t, cfg)
	synctest.Wait() // which panics outside of a bubble
	for _, sc := range scenarios {
		if reason, ok := c.Skip[sc.name]; ok {
			results = append(results, Result{Group: sc.group, Name: sc.name, Why: sc.why, Skipped: cmp.Or(reason, verdict.WithoutReason)})
			continue
		}
		results = append(results, sc.simulate(t, service, c))
	}
	return results
}

func checked(t *testing.T, cfg *Config) Config {
	t.Helper()
	var c Config
	if cfg != nil {
		c = *cfg
	}
	if err := c.validate(); err != nil {
		t.Fatalf("rehearse: %v", err)
	}
	return c
}
