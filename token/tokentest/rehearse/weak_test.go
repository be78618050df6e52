package rehearse_test

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/jwks"
	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/rehearse"
)

// scenarios are all there are, in their order.
var scenarios = slices.Concat(rotations, troubles, lasting, cold)

var (
	rotations = []string{
		"a key announced ahead",
		"a key that signs at once",
		"another key under the same id",
		"unusable keys in the set",
		"a leaked key withdrawn",
		"the signing key leaked",
		"a key withdrawn while the service is idle",
		"a flood of forged signatures",
		"a flood of unknown keys",
	}
	troubles = []string{
		"connections are refused",
		"requests hang",
		"requests fail",
		"nothing is found",
		"requests are throttled",
		"an error page",
		"an empty key set",
		"an error object",
		"half a document",
		"an empty document",
		"unusable keys alone",
		"a document that is too long",
	}
	lasting = []string{
		"an outage longer than keys may serve",
		"an outage that begins while the service is idle",
	}
	cold = []string{
		"a start while connections are refused",
		"a start while requests hang",
		"a start while the key set is empty",
	}
)

func withLifetimes(d time.Duration) func(*tokentest.Issuer, *jwks.RemoteConfig) {
	return func(_ *tokentest.Issuer, cfg *jwks.RemoteConfig) { cfg.MinLifetime = d }
}

// finding is where a flaw must be found, and how.
type finding struct {
	scenario, phase string
	err             error
}

// flaws are services that do one thing wrong, and what a rehearsal must find.
var flaws = map[string]struct {
	flaw
	findings []finding
}{
	"keys are kept for ever": {flaw{source: keptForEver}, []finding{
		{"a key announced ahead", "the old key is dead", rehearse.ErrKeyTrusted},
		{"a leaked key withdrawn", "it is dead", rehearse.ErrKeyTrusted},
		{"the signing key leaked", "it is dead", rehearse.ErrKeyTrusted},
		{"a key withdrawn while the service is idle", "the first call after a pause", rehearse.ErrKeyTrusted},
		{"another key under the same id", "the other key is in use", rehearse.ErrKeyTrusted},
		{"an outage longer than keys may serve", "the keys are too old", rehearse.ErrKeyTrusted},
	}},
	"keys live too long": {flaw{config: withLifetimes(time.Hour)}, []finding{
		{"a key announced ahead", "it signs, while the issuer restarts", rehearse.ErrRefused},
		{"a leaked key withdrawn", "it is dead", rehearse.ErrKeyTrusted},
	}},
	"the first key of an id is used for ever": {flaw{source: firstOfItsName}, []finding{
		{"another key under the same id", "the other key is in use", rehearse.ErrRefused},
		{"another key under the same id", "the other key is in use", rehearse.ErrKeyTrusted},
	}},
	"verified tokens are remembered without their key": {flaw{auth: trusting}, []finding{
		{"a key announced ahead", "the old key is dead", rehearse.ErrKeyTrusted},
		{"a leaked key withdrawn", "it is dead", rehearse.ErrKeyTrusted},
		{"the signing key leaked", "it is dead", rehearse.ErrKeyTrusted},
		{"another key under the same id", "the other key is in use", rehearse.ErrKeyTrusted},
	}},
	"keys are used before they are renewed": {flaw{source: wakingLate}, []finding{
		{"a key withdrawn while the service is idle", "the first call after a pause", rehearse.ErrKeyTrusted},
	}},
	"unknown keys are not asked for": {flaw{source: incurious}, []finding{
		{"a key that signs at once", "a new key signs", rehearse.ErrRefused},
		{"the signing key leaked", "it is replaced and withdrawn", rehearse.ErrRefused},
		{"connections are refused", "the outage begins", rehearse.ErrBlamed},
	}},
	"every unknown key is asked for": {flaw{source: eager}, []finding{
		{"a flood of unknown keys", "tokens of invented keys", rehearse.ErrRequests},
		{"a key that signs at once", "a new key signs", rehearse.ErrRequests},
	}},
	"callers do not share a fetch": {flaw{source: lonely}, []finding{
		{"a key that signs at once", "a new key signs", rehearse.ErrRequests},
	}},
	"bad signatures are asked about": {flaw{auth: suspicious}, []finding{
		{"a flood of forged signatures", "forged tokens under the id of the key", rehearse.ErrRequests},
	}},
	"a set with one bad key is refused": {flaw{config: through(fussy)}, []finding{
		{"unusable keys in the set", "a new key signs", rehearse.ErrRefused},
	}},
	"keys are wiped by failures": {flaw{source: wiped}, inEach(troubles, "the outage goes on", rehearse.ErrRefused)},
	"an outage is blamed on tokens": {flaw{source: blaming}, slices.Concat(
		inEach(troubles[:3], "the outage begins", rehearse.ErrBlamed),
		inEach(cold, "there are no keys yet", rehearse.ErrBlamed),
		inEach(lasting[:1], "the keys are too old", rehearse.ErrBlamed),
	)},
	"keys never age out": {flaw{source: outliving}, []finding{
		{"an outage longer than keys may serve", "the keys are too old", rehearse.ErrKeyTrusted},
	}},
	"no keys are held past their lifetime": {
		flaw{config: func(_ *tokentest.Issuer, cfg *jwks.RemoteConfig) { cfg.StaleFor = -1 }},
		[]finding{
			{"an outage longer than keys may serve", "the keys serve", rehearse.ErrRefused},
			{"an outage that begins while the service is idle", "the first calls", rehearse.ErrRefused},
		},
	},
	"attempts do not pause": {flaw{source: impatient}, []finding{
		{"connections are refused", "the outage goes on", rehearse.ErrRequests},
		{"requests hang", "the outage goes on", rehearse.ErrSlow},
	}},
	"Retry-After is not heard": {flaw{config: through(deaf)}, []finding{
		{"requests are throttled", "the outage begins", rehearse.ErrRequests},
	}},
	"Retry-After is not said": {flaw{handler: curt}, slices.Concat(
		inEach(troubles[:1], "the outage begins", rehearse.ErrAnswer),
		inEach(cold, "there are no keys yet", rehearse.ErrAnswer),
	)},
	"there is no second attempt": {flaw{source: broken}, slices.Concat(
		inEach(cold, "all is well", rehearse.ErrRefused),
		inEach(lasting[:1], "all is well", rehearse.ErrRefused),
		inEach(troubles[:1], "all is well", rehearse.ErrRefused),
	)},
	"tokens it cannot judge are let in": {flaw{handler: careless}, slices.Concat(
		inEach(cold, "there are no keys yet", rehearse.ErrAdmitted),
		inEach(troubles[:1], "the outage begins", rehearse.ErrKeyTrusted),
	)},
	"gRPC: an outage is blamed on tokens": {flaw{source: blaming, target: overGRPC}, slices.Concat(
		inEach(cold, "there are no keys yet", rehearse.ErrBlamed),
		inEach(troubles[:1], "the outage begins", rehearse.ErrBlamed),
	)},
	"gRPC: keys are wiped by failures":   {flaw{source: wiped, target: overGRPC}, inEach(troubles[:1], "the outage goes on", rehearse.ErrRefused)},
	"gRPC: another error":                {flaw{target: internalOverGRPC}, inEach(cold[:1], "there are no keys yet", rehearse.ErrAnswer)},
	"expired tokens are let in":          {flaw{target: forgiving("exp")}, inEach(troubles[:1], "the outage goes on", rehearse.ErrAdmitted)},
	"any audience is let in":             {flaw{target: forgiving("aud")}, inEach(troubles[:1], "the outage goes on", rehearse.ErrAdmitted)},
	"a token is let in only once":        {flaw{target: onlyOnce}, inEach(rotations[:1], "an ordinary time", rehearse.ErrRefused)},
	"it waits for ever":                  {flaw{target: stuck}, inEach(cold[1:2], "there are no keys yet", rehearse.ErrSlow)},
	"it waits for its caller to give up": {flaw{target: patient}, inEach(cold[1:2], "there are no keys yet", rehearse.ErrSlow)},
	"it panics":                          {flaw{target: panicking}, inEach(rotations[:1], "an ordinary time", rehearse.ErrAnswer)},
}

