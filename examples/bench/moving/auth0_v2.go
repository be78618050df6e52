package moving

import (
	"context"
	"net/url"
	"time"

	jwtmiddleware "github.com/auth0/go-jwt-middleware/v2"
	"github.com/auth0/go-jwt-middleware/v2/jwks"
	"github.com/auth0/go-jwt-middleware/v2/validator"
)

// Auth0V2 is go-jwt-middleware v2.
func Auth0V2(_ context.Context, s Settings) (Guard, error) {
	issuer, err := url.Parse(s.Issuer)
	if err != nil {
		return nil, err
	}
	provider := jwks.NewCachingProvider(issuer, 5*time.Minute, jwks.WithCustomClient(s.HTTPClient))
	v, err := validator.New(provider.KeyFunc, validator.RS256, s.Issuer, []string{s.Audience})
	if err != nil {
		return nil, err
	}
	return jwtmiddleware.New(v.ValidateToken).CheckJWT, nil
}
