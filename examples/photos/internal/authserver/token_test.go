package authserver_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func ownToken() url.Values {
	return url.Values{"grant_type": {"client_credentials"}, "scope": {"photos:count"}, "resource": {photos}}
}

func TestClientCredentials(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	resp, body := w.post(ownToken(), nil)
	require.Equal(t, http.StatusOK, resp.StatusCode)
	assert.Equal(t, "no-store", resp.Header.Get("Cache-Control"))
	assert.Equal(t, "Bearer", body["token_type"])
	assert.NotContains(t, body, "id_token")
	_, payload := claims(t, body["access_token"].(string))
	assert.Equal(t, "statistics", payload["sub"], "a client that acts for itself is its own subject")
	assert.Equal(t, "statistics", payload["client_id"])
	assert.Equal(t, "photos:count", payload["scope"])
	assert.NotContains(t, payload, "auth_time")
}

func TestTokenEndpointRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		edit   func(url.Values)
		header func(*http.Request)
		status int
		want   string
	}{
		"wrong secret":    {nil, func(r *http.Request) { r.SetBasicAuth("statistics", "wrong") }, 401, "invalid_client"},
		"empty secret":    {nil, func(r *http.Request) { r.SetBasicAuth("statistics", "") }, 401, "invalid_client"},
		"unknown client":  {nil, func(r *http.Request) { r.SetBasicAuth("nobody", "") }, 401, "invalid_client"},
		"no client":       {nil, func(r *http.Request) { r.Header.Del("Authorization") }, 401, "invalid_client"},
		"secret in form":  {func(f url.Values) { f.Set("client_id", "statistics"); f.Set("client_secret", "statistics secret") }, func(r *http.Request) { r.Header.Del("Authorization") }, 401, "invalid_client"},
		"not a form":      {nil, func(r *http.Request) { r.Header.Set("Content-Type", "application/json") }, 400, "invalid_request"},
		"too long":        {func(f url.Values) { f.Set("x", strings.Repeat("x", 20<<10)) }, nil, 400, "invalid_request"},
		"twice":           {func(f url.Values) { f.Add("scope", "photos:count") }, nil, 400, "invalid_request"},
		"no grant":        {func(f url.Values) { f.Del("grant_type") }, nil, 400, "invalid_request"},
		"password grant":  {func(f url.Values) { f.Set("grant_type", "password") }, nil, 400, "unsupported_grant_type"},
		"no scope":        {func(f url.Values) { f.Del("scope") }, nil, 400, "invalid_scope"},
		"scope of others": {func(f url.Values) { f.Set("scope", "photos:read") }, nil, 400, "invalid_scope"},
		"scope elsewhere": {func(f url.Values) { f.Set("resource", archive) }, nil, 400, "invalid_scope"},
		"unknown target":  {func(f url.Values) { f.Set("resource", "https://evil.example") }, nil, 400, "invalid_target"},
		"client of users": {nil, func(r *http.Request) { r.SetBasicAuth("other", url.QueryEscape("other secret")) }, 400, "unauthorized_client"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			form := ownToken()
			if c.edit != nil {
				c.edit(form)
			}
			resp, body := w.post(form, c.header)
			assert.Equal(t, c.status, resp.StatusCode)
			assert.Equal(t, c.want, body["error"])
			assert.Equal(t, "no-store", resp.Header.Get("Cache-Control"))
			assert.NotContains(t, body, "access_token")
		})
	}
}

func TestTokenEndpointIsForPosts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	resp, _ := w.get("/token?"+ownToken().Encode(), "")
	assert.Equal(t, http.StatusMethodNotAllowed, resp.StatusCode)
	resp, body := w.post(nil, func(r *http.Request) { r.URL.RawQuery = ownToken().Encode() })
	assert.Equal(t, http.StatusBadRequest, resp.StatusCode, "parameters in the URL are not looked at")
	assert.Equal(t, "invalid_request", body["error"])
}