func inEach(scenarios []string, phase string, err error) (findings []finding) {
	for _, scenario := range scenarios {
		findings = append(findings, finding{scenario, phase, err})
	}
	return findings
}

// Each flaw is found in the scenarios that are about it.
func TestRehearsalsFindFlaws(t *testing.T) {
	t.Parallel()
	for name, test := range flaws {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			results := runOnly(t, test.service, test.findings)
			for _, f := range test.findings {
				assert.Truef(t, f.isIn(results[f.scenario]), "%v is not found in phase %q of\n%v%v", f.err, f.phase, results[f.scenario], results[f.scenario].Err())
			}
		})
	}
}

// Each scenario finds a flaw: none is there for nothing.
func TestScenariosFindFlaws(t *testing.T) {
	t.Parallel()
	found := map[string]bool{}
	for _, f := range flaws {
		for _, finding := range f.findings {
			found[finding.scenario] = true
		}
	}
	for _, name := range scenarios {
		assert.True(t, found[name], name)
	}
}

func (f finding) isIn(r rehearse.Result) bool {
	return slices.ContainsFunc(r.Violations, func(v *rehearse.Violation) bool {
		return v.Phase == f.phase && v.Scenario == f.scenario && errors.Is(v, f.err)
	})
}

// allBut skips all scenarios but some.
func allBut(some func(scenario string) bool) map[string]string {
	skip := map[string]string{}
	for _, name := range scenarios {
		if !some(name) {
			skip[name] = "nothing to be found"
		}
	}
	return skip
}

// runOnly runs the scenarios in which something is to be found.
func runOnly(t *testing.T, service rehearse.Service, findings []finding) map[string]rehearse.Result {
	t.Helper()
	cfg := *ordersRead
	cfg.Skip = allBut(func(scenario string) bool {
		return slices.ContainsFunc(findings, func(f finding) bool { return f.scenario == scenario })
	})
	results := map[string]rehearse.Result{}
	synctest.Test(t, func(t *testing.T) {
		for _, r := range slices.Concat(rehearse.RunRotation(t, service, &cfg), rehearse.RunOutage(t, service, &cfg)) {
			results[r.Name] = r
		}
	})
	require.Len(t, results, len(scenarios))
	return results
}
