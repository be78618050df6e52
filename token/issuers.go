package token

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/postern-go/postern/internal/claims"
	"github.com/postern-go/postern/internal/jws"
	"github.com/postern-go/postern/internal/nilcheck"
	"github.com/postern-go/postern/internal/rejection"
)

// Issuers is the Authenticator for tokens of several issuers that are known by
// name; see Resolver for those that are not. Replace changes them while calls
// are served. It is safe for concurrent use. A nil or zero Issuers refuses
// every token.
//
// Every issuer is a sealed bundle: a token is judged only by the Authenticator
// of the issuer it names, with that issuer's keys, audience, algorithms and
// profile, and an issuer that is not listed costs nothing but a look at the
// token (RFC 8725 §3.8). The issuer of the verified token is checked once more.
//
// A token that one of several Verifiers remembers is not read again to learn its
// issuer. The table for that takes at most 352 KiB.
//
// It reads JWT access tokens only, and refuses one that is longer than every
// Verifier allows.
type Issuers struct {
	schemes []Scheme                  // of the first issuers, which guards have asked for
	current atomic.Pointer[issuerSet] // nil in a zero Issuers
}

// ByIssuer makes Issuers, each key of m an issuer identifier. An empty m
// refuses every token. It panics with an error that matches ErrConfig if m
// holds an empty identifier, a nil Authenticator or a Verifier of another
// issuer; m is copied.
func ByIssuer(m map[string]Authenticator) *Issuers {
	set, err := newIssuerSet(m)
	if err != nil {
		panic(err)
	}
	b := &Issuers{schemes: set.schemes()}
	b.current.Store(set)
	return b
}

// Replace puts m in the place of all issuers at once, and copies it. An issuer
// that m lacks is refused in every call that begins after Replace returned. A
// Verifier that is in m again keeps its keys and the tokens it remembers, so
// give it again unless its settings changed.
//
// The error matches ErrConfig in the cases in which ByIssuer panics, and if an
// Authenticator takes a scheme that those given to ByIssuer did not take:
// guards ask for the schemes once (see Schemer). Then nothing has changed. It
// does not block.
func (b *Issuers) Replace(m map[string]Authenticator) error {
	if b == nil {
		return &oneLine{fmt.Errorf("token: %w: Replace of nil Issuers", ErrConfig)}
	}
	set, err := newIssuerSet(m)
	if err != nil {
		return err
	}
	if err := admitSchemes(schemesOf(b), set.schemes()); err != nil {
		return err
	}
	b.current.Store(set)
	return nil
}

// Authenticate implements Authenticator. It blocks and fails as the
// Authenticator of the token's issuer does; without one, the error matches
// ErrIssuer.
func (b *Issuers) Authenticate(ctx context.Context, p Presentation) (*Token, error) {
	if p.Token == "" {
		return nil, ErrMissing
	}
	return b.load().authenticate(ctx, &p)
}

func (b *Issuers) some(f func(Authenticator) bool) bool {
	set := b.load()
	for _, each := range set.auths {
		if f(each) {
			return true
		}
	}
	return len(set.auths) == 0
}

// load returns the issuers of this moment.
func (b *Issuers) load() *issuerSet {
	if b != nil {
		if set := b.current.Load(); set != nil {
			return set
		}
	}
	return &issuerSet{maxSize: largestMaxSize, tooLarge: tooLarge(largestMaxSize)}
}

// issuerSet is Issuers between two replacements. The hints are part of it, so
// that one of an issuer that was removed cannot be found.
type issuerSet struct {
	auths map[string]Authenticator
	// No Verifier remembers a token longer than this. It is 0 if none remembers
	// any.
	longest int
	hints   hints

	maxSize  int // longer tokens than this are not read
	tooLarge error
}

func newIssuerSet(m map[string]Authenticator) (*issuerSet, error) {
	b := &issuerSet{auths: make(map[string]Authenticator, len(m))}
	if len(m) == 0 {
		b.maxSize = largestMaxSize
	}
	for issuer, auth := range m {
		if err := checkEntry(issuer, auth); err != nil {
			return nil, &oneLine{err}
		}
		if v, ok := auth.(*Verifier); ok && v.memory != nil {
			b.longest = max(b.longest, v.maxSize)
		}
		b.maxSize = max(b.maxSize, maxSizeOf(auth))
		b.auths[issuer] = auth
	}
	b.tooLarge = tooLarge(b.maxSize)
	return b, nil
}

func checkEntry(issuer string, auth Authenticator) error {
	if issuer == "" {
		return fmt.Errorf("%w: ByIssuer has an Authenticator for an issuer without a name", ErrConfig)
	}
	if nilcheck.Is(auth) {
		return fmt.Errorf("%w: the Authenticator for issuer %q is %s", ErrConfig, issuer, nilcheck.Shown(auth))
	}
	if v, ok := auth.(*Verifier); ok && v.rules.Issuer != issuer {
		return fmt.Errorf("%w: the Verifier for issuer %q is for %q", ErrConfig, issuer, v.rules.Issuer)
	}
	return nil
}

// maxSizeOf is the length from which auth refuses a token unread. It is not
// known for an Authenticator of the user's own, and for Issuers it may change.
func maxSizeOf(auth Authenticator) int {
	if v, ok := auth.(*Verifier); ok {
		return v.maxSize
	}
	return largestMaxSize
}

func (b *issuerSet) authenticate(ctx context.Context, p *Presentation) (*Token, error) {
	if len(p.Token) > b.longest {
		return b.ask(ctx, p, nil)
	}
	var id tokenID
	id.hash(p.Token)
	if h := b.hints.get(&id); h != nil {
		return h.verifier.authenticate(ctx, p, &id)
	}
	return b.ask(ctx, p, &id)
}

// ask reads iss, unverified, and asks the Authenticator of that issuer. id is nil
// if no Verifier could remember the token.
func (b *issuerSet) ask(ctx context.Context, p *Presentation, id *tokenID) (*Token, error) {
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
	t, kept, err := verdict(ctx, auth, issuer, p, id)
	if kept != nil {
		b.hints.put(&hint{id: *id, verifier: kept})
	}
	return t, err
}

// verdict is the answer of auth about a token of this issuer. kept is the
// Verifier that remembers the token from now on, or nil. A nil id bypasses the
// memory.
func verdict(ctx context.Context, auth Authenticator, issuer string, p *Presentation, id *tokenID) (t *Token, kept *Verifier, err error) {
	v, ok := auth.(*Verifier)
	if !ok || v.memory == nil || id == nil {
		t, err = auth.Authenticate(ctx, *p)
		err = AsOutcome(err, ErrUnavailable)
	} else if t, err = v.authenticate(ctx, p, id); err == nil && v.memory.holds(id) {
		kept = v
	}
	if err != nil {
		return nil, nil, err
	}
	if t.IsZero() || t.Issuer() != issuer {
		return nil, nil, &rejection.Error{Reason: ErrIssuer, Claim: "iss", Got: issuer, Want: "the issuer of the verified token"}
	}
	return t, kept, nil
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
