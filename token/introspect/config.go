package introspect

import (
	"crypto/x509"
	"fmt"
	"net/http"
	"time"

	"github.com/postern-go/postern/internal/fetch"
	"github.com/postern-go/postern/jwks"
	"github.com/postern-go/postern/token"
)

// Config says whose tokens an Authenticator accepts, and how it asks about them.
// Issuer, Audience and Credentials are required; the zero value of every other field
// is the strict choice. New copies it, slices and maps included.
type Config struct {
	// Issuer is the authorization server's identifier. The iss of an answer must
	// equal it byte for byte. An answer without iss counts as one of Issuer, unless
	// Profile.Required lists "iss": the endpoint is asked for its own tokens.
	Issuer string
	// Audience lists the identifiers of this resource server. The aud of an answer
	// must contain one of them exactly.
	Audience []string
	// AllowMissingAudience accepts answers without aud, from issuers that leave it
	// out. Then every token of the issuer is good here, those for other services
	// included: a mark in Profile.Rules should tell them apart. An aud that is there is
	// checked all the same.
	AllowMissingAudience bool
	// AllowMissingExpiry accepts answers without exp. Such a token counts as
	// expiring GoodFor after the answer, so that a long call ends by then.
	AllowMissingExpiry bool
	// TokenTypes lists the values of token_type in answers that are accepted,
	// compared without case. An answer may leave it out. Nil means Bearer, DPoP, N_A,
	// access_token and urn:ietf:params:oauth:token-type:access_token, so that a
	// refresh token is refused where the issuer says what it is.
	TokenTypes []string
	// Profile fits the claims of the issuer's answers, as it does for JWTs. Types and
	// AllowMissingType do nothing, since an answer has no header. Required as nil
	// means sub and the client id.
	Profile token.Profile
	// ScopeImplies says which scopes imply others; see token.Config.
	ScopeImplies map[string][]string
	// Leeway is how far the clocks of issuer and service may differ when exp, nbf
	// and iat are judged. Zero means 30 seconds, negative means none. More than a
	// minute needs ExtendedLeeway.
	Leeway time.Duration
	// ExtendedLeeway permits a Leeway of up to five minutes.
	ExtendedLeeway bool
	// MaxLifetime is the longest that exp may be after iat; see token.Config. Zero
	// means no limit.
	MaxLifetime time.Duration
	// MaxTokenSize is the length in bytes from which a token is refused without
	// asking about it. Zero means 16384; the range is 1024 to 32768.
	MaxTokenSize int
	// Confirmations lists the confirmation methods that are checked (RFC 7800); see
	// token.Config. A token with any other cnf is refused.
	Confirmations []token.ConfirmationChecker
	// RequireBound refuses tokens that are not bound. It needs Confirmations.
	RequireBound bool

	// Endpoint is the URL of the introspection endpoint: https, or http to a
	// loopback host or one of PlainHTTPHosts. Empty means that it is discovered from
	// the metadata of Issuer (RFC 8414).
	Endpoint string
	// DiscoverAt is where the metadata is looked for instead of at Issuer; see
	// jwks.RemoteConfig. It must be empty beside Endpoint.
	DiscoverAt string
	// SameHost refuses metadata that names an endpoint on another host than its own.
	SameHost bool
	// Credentials are those of this service at the endpoint. See Basic, BasicRaw, Post,
	// PrivateKeyJWT, MTLS, BearerFile and BearerSource.
	Credentials Credentials

	// HTTPClient makes the requests; see jwks.RemoteConfig. Its transport is
	// responsible for the addresses it connects to. Nil means a client of its own,
	// with limits and timeouts, that keeps connections for half a minute.
	HTTPClient *http.Client
	// RootCAs are the certificate authorities to trust. Nil means those of the
	// system. It has no effect on a transport of HTTPClient.
	RootCAs *x509.CertPool
	// Proxy is the URL of a proxy for all requests, or "". It sees no tokens, since
	// the endpoint has https.
	Proxy string
	// AllowHosts names hosts that may resolve to addresses otherwise refused; see
	// jwks.RemoteConfig.
	AllowHosts []string
	// PlainHTTPHosts names hosts that may be asked over http. Tokens and credentials
	// are then readable on the network between.
	PlainHTTPHosts []string
	// FetchTimeout bounds one request, inside of the deadline of the call. Zero means 3
	// seconds; the range is 100 milliseconds to 30 seconds.
	FetchTimeout time.Duration

	// GoodFor is for how long an answer is remembered for a token that it finds
	// good, and so how long a revoked token may still be accepted. It ends with exp.
	// Zero means 30 seconds, negative means not at all; the most is 5 minutes.
	GoodFor time.Duration
	// BadFor is the same for tokens that are refused. Zero means 10 seconds,
	// negative means not at all; the most is a minute.
	BadFor time.Duration
	// CacheSize is about how many bytes the answers about good tokens may take.
	// Zero means 4 MiB; the range is 64 KiB to 1 GiB.
	CacheSize int
	// BadCacheSize is the same for refused tokens, which have a room of their own.
	// Zero means 1 MiB.
	BadCacheSize int
	// StaleFor accepts a token for that much longer than GoodFor while the issuer is
	// unavailable, if its last answer was good and its exp has not passed. A token that
	// is revoked meanwhile is accepted for as long. It does nothing where a rule
	// demands a fresh answer. Zero means not at all; the most is 15 minutes.
	StaleFor time.Duration

	// MaxInFlight is how many requests may be under way at once. More calls are
	// answered 503 at once. Tokens that are not known to have been good get half of it.
	// Zero means 100; the most is 10000.
	MaxInFlight int
	// UnknownPerSecond is how many requests a second may be spent on tokens that turn
	// out to be refused, with twice as many at once. Beyond that, calls with tokens
	// that are not known to have been good are answered 503. Zero means 50; the most
	// is 10000.
	UnknownPerSecond int

	// RequireJWT wants signed answers (RFC 9701). Plain JSON is then refused.
	RequireJWT bool
	// ClientID is the client id of this service, which signed answers must have in
	// aud. Empty means that of Credentials.
	ClientID string
	// JWTAlgorithms lists the accepted algorithms of signed answers. Nil means RS256,
	// the default of RFC 9701.
	JWTAlgorithms []string
	// JWTKeys supplies the issuer's keys for signed answers. Nil means that they are
	// discovered from Issuer.
	JWTKeys jwks.Source

	// Trace has the hooks that watch the Authenticator. Nil means none.
	Trace *Trace
	// Time tells the time. Nil means time.Now.
	Time func() time.Time
}

// Format implements fmt.Formatter. It leaves the user and the password of Proxy out, with
// every verb. Credentials show no secret.
func (c Config) Format(s fmt.State, verb rune) {
	type shown Config
	c.Proxy = fetch.ShownProxy(c.Proxy)
	_, _ = fmt.Fprintf(s, fmt.FormatString(s, verb), shown(c))
}
