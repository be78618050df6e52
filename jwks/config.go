package jwks

import (
	"cmp"
	"crypto/x509"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"

	"github.com/postern-go/postern/internal/contain"
	"github.com/postern-go/postern/internal/fetch"
)

// RemoteConfig says where an issuer's keys are and how long to trust them.
// Issuer or URLs is needed; everything else may be left zero. It is copied by
// NewRemote.
type RemoteConfig struct {
	// Issuer is the issuer identifier: an https URL without query and fragment,
	// or http on a loopback host or one of PlainHTTPHosts. Its metadata document
	// (RFC 8414 §3, OpenID Connect Discovery §4) tells where the keys are, and
	// must name exactly this issuer. If URLs are given, no document is fetched,
	// and Issuer is a label of Status and Snapshot only, of any form. Beside
	// DiscoverAt it may have any form too.
	Issuer string
	// DiscoverAt is a URL of the form of an issuer. The metadata document is
	// looked for there instead of at Issuer: for an issuer whose iss is no https
	// URL, or leads elsewhere from inside its network. The document must name
	// exactly Issuer, or exactly DiscoverAt. The server there decides which keys
	// sign for Issuer. Setting URLs too is an error, since they need no
	// discovery. Empty: at Issuer.
	DiscoverAt string
	// URLs are where the key set is: several places of one and the same set,
	// each tried in order when those before it fail. Nil: discovered from Issuer.
	URLs []string

	// HTTPClient fetches. It is copied, so that its redirects and cookies can
	// be switched off; every fetch also has the limits of this package. Its
	// transport must end a request when the context of that request ends, and
	// is itself responsible for the addresses it connects to. Nil, or a client
	// without a transport: one that needs TLS 1.2, uses no proxy but Proxy, not
	// even one that the environment names, keeps no idle connection and refuses
	// addresses that no key server has: those of the machine itself, unless
	// URLs, DiscoverAt or else Issuer name a loopback host, of cloud metadata,
	// and all that the special-purpose registries of IANA keep from the
	// Internet, apart from private networks.
	HTTPClient *http.Client
	// Proxy is the http or https URL of a proxy for all requests, such as
	// "http://proxy.example:3128". It may have a user and a password, which are
	// sent to the proxy and never shown. It has no effect on a transport of
	// HTTPClient, so setting both is an error. RootCAs are for an https proxy
	// too. Variables of the environment are not read. Empty: none.
	//
	// The proxy itself may have any address that a key server may have, or a
	// loopback host in its URL. It resolves the names of servers itself, so the
	// address guard sees less. Before the proxy is asked, the guard refuses
	// addresses as above, loopback hosts, hosts that are numbers, and names that
	// resolve to such an address here as well. It cannot judge a name that does
	// not resolve here within a second: the proxy should itself refuse what
	// services must not reach. AllowHosts exempts hosts, the proxy included.
	// URLs, DiscoverAt and Issuer must not lead to a loopback host.
	Proxy string
	// RootCAs are the certificate authorities to trust, such as a private one.
	// They replace those of the system and keep the address guard. They have no
	// effect on a transport of HTTPClient, so setting both is an error. The pool
	// is copied. Nil: those of the system.
	RootCAs *x509.CertPool
	// AllowHosts names the hosts, without port, that may resolve to addresses
	// otherwise refused. Case and a final dot do not matter. It has no effect on a
	// transport of HTTPClient, so setting both is an error. Nil: none.
	AllowHosts []string
	// PlainHTTPHosts names the hosts, without port, from which metadata and keys
	// may be fetched over http: services of one cluster or of one docker compose
	// file. Anyone on the network between can replace the keys, and then sign
	// tokens. URLs, DiscoverAt, Issuer and the jwks_uri of the metadata may lead
	// to them; addresses are guarded as before. Case and a final dot do not
	// matter; subdomains of a listed name are not listed. Nil: none, so that
	// http is for loopback hosts only.
	PlainHTTPHosts []string
	// TokenFile is the path of a file with a bearer token (RFC 6750 §2.1) for
	// servers that give keys to known clients only, as Kubernetes does. The file
	// is read before each request, since the token may be replaced at any time.
	// The token is sent to the origins (scheme, host and port) of URLs, or of
	// DiscoverAt, or else of Issuer, and to no other origin that the metadata
	// names. It goes over http only if such an origin has http, which
	// PlainHTTPHosts or a loopback host allows; Proxy can read it then. A
	// transport of HTTPClient gets it in the Authorization field. White space
	// around the token is ignored. A file that is missing, empty, longer than
	// 16 KiB or holds anything else fails the fetch with ErrTokenFile, while
	// keys that are held go on serving. Empty: none.
	TokenFile string
	// SameHost refuses metadata that names a key set on another host than that
	// of DiscoverAt, or else of Issuer. Several large issuers publish such metadata, so the zero value
	// allows it.
	SameHost bool

	// DefaultLifetime is the lifetime of a set if the issuer gives none,
	// between one minute and 24 hours. Zero: 15 minutes, or the nearest value
	// within MinLifetime and MaxLifetime.
	DefaultLifetime time.Duration
	// MinLifetime and MaxLifetime bound the lifetime that the issuer gives
	// (RFC 9111 §4.2), even with no-store: a set is not a stored response but
	// the state of this process. MaxLifetime is also the longest that a
	// withdrawn key lives while its issuer can be reached. Between one minute
	// and 24 hours. Zero: one minute and 24 hours.
	MinLifetime, MaxLifetime time.Duration
	// StaleFor is how long after the last successful fetch the keys serve while
	// the issuer cannot be reached or answers nonsense, up to 72 hours; never
	// less than the lifetime of the set. Zero: 24 hours. Negative: not at all.
	StaleFor time.Duration
	// RefetchInterval is the least time between two fetches that callers cause
	// with random kids, between 5 seconds and 10 minutes. Kids that are sent
	// twice cause one more in two intervals. It is also how long garbage can
	// delay the acceptance of a key that its issuer uses without having announced
	// it; twice that if its kid was asked for before. Random garbage costs such a
	// key one call. Zero: 30 seconds.
	RefetchInterval time.Duration
	// FetchTimeout bounds one HTTP exchange, body included, between 100
	// milliseconds and one minute. Zero: 5 seconds. A fetch of metadata and keys
	// takes at most twice, and one from several URLs as many times as there are.
	FetchTimeout time.Duration

	// Snapshot is what Remote.Snapshot returned earlier, here or in another
	// replica: its keys serve at once if they are fresh, and after a failed
	// fetch if they are not older than StaleFor. Anyone who can write it can
	// sign tokens. A snapshot that is damaged, too old, from the future or of
	// another issuer is reported to Trace.Snapshot and otherwise ignored. Nil:
	// none.
	Snapshot []byte
	// Trace has the hooks that watch this Remote. It is copied. Nil: none.
	Trace *Trace
	// Time is the clock. It may be called concurrently. A panic in it fails the
	// fetch, or surfaces in the call in which it happens. Nil: time.Now.
	Time func() time.Time
	// Jitter returns numbers in [0, 1) that spread refreshes and retries, so
	// that replicas started together drift apart. It may be called
	// concurrently. A func that panics or returns NaN is ignored. Nil:
	// math/rand/v2.Float64.
	Jitter func() float64
}

