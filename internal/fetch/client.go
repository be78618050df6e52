package fetch

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/postern-go/postern/internal/hostname"
)

// Config says how a Client fetches, and which servers it may ask. Its fields up
// to FetchTimeout are settings of the package that fetches, under the same names
// there.
type Config struct {
	// HTTPClient fetches. It is copied, and its redirects and cookies are switched
	// off. Nil, or a client without a transport: one of this package.
	HTTPClient *http.Client
	// RootCAs and AllowHosts are for a transport of this package: the authorities
	// to trust (nil: those of the system), and the hosts that may resolve to
	// addresses otherwise refused.
	RootCAs    *x509.CertPool
	AllowHosts []string
	// PlainHTTPHosts are the hosts from which may be fetched over http.
	PlainHTTPHosts []string
	// Proxy is the URL of a proxy for a transport of this package, or "".
	Proxy string
	// TokenFile is a file with a bearer token for each GET from an origin in Named,
	// or "".
	TokenFile string
	// Certificate returns the certificate of this client for each connection of a
	// transport of this package that asks for one. Nil shows none.
	Certificate func() (*tls.Certificate, error)
	// KeepIdle is for how long a transport of this package keeps a connection that is
	// not in use. Zero keeps none.
	KeepIdle time.Duration
	// FetchTimeout bounds one exchange, body included.
	FetchTimeout time.Duration

	// Named are the URLs that the configuration names. If one of them has a
	// loopback host, requests may go to this machine. Their origins alone get the
	// token of TokenFile. A document cannot permit either.
	Named []string
	// Settings is the name of the struct with the settings in errors:
	// "RemoteConfig" for hints such as "see RemoteConfig.RootCAs".
	Settings string
	// Now is the clock.
	Now func() time.Time
	// Hooks watch the exchanges. Each may be nil.
	Hooks Hooks
}

// Hooks are called in the goroutine of the exchange. They must contain panics of
// code that is not theirs.
type Hooks struct {
	// Start is called before each request, with its URL.
	Start func(url string)
	// Done is called after each exchange.
	Done func(Done)
}

// Done tells how one exchange went.
type Done struct {
	URL      string
	Status   int // 0: no answer
	Bytes    int // of the body, as far as it was read
	Duration time.Duration
	Err      error // nil: the answer came whole and within the limits
}

// Client makes exchanges. It may be used concurrently.
type Client struct {
	config Config
	http   http.Client
	own    bool // the transport is one of this package
}

// New returns a Client. It makes no request. Only the configured origins are
// trusted, so that no redirect is followed.
func New(c Config) *Client {
	client := &Client{config: c, own: c.ownTransport()}
	if c.HTTPClient != nil {
		client.http = *c.HTTPClient
	}
	if client.own { // http.DefaultTransport belongs to others
		client.http.Transport = c.transport(nil)
	}
	client.config.Proxy = ShownProxy(c.Proxy) // the transport has the password, and nothing that is printed
	client.http.Jar = nil
	client.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return client
}

// Now is the time by the clock of the configuration.
func (c *Client) Now() time.Time { return c.config.Now() }

// CheckURL is Config.CheckURL for the settings of the client.
func (c *Client) CheckURL(raw string) (*url.URL, error) { return c.config.CheckURL(raw) }

// setting is the name of a setting in an error.
func (c *Client) setting(field string) string { return c.config.Settings + "." + field }

func namesLoopback(urls []string) bool {
	return slices.ContainsFunc(urls, func(raw string) bool {
		u, err := url.Parse(raw)
		return err == nil && hostname.IsLoopback(u.Hostname())
	})
}

// transport returns the transport for these settings. The resolver may be nil.
func (c *Config) transport(resolver *net.Resolver) *http.Transport {
	d := dialer{allowed: c.AllowHosts, timeout: c.FetchTimeout, resolver: resolver, settings: c.Settings}
	if c.Proxy == "" {
		d.loopback = namesLoopback(c.Named)
		return c.keeping(newTransport(d, c.RootCAs))
	}
	u, err := parseProxy(c.Proxy)
	if err != nil { // Validate refuses it; without it, a request would go around the proxy
		return &http.Transport{Proxy: func(*http.Request) (*url.URL, error) { return nil, err }}
	}
	p := proxy{url: u, target: d}
	d.loopback = true // the proxy is all that is dialed, and the configuration names it
	t := newTransport(d, c.RootCAs)
	p.use(t)
	return c.keeping(t)
}

// maxIdle is how many connections are kept.
const maxIdle = 128

// keeping adds to a transport what a client with many exchanges needs.
func (c *Config) keeping(t *http.Transport) *http.Transport {
	if c.Certificate != nil {
		t.TLSClientConfig.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return c.Certificate() }
	}
	if c.KeepIdle > 0 {
		t.DisableKeepAlives, t.IdleConnTimeout, t.MaxIdleConns, t.MaxIdleConnsPerHost = false, c.KeepIdle, maxIdle, maxIdle
	}
	return t
}

// newTransport returns a transport without a proxy from the environment, and
// without idle connections: most documents are fetched a few times an hour, and
// nothing of this package runs in between.
func newTransport(d dialer, roots *x509.CertPool) *http.Transport {
	return &http.Transport{
		DialContext:            d.DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
		TLSHandshakeTimeout:    d.timeout,
		ResponseHeaderTimeout:  d.timeout,
		MaxResponseHeaderBytes: 64 << 10,
		DisableCompression:     true,
		DisableKeepAlives:      true,
		ForceAttemptHTTP2:      true,
	}
}
