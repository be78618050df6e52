package dpop_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/dpop"
)

func TestSetNXStore(t *testing.T) {
	t.Parallel()
	_, err := dpop.NewSetNXStore(nil)
	require.ErrorIs(t, err, token.ErrConfig)
	held := map[string]time.Duration{}
	store, err := dpop.NewSetNXStore(func(_ context.Context, key string, ttl time.Duration) (bool, error) {
		if _, ok := held[key]; ok {
			return false, nil
		}
		held[key] = ttl
		return true, nil
	})
	require.NoError(t, err)
	for _, want := range []bool{true, false} {
		first, err := store.Use(t.Context(), [32]byte{1}, time.Minute)
		require.NoError(t, err)
		assert.Equal(t, want, first)
	}
	assert.Equal(t, map[string]time.Duration{"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA": time.Minute}, held)
}

func TestSetNXStoreFails(t *testing.T) {
	t.Parallel()
	down := errors.New("down")
	for name, set := range map[string]dpop.SetNX{
		"error":             func(context.Context, string, time.Duration) (bool, error) { return false, down },
		"error with a true": func(context.Context, string, time.Duration) (bool, error) { return true, down },
		"panic":             func(context.Context, string, time.Duration) (bool, error) { panic("x") },
		"exit": func(context.Context, string, time.Duration) (bool, error) {
			runtime.Goexit()
			return true, nil
		},
	} {
		store, err := dpop.NewSetNXStore(set)
		require.NoError(t, err)
		first, err := store.Use(t.Context(), [32]byte{}, time.Minute)
		assert.False(t, first, name)
		assert.Error(t, err, name)
	}
	for name, store := range map[string]*dpop.SetNXStore{"nil": nil, "zero": {}} {
		_, err := store.Use(t.Context(), [32]byte{}, time.Minute)
		assert.Error(t, err, name)
	}
}

// TestSetNXStoreDoesNotWait has a client that ignores its context, as go-redis does
// unless it is told not to.
func TestSetNXStoreDoesNotWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store, err := dpop.NewSetNXStore(func(context.Context, string, time.Duration) (bool, error) {
			time.Sleep(5 * time.Second)
			return true, nil
		})
		require.NoError(t, err)
		began := time.Now()
		for range 1024 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			first, err := store.Use(ctx, [32]byte{}, time.Minute)
			cancel()
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.False(t, first)
		}
		assert.Equal(t, 1024*time.Millisecond, time.Since(began))
		before := runtime.NumGoroutine()
		began = time.Now()
		_, err = store.Use(t.Context(), [32]byte{}, time.Minute)
		require.Error(t, err)
		assert.Zero(t, time.Since(began))
		assert.LessOrEqual(t, runtime.NumGoroutine(), before)
		time.Sleep(5 * time.Second)
		first, err := store.Use(t.Context(), [32]byte{}, time.Minute)
		require.NoError(t, err)
		assert.True(t, first)
	})
}

// forgetful is a store that says since when it has remembered.
type forgetful struct {
	dpop.ReplayStore
	since time.Time
	err   error
}

func (f *forgetful) UseSince(ctx context.Context, id [32]byte, ttl time.Duration) (bool, time.Time, error) {
	first, err := f.Use(ctx, id, ttl)
	return first, f.since, errors.Join(err, f.err)
}

// TestUseSince holds that a proof that a store may have forgotten is not let in, and
// that the time counts which the store gives after it was asked.
func TestUseSince(t *testing.T) {
	t.Parallel()
	store := &forgetful{}
	w := newWorld(t, dpop.Config{Store: store})
	for name, c := range map[string]struct {
		since time.Duration
		err   error
		want  error
	}{
		"long ago":              {-time.Hour, nil, nil},
		"just then":             {0, nil, nil},
		"within its second":     {time.Millisecond, nil, token.ErrReplayStoreUnavailable},
		"after it":              {time.Second, nil, token.ErrReplayStoreUnavailable},
		"an error":              {-time.Hour, errors.New("x"), token.ErrReplayStoreUnavailable},
		"an error and too late": {time.Hour, errors.New("x"), token.ErrReplayStoreUnavailable},
	} {
		var err error
		store.ReplayStore, err = dpop.NewMemoryStore(&dpop.MemoryStoreConfig{AcceptProofsBeforeStart: true})
		require.NoError(t, err)
		store.since, store.err = w.clock.now().Add(c.since), c.err
		proof := w.proof()
		_, err = w.present(proof)
		require.ErrorIs(t, err, c.want, name)
		if c.want == nil {
			_, err = w.present(proof)
			require.ErrorIs(t, err, token.ErrReplay, name)
		}
	}
	store.since, store.err = w.clock.now().Add(time.Hour), nil
	proof := w.proof()
	_, err := w.present(proof)
	require.ErrorIs(t, err, token.ErrReplayStoreUnavailable)
	_, err = w.present(proof)
	assert.ErrorIs(t, err, token.ErrReplay, "a proof that is known is a replay, whatever else was forgotten")
}

// With nonces a store that has forgotten proofs is no outage: the next nonce lets the
// client in, within the same second too, and if the clock that the store goes by is
// ahead of this one.
func TestUseSinceWithNonces(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ after, since time.Duration }{
		"long after":          {20 * time.Second, 10 * time.Second},
		"within a second":     {300 * time.Millisecond, 200 * time.Millisecond},
		"by a clock ahead":    {time.Second, 5 * time.Second},
		"in a moment to come": {time.Second, time.Second + time.Millisecond},
		"at the very instant": {time.Second, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, dpop.Config{})
			memory, err := dpop.NewMemoryStore(&dpop.MemoryStoreConfig{AcceptProofsBeforeStart: true})
			require.NoError(t, err)
			store := &forgetful{ReplayStore: memory}
			w.use(dpop.Config{Store: store, Nonces: newNonces(t, secret(1))})
			nonce := w.demand()
			store.since = w.clock.now().Add(c.since)
			w.clock.advance(c.after)
			next, err := w.present(w.proof(withNonce(nonce)))
			require.ErrorIs(t, err, token.ErrNonce)
			_, err = w.present(w.proof(withNonce(next)))
			require.NoError(t, err)
		})
	}
}
