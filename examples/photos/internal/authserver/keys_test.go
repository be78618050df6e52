package authserver_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/examples/photos/internal/authserver"
)

// kids are the ids of the published keys.
func (w *world) kids() []string {
	w.t.Helper()
	resp, body := w.get("/jwks", "")
	require.Equal(w.t, http.StatusOK, resp.StatusCode)
	var ids []string
	for _, k := range body["keys"].([]any) {
		key := k.(map[string]any)
		assert.NotContains(w.t, key, "d", "the private half must not be published")
		assert.Equal(w.t, "sig", key["use"])
		ids = append(ids, key["kid"].(string))
	}
	return ids
}

func (w *world) signedBy() string {
	w.t.Helper()
	_, body := w.post(ownToken(), nil)
	header, _ := claims(w.t, body["access_token"].(string))
	return header["kid"].(string)
}

func TestKeyLife(t *testing.T) {
	t.Parallel()
	for _, alg := range []string{authserver.ES256, authserver.EdDSA, authserver.PS256, authserver.RS256} {
		t.Run(alg, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			keys := w.srv.Keys()
			old := keys.Signing()
			fresh, err := keys.Announce(alg)
			require.NoError(t, err)
			assert.Equal(t, []string{old, fresh}, w.kids(), "announced")
			assert.Equal(t, old, w.signedBy(), "announced, and not signing yet")
			require.NoError(t, keys.Sign(fresh))
			assert.Equal(t, fresh, w.signedBy())
			assert.Equal(t, []string{old, fresh}, w.kids(), "the old key is retired and still published")
			require.NoError(t, keys.Withdraw(old))
			assert.Equal(t, []string{fresh}, w.kids())
		})
	}
}

func TestKeyUsedAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	fresh, err := w.srv.Keys().SignAtOnce(authserver.EdDSA)
	require.NoError(t, err)
	assert.Equal(t, fresh, w.signedBy())
	assert.Contains(t, w.kids(), fresh)
}

func TestKeyRingRefuses(t *testing.T) {
	t.Parallel()
	keys := newWorld(t).srv.Keys()
	_, err := keys.Announce("HS256")
	assert.Error(t, err)
	assert.Error(t, keys.Sign("nobody's"))
	assert.Error(t, keys.Withdraw("nobody's"))
	assert.Error(t, keys.Withdraw(keys.Signing()), "the key that signs")
}

func TestMetadata(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, path := range []string{"/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"} {
		resp, body := w.get(path, "")
		assert.Equal(t, http.StatusOK, resp.StatusCode)
		assert.Equal(t, "public, max-age=300", resp.Header.Get("Cache-Control"))
		assert.Equal(t, w.issuer, body["issuer"])
		assert.Equal(t, w.issuer+"/jwks", body["jwks_uri"])
		assert.Equal(t, []any{"S256"}, body["code_challenge_methods_supported"])
	}
}

func TestOutage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	get := func(ctx context.Context) (int, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.issuer+"/jwks", nil)
		require.NoError(t, err)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return 0, err
		}
		return resp.StatusCode, resp.Body.Close()
	}
	w.srv.SetOutage(authserver.Cut)
	_, err := get(t.Context())
	assert.Error(t, err)
	w.srv.SetOutage(authserver.Failing)
	status, err := get(t.Context())
	require.NoError(t, err)
	assert.Equal(t, http.StatusServiceUnavailable, status)
	w.srv.SetOutage(authserver.Hanging)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = get(ctx)
	assert.True(t, errors.Is(err, context.DeadlineExceeded))
	w.srv.SetOutage(authserver.Up)
	status, err = get(t.Context())
	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, status)
}
