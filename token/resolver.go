package token

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/postern-go/postern/internal/pacing"
	"github.com/postern-go/postern/internal/rejection"
)

// Resolver is the Authenticator for tokens of issuers that no list has: the
// tenants of a product, the realms of a server. From iss, which is not
// verified at that point, it finds the Authenticator of the issuer, and asks
// that one about the token. So iss can only choose among what the settings
// allow, and the issuer of the verified token is checked once more. It is safe
// for concurrent use. Nothing runs between calls, and nothing needs to be
// closed.
//
// An issuer must be an https URL of at most 512 bytes, or http to a loopback
// address, without user, query, fragment, percent-encoding and dot segments.
// Then the allow rule decides: ResolverConfig.Templates, and after them
// ResolverConfig.Allow. Any other issuer is refused with ErrIssuer, and costs
// nothing but a look at the token.
//
// A token that a Verifier remembers is not read again to learn its issuer, as
// long as its issuer may be used without asking again. The table for that takes
// at most 352 KiB.
type Resolver struct {
	config    ResolverConfig
	templates []*template
	schemes   []Scheme
	crowded   bool // see stranger
	hints     hints
	maxSize   int // longer tokens than this are not read; 0 in a zero Resolver
	tooLarge  error
	forgotten atomic.Uint64 // calls of Forget

	mu        sync.Mutex
	known     *knownIssuers
	unknown   *recent // as Resolve said
	failed    *recent // Resolve did, a moment ago
	flights   map[string]*flight
	running   int // calls of Resolve that have not returned
	strangers *pacing.Rate
}

// NewResolver checks cfg and copies it. It makes no request and does not block.
// The error matches ErrConfig.
func NewResolver(cfg ResolverConfig) (*Resolver, error) {
	cfg.Templates = slices.Clone(cfg.Templates)
	templates, err := cfg.compiled()
	if err != nil {
		return nil, &oneLine{fmt.Errorf("token: %w", err)}
	}
	cfg = cfg.withDefaults()
	r := &Resolver{
		config:    cfg,
		templates: templates,
		crowded:   crowded(templates, cfg.MaxKnown),
		known:     newKnownIssuers(cfg.MaxKnown),
		unknown:   newRecent(cfg.MaxUnknown, cfg.UnknownFor),
		failed:    newRecent(cfg.MaxUnknown, failedPause),
		flights:   map[string]*flight{},
		strangers: pacing.NewRate(cfg.NewPerSecond, cfg.Time()),
	}
	for _, t := range templates {
		r.maxSize = max(r.maxSize, t.sample.maxSize)
		r.schemes = together(r.schemes, t.sample.Schemes())
	}
	if cfg.Resolve != nil {
		r.maxSize = largestMaxSize
		r.schemes = together(r.schemes, cfg.resolvedSchemes())
	}
	r.tooLarge = tooLarge(r.maxSize)
	return r, nil
}

// Authenticate implements Authenticator. It blocks while Resolve runs and for
// as long as the Authenticator of the issuer does, until ctx ends at the
// latest.
//
// The error matches ErrIssuer for an issuer that is not allowed or that Resolve
// does not know, and ErrUnavailable if that cannot be told now. Such an error
// has a method RetryAfter, as those of a jwks.Source. All others are those of
// the issuer's Authenticator.
func (r *Resolver) Authenticate(ctx context.Context, p Presentation) (*Token, error) {
	switch {
	case p.Token == "":
		return nil, ErrMissing
	case r == nil || r.maxSize == 0:
		return nil, &rejection.Error{Reason: ErrIssuer, Claim: "iss", Want: "a Resolver made by NewResolver"}
	case len(p.Token) > r.maxSize:
		return nil, r.tooLarge
	}
	var id tokenID
	id.hash(p.Token)
	if h := r.hints.get(&id); h != nil {
		if v := h.known.verifier(); v != nil {
			return v.authenticate(ctx, &p, &id)
		}
	}
	return r.ask(ctx, &p, &id)
}

// ask reads iss, unverified, and asks the Authenticator of that issuer.
func (r *Resolver) ask(ctx context.Context, p *Presentation, id *tokenID) (*Token, error) {
	issuer, err := issuerOf(p.Token)
	if err != nil {
		return nil, err
	}
	k, auth, err := r.find(ctx, issuer)
	if err != nil {
		return nil, err
	}
	t, kept, err := verdict(ctx, auth, issuer, p, id)
	if err != nil {
		return nil, err
	}
	if !k.proven.Load() {
		r.mu.Lock()
		r.known.prove(k)
		r.mu.Unlock()
	}
	if kept != nil {
		r.hints.put(&hint{id: *id, known: k})
	}
	return t, nil
}

