package token_test

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/x509"
	"fmt"
	"math/rand/v2"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/jwks"
	"github.com/postern-go/postern/token"
)

// warmed is a verifier that has verified the token twice, with a clock and a
// key set that can be changed.
type warmed struct {
	token.Authenticator
	now  atomic.Pointer[time.Time]
	keys atomic.Pointer[jwks.Source]
	raw  string
}

func warm(t *testing.T, m mint, edit func(*token.Config)) *warmed {
	t.Helper()
	return warmBehind(t, func(v *token.Verifier) token.Authenticator { return v }, m, edit)
}

func warmBehind(t *testing.T, door func(*token.Verifier) token.Authenticator, m mint, edit func(*token.Config)) *warmed {
	t.Helper()
	w := &warmed{raw: m.token()}
	w.setTime(now)
	w.setKeys(published())
	w.Authenticator = door(newVerifier(t, func(c *token.Config) {
		c.Time = func() time.Time { return *w.now.Load() }
		c.Keys = sourceFunc(func(ctx context.Context, kid string) ([]jwks.Key, error) { return (*w.keys.Load()).Keys(ctx, kid) })
		if edit != nil {
			edit(c)
		}
	}))
	for range 2 {
		require.NoError(t, w.call())
	}
	return w
}

func (w *warmed) setTime(now time.Time)    { w.now.Store(&now) }
func (w *warmed) setKeys(keys jwks.Source) { w.keys.Store(&keys) }
func (w *warmed) call() error {
	_, err := w.Authenticate(context.Background(), token.Bearer(w.raw))
	return err
}

// What may change is decided again for a token that is remembered, by a
// Verifier alone and by one of several.
func TestRememberedTokenIsCheckedAgain(t *testing.T) {
	t.Parallel()
	for name, door := range map[string]func(*token.Verifier) token.Authenticator{
		"alone": func(v *token.Verifier) token.Authenticator { return v },
		"one of several": func(v *token.Verifier) token.Authenticator {
			other := newVerifier(t, func(c *token.Config) { c.Issuer = otherIssuer })
			return token.ByIssuer(map[string]token.Authenticator{issuer: v, otherIssuer: other})
		},
	} {
		warm := func(t *testing.T, m mint, edit func(*token.Config)) *warmed {
			t.Helper()
			return warmBehind(t, door, m, edit)
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			t.Run("expiry", func(t *testing.T) {
				t.Parallel()
				w := warm(t, mint{}, nil)
				w.setTime(now.Add(329 * time.Second))
				require.NoError(t, w.call())
				w.setTime(now.Add(330 * time.Second))
				require.ErrorIs(t, w.call(), token.ErrExpired)
				require.ErrorIs(t, w.call(), token.ErrExpired, "forgotten, and expired all the same")
			})
			t.Run("clock set back before nbf", func(t *testing.T) {
				t.Parallel()
				w := warm(t, claims("nbf", now.Unix()), nil)
				w.setTime(now.Add(-31 * time.Second))
				require.ErrorIs(t, w.call(), token.ErrNotYetValid)
			})
			t.Run("clock set back before iat", func(t *testing.T) {
				t.Parallel()
				w := warm(t, mint{}, nil)
				w.setTime(now.Add(-31 * time.Second))
				require.ErrorIs(t, w.call(), token.ErrNotYetValid)
			})
			t.Run("key withdrawn", func(t *testing.T) {
				t.Parallel()
				w := warm(t, mint{}, nil)
				w.setKeys(jwks.Static{})
				require.ErrorIs(t, w.call(), token.ErrUnknownKey)
			})
			t.Run("C_9111-kid-1 key withdrawn, asked for once", func(t *testing.T) {
				t.Parallel()
				w := warm(t, mint{}, nil)
				asked := 0
				w.setKeys(sourceFunc(func(context.Context, string) ([]jwks.Key, error) {
					asked++
					return nil, jwks.ErrNotFound
				}))
				require.ErrorIs(t, w.call(), token.ErrUnknownKey)
				assert.Equal(t, 1, asked)
			})
			t.Run("key withdrawn, token without kid", func(t *testing.T) {
				t.Parallel()
				w := warm(t, header("kid", nil), nil)
				w.setKeys(jwks.Static{{ID: "other", Public: keys.otherP256().Public()}})
				require.ErrorIs(t, w.call(), token.ErrSignature)
			})
			t.Run("another key under the same kid", func(t *testing.T) {
				t.Parallel()
				for _, alg := range []string{"ES256", "RS256", "EdDSA"} {
					w := warm(t, mint{alg: alg}, nil)
					kid, _ := keyFor(alg)
					w.setKeys(jwks.Static{
						{ID: kid, Public: keys.otherP256().Public()}, {ID: kid, Public: keys.otherRSA().Public()},
						{ID: kid, Public: ed25519.PublicKey(make([]byte, ed25519.PublicKeySize))},
					})
					require.ErrorIs(t, w.call(), token.ErrSignature, alg)
				}
			})
			t.Run("key reserved for another algorithm", func(t *testing.T) {
				t.Parallel()
				w := warm(t, mint{alg: "RS256"}, nil)
				w.setKeys(jwks.Static{{ID: "rs", Algorithm: "PS256", Public: keys.rsa().Public()}})
				require.ErrorIs(t, w.call(), token.ErrAlgorithm)
			})
			t.Run("keys out of reach", func(t *testing.T) {
				t.Parallel()
				w := warm(t, mint{}, nil)
				w.setKeys(sourceFunc(func(context.Context, string) ([]jwks.Key, error) { return nil, jwks.ErrUnavailable }))
				require.ErrorIs(t, w.call(), token.ErrKeysUnavailable)
				w.setKeys(published())
				require.NoError(t, w.call())
			})
			t.Run("keys loaded anew", func(t *testing.T) {
				t.Parallel()
				for _, alg := range []string{"ES256", "RS256", "EdDSA"} {
					w := warm(t, mint{alg: alg}, nil)
					_, key := keyFor(alg)
					kid, _ := keyFor(alg)
					w.setKeys(jwks.Static{{ID: kid, Public: anotherCopy(key.Public())}})
					require.NoError(t, w.call(), alg)
				}
			})
			t.Run("binding", func(t *testing.T) {
				t.Parallel()
				var refuse atomic.Bool
				w := warm(t, claims("cnf", map[string]string{"x5t#S256": "c"}), func(c *token.Config) {
					c.Confirmations = []token.ConfirmationChecker{proof{"x5t#S256", func(*token.Token, token.Presentation) error {
						if refuse.Load() {
							return token.ErrBinding
						}
						return nil
					}}}
				})
				refuse.Store(true)
				require.ErrorIs(t, w.call(), token.ErrBinding)
			})
			t.Run("another signature on the same claims", func(t *testing.T) {
				t.Parallel()
				w := warm(t, mint{}, nil)
				w.raw = setUnusedBit(w.raw)
				require.ErrorIs(t, w.call(), token.ErrMalformed)
				w.raw = mint{key: keys.otherP256()}.token()
				require.ErrorIs(t, w.call(), token.ErrSignature)
			})
		})
	}
}

