package middleware

import (
	"fmt"
	"slices"
	"strings"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// Config says how a Middleware guards its service. The zero
// Config is good for most services. New copies it.
type Config struct {
	// Resource describes the service. Give the same to grpcauth.Config.
	Resource scope.Resource

	// MetadataElsewhere says that something other than the Mux serves the metadata
	// document of a Resource that publishes one: a handler of Describe or
	// ServeMetadata, or another Mux. Mux.Audit misses it otherwise.
	MetadataElsewhere bool

	// KeepCredentials leaves the caller's credentials in the fields that
	// handlers see. Otherwise they are removed, behind scope.Public too, so
	// that a handler that copies its request, as httputil.ReverseProxy does,
	// does not pass them on: Authorization and DPoP, the copies that proxies
	// make of them (Proxy-Authorization, X-Forwarded-Access-Token,
	// X-Goog-Iap-Jwt-Assertion and their like), and cookies with the presented
	// token in them. A Forwarder and a guard further in find the token in the
	// context.
	KeepCredentials bool

	// Hide names further header fields to remove, in any case, such as
	// "X-Api-Key". It must be empty if KeepCredentials is set.
	Hide []string

	// ResponsesOutliveToken lets a response go on after its token has expired.
	// Otherwise the context of the request ends then; see Require.
	ResponsesOutliveToken bool

	// Body makes the body of refusals, such as ProblemJSON. Nil leaves them empty.
	Body Body

	// Rehearsal makes a guard that REFUSES NO CALL and tells Trace which it would
	// have refused, by scope.Decision.Rehearsed. It is for a service that runs behind
	// another guard, until its log shows that callers would notice nothing. It
	// implies KeepCredentials and ResponsesOutliveToken, and Hide does nothing, so
	// that what is there now works as before. It needs Trace.Allowed.
	Rehearsal bool

	// Trace observes decisions. Nil observes nothing. New copies it.
	Trace *scope.Trace
}

// Validate checks the settings without using them, for those that come from a
// file. A nil Config is valid. An error matches token.ErrConfig.
func (c *Config) Validate() error {
	if err := c.orZero().Resource.Validate(); err != nil {
		return fmt.Errorf("middleware: %w", err)
	}
	if set := c.orZero(); set.MetadataElsewhere && !set.Resource.PublishesMetadata {
		return fmt.Errorf("middleware: %w: MetadataElsewhere is set, but not Resource.PublishesMetadata", token.ErrConfig)
	}
	if set := c.orZero(); set.Rehearsal && (set.Trace == nil || set.Trace.Allowed == nil) {
		return fmt.Errorf("middleware: %w: Rehearsal tells its findings to Trace.Allowed, which is nil", token.ErrConfig)
	}
	return c.hiding()
}

// hiding checks the settings about fields to hide.
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

// effective is c with what a rehearsal implies.
func (c *Config) effective() Config {
	set := c.orZero()
	if set.Rehearsal {
		set.KeepCredentials, set.ResponsesOutliveToken, set.Hide = true, true, nil
	}
	return set
}
