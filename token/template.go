package token

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/postern-go/postern/internal/claims"
	"github.com/postern-go/postern/internal/rejection"
	"github.com/postern-go/postern/jwks"
)

// Template describes issuers of a Resolver that differ in one part of their
// path, such as the tenants of Entra ID, the realms of a Keycloak server or the
// pools of Cognito. Exactly one of Values, AnyValue and Allow says which they
// are.
type Template struct {
	// Issuer is their identifier with a variable in braces for one whole segment
	// of the path: "https://login.microsoftonline.com/{tenantid}/v2.0". All else
	// must equal iss byte for byte. The variable matches 1 to 64 letters, digits,
	// "-", "_" and ".", and does not begin with ".". Its name means nothing.
	Issuer string
	// Values lists the values of the variable, exactly as in iss.
	Values []string
	// AnyValue allows every value: everyone who can get a tenant there can call.
	AnyValue bool
	// Allow reports whether a value is allowed; see ResolverConfig.Allow.
	// IsGUID is one.
	Allow func(value string) bool
	// Claim names a claim that must equal the value of the variable in every
	// token, such as "tid". "" means none.
	Claim string
	// Config is for each of the issuers, without Issuer. If Keys is nil, the keys
	// of each are discovered. If it is not, it has the keys of all, and must not
	// be a jwks.Remote that discovers them, since what it finds is one issuer's.
	// A key with an Issuer verifies tokens only of this issuer, or of all if that
	// equals the Template but for the name of the variable.
	//
	// CacheSize is for each issuer; zero means 256 KiB here. So remembered tokens
	// take at most ResolverConfig.MaxKnown times as much, 256 MB by default, and
	// as little as comes in.
	Config Config
	// Discovery has the settings with which the keys of each issuer are
	// discovered, such as a proxy. Its Issuer must be "", its URLs and its Snapshot
	// nil. In its DiscoverAt the variable of Issuer stands for the same value, in
	// one or more whole segments of the path, so that the metadata of each issuer
	// has a place of its own. Discovery must be nil, which means the zero
	// RemoteConfig with Config.HTTPClient and Config.RootCAs, if Config sets one of
	// those or Keys. A nil Time is that of Config. It is copied.
	Discovery *jwks.RemoteConfig
}

// templateCacheSize is for some 400 tokens.
const templateCacheSize = 256 << 10

// Value returns the value that the variable has in an issuer, and whether the
// issuer fits the Template. It does not ask whether the value is allowed. It is
// false if Issuer is not a template.
func (t Template) Value(issuer string) (value string, ok bool) {
	p, err := patternOf(t.Issuer)
	if err != nil {
		return "", false
	}
	return p.value(issuer)
}

// ConfigFor returns the Config by which a Resolver judges the tokens of one of the
// issuers, for tools that look at one token. The error matches ErrIssuer if the
// issuer does not fit the Template or is not allowed, and ErrConfig if the Template
// is not valid. It makes no request, and blocks as long as Allow does. It may be
// called concurrently.
func (t Template) ConfigFor(issuer string) (Config, error) {
	made, err := t.compile()
	if err != nil {
		return Config{}, &oneLine{fmt.Errorf("token: %w: %w", ErrConfig, err)}
	}
	value, ok := made.Value(issuer)
	if !ok || !made.allows(value) {
		return Config{}, &rejection.Error{Reason: ErrIssuer, Claim: "iss", Got: issuer, Want: "an issuer of the Template"}
	}
	cfg, err := made.configFor(issuer, value)
	if err != nil {
		return Config{}, &oneLine{fmt.Errorf("token: %w", err)}
	}
	return cfg, nil
}

// IsGUID reports whether value is a GUID in lower case, as in
// "9188040d-6c67-4c5b-b112-36a304b66dad". Use it as Template.Allow for issuers
// with such a variable.
func IsGUID(value string) bool {
	if len(value) != 36 {
		return false
	}
	for i := range len(value) {
		switch c := value[i]; {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return false
			}
		case c < '0' || c > '9' && c < 'a' || c > 'f':
			return false
		}
	}
	return true
}

// template is a Template made ready for use.
type template struct {
	pattern
	allows    func(value string) bool
	claim     string
	config    Config          // with Keys that are not a jwks.Static
	implied   *claims.Implied // shared by all issuers
	discovery *jwks.RemoteConfig
	discovers bool // the keys of each issuer
	listed    int  // values; 0 if they are not listed
	sample    *Verifier
}

// Value implements the look-up for a Resolver.
func (t *template) Value(issuer string) (string, bool) { return t.value(issuer) }

