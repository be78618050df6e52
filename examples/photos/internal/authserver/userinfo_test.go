package authserver_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"
)

func (w *world) tokens(edit func(url.Values)) *oauth2.Token {
	w.t.Helper()
	verifier := oauth2.GenerateVerifier()
	tok, err := w.exchange(w.code(verifier, edit), verifier)
	require.NoError(w.t, err)
	return tok
}

func TestUserinfo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tok := w.tokens(func(q url.Values) { q.Del("resource"); q.Set("scope", "openid profile") })
	resp, body := w.get("/userinfo", tok.AccessToken)
	assert.Equal(t, http.StatusOK, resp.StatusCode)
	assert.Equal(t, map[string]any{"sub": "user-1", "name": "Olivia Owner"}, body, "the e-mail address was not asked for")
}

// The server issued every one of these tokens; none is for its userinfo.
func TestUserinfoRefusesTokensForOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tok := w.tokens(func(q url.Values) { q.Set("scope", "openid photos:read") })
	_, own := w.post(ownToken(), nil)
	for name, raw := range map[string]string{
		"none":               "",
		"for the photos":     tok.AccessToken,
		"ID token":           tok.Extra("id_token").(string),
		"client credentials": own["access_token"].(string),
	} {
		resp, _ := w.get("/userinfo", raw)
		assert.Equal(t, http.StatusUnauthorized, resp.StatusCode, name)
		assert.Contains(t, resp.Header.Get("WWW-Authenticate"), `Bearer realm="userinfo"`, name)
	}
}
