package dpop_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/dpop"
)

// While a slow store thinks, a proof that was in time when it was checked grows older.
// The store must still know it when it looks.
func TestReplayThroughASlowStore(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dpop.Config{})
	remembers, err := dpop.NewMemoryStore(&dpop.MemoryStoreConfig{Time: w.clock.now})
	require.NoError(t, err)
	var thinks time.Duration
	slow := storeFunc(func(ctx context.Context, id [32]byte, ttl time.Duration) (bool, error) {
		w.clock.advance(thinks)
		return remembers.Use(ctx, id, ttl)
	})
	w.use(dpop.Config{Store: slow, StoreTimeout: 10 * time.Second, ReplicaSkew: -1})
	ahead := w.proof(func(c *dpop.Claims) { c.IssuedAt = w.clock.now().Add(30 * time.Second) })
	_, err = w.present(ahead)
	require.NoError(t, err)
	w.clock.advance(90 * time.Second)
	thinks = 9 * time.Second
	_, err = w.present(ahead)
	require.ErrorIs(t, err, token.ErrReplay)
}

// A client whose clock is ahead makes proofs that look newer than they are. The nonce
// tells that one may have been used before the store began, and the next nonce lets
// the client in at once.
func TestEmptyStoreAndProofsFromAhead(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dpop.Config{})
	nonces := newNonces(t, secret(1))
	start := func() {
		store, err := dpop.NewMemoryStore(&dpop.MemoryStoreConfig{Time: w.clock.now})
		require.NoError(t, err)
		w.use(dpop.Config{Store: store, Nonces: nonces})
	}
	start()
	nonce := w.demand()
	ahead := w.proof(withNonce(nonce), func(c *dpop.Claims) { c.IssuedAt = w.clock.now().Add(30 * time.Second) })
	_, err := w.present(ahead)
	require.NoError(t, err)
	w.clock.advance(10 * time.Second)
	start()
	w.clock.advance(10 * time.Second)
	next, err := w.present(ahead)
	require.ErrorIs(t, err, token.ErrNonce)
	_, err = w.present(w.proof(withNonce(next), func(c *dpop.Claims) { c.IssuedAt = w.clock.now().Add(-30 * time.Second) }))
	require.NoError(t, err, "made since, whatever the clock of the client says")
}

// A nonce tells what came before a store within the second in which it began, and the
// next one is good in that second.
func TestEmptyStoreWithinItsSecond(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dpop.Config{})
	nonces := newNonces(t, secret(1))
	start := func() {
		store, err := dpop.NewMemoryStore(&dpop.MemoryStoreConfig{Time: w.clock.now})
		require.NoError(t, err)
		w.use(dpop.Config{Store: store, Nonces: nonces})
	}
	start()
	w.clock.advance(100 * time.Millisecond)
	used := w.proof(withNonce(w.demand()))
	_, err := w.present(used)
	require.NoError(t, err)
	w.clock.advance(100 * time.Millisecond)
	start()
	next, err := w.present(used)
	require.ErrorIs(t, err, token.ErrNonce)
	_, err = w.present(w.proof(withNonce(next)))
	require.NoError(t, err)
}
