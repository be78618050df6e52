package bench_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"github.com/postern-go/postern/examples/bench"
	"github.com/postern-go/postern/grpcauth"
	"github.com/postern-go/postern/internal/strict"
	"github.com/postern-go/postern/jwks"
	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// BenchmarkGrowthKeys looks for the key in the middle of a set. A Remote uses
// no more than 100 keys of a set.
func BenchmarkGrowthKeys(b *testing.B) {
	for _, n := range []int{1, 10, 100, 1000} {
		set := bench.KeySet(n)
		kid := bench.KeyID(n / 2)
		parsed, err := jwks.ParseSet(set)
		require.NoError(b, err)
		held := static(parsed.Keys, n)
		b.Run(fmt.Sprintf("source=Static/n=%d", n), loop(found(held, kid)))
		among := postern(b, "EdDSA", true, func(c *token.Config) { c.Keys = among(b, held, "EdDSA") })
		b.Run(fmt.Sprintf("source=Verifier/n=%d", n), authenticate(among, issuers["EdDSA"]().Token(900), true))
		if n > len(parsed.Keys) {
			continue
		}
		remote, err := bench.RemoteOf(set)
		require.NoError(b, err)
		b.Run(fmt.Sprintf("source=Remote/n=%d", n), loop(found(remote, kid)))
	}
}

// static has n keys, though ParseSet gives no more than 100.
func static(keys []jwks.Key, n int) jwks.Static {
	var set jwks.Static
	for i := range n {
		key := keys[i%len(keys)]
		key.ID = bench.KeyID(i)
		set = append(set, key)
	}
	return set
}

// among puts the keys of an issuer in the middle of others.
func among(tb testing.TB, others jwks.Static, alg string) jwks.Static {
	tb.Helper()
	own, err := jwks.ParseSet(issuers[alg]().JWKS())
	require.NoError(tb, err)
	return slices.Insert(slices.Clone(others), len(others)/2, own.Keys...)
}

func found(source jwks.Source, kid string) func() bool {
	return func() bool {
		keys, err := source.Keys(context.Background(), kid)
		return err == nil && len(keys) == 1
	}
}

// BenchmarkGrowthIssuers verifies a remembered token of one of many issuers.
func BenchmarkGrowthIssuers(b *testing.B) {
	raw := issuers["ES256"]().Token(900)
	for _, n := range []int{1, 10, 100, 1000} {
		known := map[string]token.Authenticator{bench.IssuerURL: postern(b, "ES256", true)}
		for i := range n - 1 {
			other := fmt.Sprint(bench.IssuerURL, "/", i)
			verifier, err := token.NewVerifier(token.Config{Issuer: other, Audience: []string{bench.Audience}})
			require.NoError(b, err)
			known[other] = verifier
		}
		b.Run(fmt.Sprintf("n=%d", n), authenticate(token.ByIssuer(known), raw, true))
	}
}

// verdict is an Authenticator that costs nothing.
type verdict struct{ token *token.Token }

func (v verdict) Authenticate(context.Context, token.Presentation) (*token.Token, error) {
	return v.token, nil
}

func verified(b *testing.B) verdict {
	b.Helper()
	t, err := postern(b, "ES256", false).Authenticate(b.Context(), token.Bearer(issuers["ES256"]().Token(900)))
	require.NoError(b, err)
	return verdict{t}
}

// BenchmarkGrowthRules finds the rule for a call among many: methods over
// gRPC, routes over HTTP, and routes of net/http's own mux to compare with.
func BenchmarkGrowthRules(b *testing.B) {
	auth := verified(b)
	for _, n := range []int{1, 10, 100, 1000, 10_000} {
		b.Run(fmt.Sprintf("where=grpcauth.Policies/n=%d", n), loop(methodCall(auth, n)))
		guarded, plain := middleware.New(auth, nil).NewMux(), http.NewServeMux()
		for i := range n {
			guarded.Handle(fmt.Sprintf("GET /api/%d/{id}", i), scope.All(bench.Scope), nothing)
			plain.Handle(fmt.Sprintf("GET /api/%d/{id}", i), nothing)
		}
		r := httptest.NewRequest(http.MethodGet, fmt.Sprintf("/api/%d/7", n/2), nil)
		r.Header["Authorization"] = []string{"Bearer x"}
		b.Run(fmt.Sprintf("where=middleware.Mux/n=%d", n), loop(serving(guarded, r)))
		b.Run(fmt.Sprintf("where=http.ServeMux/n=%d", n), loop(serving(plain, r)))
	}
}