// Format implements fmt.Formatter. It leaves the user and the password of Proxy
// out, with every verb.
func (c RemoteConfig) Format(s fmt.State, verb rune) {
	type shown RemoteConfig
	c.Proxy = fetch.ShownProxy(c.Proxy)
	_, _ = fmt.Fprintf(s, fmt.FormatString(s, verb), shown(c))
}

const (
	leastLifetime   = time.Minute
	longestLifetime = 24 * time.Hour
	longestStale    = 72 * time.Hour
)

func (c *RemoteConfig) minLifetime() time.Duration { return cmp.Or(c.MinLifetime, leastLifetime) }
func (c *RemoteConfig) maxLifetime() time.Duration { return cmp.Or(c.MaxLifetime, longestLifetime) }
func (c *RemoteConfig) staleFor() time.Duration    { return cmp.Or(c.StaleFor, 24*time.Hour) }

func (c *RemoteConfig) refetchInterval() time.Duration {
	return cmp.Or(c.RefetchInterval, 30*time.Second)
}

func (c *RemoteConfig) fetchTimeout() time.Duration {
	return cmp.Or(c.FetchTimeout, 5*time.Second)
}

// roundTimeout bounds the duration of one flight.
func (c *RemoteConfig) roundTimeout() time.Duration {
	return c.fetchTimeout() * time.Duration(max(2, len(c.URLs)))
}

func (c *RemoteConfig) defaultLifetime() time.Duration {
	return c.clamp(cmp.Or(c.DefaultLifetime, 15*time.Minute))
}

func (c *RemoteConfig) clamp(lifetime time.Duration) time.Duration {
	return min(max(lifetime, c.minLifetime()), c.maxLifetime())
}

func (c *RemoteConfig) time() func() time.Time {
	if c.Time == nil {
		return time.Now
	}
	return c.Time
}

// jitter is set by NewRemote to a function that survives a panic: a flight that
// could not compute its times could not be completed.
func (c *RemoteConfig) jitter() float64 { return c.Jitter() }

func containedJitter(given func() float64, p *contain.Panics) func() float64 {
	if given == nil {
		return rand.Float64
	}
	return func() float64 {
		j := math.NaN()
		p.Contain(func() { j = given() })
		if math.IsNaN(j) {
			return rand.Float64()
		}
		return min(max(j, 0), 1)
	}
}

// settings is the name of the struct in errors.
const settings = "RemoteConfig"

// fetching are the settings of the client that fetches. Places that the operator
// has named may be on this machine; those that the metadata names may not. Beside
// URLs or DiscoverAt, Issuer names no place.
func (c *RemoteConfig) fetching() *fetch.Config {
	named := c.URLs
	if len(named) == 0 {
		named = []string{cmp.Or(c.DiscoverAt, c.Issuer)}
	}
	return &fetch.Config{
		HTTPClient: c.HTTPClient, RootCAs: c.RootCAs, AllowHosts: c.AllowHosts, PlainHTTPHosts: c.PlainHTTPHosts,
		Proxy: c.Proxy, TokenFile: c.TokenFile, FetchTimeout: c.fetchTimeout(),
		Named: named, Settings: settings, Now: c.time(),
	}
}

func (c *RemoteConfig) clone() RemoteConfig {
	copied := *c
	copied.URLs = slices.Clone(c.URLs)
	copied.AllowHosts = slices.Clone(c.AllowHosts)
	copied.PlainHTTPHosts = slices.Clone(c.PlainHTTPHosts)
	if c.RootCAs != nil {
		copied.RootCAs = c.RootCAs.Clone()
	}
	return copied
}
