//go:build interop

package photoserver

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// mockIssuer is an issuer of oauth2-mock-server, a server of other people's
// making that signs whatever it is told to.
type mockIssuer struct{ origin, identifier string }

// hosted is a mockIssuer that is to be. Each of its keys, by key id, may say in
// its member issuer that it signs for the issuer below another path.
type hosted struct {
	Path string             `json:"path"`
	Keys map[string]*string `json:"keys"`
}

// startMock starts issuers that share a host.
func startMock(t *testing.T, list ...hosted) []mockIssuer {
	t.Helper()
	text, err := json.Marshal(list)
	require.NoError(t, err)
	origin := startNode(t, "oauth2-mock-server", string(text))
	issuers := make([]mockIssuer, len(list))
	for i, h := range list {
		issuers[i] = mockIssuer{origin, origin + h.Path}
	}
	return issuers
}

// members are those of a header or a claim set that differ from what the
// server issues by itself. Nil takes a member out.
type members map[string]any

// with is m with more of them.
func (m members) with(more members) members {
	all := maps.Clone(m)
	maps.Copy(all, more)
	return all
}

// edit is how a token differs.
type edit struct {
	Header members `json:"header,omitempty"`
	Claims members `json:"claims,omitempty"`
}

// issued is an answer of the token endpoint.
type issued struct {
	Access  string `json:"access_token"`
	ID      string `json:"id_token"`
	Refresh string `json:"refresh_token"`
}

// app is the client credentials grant.
func (i mockIssuer) app(t *testing.T, access edit) string {
	t.Helper()
	return i.token(t, url.Values{"grant_type": {"client_credentials"}}, access, edit{}).Access
}

// user is the authorization code grant. The user consents at once.
func (i mockIssuer) user(t *testing.T, clientID string, access, id edit) issued {
	t.Helper()
	form := url.Values{"grant_type": {"authorization_code"}, "client_id": {clientID}, "code": {i.code(t)}}
	return i.token(t, form, access, id)
}

func (i mockIssuer) code(t *testing.T) string {
	t.Helper()
	query := url.Values{"response_type": {"code"}, "redirect_uri": {"http://127.0.0.1/callback"}, "nonce": {"n-0S6_WzA2Mj"}}
	req, err := http.NewRequestWithContext(t.Context(), "GET", i.identifier+"/authorize?"+query.Encode(), nil)
	require.NoError(t, err)
	resp, err := http.DefaultTransport.RoundTrip(req) // which follows no redirect
	require.NoError(t, err)
	_ = resp.Body.Close()
	redirect, err := resp.Location()
	require.NoError(t, err)
	return redirect.Query().Get("code")
}

func (i mockIssuer) token(t *testing.T, form url.Values, access, id edit) (answer issued) {
	t.Helper()
	for name, e := range map[string]edit{"access": access, "id": id} {
		text, err := json.Marshal(e)
		require.NoError(t, err)
		form.Set(name, string(text))
	}
	req, err := http.NewRequestWithContext(t.Context(), "POST", i.identifier+"/token", strings.NewReader(form.Encode()))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	require.Equal(t, http.StatusOK, resp.StatusCode)
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&answer))
	return answer
}
