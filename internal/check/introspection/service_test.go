//go:build interop

package introspection_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/introspect"
	"github.com/postern-go/postern/token/tokentest"
)

// service is one that asks an authorization server.
type service struct {
	t      *testing.T
	auth   *introspect.Authenticator
	target tokentest.Target
	last   error // of the last call, as operators see it
}

func newService(t *testing.T, cfg introspect.Config, policy scope.Policy) *service {
	t.Helper()
	auth, err := introspect.New(cfg)
	require.NoError(t, err)
	s := &service{t: t, auth: auth}
	decided := func(_ context.Context, d scope.Decision) { s.last = d.Err }
	guard := middleware.New(auth, &middleware.Config{Trace: &scope.Trace{Allowed: decided, Refused: decided}})
	served := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	s.target = tokentest.HTTPTarget(guard.Require(policy)(served), nil)
	return s
}

// mustAnswer presents a token, and compares the status and the operator's reason.
func (s *service) mustAnswer(raw string, status int, reason string) {
	s.t.Helper()
	answer := s.target(s.t.Context(), tokentest.Credentials{Authorization: []string{"Bearer " + raw}})
	assert.Equal(s.t, status, answer.Status, "%v", s.last)
	assert.Equal(s.t, reason, token.Reason(s.last), "%v", s.last)
}

// client is one of the authorization server, with its tokens.
type client struct{ id, secret, tokens, revocation string }

// post sends a form as the client, and returns the members of the answer.
func (c client) post(t *testing.T, target string, form url.Values) map[string]any {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, target, strings.NewReader(form.Encode()))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(url.QueryEscape(c.id), url.QueryEscape(c.secret))
	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	var members map[string]any
	_ = json.NewDecoder(response.Body).Decode(&members)
	require.Equal(t, http.StatusOK, response.StatusCode, "%v", members)
	return members
}

// token gets an access token by the client credentials grant.
func (c client) token(t *testing.T, form url.Values) string {
	t.Helper()
	form.Set("grant_type", "client_credentials")
	raw, _ := c.post(t, c.tokens, form)["access_token"].(string)
	require.NotEmpty(t, raw)
	return raw
}

func (c client) revoke(t *testing.T, raw string) {
	t.Helper()
	c.post(t, c.revocation, url.Values{"token": {raw}})
}
