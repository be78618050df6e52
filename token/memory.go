package token

import (
	"context"
	"time"

	"github.com/postern-go/postern/internal/claims"
	"github.com/postern-go/postern/internal/jws"
)

// memory stands in front of a Verifier and remembers the tokens that have passed
// all of its checks.
type memory struct {
	*cache
	signatures *jws.Verifier
	rules      *claims.Rules
	time       func() time.Time
}

// recall looks up a token that has been verified before, and repeats the checks
// that may fail by now. It returns nil and no error if the token is not
// remembered.
func (m *memory) recall(ctx context.Context, id *tokenID) (*claims.Set, error) {
	e := m.get(id)
	if e == nil {
		return nil, nil
	}
	trusted, err := m.signatures.Trusts(ctx, &e.by)
	if err != nil {
		return nil, err
	}
	if !trusted {
		m.remove(e)
		return nil, nil
	}
	if err := m.rules.CheckAgain(&e.set, m.time()); err != nil {
		m.remove(e)
		return nil, err
	}
	return &e.set, nil
}
