package photoserver

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	pb "github.com/postern-go/postern/examples/internal/photospb"
	"github.com/postern-go/postern/token/tokentest"
)

// An identifier may end in a slash. Its document is at that path alone.
func TestMetadataBehindASlash(t *testing.T) {
	t.Parallel()
	s := start(t, "-issuer", loopback(t).Identifier(), "-resource", "https://photos.example.test/photos/", "-metadata")
	code, _, document := s.call("GET /.well-known/oauth-protected-resource/photos/", "", "")
	assert.Equal(t, http.StatusOK, code)
	assert.Equal(t, "https://photos.example.test/photos/", document["resource"])
	code, _, _ = s.call("GET /.well-known/oauth-protected-resource/photos/x", "", "")
	assert.Equal(t, http.StatusUnauthorized, code)
}

// The service describes itself, and refusals over both transports say where.
func TestMetadata(t *testing.T) {
	t.Parallel()
	const resource = "https://photos.example.test/photos"
	const challenge = `Bearer realm="photos", resource_metadata="https://photos.example.test/.well-known/oauth-protected-resource/photos"`
	issuer := loopback(t)
	s := start(t, "-issuer", issuer.Identifier(), "-resource", resource, "-metadata")
	code, h, document := s.call("GET /.well-known/oauth-protected-resource/photos", "", "")
	assert.Equal(t, http.StatusOK, code)
	assert.Equal(t, "application/json", h.Get("Content-Type"))
	assert.Equal(t, map[string]any{
		"resource": resource, "resource_name": "Photos", "authorization_servers": []any{issuer.Identifier()},
		"scopes_supported": []any{"photos:read", "photos:write"}, "bearer_methods_supported": []any{"header"},
	}, document)

	code, h, _ = s.call("GET /photos", "", "")
	assert.Equal(t, http.StatusUnauthorized, code)
	assert.Equal(t, []string{challenge}, h["Www-Authenticate"])
	var trailer metadata.MD
	_, err := s.photos.ListPhotos(bearing(t, ""), &pb.ListPhotosRequest{}, grpc.Trailer(&trailer))
	require.Error(t, err)
	assert.Equal(t, []string{challenge}, trailer["www-authenticate"])

	code, _, _ = s.call("GET /photos", issuer.Token(tokentest.Audience(resource), tokentest.Scope("photos:read")), "")
	assert.Equal(t, http.StatusOK, code)
	code, _, _ = start(t, "-issuer", issuer.Identifier(), "-resource", resource).call("GET /.well-known/oauth-protected-resource/photos", "", "")
	assert.Equal(t, http.StatusUnauthorized, code, "only if asked for")
}
