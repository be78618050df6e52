package introspect

import (
	"cmp"
	"crypto/tls"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/postern-go/postern/internal/claims"
	"github.com/postern-go/postern/internal/fetch"
	"github.com/postern-go/postern/internal/jws"
	"github.com/postern-go/postern/internal/metadata"
	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/jwks"
	"github.com/postern-go/postern/token"
)

const (
	defaultGood = 30 * time.Second
	defaultBad  = 10 * time.Second
	// keepIdle is for how long a connection is kept that is not in use.
	keepIdle = 30 * time.Second
	// settings is the name of the struct in errors.
	settings = "Config"
)

// withDefaults is c with the defaults filled in.
func (c Config) withDefaults() Config {
	c.FetchTimeout = cmp.Or(c.FetchTimeout, 3*time.Second)
	c.GoodFor, c.BadFor = cmp.Or(c.GoodFor, defaultGood), cmp.Or(c.BadFor, defaultBad)
	c.CacheSize, c.BadCacheSize = cmp.Or(c.CacheSize, 4<<20), cmp.Or(c.BadCacheSize, 1<<20)
	c.MaxInFlight, c.UnknownPerSecond = cmp.Or(c.MaxInFlight, 100), cmp.Or(c.UnknownPerSecond, 50)
	if c.TokenTypes == nil {
		c.TokenTypes = []string{"Bearer", "DPoP", "N_A", "access_token", "urn:ietf:params:oauth:token-type:access_token"}
	}
	if c.RequireJWT && c.JWTAlgorithms == nil {
		c.JWTAlgorithms = []string{"RS256"}
	}
	if c.Time == nil {
		c.Time = time.Now
	}
	return c
}

// New checks cfg and makes no request: a service starts while its issuer is down. The
// error matches token.ErrConfig.
func New(cfg Config) (*Authenticator, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	relaxed := cfg.relaxations()
	c := cfg.withDefaults()
	checks, err := c.checks()
	if err != nil {
		return nil, err
	}
	a := &Authenticator{
		checks: checks, tokenTypes: slices.Clone(c.TokenTypes), wantTypes: fmt.Sprintf("one of %+q", c.TokenTypes),
		goodFor: c.GoodFor, badFor: c.BadFor, staleFor: c.StaleFor,
		// Metadata, keys and the request: as many exchanges as there can be.
		patience: 6 * c.FetchTimeout,
		good:     newRoom[*found](c.CacheSize), bad: newRoom[refused](c.BadCacheSize),
		gate:    newGate(c.MaxInFlight, c.UnknownPerSecond, c.Time()),
		relaxed: relaxed,
	}
	a.flights.of = map[key]*flight{}
	a.asking, err = c.asking()
	return a, err
}

func (c *Config) asking() (a asking, err error) {
	made, err := c.checkedCredentials()
	if err != nil {
		return a, err
	}
	client := fetch.New(c.fetching(made.certificate))
	issuer := metadata.Issuer{ID: c.Issuer, DiscoverAt: c.DiscoverAt, SameHost: c.SameHost, Client: client, Settings: settings}
	a = asking{
		issuer: c.Issuer, credential: made, client: client, hooks: newHooks(c.Trace), now: c.Time,
		endpoint: newEndpoint(c.Endpoint, issuer, made.kind+" "+made.clientID),
	}
	if c.RequireJWT {
		a.signed, err = c.signedAnswers()
	}
	return a, err
}

// checks are those of claims and of possession.
func (c *Config) checks() (*token.Checks, error) {
	answer := &claims.Answer{NoAudience: c.AllowMissingAudience}
	if c.AllowMissingExpiry {
		answer.NoExpiry = c.GoodFor
	}
	if c.AllowMissingAudience && c.Profile.AudienceClaim != "" {
		return nil, badConfig("AllowMissingAudience and Profile.AudienceClaim exclude each other")
	}
	return token.NewChecks(token.Config{
		Issuer: c.Issuer, Audience: c.Audience, Profile: c.Profile, ScopeImplies: c.ScopeImplies,
		Leeway: c.Leeway, ExtendedLeeway: c.ExtendedLeeway, MaxLifetime: c.MaxLifetime, MaxTokenSize: c.MaxTokenSize,
		Confirmations: c.Confirmations, RequireBound: c.RequireBound, Time: c.Time,
	}, answer)
}

