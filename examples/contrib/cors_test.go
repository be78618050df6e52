package contrib_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/rs/cors"
	"github.com/stretchr/testify/assert"

	"github.com/postern-go/postern/examples/contrib"
	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token/tokentest"
)

const pageOrigin = "https://shop.example.com"

// corsShop is the shop for scripts of the page.
func corsShop(auth *middleware.Middleware) http.Handler {
	return contrib.CORS(auth.RequireDecision(contrib.PosternMux(auth)), pageOrigin)
}

// preflight is what a browser asks before a call with an Authorization field. It
// never carries one itself.
func preflight(origin string) *http.Request {
	r := httptest.NewRequest(http.MethodOptions, "/orders/7", nil)
	r.Header.Set("Origin", origin)
	r.Header.Set("Access-Control-Request-Method", http.MethodGet)
	r.Header.Set("Access-Control-Request-Headers", "authorization")
	return r
}

func answer(h http.Handler, r *http.Request) *http.Response {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func TestCORSPreflight(t *testing.T) {
	t.Parallel()
	_, auth := newAuth(t)
	resp := answer(corsShop(auth), preflight(pageOrigin))
	assert.Equal(t, http.StatusNoContent, resp.StatusCode)
	assert.Equal(t, pageOrigin, resp.Header.Get("Access-Control-Allow-Origin"))
	assert.Equal(t, "authorization", resp.Header.Get("Access-Control-Allow-Headers"))

	resp = answer(corsShop(auth), preflight("https://evil.example"))
	assert.Empty(t, resp.Header.Get("Access-Control-Allow-Origin"))
}

// A script sees why it was refused.
func TestCORSRefusal(t *testing.T) {
	t.Parallel()
	issuer, auth := newAuth(t)
	for raw, status := range map[string]int{"": 401, issuer.Token(): 403, issuer.Token(tokentest.Scope("orders:read")): 200} {
		r := httptest.NewRequest(http.MethodGet, "/orders/7", nil)
		r.Header.Set("Origin", pageOrigin)
		if raw != "" {
			r.Header.Set("Authorization", "Bearer "+raw)
		}
		resp := answer(corsShop(auth), r)
		assert.Equal(t, status, resp.StatusCode)
		assert.Equal(t, pageOrigin, resp.Header.Get("Access-Control-Allow-Origin"))
		assert.Equal(t, "Www-Authenticate, Retry-After", resp.Header.Get("Access-Control-Expose-Headers"))
		assert.Contains(t, resp.Header.Values("Vary"), "Origin")
	}
}

// In the wrong order the browser never gets as far as the call.
func TestCORSInsideOfTheGuard(t *testing.T) {
	t.Parallel()
	_, auth := newAuth(t)
	wrong := auth.Require(scope.Authenticated)(cors.AllowAll().Handler(http.NotFoundHandler()))
	resp := answer(wrong, preflight(pageOrigin))
	assert.Equal(t, http.StatusUnauthorized, resp.StatusCode)
	assert.Empty(t, resp.Header.Get("Access-Control-Allow-Origin"))
}
