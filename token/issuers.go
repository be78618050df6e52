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
// It reads JWT access tokens only. An empty m refuses every token. It panics
// if m holds a nil Authenticator or a Verifier of another issuer; m is copied.
func ByIssuer(m map[string]Authenticator) Authenticator {
	b := make(byIssuer, len(m))
	for issuer, auth := range m {
		if auth == nil {
			panic(fmt.Errorf("%w: no Authenticator for issuer %q", ErrConfig, issuer))
		}
		if v, ok := auth.(*Verifier); ok && v.issuer != issuer {
			panic(fmt.Errorf("%w: the Verifier for issuer %q is for %q", ErrConfig, issuer, v.issuer))
		}
		b[issuer] = auth
	}
	return b
}

type byIssuer map[string]Authenticator

func (b byIssuer) Authenticate(ctx context.Context, p Presentation) (*Token, error) {
	if p.Token == "" {
		return nil, ErrMissing
	}
	if len(p.Token) > largestMaxSize {
		return nil, &refusal{why: ErrTooLarge, want: "at most 65536 bytes"}
	}
	issuer, err := issuerOf(p.Token)
	if err != nil {
		return nil, err
	}
	auth, ok := b[issuer]
	if !ok {
		return nil, &refusal{why: ErrIssuer, what: "iss", seen: issuer, want: "an issuer given to ByIssuer"}
	}
	t, err := auth.Authenticate(ctx, p)
	if err != nil {
		return nil, err
	}
	if t.IsZero() || t.issuer != issuer {
		return nil, &refusal{why: ErrIssuer, what: "iss", seen: issuer, want: "the issuer of the verified token"}
	}
	return t, nil
}

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
