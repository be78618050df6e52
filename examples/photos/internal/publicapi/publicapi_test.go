package publicapi_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/refusals"
)

func TestLibrary(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	raw := h.owner()
	w := h.get("/library", raw)
	require.Equal(t, http.StatusOK, w.Code)
	assert.JSONEq(t, `{
		"photos": [{"id": "p1", "title": "Snow", "added": "0001-01-01T00:00:00Z", "image": null}],
		"albums": [{"id": "a1", "title": "Winter", "photo_ids": ["p1"]}]
	}`, w.Body.String())
	assert.Equal(t, "no-store", w.Header().Get("Cache-Control"))
	assert.Equal(t, []string{"Bearer " + raw}, h.photos.got, "the caller's token, byte for byte")
	assert.Equal(t, []string{"Bearer " + raw}, h.albums.got)
}

func TestStatistics(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.answer(http.StatusOK, `{"photos": 3}`, nil)
	w := h.get("/statistics", h.job())
	assert.JSONEq(t, `{"photos": 3, "albums": 7}`, w.Body.String())
	user := h.issuer.Token(tokentest.Scope("photos:count"))
	assert.Equal(t, http.StatusForbidden, h.get("/statistics", user).Code, "there is an owner behind the call")
	assert.Equal(t, http.StatusForbidden, h.get("/statistics", h.owner()).Code)
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	refusals.Test(t, h.issuer, tokentest.HTTPTarget(h.api, func() *http.Request {
		return httptest.NewRequest(http.MethodGet, "/library", nil)
	}), &refusals.Config{Scopes: []string{"photos:read"}, Good: []tokentest.Edit{tokentest.ClientID("busy")}})
}

// What was put together for one caller is for that caller, with those rights.
func TestKeptForTheSameCallerOnly(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		edit tokentest.Edit
		want string
	}{
		"same caller":           {tokentest.Edits(), "hit"},
		"rights in other order": {tokentest.Scope("openid", "photos:read"), "hit"},
		"another owner":         {tokentest.Subject("ben"), "miss"},
		"another client":        {tokentest.ClientID("other"), "miss"},
		"more rights":           {tokentest.Scope("photos:read", "openid", "photos:write"), "miss"},
		"fewer rights":          {tokentest.Scope("photos:read"), "miss"},
		"names run together":    {tokentest.Edits(tokentest.Subject("oliviap"), tokentest.ClientID("rinting")), "miss"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			both := tokentest.Scope("photos:read", "openid")
			require.Equal(t, "miss", h.get("/library", h.owner(both)).Header().Get("X-Cache"))
			w := h.get("/library", h.owner(both, c.edit))
			assert.Equal(t, http.StatusOK, w.Code)
			assert.Equal(t, c.want, w.Header().Get("X-Cache"))
		})
	}
}

func TestKeptForAMoment(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.get("/library", h.owner())
	h.clock.Store(int64(keepFor - time.Second))
	assert.Equal(t, "hit", h.get("/library", h.owner()).Header().Get("X-Cache"))
	h.clock.Store(int64(keepFor))
	assert.Equal(t, "miss", h.get("/library", h.owner()).Header().Get("X-Cache"))
}

// What is kept opens no door: the token is checked first, every time.
func TestKeptBehindTheCheck(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	raw := h.owner(tokentest.ExpiresIn(-28 * time.Second)) // good for a moment, by the leeway
	require.Equal(t, http.StatusOK, h.get("/library", raw).Code)
	h.clock.Store(int64(keepFor - time.Second))
	assert.Equal(t, http.StatusUnauthorized, h.get("/library", raw).Code)
}

func TestEachClientHasOneAllowance(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for range 5 {
		require.Equal(t, http.StatusOK, h.get("/library", h.owner()).Code)
	}
	w := h.get("/library", h.owner())
	assert.Equal(t, http.StatusTooManyRequests, w.Code)
	assert.NotEmpty(t, w.Header().Get("Retry-After"))
	assert.Equal(t, http.StatusTooManyRequests, h.get("/library", h.owner(tokentest.Subject("ben"))).Code,
		"the client has one allowance for all its owners")
	assert.Equal(t, http.StatusOK, h.get("/library", h.owner(tokentest.ClientID("other"))).Code)
}

func TestSpecialAllowance(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	raw := h.owner(tokentest.ClientID("special"))
	for range 8 {
		require.Equal(t, http.StatusOK, h.get("/library", raw).Code)
	}
	assert.Equal(t, http.StatusTooManyRequests, h.get("/library", raw).Code)
}

// Whoever comes without a good token uses up nobody's allowance.
func TestStrangersUseUpNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for range 20 {
		require.Equal(t, http.StatusUnauthorized, h.get("/library", h.owner(tokentest.ExpiresIn(-time.Hour))).Code)
	}
	assert.Equal(t, http.StatusOK, h.get("/library", h.owner()).Code)
}

func TestInternalTrouble(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		photos int
		body   string
		albums error
		want   int
	}{
		"photos unavailable": {503, "", nil, 503},
		"photos refuse":      {401, "", nil, 502},
		"photos fail":        {500, "", nil, 502},
		"photos talk rot":    {200, "<html>", nil, 502},
		"albums unavailable": {200, "{}", status.Error(codes.Unavailable, ""), 503},
		"albums refuse":      {200, "{}", status.Error(codes.PermissionDenied, ""), 502},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.answer(c.photos, c.body, c.albums)
			w := h.get("/library", h.owner())
			assert.Equal(t, c.want, w.Code)
			assert.Equal(t, c.want == http.StatusServiceUnavailable, w.Header().Get("Retry-After") != "")
			h.answer(http.StatusOK, goodPhotos, nil)
			assert.Equal(t, http.StatusOK, h.get("/library", h.owner()).Code, "trouble is not kept")
		})
	}
}
