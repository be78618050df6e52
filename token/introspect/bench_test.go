package introspect_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/introspect"
	"github.com/postern-go/postern/token/tokentest"
)

// BenchmarkWarm compares, in one run, a call with an opaque token about which the issuer was
// asked before with one with a JWT whose signature was verified before.
func BenchmarkWarm(b *testing.B) {
	i := &issuer{answer: always(goodAnswer(members{"exp": time.Now().Add(time.Hour).Unix()}))}
	opaque := authenticator(b, i, func(c *introspect.Config) { c.GoodFor = 5 * time.Minute })
	jwts := tokentest.NewIssuer(b, &tokentest.Options{Lifetime: time.Hour})
	verifier, err := token.NewVerifier(jwts.Config())
	require.NoError(b, err)
	both, err := token.NewRouter(token.RouterConfig{JWT: verifier, Opaque: opaque})
	require.NoError(b, err)
	const reference = "ory_at_3Zq9kq2Uq3yJ0m9GJ8Yw6hLZ0t1V8B7n4cX5rQw2s1E.k3jD9sPq7yTz2mVbX8cL1nRw5uGh0fJe4aKdQxYvB6M"
	jwt := jwts.Token()
	for _, row := range []struct {
		name, raw string
		auth      token.Authenticator
	}{
		{"JWT", jwt, verifier}, {"opaque", reference, opaque},
		{"JWT behind a Router", jwt, both}, {"opaque behind a Router", reference, both},
	} {
		b.Run(row.name, func(b *testing.B) {
			p := token.Bearer(row.raw)
			_, err := row.auth.Authenticate(context.Background(), p)
			require.NoError(b, err)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := row.auth.Authenticate(context.Background(), p); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
