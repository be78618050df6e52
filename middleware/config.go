package middleware

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/postern-go/postern/internal/challenge"
	"github.com/postern-go/postern/token"
)

// Config says how a Middleware presents its service to callers. The zero
// Config is good for most services. New copies it.
type Config struct {
	// Realm names the protected space in challenges (RFC 9110 §11.5). It must
	// be printable ASCII. Empty means "api".
	Realm string

	// ResourceMetadata is the URL of the protected resource metadata document,
	// which tells clients where to get a token (RFC 9728 §5.1). Empty leaves
	// it out of challenges.
	ResourceMetadata string

	// ErrorURI is a page for developers of clients that explains refusals
	// (RFC 6750 §3). Empty leaves it out of challenges.
	ErrorURI string

	// BaseURL is where callers reach the service, such as
	// "https://api.example.com" or "https://example.com/api", if that is not
	// what the request itself shows, as behind a proxy that terminates TLS. A
	// proof of possession is checked against it (RFC 9449 §4.3). Empty takes
	// scheme and host of the connection. Forwarded and X-Forwarded-* fields
	// are never looked at: any caller can send them.
	BaseURL string

	// Trace observes decisions. Nil observes nothing.
	Trace *Trace
}

// Validate checks the settings without using them, for those that come from a
// file. A nil Config is valid. An error matches token.ErrConfig.
func (c *Config) Validate() error {
	if err := c.challenges().Validate(); err != nil {
		return fmt.Errorf("middleware: %w", err)
	}
	_, err := c.externalURL()
	return err
}

func (c *Config) challenges() challenge.Config {
	if c == nil {
		c = &Config{}
	}
	realm := c.Realm
	if realm == "" {
		realm = "api"
	}
	return challenge.Config{Realm: realm, ErrorURI: c.ErrorURI, ResourceMetadata: c.ResourceMetadata}
}

// externalURL is BaseURL without a trailing slash, or nil if it is not set.
func (c *Config) externalURL() (*url.URL, error) {
	if c == nil || c.BaseURL == "" {
		return nil, nil
	}
	u, err := url.Parse(c.BaseURL)
	if err != nil || !isBase(u) {
		return nil, fmt.Errorf("middleware: %w: BaseURL %q is not an http or https URL of host and path alone", token.ErrConfig, c.BaseURL)
	}
	u.Path = strings.TrimSuffix(u.Path, "/")
	u.RawPath = ""
	return u, nil
}

func isBase(u *url.URL) bool {
	web := u.Scheme == "https" || u.Scheme == "http"
	bare := u.User == nil && u.RawQuery == "" && !u.ForceQuery && u.Fragment == "" && u.RawPath == ""
	return web && bare && u.Host != "" && u.Opaque == ""
}

func (c *Config) trace() Trace {
	if c == nil || c.Trace == nil {
		return Trace{}
	}
	return *c.Trace
}
