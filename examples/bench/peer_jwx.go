package bench

import (
	"github.com/lestrrat-go/jwx/v3/jwk"
	"github.com/lestrrat-go/jwx/v3/jwt"
)

// newJWX follows the documentation of Parse with a key set. It does not show
// the header, so that typ remains unchecked.
func newJWX(i *Issuer) (Verify, error) {
	set, err := jwk.Parse(i.JWKS())
	if err != nil {
		return nil, err
	}
	options := []jwt.ParseOption{
		jwt.WithKeySet(set),
		jwt.WithIssuer(IssuerURL),
		jwt.WithAudience(Audience),
		jwt.WithRequiredClaim(jwt.ExpirationKey),
	}
	return func(raw string) error {
		t, err := jwt.ParseString(raw, options...)
		if err != nil {
			return err
		}
		r, err := restOfJWX(t)
		if err != nil {
			return err
		}
		return r.check()
	}, nil
}

func restOfJWX(t jwt.Token) (r rest, err error) {
	r.Subject, _ = t.Subject()
	r.ID, _ = t.JwtID()
	if err := t.Get("client_id", &r.ClientID); err != nil {
		return r, err
	}
	return r, t.Get("scope", &r.Scope)
}