// fetching are the settings of the client that asks. Places that the operator has named
// may be on this machine; those that metadata names may not.
func (c *Config) fetching(certificate func() (*tls.Certificate, error)) fetch.Config {
	return fetch.Config{
		HTTPClient: c.HTTPClient, RootCAs: c.RootCAs, AllowHosts: slices.Clone(c.AllowHosts), PlainHTTPHosts: slices.Clone(c.PlainHTTPHosts),
		Proxy: c.Proxy, Certificate: certificate, KeepIdle: keepIdle, FetchTimeout: c.FetchTimeout,
		Named: []string{cmp.Or(c.Endpoint, c.DiscoverAt, c.Issuer)}, Settings: settings, Now: c.Time,
	}
}

// clientID is that of this service, or "".
func (c *Config) clientID() string {
	if c.ClientID != "" {
		return c.ClientID
	}
	return c.Credentials.credential().clientID
}

func (c *Config) discoversKeys() bool { return c.RequireJWT && c.JWTKeys == nil }

// keys says where the keys of signed answers are.
func (c *Config) keys() jwks.RemoteConfig {
	return jwks.RemoteConfig{
		Issuer: c.Issuer, DiscoverAt: c.DiscoverAt, SameHost: c.SameHost, HTTPClient: c.HTTPClient, RootCAs: c.RootCAs, Proxy: c.Proxy,
		AllowHosts: c.AllowHosts, PlainHTTPHosts: c.PlainHTTPHosts, FetchTimeout: c.FetchTimeout, Time: c.Time,
	}
}

func (c *Config) signedAnswers() (*signedAnswers, error) {
	source := c.JWTKeys
	if source == nil {
		remote, err := jwks.NewRemote(c.keys())
		if err != nil {
			return nil, err
		}
		source = remote
	}
	return &signedAnswers{
		signatures: jws.New(jws.Settings{
			Keys: source, Algorithms: slices.Clone(c.JWTAlgorithms), Types: []string{strings.TrimPrefix(mediaJWT, "application/")},
			Names: jws.Names{Algorithms: "Config.JWTAlgorithms"},
		}),
		issuer: c.Issuer, clientID: c.clientID(), leeway: c.leeway(), keys: source, algorithms: slices.Clone(c.JWTAlgorithms),
	}, nil
}

func (c *Config) leeway() time.Duration {
	if c.Leeway == 0 {
		return 30 * time.Second
	}
	return max(c.Leeway, 0)
}

// relaxations lists the settings that accept more than the defaults do, beside those of
// the checks.
func (c Config) relaxations() (list []string) {
	add := func(is bool, format string, args ...any) {
		if is {
			list = append(list, printable.Line(fmt.Sprintf(format, args...)))
		}
	}
	add(c.AllowMissingAudience, "AllowMissingAudience accepts tokens for other services, where answers have no aud")
	add(c.AllowMissingExpiry, "AllowMissingExpiry accepts answers without exp")
	add(c.TokenTypes != nil, "TokenTypes accepts %+q", c.TokenTypes)
	add(c.GoodFor > defaultGood, "GoodFor accepts a revoked token for %v", c.GoodFor)
	add(c.StaleFor > 0, "StaleFor accepts a revoked token for %v more while the issuer is unavailable", c.StaleFor)
	add(len(c.PlainHTTPHosts) > 0, "PlainHTTPHosts shows tokens and credentials to the network of %+q", c.PlainHTTPHosts)
	return list
}

// Describe implements token.Describer.
func (a *Authenticator) Describe() token.Description {
	if a == nil {
		return token.Description{Users: true, Clients: true}
	}
	d := a.checks.Describe()
	d.Posture.Relaxations = append(d.Posture.Relaxations, a.relaxed...)
	if a.signed != nil {
		d.Posture.Algorithms = slices.Clone(a.signed.algorithms)
		if tells, ok := a.signed.keys.(interface{ Status() jwks.Status }); ok {
			status := tells.Status()
			d.Posture.Keys = &status
		}
	}
	return d
}
