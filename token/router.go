package token

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/postern-go/postern/internal/nilcheck"
	"github.com/postern-go/postern/internal/rejection"
)

// RouterConfig says who judges which tokens: by a prefix or by their shape, and by
// nothing else. At least one Authenticator is required. NewRouter copies it.
type RouterConfig struct {
	// JWT judges tokens of three parts with a JOSE header, such as a Verifier. Nil
	// refuses them.
	JWT Authenticator
	// Opaque judges all tokens that have no other place here, such as an Authenticator
	// of package introspect. Nil refuses them.
	Opaque Authenticator
	// Encrypted judges tokens of five parts with a JOSE header (RFC 7516), which only
	// the issuer can open. It may be the same as Opaque. Nil refuses them.
	Encrypted Authenticator
	// Prefixes judge the tokens that begin exactly so, case included, whatever their
	// shape. The longest that fits counts. Nil means none.
	Prefixes map[string]Authenticator
	// AlsoIntrospect says which tokens that JWT finds good Opaque must find good as
	// well, of the same issuer and subject, and of the same client if both tell. The
	// Token is then that of JWT: nothing else of the other is used. Both check their
	// own Confirmations, so give both the same. It may be called concurrently, and a
	// panic in it surfaces in the call. Nil means none.
	AlsoIntrospect func(*Token) bool
}

// Router is the Authenticator of a service that takes tokens of several kinds. It asks
// one Authenticator about a token. One that has been refused is not tried elsewhere: a
// JWT that fails would otherwise be sent to an endpoint that knows less of it, and an
// opaque token to servers that it is not for. It is safe for concurrent use. A nil or
// zero Router refuses every token.
type Router struct {
	config   RouterConfig
	prefixes []string // the longest first
}

// NewRouter makes a Router. It makes no request and does not block. The error matches
// ErrConfig.
func NewRouter(cfg RouterConfig) (*Router, error) {
	if err := cfg.validate(); err != nil {
		return nil, &oneLine{fmt.Errorf("token: %w: RouterConfig: %w", ErrConfig, err)}
	}
	cfg.Prefixes = maps.Clone(cfg.Prefixes)
	byLength := func(a, b string) int { return len(b) - len(a) }
	return &Router{cfg, slices.SortedFunc(maps.Keys(cfg.Prefixes), byLength)}, nil
}

func (c RouterConfig) validate() error {
	any := len(c.Prefixes) > 0
	for name, auth := range map[string]Authenticator{"JWT": c.JWT, "Opaque": c.Opaque, "Encrypted": c.Encrypted} {
		if auth != nil && nilcheck.Is(auth) {
			return fmt.Errorf("%s is a nil %T", name, auth)
		}
		any = any || auth != nil
	}
	for prefix, auth := range c.Prefixes {
		switch {
		case prefix == "":
			return fmt.Errorf("Prefixes has an empty prefix, want a part of a token; for all other tokens see Opaque")
		case nilcheck.Is(auth):
			return fmt.Errorf("Prefixes has a nil %T for %q", auth, prefix)
		}
	}
	switch {
	case !any:
		return fmt.Errorf("there is no Authenticator, so no token could pass")
	case c.AlsoIntrospect != nil && (c.JWT == nil || c.Opaque == nil):
		return fmt.Errorf("AlsoIntrospect needs JWT and Opaque")
	}
	return nil
}

// Authenticate implements Authenticator. It blocks and fails as the Authenticator does
// whose place the token has. The error matches ErrMalformed if the token has no place, and
// ErrInactive if JWT and Opaque disagree about whose token it is.
func (r *Router) Authenticate(ctx context.Context, p Presentation) (*Token, error) {
	if p.Token == "" {
		return nil, ErrMissing
	}
	auth, also, err := r.route(p.Token)
	if err != nil {
		return nil, err
	}
	t, err := auth.Authenticate(ctx, p)
	switch {
	case err != nil:
		return nil, AsOutcome(err, ErrUnavailable)
	case !also || r.config.AlsoIntrospect == nil:
		return t, nil
	}
	return r.both(ctx, p, t)
}

