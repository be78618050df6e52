package token

import (
	"crypto/x509"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/postern-go/postern/internal/jws"
	"github.com/postern-go/postern/internal/nilcheck"
	"github.com/postern-go/postern/jwks"
)

// Config is what a Verifier accepts. Issuer and Audience are required; the
// zero value of every other field is the strict choice. NewVerifier copies it,
// slices and maps included.
type Config struct {
	// Issuer is the authorization server's identifier. It equals the iss
	// claim byte for byte: neither case nor a final slash is forgiven
	// (RFC 9068 §4, RFC 7519 §4.1.1). A template such as
	// "https://login.example.com/{tenant}" is refused: see ByIssuer and Template
	// for services with several issuers.
	Issuer string
	// Audience lists the identifiers of this resource server. The aud claim
	// must contain one of them exactly (RFC 9068 §4).
	Audience []string
	// Keys supplies the issuer's keys. Nil means that they are discovered from
	// Issuer on first use (RFC 8414). Issuer must then be an https URL, or http
	// to a loopback address. A jwks.Remote that discovers keys must do so for
	// Issuer. One final slash may differ, since it does between the metadata
	// and the iss of some issuers. The keys of a jwks.Static must pass
	// jwks.CheckKey.
	Keys jwks.Source
	// Algorithms lists the accepted signature algorithms (RFC 8725 §3.1). Nil
	// means RS256, PS256, ES256, EdDSA and Ed25519; also known are RS384,
	// RS512, PS384, PS512, ES384 and ES512. EdDSA means Ed25519 only. HMAC and
	// none are never accepted. The issuer's metadata does not matter here.
	//
	// The order matters for keys without alg: such a key verifies the first of
	// these algorithms that fits it, and no other, since one key is for one
	// algorithm. EdDSA and Ed25519 count as one.
	Algorithms []string
	// Profile fits issuers that do not issue tokens as defined by RFC 9068. The zero
	// value is RFC 9068 as written.
	Profile Profile
	// ScopeImplies says which scopes imply others, as in
	//
	//	{"photos:write": {"photos:read"}}
	//
	// A token with the scope of a key passes wherever one in its list is asked
	// for, and wherever one is that those imply in turn. It belongs to this service
	// and not to the issuer, which grants the larger scope and need not know of the
	// smaller. Token.HasScope and policies honour it; Token.Scopes lists what was
	// granted. Nothing else makes one scope stand for another: neither a common
	// beginning nor a star. Scopes that imply each other are refused, and so are
	// more than 4096 pairs of a scope and one that it implies. Nil means that each
	// scope stands for itself.
	ScopeImplies map[string][]string
	// Leeway is how far the clocks of issuer and service may differ when exp,
	// nbf and iat are judged. Zero means 30 seconds, negative means none. More
	// than a minute needs ExtendedLeeway.
	Leeway time.Duration
	// ExtendedLeeway permits a Leeway of up to five minutes. A revoked or
	// expired token is accepted for that much longer.
	ExtendedLeeway bool
	// MaxLifetime is the longest that exp may be after iat; a token that lives
	// longer is refused. With a limit, every token must have an iat. Zero means
	// no limit.
	MaxLifetime time.Duration
	// MaxTokenSize is the length in bytes from which a token is refused unread.
	// Zero means 16384; the range is 1024 to 65536.
	MaxTokenSize int
	// RequireKeyID refuses tokens without a kid header. Without it such a token
	// is tried with the keys that fit, up to the cost of eight RSA keys of 2048
	// bits: that is two keys of 4096 bits, or one of 8192.
	RequireKeyID bool
	// CacheSize is about how many bytes of memory the Verifier may use to
	// remember tokens with a good signature, so that it need not verify the
	// same signature at every call. Everything that can change is checked at
	// every call all the same: that the key is still published, exp, nbf, aud,
	// binding and policy. Zero means 4 MiB, which is some 6000 tokens; negative
	// means that nothing is remembered; the most is 1 GiB. An issuer takes up
	// memory only once its tokens come in.
	CacheSize int
	// Confirmations lists the confirmation methods that are checked (RFC 7800),
	// such as those of packages dpop and mtls. A token that is bound in any other
	// way is refused (RFC 7800 §3.1). A token bound in several ways must pass by
	// all of them.
	Confirmations []ConfirmationChecker
	// RequireBound refuses tokens that are not bound to a key or certificate,
	// which work for any thief (RFC 9700 §2.2.1). It needs Confirmations. For some
	// routes alone, see scope.Bound.
	RequireBound bool
	// HTTPClient fetches metadata and keys when Keys is nil, and must be nil
	// otherwise. Nil means a client of its own with limits and timeouts; see
	// jwks.RemoteConfig.
	HTTPClient *http.Client
	// RootCAs are the certificate authorities to trust when Keys is nil, such as
	// a private one; see jwks.RemoteConfig. Nil means those of the system.
	RootCAs *x509.CertPool
	// Time tells the time. Nil means time.Now.
	Time func() time.Time
}

