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

// Decide reads the Authorization fields of a call, asks auth about the token in
// them, and holds the token against the policy, which must not be public. With
// a nil error the call may go through; the token is nil then only if the policy
// is optional and there was none. Every error matches exactly one of the
// outcomes of package token. present completes what the caller presented.
func Decide(ctx context.Context, auth token.Authenticator, p scope.Policy, fields []string, present func(scheme, raw string) token.Presentation) (*token.Token, error) {
	scheme, raw, err := credentials.Parse(fields, "Bearer")
	if err == token.ErrMissing && p.IsOptional() {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	t, err := authenticate(ctx, auth, present(scheme, raw))
	if err != nil {
		return nil, err
	}
	if err := p.Check(t); err != nil {
		return nil, err
	}
	return t, nil
}

// authenticate holds the Authenticator to its contract, so that a faulty one
// lets nobody in and nobody's token is called bad for its fault.
func authenticate(ctx context.Context, auth token.Authenticator, p token.Presentation) (*token.Token, error) {
	t, err := auth.Authenticate(ctx, p)
	switch {
	case err == nil && t.IsZero():
		return nil, ErrNoVerdict
	case err != nil && !token.IsOutcome(err):
		return nil, errors.Join(token.ErrUnavailable, err)
	case err != nil:
		return nil, err
	default:
		return t, nil
	}
}
