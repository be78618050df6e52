package guard

import (
	"errors"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// Asking is err, or an error that carries the scopes of p to the code that
// writes the refusal, if err is about a missing or invalid token and challenges
// name scopes then.
func (g *Guard) Asking(p scope.Policy, err error) error {
	if !g.options.ChallengeScopes || !errors.Is(err, token.ErrMissing) && !errors.Is(err, token.ErrInvalid) {
		return err
	}
	if need := p.NeededScopes(); len(need) > 0 {
		return &asking{err, need}
	}
	return err
}

// Asked are the scopes that Asking has attached to an error.
func (g *Guard) Asked(err error) []string {
	if !g.options.ChallengeScopes {
		return nil
	}
	for ; err != nil; err = errors.Unwrap(err) {
		if e, ok := err.(*asking); ok {
			return e.need
		}
	}
	return nil
}

type asking struct {
	error
	need []string
}

func (e *asking) Unwrap() error { return e.error }
