package token

import (
	"fmt"

	"github.com/postern-go/postern/internal/claims"
)

// ScopeImplications say which scopes imply others, for VouchedClaims. They are
// immutable and may be used concurrently. Nil and the zero value say that none
// does.
type ScopeImplications struct {
	implied *claims.Implied
}

// NewScopeImplications is for an Authenticator of your own, which calls it once,
// when it is made. Its argument means what Config.ScopeImplies does, and is copied.
// The error matches ErrConfig. It does not block.
func NewScopeImplications(implies map[string][]string) (*ScopeImplications, error) {
	made, err := implied(implies)
	if err != nil {
		return nil, &oneLine{fmt.Errorf("token: %w", err)}
	}
	return &ScopeImplications{made}, nil
}

func (s *ScopeImplications) ready() *claims.Implied {
	if s == nil {
		return nil
	}
	return s.implied
}

func implied(implies map[string][]string) (*claims.Implied, error) {
	made, err := claims.NewImplied(implies)
	if err != nil {
		return nil, fmt.Errorf("%w: ScopeImplies: %w", ErrConfig, err)
	}
	return made, nil
}
