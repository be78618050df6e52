package middleware

import (
	"fmt"
	"net/url"
	"slices"
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

	// KeepCredentials leaves the caller's credentials in the fields that
	// handlers see. Otherwise they are removed, behind scope.Public too, so
	// that a handler which copies its request into one of its own, as
	// httputil.ReverseProxy does, does not hand them on: Authorization and
	// DPoP, the copies that proxies make of them (Proxy-Authorization,
	// X-Forwarded-Access-Token, X-Goog-Iap-Jwt-Assertion and their like), and
	// cookies with the presented token in them. A Forwarder and a guard further
	// in find the token in the context.
	KeepCredentials bool

	// Hide names further header fields to remove, in any case, such as
	// "X-Api-Key". It must be empty if KeepCredentials is set.
	Hide []string

	// ResponsesOutliveToken lets a response go on after its token has expired.
	// Otherwise the context of the request ends then; see Require.
	ResponsesOutliveToken bool

	// Trace observes decisions. Nil observes nothing.
	Trace *Trace
}

// Validate checks the settings without using them, for those that come from a
// file. A nil Config is valid. An error matches token.ErrConfig.
func (c *Config) Validate() error {
	if err := c.challenges().Validate(); err != nil {
		return fmt.Errorf("middleware: %w", err)
	}
	if err := c.hiding(); err != nil {
		return err
	}
	_, err := c.externalURL()
	return err
}

// hiding checks what is said of fields to hide.
func (c *Config) hiding() error {
	if c == nil {
		return nil
	}
	if c.KeepCredentials && len(c.Hide) > 0 {
		return fmt.Errorf("middleware: %w: Hide names fields while KeepCredentials is set", token.ErrConfig)
	}
	for _, name := range c.Hide {
		if !isFieldName(name) {
			return fmt.Errorf("middleware: %w: Hide has %q, which is not the name of a header field", token.ErrConfig, name)
		}
	}
	return nil
}

// isFieldName reports whether name can be that of a header field
// (RFC 9110 §5.1).
func isFieldName(name string) bool {
	const others = "!#$%&'*+-.^_`|~0123456789"
	outside := func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && !strings.ContainsRune(others, r)
	}
	return name != "" && !strings.ContainsFunc(name, outside)
}

// orZero is a copy of c, or the zero Config if it is nil.
func (c *Config) orZero() Config {
	if c == nil {
		return Config{}
	}
	set := *c
	set.Hide = slices.Clone(c.Hide)
	return set
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
