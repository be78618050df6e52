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
		t, _, err := b.read(ctx, p)
		return t, err
	}
	var id tokenID
	id.take(p.Token)
	if v := b.hints.get(&id); v != nil {
		if t, err := v.again(ctx, &p, &id); t != nil || err != nil {
			return t, err
		}
	}
	t, v, err := b.read(ctx, p)
	if v != nil && v.cache != nil && v.cache.holds(&id) {
		b.hints.put(&id, v)
	}
	return t, err
}

// again is Authenticate for a token that is remembered. It returns nil and no
// error if it is not.
func (v *Verifier) again(ctx context.Context, p *Presentation, id *tokenID) (*Token, error) {
	if err := v.checkForm(p); err != nil {
		return nil, err
	}
	says, err := v.recall(ctx, id)
	if says == nil && err == nil {
		return nil, nil
	}
	return v.bound(ctx, p, says, err)
}

// read reads in the token who is to judge, and asks him. v is nil if that is
// no Verifier.
func (b *byIssuer) read(ctx context.Context, p Presentation) (t *Token, v *Verifier, err error) {
	if len(p.Token) > largestMaxSize {
		return nil, nil, errTooLargeForAll
	}
	issuer, err := issuerOf(p.Token)
	if err != nil {
		return nil, nil, err
	}
	auth, ok := b.auths[issuer]
	if !ok {
		return nil, nil, &refusal{why: ErrIssuer, what: "iss", seen: issuer, want: "an issuer given to ByIssuer"}
	}
	t, err = auth.Authenticate(ctx, p)
	if err != nil {
		return nil, nil, err
	}
	if t.IsZero() || t.issuer != issuer {
		return nil, nil, &refusal{why: ErrIssuer, what: "iss", seen: issuer, want: "the issuer of the verified token"}
	}
	v, _ = auth.(*Verifier)
	return t, v, nil
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
