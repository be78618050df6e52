package token

import (
	"context"
	"fmt"
	"time"
)

// ResolverConfig says for which issuers a Resolver takes tokens, and how it
// finds their Authenticators. It needs Templates, or Allow and Resolve, or all
// of them. The zero value of every other field is its default.
type ResolverConfig struct {
	// Templates describe issuers whose identifiers and settings differ in one
	// place. They come first, in their order, and nothing is asked for the
	// issuers they allow.
	Templates []Template
	// Allow reports whether Resolve may be asked for an issuer, which a stranger
	// has chosen within the limits of Resolver. It is called for each token that
	// no Verifier remembers, concurrently, and must not block. A panic refuses the
	// token with ErrUnavailable.
	Allow func(issuer string) bool
	// Resolve returns the Authenticator of an issuer, such as a Verifier made of
	// what a database says of the tenant. An error that matches ErrIssuer means
	// that there is no such issuer; any other error, a nil Authenticator, a
	// Verifier of another issuer, a panic and the end of ResolveTimeout mean that
	// this cannot be told now, and callers get ErrUnavailable. Return the same
	// Verifier again if the settings are the same: it has the keys and the
	// remembered tokens.
	//
	// It is called concurrently, but once at a time for an issuer. All callers
	// that need the answer wait for it, so ctx is not that of one of them: it has
	// no values, and ends after ResolveTimeout. No more calls are made while 256
	// have not returned, and none for issuers that are not known while 128 have
	// not.
	Resolve func(ctx context.Context, issuer string) (Authenticator, error)
	// ResolveTimeout is how long Resolve may take. Zero means 5 seconds.
	ResolveTimeout time.Duration
	// Schemes are those that the Authenticators of Resolve take. Nil means
	// Bearer.
	Schemes []Scheme

	// KnownFor is how long after Resolve was asked its answer is used before it
	// is asked again, and the allow rule. So it is how long after its removal an
	// issuer is still accepted, unless Forget is called. If asking again fails,
	// the issuer is accepted until twice this time has passed, and Resolve is
	// asked every ten seconds. Zero means 5 minutes.
	KnownFor time.Duration
	// UnknownFor is how long an issuer stays unknown that Resolve does not know,
	// and how late a new one may be served, unless Forget is called. Zero means
	// one minute.
	UnknownFor time.Duration
	// MaxKnown is how many issuers are kept. Beyond that the least recently used
	// is dropped, with its keys and remembered tokens; those without a single
	// good token go first. Zero means 1000.
	MaxKnown int
	// MaxUnknown is how many unknown issuers are kept, some 350 bytes each. Zero
	// means 10000.
	MaxUnknown int
	// NewPerSecond is for how many issuers that are not known Resolve is asked in
	// a second, and twice as many at once; so is for how many the keys of a
	// Template without Config.Keys are discovered, unless its Values are listed and
	// MaxKnown has room for all issuers that strangers can name. It bounds what
	// strangers who invent issuers cost, except that the keys of an issuer that is
	// kept and has none are looked for again after a few seconds, if asked for.
	// Callers beyond get ErrUnavailable. Zero means 50.
	NewPerSecond int

	// Time tells the time. Nil means time.Now.
	Time func() time.Time
}

const (
	defaultKnownFor       = 5 * time.Minute
	defaultUnknownFor     = time.Minute
	defaultResolveTimeout = 5 * time.Second
	defaultMaxKnown       = 1000
	defaultMaxUnknown     = 10_000
	defaultNewPerSecond   = 50

	longestKnownFor       = 24 * time.Hour
	longestResolveTimeout = time.Minute
	mostIssuers           = 1_000_000
)

// Validate checks the settings without using them. NewResolver calls it. It
// makes no request and does not block. The error matches ErrConfig.
func (c ResolverConfig) Validate() error {
	if _, err := c.compiled(); err != nil {
		return &oneLine{fmt.Errorf("token: %w", err)}
	}
	return nil
}

// compiled returns the templates, if the settings are valid.
func (c ResolverConfig) compiled() ([]*template, error) {
	if err := c.validateRule(); err != nil {
		return nil, err
	}
	if err := c.validateLimits(); err != nil {
		return nil, err
	}
	for _, s := range c.Schemes {
		if err := s.validate(); err != nil {
			return nil, err
		}
	}
	var compiled []*template
	for i, t := range c.Templates {
		made, err := t.compile()
		if err != nil {
			return nil, fmt.Errorf("%w: Templates[%d]: %w", ErrConfig, i, err)
		}
		compiled = append(compiled, made)
	}
	return compiled, nil
}

func (c ResolverConfig) validateRule() error {
	switch {
	case len(c.Templates) == 0 && c.Allow == nil:
		return fmt.Errorf("%w: the Resolver allows no issuer; set Templates, or Allow and Resolve", ErrConfig)
	case (c.Allow == nil) != (c.Resolve == nil):
		return fmt.Errorf("%w: Allow and Resolve go together: one says which issuers the other may be asked for", ErrConfig)
	case c.Resolve == nil && len(c.Schemes) > 0:
		return fmt.Errorf("%w: Schemes are those of Resolve, which is nil", ErrConfig)
	}
	return nil
}

func (c ResolverConfig) validateLimits() error {
	for name, d := range map[string]struct{ is, most time.Duration }{
		"KnownFor":       {c.KnownFor, longestKnownFor},
		"UnknownFor":     {c.UnknownFor, longestKnownFor},
		"ResolveTimeout": {c.ResolveTimeout, longestResolveTimeout},
	} {
		if d.is < 0 || d.is > d.most {
			return fmt.Errorf("%w: %s of %v is not from 0 to %v", ErrConfig, name, d.is, d.most)
		}
	}
	for name, n := range map[string]int{"MaxKnown": c.MaxKnown, "MaxUnknown": c.MaxUnknown, "NewPerSecond": c.NewPerSecond} {
		if n < 0 || n > mostIssuers {
			return fmt.Errorf("%w: %s of %d is not from 0 to %d", ErrConfig, name, n, mostIssuers)
		}
	}
	return nil
}

func (c ResolverConfig) withDefaults() ResolverConfig {
	c.KnownFor = positive(c.KnownFor, defaultKnownFor)
	c.UnknownFor = positive(c.UnknownFor, defaultUnknownFor)
	c.ResolveTimeout = positive(c.ResolveTimeout, defaultResolveTimeout)
	c.MaxKnown = positive(c.MaxKnown, defaultMaxKnown)
	c.MaxUnknown = positive(c.MaxUnknown, defaultMaxUnknown)
	c.NewPerSecond = positive(c.NewPerSecond, defaultNewPerSecond)
	if c.Time == nil {
		c.Time = time.Now
	}
	return c
}

func positive[T int | time.Duration](value, def T) T {
	if value > 0 {
		return value
	}
	return def
}

// resolvedSchemes are those of Resolve. The Resolver has parsed a token before it
// asks.
func (c ResolverConfig) resolvedSchemes() []Scheme {
	schemes := []Scheme{{Name: bearer}}
	if len(c.Schemes) > 0 {
		schemes = append([]Scheme(nil), c.Schemes...)
	}
	for i := range schemes {
		schemes[i].ParsesToken = true
	}
	return schemes
}
