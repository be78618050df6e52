package valkey_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token/dpop/valkey"
)

func TestUse(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	one := warm(t, f, nil)
	other := newStore(t, valkey.Config{URL: "redis://" + f.Addr(), Timeout: 5 * time.Second})
	elsewhere := warm(t, f, func(c *valkey.Config) { c.Prefix = "albums:" })
	use := func(s *valkey.Store, n byte, want bool) {
		t.Helper()
		first, err := s.Use(t.Context(), id(n), ttl)
		require.NoError(t, err)
		require.Equal(t, want, first)
	}
	use(one, 1, true)
	use(one, 1, false)
	use(other, 1, false)
	use(other, 2, true)
	use(one, 2, false)
	use(elsewhere, 1, true)
	f.FastForward(ttl - time.Millisecond)
	use(other, 1, false)
	f.FastForward(time.Millisecond)
	use(other, 1, true)
	for _, key := range f.Keys() {
		assert.Regexp(t, `^(postern:dpop|albums):(mark:95000|[\w-]{43})$`, key)
	}
}

func TestTTLIsNeverRoundedDown(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	s := newStore(t, valkey.Config{Addresses: []string{f.Addr()}, AfterRestart: valkey.TrustServer, Timeout: 5 * time.Second})
	first, err := s.Use(t.Context(), id(1), time.Nanosecond)
	require.NoError(t, err)
	require.True(t, first)
	f.FastForward(time.Millisecond - time.Nanosecond)
	assert.Len(t, f.Keys(), 1)
	_, err = s.Use(t.Context(), id(1), 0)
	assert.ErrorIs(t, err, valkey.ErrUnsuitable, "a proof that is remembered for no time is not remembered")
}

// TestUseAtTheSameTime holds that the question and the note are one operation.
func TestUseAtTheSameTime(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	stores := []*valkey.Store{warm(t, f, nil), newStore(t, valkey.Config{Addresses: []string{f.Addr()}, Timeout: 5 * time.Second})}
	for n := range byte(20) {
		var firsts atomic.Int64
		var all sync.WaitGroup
		for i := range 16 {
			all.Go(func() {
				first, err := stores[i%2].Use(context.Background(), id(100+n), ttl)
				assert.NoError(t, err)
				if first {
					firsts.Add(1)
				}
			})
		}
		all.Wait()
		require.EqualValues(t, 1, firsts.Load())
	}
}

// TestNothingIsRepeated holds that a proof is written once: written again, it would
// be a replay of itself.
func TestNothingIsRepeated(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	s := warm(t, f, nil)
	f.set(func() { f.received, f.answers["SET"] = nil, "LOADING the data is being read" })
	_, err := s.Use(t.Context(), id(1), ttl)
	require.ErrorIs(t, err, valkey.ErrNotPrimary)
	count := 0
	for _, command := range f.commands() {
		if len(command) > 3 && command[:3] == "SET" {
			count++
		}
	}
	assert.Equal(t, 1, count)
}

func TestZeroStore(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]*valkey.Store{"nil": nil, "zero": {}} {
		_, err := s.Use(t.Context(), id(1), ttl)
		assert.ErrorIs(t, err, valkey.ErrUnsuitable, name)
		assert.ErrorIs(t, s.Ready(t.Context()), valkey.ErrUnsuitable, name)
		assert.Zero(t, s.Status(), name)
		s.Close()
	}
}

func TestClose(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	s := warm(t, f, nil)
	s.Close()
	s.Close()
	_, err := s.Use(t.Context(), id(1), ttl)
	assert.ErrorIs(t, err, valkey.ErrClosed)
	assert.False(t, s.Status().Connected)
	require.Eventually(t, func() bool { return f.CurrentConnectionCount() == 0 }, 10*time.Second, time.Millisecond)
}

// TestOneConnection holds that a session has a single connection: what was found
// out about the server holds for it, and for no other.
func TestOneConnection(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	s := warm(t, f, nil)
	var all sync.WaitGroup
	for n := range byte(64) {
		all.Go(func() { _, _ = s.Use(context.Background(), id(n+1), ttl) })
	}
	all.Wait()
	assert.Equal(t, 1, f.TotalConnectionCount())
}
