package guard

import (
	"errors"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// Asked is what the challenges of a refusal say of the policy, which the code that
// writes it does not know.
type Asked struct {
	// Scopes are those that challenges name if the token is missing or invalid.
	Scopes []string
	// Bound is whether the policy takes bound tokens alone, so that other schemes
	// are of no use.
	Bound bool
}

// Asking is err, or an error that carries what challenges say of p to the code that
// writes the refusal.
func (g *Guard) Asking(p scope.Policy, err error) error {
	asked := Asked{Bound: g.Several() && p.IsBoundOnly()}
	if g.options.ChallengeScopes && (errors.Is(err, token.ErrMissing) || errors.Is(err, token.ErrInvalid)) {
		asked.Scopes = p.NeededScopes()
	}
	if len(asked.Scopes) == 0 && !asked.Bound {
		return err
	}
	return &asking{err, asked}
}

// Asked is what Asking has attached to an error. A guard that challenges with no
// scopes ignores those of another.
func (g *Guard) Asked(err error) Asked {
	for ; err != nil; err = errors.Unwrap(err) {
		if e, ok := err.(*asking); ok {
			if !g.options.ChallengeScopes {
				return Asked{Bound: e.asked.Bound}
			}
			return e.asked
		}
	}
	return Asked{}
}

type asking struct {
	error
	asked Asked
}

func (e *asking) Unwrap() error { return e.error }
