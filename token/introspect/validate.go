package introspect

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/postern-go/postern/internal/evidence"
	"github.com/postern-go/postern/internal/jws"
	"github.com/postern-go/postern/internal/metadata"
	"github.com/postern-go/postern/internal/nilcheck"
	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/token"
)

// badConfig is the error for settings that cannot work.
func badConfig(format string, args ...any) error {
	return evidence.OneLine(fmt.Errorf("introspect: %w: %w", token.ErrConfig, fmt.Errorf(format, args...)))
}

// Validate checks the settings without using them, for those that come from a file. New
// calls it. It makes no request and does not block. The error matches token.ErrConfig.
func (c Config) Validate() error {
	c = c.withDefaults()
	if _, err := c.checks(); err != nil {
		return err
	}
	made, err := c.checkedCredentials()
	if err != nil {
		return err
	}
	fetching := c.fetching(made.certificate)
	for _, err := range []error{c.validateEndpoint(), fetching.Validate(), c.validateTimes(), c.validateLimits(), c.validateSigned()} {
		if err != nil {
			return badConfig("%w", err)
		}
	}
	return nil
}

func (c *Config) validateEndpoint() error {
	fetching := c.fetching(nil)
	switch {
	case c.Endpoint == "":
		if _, err := metadata.CheckIssuer(cmp.Or(c.DiscoverAt, c.Issuer), fetching.CheckURL); err != nil {
			return fmt.Errorf("Issuer or DiscoverAt, where the endpoint is discovered (see Endpoint), is %s: %w", hidden(cmp.Or(c.DiscoverAt, c.Issuer)), err)
		}
		return nil
	case c.DiscoverAt != "" && !c.discoversKeys(), c.SameHost && !c.discoversKeys():
		return errors.New("DiscoverAt and SameHost are about discovery, which Endpoint replaces")
	}
	u, err := fetching.CheckURL(c.Endpoint)
	switch {
	case err != nil:
		return fmt.Errorf("Endpoint is %s: %w", hidden(c.Endpoint), err)
	case metadata.IsPlace(u):
		return fmt.Errorf("Endpoint is %s, where metadata is; for discovery leave it empty", hidden(c.Endpoint))
	}
	return nil
}

// hidden is a refused URL without the password that it may have been refused for.
func hidden(raw string) string {
	if u, err := url.Parse(raw); err == nil {
		return printable.Value(u.Redacted())
	}
	return "an unreadable URL"
}

const (
	longestGood  = 5 * time.Minute
	longestBad   = time.Minute
	longestStale = 15 * time.Minute
)

func (c *Config) validateTimes() error {
	if c.StaleFor > 0 && c.GoodFor < 0 {
		return errors.New("StaleFor needs answers that are remembered, and GoodFor is negative")
	}
	if c.AllowMissingExpiry && c.GoodFor < 0 {
		return errors.New("AllowMissingExpiry needs GoodFor, for which such a token is good, and that is negative")
	}
	return evidence.Join(
		within("FetchTimeout", c.FetchTimeout, 100*time.Millisecond, 30*time.Second),
		within("GoodFor", max(c.GoodFor, 0), 0, longestGood),
		within("BadFor", max(c.BadFor, 0), 0, longestBad),
		within("StaleFor", c.StaleFor, 0, longestStale),
	)
}

const (
	smallestCache = 64 << 10
	largestCache  = 1 << 30
	mostRequests  = 10000
	smallestToken = 1 << 10
	largestToken  = 32 << 10 // three times that, and credentials, fit into a form
)

func (c *Config) validateLimits() error {
	return evidence.Join(
		within("CacheSize", c.CacheSize, smallestCache, largestCache),
		within("BadCacheSize", c.BadCacheSize, smallestCache, largestCache),
		within("MaxTokenSize", cmp.Or(c.MaxTokenSize, smallestToken), smallestToken, largestToken),
		within("MaxInFlight", c.MaxInFlight, 1, mostRequests),
		within("UnknownPerSecond", c.UnknownPerSecond, 1, mostRequests),
	)
}

func within[N int | time.Duration](name string, n, least, most N) error {
	if n < least || n > most {
		return fmt.Errorf("%s is %v, outside of %v to %v", name, n, least, most)
	}
	return nil
}

func (c *Config) validateSigned() error {
	if !c.RequireJWT {
		if c.ClientID != "" || c.JWTAlgorithms != nil || c.JWTKeys != nil {
			return errors.New("ClientID, JWTAlgorithms and JWTKeys are about signed answers, which RequireJWT asks for")
		}
		return nil
	}
	if c.clientID() == "" {
		return errors.New("RequireJWT needs ClientID, which is in the aud of the answers, since the Credentials have none")
	}
	if len(c.JWTAlgorithms) == 0 {
		return errors.New("JWTAlgorithms is empty, so no answer could pass")
	}
	for _, name := range c.JWTAlgorithms {
		if !jws.Known(name) {
			return fmt.Errorf("JWTAlgorithms: %q is not an asymmetric signature algorithm known here", name)
		}
	}
	if c.JWTKeys != nil && nilcheck.Is(c.JWTKeys) {
		return fmt.Errorf("JWTKeys is a nil %T", c.JWTKeys)
	}
	if c.JWTKeys == nil {
		return c.keys().Validate()
	}
	return nil
}
