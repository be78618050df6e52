package bench

import (
	"context"

	"github.com/auth0/go-jwt-middleware/v3/validator"
	"github.com/lestrrat-go/jwx/v3/jwk"
)

// Validate makes rest the custom claims that auth0's validator checks.
func (r *rest) Validate(context.Context) error { return r.check() }

// newAuth0 is the validator that auth0's middleware calls, without the
// middleware. It does not show the header, so that typ remains unchecked.
func newAuth0(i *Issuer) (Verify, error) {
	set, err := jwk.Parse(i.JWKS())
	if err != nil {
		return nil, err
	}
	v, err := validator.New(
		validator.WithKeyFunc(func(context.Context) (any, error) { return set, nil }),
		validator.WithAlgorithm(validator.SignatureAlgorithm(i.Algorithm)),
		validator.WithIssuer(IssuerURL),
		validator.WithAudience(Audience),
		validator.WithCustomClaims(func() *rest { return &rest{} }),
	)
	return func(raw string) error {
		claims, err := v.ValidateToken(context.Background(), raw)
		if err != nil {
			return err
		}
		if claims.(*validator.ValidatedClaims).RegisteredClaims.Expiry == 0 {
			return errClaims // the validator lets a token without exp in
		}
		return nil
	}, err
}
