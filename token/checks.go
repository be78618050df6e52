package token

import (
	"context"
	"fmt"

	"github.com/postern-go/postern/internal/claims"
)

// Checks are the checks of a token that do not depend on who vouches for its claims.
// They are for the Authenticators of this module, which share them: the type of an
// argument of NewChecks is internal. They are immutable and may be used concurrently.
type Checks struct {
	rules *claims.Rules
	possession
	maxSize  int
	tooLarge error
	relaxed  []string
}

// NewChecks makes the Checks of an Authenticator that gets claims from the answers of
// their issuer. Settings of cfg about signatures, keys and memory do nothing. It does not
// block. The error matches ErrConfig.
func NewChecks(cfg Config, answer *claims.Answer) (*Checks, error) {
	if answer == nil {
		return nil, &oneLine{fmt.Errorf("token: %w: NewChecks is for answers", ErrConfig)}
	}
	relaxed := cfg
	relaxed.Profile.Types, relaxed.Profile.AllowMissingType = nil, false
	if cfg.Profile.Required == nil {
		cfg.Profile.Required = []string{"sub", cfg.Profile.clientIDClaim()}
		relaxed.Profile.Required = nil
	}
	cfg.Profile.AllowMissingType = true // an answer has none, so that only claims can tell an ID token
	made, err := cfg.answers()
	if err != nil {
		return nil, &oneLine{fmt.Errorf("token: %w", err)}
	}
	made.Answer = answer
	c := &Checks{
		rules: claims.New(made), possession: cfg.possession(), maxSize: cfg.maxTokenSize(), tooLarge: tooLarge(cfg.maxTokenSize()),
		relaxed: relaxed.relaxations(),
	}
	return c, nil
}

// answers is settings for a Config without keys.
func (c Config) answers() (claims.Settings, error) {
	c.Keys, c.HTTPClient, c.RootCAs, c.Algorithms = nil, nil, nil, nil
	if err := c.validate(); err != nil {
		return claims.Settings{}, err
	}
	implied, err := implied(c.ScopeImplies)
	return c.settings(implied), err
}

// Rules are the checks of claims.
func (c *Checks) Rules() *claims.Rules { return c.rules }

// Scheme checks that the scheme of p is one that is taken, and that there is a token.
func (c *Checks) Scheme(p *Presentation) error { return c.checkScheme(p) }

// Size checks the length of a token.
func (c *Checks) Size(raw string) error {
	if len(raw) > c.maxSize {
		return c.tooLarge
	}
	return nil
}

// Binding checks that the caller possesses what the token is bound to. It is the last
// check, and may block as the ConfirmationCheckers of the Config do.
func (c *Checks) Binding(ctx context.Context, t *Token, p *Presentation) error {
	return c.checkBinding(ctx, t, p)
}

// Schemes are those of a Verifier with the same Config.
func (c *Checks) Schemes() []Scheme { return c.schemes() }

// Describe describes an Authenticator that makes these checks.
func (c *Checks) Describe() Description {
	d := Description{
		Posture: Posture{
			Issuer: c.rules.Issuer, Audience: append([]string(nil), c.rules.Audience...),
			ScopeImplies: c.rules.Implied.Declared(), Relaxations: append([]string(nil), c.relaxed...),
			Confirmations: c.methods(),
		},
		Users: len(c.rules.Users) > 0, Clients: true,
	}
	for name := range c.rules.Settings.Sets {
		d.Sets = append(d.Sets, name)
	}
	return d
}
