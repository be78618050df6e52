//go:build goexperiment.jsonv2 || go1.27

package bench

import (
	"github.com/lestrrat-go/jwx/v4/jwk"
	"github.com/lestrrat-go/jwx/v4/jwt"
)

// jwx4 is jwx v4, which builds with Go 1.27, or with GOEXPERIMENT=jsonv2 on Go
// 1.26. That replaces encoding/json for all other peers as well, so compare the
// figures of such a run only with each other.
var jwx4 = []Peer{{"jwx-v4", []string{"github.com/lestrrat-go/jwx/v4"}, newJWX4}}

// newJWX4 is newJWX with version 4.
func newJWX4(i *Issuer) (Verify, error) {
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
		r, err := restOfJWX4(t)
		if err != nil {
			return err
		}
		return r.check()
	}, nil
}

func restOfJWX4(t jwt.Token) (r rest, err error) {
	r.Subject, _ = t.Subject()
	r.ID, _ = t.JwtID()
	if r.ClientID, err = jwt.Get[string](t, "client_id"); err != nil {
		return r, err
	}
	r.Scope, err = jwt.Get[string](t, "scope")
	return r, err
}
