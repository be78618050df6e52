package dpop

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"time"

	"github.com/postern-go/postern/internal/jws"
	"github.com/postern-go/postern/internal/rejection"
	"github.com/postern-go/postern/token"
)

// Checker checks proofs: it is the token.SchemeChecker for tokens with cnf.jkt
// (RFC 9449 §6.1). It is safe for concurrent use. The zero Checker refuses every
// call.
type Checker struct {
	config    Config
	proofs    *jws.SelfVerifier
	remembers store
	mark      [8]byte // of the store
	maxAge    string  // in words, made once
}

// New returns a Checker. It makes no request. The error matches token.ErrConfig.
func New(cfg Config) (*Checker, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	if cfg.Store == nil {
		own, err := NewMemoryStore(&MemoryStoreConfig{Time: cfg.Time})
		if err != nil {
			return nil, err
		}
		cfg.Store = own
	}
	return &Checker{
		config: cfg,
		proofs: jws.NewSelfVerifier(jws.Settings{
			Algorithms: cfg.Algorithms, Types: []string{"dpop+jwt"}, Names: jws.Names{Algorithms: "dpop.Config.Algorithms"},
		}),
		remembers: newStore(cfg),
		mark:      markOf(cfg.Store),
		maxAge:    "at most " + cfg.MaxAge.String(),
	}, nil
}

// Method is "jkt", the member of cnf with the thumbprint of the key.
func (c *Checker) Method() string { return "jkt" }

// Scheme is DPoP, with the algorithms of proofs for challenges (RFC 9449 §7.1).
func (c *Checker) Scheme() token.Scheme {
	if c.isZero() {
		return token.Scheme{Name: "DPoP"}
	}
	return token.Scheme{Name: "DPoP", Params: []token.Param{{Name: "algs", Value: c.config.algs()}}}
}

// Required reports whether Config.Required is set.
func (c *Checker) Required() bool { return !c.isZero() && c.config.Required }

func (c *Checker) isZero() bool { return c == nil || c.proofs == nil }

// errZero says that nothing can be checked, which is no fault of the caller.
var errZero = &rejection.Error{Reason: rejection.Unavailable, Want: "a Checker that dpop.New has made"}

// Check checks the proof of a call: that there is one, its form, its header, its
// signature, its claims, that it is for this method, URL and token, by the key that
// t is bound to, its nonce and its time, in this order, and at last that it is used
// for the first time (RFC 9449 §4.3). A Verifier calls it once everything else about
// the token has passed, so that a proof counts as used only if the call goes
// through. It blocks for Config.StoreTimeout at most, or until ctx ends.
//
// The error matches token.ErrProof for a fault of the proof and one of its reasons
// where there is one, token.ErrBinding for another key, token.ErrNonce, or
// token.ErrReplayStoreUnavailable. The next nonce is sent with each of them, and
// with success when it is due.
func (c *Checker) Check(ctx context.Context, t *token.Token, p token.Presentation) error {
	if c.isZero() {
		return errZero
	}
	r := p.Request()
	at, known := uriOf(r.URL)
	now := c.config.Time()
	call := &call{token: t, sent: p, request: r, at: at, known: known, now: now}
	made, err := c.check(ctx, call)
	if known && c.config.Nonces != nil && (err != nil || 2*now.Sub(made) > c.config.NonceLifetime) {
		p.Respond("DPoP-Nonce", c.config.Nonces.next(at.origin, later(now, call.since)))
	}
	return err
}

// call is a call with a proof to be checked.
type call struct {
	token   *token.Token
	sent    token.Presentation
	request token.Request
	at      uri
	known   bool // at is
	now     time.Time
	since   time.Time // when the store began, if it has been asked and says so
}

// later is the later of two times, by the wall clock that nonces go by.
func later(a, b time.Time) time.Time {
	if a, b = a.Round(0), b.Round(0); b.After(a) {
		return b
	}
	return a
}

// check makes all checks, and returns when the nonce was made.
func (c *Checker) check(ctx context.Context, call *call) (made time.Time, err error) {
	raw, err := single(call.request.DPoP)
	if err != nil {
		return made, err
	}
	p, err := readProof(c.proofs, raw)
	if err != nil {
		return made, err
	}
	if err := p.checkCall(call); err != nil {
		return made, err
	}
	if err := p.checkKey(call.token); err != nil {
		return made, err
	}
	c.proofs.Remember(&p.signed)
	if made, err = c.checkNonce(&p, call); err != nil {
		return made, err
	}
	if err := c.checkTime(&p, call.now); err != nil {
		return made, err
	}
	return made, c.checkReplay(ctx, &p, call, made)
}

// checkCall wants the proof to be for this method, URL and token.
func (p *proof) checkCall(call *call) error {
	if p.method != call.request.Method {
		return &rejection.Error{Reason: rejection.Proof, Claim: "proof htm", Got: p.method, Want: call.request.Method}
	}
	if !call.known {
		return &rejection.Error{Reason: rejection.Proof, Claim: "proof htu", Got: p.url, Want: "a call for a host that is known", Setting: "scope.Resource.BaseURLs"}
	}
	if at, ok := parseURI(p.url); !ok || at != call.at {
		return &rejection.Error{Reason: rejection.Proof, Claim: "proof htu", Got: p.url, Want: call.at.String(), Setting: "scope.Resource.BaseURLs"}
	}
	if subtle.ConstantTimeCompare([]byte(p.hash), []byte(hashOf(call.sent.Token))) != 1 {
		return errHash
	}
	return nil
}

