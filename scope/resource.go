package scope

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/internal/weburl"
	"github.com/postern-go/postern/token"
)

// Resource describes a resource server to its callers. Give the same value to
// the guards of both transports. The zero Resource is good for most services.
type Resource struct {
	// Identifier is the resource identifier (RFC 9728 §1.2), an absolute URI
	// without a fragment such as "https://orders.example.com". Its host is the
	// domain of google.rpc.ErrorInfo in refusals over gRPC. Empty, or a URI
	// without a host, leaves the realm for that.
	Identifier string

	// Realm names the protected space in challenges (RFC 9110 §11.5). It must
	// be printable ASCII. Empty means "api".
	Realm string

	// BaseURLs are the addresses under which callers reach the service, such as
	// "https://api.example.com" or "https://example.com/api". Set them if a
	// call does not show its address itself, as behind a proxy that terminates
	// TLS. A proof of possession is checked against them (RFC 9449 §4.3). A single
	// one counts for every call. Of several, the first with the host that the call
	// names counts, so that a proxy in front must pass the host on; a call for any
	// other host is refused if it needs a proof. gRPC has no use for their paths.
	// Empty takes scheme and host of the connection, and the host is then what the
	// caller says. Forwarded and X-Forwarded-* fields are never read: any caller
	// can send them.
	BaseURLs []string

	// Documentation is the http or https URL of a page for developers of clients that
	// explains refusals, the error_uri of challenges (RFC 6750 §3). Empty leaves
	// it out.
	Documentation string

	// PublishesMetadata says that this service publishes a protected resource
	// metadata document, which tells clients where to get a token: every challenge
	// names the URL that MetadataURL derives from Identifier (RFC 9728 §5.1).
	// Mux.HandleMetadata and Middleware.Describe of package middleware serve the
	// document. Identifier must then be as MetadataURL demands, and one of the
	// audiences of every issuer.
	PublishesMetadata bool

	// Metadata is the http or https URL of a metadata document that something else serves, for
	// challenges. It must be empty if PublishesMetadata is set. Empty leaves it
	// out of challenges.
	Metadata string

	// ChallengeScopes names the scopes of a route or method in its 401 challenges
	// too, so that a client can ask for the right token at once. They are those of
	// Policy.NeededScopes. It tells strangers the rule. Over HTTP and gRPC it also
	// tells them which routes and methods exist, since the challenge for an unknown
	// one names no scope. False names scopes only to callers with a good token.
	ChallengeScopes bool

	// RepeatGranted names the scopes that a token has besides those that it needs
	// when a call is refused for lack of scopes, or for lack of scopes and of a
	// better or more recent authentication. It is for clients that ask for the
	// scopes of the challenge and for no others, and so would lose what they have
	// (MCP 2025-11-25). Granted scopes take at most 1024 bytes of a challenge;
	// those that do not fit are left out.
	RepeatGranted bool
}

// Validate checks that every setting fits its place in a response. The error
// matches token.ErrConfig. It does not block. The constructors of both guards
// call it.
func (r Resource) Validate() error {
	if !printable.Is(r.Realm) {
		return badResource("Realm", r.Realm, "printable ASCII")
	}
	if r.Identifier != "" && !isIdentifier(r.Identifier) {
		return badResource("Identifier", r.Identifier, "an absolute URI without a fragment")
	}
	for _, base := range r.BaseURLs {
		if _, ok := weburl.Base(base); !ok {
			return badResource("BaseURLs", base, "http or https URLs of host and path alone")
		}
	}
	if r.Documentation != "" && !isPage(r.Documentation) {
		return badResource("Documentation", r.Documentation, wantPage)
	}
	if r.Metadata != "" && !isPage(r.Metadata) {
		return badResource("Metadata", r.Metadata, wantPage)
	}
	return r.validatePublishing()
}

func (r Resource) validatePublishing() error {
	if !r.PublishesMetadata {
		return nil
	}
	if r.Metadata != "" {
		return badResource("Metadata", r.Metadata, "none beside PublishesMetadata, which derives the URL from Identifier")
	}
	if _, ok := metadataURL(r.Identifier); !ok {
		return badResource("Identifier", r.Identifier, wantPublished+", since PublishesMetadata is set")
	}
	return nil
}

// MetadataURL is the URL of the metadata document that challenges name, or "".
// r must be valid.
func (r Resource) MetadataURL() string {
	if !r.PublishesMetadata {
		return r.Metadata
	}
	u, _ := metadataURL(r.Identifier)
	return u
}

func badResource(field, value, want string) error {
	return fmt.Errorf("%w: Resource.%s has %s, want %s", token.ErrConfig, field, printable.Line(fmt.Sprintf("%+q", weburl.WithoutPassword(value))), want)
}

func isIdentifier(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.IsAbs() && !strings.Contains(text, "#") && quotable(text)
}

const wantPage = "an absolute http or https URL without user and password"

func isPage(text string) bool { return weburl.IsPage(text) && quotable(text) }

// quotable reports whether text can stand in a quoted-string as it is.
func quotable(text string) bool { return printable.Is(text) && !strings.ContainsAny(text, ` "\`) }