const (
	defaultLeeway  = 30 * time.Second
	longestLeeway  = time.Minute
	extendedLeeway = 5 * time.Minute

	defaultTokenSize = 16 << 10
	smallestMaxSize  = 1 << 10
	defaultCacheSize = 4 << 20
	largestCacheSize = 1 << 30
	largestMaxSize   = 64 << 10
)

func (c Config) leeway() time.Duration {
	if c.Leeway == 0 {
		return defaultLeeway
	}
	return max(c.Leeway, 0)
}

func (c Config) maxTokenSize() int {
	if c.MaxTokenSize == 0 {
		return defaultTokenSize
	}
	return c.MaxTokenSize
}

func (c Config) cacheSize() int {
	if c.CacheSize == 0 {
		return defaultCacheSize
	}
	return c.CacheSize
}

func (c Config) algorithms() []string {
	if c.Algorithms == nil {
		return []string{"RS256", "PS256", "ES256", "EdDSA", "Ed25519"}
	}
	return c.Algorithms
}

func (c Config) time() func() time.Time {
	if c.Time == nil {
		return time.Now
	}
	return c.Time
}

// source returns the source of the keys.
func (c Config) source() (jwks.Source, error) {
	if static, ok := c.Keys.(jwks.Static); ok {
		return index(static)
	}
	if c.Keys != nil {
		return c.Keys, nil
	}
	return jwks.NewRemote(jwks.RemoteConfig{Issuer: c.Issuer, HTTPClient: c.HTTPClient, RootCAs: c.RootCAs, Time: c.Time})
}

// Validate checks the settings without using them, for those that come from a
// file. NewVerifier calls it. It makes no request and does not block. The error
// matches ErrConfig.
func (c Config) Validate() error {
	_, err := c.checked()
	return err
}

