package moving

import (
	"context"
	"net/http"

	"github.com/lestrrat-go/httprc/v3"
	"github.com/lestrrat-go/jwx/v3/jwk"
	"github.com/lestrrat-go/jwx/v3/jwt"
)

// JWX is jwx v3, in middleware of the service's own.
func JWX(ctx context.Context, s Settings) (Guard, error) {
	cache, err := jwk.NewCache(ctx, httprc.NewClient())
	if err != nil {
		return nil, err
	}
	if err := cache.Register(ctx, s.KeysURL, jwk.WithHTTPClient(s.HTTPClient)); err != nil {
		return nil, err
	}
	keys, err := cache.CachedSet(s.KeysURL)
	if err != nil {
		return nil, err
	}
	return by(func(r *http.Request) error {
		_, err := jwt.ParseRequest(r, jwt.WithKeySet(keys))
		return err
	}), nil
}
