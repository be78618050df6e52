package bench

import (
	"context"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/json"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// zitadelClaims are the library's claims of access tokens, with the scope as RFC
// 9068 writes it.
type zitadelClaims struct {
	oidc.TokenClaims
	Scope string `json:"scope"`
}

// zitadelKeys chooses a key as the library's own key sets do.
type zitadelKeys jose.JSONWebKeySet

func (s zitadelKeys) VerifySignature(_ context.Context, jws *jose.JSONWebSignature) ([]byte, error) {
	id, algorithm := oidc.GetKeyIDAndAlg(jws)
	key, err := oidc.FindMatchingKey(id, oidc.KeyUseSignature, algorithm, s.Keys...)
	if err != nil {
		return nil, err
	}
	return jws.Verify(&key)
}

// newZitadel is the verifier of access tokens that the library has for its
// providers: its package for resource servers asks the issuer about each token.
// It looks at neither aud, nbf nor iat, and does not show the header, so that
// typ remains unchecked.
func newZitadel(i *Issuer) (Verify, error) {
	var set zitadelKeys
	if err := json.Unmarshal(i.JWKS(), (*jose.JSONWebKeySet)(&set)); err != nil {
		return nil, err
	}
	verifier := op.NewAccessTokenVerifier(IssuerURL, set, op.WithSupportedAccessTokenSigningAlgorithms(i.Algorithm))
	return func(raw string) error {
		c, err := op.VerifyAccessToken[*zitadelClaims](context.Background(), raw, verifier)
		if err != nil {
			return err
		}
		if !slices.Contains(c.Audience, Audience) {
			return oidc.ErrAudience
		}
		if c.NotBefore.AsTime().After(time.Now()) {
			return errClaims
		}
		r := rest{Subject: c.Subject, ClientID: c.ClientID, ID: c.JWTID, Scope: c.Scope}
		return r.check()
	}, nil
}
