package moving

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"
)

var errNoToken = errors.New("no token")

// GoOIDC is go-oidc in middleware of the service's own.
func GoOIDC(ctx context.Context, s Settings) (Guard, error) {
	provider, err := oidc.NewProvider(oidc.ClientContext(ctx, s.HTTPClient), s.Issuer)
	if err != nil {
		return nil, err
	}
	verifier := provider.Verifier(&oidc.Config{ClientID: s.Audience})
	return by(func(r *http.Request) error {
		raw, err := bearer(r)
		if err != nil {
			return err
		}
		_, err = verifier.Verify(r.Context(), raw)
		return err
	}), nil
}

func bearer(r *http.Request) (string, error) {
	raw, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return "", errNoToken
	}
	return raw, nil
}
