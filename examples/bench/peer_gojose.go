package bench

import (
	"errors"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/json"
	"github.com/go-jose/go-jose/v4/jwt"
)

type goJOSEClaims struct {
	jwt.Claims
	ClientID string `json:"client_id"`
	Scope    string `json:"scope"`
}

var errNoKey = errors.New("bench: no such key")

// newGoJOSE uses its jwt package as the documentation does, with one struct
// for all claims, so that they are decoded only once.
func newGoJOSE(i *Issuer) (Verify, error) {
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(i.JWKS(), &set); err != nil {
		return nil, err
	}
	algorithms := []jose.SignatureAlgorithm{jose.SignatureAlgorithm(i.Algorithm)}
	expected := jwt.Expected{Issuer: IssuerURL, AnyAudience: jwt.Audience{Audience}}
	return func(raw string) error {
		t, err := jwt.ParseSigned(raw, algorithms)
		if err != nil {
			return err
		}
		keys := set.Key(t.Headers[0].KeyID)
		if len(keys) != 1 {
			return errNoKey
		}
		if err := checkType(t.Headers[0].ExtraHeaders[jose.HeaderType]); err != nil {
			return err
		}
		var claims goJOSEClaims
		if err := t.Claims(keys[0].Key, &claims); err != nil {
			return err
		}
		if claims.Expiry == nil {
			return errClaims
		}
		if err := claims.ValidateWithLeeway(expected, jwt.DefaultLeeway); err != nil {
			return err
		}
		r := rest{Subject: claims.Subject, ClientID: claims.ClientID, ID: claims.ID, Scope: claims.Scope}
		return r.check()
	}, nil
}
