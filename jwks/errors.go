package jwks

import (
	"errors"

	"github.com/postern-go/postern/internal/fetch"
	"github.com/postern-go/postern/internal/metadata"
)

// Why a fetch failed or was not made. An error that Remote.Keys and
// Remote.Ready return for one of these also matches ErrUnavailable; an error of
// NewRemote also matches ErrConfig.
var (
	// ErrInsecureURL means that a URL is neither https nor http on a loopback
	// host or one of RemoteConfig.PlainHTTPHosts (RFC 7517 §9, RFC 8414 §2), or
	// that metadata names a loopback host although its issuer is elsewhere.
	ErrInsecureURL = fetch.ErrInsecureURL
	// ErrIssuerMismatch means that the metadata document names another issuer
	// than RemoteConfig has in Issuer or DiscoverAt (RFC 8414 §3.3). Nothing of
	// it was used.
	ErrIssuerMismatch = metadata.ErrIssuerMismatch
	// ErrCrossHost means that the metadata names a key set on another host
	// while RemoteConfig.SameHost is set.
	ErrCrossHost = metadata.ErrCrossHost
	// ErrNoKeys means that the issuer names no key set, or that its set holds
	// no key that can be used: see Status.Skipped.
	ErrNoKeys = errors.New("jwks: issuer publishes no usable key")
	// ErrBlockedAddress means that a host name resolved to an address that
	// no key server has: see RemoteConfig.AllowHosts.
	ErrBlockedAddress = fetch.ErrBlockedAddress
	// ErrProxy means that RemoteConfig.Proxy could not be reached, or refused to
	// connect to a server.
	ErrProxy = fetch.ErrProxy
	// ErrTokenFile means that RemoteConfig.TokenFile is missing, or does not hold
	// one token.
	ErrTokenFile = fetch.ErrTokenFile
	// ErrTooLarge means that an answer is longer than any honest one.
	ErrTooLarge = fetch.ErrTooLarge
	// ErrStatus means that a server answered with an unexpected HTTP status.
	// Redirects count: they are not followed.
	ErrStatus = fetch.ErrStatus
	// ErrTimeout means that a server did not answer in full within
	// RemoteConfig.FetchTimeout. It does not match context.DeadlineExceeded,
	// which is for a deadline of the caller.
	ErrTimeout = fetch.ErrTimeout
	// ErrEncoding means that an answer came compressed, which was not asked for.
	ErrEncoding = fetch.ErrEncoding
	// ErrSet means that a text is not a JWK Set (RFC 7517 §5).
	ErrSet = errors.New("jwks: not a JWK Set")
	// ErrMetadata means that a text is not a metadata document (RFC 8414 §3.2):
	// no JSON object, one that repeats a member, or one that names no issuer.
	ErrMetadata = metadata.ErrMetadata
	// ErrSnapshot means that a snapshot was not taken over: see Trace.Snapshot.
	ErrSnapshot = errors.New("jwks: snapshot refused")
	// ErrPanic means that a fetch panicked, in the HTTP client or the clock that
	// the process configured, or that a hook did: see Status.LastPanic. The panic
	// was contained.
	ErrPanic = errors.New("jwks: fetch panicked")
)

// Why one key of a set is not used while the others are: the closed set of
// values of Skipped.Reason.
var (
	// ErrKeyMalformed means that a member is missing, repeated, of the wrong
	// type or not in the one base64url spelling, or that a point is not on its
	// curve.
	ErrKeyMalformed = errors.New("jwks: malformed key")
	// ErrKeyPrivate means that the issuer publishes a private key. It is an
	// alarm: everyone who can read the set can sign tokens.
	ErrKeyPrivate = errors.New("jwks: private key published")
	// ErrKeySymmetric means kty "oct". A secret that everyone can fetch
	// verifies nothing.
	ErrKeySymmetric = errors.New("jwks: symmetric key published")
	// ErrKeyUse means that use or key_ops (RFC 7517 §4.2, §4.3) do not allow
	// verifying, or contradict each other.
	ErrKeyUse = errors.New("jwks: key is not for verifying")
	// ErrKeyAlgorithm means that alg (RFC 7517 §4.4) is not a signature
	// algorithm of this module, or not one for this type of key.
	ErrKeyAlgorithm = errors.New("jwks: key is for another algorithm")
	// ErrKeyWeak means an RSA modulus under 2048 bits or over 8192, a bad
	// exponent, a modulus with a known weakness, or an Ed25519 point under
	// which anyone can sign.
	ErrKeyWeak = errors.New("jwks: weak key")
	// ErrKeyUnsupported means a key type or curve that this module does not
	// verify with.
	ErrKeyUnsupported = errors.New("jwks: unsupported key type or curve")
	// ErrKeyLimit means that the set has more keys than are used.
	ErrKeyLimit = errors.New("jwks: too many keys in the set")
)
