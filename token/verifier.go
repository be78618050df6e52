package token

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/postern-go/postern/internal/rejection"
	"github.com/postern-go/postern/jwks"
)

// Verifier is the Authenticator for JWT access tokens (RFC 9068) of one
// issuer. It is safe for concurrent use.
type Verifier struct {
	issuer           string
	audience         []string
	keys             jwks.Source
	algorithms       []*algorithm
	types            []string // as mediaType gives them
	allowMissingType bool
	scopeClaim       string
	scopeList        bool
	clientIDClaim    string
	clientIDs        []string
	required         required
	marks            marks
	leeway           time.Duration
	maxLifetime      time.Duration
	maxSize          int
	requireKeyID     bool
	proofs           []Proof
	time             func() time.Time
	cache            *cache // nil if nothing is remembered

	want expectations
}

// expectations say in words what would have passed, for operators. They are
// made once, so that a flood of refusals formats nothing.
type expectations struct {
	issuer, audience, algorithms, types, lifetime, size string
}

func newExpectations(cfg Config) expectations {
	return expectations{
		issuer:     strconv.QuoteToASCII(cfg.Issuer),
		audience:   oneOf(cfg.Audience),
		algorithms: oneOf(cfg.algorithms()),
		types:      oneOf(cfg.Profile.types()),
		lifetime:   "no later than iat and " + cfg.MaxLifetime.String(),
		size:       "at most " + strconv.Itoa(cfg.maxTokenSize()) + " bytes",
	}
}

// required says which claims a token must have besides iss, aud and exp.
type required struct {
	sub, clientID, iat, jti bool
	others                  []string
}

// NewVerifier checks cfg and makes no request: a service starts while its
// issuer is down, and answers ErrUnavailable until there are keys. The error
// matches ErrConfig.
func NewVerifier(cfg Config) (*Verifier, error) {
	if err := cfg.validate(); err != nil {
		return nil, &oneLine{fmt.Errorf("token: %w", err)}
	}
	keys, err := cfg.source()
	if err != nil {
		return nil, &oneLine{fmt.Errorf("token: %w", err)}
	}
	v := &Verifier{
		issuer:           cfg.Issuer,
		audience:         slices.Clone(cfg.Audience),
		keys:             keys,
		allowMissingType: cfg.Profile.AllowMissingType,
		scopeClaim:       cfg.Profile.scopeClaim(),
		scopeList:        cfg.Profile.ScopeList,
		clientIDClaim:    cfg.Profile.clientIDClaim(),
		clientIDs:        slices.Clone(cfg.Profile.ClientIDs),
		required:         newRequired(cfg.Profile),
		marks:            newMarks(cfg.Profile),
		leeway:           cfg.leeway(),
		maxLifetime:      cfg.MaxLifetime,
		maxSize:          cfg.maxTokenSize(),
		requireKeyID:     cfg.RequireKeyID,
		proofs:           slices.Clone(cfg.Proofs),
		time:             cfg.time(),
		want:             newExpectations(cfg),
		cache:            newCache(cfg.cacheSize()),
	}
	for _, name := range cfg.algorithms() {
		v.algorithms = append(v.algorithms, algorithmNamed(name))
	}
	for _, typ := range cfg.Profile.types() {
		v.types = append(v.types, mediaType(typ))
	}
	return v, nil
}

func newRequired(p Profile) required {
	var r required
	for _, name := range p.required() {
		switch name {
		case "iss", "aud", "exp": // always are
		case "sub":
			r.sub = true
		case p.clientIDClaim():
			r.clientID = true
		case "iat":
			r.iat = true
		case "jti":
			r.jti = true
		default:
			r.others = append(r.others, name)
		}
	}
	return r
}

func oneOf(list []string) string { return "one of " + fmt.Sprintf("%+q", list) }

// Authenticate verifies an access token: its size and shape, its header, its
// signature, its claims and its binding, in this order (RFC 9068 §4, RFC 8725).
// It blocks while keys are fetched, until ctx ends at the latest.
//
// The error matches ErrMissing if there is no token of a scheme that is
// understood, ErrInvalid and one reason if the token is no good, or
// ErrUnavailable if the issuer's keys are out of reach. Its text tells an
// operator what was seen and expected; it is not for the caller.
func (v *Verifier) Authenticate(ctx context.Context, p Presentation) (*Token, error) {
	if v.cache == nil || p.Token == "" || len(p.Token) > v.maxSize {
		return v.authenticate(ctx, &p, nil) // to be refused unread, or not to be remembered
	}
	var id tokenID
	id.take(p.Token)
	return v.authenticate(ctx, &p, &id)
}

