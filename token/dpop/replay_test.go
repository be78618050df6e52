package dpop_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/dpop"
	"github.com/postern-go/postern/token/tokentest"
)

// A proof is good once for as long as it is good at all, and another client may use
// its jti.
func TestReplay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dpop.Config{})
	withID := func(c *dpop.Claims) { c.ID = "one" }
	t.Run("C_9449-11.1-1", func(t *testing.T) {
		proof := w.proof(withID)
		_, err := w.present(proof)
		require.NoError(t, err)
		_, err = w.present(proof)
		require.ErrorIs(t, err, token.ErrReplay)
		_, err = w.present(w.proof(withID))
		require.ErrorIs(t, err, token.ErrReplay, "another proof with its jti")
		at := "https://api.example.com/else"
		_, err = w.presentAt(at, w.proof(withID, func(c *dpop.Claims) { c.URL = at }))
		require.NoError(t, err, "elsewhere it is another")
		another := *w
		_, another.prover = newProver(t)
		another.bound = another.Token(bind(another.prover))
		_, err = another.present(another.proof(withID))
		require.NoError(t, err, "another client")
	})
	ahead := w.proof(func(c *dpop.Claims) { c.IssuedAt = w.clock.now().Add(30 * time.Second) })
	_, err := w.present(ahead)
	require.NoError(t, err)
	for range 91 { // seconds: until it is too old
		_, err = w.present(ahead)
		require.ErrorIs(t, err, token.ErrReplay)
		w.clock.advance(time.Second)
	}
	_, err = w.present(ahead)
	require.ErrorIs(t, err, token.ErrProofStale)
}

// What identifies a proof is not one text: its parts do not run together.
func TestProofsThatRunTogether(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dpop.Config{})
	for path, id := range map[string]string{"/a": "bc", "/ab": "c", "/abc": "x", "/abcx": "bcx"} {
		at := "https://api.example.com" + path
		_, err := w.presentAt(at, w.proof(func(c *dpop.Claims) { c.URL, c.ID = at, id }))
		require.NoError(t, err)
	}
}

// Spellings of one URL are one target: another spelling is no way to use a proof
// twice.
func TestReplayInAnotherSpelling(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dpop.Config{})
	for _, htu := range []string{target, "HTTPS://API.example.com:443/%6frders"} {
		_, err := w.present(w.forged(nil, object{"jti": "one", "htu": htu}))
		if htu == target {
			require.NoError(t, err)
			continue
		}
		require.ErrorIs(t, err, token.ErrReplay)
	}
}

// Of a hundred copies of a proof at once, one gets in.
func TestCopiesAtOnce(t *testing.T) {
	t.Parallel()
	t.Run("C_9449-11.1-3 copies", func(t *testing.T) {
		w := newWorld(t, dpop.Config{})
		_, err := w.present(w.proof())
		require.NoError(t, err)
		proof := w.proof()
		var admitted, replayed atomic.Int32
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				switch _, err := w.present(proof); {
				case err == nil:
					admitted.Add(1)
				case errors.Is(err, token.ErrReplay):
					replayed.Add(1)
				}
			})
		}
		all.Wait()
		assert.Equal(t, int32(1), admitted.Load())
		assert.Equal(t, int32(99), replayed.Load())
	})
}

