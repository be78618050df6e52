package photoserver

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

// withOperations is a settings file with these operations.
func withOperations(t *testing.T, issuer, operations string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "settings.yaml")
	text := fmt.Sprintf("issuers:\n  - issuer: %s\n    audience: [%s]\noperations:\n%s", issuer, audience, operations)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// The file says who may do what, over HTTP and gRPC alike.
func TestOperationsFromAFile(t *testing.T) {
	t.Parallel()
	issuer := loopback(t)
	s := start(t, "-settings", withOperations(t, issuer.Identifier(),
		"  photos.list: all(albums:read) or client id(archive)\n  photos.add: all(photos:write)\n  whoami: public\n"))
	for name, c := range map[string]struct {
		bearer string
		http   int
		grpc   codes.Code
	}{
		"as the file says":    {issuer.Token(tokentest.Scope("albums:read")), 200, codes.OK},
		"as the code says":    {issuer.Token(tokentest.Scope("photos:read")), 403, codes.PermissionDenied},
		"the other way":       {issuer.Token(tokentest.Claim("client_id", "archive")), 200, codes.OK},
		"without token":       {"", 401, codes.Unauthenticated},
		"with a broken token": {"garbage", 401, codes.Unauthenticated},
	} {
		t.Run(name, func(t *testing.T) {
			got, _, _ := s.call("GET /photos", c.bearer, "")
			assert.Equal(t, c.http, got)
			assert.Equal(t, c.grpc, status.Code(s.list(bearing(t, c.bearer))))
			if c.grpc != codes.OK {
				assert.Equal(t, c.grpc, status.Code(s.watch(bearing(t, c.bearer))))
			}
		})
	}
	t.Run("public is not enough for a handler that needs a caller", func(t *testing.T) {
		got, _, _ := s.call("GET /whoami", "", "")
		assert.Equal(t, 401, got)
		assert.Equal(t, codes.Unauthenticated, status.Code(s.whoAmI(bearing(t, ""))))
	})
}

// The service does not start with operations that are not its own.
func TestOperationsThatDoNotFit(t *testing.T) {
	t.Parallel()
	const good = "  photos.list: user\n  photos.add: user\n  whoami: user\n"
	for name, c := range map[string]struct{ operations, says string }{
		"one is gone":       {"  photos.list: user\n  photos.add: user\n", `"whoami"`},
		"a typo in a name":  {"  photos.lst: user\n  photos.add: user\n  whoami: user\n", `near are photos.lst`},
		"one that is idle":  {good + "  photos.drop: user\n", `"photos.drop"`},
		"a typo in a rule":  {"  photos.list: usr\n  photos.add: user\n  whoami: user\n", "line 5"},
		"a rule of another": {good + "  photos.drop: not blocked\n", "line 8"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, err := photoservice.Parse([]string{"-listen", "127.0.0.1:0", "-grpc-listen=", "-settings", withOperations(t, "https://login.example.com", c.operations)}, io.Discard)
			require.NoError(t, err)
			ended, end := context.WithCancel(t.Context())
			end()
			err = Run(ended, o, io.Discard, io.Discard)
			require.ErrorIs(t, err, token.ErrConfig)
			assert.Contains(t, err.Error(), c.says)
		})
	}
}
