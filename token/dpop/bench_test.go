package dpop_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"fmt"
	"math/big"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/dpop"
	"github.com/postern-go/postern/token/tokentest"
)

// BenchmarkCall is a DPoP call with a token that is remembered, beside the bare
// verification of the signature of its proof with a key at hand.
func BenchmarkCall(b *testing.B) {
	for _, name := range []string{"ES256", "EdDSA", "PS256"} {
		w := benchWorld(b, keys(b)[name])
		b.Run(name+"/bare", func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				if !w.bare[i%len(w.bare)]() {
					b.Fatal("does not verify")
				}
			}
		})
		b.Run(name+"/call", func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if _, err := w.verifier.Authenticate(b.Context(), w.calls[i%len(w.calls)]); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"/beside", func(b *testing.B) {
			// Taking turns, so that what else the machine does slows both.
			var bare, call time.Duration
			for i := 0; b.Loop(); i++ {
				start := time.Now()
				w.bare[i%len(w.bare)]()
				between := time.Now()
				if _, err := w.verifier.Authenticate(b.Context(), w.calls[i%len(w.calls)]); err != nil {
					b.Fatal(err)
				}
				bare, call = bare+between.Sub(start), call+time.Since(between)
			}
			b.ReportMetric(float64(call)/float64(bare), "calls/verification")
		})
		b.Run(name+"/garbage", func(b *testing.B) {
			p := w.calls[0]
			p.Call = newCall(b, target, "eyJ0eXAiOiJkcG9wK2p3dCJ9.e30.AAAA")
			for b.Loop() {
				if _, err := w.verifier.Authenticate(b.Context(), p); err == nil {
					b.Fatal("admitted")
				}
			}
		})
	}
}

type bench struct {
	verifier *token.Verifier
	bare     []func() bool
	calls    []token.Presentation
}

// benchWorld has some hundred good calls. Its store forgets at once, so that each
// may be repeated.
func benchWorld(b *testing.B, key crypto.Signer) bench {
	b.Helper()
	var ticks atomic.Int64
	forgetful := newStore(b, dpop.MemoryStoreConfig{AcceptProofsBeforeStart: true, Time: func() time.Time {
		return time.Unix(epoch+1000*ticks.Add(1), 0)
	}})
	clock := newClock()
	issuer := tokentest.NewIssuer(b, &tokentest.Options{Time: clock.now})
	prover, err := dpop.NewProver(key)
	require.NoError(b, err)
	bound := issuer.Token(bind(prover))
	checker, err := dpop.New(dpop.Config{Store: forgetful, Time: clock.now})
	require.NoError(b, err)
	settings := issuer.Config()
	settings.Confirmations = []token.ConfirmationChecker{checker}
	w := bench{}
	w.verifier, err = token.NewVerifier(settings)
	require.NoError(b, err)
	for range 200 {
		proof, err := prover.Proof(dpop.Claims{Method: "GET", URL: target, Token: bound, IssuedAt: clock.now()})
		require.NoError(b, err)
		w.bare = append(w.bare, bareVerification(key.Public(), proof))
		w.calls = append(w.calls, token.Presentation{Scheme: "DPoP", Token: bound, Call: newCall(b, target, proof)})
	}
	return w
}

// bareVerification verifies the signature and nothing else, with all that it needs
// in the right form before.
func bareVerification(key crypto.PublicKey, proof string) func() bool {
	dot := strings.LastIndexByte(proof, '.')
	input := []byte(proof[:dot])
	signature, _ := base64.RawURLEncoding.DecodeString(proof[dot+1:])
	switch k := key.(type) {
	case ed25519.PublicKey:
		return func() bool { return ed25519.Verify(k, input, signature) }
	case *rsa.PublicKey:
		return func() bool {
			digest := sha256.Sum256(input)
			return rsa.VerifyPSS(k, crypto.SHA256, digest[:], signature, nil) == nil
		}
	case *ecdsa.PublicKey:
		n := len(signature) / 2
		der, _ := asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(signature[:n]), new(big.Int).SetBytes(signature[n:])})
		return func() bool {
			digest := sha256.Sum256(input)
			return ecdsa.VerifyASN1(k, digest[:], der)
		}
	default:
		return nil
	}
}

// BenchmarkMemoryStore is the number of proofs a second that a store takes.
func BenchmarkMemoryStore(b *testing.B) {
	for _, held := range []int{0, 900_000} {
		b.Run(fmt.Sprint("holding ", held), func(b *testing.B) {
			store := newStore(b, dpop.MemoryStoreConfig{MaxBytes: 16 << 30})
			for i := range held {
				_, _ = store.Use(b.Context(), id(-1-i), time.Hour)
			}
			runtime.GC()
			ids := make([][32]byte, 1<<16)
			for i := range ids {
				ids[i] = id(i)
			}
			b.ResetTimer()
			var worker atomic.Int64
			b.RunParallel(func(pb *testing.PB) {
				mine := byte(worker.Add(1))
				for i := 0; pb.Next(); i++ {
					one := ids[i%len(ids)]
					one[0], one[1], one[2] = mine, byte(i>>16), byte(i>>24)
					if first, err := store.Use(b.Context(), one, 100*time.Millisecond); err != nil || !first && i < 1<<16 {
						b.Fatal(first, err)
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "proofs/s")
		})
	}
}
