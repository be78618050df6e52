// Package jws verifies one signed object in compact serialization (RFC 7515),
// such as an access token, a proof of possession or a signed answer: its form,
// its header, and its signature under a key of the issuer. It knows no claim.
package jws

import (
	"context"
	"fmt"

	"github.com/postern-go/postern/jwks"
)

// Settings say which signed objects a Verifier accepts.
type Settings struct {
	// Keys supplies the issuer's keys.
	Keys jwks.Source
	// Algorithms lists the accepted algorithms. A key without alg verifies the
	// first of them that fits it.
	Algorithms []string
	// Types lists the accepted values of typ, compared as media types.
	Types []string
	// AllowMissingType accepts an object without typ.
	AllowMissingType bool
	// RequireKeyID rejects an object without kid.
	RequireKeyID bool
	// Names are those of the settings, as errors show them.
	Names Names
}

// Names are the names of the user's settings behind Settings. They differ from
// one kind of signed object to another.
type Names struct{ Algorithms, Types, RequireKeyID string }

// Verifier verifies signed objects of one issuer. It is safe for concurrent
// use.
type Verifier struct {
	keys                           jwks.Source
	algorithms                     []*algorithm
	types                          []string // as MediaType gives them
	allowMissingType, requireKeyID bool
	names                          Names
	wantedAlgorithms, wantedTypes  string // in words, made once
}

// New makes a Verifier. Algorithms that are not Known verify nothing.
func New(s Settings) *Verifier {
	v := &Verifier{
		keys:             s.Keys,
		allowMissingType: s.AllowMissingType,
		requireKeyID:     s.RequireKeyID,
		names:            s.Names,
		wantedAlgorithms: fmt.Sprintf("one of %+q", s.Algorithms),
		wantedTypes:      fmt.Sprintf("one of %+q", s.Types),
	}
	for _, name := range s.Algorithms {
		if a := algorithmNamed(name); a != nil {
			v.algorithms = append(v.algorithms, a)
		}
	}
	for _, typ := range s.Types {
		v.types = append(v.types, MediaType(typ))
	}
	return v
}

// Known reports whether name is an asymmetric signature algorithm that can be
// verified here.
func Known(name string) bool { return algorithmNamed(name) != nil }

// Params are the header parameters of a signed object that the rest depends on.
type Params struct {
	Type  string // the media type of typ, or "" if it is absent
	KeyID string // kid, or "" if it is absent; hostile
	alg   *algorithm
	kid   bool // KeyID has been read
}

// Findable reports whether the key can be looked for: alg and kid have passed.
func (p *Params) Findable() bool { return p.alg != nil && p.kid }

// CheckHeader makes the checks of the header, in the order in which their faults
// are reported, for as long as report returns true. It reports whether all were
// made.
func (v *Verifier) CheckHeader(h *Header, report func(check string, err error) bool) (p Params, all bool) {
	all = report("alg", v.checkAlgorithm(h, &p)) &&
		report("crit", h.checkCritical()) &&
		report("typ", v.checkType(h, &p)) &&
		report("cty", h.checkContent()) &&
		report("kid", v.checkKeyID(h, &p))
	return p, all
}

// Verify verifies the signature with a key of the issuer. It blocks while keys
// are fetched. The Params must be Findable.
func (v *Verifier) Verify(ctx context.Context, s *Signed, p *Params) (Signer, error) {
	key, err := v.findKey(ctx, s, p)
	return Signer{p.KeyID, p.alg, key.Public}, err
}

// Ready returns nil once the keys are held, and fetches them if need be, until
// ctx ends. The error matches rejection.KeysUnavailable.
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
