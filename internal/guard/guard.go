// Package guard decides on a call: the same steps, in the same order, for HTTP
// and gRPC. What differs between them is where credentials stand and how a
// refusal is written down, which is not decided here.
package guard

import (
	"context"
	"errors"
	"fmt"

	"github.com/postern-go/postern/internal/credentials"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// ErrNoVerdict is the answer to an Authenticator that returned neither a token
// nor an error.
var ErrNoVerdict = fmt.Errorf("%w: the authenticator returned neither token nor error", token.ErrUnavailable)

// Guard decides by one Authenticator. It is immutable.
type Guard struct {
	auth    token.Authenticator
	schemes []token.Scheme
	names   []string // of the schemes
}

// New returns a Guard that asks auth, which must not be nil and takes these
// schemes; see token.SchemesOf.
func New(auth token.Authenticator, schemes []token.Scheme) Guard {
	g := Guard{auth: auth, schemes: schemes}
	for _, s := range schemes {
		g.names = append(g.names, s.Name)
	}
	return g
}

// Decide reads the Authorization fields of a call, asks the Authenticator about
// the token in them, and holds the token against the policy, which must not be
// public. With a nil error the call may go through; the token is nil then only
// if the policy is optional and there was none. Every error matches exactly one
// of the outcomes of package token.
//
// A token beside an error is good, and not good enough for the policy: it tells
// an operator who was refused, and lets nothing through. If ctx ended before
// the token was judged, the error matches ctx.Err() as well.
//
// call returns the call that the Authenticator may ask about. It runs only if
// there is a token.
func (g *Guard) Decide(ctx context.Context, p scope.Policy, fields []string, call func() token.Call) (*token.Token, error) {
	scheme, raw, err := credentials.Split(fields, g.names...)
	if err != nil {
		if p.IsOptional() && errors.Is(err, token.ErrMissing) {
			return nil, nil
		}
		return nil, err
	}
	parsed := g.parses(scheme)
	if !parsed && !credentials.IsToken68(raw) {
		return nil, credentials.ErrMalformed
	}
	c := call()
	t, err := g.authenticate(ctx, token.Presentation{Scheme: scheme, Token: raw, Call: c})
	switch {
	case err == nil:
		return t, p.CheckCall(policyContext(ctx, c), t)
	case parsed && !credentials.IsToken68(raw):
		return nil, credentials.ErrMalformed
	default:
		return nil, orGone(ctx, err)
	}
}

// policyContext is the context in which a policy is checked. A transport whose
// calls are more than a context adds what it has.
func policyContext(ctx context.Context, c token.Call) context.Context {
	if adds, ok := c.(interface {
		PolicyContext(context.Context) context.Context
	}); ok {
		return adds.PolicyContext(ctx)
	}
	return ctx
}

// parses reports whether the Authenticator parses tokens of a scheme itself.
func (g *Guard) parses(name string) bool {
	for i := range g.schemes {
		if g.schemes[i].Name == name {
			return g.schemes[i].ParsesToken
		}
	}
	return false
}

// Several reports whether the Authenticator takes more schemes than one, so that
// it matters which one a call uses.
func (g *Guard) Several() bool { return len(g.names) > 1 }

// Scheme is the scheme that the Authorization fields use, as the Authenticator
// spells it. It is "" if they use none of its schemes, or if there are several
// fields.
func (g *Guard) Scheme(fields []string) string {
	if len(fields) != 1 {
		return ""
	}
	return credentials.Scheme(fields[0], g.names...)
}

// authenticate enforces the contract of an Authenticator of the user's own, so
// that a faulty one lets no call in, and its fault is not blamed on a token.
func (g *Guard) authenticate(ctx context.Context, p token.Presentation) (*token.Token, error) {
	t, err := g.auth.Authenticate(ctx, p)
	switch {
	case err != nil:
		return nil, token.AsOutcome(err, token.ErrUnavailable)
	case t.IsZero():
		return nil, ErrNoVerdict
	default:
		return t, nil
	}
}

// WithToken is ctx with the token of a decision. A nil token hides that of an
// outer decision.
func WithToken(ctx context.Context, t *token.Token) context.Context {
	if t == nil {
		if _, another := token.FromContext(ctx); !another {
			return ctx
		}
	}
	return token.NewContext(ctx, t)
}
