//go:build interop

package introspection_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/introspect"
)

// TestInteropZITADEL asks the provider of zitadel/oidc, whose answers have neither
// an issuer nor an audience: the endpoint itself answers for the tokens of the
// client that asks, and for no other.
func TestInteropZITADEL(t *testing.T) {
	t.Parallel()
	// Its service user gets tokens; as a client of this name it may ask about them.
	storage.RegisterClients(storage.WebClient("sid1", "verysecret"))
	for name, wrapped := range map[string]bool{"router": false, "server": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkZITADEL(t, startZITADEL(t, wrapped))
		})
	}
}

func checkZITADEL(t *testing.T, issuer string) {
	t.Helper()
	photos := client{"sid1", "verysecret", issuer + "oauth/token", issuer + "revoke"}
	base := introspect.Config{
		Issuer: issuer, Audience: []string{"urn:photos"}, AllowMissingAudience: true, GoodFor: -1, BadFor: -1,
		Profile:     token.Profile{Required: []string{"sub"}},
		Credentials: introspect.Basic("sid1", "verysecret"),
	}
	s := newService(t, base, scope.All("photos:read"))
	reader := photos.token(t, url.Values{"scope": {"openid photos:read"}})
	s.mustAnswer(reader, http.StatusNoContent, "")
	s.mustAnswer(photos.token(t, url.Values{"scope": {"openid photos:write"}}), http.StatusForbidden, "scope")
	s.mustAnswer(reader[1:], http.StatusUnauthorized, "inactive")
	photos.revoke(t, reader)
	s.mustAnswer(reader, http.StatusUnauthorized, "inactive")

	strict := base
	strict.AllowMissingAudience = false
	newService(t, strict, scope.All("photos:read")).mustAnswer(
		photos.token(t, url.Values{"scope": {"openid photos:read"}}), http.StatusUnauthorized, "audience")

	refused := base
	refused.Credentials = introspect.Basic("sid1", "another")
	other := newService(t, refused, scope.All("photos:read"))
	other.mustAnswer(photos.token(t, url.Values{"scope": {"openid photos:read"}}), http.StatusServiceUnavailable, "introspection_unavailable")
	assert.True(t, other.auth.Status().CredentialsRefused)
}

// users is the storage of the provider's example, whose client credentials are for
// a service user that its introspection does not find, and its revocation neither.
type users struct{ *storage.Storage }

func (u users) ClientCredentialsTokenRequest(ctx context.Context, clientID string, scopes []string) (op.TokenRequest, error) {
	made, err := u.Storage.ClientCredentialsTokenRequest(ctx, clientID, scopes)
	if request, ok := made.(*oidc.JWTTokenRequest); ok {
		request.Subject = "id1"
	}
	return made, err
}

func (u users) RevokeToken(ctx context.Context, token, userID, _ string) *oidc.Error {
	return u.Storage.RevokeToken(ctx, token, userID, "")
}

// startZITADEL serves until the test ends.
func startZITADEL(t *testing.T, wrapped bool) (issuer string) {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	issuer = "http://" + server.Listener.Addr().String() + "/"
	store := users{storage.NewStorage(storage.NewUserStore(issuer))}
	server.Config.Handler = exampleop.SetupServer(issuer, store, slog.New(slog.NewTextHandler(io.Discard, nil)), wrapped)
	server.Start()
	t.Cleanup(server.Close)
	response, err := server.Client().Get(issuer + "healthz")
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	return issuer
}
