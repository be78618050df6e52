//go:build interop

package photoserver

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// TestInteropOIDCProvider runs the photo service against an authorization
// server of other people's making, oidc-provider on Node.js, whose discovery,
// key set and RFC 9068 tokens nobody here has written. It needs node, npm and
// the npm registry, hence the build tag.
func TestInteropOIDCProvider(t *testing.T) {
	t.Parallel()
	as := startOIDCProvider(t)
	for _, alg := range []string{"RS256", "PS256", "ES256", "EdDSA"} {
		t.Run(alg, func(t *testing.T) {
			t.Parallel()
			resource := "urn:photos:" + alg
			s := start(t, "-issuer", as.issuer, "-audience", resource)
			reader, writer := as.token(t, resource, "photos:read"), as.token(t, resource, "photos:write")

			code, _, who := s.call("GET /whoami", reader, "")
			assert.Equal(t, http.StatusOK, code)
			assert.Equal(t, map[string]any{"sub": "interop", "client_id": "interop", "scope": "photos:read", "subject_kind": "client", "iss": as.issuer}, who)
			assertStatus(t, s, "GET /photos", reader, http.StatusOK)
			assertStatus(t, s, "POST /photos", reader, http.StatusForbidden)
			assertStatus(t, s, "POST /photos", writer, http.StatusCreated)
			assertStatus(t, s, "GET /photos", writer, http.StatusForbidden)
			assertStatus(t, s, "GET /photos", "", http.StatusUnauthorized)
			assertStatus(t, s, "GET /photos", tampered(reader), http.StatusUnauthorized)

			require.NoError(t, s.list(bearing(t, reader)))
			assert.Equal(t, codes.PermissionDenied, status.Code(s.list(bearing(t, writer))))
			assert.Equal(t, codes.Unauthenticated, status.Code(s.list(bearing(t, tampered(reader)))))
		})
	}
	t.Run("another resource", func(t *testing.T) {
		t.Parallel()
		s := start(t, "-issuer", as.issuer, "-audience", "urn:photos:other")
		assertStatus(t, s, "GET /photos", as.token(t, "urn:photos:RS256", "photos:read"), http.StatusUnauthorized)
	})
	t.Run("permissions", func(t *testing.T) {
		t.Parallel()
		checkPermissions(t, as)
	})
	t.Run("realm", func(t *testing.T) {
		t.Parallel()
		checkRealm(t, as)
	})
	t.Run("opaque", func(t *testing.T) {
		t.Parallel()
		s := start(t, "-issuer", as.issuer, "-audience", "urn:photos:opaque")
		assertStatus(t, s, "GET /photos", as.token(t, "urn:photos:opaque", "photos:read"), http.StatusUnauthorized)
	})
}

// checkPermissions has tokens of RFC 9068 with a claim more, which is another
// set of rights than their scopes.
func checkPermissions(t *testing.T, as *oidcProvider) {
	t.Helper()
	const resource = "urn:photos:permissions"
	cfg := token.Config{Issuer: as.issuer, Audience: []string{resource}}
	cfg.Profile.Sets = map[string][]token.Source{"permissions": {{Claim: "permissions"}}}
	raw := as.token(t, resource, "photos:write")
	sets := map[string][]string{"permissions": {"photos:read", "photos:count"}}
	newGuards(t, verifierOf(t, cfg), scope.AllOf("permissions", "photos:count", "photos:read")).check(t, map[string]presented{
		"all of two": {raw, admitted, seen{"interop", "interop", token.SubjectClient, []string{"photos:write"}, sets}},
		"tampered":   {raw: forged(t, raw, members{"sub": "olivia"}), want: unauthenticated("signature")},
		"opaque":     {raw: as.token(t, "urn:photos:opaque", "photos:read"), want: unauthenticated("malformed")},
	})
	newGuards(t, verifierOf(t, cfg), scope.AllOf("permissions", "photos:write")).check(t, map[string]presented{
		"scope among permissions": {raw: raw, want: denied},
	})
	newGuards(t, verifierOf(t, cfg), scope.All("photos:read")).check(t, map[string]presented{
		"permission among scopes": {raw: raw, want: lacksScope},
	})
}

// checkRealm has tokens of the shape of Keycloak's.
func checkRealm(t *testing.T, as *oidcProvider) {
	t.Helper()
	const resource = "urn:photos:realm"
	cfg := token.Config{Issuer: as.issuer, Audience: []string{resource, "urn:photos:RS256"}}
	raw := as.token(t, resource, "photos:read")
	newGuards(t, verifierOf(t, cfg), scope.All("photos:read")).check(t, map[string]presented{
		"as RFC 9068": {raw: raw, want: unauthenticated("type")},
	})

	cfg.Profile = token.Profile{
		Types:         []string{"JWT", "at+jwt"},
		ClientIDClaim: "azp",
		Required:      []string{"sub", "iat", "jti"},
		Sets:          map[string][]token.Source{"roles": {{Path: []string{"realm_access", "roles"}}, {Path: []string{"resource_access", "photos.api", "roles"}}}},
		Rules:         []token.Mark{{Claim: "typ", Values: []string{"Bearer"}}},
		Clients:       []token.Mark{{Claim: "preferred_username", Prefix: "service-account-"}},
	}
	roles := map[string][]string{"roles": {"offline_access", "reader", "counter"}}
	newGuards(t, verifierOf(t, cfg), scope.AllOf("roles", "reader", "counter")).check(t, map[string]presented{
		"roles":                    {raw, admitted, seen{"interop", "interop", token.SubjectClient, []string{"photos:read"}, roles}},
		"without the rule's claim": {raw: as.token(t, "urn:photos:RS256", "photos:read"), want: unauthenticated("claim")},
		"tampered":                 {raw: forged(t, raw, members{"realm_access": members{"roles": []string{"admin"}}}), want: unauthenticated("signature")},
	})
	newGuards(t, verifierOf(t, cfg), scope.AllOf("roles", "admin")).check(t, map[string]presented{
		"role in another service": {raw: raw, want: denied},
	})
}

func assertStatus(t *testing.T, s *running, route, bearer string, want int) {
	t.Helper()
	code, _, _ := s.call(route, bearer, `{"title": "Harbour at dawn"}`)
	assert.Equal(t, want, code, route)
}

// tampered claims to be for someone else.
func tampered(raw string) string {
	parts := strings.Split(raw, ".")
	b := []byte(parts[1])
	b[len(b)/2] ^= 1 // another letter of the same alphabet, or no JSON any more
	return parts[0] + "." + string(b) + "." + parts[2]
}

// oidcProvider is the authorization server under test.
type oidcProvider struct{ issuer string }

func startOIDCProvider(t *testing.T) *oidcProvider {
	t.Helper()
	return &oidcProvider{issuer: startNode(t, "oidc-provider")}
}

// token gets an access token by the client credentials grant.
func (as *oidcProvider) token(t *testing.T, resource, scope string) string {
	t.Helper()
	form := url.Values{"grant_type": {"client_credentials"}, "resource": {resource}, "scope": {scope}}
	req, err := http.NewRequestWithContext(t.Context(), "POST", as.issuer+"/token", strings.NewReader(form.Encode()))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth("interop", "not-a-secret")
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	var answer struct {
		AccessToken string `json:"access_token"`
		Error       string `json:"error_description"`
	}
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&answer))
	require.Equal(t, http.StatusOK, resp.StatusCode, answer.Error)
	return answer.AccessToken
}