// A bad token or a bad proof leaves no trace in the store, however many come.
func TestForgeriesLeaveTheStoreAlone(t *testing.T) {
	t.Parallel()
	store := older(t)
	w := newWorld(t, dpop.Config{Store: store, Nonces: dpop.NewLocalNonces()})
	t.Run("C_9449-11.1-3 forged tokens", func(t *testing.T) {
		for _, row := range []struct {
			token string
			times int
			want  error
		}{
			{w.bound[:len(w.bound)-4] + "AAAA", 5_000, token.ErrSignature}, // each costs a verification
			{w.Token(bind(w.prover), tokentest.Claim("iss", "https://evil.example")), 95_000, token.ErrIssuer},
		} {
			p := token.Presentation{Scheme: "DPoP", Token: row.token, Call: newCall(t, target, w.proof(func(c *dpop.Claims) { c.Token = row.token }))}
			for range row.times {
				if _, err := w.verifier.Authenticate(t.Context(), p); !errors.Is(err, row.want) {
					require.ErrorIs(t, err, row.want)
				}
			}
		}
		assert.Zero(t, store.Stats().Entries)
	})
	t.Run("C_9449-11.1-3 bad proofs", func(t *testing.T) {
		nonce := w.demand()
		_, thief := newProver(t)
		stolen, err := thief.Proof(dpop.Claims{Method: "GET", URL: target, Token: w.bound, Nonce: nonce, IssuedAt: w.clock.now()})
		require.NoError(t, err)
		for _, proof := range []string{
			stolen, flipped(w.proof(withNonce(nonce))), w.proof(),
			w.forged(nil, object{"nonce": nonce, "htm": "PUT"}), w.forged(nil, object{"nonce": nonce, "ath": "x"}),
			w.forged(nil, object{"nonce": nonce, "htu": "https://x.example"}), w.forged(nil, object{"nonce": nonce, "iat": epoch - 61}),
		} {
			_, err := w.present(proof)
			require.ErrorIs(t, err, token.ErrInvalid)
		}
		assert.Zero(t, store.Stats().Entries)
		_, err = w.present(w.proof(withNonce(nonce)))
		require.NoError(t, err)
		assert.Equal(t, 1, store.Stats().Entries)
	})
}

// storeFunc is a ReplayStore of the user's own.
type storeFunc func(context.Context, [32]byte, time.Duration) (bool, error)

func (f storeFunc) Use(ctx context.Context, id [32]byte, ttl time.Duration) (bool, error) {
	return f(ctx, id, ttl)
}

type nilError struct{ text string }

func (e *nilError) Error() string { return e.text }

// A store that cannot tell refuses the call as one that cannot be judged, and a
// faulty one takes no server down.
func TestFailingStores(t *testing.T) {
	t.Parallel()
	down := errors.New("no connection\nto the store")
	for name, use := range map[string]storeFunc{
		"C_9449-11.1-2 an error":   func(context.Context, [32]byte, time.Duration) (bool, error) { return false, down },
		"an error and first":       func(context.Context, [32]byte, time.Duration) (bool, error) { return true, down },
		"an error of another kind": func(context.Context, [32]byte, time.Duration) (bool, error) { return true, token.ErrInvalid },
		"a panic":                  func(context.Context, [32]byte, time.Duration) (bool, error) { panic("at the store") },
		"a nil error that is not":  func(context.Context, [32]byte, time.Duration) (bool, error) { return true, (*nilError)(nil) },
		"an error that panics first": func(ctx context.Context, key [32]byte, d time.Duration) (bool, error) {
			var none dpop.ReplayStore
			return none.Use(ctx, key, d)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, dpop.Config{Store: use})
			_, err := w.present(w.proof())
			require.ErrorIs(t, err, token.ErrReplayStoreUnavailable)
			assert.Equal(t, "unavailable", token.Outcome(err))
			assert.Equal(t, "replay_store_unavailable", token.Reason(err))
			assert.True(t, printable.Is(err.Error()), err.Error())
		})
	}
}

// A test that fails in a store ends there.
func TestGoexitInAStore(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dpop.Config{Store: storeFunc(func(context.Context, [32]byte, time.Duration) (bool, error) { runtime.Goexit(); return true, nil })})
	proof, returned := w.proof(), false
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = w.present(proof)
		returned = true
	}()
	<-done
	assert.False(t, returned)
}

