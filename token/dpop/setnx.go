package dpop

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/postern-go/postern/token"
)

// SetNX sets a key to any value with a ttl if there is no such key, and reports
// whether it did: SET key 1 NX PX ttl of Redis, or the like. With go-redis it is
//
//	func(ctx context.Context, key string, ttl time.Duration) (bool, error) {
//		return client.SetNX(ctx, "photos:dpop:"+key, 1, ttl).Result()
//	}
//
// The client must not repeat the command, or a proof becomes a replay of itself: with
// go-redis, MaxRetries must be -1. The server must not evict keys before their ttl
// (maxmemory-policy noeviction). Keys are 43 characters of base64url.
type SetNX func(ctx context.Context, key string, ttl time.Duration) (set bool, err error)

// SetNXStore is a ReplayStore by a client that a service has already. It does not
// notice that a server has restarted and forgotten proofs, or that a replica without
// the last ones has taken over: within their time, such proofs can be used once
// more. Package valkey below this one notices. It is safe for concurrent use if the
// SetNX is. The zero SetNXStore answers each question with an error.
type SetNXStore struct {
	set     SetNX
	pending chan struct{}
}

// maxPending bounds the goroutines that wait for a client that does not give up.
const maxPending = 1024

// NewSetNXStore returns a SetNXStore. The error matches token.ErrConfig.
func NewSetNXStore(set SetNX) (*SetNXStore, error) {
	if set == nil {
		return nil, fmt.Errorf("dpop: %w: SetNX is nil", token.ErrConfig)
	}
	return &SetNXStore{set, make(chan struct{}, maxPending)}, nil
}

var (
	errNoReturn    = errors.New("dpop: SetNX did not return")
	errNoSetNX     = errors.New("dpop: the SetNXStore was not made by NewSetNXStore")
	errManyPending = fmt.Errorf("dpop: %d calls wait for the client of the replay store, want one that gives up when its context ends", maxPending)
)

// Use implements ReplayStore. It returns when ctx ends, even if the client does not.
// If 1024 calls wait for the client, others get an error at once.
func (s *SetNXStore) Use(ctx context.Context, id [32]byte, ttl time.Duration) (bool, error) {
	if s == nil || s.set == nil {
		return false, errNoSetNX
	}
	select {
	case s.pending <- struct{}{}:
	default:
		return false, errManyPending
	}
	type answer struct {
		set bool
		err error
	}
	answers := make(chan answer, 1)
	go func() {
		a := answer{err: errNoReturn}
		defer func() { // runtime.Goexit runs it too
			<-s.pending
			answers <- a
		}()
		set, err := s.ask(ctx, base64.RawURLEncoding.EncodeToString(id[:]), ttl)
		a = answer{set && err == nil, err}
	}()
	select {
	case a := <-answers:
		return a.set, a.err
	case <-ctx.Done():
		return false, ctx.Err()
	}
}

// ask contains a panic, which would end the process.
func (s *SetNXStore) ask(ctx context.Context, key string, ttl time.Duration) (set bool, err error) {
	defer func() {
		if p := recover(); p != nil {
			set, err = false, fmt.Errorf("%w: %v", errNoReturn, p)
		}
	}()
	return s.set(ctx, key, ttl)
}
