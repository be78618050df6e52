package valkey_test

import (
	"context"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/alicebob/miniredis/v2/server"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token/dpop/valkey"
)

const ttl = 95 * time.Second

// fake is a server in memory that tells what it is, and answers what a test wants.
type fake struct {
	*miniredis.Miniredis
	mu       sync.Mutex
	runID    string
	extra    string            // of INFO
	policy   string            // "" for no permission
	answers  map[string]string // error for each command
	delay    time.Duration
	received []string
}

func newFake(t *testing.T) *fake {
	t.Helper()
	f := &fake{Miniredis: miniredis.RunT(t), runID: "first", extra: "redis_mode:standalone\r\nrole:master\r\n", policy: "noeviction", answers: map[string]string{}}
	f.Server().SetPreHook(f.hook)
	return f
}

// restart ends all connections and begins with another run id and no data.
func (f *fake) restart(t *testing.T, runID string) {
	t.Helper()
	f.Close()
	f.FlushAll()
	f.set(func() { f.runID = runID })
	require.NoError(t, f.Restart())
	f.Server().SetPreHook(f.hook)
}

func (f *fake) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

func (f *fake) commands() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.received)
}

func (f *fake) hook(c *server.Peer, command string, args ...string) bool {
	f.mu.Lock()
	f.received = append(f.received, strings.Join(append([]string{command}, args...), " "))
	answer, delay, runID, extra, policy := f.answers[command], f.delay, f.runID, f.extra, f.policy
	f.mu.Unlock()
	time.Sleep(delay)
	switch {
	case answer != "":
		c.WriteError(answer)
	case command == "INFO":
		c.WriteBulk("# Server\r\nrun_id:" + runID + "\r\n" + extra)
	case command == "CONFIG" && policy == "":
		c.WriteError("NOPERM this user has no permissions to run the 'config|get' command")
	case command == "CONFIG":
		c.WriteStrings([]string{"maxmemory-policy", policy})
	default:
		return false
	}
	return true
}

func newStore(t testing.TB, cfg valkey.Config) *valkey.Store {
	t.Helper()
	s, err := valkey.New(cfg)
	require.NoError(t, err)
	t.Cleanup(s.Close)
	return s
}

// warm is a store whose server has been known for longer than a ttl.
func warm(t *testing.T, f *fake, change func(*valkey.Config)) *valkey.Store {
	t.Helper()
	cfg := valkey.Config{Addresses: []string{f.Addr()}, Timeout: 5 * time.Second, DialTimeout: 5 * time.Second}
	if change != nil {
		change(&cfg)
	}
	s := newStore(t, cfg)
	_, err := s.Use(t.Context(), id(0), ttl)
	require.ErrorIs(t, err, valkey.ErrRestarted)
	f.FastForward(ttl)
	return s
}

func id(n byte) [32]byte { return [32]byte{n, 31: 0xff} }

// silent accepts connections and never says a word.
func silent(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var held sync.Map
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			held.Store(c, true)
		}
	}()
	t.Cleanup(func() {
		_ = ln.Close()
		held.Range(func(c, _ any) bool { _ = c.(net.Conn).Close(); return true })
	})
	return ln.Addr().String()
}

// refused is an address at which nothing listens.
func refused(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, ln.Close())
	return ln.Addr().String()
}

// within runs f and wants it to end in time.
func within(t *testing.T, most time.Duration, f func()) {
	t.Helper()
	began := time.Now()
	f()
	require.Less(t, time.Since(began), most)
}

// eventually waits for a store to answer: real servers have no other clock.
func eventually(t *testing.T, s *valkey.Store, n byte) {
	t.Helper()
	require.Eventually(t, func() bool {
		first, err := s.Use(context.Background(), id(n), ttl)
		return first && err == nil
	}, 10*time.Second, 10*time.Millisecond)
}
