package valkey_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token/dpop/valkey"
)

func TestWarnings(t *testing.T) {
	t.Parallel()
	for policy, want := range map[string]int{"noeviction": 0, "": 1, "volatile-ttl": 1, "allkeys-lru": 1} {
		f := newFake(t)
		f.set(func() { f.policy = policy })
		told := make(chan valkey.Connection, 1)
		s := warm(t, f, func(c *valkey.Config) {
			c.Trace = &valkey.Trace{Connect: func(c valkey.Connection) { told <- c }}
		})
		eventually(t, s, 1)
		assert.Len(t, s.Status().Warnings, want, policy)
		assert.Equal(t, valkey.Connection{Address: f.Addr(), Warnings: s.Status().Warnings}, <-told, policy)
	}
}

func TestUnsuitable(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		extra, runID string
		want         error
	}{
		"cluster":           {"redis_mode:cluster\r\nrole:master\r\n", "x", valkey.ErrUnsuitable},
		"cluster by valkey": {"server_mode:cluster\r\nrole:master\r\n", "x", valkey.ErrUnsuitable},
		"replica":           {"redis_mode:standalone\r\nrole:slave\r\n", "x", valkey.ErrNotPrimary},
		"no run id":         {"role:master\r\n", "", valkey.ErrCredentials},
	} {
		f := newFake(t)
		f.set(func() { f.extra, f.runID = c.extra, c.runID })
		s := newStore(t, valkey.Config{Addresses: []string{f.Addr()}, Timeout: 5 * time.Second})
		_, err := s.Use(t.Context(), id(1), ttl)
		require.ErrorIs(t, err, c.want, name)
		assert.Empty(t, f.Keys(), name)
	}
}

// TestFailover goes from a primary to the replica that takes over.
func TestFailover(t *testing.T) {
	t.Parallel()
	old, promoted := newFake(t), newFake(t)
	promoted.set(func() { promoted.extra, promoted.runID = "role:slave\r\n", "second" })
	s := warm(t, old, func(c *valkey.Config) { c.Addresses = []string{promoted.Addr(), old.Addr()} })
	eventually(t, s, 1)
	require.Equal(t, old.Addr(), s.Status().Address)
	mark, err := old.Get("postern:dpop:mark:95000")
	require.NoError(t, err)
	require.NoError(t, promoted.Set("postern:dpop:mark:95000", mark)) // the proof was not replicated yet
	promoted.set(func() { promoted.extra = "role:master\r\n" })
	old.set(func() {
		old.answers["SET"] = "READONLY You can't write against a read only replica."
		old.extra = "role:slave\r\n"
	})
	require.Eventually(t, func() bool {
		first, err := s.Use(t.Context(), id(1), ttl)
		require.False(t, first)
		return errors.Is(err, valkey.ErrRestarted)
	}, 10*time.Second, 10*time.Millisecond)
	require.Equal(t, promoted.Addr(), s.Status().Address)
	promoted.FastForward(ttl)
	eventually(t, s, 2)
}

func TestStatus(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	var took []error
	var refusing time.Duration
	s := warm(t, f, func(c *valkey.Config) {
		c.Trace = &valkey.Trace{
			Use:     func(_ time.Duration, err error) { took = append(took, err) },
			Restart: func(d time.Duration) { refusing = d },
		}
	})
	assert.Equal(t, ttl, refusing)
	status := s.Status()
	assert.True(t, status.Connected)
	assert.NotZero(t, status.FailingSince)
	assert.Zero(t, status.LastSuccess)
	since := status.FailingSince
	f.set(func() { f.answers["SET"] = "OOM x" })
	_, err := s.Use(t.Context(), id(1), ttl)
	require.ErrorIs(t, err, valkey.ErrFull)
	assert.Equal(t, since, s.Status().FailingSince, "it is the first failure of a row")
	f.set(func() { f.answers["SET"] = "" })
	eventually(t, s, 2)
	status = s.Status()
	assert.Zero(t, status.FailingSince)
	assert.NotZero(t, status.LastSuccess)
	assert.NotZero(t, status.Latency)
	require.Len(t, took, 3)
	assert.NoError(t, took[2])
	text, err := json.Marshal(status)
	require.NoError(t, err)
	assert.Contains(t, string(text), `"connected":true`)
	require.NoError(t, s.Ready(t.Context()))
	f.Close()
	require.Eventually(t, func() bool { return s.Ready(t.Context()) != nil }, 10*time.Second, time.Millisecond)
}
