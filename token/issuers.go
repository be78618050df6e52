package token

import (
	"context"
	"fmt"

	"github.com/postern-go/postern/internal/claims"
	"github.com/postern-go/postern/internal/jws"
	"github.com/postern-go/postern/internal/nilcheck"
	"github.com/postern-go/postern/internal/rejection"
)

// ByIssuer is the Authenticator for tokens of several issuers, each key of m
// an issuer identifier. Every issuer is a sealed bundle: a token is judged
// only by the Authenticator of the issuer it names, with that issuer's keys,
// audience, algorithms and profile, and an issuer that is not in m costs
// nothing but a look at the token (RFC 8725 §3.8). The issuer of the verified
// token is checked once more.
//
// A token that one of several Verifiers remembers is not read again to learn its
// issuer. The table for that takes at most 352 KiB.
//
// It reads JWT access tokens only, and refuses one that is longer than every
// Verifier in m allows. An empty m refuses every token. It panics if m holds a
// nil Authenticator or a Verifier of another issuer; m is copied.
func ByIssuer(m map[string]Authenticator) Authenticator {
	b := &byIssuer{auths: make(map[string]Authenticator, len(m))}
	if len(m) == 0 {
		b.maxSize = largestMaxSize
	}
	for issuer, auth := range m {
		if nilcheck.Is(auth) {
			panic(&oneLine{fmt.Errorf("%w: the Authenticator for issuer %q is a nil %T", ErrConfig, issuer, auth)})
		}
		v, ok := auth.(*Verifier)
		if ok && v.rules.Issuer != issuer {
			panic(&oneLine{fmt.Errorf("%w: the Verifier for issuer %q is for %q", ErrConfig, issuer, v.rules.Issuer)})
		}
		if ok && v.memory != nil {
			b.longest = max(b.longest, v.maxSize)
		}
		b.maxSize = max(b.maxSize, maxSizeOf(auth))
		b.auths[issuer] = auth
	}
	b.tooLarge = tooLarge(b.maxSize)
	return b
}

// maxSizeOf is the length from which auth refuses a token unread. It is not
// known for an Authenticator of the user's own.
func maxSizeOf(auth Authenticator) int {
	switch a := auth.(type) {
	case *Verifier:
		return a.maxSize
	case *byIssuer:
		return a.maxSize
	default:
		return largestMaxSize
	}
}

type byIssuer struct {
	auths map[string]Authenticator
	// No Verifier remembers a token longer than this. It is 0 if none remembers
	// any.
	longest int
	hints   hints

	maxSize  int // longer tokens than this are not read
	tooLarge error
}

func (b *byIssuer) Authenticate(ctx context.Context, p Presentation) (*Token, error) {
	if p.Token == "" {
		return nil, ErrMissing
	}
	if len(p.Token) > b.longest {
		return b.ask(ctx, &p, nil)
	}
	var id tokenID
	id.hash(p.Token)
	if v := b.hints.get(&id); v != nil {
		return v.authenticate(ctx, &p, &id)
	}
	return b.ask(ctx, &p, &id)
}

// ask reads iss, unverified, and asks the Authenticator of that issuer. id is nil
// if no Verifier could remember the token.
func (b *byIssuer) ask(ctx context.Context, p *Presentation, id *tokenID) (*Token, error) {
	if len(p.Token) > b.maxSize {
		return nil, b.tooLarge
	}
	issuer, err := issuerOf(p.Token)
	if err != nil {
		return nil, err
	}
	auth, ok := b.auths[issuer]
	if !ok {
		return nil, &rejection.Error{Reason: ErrIssuer, Claim: "iss", Got: issuer, Want: "an issuer given to ByIssuer"}
	}
	t, err := b.verdict(ctx, auth, p, id)
	if err != nil {
		return nil, err
	}
	if t.IsZero() || t.Issuer() != issuer {
		return nil, &rejection.Error{Reason: ErrIssuer, Claim: "iss", Got: issuer, Want: "the issuer of the verified token"}
	}
	return t, nil
}

// verdict is the answer of auth. If it is a Verifier that remembers the token from
// now on, a hint says so.
func (b *byIssuer) verdict(ctx context.Context, auth Authenticator, p *Presentation, id *tokenID) (*Token, error) {
	v, ok := auth.(*Verifier)
	if !ok || v.memory == nil || id == nil {
		t, err := auth.Authenticate(ctx, *p)
		return t, AsOutcome(err, ErrUnavailable)
	}
	t, err := v.authenticate(ctx, p, id)
	if err == nil && v.memory.holds(id) {
		b.hints.put(id, v)
	}
	return t, err
}

// issuerOf reads iss without verifying anything. It only chooses the
// Authenticator.
func issuerOf(raw string) (string, error) {
	var buf jws.Scratch
	compact, _, err := jws.Split(raw, &buf)
	if err != nil {
		return "", err
	}
	return claims.UnverifiedIssuer(compact.Payload)
}
