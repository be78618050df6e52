//go:build interop

package valkey_test

import (
	"context"
	"crypto/rand"
	"net"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token/dpop/valkey"
)

// realServer is a redis-server of the test's own, which keeps its snapshots in dir.
type realServer struct {
	port, dir string
	cmd       *exec.Cmd
}

func newServer(t testing.TB, more ...string) *realServer {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	_, port, err := net.SplitHostPort(ln.Addr().String())
	require.NoError(t, err)
	require.NoError(t, ln.Close())
	s := &realServer{port: port, dir: t.TempDir()}
	s.start(t, more...)
	t.Cleanup(s.kill)
	return s
}

func (s *realServer) address() string { return "127.0.0.1:" + s.port }

func (s *realServer) start(t testing.TB, more ...string) {
	t.Helper()
	args := []string{"--port", s.port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", s.dir, "--repl-diskless-sync-delay", "0"}
	s.cmd = exec.Command("redis-server", append(args, more...)...)
	require.NoError(t, s.cmd.Start(), "the Debian package redis-server has it")
	require.Eventually(t, func() bool { return exec.Command("redis-cli", "-p", s.port, "dbsize").Run() == nil && s.up() }, 10*time.Second, 10*time.Millisecond)
}

func (s *realServer) up() bool {
	conn, err := net.Dial("tcp", s.address())
	if err == nil {
		_ = conn.Close()
	}
	return err == nil
}

func (s *realServer) signal(sig syscall.Signal) { _ = s.cmd.Process.Signal(sig) }

func (s *realServer) kill() {
	s.signal(syscall.SIGKILL)
	_ = s.cmd.Wait()
}

func (s *realServer) tell(t testing.TB, command ...string) string {
	t.Helper()
	out, err := exec.Command("redis-cli", append([]string{"-p", s.port}, command...)...).CombinedOutput()
	require.NoError(t, err, string(out))
	return string(out)
}

const short = 2 * time.Second // a ttl that a test can wait for

// judged waits until the store takes calls, and asks for a proof.
func judged(t testing.TB, s *valkey.Store, n byte) (first bool) {
	t.Helper()
	require.Eventually(t, func() bool {
		var other [32]byte
		_, _ = rand.Read(other[:])
		_, err := s.Use(context.Background(), other, short)
		return err == nil
	}, 10*time.Second, 20*time.Millisecond)
	first, err := s.Use(context.Background(), id(n), short)
	require.NoError(t, err)
	return first
}

// TestServerForgets does to a real server what makes it forget a proof, and wants
// the proof refused for as long as it may be good.
func TestServerForgets(t *testing.T) {
	t.Parallel()
	for name, forget := range map[string]func(*testing.T, *realServer){
		"restarted empty": func(t *testing.T, s *realServer) { s.kill(); s.start(t) },
		"restarted from a snapshot": func(t *testing.T, s *realServer) {
			s.kill() // with what was saved before the proof
			s.start(t)
			require.NotEmpty(t, s.tell(t, "get", "postern:dpop:mark:2000"), "the snapshot has the mark")
		},
		"emptied": func(t *testing.T, s *realServer) { s.tell(t, "flushall") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			store := newStore(t, valkey.Config{Addresses: []string{s.address()}})
			other := newStore(t, valkey.Config{Addresses: []string{s.address()}})
			require.True(t, judged(t, store, 1))
			if name == "restarted from a snapshot" {
				s.tell(t, "save")
			}
			used := time.Now()
			require.True(t, judged(t, store, 2))
			forget(t, s)
			for time.Since(used) < short {
				for _, store := range []*valkey.Store{store, other} {
					first, err := store.Use(t.Context(), id(2), short)
					require.False(t, first, err)
				}
			}
			assert.True(t, judged(t, other, 3))
		})
	}
}

// TestServerFailsOver promotes a replica that has not received the last proof.
func TestServerFailsOver(t *testing.T) {
	t.Parallel()
	primary := newServer(t)
	replica := newServer(t, "--replicaof", "127.0.0.1 "+primary.port)
	store := newStore(t, valkey.Config{Addresses: []string{replica.address(), primary.address()}})
	require.True(t, judged(t, store, 1))
	require.Equal(t, primary.address(), store.Status().Address)
	require.Eventually(t, func() bool { return len(replica.tell(t, "get", "postern:dpop:mark:2000")) > 10 }, 10*time.Second, 10*time.Millisecond)
	replica.signal(syscall.SIGSTOP)
	used := time.Now()
	require.True(t, judged(t, store, 2))
	primary.kill()
	replica.signal(syscall.SIGCONT)
	replica.tell(t, "replicaof", "no", "one")
	for time.Since(used) < short {
		first, err := store.Use(t.Context(), id(2), short)
		require.False(t, first, err)
	}
	assert.True(t, judged(t, store, 3))
	assert.Equal(t, replica.address(), store.Status().Address)
}

// TestServerHangs holds that each call is answered in time, and that service is
// back within a second or so.
func TestServerHangs(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	store := newStore(t, valkey.Config{Addresses: []string{s.address()}})
	require.True(t, judged(t, store, 1))
	s.signal(syscall.SIGSTOP)
	var all sync.WaitGroup
	until := time.Now().Add(3 * time.Second)
	for range 4 {
		all.Go(func() {
			for time.Now().Before(until) {
				began := time.Now()
				_, err := store.Use(context.Background(), id(2), short)
				assert.Error(t, err)
				assert.Less(t, time.Since(began), 900*time.Millisecond)
			}
		})
	}
	all.Wait()
	assert.False(t, store.Status().Connected, "a silent connection is given up")
	s.signal(syscall.SIGCONT)
	within(t, 3*time.Second, func() { judged(t, store, 3) })
}

func TestServerIsFull(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	store := newStore(t, valkey.Config{Addresses: []string{s.address()}})
	require.True(t, judged(t, store, 1))
	s.tell(t, "config", "set", "maxmemory", "1")
	_, err := store.Use(t.Context(), id(2), short)
	require.ErrorIs(t, err, valkey.ErrFull)
	assert.Empty(t, store.Status().Warnings)
	s.tell(t, "config", "set", "maxmemory", "0")
	s.tell(t, "config", "set", "maxmemory-policy", "allkeys-lru")
	assert.True(t, judged(t, store, 3))
	assert.Len(t, func() []string {
		late := newStore(t, valkey.Config{Addresses: []string{s.address()}})
		judged(t, late, 4)
		return late.Status().Warnings
	}(), 1)
}

// TestServerPermits holds which commands the user of the store needs.
func TestServerPermits(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.tell(t, "acl", "setuser", "postern", "on", ">secret", "~postern:dpop:*", "+hello", "+select", "+ping", "+set", "+get", "+mget", "+info")
	for _, after := range []valkey.AfterRestart{valkey.RefuseAll, valkey.RefuseEarlier, valkey.TrustServer} {
		store := newStore(t, valkey.Config{URL: "redis://postern:secret@" + s.address(), AfterRestart: after})
		require.True(t, judged(t, store, byte(10*after)+1))
		require.NoError(t, store.Ready(t.Context()))
		assert.Len(t, store.Status().Warnings, 1, "CONFIG GET is not permitted")
	}
	for _, url := range []string{"redis://postern:wrong@", "redis://nobody:secret@"} {
		_, err := newStore(t, valkey.Config{URL: url + s.address(), Timeout: 5 * time.Second}).Use(t.Context(), id(1), short)
		assert.ErrorIs(t, err, valkey.ErrCredentials)
	}
}