// Each call has a Token of its own, of its own token.
func TestRememberedTokenIsTheSame(t *testing.T) {
	t.Parallel()
	v := newVerifier(t, nil)
	raw := claims("aud", []string{"x", audience}, "scope", "a b", "nbf", now.Unix()).token()
	first, err := v.Authenticate(context.Background(), token.Bearer(raw))
	require.NoError(t, err)
	second, err := v.Authenticate(context.Background(), token.Bearer(raw))
	require.NoError(t, err)
	third, err := v.Authenticate(context.Background(), token.Bearer(raw))
	require.NoError(t, err)
	assert.Equal(t, second, third)
	assert.NotSame(t, second, third)
	assert.Equal(t, raw, second.Raw())
	assert.False(t, first.Remembered())
	assert.True(t, second.Remembered())
	for i := range reflect.TypeOf(first).NumMethod() {
		method := reflect.TypeOf(first).Method(i)
		if method.Type.NumIn() > 1 || method.Name == "Remembered" {
			continue
		}
		want := method.Func.Call([]reflect.Value{reflect.ValueOf(first)})[0].Interface()
		assert.Equal(t, want, method.Func.Call([]reflect.Value{reflect.ValueOf(second)})[0].Interface(), method.Name)
	}
	assert.True(t, second.HasScope("a") && second.HasScope("b"))
}

// Verifiers of other settings remember nothing of each other.
func TestVerifiersShareNothing(t *testing.T) {
	t.Parallel()
	raw := mint{}.token()
	_, err := newVerifier(t, nil).Authenticate(context.Background(), token.Bearer(raw))
	require.NoError(t, err)
	_, err = newVerifier(t, func(c *token.Config) { c.Audience = []string{"other"} }).Authenticate(context.Background(), token.Bearer(raw))
	require.ErrorIs(t, err, token.ErrAudience)
}

// Where eight keys that fit come before the right one, a signature can no
// longer be verified, but a remembered one is found good under the right key.
func TestSignatureIsVerifiedOnce(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		size int
		want error
	}{
		"by default":         {0, nil},
		"off":                {-1, token.ErrUnknownKey},
		"no room for a slot": {4 << 10, token.ErrUnknownKey},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := warm(t, mint{}, func(cfg *token.Config) { cfg.CacheSize = c.size })
			w.setKeys(append(others(8, "es256"), jwks.Key{ID: "es256", Public: keys.p256().Public()}))
			require.ErrorIs(t, w.call(), c.want)
		})
	}
}

