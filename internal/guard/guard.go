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
	auth       token.Authenticator
	bearerOnly bool
}

// New returns a Guard that asks auth, which must not be nil.
func New(auth token.Authenticator) Guard { return Guard{auth, token.BearerOnly(auth)} }

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
// complete adds what the caller presented besides scheme and token. It is not
// called if the Authenticator would not look at that.
func (g *Guard) Decide(ctx context.Context, p scope.Policy, fields []string, complete func(token.Presentation) token.Presentation) (*token.Token, error) {
	scheme, raw, err := g.read(fields)
	if err != nil {
		if p.IsOptional() && errors.Is(err, token.ErrMissing) {
			return nil, nil
		}
		return nil, err
	}
	t, err := g.judge(ctx, token.Presentation{Scheme: scheme, Token: raw}, complete)
	if err != nil {
		return nil, orGone(ctx, err)
	}
	return t, p.Check(t)
}

// read leaves open whether raw has the form of a token if judge looks at that.
func (g *Guard) read(fields []string) (scheme, raw string, err error) {
	if g.bearerOnly {
		return credentials.Split(fields, "Bearer")
	}
	return credentials.Parse(fields, "Bearer")
}

// judge asks the Authenticator. One that looks at the token alone is this
// module's own, and lets in nothing but base64url and dots: only if it refuses
// is the form of the token looked at, to tell what the caller did wrong.
func (g *Guard) judge(ctx context.Context, p token.Presentation, complete func(token.Presentation) token.Presentation) (*token.Token, error) {
	if !g.bearerOnly {
		return g.authenticate(ctx, complete(p))
	}
	t, err := g.auth.Authenticate(ctx, p)
	if err != nil && !credentials.IsToken68(p.Token) {
		return nil, credentials.ErrMalformed
	}
	return t, err
}

// authenticate holds an Authenticator of the user's own to its contract, so
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

// WithToken is ctx with the token that a decision was about. The token of
// another decision, further out, is covered if there is none.
func WithToken(ctx context.Context, t *token.Token) context.Context {
	if t == nil {
		if _, another := token.FromContext(ctx); !another {
			return ctx
		}
	}
	return token.NewContext(ctx, t)
}
