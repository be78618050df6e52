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
	options Options
}

// Options are the settings of a Guard.
type Options struct {
	Rehearsal       bool // refuses no call
	ChallengeScopes bool // as of scope.Resource
}

// New returns a Guard that asks auth, which must not be nil and takes these
// schemes; see token.SchemesOf.
func New(auth token.Authenticator, schemes []token.Scheme, options Options) Guard {
	g := Guard{auth: auth, schemes: schemes, options: options}
	for _, s := range schemes {
		g.names = append(g.names, s.Name)
	}
	return g
}

// Verdict is what a Guard has decided.
type Verdict struct {
	// Token is the verified token, or nil. Beside an error it is good, and not good
	// enough for the policy: it tells an operator who was refused, and lets nothing
	// through.
	Token *token.Token
	// Err is nil if the call may go through. Otherwise it matches exactly one of the
	// outcomes of package token. If the context of the call ended before the token
	// was judged, it matches the error of that context as well.
	Err error
	// Rehearsed is what a rehearsal would have refused the call with, beside a nil
	// Err.
	Rehearsed error
}

// Decide reads the Authorization fields of a call, asks the Authenticator about
// the token in them, and holds the token against the policy, which must not be
// public. If the call may go through, the token is nil only if the policy is
// optional and there was none, or in a rehearsal.
//
// call returns the call that the Authenticator may ask about. It runs only if
// there is a token.
func (g *Guard) Decide(ctx context.Context, p scope.Policy, fields []string, call func() token.Call) Verdict {
	v := g.judge(ctx, p, fields, call)
	if v.Err == nil {
		return v
	}
	if g.options.Rehearsal || p.IsRehearsed() {
		return Verdict{Token: v.Token, Rehearsed: v.Err}
	}
	v.Err = g.Asking(p, v.Err)
	return v
}

func (g *Guard) judge(ctx context.Context, p scope.Policy, fields []string, call func() token.Call) Verdict {
	scheme, raw, err := credentials.Split(fields, g.names...)
	if err != nil {
		if (p.IsOptional() || p.IsRehearsed()) && errors.Is(err, token.ErrMissing) {
			return Verdict{Rehearsed: p.WouldRefuse(ctx, nil)}
		}
		return Verdict{Err: err}
	}
	parsed := g.parses(scheme)
	if !parsed && !credentials.IsToken68(raw) {
		return Verdict{Err: credentials.ErrMalformed}
	}
	c := call()
	t, err := g.authenticate(ctx, token.Presentation{Scheme: scheme, Token: raw, Call: c, Fresh: p.IsFresh()})
	switch {
	case err == nil:
		if p.IsAboutCall() {
			ctx = policyContext(ctx, c)
		}
		return hold(ctx, p, t)
	case parsed && !credentials.IsToken68(raw):
		return Verdict{Err: credentials.ErrMalformed}
	default:
		return Verdict{Err: orGone(ctx, err)}
	}
}

// hold holds a good token against the policy.
func hold(ctx context.Context, p scope.Policy, t *token.Token) Verdict {
	v := Verdict{Token: t, Err: p.CheckCall(ctx, t)}
	if v.Err == nil {
		v.Rehearsed = p.WouldRefuse(ctx, t)
	}
	return v
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
