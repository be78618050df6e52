package valkey_test

import (
	"context"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/token/dpop/valkey"
)

func TestAnswers(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]error{
		"OOM command not allowed when used memory > 'maxmemory'.":                  valkey.ErrFull,
		"READONLY You can't write against a read only replica.":                    valkey.ErrNotPrimary,
		"MASTERDOWN Link with MASTER is down":                                      valkey.ErrNotPrimary,
		"LOADING Redis is loading the dataset in memory":                           valkey.ErrNotPrimary,
		"BUSY Redis is busy running a script.":                                     valkey.ErrNotPrimary,
		"MISCONF Redis is configured to save RDB snapshots, but it can't.":         valkey.ErrNotPrimary,
		"NOREPLICAS Not enough good replicas to write.":                            valkey.ErrNotPrimary,
		"NOAUTH Authentication required.":                                          valkey.ErrCredentials,
		"WRONGPASS invalid username-password pair or user is disabled.":            valkey.ErrCredentials,
		"NOPERM this user has no permissions to run the 'set' command":             valkey.ErrCredentials,
		"MOVED 3999 10.0.0.1:6381":                                                 valkey.ErrUnsuitable,
		"CLUSTERDOWN Hash slot not served":                                         valkey.ErrUnsuitable,
		"CROSSSLOT Keys in request don't hash to the same slot":                    valkey.ErrUnsuitable,
		"ERR unknown command 'SET', with args beginning with: 'default' 'hunter2'": valkey.ErrUnsuitable,
		"hunter2": valkey.ErrUnsuitable,
	} {
		for _, command := range []string{"SET", "MGET", "HELLO"} {
			t.Run(command+" "+strings.Fields(answer)[0], func(t *testing.T) {
				t.Parallel()
				f := newFake(t)
				s := warm(t, f, nil)
				if command == "HELLO" {
					s.Close()
					s = newStore(t, valkey.Config{Addresses: []string{f.Addr()}, Timeout: 5 * time.Second})
				}
				f.set(func() { f.answers[command] = answer })
				if command == "HELLO" && strings.HasPrefix(answer, "ERR unknown") {
					f.set(func() { f.answers["SET"] = answer }) // servers without HELLO are fine
				}
				first, err := s.Use(t.Context(), id(1), ttl)
				require.ErrorIs(t, err, want)
				assert.False(t, first)
				assert.True(t, printable.Is(err.Error()))
				assert.NotContains(t, err.Error(), "hunter2")
				assert.Equal(t, err.Error(), s.Status().LastError)
			})
		}
	}
}

// TestRecovers holds that each failure ends when its cause does.
func TestRecovers(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{"OOM", "READONLY", "LOADING", "NOAUTH", "MOVED", "ERR"} {
		t.Run(answer, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			s := warm(t, f, nil)
			f.set(func() { f.answers["SET"] = answer + " x" })
			for n := range byte(5) {
				_, err := s.Use(t.Context(), id(n+1), ttl)
				require.Error(t, err)
			}
			assert.NotZero(t, s.Status().FailingSince)
			f.set(func() { f.answers["SET"] = "" })
			within(t, 3*time.Second, func() { eventually(t, s, 50) })
			assert.Zero(t, s.Status().FailingSince)
		})
	}
}

// TestUnreachable holds how long a call waits for a server that does not answer.
func TestUnreachable(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		address string
		want    error
	}{
		"down":    {refused(t), valkey.ErrUnreachable},
		"silent":  {silent(t), valkey.ErrTimeout},
		"no name": {"store.invalid:6379", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStore(t, valkey.Config{Addresses: []string{c.address}})
			within(t, 3*time.Second, func() {
				first, err := s.Use(t.Context(), id(1), ttl)
				assert.False(t, first)
				require.Error(t, err)
				if c.want != nil {
					assert.ErrorIs(t, err, c.want)
				}
			})
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
			defer cancel()
			_, err := s.Use(ctx, id(1), ttl)
			assert.Error(t, err)
			assert.False(t, s.Status().Connected)
		})
	}
}

// TestAttemptsAreFew holds that a flood of calls does not become one of
// connections.
func TestAttemptsAreFew(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	attempts := 0
	s := newStore(t, valkey.Config{Addresses: []string{"store:6379"}, Dial: func(context.Context, string, string) (net.Conn, error) {
		mu.Lock()
		defer mu.Unlock()
		attempts++
		return nil, context.DeadlineExceeded
	}})
	until := time.Now().Add(500 * time.Millisecond)
	for time.Now().Before(until) {
		_, err := s.Use(t.Context(), id(1), ttl)
		require.Error(t, err)
	}
	mu.Lock()
	defer mu.Unlock()
	assert.Less(t, attempts, 12)
	assert.Greater(t, attempts, 2)
}

// TestConnectionsBreak holds that pauses between attempts grow with failures in a row
// only: the next connection after one that worked is made at once.
func TestConnectionsBreak(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	made := make(chan net.Conn, 1)
	s := newStore(t, valkey.Config{Addresses: []string{f.Addr()}, Timeout: 5 * time.Second, Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
		made <- conn
		return conn, err
	}})
	within(t, 1500*time.Millisecond, func() {
		for range 10 {
			require.Eventually(t, func() bool { return s.Ready(t.Context()) == nil }, 10*time.Second, time.Millisecond)
			require.NoError(t, (<-made).Close())
			_ = s.Ready(t.Context())
		}
	})
}

// TestSlow holds that one call that gives up does not end the connection for the
// others.
func TestSlow(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	s := warm(t, f, nil)
	f.set(func() { f.delay = 100 * time.Millisecond })
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	var all sync.WaitGroup
	all.Go(func() {
		first, err := s.Use(context.Background(), id(1), ttl)
		assert.NoError(t, err)
		assert.True(t, first)
	})
	_, err := s.Use(ctx, id(2), ttl)
	assert.ErrorIs(t, err, valkey.ErrTimeout)
	assert.ErrorIs(t, err, context.DeadlineExceeded)
	all.Wait()
	assert.Equal(t, 1, f.TotalConnectionCount())
}

// TestPanicsAreContained holds that what a service gives to Config cannot end it.
func TestPanicsAreContained(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	for name, cfg := range map[string]valkey.Config{
		"dial":        {Dial: func(context.Context, string, string) (net.Conn, error) { panic("dial") }},
		"no dial":     {Dial: func(context.Context, string, string) (net.Conn, error) { return nil, nil }},
		"credentials": {Credentials: func(context.Context) (string, string, error) { panic("credentials") }},
	} {
		cfg.Addresses = []string{f.Addr()}
		_, err := newStore(t, cfg).Use(t.Context(), id(1), ttl)
		assert.ErrorIs(t, err, valkey.ErrUnreachable, name)
	}
	s := warm(t, f, func(c *valkey.Config) {
		c.Trace = &valkey.Trace{
			Connect: func(valkey.Connection) { panic("connect") },
			Restart: func(time.Duration) { panic("restart") },
			Use:     func(time.Duration, error) { panic("use\n") },
		}
	})
	eventually(t, s, 1)
	assert.Equal(t, "use", s.Status().LastPanic)
}