// Forget drops the Authenticator of an issuer, its remembered tokens included,
// so that the issuer is resolved again in the next call. Call it when a tenant
// was removed, and when one was added. An answer of Resolve, and of an allow
// rule, that is under way is not kept. It does not block.
//
// Only this process forgets. Others do when ResolverConfig.KnownFor has passed.
func (r *Resolver) Forget(issuer string) {
	if r == nil || r.maxSize == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.forgotten.Add(1)
	r.known.drop(issuer)
	r.unknown.drop(issuer)
	r.failed.drop(issuer)
	delete(r.flights, issuer)
}

// Schemes is what the Authenticators of the Templates take, and
// ResolverConfig.Schemes.
func (r *Resolver) Schemes() []Scheme {
	if r == nil {
		return nil
	}
	return slices.Clone(r.schemes)
}

func (r *Resolver) some(f func(Authenticator) bool) bool {
	if r == nil || r.config.Resolve != nil {
		return true
	}
	return slices.ContainsFunc(r.templates, func(t *template) bool { return f(t.sample) })
}

// find returns the Authenticator of an issuer, and the entry it is held in.
func (r *Resolver) find(ctx context.Context, issuer string) (*known, Authenticator, error) {
	if err := checkIdentifier(issuer); err != nil {
		return nil, nil, err
	}
	before := r.forgotten.Load()
	for _, t := range r.templates {
		value, ok := t.Value(issuer)
		if !ok {
			continue
		}
		switch allowed, err := contained(issuer, "Template.Allow", func() bool { return t.allows(value) }); {
		case err != nil:
			return nil, nil, err
		case allowed:
			return r.fromTemplate(t, issuer, before)
		}
	}
	if r.config.Allow != nil {
		switch allowed, err := contained(issuer, "ResolverConfig.Allow", func() bool { return r.config.Allow(issuer) }); {
		case err != nil:
			return nil, nil, err
		case allowed:
			return r.fromResolve(ctx, issuer, before)
		}
	}
	r.mu.Lock()
	r.known.drop(issuer) // the rule has changed its mind
	r.mu.Unlock()
	return nil, nil, &rejection.Error{Reason: ErrIssuer, Claim: "iss", Got: issuer, Want: "an issuer that the Resolver allows", Setting: "ResolverConfig.Templates and Allow"}
}

// fromTemplate makes the Verifier of an issuer if there is none. That takes as
// long as reading a token, so that others need not wait for it. forgotten is what
// Resolver.forgotten was before the rule was asked.
func (r *Resolver) fromTemplate(t *template, issuer string, forgotten uint64) (*known, Authenticator, error) {
	if k, auth := r.heldFrom(t, issuer); k != nil {
		return k, auth, nil
	}
	if r.stranger(t) && !r.mayAsk() {
		return nil, nil, unavailable(issuer, errTooMany, time.Second)
	}
	issuer = strings.Clone(issuer) // a part of a token, which is not to be kept
	value, _ := t.Value(issuer)
	v, err := t.verifier(issuer, value)
	if err != nil {
		return nil, nil, unavailable(issuer, err, failedPause)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if k, held := r.known.find(issuer, t); k != nil { // of a call at the same time, with the keys it fetches
		return k, held.auth, nil
	}
	if r.forgotten.Load() != forgotten { // the rule has said yes, but may not any more
		return &known{issuer: issuer}, v, nil
	}
	return r.known.put(issuer, newResolution(v, t, r.config.Time(), r.config)), v, nil
}

// heldFrom returns the Verifier of an issuer that was made before. Its settings
// are the same however long ago that was.
func (r *Resolver) heldFrom(t *template, issuer string) (*known, Authenticator) {
	r.mu.Lock()
	defer r.mu.Unlock()
	k, held := r.known.find(issuer, t)
	if k == nil {
		return nil, nil
	}
	if !held.fresh() {
		k.holds.Store(newResolution(held.auth, t, r.config.Time(), r.config))
	}
	return k, held.auth
}

func (r *Resolver) mayAsk() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.strangers.Take(r.config.Time())
}

// stranger reports whether to name a new issuer of t costs requests without end,
// because it is invented or because others can be named until it is evicted.
func (r *Resolver) stranger(t *template) bool {
	return t.discovers && (t.listed == 0 || r.crowded)
}

// crowded reports whether there are more issuers that are named freely than there
// is room for. Invented ones are named freely if that costs no request.
func crowded(templates []*template, room int) bool {
	listed := 0
	for _, t := range templates {
		if t.listed == 0 && !t.discovers {
			return true
		}
		listed += t.listed
	}
	return listed > room
}

// contained calls a rule of the program and survives its panic: gRPC servers
// do not recover.
func contained(issuer, setting string, rule func() bool) (allowed bool, err error) {
	ended := false
	defer func() {
		if !ended { // runtime.Goexit goes on
			allowed, err = false, unavailable(issuer, fmt.Errorf("%s panicked: %v", setting, recover()), failedPause)
		}
	}()
	allowed = rule()
	ended = true
	return allowed, nil
}
