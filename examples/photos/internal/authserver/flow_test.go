package authserver_test

import (
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"
)

func TestCodeFlow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	verifier := oauth2.GenerateVerifier()
	page := w.signIn(w.authURL(verifier, func(q url.Values) { q.Set("scope", "openid photos:read"); q.Set("nonce", "n-1") }))
	assert.Contains(t, page.Text, "Allow Prints access?")
	assert.Contains(t, page.Text, "look at your photos")
	assert.Contains(t, page.Text, "Signed in as Olivia Owner")

	_, err := w.browser.Submit(t.Context(), page, nil, "Allow")
	require.NoError(t, err)
	assert.Equal(t, "the-state", w.answer().Get("state"))
	assert.Equal(t, w.issuer, w.answer().Get("iss"))

	tok, err := w.exchange(w.answer().Get("code"), verifier)
	require.NoError(t, err)
	header, payload := claims(t, tok.AccessToken)
	assert.Equal(t, "at+jwt", header["typ"])
	assert.Equal(t, w.srv.Keys().Signing(), header["kid"])
	assert.Equal(t, w.issuer, payload["iss"])
	assert.Equal(t, "user-1", payload["sub"])
	assert.Equal(t, photos, payload["aud"])
	assert.Equal(t, "printing", payload["client_id"])
	assert.Equal(t, "photos:read", payload["scope"], "openid means nothing to the photo service")
	assert.NotEmpty(t, payload["jti"])
	assert.InDelta(t, 600, payload["exp"].(float64)-payload["iat"].(float64), 0)

	idToken, _ := tok.Extra("id_token").(string)
	header, payload = claims(t, idToken)
	assert.Equal(t, "JWT", header["typ"])
	assert.Equal(t, "printing", payload["aud"])
	assert.Equal(t, "n-1", payload["nonce"])
	assert.Equal(t, []string{host(t, w.issuer)}, w.browser.HostsThatSaw(passphrase))
}

func TestConsentDenied(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	page := w.signIn(w.authURL(oauth2.GenerateVerifier(), nil))
	_, err := w.browser.Submit(t.Context(), page, nil, "Deny")
	require.NoError(t, err)
	assert.Equal(t, "access_denied", w.answer().Get("error"))
	assert.Equal(t, "the-state", w.answer().Get("state"))
	assert.Empty(t, w.answer().Get("code"))
}

func TestWrongPassword(t *testing.T) {
	t.Parallel()
	for name, typed := range map[string]map[string]string{
		"password": {"username": "olivia", "password": "a walk by the see"},
		"user":     {"username": "nobody", "password": passphrase},
		"empty":    {"username": "olivia", "password": ""},
		"neither":  {"username": "nobody", "password": ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			page, err := w.browser.Open(t.Context(), w.authURL(oauth2.GenerateVerifier(), nil))
			require.NoError(t, err)
			page, err = w.browser.Submit(t.Context(), page, typed, "Sign in")
			require.NoError(t, err)
			assert.Equal(t, 401, page.Status)
			assert.Contains(t, page.Text, "User name or password is wrong.")
			assert.Zero(t, w.calledBack())
		})
	}
}

func TestGuessingIsLimited(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	page, err := w.browser.Open(t.Context(), w.authURL(oauth2.GenerateVerifier(), nil))
	require.NoError(t, err)
	for range 10 {
		// Too long to be hashed: the guess counts and the test stays fast.
		page, err = w.browser.Submit(t.Context(), page, map[string]string{"username": "olivia", "password": string(make([]byte, 300))}, "Sign in")
		require.NoError(t, err)
	}
	page, err = w.browser.Submit(t.Context(), page, map[string]string{"username": "olivia", "password": passphrase}, "Sign in")
	require.NoError(t, err)
	assert.Equal(t, 401, page.Status, "the right password after too many wrong ones")
}

// Each case presents a good code in one wrong way.
func TestCodeMisused(t *testing.T) {
	t.Parallel()
	for name, use := range map[string]func(*world, string, string) (*oauth2.Token, error){
		"wrong verifier": func(w *world, code, _ string) (*oauth2.Token, error) {
			return w.exchange(code, oauth2.GenerateVerifier())
		},
		"PKCE left out": func(w *world, code, _ string) (*oauth2.Token, error) {
			return w.client.Exchange(w.t.Context(), code)
		},
		"challenge as plain verifier": func(w *world, code, verifier string) (*oauth2.Token, error) {
			return w.exchange(code, oauth2.S256ChallengeFromVerifier(verifier))
		},
		"verifier too short": func(w *world, code, _ string) (*oauth2.Token, error) {
			return w.exchange(code, "short")
		},
		"another redirect URI": func(w *world, code, verifier string) (*oauth2.Token, error) {
			w.client.RedirectURL += "/"
			return w.exchange(code, verifier)
		},
		"another client": func(w *world, code, verifier string) (*oauth2.Token, error) {
			w.client.ClientID, w.client.ClientSecret = "other", "other secret"
			return w.exchange(code, verifier)
		},
		"too late": func(w *world, code, verifier string) (*oauth2.Token, error) {
			w.clock.Store(int64(time.Minute))
			return w.exchange(code, verifier)
		},
		"a second time": func(w *world, code, verifier string) (*oauth2.Token, error) {
			_, err := w.exchange(code, verifier)
			require.NoError(w.t, err)
			return w.exchange(code, verifier)
		},
		"after a failure": func(w *world, code, verifier string) (*oauth2.Token, error) {
			_, err := w.exchange(code, oauth2.GenerateVerifier())
			require.Error(w.t, err)
			return w.exchange(code, verifier)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			verifier := oauth2.GenerateVerifier()
			tok, err := use(w, w.code(verifier, nil), verifier)
			var refused *oauth2.RetrieveError
			require.ErrorAs(t, err, &refused)
			assert.Equal(t, "invalid_grant", refused.ErrorCode)
			assert.Nil(t, tok)
		})
	}
}

func TestWrongClientSecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	verifier := oauth2.GenerateVerifier()
	code := w.code(verifier, nil)
	w.client.ClientSecret += "x"
	_, err := w.exchange(code, verifier)
	var refused *oauth2.RetrieveError
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, "invalid_client", refused.ErrorCode)
	assert.Equal(t, 401, refused.Response.StatusCode)
	assert.Contains(t, refused.Response.Header.Get("WWW-Authenticate"), "Basic")

	w.client.ClientSecret = secret
	_, err = w.exchange(code, verifier)
	assert.NoError(t, err, "a stranger without the secret must not be able to burn a code")
}

func TestResourceOfTheCode(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	verifier := oauth2.GenerateVerifier()
	_, err := w.client.Exchange(t.Context(), w.code(verifier, nil), oauth2.VerifierOption(verifier),
		oauth2.SetAuthURLParam("resource", archive))
	var refused *oauth2.RetrieveError
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, "invalid_target", refused.ErrorCode)
}

func host(t *testing.T, raw string) string {
	t.Helper()
	u, err := url.Parse(raw)
	require.NoError(t, err)
	return u.Host
}
