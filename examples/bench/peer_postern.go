package bench

import (
	"context"

	"github.com/postern-go/postern/jwks"
	"github.com/postern-go/postern/token"
)

// Whether signatures that were good are remembered.
const (
	warm = 0
	cold = -1
)

func newPostern(cacheSize int) func(*Issuer) (Verify, error) {
	return func(i *Issuer) (Verify, error) {
		set, err := jwks.ParseSet(i.JWKS())
		if err != nil {
			return nil, err
		}
		verifier, err := token.NewVerifier(token.Config{
			Issuer:    IssuerURL,
			Audience:  []string{Audience},
			Keys:      jwks.Static(set.Keys),
			CacheSize: cacheSize,
		})
		return func(raw string) error {
			t, err := verifier.Authenticate(context.Background(), token.Bearer(raw))
			if err != nil {
				return err
			}
			if !t.HasScope(Scope) {
				return errScope
			}
			return nil
		}, err
	}
}
