package tokentest

import (
	"cmp"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest/internal/mint"
)

// Options are the settings of an Issuer. The zero value of each field, and a
// nil *Options, are ready for use.
type Options struct {
	// Identifier is the issuer identifier, which tokens carry as iss. It may
	// have a path. Empty means "https://issuer.test". With Loopback only its
	// path is used.
	Identifier string
	// Audience is the aud of tokens. Empty means "https://api.example.com".
	Audience []string
	// Algorithms are the issuer's signature algorithms; it publishes a key for
	// each from the start, and signs tokens with the first by default. Empty
	// means ES256. Keys for other algorithms are added when a token is signed
	// with one; a service that has fetched the key set learns of those later.
	Algorithms []string
	// Lifetime is how long tokens are good for. Zero means five minutes.
	Lifetime time.Duration
	// Time is the issuer's clock. Nil means time.Now, which is the fake clock
	// in a bubble of testing/synctest.
	Time func() time.Time
	// Discovery says under which well-known names the issuer publishes its
	// metadata. Zero means under all of them.
	Discovery Discovery
	// CacheControl is the Cache-Control field of the metadata and the key
	// set. Empty means "max-age=300"; see also Issuer.SetHeader.
	CacheControl string
	// Introspectors are the clients that may ask the issuer about tokens (RFC 7662
	// §2.1): the services under test. Empty means one, which Issuer.Introspectors
	// returns, with a secret that is good only if it is encoded as RFC 6749 §2.3.1
	// has it.
	Introspectors []Introspector
	// Loopback makes the issuer serve on a loopback address until the test
	// ends, for services that are other processes. Its identifier is then an
	// http URL with a port chosen by the system.
	Loopback bool
}

// Issuer is an authorization server for tests. Its methods may be called
// concurrently, also while a service under test talks to it.
type Issuer struct {
	tb         testing.TB
	options    Options
	identifier string
	client     *http.Client
	attacker   *mint.Attacker

	mu        sync.Mutex
	published []publishedKey
	signing   map[string]SigningKey // by algorithm
	minted    int                   // keys made so far, for their ids
	metadata  map[string]any        // members of the metadata that were set
	headers   http.Header           // header fields that were set
	requests  map[string]int        // by URL
	fault     fault
	opaque    map[string]record                                // by token
	revoked   map[string]bool                                  // by token
	may       []Introspector                                   // who may ask about tokens
	used      map[string]bool                                  // jti of client assertions
	answering func(IntrospectionRequest, *IntrospectionAnswer) // nil: no change
	stopped   chan struct{}                                    // closed when a loopback server ends; nil in memory
}

// NewIssuer makes an authorization server for the time of a test. opts may be
// nil.
//
// In memory, which is the default, it is reached through Client alone. It
// starts no goroutine and opens no socket, so that it works in a bubble of
// testing/synctest; make it inside the bubble then.
func NewIssuer(tb testing.TB, opts *Options) *Issuer {
	tb.Helper()
	i := &Issuer{
		tb:       tb,
		options:  opts.withDefaults(),
		signing:  map[string]SigningKey{},
		metadata: map[string]any{},
		headers:  http.Header{},
		requests: map[string]int{},
		opaque:   map[string]record{},
		revoked:  map[string]bool{},
		used:     map[string]bool{},
	}
	i.may = i.options.Introspectors
	i.listen()
	for _, algorithm := range i.options.Algorithms {
		i.keyFor(algorithm)
	}
	return i
}

// NewLoopbackIssuer is NewIssuer with Options.Loopback set.
func NewLoopbackIssuer(tb testing.TB, opts *Options) *Issuer {
	tb.Helper()
	var o Options
	if opts != nil {
		o = *opts
	}
	o.Loopback = true
	return NewIssuer(tb, &o)
}

// Identifier is the issuer identifier, which tokens carry as iss.
func (i *Issuer) Identifier() string { return i.identifier }

// Client reaches the issuer. It is for the service under test, as
// token.Config.HTTPClient. In memory it reaches nothing else, and nothing else
// reaches the issuer.
func (i *Issuer) Client() *http.Client { return i.client }

// Config is what token.NewVerifier needs to accept this issuer's tokens. With
// no audience given, it is the one that the issuer's tokens have. The issuer
// marks clients that act for themselves by a sub that equals client_id, as
// ClientCredentials does, so that any other sub is a user's: the Profile says
// so.
func (i *Issuer) Config(audience ...string) token.Config {
	if len(audience) == 0 {
		audience = i.options.Audience
	}
	return token.Config{
		Issuer:     i.identifier,
		Audience:   slices.Clone(audience),
		Profile:    token.Profile{Users: []token.Mark{{Claim: "sub", ClientID: true, Not: true}}},
		HTTPClient: i.client,
		Time:       i.options.Time,
	}
}

// Now is the time by the issuer's clock.
func (i *Issuer) Now() time.Time {
	if i.options.Time == nil {
		return time.Now()
	}
	return i.options.Time()
}

// Options are the settings of the issuer, with the defaults filled in but for
// Time.
func (i *Issuer) Options() Options { return i.options.clone() }

func (o *Options) withDefaults() Options {
	var d Options
	if o != nil {
		d = o.clone()
	}
	d.Identifier = cmp.Or(d.Identifier, "https://issuer.test")
	d.Lifetime = cmp.Or(d.Lifetime, 5*time.Minute)
	d.CacheControl = cmp.Or(d.CacheControl, "max-age=300")
	if len(d.Audience) == 0 {
		d.Audience = []string{"https://api.example.com"}
	}
	if len(d.Algorithms) == 0 {
		d.Algorithms = []string{"ES256"}
	}
	if len(d.Introspectors) == 0 {
		d.Introspectors = []Introspector{{ID: "resource server", Secret: "a secret: 100% +"}}
	}
	return d
}

func (o Options) clone() Options {
	o.Audience, o.Algorithms = slices.Clone(o.Audience), slices.Clone(o.Algorithms)
	o.Introspectors = slices.Clone(o.Introspectors)
	return o
}
