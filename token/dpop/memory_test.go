package dpop_test

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/dpop"
)

func id(n int) [32]byte {
	return sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(n)))
}

func newStore(t testing.TB, cfg dpop.MemoryStoreConfig) *dpop.MemoryStore {
	t.Helper()
	store, err := dpop.NewMemoryStore(&cfg)
	require.NoError(t, err)
	return store
}

// fill uses ids from n on until one is refused or let in unremembered, and returns
// how many went in before.
func fill(t *testing.T, store *dpop.MemoryStore, from int) (n int) {
	t.Helper()
	for ; ; n++ {
		_, err := store.Use(t.Context(), id(from+n), time.Minute)
		if s := store.Stats(); err != nil || s.Refused+s.Unremembered > 0 {
			return n
		}
	}
}

// A full store refuses new proofs, keeps those it has, and takes new ones when
// they have expired.
func TestFullStore(t *testing.T) {
	t.Parallel()
	c := newClock()
	var alarms []dpop.MemoryStats
	store := newStore(t, dpop.MemoryStoreConfig{MaxBytes: 1 << 20, Time: c.now, Full: func(s dpop.MemoryStats) {
		alarms = append(alarms, s)
		panic("in the hook")
	}})
	n := fill(t, store, 0)
	assert.Greater(t, n, 10_000)
	assert.Equal(t, 1<<20/64, store.Stats().MaxEntries)
	for i := range n {
		first, err := store.Use(t.Context(), id(i), time.Minute)
		require.NoError(t, err)
		require.False(t, first, "it is remembered")
	}
	for i := range 100_000 {
		_, _ = store.Use(t.Context(), id(1_000_000+i), time.Minute)
	}
	assert.LessOrEqual(t, store.Stats().Entries, store.Stats().MaxEntries)
	assert.Greater(t, store.Stats().Refused, uint64(80_000))
	assert.Len(t, alarms, 1, "one a second")
	c.advance(time.Second)
	_, _ = store.Use(t.Context(), id(0), time.Minute)
	for i := range 100 {
		_, _ = store.Use(t.Context(), id(2_000_000+i), time.Minute)
	}
	assert.Len(t, alarms, 2)

	c.advance(59 * time.Second)
	first, err := store.Use(t.Context(), id(1), time.Minute)
	require.NoError(t, err)
	require.False(t, first, "to the last moment")
	c.advance(2 * time.Second)
	first, err = store.Use(t.Context(), id(2), time.Minute)
	require.NoError(t, err)
	require.True(t, first, "its time has passed")
	before := store.Stats().Refused
	for i := range 5000 {
		first, err := store.Use(t.Context(), id(3_000_000+i), time.Minute)
		require.NoError(t, err)
		require.True(t, first)
	}
	assert.Equal(t, before, store.Stats().Refused)
	assert.Less(t, store.Stats().Entries, 16_000, "those that have expired are gone")
}

// A use of a known id never shortens the time for which it is remembered, and a
// longer one extends it.
func TestTimeOfEntries(t *testing.T) {
	t.Parallel()
	c := newClock()
	store := newStore(t, dpop.MemoryStoreConfig{Time: c.now})
	use := func(n int, ttl time.Duration) bool {
		first, err := store.Use(t.Context(), id(n), ttl)
		require.NoError(t, err)
		return first
	}
	assert.True(t, use(1, time.Minute))
	assert.False(t, use(1, time.Second))
	c.advance(time.Minute)
	assert.False(t, use(1, time.Minute))
	c.advance(time.Minute)
	assert.False(t, use(1, 0))
	c.advance(time.Second)
	assert.True(t, use(1, time.Minute))
}

// AdmitUnremembered lets proofs in that do not fit, and still refuses those that it
// remembers.
func TestAdmitUnremembered(t *testing.T) {
	t.Parallel()
	store := newStore(t, dpop.MemoryStoreConfig{MaxBytes: 1 << 20, WhenFull: dpop.AdmitUnremembered})
	n := fill(t, store, 0)
	for range 2 {
		first, err := store.Use(t.Context(), id(n), time.Minute)
		require.NoError(t, err)
		assert.True(t, first)
		first, err = store.Use(t.Context(), id(0), time.Minute)
		require.NoError(t, err)
		assert.False(t, first)
	}
	assert.Equal(t, uint64(3), store.Stats().Unremembered)
	assert.Zero(t, store.Stats().Refused)
}

// A call beside a full store is one that cannot be judged.
func TestCallBesideAFullStore(t *testing.T) {
	t.Parallel()
	c := newClock()
	store := newStore(t, dpop.MemoryStoreConfig{MaxBytes: 1 << 20, Time: c.now})
	w := newWorld(t, dpop.Config{Store: store})
	for i := range 200_000 {
		_, _ = store.Use(t.Context(), id(i), time.Minute)
	}
	_, err := w.present(w.proof())
	require.ErrorIs(t, err, token.ErrReplayStoreUnavailable)
	assert.Contains(t, err.Error(), "MaxBytes")
}

// The bytes of an entry are what it takes.
func TestMemoryOfTheStore(t *testing.T) {
	const most = 32 << 20
	var before, after runtime.MemStats
	store := newStore(t, dpop.MemoryStoreConfig{MaxBytes: most})
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range 2 * most / 64 {
		_, _ = store.Use(t.Context(), id(i), time.Hour)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	assert.Greater(t, store.Stats().Entries, most/64*95/100)
	assert.Less(t, after.HeapAlloc-before.HeapAlloc, uint64(most))
	runtime.KeepAlive(store)
}

func TestStoreConfig(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]dpop.MemoryStoreConfig{
		"small": {MaxBytes: 1<<20 - 1}, "large": {MaxBytes: 16<<30 + 1}, "negative": {MaxBytes: -1}, "unknown choice": {WhenFull: 2},
	} {
		store, err := dpop.NewMemoryStore(&cfg)
		require.ErrorIs(t, err, token.ErrConfig, name)
		assert.Nil(t, store)
	}
	store, err := dpop.NewMemoryStore(nil)
	require.NoError(t, err)
	assert.Equal(t, dpop.MemoryStats{MaxEntries: 1 << 20}, store.Stats())
}

// A store that was not made by its constructor refuses, and panics nowhere.
func TestZeroStore(t *testing.T) {
	t.Parallel()
	for _, store := range []*dpop.MemoryStore{nil, {}} {
		first, err := store.Use(context.Background(), id(1), time.Minute)
		require.Error(t, err)
		assert.False(t, first)
		assert.Zero(t, store.Stats())
		assert.Zero(t, store.Since())
	}
}
