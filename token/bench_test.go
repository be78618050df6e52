package token_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token"
)

var benchAlgorithms = []string{"RS256", "PS256", "ES256", "EdDSA"}

// sized is a good token of about so many bytes.
func sized(alg string, size int) string {
	pad := size*3/4 - len(mint{alg: alg}.token())*3/4
	return mint{alg: alg, claims: pairs([]any{"pad", strings.Repeat("p", max(pad, 0))})}.token()
}

// floor is the bare check of the token's signature, which no verifier can do
// without unless it remembers the token.
func floor(b *testing.B, alg, raw string) func() bool {
	b.Helper()
	dot := strings.LastIndexByte(raw, '.')
	input := []byte(raw[:dot])
	signature, err := base64.RawURLEncoding.DecodeString(raw[dot+1:])
	require.NoError(b, err)
	_, key := keyFor(alg)
	switch public := key.Public().(type) {
	case ed25519.PublicKey:
		return func() bool { return ed25519.Verify(public, input, signature) }
	case *ecdsa.PublicKey:
		return func() bool {
			digest := sha256.Sum256(input)
			r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
			return ecdsa.Verify(public, digest[:], r, s)
		}
	case *rsa.PublicKey:
		if alg == "PS256" {
			options := &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}
			return func() bool {
				digest := sha256.Sum256(input)
				return rsa.VerifyPSS(public, crypto.SHA256, digest[:], signature, options) == nil
			}
		}
		return func() bool {
			digest := sha256.Sum256(input)
			return rsa.VerifyPKCS1v15(public, crypto.SHA256, digest[:], signature) == nil
		}
	}
	panic(alg)
}

// BenchmarkVerify measures a good token: verified from its first byte on
// (cold), remembered (warm), and what either cannot go below (floor): the bare
// signature check, and a hash of the token with a look-up in a map.
func BenchmarkVerify(b *testing.B) {
	for _, alg := range benchAlgorithms {
		for _, size := range []int{900, 4096} {
			raw := sized(alg, size)
			name := fmt.Sprintf("alg=%s/size=%d/", alg, size)
			b.Run(name+"floor", func(b *testing.B) {
				check := floor(b, alg, raw)
				b.ReportAllocs()
				for b.Loop() {
					if !check() {
						b.Fatal("the floor gave way")
					}
				}
			})
			b.Run(name+"cold", benchVerify(raw, func(c *token.Config) { c.CacheSize = -1 }))
			b.Run(name+"warm", benchVerify(raw, nil))
		}
	}
	raw := mint{alg: "EdDSA", claims: pairs([]any{"token_use", "access", "tid", "t1", "ver", "2.0", "azp", "app", "pad", strings.Repeat("p", 300)})}.token()
	for name, size := range map[string]int{"cold": -1, "warm": 0} {
		b.Run("rules=0/"+name, benchVerify(raw, func(c *token.Config) { c.CacheSize = size }))
		b.Run("rules=4/"+name, benchVerify(raw, func(c *token.Config) { c.CacheSize, c.Profile.Rules = size, fourRules }))
	}
	for _, size := range []int{900, 4096} {
		b.Run(fmt.Sprintf("lookup/size=%d/floor", size), func(b *testing.B) {
			raw := []byte(sized("RS256", size))
			known := map[[sha256.Size]byte]bool{sha256.Sum256(raw): true}
			b.ReportAllocs()
			for b.Loop() {
				if !known[sha256.Sum256(raw)] {
					b.Fatal("forgotten")
				}
			}
		})
	}
}

// fourRules are as many as a profile of a large issuer has.
var fourRules = []token.Mark{
	{Claim: "token_use", Values: []string{"access"}}, {Claim: "tid", Values: []string{"t1", "t2"}},
	{Claim: "ver", Values: []string{"2.0"}}, {Claim: "azp", Values: []string{"other", "app"}},
}