var errHash = &rejection.Error{Reason: rejection.Proof, Claim: "proof ath", Got: "another", Want: "the hash of the token that is presented"}

// checkKey wants the key of the proof to be the one that the token is bound to.
func (p *proof) checkKey(t *token.Token) error {
	bound, _ := t.Confirmation("jkt")
	if subtle.ConstantTimeCompare([]byte(p.signed.Thumbprint), []byte(bound)) != 1 {
		return &rejection.Error{Reason: rejection.Binding, Claim: "cnf jkt", Got: bound, Want: p.signed.Thumbprint + ", the key of the proof"}
	}
	return nil
}

// checkNonce returns when the nonce was made, or the time of the call if none is
// demanded.
func (c *Checker) checkNonce(p *proof, call *call) (time.Time, error) {
	if c.config.Nonces == nil {
		return call.now, nil
	}
	if p.nonce == "" {
		return call.now, errNoNonce
	}
	made, ok := c.config.Nonces.read(p.nonce, call.at.origin)
	switch age := call.now.Sub(made); {
	case !ok:
		return call.now, errNotOurs
	case age < -c.config.ReplicaSkew:
		return call.now, &rejection.Error{Reason: rejection.Nonce, Claim: "proof nonce", Form: rejection.Ahead, Date: made.Unix(), Now: call.now.Unix(), Leeway: c.config.ReplicaSkew, Setting: "dpop.Config.ReplicaSkew"}
	case age >= c.config.NonceLifetime:
		return call.now, &rejection.Error{Reason: rejection.Nonce, Claim: "proof nonce", Form: rejection.Aged, Date: made.Unix(), Now: call.now.Unix(), Setting: "dpop.Config.NonceLifetime"}
	}
	return made, nil
}

var (
	errNoNonce = &rejection.Error{Reason: rejection.Nonce, Claim: "proof nonce", Want: "the last nonce of this service", Setting: "dpop.Config.Nonces"}
	errNotOurs = &rejection.Error{Reason: rejection.Nonce, Claim: "proof nonce", Got: "unknown", Want: "one that was made with the keys of this service, for this origin", Setting: "dpop.Config.Nonces"}
)

// checkTime wants iat to be near this clock.
func (c *Checker) checkTime(p *proof, now time.Time) error {
	if c.config.NonceReplacesClock {
		return nil
	}
	earliest := time.Unix(p.issuedAt, 0)
	latest := earliest
	if p.fraction {
		latest = latest.Add(time.Second)
	}
	switch {
	case now.Sub(earliest) > c.config.MaxAge:
		return &rejection.Error{Reason: rejection.ProofStale, Claim: "iat", Form: rejection.Aged, Date: p.issuedAt, Now: now.Unix(), Want: c.maxAge, Setting: "dpop.Config.MaxAge"}
	case latest.Sub(now) > c.config.MaxAhead:
		return &rejection.Error{Reason: rejection.ProofStale, Claim: "iat", Form: rejection.Ahead, Date: p.issuedAt, Now: now.Unix(), Leeway: c.config.MaxAhead, Setting: "dpop.Config.MaxAhead"}
	}
	return nil
}

// checkReplay wants the proof not to have been used before. An inner guard judges a
// proof once more that an outer one has accepted for the same call, by the same store.
func (c *Checker) checkReplay(ctx context.Context, p *proof, call *call, nonceMade time.Time) error {
	id := p.identity(call.at)
	spent := c.spentAs(id)
	if call.sent.Spent(spent) {
		return nil
	}
	made := moment{time: time.Unix(p.issuedAt, 0)}
	if c.config.Nonces != nil {
		made = moment{nonceMade, true} // which the client cannot choose
	}
	var err error
	call.since, err = c.remembers.use(ctx, id, made)
	switch {
	case (err == errTooEarly || err == errForgotten) && c.config.Nonces != nil:
		return errEarlyNonce
	case err != nil:
		return err
	}
	call.sent.Spend(spent)
	return nil
}

// errEarlyNonce has the client come back with the nonce that goes with it. That one
// was handed out since the store began, by whichever clock.
var errEarlyNonce = &rejection.Error{Reason: rejection.Nonce, Claim: "proof nonce", Got: "from before the replay store began", Want: "a later one, as proofs with this one may have been used"}

// identity is the hash by which a proof is remembered: of its key, its target and
// its jti, each with its length, so that no two of them run together. With the jti
// alone a client could use up that of another.
func (p *proof) identity(at uri) [32]byte {
	text := at.String()
	b := make([]byte, 0, 3*4+len(p.signed.Thumbprint)+len(text)+len(p.id))
	for _, part := range [...]string{p.signed.Thumbprint, text, p.id} {
		b = binary.BigEndian.AppendUint32(b, uint32(len(part)))
		b = append(b, part...)
	}
	return sha256.Sum256(b)
}
