package refusals_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/refusals"
)

// A service is attacked by the hierarchy that it has, and not for what that lets
// in.
func TestRefusalsOfHierarchies(t *testing.T) {
	t.Parallel()
	const smaller, longer = "smaller scopes for the larger one", "a longer scope than a larger one"
	for name, c := range map[string]struct {
		scopes  []string
		implies map[string][]string
		made    []string // of the attacks
		not     []string
	}{
		"the smallest":              {[]string{"read"}, map[string][]string{"admin": {"write"}, "write": {"read"}}, []string{longer, "a larger scope in the other case"}, []string{smaller}},
		"the largest":               {[]string{"admin"}, map[string][]string{"admin": {"write"}, "write": {"read"}}, []string{smaller}, []string{longer}},
		"in between":                {[]string{"write", "x"}, map[string][]string{"admin": {"write"}, "write": {"read"}}, []string{smaller, longer, "all scopes but one"}, nil},
		"one implied by another":    {[]string{"read", "write"}, map[string][]string{"write": {"read"}}, []string{smaller}, []string{longer, "all scopes but one"}},
		"scopes that look alike":    {[]string{"read"}, map[string][]string{"write": {"read"}, "write2": {"read"}}, []string{"a larger scope with a star"}, []string{longer}},
		"a scope without letters":   {[]string{"r"}, map[string][]string{"2": {"r"}}, []string{longer}, []string{"a larger scope in the other case", "the beginning of a larger scope"}},
		"what is asked for nowhere": {[]string{"read"}, map[string][]string{"x": {"y"}}, nil, []string{smaller, longer}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			issuer := tokentest.NewIssuer(t, nil)
			cfg := issuer.Config()
			cfg.ScopeImplies = c.implies
			needs := &refusals.Config{Scopes: c.scopes, ScopeImplies: c.implies}
			results := refusals.Run(t.Context(), issuer, tokentest.HTTPTarget(guarded(t, cfg, scope.All(c.scopes...)), nil), needs)
			for _, r := range results {
				assert.NoError(t, r.Err, r.Attack.Name)
			}
			for _, attack := range c.made {
				assert.Empty(t, resultOf(t, results, attack).Skipped, attack)
			}
			for _, attack := range c.not {
				assert.NotEmpty(t, resultOf(t, results, attack).Skipped, attack)
			}
		})
	}
}

// A service that does not know of the hierarchy refuses good callers.
func TestServiceWithoutItsHierarchy(t *testing.T) {
	t.Parallel()
	issuer := tokentest.NewIssuer(t, nil)
	needs := &refusals.Config{Scopes: []string{"read"}, ScopeImplies: map[string][]string{"write": {"read"}}}
	results := refusals.Run(t.Context(), issuer, tokentest.HTTPTarget(guarded(t, issuer.Config(), scope.All("read")), nil), needs)
	assert.ErrorIs(t, resultOf(t, results, "a longer scope than a larger one").Err, refusals.ErrRefused)
}
