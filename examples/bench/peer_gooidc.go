package bench

import (
	"context"
	"crypto"

	"github.com/coreos/go-oidc/v3/oidc"
)

// newGoOIDC verifies the token as if it were an ID token, which is what
// services use this library for although it is made for clients. It does not
// show the header, so that typ remains unchecked.
func newGoOIDC(i *Issuer) (Verify, error) {
	keys := &oidc.StaticKeySet{PublicKeys: []crypto.PublicKey{i.current.Public(), i.next.Public()}}
	verifier := oidc.NewVerifier(IssuerURL, keys, &oidc.Config{
		ClientID:             Audience,
		SupportedSigningAlgs: []string{i.Algorithm},
	})
	return func(raw string) error {
		t, err := verifier.Verify(context.Background(), raw)
		if err != nil {
			return err
		}
		var r rest
		if err := t.Claims(&r); err != nil {
			return err
		}
		return r.check()
	}, nil
}
