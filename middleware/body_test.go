package middleware_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

const docs = "https://docs.example.com/errors"

// refusal answers err by WriteError of a Middleware with the Body.
func refusal(t *testing.T, body middleware.Body, r *http.Request, err error) *http.Response {
	t.Helper()
	auth := middleware.New(says(nil, token.ErrMissing), &middleware.Config{Resource: scope.Resource{Documentation: docs}, Body: body})
	rec := httptest.NewRecorder()
	rec.Header().Set("Etag", `"1"`)
	auth.WriteError(rec, r, err)
	return rec.Result()
}

// A body tells what the status and the challenge tell, and changes neither.
func TestBodiesOfRefusals(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err     error
		outcome string
		code    string
		text    string
		scope   string
	}{
		"missing":      {token.ErrMissing, "missing", "credentials_missing", "An access token is required", ""},
		"request":      {token.ErrRequest, "request", "invalid_request", "Malformed credentials", ""},
		"expired":      {token.ErrExpired, "invalid", "invalid_token", "The access token has expired", ""},
		"scope":        {&token.ScopeError{Need: []string{"a", "b"}}, "scope", "insufficient_scope", "The access token lacks a required scope", "a b"},
		"step-up":      {&token.StepUpError{}, "step_up", "insufficient_user_authentication", "A different or more recent authentication is required", ""},
		"denied":       {token.ErrSubjectUnknown, "denied", "access_denied", "Access denied", ""},
		"unavailable":  {token.ErrUnavailable, "unavailable", "unavailable", "The access token cannot be checked at the moment", ""},
		"keys":         {token.ErrKeysUnavailable, "unavailable", "keys_unavailable", "The access token cannot be checked at the moment", ""},
		"of elsewhere": {io.EOF, "unavailable", "unavailable", "The access token cannot be checked at the moment", ""},
		"nil":          {nil, "unavailable", "unavailable", "The access token cannot be checked at the moment", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bare := refusal(t, nil, request("Bearer x"), c.err)
			assert.Empty(t, body(t, bare))
			var got middleware.Refusal
			resp := refusal(t, func(_ *http.Request, x middleware.Refusal) (string, []byte) {
				got = x
				return middleware.ProblemJSON(nil, x)
			}, request("Bearer x"), c.err)
			assert.Equal(t, middleware.Refusal{
				Status: bare.StatusCode, Outcome: c.outcome, Code: c.code, Sentence: c.text, Scope: c.scope, Documentation: docs,
			}, got)
			text := body(t, resp)
			assert.Equal(t, bare.StatusCode, resp.StatusCode)
			assert.Equal(t, "application/problem+json", resp.Header.Get("Content-Type"))
			assert.Equal(t, strconv.Itoa(len(text)), resp.Header.Get("Content-Length"))
			for _, field := range []string{"Www-Authenticate", "Cache-Control", "Retry-After", "Etag"} {
				assert.Equal(t, bare.Header[field], resp.Header[field], field)
			}
			var problem map[string]any
			require.NoError(t, json.Unmarshal([]byte(text), &problem))
			want := map[string]any{
				"type": docs, "title": http.StatusText(bare.StatusCode), "status": float64(bare.StatusCode), "detail": c.text, "error": c.code,
			}
			if c.scope != "" {
				want["scope"] = c.scope
			}
			assert.Equal(t, want, problem)
		})
	}
}

func TestBodiesLeftOut(t *testing.T) {
	t.Parallel()
	for name, b := range map[string]middleware.Body{
		"nil":     nil,
		"no type": func(*http.Request, middleware.Refusal) (string, []byte) { return "", []byte("text") },
		"no text": func(*http.Request, middleware.Refusal) (string, []byte) { return "text/plain", nil },
	} {
		resp := refusal(t, b, request(), token.ErrMissing)
		assert.Empty(t, body(t, resp), name)
		assert.Equal(t, "0", resp.Header.Get("Content-Length"), name)
		assert.Empty(t, resp.Header["Content-Type"], name)
	}
	head := request()
	head.Method = http.MethodHead
	resp := refusal(t, middleware.ProblemJSON, head, token.ErrMissing)
	assert.Empty(t, body(t, resp))
	assert.Equal(t, "application/problem+json", resp.Header.Get("Content-Type"))
}

// A Body sees the caller's preferences and none of its credentials, and edits
// nothing of the request.
func TestBodySeesNoCredentials(t *testing.T) {
	t.Parallel()
	r := request("Bearer secret.secret.secret")
	r.Header.Set("Accept-Language", "de")
	r.Header.Set("Cookie", "session=secret.secret.secret; theme=dark")
	resp := refusal(t, func(r *http.Request, _ middleware.Refusal) (string, []byte) {
		assert.NotContains(t, r.Header, "Authorization")
		assert.Equal(t, "theme=dark", r.Header.Get("Cookie"))
		return "text/plain", []byte(r.Header.Get("Accept-Language"))
	}, r, token.ErrExpired)
	assert.Equal(t, "de", body(t, resp))
	assert.Equal(t, "Bearer secret.secret.secret", r.Header.Get("Authorization"))
}
