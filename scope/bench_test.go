package scope_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

// granting is a token that has passed, with n scopes: s0, s1 and so on.
func granting(b *testing.B, n int) *token.Token {
	b.Helper()
	scopes := make([]string, n)
	for i := range scopes {
		scopes[i] = fmt.Sprint("s", i)
	}
	issuer := tokentest.NewIssuer(b, nil)
	verifier, err := token.NewVerifier(issuer.Config())
	require.NoError(b, err)
	t, err := verifier.Authenticate(b.Context(), token.Bearer(issuer.Token(tokentest.Scope(scopes...), tokentest.Claim("acr", "loa2"), tokentest.Claim("auth_time", issuer.Now().Unix()))))
	require.NoError(b, err)
	return t
}

type withScope struct {
	Scope string `json:"scope"`
}

// BenchmarkCheck is what a policy costs once the token is verified.
func BenchmarkCheck(b *testing.B) {
	t := granting(b, 3)
	fits := func(c withScope) error {
		if !strings.HasPrefix(c.Scope, "s0") {
			return token.ErrDenied
		}
		return nil
	}
	for name, p := range map[string]scope.Policy{
		"public":        scope.Public,
		"authenticated": scope.Authenticated,
		"all/1":         scope.All("s2"),
		"all/3":         scope.All("s0", "s1", "s2"),
		"any/3":         scope.Any("x", "y", "s2"),
		"and":           scope.All("s0").And(scope.Any("x", "s1")).And(scope.User),
		"step-up":       scope.ACR("loa3", "loa2").And(scope.MaxAge(time.Hour)),
		"all/1+step-up": scope.ACR("loa3", "loa2").And(scope.MaxAge(time.Hour)).And(scope.All("s2")),
		"claims":        scope.Claims("fits", fits),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := p.Check(t); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("refused", func(b *testing.B) {
		p := scope.All("s0", "x")
		b.ReportAllocs()
		for b.Loop() {
			if p.Check(t) == nil {
				b.Fatal("allowed")
			}
		}
	})
}

// BenchmarkCheckGrowth looks for the last of the scopes that a token grants.
func BenchmarkCheckGrowth(b *testing.B) {
	for _, n := range []int{1, 10, 100, 1000} {
		t, p := granting(b, n), scope.All(fmt.Sprint("s", n-1))
		b.Run(fmt.Sprintf("n=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := p.Check(t); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