func TestCacheUnderConcurrency(t *testing.T) {
	t.Parallel()
	v := newVerifier(t, func(c *token.Config) { c.CacheSize = 16 << 10 })
	raws := make([]string, 64)
	for i := range raws {
		raws[i] = mint{alg: "EdDSA", claims: pairs([]any{"sub", fmt.Sprint("user-", i)})}.token()
	}
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(g)))
			for range 400 {
				i := random.IntN(len(raws))
				tok, err := v.Authenticate(context.Background(), token.Bearer(raws[i]))
				if assert.NoError(t, err) {
					assert.Equal(t, fmt.Sprint("user-", i), tok.Subject())
					assert.Equal(t, raws[i], tok.Raw())
				}
			}
		})
	}
	wg.Wait()
}

// anotherCopy is an equal key at another place in memory.
func anotherCopy(key crypto.PublicKey) crypto.PublicKey {
	der, err := x509.MarshalPKIXPublicKey(key)
	must(err)
	again, err := x509.ParsePKIXPublicKey(der)
	must(err)
	return again
}

// Two tokens that differ anywhere are two tokens, wherever the difference is
// and whatever they have in common.
func TestNoTwoTokensShareAnID(t *testing.T) {
	t.Parallel()
	raw := mint{}.token()
	seen := map[any]string{}
	add := func(raw string) {
		id := token.TokenID(raw)
		assert.Empty(t, seen[id], "%q has the id of another", raw)
		seen[id] = raw
	}
	for i := range raw {
		add(raw[:i] + "~" + raw[i+1:])
		add(raw[:i])
	}
	add(raw)
	add(raw + ".")
	add("." + raw)
	add(".a")
	add("a.")
	add("a")
}

// The bound on memory holds under any load, and so does the order of merit.
func TestCacheBound(t *testing.T) {
	t.Parallel()
	const bytes = 64 << 10
	c := token.NewCache(bytes)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 20_000 {
		id := fmt.Sprint(random.IntN(2000))
		if !c.Get(id) {
			c.Put(id, random.IntN(16<<10), now.Add(time.Duration(random.IntN(600)-300)*time.Second), now)
		}
		if i%100 == 99 {
			require.LessOrEqual(t, c.Bytes(), bytes)
			require.LessOrEqual(t, c.Entries(), c.Room())
		}
	}
	assert.Positive(t, c.Entries())
}

// Two calls may find the same token good at the same time.
func TestCacheRemembersOnce(t *testing.T) {
	t.Parallel()
	c := token.NewCache(8 << 10)
	for range 3 {
		c.Put("same", 100, now.Add(time.Hour), now)
	}
	assert.Equal(t, 1, c.Entries())
}

func TestCacheForgetsTheDead(t *testing.T) {
	t.Parallel()
	c := token.NewCache(8 << 10) // one bucket of eight
	for i := range 8 {
		c.Put(fmt.Sprint("dead-", i), 100, now, now.Add(-time.Hour))
		for range 5 {
			require.True(t, c.Get(fmt.Sprint("dead-", i)))
		}
	}
	c.Put("new", 100, now.Add(time.Hour), now)
	assert.True(t, c.Get("new"), "whatever its merit, the expired makes room")
}

// typical is how many bytes of strings are remembered of a token: its subject,
// client, id, audience and scopes.
const typical = 150

// hitRatio is how many of the calls of a working set find their token
// remembered while others flood the cache with good tokens used once each.
func hitRatio(c *token.Cache, working, floodPerCall, calls int, random *rand.Rand) float64 {
	later, hits, flood := now.Add(time.Hour), 0, 0
	call := func(id string) bool {
		if c.Get(id) {
			return true
		}
		c.Put(id, typical, later, now)
		return false
	}
	for i := range calls {
		if call(fmt.Sprint("user-", random.IntN(working))) && i >= calls/5 { // the first fifth is for settling in
			hits++
		}
		for range floodPerCall {
			flood++
			call(fmt.Sprint("flood-", flood))
		}
	}
	return float64(hits) / float64(calls-calls/5)
}

func TestCacheUnderFlood(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	t.Parallel()
	quiet := hitRatio(token.NewCache(4<<20), 1000, 0, 50_000, rand.New(rand.NewPCG(1, 2)))
	flooded := hitRatio(token.NewCache(4<<20), 1000, 10, 50_000, rand.New(rand.NewPCG(1, 2)))
	assert.Greater(t, quiet, 0.98)
	assert.Greater(t, flooded, 0.95, "ten tokens used once to each call of a thousand users")
}

// The working set changes: the cache follows, though all its slots have merit.
func TestCacheFollowsAChange(t *testing.T) {
	t.Parallel()
	c := token.NewCache(64 << 10)
	random := rand.New(rand.NewPCG(1, 2))
	for round := range 5 {
		hits := 0
		for i := range 4000 {
			id := fmt.Sprint("round-", round, "-", random.IntN(40))
			if c.Get(id) {
				hits++
			} else {
				c.Put(id, 300, now.Add(time.Hour), now)
			}
			if i == 999 {
				hits = 0 // settled in by now
			}
		}
		assert.Greater(t, hits, 2700, "of 3000 in round %d", round)
	}
}