// A store has so long to answer, and no longer than the caller waits.
func TestSlowStores(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hung := storeFunc(func(ctx context.Context, _ [32]byte, _ time.Duration) (bool, error) {
			<-ctx.Done()
			return false, ctx.Err()
		})
		for _, row := range []struct{ timeout, want time.Duration }{{0, 200 * time.Millisecond}, {time.Second, time.Second}} {
			w := newWorld(t, dpop.Config{Store: hung, StoreTimeout: row.timeout})
			start := time.Now()
			_, err := w.present(w.proof())
			require.ErrorIs(t, err, token.ErrReplayStoreUnavailable)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			assert.Contains(t, err.Error(), "StoreTimeout")
			assert.Equal(t, row.want, time.Since(start))
		}
		w := newWorld(t, dpop.Config{Store: hung})
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		_, err := w.verifier.Authenticate(ctx, token.Presentation{Scheme: "DPoP", Token: w.bound, Call: newCall(t, target, w.proof())})
		require.ErrorIs(t, err, token.ErrReplayStoreUnavailable)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.NotContains(t, err.Error(), "StoreTimeout")
	})
}

// The store is told to remember a proof for as long as any replica may accept it.
func TestTTL(t *testing.T) {
	t.Parallel()
	for want, cfg := range map[time.Duration]dpop.Config{
		95 * time.Second:  {},
		90 * time.Second:  {ReplicaSkew: -1},
		125 * time.Second: {Nonces: dpop.NewLocalNonces()},
		330 * time.Second: {Nonces: dpop.NewLocalNonces(), NonceLifetime: 5 * time.Minute, ReplicaSkew: 30 * time.Second},
		65 * time.Second:  {MaxAhead: -1},
	} {
		var got time.Duration
		cfg.Store = storeFunc(func(_ context.Context, _ [32]byte, ttl time.Duration) (bool, error) {
			got = ttl
			return true, nil
		})
		w := newWorld(t, cfg)
		nonce, err := w.present(w.proof())
		if nonce != "" {
			_, err = w.present(w.proof(withNonce(nonce)))
		}
		require.NoError(t, err)
		assert.Equal(t, want+slowest, got)
	}
}

// slowest is the default of Config.StoreTimeout.
const slowest = 200 * time.Millisecond

// limited is a store with the methods that a store may have.
type limited struct {
	storeFunc
	ttl   time.Duration
	since time.Time
}

func (l limited) MaxTTL() time.Duration { return l.ttl }
func (l limited) Since() time.Time      { return l.since }

// A proof from before the store began may have been used without its knowledge.
func TestEmptyStore(t *testing.T) {
	t.Parallel()
	always := storeFunc(func(context.Context, [32]byte, time.Duration) (bool, error) { return true, nil })
	w := newWorld(t, dpop.Config{})
	try := func(store dpop.ReplayStore, iat int, want error) {
		t.Helper()
		w.use(dpop.Config{Store: store})
		_, err := w.present(w.forged(nil, object{"iat": iat}))
		require.ErrorIs(t, err, want)
	}
	store := limited{always, time.Hour, time.Unix(epoch, 999)}
	try(store, epoch, nil)
	try(store, epoch-1, token.ErrReplayStoreUnavailable)
	try(nil, epoch, nil)
	try(nil, epoch-1, token.ErrReplayStoreUnavailable)
	try(older(t), epoch-1, nil)
	store.since = time.Unix(epoch, 0)
	w.use(dpop.Config{Store: store, Nonces: newNonces(t, secret(1)), NonceReplacesClock: true})
	nonce := w.demand()
	_, err := w.present(w.forged(nil, object{"iat": 1, "nonce": nonce}))
	require.NoError(t, err, "the nonce tells when it was made")
	store.since = store.since.Add(time.Nanosecond)
	w.use(dpop.Config{Store: store, Nonces: newNonces(t, secret(1)), NonceReplacesClock: true})
	_, err = w.present(w.forged(nil, object{"iat": epoch + 100, "nonce": nonce}))
	require.ErrorIs(t, err, token.ErrNonce)
}
