package authserver_test

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"
)

// What is wrong with a request is told to the client, at its redirect URI.
func TestAuthorizeRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		edit func(url.Values)
		want string
	}{
		"no PKCE":               {func(q url.Values) { q.Del("code_challenge"); q.Del("code_challenge_method") }, "invalid_request"},
		"PKCE plain":            {func(q url.Values) { q.Set("code_challenge_method", "plain") }, "invalid_request"},
		"PKCE plain by silence": {func(q url.Values) { q.Del("code_challenge_method") }, "invalid_request"},
		"challenge too short":   {func(q url.Values) { q.Set("code_challenge", "abc") }, "invalid_request"},
		"challenge not base64":  {func(q url.Values) { q.Set("code_challenge", string(make([]byte, 43))) }, "invalid_request"},
		"parameter twice":       {func(q url.Values) { q.Add("scope", "photos:write") }, "invalid_request"},
		"no response type":      {func(q url.Values) { q.Del("response_type") }, "invalid_request"},
		"implicit flow":         {func(q url.Values) { q.Set("response_type", "token") }, "unsupported_response_type"},
		"no scope":              {func(q url.Values) { q.Del("scope") }, "invalid_scope"},
		"scope of others":       {func(q url.Values) { q.Set("scope", "photos:read photos:write") }, "invalid_scope"},
		"scope unknown there":   {func(q url.Values) { q.Del("resource") }, "invalid_scope"},
		"unknown resource":      {func(q url.Values) { q.Set("resource", "https://evil.example") }, "invalid_target"},
		"silent":                {func(q url.Values) { q.Set("prompt", "none") }, "interaction_required"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			_, err := w.browser.Open(t.Context(), w.authURL(oauth2.GenerateVerifier(), c.edit))
			require.NoError(t, err)
			assert.Equal(t, c.want, w.answer().Get("error"))
			assert.Equal(t, "the-state", w.answer().Get("state"))
			assert.Equal(t, w.issuer, w.answer().Get("iss"))
		})
	}
}

// An address that nobody has vouched for is never redirected to.
func TestAuthorizeDoesNotRedirectToStrangers(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string]func(url.Values){
		"no redirect URI":       func(q url.Values) { q.Del("redirect_uri") },
		"longer path":           func(q url.Values) { q.Set("redirect_uri", q.Get("redirect_uri")+"/more") },
		"with query":            func(q url.Values) { q.Set("redirect_uri", q.Get("redirect_uri")+"?a=b") },
		"dots":                  func(q url.Values) { q.Set("redirect_uri", q.Get("redirect_uri")+"/../callback") },
		"other host":            func(q url.Values) { q.Set("redirect_uri", "https://evil.example/callback") },
		"twice":                 func(q url.Values) { q.Add("redirect_uri", "https://evil.example/callback") },
		"unknown client":        func(q url.Values) { q.Set("client_id", "nobody") },
		"client without a flow": func(q url.Values) { q.Set("client_id", "statistics") },
		"no client":             func(q url.Values) { q.Del("client_id") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			page, err := w.browser.Open(t.Context(), w.authURL(oauth2.GenerateVerifier(), edit))
			require.NoError(t, err)
			assert.Equal(t, 400, page.Status)
			assert.Contains(t, page.Text, "This did not work")
			assert.Zero(t, w.calledBack())
		})
	}
}

func TestSignedInOnceIsAskedAgainForConsent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.code(oauth2.GenerateVerifier(), nil)
	page, err := w.browser.Open(t.Context(), w.authURL(oauth2.GenerateVerifier(), nil))
	require.NoError(t, err)
	assert.Equal(t, "/consent", page.URL.Path)
	assert.Equal(t, 1, w.calledBack(), "consent is asked for every time")
}
