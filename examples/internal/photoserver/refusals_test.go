package photoserver

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"

	pb "github.com/postern-go/postern/examples/internal/photospb"
	"github.com/postern-go/postern/examples/internal/photosvc"
	"github.com/postern-go/postern/grpcauth/grpcauthtest"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/refusals"
)

const audience = "https://photos.example"

// sound is the service as it goes into production, but for the way to its
// issuer, which is in memory.
func sound(t *testing.T, log io.Writer) (service, *tokentest.Issuer) {
	t.Helper()
	issuer := tokentest.NewIssuer(t, &tokentest.Options{Audience: []string{audience}})
	cfg := issuer.Config()
	verifier, err := token.NewVerifier(cfg)
	require.NoError(t, err)
	s, err := newService(token.ByIssuer(map[string]token.Authenticator{issuer.Identifier(): verifier}), photosvc.Operations(), scope.Resource{Realm: "photos"}, refusalsTo(log), nil)
	require.NoError(t, err)
	return s, issuer
}

func TestHTTPRefuses(t *testing.T) {
	t.Parallel()
	for route, scopes := range map[string][]string{
		"GET /photos": {"photos:read"},
		"GET /whoami": nil,
	} {
		t.Run(route, func(t *testing.T) {
			s, issuer := sound(t, io.Discard)
			method, path, _ := strings.Cut(route, " ")
			refusals.Test(t, issuer, tokentest.HTTPTarget(s.http, func() *http.Request {
				return httptest.NewRequest(method, path, nil)
			}), &refusals.Config{Scopes: scopes})
		})
	}
}

func TestGRPCRefuses(t *testing.T) {
	t.Parallel()
	s, issuer := sound(t, io.Discard)
	photos := pb.NewPhotoServiceClient(grpcauthtest.Serve(t, s.grpc))
	refusals.Test(t, issuer, grpcauthtest.Target(func(ctx context.Context, opts ...grpc.CallOption) error {
		_, err := photos.ListPhotos(ctx, &pb.ListPhotosRequest{}, opts...)
		return err
	}), &refusals.Config{Scopes: []string{"photos:read"}})
}

// A flood of calls without a token fills no disk, and hides neither another
// reason nor the other transport.
func TestOperatorIsNotFlooded(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	s, issuer := sound(t, &log)
	call := tokentest.HTTPTarget(s.http, func() *http.Request { return httptest.NewRequest(http.MethodGet, "/photos", nil) })
	for range 200 {
		call(t.Context(), tokentest.Credentials{})
	}
	call(t.Context(), tokentest.Credentials{Authorization: []string{"Bearer " + issuer.Token(tokentest.Audience("https://other.example"))}})
	_, err := pb.NewPhotoServiceClient(grpcauthtest.Serve(t, s.grpc)).ListPhotos(t.Context(), &pb.ListPhotosRequest{})
	require.Error(t, err)
	assert.LessOrEqual(t, strings.Count(log.String(), "transport=http policy=all(photos:read) route=\"GET /photos\" method=GET outcome=missing"), 20)
	assert.Equal(t, 1, strings.Count(log.String(), "reason=audience"))
	assert.Equal(t, 1, strings.Count(log.String(), "transport=grpc"))
}

// The operator learns why a call was refused, and never the token.
func TestOperatorIsTold(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	s, issuer := sound(t, &log)
	raw := issuer.Token(tokentest.Audience("https://other.example"))
	call := tokentest.HTTPTarget(s.http, func() *http.Request { return httptest.NewRequest(http.MethodGet, "/photos", nil) })
	answer := call(t.Context(), tokentest.Credentials{Authorization: []string{"Bearer " + raw}})
	require.Equal(t, http.StatusUnauthorized, answer.Status)
	assert.Contains(t, log.String(), "reason=audience")
	assert.Contains(t, log.String(), `route="GET /photos"`)
	assert.Contains(t, log.String(), "https://other.example")
	for _, part := range strings.Split(raw, ".") {
		assert.NotContains(t, log.String(), part)
	}
}