// route finds the Authenticator of a token. also says that AlsoIntrospect is to be asked.
func (r *Router) route(raw string) (auth Authenticator, also bool, err error) {
	if r == nil {
		return nil, false, noPlace("any token", "RouterConfig")
	}
	for _, prefix := range r.prefixes {
		if strings.HasPrefix(raw, prefix) {
			return r.config.Prefixes[prefix], false, nil
		}
	}
	var want, setting string
	switch shapeOf(raw) {
	case signed:
		auth, also, want, setting = r.config.JWT, true, "another token than a JWT", "RouterConfig.JWT"
	case encrypted:
		auth, want, setting = r.config.Encrypted, "another token than an encrypted one (JWE)", "RouterConfig.Encrypted"
	default:
		auth, want, setting = r.config.Opaque, "another token than an opaque one", "RouterConfig.Opaque"
	}
	if auth == nil {
		return nil, false, noPlace(want, setting)
	}
	return auth, also, nil
}

func noPlace(want, setting string) error {
	return &rejection.Error{Reason: ErrMalformed, Want: want, Setting: setting}
}

// both has Opaque judge a token that JWT finds good, if the rule says so.
func (r *Router) both(ctx context.Context, p Presentation, t *Token) (*Token, error) {
	if t.IsZero() || !r.config.AlsoIntrospect(t) {
		return t, nil
	}
	also, err := r.config.Opaque.Authenticate(ctx, p)
	if err != nil {
		return nil, AsOutcome(err, ErrUnavailable)
	}
	if err := agree(t, also); err != nil {
		return nil, err
	}
	if !also.Fresh() {
		return t, nil
	}
	set := *t.set
	set.Fresh = true
	return newToken(p.Token, &set), nil
}

// agree wants two verdicts to be about the same caller.
func agree(t, also *Token) error {
	for _, f := range []struct {
		name         string
		a, b         string
		mayBeUnknown bool
	}{
		{"iss", t.Issuer(), also.Issuer(), false},
		{"sub", t.Subject(), also.Subject(), false},
		{"client_id", t.ClientID(), also.ClientID(), true},
	} {
		if f.a != f.b && !(f.mayBeUnknown && (f.a == "" || f.b == "")) {
			return &rejection.Error{Reason: ErrInactive, Claim: f.name, Got: f.b, Want: "that of the JWT, from the issuer's answer", Setting: "RouterConfig.AlsoIntrospect"}
		}
	}
	return nil
}

// Schemes is what the Authenticators take together.
func (r *Router) Schemes() (all []Scheme) {
	for _, named := range r.named() {
		all = together(all, schemesOf(named.auth))
	}
	return all
}

// namedAuth is an Authenticator with its place.
type namedAuth struct {
	place string
	auth  Authenticator
}

// named lists the Authenticators, in a fixed order.
func (r *Router) named() (list []namedAuth) {
	if r == nil {
		return nil
	}
	for _, n := range []namedAuth{{"JWT", r.config.JWT}, {"Opaque", r.config.Opaque}, {"Encrypted", r.config.Encrypted}} {
		if n.auth != nil {
			list = append(list, n)
		}
	}
	for _, prefix := range slices.Sorted(slices.Values(r.prefixes)) {
		list = append(list, namedAuth{fmt.Sprintf("prefix %+q", prefix), r.config.Prefixes[prefix]})
	}
	return list
}

func (r *Router) some(f func(Authenticator) bool) bool {
	list := r.named()
	return len(list) == 0 || slices.ContainsFunc(list, func(n namedAuth) bool { return f(n.auth) })
}

func (r *Router) relaxations() (all []string) {
	for _, n := range r.named() {
		all = append(all, under(n.place, Relaxations(n.auth))...)
	}
	return all
}

func (r *Router) postures() (all []Posture) {
	for _, n := range r.named() {
		all = append(all, Postures(n.auth)...)
	}
	return all
}
