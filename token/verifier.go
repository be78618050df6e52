package token

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/postern-go/postern/internal/claims"
	"github.com/postern-go/postern/internal/jws"
	"github.com/postern-go/postern/internal/rejection"
	"github.com/postern-go/postern/jwks"
)

// Verifier is the Authenticator for JWT access tokens (RFC 9068) of one
// issuer. It is safe for concurrent use.
type Verifier struct {
	signatures *jws.Verifier
	rules      *claims.Rules
	possession
	maxSize  int
	tooLarge error
	time     func() time.Time
	memory   *memory // nil if nothing is remembered
	about    about
}

// about is what a Verifier tells operators about itself.
type about struct {
	keys       jwks.Source
	algorithms []string
	relaxed    []string
}

// NewVerifier checks cfg and makes no request: a service starts while its
// issuer is down, and answers ErrUnavailable until there are keys. The error
// matches ErrConfig.
func NewVerifier(cfg Config) (*Verifier, error) {
	made, err := cfg.checked()
	if err != nil {
		return nil, err
	}
	return newVerifier(cfg, made), nil
}

// newVerifier is NewVerifier with settings that have been checked.
func newVerifier(cfg Config, made parts) *Verifier {
	v := &Verifier{
		signatures: jws.New(cfg.signed(made.keys)),
		rules:      claims.New(cfg.settings(made.implied)),
		possession: cfg.possession(),
		maxSize:    cfg.maxTokenSize(),
		tooLarge:   tooLarge(cfg.maxTokenSize()),
		time:       cfg.time(),
		about:      about{made.keys, slices.Clone(cfg.algorithms()), cfg.relaxations()},
	}
	if c := newCache(cfg.cacheSize()); c != nil {
		v.memory = &memory{cache: c, signatures: v.signatures, rules: v.rules, time: v.time}
	}
	return v
}

func tooLarge(most int) error {
	return &rejection.Error{Reason: ErrTooLarge, Want: "at most " + strconv.Itoa(most) + " bytes", Setting: "Config.MaxTokenSize"}
}

// Authenticate verifies an access token: its size and shape, its header, its
// signature, its claims and its binding, in this order (RFC 9068 §4, RFC 8725).
// It blocks while keys are fetched, until ctx ends at the latest.
//
// The error matches ErrMissing if p has no token of a scheme that is
// understood, ErrInvalid and one reason if the token is invalid, or
// ErrUnavailable if the issuer's keys are out of reach. Its text gives the
// value received and the value expected; it is for operators, not for the
// caller.
func (v *Verifier) Authenticate(ctx context.Context, p Presentation) (*Token, error) {
	if v.memory == nil || p.Token == "" || len(p.Token) > v.maxSize {
		return v.authenticate(ctx, &p, nil) // to be refused unread, or not to be remembered
	}
	var id tokenID
	id.hash(p.Token)
	return v.authenticate(ctx, &p, &id)
}

// authenticate is Authenticate with the identity of the token. A nil id bypasses
// the memory.
func (v *Verifier) authenticate(ctx context.Context, p *Presentation, id *tokenID) (*Token, error) {
	if err := v.checkScheme(p); err != nil {
		return nil, err
	}
	if err := v.checkSize(p.Token); err != nil {
		return nil, err
	}
	set, fresh, err := v.checkToken(ctx, p.Token, id)
	if err != nil {
		return nil, err
	}
	t := newToken(p.Token, set)
	if err := v.checkBinding(ctx, t, p); err != nil {
		return nil, err
	}
	if fresh != nil {
		v.memory.put(fresh, v.time())
	}
	return t, nil
}

// checkToken makes all checks of a token except that of its binding. fresh is
// the entry to remember if that passes too, or nil.
func (v *Verifier) checkToken(ctx context.Context, raw string, id *tokenID) (set *claims.Set, fresh *entry, err error) {
	if id != nil {
		if set, err := v.memory.recall(ctx, id); set != nil || err != nil {
			return set, nil, err
		}
	}
	return v.verify(ctx, raw, id)
}

// checkSize comes before a byte is read: the other checks cost time and memory
// in proportion to the token.
func (v *Verifier) checkSize(raw string) error {
	if len(raw) > v.maxSize {
		return v.tooLarge
	}
	return nil
}

// verify is checkToken for a token that is not remembered, from its first byte
// on.
func (v *Verifier) verify(ctx context.Context, raw string, id *tokenID) (*claims.Set, *entry, error) {
	var buf jws.Scratch
	compact, signed, err := jws.Split(raw, &buf)
	if err != nil {
		return nil, nil, err
	}
	if id != nil {
		signed.Hashed(id.input)
	}
	h, err := jws.ReadHeader(compact.Header)
	if err != nil {
		return nil, nil, err
	}
	c, err := v.rules.Read(compact.Payload)
	if err != nil {
		return nil, nil, err
	}
	by, err := v.checkSignature(ctx, &signed, &h, &c)
	if err != nil {
		return nil, nil, err
	}
	var fault error
	set, ok := v.rules.Check(&c, v.time(), firstOf(&fault))
	if !ok {
		return nil, nil, fault
	}
	if id == nil {
		return set, nil, nil
	}
	return set, newEntry(id, &by, set), nil
}

// checkSignature checks the header and verifies the signature. Until it
// returns, no claim may be trusted. It reads only iss before that, to see
// whether the keys at hand are the right ones at all: a token of another issuer
// must not cost ours a request.
func (v *Verifier) checkSignature(ctx context.Context, s *jws.Signed, h *jws.Header, c *claims.Payload) (by jws.Signer, fault error) {
	params, ok := v.signatures.CheckHeader(h, firstOf(&fault))
	if !ok {
		return by, fault
	}
	if params.Type == accessTokenType {
		c.Explicit()
	}
	if err := v.rules.CheckIssuer(c); err != nil {
		return by, err
	}
	return v.signatures.Verify(ctx, s, &params)
}

// firstOf is the report of checks that ends with the first fault.
func firstOf(fault *error) func(check string, err error) bool {
	return func(_ string, err error) bool {
		*fault = err
		return err == nil
	}
}

// Ready reports whether tokens can be verified: it returns nil once the keys
// are held, fetching them if need be, until ctx ends. Otherwise the error
// matches ErrUnavailable. It is meant for readiness probes and for warming up
// at start; nothing depends on its being called.
func (v *Verifier) Ready(ctx context.Context) error {
	return v.signatures.Ready(ctx)
}