func (c Config) validate() error {
	for _, check := range []func() error{
		c.validateIdentifiers, c.validateKeys, c.validateAlgorithms, c.validateLimits, c.validateConfirmations, c.Profile.validate,
	} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (c Config) validateIdentifiers() error {
	if c.Issuer == "" {
		return fmt.Errorf("%w: Issuer is required", ErrConfig)
	}
	if strings.ContainsAny(c.Issuer, "{}") {
		return fmt.Errorf("%w: Issuer is %q, a template, want the iss of the tokens; for several issuers see ByIssuer and Template", ErrConfig, c.Issuer)
	}
	if len(c.Audience) == 0 || slices.Contains(c.Audience, "") {
		return fmt.Errorf("%w: Audience is required and must not contain an empty string", ErrConfig)
	}
	return nil
}

// validateKeys finds a source that is nil, or that would let another issuer
// sign for this one.
func (c Config) validateKeys() error {
	if c.Keys == nil {
		return nil
	}
	switch {
	case c.HTTPClient != nil:
		return fmt.Errorf("%w: HTTPClient is for discovery, which Keys replaces; set jwks.RemoteConfig.HTTPClient instead", ErrConfig)
	case c.RootCAs != nil:
		return fmt.Errorf("%w: RootCAs is for discovery, which Keys replaces; set jwks.RemoteConfig.RootCAs instead", ErrConfig)
	case nilcheck.Is(c.Keys):
		return fmt.Errorf("%w: Keys is a nil %T", ErrConfig, c.Keys)
	}
	source, ok := c.Keys.(interface{ Discovers() string })
	if !ok {
		return nil
	}
	other := source.Discovers()
	if other == "" || strings.TrimSuffix(other, "/") == strings.TrimSuffix(c.Issuer, "/") {
		return nil
	}
	return fmt.Errorf("%w: Keys discovers the keys of %q, want those of Issuer %q; if that one signs for this one, set its URL as jwks.RemoteConfig.DiscoverAt beside this Issuer, or its key set as jwks.RemoteConfig.URLs",
		ErrConfig, other, c.Issuer)
}

func (c Config) validateAlgorithms() error {
	if len(c.algorithms()) == 0 {
		return fmt.Errorf("%w: Algorithms is empty, so no token could pass", ErrConfig)
	}
	for _, name := range c.algorithms() {
		if !jws.Known(name) {
			return fmt.Errorf("%w: algorithm %q is not an asymmetric signature algorithm known here", ErrConfig, name)
		}
	}
	return nil
}

func (c Config) validateLimits() error {
	most := longestLeeway
	if c.ExtendedLeeway {
		most = extendedLeeway
	}
	if c.leeway() > most {
		return fmt.Errorf("%w: Leeway of %v is more than %v", ErrConfig, c.Leeway, most)
	}
	if c.MaxLifetime < 0 {
		return fmt.Errorf("%w: MaxLifetime is negative", ErrConfig)
	}
	if size := c.maxTokenSize(); size < smallestMaxSize || size > largestMaxSize {
		return fmt.Errorf("%w: MaxTokenSize of %d is not from %d to %d", ErrConfig, size, smallestMaxSize, largestMaxSize)
	}
	if c.CacheSize > largestCacheSize {
		return fmt.Errorf("%w: CacheSize of %d is more than %d", ErrConfig, c.CacheSize, largestCacheSize)
	}
	return nil
}

func (c Config) validateConfirmations() error {
	seen := map[string]bool{}
	for _, p := range c.Confirmations {
		if nilcheck.Is(p) {
			return fmt.Errorf("%w: Confirmations contains a nil ConfirmationChecker (%T)", ErrConfig, p)
		}
		method := p.Method()
		switch {
		case method == "":
			return fmt.Errorf("%w: Confirmations contains one without a method", ErrConfig)
		case seen[method]:
			return fmt.Errorf("%w: Confirmations contains %q twice", ErrConfig, method)
		}
		seen[method] = true
		if err := validateScheme(p); err != nil {
			return err
		}
	}
	if c.RequireBound && len(c.Confirmations) == 0 {
		return fmt.Errorf("%w: RequireBound refuses every token without Confirmations", ErrConfig)
	}
	return nil
}

// validateScheme wants a method with a scheme of its own not to pass under Bearer.
func validateScheme(c ConfirmationChecker) error {
	owner, ok := c.(SchemeChecker)
	switch {
	case !ok && c.Method() == "jkt":
		return fmt.Errorf("%w: Confirmations contains a %T of method \"jkt\", want a SchemeChecker, since RFC 9449 has a scheme of its own", ErrConfig, c)
	case !ok:
		return nil
	case strings.EqualFold(owner.Scheme().Name, bearer):
		return fmt.Errorf("%w: Confirmations contains a SchemeChecker (%T) for Bearer, want a scheme of its own", ErrConfig, c)
	default:
		return owner.Scheme().validate()
	}
}
