package token_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token"
)

// BenchmarkHasScope is what a policy costs for each scope that it asks for:
// granted, implied, and neither, with and without implications.
func BenchmarkHasScope(b *testing.B) {
	raw := claims("scope", "a b c d photos:admin").token()
	for name, implies := range map[string]map[string][]string{"plain": nil, "implying": photos} {
		got, err := newVerifier(b, implying(implies)).Authenticate(context.Background(), token.Bearer(raw))
		require.NoError(b, err)
		for _, scope := range []string{"photos:admin", "photos:read", "other"} {
			b.Run(name+"/"+scope, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					_ = got.HasScope(scope)
				}
			})
		}
	}
}
