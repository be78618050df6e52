package grpcauth_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"github.com/postern-go/postern/grpcauth"
	"github.com/postern-go/postern/scope"
)

// What lets its holder act as the caller is hidden by rule, and what a program
// names besides. However metadata are asked for, they are gone; all others stay.
func TestHide(t *testing.T) {
	t.Parallel()
	t.Run("C_GRPC-15", func(t *testing.T) {
		t.Parallel()
		credentials := []string{
			"authorization", "proxy-authorization", "x-forwarded-authorization", "grpcgateway-authorization", "dpop",
			"grpcgateway-dpop", "txn-token", "cookie", "grpcgateway-cookie", "x-forwarded-access-token", "x-amzn-oidc-accesstoken",
		}
		others := []string{"x-trace", "x-authorization-hint", ":authority", "user-agent", "x-api-key-hint"}
		for _, row := range []struct {
			config *grpcauth.Config
			more   []string // hidden besides
			keeps  bool
		}{
			{nil, nil, false},
			{&grpcauth.Config{Hide: []string{"X-Api-Key", "session"}}, []string{"x-api-key", "session"}, false},
			{&grpcauth.Config{KeepCredentials: true}, nil, true},
		} {
			held := metadata.MD{"X-Api-Key": {"k"}, "session": {"s"}}
			for _, key := range append(credentials, others...) {
				held[key] = []string{"Bearer x"}
			}
			seen := seenByHandler(t, row.config, held)
			for _, key := range credentials {
				assert.Equal(t, row.keeps, len(metadata.ValueFromIncomingContext(seen, key)) == 1, key)
			}
			for _, key := range row.more {
				assert.Empty(t, metadata.ValueFromIncomingContext(seen, key), key)
			}
			for _, key := range others {
				assert.NotEmpty(t, metadata.ValueFromIncomingContext(seen, key), key)
			}
		}
	})
}

// seenByHandler is the context of the handler of a public method, which hides
// what others hide.
func seenByHandler(t *testing.T, cfg *grpcauth.Config, held metadata.MD) (seen context.Context) {
	t.Helper()
	guard := grpcauth.New(says(nil, nil), all(scope.Public), cfg)
	if cfg != nil && len(cfg.Hide) > 0 {
		cfg.Hide = append(cfg.Hide[:0], "x-trace") // New has copied it
	}
	_, err := guard.Unary(metadata.NewIncomingContext(t.Context(), held), nil, &grpc.UnaryServerInfo{FullMethod: unary},
		func(ctx context.Context, _ any) (any, error) { seen = ctx; return nil, nil })
	require.NoError(t, err)
	return seen
}
