package moving

import (
	"context"
	"net/http"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
)

// GolangJWT is golang-jwt with keyfunc, in middleware of the service's own.
func GolangJWT(ctx context.Context, s Settings) (Guard, error) {
	keys, err := keyfunc.NewDefaultOverrideCtx(ctx, []string{s.KeysURL}, keyfunc.Override{Client: s.HTTPClient})
	if err != nil {
		return nil, err
	}
	return by(func(r *http.Request) error {
		raw, err := bearer(r)
		if err != nil {
			return err
		}
		_, err = jwt.Parse(raw, keys.Keyfunc)
		return err
	}), nil
}
