package valkey_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token/dpop/valkey"
)

// waysToForget are those in which a server comes to know less than before.
func waysToForget() map[string]func(*testing.T, *fake) {
	return map[string]func(*testing.T, *fake){
		"restarted empty":                     func(t *testing.T, f *fake) { f.restart(t, "second") },
		"restarted from a snapshot of before": restore,
		"emptied":                             func(_ *testing.T, f *fake) { f.FlushAll() },
	}
}

// restore gives a server what an old snapshot has.
func restore(t *testing.T, f *fake) {
	t.Helper()
	kept := map[string]string{}
	for _, key := range []string{"postern:dpop:mark:95000", "postern:dpop:since"} {
		if f.Exists(key) {
			value, err := f.Get(key)
			require.NoError(t, err)
			kept[key] = value
		}
	}
	f.restart(t, "second")
	for key, value := range kept {
		require.NoError(t, f.Set(key, value))
	}
}

// TestForgotten holds that no proof gets in twice, however the server came to
// forget it.
func TestForgotten(t *testing.T) {
	t.Parallel()
	for name, forget := range waysToForget() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			s := warm(t, f, nil)
			eventually(t, s, 1)
			other := newStore(t, valkey.Config{Addresses: []string{f.Addr()}, Timeout: 5 * time.Second})
			eventually(t, other, 2)
			forget(t, f)
			for n := range byte(3) {
				for _, s := range []*valkey.Store{s, other} {
					first, err := s.Use(t.Context(), id(n), ttl)
					assert.False(t, first)
					assert.True(t, err == nil || errors.Is(err, valkey.ErrRestarted) || errors.Is(err, valkey.ErrUnreachable), err)
				}
			}
			_, _ = s.Use(t.Context(), id(9), ttl) // now the mark is there for certain
			f.FastForward(ttl - time.Millisecond)
			_, err := other.Use(t.Context(), id(10), ttl)
			require.ErrorIs(t, err, valkey.ErrRestarted, "a proof from before may still be good")
			f.FastForward(time.Millisecond)
			eventually(t, other, 11)
			eventually(t, s, 12)
		})
	}
}

// TestRefuseEarlier holds that the time since when the server remembers is later than
// every proof that it has forgotten.
func TestRefuseEarlier(t *testing.T) {
	t.Parallel()
	for name, forget := range waysToForget() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			cfg := valkey.Config{Addresses: []string{f.Addr()}, Timeout: 5 * time.Second, AfterRestart: valkey.RefuseEarlier}
			s, other := newStore(t, cfg), newStore(t, cfg)
			began := time.Now()
			require.NoError(t, other.Ready(t.Context()))
			first, since, err := s.UseSince(t.Context(), id(1), ttl)
			require.NoError(t, err)
			require.True(t, first)
			require.False(t, since.Before(began))
			require.False(t, since.After(time.Now().Add(time.Millisecond)))
			_, err = s.Use(t.Context(), id(2), ttl)
			require.ErrorIs(t, err, valkey.ErrRestarted, "without the time of the proof, all are refused")
			time.Sleep(2 * time.Millisecond) // the mark is to the millisecond
			used := time.Now()
			forget(t, f)
			seen := map[time.Time]bool{}
			for n := range byte(3) {
				for _, s := range []*valkey.Store{s, other} {
					first, since, err := s.UseSince(t.Context(), id(n), ttl)
					if err != nil {
						require.ErrorIs(t, err, valkey.ErrUnreachable)
						continue
					}
					if first {
						require.True(t, since.After(used))
						seen[since] = true
					}
				}
			}
			assert.Len(t, seen, 1, "all replicas go by the same mark")
		})
	}
}

func TestTrustServer(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.set(func() { f.answers["INFO"] = "NOPERM this user has no permissions to run the 'info' command" })
	s := newStore(t, valkey.Config{Addresses: []string{f.Addr()}, AfterRestart: valkey.TrustServer, Timeout: 5 * time.Second})
	first, err := s.Use(t.Context(), id(1), ttl)
	require.NoError(t, err)
	assert.True(t, first)
	strict := newStore(t, valkey.Config{Addresses: []string{f.Addr()}, Timeout: 5 * time.Second})
	_, err = strict.Use(t.Context(), id(2), ttl)
	assert.ErrorIs(t, err, valkey.ErrCredentials, "without INFO, a restart would go unnoticed")
}

// TestEachLifetimeIsMarked holds that a mark by a service with short-lived proofs
// says nothing to one with proofs that live longer.
func TestEachLifetimeIsMarked(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	s := warm(t, f, nil)
	_, err := s.Use(t.Context(), id(1), 10*ttl)
	require.ErrorIs(t, err, valkey.ErrRestarted)
	f.FastForward(10*ttl - time.Millisecond)
	_, err = s.Use(t.Context(), id(2), 10*ttl)
	require.ErrorIs(t, err, valkey.ErrRestarted)
}

// TestMarkIsHalfMade holds the order of the two writes: what remains if the
// connection breaks between them must refuse.
func TestMarkIsHalfMade(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	s := newStore(t, valkey.Config{Addresses: []string{f.Addr()}, Timeout: 5 * time.Second})
	_, err := s.Use(t.Context(), id(1), ttl)
	require.ErrorIs(t, err, valkey.ErrRestarted)
	var marks []string
	for _, command := range f.commands() {
		if len(command) > 4 && command[:4] == "SET " && command[4:] != "" {
			marks = append(marks, command)
		}
	}
	require.Len(t, marks, 3)
	assert.Equal(t, "SET postern:dpop:refusing:95000 first PX 95000", marks[1])
	assert.Equal(t, "SET postern:dpop:mark:95000 first", marks[2])
}

// TestProofIsWrittenBeforeTheMarkIsRead holds the order that makes the mark mean
// anything: read before, the server could be emptied in between.
func TestProofIsWrittenBeforeTheMarkIsRead(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	s := warm(t, f, nil)
	f.set(func() { f.received = nil })
	eventually(t, s, 1)
	commands := f.commands()
	require.Len(t, commands, 2)
	assert.Regexp(t, "^SET .* 1 NX PX 95000$", commands[0])
	assert.Equal(t, "MGET postern:dpop:mark:95000 postern:dpop:refusing:95000", commands[1])
}

// TestReplicasRaceForTheMark has many replicas notice the restart at the same time,
// with the proofs from before.
func TestReplicasRaceForTheMark(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	stores := []*valkey.Store{warm(t, f, nil)}
	for range 7 {
		stores = append(stores, newStore(t, valkey.Config{Addresses: []string{f.Addr()}, Timeout: 5 * time.Second}))
	}
	for n := range byte(50) {
		eventually(t, stores[0], n+1)
	}
	f.restart(t, "second")
	var in atomic.Int64
	var all sync.WaitGroup
	for _, s := range stores {
		all.Go(func() {
			for n := range byte(50) {
				if first, _ := s.Use(context.Background(), id(n+1), ttl); first {
					in.Add(1)
				}
			}
		})
	}
	all.Wait()
	assert.Zero(t, in.Load())
}
