package token

import (
	"context"
	"fmt"
)

// ByIssuer is the Authenticator for tokens of several issuers, each key of m
// an issuer identifier. Every issuer is a sealed bundle: a token is judged
// only by the Authenticator of the issuer it names, with that issuer's keys,
// audience, algorithms and profile, and an issuer that is not in m costs
// nothing but a look at the token (RFC 8725 §3.8). The issuer of the verified
// token is checked once more.
//
// A token that one of several Verifiers remembers is not read again to learn
// whose it is. What it takes to know that is at most 352 KiB.
//
// It reads JWT access tokens only. An empty m refuses every token. It panics
// if m holds a nil Authenticator or a Verifier of another issuer; m is copied.
func ByIssuer(m map[string]Authenticator) Authenticator {
	b := &byIssuer{auths: make(map[string]Authenticator, len(m))}
	for issuer, auth := range m {
		if auth == nil {
			panic(fmt.Errorf("%w: no Authenticator for issuer %q", ErrConfig, issuer))
		}
		v, ok := auth.(*Verifier)
		if ok && v.issuer != issuer {
			panic(fmt.Errorf("%w: the Verifier for issuer %q is for %q", ErrConfig, issuer, v.issuer))
		}
		if ok && v.cache != nil {
			b.longest = max(b.longest, v.maxSize)
		}
		b.auths[issuer] = auth
	}
	return b
}

type byIssuer struct {
	auths map[string]Authenticator
	// Longer tokens than this no Verifier remembers. It is 0 if none remembers
	// any.
	longest int
	hints   hints
}

func (b *byIssuer) Authenticate(ctx context.Context, p Presentation) (*Token, error) {
	if p.Token == "" {
		return nil, ErrMissing
	}
	if len(p.Token) > b.longest {
		return b.ask(ctx, &p, nil)
	}
	var id tokenID
	id.take(p.Token)
	if v := b.hints.get(&id); v != nil {
		return v.authenticate(ctx, &p, &id)
	}
	return b.ask(ctx, &p, &id)
}

// ask reads in the token who is to judge, and asks him. id is nil if nobody
// could remember the token.
func (b *byIssuer) ask(ctx context.Context, p *Presentation, id *tokenID) (*Token, error) {
	if len(p.Token) > largestMaxSize {
		return nil, errTooLargeForAll
	}
	issuer, err := issuerOf(p.Token)
	if err != nil {
		return nil, err
	}
	auth, ok := b.auths[issuer]
	if !ok {
		return nil, &refusal{why: ErrIssuer, what: "iss", seen: issuer, want: "an issuer given to ByIssuer"}
	}
	t, err := b.verdict(ctx, auth, p, id)
	if err != nil {
		return nil, err
	}
	if t.IsZero() || t.issuer != issuer {
		return nil, &refusal{why: ErrIssuer, what: "iss", seen: issuer, want: "the issuer of the verified token"}
	}
	return t, nil
}

// verdict is what auth says. If it is a Verifier that remembers the token from
// now on, so do we.
func (b *byIssuer) verdict(ctx context.Context, auth Authenticator, p *Presentation, id *tokenID) (*Token, error) {
	v, ok := auth.(*Verifier)
	if !ok || v.cache == nil || id == nil {
		return auth.Authenticate(ctx, *p)
	}
	t, err := v.authenticate(ctx, p, id)
	if err == nil && v.cache.holds(id) {
		b.hints.put(id, v)
	}
	return t, err
}

var errTooLargeForAll = &refusal{why: ErrTooLarge, want: "at most 65536 bytes"}

// issuerOf reads iss without verifying anything. What it says only chooses who
// is to judge.
func issuerOf(raw string) (string, error) {
	var r room
	jws, _, err := readCompact(raw, &r)
	if err != nil {
		return "", err
	}
	return unverifiedIssuer(jws.payload)
}
