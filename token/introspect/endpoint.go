package introspect

import (
	"context"
	"crypto/sha256"
	"errors"
	"sync/atomic"

	"github.com/postern-go/postern/internal/evidence"
	"github.com/postern-go/postern/internal/fetch"
	"github.com/postern-go/postern/internal/metadata"
	"github.com/postern-go/postern/internal/pacing"
)

var errNoEndpoint = errors.New("introspect: the metadata names no introspection endpoint")

// endpoint finds where to ask, by configuration or from the issuer's metadata. What is
// found there holds for as long as the metadata does, and longer while that cannot be
// fetched.
type endpoint struct {
	issuer   metadata.Issuer
	identity string // of this service there
	current  atomic.Pointer[place]
	fixed    bool
	asking   chan struct{} // holds a value while metadata is fetched
}

// place is where the endpoint is. It is immutable.
type place struct {
	metadata.Endpoint
	asked [sha256.Size]byte // of its URL and of the identity, for keyOf
}

func newEndpoint(fixed string, issuer metadata.Issuer, identity string) *endpoint {
	e := &endpoint{issuer: issuer, identity: identity, fixed: fixed != "", asking: make(chan struct{}, 1)}
	e.settle(metadata.Endpoint{URL: fixed})
	return e
}

func (e *endpoint) settle(at metadata.Endpoint) {
	// No URL has a space.
	e.current.Store(&place{at, sha256.Sum256([]byte(at.URL + " " + e.identity))})
}

// known reports whether the place need not be looked for.
func (e *endpoint) known() (*place, bool) {
	p := e.current.Load()
	return p, e.fixed || pacing.IsWithin(p.Asked, e.issuer.Client.Now(), p.Lifetime)
}

// locate returns the place. It blocks while metadata is fetched, once for all calls.
func (e *endpoint) locate(ctx context.Context) (*place, error) {
	if p, ok := e.known(); ok {
		return p, nil
	}
	select {
	case e.asking <- struct{}{}:
		defer func() { <-e.asking }()
	case <-ctx.Done():
		return nil, evidence.Errorf(fetch.ErrTimeout, "the metadata did not come in time: %v", context.Cause(ctx))
	}
	if p, ok := e.known(); ok {
		return p, nil
	}
	found, err := e.issuer.Find(ctx, metadata.Wanted{Member: metadata.IntrospectionEndpoint, Setting: "Config.Endpoint", Missing: errNoEndpoint})
	old := e.current.Load()
	switch {
	case err == nil:
		e.settle(found)
	case old.URL == "" || metadata.IsWrong(err):
		return nil, err
	default: // the last answer still holds, and is looked at again in a while
		again := old.Endpoint
		again.Asked, again.Lifetime = e.issuer.Client.Now(), pacing.Longest
		e.settle(again)
	}
	return e.current.Load(), nil
}
