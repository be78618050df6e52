package introspect

import (
	"context"
	"time"

	"github.com/postern-go/postern/internal/claims"
	"github.com/postern-go/postern/internal/credentials"
	"github.com/postern-go/postern/internal/rejection"
	"github.com/postern-go/postern/token"
)

// Authenticator judges the tokens of one issuer by asking it (RFC 7662). It is safe for
// concurrent use. It needs no Close: no goroutine of it outlives its request, and a
// connection is kept for half a minute. A nil Authenticator refuses every token.
type Authenticator struct {
	asking
	checks     *token.Checks
	tokenTypes []string
	wantTypes  string

	goodFor, badFor, staleFor time.Duration
	patience                  time.Duration // with one flight
	good                      *room[*found]
	bad                       *room[refused]
	gate                      *gate
	flights                   flights
	relaxed                   []string
}

// Authenticate judges an access token: its scheme, size and form, then the issuer's answer
// about it and the claims in that, and its binding, in this order. An answer that is
// remembered spares the request and none of the checks that can change. It blocks while
// the issuer is asked, until ctx ends at the latest; the request goes on for other callers
// then.
//
// The error matches token.ErrMissing if p has no token of a scheme that is understood,
// token.ErrInvalid and one reason if the token is refused, and else
// token.ErrIntrospectionUnavailable. Its text is for operators.
func (a *Authenticator) Authenticate(ctx context.Context, p token.Presentation) (*token.Token, error) {
	if a == nil {
		return nil, token.ErrMissing
	}
	if err := a.checks.Scheme(&p); err != nil {
		return nil, err
	}
	if err := a.checks.Size(p.Token); err != nil {
		return nil, err
	}
	set, err := a.claimsOf(ctx, &p)
	if err != nil {
		return nil, err
	}
	t := token.FromSet(p.Token, set)
	if err := a.checks.Binding(ctx, t, &p); err != nil {
		return nil, err
	}
	return t, nil
}

// claimsOf are the claims of a token, remembered or asked for.
func (a *Authenticator) claimsOf(ctx context.Context, p *token.Presentation) (*claims.Set, error) {
	k := keyOf(p.Token, &a.endpoint.current.Load().asked)
	if !p.Fresh {
		if set, err := a.recall(&k, a.now()); set != nil || err != nil {
			return set, err
		}
	}
	if err := checkForm(p.Token); err != nil { // a remembered token has it
		return nil, err
	}
	return a.fly(ctx, k, p.Token, p.Fresh)
}

// checkForm refuses a text that no issuer gives out: no request is made for it.
func checkForm(raw string) error {
	if !credentials.IsToken68(raw) {
		return errForm
	}
	return nil
}

var errForm = &rejection.Error{Reason: rejection.Malformed, Want: "a token68 (RFC 6750, 2.1)"}

// Schemes are those of a token.Verifier with the same Confirmations.
func (a *Authenticator) Schemes() []token.Scheme {
	if a == nil {
		return nil
	}
	return a.checks.Schemes()
}

// Forget drops the answer about a token, so that the next call asks again. It is
// for a service that learns of a revocation. Other replicas remember on. It does not block.
func (a *Authenticator) Forget(raw string) {
	if a == nil {
		return
	}
	k := a.keyNow(raw)
	a.good.remove(k)
	a.bad.remove(k)
}

// Ready returns nil if tokens can be judged as far as is known without one: the endpoint is
// found and has not just failed, and the keys of signed answers are held. It fetches
// metadata and keys if need be, until ctx ends. Otherwise the error matches
// token.ErrUnavailable. It is for readiness probes; nothing depends on its being called.
func (a *Authenticator) Ready(ctx context.Context) error {
	if a == nil {
		return token.ErrUnavailable
	}
	if _, err := a.endpoint.locate(ctx); err != nil {
		return unavailable(err, time.Second)
	}
	if l, _ := a.gate.worse(); l.closed {
		return unavailable(l.last, l.closedFor(a.now()))
	}
	if a.signed != nil {
		return a.signed.signatures.Ready(ctx)
	}
	return nil
}
