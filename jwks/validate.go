package jwks

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/postern-go/postern/internal/evidence"
	"github.com/postern-go/postern/internal/fetch"
	"github.com/postern-go/postern/internal/metadata"
	"github.com/postern-go/postern/internal/printable"
)

// Validate checks the settings without using them, for those that come from a
// file, and names the fields that cannot work. NewRemote calls it. It makes no
// request and does not block. The error matches ErrConfig.
func (c RemoteConfig) Validate() error {
	err := evidence.Join(c.validateOrigin(), c.validateURLs(), c.fetching().Validate(), c.validateTimes())
	if err != nil {
		return evidence.OneLine(fmt.Errorf("jwks: %w: %w", ErrConfig, err))
	}
	return nil
}

func (c *RemoteConfig) validateOrigin() error {
	switch {
	case c.Issuer == "" && c.DiscoverAt == "" && len(c.URLs) == 0:
		return errors.New("neither Issuer nor URLs is set")
	case len(c.URLs) > 0 && c.SameHost:
		return errors.New("SameHost is about discovery, which URLs replace")
	case len(c.URLs) > 0 && c.DiscoverAt != "":
		return errors.New("DiscoverAt is about discovery, which URLs replace")
	case len(c.URLs) > 0:
		return nil
	case c.Issuer == "":
		return errors.New("DiscoverAt needs the Issuer whose keys are there")
	case c.DiscoverAt != "":
		return c.validateBase("DiscoverAt", c.DiscoverAt)
	}
	return c.validateBase("Issuer", c.Issuer)
}

// validateBase checks the URL below which the metadata is looked for.
func (c *RemoteConfig) validateBase(field, base string) error {
	if _, err := metadata.CheckIssuer(base, c.fetching().CheckURL); err != nil {
		return fmt.Errorf("%s is %s: %w", field, hidden(base), err)
	}
	return nil
}

func (c *RemoteConfig) validateURLs() error {
	for i, raw := range c.URLs {
		u, err := c.fetching().CheckURL(raw)
		switch {
		case err != nil:
			return fmt.Errorf("URLs: %s: %w", hidden(raw), err)
		case strings.ContainsAny(raw, "{}"):
			return fmt.Errorf("URLs: %s is a template, want the URL of one key set", raw)
		case slices.ContainsFunc(c.URLs[:i], func(other string) bool { return samePlace(other, u) }):
			return fmt.Errorf("URLs: %s is there twice", raw)
		case metadata.IsPlace(u):
			return fmt.Errorf("URLs: %s is where metadata is, want a key set, or the Issuer and no URLs", raw)
		}
	}
	return nil
}

// samePlace reports whether a URL that has been checked is another spelling of u.
func samePlace(other string, u *url.URL) bool {
	o, err := url.Parse(other)
	return err == nil && fetch.SameHost(o, u) && o.RequestURI() == u.RequestURI()
}

// hidden is a refused URL as an error shows it, without the password that it may
// have been refused for.
func hidden(raw string) string {
	if u, err := url.Parse(raw); err == nil {
		return printable.Value(u.Redacted())
	}
	return "an unreadable URL"
}

func (c *RemoteConfig) validateTimes() error {
	if c.minLifetime() > c.maxLifetime() {
		return errors.New("MinLifetime is longer than MaxLifetime")
	}
	return evidence.Join(
		within("MinLifetime", c.MinLifetime, leastLifetime, longestLifetime),
		within("MaxLifetime", c.MaxLifetime, leastLifetime, longestLifetime),
		within("DefaultLifetime", c.DefaultLifetime, c.minLifetime(), c.maxLifetime()),
		within("StaleFor", max(c.StaleFor, 0), 0, longestStale),
		within("RefetchInterval", c.RefetchInterval, 5*time.Second, 10*time.Minute),
		within("FetchTimeout", c.FetchTimeout, 100*time.Millisecond, time.Minute),
	)
}

func within(name string, d, least, most time.Duration) error {
	if d != 0 && (d < least || d > most) {
		return fmt.Errorf("%s is %v, outside of %v to %v", name, d, least, most)
	}
	return nil
}
