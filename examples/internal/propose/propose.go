// Package propose finds the smallest token.Profile with which one access token
// would be accepted, and refuses where that profile would let in other tokens of
// the issuer.
package propose

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/postern-go/postern/jwks"
	"github.com/postern-go/postern/token"
)

// ErrHole is the error for a token that no profile should accept.
var ErrHole = errors.New("no profile is proposed")

// Proposal is a profile and what there is to know about it.
type Proposal struct {
	Profile token.Profile
	// Lines are the settings of the profile. Each of them is needed.
	Lines []Line
	// Apart says what tells the ID tokens of the issuer apart.
	Apart string
	// Notes say what else an operator should know.
	Notes []string
}

// Line is one setting of a profile.
type Line struct {
	Field string // of a settings file
	Why   string // what it relaxes or demands
	apply func(*token.Profile)
}

// For finds the profile for a token of the issuer of cfg, whose own Profile does
// not count. sent is the token with the scheme that its client uses. An error
// matches ErrHole if there is no such profile, token.ErrUnavailable if the keys of
// the issuer are out of reach, and otherwise says why the token would be refused
// under any profile.
func For(ctx context.Context, cfg token.Config, sent token.Presentation) (*Proposal, error) {
	if cfg.Keys == nil { // one source for all that is tried
		keys, err := jwks.NewRemote(jwks.RemoteConfig{Issuer: cfg.Issuer, HTTPClient: cfg.HTTPClient, RootCAs: cfg.RootCAs, Time: cfg.Time})
		if err != nil {
			return nil, err
		}
		cfg.Keys, cfg.HTTPClient, cfg.RootCAs = keys, nil, nil
	}
	cfg.Profile, cfg.CacheSize = token.Profile{}, -1
	c := &candidate{config: cfg, sent: sent}
	if err := c.read(ctx); err != nil {
		return nil, err
	}
	if err := c.refuseOtherKinds(); err != nil {
		return nil, err
	}
	lines, err := c.lines()
	if err != nil {
		return nil, err
	}
	for _, apart := range c.discriminators() {
		all := append(slices.Clip(lines), apart...)
		if c.good(ctx, all) {
			return c.proposal(ctx, c.smallest(ctx, all)), nil
		}
	}
	if err := c.fault(ctx, lines); err != nil {
		return nil, err
	}
	return nil, fmt.Errorf("%w: nothing tells this access token from the ID tokens of the issuer: no type at+jwt, and no claim that ID tokens lack. "+
		"Have the issuer add one, such as scope or client_id", ErrHole)
}

// smallest leaves out every line that is not needed. Some are not only once others
// have gone.
func (c *candidate) smallest(ctx context.Context, lines []Line) []Line {
	for i := 0; i < len(lines); i++ {
		less := slices.Delete(slices.Clone(lines), i, i+1)
		if c.good(ctx, less) {
			lines, i = less, -1
		}
	}
	return lines
}

// good reports whether the token is accepted with these lines, with its client
// and its scopes, and an ID token with the same claims is not.
func (c *candidate) good(ctx context.Context, lines []Line) bool {
	t, err := c.judge(ctx, profileOf(lines))
	if err != nil {
		return false
	}
	return t.ClientID() == c.clientID && slices.Equal(t.Scopes(), c.scopes) && c.refusesImpostors(ctx, profileOf(lines))
}

func profileOf(lines []Line) (p token.Profile) {
	for _, l := range lines {
		l.apply(&p)
	}
	return p
}

// judge is what a service with this profile says, at a time at which the token is
// valid.
func (c *candidate) judge(ctx context.Context, p token.Profile) (*token.Token, error) {
	v, err := c.verifier(p)
	if err != nil {
		return nil, err
	}
	return v.Authenticate(ctx, c.sent)
}

func (c *candidate) verifier(p token.Profile) (*token.Verifier, error) {
	cfg := c.config
	cfg.Profile = p
	cfg.Time = func() time.Time { return c.at }
	return token.NewVerifier(cfg)
}

// fault is why the token is refused even with all that a profile can relax.
func (c *candidate) fault(ctx context.Context, lines []Line) error {
	_, err := c.judge(ctx, profileOf(lines))
	if errors.Is(err, token.ErrConfig) {
		return fmt.Errorf("%w: %w", ErrHole, err)
	}
	return err
}

func (c *candidate) proposal(ctx context.Context, lines []Line) *Proposal {
	p := &Proposal{Profile: profileOf(lines), Lines: lines, Apart: c.apart(ctx, lines)}
	if c.now.After(c.expires) {
		p.Notes = append(p.Notes, "This token has expired, on "+c.expires.UTC().Format(time.RFC3339)+". It would have been accepted before; no setting should accept it now.")
	}
	if c.now.Before(c.begins) {
		p.Notes = append(p.Notes, "This token is not valid before "+c.begins.UTC().Format(time.RFC3339)+"; check the clocks.")
	}
	p.Notes = append(p.Notes, c.aboutAudience()...)
	p.Notes = append(p.Notes, c.aboutSubject(ctx, p.Profile)...)
	return p
}