// authenticate is Authenticate for a token of which id is the name, or nil if
// it need not be remembered.
func (v *Verifier) authenticate(ctx context.Context, p *Presentation, id *tokenID) (*Token, error) {
	if err := v.checkScheme(p); err != nil {
		return nil, err
	}
	if err := v.checkSize(p.Token); err != nil {
		return nil, err
	}
	says, fresh, err := v.judge(ctx, p.Token, id)
	if err != nil {
		return nil, err
	}
	t := newToken(p.Token, says)
	if err := v.checkBinding(ctx, t, p); err != nil {
		return nil, err
	}
	if fresh != nil {
		v.cache.put(fresh, v.time())
	}
	return t, nil
}

// judge checks all of a token but its binding. fresh is what to remember of it
// if that is good too, or nil.
func (v *Verifier) judge(ctx context.Context, raw string, id *tokenID) (says *claimSet, fresh *entry, err error) {
	if id != nil {
		if says, err := v.recall(ctx, id); says != nil || err != nil {
			return says, nil, err
		}
	}
	return v.verify(ctx, raw, id)
}

// checkSize comes before a byte is read: what follows costs time and memory in
// proportion to the token.
func (v *Verifier) checkSize(raw string) error {
	if len(raw) > v.maxSize {
		return &rejection.Error{Reason: ErrTooLarge, Want: v.want.size, Setting: "Config.MaxTokenSize"}
	}
	return nil
}

// verify is judge for a token that is not remembered, from its first byte on.
func (v *Verifier) verify(ctx context.Context, raw string, id *tokenID) (*claimSet, *entry, error) {
	var r room
	jws, sig, err := readCompact(raw, &r)
	if err != nil {
		return nil, nil, err
	}
	if id != nil {
		sig.sha256, sig.hashed = id.input, true
	}
	h, err := readHeader(jws.header)
	if err != nil {
		return nil, nil, err
	}
	c, err := v.claims(jws.payload)
	if err != nil {
		return nil, nil, err
	}
	by, err := v.checkSignature(ctx, &sig, &h, &c)
	if err != nil {
		return nil, nil, err
	}
	says := &claimSet{cnf: c.cnf}
	if err := v.fill(says, &c, v.time()); err != nil {
		return nil, nil, err
	}
	if id == nil {
		return says, nil, nil
	}
	return says, newEntry(id, &by, says), nil
}

// recall looks for a token that has been verified before, and checks what may
// have changed since. It returns nil and no error if the token is not known.
func (v *Verifier) recall(ctx context.Context, id *tokenID) (*claimSet, error) {
	e := v.cache.get(id)
	if e == nil {
		return nil, nil
	}
	keys, err := v.keys.Keys(ctx, e.kid)
	if err = noKeys(e.kid, err); err != nil {
		return nil, err // asking once more could cost the issuer a second request for one call
	}
	if !v.isPublished(e, keys) {
		v.cache.remove(e)
		return nil, nil
	}
	if err := v.checkAgain(e.says, v.time()); err != nil {
		v.cache.remove(e)
		return nil, err
	}
	return e.says, nil
}

// signer is by what a token was signed.
type signer struct {
	kid string
	alg *algorithm
	key jwks.Key
}

// checkSignature finds the algorithm and the key and verifies the signature.
// Until it returns, the claims are anybody's. Of them only iss is looked at,
// to see whether the keys at hand are the right ones at all: a token of
// another issuer must not cost ours a request.
func (v *Verifier) checkSignature(ctx context.Context, sig *signed, h *header, c *claims) (s signer, err error) {
	if s.alg, err = v.algorithm(h); err != nil {
		return s, err
	}
	if err = h.checkCritical(); err != nil {
		return s, err
	}
	if c.explicit, err = v.checkType(h); err != nil {
		return s, err
	}
	if err = h.checkContent(); err != nil {
		return s, err
	}
	if s.kid, err = v.keyID(h); err != nil {
		return s, err
	}
	if err = v.isFromIssuer(c); err != nil {
		return s, err
	}
	s.key, err = v.findKey(ctx, sig, s.alg, s.kid)
	return s, err
}

// Ready reports whether tokens can be verified: it returns nil once the keys
// are held, fetching them if need be, until ctx ends. Otherwise the error
// matches ErrUnavailable. It is meant for readiness probes and for warming up
// at start; nothing depends on its being called.
func (v *Verifier) Ready(ctx context.Context) error {
	source, ok := v.keys.(interface{ Ready(context.Context) error })
	if !ok {
		return nil
	}
	if err := source.Ready(ctx); err != nil {
		return keysUnavailable(err)
	}
	return nil
}