func benchVerify(raw string, cfg func(*token.Config)) func(*testing.B) {
	return func(b *testing.B) {
		v := newVerifier(b, cfg)
		p := token.Bearer(raw)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := v.Authenticate(context.Background(), p); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// BenchmarkVerifyWorkingSet measures remembered tokens where many are in use,
// as in a service: what is remembered of one is no longer in the processor's
// cache when it comes again.
func BenchmarkVerifyWorkingSet(b *testing.B) {
	for _, n := range []int{1, 100, 1000, 3000} {
		b.Run(fmt.Sprintf("tokens=%d", n), func(b *testing.B) {
			v := newVerifier(b, nil)
			tokens := make([]token.Presentation, n)
			for i := range tokens {
				m := mint{alg: "EdDSA", claims: pairs([]any{"jti", fmt.Sprint(i), "pad", strings.Repeat("p", 450)})}
				tokens[i] = token.Bearer(m.token())
			}
			rand.New(rand.NewPCG(1, 2)).Shuffle(n, func(i, j int) { tokens[i], tokens[j] = tokens[j], tokens[i] })
			for i := range 4 * n { // tokens that come again are kept
				_, err := v.Authenticate(context.Background(), tokens[i%n])
				require.NoError(b, err)
			}
			i := 0
			b.ReportAllocs()
			for b.Loop() {
				if _, err := v.Authenticate(context.Background(), tokens[i]); err != nil {
					b.Fatal(err)
				}
				if i++; i == n {
					i = 0
				}
			}
		})
	}
}

// BenchmarkByIssuer measures remembered tokens of several issuers, a hundred of each.
func BenchmarkByIssuer(b *testing.B) {
	benchIssuers(b, func(a auths) token.Authenticator { return token.ByIssuer(a) })
}

// BenchmarkResolver is BenchmarkByIssuer for issuers that are resolved.
func BenchmarkResolver(b *testing.B) {
	benchIssuers(b, func(a auths) token.Authenticator { return newResolver(b, newDirectory(a), nil) })
}

// BenchmarkResolverStrangers measures what it takes to refuse a token of an issuer
// that is invented: one that Resolve does not know, one that may not be asked
// for any more, and one that a Template allows.
func BenchmarkResolverStrangers(b *testing.B) {
	for name, r := range map[string]*token.Resolver{
		"unknown":  newResolver(b, newDirectory(nil), func(c *token.ResolverConfig) { c.NewPerSecond = 1_000_000 }),
		"too-many": newResolver(b, newDirectory(nil), func(c *token.ResolverConfig) { c.NewPerSecond = 1 }),
		"template": fromTemplates(b, shared(func(t *token.Template) { t.Values, t.AnyValue = nil, true })),
	} {
		b.Run(name, func(b *testing.B) {
			head := b64([]byte(`{"alg":"ES256","typ":"at+jwt","kid":"nobody's"}`)) + "."
			i := 0
			b.ReportAllocs()
			for b.Loop() {
				raw := head + b64([]byte(`{"iss":"`+tenant(fmt.Sprint(i))+`"}`)) + ".AAAA"
				if _, err := authenticate(r, raw); err == nil {
					b.Fatal("let in")
				}
				i++
			}
		})
	}
}

func benchIssuers(b *testing.B, of func(auths) token.Authenticator) {
	const each = 100
	for _, n := range []int{1, 8, 64} {
		b.Run(fmt.Sprintf("issuers=%d", n), func(b *testing.B) {
			auths := map[string]token.Authenticator{}
			var tokens []token.Presentation
			for i := range n {
				name := fmt.Sprintf("https://%d.example.com", i)
				auths[name] = newVerifier(b, func(c *token.Config) { c.Issuer = name })
				for id := range each {
					m := mint{alg: "EdDSA", claims: pairs([]any{"iss", name, "jti", fmt.Sprint(id), "pad", strings.Repeat("p", 450)})}
					tokens = append(tokens, token.Bearer(m.token()))
				}
			}
			auth := of(auths)
			rand.New(rand.NewPCG(1, 2)).Shuffle(len(tokens), func(i, j int) { tokens[i], tokens[j] = tokens[j], tokens[i] })
			for i := range 2 * len(tokens) {
				_, err := auth.Authenticate(context.Background(), tokens[i%len(tokens)])
				require.NoError(b, err)
			}
			i := 0
			b.ReportAllocs()
			for b.Loop() {
				if _, err := auth.Authenticate(context.Background(), tokens[i%len(tokens)]); err != nil {
					b.Fatal(err)
				}
				i++
			}
		})
	}
}

// BenchmarkVerifyParallel shows whether callers stand in each other's way:
// compare -cpu 1 and -cpu 2.
func BenchmarkVerifyParallel(b *testing.B) {
	for name, cfg := range map[string]func(*token.Config){"warm": nil, "cold": func(c *token.Config) { c.CacheSize = -1 }} {
		b.Run(name, func(b *testing.B) {
			v := newVerifier(b, cfg)
			p := token.Bearer(sized("RS256", 900))
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if _, err := v.Authenticate(context.Background(), p); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}

// BenchmarkRefuse measures what tokens cost that are no good.
func BenchmarkRefuse(b *testing.B) {
	for name, raw := range map[string]string{
		"missing": "", "malformed": "a.b.c", "garbage": strings.Repeat("A", 900), "alg": header("alg", "none").token(),
		"expired": claims("exp", 1).token(), "unknown-key": header("kid", "unknown").token(),
		"signature": mint{key: keys.otherP256()}.token(), "audience": claims("aud", "x").token(),
		"too-large": strings.Repeat("A", 1<<20),
	} {
		b.Run(name, func(b *testing.B) {
			v := newVerifier(b, nil)
			p := token.Bearer(raw)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := v.Authenticate(context.Background(), p); err == nil {
					b.Fatal("let in")
				}
			}
		})
	}
}

func BenchmarkClaimsOf(b *testing.B) {
	tok := verified(b, claims("tenant", "acme", "level", 3), nil)
	b.ReportAllocs()
	for b.Loop() {
		if c, err := token.ClaimsOf[custom](tok); err != nil || c.Level != 3 {
			b.Fatal(err)
		}
	}
}
