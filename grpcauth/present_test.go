package grpcauth_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"

	"github.com/postern-go/postern/grpcauth"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// witness keeps what it is presented with.
func witness(seen *token.Presentation) judge {
	return func(_ context.Context, p token.Presentation) (*token.Token, error) {
		*seen = p
		return nil, token.ErrInvalid
	}
}

// What an Authenticator and its proofs get to see.
func TestPresentation(t *testing.T) {
	t.Parallel()
	t.Run("C_GRPC-11 and C_GRPC-12", func(t *testing.T) {
		var seen token.Presentation
		me := identity(t, "client.example.com")
		w := newWorld(t, overTLS(t, settings{policies: all(scope.Authenticated), auth: witness(&seen)}, me))
		for kind, call := range calls {
			seen = token.Presentation{}
			o := call(with(t.Context(), "authorization", "bearer abc", "dpop", "proof 1", "dpop", "proof 2"), w.client)
			assertRefusedText(t, o, "The access token is invalid")
			assert.Equal(t, "Bearer", seen.Scheme, kind)
			assert.Equal(t, "abc", seen.Token)
			assert.Equal(t, "POST", seen.Request().Method)
			assert.Equal(t, "https://"+host+methods[kind], seen.Request().URL.String())
			assert.Equal(t, []string{"proof 1", "proof 2"}, seen.Request().DPoP)
			require.Len(t, seen.Request().Certificates, 1)
			assert.True(t, me.Leaf.Equal(seen.Request().Certificates[0]))
		}
	})
}

var methods = map[string]string{"unary": unary, "download": download, "upload": upload, "duplex": duplex}

func assertRefusedText(t *testing.T, o outcome, text string) {
	t.Helper()
	assertRefused(t, o, invalid(text))
}

func TestPresentation_withoutCertificate(t *testing.T) {
	t.Parallel()
	var seen token.Presentation
	w := newWorld(t, overTLS(t, settings{policies: all(scope.Authenticated), auth: witness(&seen)}))
	callUnary(with(t.Context(), "authorization", "Bearer abc", "x-client-cert", "-----BEGIN CERTIFICATE-----"), w.client)
	assert.Equal(t, "abc", seen.Token)
	assert.Empty(t, seen.Request().Certificates)
	assert.Empty(t, seen.Request().DPoP)
}

// Behind a proxy the base URLs say how callers address the service. A method has
// no path before its own.
func TestPresentation_BaseURLs(t *testing.T) {
	t.Parallel()
	for want, bases := range map[string][]string{
		"https://orders.internal" + unary: nil,
		"https://api.example.com" + unary: {"https://api.example.com/v1"},
		"http://orders.internal" + unary:  {"https://api.example.com", "http://orders.internal"},
		"unknown":                         {"https://api.example.com", "https://b.example.com"},
	} {
		var seen token.Presentation
		guard := grpcauth.New(witness(&seen), all(scope.Authenticated), &grpcauth.Config{Resource: scope.Resource{BaseURLs: bases}})
		_, _ = guard.Unary(incoming(t.Context(), "authorization", "Bearer x", ":authority", "orders.internal"), nil,
			&grpc.UnaryServerInfo{FullMethod: unary}, mustNotRun(t))
		if want == "unknown" {
			assert.Nil(t, seen.Request().URL)
			continue
		}
		assert.Equal(t, want, seen.Request().URL.String())
	}
}

// thumbprint is a proof by certificate that is content with any.
type thumbprint struct{}

func (thumbprint) Method() string { return "x5t#S256" }
func (thumbprint) Check(_ context.Context, _ *token.Token, p token.Presentation) error {
	if len(p.Request().Certificates) == 0 {
		return token.ErrBinding
	}
	return nil
}

// Without TLS there is no certificate, and a token that is bound to
// one is refused.
func TestBoundTokens(t *testing.T) {
	t.Parallel()
	t.Run("C_GRPC-12", func(t *testing.T) {
		for name, row := range map[string]struct {
			secure, proves bool
			admitted       bool
		}{
			"over TLS with a certificate":       {true, true, true},
			"over TLS, but no proof is allowed": {true, false, false},
			"over plaintext":                    {false, true, false},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				s := settings{policies: all(scope.Authenticated)}
				if row.secure {
					s = overTLS(t, s, identity(t, "client.example.com"))
				}
				issuer := newIssuer(t)
				cfg := issuer.Config()
				if row.proves {
					cfg.Confirmations = []token.ConfirmationChecker{thumbprint{}}
				}
				verifier, err := token.NewVerifier(cfg)
				require.NoError(t, err)
				s.auth = verifier
				w := newWorld(t, s)
				o := callUnary(with(t.Context(), "authorization", "Bearer "+issuer.Token(boundTo("x5t#S256"))), w.client)
				if row.admitted {
					assert.NoError(t, o.err)
					return
				}
				assertRefused(t, o, invalid("Invalid key binding"))
			})
		}
	})
}
