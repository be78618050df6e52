package grpcauth

import (
	"context"
	"sync"

	"google.golang.org/grpc"

	"github.com/postern-go/postern/token"
)

// bounded is a stream with no operation once its context has expired. It
// counts those under way. grpc-go ends one that waits for the peer when the
// interceptor returns, and offers no other way to end it.
type bounded struct {
	grpc.ServerStream
	ctx    context.Context
	refuse func(context.Context, error) answer

	mu     sync.Mutex
	inside int // operations under way
}

func (s *bounded) Context() context.Context { return s.ctx }

func (s *bounded) SendMsg(m any) error {
	if !s.enter() {
		return s.over()
	}
	defer s.leave()
	return s.ended(s.ServerStream.SendMsg(m))
}

func (s *bounded) RecvMsg(m any) error {
	if !s.enter() {
		return s.over()
	}
	defer s.leave()
	return s.ended(s.ServerStream.RecvMsg(m))
}

// enter asks whether an operation may begin.
func (s *bounded) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if hasExpired(s.ctx) {
		return false
	}
	s.inside++
	return true
}

func (s *bounded) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inside--
}

// isIdle tells whether no operation is under way. Once the token has expired,
// it stays true.
func (s *bounded) isIdle() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.inside == 0
}

// ended is the result of an operation. One that was under way when the token
// expired counts as failed, even if it succeeded.
func (s *bounded) ended(err error) error {
	if hasExpired(s.ctx) {
		return s.over()
	}
	return err
}

func (s *bounded) over() error { return s.refuse(s.ctx, token.ErrExpired).status.Err() }
