package rehearse_test

import (
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/jwks"
	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/rehearse"
)

const rehearsed = "TOKENTEST_REHEARSED"

// rehearsals are tests that fail.
var rehearsals = map[string]func(*testing.T){
	"rotation": func(t *testing.T) {
		rehearse.TestRotation(t, flaw{source: incurious}.service, few("a key that signs at once", "a leaked key withdrawn"))
	},
	"outage": func(t *testing.T) {
		rehearse.TestOutage(t, flaw{source: blaming}.service, few("requests hang", "a start while requests hang"))
	},
	"skip": func(t *testing.T) {
		rehearse.TestOutage(t, sound, &rehearse.Config{Skip: map[string]string{"no such scenario": "because"}})
	},
	"loopback":        wrong(rehearse.Config{Issuer: tokentest.Options{Loopback: true}}),
	"time":            wrong(rehearse.Config{Issuer: tokentest.Options{Time: time.Now}}),
	"short lifetime":  wrong(rehearse.Config{Lifetime: time.Second}),
	"long lifetime":   wrong(rehearse.Config{Lifetime: 25 * time.Hour}),
	"seldom":          wrong(rehearse.Config{Every: 2 * time.Minute}),
	"no patience":     wrong(rehearse.Config{Patience: -time.Second}),
	"no recovery":     wrong(rehearse.Config{Recovery: -time.Second}),
	"no interval":     wrong(rehearse.Config{RefetchInterval: -time.Second}),
	"before the next": wrong(rehearse.Config{Every: -time.Second}),
}

// few runs these scenarios only.
func few(names ...string) *rehearse.Config {
	cfg := *ordersRead
	cfg.Skip = allBut(func(scenario string) bool { return slices.Contains(names, scenario) })
	return &cfg
}

func wrong(cfg rehearse.Config) func(*testing.T) {
	return func(t *testing.T) { rehearse.TestRotation(t, sound, &cfg) }
}

// A test that fails, for the next one to run.
func TestOfARehearsal(t *testing.T) {
	name, ok := os.LookupEnv(rehearsed)
	if !ok {
		t.Skip("run by TestRehearsalsFail")
	}
	rehearsals[name](t)
}

// Rehearsals themselves fail, and say why.
func TestRehearsalsFail(t *testing.T) {
	t.Parallel()
	for name, parts := range map[string][]string{
		"rotation": {
			"--- FAIL: TestOfARehearsal/a_key_that_signs_at_once", "--- PASS: TestOfARehearsal/a_leaked_key_withdrawn", "--- SKIP: TestOfARehearsal/a_key_announced_ahead",
			"a new token by es256-2, answered 401 invalid_token: " + rehearse.ErrRefused.Error(), "Why this matters: ", "VERDICT",
		},
		"outage": {
			"--- FAIL: TestOfARehearsal/requests_hang", "--- FAIL: TestOfARehearsal/a_start_while_requests_hang",
			rehearse.ErrBlamed.Error(), "VERDICT",
		},
		"skip":            {rehearse.ErrSkip.Error(), "no such scenario"},
		"loopback":        {jwks.ErrConfig.Error(), "Loopback"},
		"time":            {jwks.ErrConfig.Error(), "Time"},
		"short lifetime":  {jwks.ErrConfig.Error(), "Lifetime"},
		"long lifetime":   {jwks.ErrConfig.Error(), "Lifetime"},
		"seldom":          {jwks.ErrConfig.Error(), "Every"},
		"no patience":     {jwks.ErrConfig.Error(), "Patience"},
		"no recovery":     {jwks.ErrConfig.Error(), "Recovery"},
		"no interval":     {jwks.ErrConfig.Error(), "RefetchInterval"},
		"before the next": {jwks.ErrConfig.Error(), "Every"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestOfARehearsal$", "-test.v")
			run.Env = append(os.Environ(), rehearsed+"="+name)
			output, err := run.CombinedOutput()
			var exit *exec.ExitError
			require.ErrorAs(t, err, &exit)
			for _, part := range parts {
				assert.Contains(t, string(output), part)
			}
		})
	}
}
