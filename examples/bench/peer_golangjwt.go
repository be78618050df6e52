package bench

import (
	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
)

type golangJWTClaims struct {
	jwt.RegisteredClaims
	ClientID string `json:"client_id"`
	Scope    string `json:"scope"`
}

// newGolangJWT follows the examples of both: a parser with options, claims of
// the application's own type, and keys from a JWK Set.
func newGolangJWT(i *Issuer) (Verify, error) {
	keys, err := keyfunc.NewJWKSetJSON(i.JWKS())
	if err != nil {
		return nil, err
	}
	parser := jwt.NewParser(
		jwt.WithValidMethods([]string{i.Algorithm}),
		jwt.WithIssuer(IssuerURL),
		jwt.WithAudience(Audience),
		jwt.WithExpirationRequired(),
		jwt.WithIssuedAt(),
	)
	return func(raw string) error {
		var claims golangJWTClaims
		t, err := parser.ParseWithClaims(raw, &claims, keys.Keyfunc)
		if err != nil {
			return err
		}
		if err := checkType(t.Header["typ"]); err != nil {
			return err
		}
		r := rest{Subject: claims.Subject, ClientID: claims.ClientID, ID: claims.ID, Scope: claims.Scope}
		return r.check()
	}, nil
}
