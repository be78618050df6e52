//go:build interop

package main

import (
	"cmp"
	"encoding/base64"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token/dpop"
	"github.com/postern-go/postern/token/tokentest"
)

// server is a redis-server that remembers nothing once it has ended.
type server struct {
	t    *testing.T
	port string
	cmd  *exec.Cmd
}

func newServer(t *testing.T) *server {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	_, port, err := net.SplitHostPort(ln.Addr().String())
	require.NoError(t, err)
	require.NoError(t, ln.Close())
	s := &server{t: t, port: port}
	s.start()
	t.Cleanup(s.kill)
	return s
}

func (s *server) start() {
	s.t.Helper()
	s.cmd = exec.Command("redis-server", "--port", s.port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", s.t.TempDir())
	require.NoError(s.t, s.cmd.Start(), "the Debian package redis-server has it")
	require.Eventually(s.t, func() bool {
		conn, err := net.Dial("tcp", "127.0.0.1:"+s.port)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	}, 10*time.Second, 10*time.Millisecond)
}

func (s *server) signal(sig syscall.Signal) { _ = s.cmd.Process.Signal(sig) }

func (s *server) kill() {
	s.signal(syscall.SIGKILL)
	_ = s.cmd.Wait()
}

// fleet is two replicas with one store, a client, and a thief who has each of its
// proofs.
type fleet struct {
	t        *testing.T
	client   *client
	replicas [2]*replica
	replayed atomic.Int64 // proofs that were accepted, and then not by the other replica
	good     [2]atomic.Int64
	refused  atomic.Int64 // good calls
	slowest  atomic.Int64

	mu   sync.Mutex
	used []call // accepted
}

// TestNothingIsReplayed replays 10,000 proofs to the other replica, over HTTP and
// gRPC, while the store is hung, killed and restarted without its data.
func TestNothingIsReplayed(t *testing.T) {
	store := newServer(t)
	issuer := tokentest.NewLoopbackIssuer(t, &tokentest.Options{Audience: []string{audience}})
	f := &fleet{t: t, client: newClient(t, issuer)}
	for i := range f.replicas {
		f.replicas[i] = start(t, "-issuer", issuer.Identifier(), "-replay", "redis://127.0.0.1:"+store.port)
	}
	ended := make(chan struct{})
	var workers sync.WaitGroup
	for n := range 4 {
		workers.Go(func() { f.work(n, ended) })
	}
	f.until(3000)
	store.signal(syscall.SIGSTOP)
	time.Sleep(1500 * time.Millisecond)
	assert.NotZero(t, f.refused.Load(), "calls were answered while the store hung")
	store.signal(syscall.SIGCONT)
	f.until(6000)
	store.kill()
	time.Sleep(300 * time.Millisecond)
	store.start()
	f.replayAll()
	f.until(10_000)
	close(ended)
	workers.Wait()
	f.replayAll()
	assert.NotZero(t, f.good[0].Load(), "over HTTP")
	assert.NotZero(t, f.good[1].Load(), "over gRPC")
	assert.Less(t, time.Duration(f.slowest.Load()), time.Second, "the slowest good call")
	t.Logf("%d proofs replayed, %d good calls refused, the slowest answered after %v", f.replayed.Load(), f.refused.Load(), time.Duration(f.slowest.Load()))
}

// TestNoncesAreShared has each replica take the nonces of the other, and a store that
// has forgotten everything costs a client one attempt.
func TestNoncesAreShared(t *testing.T) {
	store := newServer(t)
	issuer := tokentest.NewLoopbackIssuer(t, &tokentest.Options{Audience: []string{audience}})
	keys := filepath.Join(t.TempDir(), "keys")
	require.NoError(t, os.WriteFile(keys, []byte(base64.StdEncoding.EncodeToString(make([]byte, 32))), 0o600))
	var replicas [2]*replica
	for i := range replicas {
		replicas[i] = start(t, "-issuer", issuer.Identifier(), "-replay", "redis://127.0.0.1:"+store.port, "-dpop-nonce", "-dpop-nonce-keys", keys)
	}
	c := newClient(t, issuer)
	nonce := ""
	use := func(at *replica, proof string) int {
		status, next, err := c.do(at, proof)
		require.NoError(t, err)
		nonce = cmp.Or(next, nonce)
		return status
	}
	fresh := func() string {
		proof, err := c.Proof(dpop.Claims{Method: "GET", URL: audience + "/photos", Token: c.raw, Nonce: nonce})
		require.NoError(t, err)
		return proof
	}
	require.Equal(t, 401, use(replicas[0], fresh()), "no nonce")
	require.Equal(t, 200, use(replicas[1], fresh()), "the nonce of the other")
	used := fresh()
	require.Equal(t, 200, use(replicas[0], used))
	require.Equal(t, 401, use(replicas[1], used))

	store.kill()
	store.start()
	status := 503
	for range 50 { // while the replica connects again
		if status = use(replicas[0], fresh()); status != 503 {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	assert.Equal(t, 401, status, "the nonce is from before")
	assert.Equal(t, 200, use(replicas[0], fresh()), "the next one, within the same second")
	assert.Equal(t, 401, use(replicas[0], used))
}

func (f *fleet) until(replayed int64) {
	f.t.Helper()
	limit := time.Now().Add(25 * time.Second)
	for f.replayed.Load() < replayed && !f.t.Failed() {
		require.True(f.t, time.Now().Before(limit), "only %d proofs were replayed", f.replayed.Load())
		time.Sleep(5 * time.Millisecond)
	}
}

// work makes good calls, and replays each proof that was accepted.
func (f *fleet) work(n int, ended chan struct{}) {
	for i := n; !f.t.Failed(); i++ {
		select {
		case <-ended:
			return
		default:
		}
		rpc := i%4 < 2
		what, err := f.client.newCall(rpc)
		if !assert.NoError(f.t, err) {
			return
		}
		began := time.Now()
		got, err := f.client.send(f.replicas[i%2], what)
		f.took(time.Since(began))
		switch {
		case !assert.NoError(f.t, err):
		case got == 200:
			f.accepted(what, i)
		case assert.Equal(f.t, 503, got, "a good call is let in, or cannot be judged"):
			f.refused.Add(1)
		}
	}
}

func (f *fleet) took(d time.Duration) {
	for {
		slowest := f.slowest.Load()
		if int64(d) <= slowest || f.slowest.CompareAndSwap(slowest, int64(d)) {
			return
		}
	}
}

func (f *fleet) accepted(what call, i int) {
	if i%4 < 2 {
		f.good[1].Add(1)
	} else {
		f.good[0].Add(1)
	}
	f.mu.Lock()
	f.used = append(f.used, what)
	f.mu.Unlock()
	f.replay(what, i+1)
	f.replayed.Add(1)
}

func (f *fleet) replay(what call, i int) {
	got, err := f.client.send(f.replicas[i%2], what)
	assert.NoError(f.t, err)
	assert.Contains(f.t, []int{401, 503}, got, "a proof that was used")
}

// replayAll replays the last proofs to both replicas.
func (f *fleet) replayAll() {
	f.mu.Lock()
	last := f.used[max(0, len(f.used)-1000):]
	f.mu.Unlock()
	var all sync.WaitGroup
	for n := range 4 {
		all.Go(func() {
			for i := n; i < len(last); i += 4 {
				f.replay(last[i], 0)
				f.replay(last[i], 1)
			}
		})
	}
	all.Wait()
}