func (t Template) compile() (*template, error) {
	p, err := patternOf(t.Issuer)
	if err != nil {
		return nil, err
	}
	if err := t.validateValues(); err != nil {
		return nil, err
	}
	if t.Config.Issuer != "" {
		return nil, fmt.Errorf("Config.Issuer is %q, want none: Issuer of the Template stands for it", t.Config.Issuer)
	}
	values := slices.Clone(t.Values)
	made := &template{pattern: p, allows: t.Allow, claim: t.Claim, config: t.Config, discovers: t.Config.Keys == nil, listed: len(values)}
	switch {
	case t.AnyValue:
		made.allows = func(string) bool { return true }
	case t.Allow == nil:
		made.allows = func(value string) bool { return slices.Contains(values, value) }
	}
	if err := t.validateDiscovery(p); err != nil {
		return nil, err
	}
	if made.implied, err = claims.NewImplied(t.Config.ScopeImplies); err != nil {
		return nil, fmt.Errorf("Config.ScopeImplies: %w", err)
	}
	made.config.ScopeImplies = made.implied.Declared()
	made.discovery = copied(t.Discovery)
	if made.config.CacheSize == 0 {
		made.config.CacheSize = templateCacheSize
	}
	if static, ok := t.Config.Keys.(jwks.Static); ok { // once for all issuers
		if made.config.Keys, err = index(static); err != nil {
			return nil, err
		}
	}
	made.sample, err = made.verifier(p.prefix+"sample"+p.suffix, "sample")
	return made, err
}

// copied is d, with all that the program could change later.
func copied(d *jwks.RemoteConfig) *jwks.RemoteConfig {
	if d == nil {
		return nil
	}
	own := *d
	own.AllowHosts, own.PlainHTTPHosts = slices.Clone(d.AllowHosts), slices.Clone(d.PlainHTTPHosts)
	if d.RootCAs != nil {
		own.RootCAs = d.RootCAs.Clone()
	}
	return &own
}

func (t Template) validateValues() error {
	ways := 0
	for _, is := range []bool{len(t.Values) > 0, t.AnyValue, t.Allow != nil} {
		if is {
			ways++
		}
	}
	if ways != 1 {
		return errors.New("want exactly one of Values, AnyValue and Allow, or else no issuer is allowed or it is not clear which")
	}
	for _, v := range t.Values {
		if !isValue(v) {
			return fmt.Errorf("Values has %q, want 1 to 64 letters, digits, -, _ and ., the first of them no .", v)
		}
	}
	return nil
}

func (t Template) validateDiscovery(p pattern) error {
	d := t.Discovery
	switch {
	case d == nil:
		return nil
	case t.Config.Keys != nil || t.Config.HTTPClient != nil || t.Config.RootCAs != nil:
		return errors.New("Discovery is set beside Config.Keys, HTTPClient or RootCAs, want one or the other")
	case d.Snapshot != nil:
		return errors.New("Discovery has a Snapshot, want none: it has the keys of one issuer, and would be read for each")
	case d.Issuer != "" || d.URLs != nil:
		return errors.New("Discovery has an Issuer or URLs, want neither: the keys of each issuer are discovered")
	case d.DiscoverAt != "" && !p.isPlace(d.DiscoverAt):
		return fmt.Errorf("Discovery.DiscoverAt is %q, want the variable %s in it, as whole segments of the path and nowhere else", d.DiscoverAt, p.variable)
	}
	return nil
}

// verifier makes the Verifier of one of the issuers.
func (t *template) verifier(issuer, value string) (*Verifier, error) {
	cfg, err := t.configFor(issuer, value)
	if err != nil {
		return nil, err
	}
	return newVerifier(cfg, parts{cfg.Keys, t.implied}), nil
}

// configFor is the Config of one of the issuers, checked, with its own source of
// keys.
func (t *template) configFor(issuer, value string) (Config, error) {
	cfg := t.config
	cfg.Issuer = issuer
	if t.discovery != nil {
		remote := *t.discovery
		remote.Issuer, remote.DiscoverAt = issuer, strings.ReplaceAll(remote.DiscoverAt, t.variable, value)
		if remote.Time == nil {
			remote.Time = cfg.Time
		}
		keys, err := jwks.NewRemote(remote)
		if err != nil {
			return cfg, err
		}
		cfg.Keys = keys
	}
	if t.claim != "" {
		cfg.Profile.Rules = append(slices.Clip(cfg.Profile.Rules), Mark{Claim: t.claim, Values: []string{value}})
	}
	made, err := cfg.checked()
	cfg.Keys, cfg.HTTPClient, cfg.RootCAs = &ownKeys{shared: made.keys, issuer: issuer, pattern: &t.pattern}, nil, nil
	return cfg, err
}
