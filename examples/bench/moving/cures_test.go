package moving_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token"
)

// The page says what accepts a token if the issuer cannot change, and what does
// not.
func TestCures(t *testing.T) {
	t.Parallel()
	issuer := newIssuer(t)
	for name, row := range map[string]struct {
		cure     func(*token.Config)
		accepted []string // besides those that need no cure
	}{
		"LegacyProfile": {
			func(c *token.Config) { c.Profile = token.LegacyProfile() },
			[]string{"`typ` is `JWT`", "`typ` is missing", "`jti` is missing", "`client_id` is missing", "`sub` is missing", "`iat` is missing"},
		},
		"Audience":   {func(c *token.Config) { c.Audience = append(c.Audience, "https://other.example.com") }, []string{"`aud` is another service"}},
		"Algorithms": {func(c *token.Config) { c.Algorithms = []string{"RS256", "ES256", "RS512"} }, []string{"signed with RS512"}},
		"Leeway":     {func(c *token.Config) { c.Leeway = time.Minute }, []string{"expired 45 seconds ago"}},
		"ExtendedLeeway": {
			func(c *token.Config) { c.Leeway, c.ExtendedLeeway = 5*time.Minute, true },
			[]string{"expired 45 seconds ago", "`iat` is in five minutes"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := issuer.Config(audience)
			before, err := token.NewVerifier(config)
			require.NoError(t, err)
			row.cure(&config)
			after, err := token.NewVerifier(config)
			require.NoError(t, err)
			for _, k := range kinds() {
				raw := k.mint(issuer)
				assert.Equal(t, accepts(t, before, raw) || slices.Contains(row.accepted, k.name), accepts(t, after, raw), k.name)
			}
		})
	}
}
