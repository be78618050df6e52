package photoserver

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"

	pb "github.com/postern-go/postern/examples/internal/photospb"
	"github.com/postern-go/postern/examples/internal/photosvc"
	"github.com/postern-go/postern/grpcauth/grpcauthtest"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token/introspect"
	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/refusals"
)

// The attacks on services for opaque tokens, over both transports.
func TestOpaqueTokensRefuse(t *testing.T) {
	t.Parallel()
	for name, target := range map[string]func(*testing.T, service) tokentest.Target{
		"HTTP": func(_ *testing.T, s service) tokentest.Target {
			return tokentest.HTTPTarget(s.http, func() *http.Request { return httptest.NewRequest(http.MethodGet, "/photos", nil) })
		},
		"gRPC": func(t *testing.T, s service) tokentest.Target {
			photos := pb.NewPhotoServiceClient(grpcauthtest.Serve(t, s.grpc))
			return grpcauthtest.Target(func(ctx context.Context, opts ...grpc.CallOption) error {
				_, err := photos.ListPhotos(ctx, &pb.ListPhotosRequest{}, opts...)
				return err
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				issuer := tokentest.NewIssuer(t, &tokentest.Options{Audience: []string{audience}})
				us := issuer.Introspectors()[0]
				auth, err := introspect.New(introspect.Config{
					Issuer: issuer.Identifier(), Audience: []string{audience}, HTTPClient: issuer.Client(),
					Credentials: introspect.Basic(us.ID, us.Secret),
				})
				require.NoError(t, err)
				s, err := newService(auth, photosvc.Operations(), scope.Resource{Realm: "photos"}, refusalsTo(io.Discard), nil)
				require.NoError(t, err)
				for _, r := range refusals.Run(t.Context(), issuer, target(t, s), &refusals.Config{Scopes: []string{"photos:read"}, Opaque: true}) {
					assert.NoError(t, r.Err, r.Attack.Name)
				}
			})
		})
	}
}

// With the flags, over the network: both kinds of token, or one.
func TestOpaqueTokensOverTheNetwork(t *testing.T) {
	t.Parallel()
	issuer := tokentest.NewLoopbackIssuer(t, &tokentest.Options{Audience: []string{audience}, Introspectors: []tokentest.Introspector{{ID: "photos", Secret: "hush hush"}}})
	secret := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(secret, []byte("hush hush\n"), 0o600))
	for opaque, beside := range map[string]bool{"only": false, "beside-jwt": true} {
		t.Run(opaque, func(t *testing.T) {
			t.Parallel()
			s := start(t, "-issuer", issuer.Identifier(), "-audience", audience,
				"-introspect", "discover", "-introspect-client", "photos", "-introspect-secret-file", secret, "-opaque", opaque)
			read := tokentest.Scope("photos:read")
			good, revoked, jwt := issuer.Opaque(read), issuer.Opaque(read), issuer.Token(read)
			issuer.Revoke(revoked)
			forged := issuer.Token(read, tokentest.Key(issuer.ForeignKey("ES256", issuer.SigningKey().ID)))
			for raw, want := range map[string]int{
				good: http.StatusOK, revoked: http.StatusUnauthorized, jwt: http.StatusOK, forged: http.StatusUnauthorized,
				issuer.Opaque(): http.StatusForbidden, issuer.Opaque(read, tokentest.Audience("https://other.example")): http.StatusUnauthorized,
			} {
				code, _, _ := s.call("GET /photos", raw, "")
				assert.Equal(t, want, code)
				assert.Equal(t, want == http.StatusOK, s.list(bearing(t, raw)) == nil)
			}
			before := issuer.Requests(issuer.IntrospectionURL())
			_, _, who := s.call("GET /whoami", issuer.Token(), "")
			assert.Equal(t, "alice", who["sub"])
			assert.Equal(t, !beside, issuer.Requests(issuer.IntrospectionURL()) > before, "JWTs are judged here, or by the issuer")
		})
	}
}

func TestOpaqueTokensAreSaid(t *testing.T) {
	t.Parallel()
	secret := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(secret, []byte("hush"), 0o600))
	o, err := photoservice.Parse([]string{
		"-listen", "127.0.0.1:0", "-grpc-listen=", "-issuer", "https://login.example.com", "-audience", audience,
		"-introspect", "https://login.example.com/introspect", "-introspect-client", "photos", "-introspect-secret-file", secret, "-opaque", "only",
	}, io.Discard)
	require.NoError(t, err)
	ended, end := context.WithCancel(t.Context())
	end()
	var told strings.Builder
	require.NoError(t, Run(ended, o, &told, io.Discard))
	assert.Contains(t, told.String(), "opaque tokens: alone, asked about at https://login.example.com/introspect as photos by basic")
	assert.NotContains(t, told.String(), "hush")
}