func methodCall(auth token.Authenticator, n int) func() bool {
	rules := grpcauth.Policies{}
	for i := range n {
		rules[fmt.Sprintf("/shop.v1.Orders/Method%d", i)] = scope.All(bench.Scope)
	}
	guard := grpcauth.New(auth, rules, nil)
	ctx := metadata.NewIncomingContext(context.Background(), metadata.Pairs("authorization", "Bearer x"))
	info := &grpc.UnaryServerInfo{FullMethod: fmt.Sprintf("/shop.v1.Orders/Method%d", n/2)}
	handler := func(context.Context, any) (any, error) { return nil, nil }
	return func() bool {
		_, err := guard.Unary(ctx, nil, info, handler)
		return err == nil
	}
}

// BenchmarkGrowthSize is about tokens of 0.5 to 64 KiB: reading one (base64
// and JSON), beside a loop that adds up its bytes, verifying it, and finding
// it remembered.
func BenchmarkGrowthSize(b *testing.B) {
	issuer := issuers["EdDSA"]()
	for _, size := range []int{512, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536} {
		raw := issuer.Token(size)
		payload := strings.Split(raw, ".")[1]
		buffer := make([]byte, 0, len(payload))
		run := func(what string, ok func() bool) { b.Run(fmt.Sprintf("what=%s/n=%d", what, size), loop(ok)) }
		run("sum", func() bool { return sum(payload) != 0 })
		run("base64", func() bool { return decode(buffer, payload) != nil })
		text := string(decode(buffer, payload))
		run("JSON", func() bool { return members(text) > 0 })
		run("base64+JSON", func() bool { return members(string(decode(buffer, payload))) > 0 })
		run("signature", issuer.Signature(raw))
		run("lookup", bench.LookUp(raw))
		run("cold", accepts(b, size, false, raw))
		run("warm", accepts(b, size, true, raw))
	}
}

// accepts is a verifier that takes tokens of any size there may be.
func accepts(b *testing.B, size int, remembers bool, raw string) func() bool {
	b.Helper()
	issuer := issuers["EdDSA"]()
	verifier, err := issuer.Verifier(remembers, func(c *token.Config) { c.MaxTokenSize = max(size, 1024) })
	require.NoError(b, err)
	return func() bool {
		_, err := verifier.Authenticate(context.Background(), token.Bearer(raw))
		return err == nil
	}
}

// sum is the plain pass over the bytes that nothing can be done without.
func sum(text string) (total uint64) {
	for i := range len(text) {
		total += uint64(text[i])
	}
	return total
}

// decode is nil for what is not base64url.
func decode(buffer []byte, payload string) []byte {
	decoded, err := strict.AppendBase64URL(buffer, payload)
	if err != nil {
		return nil
	}
	return decoded
}

// members is how many claims there are, or 0 if they cannot be read.
func members(text string) (n int) {
	if strict.Members(text, func(string, strict.Value) { n++ }) != nil {
		return 0
	}
	return n
}

// BenchmarkGrowthScopes verifies tokens that grant many scopes, of which the
// last is needed.
func BenchmarkGrowthScopes(b *testing.B) {
	for _, n := range []int{1, 10, 100, 1000} {
		raw := issuers["EdDSA"]().TokenWithScopes(n)
		for state, remembers := range map[string]bool{"cold": false, "warm": true} {
			verifier := postern(b, "EdDSA", remembers)
			policy := scope.All(bench.Scope)
			b.Run(fmt.Sprintf("state=%s/n=%d", state, n), loop(func() bool {
				t, err := verifier.Authenticate(context.Background(), token.Bearer(raw))
				return err == nil && policy.Check(t) == nil
			}))
		}
	}
}
